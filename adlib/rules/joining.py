"""Joining arrays.  Linear in all of them together; the transpose hands each its part."""

import math

import numpy as np

from ..core.declare import composite, linear_join
from ..core.trace import as_array, as_operand, plain_value
from ..core.tree import flatten, unflatten
from .indexing import sources


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


def _column(x):
    x = as_operand(x)
    return np.reshape(x, (np.size(x), 1)) if np.ndim(x) < 2 else x


def _hstack(tup, **given):
    arrays = [np.atleast_1d(as_operand(x)) for x in tup]
    return np.concatenate(arrays, axis=0 if arrays and np.ndim(arrays[0]) == 1 else 1, **given)


composite(np.vstack, lambda tup, **given: np.concatenate([np.atleast_2d(as_operand(x)) for x in tup], axis=0, **given))
composite(np.hstack, _hstack)
composite(np.dstack, lambda tup: np.concatenate([np.atleast_3d(as_operand(x)) for x in tup], axis=2))
composite(np.column_stack, lambda tup: np.concatenate([_column(x) for x in tup], axis=1))


def _append(arr, values, axis=None):
    return np.concatenate(
        [as_operand(arr), as_operand(values)] if axis is not None else [np.ravel(arr), np.ravel(values)], axis=axis or 0
    )


composite(np.append, _append)


def by_sources(function, *tracked):
    """Code for a function that only moves entries of its arguments numbered in `tracked`, and may add zeros."""

    def code(*args, **kwargs):
        kwargs = {name: plain_value(x) for name, x in kwargs.items()}
        leaves, structure = flatten([args[k] for k in tracked])

        def on_numbers(*numbers):
            moved = list(args)
            for k, x in zip(tracked, unflatten(structure, numbers)):
                moved[k] = x
            return function(*map(plain_value, moved), **kwargs)

        places = sources(on_numbers, [np.shape(x) for x in leaves])
        flat = [np.ravel(x) for x in leaves]
        zero = np.zeros(1, np.result_type(*[x.dtype for x in flat]))
        return np.concatenate([zero, *flat])[places]

    return code


composite(np.block, by_sources(np.block, 0))


_insert_by_sources = by_sources(np.insert, 0, 2)


def _insert(arr, obj, values, axis=None):
    """The result has the type of `arr`; whole numbers do not vary with what is cut off to join them."""
    arr, values = as_array(arr), as_array(values)
    if arr.dtype.kind != "f":
        return np.insert(plain_value(arr), obj, plain_value(values), axis)
    return _insert_by_sources(arr, obj, values.astype(arr.dtype), axis)


composite(np.insert, _insert)
