"""The lines of a program: calls of NumPy, and checks of what was found when it was recorded.

A line is one call of NumPy.  Values have numbers, `Ref`, and each is computed
once, so an operand says all there is to know about it.
"""

import numpy as np


class Ref(int):
    """A value of the program, by its number."""

    __slots__ = ()


class Line:
    """``target = call(*args, **kwargs)``; with several results the target is a tuple."""

    __slots__ = ("target", "call", "args", "kwargs", "place")

    def __init__(self, target, call, args, kwargs, place):
        self.target = target
        self.call = call
        self.args = args
        self.kwargs = kwargs
        self.place = place  # of the user's code: a code object and a line number; None inside a derivative


class Check:
    """What the program was recorded with and has to find again.

    `kind` is the conversion whose result was used ("bool", "int", "round"), or "shape".
    """

    __slots__ = ("kind", "operand", "expected", "place")

    def __init__(self, kind, operand, expected, place):
        self.kind = kind
        self.operand = operand
        self.expected = expected
        self.place = place


def replaced(x, where):
    """An operand with other references: ``where[ref]`` for each that is there."""
    kind = type(x)
    if kind is Ref:
        return where.get(x, x)
    if kind is tuple or kind is list:
        return kind([replaced(part, where) for part in x])
    if kind is slice:
        return slice(replaced(x.start, where), replaced(x.stop, where), replaced(x.step, where))
    return x


def standing_for(ref, gone):
    """What stands for a value, after all that took its place."""
    while type(ref) is Ref and ref in gone:
        ref = gone[ref]
    return ref


def references(x):
    """The references in an operand."""
    kind = type(x)
    if kind is Ref:
        yield x
    elif kind is tuple or kind is list:
        for part in x:
            yield from references(part)
    elif kind is slice:
        for part in (x.start, x.stop, x.step):
            yield from references(part)


def used(line):
    """The references that a line reads."""
    if type(line) is Check:
        return list(references(line.operand))
    found = []
    for x in line.args:
        if type(x) is Ref:
            found.append(x)
        elif type(x) in _NESTED:
            found.extend(references(x))
    for x in line.kwargs.values() if line.kwargs else ():
        found.extend(references(x))
    return found


_NESTED = frozenset({tuple, list, slice})


def targets(line):
    """The references that a line computes."""
    if type(line) is Check:
        return ()
    return (line.target,) if type(line.target) is Ref else line.target


def live(lines, outputs):
    """The lines that the outputs and the checks need."""
    needed, kept = set(outputs), []
    for line in reversed(lines):
        if type(line) is Check or not needed.isdisjoint(targets(line)):
            needed.update(used(line))
            kept.append(line)
    kept.reverse()
    return kept


def astype(x, dtype):
    """The method, as a call."""
    return x.astype(dtype)


def same(x, y):
    """Whether two recordings wrote the same, to the last bit."""
    kind = type(x)
    if kind is not type(y):
        return False
    if kind is Line or kind is Check:
        return all(same(getattr(x, name), getattr(y, name)) for name in kind.__slots__ if name != "place")
    if kind is tuple or kind is list:
        return len(x) == len(y) and all(map(same, x, y))
    if kind is dict:
        return x.keys() == y.keys() and all(same(part, y[k]) for k, part in x.items())
    if kind is np.ndarray:
        return x is y or same_array(x, y)
    return x is y or x == y and (x != 0 or str(x) == str(y)) or x != x and y != y


def same_array(x, y):
    """Whether two arrays are the same to the last bit."""
    if x.dtype != y.dtype or x.shape != y.shape:
        return False
    if x.dtype.char not in "gG":
        return x.tobytes() == y.tobytes()
    x, y = (np.ascontiguousarray(a).view(np.longdouble) for a in (x, y))  # whose idle bytes say nothing
    return np.array_equal(x, y, equal_nan=True) and np.array_equal(np.signbit(x), np.signbit(y))
