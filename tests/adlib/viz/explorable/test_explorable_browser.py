"""Explorables in a browser: pickers, slider, player, keys, two on a page, no script, paper, a phone, the dark."""

import re

import numpy as np
import pytest

import adlib
from adlib.viz import Curve, Plot, Points, Scene
from adlib.viz.explorable.page import Explorable
from tests.adlib.viz.explorable.explorables import STEPS, corners, player, slider
from tools import stepping


def state(page, number=0):
    """What one explorable shows: its frame, numbers, sentence, what is read out, what is pressed, its pictures."""
    return page.evaluate(
        """i => { const w = document.querySelectorAll('.ad-explore')[i], all = q => [...w.querySelectorAll(q)];
        return {frame: +w.querySelector('input').value, value: w.querySelector('input').getAttribute('aria-valuetext'),
                numbers: all('.ax-num dd').map(e => e.textContent), said: w.querySelector('.ax-say').textContent,
                heard: w.querySelector('.ad-live').textContent, going: w.hasAttribute('data-going'),
                pressed: all('[aria-pressed=true]').map(e => e.textContent),
                paths: all('.ax-live .ax-pane > svg > .ax-in').map(s => s.innerHTML)} }""",
        number,
    )


def dots(page, panel=0, css="ax-highlight"):
    """The places of the dots of a colour."""
    (outline,) = page.evaluate(
        """([panel, css]) => [...document.querySelectorAll('.ax-live .ax-pane > svg > .ax-in')[panel]
        .querySelectorAll('.' + css + ' .ax-d')].map(p => p.getAttribute('d'))""",
        [panel, css],
    )
    return [tuple(map(int, place)) for place in re.findall(r"M(-?\d+) (-?\d+)h0", outline)]


def error(scheme, k):
    minus = 1.0 if scheme == "forward" else np.exp(-STEPS[k])
    return abs((np.exp(STEPS[k]) - minus) / (STEPS[k] if scheme == "forward" else 2 * STEPS[k]) - 1)


def shown(text):
    lowered = str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹−", "-0123456789-")
    mantissa, _, power = text.partition("10") if text.startswith("10") and len(text) > 2 else text.partition("·10")
    return float((mantissa or "1").translate(lowered)) * 10.0 ** float(power.translate(lowered) or 0)


# The slider --------------------------------------------------------------------------------------------


def test_it_opens_at_the_first_telling_state(show):
    page = show(slider())
    now = state(page)
    assert now["frame"] == 4 and now["pressed"] == ["forward"] and now["numbers"][0] == "10⁻⁴"
    assert now["value"] == "epsilon 10⁻⁴" and now["heard"] == "", "nothing is read out before something is done"
    assert page.locator(".ax-still").is_hidden()


def test_slider_by_mouse_and_keys_shows_the_numbers(show):
    page = show(slider())
    bar = page.locator("input")
    bar.focus()
    for key, frame in (
        ("Home", 0),
        ("ArrowRight", 1),
        ("ArrowUp", 2),
        ("PageUp", 7),
        ("ArrowLeft", 6),
        ("ArrowDown", 5),
        ("PageDown", 0),
        ("End", 10),
    ):
        page.keyboard.press(key)
        now = state(page)
        assert now["frame"] == frame, key
        assert shown(now["numbers"][0]) == pytest.approx(STEPS[frame], rel=6e-3)
        assert shown(now["numbers"][1]) == pytest.approx(error("forward", frame), rel=6e-3)
        assert (
            now["heard"]
            == now["said"]
            == (f"With the forward scheme and the step {now['numbers'][0]} the error is {now['numbers'][1]}.")
        )
    box = bar.bounding_box()
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    assert state(page)["frame"] == 5
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] - 9, box["y"] + 20, steps=4)
    page.mouse.up()
    assert state(page)["frame"] == 10


def test_the_dot_moves_along_the_curve(show):
    page = show(slider())
    places = []
    for frame in range(11):
        page.locator("input").fill(str(frame))
        places += dots(page)
    curve = page.locator(".ax-live .ax-in .ax-c").get_attribute("d")
    assert places == corners(curve)


