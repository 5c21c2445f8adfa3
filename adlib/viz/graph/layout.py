"""Where the nodes and edges of a computational graph go: a layered drawing, left to right.

The method of Sugiyama, Tagawa and Toda (1981): every node one column after its last parent, an
edge that passes a column given a lane in it, the order within the columns found by barycentre
sweeps, and heights by least squares under the order found. Nothing is random: the same graph gives the same drawing.
"""

from __future__ import annotations

import itertools
import math
import re
from bisect import bisect_right, insort
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

_SWEEPS = 12
_REACH = 3  # an input stands at most this many columns before its first use
_LANE = 7.0  # half the height kept free around an edge that passes a column
_HEAD = 6.0  # an edge ends this far before its node: there its arrowhead begins
_CLEAR = 2.0  # and passes things at this distance
_GAP = 12.0  # least distance between two things in a column


@dataclass(frozen=True)
class Size:
    """The room a node needs: half its width and height, half the width with its labels, and the room above and
    below its centre that these take."""

    half: float
    tall: float
    reach: float
    above: float
    below: float


@dataclass(frozen=True)
class Edge:
    """A drawn edge: its path in SVG notation, and its arrow's tip and direction (degrees, clockwise from the right)."""

    path: str
    tip: tuple[float, float]
    turn: float = 0.0

    @property
    def start(self) -> tuple[float, float]:
        """Where it leaves its parent; it leaves at the angle ``-turn``."""
        x, y = re.match(r"M(\S+) ([\d.]+)", self.path).groups()
        return float(x), float(y)


@dataclass(frozen=True)
class Layout:
    """A finished drawing: centres by node, and edges by (parent, child)."""

    width: float
    height: float
    columns: tuple[int, ...]
    centres: tuple[tuple[float, float], ...]
    edges: dict[tuple[int, int], Edge]


def layout(parents: Sequence[Sequence[int]], sizes: Sequence[Size], *, width: float = 0.0) -> Layout:
    """Places the nodes of a graph in which node i has the parents ``parents[i]``, all before i.

    ``width`` is the width to fill when the drawing is narrower. The cost grows with the number of
    nodes times the number of columns, so a long program is to be folded first.

    >>> drawing = layout([(), (0,), (0, 1)], [Size(17, 17, 20, 40, 40)] * 3)
    >>> drawing.columns
    (0, 1, 2)
    """
    columns = _columns(parents)
    before = _lanes(parents, columns)
    order = _order(before, columns)
    heights = _heights(order, before, _Room(sizes, columns))
    return _draw(parents, sizes, columns, order, heights, width)


def _columns(parents: Sequence[Sequence[int]]) -> tuple[int, ...]:
    column = [0] * len(parents)
    first_use: dict[int, int] = {}
    for i, above in enumerate(parents):
        column[i] = 1 + max((column[p] for p in above), default=-1)
        for p in above:
            first_use[p] = min(first_use.get(p, column[i]), column[i])
    for i, above in enumerate(parents):
        if not above:
            column[i] = max(0, first_use.get(i, 0) - _REACH)
    return tuple(column)


# An item is (node, column): the node itself in its own column, a lane of its outgoing edges in a
# later one. Edges that leave the same node share their lanes.
_Item = tuple[int, int]


def _lanes(parents, columns) -> dict[_Item, set[_Item]]:
    """All items, each with those of the previous column that it is joined to."""
    last: dict[int, int] = {}
    for i, above in enumerate(parents):
        for p in above:
            last[p] = max(last.get(p, 0), columns[i] - 1)
    items = [(i, c) for i in range(len(parents)) for c in range(columns[i], last.get(i, columns[i]) + 1)]
    before: dict[_Item, set[_Item]] = {item: set() for item in items}
    for i, above in enumerate(parents):
        before[i, columns[i]] = {(p, columns[i] - 1) for p in above}
        for c in range(columns[i] + 1, last.get(i, columns[i]) + 1):
            before[i, c] = {(i, c - 1)}
    return before


