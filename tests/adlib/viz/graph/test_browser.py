"""Steppers and the puzzle in a browser: clicks, keys, two on a page, no script, a phone, the dark, a screen reader's view."""

import re

import numpy as np
import pytest

import adlib
from tests.adlib.viz.graph.puzzles import L, fan, reported
from tools.digits import false_equalities


def deep(x, y):
    for _ in range(12):
        x = np.sin(x) * y
    return x


@pytest.fixture(scope="module")
def example():
    return adlib.make_graph(L)(2.0, 3.0)


def state(page, number=0):
    """Step shown, words heard, numbers seen in the drawing, of one stepper."""
    return page.evaluate(
        """i => { const w = document.querySelectorAll('.ad-stepper')[i];
        const seen = e => { const s = getComputedStyle(e); return s.visibility === 'visible' && e.getClientRects().length > 0 };
        return {shown: [...w.querySelectorAll('.ad-steps>li')].map((e, k) => seen(e) ? k : -1).filter(k => k >= 0),
                heard: w.querySelector('.ad-live').textContent,
                count: w.querySelector('output').textContent,
                labels: [...w.querySelectorAll('.ad-l')].filter(seen).length,
                seeds: [...w.querySelectorAll('.ad-l [data-s]')].filter(seen).map(e => e.dataset.s),
                now: w.querySelectorAll('.ad-k.ad-now').length} }""",
        number,
    )


def test_next_previous_and_first(show, example):
    page = show(example)
    assert state(page)["shown"] == [0] and state(page)["labels"] == 0
    page.get_by_label("Next step").click()
    page.get_by_label("Next step").click()
    now = state(page)
    assert now["shown"] == [2] and now["count"] == "2 / 5" and now["labels"] == 3 and now["now"] == 1
    assert "v1 = log w1 = log 2 = 0.6931" in now["heard"] and "0.5 times 1 = 0.5" in now["heard"]
    page.get_by_label("Previous step").click()
    assert state(page)["shown"] == [1]
    page.get_by_label("First step").click()
    assert state(page)["shown"] == [0]


def test_next_stays_at_the_end_and_keeps_the_focus(show, example):
    page = show(example)
    button = page.get_by_label("Next step")
    for _ in range(8):
        button.click(force=True)
    assert state(page)["shown"] == [5]
    assert button.get_attribute("aria-disabled") == "true"
    assert page.evaluate("document.activeElement.dataset.go") == "1"


def test_keys_and_slider(show, example):
    page = show(example)
    page.get_by_label("Next step").focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    assert state(page)["shown"] == [2]
    page.keyboard.press("ArrowLeft")
    assert state(page)["shown"] == [1]
    page.keyboard.press("End")
    assert state(page)["shown"] == [5]
    page.keyboard.press("Home")
    assert state(page)["shown"] == [0]
    slider = page.locator("input[type=range]")
    slider.focus()
    page.keyboard.press("ArrowRight")
    assert state(page)["shown"] == [1]
    slider.fill("4")
    assert state(page)["shown"] == [4]
    assert slider.get_attribute("aria-valuetext") == "4 of 5"


def test_seed_buttons_change_numbers_and_words(show, example):
    page = show(example)
    page.keyboard.press("Tab")
    page.locator("input[type=range]").fill("5")
    assert "= 2.02" in state(page)["heard"] and set(state(page)["seeds"]) == {"0"}
    second = page.locator("button[data-seed]").nth(1)
    second.click()
    assert "= 0.9335" in state(page)["heard"] and set(state(page)["seeds"]) == {"1"}
    assert second.get_attribute("aria-pressed") == "true"
    assert second.get_attribute("aria-label") == "seed w2"
    assert state(page)["shown"] == [5]


def test_a_click_on_a_node_goes_there(show, example):
    page = show(example)
    page.locator(".ad-k[data-k='3'] .ad-n").click(force=True)  # its name lies over it
    assert state(page)["shown"] == [3]


def test_two_on_a_page_are_independent(show, example):
    page = show(example, adlib.make_graph(deep)(0.3, 1.2))
    page.get_by_label("Next step").nth(1).click()
    assert state(page, 0)["shown"] == [0]
    assert state(page, 1)["shown"] == [1]


