"""Oracles of exercises that stand on a theorem or a trick, against a way without it; and numbers that an explanation names."""

import itertools

import numpy as np
import pytest

import adlib
from adlib.exercises import choose_your_fighter as chapter8
from tests.adlib.structure.test_elimination import random_function


def fewest_of_long(sizes):
    """What `chain_verify` takes for the fewest multiplications of a long chain: the number that it finds nothing wrong with."""
    case = {"sizes": sizes, "diagonal": [False] * (len(sizes) - 1), "probe": "long"}
    complaint = chapter8.chain_verify(case, {"cost": -1.0, "changed": False})
    return int(complaint.found.rpartition(" ")[2])


def test_a_chain_with_one_size_of_1_costs_what_all_bracketings_say():
    rng = np.random.default_rng(0)
    for _ in range(200):
        sizes = rng.integers(2, 9, int(rng.integers(4, 9))).tolist()
        sizes[int(rng.integers(1, len(sizes) - 1))] = 1
        costs = [cost for cost, _ in chapter8.bracketings(sizes, [False] * (len(sizes) - 1))]
        assert fewest_of_long(sizes) == min(costs) == adlib.chain_order(sizes).cost


def test_long_chains_cost_what_dynamic_programming_says():
    for case in chapter8.chain_cases(np.random.default_rng(1)):
        if case["probe"] == "long":
            assert fewest_of_long(case["sizes"]) == adlib.chain_order(case["sizes"]).cost


def count(edges, outputs, order):
    """What `count_verify` takes for the number of multiplications."""
    complaint = chapter8.count_verify(chapter8.graph_case(edges, outputs, order, "random", ""), {"count": -1.0})
    return int(complaint.found.rpartition(" ")[2])


@pytest.mark.parametrize("seed", range(40))
def test_ways_through_a_graph_count_as_elimination_does(seed):
    f, xs = random_function(seed, inner=4 + seed % 5)
    graph = adlib.make_graph(f)(*xs)
    found = adlib.eliminate(graph, "forward")
    edges = [list(edge) for edge in found.edges]
    rng = np.random.default_rng(seed)
    for _ in range(5):
        order = [int(i) for i in rng.permutation([step.node.index for step in found.steps])]
        if order:
            assert count(edges, list(graph.outputs), order) == adlib.eliminate(graph, order).multiplications


def test_the_explanation_of_exercise_8_3_names_the_right_numbers():
    costs = {order: count(chapter8.ASKED, [6, 7], list(order)) for order in itertools.permutations([2, 3, 4, 5])}
    assert costs[2, 3, 4, 5] == costs[5, 4, 3, 2] == 12
    assert min(costs.values()) == costs[3, 4, 2, 5] == costs[4, 3, 5, 2] == 8
    assert max(costs.values()) == 16 and {order[0] for order, cost in costs.items() if cost == 16} == {2, 5}

    def asked(v0, v1):
        v2 = v0 * v1
        v5 = np.sin(v2) * np.exp(v2)
        return v0 * v5, v1 + v5

    graph = adlib.make_graph(asked)(1.2, 0.7)
    assert sorted(map(list, adlib.eliminate(graph).edges)) == sorted(chapter8.ASKED)