def _order(before, columns_of) -> list[list[_Item]]:
    """The order of the items in each column, from top to bottom, with few crossings."""
    columns: list[list[_Item]] = [[] for _ in range(1 + max((c for _, c in before), default=-1))]
    for item in sorted(before):
        columns[item[1]].append(item)
    after: dict[_Item, set[_Item]] = {item: set() for item in before}
    for item, above in before.items():
        for other in above:
            after[other].add(item)

    best = [list(column) for column in columns]
    fewest = _crossings(best, before)
    for sweep in range(_SWEEPS):
        forward = sweep % 2 == 0
        joined = before if forward else after
        for c in range(1, len(columns)) if forward else range(len(columns) - 2, -1, -1):
            place = {item: k for k, item in enumerate(columns[c - 1 if forward else c + 1])}
            here = {item: k for k, item in enumerate(columns[c])}

            def key(item, joined=joined, place=place, here=here):
                near = [place[other] for other in joined[item]]
                centre = sum(near) / len(near) if near else here[item]
                # Of two that belong at the same height, the passing edge goes above the node.
                return centre, columns_of[item[0]] == item[1], here[item]

            columns[c].sort(key=key)
        crossings = _crossings(columns, before)
        if crossings < fewest or sweep == 0 and crossings == fewest:
            best, fewest = [list(column) for column in columns], crossings
    return best


def _crossings(columns, before) -> int:
    total = 0
    for left, right in zip(columns, columns[1:]):
        place = {item: k for k, item in enumerate(left)}
        seen: list[int] = []
        for item in right:
            ends = sorted(place[other] for other in before[item])
            total += sum(len(seen) - bisect_right(seen, end) for end in ends)
            for end in ends:
                insort(seen, end)
    return total


def _heights(order, before, room: _Room) -> dict[_Item, float]:
    """The height of each item: near its neighbours, and clear of the others in its column."""
    near = _near(before, room)
    y = _packed(order, room)
    for _ in range(_SWEEPS):
        for column in order[1:] + order[:1]:
            y.update(_settled(column, near, y, room))
    return y


@dataclass(frozen=True)
class _Room:
    """What an item takes of its column above and below its centre: a node with its labels, a lane of edges little."""

    sizes: Sequence[Size]
    columns: Sequence[int]

    def is_node(self, item: _Item) -> bool:
        return self.columns[item[0]] == item[1]

    def above(self, item: _Item) -> float:
        return self.sizes[item[0]].above if self.is_node(item) else _LANE

    def below(self, item: _Item) -> float:
        return self.sizes[item[0]].below if self.is_node(item) else _LANE

    def between(self, upper: _Item, lower: _Item) -> float:
        return self.below(upper) + _GAP + self.above(lower)


def _near(before, room: _Room) -> dict[_Item, list[_Item]]:
    """The items that each wants to stand level with.

    A node stands level with the nodes that feed it, and only failing these with the edges that pass
    by: so a chain is a straight line and what skips it goes round. An input stands by its first uses.
    """
    near = {item: [o for o in sorted(others) if room.is_node(o)] or sorted(others) for item, others in before.items()}
    for item, others in sorted(before.items()):
        for other in sorted(others):
            if not before[other]:
                near[other].append(item)
    return near


def _packed(order, room: _Room) -> dict[_Item, float]:
    """Each column as tight as it can be, its middle at 0."""
    y: dict[_Item, float] = {}
    for column in order:
        places = list(itertools.accumulate(itertools.starmap(room.between, itertools.pairwise(column)), initial=0.0))
        top, foot = room.above(column[0]), room.below(column[-1])
        middle = (places[-1] + foot - top) / 2
        y.update((item, place - middle) for item, place in zip(column, places))
    return y


