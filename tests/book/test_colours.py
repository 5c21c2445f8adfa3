"""Colours are seen in light and in dark, and a method has one colour in the whole book: see tools/contrast.py."""

from io import BytesIO

import matplotlib
import numpy as np
import pytest
from matplotlib import image

from adlib.viz import COLOURS, METHODS, Curve, Explorable, Plot, Points, Scene, figure, widget
from tools import ROOT, chapters, contrast, figures
from tools.chromium import launched
from tools.contrast import LINE, WORD

THEMES = ("light", "dark")
NOT_FOR_WORDS = {"highlight", "light"}
EACH_ALONE = [
    pytest.param(path, id=path.stem, marks=pytest.mark.xdist_group(f"reader {path.stem}")) for path in chapters()
]


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("role", COLOURS)
def test_a_role_is_seen_in_a_figure(role, theme):
    assert contrast.of_figure(COLOURS[role], theme) >= (LINE if role in NOT_FOR_WORDS else WORD)


@pytest.mark.parametrize(
    ("colour", "theme", "seen"), [("#E69F00", "light", 2.24), ("#56B4E9", "light", 2.31), ("#FFFFFF", "dark", 1.0)]
)
def test_a_pale_colour_is_red(colour, theme, seen):
    """The highlight and the light blue of before, and the page itself."""
    assert contrast.of_figure(colour, theme) == pytest.approx(seen, abs=0.005)
    assert seen < LINE


def test_contrast_is_that_of_the_standard():
    assert contrast.ratio("#000000", "#FFFFFF") == pytest.approx(21)
    assert contrast.ratio("#777777", "#FFFFFF") == pytest.approx(
        4.48, abs=0.005
    )  # the standard's own example of a failure


def painted(content, count):
    """The colours that Chromium paints, of boxes 20 px high one under another."""
    with launched() as browser:
        page = browser.new_page(viewport={"width": 20, "height": 20 * count})
        page.set_content(
            f"<style>body {{ margin: 0 }} i {{ display: block; width: 20px; height: 20px }}</style>{content}"
        )
        return image.imread(BytesIO(page.screenshot()))[10::20, 10, :3]


def test_dark_is_what_a_browser_makes_of_it(need_browser):
    """The filter and the blend of the style sheet."""
    need_browser()
    sheet = (ROOT / "_static" / "adbook.css").read_text(encoding="utf-8")
    look = "filter: invert(1) hue-rotate(180deg); mix-blend-mode: screen"
    assert look in sheet
    boxes = "".join(f'<i style="background: {colour}; {look}"></i>' for colour in COLOURS.values())
    seen = painted(f"<style>body {{ background: {contrast.paper('dark')} }}</style>{boxes}", len(COLOURS))
    assert np.abs(seen - [contrast.on_page(colour, "dark") for colour in COLOURS.values()]).max() < 2 / 255


def in_an_explorable(theme, sheet):
    """Role -> its contrast in an explorable, in the book or, without its style sheet, in a notebook."""
    ground, ink = {"light": ("#ffffff", "#1f1f1f"), "dark": ("#1e1e1e", "#dddddd")}[theme]
    if sheet:
        ground, ink = contrast.paper(theme), "var(--ad-ink)"
    styles = "".join(widget.embedded(name) for name in ("widget.css", "explorable/explorable.css"))
    boxes = "".join(f'<i class="ax-{role}" style="background: var(--colour)"></i>' for role in COLOURS)
    page = f'<script>document.documentElement.dataset.theme = "{theme}"</script><style>{styles}{sheet}</style>'
    page += f'<div style="background: {ground}; color: {ink}"><div class="ad-w ad-explore" style="margin: 0">{boxes}</div></div>'
    return {role: contrast.ratio(seen, ground) for role, seen in zip(COLOURS, painted(page, len(COLOURS)), strict=True)}


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("book", [True, False], ids=["in the book", "in a notebook"])
def test_a_role_is_seen_in_an_explorable(need_browser, theme, book):
    need_browser()
    sheet = (ROOT / "_static" / "adbook.css").read_text(encoding="utf-8") if book else ""
    seen = in_an_explorable(theme, sheet)
    least = {role: LINE if role in NOT_FOR_WORDS else WORD for role in COLOURS}
    assert {role: round(ratio, 2) for role, ratio in seen.items() if ratio < least[role]} == {}


