"""NumPy's functions on `Jets` where NumPy's own code does not take objects, or where a convention decides."""

import itertools

import numpy as np

from tests.adlib.rules.jets import EXACT, PY, SHARED, Jet, Jets, mean, number, one, plain, two, values_of
from tests.adlib.rules.slopes import REAL, corners


def exact(*functions):
    """Say that the code below stands for these functions; one that this NumPy lacks is None."""

    def declare(code):
        EXACT.update({f: code for f in functions if f is not None})
        return code

    return declare


def objects(a):
    return np.asarray(plain(a), object)


def sorted_jets(row):
    """From small to large, NaN last; equal ones share all their places."""
    row = sorted(lifted(row), key=lambda x: (np.isnan(x.value), x.value))
    groups = [list(group) for _, group in itertools.groupby(row, key=lambda x: x.value)]
    return [shared for group in groups for shared in [mean(group)] * len(group)]


def lifted(row):
    like = next((x for x in row if isinstance(x, Jet)), None)
    return [x if isinstance(x, Jet) or like is None else like.constant(x) for x in row]


def largest(row):
    row = lifted(row)
    if any(np.isnan(x.value) for x in row):
        return mean([x for x in row if np.isnan(x.value)])
    top = max(x.value for x in row)
    return mean([x for x in row if x.value == top])


def smallest(row):
    return -largest([-x for x in row])


def root(squares):
    """The square root of the sum of the squares, with the slope 0 at 0, where its second derivative is anything."""
    x = total([z * z for z in squares])
    if x.value == 0:
        return cone(squares)
    return one("sqrt", x)


def cone(row):
    """0, and no second derivative in what varies."""
    corners.count += 1
    varies = np.any([z.first != 0 for z in row], axis=0)
    zero = np.zeros(len(varies), REAL)
    return Jet(REAL(0), REAL(0), zero, np.where(varies, REAL("nan"), zero))


def total(row):
    return sum(row[1:], row[0]) if len(row) else 0.0


def deviations(row):
    m = total(row) / len(row)
    return [x - m for x in row]


def variance(row, ddof=0):
    return total([d * d for d in deviations(row)]) / (len(row) - ddof)


def deviation(row, ddof=0):
    squares = deviations(row)
    if len(row) > 1 and all(d.value == 0 for d in squares):
        return cone(row)
    return root(squares) / np.sqrt(REAL(len(row) - ddof))


def along_axes(f, without_nan=False):
    """A reduction: f on the list of the entries of each row."""

    def reduction(a, axis=None, out=None, keepdims=False, where=True, initial=None, **settings):
        a = objects(a)
        axes = tuple(range(a.ndim)) if axis is None else (axis if isinstance(axis, tuple) else (axis,))
        axes = tuple(sorted(k % a.ndim for k in axes)) if a.ndim else ()
        rest = [k for k in range(a.ndim) if k not in axes]
        shape = [a.shape[k] for k in rest]
        count = int(np.prod([a.shape[k] for k in axes]))
        rows = a.transpose(*rest, *axes).reshape(*shape, count)
        seen = np.broadcast_to(where, a.shape).transpose(*rest, *axes).reshape(*shape, count)
        results = [f(entries(rows[i], seen[i], initial), **settings) for i in np.ndindex(*shape)]
        many = isinstance(results[0], list) if results else False
        y = np.empty((len(results[0]) if many else 1, len(results)), object)
        for k, result in enumerate(results):
            y[:, k] = result if many else [result]
        shape = [1 if k in axes else n for k, n in enumerate(a.shape)] if keepdims else shape
        return y.reshape(-1, *shape) if many else y.reshape(shape)

    def entries(row, seen, initial):
        row = [x for x, s in zip(row, seen) if s and not (without_nan and np.isnan(number(x)))]
        return row + ([] if initial is None else [initial])

    return reduction


for _names, _f in {
    "max amax nanmax": largest,
    "min amin nanmin": smallest,
    "ptp": lambda row: largest(row) - smallest(row),
    "var nanvar": variance,
    "std nanstd": deviation,
    "nansum": total,
    "nanmean": lambda row: total(row) / len(row),
}.items():
    for _name in _names.split():
        exact(getattr(np, _name))(along_axes(_f, _name.startswith("nan")))


