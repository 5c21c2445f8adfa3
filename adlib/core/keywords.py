"""Keywords of a call that a rule meets: by what names it knows them, and what it says to others."""

import functools
import inspect

import numpy as np

from .errors import TracedValueError, describe, with_user_line
from .trace import DIFFERENTIATED, is_traced
from .tree import flatten


def function_name(function):
    """The name under which a rule stands in a graph."""
    if isinstance(function, tuple):  # a ufunc and its method
        return f"{function[0].__name__}.{function[1]}"
    while isinstance(function, functools.partial):
        function = function.func
    return getattr(function, "__name__", type(function).__name__)


def by_position(call, args, kwargs):
    """The arguments with the traced ones among the positional: a rule knows no others."""
    try:
        bound = inspect.signature(call).bind(*args, **kwargs)
        args, kwargs = bound.args, bound.kwargs
    except ValueError:  # written in C, without a signature
        pass
    for name, x in kwargs.items():
        if type(x) in DIFFERENTIATED:
            raise with_user_line(
                TracedValueError(
                    f"the keyword {name!r} of {function_name(call)} is a {describe(x)}, but a rule has derivatives by "
                    "positional arguments alone; make it positional, or pass adlib.stop_gradient(x)"
                )
            )
    return args, kwargs


def keyword_names(code):
    """The names by which `code` takes its arguments; None when it takes any."""
    try:
        parameters = inspect.signature(code).parameters.values()
    except ValueError:  # written in C, without a signature
        return None
    return None if any(p.kind is p.VAR_KEYWORD for p in parameters) else {p.name for p in parameters}


def supported(names, call, args, kwargs):
    """The keywords that are given and known by `names`; others are refused by name."""
    if not kwargs or names is None:
        return kwargs
    given = {}
    for name, value in kwargs.items():
        if value is np._NoValue:
            continue
        if name in names:
            given[name] = value
        elif value is not None:
            leaves, _ = flatten((args, kwargs))
            raise unsupported_keyword(name, call, next((x for x in leaves if is_traced(x)), value))
    return given


def unsupported_keyword(name, function, x):
    """The error for a keyword that a rule does not know; `x` is the traced value it met."""
    if getattr(function, "__wrapped__", None) is not None and not hasattr(function, "_implementation"):
        return with_user_line(
            TracedValueError(
                f"the keyword {name!r} of {function_name(function)} is not supported on a {describe(x)}: what was "
                "declared does not name it, and would leave it out; name it there, or make it positional"
            )
        )
    prefix = "numpy." if getattr(np, function_name(function), None) is function else ""
    return with_user_line(
        TracedValueError(
            f"the keyword {name!r} of {prefix}{function_name(function)} is not supported on a "
            f"{describe(x)}; leave it out, or use np.where or astype"
        )
    )
