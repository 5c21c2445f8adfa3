"""Elementwise functions: one line each, serving both modes.

A partial derivative names what it needs: ``y`` the result, ``x`` (or ``x1``,
``x2``) the arguments.  At a corner the slope is the subgradient nearest to
zero or the mean of the two sides: |x| has 0 at 0, equal arguments of a maximum
share the slope.  An infinite slope is given as inf.
"""

import math

import numpy as np

from ..core.conversions import in_place
from ..core.declare import composite, elementwise, primitive, rule
from ..core.families import Elementwise, total_differential
from ..core.trace import RULES, as_operand, plain_value

# Operators.
elementwise(np.add, 1, 1)
elementwise(np.subtract, 1, -1)
elementwise(np.multiply, lambda x2: x2, lambda x1: x1)  # by x1 it is x2, by x2 it is x1
elementwise(np.divide, lambda x2: 1 / x2, lambda y, x2: -y / x2)
elementwise(np.negative, -1)
elementwise(np.positive, 1)
elementwise(np.absolute, lambda x: np.sign(x))
elementwise(np.fabs, lambda x: np.sign(x))
elementwise(np.remainder, 1, lambda x1, x2: -np.floor_divide(x1, x2))
elementwise(np.fmod, 1, lambda x1, x2: -np.trunc(x1 / x2))
elementwise(np.conjugate, 1)


def _power_base(x1, x2):
    # x2 * x1**(x2 - 1), but 0 where x2 is 0: x1**0 is the constant 1 even at x1 = 0.
    if type(x2) in (int, float):
        if x2 == 2:
            return 2 * x1  # x1**1 would be a copy
        return x2 * x1 ** (x2 - 1) if x2 != 0 else 0.0
    exponent = plain_value(x2)
    return np.where(exponent == 0, 0.0, x2 * x1 ** np.where(exponent == 0, 1.0, x2 - 1))


def _power_exponent(y, x1):
    # y * log(x1); where x1 = 0 the result 0**x2 is constant for x2 > 0.
    base = plain_value(x1)
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
elementwise(np.expm1, lambda x: np.exp(x))  # not y + 1, which rounds to 0 far on the left
elementwise(np.log, lambda x: 1 / x)
elementwise(np.log2, lambda x: 1 / (math.log(2) * x))
elementwise(np.log10, lambda x: 1 / (math.log(10) * x))
elementwise(np.log1p, lambda x: 1 / (1 + x))


def _weight(exp, x, y):
    # exp(x - y), also where both are infinite; two arguments of -inf share.
    same = plain_value(x) == plain_value(y)
    difference = np.where(same, 0.0, x) - np.where(same, 0.0, y)
    return np.where(same & np.isneginf(plain_value(y)), 0.5, exp(difference))


elementwise(np.logaddexp, lambda y, x1: _weight(np.exp, x1, y), lambda y, x2: _weight(np.exp, x2, y))
elementwise(np.logaddexp2, lambda y, x1: _weight(np.exp2, x1, y), lambda y, x2: _weight(np.exp2, x2, y))

# Trigonometric and hyperbolic functions.
elementwise(np.sin, lambda x: np.cos(x))
elementwise(np.cos, lambda x: -np.sin(x))
elementwise(np.tan, lambda y: 1 + y * y)
elementwise(np.arcsin, lambda x: 1 / np.sqrt((1 - x) * (1 + x)))
elementwise(np.arccos, lambda x: -1 / np.sqrt((1 - x) * (1 + x)))
elementwise(np.arctan, lambda x: 1 / (1 + x * x))


def _over_square(x, x1, x2):
    # x / (x1**2 + x2**2), whose squares would overflow.
    r = np.hypot(x1, x2)
    return x / r / r


elementwise(np.arctan2, lambda x1, x2: _over_square(x2, x1, x2), lambda x1, x2: -_over_square(x1, x1, x2))
elementwise(np.sinh, lambda x: np.cosh(x))
elementwise(np.cosh, lambda x: np.sinh(x))
elementwise(np.tanh, lambda y: (1 - y) * (1 + y))
elementwise(np.arcsinh, lambda x: 1 / np.hypot(1.0, x))
elementwise(np.arccosh, lambda x: 1 / (np.sqrt(x - 1) * np.sqrt(x + 1)))
elementwise(np.arctanh, lambda x: 1 / ((1 - x) * (1 + x)))
elementwise(np.deg2rad, math.pi / 180)
elementwise(np.radians, math.pi / 180)
elementwise(np.rad2deg, 180 / math.pi)
elementwise(np.degrees, 180 / math.pi)


def _hypot(x, y):
    # The subgradient 0 at the origin, where x / y would be 0 / 0.
    origin = plain_value(y) == 0
    return np.where(origin, 0.0, x / np.where(origin, 1.0, y))


elementwise(np.hypot, lambda x1, y: _hypot(x1, y), lambda x2, y: _hypot(x2, y))


# Choices: the chosen argument takes the slope, equal arguments share it.
def _is_chosen(x1, x2, if_larger):
    x1, x2 = plain_value(x1), plain_value(x2)
    return np.where(x1 == x2, 0.5, (x1 > x2) == if_larger)


elementwise(np.maximum, lambda x1, x2: _is_chosen(x1, x2, True), lambda x1, x2: _is_chosen(x1, x2, False))
elementwise(np.minimum, lambda x1, x2: _is_chosen(x1, x2, False), lambda x1, x2: _is_chosen(x1, x2, True))


def _is_chosen_number(mine, other, if_larger):
    # fmax and fmin pass over NaN.
    mine, other = plain_value(mine), plain_value(other)
    chosen = mine > other if if_larger else mine < other
    return np.where(mine == other, 0.5, chosen | np.isnan(other))


