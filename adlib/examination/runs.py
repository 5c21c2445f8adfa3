"""A function run and differentiated along a direction, in several ways: by mode, by precision, with a branch turned."""

import operator
import sys
from typing import NamedTuple

import numpy as np

from ..core.arguments import tangent_for
from ..core.declare import stop_gradient
from ..core.errors import is_library
from ..core.trace import RECORDED, TRACERS
from ..modes.forward import ForwardTrace, jvp
from ..modes.reverse import vjp
from ..programs.lines import Line
from ..programs.recorder import Recorder, run

# Calls whose results step, and do not vary in between: those that round, and those that compare.
_ROUNDS = {np.floor, np.ceil, np.rint, np.trunc, np.fix, np.round, np.floor_divide, operator.floordiv}
_COMPARES = {
    *(np.less, np.less_equal, np.greater, np.greater_equal, operator.lt, operator.le, operator.gt, operator.ge),
    *(np.sign, np.heaviside, np.digitize, np.searchsorted, np.argmax, np.argmin),
}
_RECORDED = 20000  # lines of a run whose branches are watched
_TIMES, _PLUS = (
    10,
    10000,
)  # a run beside the point may take so many times the lines of that at the point, and so many more


class Endless(BaseException):
    """A run took far more lines than that at the point; past `except Exception`, which it would else run on behind."""


class Limit:
    """Carries out runs of the user's function and counts the lines: a loop may never end at another point.

    Where a debugger or a measurement of coverage counts already, nothing is counted.
    """

    def __init__(self):
        self._most, self._count = np.inf, 0
        self._mine = {}
        self.stops = []  # where stop_gradient was called

    def measure(self, run, *args):
        """Carry out the run at the point, which takes as long as it takes."""
        self._count, self._most = 0, np.inf
        result = self._watched(run, args)
        self._most = _TIMES * self._count + _PLUS
        return result

    def __call__(self, run, *args):
        """What a run gives; None where it raises, or does not end."""
        self._count = 0
        try:
            return self._watched(run, args)
        except (Exception, Endless):
            return None

    def _watched(self, run, args):
        if sys.gettrace() is not None:
            return run(*args)
        sys.settrace(self._enter)
        try:
            return run(*args)
        finally:
            sys.settrace(None)

    def _enter(self, frame, event, arg):
        code = frame.f_code
        if code is stop_gradient.__code__:
            self.stops.append((frame.f_back.f_code, frame.f_back.f_lineno))
        if code not in self._mine:
            self._mine[code] = not is_library(frame)
        return self._line if self._mine[code] else None

    def _line(self, frame, event, arg):
        self._count += 1
        if self._count > self._most:
            raise Endless
        return self._line


def moved(x, step):
    """The point a step further, of the same type."""
    return np.asarray(x + step) if isinstance(x, np.ndarray) else x + step


class Ray:
    """The function along a direction, ``t -> f(x + t u)``, with its slopes; NaN where it has none."""

    def __init__(self, f, x, u, limit):
        self._f, self._x, self._u, self._limit = f, x, u, limit

    def value(self, t):
        """The value alone, by a plain run."""
        try:
            return float(self._limit(self._f, moved(self._x, t * self._u)))
        except (TypeError, ValueError):
            return np.nan

    def __call__(self, t):
        """Value and slope."""
        return self.at(moved(self._x, t * self._u))

    def at(self, x):
        """Value and slope at another point."""
        pair = self._limit(_pushed, self._f, x, self._u)
        try:
            return tuple(map(float, pair))
        except TypeError:
            return np.nan, np.nan

    def single(self):
        """The slope at the point in single precision; None where f leaves it, or has no value there."""
        x, u = (np.float32(z) if np.ndim(z) == 0 else z.astype(np.float32) for z in (self._x, self._u))
        value, slope = self._limit(_pushed, self._f, x, u) or (None, None)
        return float(slope) if getattr(value, "dtype", None) == np.float32 else None


def _pushed(f, x, u):
    trace = ForwardTrace()
    y = f(trace.tracer(x, tangent_for(x, u)))
    trace.close()
    return (y._value, y._info) if type(y) in TRACERS else (y, 0.0)


def forward(f, x, u):
    """Value and slope by forward mode."""
    value, slope = jvp(f, (x,), (u,))
    return float(value), float(slope)


def reverse(f, x, u):
    """The slope by reverse mode: the gradient times the direction."""
    value, pullback = vjp(f, x)
    (gradient,) = pullback(np.ones_like(value)[()])
    return float(np.sum(gradient * u))


def complex_step(f, x, u, limit):
    """The value and the slope by the complex step; None where f is not made for complex numbers."""
    step = 1e-20 * min(np.min(np.abs(x), where=x != 0, initial=1.0), 1.0)
    y = limit(lambda: f(np.asarray(x + 1j * step * u) if isinstance(x, np.ndarray) else np.complex128(x + 1j * step)))
    return (float(y.real), float(y.imag) / step) if np.shape(y) == () and np.iscomplexobj(y) else (None, None)


class Branches(Recorder):
    """Notes each question that a branch or a loop asks of the values, and answers one of them the other way."""

    def __init__(self, turned=None):
        super().__init__(_RECORDED, careful=False)
        self.asked = []  # of each the place, the answer and the instruction: a line may ask several
        self._turned = turned

    def check_value(self, x, kind, value):
        if kind != "bool":
            return value
        frame = sys._getframe(1)
        while is_library(frame) and frame.f_back is not None:
            frame = frame.f_back
        self.asked.append((self._place(), value, frame.f_lasti))
        return value if len(self.asked) - 1 != self._turned else not value


class Watched(NamedTuple):
    """A run whose branches were watched: value, slope, the questions with their answers, and where values are rounded and compared."""

    value: float
    slope: float
    asked: list
    rounds: list
    compares: list


def with_branches(f, x, u, limit, turned=None):
    """The run as `Watched`, one question answered the other way; None where it cannot be watched."""
    branches = Branches(turned)
    x = np.float64(x) if type(x) is float else x  # a recorder takes NumPy's numbers
    pair = limit(run, branches, lambda x: jvp(f, (x,), (u,)), (branches.input(x),), {})
    if pair is None:
        return None
    value, slope = pair
    rounds, compares = (
        [line.place for line in branches.lines if type(line) is Line and line.call in calls and line.place]
        for calls in (_ROUNDS, _COMPARES)
    )
    return Watched(_plain(value), _plain(slope), branches.asked, rounds, compares)


def _plain(x):
    return float(x._value if type(x) in RECORDED else x)
