"""Norms and condition numbers.

Where a norm has no derivative it has the subgradient nearest to zero: 0 at the
origin, equal shares for equal entries, columns or singular values that attain a
maximum.  Where the slope of a norm turns at once, as at the origin, its
derivative is NaN: the second derivative of ``norm(x)**2`` is 2 there, and would
be 0 by a rule that took the convention for the truth.
"""

import operator

import numpy as np

from ...core.declare import primitive, zero
from ...core.errors import TracedValueError, describe, with_user_line
from ...core.families import WrittenOut, total_differential
from ...core.trace import RULES, is_differentiated, plain_value
from ..reductions import restored
from ..shapes import t
from .matrices import ScalarOfArray, Slope, largest, last_two, noise, require_finite, small

_la = np.linalg


def _equal_shares(chosen, axes, dtype):
    chosen = chosen.astype(dtype)
    return chosen / np.sum(chosen, axes, keepdims=True)


# ---------------------------------------------------------------------------------------------
# Norms of vectors


def _vector_slope(y, x, p, axes):
    """The slopes of the p-norm over some axes, which `y` has kept with length 1."""
    order = plain_value(p)
    if order == 2 and not is_differentiated(p):
        return _euclidean_slope(y, x, axes)
    plain = plain_value(x)
    sign = np.sign(plain)
    if order in (np.inf, -np.inf):
        share = np.abs(plain) == plain_value(y)
        return Slope(sign * _equal_shares(share, axes, sign.dtype), axes, share)
    if order == 0 or order == 1 and not is_differentiated(p):
        return Slope(order * sign, axes, order * sign != 0)
    x, y, ratio, none, origin = _ratios(y, x, p, axes)
    if order == 2:
        weight, share, turns = np.where(origin, 0.0, x) / y * ratio ** (p - 2), ~origin, origin
    else:
        weight = np.where(none | origin, 0.0, sign) * ratio ** (p - 1)
        share = ~origin if order > 2 else ~(origin | none)
        turns = origin if order > 2 or order < 0 else origin | none
    return Slope(weight, axes, share, None if order == 1 else turns)


def _euclidean_slope(y, x, axes):
    plain, length = plain_value(x), plain_value(y)
    limits = np.finfo(length.dtype)
    good = (length > (limits.tiny / limits.eps) ** 0.5) & (length < np.inf)
    if np.all(good):
        return Slope(x / y, axes)
    unit = largest(plain, axes)
    origin = unit == 0
    if not np.all(good | origin):  # the sum of squares has lost digits, or left the range: see `_ratios`
        x = _in_units(x, unit)
        y = np.sqrt(np.where(origin, 1.0, np.sum(x * x, axes, keepdims=True)))
    return Slope(np.where(origin, 0.0, x) / np.where(origin, 1.0, y), axes, ~origin, origin)


def _ratios(y, x, p, axes):
    """What the slopes are made of: x, y and ``|x| / y``; where an entry has no part in the norm, and where that is zero.

    What would be 0 / 0 or the logarithm of 0 is one there.
    """
    plain, length, order = plain_value(x), plain_value(y), plain_value(p)
    size = np.abs(plain)
    limits = np.finfo(length.dtype)
    with np.errstate(all="ignore"):
        powers = length**order
    if not np.all((powers > limits.tiny / limits.eps) & (powers < np.inf)):
        # The sum of powers has lost digits, or left the range.  The slopes do not depend on the unit: take the
        # entry that decides.
        x = _in_units(x, largest(plain, axes) if order > 0 else np.min(size, axes, keepdims=True, initial=np.inf))
        plain = plain_value(x)
        powers = np.where(plain == 0, 0.0, np.where(plain == 0, 1.0, np.abs(x)) ** p)
        sums = np.sum(powers, axes, keepdims=True)
        origin = plain_value(sums) == 0 if order > 0 else np.any(plain == 0, axes, keepdims=True)
        y = np.where(origin, 1.0, sums) ** (1 / p)
    else:
        origin = length == 0
    none, origin = plain == 0, np.broadcast_to(origin, size.shape)
    if order < 0:
        none = none | np.isinf(plain)
    return x, y, np.where(none | origin, 1.0, np.abs(x)) / y, none, origin


