"""The graph of a story as one drawing.

A drawing holds all its states: each node and edge carries the step in which it is done
(`data-k`), and classes choose what of it is seen.
"""

from __future__ import annotations

from html import escape

from ..formula.outlines import EM, Sheet, measure, short
from ..formula.words import reading
from .layout import Layout, Size, layout, tenths
from .story import Story

NAME, NUMBER = 17.0, 13.5  # text sizes, px
RADIUS = 17.0
WIDTH = 336.0  # what fits between the margins of a page 390 px wide


def draw(story: Story, sheet: Sheet) -> str:
    """The drawing of ``story`` in a box that scrolls where it is too wide.

    On the way back an edge is done with its parent, which it brings a contribution; else with its child.
    """
    step_of = {box: k for k, step in enumerate(story.steps) for box in step.boxes}
    sizes = [_size(box) for box in story.boxes]
    drawing = layout(story.parents, sizes, width=WIDTH)

    back = story.role == "reverse"
    edges = {(p, c): edge_markup(edge, back) for (p, c), edge in drawing.edges.items()}
    parts = [
        f'<g data-k="{step_of[pair[0] if back else pair[1]]}">{edges[pair]}</g>'
        for pair in sorted(edges, key=lambda pair: (step_of[pair[0] if back else pair[1]], pair))
    ]
    for i, box in enumerate(story.boxes):
        x, y = drawing.centres[i]
        half = sizes[i].half
        shape = node_shape(x, y, half, 5 if box.fold else RADIUS)
        name = centred(sheet, box.tex, x, y, NUMBER if box.fold else NAME, middle=True)
        above = _above(box, x, y, sheet) if box.above else ""
        below = ""
        for s, text in enumerate(box.below):
            hidden = " ad-off" if s else ""
            drawn = centred(sheet, text, x, y + RADIUS + 17, NUMBER)
            below += f'<g class="ad-{story.role[0]}{hidden}" data-s="{s}">{drawn}</g>'
        labels = f'{above}<g class="ad-l">{below}</g>' if back else f'<g class="ad-l">{above}{below}</g>'
        parts.append(f'<g class="ad-k" data-k="{step_of[i]}">{shape}{name}{labels}</g>')
    return view(drawing, "".join(parts), _described(story))


def _size(box) -> Size:
    texts = [px(text, NUMBER) / 2 for text in (box.above, *box.below) if text]
    half = max(RADIUS, px(box.tex, NAME) / 2 + 7)
    if box.fold:
        half = px(box.tex, NUMBER) / 2 + 9
    above = RADIUS + (21 if texts else 0)
    below = above
    if box.kept:  # its value stands in a frame
        texts[0] += 4
        above += 3
    return Size(half, RADIUS, max([half, *texts]) + 1, above, below)


def _above(box, x: float, y: float, sheet: Sheet) -> str:
    """The value over its node: in a frame when it is kept for the way back, pale when it is free to go."""
    if box.kept is None:
        return centred(sheet, box.above, x, y - RADIUS - 7, NUMBER)
    text = centred(sheet, box.above, x, y - RADIUS - 9, NUMBER)
    if not box.kept:
        return f'<g class="ad-free">{text}</g>'
    return rectangle("ad-cell", x, y - RADIUS - 14, px(box.above, NUMBER) / 2 + 4, 9, 2) + text


def edge_markup(edge, back: bool) -> str:
    """An edge and its arrowhead; with ``back`` a second one, at its beginning, for the way back."""
    head = _arrowhead("ad-a", *edge.tip, edge.turn, "l-8-4v8z")
    if not back:
        return f'<path class="ad-e" d="{edge.path}"/>{head}'
    tail = _arrowhead("ad-b", *edge.start, -edge.turn, "l8-4v8z")
    x, y = edge.tip
    return f'<path class="ad-e" d="{edge.path}L{tenths(x)} {tenths(y)}"/>{head}{tail}'


def _arrowhead(css: str, x: float, y: float, turn: float, outline: str) -> str:
    at = f"{tenths(x)} {tenths(y)}"
    turned = f' transform="rotate({turn:g} {at})"' if turn else ""
    return f'<path class="{css}" d="M{at}{outline}"{turned}/>'


def node_shape(x: float, y: float, half: float, round_: float) -> str:
    return rectangle("ad-n", x, y, half, RADIUS, round_)


def rectangle(css: str, x: float, y: float, half: float, tall: float, round_: float = 0) -> str:
    """A rectangle around a point, of half the width ``half`` and half the height ``tall``."""
    corner = f' rx="{round_:g}"' if round_ else ""
    return (
        f'<rect class="{css}" x="{tenths(x - half)}" y="{tenths(y - tall)}" width="{tenths(2 * half)}" '
        f'height="{tenths(2 * tall)}"{corner}/>'
    )


def view(drawing: Layout, inside: str, words: str) -> str:
    """The drawing in its box; a number is at least 12 px high in it, and a wider drawing scrolls."""
    width, height = round(drawing.width) + 4, round(drawing.height) + 4
    least = round(0.89 * width)
    return (
        f'<div class="ad-view" tabindex="0" role="group" aria-label="Drawing">'
        f'<svg class="ad-graph" role="img" aria-label="{escape(words, quote=True)}" viewBox="-2 -2 {width} {height}" '
        f'style="width:100%;min-width:{least}px;max-width:{round(width * 1.6)}px">{inside}</svg></div>'
    )


def px(tex: str, size: float) -> float:
    return measure(tex).width * size / EM


def centred(sheet: Sheet, tex: str, x: float, y: float, size: float, *, middle: bool = False) -> str:
    scale = size / EM
    left = x - measure(tex).width * scale / 2
    base = y + 0.22 * size if middle else y  # lower-case letters centred on y
    return f'<g transform="translate({tenths(left)} {tenths(base)})scale({short(scale)})">{sheet.mark(tex)}</g>'


def in_words(title: str, names: list[str], parents) -> str:
    """A graph in words."""
    clauses = [f"{name} from {' and '.join(names[p] for p in above)}" for name, above in zip(names, parents) if above]
    sources = [name for name, above in zip(names, parents) if not above]
    return f"Computational graph of {title}. Inputs {', '.join(sources)}. " + "; ".join(clauses) + "."


def _described(story: Story) -> str:
    return in_words(story.title, [reading(box.tex) for box in story.boxes], story.parents)
