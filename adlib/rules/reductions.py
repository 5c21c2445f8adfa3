"""Sums, products and extremes along axes.

The transpose of a sum is a copy: every summand receives the adjoint.
"""

import functools
import math

import numpy as np

from ..core.declare import composite, linear, rule
from ..core.families import Rule
from ..core.trace import RULES, plain_value
from ..modes.contributions import Masked
from .equivalent import equivalent


def normal_axes(axis, ndim):
    """An axis argument as a sorted tuple of numbers from 0."""
    if axis is None or ndim == 0:  # NumPy lets the axis 0 or -1 of a number pass
        return tuple(range(ndim))
    return tuple(sorted([a % ndim for a in (axis if isinstance(axis, (tuple, list)) else (axis,))]))


def normal_axis(axis, ndim):
    """One axis as a number from 0."""
    if not -ndim <= axis < ndim:
        raise np.exceptions.AxisError(axis, ndim)
    return axis % ndim


def kept_shape(shape, axis):
    """The shape after a reduction with keepdims=True."""
    axes = normal_axes(axis, len(shape))
    return tuple([1 if i in axes else n for i, n in enumerate(shape)])


def restored(g, shape, axis):
    """Put back, with length 1, the axes that a reduction of an array of `shape` took away."""
    return np.reshape(g, kept_shape(shape, axis))


def rows_of(a, axis):
    """The entries that a reduction runs over, as the one last axis of the result."""
    axes = normal_axes(axis, np.ndim(a))
    rest = [i for i in range(np.ndim(a)) if i not in axes]
    n = math.prod(np.shape(a)[i] for i in axes)
    return np.reshape(np.transpose(a, (*rest, *axes)), (*[np.shape(a)[i] for i in rest], n))


def count(shape, axis):
    """How many entries a reduction runs over."""
    return math.prod(shape[i] for i in normal_axes(axis, len(shape)))


class CommonAndGeneral(Rule):
    """The common form of a call has a rule of its own; the form with other keywords has another."""

    def __init__(self, common, general, keywords):
        super().__init__(common.name)
        self.common = common
        self.general = general
        self._keywords = keywords

    def bind(self, call, args, kwargs):
        # Where NumPy says so, "not given" is a value of its own.
        given = [k for k in self._keywords if kwargs.get(k) is not None and kwargs[k] is not np._NoValue]
        common = len(args) < 5 and not given
        return (self.common if common else self.general).bind(call, args, kwargs)


def general_form(function, keywords, code):
    """Declare the code of the calls of `function` that give one of `keywords`."""
    common = RULES[function]
    equivalent(function, code)
    RULES[function] = CommonAndGeneral(common, RULES[function], keywords)


def selected(a, where, other):
    """The entries of `a` where `where` is true, `other` elsewhere."""
    return a if where is True else np.where(where, a, other)


# Sums and means.
def _sum_transpose(g, shape, axis=None, dtype=None, out=None, keepdims=False):
    return np.broadcast_to(restored(g, shape, axis), shape)


def _mean_transpose(g, shape, axis=None, dtype=None, out=None, keepdims=False):
    return np.broadcast_to(restored(np.true_divide(g, count(shape, axis)), shape, axis), shape)


def _sum(a, axis=None, dtype=None, out=None, keepdims=False, initial=None, where=True):
    y = np.sum(selected(a, where, 0.0), axis=axis, dtype=dtype, keepdims=keepdims)
    return y if initial is None else y + initial


def mean_where(a, axis=None, dtype=None, out=None, keepdims=False, *, where=True):
    """The mean of the entries of `a` where `where` is true."""
    total = np.sum(selected(a, where, 0.0), axis=axis, dtype=dtype, keepdims=keepdims)
    return total / np.sum(np.broadcast_to(where, np.shape(a)), axis=axis, keepdims=keepdims)


linear(np.sum, _sum_transpose)
linear(np.mean, _mean_transpose)
general_form(np.sum, ("initial", "where"), _sum)
general_form(np.mean, ("where",), mean_where)


