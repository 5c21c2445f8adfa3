"""A matrix that is known by its products only: any function of a vector, NumPy's or JAX's."""

import numpy as np

from ..core.errors import ArgumentError
from ..core.settings import float_type


def vector_dtype(dtype):
    """Return `dtype` as that of vectors for a product, after refusing what is no float."""
    return float_type(dtype, "a product is taken with vectors of floats", "write dtype=np.float32 or dtype=np.float64")


class Products:
    """Products with a real matrix of shape (n, n), checked and counted.

    Parameters
    ----------
    matvec : callable or matrix
        A function of a vector of shape (n,), or of a block of shape (n, m) with
        `batched`; or a matrix of shape (n, n), for its products by ``@``.
    n : int
    batched : bool
        Whether `matvec` takes a block of vectors, one a column.
    dtype : dtype
        Of the vectors that `matvec` gets.

    Attributes
    ----------
    count : int
        Number of products so far; a block of m vectors counts m.
    eps : float
        The rounding unit of the results, the coarsest that was seen.
    """

    def __init__(self, matvec, n, batched=False, dtype=float):
        if not callable(matvec):
            shape = getattr(matvec, "shape", None)
            if shape != (n, n) or not hasattr(matvec, "__matmul__"):
                what = type(matvec).__name__ if shape is None else f"{type(matvec).__name__} of shape {shape}"
                raise ArgumentError(
                    f"matvec is a function of a vector of shape ({n},) or a matrix of shape ({n}, {n}), "
                    f"but got a {what}; write matvec=lambda z: A @ z"
                )
            matvec = matvec.__matmul__
        self._matvec, self._batched = matvec, batched
        self._dtype = vector_dtype(dtype)
        self.count = 0
        self.eps = np.finfo(float).eps

    def __call__(self, Z):
        """Return the products with the columns of `Z`, as float64."""
        if self._batched:
            return self._checked(Z)
        return np.stack([self._checked(z) for z in Z.T], axis=1)

    def _checked(self, z):
        """The product with a vector, or with a block of them, after making sure that it can be one."""
        # A copy on both sides: matvec may write into what it gets, and reuse what it returns.
        y = self._matvec(np.array(z, self._dtype, order="C"))
        if not hasattr(y, "shape"):
            raise ArgumentError(
                f"matvec returned a {type(y).__name__}, but a product is one array; "
                "of the pair of adlib.hvp take the second: adlib.hvp(L, (w,), (z,))[1]"
            )
        if y.shape != z.shape:
            raise ArgumentError(
                f"matvec was given an array of shape {z.shape} and returned shape {y.shape}, but a product "
                "with a square matrix keeps the shape; return A @ z, or ravel what has another shape"
            )
        y = np.asarray(y)
        if y.dtype.kind not in "fiub":
            raise ArgumentError(
                f"matvec returned an array of dtype {y.dtype}, but the products of a real matrix are real; "
                "return an array of floats"
            )
        self.eps = max(self.eps, np.finfo(y.dtype if y.dtype.kind == "f" else float).eps)
        self.count += 1 if z.ndim == 1 else z.shape[1]
        y = np.array(y, float)
        # Sums of n products must not overflow either.
        if not np.max(np.abs(y)) < np.finfo(float).max / (100.0 * len(y)):
            raise ArgumentError(
                "matvec returned entries that are not finite, or too large for their sum; look for a nan "
                "or an overflow at the point where the matrix is taken, or scale the matrix down"
            )
        return y
