"""Planted failures: committed outputs, and the run of a notebook as a reader on Colab gets it."""

import json
import os
import shutil
from pathlib import Path

import pytest
from nbformat import v4

from tools import ROOT, normalise, reader
from tools.address import SETUP_CELL, SETUP_METADATA, settings


def code(source, printed="", **metadata):
    """A code cell with what it is committed to have printed."""
    outputs = [v4.new_output("stream", name="stdout", text=printed)] if printed else []
    return v4.new_code_cell(source, outputs=outputs, metadata=metadata)


def set_up(ref=None):
    """The set-up cell of the chapters, perhaps for another release."""
    book = settings(ROOT)
    return code(SETUP_CELL.format(**{**book, "ref": ref or book["ref"]}), **SETUP_METADATA)


# The committed form --------------------------------------------------------------------------------


def rewrite(path, change):
    notebook = json.loads(path.read_text(encoding="utf-8"))
    change(notebook)
    path.write_text(json.dumps(notebook), encoding="utf-8")


def test_a_normalised_notebook_is_left_alone(notebook_file, capsys):
    path = notebook_file(v4.new_markdown_cell("# 5. Tiny"), code("print(6 * 7)", "42\n"))
    before = path.read_bytes()
    assert normalise.main(["--check", str(path)]) == 0
    assert normalise.main([str(path)]) == 0
    assert path.read_bytes() == before
    assert capsys.readouterr().out == ""


def test_a_null_execution_count_is_red(notebook_file, capsys):
    path = notebook_file(code("print(6 * 7)"))
    rewrite(path, lambda notebook: notebook["cells"][0].update(execution_count=None))
    assert normalise.main(["--check", str(path)]) == 1
    line = "cell 1: execution_count is null, so the tests would compare nothing in it; run the notebook"
    assert line in capsys.readouterr().out


@pytest.mark.parametrize(
    ("change", "line"),
    [
        (lambda cell: cell.update(execution_count=7), "cell 1: execution_count is 7, expected 1"),
        (lambda cell: cell["metadata"].update(collapsed=True), "cell 1: metadata not kept: collapsed"),
        (
            lambda cell: cell["outputs"][0]["data"].update({"image/png": "iVBORw0KGgo="}),
            "cell 1: output holds image/png",
        ),
        (
            lambda cell: cell["metadata"].update(tags=["hide-input"]),
            "cell 1: folded in the book, and not in Colab and JupyterLab",
        ),
        (lambda cell: cell.update(id="not an id"), "layout of the JSON or a cell id"),
    ],
)
def test_what_is_not_in_the_committed_form_is_red(notebook_file, capsys, change, line):
    figure = v4.new_output("display_data", data={"text/plain": "<Figure size 640x480 with 1 Axes>"})
    path = notebook_file(v4.new_code_cell("plt.show()", outputs=[figure]))
    rewrite(path, lambda notebook: change(notebook["cells"][0]))
    assert normalise.main(["--check", str(path)]) == 1
    assert line in capsys.readouterr().out


@pytest.mark.parametrize("tag", sorted(normalise.FOLDED))
def test_what_the_book_folds_is_folded_in_colab_and_jupyterlab(notebook_file, tag):
    path = notebook_file(code("draw()", tags=[tag]), code("L(w1, w2)"))
    folded, shown = normalise.read(path).cells
    assert folded.metadata == {"tags": [tag], "cellView": "form", "jupyter": {"source_hidden": True}}
    assert shown.metadata == {}
    rewrite(path, lambda notebook: notebook["cells"][0]["metadata"].pop("cellView"))
    assert normalise.main(["--check", str(path)]) == 1
    assert normalise.main([str(path)]) == 0
    assert normalise.read(path).cells[0].metadata == folded.metadata


