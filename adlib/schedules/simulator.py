"""A machine that carries out the actions of a schedule, and refuses what cannot be done."""

import math
from dataclasses import dataclass

from ..core.errors import ArgumentError
from ..core.settings import index_number
from .actions import Advance, Free, Record, Restore, Reverse, Store
from .shipped import Schedule, actions_of


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


# The method that carries out each kind of action.
METHODS = {
    Advance: "advance",
    Store: "store",
    Restore: "restore",
    Free: "free",
    Record: "record",
    Reverse: "reverse",
}


class Simulator:
    """Carries out actions on numbers in place of arrays, and refuses what cannot be done.

    It has one method for each action.  What runs a schedule on arrays inherits
    them, and does in each what the action says once it is known to be possible.

    Parameters
    ----------
    schedule : Schedule or callable
        A `Schedule` states how many slots and tapes it needs; more are refused.
    l : int
        Steps of the chain.
    slots, tapes : int, optional
        Other limits than those stated.

    Attributes
    ----------
    current, remaining, advances
        As in `Frame`.
    slots : dict
        From the number of a slot to that of its state.
    tapes : set
        The steps whose tapes are held.
    count : int
        Actions so far.
    idle : int
        Actions since the last that recorded or reversed.
    """

    def __init__(self, schedule, l, slots=None, tapes=None):
        if isinstance(schedule, Schedule):
            slots = schedule.slots(l) if slots is None else slots
            tapes = schedule.tapes(l) if tapes is None else tapes
        self.l = l
        self.max_slots = math.inf if slots is None else slots
        self.max_tapes = math.inf if tapes is None else tapes
        # Advancing, storing, restoring and freeing everything once takes 4 l actions: more than this is endless.
        self.max_idle = 10 * (l + 1)
        self.current = 0
        self.slots = {}
        self.tapes = set()
        self.remaining = l
        self.advances = self.count = self.idle = self.peak_slots = self.peak_tapes = 0

    def do(self, action):
        """Carry out one action, or raise an error that says why it is impossible."""
        self.count += 1
        self.idle += 1
        method = METHODS.get(type(action))
        if self.idle > self.max_idle and method not in ("record", "reverse"):
            raise self.refused(
                action,
                f"is number {self.max_idle + 1} in a row that neither records nor reverses a step: "
                "it may go on for ever",
            )
        if method is None:
            raise self.refused(action, "is none of Advance, Store, Restore, Free, Record, Reverse")
        getattr(self, method)(action)

    def advance(self, action):
        """Go on from the current state."""
        if self.current != action.start:
            raise self.refused(action, f"advances from state {action.start}, but {self._where()}")
        if not _is_whole(action.stop):
            raise self.refused(action, f"advances to state {action.stop}, which is no whole number")
        if not action.start < action.stop <= self.l:
            raise self.refused(
                action, f"advances to state {action.stop}, which does not lie between {action.start} and {self.l}"
            )
        self.advances += action.stop - action.start
        self.current = action.stop

    def store(self, action):
        """Put the current state into a slot that exists and is empty."""
        slots, slot = self.slots, action.slot
        if self.current != action.state:
            raise self.refused(action, f"stores state {action.state}, but {self._where()}")
        if not _is_whole(slot):
            raise self.refused(action, "uses a slot that has no whole number")
        if slot < 0:
            raise self.refused(action, f"uses slot {slot}, but slots are numbered from 0")
        if slot >= self.max_slots:
            raise self.refused(action, f"uses slot {slot}, but there are {self.max_slots} slots, numbered from 0")
        if slot in slots:
            raise self.refused(action, f"stores into slot {slot}, which holds state {slots[slot]}; free it first")
        slots[slot] = action.state
        if len(slots) > self.peak_slots:
            self.peak_slots = len(slots)

    def restore(self, action):
        """Take the state of a slot."""
        if self.slots.get(action.slot) != action.state:
            raise self.refused(
                action, f"restores state {action.state} from slot {action.slot}, {self._content(action.slot)}"
            )
        self.current = action.state

    def free(self, action):
        """Empty a slot that holds something."""
        if self.slots.pop(action.slot, None) is None:
            raise self.refused(action, f"frees slot {action.slot}, which is empty")

    def record(self, action):
        """Record the step that starts from the current state, where there is room for its tape."""
        tapes, step = self.tapes, action.step
        if self.current != step:
            raise self.refused(action, f"records step {step}, but {self._where()}")
        if not 0 <= step < self.remaining:
            raise self.refused(
                action, f"records step {step}, but the steps still to be reversed end before {self.remaining}"
            )
        if step in tapes:
            raise self.refused(action, f"records step {step}, whose tape is held already")
        if len(tapes) >= self.max_tapes:
            raise self.refused(action, f"holds {len(tapes) + 1} tapes at once, but there is room for {self.max_tapes}")
        tapes.add(step)
        self.current = step + 1
        self.idle = 0
        if len(tapes) > self.peak_tapes:
            self.peak_tapes = len(tapes)

    def reverse(self, action):
        """Reverse the last of the steps that remain, which must have been recorded."""
        step = action.step
        if step >= self.remaining:
            raise self.refused(action, f"reverses step {step}, which has been reversed already or does not exist")
        if step < self.remaining - 1:
            raise self.refused(action, f"reverses step {step}, but step {self.remaining - 1} comes first")
        if step not in self.tapes:
            raise self.refused(action, f"reverses step {step}, which has not been recorded")
        self.tapes.remove(step)
        self.remaining -= 1
        self.current = None
        self.idle = 0

    def finish(self):
        """Raise an error unless every step has been reversed."""
        if self.remaining:
            raise ArgumentError(
                f"the schedule ends after {self.count} actions with step {self.remaining - 1} not reversed; "
                "every step of the chain must be recorded and reversed once"
            )

    def refused(self, action, problem):
        """The error for an action that cannot be carried out."""
        return ArgumentError(
            f"action {self.count} of the schedule, {action!r}, {problem}; "
            "see adlib.schedules for what each action needs"
        )

    def _where(self):
        return "there is no current state" if self.current is None else f"the current state is {self.current}"

    def _content(self, slot):
        return f"which holds state {self.slots[slot]}" if slot in self.slots else "which is empty"


def _is_whole(number):
    return type(number) is int or hasattr(number, "__index__")


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
    l = index_number(l, "simulate takes a chain of l steps, l", 0)
    slots = None if slots is None else index_number(slots, "simulate takes a number of slots", 0)
    tapes = None if tapes is None else index_number(tapes, "simulate takes a number of tapes", 0)
    simulator = Simulator(schedule, l, slots, tapes)
    do = simulator.do
    for action in actions_of(schedule, l):
        do(action)
    simulator.finish()
    return Simulation(l, simulator.advances, simulator.peak_slots, simulator.peak_tapes, simulator.count)


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
    l = index_number(l, "frames takes a chain of l steps, l", 0)
    # Tried first: an endless schedule has no list, and a frame has a place for every slot.
    simulator = Simulator(schedule, l)
    done = []
    for action in actions_of(schedule, l):
        simulator.do(action)
        done.append(action)
    simulator.finish()
    count = 1 + max((action.slot for action in done if isinstance(action, Store)), default=-1)
    simulator = Simulator(schedule, l)
    for action in done:
        simulator.do(action)
        slots = tuple(simulator.slots.get(k) for k in range(count))
        tapes = tuple(sorted(simulator.tapes))
        yield Frame(l, action, simulator.current, slots, tapes, simulator.remaining, simulator.advances)
