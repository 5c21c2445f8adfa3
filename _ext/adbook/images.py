"""Alt text: every picture says in words what it shows."""

from __future__ import annotations

import functools

from docutils import nodes
from myst_nb.core.render import MimeData, NbElementRenderer
from sphinx.application import Sphinx
from sphinx.transforms import SphinxTransform
from sphinx.util import logging

logger = logging.getLogger(__name__)


def with_output_alt(render_image):
    """Let ``display(fig, metadata={"image/png": {"alt": ...}})`` set the alt text, as it does in Jupyter's front ends.

    myst-nb itself reads only the cell's metadata, which cannot hold a number that the cell has just computed.
    """

    @functools.wraps(render_image)
    def wrapper(self: NbElementRenderer, data: MimeData) -> list[nodes.Element]:
        images = render_image(self, data)
        alt = data.output_metadata.get(data.mime_type, {}).get("alt")
        for image in images:
            if alt:
                image["alt"] = alt
        return images

    wrapper.adbook = True
    return wrapper


def cell_number(image: nodes.image) -> int | None:
    """Return the number of the notebook cell that shows ``image``, counted from 1."""
    node = image.parent
    while node is not None:
        if node.get("nb_element") == "cell_code":
            return node["cell_index"] + 1
        node = node.parent
    return None


class AltText(SphinxTransform):
    """Warn about an image without alt text, where docutils would silently put the file's name."""

    default_priority = 880

    def apply(self, **kwargs: object) -> None:
        for image in self.document.findall(nodes.image):
            if image.get("alt", "").strip():
                continue
            cell = cell_number(image)
            what = f"the picture of cell {cell}" if cell else f"the image {image['uri']}"
            logger.warning(
                "%s: %s has no alt text (cell metadata mystnb.image.alt, or alt in the output's metadata)",
                self.env.doc2path(self.env.docname, base=False),
                what,
                location=self.env.docname,
                type="adbook",
                subtype="alt",
            )


def setup(app: Sphinx) -> None:
    if not hasattr(NbElementRenderer.render_image, "adbook"):
        NbElementRenderer.render_image = with_output_alt(NbElementRenderer.render_image)
    app.add_transform(AltText)
