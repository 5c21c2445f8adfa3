"""The methods of recorded values: what a program may do with them, and what becomes a check or is refused."""

import operator

import numpy as np

from ..core import conversions
from ..core.errors import TracedValueError, with_user_line
from ..core.trace import (
    DIFFERENTIATED,
    RECORDED,
    RULES,
    RecordedScalar,
    as_operand,
    has_out,
    only_ours,
)
from .known import INFIX, OPERATORS, PREFIX, written
from .lines import astype

# Functions of shapes and dtypes alone: their results are constants of the program.
_OF_SHAPES = frozenset(
    {np.shape, np.ndim, np.size, np.result_type, np.zeros_like, np.ones_like, np.empty_like}
    | {np.diag_indices_from, np.tril_indices_from, np.triu_indices_from}
    | {np.iscomplexobj, np.isrealobj, np.can_cast, np.common_type}
)
# Functions that call others, which are recorded as they run.
_OF_FUNCTIONS = frozenset({np.piecewise, np.apply_along_axis, np.apply_over_axes})
_SAME = frozenset({np.copy})
_WRITING = frozenset({np.copyto, np.put, np.putmask, np.place, np.put_along_axis, np.fill_diagonal})


def _ufunc(self, ufunc, method, *args, **kwargs):
    if not DIFFERENTIATED.isdisjoint(map(type, args)) or not only_ours(args):
        return NotImplemented
    name = written(ufunc)
    if "out" in kwargs or method == "at":
        raise conversions.in_place(conversions.writing(ufunc, name or ufunc.__name__), self)
    if name is None:
        raise _not_numpy(ufunc.__name__)
    call = ufunc if method == "__call__" else getattr(ufunc, method)
    if not kwargs:
        call = OPERATORS.get(call, call)
    return self._trace.record(call, [as_operand(x) for x in args], kwargs)


def _function(self, function, types, args, kwargs):
    if not DIFFERENTIATED.isdisjoint(types):
        return NotImplemented
    if function in _OF_FUNCTIONS:
        return RULES[function].code(*args, **kwargs)
    if function in _OF_SHAPES:
        return function(*map(_held, args[:1]), *map(_setting, args[1:]), **{k: _setting(x) for k, x in kwargs.items()})
    if function in _SAME:
        return args[0] if args else kwargs["a"]
    if (
        function in _WRITING
        or has_out(function, args, kwargs)
        or kwargs.get("copy") is False
        and function is np.nan_to_num
    ):
        raise conversions.in_place(f"numpy.{function.__name__}", self)
    kwargs.pop("out", None)
    if written(function) is None:
        raise _not_numpy(f"{function.__module__}.{function.__name__}")
    return self._trace.record(function, args, kwargs)


def _held(x):
    return x._value if type(x) in RECORDED else x


def _setting(x):
    """A recorded axis, or number of a diagonal, is checked."""
    if type(x) is RecordedScalar and x.dtype.kind in "iu":
        operator.index(x)
    return _held(x)


def _not_numpy(name):
    return with_user_line(
        TracedValueError(f"{name} is not NumPy and cannot be written down; write it with NumPy's functions")
    )


def _binary(call):
    def method(self, other):
        if type(other) in DIFFERENTIATED or not only_ours((other,)):
            return NotImplemented
        return self._trace.record(call, (self, as_operand(other)))

    return method


def _reflected(call):
    def method(self, other):
        return self._trace.record(call, (as_operand(other), self))

    return method


def _unary(call):
    return lambda self: self._trace.record(call, (self,))


def _checked(kind, convert):
    """A conversion whose result the program has to find again."""

    def method(self):
        return self._trace.check_value(self, kind, convert(self._value))

    return method


def _round(self, ndigits=None):
    if ndigits is None:
        return _checked("round", round)(self)
    if type(self) is RecordedScalar and self._trace.python_floats:  # which are rounded by their decimals
        raise conversions.lost("round(x, digits) of", self, "write np.round(x, digits)")
    return np.round(self, ndigits)


def _item(self, index):
    if not DIFFERENTIATED.isdisjoint(map(type, index if type(index) is tuple else (index,))):
        raise TypeError("an index cannot be differentiated")
    if type(index) is list:
        index = as_operand(index)
    return self._trace.record(operator.getitem, (self, index))


def _part(function):
    """The property of ``x.real`` or ``x.imag``."""
    return property(lambda self: self if function is np.real and self.dtype.kind != "c" else function(self))


def _assignment(symbol):
    """The method of ``x += y``: a number is bound again, an array would be written into, under all its names."""

    def method(self, other):
        if type(self._value) is np.ndarray:
            raise conversions.in_place(f"{symbol}= on an array", self)
        return NotImplemented

    return method


def _no_text(kind):
    def method(self, *spec):
        raise conversions.lost(kind, self, "leave it out, and print what the program returns")

    return method


def _repr(self):
    return f"Recorded(shape {self.shape}, {self.dtype})"


def _astype(self, dtype, order="K", casting="unsafe", subok=True, copy=True):
    return self._trace.record(astype, (self, np.dtype(dtype)))


for _kind in RECORDED:
    _kind.__array_ufunc__ = _ufunc
    _kind.__array_function__ = _function
    _kind.__getitem__ = _item
    _kind.astype = _astype
    _kind.real, _kind.imag = _part(np.real), _part(np.imag)
    for _call in INFIX:
        _name = _call.__name__.strip("_")
        setattr(_kind, f"__{_name}__", _binary(_call))
        if _name not in ("lt", "le", "eq", "ne", "gt", "ge"):
            setattr(_kind, f"__r{_name}__", _reflected(_call))
            setattr(_kind, f"__i{_name}__", _assignment(INFIX[_call]))
    for _call in PREFIX:
        setattr(_kind, f"__{_call.__name__.strip('_')}__", _unary(_call))
    _kind.__repr__, _kind.__str__, _kind.__format__ = _repr, _no_text("str() of"), _no_text("formatting of")
    _kind.__abs__ = _unary(operator.abs)
    _kind.__bool__ = _checked("bool", bool)
    _kind.__int__ = _kind.__trunc__ = _checked("int", int)
    _kind.__index__ = _checked("int", operator.index)
    _kind.__round__ = _round
