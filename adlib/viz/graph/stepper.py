"""A computational graph as a piece of a page that moves one node at a time.

The page needs nothing: no network, no library, no running Python. What every step shows is already
in the markup; a few lines of script choose which of it is seen. Without script the graph stands
finished, and below it all steps as a list.
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from ..formula.outlines import EM, Box, Sheet, frame, measure
from ..formula.words import reading
from ..widget import Widget, icon, page
from .drawing import draw
from .forward import Forward
from .reverse import Reverse
from .story import Equation, Seed, Story, tell

_FORMULA = 1.15  # em
_ROW = 296.0  # what fits in a row between the margins of a page 390 px wide
_EM = 16.0

_LEGEND = (
    '<p class="ad-legend"><span class="ad-cell">kept</span> needed on the way back '
    '<span class="ad-free">free to go</span></p>'
)

_MODES = {"forward": Forward, "reverse": Reverse}

_ICONS = {
    -99: ("First step", "M4 3v12M15 3 7 9l8 6z"),
    -1: ("Previous step", "M13 3 5 9l8 6z"),
    1: ("Next step", "M5 3l8 6-8 6z"),
}


class Stepper(Widget):
    """A graph in steps, for a notebook to show; ``Graph.stepper`` makes it.

    Parameters
    ----------
    graph : Graph
    seeds : sequence or None
        As in `stepper_html`.
    mode : str
        ``"forward"`` or ``"reverse"``.

    Raises
    ------
    ArgumentError, ValueError
        At once, as `stepper_html` does.

    Examples
    --------
    >>> import adlib
    >>> adlib.viz.Stepper(adlib.make_graph(lambda x: x * x)(3.0), (1.0,))
    <forward mode of y, 2 nodes>
    >>> adlib.viz.Stepper(adlib.make_graph(lambda x: x * x)(3.0), mode="reverse")
    <reverse mode of y, 2 nodes>
    """

    def __init__(self, graph, seeds: Sequence | None = None, mode: str = "forward") -> None:
        self._html = stepper_html(graph, mode, seeds)
        self._title = f"{mode} mode of {graph.name}, {len(graph.nodes)} nodes"


def graph_html(graph) -> str:
    """What a notebook shows for a `Graph`: its drawing, and forward mode step by step.

    Parameters
    ----------
    graph : Graph

    Returns
    -------
    str
        HTML; the same graph gives the same bytes.

    Notes
    -----
    `stepper_html` without seeds, and at its cost.

    Examples
    --------
    >>> import adlib
    >>> graph = adlib.make_graph(lambda x: x * x)(3.0)
    >>> graph_html(graph) == graph._repr_html_()
    True
    """
    return stepper_html(graph)


def stepper_html(graph, mode: str = "forward", seeds: Sequence | None = None) -> str:
    """One mode of differentiation on a graph, step by step, as a piece of a page.

    It needs no network, no library and no running Python. Without script it shows the finished graph and a
    list of all steps.

    Parameters
    ----------
    graph : Graph
    mode : str
        ``"forward"`` or ``"reverse"``.
    seeds : sequence or None
        One tangent an input in forward mode, one adjoint an output in reverse mode, of its shape.
        Without it the reader chooses among the inputs (the outputs): 1 for one of them and 0 for the
        others, or ones where it is an array. Of more than six, it is the first.

    Returns
    -------
    str
        HTML; the same arguments give the same bytes.

    Raises
    ------
    ArgumentError
        When the seeds are not one an input (an output), or not of its shape.
    ValueError
        When there is no such mode.

    Notes
    -----
    Costs one sweep a seed, and some milliseconds a node for its formulas. A graph of more than 40 nodes is
    drawn as its first and its last nodes, so its page stays small.

    Examples
    --------
    >>> import adlib
    >>> graph = adlib.make_graph(lambda x, y: x * y)(3.0, 2.0)
    >>> html = stepper_html(graph, seeds=(1.0, 0.5))
    >>> "2 times 1 plus 3 times 0.5 = 3.5" in html
    True
    """
    if mode not in _MODES:
        raise ValueError(f"no stepper for the mode {mode!r}; there are 'forward' and 'reverse'")
    story = tell(_MODES[mode](graph, seeds))
    back = mode == "reverse"
    return page(
        "ad-stepper",
        f"{story.heading}, step by step",
        lambda sheet: _body(story, sheet),
        styles=[
            "controls.css",
            "graph/graph.css",
            "graph/stepper.css",
            *(["graph/reverse.css", "graph/kept.css"] if back else []),
        ],
        scripts=["graph/stepper.js"],
        classes=" ad-rev" if back else "",
    )


def _body(story: Story, sheet: Sheet) -> str:
    return "".join(
        [
            _seed_buttons(story, sheet),
            draw(story, sheet),
            _LEGEND if any(box.kept is not None for box in story.boxes) else "",
            _bar(len(story.steps) - 1),
            _steps(story, sheet),
        ]
    )


# Controls and text --------------------------------------------------------------------------------


def _seed_buttons(story: Story, sheet: Sheet) -> str:
    if len(story.seeds) < 2:
        return ""
    buttons = "".join(
        f'<button type="button" data-seed="{s}" aria-pressed="{"false" if s else "true"}" '
        f'aria-label="{escape(_seed_words(seed), quote=True)}">seed&nbsp;'
        f'<svg aria-hidden="true" {frame(measure(seed.tex), 1.1)}>{sheet.mark(seed.tex)}</svg></button>'
        for s, seed in enumerate(story.seeds)
    )
    return f'<div class="ad-seeds" role="group" aria-label="Seed">{buttons}</div>'


def _seed_words(seed: Seed) -> str:
    return f"seed {reading(seed.tex)}"


def _bar(last: int) -> str:
    buttons = {
        go: f'<button type="button" data-go="{go}" aria-label="{text}">{icon(path)}</button>'
        for go, (text, path) in _ICONS.items()
    }
    return (
        f'<div class="ad-bar">{buttons[-99]}{buttons[-1]}<input type="range" min="0" max="{last}" value="{last}" '
        f'aria-label="Step">{buttons[1]}<output aria-hidden="true"></output></div>'
    )


def _steps(story: Story, sheet: Sheet) -> str:
    items = []
    for k, step in enumerate(story.steps):
        note = f"<p>{escape(step.note)}</p>" if step.note else ""
        equations = "".join(_equation(e, story, sheet) for e in step.equations)
        words = _words(step, story, k)
        items.append(f"<li>{words}{note}{equations}</li>")
    return f'<ol class="ad-steps" start="0">{"".join(items)}</ol>'


def _words(step, story: Story, k: int) -> str:
    """What a screen reader hears: what holds for every seed, then what differs by seed."""
    common = [f"Step {k} of {len(story.steps) - 1}. {step.title}.", step.note]
    common += [_said(e, e.rows) for e in step.equations if not e.by_seed]
    out = f'<p class="ad-sr">{escape(" ".join(filter(None, common)))}</p>'
    for s, seed in enumerate(story.seeds):
        said = " ".join(_said(e, (*e.rows, *e.by_seed[s])) for e in step.equations if e.by_seed)
        if said:
            by, which = (f' data-s="{s}"', f"For the {_seed_words(seed)}: ") if len(story.seeds) > 1 else ("", "")
            out += f'<p class="ad-sr"{by}>{escape(which + said)}</p>'
    return out


def _said(e: Equation, rows) -> str:
    tex = "".join(piece.tex for piece in (*e.left, *(piece for row in rows for chunk in row for piece in chunk)))
    return (f"{e.label}: " if e.label else "") + reading(tex) + "."


def _equation(e: Equation, story: Story, sheet: Sheet) -> str:
    """The formula as drawings, which a screen reader passes over: it has the words."""
    label = f'<span class="ad-lab">{escape(e.label)}</span>' if e.label else ""
    indent = sum(measure(piece.tex).width for piece in e.left) * _FORMULA / EM

    def drawn(rows, left) -> str:
        return "".join(_row(row, left if not k else (), indent, story.role, sheet) for k, row in enumerate(rows))

    rows = drawn(e.rows, e.left)
    for s, by_seed in enumerate(e.by_seed):
        inside = drawn(by_seed, () if e.rows else e.left)
        if len(story.seeds) > 1:
            words = escape(_seed_words(story.seeds[s]))
            inside = f'<div data-s="{s}"><span class="ad-for">{words}:</span>{inside}</div>'
        rows += inside
    return f'<div class="ad-q" aria-hidden="true" style="--indent:{indent:.3g}em">{label}{rows}</div>'


def _row(row, left, indent: float, role: str, sheet: Sheet) -> str:
    """One line of a formula. It is one drawing where it fits a phone, else one a chunk, so that it can break."""
    pieces = (*left, *(piece for chunk in row for piece in chunk))
    total = sum(measure(piece.tex).width for piece in pieces) * _FORMULA / EM + (0 if left else indent)
    groups = [pieces] if total * _EM <= _ROW else [(*left, *row[0]), *row[1:]]
    drawn = "".join(_drawing(group, role, sheet) for group in groups)
    return f'<p class="ad-0">{drawn}</p>' if left else f"<p>{drawn}</p>"


def _drawing(pieces, role: str, sheet: Sheet) -> str:
    x, parts, up, down = 0, [], 0, 0
    for piece in pieces:
        box = measure(piece.tex)
        parts.append(sheet.mark(piece.tex, x, f"ad-{role[0]}" if piece.role else ""))
        x, up, down = x + box.width, max(up, box.height), max(down, box.depth)
    return f"<svg {frame(Box(x, up, down), _FORMULA)}>{''.join(parts)}</svg>"
