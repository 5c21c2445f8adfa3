"""Python's operators and the methods of arrays, for traced values.

The operator itself computes the value, so a traced Python float stays one and
keeps NumPy's promotion rules; the ufunc of the same meaning gives the rule.
"""

import operator

import numpy as np

from ..core.trace import NO_KEYWORDS, RULES, TRACERS, Tracer, in_place, only_ours, operand, strip
from . import arithmetic, products  # noqa: F401  (the rules of the operators)
from .shapes import astype, t

_PLAIN = TRACERS | {np.ndarray, np.float64, float, int}
_NUMBERS = frozenset({float, int, np.float64})


def _binary(call, ufunc):
    """The method of ``x + y`` with x traced."""
    rule = RULES[ufunc]

    def method(self, other):
        if rule.needs_no_binding:  # as `apply` does, without its loop over the operands
            kind = type(other)
            if kind in TRACERS:
                trace, theirs = self._trace, other._trace
                higher = theirs if theirs is not trace and theirs.level > trace.level else trace
                return higher.process(rule, call, (self, other), NO_KEYWORDS)
            if kind in _NUMBERS:
                return self._trace.process(rule, call, (self, other), NO_KEYWORDS)
        if type(other) not in _PLAIN:
            if not only_ours((other,)):
                return NotImplemented
            other = operand(other)
        return rule.bind(call, (self, other), NO_KEYWORDS)

    return method


def _reflected(call, ufunc):
    """The method of ``y + x`` with x traced and y of a type that does not know us."""
    rule = RULES[ufunc]

    def method(self, other):
        if rule.needs_no_binding and type(other) in _NUMBERS:
            return self._trace.process(rule, call, (other, self), NO_KEYWORDS)
        return rule.bind(call, (operand(other), self), NO_KEYWORDS)

    return method


def _assignment(symbol):
    """The method of ``x += y``: a plain number is rebound, an array would be written into."""

    def method(self, other):
        if type(strip(self)) is np.ndarray:
            raise in_place(f"{symbol}= on a traced array", self)
        return NotImplemented

    return method


def _unary(call, ufunc):
    """The method of ``-x``."""
    rule = RULES[ufunc]
    return lambda self: rule.bind(call, (self,), NO_KEYWORDS)


def _comparison(call):
    """The method of ``x < y``, whose answer is plain: it does not vary."""
    return lambda self, other: call(strip(self), strip(other))


def _of_numpy(name):
    """The method ``x.sum()`` for the function ``np.sum(x)``."""
    function = getattr(np, name)

    def method(self, *args, **kwargs):
        return function(self, *args, **kwargs)

    method.__name__ = name
    method.__doc__ = f"``np.{name}`` of the traced value."
    return method


def _astype(self, dtype, order="K", casting="unsafe", subok=True, copy=True):
    if np.dtype(dtype).kind in "iub":  # integers do not vary with x
        return np.asarray(strip(self)).astype(dtype)[()]
    return astype(self, dtype)


for _name, _symbol, _call, _ufunc in (
    ("add", "+", operator.add, np.add),
    ("sub", "-", operator.sub, np.subtract),
    ("mul", "*", operator.mul, np.multiply),
    ("truediv", "/", operator.truediv, np.divide),
    ("floordiv", "//", operator.floordiv, np.floor_divide),
    ("mod", "%", operator.mod, np.remainder),
    ("pow", "**", operator.pow, np.power),
    ("matmul", "@", operator.matmul, np.matmul),
):
    setattr(Tracer, f"__{_name}__", _binary(_call, _ufunc))
    setattr(Tracer, f"__r{_name}__", _reflected(_call, _ufunc))
    setattr(Tracer, f"__i{_name}__", _assignment(_symbol))

Tracer.__neg__ = _unary(operator.neg, np.negative)
Tracer.__pos__ = _unary(operator.pos, np.positive)
Tracer.__abs__ = _unary(operator.abs, np.absolute)

for _name in ("lt", "le", "eq", "ne", "gt", "ge"):
    setattr(Tracer, f"__{_name}__", _comparison(getattr(operator, _name)))

# Methods that take their arguments in the order of the function.
METHODS = (
    *("sum", "mean", "ravel", "squeeze"),
    *("max", "min", "prod", "std", "var", "cumsum", "cumprod", "clip", "round", "conj", "conjugate"),
    *("trace", "diagonal", "repeat", "take", "argmax", "argmin", "argsort", "all", "any", "nonzero", "searchsorted"),
)
for _name in METHODS:
    setattr(Tracer, _name, _of_numpy(_name))
Tracer.astype = _astype
Tracer.real = property(lambda self: self)
Tracer.imag = property(lambda self: np.zeros_like(self))
Tracer.mT = property(t)
