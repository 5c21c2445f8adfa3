"""NumPy's functions on `Jets` where NumPy's own code does not take objects, or where a convention decides.

Linear algebra is done by hand: elimination, Gram and Schmidt, and Newton's method, which doubles the
number of right derivatives in each step as it doubles the number of right digits.
"""

import itertools

import numpy as np

from tests.adlib.rules.jets import EXACT, PY, REAL, SHARED, Jet, Jets, mean, number, one, plain, two, values_of, wrapped


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


def root(x):
    """The square root with the slope 0 at 0."""
    if x.value == 0:
        Jet.corners += 1
        return x.unary(0, 0, np.nan)
    return one("sqrt", x)


def total(row):
    return sum(row[1:], row[0]) if len(row) else 0.0


def variance(row, ddof=0, correction=None):
    m = total(row) / len(row)
    ddof = ddof if correction is None else correction
    return total([(x - m) * (x - m) for x in row]) / max(len(row) - ddof, 0)


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
        results = [
            f(entries(rows[i], seen[i], initial), **settings) for i in np.ndindex(*shape)
        ]
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
    "std nanstd": lambda row, **settings: root(variance(row, **settings)),
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
def _reduce(name, array, axis=0, keepdims=False, **settings):
    f = {"maximum": largest, "minimum": smallest, "logaddexp": _log_of_sum}[name]
    return along_axes(f)(array, axis, keepdims=keepdims)


def _log_of_sum(row):
    top = max(x.value for x in row)
    if top == -np.inf:
        Jet.corners += 1
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
exact(np.full_like)(lambda a, value, *args, shape=None, **settings: np.full(np.shape(a) if shape is None else shape, value))
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
            return fp[0] if left is None else REAL(left)
        if value > knots[-1]:
            return fp[-1] if right is None else REAL(right)
        k = min(int(np.searchsorted(knots, value, "right")) - 1, len(knots) - 2)
        slope = (fp[k + 1] - fp[k]) / (xp[k + 1] - xp[k])
        return unknown(fp[k]) if value in knots else fp[k] + slope * (z - xp[k])

    return np.frompyfunc(at, 1, 1)(x)


def unknown(x):
    """At a knot, where there is no derivative and no convention."""
    nothing = np.full(len(x.first), np.nan, REAL) if isinstance(x, Jet) else None
    return x if nothing is None else Jet(x.value, REAL("nan"), nothing, nothing)


# Linear algebra of matrices of numbers, one at a time.
def batched(f, *cores):
    """f on matrices; each argument may have more axes in front, and `cores` says how many are its own."""

    def g(*args, **settings):
        args = [objects(x) for x in args]
        fronts = [x.shape[: x.ndim - c] for x, c in zip(args, cores)]
        front = np.broadcast_shapes(*fronts)
        args = [np.broadcast_to(x, front + x.shape[x.ndim - c :]) for x, c in zip(args, cores)]
        results = [f(*[x[i] for x in args], **settings) for i in np.ndindex(*front)]
        several = isinstance(results[0], tuple)
        joined = []
        for part in zip(*results) if several else [results]:
            y = np.empty((len(part), *np.shape(part[0])), object)
            for k, p in enumerate(part):
                y[k] = p
            joined.append(y.reshape(front + y.shape[1:]))
        return tuple(joined) if several else joined[0]

    return g


def eliminate(a, b):
    """Solve, with pivots; also the determinant."""
    a, b, n, det = a.copy(), b.copy(), len(a), REAL(1)
    for k in range(n):
        p = max(range(k, n), key=lambda i: abs(number(a[i, k])))
        if p != k:
            a[[k, p]], b[[k, p]], det = a[[p, k]], b[[p, k]], -det
        if number(a[k, k]) == 0:
            raise np.linalg.LinAlgError("Singular matrix")
        det = a[k, k] * det
        for i in range(n):
            if i != k:
                factor = a[i, k] / a[k, k]
                a[i] = a[i] - factor * a[k]
                b[i] = b[i] - factor * b[k]
    for k in range(n):
        b[k] = b[k] / a[k, k]
    return b, det


def inverse(a):
    return eliminate(a, np.eye(len(a)).astype(REAL).astype(object))[0]


def leibniz(a):
    """The determinant by its definition, so that nothing is divided by."""
    if len(a) == 0:
        return REAL(1)
    y = REAL(0)
    for order in itertools.permutations(range(len(a))):
        sign = round(np.linalg.det(np.eye(len(a))[list(order)]))
        term = REAL(sign)
        for i, j in enumerate(order):
            term = a[i, j] * term
        y = term + y
    return y