elementwise(np.fmax, lambda x1, x2: _is_chosen_number(x1, x2, True), lambda x1, x2: _is_chosen_number(x2, x1, True))
elementwise(np.fmin, lambda x1, x2: _is_chosen_number(x1, x2, False), lambda x1, x2: _is_chosen_number(x2, x1, False))

# A sign, a step and an exponent do not vary; what they are applied to does.
elementwise(np.copysign, lambda x1, x2: np.sign(x1) * np.copysign(1.0, plain_value(x2)), None)
elementwise(np.heaviside, None, lambda x1: np.equal(plain_value(x1), 0))
elementwise(np.ldexp, lambda x2: np.ldexp(1.0, x2), None)
elementwise(np.nextafter, 1, None)


# Two results: a part that varies, and a whole number that does not.
# x1 = quotient * x2 + remainder, and the quotient stays:  d remainder = dx1 - quotient * dx2.
def _divmod_jvp(tangents, ans, x1, x2):
    quotient, _ = ans
    return np.zeros_like(quotient), total_differential([lambda dx1: dx1, lambda dx2: -quotient * dx2], tangents)


def _divmod_vjp(g, ans, x1, x2):
    quotient, remainder_bar = ans[0], g[1]  # None where nothing depends on the remainder
    return [remainder_bar, None if remainder_bar is None else -quotient * remainder_bar]


rule(np.divmod, _divmod_jvp, _divmod_vjp)
rule(
    np.modf,
    lambda tangents, ans, x: (tangents[0], np.zeros_like(ans[1])),
    lambda g, ans, x: [g[0]],
)
rule(  # x = mantissa * 2**exponent
    np.frexp,
    lambda tangents, ans, x: (np.ldexp(tangents[0], -ans[1]), None),
    lambda g, ans, x: [np.ldexp(g[0], -ans[1])],
)


def _clip(a, a_min=None, a_max=None, out=None, *, min=None, max=None):
    lower, upper = (a_min if min is None else min), (a_max if max is None else max)
    y = a if lower is None else np.maximum(a, lower)
    return y if upper is None else np.minimum(y, upper)


def _nan_to_num(x, copy=True, nan=0.0, posinf=None, neginf=None):
    if not copy:
        raise in_place("numpy.nan_to_num with copy=False", x)
    return np.where(np.isfinite(x), x, np.nan_to_num(plain_value(x), nan=nan, posinf=posinf, neginf=neginf))


composite(np.clip, _clip)
composite(np.nan_to_num, _nan_to_num)

# Traced values are real.
composite(np.real, lambda val: val)
composite(np.real_if_close, lambda a, tol=100: a)
composite(np.imag, lambda val: np.zeros_like(val))


@primitive
def sinc_derivative(x, k):
    """The k-th derivative of ``sin(pi x) / (pi x)``.

    Near 0 by the power series, elsewhere from the k-th derivative of
    ``x sinc(x) = sin(pi x) / pi``, which is ``x s_k + k s_(k-1)``.
    """
    x = np.asarray(x)
    near = np.abs(x) < 1
    small, large = np.where(near, x, 0.0), np.where(near, 1.0, x)
    series = np.zeros_like(x)
    for j in range(25 + k, (k - 1) // 2, -1):
        falling = math.prod(range(2 * j - k + 1, 2 * j + 1))
        series = series + (-1) ** j * math.pi ** (2 * j) * falling / math.factorial(2 * j + 1) * small ** (2 * j - k)
    s = np.sin(math.pi * large) / (math.pi * large)
    for i in range(1, k + 1):
        s = (math.pi ** (i - 1) * np.sin(math.pi * large + i * math.pi / 2) - i * s) / large
    return np.where(near, series, s)[()]


elementwise(np.sinc, lambda x: sinc_derivative(x, 1))
elementwise(sinc_derivative, lambda x1, x2: sinc_derivative(x1, x2 + 1), None)


@primitive
def bessel_i(x, order):
    """The modified Bessel function of the first kind of a whole order, by its series of positive terms."""
    x, order = np.asarray(x), abs(order)
    half, square = x / 2, x * x / 4
    term = half**order / math.factorial(order)
    total = term
    for j in range(1, 40 + int(np.max(np.abs(x), initial=0.0))):
        term = term * square / (j * (j + order))
        total = total + term
    return total[()]


# I0' = I1 and 2 Ik' = I(k-1) + I(k+1): Abramowitz and Stegun, 9.6.26 and 9.6.27.
elementwise(np.i0, lambda x: bessel_i(x, 1))
elementwise(bessel_i, lambda x1, x2: 0.5 * (bessel_i(x1, x2 - 1) + bessel_i(x1, x2 + 1)), None)


# ``f.outer(a, b)`` is f on all pairs.
def _outer(ufunc):
    def pairs(a, b):
        a = as_operand(a)
        return ufunc(np.reshape(a, np.shape(a) + (1,) * np.ndim(b)), b)

    return pairs


for _ufunc in [f for f in RULES if isinstance(f, np.ufunc) and f.nin == 2 and f.signature is None]:
    composite((_ufunc, "outer"), _outer(_ufunc))


class Where(Elementwise):
    """``np.where``, whose form with one argument is ``np.nonzero``."""

    def bind(self, call, args, kwargs):
        if len(args) == 1:
            return np.nonzero(plain_value(args[0]))
        return super().bind(call, [as_operand(x) for x in args], kwargs)


RULES[np.where] = Where(
    "where",
    (None, lambda x1: np.not_equal(plain_value(x1), 0), lambda x1: np.equal(plain_value(x1), 0)),
)
