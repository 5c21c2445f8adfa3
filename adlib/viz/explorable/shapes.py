"""What a layer is drawn with: elements of SVG in whole quarters of a pixel, whose attributes have one text a frame.

Python draws every frame; the script of an explorable only sets attributes, and while it plays puts numbers between
those of two frames.
"""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from html import escape

UNIT = 4  # to a pixel of a panel 336 px wide
TEXT = 11.5 * UNIT
_HEAD = 7 * UNIT  # an arrowhead

Point = tuple[int, int]

# The sides on which a name can stand: which way from its point, in multiples of the point's size, and in pixels
# besides, and what of the text stands there.
SIDES = {
    "right": (1, 3, 0, 4, "start"),
    "left": (-1, -3, 0, 4, "end"),
    "above": (0, 0, -1, -4, "middle"),
    "below": (0, 0, 1, 12, "middle"),
}


def beside(side: str, size: int) -> tuple[int, int, str]:
    """Where a name stands: shift in x and y from its point of half the width ``size``, and the text's anchor."""
    u, dx, v, dy, anchor = SIDES[side]
    return u * size + dx * UNIT, v * size + dy * UNIT, anchor


@dataclass(frozen=True)
class Element:
    """A path or a text, and what of it can change: ``changing`` has for each attribute one text a frame, or a single one.

    The attribute "text" is what stands in the element. ``glides`` says whether a player may show it between two frames.
    With a ``trail`` the path is the line that the marks of its outline leave behind over so many frames.
    """

    tag: str
    fixed: str
    changing: Mapping[str, Sequence[str]]
    glides: bool = True
    trail: int = 0

    def draw(self, frame: int) -> str:
        """The element at one frame; nothing where it would be empty."""
        now = {name: texts[min(frame, len(texts) - 1)] for name, texts in self.changing.items()}
        if self.trail:
            now["d"] = _trail(self.changing["d"][max(0, frame - self.trail) : frame + 1])
        return self._markup(now) if now.get("d", now.get("text")) else ""

    def template(self) -> str:
        """The element with what stands still."""
        return self._markup({name: texts[0] for name, texts in self.changing.items() if len(texts) == 1})

    def _markup(self, now: Mapping[str, str]) -> str:
        attributes = self.fixed + "".join(f' {name}="{value}"' for name, value in now.items() if name != "text")
        return (
            f"<{self.tag}{attributes}/>"
            if self.tag == "path"
            else f"<text{attributes}>{escape(now.get('text', ''))}</text>"
        )


@dataclass(frozen=True)
class Shape:
    """The elements of a layer in one colour. ``counts`` says how many frames were given, 1 for what stands still."""

    css: str
    elements: Sequence[Element]
    counts: tuple[int, ...] = (1,)
    source: str = ""  # the layer it comes from, for messages
    fixed: str = ""  # attributes of the group

    def draw(self, frame: int) -> str:
        return self._group("".join(element.draw(frame) for element in self.elements))

    def template(self) -> str:
        return self._group("".join(element.template() for element in self.elements))

    def _group(self, inside: str) -> str:
        return f'<g class="{self.css}"{self.fixed}>{inside}</g>'


def path(kind: str, outlines: Sequence[str], *, css: str = "", style: str = "", glides: bool = True) -> Element:
    """A path with one outline a frame; ``kind`` is the letter of its CSS class, which says how it is drawn."""
    style = f' style="{style}"' if style else ""
    return Element("path", f' class="ax-{kind}{css}"{style}', {"d": outlines}, glides)


def text(places: Sequence[Point], words: Sequence[str], anchor: str, css: str = "ax-tx") -> Element:
    """A text with one place and one wording a frame, or a single one."""
    fixed = (f' class="{css}"' if css else "") + ("" if anchor == "start" else f' text-anchor="{anchor}"')
    x, y = ([str(place[k]) for place in places] for k in (0, 1))
    return Element("text", fixed, {name: still(texts) for name, texts in (("x", x), ("y", y), ("text", words))})


def still(texts: Sequence[str]) -> Sequence[str]:
    """One text where all are the same."""
    return texts[:1] if len(set(texts)) == 1 else texts


# Outlines -------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Mark:
    """How a point is drawn: its CSS letter, half its usual width in pixels, and its outline from x, y and half the width.

    Each outline begins with an M at ``start`` times half the width from the point: there the script finds the point.
    """

    kind: str
    size: float
    outline: Callable[[int, int, int], str]
    start: Point


MARKERS = {
    "dot": Mark("d", 3.5, lambda x, y, r: f"M{x} {y}h0", (0, 0)),
    "ring": Mark("o", 5, lambda x, y, r: f"M{x - r} {y}a{r} {r} 0 1 0 {2 * r} 0a{r} {r} 0 1 0 {-2 * r} 0", (-1, 0)),
    "cross": Mark("x", 3.5, lambda x, y, r: f"M{x - r} {y - r}l{2 * r} {2 * r}m0 {-2 * r}l{-2 * r} {2 * r}", (-1, -1)),
    "tick": Mark("t", 7, lambda x, y, r: f"M{x} {y - r}v{2 * r}", (0, -1)),
}


def line(points: Sequence[Point]) -> str:
    """A line through the points in relative steps, which is the shortest form."""
    if not points:
        return ""
    steps = [f"{b[0] - a[0]} {b[1] - a[1]}" for a, b in itertools.pairwise(points)]
    return f"M{points[0][0]} {points[0][1]}" + (f"l{' '.join(steps)}" if steps else "")


def arrow(x: int, y: int, u: int, v: int) -> str:
    turn, head = math.atan2(v - y, u - x), min(_HEAD, 0.45 * math.hypot(u - x, v - y))
    left, right = (
        f"{round(u - head * math.cos(turn + lean))} {round(v - head * math.sin(turn + lean))}" for lean in (0.45, -0.45)
    )
    return f"M{x} {y}L{u} {v}M{left}L{u} {v}L{right}"


def _trail(outlines: Sequence[str]) -> str:
    """The lines through the places of each mark; the script does the same."""
    places = [[tuple(map(int, place)) for place in re.findall(r"M(-?\d+) (-?\d+)", outline)] for outline in outlines]
    seen = [points for points in places if len(points) == len(places[-1])]
    return "".join(map(line, zip(*seen))) if len(seen) > 1 else ""
