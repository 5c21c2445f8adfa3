"""Linear algebra on `Jets`, by hand.

Elimination, Gram and Schmidt, and Newton's method, which doubles the number of right
derivatives in each step as it doubles the number of right digits.
"""

import itertools

import numpy as np

from tests.adlib.rules.exact import along_axes, cone, exact, largest, objects, root, smallest, total, unknown
from tests.adlib.rules.jets import number, one, two, values_of, wrapped
from tests.adlib.rules.slopes import REAL


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
        _, r = np.linalg.qr(values_of(a).astype(float))
        return qr(a, np.sign(np.diag(r)))

    factors = batched(f, 2)(a)
    return factors[1] if mode == "r" else factors


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
        return root(row)
    sizes = [one("absolute", x) for x in row]
    if ord in (np.inf, -np.inf):
        return largest(sizes) if ord > 0 else smallest(sizes)
    if ord == 0:
        return row[0].constant(sum(x.value != 0 for x in row))
    if ord == 1:
        return total(sizes)
    if all(x.value == 0 for x in row) and ord > 0:
        return cone(row)
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


@exact(np.polyfit)
def _polyfit(x, y, deg, w=None):
    x, y = objects(x), objects(y)
    a = np.stack([x ** REAL(k) if k else x * 0 + REAL(1) for k in range(deg, -1, -1)], 1)
    if w is not None:
        w = np.asarray(w).astype(REAL).astype(object)
        a, y = a * w[:, None], (y.T * w).T
    return least_squares(a, y)
