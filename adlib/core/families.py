"""What the families of derivative rules do when a traced value meets a function.

================  ==============  ===============================================
family            declared by     what it does
================  ==============  ===============================================
`Elementwise`     `elementwise`   multiplies tangents and adjoints by partial
                                  derivatives
`Linear`          `linear`        applies the function to the tangent, its
                                  transpose to the adjoint
`LinearJoin`      `linear_join`   the same for a sequence of arrays
`Bilinear`        `bilinear`      the product rule, and two transposes
`WrittenOut`      `rule`          runs what was written out for both directions
`UserWrittenOut`  `rule`          the same for a user, who names the keywords
`Composite`       `composite`     runs other code in place of the function
`Zero`            `zero`          computes with plain values
`Undeclared`      `primitive`     says that a rule is missing
`Refuse`          `refuse`        says why there is no derivative
================  ==============  ===============================================

These classes are on the path of every call.  The functions that declare, which
run when the table is filled, are in `declare`.

Rules are ordinary NumPy on the values of the level below, which may be traced
themselves.  So a rule that works once works at every order.

In every rule ``g`` is the adjoint of the result; ``dx`` (``da``, ``db``) is the
tangent of an operand and ``x_bar`` what it receives in return.  A tangent is
None where the operand is constant.  The classes here see to that; a rule that
is written out adds up its terms with `total_differential`, which skips None.
"""

import functools
import inspect
import operator

import numpy as np

from .errors import ArgumentError, TracedValueError, describe, with_user_line
from .guards import is_own, user_partial
from .keywords import by_position, keyword_names, supported
from .settings import shown
from .trace import DIFFERENTIATED, NO_KEYWORDS, RECORDED, apply, as_operand, is_traced, plain_value
from .tree import flatten, unflatten


class Rule:
    """What adlib does when a traced value meets a function."""

    # Whether an operator may go straight to the trace: `bind` would do nothing else.
    needs_no_binding = False

    def __init__(self, name):
        self.name = name

    def bind(self, call, args, kwargs):
        """Carry out ``call(*args, **kwargs)``, with a traced value among the arguments."""
        raise NotImplementedError


class Differentiable(Rule):
    """A primitive with a derivative: one node of the computational graph.

    Its operands are the positional arguments; `argnums` are the numbers of those
    that are traced.  `jvp` pushes tangents through it; the tape keeps the
    `residuals`, and `vjp` pulls an adjoint back with no more than those.

    `reads_operands` says whether the residuals or the result may hold an operand, so that
    the tape copies those that are plain arrays.
    """

    reads_operands = True

    # What a call that leaves arguments out adds, so that a rule sees them: for primitives of the user's.
    defaults = NO_KEYWORDS

    def __init_subclass__(cls):
        cls.needs_no_binding = cls.bind is Differentiable.bind

    def bind(self, call, args, kwargs):
        if kwargs and any(type(x) in DIFFERENTIATED for x in kwargs.values()):
            args, kwargs = by_position(call, args, kwargs)
        return apply(self, call, args, kwargs)

    def jvp(self, call, ans, args, kwargs, tangents):
        """The tangent of `ans`; ``tangents[k]`` is None where operand k is constant."""
        raise NotImplementedError

    def residuals(self, ans, args, kwargs, argnums):
        """What `vjp` needs of this call when the operands `argnums` are traced."""
        raise NotImplementedError

    def vjp(self, g, residuals, argnums):
        """The contributions of the adjoint `g` to the adjoints of the operands `argnums`.

        They may still have the broadcast shape and the result's dtype, which
        `ReverseTrace.pull` projects; None is no contribution, and what is no array is
        a `modes.contributions.Contribution`.
        """
        raise NotImplementedError


def total_differential(terms, tangents):
    """``dy = f1(dx1) + f2(dx2) + ...`` over the operands that vary; None if none does.

    `terms` has one function for each operand, linear in its tangent.
    """
    total = None
    for term, tangent in zip(terms, tangents):
        if tangent is not None:
            contribution = term(tangent)
            total = contribution if total is None else total + contribution
    return total


