"""A question with a picture that the reader moves: a slider over frames or a player, with pickers beside it.

Python computes every frame when the cell runs; the page holds them as short strings, and a few lines of
script show one. Without script, and on paper, the states that the author named stand as pictures with a table.
"""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from html import escape

import numpy as np

from ...core.errors import ArgumentError
from ..formula.outlines import Sheet, _name, frame, reading
from ..graph.drawing import STYLE as BASE
from .layers import key_shapes, number
from .packing import pack
from .panels import Plot
from .script import SCRIPT, STYLE
from .shapes import UNIT, Shape, draw

MOST_STATES = 6
_RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
_PLACE = re.compile(r"\{([^{}]*)\}")


@dataclass(frozen=True, eq=False)
class Scene:
    """All frames of an explorable for one choice of its pickers.

    Parameters
    ----------
    layers : sequence
        What the panels show: a list of layers for each panel. With one panel, its layers.
    frames : sequence
        The value of the axis at each frame: numbers, or texts as they are to be read.
    numbers : mapping
        Figures below the picture: a name, and one number or text for each frame.
    says : str or sequence of str
        One sentence for each frame, for everyone and above all for those who do not see the picture. A single one is a
        pattern in which ``{name}`` is replaced by the frame's number of that name, and ``{axis}`` by the value of the axis.

    Examples
    --------
    >>> from adlib.viz import Points
    >>> scene = Scene([Points([0], [0])], frames=[1, 10], numbers={"error": [0.5, 0.05]}, says="At {axis} it is {error}.")
    >>> len(scene.frames)
    2
    """

    layers: Sequence
    frames: Sequence
    numbers: Mapping[str, Sequence] = field(default_factory=dict)
    says: str | Sequence[str] = ""


