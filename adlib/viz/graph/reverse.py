"""What each step of reverse mode says: a node's adjoint, the children that report to it, and what that needs."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ...core.errors import ArgumentError
from ...core.tree import flatten
from ..formula import notation
from ..formula.outlines import reading
from .story import (
    BUTTONS,
    LISTED,
    BoxText,
    Chunk,
    Equation,
    Frame,
    Piece,
    Row,
    Seed,
    Story,
    box_members,
    comma_row,
    derivative,
    equals,
    fold_nodes,
    formula,
    given_seed,
    leading,
    operands_tex,
    sum_row,
    unit_seed,
)

_NAMED = 4  # as many children are named
_SEED = Piece(r"\mathrm{seed}", "reverse")


def reverse_frames(graph, cotangents: Sequence | None = None) -> Story:
    """Reverse mode on ``graph``, told node by node from the end.

    ``cotangents`` gives one adjoint an output; without it each output's own can be chosen. Costs one
    reverse sweep a seed.
    """
    seeds = _seeds(graph, cotangents)
    shown = fold_nodes(graph)
    box_of, members = box_members(graph, shown)
    sweeps = [{s.node.index: s for s in graph.reverse(*seed.tangents) if s.node.index in shown} for seed in seeds]
    held = graph.kept()

    texts, parents = [], []
    for box, indices in enumerate(members):
        if indices[0] not in shown:
            texts.append(BoxText(rf"\ldots\ {len(indices)}\ \mathrm{{more\ nodes}}", fold=True))
        else:
            node = graph.nodes[indices[0]]
            below = tuple(notation.short(steps[node.index].adjoint) for steps in sweeps)
            texts.append(BoxText(notation.name(node.name), notation.short(node.value), below, kept=node.index in held))
        above = {box_of[p] for i in indices for p in graph.nodes[i].parents} - {box}
        parents.append(tuple(sorted(above)))

    frames = [_start(graph, shown, held)]
    for box, indices in reversed(list(enumerate(members))):
        if indices[0] in shown:
            frames.append(_node(graph, graph.nodes[indices[0]], box, seeds, sweeps))
        else:
            note = f"The {len(indices)} nodes between report in the same way; they are not shown."
            frames.append(Frame(f"{len(indices)} more nodes", (box,), (), note))
    heading = f"Reverse mode of {graph.name}"
    return Story(heading, graph.name, tuple(texts), tuple(parents), seeds, tuple(frames), "reverse")


def _seeds(graph, cotangents) -> tuple[Seed, ...]:
    outputs = [graph.nodes[i] for i in graph.outputs]
    if cotangents is not None:
        cotangents, _ = flatten(tuple(cotangents))
        if len(cotangents) != len(outputs):
            raise ArgumentError(
                f"the graph of {graph.name} has {len(outputs)} outputs, but the seed has {len(cotangents)} adjoints"
            )
        return (given_seed(outputs, cotangents),)
    chosen = range(len(outputs)) if len(outputs) <= BUTTONS else range(1)
    return tuple(unit_seed(outputs, k) for k in chosen) or (Seed(()),)


# Frames -------------------------------------------------------------------------------------------


def _start(graph, shown, held) -> Frame:
    """After the way forward: every value known, and which of them are kept."""
    nodes = [node for node in graph.nodes if node.index in shown and node.op != "input"]
    equations = tuple(
        Equation(
            "",
            (Piece(notation.name(node.name)),),
            ((equals(formula(graph, node)), equals(Piece(notation.number(node.value)))),),
        )
        for node in nodes[:LISTED]
    )
    if len(graph.nodes) <= LISTED + len(graph.inputs):
        kept = [notation.text_name(node.name) for node in graph.nodes if node.index in held]
        free = [notation.text_name(node.name) for node in graph.nodes if node.index not in held]
        said = f"Kept for the way back: {', '.join(kept) or 'none'}. Free to go: {', '.join(free) or 'none'}."
    else:
        said = f"{len(held)} of the {len(graph.nodes)} values are kept for the way back."
    return Frame("The way forward is done", (), equations, f"Every value is known. {said}")


def _node(graph, node, box, seeds, sweeps) -> Frame:
    steps = [steps[node.index] for steps in sweeps]
    equations = [_adjoint(graph, node, seeds, steps), *_needed(graph, steps[0])]
    if node.index == 0:
        equations += _gradient(graph, seeds, sweeps)
    return Frame(f"Node {reading(notation.name(node.name))}", (box,), tuple(equations), _who(graph, steps[0]))


def _gradient(graph, seeds, sweeps) -> list[Equation]:
    """The adjoints of the inputs, side by side: with the last step they are all known."""
    inputs = [graph.nodes[i] for i in graph.inputs]
    if len(inputs) > BUTTONS or any(np.shape(n.value) for n in inputs) or any(s.position is None for s in seeds):
        return []
    results = []
    for seed, steps in zip(seeds, sweeps):
        entries = ",\\ ".join(f"{{{notation.number(steps[n.index].adjoint)}}}" for n in inputs)
        entries = f"({entries})" if len(inputs) > 1 else entries
        results.append((((Piece(rf"\nabla {seed.tex}"), *equals(Piece(entries, "reverse"))),),))
    return [Equation("Gradient", (), (), tuple(results))]


def _who(graph, step) -> str:
    """Who reports to this node, in words."""
    children = [graph.nodes[i] for i in dict.fromkeys(term.child for term in step.terms)]
    if not children:
        if step.node.index in graph.outputs:
            return "The way back begins at the result."
        return "No node uses it: its adjoint is 0."
    names = [notation.text_name(child.name) for child in children]
    if len(children) == 1:
        note = f"One child reports: {names[0]}" + (", once for each use." if len(step.terms) > 1 else ".")
    elif len(children) <= _NAMED:
        note = f"{_count(len(children))} children report, {', '.join(names[:-1])} and {names[-1]}; their contributions add up."
    else:
        note = f"{len(children)} children report; their contributions add up."
    if step.node.index in graph.outputs:
        note += " The seed is added."
    return note


def _count(n: int) -> str:
    return {2: "Two", 3: "Three", 4: "Four"}.get(n, str(n))


def _needed(graph, step) -> list[Equation]:
    """The kept values that the local derivatives of this step need."""
    needed = {i for term in step.terms for i in graph._kept_by(graph.nodes[term.child], term.operand)}
    if not needed:
        return []
    listed = sorted(needed)[:LISTED]
    values = [(Piece(f"{notation.name(graph.nodes[i].name)} = {notation.number(graph.nodes[i].value)}"),) for i in listed]
    return [Equation("Needed for this, and kept", (), (comma_row(values),))]


def _adjoint(graph, node, seeds, steps) -> Equation:
    left = (Piece(_bar(node.name), "reverse"),)
    terms = steps[0].terms
    seeded = node.index in graph.outputs
    numeric = tuple(_numeric_rows(step, _seed_of(graph, node, seed)) for step, seed in zip(steps, seeds))
    if not terms:
        return Equation("Seed" if seeded else "Adjoint", left, (), numeric)
    return Equation("Adjoint", left, tuple(_symbolic_rows(graph, node, terms, seeded)), numeric)


def _seed_of(graph, node, seed):
    """What the seed gives to this node, or None where it gives nothing."""
    given = [t for i, t in zip(graph.outputs, seed.tangents) if i == node.index]
    return sum(given[1:], given[0]) if given else None


def _symbolic_rows(graph, node, terms, seeded):
    """The sum over the children in general, then with their operations' derivatives."""
    start = [(_SEED,)] if seeded else []
    bars = [Piece(_bar(graph.nodes[t.child].name), "reverse") for t in terms]
    if len({t.child for t in terms}) == len(terms):
        general = [
            (bar, Piece(r"\," + derivative(graph.nodes[t.child].name, node.name))) for t, bar in zip(terms, bars)
        ]
        yield sum_row(start + general)
    partials = []
    for t in terms:
        child = graph.nodes[t.child]
        symbols = operands_tex(graph, child, False)
        partials.append(notation.partial(child.op, t.operand, symbols, notation.name(child.name), kept=True))
    if all(p is not None for p in partials):
        arrays = [bool(np.shape(t.adjoint)) for t in terms]
        yield sum_row(start + [_product(bar, p, many) for bar, p, many in zip(bars, partials, arrays)])


