"""What each step of forward mode says: a node's value and its tangent, by the chain rule over its parents."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ..formula import notation, numbers
from .story import (
    BUTTONS,
    FOLD_ABOVE,
    Chunk,
    Equation,
    Mode,
    Piece,
    Row,
    Step,
    chain_rows,
    comma_row,
    equals,
    from_shown,
    listed,
    local_derivative,
    number_rows,
    operands_tex,
)


class Forward(Mode):
    """Forward mode, told from the inputs on."""

    role = "forward"
    accent = "dot"
    derivative = "tangent"
    end = "input"

    def most_seeds(self) -> int:
        return BUTTONS if len(self.graph.nodes) <= FOLD_ABOVE else 2

    def listed_ends(self) -> str:
        return f" ({', '.join(node.name for node in self.ends)})"

    def ordered(self) -> list[int]:
        inputs = set(self.graph.inputs)
        return [b for b, indices in enumerate(self.boxes) if indices[0] not in inputs or indices[0] not in self.shown]

    def folded(self, count: int) -> str:
        return f"The next {count} nodes are computed in the same way; they are not shown."

    def opening(self) -> list[Step]:
        """The bare graph, and the inputs with their seeds."""
        graph = self.graph
        firsts = [graph.nodes[indices[0]] for indices in self.boxes if indices[0] in self.shown]
        operations = listed(graph, [node for node in firsts if node.index not in graph.inputs], values=False)
        note = "Every node is one elementary operation on earlier nodes. Numbers are rounded to four decimals."
        if len(graph.nodes) - len(graph.inputs) > len(operations):
            note += f" The first {len(operations)} of them:"
        return [Step("The graph", (), operations, note), self._inputs()]

    def _inputs(self) -> Step:
        """The values of the inputs, and for each seed their tangents."""
        nodes = [node for node in self.ends if node.index in self.shown]
        equations = []
        if nodes:
            values = [(Piece(f"{notation.name(n.name)} = {numbers.number(n.value)}"),) for n in nodes]
            equations.append(Equation("Value", (), (comma_row(values),)))
            rows = []
            for steps in self.sweeps:
                tangents = [f"{self.named(n).tex} = {numbers.number(steps[n.index].tangent)}" for n in nodes]
                rows.append((comma_row([(Piece(tex, self.role),) for tex in tangents]),))
            equations.append(Equation("Seed", (), (), tuple(rows)))
        note = "The inputs have their values; their tangents are the seed."
        if len(self.ends) > len(nodes):
            note += f" {len(self.ends) - len(nodes)} more inputs are not shown."
        boxes = [box for box, indices in enumerate(self.boxes) if indices[0] in {node.index for node in nodes}]
        return Step("Inputs", tuple(boxes), tuple(equations), note)

    def node(self, node, steps: Sequence) -> tuple[list[Equation], str]:
        """Value and tangent, in symbols and in numbers; of a result the entry of the gradient."""
        graph, name = self.graph, notation.name(node.name)
        symbols = operands_tex(graph, node, False)
        values = [equals(Piece(notation.value(node.op, symbols)))]
        holds = True
        if node.shape == () and all(graph.nodes[p].shape == () for p in node.parents):
            values.append(equals(Piece(notation.value(node.op, operands_tex(graph, node, True)))))
            holds = numbers.holds(from_shown(graph, node), node.value)
        values.append(equals(Piece(numbers.number(node.value)), holds=holds))
        equations = [
            Equation("Value", (Piece(name),), (tuple(values),)),
            Equation(
                "Tangent",
                (self.named(node),),
                tuple(self._in_symbols(node, steps[0].terms, symbols)),
                tuple(
                    number_rows(
                        step.tangent, [((t.partial, ""), (t.tangent, self.role)) for t in step.terms], self.role
                    )
                    for step in steps
                ),
            ),
        ]
        basis = all(seed.position is not None for seed in self.seeds)
        if node.index in graph.outputs and not node.shape and basis:
            results = tuple(
                (
                    (
                        (
                            Piece(rf"(\nabla {name})_{{{seed.tex}}}"),
                            *equals(Piece(numbers.number(step.tangent), self.role)),
                        ),
                    ),
                )
                for seed, step in zip(self.seeds, steps)
            )
            equations.append(Equation("Result: entry of the gradient", (), (), results))
        return equations, ""

    def _in_symbols(self, node, terms, symbols: list[str]) -> Iterator[Row]:
        if not terms:
            return iter(())
        parents = [self.graph.nodes[t.parent] for t in terms]
        dots = [self.named(parent) for parent in parents]
        general = [(Piece(local_derivative(node.name, p.name) + r"\,"), dot) for p, dot in zip(parents, dots)]
        distinct = len({t.parent for t in terms}) == len(terms)
        return chain_rows(general, self._special(node, terms, symbols, dots), distinct)

    def _special(self, node, terms, symbols: list[str], dots: list[Piece]) -> list[Chunk] | None:
        """The summands with the operation's own derivatives; None where the notation has none."""
        if node.op in notation.LINEAR:
            # The tangent of one operand is the operation with that operand's tangent.
            if not all(0 <= term.operand < len(symbols) for term in terms):
                return None
            with_dot = [
                [dot.tex if k == term.operand else tex for k, tex in enumerate(symbols)]
                for term, dot in zip(terms, dots)
            ]
            return [(Piece(notation.value(node.op, operands), self.role),) for operands in with_dot]
        partials = [notation.partial(node.op, t.operand, symbols, notation.name(node.name)) for t in terms]
        if None in partials:
            return None
        joined = r" \odot " if node.shape else r"\,"
        return [_product(partial, dot, joined) for partial, dot in zip(partials, dots)]


def _product(partial: str, dot: Piece, joined: str) -> Chunk:
    if partial == "1":
        return (dot,)
    if partial == "-1":
        return (Piece("-"), dot)
    return (Piece(partial + joined), dot)
