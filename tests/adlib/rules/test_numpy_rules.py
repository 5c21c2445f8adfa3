"""The rules of NumPy's functions: every line of `numpy_cases` in both modes and their four compositions.

The first derivative comes from the complex step, from JAX, or from the Taylor
test; the second is compared with a difference of the first.
"""

import functools
import math

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import adlib
from adlib.core.trace import RULES, is_traced
from adlib.core.tree import flatten
from adlib.rules.equivalent import equivalent
from tests.adlib.oracles import CHECKS, close, complex_step, inner, same_bits
from tests.adlib.rules.numpy_cases import COMPLEX, CONSTANTS, JAX, LINES, MASK

pytestmark = pytest.mark.filterwarnings("ignore:.*encountered:RuntimeWarning", "ignore:.*NaN:RuntimeWarning")


def directional(line, f):
    """The derivative at xs along vs by other means than adlib's rules, or None."""
    if line.oracle == COMPLEX:
        return functools.partial(complex_step, f)
    if line.oracle == JAX:
        compiled = jax.jit(lambda xs, vs: jax.jvp(lambda *ys: line.f(jnp, *ys), xs, vs)[1])
        return lambda xs, vs: np.asarray(compiled(tuple(xs), tuple(vs)))
    return None


@pytest.mark.parametrize("line", LINES, ids=str)
def test_both_modes_and_their_compositions(line):
    f = lambda *xs: line.f(np, *xs)  # noqa: E731
    jvp, vjp = adlib.jvp, adlib.vjp
    xs, us, vs = line.point(1), line.direction(2), line.direction(3)
    xs, us, vs = tuple(xs), tuple(us), tuple(vs)
    plain = f(*xs)
    w = np.random.default_rng(4).uniform(0.5, 1.5, np.shape(plain))
    seen = np.isfinite(plain)  # where a line puts NaN, there is no derivative

    value, tangent = jvp(f, xs, vs)
    same_bits(value, plain)
    value, pullback = vjp(f, *xs)
    same_bits(value, plain)
    cotangents = pullback(np.where(seen, w, 0.0))
    assert [np.shape(c) for c in cotangents] == [np.shape(x) for x in xs]

    weighted = lambda t: inner([np.where(seen, t, 0.0)], [w])  # noqa: E731
    size = 1 + weighted(np.abs(tangent))
    close(weighted(tangent) / size, inner(cotangents, vs) / size, "adjoint", 1e-12)

    oracle = directional(line, f)
    if oracle is None:
        adlib.check_grads(lambda *ys: np.where(seen, f(*ys), 0.0), xs, order=2)
        CHECKS["Taylor test"] += 1
    else:
        close(np.where(seen, tangent, 0.0), np.where(seen, oracle(xs, vs), 0.0), f"jvp by {line.oracle}")
        step = 1e-5
        moved = [tuple(x + s * step * v for x, v in zip(xs, vs, strict=True)) for s in (1, -1)]
        second = (weighted(oracle(moved[0], us)) - weighted(oracle(moved[1], us))) / (2 * step)
        size = 1 + abs(second) + weighted(np.abs(tangent))
        w = np.where(seen, w, 0.0)
        found = {
            "forward over forward": inner([np.where(seen, jvp(lambda *ys: jvp(f, ys, us)[1], xs, vs)[1], 0.0)], [w]),
            "forward over reverse": inner(jvp(lambda *ys: vjp(f, *ys)[1](w), xs, vs)[1], us),
            "reverse over forward": inner(vjp(lambda *ys: jvp(f, ys, us)[1], *xs)[1](w), vs),
            "reverse over reverse": inner(vjp(lambda *ys: vjp(f, *ys)[1](w), *xs)[1](us), vs),
        }
        for kind, product in found.items():
            close(product / size, second / size, kind, 1e-7) if second else close(1 + product / size, 1.0, kind, 1e-7)


@pytest.mark.parametrize("line", LINES, ids=str)
def test_single_precision_stays(line):
    f = lambda *xs: line.f(np, *xs)  # noqa: E731
    xs = tuple(line.point(1, np.float32))
    vs = tuple(v.astype(np.float32) for v in line.direction(3))
    plain = f(*xs)
    value, tangent = adlib.jvp(f, xs, vs)
    same_bits(value, plain)
    assert tangent.dtype == np.asarray(plain).dtype
    value, pullback = adlib.vjp(f, *xs)
    same_bits(value, plain)
    w = np.where(np.isfinite(plain), 1.0, 0.0)
    cotangents = pullback(w)
    assert [c.dtype for c in cotangents] == [np.float32] * len(xs)
    exact = adlib.vjp(f, *[x.astype(float) for x in xs])[1](w)
    for c, d in zip(cotangents, exact, strict=True):
        close(c, d, "vjp in single precision", 2e-3)


def _arrays_are_plain(tree):
    leaves, _ = flatten(tree)
    assert not any(is_traced(y) for y in leaves)


@pytest.mark.parametrize("line", CONSTANTS, ids=str)
@pytest.mark.parametrize("transformation", ["forward", "reverse", "both"])
def test_functions_without_derivative_give_plain_values(line, transformation):
    (x,) = line.point(1)
    seen = []

    def f(y):
        seen.append(eval(line.code, {"np": np, "MASK": MASK, "x": y}))
        _arrays_are_plain(seen[-1])
        return np.sum(y * y)

    transform = {
        "forward": lambda: adlib.jvp(f, (x,), (x,)),
        "reverse": lambda: adlib.grad(f)(x),
        "both": lambda: adlib.jvp(adlib.grad(f), (x,), (x,)),
    }
    transform[transformation]()
    np.testing.assert_equal(seen[0], eval(line.code, {"np": np, "MASK": MASK, "x": x}))


# Rules with a mistake each, and a line that must show it.
WRONG = {
    "np.cumsum(x, axis=0)": lambda: adlib.linear(np.cumsum, lambda g, shape, axis: np.cumsum(g, axis)),
    "np.tril(x, 1)": lambda: adlib.linear(np.tril, lambda g, shape, k=0: g),
    "np.ptp(x)": lambda: adlib.composite(np.ptp, lambda a: (np.max(a) - np.min(a)) * (1 + 2.3e-16)),  # one bit
    "np.fmod(x, y)": lambda: adlib.elementwise(np.fmod, 1, lambda x1, x2: -np.floor(x1 / x2)),
    "np.median(x)": lambda: equivalent(np.median, np.mean),
    "np.sinc(x)": lambda: adlib.elementwise(np.sinc, lambda x: adlib.stop_gradient(np.cos(np.pi * x) - np.sinc(x)) / x),
    "np.modf(x)": lambda: adlib.rule(np.modf, lambda t, y, x: (t[0], t[0]), lambda g, y, x: [g[0]]),
}


@pytest.mark.parametrize("code", WRONG)
def test_a_wrong_rule_is_found(code, monkeypatch):
    line = [line for line in LINES if line.code == code and math.prod(line.shapes[0])][-1]
    monkeypatch.setitem(RULES, line.function, RULES[line.function])
    WRONG[code]()
    with pytest.raises(AssertionError):
        test_both_modes_and_their_compositions(line)
