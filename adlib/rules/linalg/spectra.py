"""Eigenvalues of symmetric matrices, and singular values, with their vectors.

`eigh` and `eigvalsh` read one triangle of their matrix, and their derivatives
are with respect to that triangle: the other half of a gradient is zero, and
symmetric directions give what the textbooks say.

Giles, "Collected matrix derivative results for forward and reverse mode
algorithmic differentiation", 2008; Townsend, "Differentiating the singular
value decomposition", 2016.
"""

import functools

import numpy as np

from ...core.declare import composite, primitive, rule
from ...core.errors import TracedValueError, describe, with_user_line
from ...core.families import Refuse
from ...core.trace import RULES, is_differentiated, plain_value
from ..shapes import t
from .matrices import RefusesHermitian, diagonal, from_lower, largest, noise, small, to_diagonal, to_lower

_la = np.linalg

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
# Anything else is refused, by the pair.  So are two zeros of a function that uses values and vectors: a product
# multiplies there by 0 what would tell how it is used.  The tests compare numbers at one point: a function of another kind
# whose numbers happen to agree there passes for one of these.


def _equal_and_null(s):
    """Pairs of equal values, and values that are zero beside the largest (of plain `s`)."""
    null = small(s, largest(s, -1))
    equal = small(s[..., None, :] - s[..., :, None], largest(s, -1)[..., None])
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
    raise with_user_line(
        TracedValueError(
            f"numpy.linalg.{name} of a {describe(a, 'matrix')}: {state}, and {why}; "
            f"{instead.format(product=product, alone=alone)}"
        )
    )


def _turns(name, a, p, s):
    """``Wu + Wv`` and ``Wu - Wv`` of the comment above, for a change P."""
    equal, null = _equal_and_null(plain_value(s))
    pair_of_nulls = null[..., None, :] & null[..., :, None]
    together, apart, scale = p + t(p), p - t(p), largest(plain_value(p))
    lost = equal & ~small(plain_value(together), scale) | pair_of_nulls & ~small(plain_value(apart), scale)
    _refuse_pairs(name, a, lost, _NOT_FORWARD, _REVERSE)
    return _quotient(together, _differences(s), equal | _eye(s)), _quotient(apart, _sums(s), _no_sum(s))


_NOT_FORWARD = "the vectors have no derivative in this direction"
_REVERSE = "use reverse mode (adlib.grad, adlib.vjp) for a function of {product}, or the values alone ({alone})"
_NOT_INVARIANT = "the function depends on a choice of vectors that the matrix does not determine"
_UNKNOWN = "what the function does beside this point is not determined by its derivatives here"
_INVARIANT = "use a function of the matrix itself, of {product}, or the values alone ({alone})"
_TURNS = "the slopes of the values turn there, so that they have no second derivative"
_ITSELF = "use a function of the matrix itself, as np.sum(A**2) for the sum of the squares"


def _eye(s):
    return np.eye(s.shape[-1], dtype=bool)


def _no_sum(s):
    """Where s_i + s_j vanishes: two zeros, or eigenvalues of opposite sign, whose vectors never turn apart."""
    plain = plain_value(s)
    return small(_sums(plain), largest(plain, -1)[..., None])


def _pull_turns(name, a, gu, gv, s, s_bar, alone=True):
    """The adjoint of P, from ``gu = U^T U-bar`` and ``gv = V^T V-bar``: the transpose of `_turns`.

    `alone` says that without `s_bar` the function does not use the values.
    """
    together, apart = gu + gv, gu - gv
    together, apart = together - t(together), apart - t(apart)
    equal, null = _equal_and_null(plain_value(s))
    # Wu + Wv and Wu - Wv transposed: quotients for all pairs of different values, 0 for the others.
    p_bar = _quotient(together, _differences(s), equal | _eye(s)) + _quotient(apart, _sums(s), _no_sum(s))
    p_bar = 0.5 * p_bar
    if is_differentiated(a):  # what two zeros would do beside this point is lost
        _refuse_pairs(name, a, equal & null[..., None, :] & null[..., :, None], _TURNS, _ITSELF)
    if np.any(equal):
        # A pair of equal values passes for one of three reasons (see above), or it is refused.
        # First, the function uses the product: `product` marks the pairs whose numbers say so.
        product = equal & (False if s_bar is None else _is_of_product(*map(plain_value, (gu, gv, s, s_bar))))
        # Second, it does not depend on the common turn of the pair; nor on the turn apart, of two zeros, which
        # is undetermined as well.
        scale = np.maximum(largest(plain_value(gu)), largest(plain_value(gv)))
        still = small(plain_value(together), scale) & (small(plain_value(apart), scale) | ~null[..., None])
        _refuse_pairs(name, a, equal & ~product & ~still, _NOT_INVARIANT, _INVARIANT)
        # That is enough for vectors alone.  If the values are used as well, the pair must not be used at all:
        # neither by its rows and columns of U^T U-bar and V^T V-bar, nor by different slopes in its values.
        if s_bar is not None or not alone:
            unused = small(plain_value(gu), scale) & small(plain_value(gv), scale)
            unused &= t(unused) & (s_bar is None or _same_slopes(plain_value(s_bar), null))
            unused &= ~(null[..., None, :] & null[..., :, None]) | _without_zeros(*map(plain_value, (gu, gv, s)))
            _refuse_pairs(name, a, equal & ~product & ~unused, _UNKNOWN, _INVARIANT)
        # N_ij for the pairs of the product; the others keep what their turn apart has given.
        p_bar = np.where(product, _quotient(gu, s[..., None, :], ~product), p_bar)
    return p_bar if s_bar is None else p_bar + to_diagonal(s_bar)  # None where the values are not used


