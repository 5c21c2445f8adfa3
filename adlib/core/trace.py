"""Traced values: how plain NumPy code tells adlib what it computes.

A transformation such as `grad` calls the user's function with *tracers* in
place of arrays.  A tracer carries a value, and NumPy hands every operation on
it back to us: operators through Python's own methods, ufuncs through
``__array_ufunc__`` (NEP 13), all other functions through ``__array_function__``
(NEP 18).  So the user's function needs nothing but NumPy.

Each transformation owns one *trace*, and a trace has a *level*: the next
number when it was created.  Inner transformations are created later, so their
level is higher.  Among the arguments of an operation the highest level handles
the call and sees every lower one as a constant.  That is all there is to
nesting, and the reason why derivatives of derivatives cannot be confused.
"""

import functools
import inspect
import itertools
import numbers
import operator
import sys

import numpy as np

from . import conversions
from .conversions import conversion_error, no_rule
from .errors import (
    ArgumentError,
    EscapedTracerError,
    TracedValueError,
    describe,
    with_user_line,
)

_levels = itertools.count(1)

FLOAT64 = np.dtype(float)
NO_KEYWORDS = {}


class Trace:
    """The record of one run of a function under one transformation.

    A subclass says in `process` what an operation means to it: forward mode
    computes a tangent, reverse mode appends to a Wengert list.
    """

    mode = "abstract"

    def __init__(self):
        self.level = next(_levels)
        self.closed = False

    def process(self, rule, call, args, kwargs):
        """Carry out ``call(*args, **kwargs)`` and record it by `rule`."""
        raise NotImplementedError

    def tracer(self, value, info):
        """Wrap a value of this trace; `info` is what the trace knows about it."""
        if type(value) is float or value.ndim == 0:
            return ScalarTracer(value, self, info)
        return ArrayTracer(value, self, info)

    def close(self):
        """End the recording: from here on a tracer of this trace has escaped."""
        self.closed = True

    def check_foreign(self, y):
        """Raise where the function should not have returned `y`, a traced value of another trace: when that has ended."""
        if y._trace.closed:
            raise y._trace.escaped()

    def escaped(self):
        return with_user_line(
            EscapedTracerError(
                "a traced value was used after the function it was made for had returned; "
                "return it from the function instead of storing it outside"
            )
        )


def apply(rule, call, args, kwargs):
    """Carry out one operation of the traced program.

    `call` computes it (``operator.mul``, ``np.sum``), `rule` differentiates it.
    Operators (`binary_operator`) and ufuncs of one operand make the same choice
    of a trace in place, for speed.
    """
    top = None
    for x in args:
        if type(x) in TRACERS:  # the classes of traced values, below
            trace = x._trace
            if top is None or trace.level > top.level:
                top = trace
    if top is None:
        return call(*args, **kwargs)
    return top.process(rule, call, args, kwargs)


def is_traced(x):
    """True for a tracer of any level."""
    return type(x) in TRACERS


def is_differentiated(x):
    """True for a tracer of a mode of differentiation, and not for the recorded value of a program."""
    return type(x) in DIFFERENTIATED


def plain_value(x):
    """Return the plain value under all levels of differentiation.

    A recorded value of a program counts as plain: what is computed of it goes
    into the program too, masks and orders included.
    """
    while type(x) in DIFFERENTIATED:
        x = x._value
    return x


def note_own_rule(x, name):
    """Tell the program that `x` is recorded in of a function whose derivative its lines do not show."""
    if type(x) in RECORDED:
        x._trace.own_rule = name


def recorder_of(values):
    """The trace of the program that one of the values is recorded in, under all levels of differentiation, or None."""
    if TRACERS.isdisjoint(map(type, values)):
        return None
    return next((x._trace for x in map(plain_value, values) if type(x) in RECORDED), None)


def shape_and_dtype(value):
    """Shape and dtype of a result, which must be a float or a plain array of floats."""
    kind = type(value)
    while kind in TRACERS:
        value = value._value
        kind = type(value)
    if kind is float:
        return (), FLOAT64
    if kind in _FLOATS:
        dtype = value.dtype
        if dtype.kind == "f":
            return value.shape, dtype
    raise with_user_line(_not_real(value))


