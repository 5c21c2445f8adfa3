"""Linear algebra: solutions, determinants, least squares, products.

Each rule is ordinary NumPy on what the forward computation has found, so it
reuses a factor or a solution and never forms an inverse to replace one.  NumPy
gives no access to an LU factorisation and has no triangular solver: a
derivative of `solve` factors the matrix once more.

Giles, "Collected matrix derivative results for forward and reverse mode
algorithmic differentiation", 2008; Golub and Pereyra, "The differentiation of
pseudo-inverses and nonlinear least squares problems", SIAM J. Numer. Anal.
10(2), 1973.
"""

import math
import operator

import numpy as np

from ...core.declare import bilinear, composite, linear, primitive, rule
from ...core.errors import TracedValueError, describe, with_user_line
from ...core.families import WrittenOut, total_differential
from ...core.trace import RULES, as_operand, is_differentiated, plain_value, project
from ..indexing import scatter_add
from ..shapes import t
from .matrices import (
    RefusesHermitian,
    ScalarOfArray,
    Slope,
    diagonal,
    largest,
    last_two,
    require_finite,
    small,
    to_diagonal,
    with_plain_settings,
)
from .spectra import values_jvp, values_vjp

_la = np.linalg
_SINCE_2 = hasattr(_la, "vector_norm")  # NumPy 2 added the names of the array API


# ---------------------------------------------------------------------------------------------
# Solutions, inverses, determinants


# A X = B:  dA X + A dX = dB, so dX = A^-1 (dB - dA X), and transposed
# B-bar = A^-T X-bar, A-bar = -B-bar X^T.  Giles 2008, section 2.2.3.
def _solve_jvp(tangents, x, a, b):
    vector = np.ndim(x) < np.ndim(a)
    change = total_differential([lambda da: -(da @ _columns(x, vector)), lambda db: _columns(db, vector)], tangents)
    return _uncolumns(_la.solve(a, change), vector)


def _solve_vjp(g, x, a, b):
    vector = np.ndim(x) < np.ndim(a)
    b_bar = _la.solve(t(a), _columns(g, vector))
    return -(b_bar @ t(_columns(x, vector))), _uncolumns(b_bar, vector)


def _columns(x, vector):
    return x[..., None] if vector else x


def _uncolumns(x, vector):
    return x[..., 0] if vector else x


rule(_la.solve, _solve_jvp, _solve_vjp)

# X = A^-1:  dX = -X dA X.  Giles 2008, section 2.2.3.
rule(
    _la.inv,
    lambda tangents, x, a: -(x @ tangents[0] @ x),
    lambda g, x, a: (-(t(x) @ g @ t(x)),),
)


def _tensorinv(a, ind=2):
    if ind <= 0:
        raise ValueError("Invalid ind argument.")
    shape = a.shape[ind:] + a.shape[:ind]
    return np.reshape(_la.inv(np.reshape(a, (math.prod(a.shape[ind:]), -1))), shape)


def _tensorsolve(a, b, axes=None):
    a, b = as_operand(a), as_operand(b)
    if axes is not None:
        rest = [k for k in range(a.ndim) if k not in axes]
        a = np.transpose(a, (*rest, *axes))
    shape = a.shape[np.ndim(b) :]
    n = math.prod(shape)
    return np.reshape(_la.solve(np.reshape(a, (n, n)), np.ravel(b)), shape)


composite(_la.tensorinv, _tensorinv)
composite(_la.tensorsolve, _tensorsolve)


# d det A = sum of cof(A) * dA, and cof(A) = det(A) A^-T where A is regular.  Jacobi's formula.
def _det_slope(y, a):
    size = np.abs(plain_value(y))
    limits = np.finfo(size.dtype)
    if np.all((size > limits.tiny / limits.eps) & (size < np.inf)):
        inverse = _la.inv(a)
        # Near a singular matrix the product has all digits, but not the difference that is its derivative.
        if not is_differentiated(a) or _condition(inverse, a).max(initial=0.0) < limits.eps**-0.5:
            return Slope(np.expand_dims(y, (-2, -1)) * t(inverse), last_two(a))
    return Slope(cofactor(a), last_two(a))


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
    return np.sign(_la.det(plain_value(u)) * _la.det(plain_value(vh)))[..., None, None]


