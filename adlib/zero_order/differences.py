"""Derivatives from values alone: difference quotients along a direction.

Every quotient has two errors.  Truncation grows with the step, because the
function is not a polynomial of low degree.  Rounding grows as the step falls,
because the values that are subtracted agree in ever more digits.  The best step
balances the two.  The complex step subtracts nothing, and has no rounding part.
"""

import warnings
from itertools import chain
from typing import NamedTuple

import numpy as np

from ..core.arguments import basis, check_function, tangent_for
from ..core.errors import ArgumentError
from ..core.points import as_array, finite_point, like_point, real_numbers
from ..core.settings import float_type, positive_number

try:
    from numpy.exceptions import ComplexWarning
except ImportError:  # NumPy 1.24
    from numpy import ComplexWarning


class Scheme(NamedTuple):
    """The quotient ``sum(weight * (f(w + a h u) - f(w + b h u))) / (divisor * h)``.

    Its error along a unit direction is at most ``truncation * h**order`` times a
    higher derivative, plus ``rounding * delta / h`` for values known up to delta.
    """

    pairs: tuple  # of (a, b, weight)
    divisor: int
    order: int
    truncation: float

    @property
    def rounding(self):
        return 2 * sum(abs(weight) for _, _, weight in self.pairs) / self.divisor

    @property
    def offsets(self):
        """The multiples of h at which the function is evaluated, 0 left out."""
        return [x for a, b, _ in self.pairs for x in (a, b) if x != 0]

    @property
    def uses_centre(self):
        return any(b == 0 for _, b, _ in self.pairs)


SCHEMES = {
    "forward": Scheme(((1, 0, 1),), 1, 1, 1 / 2),
    "central": Scheme(((1, -1, 1),), 2, 2, 1 / 6),
    "five_point": Scheme(((1, -1, 8), (2, -2, -1)), 12, 4, 1 / 30),
    "complex": None,  # no difference at all
}


class DifferenceStep(NamedTuple):
    """A step and the error to expect from it."""

    step: float
    error: float


def difference_step(scheme="central", value=1.0, derivative=1.0, dtype=float):
    """The step that balances truncation and rounding, and the error it leaves.

    Parameters
    ----------
    scheme : str
        ``"forward"``, ``"central"``, ``"five_point"`` or ``"complex"``.
    value : float
        The size of the function near the point, ``|f|``.
    derivative : float
        The size of the derivative that truncation leaves, along the direction:
        the second for ``"forward"``, the third for ``"central"``, the fifth for
        ``"five_point"``.  For ``"complex"`` the first: only its rounding is left.
    dtype : data type
        The floating-point type in which the function is computed.

    Returns
    -------
    step : float
        The best step.
    error : float
        What the quotient is then off by, at most, when the values are right up
        to ``delta = u |f|``, with u half the machine epsilon.

    Raises
    ------
    ArgumentError
        When the scheme is unknown, a size is not positive and finite, or the
        type is not a floating-point one.

    Notes
    -----
    With D the size of the derivative:

    =============  ===========================  ==========================  ==================
    scheme         error                        best step                   float64, all sizes 1
    =============  ===========================  ==========================  ==================
    forward        ``D h/2 + 2 delta/h``        ``2 (delta/D)^(1/2)``       2.1e-8 leaves 2.1e-8
    central        ``D h^2/6 + delta/h``        ``(3 delta/D)^(1/3)``       6.9e-6 leaves 2.4e-11
    five_point     ``D h^4/30 + 3 delta/(2h)``  ``(45 delta/(4D))^(1/5)``   1.0e-3 leaves 2.0e-13
    complex        rounding of the derivative   1e-20                       leaves 1.1e-16
    =============  ===========================  ==========================  ==================

    A function that loses digits inside has a larger delta, and wants a larger
    step: give ``value`` as delta/u.

    Source: Press, Teukolsky, Vetterling and Flannery, "Numerical Recipes",
    section 5.7; Squire and Trapp, SIAM Review 40(1), 1998, for the complex step.

    Examples
    --------
    The derivative of the sine at 1: ``|f| = 0.84``, ``|f'''| = 0.54``.

    >>> import numpy as np, adlib
    >>> step, error = adlib.difference_step("central", value=0.84, derivative=0.54)
    >>> print(f"{step:.1e} {error:.1e}")
    8.0e-06 1.7e-11
    >>> slope = adlib.directional_difference(np.sin, 1.0, 1.0, step=step)
    >>> bool(abs(slope - np.cos(1.0)) < error)
    True
    """
    rule = _scheme(scheme, "difference_step")
    dtype = float_type(dtype, "difference_step is for floating-point types", "name the type in which f is computed")
    value = positive_number(value, "value", "difference_step")
    derivative = positive_number(derivative, "derivative", "difference_step")
    u = float(np.finfo(dtype).eps) / 2
    if rule is None:
        # Its square is lost beside 1 in every type, and it is far from underflow in complex64.
        return DifferenceStep(1e-20, u * derivative)
    noise, p = rule.rounding * u * value, rule.order
    step = (noise / (p * rule.truncation * derivative)) ** (1 / (p + 1))
    return DifferenceStep(step, noise / step * (1 + 1 / p))


