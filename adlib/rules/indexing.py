"""Square brackets.  Taking entries is linear; its transpose adds into them."""

import operator

import numpy as np

from .._rules import linear, primitive
from .._trace import is_traced


class Scatter:
    """An adjoint that is zero but for the entries taken by an index.

    The engine adds it into a buffer of its own, so a loop over ``x[i]`` costs
    one entry a step and not one array a step.
    """

    __slots__ = ("values", "index", "shape")

    def __init__(self, values, index, shape):
        self.values = values
        self.index = index
        self.shape = shape

    def add_to(self, buffer):
        """Add the values into `buffer`, an array, in place."""
        if _is_basic(self.index):
            buffer[self.index] += self.values
        else:
            # An index array may name an entry twice: every mention counts.
            np.add.at(buffer, self.index, self.values)


def _is_basic(index):
    parts = index if isinstance(index, tuple) else (index,)
    return all(isinstance(p, (int, np.integer, slice, type(None), type(...))) and not isinstance(p, bool) for p in parts)


@primitive
def scatter_add(values, index, shape):
    """An array of zeros with `values` added at `index`."""
    buffer = np.zeros(shape, dtype=values.dtype)
    Scatter(values, index, shape).add_to(buffer)
    return buffer


def _getitem_transpose(g, shape, index):
    return scatter_add(g, index, shape) if is_traced(g) else Scatter(g, index, shape)


linear(operator.getitem, _getitem_transpose)
linear(scatter_add, lambda g, shape, index, _: g[index])
