"""Boxes and captions: what a paragraph's bold lead says it is."""

from __future__ import annotations

import re

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.transforms import SphinxTransform
from sphinx.util import logging

logger = logging.getLogger(__name__)

NUMBER = r"\d+\.\d+"
BOXES = {
    rf"Question {NUMBER}": "ad-question",
    rf"Exercise {NUMBER}": "ad-exercise",
    r"On the slides": "ad-slides",
    r"In adlib": "ad-adlib",
    r"In JAX": "ad-jax",
    r"Check": "ad-check",
    r"Note": "ad-note",
    r"Try it": "ad-try",
}
CAPTION = re.compile(rf"Figure {NUMBER}\.")


def bold_lead(paragraph: nodes.Node) -> nodes.strong | None:
    """Return the bold text a paragraph begins with, or None."""
    if not isinstance(paragraph, nodes.paragraph):
        return None
    # MyST puts an empty text node before inline markup.
    children = (child for child in paragraph.children if child.astext().strip())
    first = next(children, None)
    return first if isinstance(first, nodes.strong) else None


def box_class(lead: str) -> str | None:
    """Return the CSS class of the box that begins with ``lead``, or None for an unknown lead."""
    return next((css for pattern, css in BOXES.items() if re.fullmatch(rf"{pattern}\.", lead)), None)


class BoldLeads(SphinxTransform):
    """Mark boxes and captions with CSS classes; the text stays as it is.

    Runs before Sphinx' translation transform (priority 20), so that a translated edition keeps its boxes.
    """

    default_priority = 15

    def apply(self, **kwargs: object) -> None:
        for quote in self.document.findall(nodes.block_quote):
            self.mark_box(quote)
        for paragraph in self.document.findall(nodes.paragraph):
            self.mark_caption(paragraph)

    def mark_box(self, quote: nodes.block_quote) -> None:
        lead = bold_lead(quote.children[0]) if quote.children else None
        if lead is None:
            return
        css = box_class(lead.astext())
        if css is None:
            known = ", ".join(pattern.replace(NUMBER, "5.1") + "." for pattern in BOXES)
            logger.warning(
                "blockquote begins with the unknown bold lead %r (known: %s)",
                lead.astext(),
                known,
                location=quote,
                type="adbook",
                subtype="box",
            )
            return
        quote["classes"] += ["ad-box", css]
        lead["classes"].append("ad-lead")
        if re.search(NUMBER, lead.astext()):
            self.add_anchor(quote, lead.astext())

    def mark_caption(self, paragraph: nodes.paragraph) -> None:
        lead = bold_lead(paragraph)
        if lead is not None and CAPTION.fullmatch(lead.astext()):
            paragraph["classes"].append("ad-caption")
            lead["classes"].append("ad-lead")
            self.add_anchor(paragraph, lead.astext())

    def add_anchor(self, node: nodes.Element, label: str) -> None:
        """Make ``[...](05-forward-mode.ipynb#figure-5-1)`` work, and let Sphinx check such links."""
        anchor = nodes.make_id(label)
        slugs = self.env.metadata[self.env.docname].setdefault("myst_slugs", {})
        if anchor in slugs:
            logger.warning("%r occurs twice on this page", label, location=node, type="adbook", subtype="box")
            return
        node["ids"].append(anchor)
        slugs[anchor] = (node.line, anchor, label.rstrip("."))
        # Links within the page look here, links from other pages in the metadata.
        self.document.myst_slugs = slugs


def setup(app: Sphinx) -> None:
    app.add_transform(BoldLeads)
