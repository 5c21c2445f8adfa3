"""Formulas as outlines, their words, and the notation of operations."""

import re
from xml.etree import ElementTree

import numpy as np
import pytest

import adlib
from adlib.viz import formula_svg
from adlib.viz.formula import notation, numbers
from adlib.viz.formula.outlines import EM, drawn, measure
from adlib.viz.formula.words import reading

FORMULAS = [
    "v_2", r"\dot{v}_2", r"\bar{v}_2", r"\log w_1", r"w_2\,v_1", r"3 \cdot 0.6931 = 2.079", "0.6931", "-12.5",
    r"\sqrt{v_2}", r"e^{-v_1}", r"x^{2} + y^{2}", r"1.5 \times 10^{-7}", r"\theta_{\mathrm{hidden}}", r"\max(a, b)",
]  # fmt: skip


def reference(tex):
    """Ink extents of a formula by matplotlib's own TextPath, in em."""
    from matplotlib import rc_context
    from matplotlib.font_manager import FontProperties
    from matplotlib.textpath import TextPath

    with rc_context({"mathtext.fontset": "cm"}):
        path = TextPath((0, 0), f"${tex}$", size=100, prop=FontProperties(size=100))
    box = path.get_extents()
    return box.x0 / 100, box.y0 / 100, box.x1 / 100, box.y1 / 100


def ink(box):
    """The same from our outlines: the extent of every glyph's control points, and of the bars."""
    xs, ys = [], []
    for outline, gx, gy, scale in box.glyphs:
        at = start = (0, 0)
        for letter, rest in re.findall("([mlqcz])([^mlqcz]*)", outline):
            values = [int(v) for v in re.findall("-?[0-9]+", rest)]
            base = at
            for k in range(0, len(values), 2):
                at = (base[0] + values[k], base[1] + values[k + 1])
                xs.append(gx + scale * at[0])
                ys.append(gy + scale * at[1])
            if letter == "m":
                start = at
            if letter == "z":
                at = start
    for x, y, w, h in box.rules:
        xs += [x, x + w]
        ys += [y, y + h]
    return min(xs) / EM, -max(ys) / EM, max(xs) / EM, -min(ys) / EM


@pytest.mark.parametrize("tex", FORMULAS)
def test_outlines_stand_where_matplotlib_puts_them(tex):
    ours, theirs = ink(measure(tex)), reference(tex)
    assert ours == pytest.approx(theirs, abs=0.03)


def test_fraction_holds_both_parts_and_its_bar():
    box = measure(r"\dfrac{\partial v_2}{\partial w_2}")
    parts = [measure(r"\partial v_2"), measure(r"\partial w_2")]
    assert len(box.glyphs) == sum(len(part.glyphs) for part in parts)
    ((x, y, width, height),) = box.rules
    assert width >= max(part.width for part in parts)
    assert x >= 0 and x + width <= box.width
    assert all(gy < y or gy > y + height for _, _, gy, _ in box.glyphs), "no baseline in the bar"


def test_boxes_contain_their_ink():
    for tex in [*FORMULAS, r"\dfrac{1}{2\sqrt{v_2}}"]:
        box = measure(tex)
        left, bottom, right, top = ink(box)
        assert top <= box.height / EM + 0.02 and -bottom <= box.depth / EM + 0.02
        assert left >= -0.03 and right <= box.width / EM + 0.12


def test_equal_shapes_are_written_once():
    body, defs = drawn(lambda sheet: sheet.mark("v_1") + sheet.mark("v_1 + v_1"))
    ids = re.findall('id="([^"]+)"', defs)
    assert len(ids) == len(set(ids)) == 4  # v, 1, the smaller 1 and +
    assert defs.count("<path") == 3
    assert set(re.findall('href="#([^"]+)"', body + defs)) <= set(ids)


def test_formula_stands_on_the_baseline_and_is_well_formed():
    root = ElementTree.fromstring(formula_svg(r"\dot{v}_2 = a < b"))
    assert root.get("role") == "img"
    assert root.get("aria-label") == "v2 dot = a is less than b"
    assert "vertical-align:-" in root.get("style")


def test_unreadable_tex_is_drawn_upright_and_not_raised():
    assert measure(r"\nosuchcommand{x").glyphs
    assert formula_svg(r"}{<script>").count("<script") == 0


@pytest.mark.parametrize(
    ("tex", "words"),
    [
        (r"w_2\,\dot{v}_1 + v_1\,\dot{w}_2", "w2 times v1 dot plus v1 times w2 dot"),
        (r"\dfrac{\partial L}{\partial w_1}", "(partial L over partial w1)"),
        (r"\sqrt{1 - x^{2}}", "square root of (1 minus x squared)"),
        (r"-0.5 \cdot (-3)", "minus 0.5 times (minus 3)"),
        (r"e^{v_1}\,\bar{v}_1", "e to the power v1 times v1 bar"),
        (r"|x|", "absolute value of x"),
        (r"\overset{\mathbf{.}}{\mathrm{loss}}_2", "loss2 dot"),
        (r"\mathrm{вес}_1", "вес1"),
    ],
)
def test_reading(tex, words):
    assert reading(tex) == words


