"""The elimination puzzle: the reader takes the nodes between inputs and outputs out one by one, and sees what that costs.

Python lays out every edge that any order can make, tries all orders, and makes sure that it counts as `eliminate`
does; the script in the page only makes edges and counts. Without script some orders stand in a table.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from ...core.errors import ArgumentError
from ...core.settings import shown
from ...graph.graph import Graph
from ...structure.elimination import eliminate
from ..formula import notation
from ..formula.outlines import Sheet
from ..formula.words import reading
from ..widget import Widget, page
from .arcs import with_arcs
from .drawing import NAME, RADIUS, WIDTH, centred, edge_markup, in_words, node_shape, px, view
from .layout import Layout, Size, layout, tenths
from .picks import SCRIPTS, STYLES, buttons, target

MOST = 6  # nodes to take out: all their orders are tried
_LABEL = 24.0  # half the width of a price under its node

_Edge = tuple[int, int]  # (parent, child)


@dataclass(frozen=True)
class _Puzzle:
    """The nodes on the ways from inputs to outputs, renumbered in order, and the edges between them."""

    names: tuple[str, ...]
    edges: tuple[_Edge, ...]
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    between: tuple[int, ...]

    def parents(self) -> list[list[int]]:
        return [[parent for parent, child in self.edges if child == i] for i in range(len(self.names))]

    def price(self, node: int) -> _Edge:
        """The edges in and out of a node as the graph is at the start."""
        return sum(child == node for _, child in self.edges), sum(parent == node for parent, _ in self.edges)

    def count(self, order: Sequence[int]) -> int:
        """Multiplications when the nodes are taken out in this order."""
        edges, count = set(self.edges), 0
        for node in order:
            into = {parent for parent, child in edges if child == node}
            out = {child for parent, child in edges if parent == node}
            count += len(into) * len(out)
            edges |= set(itertools.product(into, out))
            edges -= {(node, child) for child in out}
            if node not in self.outputs:
                edges -= {(parent, node) for parent in into}
        return count

    def later_edges(self) -> set[_Edge]:
        """Those that some order makes: where there is a way through nodes that go, and no edge."""
        edges = set(self.edges)
        for node in self.between:
            into = [parent for parent, child in edges if child == node]
            edges |= {(parent, child) for p, child in edges if p == node for parent in into}
        return edges - set(self.edges)


class EliminationPuzzle(Widget):
    """The elimination puzzle of a graph, for a notebook to show.

    Parameters
    ----------
    graph : Graph

    Raises
    ------
    ArgumentError
        At once, as `elimination_html` does.

    Examples
    --------
    >>> import adlib
    >>> graph = adlib.make_graph(lambda x, y: (x * y + x) * y)(2.0, 3.0)
    >>> adlib.viz.EliminationPuzzle(graph)
    <elimination puzzle of y: v1, v2>
    """

    def __init__(self, graph) -> None:
        self._html = elimination_html(graph)
        puzzle = _read(graph)
        self._title = f"elimination puzzle of {graph.name}: {', '.join(puzzle.names[i] for i in puzzle.between)}"


def elimination_html(graph) -> str:
    """Vertex elimination with the order left to the reader, as a piece of a page.

    The reader takes a node out: each pair of an edge in and an edge out becomes an edge past it, at one
    multiplication. Under each node stands what it would cost now, and at the end what forward order, reverse order and
    the best of all orders take. It needs no network, no library and no running Python. Without script a table has
    these numbers.

    Parameters
    ----------
    graph : Graph
        Of numbers, with one to six nodes between inputs and outputs.

    Returns
    -------
    str
        HTML; the same graph gives the same bytes.

    Raises
    ------
    ArgumentError
        When the graph is not such a graph.

    Notes
    -----
    The counts are those of `eliminate`: an output that other nodes use keeps its edges in, and nodes on which no output
    depends are left out. Costs a count for each of at most 720 orders, and some milliseconds a node.

    Examples
    --------
    >>> import adlib
    >>> graph = adlib.make_graph(lambda x, y: (x * y + x) * y)(2.0, 3.0)
    >>> "Orders: 2." in elimination_html(graph)
    True
    """
    puzzle = _read(graph)
    texts = [notation.text_name(name) for name in puzzle.names]
    orders = {order: puzzle.count(order) for order in itertools.permutations(puzzle.between)}
    best = min(orders, key=orders.get)
    data = {
        "names": texts,
        "edges": puzzle.edges,
        "between": puzzle.between,
        "outputs": puzzle.outputs,
        "forward": orders[puzzle.between],
        "reverse": orders[puzzle.between[::-1]],
        "best": best,
        "least": orders[best],
    }
    drawing, table = _laid_out(puzzle), _table(graph, puzzle, orders, texts)
    packed = escape(json.dumps(data, separators=(",", ":"), ensure_ascii=False), quote=False).replace("'", "&#39;")
    return page(
        "ad-elim",
        f"The Jacobian of {graph.name}: which node goes first?",
        lambda sheet: _graph(graph, puzzle, drawing, sheet) + _controls(puzzle, sheet) + table,
        styles=[*STYLES, "graph/elimination.css"],
        scripts=[*SCRIPTS, "graph/elimination.js"],
        classes=" ad-picks",
        data=f" data-graph='{packed}'",  # JSON has many double quotes
    )


def _read(graph) -> _Puzzle:
    """The puzzle of a graph, after making sure that it counts as `eliminate` does."""
    if not isinstance(graph, Graph):
        raise ArgumentError(
            f"the elimination puzzle takes a graph, but got {shown(graph)}; "
            "write EliminationPuzzle(adlib.make_graph(f)(*args))"
        )
    found = eliminate(graph)
    live = sorted({*graph.inputs, *graph.outputs, *itertools.chain.from_iterable(found.edges)})
    at = {index: k for k, index in enumerate(live)}
    puzzle = _Puzzle(
        names=tuple(graph.nodes[i].name for i in live),
        edges=tuple(sorted((at[parent], at[child]) for parent, child in found.edges)),
        inputs=tuple(at[i] for i in graph.inputs),
        outputs=tuple(sorted({at[i] for i in graph.outputs})),
        between=tuple(sorted(at[step.node.index] for step in found.steps)),
    )
    if not 1 <= len(puzzle.between) <= MOST:
        raise ArgumentError(
            f"the elimination puzzle is for 1 to {MOST} nodes between inputs and outputs, "
            f"but {graph.name} has {len(puzzle.between)}; choose another function"
        )
    for order in ("forward", "reverse", "markowitz"):
        right = eliminate(graph, order)
        counted = puzzle.count([at[step.node.index] for step in right.steps])
        if counted != right.multiplications:
            raise AssertionError(f"the puzzle counts {counted} in {order} order, eliminate {right.multiplications}")
    return puzzle


# The page -----------------------------------------------------------------------------------------


def _laid_out(puzzle: _Puzzle) -> tuple[list[float], Layout, float]:
    """Half the width of each node, the drawing with the edges of all orders, and how far its top is above 0."""
    halves = [max(RADIUS, px(notation.name(name), NAME) / 2 + 7) for name in puzzle.names]
    sizes = [
        Size(half, RADIUS, max(half, _LABEL) + 1, RADIUS + 21, RADIUS + 21)
        if i in puzzle.between
        else Size(half, RADIUS, half + 1, RADIUS + 4, RADIUS + 4)
        for i, half in enumerate(halves)
    ]
    return halves, *with_arcs(layout(puzzle.parents(), sizes, width=WIDTH), sizes, puzzle.later_edges())


def _graph(graph, puzzle: _Puzzle, laid_out, sheet: Sheet) -> str:
    """The drawing; the edges that are not there yet are hidden."""
    halves, drawing, top = laid_out
    names = [notation.name(name) for name in puzzle.names]
    parts = []
    for edge, drawn in sorted(drawing.edges.items()):
        gone = "" if edge in puzzle.edges else ' class="ad-gone"'
        parts.append(f'<g data-e="{edge[0]},{edge[1]}"{gone}>{edge_markup(drawn, back=False)}</g>')
    for i, name in enumerate(names):
        x, y = drawing.centres[i]
        inside = f"{node_shape(x, y, halves[i], RADIUS)}{centred(sheet, name, x, y, NAME, middle=True)}"
        if i not in puzzle.between:
            parts.append(f'<g class="ad-fix">{inside}</g>')
            continue
        into, out = puzzle.price(i)
        parts.append(
            f'<g class="ad-k" data-i="{i}">{target(x, y, max(halves[i], _LABEL))}{inside}'
            f'<text class="ad-t" x="{tenths(x)}" y="{tenths(y - RADIUS - 7)}"></text>'
            f'<text class="ad-r" x="{tenths(x)}" y="{tenths(y + RADIUS + 16)}">{into}·{out} = {into * out}</text></g>'
        )
    inside = f'<g transform="translate(0 {tenths(top)})">{"".join(parts)}</g>'
    return view(drawing, inside, in_words(graph.name, [reading(name) for name in names], puzzle.parents()))


def _controls(puzzle: _Puzzle, sheet: Sheet) -> str:
    picks = buttons({i: puzzle.names[i] for i in puzzle.between}, "Which node goes next", "Take out {}", sheet)
    return (
        f'{picks}<div class="ad-box" style="min-height:{7 + 1.7 * len(puzzle.between):g}em">'
        '<p class="ad-end"></p><p class="ad-why"></p><ol class="ad-log"></ol></div>'
    )


def _table(graph, puzzle: _Puzzle, orders: dict, texts: Sequence[str]) -> str:
    """Without script: what some orders take, and how many orders take least."""
    at = {name: i for i, name in enumerate(puzzle.names)}
    chosen = {
        "forward": puzzle.between,
        "reverse": puzzle.between[::-1],
        "Markowitz rule": tuple(at[name] for name in eliminate(graph).order),
        "best": min(orders, key=orders.get),
        "worst": max(orders, key=orders.get),
    }
    rows = "".join(
        f'<tr><th scope="row">{name}</th><td>{orders[order]}</td><td>{escape(", ".join(texts[i] for i in order))}</td></tr>'
        for name, order in chosen.items()
    )
    least, most = min(orders.values()), max(orders.values())
    return (
        '<div class="ad-lists"><p>To take out a node with p edges in and q edges out costs p · q multiplications.</p>'
        '<table><thead><tr><th scope="col">order</th><th scope="col">cost</th><th scope="col">nodes</th></tr>'
        f"</thead><tbody>{rows}</tbody></table><p>Orders: {len(orders)}. Fewest multiplications: {least}, in "
        f"{list(orders.values()).count(least)} of them. Most: {most}.</p></div>"
    )
