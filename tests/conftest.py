"""What the tests of the package and of the book share: how they are spread over processes, a browser, the table of costs."""

import os
import re
import sys
from collections import Counter, defaultdict

import pytest

from tools import notebooks
from tools.chromium import NoBrowser, chromium

# Files, or groups in them, that begin first, so that no process is left alone with a long one at the end. What shows the
# built book comes after the chapters of which it is built, and one share of it while the other builds the book.
FIRST = (
    "test_notebooks",
    "site-0",
    "test_claims",
    "site-1",
    "test_build",
    "test_planted_pages",
    "test_exercise_notebooks",
)
COMPARED = Counter()
STEMS = {path.stem for path in notebooks()}


@pytest.hookimpl(tryfirst=True)  # before pytest-xdist reads the marks
def pytest_collection_modifyitems(items):
    """Tests of one file stay in one process, for they share fixtures; those of a chapter are marked with its name."""
    for item in items:
        if not item.get_closest_marker("xdist_group"):
            item.add_marker(pytest.mark.xdist_group(item.nodeid.partition("::")[0]))
        names = f"{item.nodeid} {item.get_closest_marker('xdist_group').args[0]}"
        item.user_properties += [("chapter", stem) for stem in STEMS & set(re.findall(r"\d\d-[a-z-]+", names))]
    items.sort(key=place)


def place(item) -> int:
    """Where the file or the group of a test stands in `FIRST`."""
    names = (item.path.stem, item.get_closest_marker("xdist_group").args[0])
    return next((k for k, first in enumerate(FIRST) if first in names), len(FIRST))


def pytest_sessionfinish(session):
    """How many derivatives were compared is counted in every process, and added up in the one that reports."""
    oracles = sys.modules.get("tests.adlib.oracles")
    COMPARED.update(oracles.CHECKS if oracles else {})
    if hasattr(session.config, "workeroutput"):
        session.config.workeroutput["compared"] = dict(COMPARED)


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node):
    COMPARED.update(getattr(node, "workeroutput", {}).get("compared", {}))


def pytest_terminal_summary(terminalreporter):
    """The tables of single tests; what each chapter costs, in seconds of one process, and what all of them need once."""
    if COMPARED:
        counts = ", ".join(f"{kind} {count}" for kind, count in sorted(COMPARED.items()))
        terminalreporter.write_line(f"adlib: derivatives compared: {counts}")
    reports = [r for found in terminalreporter.stats.values() for r in found if isinstance(r, pytest.TestReport)]
    for report in reports:
        if report.when == "call" and (table := dict(report.user_properties).get("table")):
            terminalreporter.section(table[0])
            terminalreporter.write_line(table[1])
    spent = defaultdict(Counter)
    for report in reports:
        file = re.match(r"tests/book/test_(\w+)\.py", report.nodeid)
        chapter = dict(report.user_properties).get("chapter", "fixed")
        spent[chapter][file[1] if file else "adlib"] += report.duration
    if len(spent) > 1:
        terminalreporter.section("what it costs")
        for chapter, files in sorted(spent.items()):
            parts = ", ".join(f"{file} {seconds:.0f}" for file, seconds in files.most_common() if seconds >= 1)
            terminalreporter.write_line(f"{chapter:32} {files.total():6.0f} s  {parts}")


@pytest.fixture
def table(record_property):
    """`table(title, text)` is printed at the end of the run: what a test prints in a process of its own is lost."""
    return lambda title, text: record_property("table", (title, text))


@pytest.fixture(scope="session")
def need_browser():
    """A function that ends a test without Chromium: as a skip, or as a failure where a browser was asked for."""

    def need() -> None:
        try:
            chromium()
        except NoBrowser as missing:
            end = pytest.fail if os.environ.get("ADBOOK_REQUIRE_BROWSER") == "1" else pytest.skip
            end(str(missing))

    return need