def _cofactor_slope(a, e):
    # The second derivative of det along e.  In the bases of the SVD, where A is diagonal, only the 2 x 2
    # minors matter: with P_ij the product of all singular values but two, D_ii = sum_j P_ij E_jj and
    # D_ij = -P_ij E_ji.  It is a Hessian, so it is its own transpose: one function for both modes.
    u, s, vh = _la.svd(a)
    n = s.shape[-1]
    rows = [np.stack([_product_without(s, i, j) for j in range(n)], -1) for i in range(n)]
    p = np.where(np.eye(n, dtype=bool), 0.0, np.stack(rows, -2))
    e = t(u) @ e @ t(vh)
    d = to_diagonal((p @ diagonal(e)[..., None])[..., 0]) - p * t(e)
    return _orientation(u, vh) * (u @ d @ vh)


def _product_without(s, i, j):
    product = np.ones_like(plain_value(s[..., 0]))
    for k in range(s.shape[-1]):
        if k not in (i, j):
            product = product * s[..., k]
    return product


rule(
    cofactor,
    lambda tangents, y, a: _cofactor_slope(a, tangents[0]),
    lambda g, y, a: (_cofactor_slope(a, g),),
)
RULES[_la.det] = ScalarOfArray("det", _det_slope)


# d log|det A| = tr(A^-1 dA).  The sign is constant.
def _slogdet_slope(y, a):
    require_finite("slogdet", y[1], a)
    return t(_la.inv(a))


rule(
    _la.slogdet,
    lambda tangents, y, a: (None, np.sum(_slogdet_slope(y, a) * tangents[0], (-2, -1))),
    lambda g, y, a: (None if g[1] is None else _slogdet_slope(y, a) * np.expand_dims(g[1], (-2, -1)),),
)


# ---------------------------------------------------------------------------------------------
# Least squares and the pseudo-inverse


class _Factored:
    """The thin QR factors of A, or of A^T if A is wide: what least squares needs of a matrix of full rank."""

    def __init__(self, a):
        self.tall = a.shape[-2] >= a.shape[-1]
        self.q, self.r = _la.qr(a if self.tall else t(a))

    def pinv(self, y):
        """A^+ y."""
        if self.tall:
            return _la.solve(self.r, t(self.q) @ y)
        return self.q @ _la.solve(t(self.r), y)

    def pinv_transposed(self, x):
        """(A^+)^T x."""
        if self.tall:
            return self.q @ _la.solve(t(self.r), x)
        return _la.solve(self.r, t(self.q) @ x)

    def gram(self, z):
        """(A^T A)^-1 z, or (A A^T)^-1 z if A is wide: two triangular systems."""
        return _la.solve(self.r, _la.solve(t(self.r), z))


# Least squares, x = A^+ b with the residual r = b - A x, |r|^2 and the singular values s of A.
#
# Full column rank.  From A^T (b - A x) = 0:  dA^T r + A^T (db - dA x - A dx) = 0, so
#     dx = A^+ (db - dA x) + (A^T A)^-1 dA^T r.
# Transposed, with lambda = (A^T A)^-1 x-bar:
#     b-bar = A lambda = (A^+)^T x-bar,   A-bar = r lambda^T - b-bar x^T.
#
# Full row rank.  With y = (A A^T)^-1 b the solution is x = A^T y, and A x = b, so
#     dx = A^+ (db - dA x) + (I - A^+ A) dA^T y,
#     b-bar = (A^+)^T x-bar,   A-bar = y (x-bar - A^T b-bar)^T - b-bar x^T.
#
# Golub and Pereyra 1973.  Further d |r|^2 = 2 r^T (db - dA x), because A^T r = 0, and ds_i = u_i^T dA v_i.
def _lstsq_jvp(tangents, ans, a, b, rcond=None):
    """The tangents of the solution, of the squared residuals, of the rank (none) and of the singular values."""
    a, vector = as_operand(a), np.ndim(b) == 1
    x, b = _columns(ans[0], vector), _columns(as_operand(b), vector)
    f = _full_rank(ans, a)
    change = total_differential([lambda da: -(da @ x), lambda db: _columns(db, vector)], tangents)
    da, dx, ds = tangents[0], 0.0, None
    if da is not None:  # the matrix varies, and its singular values with it
        dx = f.gram(t(da) @ (b - a @ x)) if f.tall else _outside(f.q, t(da) @ f.gram(b))
        ds = values_jvp(da, ans[3], a)
    dx = dx + f.pinv(change)
    residuals = 2.0 * np.sum((b - a @ x) * change, 0) if ans[1].size else np.zeros_like(plain_value(ans[1]))
    return _uncolumns(dx, vector), residuals, None, ds


