"""What cannot be done with a traced value, plain numbers made of it and arrays written into, and what to write instead."""

import operator

import numpy as np

from .errors import AdlibError, TracedAttributeError, TracedValueError, attempted, describe, with_user_line

BUILD = (
    "build arrays from traced values with np.stack or np.concatenate, "
    "and call NumPy functions on the traced value itself"
)
PICKLE = "differentiate inside the other process, and send plain arrays"
MATH = "use NumPy's function in place of math's (np.sin, not math.sin)"
ROUND = "round with np.floor or np.round, or count with int(adlib.stop_gradient(x))"
COUNT = "use an integer, or int(adlib.stop_gradient(x))"
TABLE = "let the array that is indexed be an argument of the function, or take its entries with np.take_along_axis"
HASH = "a dict, a set or a cache would take it for the plain number: look up adlib.stop_gradient(x), or choose with np.where"
REAL = "only real values are differentiated"

LIBRARY = "write it with NumPy's functions, or declare it and its derivative with adlib.primitive"
LEAVE_OUT = "leave it out: traced numbers take part in arithmetic as they are"
_FORMAT = 'write it as f"{x}"'
_STACK = "write np.stack([x0, x1]) in place of np.array([x0, x1]), and leave it out where x is an array already"
_STORE = "collect the values in a list and join them by np.stack, or choose between old and new with np.where"
_ARRAYS = (np.array, np.asarray, np.asanyarray, np.ascontiguousarray, np.asfortranarray)
# Functions of math that have another name in NumPy.
_RENAMED = {"pow": "power", "fsum": "sum", "sumprod": "dot", "fabs": "abs"}
# Functions of NumPy that copy a value into a plain array of their own.
_INSTEAD = {
    "numpy.full": "write x * np.ones(shape)",
    "numpy.full_like": "write x * np.ones_like(a)",
    "numpy.nan_to_num": "write np.where(np.isnan(a), x, a)",
    "numpy.fill_diagonal": "write np.where(np.eye(n) > 0, x, a)",
    "numpy.place": "write np.where(mask, x, a)",
    "numpy.piecewise": "write np.where(condition, x, y)",
    "numpy.select": "write np.where(condition, x, y)",
    "numpy.take": TABLE,
    "numpy.apply_along_axis": "call the function on each row and join the results by np.stack",
    "numpy.vectorize": "call the function on the whole array, or on each entry and join the results by np.stack",
    "np.fromiter": "write np.stack(list(values))",
}
# Attributes of arrays that have another way, or none.
_ATTRIBUTES = {
    "flat": "np.ravel(x)",
    "fill": "np.full_like(a, value)",
    "put": "np.where(mask, value, x)",
    "itemset": "np.where(mask, value, x)",
    "view": "the array as it is, or x.astype(dtype)",
    "nbytes": "x.size * x.dtype.itemsize",
    "numpy": "x as it is",
    "detach": "adlib.stop_gradient(x)",
}
# The same for libraries, whose objects stand beside a traced value in an operation.
_OF_LIBRARY = {
    "scipy.sparse": "use A.toarray(), or declare the product with adlib.primitive and adlib.linear",
    "pandas": "use to_numpy() of the other operand",
}
_IN_PLACE = {"add": "+", "subtract": "-", "multiply": "*", "divide": "/", "floor_divide": "//", "remainder": "%"}


def conversion_error(x, kind, instead):
    """The error for a conversion of a traced value, and whether NumPy was to store it as an entry of an array.

    `kind` and `instead` are the words where no more is known than the method that Python or NumPy called.
    """
    attempt = attempted()
    name, function = attempt.name, attempt.function
    if name is not None and instead != PICKLE:
        kind, mend = f"{name}() of", _mend(name, function, instead)
    elif attempt.library:
        kind, mend = f"turning into a plain array, by {attempt.library}, of", _OF_LIBRARY.get(attempt.library, instead)
    elif attempt.instruction.startswith("STORE_"):
        kind, mend = "y[...] = x with", _STORE
    elif attempt.instruction == "BINARY_SUBSCR" and instead in (BUILD, COUNT):
        kind, mend = "indexing with", TABLE if type(x)._noun == "recorded value" else COUNT
    elif attempt.instruction == "BINARY_OP" and instead == MATH:
        mend = _FORMAT
    else:
        mend = instead
    called = function in (float, int, complex) or getattr(function, "__module__", None) == "math"
    return lost(kind, x, mend), instead in (MATH, ROUND, REAL) and not called


