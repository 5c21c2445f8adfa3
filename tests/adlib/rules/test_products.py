"""Products of arrays: labels as NumPy reads them, second derivatives of all forms, what the tape keeps, what is refused."""

import itertools
import tracemalloc

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import scipy.sparse

import adlib
from adlib.core.trace import RULES
from adlib.core.tree import flatten
from adlib.modes.reverse import ReverseRun
from tests.adlib.oracles import close, inner, same_bits


def normal(*shape, seed=0):
    return np.random.default_rng([seed, *shape]).standard_normal(shape)


def multilinear(f, *xs, weight=None):
    """Both modes and their compositions of a function that is linear in each argument, by its own values."""
    us, vs = ([normal(*np.shape(x), seed=seed).astype(x.dtype) for x in map(np.asarray, xs)] for seed in (3, 4))
    plain = f(*xs)
    w = normal(*np.shape(plain), seed=5) if weight is None else weight

    def at(*changes):
        """`f` with some arguments replaced."""
        return np.asarray(f(*[dict(changes).get(k, x) for k, x in enumerate(xs)]))

    value, tangent = adlib.jvp(f, xs, tuple(us))
    same_bits(value, plain)
    first = sum(at((k, u)) for k, u in enumerate(us))
    close(tangent, first, "jvp by its values")
    value, pullback = adlib.vjp(f, *xs)
    same_bits(value, plain)
    close(1 + inner(us, pullback(w)), 1 + inner([first], [w]), "vjp by its values", 1e-10)
    pairs = itertools.permutations(range(len(xs)), 2)
    second = sum((at((i, us[i]), (k, vs[k])) for i, k in pairs), np.zeros(np.shape(plain)))
    forward = adlib.jvp(lambda *ys: adlib.jvp(f, ys, tuple(us))[1], xs, tuple(vs))[1]
    close(1 + forward, 1 + second, "forward over forward", 1e-10)
    for kind, product in {
        "forward over reverse": adlib.jvp(lambda *ys: adlib.vjp(f, *ys)[1](w), xs, tuple(vs))[1],
        "reverse over reverse": adlib.vjp(lambda *ys: adlib.vjp(f, *ys)[1](w), *xs)[1](tuple(vs)),
        "reverse over forward": adlib.vjp(lambda *ys: adlib.jvp(f, ys, tuple(vs))[1], *xs)[1](w),
    }.items():
        close(1 + inner(us, product), 1 + inner([second], [w]), kind, 1e-10)


# ---------------------------------------------------------------------------------------------
# einsum


LISTED = {  # labels 0 to 25 are A to Z, 26 to 51 are a to z
    "across the 26th": ([(2, 3)], lambda a: (a, [25, 26]), "Za"),
    "transposed": ([(2, 3)], lambda a: (a, [26, 25]), "aZ"),
    "a given order": ([(2, 3)], lambda a: (a, [26, 25], [26, 25]), "aZ->aZ"),
    "two operands": ([(2, 3), (3, 4)], lambda a, b: (a, [51, 0], b, [0, 30]), "zA,Ae"),
    "two operands, turned": ([(2, 3), (3, 4)], lambda a, b: (a, [51, 0], b, [0, 30], [30, 51]), "zA,Ae->ez"),
    "a trace": ([(3, 3)], lambda a: (a, [30, 30]), "ee"),
    "a diagonal": ([(3, 3)], lambda a: (a, [2, 2], [2]), "CC->C"),
    "dots": ([(2, 3, 3)], lambda a: (a, [..., 2, 2], [...]), "...CC->..."),
    "dots of two sizes": ([(5, 2, 3), (3, 4)], lambda a, b: (a, [..., 30, 1], b, [1, 2]), "...eB,BC"),
    "numpy integers": ([(2, 3)], lambda a: (a, np.array([27, 1]), (1, 27)), "bB->Bb"),
}


