"""Python's operators on traced values, which `rules.operators` gives them.

The operator itself computes the value, so a traced Python float stays one and
keeps NumPy's promotion rules; the rule is that of the ufunc of the same meaning.
"""

import operator

import numpy as np

from . import conversions
from .trace import NO_KEYWORDS, TRACERS, as_operand, only_ours, plain_value

_KNOWN = TRACERS | {np.ndarray, np.float64, float, int}
_NUMBERS = frozenset({float, int, np.float64})


def binary_operator(call, rule):
    """The method of ``x + y`` with x traced."""
    product = call in (operator.mul, operator.matmul)  # which sparse matrices define in a way of their own

    def method(self, other):
        if rule.needs_no_binding:  # `apply`, unrolled for two operands
            kind = type(other)
            if kind in TRACERS:
                trace, theirs = self._trace, other._trace
                higher = theirs if theirs is not trace and theirs.level > trace.level else trace
                return higher.process(rule, call, (self, other), NO_KEYWORDS)
            if kind in _NUMBERS:
                return self._trace.process(rule, call, (self, other), NO_KEYWORDS)
        if type(other) not in _KNOWN:
            if not only_ours((other,)):
                return NotImplemented
            if product and hasattr(other, "__array_priority__") and not isinstance(other, (np.ndarray, np.generic)):
                raise conversions.foreign_product(call, self, other)
            if hasattr(other, "__array_priority__") and not hasattr(other, "__array__"):
                return conversions.hand_over(self, other)
            other = as_operand(other)
        return rule.bind(call, (self, other), NO_KEYWORDS)

    method.__qualname__ = call.__name__  # Python says it where there are too many arguments
    return method


def reflected_operator(call, rule):
    """The method of ``y + x`` with x traced and y of a type that does not know us."""

    def method(self, other):
        if rule.needs_no_binding and type(other) in _NUMBERS:
            return self._trace.process(rule, call, (other, self), NO_KEYWORDS)
        return rule.bind(call, (as_operand(other), self), NO_KEYWORDS)

    return method


def assignment_operator(symbol):
    """The method of ``x += y``: a plain number is rebound, an array would be written into."""

    def method(self, other):
        if type(plain_value(self)) is np.ndarray:
            raise conversions.in_place(f"{symbol}= on a traced array", self)
        return NotImplemented

    return method


def unary_operator(call, rule):
    """The method of ``-x``."""
    return lambda self: rule.bind(call, (self,), NO_KEYWORDS)


def comparison(call):
    """The method of ``x < y``, whose answer is plain: it does not vary."""
    return lambda self, other: call(plain_value(self), plain_value(other))
