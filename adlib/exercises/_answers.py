"""Turn what a student's code returned into plain numbers, or say in words why that is impossible."""

import math
from numbers import Complex, Real

import numpy as np


class Unusable(Exception):
    """An answer of the wrong kind: `key` names the kind of mistake, the message says it to the student."""

    def __init__(self, key, words):
        super().__init__(words)
        self.key = key


def name_of(x):
    """What a thing is, in words a student knows: `'a list of length 3'`, `'an array of shape (2, 3)'`."""
    if x is None or x is ...:
        return str(x)
    if isinstance(x, np.ndarray):
        return f"an array of shape {x.shape}"
    if isinstance(x, list | tuple):
        return f"a {type(x).__name__} of length {len(x)}"
    if isinstance(x, type):
        return f"the class {x.__name__}"
    if callable(x):
        return f"the function {getattr(x, '__name__', type(x).__name__)}"
    if isinstance(x, Complex) and not isinstance(x, Real):
        return "a complex number"
    article = "an" if type(x).__name__[0].lower() in "aeiou" else "a"
    return f"{article} {type(x).__name__}"


def refuse_nothing(x, what):
    """Refuse `None` and `...`, which a function without a `return` gives."""
    if x is None or x is ...:
        raise Unusable("nothing", f"{what} is {x}: is a return missing?")


def number(x, what):
    """`x` as a float. Accepted are Python's and NumPy's real numbers and arrays of no dimension."""
    refuse_nothing(x, what)
    if isinstance(x, np.ndarray) and x.shape == ():
        x = x[()]
    if isinstance(x, bool | np.bool_) or not isinstance(x, Real):
        raise Unusable("type", f"{what} is {name_of(x)}, expected a number")
    return float(x)


def numbers(x, what, length):
    """`x`, a list, tuple or array, as a list of `length` floats."""
    refuse_nothing(x, what)
    if not isinstance(x, list | tuple | np.ndarray) or isinstance(x, np.ndarray) and x.ndim == 0:
        raise Unusable("type", f"{what} is {name_of(x)}, expected a list of {length} numbers")
    if len(x) != length:
        raise Unusable("shape", f"{what} has {len(x)} entries, expected {length}")
    return [number(entry, f"entry {i} of {what}") for i, entry in enumerate(x)]


def array(x, what, shape):
    """`x` as nested lists of floats; it has to be an array, or a number where `shape` is empty."""
    refuse_nothing(x, what)
    if not isinstance(x, np.ndarray | Real) or isinstance(x, bool) or (shape and isinstance(x, Real)):
        raise Unusable("type", f"{what} is {name_of(x)}, expected an array of shape {tuple(shape)}")
    x = np.asarray(x)
    if x.dtype.kind not in "iuf":
        raise Unusable("type", f"{what} is an array of {x.dtype}, expected real numbers")
    if x.shape != tuple(shape):
        raise Unusable("shape", f"{what} has shape {x.shape}, expected {tuple(shape)}")
    return x.astype(float).tolist()


def pair(x, what):
    """`x` as its two entries."""
    refuse_nothing(x, what)
    if not isinstance(x, list | tuple) or len(x) != 2:
        raise Unusable("type", f"{what} is {name_of(x)}, expected two things: return a, b")
    return x


def attribute(x, name, what):
    """The number `x.name`, for classes that the student wrote."""
    refuse_nothing(x, what)
    if not hasattr(x, name):
        raise Unusable("type", f"{what} is {name_of(x)}, which has no .{name}")
    return number(getattr(x, name), f"the .{name} of {what}")


def close(ours, theirs, rtol=1e-9, atol=1e-300):
    """Whether two numbers, or arrays of one shape, agree to `rtol`, measured at the largest entry, or to `atol`."""
    ours, theirs = np.asarray(ours, float), np.asarray(theirs, float)
    if not np.all(np.isfinite(ours)):
        return False
    scale = np.max(np.abs(theirs), initial=0.0)
    return bool(np.all(np.abs(ours - theirs) <= rtol * scale + atol))


def shown(x):
    """A number or a list as a message shows it: five significant digits."""
    if isinstance(x, list | tuple):
        return "[" + ", ".join(shown(entry) for entry in x) + "]"
    if isinstance(x, np.ndarray):
        return shown(x.tolist())
    if isinstance(x, float) and math.isfinite(x):
        return f"{x:.5g}"
    return str(x)
