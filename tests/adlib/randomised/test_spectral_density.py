"""Spectral densities: exact moments of each probe, known spectra, standard errors, and Hessians of a network."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import adlib
from adlib.randomised.spectral_density import SpectralDensity


def rotated(eigenvalues, seed=0):
    """A symmetric matrix with these eigenvalues in a random basis."""
    n = len(eigenvalues)
    Q, _ = np.linalg.qr(np.random.default_rng(seed).standard_normal((n, n)))
    A = (Q * eigenvalues) @ Q.T
    return (A + A.T) / 2


def known_spectrum(n=400):
    """A bulk like a semicircle, a negative tail and three outliers."""
    rng = np.random.default_rng(0)
    bulk = np.linalg.eigvalsh(np.triu(g := rng.standard_normal((n - 23, n - 23)), 1) + np.triu(g, 1).T)
    return np.concatenate([bulk / np.max(bulk), -1.5 - rng.random(20), [4.0, 6.0, 9.0]])


def smoothed(eigenvalues, t, width):
    return np.mean(np.exp(-0.5 * ((t[:, None] - eigenvalues) / width) ** 2), axis=1) / (width * np.sqrt(2 * np.pi))


@pytest.mark.parametrize("distribution", ["rademacher", "gaussian", "sphere", "coordinate"])
def test_moments_are_exact_up_to_degree_2k_minus_1_and_not_beyond(distribution):
    n, k, m = 30, 4, 3
    A = rotated(np.linspace(-1.0, 1.0, n) ** 3)
    spectrum = adlib.spectral_density(A, n, 7, m, k, distribution)
    rng = np.random.default_rng(7)  # the same probes again
    for t, w in zip(spectrum.nodes, spectrum.weights):
        z = adlib.random_directions(distribution, 1, n, rng)[0]
        q = z / np.linalg.norm(z)
        exact = [q @ np.linalg.matrix_power(A, p) @ q for p in range(2 * k + 1)]
        found = [np.sum(w * t**p) for p in range(2 * k + 1)]
        np.testing.assert_allclose(found[: 2 * k], exact[: 2 * k], atol=1e-14)
        assert abs(found[2 * k] - exact[2 * k]) > 1e-8
        assert len(t) == k and np.all(np.diff(t) > 0) and np.all(w >= 0)


def test_traces_of_functions():
    n = 60
    A = rotated(np.linspace(0.5, 3.0, n))
    spectrum = adlib.spectral_density(A, n, 5, 40, 20)
    hutchinson = adlib.hutchinson(A, n, 5, 40)
    linear = spectrum.trace(lambda x: x)
    assert linear.value == pytest.approx(hutchinson.value, rel=1e-12)
    assert linear.standard_error == pytest.approx(hutchinson.standard_error, rel=1e-10)
    assert (linear.samples, linear.evaluations) == (40, 800)
    logarithm = spectrum.trace(np.log)
    assert abs(logarithm.value - np.linalg.slogdet(A)[1]) < 3 * logarithm.standard_error < 3.0


def test_the_distribution_function_of_a_known_spectrum():
    eigenvalues = known_spectrum()
    n = len(eigenvalues)
    spectrum = adlib.spectral_density(rotated(eigenvalues), n, 0, 10, 40)
    exact = np.mean(eigenvalues <= spectrum.grid[:, None], axis=1)
    found = spectrum.cumulative()
    assert np.max(np.abs(found.value - exact)) < 0.05
    assert found.value.shape == found.standard_error.shape == (401,)
    assert np.all(np.diff(found.value) >= -1e-15)
    assert found.value[0] == 0.0 and found.value[-1] == pytest.approx(1.0, abs=1e-13)
    # The outliers, each of them 1/n of the spectrum, are found to rounding.
    largest = np.mean([t[-3:] for t in spectrum.nodes], axis=0)
    np.testing.assert_allclose(largest, [4.0, 6.0, 9.0], rtol=1e-10)


def test_the_smoothed_density_lies_within_its_standard_error():
    eigenvalues = known_spectrum()
    n = len(eigenvalues)
    spectrum = adlib.spectral_density(rotated(eigenvalues), n, 1, 30, 80, width=0.15)
    found, exact = spectrum.density(), smoothed(eigenvalues, spectrum.grid, 0.15)
    # Thirty probes: Student's factor for 401 dependent points; and what k leaves of a bias.
    assert np.all(np.abs(found.value - exact) < 4.5 * found.standard_error + 1e-4)
    covered = np.mean(np.abs(found.value - exact)[exact > 1e-3] < 2 * found.standard_error[exact > 1e-3])
    assert covered > 0.8
    assert np.trapezoid(found.value, spectrum.grid) == pytest.approx(1.0, abs=1e-4)


def test_the_error_falls_with_the_probes():
    eigenvalues = known_spectrum()
    A, n = rotated(eigenvalues), len(eigenvalues)
    t = np.linspace(-1.0, 1.0, 41)
    few, many = (adlib.spectral_density(A, n, 2, m, 40).density(t, 0.2) for m in (4, 64))
    exact = smoothed(eigenvalues, t, 0.2)
    rms = lambda estimate: np.sqrt(np.mean((estimate.value - exact) ** 2))  # noqa: E731
    assert rms(many) < 0.5 * rms(few)
    assert np.mean(many.standard_error) < 0.4 * np.mean(few.standard_error)


def test_another_width_and_grid_cost_no_products():
    A = rotated(np.linspace(0.0, 1.0, 20))
    calls = []

    def product(z):
        calls.append(1)
        return A @ z

    spectrum = adlib.spectral_density(product, 20, 0, 3, 5, points=50)
    assert len(calls) == spectrum.evaluations == 15 and spectrum.grid.shape == (50,)
    t = np.linspace(-1, 2, 7).reshape(7, 1)
    assert spectrum.density(t, width=0.3).value.shape == (7, 1)
    assert isinstance(spectrum.density(0.5).value, float) and isinstance(spectrum.cumulative(0.5).value, float)
    assert len(calls) == 15
    assert repr(spectrum) == "SpectralDensity(n=20, probes=3, evaluations=15)"


def test_one_probe_has_no_standard_error():
    spectrum = adlib.spectral_density(np.diag([1.0, 2.0]), 2, 0, 1, 2)
    assert spectrum.density().standard_error is spectrum.cumulative().standard_error is None


@pytest.mark.parametrize("A", [np.zeros((3, 3)), np.eye(3), 5e300 * np.eye(3), 1e-300 * np.eye(3), np.array([[2.0]])])
def test_a_spectrum_of_one_point(A):
    n = len(A)
    spectrum = adlib.spectral_density(A, n, 0, 4, n)
    for t, w in zip(spectrum.nodes, spectrum.weights):
        np.testing.assert_allclose(t, [A[0, 0]], rtol=1e-14)
        np.testing.assert_allclose(w, [1.0])
    assert np.all(np.isfinite(spectrum.density().value)) and np.all(np.diff(spectrum.grid) > 0)
    integral = np.trapezoid(spectrum.density().value * spectrum.width, spectrum.grid / spectrum.width)
    assert integral == pytest.approx(1.0, abs=1e-3)
    assert set(spectrum.cumulative().value) == {0.0, 1.0}


def test_the_hessian_of_a_small_network():
    rng = np.random.default_rng(0)
    x, y = rng.standard_normal((20, 4)), rng.standard_normal((20, 2))

    def loss(np, w):
        W1, W2 = w[:20].reshape(4, 5), w[20:].reshape(5, 2)
        return np.mean((np.tanh(x @ W1) @ W2 - y) ** 2)

    w = 0.5 * rng.standard_normal(30)
    exact = np.linalg.eigvalsh(adlib.hessian(lambda w: loss(np, w))(w))
    _, product = adlib.hvp_operator(lambda w: loss(np, w), w)
    ours = adlib.spectral_density(product, 30, 0, 10, 30)
    for t in ours.nodes:
        np.testing.assert_allclose(t[[0, -1]], exact[[0, -1]], rtol=1e-9)
    found = ours.density(width=0.1)
    assert np.all(np.abs(found.value - smoothed(exact, ours.grid, 0.1)) < 5 * found.standard_error + 1e-6)
    with jax.enable_x64(False):
        w32 = jnp.asarray(w)
        product = jax.jit(lambda z: jax.jvp(jax.grad(lambda w: loss(jnp, w)), (w32,), (z,))[1])
        theirs = adlib.spectral_density(product, 30, 0, 10, 20, dtype=np.float32)
    for t in theirs.nodes:
        np.testing.assert_allclose(t[[0, -1]], exact[[0, -1]], rtol=1e-4)
    np.testing.assert_allclose(theirs.density(ours.grid, 0.1).value, ours.density(width=0.1).value, atol=1e-3)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"m": 0}, "takes m as an integer of at least 1, but got 0"),
        ({"k": 4}, "takes k as an integer from 1 to 3, but got 4"),
        ({"n": 0}, "takes n as an integer of at least 1, but got 0"),
        ({"points": 1}, "takes points as an integer of at least 2, but got 1"),
        ({"width": 0.0}, "takes width as a positive, finite number, but got 0.0"),
        ({"width": np.nan}, "takes width as a positive, finite number, but got nan"),
        ({"distribution": "uniform"}, "no random directions have the distribution 'uniform'"),
        ({"rng": None}, "spectral_density takes rng as a seed"),
        ({"dtype": int}, "a product is taken with vectors of floats, but dtype is int64"),
    ],
)
def test_arguments_are_refused_before_the_first_product(arguments, words):
    def product(z):
        raise AssertionError("a product was taken")

    with pytest.raises(adlib.ArgumentError, match=words):
        adlib.spectral_density(**{"matvec": product, "n": 3, "rng": 0, "m": 2, "k": 2} | arguments)


def test_asymmetry_is_refused_here_too():
    with pytest.raises(adlib.ArgumentError, match="needs a symmetric matrix"):
        adlib.spectral_density(np.triu(np.ones((5, 5))), 5, 0, 2, 4)


def test_the_function_of_a_trace_is_taken_entry_by_entry():
    spectrum = adlib.spectral_density(np.diag(np.arange(-2.0, 8.0)), 10, 0, 3, 10)
    assert spectrum.trace(lambda t: t < -1e-9).value == pytest.approx(2.0)
    for wrong, found in [
        (np.sum, r"shape \(\), float64"),
        (lambda t: 1.0, r"shape \(\), float64"),
        (lambda t: t[:, None], r"shape \(10, 1\), float64"),
        (lambda t: np.sqrt(t + 0j), r"shape \(10,\), complex128"),
        (lambda t: None, "a NoneType"),
    ]:
        with pytest.raises(adlib.ArgumentError, match=rf"for an array of shape \(10,\) it returned {found}"):
            spectrum.trace(wrong)


def test_the_function_of_a_trace_cannot_change_the_nodes():
    spectrum = adlib.spectral_density(np.diag([1.0, 2.0, 3.0]), 3, 0, 2, 3)

    def doubled(t):
        t *= 2
        return t

    assert spectrum.trace(doubled).value == spectrum.trace(doubled).value == pytest.approx(12.0)


def test_a_node_counts_among_those_up_to_it():
    spectrum = SpectralDensity(2, (np.array([1.0, 2.0]),), (np.array([0.25, 0.75]),), 1.0, np.array([1.0, 2.0]), 2)
    np.testing.assert_array_equal(spectrum.cumulative().value, [0.25, 1.0])
    np.testing.assert_array_equal(spectrum.cumulative([0.9, 1.0, 1.1, 1.9, 2.1]).value, [0.0, 0.25, 0.25, 0.25, 1.0])


def test_the_width_is_a_hundredth_of_the_spectrum_if_left_out():
    spectrum = adlib.spectral_density(np.diag([0.0, 3.0]), 2, 0, 1, 2)
    assert spectrum.width == pytest.approx(0.03, rel=1e-12)
    np.testing.assert_allclose(spectrum.grid[[0, -1]], [-0.12, 3.12], rtol=1e-12)
