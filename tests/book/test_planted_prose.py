"""Planted failures: Markdown outside the subset, and numbers in prose that nothing guards."""

import pytest
from nbformat import v4

from tools import ROOT, lint
from tools.address import SETUP_CELL, SETUP_METADATA, settings

GOOD = """\
Two inputs, 2 and 3, give $L(2, 3) = 3.521$, and $v_2$ is about 2.079 (formula (5.1)).

$$
\\begin{aligned}
v_1 &= \\log w_1 \\\\
v_2 &= w_2 v_1
\\end{aligned}
\\tag{5.1}
$$

> **Question 5.1.** How many nodes has the graph of [chapter 5](05-tiny.ipynb)?

<details><summary>Answer</summary>

Five: see `v_1` and figure 6, slide 12, in [Griewank & Walther 2008](https://doi.org/10.1137/1.9780898717761).

</details>

| input | value |
|---|---|
| $w_1$ | 2 |
"""


def code(source, printed="", **metadata):
    outputs = [v4.new_output("stream", name="stdout", text=printed)] if printed else []
    return v4.new_code_cell(source, outputs=outputs, metadata=metadata)


def figure(**metadata):
    """A cell that has drawn a picture."""
    shown = v4.new_output("display_data", data={"text/plain": "<Figure size 640x480 with 1 Axes>"})
    return v4.new_code_cell("plt.show()", outputs=[shown], metadata={"tags": ["hide-input"], **metadata})


def widget(source="graph.stepper()"):
    """A cell that shows what can be pressed."""
    shown = v4.new_output("execute_result", data={"text/plain": "<forward mode of L, 6 nodes>"}, execution_count=1)
    return v4.new_code_cell(source, outputs=[shown])


@pytest.fixture
def lint_of(notebook_file, capsys):
    """Lint a good chapter with the given cells added at its end; gives the lines printed, with cells from 1."""

    def run(*cells):
        path = notebook_file(
            v4.new_markdown_cell("# 5. Tiny"),
            code(SETUP_CELL.format(**settings(ROOT)), **SETUP_METADATA),
            v4.new_markdown_cell("## 5.1 The example\n\n" + GOOD),
            code("w1, w2 = 2.0, 3.0\nprint(w2 * log(w1), L(w1, w2), len(nodes))", "2.0794415 3.5214686 5\n"),
            *cells,
        )
        status = lint.main([str(path)])
        lines = capsys.readouterr().out.splitlines()
        assert status == bool(lines)
        return [line.removeprefix(f"{path}:") for line in lines]

    return run


def test_a_good_chapter_is_green(lint_of):
    assert lint_of() == []


# The subset ----------------------------------------------------------------------------------------

KNOWN = "Question 5.1. Exercise 5.1. On the slides. In adlib. In JAX. Check. Note. Try it."
MARKDOWN = {
    ":::{note}\nText.\n:::": "directive: ':::': a MyST directive shows as raw text outside the book",
    "```{note}\nText.\n```": "directive: '```{': a MyST directive shows as raw text outside the book",
    "See {ref}`there`.": "role: '{ref}`': a MyST role shows as raw text outside the book",
    "Text.[^a]": "footnote: '[^a]': footnotes show as raw text in Jupyter and Colab; write a sentence or a link",
    "- [ ] A task.": "task-list: '- [ ]': Colab has no task lists",
    "Term\n: Its meaning.": "definition-list: ': I': Jupyter has no definition lists",
    "> [!NOTE]\n> Text.": "alert: '> [!NOTE]': alerts are drawn by GitHub alone; begin a quote with a bold lead",
    "$$\nx \\label{a}\n$$": r"equation-label: '\\label{': number a formula with \tag{5.1} and refer to it as (5.1)",
    "$\\newcommand{\\R}{R}$": r"macro: '\\newcommand': Colab knows no macros of our own",
    "$$\n\\begin{align}\nx\n\\end{align}\n$$": r"align: '\\begin{align}': write \begin{aligned} inside $$",
    "It costs \\$a.": r"dollar: '\\$': Jupyter reads escaped dollars as mathematics; write the currency in words",
    "It costs a $ or so.": "dollar: a dollar sign that opens no formula: 'It costs a $ or so.'",
    "$$\nx \\text{ where } y\n$$": r"words-in-formula: '\\text{ where': no words inside formulas: a translation cannot reach them",
    "Then $$x$$ follows.": "display-math: $$ inside a line: 'Then $$'; give it lines of its own",
    "So\n$$x$$": "display-math: a formula right under 'So'; leave a blank line between",
    "\\begin{matrix} x \\end{matrix}": r"display-math: a bare \begin is not mathematics on GitHub; put it inside $$",
    "> **Beware.** Text.": "box: unknown lead 'Beware.'; the boxes are: " + KNOWN,
    "<details><summary>A</summary>\nText.\n\n</details>": "details: leave a blank line after </summary>, or Colab shows raw text",
    "<details><summary>A</summary>\n\nText.\n</details>": "details: leave a blank line before </details>",
    "<details><summary>An $x$</summary>\n\nText.\n\n</details>": "details: mathematics in a <summary> is not rendered in the book",
    "<details><summary>A</summary>\n\nText.": "details: a <details> must be closed in its own cell",
    "<div>Text.</div>": "html: <div> is not in the subset (br, details, kbd, sub, summary, sup)",
    '<kbd id="k">K</kbd>': "html: <kbd> has an id; link to a heading instead",
    "![](https://example.org/a.png)": "alt: the image https://example.org/a.png has no alternative text",
    "![A graph.](../a.png)": "relative-image: ../a.png: Colab has only the notebook; draw it in a code cell",
    "[A](06-gone.ipynb#there)": "link: 06-gone.ipynb#there leads to no file",
    "It works!": "exclamation: an exclamation mark in prose: 'It works!'",
    "#### 5.1.1 Deep": "heading: a heading of level 4 under one of level 2",
    "# Again": "heading: a second heading of level 1",
    "By (5.7).": "reference: there is no formula 5.7",
    "See Figure 5.9.": "reference: there is no Figure 5.9",
    "See Question 5.9.": "reference: there is no Question 5.9",
    "> **Question 5.1.** Again?": "reference: a second Question 5.1",
}


