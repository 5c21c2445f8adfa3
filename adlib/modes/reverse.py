"""Reverse mode: the operations are written down, then walked backwards.

While the function runs, each operation appends one entry to a Wengert list:
its rule, its operands' positions, and the values that its derivative needs.
An operation can only use what was computed before it, so the list is in
topological order, and the backward walk is a loop over an index: no recursion
and no sorting.  At each entry the adjoint is complete, because every use of
the value stands later in the list.

Linnainmaa, "Taylor expansion of the accumulated rounding error", BIT 16, 1976;
Griewank and Walther, "Evaluating Derivatives", 2nd ed., SIAM 2008, chapter 3.
"""

import numpy as np

from ..core.arguments import ALL, check_function, collect, cotangent_for, enter, like_primal, named_after
from ..core.errors import ArgumentError
from ..core.families import Differentiable, rebuilt
from ..core.frozen import FIXED, Constants
from ..core.trace import (
    FLOAT64,
    TRACERS,
    ArrayTracer,
    ScalarTracer,
    Trace,
    can_vary,
    is_traced,
    project,
    recorder_of,
    shape_and_dtype,
)
from ..core.tree import flatten, outline, unflatten
from .contributions import Contribution, Masked

# Which operands are traced, of one or two.
_FIRST, _SECOND, _BOTH = (0,), (1,), (0, 1)
_new = object.__new__
_NUMBERS = frozenset({float, np.float64})


class OutputAdjoint(Contribution):
    """The adjoint of one of several results of an operation, whose adjoint is the list of all."""

    __slots__ = ("number", "adjoint")

    def __init__(self, number, adjoint):
        self.number = number
        self.adjoint = adjoint

    def add_to(self, adjoints, owned, position, count, dtype):
        # Each result reports once, when its own adjoint is complete.
        adjoints[position] = adjoints[position] or [None] * count
        adjoints[position][self.number] = self.adjoint


class Output(Differentiable):
    """Taking one result of an operation that has several: the entry keeps its number."""

    def vjp(self, g, number, argnums):
        return [OutputAdjoint(number, g)]


OUTPUT = Output("output")


