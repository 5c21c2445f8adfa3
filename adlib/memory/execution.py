"""A call of a chain, carried out by its schedule on values of the level below.

`Execution` is what the outer tape holds of a call.  For every walk along that
tape there is one `ScheduledRun`, which carries out the actions one by one.
"""

import contextvars
import operator
from collections import namedtuple

from ..core.arguments import collect
from ..core.errors import ArgumentError
from ..schedules.shipped import actions_of
from ..schedules.simulator import Simulator
from .call import state_after
from .fingerprints import fingerprints, same
from .traces import RecordedStep, UnrecordedStep

# The counts of the `memory_report` that is being made, a dict; None at other times.
tally = contextvars.ContextVar("tally", default=None)


def _count(what, number, combine=operator.add):
    counts = tally.get()
    if counts is not None:
        counts[what] = combine(counts[what], number)


def step_unrecorded(call, i, state, operands):
    """The state after step i, of which nothing else is kept."""
    _count("advances", 1)
    trace, lifted = UnrecordedStep(call), {}
    returned = collect(trace, call.run, (i, state, operands, trace, lifted))
    trace.close()
    return state_after(i, *returned, list(lifted))[0]


def run_unrecorded(call, operands):
    """The last state, where no way back is to come."""
    state = call.state
    for i in range(call.length):
        state = step_unrecorded(call, i, state, operands)
    return state


class Execution:
    """A call on the outer tape, from its first run to the last walk back.

    `start` runs the schedule until the last state is there.  `pull` runs the
    rest of it.  Each further `pull` runs the whole schedule again.

    Parameters
    ----------
    call : ChainCall
    operands : sequence
        Their values, of the level below.
    keep : bool
        Whether the outer tape may be walked several times.
    """

    def __init__(self, call, operands, keep):
        self.call = call
        self.operands = operands
        self.keep = keep
        self.fingerprints = {}  # of the results of each step, by which its runs are compared
        self._waiting = []  # the run that has reached the last state, until a walk takes it

    def start(self):
        """Run until the last state is there, and return it."""
        run = self._begin()
        self._waiting.append(run)
        return run.state

    def _begin(self):
        run = ScheduledRun(self.call, self.operands, self.keep, self.fingerprints)
        run.forward()
        return run

    def pull(self, references, cotangents, adjoints, owned):
        """Pull cotangents of the last state back to the operands.

        Parameters
        ----------
        references, cotangents : list
            Results of steps, and the adjoints to start from.
        adjoints, owned : dict
            By references of operands: the adjoint collected so far, and whether
            it is ours to write into.  Both are brought up to date.
        """
        try:
            run = self._waiting.pop()  # by one thread, whatever the number of those that walk the tape
        except IndexError:
            run = self._begin()
        run.backward(references, cotangents, adjoints, owned)
        if not self.keep:
            self.operands = ()

    def held(self):
        """All that waits for the way back: operands, states in slots, and what the tapes keep."""
        return [*self.operands, *[x for run in self._waiting for x in run.held()]]

    def constants(self):
        """The plain arrays that the tapes hold."""
        return [x for run in self._waiting for tape in run.tapes_held() for x in tape.constants()]

    def close(self):
        """Give back the arrays that the tapes hold, and forget all states."""
        for run in self._waiting:
            run.close()
        self._waiting.clear()


# A step on its tape: the trace, the references of its inputs, and the positions of its results by reference.
_Recorded = namedtuple("_Recorded", "tape inputs results")


