"""Bring notebooks into the one form in which they are committed.

    python -m tools.normalise                 rewrite chapters/*.ipynb
    python -m tools.normalise --execute       run each notebook first, then rewrite it
    python -m tools.normalise --check         change nothing; exit 1 and say what differs

The committed form keeps what the tests compare and what a reader of a diff can read: code, Markdown, printed text
and the text form of results. It drops pictures and HTML, which the book and Colab make again, but keeps the output
they stood in, so that a figure that vanishes is noticed; what the figures of a chapter show is kept beside the tests
(`tools.figures`). Metadata shrinks to the keys the book uses; a cell that the book folds is folded in Colab and JupyterLab too.

The test run (`tools.reader`) compares nothing in a cell whose execution count is null, so a committed null is an
error here, not a matter of style.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path

import nbformat
from nbformat import NotebookNode
from nbformat.v4.rwbase import rejoin_lines, split_lines

from tools import ROOT, figures, generated, notebooks
from tools.compared import KEPT_MIME

KEPT_CELL_METADATA = ("adbook", "cellView", "exercise", "jupyter", "mystnb", "tags")
FOLDED = {
    "hide-cell",
    "hide-input",
    "remove-cell",
    "remove-input",
}  # the book's tags for code that it does not show at once
KERNELSPEC = {"display_name": "Python 3", "language": "python", "name": "python3"}
CELL_TIMEOUT = 900  # seconds, for what hangs; the longest cell takes ten. Test run and build use the same limit

_VALID_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")


def read(path: Path) -> NotebookNode:
    """Read a notebook as it stands: nothing is validated, and no missing cell id is invented."""
    notebook = json.loads(path.read_text(encoding="utf-8"))
    if notebook.get("nbformat") != 4:
        raise ValueError(f"{path}: a notebook of format {notebook.get('nbformat')}, expected 4")
    return rejoin_lines(nbformat.from_dict(notebook))


def normalised(notebook: NotebookNode) -> NotebookNode:
    """Return the committed form of a notebook; the argument is left alone."""
    taken: set[str] = set()
    cells, count = [], 0
    for position, cell in enumerate(notebook.cells, start=1):
        kept = {
            "cell_type": cell.cell_type,
            "id": _cell_id(cell.get("id"), position, taken),
            "metadata": {k: cell.metadata[k] for k in KEPT_CELL_METADATA if k in cell.metadata},
            "source": "\n".join(line.rstrip() for line in cell.source.split("\n")).strip("\n"),
        }
        if cell.cell_type == "code":
            count += 1
            kept["metadata"] |= _folding(cell)
            kept["execution_count"] = count
            kept["outputs"] = [_output(o, count) for o in _joined_streams(cell.outputs)]
        cells.append(kept)
    return nbformat.from_dict(
        {
            "cells": cells,
            "metadata": {"kernelspec": KERNELSPEC, "language_info": {"name": "python"}},
            "nbformat": 4,
            "nbformat_minor": 5,
        }
    )


def text_of(notebook: NotebookNode) -> str:
    """The file's text: one form of JSON, one newline at the end."""
    split = split_lines(nbformat.from_dict(json.loads(json.dumps(notebook))))
    return json.dumps(split, ensure_ascii=False, indent=1, sort_keys=True) + "\n"


def _folding(cell: NotebookNode) -> dict:
    """What folds a cell in Colab and in JupyterLab as its tags fold it in the book."""
    if FOLDED & set(cell.metadata.get("tags", [])):
        return {"cellView": "form", "jupyter": {**cell.metadata.get("jupyter", {}), "source_hidden": True}}
    return {}


def execute(notebook: NotebookNode) -> NotebookNode:
    """Run a notebook in an empty folder, with the working tree's `adlib`.

    Raises `nbclient.exceptions.CellExecutionError` when a cell fails.
    """
    from nbclient import NotebookClient

    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    run = nbformat.from_dict(normalised(notebook))
    with tempfile.TemporaryDirectory() as folder:
        client = NotebookClient(
            run,
            timeout=CELL_TIMEOUT,
            kernel_name="python3",
            store_widget_state=False,
            record_timing=False,
            resources={"metadata": {"path": folder}},
        )
        client.execute(env=environment)
    return run


