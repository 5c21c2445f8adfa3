"""Which results may depend on which inputs: sets of inputs, carried through the operations of a graph.

The set of each entry of a node is one row of a boolean matrix, with a column
for each input.  An operation of a kind that is not listed here gives every entry
of its result the sets of all entries of its operands together: too many inputs
at the worst, and never too few.

===========================  ===========================================================
operations                   what an entry of the result depends on
===========================  ===========================================================
elementwise                  the sets of the entries at its place, but for those whose
                             partial derivative is a constant 0
moves of entries             the set of the entry that stands there now
sums, extremes, products     the sets of the entries that it is made of; in a product
                             not of those that meet a constant 0
short programs (`np.std`)    what their code says, by a graph of its own
others                       all that any of its operands depends on
===========================  ===========================================================
"""

import operator

import numpy as np

from ..core.families import Elementwise, LinearJoin
from ..core.trace import RULES
from ..graph.record import make_graph
from ..modes.reverse import OUTPUT
from ..rules.equivalent import Equivalent
from ..rules.indexing import add_at, padded, scatter_add, sources
from ..rules.shapes import astype


def _rules(*names):
    """The rules of NumPy's functions of these names; an old NumPy may not have all."""
    return {RULES[getattr(np, name)] for name in names if hasattr(np, name)}


# fmt: off
_MOVES = _rules(
    "reshape", "ravel", "squeeze", "expand_dims", "swapaxes", "moveaxis", "flip", "fliplr", "flipud", "roll", "rot90",
    "transpose", "rollaxis", "broadcast_to", "matrix_transpose", "diag", "diagflat", "diagonal", "repeat", "tile",
    "resize", "delete", "tril", "triu", "stack", "concatenate",
)
# fmt: on
_MOVES |= {RULES[f] for f in (operator.getitem, padded, np.lib.stride_tricks.sliding_window_view)}
# No factor is negative in these, so that what an entry is made of does not cancel where `_collected` adds ones.
_SUMS = _rules("cumsum", "deg2rad", "rad2deg", "radians", "degrees", "ldexp") | {RULES[scatter_add]}
_SUMS |= {RULES[f].common for f in (np.sum, np.mean)}
_EXTREMES = {RULES[f].common for f in (np.max, np.amax, np.min, np.amin)}
_OF_MATRICES = _rules("matmul", "dot")
_PRODUCTS = _OF_MATRICES | _rules("inner", "tensordot", "vecdot", "matvec", "vecmat", "convolve", "einsum")


def dependence(graph, starts):
    """What the outputs of a graph depend on.

    Parameters
    ----------
    graph : Graph
        From `make_graph`.
    starts : list of array
        For each input of the graph, of `size` entries, a boolean array of shape ``(size, n)``.

    Returns
    -------
    list of array
        The same for each output.
    """
    found = []
    for node in graph.nodes:
        if node._rule is None:
            result = starts[node.index]
        elif node._rule is OUTPUT:
            source, number = node.operands
            result = found[source.index][number]
        else:
            parents = [graph.parent_of(x) for x in node.operands]
            result = _through(node, [p and found[p.index] for p in parents], graph.operand_values(node))
        found.append(result)
        for parent in node.parents:  # what nothing asks for any more
            if graph.children(parent)[-1] == node.index and parent not in graph.outputs:
                found[parent] = None
    return [found[i] for i in graph.outputs]


def _through(node, sets, args):
    """The sets of a node from those of its operands, which are None for constants."""
    rule = node._rule
    if isinstance(rule, Elementwise):
        return _elementwise(node, sets, args)
    if rule is RULES[astype]:
        return sets[0]
    if rule in _MOVES:
        return _moved(node, sets, args)
    if rule is RULES[add_at]:
        return _added(node, sets, args)
    if rule in _SUMS or rule in _EXTREMES:
        return _collected(node, np.max if rule in _EXTREMES else node._call, sets, args)
    if rule in _PRODUCTS:
        return _multiplied(node, sets, args)
    if isinstance(rule, Equivalent):
        return _by_code(node, sets, args)
    return _all(node, sets)


