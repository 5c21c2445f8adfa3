"""Hold the chapters to the Markdown that reads well in the book, in Colab, in Jupyter and on GitHub.

    python -m tools.lint                      every chapter
    python -m tools.lint chapters/05-forward-mode.ipynb

Each finding is one line, `file:cell: rule: message`, with cells counted from 1, those of text included; any finding
makes the exit status 1. Numbers in prose and in
alternative texts have a module of their own, `tools.numerals`.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Iterator
from pathlib import Path

from nbformat import NotebookNode

from _ext.adbook.boxes import BOXES, NUMBER, box_class
from tools import ROOT, asserts, cells, digits, notebooks, numerals, references
from tools.address import SETUP_CELL, SETUP_METADATA, settings
from tools.normalise import FOLDED, read

WORDS = 3000  # of a chapter, its folded answers, captions and formulas included: an hour and a half with the code
WORDS_WITH_PROOF = 3300
PROOFS = ("02-descent-without-gradients", "03-curse-of-dimensionality")
TABLE_WIDTH = 46  # of a printed table: what a phone shows side by side; a printed sentence wraps there

CELL_LINES = 40  # what a laptop's screen shows at once
LINE_WIDTH = 79  # what the page's column and the printed page show without cutting
FOLDED_WIDTH = 110  # in cells that the book folds, such as those that draw; as in the package

HTML_TAGS = {"details", "summary", "br", "sub", "sup", "kbd"}
CELL_TAGS = {
    *("hide-input", "hide-cell", "hide-output", "remove-input", "remove-output", "remove-cell"),
    *("nbval-ignore-output", "raises-exception"),
}

Finding = tuple[int, str, str]  # cell, rule, message

# Written forms that one of the four places does not show as meant. Each is looked for outside code.
_PATTERNS: tuple[tuple[str, str, str], ...] = (
    ("directive", r"^\s*:::|^\s*(?:```|~~~)\s*\{", "a MyST directive shows as raw text outside the book"),
    ("role", r"\{[a-zA-Z][\w:.-]*\}`", "a MyST role shows as raw text outside the book"),
    ("footnote", r"\[\^[^\]]+\]", "footnotes show as raw text in Jupyter and Colab; write a sentence or a link"),
    ("task-list", r"^\s*[-*+]\s+\[[ xX]\]\s", "Colab has no task lists"),
    ("definition-list", r"^:\s+\S", "Jupyter has no definition lists"),
    ("alert", r"^\s*>\s*\[!\w+\]", "alerts are drawn by GitHub alone; begin a quote with a bold lead"),
    ("equation-label", r"\\(?:label|eqref|ref)\{", r"number a formula with \tag{5.1} and refer to it as (5.1)"),
    ("macro", r"\\(?:newcommand|renewcommand|def|DeclareMathOperator|require)\b", "Colab knows no macros of our own"),
    (
        "align",
        r"\\begin\{(?:align|equation|gather|split|eqnarray|multline)\*?\}",
        r"write \begin{aligned} inside $$",
    ),
    ("dollar", r"\\\$", "Jupyter reads escaped dollars as mathematics; write the currency in words"),
    (
        "words-in-formula",
        r"\\(?:text|mbox)\{[^}]*[A-Za-z]{2}",
        "no words inside formulas: a translation cannot reach them",
    ),
)


_DRAWS = re.compile(
    r"\b(?:plt|ax|axes|fig)\.\w|\bExplorable\(|^(?:import|from) (?:matplotlib|adlib\.viz)", re.MULTILINE
)
# A line of a table or of an array; in a sentence no two spaces follow one another.
_TABLE = re.compile(r"\S {2,}\S|^\s*\[")
_WIDGET = re.compile(r"<(?:explorable|order puzzle of|elimination puzzle of|forward mode of|reverse mode of) |Graph\(")
_PRESS = re.compile(
    r"(?:^|[.!?:;>]\s+|\*\*\s+|\b[Nn]ow |\band )"
    r"((?:[Pp]ress|[Cc]lick|[Tt]ap|[Dd]rag|[Pp]ick|[Pp]lay|[Cc]hoose|[Ss]lide|[Ss]tep through|[Mm]ove the slider|[Pp]ush)\b(?: \S+)?)",
    re.MULTILINE,
)


def findings(notebook: NotebookNode, path: Path) -> list[Finding]:
    """Everything the lint has to say about one notebook, in the order of its cells."""
    found: list[Finding] = []
    for rule in (
        _sources,
        _markdown,
        _length,
        _headings,
        _set_up,
        _code,
        _folded,
        _outputs,
        _press,
        _asserts,
        _unused,
        _figures,
        _ignored,
        _references,
        _targets,
        _numerals,
        _digits,
    ):
        found += rule(notebook, path)
    return sorted(dict.fromkeys(found), key=lambda finding: finding[0])


def _cells(notebook: NotebookNode, kind: str) -> Iterator[tuple[int, NotebookNode]]:
    return ((i, c) for i, c in enumerate(notebook.cells) if c.cell_type == kind)


def _sources(notebook: NotebookNode, path: Path) -> Iterator[Finding]:
    for index, cell in _cells(notebook, "markdown"):
        text = numerals.without_code(cell.source)
        for rule, pattern, message in _PATTERNS:
            for match in re.finditer(pattern, text, re.MULTILINE):
                yield index, rule, f"{match.group().strip()!r}: {message}"
        yield from _details(index, text)
        yield from _html(index, text)
        yield from _display_math(index, text)
        yield from _boxes(index, text)


def _details(index: int, text: str) -> Iterator[Finding]:
    if text.count("<details") != text.count("</details>"):
        yield index, "details", "a <details> must be closed in its own cell"
    for opening in re.finditer(r"<details[^>]*>\s*<summary>(.*?)</summary>([^\n]*)\n?([^\n]*)", text, re.DOTALL):
        if "$" in opening.group(1):
            yield index, "details", "mathematics in a <summary> is not rendered in the book"
        if opening.group(2).strip() or opening.group(3).strip():
            yield index, "details", "leave a blank line after </summary>, or Colab shows raw text"
    for closing in re.finditer(r"([^\n]*)\n?[ \t]*</details>", text):
        if closing.group(1).strip():
            yield index, "details", "leave a blank line before </details>"


def _html(index: int, text: str) -> Iterator[Finding]:
    for tag, attributes in re.findall(r"</?([a-zA-Z][a-zA-Z0-9-]*)\b([^<>]*)>", text):
        if tag.lower() not in HTML_TAGS:
            yield index, "html", f"<{tag}> is not in the subset ({', '.join(sorted(HTML_TAGS))})"
        if re.search(r"\b(?:id|name)\s*=", attributes):
            yield index, "html", f"<{tag}> has an id; link to a heading instead"


def _display_math(index: int, text: str) -> Iterator[Finding]:
    marks = [m.start() for m in re.finditer(r"(?<!\\)\$\$", text)]
    if len(marks) % 2:
        yield index, "display-math", "an unpaired $$"
        return
    for start, end in zip(marks[::2], marks[1::2], strict=True):
        before = text[:start].rsplit("\n", 1)[-1]
        after = text[end + 2 :].split("\n", 1)[0]
        if before.strip(" >") or after.strip():
            yield (
                index,
                "display-math",
                f"$$ inside a line: {(before + '$$')[-40:].strip()!r}; give it lines of its own",
            )
        above = text[:start].rsplit("\n", 2)[-2] if text[:start].count("\n") else ""
        if above.strip(" >"):
            yield index, "display-math", f"a formula right under {above[-40:].strip()!r}; leave a blank line between"
    outside = re.sub(r"(?s)(?<!\\)\$\$.*?\$\$", "", text)
    if re.search(r"^\s*\\begin\{", outside, re.MULTILINE):
        yield index, "display-math", r"a bare \begin is not mathematics on GitHub; put it inside $$"


def _boxes(index: int, text: str) -> Iterator[Finding]:
    for quote in re.finditer(r"(?m)(?:^>[^\n]*\n?)+", text):
        lead = re.match(r">\s*\*\*(.+?)\*\*", quote.group())
        if lead and not box_class(lead.group(1)):
            known = " ".join(pattern.replace(NUMBER, "5.1") + "." for pattern in BOXES)
            yield index, "box", f"unknown lead {lead.group(1)!r}; the boxes are: {known}"


def _markdown(notebook: NotebookNode, path: Path) -> Iterator[Finding]:
    """What needs the parsed Markdown: links, images, exclamation marks, lone dollars."""
    parser = numerals.markdown()
    for index, cell in _cells(notebook, "markdown"):
        for token in parser.parse(cell.source):
            if token.type != "inline":
                continue
            _, prose, _ = numerals.flat(token)
            if "!" in prose:
                yield index, "exclamation", f"an exclamation mark in prose: {token.content[:60]!r}"
            if "$" in prose:
                yield index, "dollar", f"a dollar sign that opens no formula: {token.content[:60]!r}"
            for child in token.children or []:
                if child.type == "image":
                    yield from _image(index, child)
                elif child.type == "link_open":
                    yield from _link(index, str(child.attrs.get("href", "")), path)


def _image(index: int, image) -> Iterator[Finding]:
    address = str(image.attrs.get("src", ""))
    if not image.content.strip():
        yield index, "alt", f"the image {address} has no alternative text"
    if not re.match(r"https?://", address):
        yield index, "relative-image", f"{address}: Colab has only the notebook; draw it in a code cell"


def _link(index: int, address: str, path: Path) -> Iterator[Finding]:
    if re.match(r"[a-z]+:", address) or address.startswith("#"):
        return
    target = address.partition("#")[0]
    if not (path.parent / target).exists():
        yield index, "link", f"{address} leads to no file"


def _length(notebook: NotebookNode, path: Path) -> Iterator[Finding]:
    words = sum(len(cell.source.split()) for _, cell in _cells(notebook, "markdown"))
    most = WORDS_WITH_PROOF if path.stem in PROOFS else WORDS
    if words > most:
        yield 0, "length", f"{words} words, at most {most}: fold, move or leave out"


def _headings(notebook: NotebookNode, path: Path) -> Iterator[Finding]:
    parser, level = numerals.markdown(), 0
    for index, cell in _cells(notebook, "markdown"):
        for token in parser.parse(cell.source):
            if token.type != "heading_open":
                continue
            now = int(token.tag[1])
            if level == 0 and (now != 1 or index != 0):
                yield (
                    index,
                    "heading",
                    "the first cell must begin with the chapter's title, the only heading of level 1",
                )
            elif level and now == 1:
                yield index, "heading", "a second heading of level 1"
            elif level and now > level + 1:
                yield index, "heading", f"a heading of level {now} under one of level {level}"
            level = now
    if level == 0:
        yield 0, "heading", "no title"


def _set_up(notebook: NotebookNode, path: Path) -> Iterator[Finding]:
    index, cell = next(_cells(notebook, "code"), (0, None))
    if cell is None or cell.source != SETUP_CELL.format(**settings(ROOT)) or cell.metadata != SETUP_METADATA:
        yield index, "set-up", "the first code cell is not the set-up cell; run: python -m tools.address"


def _code(notebook: NotebookNode, path: Path) -> Iterator[Finding]:
    for position, (index, cell) in enumerate(_cells(notebook, "code")):
        lines = cell.source.split("\n")
        width = FOLDED_WIDTH if FOLDED & set(cell.metadata.get("tags", [])) else LINE_WIDTH
        if not cell.source.strip():
            yield index, "empty-cell", "a code cell without code"
        shown = sum(not re.match(r"\s*# (?:BEGIN|END) SOLUTION$", line) for line in lines)
        if shown > CELL_LINES:
            yield index, "long-cell", f"{shown} lines, at most {CELL_LINES} fit a screen"
        for number, line in enumerate(lines, start=1):
            if len(line) > width and position:  # the set-up cell holds a long address
                yield index, "wide-line", f"line {number} has {len(line)} characters, at most {width}"
        if lines[-1].rstrip().endswith(";"):
            yield (
                index,
                "semicolon",
                "the test run shows a result in spite of a last semicolon; write _ = ... or plt.show()",
            )
        for tag in cell.metadata.get("tags", []):
            if tag not in CELL_TAGS:
                yield index, "tag", f"unknown cell tag {tag!r}"
        if re.search(r"^#\s*NBVAL_", cell.source, re.MULTILINE):
            yield index, "ignored-output", "use the cell tag nbval-ignore-output and give its reason"
        if lines[0].startswith("# Check"):
            if not re.match(r"# Check \d+\.\d+: \S", lines[0]):
                yield index, "check", "a check cell begins with a line such as: # Check 5.1: the claim"
            if not re.search(r"^\s*assert\b", cell.source, re.MULTILINE):
                yield index, "check", f"{lines[0]!r} asserts nothing"


def _folded(notebook: NotebookNode, path: Path) -> Iterator[Finding]:
    """Code that draws or checks is not the reader's: the book folds it, and so do Colab and JupyterLab (`tools.normalise`)."""
    for index, cell in _cells(notebook, "code"):
        if FOLDED & set(cell.metadata.get("tags", [])) or "exercise" in cell.metadata:
            continue
        if any(_is_picture(o) for o in cell.outputs) or _DRAWS.search(cell.source):
            yield index, "folded", "a cell that draws carries the tag hide-input"
        if cell.source.startswith("# Check"):
            yield index, "folded", "a check cell carries the tag hide-input"


