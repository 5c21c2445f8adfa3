"""Edges that a drawing was not laid out for: arcs from node to node that keep clear of nodes, labels and of one another."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import pairwise

import numpy as np

from .layout import Edge, Layout, Size, tenths

_RISES = (0.0, 16.0, 28.0, 42.0, 58.0, 76.0, 96.0, 118.0)  # of the middle of an arc over the line between its ends
_HEAD = 6.0  # an edge ends this far before its node: there its arrowhead begins
_NEAR = 7.0  # two lines that are nearer to each other look like one
_SHARED = 34.0  # but not where they leave the same node

_Point = tuple[float, float]


def with_arcs(drawing: Layout, sizes: Sequence[Size], wanted: Iterable[tuple[int, int]]) -> tuple[Layout, float]:
    """A drawing with an arc for each more edge (parent, child), and how far its top is above 0.

    Of some arcs over and under the straight line each edge gets the one that meets least on its way, and of these the
    flattest; the shortest edge chooses first. Costs some milliseconds an edge.

    >>> from .layout import layout
    >>> sizes = [Size(17, 17, 20, 40, 40)] * 3
    >>> more, top = with_arcs(layout([(), (0,), (1,)], sizes), sizes, [(0, 2)])
    >>> sorted(more.edges)
    [(0, 1), (0, 2), (1, 2)]
    """
    edges = dict(drawing.edges)
    drawn = [_points(edge.path) for edge in edges.values()]
    for parent, child in sorted(wanted, key=lambda pair: (drawing.columns[pair[1]] - drawing.columns[pair[0]], pair)):
        ends = [(drawing.centres[i], sizes[i]) for i in (parent, child)]
        tries = [(rise / 30, _arc(*ends, side * rise)) for rise in _RISES for side in (-1, 1)[: 1 + bool(rise)]]
        lines = np.concatenate(drawn)
        met = [
            bend + _meets(_points(edge.path), (parent, child), drawing.centres, sizes, lines) for bend, edge in tries
        ]
        _, edges[parent, child] = tries[int(np.argmin(met))]
        drawn.append(_points(edges[parent, child].path))
    heights = np.concatenate(drawn)[:, 1]
    top, bottom = min(0.0, heights.min()), max(drawing.height, heights.max())
    return replace(drawing, height=bottom - top, edges=edges), -top


def _arc(parent, child, rise: float) -> Edge:
    """A parabola between two nodes; it leaves and meets their round ends at the angle it has there."""
    ((px, py), psize), ((cx, cy), csize) = parent, child
    length = math.hypot(cx - px, cy - py)
    # A parabola's control point is twice as high as its middle.
    bx, by = (px + cx) / 2 - 2 * rise * (cy - py) / length, (py + cy) / 2 + 2 * rise * (cx - px) / length

    def rim(x, y, size, side):
        centre = x + side * (size.half - size.tall)
        angle = math.atan2(by - y, bx - centre)
        return centre, angle

    at, out = rim(px, py, psize, 1)
    to, into = rim(cx, cy, csize, -1)
    start = at + psize.tall * math.cos(out), py + psize.tall * math.sin(out)
    tip = to + csize.tall * math.cos(into), cy + csize.tall * math.sin(into)
    end = tip[0] + _HEAD * math.cos(into), tip[1] + _HEAD * math.sin(into)
    path = f"M{_at(start)}Q{_at((bx, by))} {_at(end)}"
    return Edge(path, tip, round(math.degrees(into) - 180, 1))


def _at(point: _Point) -> str:
    return f"{tenths(point[0])} {tenths(point[1])}"


def _meets(points, ends, centres, sizes: Sequence[Size], drawn) -> float:
    """How much a line meets: nodes above all, then labels, then lines that it runs along."""
    total = 0.0
    for i, ((x, y), size) in enumerate(zip(centres, sizes)):
        right, down = (points - (x, y)).T
        label = (abs(right) < size.reach) & (-size.above < down) & (down < size.below)
        node = (abs(right) < size.half + 3) & (abs(down) < size.tall + 3)
        total += 0.6 * label.sum() if i in ends else label.sum() + (label & node).sum()
    apart = np.hypot(*(points[:, None] - drawn).T).min(0)
    away = np.hypot(*(points[:, None] - [centres[i] for i in ends]).T).min(0)
    return total + 0.5 * ((apart < _NEAR) & (away > _SHARED)).sum()


def _points(path: str):
    """Points on a path of ours, at most some pixels apart, as rows."""
    found = np.empty((0, 2))
    for letter, numbers in re.findall(r"([MHCQ])([^MHCQ]*)", path):
        values = [float(n) for n in re.findall(r"-?[\d.]+", numbers)]
        if letter == "H":
            values.append(found[-1, 1])
        corners = np.concatenate([found[-1:], np.reshape(values, (-1, 2))])
        steps = max(1, int(np.hypot(*np.diff(corners, axis=0).T).sum()) // 6)
        found = np.concatenate([found, _bezier(corners, np.arange(1, steps + 1)[:, None] / steps)])
    return found


def _bezier(corners, t):
    """Points of a Bézier curve: of its corners, lines between them, lines between those, and so on."""
    level = list(corners)
    while len(level) > 1:
        level = [(1 - t) * a + t * b for a, b in pairwise(level)]
    return level[0] + 0 * t
