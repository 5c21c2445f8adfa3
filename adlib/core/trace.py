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

import numpy as np

from .errors import ArgumentError, EscapedTracerError, TracedAttributeError, TracedValueError, describe, located
from .tree import flatten

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

    def escaped(self):
        return located(
            EscapedTracerError(
                "a traced value was used after the function it was made for had returned; "
                "return it from the function instead of storing it outside"
            )
        )


def apply(rule, call, args, kwargs):
    """Carry out one operation of the traced program.

    `call` computes it (``operator.mul``, ``np.sum``), `rule` differentiates it.
    """
    top = None
    for x in args:
        if type(x) in TRACERS:
            trace = x._trace
            if top is None or trace.level > top.level:
                top = trace
    if top is None:
        return call(*args, **kwargs)
    return top.process(rule, call, args, kwargs)


def is_traced(x):
    """True for a tracer of any level."""
    return type(x) in TRACERS


def strip(x):
    """Return the plain value under all levels of tracing."""
    while type(x) in TRACERS:
        x = x._value
    return x


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
    raise located(_not_real(value))


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


def output_leaves(out, trace):
    """The leaves of what the function of `trace` returned, and their structure.

    Refused are containers that `flatten` does not look into, where a traced
    value would pass for a constant, and traced values of a function that has
    returned before.
    """
    leaves, structure = flatten(out)
    for y in leaves:
        if type(y) in TRACERS:
            if y._trace is not trace and y._trace.closed:
                raise y._trace.escaped()
        elif not isinstance(y, (float, int, complex, np.ndarray, np.generic)) or np.result_type(y).kind in "OVUS":
            raise ArgumentError(
                f"a function to be differentiated returns numbers, arrays, or tuples, lists and dicts of them, "
                f"but it returned a {type(y).__name__}; return the arrays themselves"
            )
    return leaves, structure


# What a rule is asked for is in `families`; the table itself is filled by `adlib.rules`.
RULES = {}


def no_rule(name, x):
    return located(
        TracedValueError(
            f"adlib has no derivative rule for {name}, called on a {describe(x)}; "
            "rewrite it with supported functions, or declare it with adlib.primitive"
        )
    )


def _refused_conversion(name, instead):
    def convert(self, *args, **kwargs):
        raise located(TracedValueError(f"{name} of a {describe(self)} would lose its derivative; {instead}"))

    return convert


_BUILD = (
    "build arrays from traced values with np.stack or np.concatenate, "
    "and call NumPy functions on the traced value itself"
)
_PICKLE = "differentiate inside the other process, and send plain arrays"
_MATH = "use NumPy's function in place of math's (np.sin, not math.sin)"


