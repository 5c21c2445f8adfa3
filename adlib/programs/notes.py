"""The two modes under a recorder: the same traces, which also say of recorded values whose adjoint or tangent they are."""

from ..core.trace import RECORDED, plain_value
from ..modes.contributions import Masked
from ..modes.forward import ForwardTrace
from ..modes.reverse import ReverseTrace


class NotedReverse(ReverseTrace):
    """Notes what each adjoint belongs to, when it is complete."""

    def __init__(self, keep, recorder):
        super().__init__(keep)
        self._recorder = recorder
        self._primals = {}  # position -> recorded value
        self._adjoints = {}

    def input(self, value):
        y = super().input(value)
        self._primals[y._info] = plain_value(value)
        return y

    def process(self, rule, call, args, kwargs):
        result = super().process(rule, call, args, kwargs)
        for y in result if isinstance(result, tuple) else (result,):
            if getattr(y, "_trace", None) is self:
                self._primals[y._info] = plain_value(y)
        return result

    def pull(self, cotangents, count, begun=None):
        self._adjoints = {}
        with self._recorder.backwards():
            result = super().pull(cotangents, count, begun)
        for position in sorted(self._adjoints, reverse=True):
            note(self._recorder.notes, self._adjoints[position], "bar", self._primals.get(position))
        return result

    def _accumulate(self, adjoints, owned, position, ct):
        super()._accumulate(adjoints, owned, position, ct)
        g = adjoints[position]
        self._adjoints[position] = plain_value(g.values if type(g) is Masked else g)


class NotedForward(ForwardTrace):
    """Notes what each tangent belongs to."""

    def __init__(self, notes):
        super().__init__()
        self._notes = notes

    def tracer(self, value, info):
        note(self._notes, plain_value(info), "dot", plain_value(value))
        return super().tracer(value, info)

    def _pair(self, ans, tangent):
        y = super()._pair(ans, tangent)
        note(self._notes, plain_value(y._info), "dot", plain_value(y._value))
        return y


def note(notes, value, ending, primal):
    """Note that a recorded value is the adjoint or the tangent of another."""
    if type(value) in RECORDED and type(primal) in RECORDED:
        notes.append((value._info, ending, primal._info))
