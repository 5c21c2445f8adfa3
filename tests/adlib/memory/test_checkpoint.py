"""Checkpoints: the same gradient to the last bit, less memory, and nothing silently lost.

``python -m tests.adlib.memory.test_checkpoint`` prints the table of schedules.
"""

import functools
import gc
import threading
import tracemalloc
from collections import namedtuple

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import adlib
from adlib import checkpoint, checkpoint_chain, grad, hvp, jvp, schedules, value_and_grad, vjp
from adlib.core.tree import flatten
from adlib.modes.readonly import _held
from tests.adlib import oracles  # noqa: F401  (JAX in double precision)
from tests.adlib.modes.test_random_programs import OPERATIONS, numbers, programs

RNG = np.random.default_rng(5)
W, X = RNG.normal(size=(4, 4)) / 2, RNG.normal(size=4)
SCHEDULES = [
    schedules.store_all,
    schedules.sqrt,
    *[schedules.every(k) for k in (1, 3, 100)],
    *[schedules.binomial(s) for s in (1, 2, 5, 100)],
]
by_schedule = pytest.mark.parametrize("schedule", SCHEDULES, ids=repr)
Pair = namedtuple("Pair", "a b")


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


# One function.


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


@pytest.mark.parametrize("composition", COMPOSITIONS)
def test_derivatives_are_those_without_it_bit_for_bit(composition):
    derive = COMPOSITIONS[composition]
    same(derive(residual(checkpoint(block))), derive(residual(block)))


def test_reverse_over_reverse_is_right():
    # The terms of a second sweep come in another order, so the last bits may differ.
    twice = lambda f: grad(lambda w, x: np.sum(grad(f)(w, x) ** 2), (0, 1))(W, X)  # noqa: E731
    for ours, plain in zip(twice(residual(checkpoint(block))), twice(residual(block)), strict=True):
        np.testing.assert_allclose(ours, plain, rtol=1e-11, atol=1e-11 * np.max(np.abs(plain)))
    product = adlib.hvp_operator(residual(checkpoint(block)), W, X)[1]
    for ours, plain in zip(product(W, X), hvp(residual(block), (W, X), (W, X))[1], strict=True):
        np.testing.assert_allclose(ours, plain, rtol=1e-11, atol=1e-11 * np.max(np.abs(plain)))


def test_gradients_agree_with_jax():
    def theirs(w, x):
        part = jax.checkpoint(lambda w, x: (lambda h: jnp.tanh(w @ h) + x * h)(jnp.tanh(w @ x)))
        y = x + jnp.sin(x)
        for _ in range(3):
            y = part(w, y) * y + part(w, x)
        return jnp.sum(y * y) + jnp.sum(w * w) + y[0] * x[1]

    for ours, jaxs in zip(grad(residual(checkpoint(block)), (0, 1))(W, X), jax.grad(theirs, (0, 1))(W, X), strict=True):
        np.testing.assert_allclose(ours, jaxs, rtol=1e-12)
    ours = hvp(residual(checkpoint(block)), (W, X), (W, X))[1]
    for a, b in zip(ours, jax.jvp(jax.grad(theirs, (0, 1)), (W, X), (W, X))[1], strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-11)


def test_the_checks_of_a_rule_pass():
    adlib.check_grads(checkpoint(block), (W, X), order=2)
    adlib.check_grads(checkpoint(lambda x: np.sum(x * x)), (X,), order=2)


