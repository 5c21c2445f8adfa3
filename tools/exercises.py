"""Make everything that is made of the exercises' sources: ``python -m tools.exercises``.

    python -m tools.exercises                 write the students' notebooks, the book's pages and the table
    python -m tools.exercises --execute       run the sources in strict mode first and write their outputs
    python -m tools.exercises --check         change nothing; exit 1 and name what is not current

A source is a notebook with the solution in place, between ``# BEGIN SOLUTION`` and ``# END SOLUTION``. Sources of public
exercises stand in ``chapters/exercises/``, those of reserved ones in ``instructor/``; a chapter may have one of each, of one
name. From them are made

- ``exercises/<name>.ipynb``, the student's notebook: every solution is replaced by ``raise NotImplementedError``;
- ``pages/exercises/<name>.ipynb``, the page of the book: the same, and under a public exercise its folded solution;
- the table of exercises in ``pages/exercises.md``.

How a source is written says ``instructor/README.md``. Where there is no ``instructor/``, as in what readers get, nothing can
be made anew and there is nothing to check.
"""

from __future__ import annotations

import argparse
import os
import re
import sys
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from tools import ROOT, generated
from tools.generated import Wrong
from tools.normalise import KERNELSPEC, differences, execute, normalised, read, text_of

PUBLIC, RESERVED = "chapters/exercises", "instructor"
STUDENT, PAGE, TABLE = "exercises", "pages/exercises", "pages/exercises.md"
BEGIN, END = "# BEGIN SOLUTION", "# END SOLUTION"
STUB = 'raise NotImplementedError("your turn")'
TABLE_MARKS = "<!-- table of exercises: made by tools.exercises -->", "<!-- end of the table -->"

REGION = re.compile(rf"^(?P<indent>[ \t]*){BEGIN}\n(?P<body>.*?)^[ \t]*{END}[ \t]*$", re.MULTILINE | re.DOTALL)
_HEADING = re.compile(r"## Exercise (?P<number>\d+\.\d+)\. (?P<title>\S.*)")
_LINK = re.compile(r"(?<=\]\()(?![a-z]+:|#)([^)\s]+)(?=\))")
KEYS = {"id": str, "objective": str, "minutes": int, "difficulty": int, "points": int, "access": str}


@dataclass(frozen=True)
class Section:
    """One exercise of a source: its heading, its data, and its cells as they stand there."""

    source: Path
    number: str
    title: str
    data: dict
    cells: list[NotebookNode]

    @property
    def public(self) -> bool:
        return self.data["access"] == "public"

    @property
    def order(self) -> tuple[int, ...]:
        return tuple(int(part) for part in self.number.split("."))

    def solution(self) -> str:
        """The solved cells, without the marks."""
        solved = [cell.source for cell in self.cells if BEGIN in cell.source]
        return "\n\n".join(re.sub(rf"^[ \t]*(?:{BEGIN}|{END})[ \t]*\n?", "", s, flags=re.M).rstrip() for s in solved)

    def secret(self) -> list[str]:
        """The lines that only the solution has: those between the marks, and those of the explanation."""
        regions = [match["body"] for cell in self.cells for match in REGION.finditer(cell.source)]
        regions += [cell.source for cell in self.cells if is_explanation(cell)]
        return [line.strip() for text in regions for line in text.splitlines() if line.strip()]


def sources(root: Path = ROOT) -> list[Path]:
    """The sources, public ones first."""
    return [path for folder in (PUBLIC, RESERVED) for path in sorted((root / folder).glob("[0-9][0-9]-*.ipynb"))]


def sections(path: Path) -> tuple[list[NotebookNode], list[Section]]:
    """The cells before the first exercise, and the exercises; `Wrong` where the format is not kept."""
    head, found = [], []
    access = "reserved" if path.parent.name == RESERVED else "public"
    for number, cell in enumerate(read(path).cells, start=1):
        where = f"{path.name}, cell {number}"
        _check_marks(cell, where)
        if heading := _HEADING.match(cell.source) if cell.cell_type == "markdown" else None:
            found.append(Section(path, heading["number"], heading["title"], _data(cell, access, where), []))
        elif cell.cell_type == "markdown" and cell.source.startswith("## "):
            raise Wrong(f"{where}: the heading is not of the form: ## Exercise 5.1. Its title")
        (found[-1].cells if found else head).append(cell)
    for section in found:
        _check_section(section)
    return head, found


def _data(cell: NotebookNode, access: str, where: str) -> dict:
    data = dict(cell.metadata.get("exercise", {}))
    if set(data) != set(KEYS) or any(type(data[key]) is not kind for key, kind in KEYS.items()):
        raise Wrong(f"{where}: the metadata 'exercise' of the heading has to hold {', '.join(KEYS)}; it holds {data}")
    if data["access"] != access:
        raise Wrong(f"{where}: access is {data['access']!r}, but this folder is for {access} exercises")
    if data["difficulty"] not in (1, 2, 3):
        raise Wrong(f"{where}: the difficulty is 1, 2 or 3")
    return data


