"""Linear maps, Jacobians and second derivatives, made of the two modes."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import adlib
from adlib import gauss_newton_product, grad, hessian, hvp, hvp_operator, jacfwd, jacobian, jacrev, jvp, linearize, vjp
from tests.adlib.oracles import close

X = np.array([0.3, -0.8, 1.1])
V = np.array([1.0, 0.5, -2.0])


def curve(xp, x):
    return xp.stack([x[0] * xp.sin(x[1]), xp.exp(x[2]) * x[0], x[1] ** 2, xp.sum(x)])


def loss(xp, x):
    return xp.sum(xp.log(1.0 + x * x)) + x[0] * x[1] ** 2 * xp.tanh(x[2])


def f(x):
    return curve(np, x)


def g(x):
    return loss(np, x)


def test_linearize():
    value, push = linearize(f, X)
    np.testing.assert_array_equal(value, f(X))
    for v in (V, X, np.zeros(3)):
        close(push(v), jvp(f, (X,), (v,))[1], "linearize", 1e-14)
    runs = []
    _, push = linearize(lambda x: (runs.append(1), f(x))[1], X)
    push(V), push(X)
    assert len(runs) == 1


def test_linearize_trees_and_numbers():
    value, push = linearize(lambda p, s: {"y": p["w"] * s, "z": s}, {"w": X}, 2.0)
    out = push({"w": V}, 1.0)
    np.testing.assert_allclose(out["y"], 2.0 * V + X)
    assert out["z"] == 1.0 and value["z"] == 2.0
    value, push = linearize(np.sin, 0.5)
    assert push(2.0) == pytest.approx(2.0 * np.cos(0.5), rel=1e-15)
    _, push = linearize(lambda x: (3.0, x), 0.5)
    assert push(2.0) == (0.0, 2.0)
    # A function that is linear already: its transposed pullback has no residuals.
    _, push = linearize(lambda x: 2.0 * x, X)
    np.testing.assert_allclose(push(V), 2.0 * V)


def test_linearize_is_differentiable_in_the_direction():
    close(grad(lambda v: np.sum(linearize(f, X)[1](v)))(V), np.sum(jacfwd(f)(X), axis=0), "linearize", 1e-13)
    close(
        grad(lambda x: np.sum(linearize(f, x)[1](V)))(X),
        jvp(lambda x: vjp(f, x)[1](np.ones(4))[0], (X,), (V,))[1],
        "linearize",
        1e-13,
    )


@pytest.mark.parametrize("jac", [jacobian, jacfwd, jacrev])
def test_jacobian(jac):
    close(jac(f)(X), jax.jacfwd(lambda x: curve(jnp, x))(X), "jacobian")
    close(jac(lambda x: x @ V)(X), V, "jacobian")
    by_both = jac(lambda x, s: x * s, (0, 1))(X, 2.0)
    np.testing.assert_array_equal(by_both[0], 2.0 * np.eye(3))
    np.testing.assert_array_equal(by_both[1], X)
    np.testing.assert_array_equal(jac(lambda x, s: x * s, -1)(X, 2.0), X)
    tree = jac(lambda p: p["a"] * p["b"])({"a": X, "b": 2.0})
    np.testing.assert_array_equal(tree["a"], 2.0 * np.eye(3))
    np.testing.assert_array_equal(tree["b"], X)


def test_jacobian_takes_the_cheaper_mode():
    def sweeps(function, x):
        runs = []
        jacobian(lambda x: (runs.append(1), function(x))[1])(x)
        return len(runs) - 1  # one run counts the outputs

    assert sweeps(lambda x: np.stack([x, x, x, x]), 1.0) == 1
    assert sweeps(lambda x: np.sum(x), np.ones(50)) == 1
    assert sweeps(lambda x: np.sum(x) * np.ones(100), np.ones(3)) == 3


def test_hessian():
    expected = jax.hessian(lambda x: loss(jnp, x))(X)
    close(hessian(g)(X), expected, "hessian")
    assert hessian(lambda x: x**3)(2.0) == 12.0
    blocks = hessian(lambda x, y: np.sum(x**2) * y, (0, 1))(X, 2.0)
    np.testing.assert_allclose(blocks[0][0], 4.0 * np.eye(3))
    np.testing.assert_allclose(blocks[0][1], 2.0 * X)
    np.testing.assert_allclose(blocks[1][0], 2.0 * X)
    assert blocks[1][1] == 0.0
    assert hessian(lambda x: np.sum(x @ x.T))(np.ones((2, 3))).shape == (2, 3, 2, 3)


def test_hvp_and_its_operator():
    expected = hessian(g)(X) @ V
    gradient, product = hvp(g, (X,), (V,))
    np.testing.assert_array_equal(gradient, grad(g)(X))
    close(product, expected, "hvp", 1e-13)
    gradient, operator = hvp_operator(g, X)
    np.testing.assert_array_equal(gradient, grad(g)(X))
    close(operator(V), expected, "hvp", 1e-13)
    close(operator(X), hessian(g)(X) @ X, "hvp", 1e-13)
    h = lambda x, s: np.sum(x**2) * s**2  # noqa: E731
    gradient, product = hvp(h, (X, 2.0), (V, 1.0))
    close(product[0], 8.0 * V + 8.0 * X, "hvp", 1e-13)
    assert product[1] == pytest.approx(8.0 * X @ V + 2.0 * X @ X, rel=1e-13)
    gradient, operator = hvp_operator(h, X, 2.0)
    again = operator(V, 1.0)
    close(again[0], product[0], "hvp", 1e-13)
    assert again[1] == pytest.approx(product[1], rel=1e-13)
    with pytest.raises(adlib.ArgumentError, match="the product takes one tangent for each of the 2 primals, but got 1"):
        operator(V)


def test_an_operator_does_not_run_the_function_again():
    runs = []
    _, operator = hvp_operator(lambda x: (runs.append(1), g(x))[1], X)
    before = len(runs)
    operator(V), operator(X)
    assert len(runs) == before == 1


def test_second_derivatives_under_a_third():
    third = jax.grad(lambda x: jnp.sum(jax.jvp(jax.grad(lambda y: loss(jnp, y)), (x,), (jnp.asarray(V),))[1]))(
        jnp.asarray(X)
    )
    close(grad(lambda x: np.sum(hvp(g, (x,), (V,))[1]))(X), third, "third derivative")
    close(grad(lambda x: np.sum(hvp_operator(g, x)[1](V)))(X), third, "third derivative")
    close(grad(lambda x: np.sum(hessian(g)(x) @ V))(X), third, "third derivative")
    close(jvp(lambda x: np.sum(hessian(g)(x) @ V), (X,), (X,))[1], np.sum(np.asarray(third) * X), "third derivative")
    value, tangent = jvp(lambda x: jacobian(f)(x), (X,), (V,))
    np.testing.assert_allclose(value, jacfwd(f)(X))
    close(
        tangent,
        jax.jvp(jax.jacfwd(lambda x: curve(jnp, x)), (jnp.asarray(X),), (jnp.asarray(V),))[1],
        "third derivative",
    )


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_dtype(dtype):
    x, v = X.astype(dtype), V.astype(dtype)
    assert hessian(g)(x).dtype == dtype
    assert [a.dtype for a in hvp(g, (x,), (v,))] == [dtype, dtype]
    assert hvp_operator(g, x)[1](v).dtype == dtype
    assert linearize(f, x)[1](v).dtype == dtype


def test_gauss_newton_is_the_product_of_three_matrices():
    """J, H and the gradient by JAX; the loss is not a sum of squares."""
    gradient, product = gauss_newton_product(lambda y: bowl(np, y), f, (X,), (V,))
    J = np.asarray(jax.jacfwd(lambda x: curve(jnp, x))(jnp.asarray(X)))
    y = jnp.asarray(f(X))
    H = np.asarray(jax.hessian(lambda y: bowl(jnp, y))(y))
    close(product, J.T @ (H @ (J @ V)), "gauss_newton_product", 1e-13)
    close(gradient, J.T @ np.asarray(jax.grad(lambda y: bowl(jnp, y))(y)), "gauss_newton_product", 1e-13)


def bowl(xp, y):
    return xp.logaddexp(y[0], y[1]) + xp.sum(xp.cosh(y) * y[2])


def test_gauss_newton_leaves_out_the_models_curvature():
    """Hessian = Gauss-Newton + sum of the slopes of the loss times the Hessians of the model's results."""
    slopes = grad(lambda y: bowl(np, y))(f(X))
    rest = sum(s * hessian(lambda x, i=i: f(x)[i])(X) for i, s in enumerate(slopes))
    _, product = gauss_newton_product(lambda y: bowl(np, y), f, (X,), (V,))
    _, whole = hvp(lambda x: bowl(np, f(x)), (X,), (V,))
    close(product + rest @ V, whole, "gauss_newton_product", 1e-12)
    assert np.linalg.norm(rest @ V) > 0.1


