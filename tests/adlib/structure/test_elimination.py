"""Vertex elimination: the Jacobian in every order, and the count by what is reached from where."""

import itertools
import math

import numpy as np
import pytest

import adlib
from adlib import eliminate, make_graph


def random_function(seed, inputs=2, inner=4, outputs=2):
    """A function of numbers whose graph has `inner` operations at least between inputs and outputs, and its plain twin."""
    rng = np.random.default_rng(seed)
    plan = [(rng.integers(4), *rng.integers(0, inputs + k, 2)) for k in range(inner + outputs)]
    plan[-outputs:] = [(1, a, b) for _, a, b in plan[-outputs:]]

    def f(*xs):
        values = list(xs)
        for kind, a, b in plan:
            x, y = values[a], values[b]
            values.append((np.sin(x), x * y, x + 2.0 * y, x / (y * y + 1.5))[kind])
        return tuple(values[-outputs:])

    return f, rng.uniform(0.5, 1.5, inputs).tolist()


def by_complex_step(f, xs):
    """The Jacobian of an analytic function, without any rule."""
    columns = []
    for k in range(len(xs)):
        moved = [x + 1e-200j * (i == k) for i, x in enumerate(xs)]
        columns.append([np.imag(y) / 1e-200 for y in f(*moved)])
    return np.array(columns).T


class Ways:
    """What each order costs, without carrying out any: by ways through the nodes that are gone."""

    def __init__(self, graph):
        parents = {node.index: set(node.parents) for node in graph.nodes}
        self.children = {i: {k for k in parents if i in parents[k]} for i in parents}
        self.outputs, self.inputs = set(graph.outputs), set(graph.inputs)
        self.useful = {i for i in parents if self.from_node(i) & self.outputs}
        self.between = sorted(i for i in self.useful - self.inputs if self.children[i] & self.useful)

    def from_node(self, i):
        """All that is reached from a node, itself included."""
        return {i}.union(*(self.from_node(k) for k in self.children[i]))

    def ends(self, start, gone):
        """Where ways from `start` through nodes that are gone end: at nodes that are there, or outputs."""
        found = set()
        for k in self.children[start] & self.useful:
            if k not in gone or k in self.outputs:
                found.add(k)
            if k in gone:
                found |= self.ends(k, gone)
        return found

    def price(self, node, gone):
        """Multiplications to take out a node when others are gone."""
        there = self.useful - gone
        return sum(node in self.ends(i, gone) for i in there - {node}) * len(self.ends(node, gone))

    def of_order(self, order):
        return sum(self.price(node, set(order[:k])) for k, node in enumerate(order))

    def least(self):
        """Over all orders, by dynamic programming over the sets of nodes that are gone."""
        best = {frozenset(): 0}
        for size in range(len(self.between)):
            for gone in map(frozenset, itertools.combinations(self.between, size)):
                for node in set(self.between) - gone:
                    cost = best[gone] + self.price(node, gone)
                    best[gone | {node}] = min(cost, best.get(gone | {node}, math.inf))
        return best[frozenset(self.between)]


@pytest.mark.parametrize("seed", range(12))
def test_every_order_gives_the_jacobian_and_costs_what_is_counted_by_ways(seed):
    f, xs = random_function(seed, inputs=2 + seed % 2, inner=3 + seed % 2, outputs=2)
    graph = make_graph(f)(*xs)
    theory = Ways(graph)
    right = by_complex_step(f, xs)
    by_modes = adlib.jacobian(lambda x: np.stack(f(*x)))(np.array(xs))
    counts = []
    for order in itertools.islice(itertools.permutations(theory.between), 120):
        found = eliminate(graph, order)
        np.testing.assert_allclose(found.jacobian, right, rtol=1e-12, atol=1e-14)
        np.testing.assert_allclose(found.jacobian, by_modes, rtol=1e-12, atol=1e-14)
        assert found.multiplications == theory.of_order(order)
        counts.append(found.multiplications)
    if len(theory.between) <= 5:
        assert min(counts) == theory.least()
    assert theory.least() <= eliminate(graph).multiplications