def _is_of_product(gu, gv, s, s_bar):
    """The pairs that the function may use through the product U S V^T (of plain arrays).

    Then N = U^T U-bar S^-1 and its counterpart from V-bar agree for the pair, in
    both orders, and their diagonals are s-bar.  No zero among the values: there
    the quotients say nothing.  Nor do diagonals that are zero: V h(w) V^T has N too,
    of h(w) / w in place of h'(w), and only the diagonals tell it from the product.
    """
    zeros = (s == 0)[..., None, :]
    n1, n2 = _quotient(gu, s[..., None, :], zeros), t(_quotient(gv, s[..., None, :], zeros))
    scale = np.maximum(largest(n1), largest(n2))
    agree = small(n1 - n2, scale) & ~(zeros | t(zeros))
    on_diagonal = small(diagonal(n1) - s_bar, scale[..., 0]) & small(diagonal(n2) - s_bar, scale[..., 0])
    seen = ~small(diagonal(n1), scale[..., 0])
    seen = seen[..., None, :] | seen[..., :, None]
    return agree & t(agree) & on_diagonal[..., None, :] & on_diagonal[..., :, None] & seen


def _without_zeros(gu, gv, s):
    """The pairs of which not even a zero stands in `gu` and `gv` for what a product would multiply by it."""
    absent = (gu == 0) & (gv == 0) & (s != 0)[..., None, :]
    return absent & t(absent)


def _same_slopes(s_bar, null):
    """The pairs whose values the function uses alike; zeros must not be used at all."""
    scale = largest(s_bar, -1)
    unused = small(s_bar, scale) | ~null
    return small(_differences(s_bar), scale[..., None]) & unused[..., None, :] & unused[..., :, None]


# A = V diag(w) V^T.  Only the triangle UPLO is read.
def _triangle(x, UPLO):
    return from_lower(x if UPLO.upper() == "L" else t(x))


def _pull_triangle(g, UPLO):
    g = to_lower(g)
    return g if UPLO.upper() == "L" else t(g)


def _eigh_jvp(tangents, ans, a, UPLO="L"):
    w, v = ans
    p = t(v) @ _triangle(tangents[0], UPLO) @ v
    together, _ = _turns("eigh", a, p, w)
    return diagonal(p), v @ (0.5 * together)


def _eigh_vjp(g, ans, a, UPLO="L", alone=True):
    w, v = ans
    w_bar, v_bar = g
    if v_bar is None:  # the values alone: no quotient, and nothing to refuse
        return (_pull_triangle((v * w_bar[..., None, :]) @ t(v), UPLO),)
    half = 0.5 * (t(v) @ v_bar)
    return (_pull_triangle(v @ _pull_turns("eigh", a, half, half, w, w_bar, alone) @ t(v), UPLO),)


def _mean_of_equals(x, s, shape, transposed=False):
    """The mean of the slopes `x` over values of `s` that are equal up to rounding: they share, as in `np.sort`."""
    plain = plain_value(s)
    equal = np.abs(_differences(plain)) <= noise(plain, shape)[..., None]
    if np.sum(equal) == plain.size:
        return x
    shares = equal / np.sum(equal, -1, keepdims=True, dtype=plain.dtype)
    return ((t(shares) if transposed else shares) @ x[..., None])[..., 0]


