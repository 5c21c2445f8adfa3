"""Random directions: their moments from theory, exactly where all of them can be listed, and what is refused."""

import numpy as np
import pytest

import adlib
from adlib.randomised.estimate import estimate_from

DISTRIBUTIONS = ["sphere", "gaussian", "rademacher", "coordinate"]


@pytest.mark.parametrize("distribution", DISTRIBUTIONS)
def test_mean_and_second_moment(distribution):
    m, n = 40_000, 4
    u = adlib.random_directions(distribution, m, n, rng=1)
    assert u.shape == (m, n) and u.dtype == float
    unit = distribution in ("sphere", "coordinate")
    scale = 1 / n if unit else 1.0
    assert np.all(np.abs(u.mean(axis=0)) < 5 * np.sqrt(scale / m))
    # The entries of u u^T have a variance of at most 3 scale.
    assert np.all(np.abs(u.T @ u / m - scale * np.eye(n)) < 5 * np.sqrt(3 * scale / m))
    lengths = np.sum(u**2, axis=1)
    expected = {"sphere": 1.0, "coordinate": 1.0, "rademacher": n}
    if distribution != "gaussian":
        np.testing.assert_allclose(lengths, expected[distribution], rtol=1e-14)


def test_fourth_moments_tell_the_distributions_apart():
    """E u_1^4 is 3/(n(n+2)) on the sphere, 3 for Gaussian, 1 for signs and 1/n for coordinates."""
    m, n = 100_000, 4
    theory = {"sphere": 3 / (n * (n + 2)), "gaussian": 3.0, "rademacher": 1.0, "coordinate": 1 / n}
    for distribution, value in theory.items():
        fourth = adlib.random_directions(distribution, m, n, rng=2)[:, 0] ** 4
        assert abs(fourth.mean() - value) <= 5 * fourth.std() / np.sqrt(m)


def test_signs_and_coordinates_are_equally_likely():
    m, n = 20_000, 3
    signs = adlib.random_directions("rademacher", m, n, rng=3)
    assert set(np.unique(signs)) == {-1.0, 1.0}
    counts = np.unique((signs + 1) @ [0.5, 1, 2], return_counts=True)[1]
    assert len(counts) == 8 and np.all(np.abs(counts - m / 8) < 5 * np.sqrt(m / 8))
    coordinates = adlib.random_directions("coordinate", m, n, rng=3)
    rows, counts = np.unique(coordinates, axis=0, return_counts=True)
    assert len(rows) == 6 and np.all(np.sum(np.abs(rows), axis=1) == 1)
    assert np.all(np.abs(counts - m / 6) < 5 * np.sqrt(m / 6))


@pytest.mark.parametrize("distribution", DISTRIBUTIONS)
def test_one_seed_gives_one_sequence(distribution):
    long = adlib.random_directions(distribution, 9, 5, rng=7)
    np.testing.assert_array_equal(adlib.random_directions(distribution, 4, 5, rng=7), long[:4])
    generator = np.random.default_rng(7)
    np.testing.assert_array_equal(adlib.random_directions(distribution, 9, 5, rng=generator), long)
    assert not np.array_equal(adlib.random_directions(distribution, 9, 5, rng=generator), long)
    assert np.all(np.abs(adlib.random_directions(distribution, 3, 1, rng=0)[:, 0]) > 0)


@pytest.mark.parametrize("bad", [0, -1, 2.0, True, None, "3"])
def test_counts_are_refused_with_their_range(bad):
    with pytest.raises(adlib.ArgumentError, match="takes m as an integer of at least 1"):
        adlib.random_directions("sphere", bad, 3, 0)
    with pytest.raises(adlib.ArgumentError, match="takes n as an integer of at least 1"):
        adlib.random_directions("sphere", 3, bad, 0)


@pytest.mark.parametrize("bad", ["ball", None, ["sphere"], np.array(["sphere", "gaussian"])])
def test_distributions_are_named(bad):
    with pytest.raises(adlib.ArgumentError, match="no random directions have the distribution"):
        adlib.random_directions(bad, 2, 3, 0)
    with pytest.raises(adlib.ArgumentError, match="but got distribution"):
        adlib.hutchinson_diagonal(np.eye(3), 3, 0, 2, bad)


@pytest.mark.parametrize("bad", [None, -1, 0.5, True, "seed", np.zeros(2, np.uint32), np.random.RandomState(0)])
def test_a_seed_or_a_generator(bad):
    with pytest.raises(adlib.ArgumentError, match=r"write rng=0 or rng=np.random.default_rng\(0\)"):
        adlib.random_directions("sphere", 2, 3, bad)


def test_an_estimate_is_the_mean_with_its_error():
    samples = np.random.default_rng(0).standard_normal((50, 3))
    estimate = estimate_from(samples, evaluations=100)
    np.testing.assert_allclose(estimate.value, samples.mean(axis=0), rtol=1e-13)
    np.testing.assert_allclose(estimate.standard_error, samples.std(axis=0, ddof=1) / np.sqrt(50), rtol=1e-13)
    assert (estimate.samples, estimate.evaluations) == (50, 100)
    assert estimate_from([1.0], 1).standard_error is None
    assert isinstance(estimate_from([1.0, 2.0], 2).value, float)


@pytest.mark.parametrize("scale", [2.0**1000, 2.0**-1000])
def test_an_estimate_neither_overflows_nor_vanishes(scale):
    samples = np.array([[1.0, 2.0], [3.0, -2.0], [5.0, 1.0]])
    plain, scaled = estimate_from(samples, 3), estimate_from(scale * samples, 3)
    np.testing.assert_array_equal(scaled.value, scale * plain.value)
    np.testing.assert_array_equal(scaled.standard_error, scale * plain.standard_error)


@pytest.mark.parametrize("rng", [None, "a", -1, 1.5])
def test_a_seed_that_is_none_is_refused_by_name(rng):
    with pytest.raises(adlib.ArgumentError, match=r"^random_directions takes rng as a seed"):
        adlib.random_directions("sphere", 1, 3, rng)
