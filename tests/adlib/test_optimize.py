"""Gradient descent and its relatives against closed forms, over every kind of oracle, and when they diverge."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import adlib
from adlib import optimize
from tests.adlib.zero_order.test_differences import refused

METHODS = {name: getattr(optimize, name) for name in ("gradient_descent", "heavy_ball", "nesterov", "adam")}
_rng = np.random.default_rng(0)
Q = np.linalg.qr(_rng.standard_normal((4, 4)))[0]
EIGENVALUES = np.array([1.0, 2.0, 5.0, 10.0])
H = Q * EIGENVALUES @ Q.T
START = _rng.standard_normal(4)


def loss(w):
    return 0.5 * w @ H @ w


def gradient(w):
    return H @ w


# Closed forms.


def test_gradient_descent_on_a_quadratic_is_a_matrix_power():
    points = optimize.gradient_descent(gradient, START, step=0.15, iterations=30).points
    step = np.eye(4) - 0.15 * H
    for k, point in enumerate(points):
        np.testing.assert_allclose(point, np.linalg.matrix_power(step, k) @ START, rtol=1e-11, atol=1e-13)


def test_constants_may_be_arrays_of_one_number():
    expected = optimize.heavy_ball(gradient, START, 0.125, 5, momentum=0.5).points
    for number in (np.array, lambda x: jnp.asarray(x, jnp.float32)):
        found = optimize.heavy_ball(gradient, START, number(0.125), 5, momentum=number(0.5)).points
        np.testing.assert_array_equal(found, expected)


def test_decreasing_steps():
    points = optimize.gradient_descent(gradient, START, step=lambda k: 0.1 / (k + 1), iterations=3).points
    expected = (np.eye(4) - H * 0.1 / 3) @ (np.eye(4) - H * 0.1 / 2) @ (np.eye(4) - H * 0.1) @ START
    np.testing.assert_allclose(points[-1], expected, rtol=1e-12)


def two_terms(a, b, iterations):
    """Points of ``w_{k+1} = A w_k + B w_{k-1}``, by powers of one matrix; the first two agree."""
    block = np.block([[a, b], [np.eye(4), np.zeros((4, 4))]])
    start = np.concatenate([START, START])
    return [(np.linalg.matrix_power(block, k) @ start)[:4] for k in range(iterations + 1)]


def test_heavy_ball_on_a_quadratic_is_a_power_of_its_companion_matrix():
    points = optimize.heavy_ball(gradient, START, step=0.1, iterations=30, momentum=0.6).points
    expected = two_terms(1.6 * np.eye(4) - 0.1 * H, -0.6 * np.eye(4), 30)
    np.testing.assert_allclose(points, expected, rtol=1e-10, atol=1e-12)


def test_nesterov_on_a_quadratic_is_a_power_of_its_companion_matrix():
    points = optimize.nesterov(gradient, START, step=0.1, iterations=30, momentum=0.6).points
    damped = np.eye(4) - 0.1 * H
    np.testing.assert_allclose(points, two_terms(1.6 * damped, -0.6 * damped, 30), rtol=1e-10, atol=1e-12)


def test_without_momentum_they_are_gradient_descent():
    plain = optimize.gradient_descent(gradient, START, 0.1, 20).points
    for method in (optimize.heavy_ball, optimize.nesterov):
        np.testing.assert_array_equal(method(gradient, START, 0.1, 20, momentum=0.0).points, plain)


def test_adam_has_the_means_of_its_definition():
    """Each step from the sums over all gradients so far, in place of the recurrences."""
    b1, b2, eps, step = 0.8, 0.95, 1e-3, 0.05
    points = optimize.adam(gradient, START, step, 25, beta1=b1, beta2=b2, eps=eps).points
    gradients = [gradient(w) for w in points]
    for k in range(1, 26):
        ages = np.arange(k - 1, -1, -1)
        mean = sum(b1**age * g for age, g in zip(ages, gradients)) / np.sum(b1**ages)
        square = sum(b2**age * g * g for age, g in zip(ages, gradients)) / np.sum(b2**ages)
        expected = points[k - 1] - step * mean / (np.sqrt(square) + eps)
        np.testing.assert_allclose(points[k], expected, rtol=1e-12)


@pytest.mark.parametrize("k", [1, 10, 57])
def test_the_worst_case_of_gradient_descent_is_attained_by_a_huber_function(k):
    """Drori and Teboulle: the gap is exactly 𝓛 R²/(4k+2)."""
    L_smooth, R = 3.0, 2.0
    bend = R / (2 * k + 1)

    def huber(w):
        return L_smooth * (w * w / 2 if abs(w) <= bend else bend * abs(w) - bend**2 / 2)

    slope = adlib.grad(lambda w: huber(w))
    history = optimize.gradient_descent(slope, R, step=1 / L_smooth, iterations=k, loss=huber)
    assert history.losses[-1] == pytest.approx(L_smooth * R**2 / (4 * k + 2), rel=1e-12)


def test_the_default_momentum_keeps_the_bound_of_the_convex_case():
    """A hard quadratic in 100 dimensions: below 2𝓛R²/(k+1)² always, where gradient descent is above it in the end."""
    n = 100
    A = (2 * np.eye(n) - np.eye(n, k=1) - np.eye(n, k=-1)) / 4
    target = np.linalg.solve(A, np.eye(n)[0])
    gap = lambda w: 0.5 * (w - target) @ A @ (w - target)  # noqa: E731
    slope = lambda w: A @ (w - target)  # noqa: E731
    k = np.arange(1, 151)
    bound = 2 * (target @ target) / (k + 1) ** 2
    fast = optimize.nesterov(slope, np.zeros(n), 1.0, 150, loss=gap).losses[1:]
    slow = optimize.gradient_descent(slope, np.zeros(n), 1.0, 150, loss=gap).losses[1:]
    assert np.all(fast <= bound)
    assert fast[-1] < slow[-1] / 3


def test_the_default_momentum_is_that_of_its_recurrence():
    """Written out for w ↦ w/2 a step: t is 1, 1.618, 2.194, ..., and the first step needs no momentum."""
    t = [1.0]
    for _ in range(12):
        t.append((1 + np.sqrt(1 + 4 * t[-1] ** 2)) / 2)
    points = [1.0, 0.5]
    for k in range(1, 12):
        ahead = points[k] + (t[k] - 1) / t[k + 1] * (points[k] - points[k - 1])
        points.append(ahead / 2)
    np.testing.assert_allclose(optimize.nesterov(lambda w: w, 1.0, 0.5, 12).points, points, rtol=1e-14)


def test_momentum_of_the_strongly_convex_case():
    kappa = 10.0
    alpha, beta = 4 / (np.sqrt(10) + 1) ** 2, ((np.sqrt(kappa) - 1) / (np.sqrt(kappa) + 1)) ** 2
    points = optimize.heavy_ball(gradient, START, alpha, 100, momentum=beta).points
    rate = (np.linalg.norm(points[90]) / np.linalg.norm(points[40])) ** (1 / 50)
    assert rate == pytest.approx(np.sqrt(beta), abs=0.02)


# Oracles.


def test_every_kind_of_oracle_fits():
    exact = optimize.gradient_descent(adlib.grad(loss), START, 0.1, 40).points
    stack = lambda ws: np.array([loss(w) for w in ws])  # noqa: E731
    oracles = {
        "differences": partial(adlib.finite_difference, loss),
        "complex step": partial(adlib.finite_difference, loss, scheme="complex"),
        "orthonormal frame": partial(
            adlib.zero_order_gradient, stack, rng=np.random.default_rng(0), m=4, orthonormal=True, vectorized=True
        ),
        "jax": jax.grad(lambda w: 0.5 * w @ jnp.asarray(H) @ w),
    }
    for name, oracle in oracles.items():
        points = optimize.gradient_descent(oracle, START, 0.1, 40).points
        assert type(points) is np.ndarray and points.dtype == float
        np.testing.assert_allclose(points, exact, atol=1e-5 if name == "jax" else 1e-8)


def test_random_gradients_converge_as_the_theorem_says():
    """E|w_k|² ≤ (1 - μ/(n𝓛))^k |w_0|² with step 1/(n𝓛): the mean over 200 runs, with five standard errors."""
    k, ratios = 100, []
    for seed in range(200):
        oracle = partial(adlib.zero_order_gradient, loss, rng=np.random.default_rng(seed), step=1e-3)
        w = optimize.gradient_descent(oracle, START, 1 / 40, k).points[-1]
        ratios.append(w @ w / (START @ START))
    mean, error = np.mean(ratios), np.std(ratios) / np.sqrt(200)
    assert mean - 5 * error <= (1 - 1 / 40) ** k
    assert mean + 5 * error < 1


def test_the_step_of_gradient_descent_diverges_with_one_direction():
    """On |w|²/2 with step 1 the squared distance grows by n - 1 a step: it is |w - n (u·w) u|² on average."""
    n, k = 10, 40
    growth = []
    for seed in range(200):
        oracle = partial(adlib.zero_order_gradient, lambda w: w @ w / 2, rng=np.random.default_rng(seed))
        points = optimize.gradient_descent(oracle, np.ones(n), 1.0, k).points
        growth.extend(np.sum(points[1:] ** 2, axis=1) / np.sum(points[:-1] ** 2, axis=1))
    assert abs(np.mean(growth) - (n - 1)) < 5 * np.std(growth) / np.sqrt(len(growth))


# What it cost.


@pytest.mark.parametrize("method", METHODS.values(), ids=METHODS)
def test_evaluations_are_those_of_the_oracle(method):
    f = adlib.counted(loss)
    oracle = partial(adlib.zero_order_gradient, f, rng=0, m=3, scheme="forward")
    np.testing.assert_array_equal(method(oracle, START, 0.01, 5).evaluations, 4 * np.arange(6))
    assert f.calls == 20
    # A plain gradient says nothing of its cost: 1, or what one is told, or what a counted function counts.
    np.testing.assert_array_equal(method(gradient, START, 0.01, 5).evaluations, np.arange(6))
    differences = partial(adlib.finite_difference, f)
    np.testing.assert_array_equal(method(differences, START, 0.01, 5, cost=8).evaluations, 8 * np.arange(6))
    counted = method(differences, START, 0.01, 5, cost=f, loss=f)
    np.testing.assert_array_equal(counted.evaluations, 8 * np.arange(6))
    np.testing.assert_allclose(counted.losses, [loss(w) for w in counted.points])


# Divergence.


@pytest.mark.parametrize("method", [METHODS[m] for m in METHODS if m != "adam"])
def test_a_divergence_keeps_its_history(method):
    cubic = lambda w: 4 * w**3  # noqa: E731
    history = method(cubic, np.array([3.0]), step=1.0, iterations=100, loss=lambda w: w[0] ** 4)
    assert history.diverged and history.stopped.startswith("diverged: the ")
    k = len(history.points) - 1
    assert 2 < k < 100 and history.stopped.endswith(f"after iteration {k} is not finite")
    assert len(history.losses) == len(history.evaluations) == k + 1 and history.evaluations[-1] == k
    assert np.all(np.isfinite(history.points[:-1])) and np.all(np.diff(np.abs(history.points[:-1, 0])) > 0)
    assert not np.isfinite(history.losses[-1])


@pytest.mark.parametrize("method", METHODS.values(), ids=METHODS)
def test_every_end_is_told(method):
    done = method(gradient, START, 0.01, 3, loss=loss)
    assert (done.diverged, done.stopped) == (False, "all 3 iterations done")
    nan = method(lambda w: w * np.nan, START, 0.01, 3, loss=loss)
    assert nan.stopped == "diverged: the point after iteration 1 is not finite" and np.isnan(nan.losses[-1])
    outside = method(gradient, START, 0.01, 3, loss=lambda w: np.log(-1.0) * w[0])
    assert outside.stopped == "diverged: the loss after iteration 0 is not finite" and len(outside.points) == 1

    def gives_up(w):
        raise OverflowError("too large")

    raised = method(gives_up, START, 0.01, 3, loss=loss)
    assert raised.stopped == "diverged: iteration 1 raised OverflowError: too large" and len(raised.points) == 1
    raised = method(gradient, START, 0.01, 3, loss=gives_up)
    assert raised.stopped.startswith("diverged: iteration 0 raised OverflowError") and np.isnan(raised.losses).all()
    with pytest.raises(KeyError):  # not arithmetic, so a mistake
        method(lambda w: {}["w"], START, 0.01, 3)


@pytest.mark.parametrize("method", [METHODS[m] for m in METHODS if m != "adam"])
def test_an_oracle_that_refuses_infinite_points_does_not_lose_the_history(method):
    oracle = partial(adlib.zero_order_gradient, lambda w: np.sum(w**4), rng=np.random.default_rng(0))
    history = method(oracle, np.ones(3) * 10, 1.0, 100)
    assert history.diverged and 1 < len(history.points) < 100
    # Finite so far, but what Nesterov looks at ahead is not.
    far = method(partial(adlib.finite_difference, lambda w: -1e307 * np.sum(w)), np.zeros(1), 10.0, 100)
    assert far.diverged and 1 < len(far.points) < 100


@pytest.mark.parametrize(
    ("dtype", "size"), [(float, 1e200), (float, 1e-300), (np.float32, 1e25), (np.float16, 3e4), (np.float16, 0.0)]
)
def test_adam_takes_the_same_steps_at_every_size_of_the_gradient(dtype, size):
    """The square of the gradient would overflow, or eps would be lost, in the type of the point."""
    eps = max(1e-8 * size, 1e-310)
    history = optimize.adam(lambda w: dtype(size) * np.sign(w), np.ones(2, dtype), 0.125, 4, eps=eps)
    expected = 1 - 0.125 * np.arange(5) if size else np.ones(5)
    assert history.stopped == "all 4 iterations done" and history.points.dtype == dtype
    np.testing.assert_allclose(history.points, np.stack([expected, expected], axis=1), rtol=1e-6)


# Shapes, types and wrong arguments.


@pytest.mark.parametrize("method", METHODS.values(), ids=METHODS)
def test_shapes_and_types(method):
    for w in (1.0, np.float32(1.0), np.array(1.0), np.ones((2, 3), np.float32), np.ones((4, 6)).T[::2], np.ones(0)):
        seen = []

        def oracle(w, seen=seen):
            seen.append(w)
            return 2 * w

        points = method(oracle, w, 0.1, 3).points
        assert points.shape == (4, *np.shape(w)) and points.dtype == np.asarray(w).dtype
        assert all(type(x) is type(w) for x in seen)
    assert method(gradient, START, 0.1, 0).points.shape == (1, 4)


@pytest.mark.parametrize("method", METHODS.values(), ids=METHODS)
def test_nobody_can_change_the_history(method):
    def destructive(w):
        w *= 2
        return w

    w = np.ones(3)
    history = method(destructive, w, 0.1, 4, loss=lambda w: float(np.sum(destructive(w))))
    expected = method(lambda w: 2 * w, w, 0.1, 4)
    np.testing.assert_array_equal(history.points, expected.points)
    np.testing.assert_array_equal(w, 1.0)


@pytest.mark.parametrize("method", METHODS.values(), ids=METHODS)
def test_wrong_arguments_are_named(method):
    name = method.__name__
    refused(f"{name} needs real inputs.*int64", method, gradient, np.ones(4, int), 0.1, 3)
    refused(f"{name} takes finite numbers, but w", method, gradient, np.full(4, np.nan), 0.1, 3)
    for bad in (0.0, -1.0, np.nan, "0.1", lambda k: 0.0):
        refused(f"{name} takes step as a positive, finite number", method, gradient, START, bad, 3)
    with pytest.raises(adlib.ArgumentError, match=rf"{name} asked for the step of iteration 0.*0.1 / \(k \+ 1\)"):
        method(gradient, START, lambda k: 0.1 / k, 3)  # a mistake, and no divergence
    for bad in (-1, 2.5, None):
        refused(f"{name} takes iterations as an integer of at least 0", method, gradient, START, 0.1, bad)
    for bad in (-1, None, "n"):
        refused(f"{name} takes cost as an integer of at least 0", method, gradient, START, 0.1, 3, cost=bad)
    for bad, got in [
        (lambda w: w[:2], r"shape \(2,\), float64"),
        (adlib.value_and_grad(loss), "a tuple"),
        (lambda w: None, "a NoneType"),
        (lambda w: 1j * w, r"shape \(4,\), complex128"),
    ]:
        refused(
            rf"{name} needs .* a gradient of shape \(4,\), that of the point, but got {got}", method, bad, START, 0.1, 3
        )
    refused("needs one real number from the loss, but got shape", method, gradient, START, 0.1, 3, loss=gradient)


def test_constants_have_their_ranges():
    constants = [("heavy_ball", "momentum"), ("nesterov", "momentum"), ("adam", "beta1"), ("adam", "beta2")]
    for bad in (1.0, -0.1, np.nan, "0.9", True):
        for name, constant in constants:
            words = f"^{name} takes {constant} as a number from 0 to below 1"
            refused(words, METHODS[name], gradient, START, 0.1, 3, **{constant: bad})
    refused("^adam takes eps as a positive, finite number", optimize.adam, gradient, START, 0.1, 3, eps=0.0)


@pytest.mark.parametrize("name", optimize.__all__)
def test_every_name_is_documented(name):
    text = getattr(optimize, name).__doc__
    assert "Examples\n    --------\n" in text and ">>> " in text
    assert name == "History" or "Raises\n    ------\n" in text