def _refuse_second(name, a, s, g=None):
    """Where the values alone have no second derivative, if one is asked for: where equal ones do not share by themselves.

    `g` is their adjoint, in reverse mode.  Plain, it belongs to a function that
    is linear in the values: equal slopes need no share.
    """
    if is_differentiated(a):
        equal, _ = _equal_and_null(plain_value(s))
        _refuse_pairs(
            name, a, equal & (True if g is None or is_differentiated(g) else _differences(g) != 0), _TURNS, _ITSELF
        )


# The derivatives of the values alone take the vectors from a factorisation of their own.  When they are
# differentiated again, equal values must not pass for unused there, only because they came another way.
@primitive
def eigenvectors(a, UPLO="L"):
    """`eigh`, for the derivative of its values."""
    return _la.eigh(a, UPLO)


@primitive
def singular_vectors(a):
    """The thin `svd`, for the derivative of its values."""
    return _la.svd(a, full_matrices=False)


def _eigvalsh_jvp(tangents, w, a, UPLO="L"):
    _refuse_second("eigh", a, w)
    _, v = eigenvectors(a, UPLO)
    return _mean_of_equals(np.sum(v * (_triangle(tangents[0], UPLO) @ v), -2), w, a.shape)


def _eigvalsh_vjp(g, w, a, UPLO="L"):
    _refuse_second("eigh", a, w, g)
    _, v = eigenvectors(a, UPLO) if is_differentiated(g) else _la.eigh(a, UPLO)
    return (_pull_triangle((v * _mean_of_equals(g, w, a.shape, transposed=True)[..., None, :]) @ t(v), UPLO),)


rule(eigenvectors, _eigh_jvp, functools.partial(_eigh_vjp, alone=False))
rule(_la.eigh, _eigh_jvp, _eigh_vjp)
rule(_la.eigvalsh, _eigvalsh_jvp, _eigvalsh_vjp)
for _function in (_la.eig, _la.eigvals):
    RULES[_function] = Refuse(
        f"numpy.linalg.{_function.__name__}",
        "its results are complex in general, and adlib differentiates real functions only; "
        "use numpy.linalg.eigh or eigvalsh for a symmetric matrix, svd for any other",
    )


# The singular values alone.  One that is zero turns there, as |x| does, and its slope is 0.  One that is rounding
# noise has a slope of either sign: that of a matrix close by.
def values_jvp(da, s, a):
    """The tangent of the singular values `s` of a."""
    _refuse_second("svd", a, s)
    if is_differentiated(a):
        null = plain_value(s) <= noise(plain_value(s), a.shape)
        moves = np.any(null) and (is_differentiated(da) or _raises_rank(da, plain_value(a), null))
        _refuse_pairs("svd", a, _eye(s) & (null & moves)[..., None], _TURNS, _ITSELF)
    u, _, vh = singular_vectors(a)
    ds = _mean_of_equals(np.sum(u * (da @ t(vh)), -2), s, a.shape)
    return np.where(plain_value(s) == 0, 0.0, ds)


def values_vjp(g, s, a):
    """The adjoint of a, from that of its singular values."""
    _refuse_second("svd", a, s, g)
    if is_differentiated(a):  # the adjoint of a value that has no part in the function is plainly zero
        null = plain_value(s) <= noise(plain_value(s), a.shape)
        _refuse_pairs("svd", a, _eye(s) & (null & (is_differentiated(g) or g != 0))[..., None], _TURNS, _ITSELF)
    u, _, vh = singular_vectors(a) if is_differentiated(g) else _la.svd(a, full_matrices=False)
    slopes = _mean_of_equals(np.where(plain_value(s) == 0, 0.0, g), s, a.shape, transposed=True)
    return (u * slopes[..., None, :]) @ vh


def _raises_rank(da, a, null):
    """For which matrices `da` has a part between the null spaces: only that moves the values that are zero."""
    u, _, vh = _la.svd(a, full_matrices=False)
    u, v = np.where(null[..., None, :], 0.0, u), np.where(null[..., None, :], 0.0, t(vh))
    rest = da - u @ (t(u) @ da)
    return np.any(~small(rest - (rest @ v) @ t(v), largest(da)), (-2, -1))[..., None]


