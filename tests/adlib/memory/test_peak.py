"""What a schedule promises of memory, measured.

``python -m tests.adlib.memory.test_peak`` prints the table of schedules.
"""

import re
import tracemalloc

import numpy as np
import pytest

from adlib import checkpoint, checkpoint_chain, grad, hvp, schedules
from tests.adlib.memory.cases import by_schedule


def peak_bytes(call):
    tracemalloc.start()
    try:
        tracemalloc.reset_peak()
        before = tracemalloc.get_traced_memory()[0]
        call()
        return tracemalloc.get_traced_memory()[1] - before
    finally:
        tracemalloc.stop()


def wave(x, i):
    """A step whose tape holds three states: two sines keep their arguments, a product a factor."""
    return np.sin(np.sin(x) * 1.5 * x)


def measured(schedule, l, derive, copies=1):
    """Runs of a step, and the peak in states, in units of what one state takes."""
    x = np.linspace(0.5, 1.0, 50_000)
    calls = []

    def step(x, i):
        calls.append(i)
        return wave(x, i)

    loss = lambda x: np.sum(checkpoint_chain(step, x, l, schedule=schedule))  # noqa: E731
    peak = peak_bytes(lambda: derive(loss, x)) / x.nbytes / copies
    return len(calls), peak


@pytest.mark.parametrize("second_order", [False, True])
@by_schedule
def test_the_peak_is_what_the_schedule_says(schedule, second_order):
    found = schedules.simulate(schedule, 36)
    if second_order:  # values and tangents
        runs, peak = measured(schedule, 36, lambda loss, x: hvp(loss, (x,), (x,)), copies=2)
    else:
        runs, peak = measured(schedule, 36, lambda loss, x: grad(loss)(x))
    assert runs == 36 + found.advances
    # Besides what is held, one step works with a state, an adjoint and temporaries, all of which there are twice in
    # the second order: between one and a little over four states.
    held = found.peak_slots + 3 * found.peak_tapes
    assert held + 1 <= peak <= held + 4.2, (schedule, held, peak)


def test_the_peaks_of_second_derivatives_are_as_stated():
    """Reverse over reverse pays for a schedule; forward over reverse saves by it."""
    x = np.linspace(0.1, 1.0, 20_000)

    def peaks(derive):
        found = []
        for schedule in (schedules.store_all, schedules.sqrt, schedules.binomial(3)):
            loss = lambda x: np.sum(checkpoint_chain(lambda x, i: np.sin(np.sin(np.sin(x))), x, 16, schedule=schedule))  # noqa: B023, E731
            found.append(peak_bytes(lambda: derive(loss)) / x.nbytes)  # noqa: B023
        return found

    text = " ".join(checkpoint_chain.__doc__.split())
    stated = re.search(r"is (\d+) states with `store_all`.* but (\d+) with `sqrt` and (\d+) with", text)
    assert peaks(lambda f: grad(lambda x: np.sum(grad(f)(x)))(x)) == pytest.approx(
        list(map(int, stated.groups())), rel=0.05
    )
    stated = re.search(r"that of `hvp` is (\d+), (\d+) and (\d+)", text)
    assert peaks(lambda f: hvp(f, (x,), (x,))) == pytest.approx(list(map(int, stated.groups())), rel=0.05)


def test_checkpoint_keeps_its_arguments_only():
    n = 50_000
    x = np.linspace(0.5, 1.0, n)

    def deep(x):
        for _ in range(20):
            x = np.sin(x)
        return x

    def loss(part):
        def f(x):
            for _ in range(5):
                x = part(x)
            return np.sum(x)

        return f

    plain, ours = (peak_bytes(lambda: grad(loss(part))(x)) / x.nbytes for part in (deep, checkpoint(deep)))  # noqa: B023
    assert 100 < plain < 110
    assert 23 < ours < 32  # five arguments, and one part at a time


def table():
    """Schedules of a chain: what theory says, and what was counted and measured."""
    rows = ["| schedule | l | advances: theory | counted | slots | tapes | states held | peak, measured |"]
    rows.append("|---|--:|--:|--:|--:|--:|--:|--:|")
    for l in (36, 100):
        segments = lambda k: k * (-(-l // k) - 1)  # noqa: B023, E731
        theory = [
            (schedules.store_all, 0),
            (schedules.every(4), segments(4)),
            (schedules.sqrt, segments(round(l**0.5))),
        ]
        theory += [(schedules.binomial(s), schedules.binomial_advances(l, s)) for s in (1, 2, 3, 5, 10)]
        for schedule, advances in theory:
            found = schedules.simulate(schedule, l)
            runs, peak = measured(schedule, l, lambda loss, x: grad(loss)(x))
            held = found.peak_slots + 3 * found.peak_tapes
            rows.append(
                f"| {schedule} | {l} | {advances} | {runs - l} | {found.peak_slots} | {found.peak_tapes} "
                f"| {held} | {peak:.1f} |"
            )
    return "\n".join(rows)


if __name__ == "__main__":
    print(table())
