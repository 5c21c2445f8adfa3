"""Random gradients against theory: exactly where all directions can be listed, with intervals where they are drawn.

``python -m tests.adlib.zero_order.test_estimators`` prints the table of estimators: theory, measured, interval.
"""

import numpy as np
import pytest

import adlib
from adlib.zero_order import estimators
from tests.adlib.zero_order.test_differences import COST, SCHEMES, refused

DISTRIBUTIONS = ["sphere", "gaussian", "rademacher", "coordinate"]
N = 3

# A symmetric tensor of third order, a symmetric matrix and a gradient, without symmetries of their own.
_rng = np.random.default_rng(5)
_T = _rng.standard_normal((N, N, N))
T = sum(np.transpose(_T, p) for p in [(0, 1, 2), (0, 2, 1), (1, 0, 2), (1, 2, 0), (2, 0, 1), (2, 1, 0)])
H = (lambda a: a + a.T)(_rng.standard_normal((N, N)))
g = _rng.standard_normal(N)
LAPLACIAN = np.einsum("ijj->i", T)  # the gradient of the Laplacian of the cubic
THIRD = np.einsum("iii->i", T)


def cubic(ws):
    """T[w,w,w]/6 + w·Hw/2 + g·w for a stack of points: at 0 all derivatives are known."""
    return np.einsum("ijk,ai,aj,ak->a", T, ws, ws, ws) / 6 + np.einsum("ai,ij,aj->a", ws, H, ws) / 2 + ws @ g


def only(tensor=0.0, matrix=0.0, gradient=0.0):
    """The same with some of the parts."""
    return lambda ws: (
        tensor * np.einsum("ijk,ai,aj,ak->a", T, ws, ws, ws) / 6
        + matrix * np.einsum("ai,ij,aj->a", ws, H, ws) / 2
        + gradient * ws @ g
    )


BIAS = {
    "sphere": lambda e: e**2 / (2 * (N + 2)) * LAPLACIAN,
    "gaussian": lambda e: e**2 / 2 * LAPLACIAN,
    "rademacher": lambda e: e**2 / 6 * (3 * LAPLACIAN - 2 * THIRD),
    "coordinate": lambda e: e**2 / 6 * THIRD,
}
SECOND_MOMENT = {"sphere": N, "gaussian": N + 2, "rademacher": N, "coordinate": N}
VARIANCES = {
    "sphere": N / (N + 2) * (g @ g + 2 * g**2) - g**2,
    "gaussian": g @ g + g**2,
    "rademacher": g @ g - g**2,
    "coordinate": (N - 1) * g**2,
}
_TRACES = np.trace(H) ** 2 + 2 * np.sum(H**2)
ONE_SIDED = {
    "sphere": lambda e: e**2 / 4 * N / (N + 2) * _TRACES,
    "gaussian": lambda e: e**2 / 4 * (N + 4) * _TRACES,
    "rademacher": lambda e: e**2 / 4 * N * (_TRACES - 2 * np.sum(np.diag(H) ** 2)),
    "coordinate": lambda e: e**2 / 4 * N * np.sum(np.diag(H) ** 2),
}


def grid(nodes):
    return np.stack(np.meshgrid(*[nodes] * N, indexing="ij"), -1).reshape(-1, N)


def icosahedron():
    """Its 12 corners average polynomials up to degree 5 as the sphere does."""
    phi = (1 + np.sqrt(5)) / 2
    corners = [np.roll([0.0, a, b * phi], k) for a in (1, -1) for b in (1, -1) for k in range(3)]
    return np.array(corners) / np.sqrt(1 + phi**2)


# Directions that average as the distribution does: all of them, or a formula exact up to degree 5
# in each entry (three nodes of Gauss and Hermite, with weights 1/6, 4/6, 1/6).
ALL = {
    "sphere": icosahedron(),
    "gaussian": grid(np.sqrt(3) * np.array([-1, 0, 0, 0, 0, 1])),
    "rademacher": grid(np.array([-1.0, 1.0])),
    "coordinate": np.concatenate([np.eye(N), -np.eye(N)]),
}


def average(monkeypatch, distribution, f, **options):
    """The estimate from directions that stand for the whole distribution."""
    u = ALL[distribution]
    monkeypatch.setattr(estimators, "random_directions", lambda *a: u)
    return adlib.zero_order_gradient(
        f, np.zeros(N), 0, distribution, m=len(u), vectorized=True, **{"step": 0.5, **options}
    )


