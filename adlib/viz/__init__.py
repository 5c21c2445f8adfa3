"""Drawings: computational graphs that move one step at a time, pictures that the reader moves, formulas as outlines,
one style for figures.

Needs matplotlib, which is imported when something is drawn and not before.
"""

from .explorable.layers import Arrows, Bars, Cells, Curve, Marker, Points, Text
from .explorable.page import Explorable
from .explorable.panels import Canvas, Plot
from .explorable.scene import Scene
from .formula.outlines import svg as formula_svg
from .graph.elimination import EliminationPuzzle, elimination_html
from .graph.puzzle import Puzzle, puzzle_html
from .graph.stepper import Stepper, graph_html, stepper_html
from .style import COLOURS, METHODS, figure, label, use_style

__all__ = [
    "COLOURS",
    "METHODS",
    "Arrows",
    "Bars",
    "Canvas",
    "Cells",
    "Curve",
    "EliminationPuzzle",
    "Explorable",
    "Marker",
    "Plot",
    "Points",
    "Puzzle",
    "Scene",
    "Stepper",
    "Text",
    "elimination_html",
    "figure",
    "formula_svg",
    "graph_html",
    "label",
    "puzzle_html",
    "stepper_html",
    "use_style",
]
