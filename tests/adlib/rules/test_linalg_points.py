"""numpy.linalg where its rules branch: at zero, at ties, at singular matrices, at the ends of the range.

The oracles are exact algebra in fractions, closed forms, and JAX on a formula
that does not branch.
"""

import itertools
from fractions import Fraction

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import adlib
from tests.adlib.oracles import close
from tests.adlib.rules.test_linalg import NEW, normal, orders

la = np.linalg

HESSIANS = {
    "forward over reverse": adlib.hessian,
    "forward over forward": lambda f: adlib.jacfwd(adlib.jacfwd(f)),
    "reverse over forward": lambda f: adlib.jacrev(adlib.jacfwd(f)),
    "reverse over reverse": lambda f: adlib.jacrev(adlib.jacrev(f)),
}


def both(f, x):
    """The gradient, the same by both modes."""
    x = np.asarray(x)
    gradient = adlib.grad(f)(x)
    close(adlib.jacfwd(f)(x), gradient, "jvp by vjp")
    return gradient


def hessians(f, x, expected, rtol=1e-11):
    for kind, hessian in HESSIANS.items():
        close(hessian(f)(x), expected, kind, rtol)


# ---------------------------------------------------------------------------------------------
# Norms of vectors


def power_mean(w):
    return jnp.sum(jnp.abs(w[:3]) ** w[3]) ** (1 / w[3])


@pytest.mark.parametrize("p", orders(2.5, 3.0, 2.0, 1.0, 0.5, -1.0, -2.5))
def test_a_norm_varies_with_its_order(p):
    w = np.array([3.0, -1.0, 2.0, p])
    gradient, hessian = jax.grad(power_mean)(w), jax.hessian(power_mean)(w)
    spellings = [lambda w: la.norm(w[:3], w[3]), lambda w: la.norm(w[:3], ord=w[3], axis=0)]
    if hasattr(la, "vector_norm"):
        spellings.append(lambda w: la.vector_norm(w[:3], ord=w[3], keepdims=True)[0])
    for f in spellings:
        close(both(f, w), gradient, "vjp")
        hessians(f, w, hessian, 1e-10)
    x = w[:3]
    along = adlib.grad(lambda p: adlib.jvp(lambda x: la.norm(x, p), (x,), (np.ones(3),))[1])(p)
    close(1 + along, 1 + hessian[3, :3].sum(), "reverse over forward")
    close(adlib.jacfwd(lambda p: adlib.grad(lambda x: la.norm(x, p))(x))(p), hessian[3, :3], "forward over reverse")


def test_rows_and_a_zero_among_them_vary_with_the_order():
    x = np.array([[3.0, 0.0, 4.0], [0.0, 0.0, 0.0]])
    f = lambda p: la.norm(x * adlib.stop_gradient(p) / 2, p, axis=1)  # noqa: E731
    slope = 5 / 2 * (0.36 * np.log(0.6) + 0.64 * np.log(0.8))
    close(adlib.jvp(lambda x, p: la.norm(x, p, axis=1), (x, 2.0), (0 * x, 1.0))[1], [slope, 0.0], "jvp by algebra")
    assert adlib.vjp(lambda x, p: la.norm(x, p, axis=1), x, 2.0)[1](np.ones(2))[1] == pytest.approx(slope)
    assert f(2.0)[0] == 5.0


@pytest.mark.parametrize("p", orders(np.inf, -np.inf))
def test_at_an_infinite_order_the_extreme_has_the_slope(p):
    x = np.array([1.0, -3.0, 2.0])
    by_x, by_p = adlib.grad(lambda x, p: la.norm(x, p), (0, 1))(x, p)
    close(by_x, [0.0, -1.0, 0.0] if p > 0 else [1.0, 0.0, 0.0], "vjp by algebra")
    assert by_p == 0


def test_an_order_that_cannot_vary_is_refused():
    x = np.ones((2, 2))
    for f, words in (
        (lambda p: la.norm(x * p, p), "norm of an array .* with a traced ord: norms of matrices have a few orders"),
        (lambda p: la.norm(x[0] * p, p - p), "norm of an array .* with a traced ord: the order 0 counts"),
    ):
        for derivative in (adlib.grad, adlib.derivative):
            with pytest.raises(adlib.TracedValueError, match=words):
                derivative(f)(2.0)


