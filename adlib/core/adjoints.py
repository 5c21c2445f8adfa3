"""Adjoints on their way to the value they belong to.

A rule returns what an operand's adjoint grows by: an array or a number, which
`project` brings to the operand's shape, or one of three other things.  They
stand here, and not with the rules that return them, because the engine has to
know what to do with each.
"""

import numpy as np

from .errors import ArgumentError
from .trace import FLOAT64, TRACERS


def project(adjoint, shape, dtype):
    """Bring an adjoint to the shape and dtype of the value it belongs to.

    Broadcasting copies a value, so its transpose sums: over axes that were
    added in front and over axes of length 1.  Rules leave that to this place.
    """
    plain = type(adjoint) not in TRACERS
    if type(adjoint) is float:
        if not shape:
            return adjoint if dtype is FLOAT64 else dtype.type(adjoint)
    elif plain and not isinstance(adjoint, (np.ndarray, np.generic)):
        adjoint = np.asarray(adjoint)  # a rule may give whole numbers and lists
    elif adjoint.shape == shape and adjoint.dtype is dtype:
        return adjoint
    given = np.shape(adjoint)
    if given != shape:
        extra = len(given) - len(shape)
        if extra < 0 or any(s not in (1, n) for s, n in zip(shape, given[extra:])):
            raise ArgumentError(
                f"a derivative rule returned a cotangent of shape {given} "
                f"for an argument of shape {shape}; the two must be equal or broadcast"
            )
        axes = tuple(range(extra)) + tuple(
            extra + i for i, s in enumerate(shape) if s == 1 and given[extra + i] != 1
        )
        adjoint = np.add.reduce(adjoint, axes) if plain else np.sum(adjoint, axes)
        if np.shape(adjoint) != shape:
            adjoint = np.reshape(adjoint, shape)
    if adjoint.dtype != dtype:
        adjoint = adjoint.astype(dtype)
    return adjoint


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


class Delegated:
    """What an entry returns that pulls back on a list of its own, in place of all its contributions.

    ``pull(adjoints, owned)`` adds to the adjoints of its parents, in the order
    in which one list would.
    """

    __slots__ = ("pull",)

    def __init__(self, pull):
        self.pull = pull
