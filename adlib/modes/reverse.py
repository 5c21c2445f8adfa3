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

import threading

import numpy as np

from ..core.adjoints import Delegated, OutputAdjoint, Scatter, project
from ..core.arguments import basis, copied, select, tangent_for
from ..core.errors import ArgumentError
from ..core.families import OUTPUT, rebuilt
from ..core.trace import FLOAT64, TRACERS, ArrayTracer, ScalarTracer, Trace, is_traced, output_leaves, shape_and_dtype
from ..core.tree import flatten, outline, unflatten

_FIRST, _SECOND, _BOTH = (0,), (1,), (0, 1)
_new = object.__new__
_ARRAYS = frozenset({np.ndarray, np.memmap})
_NOT_VALUES = frozenset({OutputAdjoint, Delegated, Scatter})


class ReverseTrace(Trace):
    """Writes a Wengert list; a tracer's info is its position in it.

    An entry is ``(rule, active, parents, saved, shape, dtype)``: which operands
    are traced (their numbers), where they stand in the list, and what the rule
    keeps.  An input has no rule.  An operation on one traced number takes about
    180 bytes, on two about 250, the adjoints included.

    `keep` says that the list outlives the function, so constants are copied;
    otherwise they are held read-only until `close`.
    """

    mode = "reverse"

    def __init__(self, keep=False):
        super().__init__()
        self.entries = []
        self._keep = keep
        self._constants = {}
        # What records on lists of its own inside this one, and ends with it.
        self.enclosed = []

    def input(self, value):
        """A new input of the list."""
        shape, dtype = shape_and_dtype(value)
        self.entries.append((None, (), (), None, shape, dtype))
        return self.tracer(value, len(self.entries) - 1)

    def process(self, rule, call, args, kwargs):
        if self.closed:
            raise self.escaped()
        if len(args) == 1:
            # The most frequent case: one operand, which is ours.
            active, parents, values = _FIRST, (args[0]._info,), (args[0]._value,)
            ans = call(*values, **kwargs) if kwargs else call(*values)
        elif len(args) == 2:
            # The next: two operands, at least one of them ours.
            a, b = args
            if type(b) not in TRACERS or b._trace is not self:
                active, parents = _FIRST, (a._info,)
                values = a._value, (self._constant(b) if type(b) in _ARRAYS else b)
            elif type(a) not in TRACERS or a._trace is not self:
                active, parents = _SECOND, (b._info,)
                values = (self._constant(a) if type(a) in _ARRAYS else a), b._value
            else:
                active, parents, values = _BOTH, (a._info, b._info), (a._value, b._value)
            ans = call(*values, **kwargs) if kwargs else call(*values)
        else:
            active, parents, values = [], [], []
            for k, x in enumerate(args):
                if type(x) in TRACERS and x._trace is self:
                    active.append(k)
                    parents.append(x._info)
                    values.append(x._value)
                else:
                    values.append(self._constant(x) if type(x) in _ARRAYS else x)
            active = tuple(active)
            ans = call(*values, **kwargs) if kwargs else call(*values)
        saved = rule.residuals(ans, values, kwargs, active)
        if isinstance(ans, tuple):
            return self._outputs(ans, (rule, active, parents, saved, len(ans), None))
        if type(ans) is np.ndarray and ans.dtype is FLOAT64:
            shape, dtype = ans.shape, FLOAT64
        else:
            shape, dtype = shape_and_dtype(ans)
        entries = self.entries
        # As a call of the class would, without the time of a call.
        y = _new(ArrayTracer if shape else ScalarTracer)
        y._value, y._trace, y._info = ans, self, len(entries)
        entries.append((rule, active, parents, saved, shape, dtype))
        return y

    def _outputs(self, ans, entry):
        """Record an operation with several results: its entry, then one for each result.

        The adjoint of the operation is the list of the adjoints of its results.
        A result that is not real (a sign, a rank) is a constant.
        """
        position = len(self.entries)
        self.entries.append(entry)
        outputs = []
        for k, y in enumerate(ans):
            if type(y) is float or y.dtype.kind == "f":
                self.entries.append((OUTPUT, (0,), [position], k, *shape_and_dtype(y)))
                y = self.tracer(y, len(self.entries) - 1)
            outputs.append(y)
        return rebuilt(ans, outputs)

    def _constant(self, x):
        """A plain array among the operands: safe from being changed under the list."""
        if type(x) is np.memmap:
            x = x.view(np.ndarray)
        kept = self._constants.get(id(x))
        if kept is None:
            kept = (x, copied(x) if self._keep else x)
            self._constants[id(x)] = kept
            if not self._keep:
                _hold(x)
        return kept[1]

    def held(self):
        """What the entries keep for the way back."""
        return [entry[3] for entry in self.entries if entry is not None]

    def constants(self):
        """The plain arrays among the operands, those of executions inside this list included."""
        yield from (x for x, _ in self._constants.values())
        for execution in self.enclosed:
            yield from execution.constants()

    def close(self):
        """End the recording and give back the arrays that were held."""
        self.closed = True
        if not self._keep:
            for x, _ in self._constants.values():
                _release(x)
        self._constants = {}
        for execution in self.enclosed:
            execution.close()
        self.enclosed = []

    def pull(self, cotangents, count, begun=None):
        """Walk the list backwards.

        Parameters
        ----------
        cotangents : list of (int, array)
            Positions of outputs and the adjoints to start from.
        count : int
            The number of inputs, which stand first in the list.
        begun : tuple of (list, bytearray), optional
            Adjoints of the inputs to add to, and which of them are ours to
            write into; the new ones are put in their place.

        Returns
        -------
        list
            The adjoints of the inputs; None where nothing arrived.
        """
        entries = self.entries
        adjoints = [None] * len(entries)
        # The first contribution belongs to whoever made it; a sum of two is ours to add to.
        owned = bytearray(len(entries))
        if begun is not None:
            adjoints[:count], owned[:count] = begun
        for position, ct in cotangents:
            self._accumulate(adjoints, owned, position, ct)
        for position in range(len(entries) - 1, count - 1, -1):
            g = adjoints[position]
            if g is None:
                continue
            adjoints[position] = None
            rule, active, parents, saved, _, _ = entries[position]
            if not self._keep:
                entries[position] = None
            if len(parents) == 1:
                (parent,) = parents
                (ct,) = rule.vjp(g, saved, active)
                if adjoints[parent] is None:
                    _, _, _, _, shape, dtype = entries[parent]
                    plain = ct
                    while type(plain) in TRACERS:
                        plain = plain._value
                    if type(plain) is np.ndarray and plain.shape == shape and plain.dtype is dtype:
                        adjoints[parent] = ct
                        continue
                if ct is not None:
                    self._accumulate(adjoints, owned, parent, ct)
                continue
            for parent, ct in zip(parents, rule.vjp(g, saved, active)):
                if adjoints[parent] is None and type(ct) is np.ndarray:
                    _, _, _, _, shape, dtype = entries[parent]
                    if ct.shape == shape and ct.dtype is dtype:
                        adjoints[parent] = ct
                        continue
                if ct is not None:
                    self._accumulate(adjoints, owned, parent, ct)
        if begun is not None:
            begun[0][:], begun[1][:] = adjoints[:count], owned[:count]
        return adjoints[:count]

    def _accumulate(self, adjoints, owned, position, ct):
        """Add one contribution to the adjoint at `position`."""
        if type(ct) in _NOT_VALUES:
            self._accumulate_otherwise(adjoints, owned, position, ct)
            return
        _, _, _, _, shape, dtype = self.entries[position]
        old = adjoints[position]
        ct = project(ct, shape, dtype)
        if old is None:
            adjoints[position] = ct
        elif owned[position] and type(ct) is np.ndarray:
            old += ct
        else:
            total = old + ct
            adjoints[position] = total
            owned[position] = type(total) is np.ndarray

    def _accumulate_otherwise(self, adjoints, owned, position, ct):
        """Add a contribution that is not an array or a number itself."""
        _, _, _, _, shape, dtype = self.entries[position]
        old = adjoints[position]
        if type(ct) is OutputAdjoint:
            # Each result reports once, when its own adjoint is complete.
            adjoints[position] = old or [None] * shape
            adjoints[position][ct.number] = ct.adjoint
        elif type(ct) is Delegated:
            ct.pull(adjoints, owned)
        elif type(old) in TRACERS:
            buffer = np.zeros(shape, dtype)
            ct.add_to(buffer)
            adjoints[position] = old + buffer
        else:
            if not owned[position]:
                old = np.zeros(shape, dtype) if old is None else np.array(old)
                adjoints[position], owned[position] = old, 1
            ct.add_to(old)


