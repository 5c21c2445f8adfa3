"""Derivatives by other means: JAX, and the complex step."""

from collections import Counter
from dataclasses import dataclass
from functools import lru_cache

import jax
import jax.numpy as jnp
import numpy as np

jax.config.update("jax_enable_x64", True)
# Almost all of JAX's time here is compilation.
jax.config.update("jax_disable_most_optimizations", True)

# How many comparisons each mode and each composition of two modes has passed.
CHECKS = Counter()


def close(ours, theirs, kind, rtol=1e-11):
    """Assert that two results agree to rounding, in shape too, and count the comparison."""
    ours, theirs = np.asarray(ours), np.asarray(theirs)
    assert ours.shape == theirs.shape, f"{kind}: shape {ours.shape}, but {theirs.shape} by the oracle"
    scale = np.max(np.abs(theirs[np.isfinite(theirs)]), initial=1e-300)
    np.testing.assert_allclose(ours, theirs, rtol=rtol, atol=rtol * scale, err_msg=kind)
    CHECKS[kind] += 1


def same_bits(ours, plain):
    """Assert that a traced value is the plain value, bit for bit and in dtype."""
    assert np.shape(ours) == np.shape(plain)
    assert np.asarray(ours).dtype == np.asarray(plain).dtype
    np.testing.assert_array_equal(ours, plain)
    CHECKS["value"] += 1


def inner(xs, ys):
    """The inner product of two tuples of arrays."""
    return sum(float(np.sum(np.asarray(x, float) * np.asarray(y, float))) for x, y in zip(xs, ys, strict=True))


def complex_step(f, xs, vs):
    """The derivative of an analytic function along vs, without any rule: Im f(x + ihv) / h."""
    h = 1e-200
    return np.imag(f(*[x + 1j * h * v for x, v in zip(xs, vs, strict=True)])) / h


@dataclass(frozen=True)
class Derivatives:
    """What an oracle says of f at xs, for directions us and vs and a weight w of the result."""

    jvp: np.ndarray  # J us
    vjp: tuple  # J^T w
    second: np.ndarray  # the derivative along vs of J us
    hessian_us: tuple  # the derivative along us of J^T w
    hessian_vs: tuple


def by_jax(f, xs, us, vs, w):
    """All derivatives of a function written for `jax.numpy`."""
    results = _jitted(f)(*[tuple(jnp.asarray(x) for x in group) for group in (xs, us, vs, (w,))])
    return Derivatives(*jax.tree.map(np.asarray, results))


@lru_cache
def _jitted(f):
    """One program for all of them: almost all of the time goes into compiling."""

    def derivatives(xs, us, vs, ws):
        weighted = lambda *ys: jax.vjp(f, *ys)[1](ws[0])  # noqa: E731
        return (
            jax.jvp(f, xs, us)[1],
            weighted(*xs),
            jax.jvp(lambda *ys: jax.jvp(f, ys, us)[1], xs, vs)[1],
            jax.jvp(weighted, xs, us)[1],
            jax.jvp(weighted, xs, vs)[1],
        )

    return jax.jit(derivatives)


LENGTH = 8


def by_jax_broadcast(f, xs, us, vs, w):
    """The same for an elementwise function, with the broadcasting done and undone by hand.

    JAX sees arrays of one length only, whatever the shapes, and compiles once.
    """
    shape = np.shape(w)
    size = int(np.prod(shape))

    def pad(x):
        flat = np.broadcast_to(x, shape).ravel()
        # Any number of the domain will do: nothing reads what comes of it.
        return np.concatenate([flat, np.full(LENGTH - size, flat[0] if size else 1.5)])

    def unpad(y):
        return y[:size].reshape(shape)

    def total(x, g):
        g = unpad(g)
        g = g.sum(tuple(range(g.ndim - np.ndim(x))))
        return g.sum(tuple(i for i, n in enumerate(np.shape(x)) if n == 1), keepdims=True)

    d = by_jax(f, *[tuple(map(pad, group)) for group in (xs, us, vs)], pad(w))
    sums = [tuple(map(total, xs, gs)) for gs in (d.vjp, d.hessian_us, d.hessian_vs)]
    return Derivatives(unpad(d.jvp), sums[0], unpad(d.second), *sums[1:])
