"""One function in a checkpoint: the same derivatives to the last bit, and the same results in the same places."""

import threading
from collections import namedtuple

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import adlib
from adlib import checkpoint, checkpoint_chain, grad, hvp, jvp, schedules, value_and_grad, vjp
from adlib.core.tree import flatten
from tests.adlib import oracles  # noqa: F401  (JAX in double precision)
from tests.adlib.memory.cases import COMPOSITIONS, W, X, block, looped, residual, same, weighted

Pair = namedtuple("Pair", "a b")


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
    assert np.shares_memory(X, X) and X.flags.writeable


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
