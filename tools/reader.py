"""Run a notebook as a reader on Colab gets it, and compare every committed output.

    python -m tools.reader                    every chapter
    python -m tools.reader chapters/05-forward-mode.ipynb

Each notebook goes alone into an empty folder. Around it stands what Colab has and nothing else: the locked packages,
a module `google.colab`, and no `adlib`. The set-up cell then really installs `adlib` from its git address, which git
is told to find in a temporary repository made of the working tree's package. So this one pass answers three questions
at once: does the notebook run away from the clone, does its set-up cell work, and does it still print what is
committed (strict nbval).

A last cell, added to the copy, reports where `adlib` and every other module came from. The pass fails when anything
came from the clone. It also reports how much of the processor the notebook took.

Many notebooks can share one such environment, a `Colab`: the set-up cell, which is the same in all of them, installs there
once, and a notebook that asks for anything else or leaves a file behind is a failure.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import sysconfig
import tempfile
import time
import venv
from dataclasses import dataclass, field
from pathlib import Path

import nbformat
from ipykernel.ipkernel import IPythonKernel

from tools import ROOT, compared, notebooks
from tools.address import SETUP_CELL, SETUP_METADATA, settings
from tools.compared import KEPT_MIME
from tools.normalise import CELL_TIMEOUT, read, text_of

PACKAGE_FILES = ("adlib", "pyproject.toml", "README.md", "LICENSE")
NOTEBOOK_TIMEOUT = 3600  # seconds, for what hangs; a chapter is meant to take twenty

# What a chapter may take of the processor, in seconds, and what a fixed piece of work took on the machine on which that was
# set. The same work is measured beside each notebook: it tells a slow machine from a long notebook.
BUDGET, YARDSTICK = 20, 0.042

# Variables that would let the reader's environment see more, or less, than Colab's.
_DROPPED = re.compile(
    r"PYTHON.*|PYTEST_.*|VIRTUAL_ENV|CONDA_.*|JUPYTER.*|IPYTHON.*|PIP_(USER|TARGET|PREFIX|ROOT)|GIT_.*"
)

_PROOF_CELL = """
import json as _json, os as _os, sys as _sys, time as _time
from importlib.util import find_spec as _find_spec
_taken = _time.process_time()
def _measured(start):
    return sum(k * k % 7 for k in range(1_000_000)) and _time.process_time() - start
_yardstick = min(_measured(_time.process_time()) for _ in range(3))
_found = _find_spec("adlib")
with open(_os.environ["ADBOOK_PROOF"], "w", encoding="utf-8") as _file:
    _json.dump({
        "adlib": _found and _found.origin,
        "processor": _taken,
        "yardstick": _yardstick,
        "path": _sys.path,
        "modules": {n: str(getattr(m, "__file__", None) or "") for n, m in list(_sys.modules.items())},
    }, _file)
"""

# Runs inside the reader's environment, beside tools/compared.py.
_PLUGIN = f"""
import json, os
import pytest

CELLS = []

def texts(outputs):
    lines = []
    for output in outputs or []:
        lines.append(output.get("text") or output.get("data", {{}}).get({KEPT_MIME!r}) or "")
    return lines

@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    report = yield
    if call.when == "call" or report.failed:
        error = call.excinfo.value if call.excinfo else None
        CELLS.append({{
            "number": item.cell_num,
            "failed": report.failed,
            "skipped": report.skipped,
            "seconds": report.duration,
            "error": str(error or ""),
            "trace": getattr(error, "inner_traceback", "") or "",
            "committed": texts(item.cell.outputs),
            "computed": texts(item.test_outputs),
            "outputs": item.test_outputs or [],
        }})
    return report

def pytest_sessionfinish():
    with open(os.environ["ADBOOK_CELLS"], "w", encoding="utf-8") as file:
        json.dump(CELLS, file)
