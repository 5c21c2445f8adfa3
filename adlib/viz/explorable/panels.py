"""The panels of an explorable: where a value stands on them, and what on them never moves."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape

import numpy as np

from ...core.errors import ArgumentError
from ..formula.numbers import tick
from .shapes import UNIT

WIDTH = 336 * UNIT  # what fits between the margins of a page 390 px wide
_LETTER = 7.3 * UNIT  # the width of a digit of a tick, in a wide face
_FAR = 4 * WIDTH  # a value beyond the axes is drawn at most so far outside


@dataclass(frozen=True, eq=False)
class _Panel:
    x: tuple[float, float]
    y: tuple[float, float]

    def __post_init__(self) -> None:
        for axis in ("x", "y"):
            lo, hi = getattr(self, axis)
            if not (math.isfinite(float(hi) - float(lo)) and lo < hi and (lo > 0 or not self._log(axis))):
                raise ArgumentError(
                    f"the {axis} axis of a panel goes from a number to a larger one (from above 0 if it is logarithmic), "
                    f"but got {(lo, hi)}"
                )

    def places(self, axis: str, values, source: str) -> list[int]:
        """Where values stand: whole quarters of a pixel from the left or from above."""
        values = np.asarray(values, dtype=float)
        if not np.isfinite(values).all():
            raise ArgumentError(
                f"the values of {axis} of {source} in an explorable are not all finite; leave the others out"
            )
        lo, hi = getattr(self, axis)
        if self._log(axis):
            if (values <= 0).any():
                raise ArgumentError(
                    f"the values of {axis} of {source} in an explorable are not all above 0, but the axis is logarithmic; "
                    f"leave the others out, or take {axis}log=False"
                )
            values, lo, hi = np.log10(values), math.log10(lo), math.log10(hi)
        left, top, width, height = self.area
        with np.errstate(over="ignore"):  # what is too far away for a float is cut off below
            share = (values - lo) / (hi - lo)
            places = left + share * width if axis == "x" else top + (1 - share) * height
        return np.clip(np.rint(places), -_FAR, _FAR).astype(int).tolist()

    def _log(self, axis: str) -> bool:
        return False

    def still(self) -> str:
        """Axes and the panel's own layers."""
        shapes = [shape for layer in self.layers for shape in layer.shapes(self)]
        for shape in shapes:
            if max(shape.counts) > 1:
                raise ArgumentError(
                    f"the layers of a panel stand still, but {shape.source} has {max(shape.counts)} frames; "
                    "put it into the scene"
                )
        return self.axes() + self.clipped("".join(shape.draw(0) for shape in shapes))

    def clipped(self, inside: str) -> str:
        """What is drawn within the axes: a little over their edge is kept, so that a dot on it is whole."""
        left, top, width, height = self.area
        x, y, w, h = left - 6 * UNIT, top - 6 * UNIT, width + 12 * UNIT, height + 12 * UNIT
        return f'<svg class="ax-in" x="{x}" y="{y}" width="{w}" height="{h}" viewBox="{x} {y} {w} {h}">{inside}</svg>'


