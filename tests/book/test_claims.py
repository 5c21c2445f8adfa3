"""A wrong statement put into a chapter turns the check cell that guards it red.

Each plant is one edit of a chapter's code: a statement of the slides that is wrong, a lost factor, a confused index.
The chapter's cells are then run in order, and the first to fail must be the named check. The plants of a chapter stand in
`wrong_statements/`, in a file of its name.
"""

import json
import os
import runpy
import subprocess
import sys
from functools import cache
from pathlib import Path

import nbformat
import pytest

from tools import ROOT, notebooks

STATEMENTS = Path(__file__).with_name("wrong_statements")
PLANTS = [
    (what, file.relative_to(STATEMENTS).with_suffix(".ipynb").as_posix(), there, instead, check)
    for file in sorted(STATEMENTS.rglob("*.py"))
    for what, there, instead, check in runpy.run_path(str(file))["PLANTS"]
]


@cache
def findings(chapter: str) -> dict:
    """What was found by the cells of a chapter, for each of its plants."""
    plants = [[there, instead, check] for _, of, there, instead, check in PLANTS if of == chapter]
    command = [sys.executable, Path(__file__).with_name("planting.py"), ROOT / "chapters" / chapter]
    path = os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])
    answer = subprocess.run(
        command, input=json.dumps(plants), capture_output=True, text=True, env=os.environ | {"PYTHONPATH": path}
    )
    assert answer.returncode == 0, answer.stderr
    return {tuple(plants[number]): found for number, found in map(json.loads, answer.stdout.splitlines())}


@pytest.mark.parametrize(
    ("chapter", "there", "instead", "check"),
    [pytest.param(*plant, id=what, marks=pytest.mark.xdist_group(plant[0])) for what, *plant in PLANTS],
)
def test_a_wrong_statement_turns_its_check_red(chapter, there, instead, check):
    found = findings(chapter)[there, instead, check]
    assert found is not None, f"no check of {chapter} noticed that {there!r} became {instead!r}"
    assert found["line"].startswith(f"# {check}"), found
    assert found["error"] == "AssertionError", found


def test_every_check_cell_has_a_plant():
    planted = {(plant[1], plant[4]) for plant in PLANTS}
    for file in notebooks():
        chapter = file.relative_to(ROOT / "chapters").as_posix()
        for cell in nbformat.read(file, 4).cells:
            if cell.cell_type == "code" and cell.source.startswith("# Check "):
                check = cell.source.split()[2]
                assert (chapter, f"Check {check}") in planted, f"{chapter}: Check {check} has no planted failure"
