"""Schedules: the simulator refuses what cannot be done, and the binomial schedule is the best there is."""

import heapq
import itertools
import math
from functools import cache

import pytest

import adlib
from adlib import schedules
from adlib.schedules import Advance, Free, Record, Restore, Reverse, Store, binomial, every, sqrt, store_all

NAMED = [store_all, sqrt, *[every(k) for k in (1, 2, 3, 7, 50)], *[binomial(s) for s in (1, 2, 3, 10)]]


# The binomial schedule.


@pytest.mark.parametrize("part", [pytest.param(k, marks=pytest.mark.xdist_group(f"binomial {k}")) for k in range(4)])
def test_every_binomial_schedule_meets_the_closed_form(part):
    """All 31,375 of them, action by action: about 31 million actions, in four parts for as many processes."""
    for l in range(1 + part, 251, 4):
        for s in range(1, l + 1):
            r = next(r for r in range(l + 1) if math.comb(s + r, s) >= l)
            closed_form = r * l - (math.comb(s + r, r - 1) if r else 0)
            found = schedules.simulate(binomial(s), l, slots=s, tapes=1)
            assert (found.advances, found.peak_slots, found.peak_tapes) == (closed_form, s, 1), (l, s)
            assert schedules.binomial_advances(l, s) == closed_form


@cache
def fewest(l, s):
    """The fewest advances with s slots, the initial state in one of them, trying every place for the next."""
    if l <= 1:
        return 0
    if s == 1:
        return l * (l - 1) // 2
    return min(m + fewest(l - m, s - 1) + fewest(m, s) for m in range(1, l))


def test_the_closed_form_is_the_least_by_dynamic_programming():
    for l in range(1, 81):
        for s in range(1, l + 1):
            assert schedules.binomial_advances(l, s) == fewest(l, s)


def fewest_of_all(l, s):
    """The fewest advances of any sequence of actions at all with s slots and one tape: Dijkstra's search."""
    start = (0, frozenset(), l)  # the current state, the states stored, the steps to be reversed
    best, queue = {start: 0}, [(0, 0, start)]
    count = 0
    while queue:
        cost, _, node = heapq.heappop(queue)
        current, stored, remaining = node
        if cost > best[node]:
            continue
        if remaining == 0:
            return cost
        moves = [(0, (state, stored, remaining)) for state in stored]
        moves += [(0, (current, stored - {state}, remaining)) for state in stored]
        if current is not None:
            if current == remaining - 1:
                moves.append((0, (None, stored, current)))
            else:
                moves.append((1, (current + 1, stored, remaining)))
            if len(stored) < s:
                moves.append((0, (current, stored | {current}, remaining)))
        for step, after in moves:
            if cost + step < best.get(after, math.inf):
                best[after] = cost + step
                count += 1
                heapq.heappush(queue, (cost + step, count, after))
    raise AssertionError("no sequence of actions reverses the chain")


@pytest.mark.parametrize("s", [1, 2, 3, 4])
def test_no_sequence_of_actions_is_better(s):
    for l in range(1, 10):
        # The convention: the initial state is in a slot too, so that a chain of one step has one.
        assert schedules.binomial_advances(l, s) == fewest_of_all(l, s)


def test_long_chains():
    assert schedules.binomial_advances(1000, 10) == 3636
    assert schedules.simulate(binomial(10), 1000).advances == 3636
    assert schedules.binomial_advances(10**6, 20) / 10**6 == pytest.approx(6.8, abs=0.05)
    # l steps with s slots and r repetitions: C(s + r, s) is the longest chain.
    assert schedules.binomial_advances(286, 10) == 3 * 286 - math.comb(13, 2)
    assert [schedules.simulate(binomial(s), 56).advances for s in (1, 2, 3, 5, 8)] == [1540, 340, 210, 140, 113]


# The others.


@pytest.mark.parametrize("schedule", NAMED, ids=repr)
def test_a_schedule_needs_what_it_states(schedule):
    for l in range(70):
        found = schedules.simulate(schedule, l)
        assert (found.peak_slots, found.peak_tapes) == (schedule.slots(l), schedule.tapes(l))
        assert found.actions == len(list(schedule(l)))
        # Every step is recorded once, whatever else.
        recorded = [a.step for a in schedule(l) if isinstance(a, Record)]
        assert sorted(recorded) == list(range(l))