@pytest.mark.parametrize("p", orders(None, 2, 3, 1.5, "fro"))
def test_the_second_derivative_at_the_origin_is_never_a_number(p):
    shape = (2, 2) if p == "fro" else (3,)
    for power in (1, 2):
        f = lambda x, power=power: la.norm(x, p) ** power  # noqa: E731
        assert not np.any(both(f, np.zeros(shape)))
        for hessian in HESSIANS.values():
            found = np.reshape(hessian(f)(np.zeros(shape)), (np.prod(shape),) * 2)
            assert np.all(np.isnan(np.diag(found)))


def test_a_distance_of_zero_that_does_not_move_has_no_part():
    x = normal(4, 2)

    def stress(x):
        return np.sum((la.norm(x[:, None] - x[None], axis=-1) - 1.0) ** 2)

    def smooth(x):  # the pairs that differ, the others have the constant 1
        i, j = np.triu_indices(4, 1)
        return 2 * jnp.sum((jnp.sqrt(jnp.sum((x[i] - x[j]) ** 2, -1)) - 1.0) ** 2) + 4.0

    close(both(stress, x), jax.grad(smooth)(x), "vjp")
    hessians(stress, x, jax.hessian(smooth)(x))


def test_a_masked_row_of_zeros_has_no_part():
    x = np.array([[3.0, 4.0], [0.0, 0.0]])
    f = lambda x: np.sum(np.where(np.array([True, False]), la.norm(x, axis=1), 0.0))  # noqa: E731
    expected = np.zeros((2, 2, 2, 2))
    expected[0, :, 0, :] = np.array([[16.0, -12.0], [-12.0, 9.0]]) / 125
    for kind in ("forward over reverse", "forward over forward", "reverse over reverse"):
        close(HESSIANS[kind](f)(x), expected, kind)
    g = lambda x: np.sum(np.sqrt(la.norm(x, axis=1)))  # noqa: E731
    with np.errstate(divide="ignore"):
        assert np.array_equal(adlib.grad(g)(x)[1], [0.0, 0.0])  # 0 times an infinite slope


@pytest.mark.parametrize("size", [1e-300, 1e-160, 1.0, 1e160, 1e300])
@pytest.mark.parametrize("p", orders(None, 3, 1.5, 0.5, -1, -3.0))
def test_slopes_do_not_depend_on_the_size(p, size):
    x = np.array([3.0, -1.0, 2.0])
    order = 2 if p is None else p
    y = np.sum(np.abs(x) ** order) ** (1 / order)
    with np.errstate(all="ignore"):
        slopes = both(lambda x: la.norm(x, p), size * x)
    close(slopes, np.sign(x) * (np.abs(x) / y) ** (order - 1), "vjp by algebra")


def test_an_infinite_entry_is_longer_than_all_others():
    for p, x, slopes in (
        (None, [np.inf, 1.0], [1.0, 0.0]),
        (None, [np.inf, -np.inf], [0.5**0.5, -(0.5**0.5)]),
        (3, [1.0, -np.inf], [0.0, -1.0]),
        (-1, [np.inf, 2.0], [0.0, 1.0]),
        (np.inf, [np.inf, 2.0], [1.0, 0.0]),
        (1, [-np.inf, 2.0], [-1.0, 1.0]),
    ):
        close(both(lambda x, p=p: la.norm(x, p), np.array(x)), slopes, "vjp by algebra")


def test_a_zero_entry_beside_others():
    x = np.array([0.0, 2.0, 0.0])
    for p in (1, 1.5, 2, 3, 0.5):
        close(both(lambda x, p=p: la.norm(x, p), x), [0.0, 1.0, 0.0], "vjp by algebra")
    hessians(lambda x: la.norm(x, 3), x, np.zeros((3, 3)))
    hessians(la.norm, x, np.diag([0.5, 0.0, 0.5]))
    for p in (1.5, 0.5):  # the slope leaves 0 upright
        for hessian in HESSIANS.values():
            assert np.isnan(hessian(lambda x, p=p: la.norm(x, p))(x)[0, 0])


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.longdouble])
@pytest.mark.parametrize("p", orders(None, 1, 2, 3, 1.5, -1, np.inf))
def test_vector_norms_keep_their_precision(p, dtype):
    x = np.array([3.0, -1.0, 2.0, 3.0], dtype) / 10
    f = lambda x: la.norm(x, p)  # noqa: E731
    value, tangent = adlib.jvp(f, (x,), (np.ones_like(x),))
    gradient = adlib.grad(f)(x)
    assert value == f(x) and value.dtype == tangent.dtype == gradient.dtype == adlib.hessian(f)(x).dtype == dtype
    exact, order = x.astype(np.longdouble), np.longdouble(2 if p is None else p)
    if p == np.inf:
        expected = (np.abs(exact) == np.max(np.abs(exact))) / np.longdouble(2) * np.sign(exact)
    else:
        expected = np.sign(exact) * (np.abs(exact) / np.sum(np.abs(exact) ** order) ** (1 / order)) ** (order - 1)
    np.testing.assert_allclose(gradient, expected, rtol=8 * np.finfo(dtype).eps)