# Arrays held read-only by running transformations, and by how many: {id: [array, count]}.
_held = {}
_held_lock = threading.Lock()


def _owners(x):
    """The array and what it is a view of, the owner of the memory last."""
    while isinstance(x, np.ndarray):
        yield x
        x = x.base


def _hold(x):
    with _held_lock:
        for a in _owners(x):
            entry = _held.get(id(a))
            if entry is not None:
                entry[1] += 1
            elif a.flags.writeable:
                a.setflags(write=False)
                _held[id(a)] = [a, 1]


def _release(x):
    with _held_lock:
        # A view can be made writeable again only after its owner.
        for a in reversed(list(_owners(x))):
            entry = _held.get(id(a))
            if entry is None:
                continue
            entry[1] -= 1
            if entry[1] <= 0:
                _give_back(a)
        for a in [a for a, count in _held.values() if count <= 0]:
            _give_back(a)


def _give_back(a):
    try:
        a.setflags(write=True)
    except ValueError:
        return  # its owner is held by another transformation, whose end gives both back
    del _held[id(a)]


class _Run:
    """One run of a function under reverse mode, ready to be pulled back."""

    def __init__(self, f, inputs, keep=False):
        trace = self.trace = ReverseTrace(keep)
        self.inputs = inputs
        try:
            out = f(*[trace.input(x) for x in inputs])
        except BaseException:
            trace.close()
            raise
        self.out, self.structure = output_leaves(out, trace)

    def value(self, y):
        """The plain value of an output leaf (of the level below)."""
        return y._value if self.depends(y) else y

    def depends(self, y):
        return type(y) in TRACERS and y._trace is self.trace

    def adjoints(self, cotangents):
        """Adjoints of the inputs, zeros included, from pairs (number of an output leaf, cotangent)."""
        starts = [(self.out[r]._info, ct) for r, ct in cotangents if self.depends(self.out[r])]
        pulled = self.trace.pull(starts, len(self.inputs))
        return [_like_primal(x, g) for x, g in zip(self.inputs, pulled)]


