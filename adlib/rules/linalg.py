"""Linear algebra: solutions, determinants, factorisations, norms.

Each rule is ordinary NumPy on what the forward computation has found, so it
reuses a factor or a solution and never forms an inverse to replace one.  NumPy
gives no access to an LU factorisation and has no triangular solver: a
derivative of `solve` factors the matrix once more.

Functions that read one triangle of a symmetric matrix (`cholesky`, `eigh`,
`eigvalsh`) have derivatives with respect to that triangle: the other half of a
gradient is zero, and symmetric directions give what the textbooks say.

Giles, "Collected matrix derivative results for forward and reverse mode
algorithmic differentiation", 2008; Townsend, "Differentiating the singular
value decomposition", 2016; Golub and Pereyra, "The differentiation of
pseudo-inverses and nonlinear least squares problems", SIAM J. Numer. Anal.
10(2), 1973.
"""

import math
import operator

import numpy as np

from .._errors import TracedValueError, located
from .._rules import General, Refuse, bilinear, composite, linear, primitive, project, rule, zero
from .._trace import RULES, operand, strip
from .indexing import scatter_add

_la = np.linalg
_SINCE_2 = hasattr(_la, "vector_norm")  # NumPy 2 added the names of the array API


def _t(x):
    return np.swapaxes(x, -1, -2)


def _diagonal(x):
    k = np.arange(min(x.shape[-2:]))
    return x[..., k, k]


def _to_diagonal(d):
    return np.where(np.eye(d.shape[-1], dtype=bool), d[..., None, :], 0.0)


def _strictly_lower(n):
    return np.tri(n, n, -1, dtype=bool)


def _named(x):
    """A matrix in a message: shape and dtype, never the contents."""
    return f"matrix (shape {np.shape(x)}, {operand(strip(x)).dtype})"


# ---------------------------------------------------------------------------------------------
# Solutions, inverses, determinants


# A X = B:  dA X + A dX = dB, so dX = A^-1 (dB - dA X), and transposed
# B-bar = A^-T X-bar, A-bar = -B-bar X^T.  Giles 2008, section 2.2.3.
def _solve_jvp(tangents, x, a, b):
    da, db = (*tangents, None)[:2]
    vector = np.ndim(x) < np.ndim(a)
    change = None
    if da is not None:
        change = -(da @ _columns(x, vector))
    if db is not None:
        db = _columns(db, vector)
        change = db if change is None else db + change
    return _uncolumns(_la.solve(a, change), vector)


def _solve_vjp(g, x, a, b):
    vector = np.ndim(x) < np.ndim(a)
    b_bar = _la.solve(_t(a), _columns(g, vector))
    return -(b_bar @ _t(_columns(x, vector))), _uncolumns(b_bar, vector)


def _columns(x, vector):
    return x[..., None] if vector else x


def _uncolumns(x, vector):
    return x[..., 0] if vector else x


rule(_la.solve, _solve_jvp, _solve_vjp)

# X = A^-1:  dX = -X dA X.  Giles 2008, section 2.2.3.
rule(
    _la.inv,
    lambda tangents, x, a: -(x @ tangents[0] @ x),
    lambda g, x, a: (-(_t(x) @ g @ _t(x)),),
)


def _tensorinv(a, ind=2):
    if ind <= 0:
        raise ValueError("Invalid ind argument.")
    shape = a.shape[ind:] + a.shape[:ind]
    return np.reshape(_la.inv(np.reshape(a, (math.prod(a.shape[ind:]), -1))), shape)


def _tensorsolve(a, b, axes=None):
    a, b = operand(a), operand(b)
    if axes is not None:
        rest = [k for k in range(a.ndim) if k not in axes]
        a = np.transpose(a, (*rest, *axes))
    shape = a.shape[np.ndim(b) :]
    n = math.prod(shape)
    return np.reshape(_la.solve(np.reshape(a, (n, n)), np.ravel(b)), shape)


composite(_la.tensorinv, _tensorinv)
composite(_la.tensorsolve, _tensorsolve)


class OneNumber(General):
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
            return [weight * _kept(g, x, axes)]

        super().__init__(name, jvp, vjp)


def _kept(y, x, axes):
    """`y` with length 1 where x has the axes that were taken away."""
    return np.reshape(y, [1 if k in axes else n for k, n in enumerate(np.shape(x))])


def _last_two(x):
    return np.ndim(x) - 2, np.ndim(x) - 1


# d det A = sum of cof(A) * dA, and cof(A) = det(A) A^-T where A is regular.  Jacobi's formula.
def _det_slope(y, a):
    if np.all(strip(y) != 0):
        return np.expand_dims(y, (-2, -1)) * _t(_la.inv(a)), _last_two(a)
    return cofactor(a), _last_two(a)


@primitive
def cofactor(a):
    """The matrix of cofactors, also of a singular matrix: the gradient of the determinant.

    If A = U S V^T, it is det(U) det(V) U D V^T, where D is diagonal with the
    products of all singular values but one.
    """
    u, s, vh = _la.svd(a)
    products = np.stack([np.prod(np.delete(s, k, -1), -1) for k in range(s.shape[-1])], -1)
    return _orientation(u, vh) * ((u * products[..., None, :]) @ vh)


def _orientation(u, vh):
    return np.sign(_la.det(strip(u)) * _la.det(strip(vh)))[..., None, None]


