"""The elimination puzzle: its counts against `eliminate` in every order, its markup, and the same in a browser."""

import itertools
import json
import re

import numpy as np
import pytest

import adlib
from adlib.viz import EliminationPuzzle, elimination_html
from adlib.viz.graph import elimination
from adlib.viz.graph.arcs import with_arcs
from adlib.viz.graph.elimination import _read
from adlib.viz.graph.layout import Size, layout
from tests.adlib.structure.test_elimination import Ways, random_function
from tests.adlib.viz.graph.puzzles import fan
from tests.adlib.viz.markup import Page


def four(x, y):
    """Four nodes between inputs and outputs; one is an output itself, and edges meet wherever one is taken out."""
    v1 = x * y
    v2 = np.sin(v1)
    v3 = np.exp(v1)
    v4 = v2 * v3
    return v4 * x, v4 + v1, v3


def small_graphs():
    """Graphs of random functions with at most five nodes to take out."""
    for seed in range(24):
        f, xs = random_function(seed, inputs=1 + seed % 3, inner=3, outputs=1 + seed % 2)
        graph = adlib.make_graph(f)(*xs)
        if 1 <= len(Ways(graph).between) <= 5:
            yield graph


@pytest.fixture(scope="module")
def graph():
    return adlib.make_graph(four)(1.2, 0.7)


# Counting -------------------------------------------------------------------------------------------


def test_every_order_counts_as_eliminate_does(graph):
    compared = 0
    for g in [graph, *small_graphs()]:
        puzzle = _read(g)
        for order in itertools.permutations(puzzle.between):
            right = adlib.eliminate(g, [puzzle.names[i] for i in order])
            assert puzzle.count(order) == right.multiplications == Ways(g).of_order([s.node.index for s in right.steps])
            compared += 1
    assert compared > 150


def test_there_is_room_for_the_edges_of_every_order_and_no_others(graph):
    for g in [graph, *small_graphs()]:
        puzzle = _read(g)
        at = {name: i for i, name in enumerate(puzzle.names)}
        made = set()
        for order in itertools.permutations(puzzle.between):
            for step in adlib.eliminate(g, [puzzle.names[i] for i in order]).steps:
                made |= {(at[g.nodes[e.parent].name], at[g.nodes[e.child].name]) for e in step.edges}
        assert puzzle.later_edges() == made - set(puzzle.edges)


def test_another_count_than_that_of_eliminate_is_noticed(graph, monkeypatch):
    monkeypatch.setattr(elimination._Puzzle, "count", lambda self, order: 1)
    with pytest.raises(AssertionError, match="the puzzle counts 1 in forward order, eliminate"):
        EliminationPuzzle(graph)


def rows(html):
    """The table: order -> (cost, nodes)."""
    found = re.findall(r'<tr><th scope="row">(.*?)</th><td>(\d+)</td><td>(.*?)</td></tr>', html)
    plain = str.maketrans("₀₁₂₃₄₅₆₇₈₉", "0123456789")
    return {name: (int(cost), nodes.translate(plain).split(", ")) for name, cost, nodes in found}


def test_the_table_has_what_eliminate_finds(graph):
    for g in [graph, *itertools.islice(small_graphs(), 10)]:
        html, ways = elimination_html(g), Ways(g)
        for name, (cost, nodes) in rows(html).items():
            assert adlib.eliminate(g, nodes).multiplications == cost, name
        table = {name: cost for name, (cost, _) in rows(html).items()}
        for name, order in {"forward": "forward", "reverse": "reverse", "Markowitz rule": "markowitz"}.items():
            assert table[name] == adlib.eliminate(g, order).multiplications
        costs = [ways.of_order(order) for order in itertools.permutations(ways.between)]
        assert table["best"] == ways.least() == min(costs) and table["worst"] == max(costs)
        counted = f"Orders: {len(costs)}. Fewest multiplications: {min(costs)}, in {costs.count(min(costs))} of them."
        assert counted in html


# Markup ---------------------------------------------------------------------------------------------


def test_the_same_graph_gives_the_same_bytes_and_few_of_them():
    def html():
        return EliminationPuzzle(adlib.make_graph(fan)(1.2, -0.7))._repr_html_()

    assert html() == html() and len(html().encode()) < 25_000
    page = Page(html())
    assert not [a for _, a, _ in page.elements if any(k.startswith("on") for k in a)]
    assert (
        repr(EliminationPuzzle(adlib.make_graph(fan)(1.2, -0.7)))
        == "<elimination puzzle of fan: v1, v2, v3, v4, v5, v6>"
    )


def test_names_cannot_inject_markup():
    graph = adlib.make_graph(lambda a: np.exp(np.sin(a)))(1.0)
    evil = "\"'><img src=x onerror=alert(1)></svg></script><script>alert(2)</script>$\\frac{"
    for node in graph.nodes:
        object.__setattr__(node, "name", f"{evil}{node.index}")
    graph.name = evil
    page = Page(EliminationPuzzle(graph)._repr_html_())
    assert not page.all("img") and len(page.all("script")) == 1


