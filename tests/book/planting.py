"""Run a chapter with wrong statements put into it, and say which cell noticed each of them.

    python planting.py chapter.ipynb < plants.json > findings.json

The plants are pairs, what stands in the chapter and what takes its place. The chapter runs once, as it is; before the cell of
a plant the process forks, and the child runs on with the edit until a cell fails. So twenty plants cost little more than one
run. JAX has threads, which a fork loses: where it is loaded already, the plant gets a run of its own.
"""

import io
import json
import os
import signal
import subprocess
import sys
import warnings
from contextlib import redirect_stdout

import nbformat

LIMIT = 300  # seconds for one plant
FORKED = hasattr(os, "fork")


def place(cells: list[str], there: str) -> int:
    """The number of the one cell that holds the text."""
    found = [k for k, source in enumerate(cells) if there in source]
    if len(found) != 1:
        raise SystemExit(f"the plant must fit one cell, and fits {len(found)}: {there!r}")
    return found[0]


def run_until_failure(cells: list[str], names: dict) -> dict | None:
    """The first line of the cell that fails, and its error; None when all run."""
    for source in cells:
        try:
            exec(compile(source, "<chapter>", "exec"), names)
        except Exception as error:
            return {"line": source.splitlines()[0], "error": type(error).__name__, "text": str(error)}
    return None


def in_child(cells: list[str], names: dict) -> dict | None:
    """`run_until_failure` in a fork of this process, which stays as it is."""
    reading, writing = os.pipe()
    if not (child := os.fork()):
        signal.alarm(LIMIT)
        with os.fdopen(writing, "w") as out:
            json.dump(run_until_failure(cells, names), out)
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as answer:
        text = answer.read()
    os.waitpid(child, 0)
    return (
        json.loads(text)
        if text
        else {"line": "", "error": "stopped", "text": f"it ran longer than {LIMIT} s, or crashed"}
    )


def alone(chapter: str, plant: list[str]) -> dict | None:
    """The finding of one plant, from a process of its own."""
    command = [sys.executable, __file__, chapter, "--whole"]
    answer = subprocess.run(command, input=json.dumps([plant]), capture_output=True, text=True, check=True)
    return json.loads(answer.stdout)[0]


def findings(chapter: str, plants: list[list[str]], whole: bool) -> list[dict | None]:
    notebook = nbformat.read(chapter, 4)
    cells = [c.source for c in notebook.cells if c.cell_type == "code"][1:]  # the first sets Colab up
    at = [place(cells, there) for there, _ in plants]

    def planted(i: int) -> list[str]:
        there, instead = plants[i]
        return [source.replace(there, instead) for source in cells[at[i] :]]

    names, found = {"__name__": "__main__"}, [None] * len(plants)
    for k, source in enumerate(cells[: max(at) + 1]):
        for i in (i for i in range(len(plants)) if at[i] == k):
            if whole:
                found[i] = run_until_failure(planted(i), names)
            elif FORKED and "jax" not in sys.modules:
                found[i] = in_child(planted(i), names)
            else:
                found[i] = alone(chapter, plants[i])
        if k < max(at):
            exec(compile(source, chapter, "exec"), names)
    return found


if __name__ == "__main__":
    import matplotlib

    matplotlib.use("agg")
    warnings.simplefilter("ignore")  # figures cannot be shown here
    with redirect_stdout(io.StringIO()):  # what the cells print is not the result
        found = findings(sys.argv[1], json.load(sys.stdin), "--whole" in sys.argv)
    json.dump(found, sys.stdout)
