"""Is this derivative the derivative?  Two tests that a wrong one cannot pass.

The Taylor test needs only values: if J is the Jacobian, then
``|f(x + h v) - f(x) - h J v|`` falls like h squared.  A wrong J leaves a term
proportional to h, whatever the step.  What is proportional to h is best seen in
the difference of both sides (`quotients`).

The adjoint test needs no steps at all: forward mode gives ``J v`` and reverse
mode ``J^T w``, and ``<J v, w> = <v, J^T w>`` holds to rounding.

One direction through all arguments would not do: what one of them moves may be
lost beside what another moves.  So there are several, each through entries of
one size.
"""

import copy
import warnings

import numpy as np

from ..core.arguments import ALL, as_primal, check_function, enter
from ..core.errors import AdlibError, ArgumentError, GradientCheckError
from ..core.settings import whole_number
from ..core.tree import flatten, unflatten
from .forward import jvp
from .quotients import CORNER, FLAT, HIDDEN, NOT_FINITE, RIGHT, WRONG, Precision, Quotients
from .reverse import ReverseRun, vjp

# An argument of so many entries is moved one entry at a time.
_FEW = 6
# In a larger one those within a thousandfold of each other move together.
_TOGETHER = 10  # powers of two


def check_grads(f, args, order=1, modes=("fwd", "rev"), seed=0):
    """Check the derivatives of `f` at a point, and raise where one is wrong.

    Parameters
    ----------
    f : callable
        A function of arrays, written in plain NumPy, differentiable at `args`.
    args : tuple
        The point: floats, float arrays, or trees of them.
    order : int
        1, or 2 to check the derivatives of both derivatives as well: all four
        compositions of the two modes.
    modes : tuple of str
        ``"fwd"``, ``"rev"`` or both.
    seed : int
        For the random directions.

    Raises
    ------
    GradientCheckError
        Saying which test failed, at which order, and by how much; that the
        function has a corner at the point; or that nothing could be tested,
        because the value rounds away what the derivative says.  Where that is so
        for one of several results or arguments, and the others are right, it is a
        RuntimeWarning.

    Notes
    -----
    Each entry of the result is judged by its own size, and so is each argument:
    its entries move one at a time, or together with those that contribute about the
    same where there are more than six.  The Taylor test sees relative errors down to about
    1e-7 in float64, 1e-3 in float32 and a fifth in float16, of which the coarsest
    counts that `f` computes in, at arguments of any size as far as rounding leaves
    digits; the adjoint test compares to rounding.  Both modes must also
    return the value of `f` bit for bit.  Cost: about a dozen evaluations of
    `f`, thirty where something is wrong or hidden, and one sweep of each mode,
    for each direction.  Order 2 does the same with the derivatives of each result by
    each argument, taken whole.

    Source: the Taylor test is the verification of dolfin-adjoint (Farrell and
    others, SIAM J. Sci. Comput. 35(4), 2013), the adjoint test that of
    geophysical inversion (Claerbout, "Earth Soundings Analysis", 1992).

    Examples
    --------
    >>> import numpy as np, adlib
    >>> adlib.check_grads(lambda x: np.sum(np.sin(x) ** 2), (np.array([0.5, 1.0]),), order=2)

    A derivative with a lost factor is found:

    >>> @adlib.primitive
    ... def cube(x):
    ...     return x**3
    >>> adlib.elementwise(cube, lambda x: x**2)
    >>> adlib.check_grads(cube, (2.0,))
    Traceback (most recent call last):
        ...
    adlib.GradientCheckError: Taylor test of cube, forward mode: ...

    Where rounding hides the derivative, that is said in place of yes:

    >>> adlib.check_grads(lambda x: 1e20 + x**3, (2.0,))
    Traceback (most recent call last):
        ...
    adlib.GradientCheckError: Taylor test of <lambda>, forward mode: nothing was tested, ...
    """
    check_function(f, "check_grads")
    known = isinstance(modes, (tuple, list, set)) and modes and all(mode in ("fwd", "rev") for mode in modes)
    if order not in (1, 2) or not known:
        raise ArgumentError(
            f"check_grads takes order 1 or 2 and modes from ('fwd', 'rev'), but got order={order!r} and modes={modes!r}"
        )
    if not isinstance(args, (tuple, list)):
        raise ArgumentError(
            f"check_grads takes args as a tuple, one entry for each argument of f, but got a {type(args).__name__}; "
            "write (args,)"
        )
    for x in flatten(args)[0]:
        as_primal(x, "check_grads")
    rng = np.random.default_rng(whole_number(seed, "seed", "check_grads", 0))
    name = getattr(f, "__name__", "f")
    inputs, outputs = _check_first_order(f, args, modes, rng, name)
    if order == 2:
        scale = outputs.scale()
        vs, ws = inputs.leaf_by_leaf(), outputs.leaf_by_leaf()
        if "fwd" in modes:
            _check_first_order(
                lambda *xs: tuple([jvp(f, xs, v)[1] for v in vs]), args, modes, rng, f"the jvp of {name}", 2, scale
            )
        if "rev" in modes:
            pulled = lambda *xs: (lambda pull: tuple([pull(w) for w in ws]))(vjp(f, *xs)[1])  # noqa: E731
            _check_first_order(pulled, args, modes, rng, f"the vjp of {name}", 2, scale)


