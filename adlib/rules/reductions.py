"""Sums.  The transpose of a sum is a copy: every summand receives the adjoint."""

import math

import numpy as np

from .._rules import composite, linear


def _sum_transpose(g, shape, axis=None, dtype=None, keepdims=False):
    return np.broadcast_to(_restore_axes(g, shape, axis, keepdims), shape)


def _restore_axes(g, shape, axis, keepdims):
    """Put back, with length 1, the axes that a reduction took away."""
    if keepdims or axis is None:
        return g
    axes = axis if isinstance(axis, tuple) else (axis,)
    kept = {a % len(shape) for a in axes}
    return np.reshape(g, [1 if i in kept else n for i, n in enumerate(shape)])


linear(np.sum, _sum_transpose)


def _mean(a, axis=None, dtype=None, out=None, keepdims=False, **unsupported):
    axes = range(np.ndim(a)) if axis is None else axis if isinstance(axis, tuple) else (axis,)
    count = math.prod(np.shape(a)[i] for i in axes)
    return np.sum(a, axis=axis, dtype=dtype, keepdims=keepdims, **unsupported) / count


composite(np.mean, _mean)