def test_norms_of_a_number():
    assert type(adlib.grad(la.norm)(-2.0)) is float
    assert adlib.grad(la.norm)(-2.0) == -1.0
    assert adlib.grad(la.norm)(0.0) == 0.0


# ---------------------------------------------------------------------------------------------
# Values of matrices: equal ones, and zero


EQUAL = np.diag([2.0, 2.0, 1.0])
TURN = la.qr(normal(3, 3, seed=9))[0]


@pytest.mark.parametrize(
    "f",
    [la.eigvalsh, lambda a: la.eigvalsh(a, "u"), lambda a: la.svd(a, compute_uv=False), pytest.param(lambda a: la.svdvals(a), marks=NEW)],
)  # fmt: skip
def test_equal_values_share_their_slope(f):
    for a, projector in (
        (EQUAL, np.diag([0.5, 0.5, 0.0])),
        (TURN @ EQUAL @ TURN.T, TURN @ np.diag([0.5, 0.5, 0.0]) @ TURN.T),
    ):
        for k in range(3):
            if f(a)[k] > 1.5:
                g = both(lambda a, k=k: f(a)[k], a)
                close((g + g.T) / 2, projector, "vjp by algebra", 1e-10)
    assert f(EQUAL).dtype == float


def test_a_singular_value_of_zero_has_the_slope_zero():
    for a in (np.diag([2.0, 0.0]), np.diag([2.0, 0.0, 0.0])[:, :2], np.zeros((2, 3))):
        s = lambda a: la.svd(a, compute_uv=False)  # noqa: E731
        jacobian = adlib.jacrev(s)(a)
        close(adlib.jacfwd(s)(a), jacobian, "jvp by vjp")
        assert not np.any(jacobian[1])
        if np.any(a):
            close(jacobian[0], a / s(a)[0], "vjp by algebra")


VALUES = [
    np.diag([2.0, 0.0]),
    np.outer([1.0, 2.0, 2.0], [3.0, 4.0]),
    np.zeros((2, 2)),
    np.eye(2),
    np.diag([3.0, 1.0, 1.0]),
]


@pytest.mark.parametrize("a", VALUES)
def test_second_derivatives_of_equal_values_and_of_zeros_are_refused(a):
    squares = {"singular values?": lambda a: np.sum(la.svd(a, compute_uv=False) ** 2)}
    if len(a) == len(a.T) and not np.any(a[0, 0] == 2):  # a single zero among eigenvalues is smooth
        squares["eigenvalues"] = lambda a: np.sum(la.eigvalsh((a + a.T) / 2) ** 2)
    for words, f in squares.items():
        close(1 + both(f, a), 1 + 2 * a, "vjp by algebra")
        for hessian in HESSIANS.values():
            with pytest.raises(adlib.TracedValueError, match=f"{words} .* (equal|zero), and the"):
                hessian(f)(a)


def test_second_derivatives_of_values_that_do_not_turn():
    for a in (np.diag([2.0, 0.0]), np.diag([3.0, 0.0])):  # s_1 is sqrt(x^2 + y^2) along the first row and column
        expected = np.zeros((2, 2, 2, 2))
        expected[0, 1, 0, 1] = expected[1, 0, 1, 0] = 1 / a[0, 0]
        close(adlib.hessian(lambda a: la.svd(a, compute_uv=False)[0])(a), expected, "forward over reverse")
        both_ways = (np.eye(4) + np.eye(4)[[0, 2, 1, 3]]).reshape(2, 2, 2, 2)
        hessians(lambda a: np.sum(la.eigvalsh((a + a.T) / 2) ** 2), a, both_ways)
    identity = lambda a: np.sum(la.eigvalsh((a + a.T) / 2))  # noqa: E731
    close(adlib.jacrev(adlib.grad(identity))(np.eye(2)), np.zeros((2, 2, 2, 2)), "reverse over reverse")


def symmetric(h):
    """h of the symmetric part of a matrix, by its eigenvalues."""
    return lambda a: (lambda w, v: (v * h(w)) @ v.T)(*la.eigh((a + a.T) / 2))


