"""What each step of a graph says: the formulas of the new node, in symbols and in numbers.

This is the content of a stepper without its form, and what the stories of both modes have in common: `tell` goes
through the nodes in the order of a `Mode`, which says what is told of each. The modes stand in `forward` and `reverse`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ...core.errors import ArgumentError
from ...core.tree import flatten
from ..formula import notation, numbers
from ..formula.words import reading

FOLD_ABOVE = 40  # a graph with more nodes than this is drawn as its beginning and its end
_HEAD, _TAIL = 8, 6
BUTTONS = 6  # as many seeds can be chosen among; a function of more starts from its first
LISTED = 8  # nodes listed in one step
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
class Step:
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

    derivatives: tuple
    tex: str = ""
    position: int | None = None


@dataclass(frozen=True)
class Story:
    """All that a stepper shows: boxes and the boxes they depend on, seeds, and the steps."""

    heading: str
    title: str
    boxes: tuple[BoxText, ...]
    parents: tuple[tuple[int, ...], ...]
    seeds: tuple[Seed, ...]
    steps: tuple[Step, ...]
    role: str


class Mode:
    """A mode of differentiation on one graph, as its story needs it.

    ``role`` names it, its colour and the graph's method that sweeps; ``accent`` stands over its derivatives,
    ``derivative`` is their name and ``end`` where they start; ``kept`` are the nodes whose values it keeps, if it does.
    A mode has `opening`, the steps before those of single nodes, `ordered`, the boxes in its order, `node`, what is
    said of one node, and `folded`, the note for those left out.
    """

    role: str
    accent: str
    derivative: str
    end: str
    kept = None

    def __init__(self, graph, given: Sequence | None) -> None:
        self.graph = graph
        self.ends = [graph.nodes[i] for i in getattr(graph, f"{self.end}s")]
        self.seeds = self._seeds(given)
        n = len(graph.nodes)
        self.shown = frozenset(i for i in range(n) if n <= FOLD_ABOVE or i < _HEAD or i >= n - _TAIL)

    @cached_property
    def sweeps(self) -> list[dict]:
        """For each seed the steps of the shown nodes."""
        found = (getattr(self.graph, self.role)(*seed.derivatives) for seed in self.seeds)
        return [{step.node.index: step for step in steps if step.node.index in self.shown} for steps in found]

    @cached_property
    def boxes(self) -> list[list[int]]:
        """The nodes of each box: one a shown node, one for all that lie between."""
        boxes: list[list[int]] = []
        for i in range(len(self.graph.nodes)):
            if not boxes or i in self.shown or i - 1 in self.shown:
                boxes.append([])
            boxes[-1].append(i)
        return boxes

    def box_text(self, node) -> BoxText:
        below = tuple(numbers.short(getattr(steps[node.index], self.derivative)) for steps in self.sweeps)
        kept = None if self.kept is None else node.index in self.kept
        return BoxText(notation.name(node.name), numbers.short(node.value), below, kept=kept)

    def named(self, node) -> Piece:
        """The derivative of a node by its name."""
        return Piece(notation.name(node.name, self.accent), self.role)

    def _seeds(self, given: Sequence | None) -> tuple[Seed, ...]:
        if given is None:
            count = len(self.ends) if len(self.ends) <= BUTTONS else 1
            return tuple(self._unit_seed(k) for k in range(min(count, self.most_seeds()))) or (Seed(()),)
        given, _ = flatten(tuple(given))
        if len(given) != len(self.ends):
            raise ArgumentError(
                f"the graph of {self.graph.name} has {len(self.ends)} {self.end}s{self.listed_ends()}, "
                f"but the seed has {len(given)} {self.derivative}s"
            )
        k = _only_one(given)
        return (Seed(tuple(given), "" if k is None else notation.name(self.ends[k].name), k),)

    def most_seeds(self) -> int:
        return BUTTONS

    def listed_ends(self) -> str:
        return ""

    def _unit_seed(self, k: int) -> Seed:
        """1, or ones, for end number k, and 0 for the others."""
        start = tuple(_filled(node.value, float(j == k)) for j, node in enumerate(self.ends))
        return Seed(start, notation.name(self.ends[k].name), None if np.shape(self.ends[k].value) else k)


def tell(mode: Mode) -> Story:
    """The story of a mode, node by node. Costs one sweep a seed."""
    graph = mode.graph
    box_of = {i: box for box, indices in enumerate(mode.boxes) for i in indices}
    texts, parents = [], []
    for box, indices in enumerate(mode.boxes):
        if indices[0] in mode.shown:
            texts.append(mode.box_text(graph.nodes[indices[0]]))
        else:
            texts.append(BoxText(rf"\ldots\ {len(indices)}\ \mathrm{{more\ nodes}}", fold=True))
        above = {box_of[p] for i in indices for p in graph.nodes[i].parents} - {box}
        parents.append(tuple(sorted(above)))

    steps = mode.opening()
    for box in mode.ordered():
        first, count = mode.boxes[box][0], len(mode.boxes[box])
        if first in mode.shown:
            node = graph.nodes[first]
            equations, note = mode.node(node, [sweep[first] for sweep in mode.sweeps])
            steps.append(Step(f"Node {reading(notation.name(node.name))}", (box,), tuple(equations), note))
        else:
            steps.append(Step(f"{count} more nodes", (box,), (), mode.folded(count)))
    heading = f"{mode.role.capitalize()} mode of {graph.name}"
    return Story(heading, graph.name, tuple(texts), tuple(parents), mode.seeds, tuple(steps), mode.role)


def _filled(value, entry: float):
    shape = np.shape(value)
    if not shape:
        return entry
    dtype = np.asarray(value).dtype
    return np.full(shape, entry, dtype=dtype if dtype.kind == "f" else float)


def _only_one(seeds) -> int | None:
    """The position of the only 1 among zeros, or None."""
    if any(np.shape(t) for t in seeds):
        return None
    ones = [k for k, t in enumerate(seeds) if t == 1]
    return ones[0] if len(ones) == 1 and all(t == 0 for k, t in enumerate(seeds) if k != ones[0]) else None


# Rows ---------------------------------------------------------------------------------------------


def equals(*pieces: Piece, holds: bool = True) -> Chunk:
    """``= a``; ``≈ a`` where the numbers as they are shown do not give ``a``."""
    return (Piece("{} = {}" if holds else r"{} \approx {}"), *pieces)


def comma_row(chunks: Sequence[Chunk]) -> Row:
    """``a, b, c`` with a break possible after each comma."""
    return tuple((*chunk, Piece(r",\ \ ")) for chunk in chunks[:-1]) + tuple(chunks[-1:])


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


def is_array(value) -> bool:
    """Whether a value or an adjoint is no single number: an array, or those of several results."""
    return isinstance(value, (tuple, list)) or np.shape(value) != ()


def number_rows(result, factors: Sequence[tuple[tuple, tuple]], role: str, seed=None) -> tuple[Row, ...]:
    """``= a b + c d = result`` in numbers; of arrays, only what comes out.

    Each of ``factors`` is two pairs of a number and its role; ``seed`` is a first summand.
    """
    entries = [result, *(value for product in factors for value, _ in product)]
    if not factors or any(value is None or is_array(value) for value in entries):
        return ((equals(Piece(numbers.number(result), role)),),)
    summands = [
        (
            Piece(notation.leading(numbers.number(a)), role_a),
            Piece(r"{} \cdot {}"),
            Piece(notation.enclosed(numbers.number(b)), role_b),
        )
        for (a, role_a), (b, role_b) in factors
    ]
    if seed is not None:
        summands.insert(0, (Piece(numbers.number(seed), role),))
    total = sum(numbers.shown(a) * numbers.shown(b) for (a, _), (b, _) in factors)
    total += 0 if seed is None else numbers.shown(seed)
    return ((*sum_row(summands), equals(Piece(numbers.number(result), role), holds=numbers.holds(total, result))),)


def chain_rows(general: Sequence[Chunk], special: Sequence[Chunk] | None, distinct: bool) -> Iterator[Row]:
    """The chain rule in general, then with the operations' own derivatives where these are known.

    In general only when no two terms have the same name: the names would mislead.
    """
    if distinct:
        yield sum_row(general)
    if special is not None:
        yield sum_row(special)


def local_derivative(of: str, by: str) -> str:
    return rf"\dfrac{{\partial {notation.name(of)}}}{{\partial {notation.name(by)}}}"


def listed(graph, nodes, *, values: bool) -> tuple[Equation, ...]:
    """Nodes by their formulas, and by their values if wanted."""
    return tuple(
        Equation(
            "",
            (Piece(notation.name(node.name)),),
            (
                (
                    equals(Piece(notation.value(node.op, operands_tex(graph, node, False)))),
                    *([equals(Piece(numbers.number(node.value)))] if values else []),
                ),
            ),
        )
        for node in nodes[:LISTED]
    )


def from_shown(graph, node) -> float:
    """The value of a node of single numbers, computed from its operands as they are shown."""
    operands = [numbers.shown(x) if isinstance(x, (float, np.floating)) else x for x in graph.operand_values(node)]
    with np.errstate(all="ignore"):
        return float(node._call(*operands, **node._kwargs))


def operands_tex(graph, node, numeric: bool) -> list[str]:
    """The TeX of a node's operands: their names, or their numbers; constants are numbers in both."""

    def tex(operand) -> str:
        parent = graph.parent_of(operand)
        if parent is None:
            return numbers.number(operand)
        return numbers.number(parent.value) if numeric else notation.name(parent.name)

    out = [tex(operand) for operand in node.operands]
    if node.op == "getitem":
        out[1] = notation.key(node.operands[1])
    return out