"""


@dataclass
class ReaderResult:
    """What happened to one notebook. `failures` is empty when all is well; each is one line or a few."""

    notebook: Path
    cells: int = 0
    seconds: float = 0.0
    failures: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    adlib_from: str | None = None
    processor: float = 0.0  # seconds of the processor, as this machine's kernel counts them
    budgeted: float = 0.0  # the same on the machine on which the budget was set
    executed: nbformat.NotebookNode | None = None  # the notebook with all its outputs, pictures too

    @property
    def ok(self) -> bool:
        return not self.failures

    def row(self) -> str:
        here = f"{self.processor:.1f} s of the processor here"
        return f"{self.notebook.stem}: {here}, {self.budgeted:.1f} of {BUDGET} s where the budget was set"

    def report(self) -> str:
        head = f"{self.notebook.name}: {self.cells} cells, {self.seconds:.1f} s, processor {self.processor:.1f} s, "
        head += "as committed" if self.ok else f"{len(self.failures)} failed"
        return "\n".join([head, *(f"  note: {n}" for n in self.notes), *(f"  {f}" for f in self.failures)])


class Colab:
    """One reader's environment for many notebooks: the set-up cell has installed `adlib` in it.

    After that pip is gone from it. What answers in its place knows the set-up cell's own command alone, which is done.
    """

    def __init__(self, folder: Path, package: Path = ROOT, set_up: bool = True):
        self.folder, self.book = folder.resolve(), settings(package)
        self.served = serve(package, folder / "published", self.book["ref"])
        self.python, self.site = _environment(folder / "environment")
        self.files: set[str] | None = None
        if set_up:
            self._set_up()

    def _set_up(self) -> None:
        cell = nbformat.v4.new_code_cell(SETUP_CELL.format(**self.book), metadata=SETUP_METADATA, execution_count=1)
        alone = self.folder / "set-up.ipynb"
        alone.write_text(text_of(nbformat.v4.new_notebook(cells=[cell])), encoding="utf-8")
        if not (first := check_notebook(alone, colab=self)).ok:
            raise RuntimeError(first.report())
        self._replace_pip(cell.source)
        self.files = self._list()

    def _replace_pip(self, set_up: str) -> None:
        known = [shlex.split(line) for line in re.findall(r"^ *%pip (.+)$", set_up, re.MULTILINE)]
        stub = self.site / "pip"
        stub.mkdir()
        (stub / "__init__.py").touch()
        (stub / "__main__.py").write_text(
            f"import sys\nif sys.argv[1:] not in {known!r}:\n"
            "    sys.exit('ERROR: only the set-up cell installs something: pip ' + ' '.join(sys.argv[1:]))\n",
            encoding="utf-8",
        )

    def _list(self) -> set[str]:
        return {str(p.relative_to(self.site)) for p in self.site.rglob("*") if p.suffix != ".pyc" and p.is_file()}

    def left_behind(self) -> list[str]:
        """The files that a notebook added to the environment or took from it."""
        return sorted(self._list() ^ self.files) if self.files is not None else []


def check_notebook(notebook: Path, package: Path = ROOT, colab: Colab | None = None) -> ReaderResult:
    """Run one notebook alone, with `adlib` installed by its own set-up cell, and compare its outputs.

    `package` is the folder that stands in for the published repository; the tests put a wrong rule into a copy. With a
    `colab` the notebook runs in that environment, where `adlib` is installed already; without, in one of its own.
    An installation that fails because the index could not be reached is tried once more, and the result says so.
    """
    if colab:
        return _run(notebook, colab)
    result = _alone(notebook, package)
    if any("could not be fetched" in failure for failure in result.failures):
        first = result.failures
        result = _alone(notebook, package)
        result.notes.append("the first attempt failed: " + first[0])
    return result


def _alone(notebook: Path, package: Path) -> ReaderResult:
    with tempfile.TemporaryDirectory(prefix="adbook-reader-") as folder:
        return _run(notebook, Colab(Path(folder).resolve(), package, set_up=False))


def _run(notebook: Path, colab: Colab) -> ReaderResult:
    result = ReaderResult(notebook)
    started = time.perf_counter()
    with tempfile.TemporaryDirectory(prefix="adbook-reader-") as scratch:
        scratch = Path(scratch).resolve()
        alone = scratch / "content"
        alone.mkdir()
        source = read(notebook)
        code = [(i, c) for i, c in enumerate(source.cells) if c.cell_type == "code"]
        result.cells = len(code)
        result.failures += [
            f"cell {i + 1} ({_first_line(c.source)}): execution_count is null, so nothing would be compared"
            for i, c in code
            if c.execution_count is None
        ]
        _copy_with_proof(source, len(code), alone / notebook.name)
        (scratch / "pytest.ini").write_text("[pytest]\n", encoding="utf-8")
        done = subprocess.run(
            [
                *(colab.python, "-m", "pytest", "-q", "--color=no", "-p", "nbval.plugin", "-p", "adbook_nbval"),
                *("-p", "adbook_compared", "-p", "no:cacheprovider", "--nbval", "--nbval-current-env"),
                *(f"--nbval-cell-timeout={CELL_TIMEOUT}", f"--nbval-kernel-startup-timeout={CELL_TIMEOUT}"),
                *("-c", scratch / "pytest.ini", "--rootdir", alone),
                alone / notebook.name,
            ],
            cwd=alone,
            env=_variables(scratch, colab),
            timeout=NOTEBOOK_TIMEOUT,
            capture_output=True,
            text=True,
            check=False,
        )
        cells = _load(scratch / "cells.json") or []
        result.failures += _cell_failures(cells, code)
        if done.returncode and not result.failures:
            result.failures.append("the run itself failed:\n" + (done.stdout + done.stderr).strip()[-2000:])
        result.failures += _strays(_load(scratch / "proof.json"), (scratch, colab.folder), result)
    result.failures += [f"changed its environment: {name}" for name in colab.left_behind()]
    result.executed = _executed(source, cells)
    result.seconds = time.perf_counter() - started
    return result


def _executed(source: nbformat.NotebookNode, cells: list[dict]) -> nbformat.NotebookNode:
    """The notebook with the outputs of this run; what the set-up cell prints concerns this environment alone."""
    outputs = {cell["number"]: cell["outputs"] for cell in cells if cell["number"] > 0}
    copy = nbformat.from_dict(source)
    copy.metadata["language_info"] = IPythonKernel.language_info  # decides the colours of the code
    for number, cell in enumerate(c for c in copy.cells if c.cell_type == "code"):
        cell.outputs = nbformat.from_dict(outputs.get(number, []))
    return copy


def _copy_with_proof(source: nbformat.NotebookNode, count: int, target: Path) -> None:
    proof = nbformat.v4.new_code_cell(_PROOF_CELL, execution_count=count + 1, id="proof-of-origin")
    copy = nbformat.from_dict({**source, "cells": [*source.cells, proof]})
    target.write_text(text_of(copy), encoding="utf-8")


def _environment(folder: Path) -> tuple[Path, Path]:
    """A virtual environment without packages of its own, in which the running one's are visible.

    Returned are its interpreter and the folder of its packages. Only folders are passed on, not the `.pth` files in them:
    the one that leads to the clone stays behind.
    """
    venv.create(folder, with_pip=False, symlinks=os.name != "nt")
    scheme = sysconfig.get_paths(vars={"base": str(folder), "platbase": str(folder)}, scheme="venv")
    site = Path(scheme["purelib"])
    locked = dict.fromkeys(sysconfig.get_path(kind) for kind in ("purelib", "platlib"))
    (site / "locked.pth").write_text("\n".join(locked) + "\n", encoding="utf-8")
    colab = site / "google" / "colab"
    colab.mkdir(parents=True)
    (colab / "__init__.py").write_text('"""Stands in for the module that only Colab has."""\n', encoding="utf-8")
    (colab / "output.py").touch()  # JAX imports it where it finds itself on Colab
    (site / "z_colab.pth").write_text("import google.colab\n", encoding="utf-8")
    (site / "adbook_nbval.py").write_text(_PLUGIN, encoding="utf-8")
    shutil.copy(compared.__file__, site / "adbook_compared.py")
    return Path(scheme["scripts"]) / ("python.exe" if os.name == "nt" else "python"), site


def _variables(scratch: Path, colab: Colab) -> dict[str, str]:
    """The environment variables of the run; git finds the book's address in a temporary repository."""
    address, served = colab.book["address"], colab.served.as_uri()
    kept = {k: v for k, v in os.environ.items() if not _DROPPED.fullmatch(k)}
    return kept | {
        "GIT_CONFIG_COUNT": "2",
        "GIT_CONFIG_KEY_0": f"url.{served}.insteadOf",
        "GIT_CONFIG_VALUE_0": address,
        "GIT_CONFIG_KEY_1": f"url.{served}.insteadOf",  # a prefix is replaced, so the longer form needs its own line
        "GIT_CONFIG_VALUE_1": address + ".git",
        "GIT_TERMINAL_PROMPT": "0",
        "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
        "PIP_NO_COLOR": "1",
        "OMP_NUM_THREADS": "1",  # threads that wait for each other are counted as work
        "IPYTHONDIR": str(scratch / "ipython"),
        "JUPYTER_CONFIG_DIR": str(scratch / "jupyter"),
        "ADBOOK_PROOF": str(scratch / "proof.json"),
        "ADBOOK_CELLS": str(scratch / "cells.json"),
    }


