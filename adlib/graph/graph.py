"""The computational graph of a function at a point: its Wengert list, with names.

The graph that is drawn and stepped through is the very list that reverse mode
writes, with the values kept.
"""

import numpy as np

from ..core.arguments import cotangent_for, tangent_for
from ..core.errors import ArgumentError
from ..core.families import Elementwise
from ..core.trace import project
from ..core.tree import flatten
from ..modes.contributions import Masked
from ..modes.reverse import OUTPUT, Contribution
from .steps import ForwardStep, Ref, ReverseStep, ReverseTerm, Term


class Graph:
    """The computational graph of a function at a point, as `make_graph` returns it.

    In a notebook it draws itself and steps through forward mode; `text` gives
    the same as a list.

    Attributes
    ----------
    nodes : tuple of Node
        In the order of computation, which is a topological order.
    inputs, outputs : tuple of int
        Their positions.
    name : str
        The function's name.

    Examples
    --------
    >>> import numpy as np, adlib
    >>> graph = adlib.make_graph(lambda x, y: np.sin(x) * y)(0.0, 2.0)
    >>> [(node.name, node.op) for node in graph.nodes]
    [('x', 'input'), ('y', 'input'), ('v1', 'sin'), ('v2', 'multiply')]
    >>> graph.inputs, graph.outputs
    ((0, 1), (3,))
    """

    def __init__(self, nodes, inputs, outputs, name):
        self.nodes = nodes
        self.inputs = inputs
        self.outputs = outputs
        self.name = name
        children = [[] for _ in nodes]
        for node in nodes:
            for parent in dict.fromkeys(node.parents):
                children[parent].append(node.index)
        self._children = [tuple(c) for c in children]

    def children(self, index):
        """Positions of the nodes that use node `index`, in order."""
        return self._children[index]

    def parent_of(self, operand):
        """The node whose value an operand is; None for a constant.

        Examples
        --------
        >>> import adlib
        >>> graph = adlib.make_graph(lambda x: 3.0 * x)(2.0)
        >>> [graph.parent_of(operand) and graph.parent_of(operand).name for operand in graph.nodes[1].operands]
        [None, 'x']
        """
        return self.nodes[operand.index] if isinstance(operand, Ref) else None

    def operand_values(self, node):
        """The plain values of a node's operands, in call order.

        Examples
        --------
        >>> import adlib
        >>> graph = adlib.make_graph(lambda x: 3.0 * x)(2.0)
        >>> graph.operand_values(graph.nodes[1])
        (3.0, 2.0)
        """
        parents = [self.parent_of(x) for x in node.operands]
        return tuple(x if parent is None else parent.value for x, parent in zip(node.operands, parents))

    def forward(self, *tangents):
        """Forward mode along the graph, one node at a time.

        Parameters
        ----------
        *tangents : float or array
            The seed: one tangent for each input, of its shape.

        Yields
        ------
        ForwardStep
            One for each node, in order; the tangents of the inputs are the seed.

        Examples
        --------
        >>> import adlib
        >>> graph = adlib.make_graph(lambda x, y: x * y)(2.0, 3.0)
        >>> [float(step.tangent) for step in graph.forward(1.0, 0.0)]
        [1.0, 0.0, 3.0]
        """
        seeds, _ = flatten(tangents)
        if len(seeds) != len(self.inputs):
            raise ArgumentError(
                f"the graph of {self.name} has {len(self.inputs)} inputs "
                f"({', '.join(self.nodes[i].name for i in self.inputs)}), "
                f"but the seed has {len(seeds)} tangents"
            )
        done = []
        for node in self.nodes:
            if node._rule is None:
                tangent, terms = tangent_for(node.value, seeds[len(done)]), ()
            elif isinstance(node.value, tuple):
                # Several results at once: their nodes follow, and take their tangents from here.
                tangents = [done[x.index] if isinstance(x, Ref) else None for x in node.operands]
                args = self.operand_values(node)
                tangent = node._rule.jvp(node._call, node.value, args, node._kwargs, tangents)
                terms = ()
            elif node._rule is OUTPUT:
                source, number = node.operands
                tangent = done[source.index][number]
                terms = (Term(source.index, 0, None, tangent, tangent),)
            else:
                terms = tuple(self._terms(node, done))
                total = terms[0].contribution
                for term in terms[1:]:
                    total = total + term.contribution
                tangent = np.broadcast_to(total, node.shape)[()]
            done.append(tangent)
            yield ForwardStep(node, tangent, terms)

    def _terms(self, node, done):
        """What each operand of `node` contributes to its tangent."""
        args = self.operand_values(node)
        for k, operand in enumerate(node.operands):
            if not isinstance(operand, Ref):
                continue
            partial = self._partial(node, k, args)
            tangents = [None] * len(args)
            tangents[k] = done[operand.index]
            contribution = node._rule.jvp(node._call, node.value, args, node._kwargs, tangents)
            yield Term(operand.index, k, partial, done[operand.index], contribution)

    def _partial(self, node, k, args):
        """The local partial derivative in operand k, where the operation has one."""
        return node._rule.partial(k, (node.value, *args)) if isinstance(node._rule, Elementwise) else None

    def reverse(self, *cotangents):
        """Reverse mode along the graph, one node at a time, from the end.

        Parameters
        ----------
        *cotangents : float or array
            The seed: one adjoint for each output; 1.0 when left out.

        Yields
        ------
        ReverseStep
            One for each node, in reverse order.  When a node's turn comes, all
            its children have reported, so its adjoint is complete; the adjoint
            of a node that no output depends on is zero.

        Examples
        --------
        >>> import adlib
        >>> graph = adlib.make_graph(lambda x, y: x * y + x)(2.0, 3.0)
        >>> {step.node.name: float(step.adjoint) for step in graph.reverse()}
        {'v2': 1.0, 'v1': 1.0, 'y': 2.0, 'x': 4.0}
        """
        seeds, _ = flatten(cotangents or tuple(1.0 for _ in self.outputs))
        if len(seeds) != len(self.outputs):
            raise ArgumentError(
                f"the graph of {self.name} has {len(self.outputs)} outputs, but the seed has {len(seeds)} cotangents"
            )
        received = [[] for _ in self.nodes]
        start = [0.0] * len(self.nodes)
        reached = [None] * len(self.nodes)  # the mask of what has arrived
        for i, ct in zip(self.outputs, seeds):
            reached[i] = np.True_
            start[i] = start[i] + cotangent_for(self.nodes[i].value, ct)
        for node in reversed(self.nodes):
            terms = tuple(received[node.index])
            if isinstance(node.value, tuple):
                adjoint = [None] * len(node.value)
                for term in terms:
                    adjoint[term.operand] = term.contribution
            else:
                adjoint = np.broadcast_to(sum((t.contribution for t in terms), start[node.index]), node.shape)[()]
            yield ReverseStep(node, adjoint, terms)
            for term, parent, mask in self._sent(node, adjoint, reached[node.index]):
                received[parent].append(term)
                if mask is not None:
                    reached[parent] = mask if reached[parent] is None else reached[parent] | mask

    def _sent(self, node, adjoint, mask):
        """What `node` contributes to the adjoint of each parent, and where: nothing has arrived outside of `mask`."""
        if node._rule is None:
            return
        if node._rule is OUTPUT:
            source, number = node.operands
            yield ReverseTerm(node.index, number, None, adjoint, adjoint), source.index, np.True_
            return
        args = self.operand_values(node)
        argnums = tuple(k for k, x in enumerate(node.operands) if isinstance(x, Ref))
        residuals = node._rule.residuals(node.value, args, node._kwargs, argnums)
        if mask is None:
            contributions = [None] * len(argnums)
        elif np.all(mask):
            contributions = node._rule.vjp(adjoint, residuals, argnums)
        else:
            contributions = Masked(adjoint, mask).through(node._rule, residuals, argnums)
        for k, ct in zip(argnums, contributions):
            parent = self.nodes[node.operands[k].index]
            mask = None if ct is None else np.True_
            if type(ct) is Masked and np.shape(ct.values) == parent.shape:
                mask = ct.mask
            if isinstance(ct, Contribution):
                ct = ct.dense(parent.shape, parent.dtype)
            ct = project(np.zeros(parent.shape) if ct is None else ct, parent.shape, parent.dtype)
            yield ReverseTerm(node.index, k, self._partial(node, k, args), adjoint, ct), parent.index, mask

    def _local_derivatives(self, node):
        """Position of a parent -> derivative of the node by it, in a graph of numbers.

        A parent that is used twice has the sum; one without a derivative, such
        as a condition, is not there.
        """
        args, derivatives = self.operand_values(node), {}
        for k, operand in enumerate(node.operands):
            rule = node._rule
            if isinstance(operand, Ref) and not (isinstance(rule, Elementwise) and rule.partials[k] is None):
                tangents = [None] * len(args)
                tangents[k] = np.ones((), self.nodes[operand.index].dtype)[()]
                derivative = rule.jvp(node._call, node.value, args, node._kwargs, tangents)
                derivatives[operand.index] = derivatives.get(operand.index, 0.0) + derivative
        return derivatives

    def kept(self):
        """Which values reverse mode keeps for the way back.

        Returns
        -------
        set of int
            Positions of the nodes whose values some local derivative needs.  A
            sum needs none, a root its result, a product its factors.

        Examples
        --------
        >>> import numpy as np, adlib
        >>> graph = adlib.make_graph(lambda x: np.sqrt(x + 1.0))(3.0)
        >>> [graph.nodes[i].name for i in sorted(graph.kept())]
        ['y']
        """
        kept = set()
        for node in self.nodes:
            if node._rule is not None:
                kept |= self._kept_by(node)
        return kept

    def _kept_by(self, node, operand=None):
        """Positions of the nodes whose values the entry of `node` holds, for one operand or for all."""
        traced = tuple(k for k, x in enumerate(node.operands) if isinstance(x, Ref))
        argnums = traced if operand is None else (operand,)
        if node._rule is OUTPUT:
            return set()
        if isinstance(node._rule, Elementwise):
            slots = {i for k in argnums for i in node._rule.needs[k]}
            needed = {node.operands[i - 1].index for i in slots if i - 1 in traced}
            return needed | ({node.index} if 0 in slots else set())
        # Other rules are asked: the entry holds the very values, not copies.
        args = self.operand_values(node)
        residuals = flatten(node._rule.residuals(node.value, args, node._kwargs, argnums))[0]
        held = {id(x) for x in residuals}
        needed = {node.operands[k].index for k in traced if id(args[k]) in held}
        return needed | ({node.index} if id(node.value) in held else set())

    def op_counts(self):
        """How often each operation occurs, as a dict.

        Examples
        --------
        >>> import adlib
        >>> adlib.make_graph(lambda x: x * x + x)(2.0).op_counts()
        {'multiply': 1, 'add': 1}
        """
        counts = {}
        for node in self.nodes:
            if node._rule is not None:
                counts[node.op] = counts.get(node.op, 0) + 1
        return counts

    def text(self):
        """The graph as a list: one line a node.

        Examples
        --------
        >>> import numpy as np, adlib
        >>> def L(w1, w2):
        ...     return w2 * np.log(w1)
        >>> print(adlib.make_graph(L)(2.0, 3.0).text())
        w1 = 2
        w2 = 3
        v1 = log(w1) = 0.693147
        L = multiply(w2, v1) = 2.07944
        """
        lines = []
        for node in self.nodes:
            value = _short(node.value)
            if node._rule is None:
                lines.append(f"{node.name} = {value}")
                continue
            operands = ", ".join(self.nodes[x.index].name if isinstance(x, Ref) else _short(x) for x in node.operands)
            lines.append(f"{node.name} = {node.op}({operands}) = {value}")
        return "\n".join(lines)

    def dot(self):
        """The graph in the DOT language, for Graphviz."""
        quote = '"{}"'.format
        lines = [f"digraph {quote(self.name)} {{", "  rankdir=LR"]
        for node in self.nodes:
            label = node.name if node._rule is None else f"{node.name} = {node.op}"
            lines.append(f"  n{node.index} [label={quote(label)}]")
            lines += [f"  n{parent} -> n{node.index}" for parent in node.parents]
        return "\n".join([*lines, "}"])

    def stepper(self, *seed, mode="forward"):
        """One mode of differentiation in steps, to display in a notebook.

        Parameters
        ----------
        *seed : float or array
            In forward mode one tangent for each input, in reverse mode one
            adjoint for each output.  Left out, each is 1 in its turn.
        mode : str
            ``"forward"`` or ``"reverse"``.

        Returns
        -------
        adlib.viz.Stepper

        Examples
        --------
        >>> import adlib
        >>> graph = adlib.make_graph(lambda x, y: x * y)(2.0, 3.0)
        >>> graph.stepper(1.0, 0.0)
        <forward mode of y, 3 nodes>
        >>> graph.stepper(mode="reverse")
        <reverse mode of y, 3 nodes>
        """
        from ..viz import Stepper

        return Stepper(self, seed or None, mode)

    def puzzle(self):
        """Reverse mode with the order left to the reader, to display in a notebook.

        The reader picks which node reports next.  A node that reports before
        all its children have done so sends an incomplete number, and the widget
        shows the wrong gradient that comes of it.  For graphs of scalars with
        one result and at most ten operations.

        Returns
        -------
        adlib.viz.Puzzle

        Examples
        --------
        >>> import adlib
        >>> adlib.make_graph(lambda a, b: a * b + a)(2.0, 3.0).puzzle()
        <order puzzle of y: v1, y>
        """
        from ..viz import Puzzle

        return Puzzle(self)

    def __repr__(self):
        edges = sum(len(node.parents) for node in self.nodes)
        return f"Graph({self.name}: {len(self.nodes)} nodes, {edges} edges)"

    def _repr_html_(self):
        from ..viz import graph_html

        return graph_html(self)


def _short(x):
    """A value in a few characters: a number, or the shape of an array."""
    if isinstance(x, (tuple, list)):
        return f"({', '.join(map(_short, x))})"
    if isinstance(x, (float, int, np.number)) or np.ndim(x) == 0 and np.asarray(x).dtype.kind in "fiu":
        return f"{float(x):.6g}"
    if isinstance(x, np.ndarray):
        return f"array{x.shape}"
    return str(x)