def hand_over(x, other):
    """NotImplemented, so that Python asks `other`, no array, which wants its turn in the way of before NEP 13.

    A library that would make a plain array of `x` is not asked.
    """
    library = ".".join(type(other).__module__.split(".")[:2])
    if library in _OF_LIBRARY:
        raise lost(f"turning into a plain array, by {library}, of", x, _OF_LIBRARY[library])
    return NotImplemented


def _mend(name, function, instead):
    """What to write in place of a call."""
    if getattr(function, "__module__", None) == "math":
        theirs = _RENAMED.get(function.__name__, function.__name__)
        return f"use np.{theirs}" if hasattr(np, theirs) else "write it with NumPy's functions, or use adlib.primitive"
    if (getattr(function, "__module__", None) or "").startswith("adlib."):
        return "call it on adlib.stop_gradient(x)"
    if isinstance(function, type) and issubclass(function, (float, np.floating)):
        return LEAVE_OUT
    if isinstance(function, type) and issubclass(function, (int, np.integer)):
        return ROUND
    if any(function is f for f in _ARRAYS):
        return _STACK
    if name.endswith((".fill", ".put")):
        return _STORE
    ours = (getattr(function, "__module__", None) or "numpy").partition(".")[0] in ("numpy", "builtins", "operator")
    return _INSTEAD.get(name, instead if ours or instead in (HASH, COUNT) else LIBRARY)


def writing(ufunc, name):
    """How a program asked a ufunc to write into a plain array."""
    by_operator = attempted().instruction == "BINARY_OP"
    return f"{_IN_PLACE.get(ufunc.__name__, '')}= on a plain array" if by_operator else f"{name} with out="


def lost(kind, x, instead):
    return with_user_line(TracedValueError(f"{kind} a {describe(x)} {type(x)._loss}; {instead}"))


def in_place(what, x):
    return with_user_line(
        TracedValueError(
            f"{what} would write into an array {type(x)._need.format(describe(x))}; "
            "make a new value instead: y = y + x, np.where, np.stack or np.concatenate"
        )
    )


def no_attribute(x, name):
    instead = _ATTRIBUTES.get(name) or (f"np.{name}(x)" if hasattr(np, name) else "a NumPy function")
    return with_user_line(
        TracedAttributeError(f"a {describe(x)} has no attribute or method {name!r}; use {instead} instead")
    )


def by_jax(x):
    """The error for a traced value in a function of JAX's: no TypeError, which JAX would replace by words of its own."""
    return with_user_line(
        AdlibError(
            f"JAX knows no {describe(x)} of adlib; write the function with NumPy's functions, or differentiate it with JAX"
        )
    )


def no_rule(name, x):
    if name.startswith("_"):
        attempt = attempted()  # of a function that goes by one of NumPy's own
        name = name if attempt.name is None or isinstance(attempt.function, np.ufunc) else attempt.name
    return with_user_line(
        TracedValueError(
            f"adlib has no derivative rule for {name}, called on a {describe(x)}; "
            "rewrite it with supported functions, or declare it with adlib.primitive"
        )
    )


def foreign_product(call, x, other):
    symbol = "@" if call is operator.matmul else "*"
    return with_user_line(
        TracedValueError(
            f"{symbol} of a {describe(x)} and a {type(other).__name__}, which multiplies in a way of its own: "
            "adlib has the derivative of products of plain arrays only; write S.toarray() for S, "
            "or declare the product with adlib.primitive and adlib.linear"
        )
    )
