"""Elementwise functions: one line each, serving both modes.

A partial derivative names what it needs: ``y`` the result, ``x`` (or ``x1``,
``x2``) the arguments.  At a corner the slope is the subgradient nearest to
zero or the mean of the two sides: |x| has 0 at 0, equal arguments of a maximum
share the slope.  An argument without a share receives 0, whatever it would be
multiplied by.  An infinite slope is given as inf.
Where it stands at the edge of a domain, what has the tangent 0 does not move.
An adjoint of 0 times it stays NaN: ``x * sqrt(x)`` has the derivative 0 at 0,
``sqrt(x)**2`` has 1, and both multiply the slope of the root by 0.
"""

import functools
import math
import operator

import numpy as np

from ..core.conditions import everywhere, nowhere, rare
from ..core.conversions import in_place
from ..core.declare import composite, elementwise, linear, primitive, rule
from ..core.families import Elementwise, total_differential
from ..core.keywords import function_name, keyword_names, supported
from ..core.trace import FLOAT64, RECORDED, RULES, apply, as_operand, is_differentiated, plain_value
from .corners import Share, Sharing, Tip, share, sharing

_NUMBERS = frozenset({float, np.float64})


class Edged(Elementwise):
    """An elementwise function whose slope is infinite at the edge of its domain.

    There a tangent of 0 gives 0: ``arccos(clip(x, -1, 1))`` does not move with x = 2.
    """

    def __init__(self, name, partials, inside):
        super().__init__(name, partials)
        self._inside = inside  # a number with finite slopes

    def jvp(self, call, ans, args, kwargs, tangents):
        total = Elementwise.jvp(self, call, ans, args, kwargs, tangents)
        if type(total) in _NUMBERS and total == total:
            return total
        if not rare(np.isnan(plain_value(total))):  # NaN, as 0 times inf is
            return total
        terms = [functools.partial(self._term, k, (ans, *args)) for k in range(len(args))]
        return total_differential(terms, tangents)

    def _term(self, k, values, tangent):
        slope = self.partial(k, [plain_value(v) for v in values])
        still = np.isinf(slope) & _stays_zero(tangent)
        # Not only the slope: its own derivative is infinite, too.
        slope = self.partial(k, [np.where(still, self._inside, v) for v in values])
        term = np.where(still, 0.0, slope) * tangent
        return term + unknown_slope(tangent, still) if _under_reverse(tangent) else term


def _stays_zero(tangent):
    """Where a tangent is 0, and does not vary either, as far as an outer forward mode tells."""
    still = True
    while is_differentiated(tangent):
        if tangent._trace.mode == "forward":
            still = still & _stays_zero(tangent._info)
        tangent = tangent._value
    return still & (tangent == 0)


def _under_reverse(tangent):
    while is_differentiated(tangent):
        if tangent._trace.mode == "reverse":
            return True
        tangent = tangent._value
    return False


@primitive
def unknown_slope(x, where):
    """Zeros.  Whether a tangent of 0 stays so, reverse mode cannot tell: its derivative is NaN unless a mask stops it."""
    return np.zeros_like(x)


elementwise(unknown_slope, lambda x2: np.where(x2, np.nan, 0.0), None)


def edged(function, *partials, inside=0.5):
    """Declare an elementwise function with infinite slopes at the edge of its domain."""
    RULES[function] = Edged(function_name(function), partials, inside)


# Operators.
elementwise(np.add, 1, 1)
elementwise(np.subtract, 1, -1)
elementwise(np.multiply, lambda x2: x2, lambda x1: x1)  # by x1 it is x2, by x2 it is x1
elementwise(np.negative, -1)
elementwise(np.positive, 1)
sharing(np.absolute, lambda x: share(np.sign(x)))
sharing(np.fabs, lambda x: share(np.sign(x)))
elementwise(np.remainder, 1, lambda x1, x2: -np.floor_divide(x1, x2))
elementwise(np.conjugate, 1)