@pytest.mark.parametrize("seed", range(12))
def test_forward_and_reverse_order_cost_what_the_modes_do(seed):
    """One multiplication for each edge out of a node and each input that reaches it; reverse mode the other way round."""
    f, xs = random_function(seed, inputs=3, inner=9, outputs=2)
    graph = make_graph(f)(*xs)
    theory = Ways(graph)
    forward = reverse = 0
    for j in theory.between:
        reach = sum(j in theory.from_node(i) for i in theory.inputs)
        forward += reach * len(theory.children[j] & theory.useful)
        parents = sum(j in theory.children[i] for i in theory.useful)
        reverse += parents * len((theory.from_node(j) - {j}) & theory.outputs)
    assert eliminate(graph, "forward").multiplications == forward
    assert eliminate(graph, "reverse").multiplications == reverse
    for order in ("forward", "reverse", "markowitz"):
        np.testing.assert_allclose(eliminate(graph, order).jacobian, by_complex_step(f, xs), rtol=1e-12, atol=1e-14)


def star(a, b, c):
    v = a * b * c
    return np.sin(v), np.cos(v), v * 2.0, np.exp(v), np.sqrt(v)


def test_one_node_in_the_middle_costs_the_same_in_every_order():
    graph = make_graph(lambda a, b, c: star(a, b, c))(0.5, 1.0, 1.5)
    # a b is one more node: its two edges are led past it, then those of a, b and c into v past v.
    assert {eliminate(graph, order).multiplications for order in ("forward", "markowitz")} == {2 + 3 * 5}
    assert eliminate(graph, "reverse").multiplications == 2 * 5 + 2 * 5


def narrow(a, b, c):
    """Neither mode is best: in the middle everything goes through one number, twice."""
    v = np.sin(a + b + c) * 2.0
    p, q, r = v * 3.0, np.sin(v), np.cos(v)
    s = np.exp(p + q + r)
    return s * 2.0, s + 1.0, np.sin(s)


def test_an_order_between_the_modes_may_cost_less():
    graph = make_graph(narrow)(0.1, 0.2, 0.3)
    found = {order: eliminate(graph, order).multiplications for order in ("forward", "reverse", "markowitz")}
    assert found["markowitz"] < min(found["forward"], found["reverse"])


def lecture(w1, w2):
    v2 = w2 * np.log(w1)
    return v2 + np.sqrt(v2)


def test_the_steps_one_by_one():
    found = eliminate(make_graph(lecture)(2.0, 3.0), ["v2", "v1", "v3"])
    assert found.order == ("v2", "v1", "v3") and found.multiplications == 8 and found.additions == 2
    assert [step.multiplications for step in found.steps] == [4, 6, 8]
    assert str(found).splitlines()[0] == "v2: w2 -> v3, v1 -> v3, w2 -> lecture, v1 -> lecture; 4 so far"
    assert found.edges.keys() == {(0, 2), (1, 3), (2, 3), (3, 4), (3, 5), (4, 5)}
    # A reader who draws the steps ends with the Jacobian.
    edges = dict(found.edges)
    for step in found.steps:
        for edge in step.edges:
            assert edge.merged == ((edge.parent, edge.child) in edges)
            edges[edge.parent, edge.child] = edges.get((edge.parent, edge.child), 0.0) + edge.product
            assert edges[edge.parent, edge.child] == edge.partial
        edges = {ends: partial for ends, partial in edges.items() if step.node.index not in ends}
    assert found.jacobian.tolist() == [[edges[0, 5], edges[1, 5]]]


def test_the_markowitz_rule_takes_what_costs_least_next_and_the_earlier_of_two():
    # v1 and v3 have one edge in and one out, v2 has two of each until v3 is gone.
    found = eliminate(make_graph(lecture)(2.0, 3.0))
    assert found.order == ("v1", "v3", "v2") and found.multiplications == 1 + 1 + 2 and found.additions == 1


def test_repr():
    assert repr(eliminate(make_graph(lecture)(2.0, 3.0), "forward")) == "Elimination(v1, v2, v3: 7 multiplications)"


def test_an_order_by_name_by_position_or_both():
    graph = make_graph(lecture)(2.0, 3.0)
    for order in (["v3", "v1", "v2"], [4, 2, 3], ("v3", 2, "v2"), np.array([4, 2, 3]), iter(["v3", "v1", "v2"])):
        assert eliminate(graph, order).order == ("v3", "v1", "v2")