@pytest.mark.parametrize("optimize", [False, True])
@pytest.mark.parametrize("name", LISTED)
def test_lists_of_labels(name, optimize):
    shapes, listed, subscripts = LISTED[name]
    xs = [normal(*shape, seed=k) for k, shape in enumerate(shapes)]
    f = lambda *xs: np.einsum(*listed(*xs), optimize=optimize)  # noqa: E731
    same_bits(f(*xs), np.einsum(subscripts, *xs, optimize=optimize))
    multilinear(f, *xs)


@pytest.mark.parametrize("labels", [[0, 52], [0, -1]])
def test_a_label_out_of_range_has_numpys_error(labels):
    with pytest.raises(ValueError, match="not within the valid range"):
        adlib.grad(lambda a: np.sum(np.einsum(a, labels)))(np.ones((2, 3)))


@pytest.mark.parametrize(
    "subscripts, shapes",
    [
        ("ij,ij->i", [(2, 3), (2, 1)]),  # a length of 1 is repeated
        ("ij,ij->ij", [(1, 3), (2, 3)]),
        ("ij,ij->", [(2, 3), (1, 1)]),
        ("...ij,...jk->...ik", [(4, 2, 3), (1, 3, 2)]),
        ("bA,Ac", [(2, 3), (3, 2)]),  # capitals come first
        ("iij,j->i", [(3, 3, 2), (2,)]),
        ("i,i,i->", [(3,), (3,), (3,)]),
        ("aabb->ab", [(2, 2, 3, 3)]),
        (",i->i", [(), (3,)]),
        ("i...->...", [(2, 3)]),
        ("ij,jk->ik", [(0, 3), (3, 2)]),
    ],
)
def test_strings_of_labels(subscripts, shapes):
    xs = [normal(*shape, seed=k) for k, shape in enumerate(shapes)]
    multilinear(lambda *xs: np.einsum(subscripts, *xs), *xs)
    path = ["einsum_path", tuple(range(len(xs)))]
    multilinear(lambda *xs: np.einsum(subscripts, *xs, optimize=path), *xs)


def test_einsum_keeps_the_precision():
    for dtype in (np.float16, np.float32, np.longdouble):
        a = np.arange(4, dtype=dtype).reshape(2, 2) / 3
        assert adlib.grad(lambda a: np.einsum("ii->", a) * np.einsum("ij->", a))(a).dtype == dtype
    a = np.full((2, 2), np.longdouble(1) / 3)
    assert np.array_equal(adlib.grad(lambda a: np.einsum("ij,ij->", a, a))(a), 2 * a)


# ---------------------------------------------------------------------------------------------
# Other products


PRODUCTS = {
    "vecdot of vectors": (lambda a, b: np.linalg.vecdot(a, b), (3,), (3,)),
    "vecdot along an axis": (lambda a, b: np.linalg.vecdot(a, b, axis=0), (3, 2), (3, 1)),
    "vecdot": (lambda a, b: np.vecdot(a, b), (4, 1, 3), (5, 3)),
    "matvec": (lambda a, b: np.matvec(a, b), (2, 3), (4, 3)),
    "vecmat": (lambda a, b: np.vecmat(a, b), (2,), (4, 2, 3)),
    "outer of matrices": (np.multiply.outer, (2,), (2, 3)),
    "outer, turned": (np.multiply.outer, (2, 3), (3,)),
    "outer of a number": (np.multiply.outer, (), (2, 3)),
    "np.outer": (np.outer, (2, 2), (3,)),
    "dot of stacks": (np.dot, (2, 3), (4, 3, 2)),
    "inner of matrices": (np.inner, (2, 3), (4, 3)),
    "vdot": (np.vdot, (2, 3), (6,)),
    "kron": (np.kron, (2,), (2, 3, 2)),
    "convolve": (lambda a, b: np.convolve(a, b, "same"), (5,), (2,)),
    "correlate": (lambda a, b: np.correlate(a, b, "same"), (4,), (6,)),
    "tensordot of nothing": (lambda a, b: np.tensordot(a, b, 0), (2,), (3,)),
    "multi_dot of vectors": (lambda a, b: np.linalg.multi_dot([a, b]), (3,), (3,)),
}