@pytest.mark.parametrize(("markdown", "line"), MARKDOWN.items())
def test_markdown_outside_the_subset_is_red(lint_of, markdown, line):
    found = [finding for finding in lint_of(v4.new_markdown_cell(markdown)) if "numeral:" not in finding]
    assert any(finding.endswith(line) for finding in found), found
    assert all(finding.startswith("5: ") for finding in found)


def test_code_may_show_what_prose_may_not(lint_of):
    fence = "```text\n:::{note}\n\\label{a} <div> [^1] $5\n```\n\nAnd `<div>` and `:::{note}` and `{ref}`."
    assert lint_of(v4.new_markdown_cell(fence)) == []


# Code cells ----------------------------------------------------------------------------------------

CELLS = [
    (code("\n".join(["x"] * 41)), "long-cell: 41 lines, at most 40 fit a screen"),
    (
        code("x" * (lint.LINE_WIDTH + 1)),
        f"wide-line: line 1 has {lint.LINE_WIDTH + 1} characters, at most {lint.LINE_WIDTH}",
    ),
    (
        code("x = 1\nx;"),
        "semicolon: the test run shows a result in spite of a last semicolon; write _ = ... or plt.show()",
    ),
    (code("x", tags=["slow"]), "tag: unknown cell tag 'slow'"),
    (code("# NBVAL_SKIP\nx"), "ignored-output: use the cell tag nbval-ignore-output and give its reason"),
    (
        code("x", tags=["nbval-ignore-output"]),
        'ignored-output: no reason: "adbook": {"ignored-output": "why"} in the metadata',
    ),
    (code("x", adbook={"ignored-output": "a time"}), "ignored-output: a reason, but the output is compared"),
    (code("# Check: it holds\nassert x"), "check: a check cell begins with a line such as: # Check 5.1: the claim"),
    (code("# Check 5.1: it holds\nprint(x)"), "check: '# Check 5.1: it holds' asserts nothing"),
    (
        figure(),
        'alt: the figure has no alternative text: "mystnb": {"image": {"alt": "what it shows"}} in the metadata',
    ),
    (
        figure(mystnb={"image": {"alt": "The error against the step."}}),
        "caption: the cell after a figure begins with its caption: **Figure 5.1.** What to see.",
    ),
]


@pytest.mark.parametrize(("cell", "line"), CELLS)
def test_a_code_cell_outside_the_rules_is_red(lint_of, cell, line):
    assert f"5: {line}" in lint_of(cell)


def test_a_figure_with_text_and_caption_is_green(lint_of):
    drawn = figure(mystnb={"image": {"alt": "The error against the step, falling, then rising."}})
    assert lint_of(drawn, v4.new_markdown_cell("**Figure 5.1.** The error falls, then rises.")) == []


