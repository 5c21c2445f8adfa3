"""What each step of a graph says: the formulas of the new node, in symbols and in numbers.

This is the content of a stepper without its form. `forward_frames` tells the story of forward mode;
`reverse_frames`, in its own module, that of reverse mode.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ...core.errors import ArgumentError
from ...core.tree import flatten
from ..formula import notation
from ..formula.outlines import reading

FOLD_ABOVE = 40  # a graph with more nodes than this is drawn as its beginning and its end
_HEAD, _TAIL = 8, 6
BUTTONS = 6  # as many inputs can be chosen among; a function of more starts from its first
LISTED = 8  # elementary operations listed under the bare graph
_SUMMANDS = 6  # terms of one sum written out


@dataclass(frozen=True)
class Piece:
    """A stretch of a formula in one colour: ``role`` is "" or the derivative's ("forward", "reverse")."""

    tex: str
    role: str = ""


Chunk = tuple[Piece, ...]  # pieces that stay on one line
Row = tuple[Chunk, ...]  # chunks between which a line may break


@dataclass(frozen=True)
class Equation:
    """A left-hand side and what it equals, row under row; ``by_seed`` holds rows that depend on the seed."""

    label: str
    left: Chunk
    rows: tuple[Row, ...]
    by_seed: tuple[tuple[Row, ...], ...] = ()


@dataclass(frozen=True)
class Frame:
    """One step: which drawn boxes become done, and what is said."""

    title: str
    boxes: tuple[int, ...]
    equations: tuple[Equation, ...]
    note: str = ""


@dataclass(frozen=True)
class BoxText:
    """A box of the drawing: its name, and beside it the value and, for each seed, the derivative.

    ``kept`` says whether the value is kept for the way back; None where there is none.
    """

    tex: str
    above: str = ""
    below: tuple[str, ...] = ()
    fold: bool = False
    kept: bool | None = None


@dataclass(frozen=True)
class Seed:
    """Where a derivative starts: one tangent an input (one adjoint an output), and where the seed is one 1 among zeros,
    the position of the 1 and the name in TeX of what stands there."""

    tangents: tuple
    tex: str = ""
    position: int | None = None


@dataclass(frozen=True)
class Story:
    """All that a stepper shows: boxes and the boxes they depend on, seeds, and the frames."""

    heading: str
    title: str
    boxes: tuple[BoxText, ...]
    parents: tuple[tuple[int, ...], ...]
    seeds: tuple[Seed, ...]
    frames: tuple[Frame, ...]
    role: str


def forward_frames(graph, tangents: Sequence | None = None) -> Story:
    """Forward mode on ``graph``, told node by node.

    ``tangents`` gives one tangent an input; without it every input's own direction can be chosen. Costs
    one forward sweep a seed.
    """
    seeds = _seeds(graph, tangents)
    kept = fold_nodes(graph)
    box_of, members = box_members(graph, kept)
    sweeps = []
    for seed in seeds:
        steps = {}
        for step in graph.forward(*seed.tangents):
            if step.node.index in kept:
                steps[step.node.index] = step
        sweeps.append(steps)

    inputs = set(graph.inputs)
    texts, parents = [], []
    for box, indices in enumerate(members):
        if indices[0] not in kept:
            texts.append(BoxText(rf"\ldots\ {len(indices)}\ \mathrm{{more\ nodes}}", fold=True))
        else:
            node = graph.nodes[indices[0]]
            below = tuple(notation.short(steps[node.index].tangent) for steps in sweeps)
            texts.append(BoxText(notation.name(node.name), notation.short(node.value), below))
        above = {box_of[p] for i in indices for p in graph.nodes[i].parents} - {box}
        parents.append(tuple(sorted(above)))

    first = [i for i in graph.inputs if i in kept]
    frames = [_bare(graph, kept, members)]
    frames.append(_inputs(graph, first, seeds, sweeps, tuple(box_of[i] for i in first), len(inputs) - len(first)))
    for box, indices in enumerate(members):
        if indices[0] not in kept:
            note = f"The next {len(indices)} nodes are computed in the same way; they are not shown."
            frames.append(Frame(f"{len(indices)} more nodes", (box,), (), note))
        elif indices[0] not in inputs:
            frames.append(_node(graph, graph.nodes[indices[0]], box, seeds, [s[indices[0]] for s in sweeps]))
    return Story(
        f"Forward mode of {graph.name}", graph.name, tuple(texts), tuple(parents), seeds, tuple(frames), "forward"
    )


def fold_nodes(graph) -> frozenset[int]:
    """The nodes that are shown."""
    n = len(graph.nodes)
    if n <= FOLD_ABOVE:
        return frozenset(range(n))
    return frozenset(range(_HEAD)) | frozenset(range(n - _TAIL, n))