def test_executing_writes_what_the_reader_pass_accepts(notebook_file):
    path = notebook_file(code("import sys\nprint(6 * 7)"), code("1 / 4"))
    assert normalise.main(["--execute", str(path)]) == 0
    assert normalise.main(["--check", str(path)]) == 0
    first, second = normalise.read(path).cells
    assert first.outputs[0].text == "42\n"
    assert second.outputs[0].data == {"text/plain": "0.25"}


def test_a_notebook_that_fails_is_not_written(notebook_file, capsys):
    path = notebook_file(code("print(1)", "0\n"), code("1 / 0"))
    before = path.read_bytes()
    assert normalise.main(["--execute", str(path)]) == 1
    assert "not written, a cell failed" in capsys.readouterr().out
    assert path.read_bytes() == before


# The reader's pass ---------------------------------------------------------------------------------


IGNORED = {"tags": ["nbval-ignore-output"], "adbook": {"ignored-output": "a time"}}


@pytest.fixture(scope="module")
def many_faults(tmp_path_factory):
    """One run of one notebook with several faults, which do not disturb each other; no package is installed."""
    folder = tmp_path_factory.mktemp("planted")
    (folder / "sibling.py").write_text("x = 1\n")
    notebook = v4.new_notebook(
        cells=[
            code("print(6 * 7)", "42\n"),
            code("print(2 / 3)", "0.6666666666666666\n"),
            code("import sibling"),
            code("# Check 5.1: one is two\nassert 1 == 2, 'it is not'"),
            code("6 * 7"),
            code(f"import sys\nsys.path.insert(0, {str(ROOT)!r})\nimport tools"),
            code("print('never run')"),
            code("print('took', 0.5, 's')", "took 12.25 s\n", **IGNORED),
            code("print('took', 0.5, 's')", "took 0.5 s: twice as fast\n", **IGNORED),
        ]
    )
    notebook = normalise.normalised(notebook)
    notebook.cells[1].outputs[0].text = "0.6666666666666667\n"
    notebook.cells[6].execution_count = None
    path = folder / "05-tiny.ipynb"
    path.write_text(normalise.text_of(notebook), encoding="utf-8")
    return reader.check_notebook(path)


@pytest.mark.parametrize(
    "line",
    [
        "cell 2 (print(2 / 3)): output differs: committed '0.6666666666666667', computed '0.6666666666666666'",
        "cell 3 (import sibling): ModuleNotFoundError: No module named 'sibling'",
        "cell 4 (# Check 5.1: one is two): AssertionError: it is not",
        "cell 5 (6 * 7): output differs: committed '', computed '42'",
        f"adlib came from {ROOT / 'adlib' / '__init__.py'}, not from the git address",
        f"sys.path leads into the clone: {ROOT}",
        f"module tools came from the clone: {ROOT / 'tools' / '__init__.py'}",
        "cell 7 (print('never run')): execution_count is null, so nothing would be compared",
        "cell 9 (print('took', 0.5, 's')): ignored output has another form: "
        "committed 'took # s: twice as fast', computed 'took # s'",
    ],
)
def test_the_reader_pass_is_red(many_faults, line):
    assert line in many_faults.failures


def test_the_reader_pass_blames_no_cell_without_fault(many_faults):
    assert not any(failure.startswith(("cell 1 ", "cell 6 ", "cell 8 ")) for failure in many_faults.failures)


PRODUCT = """\
# Check 5.1: the derivative of x log x is log x + 1
import numpy as np

value, slope = adlib.jvp(lambda x: x * np.log(x), (2.0,), (1.0,))
assert abs(slope - (np.log(2.0) + 1)) < 1e-12, "wrong slope"
"""


@pytest.fixture
def copy_of_adlib(tmp_path):
    """The package's files in a folder that stands in for the published repository."""
    folder = tmp_path / "published"
    shutil.copytree(ROOT / "adlib", folder / "adlib", ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, folder)
    return folder