class Division(Elementwise):
    """A tangent or an adjoint is divided, too: times ``1 / x2`` it would have no more digits than the number x2."""

    def __init__(self):
        super().__init__("divide", (lambda x2: 1 / x2, lambda y, x2: -y / x2))
        self._contributions[0] = functools.partial(_divided, 2)

    def _plan(self, argnums):
        take, contributions = super()._plan(argnums)
        if argnums[0] == 0:  # what is kept is x2, or y and x2
            contributions[0] = functools.partial(_divided, None if len(argnums) == 1 else 1)
        return take, contributions


def _divided(place, x, values):
    divisor = values if place is None else values[place]
    try:
        return x / divisor
    except ArithmeticError:
        return x / np.float64(divisor)


RULES[np.divide] = Division()


def _quotient(y, x1, x2):
    # The one that the remainder was computed with: x1 / x2 may round to the next whole number.
    return np.rint((plain_value(x1) - plain_value(y)) / plain_value(x2))


elementwise(np.fmod, 1, lambda y, x1, x2: -_quotient(y, x1, x2))


def _power_base(x1, x2):
    # x2 * x1**(x2 - 1), but 0 where x2 is 0: x1**0 is the constant 1 even at x1 = 0.
    if type(x2) in (int, float) and math.isfinite(x2):
        if x2 == 2:
            return 2 * x1  # x1**1 would be a copy
        if x2 == 1:
            return 1
        if type(x1) is not float and x1.dtype == np.longdouble:
            x2 = np.longdouble(x2)  # in which x2 - 1 has more digits
        return x2 * x1 ** (x2 - 1) if x2 != 0 else 0.0
    if is_differentiated(x2):
        return power_derivative(x1, x2, 1, 0)
    flat, far = x2 == 0, np.isinf(x2)
    if rare(far):  # where the power is 0, the slope is 0 too
        flat = flat | far & (np.abs(plain_value(x1)) ** np.sign(x2) < 1)
        x2 = np.where(flat, 0.0, x2)
    return np.where(flat, 0.0, x2 * x1 ** np.where(flat, 1.0, x2 - 1))


def _power_exponent(y, x1, x2):
    # y * log(x1), but 0 where the power stays: 0**x2 for x2 > 0, inf**x2 for x2 < 0, and 0**0 by convention.
    if is_differentiated(x1):
        return power_derivative(x1, x2, 0, 1)
    power = plain_value(y)
    base = np.where((power == 0) | (x1 == 0) & (power == 1), 1.0, x1)
    return y * np.log(base, dtype=getattr(power, "dtype", None))


@primitive
def power_derivative(x, y, k, m):
    """The derivative of ``x**y``, k times by x and m times by y.

    It is ``x**(y - k)`` times a polynomial in log(x), whose coefficients are the
    derivatives of ``y (y - 1) ... (y - k + 1)``.  At 0 and at inf its leading
    term decides.
    """
    dtype = np.result_type(x, y)
    x, y = dtype.type(1) * x, dtype.type(1) * y
    edge = (x == 0) | np.isinf(x)
    meets_edge = rare(edge)
    inner = np.where(edge, 1.0, x) if meets_edge else x
    log = np.log(inner) if m else 0.0
    total = lead = np.zeros(np.broadcast_shapes(x.shape, y.shape), dtype)
    depth = np.zeros(total.shape, int)
    for j in range(min(m, k) + 1):
        coefficient = math.comb(m, j) * np.polyval(np.polyder(np.atleast_1d(np.poly(range(k))), j), y)
        total = total + (coefficient * log ** (m - j) if j < m else coefficient)
        if meets_edge:
            first = (lead == 0) & (coefficient != 0)
            lead, depth = np.where(first, coefficient, lead), np.where(first, m - j, depth)
    power = inner ** (y - k)
    flat = (total == 0) | (power == 0)
    inside = np.where(flat, 0.0, total) * np.where(flat, 0.0, power)
    if not meets_edge:
        return inside.astype(total.dtype)[()]
    growth = np.where(x == 0, k - y, y - k)
    factor = np.where(growth == 0, np.where(depth > 0, np.inf, 1.0), np.where(edge, x, 1.0) ** (y - k))
    still = (lead == 0) | (growth < 0) | ((x == 0) & (y == 0) & (k == 0))
    at_edge = np.where(still, 0.0, np.where((x == 0) & (depth % 2 == 1), -lead, lead) * np.where(still, 1.0, factor))
    return np.where(edge, at_edge, inside).astype(total.dtype)[()]


