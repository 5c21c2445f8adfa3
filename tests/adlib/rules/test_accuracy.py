"""Derivatives at extreme arguments: no overflow, no cancellation, no NaN where the answer is finite."""

import itertools
import math

import numpy as np
import pytest
from scipy.special import i1

import adlib
from adlib.rules.arithmetic import power_derivative

INF = np.inf

# A function, a point, and its partial derivatives there.
EXTREMES = {
    "expm1 far left": (np.expm1, (-40.0,), (np.exp(-40.0),)),
    "log1p near 0": (np.log1p, (1e-18,), (1.0,)),
    "sqrt of a tiny number": (np.sqrt, (1e-300,), (0.5e150,)),
    "cbrt of a huge number": (np.cbrt, (1e300,), (1e-200 / 3,)),
    "arctan2, tiny": (np.arctan2, (1e-200, 1e-200), (0.5e200, -0.5e200)),
    "arctan2, huge": (np.arctan2, (1e200, 1e200), (0.5e-200, -0.5e-200)),
    "hypot, tiny": (np.hypot, (3e-200, 4e-200), (0.6, 0.8)),
    "hypot, huge": (np.hypot, (3e200, 4e200), (0.6, 0.8)),
    "arcsinh, huge": (np.arcsinh, (1e200,), (1e-200,)),
    "arccosh, huge": (np.arccosh, (1e200,), (1e-200,)),
    "arccosh near 1": (np.arccosh, (1 + 2.0**-40,), (2.0**20 / np.sqrt(2 + 2.0**-40),)),
    "arcsin near 1": (np.arcsin, (1 - 2.0**-40,), (2.0**20 / np.sqrt(2 - 2.0**-40),)),
    "arctanh near 1": (np.arctanh, (1 - 2.0**-40,), (2.0**40 / (2 - 2.0**-40),)),
    "division, huge": (np.divide, (1e200, 1e200), (1e-200, -1e-200)),
    "division, tiny": (np.divide, (1e-200, 1e-200), (1e200, -1e200)),
    "logaddexp, far apart": (np.logaddexp, (1000.0, -1000.0), (1.0, 0.0)),
    "logaddexp, one at -inf": (np.logaddexp, (-INF, 2.0), (0.0, 1.0)),
    "logaddexp, one at inf": (np.logaddexp, (INF, 2.0), (1.0, 0.0)),
    "logaddexp, both at -inf": (np.logaddexp, (-INF, -INF), (0.5, 0.5)),
    "logaddexp, both at inf": (np.logaddexp, (INF, INF), (0.5, 0.5)),
    "logaddexp, equal and far from 0": (np.logaddexp, (1e6, 1e6 + 1), (1 / (1 + np.e), np.e / (1 + np.e))),
    "logaddexp2, one at -inf": (np.logaddexp2, (2.0, -INF), (1.0, 0.0)),
    "power at 0": (np.power, (0.0, 3.0), (0.0, 0.0)),
    "power 0 of 0": (np.power, (0.0, 0.0), (0.0, 0.0)),
    "power 1 of 0": (np.power, (0.0, 1.0), (1.0, 0.0)),
    "negative base": (lambda x: x**3, (-2.0,), (12.0,)),
    "negative base, fractional type": (lambda x: x**3.0, (-2.0,), (12.0,)),
    "power of 0 with a negative exponent": (np.power, (0.0, -1.0), (-INF, -INF)),
    "power of inf with a negative exponent": (np.power, (INF, -1.0), (0.0, 0.0)),
    "power with an exponent at inf": (np.power, (0.3, INF), (0.0, 0.0)),
    "power with an exponent at -inf": (np.power, (2.0, -INF), (0.0, 0.0)),
    "square of 0": (lambda x: x**2, (0.0,), (0.0,)),
    "exp of -inf": (np.exp, (-INF,), (0.0,)),
    "tanh of inf": (np.tanh, (INF,), (0.0,)),
    "arctan of inf": (np.arctan, (INF,), (0.0,)),
    "arctan, huge": (np.arctan, (1e200,), (0.0,)),
    "arctan2 far to the right": (np.arctan2, (1.0, INF), (0.0, 0.0)),
    "arctan2 far on the diagonal": (np.arctan2, (INF, INF), (0.0, 0.0)),
    "hypot, one at inf": (np.hypot, (-INF, 2.0), (-1.0, 0.0)),
    "hypot, both at inf": (np.hypot, (INF, -INF), (np.sqrt(0.5), -np.sqrt(0.5))),
    "i0 of inf": (np.i0, (INF,), (INF,)),
    "i0 of 700": (np.i0, (700.0,), (i1(700.0),)),
    "sqrt of -0": (np.sqrt, (-0.0,), (INF,)),
    "log of -0": (np.log, (-0.0,), (INF,)),
    "log2 of -0": (np.log2, (-0.0,), (INF,)),
    "fmod where the quotient rounds": (np.fmod, (1.0, 0.1), (1.0, -9.0)),
    "fmod where the quotient rounds, again": (np.fmod, (0.84, 0.02), (1.0, -41.0)),
    "remainder where the quotient rounds": (np.remainder, (1.0, 0.1), (1.0, -9.0)),
    "remainder of a tiny negative number": (np.remainder, (-1e-20, 1.0), (1.0, 1.0)),
    "fmod by inf": (np.fmod, (1.0, INF), (1.0, 0.0)),
    "norm at 0": (lambda x: np.linalg.norm(x * np.ones(2)), (0.0,), (0.0,)),
    "root of a float at 0": (lambda x: x**0.5, (0.0,), (INF,)),
}


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("kind", EXTREMES)
@pytest.mark.parametrize("number", [float, np.float64, np.array])
def test_extreme_arguments(kind, number):
    f, xs, partials = EXTREMES[kind]
    xs = tuple(number(x) for x in xs)
    gradient = adlib.grad(f, tuple(range(len(xs))))(*xs)
    np.testing.assert_allclose(gradient, partials, rtol=1e-13)
    for k, expected in enumerate(partials):
        direction = tuple(float(i == k) for i in range(len(xs)))
        # The tangent of the other argument is 0, and 0 times an infinite slope is NaN.
        if np.all(np.isfinite(partials)):
            np.testing.assert_allclose(adlib.jvp(f, xs, direction)[1], expected, rtol=1e-13)


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_second_derivatives_at_corners():
    second = adlib.derivative(adlib.derivative(lambda x: x**2))
    assert second(0.0) == 2.0
    assert adlib.derivative(adlib.derivative(lambda x: x**3))(0.0) == 0.0
    assert adlib.derivative(adlib.derivative(lambda x: x**1.5))(0.0) == INF
    assert adlib.derivative(adlib.derivative(lambda x: x**1))(0.0) == 0.0
    np.testing.assert_array_equal(
        adlib.hessian(lambda x: np.sum(x ** np.array([0.0, 1.0, 2.0, 3.0])))(np.zeros(4)), np.diag([0.0, 0.0, 2.0, 0.0])
    )
    np.testing.assert_array_equal(
        adlib.hessian(lambda x: np.sum(np.abs(x) * x))(np.array([-1.0, 0.0, 1.0])), np.diag([-2.0, 0.0, 2.0])
    )


