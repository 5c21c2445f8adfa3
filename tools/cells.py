"""Find what the code cells of a notebook store and nothing in it uses.

A name counts when it is stored at the top level of a cell: by an assignment, a definition, an import or a loop. It is used
when this cell or a later one loads it, in functions too. Of a tuple, as in `fig, ax = plt.subplots()`, one name is enough.
A definition that a later cell replaces must be used before that. Names that begin with an underscore are exempt, and so are
the set-up cell and what stands before the first exercise: students use it.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from nbformat import NotebookNode

from tools import numerals

_DEFINITION = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
_OWN_SCOPE = _DEFINITION | ast.Lambda | ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp


def unused(notebook: NotebookNode) -> Iterator[tuple[int, str]]:
    """The cell, counted from 0, and the name, or the names of a tuple, that nothing uses."""
    first_exercise = next((i for i, cell in enumerate(notebook.cells) if "exercise" in cell.metadata), 0)
    code = [
        (i, numerals.parsed(cell.source) or ast.Module([], []))
        for i, cell in enumerate(notebook.cells)
        if cell.cell_type == "code"
    ]
    for position, (index, tree) in enumerate(code):
        if position == 0 or index < first_exercise:
            continue
        for names, defined in dict(_stored(tree)).items():
            if not any(name.startswith("_") for name in names) and not _used(names, defined, code[position:]):
                yield index, ", ".join(names)


def _used(names: tuple[str, ...], defined: bool, code: list[tuple[int, ast.Module]]) -> bool:
    for position, (_, tree) in enumerate(code):
        if position and defined and any(isinstance(n, _DEFINITION) and n.name in names for n in tree.body):
            return False
        if any(isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load) and n.id in names for n in ast.walk(tree)):
            return True
    return False


def _stored(node: ast.AST) -> Iterator[tuple[tuple[str, ...], bool]]:
    """Names that are stored outside of functions and comprehensions, and whether a definition does it."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, _DEFINITION):
            yield (child.name,), True
        elif isinstance(child, ast.alias):
            yield ((child.asname or child.name).split(".")[0],), False
        elif isinstance(child, ast.Name | ast.Tuple | ast.List) and isinstance(child.ctx, ast.Store):
            names = [n.id for n in ast.walk(child) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)]
            if names:  # none in: x[0], y[0] = 1, 2
                yield tuple(names), False
        elif not isinstance(child, _OWN_SCOPE):
            yield from _stored(child)
