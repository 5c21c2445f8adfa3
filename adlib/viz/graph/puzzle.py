"""The order puzzle: the reader picks which node reports next, and sees the number that comes of it.

Python computes the local derivatives, the right gradient and one telling wrong order; the script
in the page only multiplies and adds. Without script a right and a wrong order stand as lists.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape

import numpy as np

from ...core.errors import ArgumentError
from ..formula import notation
from ..formula.outlines import Sheet, frame, reading
from .drawing import BACK_STYLE, NAME, RADIUS, STYLE, WIDTH, centred, edge_markup, in_words, node_shape, px, view
from .layout import Size, layout

MOST = 10  # operations: as many buttons as can be taken in
_LABEL = 21.0  # half the width of an adjoint under its node

_STYLE = """.ad-p text{font:12.5px sans-serif;text-anchor:middle;font-variant-numeric:tabular-nums;fill:currentColor}
.ad-p .ad-x{fill:none;pointer-events:all}
.ad-p text.ad-r{fill:var(--r);font-weight:600}
.ad-p .ad-said .ad-n{fill:color-mix(in srgb,currentColor 14%,transparent)}
.ad-p .ad-n{fill:none}
.ad-p .ad-now .ad-n{fill:color-mix(in srgb,var(--h) 42%,transparent)}
.ad-p .ad-early .ad-n{stroke:var(--r);stroke-width:2.6;stroke-dasharray:5 3}
.ad-p .ad-late .ad-e{stroke-dasharray:4 4}
.ad-p .ad-who{display:none;flex-wrap:wrap;align-items:center;gap:.4rem;margin:.5rem 0}
.ad-p[data-on] .ad-who{display:flex}
.ad-p .ad-do{display:flex;gap:.4rem;margin-left:auto}
.ad-p .ad-box{display:none;padding:.7rem .8rem;border:1px solid color-mix(in srgb,currentColor 22%,transparent);border-radius:.4rem}
.ad-p[data-on] .ad-box{display:block}.ad-p[data-on] .ad-lists{display:none}
.ad-p ol{margin:.2rem 0 .6rem;padding:0 0 0 1.5rem}.ad-p li{margin:0 0 .25rem;padding:0}
.ad-p .ad-end{font-weight:600}.ad-p .ad-bad{color:var(--r)}
"""

_SCRIPT = """(function(){document.querySelectorAll('.ad-puzzle').forEach(function(w){if(w.adOn)return;w.adOn=1;
var D=JSON.parse(w.getAttribute('data-graph')),N=D.nodes,picks=[],
all=function(q){return Array.prototype.slice.call(w.querySelectorAll(q))},one=function(q){return w.querySelector(q)};
function fmt(v){var a=Math.abs(v),t;
if(a===Math.round(a)&&a<1e6)t=String(a);else if(a>=.1&&a<1e5)t=String(+a.toFixed(4));
else if(a>=1e-4&&a<.1)t=String(+a.toPrecision(4));
else{t=a.toExponential(3).split('e');t=+t[0]+'e'+ +t[1]}return(v<0?'\\u2212':'')+t}
function fac(v){var t=fmt(v);return v<0?'('+t+')':t}
function names(l){l=l.map(function(i){return N[i].name});var z=l.pop();return l.length?l.join(', ')+' and '+z:z}
function grad(g){g=g.map(fmt);return g.length>1?'('+g.join(', ')+')':g[0]}
function run(){var a=N.map(function(){return 0}),said={},log=[],early=[],late={},edges={};a[D.out]=1;
picks.forEach(function(i,step){
var wait=N[i].children.filter(function(c){return !said[c]}),sent=N[i].sends.map(function(s){return {to:s[0],d:s[1],v:a[i]*s[1]}});
said[i]=step+1;
sent.forEach(function(s){a[s.to]+=s.v;edges[s.to+' '+i]=step+1;if(said[s.to])late[s.to+' '+i]=1});
if(wait.length)early.push({who:i,wait:wait});
log.push({early:wait.length>0,text:N[i].name+' has '+fmt(a[i])+' and sends '+sent.map(function(s){
return fac(a[i])+' \\u00b7 '+fac(s.d)+' = '+fmt(s.v)+' to '+N[s.to].name+(late[s.to+' '+i]?', too late: '+N[s.to].name+' has reported':'')}).join('; ')+
(wait.length?'. Too early: '+names(wait)+(wait.length>1?' have':' has')+' not reported yet.':'.')})});
return {a:a,said:said,log:log,early:early,late:late,edges:edges,done:picks.length===D.order.length}}
function show(speak){var r=run(),last=picks.length,list=one('.ad-log'),end=one('.ad-end'),why=one('.ad-why'),first=null;
list.textContent='';r.log.forEach(function(e){var li=document.createElement('li');li.textContent=e.text;if(e.early)li.className='ad-bad';list.appendChild(li)});
var early={};r.early.forEach(function(e){early[e.who]=1});
all('.ad-k').forEach(function(g){var i=+g.getAttribute('data-i'),s=r.said[i];
g.classList.toggle('ad-said',!!s);g.classList.toggle('ad-now',!!s&&s===last);g.classList.toggle('ad-early',!!early[i]);
g.querySelector('.ad-r').textContent=fmt(r.a[i]);g.querySelector('.ad-t').textContent=early[i]?'too early':s?s+'.':'';
if(s===last&&last)first=g});
all('[data-e]').forEach(function(g){var k=g.getAttribute('data-e'),s=r.edges[k];
g.classList.toggle('ad-todo',!s);g.classList.toggle('ad-now',!!s&&s===last);g.classList.toggle('ad-late',!!r.late[k])});
all('[data-pick]').forEach(function(b){b.setAttribute('aria-disabled',!!r.said[b.getAttribute('data-pick')])});
all('[data-do]').forEach(function(b){b.setAttribute('aria-disabled',!last)});
var g=D.inputs.map(function(i){return r.a[i]}),text='',more='';
if(!last){text='The result has the adjoint 1. Who reports first?'}
else if(!r.done){text='Who reports next?'}
else if(!r.early.length){text='A right order: '+D.grad+' = '+grad(g)+'.';more='Every node reported after all its children, so this is the gradient.'}
else{var right=grad(D.right),same=grad(g)===right;
text=same?'A wrong order: here the number is right by chance, '+D.grad+' = '+grad(g)+'.':'A wrong order gives '+grad(g)+'. The gradient is '+D.grad+' = '+right+'.';
more=r.early.map(function(e){return N[e.who].name+' spoke too early: before '+names(e.wait)+'.'}).join(' ')}
end.textContent=text;end.classList.toggle('ad-bad',r.done&&r.early.length>0);why.textContent=more;
w.setAttribute('data-state',r.done?(r.early.length?'wrong':'right'):'open');
if(speak)one('.ad-live').textContent=(last?r.log[last-1].text+' ':'')+text+' '+more;
var box=one('.ad-view');if(first&&box.scrollWidth>box.clientWidth){var p=first.getBoundingClientRect(),q=box.getBoundingClientRect();
box.scrollLeft+=(p.left+p.right-q.left-q.right)/2}}
function pick(i){if(D.order.indexOf(i)<0||picks.indexOf(i)>=0)return;picks.push(i);show(true)}
w.addEventListener('click',function(e){var b=e.target.closest('button,.ad-k');if(!b||!w.contains(b))return;
if(b.hasAttribute('data-pick'))pick(+b.getAttribute('data-pick'));
else if(b.hasAttribute('data-i'))pick(+b.getAttribute('data-i'));
else if(picks.length){if(b.getAttribute('data-do')==='undo')picks.pop();else picks=[];show(true)}});
w.addEventListener('keydown',function(e){if(e.altKey||e.ctrlKey||e.metaKey||e.shiftKey)return;
var l=all('.ad-who button'),i=l.indexOf(e.target),t={ArrowRight:1,ArrowLeft:-1}[e.key];
if(i<0||!t)return;e.preventDefault();e.stopPropagation();l[(i+t+l.length)%l.length].focus()});
w.setAttribute('data-on','');show(false)})})();"""


@dataclass(frozen=True)
class _Puzzle:
    """The nodes that lead to the result, renumbered in order; each sends (parent, local derivative)."""

    names: tuple[str, ...]
    sends: tuple[tuple[tuple[int, float], ...], ...]
    children: tuple[tuple[int, ...], ...]
    inputs: tuple[int, ...]
    order: tuple[int, ...]  # the operations, the last first: a right order

    def run(self, order: Iterable[int]) -> list[float]:
        """The adjoints when the nodes report in this order, each once, with what they have by then."""
        adjoints = [0.0] * len(self.names)
        adjoints[-1] = 1.0
        for i in order:
            for parent, partial in self.sends[i]:
                adjoints[parent] += adjoints[i] * partial
        return adjoints

    def gradient(self, order: Iterable[int]) -> list[float]:
        adjoints = self.run(order)
        return [adjoints[i] for i in self.inputs]

    def telling_order(self) -> tuple[int, ...] | None:
        """A wrong order with a wrong gradient: one node reports right after the first of its children."""
        right = _shown(self.gradient(self.order))
        for node in self.order:
            rest = [i for i in self.order if i != node]
            places = [rest.index(c) for c in self.children[node]]
            if len(places) > 1:
                at = min(places) + 1
                order = (*rest[:at], node, *rest[at:])
                if _shown(self.gradient(order)) != right:
                    return order
        # Without fan-out it takes a node that reports before its only child.
        for first in self.order[1:]:
            order = (first, *(i for i in self.order if i != first))
            if _shown(self.gradient(order)) != right:
                return order
        return None


class Puzzle:
    """The order puzzle of a graph, for a notebook to show; ``Graph.puzzle`` makes it.

    Parameters
    ----------
    graph : Graph

    Raises
    ------
    ArgumentError
        At once, as `puzzle_html` does.

    Examples
    --------
    >>> import adlib
    >>> adlib.viz.Puzzle(adlib.make_graph(lambda x: x * x)(3.0))
    <order puzzle of y: y>
    """

    def __init__(self, graph) -> None:
        self._html = puzzle_html(graph)
        puzzle = _read(graph)
        self._title = f"order puzzle of {graph.name}: {', '.join(puzzle.names[i] for i in reversed(puzzle.order))}"

    def _repr_html_(self) -> str:
        return self._html

    def __repr__(self) -> str:
        return f"<{self._title}>"


def puzzle_html(graph) -> str:
    """Reverse mode with the order left to the reader, as a piece of a page.

    The reader picks which node reports next; a node that reports before all its children sends an
    incomplete number, and the wrong gradient that comes of it is shown beside the right one. It needs
    no network, no library and no running Python. Without script it shows a right and a wrong order.

    Parameters
    ----------
    graph : Graph
        Of scalars, with one result and at most ten operations.

    Returns
    -------
    str
        HTML; the same graph gives the same bytes.

    Raises
    ------
    ArgumentError
        When the graph is not such a graph.

    Notes
    -----
    Costs one reverse sweep and some milliseconds a node. Nodes on which the result does not depend are left out.

    Examples
    --------
    >>> import adlib
    >>> graph = adlib.make_graph(lambda x, y: x * y + x)(2.0, 3.0)
    >>> "A right order" in puzzle_html(graph)
    True
    """
    puzzle = _read(graph)
    right = puzzle.gradient(puzzle.order)
    sheet = Sheet()
    texts = [notation.text_name(name) for name in puzzle.names]
    data = {
        "nodes": [
            {"name": text, "sends": sends, "children": children}
            for text, sends, children in zip(texts, puzzle.sends, puzzle.children)
        ],
        "out": len(texts) - 1,
        "inputs": puzzle.inputs,
        "order": puzzle.order,
        "grad": f"∇{notation.text_name(graph.name)}",
        "right": right,
    }
    body, defs = sheet.finish(_graph(graph, puzzle, sheet) + _buttons(puzzle, sheet))
    label = escape(f"Reverse mode of {graph.name}: in which order?", quote=True)
    return (
        f'<div class="ad-w ad-rev ad-p ad-puzzle" role="group" aria-label="{label}" data-lm-suppress-shortcuts="true" '
        f'data-graph="{escape(json.dumps(data, separators=(",", ":"), ensure_ascii=False), quote=True)}">'
        f"<style>{STYLE}{BACK_STYLE}{_STYLE}</style>"
        f'<svg class="ad-def" aria-hidden="true" focusable="false">{defs}</svg>'
        f'{body}<div class="ad-box" style="min-height:{4 + 2 * len(puzzle.order)}em">'
        f'<p class="ad-end"></p><p class="ad-why"></p><ol class="ad-log"></ol></div>'
        f"{_lists(graph, puzzle, texts)}"
        f'<p class="ad-sr ad-live" aria-live="polite"></p></div><script>{_SCRIPT}</script>'
    )


def _read(graph) -> _Puzzle:
    """The puzzle of a graph: its live nodes, their local derivatives as numbers, and a right order."""
    if len(graph.outputs) != 1:
        raise ArgumentError(f"the order puzzle needs one result, but {graph.name} has {len(graph.outputs)}")
    (out,) = graph.outputs
    live = {out}
    for node in reversed(graph.nodes):
        if node.index in live:
            live |= set(node.parents)
    live |= set(graph.inputs)
    nodes = [node for node in graph.nodes if node.index in live]
    operations = [node for node in nodes if node.op != "input"]
    for node in nodes:
        if np.shape(node.value) or isinstance(node.value, tuple):
            raise ArgumentError(
                f"the order puzzle is for graphs of scalars, but {node.name} in {graph.name} "
                f"has shape {np.shape(node.value)}; choose a function of scalars"
            )
    if not 1 <= len(operations) <= MOST:
        raise ArgumentError(
            f"the order puzzle is for 1 to {MOST} operations, but {graph.name} has {len(operations)}; "
            "choose a shorter function"
        )
    at = {node.index: k for k, node in enumerate(nodes)}
    sends: list[list[tuple[int, float]]] = [[] for _ in nodes]
    adjoints = {}
    for step in graph.reverse():
        adjoints[step.node.index] = float(step.adjoint)
        if step.node.index not in live:
            continue
        for term in step.terms:
            if term.child in live:
                if term.partial is None or not np.isfinite(term.partial):
                    raise ArgumentError(
                        f"the order puzzle needs a finite local derivative of {graph.nodes[term.child].name} "
                        f"by {step.node.name} in {graph.name}; choose another point or function"
                    )
                sends[at[term.child]].append((at[step.node.index], float(term.partial)))
    children = [tuple(at[c] for c in graph.children(node.index) if c in live) for node in nodes]
    puzzle = _Puzzle(
        names=tuple(node.name for node in nodes),
        sends=tuple(tuple(sorted(s)) for s in sends),
        children=tuple(children),
        inputs=tuple(at[i] for i in graph.inputs),
        order=tuple(at[node.index] for node in reversed(operations)),
    )
    right = puzzle.run(puzzle.order)
    expected = [adjoints[node.index] for node in nodes]
    if not np.allclose(right, expected, rtol=1e-9, atol=1e-300):
        raise AssertionError(f"the puzzle gives the adjoints {right}, reverse mode gives {expected}")
    return puzzle


# The page -----------------------------------------------------------------------------------------


def _graph(graph, puzzle: _Puzzle, sheet: Sheet) -> str:
    """The drawing; numbers that change are text, which the script writes."""
    names = [notation.name(name) for name in puzzle.names]
    parents: list[list[int]] = [[] for _ in names]
    for child, sends in enumerate(puzzle.sends):
        parents[child] = sorted({parent for parent, _ in sends})
    halves = [max(RADIUS, px(sheet, name, NAME) / 2 + 7) for name in names]
    sizes = [Size(half, RADIUS, max(half, _LABEL) + 1, RADIUS + 21, RADIUS + 21) for half in halves]
    drawing = layout(parents, sizes, width=WIDTH)
    adjoints = puzzle.run(puzzle.order)

    parts = [
        f'<g data-e="{p} {c}">{edge_markup(edge, back=True)}</g>' for (p, c), edge in sorted(drawing.edges.items())
    ]
    for i, name in enumerate(names):
        x, y = drawing.centres[i]
        half = max(halves[i], _LABEL)
        # What can be hit is larger than what is seen, for fingers.
        hit = (
            f'<rect class="ad-x" x="{x - half - 5:.1f}" y="{y - 26:.1f}" width="{2 * half + 10:.1f}" height="52"/>'
            if i in puzzle.order
            else ""
        )
        parts.append(
            f'<g class="{"ad-k" if i in puzzle.order else "ad-k ad-in"}" data-i="{i}">{hit}{node_shape(x, y, halves[i], RADIUS)}'
            f"{centred(sheet, name, x, y, NAME, middle=True)}"
            f'<text class="ad-t" x="{x:.1f}" y="{y - RADIUS - 7:.1f}"></text>'
            f'<text class="ad-r" x="{x:.1f}" y="{y + RADIUS + 16:.1f}">{notation.plain(adjoints[i])}</text></g>'
        )
    words = in_words(graph.name, [reading(name) for name in names], parents)
    return view(drawing, "".join(parts), words)


def _buttons(puzzle: _Puzzle, sheet: Sheet) -> str:
    buttons = ""
    for i in sorted(puzzle.order):
        tex = notation.name(puzzle.names[i])
        buttons += (
            f'<button type="button" data-pick="{i}" aria-label="{escape(reading(tex), quote=True)} reports">'
            f'<svg aria-hidden="true" {frame(sheet.box(tex), 1.2)}>{sheet.run(tex)}</svg></button>'
        )
    return (
        f'<div class="ad-who" role="group" aria-label="Who reports next">{buttons}<div class="ad-do">'
        '<button type="button" data-do="undo">Undo</button>'
        '<button type="button" data-do="again">Start again</button></div></div>'
    )


def _lists(graph, puzzle: _Puzzle, texts: Sequence[str]) -> str:
    """Without script: a right order, and a wrong one with its wrong number."""
    of = escape(f"∇{notation.text_name(graph.name)}")
    right = _shown(puzzle.gradient(puzzle.order))
    out = f"<p>A right order: every node reports after all its children.</p>{_list(puzzle, puzzle.order, texts)}"
    out += f"<p>The gradient: {of} = {right}.</p>"
    wrong = puzzle.telling_order()
    if wrong:
        out += f"<p>A wrong order:</p>{_list(puzzle, wrong, texts)}"
        out += f"<p>It gives {_shown(puzzle.gradient(wrong))} instead of {right}.</p>"
    return f'<div class="ad-lists">{out}</div>'


def _list(puzzle: _Puzzle, order: Sequence[int], texts: Sequence[str]) -> str:
    adjoints = puzzle.run(())
    said: set[int] = set()
    items = []
    for i in order:
        waiting = [texts[c] for c in puzzle.children[i] if c not in said]
        sent = []
        for parent, partial in puzzle.sends[i]:
            adjoints[parent] += adjoints[i] * partial
            product = f"{_factor(adjoints[i])} · {_factor(partial)} = {notation.plain(adjoints[i] * partial)}"
            sent.append(f"{product} to {texts[parent]}")
        said.add(i)
        early = f" Too early: {', '.join(waiting)} not yet heard." if waiting else ""
        items.append(
            f"<li>{escape(f'{texts[i]} has {notation.plain(adjoints[i])} and sends ' + '; '.join(sent) + '.' + early)}</li>"
        )
    return f"<ol>{''.join(items)}</ol>"


def _factor(value: float) -> str:
    text = notation.plain(value)
    return f"({text})" if value < 0 else text


def _shown(gradient: Sequence[float]) -> str:
    entries = [notation.plain(entry) for entry in gradient]
    return f"({', '.join(entries)})" if len(entries) > 1 else entries[0]
