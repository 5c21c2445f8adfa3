"""Estimates of traces and diagonals: exact means and variances, rates, coverage, and what is refused.

Where all probes can be listed (signs, coordinates) or replaced by a finite set
with the same moments of degree four (Gaussian, sphere), the mean and the
variance of an estimator are sums, and theory is met to rounding.
"""

from itertools import product

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import scipy.sparse
import scipy.sparse.linalg

import adlib
from adlib.randomised import hutchinson

DISTRIBUTIONS = ["rademacher", "gaussian", "sphere", "coordinate"]
ESTIMATORS = [adlib.hutchinson, adlib.hutchinson_diagonal, adlib.hutchpp]


def random_matrix(n, seed=0):
    return np.random.default_rng(seed).standard_normal((n, n))


def variance(A, distribution):
    """Of one probe, from the symmetric part S of the matrix."""
    S, n = (A + A.T) / 2, len(A)
    square, diagonal, trace = np.sum(S**2), np.sum(np.diag(S) ** 2), np.trace(S)
    return {
        "rademacher": 2 * (square - diagonal),
        "gaussian": 2 * square,
        "sphere": 2 * n / (n + 2) * (square - trace**2 / n),
        "coordinate": n * diagonal - trace**2,
    }[distribution]


def all_probes(distribution):
    """Directions, one a row, whose uniform mean has the moments of the distribution up to degree four."""
    if distribution == "rademacher":
        return np.array(list(product([-1.0, 1.0], repeat=6)))
    if distribution == "coordinate":
        return np.vstack([np.eye(6), -np.eye(6)])
    if distribution == "gaussian":  # three points with the moments 0, 1, 0, 3
        return np.array(list(product([-np.sqrt(3), 0, 0, 0, 0, np.sqrt(3)], repeat=4)))
    g = (1 + np.sqrt(5)) / 2  # the corners of the icosahedron
    corners = [[0, s, t * g] for s in (-1, 1) for t in (-1, 1)]
    return np.array([np.roll(c, k) for c in corners for k in range(3)]) / np.sqrt(1 + g**2)


@pytest.fixture
def listed(monkeypatch):
    """Let the estimators draw the given directions in place of random ones."""

    def use(rows):
        monkeypatch.setattr(hutchinson, "random_directions", lambda distribution, m, n, rng: rows)
        return {"n": rows.shape[1], "m": len(rows), "rng": 0, "batched": True}

    return use


@pytest.mark.parametrize("symmetric", [True, False])
@pytest.mark.parametrize("distribution", DISTRIBUTIONS)
def test_mean_and_variance_are_those_of_theory(distribution, symmetric, listed):
    arguments = listed(all_probes(distribution))
    n, m = arguments["n"], arguments["m"]
    A = random_matrix(n)
    if symmetric:
        A = A + A.T
    estimate = adlib.hutchinson(A, distribution=distribution, **arguments)
    assert estimate.value == pytest.approx(np.trace(A), rel=1e-12)
    # The error of a mean of m has m - 1 in its denominator, the variance over the whole list has not.
    assert estimate.standard_error**2 * (m - 1) == pytest.approx(variance(A, distribution), rel=1e-12)
    assert estimate.samples == estimate.evaluations == m


def test_the_variance_of_the_matrix_itself_would_be_wrong():
    A = random_matrix(6)
    S = (A + A.T) / 2
    wrong = 2 * (np.sum(A**2) - np.sum(np.diag(A) ** 2))
    assert wrong > 1.5 * variance(A, "rademacher") == 1.5 * variance(S, "rademacher")


@pytest.mark.parametrize("distribution", DISTRIBUTIONS)
def test_mean_and_variance_of_the_probes_that_are_drawn(distribution):
    n, m = 30, 40_000
    A = random_matrix(n, 1)
    estimate = adlib.hutchinson(A, n, 1, m, distribution, batched=True)
    sigma = np.sqrt(variance(A, distribution))
    assert abs(estimate.value - np.trace(A)) < 4 * sigma / np.sqrt(m)
    # The kurtosis of a quadratic form is at most 15 (of one Gaussian square); five deviations of the variance.
    assert estimate.standard_error * np.sqrt(m) == pytest.approx(sigma, rel=2.5 * np.sqrt(14 / m))


