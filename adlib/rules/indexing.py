"""Square brackets.  Taking entries is linear; its transpose adds into them."""

import math
import operator

import numpy as np

from ..core.arguments import float_dtype
from ..core.declare import composite, linear, primitive
from ..core.errors import TracedValueError, describe, with_user_line
from ..core.families import Differentiable, Linear
from ..core.trace import RECORDED, RULES, as_array, as_operand, is_traced, item, plain_value
from ..core.tree import flatten
from ..modes.reverse import Contribution
from .reductions import normal_axes, normal_axis


class Scatter(Contribution):
    """A contribution that is zero but for the entries taken by an index.

    It is added into the adjoint in place, so a loop over ``x[i]`` costs one
    entry a step and not one array a step.
    """

    __slots__ = ("values", "index")

    def __init__(self, values, index):
        self.values = values
        self.index = index

    def dense(self, shape, dtype):
        """The contribution as an array."""
        if is_traced(self.values) or _is_recorded(self.index):
            return add_at(np.zeros(shape, dtype), self.values, self.index)
        buffer = np.zeros(shape, dtype)
        self.write(buffer)
        return buffer

    def add_to(self, adjoints, owned, position, shape, dtype):
        old = adjoints[position]
        if is_traced(old) or is_traced(self.values) or _is_recorded(self.index):
            base = np.zeros(shape, dtype) if old is None else old
            adjoints[position], owned[position] = add_at(base, self.values, self.index), 0
        elif old is None:
            adjoints[position], owned[position] = self.dense(shape, dtype), 1
        else:
            if not owned[position]:
                adjoints[position], owned[position] = np.array(old), 1
            self.write(adjoints[position])

    def write(self, buffer):
        """Add into an array."""
        if is_basic(self.index):
            buffer[self.index] += self.values
        else:
            # An index array may name an entry twice: every mention counts.
            np.add.at(buffer, self.index, self.values)


def _is_recorded(index):
    return type(index) in RECORDED or type(index) is tuple and not RECORDED.isdisjoint(map(type, index))


def entries(a, index):
    """``a[index]``, also where the array is plain and only the index recorded in a program."""
    if _is_recorded(index) and not is_traced(a):
        recorder = next(p._trace for p in (index if type(index) is tuple else (index,)) if type(p) in RECORDED)
        return recorder.record(operator.getitem, (item(a, ()), index))
    return item(a, index)


def is_basic(index):
    """Whether an index names each entry once: it has no arrays."""
    parts = index if isinstance(index, tuple) else (index,)
    return all(
        isinstance(p, (int, np.integer, slice, type(None), type(...))) and not isinstance(p, bool) for p in parts
    )


def _keeps_order(index):
    """Whether an index takes every entry in its order, and only puts in axes of length 1."""
    parts = index if type(index) is tuple else (index,)
    return all(p is None or p is Ellipsis or type(p) is slice and p.start is p.stop is p.step is None for p in parts)


@primitive
def add_at(x, values, index):
    """An array like `x` with `values` added at `index`."""
    recorder = next((a._trace for a in (x, values, *flatten(index)[0]) if type(a) in RECORDED), None)
    if recorder is not None:  # a line of its own, for NumPy has no such function
        return recorder.record(add_at, (x, values, index))
    y = np.array(x)
    Scatter(values, index).write(y)
    return y


@primitive
def scatter_add(values, index, shape):
    """An array of zeros with `values` added at `index`."""
    return Scatter(values, index).dense(shape, float_dtype(values))


def _getitem_transpose(g, shape, index):
    if _keeps_order(index):
        return np.reshape(g, shape)
    return Scatter(g, index)


class AddAt(Differentiable):
    """Linear in the array and in what is added to it."""

    def jvp(self, call, ans, args, kwargs, tangents):
        dx, d_values, _ = tangents
        dx = np.zeros_like(ans) if dx is None else dx
        return dx if d_values is None else call(dx, d_values, args[2])

    def residuals(self, ans, args, kwargs, argnums):
        return args[2]

    def vjp(self, g, index, argnums):
        return [g if k == 0 else entries(g, index) for k in argnums]


