"""Elementwise functions: one line each, serving both modes.

A partial derivative names what it needs: ``y`` the result, ``x`` (or ``x1``,
``x2``) the arguments.  At a corner the slope is the subgradient nearest to
zero or the mean of the two sides: |x| has 0 at 0, equal arguments of a maximum
share the slope.  An infinite slope is infinite.
"""

import math

import numpy as np

from .._rules import Elementwise, elementwise
from .._trace import RULES, operand, strip

# Operators.
elementwise(np.add, 1, 1)
elementwise(np.subtract, 1, -1)
elementwise(np.multiply, lambda x2: x2, lambda x1: x1)
elementwise(np.divide, lambda x2: 1 / x2, lambda y, x2: -y / x2)
elementwise(np.negative, -1)
elementwise(np.positive, 1)
elementwise(np.absolute, lambda x: np.sign(x))
elementwise(np.fabs, lambda x: np.sign(x))
elementwise(np.remainder, 1, lambda x1, x2: -np.floor_divide(x1, x2))


def _power_base(x1, x2):
    # x2 * x1**(x2 - 1), but 0 where x2 is 0: x1**0 is the constant 1 even at x1 = 0.
    if type(x2) in (int, float):
        return x2 * x1 ** (x2 - 1) if x2 != 0 else 0.0
    exponent = strip(x2)
    return np.where(exponent == 0, 0.0, x2 * x1 ** np.where(exponent == 0, 1.0, x2 - 1))


def _power_exponent(y, x1):
    # y * log(x1); where x1 = 0 the result 0**x2 is constant for x2 > 0.
    base = strip(x1)
    return y * np.log(np.where(base == 0, 1.0, x1))


elementwise(np.power, _power_base, _power_exponent)
elementwise(np.float_power, _power_base, _power_exponent)

# Powers and roots.
elementwise(np.square, lambda x: 2 * x)
elementwise(np.reciprocal, lambda y: -y * y)
elementwise(np.sqrt, lambda y: 0.5 / y)
elementwise(np.cbrt, lambda y: 1 / (3 * y * y))

# Exponentials and logarithms.
elementwise(np.exp, lambda y: y)
elementwise(np.exp2, lambda y: math.log(2) * y)
elementwise(np.expm1, lambda y: y + 1)
elementwise(np.log, lambda x: 1 / x)
elementwise(np.log2, lambda x: 1 / (math.log(2) * x))
elementwise(np.log10, lambda x: 1 / (math.log(10) * x))
elementwise(np.log1p, lambda x: 1 / (1 + x))
elementwise(np.logaddexp, lambda y, x1: np.exp(x1 - y), lambda y, x2: np.exp(x2 - y))
elementwise(np.logaddexp2, lambda y, x1: np.exp2(x1 - y), lambda y, x2: np.exp2(x2 - y))

# Trigonometric and hyperbolic functions.
elementwise(np.sin, lambda x: np.cos(x))
elementwise(np.cos, lambda x: -np.sin(x))
elementwise(np.tan, lambda y: 1 + y * y)
elementwise(np.arcsin, lambda x: 1 / np.sqrt((1 - x) * (1 + x)))
elementwise(np.arccos, lambda x: -1 / np.sqrt((1 - x) * (1 + x)))
elementwise(np.arctan, lambda x: 1 / (1 + x * x))
elementwise(
    np.arctan2,
    lambda x1, x2: x2 / (x1 * x1 + x2 * x2),
    lambda x1, x2: -x1 / (x1 * x1 + x2 * x2),
)
elementwise(np.sinh, lambda x: np.cosh(x))
elementwise(np.cosh, lambda x: np.sinh(x))
elementwise(np.tanh, lambda y: (1 - y) * (1 + y))
elementwise(np.arcsinh, lambda x: 1 / np.hypot(1.0, x))
elementwise(np.arccosh, lambda x: 1 / np.sqrt((x - 1) * (x + 1)))
elementwise(np.arctanh, lambda x: 1 / ((1 - x) * (1 + x)))
elementwise(np.deg2rad, math.pi / 180)
elementwise(np.radians, math.pi / 180)
elementwise(np.rad2deg, 180 / math.pi)
elementwise(np.degrees, 180 / math.pi)


def _hypot(x, y):
    # The subgradient 0 at the origin, where x / y would be 0 / 0.
    origin = strip(y) == 0
    return np.where(origin, 0.0, x / np.where(origin, 1.0, y))


elementwise(np.hypot, lambda x1, y: _hypot(x1, y), lambda x2, y: _hypot(x2, y))


# Choices: the chosen argument takes the slope, equal arguments share it.
def _share(x1, x2, first):
    x1, x2 = strip(x1), strip(x2)
    return np.where(x1 == x2, 0.5, (x1 > x2) == first)


elementwise(np.maximum, lambda x1, x2: _share(x1, x2, True), lambda x1, x2: _share(x1, x2, False))
elementwise(np.minimum, lambda x1, x2: _share(x1, x2, False), lambda x1, x2: _share(x1, x2, True))


class Where(Elementwise):
    """``np.where``, whose form with one argument is ``np.nonzero``."""

    def bind(self, call, args, kwargs):
        if len(args) == 1:
            return np.nonzero(strip(args[0]))
        return super().bind(call, [operand(x) for x in args], kwargs)


RULES[np.where] = Where(
    "where",
    (None, lambda x1: np.not_equal(strip(x1), 0), lambda x1: np.equal(strip(x1), 0)),
)
