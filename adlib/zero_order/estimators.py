"""Gradients from random slopes: two evaluations for each direction, whatever the dimension.

A slope along a random u is a number; times u it is a vector, and ``E[u u^T]`` is a
multiple of the identity, so its mean is a multiple of the gradient.  The factor
that makes the multiple 1 depends on the distribution.
"""

from dataclasses import replace

import numpy as np

from ..core.arguments import check_function
from ..core.errors import ArgumentError
from ..core.points import finite_point, like_point, real_numbers
from ..core.settings import whole_number
from ..modes.forward import jvp
from ..randomised.directions import as_generator, random_directions
from ..randomised.estimate import estimate_from
from .differences import evaluations, slopes


def zero_order_gradient(
    f, w, rng, distribution="sphere", m=1, step=None, scheme="central", vectorized=False, orthonormal=False
):
    """An estimate of the gradient of `f` at `w` from slopes along m random directions.

    Parameters
    ----------
    f : callable
        From an array like `w` to one real number.
    w : float or numpy.ndarray
        The point, of any shape, with n entries; floats.
    rng : int or numpy.random.Generator
        A seed gives the same directions at every call: common random numbers.
        A generator moves on, as an iteration needs it.
    distribution, orthonormal
        Of the directions, as in `random_directions`.
    m : int
        Number of directions.
    step : float, optional
        The spacing ε of the quotient, the same for every direction.  By default
        each direction has that of `directional_difference`.
    scheme : str
        As in `directional_difference`.
    vectorized : bool
        As in `finite_difference`.

    Returns
    -------
    Estimate
        Its value has the shape and type of `w`; its standard error, entry by
        entry, comes from the scatter of the m directions, and is None for m = 1.

    Raises
    ------
    ArgumentError
        As `directional_difference` and `random_directions`.

    Notes
    -----
    One direction gives ``G = c (f(w+εu) - f(w-εu)) / (2ε) u``, with c = n for
    directions of length 1, and c = 1 for the others; m of them are averaged.  The
    mean is the gradient but for a bias of order ε², which is zero for a
    quadratic.  With one direction ``E|G|²`` is ``n |∇f|²`` as ε goes to 0, for
    Gaussian directions ``(n+2) |∇f|²``.  So ``E|G - ∇f|²`` is ``(n-1)/m |∇f|²``
    for m independent directions (Gaussian: n+1), and ``(n/m - 1) |∇f|²`` for
    orthonormal ones.  Chapter 2 of the book derives this.

    By distribution: the means of four entries of u, i ≠ j; entry i of the bias, up
    to terms of order ε⁴; and the variance of entry i of one estimate, as ε goes to 0.

    ============  ===============  ===============  ===========================  ==============================
    distribution  E uᵢ⁴            E uᵢ²uⱼ²         bias                         variance
    ============  ===============  ===============  ===========================  ==============================
    sphere        ``3/(n (n+2))``  ``1/(n (n+2))``  ``ε²/(2 (n+2)) ∂ᵢΔf``        ``n/(n+2) |∇f|² + s (∂ᵢf)²``
    gaussian      3                1                ``ε²/2 ∂ᵢΔf``                ``|∇f|² + (∂ᵢf)²``
    rademacher    1                1                ``ε²/6 (3 ∂ᵢΔf - 2 ∂ᵢ³f)``   ``|∇f|² - (∂ᵢf)²``
    coordinate    ``1/n``          0                ``ε²/6 ∂ᵢ³f``                ``(n-1) (∂ᵢf)²``
    ============  ===============  ===============  ===========================  ==============================

    Here ``Δf`` is the trace of the Hessian H, and ``s = (n-2)/(n+2)``.

    The one-sided quotient has the same mean, but adds to ``E|G|²``, on the sphere
    and for a quadratic, ``n/(n+2) ε²/4 ((tr H)² + 2 |H|²)``, which does not vanish
    with the gradient.  One value alone, ``c/ε f(w+εu) u``, has the mean of the
    central quotient, and a length of order ``1/ε``.

    Cost: m+1 evaluations for ``"forward"``, which shares ``f(w)``, 2m for
    ``"central"``, 4m for ``"five_point"``, m complex ones for ``"complex"``.
    Memory: m n numbers.

    Source: Nesterov and Spokoiny, Found. Comput. Math. 17, 2017 (Gaussian);
    Flaxman, Kalai and McMahan, SODA 2005 (sphere); Spall, IEEE TAC 37(3), 1992
    (Rademacher).

    Examples
    --------
    >>> import numpy as np, adlib
    >>> L = lambda w: np.sum(w**2)
    >>> w = np.array([1.0, 2.0, 3.0])
    >>> estimate = adlib.zero_order_gradient(L, w, rng=0, m=1000)
    >>> bool(np.max(np.abs(estimate.value - 2 * w) / estimate.standard_error) < 4)
    True
    >>> estimate.samples, estimate.evaluations
    (1000, 2000)

    As many orthonormal directions as dimensions leave nothing to chance:

    >>> estimate = adlib.zero_order_gradient(L, w, rng=0, m=3, orthonormal=True)
    >>> np.allclose(estimate.value, 2 * w)
    True
    """
    check_function(f, "zero_order_gradient")
    name = "zero_order_gradient"
    w = finite_point(w, name)
    directions, factor = _directions(name, w, rng, distribution, m, orthonormal)
    along = slopes(name, f, w, (u.reshape(np.shape(w)) for u in directions), step, scheme, vectorized)
    return _estimate(w, directions, factor, along, evaluations(scheme, len(along)), orthonormal)


