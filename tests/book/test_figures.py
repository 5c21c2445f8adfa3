"""What the figures show is kept and compared, and a label means one colour in the whole book.

A figure of an executed chapter is an SVG; `tools.figures` reads it.
"""

import json
import warnings

import matplotlib
import pytest
from nbformat import v4

from adlib.viz.style import COLOURS, figure
from tools import ROOT, figures, notebooks

# chapter -> the figures whose data hang on the last bits of the processor's arithmetic, and why
VARYING = {
    "01-the-problem": {
        "Figure 1.5": "single runs of Nelder-Mead and L-BFGS, which branch on the last bit of the loss",
        "Figure 1.6": "the path of Nelder-Mead depends on the last bit of the loss",
    },
}

EACH_ALONE = [
    pytest.param(path, id=path.stem, marks=pytest.mark.xdist_group(f"reader {path.stem}")) for path in notebooks()
]


@pytest.mark.parametrize("path", EACH_ALONE)
def test_figures_show_what_is_kept_of_them(path, read_as_on_colab):
    found = figures.of_notebook(read_as_on_colab(path).executed)
    left = list(figures.differences(figures.kept(path.stem), found, VARYING.get(path.stem, ())))
    if left:
        how = f"Look at the figure; if it is right: python -m tools.normalise --execute {path.relative_to(ROOT)}"
        pytest.fail("\n".join([*left, how]), pytrace=False)


def test_a_label_has_one_colour_in_the_whole_book():
    assert list(figures.of_two_colours(figures.kept(path.stem) for path in notebooks())) == []


def test_nothing_is_kept_of_a_chapter_that_is_gone():
    assert {file.stem for file in figures.KEPT.iterdir()} <= {path.stem for path in notebooks()}
    assert all(figures.kept(chapter).keys() >= names.keys() for chapter, names in VARYING.items())


def drawn(
    tmp_path, labels=("gradient", "two-point"), roles=("forward", "reverse"), top=1.0, note=2.5, title="error", mark="o"
):
    """The record of a figure of two curves, with a band and a note, as the cell of a chapter draws it."""
    with matplotlib.rc_context({"backend": "svg"}), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        fig, ax = figure(4, 3)
        for label, role, style, height in zip(labels, roles, (f"{mark}-", "--"), (top, 2.0), strict=True):
            ax.plot([0, 1, 2], [0, height, 0.5], style, color=COLOURS[role], label=label)
        ax.fill_between([0, 1, 2], [0, 0, 0], [0, top / 2, 0.2], color=COLOURS["neutral"])
        ax.set(ylabel=title, ylim=(0, 3))
        ax.annotate("the best", (1, top), xytext=(1, note), arrowprops={"arrowstyle": "->"})
        ax.legend()
        file = tmp_path / "figure.svg"
        fig.savefig(file)
        matplotlib.pyplot.close(fig)
    picture = v4.new_output("display_data", data={figures.SVG: file.read_text(encoding="utf-8")})
    cells = [v4.new_code_cell("plt.show()", outputs=[picture]), v4.new_markdown_cell("**Figure 5.1.** Two curves.")]
    return figures.of_notebook(v4.new_notebook(cells=cells))


def test_the_record_says_what_is_seen(tmp_path):
    shown = drawn(tmp_path)["Figure 5.1"]
    assert shown["legend"] == [
        ["gradient", "forward line", "forward marker of 9 corners"],
        ["two-point", "reverse dashed 7.4 3.2"],
    ]
    assert [word for word, *_ in shown["words"] if not word.replace(".", "").isdigit()] == ["error", "the best"]
    pieces = {look: count for look, count, _ in shown["drawn"]}
    assert {k: pieces[k] for k in ("forward line", "forward marker of 9 corners", "neutral area")} == {
        "forward line": 1, "forward marker of 9 corners": 3, "neutral area": 1,
    }  # fmt: skip
    assert json.loads(figures.text_of({"Figure 5.1": shown})) == {"Figure 5.1": shown}


@pytest.mark.parametrize(
    ("changed", "line"),
    [
        (
            {"labels": ("two-point", "gradient")},
            "legend: was 'gradient' for forward line and forward marker of 9 corners, "
            "is 'two-point' for forward line and forward marker of 9 corners",
        ),
        ({"roles": ("reverse", "forward")}, "forward dashed 7.4 3.2: nothing was drawn so"),
        ({"roles": ("good", "reverse")}, "good line: nothing was drawn so"),
        ({"mark": "s"}, "forward marker of 9 corners: nothing is drawn so any more"),
        ({"top": 1.1}, "forward line: other data, it went by [["),
        ({"top": 1.1}, "neutral area: other data, it went by [["),
        ({"note": 2.8}, "the words 'the best' were at ["),
        ({"title": "errors"}, "words: was 'error', is 'errors'"),
    ],
)
def test_another_figure_is_red(tmp_path, changed, line):
    found = list(figures.differences(drawn(tmp_path), drawn(tmp_path, **changed)))
    assert any(f.startswith(f"Figure 5.1: {line}") for f in found), found


def test_a_figure_too_many_or_too_few_is_red(tmp_path):
    shown = drawn(tmp_path)
    assert list(figures.differences({}, shown)) == ["Figure 5.1: is not among the kept figures"]
    assert list(figures.differences(shown, {})) == ["Figure 5.1: is drawn no more"]


def test_of_a_figure_that_varies_the_data_alone_are_left_out(tmp_path):
    was = drawn(tmp_path)
    assert list(figures.differences(was, drawn(tmp_path, top=1.1), {"Figure 5.1"})) == []
    assert len(list(figures.differences(was, drawn(tmp_path, roles=("good", "reverse")), {"Figure 5.1"}))) == 5


def test_a_label_of_two_colours_is_red(tmp_path):
    other = {"Figure 6.1": drawn(tmp_path, roles=("good", "reverse"))["Figure 5.1"]}
    assert list(figures.of_two_colours([drawn(tmp_path), other])) == [
        "Figure 6.1: 'gradient' is drawn in good, in Figure 5.1 it was in forward"
    ]