@pytest.mark.parametrize("distribution", DISTRIBUTIONS)
class TestExactly:
    """Mean, bias and second moment by averages over all directions: no chance, no intervals."""

    def test_a_quadratic_has_no_bias_at_any_step(self, distribution, monkeypatch):
        for scheme in ("central", "five_point", "complex", "forward"):
            step = 2.0 if scheme != "complex" else 1e-20
            estimate = average(monkeypatch, distribution, only(matrix=1, gradient=1), step=step, scheme=scheme)
            np.testing.assert_allclose(estimate.value, g, rtol=1e-11)

    @pytest.mark.parametrize("step", [0.5, 2.0])
    def test_the_bias_of_a_cubic(self, distribution, step, monkeypatch):
        bias = BIAS[distribution](step)
        for scheme, factor in [("central", 1), ("forward", 1), ("complex", -1), ("five_point", 0)]:
            estimate = average(monkeypatch, distribution, cubic, step=step, scheme=scheme)
            np.testing.assert_allclose(estimate.value, g + factor * bias, rtol=1e-11, atol=1e-11)

    def test_the_second_moment(self, distribution, monkeypatch):
        estimate = average(monkeypatch, distribution, only(gradient=1))
        m = estimate.samples
        variances = (m - 1) * estimate.standard_error**2  # over all directions, with 1/m
        np.testing.assert_allclose(variances, VARIANCES[distribution], rtol=1e-12, atol=1e-13)
        assert np.sum(variances) + g @ g == pytest.approx(SECOND_MOMENT[distribution] * (g @ g))

    def test_the_extra_second_moment_of_the_one_sided_quotient(self, distribution, monkeypatch):
        if distribution == "gaussian":
            return  # of degree 6, which the nodes do not average exactly: measured in the table
        estimate = average(monkeypatch, distribution, only(matrix=1), scheme="forward")
        extra = (estimate.samples - 1) * np.sum(estimate.standard_error**2)
        np.testing.assert_allclose(estimate.value, 0.0, atol=1e-13)
        assert extra == pytest.approx(ONE_SIDED[distribution](0.5))

    def test_one_value_has_the_mean_of_two(self, distribution, monkeypatch):
        u, c = ALL[distribution], N if distribution in ("sphere", "coordinate") else 1
        one = np.mean(c / 0.5 * cubic(0.5 * u)[:, None] * u, axis=0)
        np.testing.assert_allclose(one, average(monkeypatch, distribution, cubic).value, rtol=1e-11)


# The table: what is drawn, with 5 standard errors on each side.


def batches(function, count):
    """The mean of a number over independent repetitions, with five standard errors."""
    rng = np.random.default_rng(17)
    values = np.array([function(rng) for _ in range(count)])
    return np.mean(values), 5 * np.std(values, ddof=1) / np.sqrt(count)


def estimator(f, distribution, m=200, **options):
    return lambda rng: adlib.zero_order_gradient(
        f, np.zeros(N), rng, distribution, m, vectorized=True, **{"step": 0.5, **options}
    )


def along(vector):
    return lambda estimate: estimate.value @ vector / (vector @ vector)


def spread(estimate):
    """The second moment of one direction, without bias: m times the squared errors, plus the mean squared."""
    return np.sum(estimate.samples * estimate.standard_error**2)


def squared_error(estimate):
    return np.sum((estimate.value - g) ** 2) / (g @ g)


def rows():
    """What is measured: name, theory, the function of a generator that measures it, and how often it is taken."""
    few, many = 150, 2000
    for d in DISTRIBUTIONS:
        linear, quadratic, third = only(gradient=1), only(matrix=1), only(tensor=1)
        bias = BIAS[d](1.0)
        of = lambda f, then, d=d, **options: lambda rng: then(estimator(f, d, **options)(rng))  # noqa: E731
        yield f"{d}: mean along the gradient", 1.0, of(linear, along(g)), few
        yield (
            f"{d}: E|G - g|²/|g|², one direction",
            SECOND_MOMENT[d] - 1,
            of(linear, lambda e: spread(e) / (g @ g)),
            few,
        )
        yield f"{d}: the same, m = 2", (SECOND_MOMENT[d] - 1) / 2, of(linear, squared_error, m=2), many
        if d in ("sphere", "coordinate"):
            yield (
                f"{d}: the same, m = 2, orthonormal",
                N / 2 - 1,
                of(linear, squared_error, m=2, orthonormal=True),
                many,
            )
        yield f"{d}: bias along its formula, ε = 1", 1.0, of(third, along(bias), step=1.0), few
        yield (
            f"{d}: one-sided, extra in E|G|², ε = 1/2",
            ONE_SIDED[d](0.5),
            of(quadratic, spread, scheme="forward"),
            few,
        )
        forward = lambda rng, d=d: adlib.forward_gradient(lambda w: w @ g, np.zeros(N), rng, d)  # noqa: E731
        yield (
            f"{d}: forward gradient, E|F - g|²/|g|²",
            SECOND_MOMENT[d] - 1,
            lambda rng, f=forward: squared_error(f(rng)),
            many,
        )


