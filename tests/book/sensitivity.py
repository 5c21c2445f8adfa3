"""Run a chapter, and say of every comparison in its asserts which change of a compared value breaks it.

    python sensitivity.py chapter.ipynb > findings.json

An assert is worth what it refuses. So each comparison is evaluated again with one of the chapter's values in it changed: by
a factor, by a missing end, or into another of its values. It is changed wherever it occurs, so that a comparison of a thing
with itself holds on. A tautology is broken by nothing, a tolerance that is far too wide by none of the factors.
"""

import ast
import builtins
import copy
import io
import json
import sys
import warnings
from collections.abc import Iterator
from contextlib import redirect_stdout
from itertools import chain, permutations
from types import ModuleType

import nbformat
import numpy as np

EQUAL = (1.1, -1.0)  # what two equal values may not differ by
UNEQUAL = (0.5, 2.0)  # what makes equal what an assert says to be different
BOUNDS = (1000.0, 0.001, 0.0, -1.0)  # what takes a value beyond a bound


def asserts(cell: str) -> list[ast.Assert]:
    """The asserts of a cell in their order."""
    found = [node for node in ast.walk(ast.parse(cell)) if isinstance(node, ast.Assert)]
    return sorted(found, key=lambda node: node.lineno)


def comparisons(test: ast.expr) -> Iterator[ast.expr]:
    """What an assert asserts at once, one by one: the parts of an `and`, the links of a chain."""
    if isinstance(test, ast.BoolOp) and isinstance(test.op, ast.And):
        for value in test.values:
            yield from comparisons(value)
    elif isinstance(test, ast.BinOp) and isinstance(test.op, ast.BitAnd):
        yield from comparisons(test.left)
        yield from comparisons(test.right)
    elif isinstance(test, ast.Compare) and len(test.ops) > 1:
        sides = [test.left, *test.comparators]
        for left, op, right in zip(sides, test.ops, sides[1:], strict=False):
            if not (isinstance(left, ast.Constant) and isinstance(right, ast.Constant)):  # a gap between two bounds
                yield ast.Compare(left, [op], [right])
    elif isinstance(test, ast.Call) and ast.unparse(test.func) in ("all", "np.all"):
        (over,) = test.args
        for part in comparisons(over.elt if isinstance(over, ast.GeneratorExp) else over):
            each = ast.GeneratorExp(part, over.generators) if isinstance(over, ast.GeneratorExp) else part
            yield ast.Call(test.func, [each], [])
    else:
        yield test


def _root(node: ast.expr) -> ast.expr:
    while isinstance(node, ast.Attribute | ast.Subscript | ast.Call):
        node = node.func if isinstance(node, ast.Call) else node.value
    return node


def values_in(test: ast.expr, names: dict) -> list[str]:
    """The expressions in a comparison that come from the chapter: a name, what hangs on it, a call of it."""
    found = {}
    called = {id(node.func) for node in ast.walk(test) if isinstance(node, ast.Call)}
    for node in ast.walk(test):
        if not isinstance(node, ast.Name | ast.Attribute | ast.Subscript | ast.Call) or id(node) in called:
            continue
        root = _root(node)
        if isinstance(root, ast.Name) and not (hasattr(builtins, root.id) or _foreign(names.get(root.id))):
            found[ast.unparse(node)] = None
    return list(found)


def _foreign(value: object) -> bool:
    return isinstance(value, ModuleType) and value.__name__ != "adlib"


