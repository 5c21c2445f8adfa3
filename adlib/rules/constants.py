"""Functions whose result does not vary with their argument, almost everywhere."""

import numpy as np

from .._rules import zero

zero(
    *(np.floor, np.ceil, np.rint, np.trunc, np.sign, np.floor_divide, np.round),
    *(np.equal, np.not_equal, np.less, np.less_equal, np.greater, np.greater_equal),
    *(np.isnan, np.isinf, np.isfinite, np.signbit, np.isclose, np.allclose, np.array_equal),
    *(np.logical_and, np.logical_or, np.logical_not, np.logical_xor),
    *(np.all, np.any, np.argmax, np.argmin, np.argsort, np.nonzero, np.count_nonzero),
    *(np.shape, np.ndim, np.size),
    *(np.zeros_like, np.ones_like, np.empty_like),
)
