"""Formulas as drawings: a TeX string becomes SVG outlines that need no font and no script.

matplotlib's mathtext lays the formula out (Computer Modern, the face MathJax is drawn after).
Each glyph is written once per drawing, under an id made from its own outline, and every
occurrence refers to it: two drawings on one page that share an id share the same shape.
"""

from __future__ import annotations

import base64
import hashlib
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from html import escape

from .words import reading

EM = 200  # drawing units in one em: coordinates are whole numbers of these


@dataclass(frozen=True)
class Box:
    """One formula laid out, in units of 1/EM em; the baseline is y = 0 and y grows downwards.

    ``glyphs`` holds (outline, x, y, scale), ``rules`` the bars of fractions and roots as
    (x, y, width, height).
    """

    width: int
    height: int
    depth: int
    glyphs: tuple[tuple[str, int, int, float], ...] = ()
    rules: tuple[tuple[int, int, int, int], ...] = ()


@cache
def measure(tex: str) -> Box:
    """Lay out ``tex`` (the inside of ``$...$``); what mathtext cannot read is set upright, letter by letter.

    >>> box = measure(r"\\dot{v}_2")
    >>> len(box.glyphs), box.depth > 0
    (3, True)
    """
    try:
        return parse(tex)
    except ValueError:
        return parse(r"\mathrm{" + "".join(c if c.isalnum() else r"\ " for c in tex) + "}")


def parse(tex: str) -> Box:
    """The layout of ``tex`` by mathtext; a ValueError where it cannot read it."""
    from matplotlib import rc_context
    from matplotlib.font_manager import FontProperties
    from matplotlib.textpath import text_to_path

    unit = EM / text_to_path.FONT_SCALE

    def glyphs_of(source: str):
        return text_to_path.get_glyphs_mathtext(FontProperties(), source)

    with rc_context({"mathtext.fontset": "cm"}):
        # mathtext rounds the extent of each formula up, which moves its baseline. A digit put before
        # and one put after tell where the formula really stands; they are taken away again.
        source = "$0{" + tex + "}{0}$"
        indent = glyphs_of("$0{0}$")[0][1][1]
        placed, outlines, bars = glyphs_of(source)
        (_, _, base, _), *placed, (_, end, _, _) = placed
        _, height, depth = text_to_path.get_text_width_height_descent(
            source, FontProperties(size=text_to_path.FONT_SCALE), ismath=True
        )
    drawn = {name: _outline(*path, unit) for name, path in outlines.items()}
    return Box(
        width=round(float(end - indent) * unit),
        height=round(float(height - depth) * unit),
        depth=round(float(depth) * unit),
        glyphs=tuple(
            (drawn[name], round((x - indent) * unit), -round(float(y - base) * unit), round(scale, 3))
            for name, x, y, scale in placed
            if drawn[name]
        ),
        rules=tuple(
            (
                round((vertices[0][0] - indent) * unit),
                -round(float(vertices[1][1] - base) * unit),
                round((vertices[2][0] - vertices[0][0]) * unit),
                max(10, round(float(vertices[1][1] - vertices[0][1]) * unit)),
            )
            for vertices, _ in bars
        ),
    )


def _outline(vertices, codes, unit: float) -> str:
    """The SVG path of one glyph, in relative whole-number steps (the shortest form)."""
    letters = {1: ("m", 1), 2: ("l", 1), 3: ("q", 2), 4: ("c", 3), 79: ("z", 0)}
    points = [(round(float(x) * unit), -round(float(y) * unit)) for x, y in vertices]
    out, at, start, k = [], (0, 0), (0, 0), 0
    while k < len(codes):
        letter, count = letters[int(codes[k])]
        steps = points[k : k + count]
        k += max(count, 1)
        if letter == "z":
            out.append("z")
            at = start
            continue
        if letter == "l" and steps[0] == at:
            continue
        numbers = [str(value) for x, y in steps for value in (x - at[0], y - at[1])]
        out.append(letter + "".join(n if n[0] == "-" or i == 0 else " " + n for i, n in enumerate(numbers)))
        at = steps[-1]
        if letter == "m":
            start = at
    return "".join(out)


