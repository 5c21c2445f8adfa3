"""What all widgets share: one palette, files that a page carries without comments, and how much a page weighs."""

import re
from pathlib import Path

import numpy as np
import pytest

import adlib
from adlib.viz import COLOURS, widget
from adlib.viz.formula.numbers import plain
from tests.adlib.viz.explorable.explorables import player, slider
from tests.adlib.viz.graph.puzzles import L, fan
from tests.adlib.viz.markup import Page

FOLDER = Path(widget.__file__).parent
FILES = sorted(str(path.relative_to(FOLDER)) for suffix in ("css", "js") for path in FOLDER.rglob(f"*.{suffix}"))
SCRIPTS = [name for name in FILES if name.endswith(".js")]

# The palette ---------------------------------------------------------------------------------------


def hexes(folder):
    """Colours written in hexadecimal, by file."""
    found = {}
    for path in sorted(folder.rglob("*")):
        if path.suffix in (".py", ".css", ".js"):
            colours = re.findall(
                r"#(?:[0-9a-fA-F]{8}|[0-9a-fA-F]{6}|[0-9a-fA-F]{3,4})\b", path.read_text(encoding="utf-8")
            )
            if colours:
                found[str(path.relative_to(folder))] = colours
    return found


def test_colours_stand_in_one_place():
    assert set(hexes(FOLDER)) == {"style.py"}


@pytest.mark.parametrize("name", ["new.py", "graph/new.css", "new.js"])
@pytest.mark.parametrize("colour", ["#0072B2", "#fff", "#11223344"])
def test_a_colour_in_another_place_is_found(tmp_path, name, colour):
    path = tmp_path / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(f"x {{ fill: {colour}; }}")
    assert hexes(tmp_path) == {name: [colour]}


def test_style_sheets_take_their_colours_from_the_palette():
    styles = {name: widget.embedded(name) for name in FILES if name.endswith(".css")}
    assert not [name for name, style in styles.items() if "--hue" in style]
    used = {colour for style in styles.values() for colour in re.findall(r"#\w{6}", style)}
    assert used == set(COLOURS.values()) - {COLOURS["value"]}, "what is a value has the colour of the text"


# Files as a page carries them -----------------------------------------------------------------------


def strings(code):
    """The strings of a script; no template may stand in another, which `embedded` would not understand."""
    assert not re.search(r"\$\{[^{}]*`", code)
    return re.findall(r"'[^'\n]*'|`[^`]*`", code)


def without_comments(text):
    return re.sub(r"(?m)/\*.*?\*/|(^|\s)// .*$", "", text, flags=re.S if "/*" in text else 0)


@pytest.mark.parametrize("name", FILES)
def test_a_page_carries_the_file_but_for_comments_and_space(name):
    source, carried = without_comments((FOLDER / name).read_text(encoding="utf-8")), widget.embedded(name)
    if name in SCRIPTS:
        assert strings(carried) == strings(source) != [], "what stands in a string is as it was"
        assert "//" not in carried
    else:
        source = re.sub(r"var\(--hue-(\w+)\)", lambda match: COLOURS[match[1]], source).replace(";}", "}")
        source, carried = re.sub(r";\s*}", "}", source), carried.replace(";}", "}")
        assert "/*" not in carried
    assert re.sub(r"\s", "", carried) == re.sub(r"\s", "", source)


def test_words_stay_apart():
    code = widget.embedded("graph/puzzle.js")
    assert "return`" not in code or "return `" in code
    assert re.search(r"\bconst \w", code) and " in turns" in code and "else if(" in code


@pytest.mark.parametrize("name", FILES)
def test_files_are_for_readers(name):
    lines = (FOLDER / name).read_text(encoding="utf-8").splitlines()
    assert lines[0].startswith(("// ", "/* ")), "it says first what it is"
    assert max(map(len, lines)) <= 130


# Weight ---------------------------------------------------------------------------------------------

# The bytes that each had before scripts and styles were files of their own: none may be heavier. A newer one has its own.
BUDGET = {
    "forward": 39_070,
    "one seed": 33_319,
    "reverse": 34_357,
    "longer, reverse": 50_406,
    "puzzle": 17_200,
    "longer, puzzle": 23_369,
    "elimination": 25_000,
    "slider": 23_890,
    "player": 32_787,
}


@pytest.fixture(scope="module")
def widgets():
    short, longer = adlib.make_graph(L)(2.0, 3.0), adlib.make_graph(fan)(1.2, -0.7)
    return {
        "forward": short,
        "one seed": short.stepper(1.0, 0.0),
        "reverse": short.stepper(mode="reverse"),
        "longer, reverse": longer.stepper(mode="reverse"),
        "puzzle": short.puzzle(),
        "longer, puzzle": longer.puzzle(),
        "elimination": adlib.viz.EliminationPuzzle(longer),
        "slider": slider(),
        "player": player(),
    }


@pytest.mark.parametrize("name", BUDGET)
def test_no_widget_is_heavier_than_it_was(widgets, name):
    assert len(widgets[name]._repr_html_().encode()) <= BUDGET[name]


@pytest.mark.parametrize("name", BUDGET)
def test_a_page_is_one_element_and_one_script(widgets, name):
    html = widgets[name]._repr_html_()
    page = Page(html)
    assert html.startswith('<div class="ad-w ad-') and html.endswith("})()</script>")
    assert len(page.all("script")) == len(page.all("style")) == len(page.all("p", **{"aria-live": "polite"})) == 1


# In a browser ---------------------------------------------------------------------------------------


