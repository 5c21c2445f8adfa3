"""What tests of formulas inside widgets need."""

from functools import cache

import pytest

from adlib.viz.formula import outlines
from adlib.viz.graph import drawing, stepper

strictly = cache(outlines.parse)


@pytest.fixture
def no_letters(monkeypatch):
    """A formula that mathtext cannot read is an error, and not drawn letter by letter."""
    for module in (outlines, drawing, stepper):
        monkeypatch.setattr(module, "measure", strictly)