class Sheet:
    """The formulas of one drawing, each shape of which is written once: ``defs`` collects what they refer to.

    A formula of ``recurring`` is itself written there; the others stand where they are drawn.
    """

    def __init__(self, recurring: frozenset[str] = frozenset()) -> None:
        self.counts: Counter[str] = Counter()
        self.defs: dict[str, str] = {}
        self._recurring = recurring

    def mark(self, tex: str, x: int = 0, colour: str = "") -> str:
        """The drawing of ``tex`` with its left end at ``x``, in units of 1/EM em, in the CSS class ``colour``."""
        self.counts[tex] += 1
        box = measure(tex)
        colour = f' class="{colour}"' if colour else ""
        single = len(box.glyphs) + len(box.rules) == 1
        if tex in self._recurring and not single:
            at = f' x="{x}"' if x else ""
            return f'<use href="#{self.share(self._body(box, 0))}"{colour}{at}/>'
        body = self._body(box, x)
        if single:
            return body.replace("/>", colour + "/>")
        return f"<g{colour}>{body}</g>" if colour else body

    def share(self, markup: str) -> str:
        """The id under which a piece of drawing is kept among the ``defs``."""
        name = _name(markup)
        self.defs[name] = f'<g id="{name}">{markup}</g>'
        return name

    def _body(self, box: Box, left: int) -> str:
        parts = []
        for outline, x, y, scale in box.glyphs:
            where = (f' x="{x + left}"' if x + left else "") + (f' y="{y}"' if y else "")
            parts.append(f'<use href="#{self._glyph(outline, scale)}"{where}/>')
        parts += [f'<path d="M{x + left} {y}h{w}v{h}h-{w}z"/>' for x, y, w, h in box.rules]
        return "".join(parts)

    def _glyph(self, outline: str, scale: float) -> str:
        name = _name(outline)
        self.defs.setdefault(name, f'<path id="{name}" d="{outline}"/>')
        if scale == 1:
            return name
        scaled = _name(f"{outline} {scale}")
        self.defs[scaled] = f'<use id="{scaled}" href="#{name}" transform="scale({short(scale)})"/>'
        return scaled


def drawn(build: Callable[[Sheet], str]) -> tuple[str, str]:
    """What ``build`` draws on a sheet, and the ``<defs>`` element it refers to.

    ``build`` is called twice: the first time tells which formulas occur more than once.
    """
    first = Sheet()
    build(first)
    sheet = Sheet(frozenset(tex for tex, count in first.counts.items() if count > 1))
    body = build(sheet)
    return body, f"<defs>{''.join(sheet.defs.values())}</defs>"


def short(value: float) -> str:
    """A number in the shortest form that SVG reads."""
    return f"{value:.3g}".removeprefix("0") or "0"


def _name(content: str) -> str:
    """An id made from the content: thirty bits, so that two shapes of one page do not meet."""
    return "a" + base64.urlsafe_b64encode(hashlib.sha256(content.encode()).digest())[:5].decode()


def svg(tex: str, *, size: float = 1.15) -> str:
    """A formula as one inline ``<svg>`` that stands on the baseline of the text around it.

    It takes the text's colour, needs no font, and a screen reader hears its words.

    Parameters
    ----------
    tex : str
        What stands between the dollar signs, in the subset of TeX that matplotlib reads. What it cannot
        read is drawn letter by letter.
    size : float
        The formula's em in the text's em.

    Returns
    -------
    str
        The element; the same formula gives the same bytes.

    Examples
    --------
    >>> svg(r"\\dot{v}_1 = x^{2}")[:48]
    '<svg role="img" aria-label="v1 dot = x squared" '
    """
    body, defs = drawn(lambda sheet: sheet.mark(tex))
    label = escape(reading(tex), quote=True)
    return f'<svg role="img" aria-label="{label}" fill="currentColor" {frame(measure(tex), size)}>{defs}{body}</svg>'


def frame(box: Box, size: float) -> str:
    """The attributes that give an ``<svg>`` the extent of ``box`` and put it on the baseline."""
    scale = size / EM
    return (
        f'viewBox="0 {-box.height} {box.width} {box.height + box.depth}" '
        f'style="width:{short(box.width * scale)}em;vertical-align:-{short(box.depth * scale)}em"'
    )