def _cofactor_slope(a, e):
    # The second derivative of det along e.  In the bases of the SVD, where A is diagonal, only the 2 x 2
    # minors matter: with P_ij the product of all singular values but two, D_ii = sum_j P_ij E_jj and
    # D_ij = -P_ij E_ji.  It is a Hessian, so it is its own transpose: one function for both modes.
    u, s, vh = _la.svd(a)
    n = s.shape[-1]
    rows = [np.stack([_product_without(s, i, j) for j in range(n)], -1) for i in range(n)]
    p = np.where(np.eye(n, dtype=bool), 0.0, np.stack(rows, -2))
    e = _t(u) @ e @ _t(vh)
    d = _to_diagonal((p @ _diagonal(e)[..., None])[..., 0]) - p * _t(e)
    return _orientation(u, vh) * (u @ d @ vh)


def _product_without(s, i, j):
    product = np.ones_like(strip(s[..., 0]))
    for k in range(s.shape[-1]):
        if k not in (i, j):
            product = product * s[..., k]
    return product


rule(
    cofactor,
    lambda tangents, y, a: _cofactor_slope(a, tangents[0]),
    lambda g, y, a: (_cofactor_slope(a, g),),
)
RULES[_la.det] = OneNumber("det", _det_slope)


# d log|det A| = tr(A^-1 dA).  The sign is constant.
def _slogdet_slope(y, a):
    _finite("slogdet", y[1], a)
    return _t(_la.inv(a))


def _finite(name, y, a):
    if not np.all(np.isfinite(strip(y))):
        raise located(
            TracedValueError(
                f"numpy.linalg.{name} at a singular {_named(a)} is infinite and has no derivative; "
                "keep the matrix regular (A + eps * np.eye(n))"
            )
        )


rule(
    _la.slogdet,
    lambda tangents, y, a: (None, np.sum(_slogdet_slope(y, a) * tangents[0], (-2, -1))),
    lambda g, y, a: (None if g[1] is None else _slogdet_slope(y, a) * np.expand_dims(g[1], (-2, -1)),),
)


# ---------------------------------------------------------------------------------------------
# Cholesky and QR


def _from_lower(a):
    """The symmetric matrix whose lower triangle is that of `a`."""
    return np.where(_strictly_lower(a.shape[-1]), a, 0.0) + np.where(np.tri(a.shape[-1], dtype=bool).T, _t(a), 0.0)


def _to_lower(g):
    """The transpose of `_from_lower`."""
    n = g.shape[-1]
    return np.where(np.tri(n, dtype=bool), g, 0.0) + np.where(_strictly_lower(n), _t(g), 0.0)


def _half_lower(x):
    """The lower triangle, with half of the diagonal."""
    n = x.shape[-1]
    return np.where(_strictly_lower(n), x, 0.0) + 0.5 * np.where(np.eye(n, dtype=bool), x, 0.0)


# A = L L^T:  L^-1 dA L^-T = L^-1 dL + (L^-1 dL)^T, so dL = L Phi(L^-1 dA L^-T), where Phi takes the lower
# triangle and half of the diagonal.  Transposed: A-bar = L^-T Phi(L^T L-bar) L^-1.  Murray,
# "Differentiation of the Cholesky decomposition", 2016.  The upper factor is L^T.
def _cholesky_jvp(tangents, y, a, /, *, upper=False):
    factor = _t(y) if upper else y
    da = _from_lower(_t(tangents[0]) if upper else tangents[0])
    inner = _la.solve(factor, _t(_la.solve(factor, da)))
    dl = factor @ _half_lower(inner)
    return _t(dl) if upper else dl


def _cholesky_vjp(g, y, a, /, *, upper=False):
    factor, g = (_t(y), _t(g)) if upper else (y, g)
    inner = _half_lower(_t(factor) @ g)
    a_bar = _la.solve(_t(factor), _t(_la.solve(_t(factor), _t(inner))))
    a_bar = _to_lower(0.5 * (a_bar + _t(a_bar)))
    return (_t(a_bar) if upper else a_bar,)


rule(_la.cholesky, _cholesky_jvp, _cholesky_vjp)


# A = Q R with A1 and R1 the first k = min(m, n) columns, and X = dA1 R1^-1.  Q^T dQ = W is antisymmetric and
# dR R^-1 upper triangular, so W is made of the lower triangle of C = Q^T X, and
# dQ = X - Q (C - W), dR = Q^T dA - W R.  Walter and Lehmann, "Algorithmic differentiation of linear algebra
# functions", 2010; the vjp below transposes these lines one by one.
def _qr_jvp(tangents, ans, a, mode="reduced"):
    q, r = ans
    da, k = tangents[0], q.shape[-1]
    r1 = _regular(r[..., :, :k], a)
    x = _t(_la.solve(_t(r1), _t(da[..., :, :k])))
    c = _t(q) @ x
    w = _antisymmetric(c)
    return x - q @ (c - w), _t(q) @ da - w @ r


