"""Statistics.  The value is NumPy's; the derivative is that of the formula."""

import numpy as np

from ..core.declare import composite, elementwise, primitive
from ..core.errors import TracedValueError, describe, with_user_line
from ..core.trace import RECORDED, as_operand, is_traced, plain_value
from .corners import Tip, sharing
from .equivalent import equivalent
from .indexing import entries
from .reductions import kept_shape, mean_where, normal_axes, normal_axis, restored, rows_of, selected


def _var(a, axis=None, dtype=None, out=None, ddof=0, keepdims=False, *, where=True, mean=None, correction=None):
    a = a if dtype is None else a.astype(dtype)
    if mean is None:
        mean = mean_where(a, axis, keepdims=True, where=where)
    n = np.sum(np.broadcast_to(where, np.shape(a)), axis=axis, keepdims=keepdims)
    deviation = selected(a - mean, where, 0.0)
    freedom = np.maximum(n - (ddof if correction is None else correction), 0)
    return np.sum(deviation * deviation, axis=axis, keepdims=keepdims) / freedom


@primitive
def root(x):
    """The square root, with the slope 0 at 0."""
    return np.sqrt(x)


@primitive
def root_slope(x):
    """The slope of `root`; at 0 it is 0, and has no slope itself: the one of ``std(x)**2`` must not come out as 0."""
    return np.where(x == 0, 0.0, 0.5 / np.sqrt(np.where(x == 0, 1.0, x)))


sharing(root, lambda x: Tip(root_slope(x), plain_value(x) != 0))
elementwise(root_slope, lambda y, x: -0.5 * y / np.where(plain_value(x) == 0, np.nan, x))


def _without_nan(code):
    def clean(a, axis=None, dtype=None, out=None, ddof=0, keepdims=False, *, where=True, mean=None, correction=None):
        number = ~np.isnan(a)
        a = np.where(number, a, 0.0)
        return code(a, axis, dtype, None, ddof, keepdims, where=number & where, mean=mean, correction=correction)

    return clean


def _std(a, axis=None, dtype=None, out=None, ddof=0, keepdims=False, *, where=True, mean=None, correction=None):
    y = _var(a, axis, dtype, None, ddof, keepdims, where=where, mean=mean, correction=correction)
    # One number does not deviate from its mean, wherever it is.
    alone = mean is None and np.sum(np.broadcast_to(where, np.shape(a)), axis=axis, keepdims=keepdims) == 1
    return np.where(alone, 0.0, root(np.where(alone, 1.0, y)))


def _nanmean(a, axis=None, dtype=None, out=None, keepdims=False, *, where=True):
    return mean_where(np.where(np.isnan(a), 0.0, a), axis, dtype, None, keepdims, where=~np.isnan(a) & where)


equivalent(np.var, _var)
equivalent(np.std, _std)
equivalent(np.nanvar, _without_nan(_var))
equivalent(np.nanstd, _without_nan(_std))
equivalent(np.nanmean, _nanmean)


def _average(a, axis=None, weights=None, returned=False, *, keepdims=False):
    """``sum(a * w) / sum(w)``, and with `returned` also the sum of the weights.

    Weights may have the shape of the named axes alone, in the order in which
    they are named: then they are put in the order of the array and broadcast.
    """
    if weights is None:
        y = np.mean(a, axis=axis, keepdims=keepdims)
        total = np.full(np.shape(y), np.size(a) / max(np.size(plain_value(y)), 1))
    else:
        weights = as_operand(weights)
        if np.shape(weights) != np.shape(a):
            axes = axis if isinstance(axis, tuple) else (axis,)
            sorted_axes = normal_axes(axis, np.ndim(a))
            weights = np.transpose(weights, [[x % np.ndim(a) for x in axes].index(s) for s in sorted_axes])
            shape = np.shape(a)
            weights = np.reshape(weights, [n if i in sorted_axes else 1 for i, n in enumerate(shape)])
            weights = np.broadcast_to(weights, shape)
        total = np.sum(weights, axis=axis, keepdims=keepdims)
        y = np.sum(a * weights, axis=axis, keepdims=keepdims) / total
    return (y, total) if returned else y


