r"""Formulas: MathJax gets exactly the TeX that the notebook holds.

Sphinx wraps a formula that contains ``\\`` in ``split``, inside which ``\tag`` is an error that MathJax shows in red
while the build stays green. Jupyter and Colab hand the same formula to MathJax untouched, and so do we.
"""

from __future__ import annotations

import re

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.transforms.post_transforms import SphinxPostTransform

# The theme makes elements of this class reachable by keyboard while, and only while, they scroll.
SCROLLS = "pst-scrollable-table-container"

# What may not be parted from a formula: brackets and quotes before it; these, stops and word endings (-th) after it.
OPENING = re.compile(r"[(\[“‘]*$")
CLOSING = re.compile(r"(?:[)\]”’.,;:!?]|-\w+)*")


class PlainDisplayMath(SphinxPostTransform):
    """Put display math in explicit delimiters and a scrolling box."""

    default_priority = 400
    formats = ("html",)

    def run(self, **kwargs: object) -> None:
        for block in self.document.findall(nodes.math_block):
            block["classes"] += ["ad-math", SCROLLS]
            if block.get("nowrap") or block.get("number") or "amsmath" in block["classes"]:
                continue
            block["nowrap"] = True
            block.children = [nodes.Text(rf"\[{block.astext()}\]")]


class KeepPunctuation(SphinxPostTransform):
    """Keep a formula on one line with the punctuation around it.

    To the browser a formula is a box, beside which a line may break, and a comma would begin the next one.
    """

    default_priority = 400
    formats = ("html",)

    def run(self, **kwargs: object) -> None:
        for formula in list(self.document.findall(nodes.math)):
            parent = formula.parent
            place = parent.index(formula)
            before, after = parent[place - 1 : place], parent[place + 1 : place + 2]
            opening = closing = ""
            if before and isinstance(before[0], nodes.Text):
                opening = OPENING.search(before[0].astext()).group()
            if after and isinstance(after[0], nodes.Text):
                closing = CLOSING.match(after[0].astext()).group()
            if not opening and not closing:
                continue
            kept = nodes.inline("", "", nodes.Text(opening), formula.deepcopy(), nodes.Text(closing), classes=["ad-nobreak"])
            if closing:
                parent.replace(after[0], nodes.Text(after[0].astext()[len(closing) :]))
            parent.replace(formula, kept)
            if opening:
                parent.replace(before[0], nodes.Text(before[0].astext()[: -len(opening)]))


def setup(app: Sphinx) -> None:
    app.add_post_transform(PlainDisplayMath)
    app.add_post_transform(KeepPunctuation)