def _qr_vjp(g, ans, a, mode="reduced"):
    q, r = ans
    q_bar, r_bar = g
    k = q.shape[-1]
    r1 = _regular(r[..., :, :k], a)
    a_bar, w_bar, x_bar, c_bar = 0.0, 0.0, 0.0, 0.0
    if r_bar is not None:
        a_bar, w_bar = q @ r_bar, -(r_bar @ _t(r))
    if q_bar is not None:
        overlap = _t(q) @ q_bar
        x_bar, c_bar, w_bar = q_bar, -overlap, w_bar + overlap
    c_bar = c_bar + np.where(_strictly_lower(k), w_bar - _t(w_bar), 0.0)
    first = _t(_la.solve(r1, _t(x_bar + q @ c_bar)))
    rest = np.zeros((*first.shape[:-1], r.shape[-1] - k), first.dtype)
    return (a_bar + np.concatenate([first, rest], -1),)


def _antisymmetric(c):
    lower = np.where(_strictly_lower(c.shape[-1]), c, 0.0)
    return lower - _t(lower)


def _regular(r1, a):
    d = np.abs(_diagonal(strip(r1)))
    if np.any(d <= max(a.shape[-2:]) * np.finfo(d.dtype).eps * _largest(d, -1)):
        raise located(
            TracedValueError(
                f"numpy.linalg.qr of a {_named(a)} whose first {d.shape[-1]} columns are dependent: "
                "its factors have no derivative there; drop the columns that depend on others, or add a regularisation"
            )
        )
    return r1


class Qr(General):
    """The factor alone (mode 'r') is the second of two; other modes are refused."""

    def bind(self, call, args, kwargs):
        mode = kwargs.get("mode", args[1] if len(args) > 1 else "reduced")
        a = args[0] if args else kwargs["a"]
        if mode == "raw" or mode == "complete" and a.shape[-2] > a.shape[-1]:
            raise located(
                TracedValueError(
                    f"numpy.linalg.qr with mode={mode!r} of a {_named(a)}: "
                    "only the first columns of the factor Q are determined by the matrix, the others have no derivative; "
                    "use mode='reduced'"
                )
            )
        factors = super().bind(call, (a,), {})
        return factors[1] if mode == "r" else factors


RULES[_la.qr] = Qr("qr", _qr_jvp, _qr_vjp)


# ---------------------------------------------------------------------------------------------
# Eigenvalues of symmetric matrices, and singular values
#
# Let A = U S V^T change by dA, and let P = U^T dA V.  Write dU = U Wu and dV = V Wv with Wu, Wv
# antisymmetric.  Entry (i, j) of the derivative of U S V^T is P_ij = Wu_ij s_j - s_i Wv_ij.  Its sum and
# its difference with P_ji separate:
#
#     (Wu + Wv)_ij = (P_ij + P_ji) / (s_j - s_i)      both bases turn together
#     (Wu - Wv)_ij = (P_ij - P_ji) / (s_j + s_i)      they turn apart
#
# which is Townsend's formula without differences of squares.  The values themselves need no quotient:
# ds_i = P_ii.  A symmetric matrix is the case U = V, where P is symmetric and the second line vanishes
# (Giles 2008, section 3.1).
#
# Equal values leave the common turn of their vectors undetermined.  A function that does not depend on it
# receives 0 / 0 here, and the result depends on the function:
#   - it uses the vectors alone: the pair contributes 0;
#   - it uses the product U S V^T: with N = U^T U-bar S^-1 = (V^T V-bar S^-1)^T and s-bar = diag N the
#     pair contributes N_ij, as is seen by dividing before s_i = s_j;
#   - it does not use the pair at all: 0.
# Anything else is refused, by the pair.


def _resolution(dtype):
    """The relative distance below which two values count as equal: eps**(3/4), 2e-12 in double precision."""
    return float(np.finfo(dtype).eps) ** 0.75


def _small(x, scale):
    """Where `x`, a plain array of matrices or vectors, is rounding noise beside numbers of size `scale`."""
    return np.abs(x) <= _resolution(x.dtype) * scale


def _largest(x, axes=(-2, -1)):
    return np.max(np.abs(x), axes, keepdims=True, initial=0.0)


def _equal_and_null(s):
    """Pairs of equal values, and values that are zero beside the largest (of plain `s`)."""
    null = _small(s, _largest(s, -1))
    equal = _small(s[..., None, :] - s[..., :, None], _largest(s, -1)[..., None])
    return equal & ~np.eye(s.shape[-1], dtype=bool), null


def _quotient(x, gap, skip):
    return np.where(skip, 0.0, x) / np.where(skip, 1.0, gap)


def _differences(s):
    return s[..., None, :] - s[..., :, None]


def _sums(s):
    return s[..., None, :] + s[..., :, None]


# How messages name what belongs to a factorisation: its values, them alone, and the product of its factors.
_WORDS = {
    "eigh": ("eigenvalues", "numpy.linalg.eigvalsh", "V @ np.diag(w) @ V.T"),
    "svd": ("singular values", "svd with compute_uv=False", "U @ np.diag(s) @ Vh"),
}


def _refuse_pairs(name, a, wrong, why, instead):
    """Raise if a pair of values is marked in `wrong`, naming the first; (i, i) says that value i is zero."""
    if not np.any(wrong):
        return
    i, j = sorted(int(k) for k in np.argwhere(wrong)[0][-2:])
    values, alone, product = _WORDS[name]
    state = f"{values} {i} and {j} are equal" if i != j else f"{values[:-1]} {i} is zero"
    raise located(
        TracedValueError(
            f"numpy.linalg.{name} of a {_named(a)}: {state}, and {why}; "
            f"{instead.format(product=product)}, or the values alone ({alone})"
        )
    )


