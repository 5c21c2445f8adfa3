"""Numbers that set something, a count, a step, a tolerance: taken, or refused in words."""

import numpy as np

from .errors import ArgumentError
from .trace import is_traced


def whole_number(value, name, function, low=1, high=None):
    """Return `value` as an int, after comparing it with the smallest and the largest that make sense."""
    whole = isinstance(value, (int, np.integer)) and not isinstance(value, bool)
    if whole and low <= value and (high is None or value <= high):
        return int(value)
    allowed = f"of at least {low}" if high is None else f"from {low} to {high}"
    raise ArgumentError(f"{function} takes {name} as an integer {allowed}, but got {shown(value)}")


def positive_number(value, name, function):
    """Return `value` as a float, after making sure that it is positive and finite."""
    number = real_number(value)
    if number is not None and 0 < number < np.inf:
        return number
    raise ArgumentError(f"{function} takes {name} as a positive, finite number, but got {shown(value)}")


def real_number(value):
    """One number, of Python or NumPy or in an array of shape () of any library, as a float; None for anything else."""
    if hasattr(value, "__array__") and np.shape(value) == () and not is_traced(value):
        value = np.asarray(value)[()]
    if is_traced(value) or isinstance(value, bool) or not isinstance(value, (int, float, np.integer, np.floating)):
        return None
    try:
        return float(value)
    except OverflowError:  # an int beyond the largest float
        return np.inf


def float_type(dtype, what, instead):
    """Return `dtype` as a floating-point type of NumPy; `what` begins the message where it is none."""
    try:
        found = np.dtype(dtype)
    except TypeError:
        raise ArgumentError(f"{what}, but dtype is {shown(dtype)}; {instead}") from None
    if found.kind != "f":
        raise ArgumentError(f"{what}, but dtype is {found}; {instead}")
    return found


def shown(value):
    """An argument in words for a message: a number or a name itself, of anything else the type and the shape."""
    if value is None or isinstance(value, (int, float, complex, str, np.generic)):
        return repr(value)
    shape = f" of shape {value.shape}" if hasattr(value, "shape") else ""
    return f"a {type(value).__name__}{shape}"


def fraction(value, name, function):
    """Return `value` as a float, after making sure that it is at least 0 and less than 1."""
    number = real_number(value)
    if number is not None and 0 <= number < 1:
        return number
    raise ArgumentError(f"{function} takes {name} as a number from 0 to below 1, but got {shown(value)}")


def index_number(value, what, least):
    """Return `value`, whatever Python takes for an index, as an int of at least `least`.

    `what` begins the message: ``every(k) takes a number of steps k``.
    """
    if not hasattr(value, "__index__") or isinstance(value, bool) or value < least:
        raise ArgumentError(f"{what} >= {least}, but got {value!r}; pass a whole number in that range")
    return value.__index__()
