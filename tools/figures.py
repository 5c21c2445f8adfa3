"""What the figures of the chapters show, kept as text: words, legends, and where what is drawn lies, by its look.

The committed notebooks have no pictures, so nothing would notice a legend whose labels changed places, a curve in another
colour or other data. A figure is an SVG, and this module reads it: every look (colour, dashes, marker) with its number
of pieces and nine places along them, in points. They are kept in ``tests/book/figures/<chapter>.json``, written by
``python -m tools.normalise --execute`` together with the outputs, and compared with what a reader's run draws.
"""

from __future__ import annotations

import json
import re
import xml.etree.ElementTree as ET
from collections.abc import Iterable, Iterator
from itertools import pairwise
from math import dist
from pathlib import Path

from nbformat import NotebookNode

from adlib.viz.style import COLOURS
from tools import ROOT

KEPT = ROOT / "tests" / "book" / "figures"
SVG = "image/svg+xml"
TOLERANCE = 2  # points: what last bits move is far less than what a reader sees
PLACES = 9
MARKER = 20  # points: a shape that is used again and is larger is no marker

_CAPTION = re.compile(r"\*\*(Figure \d+\.\d+)\.\*\*")
_END = re.compile(r"[MLCQ](?: \S+ \S+)*? (-?[\d.]+) (-?[\d.]+)(?= *(?:[MLCQz]|$))")
_SPACE = "{http://www.w3.org/2000/svg}"
_ROLE = {colour.lower(): role for role, colour in COLOURS.items()}


def of_notebook(executed: NotebookNode) -> dict[str, dict]:
    """By the name in its caption, what every figure of an executed notebook shows."""
    found = {}
    for cell, after in pairwise(executed.cells):
        pictures = [o.data[SVG] for o in cell.get("outputs", []) if SVG in o.get("data", {})]
        for number, picture in enumerate(pictures):
            caption = _CAPTION.match(after.source)
            name = caption[1] if caption else f"the figure before {after.source[:40]!r}"
            found[name if number == 0 else f"{name}, picture {number + 1}"] = of_picture("".join(picture))
    return found


def of_picture(svg: str) -> dict:
    """The words of a figure, its legends, and what is drawn by its look."""
    root = ET.fromstring(svg, ET.XMLParser(target=ET.TreeBuilder(insert_comments=True)))
    parents = {child: parent for parent in root.iter() for child in parent}
    markers = {path.get("id"): path.get("d", "") for path in root.iter(_SPACE + "path") if path.get("id")}
    words, legend, handle = [], [], []
    drawn: dict[str, list[list[tuple[float, float]]]] = {}
    for element in root.iter():
        groups = _groups(element, parents)
        in_legend = any(g.startswith("legend_") for g in groups)
        if element.tag is ET.Comment:
            text = " ".join(element.text.split())
            if in_legend:
                legend.append([text, *dict.fromkeys(handle)])
                handle = []
            else:
                words.append([text, *_place(element, parents)])
        elif not any(re.match(r"[xy]tick_|text_", g) for g in groups) and (piece := _piece(element, markers)):
            look, points = piece
            if in_legend:
                handle.append(look)
            else:
                drawn.setdefault(look, []).append(points)
    return {
        "words": words,
        "legend": legend,
        "drawn": [
            [look, len(pieces), _places([point for piece in pieces for point in piece])]
            for look, pieces in sorted(drawn.items())
        ],
    }


def _groups(element: ET.Element, parents: dict) -> list[str]:
    names = []
    while (element := parents.get(element)) is not None:
        names.append(element.get("id") or "")
    return names


def _place(comment: ET.Element, parents: dict) -> list[int]:
    """Where the glyphs stand that follow the comment with their words."""
    text = next(g for g in parents[comment] if g.tag == _SPACE + "g")
    moved = re.match(r"translate\((\S+) (\S+)\)", text.get("transform", ""))
    return [round(float(moved[1])), round(float(moved[2]))] if moved else []


def _piece(element: ET.Element, markers: dict[str, str]) -> tuple[str, list] | None:
    """The look of a line, an area or one marker, and its points; None for what shows nothing."""
    style = dict(re.findall(r"([\w-]+): ([^;]+)", element.get("style", "")))
    colours = [c for c in (style.get("stroke", "none"), style.get("fill", "none")) if c not in ("none", "#ffffff")]
    if element.tag == _SPACE + "use":
        x, y = float(element.get("x", 0)), float(element.get("y", 0))
        shape = _points(markers.get(element.get("{http://www.w3.org/1999/xlink}href", "").lstrip("#"), ""))
        small = max(map(abs, sum(shape, ())), default=0) < MARKER
        points = [(x, y)] if small else [(x + a, y + b) for a, b in shape]
        kind = f"marker of {len(shape)} corners" if small else "area"
    elif element.tag == _SPACE + "path" and not element.get("id"):
        points = _points(element.get("d", ""))
        dashes = " ".join(f"{float(n):.1f}" for n in style.get("stroke-dasharray", "").split(",") if n)
        kind = f"dashed {dashes}" if dashes else "area" if style.get("fill", "none") != "none" else "line"
    else:
        return None
    return (" ".join([*dict.fromkeys(_ROLE.get(c, c) for c in colours), kind]), points) if colours and points else None