def _turns(name, a, p, s):
    """``Wu + Wv`` and ``Wu - Wv`` of the comment above, for a change P."""
    equal, null = _equal_and_null(strip(s))
    pair_of_nulls = null[..., None, :] & null[..., :, None]
    together, apart, scale = p + _t(p), p - _t(p), _largest(strip(p))
    lost = equal & ~_small(strip(together), scale) | pair_of_nulls & ~_small(strip(apart), scale)
    _refuse_pairs(name, a, lost, _NOT_FORWARD, _REVERSE)
    return _quotient(together, _differences(s), equal | _eye(s)), _quotient(apart, _sums(s), _no_sum(s))


_NOT_FORWARD = "the vectors have no derivative in this direction"
_REVERSE = "use reverse mode (adlib.grad, adlib.vjp) for a function of {product}"
_NOT_INVARIANT = "the function depends on a choice of vectors that the matrix does not determine"
_UNKNOWN = "what the function does beside this point is not determined by its derivatives here"
_INVARIANT = "use a function of the matrix itself, of {product}"


def _eye(s):
    return np.eye(s.shape[-1], dtype=bool)


def _no_sum(s):
    """Where s_i + s_j vanishes: two zeros, or eigenvalues of opposite sign, whose vectors never turn apart."""
    plain = strip(s)
    return _small(_sums(plain), _largest(plain, -1)[..., None])


def _pull_turns(name, a, gu, gv, s, s_bar):
    """The adjoint of P, from ``gu = U^T U-bar`` and ``gv = V^T V-bar``: the transpose of `_turns`."""
    together, apart = gu + gv, gu - gv
    together, apart = together - _t(together), apart - _t(apart)
    equal, null = _equal_and_null(strip(s))
    p_bar = _quotient(together, _differences(s), equal | _eye(s)) + _quotient(apart, _sums(s), _no_sum(s))
    p_bar = 0.5 * p_bar
    if np.any(equal):
        product = equal & (False if s_bar is None else _is_of_product(*map(strip, (gu, gv, s, s_bar))))
        scale = np.maximum(_largest(strip(gu)), _largest(strip(gv)))
        still = _small(strip(together), scale) & (_small(strip(apart), scale) | ~null[..., None])
        _refuse_pairs(name, a, equal & ~product & ~still, _NOT_INVARIANT, _INVARIANT)
        if s_bar is not None:
            unused = _small(strip(gu), scale) & _small(strip(gv), scale)
            unused &= _t(unused) & _same_slopes(strip(s_bar), null)
            _refuse_pairs(name, a, equal & ~product & ~unused, _UNKNOWN, _INVARIANT)
        p_bar = np.where(product, _quotient(gu, s[..., None, :], ~product), p_bar)
    return p_bar if s_bar is None else p_bar + _to_diagonal(s_bar)


def _is_of_product(gu, gv, s, s_bar):
    """The pairs that the function may use through the product U S V^T (of plain arrays)."""
    zeros = (s == 0)[..., None, :]
    n1, n2 = _quotient(gu, s[..., None, :], zeros), _t(_quotient(gv, s[..., None, :], zeros))
    scale = np.maximum(_largest(n1), _largest(n2))
    agree = _small(n1 - n2, scale) & ~(zeros | _t(zeros))
    on_diagonal = _small(_diagonal(n1) - s_bar, scale[..., 0]) & _small(_diagonal(n2) - s_bar, scale[..., 0])
    return agree & _t(agree) & on_diagonal[..., None, :] & on_diagonal[..., :, None]


def _same_slopes(s_bar, null):
    """The pairs whose values the function uses alike; zeros must not be used at all."""
    scale = _largest(s_bar, -1)
    unused = _small(s_bar, scale) | ~null
    return _small(_differences(s_bar), scale[..., None]) & unused[..., None, :] & unused[..., :, None]


# A = V diag(w) V^T.  Only the triangle UPLO is read.
def _triangle(x, UPLO):
    return _from_lower(x if UPLO.upper() == "L" else _t(x))


def _pull_triangle(g, UPLO):
    g = _to_lower(g)
    return g if UPLO.upper() == "L" else _t(g)


def _eigh_jvp(tangents, ans, a, UPLO="L"):
    w, v = ans
    p = _t(v) @ _triangle(tangents[0], UPLO) @ v
    together, _ = _turns("eigh", a, p, w)
    return _diagonal(p), v @ (0.5 * together)


def _eigh_vjp(g, ans, a, UPLO="L"):
    w, v = ans
    w_bar, v_bar = g
    if v_bar is None:
        return (_pull_triangle((v * w_bar[..., None, :]) @ _t(v), UPLO),)
    half = 0.5 * (_t(v) @ v_bar)
    return (_pull_triangle(v @ _pull_turns("eigh", a, half, half, w, w_bar) @ _t(v), UPLO),)


def _eigvalsh_jvp(tangents, w, a, UPLO="L"):
    _, v = _la.eigh(a, UPLO)
    return np.sum(v * (_triangle(tangents[0], UPLO) @ v), -2)


def _eigvalsh_vjp(g, w, a, UPLO="L"):
    _, v = _la.eigh(a, UPLO)
    return (_pull_triangle((v * g[..., None, :]) @ _t(v), UPLO),)


