"""The one number on the page of notes on the slides, computed."""

from pathlib import Path

import numpy as np

import adlib

PAGE = Path(__file__).resolve().parents[2] / "pages" / "slide-notes.md"


def test_the_adjoint_of_v2_is_the_number_on_the_page():
    v2 = 3.0 * np.log(2.0)
    adjoint = adlib.grad(lambda v2: v2 + np.sqrt(v2))(v2)
    assert np.isclose(adjoint, 1 + 1 / (2 * np.sqrt(v2)), rtol=1e-15)
    assert f"which is {adjoint:.4f} at $(2, 3)$" in PAGE.read_text(encoding="utf-8")