def _lstsq_vjp(g, ans, a, b, rcond=None):
    """The contributions of the adjoints of solution, squared residuals and singular values, those that there are."""
    x_bar, residuals_bar, _, s_bar = g
    a, vector = as_operand(a), np.ndim(b) == 1
    x, b = _columns(ans[0], vector), _columns(as_operand(b), vector)
    f = _full_rank(ans, a)
    a_bar, b_bar = np.zeros(a.shape, plain_value(a).dtype), np.zeros(b.shape, plain_value(b).dtype)
    if x_bar is not None:
        x_bar = _columns(x_bar, vector)
        b_bar = f.pinv_transposed(x_bar)
        a_bar = (b - a @ x) @ t(f.gram(x_bar)) if f.tall else f.gram(b) @ t(x_bar - t(a) @ b_bar)
    if residuals_bar is not None and ans[1].size:
        b_bar = b_bar + 2.0 * (b - a @ x) * residuals_bar
    if s_bar is not None:
        a_bar = a_bar + values_vjp(s_bar, ans[3], a)
    return a_bar - b_bar @ t(x), _uncolumns(b_bar, vector)


def _outside(q, x):
    return x - q @ (t(q) @ x)


def _full_rank(ans, a):
    if int(ans[2]) < min(a.shape):
        raise with_user_line(
            TracedValueError(
                f"numpy.linalg.lstsq with a {describe(a, 'matrix')} of rank {int(ans[2])}: "
                "the solution jumps when the rank changes and has no derivative; "
                "drop the dependent columns, or add rows sqrt(eps) * np.eye(n)"
            )
        )
    return _Factored(a)


class LeastSquares(WrittenOut):
    """``lstsq``, whose cutoff does not vary."""

    def bind(self, call, args, kwargs):
        return super().bind(call, *with_plain_settings(("a", "b"), args, kwargs))


RULES[_la.lstsq] = LeastSquares("lstsq", _lstsq_jvp, _lstsq_vjp)


# With P = A^+:  dP = -P dA P + P P^T dA^T (I - A P) + (I - P A) dA^T P^T P, where the rank stays the same.
# Golub and Pereyra 1973, formula (4.12).  At a matrix of lower rank, A^+ jumps in the directions that raise
# it: forward mode refuses them; reverse mode gives the gradient among the matrices of that rank.
def _pinv_jvp(tangents, p, a, *args, **kwargs):
    _same_rank(p, a, *args, **kwargs)
    da = tangents[0]
    raised = plain_value(da) - plain_value(a) @ (plain_value(p) @ plain_value(da))
    raised = raised - raised @ plain_value(p) @ plain_value(a)
    if not np.all(small(raised, largest(plain_value(da)) * _condition(p, a))):
        raise _jumps(a)
    return -(p @ da @ p) + p @ t(p) @ _beside(t(da), a, p) + _across(t(da), a, p) @ t(p) @ p


def _pinv_vjp(g, p, a, *args, **kwargs):
    _same_rank(p, a, *args, **kwargs)
    pt, gt = t(p), t(g)
    return (-(pt @ g @ pt) + (gt - a @ (p @ gt)) @ p @ pt + pt @ p @ (gt - (gt @ p) @ a),)


def _beside(x, a, p):
    """x (I - A P)."""
    return x - (x @ a) @ p


def _across(x, a, p):
    """(I - P A) x."""
    return x - p @ (a @ x)


def _condition(p, a):
    """A bound of the condition numbers, for the (pseudo-)inverses p."""
    return 1 + largest(plain_value(p)) * largest(plain_value(a))


