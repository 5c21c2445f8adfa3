"""What the rules of linear algebra share: parts of matrices, what counts as zero, and two families."""

import numpy as np

from ...core.errors import TracedValueError, describe, with_user_line
from ...core.families import WrittenOut
from ...core.trace import plain_value
from ..reductions import restored
from ..shapes import t


def diagonal(x):
    """The diagonals of the matrices."""
    k = np.arange(min(x.shape[-2:]))
    return x[..., k, k]


def to_diagonal(d):
    """Diagonal matrices: the transpose of `diagonal`."""
    return np.where(np.eye(d.shape[-1], dtype=bool), d[..., None, :], 0.0)


def strictly_lower(n):
    """A mask of what lies below the diagonal."""
    return np.tri(n, n, -1, dtype=bool)


def from_lower(a):
    """The symmetric matrix whose lower triangle is that of `a`."""
    return np.where(strictly_lower(a.shape[-1]), a, 0.0) + np.where(np.tri(a.shape[-1], dtype=bool).T, t(a), 0.0)


def to_lower(g):
    """The transpose of `from_lower`."""
    n = g.shape[-1]
    return np.where(np.tri(n, dtype=bool), g, 0.0) + np.where(strictly_lower(n), t(g), 0.0)


def resolution(dtype):
    """The relative distance below which two values count as equal: eps**(3/4), 2e-12 in double precision."""
    return float(np.finfo(dtype).eps) ** 0.75


def small(x, scale):
    """Where `x`, a plain array of matrices or vectors, is rounding noise beside numbers of size `scale`."""
    return np.abs(x) <= resolution(x.dtype) * scale


def largest(x, axes=(-2, -1)):
    """The largest size of an entry, in each matrix; the axes stay, with length 1."""
    return np.max(np.abs(x), axes, keepdims=True, initial=0.0)


def require_finite(name, y, a):
    """Refuse a singular matrix, where the value `y` is infinite."""
    if not np.all(np.isfinite(plain_value(y))):
        raise with_user_line(
            TracedValueError(
                f"numpy.linalg.{name} at a singular {describe(a, 'matrix')} is infinite and has no derivative; "
                "keep the matrix regular (A + eps * np.eye(n))"
            )
        )


class ScalarOfArray(WrittenOut):
    """One number for each vector or matrix, by the array of its partial derivatives.

    ``slope(y, x, ...)`` returns that array, of the shape of x, and the axes
    that the function takes away.  Both modes need nothing else.
    """

    def __init__(self, name, slope):
        def jvp(tangents, y, x, *args, **kwargs):
            weight, axes = slope(y, x, *args, **kwargs)
            dy = np.sum(weight * tangents[0], axes)
            return dy if np.shape(dy) == np.shape(y) else np.reshape(dy, np.shape(y))

        def vjp(g, y, x, *args, **kwargs):
            weight, axes = slope(y, x, *args, **kwargs)
            return [weight * restored(g, np.shape(x), axes)]

        super().__init__(name, jvp, vjp)


def last_two(x):
    """The axes of the matrices."""
    return np.ndim(x) - 2, np.ndim(x) - 1


class RefusesHermitian(WrittenOut):
    """A factorisation whose keyword ``hermitian=True`` is left to `eigh`."""

    def bind(self, call, args, kwargs):
        position = {"svd": 3, "pinv": 2}[self.name]
        a = args[0] if args else kwargs["a"]
        if kwargs.get("hermitian") or len(args) > position and args[position]:
            raise with_user_line(
                TracedValueError(
                    f"numpy.linalg.{self.name} with hermitian=True on a {describe(a, 'matrix')}: "
                    "adlib has the derivative for general matrices only; leave it out, or use numpy.linalg.eigh"
                )
            )
        return super().bind(call, args, kwargs)