class ReverseTrace(Trace):
    """Writes a Wengert list; a tracer's info is its position in it.

    An entry is ``(rule, argnums, parents, residuals, shape, dtype)``: which operands
    are traced (their numbers), where they stand in the list, and what the rule
    keeps.  An input has no rule; an operation with several results has their
    number in place of the shape, and an entry for each follows.  An operation on one traced number takes about
    180 bytes, on two about 250, the adjoints included.

    Constants are kept as they are at the time of the operation (see `core.frozen`).
    `keep` says that the list is walked several times.
    """

    mode = "reverse"

    def __init__(self, keep=False):
        super().__init__()
        self.entries = []
        self._keep = keep
        self._constants = Constants()
        # Chains of checkpointed steps (`memory`) record on lists of their own, which `close` closes too.
        self.enclosed = []

    def input(self, value):
        """A new input of the list."""
        shape, dtype = shape_and_dtype(value)
        self.entries.append((None, (), (), None, shape, dtype))
        return self.tracer(value, len(self.entries) - 1)

    def process(self, rule, call, args, kwargs):
        if self.closed:
            raise self.escaped()
        if kwargs:
            kwargs = {name: x if type(x) in FIXED else self._constants.frozen(x) for name, x in kwargs.items()}
        if (count := len(args)) > 2:
            argnums, parents, values = [], [], []
            reads = rule.reads_operands
            for k, x in enumerate(args):
                if type(x) in TRACERS and x._trace is self:
                    argnums.append(k)
                    parents.append(x._info)
                    values.append(x._value)
                else:
                    values.append(self._constants.frozen(x) if reads and type(x) not in FIXED else x)
            argnums = tuple(argnums)
        # The same for two operands and for one, without the loop: it takes 9 to 18 % off the gradient of a chain of
        # operations on small arrays or on numbers.
        elif count == 2:
            a, b = args
            if type(b) not in TRACERS or b._trace is not self:
                argnums, parents = _FIRST, (a._info,)
                if type(b) not in FIXED and rule.reads_operands:
                    b = self._constants.frozen(b)
                values = a._value, b
            elif type(a) not in TRACERS or a._trace is not self:
                argnums, parents = _SECOND, (b._info,)
                if type(a) not in FIXED and rule.reads_operands:
                    a = self._constants.frozen(a)
                values = a, b._value
            else:
                argnums, parents, values = _BOTH, (a._info, b._info), (a._value, b._value)
        else:
            argnums, parents, values = _FIRST, (args[0]._info,), (args[0]._value,)
        ans = call(*values, **kwargs) if kwargs else call(*values)
        residuals = rule.residuals(ans, values, kwargs, argnums)
        if type(ans) is np.ndarray and ans.dtype is FLOAT64:
            shape, dtype = ans.shape, FLOAT64
        elif isinstance(ans, tuple):
            return self._outputs(ans, (rule, argnums, parents, residuals, len(ans), None))
        else:
            shape, dtype = shape_and_dtype(ans)
        entries = self.entries
        # As a call of the class would, without the time of a call.
        y = _new(ArrayTracer if shape else ScalarTracer)
        y._value, y._trace, y._info = ans, self, len(entries)
        entries.append((rule, argnums, parents, residuals, shape, dtype))
        return y

    def _outputs(self, ans, entry):
        """Record an operation with several results: its entry, then one for each result.

        The adjoint of the operation is the list of the adjoints of its results.
        """
        position = len(self.entries)
        self.entries.append(entry)
        outputs = []
        for k, y in enumerate(ans):
            if can_vary(y):
                self.entries.append((OUTPUT, (0,), [position], k, *shape_and_dtype(y)))
                outputs.append(self.tracer(y, len(self.entries) - 1))
            else:  # the caller may change it, and the rule may have kept it
                outputs.append(np.array(y) if type(y) is np.ndarray else y)
        return rebuilt(ans, outputs)

    def residuals(self):
        """What the entries keep for the way back."""
        return [residuals for _, _, _, residuals, _, _ in self.entries]

    def close(self):
        """End the recording; what is still to be run again is forgotten."""
        self.closed = True
        self._constants = None
        for execution in self.enclosed:
            execution.close()
        self.enclosed = []

    def pull(self, cotangents, count, begun=None):
        """Walk the list backwards: at each entry, ``adjoints[parent] += contribution`` for its parents.

        Parameters
        ----------
        cotangents : list of (int, array)
            Positions of outputs and the adjoints to start from.
        count : int
            The number of inputs, which stand first in the list.
        begun : tuple of (list, bytearray), optional
            For checkpointed steps, whose lists continue another: what has been
            collected for the inputs, and which of it is ours to write into.  Both are
            brought up to date.

        Returns
        -------
        list
            The adjoints of the inputs; None where nothing arrived, `Masked` where not all was chosen.
        """
        entries = self.entries
        adjoints = [None] * len(entries)
        # The first contribution belongs to whoever made it; a sum of two is ours to add to.
        owned = bytearray(len(entries))
        if begun is not None:
            adjoints[:count], owned[:count] = begun
        for position, ct in cotangents:
            self._accumulate(adjoints, owned, position, ct)
        keep, ndarray, masked = self._keep, np.ndarray, Masked
        for position in range(len(entries) - 1, count - 1, -1):
            g = adjoints.pop()
            rule, argnums, parents, residuals, _, _ = entries[position] if keep else entries.pop()
            if g is None:
                continue
            # An adjoint with a mask goes through the rule by itself.
            pulled = rule.vjp(g, residuals, argnums) if type(g) is not masked else g.through(rule, residuals, argnums)
            for parent, ct in zip(parents, pulled):
                # A first contribution that fits is taken as it is.
                if adjoints[parent] is None:
                    plain = ct._value if type(ct) is ArrayTracer else ct
                    if type(plain) is ndarray:
                        _, _, _, _, shape, dtype = entries[parent]
                        if plain.shape == shape and plain.dtype is dtype:
                            adjoints[parent] = ct
                            continue
                if ct is not None:
                    self._accumulate(adjoints, owned, parent, ct)
            pulled = ct = plain = None  # else one array more would live on while the next contributions are computed
        if begun is not None:
            begun[0][:] = [g if type(g) is not Masked else g.values for g in adjoints[:count]]
            begun[1][:] = owned[:count]
        return adjoints[:count]

    def _accumulate(self, adjoints, owned, position, ct):
        """Add one contribution, of any kind, to the adjoint at `position`."""
        _, _, _, _, shape, dtype = self.entries[position]
        old = adjoints[position]
        if type(ct) not in _NUMBERS or shape or dtype is not FLOAT64:  # most numbers fit as they are
            if isinstance(ct, Contribution):
                if type(old) is Masked and type(ct) is not Masked:
                    adjoints[position] = old.values
                ct.add_to(adjoints, owned, position, shape, dtype)
                return
            ct = project(ct, shape, dtype)
        if old is None:
            adjoints[position] = ct
        elif owned[position] and type(ct) is np.ndarray:
            old += ct
        else:
            total = (old if type(old) is not Masked else old.values) + ct
            adjoints[position] = total
            owned[position] = type(total) is np.ndarray