class Indexing(Linear):
    """Square brackets."""

    def jvp(self, call, ans, args, kwargs, tangents):
        return entries(tangents[0], args[1])


RULES[operator.getitem] = Indexing("getitem", _getitem_transpose)
linear(scatter_add, lambda g, shape, index, _: entries(g, index))
RULES[add_at] = AddAt("add_at")


# Functions that take entries: their transpose adds the adjoints into the places they were taken from.
def sources(function, shapes):
    """Where each entry of a result comes from, for a `function` that only moves and repeats entries.

    Carried out on the numbers 1, 2, ... of the entries of all its arguments, of
    these `shapes`, it returns just that; 0 stands for a zero of its own.
    """
    arguments, start = [], 1
    for shape in shapes:
        stop = start + math.prod(shape)
        arguments.append(np.reshape(np.arange(start, stop), shape))
        start = stop
    return function(*arguments)


def _moves(function):
    """Declare a function that moves and repeats the entries of its first argument, and may add zeros."""

    def transpose(g, shape, *rest, **kwargs):
        places = sources(lambda x: function(x, *rest, **kwargs), [shape])
        sums = scatter_add(np.ravel(g), np.ravel(places), (math.prod(shape) + 1,))
        return np.reshape(sums[1:], shape)  # what went to place 0 came from nowhere

    linear(function, transpose)


for _function in (
    *(np.diag, np.diagflat, np.diagonal),
    *(np.repeat, np.tile, np.resize, np.delete, np.lib.stride_tricks.sliding_window_view),
):
    _moves(_function)


# A mask is its own transpose.
linear(np.tril, lambda g, shape, k=0: np.tril(g, k))
linear(np.triu, lambda g, shape, k=0: np.triu(g, k))


def _pad(array, pad_width, mode="constant", **kwargs):
    """`np.pad` in the modes where it is linear in the array, or affine: with constants around it.

    The affine part has no derivative, so it is computed on plain values.
    """
    if mode == "constant":
        fill = kwargs.get("constant_values", 0)
        if is_traced(fill) or np.any(np.asarray(fill) != 0):
            # The linear part pads with zeros.
            inside = np.pad(np.ones(np.shape(array), bool), pad_width)
            border = np.pad(np.zeros(np.shape(array), array.dtype), pad_width, constant_values=_plain_fill(fill))
            return np.where(inside, _padded(array, pad_width), border)
    elif mode not in ("edge", "reflect", "symmetric", "wrap") or kwargs.get("reflect_type", "even") != "even":
        raise with_user_line(
            TracedValueError(
                f"numpy.pad with mode={mode!r} on a {describe(array)} has no rule; use one of the modes 'constant', "
                "'edge', 'reflect', 'symmetric' and 'wrap', or np.concatenate"
            )
        )
    return _padded(array, pad_width, mode, **{k: v for k, v in kwargs.items() if k != "constant_values"})


def _plain_fill(fill):
    if is_traced(fill):
        raise with_user_line(
            TracedValueError(f"numpy.pad with a {describe(fill)} as constant_values has no rule; use np.concatenate")
        )
    return fill


_padded = primitive(np.pad)
_moves(_padded)
composite(np.pad, _pad)


def _take(a, indices, axis=None, out=None, mode="raise"):
    if axis is None or np.ndim(a) == 0:  # NumPy lets the axis 0 or -1 of a number pass
        a, axis = np.ravel(a), 0
    axis = normal_axis(axis, np.ndim(a))
    indices = as_array(indices)
    if mode != "raise":  # NumPy brings them into range
        indices = np.take(np.arange(np.shape(a)[axis]), indices, mode=mode)
    return a[(slice(None),) * axis + (indices,)]