def test_gauss_newton_of_several_arguments_and_trees():
    """Of a linear model it is the Hessian itself."""
    A = np.array([[1.0, 2.0, 0.0], [0.0, 1.0, -1.0]])
    model = lambda w, p: {"y": A @ w + p["b"], "z": 2.0 * p["b"]}  # noqa: E731
    squares = lambda r: np.sum(np.cosh(r["y"])) + np.sum(r["z"] ** 2)  # noqa: E731
    primals, tangents = (X, {"b": np.array([0.5, 1.0])}), (V, {"b": np.array([1.0, -1.0])})
    found = gauss_newton_product(squares, model, primals, tangents)
    expected = hvp(lambda w, p: squares(model(w, p)), primals, tangents)
    for ours, theirs in zip(found, expected):
        np.testing.assert_allclose(ours[0], theirs[0], rtol=1e-14)
        np.testing.assert_allclose(ours[1]["b"], theirs[1]["b"], rtol=1e-14)


def test_gauss_newton_has_no_negative_curvature_where_the_hessian_has():
    far = lambda y: np.sum((y - 5.0) ** 2)  # noqa: E731
    assert np.linalg.eigvalsh(hessian(lambda x: far(f(x)))(X))[0] < -1
    for v in np.random.default_rng(0).normal(size=(20, 3)):
        assert v @ gauss_newton_product(far, f, (X,), (v,))[1] >= 0


def test_gauss_newton_runs_the_model_twice():
    runs = []
    gauss_newton_product(lambda y: np.sum(y**2), lambda x: (runs.append(1), f(x))[1], (X,), (V,))
    assert len(runs) == 2


def test_gauss_newton_is_differentiable():
    squares = lambda y: np.sum(y**2) / 2  # noqa: E731
    close(
        grad(lambda v: v @ gauss_newton_product(squares, f, (X,), (v,))[1])(V),
        2 * gauss_newton_product(squares, f, (X,), (V,))[1],
        "gauss_newton_product",
        1e-13,
    )


def test_gauss_newton_refuses_a_loss_of_several_numbers():
    with pytest.raises(adlib.ArgumentError, match="gauss_newton_product"):
        gauss_newton_product(lambda y: y, f, (X,), (V,))
    with pytest.raises(adlib.ArgumentError, match="gauss_newton_product takes model as a function"):
        gauss_newton_product(np.sum, 3.0, (X,), (V,))
    with pytest.raises(adlib.ArgumentError):
        gauss_newton_product(np.sum, f, X, V)
