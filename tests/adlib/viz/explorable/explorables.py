"""Explorables of every kind of layer, and a decoder of their frames that shares no code with the package."""

import base64
import html
import json
import re
import zlib
from html.parser import HTMLParser

import numpy as np

from adlib.viz import Arrows, Bars, Canvas, Cells, Curve, Explorable, Marker, Plot, Points, Scene, Text

STEPS = np.logspace(-6, -1, 11)


def slider():
    """One panel with logarithmic axes, one picker, one slider: the error of a difference quotient of exp at 0."""

    def scene(scheme):
        if scheme == "forward":
            error = np.abs((np.exp(STEPS) - 1) / STEPS - 1)
        else:
            error = np.abs((np.exp(STEPS) - np.exp(-STEPS)) / (2 * STEPS) - 1)
        return Scene(
            [
                Curve(STEPS, error, role="forward", label="error"),
                Points(STEPS[:, None], error[:, None], role="highlight", size=5),
                Marker(x=STEPS),
            ],
            frames=STEPS,
            numbers={"error": error},
            says=f"With the {scheme} scheme and the step {{axis}} the error is {{error}}.",
        )

    return Explorable(
        "The error of a difference quotient",
        r"Which step $\varepsilon$ gives the smallest error?",
        Plot((1e-6, 0.1), (1e-12, 1), r"step $\varepsilon$", "error", "Error against step.", xlog=True, ylog=True),
        scene,
        axis=r"$\varepsilon$",
        pickers={"Scheme": ["forward", "central"]},
        telling=[("forward", 4), ("forward", -1), ("central", 2)],
        answer="It depends on the scheme.",
    )


def player(seconds=0.8):
    """Two panels, two pickers, a player; every kind of layer is in it."""
    turn = np.linspace(0, 2 * np.pi, 9)

    def scene(points, wide):
        start = np.arange(points) * 0.8
        radius = 2.0 if wide == "wide" else 1.0
        x = radius * np.cos(turn[:, None] + start)
        y = radius * np.sin(turn[:, None] + start)
        zero = np.zeros_like(x)
        bars = np.abs(np.column_stack([x[:, 0], y[:, 0]]))
        kinds = (np.arange(5) <= np.arange(9)[:, None] / 2).astype(int) + (np.arange(5) == 4)
        return Scene(
            [
                [
                    Points(
                        x[0], y[0], role="neutral", marker="ring", names=[f"p{k}" for k in range(points)], label="start"
                    ),
                    Points(x, y, role="forward", trail=3, label="now"),
                    Points(x / 2, y / 2, role="good", marker="cross", opacity=0.6),
                    Arrows(zero, zero, x, y, role="reverse", label="from the middle"),
                    Text(-2.2, 2.0, [f"frame {k}" for k in range(9)]),
                ],
                [
                    Bars([1, 2], bars, width=0.8, base=0, role="light", label="size"),
                    Curve([1, 2, 3], [[0.5, 1, k / 4] for k in range(9)], role="other", fill=0),
                    Points(
                        [[3.5] * k for k in range(9)], [np.arange(k) / 4 for k in range(9)], marker="tick", role="value"
                    ),
                    Marker(y=bars[:, 0]),
                    Cells(
                        kinds[:, None, :],
                        of=[("", None), ("seen", "good", "●"), ("last", "other", "→")],
                        top=2.4,
                        height=0.3,
                    ),
                ],
            ],
            frames=range(9),
            numbers={"x": x[:, 0], "count": np.arange(9) ** 2},
            says="Turn {axis}: x is {x}.",
        )

    return Explorable(
        "A wheel",
        "Where does it stop?",
        [
            Canvas(
                (-2.5, 2.5),
                (-2.5, 2.5),
                "A wheel of points.",
                title="the wheel",
                layers=[Curve([-2, 2], [0, 0], role="neutral")],
            ),
            Plot((0, 4), (0, 2.5), "coordinate", "size", "Sizes as bars."),
        ],
        scene,
        axis="turn",
        play=True,
        seconds=seconds,
        pickers={"Points": [2, 5], "Radius": ["narrow", "wide"]},
        telling=[(2, "narrow", 0), (5, "wide", 4), (5, "wide", -1)],
    )


