"""Find the asserts that nothing can break: the rule `assert` of `tools.lint`.

An assert names a value of the chapter, compares it with something else, and is not content with any result: a tolerance or an
upper bound has a limit. What only a run can tell, whether a changed value breaks an assert, is asked in
`tests/book/sensitivity.py`.
"""

from __future__ import annotations

import ast
import builtins
from collections.abc import Iterator

from tools import numerals

WIDEST = {"rtol": 0.1, "atol": 1.0}  # of a tolerance written as a number
LARGEST = 1e6  # of an upper bound written as a number

_EQUAL = ("allclose", "isclose", "array_equal")


def wrong(source: str) -> Iterator[str]:
    """What is wrong with the asserts of a code cell, one line each."""
    tree = numerals.parsed(source)
    for node in ast.walk(tree) if tree else ():
        if isinstance(node, ast.Assert):
            yield from (f"`{ast.unparse(node)[:70]}` {reason}" for reason in dict.fromkeys(_reasons(node.test, tree)))
        elif isinstance(node, ast.Call) and _name(node.func).startswith("assert_"):
            yield f"`{_name(node.func)}`: write it as an assert, which the tests can weigh"


def _name(function: ast.expr) -> str:
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")


def _reasons(test: ast.expr, tree: ast.Module) -> Iterator[str]:
    modules = {a.asname or a.name for n in ast.walk(tree) if isinstance(n, ast.Import) for a in n.names}
    names = {n.id for n in ast.walk(test) if isinstance(n, ast.Name)} - set(dir(builtins)) - modules - {"np", "jnp"}
    if not names:
        yield "is about no value of the chapter"
    for node in ast.walk(test):
        if isinstance(node, ast.BoolOp) and any(isinstance(value, ast.Constant) for value in node.values):
            yield "has a part that is always the same"
        sides = _sides(node)
        if any(_same(a, b) for a, b in zip(sides, sides[1:], strict=False)):
            yield "compares a thing with itself"
        if isinstance(node, ast.Call) and _name(node.func) == "isinstance" and ast.unparse(node.args[1]) == "object":
            yield "holds for every object"
        if isinstance(node, ast.Compare):
            yield from _bound(node)
        if isinstance(node, ast.keyword) and node.arg in WIDEST:
            width = numerals.constant(node.value)
            if width is not None and width > WIDEST[node.arg]:
                yield f"has the tolerance {node.arg}={width:g}, at most {WIDEST[node.arg]:g}"


def _sides(node: ast.AST) -> list[ast.expr]:
    """What is set side by side in a comparison, a difference, or a call that compares."""
    if isinstance(node, ast.Compare):
        return [node.left, *node.comparators]
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Sub | ast.Div):
        return [node.left, node.right]
    if isinstance(node, ast.Call) and _name(node.func) in _EQUAL:
        return node.args[:2]
    return []


def _same(a: ast.expr, b: ast.expr) -> bool:
    return ast.dump(a) == ast.dump(b)


def _bound(node: ast.Compare) -> Iterator[str]:
    """An upper bound that is larger than anything that is compared."""
    sides = [node.left, *node.comparators]
    for left, op, right in zip(sides, node.ops, sides[1:], strict=False):
        upper = right if isinstance(op, ast.Lt | ast.LtE) else left if isinstance(op, ast.Gt | ast.GtE) else None
        bound = numerals.constant(upper) if upper is not None else None
        if bound is not None and bound >= LARGEST:
            yield f"has the bound {bound:g}, which refuses little"