def can_vary(y):
    """Whether one of several results has a derivative: what is no float, a rank or an exponent, is a constant."""
    return type(y) is float or getattr(y, "dtype", None) is not None and y.dtype.kind == "f"


def _not_real(value):
    dtype = getattr(value, "dtype", None)
    if type(value) is complex or dtype is not None and dtype.kind == "c":
        return TracedValueError(
            f"an operation on a traced value gave a result of dtype {dtype or 'complex'}; adlib "
            "differentiates real functions only: pass real and imaginary parts separately"
        )
    plain = dtype is not None and type(value) in (np.ndarray, dtype.type)
    return TracedValueError(
        f"an operation on a traced value gave a result of type {dtype if plain else type(value).__name__}, "
        "but only floats and plain float arrays have derivatives; "
        "make the other operands plain float arrays, np.asarray(a, dtype=float), and leave out dtype="
    )


def project(adjoint, shape, dtype):
    """Bring an adjoint to the shape and dtype of the value it belongs to.

    Broadcasting copies a value, so its transpose sums: over axes that were
    added in front and over axes of length 1.  Rules leave that to this place.
    """
    plain = type(adjoint) not in TRACERS
    if type(adjoint) is float:
        if not shape:
            return adjoint if dtype is FLOAT64 else dtype.type(adjoint)
    elif plain and not isinstance(adjoint, (np.ndarray, np.generic)):
        adjoint = np.asarray(adjoint)  # a rule may give whole numbers and lists
    elif adjoint.shape == shape and adjoint.dtype is dtype:
        return adjoint
    given = np.shape(adjoint)
    if given != shape:
        extra = len(given) - len(shape)
        if extra < 0 or any(s not in (1, n) for s, n in zip(shape, given[extra:])):
            raise ArgumentError(
                f"a derivative rule returned a cotangent of shape {given} "
                f"for an argument of shape {shape}; the two must be equal or broadcast"
            )
        axes = tuple(range(extra)) + tuple(extra + i for i, s in enumerate(shape) if s == 1 and given[extra + i] != 1)
        adjoint = np.add.reduce(adjoint, axes) if plain else np.sum(adjoint, axes)
        if np.shape(adjoint) != shape:
            adjoint = np.reshape(adjoint, shape)
    if adjoint.dtype != dtype:
        adjoint = adjoint.astype(dtype)
    return adjoint


# From a function, or a pair of a ufunc and the name of its method, to its rule.  What a rule is asked for is in
# `families`; the table itself is filled by `adlib.rules`.
RULES = {}


_set_class = vars(object)["__class__"].__set__  # past the property of `Tracer`


def _refused_conversion(kind, instead):
    def convert(self, *args, **kwargs):
        error, stores = conversion_error(self, kind, instead)
        if stores and self.size == 1:
            _set_class(self, StoredTracer)
        raise error

    return convert


