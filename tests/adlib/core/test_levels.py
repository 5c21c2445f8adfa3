"""Nesting: no derivative is confused with another, and nothing outlives its transformation."""

import gc
import threading
import weakref

import numpy as np
import pytest

import adlib
from adlib import derivative, grad, jacfwd, jvp, vjp

D = [pytest.param(derivative, id="forward"), pytest.param(grad, id="reverse")]


# Perturbation confusion: the cases of Siskind and Pearlmutter, ForwardDiff's ConfusionTest and autodidax.


@pytest.mark.parametrize("outer", D)
@pytest.mark.parametrize("inner", D)
def test_the_classic_confusion(outer, inner):
    # d/dx (x d/dy (x + y)) = 1; confused, it is 2.
    assert outer(lambda x: x * inner(lambda y: x + y)(1.0))(1.0) == 1.0


@pytest.mark.parametrize("outer", D)
@pytest.mark.parametrize("inner", D)
def test_a_product_with_an_inner_derivative(outer, inner):
    # x d/dy (x y) = x^2
    assert outer(lambda x: x * inner(lambda y: x * y)(2.0))(3.0) == 6.0
    # d/dy (x y^2) at y = x is 2 x^2
    assert outer(lambda x: inner(lambda y: x * y * y)(x))(3.0) == 12.0


@pytest.mark.parametrize("outer", D)
@pytest.mark.parametrize("inner", D)
def test_an_inner_function_that_ignores_its_argument(outer, inner):
    assert outer(lambda x: x + inner(lambda y: x)(2.0))(3.0) == 1.0
    assert outer(lambda x: inner(lambda y: x * x)(x))(3.0) == 0.0


@pytest.mark.parametrize("outer", D)
@pytest.mark.parametrize("inner", D)
def test_the_same_function_at_two_levels(outer, inner):
    f = lambda x: np.sin(x) * x  # noqa: E731
    g = outer(lambda x: f(x) * inner(f)(x))(0.7)
    f1, f2 = np.sin(0.7) + 0.7 * np.cos(0.7), 2 * np.cos(0.7) - 0.7 * np.sin(0.7)
    assert g == pytest.approx(f1 * f1 + 0.7 * np.sin(0.7) * f2, rel=1e-14)


def test_the_amazing_bug_of_curried_functions():
    # Manzyuk and others, "Perturbation confusion in forward automatic differentiation of
    # higher-order functions", 2019: D (\x. \y. f(x + y)) applied twice.
    def shift(offset):
        return lambda f: lambda x: f(x + offset)

    def d(f):
        return lambda x: jvp(f, (x,), (1.0,))[1]

    inner = lambda h: d(lambda offset: shift(offset)(h)(2.0))(0.0)  # noqa: E731
    assert inner(lambda x: x**3) == 12.0
    assert d(lambda u: inner(lambda x: x**3 * u))(1.0) == 12.0


@pytest.mark.parametrize("outer", D)
@pytest.mark.parametrize("middle", D)
@pytest.mark.parametrize("inner", D)
def test_three_levels(outer, middle, inner):
    # d/dz (x y z^2) at z = y is 2 x y^2; d/dy (2 x y^3) at y = x is 6 x^3; so f = 6 x^4.
    f = lambda x: x * middle(lambda y: y * inner(lambda z: x * y * z * z)(y))(x)  # noqa: E731
    assert outer(f)(2.0) == pytest.approx(24 * 2.0**3, rel=1e-14)


def test_an_array_and_a_scalar_level():
    x = np.array([1.0, 2.0, 3.0])
    f = lambda a: np.sum(a * grad(lambda b: np.sum(a * b * b))(a))  # noqa: E731  2 sum a^3
    np.testing.assert_allclose(grad(f)(x), 6 * x**2)
    np.testing.assert_allclose(jvp(f, (x,), (x,))[1], 6 * np.sum(x**3))


def test_a_jacobian_inside_a_gradient():
    x = np.array([0.3, 0.5])
    f = lambda a: np.sum(jacfwd(lambda b: np.stack([b[0] * b[1], b[0] * a[0]]))(a))  # noqa: E731
    # entries b1, b0, a0, 0 at b = a: a0 + a1 + a0
    np.testing.assert_allclose(grad(f)(x), [2.0, 1.0])