elementwise(
    power_derivative,
    lambda x1, x2, x3, x4: power_derivative(x1, x2, x3 + 1, x4),
    lambda x1, x2, x3, x4: power_derivative(x1, x2, x3, x4 + 1),
    None,
    None,
)
edged(np.power, _power_base, _power_exponent)
edged(np.float_power, _power_base, _power_exponent)


def without_sign(x):
    """`x`, in which 0 has no sign: a slope that is infinite there has the other one at -0."""
    if type(x) is not np.ndarray:
        plain = plain_value(x)
        if type(plain) in RECORDED and not rare(plain == 0):
            return x
    return x + 0.0


# Powers and roots.
elementwise(np.square, lambda x: 2 * x)
elementwise(np.reciprocal, lambda y: -y * y)
edged(np.sqrt, lambda y: 0.5 / without_sign(y))
elementwise(np.cbrt, lambda y: 1 / (3 * y) / y)  # y * y would leave the range of float16


def _log(number, x):
    """The logarithm of a number in the precision of `x`."""
    return np.log(x.dtype.type(number)) if getattr(x, "dtype", None) == np.longdouble else math.log(number)


# Exponentials and logarithms.
elementwise(np.exp, lambda y: y)
elementwise(np.exp2, lambda y: _log(2, y) * y)
elementwise(np.expm1, lambda x: np.exp(x))  # not y + 1, which rounds to 0 far on the left
edged(np.log, lambda x: 1 / without_sign(x))
edged(np.log2, lambda x: 1 / _log(2, x) / without_sign(x))
edged(np.log10, lambda x: 1 / _log(10, x) / without_sign(x))
edged(np.log1p, lambda x: 1 / (1 + x))


def _weight(exp, add, mine, other):
    # exp(mine) / (exp(mine) + exp(other)), in all digits; infinite arguments that are equal share.
    same = np.isinf(plain_value(mine)) & (plain_value(mine) == plain_value(other))
    if rare(same):
        mine, other = np.where(same, 0.0, mine), np.where(same, 0.0, other)
    return exp(-add(0.0, other - mine))


for _add, _exp in ((np.logaddexp, np.exp), (np.logaddexp2, np.exp2)):
    elementwise(
        _add,
        lambda x1, x2, exp=_exp, add=_add: _weight(exp, add, x1, x2),
        lambda x1, x2, exp=_exp, add=_add: _weight(exp, add, x2, x1),
    )


@primitive
def one_minus_square(x):
    """``1 - x**2`` in all digits, as its derivative is."""
    return (1 - x) * (1 + x)


elementwise(one_minus_square, lambda x: -2 * x)

# Trigonometric and hyperbolic functions.
elementwise(np.sin, lambda x: np.cos(x))
elementwise(np.cos, lambda x: -np.sin(x))
elementwise(np.tan, lambda y: 1 + y * y)
edged(np.arcsin, lambda x: 1 / np.sqrt(one_minus_square(x)))
edged(np.arccos, lambda x: -1 / np.sqrt(one_minus_square(x)))
elementwise(np.arctan, lambda x: _over_square(1.0, 1.0, x))


