"""What every widget is on a page: one element with its style, its shapes, its words and its script.

A page needs nothing: no network, no library, no running Python. It works in the built book, in a saved page, in the
frame that Colab shows outputs in and in JupyterLab. Style and script are files of the package.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import cache
from html import escape
from importlib.resources import files

from .formula.outlines import Sheet, drawn
from .style import COLOURS


class Widget:
    """Something that a notebook shows: its page as HTML, and what it is in a terminal."""

    _html: str
    _title: str

    def _repr_html_(self) -> str:
        return self._html

    def __repr__(self) -> str:
        return f"<{self._title}>"


def page(
    kind: str,
    label: str,
    build: Callable[[Sheet], str],
    *,
    styles: Sequence[str],
    scripts: Sequence[str],
    classes: str = "",
    data: str = "",
) -> str:
    """A widget as a piece of a page.

    Parameters
    ----------
    kind : str
        Its CSS class, by which its script finds it.
    label : str
        Its name for a screen reader.
    build : callable
        Gives what stands in it, drawn on the `Sheet` it is called with.
    styles : sequence of str
        Its style sheets after the common one, and
    scripts : sequence of str
        its scripts: files of this folder.
    classes, data : str
        More classes and attributes of its element.
    """
    body, shapes = drawn(build)
    style = "".join(embedded(name) for name in ("widget.css", *styles))
    code = "\n".join(embedded(name) for name in ("widget.js", *scripts))
    return (
        f'<div class="ad-w {kind}{classes}" role="group" aria-label="{escape(label, quote=True)}" '
        f'data-lm-suppress-shortcuts="true"{data}><style>{style}</style>'
        f'<svg class="ad-def" aria-hidden="true" focusable="false">{shapes}</svg>{body}'
        f'<p class="ad-sr ad-live" aria-live="polite"></p></div><script>(() => {{\n{code}\n}})()</script>'
    )


@cache
def embedded(name: str) -> str:
    """A style sheet or a script of this folder as a page carries it: without comments, indentation and spare spaces.

    In a style sheet ``var(--hue-forward)`` becomes the colour of that role in `COLOURS`.
    """
    text = files(__package__).joinpath(*name.split("/")).read_text(encoding="utf-8")
    if name.endswith(".css"):
        text = re.sub(r"var\(--hue-(\w+)\)", lambda match: COLOURS[match[1]], text)
        text = re.sub(r"/\*.*?\*/", "", text, flags=re.S)
        return re.sub(r"\s*([{};>])\s*|([:,])\s+", r"\1\2", text).replace(";}", "}").strip()
    lines = (re.sub(r"(^| )// .*", "", line).strip() for line in text.splitlines())
    parts = re.split(r"('[^'\n]*'|`[^`]*`)", "\n".join(filter(None, lines)))  # code, a string, code, ...
    return "".join(p if k % 2 else re.sub(r" ?([][=!<>(){},;:?&|*/%]) ?", r"\1", p) for k, p in enumerate(parts))


def icon(path: str, css: str = "") -> str:
    """A drawing 18 px wide for a button."""
    css = f' class="{css}"' if css else ""
    return f'<svg{css} aria-hidden="true" viewBox="0 0 18 18" width="18" height="18"><path d="{path}"/></svg>'
