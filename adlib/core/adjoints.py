"""Adjoints on their way to the value they belong to.

A rule returns what an operand's adjoint grows by: an array or a number, or one
of three other things.  They stand here, and not with the rules that return
them, because the engine has to know what to do with each.
"""

import numpy as np


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
    return all(
        isinstance(p, (int, np.integer, slice, type(None), type(...))) and not isinstance(p, bool) for p in parts
    )


class OutputAdjoint:
    """The adjoint of one of several results of an operation."""

    __slots__ = ("number", "adjoint")

    def __init__(self, number, adjoint):
        self.number = number
        self.adjoint = adjoint


class Continued:
    """What an entry returns that walks a list of its own, in place of all its contributions.

    ``walk(adjoints, owned)`` adds to the adjoints of its parents, in the order
    in which one list would.
    """

    __slots__ = ("walk",)

    def __init__(self, walk):
        self.walk = walk