# Extremes: the largest entries share the adjoint equally.
def _weights(y, a, axis):
    """The share of each entry, and which have one."""
    a = plain_value(a)
    y = restored(plain_value(y), np.shape(a), axis)
    chosen = (a == y) | np.isnan(a)
    shares = chosen.astype(np.result_type(a, float))
    return shares / np.sum(shares, axis=normal_axes(axis, np.ndim(a)), keepdims=True), chosen


def _extreme_jvp(tangents, y, a, axis=None, out=None, keepdims=False):
    weights, chosen = _weights(y, a, axis)
    return np.sum(np.where(chosen, weights * tangents[0], 0.0), axis=axis, keepdims=keepdims)


def _extreme_vjp(g, y, a, axis=None, out=None, keepdims=False):
    weights, chosen = _weights(y, a, axis)
    return [Masked(np.where(chosen, weights * restored(g, np.shape(a), axis), 0.0), chosen)]


def _extreme_of(function, pair, worst):
    """The code of the calls with where= or initial=."""

    def code(a, axis=None, out=None, keepdims=False, initial=None, where=True):
        if count(np.shape(a), axis):
            y = function(selected(a, where, worst), axis=axis, keepdims=keepdims)
        else:
            y = np.full(np.sum(plain_value(a), axis=axis, keepdims=keepdims).shape, worst)
        return y if initial is None else pair(y, initial)

    return code


for _function, _pair, _worst in (
    (np.max, np.maximum, -np.inf),
    (np.amax, np.maximum, -np.inf),
    (np.min, np.minimum, np.inf),
    (np.amin, np.minimum, np.inf),
):
    rule(_function, _extreme_jvp, _extreme_vjp)
    general_form(_function, ("initial", "where"), _extreme_of(_function, _pair, _worst))

composite(
    np.ptp,
    lambda a, axis=None, out=None, keepdims=False: (
        np.max(a, axis=axis, keepdims=keepdims) - np.min(a, axis=axis, keepdims=keepdims)
    ),
)


# Products, by halves: multiplication alone, so that a zero among the factors does no harm.
def _prod(a, axis=None, dtype=None, out=None, keepdims=False, initial=None, where=True):
    rows = rows_of(_cast(selected(a, where, 1.0), dtype), axis)
    while rows.shape[-1] > 1:
        half = rows.shape[-1] // 2
        pairs = rows[..., :half] * rows[..., half : 2 * half]
        rows = np.concatenate([pairs, rows[..., 2 * half :]], -1)
    y = rows[..., 0] if rows.shape[-1] else np.ones(rows.shape[:-1])
    y = restored(y, np.shape(a), axis) if keepdims else y
    return (1.0 if initial is None else initial) * y


def _cast(a, dtype):
    return a if dtype is None else a.astype(dtype)


equivalent(np.prod, _prod)


# Running sums and products.
def _cumsum_transpose(g, shape, axis=None, dtype=None, out=None):
    # Entry i is in the sums i, i + 1, ...: sum from the end.
    last = -1 if axis is None else axis
    return np.reshape(np.flip(np.cumsum(np.flip(g, last), last), last), shape)


def _axis_first(a, axis, dtype):
    return _cast(np.ravel(a) if axis is None or np.ndim(a) == 0 else np.moveaxis(a, axis, 0), dtype)


def _running(pair):
    """``y[k] = pair(x[0], ..., x[k])`` in log2(n) steps, each doubling what an entry covers."""

    def code(a, axis=None, dtype=None, out=None):
        y = _axis_first(a, axis, dtype)
        reach = 1
        while reach < len(y):
            y = np.concatenate([y[:reach], pair(y[reach:], y[:-reach])], 0)
            reach *= 2
        return y if axis is None else np.moveaxis(y, 0, axis)

    return code


def _running_extreme(pair):
    """The mean of those among ``x[0], ..., x[k]`` that are equal to the extreme one, in the steps of `_running`."""

    def code(array, axis=0, dtype=None, out=None):
        total = _axis_first(array, axis, dtype)
        best, number = plain_value(total), np.ones(np.shape(total))
        reach = 1
        while reach < len(best):
            late, early = slice(reach, None), slice(-reach)
            chosen = pair(best[late], best[early])
            mine, theirs = ((best[s] == chosen) | np.isnan(best[s]) for s in (late, early))
            total, number = (
                np.concatenate([x[:reach], np.where(mine, x[late], 0.0) + np.where(theirs, x[early], 0.0)], 0)
                for x in (total, number)
            )
            best = np.concatenate([best[:reach], chosen], 0)
            reach *= 2
        return np.moveaxis(total / number, 0, axis)

    return code


