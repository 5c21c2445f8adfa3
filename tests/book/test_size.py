"""No module longer than a reader keeps in mind, no function longer than a screen.

The exceptions are those of today. The list may only shrink: what is no longer too long has to leave it.
"""

import ast
import io
import tokenize

import pytest

from tools import ROOT

LINES = 500  # of a module, all counted
CODE = 60  # of a function: without its docstring, comments and blank lines

FOLDERS = ("adlib", "benchmarks", "tools", "tests", "_ext")

EXCEPTIONS = []


def code_lines(source):
    """The numbers of the lines that hold code, blank lines and comments left out."""
    nothing = {tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER}
    tokens = (t for t in tokenize.generate_tokens(io.StringIO(source).readline) if t.type not in nothing)
    return {line for token in tokens for line in range(token.start[0], token.end[0] + 1)}


def functions(tree, outer=""):
    """Pairs of a name, such as `Simulator.do`, and the node of every function that stands in no other."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield outer + node.name, node
        else:
            yield from functions(node, f"{outer}{node.name}." if isinstance(node, ast.ClassDef) else outer)


def docstrings(node):
    """The numbers of the lines of the docstrings of a function and of those inside it."""
    for inner in ast.walk(node):
        if isinstance(inner, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) and ast.get_docstring(inner):
            yield from range(inner.body[0].lineno, inner.body[0].end_lineno + 1)


def too_long(root, folders=FOLDERS):
    """Name of each module, or `module: function`, that is too long -> its length."""
    found = {}
    for path in sorted(path for folder in folders for path in (root / folder).rglob("*.py")):
        source = path.read_text(encoding="utf-8")
        name = path.relative_to(root).as_posix()
        if (length := len(source.splitlines())) > LINES:
            found[name] = length
        lines = code_lines(source)
        for function, node in functions(ast.parse(source)):
            own = lines & set(range(node.lineno, node.end_lineno + 1)) - set(docstrings(node))
            if len(own) > CODE:
                found[f"{name}: {function}"] = len(own)
    return found


def faults(root, exceptions, folders=FOLDERS):
    """What is too long and no exception, and which exceptions are none any more; one line each."""
    found = too_long(root, folders)
    grown = [f"{name} has {length} lines, at most {CODE if ': ' in name else LINES}: split it"
             for name, length in found.items() if name not in exceptions]  # fmt: skip
    shrunk = sorted(set(exceptions) - set(found))
    return grown + [f"{name} is not too long any more: take it off the list" for name in shrunk]


def test_nothing_is_too_long_and_the_list_of_exceptions_only_shrinks():
    assert faults(ROOT, EXCEPTIONS) == []


FUNCTION = 'def f():\n    """One.\n\n    Two.\n    """\n' + "    # why\n\n    x = (1,\n         2)\n" * 30
LONGER = FUNCTION + "    y = 1\n"
METHOD = "class A:\n" + "".join(f"    {line}\n" for line in LONGER.replace("def f", "def g").splitlines())
INNER = "def h():\n    if True:\n        def k():\n            '''Doc.'''\n" + "            x = 1\n" * 58


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("x = 1\n" * LINES, {}),
        ("x = 1\n" * (LINES + 1), {"adlib/one.py": 501}),
        ("# why\n" * (LINES + 1), {"adlib/one.py": 501}),
        (FUNCTION.replace("def f():", "def f(): # 60 lines with this\n").replace("    x = (1,\n         2)\n", "    x = 1\n") + "    x = 1\n" * 29, {}),
        (LONGER, {"adlib/one.py: f": 62}),
        (METHOD, {"adlib/one.py: A.g": 62}),
        (INNER, {"adlib/one.py: h": 61}),
        ("if True:\n" + "".join(f"    {line}\n" for line in LONGER.splitlines()), {"adlib/one.py: f": 62}),
    ],
)  # fmt: skip
def test_what_is_counted(tmp_path, source, found):
    (tmp_path / "adlib").mkdir()
    (tmp_path / "adlib" / "one.py").write_text(source)
    assert too_long(tmp_path) == found


def test_a_new_long_one_and_an_exception_that_is_none_any_more_are_named(tmp_path):
    (tmp_path / "adlib").mkdir()
    (tmp_path / "adlib" / "one.py").write_text("x = 1\n" * (LINES + 1))
    (tmp_path / "adlib" / "two.py").write_text(LONGER)
    assert faults(tmp_path, {"adlib/one.py", "adlib/two.py: f"}) == []
    assert faults(tmp_path, {"adlib/three.py"}) == [
        "adlib/one.py has 501 lines, at most 500: split it",
        "adlib/two.py: f has 62 lines, at most 60: split it",
        "adlib/three.py is not too long any more: take it off the list",
    ]