def directional_difference(f, w, u, step=None, scheme="central"):
    """The slope of `f` at `w` along `u`, by a difference quotient.

    Parameters
    ----------
    f : callable
        From an array like `w` to one real number.
    w : float or numpy.ndarray
        The point, of any shape; floats.
    u : float or numpy.ndarray
        The direction, of the shape of `w`.  The result is linear in it, so its
        length matters.
    step : float, optional
        The spacing ε of the notes.  By default that of `difference_step` for sizes 1,
        such that no entry of `w` moves by more than this multiple of
        ``max(1, |w_i|)``; rounded to a power of two, so that along a coordinate
        hardly anything is rounded in ``w + ε u``.
    scheme : str
        ``"forward"``, ``"central"``, ``"five_point"`` or ``"complex"``: see the notes.

    Returns
    -------
    float
        An approximation of ``∇f(w) · u``.

    Raises
    ------
    ArgumentError
        When `w` is not a finite float array, `u` has another shape, the step is
        not a positive number, the scheme is unknown, `f` does not return one
        real number, or returns one of a coarser type than the default step was
        made for, or, in the complex step, `f` does not take complex numbers or
        returns no imaginary part.

    Notes
    -----
    =============  ==========================================================  ===========  ====================
    scheme         quotient                                                    evaluations  error, to first order
    =============  ==========================================================  ===========  ====================
    forward        ``(f(w+εu) - f(w)) / ε``                                    2            ``ε/2 D²f[u,u]``
    central        ``(f(w+εu) - f(w-εu)) / 2ε``                                2            ``ε²/6 D³f[u,u,u]``
    five_point     ``(8f(w+εu) - 8f(w-εu) - f(w+2εu) + f(w-2εu)) / 12ε``       4            ``-ε⁴/30 D⁵f[u,...]``
    complex        ``Im f(w+iεu) / ε``                                         1            ``-ε²/6 D³f[u,u,u]``
    =============  ==========================================================  ===========  ====================

    Rounding adds about ``u |f| / ε``, with u the unit roundoff, to all but the
    complex step: see `difference_step`.  A step below the spacing of floats at
    `w` moves nothing, and leaves a slope of 0.  Let `f` return what it computes,
    without ``float(...)``, which hides a coarser type.

    **The complex step needs a function that is analytic in its arithmetic.**
    One that is not is refused where it can be seen: it raises a TypeError, NumPy
    warns of an imaginary part thrown away, or the result is real, as after
    ``np.abs`` or ``np.linalg.norm``.  It cannot be seen where that is one term
    among others, ``np.sum(np.abs(w) + w)``, nor where `f` is not real at `w`:
    ``np.log`` at -1 gives π/ε, where a difference gives nan.

    Source: Fornberg, Math. Comp. 51, 1988, for the quotients; Squire and Trapp,
    SIAM Review 40(1), 1998, and Martins, Sturdza and Alonso, ACM TOMS 29(3),
    2003, for the complex step.

    Examples
    --------
    >>> import numpy as np, adlib
    >>> L = lambda w: np.sum(np.sin(w))
    >>> w, u = np.array([0.0, 1.0]), np.array([1.0, 1.0])
    >>> for scheme in ("forward", "central", "five_point", "complex"):
    ...     error = adlib.directional_difference(L, w, u, scheme=scheme) - np.sum(np.cos(w))
    ...     print(f"{scheme:10} {abs(error) < 1e-7} {abs(error) < 1e-9}")
    forward    True False
    central    True True
    five_point True True
    complex    True True
    """
    check_function(f, "directional_difference")
    name = "directional_difference"
    w = finite_point(w, name)
    u = finite_point(tangent_for(w, u), name, "u")
    return float(slopes(name, f, w, [u], step, scheme)[0])


