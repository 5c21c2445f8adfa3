"""The derivative of every NumPy function, or the reason why it has none, by subject.

Importing this package fills the table. `arithmetic` holds the elementwise
functions, `special` two with series of their own, `operators` gives Python's
operators to traced values, `reductions` holds the sums, products and extremes,
`shapes` what moves axes about, `indexing` the square brackets and what takes
entries, `joining` what puts arrays together, `sorting` what reorders,
`products` the matrix products, `linalg` the functions of numpy.linalg,
`statistics` averages, quantiles, differences and interpolation, `building`
grids and arrays out of numbers, `polynomials` those given by coefficients,
`constants` the functions whose results have no derivative, and `refusals`
those that cannot be differentiated. `equivalent` declares a function by other
code that computes the same, `corners` one whose arguments may have no share in
the result.
"""

from . import (
    arithmetic,
    building,
    constants,
    indexing,
    joining,
    linalg,
    operators,
    polynomials,
    products,
    reductions,
    refusals,
    shapes,
    sorting,
    special,
    statistics,
)

__all__ = [
    "arithmetic",
    "building",
    "constants",
    "indexing",
    "joining",
    "linalg",
    "operators",
    "polynomials",
    "products",
    "reductions",
    "refusals",
    "shapes",
    "sorting",
    "special",
    "statistics",
]
