"""The examples in adlib's docstrings run with the other tests: a wrong one is red, and so is a warning in one."""

import shutil
import subprocess
import sys

import pytest

from tools import ROOT


def run_examples(folder, docstring):
    """Run pytest, with this repository's settings, over a package adlib with one documented function."""
    shutil.copy(ROOT / "pyproject.toml", folder)
    (folder / "adlib").mkdir()
    (folder / "adlib" / "__init__.py").write_text("")
    (folder / "adlib" / "_square.py").write_text(f'def square(x):\n    """{docstring}"""\n    return x * x\n')
    done = subprocess.run([sys.executable, "-m", "pytest", "adlib"], cwd=folder, capture_output=True, text=True)
    return done.returncode, done.stdout


def test_a_right_example_is_green(tmp_path):
    rc, printed = run_examples(tmp_path, "\n    >>> square(3)\n    9\n    ")
    assert rc == 0, printed
    assert "1 passed" in printed


@pytest.mark.parametrize("example", [">>> square(3)\n    8", ">>> import warnings; warnings.warn('x')"])
def test_a_wrong_example_is_red_and_named(tmp_path, example):
    rc, printed = run_examples(tmp_path, f"\n    {example}\n    ")
    assert rc == 1
    assert "FAILED adlib/_square.py::adlib._square.square" in printed


def test_the_examples_of_adlib_itself_are_collected():
    command = [sys.executable, "-m", "pytest", "--collect-only", "-q", "adlib"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout
    assert "adlib/modes/forward.py::adlib.modes.forward.jvp" in done.stdout
