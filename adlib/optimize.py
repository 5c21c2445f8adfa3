"""Gradient descent and its relatives, over any gradient.

An *oracle* takes a point and returns a gradient: exact, from a difference
quotient, at random, from another library.  So these all fit:

>>> import numpy as np, adlib
>>> from functools import partial
>>> L = lambda w: np.sum((w - 1.0) ** 2)
>>> exact = adlib.grad(L)
>>> differences = partial(adlib.finite_difference, L)
>>> random = partial(adlib.zero_order_gradient, L, rng=np.random.default_rng(0))

and each run tells what happened, step after step:

>>> history = adlib.optimize.gradient_descent(random, np.zeros(5), step=0.08, iterations=300, loss=L)
>>> bool(history.losses[-1] < 1e-6 * history.losses[0])
True
>>> history.points.shape, int(history.evaluations[-1]), history.stopped
((301, 5), 600, 'all 300 iterations done')
"""

from dataclasses import dataclass

import numpy as np

from .core.arguments import check_function
from .core.errors import ArgumentError
from .core.points import as_array, described, finite_point, like_point, own_copy, real_numbers
from .core.settings import fraction, positive_number, whole_number
from .randomised.estimate import Estimate

__all__ = ["History", "adam", "gradient_descent", "heavy_ball", "nesterov"]


@dataclass(frozen=True, eq=False)
class History:
    """What an iteration did, from the starting point on.

    Attributes
    ----------
    points : numpy.ndarray
        Shape ``(iterations + 1, *w.shape)``: the points, the first and the last
        included.  After a divergence the last one may hold inf or nan.
    losses : numpy.ndarray or None
        The loss at each point, where a loss was given.
    evaluations : numpy.ndarray
        What the oracle had cost when each point was reached, as integers; 0 for
        the first.  Evaluations of the loss for this record are not in it.
    diverged : bool
        True when a point or a loss ceased to be finite, or the oracle gave up.
    stopped : str
        Why the iteration ended, in words.

    Examples
    --------
    >>> import adlib
    >>> history = adlib.optimize.gradient_descent(lambda w: 2 * w, 1.0, step=0.25, iterations=3, loss=lambda w: w**2)
    >>> history.points
    array([1.   , 0.5  , 0.25 , 0.125])
    >>> history.losses
    array([1.      , 0.25    , 0.0625  , 0.015625])
    >>> history.evaluations
    array([0, 1, 2, 3])

    To plot: ``plt.semilogy(history.evaluations, history.losses)``.
    """

    points: np.ndarray
    losses: np.ndarray | None
    evaluations: np.ndarray
    diverged: bool
    stopped: str


def gradient_descent(oracle, w, step, iterations, loss=None, cost=1):
    """Gradient descent: ``w ← w - α g(w)``.

    Parameters
    ----------
    oracle : callable
        From a point to a gradient of the same shape, or an `Estimate` of it.
    w : float or numpy.ndarray
        The starting point, of any shape; floats.
    step : float or callable
        The step α; or a function of the iteration k = 0, 1, ... that returns it.
    iterations : int
        How many steps to take.
    loss : callable, optional
        From a point to a number, for the record only.
    cost : int or counted function
        What one call of the oracle costs, for the record, say 2n for central
        differences.  An `Estimate` says so itself.  Of a function from
        `adlib.counted` that the oracle evaluates the count is read.

    Returns
    -------
    History
        Points, losses, evaluations, and why it stopped.

    Raises
    ------
    ArgumentError
        When the point is not a finite float array, the step not positive, or the
        gradient has another shape than the point.

    Notes
    -----
    The iteration stops, and keeps its history, when a point or a loss is not
    finite, or when the oracle or the loss raises an ArithmeticError such as
    OverflowError.

    For a convex loss with smoothness constant 𝓛 and ``α = 1/𝓛`` the gap after k
    steps is at most ``𝓛 R² / (4k + 2)``, where R is the distance to a minimiser
    (Drori and Teboulle, Math. Program. 145, 2014).  With one random direction, as
    in `zero_order_gradient`, take ``α = 1/(n𝓛)``, and a generator as rng: a seed
    would draw the same direction at every step.  Chapter 3 of the book has the
    bounds of both.

    Examples
    --------
    >>> import numpy as np, adlib
    >>> L = lambda w: np.sum(w**2)
    >>> history = adlib.optimize.gradient_descent(adlib.grad(L), np.ones(2), step=0.75, iterations=2, loss=L)
    >>> history.points
    array([[ 1.  ,  1.  ],
           [-0.5 , -0.5 ],
           [ 0.25,  0.25]])

    A step that is too long is not an error, but a story:

    >>> history = adlib.optimize.gradient_descent(lambda w: 2 * w, np.ones(2), step=1e200, iterations=9)
    >>> history.stopped
    'diverged: the point after iteration 2 is not finite'
    """
    w, step, iterations = _start("gradient_descent", w, step, iterations)

    def update(k, w, gradient):
        return w - step(k) * gradient(w)

    return _iterate("gradient_descent", oracle, w, update, iterations, loss, cost)


