"""Reverse mode: gradients, pullbacks, and the types they come in."""

import numpy as np
import pytest

import adlib
from adlib import grad, value_and_grad, vjp

TYPES = {
    "float": (2.0, float),
    "np.float64": (np.float64(2.0), np.float64),
    "np.float32": (np.float32(2.0), np.float32),
    "np.float16": (np.float16(2.0), np.float16),
    "np.longdouble": (np.longdouble(2.0), np.longdouble),
    "0-d array": (np.array(2.0), np.ndarray),
    "0-d array of float32": (np.array(2.0, np.float32), np.ndarray),
    "array": (np.full(2, 2.0), np.ndarray),
    "array of float32": (np.full((2, 1), 2.0, np.float32), np.ndarray),
}
FUNCTIONS = {
    "identity": (lambda x: np.sum(x), 1.0),
    "square": (lambda x: np.sum(x * x), 4.0),
    "division": (lambda x: np.sum(8.0 / x), -2.0),
    "power": (lambda x: np.sum(x**3), 12.0),
    "maximum": (lambda x: np.sum(np.maximum(x, 1.0)), 1.0),
    "tie": (lambda x: np.sum(np.maximum(x, 2.0)), 0.5),
    "float64 constant": (lambda x: np.sum(x * np.array([3.0])), 3.0),
    "constant": (lambda x: 5.0, 0.0),
    "indexing": (lambda x: np.sum(np.reshape(x, (-1,))[::-1] * 2.0), 2.0),
    "where": (lambda x: np.sum(np.where(x > 1, x * 3.0, 0.0)), 3.0),
}


@pytest.mark.parametrize("kind", TYPES)
@pytest.mark.parametrize("function", FUNCTIONS)
def test_gradients_have_the_type_of_the_argument(kind, function):
    x, expected_type = TYPES[kind]
    f, slope = FUNCTIONS[function]
    value, gradient = value_and_grad(f)(x)
    assert value == f(x)
    assert type(gradient) is expected_type
    assert np.shape(gradient) == np.shape(x)
    assert np.asarray(gradient).dtype == np.asarray(x).dtype
    np.testing.assert_array_equal(gradient, np.full(np.shape(x), slope))
    (pulled,) = vjp(f, x)[1](1.0)
    assert type(pulled) is expected_type
    np.testing.assert_array_equal(pulled, gradient)


def test_a_result_that_is_an_array_of_no_dimension():
    assert grad(lambda x: np.reshape(np.sum(x * x), ()))(3.0) == 6.0
    np.testing.assert_array_equal(grad(lambda x: x)(np.array(3.0)), 1.0)


def test_a_pullback_may_be_called_again():
    x = np.array([1.0, 2.0])
    _, pullback = vjp(lambda x: x * x, x)
    first = pullback(np.array([1.0, 0.0]))[0].copy()
    np.testing.assert_array_equal(pullback(np.array([0.0, 1.0]))[0], [0.0, 4.0])
    np.testing.assert_array_equal(pullback(np.array([1.0, 0.0]))[0], first)


def test_a_pullback_inside_an_outer_function():
    # The product of a Jacobian, from the transpose of its transpose.
    x, v = np.array([1.0, 2.0]), np.array([0.5, -1.0])
    f = lambda x: np.stack([x[0] * x[1], np.sin(x[0]), x[1] ** 2])  # noqa: E731
    _, pullback = vjp(f, x)
    _, transposed = vjp(pullback, np.zeros(3))
    np.testing.assert_allclose(transposed((v,))[0], adlib.jvp(f, (x,), (v,))[1], rtol=1e-15)


def test_cotangents_of_some_results_only():
    x = np.array([1.0, 2.0])
    _, pullback = vjp(lambda x: (x * x, np.sin(x)), x)
    np.testing.assert_array_equal(pullback((np.ones(2), np.zeros(2)))[0], 2 * x)


def test_a_function_that_returns_its_arguments():
    value, pullback = vjp(lambda x, y: (y, x, x), 1.0, 2.0)
    assert value == (2.0, 1.0, 1.0)
    assert pullback((10.0, 1.0, 5.0)) == (6.0, 10.0)


def test_grad_of_a_method_and_of_a_callable_object():
    class Model:
        def __init__(self, a):
            self.a = a

        def loss(self, x):
            return np.sum(self.a * x * x)

        __call__ = loss

    model = Model(np.array([1.0, 2.0]))
    for f in (model.loss, model):
        np.testing.assert_array_equal(grad(f)(np.ones(2)), [2.0, 4.0])
        assert adlib.make_graph(f)(np.ones(2)).nodes


def test_a_recorded_list_is_walked_once():
    # Cost: each operation is pulled back once, whatever the number of its uses.
    calls = []

    @adlib.primitive
    def counted(x):
        return x * 2.0

    adlib.rule(counted, lambda t, y, x: 2.0 * t[0], lambda g, y, x: (calls.append(1), (2.0 * g,))[1])

    def f(x):
        for _ in range(10):
            y = counted(x)
            x = y + y * y
        return x

    grad(f)(0.001)
    assert len(calls) == 10


def test_what_nothing_depends_on_is_not_pulled_back():
    @adlib.primitive
    def unused(x):
        return x * 2.0

    def fail(g, y, x):
        raise AssertionError

    adlib.rule(unused, lambda t, y, x: 2.0 * t[0], fail)
    assert grad(lambda x: (unused(x), x * x)[1])(3.0) == 6.0
