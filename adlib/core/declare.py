"""How a derivative is declared: by its family, once for both modes.

==============  ================================================================
`elementwise`   one partial derivative per argument; forward mode multiplies a
                tangent by it, reverse mode an adjoint
`linear`        the function is its own derivative; its transpose is declared
`linear_join`   the same for a sequence of arrays, as in np.stack
`bilinear`      linear in each of two arguments; two transposes
`rule`          anything else: both directions written out
`composite`     plain NumPy code of other primitives
`zero`          a derivative that is zero wherever it exists (floor, argmax, ==)
`refuse`        no derivative, and the reason
==============  ================================================================

These functions fill the table that both modes read, and run once for each
function.  What a family does when a traced value meets its function is in
`families`.
"""

import functools
import inspect

import numpy as np

from .arguments import copied
from .errors import ArgumentError
from .families import (
    Bilinear,
    Composite,
    Elementwise,
    Linear,
    LinearJoin,
    Refuse,
    WrittenOut,
    Zero,
    function_name,
    rebuilt,
)
from .trace import RULES, is_traced, no_rule, plain_value
from .tree import flatten, unflatten


def elementwise(function, *partials):
    """Declare an elementwise primitive by its partial derivatives.

    Parameters
    ----------
    function : ufunc or callable
        A NumPy function, or one made by `primitive`.
    *partials : callable, number or None
        One for each argument: the partial derivative as a function of any of
        ``y`` (the result) and ``x`` or ``x1``, ``x2``, ... (the arguments), by
        these names; a constant slope as a number; None for an argument without
        derivative.  The tape keeps what the names ask for, and nothing else.
        A parameter of another name keeps its default, which it must have.

    Raises
    ------
    ArgumentError
        When a partial derivative has a parameter that is none of these, or is
        neither a function nor a number nor None; when there are not as many as
        arguments.

    Examples
    --------
    >>> import numpy as np, adlib
    >>> @adlib.primitive
    ... def softplus(x):
    ...     return np.logaddexp(0.0, x)
    >>> adlib.elementwise(softplus, lambda x: 1 / (1 + np.exp(-x)))
    >>> adlib.grad(softplus)(0.0)
    0.5
    """
    if isinstance(function, np.ufunc) and function.nin != len(partials):
        raise _not_one_for_each(function, partials, function.nin)
    declared = RULES[function] = Elementwise(function_name(function), partials)
    # No partial derivative asks for an operand, and a ufunc returns a new array, never an operand itself.
    declared.reads_operands = not isinstance(function, np.ufunc) or any(map(any, declared.needs))


def _not_one_for_each(function, partials, count):
    return ArgumentError(
        f"{function_name(function)} takes {count} argument{'s' * (count != 1)}, but was declared with "
        f"{len(partials)} partial derivative{'s' * (len(partials) != 1)}; give one for each argument, "
        "and None where there is none"
    )


def linear(function, transpose):
    """Declare a primitive that is linear in its first argument.

    Forward mode applies the function to the tangent.  Reverse mode applies
    ``transpose(g, shape, *rest, **kwargs)``, where `shape` is that of the first
    argument and `rest` are the other arguments of the call.

    Parameters
    ----------
    function : callable
        A NumPy function, or one made by `primitive`.
    transpose : callable
        From the adjoint g of the result to that of the first argument.

    Examples
    --------
    >>> import numpy as np, adlib
    >>> @adlib.primitive
    ... def delay(x, steps):
    ...     return np.roll(x, steps)
    >>> adlib.linear(delay, lambda g, shape, steps: np.roll(g, -steps))
    >>> adlib.grad(lambda x: delay(x, 1)[0])(np.zeros(3))
    array([0., 0., 1.])
    """
    RULES[function] = Linear(function_name(function), transpose)


