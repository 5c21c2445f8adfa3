"""What a narrow screen needs in the markup: lines of code that can wrap one by one, and wide tables that can become cards.

The style sheet does the rest below the width of a phone (``_static/adbook.css``); on a wide screen nothing of it is seen.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from docutils import nodes
from pygments.formatters import HtmlFormatter
from sphinx.application import Sphinx
from sphinx.highlighting import PygmentsBridge
from sphinx.transforms.post_transforms import SphinxPostTransform

# The letters that a phone shows side by side in a table, by their widest face, and those that part two columns.
LETTERS, GAP = 44, 1.2


class Lines(HtmlFormatter):
    """Each line of code in a span of its own, its end outside: the text to be copied is what it was."""

    def wrap(self, source):
        return super().wrap(self._lines(source))

    def _lines(self, source) -> Iterator[tuple[int, str]]:
        for is_code, text in source:
            line = text.removesuffix("\n")
            end = text[len(line) :]
            yield is_code, f'<span class="ad-line">{line}</span>{end}' if is_code else text


class Cards(SphinxPostTransform):
    """Mark a table whose columns do not fit a phone, and give each of its cells the head of its column as a label."""

    default_priority = 400
    formats = ("html",)

    def run(self, **kwargs: object) -> None:
        for table in list(self.document.findall(nodes.table)):
            rows = [list(row.findall(nodes.entry)) for row in table.findall(nodes.row)]
            head = next(table.findall(nodes.thead), None)
            if head is None or letters(rows) <= LETTERS:
                continue
            table["classes"].append("ad-cards")
            labels = [entry.astext() for entry in rows[0]]
            for row in rows[1:]:
                for label, entry in list(zip(labels, row, strict=False))[1:]:
                    if label and entry.astext().strip():
                        paragraph = next(entry.findall(nodes.paragraph))
                        paragraph.insert(0, nodes.inline("", f"{label}: ", classes=["ad-label"]))


def letters(rows: list[list[nodes.Element]]) -> float:
    """How many letters the columns of a table need side by side when every line breaks wherever it may."""
    columns = zip(*rows, strict=False)
    widest = [max(map(_unbroken, column)) for column in columns]
    return sum(widest) + GAP * (len(widest) - 1)


def _unbroken(entry: nodes.Element) -> float:
    """The letters of the longest piece in which no line may break: a word, or a formula."""
    formulas = [0.7 * len(re.sub(r"\\[A-Za-z]+|[{}^_\s\\]", "", f.astext())) for f in entry.findall(nodes.math)]
    words = [
        len(word)
        for text in entry.findall(nodes.Text)
        if not isinstance(text.parent, nodes.math)
        for word in text.split()
    ]
    return max([*formulas, *words], default=0)


def setup(app: Sphinx) -> None:
    PygmentsBridge.html_formatter = Lines
    app.add_post_transform(Cards)