class ReverseRun:
    """One run of a function under reverse mode, ready to be pulled back.

    `values` are the leaves of the result, and `structure` puts them together.
    """

    def __init__(self, f, inputs, keep=False):
        recorder = recorder_of(inputs)
        self.trace = ReverseTrace(keep) if recorder is None else recorder.reverse_trace(keep)
        self.inputs = inputs
        tracers = [self.trace.input(x) for x in inputs]
        self.values, self.positions, self.structure = collect(self.trace, f, tracers)
        if keep:
            self.trace.close()

    def contributions(self, cotangents):
        """What reaches the inputs, from pairs (number of an output leaf, cotangent), as `ReverseTrace.pull` returns it."""
        starts = [(self.positions[r], ct) for r, ct in cotangents if self.positions[r] is not None]
        return self.trace.pull(starts, len(self.inputs))

    def adjoints(self, cotangents):
        """Adjoints of the inputs, zeros included, from pairs (number of an output leaf, cotangent)."""
        pulled = self.contributions(cotangents)
        return [like_primal(x, g if type(g) is not Masked else g.values) for x, g in zip(self.inputs, pulled)]


def vjp(f, *primals):
    """Value of `f` and its pullback: reverse mode with the tape kept.

    Parameters
    ----------
    f : callable
        A function of arrays, written in plain NumPy.
    *primals
        Its arguments: floats, float arrays, or trees of them.

    Returns
    -------
    value
        ``f(*primals)``, bit for bit.
    pullback : callable
        ``pullback(cotangent)`` with a cotangent like the value returns a tuple,
        the transposed Jacobian times the cotangent: one entry for each primal,
        in its shape and dtype.  It may be called any number of times.

    Raises
    ------
    ArgumentError
        When a primal is an integer, or when the cotangent does not have the
        shape and structure of the value.

    Notes
    -----
    Cost: `f` once, then one to three times its operations for each call of the
    pullback: once for sums, three times for products, 1.6 times for a network of
    matrix products and tanh.  Memory: what the derivatives need of every intermediate result,
    for as long as the pullback lives.  The same names as ``jax.vjp``.

    Examples
    --------
    >>> import numpy as np, adlib
    >>> A = np.array([[1.0, 2.0], [3.0, 4.0]])
    >>> y, pullback = adlib.vjp(lambda x: A @ x, np.array([1.0, 1.0]))
    >>> pullback(np.array([1.0, 0.0]))
    (array([1., 2.]),)
    """
    check_function(f, "vjp")
    function, inputs, structure = enter(f, primals, {}, ALL, "vjp")
    run = ReverseRun(function, inputs, keep=True)

    def pullback(cotangent):
        cts, given = flatten(cotangent)
        if given != run.structure:
            raise ArgumentError(
                "a cotangent has the containers of the value that vjp returned: "
                f"the value is {outline(run.structure)}, the cotangent {outline(given)}"
            )
        cts = [cotangent_for(y, ct) for y, ct in zip(run.values, cts)]
        return unflatten(structure, run.adjoints(enumerate(cts)))

    # The list may hold these very arrays: the caller gets copies.
    copies = [
        np.array(y, subok=True) if isinstance(y, np.ndarray) and type(y) not in TRACERS else y for y in run.values
    ]
    return unflatten(run.structure, copies), pullback


def value_and_grad(f, argnums=0, has_aux=False):
    """Like `grad`, but the function returned gives ``(value, gradient)``.

    Parameters
    ----------
    f, argnums
        As in `grad`.
    has_aux : bool
        When true, `f` returns ``(loss, extra)``, and the result is
        ``((loss, extra), gradient)``.

    Returns
    -------
    callable
        Takes the arguments of `f`; it costs no more than the gradient alone.

    Raises
    ------
    ArgumentError, TracedValueError
        As `grad`.

    Examples
    --------
    >>> import numpy as np, adlib
    >>> adlib.value_and_grad(lambda w: w @ w)(np.array([1.0, 2.0]))
    (np.float64(5.0), array([2., 4.]))
    """
    check_function(f, "value_and_grad")
    return named_after(f, value_and_gradient_of(f, argnums, has_aux, "value_and_grad"), "value_and_grad")