def _points(path: str) -> list[tuple[float, float]]:
    """Where the pieces of a path end."""
    return [(float(x), float(y)) for x, y in _END.findall(path)]


def _places(points: list[tuple[float, float]]) -> list[list[int]]:
    """Places at equal distances along the points, which do not hang on how many of them the SVG keeps."""
    lengths = [0.0]
    for a, b in pairwise(points):
        lengths.append(lengths[-1] + dist(a, b))
    found, k = [], 0
    for part in range(PLACES):
        target = lengths[-1] * part / (PLACES - 1)
        while k < len(points) - 2 and lengths[k + 1] < target:
            k += 1
        a, b = points[k], points[min(k + 1, len(points) - 1)]
        share = min((target - lengths[k]) / (dist(a, b) or 1.0), 1.0)
        found.append([round(p + share * (q - p)) for p, q in zip(a, b)])
    return found


def differences(kept: dict[str, dict], found: dict[str, dict], varying: Iterable[str] = ()) -> Iterator[str]:
    """A line for every figure, word, label or look that is not as it was; the data of figures that vary are left out."""
    for name in sorted(kept.keys() | found.keys()):
        if name not in found or name not in kept:
            yield f"{name}: " + ("is drawn no more" if name in kept else "is not among the kept figures")
            continue
        was, now = kept[name], found[name]
        for a, b in _paired(was["legend"], now["legend"]):
            if a != b:
                yield f"{name}: legend: was {_entry(a)}, is {_entry(b)}"
        for a, b in _paired(was["words"], now["words"]):
            if a is None or b is None or a[0] != b[0]:
                yield f"{name}: words: was {a and a[0]!r}, is {b and b[0]!r}"
            elif name not in varying and _apart(a[1:], b[1:]):
                yield f"{name}: the words {a[0]!r} were at {a[1:]}, are at {b[1:]}"
        old, new = ({look: rest for look, *rest in figure["drawn"]} for figure in (was, now))
        for look in sorted(old.keys() | new.keys()):
            if look not in old or look not in new:
                yield f"{name}: {look}: " + ("nothing is drawn so any more" if look in old else "nothing was drawn so")
                continue
            (pieces, places), (pieces_now, places_now) = old[look], new[look]
            if name in varying:
                continue
            if pieces != pieces_now:
                yield f"{name}: {look}: {pieces} pieces were drawn, now {pieces_now}"
            elif any(map(_apart, places, places_now)):
                yield f"{name}: {look}: other data, it went by {places}, now by {places_now}"


def of_two_colours(found: Iterable[dict[str, dict]]) -> Iterator[str]:
    """A line for every label that stands for one colour in one figure of the book and for another in another."""
    first: dict[str, tuple[str, str]] = {}
    for name, shown in ((name, shown) for chapter in found for name, shown in sorted(chapter.items())):
        for label, *looks in shown["legend"]:
            colour = " ".join(dict.fromkeys(look.split()[0] for look in looks))
            before, there = first.setdefault(label, (colour, name))
            if colour != before:
                yield f"{name}: {label!r} is drawn in {colour}, in {there} it was in {before}"


def _paired(was: list, now: list) -> Iterator[tuple]:
    longest = max(len(was), len(now))
    yield from zip([*was, *[None] * (longest - len(was))], [*now, *[None] * (longest - len(now))])


def _entry(entry: list | None) -> str:
    return f"{entry[0]!r} for {' and '.join(entry[1:]) or 'nothing'}" if entry else "no label"


def _apart(a: list[int], b: list[int]) -> bool:
    return any(abs(p - q) > TOLERANCE for p, q in zip(a, b))


def kept(chapter: str, folder: Path = KEPT) -> dict[str, dict]:
    """What is kept of a chapter, by its stem."""
    file = folder / f"{chapter}.json"
    return json.loads(file.read_text(encoding="utf-8")) if file.is_file() else {}


def keep(chapter: str, executed: NotebookNode, folder: Path = KEPT) -> None:
    """Write what the figures of an executed chapter show."""
    folder.mkdir(exist_ok=True)
    (folder / f"{chapter}.json").write_text(text_of(of_notebook(executed)), encoding="utf-8")


def text_of(found: dict[str, dict]) -> str:
    """The form in which it is kept: a line for every word, label and look, so that a change is a short difference."""
    figures = []
    for name, shown in sorted(found.items()):
        parts = [f' "{part}": [' + ",".join(f"\n  {json.dumps(e, ensure_ascii=False)}" for e in shown[part]) + "]"
                 for part in ("words", "legend", "drawn")]  # fmt: skip
        figures.append(f"{json.dumps(name)}: {{\n" + ",\n".join(parts) + "}")
    return "{" + ",\n".join(figures) + "}\n"
