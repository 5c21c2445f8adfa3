"""Schedules of checkpointing: which states of a long chain to store, and when to run it again.

A chain has l steps.  Step i takes state i to state i + 1, so the chain starts
in state 0 and ends in state l.  Reverse mode pulls an adjoint back through
step l - 1, then l - 2, ..., then 0, and needs the steps' intermediate results
in that order: the opposite of the order in which they arise.

A *schedule* says how, as a list of small actions:

===============================  ====================================================================
``Advance(start, stop)``         run steps start, ..., stop - 1 and keep nothing of them
``Store(state, slot)``           put the current state into an empty slot
``Restore(state, slot)``         take the state in a slot as the current one; it stays in the slot
``Free(slot)``                   empty a slot
``Record(step)``                 run one step on a tape, and keep the tape
``Reverse(step)``                pull the adjoint back through the tape of a step, and drop the tape
===============================  ====================================================================

A slot holds one state, a tape the intermediate results of one step.  Every step
is recorded once, so the steps run in all are l + advances: `advances` is the
price of the memory saved.  The chain's final state appears when step l - 1 is
recorded; `Reverse` leaves no current state.

=================  ===============  ================  ===============================
schedule           slots            tapes             advances
=================  ===============  ================  ===============================
``store_all``      0                l                 0
``every(k)``       ceil(l/k) - 1    min(k, l)         k (ceil(l/k) - 1)
``sqrt``           about sqrt(l)    about sqrt(l)     about l - sqrt(l)
``binomial(s)``    min(s, l)        1                 r l - C(s + r, r - 1), the least
``binomial(1)``    1                1                 l (l - 1) / 2
=================  ===============  ================  ===============================

`simulate` proves that a schedule is right, `frames` shows it action by action,
and `adlib.checkpoint_chain` runs it.

Griewank, "Achieving logarithmic growth of temporal and spatial complexity in
reverse automatic differentiation", Optim. Methods Softw. 1, 1992; Griewank and
Walther, "Algorithm 799: revolve", ACM TOMS 26(1), 2000; Chen and others,
"Training deep nets with sublinear memory cost", arXiv:1604.06174, 2016.  The
actions are those of the package checkpoint_schedules, in smaller pieces.
"""

import functools
import math
from collections.abc import Callable
from dataclasses import dataclass

from ..core.errors import ArgumentError

__all__ = [
    "Advance",
    "Frame",
    "Free",
    "Record",
    "Restore",
    "Reverse",
    "Schedule",
    "Simulation",
    "Store",
    "binomial",
    "binomial_advances",
    "every",
    "frames",
    "simulate",
    "sqrt",
    "store_all",
]


@dataclass(frozen=True, slots=True)
class Advance:
    """Run the steps start, ..., stop - 1 from state `start` to state `stop`, and keep nothing."""

    start: int
    stop: int


@dataclass(frozen=True, slots=True)
class Store:
    """Put the current state, number `state`, into the empty slot `slot`."""

    state: int
    slot: int


@dataclass(frozen=True, slots=True)
class Restore:
    """Take the state number `state` from `slot` as the current one; the slot keeps it."""

    state: int
    slot: int


@dataclass(frozen=True, slots=True)
class Free:
    """Empty the slot `slot`."""

    slot: int


@dataclass(frozen=True, slots=True)
class Record:
    """Run step `step` from the current state on a tape, and keep the tape."""

    step: int


@dataclass(frozen=True, slots=True)
class Reverse:
    """Pull the adjoint back through the tape of `step`; the tape and the current state are dropped."""

    step: int


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
        return self.actions(whole("a schedule takes a chain of l steps, l", l, 0))

    def __repr__(self):
        return self.name


def whole(what, number, least):
    """The number as an int; an error where it is not a whole number, or below the least."""
    if not hasattr(number, "__index__") or isinstance(number, bool) or number < least:
        raise ArgumentError(f"{what} >= {least}, but got {number!r}; pass a whole number in that range")
    return number.__index__()


def not_a_schedule(x):
    """The error for something else in the place of a schedule or of its actions."""
    return ArgumentError(
        f"a schedule is a function from the length of a chain to its actions, but got a {type(x).__name__} in its "
        "place; take adlib.schedules.sqrt, adlib.schedules.binomial(3) or another of adlib.schedules"
    )