@pytest.mark.parametrize("name", PRODUCTS)
def test_products_in_all_compositions(name):
    f, shape_a, shape_b = PRODUCTS[name]
    try:
        f(np.ones(shape_a), np.ones(shape_b))
    except AttributeError:
        pytest.skip("a name of NumPy 2")
    a, b = normal(*shape_a), normal(*shape_b, seed=1)
    multilinear(f, a, b)
    if np.ndim(f(a, b)) == 0:  # a cotangent may be a Python float, traced too
        multilinear(f, a, b, weight=0.7)
        along = adlib.derivative(lambda c: adlib.vjp(f, a, b)[1](c)[0])(0.7)
        close(along, adlib.vjp(f, a, b)[1](1.0)[0], "forward over reverse")


# ---------------------------------------------------------------------------------------------
# What the tape keeps


@pytest.mark.parametrize("product", [np.matmul, np.dot, lambda a, x: np.einsum("ij,jk->ik", a, x)])
def test_a_product_with_a_constant_keeps_the_constant_alone(product):
    a, x = np.eye(200), np.ones((200, 200))

    def chain(x):
        for _ in range(40):
            x = product(a, x)
        return np.sum(x)

    adlib.grad(chain)(x)
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        adlib.grad(chain)(x)
        peak = (tracemalloc.get_traced_memory()[1] - before) / x.nbytes
    finally:
        tracemalloc.stop()
    assert peak < 8


def test_a_product_keeps_what_its_transposes_need():
    a, b = np.ones((2, 3)), np.ones((3, 2))
    for argnums, kept in (((0,), (False, True)), ((1,), (True, False)), ((0, 1), (True, True))):
        for rule in (RULES[np.matmul], RULES[np.dot]):
            assert tuple(x is not None for x in rule.residuals(a @ b, (a, b), {}, argnums)[:2]) == kept
        operands, *_ = RULES[np.einsum].residuals(a @ b, (a, b), {}, argnums)
        assert tuple(x is not None for x in operands) == kept


# ---------------------------------------------------------------------------------------------
# What is refused, and what is not


@pytest.mark.parametrize("make", [scipy.sparse.csr_array, scipy.sparse.csc_matrix, scipy.sparse.coo_array])
def test_products_with_sparse_matrices_are_refused_at_once(make):
    s = make(np.array([[1.0, 0.0], [0.0, 2.0], [3.0, 0.0]]))
    x = np.ones(2)
    for derivative in (lambda f: adlib.jvp(f, (x,), (x,)), lambda f: adlib.vjp(f, x)):
        for f, words in (
            (
                lambda x: x @ s.T,
                f"^@ of a traced value \\(shape \\(2,\\), float64\\) and a {type(s.T).__name__}, .*toarray",
            ),
            (lambda x: np.stack([x, x]) @ s.T, "^@ of a traced value"),
            (lambda x: x * s, "^\\* of a traced value"),
        ):
            with pytest.raises(adlib.TracedValueError, match=words) as error:
                derivative(f)
            assert any("test_products.py" in note for note in error.value.__notes__)
        for f in (lambda x: s @ x, lambda x: s.dot(x)):  # SciPy asks for a plain array
            with pytest.raises(adlib.TracedValueError, match="would lose its derivative"):
                derivative(f)
    close(adlib.grad(lambda x: np.sum(x @ s.T.toarray()))(x), [4.0, 2.0], "vjp by algebra")


def test_settings_by_position_and_by_name():
    x = np.array([[1.0, 2.0], [3.0, 0.0]])
    for f in (lambda x: np.max(x, 0, None, False, 2.5), lambda x: np.max(x, 0, initial=2.5)):
        assert np.array_equal(f(x), [3.0, 2.5])
        close(adlib.jacrev(f)(x), [[[0, 0], [1, 0]], [[0, 0], [0, 0]]], "vjp by algebra")
    for f in (
        lambda x: np.choose([5, -1], [x[0], x[1]], mode="clip"),
        lambda x: np.choose([5, -1], [x[0], x[1]], None, "clip"),
    ):
        close(adlib.jacrev(f)(x), [[[0, 0], [1, 0]], [[0, 1], [0, 0]]], "vjp by algebra")
    with pytest.raises(ValueError, match="invalid entry"):
        adlib.grad(lambda x: np.sum(np.choose([5, -1], [x[0], x[1]])))(x)
    if hasattr(np, "vecdot"):
        for copy in (False, True, None):
            assert np.array_equal(
                adlib.grad(lambda x, copy=copy: np.sum(np.reshape(x, (4,), copy=copy) ** 2))(x), 2 * x
            )