def _settled(column, near, y, room: _Room) -> dict[_Item, float]:
    """The heights of a column that are nearest to their neighbours, by least squares, and clear of each other.

    Without the least distances between them, the heights must only not decrease: isotonic regression. A node has
    its way, a lane only where no node minds.
    """
    shifts = list(itertools.accumulate(itertools.starmap(room.between, itertools.pairwise(column)), initial=0.0))
    wishes = [sum(y[o] for o in near[item]) / len(near[item]) if near[item] else y[item] for item in column]
    weights = [1.0 if room.is_node(item) else 1e-6 for item in column]
    level = _isotonic([wish - shift for wish, shift in zip(wishes, shifts)], weights)
    return {item: mean + shift for item, mean, shift in zip(column, level, shifts)}


def _isotonic(values: Sequence[float], weights: Sequence[float]) -> list[float]:
    """The numbers nearest to ``values``, by weighted least squares, that do not decrease: pool adjacent violators.

    >>> _isotonic([1.0, 3.0, 2.0, 5.0], [1.0, 1.0, 1.0, 1.0])
    [1.0, 2.5, 2.5, 5.0]
    """
    blocks: list[tuple[float, float, int]] = []  # mean, weight, count
    for value, weight in zip(values, weights):
        blocks.append((value, weight, 1))
        while len(blocks) > 1 and blocks[-2][0] > blocks[-1][0]:
            (mean, weight, count), (mean_, weight_, count_) = blocks.pop(-2), blocks.pop()
            total = weight + weight_
            blocks.append(((mean * weight + mean_ * weight_) / total, total, count + count_))
    return [mean for mean, _, count in blocks for _ in range(count)]


def _draw(parents, sizes, columns, order, y, width) -> Layout:
    """Centres and edges; the columns are so far apart that the drawing fills the width, within limits."""
    reach = [max((sizes[i].reach for i, c in column if columns[i] == c), default=0.0) for column in order]
    gaps = max(len(order) - 1, 1)
    gap = min(max((width - 2 * sum(reach)) / gaps, 26.0), 46.0)
    x, at = [], 0.0
    for half in reach:
        x.append(at + half)
        at += 2 * half + gap

    nodes = [(i, columns[i]) for i in range(len(parents))]
    top = min([y[n] - sizes[n[0]].above for n in nodes] + [y[item] - _LANE for item in y], default=0.0)
    bottom = max([y[n] + sizes[n[0]].below for n in nodes] + [y[item] + _LANE for item in y], default=0.0)
    slack = max(0.0, width - (at - gap)) / 2

    def point(item):
        return x[item[1]] + slack, y[item] - top

    centres = [point(node) for node in nodes]
    edges = {}
    for i, above in enumerate(parents):
        for p in sorted(set(above)):
            lanes = [(*point((p, c)), reach[c]) for c in range(columns[p] + 1, columns[i])]
            boxes = _obstacles(p, i, centres, sizes, bottom - top)
            ends = (centres[p], sizes[p]), (centres[i], sizes[i])
            edges[p, i] = _edge(*ends, lanes, (reach[columns[p]], reach[columns[i]]), boxes)
    return Layout(
        width=max(at - gap, width) if nodes else 0.0,
        height=bottom - top,
        columns=columns,
        centres=tuple((round(px, 1), round(py, 1)) for px, py in centres),
        edges=edges,
    )


def _obstacles(parent: int, child: int, centres, sizes, height: float) -> list[tuple[float, float, float, float]]:
    """What a curve between two nodes must not cross: other nodes, the labels of its own two, the edges of the drawing."""
    boxes = []
    for j, ((x, y), size) in enumerate(zip(centres, sizes)):
        left, right = x - size.reach - _CLEAR, x + size.reach + _CLEAR
        top, foot = y - size.above - _CLEAR, y + size.below + _CLEAR
        if j in (parent, child):
            tall = size.tall + 2 * _CLEAR
            boxes += [(left, top, right, y - tall), (left, y + tall, right, foot)]
        else:
            boxes.append((left, top, right, foot))
    return [*boxes, (-1e9, -1e9, 1e9, 0.0), (-1e9, height, 1e9, 1e9)]


_Point = tuple[float, float]
_Curve = tuple[_Point, _Point, _Point, _Point]


