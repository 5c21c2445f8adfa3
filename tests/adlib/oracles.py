"""Derivatives by other means: JAX, and the complex step."""

from collections import Counter

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


class Jax:
    """First and second derivatives of a function written for `jax.numpy`."""

    def __init__(self, f):
        self.f = f

    @staticmethod
    def of(case):
        """The oracle of a case: JAX on the very arrays, or on one common shape where that is the same."""
        kind = Broadcast if case.elementwise else Jax
        return kind(lambda *ys: case.f(jnp, *ys))

    def jvp(self, xs, vs):
        return jax.jvp(self.f, _arrays(xs), _arrays(vs))[1]

    def vjp(self, xs, w):
        return jax.vjp(self.f, *_arrays(xs))[1](jnp.asarray(w))

    def second_directional(self, xs, us, vs):
        """The derivative along vs of the derivative along us."""
        return jax.jvp(lambda *ys: jax.jvp(self.f, ys, _arrays(us))[1], _arrays(xs), _arrays(vs))[1]

    def second_weighted(self, xs, w, vs):
        """The derivative along vs of the gradient of <w, f>."""
        return jax.jvp(lambda *ys: jax.vjp(self.f, *ys)[1](jnp.asarray(w)), _arrays(xs), _arrays(vs))[1]


class Broadcast(Jax):
    """The same for an elementwise function, with the broadcasting undone by hand.

    JAX sees arrays of one length only, whatever the shapes, and compiles once.
    """

    LENGTH = 8

    def jvp(self, xs, vs):
        (xs, vs), unpad = self._pad(xs, vs)
        return unpad(super().jvp(xs, vs))

    def vjp(self, xs, w):
        ((*ys, w),), unpad = self._pad([*xs, w])
        return self._sum(xs, super().vjp(ys, w), unpad)

    def second_directional(self, xs, us, vs):
        (xs, us, vs), unpad = self._pad(xs, us, vs)
        return unpad(super().second_directional(xs, us, vs))

    def second_weighted(self, xs, w, vs):
        ((*ys, w), us), unpad = self._pad([*xs, w], vs)
        return self._sum(xs, super().second_weighted(ys, w, us), unpad)

    def _pad(self, *groups):
        shape = np.broadcast_shapes(*[np.shape(x) for x in groups[0]])
        size = int(np.prod(shape))

        def pad(x):
            flat = np.broadcast_to(x, shape).ravel()
            # Any number of the domain will do: nothing else reads it.
            return np.concatenate([flat, np.full(self.LENGTH - size, flat[0] if size else 1.5)])

        return [[pad(x) for x in group] for group in groups], lambda y: np.asarray(y)[:size].reshape(shape)

    @staticmethod
    def _sum(xs, full, unpad):
        sums = []
        for x, g in zip(xs, full, strict=True):
            g = unpad(g)
            g = g.sum(tuple(range(g.ndim - np.ndim(x))))
            axes = tuple(i for i, n in enumerate(np.shape(x)) if n == 1)
            sums.append(g.sum(axes, keepdims=True))
        return sums


def _arrays(xs):
    return tuple(jnp.asarray(x) for x in xs)
