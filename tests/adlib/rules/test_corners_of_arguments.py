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


# ---------------------------------------------------------------------------------------------
# Axes of a number, digits, and the dtype of a tangent


ON_NUMBERS = {
    "max with initial=": (lambda x: np.max(x, axis=0, initial=1.0), 1.0),
    "nanmax": (lambda x: np.nanmax(x, axis=-1), 1.0),
    "nanprod": (lambda x: np.nanprod(x, axis=0), 1.0),
    "nancumsum": (lambda x: np.nancumsum(x, axis=-1), [1.0]),
    "nancumprod": (lambda x: np.nancumprod(x, axis=0), [1.0]),
    "cumprod": (lambda x: np.cumprod(x, axis=-1), [1.0]),
    "take": (lambda x: np.take(x, [0, 0], axis=-1), [1.0, 1.0]),
    "compress": (lambda x: np.compress([True], x, axis=0), [1.0]),
    "logaddexp2.reduce": (lambda x: np.logaddexp2.reduce(x, axis=-1), 1.0),
}


@pytest.mark.parametrize("name", ON_NUMBERS)
@pytest.mark.parametrize("x", [2.0, np.array(2.0)], ids=["float", "0-d"])
def test_the_first_axis_of_a_number(name, x):
    f, right = ON_NUMBERS[name]
    value, tangent = adlib.jvp(f, (x,), (1.0,))
    assert np.array_equal(value, f(x)) and np.array_equal(tangent, right)
    ones = np.ones(np.shape(value))
    assert adlib.vjp(f, x)[1](ones)[0] == np.sum(right)
    assert adlib.jvp(lambda x: adlib.vjp(f, x)[1](ones)[0], (x,), (1.0,))[1] == 0.0


@pytest.mark.parametrize("f", [np.take, np.take_along_axis, np.diff])
def test_an_axis_that_is_not_there_is_refused_as_numpy_does(f):
    arguments = {np.take: ([0],), np.take_along_axis: (np.zeros((1, 1), int),), np.diff: ()}[f]
    for transformed in (lambda g, x: g(x), lambda g, x: adlib.jvp(g, (x,), (x,))):
        with pytest.raises(np.exceptions.AxisError):
            transformed(lambda x: f(x, *arguments, axis=3), np.ones((2, 2)))


LONG_QUOTIENTS = {
    "x / 3": (lambda x: x / 3, lambda x: 1 / np.longdouble(3)),
    "np.divide(x, 0.7)": (lambda x: np.divide(x, 0.7), lambda x: 1 / np.longdouble(0.7)),
    "x**0.1": (lambda x: x**0.1, lambda x: x ** np.longdouble(0.1) * np.longdouble(0.1) / x),
    "0.3**x": (lambda x: 0.3**x, lambda x: np.log(np.longdouble(0.3)) * np.longdouble(0.3) ** x),
    "mean": (lambda x: np.mean(np.stack([x, x * x, x]), where=True), lambda x: (2 + 2 * x) / 3),
}


@pytest.mark.parametrize("text", LONG_QUOTIENTS)
def test_a_number_beside_a_long_one_takes_no_digits_away(text):
    f, slope = LONG_QUOTIENTS[text]
    x, one = np.longdouble("0.7"), np.longdouble(1)
    second = adlib.jvp(slope, (x,), (one,))[1]  # exact to the last digits, by the same numbers in longdouble
    tolerance = 16 * np.finfo(np.longdouble).eps
    for found in (adlib.jvp(f, (x,), (one,))[1], adlib.grad(f)(x)):
        assert found.dtype == np.longdouble
        np.testing.assert_allclose(found, slope(x), rtol=tolerance)
    for found in (adlib.jvp(adlib.grad(f), (x,), (one,))[1], adlib.grad(adlib.grad(f))(x)):
        np.testing.assert_allclose(found, second, rtol=tolerance)


@pytest.mark.parametrize("f", [np.add, np.subtract, np.maximum, lambda x, y: np.where(x > 0, x, y)])
def test_a_tangent_has_the_dtype_of_its_value(f):
    seen = []

    @adlib.primitive
    def look(x):
        return np.asarray(x) * 1.0

    adlib.rule(look, lambda t, y, x: seen.append((t[0].dtype, y.dtype)) or t[0], lambda g, y, x: [g])
    x = np.ones(2, np.float16)
    adlib.jvp(lambda x: look(f(x, np.zeros(2))), (x,), (x,))
    adlib.jvp(lambda x: adlib.jvp(lambda z: look(f(z, np.zeros(2))), (x,), (x,))[1], (x,), (x,))
    assert set(seen) == {(np.dtype(float), np.dtype(float))}


def test_a_remainder_whose_leading_coefficients_are_rounding():
    u, v = np.array([1e20, 3.0, 1.0, 7.0]), np.array([3.0, 0.7])
    value, tangent = adlib.jvp(np.polydiv, (u, v), (u, 0 * v))
    for found, plain in zip((*value, *tangent), np.polydiv(u, v) * 2):
        assert found.shape == plain.shape
    np.testing.assert_allclose(tangent[0], np.polydiv(u, v)[0], rtol=1e-14)
    assert adlib.jvp(np.polydiv, (np.array([0.0, 1.0]), np.ones(3)), (np.ones(2), np.ones(3)))[1][1].shape == (1,)


@pytest.mark.parametrize("extreme", [np.maximum, np.minimum])
def test_running_extremes_share_equally_and_keep_what_is_not_finite(extreme):
    sign = 1.0 if extreme is np.maximum else -1.0
    f = extreme.accumulate
    x = sign * np.array([1.0, 1.0, 0.0, 1.0, np.inf, np.inf, np.nan, 5.0])
    v = np.array([3.0, 6.0, 100.0, 9.0, 1.0, 2.0, 7.0, 8.0])
    right = [3.0, 4.5, 4.5, 6.0, 1.0, 1.5, 7.0, 7.0]
    np.testing.assert_allclose(adlib.jvp(f, (x,), (v,))[1], right, rtol=1e-15)
    w = np.arange(1.0, 9.0)
    np.testing.assert_allclose(adlib.vjp(f, x)[1](w)[0] @ v, w @ right, rtol=1e-15)


def test_piecewise_leaves_zero_where_nothing_holds_and_keeps_signs():
    x = np.array([-0.0, 1.0, 2.0])
    f = lambda x: np.piecewise(x, [x == 0, x == 1], [lambda t: t, lambda t: t * t])  # noqa: E731
    g = lambda x: np.piecewise(x, [x == 1], [lambda t: t * t])  # noqa: E731
    value, tangent = adlib.jvp(f, (x,), (np.ones(3),))
    assert np.signbit(value[0]) and np.array_equal(tangent, [1.0, 2.0, 0.0])
    assert np.array_equal(adlib.vjp(g, x)[1](np.ones(3))[0], [0.0, 2.0, 0.0])
