"""The trace and the diagonal of a matrix that is known by its products only.

One idea carries all three functions: if the entries of a random vector z are
uncorrelated with variance 1, then the mean of ``z^T A z`` is the trace of A,
and the mean of ``z * (A z)`` its diagonal.
"""

from dataclasses import replace

import numpy as np

from ..core.errors import ArgumentError
from ..core.settings import shown, whole_number
from .directions import as_generator, check_distribution, random_directions
from .estimate import estimate_from
from .matvec import Products


def hutchinson(matvec, n, rng, m, distribution="rademacher", batched=False, dtype=float):
    """Estimate the trace of a matrix from products with m random probes.

    Parameters
    ----------
    matvec : callable or matrix
        ``matvec(z)`` is the product of a real square matrix and a vector of
        shape (n,); NumPy and JAX arrays may come back.  A matrix of shape (n, n)
        stands for its products.
    n : int
        Number of rows of the matrix.
    rng : int or numpy.random.Generator
        A seed, or a generator that moves on.
    m : int
        Number of probes, at least 1.
    distribution : str
        Of the probes z, each with mean ``z z^T`` the identity: ``"rademacher"``,
        ``"gaussian"``, ``"sphere"`` (of radius sqrt(n)) or ``"coordinate"``
        (sqrt(n) times a unit vector).
    batched : bool
        If true, `matvec` is called once, with a block of shape (n, m), one probe
        a column.
    dtype : dtype
        Of the vectors that `matvec` gets: ``np.float32`` for a JAX function
        that takes nothing else.  Sums are in float64.

    Returns
    -------
    Estimate
        Of the trace, with ``evaluations`` the number of products.

    Raises
    ------
    ArgumentError
        When an argument is out of its range, or `matvec` returns another shape
        than it was given, a complex array or a nan.

    Notes
    -----
    The mean is the trace, for every square matrix A.  The variance depends on
    its symmetric part S with entries s_ij only.  For one probe it is

    - rademacher: ``2 (|S|^2 - sum s_ii^2)``,
    - gaussian: ``2 |S|^2``,
    - sphere: ``2 n / (n + 2) (|S|^2 - (tr S)^2 / n)``,
    - coordinate: ``n sum s_ii^2 - (tr S)^2``,

    where ``|S|^2`` is the sum of the squares of all entries; m probes divide it
    by m.  So Rademacher probes are never worse than Gaussian ones and are exact
    for a diagonal matrix; coordinate probes win where the diagonal is constant.

    Cost: m products, m n random numbers; memory for one probe, or for m with
    `batched`.  Flatten what has several axes:
    ``lambda z: product(z.reshape(W.shape)).ravel()``.

    Source: Hutchinson, Comm. Statist. Simul. 18(3), 1989; with Gaussian probes
    Girard, 1987; the variances and bounds on m: Avron and Toledo, J. ACM 58(2),
    2011.

    Examples
    --------
    The trace of a Hessian, without the Hessian:

    >>> import numpy as np, adlib
    >>> gradient, product = adlib.hvp_operator(lambda w: np.sum(w**4) + np.prod(w), np.array([1.0, 2.0]))
    >>> estimate = adlib.hutchinson(product, n=2, rng=0, m=100)
    >>> exact = 12 * (1 + 4)
    >>> abs(estimate.value - exact) < 3 * estimate.standard_error
    True
    """
    n = whole_number(n, "n", "hutchinson")
    multiply = Products(matvec, n, batched, dtype)
    probes = _probes(distribution, m, n, rng, batched, "hutchinson")
    return estimate_from(_quadratic_forms(probes, multiply), multiply.count)


