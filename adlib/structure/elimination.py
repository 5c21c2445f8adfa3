"""Vertex elimination: a Jacobian by taking the nodes between inputs and outputs out of the graph, in any order.

The edges of the graph carry local derivatives.  Where a node is taken out,
each pair of an edge into it and an edge out of it becomes one edge past it,
with the product of the two.  Forward and reverse mode are two of the orders.

Griewank and Reese, "On the calculation of Jacobian matrices by the Markowitz
rule", 1991; Griewank and Walther, "Evaluating Derivatives", 2nd ed., SIAM 2008,
chapters 9 and 10.
"""

from dataclasses import dataclass

import numpy as np

from ..core.errors import ArgumentError
from ..core.settings import shown
from ..graph.graph import Graph
from ..graph.steps import Node


@dataclass(frozen=True)
class Bypass:
    """One product of a step: an edge past the node that is taken out.

    Attributes
    ----------
    parent, child : int
        Where the edge begins and ends, as positions in the graph.
    product : float
        What it adds: the product of the two edges through the node.
    partial : float
        What the edge carries now.
    merged : bool
        Whether the edge was there before; else it was made.
    """

    parent: int
    child: int
    product: float
    partial: float
    merged: bool


@dataclass(frozen=True, eq=False)
class EliminationStep:
    """One step of `eliminate`.

    Attributes
    ----------
    node : Node
        The node that is taken out.
    edges : tuple of Bypass
        The products of this step: one multiplication each.
    multiplications : int
        In all steps up to this one.
    """

    node: Node
    edges: tuple
    multiplications: int


@dataclass(frozen=True, eq=False, repr=False)
class Elimination:
    """A Jacobian with its price, as `eliminate` found it; printing it lists the steps.

    Attributes
    ----------
    jacobian : numpy.ndarray
        One row for each output of the graph, one column for each input.
    multiplications, additions : int
        What it took; an addition where an edge was there before.
    steps : tuple of EliminationStep
        In order.
    edges : dict
        The graph at the start: ``(parent, child)`` -> local derivative, by positions.
    graph : Graph
        The graph.
    """

    jacobian: np.ndarray
    multiplications: int
    additions: int
    steps: tuple
    edges: dict
    graph: Graph

    @property
    def order(self):
        """The names of the nodes, in the order in which they were taken out."""
        return tuple(step.node.name for step in self.steps)

    def __str__(self):
        name = [node.name for node in self.graph.nodes]
        lines = []
        for step in self.steps:
            past = [f"{name[e.parent]} -> {name[e.child]}{' (merged)' * e.merged}" for e in step.edges]
            lines.append(f"{step.node.name}: {', '.join(past)}; {step.multiplications} so far")
        return "\n".join(lines)

    def __repr__(self):
        return f"Elimination({', '.join(self.order)}: {self.multiplications} multiplications)"


def eliminate(graph, order="markowitz"):
    """The Jacobian of a graph of numbers by vertex elimination, with every step and the count.

    Parameters
    ----------
    graph : Graph
        Of numbers, from `make_graph`: one argument of the function for each input.
    order : str or sequence
        ``"forward"`` takes the nodes between inputs and outputs out in the order
        of computation, ``"reverse"`` in the opposite one, and ``"markowitz"``
        always the one that costs least next, the first of several.  Or these
        nodes themselves, by name or by position.

    Returns
    -------
    Elimination
        With ``jacobian``, ``multiplications``, ``steps``.

    Raises
    ------
    ArgumentError
        When the graph holds arrays or operations with several results, or when
        the order does not name each node between inputs and outputs once.

    Notes
    -----
    To take out a node with p edges in and q edges out costs p q
    multiplications; one by a local derivative of 1 counts as well.  An output
    that other nodes use loses its edges out and keeps those in.  Nodes that no
    output depends on are not there.  Forward order costs one multiplication for
    each input that reaches the node, for each edge out of it; that is forward mode
    with one tangent for each input and no products with zero.

    Of k nodes there are k! orders.  To find the best one by trying is for small
    graphs; the Markowitz rule is fast, and does not always find it.

    Cost: the multiplications counted, and for the Markowitz rule a look at every
    remaining node before each step.

    Examples
    --------
    >>> import numpy as np, adlib
    >>> def L(w1, w2):
    ...     v2 = w2 * np.log(w1)
    ...     return v2 + np.sqrt(v2)
    >>> found = adlib.eliminate(adlib.make_graph(L)(2.0, 3.0), "reverse")
    >>> print(found)
    v3: v2 -> L (merged); 1 so far
    v2: w2 -> L, v1 -> L; 3 so far
    v1: w1 -> L; 4 so far
    >>> found.jacobian.round(6)
    array([[2.020101, 0.933485]])
    """
    if not isinstance(graph, Graph):
        raise ArgumentError(
            f"eliminate takes a graph, but got {shown(graph)}; write adlib.eliminate(adlib.make_graph(f)(*args))"
        )
    _refuse_arrays(graph)
    edges = _edges(graph)
    incoming = {node.index: {} for node in graph.nodes}
    outgoing = {node.index: {} for node in graph.nodes}  # dicts as ordered sets
    for (parent, child), partial in edges.items():
        incoming[child][parent] = partial
        outgoing[parent][child] = None
    between = [i for i in incoming if incoming[i] and outgoing[i]]
    steps, count, merged = [], 0, 0
    for index in _in_order(order, graph, between, incoming, outgoing):
        past = tuple(_bypasses(index, incoming, outgoing))
        count, merged = count + len(past), merged + sum(edge.merged for edge in past)
        for child in outgoing.pop(index):
            del incoming[child][index]
        if index not in graph.outputs:
            for parent in incoming.pop(index):
                del outgoing[parent][index]
        steps.append(EliminationStep(graph.nodes[index], past, count))
    start = {ends: float(partial) for ends, partial in edges.items()}
    return Elimination(_jacobian(graph, incoming), count, merged, tuple(steps), start, graph)


