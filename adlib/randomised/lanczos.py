"""A symmetric matrix as a small tridiagonal one: Lanczos, with full re-orthogonalisation."""

from dataclasses import dataclass

import numpy as np

from ..core.errors import ArgumentError
from ..core.settings import positive_number, whole_number
from .directions import random_directions
from .matvec import Products

# Numbers below it are stored with fewer digits.  A product as small as this cannot tell what is zero beside it.
_TINY = float(np.finfo(float).tiny)


@dataclass(frozen=True, eq=False, repr=False)
class LanczosResult:
    """A basis Q of a Krylov space and the tridiagonal matrix ``T = Q^T A Q``.

    Attributes
    ----------
    diagonal : numpy.ndarray
        Of T, shape (steps,).
    off_diagonal : numpy.ndarray
        Beside it, shape (steps - 1,), positive.
    basis : numpy.ndarray
        Q, shape (n, steps), with orthonormal columns; the first is the start.
    residual : float
        The size of ``A Q - Q T``: the entry of T that would come next.
    invariant : bool
        Whether an invariant subspace was found: the residual counts as zero, and
        each eigenvalue of T is one of A.  T is then smaller than was asked for,
        unless the subspace is the whole space.
    evaluations : int
        Number of products.
    """

    diagonal: np.ndarray
    off_diagonal: np.ndarray
    basis: np.ndarray
    residual: float
    invariant: bool
    evaluations: int

    @property
    def T(self):
        """The tridiagonal matrix, shape (steps, steps)."""
        return np.diag(self.diagonal) + np.diag(self.off_diagonal, 1) + np.diag(self.off_diagonal, -1)

    def ritz(self):
        """Eigenvalues of T, the vectors that belong to them, and bounds of their errors.

        Returns
        -------
        values : numpy.ndarray
            The Ritz values, ascending, shape (steps,).
        vectors : numpy.ndarray
            The Ritz vectors in the columns, shape (n, steps).
        bounds : numpy.ndarray
            Within this distance of each value there is an eigenvalue of A.
        """
        values, S = np.linalg.eigh(self.T)
        return values, self.basis @ S, self.residual * np.abs(S[-1])

    def __repr__(self):
        n, steps = self.basis.shape
        return f"LanczosResult(n={n}, steps={steps}, invariant={self.invariant})"


def lanczos(matvec, start, k, rng=None, tolerance=None):
    """Project a symmetric matrix on a Krylov space, where it is tridiagonal.

    Parameters
    ----------
    matvec : callable or matrix
        As in `hutchinson`; the matrix is symmetric.
    start : array or int
        The first vector, of shape (n,) and of any length but zero; a float32
        vector makes every vector that `matvec` gets a float32 one.  Or n, for a
        random direction.
    k : int
        Number of steps, from 1 to n.
    rng : int or numpy.random.Generator
        A seed or a generator, for a random start.
    tolerance : float, optional
        A residual below this share of the largest product counts as zero; if left
        out, the rounding unit of the products to the power 3/4: 2e-12 in double
        precision, 6e-6 in single.

    Returns
    -------
    LanczosResult
        With ``T``, ``basis``, ``invariant``, ``ritz()``.

    Raises
    ------
    ArgumentError
        As `hutchinson`, and when the matrix is seen to be not symmetric.

    Notes
    -----
    The extreme eigenvalues come first and soon, those inside a dense spectrum
    late; of a multiple one, one start finds one copy.

    The short recurrence of exact arithmetic loses orthogonality as soon as an
    eigenvalue is found.  So each new vector is orthogonalised against all of the
    basis, twice.  When what is left counts as zero, the basis spans an invariant
    subspace, and the method stops.  Rounding errors grow from step to step, so
    that the way out of a large subspace may go unnoticed; T is right all the
    same, with a small entry where it happened.

    Symmetry is checked without a further product: ``<q_i, A q_j>`` and
    ``<A q_i, q_j>``, both at hand, may differ by 1e-4 of the product's size; by
    5e-3 for products in single precision, where many a device multiplies with
    fewer digits than it stores.

    Cost: k products and O(n k^2) operations; memory for k vectors.

    Source: Lanczos, J. Res. Nat. Bur. Standards 45(4), 1950; the loss of
    orthogonality: Paige, 1971; "twice is enough": Parlett, "The Symmetric
    Eigenvalue Problem", section 6.9.

    Examples
    --------
    >>> import numpy as np, adlib
    >>> A = np.diag([1.0, 2.0, 4.0])
    >>> values, vectors, bounds = adlib.lanczos(A, np.ones(3), k=3).ritz()
    >>> print(values.round(6))
    [1. 2. 4.]

    The start is an eigenvector:

    >>> adlib.lanczos(A, np.array([0.0, 1.0, 0.0]), k=3)
    LanczosResult(n=3, steps=1, invariant=True)
    """
    q, dtype = _first_vector(start, rng)
    n = len(q)
    k = whole_number(k, "k", "lanczos", 1, n)
    if tolerance is not None:
        tolerance = positive_number(tolerance, "tolerance", "lanczos")
    multiply = Products(matvec, n, dtype=dtype)
    basis = np.empty((k, n))
    alpha, beta = np.empty(k), np.empty(k)
    size = 0.0  # the largest product so far, a lower bound of the norm of A
    for j in range(k):
        basis[j] = q
        Q = basis[: j + 1]
        w = multiply(q[:, None])[:, 0]
        size = max(size, _norm(w))
        h = Q @ w
        alpha[j] = h[j]
        _refuse_asymmetry(h, beta[:j], size, multiply.eps)
        w = w - h @ Q
        w = w - (Q @ w) @ Q
        beta[j] = _norm(w)
        # A residual that looked large beside a small product may turn out to be rounding later.
        zero = max((tolerance or multiply.eps**0.75) * size, _TINY)
        vanished = np.flatnonzero(beta[: j + 1] <= zero)
        if vanished.size or j + 1 == k:
            break
        q = _unit(w)
    steps = vanished[0] + 1 if vanished.size else k
    return LanczosResult(
        alpha[:steps],
        beta[: steps - 1],
        basis[:steps].T,
        float(beta[steps - 1]),
        bool(vanished.size) or steps == n,
        multiply.count,
    )


