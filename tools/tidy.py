"""Mend the layout and the spelling of what was written: ``python -m tools.tidy [--check]``.

Without ``--check``, ruff lays the Python files out and applies its certain fixes, and a word that has one cure, such as
`recieve` or `color`, is replaced by it. What is left is said, one line each, and makes the exit status 1; with ``--check``
nothing is changed.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from tools import ROOT, spelling
from tools.normalise import read, text_of
from tools.spelling import Misspelt

FOLDERS = "adlib benchmarks chapters instructor pages tests tools _ext _static .ci .github".split()
MENDING = ("check", "--fix"), ("format",)
CHECKING = ("check",), ("format", "--check")


def layout(root: Path, *, mend: bool) -> list[str]:
    """What ruff has to say about the Python files below a folder, after mending it if that is asked for."""
    said = []
    for command in MENDING if mend else CHECKING:
        done = subprocess.run(
            [sys.executable, "-m", "ruff", *command, "--no-cache", "--quiet", "."],
            cwd=root, env=os.environ | {"RUFF_OUTPUT_FORMAT": "concise"}, capture_output=True, text=True, encoding="utf-8",
        )  # fmt: skip
        said += (done.stdout + done.stderr).strip().splitlines() if done.returncode else []
    return said


def files(root: Path) -> Iterator[Path]:
    """The files whose spelling counts: text, notebooks and code, without what is made of them."""
    found = [path for path in root.iterdir() if path.is_file()]
    for folder in FOLDERS:
        found += (root / folder).rglob("*")
    for path in sorted(found):
        name = path.relative_to(root).as_posix()
        if path.is_file() and not name.startswith(spelling.LEFT_OUT) and ".ipynb_checkpoints" not in path.parts:
            yield path


def misspelt(root: Path, *, mend: bool) -> list[Misspelt]:
    """The words below a folder that are not known, after writing the cures of those that have one."""
    found = []
    for path in files(root):
        name = path.relative_to(root).as_posix()
        words = spelling.misspelt(path, name)
        if mend and any(word.cure for word in words):
            cure(path, words)
            words = spelling.misspelt(path, name)
        found += words
    return found


def cure(path: Path, words: list[Misspelt]) -> None:
    """Replace the words that have one cure, each on its own line or in its own cell, outside code spans and names."""
    notebook = read(path) if path.suffix == ".ipynb" else None
    pieces = [c.source for c in notebook.cells] if notebook else path.read_text(encoding="utf-8").split("\n")
    for word in words:
        if word.cure:
            at = int(word.place.rpartition(":")[2]) - 1
            pieces[at] = re.sub(rf"(?<![\w`.]){word.word}(?![\w`(=]|\.\w)", word.cure, pieces[at])
    if notebook:
        for cell, source in zip(notebook.cells, pieces, strict=True):
            cell.source = source
    path.write_text(text_of(notebook) if notebook else "\n".join(pieces), encoding="utf-8", newline="\n")


def main(arguments: list[str] | None = None, root: Path = ROOT) -> int:
    parser = argparse.ArgumentParser(prog="python -m tools.tidy", description=__doc__.split("\n")[0])
    parser.add_argument("--check", action="store_true", help="change nothing; exit 1 if something is to be mended")
    mend = not parser.parse_args(arguments).check
    left = [*misspelt(root, mend=mend), *layout(root, mend=mend)]
    for problem in left:
        print(problem)
    return int(bool(left))


if __name__ == "__main__":
    sys.exit(main())
