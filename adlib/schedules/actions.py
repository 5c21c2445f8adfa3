"""The six actions of which a schedule is made, as plain values."""

from dataclasses import dataclass


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