FUNCTIONS = {
    "a product of numbers": (lambda x, y: x * y + x, (2.0, 3.0)),
    "a number and single precision": (lambda a, s: a * (2.0 * s), (np.ones(3, np.float32), 2.0)),
    "single precision": (lambda a: np.exp(a) / 3.0, (np.ones((2, 2), np.float32),)),
    "a number of NumPy": (lambda x: x**3, (np.float32(2.0),)),
    "no dimension": (lambda a: np.sin(a) * a, (np.array(2.0),)),
    "nothing": (lambda a: np.sin(a) * a, (np.zeros((0, 3)),)),
    "a tuple": (lambda x, y: (x * y, y, x), (X, X + 1.0)),
    "a dict of a list": (lambda p: {"a": [p["w"] @ p["x"]], "b": p["x"]}, ({"w": W, "x": X},)),
    "a named tuple": (lambda p: Pair(p.b * p.a, p.a), (Pair(X, 2.0),)),
    "the same result twice": (lambda x: (lambda y: (y, y))(np.sin(x)), (X,)),
    "results and constants": (lambda x: (np.sum(x), None, 3, X > 0.0, 2.5), (X,)),
    "an eigendecomposition": (lambda a: np.linalg.eigh(a + a.T).eigenvalues, (W,)),
    "a sign": (lambda a: np.linalg.slogdet(a), (W,)),
    "an unused argument": (lambda x, y: np.cos(x), (X, X)),
    "nothing traced in the result": (lambda x: (np.floor(x), 1.0), (X,)),
    "a broadcast": (lambda x, y: x * np.ones((3, 1)) + y, (X, np.ones((3, 1)))),
    "inner derivatives": (lambda x: grad(lambda y: np.sum(np.sin(y * x)))(x), (X,)),
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


@pytest.mark.parametrize("kind", FUNCTIONS)
def test_any_arguments_and_results(kind):
    f, args = FUNCTIONS[kind]
    same(checkpoint(f)(*args), f(*args))
    numbers = tuple(range(len(args)))
    same(value_and_grad(weighted(checkpoint(f)), numbers)(*args), value_and_grad(weighted(f), numbers)(*args))
    same(jvp(weighted(checkpoint(f)), args, args), jvp(weighted(f), args, args))
    same(
        jvp(grad(weighted(checkpoint(f)), numbers), args, args),
        jvp(grad(weighted(f), numbers), args, args),
    )


def test_results_keep_their_place():
    seen = []

    @checkpoint
    def f(x, y, flag, name):
        return {"x": x, "sum": x + y, "flag": flag, "none": None}

    def loss(x):
        out = f(x, np.ones(4), True, "name")
        assert out["flag"] is True and out["none"] is None and out["x"] is x
        seen.append(type(out["sum"]))
        return np.sum(out["sum"] * out["x"])

    np.testing.assert_allclose(grad(loss)(X), 2 * X + 1.0, rtol=1e-13)
    assert seen == [adlib.core.trace.ArrayTracer]


def test_keywords_and_auxiliary_results():
    f = checkpoint(lambda x, *, scale=1.0: (np.sum(x * scale), {"n": x.size, "y": x * 2.0}))
    loss = lambda x: f(x, scale=x)  # noqa: E731
    (value, extra), gradient = value_and_grad(loss, has_aux=True)(X)
    assert value == np.sum(X * X) and extra["n"] == 4
    np.testing.assert_array_equal(gradient, 2 * X)
    np.testing.assert_array_equal(extra["y"], 2 * X)


def test_only_what_is_traced_needs_a_second_run():
    calls = []

    @checkpoint
    def f(x):
        calls.append(x)
        return x * 2.0

    assert f(3.0) == 6.0 and len(calls) == 1
    calls.clear()
    assert grad(lambda x: x * f(3.0))(1.0) == 6.0 and len(calls) == 1
    calls.clear()
    assert jvp(f, (3.0,), (1.0,)) == (6.0, 2.0) and len(calls) == 1
    calls.clear()
    assert grad(f)(3.0) == 2.0 and len(calls) == 2
    calls.clear()
    # A result that nothing depends on is not computed again.
    assert grad(lambda x: x * 1.0 if f(x) is None else x * 5.0)(3.0) == 5.0 and len(calls) == 1


def test_checkpoints_in_checkpoints():
    inner = checkpoint(lambda x: np.sin(x) * x)
    outer = checkpoint(lambda x: inner(inner(x)) + x)
    plain = lambda x: (lambda y: np.sin(y) * y)(np.sin(x) * x) + x  # noqa: E731
    loss = lambda f: lambda x: np.sum(f(f(x)) ** 2)  # noqa: E731
    same(grad(loss(outer))(X), grad(loss(plain))(X))
    same(hvp(loss(outer), (X,), (X,)), hvp(loss(plain), (X,), (X,)))
    assert np.shares_memory(X, X) and X.flags.writeable and not _held


def test_checkpoints_in_checkpoints_in_a_chain_to_the_third_order():
    def made(mark, chain):
        inner = mark(lambda x: np.sin(x) * x)
        middle = mark(lambda w, x: np.tanh(w @ inner(x)) + inner(x))
        step = lambda x, i, w: mark(middle)(w, x) * np.cos(0.1 * i) + 0.1 * x  # noqa: E731
        return lambda w, x: np.sum(chain(step, x / 4.0, range(5), w) ** 2) + np.sum(w * w)

    ours = made(checkpoint, lambda *args: checkpoint_chain(*args, schedule=schedules.binomial(2)))
    plain = made(lambda f: f, lambda step, *args: looped(step)(*args))
    for derive in COMPOSITIONS.values():
        same(derive(ours), derive(plain))
    squared = lambda f: lambda *a: np.sum(grad(f, 1)(*a) ** 2)  # noqa: E731
    for derive in (
        lambda f: grad(squared(f), (0, 1))(W, X),
        lambda f: grad(squared(squared(f)), (0, 1))(W, X),
        lambda f: adlib.jacfwd(grad(squared(f), 1), 1)(W, X),
        lambda f: adlib.jacrev(grad(f, 1), 1)(W, X),
        lambda f: adlib.linearize(grad(f, (0, 1)), W, X)[1](W, X),
        lambda f: grad(lambda x: hvp(lambda y: f(W, y), (x,), (X,))[1] @ x)(X),
    ):
        for a, b in zip(*[flatten(derive(f))[0] for f in (ours, plain)], strict=True):
            np.testing.assert_allclose(a, b, rtol=1e-9, atol=1e-11 * np.max(np.abs(b)))


def test_a_kept_tape_may_be_walked_again():
    f = checkpoint(block)
    for plain, ours in ((block, f), (residual(block), residual(f))):
        value, pullback = vjp(ours, W, X)
        expected = vjp(plain, W, X)[1]
        for k in range(3):
            ct = (k + 1.0) * value
            same(pullback(ct), expected(ct))
    same(adlib.jacrev(f, (0, 1))(W, X), adlib.jacrev(block, (0, 1))(W, X))


def test_a_kept_tape_may_be_walked_in_several_threads():
    _, pullback = vjp(lambda x: checkpoint_chain(lambda x, i: np.sin(x) + x, x, 30, schedule=schedules.binomial(3)), X)
    expected = [pullback(k * X) for k in range(8)]
    _, pullback = vjp(lambda x: checkpoint_chain(lambda x, i: np.sin(x) + x, x, 30, schedule=schedules.binomial(3)), X)
    results, start = [None] * 8, threading.Barrier(8)

    def work(k):
        start.wait()
        results[k] = pullback(k * X)

    threads = [threading.Thread(target=work, args=(k,)) for k in range(8)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    same(results, expected)


def test_it_keeps_its_name_and_documentation():
    assert checkpoint(block).__name__ == "block"
    graph = adlib.make_graph(lambda x: np.sum(checkpoint(np.sin)(x) * x))(X)
    assert graph.op_counts()["sin"] == 1


def test_a_graph_shows_one_node_and_what_it_keeps():
    graph = adlib.make_graph(residual(checkpoint(block)))(W, X)
    assert graph.op_counts()["block"] == 6
    steps = list(graph.forward(W, X))
    np.testing.assert_allclose(steps[-1].tangent, jvp(residual(block), (W, X), (W, X))[1], rtol=1e-13)
    adjoints = {step.node.index: step.adjoint for step in graph.reverse()}
    for i, expected in zip(graph.inputs, grad(residual(block), (0, 1))(W, X), strict=True):
        np.testing.assert_allclose(adjoints[i], expected, rtol=1e-12)
    one = adlib.make_graph(checkpoint(block))(W, X)
    assert one.kept() == {0, 1}


# Traced values from outside.


class Holder:
    pass


def through_an_object(x):
    holder = Holder()
    holder.w = x
    return checkpoint(lambda y: y * holder.w)(2.0 * x)


FROM_OUTSIDE = {
    "in a product": lambda w: checkpoint(lambda x: x * w)(2.0 * w),
    "alone": lambda w: checkpoint(lambda x: np.sin(w))(2.0 * w),
    "as a result": lambda w: checkpoint(lambda x: (x, w)[1])(2.0 * w),
    "beside a result": lambda w: checkpoint(lambda x: (x, w))(2.0 * w)[0],
    "with constants only": lambda w: checkpoint(lambda x: x * w)(2.0),
    "without arguments": lambda w: checkpoint(lambda: 2.0 * w)(),
    "as a default": lambda w: checkpoint(lambda x, y=w: x * y)(2.0 * w),
    "through an object": through_an_object,
    "in a list": lambda w: (lambda ws: checkpoint(lambda x: x * ws[0])(2.0 * w))([w]),
    "in an inner gradient": lambda w: checkpoint(lambda x: grad(lambda y: y * y * w)(x))(2.0 * w),
    "in an inner gradient alone": lambda w: checkpoint(lambda x: x * grad(lambda y: y * y * w)(1.0))(2.0 * w),
    "in an inner checkpoint": lambda w: checkpoint(lambda x: checkpoint(lambda y: y * w)(x))(2.0 * w),
    "of a lower level": lambda w: grad(lambda v: checkpoint(lambda x: x * w)(v))(2.0 * w),
    "of a higher level": lambda w: grad(lambda v: checkpoint(lambda x: x * v)(w))(2.0),
    "in a chain": lambda w: checkpoint_chain(lambda x, i: x * w, 2.0 * w, 3),
    "in a chain of constants": lambda w: checkpoint_chain(lambda x, i: x * w, 2.0, 3),
    "in a chain, recorded first": lambda w: checkpoint_chain(
        lambda x, i: x * w, 2.0 * w, 3, schedule=schedules.store_all
    ),
}
OUTER = {
    "grad": lambda f: grad(f)(3.0),
    "vjp": lambda f: vjp(f, 3.0)[1](1.0),
    "jvp": lambda f: jvp(f, (3.0,), (1.0,)),
    "jvp of grad": lambda f: jvp(grad(f), (3.0,), (1.0,)),
    "grad of jvp": lambda f: grad(lambda x: jvp(f, (x,), (1.0,))[1])(3.0),
    "make_graph": lambda f: adlib.make_graph(f)(3.0),
}


@pytest.mark.parametrize("where", FROM_OUTSIDE)
@pytest.mark.parametrize("outer", OUTER)
def test_a_traced_value_from_outside_is_refused(where, outer):
    if where == "beside a result" and outer == "make_graph":
        f = lambda w: checkpoint(lambda x: (x * 1.0, w))(2.0 * w)[0]  # noqa: E731
    else:
        f = FROM_OUTSIDE[where]
    message = (
        r"runs .* again on the way back, but .* uses a traced value \(shape \(\), float64\).*not among its arguments"
    )
    if where == "as a default":
        message = "not among its arguments"
    with pytest.raises(adlib.TracedValueError, match=message):
        OUTER[outer](f)
    assert not _held


def test_the_message_names_the_variable_and_the_line():
    def loss(weights, x):
        @checkpoint
        def layer(x):
            return np.tanh(weights * x)

        return layer(x)

    with pytest.raises(adlib.TracedValueError) as caught:
        grad(loss)(2.0, 3.0)
    # x is a constant here: the function has no traced argument at all.
    assert "checkpoint runs layer again" in str(caught.value) and "its variable weights," in str(caught.value)
    with pytest.raises(adlib.TracedValueError) as caught:
        grad(loss, (0, 1))(2.0, 3.0)
    assert "its variable weights," in str(caught.value) and "checkpoint(layer)(x, w)" in str(caught.value)
    assert "test_checkpoint.py, line" in caught.value.__notes__[0]
    # What is seen first may be computed from the variable; the message names the variable.
    with pytest.raises(
        adlib.TracedValueError, match=r"uses a traced value \(shape \(4, 4\), float64\), its variable w,"
    ):
        grad(lambda w: np.sum(checkpoint(lambda x: np.tanh(w)[0] * x)(X)))(W)
    with pytest.raises(adlib.TracedValueError, match=r"checkpoint runs dot again .* but dot uses a traced value"):
        grad(lambda w: np.sum(checkpoint(functools.partial(np.dot, w))(X)))(W)
    with pytest.raises(adlib.TracedValueError, match=r"its variable weights,.* step\(state, input, w\)"):
        grad(lambda weights: checkpoint_chain(lambda x, i: x * weights, weights, 3))(2.0)


def test_a_branch_may_look_at_a_value_from_outside():
    # A comparison has no derivative to lose.
    f = lambda w: checkpoint(lambda x: 3.0 * x if w > 1.0 else x)(w * w)  # noqa: E731
    assert grad(f)(2.0) == 12.0 and grad(f)(0.5) == 1.0


# What must not change between the runs.


def test_random_numbers_are_refused():
    rng = np.random.default_rng(0)
    f = checkpoint(lambda x: x * rng.normal(size=4))
    with pytest.raises(adlib.ArgumentError, match="checkpoint ran <lambda> again on the way back and got another"):
        grad(lambda x: np.sum(f(x)))(X)
    step = lambda x, i: x * rng.normal()  # noqa: E731
    with pytest.raises(adlib.ArgumentError, match=r"checkpoint_chain ran <lambda> \(step \d\) again on the way back"):
        grad(lambda x: np.sum(checkpoint_chain(step, x, 9)))(X)
    # Rearranged, the sum stays the same: that is seen too.
    shuffled = checkpoint(lambda x: x[rng.permutation(4)])
    with pytest.raises(adlib.ArgumentError, match="got another result"):
        grad(lambda x: np.sum(shuffled(x) ** 2))(X)
    # Drawn outside they are arguments like others.
    mask = rng.normal(size=4)
    np.testing.assert_array_equal(grad(lambda x: np.sum(checkpoint(lambda x, m: x * m)(x, mask)))(X), mask)
    assert not _held


@pytest.mark.parametrize(
    "x",
    [
        np.full(4, 1e200),  # the squares overflow
        np.full(4, 1e20, np.float32),
        np.full(4, 300, np.float16),
        np.array([np.nan, 1.0, 2.0, 3.0]),
        np.array([np.inf, 1e200, 2.0, 3.0]),
        np.array([-np.inf, np.inf, np.nan, 3e5], np.float32),
        np.linspace(1e307, 1.5e308, 5000),
    ],
    ids=str,
)
def test_random_numbers_are_refused_whatever_the_size(x):
    rng = np.random.default_rng(1)
    noisy = checkpoint(lambda x: x * rng.uniform(0.1, 1.0, x.shape).astype(x.dtype))
    plain = lambda x: x * np.linspace(0.1, 1.0, x.size).astype(x.dtype)  # noqa: E731
    with np.errstate(all="ignore"):
        with pytest.raises(adlib.ArgumentError, match="got another result"):
            grad(lambda x: np.sum(noisy(x)))(x)
        same(grad(lambda x: np.sum(checkpoint(plain)(x)))(x), grad(lambda x: np.sum(plain(x)))(x))


def test_where_it_is_not_finite_matters():
    places = iter([0, 1])
    f = checkpoint(lambda x: np.where(np.arange(4) == next(places), np.inf, 1.0) * x)
    with pytest.raises(adlib.ArgumentError, match="got another result"):
        grad(lambda x: np.sum(f(x)))(np.ones(4))


def test_another_branch_or_shape_is_refused():
    calls = []

    def f(x):
        calls.append(1)
        return x[: len(calls)]

    with pytest.raises(adlib.ArgumentError, match="got another result"):
        grad(lambda x: np.sum(checkpoint(f)(x)))(X)


def test_an_array_changed_in_between_is_refused():
    a = np.ones(4)
    _, pullback = vjp(lambda x: np.sum(checkpoint(lambda x: x * a)(x)), X)
    a[0] = 5.0
    with pytest.raises(adlib.ArgumentError, match="got another result"):
        pullback(1.0)
    # As an argument it is copied with the tape.
    b = np.ones(4)
    _, pullback = vjp(lambda x: np.sum(checkpoint(lambda x, b: x * b)(x, b)), X)
    b[0] = 5.0
    np.testing.assert_array_equal(pullback(1.0)[0], np.ones(4))


def test_arguments_cannot_be_written_into():
    def write(x, a):
        a += 1.0
        return x * a

    with pytest.raises(ValueError, match="read-only"):
        grad(lambda x: np.sum(checkpoint(write)(x, np.ones(4))))(X)

    def write_traced(x):
        x += 1.0
        return x

    with pytest.raises(adlib.TracedValueError, match=r"\+= on a traced array"):
        grad(lambda x: np.sum(checkpoint(write_traced)(x)))(X)


def test_rounding_of_threads_passes():
    """A matrix product that adds in another order gives other last bits, and is the same function."""
    order = iter([slice(None), slice(None, None, -1)] * 10)

    def total(x):
        return np.stack([np.sum(x[next(order)] / 3.0) * 1.0, np.cumsum(x)[-1]])

    x = RNG.normal(size=1000)
    assert grad(lambda x: np.sum(checkpoint(total)(x)))(x).shape == (1000,)


def test_values_that_are_not_finite_pass():
    with np.errstate(all="ignore"):
        f = lambda x: np.log(x) / x  # noqa: E731
        x = np.array([0.0, -1.0, np.inf, 1.0])
        same(grad(lambda x: np.sum(checkpoint(f)(x)))(x), grad(lambda x: np.sum(f(x)))(x))


# Exceptions, threads, cycles.


class Mine(Exception):
    pass


@pytest.mark.parametrize("when", ["first run", "second run", "after it"])
@by_schedule
def test_an_exception_leaves_nothing_behind(when, schedule):
    a = np.arange(4.0)
    count = []

    def step(x, i, a):
        count.append(i)
        y = np.sin(x * a)
        if when == "first run" and i == 4 or when == "second run" and len(count) > 6 and i == 0:
            raise Mine
        return y

    def loss(x):
        y = np.sum(checkpoint_chain(step, x, 6, a, schedule=schedule))
        if when == "after it":
            raise Mine
        return y

    if when == "second run" and schedule.name in ("store_all", "every(100)"):
        grad(loss)(X)  # nothing is run a second time
    else:
        with pytest.raises(Mine):
            grad(loss)(X)
        with pytest.raises(Mine):
            vjp(loss, X)[1](1.0)
    assert a.flags.writeable and X.flags.writeable and not _held
    when = "never"
    same(grad(loss)(X), grad(lambda x: np.sum(looped(step)(x, range(6), a)))(X))


def test_a_pullback_that_is_never_called_holds_nothing():
    a = np.arange(4.0)
    vjp(lambda x: checkpoint_chain(lambda x, i: np.sin(x * a), x, 5, schedule=schedules.store_all), X)
    assert a.flags.writeable and not _held
    grad(
        lambda x: (
            np.sum(x)
            if checkpoint_chain(lambda x, i: np.sin(x * a), x, 5, schedule=schedules.store_all) is not None
            else x
        )
    )(X)
    assert a.flags.writeable and not _held


def test_a_constant_is_copied_once():
    a = np.ones(200_000)
    f = lambda x: checkpoint_chain(lambda x, i, a: x + a, x, 20, a, schedule=schedules.store_all)  # noqa: E731
    g = lambda x: checkpoint_chain(lambda x, i: x + a, x, 20, schedule=schedules.store_all)  # noqa: E731
    for chain in (f, g):
        tracemalloc.start()
        try:
            vjp(chain, np.ones(200_000))[1](a)
            assert tracemalloc.get_traced_memory()[1] < 9 * a.nbytes
        finally:
            tracemalloc.stop()


@pytest.mark.parametrize("composition", COMPOSITIONS)
def test_no_reference_cycles(composition):
    f = residual(lambda w, x: checkpoint_chain(lambda x, i, w: checkpoint(block)(w, x), x, 3, w))
    COMPOSITIONS[composition](f)
    gc.collect()
    gc.disable()
    try:
        COMPOSITIONS[composition](f)
        assert gc.collect() == 0
    finally:
        gc.enable()


def test_a_traced_value_that_escapes_is_refused():
    kept = []
    f = checkpoint(lambda x: kept.append(x * 1.0) or x * x)
    assert grad(f)(3.0) == 6.0
    for x in kept:
        with pytest.raises(adlib.EscapedTracerError):
            x * 2.0
    with pytest.raises(adlib.EscapedTracerError):
        grad(checkpoint(lambda x: x * kept[0]))(3.0)


# Chains.


def looped(step):
    """What checkpoint_chain says it does."""

    def loop(state, inputs, *shared):
        for x in inputs:
            state = step(state, x, *shared)
        return state

    return loop


def chained(step, schedule):
    return lambda state, inputs, *shared: checkpoint_chain(step, state, inputs, *shared, schedule=schedule)


def move(x, t, w):
    return x + 0.1 * np.tanh(w @ x) * np.cos(0.1 * t) + 0.01 * x * x


def trained(run):
    """A loss by states, inputs of steps and shared values, all of them used outside too."""

    def loss(w, x, rows):
        y = run(x * x, rows, w)
        return np.sum(y * y) + np.sum(w) * y[0] + np.sum(x * y) + np.sum(rows**2)

    return loss


@by_schedule
@pytest.mark.parametrize("l", [0, 1, 2, 3, 10, 17])
def test_a_chain_is_its_loop_bit_for_bit(schedule, l):
    rows = np.linspace(0.0, 2.0, l)
    args = W, X, rows
    ours, plain = trained(chained(move, schedule)), trained(looped(move))
    assert ours(*args) == plain(*args)
    same(value_and_grad(ours, (0, 1, 2))(*args), value_and_grad(plain, (0, 1, 2))(*args))
    same(grad(ours, 1)(*args), grad(plain, 1)(*args))
    same(jvp(ours, args, (W, X, rows + 1.0)), jvp(plain, args, (W, X, rows + 1.0)))
    same(vjp(ours, *args)[1](2.0), vjp(plain, *args)[1](2.0))
    if l == 10:
        same(hvp(ours, args, args), hvp(plain, args, args))
        reverse_over_forward = lambda f: grad(lambda *a: jvp(f, a, args)[1], (0, 1, 2))(*args)  # noqa: E731
        same(reverse_over_forward(ours), reverse_over_forward(plain))
        for a, b in zip(*[adlib.hvp_operator(f, *args)[1](*args) for f in (ours, plain)], strict=True):
            np.testing.assert_allclose(a, b, rtol=1e-10, atol=1e-12 * np.max(np.abs(b)))


def test_chains_agree_with_jax():
    def theirs(w, x, rows):
        y, _ = jax.lax.scan(
            lambda x, t: (x + 0.1 * jnp.tanh(w @ x) * jnp.cos(0.1 * t) + 0.01 * x * x, None), x * x, rows
        )
        return jnp.sum(y * y) + jnp.sum(w) * y[0] + jnp.sum(x * y) + jnp.sum(rows**2)

    rows = np.linspace(0.0, 2.0, 12)
    expected = jax.grad(theirs, (0, 1, 2))(W, X, rows)
    for schedule in SCHEDULES:
        ours = grad(trained(chained(move, schedule)), (0, 1, 2))(W, X, rows)
        for a, b in zip(ours, expected, strict=True):
            np.testing.assert_allclose(a, b, rtol=1e-11)


CHAINS = {
    "numbers": (lambda x, i: x * x + i, 0.3, 5, ()),
    "a range": (lambda x, i: x * i, 0.3, range(5, 0, -2), ()),
    "a list of trees": (
        lambda x, p: np.tanh(p["w"] @ x + p["b"]),
        X,
        [{"w": W, "b": 0.1}, {"w": 2.0 * W, "b": X}, {"b": 0.0, "w": W}],
        (),
    ),
    "a tuple of constants": (lambda x, name: np.sin(x) if name == "sin" else x * x, X, ("sin", "square", "sin"), ()),
    "rows of a matrix": (lambda x, row: x * row, X, W, ()),
    "rows of rows": (lambda x, m: m @ x, X, np.stack([W, W.T, W]), ()),
    "a state of two": (lambda s, i: (s[0] + 0.1 * s[1], s[1] - 0.1 * np.sin(s[0])), (X, X * X), 7, ()),
    "a state with a counter": (lambda s, i: {"x": s["x"] * 1.5, "n": s["n"] + 1}, {"x": X, "n": 0}, 5, ()),
    "a state that is carried along": (lambda s, i: (np.sin(s[0]) * s[1], s[1]), (X, X + 1.0), 5, ()),
    "a state that grows": (lambda s, i: [*s, np.sin(s[-1])], [X], 5, ()),
    "a state that shrinks": (lambda x, i: x[1:] * x[0], X, 3, ()),
    "a state that starts as a constant": (lambda x, i, w: w @ x, np.ones(4), 5, (W,)),
    "the same value in all places": (lambda x, y, z: x * y + z, X, [X, X, X], (X,)),
    "a shared value in the state": (lambda s, i, w: (np.tanh(w @ s[0]), w), (X, W), 4, (W,)),
    "single precision": (lambda x, i: np.exp(-x) * 0.5, np.ones(3, np.float32), 5, ()),
    "empty": (lambda x, i: np.sin(x), np.zeros((0, 2)), 5, ()),
}


@pytest.mark.parametrize("kind", CHAINS)
@by_schedule
def test_any_states_inputs_and_shared_values(kind, schedule):
    step, state, inputs, shared = CHAINS[kind]
    differentiable = not isinstance(inputs, (int, range)) and kind != "a tuple of constants"
    if kind == "a state with a counter":  # integers have no derivative: they stay outside
        wrap = lambda run: lambda x: run({"x": x, "n": 0}, range(5))  # noqa: E731
        args = (X,)
    elif differentiable:
        wrap = lambda run: lambda *a: run(a[0], a[1], *a[2:])  # noqa: E731
        args = (state, inputs, *shared)
    else:
        steps = range(inputs) if isinstance(inputs, int) else inputs
        wrap = lambda run: lambda *a: run(a[0], steps, *a[1:])  # noqa: E731
        args = (state, *shared)
    ours, plain = weighted(wrap(chained(step, schedule))), weighted(wrap(looped(step)))
    numbers = tuple(range(len(args)))
    same(wrap(chained(step, schedule))(*args), wrap(looped(step))(*args))
    same(value_and_grad(ours, numbers)(*args), value_and_grad(plain, numbers)(*args))
    same(jvp(ours, args, args), jvp(plain, args, args))
    same(jvp(grad(ours, numbers), args, args), jvp(grad(plain, numbers), args, args))


def test_a_whole_number_stands_for_its_range():
    step = lambda x, i: x * (i + 1.0)  # noqa: E731
    assert checkpoint_chain(step, 1.0, 5) == 120.0 == checkpoint_chain(step, 1.0, np.int64(5))
    assert grad(lambda x: checkpoint_chain(step, x, 5))(1.0) == 120.0


@pytest.mark.parametrize("inputs", [2.5, {"a": 1}, (i for i in range(3)), np.array(3.0), None, True, "steps", -1])
def test_inputs_of_another_kind_are_refused(inputs):
    with pytest.raises(
        adlib.ArgumentError, match=r"checkpoint_chain takes (the inputs of its steps|a number of steps)"
    ):
        checkpoint_chain(lambda x, i: x, 1.0, inputs)
    with pytest.raises(adlib.ArgumentError, match="checkpoint_chain takes the inputs of its steps"):
        grad(lambda x: checkpoint_chain(lambda x, i: x, 1.0, x))(1.0)


@by_schedule
def test_steps_run_as_often_as_the_schedule_says(schedule):
    for l in (1, 2, 9, 20):
        found = schedules.simulate(schedule, l)
        calls = []

        def step(x, i):
            calls.append(i)  # noqa: B023
            return np.sin(x)

        grad(lambda x: np.sum(checkpoint_chain(step, x, l, schedule=schedule)))(X)  # noqa: B023
        assert len(calls) == l + found.advances


# Programs that nobody chose.


def line(values, operation):
    name, operands = operation
    return [*values, OPERATIONS[name][2](np, *[values[k] for k in operands])]


def in_parts(program, size):
    """The program with every few lines in a checkpoint: it takes all values so far, and returns them with its own."""

    def part(values, lines):
        for operation in lines:
            values = line(values, operation)
        return values

    def run(*inputs):
        values = list(inputs)
        for k in range(0, len(program.lines), size):
            values = checkpoint(part)(values, program.lines[k : k + size])
        return sum((np.sum(np.sin(v)) for v in values[len(inputs) :]), 0.0)

    return run


def in_a_chain(program, schedule):
    """The program as a chain, one line a step; the state is all values so far."""

    def run(*inputs):
        values = checkpoint_chain(line, list(inputs), program.lines, schedule=schedule)
        return sum((np.sum(np.sin(v)) for v in values[len(inputs) :]), 0.0)

    return run


@settings(max_examples=120, derandomize=True, deadline=None, database=None, suppress_health_check=list(HealthCheck))
@given(programs(), st.integers(0, 3), st.integers(1, 5), st.sampled_from(SCHEDULES))
def test_random_programs_give_the_same_bits(program, seed, size, schedule):
    plain = lambda *xs: program(np, *xs) + 0.0  # noqa: E731  (a number even without lines)
    xs, us, vs = (numbers(program, seed + k) for k in range(3))
    every = tuple(range(len(xs)))
    for ours in (in_parts(program, size), in_a_chain(program, schedule)):
        same(value_and_grad(ours, every)(*xs), value_and_grad(plain, every)(*xs))
        same(jvp(ours, xs, us), jvp(plain, xs, us))
        same(jvp(grad(ours, every), xs, us), jvp(grad(plain, every), xs, us))
        pushed = lambda f: lambda *ys: jvp(f, ys, us)[1]  # noqa: E731
        same(vjp(pushed(ours), *xs)[1](1.0), vjp(pushed(plain), *xs)[1](1.0))
        pulled = lambda f: lambda *ys: vjp(f, *ys)[1](1.0)  # noqa: E731
        for a, b in zip(*[vjp(pulled(f), *xs)[1](vs) for f in (ours, plain)], strict=True):
            np.testing.assert_allclose(a, b, rtol=1e-10, atol=1e-10 * (1 + np.max(np.abs(b), initial=0.0)))
    assert not _held


# Memory.


def peak_bytes(call):
    tracemalloc.start()
    try:
        tracemalloc.reset_peak()
        before = tracemalloc.get_traced_memory()[0]
        call()
        return tracemalloc.get_traced_memory()[1] - before
    finally:
        tracemalloc.stop()


def wave(x, i):
    """A step whose tape holds three states: two sines keep their arguments, a product a factor."""
    return np.sin(np.sin(x) * 1.5 * x)


def measured(schedule, l, derive, copies=1):
    """Runs of a step, and the peak in states, in units of what one state takes."""
    x = np.linspace(0.5, 1.0, 50_000)
    calls = []

    def step(x, i):
        calls.append(i)
        return wave(x, i)

    loss = lambda x: np.sum(checkpoint_chain(step, x, l, schedule=schedule))  # noqa: E731
    peak = peak_bytes(lambda: derive(loss, x)) / x.nbytes / copies
    return len(calls), peak


@pytest.mark.parametrize("second_order", [False, True])
@by_schedule
def test_the_peak_is_what_the_schedule_says(schedule, second_order):
    found = schedules.simulate(schedule, 36)
    if second_order:  # values and tangents
        runs, peak = measured(schedule, 36, lambda loss, x: hvp(loss, (x,), (x,)), copies=2)
    else:
        runs, peak = measured(schedule, 36, lambda loss, x: grad(loss)(x))
    assert runs == 36 + found.advances
    # Besides what is held, one step works with a state, an adjoint and temporaries, all of which there are twice in
    # the second order: between one and a little over four states.
    held = found.peak_slots + 3 * found.peak_tapes
    assert held + 1 <= peak <= held + 4.2, (schedule, held, peak)


def test_checkpoint_keeps_its_arguments_only():
    n = 50_000
    x = np.linspace(0.5, 1.0, n)

    def deep(x):
        for _ in range(20):
            x = np.sin(x)
        return x

    def loss(part):
        def f(x):
            for _ in range(5):
                x = part(x)
            return np.sum(x)

        return f

    plain, ours = (peak_bytes(lambda: grad(loss(part))(x)) / x.nbytes for part in (deep, checkpoint(deep)))  # noqa: B023
    assert 100 < plain < 110
    assert 23 < ours < 32  # five arguments, and one part at a time


# The report.


def test_a_report_in_numbers_and_words():
    x = np.linspace(0.5, 1.0, 10_000)

    def loss(x, schedule):
        return np.sum(checkpoint_chain(lambda x, i: np.sin(np.sin(x)), x, 16, schedule=schedule))

    plain = adlib.memory_report(lambda x: np.sum(looped(lambda x, i: np.sin(np.sin(x)))(x, range(16))), x)
    assert (plain.arrays, plain.bytes, plain.largest, plain.largest_bytes) == (31, 31 * x.nbytes, (10_000,), x.nbytes)
    assert (plain.steps, plain.recomputed, plain.slots, plain.tapes) == (0, 0, 0, 0)
    assert "held for the way back: 31 arrays, 2.48 MB; the largest has shape (10000,) and 80 kB" in str(plain)
    assert "nothing is run again" in str(plain)
    for schedule in SCHEDULES:
        report = adlib.memory_report(lambda x: loss(x, schedule), x)  # noqa: B023
        found = schedules.simulate(schedule, 16)
        assert (report.steps, report.recomputed) == (16, found.advances)
        assert (report.slots, report.tapes) == (found.peak_slots, found.peak_tapes)
        assert report.bytes == report.arrays * x.nbytes <= plain.bytes
        assert report.bytes < report.peak_bytes < plain.peak_bytes * 1.1
        many = lambda n, noun: f"{n} {noun}{'' if n == 1 else 's'}"  # noqa: E731
        assert f"16 steps, {many(found.advances, 'step')} run again" in str(report)
        assert f"at most {many(found.peak_slots, 'state')} in slots" in str(report)


def test_a_report_of_little():
    report = adlib.memory_report(lambda x: x + 1.0, 2.0)
    assert (report.arrays, report.bytes, report.largest, report.largest_bytes) == (0, 0, None, 0)
    assert str(report).startswith("held for the way back: 0 arrays, 0 bytes\n")
    report = adlib.memory_report(lambda p: {"a": p["w"] @ p["x"], "n": 3}, {"w": W, "x": X})
    # The factors are the arguments themselves.
    assert report.arrays == 0
    data = np.ones(1000)
    assert adlib.memory_report(lambda x: np.sum(x * data), np.ones(1000)).arrays == 0
    assert data.flags.writeable and not _held


def test_sizes_are_rounded_to_the_next_unit():
    sizes = [adlib.memory.report._size(n) for n in (0, 999, 1000, 999_499, 999_950, 10**9, 2 * 10**12)]
    assert sizes == ["0 bytes", "999 bytes", "1 kB", "999 kB", "1 MB", "1 GB", "2e+03 GB"]


def test_a_report_refuses_and_cleans_up():
    with pytest.raises(adlib.ArgumentError, match="memory_report was called on a traced value"):
        grad(lambda x: adlib.memory_report(np.sin, x).bytes * x)(1.0)
    with pytest.raises(adlib.ArgumentError, match="memory_report needs real inputs"):
        adlib.memory_report(np.sin, 1)

    def fail(x):
        raise Mine

    with pytest.raises(Mine):
        adlib.memory_report(fail, 1.0)
    assert not tracemalloc.is_tracing()
    tracemalloc.start()
    try:
        adlib.memory_report(np.sin, 1.0)
        assert tracemalloc.is_tracing()
    finally:
        tracemalloc.stop()


def table():
    """Schedules of a chain: what theory says, and what was counted and measured."""
    rows = ["| schedule | l | advances: theory | counted | slots | tapes | states held | peak, measured |"]
    rows.append("|---|--:|--:|--:|--:|--:|--:|--:|")
    for l in (36, 100):
        segments = lambda k: k * (-(-l // k) - 1)  # noqa: B023, E731
        theory = [
            (schedules.store_all, 0),
            (schedules.every(4), segments(4)),
            (schedules.sqrt, segments(round(l**0.5))),
        ]
        theory += [(schedules.binomial(s), schedules.binomial_advances(l, s)) for s in (1, 2, 3, 5, 10)]
        for schedule, advances in theory:
            found = schedules.simulate(schedule, l)
            runs, peak = measured(schedule, l, lambda loss, x: grad(loss)(x))
            held = found.peak_slots + 3 * found.peak_tapes
            rows.append(
                f"| {schedule} | {l} | {advances} | {runs - l} | {found.peak_slots} | {found.peak_tapes} "
                f"| {held} | {peak:.1f} |"
            )
    return "\n".join(rows)


if __name__ == "__main__":
    print(table())
