"""How the package hangs together: what its modules import of each other, and how far it is from a call to a rule."""

import ast
import sys
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import numpy as np
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

# From the ground up: a folder imports what stands before it, and never what stands after it.
LAYERS = (
    *("core", "modes", "rules", "graph", "programs", "structure"),
    *("randomised", "zero_order", "examination", "schedules", "memory", "data", "optimize"),
    *("viz", "exercises"),
)


def layer(name):
    """The position of a module's folder; the package itself, which gathers all public names, stands on top."""
    parts = name.split(".")
    return LAYERS.index(parts[1]) if len(parts) > 1 else len(LAYERS)


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


def faults(package=PACKAGE):
    """Circles, imports that run upwards, and imports inside functions that have no reason."""
    found, graph = [], {}
    for path in sorted(package.rglob("*.py")):
        here = module_name(path, package)
        graph[here] = set()
        for name, inside in imports(path, package):
            if inside and not any(name == d or name.startswith(f"{d}.") for d in DELAYED):
                found.append(f"{here} imports {name} inside a function")
            if inside or name.partition(".")[0] != "adlib":
                continue
            graph[here].add(name)
            if layer(name) > layer(here) and name != "adlib":
                found.append(f"{here} imports {name}, which stands above it")
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        found.append("a circle: " + " <- ".join(error.args[1]))
    return found


def test_no_circle_no_way_up_and_no_hidden_import():
    assert faults() == []


@pytest.fixture
def small(tmp_path):
    """A package to plant faults in: `small({"core/one": source})` gives its folder."""

    def write(modules):
        package = tmp_path / "adlib"
        for name, source in {"__init__": "", **modules}.items():
            path = package / f"{name}.py"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(source)
        return package

    return write


def test_a_circle_is_found(small):
    modules = {
        "core/one": "from .two import x",
        "core/two": "from . import three",
        "core/three": "import adlib.core.one",
    }
    (fault,) = faults(small(modules))
    assert fault.startswith("a circle: ") and all(f"adlib.core.{name}" in fault for name in ("one", "two", "three"))


@pytest.mark.parametrize("source", ["from ..rules import two", "from ..rules.two import x", "import adlib.rules.two"])
def test_a_way_up_is_found(small, source):
    package = small({"core/one": source, "rules/__init__": "", "rules/two": ""})
    assert faults(package) == ["adlib.core.one imports adlib.rules.two, which stands above it"]


@pytest.mark.parametrize(
    "source", ["def f():\n    from .two import x", "def g():\n    def h():\n        import adlib.core.two"]
)
def test_an_import_inside_a_function_is_found(small, source):
    assert faults(small({"core/one": source, "core/two": ""})) == [
        "adlib.core.one imports adlib.core.two inside a function"
    ]


def test_a_reason_lets_it_pass(small):
    assert faults(small({"viz/one": "def f():\n    import matplotlib.pyplot"})) == []


def files_of(call):
    """The files of the package whose functions run during a call, without the doors and the containers."""
    seen = set()

    def note(frame, event, _):
        path = Path(frame.f_code.co_filename)
        if event == "call" and path.is_relative_to(PACKAGE):
            seen.add(path.relative_to(PACKAGE).with_suffix("").as_posix())

    before = sys.getprofile()
    sys.setprofile(note)
    try:
        call()
    finally:
        sys.setprofile(before)
    return seen - {"core/arguments", "core/tree"}


def lecture(w1, w2):
    v2 = w2 * np.log(w1)
    return v2 + np.sqrt(v2)


X = np.linspace(0.5, 1.5, 3)
SPINE = {"modes/reverse", "core/trace", "core/families"}
CALLS = {
    "a gradient": (lambda: adlib.grad(lecture)(2.0, 3.0), {"core/operators", "rules/arithmetic"}),
    "a gradient in two arguments": (
        lambda: adlib.grad(lecture, (0, 1))(2.0, 3.0),
        {"core/operators", "rules/arithmetic"},
    ),
    "a gradient of an array": (lambda: adlib.grad(lambda x: x @ x)(X), {"core/operators", "rules/products"}),
    "a sum": (lambda: adlib.grad(lambda x: np.sum(np.sin(x)))(X), {"rules/arithmetic", "rules/reductions"}),
    "an index": (
        lambda: adlib.grad(lambda x: x[0] * x[1])(X),
        {"core/operators", "rules/arithmetic", "rules/indexing"},
    ),
    "both": (
        lambda: adlib.grad(lambda x: np.sum(np.sin(x) * x[0]))(X),
        {"core/operators", "rules/arithmetic", "rules/reductions", "rules/indexing"},
    ),
}


@pytest.mark.parametrize("call", CALLS)
def test_from_grad_to_a_rule_it_is_a_short_way(call):
    """Five files for a gradient; seven with sums and indices."""
    run, rules = CALLS[call]
    run()  # what is done once, such as plans, is done
    assert files_of(run) == SPINE | rules


def test_forward_mode_takes_the_same_way():
    assert files_of(lambda: adlib.jvp(lecture, (2.0, 3.0), (1.0, 0.0))) == (
        SPINE - {"modes/reverse"} | {"modes/forward", "core/operators", "rules/arithmetic"}
    )