def serve(package: Path, folder: Path, tag: str) -> Path:
    """Make a git repository of the package's files as they are now, committed or not, with one tag."""
    folder.mkdir(parents=True)
    for name in PACKAGE_FILES:
        origin = package / name
        if origin.is_dir():
            shutil.copytree(origin, folder / name, ignore=shutil.ignore_patterns("__pycache__", "*.pyc"))
        elif origin.exists():
            shutil.copy(origin, folder / name)
    clean = {k: v for k, v in os.environ.items() if not k.startswith("GIT_")}
    identity = ("-c", "user.name=book", "-c", "user.email=book@localhost", "-c", "commit.gpgsign=false")
    for step in (("init", "-q", "-b", "main"), ("add", "-A"), (*identity, "commit", "-q", "-m", tag), ("tag", tag)):
        subprocess.run(["git", *step], cwd=folder, env=clean, check=True, capture_output=True)
    return folder


def _cell_failures(cells: list[dict], code: list[tuple[int, nbformat.NotebookNode]]) -> list[str]:
    found = []
    for cell in cells:
        said = "\n".join(cell["computed"])
        errors = re.findall(r"(?i)^[\s│]*(error: .*?)\s*$", said, re.MULTILINE)
        if errors and "pip install" in _source(cell, code):
            unreached = re.search(r"No matching distribution|Could not fetch|[Cc]onnection|timed out", said)
            why = "what pip needs could not be fetched" if unreached else "pip failed"
            words = "; ".join(dict.fromkeys(errors))
            found.append(f"{_place(cell, code)}: adlib was not installed, {why}: {words}")
        if cell["failed"] or cell["skipped"]:
            found.append(f"{_place(cell, code)}: {_difference(cell)}")
        elif _ignored(cell, code) and (was := _form(cell["committed"])) != (now := _form(cell["computed"])):
            found.append(f"{_place(cell, code)}: ignored output has another form: committed {was!r}, computed {now!r}")
    return found


