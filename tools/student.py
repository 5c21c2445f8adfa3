"""Go a student's way through the notebooks of exercises: ``python -m tools.student``.

    python -m tools.student                               every notebook, as Colab gets it
    python -m tools.student --pictures pictures           and pictures of the way through the built book

In the notebook the student runs every task as it is (⏳), then gives a wrong answer (❌ and a hint), then the right one
(✅). The answers come from the exercises' sources and from `instructor/wrong_answers/`. The notebook is run by
`tools.reader`: alone, in an environment like Colab's, where its first cell installs `adlib`. What every check prints there
is compared with what it has to print.

In the book the student opens a page of exercises, downloads the notebook, and unfolds a solution: `book_faults` tries it
in Chromium, with the mouse and with the keyboard, on a desktop and on a phone.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import linecache
import re
import runpy
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_output

from _ext.adbook.downloads import absolute
from adlib.exercises import all_exercises
from tools import ROOT, reader
from tools.address import settings
from tools.browse import DESKTOP, MATHEMATICS_DONE, PHONE
from tools.chromium import launched, patient
from tools.exercises import PAGE, RESERVED, STUDENT, Section, everything
from tools.normalise import read, text_of
from tools.serve import HTML, serving


def wrong_answers(root: Path = ROOT) -> dict[str, list[tuple]]:
    """Id of an exercise -> its wrong answers: the name of a mistake, its hint's key and words, and the edits that make it."""
    files = sorted((root / RESERVED / "wrong_answers").glob("*.py"))
    return {id: mistakes for file in files for id, mistakes in runpy.run_path(str(file))["WRONG"].items()}


def right_answers(root: Path = ROOT) -> dict[str, list[tuple]]:
    """Id of an exercise -> right answers that a check has to accept: a name, and the edits that make one of the solution."""
    files = sorted((root / RESERVED / "wrong_answers").glob("*.py"))
    return {id: answers for file in files for id, answers in runpy.run_path(str(file)).get("RIGHT", {}).items()}


def mistaken(solution: str, edits: str | list[tuple[str, str]]) -> str:
    """The solution with a mistake put in: edits one after the other, or another program that comes after it."""
    if isinstance(edits, str):
        return f"{solution}\n{edits}"
    for there, instead in edits:
        if there not in solution:
            raise ValueError(f"{there!r} is not in the solution")
        solution = solution.replace(there, instead)
    return solution


# In the notebook -------------------------------------------------------------------------------------------------


def walked(name: str, root: Path = ROOT) -> NotebookNode:
    """The student's notebook of one set after the walk, with the outputs that the checks have to print.

    Every check stands there three times: below the task as it is, below a wrong answer, and below the right one.
    """
    notebook = read(root / STUDENT / f"{name}.ipynb")
    exercises = {section.data["id"]: section for section in everything(root)[name]}
    wrong = wrong_answers(root)
    cells, names = [], {"__name__": "__main__"}
    for cell in notebook.cells:
        cells.append(cell)
        if call := re.fullmatch(r'check\("([\w-]+)", \w+\)', cell.source):
            for number, answer in enumerate(_tries(exercises[call[1]], wrong[call[1]])):
                cells.append(new_code_cell(answer, id=f"{cell.id}-answer-{number}"))
                cells.append(new_code_cell(cell.source, id=f"{cell.id}-again-{number}"))
    for count, cell in enumerate((c for c in cells if c.cell_type == "code"), start=1):
        cell.execution_count = count
        if printed := _printed(cell.source, names, f"<cell {count}>"):
            cell.outputs = [new_output("stream", name="stdout", text=printed)]
    notebook.cells = cells
    return notebook


def _tries(section: Section, wrong: list[tuple]) -> tuple[str, str]:
    """What a student may write: the first wrong answer that has a hint of the exercise's own, and the solution."""
    right, hints = section.solution(), all_exercises()[section.data["id"]].hints
    return mistaken(right, next(edits for _, key, _, edits in wrong if key in hints)), right


def _printed(source: str, names: dict, file: str) -> str:
    """What a cell prints, run here; the installation for Colab is left out."""
    source = re.sub(r"(?m)^( *)%pip .*$", r"\1pass", source)
    linecache.cache[file] = (
        len(source),
        None,
        source.splitlines(keepends=True),
        file,
    )  # a check quotes the line that failed
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(compile(source, file, "exec"), names)
    return printed.getvalue()


def verdicts(notebook: NotebookNode) -> list[str]:
    """The first lines of what the checks printed, in order."""
    texts = (o.text for c in notebook.cells if c.cell_type == "code" for o in c.outputs)
    return [line for text in texts for line in text.splitlines() if not line.startswith(" ")]