def _in_units(x, unit):
    """The entries divided by a plain `unit`; if that is infinite, only infinite entries count, all alike."""
    far = np.isinf(unit)
    if not np.any(far):
        return x / np.where(unit == 0, 1.0, unit)
    plain = plain_value(x)
    return np.where(far, np.where(np.isinf(plain), np.sign(plain), 0.0), x / np.where(far | (unit == 0), 1.0, unit))


def _order_slope(y, x, p, axes):
    """The slope of the p-norm in p, with the axes kept:  y / p  times the sum of  r**p log(r),  r = |x| / y."""
    if np.isinf(plain_value(p)):
        return np.zeros_like(plain_value(y))
    _, _, ratio, none, origin = _ratios(y, x, p, axes)
    return y / p * np.sum(np.where(none | origin, 0.0, ratio**p * np.log(ratio)), axes, keepdims=True)


# ---------------------------------------------------------------------------------------------
# Norms of matrices


def _matrix_slope(y, x, p, axes=(-2, -1)):
    """The slopes of a norm of the matrices in two axes, which `y` has kept with length 1."""
    if p in (None, "fro", "f"):
        return _vector_slope(y, x, 2, axes)
    found = _last_slope(np.moveaxis(x, axes, (-2, -1)), p)
    back = [None if z is None else np.moveaxis(z, (-2, -1), axes) for z in (found.weight, found.share, found.corner)]
    return Slope(back[0], axes, *back[1:])


def _last_slope(x, p):
    """`_matrix_slope` for the last two axes."""
    if p in ("nuc", 2, -2):
        u, s, vh = _la.svd(x, full_matrices=False)
        plain = plain_value(s)
        chosen, known = plain != 0, plain > noise(plain, x.shape)
        turns = ~np.all(known, -1)
        if p != "nuc":
            shares = _shares_of_end(plain, 0 if p == 2 else -1)
            chosen = chosen * shares
            turns = np.max(known * shares, -1, initial=0.0) < 1  # several attain it, or it is zero
        share = np.any(chosen, -1)[..., None, None]
        weight = (u * chosen[..., None, :]) @ vh
        return Slope(weight, last_two(x), share, turns[..., None, None])
    plain = plain_value(x)
    sums = np.sum(np.abs(plain), -2 if p in (1, -1) else -1, keepdims=True)
    best = largest(sums) if p > 0 else np.min(sums, (-2, -1), keepdims=True)
    weight = np.sign(plain) * _equal_shares(sums == best, (-2, -1), sums.dtype)
    return Slope(weight, last_two(x), weight != 0)


def _shares_of_end(s, k):
    """The shares of the values that are equal to the first or the last one."""
    return _equal_shares(small(s - (s[..., :1] if k == 0 else s[..., -1:]), largest(s, -1)), -1, s.dtype)


# ---------------------------------------------------------------------------------------------
# numpy.linalg.norm and its relatives


def _axes(axis, ndim):
    axes = range(ndim) if axis is None else axis if isinstance(axis, (tuple, list)) else (axis,)
    return tuple(operator.index(k) % ndim for k in axes)


def _norm_slope(y, x, ord=None, axis=None, keepdims=False):
    axes = _axes(axis, np.ndim(x))
    y = restored(y, np.shape(x), axes)
    return (
        _vector_slope(y, x, 2 if ord is None else ord, axes)
        if _of_vectors(ord, axes)
        else _matrix_slope(y, x, ord, axes)
    )


def _of_vectors(ord, axes):
    return ord is None or len(axes) != 2


def _vector_norm_slope(y, x, /, *, axis=None, keepdims=False, ord=2):
    axes = _axes(axis, np.ndim(x))
    return _vector_slope(restored(y, np.shape(x), axes), x, ord, axes)


def _matrix_norm_slope(y, x, /, *, keepdims=False, ord="fro"):
    axes = last_two(x)
    return _matrix_slope(restored(y, np.shape(x), axes), x, ord, axes)


# With a traced order the norm has two operands, and the other arguments of the call are one setting.
@primitive
def norm_of_order(x, p, function, settings):
    """A norm of vectors, by NumPy's `function`, that varies with its order."""
    return function(x, ord=p, **settings)


