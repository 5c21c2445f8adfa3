"""Find the numbers in a chapter's prose that nothing guards.

A number in prose is guarded when the reader can see where it comes from: it is a setting that the code shows, or it
is printed in a committed output, which the test run compares, or it is asserted by a check cell. So a number edited in
the text alone, or left behind by a change of the code, is reported.

- Compared is the value at the precision shown: 2.02 in prose agrees with 2.020101 in an output, 33 % with 0.3333.
  An integer must be met exactly, unless it has two digits or more, or the text says "about".
- Where: the same second-level section. Three significant digits do not agree by chance, so such a number may stand
  anywhere in the notebook; the text before the first section speaks of the whole chapter, and so does its scope.
- Read are text, captions and the alternative texts of figures, which belong to the section of their cell.
- Numbers in words are compared as digits are: from four upwards, and fractions; `tools.number_words` says why not all.
- In formulas: numbers with a decimal point, and integers (but 0 and 1) that stand alone after an equals sign.
- Not numbers: labels (Figure 5.1, step 3, formula (5.1)), link texts, code, enumerated headings, names such as w1,
  float32, GPT-2, NumPy 2.
- An exception is written into the cell's metadata with its reason: {"adbook": {"numerals": {"1964": "a date"}}}.
  It is for the number as it is written, so that one which is changed in the text is reported all the same.
"""

from __future__ import annotations

import ast
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from markdown_it import MarkdownIt
from markdown_it.token import Token
from mdit_py_plugins.dollarmath import dollarmath_plugin
from nbformat import NotebookNode

from tools import number_words

MASK = "\ue000"  # stands for a character that is not prose
SUPERSCRIPTS = str.maketrans("⁻⁺⁰¹²³⁴⁵⁶⁷⁸⁹", "-+0123456789")

_LABEL_WORDS = (
    "Figures?|Figs?\\.|Questions?|Exercises?|Checks?|Chapters?|Sections?|Slides?|Steps?|Tables?|Algorithms?|Definitions?|"
    "Theorems?|Lemmas?|Examples?|Parts?|Formulas?|Equations?|Weeks?|Pages?|pp?\\.|Tasks?|Lines?|Python|NumPy|JAX|Version"
)
_ONE_LABEL = r"\(?\d+(?:\.\d+)*[a-z]?\)?"
_LABEL = re.compile(
    rf"\b(?:{_LABEL_WORDS})\s+{_ONE_LABEL}(?:\s*(?:–|-|,|and|or|to|, and)\s*{_ONE_LABEL}(?![\w%]))*", re.IGNORECASE
)
_EQUATION = re.compile(r"\((\d+\.\d+)\)")
_ENUMERATOR = re.compile(r"^\s*\d+(?:\.\d+)*\.?\s")
_NUMBER = re.compile(
    r"""(?<![\w.^])(?<![A-Za-z]-)
        (?P<sign>(?<![\w\d)])[-−])?
        (?P<digits>\d{1,3}(?:,\d{3})+(?![\d,])|\d+(?:\.\d+)*)
        (?P<e>e[+-]?\d+)?
        (?P<power>[⁻⁺]?[⁰¹²³⁴⁵⁶⁷⁸⁹]+)?
        (?:\s*[×·]\s*10(?P<ten>[⁻⁺]?[⁰¹²³⁴⁵⁶⁷⁸⁹]+))?
        (?P<more>…|\.\.\.)?
        (?P<percent>\s?%)?""",
    re.VERBOSE,
)
_NAME_TAIL = re.compile(r"(?:st|nd|rd|th|D|-D|-d)\b")
_ABOUT = re.compile(r"(?:\babout|\broughly|\bnearly|\bsome|\baround|\balmost|\bover|≈|~)\s*$", re.IGNORECASE)
_MATH_NUMBER = re.compile(
    r"(?P<sign>-)?(?<![\d.])(?P<digits>\d+(?:\{,\}\d{3})*\.\d+)(?P<more>\s*\\(?:dots|ldots))?"
    r"(?:\s*\\(?:cdot|times)\s*10\^\{?(?P<ten>-?\d+)\}?)?"
)
_MATH_INTEGER = re.compile(
    r"(?:=|\\approx)\s*(?:&\s*)?(?P<sign>-)?(?P<digits>\d+(?:\{,\}\d{3})*)(?![\d.])"
    r"(?:\s*\\(?:cdot|times)\s*10\^\{?(?P<ten>-?\d+)\}?)?"
    r"(?=\s*(?:$|[,;.)\]&]|\\\\|\\quad|\\qquad|\\tag|\\end|\\;|\\approx|=))"
)
_OUTPUT_NUMBER = re.compile(r"(?<![\w.])[-−]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?(?![\w])", re.IGNORECASE)


