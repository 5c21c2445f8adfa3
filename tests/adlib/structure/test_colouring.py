"""Colours: valid, between the bounds, and beside the least number of colours found by trying all."""

import itertools

import numpy as np
import pytest

from adlib.structure.colouring import _greedy, colour_columns


def colours_of(pattern):
    return colour_columns(*np.nonzero(pattern), pattern.shape)


def meets(pattern):
    """Which columns share a row."""
    counts = pattern.T.astype(int) @ pattern.astype(int)
    np.fill_diagonal(counts, 0)
    return counts > 0


def check(pattern):
    """Assert that the colouring is one, and return how many colours it has."""
    colours = colours_of(pattern)
    full = pattern.any(axis=0)
    assert np.array_equal(colours >= 0, full)
    assert not np.any(meets(pattern) & (colours[:, None] == colours[None, :]))
    used = np.unique(colours[full])
    assert np.array_equal(used, np.arange(len(used)))
    low = pattern.sum(axis=1).max(initial=0)
    high = 1 + meets(pattern).sum(axis=1).max(initial=0) if len(used) else 0
    assert low <= len(used) <= high
    return len(used)


def least(pattern):
    """The fewest colours of a small pattern, by trying all ways to give 1, 2, ... of them."""
    edges = np.argwhere(np.triu(meets(pattern)))
    n = pattern.shape[1]
    for count in range(0 if not pattern.any() else 1, n + 1):
        for colours in itertools.product(range(max(count, 1)), repeat=n):
            if all(colours[a] != colours[b] for a, b in edges):
                return count
    return n


@pytest.mark.parametrize("seed", range(10))
def test_random_patterns(seed):
    rng = np.random.default_rng(seed)
    for _ in range(20):
        m, n = rng.integers(1, 40, 2)
        check(rng.random((m, n)) < rng.choice([0.02, 0.1, 0.3, 0.8]))


def test_beside_the_least_number_of_colours():
    """Greedy may take more: on these patterns never more than one, and on most none."""
    rng = np.random.default_rng(0)
    more = []
    for _ in range(150):
        pattern = rng.random(rng.integers(2, 7, 2)) < rng.choice([0.2, 0.3, 0.4])
        more.append(check(pattern) - least(pattern))
    assert set(more) <= {0, 1} and np.mean(more) < 0.02


def test_greedy_may_take_more_than_the_least():
    """Columns i and i + 3 of a crown are the only ones that do not meet and stand on two sides: two colours would do."""
    sides = [(i, j + 4) for i in range(4) for j in range(4) if i != j]
    order = [0, 4, 1, 5, 2, 6, 3, 7]
    pattern = np.zeros((len(sides), 8), bool)
    for row, (a, b) in enumerate(sides):
        pattern[row, [order.index(a), order.index(b)]] = True
    assert least(pattern) == 2 and check(pattern) == 4


@pytest.mark.parametrize(("below", "above"), [(0, 0), (1, 1), (0, 2), (3, 1), (4, 4)])
def test_a_band_has_as_many_colours_as_diagonals(below, above):
    n = 40
    away = np.subtract.outer(np.arange(n), np.arange(n))
    assert check((-above <= away) & (away <= below)) == below + above + 1


def test_of_two_orders_the_better_one_counts():
    """Columns on a path, 0 - 2 - 3 - 1: as they stand both ends take the first colour, and the middle needs two more."""
    pattern = np.zeros((3, 4), bool)
    for row, pair in enumerate([[0, 2], [2, 3], [3, 1]]):
        pattern[row, pair] = True
    assert check(pattern) == least(pattern) == 2
    assert len(set(_greedy(range(4), [np.flatnonzero(column).tolist() for column in pattern.T], 3))) == 3


def test_a_grid_takes_two_colours_more_than_the_least():
    """Each point with its four neighbours: along a knight's moves five colours do."""
    n = 20
    i, j = np.divmod(np.arange(n * n), n)
    pattern = np.abs(i[:, None] - i) + np.abs(j[:, None] - j) <= 1
    five = (i + 2 * j) % 5
    assert not np.any(meets(pattern) & (five[:, None] == five))
    assert pattern.sum(axis=1).max() == 5 and check(pattern) == 7


def test_blocks_stars_and_full_patterns():
    assert check(np.kron(np.eye(7), np.ones((3, 4))).astype(bool)) == 4
    star = np.eye(9, dtype=bool)
    star[:, 0] = True
    assert check(star) == 2
    assert check(star.T) == 9
    assert check(np.ones((3, 5), bool)) == 5


@pytest.mark.parametrize("shape", [(0, 0), (0, 3), (3, 0), (3, 3)])
def test_nothing_to_colour(shape):
    assert check(np.zeros(shape, bool)) == 0
    assert np.array_equal(colours_of(np.zeros(shape, bool)), np.full(shape[1], -1))