def test_the_script_run_again_changes_nothing(show, example):
    page = show(example)
    page.evaluate("eval(document.querySelector('script').textContent)")
    page.get_by_label("Next step").click()
    assert state(page)["shown"] == [1]


def test_without_script_everything_is_there(show, example):
    page = show(example, java_script_enabled=False)
    for k in range(6):
        assert page.locator(".ad-steps>li").nth(k).is_visible()
    assert page.locator(".ad-l").count() == 6
    assert all(label.is_visible() for label in page.locator(".ad-l").all())
    assert not page.get_by_label("Next step").is_visible()
    assert page.locator("ol").get_attribute("start") == "0"


@pytest.mark.parametrize("width", [320, 390, 1280])
def test_no_sideways_scroll(show, example, width):
    page = show(example, adlib.make_graph(deep)(0.3, 1.2), width=width)
    for k in (0, 3, 5):
        page.locator("input[type=range]").nth(0).fill(str(k))
        assert page.evaluate("document.documentElement.scrollWidth") <= width
    # No formula is cut off by its panel.
    assert page.evaluate(
        "[...document.querySelectorAll('.ad-q svg')].every(s => s.getBoundingClientRect().right <= innerWidth - 20)"
    )


def test_numbers_are_legible_on_a_phone(show, example):
    page = show(example, width=390)
    scale = page.evaluate(
        "(s => s.getBoundingClientRect().width / s.viewBox.baseVal.width)(document.querySelector('.ad-graph'))"
    )
    assert 13.5 * scale >= 12
    assert page.evaluate(
        "document.querySelector('.ad-view').scrollWidth <= document.querySelector('.ad-view').clientWidth"
    )


def test_a_wide_graph_follows_the_current_node(show):
    page = show(adlib.make_graph(deep)(0.3, 1.2), width=390)
    page.locator("input[type=range]").fill("20")
    box, node = (page.locator(s).first.bounding_box() for s in (".ad-view", ".ad-k.ad-now"))
    assert box["x"] <= node["x"] and node["x"] + node["width"] <= box["x"] + box["width"]


def test_touch_targets(show, example):
    page = show(example, width=390)
    for control in page.locator("button, input").all():
        box = control.bounding_box()
        assert box["height"] >= 44 and box["width"] >= 44


def _luminance(colour):
    channels = [c / 255 for c in colour]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("role", ["f", "r"])
def test_accents_can_be_read_on_light_and_dark(show, example, dark, role):
    page = show(example, dark=dark)
    colour = page.evaluate(
        """role => { const e = document.createElementNS('http://www.w3.org/2000/svg', 'g');
        e.setAttribute('class', 'ad-' + role); document.querySelector('.ad-graph').append(e);
        const c = document.createElement('canvas').getContext('2d'); c.fillStyle = getComputedStyle(e).fill;
        c.fillRect(0, 0, 1, 1); return [...c.getImageData(0, 0, 1, 1).data].slice(0, 3) }""",
        role,
    )
    ground = (0x14, 0x18, 0x1E) if dark else (255, 255, 255)
    high, low = sorted((_luminance(colour), _luminance(ground)), reverse=True)
    assert (high + 0.05) / (low + 0.05) >= 4.5, colour


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("width", [390, 1280])
def test_axe_finds_nothing(show, example, dark, width):
    axe = pytest.importorskip("axe_playwright_python.sync_playwright")
    page = show(example, adlib.make_graph(deep)(0.3, 1.2), dark=dark, width=width)
    page.locator("input[type=range]").nth(0).fill("3")
    results = axe.Axe().run(page)
    assert results.violations_count == 0, results.generate_report()


def test_motion_only_where_it_is_wanted(show, example):
    still = show(example, reduced_motion="reduce")
    assert re.fullmatch(
        r"0s(, 0s)*", still.locator(".ad-n").first.evaluate("e => getComputedStyle(e).transitionDuration")
    )
    moving = show(example, reduced_motion="no-preference")
    assert "0.18s" in moving.locator(".ad-n").first.evaluate("e => getComputedStyle(e).transitionDuration")


# Reverse mode --------------------------------------------------------------------------------------


def arrowheads(page):
    """Of every edge: whether it points to its child, and whether it points back to its parent."""
    return page.evaluate(
        """() => [...document.querySelectorAll('.ad-graph g[data-k]:not(.ad-k)')].map(g => ['.ad-a', '.ad-b'].map(
        q => getComputedStyle(g.querySelector(q)).display !== 'none').join())"""
    )


