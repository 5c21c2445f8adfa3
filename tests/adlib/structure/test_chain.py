"""The best bracketing of a chain of Jacobians, against all of them."""

import numpy as np
import pytest

import adlib
from adlib import chain_order


def bracketings(i, j):
    """Every order of J_j ... J_i."""
    if i == j:
        yield i
    for s in range(i, j):
        for left in bracketings(s + 1, j):
            yield from ((left, right) for right in bracketings(i, s))


def multiplied(order, jacobians):
    """The product in this order, and its multiplications, counted from the shapes."""
    if not isinstance(order, tuple):
        return jacobians[order - 1], 0
    (a, first), (b, second) = (multiplied(part, jacobians) for part in order)
    return a @ b, first + second + a.shape[0] * a.shape[1] * b.shape[1]


def chain(sizes, rng):
    return [rng.integers(-3, 4, (n, m)) for m, n in zip(sizes, sizes[1:])]


@pytest.mark.parametrize("k", range(1, 8))
def test_no_bracketing_costs_less(k):
    rng = np.random.default_rng(k)
    for _ in range(15 if k < 7 else 5):
        sizes = [int(n) for n in rng.integers(1, 7, k + 1)]
        jacobians = chain(sizes, rng)
        found = chain_order(sizes)
        product, cost = multiplied(found.order, jacobians)
        assert cost == found.cost
        assert cost == min(multiplied(order, jacobians)[1] for order in bracketings(1, k))
        assert np.array_equal(product, np.linalg.multi_dot(jacobians[::-1]) if k > 1 else jacobians[0])


def pure(k, forward):
    """The order of one mode."""
    order = 1 if forward else k
    for i in range(2, k + 1):
        order = (i, order) if forward else (order, k + 1 - i)
    return order


@pytest.mark.parametrize("k", [1, 2, 3, 6])
def test_what_the_two_modes_cost(k):
    rng = np.random.default_rng(k)
    sizes = tuple(int(n) for n in rng.integers(1, 9, k + 1))
    jacobians, found = chain(sizes, rng), chain_order(sizes)
    assert found.sizes == sizes
    assert found.forward == multiplied(pure(k, True), jacobians)[1]
    assert found.reverse == multiplied(pure(k, False), jacobians)[1]
    assert found.cost <= min(found.forward, found.reverse)


def test_a_narrow_input_is_for_forward_mode_and_a_narrow_output_for_reverse_mode():
    wide = chain_order([1, 50, 50, 50])
    assert (str(wide), wide.cost) == ("(J3 (J2 J1))", wide.forward)
    narrow = chain_order([50, 50, 50, 1])
    assert (str(narrow), narrow.cost) == ("((J3 J2) J1)", narrow.reverse)


@pytest.mark.parametrize(
    ("sizes", "text", "costs"),
    [
        ([100, 100, 1, 100, 100], "((J4 J3) (J2 J1))", (30_000, 1_020_000, 1_020_000)),
        ([50, 2, 50, 2, 50], "(J4 ((J3 J2) J1))", (5_400, 15_000, 15_000)),
    ],
)
def test_a_narrow_middle(sizes, text, costs):
    found = chain_order(sizes)
    assert (found.cost, found.forward, found.reverse) == costs
    assert str(found) == text


def test_forward_mode_where_every_order_costs_the_same():
    assert str(chain_order([4] * 5)) == "(J4 (J3 (J2 J1)))"
    assert chain_order([3, 2]).order == 1 and str(chain_order([3, 2])) == "J1"


def test_how_it_shows_itself():
    assert repr(chain_order([3, 2, 4])) == "ChainOrder((J2 J1), cost=24, forward=24, reverse=24)"
    assert chain_order(np.array([3, 2, 4])) == chain_order([3, 2, 4])
    assert type(chain_order(np.array([3, 2, 4])).cost) is int


def test_costs_beyond_64_bits_are_exact():
    assert chain_order([10**9] * 4).cost == 2 * 10**27


def test_a_long_chain_is_written_without_recursion():
    text = str(adlib.structure.chain.ChainOrder((), 0, pure(5000, True), 0, 0))
    assert text.startswith("(J5000 (J4999 ") and text.endswith(")" * 4999)


@pytest.mark.parametrize("sizes", [[], [3], 3, None])
def test_fewer_than_two_sizes_are_refused(sizes):
    with pytest.raises(adlib.ArgumentError, match=r"chain_order takes the sizes n_0, \.\.\., n_k .* at least two"):
        chain_order(sizes)


@pytest.mark.parametrize("size", [0, -1, 2.0, True, "3", None, np.ones(2)])
def test_what_is_no_size_is_refused(size):
    with pytest.raises(adlib.ArgumentError, match="chain_order takes each size as an integer of at least 1, but got"):
        chain_order([3, size, 2])