def compositions(f, xs):
    """The matrix of second partial derivatives of a function of numbers, by each pair of modes.

    Only the argument that is differentiated by is traced, so no tangent of 0 meets an infinite slope.
    """

    def alone(f, i, mode):
        def partial(*xs):
            g = lambda t: f(*xs[:i], t, *xs[i + 1 :])  # noqa: E731
            return adlib.jvp(g, (xs[i],), (1.0,))[1] if mode == "forward" else adlib.vjp(g, xs[i])[1](1.0)[0]

        return partial

    n = range(len(xs))
    return {
        f"{outer} over {inner}": [[alone(alone(f, i, inner), j, outer)(*xs) for j in n] for i in n]
        for outer, inner in itertools.product(("forward", "reverse"), repeat=2)
    }


LOG2 = math.log(2)
SECOND = {  # a function, a point, and its second partial derivatives there
    "x**y at y = 0": (np.power, (2.0, 0.0), [[0, 0.5], [0.5, LOG2**2]]),
    "x**y at y = 1": (np.power, (2.0, 1.0), [[0, 1 + LOG2], [1 + LOG2, 2 * LOG2**2]]),
    "x**y at y = 2": (np.power, (2.0, 2.0), [[2, 2 + 4 * LOG2], [2 + 4 * LOG2, 4 * LOG2**2]]),
    "x**y at x = 0, y = 1": (np.power, (0.0, 1.0), [[0, -INF], [-INF, 0]]),
    "x**y at x = 0, y = 2": (np.power, (0.0, 2.0), [[2, 0], [0, 0]]),
    "x**y at x = 0, y = 3": (np.float_power, (0.0, 3.0), [[0, 0], [0, 0]]),
    "x**y at x = inf, y = -1": (np.power, (INF, -1.0), [[0, 0], [0, 0]]),
    "logaddexp, equal": (np.logaddexp, (1.0, 1.0), [[0.25, -0.25], [-0.25, 0.25]]),
    "logaddexp, both at -inf": (np.logaddexp, (-INF, -INF), [[0, 0], [0, 0]]),
    "logaddexp2, one at -inf": (np.logaddexp2, (-INF, 3.0), [[0, 0], [0, 0]]),
    "hypot on an axis": (np.hypot, (0.0, 2.0), [[0.5, 0], [0, 0]]),
    "hypot at inf": (np.hypot, (INF, 2.0), [[0, 0], [0, 0]]),
    # A cone has no curvature at its tip: the one of hypot(x, y)**2 must not come out as 0.
    "hypot at 0": (np.hypot, (0.0, 0.0), np.full((2, 2), np.nan)),
    "hypot**2 at 0": (lambda x, y: np.hypot(x, y) ** 2, (0.0, 0.0), np.full((2, 2), np.nan)),
    "arctan2 on an axis": (np.arctan2, (0.0, 2.0), [[0, -0.25], [-0.25, 0]]),
    "arctan2 at inf": (np.arctan2, (1.0, INF), [[0, 0], [0, 0]]),
    "arctan at inf": (np.arctan, (INF,), [[0]]),
    "arcsinh at inf": (np.arcsinh, (-INF,), [[0]]),
    "arccosh at inf": (np.arccosh, (INF,), [[0]]),
    "arcsin near 0": (np.arcsin, (1e-9,), [[1e-9]]),
    "arctanh near 0": (np.arctanh, (1e-9,), [[2e-9]]),
    "tanh near 0": (np.tanh, (1e-9,), [[-2e-9]]),
    "arctan near 0": (np.arctan, (1e-9,), [[-2e-9]]),
    "arcsin at 1": (np.arcsin, (1.0,), [[INF]]),
    "arccosh at 1": (np.arccosh, (1.0,), [[-INF]]),
    "arctanh at 1": (np.arctanh, (1.0,), [[INF]]),
    "sqrt at -0": (np.sqrt, (-0.0,), [[-INF]]),
    "cbrt at inf": (np.cbrt, (INF,), [[0]]),
    "sinc at 0": (np.sinc, (0.0,), [[-(math.pi**2) / 3]]),
    "i0 at 0": (np.i0, (0.0,), [[0.5]]),
    "fmod": (np.fmod, (1.0, 0.1), [[0, 0], [0, 0]]),
    "equal arguments of a maximum": (lambda x, y: np.maximum(x, y) ** 2, (3.0, 3.0), [[0.5, 0.5], [0.5, 0.5]]),
}


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("kind", SECOND)
def test_second_derivatives_at_special_points(kind):
    f, xs, expected = SECOND[kind]
    for modes, found in compositions(f, tuple(map(np.float64, xs))).items():
        np.testing.assert_allclose(found, expected, rtol=1e-13, atol=1e-15, err_msg=modes)