def actions(schedule, l):
    """The actions of a schedule, or an error where it has none to give."""
    if not callable(schedule):
        raise not_a_schedule(schedule)
    given = schedule(l)
    if not hasattr(given, "__iter__"):
        raise not_a_schedule(given)
    return iter(given)


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
    k = whole("every(k) takes a number of steps k", k, 1)
    return Schedule(f"every({k})", lambda l: max(-(-l // k) - 1, 0), lambda l: min(k, l), lambda l: _segments(l, k))


def _root(l):
    """The square root, rounded up, and at least 1."""
    return math.isqrt(l - 1) + 1 if l > 1 else 1


#: The schedule `every` with k = sqrt(l), rounded up, so about sqrt(l) slots and as many tapes (Chen and others, 2016).
sqrt = Schedule(
    "sqrt",
    lambda l: max(-(-l // _root(l)) - 1, 0),
    lambda l: min(_root(l), l),
    lambda l: _segments(l, _root(l)),
)

#: Plain reverse mode, with a tape for every step, nothing stored and nothing run again.
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
    l = whole("binomial_advances takes a number of steps l", l, 0)
    s = whole("binomial_advances takes a number of slots s", s, 1)
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
    s = whole("binomial(s) takes a number of slots s", s, 1)
    return Schedule(f"binomial({s})", lambda l: min(s, l), lambda l: min(1, l), lambda l: _binomial(l, s))


@dataclass(frozen=True)
class Simulation:
    """What `simulate` counted.

    Attributes
    ----------
    l : int
        Steps of the chain; each was recorded once and reversed once.
    advances : int
        Steps run without a tape.  The steps run in all are ``l + advances``.
    peak_slots, peak_tapes : int
        The most states, and the most tapes, held at one time.
    actions : int
        The length of the schedule.
    """

    l: int
    advances: int
    peak_slots: int
    peak_tapes: int
    actions: int


@dataclass(frozen=True)
class Frame:
    """The state of things after one action, for a picture.

    Attributes
    ----------
    l : int
        Steps of the chain.
    action : Advance, Store, Restore, Free, Record or Reverse
        What has just been done.
    current : int or None
        The number of the current state.
    slots : tuple of (int or None)
        The number of the state in each slot.
    tapes : tuple of int
        The steps whose tapes are held, in order.
    remaining : int
        Steps still to be reversed: 0, ..., remaining - 1.
    advances : int
        Steps run without a tape so far.
    """

    l: int
    action: object
    current: int | None
    slots: tuple
    tapes: tuple
    remaining: int
    advances: int


class Simulator:
    """Carries out actions on numbers in place of arrays, and refuses what cannot be done.

    Attributes are those of `Frame`; `slots` maps the number of a slot to that
    of its state, `tapes` is the set of steps with a tape; `last` is the number
    of the action that must not be reached before a step is recorded or reversed.
    """

    def __init__(self, l, max_slots=None, max_tapes=None):
        self.l = l
        self.max_slots = math.inf if max_slots is None else max_slots
        self.max_tapes = math.inf if max_tapes is None else max_tapes
        self.current = 0
        self.slots = {}
        self.tapes = set()
        self.remaining = l
        self.advances = self.count = self.peak_slots = self.peak_tapes = 0
        # Advancing, storing, restoring and freeing everything once takes 4 l actions: more than this is endless.
        self.patience = 10 * (l + 1)
        self.last = self.patience

    def do(self, action):
        """Carry out one action, or raise an error that says why it is impossible."""
        kind, slots, tapes = type(action), self.slots, self.tapes
        problem = None
        if kind is Advance:
            if self.current != action.start:
                problem = f"advances from state {action.start}, but {self._where()}"
            elif type(action.stop) is not int and not hasattr(action.stop, "__index__"):
                problem = f"advances to state {action.stop}, which is no whole number"
            elif not action.start < action.stop <= self.l:
                problem = f"advances to state {action.stop}, which does not lie between {action.start} and {self.l}"
            else:
                self.advances += action.stop - action.start
                self.current = action.stop
        elif kind is Store:
            if self.current != action.state:
                problem = f"stores state {action.state}, but {self._where()}"
            elif type(action.slot) is not int and not hasattr(action.slot, "__index__"):
                problem = "uses a slot that has no whole number"
            elif action.slot < 0:
                problem = f"uses slot {action.slot}, but slots are numbered from 0"
            elif action.slot >= self.max_slots:
                problem = f"uses slot {action.slot}, but there are {self.max_slots} slots, numbered from 0"
            elif action.slot in slots:
                problem = f"stores into slot {action.slot}, which holds state {slots[action.slot]}; free it first"
            else:
                slots[action.slot] = action.state
                if len(slots) > self.peak_slots:
                    self.peak_slots = len(slots)
        elif kind is Restore:
            if slots.get(action.slot) != action.state:
                problem = f"restores state {action.state} from slot {action.slot}, {self._content(action.slot)}"
            self.current = action.state
        elif kind is Record:
            if self.current != action.step:
                problem = f"records step {action.step}, but {self._where()}"
            elif not 0 <= action.step < self.remaining:
                problem = f"records step {action.step}, but the steps still to be reversed end before {self.remaining}"
            elif action.step in tapes:
                problem = f"records step {action.step}, whose tape is held already"
            elif len(tapes) >= self.max_tapes:
                problem = f"holds {len(tapes) + 1} tapes at once, but there is room for {self.max_tapes}"
            tapes.add(action.step)
            self.current = action.step + 1
            self.last = self.count + 1 + self.patience
            if len(tapes) > self.peak_tapes:
                self.peak_tapes = len(tapes)
        elif kind is Reverse:
            if action.step >= self.remaining:
                problem = f"reverses step {action.step}, which has been reversed already or does not exist"
            elif action.step < self.remaining - 1:
                problem = f"reverses step {action.step}, but step {self.remaining - 1} comes first"
            elif action.step not in tapes:
                problem = f"reverses step {action.step}, which has not been recorded"
            else:
                tapes.remove(action.step)
            self.remaining -= 1
            self.current = None
            self.last = self.count + 1 + self.patience
        elif kind is Free:
            if slots.pop(action.slot, None) is None:
                problem = f"frees slot {action.slot}, which is empty"
        else:
            problem = "is none of Advance, Store, Restore, Free, Record, Reverse"
        self.count += 1
        if self.count > self.last:
            problem = f"is number {self.patience + 1} in a row that neither records nor reverses a step: it may go on for ever"
        if problem:
            raise ArgumentError(
                f"action {self.count} of the schedule, {action!r}, {problem}; "
                "see adlib.schedules for what each action needs"
            )

    def finish(self):
        """Raise an error unless every step has been reversed."""
        if self.remaining:
            raise ArgumentError(
                f"the schedule ends after {self.count} actions with step {self.remaining - 1} not reversed; "
                "every step of the chain must be recorded and reversed once"
            )

    def _where(self):
        return "there is no current state" if self.current is None else f"the current state is {self.current}"

    def _content(self, slot):
        return f"which holds state {self.slots[slot]}" if slot in self.slots else "which is empty"


def simulator(schedule, l, slots=None, tapes=None):
    """A `Simulator` with the limits that the schedule states, or those given."""
    if isinstance(schedule, Schedule):
        slots = schedule.slots(l) if slots is None else slots
        tapes = schedule.tapes(l) if tapes is None else tapes
    return Simulator(l, slots, tapes)


def simulate(schedule, l, slots=None, tapes=None):
    """Try a schedule on a chain of l steps, without running any.

    Parameters
    ----------
    schedule : Schedule or callable
        From l to an iterable of actions.
    l : int
        Steps of the chain, at least 0.
    slots, tapes : int, optional
        How many may be used; by default as many as a `Schedule` states, and any
        number for another callable.

    Returns
    -------
    Simulation
        The proof that no limit was exceeded, no state came from nowhere, and
        every step was reversed once, in order.

    Raises
    ------
    ArgumentError
        Naming the action that cannot be carried out, and why.  A schedule that
        takes more than ``10 (l + 1)`` actions without recording or reversing a
        step is taken for an endless one.

    Notes
    -----
    Cost: about a microsecond an action; a schedule has some five actions a step.

    Examples
    --------
    >>> from adlib import schedules
    >>> schedules.simulate(schedules.sqrt, 100)
    Simulation(l=100, advances=90, peak_slots=9, peak_tapes=10, actions=236)

    A schedule of one's own, and wrong:

    >>> from adlib.schedules import Advance, Record, Reverse
    >>> schedules.simulate(lambda l: [Advance(0, 1), Record(1), Reverse(1), Record(0), Reverse(0)], 2)
    Traceback (most recent call last):
        ...
    adlib.ArgumentError: action 4 of the schedule, Record(step=0), ... there is no current state; ...
    """
    l = whole("simulate takes a chain of l steps, l", l, 0)
    slots = None if slots is None else whole("simulate takes a number of slots", slots, 0)
    tapes = None if tapes is None else whole("simulate takes a number of tapes", tapes, 0)
    machine = simulator(schedule, l, slots, tapes)
    do = machine.do
    for action in actions(schedule, l):
        do(action)
    machine.finish()
    return Simulation(l, machine.advances, machine.peak_slots, machine.peak_tapes, machine.count)


def frames(schedule, l):
    """The actions of a schedule one by one, each with the state of things after it.

    Parameters
    ----------
    schedule : Schedule or callable
        From l to an iterable of actions.
    l : int
        Steps of the chain, at least 0.

    Yields
    ------
    Frame

    Raises
    ------
    ArgumentError
        As `simulate` does.

    Examples
    --------
    >>> from adlib import schedules
    >>> for frame in schedules.frames(schedules.every(1), 2):
    ...     print(frame.action, frame.slots, frame.tapes)
    Store(state=0, slot=0) (0,) ()
    Advance(start=0, stop=1) (0,) ()
    Record(step=1) (0,) (1,)
    Reverse(step=1) (0,) ()
    Restore(state=0, slot=0) (0,) ()
    Free(slot=0) (None,) ()
    Record(step=0) (None,) (0,)
    Reverse(step=0) (None,) ()
    """
    l = whole("frames takes a chain of l steps, l", l, 0)
    # Tried first: an endless schedule has no list, and a frame has a place for every slot.
    machine = simulator(schedule, l)
    given = []
    for action in actions(schedule, l):
        machine.do(action)
        given.append(action)
    machine.finish()
    count = 1 + max((a.slot for a in given if isinstance(a, Store)), default=-1)
    machine = simulator(schedule, l)
    for action in given:
        machine.do(action)
        slots = tuple(machine.slots.get(k) for k in range(count))
        tapes = tuple(sorted(machine.tapes))
        yield Frame(l, action, machine.current, slots, tapes, machine.remaining, machine.advances)
