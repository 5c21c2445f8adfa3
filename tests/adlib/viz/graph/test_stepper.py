"""The stepper's markup: its numbers, its form, its limits. What a browser makes of it: test_browser."""

import math
import re
from xml.etree import ElementTree

import numpy as np
import pytest

import adlib
from adlib import viz
from adlib.viz.formula import outlines
from tests.adlib.viz.markup import Page, numbers, said, shown


def L(w1, w2):
    v2 = w2 * np.log(w1)
    return v2 + np.sqrt(v2)


@pytest.fixture(scope="module")
def example():
    return adlib.make_graph(L)(2.0, 3.0)


# Closed forms of the example, computed here and not by the package.
V1, V2 = math.log(2), 3 * math.log(2)
V3, OUT = math.sqrt(V2), V2 + math.sqrt(V2)
SLOPE = 1 + 1 / (2 * V3)
TANGENTS = {
    0: [0.5, 1.5, 1.5 / (2 * V3), 1.5 * SLOPE],
    1: [0.0, V1, V1 / (2 * V3), V1 * SLOPE],
}


def test_example_says_the_lecture_s_numbers(example):
    steps = said(viz.graph_html(example))
    assert len(steps) == 6, "the bare graph, the inputs, and four nodes: figures 6 to 11 and 13 to 17"
    assert "Step 0 of 5" in steps[0]["all"]
    assert steps[1]["all"].endswith("Value: w1 = 2, w2 = 3.")
    assert steps[1][0] == "For the seed w1: Seed: w1 dot = 1, w2 dot = 0."
    assert steps[1][1] == "For the seed w2: Seed: w1 dot = 0, w2 dot = 1."
    for k, value in enumerate([V1, V2, V3, OUT]):
        assert numbers(steps[k + 2]["all"])[-1] == pytest.approx(value, rel=5e-4)
        for seed in (0, 1):
            tangent = steps[k + 2][seed].split("Result")[0]
            assert numbers(tangent)[-1] == pytest.approx(TANGENTS[seed][k], rel=5e-4)
    assert (
        "v2 dot = (partial v2 over partial w2) times w2 dot plus (partial v2 over partial v1) times v1 dot"
        in steps[3][0]
    )
    assert "= v1 times w2 dot plus w2 times v1 dot = 0.6931 times 0 plus 3 times 0.5 = 1.5" in steps[3][0]
    assert "= 1 times 1.5 plus 1 times 0.5201 = 2.0201." in steps[5][0], "the summands add up to the sum as printed"
    assert steps[5][1].endswith("Result: entry of the gradient: (gradient of L) w2 = 0.9335.")


def test_the_drawing_carries_the_same_numbers(example):
    story_page = Page(viz.graph_html(example))
    ((drawing, _),) = story_page.all("svg", **{"class": "ad-graph"})
    label = drawing["aria-label"]
    assert label.startswith("Computational graph of L. Inputs w1, w2.")
    assert "v2 from w2 and v1" in label or "v2 from v1 and w2" in label


def _f(x, y, z):
    a = np.sin(x * y) + np.exp(-z)
    return np.tanh(a * x) / (a**2 + 1) - np.maximum(a, z) * y


@pytest.mark.parametrize("tangents", [(1.0, 0.0, 0.0), (0.3, -2.0, 1e-5)])
def test_numbers_of_any_function_are_those_of_the_steps(tangents):
    graph = adlib.make_graph(_f)(1.2, -0.7, 0.3)
    steps = said(graph.stepper(*tangents)._repr_html_())
    computed = [s for s in graph.forward(*tangents) if s.node.op != "input"]
    assert len(steps) == len(computed) + 2
    for step, words in zip(computed, steps[2:]):
        value, tangent = words["all"].split(" Tangent: ")
        tangent = tangent.split(" Result:")[0]
        assert shown(value) == pytest.approx(step.node.value, rel=5e-4)
        assert shown(tangent) == pytest.approx(step.tangent, rel=5e-4, abs=1e-12)
        products = re.findall(
            r"((?:minus )?[\d.]+) times \(?((?:minus )?[\d.]+)\)?(?= plus| minus| =| is about)", tangent
        )
        if len(products) == len(step.terms) and "power" not in tangent:
            for (partial, dot), term in zip(products, step.terms):
                assert abs(numbers(partial)[0]) == pytest.approx(abs(term.partial), rel=5e-4, abs=1e-12)
                assert numbers(dot)[0] == pytest.approx(term.tangent, rel=5e-4, abs=1e-12)


