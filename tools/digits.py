"""Find equalities between numbers that a reader with a calculator refutes.

    python -m tools.digits                    chapters, exercises, pages, hints, figures
    python -m tools.digits chapters/05-forward-mode.ipynb

What is shown is rounded, so 1.3467 · 3 = 4.0402 is false although both sides come from one computation: the product of the
numbers that stand there is 4.0401. An equality holds when its one side, computed from the numbers as they are shown, rounds
to the number on the other side; what does not hold is written with ≈, or with more digits.

- Read are prose, formulas, outputs, alternative texts, strings in code, the words of figures, and of a built page its text
  (what a stepper or an explorable says stands there).
- An equality is an equals sign, or "is", "gives", "makes" or "equals", with nothing but numbers, + − · × / ^ and brackets around it; "times",
  "plus", "minus" and "over" are operations too. Where a letter or a function takes part, nothing is said.
"""

from __future__ import annotations

import argparse
import ast
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from html.parser import HTMLParser
from pathlib import Path

from nbformat import NotebookNode

from tools import ROOT, figures, notebooks, numerals
from tools.normalise import read

SUPERSCRIPT = re.compile("[⁻⁺]?[⁰¹²³⁴⁵⁶⁷⁸⁹]+")
_UNITS = (
    "km|cm|mm|ms|µs|ns|kB|MB|GB|TB|px|days|hours|minutes|seconds|years|steps|evaluations|operations|products|numbers"
)
_PLAIN = (
    (r"\\tag\{[^}]*\}|\\(?:left|right|big|Big|bigl|bigr|displaystyle)\b|&", " "),
    (r"\\\\\s*&?\s*(?==)", " "),
    (r"\\(?:quad|qquad)|\\\\|\\(?:begin|end)\{\w+\}", " ; "),
    (r"\{,\}|(?<=\d)\\,(?=\d{3})", ""),
    (r"\\[dt]?frac\s*(\d)\s*(\d)(?!\d)", r"((\1)/(\2))"),
    (r"\\[dt]?frac\s*\{([^{}]*)\}\s*\{([^{}]*)\}", r"((\1)/(\2))"),
    (r"\\(?:cdot|times)\b", " · "),
    (r"\\approx\b", " ≈ "),
    (r"\\[lc]?dots\b", "…"),
    (r"\^\{([^{}]*)\}", r"^(\1)"),
    (r"\\[,;:! ]", " "),
    (r"\{(-?[\d.]+)\}", r"\1"),
    (r"\{\}", " "),
    (r"\bdivided by\b", "/"),
    (rf"(?<=\d) ?(?:{_UNITS})\b", " "),
)
_TOKEN = re.compile(
    r"(?P<number>(?:\d{1,3}(?:[,\u2009\u202f]\d{3})+(?![\d,])|\d+(?:\.\d+)?|\.\d+)(?:e[+-]?\d+(?![\w.]))?)|(?P<word>\\?[^\W\d]\w*)"
    r"|(?P<equals>=+)|(?P<about>[≈∼~])|(?P<sign>\*\*|[-+*/·×÷^()−])|(?P<other>[^\s])"
)
_OPERATIONS = {"times": "*", "plus": "+", "minus": "-", "over": "/", "·": "*", "×": "*", "÷": "/", "−": "-"}
_VERBS = {"is", "gives", "makes", "equals"}
_FUNCTIONS = set(
    "log ln exp sqrt root sin cos tan tanh max min mean sum of power squared cubed minus plus times over".split()
)


@dataclass(frozen=True)
class _Token:
    kind: str  # number, sign, equals, about, word, other
    text: str
    start: int
    end: int


def false_equalities(text: str) -> list[str]:
    """The equalities in a text, TeX or not, that do not hold in the digits shown, each as it stands there."""
    return [shown for shown, holds in equalities(text) if not holds]


def equalities(text: str) -> Iterator[tuple[str, bool]]:
    """Every equality of numbers in a text, and whether it holds in the digits shown."""
    plain = SUPERSCRIPT.sub(lambda m: f"^({m.group().translate(numerals.SUPERSCRIPTS)})", text)
    for pattern, instead in _PLAIN:
        plain = re.sub(pattern, instead, plain)
    tokens = list(_tokens(plain))
    for at, token in enumerate(tokens):
        if token.kind != "equals":
            continue
        left, right = _before(tokens, at), _after(tokens, at)
        # "(2.7) is (2.5)" compares labels.
        if left and right and not (token.text in _VERBS and _unit(left) is not None):
            cut = plain[right[-1].end :].lstrip().startswith(("…", "..."))
            yield " ".join(plain[left[0].start : right[-1].end].split()), _agree(left, right, cut)