class ScheduledRun(Simulator):
    """One run of a schedule, forth and back: what the simulator does with numbers, done with states and tapes.

    Each action first passes the simulator, which refuses what cannot be done.
    """

    def __init__(self, call, operands, keep, known):
        super().__init__(call.schedule, call.length)
        self.call = call
        self.operands = operands
        self.keep = keep
        self.known = known  # fingerprints of earlier runs
        self.actions = actions_of(call.schedule, call.length)
        self.state = call.state
        self.stored = {}  # by slot
        self.recorded = {}  # by step
        self.adjoints = {}  # by reference: an adjoint, and whether it is ours to write into
        self.copies = {}  # of constants, shared by the tapes that are there at one time

    def forward(self):
        """Run until the last state is there."""
        try:
            while self.current != self.l:
                action = next(self.actions, None)
                if action is None:
                    self.finish()
                self.do(action)
        except BaseException:
            self.close()
            raise

    def backward(self, references, cotangents, adjoints, owned):
        """Run the rest of the schedule; the parameters are those of `Execution.pull`."""
        collected = self.adjoints = {x: (g, owned[x]) for x, g in adjoints.items()}
        for reference, ct in zip(references, cotangents):
            collected[reference] = (ct, 0)
        try:
            for action in self.actions:
                self.do(action)
            self.finish()
        finally:
            self.close()
        for x in adjoints:
            adjoints[x], owned[x] = collected.get(x, (None, 0))

    def advance(self, action):
        """Run the steps without a record; the first run of each leaves its fingerprints."""
        super().advance(action)
        for i in range(action.start, action.stop):
            self.state = step_unrecorded(self.call, i, self.state, self.operands)
            if i not in self.known:
                self.known[i] = self._fingerprints(i)

    def store(self, action):
        """A state is never written into, so a slot holds it as it is."""
        super().store(action)
        self.stored[action.slot] = self.state
        _count("slots", len(self.stored), max)

    def restore(self, action):
        super().restore(action)
        self.state = self.stored[action.slot]

    def free(self, action):
        super().free(action)
        del self.stored[action.slot]

    def record(self, action):
        """Run one step on a tape of its own, and compare its results with those of an earlier run.

        The tape is kept with what links it to the tapes before and after it:
        references of its inputs, whose adjoints it adds to, and of its results,
        whose adjoints it starts from.
        """
        super().record(action)
        _count("recorded", 1)
        i, tape, lifted = action.step, RecordedStep(self.call, self.keep), {}
        if self.keep:
            if not self.copies:
                # The operands were copied by the outer tape; there is no need for each step to do so again.
                operands = [self.operands[k] for k in self.call.constants]
                self.copies = {id(x): (x, x) for x in operands}
            tape.share_constants(self.copies)
        returned = collect(tape, self.call.run, (i, self.state, self.operands, tape, lifted))
        inputs = list(lifted)
        self.state, references = state_after(i, *returned, inputs)
        results = {reference: p for p, reference in references.items() if p >= len(inputs)}
        self.recorded[i] = _Recorded(tape, inputs, results)
        _count("tapes", len(self.recorded), max)
        if self.keep:
            tape.finish()
        if i in self.known:
            self._compare(i)
        elif self.keep:  # a further walk runs the step again
            self.known[i] = self._fingerprints(i)

    def reverse(self, action):
        """Walk the tape of a step, from the adjoints of its results to those of its inputs.

        The tape takes over the adjoints collected so far and adds to them, as
        one long tape would: sums have the same terms in the same order.
        """
        super().reverse(action)
        tape, inputs, results = self.recorded.pop(action.step)
        self.state = None
        collected = self.adjoints
        starts = [(p, collected.pop(reference)[0]) for reference, p in results.items() if reference in collected]
        before = [collected.pop(reference, (None, 0)) for reference in inputs]
        adjoints, owned = [g for g, _ in before], bytearray(o for _, o in before)
        try:
            tape.pull([(p, ct) for p, ct in starts if ct is not None], len(inputs), (adjoints, owned))
        finally:
            tape.close()
        collected.update(zip(inputs, zip(adjoints, owned)))
        if not self.recorded:
            self.copies = {}

    def _fingerprints(self, i):
        """Of the results of step i in the current state."""
        return fingerprints(y for reference, y in self.state.values.items() if reference.step == i)

    def _compare(self, i):
        if not same(self.known[i], self._fingerprints(i)):
            which = f" (step {i})" if self.call.length > 1 else ""
            raise ArgumentError(
                f"{self.call.name} ran {self.call.what}{which} again on the way back and got another result, so the "
                "gradient would belong to another function; the result must depend on the arguments alone: "
                "pass random numbers in, and leave arrays and counters outside unchanged"
            )

    def tapes_held(self):
        return [recorded.tape for recorded in self.recorded.values()]

    def held(self):
        """States in slots, and what the tapes keep."""
        return [
            *[x for state in self.stored.values() for x in state.values.values()],
            *[kept for tape in self.tapes_held() for kept in tape.residuals()],
        ]

    def close(self):
        """Give back the arrays that the tapes hold, and forget all states."""
        for tape in self.tapes_held():
            tape.close()
        self.state, self.stored, self.recorded, self.adjoints, self.copies = None, {}, {}, {}, {}