def _over_square(x, x1, x2):
    # x / (x1**2 + x2**2), whose squares would overflow.
    r = np.hypot(x1, x2)
    length = plain_value(r)
    far, origin = np.isinf(length), length == 0
    if rare(far | origin):  # far away it is 0; at the origin there is none, and no derivative of it
        nothing = np.nan * np.where(origin, x1 + x2, 0.0)
        x, r = np.where(origin, nothing, np.where(far, 0.0, x)), np.where(far | origin, 1.0, r)
    return x / r / r


elementwise(np.arctan2, lambda x1, x2: _over_square(x2, x1, x2), lambda x1, x2: -_over_square(x1, x1, x2))
elementwise(np.sinh, lambda x: np.cosh(x))
elementwise(np.cosh, lambda x: np.sinh(x))
elementwise(np.tanh, lambda y: one_minus_square(y))
elementwise(np.arcsinh, lambda x: 1 / np.hypot(1.0, x))
edged(np.arccosh, lambda x: 1 / np.sqrt(x - 1) / np.sqrt(x + 1), inside=2.0)
edged(np.arctanh, lambda x: 1 / one_minus_square(x))
for _function in (np.deg2rad, np.radians, np.rad2deg, np.degrees):
    linear(_function, lambda g, shape, function=_function: function(g))


@primitive
def direction(mine, other):
    """``mine / hypot(mine, other)``, and 0 at the origin; an infinite argument is longer than all others."""
    far = np.isinf(mine) | np.isinf(other)
    if rare(far):
        mine, other = (np.where(far, np.copysign(np.isinf(x), x), x) for x in (mine, other))
    length = np.hypot(mine, other)
    return mine / (length + (length == 0))


class Direction(Elementwise):
    """At the origin it has no derivative, except along no direction at all."""

    def jvp(self, call, ans, args, kwargs, tangents):
        moves = [plain_value(t) != 0 for t in tangents if t is not None]
        total = super().jvp(call, ans, args, kwargs, tangents)
        return np.where(functools.reduce(np.logical_or, moves), total, 0.0)


def _turn(mine, other):
    # By  other * (other * d mine - mine * d other) / length**3,  of directions and a length that do not overflow.
    length = np.hypot(mine, other)
    origin, still = plain_value(length) == 0, np.isinf(plain_value(length))  # what is infinitely far does not turn
    return np.where(origin, np.nan, np.where(still, 0.0, direction(other, mine) / np.where(origin, 1.0, length)))


RULES[direction] = Direction(
    "direction",
    (
        lambda x1, x2: _turn(x1, x2) * direction(x2, x1),
        lambda x1, x2: -_turn(x1, x2) * direction(x1, x2),
    ),
)


def _hypot(mine, other, y):
    length = plain_value(y)
    if not rare((length == 0) | ~np.isfinite(length)):
        return mine / y
    return Tip(direction(mine, other), length != 0)


sharing(np.hypot, lambda x1, x2, y: _hypot(x1, x2, y), lambda x1, x2, y: _hypot(x2, x1, y))


# Choices: the chosen argument takes the slope, equal arguments share it.
def _choice(better, skips_nan, mine, other):
    """Where `mine` is chosen; and the slope there, None if 1 everywhere."""
    wins, loses = better(mine, other), better(other, mine)
    if everywhere(wins | loses):
        return wins, None
    nan, their_nan = np.isnan(mine), np.isnan(other)  # a NaN wins, or is passed over
    if skips_nan:
        nan, their_nan = their_nan, nan
    tie = mine == other
    if nowhere(their_nan):
        wins = np.logical_not(loses)
    elif nowhere(nan):
        wins = wins | tie
    else:
        wins, tie = wins | tie | nan, tie | nan & their_nan
    one = np.result_type(mine, other).type(1)
    return wins, np.where(tie, one / 2, one)


def _chosen(wins, slope):
    """The slope as a mask, or as a `Share` where arguments are equal."""
    if slope is not None:
        return Share(slope, wins)
    return wins if wins.ndim or not wins else 1