def singular(h):
    return lambda a: (lambda u, s, vh: (u * h(s)) @ vh)(*la.svd(a, full_matrices=False))


BLOCK = np.array([[1.0, 1.0, 0.0], [1.0, 1.0, 0.0], [0.0, 0.0, 0.0]])


@pytest.mark.parametrize(
    "a",
    [
        2 * np.eye(3),
        np.diag([2.0, 1.0, 0.0]),
        np.diag([3.0, 0.0, 0.0]),
        BLOCK,
        np.zeros((3, 3)),
        np.diag([2.0, 1.0, 0, 0])[:, :3],
    ],
)
def test_each_entry_of_a_function_of_a_matrix_is_right_or_refused(a):
    one = np.eye(a.size).reshape(-1, *a.shape)  # one entry each
    turned = lambda e: (e + e.T) / 2  # noqa: E731
    cases = [(singular(lambda s: s), lambda c: c, 1e-12), (singular(lambda s: s**3), lambda c: 3 * cubed(a, c), 1e-9)]
    if a.shape == (3, 3):
        cases.append((symmetric(lambda w: w), turned, 1e-12))
        cases.append((symmetric(lambda w: w**2), lambda c: turned(c) @ a + a @ turned(c), 1e-12))
    right = 0
    for f, gradient, tolerance in cases:
        for c in one:
            try:
                found = adlib.grad(lambda a, c=c, f=f: np.sum(c * f(a)))(a)
            except adlib.TracedValueError:
                continue
            np.testing.assert_allclose(found, gradient(c), atol=tolerance)
            right += 1
    assert (right > 0) == (len(a) == 3 and la.matrix_rank(a) >= 2)  # else all are refused


def cubed(a, c):
    """A third of the adjoint of ``a a^T a`` along c."""
    return (c @ a.T @ a + a @ c.T @ a + a @ a.T @ c) / 3


@pytest.mark.parametrize("a", [np.outer([1.0, 2.0, 3.0], [1.0, -1.0, 2.0]), np.diag([1.0, 0.0, 0.0])])
def test_second_derivatives_at_two_zeros_are_refused(a):
    best = lambda a: (lambda u, s, vh: np.sum((u[:, :1] * s[:1] @ vh[:1]) ** 2))(*la.svd(a))  # noqa: E731
    for f in (best, lambda a: np.sum(singular(lambda s: s)(a) ** 2)):
        for hessian in HESSIANS.values():
            with pytest.raises(adlib.TracedValueError, match="singular values 1 and 2 are equal"):
                hessian(f)(a)


@pytest.mark.parametrize("p", orders("nuc", 2, -2))
def test_second_derivatives_of_matrix_norms_that_turn(p):
    cases = {"nuc": np.diag([2.0, 0.0]), 2: np.diag([2.0, 2.0]), -2: np.diag([2.0, 0.0])}
    for hessian in HESSIANS.values():
        try:
            found = hessian(lambda a: la.norm(a, p) ** 2)(cases[p])
        except adlib.TracedValueError as error:
            assert "are equal" in str(error)
        else:
            assert np.any(np.isnan(found))


def test_matrix_norms_with_equal_and_with_zero_values():
    for a, p, slopes in (
        (EQUAL, 2, np.diag([0.5, 0.5, 0.0])),
        (EQUAL, -2, np.diag([0.0, 0.0, 1.0])),
        (np.diag([2.0, 1.0, 1.0]), -2, np.diag([0.0, 0.5, 0.5])),
        (np.diag([2.0, 1.0, 0.0]), -2, np.zeros((3, 3))),
        (np.diag([2.0, 1.0, 0.0]), "nuc", np.diag([1.0, 1.0, 0.0])),
        (np.diag([1.0, 1e-20]), "nuc", np.eye(2)),
        (np.diag([1.0, 1e-20]), -2, np.diag([0.0, 1.0])),
        (np.eye(2), 1, np.eye(2) / 2),
        (np.eye(2), -np.inf, np.eye(2) / 2),
        (np.zeros((2, 3)), "nuc", np.zeros((2, 3))),
    ):
        close(1 + both(lambda a, p=p: la.norm(a, p), a), 1 + slopes, "vjp by algebra")


