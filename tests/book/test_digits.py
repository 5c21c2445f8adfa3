"""No equality between numbers is refuted by a reader's calculator: see tools/digits.py."""

import numpy as np
import pytest
from nbformat import v4

import adlib
from adlib.viz.formula import numbers
from tools import ROOT, chapters, digits, links
from tools.normalise import read

NOTEBOOKS = [
    *chapters(),
    *sorted((ROOT / "chapters" / "exercises").glob("*.ipynb")),
    *sorted((ROOT / "instructor").glob("*.ipynb")),
]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_a_notebook_holds_in_the_digits_shown(path):
    assert [f"cell {index + 1}: {shown}" for index, shown in digits.of_notebook(read(path))] == []


def test_pages_hints_docstrings_and_figures_hold_in_the_digits_shown():
    assert list(digits.of_sources()) == []


def test_what_the_built_pages_say_holds_in_the_digits_shown(built_book):
    pages = {
        page.relative_to(built_book).as_posix(): page.read_text(encoding="utf-8") for page in links.pages(built_book)
    }
    texts = [text for html in pages.values() for text in digits.visible(html)]
    assert sum(len(list(digits.equalities(text))) for text in texts) > 15, "steppers alone say as many"
    assert {name: found for name, html in pages.items() if (found := digits.of_page(html))} == {}


def L(w1, w2):
    v2 = w2 * np.log(w1)
    return v2 + np.sqrt(v2)


def g(x, y, z):
    a = x * y - z
    return np.sin(a) * np.exp(-x / 3) - np.hypot(x, z)


POINTS = [(L, (2.0, 3.0)), (L, (1.7, 0.3)), (g, (1.2, -0.7, 0.3)), (g, (12.345, 6e-4, 1e3)), (g, (-1e-3, 2.0, 7e5))]


def widgets(function, point):
    graph = adlib.make_graph(function)(*point)
    return [graph.stepper(), graph.stepper(mode="reverse"), graph.puzzle()]


@pytest.mark.parametrize(("function", "point"), POINTS)
def test_steppers_and_puzzles_hold_in_the_digits_shown(function, point):
    for widget in widgets(function, point):
        html = widget._repr_html_()
        assert digits.of_page(html) == []
        assert sum(len(list(digits.equalities(text))) for text in digits.visible(html)) > 1


def test_a_widget_that_writes_an_equals_sign_everywhere_is_red(monkeypatch):
    """As the steppers and the puzzle did."""
    from adlib.viz.graph import puzzle

    for module in (numbers, puzzle):
        monkeypatch.setattr(module, "holds", lambda computed, value: True)
    forward, reverse, order = (digits.of_page(widget._repr_html_()) for widget in widgets(*POINTS[0]))
    assert {"3 times 0.6931 = 2.0794", "2.0794 plus 1.442 = 3.5215"} <= set(forward)
    assert {"1.3467 times 3 = 4.0402", "1.3467 times 0.6931 = 0.9335"} <= set(reverse)
    assert "1.3467 · 3 = 4.0402" in order


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("So 1.3467·3 = 4.0402.", "1.3467·3 = 4.0402"),
        (r"\bar v_1 = 1.3467 \cdot 3 = 4.0402", "1.3467 · 3 = 4.0402"),
        (r"\begin{aligned} L &= 2.0794 + 1.442 \\ &= 3.5215 \end{aligned}", "2.0794 + 1.442 = 3.5215"),
        (r"L = 2.0794 + 1.442 &= 3.5215 \tag{5.1}", "2.0794 + 1.442 = 3.5215"),
        (r"\frac{2}{3} = 0.66", "((2)/(3)) = 0.66"),
        (r"\tfrac12 = 0.6", "((1)/(2)) = 0.6"),
        ("4.0402 = 1.3467 × 3", "4.0402 = 1.3467 × 3"),
        ("v2 dot = 3 times 0.5 plus 1 times 0.2 = 1.8", "3 times 0.5 plus 1 times 0.2 = 1.8"),
        ("16,950/2,827 = 5.9", "16,950/2,827 = 5.9"),
        ("16950 divided by 2827 is 5.9", "16950 / 2827 is 5.9"),
        ("(1.3467)(3) = 4.0402", "(1.3467)(3) = 4.0402"),
        ("2.5 · 10⁻³ + 1e-3 = 0.0036", "2.5 · 10^(-3) + 1e-3 = 0.0036"),
        ("8 − 5.5 = 2.6", "8 − 5.5 = 2.6"),
        ("three prices (2.75·4 = 12)", "2.75·4 = 12"),
        ("12 km + 5 km = 18 km", "12 + 5 = 18"),
        ("0.9**2 = 0.82", "0.9**2 = 0.82"),
        ("50 times 20 is 1001", "50 times 20 is 1001"),
        ("2/3 = 0.665…", "2/3 = 0.665"),
    ],
)
def test_a_false_equality_is_red(text, found):
    assert digits.false_equalities(text) == [found]


