"""How well a colour is seen on the page, in light and in dark, and whether a method keeps its colour.

A figure is drawn once, on white. The style sheet multiplies it with the paper in light; in dark it inverts the figure, turns
its hues half round and lays it over the paper as light (``_static/adbook.css``). Here the same is computed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

import numpy as np

from adlib.viz.style import METHODS
from tools import ROOT

LINE, WORD = 3.0, 4.5  # WCAG 2.1, 1.4.11 and 1.4.3

# As labels call a method, where that is not its name at their beginning.
ALIASES = {
    "gradient": "gradient descent",
    "gradients": "gradient descent",
    "two points": "two-point",
    "without a gradient": "two-point",
    "differences": "finite differences",
    "central differences": "finite differences",
    "forward sweeps": "forward mode",
    "bound": "theory",
}
_WHITE = np.ones(3)


def paper(theme: str) -> str:
    """The background of the page in ``"light"`` or ``"dark"``, as the style sheet says."""
    return variables(theme)["paper"]


def variables(theme: str) -> dict[str, str]:
    """The colours of the page by their names without ``--ad-``."""
    css = (ROOT / "_static" / "adbook.css").read_text(encoding="utf-8")
    blocks = re.findall(r"(?ms)^ *(?::root|html\[data-theme=\"dark\"\]) \{(.*?)^ *\}", css)
    return dict(re.findall(r"--ad-([\w-]+): (#\w{6});", blocks[("light", "dark").index(theme)]))


def ratio(a: np.ndarray | str, b: np.ndarray | str) -> float:
    """The contrast of two colours, 1 to 21."""
    low, high = sorted(_luminance(_rgb(colour)) for colour in (a, b))
    return (high + 0.05) / (low + 0.05)


def on_page(colour: str, theme: str) -> np.ndarray:
    """What a figure's colour looks like on the page."""
    ground, drawn = _rgb(paper(theme)), _rgb(colour)
    if theme == "light":
        return drawn * ground
    return 1 - (1 - np.clip(_half_round() @ (_WHITE - drawn), 0, 1)) * (1 - ground)


def of_figure(colour: str, theme: str) -> float:
    """The contrast of a figure's colour with the page."""
    return ratio(on_page(colour, theme), paper(theme))


def other_colours(labels: Iterable[tuple[str, str, str]]) -> Iterator[str]:
    """A line for every label (place, label, role) that names a method and has the colour of another one."""
    taken = set(METHODS.values())
    for place, label, role in labels:
        method = method_of(label)
        if method and role in taken - {METHODS[method]}:
            yield f"{place}: {label!r} is drawn in {role}, but {method} has the colour {METHODS[method]}"


def method_of(label: str) -> str | None:
    """The method with whose name a label begins; None where it begins with none."""
    plain = re.sub(r"^(?:the|one|\$?\w\$?)\s+", "", label.lower())
    names = {**{name.lower(): name for name in METHODS}, **ALIASES}
    found = [name for name in names if re.match(rf"{re.escape(name)}(?!\w)", plain)]
    return names[max(found, key=len)] if found else None


def keys(html: str) -> Iterator[tuple[str, str]]:
    """The labels in the keys of a page's explorables, each with its role."""
    for item in re.findall(r"<li><svg aria-hidden=\"true\"[^>]*>(?:(?!</li>).)*</li>", html):
        role = re.search(r'class="ax-(\w+)"', item)
        label = " ".join(re.sub(r"<[^>]+>", " ", item).split())
        if role and label:
            yield label, role[1]


def pale_words(svg: str) -> Iterator[str]:
    """A line for every word of a figure that is too pale to be read, in light or in dark."""
    for words, style in re.findall(r"<!-- (.*?) -->\s*<g([^>]*)>", svg, re.DOTALL):
        colour = re.search(r"fill: (#\w{6})", style)
        for theme in ("light", "dark"):
            if colour and (seen := of_figure(colour[1], theme)) < WORD:
                yield f"the words {words!r} in {colour[1]}: contrast {seen:.2f} in {theme}, at least {WORD}"


def pale_names(html: str) -> Iterator[str]:
    """A line for every name in the picture of an explorable that is written in a colour for lines."""
    for role, inside in re.findall(r'<g class="ax-(highlight|light)">(.*?)</g>', html, re.DOTALL):
        for name in re.findall(r"<text[^>]*>([^<]+)", inside):
            yield f"the name {name!r} in {role}, which is not for words"


def _rgb(colour: np.ndarray | str) -> np.ndarray:
    if isinstance(colour, str):
        return np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    return colour


def _luminance(rgb: np.ndarray) -> float:
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    return float(linear @ [0.2126, 0.7152, 0.0722])


def _half_round() -> np.ndarray:
    """The matrix of CSS's hue-rotate(180deg), from the specification of filter effects."""
    grey = np.array([[0.213, 0.715, 0.072]] * 3)
    return 2 * grey - np.eye(3)