def _take_along_axis(arr, indices, axis=-1):
    if axis is None:
        arr, axis = np.ravel(arr), 0
    axis = normal_axis(axis, np.ndim(arr))
    grid = [
        np.reshape(np.arange(n), [-1 if i == k else 1 for i in range(np.ndim(arr))])
        for k, n in enumerate(np.shape(arr))
    ]
    grid[axis] = indices
    return arr[tuple(grid)]


def _compress(condition, a, axis=None, out=None):
    return np.take(a, np.nonzero(plain_value(condition))[0], axis)


composite(np.take, _take)
composite(np.take_along_axis, _take_along_axis)
composite(np.compress, _compress)
composite(
    np.extract,
    lambda condition, arr: entries(np.ravel(arr), np.nonzero(np.ravel(plain_value(condition)))[0]),
)
composite(
    np.trace,
    lambda a, offset=0, axis1=0, axis2=1, dtype=None, out=None: np.sum(
        np.diagonal(a, offset, axis1, axis2), axis=-1, dtype=dtype
    ),
)


# Choices by a plain index or condition.
def _choose(a, choices, out=None, mode="raise"):
    choices = [as_operand(c) for c in choices]
    number = np.choose(plain_value(a), np.arange(len(choices)), mode=mode)
    y = choices[0]
    for k, choice in enumerate(choices[1:], 1):
        y = np.where(number == k, choice, y)
    return np.broadcast_to(y, np.broadcast_shapes(np.shape(number), np.shape(y)))


def _select(condlist, choicelist, default=0):
    y = default
    for condition, choice in zip(reversed(condlist), reversed(choicelist)):
        y = np.where(plain_value(condition), choice, y)
    return y


def _piecewise(x, condlist, funclist, *args, **kw):
    """Each function on the entries where its condition is the last that holds, put back into their places.

    A function sees an array of those entries alone, as in NumPy, so it may not
    compute for the others what has no value there.  Where no condition holds
    stands a zero.
    """
    conditions = (np.stack if RECORDED & {*map(type, condlist)} else np.asarray)(condlist).astype(bool)
    if conditions.shape == np.shape(x):  # one condition, not in a list
        conditions = conditions[None]
    if len(funclist) == len(conditions) + 1:
        conditions = np.concatenate([conditions, ~np.any(conditions, axis=0, keepdims=True)])
    flat, size = np.ravel(x), np.size(x)
    parts, index, count = [np.zeros(1, x.dtype)], np.zeros(size, int), 1
    for condition, f in reversed(list(zip(np.reshape(conditions, (len(conditions), size)), funclist))):
        chosen = condition & (index == 0)
        places = np.nonzero(chosen)[0]
        part = as_operand(f(flat[places], *args, **kw) if callable(f) else f)
        parts.append(np.broadcast_to(part, places.shape).astype(x.dtype))
        index = np.where(chosen, count - 1 + np.cumsum(chosen), index)
        count += len(places)
    return np.reshape(entries(np.concatenate(parts), index), np.shape(x))


def _trim_zeros(filt, trim="fb", axis=None):
    filt = as_operand(filt)
    found = np.argwhere(plain_value(filt))
    axes = normal_axes(axis, np.ndim(filt))
    index = [slice(None)] * np.ndim(filt)
    for a in axes:
        if not len(found):  # nothing is left, whatever `trim` says
            index[a] = slice(0, 0)
            continue
        first, last = found[:, a].min(), found[:, a].max() + 1
        index[a] = slice(first if "f" in trim.lower() else None, last if "b" in trim.lower() else None)
    return filt[tuple(index)]


composite(np.trim_zeros, _trim_zeros)
composite(np.choose, _choose)
composite(np.select, _select)
composite(np.piecewise, _piecewise)


def _bincount(x, weights=None, minlength=0):
    size = len(np.bincount(plain_value(x), minlength=minlength))
    return scatter_add(weights.astype(float), as_array(x), (size,))


composite(np.bincount, _bincount)