@dataclass(frozen=True)
class Numeral:
    """A number as prose shows it, with the precision it claims."""

    written: str
    value: float
    unit: float  # the place value of its last digit
    sentence: str
    integer: bool
    signed: bool = False
    about: bool = False
    cut: bool = False  # followed by an ellipsis: digits cut off, not rounded
    percent: bool = False

    def agrees(self, other: float) -> bool:
        """Whether a computed or written value, rounded as this one is, gives this one."""
        if not math.isfinite(other):
            return False
        if self.percent and self._agrees(other * 100):
            return True
        return self._agrees(other)

    def _agrees(self, other: float) -> bool:
        mine, theirs = self.value, other
        if not self.signed:
            mine, theirs = abs(mine), abs(theirs)
        near = 1e-9 * max(1.0, abs(mine)) if abs(mine) >= 1 else 1e-9 * abs(mine)
        if abs(theirs - mine) <= near:
            return True
        if self.cut:
            return 0 <= abs(theirs) - abs(mine) < self.unit
        if self.integer and not self.about and self.significant < 2:
            return False
        return abs(theirs - mine) <= self.unit / 2 * (1 + 1e-9)

    @property
    def significant(self) -> int:
        """The number of significant digits; zeros at the end of an integer do not count."""
        digits = re.sub(r"[^\d.]", "", self.written.split("e")[0]) or f"{self.value:.0f}"
        whole = digits.replace(".", "").lstrip("0")
        return len(whole if "." in digits else whole.rstrip("0"))


@dataclass
class Section:
    """A second-level section: the numbers its code shows and its outputs print."""

    values: set[float] = field(default_factory=set)
    opening: bool = False


def markdown() -> MarkdownIt:
    """A parser for the Markdown of the chapters."""
    return MarkdownIt("commonmark").enable("table").use(dollarmath_plugin, double_inline=True)


def alternative(cell: NotebookNode) -> str:
    """What a code cell's metadata says instead of its figure."""
    return cell.metadata.get("mystnb", {}).get("image", {}).get("alt", "")


def without_code(source: str) -> str:
    """Blank out the contents of code fences and code spans, keeping every line where it is."""

    def blank(match: re.Match) -> str:
        return re.sub(r"[^\n]", " ", match.group())

    source = re.sub(r"(?ms)^(?P<fence>`{3,}|~{3,})(?!\s*\{)[^\n]*\n.*?^(?P=fence)[ \t]*$", blank, source)
    return re.sub(r"(?<![`}])(`+)(?!`)[^\n]*?(?<!`)\1(?!`)", blank, source)


