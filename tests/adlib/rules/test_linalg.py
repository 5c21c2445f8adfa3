"""The rules of numpy.linalg, against JAX, the complex step, algebra, and their own Taylor and adjoint tests."""

import warnings

import jax.numpy as jnp
import numpy as np
import pytest

import adlib
from adlib.core.families import Refuse
from adlib.core.trace import RULES
from tests.adlib.oracles import CHECKS, by_jax, close, complex_step, inner, same_bits

la = np.linalg
NEW = pytest.mark.skipif(not hasattr(la, "vector_norm"), reason="a name of NumPy 2")


def normal(*shape, seed=0):
    return np.random.default_rng([seed, *shape]).standard_normal(shape)


def t(x):
    return x.swapaxes(-1, -2)


def positive(xp, a):
    """A positive definite matrix made of any."""
    return a @ t(a) + 2.0 * np.eye(a.shape[-1])


def orders(*values):
    return [pytest.param(p, id=str(p)) for p in values]


# What is computed, on NumPy or on jax.numpy, and from arrays of which shapes.  Signs of vectors that a
# factorisation is free to choose are taken out.  The third entry says whether the complex step applies.
CASES = {
    "solve": (lambda xp, a, b: xp.linalg.solve(a, b), [(3, 3), (3, 2)], True),
    "solve with a vector": (lambda xp, a, b: xp.linalg.solve(a, b), [(3, 3), (3,)], True),
    "solve in batches": (lambda xp, a, b: xp.linalg.solve(a, b), [(2, 3, 3), (2, 3, 2)], True),
    "solve, one matrix for a batch": (lambda xp, a, b: xp.linalg.solve(a, b), [(3, 3), (4, 3, 2)], True),
    "inv": (lambda xp, a: xp.linalg.inv(a), [(2, 3, 3)], True),
    "det": (lambda xp, a: xp.linalg.det(a), [(2, 3, 3)], True),
    "det of one matrix": (lambda xp, a: xp.linalg.det(a), [(3, 3)], True),
    "slogdet": (lambda xp, a: xp.linalg.slogdet(a)[1], [(2, 3, 3)], False),
    "cholesky": (lambda xp, a: xp.linalg.cholesky(positive(xp, a)), [(2, 3, 3)], False),
    "qr, tall": (lambda xp, a: _qr(*xp.linalg.qr(a)), [(2, 4, 3)], False),
    "qr, wide": (lambda xp, a: _qr(*xp.linalg.qr(a)), [(3, 5)], False),
    "qr, R alone": (lambda xp, a: xp.linalg.qr(a, mode="r") ** 2, [(4, 3)], False),
    "eigh": (lambda xp, a: _eigh(*xp.linalg.eigh(a + t(a))), [(2, 3, 3)], False),
    "eigvalsh": (lambda xp, a: xp.linalg.eigvalsh(a + t(a)), [(2, 3, 3)], False),
    "svd, tall": (lambda xp, a: _svd(*xp.linalg.svd(a, full_matrices=False)), [(2, 4, 3)], False),
    "svd, wide": (lambda xp, a: _svd(*xp.linalg.svd(a, full_matrices=False)), [(3, 5)], False),
    "svd, square": (lambda xp, a: _svd(*xp.linalg.svd(a)), [(3, 3)], False),
    "svd, values": (lambda xp, a: xp.linalg.svd(a, compute_uv=False), [(2, 3, 4)], False),
    "lstsq, tall": (lambda xp, a, b: xp.linalg.lstsq(a, b, rcond=None)[0], [(5, 3), (5,)], False),
    "lstsq, wide": (lambda xp, a, b: xp.linalg.lstsq(a, b, rcond=None)[0], [(3, 5), (3, 2)], False),
    "pinv, tall": (lambda xp, a: xp.linalg.pinv(a), [(2, 4, 3)], False),
    "pinv, wide": (lambda xp, a: xp.linalg.pinv(a), [(3, 4)], False),
    "norm": (lambda xp, a: xp.linalg.norm(a), [(2, 3)], False),
    "norm, columns": (lambda xp, a: xp.linalg.norm(a, 3, axis=0, keepdims=True), [(2, 3)], False),
    "norm, nuclear": (lambda xp, a: xp.linalg.norm(a, "nuc"), [(4, 3)], False),
    "norm, spectral": (lambda xp, a: xp.linalg.norm(a, 2, axis=(2, 0)), [(3, 2, 4)], False),
    "matrix_power": (lambda xp, a: xp.linalg.matrix_power(a, 5), [(3, 3)], True),
    "matrix_power, negative": (lambda xp, a: xp.linalg.matrix_power(a, -3), [(3, 3)], True),
    "multi_dot": (
        lambda xp, a, b, c, d: xp.linalg.multi_dot([a, b, c, d]),
        [(2, 5), (5, 3), (3, 4), (4,)],
        True,
    ),
    "tensorinv": (lambda xp, a: xp.linalg.tensorinv(a, ind=1), [(6, 2, 3)], True),
    "tensorsolve": (lambda xp, a, b: xp.linalg.tensorsolve(a, b), [(2, 3, 6), (2, 3)], True),
    "cond": (lambda xp, a: xp.linalg.cond(a), [(3, 3)], False),
}


