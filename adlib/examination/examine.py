"""`examine`: a derivative by all methods, and what is wrong with it."""

import warnings
from dataclasses import dataclass

import numpy as np

from ..core.arguments import check_function
from ..core.errors import ArgumentError
from ..core.points import finite_point, own_copy
from ..core.settings import shown, whole_number
from .runs import Limit
from .verdicts import Findings, not_traced, verdicts

_TINY = 2.0**-14  # of the largest entry: less than that, and its steps become smaller


@dataclass(frozen=True, repr=False)
class Examination:
    """What `examine` found; printing it shows the slopes side by side and the trouble.

    Attributes
    ----------
    value : float
        Of the function, by a plain run.
    slopes : dict
        From the name of a method to the slope it gives; None where it gives none.
    troubles : tuple of Trouble
        Each with ``kind``, ``place``, ``words`` and ``cure``; empty where nothing was found.
    """

    value: float
    slopes: dict
    troubles: tuple

    @property
    def sound(self):
        """Whether nothing was found."""
        return not self.troubles

    def __str__(self):
        rows = [("value", self.value), *self.slopes.items()]
        lines = [f"{name:<18} {'none' if x is None else f'{x:.10g}'}" for name, x in rows]
        return "\n".join([*lines, *(map(str, self.troubles) if self.troubles else ["nothing was found"])])

    def __repr__(self):
        return str(self)


def examine(f, x, seed=0):
    """Examine the derivative of `f` at `x`: every method side by side, and the line where trouble comes from.

    Parameters
    ----------
    f : callable
        From one float or float array to one real number, written in plain NumPy.
    x : float or numpy.ndarray
        The point, float64.  For an array the slopes are those along a direction
        that is drawn, with entries from 1 to 2 of both signs, and smaller ones for
        entries of the point that are tiny beside the others.
    seed : int
        For the direction.

    Returns
    -------
    Examination
        With ``slopes`` by forward mode, reverse mode, the complex step, values
        on the left and on the right, and forward mode in single precision; with
        ``troubles`` and ``sound``.

    Raises
    ------
    ArgumentError
        When `x` is no finite float64 or array of them, and when `f` returns no real number.

    Notes
    -----
    What it can name:

    ====================  ==========================================================================
    not traced            a step of the program cannot be differentiated
    random                two runs give two values
    another path          the program goes another way where adlib runs it than on plain numbers
    value not finite      an intermediate result overflows
    low precision         a part is computed in a coarser type than the point
    jump                  the value jumps at the point
    infinite slope        the function is vertical
    edge of the domain    there are values on one side only
    corner                the slopes on the two sides differ, or those in several directions
    infinity times zero   the derivative is NaN, though the function has one
    chaos                 the slope is right, and no step is short enough for it
    branch                the program takes a special way at this very point
    hidden corner         a part has a corner at this very point, and the whole has none
    wrong rule            a rule that was declared is not the derivative
    cut off               a part that varies is a constant to the derivative
    staircase             rounding hides from the derivative how the value varies
    unexplained           forward mode and values contradict each other, and none of these is why
    cancellation          the derivative loses half its digits or more
    stopped early         a loop ends by a test that the value passes and the derivative does not
    ====================  ==========================================================================

    There is one verdict, the first that applies in about this order. Values decide
    where they can: one-sided quotients with steps from the size of the point, or 1,
    down to its roundings, each half of the one before. A kink or a jump farther off
    than about 1e-9 of the point is none of it. Cancellation is seen by moving each
    intermediate result by a rounding, at random. A branch is tried by answering its
    question the other way, a loop by letting it run once more. A trouble that shows
    at other points only is not found, and neither is one that values do not show,
    such as a loop of fixed length that has not converged.

    Cost: about 100 plain evaluations of `f`, 220 at 0, and more for a small point: 7
    for each factor of 10 below 1; some 20 complex ones and sweeps of forward mode,
    one of reverse mode, ten more runs of the operations, and one for each branch
    that is turned. Where something is rounded, 200 evaluations more. A run that
    takes ten times the lines of that at the point is given up, and so is one that
    raises an exception: there is no value then.

    Source: Kakade and Lee, "Provably correct automatic subdifferentiation for
    qualified programs", 2018, for the branches; Griewank and Walther,
    "Evaluating Derivatives", 2nd ed., SIAM 2008, chapter 14, for the rest.

    Examples
    --------
    >>> import numpy as np, adlib
    >>> found = adlib.examine(lambda x: np.sin(x) / x, 1e-8)
    >>> found.troubles[0].kind
    'cancellation'
    >>> adlib.examine(np.sinc, 1e-8).sound
    True
    """
    check_function(f, "examine")
    x = finite_point(x, "examine")
    if np.asarray(x).dtype != np.float64:
        raise ArgumentError(
            f"examine takes a float64 point, which leaves room to tell rounding from trouble, but x is {x.dtype}; "
            "write x.astype(np.float64)"
        )
    limit = Limit()
    plain = _value(f, x, limit)
    rng = np.random.default_rng(whole_number(seed, "seed", "examine", 0))
    u = 1.0 if np.ndim(x) == 0 else _direction(x, rng)
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        try:
            found = Findings(f, x, u, plain, limit)
        except Exception as error:  # what the function does not raise on numbers
            return Examination(plain, {}, (not_traced(error),))
        slopes = {
            "forward mode": found.forward,
            "reverse mode": found.reverse,
            "complex step": found.complex,
            "from the left": found.left.slope,
            "from the right": found.right.slope,
            "single precision": found.single,
        }
        return Examination(found.value, slopes, tuple(verdicts(found)))


def _direction(x, rng):
    """A direction whose steps change every entry: less for an entry that is tiny beside the others, for its own sake."""
    u = rng.uniform(1.0, 2.0, np.shape(x)) * rng.choice([-1.0, 1.0], np.shape(x))
    share = np.abs(x) / (np.max(np.abs(x), initial=0.0) or 1.0)
    return np.where((share > 0) & (share < _TINY), share / _TINY, 1.0) * u


def _value(f, x, limit):
    """The value of a plain run.  A function of no or several results is refused; what it raises is the caller's."""
    with np.errstate(all="ignore"):
        value = limit.measure(f, own_copy(x))
    if np.shape(value) != () or np.asarray(value).dtype.kind not in "fiub":
        raise ArgumentError(
            f"examine takes a function of one real number, but f returned {shown(value)}; "
            "examine one entry or a sum of them at a time"
        )
    return float(value)