def test_buttons_step_and_stay_at_the_ends(show):
    page = show(slider())
    forth, back = page.get_by_label("Next frame"), page.get_by_label("Previous frame")
    for _ in range(8):
        forth.click(force=True)
    assert state(page)["frame"] == 10 and forth.get_attribute("aria-disabled") == "true"
    for _ in range(12):
        back.click(force=True)
    assert state(page)["frame"] == 0 and back.get_attribute("aria-disabled") == "true"
    page.keyboard.press("ArrowRight")
    assert state(page)["frame"] == 1, "arrow keys work from a button too"


def test_a_picker_changes_the_scene_and_keeps_the_frame(show):
    page = show(slider())
    before = state(page)
    page.get_by_role("button", name="central").click()
    now = state(page)
    assert now["frame"] == before["frame"] and now["pressed"] == ["central"] and now["paths"] != before["paths"]
    assert shown(now["numbers"][1]) == pytest.approx(error("central", 4), rel=6e-3)
    assert "central" in now["heard"]
    page.get_by_role("button", name="forward").press("Enter")
    assert state(page)["paths"] == before["paths"] and state(page)["numbers"] == before["numbers"]


def test_a_picker_keeps_the_value_or_else_the_place(show):
    """Where the new scene has the same value of the axis it stays there; else as far along as before."""
    from adlib.viz import Plot, Points, Scene

    def scene(kind):
        frames = {"a": range(11), "b": range(5, 16), "c": list("pqrst")}[kind]
        x = np.linspace(0, 1, len(frames))[:, None]
        return Scene([Points(x, x)], frames, says="{axis}")

    page = show(
        Explorable(
            "T",
            "Q?",
            Plot((0, 1), (0, 1), "x", "y", "A."),
            scene,
            axis="k",
            pickers={"Kind": "abc"},
            telling=[("a", 8)],
        )
    )
    for kind, frame, said in (("b", 3, "8"), ("a", 8, "8"), ("c", 3, "s"), ("b", 8, "13"), ("c", 3, "s")):
        page.get_by_role("button", name=kind, exact=True).click()
        assert (state(page)["frame"], state(page)["said"]) == (frame, said)
        assert page.locator("input").get_attribute("max") == ("4" if kind == "c" else "10")


# The player ----------------------------------------------------------------------------------------------


def by_hand(page):
    """The page, with its clock stopped: from here on time passes when a test says so."""
    page.clock.pause_at(page.evaluate("Date.now()") + 3_600_000)
    return page


def recorded(page):
    """Presses Play and gives what was to be seen and heard whenever something changed, to the end."""
    return page.evaluate(
        """() => new Promise(done => { const w = document.querySelector('.ad-explore'), play = w.querySelector('.ax-play'), seen = [];
        const note = () => { seen.push([w.hasAttribute('data-going'), +w.dataset.frame, w.querySelector('.ad-live').textContent,
            play.getAttribute('aria-label')]); if (!w.hasAttribute('data-going')) done(seen) };
        new MutationObserver(note).observe(w, {attributes: true}); play.click() })"""
    )


def test_it_plays_to_the_end_and_stops_and_begins_again(show):
    page = show(player())
    assert not state(page)["going"], "it never starts by itself"
    for _ in range(2):
        *playing, last = recorded(page)
        assert all(going and label == "Pause" for going, _, _, label in playing)
        order = [frame for _, frame, _, _ in playing]
        assert order[0] <= 1 and order == sorted(order)
        assert len({heard for _, _, heard, _ in playing}) == 1, "nothing is read out while it plays"
        assert last[:2] == [False, 8] and last[2].startswith("Turn 8: x is") and last[3] == "Play"


