"""What each step of reverse mode says: a node's adjoint, the children that report to it, and what that needs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property

from ..formula import notation, numbers
from .story import (
    BUTTONS,
    LISTED,
    Chunk,
    Equation,
    Mode,
    Piece,
    Row,
    Step,
    chain_rows,
    comma_row,
    equals,
    is_array,
    listed,
    local_derivative,
    number_rows,
    operands_tex,
)

_COUNTED = {2: "Two", 3: "Three", 4: "Four"}  # as many children are named


class Reverse(Mode):
    """Reverse mode, told from the results back."""

    role = "reverse"
    accent = "bar"
    derivative = "adjoint"
    end = "output"

    @cached_property
    def kept(self):
        """The nodes whose values are kept for the way back."""
        return self.graph.kept()

    def ordered(self) -> list[int]:
        return list(reversed(range(len(self.boxes))))

    def folded(self, count: int) -> str:
        return f"The {count} nodes between report in the same way; they are not shown."

    def opening(self) -> list[Step]:
        """After the way forward: every value known, and which of them are kept."""
        graph, kept = self.graph, self.kept
        operations = [node for node in graph.nodes if node.index in self.shown and node._rule is not None]
        if len(graph.nodes) <= LISTED + len(graph.inputs):
            names = [
                ", ".join(notation.text_name(node.name) for node in graph.nodes if (node.index in kept) is held)
                for held in (True, False)
            ]
            said = f"Kept for the way back: {names[0] or 'none'}. Free to go: {names[1] or 'none'}."
        else:
            said = f"{len(kept)} of the {len(graph.nodes)} values are kept for the way back."
        equations = listed(graph, operations, values=True)
        return [Step("The way forward is done", (), equations, f"Every value is known. {said}")]

    def node(self, node, steps: Sequence) -> tuple[list[Equation], str]:
        """The adjoint, in symbols and in numbers, what that needs, and with the last node the gradient."""
        equations = [self._adjoint(node, steps), *self._needed(steps[0])]
        if node.index == 0:
            equations += self._gradient()
        return equations, self._who(steps[0])

    def _adjoint(self, node, steps: Sequence) -> Equation:
        seeded = node.index in self.graph.outputs
        in_numbers = tuple(
            number_rows(
                step.adjoint,
                [((t.adjoint, self.role), (t.partial, "")) for t in step.terms],
                self.role,
                self._seed_of(node, seed),
            )
            for step, seed in zip(steps, self.seeds)
        )
        if not steps[0].terms:
            return Equation("Seed" if seeded else "Adjoint", (self.named(node),), (), in_numbers)
        return Equation("Adjoint", (self.named(node),), tuple(self._in_symbols(node, steps[0], seeded)), in_numbers)

    def _seed_of(self, node, seed):
        """What the seed gives to this node, or None where it gives nothing."""
        given = [adjoint for i, adjoint in zip(self.graph.outputs, seed.derivatives) if i == node.index]
        return sum(given[1:], given[0]) if given else None

    def _in_symbols(self, node, step, seeded: bool) -> Iterator[Row]:
        children = [self.graph.nodes[t.child] for t in step.terms]
        bars = [self.named(child) for child in children]
        start = [(Piece(r"\mathrm{seed}", self.role),)] if seeded else []
        general = [(bar, Piece(r"\," + local_derivative(child.name, node.name))) for bar, child in zip(bars, children)]
        partials = []
        for term, child in zip(step.terms, children):
            symbols = operands_tex(self.graph, child, False)
            partials.append(notation.partial(child.op, term.operand, symbols, notation.name(child.name), kept=True))
        special = None
        if None not in partials:
            arrays = [is_array(t.adjoint) for t in step.terms]
            special = start + [_product(*factors) for factors in zip(bars, partials, arrays)]
        return chain_rows(start + general, special, len({t.child for t in step.terms}) == len(step.terms))

    def _needed(self, step) -> list[Equation]:
        """The kept values that the local derivatives of this step need."""
        nodes = self.graph.nodes
        needed = {i for term in step.terms for i in self.graph._kept_by(nodes[term.child], term.operand)}
        if not needed:
            return []
        first = [nodes[i] for i in sorted(needed)[:LISTED]]
        values = [(Piece(f"{notation.name(node.name)} = {numbers.number(node.value)}"),) for node in first]
        return [Equation("Needed for this, and kept", (), (comma_row(values),))]

    def _gradient(self) -> list[Equation]:
        """The adjoints of the inputs, side by side: with the last step they are all known."""
        inputs = [self.graph.nodes[i] for i in self.graph.inputs]
        basis = all(seed.position is not None for seed in self.seeds)
        if len(inputs) > BUTTONS or any(node.shape for node in inputs) or not basis:
            return []
        results = []
        for seed, steps in zip(self.seeds, self.sweeps):
            entries = ",\\ ".join(f"{{{numbers.number(steps[node.index].adjoint)}}}" for node in inputs)
            entries = f"({entries})" if len(inputs) > 1 else entries
            results.append((((Piece(rf"\nabla {seed.tex}"), *equals(Piece(entries, self.role))),),))
        return [Equation("Gradient", (), (), tuple(results))]

    def _who(self, step) -> str:
        """Who reports to this node, in words."""
        seeded = step.node.index in self.graph.outputs
        names = [notation.text_name(self.graph.nodes[i].name) for i in dict.fromkeys(term.child for term in step.terms)]
        if not names:
            return "The way back begins at the result." if seeded else "No node uses it: its adjoint is 0."
        if len(names) == 1:
            note = f"One child reports: {names[0]}" + (", once for each use." if len(step.terms) > 1 else ".")
        elif len(names) in _COUNTED:
            who = f"{', '.join(names[:-1])} and {names[-1]}"
            note = f"{_COUNTED[len(names)]} children report, {who}; their contributions add up."
        else:
            note = f"{len(names)} children report; their contributions add up."
        return note + " The seed is added." * seeded


def _product(bar: Piece, partial: str, elementwise: bool) -> Chunk:
    if elementwise:
        return (bar,) if partial == "1" else (bar, Piece(r" \odot " + notation.enclosed(partial)))
    if notation.is_number(partial) and not partial.startswith("("):
        return (bar, Piece(r"{} \cdot {}" + notation.enclosed(partial)))
    if partial.startswith("-"):
        return (Piece("-"), bar, Piece(r"\," + partial[1:]))
    return (bar, Piece(r"\," + partial))