def test_a_third_derivative_by_base_and_exponent():
    third = adlib.derivative(adlib.derivative(adlib.derivative(lambda t: (2.0 + t) ** t)))
    # The logarithm of the power is t log(2 + t), with the derivatives log 2, 1, -3/4 at 0.
    np.testing.assert_allclose(third(0.0), LOG2**3 + 3 * LOG2 - 3 / 4, rtol=1e-14)


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("dtype", [np.float16, np.float32])
@pytest.mark.parametrize("f", [np.cbrt, np.arctan, np.log10, np.arcsin, np.sinc, np.i0, np.exp2, np.arcsinh])
def test_few_digits_are_all_right(f, dtype):
    """The point is a number of the type; what float64 finds there is right to more digits than it has."""
    eps = np.finfo(dtype).eps
    for x in map(dtype, (6e-5, 1e-3, 0.1, 0.9, -0.3, 9.0, -300.0, 60000.0)):
        plain = f(np.float64(x))
        if not np.isfinite(plain) or abs(plain) > np.finfo(dtype).max or f is np.log10 and x < 0:
            continue
        slopes = [adlib.derivative(f)(z) for z in (x, np.float64(x))]
        curves = [adlib.derivative(adlib.grad(f))(z) for z in (x, np.float64(x))]
        for found, right in (slopes, curves):
            assert found.dtype == dtype
            if abs(right) < np.finfo(dtype).max:
                np.testing.assert_allclose(
                    found, right, rtol=16 * eps, atol=2 * float(np.finfo(dtype).smallest_subnormal)
                )


