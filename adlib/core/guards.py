"""What stands between adlib and the functions that a user declares.

A rule of the user's is given the very arrays that the tape holds, and the tape
holds what it returns.  So its arguments are read-only, its results are checked,
and arrays among them are copied.  Rules of adlib's own go without: they are known
to write nowhere.
"""

import functools
import inspect
import operator

import numpy as np

from .arguments import copied
from .errors import ArgumentError, TracedValueError, describe, with_user_line
from .frozen import Watched
from .keywords import function_name
from .settings import shown
from .trace import DIFFERENTIATED, RECORDED, RULES, TRACERS, note_own_rule
from .tree import flatten


def is_own(code):
    """Whether a function is adlib's own, or NumPy's: not one to guard against."""
    while isinstance(code, functools.partial):
        code = code.func
    return (getattr(code, "__module__", None) or "").partition(".")[0] in ("adlib", "numpy")


def guarded(code, what, finish):
    """`code` on arrays that it cannot write into; ``finish(result, args)`` looks at what it returns."""

    @functools.wraps(code)
    def call(*args, **kwargs):
        try:
            locked = [_locked(x, what) if type(x) in _LOCKED else x for x in args]
            result = code(*locked, **{k: _locked(x, what) for k, x in kwargs.items()}) if kwargs else code(*locked)
        except ValueError as error:
            if "read-only" not in str(error):
                raise
            written = "a list" if "list" in str(error) else "an array"
            raise with_user_line(
                ArgumentError(
                    f"{what} writes into {written} that it was given, which other derivatives may need; "
                    "write into a copy: x = x.copy()"
                )
            ) from error
        return finish(result, args)

    return call


class _LockedList(list):
    """A list that cannot be written into.  No tuple: as an index that would mean something else."""

    def _refuse(self, *args, **kwargs):
        raise ValueError("the list is read-only")

    append = extend = insert = pop = remove = clear = sort = reverse = _refuse
    __setitem__ = __delitem__ = __iadd__ = __imul__ = _refuse


_LOCKED = frozenset({np.ndarray, tuple, list, dict, Watched})


def _locked(x, what):
    """The same value, with arrays and lists that cannot be written into; an object has to be as it was."""
    if type(x) is np.ndarray:
        x = x.view()
        x.flags.writeable = False
    elif type(x) is tuple:
        x = tuple([_locked(y, what) for y in x])
    elif type(x) is list:
        x = _LockedList([_locked(y, what) for y in x])
    elif type(x) is dict:
        x = {k: _locked(y, what) for k, y in x.items()}
    elif type(x) is Watched:
        if x.changed():
            raise with_user_line(
                ArgumentError(
                    f"{what} reads {shown(x.object)}, which has changed since the call, so the derivative would belong to "
                    "another function; pass its numbers as arguments, or a new object to each call"
                )
            )
        x = x.object
    return x


def user_partial(code, name):
    """A partial derivative that returns real numbers."""
    what = f"a partial derivative of {name}"

    def finish(result, args):
        slope = _real(result, what, "real numbers")
        shape = getattr(slope, "shape", ())
        if shape and not (args and shape == getattr(args[0], "shape", ())):
            try:
                np.broadcast_shapes(shape, *map(np.shape, args))
            except ValueError:
                raise _returned(what, f"real numbers of shape {np.shape(args[0])}", result) from None
        return slope

    return guarded(code, what, finish)


def user_transpose(code, name):
    """A transpose that returns one cotangent."""
    what = f"the transpose of {name}"
    return guarded(
        code, what, lambda result, args: _kept(_real(result, what, "the cotangent of the argument, an array"))
    )


def user_vjp(code, name):
    """A vjp that returns one cotangent, or None, for each argument."""
    what = f"the vjp of {name}"

    def finish(result, args):
        count = len(args) - 2
        wanted = f"a tuple of {count}, one real cotangent or None for each argument"
        if type(result) not in (tuple, list) or len(result) != count:
            raise _returned(what, wanted, result)
        return [None if g is None else _kept(_real(g, what, wanted)) for g in result]

    return _as_tuple(guarded(code, what, finish))


