"""What an argument is when it is left out: the call that says it gives the same, the call with another value does not."""

import numpy as np
import pytest

import adlib
from adlib import optimize

A = np.random.default_rng(0).normal(size=(6, 6))
A = A + A.T
w = np.linspace(0.5, 1.5, 6)


def L(x):
    return np.sum(x**3) + np.prod(x)


def bowl(x):
    return A @ A @ x


def of(estimate):
    return [estimate.value, estimate.samples, estimate.evaluations]


def spectrum(**given):
    found = adlib.spectral_density(A, 6, 0, 2, 3, **given)
    return [*found.nodes, found.width, found.grid]


# A call with an argument or without, what it is by default, and another value.
CASES = {
    "heavy_ball momentum": (lambda **k: optimize.heavy_ball(bowl, w, 0.01, 5, **k).points, {"momentum": 0.9}, {"momentum": 0.8}),
    "adam beta1": (lambda **k: optimize.adam(bowl, w, 0.1, 5, **k).points, {"beta1": 0.9}, {"beta1": 0.8}),
    "adam beta2": (lambda **k: optimize.adam(bowl, w, 0.1, 5, **k).points, {"beta2": 0.999}, {"beta2": 0.99}),
    "adam eps": (lambda **k: optimize.adam(lambda w: 1e-8 * w, w, 0.1, 5, **k).points, {"eps": 1e-8}, {"eps": 1e-7}),
    "descent cost": (lambda **k: optimize.gradient_descent(bowl, w, 0.01, 5, **k).evaluations, {"cost": 1}, {"cost": 2}),
    "heavy_ball cost": (lambda **k: optimize.heavy_ball(bowl, w, 0.01, 5, **k).evaluations, {"cost": 1}, {"cost": 2}),
    "nesterov cost": (lambda **k: optimize.nesterov(bowl, w, 0.01, 5, **k).evaluations, {"cost": 1}, {"cost": 2}),
    "adam cost": (lambda **k: optimize.adam(bowl, w, 0.01, 5, **k).evaluations, {"cost": 1}, {"cost": 2}),
    "step value": (lambda **k: adlib.difference_step("central", **k), {"value": 1.0}, {"value": 2.0}),
    "step derivative": (lambda **k: adlib.difference_step("central", **k), {"derivative": 1.0}, {"derivative": 2.0}),
    "step dtype": (lambda **k: adlib.difference_step("central", **k), {"dtype": float}, {"dtype": np.float32}),
    "slope scheme": (lambda **k: adlib.directional_difference(L, w, w, **k), {"scheme": "central"}, {"scheme": "forward"}),
    "differences scheme": (lambda **k: adlib.finite_difference(L, w, **k), {"scheme": "central"}, {"scheme": "forward"}),
    "estimate distribution": (lambda **k: of(adlib.zero_order_gradient(L, w, 0, **k)), {"distribution": "sphere"}, {"distribution": "gaussian"}),
    "estimate m": (lambda **k: of(adlib.zero_order_gradient(L, w, 0, **k)), {"m": 1}, {"m": 2}),
    "estimate scheme": (lambda **k: of(adlib.zero_order_gradient(L, w, 0, **k)), {"scheme": "central"}, {"scheme": "forward"}),
    "estimate orthonormal": (lambda **k: of(adlib.zero_order_gradient(L, w, 0, m=2, **k)), {"orthonormal": False}, {"orthonormal": True}),
    "forward distribution": (lambda **k: of(adlib.forward_gradient(L, w, 0, **k)), {"distribution": "gaussian"}, {"distribution": "sphere"}),
    "forward m": (lambda **k: of(adlib.forward_gradient(L, w, 0, **k)), {"m": 1}, {"m": 2}),
    "forward orthonormal": (lambda **k: of(adlib.forward_gradient(L, w, 0, "sphere", 2, **k)), {"orthonormal": False}, {"orthonormal": True}),
    "directions orthonormal": (lambda **k: adlib.random_directions("sphere", 2, 3, 0, **k), {"orthonormal": False}, {"orthonormal": True}),
    "trace distribution": (lambda **k: of(adlib.hutchinson(A, 6, 0, 3, **k)), {"distribution": "rademacher"}, {"distribution": "gaussian"}),
    "diagonal distribution": (lambda **k: of(adlib.hutchinson_diagonal(A, 6, 0, 3, **k)), {"distribution": "rademacher"}, {"distribution": "gaussian"}),
    "hutchpp distribution": (lambda **k: of(adlib.hutchpp(A, 6, 0, 6, **k)), {"distribution": "rademacher"}, {"distribution": "gaussian"}),
    "spectrum distribution": (spectrum, {"distribution": "rademacher"}, {"distribution": "coordinate"}),
    "spectrum points": (spectrum, {"points": 401}, {"points": 400}),
    "spectrum dtype": (spectrum, {"dtype": float}, {"dtype": np.float16}),
    "grad argnums": (lambda **k: adlib.grad(lambda x, y: L(x) * y[0], **k)(w, w), {"argnums": 0}, {"argnums": 1}),
    "value_and_grad argnums": (lambda **k: adlib.value_and_grad(lambda x, y: L(x) * y[0], **k)(w, w)[1], {"argnums": 0}, {"argnums": 1}),
    "hessian argnums": (lambda **k: adlib.hessian(lambda x, y: L(x) * y[0], **k)(w, w), {"argnums": 0}, {"argnums": 1}),
    "jacfwd argnums": (lambda **k: adlib.jacfwd(lambda x, y: x * y * y, **k)(w, 3 * w), {"argnums": 0}, {"argnums": 1}),
    "jacrev argnums": (lambda **k: adlib.jacrev(lambda x, y: x * y * y, **k)(w, 3 * w), {"argnums": 0}, {"argnums": 1}),
    "jacobian argnums": (lambda **k: adlib.jacobian(lambda x, y: x * y * y, **k)(w, 3 * w), {"argnums": 0}, {"argnums": 1}),
}  # fmt: skip


