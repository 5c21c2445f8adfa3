"""Which pages a build of the book has to make, and which it made.

Sphinx can lose a page and end well: a pattern that excludes too much, a warning that somebody has silenced. So the pages
are counted against ``_toc.yml`` after every build.
"""

import re
from pathlib import Path

SEARCH = {"search", "genindex"}  # Sphinx makes these of every book,
INDEXES = {"py-modindex", "_modules/index"}  # and these of one that documents modules
_DOCUMENT = re.compile(r"^[-\s]*(?:file|root):\s*([\w./-]+?)(?:\.md|\.ipynb)?\s*(?:#.*)?$", re.MULTILINE)
_OTHERS = ("_static/", "mathjax/", "reports/")  # files that are copied, and the reports about cells that failed


def expected(source: Path, toc: Path | None = None) -> set[str]:
    """The names of the pages of the book in ``source``: its table of contents, what Sphinx adds, the packages' modules."""
    documents = set(_DOCUMENT.findall((toc or source / "_toc.yml").read_text(encoding="utf-8")))
    return documents | SEARCH | (_modules(source) if _shows_modules(source) else set())


def _shows_modules(source: Path) -> bool:
    """Whether the book uses the extension that writes a page for every module of the package."""
    return re.search(r"\badbook:", (source / "_config.yml").read_text(encoding="utf-8")) is not None


def _modules(source: Path) -> set[str]:
    named = re.search(r"\badbook_packages: \[(.*?)\]", (source / "_config.yml").read_text(encoding="utf-8"))
    packages = re.split(r",\s*", named[1]) if named else ["adlib"]
    files = (file.relative_to(source) for package in packages for file in (source / package).rglob("*.py"))
    return {f"_modules/{file.with_suffix('').as_posix().removesuffix('/__init__')}" for file in files}


def made(html: Path) -> set[str]:
    """The names of the pages in a folder that a build has made."""
    names = (path.relative_to(html).with_suffix("").as_posix() for path in html.rglob("*.html"))
    return {name for name in names if not name.startswith(_OTHERS)}


def problems(source: Path, html: Path, toc: Path | None = None) -> list[str]:
    """What is missing in a build, and what nobody asked for; one line each."""
    asked, there = expected(source, toc), made(html)
    missing = [f"{name}: the build made no page of it" for name in sorted(asked - there)]
    return missing + [f"{name}.html: no file of _toc.yml makes this page" for name in sorted(there - asked - INDEXES)]
