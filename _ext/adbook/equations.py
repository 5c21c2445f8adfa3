r"""Display math: MathJax gets exactly the TeX that the notebook holds.

Sphinx wraps a formula that contains ``\\`` in ``split``, inside which ``\tag`` is an error that MathJax shows in red
while the build stays green. Jupyter and Colab hand the same formula to MathJax untouched, and so do we.
"""

from __future__ import annotations

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.transforms.post_transforms import SphinxPostTransform

# The theme makes elements of this class reachable by keyboard while, and only while, they scroll.
SCROLLS = "pst-scrollable-table-container"


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


def setup(app: Sphinx) -> None:
    app.add_post_transform(PlainDisplayMath)
