"""Functions that move entries about.  All are linear; each transpose moves them back."""

import math

import numpy as np

from .._errors import TracedValueError
from .._rules import composite, linear, linear_join, primitive

def _reshape_transpose(g, shape, newshape=None, order="C", **_):
    return np.reshape(g, shape, order=_fixed(order))


def _ravel_transpose(g, shape, order="C"):
    return np.reshape(g, shape, order=_fixed(order))


def _fixed(order):
    """An order of entries that does not depend on how the array lies in memory."""
    if order not in ("C", "F"):
        raise TracedValueError(
            f"order={order!r} follows the memory of an array, which a derivative does not share; "
            "use order='C' or order='F'"
        )
    return order


linear(np.reshape, _reshape_transpose)
linear(np.ravel, _ravel_transpose)
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


@primitive
def astype(x, dtype):
    """The floats of `x` in another precision."""
    return np.asarray(x).astype(dtype)[()]


# The engine gives an adjoint the dtype of its value: `project` again.
linear(astype, lambda g, shape, dtype: g)
if hasattr(np, "astype"):  # since NumPy 2.1
    composite(np.astype, lambda x, dtype, /, *, copy=True: x.astype(dtype))


def _take(g, k, axis):
    index = [slice(None)] * np.ndim(g)
    index[axis] = k
    return g[tuple(index)]


def _stack_transpose(g, shapes, axis=0, **_):
    return [_take(g, k, axis) for k in range(len(shapes))]


def _concatenate_transpose(g, shapes, axis=0, **_):
    if axis is None:  # of the raveled arrays
        flat = _concatenate_transpose(g, [(math.prod(shape),) for shape in shapes])
        return [np.reshape(part, shape) for part, shape in zip(flat, shapes)]
    parts, start = [], 0
    for shape in shapes:
        stop = start + shape[axis]
        parts.append(_take(g, slice(start, stop), axis))
        start = stop
    return parts


linear_join(np.stack, _stack_transpose)
linear_join(np.concatenate, _concatenate_transpose)