rule(_la.eigh, _eigh_jvp, _eigh_vjp)
rule(_la.eigvalsh, _eigvalsh_jvp, _eigvalsh_vjp)
for _function in (_la.eig, _la.eigvals):
    RULES[_function] = Refuse(
        f"numpy.linalg.{_function.__name__}",
        "its results are complex in general, and adlib differentiates real functions only; "
        "use numpy.linalg.eigh or eigvalsh for a symmetric matrix, svd for any other",
    )


def _svd_jvp(tangents, ans, a, full_matrices=True, compute_uv=True, hermitian=False):
    da = tangents[0]
    if not compute_uv:
        u, _, vh = _la.svd(a, full_matrices=False)
        return np.where(strip(ans) == 0, 0.0, np.sum(u * (da @ _t(vh)), -2))
    u, s, vh = ans
    if full_matrices and a.shape[-2] != a.shape[-1]:
        raise _not_square(a)
    v = _t(vh)
    from_v, from_u = da @ v, _t(da) @ u
    p = _t(u) @ from_v
    together, apart = _turns("svd", a, p, s)
    du, dv = u @ (0.5 * (together + apart)), v @ (0.5 * (together - apart))
    if a.shape[-2] > a.shape[-1]:  # U also moves out of its own space
        du = du + _over_values(a, from_v - u @ p, s, strip(from_v), _NOT_FORWARD, _REVERSE)
    if a.shape[-2] < a.shape[-1]:
        dv = dv + _over_values(a, from_u - v @ _t(p), s, strip(from_u), _NOT_FORWARD, _REVERSE)
    return du, _diagonal(p), _t(dv)


def _svd_vjp(g, ans, a, full_matrices=True, compute_uv=True, hermitian=False):
    if not compute_uv:
        u, _, vh = _la.svd(a, full_matrices=False)
        return ((u * np.where(strip(ans) == 0, 0.0, g)[..., None, :]) @ vh,)
    u, s, vh = ans
    u_bar, s_bar, vh_bar = g
    k = s.shape[-1]
    u, u_bar = _thin(u, u_bar, k, a)
    v, v_bar = _thin(_t(vh), None if vh_bar is None else _t(vh_bar), k, a)
    if u_bar is None and v_bar is None:
        return ((u * s_bar[..., None, :]) @ _t(v),)
    u_bar = np.zeros_like(strip(u)) if u_bar is None else u_bar
    v_bar = np.zeros_like(strip(v)) if v_bar is None else v_bar
    gu, gv = _t(u) @ u_bar, _t(v) @ v_bar
    a_bar = u @ _pull_turns("svd", a, gu, gv, s, s_bar) @ _t(v)
    if a.shape[-2] != a.shape[-1]:
        _refuse_unknown_zero(a, strip(s), None if s_bar is None else strip(s_bar))
    if a.shape[-2] > a.shape[-1]:
        a_bar = a_bar + _over_values(a, u_bar - u @ gu, s, strip(u_bar), _NOT_INVARIANT, _INVARIANT) @ _t(v)
    if a.shape[-2] < a.shape[-1]:
        a_bar = a_bar + u @ _t(_over_values(a, v_bar - v @ gv, s, strip(v_bar), _NOT_INVARIANT, _INVARIANT))
    return (a_bar,)


def _over_values(a, x, s, whole, why, instead):
    """The columns of `x`, what the columns of `whole` have outside a space, divided by the singular values."""
    _, null = _equal_and_null(strip(s))
    plain, null = strip(x), null[..., None, :]
    lost = null & ~_small(plain, _largest(whole))
    _refuse_pairs("svd", a, np.any(lost, -2, keepdims=True) & _eye(s), why, instead)
    noise = null & (np.all(_small(plain, _largest(whole, -2)), -2, keepdims=True) | (strip(s) == 0)[..., None, :])
    return _quotient(x, s[..., None, :], noise)


def _refuse_unknown_zero(a, s, s_bar):
    # At an exact zero a product U S V^T hides the part of its derivative outside the space of U and V.
    if s_bar is not None:
        lost = (s == 0) & ~_small(s_bar, _largest(s_bar, -1))
        _refuse_pairs("svd", a, lost[..., None] & _eye(s), _UNKNOWN, _INVARIANT)


def _thin(u, u_bar, k, a):
    """The first k columns, where the others have no part in the function."""
    if u.shape[-1] == k:
        return u, u_bar
    if u_bar is not None:
        if np.any(strip(u_bar)[..., k:] != 0):
            raise _not_square(a)
        u_bar = u_bar[..., :k]
    return u[..., :k], u_bar


def _not_square(a):
    return located(
        TracedValueError(
            f"numpy.linalg.svd with full_matrices=True of a {_named(a)}: the vectors beyond the first {min(np.shape(a)[-2:])} "
            "are any basis of a space and have no derivative; use full_matrices=False"
        )
    )


class NotHermitian(General):
    """A factorisation whose keyword ``hermitian=True`` is left to `eigh`."""

    def bind(self, call, args, kwargs):
        position = {"svd": 3, "pinv": 2}[self.name]
        if kwargs.get("hermitian") or len(args) > position and args[position]:
            raise located(
                TracedValueError(
                    f"numpy.linalg.{self.name} with hermitian=True on a {_named(args[0])}: "
                    "adlib has the derivative for general matrices only; leave it out, or use numpy.linalg.eigh"
                )
            )
        return super().bind(call, args, kwargs)


