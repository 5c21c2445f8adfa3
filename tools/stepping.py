"""Use every stepper, order puzzle and explorable of a page as a reader does: to the end, back, with the keyboard, one beside another.

A stepper is an element of class `ad-stepper` with a list `ad-steps`, of which one item is seen at a time, buttons whose
names begin with Next and Previous, a slider, perhaps one button a seed, and a text that is read out (`aria-live`)
and changes with every step. Without script it shows the whole list.

A puzzle is an element of class `ad-puzzle` with a button an operation whose name ends in "reports", in the order of
computation, the buttons Undo and Start again, and a text that is read out. `data-state` is "open", and at the end "right"
or "wrong". Without script it shows lists. One of class `ad-elim` has buttons whose names begin with "Take out", ends as "done"
in every order, and shows a table.

An explorable is an element of class `ad-explore` with a slider and buttons Previous and Next or a button Play, or groups
of buttons of which one each is pressed, or both, and a text that is read out. While it plays it has the attribute
`data-going`. It has `aria-busy` until its data are inflated. Without script it shows pictures (`figure`) and a table,
and no slider.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from tools import script
from tools.chromium import HANG_MS

PUZZLES = ".ad-puzzle, .ad-elim"
WIDGETS = f".ad-stepper, {PUZZLES}, .ad-explore"
PLAY_MS = 60_000  # of the page's own clock, which is put forward: long enough for one frame and the end
READY_MS = HANG_MS

# What each kind of widget shows now: a list, one entry a widget of the page.
_STATES, _PUZZLES, _FRAMES = script("steppers"), script("puzzles"), script("explorables")


def faults(page) -> Iterator[str]:
    """Yield what is wrong with the steppers, puzzles and explorables of a page whose clock playwright has installed."""
    try:
        page.wait_for_selector(".ad-explore[aria-busy=true]", state="detached", timeout=READY_MS)
    except Exception as error:
        if type(error).__name__ != "TimeoutError":
            raise
        yield "an explorable stays busy"
    for index in range(page.locator(".ad-stepper").count()):
        yield from (f"stepper {index + 1}: {fault}" for fault in _one(page, index))
    for index in range(page.locator(PUZZLES).count()):
        yield from (f"puzzle {index + 1}: {fault}" for fault in _puzzle(page, index))
    for index in range(page.locator(".ad-explore").count()):
        yield from (f"explorable {index + 1}: {fault}" for fault in _explorable(page, index))


def faults_without_script(page) -> Iterator[str]:
    """The same for a page that was opened with scripts switched off."""
    for index, state in enumerate(page.evaluate(_STATES)):
        if hidden := state["steps"].count(False):
            yield f"stepper {index + 1}: without script {hidden} of {len(state['steps'])} steps are hidden"
    for index, root in enumerate(page.locator(PUZZLES).all()):
        if not any(entry.is_visible() for entry in root.locator("ol > li, tbody > tr").all()):
            yield f"puzzle {index + 1}: without script no order is shown"
    for index, root in enumerate(page.locator(".ad-explore").all()):
        for name in ("figure", "table"):
            parts = root.locator(name).all()
            if not parts or not all(part.is_visible() for part in parts):
                yield f"explorable {index + 1}: without script there is a {name} too few to be seen"
        if any(slider.is_visible() for slider in root.locator("input").all()):
            yield f"explorable {index + 1}: without script there is a slider, which does nothing"


def _one(page, index: int) -> Iterator[str]:
    root = page.locator(".ad-stepper").nth(index)
    parts = {
        "Next": root.get_by_role("button", name="Next"),
        "Previous": root.get_by_role("button", name="Previous"),
        "slider": root.get_by_role("slider"),
    }
    missing = [name for name, part in parts.items() if part.count() == 0]
    if missing:
        yield f"has no {', no '.join(missing)}"
        return
    forth, back, slider = (part.first for part in parts.values())
    before = page.evaluate(_STATES)
    total = len(before[index]["steps"])
    if total < 2:
        yield f"has {total} steps"
        return

    slider.focus()
    page.keyboard.press("Home")
    states = [page.evaluate(_STATES)[index]]
    if states[0]["steps"].count(True) != 1:
        yield f"shows {states[0]['steps'].count(True)} steps at once, expected one"
        return
    for step in range(1, total):
        _click(forth)
        states.append(page.evaluate(_STATES)[index])
        if states[-1]["steps"] == states[-2]["steps"]:
            yield f"Next does not step on from step {step} of {total}"
            return
        if states[-1]["live"] == states[-2]["live"]:
            yield f"the text read out does not change at step {step + 1} of {total}"
    reached = sum(any(state["steps"][k] for state in states) for k in range(total))
    if reached < total:
        yield f"only {reached} of {total} steps can be reached"
    for name, seed in ((s.get_attribute("aria-label"), s) for s in root.locator("[aria-pressed=false]").all()):
        said = page.evaluate(_STATES)[index]["live"]
        _click(seed)
        if page.evaluate(_STATES)[index]["live"] == said:
            yield f"the seed button {name!r} changes nothing"
    if root.locator("[aria-pressed]").count():
        _click(root.locator("[aria-pressed]").first)

    _click(back)
    if page.evaluate(_STATES)[index]["steps"] != states[-2]["steps"]:
        yield "Previous does not go back"
    slider.focus()
    page.keyboard.press("Home")
    if page.evaluate(_STATES)[index]["steps"] != states[0]["steps"]:
        yield "the key Home on the slider does not go to the first step"
    page.keyboard.press("ArrowRight")
    if page.evaluate(_STATES)[index]["steps"] != states[1]["steps"]:
        yield "the arrow key on the slider does not step"
    page.keyboard.press("Home")
    yield from _others_moved(page, _STATES, index, before, "stepper")


def _puzzle(page, index: int) -> Iterator[str]:
    root = page.locator(PUZZLES).nth(index)
    takes_out = root.evaluate("root => root.matches('.ad-elim')")
    good, bad = ("done", "done") if takes_out else ("right", "wrong")
    undo, again = (root.get_by_role("button", name=name) for name in ("Undo", "Start again"))
    nodes = root.get_by_role("button", name=re.compile("^Take out" if takes_out else "reports$")).all()
    missing = [name for name, part in (("Undo", undo), ("Start again", again)) if part.count() == 0]
    if missing or not nodes:
        yield f"has no {', no '.join(missing or ['button for a node'])}"
        return

    def now():
        return page.evaluate(_PUZZLES)[index]

    before = page.evaluate(_PUZZLES)
    for node in reversed(nodes):
        name, said = node.get_attribute("aria-label") or node.inner_text(), now()
        node.focus()
        page.keyboard.press("Enter")
        after = now()
        if after["seen"] == said["seen"]:
            yield f"the button {name!r} pressed with the keyboard shows nothing"
            return
        if after["live"] == said["live"]:
            yield f"the text read out does not change after {name!r}"
    if now()["state"] != good:
        yield f"a right order ends as {now()['state']!r}"
    _click(undo)
    if now()["seen"] != said["seen"]:
        yield "Undo does not take the last pick back"
    _click(again)
    if now()["seen"] != before[index]["seen"]:
        yield "Start again does not go back to the start"
    if len(nodes) > 1:
        for node in nodes:
            _click(node)
        if now()["state"] != bad:
            yield f"a wrong order ends as {now()['state']!r}"
        _click(again)
    yield from _others_moved(page, _PUZZLES, index, before, "puzzle")


def _explorable(page, index: int) -> Iterator[str]:
    root = page.locator(".ad-explore").nth(index)
    slider, groups = root.get_by_role("slider"), root.get_by_role("group").filter(has=page.locator("[aria-pressed]"))
    if slider.count() + groups.count() == 0:
        yield "has neither a slider nor something to pick"
        return
    before = page.evaluate(_FRAMES)
    if slider.count():
        yield from _slid(page, index, slider)
        slider.focus()
        page.keyboard.press("End")
    for group in groups.all():
        buttons = group.locator("[aria-pressed]").all()
        for button in [*buttons[1:], buttons[0]]:
            name, shown = button.inner_text(), page.evaluate(_FRAMES)[index]
            _click(button)
            now = page.evaluate(_FRAMES)[index]
            if button.get_attribute("aria-pressed") != "true" or group.locator("[aria-pressed=true]").count() != 1:
                yield f"the button {name!r} is not the pressed one of its group after a click"
            elif _same(now, shown) and now["pressed"] != shown["pressed"]:
                yield f"the button {name!r} shows nothing new"
    yield from _others_moved(page, _FRAMES, index, before, "explorable")


def _slid(page, index: int, slider) -> Iterator[str]:
    root = page.locator(".ad-explore").nth(index)
    play = root.get_by_role("button", name="Play")
    forth, back = (root.get_by_role("button", name=name) for name in ("Next", "Previous"))
    if not (play.count() or (forth.count() and back.count())):
        yield "has no button Play, and none to step"
        return

    def now():
        return page.evaluate(_FRAMES)[index]

    slider.focus()
    page.keyboard.press("End")
    end = now()
    page.keyboard.press("Home")
    home = now()
    if home["frame"] != 0 or end["frame"] <= 0:
        yield f"the keys Home and End on the slider go to the frames {home['frame']} and {end['frame']}"
        return
    if not end["live"] or end["live"] == home["live"]:
        yield "the text read out does not change from the first frame to the last"
    if end["picture"] == home["picture"]:
        yield "the picture does not change from the first frame to the last"
    shown = home
    for _ in range(min(5, end["frame"])):
        page.keyboard.press("ArrowRight")
        if _same(now(), shown):
            yield f"the key ArrowRight on the slider shows nothing new after frame {shown['frame']}"
            return
        shown = now()
    if play.count():
        yield from _played(page, index, play, end["frame"])
        return
    page.keyboard.press("Home")
    _click(forth)
    if now()["frame"] != 1:
        yield "Next does not step on"
    _click(back)
    if now()["frame"] != 0:
        yield "Previous does not go back"


def _others_moved(page, states: str, index: int, before: list[dict], kind: str) -> Iterator[str]:
    """Which other widgets of the kind are not as they were before the one at `index` was used."""
    for other, (was, now) in enumerate(zip(before, page.evaluate(states))):
        if other != index and now != was:
            yield f"moves {kind} {other + 1} as well"


def _same(one: dict, other: dict) -> bool:
    return (one["picture"], one["text"]) == (other["picture"], other["text"])


def _played(page, index: int, play, last: int) -> Iterator[str]:
    """From the last frame but one; it must move, and stop by itself. Time is made to pass: nothing is waited for."""
    if page.evaluate(_FRAMES)[index]["going"]:
        yield "plays without being asked"
        return
    page.keyboard.press("End")
    page.keyboard.press("ArrowLeft")
    _click(play)
    page.clock.run_for(PLAY_MS)
    now = page.evaluate(_FRAMES)[index]
    if now["frame"] != last:
        yield "Play does not move it"
    elif now["going"]:
        yield "does not stop at the end"


def _click(button) -> None:
    # A disabled button is an answer (the end is reached), not something to wait for.
    if button.is_enabled():
        button.click()