class Explorable:
    """A question with a picture that the reader moves, for a notebook to show.

    The page needs no network, no library and no running Python. Without script, and on paper, it shows the telling
    states as pictures, and a table of their numbers.

    Parameters
    ----------
    title : str
        What it is, in a few words.
    question : str
        What the reader is to find out; stands above the picture. Formulas between dollar signs.
    panels : Plot, Canvas or sequence of them
        One or two.
    scene : Scene or callable
        The frames. With pickers a function, called with one choice of each picker, that gives the `Scene`.
    axis : str
        What changes from frame to frame, as it stands beside the slider.
    telling : sequence
        One to six states that tell the story: a frame, or with pickers a tuple of one choice of each and the frame;
        -1 is the last frame. The explorable opens at the first of them.
    pickers : mapping, optional
        At most two: a name, and what can be chosen.
    play : bool
        Whether there is a player (which never starts by itself); else a slider.
    seconds : float
        How long the player takes at speed 1; no frame stands longer than 0.9 seconds.
    answer : str
        Stands folded below. Formulas between dollar signs.
    stacked : bool
        Whether a second panel stands below the first on wide pages too; else beside it.
    max_kb : float
        The largest page in thousands of bytes.

    Raises
    ------
    ArgumentError
        When frames, layers or states do not go together, values are not finite, or the page is too big.

    Notes
    -----
    Every picker's choice is computed, so ``scene`` is called once for each pair of choices. Coordinates are
    rounded to a quarter of a pixel of a panel 336 pixels wide. The same arguments give the same bytes.

    Examples
    --------
    A slider over the step of a difference quotient, and a choice of the scheme:

    >>> import numpy as np
    >>> from adlib.viz import Curve, Plot, Points
    >>> steps = np.logspace(-12, -1, 23)
    >>> def scene(scheme):
    ...     if scheme == "forward":
    ...         slope = (np.exp(steps) - 1) / steps
    ...     else:
    ...         slope = (np.exp(steps) - np.exp(-steps)) / (2 * steps)
    ...     error = np.abs(slope - 1) + 1e-16
    ...     return Scene(
    ...         [Curve(steps, error), Points(steps[:, None], error[:, None], role="highlight")],
    ...         frames=[f"{step:.0e}" for step in steps],
    ...         numbers={"error": error},
    ...         says="With the step {axis} the error is {error}.",
    ...     )
    >>> explorable = Explorable(
    ...     "The error of a difference quotient",
    ...     "Which step gives the smallest error?",
    ...     Plot((1e-12, 0.1), (1e-16, 1), r"step $\\varepsilon$", "error", "Error against step.", xlog=True, ylog=True),
    ...     scene,
    ...     axis="ε",
    ...     pickers={"Scheme": ["forward", "central"]},
    ...     telling=[("forward", 8), ("forward", -1), ("central", 14)],
    ... )
    >>> explorable
    <explorable 'The error of a difference quotient': 2 scenes, 46 frames>
    >>> explorable.size < 32_000
    True
    """

    def __init__(
        self,
        title: str,
        question: str,
        panels,
        scene: Scene | Callable[..., Scene],
        *,
        axis: str,
        telling: Sequence,
        pickers: Mapping[str, Sequence] | None = None,
        play: bool = False,
        seconds: float = 8,
        answer: str = "",
        stacked: bool = False,
        max_kb: float = 60,
    ) -> None:
        self._title = title
        self._question = question
        self._answer = answer
        self._axis = axis
        self._play = play
        self._beside = not stacked
        self._panels = list(panels) if isinstance(panels, Sequence) else [panels]
        self._pickers = {name: list(choices) for name, choices in (pickers or {}).items()}
        if not 1 <= len(self._panels) <= 2 or len(self._pickers) > 2 or not all(self._pickers.values()):
            raise ArgumentError(
                f"an explorable has one or two panels and at most two pickers with choices, "
                f"but {title!r} has {len(self._panels)} and {len(self._pickers)}"
            )
        for name, choices in self._pickers.items():
            if any(choices.index(choice) < k for k, choice in enumerate(choices)):
                raise ArgumentError(
                    f"a picker of an explorable offers different choices, but {name!r} of {title!r} has {choices}; "
                    "leave out what is there twice"
                )
        number("seconds", seconds, 0.1)
        self._scenes = {
            choice: _Read(scene(*choice) if callable(scene) else scene, self, choice)
            for choice in itertools.product(*self._pickers.values())
        }
        self._same_numbers()
        if not 1 <= len(telling) <= MOST_STATES:
            raise ArgumentError(
                f"an explorable shows 1 to {MOST_STATES} telling states without script, but {title!r} names {len(telling)}"
            )
        self._states = [self._state(state) for state in telling]
        self._html = self._page(seconds)
        self._check_size(max_kb)

    def _repr_html_(self) -> str:
        return self._html

    def __repr__(self) -> str:
        frames = sum(scene.count for scene in self._scenes.values())
        scenes = f"{len(self._scenes)} scene{'s' * (len(self._scenes) > 1)}"
        return f"<explorable {self._title!r}: {scenes}, {frames} frame{'s' * (frames > 1)}>"

    @property
    def size(self) -> int:
        """The bytes of its page."""
        return len(self._html.encode())

    # What goes together -----------------------------------------------------------------------------

    def _same_numbers(self) -> None:
        names = {scene.names for scene in self._scenes.values()}
        if len(names) > 1:
            found = " and ".join(str(list(n)) for n in sorted(names))
            raise ArgumentError(
                f"the scenes of an explorable show the same numbers, but those of {self._title!r} have {found}"
            )
        (self._numbers,) = names

    def _state(self, state) -> tuple[tuple, int]:
        """A telling state as (choice of the pickers, frame)."""
        parts = tuple(state) if isinstance(state, (tuple, list)) else (state,)
        choice, frames = parts[:-1], parts[-1:]
        scene = self._scenes.get(choice)
        if scene is None or not isinstance(*frames, (int, np.integer)) or not -scene.count <= frames[0] < scene.count:
            example = (*next(iter(self._scenes)), -1)
            raise ArgumentError(
                f"{state!r} is no state of the explorable {self._title!r}; a state is one choice of each picker and the number of "
                f"a frame, such as {example if len(example) > 1 else -1}"
            )
        return choice, frames[0] % scene.count

    def _check_size(self, max_kb: float) -> None:
        size = self.size / 1000
        if size <= max_kb:
            return
        name, most = max(self._weights.items(), key=lambda item: item[1])
        raise ArgumentError(
            f"the page of the explorable {self._title!r} takes {size:.0f} kB, at most {max_kb:g}; the most, {most / 1000:.0f} kB, are "
            f"{name}: take fewer frames or points, or allow more with max_kb"
        )

    # The page ---------------------------------------------------------------------------------------

    def _page(self, seconds: float) -> str:
        sheet = Sheet()
        defs: dict[str, str] = {}
        self._still_panels = [_shared(panel.still(), defs) for panel in self._panels]
        self._often = _often([self._scenes[choice] for choice, _ in self._states])
        states = "".join(self._still(choice, k, sheet, defs) for choice, k in self._states)
        live = self._live(sheet)
        data = self._data(seconds)
        self._weights["the pictures shown without script"] = len(states.encode())
        ask = f'<p class="ax-ask">{_rich(self._question, sheet)}</p>'
        answer = (
            f"<details><summary>Answer</summary><p>{_rich(self._answer, sheet)}</p></details>" if self._answer else ""
        )
        keys = "".join(self._keys(i, sheet) for i in range(len(self._panels)))
        still = f'<div class="ax-still">{keys}<div class="ax-states">{states}</div>{self._table(sheet)}</div>'
        body, glyphs = sheet.finish(f"{ask}{live}{still}{answer}")
        packed = json.dumps(data, separators=(",", ":"), ensure_ascii=False)
        packed = packed.replace("&", "&amp;").replace("<", "&lt;").replace("'", "&#39;")
        return (
            f'<div class="ad-w ad-explore ax-{"two" if len(self._panels) > 1 and self._beside else "one"}" role="group" '
            f'aria-label="{escape(self._title, quote=True)}" data-lm-suppress-shortcuts="true" data-x=\'{packed}\'>'
            f"<style>{BASE}{STYLE}</style>"
            f'<svg class="ad-def" aria-hidden="true" focusable="false">{glyphs}<defs>{"".join(defs.values())}</defs></svg>'
            f'{body}<p class="ad-sr ad-live" aria-live="polite"></p></div><script>{SCRIPT}</script>'
        )

    def _live(self, sheet: Sheet) -> str:
        """What the script shows: pickers, panels to be filled, the slider, numbers, a sentence."""
        choice = self._states[0][0]
        pickers = ""
        for p, (name, choices) in enumerate(self._pickers.items()):
            buttons = "".join(
                f'<button type="button" data-p="{p}" data-c="{c}" aria-pressed="{"true" if value == choice[p] else "false"}">'
                f"{_rich(str(value), sheet)}</button>"
                for c, value in enumerate(choices)
            )
            label = _rich(name, sheet)
            pickers += (
                f'<div class="ax-pick" role="group" aria-label="{escape(_heard(name), quote=True)}"><span>{label}</span>'
                f'<div class="ax-row">{buttons}</div></div>'
            )
        panes = "".join(
            self._pane(panel, sheet, f'<use href="#{still}"/>{panel.clipped("")}', live=True, keys=self._keys(i, sheet))
            for i, (panel, still) in enumerate(zip(self._panels, self._still_panels))
        )
        columns = [(-1, self._axis), *enumerate(self._numbers)]
        numbers = "".join(f'<div><dt>{_rich(name, sheet)}</dt><dd data-v="{v}"></dd></div>' for v, name in columns)
        return (
            '<div class="ax-live">'
            + (f'<div class="ax-picks">{pickers}</div>' if pickers else "")
            + f'<div class="ax-panes">{panes}</div>{self._bar()}<dl class="ax-num">{numbers}</dl><p class="ax-say"></p></div>'
        )

    def _bar(self) -> str:
        last = max(scene.count for scene in self._scenes.values()) - 1
        if not last:
            return ""
        slider = (
            f'<input type="range" min="0" max="{last}" value="0" aria-label="{escape(_heard(self._axis), quote=True)}">'
        )
        if self._play:
            return (
                f'<div class="ax-bar"><button type="button" class="ax-play" aria-label="Play">{_icon("M5 3l10 6-10 6z", "ax-go")}'
                f"{_icon('M5 3v12M13 3v12', 'ax-ii')}</button>{slider}"
                '<button type="button" class="ax-fast" aria-label="Speed 1×">1×</button></div>'
            )
        back, forth = (
            f'<button type="button" data-go="{go}" aria-label="{name} frame">{_icon(icon)}</button>'
            for go, name, icon in ((-1, "Previous", "M13 3 5 9l8 6z"), (1, "Next", "M5 3l8 6-8 6z"))
        )
        return f'<div class="ax-bar">{back}{slider}{forth}</div>'

    def _pane(self, panel, sheet: Sheet, inside: str, *, live: bool, keys: str = "") -> str:
        """A panel with its labels. A still has its caption for words, so it needs no other."""
        width, height = panel.size
        if isinstance(panel, Plot):
            above, below = (
                f'<p class="ax-{c}l">{_rich(text, sheet)}</p>' for c, text in (("y", panel.ylabel), ("x", panel.xlabel))
            )
        else:
            above, below = f'<p class="ax-yl">{_rich(panel.title, sheet)}</p>' if panel.title else "", ""
        words = f'role="img" aria-label="{escape(panel.alt, quote=True)}"' if live else 'aria-hidden="true"'
        return (
            f'<div class="ax-pane">{above}<svg {words} viewBox="0 0 {width} {height}">{inside}</svg>{below}{keys}</div>'
        )

    def _keys(self, panel: int, sheet: Sheet) -> str:
        """The key of colours: what is labelled in the panel or in any scene."""
        entries: dict[str, list[Shape]] = {}
        for layer in [*self._panels[panel].layers, *(l for s in self._scenes.values() for l in s.layers[panel])]:
            for label, shapes in key_shapes(layer):
                entries.setdefault(label, shapes)
        items = ""
        for label, shapes in entries.items():
            width = 24 if shapes[-1].kind in "ca" else 16
            marks = "".join(draw(shape, 0) for shape in shapes)
            items += (
                f'<li><svg aria-hidden="true" viewBox="0 0 {width * UNIT} {14 * UNIT}" width="{width}" height="14">{marks}</svg>'
                f"{_rich(label, sheet)}</li>"
            )
        return f'<ul class="ax-key">{items}</ul>' if items else ""

    def _still(self, choice: tuple, k: int, sheet: Sheet, defs: dict[str, str]) -> str:
        """One telling state as a picture with a caption."""
        scene = self._scenes[choice]
        panes = ""
        for i, (panel, still) in enumerate(zip(self._panels, self._still_panels)):
            inside = ""
            for shape in scene.shapes[i]:
                drawn = draw(shape, k)
                one = len(shape.frames) == 1 and shape.kind != "s"
                often = one and self._often.get(shape.key, 0) > 1 and len(drawn) > 200
                inside += f'<use href="#{_shared(drawn, defs)}"/>' if often else drawn
            panes += self._pane(panel, sheet, f'<use href="#{still}"/>{panel.clipped(inside)}', live=False)
        picked = zip([*self._pickers, self._axis], [*map(str, choice), scene.labels[k]])
        where = ", ".join(f"{_rich(name, sheet)}: {_rich(value, sheet)}" for name, value in picked)
        return (
            f'<figure><div class="ax-panes">{panes}</div><figcaption><b>{where}.</b> '
            f"{escape(scene.sentence(k))}</figcaption></figure>"
        )

    def _table(self, sheet: Sheet) -> str:
        head = [*self._pickers, self._axis, *self._numbers]
        rows = [
            [*map(str, choice), self._scenes[choice].labels[k], *(column[k] for column in self._scenes[choice].columns)]
            for choice, k in self._states
        ]
        titles = "".join(f'<th scope="col">{_rich(name, sheet)}</th>' for name in head)
        lines = "".join("<tr>" + "".join(f"<td>{_rich(cell, sheet)}</td>" for cell in row) + "</tr>" for row in rows)
        label = escape(f"{self._title}: the numbers of these states", quote=True)
        return (
            f'<div class="ax-scroll" tabindex="0" role="group" aria-label="{label}"><table><thead><tr>{titles}</tr></thead>'
            f"<tbody>{lines}</tbody></table></div>"
        )

    def _data(self, seconds: float) -> dict:
        """What the script reads: strings once each, and scenes that refer to them."""
        pool: dict[str, int] = {}
        self._weights: dict[str, int] = {}

        def stored(text: str, what: str) -> int:
            if text not in pool:
                pool[text] = len(pool)
                self._weights[what] = self._weights.get(what, 0) + len(text.encode())
            return pool[text]

        scenes = []
        for scene in self._scenes.values():
            layers = [
                [
                    i,
                    shape.kind,
                    shape.colour,
                    stored(pack(shape.frames), f"the {shape.source} of panel {i + 1}"),
                    shape.extra,
                ]
                for i, shapes in enumerate(scene.shapes)
                for shape in shapes
            ]
            scenes.append(
                {
                    "f": stored(_joined(scene.labels), "the values of the axis"),
                    "v": [stored(_joined(column), "the numbers") for column in scene.columns],
                    "t": [stored(text, "the sentences") for text in scene.says],
                    "l": layers,
                }
            )
        choice, k = self._states[0]
        return {
            "axis": _heard(self._axis),
            "sec": seconds,
            "n": list(self._numbers),
            "p": [len(choices) for choices in self._pickers.values()],
            "at": [[choices.index(c) for c, choices in zip(choice, self._pickers.values())], k],
            "s": scenes,
            "d": list(pool),
        }


