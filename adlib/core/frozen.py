"""Constants of a program as a Wengert list keeps them: copies that nobody writes into.

The way back reads an array long after the operation did, and NumPy lets a program
refill it in between: through the array itself, a view, a buffer, a file.  No lock
reaches all of these ways.  So a list keeps a copy of each array, one for each
content that it met, and of lists and settings likewise.
"""

import copy
import random
import types
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
_GENERATORS = (np.random.Generator, np.random.RandomState, random.Random)
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
    another class stays as it is.

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


class Watched:
    """An object among the settings of a primitive, and its state when the primitive had run.

    It is no copy, because the primitive may mean this very object; so a rule that
    runs later asks whether it is still the same.  Objects inside it count as the
    objects that they are, and what was missing or None and is there now is a cache.
    """

    __slots__ = ("object", "_state")

    def __init__(self, x):
        self.object = x
        self._state = frozen(_state(x))

    def renew(self):
        """Take the state anew; that of a random generator stays, because its rule would draw other numbers."""
        if not isinstance(self.object, _GENERATORS):
            self._state = frozen(_state(self.object))

    def changed(self):
        state, now = self._state, frozen(_state(self.object), lambda array: array)
        if type(state) is dict and type(now) is dict:
            state = {k: part for k, part in state.items() if part is not None}
            now = {k: part for k, part in now.items() if k in state}
        return not _same(now, state)


_UNWATCHED = (np.ndarray, Watched, tuple, list, dict, set, slice, type, types.FunctionType, types.ModuleType)


def watched(x):
    """An object whose state may change, watched, also inside a list or dict; anything else as it is."""
    kind = type(x)
    if kind is list or kind is tuple:
        return kind([watched(part) for part in x])
    if kind is dict:
        return {k: watched(part) for k, part in x.items()}
    if kind in FIXED or isinstance(x, _UNWATCHED) or _reads_as_array(x) or not _state(x):
        return x
    return Watched(x)


def _state(x):
    """What an object holds, as for `copy.copy`; None where it does not say."""
    if isinstance(x, np.random.Generator):
        return x.bit_generator.state
    try:
        return x.__getstate__()
    except (TypeError, AttributeError):  # a file, say
        return None


def _same(x, y):
    if x is y:
        return True
    if type(x) is not type(y):
        return False
    if isinstance(x, np.ndarray):
        return x.dtype == y.dtype and x.shape == y.shape and x.tobytes() == y.tobytes()
    if isinstance(x, (tuple, list)):
        return len(x) == len(y) and all(map(_same, x, y))
    if isinstance(x, dict):
        return x.keys() == y.keys() and all(_same(part, y[k]) for k, part in x.items())
    return type(x) in FIXED | {set} and type(x) not in TRACERS and (x == y or x != x)


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