class Elementwise(Differentiable):
    """``y[i] = f(x1[i], x2[i], ...)``, with broadcasting.

    `partials[k]` is the derivative with respect to argument k: a number, an array, a
    function, or None where there is none.  The function's parameter names say
    what it needs: ``y`` the result, ``x`` or ``x1``, ``x2``, ... the arguments.
    So they also say what the tape has to keep.

    `needs[k]` has the positions in ``(y, x1, x2, ...)`` of what `partials[k]` needs.
    """

    def __init__(self, name, partials):
        super().__init__(name)
        self.needs = [_needs(p, name, len(partials)) for p in partials]
        partials = [user_partial(p, name) if callable(p) and not is_own(p) else p for p in partials]
        # Without parameters it is a constant: called once, here, and not in every operation.
        self.partials = [p() if callable(p) and not needed else p for p, needed in zip(partials, self.needs)]
        self.partials = [p.copy() if type(p) is np.ndarray else p for p in self.partials]
        self._contributions = [_contribution(p, needed) for p, needed in zip(self.partials, self.needs)]
        self._plans = {}

    def partial(self, k, values):
        """The partial derivative in argument k, where ``values = (y, x1, x2, ...)``."""
        partial = self.partials[k]
        return _at(partial, [values[i] for i in self.needs[k]]) if callable(partial) else partial

    def jvp(self, call, ans, args, kwargs, tangents):
        # `total_differential`, written out: programs consist of these operations more than of any other.
        values = (ans, *args)
        total = None
        for k, tangent in enumerate(tangents):
            if tangent is not None:
                term = self._contributions[k](tangent, values)
                if term is not None:
                    total = term if total is None else total + term
        return np.zeros_like(ans) if total is None else total

    def _plan(self, argnums):
        """What the tape keeps when these operands are traced, and what each then receives.

        A pair: how to take the residuals out of ``(y, x1, x2, ...)``, and one
        contribution for each operand.  For a product of two traced operands the
        residuals are ``(x1, x2)`` and the contributions ``x2 * g`` and ``x1 * g``;
        if the second is constant, they are x2, and ``x2 * g``.
        """
        kept = sorted({i for k in argnums for i in self.needs[k]})
        take = operator.itemgetter(*kept) if kept else _nothing
        # A single residual is kept as it is, several as a tuple.
        where = [[kept.index(i) for i in self.needs[k]] if len(kept) > 1 else None for k in argnums]
        contributions = [_contribution(self.partials[k], w) for k, w in zip(argnums, where)]
        plan = self._plans[argnums] = take, contributions
        return plan

    def residuals(self, ans, args, kwargs, argnums):
        try:
            take, _ = self._plans[argnums]
        except KeyError:
            take, _ = self._plan(argnums)
        return take((ans, *args))

    def vjp(self, g, residuals, argnums):
        _, contributions = self._plans[argnums]
        if len(contributions) == 1:  # a comprehension takes 7 % of the gradient of a chain of numbers
            return (contributions[0](g, residuals),)
        return [contribution(g, residuals) for contribution in contributions]


def _nothing(values):
    return None


def _contribution(partial, where):
    """What an operand contributes: its partial derivative times `x`, a tangent or an adjoint.

    A function of ``(x, values)``.  The partial derivative needs the `values`
    at the positions `where`; if `where` is None, they are one value, and it
    needs that.  An operand without derivative contributes None.
    """
    if partial is None:
        return lambda x, values: None
    if not callable(partial):
        return _unchanged if type(partial) is int and partial == 1 else lambda x, values: scale(partial, x)
    if where is None or len(where) == 1:
        i = None if where is None else where[0]

        def contribution(x, values):
            value = values if i is None else values[i]
            try:
                slope = partial(value)  # `_at`, without the time of a call
            except ArithmeticError:
                slope = _at(partial, (value,))
            # `scale` without the time of a call, 3 % of the gradient of a program on numbers.
            return slope * x if type(slope) is float else scale(slope, x)

        return contribution
    take = operator.itemgetter(*where)
    return lambda x, values: scale(_at(partial, take(values)), x)


def _unchanged(x, values):
    return x