def forward_gradient(f, w, rng, distribution="gaussian", m=1, orthonormal=False):
    """An unbiased estimate of the gradient from exact slopes along m random directions.

    This is `zero_order_gradient` as the step goes to 0: the slopes come from
    forward mode, so there is no step, no bias and no cancellation.

    Parameters
    ----------
    f : callable
        From an array like `w` to one real number, in plain NumPy.
    w, rng, distribution, m, orthonormal
        As in `zero_order_gradient`.

    Returns
    -------
    Estimate
        Its value has the shape and type of `w`.  ``evaluations`` counts the runs
        of `f` with a tangent, m of them.

    Raises
    ------
    ArgumentError
        When `w` is not a finite float array, or `f` does not return one number.
    TracedValueError
        When `f` does what has no derivative, with what to write instead.

    Notes
    -----
    The mean of ``c (∇f(w) · u) u`` is ``∇f(w)``; the factor c and the variance are
    those of `zero_order_gradient`.

    Cost: m sweeps of forward mode, each of two to three times the time of `f`.
    Nothing is stored for a way back.

    Source: Baydin, Pearlmutter, Syme, Wood and Torr, "Gradients without
    backpropagation", 2022.

    Examples
    --------
    >>> import numpy as np, adlib
    >>> L = lambda w: np.sum(np.sin(w))
    >>> w = np.array([0.0, 1.0, 2.0])
    >>> estimate = adlib.forward_gradient(L, w, rng=0, m=500)
    >>> bool(np.max(np.abs(estimate.value - np.cos(w)) / estimate.standard_error) < 4)
    True
    """
    check_function(f, "forward_gradient")
    name = "forward_gradient"
    w = finite_point(w, name)
    directions, factor = _directions(name, w, rng, distribution, m, orthonormal)
    along = np.empty(len(directions))
    for k, u in enumerate(directions):
        value, slope = jvp(f, (w,), (u.reshape(np.shape(w)),))
        real_numbers(name, value)
        along[k] = slope
    return _estimate(w, directions, factor, along, len(along), orthonormal)


def _directions(function, w, rng, distribution, m, orthonormal):
    """The directions, one a row, and the factor that makes the mean of ``(∇f · u) u`` the gradient."""
    n = np.size(w)
    if n == 0:
        raise ArgumentError(f"{function} needs a point with entries, but w has shape {np.shape(w)}; pass at least one")
    m, rng = whole_number(m, "m", function), as_generator(rng, function)
    directions = random_directions(distribution, m, n, rng, orthonormal)
    # In the type of w, because that is the direction in which f moves.
    return directions.astype(np.asarray(w).dtype, copy=False), n if distribution in ("sphere", "coordinate") else 1


def _estimate(w, directions, factor, along, price, orthonormal):
    """The mean of slope times direction, in the shape and type of `w`."""
    with np.errstate(over="ignore", invalid="ignore"):  # infinite values of f lead to nan
        estimate = estimate_from(factor * along[:, None] * directions, price)
    error = estimate.standard_error
    if error is not None:
        if orthonormal:
            # m of n directions without repetition: the correction of a finite population.
            error = error * np.sqrt(1 - len(directions) / np.size(w))
        error = like_point(w, error.reshape(np.shape(w)))
    return replace(estimate, value=like_point(w, estimate.value.reshape(np.shape(w))), standard_error=error)
