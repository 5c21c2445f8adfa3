"""Plain arrays that are read-only while a Wengert list holds them.

A list keeps the constants of the program as they are, without a copy.  So a
program must not write into one of them before the backward sweep has read it,
and NumPy refuses it for us: the array is not writeable until the list ends.
"""

import threading

import numpy as np

# Arrays held read-only by running transformations, and by how many: {id: [array, count]}.
_held = {}
_held_lock = threading.Lock()


def _owners(x):
    """The array and what it is a view of, the owner of the memory last."""
    while isinstance(x, np.ndarray):
        yield x
        x = x.base


def hold(x):
    """Make an array and all that it is a view of read-only, until `release`."""
    with _held_lock:
        for a in _owners(x):
            entry = _held.get(id(a))
            if entry is not None:
                entry[1] += 1
            elif a.flags.writeable:
                a.setflags(write=False)
                _held[id(a)] = [a, 1]


def release(x):
    """Give back what `hold` took, unless another list holds it as well."""
    with _held_lock:
        # A view can be made writeable again only after its owner.
        for a in reversed(list(_owners(x))):
            entry = _held.get(id(a))
            if entry is None:
                continue
            entry[1] -= 1
            if entry[1] <= 0:
                _give_back(a)
        for a in [a for a, count in _held.values() if count <= 0]:
            _give_back(a)


def _give_back(a):
    try:
        a.setflags(write=True)
    except ValueError:
        return  # its owner is held by another transformation, whose end gives both back
    del _held[id(a)]
