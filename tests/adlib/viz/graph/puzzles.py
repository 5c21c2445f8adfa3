"""Two functions for the order puzzle, and what an order of reports gives for them, by derivatives written out here."""

import math

import numpy as np


def L(w1, w2):
    v2 = w2 * np.log(w1)
    return v2 + np.sqrt(v2)


def fan(x, y):
    a = x * y
    b = np.sin(a)
    c = a * b
    d = np.exp(-c)
    return c * d + b


POINTS = {"L": (2.0, 3.0), "fan": (1.2, -0.7)}


def reported(name, order):
    """The gradient of ``L`` or ``fan`` at its point when the nodes report in this order, right or wrong."""
    if name == "L":
        v1, root = math.log(2), math.sqrt(3 * math.log(2))
        sends = {"L": {"v2": 1, "v3": 1}, "v3": {"v2": 0.5 / root}, "v2": {"v1": 3, "w2": v1}, "v1": {"w1": 0.5}}
        inputs = "w1", "w2"
    else:
        x, y = POINTS[name]
        a = x * y
        b = math.sin(a)
        c = a * b
        d = math.exp(-c)
        sends = {
            "fan": {"v6": 1, "v2": 1}, "v6": {"v3": d, "v5": c}, "v5": {"v4": d}, "v4": {"v3": -1},
            "v3": {"v1": b, "v2": a}, "v2": {"v1": math.cos(a)}, "v1": {"x": y, "y": x},
        }  # fmt: skip
        inputs = "x", "y"
    held = {node: 0.0 for to in sends.values() for node in to} | {name: 1.0}
    for node in order:
        for to, slope in sends[node].items():
            held[to] += held[node] * slope
    return [held[node] for node in inputs]
