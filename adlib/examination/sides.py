"""A slope on each side of a point, from values alone, with how far it can be trusted.

Steps are halved from large to small.  Truncation falls, rounding grows, and
between them lies a plateau where three neighbouring quotients agree best.
Where there is none, the way the values fall says why.
"""

from typing import NamedTuple

import numpy as np

_EPS = np.finfo(float).eps
_HALVINGS = np.arange(2, 48)
# Where a jump and a steep slope show: beyond the first steps, before rounding.
_FINE = slice(14, 34)


class Side(NamedTuple):
    """What the values on one side say.

    Attributes
    ----------
    slope, error : float
        The slope and about how far it may be off; NaN where there are no values.
    jump : float
        By how much the value jumps as soon as one leaves the point; mostly 0.
    steep : bool
        Whether the quotients grow without end as the step falls.
    defined : bool
        Whether there are values near the point at all.
    reach : float
        The difference of the largest and the smallest value met.
    flat : bool
        Whether the value stays exactly the same up to a step, and jumps there.
    """

    slope: float
    error: float
    jump: float
    steep: bool
    defined: bool
    reach: float
    flat: bool = False

    @property
    def resolved(self):
        """Whether the slope has three digits, or is zero beside the values."""
        return self.jump == 0 and not self.steep and self.error <= 1e-3 * max(abs(self.slope), 1e-3 * self.reach)


def side(line, value, scale, sign):
    """Measure a `Side` of ``line(t)`` at 0, with steps of ``scale`` times powers of two; `sign` says to which side."""
    t = scale * 2.0**-_HALVINGS
    values = np.array([line(sign * step)[0] for step in t])
    fallen = values - value
    if not np.isfinite(fallen[_FINE]).all():
        return Side(np.nan, np.nan, 0.0, False, bool(np.isfinite(fallen[_FINE]).any()), np.nan)
    # The quotient of second order, one-sided: (4 f(h) - f(2h) - 3 f(0)) / 2h.
    quotients = sign * (4 * fallen[1:] - fallen[:-1]) / t[:-1]
    # Of the values, and of the points where they are taken.
    rounding = 8 * _EPS * (abs(value) + np.abs(values[1:]) + scale * np.abs(quotients)) / t[1:]
    apart = np.abs(np.diff(quotients))
    errors = np.maximum(apart[1:], apart[:-1]) + rounding[1:-1]
    errors = np.where(np.isfinite(errors), errors, np.inf)
    best = int(np.argmin(errors))
    known = fallen[np.isfinite(fallen)]
    reach = float(np.ptp(np.append(known, 0.0)))
    with np.errstate(divide="ignore", invalid="ignore"):
        ratios = np.abs(fallen[_FINE][1:] / fallen[_FINE][:-1])
    jumps = bool(np.all(np.abs(ratios - 1) < 0.05)) and abs(fallen[_FINE][-1]) > 64 * _EPS * abs(value)
    steep = not jumps and bool(np.all((ratios > 0.55) & (ratios < 0.98)))
    return Side(
        float(quotients[best + 1]),
        float(errors[best]),
        float(fallen[_FINE][-1]) if jumps else 0.0,
        steep,
        True,
        reach,
        bool(np.all(fallen[_FINE] == 0)) and bool(np.any(known)) and np.min(np.abs(known[known != 0])) > 1e-4 * reach,
    )