@dataclass(frozen=True, eq=False)
class Plot(_Panel):
    """A panel with axes.

    Parameters
    ----------
    x, y : tuple of float
        The ends of the axes.
    xlabel, ylabel : str
        With units; formulas between dollar signs.
    alt : str
        What the picture shows, for those who do not see it.
    xlog, ylog : bool
        Whether the axis is logarithmic.
    xticks, yticks : sequence or mapping, optional
        Where to put ticks; a mapping from value to label names them.
    height : float
        Of the axes, in pixels of a panel 336 pixels wide.
    layers : sequence
        What stands still in every scene.

    Examples
    --------
    >>> Plot((1, 1e4), (0, 1), "evaluations", "loss", "Loss against evaluations.", xlog=True).ticks("x")[-1]
    (10000.0, '10^4')
    """

    xlabel: str
    ylabel: str
    alt: str
    xlog: bool = False
    ylog: bool = False
    xticks: Sequence | Mapping | None = None
    yticks: Sequence | Mapping | None = None
    height: float = 200
    layers: Sequence = ()

    def _log(self, axis: str) -> bool:
        return self.xlog if axis == "x" else self.ylog

    @property
    def area(self) -> tuple[int, int, int, int]:
        """Left, top, width and height of the axes."""
        letters = max((_letters(text) for _, text in self.ticks("y")), default=0)
        left = round(letters * _LETTER) + 7 * UNIT
        last = self.ticks("x")[-1:]
        right = 10 * UNIT + (round(_letters(last[0][1]) * _LETTER / 4) if last else 0)
        return left, 8 * UNIT, WIDTH - left - right, round(self.height * UNIT)

    @property
    def size(self) -> tuple[int, int]:
        return WIDTH, round(self.height * UNIT) + 30 * UNIT

    def ticks(self, axis: str) -> list[tuple[float, str]]:
        """Values and labels; a power of ten as ``10^k``."""
        given = self.xticks if axis == "x" else self.yticks
        lo, hi = getattr(self, axis)
        if isinstance(given, Mapping):
            return [(float(value), str(text)) for value, text in given.items()]
        if given is None:
            given = _decades(lo, hi) if self._log(axis) else _round_steps(lo, hi)
        given = [float(value) for value in given]
        powers = self._log(axis) and all(map(_is_power, given)) and not all(1 <= value <= 1000 for value in given)
        # More digits where ticks are close together.
        digits = next(d for d in range(6, 18) if d == 17 or len({tick(v, powers, d) for v in given}) == len(set(given)))
        return [(value, tick(value, powers, digits)) for value in given]

    def axes(self) -> str:
        left, top, width, height = self.area
        foot = top + height
        out = []
        for value, text in self.ticks("x"):
            (at,) = self.places("x", [value], "a tick")
            out.append(f'<path class="ax-g" d="M{at} {top}V{foot}"/>')
            out.append(f'<text x="{at}" y="{foot + 16 * UNIT}" text-anchor="middle">{_raised(text)}</text>')
        for value, text in self.ticks("y"):
            (at,) = self.places("y", [value], "a tick")
            out.append(f'<path class="ax-g" d="M{left} {at}h{width}"/>')
            out.append(f'<text x="{left - 5 * UNIT}" y="{at + 4 * UNIT}" text-anchor="end">{_raised(text)}</text>')
        return f'{"".join(out)}<path class="ax-ax" d="M{left} {top}V{foot}h{width}"/>'


@dataclass(frozen=True, eq=False)
class Canvas(_Panel):
    """A panel without axes: a map, a chain of cells.

    Parameters
    ----------
    x, y : tuple of float
        The ranges it shows; y grows upwards.
    alt : str
        What the picture shows, for those who do not see it.
    title : str
        Stands above it; formulas between dollar signs.
    height : float, optional
        In pixels of a panel 336 pixels wide; without it, one unit of x is as long as one of y.
    layers : sequence
        What stands still in every scene.

    Examples
    --------
    >>> Canvas((0, 2), (0, 1), "An empty field.").size
    (1344, 672)
    """

    alt: str
    title: str = ""
    height: float | None = None
    layers: Sequence = ()

    @property
    def size(self) -> tuple[int, int]:
        if self.height is not None:
            return WIDTH, round(self.height * UNIT)
        return WIDTH, round(WIDTH * (self.y[1] - self.y[0]) / (self.x[1] - self.x[0]))

    @property
    def area(self) -> tuple[int, int, int, int]:
        return 0, 0, *self.size

    def axes(self) -> str:
        return ""


def _decades(lo: float, hi: float) -> list[float]:
    first, last = math.ceil(math.log10(lo) - 1e-9), math.floor(math.log10(hi) + 1e-9)
    if last - first < 2:
        fine = [m * 10.0**k for k in range(first - 1, last + 1) for m in (1, 2, 5)]
        fine = [value for value in fine if lo <= value * (1 + 1e-9) and value <= hi * (1 + 1e-9)]
        return fine if len(fine) > 1 else _round_steps(lo, hi)
    step = math.ceil((last - first + 1) / 6)
    return [10.0**k for k in range(first, last + 1) if (last - k) % step == 0]


def _round_steps(lo: float, hi: float) -> list[float]:
    rough = (hi - lo) / 4
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(m * power for m in (1, 2, 5, 10) if m * power >= rough * 0.8)
    return [k * step for k in range(math.ceil(lo / step - 1e-9), math.floor(hi / step + 1e-9) + 1)]


def _is_power(value: float) -> bool:
    return value > 0 and math.isclose(value, 10.0 ** round(math.log10(value)), rel_tol=1e-12)


def _letters(text: str) -> float:
    base, _, power = text.partition("^")
    return len(base) + 0.74 * len(power)


def _raised(text: str) -> str:
    base, _, power = text.partition("^")
    return escape(base) + (f'<tspan dy="-.45em" class="ax-up">{escape(power)}</tspan>' if power else "")
