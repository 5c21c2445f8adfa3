"""Formulas as drawings: a TeX string becomes SVG outlines that need no font and no script.

matplotlib's mathtext lays the formula out (Computer Modern, the face MathJax is drawn after).
Each glyph is written once per drawing, under an id made from its own outline, and every
occurrence refers to it: two drawings on one page that share an id share the same shape.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from html import escape

EM = 250  # drawing units in one em: coordinates are whole numbers of these

_MARK = re.compile("\x00(\\d+) (\\d+) ([a-z-]*)\x00")

_CUT = re.compile(r" [+=-] | \\(?:cdot|odot|times) |\\,|\\partial |\\dfrac(?={)")


@dataclass(frozen=True)
class Box:
    """One formula laid out, in units of 1/EM em; the baseline is y = 0 and y grows downwards.

    ``glyphs`` holds (outline, x, y, scale), ``rules`` the bars of fractions and roots as
    (x, y, width, height).
    """

    width: int
    height: int
    depth: int
    glyphs: tuple[tuple[str, int, int, float], ...]
    rules: tuple[tuple[int, int, int, int], ...]


def measure(tex: str) -> Box:
    """Lay out ``tex`` (the inside of ``$...$``); what mathtext cannot read is set upright, letter by letter.

    >>> box = measure(r"\\dot{v}_2")
    >>> len(box.glyphs), box.depth > 0
    (3, True)
    """
    try:
        return _composed(tex)
    except ValueError:
        return _composed(r"\mathrm{" + "".join(c if c.isalnum() else r"\ " for c in tex) + "}")


def _composed(tex: str) -> Box:
    """Lays out the parts of ``tex`` one by one: a formula of known parts needs no parsing, which is slow."""
    x, up, down = 0.0, 0, 0
    glyphs: list[tuple[str, int, int, float]] = []
    rules: list[tuple[int, int, int, int]] = []
    for part in _parts(tex):
        box, advance = _fraction(*part) if isinstance(part, tuple) else _parse(part)
        left = round(x)
        glyphs += [(outline, gx + left, gy, scale) for outline, gx, gy, scale in box.glyphs]
        rules += [(rx + left, ry, w, h) for rx, ry, w, h in box.rules]
        x, up, down = x + advance, max(up, box.height), max(down, box.depth)
    return Box(round(x), up, down, tuple(glyphs), tuple(rules))


def _parts(tex: str) -> Iterator[str | tuple[str, str]]:
    """``tex`` cut at what joins formulas: operators, thin spaces, fractions (as pairs); numbers cut into digits."""
    start = at = 0
    while at < len(tex):
        match = _CUT.match(tex, at)
        if not match:
            at = _after_group(tex, at) if tex[at] == "{" else at + 1
            continue
        if start < at:
            yield from _digits(tex[start:at])
        at = match.end()
        if match[0] == r"\dfrac":
            middle = _after_group(tex, at)
            end = _after_group(tex, middle)
            yield tex[at + 1 : middle - 1], tex[middle + 1 : end - 1]
            at = end
        else:
            yield "{}" + match[0] + "{}" if match[0].startswith(" ") else match[0].strip()
        start = at
    if start < at:
        yield from _digits(tex[start:])


def _after_group(tex: str, at: int) -> int:
    """The position after the braced group that begins at ``at``."""
    depth = 0
    for end in range(at, len(tex)):
        depth += (tex[end] == "{") - (tex[end] == "}")
        if depth <= 0:
            return end + 1
    return len(tex)


def _digits(part: str) -> list[str]:
    return re.findall("-?[0-9]|[.]", part) if re.fullmatch("-?[0-9.]+", part) else [part]


@cache
def _fraction(over: str, under: str) -> tuple[Box, float]:
    """One formula over another, at full size, with the bar at the height of a minus."""
    top, bottom = _composed(over), _composed(under)
    axis, gap, thick, side = round(0.25 * EM), round(0.1 * EM), max(10, round(0.05 * EM)), round(0.06 * EM)
    width = max(top.width, bottom.width) + 2 * side
    rise = axis + gap + max(top.depth, round(0.2 * EM))
    drop = gap + max(bottom.height, round(0.75 * EM)) - axis
    shifted = [
        (top, (width - top.width) // 2, -rise),
        (bottom, (width - bottom.width) // 2, drop),
    ]
    box = Box(
        width + 2 * side,
        rise + top.height,
        drop + bottom.depth,
        tuple((g, x + dx + side, y + dy, k) for part, dx, dy in shifted for g, x, y, k in part.glyphs),
        (
            (side, -axis - thick // 2, width, thick),
            *((x + dx + side, y + dy, w, h) for part, dx, dy in shifted for x, y, w, h in part.rules),
        ),
    )
    return box, float(box.width)


@cache
def _parse(tex: str) -> tuple[Box, float]:
    """The layout of ``tex`` by mathtext, and its exact advance."""
    from matplotlib import rc_context
    from matplotlib.font_manager import FontProperties
    from matplotlib.textpath import text_to_path

    unit = EM / text_to_path.FONT_SCALE

    def glyphs_of(source: str):
        return text_to_path.get_glyphs_mathtext(FontProperties(), source)

    with rc_context({"mathtext.fontset": "cm"}):
        # mathtext rounds the extent of each formula up, which moves its baseline. A digit put before
        # and one put after tell where the formula really stands; they are taken away again.
        source = "$0.0$" if tex == "." else "$0{" + tex + "}{0}$"  # a point alone would get a comma's space
        indent = glyphs_of("$0{0}$")[0][1][1]
        placed, outlines, bars = glyphs_of(source)
        (_, _, base, _), *placed, (_, end, _, _) = placed
        _, height, depth = text_to_path.get_text_width_height_descent(
            source, FontProperties(size=text_to_path.FONT_SCALE), ismath=True
        )
    drawn = {name: _outline(*path, unit) for name, path in outlines.items()}
    advance = float(end - indent) * unit
    box = Box(
        width=round(advance),
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
    return box, advance


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
    """Collects the formulas of one drawing, so that each shape is written once.

    ``run`` returns a mark that stands for a formula; ``finish`` puts the drawings in place of the
    marks. A formula that occurs twice or more is itself written once and referred to.
    """

    def __init__(self) -> None:
        self._boxes: list[Box] = []
        self._number: dict[str, int] = {}

    def box(self, tex: str) -> Box:
        return self._boxes[self._index(tex)]

    def run(self, tex: str, x: int = 0, colour: str = "") -> str:
        """A mark for ``tex`` with its left end at ``x``, in units of 1/EM em, in the CSS class ``colour``."""
        return f"\x00{self._index(tex)} {x} {colour}\x00"

    def _index(self, tex: str) -> int:
        if tex not in self._number:
            self._number[tex] = len(self._boxes)
            self._boxes.append(measure(tex))
        return self._number[tex]

    def finish(self, markup: str) -> tuple[str, str]:
        """``markup`` with every mark drawn, and the ``<defs>`` element it refers to."""
        counts: dict[int, int] = {}
        for number, _, _ in _MARK.findall(markup):
            counts[int(number)] = counts.get(int(number), 0) + 1
        defs: dict[str, str] = {}
        shared: dict[int, str] = {}
        for number, count in counts.items():
            body = self._draw(self._boxes[number], defs, 0)
            if count > 1 and body.count("<") > 1:
                shared[number] = _name(body)
                defs[shared[number]] = f'<g id="{shared[number]}">{body}</g>'

        def draw(match: re.Match) -> str:
            number, x, colour = int(match[1]), int(match[2]), match[3]
            colour = f' class="{colour}"' if colour else ""
            if number in shared:
                return f'<use href="#{shared[number]}"{colour}' + (f' x="{x}"/>' if x else "/>")
            body = self._draw(self._boxes[number], defs, x)
            if colour and body.count("<") == 1:
                return body.replace("/>", colour + "/>")
            return f"<g{colour}>{body}</g>" if colour else body

        return _MARK.sub(draw, markup), f"<defs>{''.join(defs.values())}</defs>"

    @staticmethod
    def _draw(box: Box, defs: dict[str, str], left: int) -> str:
        parts = []
        for outline, x, y, scale in box.glyphs:
            name = _name(outline)
            defs.setdefault(name, f'<path id="{name}" d="{outline}"/>')
            if scale != 1:
                where = f' transform="translate({x + left} {y})scale({_short(scale)})"'
            else:
                where = (f' x="{x + left}"' if x + left else "") + (f' y="{y}"' if y else "")
            parts.append(f'<use href="#{name}"{where}/>')
        parts += [f'<path d="M{x + left} {y}h{w}v{h}h-{w}z"/>' for x, y, w, h in box.rules]
        return "".join(parts)


def _short(value: float) -> str:
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
    sheet = Sheet()
    body, defs = sheet.finish(sheet.run(tex))
    label = escape(reading(tex), quote=True)
    return f'<svg role="img" aria-label="{label}" fill="currentColor" {frame(sheet.box(tex), size)}>{defs}{body}</svg>'


def frame(box: Box, size: float) -> str:
    """The attributes that give an ``<svg>`` the extent of ``box`` and put it on the baseline."""
    scale = size / EM
    return (
        f'viewBox="0 {-box.height} {box.width} {box.height + box.depth}" '
        f'style="width:{_short(box.width * scale)}em;vertical-align:-{_short(box.depth * scale)}em"'
    )


# Reading aloud -----------------------------------------------------------------------------------

_TOKEN = re.compile(r"\\[A-Za-z]+|\\.|[0-9.]+|\s+|.", re.S)
_WORDS = {
    r"\cdot": "times", r"\,": "times", r"\times": "times", r"\odot": "times elementwise", r"\partial": "partial",
    r"\sum": "sum of", r"\nabla": "gradient of", r"\prod": "product of", r"\infty": "infinity", r"\top": "transposed", r"\ldots": "and so on",
    r"\varepsilon": "epsilon", r"\varphi": "phi", r"\geq": "at least", r"\leq": "at most", r"\neq": "is not", r"\to": "to",
    "=": "=", "+": "plus", "-": "minus", "/": "over", ">": "is greater than", "<": "is less than",
    "(": "(", ")": ")", "[": "[", "]": "]", ",": ",", ":": ":",
}  # fmt: skip
_ACCENTS = {
    r"\dot": "dot",
    r"\ddot": "double dot",
    r"\bar": "bar",
    r"\hat": "hat",
    r"\tilde": "tilde",
    r"\vec": "vector",
}
_SILENT = {r"\;", r"\:", r"\!", r"\quad", r"\ ", r"\left", r"\right", r"\displaystyle", "{", "}", "~"}
_ALPHABETS = {r"\mathrm", r"\mathbf", r"\mathit", r"\mathsf", r"\mathbb", r"\mathcal", r"\operatorname", r"\text"}


def reading(tex: str) -> str:
    """The words of a formula, for screen readers and for pages that drop drawings.

    A thin space is taken to join factors, so it is read as "times".

    >>> reading(r"\\dot{v}_2 = \\dfrac{\\partial v_2}{\\partial w_2}\\,\\dot{w}_2 = 3 \\cdot 0.5")
    'v2 dot = (partial v2 over partial w2) times w2 dot = 3 times 0.5'
    """
    tokens = [t for t in _TOKEN.findall(tex) if not t.isspace()]
    words = _read(tokens)
    text = " ".join(word for word in words if word)
    text = re.sub(r"([(\[]) ", r"\1", re.sub(r" ([)\],:])", r"\1", text))
    return re.sub(r"(^|[=(\[,] ?)minus (?=[\w(])", r"\1minus ", text)


def _read(tokens: list[str]) -> list[str]:
    """Consumes ``tokens`` and returns the words."""
    out: list[str] = []
    while tokens:
        token = tokens.pop(0)
        if token in _ACCENTS:
            accent = _ACCENTS[token]
            word = _group(tokens) + _scripts(tokens)
            out.append(f"{word} {accent}")
        elif token in (r"\frac", r"\dfrac"):
            top, bottom = _group(tokens), _group(tokens)
            out.append(f"({top} over {bottom})")
        elif token == r"\overset":
            accent, word = _group(tokens), _group(tokens)
            out.append(f"{word}{_scripts(tokens)} " + ("dot" if accent == "." else f"under {accent}"))
        elif token == r"\overline":
            out.append(_group(tokens) + _scripts(tokens) + " bar")
        elif token == r"\sqrt":
            out.append("square root of " + _bracketed(_group(tokens)))
        elif token == "|":
            inside = tokens[: tokens.index("|")] if "|" in tokens else list(tokens)
            del tokens[: len(inside) + 1]
            out.append("absolute value of " + _bracketed(" ".join(_read(inside))))
        elif token == "^":
            power = _group(tokens)
            out.append({"2": "squared", "3": "cubed"}.get(power) or "to the power " + _bracketed(power))
        elif token == "_":
            base, index = (out.pop() if out else ""), _joined(_group(tokens))
            out.append(f"{base} {index.lstrip()}" if base == ")" else base + index)
        elif token in _ALPHABETS:
            out.append(_group(tokens).replace(" ", "") + _scripts(tokens))
        elif token in _SILENT:
            continue
        elif token in _WORDS:
            out.append(_WORDS[token])
        elif token == "'":
            out.append("prime")
        else:
            out.append(token.lstrip("\\"))
    return out


def _group(tokens: list[str]) -> str:
    """The words of the next token or braced group."""
    if not tokens:
        return ""
    if tokens[0] != "{":
        first = [tokens.pop(0)]
        if first[0] in _ALPHABETS | _ACCENTS.keys() or first[0] in (r"\sqrt", r"\frac", r"\dfrac"):
            return " ".join(_read(first + [tokens.pop(0) for _ in range(_argument_length(tokens))]))
        return " ".join(_read(first))
    inside = [tokens.pop(0) for _ in range(_argument_length(tokens))][1:-1]
    return " ".join(word for word in _read(inside) if word)


def _argument_length(tokens: list[str]) -> int:
    depth = 0
    for count, token in enumerate(tokens, start=1):
        depth += (token == "{") - (token == "}")
        if depth <= 0:
            return count
    return len(tokens)


def _scripts(tokens: list[str]) -> str:
    if tokens and tokens[0] == "_":
        tokens.pop(0)
        return _joined(_group(tokens))
    return ""


def _bracketed(words: str) -> str:
    return f"({words})" if " " in words.removeprefix("minus ") else words


def _joined(script: str) -> str:
    return script if script.isdigit() or len(script) == 1 else " " + script