RULES[_la.svd] = NotHermitian("svd", _svd_jvp, _svd_vjp)


# ---------------------------------------------------------------------------------------------
# Least squares and the pseudo-inverse


class _Factored:
    """The thin QR factors of A, or of A^T if A is wide: what least squares needs of a matrix of full rank."""

    def __init__(self, a):
        self.tall = a.shape[-2] >= a.shape[-1]
        self.q, self.r = _la.qr(a if self.tall else _t(a))

    def pinv(self, y):
        """A^+ y."""
        if self.tall:
            return _la.solve(self.r, _t(self.q) @ y)
        return self.q @ _la.solve(_t(self.r), y)

    def pinv_transposed(self, x):
        """(A^+)^T x."""
        if self.tall:
            return self.q @ _la.solve(_t(self.r), x)
        return _la.solve(self.r, _t(self.q) @ x)

    def gram(self, z):
        """(A^T A)^-1 z, or (A A^T)^-1 z if A is wide: two triangular systems."""
        return _la.solve(self.r, _la.solve(_t(self.r), z))


# Full column rank, r = b - A x:  dx = A^+ (db - dA x) + (A^T A)^-1 dA^T r, and with lambda = (A^T A)^-1 x-bar
# b-bar = A lambda, A-bar = r lambda^T - b-bar x^T.  Full row rank, y = (A A^T)^-1 b:
# dx = A^+ (db - dA x) + (I - A^+ A) dA^T y, and A-bar = y (x-bar - A^T b-bar)^T - b-bar x^T.
# Golub and Pereyra 1973.  The residual |r|^2 has the derivative 2 r^T (db - dA x), because A^T r = 0.
def _lstsq_jvp(tangents, ans, a, b, rcond=None):
    da, db = (*tangents, None)[:2]
    a, vector = operand(a), np.ndim(b) == 1
    x, b = _columns(ans[0], vector), _columns(operand(b), vector)
    f = _full_rank(ans, a)
    change = 0.0 if db is None else _columns(db, vector)
    dx, ds = 0.0, None
    if da is not None:
        change = change - da @ x
        dx = f.gram(_t(da) @ (b - a @ x)) if f.tall else _outside(f.q, _t(da) @ f.gram(b))
        u, _, vh = _la.svd(a, full_matrices=False)
        ds = np.sum(u * (da @ _t(vh)), -2)
    dx = dx + f.pinv(change)
    residuals = 2.0 * np.sum((b - a @ x) * change, 0) if ans[1].size else np.zeros_like(strip(ans[1]))
    return _uncolumns(dx, vector), residuals, None, ds


def _lstsq_vjp(g, ans, a, b, rcond=None):
    x_bar, residuals_bar, _, s_bar = g
    a, vector = operand(a), np.ndim(b) == 1
    x, b = _columns(ans[0], vector), _columns(operand(b), vector)
    f = _full_rank(ans, a)
    a_bar, b_bar = np.zeros(a.shape, strip(a).dtype), np.zeros(b.shape, strip(b).dtype)
    if x_bar is not None:
        x_bar = _columns(x_bar, vector)
        b_bar = f.pinv_transposed(x_bar)
        a_bar = (b - a @ x) @ _t(f.gram(x_bar)) if f.tall else f.gram(b) @ _t(x_bar - _t(a) @ b_bar)
    if residuals_bar is not None and ans[1].size:
        b_bar = b_bar + 2.0 * (b - a @ x) * residuals_bar
    if s_bar is not None:
        u, _, vh = _la.svd(a, full_matrices=False)
        a_bar = a_bar + (u * s_bar) @ vh
    return a_bar - b_bar @ _t(x), _uncolumns(b_bar, vector)


def _outside(q, x):
    return x - q @ (_t(q) @ x)


def _full_rank(ans, a):
    if int(ans[2]) < min(a.shape):
        raise located(
            TracedValueError(
                f"numpy.linalg.lstsq with a {_named(a)} of rank {int(ans[2])}: the solution jumps when the rank changes "
                "and has no derivative; drop the dependent columns, or add rows sqrt(eps) * np.eye(n)"
            )
        )
    return _Factored(a)


rule(_la.lstsq, _lstsq_jvp, _lstsq_vjp)


# With P = A^+:  dP = -P dA P + P P^T dA^T (I - A P) + (I - P A) dA^T P^T P, where the rank stays the same.
# Golub and Pereyra 1973, formula (4.12).  At a matrix of lower rank, A^+ jumps in the directions that raise
# it: forward mode refuses them; reverse mode gives the gradient among the matrices of that rank.
def _pinv_jvp(tangents, p, a, *args, **kwargs):
    _same_rank(p, a, *args, **kwargs)
    da = tangents[0]
    raised = strip(da) - strip(a) @ (strip(p) @ strip(da))
    raised = raised - raised @ strip(p) @ strip(a)
    if not np.all(_small(raised, _largest(strip(da)) * _condition(p, a))):
        raise _jumps(a)
    return -(p @ da @ p) + p @ _t(p) @ _beside(_t(da), a, p) + _across(_t(da), a, p) @ _t(p) @ p


def _pinv_vjp(g, p, a, *args, **kwargs):
    _same_rank(p, a, *args, **kwargs)
    pt, gt = _t(p), _t(g)
    return (-(pt @ g @ pt) + (gt - a @ (p @ gt)) @ p @ pt + pt @ p @ (gt - (gt @ p) @ a),)


