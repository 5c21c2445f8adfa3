"""The spectrum of a large symmetric matrix, as a density: stochastic Lanczos quadrature."""

from dataclasses import dataclass

import numpy as np

from ..core.errors import ArgumentError
from ..core.points import as_array, described
from ..core.settings import positive_number, whole_number
from .directions import as_generator, check_distribution, random_directions
from .estimate import estimate_from
from .lanczos import lanczos
from .matvec import vector_dtype


@dataclass(frozen=True, eq=False, repr=False)
class SpectralDensity:
    """Quadrature rules for the spectrum of a matrix, one a probe.

    Each method averages over the probes and returns an `Estimate`, with the
    scatter of the probes as its standard error.  None costs a product.

    Attributes
    ----------
    n : int
        Number of eigenvalues.
    nodes, weights : tuple of numpy.ndarray
        For each probe at most k nodes, ascending, and their weights, positive
        with sum 1.
    width : float
        Standard deviation of the Gaussian that smooths the density, where none
        is given.
    grid : numpy.ndarray
        Points from 4 widths below the lowest node to 4 widths above the highest,
        where none are given.
    evaluations : int
        Number of products.
    """

    n: int
    nodes: tuple
    weights: tuple
    width: float
    grid: np.ndarray
    evaluations: int

    def density(self, grid=None, width=None):
        """The density of eigenvalues, smoothed by a Gaussian.

        Parameters
        ----------
        grid : array, optional
            Where to evaluate; ``self.grid`` if left out.
        width : float, optional
            Standard deviation of the Gaussian; ``self.width`` if left out.

        Returns
        -------
        Estimate
            In the shape of the grid.  The integral over the line is 1.
        """
        width = self.width if width is None else positive_number(width, "width", "density")

        def smoothed(nodes, t):
            with np.errstate(over="ignore"):  # far from a node the exponential is 0
                return np.exp(-0.5 * ((t - nodes) / width) ** 2) / (np.sqrt(2 * np.pi) * width)

        return self._average(smoothed, grid)

    def cumulative(self, grid=None):
        """The share of eigenvalues up to each point of the grid, not smoothed.

        Returns
        -------
        Estimate
            In the shape of the grid, from 0 to 1.
        """
        return self._average(lambda nodes, t: nodes <= t, grid)

    def trace(self, function):
        """The trace of a function of the matrix: the sum of ``function`` over the eigenvalues.

        Parameters
        ----------
        function : callable
            Of an array of numbers, entry by entry: ``np.log`` gives the logarithm
            of the determinant, ``lambda t: t < 0`` the number of negative ones.

        Returns
        -------
        Estimate
            Exact in every probe for a polynomial of degree up to 2 k - 1, so that
            for ``lambda x: x`` it is Hutchinson's.

        Raises
        ------
        ArgumentError
            When the function does not return one real number for each one.
        """
        sums = []
        for t, w in zip(self.nodes, self.weights):
            result = function(t.copy())
            values = as_array(result)
            if values.dtype.kind not in "fiub" or values.shape != t.shape:
                raise ArgumentError(
                    f"trace takes a real function of arrays, entry by entry, but for an array of shape {t.shape} it "
                    f"returned {described(result)}; write it with functions such as np.exp, and a constant as np.full_like(t, 2.0)"
                )
            sums.append(self.n * np.sum(w * values))
        return estimate_from(sums, self.evaluations)

    def _average(self, kernel, grid):
        t = self.grid if grid is None else np.asarray(grid, float)
        rows = [kernel(nodes, t[..., None]) @ w for nodes, w in zip(self.nodes, self.weights)]
        return estimate_from(rows, self.evaluations)

    def __repr__(self):
        return f"SpectralDensity(n={self.n}, probes={len(self.nodes)}, evaluations={self.evaluations})"