def user_jvp(code, name):
    """A jvp that returns the tangent of the result, or of each result."""
    what = f"the jvp of {name}"

    def finish(result, args):
        ans = args[1]
        if not isinstance(ans, tuple):
            # The trace says what is wrong with None.
            return None if result is None else _like(_real(result, what, "the tangent of the result"), ans)
        wanted = f"a tuple of {len(ans)}, one real tangent or None for each result"
        if not isinstance(result, (tuple, list)) or len(result) != len(ans):
            raise _returned(what, wanted, result)
        return tuple([None if t is None else _like(_real(t, what, wanted), y) for t, y in zip(result, ans)])

    return _as_tuple(guarded(code, what, finish))


def _as_tuple(rule):
    """A rule whose first argument, all tangents or all cotangents, comes as a tuple."""

    @functools.wraps(rule)
    def call(first, *args, **kwargs):
        return rule(tuple(first) if type(first) is list else first, *args, **kwargs)

    return call


def user_function(code, name, differentiable):
    """The function of a primitive, on values of the tape."""
    what = f"the primitive {name}"

    def finish(result, args):
        refuse_captured(result, name)
        if not differentiable:
            return result
        results = result if isinstance(result, tuple) else (result,)
        constants = isinstance(result, tuple)
        if not all(_is_result(y, constants) for y in results) or not results:
            raise _returned(what, "a float, a float array, or a tuple of them", result)
        if not constants:
            return _own(result)
        return type(result)(*map(_own, result)) if hasattr(result, "_fields") else tuple(map(_own, result))

    run = guarded(code, what, finish)

    @functools.wraps(code)
    def call(*args, **kwargs):
        result = run(*args, **kwargs)
        for x in (*args, *kwargs.values()):
            if type(x) is Watched:
                x.renew()
            else:
                note_own_rule(x, what)
        return result

    return call


def refuse_captured(result, name):
    """Refuse a traced result: the function took a traced value from outside, and its inside is not traced."""
    for y in flatten(result)[0] if type(result) in (tuple, list, dict) else (result,):
        if type(y) in DIFFERENTIATED:
            raise with_user_line(
                TracedValueError(
                    f"the primitive {name} uses a {describe(y)} that is not among its arguments, so its rule would be "
                    "passed over; make it an argument"
                )
            )


def _is_result(y, constants):
    """Whether a primitive may return y: a float, or among several results any real number."""
    if type(y) in (float, int, bool):
        return constants or type(y) is float
    kind = y.dtype.kind if isinstance(y, np.generic) or type(y) is np.ndarray or type(y) in RECORDED else "O"
    return kind in ("fiub" if constants else "f")


def _own(y):
    """A copy of a result: it may be the argument itself, or an array that the function fills again."""
    return copied(y) if type(y) is np.ndarray else y


def _real(x, what, wanted):
    """What a rule returned, as a number, an array or a traced value."""
    if type(x) in TRACERS or type(x) in (float, int):
        return x
    plain = not isinstance(x, np.ndarray) or type(x) in (np.ndarray, np.memmap)
    try:
        y = np.asarray(x)
    except (ValueError, TypeError):  # ragged, or with traced values inside
        plain, y = False, x
    if not plain or type(x) is tuple or x is None or y.dtype.kind not in "fiub":
        raise _returned(what, wanted, x)
    return y[()]


def _kept(x):
    """What the tape keeps: a copy, unless nobody can write into it; the rule may fill its array again."""
    return x.copy() if type(x) is np.ndarray and x.flags.writeable else x


def _like(tangent, y):
    """A tangent in the dtype of the result."""
    dtype = getattr(y, "dtype", None)
    if dtype is None or dtype.kind != "f" or type(tangent) in TRACERS:
        return _kept(tangent)
    return np.array(tangent, dtype)[()]