def _beside(x, a, p):
    """x (I - A P)."""
    return x - (x @ a) @ p


def _across(x, a, p):
    """(I - P A) x."""
    return x - p @ (a @ x)


def _condition(p, a):
    return 1 + np.max(np.abs(strip(p)), initial=0.0) * np.max(np.abs(strip(a)), initial=0.0)


def _same_rank(p, a, rcond=None, hermitian=False, *, rtol=None):
    cutoff = rcond if rcond is not None else rtol
    if cutoff is not None:
        s = _la.svd(strip(a), compute_uv=False)
        largest = _largest(s, -1)
        if np.any((s <= np.asarray(cutoff)[..., None] * largest) & ~_small(s, largest)):
            raise _jumps(a)


def _jumps(a):
    return located(
        TracedValueError(
            f"numpy.linalg.pinv of a {_named(a)} whose rank changes in this direction, or depends on the cutoff: "
            "the inverse jumps there and has no derivative; use a matrix of full rank, or solve(A.T @ A + eps * np.eye(n), A.T)"
        )
    )


RULES[_la.pinv] = NotHermitian("pinv", _pinv_jvp, _pinv_vjp)


# ---------------------------------------------------------------------------------------------
# Norms and condition numbers
#
# Where a norm has no derivative it has the subgradient nearest to zero: 0 at the origin, equal shares for
# equal entries, columns or singular values that attain a maximum.


def _share(chosen, axes, dtype):
    return (chosen / np.sum(chosen, axes, keepdims=True)).astype(dtype)


def _vector_slope(y, x, p, axes):
    """The slopes of the p-norm over some axes, which `y` has kept with length 1."""
    if p in (None, 2, "fro"):
        origin = strip(y) == 0
        return np.where(origin, 0.0, x) / np.where(origin, 1.0, y)
    sign, size = np.sign(strip(x)), np.abs(strip(x))
    if p in (np.inf, -np.inf):
        return sign * _share(size == strip(y), axes, sign.dtype)
    if p in (0, 1):
        return p * sign
    corner = (size == 0) | (strip(y) == 0)
    ratio = np.where(corner, 1.0, np.abs(x)) / np.where(strip(y) == 0, 1.0, y)
    return np.where(corner, 0.0, sign) * ratio ** (p - 1)


def _matrix_slope(y, x, p):
    """The slopes of a norm of matrices in the last two axes, which `y` has kept with length 1."""
    if p in ("nuc", 2, -2):
        u, s, vh = _la.svd(x, full_matrices=False)
        plain = strip(s)
        chosen = plain != 0
        if p != "nuc":
            extreme = plain[..., :1] if p == 2 else plain[..., -1:]
            near = _small(plain - extreme, _largest(plain, -1))
            chosen = chosen * _share(near, -1, plain.dtype)
        return (u * chosen[..., None, :]) @ vh
    if p in (1, -1, np.inf, -np.inf):
        along = -2 if p in (1, -1) else -1
        sums = np.sum(np.abs(strip(x)), along, keepdims=True)
        best = np.max(sums, (-2, -1), keepdims=True) if p > 0 else np.min(sums, (-2, -1), keepdims=True)
        return np.sign(strip(x)) * _share(sums == best, (-2, -1), sums.dtype)
    return _vector_slope(y, x, None, (-2, -1))


def _axes(axis, ndim):
    axes = range(ndim) if axis is None else axis if isinstance(axis, (tuple, list)) else (axis,)
    return tuple(operator.index(k) % ndim for k in axes)


def _norm_slope(y, x, ord=None, axis=None, keepdims=False):
    axes = _axes(axis, np.ndim(x))
    y = _kept(y, x, axes)
    if len(axes) == 2 and ord is not None:
        moved = [np.moveaxis(z, axes, (-2, -1)) for z in (y, x)]
        return np.moveaxis(_matrix_slope(*moved, ord), (-2, -1), axes), axes
    return _vector_slope(y, x, ord, axes), axes


def _vector_norm_slope(y, x, /, *, axis=None, keepdims=False, ord=2):
    axes = _axes(axis, np.ndim(x))
    return _vector_slope(_kept(y, x, axes), x, ord, axes), axes


def _matrix_norm_slope(y, x, /, *, keepdims=False, ord="fro"):
    return _matrix_slope(_kept(y, x, _last_two(x)), x, ord), _last_two(x)


RULES[_la.norm] = OneNumber("norm", _norm_slope)


# cond A = |A| |A^-1|.  With the spectral norm, s_1 / s_n: log s_i has the slopes u_i v_i^T / s_i.
def _cond_slope(y, x, p=None):
    _finite("cond", y, x)
    if p in (None, 2, -2):
        u, s, vh = _la.svd(x, full_matrices=False)
        ends = np.zeros(s.shape[-1], strip(s).dtype)
        ends[0] += 1
        ends[-1] -= 1
        if p == -2:
            ends = -ends
        return np.expand_dims(y, (-2, -1)) * ((u * (ends / s)[..., None, :]) @ vh), _last_two(x)
    inverse = _la.inv(x)
    n, m = (_la.norm(z, p, axis=(-2, -1), keepdims=True) for z in (x, inverse))
    through_inverse = _t(inverse) @ _matrix_slope(m, inverse, p) @ _t(inverse)
    return m * _matrix_slope(n, x, p) - n * through_inverse, _last_two(x)