def _tokens(text: str) -> Iterator[_Token]:
    previous = ""
    for match in _TOKEN.finditer(text):
        kind, word = match.lastgroup, match.group()
        if kind == "word" and word in _OPERATIONS and previous in ("number", ")"):
            kind = "sign"
        elif kind == "word" and word in _VERBS and previous in ("number", ")"):
            kind = "equals"
        previous = ")" if word == ")" else kind
        yield _Token(kind, _OPERATIONS.get(word, word) if kind == "sign" else word, match.start(), match.end())


def _before(tokens: list[_Token], at: int) -> list[_Token]:
    """The expression that ends before an equals sign; empty where it is not one of numbers alone."""
    start = at
    while start and tokens[start - 1].kind in ("number", "sign"):
        start -= 1
    run = tokens[start:at]
    if depth := _open(run):  # (2 · 3 = 6): the bracket belongs to the sentence
        if depth < 0 or any(t.text != "(" for t in run[:depth]):
            return []
        run = run[depth:]
    elif start and _takes_part(tokens[start - 1], run[:1]):
        return []
    if run and run[0].text == "-" and start and tokens[start - 1].kind == "word":  # degree - 1 = 2
        return []
    return run if run and (run[0].kind == "number" or run[0].text in "(-") and not _parted(run) else []


def _after(tokens: list[_Token], at: int) -> list[_Token]:
    """The expression that begins after an equals sign."""
    end = at + 1
    while end < len(tokens) and tokens[end].kind in ("number", "sign"):
        end += 1
    run = tokens[at + 1 : end]
    depth = 0
    for k, token in enumerate(run):
        depth += (token.text == "(") - (token.text == ")")
        if depth < 0:  # the bracket closes one that stands before the equality
            return run[:k] if not _parted(run[:k]) else []
    if depth or (end < len(tokens) and (_takes_part(tokens[end], run[-1:], after=True) or tokens[end].text in "%!")):
        return []
    return run if run and (run[-1].kind == "number" or run[-1].text == ")") and not _parted(run) else []


def _open(run: list[_Token]) -> int:
    return sum((t.text == "(") - (t.text == ")") for t in run)


def _parted(run: list[_Token]) -> bool:
    """Whether two numbers stand side by side, as in a table."""
    return any(a.kind == b.kind == "number" for a, b in zip(run, run[1:], strict=False))


def _takes_part(token: _Token, run: list[_Token], after: bool = False) -> bool:
    """Whether what stands beside an expression belongs to it: a letter, a function, a root, a bracket of another kind."""
    if token.kind in ("equals", "about"):
        return False
    if token.kind == "other":
        return token.text not in ".,;:…?\"'“”‘’$–—|>" or (token.text == "." and not after)
    touches = bool(run) and (run[0].start == token.end or run[-1].end == token.start)
    return touches or len(token.text) == 1 or "\\" in token.text or token.text in _FUNCTIONS or not token.text.isalpha()


def _agree(left: list[_Token], right: list[_Token], cut: bool) -> bool:
    """Whether one side rounds to the other, or begins with its digits where these are cut off."""
    try:
        a, b = _value(left), _value(right)
    except (ValueError, ZeroDivisionError, SyntaxError):
        return True
    units = [unit for side in (left, right) if (unit := _unit(side)) is not None]
    return abs(a - b) <= (max(units) if cut else max(units) / 2) if units else a == b


def _unit(side: list[_Token]) -> Fraction | None:
    """The place value of the last digit of a number that stands alone, with a power of ten or not; None for an expression."""
    alone = re.fullmatch(
        r"-?([\d.,\u2009\u202f]+)(?:e([+-]?\d+)|\*10\^(-?\d+))?", "".join(t.text for t in side if t.text not in "()")
    )
    if not alone:
        return None
    mantissa, e, power = alone.groups()
    return Fraction(10) ** (int(e or power or 0) - len(mantissa.partition(".")[2]))