FOLD = "a cell that draws carries the tag hide-input"


@pytest.mark.parametrize(
    ("cell", "line"),
    [
        (code("plt.show()"), FOLD),
        (code("from adlib.viz import Explorable, Plot"), FOLD),
        (code('ax.plot(w1, label="a")'), FOLD),
        (figure(tags=["nbval-ignore-output"], adbook={"ignored-output": "a time"}), FOLD),
        (code("# Check 5.1: it holds\nassert w1"), "a check cell carries the tag hide-input"),
    ],
)
def test_code_that_is_not_the_reader_s_and_stands_open_is_red(lint_of, cell, line):
    assert f"5: folded: {line}" in lint_of(cell)


@pytest.mark.parametrize("tag", ["hide-input", "hide-cell"])
def test_folded_code_is_green(lint_of, tag):
    assert lint_of(code("# Check 5.1: it holds\nassert w1", tags=[tag]), code("w1.plot()"), widget()) == []


@pytest.mark.parametrize(
    ("printed", "width"), [("v_bar  2.020  " + "0.933  " * 5, 47), ("[[4.0, 4.0], " + "[0.0, -4.0], " * 3, 49)]
)
def test_a_printed_table_wider_than_a_phone_is_red(lint_of, printed, width):
    (line,) = lint_of(code("print(w1)", printed.rstrip() + "\n"))
    assert line.startswith("5: wide-output: ")
    assert line.endswith(f"is a line of a table of {len(printed.rstrip())} characters, at most 46")
    assert len(printed.rstrip()) <= width + 4


def test_a_printed_sentence_may_be_as_long_as_it_likes(lint_of):
    assert (
        lint_of(code("print(w1)", "a sentence of many words wraps on a phone, as it does here, line by line\n")) == []
    )


@pytest.mark.parametrize(("most", "stem"), [(3000, "05-tiny"), (3300, "02-descent-without-gradients")])
def test_a_chapter_of_too_many_words_is_red(notebook_file, most, stem):
    path = notebook_file(v4.new_markdown_cell("# 5. Tiny\n\n" + "word " * (most - 3)), name=f"{stem}.ipynb")
    assert list(lint._length(lint.read(path), path)) == []
    path = notebook_file(v4.new_markdown_cell("# 5. Tiny\n\n" + "word " * (most - 2)), name=f"{stem}.ipynb")
    line = f"{most + 1} words, at most {most}: fold, move or leave out"
    assert list(lint._length(lint.read(path), path)) == [(0, "length", line)]


TOO_EARLY = "above a picture that is not there before its cell has run: say it below, or say to run the cell"


@pytest.mark.parametrize(
    ("text", "asked"),
    [
        ("Look at it. Press ▶ and go on.", "Press ▶"),
        ("Now move the slider to the right.", "move the slider to"),
        ("**Try it.** Click the nodes.", "Click the"),
        ("One idea.\n\nChoose an order and see.", "Choose an"),
        ("Look, and drag the point.", "drag the"),
    ],
)
def test_to_ask_for_a_button_that_is_not_there_yet_is_red(lint_of, text, asked):
    assert lint_of(v4.new_markdown_cell(text), widget()) == [f"5: press: {asked!r} {TOO_EARLY}"]
    assert lint_of(v4.new_markdown_cell(text), code("print(w1)"), widget()) == [f"5: press: {asked!r} {TOO_EARLY}"]


@pytest.mark.parametrize(
    "cells",
    [
        (v4.new_markdown_cell("Run the cell, then press ▶."), widget()),
        (widget(), v4.new_markdown_cell("**Figure 5.1.** Press ▶."), widget()),
        (v4.new_markdown_cell("Press ▶."), code("print(w1)")),
        (v4.new_markdown_cell("The pressed one, a slide, to pick or to choose."), widget()),
    ],
)
def test_what_can_be_pressed_may_be_pressed(lint_of, cells):
    assert lint_of(*cells) == []


def test_an_equality_that_a_calculator_refutes_is_red(lint_of):
    false = v4.new_markdown_cell("## A\n\nOf 1.3467 and 3 comes $1.3467 \\cdot 3 = 4.0402$.")
    assert "6: digits: 1.3467 · 3 = 4.0402 does not hold in the digits shown; write ≈" in lint_of(
        code("print(1.3467, 4.0402)"), false
    )