def test_two_standard_errors_cover_nineteen_in_twenty():
    A = random_matrix(20, 2)
    runs = [adlib.hutchinson(A, 20, seed, 50, batched=True) for seed in range(600)]
    covered = np.mean([abs(e.value - np.trace(A)) < 2 * e.standard_error for e in runs])
    assert 0.91 < covered < 0.98


def test_signs_are_exact_for_a_diagonal_matrix_and_coordinates_for_a_constant_diagonal():
    D = np.diag(np.arange(1.0, 9.0))
    assert adlib.hutchinson(D, 8, 0, 1).value == np.trace(D)
    A = random_matrix(8)
    np.fill_diagonal(A, 3.0)
    assert adlib.hutchinson(A, 8, 0, 1, "coordinate").value == pytest.approx(24.0, rel=1e-14)


@pytest.mark.parametrize("distribution", DISTRIBUTIONS)
def test_a_block_gives_what_single_vectors_give(distribution):
    A = random_matrix(7)
    shapes = []

    def blocks(Z):
        shapes.append(Z.shape)
        return A @ Z

    single = adlib.hutchinson(lambda z: A @ z, 7, 5, 12, distribution)
    block = adlib.hutchinson(blocks, 7, 5, 12, distribution, batched=True)
    assert shapes == [(7, 12)]
    assert block.value == pytest.approx(single.value, rel=1e-12)
    assert block.standard_error == pytest.approx(single.standard_error, rel=1e-12)
    assert block.evaluations == single.evaluations == 12


# The diagonal


def test_the_diagonal_over_all_signs(listed):
    arguments = listed(all_probes("rademacher"))
    m, A = arguments["m"], random_matrix(6)
    estimate = adlib.hutchinson_diagonal(A, **arguments)
    np.testing.assert_allclose(estimate.value, np.diag(A), rtol=1e-12)
    rest = np.sum(A**2, axis=1) - np.diag(A) ** 2
    np.testing.assert_allclose(estimate.standard_error**2 * (m - 1), rest, rtol=1e-12)


@pytest.mark.parametrize(("distribution", "m", "divisor"), [("rademacher", 8, 8), ("gaussian", 8, 6)])
def test_the_diagonal_has_the_variance_of_theory(distribution, m, divisor):
    n, runs = 5, 4000
    A = random_matrix(n, 3)
    rng = np.random.default_rng(0)
    values = np.array([adlib.hutchinson_diagonal(A, n, rng, m, distribution, True).value for _ in range(runs)])
    expected = (np.sum(A**2, axis=1) - np.diag(A) ** 2) / divisor
    assert np.all(np.abs(values.mean(axis=0) - np.diag(A)) < 4 * np.sqrt(expected / runs))
    np.testing.assert_allclose(values.var(axis=0), expected, rtol=0.2)


def test_the_error_of_a_gaussian_diagonal_is_right_for_many_probes():
    A = random_matrix(5, 3)
    m = 4000
    estimate = adlib.hutchinson_diagonal(A, 5, 0, m, "gaussian", batched=True)
    rest = np.sum(A**2, axis=1) - np.diag(A) ** 2
    np.testing.assert_allclose(estimate.standard_error, np.sqrt(rest / (m - 2)), rtol=0.15)
    np.testing.assert_array_less(np.abs(estimate.value - np.diag(A)), 4 * estimate.standard_error)


def test_a_diagonal_matrix_has_its_diagonal_at_once():
    d = np.array([1.0, -2.0, 0.0])
    for distribution in ("rademacher", "gaussian"):
        np.testing.assert_allclose(adlib.hutchinson_diagonal(np.diag(d), 3, 0, 1, distribution).value, d, rtol=1e-14)


@pytest.mark.parametrize("distribution", ["sphere", "coordinate", "uniform"])
def test_the_diagonal_says_which_probes_it_takes(distribution):
    with pytest.raises(adlib.ArgumentError, match="'rademacher' and 'gaussian' probes allow"):
        adlib.hutchinson_diagonal(np.eye(3), 3, 0, 4, distribution)


# Hutch++


def rotated(eigenvalues, seed=0):
    """A symmetric matrix with these eigenvalues in a random basis."""
    Q, _ = np.linalg.qr(random_matrix(len(eigenvalues), seed))
    return (Q * eigenvalues) @ Q.T


