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

from .errors import ArgumentError, TracedValueError, with_user_line
from .families import (
    Bilinear,
    Composite,
    Differentiable,
    Elementwise,
    Linear,
    LinearJoin,
    Refuse,
    Undeclared,
    UserWrittenOut,
    WrittenOut,
    Zero,
)
from .frozen import watched
from .guards import (
    callables,
    common_defaults,
    declarable,
    is_own,
    known_arguments,
    positional_names,
    refuse_captured,
    refuse_wrong_arguments,
    user_function,
    user_jvp,
    user_transpose,
    user_vjp,
)
from .keywords import by_position, function_name, unsupported_keyword
from .settings import shown
from .trace import DIFFERENTIATED, RECORDED, RULES, is_differentiated, is_traced, note_own_rule, plain_value
from .tree import flatten, unflatten

_CONTAINERS = frozenset({list, tuple, dict})
_MAY_HOLD_RECORDED = RECORDED | _CONTAINERS


def elementwise(function, *partials):
    """Declare an elementwise primitive by its partial derivatives.

    Parameters
    ----------
    function : ufunc or callable
        A NumPy function, or one made by `primitive`.
    *partials : callable, number, array or None
        One for each argument: the partial derivative as a function of any of
        ``y`` (the result) and ``x`` or ``x1``, ``x2``, ... (the arguments), by
        these names; a constant slope as a number or an array; None for an argument without
        derivative.  The tape keeps what the names ask for, and nothing else.
        A parameter of another name keeps its default, which it must have.

    Raises
    ------
    ArgumentError
        When a partial derivative has a parameter that is none of these, or is
        neither a function nor a constant nor None; when there are not as many as
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
    declarable(function, "elementwise")
    known = ["x"] * function.nin if isinstance(function, np.ufunc) else (known_arguments(function) or (None,))[0]
    if known is not None and len(known) != len(partials):
        raise _not_one_for_each(function, partials, len(known))
    for partial in partials if known else ():
        _refuse_settings(function, partial, known)
    declared = RULES[function] = Elementwise(function_name(function), partials)
    # No partial derivative asks for an operand, and a ufunc returns a new array, never an operand itself.
    declared.reads_operands = not isinstance(function, np.ufunc) or any(map(any, declared.needs))


def _refuse_settings(function, partial, known):
    """Refuse a setting of a partial derivative that has the name of an argument: it would not follow the argument."""
    try:
        parameters = inspect.signature(partial).parameters if callable(partial) else {}
    except ValueError:  # written in C, without a signature
        return
    keywords = inspect.signature(function).parameters if hasattr(function, "__wrapped__") else {}
    for name, p in parameters.items():
        if name in keywords and p.default is not p.empty:
            instead = f"name it x{known.index(name) + 1}" if name in known else "make it positional in both"
            raise ArgumentError(
                f"a partial derivative of {function_name(function)} has a setting {name!r}, which is an argument of the "
                f"function and would not follow it; {instead}"
            )


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
    declarable(function, "linear")
    callables("linear", transpose=transpose)
    if (arguments := known_arguments(function)) is not None:
        names, required = arguments
        form = f"transpose({', '.join(['g', 'shape', *names[1:required]])})"
        what = f"the transpose of {function_name(function)}"
        refuse_wrong_arguments(transpose, what, form, max(required, 1) + 1, function, 2)
    name = function_name(function)
    RULES[function] = Linear(name, transpose if is_own(transpose) else user_transpose(transpose, name))
    RULES[function].defaults = common_defaults(function, transpose)


def linear_join(function, transpose):
    """Declare a primitive that joins a sequence of arrays and is linear in them.

    ``transpose(g, shapes, **kwargs)`` returns one array for each shape.
    """
    declarable(function, "linear_join")
    callables("linear_join", transpose=transpose)
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
    declarable(function, "bilinear")
    callables("bilinear", transpose_first=transpose_first, transpose_second=transpose_second)
    name = function_name(function)
    transposes = [(transpose_first, "g, shape_a, b"), (transpose_second, "g, a, shape_b")]
    if known_arguments(function) is not None:
        for transpose, form in transposes:
            refuse_wrong_arguments(transpose, f"a transpose of {name}", f"transpose({form})", 3, function, 3)
    RULES[function] = Bilinear(name, [t if is_own(t) else user_transpose(t, name) for t, _ in transposes])


def rule(function, jvp, vjp):
    """Declare a primitive by both directions.

    ``jvp(tangents, ans, *args, **kwargs)`` returns the tangent of `ans`; the
    tangents are a tuple, with None where the argument is constant.  ``vjp(g, ans,
    *args, **kwargs)`` returns a tuple with one contribution for each argument; it may be None.

    A function that returns a tuple has a tuple of tangents, and `g` is a tuple
    with None for the results that nothing depends on.  What is no float among the
    results is a constant, and has None for its tangent.

    Arrays are given to both read-only.

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
    declarable(function, "rule")
    callables("rule", jvp=jvp, vjp=vjp)
    name = function_name(function)
    if is_own(jvp) and is_own(vjp):
        RULES[function] = WrittenOut(name, jvp, vjp)
        return
    if (arguments := known_arguments(function)) is not None:
        names, required = arguments
        for role, code, first in (("jvp", jvp, "tangents"), ("vjp", vjp, "g")):
            form = f"{role}({', '.join([first, 'ans', *names[:required]])})"
            refuse_wrong_arguments(code, f"the {role} of {name}", form, required + 2, function, 2)
    RULES[function] = UserWrittenOut(name, user_jvp(jvp, name), user_vjp(vjp, name))
    RULES[function].defaults = common_defaults(function, jvp, vjp)


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
    declarable(function, "composite")
    callables("composite", code=code)
    if (arguments := known_arguments(function)) is not None:
        names, required = arguments
        what = f"the code of {function_name(function)}"
        refuse_wrong_arguments(code, what, f"code({', '.join(names[:required])})", required, function, 0)
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
        declarable(function, "zero")
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
    declarable(function, "refuse")
    if not isinstance(reason, str) or not reason:
        raise ArgumentError(f"refuse takes a reason in words, but got {shown(reason)}")
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
        From arrays to an array, or a tuple of arrays.  It may use anything: its
        inside is not traced.  While it is differentiated, its arguments are
        read-only, and what is traced has to be among them.  An object among them must
        not change before its rule has run.  What its rule reads from outside, it
        reads when it runs.

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

    callables("primitive", f=function)
    name = function_name(function)
    if is_own(function) and not isinstance(function, np.vectorize):
        return _own_primitive(function)

    @functools.wraps(function)
    def call(*args, **kwargs):
        inputs = (*args, *kwargs.values())
        kinds = set(map(type, inputs))  # half the time of a loop with `is_differentiated`
        direct = not DIFFERENTIATED.isdisjoint(kinds)
        if not direct and (_CONTAINERS.isdisjoint(kinds) or not any(map(is_differentiated, flatten(inputs)[0]))):
            result = function(*args, **kwargs)
            refuse_captured(result, name)
            if not kinds.isdisjoint(_MAY_HOLD_RECORDED):
                for x in flatten(inputs)[0]:
                    note_own_rule(x, f"the primitive {name}")
            return result
        declared = RULES[call]
        if not isinstance(declared, Differentiable):
            return declared.bind(plain if isinstance(declared, Zero) else call, args, kwargs)
        if not direct:
            raise with_user_line(
                TracedValueError(
                    f"the primitive {name} has a traced value inside a list, tuple or dict, where its rule does not see "
                    "it; make it an argument, as in f(*xs)"
                )
            )
        if isinstance(declared, (Elementwise, Bilinear)):
            args, kwargs = _operands(call, declared, args, kwargs)
        elif declared.defaults:
            given = {*names[: len(args)], *kwargs}
            kwargs = {**{k: v for k, v in declared.defaults.items() if k not in given}, **kwargs}
        return declared.bind(inside, [watched(x) for x in args], {k: watched(x) for k, x in kwargs.items()})

    @functools.wraps(function)
    def inside(*args, **kwargs):
        return (differentiable if DIFFERENTIATED.isdisjoint(map(type, args)) else call)(*args, **kwargs)

    names = (positional_names(function) or ((),))[0]
    differentiable, plain = (user_function(function, name, d) for d in (True, False))
    RULES[call] = Undeclared(name)
    return call


