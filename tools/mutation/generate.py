"""All single changes of meaning of some modules: ``python -m tools.mutation.generate [module ...]``, in ``.venv-mutants``.

The changes are those of mutmut, and four of our own for the kinds that it lacks: a condition that always or never holds, a
call that hands back its argument, a statement left out, a number one less. mutmut's own runner cannot be used: it changes
functions only, and most rules are lambdas in a module; and it puts a frame around each function, which the messages count.

Left out is what has no meaning to a test: docstrings, type hints, the words of messages, `__repr__`, decorators, imports.

Written to stdout as JSON: for each change the file, its place as offsets, what stands there instead, the operator, the
function around it, and the lines of the statement and of that function.
"""

import json
import sys
from pathlib import Path

import libcst as cst
from libcst.metadata import MetadataWrapper, PositionProvider, WhitespaceInclusivePositionProvider
from mutmut.mutation.mutators import mutation_operators

WORDS_ONLY = {"__repr__", "__str__"}
COPIES = {"copy", "astype"}


def condition(node):
    """The branch is always taken, or never: each guard dropped, and each that holds back too much."""
    yield node.test, cst.Name("False")
    yield node.test, cst.Name("True")


def handed_back(node):
    """``f(x, ...)`` becomes x, and ``x.copy()`` too."""
    if isinstance(node.func, cst.Attribute) and node.func.attr.value in COPIES and not ends_in_module(node.func.value):
        yield node, cst.Expr(node.func.value).value
    elif node.args and not node.args[0].star and not node.args[0].keyword:
        yield node, node.args[0].value


def ends_in_module(node):
    return isinstance(node, cst.Name) and node.value in ("np", "math", "_la")


def left_out(node):
    if isinstance(node.value, cst.Call):
        yield node, cst.Pass()


def one_less(node):
    yield node, cst.parse_expression(f"({node.evaluated_value - 1})")


OWN = [
    (cst.If, condition),
    (cst.While, condition),
    (cst.Call, handed_back),
    (cst.Expr, left_out),
    (cst.Integer, one_less),
]


def is_prose(node):
    """A text with a space in it is meant for people."""
    if isinstance(node, cst.SimpleString):
        return " " in node.value
    if isinstance(node, cst.ConcatenatedString):
        return is_prose(node.left) or is_prose(node.right)
    if isinstance(node, cst.FormattedString):
        return any(" " in part.value for part in node.parts if isinstance(part, cst.FormattedStringText))
    return False


def makes_an_error(node):
    name = node.func.attr.value if isinstance(node.func, cst.Attribute) else getattr(node.func, "value", "")
    return isinstance(name, str) and name.endswith(("Error", "Warning"))


class Changes(cst.CSTVisitor):
    """Collects the changes of one module, as dicts."""

    METADATA_DEPENDENCIES = (PositionProvider, WhitespaceInclusivePositionProvider)

    def __init__(self, name, code, module):
        super().__init__()
        self._name, self._code, self._module = name, code, module
        self._starts = [0]
        for line in code.split("\n"):
            self._starts.append(self._starts[-1] + len(line) + 1)
        self._functions, self._statements = [], []
        self.found = {}

    def on_visit(self, node):
        if self._has_no_meaning(node):
            return False
        if isinstance(node, cst.FunctionDef | cst.ClassDef):
            self._functions.append((node.name.value, self._lines(node)))
        if isinstance(node, cst.SimpleStatementLine):
            self._statements.append(self._lines(node))
        for kind, operator in mutation_operators:
            if isinstance(node, kind):
                for changed in operator(node):
                    self._add(operator.__name__.removeprefix("operator_"), node, changed)
        for kind, operator in OWN:
            if isinstance(node, kind):
                for original, changed in operator(node):
                    self._add(operator.__name__, original, changed)
        return True

    def on_leave(self, original_node):
        if self._has_no_meaning(original_node):
            return
        if isinstance(original_node, cst.FunctionDef | cst.ClassDef):
            self._functions.pop()
        if isinstance(original_node, cst.SimpleStatementLine):
            self._statements.pop()

    def _has_no_meaning(self, node):
        return (
            isinstance(node, cst.Annotation | cst.Decorator | cst.Import | cst.ImportFrom | cst.Raise)
            or (isinstance(node, cst.FunctionDef) and node.name.value in WORDS_ONLY)
            or (isinstance(node, cst.Call) and makes_an_error(node))
            or (isinstance(node, cst.Assign) and getattr(node.targets[0].target, "value", "") == "__all__")
            or is_prose(node)
        )

    def _lines(self, node):
        place = self.get_metadata(PositionProvider, node)
        return place.start.line, place.end.line

    def _add(self, operator, original, changed):
        place = self.get_metadata(WhitespaceInclusivePositionProvider, original, None)
        if place is None:
            return
        start = self._starts[place.start.line - 1] + place.start.column
        end = self._starts[place.end.line - 1] + place.end.column
        old, new = self._code[start:end], self._module.code_for_node(changed)
        line = self._code[self._code.rfind("\n", 0, start) + 1 :]
        indent = "\n" + line[: len(line) - len(line.lstrip())]
        if (
            self._module.code_for_node(original).replace("\n", indent) == old
        ):  # libcst writes it as if nothing stood around it
            new = new.replace("\n", indent)
        while old and new and old[0] == new[0]:
            old, new, start = old[1:], new[1:], start + 1
        while old and new and old[-1] == new[-1]:
            old, new, end = old[:-1], new[:-1], end - 1
        if old == new:
            return
        lines = self._lines(original)
        names, around = [name for name, _ in self._functions], [lines for _, lines in self._functions]
        self.found.setdefault(
            (start, end, new),
            {
                "file": self._name,
                "start": start,
                "end": end,
                "new": new,
                "operator": operator,
                "function": ".".join(names),
                "statement": self._statements[-1] if self._statements else lines,
                "around": around[-1] if around else None,
            },
        )


def changes(name, code):
    """The changes of a module, each once."""
    wrapper = MetadataWrapper(cst.parse_module(code), unsafe_skip_copy=True)
    visitor = Changes(name, code, wrapper.module)
    wrapper.visit(visitor)
    return list(visitor.found.values())


if __name__ == "__main__":
    json.dump([change for name in sys.argv[1:] for change in changes(name, Path(name).read_text("utf-8"))], sys.stdout)