@pytest.mark.parametrize("distribution", DISTRIBUTIONS)
def test_hutchpp_is_exact_up_to_a_third_in_rank(distribution):
    rng = np.random.default_rng(0)
    U, V = rng.standard_normal((2, 40, 4))
    for A in (U @ U.T, U @ V.T):
        estimate = adlib.hutchpp(A, 40, 0, 12, distribution)
        assert estimate.value == pytest.approx(np.trace(A), rel=1e-11)
        assert estimate.standard_error < 1e-11
        assert (estimate.samples, estimate.evaluations) == (4, 12)
        assert abs(adlib.hutchinson(A, 40, 0, 12, distribution).value - np.trace(A)) > 0.1


def test_hutchpp_of_one_rank_more_is_not_exact():
    U = np.random.default_rng(0).standard_normal((40, 5))
    assert abs(adlib.hutchpp(U @ U.T, 40, 0, 12).value - np.sum(U**2)) > 1e-3


def test_hutchpp_with_three_products_a_row_needs_no_luck():
    A = random_matrix(6)
    assert adlib.hutchpp(A, 6, 0, 18).value == pytest.approx(np.trace(A), abs=1e-12)


def test_hutchpp_uses_every_product():
    for m in range(3, 13):
        assert adlib.hutchpp(random_matrix(4), 4, 0, m).evaluations == m


def test_hutchpp_has_the_trace_as_its_mean_whatever_the_signs():
    A = random_matrix(8, 4)
    values = [adlib.hutchpp(A, 8, seed, 7, batched=True).value for seed in range(3000)]
    assert abs(np.mean(values) - np.trace(A)) < 4 * np.std(values) / np.sqrt(3000)


def rms_errors(estimator, A, ms, runs=30):
    return [
        np.sqrt(np.mean([(estimator(A, len(A), s, m, batched=True).value - np.trace(A)) ** 2 for s in range(runs)]))
        for m in ms
    ]


def test_rates_on_a_falling_spectrum():
    A = rotated(1 / np.arange(1.0, 501.0))
    ms = [15, 30, 60, 120]
    slope = lambda errors: np.polyfit(np.log(ms), np.log(errors), 1)[0]  # noqa: E731
    plain, better = rms_errors(adlib.hutchinson, A, ms), rms_errors(adlib.hutchpp, A, ms)
    assert -0.65 < slope(plain) < -0.35
    assert -1.3 < slope(better) < -0.85
    assert better[-1] < plain[-1] / 4


def test_on_a_flat_spectrum_hutchpp_gains_nothing():
    """A third of the probes remains, so the error is about sqrt(3) that of `hutchinson`."""
    A = rotated(np.where(np.arange(300) % 2, 1.5, 0.5))
    [plain], [better] = rms_errors(adlib.hutchinson, A, [30], 200), rms_errors(adlib.hutchpp, A, [30], 200)
    assert 1.3 < better / plain < 2.1


@pytest.mark.parametrize("m", [0, 2, 13])
def test_hutchpp_says_its_range(m):
    with pytest.raises(adlib.ArgumentError, match=f"hutchpp takes m as an integer from 3 to 12, but got {m}"):
        adlib.hutchpp(np.eye(4), 4, 0, m)


# Any matvec


def test_a_hessian_by_adlib_and_by_jax():
    w = np.linspace(0.2, 1.0, 6)
    loss = lambda np, w: np.sum(np.tanh(w) ** 2) + np.prod(w[:3]) * w[4]  # noqa: E731
    ours = adlib.hvp_operator(lambda w: loss(np, w), w)[1]
    theirs = lambda z: jax.jvp(jax.grad(lambda w: loss(jnp, w)), (w,), (z,))[1]  # noqa: E731
    trace = np.trace(adlib.hessian(lambda w: loss(np, w))(w))
    with jax.enable_x64(True):
        for estimator in (adlib.hutchinson, adlib.hutchpp):
            one, two = estimator(ours, 6, 0, 18), estimator(theirs, 6, 0, 18)
            blocks = estimator(jax.vmap(theirs, in_axes=1, out_axes=1), 6, 0, 18, batched=True)
            assert one.value == pytest.approx(two.value, rel=1e-12)
            assert blocks.value == pytest.approx(two.value, rel=1e-12)
            assert isinstance(two.value, float)
    assert one.value == pytest.approx(trace, rel=1e-12)