def _edge(parent, child, lanes, reach: tuple[float, float], boxes) -> Edge:
    """One curve from node to node where it meets nothing on its way, else the way through the lanes."""
    (px, py), (cx, cy) = parent[0], child[0]
    tip = (cx - child[1].half, cy)
    start, end = (px + parent[1].half, py), (tip[0] - _HEAD, cy)
    if not lanes and abs(py - cy) < 0.05:
        return Edge(f"M{tenths(start[0])} {tenths(py)}H{tenths(end[0])}", tip)
    for edge, curve in _curves(parent, child, start, end, lanes):
        if _is_clear(curve, boxes):
            return edge

    # Through the lanes the curve climbs only between columns, so it cannot meet what stands in them.
    at = (max(px + reach[0], start[0]), py)
    out = [f"M{tenths(start[0])} {tenths(py)}H{tenths(at[0])}"]
    for x, y, half in [*lanes, (cx, cy, reach[1])]:
        if abs(y - at[1]) > 0.05:
            left = min(x - half, end[0])
            middle, level = tenths((at[0] + left) / 2), tenths(y)
            out.append(f"C{middle} {tenths(at[1])} {middle} {level} {tenths(left)} {level}")
        at = (x + half, y)
        out.append(f"H{tenths(min(at[0], end[0]))}")
    return Edge("".join(out), tip)


def _curves(parent, child, start: _Point, end: _Point, lanes) -> Iterator[tuple[Edge, _Curve]]:
    """Single curves to try, the best-looking first: an S, then an arc over or under what is between."""
    (x0, y0), (x1, y1) = start, end
    span = x1 - x0
    tip = (end[0] + _HEAD, y1)
    for bend in (0.5, 0.65, 0.8):
        curve = (start, (x0 + span * bend, y0), (x1 - span * (1 - bend), y1), end)
        yield Edge(_path(curve), tip), curve
    if not lanes:
        return
    far = max((lane[1] for lane in lanes), key=lambda y: abs(2 * y - y0 - y1))
    side = 1 if far > (y0 + y1) / 2 else -1
    for angle in (45, 40, 35, 30, 50):
        run, climb = math.cos(math.radians(angle)), side * math.sin(math.radians(angle))
        # It leaves and meets the round ends of the nodes at that angle, and its middle is at the lane.
        (px, _), tall = parent[0], parent[1].tall
        out = (px + parent[1].half - tall + tall * run, y0 + tall * climb)
        (cx, _), tall = child[0], child[1].tall
        tip = (cx - child[1].half + tall - tall * run, y1 + tall * climb)
        into = (tip[0] - _HEAD * run, tip[1] + _HEAD * climb)
        rise = (far - (out[1] + into[1]) / 2) * 4 / 3
        if rise * side <= 0:
            continue
        pull = rise / climb
        curve = (out, (out[0] + pull * run, out[1] + rise), (into[0] - pull * run, into[1] + rise), into)
        if pull * run <= 0.62 * span:
            yield Edge(_path(curve), tip, -side * angle), curve


def _path(curve: _Curve) -> str:
    start, *rest = (f"{tenths(x)} {tenths(y)}" for x, y in curve)
    return f"M{start}C{' '.join(rest)}"


def tenths(value: float) -> str:
    """A length to a tenth of a pixel.

    >>> tenths(12.34), tenths(5.0)
    ('12.3', '5')
    """
    return f"{value:.1f}".removesuffix(".0")


def _is_clear(curve: _Curve, boxes) -> bool:
    (ax, ay), (bx, by), (cx, cy), (dx, dy) = curve
    # Close enough for the corner of a box not to slip between two points.
    steps = max(48, int(abs(dx - ax) + abs(dy - ay)) // 2)
    for k in range(1, steps):
        t = k / steps
        u = 1 - t
        x = u**3 * ax + 3 * u * u * t * bx + 3 * u * t * t * cx + t**3 * dx
        y = u**3 * ay + 3 * u * u * t * by + 3 * u * t * t * cy + t**3 * dy
        if any(left < x < right and high < y < low for left, high, right, low in boxes):
            return False
    return True