def heavy_ball(oracle, w, step, iterations, momentum=0.9, loss=None, cost=1):
    """Gradient descent with momentum: ``w_{k+1} = w_k - α g(w_k) + β (w_k - w_{k-1})``.

    Parameters
    ----------
    oracle, w, step, iterations, loss, cost
        As in `gradient_descent`.
    momentum : float
        The momentum β, from 0 to below 1.

    Returns
    -------
    History
        Points, losses, evaluations, and why it stopped.

    Raises
    ------
    ArgumentError
        As `gradient_descent`, and when the momentum is out of its range.

    Notes
    -----
    For a quadratic with eigenvalues from μ to 𝓛, ``α = 4/(√𝓛+√μ)²`` and
    ``β = ((√κ-1)/(√κ+1))²`` with ``κ = 𝓛/μ`` are the best, and the distance falls
    by ``√β`` a step, up to a factor linear in k.

    Source: Polyak, USSR Comput. Math. Math. Phys. 4(5), 1964.

    Examples
    --------
    >>> import adlib
    >>> adlib.optimize.heavy_ball(lambda w: w, 1.0, step=0.5, iterations=3, momentum=0.5).points
    array([ 1.  ,  0.5 ,  0.  , -0.25])
    """
    w, step, iterations = _start("heavy_ball", w, step, iterations)
    momentum = fraction(momentum, "momentum", "heavy_ball")
    previous = w

    def update(k, w, gradient):
        nonlocal previous
        moved = w - step(k) * gradient(w) + momentum * (w - previous)
        previous = w
        return moved

    return _iterate("heavy_ball", oracle, w, update, iterations, loss, cost)


def nesterov(oracle, w, step, iterations, momentum=None, loss=None, cost=1):
    """Nesterov's accelerated gradient: the gradient is taken ahead, at ``y = w + β (w - w_previous)``.

    Parameters
    ----------
    oracle, w, step, iterations, loss, cost
        As in `gradient_descent`.
    momentum : float, optional
        The momentum β, from 0 to below 1, for a strongly convex loss:
        ``(√κ-1)/(√κ+1)``, where κ is the condition number.  By default that of
        the convex case, ``(t_k - 1)/t_{k+1}`` with ``t_{k+1} = (1 + √(1 + 4 t_k²))/2``
        and ``t_0 = 1``.

    Returns
    -------
    History
        Points w (not y), losses, evaluations, and why it stopped.

    Raises
    ------
    ArgumentError
        As `gradient_descent`, and when the momentum is out of its range.

    Notes
    -----
    For a convex loss, ``α = 1/𝓛`` and the default momentum, the gap after k steps
    is at most ``2 𝓛 R² / (k + 1)²``.

    Source: Nesterov, Soviet Math. Dokl. 27, 1983; in this form Beck and
    Teboulle, SIAM J. Imaging Sci. 2(1), 2009.

    Examples
    --------
    >>> import adlib
    >>> adlib.optimize.nesterov(lambda w: w, 1.0, step=0.5, iterations=3, momentum=0.5).points
    array([ 1.     ,  0.5    ,  0.125  , -0.03125])
    """
    w, step, iterations = _start("nesterov", w, step, iterations)
    if momentum is not None:
        momentum = fraction(momentum, "momentum", "nesterov")
    previous, t = w, 1.0

    def update(k, w, gradient):
        nonlocal previous, t
        if momentum is None:
            t, before = (1 + np.sqrt(1 + 4 * t * t)) / 2, t
            # At the first step w and its predecessor agree, so any momentum would do.
            beta = (before - 1) / t
        else:
            beta = momentum
        ahead = w + beta * (w - previous)
        previous = w
        return ahead - step(k) * gradient(ahead)

    return _iterate("nesterov", oracle, w, update, iterations, loss, cost)


