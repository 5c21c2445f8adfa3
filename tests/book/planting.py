"""Run a chapter with wrong statements put into it, and say which cell noticed each of them.

    python planting.py chapter.ipynb < plants.json

The plants are triples: what stands in the chapter, what takes its place, and the check that must notice. For each a line of
JSON is printed, its number and the first failure, or null. The chapter runs once, as it is; before the cell of a plant the
process forks, and the child runs on with the edit until a cell fails or the check has spoken. So twenty plants cost little
more than one run.

A fork keeps one thread, and JAX needs more as soon as it computes. So from the first cell on that names it, every cell runs in
a fork of its own, which goes on with the chapter; when its cell started threads, it stops, and the process before it takes the
plants that are left.
"""

import gc
import io
import json
import os
import signal
import subprocess
import sys
import warnings
from contextlib import redirect_stdout

import matplotlib
import nbformat
import psutil

LIMIT = 1200  # seconds of the processor for one plant: only what hangs gets there
THREADED = 3  # how a process ends that forks no more
FILE = "<chapter>"


def place(cells: list[str], there: str) -> int:
    """The number of the one cell that holds the text."""
    found = [k for k, source in enumerate(cells) if there in source]
    if len(found) != 1:
        raise SystemExit(f"the plant must fit one cell, and fits {len(found)}: {there!r}")
    return found[0]


def run_until_failure(cells: list[str], names: dict, check: str) -> dict | None:
    """The cell that fails, the statement in it and the error; None when all run, or the check has passed."""
    for source in cells:
        first = source.splitlines()[0]
        try:
            exec(compile(source, FILE, "exec"), names)
        except Exception as error:
            return {"line": first, "error": type(error).__name__, "text": str(error), "at": failing(source, error)}
        if first.startswith(f"# {check}"):
            return None
    return None


def failing(source: str, error: Exception) -> str:
    """The line of the cell itself at which the error arose, also when it arose in a function."""
    trace = error.__traceback__
    while trace and trace.tb_frame.f_code.co_filename != FILE:
        trace = trace.tb_next
    return source.splitlines()[trace.tb_lineno - 1].strip() if trace else ""


class Chapter:
    """A chapter's cells and what is planted in them."""

    def __init__(self, file: str, plants: list[list[str]]):
        notebook = nbformat.read(file, 4)
        self.cells = [c.source for c in notebook.cells if c.cell_type == "code"][1:]  # the first sets Colab up
        self.plants = plants
        self.at = [place(self.cells, there) for there, *_ in plants]
        self.names = {"__name__": "__main__"}

    def try_plant(self, number: int, since: int) -> dict | None:
        """Who notices the plant; all cells before the one numbered `since` have run."""
        there, instead, check = self.plants[number]
        cells = [s.replace(there, instead) if k == self.at[number] else s for k, s in enumerate(self.cells)]
        return run_until_failure(cells[since:], self.names, check)

    def try_in_forks(self) -> None:
        """Say for every plant who notices it."""
        last, quiet = max(self.at), None
        for k, source in enumerate(self.cells[: last + 1]):
            self.in_forks([number for number, at in enumerate(self.at) if at == k], k)
            if k == last:
                return
            if quiet is None and "jax" in source:
                quiet = threads_with_jax()
            if quiet is not None and (child := os.fork()):  # this process keeps the state before the cell
                status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
                if status == THREADED:
                    self.in_forks([number for number, at in enumerate(self.at) if at > k], k)
                elif status:
                    sys.exit(status)
                return
            exec(compile(source, FILE, "exec"), self.names)
            if quiet is not None and threads() > quiet:
                os._exit(THREADED)

    def in_forks(self, numbers: list[int], since: int) -> None:
        """`try_plant` for each, in a fork of this process, which stays as it is."""
        for number in numbers:
            if not (child := os.fork()):
                signal.setitimer(signal.ITIMER_PROF, LIMIT)
                say(number, self.try_plant(number, since))
                os._exit(0)
            if os.waitpid(child, 0)[1]:
                text = f"it crashed, or used the processor for more than {LIMIT} s"
                say(number, {"line": "", "error": "stopped", "text": text, "at": ""})


def threads() -> int:
    """How many threads this process has, those of libraries included."""
    return psutil.Process().num_threads()


def threads_with_jax() -> int:
    """`threads` after JAX is loaded, once for all forks to come. What it brings along is loaded with it: SciPy."""
    import jax  # noqa: F401
    import scipy.optimize  # noqa: F401

    gc.freeze()  # a collection in a fork would copy all the memory that it looks through
    return threads()


def say(number: int, found: dict | None) -> None:
    """Print a finding, past everything that the cells do with the standard output."""
    os.write(1, (json.dumps([number, found]) + "\n").encode())


def alone(file: str, plants: list[list[str]]) -> None:
    """Say for every plant who notices it, each in a process of its own: for systems that cannot fork."""
    for number, plant in enumerate(plants):
        command = [sys.executable, __file__, file, "--whole"]
        answer = subprocess.run(command, input=json.dumps([plant]), capture_output=True, text=True, check=True)
        say(number, json.loads(answer.stdout)[1])


def main() -> None:
    file, plants = sys.argv[1], json.load(sys.stdin)
    chapter = Chapter(file, plants)
    with redirect_stdout(io.StringIO()):  # what the cells print is not the result
        if "--whole" in sys.argv:
            say(0, chapter.try_plant(0, 0))
        elif hasattr(os, "fork"):
            chapter.try_in_forks()
        else:
            alone(file, plants)


if __name__ == "__main__":
    matplotlib.use("agg")  # figures cannot be shown here
    warnings.simplefilter("ignore")
    main()
