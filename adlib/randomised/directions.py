"""Random directions, shared by the zero-order methods and the estimators of traces and spectra."""

import numpy as np

from ..core.errors import ArgumentError
from ..core.settings import shown, whole_number


def random_directions(distribution, m, n, rng, orthonormal=False):
    """Draw m random directions in n dimensions, independent unless asked to be orthonormal.

    Parameters
    ----------
    distribution : str
        ``"sphere"``: uniform on the unit sphere.  ``"gaussian"``: independent
        standard normal entries.  ``"rademacher"``: independent signs, 1 or -1
        with probability 1/2.  ``"coordinate"``: a unit vector of a uniformly
        drawn coordinate, with a random sign.
    m : int
        Number of directions, at least 1.
    n : int
        Dimension, at least 1.
    rng : int or numpy.random.Generator
        A seed, or a generator that moves on.  The same seed gives the same
        directions.
    orthonormal : bool
        Draw directions of length 1 that are orthogonal to each other, at most n
        of them: for ``"sphere"`` a random frame, for ``"coordinate"`` coordinates
        without repetition.  Each one alone is distributed as before.

    Returns
    -------
    numpy.ndarray
        Shape (m, n), float64: one direction a row.

    Raises
    ------
    ArgumentError
        When the distribution is none of the four, m or n is not a positive
        integer, rng is neither a seed nor a generator, or orthonormal directions
        are asked of a distribution whose directions are not of length 1.

    Notes
    -----
    The mean of ``u u^T`` is the identity for Gaussian and Rademacher directions,
    and the identity over n for the other two.  Cost: n m random numbers, m for
    ``"coordinate"``; a QR factorisation, n m² operations, for an orthonormal frame.

    The first k of m directions are the k directions of the same seed.

    Source for the frame: Mezzadri, Notices of the AMS 54(5), 2007.

    Examples
    --------
    >>> import numpy as np, adlib
    >>> u = adlib.random_directions("sphere", m=3, n=5, rng=0)
    >>> u.shape
    (3, 5)
    >>> np.allclose(np.linalg.norm(u, axis=1), 1.0)
    True
    """
    n = whole_number(n, "n", "random_directions")
    m = whole_number(m, "m", "random_directions", high=n if orthonormal else None)
    rng = as_generator(rng, "random_directions")
    check_distribution(distribution)
    if orthonormal and distribution in ("gaussian", "rademacher"):
        raise ArgumentError(
            f"orthonormal directions have length 1, and those of the distribution {distribution!r} have not; "
            "choose 'sphere' or 'coordinate'"
        )
    if distribution == "gaussian":
        return rng.standard_normal((m, n))
    if distribution == "rademacher":
        return 2.0 * rng.integers(0, 2, (m, n)) - 1.0
    if distribution == "sphere":
        u = rng.standard_normal((m, n))
        if orthonormal:
            q, r = np.linalg.qr(u.T)
            # The signs of the diagonal make the frame that of Gram and Schmidt, uniformly distributed.
            return (q * np.where(np.diag(r) < 0, -1.0, 1.0)).T
        return u / np.linalg.norm(u, axis=1, keepdims=True)
    # Coordinates: one draw for the place and the sign.
    drawn = rng.permutation(n)[:m] * 2 + rng.integers(0, 2, n)[:m] if orthonormal else rng.integers(0, 2 * n, m)
    u = np.zeros((m, n))
    u[np.arange(m), drawn // 2] = 1.0 - 2.0 * (drawn % 2)
    return u


def check_distribution(distribution):
    """Raise unless `random_directions` knows the distribution."""
    if not isinstance(distribution, str) or distribution not in ("sphere", "gaussian", "rademacher", "coordinate"):
        raise ArgumentError(
            f"no random directions have the distribution {shown(distribution)}; "
            "choose 'sphere', 'gaussian', 'rademacher' or 'coordinate'"
        )


def as_generator(rng, function):
    """Return `rng` as a numpy Generator; a Generator itself is returned as it is."""
    if isinstance(rng, np.random.Generator):
        return rng
    if isinstance(rng, (int, np.integer)) and not isinstance(rng, bool) and rng >= 0:
        return np.random.default_rng(rng)
    raise ArgumentError(
        f"{function} takes rng as a seed (an integer of at least 0) or a numpy Generator, "
        f"so that a run can be repeated, but got {type(rng).__name__}; write rng=0 or rng=np.random.default_rng(0)"
    )
