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
            self.keep_together(formula)

    def keep_together(self, formula: nodes.math) -> None:
        parent = formula.parent
        place = parent.index(formula)
        before = parent[place - 1] if place else None
        after = parent[place + 1] if place + 1 < len(parent) else None
        kept = nodes.inline("", "", formula.deepcopy(), classes=["ad-nobreak"])
        # By position, from the end: two equal pieces of text are the same to docutils when it looks for one.
        if isinstance(after, nodes.Text) and (closing := CLOSING.match(after).group()):
            kept += nodes.Text(closing)
            parent[place + 1] = nodes.Text(after[len(closing) :])
        if isinstance(before, nodes.Text) and (opening := OPENING.search(before).group()):
            kept.insert(0, nodes.Text(opening))
            parent[place - 1] = nodes.Text(before[: -len(opening)])
        if len(kept) > 1:
            parent[place] = kept


def setup(app: Sphinx) -> None:
    app.add_post_transform(PlainDisplayMath)
    app.add_post_transform(KeepPunctuation)