def test_markup_is_well_formed(example):
    for html in (viz.graph_html(example), example.stepper(0.5, -1.0)._repr_html_()):
        page = Page(html)
        assert not [a for _, a, _ in page.elements if any(k.startswith("on") for k in a)]
        for svg in re.findall(r"<svg.*?</svg>", html, re.S):
            ElementTree.fromstring(svg)
        ids = re.findall(r' id="([^"]+)"', html)
        assert len(ids) == len(set(ids))
        assert set(re.findall(r'href="#([^"]+)"', html)) <= set(ids), "every shape referred to is there"
        assert "http" not in re.sub(r"http://www.w3.org/\S+", "", html)
        assert html.count("</script>") == 1


def test_same_graph_same_bytes(example):
    again = adlib.make_graph(L)(2.0, 3.0)
    assert viz.graph_html(example) == viz.graph_html(example) == viz.graph_html(again)
    assert repr(example.stepper(1.0, 0.0)) == "<forward mode of L, 6 nodes>"


def test_weight(example):
    assert len(viz.graph_html(example).encode()) < 42_000
    assert len(example.stepper(1.0, 0.0)._repr_html_().encode()) < 34_000


def test_names_cannot_inject_markup():
    def f(x):
        return np.sin(x)

    graph = adlib.make_graph(f)(1.0)
    evil = '"><img src=x onerror=alert(1)></svg></script><script>alert(2)</script>$\\frac{'
    for node in graph.nodes:
        object.__setattr__(node, "name", evil)
    object.__setattr__(graph.nodes[1], "op", evil)
    graph.name = evil
    html = viz.graph_html(graph)
    page = Page(html)
    assert not page.all("img") and len(page.all("script")) == 1
    assert "alert(2)</script>" not in html


def test_one_input_needs_no_seed_buttons():
    html = adlib.make_graph(lambda x: x * x)(3.0)._repr_html_()
    assert "data-seed=" not in re.sub(r"<script>.*?</script>", "", html, flags=re.S)
    words = said(html)[-1]["all"]
    assert "y dot = x times x dot plus x times x dot = 3 times 1 plus 3 times 1 = 6" in words
    assert "partial y over partial x) times" not in words, "x occurs twice, so the chain rule by names would mislead"


def test_explicit_tangents_are_named_and_checked(example):
    html = example.stepper(0.5, -1.0)._repr_html_()
    assert "Seed: w1 dot = 0.5, w2 dot = minus 1." in said(html)[1]["all"]
    with pytest.raises(adlib.ArgumentError, match="has 2 inputs"):
        example.stepper(1.0)
    with pytest.raises(ValueError, match="no stepper for the mode 'sideways'"):
        viz.stepper_html(example, mode="sideways")


def test_arrays_show_shapes_and_need_no_partials():
    def loss(W, x):
        return np.sum(np.tanh(W @ x) ** 2)

    graph = adlib.make_graph(loss)(np.full((3, 2), 0.1), np.array([1.0, -2.0]))
    html = graph._repr_html_()
    words = " ".join(text for step in said(html) for text in step.values())
    assert "[3 times 2] all 0.1" in words
    assert "= W dot times x plus W times x dot" in words
    assert "sum of" in words
    direction = (np.ones((3, 2)), np.zeros(2))
    last = list(graph.forward(*direction))[-1].tangent
    assert numbers(said(html)[-1][0])[-1] == pytest.approx(last, rel=5e-4)


def test_indexing_and_constants_are_written_out():
    def f(x):
        return x[0] * 2.5 - x[1:3].sum() / 4.0

    words = " ".join(s["all"] for s in said(adlib.make_graph(f)(np.array([1.0, 2.0, 3.0]))._repr_html_()))
    assert "x [0]" in words and "2.5" in words and "x [1: 3]" in words


def _long(steps):
    def long(x, theta):
        for _ in range(steps):
            x = np.sin(x) * theta
        return x

    return adlib.make_graph(long)(1.1, 1.01)


