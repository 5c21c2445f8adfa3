"""The map of the lecture is complete, its links lead somewhere, and its gaps only shrink.

``pages/lecture-map.md`` is the only data: the page a reader sees is the table this test reads.
"""

import itertools
import json
import re
from pathlib import Path

import pytest
from markdown_it import MarkdownIt
from myst_parser.mdit_to_docutils.base import default_slugify

ROOT = Path(__file__).resolve().parents[2]
MAP = ROOT / "pages" / "lecture-map.md"
SLIDES = Path(__file__).with_name("lecture_slides.txt")
MISSING = Path(__file__).with_name("lecture_map_missing.txt")

# How many slides and figures have no place in the book yet. Lower it when a chapter lands; never raise it.
GAPS = 13

FIGURES = [str(number) for number in range(1, 31)] + [
    "forward node",
    "reverse node",
    "joke",
    "linked animation, cities",
    "linked animation, checkpointing",
]


def table(text, heading):
    """The rows, as lists of cells, of the table under the level-2 `heading`."""
    section = text.split(f"\n## {heading}\n", 1)[1].split("\n## ", 1)[0]
    rows = [line.strip().strip("|").split("|") for line in section.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in row] for row in rows[2:]]  # without the header and the rule under it


def places(text):
    """What the map holds: 'slide 7' or 'figure 7' -> the cell that says where it is."""
    slides = {f"slide {row[0]}": row[-1] for row in table(text, "Slides")}
    return slides | {f"figure {row[0]}": row[-1] for row in table(text, "Figures")}


def anchors(path):
    """The heading anchors of a Markdown file or a notebook, as MyST (and GitHub) makes them."""
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".ipynb":
        cells = json.loads(text)["cells"]
        text = "\n\n".join("".join(c["source"]) for c in cells if c["cell_type"] == "markdown")
    else:
        text = re.sub(r"\A---\n.*?\n---\n", "", text, flags=re.S)
    tokens = MarkdownIt().parse(text)
    found = set()
    for opening, inline in itertools.pairwise(tokens):
        if opening.type != "heading_open":
            continue
        title = "".join(t.content for t in inline.children if t.type in ("text", "code_inline"))
        slug, count = default_slugify(title), 1
        while slug in found:
            slug, count = f"{slug}-{count}", count + 1
        found.add(slug)
    return found


def problems(text, slides, listed, gaps, page=MAP):
    """Everything that is wrong with the map `text`, one line each; empty when it is right.

    `slides` are the titles of the lecture in order, `listed` the items known to be missing and
    `gaps` how many of them there may be. Links are followed from the folder of `page`.
    """
    found = []
    titles = [row[1] for row in table(text, "Slides")]
    found += [f"slide not on the map: {title}" for title in slides if title not in titles]
    if not found and titles != slides:
        found.append("the slides on the map are not those of the list, in its order")
    figures = [row[0] for row in table(text, "Figures")]
    found += [f"figure not on the map: {name}" for name in FIGURES if name not in figures]

    for item, cell in places(text).items():
        targets = re.findall(r"\]\(([^)]*)\)", cell)
        if not targets and "to come" not in cell:
            found.append(f"{item}: neither a link nor 'to come'")
        for target in targets:
            name, _, anchor = target.partition("#")
            file = page.parent / name
            if not file.is_file():
                found.append(f"{item}: no file {name}")
            elif anchor and anchor not in anchors(file):
                found.append(f"{item}: no heading #{anchor} in {name}")

    missing = [item for item, cell in places(text).items() if "to come" in cell]
    found += [f"missing and not listed as missing: {item}" for item in missing if item not in listed]
    found += [f"listed as missing but on the map, remove it: {item}" for item in listed if item not in missing]
    if len(listed) > gaps:
        found.append(f"the list of missing items grew: {len(listed)} items, {gaps} allowed")
    elif len(listed) < gaps:
        found.append(f"the list of missing items shrank to {len(listed)}: lower GAPS from {gaps}")
    return found


@pytest.fixture
def state():
    """The committed map, slides, list of missing items and number of gaps."""
    lines = [path.read_text(encoding="utf-8").splitlines() for path in (SLIDES, MISSING)]
    return MAP.read_text(encoding="utf-8"), *lines, GAPS


def test_the_map_is_complete(state):
    assert problems(*state) == []


def without_row(text, start):
    """`text` without the one line that begins with `start`."""
    kept = [line for line in text.splitlines() if not line.startswith(start)]
    assert len(kept) == len(text.splitlines()) - 1
    return "\n".join(kept)


@pytest.mark.parametrize(
    ("start", "problem"),
    [
        ("| 9 | seed", "figure not on the map: 9"),
        ("| 22 | Forward mode: the algorithm", "slide not on the map: Forward mode: the algorithm"),
    ],
)
def test_a_dropped_row_is_named(state, start, problem):
    text, *rest = state
    assert problem in problems(without_row(text, start), *rest)


LANDING = "| [the landing page](../index.md) |"
GAP = "| chapter 99, to come |"


@pytest.mark.parametrize(
    ("there", "instead", "problem"),
    [
        ("(../index.md)", "(../no-such-page.md)", "slide 1: no file ../no-such-page.md"),
        ("(../index.md)", "(../index.md#no-such-heading)", "slide 1: no heading #no-such-heading in ../index.md"),
        (LANDING, "| soon |", "slide 1: neither a link nor 'to come'"),
        (LANDING, GAP, "missing and not listed as missing: slide 1"),
    ],
)
def test_a_wrong_place_is_named(state, there, instead, problem):
    text, *rest = state
    assert there in text
    assert problem in problems(text.replace(there, instead), *rest)


def test_a_gap_that_closed_must_leave_the_list(state):
    text, slides, listed, gaps = state
    found = problems(text, slides, [*listed, "slide 1"], gaps + 1)
    assert found == ["listed as missing but on the map, remove it: slide 1"]


def test_the_list_may_not_grow(state):
    text, slides, listed, gaps = state
    found = problems(text.replace(LANDING, GAP), slides, [*listed, "slide 1"], gaps)
    assert found == [f"the list of missing items grew: {gaps + 1} items, {gaps} allowed"]


def test_a_shorter_list_must_lower_the_number(state):
    text, slides, listed, gaps = state
    assert f"lower GAPS from {gaps + 1}" in problems(text, slides, listed, gaps + 1)[0]


def test_anchors_are_those_of_the_book(tmp_path):
    page = tmp_path / "page.md"
    page.write_text("# A `b` and *c*\n\n```python\n# not a heading\n```\n\n## Same\n\n## Same\n", encoding="utf-8")
    assert anchors(page) == {"a-b-and-c", "same", "same-1"}
