"""Functions that move entries about.  All are linear; each transpose moves them back."""

import numpy as np

from .._rules import linear, linear_join

linear(np.reshape, lambda g, shape, *_, **__: np.reshape(g, shape))
linear(np.ravel, lambda g, shape, *_, **__: np.reshape(g, shape))
linear(np.squeeze, lambda g, shape, *_, **__: np.reshape(g, shape))
linear(np.expand_dims, lambda g, shape, *_, **__: np.reshape(g, shape))
linear(np.swapaxes, lambda g, shape, axis1, axis2: np.swapaxes(g, axis1, axis2))
linear(np.moveaxis, lambda g, shape, source, destination: np.moveaxis(g, destination, source))


def _transpose_transpose(g, shape, axes=None):
    if axes is None:
        return np.transpose(g)
    inverse = [0] * len(axes)
    for i, a in enumerate(axes):
        inverse[a % len(axes)] = i
    return np.transpose(g, inverse)


linear(np.transpose, _transpose_transpose)


# The engine sums over broadcast axes, whatever made them: `project`.
linear(np.broadcast_to, lambda g, shape, *_, **__: g)


def _take(g, k, axis):
    index = [slice(None)] * np.ndim(g)
    index[axis] = k
    return g[tuple(index)]


def _stack_transpose(g, shapes, axis=0, **_):
    return [_take(g, k, axis) for k in range(len(shapes))]


def _concatenate_transpose(g, shapes, axis=0, **_):
    parts, start = [], 0
    for shape in shapes:
        stop = start + shape[axis]
        parts.append(_take(g, slice(start, stop), axis))
        start = stop
    return parts


linear_join(np.stack, _stack_transpose)
linear_join(np.concatenate, _concatenate_transpose)
