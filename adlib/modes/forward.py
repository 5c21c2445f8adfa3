"""Forward mode: a value and its tangent travel together.

For every operation ``v = f(x_1, ..., x_k)`` of the program the tangent
``v_dot = sum_j df/dx_j * x_j_dot`` is computed beside the value, and nothing
is stored.  One run gives one directional derivative: a Jacobian-vector product.

Wengert, "A simple automatic derivative evaluation program", CACM 7(8), 1964.
"""

import numpy as np

from ..core.arguments import ALL, as_primal, check_function, collect, enter, float_dtype, like_result, tangent_for
from ..core.errors import ArgumentError
from ..core.families import rebuilt
from ..core.trace import FLOAT64, TRACERS, ArrayTracer, ScalarTracer, Trace, recorder_of, shape_and_dtype
from ..core.tree import flatten, outline, unflatten

_new = object.__new__


class ForwardTrace(Trace):
    """Carries a tangent beside each value; a tracer's info is its tangent."""

    mode = "forward"

    def process(self, rule, call, args, kwargs):
        if self.closed:
            raise self.escaped()
        primals, tangents = [], []
        for x in args:
            if type(x) in TRACERS and x._trace is self:
                primals.append(x._value)
                tangents.append(x._info)
            else:
                primals.append(x)
                tangents.append(None)
        ans = call(*primals, **kwargs) if kwargs else call(*primals)
        tangent = rule.jvp(call, ans, primals, kwargs, tangents)
        if isinstance(ans, tuple):
            # A result without tangent (a sign, a rank) is a constant.
            pairs = zip(ans, tangent)
            return rebuilt(ans, [y if t is None else self._pair(y, t) for y, t in pairs])
        return self._pair(ans, tangent)

    def _pair(self, ans, tangent):
        shape, dtype = (
            (ans.shape, FLOAT64) if type(ans) is np.ndarray and ans.dtype is FLOAT64 else shape_and_dtype(ans)
        )
        if type(tangent) is np.ndarray:
            given = tangent.shape  # np.shape is slow
        elif tangent is None:
            raise ArgumentError("a derivative rule returned None for the tangent of its result; return the tangent")
        else:
            given = np.shape(tangent)
        if type(tangent) is not float and getattr(tangent, "dtype", dtype) is not dtype:
            tangent = tangent.astype(dtype)  # it has come from one operand, and the other had another precision
        if given != shape:
            tangent = _broadcast(tangent, shape)
        y = _new(ArrayTracer if shape else ScalarTracer)
        y._value, y._trace, y._info = ans, self, tangent
        return y


def _broadcast(tangent, shape):
    try:
        return np.broadcast_to(tangent, shape)
    except ValueError:
        raise ArgumentError(
            f"a derivative rule returned a tangent of shape {np.shape(tangent)} "
            f"for a result of shape {shape}; the two must be equal or broadcast"
        ) from None


def push(f, primals, tangents):
    """Run `f` on primals with tangents (lists of leaves); return leaves of both and the structure."""
    recorder = recorder_of(primals)
    trace = ForwardTrace() if recorder is None else recorder.forward_trace()
    values, found, structure = collect(trace, f, [trace.tracer(x, t) for x, t in zip(primals, tangents)])
    trace.close()
    # An output that does not depend on the input has the tangent zero.
    found = [np.zeros(np.shape(y), float_dtype(y))[()] if t is None else t for y, t in zip(values, found)]
    return values, found, structure


def jvp(f, primals, tangents):
    """Value and directional derivative of `f`: one sweep of forward mode.

    Parameters
    ----------
    f : callable
        A function of arrays, written in plain NumPy.  It may return an array
        or a tuple, list or dict of them.
    primals : tuple
        The arguments of `f`: floats, float arrays, or trees of them.
    tangents : tuple
        One direction for each argument, of the same shape.

    Returns
    -------
    value
        ``f(*primals)``, bit for bit.
    tangent
        The product of the Jacobian of `f` with the tangents, in the shape of
        the value.

    Raises
    ------
    ArgumentError
        When primals and tangents differ in number, structure or shape, or when
        a primal is an integer.

    Notes
    -----
    Cost: with the value itself, two operations for a sum of values that vary,
    four for a product, six for a quotient, two to four for an elementary
    function or a power; one for a sum and two for a product with a constant.
    So mostly two to four times the operations of `f`, for any number of inputs:
    2.4 times for a network of matrix products and tanh, 4 for products alone.
    Memory: a fixed multiple of that of `f`; nothing is stored for later.
    The same name and order as ``jax.jvp``.

    Examples
    --------
    >>> import numpy as np, adlib
    >>> def L(w1, w2):
    ...     v2 = w2 * np.log(w1)
    ...     return v2 + np.sqrt(v2)
    >>> value, tangent = adlib.jvp(L, (2.0, 3.0), (1.0, 0.0))
    >>> print(f"{value:.6f} {tangent:.6f}")
    3.521468 2.020101
    """
    check_function(f, "jvp")
    return pushed(f, primals, tangents, "jvp")


def check_tuple(given, name, function):
    """Raise unless what belongs to the arguments of `f` stands in a tuple."""
    if not isinstance(given, (tuple, list)):
        raise ArgumentError(
            f"{function} takes {name} as a tuple, one entry for each argument of f, "
            f"but got {type(given).__name__}; write ({name[:-1]},)"
        )


def pushed(f, primals, tangents, name):
    """`jvp`, for messages under the name of the function that was called."""
    check_tuple(primals, "primals", name)
    check_tuple(tangents, "tangents", name)
    function, inputs, structure = enter(f, tuple(primals), {}, ALL, name)
    directions, given = flatten(tuple(tangents))
    if structure != given:
        raise ArgumentError(
            f"{name} needs one tangent for each primal, in the same containers: "
            f"the primals are {outline(structure)}, the tangents {outline(given)}"
        )
    directions = [tangent_for(x, t) for x, t in zip(inputs, directions)]
    values, tangents, structure = push(function, inputs, directions)
    return unflatten(structure, values), unflatten(structure, [like_result(y, t) for y, t in zip(values, tangents)])


def derivative(f):
    """The derivative of a function of one number.

    Parameters
    ----------
    f : callable
        From a float to a float or an array, in plain NumPy.

    Returns
    -------
    callable
        ``df(x)`` with the shape of ``f(x)``.  Nest it for higher derivatives.

    Raises
    ------
    ArgumentError
        When called on an array: use `grad` for a scalar function of an array,
        `jacfwd` otherwise.

    Notes
    -----
    Cost: one sweep of forward mode.

    Examples
    --------
    >>> import numpy as np, adlib
    >>> float(adlib.derivative(np.sin)(0.0))
    1.0
    >>> float(adlib.derivative(adlib.derivative(lambda x: x**3))(2.0))
    12.0
    """
    check_function(f, "derivative")

    def df(x):
        x = as_primal(x, "derivative")
        if np.shape(x) != ():
            raise ArgumentError(
                f"derivative takes a function of one number, but the argument has shape {np.shape(x)}; "
                "use adlib.grad for a scalar function of an array, adlib.jacfwd otherwise"
            )
        values, tangents, structure = push(f, [x], [tangent_for(x, 1.0)])
        return unflatten(structure, [like_result(y, t) for y, t in zip(values, tangents)])

    return df
