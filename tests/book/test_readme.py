"""The tables of README.md name every folder of the package, and no folder that is gone."""

import re

import pytest

from tools import ROOT, exercises


def problems(text, root):
    """The folders of the package that have no row, and the names in the rows that are nowhere; one line each."""
    packages = sorted(path.parent.name for path in (root / "adlib").glob("*/__init__.py"))
    rows = re.findall(r"(?m)^\| (`.*?) \|", text)
    listed = [name.strip("/") for row in rows for name in re.findall(r"`([\w./]+)`", row)]
    found = [f"no row for {name}/" for name in packages if name not in listed]
    there = {name for name in listed if (root / name).exists() or (root / "adlib" / name).exists()}
    gone = [name for name in listed if name not in there | {exercises.RESERVED}]  # readers get no instructor/
    return found + [f"no such file or folder: {name}" for name in gone]


@pytest.fixture
def text():
    return (ROOT / "README.md").read_text(encoding="utf-8")


def test_every_folder_of_the_package_has_a_row_and_every_row_its_folder(text):
    assert problems(text, ROOT) == []


@pytest.mark.parametrize(
    ("there", "instead", "problem"),
    [
        ("| `rules/` |", "| rules |", "no row for rules/"),
        ("| `tools/` |", "| `tool/` |", "no such file or folder: tool"),
        ("`optimize.py`,", "`optimise.py`,", "no such file or folder: optimise.py"),
    ],
)
def test_a_wrong_row_is_named(text, there, instead, problem):
    assert there in text
    assert problem in problems(text.replace(there, instead), ROOT)
