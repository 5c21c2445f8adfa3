"""The stepper in reverse mode and the order puzzle: their numbers and their markup. In a browser: test_browser."""

import itertools
import json
import math
import re

import numpy as np
import pytest

import adlib
from adlib import viz
from adlib.viz.formula import notation
from adlib.viz.graph import puzzle
from adlib.viz.graph.puzzle import _read
from tests.adlib.viz.graph.puzzles import L, fan, reported
from tests.adlib.viz.markup import Page, numbers, said, shown


@pytest.fixture(scope="module")
def example():
    return adlib.make_graph(L)(2.0, 3.0)


# The stepper ---------------------------------------------------------------------------------------

# Closed forms of the example, computed here and not by the package.
V1, V2 = math.log(2), 3 * math.log(2)
V3 = math.sqrt(V2)
SLOPE = 1 + 1 / (2 * V3)
ADJOINTS = {"L": 1.0, "v3": 1.0, "v2": SLOPE, "v1": 3 * SLOPE, "w2": V1 * SLOPE, "w1": 3 * SLOPE / 2}


def words_of(html):
    return [f"{step['all']} {step.get(0, '')}".strip() for step in said(html)]


def test_example_says_the_lecture_s_numbers(example):
    steps = words_of(viz.stepper_html(example, "reverse"))
    assert len(steps) == 7, "the way forward done, then six nodes: figures 18 to 23, the last in two steps"
    assert "Kept for the way back: w₁, w₂, v₁, v₃. Free to go: v₂, L." in steps[0]
    assert "Seed: L bar = 1." in steps[1]
    for words, (name, adjoint) in zip(steps[1:], ADJOINTS.items()):
        assert f"Node {name}." in words
        assert shown(words.split(" Gradient:")[0]) == pytest.approx(adjoint, abs=5.1e-5)
    assert "Two children report, L and v₃" in steps[3]
    assert (
        "v2 bar = L bar times (partial L over partial v2) plus v3 bar times (partial v3 over partial v2) "
        "= L bar times 1 plus v3 bar times (1 over 2 times v3) = 1 times 1 plus 1 times 0.3467 = 1.3467." in steps[3]
    )
    assert "Needed for this, and kept: v3 = 1.442." in steps[3]
    assert "Needed" not in steps[2], "a sum's local derivative needs nothing"
    assert steps[6].endswith("Gradient: gradient of L = (2.0201, 0.9335).")


def test_kept_values_are_marked_as_the_tape_keeps_them(example):
    for graph in (example, adlib.make_graph(fan)(1.2, -0.7)):
        nodes = re.findall(
            r'<g class="ad-k" data-k="\d+">(.*?)(?=<g class="ad-k"|</svg>)', viz.stepper_html(graph, "reverse")
        )
        assert len(nodes) == len(graph.nodes)
        assert {i for i, node in enumerate(nodes) if "ad-cell" in node} == graph.kept()
        assert {i for i, node in enumerate(nodes) if "ad-free" in node} == set(range(len(nodes))) - graph.kept()


def _f(x, y, z):
    a = np.sin(x * y) + np.exp(-z)
    return np.tanh(a * x) / (a**2 + 1) - np.maximum(a, z) * y


@pytest.mark.parametrize("seed", [(), (-2.5,)])
def test_numbers_of_any_function_are_those_of_the_steps(seed):
    graph = adlib.make_graph(_f)(1.2, -0.7, 0.3)
    steps = words_of(graph.stepper(*seed, mode="reverse")._repr_html_())[1:]
    computed = list(graph.reverse(*seed))
    assert len(steps) == len(computed)
    for step, words in zip(computed, steps):
        formula = words.split(" Gradient:")[0]
        assert shown(formula) == pytest.approx(step.adjoint, rel=6e-4, abs=1e-12)
        printed = re.split(" = | is about ", formula)
        products = re.findall(r"((?:minus )?[\d.]+) times \(?((?:minus )?[\d.]+)\)?", printed[-2])
        assert len(products) == len(step.terms)
        for (bar, partial), term in zip(products, step.terms):
            assert abs(numbers(bar)[0]) == pytest.approx(abs(term.adjoint), rel=6e-4)
            assert numbers(partial)[0] == pytest.approx(term.partial, rel=6e-4)
    expected = adlib.grad(_f, argnums=(0, 1, 2))(1.2, -0.7, 0.3)
    scale = seed[0] if seed else 1.0
    assert [shown(w.split(" Gradient:")[0]) for w in steps[:-4:-1]] == pytest.approx(
        [scale * g for g in expected], rel=6e-4
    )