def test_reverse_mode_steps_back_and_turns_the_edges(show, example):
    page = show(example.stepper(mode="reverse"))
    assert page.locator(".ad-k .ad-cell").count() == 4
    assert all(cell.is_visible() for cell in page.locator(".ad-k .ad-cell").all())
    assert state(page)["shown"] == [0] and state(page)["labels"] == 0 and set(arrowheads(page)) == {"true,false"}
    for _ in range(3):
        page.get_by_label("Next step").click()
    now = state(page)
    assert now["shown"] == [3] and now["labels"] == 3 and now["now"] == 1 and now["count"] == "3 / 6"
    assert "1 times 1 plus 1 times 0.3467 = 1.3467" in now["heard"]
    assert sorted(arrowheads(page)) == ["false,true"] * 3 + ["true,false"] * 3
    page.locator("input[type=range]").focus()
    page.keyboard.press("End")
    assert "gradient of L = (2.0201, 0.9335)" in state(page)["heard"] and set(arrowheads(page)) == {"false,true"}
    page.keyboard.press("ArrowLeft")
    page.get_by_label("Previous step").click()
    assert state(page)["shown"] == [4]


def test_forward_and_reverse_on_one_page(show, example):
    page = show(example, example.stepper(mode="reverse"), example.puzzle())
    page.get_by_label("Next step").nth(1).click()
    page.get_by_label("L reports").click()
    assert state(page, 0)["shown"] == [0] and state(page, 1)["shown"] == [1]
    assert page.locator(".ad-log li").count() == 1


# The puzzle ----------------------------------------------------------------------------------------


def verdict(page):
    root = page.locator(".ad-puzzle")
    return root.get_attribute("data-state"), root.locator(".ad-end").inner_text(), root.locator(".ad-why").inner_text()


def adjoints(page):
    return [text.text_content() for text in page.locator(".ad-puzzle .ad-k .ad-r").all()]


def report(page, *names):
    for name in names:
        page.get_by_label(f"{name} reports", exact=True).click()


def test_a_right_order_ends_with_the_gradient(show, example):
    page = show(example.puzzle())
    assert adjoints(page) == ["0", "0", "0", "0", "0", "1"], "at the start the result holds its adjoint"
    report(page, "L")
    assert adjoints(page) == ["0", "0", "0", "1", "1", "1"]
    report(page, "v3", "v2", "v1")
    assert verdict(page)[:2] == ("right", "A right order: ∇L = (2.0201, 0.9335).")
    assert adjoints(page) == ["2.0201", "0.9335", "4.0402", "1.3467", "1", "1"]
    assert page.locator(".ad-early").count() == 0
    assert "A right order" in page.locator(".ad-live").inner_text()
    log = page.locator(".ad-log").inner_text()
    assert "1.3467 · 3 ≈ 4.0402 to v₁" in log and "4.0402 · 0.5 = 2.0201 to w₁" in log
    assert false_equalities(log) == []


@pytest.mark.parametrize(
    ("function", "point", "order", "early"),
    [
        (L, (2.0, 3.0), "L v2 v3 v1", ["v₂ spoke too early: before v₃."]),
        (L, (2.0, 3.0), "L v2 v1 v3", ["v₂ spoke too early: before v₃."]),
        (L, (2.0, 3.0), "v1 L v3 v2", ["v₁ spoke too early: before v₂."]),
        (L, (2.0, 3.0), "v2 v3 L v1", ["v₂ spoke too early: before v₃ and L.", "v₃ spoke too early: before L."]),
        (fan, (1.2, -0.7), "fan v2 v6 v5 v4 v3 v1", ["v₂ spoke too early: before v₃."]),
        (fan, (1.2, -0.7), "fan v6 v3 v5 v4 v2 v1", ["v₃ spoke too early: before v₄."]),
    ],
)
def test_a_wrong_order_shows_the_number_it_gives(show, function, point, order, early):
    page = show(adlib.make_graph(function)(*point).puzzle())
    report(page, *order.split())
    state, end, why = verdict(page)
    wrong = reported(function.__name__, order.split())
    right = adlib.grad(function, argnums=(0, 1))(*point)
    assert np.abs(np.subtract(wrong, right)).max() > 1e-3
    said = [
        [float(n.replace("\u2212", "-")) for n in re.findall(r"\u2212?[\d.]+\d|\d", group)]
        for group in re.findall(r"\((.*?)\)", end)
    ]
    assert state == "wrong" and end.startswith("A wrong order gives") and "The gradient is" in end
    assert said[0] == pytest.approx(wrong, rel=1e-4, abs=6e-5)
    assert said[1] == pytest.approx(right, rel=1e-4, abs=6e-5)
    assert why == " ".join(early)
    assert false_equalities(page.locator(".ad-log").inner_text()) == []
    assert page.locator(".ad-early").count() == len(early)
    assert page.locator(".ad-k .ad-t", has_text="too early").count() == len(early)