def _returned(what, wanted, result):
    entries = f" of {len(result)}" if isinstance(result, (tuple, list)) else ""
    dtype = f", {result.dtype}" if isinstance(result, np.ndarray) else ""
    given = f"a {describe(result)}" if type(result) in TRACERS else f"{shown(result)}{entries}{dtype}"
    return with_user_line(ArgumentError(f"{what} returns {wanted}; but it returned {given}"))


# What Python's operators stand for; they keep the rules of adlib.
_OPERATORS = frozenset(
    {np.add, np.subtract, np.multiply, np.divide, np.floor_divide, np.remainder, np.power, np.matmul}
    | {np.negative, np.positive, np.absolute, operator.getitem}
)


def declarable(function, name):
    """Make sure that adlib will meet `function`: a NumPy function, or one made by `primitive`."""
    module = getattr(function, "__module__", None) or ""
    numpys = module.partition(".")[0] == "numpy" and not isinstance(function, np.vectorize)
    try:
        known = function in RULES
    except TypeError:  # a list, say
        known = False
    if known and function in _OPERATORS:
        raise ArgumentError(
            f"{name} cannot give {function_name(function)} another rule, because Python's operators keep theirs; "
            "make a function of your own with adlib.primitive"
        )
    if not (known or numpys or isinstance(function, (np.ufunc, tuple)) or function is operator.getitem):
        raise ArgumentError(
            f"{name} declares NumPy functions and functions made by adlib.primitive, but got {shown(function)}; "
            "write primitive(f) first"
        )


def callables(name, **codes):
    """Make sure that what is declared are functions."""
    for role, code in codes.items():
        if not callable(code):
            raise ArgumentError(f"{name} takes {role} as a function, but got {shown(code)}")


def known_arguments(function):
    """The names of a primitive's positional arguments, and how many have to be given; None where that is not known."""
    return positional_names(function) if hasattr(function, "__wrapped__") and not is_own(function) else None


def refuse_wrong_arguments(code, what, form, count, function, offset):
    """Refuse a rule that cannot be called with `count` arguments, or whose defaults are not those of the function.

    `offset` is the number of its arguments that are not the function's.
    """
    try:
        signature = inspect.signature(code)
    except (TypeError, ValueError):  # written in C, without a signature
        return
    own = inspect.signature(function).parameters
    named = [name for name in signature.parameters if name in own and own[name].kind is inspect.Parameter.KEYWORD_ONLY]
    try:
        signature.bind(*[None] * count, **{**common_defaults(function, code), **dict.fromkeys(named)})
    except TypeError as error:
        raise ArgumentError(f"{what} is called as {form}, and cannot be: {error}") from None
    for name, p in list(signature.parameters.items())[offset:]:
        if name in own and p.default is not p.empty and own[name].default is not p.empty:
            same = p.default is own[name].default or np.array_equal(p.default, own[name].default)
            if not same:
                raise ArgumentError(
                    f"{what} takes {name} as {shown(p.default)} where it is left out, but the function takes it as "
                    f"{shown(own[name].default)}; give both the same default"
                )


def common_defaults(function, *codes):
    """The arguments of a function that have a default, and are named by all of `codes`."""
    try:
        named = [set(inspect.signature(code).parameters) for code in codes]
        parameters = inspect.signature(function).parameters
    except (TypeError, ValueError):  # written in C, without a signature
        return {}
    return {k: p.default for k, p in parameters.items() if p.default is not p.empty and all(k in n for n in named)}


def positional_names(function):
    """The names of the positional arguments and how many have to be given; None where that is not known."""
    try:
        parameters = list(inspect.signature(function).parameters.values())
    except (TypeError, ValueError):
        return None
    if any(p.kind is p.VAR_POSITIONAL for p in parameters):
        return None
    given = [p for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
    return [p.name for p in given], sum(p.default is p.empty for p in given)