def adam(oracle, w, step, iterations, beta1=0.9, beta2=0.999, eps=1e-8, loss=None, cost=1):
    """Adam: steps scaled, entry by entry, by running means of the gradient and of its square.

    Parameters
    ----------
    oracle, w, step, iterations, loss, cost
        As in `gradient_descent`.
    beta1, beta2 : float
        How much of the running mean of the gradient, and of its square, is kept
        at each step; from 0 to below 1.
    eps : float
        Added to the root of the mean square.

    Returns
    -------
    History
        Points, losses, evaluations, and why it stopped.

    Raises
    ------
    ArgumentError
        As `gradient_descent`, and when a constant is out of its range.

    Notes
    -----
    With ``m ← β₁ m + (1-β₁) g`` and ``v ← β₂ v + (1-β₂) g²``, from 0, the step is
    ``α m̂ / (√v̂ + ε)``, where ``m̂ = m/(1-β₁^k)`` and ``v̂ = v/(1-β₂^k)``.  The first
    step has length α in every entry.

    Source: Kingma and Ba, ICLR 2015.

    Examples
    --------
    >>> import numpy as np, adlib
    >>> adlib.optimize.adam(lambda w: np.array([1e-3, 1e3]), np.zeros(2), step=0.1, iterations=2).points.round(5)
    array([[ 0. ,  0. ],
           [-0.1, -0.1],
           [-0.2, -0.2]])
    """
    w, step, iterations = _start("adam", w, step, iterations)
    beta1, beta2 = fraction(beta1, "beta1", "adam"), fraction(beta2, "beta2", "adam")
    eps = positive_number(eps, "eps", "adam")
    # At least double precision, where eps is not lost; and the root of v, because the square of a gradient may overflow.
    dtype = np.result_type(np.asarray(w).dtype, float)
    mean = np.zeros(np.shape(w), dtype)
    root = np.zeros(np.shape(w), dtype)

    def update(k, w, gradient):
        nonlocal mean, root
        g = np.asarray(gradient(w), dtype)
        mean = beta1 * mean + (1 - beta1) * g
        root = np.hypot(np.sqrt(beta2) * root, np.sqrt(1 - beta2) * g)
        scale = root / np.sqrt(1 - beta2 ** (k + 1)) + eps
        return w - step(k) * (mean / (1 - beta1 ** (k + 1)) / scale)

    return _iterate("adam", oracle, w, update, iterations, loss, cost)


def _start(function, w, step, iterations):
    """The checked starting point, step (as a function of the iteration) and number of iterations."""
    w = finite_point(w, function)
    iterations = whole_number(iterations, "iterations", function, low=0)
    if not callable(step):
        alpha = positive_number(step, "step", function)
        return w, lambda k: alpha, iterations

    def checked(k):
        try:
            return positive_number(step(k), "step", function)
        except ArithmeticError as error:  # a mistake, and no divergence
            raise ArgumentError(
                f"{function} asked for the step of iteration {k}, and the function of the step raised "
                f"{type(error).__name__} ({error}); iterations count from 0, so write 0.1 / (k + 1) for 0.1 / k"
            ) from error

    return w, checked, iterations


class _Oracle:
    """The user's oracle: what it returns is checked, and what it costs is added up in `spent`."""

    def __init__(self, function, oracle, w, cost):
        self._function, self._oracle, self._w = function, oracle, w
        self._cost = cost if hasattr(cost, "calls") else whole_number(cost, "cost", function, low=0)
        self.spent = 0

    def gradient(self, point):
        """The gradient at a point, in the type of the starting point."""
        if not np.all(np.isfinite(point)):
            # Nesterov looks ahead, where an oracle may refuse: the next point tells that it diverged.
            return np.nan * point
        counted = hasattr(self._cost, "calls")
        before = self._cost.calls if counted else 0
        # A copy: the oracle may keep or change what it is given.
        g = self._oracle(own_copy(like_point(self._w, point)))
        if isinstance(g, Estimate):
            self.spent += g.evaluations
            g = g.value
        else:
            self.spent += self._cost.calls - before if counted else self._cost
        values = as_array(g)
        if values.dtype.kind not in "fiu" or values.shape != np.shape(self._w):
            raise ArgumentError(
                f"{self._function} needs from its oracle a gradient of shape {np.shape(self._w)}, that of the point, "
                f"but got {described(g)}; return the gradient alone, or an Estimate of it"
            )
        return like_point(self._w, values)


def _iterate(function, oracle, w, update, iterations, loss, cost):
    """Apply ``update(k, w, gradient)`` until done or diverged, and keep the record."""
    check_function(oracle, function, "oracle")
    if loss is not None:
        check_function(loss, function, "loss")
    oracle = _Oracle(function, oracle, w, cost)
    points, losses, evaluations = [], [], []
    problem = None
    # An overflow is reported by `stopped`, once.
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        for k in range(iterations + 1):
            try:
                if k > 0:
                    w = like_point(w, update(k - 1, w, oracle.gradient))
                points.append(w)
                evaluations.append(oracle.spent)
                losses.append(np.nan)
                if not np.all(np.isfinite(w)):
                    problem = f"the point after iteration {k} is not finite"
                elif loss is not None:
                    losses[-1] = float(real_numbers(function, loss(own_copy(w)), name="the loss"))
                    if not np.isfinite(losses[-1]):
                        problem = f"the loss after iteration {k} is not finite"
            except ArithmeticError as error:
                problem = f"iteration {k} raised {type(error).__name__}: {error}"
            if problem:
                break
    return History(
        np.stack(points),
        np.array(losses) if loss is not None else None,
        np.array(evaluations),
        problem is not None,
        f"diverged: {problem}" if problem else f"all {iterations} iterations done",
    )