@pytest.mark.parametrize(
    ("identifier", "tex"),
    [
        ("w12", "w_{12}"), ("loss", r"\mathrm{loss}"), ("theta_2", r"\theta_2"), ("λ1", r"\lambda_1"),
        ("<lambda>", r"\lambda"), ("x_new", r"x_{\mathrm{new}}"), ("W1_x", "W_{1,x}"), ("_", r"\mathrm{\_}"),
        ("a_b_c", r"a_{\mathrm{b\_c}}"),
    ],
)  # fmt: skip
def test_names(identifier, tex):
    assert notation.name(identifier) == tex
    assert measure(tex).glyphs
    assert measure(notation.name(identifier, "dot")).glyphs


@pytest.mark.parametrize(
    ("value", "tex"),
    [
        (0.0, "0"), (2.0, "2"), (-0.000123456, "-0.0001235"), (1e-5, r"1 \times 10^{-5}"), (123456.7, r"1.235 \times 10^{5}"),
        (float("inf"), r"\infty"), (float("-inf"), r"-\infty"), (float("nan"), r"\mathrm{NaN}"), (np.float32(0.1), "0.1"),
        (np.zeros((2, 3)), r"[2{\times}3]\ \mathrm{all}\ {0}"), (np.zeros(0), "[0]"), (None, r"\mathrm{None}"),
        (np.arange(4.0), r"[4]\ \mathrm{from}\ {0}\ \mathrm{to}\ {3}"),
    ],
)  # fmt: skip
def test_numbers(value, tex):
    assert numbers.number(value) == tex
    assert measure(tex).glyphs


# An independent reading of the partial derivatives: their TeX, turned into Python.
_PYTHON = [
    (r"\\dfrac\{((?:[^{}]|\{(?:[^{}]|\{[^{}]*\})*\})*)\}\{((?:[^{}]|\{(?:[^{}]|\{[^{}]*\})*\})*)\}", r"((\1)/(\2))"),
    (r"\\sqrt\{((?:[^{}]|\{[^{}]*\})*)\}", r"sqrt(\1)"),
    (r"e\^\{([^{}]*)\}", r"exp(\1)"),
    (r"\^\{([^{}]*)\}", r"**(\1)"),
    (r"\\log ([abr]|\d+)", r"log(\1)"),
    (r"\\mathrm\{sign\}\(", "sign("),
    (r"\\(cos|sin|cosh|sinh|log)\(", r"\1("),
    (r"\[([^\]]*)\]", r"(1.0*(\1))"),
    (r"\\,|\\cdot", "*"),
    (r"(\d)([abrs])", r"\1*\2"),
]


def _number(tex, **names):
    previous = None
    while previous != tex:
        previous = tex
        for pattern, python in _PYTHON:
            tex = re.sub(pattern, python, tex)
    functions = {k: getattr(np, k) for k in ("sqrt", "exp", "log", "sign", "cos", "sin", "cosh", "sinh")}
    return eval(tex, {"__builtins__": {}}, {**functions, **names})


@pytest.mark.parametrize("op", sorted(notation.PARTIAL))
def test_written_partials_are_the_derivatives(op):
    row = notation.PARTIAL[op]
    function = getattr(np, op)
    points = (1.7,) if op == "arccosh" else (0.3, 0.7)[: len(row)] if len(row) == 2 else (0.4,)
    result = function(*points)
    names = dict(zip("ab", points), r=result)
    h = 1e-6
    for k in range(len(row)):
        up, down = list(points), list(points)
        up[k] += h
        down[k] -= h
        slope = (function(*up) - function(*down)) / (2 * h)
        tex = notation.partial(op, k, list("ab")[: len(row)], "r")
        assert _number(tex, **names) == pytest.approx(slope, rel=1e-6, abs=1e-8), tex


@pytest.mark.parametrize("op", sorted(notation.VALUE))
def test_written_values_can_be_drawn(op):
    count = 2 if op in notation.PARTIAL and len(notation.PARTIAL[op]) == 2 or op in ("matmul", "dot") else 1
    for operands in (["v_1", r"\theta"], ["-2", "-0.5"]):
        tex = notation.value(op, operands[:count])
        assert "nosuch" not in reading(tex) and measure(tex).glyphs


def test_an_unknown_operation_is_written_generically():
    assert notation.value("my_op", ["x", "2"]) == r"\mathrm{my\_op}(x,\ 2)"
    assert notation.partial("my_op", 0, ["x"], "y") is None


def test_every_elementwise_rule_of_adlib_is_in_the_notation_or_falls_back():
    graph = adlib.make_graph(lambda x: np.deg2rad(x) * 2)(1.0)
    assert "deg2rad" in graph._repr_html_()


def test_powers_read_well():
    assert notation.value("power", ["x", "2"]) == "x^{2}"
    assert notation.partial("power", 0, ["x", "2"], "y") == r"2\,x"
    assert notation.partial("power", 0, ["x", "3"], "y") == r"3\,x^{2}"
    assert notation.partial("power", 0, ["x", "-1.5"], "y") == r"-1.5\,x^{-2.5}"
    assert notation.value("add", ["x", "-2"]) == "x - 2"