# What a rule keeps besides, because it decides where the formula has no value: at 0 and at inf.
AT_EDGES = {"power": ((), "B"), "float_power": ((), "B"), "hypot": ("B", "A")}


@pytest.mark.parametrize("op", sorted(notation.PARTIAL.keys() - {"sign", "maximum", "minimum"}))
def test_local_derivatives_are_written_in_what_is_kept(op):
    """The formula names the result, or an operand, exactly where the rule keeps it.

    Not here: a sign has no derivative, and a choice is written as one.
    """
    function = getattr(np, op)
    point = (1.5,) if op == "arccosh" else (0.4, 0.7)[: function.nin]
    graph = adlib.make_graph(lambda *args: function(*args))(*point)
    node = graph.nodes[-1]
    names = ["A", "B"][: function.nin]
    for k in range(function.nin):
        formula = notation.partial(op, k, names, "R", kept=True)
        written = {name for name in (*names, "R") if name in re.sub(r"\\[A-Za-z]+", "", formula)}
        kept = {(*names, "R")[i] for i in graph._kept_by(node, k)}
        assert written | set(AT_EDGES.get(op, ((), ()))[k]) == kept, formula


def test_seed_fan_out_twice_and_dead_nodes_are_said():
    def square_and_more(x):
        np.exp(x)
        y = x * x
        return y, y + x

    steps = words_of(adlib.make_graph(square_and_more)(3.0).stepper(mode="reverse")._repr_html_())
    assert any("No node uses it: its adjoint is 0." in words for words in steps)
    assert any("The seed is added." in words for words in steps)
    twice = words_of(adlib.make_graph(lambda x: x * x)(3.0).stepper(mode="reverse")._repr_html_())
    assert "once for each use" in twice[-1] and "= 1 times 3 plus 1 times 3 = 6" in twice[-1]


def test_markup_weight_and_seeds(example):
    html = example.stepper(mode="reverse")._repr_html_()
    Page(html)
    assert html == viz.stepper_html(example, "reverse")
    assert len(html.encode()) < 45_000
    assert repr(example.stepper(mode="reverse")) == "<reverse mode of L, 6 nodes>"
    assert "L bar = 2." in words_of(example.stepper(2.0, mode="reverse")._repr_html_())[1]
    with pytest.raises(adlib.ArgumentError, match="has 1 outputs, but the seed has 2 adjoints"):
        example.stepper(1.0, 0.0, mode="reverse")


@pytest.mark.parametrize(
    ("function", "arguments"),
    [
        (lambda x: x, (1.0,)),
        (lambda x: 2.0, (1.0,)),
        (lambda x: (x, x * 2), (np.ones(3),)),
        (lambda W, x: np.sum(np.tanh(W @ x) ** 2), (np.full((3, 2), 0.1), np.array([1.0, -2.0]))),
        (lambda x: np.exp(x) * np.array([1e9, -1e-9]), (np.ones((3, 2)),)),
        (lambda x: x[0] * 2.5 - x[1:3].sum() / 4.0, (np.array([1.0, 2.0, 3.0]),)),
        (lambda x, y: np.sum(np.divmod(x, y)[1]), (np.array([5.0, 7.5]), 2.0)),
        (lambda x: np.log(x), (0.0,)),
        (lambda *xs: sum(x * x for x in xs), tuple(float(k) for k in range(1, 61))),
    ],
)
def test_any_graph_can_be_shown(no_letters, function, arguments):
    with np.errstate(all="ignore"):
        html = viz.stepper_html(adlib.make_graph(function)(*arguments), "reverse")
    Page(html)
    assert said(html)


# The puzzle ----------------------------------------------------------------------------------------


