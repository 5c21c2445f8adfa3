"""A call of a chain, carried out by its schedule on values of the level below.

`Execution` is what the outer tape holds of a call.  For every walk along that
tape there is one `ScheduledRun`, which carries out the actions one by one.
"""

import contextvars
import operator
from collections import namedtuple

from ..core.arguments import collect
from ..core.errors import ArgumentError
from ..core.frozen import Constants
from ..schedules.shipped import actions_of
from ..schedules.simulator import Simulator
from .call import state_after
from .traces import RecordedStep, UnrecordedStep

# The counts of the `memory_report` that is being made, a dict; None at other times.
tally = contextvars.ContextVar("tally", default=None)


def _count(what, number, combine=operator.add):
    counts = tally.get()
    if counts is not None:
        counts[what] = combine(counts[what], number)


def step_unrecorded(call, i, state, operands):
    """The state after step i, of which nothing else is kept, and the fingerprint of the run."""
    _count("advances", 1)
    trace, lifted = UnrecordedStep(call), {}
    returned = collect(trace, call.run, (i, state, operands, trace, lifted))
    trace.close()
    return state_after(i, *returned, list(lifted))[0], trace.fingerprint(*returned[:2])


def run_unrecorded(call, operands):
    """The last state, where no way back is to come, and the fingerprints of the steps."""
    state, found = call.state, {}
    for i in range(call.length):
        state, found[i] = step_unrecorded(call, i, state, operands)
    return state, found


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
    followed : bool
        Whether the call stands in a step whose runs are compared.
    known : dict
        Fingerprints of the steps in earlier runs, to fill.
    """

    def __init__(self, call, operands, keep, followed, known):
        self.call = call
        self.operands = operands
        self.keep = keep
        self._compared = keep or followed
        self._known = known
        self._waiting = []  # the run that has reached the last state, until a walk takes it

    def start(self):
        """Run until the last state is there, and return it."""
        run = self._begin()
        self._waiting.append(run)
        return run.state

    def _begin(self):
        run = ScheduledRun(self.call, self.operands, self._compared, self._known)
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

    def close(self):
        """Forget all states and tapes."""
        for run in self._waiting:
            run.close()
        self._waiting.clear()


# A step on its tape: the trace, the references of its inputs, and the positions of its results by reference.
_Recorded = namedtuple("_Recorded", "tape inputs results")


class ScheduledRun(Simulator):
    """One run of a schedule, forth and back: what the simulator does with numbers, done with states and tapes.

    Each action first passes the simulator, which refuses what cannot be done.
    """

    def __init__(self, call, operands, compared, known):
        super().__init__(call.schedule, call.length)
        self.call = call
        self.operands = operands
        self.compared = compared  # whether a step that is recorded at once may be run again later
        self.known = known  # fingerprints of earlier runs
        self.actions = actions_of(call.schedule, call.length)
        self.state = call.state
        self.stored = {}  # by slot
        self.recorded = {}  # by step
        self.adjoints = {}  # by reference: an adjoint, and whether it is ours to write into
        self.constants = Constants()

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
        """Run the steps without a record; the first run of each leaves its fingerprint."""
        super().advance(action)
        for i in range(action.start, action.stop):
            self.state, found = step_unrecorded(self.call, i, self.state, self.operands)
            self._compare(i, found)

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
        """Run one step on a tape of its own, and compare the run with an earlier one.

        The tape is kept with what links it to the tapes before and after it:
        references of its inputs, whose adjoints it adds to, and of its results,
        whose adjoints it starts from.
        """
        super().record(action)
        _count("recorded", 1)
        i, lifted = action.step, {}
        tape = RecordedStep(self.call, self.constants, self.compared or i in self.known)
        try:
            returned = collect(tape, self.call.run, (i, self.state, self.operands, tape, lifted))
        except (StopIteration, LookupError) as error:  # an iterator or a list that the first run has emptied
            if i not in self.known:
                raise
            raise self._other(i, f"it raised {type(error).__name__}") from error
        inputs = list(lifted)
        self.state, references = state_after(i, *returned, inputs)
        results = {reference: p for p, reference in references.items() if p >= len(inputs)}
        self.recorded[i] = _Recorded(tape, inputs, results)
        _count("tapes", len(self.recorded), max)
        tape.closed = True
        if tape.trail is not None:
            self._compare(i, tape.fingerprint(*returned[:2]))

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
            self.constants = Constants()

    def _compare(self, i, found):
        if self.known.setdefault(i, found) != found:
            raise self._other(i, "got another result, or used other numbers for it")

    def _other(self, i, found):
        which = f" (step {i})" if self.call.length > 1 else ""
        return ArgumentError(
            f"{self.call.name} ran {self.call.what}{which} again on the way back and {found}, so the gradient would "
            "belong to another function; a run must depend on the arguments alone: pass random numbers in, and leave "
            "arrays and counters outside unchanged"
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
        """Forget all states and tapes."""
        for tape in self.tapes_held():
            tape.close()
        self.state, self.stored, self.recorded, self.adjoints, self.constants = None, {}, {}, {}, None
