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
actions are modelled on those of the package checkpoint_schedules, in smaller pieces.
"""

from .actions import Advance, Free, Record, Restore, Reverse, Store
from .shipped import Schedule, binomial, binomial_advances, every, sqrt, store_all
from .simulator import Frame, Simulation, frames, simulate

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

# The two that are no functions are described here, under their public names: they have no docstrings of their own.

#: The schedule `every` with k = sqrt(l), rounded up, so about sqrt(l) slots and as many tapes (Chen and others, 2016).
sqrt: Schedule

#: Plain reverse mode, with a tape for every step, nothing stored and nothing run again.
store_all: Schedule
