"""Sorting.  Entries change places; equal ones share the slope.

Two equal entries stand at a corner of the sorted array as a function of the
array.  Each then takes the mean of what its group takes, which is the same in
both directions: taking means is its own transpose.
"""

import numpy as np

from ..core.declare import rule
from ..core.trace import plain_value
from .indexing import scatter_add


def _order(y, a, axis):
    """For each entry of the reordered array y, the place in `a` that it came from."""
    from_a = np.argsort(a, axis=axis, kind="stable")
    order = np.empty_like(from_a)
    np.put_along_axis(order, np.argsort(y, axis=axis, kind="stable"), from_a, axis)
    return order


def _mean_over_equals(x, y, axis):
    """The mean of `x` over each group of equal entries of y along `axis`."""
    ranks = np.argsort(y, axis=axis, kind="stable")
    s = np.moveaxis(np.take_along_axis(y, ranks, axis), axis, -1)
    starts = np.ones(s.shape, bool)
    starts[..., 1:] = s[..., 1:] != s[..., :-1]
    if np.all(starts):
        return x
    group = np.empty(y.shape, int)
    np.put_along_axis(group, ranks, np.moveaxis(np.reshape(np.cumsum(starts) - 1, s.shape), -1, axis), axis)
    sizes = np.bincount(np.ravel(group))
    sums = scatter_add(np.ravel(x), np.ravel(group), sizes.shape)
    return np.reshape((sums / sizes)[np.ravel(group)], y.shape)


def _reordered_jvp(tangents, y, a, *_, axis=-1, **__):
    if axis is None:
        return _reordered_jvp([np.ravel(tangents[0])], y, np.ravel(a), axis=0)
    a, y = plain_value(a), plain_value(y)
    return _mean_over_equals(np.take_along_axis(tangents[0], _order(y, a, axis), axis), y, axis)


def _reordered_vjp(g, y, a, *_, axis=-1, **__):
    if axis is None:
        flat = _reordered_vjp(g, y, np.ravel(a), axis=0)[0]
        return [np.reshape(flat, np.shape(a))]
    a, y = plain_value(a), plain_value(y)
    # Back to the places in a: the inverse of a permutation is its argsort.
    back = np.argsort(_order(y, a, axis), axis=axis)
    return [np.take_along_axis(_mean_over_equals(g, y, axis), back, axis)]


def _axis(code, position):
    """`code` with the axis by keyword, where NumPy also takes it in order."""

    def call(given, y, a, *rest, **kwargs):
        if len(rest) > position:
            kwargs["axis"] = rest[position]
        return code(given, y, a, **kwargs)

    return call


rule(np.sort, _axis(_reordered_jvp, 0), _axis(_reordered_vjp, 0))
rule(np.partition, _axis(_reordered_jvp, 1), _axis(_reordered_vjp, 1))
