"""The programs that are differentiated: each written once, for every package.

A program is made for a namespace `xp`, which is numpy, autograd.numpy, jax.numpy or torch; the packages agree on all
names used here. Its data come as NumPy arrays and are turned into the package's own by `to`, before any time is taken.
"""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, eq=False)
class Program:
    """A scalar function of a tuple of arrays, at a point and with a direction for jvp and hvp."""

    name: str
    make: object  # (xp, to) -> the function of the arrays
    primals: tuple
    tangents: tuple
    operations: int  # elementwise operations of a chain; 1 where time per operation means nothing
    by_hand: object = None  # (primals) -> gradient, the reverse sweep written out


def _program(name, make, primals, operations=1, by_hand=None):
    rng = np.random.default_rng(0)
    tangents = tuple(rng.standard_normal(x.shape) for x in primals)
    return Program(name, make, tuple(primals), tangents, operations, by_hand)


def chain_with_constants(n=10, rounds=100):
    """Three operations a round, each on one traced array."""

    def make(xp, to):
        def f(x):
            y = x
            for _ in range(rounds):
                y = xp.sin(y) * 1.01 + 0.1
            return xp.sum(y)

        return f

    def by_hand(x):
        y, kept = x, []
        for _ in range(rounds):
            kept.append(y)
            y = np.sin(y) * 1.01 + 0.1
        y_bar = np.ones(n)
        while kept:
            y_bar = y_bar * 1.01 * np.cos(kept.pop())
        return (y_bar,)

    return _program("chain-constants", make, [np.linspace(0.1, 1.0, n)], 3 * rounds, by_hand)


def chain_of_pairs(n=10, rounds=50):
    """Seven operations a round; in three of them two traced arrays meet."""

    def make(xp, to):
        def f(x):
            y = x
            for _ in range(rounds):
                y = xp.sin(y * x) + xp.sqrt(y * y + 1.0) * 0.5
            return xp.sum(y)

        return f

    def by_hand(x):
        y, kept = x, []
        for _ in range(rounds):
            a = y * x
            r = np.sqrt(y * y + 1.0)
            kept.append((y, a, r))
            y = np.sin(a) + r * 0.5
        x_bar, y_bar = np.zeros(n), np.ones(n)
        while kept:
            y, a, r = kept.pop()
            a_bar = y_bar * np.cos(a)
            x_bar = x_bar + a_bar * y
            y_bar = a_bar * x + 0.5 * y_bar * y / r
        return (x_bar + y_bar,)

    return _program("chain-pairs", make, [np.linspace(0.1, 1.0, n)], 7 * rounds, by_hand)


def mlp(batch=128, sizes=(784, 256, 256, 10)):
    """A network of two hidden layers with tanh, and its cross-entropy."""
    rng = np.random.default_rng(1)
    images = rng.standard_normal((batch, sizes[0]))
    labels = np.eye(sizes[-1])[rng.integers(sizes[-1], size=batch)]
    weights = [rng.standard_normal(s) / np.sqrt(s[0]) for s in zip(sizes, sizes[1:])]
    biases = [0.1 * rng.standard_normal(n) for n in sizes[1:]]
    primals = [p for pair in zip(weights, biases) for p in pair]

    def make(xp, to):
        x, t = to(images), to(labels)

        def f(w1, b1, w2, b2, w3, b3):
            h1 = xp.tanh(x @ w1 + b1)
            h2 = xp.tanh(h1 @ w2 + b2)
            z = h2 @ w3 + b3
            return (xp.sum(xp.log(xp.sum(xp.exp(z), 1))) - xp.sum(t * z)) / batch

        return f

    def by_hand(w1, b1, w2, b2, w3, b3):
        x, t = images, labels
        h1 = np.tanh(x @ w1 + b1)
        h2 = np.tanh(h1 @ w2 + b2)
        z = h2 @ w3 + b3
        e = np.exp(z)
        z_bar = (1 / batch / np.sum(e, 1))[:, None] * e - 1 / batch * t
        a2_bar = (z_bar @ w3.T) * ((1 - h2) * (1 + h2))
        a1_bar = (a2_bar @ w2.T) * ((1 - h1) * (1 + h1))
        return (
            *(x.T @ a1_bar, np.sum(a1_bar, 0)),
            *(h1.T @ a2_bar, np.sum(a2_bar, 0)),
            *(h2.T @ z_bar, np.sum(z_bar, 0)),
        )

    return _program("mlp", make, primals, by_hand=by_hand)


def mds(points=200):
    """Multidimensional scaling in the plane by s-stress: squared distances against given ones."""
    rng = np.random.default_rng(2)
    target = np.sum((lambda y: (y[:, None] - y[None]) ** 2)(rng.standard_normal((points, 2))), -1)

    def make(xp, to):
        given = to(target)

        def f(x):
            difference = x[:, None] - x[None]
            residual = xp.sum(difference**2, -1) - given
            return xp.sum(residual**2)

        return f

    def by_hand(x):
        difference = x[:, None] - x[None]
        residual = np.sum(difference**2, -1) - target
        residual_bar = 2 * residual
        difference_bar = residual_bar[:, :, None] * (2 * difference)
        return (np.sum(difference_bar, 1) - np.sum(difference_bar, 0),)

    return _program("mds", make, [rng.standard_normal((points, 2))], by_hand=by_hand)


def logistic(rows=20_000, columns=100):
    """Logistic regression, as logaddexp of zero and the negative margin."""
    rng = np.random.default_rng(3)
    features = rng.standard_normal((rows, columns))
    signs = np.where(rng.random(rows) < 0.5, 1.0, -1.0)
    zeros = np.zeros(rows)

    def make(xp, to):
        a, s, zero = to(features), to(signs), to(zeros)

        def f(w):
            return xp.sum(xp.logaddexp(zero, -(s * (a @ w)))) / rows

        return f

    def by_hand(w):
        u = -(signs * (features @ w))
        u_bar = np.exp(u - np.logaddexp(zeros, u)) * (1 / rows)
        return (features.T @ (signs * -u_bar),)

    return _program("logistic", make, [0.1 * rng.standard_normal(columns)], by_hand=by_hand)


def indexing(n):
    """A loop that takes each entry of x by its index."""

    def make(xp, to):
        def f(x):
            total = 0.0
            for i in range(n):
                total = total + x[i] * x[i]
            return total

        return f

    def by_hand(x):
        x_bar = np.zeros(n)
        for i in range(n):
            x_bar[i] += 2 * x[i]
        return (x_bar,)

    return _program("indexing", make, [np.linspace(0.1, 1.0, n)], by_hand=by_hand)


def stacking(n):
    """n scalars, computed one by one and stacked into an array."""

    def make(xp, to):
        def f(x):
            return xp.sum(xp.stack([x * (i + 1) for i in range(n)]))

        return f

    return _program("stacking", make, [np.array(0.5)])


def long_chain(x, operations):
    """A program of scalar operations, written for Python floats and whatever stands in for them."""
    for _ in range(operations // 2):
        x = x * 0.999999
        x = x + 0.000001
    return x