def _nanprod(row):
    y = row[0]
    for x in row[1:]:
        y = y * x
    return y


exact(np.nanprod)(along_axes(_nanprod, True))


def _quantile(row, q=0.5, method="linear"):
    """At each of the orders q."""
    s, n = sorted_jets(row), len(row)
    found = []
    for p in np.ravel(objects(q)):
        if method == "linear":
            position = p * (n - 1.0)
        else:
            position = REAL(np.quantile(np.arange(float(n)), float(p), method=method))
        where = position.value if isinstance(position, Jet) else position
        k = int(min(max(np.floor(where), 0), max(n - 2, 0)))
        rest = position - k
        found.append(s[k] if not isinstance(rest, Jet) and rest == 0 else s[k] + rest * (s[min(k + 1, n - 1)] - s[k]))
    return found


def _quantiles(divisor, without_nan):
    reduce = along_axes(_quantile, without_nan)

    def quantile(a, q=divisor / 2, axis=None, **settings):
        if isinstance(q, Jets):
            p, shape = objects(q) / divisor, q.shape
        else:
            p, shape = np.asarray(q) / divisor, np.shape(q)
        y = reduce(a, axis, q=p, **settings)
        return y.reshape(shape + y.shape[1:])

    return quantile


exact(np.quantile)(_quantiles(1.0, False))
exact(np.percentile)(_quantiles(100.0, False))
exact(np.nanquantile)(_quantiles(1.0, True))
exact(np.nanpercentile)(_quantiles(100.0, True))
exact(np.median)(lambda a, axis=None, **settings: _quantiles(1.0, False)(a, 0.5, axis, **settings))
exact(np.nanmedian)(lambda a, axis=None, **settings: _quantiles(1.0, True)(a, 0.5, axis, **settings))


@exact(np.sort)
def _sort(a, axis=-1):
    if axis is None:
        a, axis = np.ravel(a), -1
    y = np.moveaxis(objects(a), axis, -1).copy()
    for i in np.ndindex(*y.shape[:-1]):
        y[i] = sorted_jets(y[i])
    return np.moveaxis(y, -1, axis)


@exact(np.partition)
def _partition(a, kth, axis=-1):
    # The places of `kth` are those of the sorted array; the others are where NumPy puts them.
    if axis is None:
        a, axis = np.ravel(a), -1
    y = np.moveaxis(objects(a), axis, -1).copy()
    for i in np.ndindex(*y.shape[:-1]):
        row = lifted(y[i])
        order = np.argpartition(np.array([float(x.value) for x in row]), kth)
        groups = {x.value: mean([z for z in row if z.value == x.value]) for x in row}
        y[i] = [groups[row[k].value] for k in order]
    return np.moveaxis(y, -1, axis)


# What the methods of ufuncs do with equal entries.
def _reduce(name, array, axis=0, keepdims=False, where=True, initial=None, **settings):
    f = {"maximum": largest, "minimum": smallest, "logaddexp": _log_of_sum}[name]
    initial = None if initial is np._NoValue else initial
    return along_axes(f)(array, axis, keepdims=keepdims, where=where, initial=initial)


def _log_of_sum(row):
    row = lifted(row)
    top = max(x.value for x in row)
    if top == -np.inf:
        corners.count += 1
        shared = mean(row)
        return Jet(shared.value, shared.along, shared.first, shared.second * np.nan)
    y = row[0]
    for x in row[1:]:
        y = two("logaddexp", y, x)
    return y


def _accumulate(name, array, axis=0, **settings):
    y = np.moveaxis(objects(array), axis, 0).copy()
    rows = [_reduce(name, y[: k + 1], 0) for k in range(len(y))]
    for k, row in enumerate(rows):
        y[k] = plain(row)
    return np.moveaxis(y, 0, axis)


SHARED.update(reduce=_reduce, accumulate=_accumulate)


