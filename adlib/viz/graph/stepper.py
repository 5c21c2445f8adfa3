"""A computational graph as a piece of a page that moves one node at a time.

The page needs nothing: no network, no library, no running Python. What every step shows is already
in the markup; a few lines of script choose which of it is seen. Without script the graph stands
finished, and below it all steps as a list.
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from ..formula.outlines import EM, Sheet, frame, reading
from .drawing import BACK_STYLE, STYLE, draw
from .reverse import reverse_frames
from .story import Equation, Seed, Story, forward_frames

_FORMULA = 1.15  # em
_ROW = 296.0  # what fits in a row between the margins of a page 390 px wide
_EM = 16.0

_STYLE = """.ad-stepper .ad-bar,.ad-stepper .ad-seeds{display:none;align-items:center;gap:.4rem;margin:.4rem 0}
.ad-stepper[data-on] .ad-bar,.ad-stepper[data-on] .ad-seeds{display:flex}
.ad-stepper .ad-seeds{flex-wrap:wrap}
.ad-stepper button[aria-pressed=true]{background:color-mix(in srgb,var(--a) 14%,transparent);border:2px solid var(--a)}
.ad-stepper input{flex:1;min-width:3rem;height:44px;margin:0;accent-color:var(--a)}
.ad-stepper output{min-width:2.7em;text-align:right;font-variant-numeric:tabular-nums}
.ad-stepper .ad-steps{margin:.4rem 0 0;padding:0 0 0 1.6rem}
.ad-stepper .ad-steps>li{margin:0 0 .8rem;padding:0}
.ad-stepper[data-on] .ad-steps{display:grid;list-style:none;padding:.7rem .8rem;border:1px solid color-mix(in srgb,currentColor 22%,transparent);border-radius:.4rem}
.ad-stepper[data-on] .ad-steps>li{grid-area:1/1;min-width:0;margin:0;visibility:hidden}
.ad-stepper[data-on] .ad-steps>li.ad-cur{visibility:visible}
.ad-stepper[data-on] .ad-steps .ad-sr,.ad-stepper[data-on] .ad-for{display:none}
.ad-stepper .ad-q{margin:0 0 .5rem}.ad-stepper .ad-q p{margin:.3em 0;padding-left:var(--i)}.ad-stepper .ad-q p.ad-0{text-indent:calc(-1*var(--i))}.ad-lab{display:block;font-size:.85em;opacity:.8}
.ad-for{font-size:.85em}
"""

_KEPT_STYLE = """.ad-w rect.ad-cell{fill:color-mix(in srgb,currentColor 7%,transparent);stroke:currentColor;stroke-width:1.1}
.ad-free{opacity:.62}
.ad-stepper .ad-legend{font-size:.85em;margin:.3rem 0}
.ad-legend span.ad-cell{padding:0 .3em;border:1px solid;border-radius:2px;background:color-mix(in srgb,currentColor 7%,transparent)}
.ad-legend span.ad-free{margin-left:1em;opacity:.75}
"""

_LEGEND = (
    '<p class="ad-legend"><span class="ad-cell">kept</span> needed on the way back '
    '<span class="ad-free">free to go</span></p>'
)

_SCRIPT = """(function(){document.querySelectorAll('.ad-stepper').forEach(function(w){if(w.adOn)return;w.adOn=1;
var all=function(q){return Array.prototype.slice.call(w.querySelectorAll(q))},one=function(q){return w.querySelector(q)};
var steps=all('.ad-steps>li'),n=steps.length-1,k=0,s='0',bar=one('input'),box=one('.ad-view'),live=one('.ad-live'),
move=all('button[data-go]'),seeds=all('button[data-seed]');
function show(){var now=null;
all('[data-k]').forEach(function(g){var d=+g.getAttribute('data-k');
g.classList.toggle('ad-now',d===k&&k>0);g.classList.toggle('ad-todo',d>k);if(d===k&&g.classList.contains('ad-k'))now=g});
steps.forEach(function(li,i){li.classList.toggle('ad-cur',i===k)});
all('[data-s]').forEach(function(g){g.classList.toggle('ad-off',g.getAttribute('data-s')!==s)});
seeds.forEach(function(b){b.setAttribute('aria-pressed',b.getAttribute('data-seed')===s)});
move.forEach(function(b){b.setAttribute('aria-disabled',b.getAttribute('data-go')>0?k===n:k===0)});
bar.value=k;bar.setAttribute('aria-valuetext',k+' of '+n);one('output').textContent=k+' / '+n;
live.textContent=Array.prototype.filter.call(steps[k].querySelectorAll('.ad-sr'),function(p){return !p.classList.contains('ad-off')}).map(function(p){return p.textContent}).join(' ');
if(now&&box.scrollWidth>box.clientWidth){var a=now.getBoundingClientRect(),b=box.getBoundingClientRect();
box.scrollLeft+=(a.left+a.right-b.left-b.right)/2}}
function go(i){k=Math.max(0,Math.min(n,i));show()}
w.addEventListener('click',function(e){var b=e.target.closest('button,.ad-k');if(!b||!w.contains(b))return;
if(b.hasAttribute('data-go')){var d=+b.getAttribute('data-go');go(d<-1?0:k+d)}
else if(b.hasAttribute('data-seed')){s=b.getAttribute('data-seed');show()}
else if(b.hasAttribute('data-k'))go(+b.getAttribute('data-k'))});
bar.addEventListener('input',function(){go(+bar.value)});
w.addEventListener('keydown',function(e){if(e.altKey||e.ctrlKey||e.metaKey||e.shiftKey)return;
var t={ArrowRight:k+1,ArrowLeft:k-1,Home:0,End:n}[e.key];
if(t===undefined)return;e.preventDefault();e.stopPropagation();go(t)});
w.setAttribute('data-on','');show()})})();"""

_MODES = {"forward": forward_frames, "reverse": reverse_frames}

_ICONS = {
    -9: ("First step", "M4 3v12M15 3 7 9l8 6z"),
    -1: ("Previous step", "M13 3 5 9l8 6z"),
    1: ("Next step", "M5 3l8 6-8 6z"),
}


class Stepper:
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

    def _repr_html_(self) -> str:
        return self._html

    def __repr__(self) -> str:
        return f"<{self._title}>"


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
    return _page(_MODES[mode](graph, seeds))


def _page(story: Story) -> str:
    sheet = Sheet()
    label = escape(f"{story.heading}, step by step", quote=True)
    body = "".join(
        [
            _seed_buttons(story, sheet),
            draw(story, sheet),
            _LEGEND if any(box.kept is not None for box in story.boxes) else "",
            _bar(len(story.frames) - 1),
            _steps(story, sheet),
        ]
    )
    body, defs = sheet.finish(body)
    return (
        f'<div class="ad-w ad-stepper{" ad-rev" if story.role == "reverse" else ""}" role="group" '
        f'aria-label="{label}" data-lm-suppress-shortcuts="true">'
        f"<style>{STYLE}{_STYLE}{BACK_STYLE + _KEPT_STYLE if story.role == 'reverse' else ''}</style>"
        f'<svg class="ad-def" aria-hidden="true" focusable="false">{defs}</svg>'
        f'{body}<p class="ad-sr ad-live" aria-live="polite"></p></div><script>{_SCRIPT}</script>'
    )


# Controls and text --------------------------------------------------------------------------------


def _seed_buttons(story: Story, sheet: Sheet) -> str:
    if len(story.seeds) < 2:
        return ""
    buttons = "".join(
        f'<button type="button" data-seed="{s}" aria-pressed="{"false" if s else "true"}" '
        f'aria-label="{escape(_seed_words(seed), quote=True)}">seed&nbsp;'
        f'<svg aria-hidden="true" {frame(sheet.box(seed.tex), 1.1)}>{sheet.run(seed.tex)}</svg></button>'
        for s, seed in enumerate(story.seeds)
    )
    return f'<div class="ad-seeds" role="group" aria-label="Seed">{buttons}</div>'


def _seed_words(seed: Seed) -> str:
    return f"seed {reading(seed.tex)}"


def _bar(last: int) -> str:
    buttons = {
        go: f'<button type="button" data-go="{go}" aria-label="{text}"><svg aria-hidden="true" viewBox="0 0 18 18" '
        f'width="18" height="18" stroke="currentColor" stroke-width="2" stroke-linejoin="round"><path d="{icon}"/></svg></button>'
        for go, (text, icon) in _ICONS.items()
    }
    return (
        f'<div class="ad-bar">{buttons[-9]}{buttons[-1]}<input type="range" min="0" max="{last}" value="{last}" '
        f'aria-label="Step">{buttons[1]}<output aria-hidden="true"></output></div>'
    )


def _steps(story: Story, sheet: Sheet) -> str:
    items = []
    for k, step in enumerate(story.frames):
        note = f"<p>{escape(step.note)}</p>" if step.note else ""
        equations = "".join(_equation(e, story, sheet) for e in step.equations)
        words = _words(step, story, k)
        items.append(f"<li>{words}{note}{equations}</li>")
    return f'<ol class="ad-steps" start="0">{"".join(items)}</ol>'


def _words(step, story: Story, k: int) -> str:
    """What a screen reader hears: what holds for every seed, then what differs by seed."""
    common = [f"Step {k} of {len(story.frames) - 1}. {step.title}.", step.note]
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
    indent = sum(sheet.box(piece.tex).width for piece in e.left) * _FORMULA / EM

    def drawn(rows, left) -> str:
        return "".join(_row(row, left if not k else (), indent, story.role, sheet) for k, row in enumerate(rows))

    rows = drawn(e.rows, e.left)
    for s, by_seed in enumerate(e.by_seed):
        inside = drawn(by_seed, () if e.rows else e.left)
        if len(story.seeds) > 1:
            words = escape(_seed_words(story.seeds[s]))
            inside = f'<div data-s="{s}"><span class="ad-for">{words}:</span>{inside}</div>'
        rows += inside
    return f'<div class="ad-q" aria-hidden="true" style="--i:{indent:.3g}em">{label}{rows}</div>'


def _row(row, left, indent: float, role: str, sheet: Sheet) -> str:
    """One line of a formula. It is one drawing where it fits a phone, else one a chunk, so that it can break."""
    pieces = (*left, *(piece for chunk in row for piece in chunk))
    total = sum(sheet.box(piece.tex).width for piece in pieces) * _FORMULA / EM + (0 if left else indent)
    groups = [pieces] if total * _EM <= _ROW else [(*left, *row[0]), *row[1:]]
    drawn = "".join(_drawing(group, role, sheet) for group in groups)
    return f'<p class="ad-0">{drawn}</p>' if left else f"<p>{drawn}</p>"


def _drawing(pieces, role: str, sheet: Sheet) -> str:
    x, parts, up, down = 0, [], 0, 0
    for piece in pieces:
        box = sheet.box(piece.tex)
        parts.append(sheet.run(piece.tex, x, f"ad-{role[0]}" if piece.role else ""))
        x, up, down = x + box.width, max(up, box.height), max(down, box.depth)
    extent = frame(type(box)(x, up, down, (), ()), _FORMULA)
    return f"<svg {extent}>{''.join(parts)}</svg>"