def _check_first_order(f, args, modes, rng, name, order=1, scale=0.0):
    """Check `f` in both modes; return the directions of its arguments and of its value.

    For a derivative, `scale` is the size of the value it belongs to.
    """
    value = f(*args)
    floats = [x.dtype for x in map(np.asarray, flatten((args, value))[0]) if x.dtype.kind == "f"]
    precision = Precision(floats + _inside(f, args))
    inputs = _Directions(rng, [_paths(x, f"argument {k + 1}") for k, x in enumerate(args)], args, precision.shift)
    # What is no number among the results is refused here.
    pushed = jvp(f, args, inputs.trees()[0])[0] if "fwd" in modes else None
    pulled, pullback = vjp(f, *args) if "rev" in modes else (None, None)
    outputs = _Directions(rng, [_paths(value, "the result")], value)
    if "rev" in modes:
        rows = [_flat(pullback(w)) for w in outputs.trees()]
        inputs.divide(rows)
    if "fwd" in modes:
        _compare_values(value, pushed, f"forward mode of {name}", order, precision.eps)
        confirmed = _test_forward(f, args, value, inputs, outputs, precision, name, order)
    if "rev" not in modes:
        return inputs, outputs
    _compare_values(value, pulled, f"reverse mode of {name}", order, precision.eps)
    if "fwd" in modes:
        _adjoint_test(f, args, value, rows, inputs, outputs, confirmed, precision, scale, name)
    else:
        _test_reverse(f, args, value, rows, inputs, outputs, precision, name, order)
    return inputs, outputs


def _inside(f, args):
    """The dtypes of what `f` computes on its way: its rounding is that of the coarsest."""
    function, leaves, _ = enter(f, tuple(args), {}, ALL, "check_grads")
    run = ReverseRun(function, leaves)
    run.trace.close()
    return list({dtype for *_, dtype in run.trace.entries if dtype is not None})


def _test_forward(f, args, value, inputs, outputs, precision, name, order):
    """The Taylor test of ``J v``; which results it confirms, along which direction."""
    y = _flat(value)
    slopes = lambda v: _flat(jvp(f, args, v)[1])  # noqa: E731
    reach = inputs.reach()
    # What the rounding of the arguments does to the value.
    moved = sum(np.abs(slopes(v)) * (precision.eps * r) for v, r in zip(inputs.apart(), reach))
    rounding = precision.eps * np.abs(y) + moved
    if order == 2:
        rounding = outputs.largest(rounding)
    label = f"Taylor test of {name}, forward mode"
    test = _TaylorTest(f, args, outputs.names(), outputs.largest, precision, label, order)
    return test.run(inputs, y, slopes, rounding)