def spectral_density(matvec, n, rng, m, k, distribution="rademacher", width=None, points=401, dtype=float):
    """Estimate how the eigenvalues of a symmetric matrix are distributed.

    Parameters
    ----------
    matvec : callable or matrix
        As in `lanczos`.
    n : int
        Number of rows of the matrix.
    rng : int or numpy.random.Generator
        A seed, or a generator that moves on.
    m : int
        Number of probes, at least 1.
    k : int
        Lanczos steps for each probe, from 1 to n.
    distribution : str
        Of the probes, which are scaled to length 1: ``"rademacher"``,
        ``"sphere"``, ``"gaussian"`` (the same as the sphere once scaled) or
        ``"coordinate"``.
    width : float, optional
        Standard deviation of the Gaussian that smooths the density; a hundredth
        of the range of the nodes if left out.
    points : int
        Number of points of the grid, at least 2.
    dtype : dtype
        Of the vectors that `matvec` gets.

    Returns
    -------
    SpectralDensity
        With ``nodes``, ``weights`` and ``grid``, and the methods ``density``,
        ``cumulative`` and ``trace``, each an `Estimate`.

    Raises
    ------
    ArgumentError
        As `lanczos`, and when the width is not positive.

    Notes
    -----
    For a unit vector q, Lanczos gives a Gauss quadrature of the spectrum as q sees
    it: the eigenvalues of T are its nodes, the squares of the first entries of
    their eigenvectors its weights, and ``q^T p(A) q = sum_i w_i p(t_i)`` for every
    polynomial of degree up to 2 k - 1.  The mean over random q is the trace of
    ``p(A)`` over n.  An average over the probes is therefore free of bias for
    such polynomials; for the smoothed density there is a bias, which falls fast
    with k as soon as the width is resolved, about ``range / k``.

    Two errors remain apart: the standard error is the scatter of the probes, falls
    as 1/sqrt(m), and is smaller for large n.  It knows nothing of k and of the
    width.  Isolated eigenvalues at the ends are found to rounding; a share of
    1/n of the density is all that one of them has.

    Cost: m k products and O(m n k^2) operations; memory for k vectors.

    Source: Ubaru, Chen and Saad, SIAM J. Matrix Anal. Appl. 38(4), 2017; for
    Hessians of networks Ghorbani, Krishnan and Xiao, ICML 2019.

    Examples
    --------
    >>> import numpy as np, adlib
    >>> eigenvalues = np.linspace(0.0, 1.0, 200) ** 2
    >>> spectrum = adlib.spectral_density(lambda z: eigenvalues * z, n=200, rng=0, m=10, k=30)
    >>> spectrum
    SpectralDensity(n=200, probes=10, evaluations=300)
    >>> half = spectrum.cumulative(0.25)
    >>> abs(half.value - 0.5) < 0.05
    True
    """
    n = whole_number(n, "n", "spectral_density")
    m = whole_number(m, "m", "spectral_density")
    k = whole_number(k, "k", "spectral_density", 1, n)
    points = whole_number(points, "points", "spectral_density", 2)
    width = None if width is None else positive_number(width, "width", "spectral_density")
    dtype = vector_dtype(dtype)
    check_distribution(distribution)
    rng = as_generator(rng, "spectral_density")
    nodes, weights, evaluations = [], [], 0
    for _ in range(m):
        z = random_directions(distribution, 1, n, rng)[0]
        result = lanczos(matvec, z.astype(dtype), k)
        values, S = np.linalg.eigh(result.T)
        nodes.append(values)
        weights.append(S[0] ** 2)
        evaluations += result.evaluations
    low, high = min(t[0] for t in nodes), max(t[-1] for t in nodes)
    if width is None:
        # The second term keeps the grid apart where all eigenvalues agree to rounding, the 1 where all vanish.
        width = float(max((high - low) / 100, 1e-8 * max(abs(low), abs(high))))
        width = width if width > np.finfo(float).tiny else 1.0
    grid = np.linspace(low - 4 * width, high + 4 * width, points)
    return SpectralDensity(n, tuple(nodes), tuple(weights), width, grid, evaluations)
