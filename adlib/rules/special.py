"""``np.sinc`` and ``np.i0``: each is one of a family of functions that its derivatives do not leave."""

import math

import numpy as np

from ..core.declare import elementwise, primitive
from ..core.trace import as_array


@primitive
def sinc_derivative(x, k):
    """The k-th derivative of ``sin(pi x) / (pi x)``.

    Near 0 by the power series, elsewhere from the k-th derivative of
    ``x sinc(x) = sin(pi x) / pi``, which is ``x s_k + k s_(k-1)``.
    """
    given = as_array(x)
    x = given.astype(np.result_type(given, float))
    number = x.dtype.type
    pi = 4 * np.arctan(number(1))
    near = np.abs(x) < 1
    small, large = np.where(near, x, 0.0), np.where(near, 1.0, x)
    series = np.zeros_like(x)
    for j in range(25 + k, (k - 1) // 2, -1):
        falling = math.prod(range(2 * j - k + 1, 2 * j + 1))
        series = series + (-1) ** j * number(falling) / number(math.factorial(2 * j + 1)) * (pi * small) ** (2 * j - k)
    s = np.sin(pi * large) / (pi * large)
    for i in range(1, k + 1):
        s = (pi ** (i - 1) * np.sin(pi * large + i * (pi / 2)) - i * s) / large
    return np.where(near, pi**k * series, s).astype(given.dtype)[()]


elementwise(np.sinc, lambda x: sinc_derivative(x, 1))
elementwise(sinc_derivative, lambda x1, x2: sinc_derivative(x1, x2 + 1), None)


_BESSEL_LIMIT = 720.0  # where the functions leave the range of float64, in which NumPy computes


@primitive
def bessel_i(x, order):
    """The modified Bessel function of the first kind of a whole order, by its series of positive terms."""
    x, order = as_array(x), abs(order)
    inside = np.abs(x) < _BESSEL_LIMIT
    small = np.where(inside, x, 0.0).astype(np.result_type(x, float))
    half, square = small / 2, small * small / 4
    term = half**order / math.factorial(order)
    total = term
    reach = 8  # by doubling, so that a recorded program has enough terms for a range of numbers
    while np.any(np.abs(small) > reach):
        reach *= 2
    for j in range(1, 32 + reach):
        term = term * square / (j * (j + order))
        total = total + term
    return np.where(inside, total, np.inf * np.where(inside, 1.0, np.sign(x)) ** order).astype(x.dtype)[()]


# I0' = I1 and 2 Ik' = I(k-1) + I(k+1): Abramowitz and Stegun, 9.6.26 and 9.6.27.
elementwise(np.i0, lambda x: bessel_i(x, 1))
elementwise(bessel_i, lambda x1, x2: 0.5 * (bessel_i(x1, x2 - 1) + bessel_i(x1, x2 + 1)), None)