def hutchinson_diagonal(matvec, n, rng, m, distribution="rademacher", batched=False, dtype=float):
    """Estimate the diagonal of a matrix from products with m random probes.

    Parameters
    ----------
    matvec, n, rng, m, batched, dtype
        As in `hutchinson`.
    distribution : str
        ``"rademacher"`` or ``"gaussian"``.

    Returns
    -------
    Estimate
        Of the diagonal: ``value`` and ``standard_error`` of shape (n,).

    Raises
    ------
    ArgumentError
        As `hutchinson`, and for the distributions ``"sphere"`` and
        ``"coordinate"``.

    Notes
    -----
    With probes z_k the estimate of entry i is ``sum_k z_ki (A z_k)_i`` over
    ``sum_k z_ki^2``.  Its mean is a_ii, for every square matrix.  Its variance is
    the sum of ``a_ij^2`` over the rest of row i, divided by m for Rademacher
    probes and by m - 2 for Gaussian ones, where it is infinite for m < 3.  The
    standard error of the quotient is good for large m; Rademacher probes have
    the denominator m, and theirs is that of a mean.

    An entry is found well only where it is large beside the rest of its row.

    Cost: m products; memory for 2 m vectors.

    Source: Bekas, Kokiopoulou and Saad, Appl. Numer. Math. 57(11-12), 2007.

    Examples
    --------
    >>> import numpy as np, adlib
    >>> A = np.diag([1.0, 2.0, 3.0]) + 0.1
    >>> diagonal = adlib.hutchinson_diagonal(A, n=3, rng=0, m=50)
    >>> np.abs(diagonal.value - [1.1, 2.1, 3.1]) < 4 * diagonal.standard_error
    array([ True,  True,  True])
    """
    n = whole_number(n, "n", "hutchinson_diagonal")
    if not isinstance(distribution, str) or distribution not in ("rademacher", "gaussian"):
        raise ArgumentError(
            f"hutchinson_diagonal divides by the squares of a probe's entries, which 'rademacher' and 'gaussian' "
            f"probes allow, but got distribution {shown(distribution)}; write distribution='rademacher'"
        )
    multiply = Products(matvec, n, batched, dtype)
    products, squares = [], []
    for Z in _probes(distribution, m, n, rng, batched, "hutchinson_diagonal"):
        products.extend((Z * multiply(Z)).T)
        squares.extend(Z.T**2)
    products, squares = np.array(products), np.array(squares)
    mean_square = np.mean(squares, axis=0)
    diagonal = np.mean(products, axis=0) / mean_square
    # A quotient of two means has no samples of its own.  These have it as their mean; and their scatter is, to first
    # order, that of the quotient (its linearisation in the two means, the delta method).
    return estimate_from(diagonal + (products - diagonal * squares) / mean_square, multiply.count)


def hutchpp(matvec, n, rng, m, distribution="rademacher", batched=False, dtype=float):
    """Estimate a trace by Hutch++: the large part exactly, the rest at random.

    Parameters
    ----------
    matvec, n, rng, distribution, batched, dtype
        As in `hutchinson`; with `batched` there are three calls.
    m : int
        Number of products, from 3 to 3 n.

    Returns
    -------
    Estimate
        Of the trace.  ``samples`` counts the probes of the random part, and
        ``standard_error`` is theirs: given the part that is exact, it is the
        error of the sum.

    Raises
    ------
    ArgumentError
        As `hutchinson`, and when m is out of its range.

    Notes
    -----
    A third of the products, k = m // 3 of them with Gaussian vectors, finds the
    range where A is large: Q, an orthonormal basis.  Another k give ``tr(Q^T A Q)``,
    and the remaining m - 2 k are Hutchinson probes of the matrix that is left,
    ``(I - Q Q^T) A (I - Q Q^T)``; its variance formulas are those of `hutchinson`.

    The mean is the trace, for every square matrix, and the result is exact to
    rounding for a matrix of rank at most k.  For a positive semi-definite A the
    relative error falls as 1/m where that of `hutchinson` falls as 1/sqrt(m).
    That guarantee needs the sign: positive and negative eigenvalues cancel in a
    trace, and a Hessian has both.  On a flat spectrum there is no large part,
    two thirds of the products gain nothing, and `hutchinson` is better.

    Cost: m products and O(n m^2) operations for Q; memory for k vectors.

    Source: Meyer, Musco, Musco and Woodruff, "Hutch++: Optimal Stochastic Trace
    Estimation", SOSA 2021, Algorithm 1.

    Examples
    --------
    >>> import numpy as np, adlib
    >>> U = np.random.default_rng(0).standard_normal((50, 3))
    >>> estimate = adlib.hutchpp(lambda z: U @ (U.T @ z), n=50, rng=0, m=9)
    >>> print(f"{estimate.value:.6f} {np.sum(U**2):.6f}")
    138.444629 138.444629
    """
    n = whole_number(n, "n", "hutchpp")
    m = whole_number(m, "m", "hutchpp", 3, 3 * n)
    k = m // 3
    rng = as_generator(rng, "hutchpp")
    probes = _probes(distribution, m - 2 * k, n, rng, batched, "hutchpp")
    multiply = Products(matvec, n, batched, dtype)
    Q, _ = np.linalg.qr(multiply(random_directions("gaussian", k, n, rng).T))
    large = np.sum(Q * multiply(Q))
    remainders = (Z - Q @ (Q.T @ Z) for Z in probes)
    random_part = estimate_from(_quadratic_forms(remainders, multiply), multiply.count)
    return replace(random_part, value=float(large + random_part.value))


def _probes(distribution, m, n, rng, batched, function):
    """Blocks of m probes with the mean of ``z z^T`` the identity: all in one, or one at a time."""
    m, rng = whole_number(m, "m", function), as_generator(rng, function)
    check_distribution(distribution)
    scale = np.sqrt(n) if distribution in ("sphere", "coordinate") else 1.0
    sizes = [m] if batched else [1] * m
    return (scale * random_directions(distribution, size, n, rng).T for size in sizes)


def _quadratic_forms(blocks, multiply):
    """``z^T A z`` for each column z of the blocks."""
    return [form for Z in blocks for form in np.sum(Z * multiply(Z), axis=0)]