def same(one, other):
    """Whether two results, of several arrays perhaps, are equal."""
    if isinstance(one, (list, tuple)):
        return len(one) == len(other) and all(map(same, one, other))
    return np.array_equal(one, other)


@pytest.mark.parametrize("name", CASES)
def test_a_default_is_what_the_documentation_says(name):
    call, default, other = CASES[name]
    assert same(call(), call(**default))
    assert not same(call(), call(**other))


def test_arguments_keep_their_places():
    """The calls that the book writes without names."""
    twins = [
        (optimize.gradient_descent(bowl, w, 0.01, 3, L, 2), optimize.gradient_descent(bowl, w, step=0.01, iterations=3, loss=L, cost=2)),
        (optimize.heavy_ball(bowl, w, 0.01, 3, 0.5, L, 2), optimize.heavy_ball(bowl, w, 0.01, 3, momentum=0.5, loss=L, cost=2)),
        (optimize.nesterov(bowl, w, 0.01, 3, 0.5, L, 2), optimize.nesterov(bowl, w, 0.01, 3, momentum=0.5, loss=L, cost=2)),
        (optimize.adam(bowl, w, 0.01, 3, 0.5, 0.6, 1e-3, L, 2), optimize.adam(bowl, w, 0.01, 3, beta1=0.5, beta2=0.6, eps=1e-3, loss=L, cost=2)),
    ]  # fmt: skip
    for placed, named in twins:
        assert same([placed.points, placed.losses, placed.evaluations], [named.points, named.losses, named.evaluations])
    assert same(
        adlib.difference_step("central", 2.0, 3.0, np.float32),
        adlib.difference_step("central", value=2.0, derivative=3.0, dtype=np.float32),
    )
    assert same(
        adlib.finite_difference(L, w, 0.1, "forward"), adlib.finite_difference(L, w, step=0.1, scheme="forward")
    )
    found = [of(adlib.zero_order_gradient(L, w, 0, "coordinate", 2, 0.1, "forward", False, True)),
             of(adlib.zero_order_gradient(L, w, rng=0, distribution="coordinate", m=2, step=0.1, scheme="forward", vectorized=False, orthonormal=True))]  # fmt: skip
    assert same(*found)


def test_the_directions_of_a_check_are_those_of_the_seed_0():
    def visited(**given):
        points = []

        def f(x):
            if type(x) is np.ndarray:
                points.append(x.copy())
            return L(x)

        adlib.check_grads(f, (w,), **given)
        return np.stack(points)

    np.testing.assert_array_equal(visited(), visited(seed=0))
    assert not np.array_equal(visited(), visited(seed=1))