@pytest.mark.parametrize("p", orders(None, 2, -2, 1, -1, "fro", "nuc", np.inf, -np.inf))
def test_condition_numbers_where_values_are_equal(p):
    assert np.all(np.abs(both(lambda a: la.cond(a, p), 3 * np.eye(3))) < 1e-15)
    if p in (None, 2):
        close(both(lambda a: la.cond(a, p), EQUAL), np.diag([0.5, 0.5, -2.0]), "vjp by algebra")
        for derivative in (adlib.jacrev(adlib.grad(la.cond)), adlib.jacrev(adlib.jacfwd(la.cond))):
            assert np.all(np.isnan(np.diag(np.reshape(derivative(np.eye(2)), (4, 4)))))
    if p == -2:
        close(both(lambda a: la.cond(a, p), np.diag([2.0, 1.0])), np.diag([-0.25, 0.5]), "vjp by algebra")
        assert not np.any(both(lambda a: la.cond(a, p), np.diag([2.0, 0.0])))


@pytest.mark.parametrize("p", orders(None, 1, 2, "nuc", np.inf))
@pytest.mark.parametrize("shape", [(0, 0), (0, 3), (3, 0)])
def test_norms_of_empty_matrices(p, shape):
    try:
        assert la.norm(np.zeros(shape), p) == 0
    except ValueError:
        pytest.skip("this NumPy has no norm of an empty matrix")
    assert both(lambda a: la.norm(a, p), np.zeros(shape)).shape == shape


# ---------------------------------------------------------------------------------------------
# Determinants


def exact_determinant(rows):
    if not rows:
        return Fraction(1)
    minors = [[r[:j] + r[j + 1 :] for r in rows[1:]] for j in range(len(rows))]
    return sum((-1) ** j * rows[0][j] * exact_determinant(minor) for j, minor in enumerate(minors))


def exact_derivatives(a):
    """Gradient and Hessian of the determinant, from its minors in fractions."""
    n, rows = len(a), [[Fraction(float(x)) for x in row] for row in a]

    def minor(i, j, k, m):
        kept = [[rows[r][c] for c in range(n) if c not in (j, m)] for r in range(n) if r not in (i, k)]
        return float(exact_determinant(kept))

    gradient, hessian = np.zeros((n, n)), np.zeros((n, n, n, n))
    for i, j in itertools.product(range(n), repeat=2):
        gradient[i, j] = (-1) ** (i + j) * minor(i, j, i, j)
        for k, m in itertools.product(range(n), repeat=2):
            if i != k and j != m:
                sign = 1 if (i < k) == (j < m) else -1
                hessian[i, j, k, m] = sign * (-1) ** (i + j + k + m) * minor(i, j, k, m)
    return gradient, hessian


SINGULAR = {
    "rank n - 1": np.arange(1.0, 10).reshape(3, 3),
    "rank n - 2": np.outer([1.0, 2.0, 3.0], [1.0, -1.0, 2.0]),
    "rank 2 of 4": np.array([[1.0, 2, 0, 1], [2, 4, 0, 2], [0, 1, 1, 0], [1, 3, 1, 1]]),
    "zero": np.zeros((3, 3)),
    "one number": np.zeros((1, 1)),
    "almost singular": np.array([[1.0, 2.0], [2.0, 4.0 + 1e-12]]),
    "almost singular, of three": np.arange(1.0, 10).reshape(3, 3) + 1e-9 * normal(3, 3),
    "regular": normal(3, 3),
    "too small a value": 1e-160 * normal(2, 2),
    "too large a value": 1e200 * np.array([[1.0, 2.0], [3.0, 5.0]]),
}


@pytest.mark.parametrize("name", SINGULAR)
def test_both_derivatives_of_a_determinant_are_exact(name):
    a = SINGULAR[name]
    gradient, hessian = exact_derivatives(a)
    size = max(np.max(np.abs(hessian)), 1e-300)
    with np.errstate(over="ignore"):
        near = lambda x, y: np.testing.assert_allclose(x, y, atol=1e-13 * np.max(np.abs(y)) + 1e-14)  # noqa: E731
        near(both(la.det, a), gradient)
        for derivative in HESSIANS.values():
            near(derivative(la.det)(a) / size, hessian / size)


# ---------------------------------------------------------------------------------------------
# Arguments in every form


