"""Build the whole book: ``python -m tools.build``.

Every warning is an error, as is every cell that fails or writes to stderr. Executed notebooks are cached, and the
cache is thrown away as soon as anything changed that a notebook could have imported: Jupyter Book itself looks at
the notebook alone and would go on showing what an older adlib computed.
"""

import argparse
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from tools import ROOT, pages

if TYPE_CHECKING:
    from nbformat import NotebookNode

_COLOUR = re.compile(r"\x1b\[[0-9;]*m")
_PROBLEM = re.compile(
    r"^(?:[a-z ]+\.\.\. )?(?P<place>\S.*?): (?:WARNING|ERROR|CRITICAL): (?P<text>.*)$|^(?:WARNING|ERROR): (?P<bare>.*)$"
)
_CATEGORY = re.compile(r" ?\[[a-z_.]+\]$")  # Sphinx appends it: [myst.xref_missing]
# Jupyter's kernels say this at every start; it concerns machines that several people share.
NOISE = "[IPKernelApp] WARNING | Kernel is running over TCP without encryption"


@dataclass(frozen=True)
class BuildResult:
    """What came of a build: its exit status (0 is good), full log, duration, HTML folder and problems found."""

    rc: int
    log: str
    seconds: float
    html: Path
    problems: tuple[str, ...]

    def digest(self) -> str:
        """The problems, one a line, or the end of the log when the build broke down without naming one."""
        return "\n".join(self.problems) if self.problems else self.log[-2000:]


def execution_key(source: Path, code: Path) -> str:
    """A hash of everything besides the notebooks that decides what their cells print.

    That is the package adlib with its data, the lock, the Python, and the book's configuration.
    """
    package = code / "adlib"
    files = [p for p in sorted(package.rglob("*")) if p.is_file() and "__pycache__" not in p.parts]
    files += [ROOT / "requirements.txt", source / "_config.yml"]
    key = hashlib.sha256(sys.version.encode())
    for file in files:
        key.update(str(file.relative_to(package) if package in file.parents else file.name).encode())
        key.update(hashlib.sha256(file.read_bytes()).digest())
    return key.hexdigest()


def build(
    source: Path,
    output: Path,
    *,
    execute: str = "cache",
    code: Path = ROOT,
    toc: Path | None = None,
    strict: bool = True,
    echo: Callable[[str], None] | None = None,
    executed: Iterable["NotebookNode"] = (),
) -> BuildResult:
    """Build the book in the folder ``source`` into ``output / '_build'``.

    Parameters
    ----------
    source, output
        The folder with ``_config.yml`` and ``_toc.yml``, and where ``_build`` goes. Two builds that run at the
        same time need different outputs.
    execute
        ``"cache"`` runs the notebooks that changed, and all of them when the execution key changed;
        ``"force"`` runs all of them.
    code
        The folder that the kernels find first on their path: the one with the package ``adlib``.
    toc
        Another table of contents than the one of ``source``.
    strict
        Whether warnings make the exit status 1.
    echo
        Called with every line of the log as it comes, for example ``print``.
    executed
        Notebooks that were run already, with this ``code``: they are not run again. What counts as the same notebook
        is decided by Jupyter Book's cache: all code cells are equal.
    """
    if execute not in ("cache", "force"):
        raise ValueError(f"execute is 'cache' or 'force', not {execute!r}")
    source, output = Path(source).resolve(), Path(output).resolve()
    made = output / "_build"
    html = made / "html"
    _prepare(made, html, execution_key(source, code), keep=execute == "cache")
    _keep(made / ".jupyter_cache", executed)

    # The command line of Jupyter Book, without relying on the script's hard-coded path to its interpreter.
    command = [sys.executable, "-c", "from jupyter_book.cli.main import main; main()"]
    command += ["build", str(source), "--path-output", str(output), "-n", "--keep-going", "--all"]
    command += ["-W"] if strict else []
    command += ["--toc", str(toc)] if toc else []

    started = time.monotonic()
    lines = []
    with subprocess.Popen(
        command, cwd=source, env=_environment(code, made), text=True, encoding="utf-8", errors="replace",
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    ) as process:  # fmt: skip
        for raw in process.stdout:
            line = _COLOUR.sub("", raw.rstrip("\n"))
            if NOISE in line:
                continue
            lines.append(line)
            if echo:
                echo(line)
    found = _problems(lines, source, html)
    if process.returncode == 0:
        found += pages.problems(source, html, toc)
    rc = process.returncode or int(strict and bool(found))
    return BuildResult(rc, "\n".join(lines), time.monotonic() - started, html, tuple(found))


