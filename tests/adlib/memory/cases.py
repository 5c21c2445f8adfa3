"""What the tests of checkpoints and of chains have in common: schedules, programs, and equality to the last bit."""

import numpy as np
import pytest

import adlib
from adlib import checkpoint_chain, grad, hvp, jvp, schedules, value_and_grad, vjp

RNG = np.random.default_rng(5)
W, X = RNG.normal(size=(4, 4)) / 2, RNG.normal(size=4)
SCHEDULES = [
    schedules.store_all,
    schedules.sqrt,
    *[schedules.every(k) for k in (1, 3, 100)],
    *[schedules.binomial(s) for s in (1, 2, 5, 100)],
]
by_schedule = pytest.mark.parametrize("schedule", SCHEDULES, ids=repr)


def same(ours, plain):
    """Assert that two trees are equal bit for bit, in type and dtype."""
    assert type(ours) is type(plain)
    if isinstance(plain, dict):
        assert list(ours) == list(plain)
        ours, plain = list(ours.values()), list(plain.values())
    if isinstance(plain, (tuple, list)):
        assert len(ours) == len(plain)
        for a, b in zip(ours, plain, strict=True):
            same(a, b)
    elif plain is not None:
        assert np.shape(ours) == np.shape(plain)
        assert np.asarray(ours).dtype == np.asarray(plain).dtype
        np.testing.assert_array_equal(ours, plain)


def block(w, x):
    h = np.tanh(w @ x)
    return np.tanh(w @ h) + x * h


def residual(part):
    """A loss where the arguments of the part are used inside and outside, before and after."""

    def loss(w, x):
        y = x + np.sin(x)
        for _ in range(3):
            y = part(w, y) * y + part(w, x)
        return np.sum(y * y) + np.sum(w * w) + y[0] * x[1]

    return loss


COMPOSITIONS = {
    "reverse": lambda f: grad(f, (0, 1))(W, X),
    "value and reverse": lambda f: value_and_grad(f, (0, 1))(W, X),
    "kept tape": lambda f: vjp(f, W, X)[1](1.5),
    "forward": lambda f: jvp(f, (W, X), (W * W, X + 1.0)),
    "forward over reverse": lambda f: hvp(f, (W, X), (W * W, X + 1.0)),
    "reverse over forward": lambda f: grad(lambda w, x: jvp(f, (w, x), (W * W, x))[1], (0, 1))(W, X),
    "forward over forward": lambda f: jvp(lambda w, x: jvp(f, (w, x), (W * W, x))[1], (W, X), (W, X)),
    "Jacobian of a gradient": lambda f: adlib.hessian(f, 1)(W, X),
}


def weighted(part):
    """A number from any results, with arguments used again outside."""

    def loss(*args):
        out = part(*args)
        total, leaves = 0.0, [out, list(args)]
        while leaves:
            x = leaves.pop()
            if isinstance(x, dict):
                leaves += list(x.values())
            elif isinstance(x, (tuple, list)):
                leaves += list(x)
            elif x is not None:
                total = total + np.sum(x * np.cos(np.arange(np.size(x))).reshape(np.shape(x))) * (1.0 + len(leaves))
        return total

    return loss


def looped(step):
    """What checkpoint_chain says it does."""

    def loop(state, inputs, *shared):
        for x in inputs:
            state = step(state, x, *shared)
        return state

    return loop


def chained(step, schedule):
    return lambda state, inputs, *shared: checkpoint_chain(step, state, inputs, *shared, schedule=schedule)


class Mine(Exception):
    pass