UNUSED = [
    ("total = w1 + w2", "", ["5: unused: nothing uses the name total"]),
    ("import numpy as np", "", ["5: unused: nothing uses the name np"]),
    ("def f(x):\n    return x", "", ["5: unused: nothing uses the name f"]),
    ("for k in range(3):\n    print(w1)", "", ["5: unused: nothing uses the name k"]),
    ("fig, ax = plt.subplots()", "plt.show()", ["5: unused: nothing uses the name fig, ax"]),
    ("def f():\n    return 1", "def f():\n    return 2\n\nf()", ["5: unused: nothing uses the name f"]),
    ("total = w1 + w2", "def f():\n    return total\n\nf()", []),
    ("total = w1 + w2\nprint(total)", "", []),
    ("fig, ax = plt.subplots()", "ax.plot(w1)", []),
    ("_ = [k for k in range(3)]", "", []),
]


@pytest.mark.parametrize(("stored", "later", "lines"), UNUSED)
def test_a_name_that_nothing_uses_is_red(lint_of, stored, later, lines):
    drawing = {"tags": ["hide-input"]}
    assert lint_of(code(stored, **drawing), code(later or "print(w1)", **drawing)) == lines


def test_a_second_check_of_one_number_is_red(lint_of):
    cells = [code(f"# Check 5.1: {claim}\nassert x", tags=["hide-input"]) for claim in ("one", "two")]
    assert lint_of(*cells) == ["6: reference: a second Check 5.1"]


def test_another_set_up_cell_is_red(notebook_file, capsys):
    path = notebook_file(v4.new_markdown_cell("# 5. Tiny"), code("%pip install adlib"))
    assert lint.main([str(path)]) == 1
    line = f"{path}:2: set-up: the first code cell is not the set-up cell; run: python -m tools.address\n"
    assert capsys.readouterr().out == line


# Numbers in prose ----------------------------------------------------------------------------------


def test_an_unguarded_number_is_red(lint_of):
    added = v4.new_markdown_cell("The graph has 7 nodes. It is small.")
    assert lint_of(added) == ['5: numeral: 7 is in no code and no output of this section: "The graph has 7 nodes."']


@pytest.mark.parametrize(
    ("right", "wrong", "written"),
    [
        ("is about 2.079", "is about 2.089", "2.089"),
        ("$L(2, 3) = 3.521$", "$L(2, 3) = 3.512$", "3.512"),
        ("| $w_1$ | 2 |", "| $w_1$ | 4 |", "4"),
        ("Five: see", "Six: see", "Six"),
    ],
)
def test_a_number_changed_in_prose_is_red(lint_of, monkeypatch, right, wrong, written):
    assert right in GOOD
    monkeypatch.setitem(globals(), "GOOD", GOOD.replace(right, wrong))
    (line,) = lint_of()
    assert line.startswith(f"3: numeral: {written} is in no code and no output of this")


def test_an_output_that_nothing_compares_guards_no_number(lint_of):
    timed = code("print(7 / 2)", "3.5\n", tags=["nbval-ignore-output"], adbook={"ignored-output": "a time"})
    told = v4.new_markdown_cell("## A\n\nIt takes 3.5 seconds.")
    assert lint_of(timed, told) == [
        '6: numeral: 3.5 is in no code and no output of this section: "It takes 3.5 seconds."'
    ]


def test_a_number_changed_in_the_code_is_red(lint_of):
    """Prose that was right until a setting changed."""
    prose = v4.new_markdown_cell("## 5.2 A loop\n\nA chain of 1,000 nodes takes 10⁻³ seconds.")
    assert lint_of(prose, code("run(n=1000, wait=10**-3)")) == []
    (line,) = lint_of(prose, code("run(n=2000, wait=10**-3)"))
    assert line.startswith("5: numeral: 1,000 is in no code and no output of this section")