def test_it_pauses_at_a_frame_and_goes_on(show):
    page = by_hand(show(player(seconds=30)))
    play = page.locator(".ax-play")
    play.click()
    page.clock.run_for(3000)
    play.click()
    paused = state(page)
    page.clock.run_for(60_000)
    assert state(page) == paused and not paused["going"] and 1 <= paused["frame"] < 8
    assert paused["heard"].startswith(f"Turn {paused['frame']}:")
    page.locator("input").focus()
    page.keyboard.press("Space")
    assert state(page)["going"] and page.evaluate("document.activeElement.className") == "ax-play ax-going"
    page.keyboard.press("Space")
    assert not state(page)["going"]
    page.keyboard.press("Space")
    page.keyboard.press("ArrowLeft")
    assert not state(page)["going"], "who moves by hand stops it"


def test_points_are_between_frames_while_it_plays_unless_motion_is_unwanted(show):
    def watched(page):
        page.evaluate(
            """() => { window.seen = []; const w = document.querySelector('.ad-explore'), p = w.querySelector('.ax-live .ax-forward .ax-d');
            new MutationObserver(() => seen.push(p.getAttribute('d'))).observe(p, {attributes: true}) }"""
        )
        page.get_by_label("Play").click()
        page.wait_for_function(
            "!document.querySelector('[data-going]') && +document.querySelector('input').value === 8"
        )
        seen, frames = set(page.evaluate("seen")), set()
        for k in range(9):
            page.locator("input").fill(str(k))
            frames.add(page.locator(".ax-live .ax-forward .ax-d").first.get_attribute("d"))
        return seen, frames

    seen, frames = watched(show(player(), reduced_motion="no-preference"))
    assert seen - frames, "tweened"
    seen, frames = watched(show(player(), reduced_motion="reduce"))
    assert seen <= frames and len(seen) > 5, "only whole frames, and none left out"


def test_a_curve_of_many_points_goes_where_its_end_goes(show):
    """Its outline is made of steps: rounded one by one between two frames, they would lead its end elsewhere."""
    x, slopes = np.linspace(0, 1, 400), (3, 2.6, 2.2)
    plot = Plot((0, 1), (0, 3), "x", "y", "A line that falls, and a dot at its end.")
    layers = [Curve(x, [a * x for a in slopes]), Points([[1.0]] * 3, [[a] for a in slopes])]
    page = show(Explorable("T", "Q?", plot, Scene(layers, range(3)), axis="k", telling=[0], play=True))
    page.evaluate(
        """() => { const panel = document.querySelector('.ax-live .ax-in');
        const [line, dot] = [...panel.querySelectorAll('path[d]')].filter(p => p.getTotalLength() > 50 || /h0/.test(p.getAttribute('d')));
        const apart = () => line.getPointAtLength(line.getTotalLength()).y - dot.getPointAtLength(0).y;
        window.apart = [apart()];
        new MutationObserver(() => window.apart.push(apart())).observe(panel, {attributes: true, subtree: true}) }"""
    )
    page.locator(".ax-play").click()
    page.wait_for_function(
        "+document.querySelector('.ax-bar input').value === 2 && !document.querySelector('[data-going]')"
    )
    apart = page.evaluate("window.apart")
    assert len(apart) > 3 and max(map(abs, apart)) < 5, apart


def test_many_frames_take_the_seconds_that_were_asked_for(show):
    from adlib.viz import Plot, Points, Scene

    x = np.linspace(0, 1, 1000)[:, None]
    plot = Plot((0, 1), (0, 1), "x", "y", "A.")
    page = show(
        Explorable("T", "Q?", plot, Scene([Points(x, x)], range(1000)), axis="k", telling=[0], play=True, seconds=2)
    )
    by_hand(page).locator(".ax-play").click()
    page.clock.run_for(1000)
    assert state(page)["going"] and 250 < state(page)["frame"] < 750, "half-way by the page's own clock"
    page.clock.run_for(1500)
    assert not state(page)["going"]
    assert state(page)["frame"] == 999


def test_what_is_picked_shows_in_the_colours_of_the_system(show):
    page = show(slider(), forced_colors="active")
    grounds = page.evaluate("[...document.querySelectorAll('[data-p]')].map(b => getComputedStyle(b).backgroundColor)")
    assert grounds[0] != grounds[1]