def cholesky(a, upper=False):
    n = len(a)
    y = np.zeros((n, n), REAL).astype(object)
    a = a.T if upper else a
    for j in range(n):
        y[j, j] = one("sqrt", a[j, j] - total([y[j, k] * y[j, k] for k in range(j)]))
        for i in range(j + 1, n):
            y[i, j] = (a[i, j] - total([y[i, k] * y[j, k] for k in range(j)])) / y[j, j]
    return y.T if upper else y


def qr(a, signs):
    """Reduced, by Gram and Schmidt; LAPACK's signs are given."""
    m, n = a.shape
    k = min(m, n)
    q = np.zeros((m, k), REAL).astype(object)
    for j in range(k):
        column = a[:, j]
        for i in range(j):
            column = column - q[:, i] * np.dot(q[:, i], a[:, j])
        q[:, j] = column / one("sqrt", np.dot(column, column)) * REAL(signs[j])
    r = q.T @ a
    below = np.tril(np.ones(r.shape), -1) > 0
    r[below] = REAL(0)
    return q, r


def spectrum(a):
    """Eigenvalues and vectors of a symmetric matrix without equal eigenvalues, by Newton's method."""
    a = (a + a.T) / 2
    n = len(a)
    w, v = np.linalg.eigh(values_of(a).astype(float))
    if np.any(np.diff(w) < 1e-6 * np.max(np.abs(w))):
        raise np.linalg.LinAlgError("equal eigenvalues or singular values")
    numbers, vectors = [], []
    for k in range(n):
        x = np.array([*v[:, k].astype(REAL), REAL(w[k])], object)
        for _ in range(4):
            u, mu = x[:n], x[n]
            system = np.zeros((n + 1, n + 1), REAL).astype(object)
            system[:n, :n] = a - mu * np.eye(n).astype(REAL)
            system[:n, n] = -u
            system[n, :n] = 2 * u
            wrong = np.concatenate([a @ u - mu * u, [np.dot(u, u) - REAL(1)]])
            x = x - eliminate(system, wrong)[0]
        numbers.append(x[n])
        vectors.append(x[:n])
    return np.array(numbers, object), np.array(vectors, object).T


def singular(a):
    """Singular values and vectors, from large to small, of a matrix that has no equal ones and no zeros."""
    if a.shape[0] < a.shape[1]:
        u, s, vh = singular(a.T)
        return vh.T, s, u.T
    w, v = spectrum(a.T @ a)
    if number(w[0]) < 1e-12 * number(w[-1]):
        raise np.linalg.LinAlgError("equal eigenvalues or singular values")
    s = np.array([one("sqrt", x) for x in w[::-1]], object)
    v = v[:, ::-1]
    u = (a @ v) / s
    signs = np.sign(np.sum(values_of(u) * np.linalg.svd(values_of(a).astype(float), full_matrices=False)[0], 0))
    return u * signs.astype(REAL), s, (v * signs.astype(REAL)).T


def least_squares(a, b):
    m, n = a.shape
    if m >= n:
        return eliminate(a.T @ a, a.T @ b)[0]
    return a.T @ eliminate(a @ a.T, b)[0]


def pseudo_inverse(a):
    return least_squares(a, np.eye(len(a)).astype(REAL).astype(object))


la = np.linalg
new = lambda name: getattr(la, name, None)  # noqa: E731

exact(la.solve)(lambda a, b: batched(lambda a, b: eliminate(a, b)[0], 2, min(np.ndim(b), 2))(a, b))
exact(la.inv)(batched(inverse, 2))
exact(la.det)(batched(leibniz, 2))
exact(la.cholesky)(batched(cholesky, 2))
exact(la.eigvalsh)(batched(lambda a: spectrum(a)[0], 2))
exact(la.svd)(lambda a, full_matrices=True, compute_uv=True: (
    batched(singular, 2)(a) if compute_uv else batched(lambda a: singular(a)[1], 2)(a)
))  # fmt: skip
exact(new("svdvals"))(batched(lambda a: singular(a)[1], 2))
exact(la.pinv)(batched(pseudo_inverse, 2))
exact(la.lstsq)(lambda a, b, rcond=None: (least_squares(objects(a), objects(b)), None, None, None))


@exact(la.eigh)
def _eigh(a):
    return batched(spectrum, 2)(a)


@exact(la.slogdet)
def _slogdet(a):
    def f(a):
        det = leibniz(a)
        size = one("log", one("absolute", det)) if number(det) != 0 else unknown(one("absolute", det))
        return np.sign(number(det)), size

    return batched(f, 2)(a)


@exact(la.qr)
def _qr(a, mode="reduced"):
    def f(a):
        q, r = np.linalg.qr(values_of(a).astype(float))
        return qr(a, np.sign(np.diag(r)))

    q, r = batched(f, 2)(a)
    return r if mode == "r" else (q, r)