GUARDED = [
    ("It is 33 %.", "0.3333"),
    ("It is 2.02.", "2.020101"),
    ("It is 2.0201….", "2.02019"),
    ("It is −0.25.", "-0.25"),
    ("It is about 5.", "4.8"),
    ("It is 1.5 · 10⁻⁸.", "1.49e-08"),
    ("$x = 1.5\\cdot 10^{-8}$.", "1.49e-08"),
    ("$x = 12$ and $y = 0$.", "12"),
    ("Names: w1, float32, GPT-2, ResNet-32, NumPy 2.4, the 2nd, 3-D.", ""),
    ("Labels: Figures 6–17, slides 12, 13 and 14, Chapter 7, step 3, Table 4.", ""),
    ("See [the 2008 book](https://doi.org/10.1137/1.9780898717761) and `x[7]`.", ""),
    ("Forty-eight dots, and four steps.", "48 4"),
    ("A hundred thousand steps; six thousand five hundred and twelve of them.", "100000 6512"),
    ("Two thirds of it, then a millionth, or a third.", "0.667 1e-06 0.3333"),
    ("One of them, the two curves, three-fold, twice, half a page, a third step, the sixth, a few hundred.", ""),
    ("See [the seven bridges](https://doi.org/10.1137/1.9780898717761) and `seven`.", ""),
]
UNGUARDED = [
    ("It is 34 %.", "0.3333"),
    ("It is 2.03.", "2.020101"),
    ("It is 2.0202….", "2.02019"),
    ("It is −0.25.", "-0.26"),
    ("It is 5.", "4.8"),
    ("It is 1.5 · 10⁻⁸.", "1.49e-09"),
    ("$x = 1.5\\cdot 10^{-8}$.", "1.49e-09"),
    ("$x = 13$.", "12"),
    ("Published in 1964.", ""),
    ("Forty-eight dots.", "40 8 49"),
    ("A hundred thousand steps.", "100 1000"),
    ("Six thousand five hundred and twelve of them.", "6500 12"),
    ("Two thirds of it.", "2 3 0.333"),
    ("When it was a millionth.", "1e-05"),
    ("It has seven nodes.", "6"),
]


@pytest.mark.parametrize(("prose", "printed"), GUARDED)
def test_a_guarded_number_is_green(lint_of, prose, printed):
    assert lint_of(v4.new_markdown_cell(f"## 5.2 More\n\n{prose}"), code("show()", printed)) == []


@pytest.mark.parametrize(("prose", "printed"), UNGUARDED)
def test_a_number_that_does_not_agree_is_red(lint_of, prose, printed):
    (line,) = lint_of(v4.new_markdown_cell(f"## 5.2 More\n\n{prose}"), code("show()", printed))
    assert line.startswith("5: numeral: ")


ALT = "The error of seven methods falls to 0.52 and rises."
CAPTION = "**Figure 5.1.** Nine runs, 40 steps each."


@pytest.mark.parametrize(
    ("right", "wrong", "cell", "line"),
    [
        ("0.52", "0.25", 6, f'0.25 is in no code and no output of this section: "{ALT}"'),
        ("seven", "eight", 6, f'eight is in no code and no output of this section: "{ALT}"'),
        ("40", "30", 7, '30 is in no code and no output of this section: "Nine runs, 40 steps each."'),
        ("Nine", "Ten", 7, 'Ten is in no code and no output of this section: "Nine runs, 40 steps each."'),
    ],
)
def test_a_number_changed_in_a_figures_text_is_red(lint_of, right, wrong, cell, line):
    """The alternative text and the caption, in digits and in words."""

    def found(alt, caption):
        drawn = figure(mystnb={"image": {"alt": alt}})
        section = code("error = run(methods=7, runs=9, steps=40)\nprint(error)", "0.5201\n")
        return lint_of(v4.new_markdown_cell("## 5.2 More"), drawn, v4.new_markdown_cell(caption), section)

    assert found(ALT, CAPTION) == []
    assert found(ALT.replace(right, wrong), CAPTION.replace(right, wrong)) == [
        f"{cell}: numeral: {line.replace(right, wrong)}"
    ]


def test_an_exception_does_not_excuse_another_number_in_words(lint_of):
    excused = {"adbook": {"numerals": {"eight": "an example"}}}
    assert lint_of(v4.new_markdown_cell("Take eight cities.", metadata=excused)) == []
    lines = lint_of(v4.new_markdown_cell("Take nine cities.", metadata=excused))
    assert lines == [
        '5: numeral: nine is in no code and no output of this section: "Take nine cities."',
        "5: numeral: the exception for eight is not needed",
    ]


@pytest.mark.parametrize(
    ("prose", "reason", "lines"),
    [
        ("Published in 1964.", "the year of a paper", []),
        ("Published in 1964.", " ", ["5: numeral: the exception for 1964 gives no reason"]),
        ("Published long ago.", "a year", ["5: numeral: the exception for 1964 is not needed"]),
    ],
)
def test_an_exception_needs_a_reason_and_a_use(lint_of, prose, reason, lines):
    cell = v4.new_markdown_cell(prose, metadata={"adbook": {"numerals": {"1964": reason}}})
    assert lint_of(cell) == lines