def _first_vector(start, rng):
    """The unit vector to start from, float64, and the dtype of the vectors that matvec gets."""
    if isinstance(start, (int, np.integer)):
        n = whole_number(start, "start", "lanczos")
        if rng is None:
            raise ArgumentError(
                "lanczos was given n in place of a start and draws one, but got no rng; write rng=0, or pass a vector"
            )
        return _unit(random_directions("sphere", 1, n, rng)[0]), np.dtype(float)
    start = np.asarray(start)
    if start.ndim != 1 or start.size == 0 or start.dtype.kind not in "fiu":
        raise ArgumentError(
            f"lanczos starts from a real vector of shape (n,), or from n, but got shape {start.shape} "
            f"and dtype {start.dtype}; ravel the vector"
        )
    with np.errstate(over="ignore"):  # a longdouble may be too large, or too small
        vector = start.astype(float)
    if not (np.all(np.isfinite(vector)) and np.any(vector)):
        raise ArgumentError(
            "lanczos starts from a vector that is finite and not zero; "
            "pass n and rng=0 in its place for a random direction"
        )
    return _unit(vector), start.dtype if start.dtype.kind == "f" else np.dtype(float)


def _refuse_asymmetry(h, beta, size, eps):
    """Raise unless the coefficients of ``A q_j`` are those that the earlier steps found for ``A^T q_j``."""
    j = len(beta)
    expected = np.zeros(j)
    expected[j - 1 :] = beta[j - 1 :]
    gap = np.max(np.abs(h[:j] - expected), initial=0.0)
    # The cube root, because a device may multiply float32 matrices with the ten bits of TF32, as JAX lets it.
    if gap > max(max(1e-4, eps ** (1 / 3)) * size, _TINY):
        raise ArgumentError(
            f"lanczos needs a symmetric matrix, but <q, A r> and <A q, r> differ by {gap / size:.1e} of the "
            "product's size for two vectors q, r of its basis; check matvec, or project (A + A.T) / 2"
        )


def _norm(x):
    """The Euclidean norm, where the squares of the entries may overflow or vanish."""
    largest = np.max(np.abs(x))
    return largest * np.linalg.norm(x / largest) if largest > 0 else 0.0


def _unit(x):
    """`x` over its norm."""
    x = x / np.max(np.abs(x))
    return x / np.linalg.norm(x)