def _like_primal(x, g):
    """An adjoint in the type of its primal: a Python float for a Python float."""
    if is_traced(g):
        return g
    if type(x) is float:
        return 0.0 if g is None else float(g)
    # A copy unless it is ours: two inputs may have been handed the same array.
    g = np.zeros(x.shape, x.dtype) if g is None else np.array(g)
    return g if isinstance(x, np.ndarray) else g[()]


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
    Cost: `f` once, then two to three times its operations for each call of the
    pullback.  Memory: what the derivatives need of every intermediate result,
    for as long as the pullback lives.  The same names as ``jax.vjp``.

    Examples
    --------
    >>> import numpy as np, adlib
    >>> A = np.array([[1.0, 2.0], [3.0, 4.0]])
    >>> y, pullback = adlib.vjp(lambda x: A @ x, np.array([1.0, 1.0]))
    >>> pullback(np.array([1.0, 0.0]))
    (array([1., 2.]),)
    """
    inputs, restore, rebuild = select(primals, tuple(range(len(primals))), "vjp")
    run = _Run(lambda *xs: f(*restore(xs)), inputs, keep=True)
    run.trace.close()
    values = [run.value(y) for y in run.out]

    def pullback(cotangent):
        cts, structure = flatten(cotangent)
        if structure != run.structure:
            raise ArgumentError(
                "a cotangent has the containers of the value that vjp returned: "
                f"the value is {outline(run.structure)}, the cotangent {outline(structure)}"
            )
        cts = [_cotangent_for(y, ct) for y, ct in zip(values, cts)]
        return tuple(rebuild(run.adjoints(enumerate(cts))))

    # The list may hold these very arrays: the caller gets copies.
    copies = [np.array(y) if type(y) is np.ndarray else y for y in values]
    return unflatten(run.structure, copies), pullback


def _cotangent_for(y, ct):
    if np.shape(ct) != np.shape(y):
        raise ArgumentError(
            f"a cotangent has the shape of the value it belongs to, but the value has shape "
            f"{np.shape(y)} and the cotangent {np.shape(ct)}"
        )
    return tangent_for(y, ct) if not isinstance(y, int) else ct


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

    def value_and_gradient(*args, **kwargs):
        inputs, restore, rebuild = select(args, argnums, "grad")
        aux = None

        def loss(*xs):
            nonlocal aux
            out = f(*restore(xs), **kwargs)
            if has_aux:
                out, aux = _with_aux(out)
            return out

        run = _Run(loss, inputs)
        try:
            if len(run.out) != 1 or run.structure is not None:
                raise ArgumentError(
                    f"grad needs a function with one number as its result, but got a "
                    f"{type(unflatten(run.structure, run.out)).__name__}; "
                    "return the loss alone, or pass has_aux=True to return (loss, extra)"
                )
            value = run.value(run.out[0])
            if np.shape(value) != ():
                raise ArgumentError(
                    f"grad needs a function with one number as its result, but got shape "
                    f"{np.shape(value)}; reduce it with np.sum, or use adlib.jacrev"
                )
            dtype = np.result_type(value) if not is_traced(value) else value.dtype
            if dtype.kind != "f":
                raise ArgumentError(
                    f"grad needs a function with a real result, but got one of type {dtype}, "
                    "which has no derivative; return a float"
                )
            gradient = rebuild(run.adjoints([(0, _one(value))]))
        finally:
            run.trace.close()
        if has_aux:
            leaves, structure = flatten(aux)
            return (value, unflatten(structure, [run.value(x) for x in leaves])), gradient
        return value, gradient

    return value_and_gradient


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
    Cost: a small multiple of one evaluation of `f`, whatever the number of
    inputs.  Memory: what the derivatives need of every intermediate result.
    Arrays that `f` takes from outside are read-only while it runs.

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
    both = value_and_grad(f, argnums, has_aux)

    def gradient(*args, **kwargs):
        value, g = both(*args, **kwargs)
        return (g, value[1]) if has_aux else g

    return gradient


def jacrev(f, argnums=0):
    """The Jacobian of `f`, one row a sweep, by reverse mode with one tape.

    Parameters and result are those of `jacfwd`.

    Notes
    -----
    Cost: `f` once, then one backward sweep for each entry of the result.
    Cheaper than `jacfwd` when there are fewer outputs than inputs.

    Examples
    --------
    >>> import numpy as np, adlib
    >>> adlib.jacrev(lambda x: np.stack([x[0] * x[1], x[1]]))(np.array([2.0, 3.0]))
    array([[3., 2.],
           [0., 1.]])
    """

    def jacobian(*args, **kwargs):
        inputs, restore, rebuild = select(args, argnums, "jacrev")
        run = _Run(lambda *xs: f(*restore(xs), **kwargs), inputs, keep=True)
        run.trace.close()
        values = [run.value(y) for y in run.out]
        results = []
        for r, y in enumerate(values):
            rows = [run.adjoints([(r, e)]) for e in basis(y)]
            blocks = []
            for k, x in enumerate(inputs):
                shape = np.shape(y) + np.shape(x)
                stacked = np.stack([row[k] for row in rows]) if rows else np.zeros(shape, getattr(x, "dtype", float))
                blocks.append(np.reshape(stacked, shape)[()])
            results.append(rebuild(blocks))
        return unflatten(run.structure, results)

    return jacobian
