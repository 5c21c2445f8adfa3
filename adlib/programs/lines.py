"""The lines of a program, and what makes them fewer: parts that occur twice, steps that change nothing, dead code.

A line is one call of NumPy.  Values have numbers, `Ref`, and each is computed
once, so an operand says all there is to know about it.
"""

import functools
import inspect
import operator

import numpy as np

from ..core.trace import NO_KEYWORDS


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
        return [line.operand] if type(line.operand) is Ref else list(references(line.operand))
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


def simplified(lines, kinds, in_order):
    """Without lines that give an operand back, and with each common part once.

    Parameters
    ----------
    lines : list of Line and Check
        In the order of computation.
    kinds : list of (shape, dtype)
        Of each value, by its number.
    in_order : list of bool
        Whether its entries lie in C order.

    Returns
    -------
    list, dict
        The lines that are left, and what stands for each value that is gone.
    """
    where, known, kept, sources = {}, {}, [], {}
    for line in lines:
        if type(line) is Check:
            operand = replaced(line.operand, where)
            key = (line.kind, _key(operand), _key(line.expected))
            if known.setdefault(key, key) is key:
                kept.append(Check(line.kind, operand, line.expected, line.place))
            continue
        args = tuple([where.get(x, x) if type(x) is Ref else replaced(x, where) for x in line.args])
        kwargs = {k: replaced(x, where) for k, x in line.kwargs.items()} if line.kwargs else NO_KEYWORDS
        if type(line.target) is Ref:
            args, kwargs = _shorter(line.call, args, kwargs, kinds, in_order, line.target, sources)
            same = _unchanged(line.call, args, kwargs, kinds, line.target)
            if same is not None:
                where[line.target] = same
                continue
        backwards = line.call in _SYMMETRIC and type(args[0]) is type(args[1]) is Ref and args[0] > args[1]
        key = (line.call, _key(args[::-1] if backwards else args), _key(kwargs))
        found = known.get(key)
        if found is not None:
            where.update(zip(targets(line), targets(found)))
            continue
        known[key] = line = Line(line.target, line.call, args, kwargs, line.place)
        kept.append(line)
    return kept, where


def _shorter(call, args, kwargs, kinds, in_order, target, sources):
    """The arguments without a detour: a reshaped array reshaped again, one repeated for an operation that would, a not."""
    if kwargs:
        left_out = defaults(call)
        kwargs = {k: x for k, x in kwargs.items() if k not in left_out or x is not left_out[k]}
    if call is np.sum and len(args) == 2 and type(args[1]) is tuple and len(args[1]) == 1:
        args = (args[0], args[1][0])
    if call in _ORDERED and args[-1] == "C":
        args = args[:-1]
    if call is np.reshape or call is np.broadcast_to:
        if not kwargs and len(args) == 2:
            first, source = sources.get(args[0], (None, None))
            if call is np.reshape and first is call:
                args = (source, args[1])
            if type(args[0]) is Ref:
                sources[target] = call, args[0]
    elif call is np.logical_not and kinds[args[0]][1].kind == "b":
        sources[target] = call, args[0]
    elif call is np.where and len(args) == 3 and not kwargs:
        first, source = sources.get(args[0], (None, None)) if type(args[0]) is Ref else (None, None)
        if first is np.logical_not:
            args = (source, args[2], args[1])
    elif call in _PAIRS and len(args) == 2 and not kwargs:
        for k, other in ((0, 1), (1, 0)):
            first, source = sources.get(args[k], (None, None)) if type(args[k]) is Ref else (None, None)
            shape = kinds[args[other]][0] if type(args[other]) is Ref else np.shape(args[other])
            if shape != kinds[target][0]:
                continue
            if first is np.broadcast_to and _dtype(args[other], kinds) == kinds[target][1]:
                args = (source, args[1]) if k == 0 else (args[0], source)
            elif (
                type(args[k]) is np.ndarray
                and args[k].ndim
                and args[k].dtype == kinds[target][1]
                and (type(args[other]) is not Ref or in_order[args[other]])  # else the result would lie as that does
                and _is_uniform(args[k])
            ):
                args = (args[k].flat[0], args[1]) if k == 0 else (args[0], args[k].flat[0])
    return args, kwargs


@functools.cache
def defaults(call):
    """The keywords of a function that say nothing: what it takes for them where they are left out."""
    try:
        parameters = inspect.signature(call).parameters
    except (TypeError, ValueError):  # of a ufunc
        return {}
    return {k: p.default for k, p in parameters.items() if p.default in (None, False, "C") and k != "axis"}


def _dtype(x, kinds):
    return kinds[x][1] if type(x) is Ref else getattr(x, "dtype", None)


_ORDERED = frozenset({np.reshape, np.ravel})
_PAIRS = frozenset({operator.add, operator.sub, operator.mul, operator.truediv})
_SYMMETRIC = frozenset({operator.add, operator.mul, operator.eq, operator.ne, operator.and_, operator.or_})


def live(lines, outputs):
    """The lines that the outputs and the checks need."""
    needed, kept = set(outputs), []
    for line in reversed(lines):
        if type(line) is Check or not needed.isdisjoint(targets(line)):
            needed.update(used(line))
            kept.append(line)
    kept.reverse()
    return kept


_ONE_OPERAND = (operator.mul, operator.truediv)


def _unchanged(call, args, kwargs, kinds, target):
    """The operand that a line gives back bit for bit, or None."""
    if kwargs:
        return None
    kept = None
    if call in _ONE_OPERAND:
        a, b = args
        if _is_one(b):
            kept = a
        elif call is operator.mul and _is_one(a):
            kept = b
    elif (
        call in (np.reshape, np.broadcast_to, astype)
        or call is np.moveaxis
        and args[1] == args[2]
        or call is operator.getitem
        and type(args[1]) is tuple
        and not args[1]
    ):
        kept = args[0]
    return kept if type(kept) is Ref and kinds[kept] == kinds[target] else None


def _is_one(x):
    return type(x) in _NUMBERS and x == 1


def _is_uniform(x):
    """Whether all entries are one number, which has a sign, and no order that the result would take."""
    return (
        x.size > 0
        and (x.ndim == 1 or not any(x.strides))
        and x.flat[0] != 0
        and x.flat[0] == x.flat[-1]
        and bool(np.all(x == x.flat[0]))
    )


_NUMBERS = frozenset({int, float, np.float64, np.float32, np.float16})


def astype(x, dtype):
    """The method, as a call."""
    return x.astype(dtype)


def _key(x):
    """Equal for operands that are the same to the last bit and of the same type."""
    kind = type(x)
    if kind is Ref:
        return (Ref, x)
    if kind is tuple or kind is list:
        return (kind, *map(_key, x))
    if kind is slice:
        return (slice, _key(x.start), _key(x.stop), _key(x.step))
    if kind is dict:
        return tuple([(k, _key(part)) for k, part in x.items()])
    if kind is np.ndarray:
        return (np.ndarray, id(x))  # a copy by its content, which lives as long as the lines
    return (kind, x, str(x)) if x == 0 else (kind, x)


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
