"""Jacobians by both modes, of every shape, against each other and by hand."""

import numpy as np
import pytest

import adlib
from adlib import grad, jacfwd, jacrev

BOTH = pytest.mark.parametrize("jac", [jacfwd, jacrev])


def analytic(x):
    return np.stack([x[0] * x[1], np.sin(x[0]), x[1] ** 2])


@BOTH
def test_by_hand(jac):
    x = np.array([0.5, 2.0])
    expected = [[2.0, 0.5], [np.cos(0.5), 0.0], [0.0, 4.0]]
    np.testing.assert_allclose(jac(analytic)(x), expected, rtol=1e-15)
    imaginary = np.stack([np.imag(analytic(x + 1e-200j * e)) / 1e-200 for e in np.eye(2)], axis=1)
    np.testing.assert_allclose(jac(analytic)(x), imaginary, rtol=1e-15)


SHAPES = [(), (1,), (3,), (2, 3), (0,), (2, 0), (1, 1)]


@BOTH
@pytest.mark.parametrize("shape_in", SHAPES)
@pytest.mark.parametrize("shape_out", SHAPES)
def test_shapes(jac, shape_in, shape_out):
    x = np.random.default_rng(0).normal(size=shape_in)
    a = np.random.default_rng(1).normal(size=shape_out + shape_in)
    axes = tuple(range(len(shape_out), a.ndim))
    jacobian = jac(lambda x: np.sum(a * x, axis=axes))(x)
    assert np.shape(jacobian) == shape_out + shape_in
    np.testing.assert_allclose(jacobian, a, rtol=1e-15)


@BOTH
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_dtype(jac, dtype):
    x = np.ones(3, dtype)
    assert jac(lambda x: x * np.maximum(x, 1.0) * 2.0)(x).dtype == dtype
    assert jac(lambda x: np.sum(x))(x).dtype == dtype
    assert jac(lambda x: x[:0])(x).dtype == dtype
    assert jac(lambda x: np.ones(2, dtype))(x).dtype == dtype


@BOTH
def test_of_a_python_float(jac):
    assert jac(lambda x: x * x)(3.0) == 6.0
    np.testing.assert_array_equal(jac(lambda x: np.stack([x, x * x]))(3.0), [1.0, 6.0])


def test_symmetry_of_hessians_in_all_compositions():
    a = np.random.default_rng(2).normal(size=(2, 3))
    f = lambda x: np.sum(np.sin(x * a) @ x.T)  # noqa: E731
    x = np.random.default_rng(3).normal(size=(2, 3))
    hessians = [outer(inner(f))(x) for outer in (jacfwd, jacrev) for inner in (jacfwd, jacrev)]
    for h in hessians:
        assert h.shape == (2, 3, 2, 3)
        np.testing.assert_allclose(h, hessians[0], rtol=1e-12, atol=1e-14)
        np.testing.assert_allclose(h.reshape(6, 6), h.reshape(6, 6).T, rtol=1e-12, atol=1e-14)
    np.testing.assert_allclose(jacfwd(grad(f))(x), hessians[0], rtol=1e-12, atol=1e-14)


def test_third_derivatives():
    x = np.array([0.3, 0.7])
    f = lambda x: np.sum(x**4) + x[0] ** 2 * x[1]  # noqa: E731
    expected = np.zeros((2, 2, 2))
    expected[0, 0, 0], expected[1, 1, 1] = 24 * x
    for index in ((0, 0, 1), (0, 1, 0), (1, 0, 0)):
        expected[index] += 2.0
    for a in (jacfwd, jacrev):
        for b in (jacfwd, jacrev):
            for c in (jacfwd, jacrev):
                np.testing.assert_allclose(a(b(c(f)))(x), expected, rtol=1e-12, atol=1e-13)


def test_the_function_runs_once_for_all_rows():
    runs = []
    jacrev(lambda x: (runs.append(1), x * x)[1])(np.ones(5))
    assert len(runs) == 1
    jacfwd(lambda x: (runs.append(1), x * x)[1])(np.ones(5))
    assert len(runs) == 1 + 5
    assert adlib.jacrev(lambda x: x)(np.ones(1000)).shape == (1000, 1000)


@pytest.mark.parametrize("transform", [adlib.grad, adlib.value_and_grad, adlib.jacfwd, adlib.jacrev, adlib.jacobian])
def test_none_is_no_argnums(transform):
    with pytest.raises(
        adlib.ArgumentError, match="takes argnums as whole numbers, the positions of arguments, but got None"
    ):
        transform(lambda a, b: a * b, None)(2.0, 3.0)


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64, np.longdouble])
@pytest.mark.parametrize("jacobian", [jacfwd, jacrev, adlib.jacobian])
def test_a_jacobian_without_entries_has_the_type_of_the_others(jacobian, dtype):
    x, empty = np.ones(3, dtype), np.ones((0, 2), dtype)
    for f, at, shape in [
        (lambda x: x * x, empty, (0, 2, 0, 2)),
        (lambda x: np.sum(x) * np.ones(3, dtype), empty, (3, 0, 2)),
        (lambda x: x[:0], x, (0, 3)),
        (lambda x: np.ones(2, dtype), x, (2, 3)),  # depends on nothing
        (lambda x: x * x, x, (3, 3)),
    ]:
        found = jacobian(f)(at)
        assert (found.shape, found.dtype) == (shape, dtype)