def test_undo_start_again_and_no_second_report(show, example):
    page = show(example.puzzle())
    report(page, "L", "v2")
    assert page.locator(".ad-early").count() == 1
    page.get_by_text("Undo").click()
    assert page.locator(".ad-early").count() == 0 and adjoints(page)[:3] == ["0", "0", "0"]
    report(page, "v3")
    page.get_by_label("v3 reports").click(force=True)
    assert page.locator(".ad-log li").count() == 2 and adjoints(page)[3] == "1.3467"
    assert page.get_by_label("v3 reports").get_attribute("aria-disabled") == "true"
    page.get_by_text("Start again").click()
    assert adjoints(page) == ["0", "0", "0", "0", "0", "1"] and verdict(page)[0] == "open"
    assert page.locator(".ad-log li").count() == 0


def test_the_puzzle_with_the_keyboard_only(show, example):
    page = show(example.puzzle())

    def focused():
        return page.evaluate("document.activeElement.getAttribute('aria-label') || document.activeElement.textContent")

    for _ in range(12):
        page.keyboard.press("Tab")
        if focused() == "L reports":
            break
    for wanted in ("v3 reports", "v2 reports", "v1 reports"):
        page.keyboard.press("Enter")
        page.keyboard.press("ArrowLeft")
        assert focused() == wanted
    page.keyboard.press("Space")
    assert verdict(page)[0] == "right"


def test_a_click_on_a_node_reports_it_and_inputs_have_nothing_to_say(show, example):
    page = show(example.puzzle())
    nodes = page.locator(".ad-puzzle .ad-k")
    nodes.nth(0).locator(".ad-n").click(force=True)
    assert page.locator(".ad-log li").count() == 0
    nodes.nth(5).locator(".ad-n").click(force=True)
    assert page.locator(".ad-log li").count() == 1 and nodes.nth(5).get_attribute("class") == "ad-k ad-said ad-now"


def test_the_puzzle_without_script_lists_two_orders(show, example):
    page = show(example.puzzle(), java_script_enabled=False)
    assert all(item.is_visible() for item in page.locator(".ad-lists li").all())
    assert page.locator(".ad-lists li").count() == 8
    assert not page.get_by_text("Undo").is_visible()
    assert adjoints(page)[0] == "2.0201", "the drawing stands finished"


@pytest.mark.parametrize("width", [320, 390, 1280])
def test_reverse_and_puzzle_fit_the_page(show, example, width):
    page = show(
        example.stepper(mode="reverse"), example.puzzle(), adlib.make_graph(fan)(1.2, -0.7).puzzle(), width=width
    )
    report_first = page.get_by_label("v2 reports")
    report_first.first.click()
    report_first.last.click()
    for k in (0, 3, 6):
        page.locator("input[type=range]").fill(str(k))
        assert page.evaluate("document.documentElement.scrollWidth") <= width
    for control in page.locator("button").all():
        box = control.bounding_box()
        assert box["height"] >= 44 and box["width"] >= 44
    for target in page.locator(".ad-puzzle .ad-x").all():
        box = target.bounding_box()
        assert box["height"] >= 44 and box["width"] >= 44


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("width", [390, 1280])
def test_axe_finds_nothing_on_the_way_back(show, example, dark, width):
    axe = pytest.importorskip("axe_playwright_python.sync_playwright")
    page = show(example.stepper(mode="reverse"), example.puzzle(), dark=dark, width=width)
    page.locator("input[type=range]").fill("3")
    report(page, "L", "v2", "v3", "v1")
    results = axe.Axe().run(page)
    assert results.violations_count == 0, results.generate_report()