equivalent(np.average, _average)


# Quantiles.  An order statistic, or a point between two neighbouring ones: the
# weights depend on how many entries there are, not on the entries.
def _quantile_of(a, q, axis, method, keepdims, numbers):
    """The quantiles `q` of the entries along `axis`: ``s[k] + w (s[k+1] - s[k])`` of the sorted entries s.

    ``k + w`` is the position of q among them: ``q (n - 1)`` for the method
    'linear', where q may be traced.  At an entry the piece on its right counts,
    at the last one that on its left, as in np.interp.  `numbers` says how many
    entries count in each row: all, or those that are not NaN, which are sorted
    to the front.
    """
    rows = rows_of(a, axis)
    q = as_operand(q)
    each = np.reshape(q, (np.size(q),))
    if not rows.shape[-1]:  # np.median of nothing is NaN
        return np.full(np.shape(q) + rows.shape[:-1], np.nan)
    last = (numbers(rows) - 1)[..., None]
    if method == "linear":
        position = last * each
    elif is_traced(q):
        raise with_user_line(
            TracedValueError(f"a quantile at a {describe(q)} with method={method!r} has no rule; use method='linear'")
        )
    else:
        position = _positions(numbers(rows), rows.shape[-1], each, method)
    s = np.sort(rows, axis=-1)
    low = np.clip(np.floor(position).astype(int), 0, np.maximum(last - 1, 0))
    below, above = np.take_along_axis(s, low, -1), np.take_along_axis(s, np.minimum(low + 1, last), -1)
    y = below + (position - low) * (above - below)
    y = np.reshape(np.moveaxis(y, -1, 0), np.shape(q) + y.shape[:-1])
    return np.reshape(y, np.shape(q) + kept_shape(np.shape(a), axis)) if keepdims else y


def _positions(numbers, most, q, method):
    """The quantile of 0, 1, ..., n - 1 is where to look in any n sorted numbers."""
    position = np.zeros((*np.shape(numbers), len(q)))
    for n in range(1, most + 1) if type(numbers) in RECORDED else np.unique(numbers[numbers > 0]):
        place = np.quantile(np.arange(n, dtype=float), q, method=method)
        position = np.where((numbers == n)[..., None], place, position)
    return position


def _all(rows):
    return np.full(rows.shape[:-1], rows.shape[-1])


def _not_nan(rows):
    return np.maximum(np.sum(~np.isnan(rows), axis=-1), 1)


def _quantile(numbers, percent):
    def code(a, q, axis=None, out=None, overwrite_input=False, method="linear", keepdims=False):
        return _quantile_of(a, np.true_divide(q, percent), axis, method, keepdims, numbers)

    return code


def _median(numbers):
    def code(a, axis=None, out=None, overwrite_input=False, keepdims=False):
        return _quantile_of(a, 0.5, axis, "linear", keepdims, numbers)

    return code


equivalent(np.quantile, _quantile(_all, 1))
equivalent(np.percentile, _quantile(_all, 100))
equivalent(np.median, _median(_all))
equivalent(np.nanquantile, _quantile(_not_nan, 1))
equivalent(np.nanpercentile, _quantile(_not_nan, 100))
equivalent(np.nanmedian, _median(_not_nan))


