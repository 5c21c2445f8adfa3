"""The ways that need no command of this repository: pytest with nbval, and the Python of .venv as a kernel."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from nbclient import NotebookClient
from nbformat import v4

from tools import ROOT, normalise, reader

CHAPTER = "05-forward-mode.ipynb"  # the one that runs fastest
WARNS = """\
import sys, warnings
print("one")
warnings.warn("a warning")
print("\\r 50 %\\r100 %", file=sys.stderr)
display(1 / 4)
1 / 8
print("two")
"""


@pytest.fixture(scope="module")
def clone(tmp_path_factory):
    """What the run needs of a clone, with one chapter."""
    folder = tmp_path_factory.mktemp("clone")
    for name in ("pyproject.toml", "conftest.py"):
        shutil.copy(ROOT / name, folder)
    for name in ("adlib", "tools"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    (folder / "chapters").mkdir()
    shutil.copy(ROOT / "chapters" / CHAPTER, folder / "chapters")
    return folder


@pytest.fixture(scope="module")
def unlike_ours(tmp_path_factory):
    """The variables of a machine with a kernel of the same name, an IPython that shows more, and no figures."""
    folder = tmp_path_factory.mktemp("machine")
    kernel, startup = folder / "kernels" / "python3", folder / "profile_default" / "startup"
    kernel.mkdir(parents=True)
    (kernel / "kernel.json").write_text('{"argv": ["no-such-python"], "display_name": "x", "language": "python"}')
    startup.mkdir(parents=True)
    (startup / "more.py").write_text("get_ipython().ast_node_interactivity = 'all'\n")
    kept = {k: v for k, v in os.environ.items() if k != "PYTHONPATH" and not k.startswith("PYTEST_")}
    return kept | {"JUPYTER_PATH": str(folder), "IPYTHONDIR": str(folder), "MPLBACKEND": "agg"}


def nbval(folder, variables, *arguments):
    """Run the ordinary command; the cells that failed, and what was printed."""
    command = [sys.executable, "-m", "pytest", "--color=no", "--nbval", *arguments]
    done = subprocess.run(command, cwd=folder, env=variables, capture_output=True, text=True)
    failed = re.findall(r"^(?:FAILED|ERROR) (?:.*/)?(\S+::Cell \d+)", done.stdout, re.MULTILINE)
    assert done.returncode == bool(failed), done.stdout + done.stderr
    return failed, done.stdout


def test_a_chapter_is_green_and_red_by_exactly_the_changed_cell(clone, unlike_ours):
    notebook = normalise.read(clone / "chapters" / CHAPTER)
    code = [c for c in notebook.cells if c.cell_type == "code"]
    number = next(k for k, c in enumerate(code) if c.outputs and "text" in c.outputs[0] and k > 3)
    code[number].outputs[0].text = "9" + code[number].outputs[0].text
    (clone / "chapters" / "05-changed.ipynb").write_text(normalise.text_of(notebook), encoding="utf-8")
    failed, printed = nbval(clone, unlike_ours, "-n", "2", "chapters")
    assert failed == [f"05-changed.ipynb::Cell {number}"]
    assert f"1 failed, {2 * len(code) - 1} passed" in printed
    assert "Cell outputs differ" in printed


def test_what_a_machine_says_on_stderr_is_not_compared(clone, unlike_ours):
    """Called inside a folder of notebooks, for one of them."""
    cell = v4.new_code_cell(WARNS, execution_count=1)
    cell.outputs = [
        v4.new_output("stream", name="stdout", text="one\ntwo\n"),
        v4.new_output("display_data", {"text/plain": "0.25"}),
    ]
    origin = v4.new_code_cell("import adlib; print(adlib.__file__)", execution_count=2)
    origin.outputs = [v4.new_output("stream", name="stdout", text=f"{clone / 'adlib' / '__init__.py'}\n")]
    open_cell = v4.new_code_cell("print('not run yet')")
    inside = clone / "exercises"
    inside.mkdir()
    notebook = v4.new_notebook(cells=[cell, origin, open_cell], metadata={"kernelspec": normalise.KERNELSPEC})
    (inside / "05-tiny.ipynb").write_text(normalise.text_of(notebook), encoding="utf-8")
    failed, printed = nbval(inside, unlike_ours, "05-tiny.ipynb")
    assert failed == []
    assert "3 passed" in printed


@pytest.mark.skipif(Path(sys.prefix) != ROOT / ".venv", reason="another Python than that of .venv runs the tests")
def test_a_kernel_of_the_environment_finds_adlib_wherever_it_starts(tmp_path, monkeypatch):
    """As an editor starts it: with the Python of .venv, in the folder of some notebook."""
    monkeypatch.delenv("PYTHONPATH", raising=False)
    notebook = v4.new_notebook(cells=[v4.new_code_cell("import adlib, os; print(os.getcwd(), adlib.__file__)")])
    NotebookClient(notebook, kernel_name="python3", resources={"metadata": {"path": str(tmp_path)}}).execute()
    assert notebook.cells[0].outputs[0].text.split() == [str(tmp_path), str(ROOT / "adlib" / "__init__.py")]


def test_the_readers_pass_does_not_find_the_clone(notebook_file):
    """The link in .venv is not passed on to the environment of the pass."""
    path = notebook_file(v4.new_code_cell("import adlib"))
    assert "cell 1 (import adlib): ModuleNotFoundError: No module named 'adlib'" in reader.check_notebook(path).failures
