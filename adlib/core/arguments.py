"""How arguments enter a transformation and results leave it: the two doors, `enter` and `collect`.

What a caller gives is checked and copied; what he gets has the types and the
containers of what he gave.
"""

import numpy as np

from .errors import ArgumentError
from .settings import shown
from .trace import FLOAT64, TRACERS, is_traced
from .tree import flatten, unflatten


def check_function(f, transformation, name="f"):
    """Raise unless `f` is a function: here, and not where it would be called first."""
    if not callable(f):
        raise ArgumentError(
            f"{transformation} takes {name} as a function, but got {shown(f)}; pass the function itself, not its value"
        )


def named_after(f, derivative, prefix):
    """`derivative`, with a name made of that of `f` and with its arguments: a graph and a program show them."""
    derivative.__wrapped__ = f
    derivative.__name__ = derivative.__qualname__ = f"{prefix}_{getattr(f, '__name__', type(f).__name__)}"
    return derivative


def float_dtype(x):
    """The dtype of a float or float array; float64 for values of other types."""
    dtype = getattr(x, "dtype", FLOAT64)
    return dtype if dtype.kind == "f" else FLOAT64


def memory_like(x, kind=np.ndarray):
    """New memory, an array of class `kind`, and a plain array in it with the shape, dtype and strides of `x`."""
    if x.flags.forc or x.size == 0:
        memory = kind(x.shape, x.dtype, order="C" if x.flags.c_contiguous else "F")
        return memory, memory.view(np.ndarray)
    reach = [stride * (n - 1) for n, stride in zip(x.shape, x.strides)]
    first = sum(r for r in reach if r < 0)
    memory = kind(sum(r for r in reach if r > 0) - first + x.itemsize, np.uint8)
    return memory, np.ndarray(x.shape, x.dtype, memory, -first, x.strides)


def copied(x):
    """A copy of an array with the same strides.

    NumPy's sums and products round differently for another layout, and a traced
    function returns the plain value bit for bit.
    """
    if x.flags.forc:
        return np.array(x)
    _, result = memory_like(x)
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
        converts = isinstance(x, (str, bytes)) or hasattr(x, "__array__") or hasattr(x, "__float__")
        instead = (
            "convert it with np.asarray(x, dtype=float)" if converts else "put its numbers in a tuple, list or dict"
        )
        raise ArgumentError(
            f"{transformation} differentiates floats and float arrays, but an argument is a "
            f"{type(x).__name__}; {instead}"
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
        return like_result(x, tangent)
    if isinstance(tangent, np.ma.MaskedArray):
        raise ArgumentError(
            "a tangent or cotangent is a MaskedArray, whose mask would be lost; convert it with x.filled(0.0)"
        )
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


def cotangent_for(y, ct):
    """Return the cotangent `ct` with the dtype of the value `y`, after comparing the shapes."""
    if np.shape(ct) != np.shape(y):
        raise ArgumentError(
            f"a cotangent has the shape of the value it belongs to, but the value has shape "
            f"{np.shape(y)} and the cotangent {np.shape(ct)}"
        )
    return tangent_for(y, ct) if not isinstance(y, int) else ct


def like_primal(x, g):
    """An adjoint in the type of its primal: a Python float for a Python float."""
    if is_traced(g):
        return g
    if type(x) is float:
        return 0.0 if g is None else float(g)
    # A copy: two inputs may have been handed the same array.
    g = np.zeros(x.shape, x.dtype) if g is None else np.array(g)
    return g if isinstance(x, np.ndarray) else g[()]


def basis(x):
    """The unit tangents of `x`, in the order of its entries."""
    shape, dtype = np.shape(x), float_dtype(x)
    for i in range(int(np.prod(shape))):
        e = np.zeros(shape, dtype)
        e.reshape(-1)[i] = 1
        yield e[()]


ALL = object()  # every argument: not None, which a caller may hand on by mistake


def enter(f, args, kwargs, argnums, transformation):
    """The door in: take the arguments to differentiate by out of a call ``f(*args, **kwargs)``.

    Parameters
    ----------
    argnums : int, tuple of int or `ALL`
        Which positional arguments.  Those given by keyword are constants.
    transformation : str
        Its name, for messages.

    Returns
    -------
    function : callable
        `f` of the leaves of the chosen arguments alone.
    leaves : list
        These leaves, as primals.
    structure
        For `unflatten`, from one result a leaf to the containers of the chosen
        arguments: a tuple unless `argnums` is one number.
    """
    if argnums is ALL:
        leaves, structure = flatten(args)
        return (
            lambda *leaves: f(*unflatten(structure, leaves), **kwargs),
            [as_primal(x, transformation) for x in leaves],
            structure,
        )
    one = not isinstance(argnums, (tuple, list))
    numbers = _positions((argnums,) if one else argnums, args, transformation)
    leaves, structure = flatten(args[numbers[0]] if one else tuple([args[k] for k in numbers]))

    def function(*leaves):
        tree = unflatten(structure, leaves)
        full = list(args)
        for k, x in zip(numbers, (tree,) if one else tree):
            full[k] = x
        return f(*full, **kwargs)

    return function, [as_primal(x, transformation) for x in leaves], structure


def _positions(argnums, args, transformation):
    """`argnums` as positions from 0, after making sure that each is there and named once."""
    for k in argnums:
        if not isinstance(k, (int, np.integer)) or isinstance(k, bool):
            raise ArgumentError(
                f"{transformation} takes argnums as whole numbers, the positions of arguments, but got {shown(k)}; "
                f"write {transformation}(f, 0) for the first argument, and {transformation}(f)(x) for the point x"
            )
        if not -len(args) <= k < len(args):
            raise ArgumentError(
                f"{transformation} was asked for argument {k!r} (argnums), but the function was "
                f"called with {len(args)} positional argument{'s' * (len(args) != 1)}"
            )
    numbers = [k % len(args) for k in argnums]
    if len(set(numbers)) < len(numbers):
        raise ArgumentError(
            f"{transformation} was asked for the same argument twice (argnums={argnums!r}); name each argument once"
        )
    return numbers


def collect(trace, f, arguments):
    """The door out: run `f` on arguments with tracers of `trace` and take apart what it returns.

    An error closes the trace, so that nothing stays held.

    Returns
    -------
    values : list
        Of each leaf of the result, its value one level below.
    infos : list
        What the trace knows of each: a tangent, a position; None for a leaf
        that does not depend on the tracers.
    structure
        From one entry a leaf to what `f` returned, for `unflatten`.
    """
    try:
        leaves, structure = _output_leaves(f(*arguments), trace)
    except BaseException:
        trace.close()
        raise
    values, infos = [], []
    for y in leaves:
        mine = type(y) in TRACERS and y._trace is trace
        values.append(y._value if mine else y)
        infos.append(y._info if mine else None)
    return values, infos, structure


def _output_leaves(out, trace):
    """The leaves of what the function of `trace` returned, and their structure.

    Refused are containers that `flatten` does not look into, where a traced
    value would pass for a constant, and what `Trace.check_foreign` refuses.
    """
    leaves, structure = flatten(out)
    for y in leaves:
        if type(y) in TRACERS:
            if y._trace is not trace:
                trace.check_foreign(y)
        elif not isinstance(y, (float, int, complex, np.ndarray, np.generic)) or np.result_type(y).kind in "OVUS":
            raise ArgumentError(
                f"a function to be differentiated returns numbers, arrays, or tuples, lists and dicts of them, "
                f"but it returned a {type(y).__name__}; return the arrays themselves"
            )
    return leaves, structure
