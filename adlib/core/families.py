"""What the families of derivative rules do when a traced value meets a function.

==============  ==============  =================================================
family          declared by     what it does
==============  ==============  =================================================
`Elementwise`   `elementwise`   multiplies tangents and adjoints by partial
                                derivatives
`Linear`        `linear`        applies the function to the tangent, its
                                transpose to the adjoint
`LinearJoin`    `linear_join`   the same for a sequence of arrays
`Bilinear`      `bilinear`      the product rule, and two transposes
`General`       `rule`          runs what was written out for both directions
`Composite`     `composite`     runs other code in place of the function
`Zero`          `zero`          computes with plain values
`Refuse`        `refuse`        says why there is no derivative
==============  ==============  =================================================

These classes are on the path of every call.  The functions that declare, which
run when the table is filled, are in `declare`.

Rules are ordinary NumPy on the values of the level below, which may be traced
themselves.  So a rule that works once works at every order.
"""

import copy
import functools
import inspect
import operator

import numpy as np

from .adjoints import OutputAdjoint
from .errors import TracedValueError, describe, located
from .trace import TRACERS, apply, is_traced, operand, strip
from .tree import flatten, unflatten


class Rule:
    """What adlib does when a traced value meets a function."""

    # Whether an operator may hand its operands to the trace as they are.
    direct = False

    def __init__(self, name):
        self.name = name

    def bind(self, call, args, kwargs):
        """Carry out ``call(*args, **kwargs)``, with a traced value among the arguments."""
        raise NotImplementedError


class Differentiable(Rule):
    """A primitive with a derivative: one node of the computational graph.

    Its operands are the positional arguments.  `jvp` pushes tangents through
    it; `save` says what the tape must keep, and `vjp` pulls an adjoint back
    with no more than that.
    """

    def __init_subclass__(cls):
        cls.direct = cls.bind is Differentiable.bind

    def bind(self, call, args, kwargs):
        if kwargs and any(type(x) in TRACERS for x in kwargs.values()):
            bound = inspect.signature(call).bind(*args, **kwargs)
            args, kwargs = bound.args, bound.kwargs
        return apply(self, call, args, kwargs)

    def jvp(self, call, ans, args, kwargs, tangents):
        """The tangent of `ans`; ``tangents[k]`` is None where operand k is constant."""
        raise NotImplementedError

    def save(self, ans, args, kwargs, active):
        """What `vjp` needs of this call when the operands numbered in `active` are traced."""
        raise NotImplementedError

    def vjp(self, g, saved, active):
        """The contributions of the adjoint `g` to the adjoints of the active operands.

        They may still have the broadcast shape and the result's dtype: the
        engine projects them.
        """
        raise NotImplementedError


class Elementwise(Differentiable):
    """``y[i] = f(x1[i], x2[i], ...)``, with broadcasting.

    `partials[k]` is the derivative with respect to argument k: a number, a
    function, or None where there is none.  The function's parameter names say
    what it needs: ``y`` the result, ``x`` or ``x1``, ``x2``, ... the arguments.
    So they also say what the tape has to keep.
    """

    def __init__(self, name, partials):
        super().__init__(name)
        # A function of nothing is a number.
        partials = [p() if callable(p) and not _slots(p) else p for p in partials]
        self.partials = partials
        self.slots = [_slots(p) if callable(p) else () for p in partials]
        self._plans = {}

    def partial(self, k, slots):
        """The partial derivative in argument k, where ``slots = (y, x1, x2, ...)``."""
        p = self.partials[k]
        needed = self.slots[k]
        if len(needed) == 1:
            try:
                return p(slots[needed[0]])
            except ArithmeticError:
                pass
        return _evaluate(p, [slots[i] for i in needed]) if callable(p) else p

    def jvp(self, call, ans, args, kwargs, tangents):
        slots = (ans, *args)
        if len(tangents) == 1 and self.partials[0] is not None:
            return scale(self.partial(0, slots), tangents[0])
        total = None
        for k, tangent in enumerate(tangents):
            if tangent is None or self.partials[k] is None:
                continue
            term = scale(self.partial(k, slots), tangent)
            total = term if total is None else total + term
        return np.zeros_like(ans) if total is None else total

    def _plan(self, active):
        """How to keep what the partials of these operands need, and how to use it.

        Made once for each set of traced operands: what to take from ``(y, x1,
        x2, ...)``, and one function of ``(g, saved)`` for each operand.
        """
        kept = sorted({i for k in active for i in self.slots[k]})
        take = operator.itemgetter(*kept) if kept else _nothing
        pulls = [_pull(self.partials[k], [kept.index(i) for i in self.slots[k]], len(kept)) for k in active]
        plan = self._plans[active] = take, pulls
        return plan

    def save(self, ans, args, kwargs, active):
        take, _ = self._plans.get(active) or self._plan(active)
        return take((ans, *args))

    def vjp(self, g, saved, active):
        _, pulls = self._plans[active]
        if len(pulls) == 1:
            return (pulls[0](g, saved),)
        return [pull(g, saved) for pull in pulls]