linear(np.cumsum, _cumsum_transpose)
equivalent(np.cumprod, _running(np.multiply))


def _cumulative(function, start):
    def code(x, /, *, axis=None, dtype=None, include_initial=False):
        axis = 0 if axis is None else axis
        y = function(x, axis=axis, dtype=dtype)
        if not include_initial:
            return y
        first = np.full(kept_shape(np.shape(y), axis), start, dtype=y.dtype)
        return np.concatenate([first, y], axis)

    return code


if hasattr(np, "cumulative_sum"):  # since NumPy 2.1
    composite(np.cumulative_sum, _cumulative(np.cumsum, 0.0))
    composite(np.cumulative_prod, _cumulative(np.cumprod, 1.0))


# NaN is left out of sums, products and extremes.
def _without_nan(code, neutral):
    """`code` on an array in which NaN counts for the `neutral` number."""

    @functools.wraps(code)
    def clean(a, *args, **kwargs):
        return code(np.where(np.isnan(a), neutral, a), *args, **kwargs)

    return clean


equivalent(np.nansum, _without_nan(_sum, 0.0))
equivalent(np.nanprod, _without_nan(_prod, 1.0))
equivalent(np.nanmax, _without_nan(RULES[np.max].general.code, -np.inf))
equivalent(np.nanmin, _without_nan(RULES[np.min].general.code, np.inf))
composite(np.nancumsum, _without_nan(np.cumsum, 0.0))
composite(np.nancumprod, _without_nan(np.cumprod, 1.0))


# The methods of ufuncs.  Their axis is 0 when it is not given.
def _along_first(function):
    def reduce(array, axis=0, dtype=None, out=None, keepdims=False, **given):
        given = {k: v for k, v in given.items() if v is not np._NoValue}
        if dtype is not None:
            given["dtype"] = dtype
        return function(array, axis=axis, keepdims=keepdims, **given)

    return reduce


composite((np.add, "reduce"), _along_first(np.sum))
composite((np.multiply, "reduce"), _along_first(np.prod))
composite((np.maximum, "reduce"), _along_first(np.max))
composite((np.minimum, "reduce"), _along_first(np.min))


def _accumulate(function):
    return lambda array, axis=0, dtype=None, out=None: function(array, axis, dtype)


composite((np.add, "accumulate"), _accumulate(np.cumsum))
composite((np.multiply, "accumulate"), _accumulate(np.cumprod))
for _pair in (np.maximum, np.minimum):
    equivalent((_pair, "accumulate"), _running_extreme(_pair))


def _log_of_sum(pair, exp, log):
    """The largest entry is taken out as a constant, whose derivative cancels.

    Where it is infinite, the entries equal to it share, as in the function of two.
    """

    def code(array, axis=0, dtype=None, out=None, keepdims=False, initial=None, where=True):
        array = selected(_cast(array, dtype), where, -np.inf)
        plain = plain_value(array)
        largest = np.max(plain, axis=axis, keepdims=True, initial=-np.inf)
        far, equal = np.isinf(largest), plain == largest
        sums = np.sum(exp(np.where(far, 0.0, array) - np.where(far, 0.0, largest)), axis=axis, keepdims=True)
        shared = np.sum(np.where(far & equal, array, 0.0), axis=axis, keepdims=True)
        shared = shared / np.maximum(np.sum(equal, axis=axis, keepdims=True), 1)
        y = np.where(far, shared, largest + log(np.where(far, 1.0, sums)))
        y = y if keepdims else np.reshape(y, np.sum(plain, axis=axis).shape)
        return y if initial is None else pair(y, initial)

    return code


for _pair, _exp, _log in ((np.logaddexp, np.exp, np.log), (np.logaddexp2, np.exp2, np.log2)):
    equivalent((_pair, "reduce"), _log_of_sum(_pair, _exp, _log))
    equivalent((_pair, "accumulate"), _accumulate(_running(_pair)))
