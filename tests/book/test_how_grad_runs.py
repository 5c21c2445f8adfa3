"""The page "How grad runs": what it names is called, in the order that it says, and its picture shows the folders as they import."""

import re
import sys
from graphlib import TopologicalSorter
from pathlib import Path

import numpy as np
import pytest

import adlib
from tests.adlib.test_structure import PACKAGE, imports, module_name
from tools import ROOT, notebooks
from tools.normalise import read

QUOTED_RULE = re.compile(r"`(elementwise\([^`]*\))`")
LINK = re.compile(r"\[`([\w./]+)`\]\(\.\./(adlib/[\w/]+\.py)\)")
ELSEWHERE = {
    "Tracer.__array_function__",
    "project",
}  # np.sum takes the one, contributions that do not fit as they are the other
FOLDER = re.compile(r'data-folder="(\w+)" data-layer="(\d)"')


@pytest.fixture
def page():
    return (ROOT / "pages" / "how-grad-runs.md").read_text(encoding="utf-8")


def grad_of_the_page():
    """The call that the page follows, ready to be made."""

    def loss(w1, w2):
        v2 = w2 * np.log(w1)
        return v2 + np.sqrt(v2)

    gradient = adlib.grad(loss, argnums=(0, 1))
    return lambda: gradient(2.0, 3.0)


def called(run):
    """The functions of the package in the order in which `run` first calls them."""
    seen = {}

    def note(frame, event, _):
        path = Path(frame.f_code.co_filename)
        if event == "call" and path.is_relative_to(ROOT / "adlib"):
            name = frame.f_code.co_qualname.partition(".<locals>")[0]
            seen.setdefault((name, path.relative_to(ROOT).as_posix()), len(seen))

    before = sys.getprofile()
    sys.setprofile(note)
    try:
        run()
    finally:
        sys.setprofile(before)
    return seen


def boxes(chapter):
    """The links to the source in each box "In adlib" of a chapter, as (name, file)."""
    cells = [cell.source for cell in read(chapter).cells if cell.cell_type == "markdown"]
    return [LINK.findall(text) for text in cells if text.startswith("> **In adlib.**")]


def product():
    """What the first box of chapter 5 speaks of: a sweep."""
    adlib.jvp(lambda w1, w2: w2 * w1, (2.0, 3.0), (1.0, 0.0))


def nested():
    """What its second box speaks of: one derivative inside another."""
    adlib.derivative(lambda x: x * adlib.derivative(lambda y: x + y)(1.0))(1.0)


def not_called(links, order):
    """The links that lead to no function, class or file that was called."""
    return [
        f"{name} of {file} is not called"
        for name, file in links
        if not any(path == file and (name in file or f"{other}.".startswith(f"{name}.")) for other, path in order)
    ]


def steps(page):
    """The links of the eight steps, one list for each."""
    return [LINK.findall(text) for text in re.split(r"(?m)^\d\. \*\*", page.partition("\nSecond derivatives")[0])[1:]]


def wrong_steps(page):
    """What a step names that the call does not reach, and the steps that begin before the one above them."""
    order = called(grad_of_the_page())
    found, latest = [], -1
    for number, links in enumerate(steps(page), 1):
        first = []
        for name, file in links:
            # A file, a function, or a class, which is reached by its methods.
            at = [
                k
                for (other, path), k in order.items()
                if path == file and (name in file or f"{other}.".startswith(f"{name}."))
            ]
            first += at
            if not at and name not in ELSEWHERE:
                found.append(f"step {number}: {name} of {file} is not called")
        if first and min(first) <= latest:
            found.append(f"step {number} begins before step {number - 1}")
        latest = min(first, default=latest)
    return found


def layers():
    """The depth of each folder: 0 where it imports nothing of the package, else one more than the deepest that it imports."""
    graph = {}
    for path in PACKAGE.rglob("*.py"):
        here = module_name(path).split(".")
        folder = here[1] if len(here) > 1 else "adlib"
        for name, inside in imports(path):
            other = name.split(".")
            theirs = other[1] if len(other) > 1 else "adlib"
            if other[0] == "adlib" and not inside and theirs != folder:
                graph.setdefault(folder, set()).add(theirs)
    depth = {}
    for folder in TopologicalSorter(graph).static_order():
        depth[folder] = max((depth[other] + 1 for other in graph.get(folder, ())), default=0)
    return depth


def test_there_are_eight_steps_and_each_names_what_is_called_next(page):
    assert len(steps(page)) == 8
    assert wrong_steps(page) == []


def test_the_picture_shows_the_folders_as_they_import(page):
    assert {folder: int(layer) for folder, layer in FOLDER.findall(page)} == layers()


@pytest.mark.parametrize(
    ("there", "instead", "finding"),
    [
        (
            "[`ReverseTrace.process`](../adlib/modes/reverse.py) computes",
            "[`enter`](../adlib/core/arguments.py) computes",
            "step 5 begins before step 4",
        ),
        (
            "[`collect`](../adlib/core/arguments.py) calls",
            "[`gather`](../adlib/core/arguments.py) calls",
            "step 3: gather of adlib/core/arguments.py is not called",
        ),
        (
            "[`ReverseRun`](../adlib/modes/reverse.py) opens",
            "[`push`](../adlib/modes/forward.py) opens",
            "step 2: push of adlib/modes/forward.py is not called",
        ),
        (
            "[`rules/arithmetic.py`](../adlib/rules/arithmetic.py)",
            "[`rules/sorting.py`](../adlib/rules/sorting.py)",
            "step 7: rules/sorting.py of adlib/rules/sorting.py is not called",
        ),
    ],
)
def test_a_wrong_step_is_named(page, there, instead, finding):
    assert there in page
    assert finding in wrong_steps(page.replace(there, instead))


@pytest.mark.parametrize(("number", "run"), [(0, product), (1, nested)], ids=["sweep", "levels"])
def test_a_box_of_chapter_5_names_what_its_program_calls(number, run):
    links, order = boxes(ROOT / "chapters" / "05-forward-mode.ipynb")[number], called(run)
    assert links
    assert not_called(links, order) == []
    # Operators choose the trace in place.
    wrong = [*links, ("apply", "adlib/core/trace.py")]
    assert not_called(wrong, order) == ["apply of adlib/core/trace.py is not called"]


def not_a_rule(text):
    """The rules quoted in a text, code on one line, that no file of the package has as a line of its own."""
    lines = {
        line.partition("  #")[0] for file in PACKAGE.rglob("*.py") for line in file.read_text("utf-8").splitlines()
    }
    return [rule for rule in QUOTED_RULE.findall(text) if rule not in lines]


def test_a_rule_that_a_text_quotes_stands_in_the_package():
    chapters = [cell.source for file in notebooks() for cell in read(file).cells if cell.cell_type == "markdown"]
    text = "\n".join([*chapters, (ROOT / "pages" / "how-grad-runs.md").read_text(encoding="utf-8")])
    assert len(QUOTED_RULE.findall(text)) >= 2
    assert not_a_rule(text) == []
    # the rule of the root is `edged`
    wrong = text.replace("elementwise(np.reciprocal, lambda y: -y * y)", "elementwise(np.sqrt, lambda y: 0.5 / y)")
    assert not_a_rule(wrong) == ["elementwise(np.sqrt, lambda y: 0.5 / y)"]