@pytest.mark.parametrize(("name", "theory", "measure", "count"), [pytest.param(*row, id=row[0]) for row in rows()])
def test_theory_lies_in_the_interval(name, theory, measure, count):
    measured, half = batches(measure, count)
    assert abs(measured - theory) <= half + 1e-12
    assert half < 0.4 * theory  # an interval that holds everything would show nothing


def table():
    lines = [f"{'estimator, n = 3':55} {'theory':>8} {'measured':>9} {'interval of 5 standard errors':>31}"]
    for name, theory, measure, count in rows():
        measured, half = batches(measure, count)
        interval = f"[{measured - half:.3f}, {measured + half:.3f}]"
        lines.append(f"{name:55} {theory:8.3f} {measured:9.3f} {interval:>31}")
    return "\n".join(lines)


@pytest.mark.parametrize("distribution", ["sphere", "coordinate"])
def test_the_standard_error_of_orthonormal_directions(distribution):
    """Its square has the variance of the estimate as its mean, entry by entry."""
    pairs = []
    rng = np.random.default_rng(3)
    for _ in range(3000):
        e = estimator(only(gradient=1), distribution, m=2, orthonormal=True)(rng)
        pairs.append(((e.value - g) ** 2, e.standard_error**2))
    squares, estimates = np.moveaxis(np.array(pairs), 1, 0)
    difference = squares - estimates
    assert np.all(np.abs(difference.mean(0)) <= 5 * difference.std(0) / np.sqrt(3000))


@pytest.mark.parametrize("distribution", ["sphere", "coordinate"])
def test_as_many_orthonormal_directions_as_dimensions_leave_nothing_to_chance(distribution):
    w = np.array([[0.2, 0.4, 0.1], [1.0, -1.0, 0.3]])
    L = lambda w: np.sum(np.sin(w))  # noqa: E731
    e = adlib.zero_order_gradient(L, w, 0, distribution, m=6, orthonormal=True)
    np.testing.assert_allclose(e.value, np.cos(w), rtol=1e-8)
    np.testing.assert_array_equal(e.standard_error, 0.0)
    u = adlib.random_directions(distribution, 6, 6, rng=1, orthonormal=True)
    np.testing.assert_allclose(u @ u.T, np.eye(6), atol=1e-14)
    np.testing.assert_allclose(
        adlib.random_directions(distribution, 2, 6, rng=1, orthonormal=True)[0], u[0], atol=1e-14
    )


def test_a_random_frame_prefers_no_direction():
    rng = np.random.default_rng(2)
    frames = np.array([adlib.random_directions("sphere", 2, N, rng, orthonormal=True) for _ in range(4000)])
    for u in (frames[:, 0], frames[:, 1]):
        assert np.all(np.abs(u.mean(0)) < 5 * np.sqrt(1 / N / 4000))
        assert np.all(np.abs(u.T @ u / 4000 - np.eye(N) / N) < 5 * np.sqrt(1 / 4000))
        assert abs(np.mean(u[:, 0] ** 4) - 3 / (N * (N + 2))) < 5 * np.std(u[:, 0] ** 4) / np.sqrt(4000)


def test_one_standard_error_covers_two_thirds():
    rng = np.random.default_rng(11)
    z = []
    for _ in range(500):
        e = estimator(only(gradient=1), "sphere", m=100)(rng)
        z.append((e.value - g) / e.standard_error)
    share = np.mean(np.abs(z) < 1)
    assert abs(share - 0.683) < 5 * np.sqrt(0.683 * 0.317 / 500)  # entries of one estimate are not independent


# Evaluations, seeds, shapes, types.


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("m", [1, 4])
def test_an_estimate_tells_its_evaluations(scheme, m):
    f = adlib.counted(lambda w: np.sum(w**3))
    w = np.array([[1.0, 2.0, 3.0]])
    e = adlib.zero_order_gradient(f, w, 0, m=m, scheme=scheme)
    assert e.evaluations == f.calls == COST[scheme](m) and e.samples == m
    assert (e.standard_error is None) == (m == 1)
    stack = adlib.counted(lambda ws: np.sum(ws**3, axis=(1, 2)), vectorized=True)
    batched = adlib.zero_order_gradient(stack, w, 0, m=m, scheme=scheme, vectorized=True)
    assert stack.calls == e.evaluations == batched.evaluations
    np.testing.assert_allclose(batched.value, e.value, rtol=1e-7)
    f = adlib.counted(lambda w: np.sum(w**3))
    assert adlib.forward_gradient(f, w, 0, m=m).evaluations == f.calls == m


