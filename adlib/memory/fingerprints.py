"""Whether two runs of a step did the same, told from one number of each.

To keep what the first run computed for the comparison would take the memory that
checkpoints are there to save.  So each run has a *fingerprint*: a hash of 64 bits
of all its operations, of every byte of the constants that they used, and of every
byte of the results.  Results alone would not do: ``x * a`` is 0 at x = 0 whatever
the array `a` holds, and its slope is not.  By chance two different runs agree once
in 10^19 times.
"""

import numpy as np

from ..core.frozen import FIXED, Owner, frozen
from ..core.trace import TRACERS, plain_value

_PIECE = 1 << 18  # bytes that a cache holds


def fingerprint(x):
    """A hash of what a value holds: of an array every byte, of a traced value its position on its trace.

    Of an object that is neither a number nor an array nor a container of them, its type.
    """
    kind = type(x)
    if kind in TRACERS:
        return hash(("traced", x._info))
    if isinstance(x, np.ndarray):
        return _of_array(x)
    if kind in FIXED or isinstance(x, (int, float, complex, str, bytes, np.generic, slice, set, frozenset)):
        return hash(repr(x))  # equal numbers may differ: 0.0 and -0.0, 1 and True; and nan is nan
    if isinstance(x, dict):
        return hash(tuple([(str(k), fingerprint(part)) for k, part in x.items()]))
    if isinstance(x, (tuple, list)):
        return hash((kind, *[fingerprint(part) for part in x]))
    if hasattr(x, "leaves"):
        return fingerprint(x.leaves)
    read = frozen(x)  # a buffer is an array
    return fingerprint(read) if type(read) is not kind else hash(kind)


def of_result(x):
    """A hash of a value that a step returns, traced or not."""
    x = plain_value(x)
    return hash((type(x), fingerprint(x)))


def _of_array(x):
    base = x.base
    known = type(base) is Owner and base.nbytes == x.nbytes  # the copy of a constant, which does not change
    if known and hasattr(base, "fingerprint"):
        return base.fingerprint
    content = np.ravel(np.asarray(x)).view(np.uint8)  # without a copy where it lies in one piece
    pieces = [hash(content[k : k + _PIECE].tobytes()) for k in range(0, content.size, _PIECE)]
    found = hash((x.shape, x.dtype.str, *pieces))
    if known:
        base.fingerprint = found
    return found