def test_the_puzzle_writes_numbers_as_python_does(show, widgets):
    """But for exact ties, where JavaScript rounds up and Python to the even digit."""
    source = (FOLDER / "graph/puzzle.js").read_text(encoding="utf-8")
    function = re.search(r"function plain\(value\) \{.*?\n  \}", source, re.S)[0]
    rng = np.random.default_rng(0)
    sizes = 10.0 ** rng.uniform(-12, 12, 2000)
    values = [
        *sizes,
        *-sizes,
        *np.round(sizes, 3),
        *np.round(sizes),
        0.0,
        1.0,
        -1e6,
        999_999.0,
        0.1,
        1e-4,
        1e5,
        99_999.99999,
    ]
    values = [float(value) for value in values]
    written = show(widgets["puzzle"]).evaluate(f"values => {{ {function} return values.map(plain) }}", values)
    assert written == [plain(value) for value in values]


@pytest.mark.parametrize("why", ["no DecompressionStream", "no data"])
def test_an_explorable_that_cannot_be_inflated_shows_what_stands_without_script(browser, widgets, why):
    html = widgets["slider"]._repr_html_()
    context = browser.new_context()
    if why == "no DecompressionStream":
        context.add_init_script("delete window.DecompressionStream")
    else:
        html = re.sub(r' data-packed="....', ' data-packed="AAAA', html)
    page, wrong = context.new_page(), []
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.goto("about:blank")
    page.set_content(
        html.replace('class="ad-w', 'data-on class="ad-w')
    )  # as in a page that was saved while it was used
    page.wait_for_selector(".ad-explore:not([aria-busy]):not([data-on])")
    assert all(figure.is_visible() for figure in page.locator("figure").all())
    assert page.locator("table").is_visible() and not page.locator("input").is_visible()
    assert bool(wrong) == (why == "no data"), "damaged data are an error that the console shows"
    context.close()


@pytest.mark.parametrize("name", ["slider", "player"])
def test_nothing_moves_when_the_data_are_there(show, widgets, name):
    """Until then an explorable shows its first telling state, which Python has drawn where the script draws."""

    def seen(page):
        return page.evaluate(
            """() => { const w = document.querySelector('.ad-explore'), text = q => [...w.querySelectorAll(q)].map(e => e.textContent);
            const slider = w.querySelector('input');
            return [text('.ax-num dd'), text('.ax-say'), slider.value, slider.max, text('[aria-pressed=true]'),
                [...w.querySelectorAll('.ax-live *')].filter(e => !e.closest('.ax-in')).map(e => {
                    const box = e.getBoundingClientRect(); return [e.tagName, box.x, box.y, box.width, box.height] })] }"""
        )

    before = show(widgets[name], java_script_enabled=False)
    before.evaluate("document.querySelector('.ad-explore').setAttribute('data-on', '')")
    after = show(widgets[name])
    assert seen(before) == seen(after)
    extents = [
        page.evaluate(
            """() => [...document.querySelectorAll('.ax-live .ax-in')].map(pane => {
            const box = pane.getBBox(); return [box.x, box.y, box.width, box.height].map(Math.round) })"""
        )
        for page in (before, after)
    ]
    assert extents[0] == extents[1] and all(width > 100 for _, _, width, _ in extents[0])


LOOK = """() => {
  const root = document.querySelector('.first > .ad-w');
  const wanted = ['fill', 'stroke', 'stroke-width', 'stroke-dasharray', 'color', 'background-color', 'border-color', 'display',
    'visibility', 'opacity', 'font-size', 'font-weight', 'accent-color', '--accent', '--edge', '--forward', '--reverse'];
  return [root, ...root.querySelectorAll('*')].filter(e => !e.closest('script, style, .ad-def')).map(e => {
    const style = getComputedStyle(e); return e.tagName + wanted.map(name => style.getPropertyValue(name)).join('; ') });
}"""


class Beside:
    """A widget of which the first of a page stands in an element that can be found."""

    def __init__(self, widget):
        self.widget = widget

    def _repr_html_(self):
        return f'<div class="first">{self.widget._repr_html_()}</div>'


@pytest.mark.parametrize("name", ["forward", "reverse", "longer, reverse", "puzzle", "elimination", "slider", "player"])
def test_a_widget_looks_the_same_with_others_on_the_page(show, widgets, name):
    def look(*others):
        page = show(Beside(widgets[name]), *(widgets[other] for other in others), reduced_motion="reduce")
        if name == "puzzle":
            for node in ("L", "v2", "v3"):
                page.locator(".first").get_by_label(f"{node} reports").click()
        elif name == "elimination":
            for node in ("v1", "v4"):
                page.locator(".first").get_by_label(f"Take out {node}").click()
        elif name in ("forward", "reverse", "longer, reverse"):
            page.locator(".first").get_by_label("Next step").click(click_count=3)
        return page.evaluate(LOOK)

    alone = look()
    assert len(alone) > 40
    for other in ("forward", "reverse", "longer, puzzle", "elimination", "player"):
        assert look(other) == alone, other


def test_nothing_picked_is_nothing_to_undo(show, widgets):
    page = show(widgets["puzzle"])
    for button in ("Undo", "Start again"):
        page.get_by_text(button).click(force=True)
    assert page.locator(".ad-live").inner_text() == "", "nothing is read out"


def test_paper_shows_the_puzzle_s_two_orders_and_no_empty_box(show, widgets):
    page = show(widgets["puzzle"])
    page.emulate_media(media="print")
    assert page.locator(".ad-lists").is_visible()
    assert not page.locator(".ad-box").is_visible() and not page.locator(".ad-who").is_visible()
