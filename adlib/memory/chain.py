"""A chain of steps under a schedule, as one operation of whatever differentiates it.

What `checkpoint` and `checkpoint_chain` have in common: for `checkpoint` the
chain has one step.  `run_chain` asks under which trace the call stands, and
does one of four things: without a trace a plain loop; under forward mode the
same chain on pairs of a value and its tangent; under reverse mode an execution
by the schedule, which the outer tape holds as one entry; and within a step that
is itself only advanced over, the values alone.
"""

from collections import namedtuple

import numpy as np

from ..core.arguments import collect
from ..core.families import Differentiable
from ..core.trace import is_traced, recorder_of
from ..core.tree import flatten, unflatten
from ..modes.forward import ForwardTrace
from ..modes.reverse import Contribution, ReverseTrace
from .call import ChainCall, Operand, Operands, Result
from .execution import Execution, run_unrecorded
from .traces import PushedStep, RecordedStep


class Continuation(Contribution):
    """What a call of steps returns to the outer tape: it pulls back on the tapes of the steps.

    These go on with the adjoints of all operands that the outer tape has
    collected, and add to them in the order in which one long tape would.
    """

    __slots__ = ("execution", "references", "cotangents", "parents")

    def __init__(self, execution, references, cotangents, parents):
        self.execution = execution
        self.references = references
        self.cotangents = cotangents
        self.parents = parents  # where the operands stand on the outer tape, by reference

    def add_to(self, adjoints, owned, position, shape, dtype):
        ours = {x: adjoints[p] for x, p in self.parents.items()}
        flags = {x: owned[p] for x, p in self.parents.items()}
        self.execution.pull(self.references, self.cotangents, ours, flags)
        for x, p in self.parents.items():
            adjoints[p], owned[p] = ours[x], flags[x]


class Checkpointed(Differentiable):
    """A whole call as one operation, whose results are the values that the last state holds of its steps.

    Parameters
    ----------
    call : ChainCall
    top : Trace
        Under which the call stands.
    parents : list of int
        Where the traced operands stand on it.
    """

    def __init__(self, call, top, parents):
        super().__init__(call.what if call.name == "checkpoint" else call.name)
        self.call = call
        self._recorded = isinstance(top, ReverseTrace)
        # A graph also is a tape, but it asks each operation what it sends to each parent.
        on_tape = type(top) in (ReverseTrace, RecordedStep)
        self._parents = parents if on_tape else None
        self._keep = top._keep if on_tape else True
        self._followed = getattr(top, "trail", None) is not None
        self._known = {}  # fingerprints of the steps
        self._execution = None
        self.trail = None  # of the first run of all steps, as one number
        self.last = None  # the template of the last state
        self.results = None  # the references in it that are results

    def execute(self, *operands):
        """The values of the results, on values of the level below."""
        if self._recorded:
            self._execution = self._new_execution(operands)
            state, known = self._execution.start(), self._known
        else:
            state, known = run_unrecorded(self.call, operands)
        if self._followed:
            self.trail = hash(tuple([known[i] for i in range(self.call.length)]))
        self.last, self.results = state.template, list(state.values)
        return tuple(state.values.values())

    def _new_execution(self, operands):
        return Execution(self.call, operands, self._keep, self._followed, self._known)

    def take_execution(self):
        """The execution that `execute` has started, once; after that None."""
        execution, self._execution = self._execution, None
        return execution

    def jvp(self, execute, ans, args, kwargs, tangents):
        trace = PushedStep(self.call)
        traced = [x if t is None else trace.tracer(x, t) for x, t in zip(args, tangents)]
        values, pushed, _ = collect(trace, self.call.loop, (traced,))
        trace.close()
        # Constants among the leaves of the last state are no results, and may not be keys.
        by_reference = {x: pair for x, pair in zip(self.last.leaves, zip(values, pushed)) if type(x) is Result}
        pairs = [by_reference[reference] for reference in self.results]
        return tuple(np.zeros_like(y) if t is None else t for y, t in pairs)

    def residuals(self, ans, args, kwargs, argnums):
        # A graph asks again, for each of its steps: then it is another execution.
        return self._execution or self._new_execution(args), args

    def vjp(self, g, residuals, argnums):
        """Pull the adjoints of the results back through the steps.

        On a tape the steps go on with the adjoints of the operands that the
        tape has collected, so that all sums have the order of one long tape.
        Elsewhere they begin with none.
        """
        execution, _ = residuals
        references = [reference for reference, ct in zip(self.results, g) if ct is not None]
        cotangents = [ct for ct in g if ct is not None]
        operands = [Operand(k) for k in argnums]
        parents = self._parents
        if parents is None:
            adjoints = dict.fromkeys(operands)
            execution.pull(references, cotangents, adjoints, dict.fromkeys(operands, 0))
            return list(adjoints.values())

        return [Continuation(execution, references, cotangents, dict(zip(operands, parents)))] + [None] * (
            len(argnums) - 1
        )


