"""Every rule of the table, in both modes and their four compositions, against other means.

The oracles are the complex step on NumPy itself, JAX, and the identity
``<J v, w> = <v, J^T w>``.
"""

from dataclasses import dataclass
from functools import lru_cache

import jax.numpy as jnp
import numpy as np
import pytest

import adlib
from adlib.core.families import Composite, Differentiable
from adlib.core.trace import RULES
from adlib.rules.arithmetic import direction, one_minus_square, power_derivative, unknown_slope
from adlib.rules.indexing import padded
from adlib.rules.special import bessel_i, sinc_derivative
from adlib.rules.statistics import root, root_slope
from tests.adlib.oracles import Derivatives, by_jax, by_jax_broadcast, close, complex_step, inner, same_bits
from tests.adlib.rules.cases import CASES, draw
from tests.adlib.rules.numpy_cases import LINES, subjects

CHECKS = [
    pytest.param(case, shapes, id=f"{case.name} {' '.join(map(str, shapes))}")
    for case in CASES
    for shapes in case.shapes
]


def name(function):
    return getattr(function, "__name__", str(function))


# The table as the package leaves it, before any test declares a primitive of its own.
TABLE = dict(RULES)


def ours(rules):
    """The rules of adlib's own table; primitives that tests and examples declare are not its."""
    return {
        f
        for f, rule in rules.items()
        if getattr(f, "__module__", "").startswith(("numpy", "adlib", "_operator")) or isinstance(f, np.ufunc)
    }


# Primitives inside other rules, which are checked with these; functions of like= build arrays of others.
INSIDE = {
    sinc_derivative,
    bessel_i,
    power_derivative,
    unknown_slope,
    one_minus_square,
    direction,
    padded,
    np.full,
    np.array,
    np.asarray,
    np.asanyarray,
    np.require,
}
INSIDE |= {root, root_slope, np.ascontiguousarray, np.asfortranarray}


def test_every_differentiable_rule_has_a_case():
    differentiable = {f for f in ours(TABLE) if isinstance(RULES[f], (Differentiable, Composite))}
    missing = differentiable - {case.key for case in CASES} - subjects(LINES) - INSIDE
    missing = {f for f in missing if "linalg" not in getattr(f, "__module__", "")}  # see test_linalg
    assert not missing, f"no case in tests/adlib/rules/cases.py or numpy_cases.py for {sorted(map(name, missing))}"


def test_every_case_has_a_rule():
    assert {case.key for case in CASES} <= set(RULES)


@dataclass
class Point:
    """A function at a point with two directions, a weight of its result, and what JAX says."""

    f: object
    xs: tuple
    us: tuple
    vs: tuple
    w: np.ndarray
    plain: object
    jax: Derivatives


@lru_cache
def at(case, shapes):
    f = case.on(np)
    xs, us, vs = (tuple(case.points(shapes, seed)) for seed in (0, 7, 9))
    plain = f(*xs)
    w = draw("real", np.shape(plain), 5)
    oracle = by_jax_broadcast if case.elementwise else by_jax
    return Point(f, xs, us, vs, w, plain, oracle(jax_function(case), xs, us, vs, w))


@lru_cache
def jax_function(case):
    return case.on(jnp)


@pytest.mark.parametrize("case, shapes", CHECKS)
def test_value_and_first_derivatives(case, shapes):
    p = at(case, shapes)
    value, tangent = adlib.jvp(p.f, p.xs, p.us)
    same_bits(value, p.plain)
    close(tangent, p.jax.jvp, "jvp")
    if case.analytic:
        close(tangent, complex_step(p.f, p.xs, p.us), "jvp by complex step")

    value, pullback = adlib.vjp(p.f, *p.xs)
    same_bits(value, p.plain)
    cotangents = pullback(p.w)
    for c, expected in zip(cotangents, p.jax.vjp, strict=True):
        close(c, expected, "vjp")

    pushed, pulled = inner([tangent], [p.w]), inner(p.us, cotangents)
    size = inner([np.abs(tangent)], [np.abs(p.w)]) + inner(map(np.abs, p.us), map(np.abs, cotangents)) or 1.0
    close(1 + pushed / size, 1 + pulled / size, "adjoint", 1e-13)