def value_and_gradient_of(f, argnums, has_aux, name):
    """`value_and_grad`, for messages under the name of the function that was called."""

    def value_and_gradient(*args, **kwargs):
        extra = None

        def loss(*args, **kwargs):
            nonlocal extra
            out = f(*args, **kwargs)
            if has_aux:
                out, extra = _with_aux(out)
            return out

        function, inputs, structure = enter(loss, args, kwargs, argnums, name)
        run = ReverseRun(function, inputs)
        try:
            value = one_number(run, name)
            gradient = unflatten(structure, run.adjoints([(0, _one(value))]))
        finally:
            run.trace.close()
        if has_aux:
            leaves, tree = flatten(extra)
            plain = [x._value if is_traced(x) and x._trace is run.trace else x for x in leaves]
            return (value, unflatten(tree, plain)), gradient
        return value, gradient

    return value_and_gradient


def one_number(run, name):
    """The value of the function, after making sure that it is one real number."""
    if len(run.values) != 1 or run.structure is not None:
        raise ArgumentError(
            f"{name} needs a function with one number as its result, but got a "
            f"{type(unflatten(run.structure, run.values)).__name__}; "
            "return the loss alone, or pass has_aux=True to return (loss, extra)"
        )
    (value,) = run.values
    if np.shape(value) != ():
        raise ArgumentError(
            f"{name} needs a function with one number as its result, but got shape "
            f"{np.shape(value)}; reduce it with np.sum, or use adlib.jacrev"
        )
    dtype = np.result_type(value) if not is_traced(value) else value.dtype
    if dtype.kind != "f":
        raise ArgumentError(
            f"{name} needs a function with a real result, but got one of type {dtype}, "
            "which has no derivative; return a float"
        )
    return value


def _one(value):
    return 1.0 if type(value) is float or is_traced(value) else value.dtype.type(1)


def _with_aux(out):
    if not isinstance(out, tuple) or len(out) != 2:
        raise ArgumentError("with has_aux=True the function returns a pair: (loss, extra)")
    return out


def grad(f, argnums=0, has_aux=False):
    """The gradient of a scalar function, by one sweep of reverse mode.

    Parameters
    ----------
    f : callable
        A function with one number as its result, written in plain NumPy.
    argnums : int or tuple of int
        The argument or arguments to differentiate.
    has_aux : bool
        When true, `f` returns ``(loss, extra)``, and the gradient comes as
        ``(gradient, extra)``.

    Returns
    -------
    callable
        Takes the arguments of `f`; those given by keyword are constants, as in
        JAX.  Its value has the shape, dtype and
        containers of the argument, a tuple of them for a tuple of argnums; a
        Python float for a Python float.

    Raises
    ------
    ArgumentError
        When the result is not one number, or an argument is not a float.
    TracedValueError
        When `f` does what has no derivative, with what to write instead.

    Notes
    -----
    Cost: two to four times the operations of `f`, its evaluation included,
    whatever the number of inputs.  Memory: what the derivatives need of every intermediate result.
    Arrays that `f` takes from outside may change at any time: the derivative is
    that of the operations as they were carried out, for which reverse mode copies
    such arrays, each once for what it holds.

    Examples
    --------
    >>> import numpy as np, adlib
    >>> def L(w1, w2):
    ...     v2 = w2 * np.log(w1)
    ...     return v2 + np.sqrt(v2)
    >>> g1, g2 = adlib.grad(L, argnums=(0, 1))(2.0, 3.0)
    >>> print(f"{g1:.6f} {g2:.6f}")
    2.020101 0.933485
    """
    check_function(f, "grad")
    return named_after(f, gradient_of(f, argnums, has_aux, "grad"), "grad")


def gradient_of(f, argnums, has_aux, name):
    """`grad`, for messages under the name of the function that was called."""
    both = value_and_gradient_of(f, argnums, has_aux, name)

    def gradient(*args, **kwargs):
        value, g = both(*args, **kwargs)
        return (g, value[1]) if has_aux else g

    return gradient
