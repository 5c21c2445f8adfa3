"""What makes a program shorter, to the same bits: steps that change nothing, detours, and parts that occur twice."""

import functools
import inspect
import operator

import numpy as np

from ..core.trace import NO_KEYWORDS
from .lines import Check, Line, Ref, astype, replaced, targets

_SYMMETRIC = frozenset({operator.add, operator.mul, operator.eq, operator.ne, operator.and_, operator.or_})
_NUMBERS = frozenset({int, float, np.float64, np.float32, np.float16})


def simplified(lines, kinds, in_order):
    """Without lines that give an operand back, without detours, and with each common part once.

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
    where, known, kept, detours = {}, {}, [], Detours(kinds, in_order)
    for line in lines:
        if type(line) is Check:
            operand = replaced(line.operand, where)
            key = (line.kind, _key(operand), _key(line.expected))
            if known.setdefault(key, key) is key:
                kept.append(Check(line.kind, operand, line.expected, line.place))
            continue
        call = line.call
        args = tuple([where.get(x, x) if type(x) is Ref else replaced(x, where) for x in line.args])
        kwargs = {k: replaced(x, where) for k, x in line.kwargs.items()} if line.kwargs else NO_KEYWORDS
        if type(line.target) is Ref:
            args, kwargs = detours.without(call, args, kwargs, line.target)
            same = _unchanged(call, args) if not kwargs else None
            if type(same) is Ref and kinds[same] == kinds[line.target]:
                where[line.target] = same
                continue
        backwards = call in _SYMMETRIC and type(args[0]) is type(args[1]) is Ref and args[0] > args[1]
        key = (call, _key(args[::-1] if backwards else args), _key(kwargs))
        found = known.get(key)
        if found is not None:
            where.update(zip(targets(line), targets(found)))
            continue
        known[key] = line = Line(line.target, call, args, kwargs, line.place)
        kept.append(line)
    return kept, where


def _unchanged(call, args):
    """The operand that a call gives back to the last bit, if its shape and dtype are the result's too."""
    if call is operator.mul and _is_one(args[0]):
        return args[1]
    if call in (operator.mul, operator.truediv):
        return args[0] if _is_one(args[1]) else None
    whole = call is operator.getitem and type(args[1]) is tuple and not args[1]
    stays = call is np.moveaxis and args[1] == args[2]
    return args[0] if whole or stays or call in (np.reshape, np.broadcast_to, astype) else None


def _is_one(x):
    return type(x) in _NUMBERS and x == 1


class Detours:
    """Operands that a call can take from further back; it remembers what reshaped, repeated and negated values are of."""

    def __init__(self, kinds, in_order):
        self._kinds = kinds
        self._in_order = in_order
        self._sources = {}  # value -> the call that made it, and of what
        self._shorter = {
            np.reshape: self._reshaped,
            np.broadcast_to: self._repeated,
            np.logical_not: self._negated,
            np.where: self._chosen,
            **dict.fromkeys((operator.add, operator.sub, operator.mul, operator.truediv), self._pair),
        }

    def without(self, call, args, kwargs, target):
        """The arguments of a call without what says nothing, and without detours."""
        if kwargs:
            left_out = _defaults(call)
            kwargs = {k: x for k, x in kwargs.items() if k not in left_out or x is not left_out[k]}
        if call is np.sum and len(args) == 2 and type(args[1]) is tuple and len(args[1]) == 1:
            args = (args[0], args[1][0])
        if call in (np.reshape, np.ravel) and args[-1] == "C":
            args = args[:-1]
        shorter = self._shorter.get(call)
        return (shorter(args, target) if shorter is not None and not kwargs else args), kwargs

    def _source(self, x, call):
        """What `call` made the value x of; None where it was not made so."""
        made = self._sources.get(x) if type(x) is Ref else None
        return made[1] if made is not None and made[0] is call else None

    def _reshaped(self, args, target):
        if len(args) == 2 and type(args[0]) is Ref:
            source = self._source(args[0], np.reshape)
            args = (args[0] if source is None else source, args[1])
            self._sources[target] = np.reshape, args[0]
        return args

    def _repeated(self, args, target):
        if len(args) == 2 and type(args[0]) is Ref:
            self._sources[target] = np.broadcast_to, args[0]
        return args

    def _negated(self, args, target):
        if type(args[0]) is Ref and self._kinds[args[0]][1].kind == "b":
            self._sources[target] = np.logical_not, args[0]
        return args

    def _chosen(self, args, target):
        source = self._source(args[0], np.logical_not) if len(args) == 3 else None
        return args if source is None else (source, args[2], args[1])

    def _pair(self, args, target):
        """An operation on two operands repeats the smaller one itself; an array of one number is a number."""
        shape, dtype = self._kinds[target]
        for k, other in ((0, 1), (1, 0)):
            x, y = args[k], args[other]
            if shape != (self._kinds[y][0] if type(y) is Ref else np.shape(y)):
                continue
            source = self._source(x, np.broadcast_to)
            if source is not None and (self._kinds[y][1] if type(y) is Ref else getattr(y, "dtype", None)) == dtype:
                x = source
            elif type(x) is np.ndarray and x.dtype == dtype and _is_uniform(x):
                # Beside another order than C the result would take that order.
                x = x.flat[0] if type(y) is not Ref or self._in_order[y] else x
            args = (x, args[1]) if k == 0 else (args[0], x)
        return args


@functools.cache
def _defaults(call):
    """The keywords of a function that say nothing: what it takes for them where they are left out."""
    try:
        parameters = inspect.signature(call).parameters
    except (TypeError, ValueError):  # of a ufunc
        return {}
    return {k: p.default for k, p in parameters.items() if p.default in (None, False, "C") and k != "axis"}


def _is_uniform(x):
    """Whether all entries are one number, which has a sign, and no order that the result would take."""
    return (
        x.size > 0
        and (x.ndim == 1 or x.ndim > 1 and not any(x.strides))
        and x.flat[0] != 0
        and x.flat[0] == x.flat[-1]
        and bool(np.all(x == x.flat[0]))
    )


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