def test_speed(show):
    page = show(player())
    button = page.locator(".ax-fast")
    names = []
    for _ in range(5):
        button.click()
        names.append((button.inner_text(), button.get_attribute("aria-label")))
    assert names == [(speed, f"Speed {speed}") for speed in ("2×", "4×", "½×", "1×", "2×")]


def test_a_picker_while_it_plays_lets_it_go_on(show):
    page = by_hand(show(player(seconds=30)))
    page.get_by_label("Play").click()
    page.get_by_role("button", name="wide").click()
    assert state(page)["going"] and state(page)["pressed"] == ["2", "wide"]
    page.keyboard.press("End")
    assert not state(page)["going"]
    assert state(page)["frame"] == 8


# On a page -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("make", [slider, player])
def test_script_and_python_draw_the_same(show, make):
    """Every still again, by the script: its shapes have the same outlines, texts and cells."""
    widget = make()
    page = show(widget)
    for choice, k in widget._states:
        for value in map(str, choice):
            page.get_by_role("button", name=value, exact=True).click()
        page.locator("input").fill(str(k))
        live = state(page)["paths"]
        for panel, shapes in enumerate(widget._scenes[choice].shapes):
            drawn = "".join(shape.draw(k) for shape in shapes)
            assert _outlines(live[panel]) == _outlines(drawn)


def _outlines(markup):
    """Absolute outlines with their classes, texts with their places, cells with theirs."""
    found = []
    for css, d in re.findall(r'<path class="(.*?)".*?d="(.*?)"', markup):
        if d:
            found.append((css, _absolute(d)))
    texts = [(place, text) for place, text in re.findall(r"<text (.*?)>(.*?)</text>", markup) if "none" not in place]
    places = [("text", *(re.search(rf'\b{a}="(.*?)"', place)[1] for a in "xy"), text) for place, text in texts if text]
    return found + sorted(places)


def _absolute(d):
    """The points that an outline of M, L, l, V, H, h, v, m and z passes through."""
    x = y = 0
    points = []
    for letter, rest in re.findall(r"([MLlVHhvmza])([^MLlVHhvmza]*)", d):
        numbers = [float(n) for n in re.findall(r"-?[\d.]+", rest)]
        if letter in "HhVv":
            for n in numbers:
                x = n if letter == "H" else x + n if letter == "h" else x
                y = n if letter == "V" else y + n if letter == "v" else y
                points.append((x, y))
            continue
        size = 7 if letter == "a" else 2
        for k in range(0, len(numbers), size):
            u, v = numbers[k : k + size][-2:]
            x, y = (u, v) if letter in "ML" else (x + u, y + v)
            points.append((x, y))
    return points


def test_one_frame_needs_no_slider(show):
    from adlib.viz import Plot, Points, Scene

    widget = Explorable(
        "T", "Q?", Plot((0, 1), (0, 1), "x", "y", "A."), lambda x: Scene([Points([x], [0.5])], [x], says="At {axis}."),
        axis="k", pickers={"x": [0.2, 0.7]}, telling=[(0.2, 0), (0.7, 0)],
    )  # fmt: skip
    page = show(widget, player(), reduced_motion="reduce")
    assert page.get_by_role("slider").count() == 1
    page.get_by_role("button", name="0.7").click()
    assert page.locator(".ax-say").first.inner_text() == "At 0.7."
    assert list(stepping.faults(page)) == []


def test_the_gate_finds_nothing(show):
    page = show(slider(), player(), slider(), reduced_motion="reduce")
    assert list(stepping.faults(page)) == []
    assert list(stepping.faults_without_script(show(slider(), player(), java_script_enabled=False))) == []


def test_the_gate_finds_one_that_never_has_its_data(show, monkeypatch):
    monkeypatch.setattr(stepping, "READY_MS", 200)
    page = show(slider())
    page.evaluate("document.querySelector('.ad-explore').setAttribute('aria-busy', 'true')")
    assert list(stepping.faults(page)) == ["an explorable stays busy"]


def test_two_on_a_page_are_independent_and_the_script_run_again_changes_nothing(show):
    page = show(player(), player())
    page.evaluate("eval(document.querySelector('script').textContent)")
    before = state(page, 1)
    page.get_by_role("button", name="wide").first.click()
    page.get_by_role("slider").first.fill("5")
    assert state(page, 0)["frame"] == 5 and state(page, 1) == before