def test_nodes_without_use_are_left_out():
    def f(x, y):
        np.exp(x) * y
        return np.sin(x) * 2.0

    data = re.search(r"data-graph='(.*?)'", elimination_html(adlib.make_graph(f)(1.0, 2.0)))[1]
    assert json.loads(data)["names"] == ["x", "y", "v₃", "f"]


@pytest.mark.parametrize(
    ("graph", "message"),
    [
        (four, "the elimination puzzle takes a graph, but got a function; write EliminationPuzzle"),
        (adlib.make_graph(lambda x: np.sum(x))(np.ones(3)), "eliminate takes a graph of numbers"),
        (adlib.make_graph(lambda x: x * 2.0)(1.0), "1 to 6 nodes between inputs and outputs, but .* has 0"),
        (adlib.make_graph(lambda x: x * x * x * x * x * x * x * x * x)(1.0), "has 7; choose another function"),
    ],
    ids=["a function", "arrays", "nothing between", "too many"],
)
def test_what_is_no_puzzle_is_refused(graph, message):
    with pytest.raises(adlib.ArgumentError, match=message):
        EliminationPuzzle(graph)


def test_arcs_from_the_same_node_go_apart_and_past_other_nodes():
    sizes = [Size(17, 17, 20, 38, 38)] * 5
    drawing = layout([(), (0,), (1,), (2,), (3,)], sizes, width=336)
    wanted = [(0, 2), (0, 3), (0, 4), (1, 3)]
    more, top = with_arcs(drawing, sizes, wanted)
    assert len({edge.path for edge in more.edges.values()}) == 8 and top >= 0
    for parent, child in wanted:
        edge = more.edges[parent, child]
        x0, y0, bx, by, x1, y1 = map(float, re.findall(r"-?[\d.]+", edge.path))
        middle = (x0 + 2 * bx + x1) / 4, (y0 + 2 * by + y1) / 4
        for i in {*range(5)} - {parent, child}:
            assert np.hypot(*np.subtract(middle, drawing.centres[i])) > 17


# In a browser ---------------------------------------------------------------------------------------


SEEN = """() => {
  const root = document.querySelector('.ad-elim'), texts = q => [...root.querySelectorAll(q)].map(e => e.textContent);
  const edges = q => [...root.querySelectorAll('[data-e]' + q)].filter(e => getComputedStyle(e).display !== 'none')
    .map(e => e.dataset.e);
  return { state: root.dataset.state, end: texts('.ad-end')[0], why: texts('.ad-why')[0], log: texts('.ad-log li'),
    edges: edges(''), made: edges('.ad-new'), merged: edges('.ad-merged'), prices: texts('.ad-r'), heard: texts('.ad-live')[0] };
}"""


def take_out(page, *names):
    for name in names:
        page.get_by_label(f"Take out {name}", exact=True).click()
    return page.evaluate(SEEN)


def test_every_order_gives_the_edges_and_the_counts_of_eliminate(show, graph):
    page, puzzle = show(EliminationPuzzle(graph)), _read(graph)
    at = {name: i for i, name in enumerate(puzzle.names)}
    least = min(puzzle.count(order) for order in itertools.permutations(puzzle.between))
    orders = list(itertools.permutations(puzzle.names[i] for i in puzzle.between))
    assert len(orders) == 24
    for order in orders:
        there = {f"{p},{c}" for p, c in puzzle.edges}
        for step in adlib.eliminate(graph, order).steps:
            seen = take_out(page, step.node.name)
            made, merged = (
                {
                    f"{at[graph.nodes[e.parent].name]},{at[graph.nodes[e.child].name]}"
                    for e in step.edges
                    if e.merged == m
                }
                for m in (False, True)
            )
            assert (set(seen["made"]), set(seen["merged"])) == (made, merged)
            index, kept = str(at[step.node.name]), step.node.index in graph.outputs
            gone = {e for e in there if index in e.split(",")[: 1 if kept else 2]}
            there = (there | made) - gone
            assert set(seen["edges"]) == there
            assert re.match(r"Multiplications (so far|in all): (\d+)\.", seen["end"])[2] == str(step.multiplications)
        assert seen["state"] == "done" and len(seen["log"]) == 4
        assert ("No order takes fewer" in seen["end"]) == (step.multiplications == least)
        assert ("the best order" in seen["why"]) == (step.multiplications > least)
        forward, reverse = (adlib.eliminate(graph, mode).multiplications for mode in ("forward", "reverse"))
        assert f"Forward order takes {forward}, reverse order {reverse}" in seen["why"]
        page.get_by_text("Start again").click()
    assert page.evaluate(SEEN)["end"] == "Multiplications so far: 0."


