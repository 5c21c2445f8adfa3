"""New arrays out of traced numbers: grids between traced ends, and arrays with like=."""

import numpy as np

from ..core.declare import composite
from ..core.trace import is_traced, plain_value
from ..core.tree import flatten
from .equivalent import equivalent


# Evenly spaced points, between ends that may be traced.
def _linspace(start, stop, num=50, endpoint=True, retstep=False, dtype=None, axis=0):
    count = num - 1 if endpoint else num
    start, stop = np.add(start, 0.0), np.add(stop, 0.0)
    step = (stop - start) / count if count > 0 else np.nan * (stop - start)
    k = np.reshape(np.arange(num, dtype=float), (num,) + (1,) * np.ndim(step))
    shift = k * step if count > 0 else k * (stop - start)
    y = np.moveaxis(start + shift, 0, axis)
    return (y, step) if retstep else y


def _logspace(start, stop, num=50, endpoint=True, base=10.0, dtype=None, axis=0):
    base = base if np.ndim(base) == 0 else np.expand_dims(base, axis)
    return np.power(base, _linspace(start, stop, num, endpoint, axis=axis))


def _geomspace(start, stop, num=50, endpoint=True, dtype=None, axis=0):
    sign = np.sign(start)
    logs = _linspace(np.log(np.abs(start)), np.log(np.abs(stop)), num, endpoint, axis=axis)
    return sign * np.exp(logs) if np.ndim(sign) == 0 else np.expand_dims(sign, axis) * np.exp(logs)


equivalent(np.linspace, _linspace)
equivalent(np.logspace, _logspace)
equivalent(np.geomspace, _geomspace)


def _full_like(a, fill_value, dtype=None, order="K", subok=True, shape=None):
    shape = np.shape(a) if shape is None else shape
    y = np.broadcast_to(fill_value, shape)
    return y.astype(np.result_type(plain_value(a)) if dtype is None else dtype)


def _full(shape, fill_value, dtype=None, order="C"):
    y = np.broadcast_to(fill_value, shape)
    return y if dtype is None else y.astype(dtype)


composite(np.full_like, _full_like)
composite(np.full, _full)


# Building an array out of traced values, with like=.
def _array(object, dtype=None, *, copy=True, order="K", subok=False, ndmin=0, ndmax=0):
    y = _stacked(object)
    y = np.reshape(y, (1,) * (ndmin - np.ndim(y)) + np.shape(y)) if np.ndim(y) < ndmin else y
    return y if dtype is None or not is_traced(y) else y.astype(dtype)


def _stacked(x):
    if isinstance(x, (list, tuple)) and any(is_traced(leaf) for leaf in flatten(x)[0]):
        return np.stack([_stacked(item) for item in x])
    return x if is_traced(x) else np.asarray(x)


composite(np.array, _array)
for _function in (np.asarray, np.asanyarray):
    composite(_function, lambda a, dtype=None, order=None, *, device=None, copy=None: _array(a, dtype))
for _function in (np.ascontiguousarray, np.asfortranarray):
    composite(_function, lambda a, dtype=None: _array(a, dtype, ndmin=1))
composite(np.require, lambda a, dtype=None, requirements=None: _array(a, dtype))
