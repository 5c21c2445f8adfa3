"""Python's operators and the methods of arrays, given to traced values once their rules are there."""

import operator

import numpy as np

from ..core.operators import (
    assignment_operator,
    binary_operator,
    comparison,
    reflected_operator,
    unary_operator,
)
from ..core.trace import RULES, Tracer, as_array, plain_value
from . import arithmetic, constants, products  # noqa: F401  (the rules of the operators)
from .shapes import astype, t


def _of_numpy(name):
    """The method ``x.sum()`` for the function ``np.sum(x)``."""
    function = getattr(np, name)

    def method(self, *args, **kwargs):
        return function(self, *args, **kwargs)

    method.__name__ = method.__qualname__ = name
    method.__doc__ = f"``np.{name}`` of the traced value."
    return method


# Methods that take their arguments in another way than the function of the same name.
def _reshape(self, *shape, order="C", copy=None):
    if not shape:
        raise TypeError("reshape() takes exactly 1 argument (0 given)")
    return np.reshape(self, shape[0] if len(shape) == 1 else shape, order)


def _flatten(self, order="C"):
    return np.ravel(self, order)


def _transpose(self, *axes):
    return np.transpose(self, (axes[0] if len(axes) == 1 else axes) or None)


def _dot(self, b, out=None):
    return np.dot(self, b, out)


def _swapaxes(self, axis1, axis2):
    return np.swapaxes(self, axis1, axis2)


def _copy(self, order="C"):
    return self


def _astype(self, dtype, order="K", casting="unsafe", subok=True, copy=True):
    if np.dtype(dtype).kind in "iub":  # integers do not vary with x
        return as_array(plain_value(self)).astype(dtype)[()]
    return astype(self, dtype)


for _name, _symbol, _call, _ufunc in (
    ("add", "+", operator.add, np.add),
    ("sub", "-", operator.sub, np.subtract),
    ("mul", "*", operator.mul, np.multiply),
    ("truediv", "/", operator.truediv, np.divide),
    ("floordiv", "//", operator.floordiv, np.floor_divide),
    ("mod", "%", operator.mod, np.remainder),
    ("pow", "**", operator.pow, np.power),
    ("matmul", "@", operator.matmul, np.matmul),
):
    setattr(Tracer, f"__{_name}__", binary_operator(_call, RULES[_ufunc]))
    setattr(Tracer, f"__r{_name}__", reflected_operator(_call, RULES[_ufunc]))
    setattr(Tracer, f"__i{_name}__", assignment_operator(_symbol))

Tracer.__neg__ = unary_operator(operator.neg, RULES[np.negative])
Tracer.__pos__ = unary_operator(operator.pos, RULES[np.positive])
Tracer.__abs__ = unary_operator(operator.abs, RULES[np.absolute])

for _name in ("lt", "le", "eq", "ne", "gt", "ge"):
    setattr(Tracer, f"__{_name}__", comparison(getattr(operator, _name)))

# Methods that take their arguments in the order of the function.
METHODS = (
    *("sum", "mean", "ravel", "squeeze"),
    *("max", "min", "prod", "std", "var", "cumsum", "cumprod", "clip", "round", "conj", "conjugate"),
    *("trace", "diagonal", "repeat", "take", "argmax", "argmin", "argsort", "all", "any", "nonzero", "searchsorted"),
)
for _name in METHODS:
    setattr(Tracer, _name, _of_numpy(_name))
for _method in (_reshape, _flatten, _transpose, _dot, _swapaxes, _copy, _astype):
    _method.__name__ = _method.__qualname__ = _method.__name__[1:]  # as Python's errors call it
    setattr(Tracer, _method.__name__, _method)
Tracer.real = property(lambda self: self)
Tracer.imag = property(lambda self: np.zeros_like(self))
Tracer.mT = property(t)