def test_a_long_program_is_folded():
    graph = _long(5000)
    assert len(graph.nodes) == 10_002
    html = viz.graph_html(graph)
    assert len(html) < 130_000
    steps = said(html)
    assert len(steps) == 15
    assert any("9988 more nodes" in step["all"] for step in steps)
    value = graph.nodes[-1].value
    assert numbers(steps[-1]["all"])[-1] == pytest.approx(value, rel=5e-4)


def test_a_longer_program_needs_no_more_formulas(monkeypatch):
    """Reading formulas is what drawing costs."""
    read = []
    monkeypatch.setattr(outlines, "parse", lambda tex, parse=outlines.parse: read.append(tex) or parse(tex))
    counts = []
    for steps in (50, 500):
        outlines.measure.cache_clear()
        read.clear()
        viz.graph_html(_long(steps))
        assert len(read) == len(set(read)), "each is read once"
        counts.append(len(read))
    assert 0 < counts[1] <= counts[0] + 5


def test_graphs_up_to_forty_nodes_are_whole():
    def chain(n):
        def f(x):
            for _ in range(n):
                x = np.sin(x)
            return x

        return adlib.make_graph(f)(1.0)._repr_html_()

    assert "more nodes" not in chain(39)
    assert "more nodes" in chain(40)


def _tiny(x, y):
    return (x * 1e-7) ** 2 / np.square(y - 3e-9) + np.reciprocal(x) ** -1.5 - np.hypot(x, -2e-8) * np.cbrt(y) ** 2


def _wide(*xs):
    return sum(x * x for x in xs)


@pytest.mark.parametrize(
    ("function", "arguments"),
    [
        (_tiny, (1e-5, -2.5e-6)),
        (_wide, tuple(range(1, 61))),
        (lambda x: x, (1.0,)),
        (lambda x: 2.0, (1.0,)),
        (lambda x: (x, x * 2), (np.ones(3),)),
        (lambda x: np.exp(x) * np.array([1e9, -1e-9]), (np.ones((3, 2)),)),
        (lambda x: np.sum(x, axis=0) + x[0, ::2] + x[..., None][0, :2, 0], (np.ones((2, 3))[:, :2],)),
        (lambda params: params["w"] * params["b"], ({"w": 1.0, "b": 2.0},)),
        (lambda x: np.log(x), (0.0,)),
    ],
)
def test_any_graph_can_be_shown(no_letters, function, arguments):
    with np.errstate(all="ignore"):
        arguments = [float(a) if isinstance(a, int) else a for a in arguments]
        html = adlib.make_graph(function)(*arguments)._repr_html_()
    Page(html)
    assert said(html)


def test_many_inputs_start_from_the_first():
    def f(a, b, c, d, e, g, h):
        return a * b + c * d + e * g * h

    steps = said(adlib.make_graph(f)(*np.arange(1.0, 8.0))._repr_html_())
    assert "(gradient of f) a = 2" in steps[-1]["all"]


def test_nothing_of_matplotlib_is_imported_before_something_is_drawn():
    import subprocess
    import sys

    code = "import sys, adlib, adlib.viz; assert 'matplotlib' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_style_is_readable_on_a_phone():
    import matplotlib
    import matplotlib.pyplot as plt

    with matplotlib.rc_context():
        fig, ax = viz.figure(6.4, 3)
        viz.label(ax, "step length", "error")
        phone = 350 / (6.4 * 72)  # px a point, when the widest figure fills a column 350 px wide
        texts = [ax.xaxis.label, ax.yaxis.label, *ax.get_xticklabels(), *ax.get_yticklabels()]
        assert all(text.get_fontsize() * phone > 8.5 for text in texts)
        plt.close(fig)
        with pytest.raises(ValueError, match="at most 6"):
            viz.figure(7)


def test_figures_are_the_same_bytes_twice():
    import io

    import matplotlib
    import matplotlib.pyplot as plt

    def draw():
        with matplotlib.rc_context():
            fig, ax = viz.figure()
            ax.plot([0, 1], [0, 1])
            out = io.BytesIO()
            fig.savefig(out, format="svg", metadata={"Date": None})
            plt.close(fig)
            return out.getvalue()

    assert draw() == draw()