def run_chain(step, state, inputs, shared, schedule, function, name):
    """Carry out a call under the trace that its highest argument belongs to.

    Parameters
    ----------
    step : callable
        ``step(state, input, *shared)`` returns the next state.
    state, inputs, shared
        Its arguments; `inputs` is a range or a list with one for each step.
    schedule : callable
        From the length of the chain to its actions.
    function, name : callable, str
        The user's function, and the name of what it was given to: for messages.

    Returns
    -------
    tree of arrays
        The last state.
    """
    collected = Operands()
    call = ChainCall(collected, step, state, inputs, shared, schedule, function, name)
    operands = collected.values
    top = max((x._trace for x in operands if is_traced(x)), key=lambda trace: trace.level, default=None)
    if recorder_of(operands) is not None:  # a program has the steps as they come
        return call.loop(operands)
    if top is None:
        state = call.loop(operands)
        for y in flatten(state)[0]:
            if is_traced(y):
                raise call.closed_over(y)
        return state
    if isinstance(top, ForwardTrace):
        return _pushed(call, top, state, inputs, shared)
    rule = Checkpointed(call, top, [x._info for x in operands if is_traced(x) and x._trace is top])
    results = top.process(rule, rule.execute, operands, {})
    execution = rule.take_execution()
    if execution is not None and not execution.keep:
        top.enclosed.append(execution)
    results = dict(zip(rule.results, results))

    def filled(x):
        if type(x) is np.ndarray:  # a copy of what the last step returned
            return np.array(x)
        return operands[x.number] if type(x) is Operand else results[x] if type(x) is Result else x

    return rule.last.filled(filled)


class _Level(int):
    """Of a trace: another one in each run of a step, which does not make it another run."""

    def __repr__(self):
        return "level"


# A value and its tangent, to the trace of that level, as one node of a tree.
_Dual = namedtuple("_Dual", "value tangent level")


def _pushed(call, top, state, inputs, shared):
    """The same chain of values with their tangents, for the traces below `top`, a trace of forward mode.

    To those a pair is a tree of two values, so that reverse mode of a
    directional derivative has a chain to check point by point as well.
    """

    level = _Level(top.level)

    def mapped(function, tree):
        leaves, structure = flatten(tree, ours)
        return unflatten(structure, [function(x) for x in leaves])

    def ours(node):
        return type(node) is _Dual and node.level == level

    def dual(x):
        return _Dual(x._value, x._info, level) if is_traced(x) and x._trace is top else x

    def pushed_step(*arguments):
        trace = PushedStep(call)
        lifted = mapped(lambda x: trace.tracer(x.value, x.tangent) if ours(x) else x, arguments)
        values, tangents, structure = collect(trace, call.step, lifted)
        trace.close()
        pairs = [y if t is None else _Dual(y, t, level) for y, t in zip(values, tangents)]
        return unflatten(structure, pairs)

    inputs = inputs if isinstance(inputs, range) else [mapped(dual, x) for x in inputs]
    state, shared = mapped(dual, state), mapped(dual, shared)
    last = run_chain(pushed_step, state, inputs, shared, call.schedule, call.function, call.name)
    return mapped(lambda x: top._pair(x.value, x.tangent) if ours(x) else x, last)
