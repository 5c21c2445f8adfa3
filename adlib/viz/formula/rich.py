"""Text with formulas between dollar signs, as HTML and as words."""

from __future__ import annotations

from html import escape

from .outlines import Sheet, frame, measure
from .words import reading


def rich(text: str, sheet: Sheet) -> str:
    """The text as HTML, its formulas drawn."""
    out = ""
    for k, part in enumerate(text.split("$")):
        if k % 2:
            label = escape(reading(part), quote=True)
            out += f'<svg role="img" aria-label="{label}" {frame(measure(part), 1.05)}>{sheet.mark(part)}</svg>'
        else:
            out += escape(part)
    return out


def heard(text: str) -> str:
    """The text as it is read aloud.

    >>> heard("step $\\\\varepsilon$")
    'step epsilon'
    """
    return "".join(reading(part) if k % 2 else part for k, part in enumerate(text.split("$")))