def test_a_loop_of_inner_gradients():
    # Gradient descent on (w - t)^2, differentiated by t: w_n = t (1 - (1 - 2 s)^n) from w = 0.
    def descend(t):
        w = 0.0 * t
        for _ in range(5):
            w = w - 0.1 * grad(lambda v: (v - t) ** 2)(w)
        return w

    expected = 1 - 0.8**5
    assert grad(descend)(3.0) == pytest.approx(expected, rel=1e-13)
    assert derivative(descend)(3.0) == pytest.approx(expected, rel=1e-13)
    assert derivative(lambda t: descend(t * t))(1.0) == pytest.approx(2 * expected, rel=1e-13)


def test_recursion():
    power = lambda x, n: 1.0 if n == 0 else x * power(x, n - 1)  # noqa: E731
    assert grad(lambda x: power(x, 5))(2.0) == 80.0
    assert grad(lambda x: power(x, 0))(2.0) == 0.0


def test_many_levels():
    f = lambda x: np.exp(2.0 * x)  # noqa: E731
    for order in range(1, 7):
        f = (derivative if order % 2 else grad)(f)
        assert f(0.5) == pytest.approx(2.0**order * np.exp(1.0), rel=1e-12)


def test_a_closure_over_an_outer_value_in_every_composition():
    for outer in (derivative, grad):
        for inner in (derivative, grad):
            g = outer(lambda x: inner(lambda y: x**2 * y**3)(x))  # noqa: B023
            assert g(2.0) == pytest.approx(12 * 2.0**3, rel=1e-14)  # d/dx 3 x^4


# Results that do not depend on the input.


def test_constant_results():
    x = np.ones(3)
    assert grad(lambda x: 2.0)(1.0) == 0.0
    assert jvp(lambda x: 2.0, (1.0,), (1.0,)) == (2.0, 0.0)
    assert jvp(lambda x: 2, (1.0,), (1.0,)) == (2, 0.0)
    np.testing.assert_array_equal(grad(lambda x: 2.0)(x), np.zeros(3))
    _, pullback = vjp(lambda x: (2.0, np.arange(2.0), 3), x)
    np.testing.assert_array_equal(pullback((1.0, np.ones(2), 1.0))[0], np.zeros(3))
    np.testing.assert_array_equal(adlib.jacrev(lambda x: np.arange(2.0))(x), np.zeros((2, 3)))
    np.testing.assert_array_equal(jacfwd(lambda x: np.arange(2.0))(x), np.zeros((2, 3)))
    np.testing.assert_array_equal(adlib.jacrev(lambda x: 7)(x), np.zeros(3))
    np.testing.assert_array_equal(jacfwd(lambda x: 7)(x), np.zeros(3))


def test_unused_arguments():
    x = np.ones((2, 3), np.float32)
    unused = grad(lambda x, y: y * y, argnums=0)(x, 3.0)
    assert unused.shape == (2, 3) and unused.dtype == np.float32 and not unused.any()
    assert grad(lambda x, y: y * y, argnums=(0, 1))(1.0, 3.0) == (0.0, 6.0)
    assert grad(lambda x: np.sum(x[:0]))(np.ones(2)).tolist() == [0.0, 0.0]


# A traced value that outlives its function.


def leaked(transform):
    """A traced value, kept after its function has returned."""
    kept = []

    def f(x):
        kept.append(x * x)
        return x * 1.0

    transform(f)
    return kept[0]