def test_the_advances_of_segments():
    for l in range(1, 70):
        assert schedules.simulate(store_all, l).advances == 0
        for k in range(1, 12):
            segments = -(-l // k)
            found = schedules.simulate(every(k), l)
            assert found.advances == k * (segments - 1)
            assert (found.peak_slots, found.peak_tapes) == (segments - 1, min(k, l))


def test_square_root_has_the_fewest_slots_and_tapes_of_all_segments():
    for l in (4, 9, 36, 100, 400):
        found = schedules.simulate(sqrt, l)
        both = found.peak_slots + found.peak_tapes
        assert both == min(
            s.peak_slots + s.peak_tapes for s in (schedules.simulate(every(k), l) for k in range(1, l + 1))
        )
        assert both == 2 * math.isqrt(l) - 1
        # One more forward run, less the last segment.
        assert found.advances == l - math.isqrt(l)


# Wrong schedules.

WRONG = {
    "a slot that was freed": (
        [Store(0, 0), Advance(0, 1), Record(1), Reverse(1), Free(0), Restore(0, 0)],
        r"action 6 of the schedule, Restore\(state=0, slot=0\), restores state 0 from slot 0, which is empty",
    ),
    "a slot with another state": (
        [Advance(0, 1), Store(1, 0), Record(1), Reverse(1), Restore(0, 0)],
        "restores state 0 from slot 0, which holds state 1",
    ),
    "more slots than there are": (
        [Store(0, 0), Store(0, 1), Store(0, 2)],
        "action 3 .* uses slot 2, but there are 2 slots, numbered from 0",
    ),
    "a slot of no number": ([Store(0, -1)], "uses slot -1, but slots are numbered from 0"),
    "a slot that is taken": (
        [Store(0, 0), Advance(0, 1), Store(1, 0)],
        "stores into slot 0, which holds state 0; free it first",
    ),
    "a state that is not there": ([Store(1, 0)], "stores state 1, but the current state is 0"),
    "a step reversed twice": (
        [Store(0, 0), Advance(0, 1), Record(1), Reverse(1), Reverse(1)],
        "reverses step 1, which has been reversed already",
    ),
    "a step recorded after it was reversed": (
        [Store(0, 0), Advance(0, 1), Record(1), Reverse(1), Restore(0, 0), Advance(0, 1), Record(1)],
        "records step 1, but the steps still to be reversed end before 1",
    ),
    "a step forgotten at the end": (
        [Advance(0, 1), Record(1), Reverse(1)],
        "ends after 3 actions with step 0 not reversed",
    ),
    "a step forgotten on the way": ([Record(0), Reverse(0)], "reverses step 0, but step 1 comes first"),
    "a step that does not exist": ([Reverse(2)], "reverses step 2, which has been reversed already or does not exist"),
    "a step that was not recorded": ([Advance(0, 2), Reverse(1)], "reverses step 1, which has not been recorded"),
    "an advance from nowhere": (
        [Store(0, 0), Advance(0, 1), Record(1), Reverse(1), Advance(0, 1)],
        "advances from state 0, but there is no current state",
    ),
    "an advance from another state": ([Advance(1, 2)], "advances from state 1, but the current state is 0"),
    "an advance beyond the end": ([Advance(0, 3)], "advances to state 3, which does not lie between 0 and 2"),
    "an advance that goes back": ([Advance(0, 1), Advance(1, 0)], "advances to state 0"),
    "an advance that goes nowhere": ([Advance(0, 0)], "advances to state 0"),
    "a record from nowhere": (
        [Advance(0, 1), Record(1), Reverse(1), Record(0)],
        "records step 0, but there is no current state",
    ),
    "too many tapes": ([Record(0), Record(1)], "holds 2 tapes at once, but there is room for 1"),
    "a tape made twice": (
        [Store(0, 0), Record(0), Restore(0, 0), Record(0)],
        "records step 0, whose tape is held already",
    ),
    "an empty slot freed": ([Free(1)], "frees slot 1, which is empty"),
    "no action": (["Advance"], "action 1 of the schedule, 'Advance', is none of Advance, Store"),
    "an advance to no whole number": ([Advance(0, 1.0)], "advances to state 1.0, which is no whole number"),
    "an advance to nothing": ([Advance(0, None)], "advances to state None, which is no whole number"),
    "a slot with a name": ([Store(0, "first")], "uses a slot that has no whole number"),
    "no end": (
        itertools.chain([Store(0, 0)], itertools.repeat(Restore(0, 0))),
        "action 31 .* is number 31 in a row that neither records nor reverses a step: it may go on for ever",
    ),
    "no end after the end": (
        itertools.chain(
            [Store(0, 0), Advance(0, 1), Record(1), Reverse(1), Restore(0, 0), Record(0), Reverse(0)],
            itertools.repeat(Restore(0, 0)),
        ),
        "action 38 .* is number 31 in a row",
    ),
    "nothing": ([], "ends after 0 actions with step 1 not reversed"),
}


@pytest.mark.parametrize("kind", WRONG)
def test_a_wrong_schedule_is_refused(kind):
    actions, message = WRONG[kind]
    tapes = 2 if kind == "a tape made twice" else 1
    if isinstance(actions, itertools.chain):  # cut off well after it must have been noticed
        actions = list(itertools.islice(actions, 1000))
    with pytest.raises(adlib.ArgumentError, match=message):
        schedules.simulate(lambda l: actions, 2, slots=2, tapes=tapes)
    # The executor says the same: the actions pass the simulator first.
    limited = schedules.Schedule(kind, lambda l: 2, lambda l: tapes, lambda l: actions)
    with pytest.raises(adlib.ArgumentError, match=message):
        adlib.grad(lambda x: adlib.checkpoint_chain(lambda x, i: x * x, x, 2, schedule=limited))(3.0)


def test_frames_of_an_endless_schedule_are_refused():
    endless = lambda l: itertools.chain([Store(0, 0)], itertools.repeat(Restore(0, 0)))  # noqa: E731
    with pytest.raises(adlib.ArgumentError, match="may go on for ever"):
        next(schedules.frames(endless, 3))


def test_a_wasteful_schedule_is_none_without_end():
    """Every state is stored, restored and freed, one step at a time."""

    def wasteful(l):
        for step in reversed(range(l)):
            yield from (Store(0, 0), Restore(0, 0)) if step == l - 1 else (Restore(0, 0),)
            for k in range(step):
                yield from (Advance(k, k + 1), Store(k + 1, k + 1), Restore(k + 1, k + 1))
            yield from (Free(k + 1) for k in range(step))
            yield from (Record(step), Reverse(step))

    for l in (0, 1, 2, 5, 40):
        assert schedules.simulate(wasteful, l).advances == l * (l - 1) // 2


def test_a_schedule_that_overstates_itself_is_refused():
    honest = binomial(3)
    boasting = schedules.Schedule("boasting", lambda l: 2, lambda l: 1, honest.actions)
    with pytest.raises(adlib.ArgumentError, match="uses slot 2, but there are 2 slots"):
        schedules.simulate(boasting, 10)
    with pytest.raises(adlib.ArgumentError, match="uses slot 2, but there are 2 slots"):
        schedules.simulate(honest, 10, slots=2)


@pytest.mark.parametrize("action", range(50))
def test_no_action_of_a_schedule_can_be_left_out(action):
    actions = list(binomial(3)(10))
    assert len(actions) == 50
    del actions[action]
    try:
        found = schedules.simulate(lambda l: actions, 10, slots=3, tapes=1)
    except adlib.ArgumentError:
        return
    # Only a slot that nobody needs afterwards may stay full.
    assert isinstance(list(binomial(3)(10))[action], Free)
    assert found.advances == 15


@pytest.mark.parametrize(
    "call",
    [
        lambda: schedules.every(0),
        lambda: schedules.every(2.5),
        lambda: schedules.binomial(0),
        lambda: schedules.binomial(True),
        lambda: schedules.binomial(None),
        lambda: schedules.binomial_advances(-1, 3),
        lambda: schedules.simulate(sqrt, -1),
        lambda: schedules.simulate(sqrt, 2.0),
        lambda: schedules.simulate(sqrt, 2, slots=2.5),
        lambda: schedules.simulate(sqrt, 2, tapes="2"),
        lambda: schedules.simulate(sqrt, 2, slots=-1),
        lambda: list(schedules.frames(sqrt, -1)),
        lambda: sqrt(-1),
    ],
)
def test_numbers_out_of_range_are_refused(call):
    with pytest.raises(adlib.ArgumentError, match=r">= [01], but got .*; pass a whole number in that range"):
        call()


@pytest.mark.parametrize("wrong", ["sqrt", None, binomial, lambda l: None, 3])
def test_what_is_no_schedule_is_refused(wrong):
    for use in (
        lambda: schedules.simulate(wrong, 4),
        lambda: list(schedules.frames(wrong, 4)),
        lambda: adlib.grad(lambda x: adlib.checkpoint_chain(lambda x, i: x * x, x, 4, schedule=wrong))(1.0),
    ):
        with pytest.raises(adlib.ArgumentError, match="a schedule is a function from the length of a chain"):
            use()


# Frames.


@pytest.mark.parametrize("schedule", NAMED, ids=repr)
def test_frames_show_what_the_simulator_counts(schedule):
    for l in (0, 1, 2, 11):
        found = schedules.simulate(schedule, l)
        frames = list(schedules.frames(schedule, l))
        assert [frame.action for frame in frames] == list(schedule(l))
        assert len(frames) == found.actions
        if frames:
            assert all(frame.l == l and len(frame.slots) == found.peak_slots for frame in frames)
            assert max(sum(state is not None for state in frame.slots) for frame in frames) == found.peak_slots
            assert max(len(frame.tapes) for frame in frames) == found.peak_tapes
            assert frames[-1].advances == found.advances
            assert frames[-1].remaining == 0 and frames[-1].tapes == ()


def test_actions_are_plain_values():
    assert Store(3, 1) == Store(state=3, slot=1) and hash(Store(3, 1)) == hash(Store(3, 1))
    assert repr(Advance(2, 5)) == "Advance(start=2, stop=5)"
    with pytest.raises(AttributeError):
        Advance(2, 5).start = 3
    assert repr(binomial(3)) == "binomial(3)" and repr(sqrt) == "sqrt"