def test_a_pale_colour_of_an_explorable_is_red(need_browser):
    need_browser()
    sheet = (ROOT / "_static" / "adbook.css").read_text(encoding="utf-8").replace("#a88c00", "#d99000")
    assert in_an_explorable("light", sheet)["highlight"] < LINE


def test_a_method_has_its_colour_in_every_figure():
    labels = [
        (name, label, looks[0].split()[0])
        for path in chapters()
        for name, shown in figures.kept(path.stem).items()
        for label, *looks in shown["legend"]
        if looks
    ]
    assert len(labels) > 20
    assert list(contrast.other_colours(labels)) == []


@pytest.mark.parametrize("path", EACH_ALONE)
def test_a_method_has_its_colour_in_every_explorable_and_words_are_not_pale(path, read_as_on_colab):
    found = []
    for cell in read_as_on_colab(path).executed.cells:
        for output in cell.get("outputs", []):
            data = output.get("data", {})
            found += contrast.other_colours(
                (path.stem, *key) for key in contrast.keys("".join(data.get("text/html", "")))
            )
            found += contrast.pale_words("".join(data.get(figures.SVG, "")))
            found += contrast.pale_names("".join(data.get("text/html", "")))
    assert found == []


def test_methods_have_roles():
    assert set(METHODS.values()) <= COLOURS.keys()
    assert set(contrast.ALIASES.values()) <= METHODS.keys()


@pytest.mark.parametrize(
    ("label", "role", "method"),
    [
        ("gradient descent", "reverse", "gradient descent"),
        ("Gradients", "reverse", "gradient descent"),
        ("two points, $n = 4$", "forward", "two-point"),
        ("without a gradient", "forward", "two-point"),
        ("$n$ forward sweeps", "reverse", "forward mode"),
        ("differences", "reverse", "finite differences"),
    ],
)
def test_a_method_in_the_colour_of_another_is_red(label, role, method):
    (line,) = contrast.other_colours([("Figure 3.1", label, role)])
    assert line == f"Figure 3.1: {label!r} is drawn in {role}, but {method} has the colour {METHODS[method]}"


@pytest.mark.parametrize(
    ("label", "role"), [("L-BFGS, differences", "value"), ("gradient", "forward"), ("sphere", "good")]
)
def test_a_second_variant_may_have_a_colour_that_no_method_has(label, role):
    assert list(contrast.other_colours([("Figure 3.1", label, role)])) == []


def test_a_swapped_key_of_an_explorable_is_red():
    plot = Plot((0, 1), (0, 1), "x", "y", "A line.")
    curves = [Curve([0, 1], [[0, 1], [1, 0]], role="reverse", label="gradient descent")]
    html = Explorable(
        "A", "Q?", plot, Scene(curves, frames=["0", "1"], says="At {axis}."), axis="x", telling=[0]
    )._repr_html_()
    assert set(contrast.keys(html)) == {("gradient descent", "reverse")}


def test_a_pale_word_is_red(tmp_path):
    with matplotlib.rc_context({"backend": "svg"}):
        fig, ax = figure(3, 2)
        ax.text(0, 0, "the best", color=COLOURS["highlight"])
        ax.set_xlabel("evaluations")
        fig.savefig(tmp_path / "a.svg")
        matplotlib.pyplot.close(fig)
    (line,) = contrast.pale_words((tmp_path / "a.svg").read_text(encoding="utf-8"))
    assert line == "the words 'the best' in #a88c00: contrast 3.26 in light, at least 4.5"


def test_a_pale_name_in_an_explorable_is_red():
    plot = Plot((0, 1), (0, 1), "x", "y", "A point.")
    scene = Scene([Points([0.5], [0.5], role="highlight", names=["here"])], frames=["0"], says="At {axis}.")
    html = Explorable("A", "Q?", plot, scene, axis="x", telling=[0])._repr_html_()
    assert set(contrast.pale_names(html)) == {"the name 'here' in highlight, which is not for words"}
