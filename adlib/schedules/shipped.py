"""Schedules for chains of any length: everything, every k-th state, and the best there is for a number of slots."""

import functools
import math
from collections.abc import Callable
from dataclasses import dataclass

from ..core.errors import ArgumentError
from ..core.settings import index_number
from .actions import Advance, Free, Record, Restore, Reverse, Store


@dataclass(frozen=True)
class Schedule:
    """A schedule for chains of any length: calling it with l gives an iterator of actions.

    Attributes
    ----------
    name : str
        As it is written: ``"binomial(3)"``.
    slots, tapes : callable
        From l to the number of slots and of tapes that it needs at most.
    actions : callable
        From l to the actions, an iterator.

    Examples
    --------
    >>> from adlib import schedules
    >>> for action in schedules.binomial(1)(2):
    ...     print(action)
    Store(state=0, slot=0)
    Advance(start=0, stop=1)
    Record(step=1)
    Reverse(step=1)
    Restore(state=0, slot=0)
    Free(slot=0)
    Record(step=0)
    Reverse(step=0)
    """

    name: str
    slots: Callable
    tapes: Callable
    actions: Callable

    def __call__(self, l):
        return self.actions(index_number(l, "a schedule takes a chain of l steps, l", 0))

    def __repr__(self):
        return self.name


def not_a_schedule(x):
    """The error for something else in the place of a schedule or of its actions."""
    return ArgumentError(
        f"a schedule is a function from the length of a chain to its actions, but got a {type(x).__name__} in its "
        "place; take adlib.schedules.sqrt, adlib.schedules.binomial(3) or another of adlib.schedules"
    )


def actions_of(schedule, l):
    """The actions of a schedule, or an error where it has none to give."""
    if not callable(schedule):
        raise not_a_schedule(schedule)
    actions = schedule(l)
    if not hasattr(actions, "__iter__"):
        raise not_a_schedule(actions)
    return iter(actions)


def _segments(l, k):
    """Store every k-th state, then record and reverse one segment of k steps after the other."""
    starts = range(0, l, k)
    for slot, start in enumerate(starts[:-1]):
        yield Store(start, slot)
        yield Advance(start, start + k)
    for slot in reversed(range(len(starts))):
        start = starts[slot]
        if slot < len(starts) - 1:
            yield Restore(start, slot)
            yield Free(slot)
        steps = range(start, min(start + k, l))
        for step in steps:
            yield Record(step)
        for step in reversed(steps):
            yield Reverse(step)


def every(k):
    """Store every k-th state; on the way back record k steps at once.

    Parameters
    ----------
    k : int
        At least 1.  With k >= l nothing is stored or run again.

    Returns
    -------
    Schedule
        With ``ceil(l/k) - 1`` slots, ``min(k, l)`` tapes and ``k (ceil(l/k) - 1)``
        advances: all segments but the last are run twice.

    Raises
    ------
    ArgumentError
        When k is not a whole number of at least 1.

    Notes
    -----
    Chen and others (2016).  Slots and tapes together are fewest for k near sqrt(l).

    Examples
    --------
    >>> from adlib import schedules
    >>> schedules.simulate(schedules.every(4), 12)
    Simulation(l=12, advances=8, peak_slots=2, peak_tapes=4, actions=32)
    """
    k = index_number(k, "every(k) takes a number of steps k", 1)
    return Schedule(f"every({k})", lambda l: max(-(-l // k) - 1, 0), lambda l: min(k, l), lambda l: _segments(l, k))


def _root(l):
    """The square root, rounded up, and at least 1."""
    return math.isqrt(l - 1) + 1 if l > 1 else 1


sqrt = Schedule(
    "sqrt",
    lambda l: max(-(-l // _root(l)) - 1, 0),
    lambda l: min(_root(l), l),
    lambda l: _segments(l, _root(l)),
)

store_all = Schedule("store_all", lambda l: 0, lambda l: l, lambda l: _segments(l, max(l, 1)))


@functools.lru_cache(maxsize=65536)
def _repetitions(l, s):
    """The least r with ``C(s + r, s) >= l``: how often a step is run at most before it is recorded."""
    r = 0
    while math.comb(s + r, s) < l:
        r += 1
    return r


def binomial_advances(l, s):
    """The least number of advances with which s slots and one tape reverse a chain of l steps.

    Parameters
    ----------
    l : int
        Steps of the chain, at least 0.
    s : int
        Slots for states, the initial one included, at least 1.

    Returns
    -------
    int
        ``r l - C(s + r, r - 1)``, with the least r for which ``C(s + r, s) >= l``.

    Raises
    ------
    ArgumentError
        When l or s is out of range.

    Notes
    -----
    Griewank and Walther (2000), equation 2.

    Examples
    --------
    >>> from adlib import schedules
    >>> schedules.binomial_advances(1000, 10)
    3636
    """
    l = index_number(l, "binomial_advances takes a number of steps l", 0)
    s = index_number(s, "binomial_advances takes a number of slots s", 1)
    r = _repetitions(l, s)
    return r * l - math.comb(s + r, r - 1) if r else 0


@functools.lru_cache(maxsize=65536)
def _split(l, s):
    """How far to advance before the next state is stored, with l steps to go and s slots.

    Advancing by m leaves l - m steps to s - 1 slots, then m steps to s slots.
    Each is a convex function of its length, whose slope is the number of
    repetitions; the sum is least where the first needs at most r and the second
    at most r - 1.
    """
    r = _repetitions(l, s)
    return min(math.comb(s + r - 1, s), l - math.comb(s + r - 2, s - 1))


def _binomial(l, s):
    """Divide the chain, the farther part first; the depth in the division is the slot's number."""
    if l == 0:
        return
    yield Store(0, 0)
    starts, stop, current = [0], l, 0
    while starts:
        start, slot = starts[-1], len(starts) - 1
        if current != start:
            yield Restore(start, slot)
        if stop - start == 1 or slot == s - 1:
            # One step is left, or no slot: go to the last step and reverse it.
            stop -= 1
            if stop == start:
                yield Free(slot)
                starts.pop()
            else:
                yield Advance(start, stop)
            yield Record(stop)
            yield Reverse(stop)
            current = None
        else:
            current = start + _split(stop - start, s - slot)
            yield Advance(start, current)
            yield Store(current, slot + 1)
            starts.append(current)


def binomial(s):
    """The fewest advances that s slots and one tape allow: Revolve.

    Parameters
    ----------
    s : int
        Slots for states, the initial one included, at least 1.  One slot is the
        memory-poor schedule: every step runs the chain again from the start.

    Returns
    -------
    Schedule
        With ``min(s, l)`` slots, one tape and `binomial_advances` advances.

    Raises
    ------
    ArgumentError
        When s is not a whole number of at least 1.

    Notes
    -----
    With r repetitions allowed, s slots serve ``C(s + r, s)`` steps: ten slots
    and three repetitions serve 286.  Source: Griewank and Walther (2000).

    Examples
    --------
    >>> from adlib import schedules
    >>> schedules.simulate(schedules.binomial(3), 10)
    Simulation(l=10, advances=15, peak_slots=3, peak_tapes=1, actions=50)
    """
    s = index_number(s, "binomial(s) takes a number of slots s", 1)
    return Schedule(f"binomial({s})", lambda l: min(s, l), lambda l: min(1, l), lambda l: _binomial(l, s))