# Covariance and correlation.
def _cov(m, y=None, rowvar=True, bias=False, ddof=None, fweights=None, aweights=None, *, dtype=None):
    """``X diag(w) X^T / (sum w - ddof sum(w aweights) / sum w)``, with the weighted mean of each row taken off.

    The weights are ``w = fweights * aweights``; without them the divisor is n - ddof.
    """

    def variables(x):
        x = np.atleast_2d(as_operand(x))
        return x if rowvar or x.shape[0] == 1 else x.T

    x = variables(m) if y is None else np.concatenate([variables(m), variables(y)])
    x = x if dtype is None else x.astype(dtype)
    if not x.shape[0]:
        return np.zeros((0, 0))
    ddof = (0 if bias else 1) if ddof is None else ddof
    weights = np.ones(x.shape[1])
    for w in (fweights, aweights):
        weights = weights if w is None else weights * as_operand(w)
    total = np.sum(weights)
    squares = np.sum(weights * (1.0 if aweights is None else aweights))
    x = x - np.sum(x * weights, axis=1, keepdims=True) / total
    return np.squeeze(np.matmul(x, (x * weights).T) / (total - ddof * squares / total))


def _corrcoef(x, y=None, rowvar=True, *, dtype=None):
    c = _cov(x, y, rowvar, dtype=dtype)
    if np.ndim(c) == 0:
        return c / c
    deviation = np.sqrt(np.diagonal(c))
    return c / deviation[:, None] / deviation[None, :]


equivalent(np.cov, _cov)
equivalent(np.corrcoef, _corrcoef)


# Differences and integrals of samples.
def _diff(a, n=1, axis=-1, prepend=None, append=None):
    def joined(x):
        x = as_operand(x)
        return np.broadcast_to(x, kept_shape(np.shape(a), axis)) if np.ndim(x) == 0 else x

    if prepend is not None or append is not None:
        parts = [] if prepend is None else [joined(prepend)]
        parts += [a] + ([] if append is None else [joined(append)])
        a = np.concatenate(parts, axis)
    before = (slice(None),) * normal_axis(axis, np.ndim(a))
    for _ in range(n):
        a = a[(*before, slice(1, None))] - a[(*before, slice(None, -1))]
    return a


def _ediff1d(ary, to_end=None, to_begin=None):
    ary = np.ravel(ary)
    ends = [[] if x is None else [np.ravel(as_operand(x)).astype(ary.dtype)] for x in (to_begin, to_end)]
    return np.concatenate([*ends[0], ary[1:] - ary[:-1], *ends[1]])


def _trapezoid(y, x=None, dx=1.0, axis=-1):
    y = np.moveaxis(as_operand(y), axis, -1)
    if x is None:
        width = dx
    else:
        x = as_operand(x)
        width = np.diff(x) if np.ndim(x) == 1 else np.diff(np.moveaxis(x, axis, -1))
    return np.sum(width * (y[..., 1:] + y[..., :-1]) / 2.0, -1)


composite(np.diff, _diff)
composite(np.ediff1d, _ediff1d)
equivalent(np.trapezoid if hasattr(np, "trapezoid") else np.trapz, _trapezoid)  # renamed in NumPy 2.0


def _gradient(f, *varargs, axis=None, edge_order=1):
    f = as_operand(f)
    axes = list(range(np.ndim(f))) if axis is None else [a % np.ndim(f) for a in np.atleast_1d(axis)]
    spacings = [as_operand(h) for h in varargs] or [1.0]
    spacings = spacings * len(axes) if len(spacings) == 1 else spacings
    results = []
    for a, h in zip(axes, spacings):
        y = np.moveaxis(f, a, -1)
        inside = _uniform(y, h, edge_order) if np.ndim(h) == 0 else _stretched(y, _widths(h, y), edge_order)
        results.append(np.moveaxis(np.concatenate(inside, -1), -1, a))
    return results[0] if len(axes) == 1 else tuple(results)


def _widths(points, y):
    """The distances of the points, in no less than the precision of the samples."""
    dtype = np.result_type(points.dtype, y.dtype)
    return np.diff(points if points.dtype == dtype else points.astype(dtype))