def _test_reverse(f, args, value, rows, inputs, outputs, precision, name, order):
    """The Taylor test of ``J^T w``: for every w the function ``<w, f>`` has the slopes ``<J^T w, v>``."""
    ws = [_flat(w) for w in outputs.trees()]
    products = lambda *xs: np.array([w @ _flat(f(*xs)) for w in ws])  # noqa: E731
    x, y = precision.eps * np.abs(_flat(args)), precision.eps * np.abs(_flat(value))
    rounding = np.array([np.abs(w) @ y + np.abs(row) @ x for w, row in zip(ws, rows)])
    label = f"Taylor test of {name}, reverse mode"
    test = _TaylorTest(products, args, outputs.labels(), lambda sizes: sizes, precision, label, order)
    test.run(inputs, products(*args), lambda v: np.array([row @ _flat(v) for row in rows]), rounding)


def _adjoint_test(f, args, value, rows, inputs, outputs, confirmed, precision, scale, name):
    """Compare ``<J v, w>`` with ``<v, J^T w>`` for every pair of directions.

    An entry of the Jacobian that is zero is computed as the rounding of terms that cancel:
    no larger than those of the same result or the same direction, or than the value.  What
    the Taylor test has confirmed is judged by its own size as well.
    """
    y = np.abs(_flat(value))
    ws, vs = [_flat(w) for w in outputs.trees()], [_flat(v) for v in inputs.trees()]
    tangents = [_flat(jvp(f, args, v)[1]) for v in inputs.trees()]
    pushed = np.array([[w @ tangent for tangent in tangents] for w in ws])
    # A third of a direction is rounded in another way: how far the product moves shows what rounding does to it.
    thirds = [unflatten(tree, [v / 3 for v in leaves]) for leaves, tree in map(flatten, inputs.trees())]
    moved = np.array([[3 * (w @ _flat(jvp(f, args, v)[1])) for v in thirds] for w in ws]) - pushed
    pulled = np.array([[row @ v for v in vs] for row in rows])
    size = np.array([[np.abs(w) @ np.abs(t) for t in tangents] for w in ws])
    size += np.array([[np.abs(row) @ np.abs(v) for v in vs] for row in rows])
    values = np.array([np.abs(w) @ np.maximum(y, scale) for w in ws]) * 2.0**-precision.shift
    largest, eps = np.max(size, initial=0.0), 1000 * precision.eps
    along = np.maximum(np.where(pushed.any(axis=1), size.max(axis=1), largest), values)[:, None]
    across = np.where(pushed.any(axis=0), size.max(axis=0), largest)
    slack = eps * np.maximum(along, across) + 1000 * precision.least
    confirmed = np.array([confirmed[:, i] if i is not None else np.zeros(len(vs), bool) for i in outputs.entries()])
    own = np.maximum(eps * np.minimum(along, across), 0.1 * np.abs(pushed))
    slack = np.where(confirmed, np.minimum(slack, own), slack)
    slack = np.maximum(slack, np.minimum(100 * np.abs(moved), 1e-3 * precision.tolerance * np.abs(pushed)))
    wrong = ~(np.abs(pulled - pushed) <= slack)
    if np.any(wrong):
        i, k = np.unravel_index(np.argmax(wrong), wrong.shape)
        raise GradientCheckError(
            f"adjoint test of {name}: <Jv, w> = {pushed[i, k]:.12g} by forward mode, "
            f"but <v, J^T w> = {pulled[i, k]:.12g} by reverse mode; one of the two rules is wrong"
        )