def test_a_right_order_gives_the_gradient_and_every_wrong_one_its_own_number(example):
    puzzle = _read(example)
    names = {name: i for i, name in enumerate(puzzle.names)}
    right = adlib.grad(L, argnums=(0, 1))(2.0, 3.0)
    agreeing = set()
    for order in itertools.permutations(("L", "v3", "v2", "v1")):
        gradient = puzzle.gradient([names[name] for name in order])
        assert gradient == pytest.approx(reported("L", order), rel=1e-12)
        if gradient == pytest.approx(right, rel=1e-12):
            agreeing.add(order)
    assert agreeing == {("L", "v3", "v2", "v1")}, "only one order is right here"


def test_the_puzzle_agrees_with_reverse_mode_on_a_longer_graph():
    graph = adlib.make_graph(fan)(1.2, -0.7)
    puzzle = _read(graph)
    assert puzzle.gradient(puzzle.order) == pytest.approx(adlib.grad(fan, argnums=(0, 1))(1.2, -0.7), rel=1e-12)
    assert puzzle.gradient(puzzle.telling_order()) != pytest.approx(puzzle.gradient(puzzle.order), rel=1e-3)


def test_wrong_local_derivatives_are_noticed(example, monkeypatch):
    monkeypatch.setattr(puzzle._Puzzle, "run", lambda self, order: [0.0] * len(self.names))
    with pytest.raises(AssertionError, match="reverse mode gives"):
        example.puzzle()


def test_without_script_a_right_and_a_wrong_order_are_listed(example):
    lists = re.search(r'<div class="ad-lists">(.*?)</div>', example.puzzle()._repr_html_(), re.S)[1]
    right, wrong = re.findall(r"<ol>(.*?)</ol>", lists, re.S)
    assert re.findall(r"<li>(\S+)", right) == ["L", "v₃", "v₂", "v₁"]
    order = [name.translate(str.maketrans("₀₁₂₃", "0123")) for name in re.findall(r"<li>(\S+)", wrong)]
    a, b = reported("L", order)
    assert f"It gives ({a:.4g}, {b:.4g}) instead of (2.0201, 0.9335)." in lists
    assert "Too early: v₃" in wrong and "∇L = (2.0201, 0.9335)" in lists


def test_puzzle_markup_and_weight(example):
    html = example.puzzle()._repr_html_()
    page = Page(html)
    assert html == adlib.make_graph(L)(2.0, 3.0).puzzle()._repr_html_()
    assert len(html.encode()) < 40_000
    ((root, _),) = [(a, t) for n, a, t in page.elements if "ad-puzzle" in a.get("class", "").split()]
    data = json.loads(root["data-graph"])
    assert data["right"] == pytest.approx(adlib.grad(L, argnums=(0, 1))(2.0, 3.0), rel=1e-12)
    assert not [a for _, a, _ in page.elements if any(k.startswith("on") for k in a)]
    assert repr(example.puzzle()) == "<order puzzle of L: v1, v2, v3, L>"


def test_puzzle_names_cannot_inject_markup():
    graph = adlib.make_graph(lambda a: np.sin(a))(1.0)
    evil = '"><img src=x onerror=alert(1)></svg></script><script>alert(2)</script>$\\frac{'
    for node in graph.nodes:
        object.__setattr__(node, "name", evil)
    graph.name = evil
    html = graph.puzzle()._repr_html_()
    page = Page(html)
    assert not page.all("img") and len(page.all("script")) == 1
    assert "alert(2)</script>" not in html


@pytest.mark.parametrize(
    ("function", "arguments", "message"),
    [
        (lambda x: np.sum(x), (np.ones(3),), "is for graphs of scalars, but x"),
        (lambda x: (x * 2, x * 3), (1.0,), "needs one result, but"),
        (lambda x: x, (1.0,), "1 to 10 operations, but .* has 0"),
        (lambda x: x * 1.0 * x * x * x * x * x * x * x * x * x * x, (1.0,), "has 11; choose a shorter function"),
        (lambda x: np.sqrt(x), (0.0,), "needs a finite local derivative"),
    ],
)
def test_what_is_no_puzzle_is_refused(function, arguments, message):
    with np.errstate(all="ignore"), pytest.raises(adlib.ArgumentError, match=message):
        adlib.make_graph(function)(*arguments).puzzle()


def test_nodes_that_do_not_matter_are_left_out():
    def f(x):
        np.exp(x)
        return x * x

    assert repr(adlib.make_graph(f)(2.0).puzzle()) == "<order puzzle of f: f>"