def _prepare(made: Path, html: Path, key: str, *, keep: bool) -> None:
    """Remove the old pages, and the executed notebooks too unless they were made under this ``key``."""
    shutil.rmtree(html, ignore_errors=True)  # else the page of a deleted chapter would live on
    cache, stamp = made / ".jupyter_cache", made / ".execution-key"
    if not keep or not stamp.is_file() or stamp.read_text() != key:
        shutil.rmtree(cache, ignore_errors=True)
    made.mkdir(parents=True, exist_ok=True)
    stamp.write_text(key)


def _keep(folder: Path, executed: Iterable["NotebookNode"]) -> None:
    """Put executed notebooks into the cache of the build."""
    from jupyter_cache import get_cache  # here, for a Python without it gets to `require_environment` first
    from jupyter_cache.base import CacheBundleIn

    for notebook in executed:
        bundle = CacheBundleIn(notebook, "executed by the tests")
        get_cache(folder).cache_notebook_bundle(bundle, check_validity=False, overwrite=True)


def _environment(code: Path, made: Path) -> dict[str, str]:
    """The variables of the build and its kernels: adlib from ``code``, nothing of the user's own IPython."""
    return os.environ | {
        "PYTHONPATH": str(Path(code).resolve()),
        "PYTHONUNBUFFERED": "1",
        "PYTHONUTF8": "1",
        "IPYTHONDIR": str(made / ".ipython"),
        "JUPYTER_PREFER_ENV_PATH": "1",
        "JAX_PLATFORMS": "cpu",
        "PYDEVD_DISABLE_FILE_VALIDATION": "1",
    }


def _problems(lines: list[str], source: Path, html: Path) -> list[str]:
    """Each warning or error in the log as one line that begins with the file it is about."""
    found = []
    for line in lines:
        match = _PROBLEM.match(line)
        if not match or "[mystnb.exec]" in line and "traceback saved" in line:
            continue
        text = match["text"] or match["bare"]
        file, _, number = (match["place"] or "").partition(".ipynb:")
        place = f"{file}.ipynb, cell {int(number) // 10000}" if number.isdigit() else (match["place"] or "the book")
        place = place.replace(f"{source}{os.sep}", "")
        if "[mystnb.exec]" in line:
            place, text = _failed_cell(place, text, source, html)
        problem = f"{place}: {_CATEGORY.sub('', text)}"
        if problem not in found:
            found.append(problem)
    return found


def _failed_cell(document: str, text: str, source: Path, html: Path) -> tuple[str, str]:
    """Name the cell that failed and its error, from the report that MyST-NB leaves beside the pages."""
    report = html / "reports" / Path(document).with_suffix(".err.log")
    if not report.is_file():
        return document, text
    parts = re.split(r"^-{18}$", _COLOUR.sub("", report.read_text(encoding="utf-8")), flags=re.MULTILINE)
    error = parts[-1].strip().splitlines()[-1]
    if len(parts) < 3:  # a timeout or a dead kernel quotes the cell in another way
        return document, error
    cell = parts[1].strip()
    return f"{document}, cell {_cell_number(source / document, cell)}({cell.splitlines()[0]})", error


def _cell_number(notebook: Path, cell: str) -> str:
    """``'3 '`` for the notebook's third cell, counted with the text cells; empty for a page of text."""
    if notebook.suffix != ".ipynb":
        return ""
    cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
    sources = ["".join(c["source"]).strip() for c in cells]
    return f"{sources.index(cell) + 1} " if cell in sources else ""


def report(result: BuildResult, page: str = "index.html") -> int:
    """Print where the book is or what is wrong with it; return the exit status."""
    if result.rc == 0:
        print(f"\nThe book is built ({result.seconds:.0f} s). Open it:\n  {result.html / page}")
        return 0
    count = len(result.problems)
    print(f"\nThe build failed after {result.seconds:.0f} s: {count or 'no'} problem{'s' * (count != 1)} named.")
    for problem in result.problems:
        print(f"  {problem}")
    return 1


def require_environment() -> None:
    """Stop with the command to run when this Python is not the environment of the book."""
    if find_spec("jupyter_book") is None:
        sys.exit("Jupyter Book is not installed in this Python. Run: python3 tools/env.py -m tools.build")


def main() -> int:
    """Build the repository's book."""
    parser = argparse.ArgumentParser(prog="python -m tools.build", description="Build the whole book.")
    parser.add_argument("--force", action="store_true", help="run every notebook again, also unchanged ones")
    options = parser.parse_args()
    require_environment()
    return report(build(ROOT, ROOT, execute="force" if options.force else "cache", echo=print))


if __name__ == "__main__":
    sys.exit(main())