class _Read:
    """A scene laid out on the panels: shapes, and every number as text."""

    def __init__(self, scene: Scene, of: Explorable, choice: tuple) -> None:
        panels = of._panels
        where = f"the scene {choice}" if choice else "the scene"
        self.count = len(scene.frames)
        if not self.count:
            raise ArgumentError(
                f"{where} of the explorable {of._title!r} has no frames; give the value of the axis at each"
            )
        layers = list(scene.layers)
        if len(panels) == 1 and not (layers and all(isinstance(group, Sequence) for group in layers)):
            layers = [layers]
        if len(layers) != len(panels):
            raise ArgumentError(
                f"{where} of the explorable {of._title!r} has layers for {len(layers)} panels, where there are {len(panels)}; "
                "give one list of layers for each panel"
            )
        self.layers = layers
        self.shapes: list[list[Shape]] = [
            [shape for layer in group for shape in layer.shapes(panel)] for panel, group in zip(panels, layers)
        ]
        self.names = tuple(scene.numbers)
        says = [scene.says] if isinstance(scene.says, str) else [str(text) for text in scene.says]
        counts = [(f"the number {name!r}", len(values)) for name, values in scene.numbers.items()]
        for shape in (shape for group in self.shapes for shape in group):
            counts.append((shape.source, len(shape.frames)))
            if shape.kind == "s":
                counts.append((shape.source, len(shape.extra["n"])))
        counts.append(("says", len(says)))
        for what, count in counts:
            stands_still = count == 1 and not what.startswith("the number")
            if count != self.count and not stands_still:
                raise ArgumentError(
                    f"{where} of the explorable {of._title!r} has {self.count} frames, but {what} has {count}; "
                    "give one for each frame"
                )
        self.labels = [_text(value) for value in scene.frames]
        self.columns = [[_text(value) for value in values] for values in scene.numbers.values()]
        self.says = says
        self._axis = _heard(of._axis)
        known = {"axis", self._axis, *self.names}
        unknown = sorted({name for text in says for name in _PLACE.findall(text)} - known)
        if unknown:
            raise ArgumentError(
                f"the sentence of the explorable {of._title!r} speaks of {unknown[0]!r}, which is no number of its scene; "
                f"there are {', '.join(sorted(known))}"
            )

    def sentence(self, k: int) -> str:
        values = {"axis": self.labels[k], self._axis: self.labels[k]} | {
            name: column[k] for name, column in zip(self.names, self.columns)
        }
        return _PLACE.sub(lambda match: values[match[1]], self.says[min(k, len(self.says) - 1)])