def _own_primitive(function):
    """A primitive of adlib's own, which needs no guard."""

    @functools.wraps(function)
    def call(*args, **kwargs):
        if not any(map(is_differentiated, (*args, *kwargs.values()))):
            return function(*args, **kwargs)
        declared = RULES[call]
        if isinstance(declared, Elementwise):
            args, kwargs = _operands(call, declared, args, kwargs)
        return declared.bind(call, args, kwargs)

    RULES[call] = Undeclared(function_name(function))
    return call


def _operands(call, declared, args, kwargs):
    """The operands by position: of an elementwise function all, those left to their defaults too; of a bilinear one two."""
    if isinstance(declared, Bilinear):
        names = (positional_names(call) or ((),))[0][len(args) : 2]
        args = (*args, *[kwargs[k] for k in names if k in kwargs])
        if len(args) != 2:
            raise ArgumentError(
                f"{declared.name} is bilinear, a function of two arguments, but was called with {len(args)}; "
                "pass settings by keyword"
            )
        return args, {k: v for k, v in kwargs.items() if k not in names}
    count = len(declared.partials)
    if kwargs or len(args) != count:
        given = kwargs
        try:
            bound = inspect.signature(call).bind(*args, **kwargs)
        except ValueError:  # written in C, without a signature
            pass
        except TypeError as error:
            raise TypeError(f"{function_name(call)}() was called with wrong arguments: {error}") from None
        else:
            given = bound.kwargs
            bound.apply_defaults()
            args = bound.args
        if len(args) < count or any(map(is_differentiated, args[count:])):
            raise _not_one_for_each(call, declared.partials, len(args))
        if given:
            by_position(call, args, given)
            raise unsupported_keyword(next(iter(given)), call, next(x for x in args if is_traced(x)))
    return args, {}


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
    note_own_rule(value, "stop_gradient")
    # A copy: the tape may still need the array itself.
    return np.array(value) if is_traced(x) and type(value) is np.ndarray else value
