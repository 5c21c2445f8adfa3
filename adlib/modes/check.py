"""Is this derivative the derivative?  Two tests that a wrong one cannot pass.

The Taylor test needs only values: if J is the Jacobian, then
``|f(x + h v) - f(x) - h J v|`` falls like h squared.  A wrong J leaves a term
proportional to h, whatever the step.

The adjoint test needs no steps at all: forward mode gives ``J v`` and reverse
mode ``J^T w``, and ``<J v, w> = <v, J^T w>`` holds to rounding.
"""

import numpy as np

from ..core.arguments import check_function
from ..core.errors import ArgumentError, GradientCheckError
from ..core.tree import flatten, unflatten
from .forward import jvp
from .reverse import vjp

# Steps of the Taylor test: each a quarter of the one before.
_STEPS = [1e-2 * 4.0**-k for k in range(10)]


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
        Saying which test failed, at which order, and by how much.

    Notes
    -----
    The Taylor test sees relative errors down to about 1e-6 in float64 and 1e-2
    in float32; the adjoint test compares to rounding.  Both modes must also
    return the value of `f` bit for bit.  Cost: about a dozen evaluations of
    `f` and one sweep in each mode, times five for order 2.

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
    """
    check_function(f, "check_grads")
    if order not in (1, 2) or not set(modes) <= {"fwd", "rev"} or not modes:
        raise ArgumentError(
            f"check_grads takes order 1 or 2 and modes from ('fwd', 'rev'), but got order={order!r} and modes={modes!r}"
        )
    rng = np.random.default_rng(seed)
    name = getattr(f, "__name__", "f")
    v = _direction(rng, args)
    _check_first_order(f, args, v, modes, rng, name)
    if order == 2:
        w = _direction(rng, (f(*args),))[0]
        if "fwd" in modes:
            _check_first_order(
                lambda *xs: jvp(f, xs, v)[1], args, _direction(rng, args), modes, rng, f"the jvp of {name}", 2
            )
        if "rev" in modes:
            _check_first_order(
                lambda *xs: vjp(f, *xs)[1](w), args, _direction(rng, args), modes, rng, f"the vjp of {name}", 2
            )


def _check_first_order(f, args, v, modes, rng, name, order=1):
    value = f(*args)
    if "fwd" in modes:
        traced, tangent = jvp(f, args, v)
        _compare_values(value, traced, f"forward mode of {name}", order, _eps(args))
        _taylor_test(f, args, v, value, tangent, f"Taylor test of {name}, forward mode")
    if "rev" in modes:
        traced, pullback = vjp(f, *args)
        _compare_values(value, traced, f"reverse mode of {name}", order, _eps(args))
        w = _direction(rng, (value,))[0]
        pulled = _inner(v, pullback(w))
        if "fwd" in modes:
            pushed = _inner(tangent, w)
            eps = _eps(args)
            size = _inner(_absolute(tangent), _absolute(w)) + _inner(_absolute(v), _absolute(pullback(w)))
            if not abs(pulled - pushed) <= 1000 * eps * size:
                raise GradientCheckError(
                    f"adjoint test of {name}: <Jv, w> = {pushed:.12g} by forward mode, "
                    f"but <v, J^T w> = {pulled:.12g} by reverse mode; one of the two rules is wrong"
                )
        else:
            scalar = lambda *xs: _inner(f(*xs), w)  # noqa: E731
            _taylor_test(scalar, args, v, scalar(*args), pulled, f"Taylor test of {name}, reverse mode")


def _taylor_test(f, args, v, value, tangent, label):
    """Raise unless the remainder after the linear term falls faster than the step."""
    y, jv = _flat(value), _flat(tangent)
    eps = _eps(args)
    tolerance = 1e-6 if eps < 1e-12 else 1e-2
    x_size, jv_size = np.max(np.abs(_flat(args)), initial=0.0), np.max(np.abs(jv), initial=0.0)
    floor = 50 * eps * (np.max(np.abs(y), initial=0.0) + max(1.0, x_size) * jv_size)
    remainders = []
    for h in _STEPS:
        r = _flat(f(*_move(args, h, v))) - y - h * jv
        remainders.append(np.max(np.abs(r), initial=0.0))
    if not all(np.isfinite(remainders)):
        raise GradientCheckError(f"{label}: the value or the derivative is not finite near the point")
    pairs = [k for k in range(len(_STEPS) - 1) if remainders[k + 1] > floor]
    if not pairs:
        return
    k = pairs[-1]
    slope = np.log(remainders[k] / remainders[k + 1]) / np.log(4)
    rate = remainders[k + 1] / _STEPS[k + 1]
    relative = rate / max(jv_size, rate)
    if slope < 1.5 and relative > tolerance:
        raise GradientCheckError(
            f"{label}: the remainder falls with slope {slope:.2f} in the step, where 2 is right; "
            f"the derivative is off by about {relative:.1e} of its size"
        )


def _compare_values(plain, traced, label, order, eps):
    a, b = _flat(plain), _flat(traced)
    # A traced derivative adds its terms in another order than a plain one.
    slack = 0.0 if order == 1 else 1000 * eps * np.max(np.abs(a), initial=0.0)
    if a.shape != b.shape or not np.allclose(a, b, rtol=0.0, atol=slack, equal_nan=True):
        raise GradientCheckError(f"{label}: the traced function does not return the plain value")


def _direction(rng, tree):
    leaves, structure = flatten(tree)
    return unflatten(structure, [_random_like(rng, x) for x in leaves])


def _random_like(rng, x):
    size = np.maximum(np.abs(x), 0.1)
    return (rng.standard_normal(np.shape(x)) * size).astype(getattr(x, "dtype", float))[()]


def _move(args, h, v):
    leaves, structure = flatten(args)
    directions, _ = flatten(v)
    moved = [x + np.asarray(h, getattr(x, "dtype", float)) * d for x, d in zip(leaves, directions)]
    return unflatten(structure, [float(y) if type(x) is float else y for x, y in zip(leaves, moved)])


def _flat(tree):
    leaves, _ = flatten(tree)
    return np.concatenate([np.ravel(np.asarray(x, float)) for x in leaves] or [np.zeros(0)])


def _absolute(tree):
    return np.abs(_flat(tree))


def _inner(a, b):
    return float(_flat(a) @ _flat(b))


def _eps(args):
    leaves, _ = flatten(args)
    return max(np.finfo(getattr(x, "dtype", float)).eps for x in leaves)