class _TaylorTest:
    """Slopes of `f`, along several directions, against its values."""

    def __init__(self, f, args, names, largest, precision, label, order):
        self._f = f
        self._args = args
        self._names = names
        self._largest = largest
        self._precision = precision
        self._label = label
        self._order = order

    def run(self, directions, y, slopes, rounding):
        """Raise where a slope is wrong, or where nothing can be said of any; warn where nothing can be said of some.

        `slopes` gives them for a direction.  Returns which were confirmed, by direction and entry.
        """
        count = len(directions.trees())
        confirmed, shown, hidden = np.zeros((3, count, len(y)), bool)
        if not np.all(np.isfinite(y)):
            self._not_finite()
        for k, v in enumerate(directions.trees()):
            verdicts, slope, *found = self._verdicts(v, y, slopes, rounding)
            self._raise_if_wrong(verdicts, *found, directions.labels()[k])
            confirmed[k], hidden[k] = (verdicts == RIGHT) & (slope != 0), verdicts == HIDDEN
            shown[k] = confirmed[k] | ((verdicts == FLAT) & (slope != 0))
        if hidden.any():
            # A value near zero may be tiny beside the scale of the function: longer steps may show more.
            for k, v in enumerate(directions.wide()):
                if hidden[k].any():
                    verdicts, slope, *found = self._verdicts(v, y, slopes, rounding)
                    verdicts = np.where(hidden[k] & (verdicts <= WRONG), verdicts, HIDDEN)
                    self._raise_if_wrong(verdicts, *found, directions.labels()[k])
                    shown[k] |= (verdicts <= FLAT) & (slope != 0)
                    hidden[k] &= verdicts == HIDDEN
        self._report(shown, hidden, directions.labels())
        return confirmed

    def _verdicts(self, v, y, slopes, rounding):
        """The verdicts on all entries along one direction, the slopes, and what `Quotients.verdicts` says more."""
        slope = slopes(v)
        if not np.all(np.isfinite(slope)):
            self._not_finite()
        # A slope of zero is computed as the rounding of terms that cancel, as large as those of its array.
        floor = 16 * self._precision.eps * self._largest(np.abs(slope))
        quotients = Quotients(y, slope, rounding, floor, self._precision)
        with np.errstate(all="ignore"):
            if self._take(quotients, v, y):
                return np.full(y.shape, RIGHT), slope, None, None
            verdicts, off, rate = quotients.verdicts()
        return verdicts, slope, off, rate

    def _raise_if_wrong(self, verdicts, off, rate, along):
        if np.any(verdicts == NOT_FINITE):
            self._not_finite()
        if np.any(verdicts == CORNER):
            i = np.argmax(verdicts == CORNER)
            raise GradientCheckError(
                f"{self._label}: {self._names[i]} has a corner at the point, along {along}: its slopes on the two sides "
                "differ; check at a point where the function is differentiable"
            )
        if np.any(verdicts == WRONG):
            i = np.argmax(np.where(verdicts == WRONG, off, 0))
            raise GradientCheckError(
                f"{self._label}: the remainder falls with slope {rate[i]:.2f} in the step, where 2 is right; "
                f"the derivative of {self._names[i]} along {along} is off by about {off[i]:.1e} of its size"
            )

    def _take(self, quotients, v, y):
        """Take quotients with falling steps; True as soon as they confirm all slopes."""
        for h in self._precision.steps:
            quotients.add(h, self._at(h, v, y), self._at(-h, v, y))
            if quotients.agree():
                return True
        return False

    def _at(self, h, v, y):
        """The value at a distance: NaN where there is none, or none that is comparable."""
        leaves, structure = flatten(self._args)
        moved = [x + np.asarray(h, d.dtype) * d for x, d in zip(leaves, flatten(v)[0])]
        moved = [float(z) if type(x) is float else z for x, z in zip(leaves, moved)]
        try:
            value = _flat(self._f(*unflatten(structure, moved)))
        except (ArithmeticError, AdlibError, np.linalg.LinAlgError):
            return np.full(y.shape, np.nan)
        comparable = value.shape == y.shape and value.dtype.kind == y.dtype.kind
        return value if comparable else np.full(y.shape, np.nan)

    def _not_finite(self):
        raise GradientCheckError(f"{self._label}: the value or the derivative is not finite near the point")

    def _report(self, shown, hidden, labels):
        """Say which results, and which directions, no step could judge."""
        if not hidden.any() or (self._order == 2 and shown.any()):
            return
        why = (
            "what the derivative says is less than the rounding of the value, or the value jumps; "
            "check the part that varies alone"
        )
        if not shown.any() and self._order == 1:
            raise GradientCheckError(f"{self._label}: nothing was tested, {why}")
        # Entries that go together because none contributes are the rounding of zeros.
        single = [k for k, label in enumerate(labels) if not label.startswith("entries of") and (k or len(labels) == 1)]
        untested = [
            *(self._names[i] for i in np.flatnonzero(hidden.any(axis=0) & ~shown.any(axis=0))),
            *(labels[k] for k in np.flatnonzero(hidden.any(axis=1) & ~shown.any(axis=1)) if k in single),
        ]
        if untested:
            more = f" and {len(untested) - 3} more" if len(untested) > 3 else ""
            message = f"{self._label}: {', '.join(untested[:3])}{more} could not be tested, {why}"
            warnings.warn(message, RuntimeWarning, stacklevel=5)