def _outputs(notebook: NotebookNode, path: Path) -> Iterator[Finding]:
    for index, cell in _cells(notebook, "code"):
        texts = [o.get("text") or o.get("data", {}).get("text/plain") or "" for o in cell.outputs]
        for line in "\n".join(texts).split("\n"):
            if len(line) > TABLE_WIDTH and _TABLE.search(line) and not line.startswith("<"):
                yield (
                    index,
                    "wide-output",
                    f"{line[:40]!r}... is a line of a table of {len(line)} characters, at most {TABLE_WIDTH}",
                )


def _press(notebook: NotebookNode, path: Path) -> Iterator[Finding]:
    """In a notebook that was not run nothing stands yet where the book has its buttons."""
    above: list[tuple[int, str]] = []  # what was said since the last text that code followed
    for index, cell in enumerate(notebook.cells):
        if cell.cell_type == "markdown":
            if cell.source.startswith("**Figure"):
                above = []
                continue
            if index and notebook.cells[index - 1].cell_type == "code":
                above = above[-1:]
            above.append((index, numerals.without_code(cell.source)))
        elif any(_WIDGET.match(o.get("data", {}).get("text/plain", "")) for o in cell.outputs):
            for place, text in above:
                yield from ((place, "press", line) for line in _asked_for_too_early(text))
            above = []


