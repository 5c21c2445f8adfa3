"""A slope on each side of a point, from values alone, with how far it can be trusted.

Steps are halved from the size of the point, or 1, down to roundings of the point.  The slope is the limit of small
steps, so small steps decide as far as rounding lets them, and larger ones refine what they say and never overrule it:
a kink, a jump or the end of the domain near by does not count.  Lepski, "On a problem of adaptive estimation in
Gaussian white noise", 1990, chooses a width so.
"""

from typing import NamedTuple

import numpy as np

_EPS = np.finfo(float).eps
_SMALLEST = -50  # the smallest step in powers of two of the point: four of its roundings
_SMALLEST_OF_ARRAYS = -40  # whose entries round each in its own way
_LARGEST = 80  # and the largest at most; a point of 1e-30 has no business with steps of 1
_AT_ZERO = -110  # at 0, where numbers are as dense as one likes, and the function has any scale
_ENDING = 6  # so many of the smallest steps say how values fall right at the point
_JUMP = 256  # by so many times its noise a value has to move in order to jump
_AT_JUMP = 8  # or farther than so many roundings of the point move it
_LEVEL = 0.03  # and it stays the same to within this, while the steps fall
_CLEAN = 5e-4  # the noise of quotients whose growth is looked at
_NEAR = 2.0**-20  # and they have to be followed to here, in units of the size of the point
_GROWTH, _GROWING = 1.002, 12  # a vertical slope grows by this, with each of so many halvings; x**0.99 by 1.007


class Side(NamedTuple):
    """What the values on one side say.

    Attributes
    ----------
    slope, error : float
        The slope and about how far it may be off; NaN and infinite where there are no values.
    step : float
        The step that it was measured with.
    jump : float
        By how much the value jumps as soon as one leaves the point; mostly 0.
    steep : bool
        Whether the quotients grow without end as the step falls.
    defined : bool
        Whether there are values near the point at all.
    reach : float
        The difference of the largest and the smallest value met.
    flat : float
        The step up to which the value stays exactly the same, where a larger one changes it; mostly 0.
    """

    slope: float
    error: float
    step: float = 0.0
    jump: float = 0.0
    steep: bool = False
    defined: bool = True
    reach: float = 0.0
    flat: float = 0.0


def steps(size, single):
    """The steps for a point of this size, a single number or an array, from large to small: powers of two, which a number takes without rounding."""
    if not size:
        return 2.0 ** np.arange(-2, _AT_ZERO - 1, -1)
    power = np.floor(np.log2(size))
    top = min(max(power + 1, 0.0), power + _LARGEST)
    return 2.0 ** np.arange(top - 2, max(power + (_SMALLEST if single else _SMALLEST_OF_ARRAYS), -1070) - 1, -1)


def side(line, value, noise, sign, t, size):
    """Measure a `Side` of ``line(h)`` at 0 with the steps `t`; `sign` says to which side.

    `noise` is that of the value at the point, `size` that of the point, whose rounding is a part of every step.
    """
    values = np.array([line(sign * h) for h in t])
    wrong = np.flatnonzero(~np.isfinite(values))
    if wrong.size:  # only what lies between the point and the first step without a value
        values, t = values[wrong[-1] + 1 :], t[wrong[-1] + 1 :]
    if len(values) < _ENDING + 2:
        return Side(np.nan, np.inf, defined=False)
    fallen, rounding = values - value, _EPS * size
    noises = noise + _EPS * np.abs(values)
    known = dict(reach=float(np.ptp(np.append(fallen, 0.0))), flat=_flat(fallen, t))
    # What is left of the difference when a line is taken off.
    ending = (2 * fallen[1:] - fallen[:-1])[-_ENDING:]
    jump = ending[-1]
    slope = abs(fallen[-len(t) // 2] / t[-len(t) // 2])  # a jump that a rounding of the point can make is none
    if np.ptp(ending) < _LEVEL * abs(jump) and abs(jump) > _JUMP * noises[-1] + _AT_JUMP * rounding * slope:
        return Side(np.nan, np.inf, jump=float(jump), **known)
    # The quotient of second order, one-sided: (4 f(h) - f(2h) - 3 f(0)) / 2h.
    quotients = sign * (4 * fallen[1:] - fallen[:-1]) / (2 * t[1:])
    errors = (4 * noises[1:] + noises[:-1] + 3 * noise) / (2 * t[1:]) + 3 * rounding * np.abs(quotients) / t[1:]
    if _grows(quotients, errors, t[1:] < _NEAR * (size or 1.0)):
        return Side(np.nan, np.inf, steep=True, **known)
    slope, error, step = _limit(quotients, errors, t[1:])
    return Side(slope, error, step, **known)


def _flat(fallen, t):
    """The largest step below which nothing changes, if a larger one does change something; 0 where there is none."""
    changed = np.flatnonzero(fallen)
    return float(t[changed[-1] + 1]) if changed.size and changed[-1] + _ENDING < len(t) else 0.0


def _grows(quotients, errors, near):
    """Whether the quotients grow with every halving of the step, down to where rounding sets in."""
    clean = errors < _CLEAN * np.abs(quotients)
    first = len(clean) - int(np.argmax(clean[::-1])) if clean.any() else 0
    window = quotients[max(first - _GROWING, 0) : first]
    clean = clean[max(first - _GROWING, 0) : first]
    grows = len(window) == _GROWING and clean.all() and near[first - 1]
    return bool(grows and np.all(window[1:] / window[:-1] > _GROWTH))


def _limit(quotients, errors, t):
    """The limit of the quotients for small steps, how far it may be off, and its step."""
    # Noise that the analysis of rounding has missed shows between the smallest steps.
    scatter = np.max(np.abs(np.diff(quotients[-_ENDING:])) * t[-_ENDING:-1])
    errors = np.maximum(errors, scatter / t)
    low, high, kept = -np.inf, np.inf, np.zeros(len(t), bool)
    for k in range(len(t) - 1, -1, -1):  # from small to large: one that contradicts the smaller ones is left out
        kept[k] = max(low, quotients[k] - errors[k]) <= min(high, quotients[k] + errors[k])
        if kept[k]:
            low, high = max(low, quotients[k] - errors[k]), min(high, quotients[k] + errors[k])
    apart = np.abs(np.diff(quotients))
    larger = np.append(0.0, np.where(kept[:-1], apart, 0.0))
    off = np.where(kept, np.maximum(np.append(apart, np.inf), larger) + errors, np.inf)
    best = int(np.argmin(off))
    return float(quotients[best]), float(off[best]), float(t[best])