def test_the_same_seed_has_the_same_directions_and_a_generator_moves_on():
    L = lambda w: np.sum(w**2)  # noqa: E731
    w = np.ones(4)
    for estimate in (adlib.zero_order_gradient, adlib.forward_gradient):
        np.testing.assert_array_equal(estimate(L, w, 3).value, estimate(L, w, 3).value)
        rng = np.random.default_rng(3)
        first, second = estimate(L, w, rng).value, estimate(L, w, rng).value
        np.testing.assert_array_equal(first, estimate(L, w, 3).value)
        assert not np.array_equal(first, second)
    # Common random numbers: with the same directions a difference of two losses is that of their gradients.
    a = adlib.zero_order_gradient(L, w, 3, step=0.1).value
    b = adlib.zero_order_gradient(lambda w: L(w) + 1e-3 * w[0], w, 3, step=0.1).value
    u = adlib.random_directions("sphere", 1, 4, 3)[0]
    np.testing.assert_allclose(b - a, 4 * 1e-3 * u[0] * u, rtol=1e-9)


@pytest.mark.parametrize("distribution", DISTRIBUTIONS)
def test_the_limit_of_small_steps_is_the_forward_gradient(distribution):
    L = lambda w: np.sum(np.sin(w) * w)  # noqa: E731
    w = np.linspace(0, 1, 5)
    forward = adlib.forward_gradient(L, w, 0, distribution, m=7)
    zero = adlib.zero_order_gradient(L, w, 0, distribution, m=7, scheme="complex")
    np.testing.assert_allclose(zero.value, forward.value, rtol=1e-12)
    np.testing.assert_allclose(zero.standard_error, forward.standard_error, rtol=1e-12)


@pytest.mark.parametrize("estimate", [adlib.zero_order_gradient, adlib.forward_gradient])
@pytest.mark.parametrize("distribution", DISTRIBUTIONS)
def test_shapes_and_types(estimate, distribution):
    L = lambda w: np.sum(w * w * w)  # noqa: E731
    for w in (2.0, np.float32(2.0), np.array(2.0), np.ones((2, 3), np.float32), np.ones((4, 6)).T[::2, 1:3]):
        e = estimate(L, w, 0, distribution, m=3)
        for x in (e.value, e.standard_error):
            assert type(x) is type(w) and np.shape(x) == np.shape(w)
            assert np.asarray(x).dtype == np.asarray(w).dtype
    # In one dimension every direction of length 1 gives the derivative.
    if distribution != "gaussian":
        assert estimate(L, 2.0, 0, distribution).value == pytest.approx(12.0, rel=1e-9)


@pytest.mark.parametrize("dtype", [np.float16, np.float32])
def test_directions_are_those_along_which_the_function_moves(dtype):
    """Rounded to the type of the point, as the slope is taken along them: on w[0] the estimate is n u[0] u, exactly."""
    for seed in range(20):
        u = adlib.random_directions("sphere", 1, 3, seed)[0].astype(dtype).astype(float)
        e = adlib.forward_gradient(lambda w: w[0], np.zeros(3, dtype), seed, "sphere")
        np.testing.assert_array_equal(e.value, (3 * u[0] * u).astype(dtype))


def test_infinite_values_give_nan_and_no_warning():
    e = adlib.zero_order_gradient(lambda w: np.inf, np.ones(2), 0, m=3)
    assert np.all(np.isnan(e.value)) and np.all(np.isnan(e.standard_error))


@pytest.mark.filterwarnings("error")
def test_an_estimate_too_large_for_its_type_comes_without_a_warning():
    e = adlib.zero_order_gradient(lambda w: 1e308 * np.sum(w), np.zeros(4), 0, m=2)
    assert not np.all(np.isfinite(e.value))


@pytest.mark.parametrize("estimate", [adlib.zero_order_gradient, adlib.forward_gradient])
def test_wrong_arguments_are_named(estimate):
    w = np.ones(2)
    for bad in (0, -1, 1.5, None, True):
        refused("takes m as an integer of at least 1", estimate, np.sum, w, 0, m=bad)
    for bad in ("ball", None, ["sphere"]):
        refused("no random directions have the distribution", estimate, np.sum, w, 0, distribution=bad)
    for bad in (None, -1, 0.5, "0"):
        refused(f"{estimate.__name__} takes rng as a seed", estimate, np.sum, w, bad)
    refused("needs a point with entries, but w has shape .0, 2.", estimate, np.sum, np.ones((0, 2)), 0)
    refused("takes m as an integer from 1 to 2, but got 3", estimate, np.sum, w, 0, m=3, orthonormal=True)
    for bad in ("gaussian", "rademacher"):
        refused("orthonormal directions have length 1", estimate, np.sum, w, 0, distribution=bad, orthonormal=True)
    refused("has type int64", estimate, np.sum, np.ones(2, int), 0)
    refused("needs one real number from f, but got shape", estimate, np.sin, w, 0)
    refused("needs one real number from f, but got a tuple", estimate, lambda w: (w[0], w), w, 0)


if __name__ == "__main__":
    print(table())
