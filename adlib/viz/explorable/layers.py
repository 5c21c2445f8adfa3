"""What an explorable shows in its panels: layers of data, which stand still or have one state a frame.

One rule for all of them: numbers in one row stand still; with one row a frame (an array whose first axis is the
frames, or a list of rows of different length) they move.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

import numpy as np

from ...core.errors import ArgumentError
from ..style import COLOURS
from .shapes import SIDES, TEXT, UNIT, Shape, beside

_MARKERS = {"dot": "d", "ring": "o", "cross": "x", "tick": "t"}
_SIZES = {"dot": 3.5, "ring": 5, "cross": 3.5, "tick": 7}  # half of it, in pixels
_DASHES = {"solid": "", "dashed": "1", "dashdot": "2", "dotted": "3"}
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
        _known(self, "marker", self.marker, _MARKERS)
        number("the size of Points", self.size or 0, 0)
        number("the trail of Points", self.trail, 0)
        for side in sides:
            _known(self, "side", side, SIDES)
        extra = {"r": round((self.size or _SIZES[self.marker]) * UNIT)}
        if len(self.names):
            extra |= {"n": [str(name) for name in self.names], "s": [beside(side, extra["r"]) for side in sides]}
        if self.trail:
            extra["t"] = int(self.trail)
        frames = _placed(self, panel, x=self.x, y=self.y)
        return [Shape(_MARKERS[self.marker], colour(self.role), frames, extra | _faint(self), "Points")]


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
        dash = self.dash or _LINES.get(self.role, "solid")
        _known(self, "dash", dash, _DASHES)
        frames = _placed(self, panel, x=self.x, y=self.y)
        if self.steps:
            frames = [_stairs(frame) for frame in frames]
        out = []
        if self.fill is not None:
            base = panel.places("y", [self.fill], "the fill of a Curve")[0]
            out.append(Shape("f", colour(self.role), frames, {"b": base}, "Curve"))
        extra = {"z": _DASHES[dash]} if _DASHES[dash] else {}
        return [*out, Shape("c", colour(self.role), frames, extra | _faint(self), "Curve")]


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
        base = panel.places("y", [panel.y[0] if self.base is None else self.base], "the base of Bars")[0]
        frames = _placed(self, panel, x=self.x, y=self.y)
        extra = {"w": max(1, round(width / 2)), "b": base}
        return [Shape("b", colour(self.role), frames, extra | _faint(self), "Bars")]


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
        frames = _placed(self, panel, x0=self.x0, y0=self.y0, x1=self.x1, y1=self.y1)
        return [Shape("a", colour(self.role), frames, _faint(self), "Arrows")]


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
        _known(self, "dash", self.dash, _DASHES)
        axis, values = ("x", self.x) if self.y is None else ("y", self.y)
        left, top, width, height = panel.area
        extra = {"a": "v" if axis == "x" else "h", "e": [top, top + height] if axis == "x" else [left, left + width]}
        if _DASHES[self.dash]:
            extra["z"] = _DASHES[self.dash]
        (column,) = np.transpose(_rows(np.reshape(values, (-1, 1)), "Marker"))
        frames = [[place] for place in panel.places(axis, column, "a Marker")]
        return [Shape("m", colour(self.role), frames, extra, "Marker")]


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
        _known(self, "anchor", self.anchor, ("start", "middle", "end"))
        alone = isinstance(self.text, str) or not isinstance(self.text, (Sequence, np.ndarray))
        texts = [str(self.text)] if alone else [str(text) for text in self.text]
        x, y = (np.reshape(values, (-1, 1)) for values in (self.x, self.y))
        frames = _placed(self, panel, x=x, y=y)
        return [Shape("s", colour(self.role), frames, {"n": texts, "a": self.anchor}, "Text")]


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
        number("the gap of Cells", self.gap, 0)
        # At least half of the room is for the cells.
        gap = min(round(self.gap * UNIT), (x1 - x0) // (2 * columns), (y1 - y0) // (2 * rows))
        w, h = (x1 - x0 + gap) // columns, (y1 - y0 + gap) // rows
        extra = {
            "g": [x0, y0, w, h, columns],
            "q": gap,
            "f": round(min(TEXT * 1.3, 0.62 * (w - gap), 0.7 * (h - gap))),
            "k": [[colour(kind[1]) if kind[1] else "", kind[2] if len(kind) > 2 else ""] for kind in self.of],
        }
        return [Shape("k", "ax-k", kinds.reshape(len(kinds), -1).tolist(), extra, "Cells")]


def key_shapes(layer) -> list[tuple[str, list[Shape]]]:
    """What the key below the panel shows of a layer: a label, and the layer's marks in a box of 24 by 12 pixels."""
    u = UNIT
    if isinstance(layer, Cells):
        samples = []
        for kind in layer.of:
            if kind[0]:
                extra = {"g": [0, 0, 15 * u, 14 * u, 1], "q": u, "f": 10 * u}
                extra["k"] = [[colour(kind[1]) if kind[1] else "", kind[2] if len(kind) > 2 else ""]]
                samples.append((kind[0], [Shape("k", "ax-k", [[0]], extra)]))
        return samples
    if not layer.label:
        return []
    css = colour(layer.role)
    if isinstance(layer, Points):
        shape = Shape(
            _MARKERS[layer.marker], css, [[8 * u, 6 * u]], {"r": round(min(5, layer.size or _SIZES[layer.marker]) * u)}
        )
    elif isinstance(layer, Arrows):
        shape = Shape("a", css, [[0, 6 * u, 20 * u, 6 * u]])
    elif isinstance(layer, Bars):
        shape = Shape("b", css, [[8 * u, 0]], {"w": 5 * u, "b": 12 * u})
    else:
        dash = layer.dash or _LINES.get(layer.role, "solid")
        extra = {"z": _DASHES[dash]} if _DASHES[dash] else {}
        shape = Shape("c", css, [[0, 22 * u, 6 * u, 6 * u]], extra)
        if getattr(layer, "fill", None) is not None:
            return [(layer.label, [Shape("f", css, shape.frames, {"b": 12 * u}), shape])]
    return [(layer.label, [shape])]