@pytest.mark.parametrize("product", ["A @ x", "np.tensordot(A, x, 1)", "np.inner(A, x)", "np.einsum('ij,j->i', A, x)"])
def test_every_form_of_a_product_keeps_one_constant_once(product):
    A = np.eye(3) * 0.5
    step = eval(f"lambda x: {product}", {"np": np, "A": A})
    run = ReverseRun(lambda x: step(step(step(x))), [np.ones(3)], keep=True)
    arrays = {id(x): x for x in flatten(run.trace.residuals())[0] if isinstance(x, np.ndarray)}
    assert [x.shape for x in arrays.values()] == [(3, 3)]


AXES = [((2, 3, 4), (4, 3, 5), ([2, 1], [0, 1])), ((2, 3, 4), (4, 2, 3), ([0, 2, 1], [1, 0, 2])), ((2,), (3,), 0)]


@pytest.mark.parametrize("shape_a, shape_b, axes", AXES)
def test_the_axes_of_tensordot_in_any_order(shape_a, shape_b, axes):
    a, b = (np.random.default_rng(k).normal(size=s) for k, s in enumerate((shape_a, shape_b)))
    f = lambda a, b: np.tensordot(a, b=b, axes=axes)  # noqa: E731
    g = np.cos(np.arange(f(a, b).size)).reshape(f(a, b).shape)
    a_bar, b_bar = adlib.vjp(f, a, b)[1](g)
    ours, theirs = (a_bar, b_bar), jax.vjp(lambda a, b: jnp.tensordot(a, b, axes), a, b)[1](g)
    for mine, right in zip(ours, theirs):
        np.testing.assert_allclose(mine, right, rtol=1e-12, atol=1e-12)


def test_tensordot_sums_over_two_axes_if_not_told():
    rng = np.random.default_rng(3)
    a, b, w = rng.normal(size=(2, 3, 4)), rng.normal(size=(3, 4, 5)), rng.normal(size=(2, 5))
    for transform in (adlib.grad, adlib.jacfwd):
        got = [transform(lambda a, b: np.sum(np.tensordot(a, b) * w), k)(a, b) for k in (0, 1)]
        np.testing.assert_allclose(got[0], np.einsum("ij,kmj->ikm", w, b), rtol=1e-13)
        np.testing.assert_allclose(got[1], np.einsum("ij,ikm->kmj", w, a), rtol=1e-13)


def test_several_matrices_and_one_right_hand_side():
    rng = np.random.default_rng(4)
    a, b, da, db = rng.normal(size=(2, 3, 3)) + 3.0 * np.eye(3), *(rng.normal(size=s) for s in ((3,), (2, 3, 3), (3,)))
    value, tangent = adlib.jvp(np.linalg.solve, (a, b), (da, db))
    w = rng.normal(size=(2, 3))
    a_bar, b_bar = adlib.vjp(np.linalg.solve, a, b)[1](w)
    expected_b = np.zeros(3)
    for k in range(2):
        inverse = np.linalg.inv(a[k])
        np.testing.assert_allclose(value[k], inverse @ b, rtol=1e-12)
        np.testing.assert_allclose(tangent[k], inverse @ (db - da[k] @ inverse @ b), rtol=1e-11)
        np.testing.assert_allclose(a_bar[k], -np.outer(inverse.T @ w[k], inverse @ b), rtol=1e-11)
        expected_b += inverse.T @ w[k]
    np.testing.assert_allclose(b_bar, expected_b, rtol=1e-11)
