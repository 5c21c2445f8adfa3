"""How the package hangs together: what its modules import of each other."""

import ast
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

import adlib

PACKAGE = Path(adlib.__file__).parent

# Imports that stand inside a function, and why they do.
DELAYED = {
    "matplotlib": "figures alone need it, and it takes longer to import than all of adlib",
    "cycler": "comes with matplotlib",
    "IPython": "a notebook has it, and nothing else needs it",
    "matplotlib_inline": "comes with IPython",
    "adlib.viz": "a graph draws itself when it is shown, and the package does not import its drawings",
}


def module_name(path, package=PACKAGE):
    parts = ("adlib", *path.relative_to(package).with_suffix("").parts)
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imports(path, package=PACKAGE):
    """What a module imports, as pairs of a name and whether it stands inside a function."""
    here = module_name(path, package)
    base = here if path.name == "__init__.py" else here.rpartition(".")[0]
    tree = ast.parse(path.read_text(encoding="utf-8"))
    inside = {
        node
        for function in ast.walk(tree)
        if isinstance(function, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda))
        for node in ast.walk(function)
    }
    known = {module_name(p, package) for p in package.rglob("*.py")}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            start = base.rsplit(".", node.level - 1)[0] if node.level else ""
            module = ".".join(part for part in (start, node.module) if part)
            names = [f"{module}.{alias.name}" if f"{module}.{alias.name}" in known else module for alias in node.names]
        else:
            continue
        for name in names:
            yield name, node in inside


def faults(package=PACKAGE, delayed=DELAYED):
    """Circles, and imports inside functions that have no reason."""
    found, graph = [], {}
    for path in sorted(package.rglob("*.py")):
        here = module_name(path, package)
        graph[here] = set()
        for name, inside in imports(path, package):
            if inside and not any(name == d or name.startswith(f"{d}.") for d in delayed):
                found.append(f"{here} imports {name} inside a function")
            if not inside and name.partition(".")[0] == "adlib":
                graph[here].add(name)
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        found.append("a circle: " + " <- ".join(error.args[1]))
    return found


def test_no_circle_and_no_hidden_import():
    assert faults() == []


@pytest.fixture
def small(tmp_path):
    """A package to plant faults in: `small(**modules)` gives its folder."""

    def write(**modules):
        package = tmp_path / "adlib"
        for name, source in {"__init__": "", **modules}.items():
            path = package / f"{name.replace('__in__', '/')}.py"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(source)
        return package

    return write


def test_a_circle_is_found(small):
    package = small(one="from .two import x", two="from . import three", three="import adlib.one")
    (fault,) = faults(package)
    assert fault.startswith("a circle: ") and all(f"adlib.{name}" in fault for name in ("one", "two", "three"))


@pytest.mark.parametrize("source", ["def f():\n    from .two import x", "f = lambda: __import__\ndef g():\n    def h():\n        import adlib.two"])
def test_an_import_inside_a_function_is_found(small, source):
    assert faults(small(one=source, two="")) == ["adlib.one imports adlib.two inside a function"]


def test_a_reason_lets_it_pass(small):
    assert faults(small(one="def f():\n    import matplotlib.pyplot")) == []