def _choosing(function, better, skips_nan=False):
    def chosen(mine, other):
        return _chosen(*_choice(better, skips_nan, plain_value(mine), plain_value(other)))

    sharing(function, lambda x1, x2: chosen(x1, x2), lambda x1, x2: chosen(x2, x1))


_choosing(np.maximum, np.greater)
_choosing(np.minimum, np.less)
_choosing(np.fmax, np.greater, skips_nan=True)
_choosing(np.fmin, np.less, skips_nan=True)


class Clip(Sharing):
    """``np.clip``: the larger of a and the lower bound, then the smaller of that and the upper one."""

    def __init__(self):
        shares = [lambda x1, x2, x3, k=k: self._share(k, *map(plain_value, (x1, x2, x3))) for k in range(3)]
        super().__init__("clip", shares)

    def bind(self, call, args, kwargs):
        return apply(self, call, self._bounds(*args, **supported(keyword_names(self._bounds), call, args, kwargs)), {})

    @staticmethod
    def _bounds(a, a_min=None, a_max=None, out=None, *, min=None, max=None):
        return [as_operand(x) for x in (a, a_min if min is None else min, a_max if max is None else max)]

    @staticmethod
    def _share(k, a, lower, upper):
        choices = []
        if lower is not None and k != 2:
            choices.append(_choice(np.greater, False, *((a, lower) if k == 0 else (lower, a))))
        if upper is not None:
            inside = a if lower is None else np.maximum(a, lower)
            choices.append(_choice(np.less, False, *((upper, inside) if k == 2 else (inside, upper))))
        slopes = [slope for _, slope in choices if slope is not None]
        wins = functools.reduce(operator.and_, [wins for wins, _ in choices]) if choices else np.True_
        return _chosen(wins, functools.reduce(operator.mul, slopes) if slopes else None)


RULES[np.clip] = Clip()

# A sign, a step and an exponent do not vary; what they are applied to does.
sharing(np.copysign, lambda x1, x2: share(np.sign(x1) * np.copysign(1.0, plain_value(x2))), None)
sharing(np.heaviside, None, lambda x1: np.equal(plain_value(x1), 0))
linear(np.ldexp, lambda g, shape, exponent: np.ldexp(g, exponent))
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


def _nan_to_num(x, copy=True, nan=0.0, posinf=None, neginf=None):
    if not copy:
        raise in_place("numpy.nan_to_num with copy=False", x)
    limits = np.finfo(x.dtype)
    posinf, neginf = (limits.max if posinf is None else posinf), (limits.min if neginf is None else neginf)
    y = np.where(np.isnan(x), nan, np.where(np.isposinf(x), posinf, np.where(np.isneginf(x), neginf, x)))
    return y if y.dtype == x.dtype else y.astype(x.dtype)


composite(np.nan_to_num, _nan_to_num)

# Traced values are real.
composite(np.real, lambda val: val)
composite(np.real_if_close, lambda a, tol=100: a)
composite(np.imag, lambda val: np.zeros_like(val))


# ``f.outer(a, b)`` is f on all pairs.
def _outer(ufunc):
    def pairs(a, b):
        a = as_operand(a)
        return ufunc(np.reshape(a, np.shape(a) + (1,) * np.ndim(b)), b)

    return pairs


for _ufunc in [f for f in RULES if isinstance(f, np.ufunc) and f.nin == 2 and f.signature is None]:
    composite((_ufunc, "outer"), _outer(_ufunc))


class Where(Sharing):
    """``np.where``, whose form with one argument is ``np.nonzero``."""

    def bind(self, call, args, kwargs):
        if len(args) == 1:
            return np.nonzero(plain_value(args[0]))
        return super().bind(call, [as_operand(x) for x in args], kwargs)


def _holds(condition):
    return condition if getattr(condition, "dtype", FLOAT64).kind == "b" else np.not_equal(condition, 0)


RULES[np.where] = Where(
    "where",
    (None, lambda x1: _holds(plain_value(x1)), lambda x1: np.logical_not(plain_value(x1))),
)