@pytest.mark.parametrize(
    "text",
    [
        "1.3467 · 3 = 4.0401", "1.3467 · 3 ≈ 4.0402", r"1.3467 \cdot 3 \approx 4.0402", "1/3 = 0.333", "2/3 = 0.67", "1/3 = 0.333…",
        "log 2 = 0.6931", r"\log 2 = 0.6931", r"\sqrt{2} = 1.4142", "f(2) = 3", "w_1 · 3 = 6.2", "3 w_1 = 6.2", "2 · 3 = 6 w",
        "x, 3 = 4 of them", "n = 3 and m = 4", "2^10 = 1024", "10⁻³ = 0.001", r"5 \cdot 10^{-4} = 0.0005", "(2.7) is (2.5)",
        "3 is 2 more than 1", "1/3 = 33 %", "max 2 · 3 = 7", "16,950 + 2,827 = 19,777",
        "degree - 1 = 2", "2 m + 1 = 5", "3 s = 6", "2/3 = 0.666…", r"2/3 = 0.666\ldots", "1 + 2 = 4 5",
    ],
)  # fmt: skip
def test_what_holds_or_is_no_equality_of_numbers_is_left_alone(text):
    assert digits.false_equalities(text) == []


def test_false_equalities_are_found_wherever_they_stand(notebook_file, capsys):
    alt = {"mystnb": {"image": {"alt": "A bar: 2 · 1.1 = 2.3."}}}
    output = [v4.new_output("stream", text="1.5 + 1.6 = 3.2\n")]
    path = notebook_file(
        v4.new_markdown_cell("# 5. Tiny\n\n$$\n1.3467 \\cdot 3 = 4.0402\n$$"),
        v4.new_code_cell('print("half: 0.3 / 2 = 0.16")\n# 0.1 * 3 = 0.4', outputs=output, metadata=alt),
    )
    assert digits.main([str(path)]) == 1
    said = capsys.readouterr().out
    for shown in ("1.3467 · 3 = 4.0402", "1.5 + 1.6 = 3.2", "2 · 1.1 = 2.3", "0.3 / 2 = 0.16", "0.1 * 3 = 0.4"):
        assert shown in said


def test_a_false_equality_of_a_page_or_a_hint_is_red(tmp_path):
    for folder in ("pages", "adlib", "chapters"):
        (tmp_path / folder).mkdir()
    for name, text in {
        "index.md": "It is 2 · 3 = 7.\n", "README.md": "`2 · 3 = 7`\n", "pages/a.md": "A\n\n| $2 + 2 = 5$ |\n",
        "adlib/a.py": '"""Doc.\n\n4 / 2 = 3\n"""\nHINT = "1.5 · 2 = 3.1"\n',
    }.items():  # fmt: skip
        (tmp_path / name).write_text(text, encoding="utf-8")
    assert list(digits.of_sources(tmp_path)) == [
        "index.md:1: 2 · 3 = 7", "pages/a.md:3: 2 + 2 = 5", "adlib/a.py: 4 / 2 = 3", "adlib/a.py: 1.5 · 2 = 3.1",
    ]  # fmt: skip