def linear_join(function, transpose):
    """Declare a primitive that joins a sequence of arrays and is linear in them.

    ``transpose(g, shapes, **kwargs)`` returns one array for each shape.
    """
    RULES[function] = LinearJoin(function_name(function), transpose)


def bilinear(function, transpose_first, transpose_second):
    """Declare a primitive that is linear in each of its two arguments.

    ``transpose_first(g, shape_a, b)`` and ``transpose_second(g, a, shape_b)``
    give the contributions to the adjoints of a and b.  Keywords of the call are
    passed on to both, so both have to name them; another keyword is refused.

    Parameters
    ----------
    function : callable
        A NumPy function, or one made by `primitive`.
    transpose_first, transpose_second : callable
        From the adjoint g of the result to those of a and b.

    Examples
    --------
    >>> import numpy as np, adlib
    >>> @adlib.primitive
    ... def product(a, b):
    ...     return a @ b
    >>> adlib.bilinear(product, lambda g, shape_a, b: g @ b.T, lambda g, a, shape_b: a.T @ g)
    >>> adlib.check_grads(product, (np.eye(2) + 0.5, np.ones((2, 3))))
    """
    RULES[function] = Bilinear(function_name(function), (transpose_first, transpose_second))


def rule(function, jvp, vjp):
    """Declare a primitive by both directions.

    ``jvp(tangents, ans, *args, **kwargs)`` returns the tangent of `ans`; a
    tangent is None where the argument is constant.  ``vjp(g, ans, *args,
    **kwargs)`` returns one contribution for each argument; it may be None.

    A function that returns a tuple has a tuple of tangents, and `g` is a list
    with None for the results that nothing depends on.

    Both are written in NumPy, on values that an outer transformation may trace:
    so second derivatives follow from first ones.

    Parameters
    ----------
    function : callable
        A NumPy function, or one made by `primitive`.
    jvp, vjp : callable
        The rules of forward and of reverse mode.

    Examples
    --------
    >>> import numpy as np, adlib
    >>> @adlib.primitive
    ... def cube(x):
    ...     return x**3
    >>> adlib.rule(
    ...     cube,
    ...     jvp=lambda tangents, y, x: 3.0 * x**2 * tangents[0],
    ...     vjp=lambda g, y, x: (3.0 * x**2 * g,),
    ... )
    >>> adlib.hessian(cube)(2.0)
    np.float64(12.0)
    """
    RULES[function] = WrittenOut(function_name(function), jvp, vjp)


def composite(function, code):
    """Declare that `function` is computed by `code`, plain NumPy of other primitives.

    On a traced value `code` runs in place of `function`, so the two must agree.

    Parameters
    ----------
    function : callable
        A NumPy function, or one made by `primitive`.
    code : callable
        With the arguments and the result of `function`.

    Examples
    --------
    >>> import numpy as np, adlib
    >>> @adlib.primitive
    ... def norm(x):
    ...     return np.sqrt(np.sum(x * x))
    >>> adlib.composite(norm, lambda x: np.sqrt(x @ x))
    >>> adlib.grad(norm)(np.array([3.0, 4.0]))
    array([0.6, 0.8])
    """
    RULES[function] = Composite(function_name(function), code)


def zero(*functions):
    """Declare functions whose derivative is zero wherever it exists.

    On a traced value they return a plain one.

    Parameters
    ----------
    *functions : callable
        NumPy functions, or functions made by `primitive`.

    Examples
    --------
    >>> import numpy as np, adlib
    >>> @adlib.primitive
    ... def decimals(x):
    ...     return np.round(x, 1)
    >>> adlib.zero(decimals)
    >>> adlib.grad(lambda x: x * decimals(x))(0.23)
    0.2
    """
    for function in functions:
        RULES[function] = Zero(function_name(function))


