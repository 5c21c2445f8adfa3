"""Reading tables: the rows of one in a chapter, on a page or in a docstring, and the value of a formula that stands in it."""

import math
import re

import numpy as np

from tools import ROOT, normalise

FUNCTIONS = {name: getattr(np, name) for name in ("sqrt", "exp", "log", "sin", "cos", "ceil", "imag")} | {
    "min": min,
    "C": lambda n, k: math.comb(n, k) if k >= 0 else 0,
}
N, M = 7, 3  # entries and directions wherever a table speaks of n and m


def cells_of(chapter, kind):
    """The text or the code of a chapter; the set-up cell is left out."""
    found = [c.source for c in normalise.read(ROOT / "chapters" / f"{chapter}.ipynb").cells if c.cell_type == kind]
    return "\n".join(found[kind == "code" :])


def value(formula, **names):
    """A formula of a table, in LaTeX or as a docstring writes it, with numbers for its letters."""
    text = formula.strip("$` ")
    for there, instead in (
        (r"\partial_i\Delta L", "trace"),
        (r"\partial_i^3 L", "third"),
        (r"\varepsilon", "eps"),
        (r"\cdot", "*"),
        (r"\,", " "),
        ("^", "**"),
    ):
        text = text.replace(there, instead)
    text = re.sub(r"\\(\w+)(?:\{(\w)\}| (\w))", r"\1(\2\3)", text)  # \sqrt{a}, \sin a
    text = re.sub(r"(?<=[\w)])\s+(?=[\w(])|(?<=\d)(?=[A-Za-zε(])|(?<=\b[a-eg-z])(?=\()", "*", text)
    return eval(text, {"__builtins__": {}}, FUNCTIONS | names)


def cells(line):
    return [cell.strip() for cell in line.strip().strip("|").split("|")]


def table(text, *head):
    """The rows of the table in Markdown whose first columns have these names."""
    lines = text.splitlines()
    (start,) = [k for k, line in enumerate(lines) if line.startswith("|") and cells(line)[: len(head)] == list(head)]
    rows = []
    for line in lines[start + 2 :]:
        if not line.startswith("|"):
            break
        rows.append(cells(line))
    return rows


def columns(text, first):
    """The rows of the table in a docstring that begins with this word; its columns are as wide as its lines."""
    lines = text.splitlines()
    ruled = [line.strip().startswith("==") for line in lines]
    start = next(k for k, line in enumerate(lines) if line.split()[:1] == [first] and ruled[k - 1])
    start += 2 * ruled[start + 1]  # what has a line below it is a header
    edges = [rule.start() for rule in re.finditer("=+", lines[start - 1])]
    rows = lines[start : ruled.index(True, start)]
    return [[line[a:b].strip() for a, b in zip(edges, [*edges[1:], None])] for line in rows]


def wrong(where, row, said, found):
    return f"{where}, row {row}: says {said}, the code has {found}"