@pytest.mark.parametrize("case, shapes", CHECKS)
def test_second_derivatives(case, shapes):
    jvp, vjp = adlib.jvp, adlib.vjp
    p = at(case, shapes)
    f, xs, us, vs, w = p.f, p.xs, p.us, p.vs, p.w
    close(jvp(lambda *ys: jvp(f, ys, us)[1], xs, vs)[1], p.jax.second, "forward over forward")
    forward_reverse = jvp(lambda *ys: vjp(f, *ys)[1](w), xs, vs)[1]
    reverse_forward = vjp(lambda *ys: jvp(f, ys, us)[1], *xs)[1](w)
    reverse_reverse = vjp(lambda *ys: vjp(f, *ys)[1](w), *xs)[1](vs)
    for k in range(len(xs)):
        close(forward_reverse[k], p.jax.hessian_vs[k], "forward over reverse")
        close(reverse_forward[k], p.jax.hessian_us[k], "reverse over forward")
        close(reverse_reverse[k], p.jax.hessian_vs[k], "reverse over reverse")


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_single_precision_stays(case):
    f = case.on(np)
    shapes = case.shapes[-1]
    xs, vs = (tuple(np.asarray(x, np.float32) for x in case.points(shapes, seed)) for seed in (0, 7))
    plain = f(*xs)
    value, tangent = adlib.jvp(f, xs, vs)
    same_bits(value, plain)
    assert tangent.dtype == plain.dtype

    value, pullback = adlib.vjp(f, *xs)
    same_bits(value, plain)
    w = draw("real", np.shape(plain), 5)
    assert [c.dtype for c in pullback(w)] == [np.float32] * len(xs)
    exact = adlib.vjp(f, *[x.astype(float) for x in xs])[1](w)
    for c, d in zip(pullback(w), exact, strict=True):
        close(c, d, "vjp in single precision", 1e-4)

    gradient, product = adlib.jvp(lambda *ys: adlib.vjp(f, *ys)[1](w), xs, vs)
    assert [g.dtype for g in (*gradient, *product)] == [np.float32] * (2 * len(xs))
    product = adlib.vjp(lambda *ys: adlib.vjp(f, *ys)[1](w), *xs)[1](vs)
    assert [g.dtype for g in product] == [np.float32] * len(xs)


SCALARS = [case for case in CASES if all(s == () for s in case.shapes[0])]


@pytest.mark.parametrize("case", SCALARS, ids=lambda case: case.name)
def test_python_floats_stay(case):
    f = lambda *xs: np.sum(case.f(np, *xs))  # noqa: E731
    xs = [float(x) for x in case.points(case.shapes[0])]
    everything = tuple(range(len(xs)))
    plain = f(*xs)
    value, gradient = adlib.value_and_grad(f, everything)(*xs)
    same_bits(value, plain)
    assert [type(g) for g in gradient] == [float] * len(xs)
    arrays = adlib.grad(f, everything)(*[np.asarray(x) for x in xs])
    assert [type(g) for g in arrays] == [np.ndarray] * len(xs)
    close(gradient, arrays, "grad of Python floats")
    close(adlib.jvp(f, tuple(xs), (1.0,) * len(xs))[1], sum(gradient), "jvp of Python floats")


@pytest.mark.parametrize("case", SCALARS, ids=lambda case: case.name)
def test_a_python_float_as_result_stays(case):
    f = case.on(np)
    xs = [float(x) for x in case.points(case.shapes[0])]
    value, tangent = adlib.jvp(f, tuple(xs), (1.0,) * len(xs))
    assert type(value) is type(f(*xs))
    assert np.shape(tangent) == np.shape(value)
    if type(value) is float:
        assert type(tangent) is float
