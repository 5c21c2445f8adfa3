"""What difference quotients say about a claimed slope: right, wrong, a corner, or nothing.

The quotient ``D(h) = (f(x + h v) - f(x - h v)) / 2h`` is taken with falling
steps.  Its error falls with the square of the step, until rounding, which grows
as the step falls, takes over.  The best step is the one whose neighbours agree
with it most, and their distance says how much it can be trusted.  So no step has
to be chosen for a function, whatever its scale.

Every entry of the value is judged by its own size.
"""

import numpy as np

# Verdicts on an entry; FLAT is right, too: as nearly zero as can be seen.
RIGHT, FLAT, WRONG, CORNER, HIDDEN, NOT_FINITE = range(6)


class Precision:
    """What depends on the number of binary digits of the coarsest dtype among the arguments and results.

    Attributes
    ----------
    eps, least : float
        The distance from 1 to the next number, and the smallest positive number.
    tolerance : float
        The relative error from which on a slope is wrong.
    doubt : int
        How many times the spread of the quotients a slope may lie away from them.
    shift : int
        Directions are ``2**-shift`` of the point: a slope along the point itself could overflow.
    steps : list of float
        For such directions, from the longest to the shortest: all are powers of two, so that a
        point moves by exactly what was meant.
    """

    def __init__(self, dtypes):
        info = max((np.finfo(dtype) for dtype in dtypes), key=lambda info: info.eps, default=np.finfo(float))
        digits = info.nmant + 1
        self.eps = float(info.eps)
        self.least = info.smallest_subnormal
        self.tolerance = self.eps**0.44
        self.doubt = 10 if digits > 11 else 2
        self.shift = digits // 4
        exponents = range(-min(2, digits // 10), -(digits - 5), -max(1, round(digits / 16)))
        self.steps = [2.0 ** (self.shift + k) for k in exponents]


class Quotients:
    """The quotients of one direction, collected step by step.

    Parameters
    ----------
    y : array
        The value at the point.
    slope : array
        The claim.
    rounding : array
        How much rounding may change each entry.
    floor : array
        How much rounding may have left of a slope that is zero.
    precision : Precision
    """

    def __init__(self, y, slope, rounding, floor, precision):
        self._y = y
        self._slope = slope
        self._floor = floor
        self._precision = precision
        self._rounding = rounding + precision.least
        # Of each step and entry: the quotient, half of what the two sides differ by, and what rounding makes of both.
        self._middle, self._bend, self._noise = [], [], []

    def add(self, step, plus, minus):
        """Take in the values at both sides."""
        self._middle.append((plus - minus) / (2 * step))
        self._bend.append((plus - self._y + minus - self._y) / (2 * step))
        self._noise.append(self._rounding / step)

    def agree(self):
        """Whether the last two steps confirm the slopes of all entries, so that no other is needed."""
        if len(self._middle) < 2:
            return False
        ok = np.ones(self._y.shape, bool)
        for middle, bend, before, noise in zip(self._middle[-2:], self._bend[-2:], self._bend[-3:-1], self._noise[-2:]):
            fine = self._precision.tolerance * np.maximum(np.abs(self._slope), np.abs(middle))
            ok &= np.isfinite(middle) & (np.abs(middle - self._slope) <= fine) & (noise <= fine)
            ok &= (np.abs(bend) <= fine) | (np.abs(bend) <= 0.7 * np.abs(before))
        # Zeros after other quotients may be rounding: nothing moves any more.
        ok &= self._middle[-1] != 0
        return bool(np.all(ok | self._zero(np.array(self._middle), np.array(self._bend), np.array(self._noise))))

    def _zero(self, middle, bend, noise):
        """Where the claim is zero, and all quotients say so, too, without a corner."""
        differs = (np.abs(middle) > 4 * noise).any(axis=0)
        corner = (np.abs(bend[1:]) > 0.7 * np.abs(bend[:-1]) + 4 * noise[1:]).any(axis=0)
        return (self._slope == 0) & ~differs & ~corner

    def verdicts(self):
        """A verdict on each entry, with what belongs to it.

        Returns
        -------
        verdicts : array of int
        off : array
            The distance of the claim from the best quotient, relative to the larger of both.
        order : array
            The slope, in a doubly logarithmic plot, of ``|f(x + h v) - f(x) - h J v|`` over h.
        """
        middle, bend, noise = np.array(self._middle), np.array(self._bend), np.array(self._noise)
        best, spread, corner = self._best(middle, bend, noise)
        at = (best, np.arange(middle.shape[1]))
        size = np.maximum(np.abs(self._slope), np.abs(middle[at]))
        gap = np.abs(middle[at] - self._slope)
        verdicts = np.full(self._y.shape, HIDDEN)
        # Zero, or nearly zero beside the slopes around the point.
        around = np.abs(middle) + np.abs(bend)
        steepest = np.max(np.where(np.isfinite(around), around, 0), axis=0)
        verdicts[self._zero(middle, bend, noise)] = FLAT
        verdicts[np.maximum(gap, spread) <= self._precision.tolerance * steepest] = FLAT
        verdicts[spread <= 0.08 * size] = RIGHT
        verdicts[gap > self._precision.doubt * spread + self._precision.tolerance * size + self._floor] = WRONG
        verdicts[corner] = CORNER
        verdicts[np.isinf(spread)] = HIDDEN
        verdicts[~np.isfinite(middle).any(axis=0)] = NOT_FINITE
        rest, more = (np.abs(middle[i] + bend[i] - self._slope) for i in (at, (best - 1, at[1])))
        ratio = self._precision.steps[0] / self._precision.steps[1]
        return verdicts, gap / size, 1 + np.log(more / rest) / np.log(ratio)

    def _best(self, middle, bend, noise):
        """For each entry the step to judge by, how far the quotients beside it are from its own, and whether they show a corner.

        A step counts where quotients have settled, at a number or, beside what longer steps
        gave, at zero.  Zeros after they had settled elsewhere are rounding: the value does not
        move any more.
        """
        length = np.abs(middle)
        apart = np.abs(np.diff(middle, axis=0))
        spread = np.full(middle.shape, np.inf, middle.dtype)
        spread[1:-1] = np.maximum(apart[:-1], apart[1:]) + noise[1:-1]
        spread[~np.isfinite(spread)] = np.inf
        kept = np.zeros(middle.shape, bool)
        kept[1:] = np.abs(bend[1:]) > 0.7 * np.abs(bend[:-1])
        kept &= np.abs(bend) > 10 * noise + 0.01 * length
        before = np.maximum.accumulate(np.where(np.isfinite(length), length, 0), axis=0)
        still = middle == 0
        settled = (spread <= 0.1 * length) & ~still
        vanishing = length + spread <= self._precision.tolerance * np.concatenate([before[:1], before[:-1]])
        vanishing |= np.isfinite(spread) & still
        vanishing &= ~(still & (settled & ~kept & (spread <= 0.01 * length)).any(axis=0))
        useful = settled | vanishing
        corner = (useful & kept).any(axis=0) & ~(useful & ~kept).any(axis=0)
        useful &= ~kept | corner
        # The smallest relative spread; where the quotients vanish, the smallest at all.
        rank = np.where(settled, spread / length, spread / (before + self._rounding / self._precision.steps[0]))
        best = np.argmin(np.where(useful, rank, np.inf), axis=0)
        at = (best, np.arange(middle.shape[1]))
        return np.maximum(best, 1), np.where(useful[at], spread[at], np.inf), corner
