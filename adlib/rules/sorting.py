"""Sorting.  Entries change places; equal ones share the slope.

Two equal entries stand at a corner of the sorted array as a function of the
array.  Each then takes the mean of what its group takes, which is the same in
both directions: taking means is its own transpose.
"""

import numpy as np

from ..core.conditions import everywhere
from ..core.declare import rule
from ..core.trace import plain_value
from .indexing import scatter_add


def _places(y, a, axis):
    """For each entry of y, the place of its entry in `a`, where one is the other reordered."""
    in_order = np.argsort(a, axis=axis, kind="stable")
    # The inverse of a permutation is its argsort.
    ranks = np.argsort(np.argsort(y, axis=axis, kind="stable"), axis=axis)
    return np.take_along_axis(in_order, ranks, axis)


def _mean_over_equals(x, y, axis):
    """The mean of `x` over each group of equal entries of y along `axis`."""
    ranks = np.argsort(y, axis=axis, kind="stable")
    s = np.moveaxis(np.take_along_axis(y, ranks, axis), axis, -1)
    starts = np.concatenate([np.ones((*s.shape[:-1], 1), bool)[..., : s.shape[-1]], s[..., 1:] != s[..., :-1]], -1)
    if everywhere(starts):
        return x
    numbers = np.moveaxis(np.reshape(np.cumsum(starts) - 1, s.shape), -1, axis)
    group = np.ravel(np.take_along_axis(numbers, np.argsort(ranks, axis=axis), axis))
    sizes, sums = (scatter_add(v, group, group.shape)[group] for v in (np.ones(group.shape), np.ravel(x)))
    return np.where(np.reshape(sizes, y.shape) == 1, x, np.reshape(sums / sizes, y.shape))


def _reordered_jvp(tangents, y, a, *_, axis=-1, **__):
    if axis is None:
        return _reordered_jvp([np.ravel(tangents[0])], y, np.ravel(a), axis=0)
    a, y = plain_value(a), plain_value(y)
    return _mean_over_equals(np.take_along_axis(tangents[0], _places(y, a, axis), axis), y, axis)


def _reordered_vjp(g, y, a, *_, axis=-1, **__):
    if axis is None:
        flat = _reordered_vjp(g, y, np.ravel(a), axis=0)[0]
        return [np.reshape(flat, np.shape(a))]
    a, y = plain_value(a), plain_value(y)
    return [np.take_along_axis(_mean_over_equals(g, y, axis), _places(a, y, axis), axis)]


def _axis(code, position):
    """`code` with the axis by keyword, where NumPy also takes it in order."""

    def call(given, y, a, *rest, **kwargs):
        if len(rest) > position:
            kwargs["axis"] = rest[position]
        return code(given, y, a, **kwargs)

    return call


rule(np.sort, _axis(_reordered_jvp, 0), _axis(_reordered_vjp, 0))
rule(np.partition, _axis(_reordered_jvp, 1), _axis(_reordered_vjp, 1))
