"""The three traces under which a step of a chain runs: unrecorded, on a tape of its own, with tangents.

All three let the step use no traced values but its arguments.  What it takes
from outside would have no derivative, because the step is run again with
values in place of tracers.
"""

import itertools

from ..core.families import rebuilt
from ..core.trace import TRACERS, Trace, can_vary, shape_and_dtype
from ..modes.forward import ForwardTrace
from ..modes.reverse import ReverseTrace
from .fingerprints import fingerprint, of_result


class Guarded:
    """What the three have in common; `call` words the refusal."""

    def __init__(self, call, *args):
        super().__init__(*args)
        self._call = call

    def process(self, rule, call, args, kwargs):
        for x in args:
            if type(x) in TRACERS and x._trace is not self:
                raise self._call.closed_over(x)
        return super().process(rule, call, args, kwargs)

    def check_foreign(self, y):
        """A step returns what it was given and what it computed of that, and nothing else that is traced."""
        raise self._call.closed_over(y)


class Followed(Guarded):
    """Of a step that is run several times: its operations and what they used, as one number.

    Where an operation is itself a call of steps, it has such a number of its own.
    """

    def __init__(self, call):
        super().__init__(call)
        self.trail = 0  # None where no run is to be compared

    def process(self, rule, call, args, kwargs):
        if self.trail is None:
            return super().process(rule, call, args, kwargs)
        used = hash((self.trail, rule.name, fingerprint(args), fingerprint(kwargs)))
        result = super().process(rule, call, args, kwargs)
        self.trail = hash((used, getattr(rule, "trail", None)))
        return result

    def fingerprint(self, values, positions):
        """Of the whole run, which returned these values, as `collect` takes them apart."""
        return hash((self.trail, tuple(positions), *map(of_result, values)))


class UnrecordedTrace(Trace):
    """Computes values and records nothing.

    A tracer's info is its number in the order of computation, inputs first: the
    same as its position on a tape.
    """

    mode = "checkpoint"

    def __init__(self):
        super().__init__()
        self._positions = itertools.count()

    def input(self, value):
        """A tracer of a value of the level below."""
        return self.tracer(value, next(self._positions))

    def process(self, rule, call, args, kwargs):
        if self.closed:
            raise self.escaped()
        ans = call(*[x._value if type(x) in TRACERS else x for x in args], **kwargs)
        if isinstance(ans, tuple):
            next(self._positions)  # on a tape the operation has an entry, and each result one
            return rebuilt(ans, [self._result(y) if can_vary(y) else y for y in ans])
        return self._result(ans)

    def _result(self, y):
        shape_and_dtype(y)
        return self.tracer(y, next(self._positions))


class UnrecordedStep(Followed, UnrecordedTrace):
    """For steps that are only advanced over."""


class RecordedStep(Followed, ReverseTrace):
    """The tape of one step."""

    def __init__(self, call, constants, followed):
        super().__init__(call)
        self._constants = constants  # shared by all tapes that are there at one time
        if not followed:
            self.trail = None


class PushedStep(Guarded, ForwardTrace):
    """For forward mode, which runs every step once."""