def box_members(graph, kept) -> tuple[dict[int, int], list[list[int]]]:
    """The box of each node, and the nodes of each box: one a shown node, one for all the others."""
    members: list[list[int]] = []
    box_of: dict[int, int] = {}
    for i in range(len(graph.nodes)):
        if not members or i in kept or i - 1 in kept:
            members.append([])
        members[-1].append(i)
        box_of[i] = len(members) - 1
    return box_of, members


# Seeds --------------------------------------------------------------------------------------------


def _seeds(graph, tangents) -> tuple[Seed, ...]:
    inputs = [graph.nodes[i] for i in graph.inputs]
    if tangents is not None:
        tangents, _ = flatten(tuple(tangents))
        if len(tangents) != len(inputs):
            names = ", ".join(node.name for node in inputs)
            raise ArgumentError(
                f"the graph of {graph.name} has {len(inputs)} inputs ({names}), but the seed has {len(tangents)} tangents"
            )
        return (given_seed(inputs, tangents),)
    chosen = range(len(inputs)) if len(inputs) <= BUTTONS else range(1)
    if len(graph.nodes) > FOLD_ABOVE:
        chosen = chosen[:2]
    return tuple(unit_seed(inputs, k) for k in chosen) or (Seed(()),)


def unit_seed(nodes, k: int) -> Seed:
    """1, or ones, for node number k, and 0 for the others."""
    start = tuple(_filled(node.value, float(j == k)) for j, node in enumerate(nodes))
    return Seed(start, notation.name(nodes[k].name), None if np.shape(nodes[k].value) else k)


def given_seed(nodes, seeds) -> Seed:
    """The seed that the caller gives."""
    k = _basis(seeds)
    return Seed(tuple(seeds), "" if k is None else notation.name(nodes[k].name), k)


def _filled(value, entry: float):
    shape = np.shape(value)
    if not shape:
        return entry
    dtype = np.asarray(value).dtype
    return np.full(shape, entry, dtype=dtype if dtype.kind == "f" else float)


def _basis(tangents) -> int | None:
    """The position of the only 1 among zeros, or None."""
    if any(np.shape(t) for t in tangents):
        return None
    ones = [k for k, t in enumerate(tangents) if t == 1]
    return ones[0] if len(ones) == 1 and all(t == 0 for k, t in enumerate(tangents) if k != ones[0]) else None


# Frames -------------------------------------------------------------------------------------------


def _bare(graph, kept, members) -> Frame:
    computed = [graph.nodes[m[0]] for m in members if m[0] in kept and m[0] not in graph.inputs]
    equations = tuple(
        Equation("", (Piece(notation.name(node.name)),), (((equals(formula(graph, node))),),)) for node in computed[:LISTED]
    )
    left_out = len(graph.nodes) - len(graph.inputs) - len(equations)
    note = "Every node is one elementary operation on earlier nodes. Numbers are rounded to four decimals."
    if left_out:
        note += f" The first {len(equations)} of them:"
    return Frame("The graph", (), equations, note)


def _inputs(graph, shown, seeds, sweeps, boxes, hidden: int) -> Frame:
    nodes = [graph.nodes[i] for i in shown]
    values = [(Piece(f"{notation.name(node.name)} = {notation.number(node.value)}"),) for node in nodes]
    equations = [Equation("Value", (), (comma_row(values),))] if nodes else []
    rows = []
    for steps in sweeps:
        tangents = [(Piece(f"{_dot(n.name)} = {notation.number(steps[n.index].tangent)}", "forward"),) for n in nodes]
        rows.append((comma_row(tangents),))
    if nodes:
        equations.append(Equation("Seed", (), (), tuple(rows)))
    note = "The inputs have their values; their tangents are the seed."
    if hidden:
        note += f" {hidden} more inputs are not shown."
    return Frame("Inputs", boxes, tuple(equations), note)


def comma_row(chunks: Sequence[Chunk]) -> Row:
    """``a, b, c`` with a break possible after each comma."""
    return tuple((*chunk, Piece(r",\ \ ")) for chunk in chunks[:-1]) + tuple(chunks[-1:])


