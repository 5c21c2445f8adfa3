"""One call of a chain: what it was given, with references in the place of what is differentiated by.

A step is run several times, under traces of its own, on values of the level
below.  So a call keeps no tracers.  Traced values and arrays among its
arguments become its *operands*, each a numbered one; and wherever such a value
stands in a state, an input or what all steps share, a reference stands there.
"""

import functools
import inspect
from typing import NamedTuple

import numpy as np

from ..core.errors import TracedValueError, describe, with_user_line
from ..core.frozen import frozen
from ..core.trace import is_traced
from ..core.tree import flatten, unflatten


class Operand(NamedTuple):
    """Stands for an operand of the call."""

    number: int


class Result(NamedTuple):
    """Stands for what step `step` computed: a traced leaf of the state that it returned, the one at `number`."""

    step: int
    number: int


class Template(NamedTuple):
    """A tree, flattened, with references among its leaves."""

    leaves: list
    structure: object

    def filled(self, function):
        """The tree with ``function(x)`` for each leaf x."""
        return unflatten(self.structure, [function(x) for x in self.leaves])


class State(NamedTuple):
    """What stands between two steps: a template, and the values of the results in it by reference."""

    template: Template
    values: dict


class Operands:
    """Collects traced values and arrays, each once, and gives references for them."""

    def __init__(self):
        self.values = []
        self._numbers = {}

    def template(self, tree):
        """The tree with references in the place of its operands."""
        leaves, structure = flatten(tree)
        return Template([self._referred(x) for x in leaves], structure)

    def _referred(self, x):
        if not is_traced(x) and not isinstance(x, np.ndarray):
            return frozen(x)
        number = self._numbers.setdefault(id(x), len(self.values))
        if number == len(self.values):
            self.values.append(x)
        return Operand(number)


class ChainCall:
    """A step, and what a chain of it was called with.

    Attributes
    ----------
    step : callable
        ``step(state, input, *shared)``.
    inputs : range, or list of Template
        What each step has for itself.
    shared : Template
        What all have in common.
    state : State
        The first one.
    constants : set of int
        The operands that are plain arrays; the others are traced.
    schedule : callable
        When to store and when to run again.
    function, what, name : callable, str, str
        The user's function, its name, and the name of what it was given to: for messages.
    """

    def __init__(self, operands, step, state, inputs, shared, schedule, function, name):
        self.step = step
        self.inputs = inputs if isinstance(inputs, range) else [operands.template(x) for x in inputs]
        self.shared = operands.template(shared)
        self.state = State(operands.template(state), {})
        self.constants = {k for k, x in enumerate(operands.values) if not is_traced(x)}
        self.schedule = schedule
        while isinstance(function, functools.partial):
            function = function.func
        self.function = function
        self.what = getattr(function, "__name__", type(function).__name__)
        self.name = name

    @property
    def length(self):
        return len(self.inputs)

    def own(self, i, argument):
        """What step i has for itself, with ``argument(x)`` for each leaf x."""
        return self.inputs[i] if isinstance(self.inputs, range) else self.inputs[i].filled(argument)

    def run(self, i, state, operands, trace, lifted):
        """Run step i from `state` under `trace`, and return what it returns.

        What is traced among its arguments becomes an input of the trace, and
        stands in `lifted`, a dict to fill: by reference, in the order of the
        inputs' positions.
        """

        def argument(x):
            if type(x) is Operand:
                value = operands[x.number]
                if x.number in self.constants:
                    return value
            elif type(x) is Result:
                value = state.values[x]
            else:
                return x
            if x not in lifted:
                lifted[x] = trace.input(value)
            return lifted[x]

        before, own = state.template.filled(argument), self.own(i, argument)
        try:
            return self.step(before, own, *self.shared.filled(argument))
        except ValueError as error:
            if "read-only" in str(error):
                error.add_note(
                    f"{self.name} may run {self.what} again, so the arrays among its arguments are read-only: "
                    "write into a copy, np.array(a)"
                )
            raise

    def loop(self, operands):
        """Run all steps one after the other, on the operands as they are."""

        def argument(x):
            return operands[x.number] if type(x) is Operand else x

        state, shared = self.state.template.filled(argument), self.shared.filled(argument)
        for i in range(self.length):
            state = self.step(state, self.own(i, argument), *shared)
        return state

    def closed_over(self, x):
        """The error for a traced value that is not among the arguments, or for a result x that comes from one."""
        if x._trace.closed:
            return x._trace.escaped()
        x, names = _outside(self.function, x)
        variable = f", its variable {' or '.join(names)}," if names else ""
        what = self.what
        instead = "step(state, input, w)" if self.name == "checkpoint_chain" else f"checkpoint({what})(x, w)"
        return with_user_line(
            TracedValueError(
                f"{self.name} runs {what} again on the way back, but {what} uses a {describe(x)}{variable} that is "
                f"not among its arguments, so its derivative would be lost; pass it as one, as w in {instead}"
            )
        )


def state_after(i, returned, positions, structure, inputs):
    """The state that step i returned, and the references of all its values.

    Parameters
    ----------
    i : int
    returned, positions, structure
        What the step returned, as `collect` takes it apart.
    inputs : list
        References of what was lifted, in the order of positions.

    Returns
    -------
    State
        What the step was given keeps its reference, what it computed gets a new one.
    references : dict
        From positions on the step's trace to references, those of inputs first.
    """
    references = dict(enumerate(inputs))
    values = {}

    def referred(j, value, position):
        if position is None:
            return frozen(value)  # the step may fill it anew the next time
        reference = references.setdefault(position, Result(i, j))
        if type(reference) is Result:
            values[reference] = value
        return reference

    leaves = [referred(j, y, p) for j, (y, p) in enumerate(zip(returned, positions))]
    return State(Template(leaves, structure), values), references


def _outside(function, x):
    """The traced value that a function takes from outside, and its variables: x, or else what x may come from."""
    try:
        variables = inspect.getclosurevars(inspect.unwrap(function))
    except (TypeError, ValueError):  # not a Python function, or a variable without a value yet
        return x, []
    traced = [
        (name, y)
        for name, value in {**variables.globals, **variables.nonlocals}.items()
        for y in flatten(value)[0]
        if is_traced(y)
    ]
    exact = [name for name, y in traced if y is x]
    if exact or not traced:
        return x, exact
    return traced[0][1], list(dict.fromkeys(name for name, _ in traced))
