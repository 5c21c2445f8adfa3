"""Slopes and curvatures of functions of one and of two numbers, with their limits at 0 and at infinity.

Where a derivative does not exist, the convention of the package stands here a second
time: `corners` counts where it was needed.  A derivative that has no limit and no
convention is NaN: "anything".
"""

import math

import numpy as np

REAL = np.longdouble
NAN, INF = REAL("nan"), REAL("inf")
PI = 4 * np.arctan(REAL(1))
LN2, LN10 = np.log(REAL(2)), np.log(REAL(10))


class Corners:
    """How often a convention has decided."""

    count = 0


corners = Corners()


# Functions of one number: value, slope, curvature, with their limits at 0 and at infinity.
def _power_of(exponent):
    """x to a power that is no whole number, for x >= 0."""

    def f(x):
        if x == 0:
            return x, INF, -INF
        return x**exponent, exponent * x ** (exponent - 1), exponent * (exponent - 1) * x ** (exponent - 2)

    return f


def _cbrt(x):
    y = np.cbrt(x)
    if x == 0:
        return y, INF, NAN
    return y, 1 / (3 * y * y), -2 / (9 * y**5)


def _logarithm(f, base, shift=0):
    def at(x):
        u = x + shift
        slope = INF if u == 0 else 1 / (base * u)
        return f(x), slope, -INF if u == 0 else -1 / (base * u * u)

    return at


def _arc(f, sign):
    def at(x):
        u = (1 - x) * (1 + x)
        slope = INF if u == 0 else 1 / np.sqrt(u)
        curvature = x * INF if u == 0 else x / u / np.sqrt(u)
        return f(x), sign * slope, sign * curvature

    return at


def _arctan(x):
    return np.arctan(x), 1 / (1 + x * x), REAL(0) if np.isinf(x) else -2 * x / (1 + x * x) ** 2


def _tanh(x):
    s = 1 / np.cosh(x) ** 2
    return np.tanh(x), s, -2 * np.tanh(x) * s


def _arcsinh(x):
    r = np.hypot(1, x)
    return np.arcsinh(x), 1 / r, REAL(0) if np.isinf(x) else -x / r**3


def _arccosh(x):
    if x == 1:
        return REAL(0), INF, -INF
    u = (x - 1) * (x + 1)
    return np.arccosh(x), 1 / np.sqrt(u), REAL(0) if np.isinf(x) else -x / u / np.sqrt(u)


def _arctanh(x):
    u = (1 - x) * (1 + x)
    return np.arctanh(x), INF if u == 0 else 1 / u, x * INF if u == 0 else 2 * x / u**2


def _absolute(x):
    corners.count += x == 0
    return abs(x), np.sign(x), REAL(0)


def _sinc(x):
    if np.isinf(x):
        return NAN, NAN, NAN
    u = PI * x
    if abs(x) < 1:  # the sum of (-1)^j u^2j / (2j + 1)!
        powers = [((-1) ** j / REAL(math.factorial(2 * j + 1)), 2 * j) for j in range(22)]
        value = sum(c * u**k for c, k in powers)
        slope = sum(c * k * u ** (k - 1) for c, k in powers if k)
        curvature = sum(c * k * (k - 1) * u ** (k - 2) for c, k in powers if k)
        return value, PI * slope, PI * PI * curvature
    s, c = np.sin(u), np.cos(u)
    return s / u, PI * (c * u - s) / u**2, PI * PI * (2 * s - 2 * u * c - u * u * s) / u**3


def bessel(order, x):
    """The modified Bessel function by its series."""
    if np.isinf(x):
        return NAN
    half = x / 2
    return sum(half ** (2 * j + order) / (REAL(math.factorial(j)) * math.factorial(j + order)) for j in range(45))


def _i0(x):
    return bessel(0, x), bessel(1, x), (bessel(0, x) + bessel(2, x)) / 2


def _square(x):
    return x * x, 2 * x, REAL(2)


def _linear(f, slope):
    return lambda x: (f(x), slope, REAL(0))


def _nextafter(x, y):
    return np.nextafter(x, y), 1, 0, 0, 0, 0


UNARY = {
    "negative": _linear(np.negative, REAL(-1)),
    "positive": _linear(np.positive, REAL(1)),
    "conjugate": _linear(np.positive, REAL(1)),
    "absolute": _absolute,
    "fabs": _absolute,
    "square": _square,
    "reciprocal": lambda x: (1 / x, -1 / (x * x), 2 / (x * x * x)),
    "sqrt": _power_of(REAL(0.5)),
    "cbrt": _cbrt,
    "exp": lambda x: (np.exp(x),) * 3,
    "exp2": lambda x: (np.exp2(x), LN2 * np.exp2(x), LN2 * LN2 * np.exp2(x)),
    "expm1": lambda x: (np.expm1(x), np.exp(x), np.exp(x)),
    "log": _logarithm(np.log, 1),
    "log2": _logarithm(np.log2, LN2),
    "log10": _logarithm(np.log10, LN10),
    "log1p": _logarithm(np.log1p, 1, 1),
    "sin": lambda x: (np.sin(x), np.cos(x), -np.sin(x)),
    "cos": lambda x: (np.cos(x), -np.sin(x), -np.cos(x)),
    "tan": lambda x: (np.tan(x), 1 / np.cos(x) ** 2, 2 * np.tan(x) / np.cos(x) ** 2),
    "arcsin": _arc(np.arcsin, 1),
    "arccos": _arc(np.arccos, -1),
    "arctan": _arctan,
    "sinh": lambda x: (np.sinh(x), np.cosh(x), np.sinh(x)),
    "cosh": lambda x: (np.cosh(x), np.sinh(x), np.cosh(x)),
    "tanh": _tanh,
    "arcsinh": _arcsinh,
    "arccosh": _arccosh,
    "arctanh": _arctanh,
    "deg2rad": _linear(lambda x: x * PI / 180, PI / 180),
    "radians": _linear(lambda x: x * PI / 180, PI / 180),
    "rad2deg": _linear(lambda x: x * 180 / PI, 180 / PI),
    "degrees": _linear(lambda x: x * 180 / PI, 180 / PI),
    "sinc": _sinc,
    "i0": _i0,
}


