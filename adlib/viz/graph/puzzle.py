"""The order puzzle: the reader picks which node reports next, and sees the number that comes of it.

Python computes the local derivatives, the right gradient and one telling wrong order; the script
in the page only multiplies and adds. Without script a right and a wrong order stand as lists.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape

import numpy as np

from ...core.errors import ArgumentError
from ..formula import notation
from ..formula.numbers import holds, plain, shown
from ..formula.outlines import Sheet
from ..formula.words import reading
from ..widget import Widget, page
from .drawing import NAME, RADIUS, WIDTH, centred, edge_markup, in_words, node_shape, px, view
from .layout import Size, layout, tenths
from .picks import SCRIPTS, STYLES, buttons, target

MOST = 10  # operations: as many buttons as can be taken in
_LABEL = 21.0  # half the width of an adjoint under its node


@dataclass(frozen=True)
class _Puzzle:
    """The nodes that lead to the result, renumbered in order; each sends (parent, local derivative)."""

    names: tuple[str, ...]
    sends: tuple[tuple[tuple[int, float], ...], ...]
    children: tuple[tuple[int, ...], ...]
    inputs: tuple[int, ...]
    order: tuple[int, ...]  # the operations, the last first: a right order

    def run(self, order: Iterable[int]) -> list[float]:
        """The adjoints when the nodes report in this order, each once, with what they have by then."""
        adjoints = [0.0] * len(self.names)
        adjoints[-1] = 1.0
        for i in order:
            for parent, partial in self.sends[i]:
                adjoints[parent] += adjoints[i] * partial
        return adjoints

    def gradient(self, order: Iterable[int]) -> list[float]:
        adjoints = self.run(order)
        return [adjoints[i] for i in self.inputs]

    def telling_order(self) -> tuple[int, ...] | None:
        """A wrong order with a wrong gradient: one node reports right after the first of its children."""
        right = _shown(self.gradient(self.order))
        for node in self.order:
            rest = [i for i in self.order if i != node]
            places = [rest.index(c) for c in self.children[node]]
            if len(places) > 1:
                at = min(places) + 1
                order = (*rest[:at], node, *rest[at:])
                if _shown(self.gradient(order)) != right:
                    return order
        # Without fan-out it takes a node that reports before its only child.
        for first in self.order[1:]:
            order = (first, *(i for i in self.order if i != first))
            if _shown(self.gradient(order)) != right:
                return order
        return None


class Puzzle(Widget):
    """The order puzzle of a graph, for a notebook to show; ``Graph.puzzle`` makes it.

    Parameters
    ----------
    graph : Graph

    Raises
    ------
    ArgumentError
        At once, as `puzzle_html` does.

    Examples
    --------
    >>> import adlib
    >>> adlib.viz.Puzzle(adlib.make_graph(lambda x: x * x)(3.0))
    <order puzzle of y: y>
    """

    def __init__(self, graph) -> None:
        self._html = puzzle_html(graph)
        puzzle = _read(graph)
        self._title = f"order puzzle of {graph.name}: {', '.join(puzzle.names[i] for i in reversed(puzzle.order))}"


def puzzle_html(graph) -> str:
    """Reverse mode with the order left to the reader, as a piece of a page.

    The reader picks which node reports next; a node that reports before all its children sends an
    incomplete number, and the wrong gradient that comes of it is shown beside the right one. It needs
    no network, no library and no running Python. Without script it shows a right and a wrong order.

    Parameters
    ----------
    graph : Graph
        Of scalars, with one result and at most ten operations.

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
    Costs one reverse sweep and some milliseconds a node. Nodes on which the result does not depend are left out.

    Examples
    --------
    >>> import adlib
    >>> graph = adlib.make_graph(lambda x, y: x * y + x)(2.0, 3.0)
    >>> "A right order" in puzzle_html(graph)
    True
    """
    puzzle = _read(graph)
    right = puzzle.gradient(puzzle.order)
    texts = [notation.text_name(name) for name in puzzle.names]
    data = {
        "nodes": [
            {"name": text, "sends": sends, "children": children}
            for text, sends, children in zip(texts, puzzle.sends, puzzle.children)
        ],
        "out": len(texts) - 1,
        "inputs": puzzle.inputs,
        "order": puzzle.order,
        "grad": f"∇{notation.text_name(graph.name)}",
        "right": right,
    }
    packed = escape(json.dumps(data, separators=(",", ":"), ensure_ascii=False), quote=False).replace("'", "&#39;")
    return page(
        "ad-puzzle",
        f"Reverse mode of {graph.name}: in which order?",
        lambda sheet: _body(graph, puzzle, texts, sheet),
        styles=[*STYLES, "graph/reverse.css", "graph/puzzle.css"],
        scripts=[*SCRIPTS, "graph/puzzle.js"],
        classes=" ad-picks ad-rev",
        data=f" data-graph='{packed}'",  # JSON has many double quotes
    )


def _read(graph) -> _Puzzle:
    """The puzzle of a graph: its live nodes, their local derivatives as numbers, and a right order."""
    if len(graph.outputs) != 1:
        raise ArgumentError(f"the order puzzle needs one result, but {graph.name} has {len(graph.outputs)}")
    (out,) = graph.outputs
    live = {out}
    for node in reversed(graph.nodes):
        if node.index in live:
            live |= set(node.parents)
    live |= set(graph.inputs)
    nodes = [node for node in graph.nodes if node.index in live]
    operations = [node for node in nodes if node._rule is not None]
    for node in nodes:
        if node.shape != ():
            held = f"shape {node.shape}" if node.shape else "several results"
            raise ArgumentError(
                f"the order puzzle is for graphs of scalars, but {node.name} in {graph.name} "
                f"has {held}; choose a function of scalars"
            )
    if not 1 <= len(operations) <= MOST:
        raise ArgumentError(
            f"the order puzzle is for 1 to {MOST} operations, but {graph.name} has {len(operations)}; "
            "choose a shorter function"
        )
    at = {node.index: k for k, node in enumerate(nodes)}
    sends: list[list[tuple[int, float]]] = [[] for _ in nodes]
    adjoints = {}
    for step in graph.reverse():
        adjoints[step.node.index] = float(step.adjoint)
        if step.node.index not in live:
            continue
        for term in step.terms:
            if term.child in live:
                if term.partial is None or not np.isfinite(term.partial):
                    raise ArgumentError(
                        f"the order puzzle needs a finite local derivative of {graph.nodes[term.child].name} "
                        f"by {step.node.name} in {graph.name}; choose another point or function"
                    )
                sends[at[term.child]].append((at[step.node.index], float(term.partial)))
    children = [tuple(at[c] for c in graph.children(node.index) if c in live) for node in nodes]
    puzzle = _Puzzle(
        names=tuple(node.name for node in nodes),
        sends=tuple(tuple(sorted(s)) for s in sends),
        children=tuple(children),
        inputs=tuple(at[i] for i in graph.inputs),
        order=tuple(at[node.index] for node in reversed(operations)),
    )
    right = puzzle.run(puzzle.order)
    expected = [adjoints[node.index] for node in nodes]
    if not np.allclose(right, expected, rtol=1e-9, atol=1e-300):
        raise AssertionError(f"the puzzle gives the adjoints {right}, reverse mode gives {expected}")
    return puzzle


# The page -----------------------------------------------------------------------------------------


def _body(graph, puzzle: _Puzzle, texts: Sequence[str], sheet: Sheet) -> str:
    picks = buttons({i: puzzle.names[i] for i in puzzle.order}, "Who reports next", "{} reports", sheet)
    return (
        f"{_graph(graph, puzzle, sheet)}{picks}"
        f'<div class="ad-box" style="min-height:{4 + 2 * len(puzzle.order)}em">'
        f'<p class="ad-end"></p><p class="ad-why"></p><ol class="ad-log"></ol></div>{_lists(graph, puzzle, texts)}'
    )


def _graph(graph, puzzle: _Puzzle, sheet: Sheet) -> str:
    """The drawing; numbers that change are text, which the script writes."""
    names = [notation.name(name) for name in puzzle.names]
    parents: list[list[int]] = [[] for _ in names]
    for child, sends in enumerate(puzzle.sends):
        parents[child] = sorted({parent for parent, _ in sends})
    halves = [max(RADIUS, px(name, NAME) / 2 + 7) for name in names]
    sizes = [Size(half, RADIUS, max(half, _LABEL) + 1, RADIUS + 21, RADIUS + 21) for half in halves]
    drawing = layout(parents, sizes, width=WIDTH)
    adjoints = puzzle.run(puzzle.order)

    parts = [
        f'<g data-e="{p} {c}">{edge_markup(edge, back=True)}</g>' for (p, c), edge in sorted(drawing.edges.items())
    ]
    for i, name in enumerate(names):
        x, y = drawing.centres[i]
        hit = target(x, y, max(halves[i], _LABEL)) if i in puzzle.order else ""
        parts.append(
            f'<g class="{"ad-k" if i in puzzle.order else "ad-k ad-in"}" data-i="{i}">{hit}{node_shape(x, y, halves[i], RADIUS)}'
            f"{centred(sheet, name, x, y, NAME, middle=True)}"
            f'<text class="ad-t" x="{tenths(x)}" y="{tenths(y - RADIUS - 7)}"></text>'
            f'<text class="ad-r" x="{tenths(x)}" y="{tenths(y + RADIUS + 16)}">{plain(adjoints[i])}</text></g>'
        )
    words = in_words(graph.name, [reading(name) for name in names], parents)
    return view(drawing, "".join(parts), words)


def _lists(graph, puzzle: _Puzzle, texts: Sequence[str]) -> str:
    """Without script: a right order, and a wrong one with its wrong number."""
    of = escape(f"∇{notation.text_name(graph.name)}")
    right = _shown(puzzle.gradient(puzzle.order))
    out = f"<p>A right order: every node reports after all its children.</p>{_list(puzzle, puzzle.order, texts)}"
    out += f"<p>The gradient: {of} = {right}.</p>"
    wrong = puzzle.telling_order()
    if wrong:
        out += f"<p>A wrong order:</p>{_list(puzzle, wrong, texts)}"
        out += f"<p>It gives {_shown(puzzle.gradient(wrong))} instead of {right}.</p>"
    return f'<div class="ad-lists">{out}</div>'


def _list(puzzle: _Puzzle, order: Sequence[int], texts: Sequence[str]) -> str:
    """What each node sends in this order, and whom it has not waited for."""
    adjoints = puzzle.run(())
    said: set[int] = set()
    items = []
    for i in order:
        waiting = [texts[c] for c in puzzle.children[i] if c not in said]
        sent = []
        for parent, partial in puzzle.sends[i]:
            adjoints[parent] += adjoints[i] * partial
            sign = "=" if holds(shown(adjoints[i]) * shown(partial), adjoints[i] * partial) else "≈"
            product = f"{_factor(adjoints[i])} · {_factor(partial)} {sign} {plain(adjoints[i] * partial)}"
            sent.append(f"{product} to {texts[parent]}")
        said.add(i)
        early = f" Too early: {', '.join(waiting)} not yet heard." if waiting else ""
        items.append(
            f"<li>{escape(f'{texts[i]} has {plain(adjoints[i])} and sends ' + '; '.join(sent) + '.' + early)}</li>"
        )
    return f"<ol>{''.join(items)}</ol>"


def _factor(value: float) -> str:
    text = plain(value)
    return f"({text})" if value < 0 else text


def _shown(gradient: Sequence[float]) -> str:
    entries = [plain(entry) for entry in gradient]
    return f"({', '.join(entries)})" if len(entries) > 1 else entries[0]
