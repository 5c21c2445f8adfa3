"""The reference page lists every public name of adlib, once, and nothing else."""

import re
from pathlib import Path

import pytest

import adlib

PAGE = Path(__file__).resolve().parents[2] / "pages" / "adlib-reference.md"
DIRECTIVE = re.compile(r"^\.\. auto(?:function|class|exception|data):: (?:adlib\.)?(\w+(?:\.\w+)?)$", re.M)
MODULES = ["data", "optimize", "schedules"]  # public modules, whose names stand on the page with the module's in front


def problems(text, package):
    """What the page `text` says too much or too little about `package`, one line each."""
    listed = DIRECTIVE.findall(text)
    public = {*package.__all__, *(f"{m}.{name}" for m in MODULES for name in getattr(package, m).__all__)}
    found = [f"not in the reference: {name}" for name in sorted(public - set(listed))]
    found += [f"in the reference, but not in adlib: {name}" for name in sorted(set(listed) - public)]
    found += [f"twice in the reference: {name}" for name in sorted(set(listed)) if listed.count(name) > 1]
    return found


@pytest.fixture
def page():
    """The committed reference page."""
    return PAGE.read_text(encoding="utf-8")


def test_the_reference_is_complete(page):
    assert problems(page, adlib) == []


JVP, ADAM = ".. autofunction:: jvp\n", ".. autofunction:: adlib.optimize.adam\n"


@pytest.mark.parametrize(
    ("there", "instead", "problem"),
    [
        (JVP, "", "not in the reference: jvp"),
        (ADAM, "", "not in the reference: optimize.adam"),
        (JVP, f"{JVP}.. autofunction:: jvq\n", "in the reference, but not in adlib: jvq"),
        (JVP, JVP + JVP, "twice in the reference: jvp"),
    ],
    ids=["dropped", "dropped from a module", "invented", "listed twice"],
)
def test_a_wrong_name_is_named(page, there, instead, problem):
    assert there in page
    assert problem in problems(page.replace(there, instead), adlib)