def test_without_script_there_are_pictures_and_a_table(show):
    page = show(slider(), player(), java_script_enabled=False)
    assert page.locator("figure").count() == 6 and all(figure.is_visible() for figure in page.locator("figure").all())
    assert all(table.is_visible() for table in page.locator("table").all())
    assert not any(control.is_visible() for control in page.locator("button, input").all())
    assert page.locator("summary").is_visible()


def test_paper_shows_the_states_and_no_controls(show):
    page = show(player())
    page.emulate_media(media="print")
    assert page.locator("figure").first.is_visible() and not page.get_by_label("Play").is_visible()


@pytest.mark.parametrize("script", [True, False])
@pytest.mark.parametrize("width", [320, 390, 1280])
def test_no_sideways_scroll(show, width, script):
    page = show(slider(), player(), width=width, java_script_enabled=script)
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_touch_targets_and_legible_numbers_on_a_phone(show):
    page = show(slider(), player(), width=390)
    for control in page.locator("button:visible, input:visible, summary").all():
        box = control.bounding_box()
        assert box["height"] >= 44 and box["width"] >= 44
    heights = page.evaluate(
        """() => [...document.querySelectorAll('.ax-live .ax-pane > svg')].map(
        s => parseFloat(getComputedStyle(s).fontSize) * s.getBoundingClientRect().width / s.viewBox.baseVal.width)"""
    )
    assert min(heights) >= 11
    wide = show(slider(), width=1280).evaluate(
        """() => { const s = document.querySelector('.ax-live .ax-pane > svg');
        return parseFloat(getComputedStyle(s).fontSize) * s.getBoundingClientRect().width / s.viewBox.baseVal.width }"""
    )
    assert 11 <= wide <= 16


@pytest.mark.parametrize("script", [True, False])
@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("width", [390, 1280])
def test_axe_finds_nothing(show, dark, width, script):
    axe = pytest.importorskip("axe_playwright_python.sync_playwright")
    page = show(slider(), player(), dark=dark, width=width)
    if not script:
        page.evaluate("document.querySelectorAll('[data-on]').forEach(w => w.removeAttribute('data-on'))")
    page.locator("summary").click()
    results = axe.Axe().run(page)
    assert results.violations_count == 0, results.generate_report()


def test_scrolling_keys_are_left_to_the_page_outside_the_slider(show):
    page = show(slider())
    page.get_by_label("Next frame").focus()
    before = state(page)["frame"]
    page.keyboard.press("PageDown")
    page.keyboard.press("ArrowDown")
    assert state(page)["frame"] == before


def test_a_page_that_was_saved_while_it_was_used_works_again(show):
    """What a browser saves is the page as it stands; none of its listeners is in it."""

    class Saved:
        def __init__(self, page):
            self._html = page.locator("section").inner_html()

        def _repr_html_(self):
            return self._html

    def square(x):
        return np.sin(x) * x

    page = show(player(seconds=30))
    page.locator(".ax-fast").click()
    page.get_by_label("Play").click()
    page.get_by_role("button", name="wide").click()
    page = show(Saved(page))
    assert page.locator(".ax-fast").inner_text() == "1×"
    assert not state(page)["going"] and page.get_by_label("Play").is_visible()
    assert state(page)["frame"] == 0 and state(page)["pressed"] == ["2", "narrow"] and state(page)["heard"] == ""
    page.get_by_role("slider").fill("5")
    assert state(page)["frame"] == 5 and len(dots(page, css="ax-forward")) == 2

    graph = adlib.make_graph(square)(1.0)
    page = show(graph)
    page.get_by_label("Next step").click()
    page = show(Saved(page))
    page.get_by_label("Next step").click()
    assert page.get_by_role("slider").input_value() == "1"

    page = show(graph.puzzle())
    page.locator("[data-pick]").first.click()
    page = show(Saved(page))
    page.locator("[data-pick]").first.click()
    assert page.locator(".ad-log li").count() == 1