def _nothing(slots):
    return None


def _pull(partial, where, count):
    """The contribution of an adjoint through one partial derivative, as a function of ``(g, saved)``.

    `where` says which of the `count` saved values the partial needs; a single
    saved value is saved as it is, several as a tuple.
    """
    if partial is None:
        return lambda g, saved: None
    if not callable(partial):
        return _unchanged if type(partial) is int and partial == 1 else lambda g, saved: scale(partial, g)
    if count == 1:

        def pull(g, saved):
            try:
                slope = partial(saved)
            except ArithmeticError:
                slope = _evaluate(partial, (saved,))
            return slope * g if type(slope) is float else scale(slope, g)

    else:

        def pull(g, saved):
            return scale(_evaluate(partial, [saved[i] for i in where]), g)

    return pull


def _unchanged(g, saved):
    return g


def _evaluate(partial, needed):
    try:
        return partial(*needed)
    except ArithmeticError:
        # Python's floats raise where NumPy's give an infinite slope.
        return partial(*[x * np.float64(1) if type(strip(x)) in (float, int) else x for x in needed])


def scale(partial, x):
    """``partial * x``, without the multiplication where the partial is 1 or -1.

    A mask selects: what it leaves out is 0 even where x is not finite.
    """
    kind = type(partial)
    if kind is np.ndarray:
        return np.where(partial, x, 0.0) if partial.dtype.kind == "b" else partial * x
    if kind is int:
        if partial == 1:
            return x
        if partial == -1:
            return -x
    elif kind is np.bool_:
        return np.where(partial, x, 0.0)
    return partial * x


def _slots(partial):
    """Positions in ``(y, x1, x2, ...)`` of the names that a partial derivative asks for."""
    names = {"y": 0, "x": 1}
    return tuple(names.get(n) if n in names else int(n[1:]) for n in inspect.signature(partial).parameters)


class Linear(Differentiable):
    """Linear in its first operand: ``f(x, *rest)``, with transpose ``(g, shape of x, *rest)``."""

    def __init__(self, name, transpose):
        super().__init__(name)
        self.transpose = transpose
        self._keywords = keyword_names(transpose)

    def bind(self, call, args, kwargs):
        if kwargs and self._keywords is not None:
            traced = {name for name, value in kwargs.items() if type(value) in TRACERS}
            kwargs = supported(self._keywords | traced, call, args, kwargs)
        for k in range(1, len(args)):
            if type(args[k]) in TRACERS:
                raise located(
                    TracedValueError(
                        f"argument {k + 1} of {self.name} is a traced value, but no derivative exists "
                        "with respect to it; pass a plain number or adlib.stop_gradient(x)"
                    )
                )
        return super().bind(call, args, kwargs)

    def jvp(self, call, ans, args, kwargs, tangents):
        return call(tangents[0], *args[1:], **kwargs)

    def save(self, ans, args, kwargs, active):
        return np.shape(args[0]), [settled(x) for x in args[1:]], kwargs and settled(kwargs)

    def vjp(self, g, saved, active):
        shape, rest, kwargs = saved
        return [self.transpose(g, shape, *rest, **kwargs)]


def settled(x):
    """A setting as the tape keeps it: lists and dicts, which the caller may go on to change, are copied.

    So are arrays inside them; arrays among the operands are safe already.
    """
    if type(x) is dict:
        return {k: v.copy() if type(v) is np.ndarray else settled(v) for k, v in x.items()}
    return copy.deepcopy(x) if type(x) is list else x


class LinearJoin(Differentiable):
    """Linear in a sequence of arrays jointly: stack, concatenate.

    The sequence is spread over the operands, so that each array is one.
    """

    def __init__(self, name, transpose):
        super().__init__(name)
        self.transpose = transpose

    def bind(self, call, args, kwargs):
        arguments = {**dict(zip(("arrays", "axis", "out"), args)), **kwargs}
        arrays = arguments.pop("arrays")
        arguments.pop("out", None)
        spread = functools.partial(_spread, call)
        return apply(self, spread, [operand(x) for x in arrays], arguments)

    def jvp(self, call, ans, args, kwargs, tangents):
        tangents = [np.zeros_like(strip(x)) if t is None else t for x, t in zip(args, tangents)]
        return call(*tangents, **kwargs)

    def save(self, ans, args, kwargs, active):
        return [np.shape(x) for x in args], kwargs

    def vjp(self, g, saved, active):
        shapes, kwargs = saved
        parts = self.transpose(g, shapes, **kwargs)
        return [parts[k] for k in active]