def _at(partial, needed):
    """A partial derivative at the values that it needs.

    At a corner Python's floats raise (1 / 0.0, 0.0 ** -0.5, an overflow) where
    NumPy's give a slope that is infinite, as the module `arithmetic` promises.
    So the partial is asked again, with NumPy's.  Not from the start: operations on them
    take twice the time, and a program on Python's floats keeps its types.
    """
    try:
        return partial(*needed)
    except ArithmeticError:
        return partial(*[x * np.float64(1) if type(plain_value(x)) in (float, int) else x for x in needed])


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
    elif kind is np.bool_ or kind in RECORDED and partial.dtype.kind == "b":
        return np.where(partial, x, 0.0)
    return partial * x


def _needs(partial, name, count):
    """Positions in ``(y, x1, x2, ...)`` of the values that a partial derivative asks for by its parameters' names.

    A parameter of another name may follow if it has a default, which it keeps.
    """
    constant = isinstance(partial, np.ndarray) and type(partial) is np.ndarray and partial.dtype.kind in "fiub"
    if partial is None or isinstance(partial, (int, float, np.floating, np.integer, np.bool_)) or constant:
        return ()
    try:
        parameters = inspect.signature(partial).parameters.values()
    except (TypeError, ValueError):  # not a function; or one written in C, without a signature
        raise ArgumentError(
            f"a partial derivative of {name} is a number, an array, None, or a function whose parameters have names, "
            f"but one is {shown(partial)}"
        ) from None
    positions = {"y": 0, "x": 1} | {f"x{k}": k for k in range(1, count + 1)}
    needs, settings = [], False
    for p in parameters:
        by_position = p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)
        if by_position and p.name in positions and not settings:
            needs.append(positions[p.name])
        elif p.default is not p.empty and p.name not in positions:
            settings = True
        else:
            raise ArgumentError(
                f"a partial derivative of {name} takes {', '.join(positions)} (the result, and an argument for "
                f"each partial derivative, by these names and in order), not {p.name!r}"
            )
    return tuple(needs)


class Linear(Differentiable):
    """Linear in its first operand: ``f(x, *rest)``, with transpose ``(g, shape of x, *rest)``."""

    def __init__(self, name, transpose):
        super().__init__(name)
        self.transpose = transpose
        self._keywords = keyword_names(transpose)

    def bind(self, call, args, kwargs):
        if kwargs and self._keywords is not None:
            traced = {name for name, value in kwargs.items() if type(value) in DIFFERENTIATED}
            kwargs = supported(self._keywords | traced, call, args, kwargs)
        for k in range(1, len(args)):
            if type(args[k]) in DIFFERENTIATED:
                raise with_user_line(
                    TracedValueError(
                        f"argument {k + 1} of {self.name} is a traced value, but no derivative exists "
                        "with respect to it; pass a plain number or adlib.stop_gradient(x)"
                    )
                )
        return super().bind(call, args, kwargs)

    def jvp(self, call, ans, args, kwargs, tangents):
        return call(tangents[0], *args[1:], **kwargs)

    def residuals(self, ans, args, kwargs, argnums):
        return np.shape(args[0]), args[1:], kwargs

    def vjp(self, g, residuals, argnums):
        shape, rest, kwargs = residuals
        return [self.transpose(g, shape, *rest, **kwargs)]


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
        return apply(self, spread, [as_operand(x) for x in arrays], arguments)

    def jvp(self, call, ans, args, kwargs, tangents):
        # A constant array has its place in the tangent, too: zeros.
        tangents = [np.zeros_like(plain_value(x)) if t is None else t for x, t in zip(args, tangents)]
        return call(*tangents, **kwargs)

    def residuals(self, ans, args, kwargs, argnums):
        return [np.shape(x) for x in args], kwargs

    def vjp(self, g, residuals, argnums):
        shapes, kwargs = residuals
        parts = self.transpose(g, shapes, **kwargs)
        return [parts[k] for k in argnums]


def _spread(call, *arrays, **kwargs):
    return call(list(arrays), **kwargs)


