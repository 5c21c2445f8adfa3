"""Explorables of every kind of layer, and a decoder of their frames that shares no code with the package."""

import html
import json
import re
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


def unpacked(text):
    """The frames in a packed string, read as `adlib.viz.explorable.packing` says they are written."""
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    codes, code, place = [], 0, 1
    for letter in text:
        digit = letters.index(letter)
        code += (digit % 32) * place
        place *= 32
        if digit < 32:
            codes.append(-(code // 2) if code % 2 else code // 2)
            code, place = 0, 1
    assert place == 1, "the last number is whole"
    stream, rest = [], iter(codes[1:])
    for value in rest:
        stream += [0] * (1 + next(rest)) if value == 0 else [value]
    frames, at = [], 0
    for _ in range(codes[0]):
        before = frames[-1] if frames else []
        length = len(before) + stream[at]
        changes, at = stream[at + 1 : at + 1 + length], at + 1 + length
        frame = []
        for k, change in enumerate(changes):
            frame.append(change + (before[k] if k < len(before) else frame[-1] if frame else 0))
        frames.append(frame)
    assert at == len(stream), "nothing is left over"
    return frames


def data_of(page):
    """What the script of an explorable is given, with every string of frames unpacked where one is meant."""

    class Finder(HTMLParser):
        found = None

        def handle_starttag(self, tag, attrs):
            self.found = self.found or dict(attrs).get("data-x")

    finder = Finder()
    finder.feed(page)
    return json.loads(finder.found)


def texts(data, index):
    """A column of numbers or labels as the reader sees it."""
    text = data["d"][index]
    if not text.startswith("#"):
        return text.split("|")
    return [str(frame[0]).replace("-", "\N{MINUS SIGN}") for frame in unpacked(text[1:])]


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