def keyword_names(code):
    """The names by which `code` takes its arguments; None when it takes any."""
    parameters = inspect.signature(code).parameters.values()
    return None if any(p.kind is p.VAR_KEYWORD for p in parameters) else {p.name for p in parameters}


def supported(names, call, args, kwargs):
    """The keywords that are given and known by `names`; others are refused by name."""
    if not kwargs or names is None:
        return kwargs
    given = {}
    for name, value in kwargs.items():
        if value is np._NoValue:
            continue
        if name in names:
            given[name] = value
        elif value is not None:
            leaves, _ = flatten((args, kwargs))
            raise unsupported_keyword(name, call, next((x for x in leaves if is_traced(x)), value))
    return given


def unsupported_keyword(name, function, x):
    """The error for a keyword that a rule does not know; `x` is the traced value it met."""
    prefix = "numpy." if getattr(np, function_name(function), None) is function else ""
    return located(
        TracedValueError(
            f"the keyword {name!r} of {prefix}{function_name(function)} is not supported on a "
            f"{describe(x)}; leave it out, or use np.where or astype"
        )
    )


def _spread(call, *arrays, **kwargs):
    return call(list(arrays), **kwargs)


class Bilinear(Differentiable):
    """Linear in each of two operands; a transpose for each.

    ``transposes[0](g, shape of a, b)`` and ``transposes[1](g, a, shape of b)``.
    """

    def __init__(self, name, transposes):
        super().__init__(name)
        self.transposes = transposes

    def bind(self, call, args, kwargs):
        return super().bind(call, [operand(x) for x in args if x is not None], kwargs)

    def jvp(self, call, ans, args, kwargs, tangents):
        a, b = args
        da, db = tangents
        if db is None:
            return call(da, b, **kwargs)
        if da is None:
            return call(a, db, **kwargs)
        return call(da, b, **kwargs) + call(a, db, **kwargs)

    def save(self, ans, args, kwargs, active):
        a, b = args
        shapes = np.shape(a), np.shape(b)
        return (a if 1 in active else None), (b if 0 in active else None), shapes

    def vjp(self, g, saved, active):
        a, b, (shape_a, shape_b) = saved
        first, second = self.transposes
        return [first(g, shape_a, b) if k == 0 else second(g, a, shape_b) for k in active]


class General(Differentiable):
    """A rule that writes out both directions."""

    def __init__(self, name, jvp, vjp):
        super().__init__(name)
        self._jvp = jvp
        self._vjp = vjp

    def jvp(self, call, ans, args, kwargs, tangents):
        return self._jvp(tangents, ans, *args, **kwargs)

    def save(self, ans, args, kwargs, active):
        return ans, [settled(x) for x in args], kwargs and settled(kwargs)

    def vjp(self, g, saved, active):
        ans, args, kwargs = saved
        cotangents = self._vjp(g, ans, *args, **kwargs)
        return [cotangents[k] for k in active]


class Output(Differentiable):
    """Taking one result of an operation that has several."""

    def vjp(self, g, saved, active):
        return [OutputAdjoint(saved, g)]


OUTPUT = Output("output")


def rebuilt(ans, outputs):
    """The results in the container they came in: a tuple, or NumPy's named tuple."""
    return type(ans)(*outputs) if hasattr(ans, "_fields") else tuple(outputs)


class Composite(Rule):
    """Plain NumPy code of other primitives, differentiated by running it."""

    def __init__(self, name, code):
        super().__init__(name)
        self.code = code
        self._keywords = keyword_names(code)

    def bind(self, call, args, kwargs):
        return self.code(*args, **supported(self._keywords, call, args, kwargs))


class Zero(Rule):
    """A derivative that is zero wherever it exists: the result is a plain value."""

    def bind(self, call, args, kwargs):
        leaves, structure = flatten((args, kwargs))
        args, kwargs = unflatten(structure, [strip(x) for x in leaves])
        return call(*args, **kwargs)


class Refuse(Rule):
    """No derivative, with the reason and what to write instead."""

    def __init__(self, name, reason):
        super().__init__(name)
        self.reason = reason

    def bind(self, call, args, kwargs):
        leaves, _ = flatten((args, kwargs))
        traced = next((describe(x) for x in leaves if is_traced(x)), "traced value")
        raise located(TracedValueError(f"{self.name} on a {traced}: {self.reason}"))


def function_name(function):
    """The name under which a rule stands in a graph."""
    if isinstance(function, tuple):  # a ufunc and its method
        return f"{function[0].__name__}.{function[1]}"
    return getattr(function, "__name__", "function")