class Tracer:
    """A value inside a function that is being differentiated.

    Not an `ndarray`, but it takes NumPy's functions, operators and the usual
    methods.  Every way of turning it into a plain number or array raises:
    what cannot be differentiated must not pass for a constant.
    """

    __slots__ = ("_value", "_trace", "_info")

    def __init__(self, value, trace, info):
        self._value = value
        self._trace = trace
        self._info = info

    # What NumPy may ask about the value without losing its derivative.
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
        return f"Traced({strip(self)!r}, {self._trace.mode}, level {self._trace.level})"

    def __format__(self, spec):
        return format(strip(self), spec)

    # NumPy's two protocols.
    def __array_ufunc__(self, ufunc, method, *args, **kwargs):
        if len(args) == 1 and not kwargs and method == "__call__" and ufunc in RULES:
            rule = RULES[ufunc]
            if rule.needs_no_binding:
                return self._trace.process(rule, ufunc, args, NO_KEYWORDS)
            return rule.bind(ufunc, args, NO_KEYWORDS)
        if not only_ours(args):
            return NotImplemented
        name = ufunc.__name__
        if getattr(np, name, None) is ufunc:
            name = f"numpy.{name}"
        if "out" in kwargs:
            raise in_place(f"{name} with out=", self)
        if method == "at":
            raise in_place(f"{name}.at", self)
        if method != "__call__":
            rule = RULES.get((ufunc, method))
            if rule is None:
                raise no_rule(f"{name}.{method}", self)
            return rule.bind(getattr(ufunc, method), args, kwargs)
        rule = RULES.get(ufunc)
        if rule is None:
            raise no_rule(name, self)
        if kwargs:
            raise located(
                TracedValueError(
                    f"the keyword {next(iter(kwargs))!r} of {name} is not supported on a "
                    f"{describe(self)}; leave it out, or use np.where or astype"
                )
            )
        return rule.bind(ufunc, [operand(x) for x in args], kwargs)

    def __array_function__(self, function, types, args, kwargs):
        if not all(issubclass(t, (Tracer, np.ndarray)) for t in types):
            return NotImplemented
        rule = RULES.get(function)
        if rule is None and function.__module__ == "numpy":
            # The forms with like= are functions of their own, under the same names.
            rule = RULES.get(getattr(np, function.__name__, None))
        if rule is None:
            raise no_rule(f"{function.__module__}.{function.__name__}", self)
        position = _out_position(function)
        if kwargs.get("out") is not None or (
            position is not None and len(args) > position and args[position] is not None
        ):
            raise in_place(f"numpy.{function.__name__} with out=", self)
        return rule.bind(function, args, kwargs)

    # Conversions that would drop the derivative.
    __array__ = _refused_conversion("turning into a plain array", _BUILD)
    __float__ = _refused_conversion("float()", _MATH)
    __int__ = _refused_conversion("int()", "round with np.round, or use a plain number")
    __index__ = _refused_conversion("indexing or counting with the value", "use an integer")
    __complex__ = _refused_conversion("complex()", "only real values are differentiated")
    __reduce_ex__ = _refused_conversion("pickling", _PICKLE)

    def item(self):
        raise located(
            TracedValueError(
                f"item() of a {describe(self)} would lose its derivative; "
                "leave it out: traced scalars take part in arithmetic as they are"
            )
        )

    def __getattr__(self, name):
        if name.startswith("__"):  # Python and NumPy ask for these in passing
            raise AttributeError(name)
        instead = f"np.{name}(x)" if hasattr(np, name) else "a NumPy function"
        raise located(
            TracedAttributeError(f"a {describe(self)} has no attribute or method {name!r}; use {instead} instead")
        )

    # Branches follow the value; their choice has no derivative.
    def __bool__(self):
        return bool(strip(self))

    def __round__(self, ndigits=None):
        return round(strip(self), ndigits)

    def __divmod__(self, other):
        return self // other, self % other

    def __rdivmod__(self, other):
        return other // self, other % self

    # A tracer never changes, so it is its own copy.
    def __copy__(self):
        return self

    def __deepcopy__(self, memo):
        return self

    __hash__ = object.__hash__

    # Methods that take their arguments in another way than the NumPy function of the same name; the others, and
    # Python's operators, are given to this class by `rules.operators`.
    def reshape(self, *shape, order="C", copy=None):
        return np.reshape(self, shape[0] if len(shape) == 1 else shape, order)

    def flatten(self, order="C"):
        return np.ravel(self, order)

    def transpose(self, *axes):
        return np.transpose(self, (axes[0] if len(axes) == 1 else axes) or None)

    def dot(self, b, out=None):
        return np.dot(self, b, out)

    def swapaxes(self, axis1, axis2):
        return np.swapaxes(self, axis1, axis2)

    def copy(self, order="C"):
        return self

def in_place(what, x):
    return located(
        TracedValueError(
            f"{what} would write into an array that a derivative of a {describe(x)} may need; "
            "make a new value instead: y = y + x, np.where, np.stack or np.concatenate"
        )
    )


def operand(x):
    """An operand as NumPy reads it: a list or tuple of numbers is an array."""
    return np.asarray(x) if type(x) in (list, tuple) else x


def only_ours(args):
    """Whether every argument is of a kind we may speak for (else NumPy asks the others)."""
    for x in args:
        if type(x) not in TRACERS and not isinstance(x, np.ndarray):
            theirs = getattr(type(x), "__array_ufunc__", np.ndarray.__array_ufunc__)
            if theirs is not np.ndarray.__array_ufunc__ and not isinstance(x, np.generic):
                return False
    return True


class ScalarTracer(Tracer):
    """A traced number.  It has no sequence methods, so that NumPy never takes it apart."""

    __slots__ = ()


class ArrayTracer(Tracer):
    """A traced array of one or more dimensions."""

    __slots__ = ()

    def __len__(self):
        return self.shape[0]

    def __iter__(self):
        return (self[i] for i in range(self.shape[0]))

    def __getitem__(self, index):
        if type(index) is list:
            index = _frozen(index)
        elif type(index) is tuple:
            index = tuple([_frozen(i) for i in index])
        elif type(index) in TRACERS:
            operator.index(index)  # says why not
        return RULES[operator.getitem].bind(operator.getitem, (self, index), NO_KEYWORDS)

    def __setitem__(self, index, value):
        raise in_place("x[...] = value", self)


def _frozen(index):
    """A copy of an index, which the caller may go on to change."""
    if type(index) is list:
        return np.array(index, dtype=None if index else np.intp)
    return index.copy() if type(index) is np.ndarray else index


TRACERS = frozenset({ScalarTracer, ArrayTracer})
numbers.Real.register(ScalarTracer)  # so that np.isscalar and its kind answer as for the number itself
_FLOATS = TRACERS | {np.ndarray, np.float64, np.float32, np.float16, np.longdouble}


@functools.cache
def _out_position(function):
    """Where `out` stands among the positional arguments, or None."""
    try:
        names = [p.name for p in inspect.signature(function).parameters.values() if p.kind is not p.KEYWORD_ONLY]
    except ValueError:  # written in C, without a signature
        return 2 if function in (np.dot, np.concatenate) else None
    return names.index("out") if "out" in names else None
