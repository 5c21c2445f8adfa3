"""Rules for functions whose derivative is that of other code for the same function.

`np.std` and `np.interp` are short programs of simpler functions.  Running such
a program in place of the function would change the last bits of the value.  So
the value is NumPy's, and the derivative is that of the program: it is run, on
the values of the level below, only when a derivative is asked for.
"""

import functools

import numpy as np

from ..core.families import Differentiable
from ..core.frozen import frozen
from ..core.keywords import function_name, keyword_names, supported
from ..core.trace import RULES, TRACERS, apply
from ..core.tree import flatten, unflatten
from ..modes.forward import push
from ..modes.reverse import ReverseRun


class Arguments:
    """The arguments of one call, with the arrays taken out: they are the operands."""

    __slots__ = ("leaves", "listed", "places", "structure")

    def __init__(self, args, kwargs):
        leaves, self.structure = flatten((args, kwargs))
        self.places = [i for i, x in enumerate(leaves) if type(x) in TRACERS or isinstance(x, np.ndarray)]
        self.leaves = [x if isinstance(x, np.ndarray) else frozen(x) for x in leaves]
        self.listed = False  # whether the results came in a list

    def take(self):
        """The operands; what is left has holes in their places."""
        operands = [self.leaves[i] for i in self.places]
        for i in self.places:
            self.leaves[i] = None
        return operands

    def call(self, function, operands):
        leaves = list(self.leaves)
        for i, x in zip(self.places, operands):
            leaves[i] = x
        args, kwargs = unflatten(self.structure, leaves)
        return function(*args, **kwargs)


def _invoke(function, *operands, arguments):
    results = arguments.call(function, operands)
    arguments.listed = isinstance(results, list)
    return tuple(results) if arguments.listed else results


class Equivalent(Differentiable):
    """The value is the function's own; the derivative is that of `code`.

    Operands are all arrays of the call, wherever they stand in it.  The tape
    keeps them, and nothing of what `code` computes.
    """

    def __init__(self, name, code):
        super().__init__(name)
        self.code = code
        self._keywords = keyword_names(code)

    def bind(self, call, args, kwargs):
        arguments = Arguments(args, supported(self._keywords, call, args, kwargs))
        operands = arguments.take()
        results = apply(self, functools.partial(_invoke, call), operands, {"arguments": arguments})
        return list(results) if arguments.listed else results

    def in_operands(self, args, argnums, arguments):
        """`code` as a function of the operands `argnums` alone."""

        def f(*xs):
            operands = list(args)
            for k, x in zip(argnums, xs):
                operands[k] = x
            return arguments.call(self.code, operands)

        return f

    def jvp(self, call, ans, args, kwargs, tangents):
        argnums = [k for k, tangent in enumerate(tangents) if tangent is not None]  # `code` sees constants as such
        f = self.in_operands(args, argnums, **kwargs)
        _, out, _ = push(f, [args[k] for k in argnums], [tangents[k] for k in argnums])
        return tuple(out) if isinstance(ans, tuple) else out[0]

    def residuals(self, ans, args, kwargs, argnums):
        return args, kwargs["arguments"]

    def vjp(self, g, residuals, argnums):
        args, arguments = residuals
        run = ReverseRun(self.in_operands(args, argnums, arguments), [args[k] for k in argnums])
        run.trace.close()
        adjoints = enumerate(g) if isinstance(g, list) else [(0, g)]
        return run.contributions([(k, y_bar) for k, y_bar in adjoints if y_bar is not None])


def equivalent(function, code):
    """Declare that `function` has the derivative of `code`, plain NumPy of other primitives.

    `code` takes the arguments of `function` that it supports, under their names
    and in their order, and computes the same up to rounding.  Its derivative
    must exist wherever that of `function` does.
    """
    RULES[function] = Equivalent(function_name(function), code)