class Tracer:
    """A value inside a function that is being differentiated.

    Not an `ndarray`, but it takes NumPy's functions, operators and the usual
    methods.  A way of turning it into a plain number or array raises, unless
    the derivative of that is zero anyway: what cannot be differentiated must not
    pass for a constant.
    """

    _noun, _loss, _need = "traced value", "would lose its derivative", "that a derivative of a {} may need"
    # The value one level below; the trace; and what the trace knows of the value: in forward mode its tangent, in reverse
    # mode its position in the list.
    __slots__ = ("_value", "_trace", "_info")

    def __init__(self, value, trace, info):
        self._value = value
        self._trace = trace
        self._info = info

    # What a program may ask about the value without losing its derivative.
    @property
    def __class__(self):
        """So that `isinstance`, and with it a branch, answers as for the plain value; adlib itself asks `type`."""
        return self._value.__class__

    @property
    def shape(self):
        return np.shape(self._value) if type(self._value) is float else self._value.shape

    @property
    def dtype(self):
        return np.dtype(float) if type(self._value) is float else self._value.dtype

    @property
    def ndim(self):
        return 0 if type(self._value) is float else self._value.ndim

    @property
    def size(self):
        return 1 if type(self._value) is float else self._value.size

    @property
    def T(self):
        return np.transpose(self)

    def __repr__(self):
        return f"Traced({plain_value(self)!r}, {self._trace.mode}, level {self._trace.level})"

    def __format__(self, spec):
        return format(plain_value(self), spec)

    # NumPy's two protocols.
    def __array_ufunc__(self, ufunc, method, *args, **kwargs):
        if len(args) == 1 and not kwargs and method == "__call__" and ufunc in RULES:
            rule = RULES[ufunc]
            if rule.needs_no_binding:  # `apply` for one operand, which is ours
                return self._trace.process(rule, ufunc, args, NO_KEYWORDS)
            return rule.bind(ufunc, args, NO_KEYWORDS)
        if not only_ours(args):
            return NotImplemented
        name = ufunc.__name__
        if getattr(np, name, None) is ufunc:
            name = f"numpy.{name}"
        if "out" in kwargs:
            raise conversions.in_place(conversions.writing(ufunc, name), self)
        if method == "at":
            raise conversions.in_place(f"{name}.at", self)
        if method != "__call__":
            rule = RULES.get((ufunc, method))
            if rule is None:
                raise no_rule(f"{name}.{method}", self)
            return rule.bind(getattr(ufunc, method), args, kwargs)
        rule = RULES.get(ufunc)
        if rule is None:
            raise no_rule(name, self)
        if kwargs:
            raise with_user_line(
                TracedValueError(
                    f"the keyword {next(iter(kwargs))!r} of {name} is not supported on a "
                    f"{describe(self)}; leave it out, or use np.where or astype"
                )
            )
        return rule.bind(ufunc, [as_operand(x) for x in args], kwargs)

    def __array_function__(self, function, types, args, kwargs):
        if not all(issubclass(t, (Tracer, np.ndarray)) for t in types):
            return NotImplemented
        rule = RULES.get(function)
        if rule is None and function.__module__ == "numpy":
            # The forms with like= are functions of their own, under the same names.
            rule = RULES.get(getattr(np, function.__name__, None))
        if rule is None:
            raise no_rule(f"{function.__module__}.{function.__name__}", self)
        if has_out(function, args, kwargs):
            raise conversions.in_place(f"numpy.{function.__name__} with out=", self)
        return rule.bind(function, args, kwargs)

    # Conversions that would drop the derivative.
    __array__ = _refused_conversion("turning into a plain array of", conversions.BUILD)
    __float__ = _refused_conversion("float() of", conversions.MATH)
    __int__ = _refused_conversion("int() of", conversions.ROUND)
    __trunc__ = _refused_conversion("math.trunc() of", conversions.ROUND)
    __index__ = _refused_conversion("indexing or counting with the value of", conversions.COUNT)
    __complex__ = _refused_conversion("complex() of", conversions.REAL)
    __reduce_ex__ = _refused_conversion("pickling of", conversions.PICKLE)
    __hash__ = _refused_conversion("hash() of", conversions.HASH)

    @property
    def __jax_array__(self):
        raise conversions.by_jax(self)

    def item(self, *index):
        raise conversions.lost("item() of", self, conversions.LEAVE_OUT)

    def tolist(self):
        raise conversions.lost("tolist() of", self, conversions.LEAVE_OUT)

    def __getattr__(self, name):
        if name.startswith("__"):  # Python and NumPy ask for these in passing
            raise AttributeError(name)
        raise conversions.no_attribute(self, name)

    # What does not vary where it is defined: branches follow the value, and so does rounding.
    def __bool__(self):
        return bool(plain_value(self))

    def __round__(self, ndigits=None):
        return round(plain_value(self), ndigits)

    def __divmod__(self, other):
        return self // other, self % other

    def __rdivmod__(self, other):
        return other // self, other % self

    def __setitem__(self, index, value):
        raise conversions.in_place("x[...] = value", self)

    # A tracer never changes, so it is its own copy.
    def __copy__(self):
        return self

    def __deepcopy__(self, memo):
        return self


def as_operand(x):
    """An operand as NumPy reads it: a list or tuple of numbers is an array."""
    if type(x) not in (list, tuple):
        return x
    try:
        return np.asarray(x)
    except ValueError:
        raise with_user_line(
            ArgumentError(
                f"a {type(x).__name__} with rows of different lengths is no array; make the rows equally long"
            )
        ) from None


