"""A question with a picture that the reader moves: a slider over frames or a player, with pickers beside it.

Python computes and draws every frame when the cell runs; the page holds them deflated, and its script shows one.
Without script, in a browser that cannot inflate, and on paper, the states that the author named stand as pictures
with a table.
"""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from html import escape

import numpy as np

from ...core.errors import ArgumentError
from ..formula.outlines import Sheet
from ..formula.rich import heard, rich
from ..widget import Widget, icon, page
from .data import Columns, deflated
from .given import check_number
from .panels import Plot
from .scene import LaidOutScene, Scene
from .shapes import UNIT, Shape

MOST_STATES = 6
_LONG = 200  # characters from which a drawing that occurs twice is written once


class Explorable(Widget):
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
    rounded to a quarter of a pixel of a panel 336 pixels wide. The same arguments give the same bytes, with one version of zlib.

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
        self._panels = list(panels) if isinstance(panels, Sequence) else [panels]
        self._pickers = {name: list(choices) for name, choices in (pickers or {}).items()}
        self._check_choices()
        check_number("seconds", seconds, 0.1)
        self._scenes = {
            choice: LaidOutScene(
                scene(*choice) if callable(scene) else scene,
                self._panels,
                axis,
                title,
                f"the scene {choice}" if choice else "the scene",
            )
            for choice in itertools.product(*self._pickers.values())
        }
        self._numbers = self._same_numbers()
        if not 1 <= len(telling) <= MOST_STATES:
            raise ArgumentError(
                f"an explorable shows 1 to {MOST_STATES} telling states without script, but {title!r} names {len(telling)}"
            )
        self._states = [self._state(state) for state in telling]
        beside = len(self._panels) > 1 and not stacked
        columns = Columns()
        packed = deflated(self._data(columns, seconds))
        self._html = page(
            "ad-explore",
            title,
            self._body,
            styles=["controls.css", "explorable/explorable.css"],
            scripts=["explorable/explorable.js"],
            classes=f" ax-{'two' if beside else 'one'}",
            data=f' data-packed="{packed}"',
        )
        self._check_size(max_kb, columns)

    def __repr__(self) -> str:
        frames = sum(scene.count for scene in self._scenes.values())
        scenes = f"{len(self._scenes)} scene{'s' * (len(self._scenes) > 1)}"
        return f"<explorable {self._title!r}: {scenes}, {frames} frame{'s' * (frames > 1)}>"

    @property
    def size(self) -> int:
        """The bytes of its page."""
        return len(self._html.encode())

    # What goes together -----------------------------------------------------------------------------

    def _check_choices(self) -> None:
        if not 1 <= len(self._panels) <= 2 or len(self._pickers) > 2 or not all(self._pickers.values()):
            raise ArgumentError(
                f"an explorable has one or two panels and at most two pickers with choices, "
                f"but {self._title!r} has {len(self._panels)} and {len(self._pickers)}"
            )
        for name, choices in self._pickers.items():
            if any(choices.index(choice) < k for k, choice in enumerate(choices)):
                raise ArgumentError(
                    f"a picker of an explorable offers different choices, but {name!r} of {self._title!r} has {choices}; "
                    "leave out what is there twice"
                )

    def _same_numbers(self) -> tuple[str, ...]:
        names = {scene.names for scene in self._scenes.values()}
        if len(names) > 1:
            found = " and ".join(str(list(n)) for n in sorted(names))
            raise ArgumentError(
                f"the scenes of an explorable show the same numbers, but those of {self._title!r} have {found}"
            )
        return names.pop()

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

    def _check_size(self, max_kb: float, columns: Columns) -> None:
        size = self.size / 1000
        if size <= max_kb:
            return
        still = self._html[self._html.index('<div class="ax-still">') : self._html.rindex("<script>")]
        weights = columns.weights() | {"the pictures shown without script": len(still.encode())}
        name, most = max(weights.items(), key=lambda item: item[1])
        # Two digits: how well a page deflates depends on the version of zlib.
        size, most = (float(f"{kb:.2g}") for kb in (size, most / 1000))
        raise ArgumentError(
            f"the page of the explorable {self._title!r} takes {size:.0f} kB, at most {max_kb:g}; the most, {most:.0f} kB, are "
            f"{name}: take fewer frames or points, or allow more with max_kb"
        )

    # What the script reads --------------------------------------------------------------------------

    def _data(self, columns: Columns, seconds: float) -> dict:
        """The drawing of every scene, and what of it moves."""
        choice, frame = self._states[0]
        start = [choices.index(picked) for picked, choices in zip(choice, self._pickers.values())]
        return {
            "axis": heard(self._axis),
            "seconds": seconds,
            "choices": [len(choices) for choices in self._pickers.values()],
            "start": [start, frame],
            "scenes": [self._moving(scene, columns) for scene in self._scenes.values()],
            "columns": columns.entries,
        }

    def _moving(self, scene: LaidOutScene, columns: Columns) -> dict:
        """One scene: what stands still in each panel, and which attribute of which element takes which column."""
        moves = []
        for panel, shapes in enumerate(scene.shapes):
            elements = ((shape.source, element) for shape in shapes for element in shape.elements)
            for number, (source, element) in enumerate(elements):
                for attribute, texts in element.changing.items():
                    if len(texts) > 1:
                        glides = element.glides and attribute != "text"
                        column = columns.number(texts, f"the {source} of panel {panel + 1}", glides)
                        moves.append([panel, number, attribute, column, *([element.trail] if element.trail else [])])
        return {
            "panes": ["".join(shape.template() for shape in shapes) for shapes in scene.shapes],
            "moves": moves,
            "labels": columns.number(scene.labels, "the values of the axis"),
            "numbers": [columns.number(column, "the numbers") for column in scene.columns],
            "says": columns.number(scene.sentences, "the sentences"),
        }

    # The page ---------------------------------------------------------------------------------------

    def _body(self, sheet: Sheet) -> str:
        axes = [sheet.share(panel.still()) for panel in self._panels]
        keys = [self._key(i, sheet) for i in range(len(self._panels))]
        drawn = self._drawn_states(sheet)
        states = "".join(self._still(state, axes, inside, sheet) for state, inside in zip(self._states, drawn))
        still = f'<div class="ax-still">{"".join(keys)}<div class="ax-states">{states}</div>{self._table(sheet)}</div>'
        answer = (
            f"<details><summary>Answer</summary><p>{rich(self._answer, sheet)}</p></details>" if self._answer else ""
        )
        ask = f'<p class="ax-ask">{rich(self._question, sheet)}</p>'
        return f"{ask}{self._live(axes, drawn[0], keys, sheet)}{still}{answer}"

    def _drawn_states(self, sheet: Sheet) -> list[list[str]]:
        """What is drawn in each panel in each telling state; what occurs in several is written once.

        The first stands in the panels that the script moves as well, until it has its data.
        """
        drawn = [
            [[shape.draw(k) for shape in shapes] for shapes in self._scenes[choice].shapes]
            for choice, k in self._states
        ]
        counts = Counter(part for panels in drawn for parts in panels for part in parts)

        def shared(part: str) -> str:
            return f'<use href="#{sheet.share(part)}"/>' if counts[part] > 1 and len(part) > _LONG else part

        inside = [["".join(map(shared, parts)) for parts in panels] for panels in drawn]
        inside[0] = [f'<use href="#{sheet.share(parts)}"/>' for parts in inside[0]]
        return inside

    def _live(self, axes: list[str], inside: list[str], keys: list[str], sheet: Sheet) -> str:
        """What the script moves, as it stands at the first telling state: pickers, panels, the slider, numbers, a sentence."""
        choice, k = self._states[0]
        scene = self._scenes[choice]
        pickers = "".join(
            self._picker(p, name, choices, choices.index(choice[p]), sheet)
            for p, (name, choices) in enumerate(self._pickers.items())
        )
        panes = "".join(
            self._pane(panel, sheet, f'<use href="#{still}"/>{panel.clipped(drawn)}', live=True, key=key)
            for panel, still, drawn, key in zip(self._panels, axes, inside, keys)
        )
        shown = [
            (self._axis, scene.labels[k]),
            *((name, column[k]) for name, column in zip(scene.names, scene.columns)),
        ]
        numbers = "".join(f"<div><dt>{rich(name, sheet)}</dt><dd>{escape(text)}</dd></div>" for name, text in shown)
        pickers = f'<div class="ax-picks">{pickers}</div>' if pickers else ""
        # A phone shows no number twice.
        told = " ax-told" if all(scene.tells_all for scene in self._scenes.values()) else ""
        return (
            f'<div class="ax-live">{pickers}'
            f'<div class="ax-panes">{panes}</div>{self._bar(scene.count - 1, k)}<dl class="ax-num{told}">{numbers}</dl>'
            f'<p class="ax-say">{escape(scene.sentences[k])}</p></div>'
        )

    @staticmethod
    def _picker(p: int, name: str, choices: Sequence, picked: int, sheet: Sheet) -> str:
        buttons = "".join(
            f'<button type="button" data-p="{p}" data-c="{c}" aria-pressed="{"true" if c == picked else "false"}">'
            f"{rich(str(value), sheet)}</button>"
            for c, value in enumerate(choices)
        )
        return (
            f'<div class="ax-pick" role="group" aria-label="{escape(heard(name), quote=True)}"><span>{rich(name, sheet)}</span>'
            f'<div class="ax-row">{buttons}</div></div>'
        )

    def _bar(self, last: int, k: int) -> str:
        """The slider and its buttons; none where no scene has a second frame."""
        if all(scene.count == 1 for scene in self._scenes.values()):
            return ""
        label = escape(heard(self._axis), quote=True)
        slider = f'<input type="range" min="0" max="{last}" value="{k}" aria-label="{label}">'
        if self._play:
            return (
                f'<div class="ax-bar"><button type="button" class="ax-play" aria-label="Play">{icon("M5 3l10 6-10 6z", "ax-go")}'
                f"{icon('M5 3v12M13 3v12', 'ax-ii')}</button>{slider}"
                '<button type="button" class="ax-fast" aria-label="Speed 1×">1×</button></div>'
            )
        back, forth = (
            f'<button type="button" data-go="{go}" aria-label="{name} frame">{icon(outline)}</button>'
            for go, name, outline in ((-1, "Previous", "M13 3 5 9l8 6z"), (1, "Next", "M5 3l8 6-8 6z"))
        )
        return f'<div class="ax-bar">{back}{slider}{forth}</div>'

    def _pane(self, panel, sheet: Sheet, inside: str, *, live: bool, key: str = "") -> str:
        """A panel with its labels. A still has its caption for words, so it needs no other."""
        width, height = panel.size
        if isinstance(panel, Plot):
            above, below = (
                f'<p class="ax-{c}l">{rich(text, sheet)}</p>' for c, text in (("y", panel.ylabel), ("x", panel.xlabel))
            )
        else:
            above, below = f'<p class="ax-yl">{rich(panel.title, sheet)}</p>' if panel.title else "", ""
        words = f'role="img" aria-label="{escape(panel.alt, quote=True)}"' if live else 'aria-hidden="true"'
        return (
            f'<div class="ax-pane">{above}<svg {words} viewBox="0 0 {width} {height}">{inside}</svg>{below}{key}</div>'
        )

    def _key(self, panel: int, sheet: Sheet) -> str:
        """The key of colours: what is labelled in the panel or in any scene."""
        entries: dict[str, tuple[int, Shape]] = {}
        for layer in [*self._panels[panel].layers, *(l for s in self._scenes.values() for l in s.layers[panel])]:
            for label, width, shape in layer.key():
                if label:
                    entries.setdefault(label, (width, shape))
        items = "".join(
            f'<li><svg aria-hidden="true" viewBox="0 0 {width * UNIT} {14 * UNIT}" width="{width}" height="14">{shape.draw(0)}</svg>'
            f"{rich(label, sheet)}</li>"
            for label, (width, shape) in entries.items()
        )
        return f'<ul class="ax-key">{items}</ul>' if items else ""

    def _still(self, state: tuple, axes: list[str], inside: list[str], sheet: Sheet) -> str:
        """One telling state as a picture with a caption."""
        choice, k = state
        scene = self._scenes[choice]
        panes = "".join(
            self._pane(panel, sheet, f'<use href="#{still}"/>{panel.clipped(drawn)}', live=False)
            for panel, still, drawn in zip(self._panels, axes, inside)
        )
        picked = zip([*self._pickers, self._axis], [*map(str, choice), scene.labels[k]])
        where = ", ".join(f"{rich(name, sheet)}: {rich(value, sheet)}" for name, value in picked)
        return (
            f'<figure><div class="ax-panes">{panes}</div><figcaption><b>{where}.</b> '
            f"{escape(scene.sentences[k])}</figcaption></figure>"
        )

    def _table(self, sheet: Sheet) -> str:
        head = [*self._pickers, self._axis, *self._numbers]
        rows = [
            [*map(str, choice), self._scenes[choice].labels[k], *(column[k] for column in self._scenes[choice].columns)]
            for choice, k in self._states
        ]
        titles = "".join(f'<th scope="col">{rich(name, sheet)}</th>' for name in head)
        lines = "".join("<tr>" + "".join(f"<td>{rich(cell, sheet)}</td>" for cell in row) + "</tr>" for row in rows)
        label = escape(f"{self._title}: the numbers of these states", quote=True)
        return (
            f'<div class="ax-scroll" tabindex="0" role="group" aria-label="{label}"><table><thead><tr>{titles}</tr></thead>'
            f"<tbody>{lines}</tbody></table></div>"
        )
