"""Recording a graph: the list that reverse mode writes, with every value and operand kept, and a name for each node."""

import inspect

from ..core.arguments import ALL, check_function, collect, enter
from ..core.errors import ArgumentError
from ..core.trace import TRACERS, is_traced, plain_value
from ..core.tree import flatten
from ..modes.reverse import OUTPUT, ReverseTrace
from .graph import Graph
from .steps import Node, Ref


class GraphTrace(ReverseTrace):
    """A Wengert list that also keeps every value and operand."""

    def __init__(self):
        super().__init__(keep=True)
        self.records = []

    def input(self, value):
        self.records.append(("input", (), (), value, None, None, {}))
        return super().input(value)

    def process(self, rule, call, args, kwargs):
        if self.closed:
            raise self.escaped()
        frozen = self._constants.frozen
        args, kwargs = [frozen(x) for x in args], frozen(kwargs)
        result = super().process(rule, call, args, kwargs)
        operands, parents = [], []
        for x in args:
            if type(x) in TRACERS and x._trace is self:
                operands.append(Ref(x._info))
                parents.append(x._info)
            else:
                operands.append(x)
        several = isinstance(result, tuple)
        value = tuple(frozen(plain_value(y)) for y in result) if several else result._value
        self.records.append((rule.name, tuple(operands), tuple(parents), value, rule, call, kwargs))
        for k, y in enumerate(result if several else ()):
            if type(y) in TRACERS:
                source = y._info - 1 - sum(type(x) in TRACERS for x in result[:k])
                self.records.append(("output", (Ref(source), k), (source,), y._value, OUTPUT, None, {}))
        return result


def make_graph(f):
    """The computational graph of a function.

    Parameters
    ----------
    f : callable
        A function of arrays, written in plain NumPy.

    Returns
    -------
    callable
        Takes the arguments of `f` and returns its `Graph` at that point.

    Raises
    ------
    ArgumentError
        When an argument is not a float or float array.

    Notes
    -----
    Cost: one run of `f`; every intermediate value is kept.  Branches and loops
    appear as they were taken at this point.

    Examples
    --------
    >>> import numpy as np, adlib
    >>> def L(w1, w2):
    ...     v2 = w2 * np.log(w1)
    ...     return v2 + np.sqrt(v2)
    >>> graph = adlib.make_graph(L)(2.0, 3.0)
    >>> graph
    Graph(L: 6 nodes, 6 edges)
    >>> [node.name for node in graph.nodes]
    ['w1', 'w2', 'v1', 'v2', 'v3', 'L']
    """
    check_function(f, "make_graph")

    def graph(*args):
        function, inputs, _ = enter(f, args, {}, ALL, "make_graph")
        if any(is_traced(x) for x in inputs):
            raise ArgumentError(
                "make_graph was called on a traced value, inside another transformation; call it on plain numbers"
            )
        return recorded(GraphTrace(), f, function, args, inputs)

    return graph


def recorded(trace, f, function, args, inputs):
    """The graph of one run on a trace; `function` is `f` as `enter` made it, `inputs` are the leaves of its arguments."""
    _, positions, _ = collect(trace, function, [trace.input(x) for x in inputs])
    trace.close()
    outputs = tuple(position for position in positions if position is not None)
    name = getattr(f, "__name__", "f")
    name = name if name.isidentifier() else "y"
    names = _names(trace.records, _input_names(f, args), outputs, name)
    nodes = tuple(Node(i, names[i], *record) for i, record in enumerate(trace.records))
    return Graph(nodes, tuple(range(len(inputs))), outputs, name)


def _input_names(f, args):
    """A name for each leaf of the arguments, from the signature."""
    try:
        parameters = list(inspect.signature(f).parameters.values())
    except (TypeError, ValueError):
        parameters = []
    names = []
    for k, arg in enumerate(args):
        named = k < len(parameters) and parameters[k].kind is not inspect.Parameter.VAR_POSITIONAL
        name = parameters[k].name if named else f"x{k + 1}"
        leaves, structure = flatten(arg)
        names += [name] if structure is None else [f"{name}{i + 1}" for i in range(len(leaves))]
    return names


def _names(records, input_names, outputs, result):
    taken = set(input_names)
    names, count = [], 0
    for i, record in enumerate(records):
        if record[4] is None:  # no rule: an input
            names.append(input_names[i])
        elif outputs == (i,) and result not in taken:
            names.append(result)
        else:
            count += 1
            while f"v{count}" in taken:
                count += 1
            names.append(f"v{count}")
    return names
