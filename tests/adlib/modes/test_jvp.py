"""Forward mode: what goes in and what comes out."""

import numbers

import numpy as np
import pytest

import adlib
from adlib import derivative, jvp
from adlib.modes.forward import push


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
        assert type(value) is type(plain)
        if np.asarray(plain).dtype == np.asarray(x).dtype:  # older NumPy promotes scalars
            assert type(value) is value_type and type(tangent) is tangent_type
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


METHODS = {
    "sum": lambda x: x.sum(axis=0, where=np.array([True, False, True]), initial=2.0),
    "sum in order": lambda x: x.sum(1, None, None, True),
    "mean": lambda x: x.mean(-1, keepdims=True),
    "reshape": lambda x: x.reshape(3, 2) * x.reshape((3, -1), order="F"),
    "ravel": lambda x: x.ravel("F") * x.flatten() * x.flatten("F"),
    "transpose": lambda x: x.transpose(1, 0) @ x.T.transpose() @ x.transpose((1, 0)) @ x.transpose().T,
    "swapaxes": lambda x: x.swapaxes(0, -1) * x.T,
    "squeeze": lambda x: x[:, None].squeeze(1) * x[:, None].squeeze(axis=1),
    "dot": lambda x: x.dot(np.arange(3.0)),
    "copy and type": lambda x: x.copy(order="C") * x.astype(float, copy=False),
    "extremes": lambda x: x.max(axis=0) * x.min() + x.clip(0.5, 1.9).sum(),
    "products": lambda x: x.prod(1) + x.cumprod(0)[0, 1] + x.cumsum()[2],
    "spread": lambda x: x.std(ddof=1) + x.var(0),
    "parts": lambda x: x.real * x.conj() + x.imag,
    "picking": lambda x: x.take([0, 0, 2], axis=1).diagonal() * x.trace() * x.repeat(2)[3],
    "constants": lambda x: (
        x * x.round(1) + x.argmax() + x.any() + x.nonzero()[0][0] + x.size + x.ndim + len(x) + x.shape[1]
    ),
}


@pytest.mark.parametrize("method", METHODS)
def test_methods_of_arrays(method):
    f = METHODS[method]
    x, v = np.arange(1.0, 7.0).reshape(2, 3) / 3, np.arange(6.0).reshape(2, 3) - 2.5
    value, tangent = jvp(f, (x,), (v,))
    np.testing.assert_array_equal(value, f(x))
    h = 1e-6
    np.testing.assert_allclose(tangent, (f(x + h * v) - f(x - h * v)) / (2 * h), rtol=1e-7, atol=1e-7)
    adlib.check_grads(f, (x,), order=2)


def test_a_traced_number_is_a_number():
    for f in (lambda x: x * x if np.isscalar(x) else 0.0, lambda x: x * x if isinstance(x, numbers.Real) else 0.0):
        assert adlib.grad(f)(3.0) == 6.0
    assert adlib.grad(lambda x: np.sum(x) if not np.isscalar(x) else 0.0)(np.ones(2)).tolist() == [1.0, 1.0]


def operations(f, *args):
    """How many operations a function carries out, as its graph counts them."""
    return sum(node.op not in ("input", "constant") for node in adlib.make_graph(f)(*args).nodes)


W = np.array([[0.5, -0.2, 0.1], [0.3, 0.4, -0.6], [0.2, 0.1, 0.7]])


@pytest.mark.parametrize(
    "f, x, forward, pullback",
    [
        (lambda x: ((x + x) + x) + (x + x), 0.7, 2.0, 1.0),
        (lambda x: x + 1.0, 0.7, 1.0, 0.0),
        (lambda x: (x * x) * (x * x), 0.7, 4.0, 3.0),
        (lambda x: x * 2.0, 0.7, 2.0, 1.0),
        (lambda x: x / x, 0.7, 6.0, 5.0),
        (np.exp, 0.7, 2.0, 1.0),
        (np.sin, 0.7, 3.0, 2.0),
        (np.log, 0.7, 4.0, 3.0),
        (lambda x: x**3, 0.7, 4.0, 3.0),
        (lambda x: np.sum(np.tanh(W @ np.tanh(W @ x))), np.ones(3), 2.4, 1.6),
    ],
)
def test_the_cost_that_the_docstrings_state(f, x, forward, pullback):
    once = operations(f, x)
    assert operations(lambda x, v: adlib.jvp(f, (x,), (v,)), x, x) == forward * once
    w = np.ones(np.shape(f(x)))[()]
    assert operations(lambda x, w: adlib.vjp(f, x)[1](w), x, w) == pytest.approx((1 + pullback) * once)


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64, np.longdouble])
def test_the_tangent_of_a_constant_result_has_its_dtype(dtype):
    # Where one function runs in the place of another, its tangents go on as they are.
    values, tangents, _ = push(lambda x: (np.ones(3, dtype), dtype(2)), [1.0], [1.0])
    assert [t.dtype for t in tangents] == [y.dtype for y in values] == [np.dtype(dtype)] * 2
    assert not np.any(tangents[0]) and tangents[1] == 0


class Quiet(np.ndarray):
    """A class with a way of its own, which asks the others in turn, as NumPy's guide tells it to."""

    def __array_ufunc__(self, ufunc, method, *args, **kwargs):
        args = [x.view(np.ndarray) if isinstance(x, Quiet) else x for x in args]
        return super().__array_ufunc__(ufunc, method, *args, **kwargs)


def test_an_array_of_a_class_with_a_way_of_its_own():
    a = np.array([1.0, 2.0, 3.0]).view(Quiet)
    for f in (lambda x: x * a, lambda x: a * x, lambda x: np.multiply(x, a), lambda x: np.multiply.outer(x, a)):
        for slope in (derivative(f), adlib.jacrev(f)):
            np.testing.assert_array_equal(slope(2.0), a.view(np.ndarray))
