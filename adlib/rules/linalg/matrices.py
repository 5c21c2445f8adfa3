"""What the rules of linear algebra share: parts of matrices, what counts as zero, and two families."""

import numpy as np

from ...core.conditions import everywhere
from ...core.declare import primitive, rule
from ...core.errors import TracedValueError, describe, with_user_line
from ...core.families import WrittenOut
from ...core.trace import is_differentiated, plain_value
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


def noise(s, shape):
    """The size below which a singular value, or a distance of two, is rounding alone: one for each row of `s`."""
    return 4 * max(shape[-2:]) * np.finfo(s.dtype).eps * largest(s, -1)


def require_finite(name, y, a):
    """Refuse a singular matrix, where the value `y` is infinite."""
    if not np.all(np.isfinite(plain_value(y))):
        raise with_user_line(
            TracedValueError(
                f"numpy.linalg.{name} at a singular {describe(a, 'matrix')} is infinite and has no derivative; "
                "keep the matrix regular (A + eps * np.eye(n))"
            )
        )


@primitive
def corner(x, where, of_tangent):
    """Zeros like `x`; where `where` holds, the derivative is not a number, but for the direction zero.

    In reverse mode a cotangent is such a direction only if the zeros belong to
    an adjoint; with those of a tangent it is what the function does afterwards.
    """
    return np.zeros_like(x)


def _turn(v, where):
    return np.where(where, v * np.nan, 0.0)


rule(
    corner,
    lambda tangents, y, x, where, of_tangent: _turn(tangents[0], where & (plain_value(tangents[0]) != 0)),
    lambda g, y, x, where, of_tangent: (_turn(g, where if of_tangent else where & (plain_value(g) != 0)), None, None),
)


class Slope:
    """The partial derivatives of a function of an array, and where it has none.

    Parameters
    ----------
    weight : array
        The partial derivatives.
    axes : tuple of int
        The axes that the function takes away.
    share : plain array of bool, optional
        Where an entry has a part in the value.  Elsewhere the weight is 0, and
        so is its product with what is not finite.
    corner : plain array of bool, optional
        Where the weight is a convention, and turns at once beside this point:
        a second derivative would be infinite.
    """

    def __init__(self, weight, axes, share=None, corner=None):
        self.weight = weight
        self.axes = axes
        self.share = None if share is None or everywhere(share) else share
        self.corner = corner

    def pushed(self, dx, x):
        """The weight times a tangent of x."""
        y = self._times(dx)
        return y if self._is_smooth(x) else y + corner(x, self.corner & (plain_value(dx) != 0), True)

    def pulled(self, g, x):
        """The weight times an adjoint, with the axes kept; what is constantly zero stays so beside this point."""
        y = self._times(g)
        return y if self._is_smooth(x) else y + corner(x, self.corner & (is_differentiated(g) or g != 0), False)

    def _times(self, d):
        return self.weight * (d if self.share is None else np.where(self.share, d, 0.0))

    def _is_smooth(self, x):
        """Whether no second derivative that is asked for meets a corner."""
        return self.corner is None or not is_differentiated(x) or not self.corner.any()


class ScalarOfArray(WrittenOut):
    """One number for each vector or matrix, by the array of its partial derivatives.

    ``slope(y, x, ...)`` returns a `Slope`.  Both modes need nothing else.
    """

    def __init__(self, name, slope):
        def jvp(tangents, y, x, *args, **kwargs):
            found = slope(y, x, *args, **kwargs)
            dy = np.sum(found.pushed(tangents[0], x), found.axes)
            return dy if np.shape(dy) == np.shape(y) else np.reshape(dy, np.shape(y))

        def vjp(g, y, x, *args, **kwargs):
            found = slope(y, x, *args, **kwargs)
            return [found.pulled(restored(g, np.shape(x), found.axes), x)]

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
        return super().bind(call, *with_plain_settings(("a",), args, kwargs))


def with_plain_settings(operands, args, kwargs):
    """The arguments of a call, with plain values for all but the `operands`: a cutoff and a flag do not vary."""
    args = [x if k < len(operands) else plain_value(x) for k, x in enumerate(args)]
    return args, {name: x if name in operands else plain_value(x) for name, x in kwargs.items()}