def _product(bar: Piece, partial: str, elementwise: bool) -> Chunk:
    if elementwise:
        return (bar,) if partial == "1" else (bar, Piece(r" \odot " + notation.enclosed(partial)))
    if notation.is_number(partial) and not partial.startswith("("):
        return (bar, Piece(r"{} \cdot {}" + notation.enclosed(partial)))
    if partial.startswith("-"):
        return (Piece("-"), bar, Piece(r"\," + partial[1:]))
    return (bar, Piece(r"\," + partial))


def _numeric_rows(step, seed) -> tuple[Row, ...]:
    """The same sum in numbers; of arrays, only what comes out."""
    result = equals(Piece(notation.number(step.adjoint), "reverse"))
    scalar = not np.shape(step.adjoint) and all(
        t.partial is not None and not np.shape(t.partial) and not np.shape(t.adjoint) for t in step.terms
    )
    if not step.terms or not scalar:
        return ((result,),)
    products = [
        (
            Piece(leading(notation.number(t.adjoint)), "reverse"),
            Piece(r"{} \cdot {}"),
            Piece(notation.enclosed(notation.number(t.partial))),
        )
        for t in step.terms
    ]
    if seed is not None:
        products.insert(0, (Piece(notation.number(seed), "reverse"),))
    return ((*sum_row(products), result),)


def _bar(identifier: str) -> str:
    return notation.name(identifier, "bar")