def _ignored(cell: dict, code: list) -> bool:
    """Whether only the numbers of this output may differ; what the set-up cell prints is pip's."""
    return cell["number"] < len(code) and "ignored-output" in code[cell["number"]][1].metadata.get("adbook", {})


def _form(texts: list[str]) -> str:
    """What is printed, with a mark for every number; wider numbers move what stands beside them."""
    return " ".join(re.sub(r"[-+−]?\d[\d.,]*(e[-+]?\d+)?", "#", "".join(texts)).split())


def _difference(cell: dict) -> str:
    """Say in one line, or a few, how a cell failed."""
    if cell["skipped"]:
        return "was not run: " + (cell["error"] or "an earlier cell ran out of time")
    if cell["error"] != "Cell outputs differ":
        trace = [line for line in _plain(cell["trace"]).split("\n") if line.strip()]
        last = next(
            (k for k in range(len(trace) - 1, -1, -1) if re.match(r"\w*(\.\w+)*(Error|Exception)\b", trace[k])), -1
        )
        return " ".join(trace[last:]) if trace else cell["error"]
    committed = "\n".join(cell["committed"]).split("\n")
    computed = "\n".join(cell["computed"]).split("\n")
    for line in range(max(len(committed), len(computed))):
        was = committed[line] if line < len(committed) else "(no such line)"
        now = computed[line] if line < len(computed) else "(no such line)"
        if was != now:
            return f"output differs: committed {was.strip()!r}, computed {now.strip()!r}"
    return "output differs: " + " ".join(_plain(cell["trace"]).split())


def _strays(proof: dict | None, own: tuple[Path, ...], result: ReaderResult) -> list[str]:
    """Modules and search paths that lead out of the reader's world into the clone."""
    if proof is None:
        return [] if result.failures else ["the notebook never reached its end: the kernel died"]
    result.adlib_from = proof["adlib"]
    result.processor = proof["processor"]
    result.budgeted = proof["processor"] * YARDSTICK / proof["yardstick"]
    found = []
    if proof["adlib"] and not any(Path(proof["adlib"]).resolve().is_relative_to(folder) for folder in own):
        found.append(f"adlib came from {proof['adlib']}, not from the git address")
    for entry in proof["path"]:
        if entry and _in_clone(Path(entry)):
            found.append(f"sys.path leads into the clone: {entry}")
    for name, file in proof["modules"].items():
        if file and _in_clone(Path(file)):
            found.append(f"module {name} came from the clone: {file}")
    return found


def _in_clone(path: Path) -> bool:
    """Whether a path is in this repository, apart from the environment that `make` puts into it."""
    path = path.resolve()
    return path.is_relative_to(ROOT) and not path.is_relative_to(Path(sys.prefix).resolve())


def _source(cell: dict, code: list) -> str:
    return code[cell["number"]][1].source if cell["number"] < len(code) else ""


def _place(cell: dict, code: list) -> str:
    if cell["number"] >= len(code):
        return "the added last cell"
    index, content = code[cell["number"]]
    return f"cell {index + 1} ({_first_line(content.source)})"


def _first_line(source: str) -> str:
    line = source.strip().split("\n")[0]
    return line if len(line) <= 60 else line[:57] + "..."


def _plain(text: str) -> str:
    return re.sub(r"\x1b\[[0-9;]*m", "", text)


def _load(file: Path):
    return json.loads(file.read_text(encoding="utf-8")) if file.exists() else None


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tools.reader", description=__doc__.split("\n")[0])
    parser.add_argument("files", nargs="*", type=Path, help="notebooks (default: every chapter)")
    options = parser.parse_args(arguments)
    failed = False
    with tempfile.TemporaryDirectory(prefix="adbook-colab-") as folder:
        colab = Colab(Path(folder))
        for path in options.files or notebooks():
            result = check_notebook(path, colab=colab)
            failed |= not result.ok
            print(result.report(), flush=True)
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
