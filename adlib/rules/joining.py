"""Joining arrays.  Linear in all of them together; the transpose hands each its part."""

import math

import numpy as np

from ..core.declare import composite, linear_join
from ..core.trace import is_traced, operand, strip
from ..core.tree import flatten, unflatten


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
    x = operand(x)
    return np.reshape(x, (np.size(x), 1)) if np.ndim(x) < 2 else x


def _hstack(tup, **given):
    arrays = [np.atleast_1d(operand(x)) for x in tup]
    return np.concatenate(arrays, axis=0 if arrays and np.ndim(arrays[0]) == 1 else 1, **given)


composite(np.vstack, lambda tup, **given: np.concatenate([np.atleast_2d(operand(x)) for x in tup], axis=0, **given))
composite(np.hstack, _hstack)
composite(np.dstack, lambda tup: np.concatenate([np.atleast_3d(operand(x)) for x in tup], axis=2))
composite(np.column_stack, lambda tup: np.concatenate([_column(x) for x in tup], axis=1))


def _append(arr, values, axis=None):
    return np.concatenate(
        [operand(arr), operand(values)] if axis is not None else [np.ravel(arr), np.ravel(values)], axis=axis or 0
    )


composite(np.append, _append)


def by_places(function, *tracked):
    """Code for a function that only moves entries of its arguments numbered in `tracked`.

    Carried out on the numbers 1, 2, ... of the entries, the function tells
    where each entry of the result comes from; 0 stands for a zero of its own.
    """

    def code(*args, **kwargs):
        args = list(args)
        flat, numbers, start = [np.zeros(1)], list(args), 1
        for k in tracked:
            leaves, structure = flatten(args[k])
            indices = []
            for x in leaves:
                indices.append(np.reshape(np.arange(start, start + np.size(x)), np.shape(x)))
                start += np.size(x)
                flat.append(np.ravel(x))
            numbers[k] = unflatten(structure, indices)
        places = function(*[_plain(x) for x in numbers], **{k: strip(v) for k, v in kwargs.items()})
        kinds = [x.dtype for x in flat[1:]]
        flat[0] = np.zeros(1, np.result_type(*kinds))
        return np.concatenate(flat)[places]

    return code


def _plain(x):
    return strip(x) if is_traced(x) else x


composite(np.block, by_places(np.block, 0))
composite(np.insert, by_places(np.insert, 0, 2))