def unguarded(notebook: NotebookNode) -> Iterator[tuple[int, str]]:
    """Yield (cell index, message) for every number in prose that nothing guards, and for every useless exception."""
    parser = markdown()
    sections, found = [Section(opening=True)], []
    tags = set(re.findall(r"\\tag\{([\d.]+)\}", "\n".join(c.source for c in notebook.cells)))
    for index, cell in enumerate(notebook.cells):
        if cell.cell_type == "code":
            compared = "nbval-ignore-output" not in cell.metadata.get("tags", [])
            sections[-1].values |= code_numbers(cell.source) | output_numbers(cell.outputs if compared else [])
            alt = alternative(cell)
            found += [(index, sections[-1], numeral) for numeral in _in_text(alt, alt, tags)]
        if cell.cell_type != "markdown":
            continue
        for kind, block in _blocks(parser.parse(cell.source)):
            if kind == "h2":
                sections.append(Section())
            numerals = _in_formula(block) if kind == "math" else _in_inline(block, kind.startswith("h"), tags)
            found += [(index, sections[-1], numeral) for numeral in numerals]
    everywhere = set().union(*(s.values for s in sections))

    used: set[tuple[int, str]] = set()
    for index, section, numeral in found:
        wide = section.opening or numeral.significant >= 3
        if any(numeral.agrees(value) for value in (everywhere if wide else section.values)):
            continue
        excused = notebook.cells[index].metadata.get("adbook", {}).get("numerals", {})
        if numeral.written in excused:
            used.add((index, numeral.written))
            continue
        place = "this notebook" if wide else "this section"
        yield index, f'{numeral.written} is in no code and no output of {place}: "{numeral.sentence}"'
    for index, cell in enumerate(notebook.cells):
        for written, reason in cell.metadata.get("adbook", {}).get("numerals", {}).items():
            if not str(reason).strip():
                yield index, f"the exception for {written} gives no reason"
            elif (index, written) not in used:
                yield index, f"the exception for {written} is not needed"


def code_numbers(source: str) -> set[float]:
    """The numbers a cell's code shows: literals, and constant expressions such as 10**6 or 1 / 3."""
    tree = parsed(source)
    folded = (constant(node) for node in ast.walk(tree)) if tree else ()
    return {value for value in folded if value is not None}


def parsed(source: str) -> ast.Module | None:
    """A code cell without its magic lines, or nothing where it is no Python."""
    plain = "\n".join(re.sub(r"^(\s*)[%!].*", r"\1pass", line) for line in source.split("\n"))
    try:
        return ast.parse(plain)
    except SyntaxError:
        return None


def output_numbers(outputs: list) -> set[float]:
    """The numbers in a cell's committed text, without those inside <...>, such as the size of a figure."""
    texts = [o.get("text") or o.get("data", {}).get("text/plain") or "" for o in outputs]
    plain = re.sub(r"<[^<>\n]*>", " ", "\n".join(texts)).replace("−", "-")
    return {float(n) for n in _OUTPUT_NUMBER.findall(plain)}


def constant(node: ast.AST) -> float | None:
    """The number that an expression of numbers alone is; None for any other."""
    if isinstance(node, ast.Constant):
        return float(node.value) if type(node.value) in (int, float) and abs(node.value) < 1e300 else None
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        value = constant(node.operand)
        return None if value is None else -value
    if isinstance(node, ast.BinOp):
        left, right = constant(node.left), constant(node.right)
        if left is None or right is None:
            return None
        try:
            match node.op:
                case ast.Add():
                    return left + right
                case ast.Sub():
                    return left - right
                case ast.Mult():
                    return left * right
                case ast.Div():
                    return left / right
                case ast.Pow():
                    return float(left**right)
        except (ArithmeticError, TypeError, ValueError):
            return None
    return None


def _blocks(tokens: list[Token]) -> Iterator[tuple[str, Token]]:
    """Yield the blocks that carry prose or formulas, each with 'h1', 'h2', ..., 'text' or 'math'."""
    kind = "text"
    for token in tokens:
        if token.type == "heading_open":
            kind = token.tag
        elif token.type == "heading_close":
            kind = "text"
        elif token.type == "inline":
            yield kind, token
        elif token.type.startswith("math_block"):
            yield "math", token


def flat(block: Token) -> tuple[str, str, list[str]]:
    """An inline block as (what the reader sees, the same with everything but prose masked, its formulas)."""
    seen, prose, formulas, links = "", "", [], 0
    for child in block.children or []:
        if child.type in ("link_open", "link_close"):
            links += 1 if child.type == "link_open" else -1
            continue
        text = " " if child.type in ("softbreak", "hardbreak") else child.content
        if child.type.startswith("math_inline"):
            formulas.append(child.content)
            text = f"${child.content}$"
        is_prose = child.type in ("text", "softbreak", "hardbreak") and not links
        if child.type in ("html_inline", "image"):
            text = ""
        seen += text
        prose += text if is_prose else MASK * len(text)
    return seen, prose, formulas


