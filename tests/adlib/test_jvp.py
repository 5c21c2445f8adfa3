"""Forward mode: what goes in and what comes out."""

import numpy as np
import pytest

import adlib
from adlib import derivative, jvp


def L(w1, w2):
    v2 = w2 * np.log(w1)
    return v2 + np.sqrt(v2)


def test_the_example_of_the_lecture():
    value, t1 = jvp(L, (2.0, 3.0), (1.0, 0.0))
    _, t2 = jvp(L, (2.0, 3.0), (0.0, 1.0))
    v2 = 3.0 * np.log(2.0)
    slope = 1 + 0.5 / np.sqrt(v2)
    assert value == L(2.0, 3.0)
    assert t1 == pytest.approx(1.5 * slope, rel=1e-15)
    assert t2 == pytest.approx(np.log(2.0) * slope, rel=1e-15)
    # Linear in the tangent.
    assert jvp(L, (2.0, 3.0), (2.0, -1.0))[1] == pytest.approx(2 * t1 - t2, rel=1e-14)


PRIMALS = {
    "float": (2.0, float, float),
    "np.float64": (np.float64(2.0), np.float64, np.float64),
    "np.float32": (np.float32(2.0), np.float32, np.float32),
    "0-d array": (np.array(2.0), np.float64, np.float64),
    "array": (np.ones(2), np.ndarray, np.ndarray),
    "empty": (np.ones((0, 2)), np.ndarray, np.ndarray),
}


@pytest.mark.parametrize("kind", PRIMALS)
def test_types_of_value_and_tangent(kind):
    x, value_type, tangent_type = PRIMALS[kind]
    for f in (lambda x: x * x, lambda x: x + 1.0, lambda x: 2.0 * x - x):
        value, tangent = jvp(f, (x,), (x,))
        plain = f(x)
        assert type(value) is type(plain) is value_type
        assert type(tangent) is tangent_type
        assert np.asarray(value).dtype == np.asarray(plain).dtype == np.asarray(tangent).dtype
        np.testing.assert_array_equal(value, plain)


def test_tangents_may_be_integers_and_lists_are_trees():
    assert jvp(lambda x: x * x, (3.0,), (1,)) == (9.0, 6.0)
    assert jvp(lambda xs: xs[0] * xs[1], ([3.0, 2.0],), ([1.0, 0.0],)) == (6.0, 2.0)
    assert jvp(lambda x: x * x, [3.0], [1.0]) == (9.0, 6.0)


def test_a_float64_constant_in_single_precision():
    x = np.ones(3, np.float32)
    value, tangent = jvp(lambda x: x * np.arange(3.0), (x,), (x,))
    assert value.dtype == tangent.dtype == np.float64
    value, tangent = jvp(lambda x: x * 2.5, (x,), (x,))
    assert value.dtype == tangent.dtype == np.float32
    value, tangent = jvp(lambda x: np.sum(x.astype(float)), (x,), (x,))
    assert value.dtype == tangent.dtype == np.float64


def test_derivative_of_a_curve():
    np.testing.assert_allclose(derivative(lambda t: np.stack([np.cos(t), np.sin(t)]))(0.0), [0.0, 1.0])
    assert derivative(lambda t: (t, {"a": t * t}))(3.0) == (1.0, {"a": 6.0})
    assert derivative(derivative(derivative(lambda t: t**4)))(2.0) == 48.0
    assert type(derivative(lambda t: t * t)(np.array(2.0))) is np.float64


def test_nothing_depends_on_the_order_of_inputs():
    f = lambda x, y, z: x * y + np.sin(z) / x  # noqa: E731
    xs = (1.5, 2.5, 0.5)
    total = jvp(f, xs, (1.0, 1.0, 1.0))[1]
    parts = [jvp(f, xs, tuple(float(i == k) for i in range(3)))[1] for k in range(3)]
    assert total == pytest.approx(sum(parts), rel=1e-15)


def test_no_arguments():
    assert jvp(lambda: 2.0, (), ()) == (2.0, 0.0)
    value, pullback = adlib.vjp(lambda: 2.0)
    assert value == 2.0 and pullback(1.0) == ()
