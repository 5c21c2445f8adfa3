"""Chains: the loop's values and derivatives to the last bit, whatever the schedule and the program."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import adlib
from adlib import checkpoint, checkpoint_chain, grad, hvp, jvp, schedules, value_and_grad, vjp
from tests.adlib import oracles  # noqa: F401  (JAX in double precision)
from tests.adlib.memory.cases import SCHEDULES, W, X, by_schedule, chained, looped, same, weighted
from tests.adlib.modes.test_random_programs import OPERATIONS, numbers, programs


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


def test_a_graph_steps_through_a_step_that_returns_a_constant_array_as_well():
    def step(state, t):
        return np.sin(state[0]) * t, CONSTANT

    def f(x):
        (y, _) = adlib.checkpoint_chain(step, (x, CONSTANT), [1.0, 2.0])
        return np.sum(y)

    graph = adlib.make_graph(f)(np.array([0.5, 1.0]))
    *_, last = graph.forward(np.array([1.0, -1.0]))
    assert float(last.tangent) == pytest.approx(adlib.jvp(f, (np.array([0.5, 1.0]),), (np.array([1.0, -1.0]),))[1])


CONSTANT = np.array([1.0, 2.0])