def _in_inline(block: Token, heading: bool, tags: set[str]) -> Iterator[Numeral]:
    seen, prose, formulas = flat(block)
    if heading:
        prose = _ENUMERATOR.sub(lambda m: MASK * len(m.group()), prose)
    yield from _in_text(seen, prose, tags)
    for formula in formulas:
        yield from _in_formula(formula, _sentence(seen, seen.find(formula)))


def _in_text(seen: str, prose: str, tags: set[str]) -> Iterator[Numeral]:
    prose = _LABEL.sub(lambda m: MASK * len(m.group()), prose)
    prose = _EQUATION.sub(lambda m: MASK * len(m.group()) if m.group(1) in tags else m.group(), prose)
    for match in _NUMBER.finditer(prose):
        after = prose[match.end("digits") :]
        tail = re.match(r"[A-Za-z_]", after)
        if _NAME_TAIL.match(after) or (tail and not match["e"] and after[:1] not in "x"):
            continue
        yield _numeral(match, seen, bool(_ABOUT.search(prose[: match.start()])))
    for match in number_words.WORDS.finditer(prose):
        if not 1 <= number_words.value(match) < number_words.LEAST:
            yield _worded(match, seen, bool(_ABOUT.search(prose[: match.start()])))


def _in_formula(block: Token | str, sentence: str | None = None) -> Iterator[Numeral]:
    formula = block if isinstance(block, str) else block.content
    shown = sentence or " ".join(formula.split())
    plain = re.sub(
        r"\\tag\{[^}]*\}|\\(?:text|mathrm|begin|end|label)\{[^}]*\}", lambda m: " " * len(m.group()), formula
    )
    plain = plain.replace("−", "-")
    for match in _MATH_NUMBER.finditer(plain):
        yield _numeral(match, shown, about="\\approx" in plain[: match.start()][-9:], whole=shown)
    for match in _MATH_INTEGER.finditer(plain):
        if match["digits"] not in ("0", "1") or match["ten"]:
            yield _numeral(match, shown, about=False, whole=shown)


def _numeral(match: re.Match, text: str, about: bool, whole: str | None = None) -> Numeral:
    groups = match.groupdict()
    digits = match["digits"].replace("{,}", "").replace(",", "")
    decimals = len(digits.partition(".")[2])
    parts = digits.split(".")
    value = float(".".join(parts[:2]))
    unit = 10.0**-decimals
    exponent = 0
    if groups.get("e"):
        exponent += int(groups["e"][1:])
    if groups.get("ten"):
        exponent += int(groups["ten"].translate(SUPERSCRIPTS))
    if groups.get("power"):
        value = value ** int(groups["power"].translate(SUPERSCRIPTS))
        unit = abs(value) if about else 0.0
    negative = bool(match["sign"])
    scaled = value * 10.0**exponent
    return Numeral(
        written=match.group().strip().replace("−", "-").lstrip("=& ").removeprefix("\\approx").strip(),
        value=-scaled if negative else scaled,
        unit=unit * 10.0**exponent,
        sentence=whole or _sentence(text, match.start()),
        integer="." not in digits and not exponent,
        signed=negative,
        about=about,
        cut=bool(groups.get("more")),
        percent=bool(groups.get("percent")),
    )


def _worded(match: re.Match, text: str, about: bool) -> Numeral:
    """A number in words; a fraction agrees where its first two digits do, a third with 0.33."""
    value = number_words.value(match)
    whole = value >= 1
    return Numeral(
        written=" ".join(match.group().split()),
        value=value,
        unit=1.0 if whole else 10.0 ** (math.floor(math.log10(value)) - 1),
        sentence=_sentence(text, match.start()),
        integer=whole,
        about=about,
    )


def _sentence(text: str, position: int) -> str:
    """The sentence around a position, cut to a length that fits a report."""
    start = max((m.end() for m in re.finditer(r"[.?!:]\s+", text[:position])), default=0)
    end = re.search(r"[.?!](?:\s|$)", text[position:])
    sentence = text[start : position + end.end() if end else len(text)].strip()
    return sentence if len(sentence) <= 140 else sentence[:137] + "..."
