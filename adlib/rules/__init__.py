"""Derivative rules of NumPy's functions, by family.

Importing this package fills the table.  `arithmetic` holds the operators and
the elementwise functions, `reductions` the sums, `shapes` what moves entries
about, `indexing` the square brackets, `products` the matrix products, and
`constants` the functions whose results have no derivative.
"""

from . import arithmetic, constants, indexing, products, reductions, shapes

__all__ = ["arithmetic", "constants", "indexing", "products", "reductions", "shapes"]