def _svd_jvp(tangents, ans, a, full_matrices=True, compute_uv=True, hermitian=False):
    """``dU = U Wu``, ``ds = diag P`` and ``dV = V Wv``, each basis with what leaves its own space.

    What dA V has outside the space of a tall U is U's part there times S, and
    likewise for V if A is wide.
    """
    da = tangents[0]
    if not compute_uv:
        return values_jvp(da, ans, a)
    u, s, vh = ans
    if full_matrices and a.shape[-2] != a.shape[-1]:
        raise _not_square(a)
    v = t(vh)
    from_v, from_u = da @ v, t(da) @ u
    p = t(u) @ from_v
    together, apart = _turns("svd", a, p, s)
    du, dv = u @ (0.5 * (together + apart)), v @ (0.5 * (together - apart))
    if a.shape[-2] > a.shape[-1]:  # U also moves out of its own space
        du = du + _over_values(a, from_v - u @ p, s, plain_value(from_v), _NOT_FORWARD, _REVERSE)
    if a.shape[-2] < a.shape[-1]:
        dv = dv + _over_values(a, from_u - v @ t(p), s, plain_value(from_u), _NOT_FORWARD, _REVERSE)
    return du, diagonal(p), t(dv)


def _svd_vjp(g, ans, a, full_matrices=True, compute_uv=True, hermitian=False, alone=True):
    """``A-bar = U P-bar V^T``, where P-bar comes from the turns of both bases and the values.

    Further what the adjoint of U has outside the space of a tall U, divided by
    the values, and likewise for V if A is wide: the transpose of `_svd_jvp`.
    """
    if not compute_uv:
        return (values_vjp(g, ans, a),)
    u, s, vh = ans
    u_bar, s_bar, vh_bar = g
    k = s.shape[-1]
    u, u_bar = _thin(u, u_bar, k, a)
    v, v_bar = _thin(t(vh), None if vh_bar is None else t(vh_bar), k, a)
    if u_bar is None and v_bar is None:  # the values alone: no quotient, and nothing to refuse
        return ((u * s_bar[..., None, :]) @ t(v),)
    u_bar = np.zeros_like(plain_value(u)) if u_bar is None else u_bar
    v_bar = np.zeros_like(plain_value(v)) if v_bar is None else v_bar
    gu, gv = t(u) @ u_bar, t(v) @ v_bar
    a_bar = u @ _pull_turns("svd", a, gu, gv, s, s_bar, alone) @ t(v)
    if a.shape[-2] != a.shape[-1]:
        _refuse_unknown_zero(a, plain_value(s), None if s_bar is None else plain_value(s_bar))
    if a.shape[-2] > a.shape[-1]:
        a_bar = a_bar + _over_values(a, u_bar - u @ gu, s, plain_value(u_bar), _NOT_INVARIANT, _INVARIANT) @ t(v)
    if a.shape[-2] < a.shape[-1]:
        a_bar = a_bar + u @ t(_over_values(a, v_bar - v @ gv, s, plain_value(v_bar), _NOT_INVARIANT, _INVARIANT))
    return (a_bar,)


def _over_values(a, x, s, whole, why, instead):
    """The columns of `x`, what the columns of `whole` have outside a space, divided by the singular values."""
    _, null = _equal_and_null(plain_value(s))
    plain, null = plain_value(x), null[..., None, :]
    lost = null & ~small(plain, largest(whole))
    _refuse_pairs("svd", a, np.any(lost, -2, keepdims=True) & _eye(s), why, instead)
    noise = null & (np.all(small(plain, largest(whole, -2)), -2, keepdims=True) | (plain_value(s) == 0)[..., None, :])
    return _quotient(x, s[..., None, :], noise)


def _refuse_unknown_zero(a, s, s_bar):
    # At an exact zero a product U S V^T hides the part of its derivative outside the space of U and V.
    if s_bar is not None:
        _refuse_pairs("svd", a, (s == 0)[..., None] & _eye(s), _UNKNOWN, _INVARIANT)


def _thin(u, u_bar, k, a):
    """The first k columns, where the others have no part in the function."""
    if u.shape[-1] == k:
        return u, u_bar
    if u_bar is not None:
        if np.any(plain_value(u_bar)[..., k:] != 0):
            raise _not_square(a)
        u_bar = u_bar[..., :k]
    return u[..., :k], u_bar


def _not_square(a):
    return with_user_line(
        TracedValueError(
            f"numpy.linalg.svd with full_matrices=True of a {describe(a, 'matrix')}: "
            f"the vectors beyond the first {min(np.shape(a)[-2:])} are any basis of a space "
            "and have no derivative; use full_matrices=False"
        )
    )


RULES[_la.svd] = RefusesHermitian("svd", _svd_jvp, _svd_vjp)
rule(
    singular_vectors,
    lambda tangents, ans, a: _svd_jvp(tangents, ans, a, full_matrices=False),
    lambda g, ans, a: _svd_vjp(g, ans, a, full_matrices=False, alone=False),
)
if hasattr(_la, "svdvals"):  # since NumPy 2
    composite(_la.svdvals, lambda x, /: _la.svd(x, compute_uv=False))