def _check_marks(cell: NotebookNode, where: str) -> None:
    begins, ends = cell.source.count(BEGIN), cell.source.count(END)
    regions = list(REGION.finditer(cell.source)) if cell.cell_type == "code" else []
    if not begins == ends == len(regions):
        raise Wrong(f"{where}: {begins} lines {BEGIN!r} and {ends} lines {END!r} make {len(regions)} regions")
    for region in regions:
        if not region["indent"]:
            raise Wrong(f"{where}: a solution stands inside a function, or the open notebook would not run")


def _check_section(section: Section) -> None:
    where = f"{section.source.name}, Exercise {section.number}"
    if not section.secret():
        raise Wrong(f"{where}: there is no solution between {BEGIN!r} and {END!r}")
    if not any(f'check("{section.data["id"]}", ' in c.source for c in section.cells if c.cell_type == "code"):
        raise Wrong(f'{where}: no cell calls check("{section.data["id"]}", ...)')


def opened(source: str) -> str:
    """A cell as the student gets it: every solution is replaced by an error that says what is to be done."""
    return REGION.sub(lambda region: region["indent"] + STUB, source)


def is_explanation(cell: NotebookNode) -> bool:
    """A Markdown cell that belongs to the solution; only the folded one of the book shows it."""
    return cell.metadata.get("exercise", {}).get("role") == "explanation"


def everything(root: Path = ROOT) -> dict[str, list[Section]]:
    """Name of the set, such as `'05-forward-mode'` -> its exercises in order, public and reserved."""
    sets: dict[str, list[Section]] = {}
    for path in sources(root):
        sets.setdefault(path.stem, []).extend(sections(path)[1])
    ids = [section.data["id"] for found in sets.values() for section in found]
    numbers = [section.number for found in sets.values() for section in found]
    for double in {x for x in ids + numbers if (ids + numbers).count(x) > 1}:
        raise Wrong(f"two exercises are called {double}")
    return {name: sorted(found, key=lambda s: s.order) for name, found in sets.items()}


def current(root: Path = ROOT) -> dict[str, str]:
    """Path -> text of every file that is made from the sources."""
    files = {}
    sets = everything(root)
    for name, found in sets.items():
        public = root / PUBLIC / f"{name}.ipynb"
        if not public.is_file():
            raise Wrong(
                f"{RESERVED}/{name}.ipynb: the first cells are taken from {PUBLIC}/{name}.ipynb; write that one"
            )
        head = sections(public)[0]
        reserved = root / RESERVED / f"{name}.ipynb"
        if reserved.is_file() and _code(sections(reserved)[0]) != _code(head):
            raise Wrong(f"{RESERVED}/{name}.ipynb: its first code cells differ from those of {PUBLIC}/{name}.ipynb")
        for folder in (STUDENT, PAGE):
            files[f"{folder}/{name}.ipynb"] = _notebook(name, head, found, folder)
    table = root / TABLE
    if table.is_file():
        files[TABLE] = generated.between(table.read_text(encoding="utf-8"), *TABLE_MARKS, _table(sets), TABLE)
    return files


def _executed(path: Path) -> NotebookNode:
    """A source after a run; `Wrong` with the last words of the cell that fails."""
    from nbclient.exceptions import CellExecutionError

    try:
        return execute(read(path))
    except CellExecutionError as error:
        raise Wrong(f"{path.name}: a cell fails with {error.ename}: {error.evalue}") from None


def _code(cells: list[NotebookNode]) -> list[str]:
    return [cell.source for cell in cells if cell.cell_type == "code"]


def _notebook(name: str, head: list[NotebookNode], found: list[Section], folder: str) -> str:
    """The student's notebook or the page of one set."""
    cells = [_copied(cell, cell.source, PUBLIC, folder) for cell in head]
    if folder == PAGE:
        # A role, since a plain link to a notebook would be taken for a page; this file is made for the book alone.
        link = f"{{download}}`the notebook <../../{STUDENT}/{name}.ipynb>`"
        download = f"Work them in {link}: the solutions are folded below, and the notebook has none."
        cells[0].source += f"\n\n{download}\n[How exercises work](../exercises.md) says what the checks tell you."
    for section in found:
        origin = PUBLIC if section.public else RESERVED
        for cell in section.cells:
            if is_explanation(cell):
                continue
            source = opened(cell.source)
            if cell is section.cells[0]:
                source = _with_rubric(source, section)
            cells.append(_copied(cell, source, origin, folder))
        if folder == PAGE:
            cells.append(_folded(section, folder))
    _tell_apart(cells)
    notebook = new_notebook(cells=cells, metadata={"kernelspec": KERNELSPEC, "language_info": {"name": "python"}})
    return text_of(notebook)


