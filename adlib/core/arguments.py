"""Arguments of the transformations: checked, copied and put back together."""

import numpy as np

from .errors import ArgumentError
from .trace import FLOAT64, is_traced
from .tree import flatten, unflatten


def float_dtype(x):
    """The dtype of a float or float array; float64 for values of other types."""
    dtype = getattr(x, "dtype", FLOAT64)
    return dtype if dtype.kind == "f" else FLOAT64


def copied(x):
    """A copy of an array with the same strides.

    NumPy's sums and products round differently for another layout, and a traced
    function returns the plain value bit for bit.
    """
    if x.flags.forc or x.size == 0:
        return np.array(x)
    reach = [stride * (n - 1) for n, stride in zip(x.shape, x.strides)]
    first = sum(r for r in reach if r < 0)
    memory = np.empty(sum(r for r in reach if r > 0) - first + x.itemsize, np.uint8)
    result = np.ndarray(x.shape, x.dtype, memory, -first, x.strides)
    result[...] = x
    return result


def as_primal(x, transformation):
    """Return `x` as something to differentiate by: a float, a float array or a tracer.

    Arrays are copied, so that a later change of the caller's array cannot
    change a derivative.
    """
    if is_traced(x) or type(x) is float:
        return x
    if isinstance(x, (np.ndarray, np.generic)):
        kind = x.dtype.kind
        if isinstance(x, np.ndarray) and type(x) not in (np.ndarray, np.memmap):
            raise ArgumentError(
                f"{transformation} differentiates plain arrays, but an argument is a {type(x).__name__}, "
                "whose operators have a meaning of their own; convert it with np.asarray(x)"
            )
        if kind == "f":
            return copied(x) if isinstance(x, np.ndarray) else x
        dtype = x.dtype
    elif isinstance(x, (bool, int)):
        kind, dtype = "i", type(x).__name__
    elif isinstance(x, complex):
        kind, dtype = "c", "complex"
    else:
        raise ArgumentError(
            f"{transformation} differentiates floats and float arrays, but an argument is a "
            f"{type(x).__name__}; convert it with np.asarray(x, dtype=float)"
        )
    if kind in "iub":
        raise ArgumentError(
            f"{transformation} needs real inputs, but an argument has type {dtype}, where a "
            "derivative makes no sense; write 2.0 for 2, or use x.astype(float)"
        )
    if kind == "c":
        raise ArgumentError(
            f"{transformation} differentiates real functions, but an argument has type {dtype}; "
            "pass the real and the imaginary part as two arguments"
        )
    raise ArgumentError(
        f"{transformation} differentiates float arrays, but an argument has dtype {dtype}; "
        "convert it with x.astype(float)"
    )


def tangent_for(x, tangent):
    """Return `tangent` with the dtype of the primal `x`, after comparing the shapes."""
    if np.shape(tangent) != np.shape(x):
        raise ArgumentError(
            f"a tangent has the shape of its primal, but the primal has shape {np.shape(x)} "
            f"and the tangent {np.shape(tangent)}"
        )
    if is_traced(tangent):
        return tangent
    tangent = np.asarray(tangent)
    if tangent.dtype.kind not in "fiu":
        raise ArgumentError(f"tangents and cotangents are real, but got one of type {tangent.dtype}; pass floats")
    # A copy: the caller may go on to change the array.
    return np.array(tangent, dtype=float_dtype(x))[()]


def like_result(value, tangent):
    """Give a tangent the type of the value it belongs to: a plain scalar for a scalar.

    An array is a copy: the tangent of ``x + 1`` is that of ``x``, and the caller
    may change one of the two.
    """
    if type(value) is float and not is_traced(tangent):
        return float(tangent)
    dtype = float_dtype(value)
    if is_traced(tangent):
        return tangent if tangent.dtype == dtype else tangent.astype(dtype)
    return np.array(tangent, dtype=dtype)[()]


def basis(x):
    """The unit tangents of `x`, in the order of its entries."""
    shape, dtype = np.shape(x), float_dtype(x)
    for i in range(int(np.prod(shape))):
        e = np.zeros(shape, dtype)
        e.reshape(-1)[i] = 1
        yield e[()]


def select(args, argnums, transformation):
    """Take the arguments to differentiate out of `args`.

    Returns
    -------
    inputs : list
        The leaves of the chosen arguments, as primals.
    restore : callable
        From a list of leaves to the full tuple of arguments.
    rebuild : callable
        From a list of one result a leaf to the structure of the chosen
        arguments: a tuple where `argnums` is one.
    """
    numbers = argnums if isinstance(argnums, (tuple, list)) else (argnums,)
    for k in numbers:
        if not isinstance(k, int) or not -len(args) <= k < len(args):
            raise ArgumentError(
                f"{transformation} was asked for argument {k!r} (argnums), but the function was "
                f"called with {len(args)} positional argument{'s' * (len(args) != 1)}"
            )
    numbers = [k % len(args) for k in numbers]
    if len(set(numbers)) < len(numbers):
        raise ArgumentError(
            f"{transformation} was asked for the same argument twice (argnums={argnums!r}); name each argument once"
        )
    chosen = tuple(args[k] for k in numbers)
    leaves, structure = flatten(chosen if isinstance(argnums, (tuple, list)) else chosen[0])
    inputs = [as_primal(x, transformation) for x in leaves]

    def restore(xs):
        tree = unflatten(structure, xs)
        full = list(args)
        for k, x in zip(numbers, tree if isinstance(argnums, (tuple, list)) else (tree,)):
            full[k] = x
        return tuple(full)

    return inputs, restore, lambda results: unflatten(structure, results)


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
    if isinstance(value, bool) or not isinstance(value, (int, float, np.integer, np.floating)):
        return None
    try:
        return float(value)
    except OverflowError:  # an int beyond the largest float
        return np.inf


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