def _by_order(y, x, p, settings):
    """The slopes in the array and, with the axes kept, in the order."""
    axes = _axes(settings.get("axis"), np.ndim(x))
    kept = restored(y, np.shape(x), axes)
    return _vector_slope(kept, x, p, axes), _order_slope(kept, x, p, axes)


def _of_order_jvp(tangents, y, x, p, function, settings):
    slope, by_order = _by_order(y, x, p, settings)
    terms = [lambda dx: np.sum(slope.pushed(dx, x), slope.axes), lambda dp: np.reshape(by_order * dp, np.shape(y))]
    return total_differential([lambda d, term=term: np.reshape(term(d), np.shape(y)) for term in terms], tangents[:2])


def _of_order_vjp(g, y, x, p, function, settings):
    slope, by_order = _by_order(y, x, p, settings)
    g = restored(g, np.shape(x), slope.axes)
    return slope.pulled(g, x), np.sum(by_order * g), None, None


RULES[norm_of_order] = WrittenOut("norm", _of_order_jvp, _of_order_vjp)


class Norm(ScalarOfArray):
    """A norm, whose order may be traced if it is one of vectors."""

    def __init__(self, name, slope, function):
        super().__init__(name, slope)
        self.function = function

    def bind(self, call, args, kwargs):
        arguments = dict(zip(("x", "ord", "axis", "keepdims"), args)) | kwargs
        x, p = arguments.pop("x"), arguments.pop("ord", None)
        if not is_differentiated(p):
            return super().bind(call, args, kwargs)
        if self.name == "matrix_norm" or self.name == "norm" and len(_axes(arguments.get("axis"), np.ndim(x))) != 1:
            raise _fixed_order(self.name, "ord", x)
        if plain_value(p) == 0:
            raise _fixed_order(self.name, "ord", x, "the order 0 counts, and next to it stand other numbers")
        return norm_of_order(x, p, self.function, arguments)


def _fixed_order(name, argument, x, why="norms of matrices have a few orders and none between them"):
    return with_user_line(
        TracedValueError(
            f"numpy.linalg.{name} of an {describe(x, 'array')} with a traced {argument}: {why}; pass a plain number"
        )
    )


RULES[_la.norm] = Norm("norm", _norm_slope, _la.norm)
if hasattr(_la, "vector_norm"):  # since NumPy 2
    RULES[_la.vector_norm] = Norm("vector_norm", _vector_norm_slope, _la.vector_norm)
    RULES[_la.matrix_norm] = Norm("matrix_norm", _matrix_norm_slope, _la.matrix_norm)


# cond A = |A| |A^-1|.  With the spectral norm it is s_1 / s_n, or s_n / s_1 for the order -2; ds_i = u_i^T dA v_i.
def _cond_slope(y, x, p=None):
    require_finite("cond", y, x)
    if p in (None, 2, -2):
        u, s, vh = _la.svd(x, full_matrices=False)
        plain = plain_value(s)
        top, low = (_shares_of_end(plain, k) for k in (0, -1))
        least = plain[..., -1:] != 0  # there it turns, as |x|
        ratio = np.expand_dims(y, -1)
        by_value = (least * low - ratio * top) / s[..., :1] if p == -2 else (top - ratio * low) / s[..., -1:]
        weight = (u * by_value[..., None, :]) @ vh
        turns = (plain[..., -1] <= noise(plain, x.shape)[..., 0]) | np.all(top == low, -1) & (
            s.shape[-1] > 1
        )  # as at the identity
        return Slope(weight, last_two(x), corner=turns[..., None, None])
    inverse = _la.inv(x)
    n, m = (_la.norm(z, p, axis=(-2, -1), keepdims=True) for z in (x, inverse))
    through_inverse = t(inverse) @ _matrix_slope(m, inverse, p).weight @ t(inverse)
    return Slope(m * _matrix_slope(n, x, p).weight - n * through_inverse, last_two(x))


class Condition(ScalarOfArray):
    """A condition number, by a norm whose order is one of a few."""

    def bind(self, call, args, kwargs):
        arguments = dict(zip(("x", "p"), args)) | kwargs
        if is_differentiated(arguments.get("p")):
            raise _fixed_order("cond", "p", arguments["x"])
        return super().bind(call, args, kwargs)


RULES[_la.cond] = Condition("cond", _cond_slope)
zero(_la.matrix_rank)
