"""Build one chapter while writing it: ``python -m tools.chapter 05``.

The landing page and the text pages come along, so that links and the sidebar work; the other chapters do not, and
links to them are not complaints here. The result lies in ``_build/chapter-05``, apart from the whole book.
"""

import argparse
import dataclasses
import re
import sys
from pathlib import Path

from tools import ROOT, chapters, notebooks
from tools.build import BuildResult, build, report, require_environment

_MISSING = re.compile(r"(?:cross-reference target not found:|Unknown source document) '([^'#]*)")


def build_chapter(root: Path, document: str, output: Path, echo=None) -> BuildResult:
    """Build ``document`` of the book in ``root`` with the landing page and the pages into ``output``."""
    pages = [f"pages/{path.stem}" for path in sorted((root / "pages").glob("*.md"))]
    if (root / f"pages/exercises/{Path(document).name}.ipynb").is_file():
        pages.append(f"pages/exercises/{Path(document).name}")
    optional = [path for path in notebooks(root)[len(chapters(root)) :] if path.name[:2] == Path(document).name[:2]]
    pages += [path.relative_to(root).with_suffix("").as_posix() for path in optional]
    output.mkdir(parents=True, exist_ok=True)
    toc = output / "_toc.yml"
    toc.write_text("format: jb-book\nroot: index\nchapters:\n" + "".join(f"- file: {d}\n" for d in [document, *pages]))
    result = build(root, output, toc=toc, strict=False, echo=echo)
    left_out = {path.stem for path in chapters(root)} - {Path(document).name}
    problems = tuple(p for p in result.problems if not _leads_to(p, left_out))
    return dataclasses.replace(result, rc=result.rc or int(bool(problems)), problems=problems)


def _leads_to(problem: str, names: set[str]) -> bool:
    """Whether ``problem`` is a link to one of the chapters ``names``, which were left out on purpose."""
    match = _MISSING.search(problem)
    return bool(match) and Path(match[1]).stem in names


def main() -> int:
    """Build the chapter named on the command line."""
    parser = argparse.ArgumentParser(prog="python -m tools.chapter", description="Build one chapter of the book.")
    parser.add_argument("number", nargs="?", default="", help="as in the file name: 05")
    number = parser.parse_args().number.zfill(2)
    known = {path.name[:2]: path.stem for path in chapters(ROOT)}
    if number not in known:
        listed = "".join(f"\n  {n}  {stem}" for n, stem in known.items()) or " none yet"
        sys.exit(f"Name a chapter: make chapter N=05. Those that exist:{listed}")
    require_environment()
    document = f"chapters/{known[number]}"
    result = build_chapter(ROOT, document, ROOT / "_build" / f"chapter-{number}", echo=print)
    return report(result, page=f"{document}.html")


if __name__ == "__main__":
    sys.exit(main())
