"""The graph of a story as one drawing, and the styles that every widget shares.

A drawing holds all its states: each node and edge carries the step in which it is done
(`data-k`), and classes choose what of it is seen.
"""

from __future__ import annotations

from html import escape

from ..formula.outlines import EM, Sheet, reading
from .layout import Layout, Size, layout
from .story import Story

NAME, NUMBER = 17.0, 13.5  # text sizes, px
RADIUS = 17.0
WIDTH = 336.0  # what fits between the margins of a page 390 px wide

STYLE = """
.ad-w{color:inherit;font-size:max(1em,15px);line-height:1.45;max-width:42rem;margin:0 0 1em;text-align:left;
--f:var(--ad-forward,color-mix(in srgb,#0072b2 70%,currentColor));
--r:var(--ad-reverse,color-mix(in srgb,#d55e00 64%,currentColor));
--h:var(--ad-highlight,#e69f00);--q:#858585;--a:var(--f)}
.ad-w *{box-sizing:border-box}
.ad-w svg{fill:currentColor;overflow:visible;max-width:100%;height:auto;margin:0;padding:0;background:none}
.ad-w svg.ad-def{position:absolute;width:0;height:0}
.ad-f{fill:var(--f)}.ad-r{fill:var(--r)}
.ad-w .ad-off{display:none}
.ad-w .ad-sr{position:absolute;width:1px;height:1px;margin:-1px;padding:0;overflow:hidden;clip-path:inset(50%);white-space:nowrap}
.ad-view{overflow-x:auto;overflow-y:hidden;border-radius:.4rem}
.ad-graph{display:block;margin:0 auto}
.ad-n{fill:color-mix(in srgb,currentColor 14%,transparent);stroke:currentColor;stroke-width:1.4}
.ad-e{fill:none;stroke:var(--q);stroke-width:1.4}.ad-a{fill:var(--q)}
.ad-now .ad-n{fill:color-mix(in srgb,var(--h) 42%,transparent);stroke:var(--h);stroke-width:2.6}
.ad-now .ad-e{stroke:var(--h);stroke-width:2.8}.ad-now .ad-a{fill:var(--h)}
.ad-todo .ad-n{fill:none}.ad-todo .ad-l{visibility:hidden}
.ad-w[data-on] .ad-k{cursor:pointer;pointer-events:all}
.ad-w button{display:inline-flex;align-items:center;justify-content:center;font:inherit;color:inherit;background:none;border:1px solid var(--q);border-radius:.4rem;min-width:44px;min-height:44px;padding:.2rem .6rem;margin:0;cursor:pointer}
.ad-w button[aria-disabled=true]{opacity:.4;cursor:default}
.ad-w :focus-visible{outline:3px solid var(--a);outline-offset:2px}
.ad-w p{margin:0 0 .3rem}
@media(prefers-reduced-motion:no-preference){.ad-n,.ad-e{transition:fill .18s,stroke .18s,stroke-width .18s}}
"""

# On the way back an edge turns round when it has carried its contribution. Its first pixels are left out under the arrowhead.
BACK_STYLE = """
.ad-rev{--a:var(--r)}
.ad-rev .ad-e{stroke:var(--r);stroke-dasharray:0 5 9999}.ad-b{fill:var(--r)}
.ad-rev :not(.ad-todo)>.ad-a,.ad-todo>.ad-b{display:none}
.ad-rev .ad-todo .ad-e{stroke:var(--q);stroke-dasharray:none}
"""


def draw(story: Story, sheet: Sheet) -> str:
    """The drawing of ``story`` in a box that scrolls where it is too wide.

    On the way back an edge is done with its parent, which it brings a contribution; else with its child.
    """
    step_of = {box: k for k, step in enumerate(story.frames) for box in step.boxes}
    sizes = [_size(box, sheet) for box in story.boxes]
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


def _size(box, sheet: Sheet) -> Size:
    texts = [px(sheet, text, NUMBER) / 2 for text in (box.above, *box.below) if text]
    half = max(RADIUS, px(sheet, box.tex, NAME) / 2 + 7)
    if box.fold:
        half = px(sheet, box.tex, NUMBER) / 2 + 9
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
    width = px(sheet, box.above, NUMBER) + 8
    frame = f'<rect class="ad-cell" x="{x - width / 2:.1f}" y="{y - RADIUS - 23:.1f}" width="{width:.1f}" height="18" rx="2"/>'
    return frame + text


def edge_markup(edge, back: bool) -> str:
    """An edge and its arrowhead; with ``back`` a second one, at its beginning, for the way back."""
    (x, y), turn = edge.tip, f"rotate({edge.turn:g})" if edge.turn else ""
    head = f'<path class="ad-a" d="M0 0l-8-4v8z" transform="translate({x:.1f} {y:.1f}){turn}"/>'
    if not back:
        return f'<path class="ad-e" d="{edge.path}"/>{head}'
    u, v = edge.start
    lean = f"rotate({-edge.turn:g})" if edge.turn else ""
    tail = f'<path class="ad-b" d="M0 0l8-4v8z" transform="translate({u:.1f} {v:.1f}){lean}"/>'
    return f'<path class="ad-e" d="{edge.path}L{x:.1f} {y:.1f}"/>{head}{tail}'


def node_shape(x: float, y: float, half: float, round_: float) -> str:
    return (
        f'<rect class="ad-n" x="{x - half:.1f}" y="{y - RADIUS:.1f}" width="{2 * half:.1f}" '
        f'height="{2 * RADIUS:g}" rx="{round_:g}"/>'
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


def px(sheet: Sheet, tex: str, size: float) -> float:
    return sheet.box(tex).width * size / EM


def centred(sheet: Sheet, tex: str, x: float, y: float, size: float, *, middle: bool = False) -> str:
    box = sheet.box(tex)
    scale = size / EM
    left = x - box.width * scale / 2
    base = y + 0.22 * size if middle else y  # lower-case letters centred on y
    return f'<g transform="translate({left:.1f} {base:.1f})scale({scale:.4g})">{sheet.run(tex)}</g>'


def in_words(title: str, names: list[str], parents) -> str:
    """A graph in words."""
    clauses = [f"{name} from {' and '.join(names[p] for p in above)}" for name, above in zip(names, parents) if above]
    sources = [name for name, above in zip(names, parents) if not above]
    return f"Computational graph of {title}. Inputs {', '.join(sources)}. " + "; ".join(clauses) + "."


def _described(story: Story) -> str:
    return in_words(story.title, [reading(box.tex) for box in story.boxes], story.parents)