def _qr(q, r):
    return (q * q).sum(-1, keepdims=True) * 0.5 + (q**4) @ (r * r)


def _eigh(w, v):
    return (v * v) @ (v * w[..., None, :] ** 3) @ t(v)


def _svd(u, s, vh):
    return (u * s[..., None, :] ** 2) @ vh + ((u**2) @ (vh**2))


def points(shapes, seed=0):
    return tuple(normal(*shape, seed=seed + k) for k, shape in enumerate(shapes))


@pytest.mark.parametrize("name", CASES)
def test_both_modes_and_compositions_against_jax(name):
    f, shapes, analytic = CASES[name]
    g = lambda *xs: f(np, *xs)  # noqa: E731
    xs, us, vs = points(shapes), points(shapes, 10), points(shapes, 20)
    plain = g(*xs)
    w = normal(*np.shape(plain), seed=30)
    jvp, vjp = adlib.jvp, adlib.vjp
    jax = by_jax(lambda *ys: f(jnp, *ys), xs, us, vs, w)

    value, tangent = jvp(g, xs, us)
    same_bits(value, plain)
    close(tangent, jax.jvp, "jvp", 1e-9)
    if analytic:
        close(tangent, complex_step(g, xs, us), "jvp by complex step", 1e-10)
    value, pullback = vjp(g, *xs)
    same_bits(value, plain)
    cotangents = pullback(w)
    for ours, theirs in zip(cotangents, jax.vjp, strict=True):
        close(ours, theirs, "vjp", 1e-9)
    pushed, pulled = inner([tangent], [w]), inner(us, cotangents)
    size = inner([np.abs(tangent)], [np.abs(w)]) + inner(map(np.abs, us), map(np.abs, cotangents))
    close(1 + pushed / size, 1 + pulled / size, "adjoint", 1e-12)

    close(jvp(lambda *ys: jvp(g, ys, us)[1], xs, vs)[1], jax.second, "forward over forward", 1e-8)
    forward_reverse = jvp(lambda *ys: vjp(g, *ys)[1](w), xs, vs)[1]
    reverse_forward = vjp(lambda *ys: jvp(g, ys, us)[1], *xs)[1](w)
    reverse_reverse = vjp(lambda *ys: vjp(g, *ys)[1](w), *xs)[1](vs)
    for k in range(len(xs)):
        close(forward_reverse[k], jax.hessian_vs[k], "forward over reverse", 1e-8)
        close(reverse_forward[k], jax.hessian_us[k], "reverse over forward", 1e-8)
        close(reverse_reverse[k], jax.hessian_vs[k], "reverse over reverse", 1e-8)