# Elementwise functions that are no ufuncs, and parts of real values.
exact(np.sinc)(lambda x: PY["sinc"](plain(x)))
exact(np.i0)(lambda x: PY["i0"](plain(x)))
exact(np.real)(lambda x: x)
exact(np.real_if_close)(lambda x, tol=100: x)
exact(np.imag)(lambda x: np.zeros(np.shape(x)))
exact(np.full_like)(
    lambda a, value, *args, shape=None, **settings: np.full(np.shape(a) if shape is None else shape, value)
)
exact(np.vdot)(lambda a, b: np.dot(np.ravel(a), np.ravel(b)))
exact(np.correlate)(lambda a, v, mode="valid": _correlate(a, v, mode))
exact(np.convolve)(lambda a, v, mode="full": _correlate(a, np.flip(v), mode, flipped=True))


def _correlate(a, v, mode, flipped=False):
    """By its sum; which part of it is given, NumPy's own function says for ones."""
    a, v = objects(a).ravel(), objects(v).ravel()
    full = np.zeros(len(a) + len(v) - 1, object)
    for i, x in enumerate(a):
        for j, y in enumerate(v):
            full[i + len(v) - 1 - j] = full[i + len(v) - 1 - j] + x * y
    # Each number of the full sum stands for its place.
    if mode == "full":
        return full
    n, m = max(len(a), len(v)), min(len(a), len(v))
    count, start = (n, (m - 1) // 2) if mode == "same" else (n - m + 1, m - 1)
    if mode == "same" and not flipped and len(v) > len(a):
        start = len(full) - start - count
    return full[start : start + count]


@exact(np.clip)
def _clip(a, a_min=None, a_max=None, *, min=None, max=None):
    lower, upper = (a_min if min is None else min), (a_max if max is None else max)
    y = a if lower is None else np.maximum(a, lower)
    return y if upper is None else np.minimum(y, upper)


@exact(np.nan_to_num)
def _nan_to_num(x):
    return np.where(np.isfinite(values_of(x)), x, np.nan_to_num(values_of(x)))


@exact(np.unwrap)
def _unwrap(p):
    return objects(p) + (np.unwrap(values_of(p).astype(float)) - values_of(p).astype(float))


@exact(np.bincount)
def _bincount(x, weights, minlength=0):
    y = np.zeros(max(np.max(x) + 1, minlength), object)
    for i, w in zip(x, objects(weights)):
        y[i] = y[i] + w
    return y


@exact(np.interp)
def _interp(x, xp, fp, left=None, right=None, period=None):
    x, xp, fp = objects(x), objects(xp).ravel(), objects(fp).ravel()
    if period is not None:
        xp = np.array([two("remainder", z, REAL(period)) for z in xp], object)
        order = np.argsort([number(z) for z in xp], kind="stable")
        xp, fp = xp[order], fp[order]
        xp = np.concatenate([[xp[-1] - period], xp, [xp[0] + period]])
        fp = np.concatenate([fp[-1:], fp, fp[:1]])
        x = np.frompyfunc(lambda z: two("remainder", z, REAL(period)), 1, 1)(x)
    knots = np.array([number(z) for z in xp])

    def at(z):
        value = number(z)
        if value < knots[0]:
            return fp[0] if left is None else objects(left)[()]
        if value > knots[-1]:
            return fp[-1] if right is None else objects(right)[()]
        k = min(int(np.searchsorted(knots, value, "right")) - 1, len(knots) - 2)
        slope = (fp[k + 1] - fp[k]) / (xp[k + 1] - xp[k])
        return unknown(fp[k]) if value in knots else fp[k] + slope * (z - xp[k])

    return np.frompyfunc(at, 1, 1)(x)


def unknown(x):
    """At a knot, where there is no derivative and no convention."""
    nothing = np.full(len(x.first), np.nan, REAL) if isinstance(x, Jet) else None
    return x if nothing is None else Jet(x.value, REAL("nan"), nothing, nothing)


# Polynomials, differences, covariances: their definitions.
@exact(np.poly)
def _poly(roots):
    y = np.array([REAL(1)], object)
    for r in objects(roots):
        y = np.concatenate([y, [REAL(0)]]) - np.concatenate([[REAL(0)], r * y])
    return y


@exact(np.polydiv)
def _polydiv(u, v):
    u, v = np.atleast_1d(objects(u)).copy(), np.atleast_1d(objects(v))
    quotient = []
    for k in range(len(u) - len(v) + 1):
        factor = u[k] / v[0]
        quotient.append(factor)
        u[k : k + len(v)] = u[k : k + len(v)] - factor * v
    first = 0
    while first < len(u) - 1 and np.allclose(values_of(u[first : first + 1]).astype(float), 0):
        first += 1
    return np.array(quotient, object) if quotient else np.zeros(1), u[first:]


@exact(np.cov)
def _cov(m, y=None, rowvar=True, bias=False, ddof=None, fweights=None, aweights=None):
    def variables(x):
        x = np.atleast_2d(objects(x))
        return x if rowvar or len(x) == 1 else x.T

    x = variables(m) if y is None else np.concatenate([variables(m), variables(y)])
    w = np.full(x.shape[1], REAL(1)).astype(object)
    w = w if fweights is None else w * np.asarray(fweights).astype(REAL)
    squares = w
    if aweights is not None:
        w = w * objects(aweights)
        squares = w * objects(aweights)
    ddof = (0 if bias else 1) if ddof is None else ddof
    x = x - (x @ w / total(list(w)))[:, None]
    divisor = total(list(w)) - REAL(ddof) * total(list(squares)) / total(list(w))
    return np.squeeze((x * w) @ x.T / divisor)


@exact(np.corrcoef)
def _corrcoef(x, y=None):
    c = _cov(x, y)
    if np.ndim(c) == 0:
        return c[()] / c[()]
    d = np.array([one("sqrt", s) for s in np.diagonal(c)], object)
    return c / np.multiply.outer(d, d)


@exact(np.gradient)
def _gradient(f, *spacing, axis=None, edge_order=1):
    f = objects(f)
    axes = tuple(range(f.ndim)) if axis is None else axis if isinstance(axis, tuple) else (axis,)
    spacing = spacing * len(axes) if len(spacing) == 1 else spacing or (1.0,) * len(axes)
    found = []
    for k, h in zip(axes, spacing):
        y = np.moveaxis(f, k, 0)
        h = np.asarray(h, REAL) if isinstance(h, np.ndarray) and h.dtype.kind == "f" else h
        x = objects(h) if np.ndim(h) else np.arange(len(y)).astype(REAL) * (objects(h)[()])
        found.append(np.moveaxis(slopes(y, x, edge_order), 0, k))
    return found[0] if len(found) == 1 else found


def slopes(y, x, order):
    """Of the polynomial through neighbours: three inside, `order` + 1 at the ends."""
    n, rows = len(y), []
    for i in range(n):
        inside = 0 < i < n - 1
        first = i - 1 if inside else 0 if i == 0 else n - 1 - order
        rows.append(slope_at(i, list(range(first, first + (3 if inside else order + 1))), y, x))
    return np.array(rows, object).reshape(y.shape)


def slope_at(i, knots, y, x):
    """The derivative at x[i] of Lagrange's polynomial through the knots."""
    found = None
    for j in knots:
        others = [m for m in knots if m != j]
        terms = []
        for m in others:
            term = 1 / (x[j] - x[m])
            for p in others:
                if p != m:
                    term = term * ((x[i] - x[p]) / (x[j] - x[p]))
            terms.append(term)
        weight = total(terms)
        found = y[j] * weight if found is None else found + y[j] * weight
    return found


@exact(np.geomspace)
def _geomspace(start, stop, num=50):
    start, ratio = objects(start), objects(np.asarray(stop)) / objects(start)
    rows = [start, *[start * ratio ** (REAL(k) / (num - 1)) for k in range(1, num - 1)], objects(stop)]
    return np.stack([np.broadcast_to(np.asarray(row, object), np.shape(ratio)) for row in rows])