def walk(name: str, colab: reader.Colab, root: Path = ROOT) -> reader.ReaderResult:
    """Run the walk through one set as Colab would, and compare everything that is printed."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / f"{name}.ipynb"
        file.write_text(text_of(walked(name, root)), encoding="utf-8")
        return reader.check_notebook(file, colab=colab)


# In the book -----------------------------------------------------------------------------------------------------


def book_faults(html: Path, root: Path = ROOT, pictures: Path | None = None) -> list[str]:
    """What goes wrong on a student's way through the built book, one line each.

    Raises `NoBrowser` where there is no Chromium.
    """
    found = []
    with serving(html) as origin, launched() as browser:
        for viewport, theme in ((DESKTOP, "light"), (PHONE, "dark")):
            page = patient(browser.new_page(viewport=viewport, color_scheme=theme, reduced_motion="reduce"))
            shoot = _camera(page, pictures, viewport["width"])
            page.goto(f"{origin}/pages/exercises.html", wait_until="load")
            shoot("how-exercises-work", page.locator("article"))
            for name, sections in everything(root).items():
                page.goto(f"{origin}/{PAGE}/{name}.html", wait_until="load")
                where = f"{PAGE}/{name}.html at {viewport['width']} px"
                found += [f"{where}: {fault}" for fault in _page_faults(page, name, sections, root, shoot)]
            page.close()
    return found


def _page_faults(page, name: str, sections: list[Section], root: Path, shoot) -> Iterator[str]:
    link = page.get_by_role("link", name="the notebook").first
    answer = page.request.get(page.evaluate("a => a.href", link.element_handle()))
    notebook, told = (root / STUDENT / f"{name}.ipynb").read_text(encoding="utf-8"), settings(root)
    wanted = absolute(notebook, STUDENT, root, f"{told['address']}/blob/{told['ref']}")
    if not answer.ok or answer.text() != wanted:
        yield "the link to the notebook does not give the student's notebook"
    for section in sections:
        part = page.locator("section", has=page.locator(f"> h2:has-text('Exercise {section.number}.')"))
        if part.count() != 1 or not part.locator("p").first.is_visible():
            yield f"there is no Exercise {section.number} to read"
            continue
        if f"⏳ {section.data['id']}: not attempted yet" not in part.inner_text():
            yield f"Exercise {section.number} is not open"
        if section.public:
            yield from _fold_faults(page, part, section, shoot)
        elif part.locator("details").count() or "kept back for courses" not in part.inner_text():
            yield f"Exercise {section.number} is reserved, but its page does not say so"


def _fold_faults(page, part, section: Section, shoot) -> Iterator[str]:
    """The solution is folded, and opens and closes by a click and by the Enter key."""
    folded, summary = part.locator("details"), part.locator("summary")
    if folded.count() != 1:
        yield f"Exercise {section.number} has {folded.count()} folded solutions"
        return
    code = folded.locator("pre")
    if code.is_visible():
        yield f"the solution of Exercise {section.number} is open from the beginning"
    steps = [("a click", summary.click)] * 2 + [("the Enter key", lambda: summary.press("Enter"))] * 2
    for number, (how, act) in enumerate(steps):
        act()
        if code.is_visible() != (number % 2 == 0):
            yield f"{how} does not {'close' if number % 2 else 'open'} the solution of Exercise {section.number}"
            return
        shoot(f"{section.number}-{'closed' if number % 2 else 'open'}", part)
    shown, wanted = re.sub(r"\s+", "", folded.text_content()), re.sub(r"\s+", "", section.solution())
    if wanted not in shown:
        yield f"what unfolds under Exercise {section.number} is not its solution"


def _camera(page, pictures: Path | None, width: int):
    """A function that takes a picture of an element under a name, or does nothing."""

    def shoot(name: str, element) -> None:
        if pictures:
            pictures.mkdir(parents=True, exist_ok=True)
            page.wait_for_function(MATHEMATICS_DONE)
            element.screenshot(path=pictures / f"{name}-{width}.png")

    return shoot


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tools.student", description=__doc__.split("\n")[0])
    parser.add_argument("--pictures", type=Path, help="go through the built book as well, and write pictures here")
    options = parser.parse_args(arguments)
    failed = False
    with tempfile.TemporaryDirectory() as folder:
        colab = reader.Colab(Path(folder))
        for name in everything():
            print("\n".join(verdicts(walked(name))))
            result = walk(name, colab)
            failed |= not result.ok
            print(result.report(), flush=True)
    if options.pictures:
        faults = book_faults(HTML, pictures=options.pictures)
        failed |= bool(faults)
        print("\n".join(faults) or f"Pictures of the way through the book: {options.pictures}")
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