@pytest.mark.parametrize("name", CASES)
def test_single_precision_stays(name):
    f, shapes, _ = CASES[name]
    g = lambda *xs: f(np, *xs)  # noqa: E731
    xs, us = (tuple(x.astype(np.float32) for x in points(shapes, seed)) for seed in (0, 10))
    plain = g(*xs)
    value, tangent = adlib.jvp(g, xs, us)
    same_bits(value, plain)
    assert tangent.dtype == plain.dtype
    w = normal(*np.shape(plain), seed=30)
    cotangents = adlib.vjp(g, *xs)[1](w)
    assert [c.dtype for c in cotangents] == [np.float32] * len(xs)
    exact = adlib.vjp(g, *[x.astype(float) for x in xs])[1](w)
    for ours, theirs in zip(cotangents, exact, strict=True):
        close(ours, theirs, "vjp in single precision", 2e-3)


def checked(f, *xs):
    """Values, Taylor and adjoint tests of both modes, and of the derivatives of both."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        adlib.check_grads(f, xs, order=2)
    CHECKS["Taylor and adjoint, order 2"] += 1


@pytest.mark.parametrize("order", orders(None, "fro", "nuc", 1, -1, 2, -2, np.inf, -np.inf))
def test_matrix_norms(order):
    checked(lambda a: la.norm(a, order), normal(4, 3))
    checked(lambda a: la.norm(a, order, axis=(2, 0), keepdims=True), normal(3, 2, 4))


@pytest.mark.parametrize("order", orders(None, 0, 1, 2, 3, 2.5, 0.5, -1, -2, np.inf, -np.inf))
def test_vector_norms(order):
    checked(lambda a: la.norm(a, order), normal(4))
    checked(lambda a: la.norm(a, order, axis=-1), normal(4, 3))


@NEW
@pytest.mark.parametrize("order", orders(1, 2, 3, np.inf))
def test_norms_of_the_array_api(order):
    checked(lambda a: la.vector_norm(a, ord=order), normal(2, 3))
    checked(lambda a: la.vector_norm(a, axis=(0, 2), ord=order, keepdims=True), normal(2, 3, 4))
    if order != 3:
        checked(lambda a: la.matrix_norm(a, ord=order), normal(2, 3, 4))


@pytest.mark.parametrize("p", orders(None, 2, -2, 1, -1, "fro", "nuc", np.inf))
def test_condition_numbers(p):
    checked(lambda a: la.cond(a, p), normal(2, 3, 3))


@pytest.mark.parametrize("n", orders(-2, -1, 0, 1, 2, 3, 4, 7))
def test_matrix_powers(n):
    checked(lambda a: 1.0 * la.matrix_power(a, n), normal(2, 3, 3))


@pytest.mark.parametrize("uplo", ["L", "U"])
def test_only_one_triangle_is_read(uplo):
    a = normal(2, 3, 3)
    checked(lambda a: la.eigh(a, UPLO=uplo), a)
    checked(lambda a: la.eigvalsh(a, uplo), a)
    unread = np.triu(np.ones((3, 3)), 1) if uplo == "L" else np.tril(np.ones((3, 3)), -1)
    assert not np.any(unread * adlib.grad(lambda a: np.sum(la.eigh(a, uplo)[1] ** 3))(a))
    b = positive(np, a)
    if uplo == "L":
        checked(la.cholesky, b)
        assert not np.any(unread * adlib.grad(lambda b: np.sum(la.cholesky(b)))(b))
    elif hasattr(la, "vector_norm"):
        checked(lambda b: la.cholesky(b, upper=True), b)
        assert not np.any(unread * adlib.grad(lambda b: np.sum(la.cholesky(b, upper=True)))(b))


def test_factors_with_their_signs():
    for shape in ((4, 3), (3, 4), (3, 3), (2, 3, 4)):
        checked(la.qr, normal(*shape))
        checked(lambda a: la.svd(a, full_matrices=False), normal(*shape))
    checked(lambda a: la.qr(a, "complete"), normal(3, 4))
    checked(lambda a: la.qr(a, "r"), normal(2, 4, 3))


def test_all_results_of_lstsq():
    solve = lambda a, b: [la.lstsq(a, b, rcond=None)[k] for k in (0, 1, 3)]  # noqa: E731
    for shapes in ([(5, 3), (5, 2)], [(5, 3), (5,)], [(3, 3), (3,)], [(3, 5), (3, 2)]):
        checked(solve, *points(shapes))
    a, b = points([(5, 3), (5,)])
    checked(lambda a: la.lstsq(a, b, rcond=None)[0], a)
    checked(lambda b: la.lstsq(a, b, rcond=None)[0], b)
    assert not np.any(adlib.grad(lambda a: 1.0 * la.lstsq(a, b, rcond=None)[2])(a))  # the rank


def test_the_published_formula_of_least_squares():
    a, b = points([(5, 3), (5,)])
    x_bar = normal(3, seed=3)
    x = la.lstsq(a, b, rcond=None)[0]
    multiplier = la.solve(a.T @ a, x_bar)
    a_bar, b_bar = adlib.vjp(lambda a, b: la.lstsq(a, b, rcond=None)[0], a, b)[1](x_bar)
    close(b_bar, a @ multiplier, "vjp by algebra")
    close(a_bar, np.outer(b - a @ x, multiplier) - np.outer(a @ multiplier, x), "vjp by algebra")


def test_products_of_matrices():
    checked(lambda a, b, c: la.multi_dot([a, b, c]), *points([(5,), (5, 3), (3,)]))
    checked(lambda a, b: la.multi_dot([a, b]), *points([(5, 2), (2, 3)]))
    c = normal(3, 4)
    checked(lambda a, b: la.multi_dot([a, c, b]), *points([(2, 3), (4, 2)]))
    checked(lambda a, b: la.tensorsolve(a, b, axes=(1,)), *points([(2, 6, 3), (2, 3)]))


@NEW
def test_products_of_the_array_api():
    checked(la.cross, *points([(2, 3), (3,)]))
    checked(lambda a, b: la.cross(a, b, axis=0), *points([(3,), (3, 4)]))
    checked(la.outer, *points([(2,), (3,)]))
    checked(la.vecdot, *points([(2, 3), (3,)]))
    checked(lambda a, b: la.vecdot(a, b, axis=0), *points([(3, 2), (3, 2)]))
    checked(la.matmul, *points([(2, 3), (3, 4)]))
    checked(la.matrix_transpose, normal(2, 3, 4))
    checked(la.svdvals, normal(2, 3, 4))
    checked(lambda a, b: la.tensordot(a, b, axes=1), *points([(2, 3), (3, 4)]))
    for k in (-1, 0, 2):
        checked(lambda a, k=k: la.trace(a, offset=k), normal(2, 3, 4))
        checked(lambda a, k=k: la.diagonal(a, offset=k), normal(2, 3, 4))


def test_constants_may_be_lists_and_keywords():
    x = adlib.grad(lambda a: la.solve(a, [1.0, 2.0])[0])(np.array([[2.0, 0.0], [0.0, 4.0]]))
    close(x, [[-0.25, -0.25], [0.0, 0.0]], "vjp by algebra")
    b = adlib.grad(lambda b: la.solve([[2, 0], [0, 4]], b=b)[1])(np.ones(2))
    close(b, [0.0, 0.25], "vjp by algebra")


def test_every_function_of_numpy_linalg_is_classified():
    names = set(la.__all__) - {"LinAlgError"}
    assert {name for name in names if getattr(la, name) not in RULES} == set()


def test_rank_is_a_constant():
    assert adlib.jvp(lambda a: 1.0 * la.matrix_rank(a), (np.eye(3),), (np.ones((3, 3)),)) == (3.0, 0.0)


@pytest.mark.parametrize(
    "f",
    [la.inv, la.det, lambda a: la.slogdet(a)[1], la.cholesky, lambda a: la.qr(a)[1], lambda a: la.eigh(a)[1],
     lambda a: la.svd(a)[0], la.eigvalsh, la.norm, la.pinv, lambda a: la.solve(a, a)],
)  # fmt: skip
def test_empty_matrices(f):
    empty = np.zeros((0, 0))
    assert adlib.grad(lambda a: np.sum(f(a)))(empty).shape == (0, 0)
    assert adlib.jvp(lambda a: np.sum(f(a)), (empty,), (empty,))[1] == 0


# ---------------------------------------------------------------------------------------------
# Where there is no derivative, and where there is one although the formula divides by zero


@pytest.mark.parametrize("a", [np.ones((3, 3)), np.diag([2.0, 3.0, 0.0]), np.zeros((2, 2)), np.diag([1.0, 0, 0])])
def test_the_determinant_of_a_singular_matrix(a):
    n = len(a)
    minor = lambda i, j: la.det(np.delete(np.delete(a, i, 0), j, 1))  # noqa: E731
    cofactors = [[(-1) ** (i + j) * minor(i, j) for j in range(n)] for i in range(n)]
    close(1 + adlib.grad(la.det)(a), 1 + np.array(cofactors), "vjp by algebra")
    checked(la.det, a)
    checked(la.det, np.stack([a, normal(n, n)]))


def test_norms_at_zero_have_the_subgradient_zero():
    for f in (
        la.norm,
        lambda a: la.norm(a, "nuc"),
        lambda a: la.norm(a, 2),
        lambda a: la.norm(a, 1),
        lambda a: la.norm(a, np.inf),
    ):
        assert not np.any(adlib.grad(f)(np.zeros((2, 3))))
        assert adlib.jvp(f, (np.zeros((2, 3)),), (np.ones((2, 3)),))[1] == 0
    for p in (None, 1, 2, 3, 1.5, 0.5, np.inf):
        assert not np.any(adlib.grad(lambda x, p=p: la.norm(x, p))(np.zeros(3)))
    close(adlib.grad(lambda x: la.norm(x, 3))(np.array([0.0, 2.0])), [0.0, 1.0], "vjp by algebra")


def test_ties_share():
    close(adlib.grad(lambda x: la.norm(x, np.inf))(np.array([2.0, -2.0, 1.0])), [0.5, -0.5, 0.0], "vjp by algebra")
    close(adlib.grad(lambda x: la.norm(x, 2))(np.eye(4)), np.eye(4) / 4, "vjp by algebra")
    close(adlib.grad(lambda x: la.norm(x, "nuc"))(np.eye(4)), np.eye(4), "vjp by algebra")


def orthogonal(n):
    return la.qr(normal(n, n, seed=9))[0]


DEGENERATE = {
    "identity": np.eye(3),
    "orthogonal": orthogonal(3),
    "a pair": np.diag([2.0, 1.0, 1.0]),
    "a pair in other bases": orthogonal(3) @ np.diag([2.0, 1.0, 1.0]) @ orthogonal(3),
    "a zero": np.diag([2.0, 1.0, 0.0]),
    "tall": np.eye(5, 3),
    "wide": np.eye(2, 4),
    "distances of 1e-13": np.diag([1.0, 1 + 1e-13, 2.0]),
    "a batch": np.stack([np.eye(3), normal(3, 3)]),
    "of lower rank": np.outer(np.ones(4), np.arange(1.0, 4.0)),
}


@pytest.mark.parametrize("name", [name for name in DEGENERATE if name != "of lower rank"])
def test_a_function_of_the_product_is_finite_and_right(name):
    a = DEGENERATE[name]
    c = normal(*a.shape, seed=4)

    def loss(a):
        u, s, vh = la.svd(a, full_matrices=False)
        return np.sum(((u * s[..., None, :]) @ vh - c) ** 2)

    close(adlib.grad(loss)(a), 2 * (a - c), "vjp by algebra")


@pytest.mark.parametrize("name", ["identity", "a pair", "a zero", "distances of 1e-13", "a batch"])
def test_a_function_of_the_symmetric_product_is_finite_and_right(name):
    a = DEGENERATE[name]
    a = a + t(a)
    c = normal(*a.shape, seed=4)

    def loss(a):
        w, v = la.eigh(a)
        return np.sum(((v * w[..., None, :]) @ t(v) - c) ** 2)

    g = adlib.grad(loss)(a)
    close((g + t(g)) / 2, 2 * a - c - t(c), "vjp by algebra")


def test_functions_of_the_vectors_alone():
    c = normal(3, 3)
    polar = lambda a: (lambda f: np.sum(c * (f[0] @ f[2])))(la.svd(a))  # noqa: E731
    close(adlib.grad(polar)(np.eye(3)), (c - c.T) / 2, "vjp by algebra")  # d(U V^T) is the antisymmetric part
    c = np.ones((3, 3)) - np.eye(3)
    assert not np.any(adlib.grad(polar)(np.eye(3)))  # and c is symmetric
    c = normal(3, 3)
    pair = np.diag([1.0, 1.0, 3.0])
    projector = lambda a: (lambda v: np.sum(c * (v[:, :2] @ v[:, :2].T)))(la.eigh(a)[1])  # noqa: E731
    mixed = np.zeros((3, 3))
    mixed[2, :2] = (c[2, :2] + c[:2, 2]) / (1 - 3)
    close(adlib.grad(projector)(pair), mixed, "vjp by algebra")


def test_the_unused_part_of_a_matrix_of_low_rank():
    a = normal(5, 2) @ normal(2, 4)

    def best(a):
        u, s, vh = la.svd(a, full_matrices=False)
        return np.sum(((u[:, :2] * s[:2]) @ vh[:2]) ** 2)

    close(adlib.grad(best)(a), 2 * a, "vjp by algebra")


def test_values_alone_need_no_distance():
    for f in (lambda a: la.svd(a, compute_uv=False), la.eigvalsh, lambda a: la.eigh(a)[0]):
        close(adlib.grad(lambda a, f=f: np.sum(f(a) ** 2))(np.eye(3)), 2 * np.eye(3), "vjp by algebra")
    s = lambda a: np.sum(la.svd(a, compute_uv=False) ** 3)  # noqa: E731
    assert adlib.jvp(s, (np.eye(3),), (np.diag([1.0, 2, 3]),))[1] == pytest.approx(18)


@pytest.mark.parametrize(
    "f", [lambda a: np.sum(np.log(la.eigvalsh(a))), lambda a: np.sum(la.svd(a, compute_uv=False) ** 3)]
)
def test_second_derivatives_of_equal_values_are_refused_not_wrong(f):
    identity, e = np.eye(2), normal(2, 2)
    compositions = {
        "reverse over reverse": lambda: adlib.vjp(adlib.grad(f), identity)[1](e),
        "reverse over forward": lambda: adlib.grad(lambda a: adlib.jvp(f, (a,), (e,))[1])(identity),
        "forward over reverse": lambda: adlib.jvp(adlib.grad(f), (identity,), (e,)),
        "forward over forward": lambda: adlib.jvp(lambda a: adlib.jvp(f, (a,), (e,))[1], (identity,), (e,)),
    }
    for compute in compositions.values():
        with pytest.raises(adlib.TracedValueError, match="values 0 and 1 are equal"):
            compute()


def test_the_nuclear_norm_has_its_second_derivative_at_the_identity():
    e, w = normal(2, 2), normal(2, 2, seed=1)
    # The gradient is U V^T, whose derivative is the antisymmetric part of the direction.
    second = adlib.vjp(adlib.grad(lambda a: la.norm(a, "nuc")), np.eye(2))[1](e)[0]
    close(np.sum(w * second), np.sum(e * (w - w.T) / 2), "reverse over reverse by algebra")


def test_the_pseudo_inverse_along_matrices_of_one_rank():
    b, c = points([(4, 2), (2, 3)])
    f = lambda b, c: la.pinv(b @ c, rcond=1e-10)  # noqa: E731
    checked(f, b, c)
    close(adlib.jvp(f, (b, c), (b, c))[1], -2 * la.pinv(b @ c), "jvp by algebra", 1e-9)


def test_columns_that_full_matrices_adds_may_be_left_unused():
    a = normal(5, 3)
    f = lambda full: lambda a: np.sum(_svd(*(lambda u, s, vh: (u[:, :3], s, vh))(*la.svd(a, full_matrices=full))))  # noqa: E731
    close(adlib.grad(f(True))(a), adlib.grad(f(False))(a), "vjp by algebra")


def refused(f, a, mode="reverse"):
    with pytest.raises(adlib.TracedValueError) as error:
        if mode == "reverse":
            adlib.grad(lambda a: np.sum(f(a)))(a)
        else:
            adlib.jvp(f, (a,), (normal(*a.shape, seed=8),))
    assert any("test_linalg.py" in note for note in error.value.__notes__)
    return str(error.value)


@pytest.mark.parametrize("mode", ["forward", "reverse"])
def test_refusals_in_both_modes(mode):
    for name in ("eig", "eigvals"):
        assert isinstance(RULES[getattr(la, name)], Refuse)
        message = refused(lambda a, name=name: getattr(la, name)(a), np.eye(2), mode)
        assert message.startswith(
            f"numpy.linalg.{name} on a traced value (shape (2, 2), float64): its results are complex"
        )
        assert "numpy.linalg.eigh" in message
    for f, name in ((lambda a: la.slogdet(a)[1], "slogdet"), (la.cond, "cond")):
        message = refused(f, np.diag([1.0, 0.0]), mode)
        assert message.startswith(f"numpy.linalg.{name} at a singular matrix (shape (2, 2), float64) is infinite")
    assert "whose first 2 columns are dependent" in refused(lambda a: la.qr(a)[1], np.ones((3, 2)), mode)
    for kind in ("complete", "raw"):
        assert f"numpy.linalg.qr with mode='{kind}'" in refused(
            lambda a, kind=kind: la.qr(a, mode=kind)[1], normal(3, 2), mode
        )
    low = DEGENERATE["of lower rank"]
    assert "of rank 1: the solution jumps" in refused(lambda a: la.lstsq(a, np.ones(4), rcond=None)[0], low, mode)
    assert "depends on the cutoff" in refused(lambda a: la.pinv(a, 0.5), np.diag([1.0, 0.2]), mode)
    for f in (la.svd, la.pinv):
        message = refused(lambda a, f=f: f(a, hermitian=True)[1], np.eye(2), mode)
        assert f"numpy.linalg.{f.__name__} with hermitian=True" in message
    assert "full_matrices=True" in refused(lambda a: la.svd(a)[0], normal(3, 2), mode)
    for f, word in ((la.svd, "singular values"), (la.eigh, "eigenvalues")):
        message = refused(lambda a, f=f: f(a)[0 if f is la.svd else 1][1, 0], np.eye(3), mode)
        assert f"numpy.linalg.{f.__name__} of a matrix (shape (3, 3), float64): {word} 0 and 1 are equal" in message


def test_refusals_of_one_mode():
    assert "whose rank changes in this direction" in refused(la.pinv, np.ones((2, 2)), "forward")
    assert "use reverse mode" in refused(lambda a: la.svd(a)[0], np.eye(3), "forward")
    assert "singular values 1 and 2 are equal" in refused(lambda a: la.svd(a)[0], np.diag([2.0, 1, 1]), "forward")
    c = normal(3, 3)
    mixture = lambda a: (lambda u, s, vh: c * ((u * s) @ vh) + u @ vh)(*la.svd(a))  # noqa: E731
    assert "is not determined by its derivatives here" in refused(mixture, np.eye(3))
    product = lambda a: (lambda u, s, vh: normal(4, 3) * ((u * s) @ vh))(*la.svd(a, full_matrices=False))  # noqa: E731
    assert "singular value 2 is zero" in refused(product, np.diag([2.0, 1, 0, 0])[:, :3])


def test_a_singular_matrix_has_numpys_error():
    for f in (la.inv, lambda a: la.solve(a, np.ones(2)), lambda a: la.matrix_power(a, -1)):
        with pytest.raises(la.LinAlgError, match="Singular matrix"):
            adlib.grad(lambda a, f=f: np.sum(f(a)))(np.ones((2, 2)))
    for f in (lambda a: la.matrix_power(a, 1.5), lambda a: la.matrix_power(a[:1], 2), lambda a: la.multi_dot([a])):
        with pytest.raises((TypeError, ValueError)) as plain:
            f(np.eye(2))
        with pytest.raises(type(plain.value)) as traced:
            adlib.grad(lambda a, f=f: np.sum(f(a)))(np.eye(2))
        assert str(traced.value) == str(plain.value)