def finite_difference(f, w, step=None, scheme="central", vectorized=False):
    """The gradient of `f` at `w` by difference quotients, one coordinate after another.

    Parameters
    ----------
    f, w, scheme
        As in `directional_difference`.
    step : float, optional
        The spacing ε, the same in every coordinate.  By default that of
        `difference_step` for sizes 1 and the type of `w`, times
        ``max(1, |w_i|)``, rounded to a power of two.
    vectorized : bool
        True when `f` takes a stack of k points, an array of shape ``(k, *w.shape)``,
        and returns k values: then all of them are evaluated in one call, and the
        stack is held in memory.

    Returns
    -------
    float or numpy.ndarray
        The gradient, with the shape and type of `w`.

    Raises
    ------
    ArgumentError
        As `directional_difference`.

    Notes
    -----
    Cost, for n entries in `w`: n+1 evaluations for ``"forward"``, which shares
    ``f(w)``, 2n for ``"central"``, 4n for ``"five_point"``, n complex ones for
    ``"complex"``.

    Errors and sources are those of `directional_difference`, entry by entry.
    With the default steps they are some 1e-8, 1e-11, 1e-13 and 1e-16, in this
    order, for functions of size 1 in float64.

    Examples
    --------
    >>> import numpy as np, adlib
    >>> L = lambda w: np.sum(w**3)
    >>> w = np.array([1.0, 2.0])
    >>> np.allclose(adlib.finite_difference(L, w), 3 * w**2, rtol=1e-9)
    True

    The central quotient is off by ε² here, half the third derivative times ε²/3:

    >>> adlib.finite_difference(L, w, step=0.5) - 3 * w**2
    array([0.25, 0.25])
    """
    check_function(f, "finite_difference")
    w = finite_point(w, "finite_difference")
    gradient = slopes("finite_difference", f, w, basis(w), step, scheme, vectorized)
    return like_point(w, gradient.reshape(np.shape(w)))


def evaluations(scheme, m):
    """How often `slopes` evaluates the function for m directions."""
    rule = SCHEMES[scheme]
    return m if rule is None else m * len(rule.offsets) + rule.uses_centre


def slopes(function, f, w, directions, step, scheme, vectorized=False):
    """The slopes of `f` at `w` along directions, by difference quotients.

    Parameters
    ----------
    function : str
        Who asks, for messages.
    f, w, step, scheme, vectorized
        As in `finite_difference`; `w` is checked already.
    directions : iterable of arrays
        Each of the shape of `w`.  They are taken one at a time, unless `f` is vectorized.

    Returns
    -------
    numpy.ndarray
        One for each direction: in float64, or in longdouble where `f` computes so.
    """
    rule = _scheme(scheme, function)
    if step is not None:
        step = positive_number(step, "step", function)
    points = _Points(function, w, scheme, step)
    values = (_values_of_stack if vectorized else _values_one_by_one)(function, f, w, points, directions)
    if not points.steps:
        return np.zeros(0)
    if rule is None:
        return values.imag.astype(np.result_type(values.imag, float)) / points.steps
    if step is None and values.dtype.kind == "f" and values.dtype.itemsize < points.dtype.itemsize:
        raise ArgumentError(
            f"{function} chose its step for {points.dtype}, the type of w, but f returned {values.dtype}, whose "
            f"rounding would drown the difference; pass w as {values.dtype}, or a step"
        )
    return _quotients(rule, values, points.steps)


