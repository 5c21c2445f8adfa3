"""What a panel is made of once it is laid out: shapes in whole quarters of a pixel, and how one is drawn.

The script of an explorable draws the same shapes by the same rules (`script`); here they are
drawn for what stands still: the panel itself, the pictures shown without script, the keys of colours.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from html import escape

UNIT = 4  # to a pixel of a panel 336 px wide
HEAD = 7 * UNIT  # an arrowhead
TEXT = 11.5 * UNIT

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
class Shape:
    """One kind of mark with its coordinates by frame: all x, then all y (of an arrow its tail, then its tip).

    ``kind`` is a letter: d dots, o rings, x crosses, t ticks, c a curve, f the area under it, b bars, a arrows,
    m a line across, k cells, s text. ``extra`` holds what does not change.
    """

    kind: str
    colour: str
    frames: Sequence[Sequence[int]]
    extra: dict = field(default_factory=dict)
    source: str = ""  # the layer it comes from, for messages

    @property
    def key(self):
        return self.kind, self.colour, tuple(map(tuple, self.frames)), repr(self.extra)


def draw(shape: Shape, frame: int) -> str:
    """The shape at one frame as SVG."""
    values = shape.frames[min(frame, len(shape.frames) - 1)]
    extra = shape.extra
    if shape.kind == "s":
        text = extra["n"][min(frame, len(extra["n"]) - 1)]
        return f'<text class="ax-tx {shape.colour}" x="{values[0]}" y="{values[1]}"{_anchor(extra["a"])}>{escape(text)}</text>'
    if shape.kind == "k":
        style = f'text-anchor="middle" style="font-size:{extra["f"]}px"'
        return f'<g class="{shape.colour}" {style}>{_cells(values, extra)}</g>'
    out = ""
    trail = _trail(shape, frame)
    if trail:
        out += f'<path class="ax-trail" d="{trail}"/>'
    out += f'<path{attributes(shape)} d="{path(shape.kind, values, extra)}"/>'
    half = len(values) // 2
    for k, name in enumerate(extra.get("n", ())[:half]):
        if name:
            dx, dy, anchor = extra["s"][k % len(extra["s"])]
            out += f'<text class="ax-tx" x="{values[k] + dx}" y="{values[half + k] + dy}"{_anchor(anchor)}>{escape(name)}</text>'
    return f'<g class="{shape.colour}">{out}</g>'


def attributes(shape: Shape) -> str:
    """Class and style of the path of a shape."""
    extra = shape.extra
    classes = f"ax-{shape.kind}" + (f" ax-z{extra['z']}" if extra.get("z") else "")
    style = f"stroke-width:{2 * extra['r']}" if shape.kind == "d" else ""
    style += f";opacity:{extra['p']:g}" if "p" in extra else ""
    return f' class="{classes}"' + (f' style="{style.lstrip(";")}"' if style else "")


def path(kind: str, values: Sequence[int], extra: dict) -> str:
    """The outline of a shape other than cells and text."""
    half = len(values) // 2
    points = list(zip(values[:half], values[half:]))
    if kind == "d":
        return "".join(f"M{x} {y}h0" for x, y in points)
    if kind == "o":
        r = extra["r"]
        turn = f"a{r} {r} 0 1 0 "
        return "".join(f"M{x - r} {y}{turn}{2 * r} 0{turn}{-2 * r} 0" for x, y in points)
    if kind == "x":
        r = extra["r"]
        return "".join(f"M{x - r} {y - r}l{2 * r} {2 * r}m0 {-2 * r}l{-2 * r} {2 * r}" for x, y in points)
    if kind == "t":
        return "".join(f"M{x} {y - extra['r']}v{2 * extra['r']}" for x, y in points)
    if kind == "c":
        return _line(points)
    if kind == "f":
        return _line(points) + f"V{extra['b']}H{points[0][0]}z" if points else ""
    if kind == "b":
        w, b = extra["w"], extra["b"]
        return "".join(f"M{x - w} {b}V{y}h{2 * w}V{b}z" for x, y in points)
    if kind == "a":
        quarter = half // 2
        tails = points_of(values, 0, quarter)
        tips = points_of(values, 2 * quarter, quarter)
        return "".join(_arrow(*tail, *tip) for tail, tip in zip(tails, tips))
    lo, hi = extra["e"]
    across = (lambda v: f"M{v} {lo}V{hi}") if extra["a"] == "v" else (lambda v: f"M{lo} {v}H{hi}")
    return "".join(map(across, values))


def points_of(values: Sequence[int], start: int, count: int) -> list[tuple[int, int]]:
    return list(zip(values[start : start + count], values[start + count : start + 2 * count]))


def _line(points: Sequence[tuple[int, int]]) -> str:
    """A line through the points in relative steps, which is the shortest form."""
    if not points:
        return ""
    steps = [str(b - a) for p, q in itertools.pairwise(points) for a, b in zip(p, q)]
    rest = "".join(step if step[0] == "-" or not k else " " + step for k, step in enumerate(steps))
    return f"M{points[0][0]} {points[0][1]}" + (f"l{rest}" if rest else "")


def _anchor(anchor: str) -> str:
    return "" if anchor == "start" else f' text-anchor="{anchor}"'


def _arrow(x: int, y: int, u: int, v: int) -> str:
    turn, head = math.atan2(v - y, u - x), min(HEAD, 0.45 * math.hypot(u - x, v - y))
    left, right = (
        f"{round(u - head * math.cos(turn + lean))} {round(v - head * math.sin(turn + lean))}" for lean in (0.45, -0.45)
    )
    return f"M{x} {y}L{u} {v}M{left}L{u} {v}L{right}"


def _trail(shape: Shape, frame: int) -> str:
    length = shape.extra.get("t", 0)
    now = shape.frames[min(frame, len(shape.frames) - 1)]
    seen = [values for values in shape.frames[max(0, frame - length) : frame + 1] if len(values) == len(now)]
    if not length or len(seen) < 2:
        return ""
    half = len(now) // 2
    return "".join(_line([(values[k], values[half + k]) for values in seen]) for k in range(half))


def _cells(values: Sequence[int], extra: dict) -> str:
    """One outline for all cells of a kind, and a text in each that has one."""
    x, y, w, h, columns = extra["g"]
    wide, high = w - extra["q"], h - extra["q"]
    out = texts = ""
    for kind, (css, mark) in enumerate(extra["k"]):
        places = [(x + k % columns * w, y + k // columns * h) for k, value in enumerate(values) if value == kind]
        boxes = "".join(f"M{left} {top}h{wide}v{high}h{-wide}z" for left, top in places)
        out += f'<path class="{css}" d="{boxes}"/>' if boxes else ""
        if mark:
            middle, base = wide // 2, high // 2 + extra["f"] // 3
            texts += "".join(
                f'<text x="{left + middle}" y="{top + base}">{escape(mark)}</text>' for left, top in places
            )
    return out + texts