def test_a_wrong_rule_in_adlib_is_red(notebook_file, copy_of_adlib):
    """The set-up cell installs the package with the wrong rule, and the notebook notices."""
    rules = copy_of_adlib / "adlib" / "rules" / "arithmetic.py"
    right, wrong = "edged(np.log, lambda x: 1 / without_sign(x))", "edged(np.log, lambda x: 2 / without_sign(x))"
    text = rules.read_text(encoding="utf-8")
    assert text.count(right) == 1
    rules.write_text(text.replace(right, wrong), encoding="utf-8")

    shown = code("print(f'{adlib.jvp(np.log, (4.0,), (1.0,))[1]:.6f}')", "0.250000\n")
    result = reader.check_notebook(notebook_file(set_up(), code(PRODUCT), shown), package=copy_of_adlib)
    assert result.failures == [
        "cell 2 (# Check 5.1: the derivative of x log x is log x + 1): AssertionError: wrong slope",
        "cell 3 (print(f'{adlib.jvp(np.log, (4.0,), (1.0,))[1]:.6f}')): "
        "output differs: committed '0.250000', computed '0.500000'",
    ]
    assert "site-packages" in result.adlib_from
    assert not result.adlib_from.startswith(str(ROOT))


def test_a_release_that_does_not_exist_is_red(notebook_file):
    result = reader.check_notebook(notebook_file(set_up(ref="v9.9.9")))
    place = "cell 1 (# @title Set-up (run me first)): "
    installing, importing = result.failures
    assert installing.startswith(place + "adlib was not installed, pip failed: error: ")
    assert installing.endswith("error: pathspec 'v9.9.9' did not match any file(s) known to git")
    assert importing.startswith(place + "ImportError: The package adlib of this book is missing. ")


def test_an_index_out_of_reach_is_tried_twice_and_said(notebook_file, monkeypatch):
    """pip fetches what builds the package; without that the failure must not look like the notebook's."""
    for name in ("PIP_EXTRA_INDEX_URL", "PIP_FIND_LINKS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_INDEX_URL", "http://127.0.0.1:9/nothing-listens")
    monkeypatch.setenv("PIP_RETRIES", "0")
    result = reader.check_notebook(notebook_file(set_up()))
    words = "adlib was not installed, what pip needs could not be fetched: "
    assert words in result.failures[0]
    assert result.notes[0].startswith("the first attempt failed: cell 1 (# @title Set-up (run me first)): " + words)


# Many notebooks in one environment -------------------------------------------------------------------------------


def test_the_set_up_cell_finds_adlib_installed(notebook_file, colab):
    result = reader.check_notebook(notebook_file(set_up(), code("print(adlib.__version__)", "0.1.0\n")), colab=colab)
    assert result.failures == []
    assert Path(result.adlib_from).is_relative_to(colab.site)


def test_a_notebook_that_installs_something_else_is_red(notebook_file, colab):
    result = reader.check_notebook(notebook_file(set_up(), code("%pip install -q tqdm")), colab=colab)
    assert "ERROR: only the set-up cell installs something: pip install -q tqdm" in result.report()


def test_a_notebook_that_leaves_a_file_for_the_next_is_red(notebook_file, colab):
    leave = "import pathlib, sysconfig\nfile = pathlib.Path(sysconfig.get_path('purelib'), 'left.py')\nfile.touch()"
    result = reader.check_notebook(notebook_file(code(leave)), colab=colab)
    (colab.site / "left.py").unlink()
    assert result.failures == ["changed its environment: left.py"]


def test_work_is_measured_in_a_unit_that_the_speed_of_the_machine_does_not_change(notebook_file, colab):
    """A hundred times the piece of work that is the yardstick, and what starts a kernel and imports adlib."""
    work = code("for _ in range(100):\n    sum(k * k % 7 for k in range(1_000_000))")
    idle, busy = (reader.check_notebook(notebook_file(*cells), colab=colab) for cells in ([code("1;")], [work]))
    assert 50 < (busy.budgeted - idle.budgeted) / reader.YARDSTICK < 200
    assert f"of {reader.BUDGET} s" in busy.row()
