"""An estimate by sampling, with its error and its price."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, eq=False)
class Estimate:
    """What a randomised method found, how sure it is and what it cost.

    Attributes
    ----------
    value : float or numpy.ndarray
        The mean of the samples.
    standard_error : float, numpy.ndarray or None
        The standard deviation of `value`, estimated from the scatter of the
        samples, entry by entry; None where there is one sample only.
    samples : int
        Number of independent samples that were averaged.
    evaluations : int
        What the estimate cost: evaluations of the function, or products with
        the matrix.

    Notes
    -----
    About two thirds of the estimates lie within one standard error of the
    truth and nineteen in twenty within two, once there are some tens of
    samples.  The standard error knows nothing of a bias.

    Examples
    --------
    >>> import adlib
    >>> estimate = adlib.Estimate(value=5.1, standard_error=0.2, samples=100, evaluations=200)
    >>> abs(estimate.value - 5.0) < 2 * estimate.standard_error
    True
    """

    value: float | np.ndarray
    standard_error: float | np.ndarray | None
    samples: int
    evaluations: int


def estimate_from(samples, evaluations, weights=None):
    """The mean of `samples` along their first axis, with its standard error.

    With positive `weights`, of the shape of the samples, the mean is the
    quotient ``sum(weights * samples) / sum(weights)`` and the error that of a
    ratio estimator.
    """
    samples = np.asarray(samples, float)
    m = len(samples)
    # A power of two a column: squares of 1e300 or 1e-300 then stay in range, and nothing is rounded.
    exponent = np.frexp(np.max(np.abs(samples), axis=0))[1]
    scaled = np.ldexp(samples, -exponent)
    share = np.full(samples.shape, 1.0 / m) if weights is None else weights / np.sum(weights, axis=0)
    mean = np.sum(share * scaled, axis=0)
    error = None
    if m > 1:
        error = np.sqrt(m / (m - 1) * np.sum((share * (scaled - mean)) ** 2, axis=0))
        error = _plain(np.ldexp(error, exponent))
    return Estimate(_plain(np.ldexp(mean, exponent)), error, m, evaluations)


def _plain(x):
    return float(x) if np.ndim(x) == 0 else x