def _node(graph, node, box, seeds, steps) -> Frame:
    name = notation.name(node.name)
    symbols, numbers = operands_tex(graph, node, False), operands_tex(graph, node, True)
    value_row = [equals(Piece(notation.value(node.op, symbols)))]
    if not any(np.shape(graph.nodes[p].value) for p in node.parents) and not np.shape(node.value):
        value_row.append(equals(Piece(notation.value(node.op, numbers))))
    value_row.append(equals(Piece(notation.number(node.value))))
    value = Equation("Value", (Piece(name),), (tuple(value_row),))

    tangent = Equation(
        "Tangent",
        (Piece(_dot(node.name), "forward"),),
        tuple(_symbolic_rows(graph, node, steps[0].terms, symbols)),
        tuple(_numeric_rows(step) for step in steps),
    )
    equations = [value, tangent]
    if node.index in graph.outputs and not np.shape(node.value) and all(seed.position is not None for seed in seeds):
        results = tuple(
            (((Piece(rf"(\nabla {name})_{{{seed.tex}}}"), *equals(Piece(notation.number(step.tangent), "forward"))),),)
            for seed, step in zip(seeds, steps)
        )
        equations.append(Equation("Result: entry of the gradient", (), (), results))
    return Frame(f"Node {reading(name)}", (box,), tuple(equations))


def _symbolic_rows(graph, node, terms, symbols):
    """The chain rule in general, then with this operation's derivatives."""
    if not terms:
        return
    dots = [Piece(_dot(graph.nodes[t.parent].name), "forward") for t in terms]
    if len({t.parent for t in terms}) == len(terms):
        general = [(Piece(derivative(node.name, graph.nodes[t.parent].name) + r"\,"), d) for t, d in zip(terms, dots)]
        yield sum_row(general)
    if node.op in notation.LINEAR:
        special = []
        for term, dot in zip(terms, dots):
            with_dot = list(symbols)
            if not 0 <= term.operand < len(with_dot):
                return
            with_dot[term.operand] = dot.tex
            special.append((Piece(notation.value(node.op, with_dot), "forward"),))
        yield sum_row(special)
        return
    partials = [notation.partial(node.op, t.operand, symbols, notation.name(node.name)) for t in terms]
    if any(p is None for p in partials):
        return
    many = bool(np.shape(node.value))
    yield sum_row([_product(p, d, elementwise=many) for p, d in zip(partials, dots)])


def _numeric_rows(step) -> tuple[Row, ...]:
    """The chain rule in numbers; of arrays, only what comes out."""
    result = equals(Piece(notation.number(step.tangent), "forward"))
    scalar = not np.shape(step.tangent) and all(
        t.partial is not None and not np.shape(t.partial) and not np.shape(t.tangent) for t in step.terms
    )
    if not step.terms or not scalar:
        return ((result,),)
    products = [
        (
            Piece(leading(notation.number(t.partial))),
            Piece(r"{} \cdot {}"),
            Piece(notation.enclosed(notation.number(t.tangent)), "forward"),
        )
        for t in step.terms
    ]
    return ((*sum_row(products), result),)


def sum_row(summands: Sequence[Chunk]) -> Row:
    """``= a + b + c`` with a break possible before each sign; a long sum keeps its ends."""
    out: list[Chunk] = []
    for k, summand in enumerate(summands):
        if len(summands) > _SUMMANDS and _SUMMANDS - 2 <= k < len(summands) - 1:
            if k == _SUMMANDS - 2:
                out.append((Piece(r"{} + \ldots"),))
            continue
        first, *rest = summand
        if k == 0:
            out.append((Piece("{} = {}"), first, *rest))
        elif first.tex.startswith("-"):
            out.append((Piece("{} - {}"), Piece(first.tex[1:], first.role), *rest))
        else:
            out.append((Piece("{} + {}"), first, *rest))
    return tuple(out)


def _product(partial: str, dot: Piece, *, elementwise: bool) -> Chunk:
    if partial == "1":
        return (dot,)
    if partial == "-1":
        return (Piece("-"), dot)
    return (Piece(partial + (r" \odot " if elementwise else r"\,")), dot)


def leading(tex: str) -> str:
    return f"({tex})" if r"\times 10" in tex else tex


def equals(*pieces: Piece) -> Chunk:
    return (Piece("{} = {}"), *pieces)


def derivative(of: str, by: str) -> str:
    return rf"\dfrac{{\partial {notation.name(of)}}}{{\partial {notation.name(by)}}}"


def _dot(identifier: str) -> str:
    return notation.name(identifier, "dot")


def formula(graph, node) -> Piece:
    return Piece(notation.value(node.op, operands_tex(graph, node, False)))


def operands_tex(graph, node, numeric: bool) -> list[str]:
    """The TeX of a node's operands: their names, or their numbers; constants are numbers in both."""

    def tex(operand) -> str:
        parent = graph.parent_of(operand)
        if parent is None:
            return notation.number(operand)
        return notation.number(parent.value) if numeric else notation.name(parent.name)

    out = [tex(operand) for operand in node.operands]
    if node.op == "getitem":
        out[1] = notation.key(node.operands[1])
    return out