def _often(scenes: Sequence[_Read]) -> dict:
    counts: dict = {}
    for scene in scenes:
        for group in scene.shapes:
            for shape in group:
                if len(shape.frames) == 1:
                    counts[shape.key] = counts.get(shape.key, 0) + 1
    return counts


def _shared(markup: str, defs: dict[str, str]) -> str:
    """The id under which a piece of drawing is kept, which is made from the piece."""
    name = _name(markup)
    defs[name] = f'<g id="{name}">{markup}</g>'
    return name


def _joined(texts: Sequence[str]) -> str:
    """Texts as one string; whole numbers packed."""
    plain = [text.replace("\N{MINUS SIGN}", "-") for text in texts]
    if all(re.fullmatch(r"0|-?[1-9]\d{0,8}", text) for text in plain):
        return "#" + pack([[int(text)] for text in plain])
    return "|".join(text.replace("|", "\N{DIVIDES}") for text in texts)


def _text(value) -> str:
    """A number as it is shown and said; texts stay as they are.

    >>> _text(1234.5678), _text(-0.5), _text(12), _text(1.234e-7)
    ('1235', '−0.5', '12', '1.23·10⁻⁷')
    """
    if isinstance(value, str):
        return value
    try:
        value = float(value)
    except (TypeError, OverflowError):
        value = np.nan
    if not np.isfinite(value):
        raise ArgumentError("a number shown by an explorable is not finite; write what to show instead, as text")
    size = abs(value)
    if value == int(value) and size < 1e7:
        text = str(int(size))
    elif 1e-3 <= size < 1e5:
        text = f"{size:.4g}"
    else:
        mantissa, exponent = f"{size:.2e}".split("e")
        text = f"{float(mantissa):g}·10{str(int(exponent)).translate(_RAISED)}".removeprefix("1·")
    return "\N{MINUS SIGN}" * (value < 0) + text


def _rich(text: str, sheet: Sheet) -> str:
    """Text with formulas between dollar signs as HTML."""
    out = ""
    for k, part in enumerate(text.split("$")):
        if k % 2:
            label = escape(reading(part), quote=True)
            out += f'<svg role="img" aria-label="{label}" {frame(sheet.box(part), 1.05)}>{sheet.run(part)}</svg>'
        else:
            out += escape(part)
    return out


def _heard(text: str) -> str:
    """The same as plain words."""
    return "".join(reading(part) if k % 2 else part for k, part in enumerate(text.split("$")))


def _icon(path: str, css: str = "") -> str:
    css = f' class="{css}"' if css else ""
    return (
        f'<svg{css} aria-hidden="true" viewBox="0 0 18 18" width="18" height="18" stroke="currentColor" stroke-width="2" '
        f'stroke-linejoin="round"><path d="{path}"/></svg>'
    )