ENDED = {
    "jvp": lambda f: jvp(f, (2.0,), (1.0,)),
    "derivative": lambda f: derivative(f)(2.0),
    "grad": lambda f: grad(f)(2.0),
    "vjp": lambda f: vjp(f, 2.0),
    "jacrev": lambda f: adlib.jacrev(f)(2.0),
    "jacfwd": lambda f: jacfwd(f)(2.0),
    "make_graph": lambda f: adlib.make_graph(f)(2.0),
    "nested": lambda f: grad(lambda y: derivative(f)(y))(2.0),
}
USES = {
    "computing": lambda t: t * 2.0,
    "calling NumPy": lambda t: np.sin(t),
    "computing in grad": lambda t: grad(lambda x: x * t)(1.0),
    "computing in jvp": lambda t: jvp(lambda x: x * t, (1.0,), (1.0,)),
    "returning from grad": lambda t: grad(lambda x: t)(1.0),
    "returning from jvp": lambda t: jvp(lambda x: t, (1.0,), (1.0,)),
    "returning from vjp": lambda t: vjp(lambda x: (x, t), 1.0),
    "differentiating by it": lambda t: grad(lambda x: x * x)(t),
    "as a tangent": lambda t: jvp(lambda x: x * x, (1.0,), (t,)),
}


@pytest.mark.parametrize("ended", ENDED)
@pytest.mark.parametrize("use", USES)
def test_an_escaped_value_is_refused(ended, use):
    with pytest.raises(adlib.EscapedTracerError, match="after the function it was made for had returned"):
        USES[use](leaked(ENDED[ended]))


def test_a_value_of_an_inner_function_is_refused_outside_it():
    def f(x):
        kept = []
        grad(lambda y: kept.append(x * y) or y)(2.0)
        return kept[0] * x

    with pytest.raises(adlib.EscapedTracerError):
        grad(f)(1.0)
    with pytest.raises(adlib.EscapedTracerError):
        derivative(f)(1.0)


def test_an_escaped_value_can_still_be_looked_at():
    t = leaked(ENDED["grad"])
    assert t > 3.0
    assert f"{t:.1f}" == "4.0"
    assert "4.0" in repr(t)


# Exceptions leave nothing behind.


class Mine(Exception):
    pass


@pytest.mark.parametrize("raising", [Mine, KeyboardInterrupt, GeneratorExit])
@pytest.mark.parametrize(
    "nesting", ["grad", "jvp", "vjp", "jacrev", "jvp of grad", "grad of grad", "make_graph", "after the inner"]
)
def test_an_exception_leaves_nothing_behind(raising, nesting):
    held = np.arange(3.0)

    def f(x):
        np.sum(x * held)
        raise raising

    nested = {
        "grad": lambda x: grad(f)(x),
        "jvp": lambda x: jvp(f, (x,), (x,)),
        "vjp": lambda x: vjp(f, x),
        "jacrev": lambda x: adlib.jacrev(f)(x),
        "jvp of grad": lambda x: jvp(grad(f), (x,), (x,)),
        "grad of grad": lambda x: grad(lambda y: np.sum(y * held) + np.sum(grad(f)(y)))(x),
        "make_graph": lambda x: adlib.make_graph(f)(x),
        "after the inner": lambda x: grad(lambda y: f(y * grad(lambda z: np.sum(z * held))(y)))(x),
    }
    with pytest.raises(raising):
        nested[nesting](np.ones(3))
    assert held.flags.writeable
    # The next derivatives are right.
    assert derivative(lambda x: x * grad(lambda y: x * y)(1.0))(3.0) == 6.0
    np.testing.assert_array_equal(grad(lambda x: np.sum(x * held))(np.ones(3)), held)


def test_an_exception_in_the_backward_sweep_leaves_nothing_behind():
    @adlib.primitive
    def fragile(x):
        return x * 1.0

    def fail(g, y, x):
        raise Mine

    adlib.rule(fragile, lambda t, y, x: t[0], fail)
    held = np.arange(3.0)
    with pytest.raises(Mine):
        grad(lambda x: np.sum(fragile(x * held)))(np.ones(3))
    assert held.flags.writeable


def test_an_inner_exception_may_be_caught():
    def f(x):
        try:
            grad(lambda y: float(y))(x)
        except adlib.TracedValueError:
            return x * x

    assert grad(f)(3.0) == 6.0
    assert derivative(f)(3.0) == 6.0


# Threads.