def refuse(function, reason):
    """Declare that `function` has no derivative here, with the reason and the remedy.

    Parameters
    ----------
    function : callable
        A NumPy function, or one made by `primitive`.
    reason : str
        The end of the message: why, and what to write instead.

    Examples
    --------
    >>> import numpy as np, adlib
    >>> @adlib.primitive
    ... def median_of_means(x):
    ...     return np.median(x)
    >>> adlib.refuse(median_of_means, "it jumps; use np.mean")
    >>> adlib.grad(median_of_means)(np.ones(3))
    Traceback (most recent call last):
        ...
    adlib.TracedValueError: ...median_of_means on a traced value (shape (3,), float64): it jumps; ...
    """
    module = getattr(function, "__module__", None) or "numpy"  # ufuncs have none
    RULES[function] = Refuse(f"{module}.{function_name(function)}", reason)


def primitive(function):
    """Make a function a primitive: one node of the graph, with a rule of its own.

    The result behaves like `function` on plain arrays.  Declare its derivative
    with `elementwise`, `linear`, `bilinear`, `rule`, `composite`, `zero` or `refuse`;
    until then, calling it on a traced value is an error.

    Parameters
    ----------
    function : callable
        From arrays to an array.  It may use anything: its inside is not traced.
        It may not write into its arguments: while it is differentiated, they are
        read-only.  What its rule reads from outside, it reads when it runs.

    Returns
    -------
    callable
        `function`, with the same arguments.

    Examples
    --------
    A rule that gives the straight-through gradient of rounding:

    >>> import numpy as np, adlib
    >>> @adlib.primitive
    ... def round_through(x):
    ...     return np.round(x)
    >>> adlib.elementwise(round_through, 1)
    >>> adlib.grad(lambda x: 3.0 * round_through(x))(1.7)
    3.0
    """

    @functools.wraps(function)
    def call(*args, **kwargs):
        traced = next((x for x in (*args, *kwargs.values()) if is_traced(x)), None)
        if traced is None:
            return function(*args, **kwargs)
        declared = RULES.get(call)
        if declared is None:
            raise no_rule(f"the primitive {function_name(function)}", traced)
        if isinstance(declared, Elementwise) and len(args) != len(declared.partials):
            args, kwargs = _all_arguments(function, declared.partials, args, kwargs)
        return declared.bind(recorded, args, kwargs)

    @functools.wraps(function)
    def recorded(*args, **kwargs):
        """`call` for a trace, which keeps operands and results: none is written into, now or at the next call."""
        if any(is_traced(x) for x in (*args, *kwargs.values())):
            return call(*args, **kwargs)
        ans = function(*map(_unwritable, args), **kwargs)
        return rebuilt(ans, map(_owned, ans)) if isinstance(ans, tuple) else _owned(ans)

    return call


def _unwritable(x):
    if type(x) is np.ndarray:
        x = x.view()
        x.setflags(write=False)
    return x


def _owned(y):
    return copied(y) if type(y) is np.ndarray else y


def _all_arguments(function, partials, args, kwargs):
    """The arguments with those left to their defaults: the partial derivatives count them all."""
    bound = inspect.signature(function).bind(*args, **kwargs)
    bound.apply_defaults()
    if any(is_traced(x) for x in bound.args[len(partials) :]):
        raise _not_one_for_each(function, partials, len(bound.args))
    return bound.args, bound.kwargs


def stop_gradient(x):
    """The value of `x` as a constant: its derivative is zero in every mode and order.

    Parameters
    ----------
    x : float, array, or tree of them
        Inside a function that is being differentiated, or outside.

    Returns
    -------
    The plain value, of the same type and structure.

    Examples
    --------
    >>> import adlib
    >>> adlib.grad(lambda x: x * adlib.stop_gradient(x))(3.0)
    3.0
    """
    leaves, structure = flatten(x)
    return unflatten(structure, map(_stopped, leaves)) if structure is not None else _stopped(x)


def _stopped(x):
    value = plain_value(x)
    # A copy: the tape may still need the array itself.
    return np.array(value) if is_traced(x) and type(value) is np.ndarray else value