def scaled(value: object, factor: float) -> object:
    """A value changed by a factor, all its numbers; a zero becomes what the factor adds to one."""
    if isinstance(value, bool | int | float | complex) or hasattr(value, "dtype"):
        value = np.asarray(value)
        if value.dtype.kind == "b":
            return value
        return np.where(value == 0, factor - 1, value * factor if factor else 0.0)[()]
    if isinstance(value, dict):
        return {key: scaled(part, factor) for key, part in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return type(value)(scaled(part, factor) for part in value)
    if isinstance(value, str):
        return value + "?"
    return value


def one_scaled(value: object) -> object:
    """A list or an array with its first entry alone taken beyond a bound."""
    first, *rest = _listed(value)
    changed = [scaled(first, BOUNDS[0]), *rest]
    return np.array(changed) if hasattr(value, "dtype") else changed


def cut(value: object) -> object:
    """A list without its end."""
    return _listed(value)[:-1]


def _listed(value: object) -> object:
    if not isinstance(value, list | tuple | np.ndarray):
        raise TypeError(f"no list: {value!r}")
    return value


class _Change(ast.NodeTransformer):
    """Put another expression in the place of every occurrence of one value."""

    def __init__(self, value: str, instead: str):
        self.value, self.instead = value, ast.parse(instead, mode="eval").body

    def visit(self, node: ast.AST) -> ast.AST:
        stored = isinstance(getattr(node, "ctx", None), ast.Store)
        if isinstance(node, ast.expr) and not stored and ast.unparse(node) == self.value:
            return self.instead
        return self.generic_visit(node)


def changes(test: ast.expr, names: dict) -> Iterator[tuple[str, str]]:
    """What each value of a comparison is changed into, the likeliest to break it first."""
    values = values_in(test, names)
    equal = isinstance(test, ast.Compare) and isinstance(test.ops[0], ast.Eq)
    equal |= isinstance(test, ast.Call) and ast.unparse(test.func) in ("np.allclose", "np.isclose", "np.array_equal")
    for factor in EQUAL if equal else UNEQUAL if isinstance(test, ast.UnaryOp) else BOUNDS:
        yield from ((value, f"__scaled__({value}, {factor})") for value in values)
    yield from ((value, f"__one_scaled__({value})") for value in values)
    yield from ((value, f"__cut__({value})") for value in values)
    yield from permutations(values, 2)


def broken_by(test: ast.expr, names: dict) -> str | None:
    """The first change that breaks a comparison that holds; None when none does."""
    for value, instead in changes(test, names):
        changed = ast.Expression(_Change(value, instead).visit(copy.deepcopy(test)))
        code = compile(ast.fix_missing_locations(changed), "<assert>", "eval")
        try:
            if not eval(code, {**names, "__scaled__": scaled, "__one_scaled__": one_scaled, "__cut__": cut}):
                return instead
        except Exception:  # a value that makes no sense, such as an index of 1.5, breaks the program and not the assert
            continue
    return None


class _Probe(ast.NodeTransformer):
    """Put behind each assert a call that looks what breaks it."""

    def __init__(self):
        self.count = -1

    def visit_Assert(self, node: ast.Assert) -> list[ast.stmt]:
        self.count += 1
        call = ast.parse(f"__probe__({self.count}, {{**globals(), **locals()}})").body
        return [node, *call]


def weighed(source: str, names: dict) -> list[dict]:
    """Run a cell, and look at each of its asserts the first time that it holds: at its comparisons, and what breaks them."""
    known, seen = asserts(source), {}

    def probe(k: int, there: dict) -> None:
        if k not in seen:
            seen[k] = [{"says": ast.unparse(test), "by": broken_by(test, there)} for test in comparisons(known[k].test)]

    names["__probe__"] = probe
    exec(compile(ast.fix_missing_locations(_Probe().visit(ast.parse(source))), "<chapter>", "exec"), names)
    first = source.partition("\n")[0]
    never = [{"says": ast.unparse(test), "by": None} for k, test in enumerate(known) if k not in seen]
    return [{"cell": first, **finding} for finding in [*chain(*seen.values()), *never]]


def findings(chapter: str) -> list[dict]:
    """For each comparison in the asserts of a chapter: the cell's first line, what it says, what breaks it."""
    names = {"__name__": "__main__"}
    cells = [c.source for c in nbformat.read(chapter, 4).cells if c.cell_type == "code"][1:]  # the first sets Colab up
    return [finding for source in cells for finding in weighed(source, names)]


if __name__ == "__main__":
    import matplotlib

    matplotlib.use("agg")
    warnings.simplefilter("ignore")  # figures cannot be shown here
    with redirect_stdout(io.StringIO()):  # what the cells print is not the result
        result = findings(sys.argv[1])
    json.dump(result, sys.stdout, ensure_ascii=False)