def test_prices_are_those_of_the_graph_that_is_left(show, graph):
    """What stands under a node is what its step costs when it goes next."""
    page = show(EliminationPuzzle(graph))
    names = ["v1", "v2", "v3", "v4"]
    for gone in ((), ("v3",), ("v3", "v1"), ("v2", "v4")):
        seen = take_out(page, *gone)
        for k, name in enumerate(names):
            if name in gone:
                assert seen["prices"][k] == ""
                continue
            order = [*gone, name, *(n for n in names if n not in (*gone, name))]
            p, q, cost = map(int, re.findall(r"\d+", seen["prices"][k]))
            assert p * q == cost == len(adlib.eliminate(graph, order).steps[len(gone)].edges)
        if gone:
            page.get_by_text("Start again").click()


def test_undo_start_again_and_nothing_twice(show, graph):
    page = show(EliminationPuzzle(graph))
    before = page.evaluate(SEEN)
    first = take_out(page, "v2")
    take_out(page, "v1")
    page.get_by_text("Undo").click()
    again = page.evaluate(SEEN)
    assert {**again, "heard": ""} == {**first, "heard": ""}
    page.get_by_label("Take out v2").click(force=True)
    assert page.evaluate(SEEN)["log"] == first["log"]
    assert page.get_by_label("Take out v2").get_attribute("aria-disabled") == "true"
    page.get_by_text("Start again").click()
    assert {**page.evaluate(SEEN), "heard": ""} == before


def test_the_keyboard_alone_is_enough_and_each_step_is_read_out(show, graph):
    page = show(EliminationPuzzle(graph))

    def focused():
        return page.evaluate("document.activeElement.getAttribute('aria-label') || document.activeElement.textContent")

    for _ in range(12):
        page.keyboard.press("Tab")
        if focused() == "Take out v1":
            break
    heard = set()
    for wanted in ("v2", "v3", "v4"):
        page.keyboard.press("Enter")
        heard.add(page.evaluate(SEEN)["heard"])
        page.keyboard.press("ArrowRight")
        assert focused() == f"Take out {wanted}"
    page.keyboard.press("Space")
    seen = page.evaluate(SEEN)
    assert seen["state"] == "done" and len(heard | {seen["heard"]}) == 4
    assert seen["heard"].startswith(f"{seen['log'][-1]} {seen['end']}")


def test_a_tap_on_a_node_takes_it_out_and_inputs_and_outputs_stay(show, graph):
    page = show(EliminationPuzzle(graph), width=390)
    for node in page.locator(".ad-fix .ad-n").all():
        node.click(force=True)
    assert page.evaluate(SEEN)["log"] == []
    page.locator(".ad-k .ad-x").nth(2).click(force=True)
    seen = page.evaluate(SEEN)
    assert seen["log"] == ["v₃: 1 · 1 = 1."] and "v₃ is an output, so its edges in stay." in seen["why"]


@pytest.mark.parametrize("how", ["no script", "paper"])
def test_without_script_and_on_paper_stands_the_table(show, graph, how):
    page = show(EliminationPuzzle(graph), java_script_enabled=how != "no script")
    if how == "paper":
        page.emulate_media(media="print")
    assert all(row.is_visible() for row in page.locator("tbody tr").all()) and page.locator("tbody tr").count() == 5
    assert not page.get_by_text("Undo").is_visible() and not page.locator(".ad-box").is_visible()
    assert page.locator(".ad-r").all_text_contents() == ["2·3 = 6", "1·1 = 1", "1·1 = 1", "2·2 = 4"]


@pytest.mark.parametrize("width", [320, 390, 1280])
def test_it_fits_the_page(show, graph, width):
    page = show(EliminationPuzzle(graph), EliminationPuzzle(adlib.make_graph(fan)(1.2, -0.7)), width=width)
    for name in ("v1", "v3", "v4", "v2"):
        for button in page.get_by_label(f"Take out {name}").all():
            button.click()
        assert page.evaluate("document.documentElement.scrollWidth") <= width
    for control in [*page.locator("button").all(), *page.locator(".ad-x").all()]:
        box = control.bounding_box()
        assert box["height"] >= 44 and box["width"] >= 44
    if width == 390:
        assert all(root.bounding_box()["height"] < 780 for root in page.locator(".ad-elim").all()), (
            "one screen of a phone"
        )


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("width", [390, 1280])
def test_axe_finds_nothing_in_the_elimination_puzzle(show, graph, dark, width):
    axe = pytest.importorskip("axe_playwright_python.sync_playwright")
    page = show(EliminationPuzzle(graph), dark=dark, width=width)
    take_out(page, "v3", "v1")
    results = axe.Axe().run(page)
    assert results.violations_count == 0, results.generate_report()
