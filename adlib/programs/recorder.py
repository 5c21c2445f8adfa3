"""The recorder: one run of a function, written down as lines.

It stands under all levels of differentiation.  A recorded value is their plain
value: rules make masks, orders and shapes of it by NumPy, and these calls are
recorded like any other.  What would take a number out of the program, a
branch or a count, becomes a check; what would freeze one is refused.
"""

import sys
from contextlib import contextmanager

import numpy as np

from ..core.errors import ProgramError, TracedValueError, describe, is_library, with_user_line
from ..core.families import rebuilt
from ..core.frozen import Constants
from ..core.trace import FLOAT64, NO_KEYWORDS, RECORDED, RecordedArray, RecordedScalar, Trace
from .known import fixes_shape, written
from .lines import Check, Line, Ref
from .notes import NotedForward, NotedReverse
from .signature import is_low

_FRAMES = 64  # whose variables give names; a frame keeps the values of its variables alive
_PLAIN = frozenset({float, int, bool, complex, str, type(None), type(...), type, np.dtype, type(np._NoValue)})
_NUMBERS = frozenset({bool, int, float, complex})
_new = object.__new__


class Recorder(Trace):
    """Writes lines; a recorded value's info is its number."""

    mode = "program"

    def __init__(self, limit, careful):
        super().__init__()
        self.lines = []
        self.kinds = []  # shape and dtype of each value
        self.in_order = []  # whether its entries lie in C order
        self.boxed = set()  # the numbers that are arrays of shape ()
        self.python_floats = False  # whether an argument is one
        self.asked_class = False  # whether `isinstance` was asked of a number
        self.frames = {}
        self.notes = []  # what derivatives say of values: (number, "bar" or "dot", number of the primal)
        self.limit = limit
        self.careful = careful  # whether to write down rare cases, too
        self.passed_over = []  # where one was not: the number of lines before, and what was asked
        self.own_rule = None  # what has a derivative that its lines do not show
        self.low = False  # whether a constant has a lower precision than Python's floats
        self._constants = Constants()
        self._sweeps = False
        self._codes = {}  # code object -> whether it is the user's

    def input(self, value):
        """A recorded value for an argument."""
        return self._value(value)

    def process(self, rule, call, args, kwargs):
        return self.record(call, args, kwargs)

    def reverse_trace(self, keep):
        """The list of a reverse mode that stands above."""
        return NotedReverse(keep, self)

    def forward_trace(self):
        """The trace of a forward mode that stands above."""
        return NotedForward(self.notes)

    @contextmanager
    def backwards(self):
        """A backward sweep, which no line of the user's code carries out."""
        before, self._sweeps = self._sweeps, True
        try:
            yield
        finally:
            self._sweeps = before

    def rare(self, condition):
        """Whether a rare case is written down: it is where it occurs; else the results of a call show it."""
        if self.careful or condition._value.any():
            return True
        self.passed_over.append((len(self.lines), condition._info))
        return False

    def record(self, call, args, kwargs=NO_KEYWORDS):
        """Carry out a call of NumPy on recorded values, and write it down."""
        if self.closed:
            raise self.escaped()
        operands, values = [], []
        for x in args:
            kind = type(x)
            if kind in RECORDED and x._trace is self:
                operands.append(x._info)
                values.append(x._value)
            else:
                operand, value = (x, x) if kind in _PLAIN else self._operand(x, call)
                operands.append(operand)
                values.append(value)
        if not kwargs:
            ans, named = call(*values), NO_KEYWORDS
        else:
            pairs = {k: self._operand(x, call) for k, x in kwargs.items() if x is not np._NoValue}
            named = {k: pair[0] for k, pair in pairs.items()}
            ans = call(*values, **{k: pair[1] for k, pair in pairs.items()})
        place = self._place()
        y = self._results(ans, call)
        target = y._info if type(y) in RECORDED else tuple([part._info for part in y])
        self.lines.append(Line(target, call, tuple(operands), named, place))
        if type(ans) not in _NUMBERS and not fixes_shape(call, args, kwargs):
            for part in (y,) if type(y) in RECORDED else y:
                self._check("shape", part._info, (part.shape, part.dtype), place)
        if len(self.lines) > self.limit:
            raise too_long(f"more than {self.limit}")
        return y

    def check_value(self, x, kind, value):
        """Write down that ``kind(x)`` has to be this: a branch or a count of the recorded run depends on it."""
        if self.closed:
            raise self.escaped()
        self._check(kind, x._info, value, self._place())
        return value

    def _check(self, kind, operand, expected, place):
        self.lines.append(Check(kind, operand, expected, place))

    def _value(self, value):
        if type(value) is float:  # which gives way to an array of lower precision, here and in the program
            y, kind = _new(RecordedScalar), ((), FLOAT64)
        else:
            y, kind = _new(RecordedArray if value.ndim else RecordedScalar), (value.shape, value.dtype)
        y._value, y._trace, y._info = value, self, Ref(len(self.kinds))
        if not kind[0] and type(value) is np.ndarray:
            self.boxed.add(y._info)
        self.kinds.append(kind)
        self.in_order.append(not kind[0] or value.flags.c_contiguous)
        return y

    def _results(self, ans, call):
        if isinstance(ans, (np.ndarray, np.generic)):
            return self._value(ans)
        if type(ans) in _NUMBERS:
            return self._value(ans if type(ans) is float else np.array(ans)[()])
        if isinstance(ans, (tuple, list)) and all(isinstance(y, (np.ndarray, np.generic)) for y in ans):
            return (
                rebuilt(ans, [self._value(y) for y in ans]) if isinstance(ans, tuple) else list(map(self._value, ans))
            )
        raise with_user_line(
            TracedValueError(
                f"{written(call)} on recorded values gave a {type(ans).__name__}, "
                "which cannot be written down; record what comes before it, and call it on the result"
            )
        )

    def _operand(self, x, call):
        """An operand as a line keeps it, and its value."""
        kind = type(x)
        if kind in RECORDED:
            if x._trace is not self:
                raise x._trace.escaped()
            return x._info, x._value
        if kind is tuple or kind is list:
            pairs = [self._operand(part, call) for part in x]
            return kind([pair[0] for pair in pairs]), kind([pair[1] for pair in pairs])
        if kind is slice:
            (a, start), (b, stop), (c, step) = [self._operand(part, call) for part in (x.start, x.stop, x.step)]
            return slice(a, b, c), slice(start, stop, step)
        if kind is range:
            return self._operand(list(x), call)
        if (
            kind in _PLAIN
            or isinstance(x, (np.generic, np.dtype))
            or isinstance(x, type)
            and issubclass(x, (np.generic, float, int, bool, complex))
        ):
            self.low |= is_low(x)
            return x, x
        if isinstance(x, np.ndarray):
            if (
                x.dtype.hasobject or kind is not np.ndarray and not isinstance(x, np.memmap)
            ):  # with operators of its own
                raise with_user_line(_not_written(x, call))
            self.low |= is_low(x)
            kept = self._constants.frozen(x.view(np.ndarray))
            return kept, kept
        raise with_user_line(_not_written(x, call))

    def _place(self):
        """The user's code that is running, and its line; None inside a derivative's backward sweep."""
        if self._sweeps:
            return None
        frame, codes = sys._getframe(2), self._codes
        while (code := frame.f_code) is not _RUN:
            users = codes.get(code)
            if users is None:
                users = codes[code] = not is_library(frame)
            if users:
                if len(self.frames) < _FRAMES:
                    self.frames[id(frame)] = frame
                return code, frame.f_lineno
            frame = frame.f_back
        return None


def run(recorder, f, args, kwargs):
    """Run `f` on recorded values: the frames between this one and the recorder are the user's, and adlib's."""
    try:
        return f(*args, **kwargs)
    finally:
        recorder.close()


_RUN = run.__code__


def too_long(count):
    """The error for a program that nobody would read or compile."""
    return ProgramError(
        f"the program would have {count} lines; record the body of the loop alone, as a function of what a step needs"
    )


def _not_written(x, call):
    return TracedValueError(
        f"{written(call) or call.__name__} was called with a {describe(x, type(x).__name__)} beside a recorded value, which cannot be "
        "written down; pass numbers, plain arrays, tuples and lists"
    )
