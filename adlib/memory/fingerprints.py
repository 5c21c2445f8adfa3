"""Whether two runs of a step gave the same results, told from a few numbers of each.

To keep the first results for the comparison would take the memory that
checkpoints are there to save.  So of each result only a *fingerprint* is kept:
a weighted sum, and a size that says how far two sums may differ by rounding.
"""

import numpy as np

from ..core.trace import plain_value

# No two neighbours are alike, so that a rearranged array has another sum; and no more than a cache holds.
_WEIGHTS = np.cos(np.arange(1021.0))


def fingerprints(values):
    """A fingerprint of each of several values, traced or not."""
    return [_fingerprint(np.asarray(plain_value(y))) for y in values]


def _fingerprint(y):
    """Shape, dtype, and one or two pairs of a weighted sum and the size to compare it with.

    The second pair is there when some number of `y` is not finite.  It would
    make every sum nan and hide all the others, so the two pairs tell apart what
    the others are, and where it is which of nan, inf and -inf.
    """
    flat = np.ravel(y, order="K")
    if flat.dtype.itemsize < 4:  # half precision ends at 65504
        flat = flat.astype(np.float32)
    pair = _weighted_sum(flat)
    if np.isfinite(pair).all():
        return y.shape, y.dtype, pair
    kinds = np.isnan(flat) + 2 * np.isposinf(flat) + 4 * np.isneginf(flat)
    flat = np.where(kinds, 0, flat)
    pair = _weighted_sum(flat)
    if not np.isfinite(pair).all():  # squares of large numbers
        pair = _weighted_sum(np.ldexp(flat, -np.finfo(flat.dtype).maxexp // 2 - 16))
    return y.shape, y.dtype, pair, _weighted_sum(kinds.astype(flat.dtype))


def _weighted_sum(flat):
    """A weighted sum that tells an array from its rearrangements, and the size of the array.

    Taken in rows as long as the weights, and the rows are weighted in turn: two
    products that BLAS does at the speed of memory, without a vector of weights
    as long as the array.
    """
    weights = _WEIGHTS.astype(flat.dtype, copy=False)
    count = flat.size // weights.size
    tail = flat[count * weights.size :]
    with np.errstate(all="ignore"):
        total = np.dot(tail, weights[: tail.size])
        if count:
            rows = flat[: count * weights.size].reshape(count, weights.size)
            total = total + np.dot(rows @ weights, np.resize(weights[::-1], count))
        return total, np.sqrt(np.dot(flat, flat))


def same(first, second):
    """Whether two runs gave the same results, but for the rounding of threads that add in another order."""
    if [fingerprint[:2] for fingerprint in first] != [fingerprint[:2] for fingerprint in second]:
        return False
    return all(
        len(pairs) == len(others) and all(_close(p, q, np.sqrt(np.finfo(dtype).eps)) for p, q in zip(pairs, others))
        for (_, dtype, *pairs), (_, _, *others) in zip(first, second)
    )


def _close(first, second, tolerance):
    """Whether sums and sizes agree; the weights nearly cancel in a constant array, whose size alone tells that it grew."""
    (a, size), (b, other) = first, second
    return abs(a - b) <= tolerance * size and abs(size - other) <= tolerance * size