def _refuse_arrays(graph):
    for node in graph.nodes:
        if node.shape != ():
            what = "has several results" if node.shape is None else f"is an array of shape {node.shape}"
            raise ArgumentError(
                f"eliminate takes a graph of numbers, but the node {node.name} {what}; "
                "write the function with one argument for each number, f(x1, x2), and without arrays"
            )


def _edges(graph):
    """The local derivative on each edge that lies on a way from an input to an output."""
    edges, reached = {}, set(graph.inputs)
    for node in graph.nodes:
        for parent, partial in graph._local_derivatives(node).items():
            if parent in reached:
                reached.add(node.index)
                edges[parent, node.index] = partial
    useful = set(graph.outputs)
    for parent, child in sorted(edges, reverse=True, key=lambda edge: edge[1]):
        if child in useful:
            useful.add(parent)
    return {edge: partial for edge, partial in edges.items() if edge[1] in useful}


def _in_order(order, graph, between, incoming, outgoing):
    """The nodes to take out, one after another; by the Markowitz rule as the graph is when each is asked for."""
    if not isinstance(order, str):
        yield from _named(order, graph, between)
    elif order in ("forward", "reverse"):
        yield from between if order == "forward" else reversed(between)
    elif order == "markowitz":
        remaining = list(between)
        while remaining:
            index = min(remaining, key=lambda i: len(incoming[i]) * len(outgoing[i]))
            remaining.remove(index)
            yield index
    else:
        raise ArgumentError(
            f"eliminate takes order as 'forward', 'reverse', 'markowitz' or a sequence of nodes, but got {shown(order)}"
        )


def _named(order, graph, between):
    """The positions of the nodes in a caller's order, after making sure that each is between inputs and outputs, once."""
    position = {graph.nodes[i].name: i for i in between} | {i: i for i in between}
    positions, problem = [], None
    for entry in order if hasattr(order, "__iter__") else [order]:
        known = isinstance(entry, (str, int, np.integer)) and entry in position
        if not known or position[entry] in positions:
            problem = f"{shown(entry)} {'is there twice' if known else 'is none of them'}"
            break
        positions.append(position[entry])
    for missing in set(between) - set(positions) if problem is None else ():
        problem = f"{graph.nodes[missing].name} is missing"
    if problem is not None:
        raise ArgumentError(
            f"eliminate takes as order each of the {len(between)} nodes between inputs and outputs once, by its name "
            f"or its position, but {problem}; graph.text() shows the names"
        )
    return positions


def _bypasses(index, incoming, outgoing):
    """Lead every way through a node past it, and yield the edges."""
    for child in outgoing[index]:
        through = incoming[child][index]
        for parent, partial in incoming[index].items():
            product = through * partial
            merged = parent in incoming[child]
            incoming[child][parent] = incoming[child][parent] + product if merged else product
            outgoing[parent][child] = None
            yield Bypass(parent, child, float(product), float(incoming[child][parent]), merged)


def _jacobian(graph, incoming):
    """What the edges carry when no node is left between inputs and outputs."""
    dtype = np.result_type(*[node.dtype for node in graph.nodes] or [float])
    jacobian = np.zeros((len(graph.outputs), len(graph.inputs)), dtype)
    for row, output in enumerate(graph.outputs):
        for column, index in enumerate(graph.inputs):
            jacobian[row, column] = 1.0 if index == output else incoming[output].get(index, 0.0)
    return jacobian