def as_array(x):
    """A number or a list as an array; a traced value is one as it is."""
    return x if type(x) in TRACERS else np.asarray(x)


def only_ours(args):
    """Whether every argument is of a kind we may speak for (else NumPy asks the others)."""
    for x in args:
        if type(x) not in TRACERS and not isinstance(x, np.ndarray):
            theirs = getattr(type(x), "__array_ufunc__", np.ndarray.__array_ufunc__)
            if theirs is not np.ndarray.__array_ufunc__ and not isinstance(x, np.generic):
                return False
    return True


def _indexing(call):
    """The method of ``x[index]``, which `call` carries out."""

    def method(self, index):
        if type(index) is list:
            index = _read(index)
        elif type(index) is tuple:
            index = tuple([_read(i) for i in index])
        elif type(index) in DIFFERENTIATED:
            operator.index(index)  # says why not
        return RULES[operator.getitem].bind(call, (self, index), NO_KEYWORDS)

    return method


def item(x, index):
    """``x[index]`` for an array or a number: a Python float takes the indices of NumPy's."""
    return (np.float64(x) if type(x) in (float, int) else x)[index]


class ScalarTracer(Tracer):
    """A traced number.  It has no length and no entries, so that NumPy never takes it apart."""

    __slots__ = ()
    __getitem__ = _indexing(item)
    __iter__ = None


class ArrayTracer(Tracer):
    """A traced array of one or more dimensions."""

    __slots__ = ()
    __getitem__ = _indexing(operator.getitem)

    def __len__(self):
        return self.shape[0]

    def __iter__(self):
        return (self[i] for i in range(self.shape[0]))


class StoredTracer(Tracer):
    """A traced value that a program tried to store as an entry of a plain array.

    NumPy takes whatever has entries of its own for a sequence, and would say so
    in place of our words.
    """

    __slots__ = ()


def _read(index):
    """An index as NumPy reads it: a list is an array."""
    return np.array(index, dtype=None if index else np.intp) if type(index) is list else index


class RecordedScalar(Tracer):
    """A number in a program that is being recorded; its methods are in `program.values`."""

    __slots__ = ()
    __iter__ = None

    @property
    def __class__(self):
        """An array of shape () would answer otherwise than a number, which matters where it is not adlib that asks."""
        frame = sys._getframe(1)
        while frame.f_globals.get("__name__") == __name__:  # a level of differentiation hands the question on
            frame = frame.f_back
        self._trace.asked_class |= not frame.f_globals.get("__name__", "").startswith("adlib.")
        return self._value.__class__

    _noun = "recorded value"
    _loss = "would freeze its value in the program"
    _need = "beside a {}, which a program does not"


class RecordedArray(Tracer):
    """An array in a program that is being recorded."""

    __slots__ = ()
    _noun, _loss, _need = RecordedScalar._noun, RecordedScalar._loss, RecordedScalar._need
    __len__ = ArrayTracer.__len__
    __iter__ = ArrayTracer.__iter__


DIFFERENTIATED = frozenset({ScalarTracer, ArrayTracer, StoredTracer})
RECORDED = frozenset({RecordedScalar, RecordedArray})
TRACERS = DIFFERENTIATED | RECORDED
for _kind in (ScalarTracer, RecordedScalar):
    numbers.Real.register(_kind)  # so that np.isscalar and its kind answer as for the number itself
_FLOATS = TRACERS | {np.ndarray, np.float64, np.float32, np.float16, np.longdouble}


def has_out(function, args, kwargs):
    """Whether a call names an array to write into."""
    at = _out_position(function)
    return kwargs.get("out") is not None or at is not None and len(args) > at and args[at] is not None


@functools.cache
def _out_position(function):
    """Where `out` stands among the positional arguments, or None."""
    try:
        names = [p.name for p in inspect.signature(function).parameters.values() if p.kind is not p.KEYWORD_ONLY]
    except ValueError:  # written in C, without a signature
        return 2 if function in (np.dot, np.concatenate) else None
    return names.index("out") if "out" in names else None