def _asked_for_too_early(text: str) -> Iterator[str]:
    for paragraph in text.split("\n\n"):
        asked = _PRESS.search(paragraph)
        if asked and not re.search(r"(?i)\brun\b", paragraph):
            yield f"{asked[1]!r} above a picture that is not there before its cell has run: say it below, or say to run the cell"


def _unused(notebook: NotebookNode, path: Path) -> Iterator[Finding]:
    return ((index, "unused", f"nothing uses the name {name}") for index, name in cells.unused(notebook))


def _asserts(notebook: NotebookNode, path: Path) -> Iterator[Finding]:
    for index, cell in _cells(notebook, "code"):
        yield from ((index, "assert", line) for line in asserts.wrong(cell.source))


def _figures(notebook: NotebookNode, path: Path) -> Iterator[Finding]:
    """A cell that draws a picture says in its metadata what the picture shows, and a caption follows it."""
    for index, cell in _cells(notebook, "code"):
        if not any(_is_picture(o) for o in cell.outputs):
            continue
        if {"remove-output", "remove-cell"} & set(cell.metadata.get("tags", [])):
            continue
        if len(numerals.alternative(cell).split()) < 4:
            yield (
                index,
                "alt",
                'the figure has no alternative text: "mystnb": {"image": {"alt": "what it shows"}} in the metadata',
            )
        after = notebook.cells[index + 1] if index + 1 < len(notebook.cells) else None
        if after is None or not re.match(r"\*\*Figure \d+\.\d+\.\*\* \S", after.source):
            yield index, "caption", "the cell after a figure begins with its caption: **Figure 5.1.** What to see."


