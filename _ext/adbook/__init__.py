"""Sphinx extension of the book: plain Markdown in, a finished page out.

The chapters are notebooks in a Markdown subset that reads well in Jupyter, Colab and on GitHub. This extension
gives the same text its shape in the built book. Each module has one job:

``boxes``      bold-lead blockquotes become boxes, ``**Figure 5.1.**`` paragraphs become captions
``downloads``  the links of notebooks that leave the book lead to the repository
``equations``  display math reaches MathJax as it was written, so that ``\\tag`` works
``images``     alt text from output metadata; an image without it is a warning
``narrow``     lines of code that wrap and tables that become cards on a phone
``sources``    links to source files open highlighted source pages, written by this extension
``page``       page furniture: no dead buttons, nothing that asks the network, accessible markup
"""

from __future__ import annotations

from sphinx.application import Sphinx

from . import boxes, downloads, equations, images, narrow, page, sources


def setup(app: Sphinx) -> dict[str, object]:
    for module in (boxes, downloads, equations, images, narrow, sources, page):
        module.setup(app)
    return {"version": "1", "env_version": 1, "parallel_read_safe": True, "parallel_write_safe": True}