def _value(side: list[_Token]) -> Fraction:
    """The exact value of an expression in the numbers as they are shown."""
    text = " ".join(re.sub("[,\u2009\u202f]", "", t.text) if t.kind == "number" else t.text for t in side)
    text = re.sub(r"(?<=[\d)]) \(", " * (", text).replace("^", "**")
    return _exact(ast.parse(text, mode="eval").body, text)


def _exact(node: ast.expr, text: str) -> Fraction:
    if isinstance(node, ast.Constant) and type(node.value) in (int, float):
        return Fraction(ast.get_source_segment(text, node))
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub | ast.UAdd):
        value = _exact(node.operand, text)
        return -value if isinstance(node.op, ast.USub) else value
    if isinstance(node, ast.BinOp):
        a, b = _exact(node.left, text), _exact(node.right, text)
        match node.op:
            case ast.Add():
                return a + b
            case ast.Sub():
                return a - b
            case ast.Mult():
                return a * b
            case ast.Div():
                return a / b
            case ast.Pow() if b.denominator == 1 and abs(b) < 400:
                return a ** int(b)
    raise ValueError(text)


# Where texts stand ---------------------------------------------------------------------------------------------------


def of_notebook(notebook: NotebookNode) -> Iterator[tuple[int, str]]:
    """The false equalities of a notebook, with their cells counted from 0."""
    for index, cell in enumerate(notebook.cells):
        for text in _texts(cell):
            yield from ((index, shown) for shown in false_equalities(text))


def _texts(cell: NotebookNode) -> Iterator[str]:
    if cell.cell_type == "markdown":
        yield from numerals.without_code(cell.source).split("\n\n")
    elif cell.cell_type == "code":
        for output in cell.outputs:
            yield from (output.get("text") or output.get("data", {}).get("text/plain") or "").split("\n")
        yield numerals.alternative(cell)
        yield from strings(cell.source)
        yield from re.findall(r"(?m)^\s*# (.*)$", cell.source)


def strings(code: str) -> Iterator[str]:
    """The texts in a program, line by line: what it says, and its docstrings."""
    for node in ast.walk(numerals.parsed(code) or ast.Module([], [])):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield from node.value.split("\n")


class _Visible(HTMLParser):
    """The texts of a page, without its code."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.hidden, self.texts = 0, []
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.hidden += tag in ("pre", "script", "style")

    def handle_endtag(self, tag):
        self.hidden -= tag in ("pre", "script", "style")

    def handle_data(self, data):
        if not self.hidden:
            self.texts.append(data)


def visible(html: str) -> list[str]:
    """The texts of a built page, or of a widget: what they say stands in their markup."""
    return _Visible(html).texts


def of_page(html: str) -> list[str]:
    """The false equalities of a built page, or of a widget."""
    return [shown for text in visible(html) for shown in false_equalities(text)]


def of_sources(root: Path = ROOT) -> Iterator[str]:
    """A line for every false equality of the pages, the package with its hints, and the words of figures."""
    for page in [root / "index.md", root / "README.md", *sorted((root / "pages").glob("*.md"))]:
        for number, line in enumerate(numerals.without_code(page.read_text(encoding="utf-8")).split("\n"), start=1):
            yield from (f"{page.relative_to(root)}:{number}: {shown}" for shown in false_equalities(line))
    for module in sorted((root / "adlib").rglob("*.py")):
        for line in strings(module.read_text(encoding="utf-8")):
            yield from (f"{module.relative_to(root)}: {shown}" for shown in false_equalities(line))
    for path in notebooks(root):
        for name, figure in figures.kept(path.stem).items():
            for text, *_ in figure["words"] + figure["legend"]:
                yield from (f"{path.stem}: {name}: {shown}" for shown in false_equalities(text))


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tools.digits", description=__doc__.split("\n")[0])
    parser.add_argument("files", nargs="*", type=Path, help="notebooks (default: all of the book)")
    options = parser.parse_args(arguments)
    sources = [
        *notebooks(),
        *sorted((ROOT / "chapters" / "exercises").glob("*.ipynb")),
        *sorted((ROOT / "instructor").glob("*.ipynb")),
    ]
    found = [
        f"{path}:{cell + 1}: {shown}" for path in options.files or sources for cell, shown in of_notebook(read(path))
    ]
    found += [] if options.files else of_sources()
    print(*found, sep="\n", end="\n" * bool(found))
    return int(bool(found))


if __name__ == "__main__":
    sys.exit(main())
