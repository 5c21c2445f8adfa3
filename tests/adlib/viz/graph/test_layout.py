"""The layered layout: what must hold of every drawing, on random graphs and on the book's example."""

import re

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from adlib.viz.graph.layout import Size, layout

EXAMPLE = [(), (), (0,), (1, 2), (3,), (3, 4)]  # w1, w2, v1, v2, v3, L
PLAIN = Size(17, 17, 22, 38, 38)


@st.composite
def graphs(draw):
    n = draw(st.integers(1, 24))
    parents = [tuple(draw(st.lists(st.integers(0, i - 1), max_size=3, unique=True))) if i else () for i in range(n)]
    sizes = [
        Size(half, 17, half + draw(st.sampled_from([1, 6, 20])), 38, 38)
        for half in (draw(st.sampled_from([17, 24, 60])) for _ in range(n))
    ]
    return parents, sizes


def points(path, steps=60):
    """Points along a path made of M, H and C."""
    out, at = [], None
    for letter, numbers in re.findall(r"([MHC])([^MHC]*)", path):
        values = [float(v) for v in numbers.split()]
        if letter == "M":
            at = (values[0], values[1])
            out.append(at)
        elif letter == "H":
            out += [(at[0] + (values[0] - at[0]) * k / steps, at[1]) for k in range(1, steps + 1)]
            at = (values[0], at[1])
        else:
            (ax, ay), (bx, by, cx, cy, dx, dy) = at, values
            for k in range(1, steps + 1):
                t, u = k / steps, 1 - k / steps
                out.append(
                    (
                        u**3 * ax + 3 * u * u * t * bx + 3 * u * t * t * cx + t**3 * dx,
                        u**3 * ay + 3 * u * u * t * by + 3 * u * t * t * cy + t**3 * dy,
                    )
                )
            at = (dx, dy)
    return out


@settings(max_examples=60, derandomize=True, deadline=None, database=None, phases=[Phase.explicit, Phase.generate])
@given(graphs())
def test_every_drawing_is_legible(graph):
    parents, sizes = graph
    drawing = layout(parents, sizes, width=336)

    for i, above in enumerate(parents):
        assert all(drawing.columns[p] < drawing.columns[i] for p in above)
        assert all(drawing.centres[p][0] < drawing.centres[i][0] for p in above)

    boxes = [(x - s.reach, y - s.above, x + s.reach, y + s.below) for (x, y), s in zip(drawing.centres, sizes)]
    for i, a in enumerate(boxes):
        assert a[0] >= -0.2 and a[2] <= drawing.width + 0.2
        assert a[1] >= -0.2 and a[3] <= drawing.height + 0.2
        for b in boxes[:i]:
            assert a[2] <= b[0] + 0.2 or b[2] <= a[0] + 0.2 or a[3] <= b[1] + 0.2 or b[3] <= a[1] + 0.2

    assert set(drawing.edges) == {(p, i) for i, above in enumerate(parents) for p in above}
    for (parent, child), edge in drawing.edges.items():
        for x, y in points(edge.path):
            assert -0.2 <= x <= drawing.width + 0.2 and -0.2 <= y <= drawing.height + 0.2
            for i, (left, top, right, bottom) in enumerate(boxes):
                inside = left + 0.2 < x < right - 0.2 and top + 0.2 < y < bottom - 0.2
                assert not inside or i in (parent, child), "an edge runs through a node it does not join"


@settings(max_examples=20, derandomize=True, deadline=None, database=None, phases=[Phase.explicit, Phase.generate])
@given(graphs())
def test_same_graph_same_drawing(graph):
    assert layout(*graph) == layout(*graph)


def test_example_is_drawn_as_in_the_lecture():
    drawing = layout(EXAMPLE, [PLAIN] * 6, width=336)
    assert drawing.columns == (0, 0, 1, 2, 3, 4)
    assert drawing.width <= 350
    main = [drawing.centres[i][1] for i in (0, 2, 3, 4, 5)]
    assert max(main) - min(main) < 0.5, "w1, v1, v2, v3, L stand on one line"
    top = min(y for _, y in points(drawing.edges[3, 5].path))
    assert top < drawing.centres[4][1] - PLAIN.above, "the edge from v2 to L goes over v3"


@pytest.mark.parametrize("n", [0, 1, 5])
def test_graphs_without_edges(n):
    drawing = layout([()] * n, [PLAIN] * n)
    assert len(drawing.centres) == n and not drawing.edges


def test_an_input_stands_near_its_first_use():
    chain = [(), *[(i,) for i in range(9)]]
    drawing = layout([*chain, (), (9, 10)], [PLAIN] * 12)
    assert drawing.columns[10] == 7


def test_many_uses_of_one_node_share_their_lanes():
    parents = [(), *[(i, 0) for i in range(30)]]
    drawing = layout(parents, [PLAIN] * 31)
    assert drawing.height < 400
