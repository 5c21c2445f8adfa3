"""The plot of the page on performance: how many times faster a program is, one row a derivative, on a logarithmic axis.

It is SVG inside the page, so that its text takes the colours of the light and of the dark look. A colour never stands
alone: each competitor has a shape, too.
"""

import math
from html import escape

from adlib.viz.style import COLOURS

WIDTH, LEFT, RIGHT, ROW = 360, 104, 350, 21
LEGEND = 24  # height
INK, SOFT, RULE = "var(--ad-ink, #23272c)", "var(--ad-ink-soft, #5a626b)", "var(--ad-rule, #dcdcdc)"
OUTLINE = 'stroke="var(--ad-paper, #fefdfb)" stroke-width="0.7"'  # parts marks that lie on one another

# Competitor -> its colour, its shape around the origin, and how far below the middle of the row it lies, so that fewer hide
# each other.
MARKS = {
    "tracing": ("forward", "M-4 0a4 4 0 1 0 8 0a4 4 0 1 0 -8 0z", -4),
    "by hand": ("neutral", "M-1.8 -6.5h3.6v13h-3.6z", 0),
    "autograd": ("reverse", "M0 -4.8L4.6 3.6H-4.6z", 4),
    "PyTorch": ("good", "M-3.6 -3.6h7.2v7.2h-7.2z", 0),
    "JAX, compiled": ("other", "M0 -5L5 0L0 5L-5 0z", 0),
}


def svg(rows, alternative):
    """The plot.

    Parameters
    ----------
    rows : list of (str, dict)
        A derivative in words, and competitor -> its time over the program's.
    alternative : str
        What the plot shows, in words.
    """
    known = [x for _, ratios in rows for x in ratios.values()]
    low, high = min(0.5, *known) / 1.3, max(2.0, *known) * 1.3
    top, bottom = LEGEND + 6, LEGEND + 6 + ROW * len(rows)

    def at(x):
        return LEFT + (RIGHT - LEFT) * math.log(x / low) / math.log(high / low)

    parts = _legend() + _axis(low, high, at, top, bottom)
    for k, (words, ratios) in enumerate(rows):
        y = top + ROW * (k + 0.5)
        parts.append(_text(LEFT - 8, y + 3.5, words, "end"))
        parts += [_mark(name, at(x), y + MARKS[name][2]) for name, x in ratios.items()]
    height = bottom + 34
    return "\n".join(
        [
            f'<svg role="img" aria-label="{escape(alternative)}" viewBox="0 0 {WIDTH} {height}" width="100%" '
            'style="max-width: 40rem; display: block; margin: 1.5rem auto; font-family: var(--ad-sans, sans-serif)">',
            *parts,
            "</svg>",
        ]
    )


def _text(x, y, words, anchor="start", fill=INK):
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" font-size="10.5" fill="{fill}">{escape(words)}</text>'


def _mark(name, x, y):
    role, path, _ = MARKS[name]
    return f'<path d="{path}" transform="translate({x:.1f} {y:.1f})" fill="{COLOURS[role]}" {OUTLINE}/>'


def _legend():
    parts, x = [], 10
    for name in MARKS:
        parts += [_mark(name, x, 10), _text(x + 8, 13.5, name)]
        x += 22 + 5.3 * len(name)
    return parts


def _axis(low, high, at, top, bottom):
    parts = []
    for power in range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1):
        for x in (10.0**power, 3 * 10.0**power):
            if not low <= x <= high:
                continue
            stroke, width = (INK, 1.2) if x == 1 else (RULE, 0.8)
            parts.append(
                f'<path d="M{at(x):.1f} {top}V{bottom}" stroke="{stroke}" stroke-width="{width}" fill="none"/>'
            )
            parts.append(_text(at(x), bottom + 13, f"{x:g}", "middle", SOFT))
    parts.append(_text((LEFT + RIGHT) / 2, bottom + 28, "time of the other ÷ time of the program", "middle"))
    return parts