def differences(path: Path) -> list[str]:
    """What keeps a file from its committed form, one line each; an empty list when nothing does."""
    notebook = read(path)
    expected = normalised(notebook)
    found = []
    count = 0
    for index, (cell, want) in enumerate(zip(notebook.cells, expected.cells, strict=True), start=1):
        where = f"cell {index}"
        extra = sorted(set(cell.metadata) - set(want.metadata))
        if extra:
            found.append(f"{where}: metadata not kept: {', '.join(extra)}")
        if cell.cell_type == "code" and any(cell.metadata.get(k) != v for k, v in _folding(cell).items()):
            found.append(f"{where}: folded in the book, and not in Colab and JupyterLab")
        if cell.source != want.source:
            found.append(f"{where}: blank lines or trailing spaces at the edges of the source")
        if cell.cell_type != "code":
            continue
        count += 1
        if cell.execution_count is None:
            found.append(
                f"{where}: execution_count is null, so the tests would compare nothing in it; run the notebook"
            )
        elif cell.execution_count != count:
            found.append(f"{where}: execution_count is {cell.execution_count}, expected {count}")
        dropped = sorted({m for o in cell.outputs for m in o.get("data", {}) if m != KEPT_MIME})
        if dropped:
            found.append(f"{where}: output holds {', '.join(dropped)}")
        elif cell.outputs != want.outputs and cell.execution_count == count:
            found.append(f"{where}: output metadata, split streams or a traceback")
    if notebook.metadata != expected.metadata:
        found.append("notebook metadata is more or less than kernelspec and language")
    text, wanted = path.read_text(encoding="utf-8"), text_of(expected)
    if not found and text != wanted:
        found.append(f"line {generated.first_difference(text, wanted)[0]}: layout of the JSON or a cell id")
    return found


def _cell_id(wanted: str | None, position: int, taken: set[str]) -> str:
    """Keep a valid id that no earlier cell has; otherwise make one from the position."""
    chosen = wanted if wanted and _VALID_ID.fullmatch(wanted) and wanted not in taken else f"cell-{position:03d}"
    while chosen in taken:
        chosen += "-x"
    taken.add(chosen)
    return chosen


def _output(output: NotebookNode, count: int) -> dict:
    kind = output.output_type
    if kind == "stream":
        return {"output_type": kind, "name": output.name, "text": output.text}
    if kind == "error":  # a traceback names files of the machine that ran it
        return {"output_type": kind, "ename": output.ename, "evalue": output.evalue, "traceback": []}
    kept = {
        "output_type": kind,
        "data": {KEPT_MIME: output.data[KEPT_MIME]} if KEPT_MIME in output.data else {},
        "metadata": {},
    }
    if kind == "execute_result":
        kept["execution_count"] = count
    return kept


def _joined_streams(outputs: Iterable[NotebookNode]) -> list[NotebookNode]:
    """Join neighbouring pieces of one stream: where a kernel splits them is chance."""
    joined: list[NotebookNode] = []
    for output in outputs:
        last = joined[-1] if joined else None
        if last is not None and last.output_type == output.output_type == "stream" and last.name == output.name:
            joined[-1] = nbformat.from_dict({**last, "text": last.text + output.text})
        else:
            joined.append(output)
    return joined


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tools.normalise", description=__doc__.split("\n")[0])
    parser.add_argument("files", nargs="*", type=Path, help="notebooks (default: every chapter)")
    parser.add_argument("--check", action="store_true", help="change nothing; exit 1 when a file differs")
    parser.add_argument("--execute", action="store_true", help="run each notebook before it is written")
    options = parser.parse_args(arguments)
    if options.check and options.execute:
        parser.error("--check changes nothing and --execute does; choose one")

    paths = options.files or notebooks()
    if options.check:
        found = [f"{path}: {line}" for path in paths for line in differences(path)]
        return generated.report(found, "python -m tools.normalise --execute <file>")
    failed = False
    for path in paths:
        notebook = read(path)
        if options.execute:
            from nbclient.exceptions import CellExecutionError

            print(f"{path}: running", flush=True)
            try:
                notebook = execute(notebook)
            except CellExecutionError as error:
                failed = True
                print(f"{path}: not written, a cell failed\n{error}")
                continue
            if path.resolve() in notebooks():
                figures.keep(path.stem, notebook)
        after = text_of(normalised(notebook))
        if after != path.read_text(encoding="utf-8"):
            path.write_text(after, encoding="utf-8")
            print(f"{path}: written")
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