def test_two_threads_differentiate_at_once():
    shared = np.linspace(0.1, 1.0, 7)
    failures = []
    start = threading.Barrier(4)

    def f(x):
        return np.sum(np.sin(x * shared) * shared[1:4][0])

    def exact(s):
        return s * s * (f(s * shared) + s * shared[1] * np.sum(np.cos(s * shared * shared) * shared**2))

    def work(k):
        start.wait()
        for i in range(30):
            a = 0.1 * k + 0.01 * i + 0.5
            nested = derivative(lambda s: s * grad(lambda t: s * t * f(t * shared))(s))(a)
            h = 1e-6
            numeric = (exact(a + h) - exact(a - h)) / (2 * h)
            if abs(nested - numeric) > 1e-7 * max(1.0, abs(numeric)):
                failures.append((k, i, nested, numeric))

    threads = [threading.Thread(target=work, args=(k,)) for k in range(4)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert not failures
    assert shared.flags.writeable


def test_a_thread_inside_a_function_sees_its_values():
    def f(x):
        results = []
        thread = threading.Thread(target=lambda: results.append(np.sin(x) * x))
        thread.start()
        thread.join()
        return results[0]

    assert grad(f)(0.5) == pytest.approx(np.sin(0.5) + 0.5 * np.cos(0.5))


# Memory.


@pytest.mark.parametrize(
    "transform",
    [
        lambda f, x: jvp(f, (x,), (x,)),
        lambda f, x: grad(f)(x),
        lambda f, x: vjp(f, x)[1](1.0),
        lambda f, x: adlib.jacrev(f)(x),
        lambda f, x: jacfwd(f)(x),
        lambda f, x: jvp(grad(f), (x,), (x,)),
        lambda f, x: grad(lambda y: np.sum(grad(f)(y)))(x),
        lambda f, x: adlib.make_graph(f)(x),
        lambda f, x: adlib.check_grads(f, (x,), order=2),
    ],
    ids=["jvp", "grad", "vjp", "jacrev", "jacfwd", "jvp of grad", "grad of grad", "make_graph", "check_grads"],
)
def test_no_reference_cycles(transform):
    constant = np.array([0.3, 0.4, 0.5])
    f = lambda x: np.sum(np.sin(x * constant) + x[1:2] * np.tanh(x))  # noqa: E731
    x = np.array([0.1, 0.2, 0.3])
    transform(f, x)
    gc.collect()
    gc.disable()
    try:
        transform(f, x)
        assert gc.collect() == 0
    finally:
        gc.enable()


def test_intermediate_results_are_freed_during_the_backward_sweep():
    alive = []

    @adlib.primitive
    def watched(x):
        alive.append(weakref.ref(x.base))  # what the tape holds: x is a view of it
        return x * 2.0

    seen = []

    def vjp_watched(g, y, x):
        seen.append(sum(r() is not None for r in alive))
        return (2.0 * g,)

    adlib.rule(watched, lambda t, y, x: 2.0 * t[0], vjp_watched)

    def f(x):
        for _ in range(6):
            x = watched(x)
        return np.sum(x)

    np.testing.assert_array_equal(grad(f)(np.ones(3)), np.full(3, 64.0))
    assert seen == sorted(seen, reverse=True) and seen[0] >= 5 and seen[-1] <= 2


def test_what_stop_gradient_returns_is_a_copy():
    """The tape may still need the array itself."""

    def f(x):
        y = np.sin(x)
        for stopped in (adlib.stop_gradient(y), *adlib.stop_gradient({"a": [y]})["a"]):
            stopped *= 0.0
        return np.sum(y * y)

    x = np.array([0.3, 0.5, 0.7])
    np.testing.assert_allclose(grad(f)(x), np.sin(2 * x), rtol=1e-15)
    np.testing.assert_allclose(adlib.vjp(f, x)[1](1.0)[0], np.sin(2 * x), rtol=1e-15)
    np.testing.assert_allclose(adlib.jvp(f, (x,), (np.ones(3),))[1], np.sum(np.sin(2 * x)), rtol=1e-15)
    np.testing.assert_allclose(adlib.hessian(f)(x), np.diag(2 * np.cos(2 * x)), rtol=1e-14, atol=1e-15)
