"""The runs behind test_claims.py: who noticed a plant, in which line, and what is said when nobody did."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from nbformat import v4, writes

SET_UP = "import adlib"
CELLS = [
    SET_UP,
    "def half(x):\n    return x / 2",
    "# Check 5.1: a half of four is two\nassert True\nassert half(4) == 2, 'no half'",
    "import jax.numpy as jnp\n\nthree = float(jnp.sum(jnp.ones(3)))",
    "seven = three + 4",
    "# Check 5.2: three and four\nassert seven == 7",
    "while half(4) != 2:\n    pass",
]


def run(folder, *plants, cells=CELLS):
    """The process that tries the plants on a chapter of these cells."""
    file = folder / "05-tiny.ipynb"
    file.write_text(writes(v4.new_notebook(cells=[v4.new_code_cell(source) for source in cells])))
    script = Path(__file__).with_name("planting.py")
    return subprocess.run([sys.executable, script, file], input=json.dumps(plants), capture_output=True, text=True)


def findings(folder, *plants):
    found = dict(map(json.loads, run(folder, *plants).stdout.splitlines()))
    return [found[number] for number in range(len(plants))]


def test_the_first_failure_is_named_before_and_after_jax_has_started(tmp_path):
    noticed, late, crashed, other = findings(
        tmp_path,
        ["x / 2", "x / 4", "Check 5.1:"],
        ["three + 4", "three + 5", "Check 5.2:"],
        ["seven == 7", "seven == seven_", "Check 5.2:"],
        ["jnp.ones(3)", "jnp.ones(4)", "Check 5.2:"],
    )
    assert noticed == {
        "line": "# Check 5.1: a half of four is two", "error": "AssertionError", "text": "no half",
        "at": "assert half(4) == 2, 'no half'",
    }  # fmt: skip
    assert (late["line"], late["at"]) == ("# Check 5.2: three and four", "assert seven == 7")
    assert (crashed["error"], crashed["text"]) == ("NameError", "name 'seven_' is not defined")
    assert other["at"] == "assert seven == 7"


def test_a_plant_ends_when_its_check_has_spoken(tmp_path):
    """The last cell of this one would run for ever."""
    assert findings(tmp_path, ["x / 2", "x / 2 if x > 4 else 2.0", "Check 5.1:"]) == [None]


def test_a_process_that_dies_is_said(tmp_path):
    (found,) = findings(tmp_path, ["return x / 2", "import os; os._exit(1)", "Check 5.1:"])
    assert (found["error"], found["text"]) == ("stopped", "it crashed, or used the processor for more than 1200 s")


@pytest.mark.parametrize(("there", "fits"), [("no such text", 0), ("half", 3)])
def test_a_plant_that_fits_no_cell_or_several_is_refused(tmp_path, there, fits):
    done = run(tmp_path, [there, "x", "Check 5.1:"])
    assert done.returncode and f"the plant must fit one cell, and fits {fits}: {there!r}" in done.stderr


def test_a_chapter_that_fails_without_a_plant_is_said(tmp_path):
    done = run(tmp_path, ["2 + 2", "5", "Check 5.1:"], cells=[SET_UP, "1 / 0", "2 + 2"])
    assert done.returncode and "ZeroDivisionError" in done.stderr