def _is_picture(output: NotebookNode) -> bool:
    data = output.get("data", {})
    return any(mime.startswith("image/") for mime in data) or data.get("text/plain", "").startswith("<Figure size")


def _ignored(notebook: NotebookNode, path: Path) -> Iterator[Finding]:
    """An output that no test compares is listed with its reason, in the cell's own metadata."""
    first = next(_cells(notebook, "code"), (0, None))[0]
    for index, cell in _cells(notebook, "code"):
        reason = str(cell.metadata.get("adbook", {}).get("ignored-output", "")).strip()
        ignored = "nbval-ignore-output" in cell.metadata.get("tags", [])
        if ignored and index != first and not reason:
            yield index, "ignored-output", 'no reason: "adbook": {"ignored-output": "why"} in the metadata'
        if reason and not ignored:
            yield index, "ignored-output", "a reason, but the output is compared"


def _references(notebook: NotebookNode, path: Path) -> Iterator[Finding]:
    """A figure, question, check or formula of this chapter that the text names must be there, once."""
    number = re.match(r"0*(\d+)-", path.name)
    if not number:
        return
    chapter = number.group(1)
    # What a link names may stand on the page that it leads to.
    prose = [
        (i, re.sub(r"\[[^\]]*\]\([^)]*\)", "", numerals.without_code(c.source)))
        for i, c in _cells(notebook, "markdown")
    ]
    checks = [(i, c.source) for i, c in _cells(notebook, "code")]
    for word, there in (
        ("Figure", rf"(?m)^\*\*Figure ({chapter}\.\d+)\.\*\*"),
        ("Question", rf"(?m)^>?\s*\*\*Question ({chapter}\.\d+)\.\*\*"),
        ("Exercise", rf"(?m)^(?:>?\s*\*\*|## )Exercise ({chapter}\.\d+)\."),
        ("Check", rf"(?m)^# Check ({chapter}\.\d+):"),
        ("formula", rf"\\tag\{{({chapter}\.\d+)\}}"),
    ):
        known: set[str] = set()
        for index, text in checks if word == "Check" else prose:
            for label in re.findall(there, text):
                if label in known:
                    yield index, "reference", f"a second {word} {label}"
                known.add(label)
        named = rf"\(({chapter}\.\d+)\)" if word == "formula" else rf"\b{word} ({chapter}\.\d+)\b"
        for index, text in prose:
            for label in re.findall(named, text):
                if label not in known:
                    yield index, "reference", f"there is no {word} {label}"


def _targets(notebook: NotebookNode, path: Path) -> Iterator[Finding]:
    for index, cell in enumerate(notebook.cells):
        text = cell.cell_type == "markdown"
        for line in references.wrong(cell.source, path) if text else references.unknown(cell.source):
            yield index, "reference", line


def _numerals(notebook: NotebookNode, path: Path) -> Iterator[Finding]:
    return ((index, "numeral", message) for index, message in numerals.unguarded(notebook))


def _digits(notebook: NotebookNode, path: Path) -> Iterator[Finding]:
    return (
        (i, "digits", f"{shown} does not hold in the digits shown; write ≈")
        for i, shown in digits.of_notebook(notebook)
    )


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tools.lint", description=__doc__.split("\n")[0])
    parser.add_argument("files", nargs="*", type=Path, help="notebooks (default: every chapter)")
    options = parser.parse_args(arguments)
    failed = False
    for path in options.files or notebooks():
        path = path.resolve()
        shown = path.relative_to(ROOT) if path.is_relative_to(ROOT) else path
        for cell, rule, message in findings(read(path), path):
            failed = True
            print(f"{shown}:{cell + 1}: {rule}: {message}")
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