def test_flags_by_position_and_in_lower_case():
    a = normal(3, 3)
    for f in (lambda a: la.pinv(a, 1e-15, True), lambda a: la.svd(a, False, True, True)[1]):
        with pytest.raises(adlib.TracedValueError, match="with hermitian=True"):
            adlib.grad(lambda a, f=f: np.sum(f(a)))(a)
    close(adlib.jacrev(lambda a: la.pinv(a, 1e-15, False))(a), adlib.jacrev(la.inv)(a), "vjp by algebra", 1e-9)
    for low, high in (("l", "L"), ("u", "U")):
        for f in (la.eigvalsh, lambda a, UPLO: la.eigh(a, UPLO)[1] ** 2):
            for jacobian in (adlib.jacfwd, adlib.jacrev):
                named = jacobian(lambda a, f=f, high=high: f(a, UPLO=high))(a)
                close(jacobian(lambda a, f=f, low=low: f(a, low))(a), named, "same flag")


def test_a_cutoff_does_not_vary():
    a, b = normal(3, 3), normal(3)
    for f in (
        lambda a, r: la.pinv(a, r) @ b,
        lambda a, r: la.pinv(a, rcond=r) @ b,
        lambda a, r: la.lstsq(a, b, r)[0],
        lambda a, r: la.lstsq(a, b=b, rcond=r)[0],
    ):
        by_a, by_r = adlib.jacrev(f, (0, 1))(a, 1e-10)
        pushed = adlib.jacfwd(f, (0, 1))(a, 1e-10)
        assert not np.any(by_r) and not np.any(pushed[1])
        close(pushed[0], by_a, "jvp by vjp", 1e-9)
    for jacobian in (adlib.jacfwd, adlib.jacrev):
        for f in (lambda a, p: la.cond(a, p), lambda a, p: la.cond(a, p=p)):
            with pytest.raises(
                adlib.TracedValueError, match=r"numpy\.linalg\.cond of an array .* with a traced p: norms"
            ):
                jacobian(f, (0, 1))(a, 2.0)


def test_all_modes_of_qr():
    square, wide, tall = normal(3, 3), normal(2, 4), normal(4, 2)
    for a in (square, wide):
        for jacobian in (adlib.jacfwd, adlib.jacrev):
            for k in (0, 1):
                full, thin = (jacobian(lambda a, m=m, k=k: la.qr(a, m)[k])(a) for m in ("complete", "reduced"))
                close(full, thin, "same factors")
    for mode in ("raw", "complete"):
        with pytest.raises(adlib.TracedValueError, match=f"with mode='{mode}'"):
            adlib.jacfwd(lambda a, mode=mode: la.qr(a, mode)[0])(tall)
    with pytest.raises(ValueError, match="Unrecognized mode 'thin'"):
        adlib.jacfwd(lambda a: la.qr(a, "thin")[0])(tall)


def test_a_one_dimensional_right_side_is_a_vector():
    a, b = normal(2, 3, 3), normal(3)
    close(adlib.jacrev(lambda b: la.solve(a, b))(b), la.inv(a), "vjp by algebra", 1e-9)
    close(adlib.jacfwd(lambda b: la.solve(a, b))(b), la.inv(a), "jvp by algebra", 1e-9)


def test_products_of_empty_matrices():
    a, b, c = np.zeros((0, 3)), normal(3, 2), normal(2, 4)
    assert adlib.grad(lambda a: np.sum(la.multi_dot([a, b, c])))(a).shape == (0, 3)
    assert not np.any(adlib.grad(lambda b: np.sum(la.multi_dot([a, b, c])))(b))


def test_equal_singular_values_of_different_slopes():
    """The vectors are used, with the weight zero: beside the point the function goes one of two ways."""

    def f(a):
        u, s, _ = la.svd(a)
        return s[0] + 2 * s[1] + 0.0 * u[0, 0]

    with pytest.raises(adlib.TracedValueError, match="not determined by its derivatives here"):
        adlib.grad(f)(np.eye(2))


@pytest.mark.parametrize("shape, k", [((3, 2), 0), ((2, 3), 2)])
def test_a_refusal_beside_a_zero_names_the_function(shape, k):
    a = np.zeros(shape)
    a[0, 0] = 1.0
    w = np.arange(6.0).reshape(shape) ** 2
    with pytest.raises(adlib.TracedValueError, match=r"^numpy\.linalg\.svd of a matrix .* singular value 1 is zero"):
        adlib.grad(lambda a: np.sum(la.svd(a, full_matrices=False)[k] * w))(a)


def test_a_zero_at_the_order_one():
    f, w = lambda w: la.norm(w[:3], w[3]), np.array([3.0, 0.0, 2.0, 1.0])
    for kind, hessian in HESSIANS.items():
        close(hessian(f)(w)[:3, :3], np.zeros((3, 3)), kind)  # as with the order 1 that is no variable
