"""Programs that nobody chose, recorded: the bits of tracing at other points, at zero and at ties, or a check in words."""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import adlib.programs.in_place
from tests.adlib.modes.test_random_programs import numbers, programs
from tests.adlib.programs import recorded
from tests.adlib.programs.recorded import CHECKED, DERIVATIVES, SAME

pytestmark = pytest.mark.filterwarnings("ignore::RuntimeWarning")


@pytest.mark.parametrize("derivative", DERIVATIVES)
@settings(max_examples=25, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck))
@given(random=programs(), seed=st.integers(0, 1000))
def test_a_random_program(derivative, monkeypatch, random, seed):
    monkeypatch.setattr(adlib.programs.in_place, "LARGE", 1)
    points = [numbers(random, seed + k) for k in range(3)]
    points += [[np.full(shape, value) for shape in random.shapes] for value in (0.0, 0.5)]
    points = [recorded.numbers(xs) for xs in points]
    g = DERIVATIVES[derivative](lambda *xs: random(np, *xs), len(random.shapes))
    program = recorded.recorded(g, points[0])
    assert not isinstance(program, str), program
    verdicts = [recorded.compared(program, g, xs) for xs in points]
    assert verdicts[0][0] == SAME
    assert {verdict for verdict, _ in verdicts} <= {SAME, CHECKED}, verdicts