@exact(la.matrix_power)
def _matrix_power(a, n):
    a = objects(a)
    a = batched(inverse, 2)(a) if n < 0 else a
    y = np.broadcast_to(np.eye(a.shape[-1]).astype(REAL).astype(object), a.shape)
    for _ in range(abs(n)):
        y = y @ a
    return y


@exact(la.multi_dot)
def _multi_dot(arrays):
    y = objects(arrays[0])
    for x in arrays[1:]:
        y = y @ objects(x)
    return y


@exact(la.tensorinv)
def _tensorinv(a, ind=2):
    front, back = a.shape[:ind], a.shape[ind:]
    return inverse(objects(a).reshape(int(np.prod(front)), -1)).reshape(back + front)


@exact(la.tensorsolve)
def _tensorsolve(a, b):
    return eliminate(objects(a).reshape(b.size, b.size), objects(b).ravel())[0].reshape(a.shape[b.ndim :])


def vector_norm(row, ord=None):
    """Of a list; at 0 the subgradient 0, and what is 0 has the slope 0."""
    infinite = [x for x in row if np.isinf(x.value)]
    if len(infinite) == 1 and ord in (None, 2, 3, 2.5):
        return one("absolute", infinite[0])
    if ord in (None, 2):
        return root(total([x * x for x in row]))
    sizes = [one("absolute", x) for x in row]
    if ord in (np.inf, -np.inf):
        return largest(sizes) if ord > 0 else smallest(sizes)
    if ord == 0:
        return row[0].constant(sum(x.value != 0 for x in row))
    if ord == 1:
        return total(sizes)
    if all(x.value == 0 for x in row) and ord > 0:
        Jet.corners += 1
        return row[0].unary(0, 0, np.nan)
    return two("power", total([two("power", x, REAL(ord)) for x in sizes]), 1 / REAL(ord))


def matrix_norm(a, ord=None):
    if ord in (None, "fro"):
        return vector_norm(list(a.ravel()))
    if ord in (1, -1, np.inf, -np.inf):
        sums = [total([one("absolute", x) for x in row]) for row in (a.T if abs(ord) == 1 else a)]
        return largest(sums) if ord > 0 else smallest(sums)
    s = singular(a)[1]
    return total(list(s)) if ord == "nuc" else s[0] if ord == 2 else s[-1]


@exact(la.norm)
def _norm(x, ord=None, axis=None, keepdims=False):
    axes = tuple(range(np.ndim(x))) if axis is None else axis if isinstance(axis, tuple) else (axis,)
    if len(axes) != 2 and ord is None or len(axes) == 1 or axis is None and ord is None:
        return along_axes(lambda row: vector_norm(row, ord))(x, axis, keepdims=keepdims)
    y = batched(lambda a: matrix_norm(a, ord), 2)(np.moveaxis(objects(x), axes, (-2, -1)))
    return np.expand_dims(y, tuple(sorted(k % np.ndim(x) for k in axes))) if keepdims else y


exact(new("vector_norm"))(lambda x, *, axis=None, keepdims=False, ord=2: along_axes(
    lambda row: vector_norm(row, ord))(x, axis, keepdims=keepdims))  # fmt: skip
exact(new("matrix_norm"))(lambda x, *, keepdims=False, ord="fro": _norm(x, ord, (-2, -1), keepdims))


@exact(la.cond)
def _cond(x, p=None):
    def f(a):
        if p in (None, 2, -2):
            s = singular(a)[1]
            return s[-1] / s[0] if p == -2 else s[0] / s[-1]
        return matrix_norm(a, p) * matrix_norm(inverse(a), p)

    return batched(f, 2)(x)


exact(new("outer"))(lambda a, b: wrapped(np.multiply.outer(objects(a).ravel(), objects(b).ravel())))


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
    if len(u) < len(v):
        return np.zeros(1), u
    quotient = []
    for k in range(len(u) - len(v) + 1):
        factor = u[k] / v[0]
        quotient.append(factor)
        u[k : k + len(v)] = u[k : k + len(v)] - factor * v
    rest = u[len(quotient) :]
    return np.array(quotient, object), rest if len(rest) else np.zeros(1)


@exact(np.polyfit)
def _polyfit(x, y, deg, w=None):
    x, y = objects(x), objects(y)
    a = np.stack([x ** REAL(k) if k else x * 0 + REAL(1) for k in range(deg, -1, -1)], 1)
    if w is not None:
        w = np.asarray(w).astype(REAL).astype(object)
        a, y = a * w[:, None], (y.T * w).T
    return least_squares(a, y)


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
