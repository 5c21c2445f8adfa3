"""What an explorable shows in its panels: layers of data, which stand still or have one state a frame.

One rule for all of them: numbers in one row stand still; with one row a frame (an array whose first axis is the
frames, or a list of rows of different length) they move.

Each layer has ``shapes(panel)``, how it is drawn there, and ``key()``, what the key below the panel shows of it: a label,
and the layer's marks in a box so many pixels wide and 14 high.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from ...core.errors import ArgumentError
from ..style import COLOURS
from .given import check_known, check_number, placed, rows_of
from .shapes import MARKERS, SIDES, TEXT, UNIT, Element, Point, Shape, arrow, beside, line, path, still, text

_DASHES = {"solid": "", "dashed": " ax-z1", "dashdot": " ax-z2", "dotted": " ax-z3"}
# As in the figures of `style`: a curve can be told by its line as well as by its colour.
_LINES = {"reverse": "dashed", "good": "dashdot", "highlight": "dotted"}


def colour(role: str) -> str:
    """The CSS class of a role of `adlib.viz.COLOURS`."""
    if role not in COLOURS:
        raise ArgumentError(f"an explorable has no colour for the role {role!r}; there are {', '.join(COLOURS)}")
    return f"ax-{role}"


@dataclass(frozen=True, eq=False)
class Points:
    """Points, with names or trails if wanted.

    Parameters
    ----------
    x, y : array_like, shape (points,) or (frames, points)
    role : str
        One of `adlib.viz.COLOURS`.
    marker : str
        ``"dot"``, ``"ring"``, ``"cross"`` or ``"tick"`` (a short upright line).
    size : float, optional
        Half the width, in pixels of a panel 336 pixels wide.
    names : sequence of str
        Text beside each point; an empty string leaves one out.
    side : str or sequence of str
        Where the names stand: ``"right"``, ``"left"``, ``"above"``, ``"below"``; one for all, or one a point.
    trail : int
        How many of the last frames leave a line behind.
    opacity : float
    label : str
        Puts the points into the key below the panel.

    Examples
    --------
    >>> Points([0.5], [0.5], role="reverse", marker="ring").label
    ''
    """

    x: Sequence
    y: Sequence
    role: str = "forward"
    marker: str = "dot"
    size: float | None = None
    names: Sequence[str] = ()
    side: str | Sequence[str] = "right"
    trail: int = 0
    opacity: float = 1.0
    label: str = ""

    def shapes(self, panel) -> list[Shape]:
        sides = [self.side] if isinstance(self.side, str) else list(self.side)
        check_known(self, "marker", self.marker, MARKERS)
        check_number("the size of Points", self.size or 0, 0)
        check_number("the trail of Points", self.trail, 0)
        for side in sides:
            check_known(self, "side", side, SIDES)
        frames = placed(self, panel, x=self.x, y=self.y)
        size = self.size or MARKERS[self.marker].size
        elements = self._marks(frames, round(size * UNIT), trail=int(self.trail))
        elements += self._texts(frames, [beside(side, round(size * UNIT)) for side in sides])
        return [Shape(colour(self.role), elements, (len(frames),), "Points")]

    def _marks(self, frames, half: int, trail: int = 0) -> list[Element]:
        marker = MARKERS[self.marker]
        style = [f"stroke-width:{2 * half}"] * (marker.kind == "d") + _faint(self)
        outlines = still(["".join(marker.outline(x, y, half) for x, y in points) for points in frames])
        marks = path(marker.kind, outlines, style=";".join(style))
        if not trail or len(outlines) == 1:
            return [marks]
        dx, dy = (-half * share for share in marker.start)
        shift = f' transform="translate({dx} {dy})"' if dx or dy else ""
        return [Element("path", f' class="ax-trail"{shift}', {"d": outlines}, trail=trail), marks]

    def _texts(self, frames, sides) -> list[Element]:
        most = max(map(len, frames))
        named = [(k, str(name), *sides[k % len(sides)]) for k, name in enumerate(self.names[:most]) if name]
        return [
            text(
                _nearest([(points[k][0] + dx, points[k][1] + dy) if k < len(points) else None for points in frames]),
                [name * (k < len(points)) for points in frames],
                anchor,
            )
            for k, name, dx, dy, anchor in named
        ]

    def key(self) -> list[tuple[str, int, Shape]]:
        half = round(min(5, self.size or MARKERS[self.marker].size) * UNIT)
        return [(self.label, 16, Shape(colour(self.role), _opaque(self)._marks([[(8 * UNIT, 6 * UNIT)]], half)))]


def _nearest(places):
    """The places, and where a name is not there that of a frame where it is: it must not fly in from elsewhere."""
    place = next(place for place in places if place is not None)
    filled = []
    for here in places:
        place = here or place
        filled.append(place)
    return filled


@dataclass(frozen=True, eq=False)
class Curve:
    """A line through points in order.

    Parameters
    ----------
    x, y : array_like, shape (points,) or (frames, points)
    role : str
        One of `adlib.viz.COLOURS`.
    dash : str, optional
        ``"solid"``, ``"dashed"``, ``"dashdot"`` or ``"dotted"``; without it, what figures have for the role.
    steps : bool
        Whether the line is level from each point to the next.
    fill : float, optional
        Shades what lies between the line and this value of y.
    opacity : float
    label : str
        Puts the curve into the key below the panel.

    Examples
    --------
    >>> Curve([1, 10, 100], [1.0, 0.1, 0.01], role="reverse", label="theory").role
    'reverse'
    """

    x: Sequence
    y: Sequence
    role: str = "forward"
    dash: str | None = None
    steps: bool = False
    fill: float | None = None
    opacity: float = 1.0
    label: str = ""

    def shapes(self, panel) -> list[Shape]:
        check_known(self, "dash", self.dash or "solid", _DASHES)
        frames = placed(self, panel, x=self.x, y=self.y)
        if self.steps:
            frames = [_stairs(points) for points in frames]
        base = None
        if self.fill is not None:
            (base,) = panel.places("y", [self.fill], "the fill of a Curve")
        return [Shape(colour(self.role), self._drawn(frames, base), (len(frames),), "Curve")]

    def _drawn(self, frames, base: int | None) -> list[Element]:
        """The line, and before it what is shaded."""
        lines = [line(points) for points in frames]
        dash = _DASHES[self.dash or _LINES.get(self.role, "solid")]
        curve = path("c", still(lines), css=dash, style=";".join(_faint(self)))
        if base is None:
            return [curve]
        shaded = [f"{d}V{base}H{points[0][0]}z" if points else "" for d, points in zip(lines, frames)]
        return [path("f", still(shaded)), curve]

    def key(self) -> list[tuple[str, int, Shape]]:
        base = None if self.fill is None else 12 * UNIT
        return [
            (
                self.label,
                24,
                Shape(colour(self.role), _opaque(self)._drawn([[(0, 6 * UNIT), (22 * UNIT, 6 * UNIT)]], base)),
            )
        ]


@dataclass(frozen=True, eq=False)
class Bars:
    """Upright bars.

    Parameters
    ----------
    x, y : array_like, shape (bars,) or (frames, bars)
        The middle and the height of each.
    width : float
        Of a bar, in units of x; on a logarithmic axis, in pixels of a panel 336 pixels wide.
    base : float, optional
        The value of y on which they stand; without it, the foot of the panel.
    role : str
        One of `adlib.viz.COLOURS`.
    opacity : float
    label : str
        Puts the bars into the key below the panel.

    Examples
    --------
    >>> Bars([1, 2, 3], [0.2, 0.5, 0.3], width=0.8).base is None
    True
    """

    x: Sequence
    y: Sequence
    width: float
    base: float | None = None
    role: str = "forward"
    opacity: float = 1.0
    label: str = ""

    def shapes(self, panel) -> list[Shape]:
        lo = panel.x[0]
        if panel._log("x"):
            width = self.width * UNIT
        else:
            left, right = panel.places("x", [lo, lo + self.width], "the width of Bars")
            width = right - left
        (base,) = panel.places("y", [panel.y[0] if self.base is None else self.base], "the base of Bars")
        frames = placed(self, panel, x=self.x, y=self.y)
        return [Shape(colour(self.role), self._drawn(frames, max(1, round(width / 2)), base), (len(frames),), "Bars")]

    def _drawn(self, frames, half: int, base: int) -> list[Element]:
        outlines = ["".join(f"M{x - half} {base}V{y}h{2 * half}V{base}z" for x, y in points) for points in frames]
        return [path("b", still(outlines), style=";".join(_faint(self)))]

    def key(self) -> list[tuple[str, int, Shape]]:
        return [
            (self.label, 16, Shape(colour(self.role), _opaque(self)._drawn([[(8 * UNIT, 0)]], 5 * UNIT, 12 * UNIT)))
        ]


@dataclass(frozen=True, eq=False)
class Arrows:
    """Arrows from one point to another.

    Parameters
    ----------
    x0, y0, x1, y1 : array_like, shape (arrows,) or (frames, arrows)
        Tails and tips.
    role : str
        One of `adlib.viz.COLOURS`.
    opacity : float
    label : str
        Puts the arrows into the key below the panel.

    Examples
    --------
    >>> Arrows([0], [0], [1], [2], role="reverse", label="gradient").label
    'gradient'
    """

    x0: Sequence
    y0: Sequence
    x1: Sequence
    y1: Sequence
    role: str = "value"
    opacity: float = 1.0
    label: str = ""

    def shapes(self, panel) -> list[Shape]:
        frames = placed(self, panel, x0=self.x0, y0=self.y0, x1=self.x1, y1=self.y1)
        return [Shape(colour(self.role), self._drawn(frames), (len(frames),), "Arrows")]

    def _drawn(self, frames) -> list[Element]:
        outlines = ["".join(arrow(*ends) for ends in arrows) for arrows in frames]
        return [path("a", still(outlines), style=";".join(_faint(self)))]

    def key(self) -> list[tuple[str, int, Shape]]:
        return [
            (self.label, 24, Shape(colour(self.role), _opaque(self)._drawn([[(0, 6 * UNIT, 20 * UNIT, 6 * UNIT)]])))
        ]


@dataclass(frozen=True, eq=False)
class Marker:
    """An upright or level line across the panel.

    Parameters
    ----------
    x, y : float or array_like, shape (frames,)
        Where it stands; one of the two.
    role : str
        One of `adlib.viz.COLOURS`.
    dash : str
        ``"solid"``, ``"dashed"``, ``"dashdot"`` or ``"dotted"``.
    label : str
        Puts the line into the key below the panel.

    Examples
    --------
    >>> Marker(y=1e-8, label="rounding").y
    1e-08
    """

    x: float | Sequence | None = None
    y: float | Sequence | None = None
    role: str = "neutral"
    dash: str = "dashed"
    label: str = ""

    def shapes(self, panel) -> list[Shape]:
        if (self.x is None) == (self.y is None):
            raise ArgumentError("a Marker of an explorable stands at one value, of x or of y; give one of the two")
        check_known(self, "dash", self.dash, _DASHES)
        axis, values = ("x", self.x) if self.y is None else ("y", self.y)
        left, top, width, height = panel.area
        (column,) = np.transpose(rows_of(np.reshape(values, (-1, 1)), "Marker"))
        places = panel.places(axis, column, "a Marker")
        if axis == "x":
            outlines = [f"M{place} {top}V{top + height}" for place in places]
        else:
            outlines = [f"M{left} {place}H{left + width}" for place in places]
        lines = path("m", still(outlines), css=_DASHES[self.dash])
        return [Shape(colour(self.role), [lines], (len(places),), "Marker")]

    def key(self) -> list[tuple[str, int, Shape]]:
        return Curve([], [], self.role, dash=self.dash, label=self.label).key()


@dataclass(frozen=True, eq=False)
class Text:
    """A short text in a panel.

    Parameters
    ----------
    x, y : float or array_like, shape (frames,)
    text : str or sequence of str
        One for all, or one a frame.
    role : str
        One of `adlib.viz.COLOURS`.
    anchor : str
        What of the text stands there: ``"start"``, ``"middle"`` or ``"end"``.

    Examples
    --------
    >>> Text(0.5, 1.0, ["m = 1", "m = 10"]).anchor
    'start'
    """

    x: float | Sequence
    y: float | Sequence
    text: str | Sequence[str]
    role: str = "value"
    anchor: str = "start"
    label = ""

    def shapes(self, panel) -> list[Shape]:
        check_known(self, "anchor", self.anchor, ("start", "middle", "end"))
        alone = isinstance(self.text, str) or not isinstance(self.text, (Sequence, np.ndarray))
        texts = [str(self.text)] if alone else [str(words) for words in self.text]
        x, y = (np.reshape(values, (-1, 1)) for values in (self.x, self.y))
        places = [place for (place,) in placed(self, panel, x=x, y=y)]
        return [Shape(colour(self.role), [text(places, texts, self.anchor)], (len(places), len(texts)), "Text")]

    def key(self) -> list[tuple[str, int, Shape]]:
        return []


@dataclass(frozen=True, eq=False)
class Cells:
    """Rows of cells, each of one of several kinds.

    Parameters
    ----------
    kinds : array_like of int, shape (columns,), (rows, columns) or (frames, rows, columns)
        Which of ``of`` each cell is.
    of : sequence of tuple
        A kind each: its label for the key (or ""), its role in `adlib.viz.COLOURS` (or None for an empty cell), and if
        wanted a short text for the cell.
    left, top, width, height : float
        Where the whole stands, in the units of the panel. Without them it takes the whole panel.
    gap : float
        Between cells, in pixels of a panel 336 pixels wide.

    Examples
    --------
    >>> Cells([[0, 1, 1], [1, 1, 1]], of=[("", None), ("stored", "forward", "●")]).gap
    3
    """

    kinds: Sequence
    of: Sequence[tuple]
    left: float | None = None
    top: float | None = None
    width: float | None = None
    height: float | None = None
    gap: float = 3
    label = ""

    def shapes(self, panel) -> list[Shape]:
        """The cells in their rectangle; their gaps are small enough that at least half of it is cells."""
        kinds = np.asarray(self.kinds)
        kinds = kinds.reshape((1,) * (3 - kinds.ndim) + kinds.shape)
        if (
            kinds.ndim != 3
            or kinds.dtype.kind not in "iu"
            or kinds.size == 0
            or kinds.min() < 0
            or kinds.max() >= len(self.of)
        ):
            raise ArgumentError(
                f"Cells of an explorable take whole numbers from 0 to {len(self.of) - 1}, one a cell, "
                f"but got shape {np.shape(self.kinds)}, {kinds.dtype}"
            )
        left, right = panel.x[0] if self.left is None else self.left, panel.x[1]
        top, foot = panel.y[1] if self.top is None else self.top, panel.y[0]
        if self.width is not None:
            right = left + self.width
        if self.height is not None:
            foot = top - self.height
        x0, x1 = panel.places("x", [left, right], "Cells")
        y0, y1 = panel.places("y", [top, foot], "Cells")
        _, rows, columns = kinds.shape
        check_number("the gap of Cells", self.gap, 0)
        gap = min(round(self.gap * UNIT), (x1 - x0) // (2 * columns), (y1 - y0) // (2 * rows))
        w, h = (x1 - x0 + gap) // columns, (y1 - y0 + gap) // rows
        places = [(x0 + k % columns * w, y0 + k // columns * h) for k in range(rows * columns)]
        return [_cells(kinds.reshape(len(kinds), -1).tolist(), self.of, places, (w - gap, h - gap))]

    def key(self) -> list[tuple[str, int, Shape]]:
        size = (14 * UNIT, 13 * UNIT)
        return [(kind[0], 16, _cells([[0]], [kind], [(0, 0)], size, 10 * UNIT)) for kind in self.of]


def _cells(frames, of, places: Sequence[Point], size: tuple[int, int], letters: int = 0) -> Shape:
    """One outline for all cells of a kind, and a text in each cell that has one at any time."""
    wide, high = size
    letters = letters or round(min(TEXT * 1.3, 0.62 * wide, 0.7 * high))
    marks = [str(kind[2]) if len(kind) > 2 else "" for kind in of]
    elements = []
    for number, kind in enumerate(of):
        boxes = [
            "".join(f"M{x} {y}h{wide}v{high}h{-wide}z" for (x, y), value in zip(places, frame) if value == number)
            for frame in frames
        ]
        css = f' class="{colour(kind[1])}"' if kind[1] else ""
        elements.append(Element("path", css, {"d": still(boxes)}, glides=False))
    for (x, y), kinds in zip(places, zip(*frames)):
        words = [marks[kind] for kind in kinds]
        if any(words):
            elements.append(text([(x + wide // 2, y + high // 2 + letters // 3)], words, "start", css=""))
    style = f' text-anchor="middle" style="font-size:{letters}px"'
    return Shape("ax-k", elements, (len(frames),), "Cells", style)


def _stairs(points: list[Point]) -> list[Point]:
    """The same points joined by steps."""
    corners = [(right[0], left[1]) for left, right in itertools.pairwise(points)]
    return [points[0], *(p for pair in zip(corners, points[1:]) for p in pair)] if points else []


def _opaque(layer):
    """The layer as its key shows it."""
    return replace(layer, opacity=1.0)


def _faint(layer) -> list[str]:
    check_number(f"the opacity of {type(layer).__name__}", layer.opacity, 0, 1)
    return [] if layer.opacity == 1 else [f"opacity:{layer.opacity:g}"]
