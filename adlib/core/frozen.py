"""Constants of a program as a Wengert list keeps them: copies that nobody writes into.

The way back reads an array long after the operation did, and NumPy lets a program
refill it in between: through the array itself, a view, a buffer, a file.  No lock
reaches all of these ways.  So a list keeps a copy of each array, one for each
content that it met, and of lists and settings likewise.
"""

import copy
from collections.abc import Sequence

import numpy as np

from .arguments import memory_like
from .trace import TRACERS

# What cannot change.
FIXED = (
    TRACERS
    | {float, int, bool, complex, str, bytes, range, type, type(None), type(...), np.dtype, type(np._NoValue)}
    | {kind for kind in np.sctypeDict.values() if not issubclass(kind, (np.void, np.object_))}
)
_WORDS = {1: np.uint8, 2: np.uint16, 4: np.uint32, 8: np.uint64}
_SMALL = 64


class Owner(np.ndarray):
    """The memory of a copy: by it a copy is known as one, also as a constant of another list."""

    __slots__ = ("fingerprint",)  # of its content, where it was asked for


def is_frozen(x):
    """Whether an array is a copy made here, or a view of one."""
    base = x.base
    return type(base) is Owner or type(base) is np.ndarray and type(base.base) is Owner


def frozen_array(x):
    """A copy of a plain array with the same strides, which is read-only for ever."""
    if is_frozen(x):
        return x
    owner, result = memory_like(x, Owner)
    result[...] = x
    owner.setflags(write=False)
    result.setflags(write=False)
    return result


def frozen(x, array=frozen_array):
    """What is left of `x` when the caller goes on to change it: `x` itself, or a copy of what can change.

    What NumPy would read as an array, such as a buffer, becomes one.  An object of
    a class that NumPy does not know stays as it is.

    >>> index = [0, slice(None, np.array(2))]
    >>> kept = frozen(index)
    >>> index[0] = 5
    >>> kept
    [0, slice(None, array(2), None)]
    """
    kind = type(x)
    if kind in FIXED:
        return x
    if kind is np.ndarray:
        return array(x)
    if isinstance(x, np.ndarray):
        return array(x.view(np.ndarray)) if kind is np.memmap else x.copy(order="K")
    if kind is slice:
        return slice(frozen(x.start, array), frozen(x.stop, array), frozen(x.step, array))
    if isinstance(x, (tuple, list)):
        parts = [frozen(part, array) for part in x]
        return kind(*parts) if hasattr(kind, "_fields") else kind(parts)
    if isinstance(x, dict):
        result = copy.copy(x)
        result.update({k: frozen(part, array) for k, part in x.items()})
        return result
    if kind is set:
        return set(x)
    return np.array(x) if _reads_as_array(x) else x


def _reads_as_array(x):
    if isinstance(x, (np.generic, Sequence)) or hasattr(type(x), "__array__"):
        return True
    try:
        memoryview(x)
    except TypeError:
        return False
    return True


class Constants(dict):
    """The copies that one list has made, each found again by the array that it was made of, by its id.

    An array that comes again is compared with its copy, byte by byte: where it
    was refilled, or where another stands at its address, it is copied anew.  So
    nothing needs to keep the array itself alive.
    """

    __slots__ = ()

    def frozen(self, x):
        """`x` as it is now, whatever the caller does to it."""
        return self._array(x) if type(x) is np.ndarray else frozen(x, self._array)

    def _array(self, x):
        found = self.get(id(x))
        if found is not None:
            kept, strides = found
            if x.strides == strides and x.shape == kept.shape and x.dtype == kept.dtype and _same_bytes(x, kept):
                return kept
        kept = frozen_array(x)
        if kept is not x:
            self[id(x)] = kept, x.strides
        return kept


def _same_bytes(x, y):
    """Whether two arrays of one layout hold the same: nan is nan, and -0.0 is not 0.0."""
    words = _WORDS.get(x.itemsize)
    if x.size <= _SMALL or words is None or x.dtype.hasobject:
        return x.tobytes() == y.tobytes()
    return bool((x.view(words) == y.view(words)).all())