# Functions of two numbers: value, d1, d2, d11, d12, d22.
def _divide(x, y):
    if np.isinf(y):
        rest = REAL(0) if np.isfinite(x) else NAN
        return x / y, 1 / y, rest, 0, 0 if np.isfinite(x) else NAN, rest
    return x / y, 1 / y, -x / (y * y), 0, -1 / (y * y), 2 * x / (y * y * y)


def _power(x, y):
    value = np.power(x, y)
    if y == 0:
        corners.count += x == 0
        if x == 0:  # the constant 1, and no convention for what is mixed
            return value, 0, 0, 0, NAN, NAN
    if x == 0:
        return (value, *_power_of_zero(x, y))
    if np.isinf(x) or np.isinf(y):
        return (value, *_power_far_away(x, y))
    log = np.log(x)
    d1, d11 = y * x ** (y - 1), y * (y - 1) * x ** (y - 2)
    return value, d1, value * log, d11, x ** (y - 1) * (1 + y * log), value * log * log


def _power_of_zero(x, y):
    if np.isinf(y):
        return (NAN,) * 5
    if y < 0:
        return y * x ** (y - 1), -INF, y * (y - 1) * x ** (y - 2), NAN, NAN
    d1 = REAL(y == 1) if y >= 1 else INF
    d11 = 2 if y == 2 else 0 if y > 2 or y == 1 else INF if y > 1 else -INF
    return d1, 0, d11, 0 if y > 1 else -INF, 0


def _power_far_away(x, y):
    if np.isinf(y) or x < 0:
        whole = np.isfinite(y) and y == np.floor(y)
        if not whole:
            return (NAN,) * 5
        return y * x ** (y - 1), NAN, y * (y - 1) * x ** (y - 2) if y != 1 else 0, NAN, NAN
    d1, d11 = (y * x ** (y - 1) if y else 0), (y * (y - 1) * x ** (y - 2) if y not in (0, 1) else 0)
    d2 = INF if y >= 0 else 0
    d12 = INF if y >= 1 else 0
    return d1, d2, d11, d12, d2


def _atan2(y, x):
    value = np.arctan2(y, x)
    if x == 0 and y == 0:
        return value, NAN, NAN, NAN, NAN, NAN
    if np.isinf(x) or np.isinf(y):
        return value, 0, 0, 0, 0, 0
    s = x * x + y * y
    return value, x / s, -y / s, -2 * x * y / s**2, (y * y - x * x) / s**2, 2 * x * y / s**2


def _hypot(x, y):
    r = np.hypot(x, y)
    if r == 0:
        corners.count += 1
        return r, 0, 0, NAN, NAN, NAN
    if np.isinf(r):
        both = np.isinf(x) and np.isinf(y)
        d1, d2 = (NAN, NAN) if both else (np.sign(x) * np.isinf(x), np.sign(y) * np.isinf(y))
        return r, d1, d2, 0, 0, 0
    return r, x / r, y / r, (y / r) ** 2 / r, -x * y / r**3, (x / r) ** 2 / r


def _log_of_sum(f, exp, base):
    def at(x, y):
        value = f(x, y)
        if np.isinf(x) or np.isinf(y):
            if x == y:
                corners.count += x < 0
                p = REAL(0.5) if x < 0 else NAN
                return value, p, p, NAN, NAN, NAN
            p = REAL(x > y)
            return value, p, 1 - p, 0, 0, 0
        p, q = exp(x - value), exp(y - value)
        c = base * p * q
        return value, p, q, c, -c, c

    return at


def _remainder(f, rounding):
    def at(x, y):
        value = f(x, y)
        if not np.isfinite(x) or y == 0:
            return value, NAN, NAN, NAN, NAN, NAN
        quotient = REAL(rounding(x, y)) if np.isinf(y) else np.rint((x - value) / y)
        corners.count += value == 0 and x != 0
        return value, 1, -quotient, 0, 0, 0

    return at


def _copysign(x, y):
    corners.count += x == 0
    return np.copysign(x, y), np.sign(x) * np.copysign(REAL(1), y), 0, 0, 0, 0


def _heaviside(x, y):
    return np.heaviside(x, y), 0, REAL(x == 0), 0, 0, 0


BINARY = {
    "add": lambda x, y: (x + y, 1, 1, 0, 0, 0),
    "subtract": lambda x, y: (x - y, 1, -1, 0, 0, 0),
    "multiply": lambda x, y: (x * y, y, x, 0, 1, 0),
    "divide": _divide,
    "power": _power,
    "float_power": _power,
    "arctan2": _atan2,
    "hypot": _hypot,
    "logaddexp": _log_of_sum(np.logaddexp, np.exp, 1),
    "logaddexp2": _log_of_sum(np.logaddexp2, np.exp2, LN2),
    "remainder": _remainder(np.remainder, np.floor_divide),
    "fmod": _remainder(np.fmod, lambda x, y: 0),
    "copysign": _copysign,
    "heaviside": _heaviside,
    "nextafter": _nextafter,
    "ldexp": lambda x, k: (np.ldexp(x, int(k)), np.ldexp(REAL(1), int(k)), 0, 0, 0, 0),
}
