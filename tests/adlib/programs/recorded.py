"""What the tests of recorded programs share: how a program of a function compares with running the function."""

import numpy as np

import adlib
from adlib.core.errors import AdlibError
from adlib.core.tree import flatten, unflatten

SAME, CHECKED, REFUSED, RAISES, FAULT = "same bits", "checked", "refused", "NumPy raises", "fault"


def scalar_of(f):
    """A number with curvature, of which every entry of a result is a part."""

    def loss(*xs):
        y = f(*xs)
        y = y[0] if isinstance(y, tuple) else y
        return np.sum(np.sin(y) * y)

    return loss


def directions(xs):
    return tuple(np.cos(k + np.ones(np.shape(x), getattr(x, "dtype", float))) for k, x in enumerate(xs))


def _gradient(f, n):
    return adlib.grad(scalar_of(f), tuple(range(n)))


def _jvp(f, n):
    return lambda *xs: adlib.jvp(f, xs, directions(xs))


def _hvp(f, n):
    loss = scalar_of(f)
    return lambda *xs: adlib.hvp(loss, xs, directions(xs))


# What is recorded of a function of n arrays.
DERIVATIVES = {"plain": lambda f, n: f, "gradient": _gradient, "jvp": _jvp, "hvp": _hvp}


def numbers(xs):
    """The arguments, where a number is NumPy's: so a program takes it."""
    return tuple(x if type(x) is np.ndarray and x.ndim else np.asarray(x)[()] for x in xs)


def same_bits(ours, theirs):
    """Whether two results are one: containers, shapes, dtypes and every bit, but for the sign of a zero and the payload of NaN."""
    (ours, mine), (theirs, other) = flatten(ours), flatten(theirs)
    return mine == other and all(map(_same, ours, theirs))


def _same(x, y):
    x, y = np.asarray(x), np.asarray(y)
    if x.shape != y.shape or x.dtype != y.dtype:
        return False
    return np.array_equal(x, y, equal_nan=x.dtype.kind in "fc")


def recorded(g, xs):
    """The program of `g` at xs, or the words of its refusal."""
    try:
        return adlib.program(g)(*xs)
    except AdlibError as error:
        return str(error)


def compared(program, g, xs):
    """How a program does at xs: a verdict, and words where it is not the same."""
    try:
        right = g(*xs)
    except Exception as error:
        right = error
    try:
        results = program(*xs), _contained(program, xs)
    except AdlibError as error:
        return CHECKED, str(error)
    except Exception as error:
        if isinstance(right, Exception):
            return RAISES, ""
        return FAULT, f"the program raises {type(error).__name__}: {error}"
    if isinstance(right, Exception):
        return FAULT, f"the function raises {type(right).__name__}: {right}; its program does not"
    for name, result in zip(("call", "function"), results):
        if not same_bits(result, right):
            return FAULT, f"{name}: {result!r}, right {right!r}"
    return SAME, ""


def _contained(program, xs):
    """What the bare function returns, in the containers of a call."""
    results = program.function(*numbers(xs))
    flat = (results,) if not isinstance(results, tuple) else results
    structure = program._structure
    return results if structure is None else unflatten(structure, flat)