RULES[_la.cond] = OneNumber("cond", _cond_slope)
zero(_la.matrix_rank)


# ---------------------------------------------------------------------------------------------
# Products


def _matrix_power(a, n):
    """The products that NumPy takes: repeated squares, of the inverse if n < 0."""
    if np.ndim(a) < 2 or a.shape[-1] != a.shape[-2] or not hasattr(type(n), "__index__") or n == 0:
        return _la.matrix_power(strip(a), n)  # a constant, or NumPy's error
    n = operator.index(n)
    if n < 0:
        a, n = _la.inv(a), -n
    if n == 3:
        return (a @ a) @ a
    square = result = None
    while n:
        square = a if square is None else square @ square
        n, bit = divmod(n, 2)
        if bit:
            result = square if result is None else result @ square
    return result


def _multi_dot(arrays, *, out=None):
    """The product in the order of fewest multiplications, as NumPy finds it (Cormen et al., section 14.2)."""
    arrays = [operand(x) for x in arrays]
    if len(arrays) < 2 or any(x.ndim != 2 for x in arrays[1:-1]) or not {arrays[0].ndim, arrays[-1].ndim} <= {1, 2}:
        return _la.multi_dot([strip(x) for x in arrays])  # NumPy's error
    if len(arrays) == 2:
        return np.dot(*arrays)
    shape = arrays[0].shape[:-1] + arrays[-1].shape[1:]
    arrays[0] = np.reshape(arrays[0], (-1, arrays[0].shape[-1]))
    arrays[-1] = np.reshape(arrays[-1], (arrays[-1].shape[0], -1))
    sizes = [x.shape[0] for x in arrays] + [arrays[-1].shape[1]]
    cost, split = {}, {}
    for length in range(len(arrays)):
        for i in range(len(arrays) - length):
            j = i + length
            costs = [cost[i, k] + cost[k + 1, j] + sizes[i] * sizes[k + 1] * sizes[j + 1] for k in range(i, j)]
            cost[i, j] = min(costs, default=0)
            split[i, j] = i + costs.index(cost[i, j]) if costs else i

    def product(i, j):
        k = split[i, j]
        return arrays[i] if i == j else np.dot(product(i, k), product(k + 1, j))

    result = product(0, len(arrays) - 1)
    return result[0, 0] if shape == () else np.reshape(result, shape)


composite(_la.matrix_power, _matrix_power)
composite(_la.multi_dot, _multi_dot)


def _product_rule(product, a, b, da, db):
    if db is None:
        return product(da, b)
    return product(a, db) if da is None else product(da, b) + product(a, db)


# a x b:  a-bar = b x g and b-bar = g x a, in the layout with the components last.
def _cross_jvp(tangents, ans, x1, x2, /, *, axis=-1):
    d1, d2 = tangents
    return _product_rule(lambda a, b: _la.cross(a, b, axis=axis), x1, x2, d1, d2)


def _cross_vjp(g, ans, x1, x2, /, *, axis=-1):
    a, b, g = (np.moveaxis(operand(x), axis, -1) for x in (x1, x2, g))
    bars = ((_la.cross(b, g), a), (_la.cross(g, a), b))
    return [np.moveaxis(project(bar, np.shape(x), bar.dtype), -1, axis) for bar, x in bars]


def _vecdot_jvp(tangents, ans, x1, x2, /, *, axis=-1):
    d1, d2 = tangents
    return _product_rule(lambda a, b: _la.vecdot(a, b, axis=axis), x1, x2, d1, d2)


def _vecdot_vjp(g, ans, x1, x2, /, *, axis=-1):
    a, b = (np.moveaxis(operand(x), axis, -1) for x in (x1, x2))
    bars = ((g[..., None] * b, a), (g[..., None] * a, b))
    return [np.moveaxis(project(bar, np.shape(x), bar.dtype), -1, axis) for bar, x in bars]


def _diagonal_transpose(g, shape, *, offset=0):
    rows = np.arange(max(-offset, 0), max(-offset, 0) + g.shape[-1])
    return scatter_add(g, (..., rows, rows + offset), shape)


def _trace_transpose(g, shape, *, offset=0, dtype=None):
    return np.where(np.eye(*shape[-2:], offset, dtype=bool), np.expand_dims(g, (-2, -1)), 0.0)


if _SINCE_2:
    RULES[_la.vector_norm] = OneNumber("vector_norm", _vector_norm_slope)
    RULES[_la.matrix_norm] = OneNumber("matrix_norm", _matrix_norm_slope)
    composite(_la.svdvals, lambda x, /: _la.svd(x, compute_uv=False))
    composite(_la.matmul, lambda x1, x2, /: np.matmul(x1, x2))
    composite(_la.matrix_transpose, lambda x, /: _t(x))
    composite(_la.tensordot, lambda x1, x2, /, *, axes=2: np.tensordot(x1, x2, axes=axes))
    bilinear(_la.outer, lambda g, shape_a, b: g @ b, lambda g, a, shape_b: a @ g)
    rule(_la.cross, _cross_jvp, _cross_vjp)
    rule(_la.vecdot, _vecdot_jvp, _vecdot_vjp)
    linear(_la.diagonal, _diagonal_transpose)
    linear(_la.trace, _trace_transpose)
