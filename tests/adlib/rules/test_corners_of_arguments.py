"""Corners of arguments: positional twins of keywords, flags in lower case, knots, NaN, powers of 0, guards from both sides."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import adlib
from tests.adlib import oracles  # noqa: F401  (JAX in double precision)

RNG = np.random.default_rng(11)
A, B = RNG.normal(size=(3, 4)), RNG.normal(size=(4, 3))
S = RNG.normal(size=(4, 4))
MASK = RNG.uniform(size=(3, 4)) < 0.7
MASK[0] = True
PICK = np.array([[0, 1, 1, 0]] * 3)


def derivatives(f, x):
    """The Jacobian by columns, forward, and by rows, in reverse."""
    return adlib.jacfwd(f)(x), adlib.jacrev(f)(x)


def evaluated(code):
    return lambda x: eval(code, {"np": np, "x": x, "A": A, "B": B, "MASK": MASK, "PICK": PICK})


TWINS = {
    "np.max(x, 0, None, False, 0.5)": "np.max(x, axis=0, initial=0.5)",
    "np.max(x, 0, None, True, -9.0, MASK)": "np.max(x, axis=0, keepdims=True, initial=-9.0, where=MASK)",
    "np.min(x, 1, None, False, -0.5)": "np.min(x, axis=1, initial=-0.5)",
    "np.sum(x, 0, None, None, False, 2.0)": "np.sum(x, axis=0, initial=2.0)",
    "np.sum(x, 0, None, None, True, 2.0, MASK)": "np.sum(x, axis=0, keepdims=True, initial=2.0, where=MASK)",
    "np.prod(x, 1, None, None, True, 2.0, MASK)": "np.prod(x, axis=1, keepdims=True, initial=2.0, where=MASK)",
    "np.mean(x, 0, None, None, True)": "np.mean(x, axis=0, keepdims=True)",
    "np.var(x, 0, None, None, 1, True)": "np.var(x, axis=0, ddof=1, keepdims=True)",
    "np.std(x, 1, None, None, 1)": "np.std(x, axis=1, ddof=1)",
    "np.nanmax(x, 0, None, False, 0.5)": "np.nanmax(x, axis=0, initial=0.5)",
    "np.nansum(x, 0, None, None, False, 2.0, MASK)": "np.nansum(x, axis=0, initial=2.0, where=MASK)",
    "np.ptp(x, 0, None, True)": "np.ptp(x, axis=0, keepdims=True)",
    "np.cumsum(x, 1)": "np.cumsum(x, axis=1)",
    "np.median(x, 0, None, False, True)": "np.median(x, axis=0, keepdims=True)",
    "np.quantile(x, 0.3, 0, None, False, 'hazen', True)": "np.quantile(x, 0.3, axis=0, method='hazen', keepdims=True)",
    "np.average(x, 1, A[0], False)": "np.average(x, axis=1, weights=A[0])",
    "np.cov(x, None, False)": "np.cov(x, rowvar=False)",
    "np.cov(x, A, True, True)": "np.cov(x, y=A, bias=True)",
    "np.cov(x, None, True, False, 0)": "np.cov(x, ddof=0)",
    "np.cov(x, None, True, False, None, [1, 2, 1, 3], [0.5, 1.0, 2.0, 0.1])": "np.cov(x, fweights=[1, 2, 1, 3], aweights=[0.5, 1.0, 2.0, 0.1])",
    "np.corrcoef(x, None, False)": "np.corrcoef(x, rowvar=False)",
    "np.diff(x, 2, 0)": "np.diff(x, n=2, axis=0)",
    "np.diff(x, 1, 1, x[:, :1], x[:, :1])": "np.diff(x, axis=1, prepend=x[:, :1], append=x[:, :1])",
    "np.ediff1d(x, x[0], x[1])": "np.ediff1d(x, to_end=x[0], to_begin=x[1])",
    "np.interp(x, [-0.5, 0.5], [1.0, 3.0], -7.0, 7.0)": "np.interp(x, [-0.5, 0.5], [1.0, 3.0], left=-7.0, right=7.0)",
    "np.interp(x, [0.0, 0.5], [1.0, 3.0], None, None, 0.9)": "np.interp(x, [0.0, 0.5], [1.0, 3.0], period=0.9)",
    "np.reshape(x, (2, 6), 'F')": "np.reshape(x, (2, 6), order='F')",
    "np.ravel(x, 'F')": "np.ravel(x, order='F')",
    "np.repeat(x, 2, 1)": "np.repeat(x, 2, axis=1)",
    "np.roll(x, 1, 0)": "np.roll(x, 1, axis=0)",
    "np.take(x, [5, -1], 1, None, 'clip')": "np.take(x, [5, -1], axis=1, mode='clip')",
    "np.choose(PICK, [x, 2.0 * x], None, 'wrap')": "np.choose(PICK, [x, 2.0 * x], mode='wrap')",
    "np.trace(x, 1, 1, 0)": "np.trace(x, offset=1, axis1=1, axis2=0)",
    "np.diagonal(x, 1, 1, 0)": "np.diagonal(x, offset=1, axis1=1, axis2=0)",
    "np.tensordot(x, B, 1)": "np.tensordot(x, B, axes=1)",
    "np.cross(x, A, 0, 0, 1)": "np.cross(x, A, axisa=0, axisb=0, axisc=1)",
    "np.cross(x, A, -1, -1, -1, 0)": "np.cross(x, A, axis=0)",
    "np.nan_to_num(x, True, 1.0)": "np.nan_to_num(x, copy=True, nan=1.0)",
    "np.unwrap(9.0 * x, 1.0, 0)": "np.unwrap(9.0 * x, discont=1.0, axis=0)",
    "np.linalg.norm(x, 1, 0, True)": "np.linalg.norm(x, ord=1, axis=0, keepdims=True)",
    "np.linalg.svd(x, False, False)": "np.linalg.svd(x, full_matrices=False, compute_uv=False)",
    "np.linalg.svd(x, False, True, False)[1]": "np.linalg.svd(x, full_matrices=False, hermitian=False)[1]",
    "np.linalg.pinv(x, 1e-15)": "np.linalg.pinv(x, rcond=1e-15)",
    "np.linalg.pinv(x, 1e-15, False)": "np.linalg.pinv(x, rcond=1e-15)",
    "np.linalg.qr(x @ B, 'r')": "np.linalg.qr(x @ B, mode='r')",
    "np.linalg.eigh(x @ x.T, 'U')[0]": "np.linalg.eigh(x @ x.T, UPLO='U')[0]",
    "np.linalg.eigvalsh(x @ B, 'U')": "np.linalg.eigvalsh(x @ B, UPLO='U')",
}


@pytest.mark.parametrize("code", TWINS)
def test_an_argument_counts_the_same_by_its_place_and_by_its_name(code):
    placed, named = evaluated(code), evaluated(TWINS[code])
    np.testing.assert_array_equal(placed(A), named(A))
    for by_place, by_name in zip(derivatives(placed, A), derivatives(named, A), strict=True):
        np.testing.assert_allclose(by_place, by_name, rtol=1e-13, atol=1e-14)
    forward, reverse = derivatives(placed, A)
    np.testing.assert_allclose(forward, reverse, rtol=1e-10, atol=1e-12)
    h = 1e-6
    direction = RNG.normal(size=A.shape)
    slope = (placed(A + h * direction) - placed(A - h * direction)) / (2 * h)
    np.testing.assert_allclose(adlib.jvp(placed, (A,), (direction,))[1], slope, rtol=1e-5, atol=1e-7)


HERMITIAN = {
    "np.linalg.pinv(x, 1e-15, True)": "np.linalg.pinv(x, 1e-15, False)",
    "np.linalg.pinv(x, hermitian=True)": "np.linalg.pinv(x, hermitian=False)",
    "np.linalg.svd(x, True, False, True)": "np.linalg.svd(x, True, False, False)",
    "np.linalg.svd(x, compute_uv=False, hermitian=True)": "np.linalg.svd(x, compute_uv=False, hermitian=False)",
}


@pytest.mark.parametrize("code", HERMITIAN)
def test_hermitian_is_refused_by_its_place_and_by_its_name_and_only_where_it_is_true(code):
    for mode in (adlib.jacfwd, adlib.jacrev):
        with pytest.raises(adlib.TracedValueError, match="with hermitian=True"):
            mode(evaluated(code))(S + S.T)
        assert np.all(np.isfinite(mode(evaluated(HERMITIAN[code]))(S + S.T)))


@pytest.mark.parametrize("x", [S, A], ids=["square", "wide"])
def test_a_complete_qr_is_the_reduced_one_unless_the_matrix_is_tall(x):
    both = [
        lambda x, m=mode: np.concatenate([np.ravel(f) for f in np.linalg.qr(x, m)]) for mode in ("complete", "reduced")
    ]
    for complete, reduced in zip(*[derivatives(f, x) for f in both], strict=True):
        np.testing.assert_allclose(complete, reduced, rtol=1e-12, atol=1e-13)
    for mode in (adlib.jacfwd, adlib.jacrev):
        with pytest.raises(adlib.TracedValueError, match="use mode='reduced'"):
            mode(lambda x: np.linalg.qr(x, "complete")[1])(B)


@pytest.mark.skipif(np.lib.NumpyVersion(np.__version__) < "2.1.0", reason="np.reshape has no copy")
@pytest.mark.parametrize("copy", [None, True, False])
def test_reshape_takes_copy(copy):
    for jacobian in derivatives(lambda x: np.reshape(x, (12,), copy=copy), A):
        np.testing.assert_array_equal(jacobian.reshape(12, 12), np.eye(12))
    # The tangent of the sum is three numbers, each seen four times, which cannot be reshaped without a copy.
    tangent = adlib.jvp(lambda s: np.reshape(s + A, (12,), copy=copy), (A[:, :1],), (np.array([[1.0], [2.0], [3.0]]),))[
        1
    ]
    np.testing.assert_array_equal(tangent, np.repeat([1.0, 2.0, 3.0], 4))


@pytest.mark.parametrize(("mode", "expected"), [("clip", [10.0, 1.0, 10.0, 10.0]), ("wrap", [10.0, 1.0, 1.0, 10.0])])
def test_choose_beyond_the_last_choice(mode, expected):
    place = np.array([1, 0, 4, 9])
    f = lambda x: np.choose(place, [x, 10.0 * x], mode=mode)  # noqa: E731
    for jacobian in derivatives(f, np.ones(4)):
        np.testing.assert_array_equal(np.diag(jacobian), expected)
    with pytest.raises(ValueError, match="invalid entry"):
        adlib.grad(lambda x: np.sum(np.choose(place, [x, 10.0 * x])))(np.ones(4))


@pytest.mark.parametrize("uplo", ["l", "u"])
def test_a_triangle_may_be_named_in_lower_case(uplo):
    for f in (
        lambda a, flag: np.linalg.eigvalsh(a, flag),
        lambda a, flag: np.linalg.eigh(a, flag)[0],
        lambda a, flag: (lambda w, v: v @ (w[:, None] ** 2 * v.T))(*np.linalg.eigh(a, UPLO=flag)),
    ):
        small, large = (derivatives(lambda a, u=u, f=f: f(a, u), S) for u in (uplo, uplo.upper()))
        assert np.max(np.abs(large[0])) > 0.1
        for one, other in zip(small, large, strict=True):
            np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("order", ["c", "f"])
def test_an_order_may_be_named_in_lower_case(order):
    for f in (
        lambda x, order: np.reshape(x, (2, 6), order=order),
        lambda x, order: np.ravel(x, order),
        lambda x, order: x.reshape(6, 2, order=order),
        lambda x, order: x.flatten(order),
    ):
        np.testing.assert_array_equal(f(A, order), f(A, order.upper()))
        for small, large in zip(*[derivatives(lambda x, o=o, f=f: f(x, o), A) for o in (order, order.upper())]):
            np.testing.assert_array_equal(small, large)


@pytest.mark.parametrize(
    ("name", "inside", "outside"),
    [("sqrt", (4.0,), (-1.0,)), ("log", (4.0,), (-1.0,)), ("log2", (4.0,), (-1.0,)), ("log10", (4.0,), (-1.0,)),
     ("arccos", (0.5,), (2.0,)), ("arcsin", (0.5,), (-2.0,)), ("arctanh", (0.5,), (2.0,)),
     ("power", (4.0, 0.5), (-4.0, 0.5)), ("logn", (2.0, 4.0), (2.0, -4.0))],
)  # fmt: skip
def test_functions_of_scimath_are_refused_outside_the_real_numbers_and_only_there(name, inside, outside):
    f = lambda *x: getattr(np.lib.scimath, name)(*x)  # noqa: E731
    last = len(inside) - 1
    for derive in (adlib.grad, adlib.jacfwd):
        assert np.isfinite(derive(f, last)(*inside))
        with pytest.raises(
            adlib.TracedValueError, match=rf"^numpy\.lib\.scimath\.{name} on a traced value \(shape \(\), float64\): "
        ):
            derive(f, last)(*outside)


# Powers.


@pytest.mark.parametrize("exponent", [0, 0.0, np.float64(0.0), np.zeros(3), np.zeros(3, int)], ids=repr)
def test_the_power_0_is_constant_at_0_too(exponent):
    x = np.array([0.0, -2.0, 3.0])
    with np.errstate(all="raise"):
        for f in (lambda x: x**exponent, lambda x: np.power(x, exponent), lambda x: np.float_power(x, exponent)):
            for jacobian in derivatives(f, x):
                np.testing.assert_array_equal(jacobian, 0.0)
    np.testing.assert_array_equal(adlib.hessian(lambda x: np.sum(x**exponent))(x), 0.0)


def test_exponents_among_which_are_0_1_and_2():
    exponents = np.array([0.0, 1.0, 2.0, 3.0])
    for f in (lambda x: x**exponents, lambda x: np.stack([x[0] ** 0, x[1] ** 1, x[2] ** 2, x[3] ** 3])):
        with np.errstate(all="raise"):
            for jacobian in derivatives(f, np.zeros(4)):
                np.testing.assert_array_equal(np.diag(jacobian), [0.0, 1.0, 0.0, 0.0])


# NaN, knots and zero values.


@pytest.mark.parametrize("function", [np.max, np.min, np.amax, np.amin], ids=lambda f: f.__name__)
def test_nan_takes_the_slope_where_it_is_the_extreme(function):
    for x, expected in [([1.0, np.nan, 2.0], [0.0, 1.0, 0.0]), ([np.nan, 5.0, np.nan, -5.0], [0.5, 0.0, 0.5, 0.0])]:
        for slope in derivatives(function, np.array(x)):
            np.testing.assert_array_equal(slope, expected)


INTERP = [
    # knots, values there, points, slopes: at a knot that of the piece on its right, at the last that on its left
    ([0.0, 1.0, 2.0], [0.0, 1.0, 5.0], [-1.0, 0.0, 1.0, 2.0, 3.0], [0.0, 1.0, 4.0, 4.0, 0.0]),
    ([0.0, 1.0, 1.0, 2.0], [0.0, 1.0, 2.0, 5.0], [1.0, 1.5], [3.0, 3.0]),
    ([0.0, 1.0, 1.0], [0.0, 1.0, 2.0], [0.5, 1.0], [1.0, 0.0]),
    ([1.0], [4.0], [0.0, 1.0, 2.0], [0.0, 0.0, 0.0]),
]


@pytest.mark.parametrize(("xp", "fp", "x", "slopes"), INTERP)
def test_interp_at_its_knots(xp, fp, x, slopes):
    with np.errstate(all="raise"):
        for jacobian in derivatives(lambda x: np.interp(x, xp, fp), np.array(x)):
            np.testing.assert_array_equal(np.diag(jacobian), slopes)


@pytest.mark.parametrize("period", [2.0, -2.0])
def test_interp_with_a_period_has_no_outside(period):
    x = np.array([-0.5, 0.25, 1.5, 3.9])
    f = lambda x: np.interp(x, [0.0, 1.0], [0.0, 3.0], left=50.0, right=70.0, period=period)  # noqa: E731
    for jacobian in derivatives(f, x):
        np.testing.assert_allclose(np.diag(jacobian), [-3.0, 3.0, -3.0, -3.0])
    values = lambda fp: np.interp(x, [0.0, 1.0], fp, left=fp[0], right=fp[1], period=period)  # noqa: E731
    for jacobian in derivatives(values, np.array([0.0, 3.0])):
        np.testing.assert_allclose(np.sum(jacobian, axis=1), 1.0)


def test_singular_values_that_are_zero_have_the_slope_0():
    a, da = np.diag([1.0, 0.0]), np.diag([0.0, 1.0])
    values = lambda a: np.linalg.svd(a, compute_uv=False)  # noqa: E731
    np.testing.assert_array_equal(adlib.jvp(values, (a,), (da,))[1], [0.0, 0.0])
    np.testing.assert_array_equal(adlib.vjp(values, a)[1](np.ones(2))[0], np.diag([1.0, 0.0]))


# Defaults.


@pytest.mark.parametrize("ddof", [None, 0, 1, 2])
@pytest.mark.parametrize("bias", [False, True])
@pytest.mark.parametrize("weights", ["none", "f", "a", "both"])
def test_every_divisor_of_a_covariance(ddof, bias, weights):
    given = {"fweights": np.array([1, 3, 2, 2])} if weights in ("f", "both") else {}
    given |= {"aweights": np.array([0.5, 1.0, 2.0, 0.7])} if weights in ("a", "both") else {}
    numbers = RNG.normal(size=(3, 3))
    f = lambda xp, x: xp.sum(numbers * xp.cov(x, bias=bias, ddof=ddof, **given))  # noqa: E731
    theirs = jax.grad(lambda x: f(jnp, x))(A)
    np.testing.assert_allclose(adlib.grad(lambda x: f(np, x))(A), theirs, rtol=1e-11, atol=1e-12)
    np.testing.assert_allclose(adlib.jacfwd(lambda x: f(np, x))(A), theirs, rtol=1e-11, atol=1e-12)


CROSSES = [
    ((3,), (3,), {}),
    ((4, 3), (3,), {}),
    ((3,), (4, 3), {}),
    ((2, 4, 3), (4, 3), {}),
    ((2, 3), (2, 3), {"axisc": 0}),
    ((3, 4), (4, 3), {"axisa": 0}),
    ((4, 3), (3, 4), {"axisb": 0}),
    ((3, 4, 2), (3, 4, 2), {"axis": 0}),
    ((4, 3, 2), (4, 3, 2), {"axis": -2}),
    ((2, 4, 3), (2, 4, 3), {"axisc": 1}),
]


@pytest.mark.parametrize(("first", "second", "axes"), CROSSES)
def test_cross_products_along_any_axis(first, second, axes):
    a, b = RNG.normal(size=first), RNG.normal(size=second)
    numbers = RNG.normal(size=np.cross(a, b, **axes).shape)
    f = lambda xp, a, b: xp.sum(numbers * xp.cross(a, b, **axes))  # noqa: E731
    theirs = jax.grad(lambda a, b: f(jnp, a, b), (0, 1))(a, b)
    for derivative in (adlib.grad, adlib.jacfwd):
        for ours, expected in zip(derivative(lambda a, b: f(np, a, b), (0, 1))(a, b), theirs, strict=True):
            np.testing.assert_allclose(ours, expected, rtol=1e-13, atol=1e-14)


@pytest.mark.filterwarnings("ignore:Arrays of 2-dimensional vectors:DeprecationWarning")
@pytest.mark.parametrize("shapes", [((2,), (2,)), ((4, 2), (2,)), ((2,), (3,)), ((4, 3), (4, 2))])
def test_cross_products_of_vectors_in_the_plane(shapes):
    a, b = (RNG.normal(size=shape) for shape in shapes)
    try:
        value = np.cross(a, b)
    except ValueError:
        pytest.skip("this NumPy has none")
    numbers = RNG.normal(size=value.shape)
    g = adlib.grad(lambda a, b: np.sum(numbers * np.cross(a, b)), (0, 1))(a, b)
    for k, x in enumerate((a, b)):  # linear in each factor, so a difference has no truncation
        expected = np.zeros(x.shape)
        for i in np.ndindex(x.shape):
            e = np.zeros(x.shape)
            e[i] = 1.0
            pair = (e, b) if k == 0 else (a, e)
            expected[i] = np.sum(numbers * np.cross(*pair))
        np.testing.assert_allclose(g[k], expected, rtol=1e-13, atol=1e-14)