def _tell_apart(cells: list[NotebookNode]) -> None:
    """Give a cell another id where one before has it: the two sources of a set may use the same."""
    taken = set()
    for cell in cells:
        while cell.id in taken:
            cell.id += "-b"
        taken.add(cell.id)


def _copied(cell: NotebookNode, source: str, origin: str, folder: str) -> NotebookNode:
    metadata = {key: value for key, value in cell.metadata.items() if key != "exercise"}
    if cell.cell_type == "code":
        return new_code_cell(source, id=cell.id, metadata=metadata)
    return new_markdown_cell(_relinked(source, origin, folder), id=cell.id, metadata=metadata)


def _with_rubric(source: str, section: Section) -> str:
    """The heading's cell with a line on what the exercise is for and what it takes."""
    heading, _, text = source.partition("\n")
    return f"{heading}\n\n*{rubric(section)}*\n\n{text.strip()}".rstrip()


def rubric(section: Section) -> str:
    """What an exercise is for and what it takes, in one line."""
    data, points = section.data, section.data["points"]
    takes = f"{data['minutes']} minutes, difficulty {data['difficulty']} of 3, {points} point{'s' * (points != 1)}"
    return f"{data['objective']}. About {takes}."


def _folded(section: Section, folder: str) -> NotebookNode:
    """The cell under an exercise of the page: the folded solution, or why there is none."""
    name = f"solution-{section.data['id']}"
    if not section.public:
        return new_markdown_cell("> **Note.** The solution is kept back for courses. The check is the same.", id=name)
    why = [_relinked(c.source, PUBLIC, folder) for c in section.cells if is_explanation(c)]
    parts = [f"```python\n{section.solution()}\n```", *why]
    return new_markdown_cell(
        "<details><summary>Solution</summary>\n\n" + "\n\n".join(parts) + "\n\n</details>", id=name
    )


def _relinked(text: str, origin: str, folder: str) -> str:
    """The same relative links, from a file in another folder."""

    def moved(link: re.Match) -> str:
        target, mark, anchor = link[1].partition("#")
        there = PurePosixPath(os.path.normpath(PurePosixPath(origin) / target))
        if str(there.parent) in (PUBLIC, RESERVED):  # another set of exercises: the copy beside this one
            there = PurePosixPath(folder) / there.name
        return Path(os.path.relpath(there, folder)).as_posix() + mark + anchor

    return _LINK.sub(moved, text)


def _table(sets: dict[str, list[Section]]) -> str:
    rows = ["| exercise | what you practise | minutes | difficulty | points | solution |", "|---|---|---|---|---|---|"]
    for name, found in sets.items():
        for section in found:
            data = section.data
            anchor = re.sub(r"[^\w\- ]", "", f"Exercise {section.number}. {section.title}".lower()).replace(" ", "-")
            link = f"[{section.number} {section.title}](exercises/{name}.ipynb#{anchor})"
            shown = "in the book" if section.public else "kept for courses"
            rows.append(
                f"| {link} | {data['objective']} | {data['minutes']} | {data['difficulty']} | {data['points']} | {shown} |"
            )
    return "\n".join(rows)


def made(root: Path = ROOT) -> list[str]:
    """The notebooks and pages that are there, whether a source makes them or not."""
    return [f"{folder}/{path.name}" for folder in (STUDENT, PAGE) for path in (root / folder).glob("*.ipynb")]


def stale(root: Path = ROOT) -> list[str]:
    """The generated files that are not what the sources make, and those that nothing makes; one line each."""
    return list(generated.stale(root, current(root), made(root)).values())


def write(root: Path = ROOT) -> list[str]:
    """Write what is not current, remove what has no source; return the names of the files that changed."""
    return generated.write(root, current(root), made(root))


@generated.command
def main(arguments: list[str] | None = None, root: Path = ROOT) -> int:
    parser = argparse.ArgumentParser(prog="python -m tools.exercises", description=__doc__.split("\n")[0])
    parser.add_argument("--check", action="store_true", help="change nothing; exit 1 when something is not current")
    parser.add_argument("--execute", action="store_true", help="run the sources in strict mode first")
    options = parser.parse_args(arguments)
    if not (root / RESERVED).is_dir():
        print(f"There is no {RESERVED}/ here, so nothing can be made anew.")
        return 0
    if options.check:
        unkempt = [f"{path.relative_to(root)}: {line}" for path in sources(root) for line in differences(path)]
        return generated.report([*stale(root), *unkempt], "python -m tools.exercises --execute")
    if options.execute:
        os.environ["ADLIB_STRICT"] = "1"
        for path in sources(root):
            print(f"{path.relative_to(root)}: running", flush=True)
            path.write_text(text_of(normalised(_executed(path))), encoding="utf-8", newline="\n")
    for name in write(root):
        print(f"{name}: written")
    return 0


if __name__ == "__main__":
    sys.exit(main())