def _elementwise(node, sets, args):
    rule, result = node._rule, _nothing(node, sets)
    for k, mine in enumerate(sets):
        if mine is None or rule.partials[k] is None:
            continue
        if np.shape(args[k]) != node.shape:
            places = np.reshape(np.arange(len(mine)), np.shape(args[k]))
            mine = mine[np.ravel(np.broadcast_to(places, node.shape))]
        if all(i > 0 and sets[i - 1] is None for i in rule.needs[k]):  # a slope that does not vary
            with np.errstate(all="ignore"):
                slope = rule.partial(k, (node.value, *args))
            mine = mine & np.reshape(np.broadcast_to(np.not_equal(slope, 0), node.shape), (-1, 1))
        result |= mine
    return result


def _moved(node, sets, args):
    shapes = [np.shape(x) for x, mine in zip(args, sets) if mine is not None]
    settings = {name: x for name, x in node._kwargs.items() if name not in ("dtype", "casting")}
    joins = isinstance(node._rule, LinearJoin)

    def on_numbers(*numbers):
        numbers = iter(numbers)
        constants = [np.zeros(np.shape(x), int) if joins else x for x in args]
        return node._call(*[x if mine is None else next(numbers) for x, mine in zip(constants, sets)], **settings)

    known = [mine for mine in sets if mine is not None]
    table = np.concatenate([np.zeros((1, known[0].shape[1]), bool), *known])
    return table[np.ravel(sources(on_numbers, shapes))]


def _added(node, sets, args):
    """One array with the entries of another added into it: what indexing leaves behind in a gradient."""
    _, values, index = args
    result = _nothing(node, sets) if sets[0] is None else sets[0].copy()
    if sets[1] is not None:
        places = np.reshape(np.arange(len(result)), node.shape)[index]
        numbers = np.broadcast_to(np.reshape(np.arange(len(sets[1])), np.shape(values)), np.shape(places))
        np.logical_or.at(result, np.ravel(places), sets[1][np.ravel(numbers)])
    return result


def _multiplied(node, sets, args):
    factors = [np.not_equal(x, 0).astype(float) for x in args]
    constants = [x for x, mine in zip(factors, sets) if mine is None]
    if node._rule in _OF_MATRICES and [np.ndim(x) for x in constants] == [2] and len(node.shape) == 1:
        # A constant matrix and a vector: for all inputs at once, which `_collected` takes one by one.
        (matrix,) = constants
        return (matrix @ sets[1] if sets[0] is None else matrix.T @ sets[0]) > 0
    return _collected(node, node._call, sets, factors)


def _collected(node, call, sets, args):
    """Carry an operation out on the entries that one input reaches, as ones among zeros: what is not zero is reached, too."""
    result = _nothing(node, sets)
    for k, mine in enumerate(sets):
        for column in np.flatnonzero(np.any(mine, axis=0)) if mine is not None else ():
            reached = np.reshape(mine[:, column].astype(float), np.shape(args[k]))
            # Other operands that vary count as ones, whatever their values.
            others = [x if other is None else np.ones(np.shape(x)) for x, other in zip(args, sets)]
            result[:, column] |= np.ravel(call(*others[:k], reached, *others[k + 1 :], **node._kwargs)) > 0
    return result


def _by_code(node, sets, args):
    varying = [k for k, mine in enumerate(sets) if mine is not None]
    code = node._rule.in_operands(args, varying, **node._kwargs)
    found = dependence(make_graph(code)(*[args[k] for k in varying]), [sets[k] for k in varying])
    if len(found) != (len(node.value) if node.shape is None else 1):  # one of its results does not vary
        return _all(node, sets)
    return found if node.shape is None else found[0]


def _all(node, sets):
    every = np.any([np.any(mine, axis=0) for mine in sets if mine is not None], axis=0)
    if node.shape is None:
        return [np.broadcast_to(every, (np.size(y), len(every))) for y in node.value]
    return np.broadcast_to(every, (np.size(node.value), len(every)))


def _nothing(node, sets):
    n = next(mine.shape[1] for mine in sets if mine is not None)
    return np.zeros((np.size(node.value), n), bool)
