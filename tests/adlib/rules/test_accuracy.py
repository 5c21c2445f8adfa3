"""Derivatives at extreme arguments: no overflow, no cancellation, no NaN where the answer is finite."""

import numpy as np
import pytest

import adlib

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
    "logaddexp2, one at -inf": (np.logaddexp2, (2.0, -INF), (1.0, 0.0)),
    "power at 0": (np.power, (0.0, 3.0), (0.0, 0.0)),
    "power 0 of 0": (np.power, (0.0, 0.0), (0.0, 0.0)),
    "power 1 of 0": (np.power, (0.0, 1.0), (1.0, 0.0)),
    "negative base": (lambda x: x**3, (-2.0,), (12.0,)),
    "negative base, fractional type": (lambda x: x**3.0, (-2.0,), (12.0,)),
    "square of 0": (lambda x: x**2, (0.0,), (0.0,)),
    "exp of -inf": (np.exp, (-INF,), (0.0,)),
    "tanh of inf": (np.tanh, (INF,), (0.0,)),
    "arctan of inf": (np.arctan, (INF,), (0.0,)),
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


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_the_untaken_branch():
    # Forward mode drops what was not taken.  In reverse mode an adjoint of 0 meets
    # the infinite slope, as in JAX: the argument has to be made safe.
    x = np.array([0.0, 4.0])
    f = lambda x: np.where(x > 0, np.sqrt(x), 0.0)  # noqa: E731
    np.testing.assert_array_equal(adlib.jvp(f, (x,), (np.ones(2),))[1], [0.0, 0.25])
    safe = lambda x: np.sum(np.where(x > 0, np.sqrt(np.where(x > 0, x, 1.0)), 0.0))  # noqa: E731
    np.testing.assert_array_equal(adlib.grad(safe)(x), [0.0, 0.25])
    np.testing.assert_array_equal(adlib.hessian(safe)(x), [[0.0, 0.0], [0.0, -1 / 32]])


def test_not_a_number_goes_through():
    x = np.array([1.0, np.nan, 2.0])
    np.testing.assert_array_equal(np.isnan(adlib.grad(lambda x: np.sum(np.sin(x) * x))(x)), [False, True, False])