def test_an_output_that_is_used_again_and_an_input_that_is_an_output():
    def f(x, y):
        p = x * y
        q = np.sin(p) * y
        return q, p, x, np.exp(q)

    graph = make_graph(f)(0.5, 2.0)
    theory = Ways(graph)
    for order in itertools.permutations(theory.between):
        found = eliminate(graph, order)
        np.testing.assert_allclose(found.jacobian, by_complex_step(f, [0.5, 2.0]), rtol=1e-14)
        assert found.multiplications == theory.of_order(order)


def test_what_leads_nowhere_is_left_out():
    def f(x, y):
        np.exp(np.sin(y))
        return x * x * 3.0

    found = eliminate(make_graph(f)(2.0, 1.0), "forward")
    assert found.jacobian.tolist() == [[12.0, 0.0]]
    assert found.order == ("v3",) and found.multiplications == 1


def test_operands_without_a_derivative_have_no_edge():
    found = eliminate(make_graph(lambda x, y: np.copysign(x, np.sin(y)) * 2.0)(1.0, 1.0))
    assert found.jacobian.tolist() == [[2.0, 0.0]]


def test_numbers_by_rules_of_every_family():
    @adlib.primitive
    def cube(x):
        return x**3

    adlib.rule(cube, lambda t, y, x: 3 * x**2 * t[0], lambda g, y, x: (3 * x**2 * g,))
    f = lambda x, y: np.dot(cube(x), np.deg2rad(y)) + np.sum(x)  # noqa: E731
    found = eliminate(make_graph(f)(2.0, 3.0))
    np.testing.assert_allclose(found.jacobian, [[12 * np.deg2rad(3.0) + 1, 8 * np.deg2rad(1.0)]], rtol=1e-14)


def test_the_precision_is_that_of_the_numbers():
    assert eliminate(make_graph(lecture)(np.float32(2), np.float32(3))).jacobian.dtype == np.float32
    assert eliminate(make_graph(lecture)(2.0, 3.0)).jacobian.dtype == np.float64


def test_without_operations_and_without_inputs():
    found = eliminate(make_graph(lambda x: x)(2.0))
    assert found.jacobian.tolist() == [[1.0]] and str(found) == "" and found.multiplications == 0
    assert eliminate(make_graph(lambda x: 3.0)(2.0), []).jacobian.shape == (0, 1)
    assert eliminate(make_graph(lambda: 3.0)()).jacobian.shape == (0, 0)


@pytest.mark.parametrize("order", ["fastest", "v1", ""])
def test_an_unknown_rule_is_refused(order):
    with pytest.raises(adlib.ArgumentError, match="eliminate takes order as 'forward', 'reverse', 'markowitz' or a"):
        eliminate(make_graph(lecture)(2.0, 3.0), order)


@pytest.mark.parametrize(
    ("order", "problem"),
    [
        (["v1", "v2"], "v3 is missing"),
        ([], "is missing"),
        (["v1", "v2", "v1"], "'v1' is there twice"),
        (["v1", 2, "v2"], "2 is there twice"),
        (["v1", "w1", "v3"], "'w1' is none of them"),
        (["v1", "v2", "v3", "L"], "'L' is none of them"),
        ([2, 3, 7], "7 is none of them"),
        ([2, 3, 4.0], "4.0 is none of them"),
        ([[2], 3], "a list is none of them"),
        (3, "is missing"),
        (None, "None is none of them"),
    ],
)
def test_a_wrong_order_is_refused_with_the_reason(order, problem):
    with pytest.raises(adlib.ArgumentError, match=f"each of the 3 nodes between inputs and outputs once.*{problem}"):
        eliminate(make_graph(lecture)(2.0, 3.0), order)


@pytest.mark.parametrize(
    ("f", "args", "what"),
    [
        (lambda x: x[0] * x[1], (np.ones(2),), r"x is an array of shape \(2,\)"),
        (lambda x: np.sum(x * np.ones(3)), (1.0,), r"v1 is an array of shape \(3,\)"),
        (lambda x: np.modf(x)[0], (1.5,), "v1 has several results"),
    ],
)
def test_arrays_are_refused(f, args, what):
    with pytest.raises(adlib.ArgumentError, match=f"eliminate takes a graph of numbers, but the node {what}; write"):
        eliminate(make_graph(f)(*args))


@pytest.mark.parametrize("graph", [lecture, 3.0, None, np.ones((2, 2))])
def test_what_is_no_graph_is_refused(graph):
    with pytest.raises(adlib.ArgumentError, match="eliminate takes a graph, but got"):
        eliminate(graph)