@pytest.mark.parametrize("estimator", ESTIMATORS)
def test_a_jax_function_of_single_precision(estimator):
    with jax.enable_x64(False):
        w = jnp.linspace(0.2, 1.0, 6)
        product = lambda z: jax.jvp(jax.grad(lambda w: jnp.sum(w**4) + w[0] * w[1]), (w,), (z,))[1]  # noqa: E731
        estimate = estimator(product, 6, 0, 9, dtype=np.float32)
    A = np.diag(12 * np.linspace(0.2, 1.0, 6) ** 2)
    A[0, 1] = A[1, 0] = 1
    np.testing.assert_allclose(estimate.value, estimator(A, 6, 0, 9).value, rtol=1e-5)
    assert np.asarray(estimate.value).dtype == float


@pytest.mark.parametrize("estimator", ESTIMATORS)
@pytest.mark.parametrize("batched", [False, True])
def test_vectors_have_the_dtype_that_was_asked_for(estimator, batched):
    seen = set()

    def matvec(z):
        seen.add((type(z), z.dtype, z.flags.c_contiguous, z.flags.writeable))
        return z * np.float32(2)

    estimate = estimator(matvec, 4, 0, 12, batched=batched, dtype=np.float32)
    assert seen == {(np.ndarray, np.dtype("float32"), True, True)}
    np.testing.assert_allclose(np.sum(estimate.value), 8.0, rtol=1e-5)


@pytest.mark.parametrize("estimator", ESTIMATORS)
def test_matrices_of_several_kinds(estimator):
    A = np.array([[2.0, 1.0, 0.0], [1.0, -1.0, 3.0], [0.0, 3.0, 4.0]])
    expected = estimator(lambda z: A @ z, 3, 0, 7)
    operator = scipy.sparse.linalg.aslinearoperator(A)
    for other in (A, jnp.asarray(A), scipy.sparse.csr_array(A), operator, A.astype(int), A.astype(np.float32)):
        estimate = estimator(other, 3, 0, 7)
        np.testing.assert_allclose(estimate.value, expected.value, rtol=1e-5)
        np.testing.assert_allclose(estimate.standard_error, expected.standard_error, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("estimator", ESTIMATORS)
def test_a_matvec_may_overwrite_and_reuse_its_memory(estimator):
    A = random_matrix(5)
    memory = np.empty(5)

    def careless(z):
        np.matmul(A, z, out=memory)
        z[:] = np.nan
        return memory

    np.testing.assert_array_equal(estimator(careless, 5, 0, 8).value, estimator(lambda z: A @ z, 5, 0, 8).value)


@pytest.mark.parametrize("scale", [2.0**990, 2.0**-990])
@pytest.mark.parametrize("estimator", ESTIMATORS)
def test_huge_and_tiny_matrices(estimator, scale):
    A = random_matrix(5)
    one, scaled = estimator(A, 5, 0, 8), estimator(scale * A, 5, 0, 8)
    np.testing.assert_allclose(scaled.value / scale, one.value, rtol=1e-11)
    np.testing.assert_allclose(scaled.standard_error / scale, one.standard_error, rtol=1e-11)


@pytest.mark.parametrize("estimator", ESTIMATORS)
def test_small_and_empty_cases(estimator):
    for A in (np.zeros((3, 3)), np.zeros((1, 1))):
        estimate = estimator(A, len(A), 0, 3)
        np.testing.assert_array_equal(estimate.value, np.diag(A) if np.ndim(estimate.value) else 0.0)
    assert np.all(estimator(np.array([[3.0]]), 1, 0, 3).value == pytest.approx(3.0))
    assert adlib.hutchinson(np.eye(2), 2, 0, 1).standard_error is None


def test_a_trace_is_not_differentiated_silently():
    with pytest.raises(adlib.TracedValueError, match="would lose its derivative"):
        adlib.grad(lambda w: adlib.hutchinson(lambda z: w * z, 3, 0, 2).value)(np.ones(3))
