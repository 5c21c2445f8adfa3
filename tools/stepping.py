"""Use every stepper of a page as a reader does: Next to the end, back, with the keyboard, and one beside another.

A stepper is an element of class `ad-stepper` with a list `ad-steps`, of which one item is seen at a time, buttons whose
names begin with Next and Previous, a slider, perhaps one button a seed, and a text that is read out (`aria-live`)
and changes with every step. Without script it shows the whole list.
"""

from __future__ import annotations

from collections.abc import Iterator

# Of every stepper on the page: which of its steps are seen, and what is read out.
_STATES = """() => [...document.querySelectorAll(".ad-stepper")].map(root => ({
  steps: [...root.querySelectorAll(".ad-steps > li")].map(step => step.checkVisibility({visibilityProperty: true})),
  live: [...root.querySelectorAll("[aria-live]")].map(e => e.textContent.trim()).join(" "),
}))"""


def faults(page) -> Iterator[str]:
    """Yield what is wrong with the steppers of a page that is open in playwright."""
    for index in range(page.locator(".ad-stepper").count()):
        yield from (f"stepper {index + 1}: {fault}" for fault in _one(page, index))


def faults_without_script(page) -> Iterator[str]:
    """The same for a page that was opened with scripts switched off."""
    for index, state in enumerate(page.evaluate(_STATES)):
        if hidden := state["steps"].count(False):
            yield f"stepper {index + 1}: without script {hidden} of {len(state['steps'])} steps are hidden"


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
    after = page.evaluate(_STATES)
    for other in range(len(before)):
        if other != index and after[other] != before[other]:
            yield f"moves stepper {other + 1} as well"


def _click(button) -> None:
    # A disabled button is an answer (the end is reached), not something to wait for.
    if button.is_enabled():
        button.click(timeout=3000)
