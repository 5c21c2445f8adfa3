"""What the puzzles share: a button for each node that the reader may pick, two to take picks back, and where a finger finds a node."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape

from ..formula import notation
from ..formula.outlines import Sheet, frame, measure
from ..formula.words import reading
from .drawing import rectangle

STYLES = ["graph/graph.css", "graph/picks.css"]
SCRIPTS = ["graph/picks.js"]


def buttons(names: Mapping[int, str], group: str, words: str, sheet: Sheet) -> str:
    """A button for each node; ``words`` has ``{}`` for its name, and ``group`` says what a press decides."""
    picks = ""
    for i, name in sorted(names.items()):
        tex = notation.name(name)
        picks += (
            f'<button type="button" data-pick="{i}" aria-label="{escape(words.format(reading(tex)), quote=True)}">'
            f'<svg aria-hidden="true" {frame(measure(tex), 1.2)}>{sheet.mark(tex)}</svg></button>'
        )
    return (
        f'<div class="ad-who" role="group" aria-label="{group}">{picks}<div class="ad-do">'
        '<button type="button" data-do="undo">Undo</button>'
        '<button type="button" data-do="again">Start again</button></div></div>'
    )


def target(x: float, y: float, half: float) -> str:
    """What can be hit is larger than what is seen, for fingers."""
    return rectangle("ad-x", x, y, half + 5, 26)
