"""The point at which a method asks a function for values, and the values that come back.

For methods that trace nothing: difference quotients, estimates, descent.  A
point is a float or a float array; a value is an array of any library.
"""

import numpy as np

from .arguments import as_primal
from .errors import ArgumentError
from .trace import is_traced


def finite_point(w, function, name="w"):
    """Return `w` as a float or float array with finite entries."""
    if (is_traced(w) or not isinstance(w, (float, np.ndarray, np.generic))) and hasattr(w, "__array__"):
        w = np.asarray(w)  # an array of another library; a traced value refuses
    w = as_primal(w, function)
    if not np.all(np.isfinite(w)):
        raise ArgumentError(
            f"{function} takes finite numbers, but {name} (shape {np.shape(w)}, {np.asarray(w).dtype}) holds inf or nan; "
            "look where they come from, np.isfinite finds them"
        )
    return w


def like_point(w, result):
    """Give `result` the type of `w`: a float for a float, an array of the same dtype for an array."""
    if type(w) is float:
        return float(result)
    with np.errstate(over="ignore", invalid="ignore"):
        result = np.asarray(result).astype(w.dtype)
    return result if isinstance(w, np.ndarray) else result[()]


def own_copy(w):
    """A copy of a point that another function may change."""
    return w.copy() if isinstance(w, np.ndarray) else w


def as_array(result):
    """What a function returned, as an array; one of dtype object where it is none."""
    try:
        return np.asarray(result)
    except ValueError:  # a tuple of arrays of several shapes
        return np.asarray(None)


def described(result):
    """What a function returned, in words for a message."""
    values = as_array(result)
    return f"a {type(result).__name__}" if values.dtype == object else f"shape {values.shape}, {values.dtype}"


def real_numbers(function, result, k=None, kinds="fiu", name="f"):
    """Return what the function `name` returned as an array: one real number, or k of them for a stack of k points."""
    values = as_array(result)
    if values.dtype.kind in kinds and values.shape == (() if k is None else (k,)):
        return values
    wanted = "one real number" if k is None else f"{k} real numbers, one for each point of the stack,"
    axes = "" if k is None else " over all axes but the first"
    raise ArgumentError(f"{function} needs {wanted} from {name}, but got {described(result)}; reduce with np.sum{axes}")