class _Points:
    """Where a scheme evaluates: at the centre, where it needs that, and along each direction at all its offsets.

    Attributes
    ----------
    centre : list
        With one point or none.
    dtype : dtype
        Of all points: that of `w`, or for the complex step the complex one.
    steps : list of float
        The step of each direction so far.
    """

    def __init__(self, function, w, scheme, step):
        rule = SCHEMES[scheme]
        self._function, self._step = function, step
        x = self._x = np.asarray(w)
        self.dtype = x.dtype if rule else np.result_type(x.dtype, np.complex64)
        self._ones = (1,) * x.ndim
        self._offsets = np.array(rule.offsets if rule else (1j,), self.dtype).reshape(1, -1, *self._ones)
        self._best = difference_step(scheme, dtype=x.dtype).step
        self._size = np.maximum(np.abs(x), 1.0)
        self.centre = [x.copy()] if rule and rule.uses_centre else []
        self.steps = []

    def along(self, us):
        """The points along a stack of directions, one direction after another."""
        h = _default_steps(self._best, us, self._size) if self._step is None else np.full(len(us), self._step)
        with np.errstate(over="ignore", under="ignore", invalid="ignore"):
            h = h.astype(np.finfo(self.dtype).dtype.type)
            if not np.all(h > 0):
                raise ArgumentError(
                    f"{self._function} would take a step that is zero in {h.dtype}, the type of w; take a larger step, "
                    "or a shorter direction"
                )
            if not np.all(h < np.inf):
                raise ArgumentError(
                    f"{self._function} would take a step that is infinite in {h.dtype}, the type of w; "
                    "take a smaller step, or a longer direction"
                )
            self.steps.extend(h.tolist())
            moves = self._offsets * h.reshape(-1, 1, *self._ones) * us[:, None]
            return (self._x + moves).reshape(len(us) * self._offsets.size, *self._x.shape)


def _values_of_stack(function, f, w, points, directions):
    """The values at all points, in one call."""
    us = [*directions]
    us = np.array(us, np.asarray(w).dtype).reshape(len(us), *np.shape(w))
    centre = np.array(points.centre, points.dtype).reshape(len(points.centre), *np.shape(w))
    stack = np.concatenate([centre, points.along(us)])
    return _evaluated(function, f, stack, len(stack)) if len(us) else stack


def _values_one_by_one(function, f, w, points, directions):
    """The values at all points, each as soon as its direction is drawn."""
    along = (np.array(point) for u in directions for point in points.along(np.asarray(u)[None]))
    values = []
    for point in chain(points.centre, along):
        point = point.item() if type(w) is float else point[()] if isinstance(w, np.generic) else point
        # The number itself: f may write the next one into the same memory.
        values.append(_evaluated(function, f, point)[()])
    return np.array(values)


def _quotients(rule, values, steps):
    """The quotients of a scheme, from the values at its points, for each direction in turn."""
    values = values.astype(np.result_type(values.dtype, float))
    at = {}
    if rule.uses_centre:
        at[0], values = values[0], values[1:]
    at.update(zip(rule.offsets, values.reshape(len(steps), -1).T))
    with np.errstate(over="ignore", invalid="ignore"):
        total = sum(weight * (at[a] - at[b]) for a, b, weight in rule.pairs)
        return total / (rule.divisor * np.array(steps))


def _scheme(scheme, function):
    if not isinstance(scheme, str) or scheme not in SCHEMES:
        raise ArgumentError(
            f"{function} knows no scheme {scheme!r}; choose 'forward', 'central', 'five_point' or 'complex'"
        )
    return SCHEMES[scheme]


def _default_steps(best, us, size):
    """For each direction a power of two near the step that moves no entry by more than `best` times its size."""
    reach = np.max(np.abs(us) / size, axis=tuple(range(1, us.ndim)), initial=0.0).astype(float)
    exponents = np.rint(np.log2(best) - np.log2(np.where(reach > 0, reach, 1.0)))
    return np.ldexp(1.0, np.clip(exponents, -2000, 1000).astype(int))


def _evaluated(function, f, point, k=None):
    """The value of f at a point, or its k values at a stack of k points; at a complex point it must be complex."""
    if np.asarray(point).dtype.kind != "c":
        return real_numbers(function, f(point), k)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", ComplexWarning)
            result = f(point)
    except (TypeError, ComplexWarning) as error:
        raise ArgumentError(
            f"the complex step evaluates f at a complex point, but f takes real numbers only ({type(error).__name__}: "
            f"{error}); write f with NumPy functions of complex numbers, or take scheme='central'"
        ) from error
    values = as_array(result)
    if values.dtype.kind in "fiu":
        raise ArgumentError(
            f"the complex step needs an imaginary part, but f returned {values.dtype} at a complex point: abs, norm and "
            "real lose it; write f without them, or take scheme='central'"
        )
    return real_numbers(function, result, k, kinds="c")
