"""A function run and differentiated along a direction, in several ways: by mode, by precision, with a branch turned."""

import operator
from typing import NamedTuple

import numpy as np

from ..core.arguments import tangent_for
from ..core.errors import AdlibError
from ..core.trace import RECORDED, TRACERS
from ..modes.forward import ForwardTrace, jvp
from ..modes.reverse import vjp
from ..programs.lines import Line
from ..programs.recorder import Recorder, run
from ..zero_order.differences import directional_difference

# Calls whose results step, and do not vary in between: those that round, and those that compare.
_ROUNDS = {np.floor, np.ceil, np.rint, np.trunc, np.fix, np.round, np.floor_divide, operator.floordiv}
_COMPARES = {
    *(np.less, np.less_equal, np.greater, np.greater_equal, operator.lt, operator.le, operator.gt, operator.ge),
    *(np.sign, np.heaviside, np.digitize, np.searchsorted, np.argmax, np.argmin),
}
_LINES = 20000  # of a run whose branches are watched
_ODD = (ArithmeticError, ValueError, TypeError, IndexError, AdlibError, np.linalg.LinAlgError)


class Limited(ForwardTrace):
    """Forward mode that ends after a number of operations: a loop may never end in another precision, or at another point."""

    def __init__(self, limit):
        super().__init__()
        self.count, self._limit = 0, limit

    def process(self, rule, call, args, kwargs):
        self.count += 1
        if self.count > self._limit:
            raise ArithmeticError("the loop does not end")
        return super().process(rule, call, args, kwargs)


class Ray:
    """The function along a direction, ``t -> f(x + t u)``, with its slopes; NaN where it has none.

    A run may take ten times the operations of that at the point.
    """

    def __init__(self, f, x, u):
        self._f, self._x, self._u = f, x, u
        self._limit = np.inf
        self._limit = 10 * self._run(x, u)[2] + 1000

    def _run(self, x, u):
        trace = Limited(self._limit)
        y = self._f(trace.tracer(x, tangent_for(x, u)))
        trace.close()
        value, slope = (y._value, y._info) if type(y) in TRACERS else (y, 0.0)
        return value, slope, trace.count

    def __call__(self, t):
        """Value and slope."""
        try:
            value, slope, _ = self._run(self._x + t * self._u, self._u)
            return float(value), float(slope)
        except _ODD:
            return np.nan, np.nan

    def single(self):
        """The slope at the point in single precision; None where f leaves it, or has no value there."""
        x, u = (np.float32(z) if np.ndim(z) == 0 else z.astype(np.float32) for z in (self._x, self._u))
        try:
            value, slope, _ = self._run(x, u)
        except _ODD:
            return None
        return float(slope) if getattr(value, "dtype", None) == np.float32 else None


def forward(f, x, u):
    """Value and slope by forward mode."""
    value, slope = jvp(f, (x,), (u,))
    return float(value), float(slope)


def reverse(f, x, u):
    """The slope by reverse mode: the gradient times the direction."""
    value, pullback = vjp(f, x)
    (gradient,) = pullback(np.ones_like(value)[()])
    return float(np.sum(gradient * u))


def complex_step(f, x, u):
    """The slope by the complex step; None where f is not made for complex numbers."""
    try:
        return directional_difference(f, x, u, scheme="complex")
    except _ODD:
        return None


class Branches(Recorder):
    """Notes each question that a branch or a loop asks of the values, and answers one of them the other way."""

    def __init__(self, turned=None):
        super().__init__(_LINES, careful=False)
        self.asked = []  # pairs of the place and the answer
        self._turned = turned

    def check_value(self, x, kind, value):
        if kind != "bool":
            return value
        self.asked.append((self._place(), value))
        return value if len(self.asked) - 1 != self._turned else not value


class Watched(NamedTuple):
    """A run whose branches were watched: value, slope, the questions with their answers, and where values are rounded and compared."""

    value: float
    slope: float
    asked: list
    rounds: list
    compares: list


def with_branches(f, x, u, turned=None):
    """The run as `Watched`, one question answered the other way; None where it cannot be watched."""
    branches = Branches(turned)
    x = np.float64(x) if type(x) is float else x  # a recorder takes NumPy's numbers
    try:
        value, slope = run(branches, lambda x: jvp(f, (x,), (u,)), (branches.input(x),), {})
    except _ODD:
        return None
    rounds, compares = (
        [line.place for line in branches.lines if type(line) is Line and line.call in calls and line.place]
        for calls in (_ROUNDS, _COMPARES)
    )
    return Watched(_plain(value), _plain(slope), branches.asked, rounds, compares)


def _plain(x):
    return float(x._value if type(x) in RECORDED else x)