def data_of(page):
    """What the script of an explorable is given."""

    class Finder(HTMLParser):
        found = None

        def handle_starttag(self, tag, attrs):
            self.found = self.found or dict(attrs).get("data-packed")

    finder = Finder()
    finder.feed(page)
    return json.loads(zlib.decompress(base64.b64decode(finder.found, validate=True)))


def texts(data, number):
    """A column, its moves carried out."""
    out = []
    for entry in data["columns"][number]:
        if not isinstance(entry, str):
            parts = re.split(r"(-?[0-9]+)", out[-1])
            assert len(parts) == 2 * len(entry) + 1
            parts[1::2] = [str(int(number) + by) for number, by in zip(parts[1::2], entry)]
            entry = "".join(parts)
        out.append(entry)
    return out


def elements(data, scene, panel=0):
    """Of each path and text of a panel its attributes, as one value or as a list of one a frame; "text" is what is in it."""
    found = []
    for tag, attributes, text in re.findall(r"<(path|text)([^>]*?)(?:/>|>(.*?)</text>)", scene["panes"][panel]):
        found.append(dict(re.findall(r'([a-z-]+)="(.*?)"', attributes), tag=tag, text=html.unescape(text)))
    for where, element, attribute, number, *trail in scene["moves"]:
        if where == panel:
            assert attribute not in found[element] or attribute == "text", "what moves is not in the drawing"
            found[element][attribute] = texts(data, number)
            found[element]["trail"] = trail
    return found


def places(outlines):
    """Where the dots of a path are, by frame."""
    return [[tuple(map(int, place)) for place in re.findall(r"M(-?\d+) (-?\d+)h0", outline)] for outline in outlines]


def corners(outline):
    """The points of a line of relative steps."""
    (x, y), *steps = zip(*[map(int, re.findall(r"-?\d+", outline))] * 2)
    out = [(x, y)]
    for dx, dy in steps:
        out.append((out[-1][0] + dx, out[-1][1] + dy))
    return out


def scale_of(page, panel=0):
    """How places on a panel translate into values, read off its axes: two functions, of x and of y."""
    defs = re.search(r'<svg class="ad-def".*?</svg><p', page, re.S)[0]
    used = re.findall(r'<div class="ax-pane">.*?<use href="#(\S+?)"', page, re.S)[panel]
    axes = re.search(rf'<g id="{re.escape(used)}">(.*?)(?=<g id=|</defs>)', defs, re.S)[1]
    ticks = {"x": [], "y": []}
    for axis, at, text in re.findall(
        r'<path class="ax-g" d="M(?:(?=\d+ \d+V)|(?=\d+ \d+h))()(.*?)"/><text.*?>(.*?)</text>', axes
    ):
        x, y = map(int, re.match(r"(\d+) (\d+)", at).groups())
        base, _, power = html.unescape(re.sub("<tspan.*?>", "^", text).replace("</tspan>", "")).partition("^")
        value = float(base.replace("\N{MINUS SIGN}", "-"))
        if power:
            value **= float(power.replace("\N{MINUS SIGN}", "-"))
        axis = "x" if "V" in at else "y"
        ticks[axis].append((x if axis == "x" else y, value, bool(power)))
    out = {}
    for axis, found in ticks.items():
        (p, a, _), *_, (q, b, _) = found
        log = any(power for *_, power in found)
        if log:
            out[axis] = lambda v, p=p, q=q, a=a, b=b: (
                10 ** (np.log10(a) + (np.asarray(v) - p) / (q - p) * np.log10(b / a))
            )
        else:
            out[axis] = lambda v, p=p, q=q, a=a, b=b: a + (np.asarray(v) - p) / (q - p) * (b - a)
    return out