def _placed(layer, panel, **columns) -> list[list[int]]:
    """The coordinates by frame, all of one kind after the other, in quarters of a pixel."""
    source = type(layer).__name__
    by_name = {name: _rows(values, source) for name, values in columns.items()}
    counts = {name: len(rows) for name, rows in by_name.items() if len(rows) > 1}
    if len(set(counts.values())) > 1:
        raise ArgumentError(f"{source} in an explorable take coordinates with one number of frames, but got {counts}")
    frames = []
    for k in range(max(len(rows) for rows in by_name.values())):
        rows = [by_name[name][min(k, len(by_name[name]) - 1)] for name in columns]
        if len({len(row) for row in rows}) > 1:
            raise ArgumentError(
                f"{source} in an explorable take coordinates of one length, "
                f"but in frame {k} {', '.join(columns)} have the lengths {', '.join(str(len(row)) for row in rows)}"
            )
        frames.append([p for name, row in zip(columns, rows) for p in panel.places(name[0], row, source)])
    return frames


def _rows(values, source: str) -> list[np.ndarray]:
    """One row a frame; one row alone stands still."""
    rows = None
    try:
        array = np.asarray(values, dtype=float)
        rows = [np.atleast_1d(array)] if array.ndim < 2 else list(array)
    except (TypeError, ValueError):  # rows of different length, or no numbers
        with suppress(TypeError, ValueError):
            rows = [np.asarray(row, dtype=float) for row in values]
    if rows is None or any(row.ndim != 1 for row in rows):
        raise ArgumentError(
            f"{source} in an explorable take numbers in one row, or one row of them a frame, "
            f"but got a {type(values).__name__} of shape {_shape(values)}; pass shape (points,) or (frames, points)"
        )
    return rows


def _shape(values) -> tuple:
    try:
        return np.shape(values)
    except ValueError:  # rows of different length
        return (len(values), "...")


def _stairs(frame: list[int]) -> list[int]:
    half = len(frame) // 2
    if not half:
        return frame
    x, y = frame[:half], frame[half:]
    return [x[0], *np.repeat(x[1:], 2).tolist(), *np.repeat(y[:-1], 2).tolist(), y[-1]]


def _faint(layer) -> dict:
    number(f"the opacity of {type(layer).__name__}", layer.opacity, 0, 1)
    return {} if layer.opacity == 1 else {"p": float(layer.opacity)}


def number(what: str, value, least: float, most: float = math.inf) -> None:
    """An error unless the value is a finite number in that range."""
    if not isinstance(value, (int, float, np.number)) or not math.isfinite(value) or not least <= value <= most:
        raise ArgumentError(
            f"{what} in an explorable is a number from {least:g}{f' to {most:g}' if most < math.inf else ''}, "
            f"but got {value!r}; pass one in that range"
        )


def _known(layer, what: str, value, allowed) -> None:
    if value not in allowed:
        raise ArgumentError(
            f"{type(layer).__name__} of an explorable have no {what} {value!r}; there are {', '.join(allowed)}"
        )
