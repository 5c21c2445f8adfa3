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
    >>> import numpy as np, adlib
    >>> A = np.array([[2.0, 1.0], [1.0, 3.0]])
    >>> trace = adlib.hutchinson(A, n=2, rng=0, m=100)
    >>> abs(trace.value - 5.0) < 3 * trace.standard_error
    True
    """

    value: float | np.ndarray
    standard_error: float | np.ndarray | None
    samples: int
    evaluations: int


def estimate_from(samples, evaluations):
    """The mean of `samples` along their first axis, with its standard error."""
    samples = np.asarray(samples, float)
    m = len(samples)
    # A power of two a column: squares of 1e300 or 1e-300 then stay in range, and nothing is rounded.
    exponent = np.frexp(np.max(np.abs(samples), axis=0))[1]
    scaled = np.ldexp(samples, -exponent)
    mean = _scaled(np.mean(scaled, axis=0), exponent)
    error = _scaled(np.std(scaled, axis=0, ddof=1) / np.sqrt(m), exponent) if m > 1 else None
    return Estimate(mean, error, m, evaluations)


def _scaled(x, exponent):
    x = np.ldexp(x, exponent)
    return float(x) if x.ndim == 0 else x