class Bilinear(Differentiable):
    """Linear in each of two operands; a transpose for each.

    ``transposes[0](g, shape of a, b)`` and ``transposes[1](g, a, shape of b)``,
    with the keywords of the call, each of which both have to name.
    """

    def __init__(self, name, transposes):
        super().__init__(name)
        self.transposes = transposes
        self._keywords = [keyword_names(transpose) for transpose in transposes]

    def bind(self, call, args, kwargs):
        for names in self._keywords if kwargs else ():
            traced = {name for name, value in kwargs.items() if type(value) in DIFFERENTIATED}
            kwargs = supported(names and names | traced, call, args, kwargs)
        return super().bind(call, [as_operand(x) for x in args if x is not None], kwargs)  # None: the `out` of np.dot

    def jvp(self, call, ans, args, kwargs, tangents):
        # The product rule; a constant factor has no term.
        a, b = args
        da, db = tangents
        if db is None:
            return call(da, b, **kwargs)
        if da is None:
            return call(a, db, **kwargs)
        return call(da, b, **kwargs) + call(a, db, **kwargs)

    def residuals(self, ans, args, kwargs, argnums):
        a, b = args
        shapes = np.shape(a), np.shape(b)
        return (a if 1 in argnums else None), (b if 0 in argnums else None), shapes, kwargs

    def vjp(self, g, residuals, argnums):
        a, b, (shape_a, shape_b), kwargs = residuals
        first, second = [functools.partial(t, **kwargs) for t in self.transposes] if kwargs else self.transposes
        return [first(g, shape_a, b) if k == 0 else second(g, a, shape_b) for k in argnums]


class WrittenOut(Differentiable):
    """A rule that writes out both directions."""

    def __init__(self, name, jvp, vjp):
        super().__init__(name)
        self._jvp = jvp
        self._vjp = vjp

    def jvp(self, call, ans, args, kwargs, tangents):
        return self._jvp(tangents, ans, *args, **kwargs)

    def residuals(self, ans, args, kwargs, argnums):
        return ans, args, kwargs

    def vjp(self, g, residuals, argnums):
        ans, args, kwargs = residuals
        contributions = self._vjp(g, ans, *args, **kwargs)
        return [contributions[k] for k in argnums]


class UserWrittenOut(WrittenOut):
    """A rule that a user wrote out, which has to name every keyword of a call."""

    def __init__(self, name, jvp, vjp):
        super().__init__(name, jvp, vjp)
        self._keywords = [keyword_names(jvp), keyword_names(vjp)]

    def bind(self, call, args, kwargs):
        for names in self._keywords if kwargs else ():
            traced = {name for name, value in kwargs.items() if type(value) in DIFFERENTIATED}
            kwargs = supported(names and names | traced, call, args, kwargs)
        return super().bind(call, args, kwargs)


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
        try:
            return self.code(*args, **supported(self._keywords, call, args, kwargs))
        except RecursionError:
            raise ArgumentError(
                f"the code of {self.name}, declared with composite, calls itself without end; "
                "write it with other functions"
            ) from None


class Zero(Rule):
    """A derivative that is zero wherever it exists: the result is a plain value."""

    def bind(self, call, args, kwargs):
        leaves, structure = flatten((args, kwargs))
        args, kwargs = unflatten(structure, [plain_value(x) for x in leaves])
        return call(*args, **kwargs)


class Undeclared(Rule):
    """A primitive whose derivative nobody has declared yet."""

    def bind(self, call, args, kwargs):
        leaves, _ = flatten((args, kwargs))
        raise with_user_line(
            TracedValueError(
                f"adlib has no derivative rule for the primitive {self.name}, called on a "
                f"{describe(next(x for x in leaves if is_traced(x)))}; "
                "declare it with adlib.elementwise, adlib.rule or another of their kind"
            )
        )


class Refuse(Rule):
    """No derivative, with the reason and what to write instead."""

    def __init__(self, name, reason):
        super().__init__(name)
        self.reason = reason

    def bind(self, call, args, kwargs):
        leaves, _ = flatten((args, kwargs))
        traced = next((describe(x) for x in leaves if is_traced(x)), "traced value")
        raise with_user_line(TracedValueError(f"{self.name} on a {traced}: {self.reason}"))