LONG_PI = 4 * np.arctan(np.longdouble(1))
LONG = {
    np.exp2: lambda x: np.log(np.longdouble(2)) * np.exp2(x),
    np.log2: lambda x: 1 / (np.log(np.longdouble(2)) * x),
    np.log10: lambda x: 1 / (np.log(np.longdouble(10)) * x),
    np.deg2rad: lambda x: np.deg2rad(np.longdouble(1)),
    np.degrees: lambda x: np.degrees(np.longdouble(1)),
    np.tanh: lambda x: 1 / np.cosh(x) ** 2,
    np.arctan: lambda x: 1 / (1 + x * x),
    np.sinc: lambda x: np.cos(LONG_PI * x) / x - np.sin(LONG_PI * x) / (LONG_PI * x) / x,
    np.std: lambda x: np.longdouble(0),
}


@pytest.mark.parametrize("f", LONG, ids=lambda f: f.__name__)
def test_long_numbers_keep_their_digits(f):
    x = np.longdouble("0.7")
    for slope in (adlib.jvp(f, (x,), (np.longdouble(1),))[1], adlib.grad(f)(x)):
        assert slope.dtype == np.longdouble
        np.testing.assert_allclose(slope, LONG[f](x), rtol=10 * np.finfo(np.longdouble).eps)


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_zero_times_an_infinite_slope():
    # sqrt(x)**2 has the slope 1 at 0 and x * sqrt(x) has 0: reverse mode sees an adjoint of 0 in both.
    for f in (
        lambda x: np.sqrt(x) ** 2,
        lambda x: x * np.sqrt(x),
        lambda x: np.cbrt(x) ** 3,
        lambda x: np.exp(np.log(x)),
    ):
        assert np.isnan(adlib.grad(f)(0.0)), f
        assert np.isnan(adlib.jvp(f, (0.0,), (1.0,))[1]) or f(1.0) == 1.0
    # Forward mode knows what does not move, unless it moves only later: the root of x * x is |x|.
    x = np.array([0.0, 4.0])
    np.testing.assert_array_equal(adlib.jacfwd(np.sqrt)(x), [[INF, 0.0], [0.0, 0.25]])
    square = lambda x: np.sum(np.sqrt(x * x) ** 2)  # noqa: E731
    for outer, inner in itertools.product((adlib.jacfwd, adlib.jacrev), repeat=2):
        assert np.isnan(outer(inner(square))(np.zeros(1)))


def test_not_a_number_goes_through():
    x = np.array([1.0, np.nan, 2.0])
    np.testing.assert_array_equal(np.isnan(adlib.grad(lambda x: np.sum(np.sin(x) * x))(x)), [False, True, False])


def test_a_polynomial_of_a_high_power_is_fitted_at_large_points():
    # Linear in y: the slopes are the coefficients of the unit vectors, which NumPy computes.
    x = np.linspace(1000.0, 5000.0, 6)
    expected = np.stack([np.polyfit(x, e, 4) for e in np.eye(6)], -1)
    for jacobian in (adlib.jacrev, adlib.jacfwd):
        np.testing.assert_allclose(jacobian(lambda y: np.polyfit(x, y, 4))(np.cos(x)), expected, rtol=1e-11)


def test_the_slopes_of_a_power_have_the_digits_of_its_base():
    x = np.array(["1.1", "2.7"], np.longdouble)
    found = power_derivative(x, 2.5, 1, 0)
    assert found.dtype == x.dtype
    np.testing.assert_allclose(found, 2.5 * x ** np.longdouble(1.5), rtol=8 * np.finfo(x.dtype).eps)


def test_coefficients_in_a_list_have_all_their_digits():
    x, p = np.float32(0.7), [1.1, 2.2, 3.3]
    value, tangent = adlib.jvp(lambda x: np.polyval(p, x), (x,), (np.float32(1.0),))
    assert value.dtype == tangent.dtype == np.float64
    assert tangent == pytest.approx(2.2 * float(x) + 2.2, rel=1e-15)


@pytest.mark.parametrize("dtype", [np.float64, np.longdouble])
def test_the_slopes_of_a_variance_have_the_digits_of_its_argument(dtype):
    x, dx = np.array(["1.1", "2.7", "-0.3", "0.6"], dtype), np.array(["0.1", "0.7", "1.3", "-0.8"], dtype)
    expected = np.sum((x - np.mean(x)) * dx) / 2
    rtol = 8 * np.finfo(dtype).eps
    np.testing.assert_allclose(adlib.jvp(np.var, (x,), (dx,))[1], expected, rtol=rtol)
    np.testing.assert_allclose(np.sum(adlib.grad(np.var)(x) * dx), expected, rtol=rtol)