def _same_rank(p, a, rcond=None, hermitian=False, *, rtol=None):
    cutoff = rcond if rcond is not None else rtol
    if cutoff is not None:
        s = _la.svd(plain_value(a), compute_uv=False)
        top = largest(s, -1)
        if np.any((s <= np.asarray(cutoff)[..., None] * top) & ~small(s, top)):
            raise _jumps(a)


def _jumps(a):
    return with_user_line(
        TracedValueError(
            f"numpy.linalg.pinv of a {describe(a, 'matrix')} whose rank changes in this direction, "
            "or depends on the cutoff: the inverse jumps there and has no derivative; "
            "use a matrix of full rank, or solve(A.T @ A + eps * np.eye(n), A.T)"
        )
    )


RULES[_la.pinv] = RefusesHermitian("pinv", _pinv_jvp, _pinv_vjp)


# ---------------------------------------------------------------------------------------------
# Products


def _matrix_power(a, n):
    """The products that NumPy takes: repeated squares, of the inverse if n < 0."""
    if np.ndim(a) < 2 or a.shape[-1] != a.shape[-2] or not hasattr(type(n), "__index__") or n == 0:
        return _la.matrix_power(plain_value(a), n)  # a constant, or NumPy's error
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
    arrays = [as_operand(x) for x in arrays]
    if len(arrays) < 2 or any(x.ndim != 2 for x in arrays[1:-1]) or not {arrays[0].ndim, arrays[-1].ndim} <= {1, 2}:
        return _la.multi_dot([plain_value(x) for x in arrays])  # NumPy's error
    if len(arrays) == 2:
        return np.dot(*arrays)
    shape = arrays[0].shape[:-1] + arrays[-1].shape[1:]
    if arrays[0].ndim == 1:
        arrays[0] = np.expand_dims(arrays[0], 0)
    if arrays[-1].ndim == 1:
        arrays[-1] = np.expand_dims(arrays[-1], 1)
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


# Products along an axis: a x b, with the transposes b x g and g x a, and the sum of a_i b_i.  NumPy moves the
# axis to the end and broadcasts the others there; so what it has copied is summed there, before it is moved back.
def _last(x, axis):
    return np.moveaxis(x, axis, -1)


def _moved_back(bar, shape, axis):
    moved = [*shape]
    moved.append(moved.pop(axis))
    return np.moveaxis(project(bar, tuple(moved), bar.dtype), -1, axis)


def _cross_first(g, shape_a, b, *, axis=-1):
    return _moved_back(_la.cross(_last(b, axis), _last(g, axis)), shape_a, axis)


def _cross_second(g, a, shape_b, *, axis=-1):
    return _moved_back(_la.cross(_last(g, axis), _last(a, axis)), shape_b, axis)


def _vecdot_first(g, shape_a, b, *, axis=-1):
    return _moved_back(np.expand_dims(g, -1) * _last(b, axis), shape_a, axis)


def _vecdot_second(g, a, shape_b, *, axis=-1):
    return _vecdot_first(g, shape_b, a, axis=axis)


def _diagonal_transpose(g, shape, *, offset=0):
    rows = np.arange(max(-offset, 0), max(-offset, 0) + g.shape[-1])
    return scatter_add(g, (..., rows, rows + offset), shape)


def _trace_transpose(g, shape, *, offset=0, dtype=None):
    return np.where(np.eye(*shape[-2:], offset, dtype=bool), np.expand_dims(g, (-2, -1)), 0.0)


if _SINCE_2:
    composite(_la.matmul, lambda x1, x2, /: np.matmul(x1, x2))
    composite(_la.matrix_transpose, lambda x, /: t(x))
    composite(_la.tensordot, lambda x1, x2, /, *, axes=2: np.tensordot(x1, x2, axes=axes))
    bilinear(_la.outer, lambda g, shape_a, b: g @ b, lambda g, a, shape_b: a @ g)
    bilinear(_la.cross, _cross_first, _cross_second)
    bilinear(_la.vecdot, _vecdot_first, _vecdot_second)
    linear(_la.diagonal, _diagonal_transpose)
    linear(_la.trace, _trace_transpose)