def _compare_values(plain, traced, label, order, eps):
    a, b = _flat(plain), _flat(traced)
    # A traced derivative adds its terms in another order than a plain one.
    slack = 0.0 if order == 1 else 1000 * eps * np.max(np.abs(a), initial=0.0)
    if a.shape != b.shape or not np.allclose(a, b, rtol=0.0, atol=slack, equal_nan=True):
        raise GradientCheckError(f"{label}: the traced function does not return the plain value")


class _Directions:
    """Random directions through a tree of numbers: one through all entries, and one through those of each size.

    `shift` says what part of an entry its direction has, 2**-shift and up to two
    powers less; without it all entries have about the same.
    """

    def __init__(self, rng, paths, tree, shift=None):
        leaves, self._structure = flatten(tree)
        self._paths = [path for some in paths for path in some]
        self._leaves, self._shift = leaves, shift
        self._shape = [_few_digits(rng, x) for x in leaves]
        self._whole = [_scaled(d, x, 0.0, shift) for d, x in zip(self._shape, leaves)]
        self._sizes = [np.abs(np.asarray(x, _wide(x))) for x in leaves]
        self._groups = self._grouped(self._sizes)

    def divide(self, rows):
        """Put those entries together that contribute about the same to one of the rows, linear functions of them."""
        size = np.abs(_flat(self._whole))
        shares = [np.abs(row) * size for row in rows]
        shares = np.max([share / max(np.max(share, initial=0.0), 1e-300) for share in shares], axis=0, initial=0.0)
        ends = np.cumsum([x.size for x in self._sizes])[:-1]
        self._groups = self._grouped([np.reshape(s, x.shape) for s, x in zip(np.split(shares, ends), self._sizes)])

    def scale(self):
        """The size of the largest entry."""
        return max((np.max(x, initial=0.0) for x in self._sizes), default=0.0)

    def largest(self, sizes):
        """For each entry the largest of its leaf."""
        ends = np.cumsum([x.size for x in self._sizes])[:-1]
        parts = np.split(sizes, ends)
        return np.concatenate([np.full(part.shape, np.max(part, initial=0.0)) for part in parts])

    def _grouped(self, sizes):
        """Pairs of the number of a leaf and the entries of it that belong together."""
        groups = []
        for k, size in enumerate(sizes):
            if size.size <= _FEW:
                groups += [(k, np.arange(size.size).reshape(size.shape) == i) for i in range(size.size)]
                continue
            powers = np.frexp(size)[1]
            powers = np.where(size == 0, -1, (np.max(powers) - powers) // _TOGETHER)
            groups += [(k, powers == p) for p in np.unique(powers)]
        return groups

    def trees(self):
        """The directions; the first is that through all entries."""
        whole = unflatten(self._structure, self._whole)
        return [whole, *self.apart()] if len(self._groups) > 1 else [whole]

    def apart(self):
        """The directions through the entries of each size."""
        return [self._through(k, part) for k, part in self._groups]

    def wide(self):
        """The same directions as `trees`, but in small entries as long as in one of 0.25."""
        if all(np.all((x >= 0.25) | (x == 0)) for x in self._sizes):
            return []
        other = copy.copy(self)
        other._whole = [_scaled(d, x, 0.25, self._shift) for d, x in zip(self._shape, self._leaves)]
        return other.trees()

    def leaf_by_leaf(self):
        """The directions through each leaf."""
        return [self._through(k, True) for k, x in enumerate(self._sizes) if x.size]

    def _through(self, k, part):
        leaves = [np.zeros_like(d) for d in self._whole]
        leaves[k] = np.where(part, self._whole[k], leaves[k])[()]
        return unflatten(self._structure, leaves)

    def reach(self):
        """For each of `apart` how many times longer an entry is than its direction, at most."""
        with np.errstate(all="ignore"):
            ratios = [x / np.abs(d) for x, d in zip(self._sizes, self._whole)]
        return [np.max(ratios[k], where=part, initial=0.0) for k, part in self._groups]

    def entries(self):
        """For each of `trees` the number of its entry, None where it goes through several."""
        starts = np.cumsum([0, *(x.size for x in self._sizes)])
        apart = [starts[k] + np.argmax(part) if np.sum(part) == 1 else None for k, part in self._groups]
        return [None, *apart] if len(apart) > 1 else apart or [None]

    def labels(self):
        """What `trees` go through, in words."""
        whole = self._paths[0] if len(self._paths) == 1 else "all"
        apart = [
            self._entry(k, np.argmax(part)) if np.sum(part) == 1 else f"entries of {self._paths[k]}"
            for k, part in self._groups
        ]
        return [whole, *apart] if len(self._groups) > 1 else [whole]

    def names(self):
        """The entries in words."""
        return [self._entry(k, i) for k, x in enumerate(self._sizes) for i in range(x.size)]

    def _entry(self, k, i):
        shape = self._sizes[k].shape
        index = ", ".join(str(j) for j in np.unravel_index(i, shape))
        return f"entry [{index}] of {self._paths[k]}" if shape else self._paths[k]


def _few_digits(rng, x):
    """Random numbers of both signs from 1 to 2, with so few digits that a step along them is exact; 0 for a constant."""
    dtype = np.asarray(x).dtype
    if dtype.kind != "f":
        return np.zeros(np.shape(x))[()]
    few = 8 if dtype == np.float16 else 64
    return ((1 + rng.integers(0, few, np.shape(x)) / few) * rng.choice([-1.0, 1.0], np.shape(x))).astype(dtype)[()]


def _scaled(d, x, least, shift):
    """The numbers d, of about the size of x, or of `least`, times ``2**-shift``; without shift, of the size of 0.25."""
    if shift is None or d.dtype.kind != "f" or np.asarray(x).dtype.kind != "f":
        return np.ldexp(d, -3)[()]
    size = np.where(x == 0, 0.25, np.maximum(np.abs(x), max(least, np.finfo(d.dtype).tiny)))
    return np.ldexp(d, np.frexp(size.astype(d.dtype))[1] - 2 - shift)[()]


def _paths(tree, name):
    """What the leaves of a tree are called, in the order of `flatten`."""
    if isinstance(tree, dict):
        return [path for k, node in tree.items() for path in _paths(node, f"{name}[{k!r}]")]
    if isinstance(tree, (tuple, list)):
        return [path for k, node in enumerate(tree) for path in _paths(node, f"{name}[{k}]")]
    return [] if tree is None else [name]


def _flat(tree):
    leaves, _ = flatten(tree)
    return np.concatenate([np.ravel(np.asarray(x, _wide(x))) for x in leaves] or [np.zeros(0)])


def _wide(x):
    """At least double precision."""
    return np.result_type(float, np.asarray(x).dtype)