def _uniform(y, h, edge_order):
    if edge_order == 1:
        first, last = (y[..., 1:2] - y[..., 0:1]) / h, (y[..., -1:] - y[..., -2:-1]) / h
    else:
        first = (-1.5 * y[..., 0:1] + 2.0 * y[..., 1:2] - 0.5 * y[..., 2:3]) / h
        last = (0.5 * y[..., -3:-2] - 2.0 * y[..., -2:-1] + 1.5 * y[..., -1:]) / h
    return [first, (y[..., 2:] - y[..., :-2]) / (2.0 * h), last]


def _stretched(y, h, edge_order):
    # The slope at each point of the parabola through three neighbours.
    slopes = (y[..., 1:] - y[..., :-1]) / h
    left, right = h[:-1], h[1:]
    inner = (right * slopes[..., :-1] + left * slopes[..., 1:]) / (left + right)
    if edge_order == 1:
        return [slopes[..., :1], inner, slopes[..., -1:]]
    bend = (slopes[..., 1:] - slopes[..., :-1]) / (left + right)
    return [slopes[..., :1] - h[:1] * bend[..., :1], inner, slopes[..., -1:] + h[-1:] * bend[..., -1:]]


equivalent(np.gradient, _gradient)


# Piecewise linear functions of a point, of the knots and of the values there.
def _interp(x, xp, fp, left=None, right=None, period=None):
    """``f0 + (x - x0) (f1 - f0) / (x1 - x0)`` between the knots beside x; constants outside.

    At a knot the piece on its right counts, and so does its slope; at the last
    one, that on its left.  With a period the points are brought into it and a
    knot is added on each side.
    """
    x, xp, fp = as_operand(x), as_operand(xp), as_operand(fp)
    if period is not None:
        period = abs(period)
        x, xp = x % period, xp % period
        order = np.argsort(xp)
        xp, fp = entries(xp, order), entries(fp, order)
        xp = np.concatenate([xp[-1:] - period, xp, xp[:1] + period])
        fp = np.concatenate([fp[-1:], fp, fp[:1]])
        left = right = None
    first, last = plain_value(x) < plain_value(xp)[0], plain_value(x) > plain_value(xp)[-1]
    right_end = np.clip(np.searchsorted(xp, x, side="right"), 1, max(np.size(xp) - 1, 1))
    if np.size(xp) == 1:
        y = np.broadcast_to(fp[0], np.shape(x))
    else:
        x0, x1, f0, f1 = (entries(a, k) for a in (xp, fp) for k in (right_end - 1, right_end))
        width = x1 - x0
        flat = plain_value(width) == 0  # the last knot, given twice
        y = np.where(flat, f1, f0 + (x - x0) * ((f1 - f0) / np.where(flat, 1.0, width)))
    y = np.where(first, fp[0] if left is None else left, y)
    return np.where(last, fp[-1] if right is None else right, y)


def _unwrap(p, discont=None, axis=-1, *, period=2 * np.pi):
    # A number of periods is added, which does not vary.
    plain, length = plain_value(p), plain_value(period)
    return p + np.rint((np.unwrap(plain, plain_value(discont), axis, period=length) - plain) / length) * period


equivalent(np.interp, _interp)
equivalent(np.unwrap, _unwrap)


# Functions of slices.
def _apply_along_axis(func1d, axis, arr, *args, **kwargs):
    rows = np.moveaxis(as_operand(arr), axis, -1)
    batch = np.shape(rows)[:-1]
    results = [as_operand(func1d(rows[i], *args, **kwargs)) for i in np.ndindex(batch)]
    inner = np.shape(results[0])
    y = np.reshape(np.stack(results), batch + inner)
    start = axis % np.ndim(arr)
    return np.moveaxis(y, range(len(batch), np.ndim(y)), range(start, start + len(inner)))


def _apply_over_axes(func, a, axes):
    for axis in np.atleast_1d(axes):
        y = func(a, int(axis))
        a = y if np.ndim(y) == np.ndim(a) else restored(y, np.shape(a), int(axis))
    return a


composite(np.apply_along_axis, _apply_along_axis)
composite(np.apply_over_axes, _apply_over_axes)
