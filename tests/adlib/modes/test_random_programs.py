"""Programs that nobody chose: random straight lines of operations, with fan-out, against JAX."""

from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import adlib
from tests.adlib.oracles import close, same_bits

SHAPES = [(), (3,), (2, 3)]
MASK = np.array([True, False, True])


def anything(*shapes):
    return True


def gradient(xp):
    return adlib.grad if xp is np else jax.grad


def tangent(xp):
    return adlib.jvp if xp is np else jax.jvp


def of_dimension(*wanted):
    return lambda *shapes: tuple(map(len, shapes)) in wanted


# Each operation: which shapes it takes, and how it is written. Values stay moderate, and away from poles.
OPERATIONS = {
    "add": (2, anything, lambda xp, a, b: a + b),
    "subtract": (2, anything, lambda xp, a, b: a - b),
    "multiply": (2, anything, lambda xp, a, b: xp.tanh(a) * b),
    "divide": (2, anything, lambda xp, a, b: a / (1.5 + b * b)),
    "power": (2, anything, lambda xp, a, b: (1.5 + xp.cos(a)) ** xp.sin(b)),
    "cube": (1, anything, lambda xp, a: xp.sin(a) ** 3),
    "reflected": (1, anything, lambda xp, a: 2.0 - 3.0 / (2.0 + xp.cos(a))),
    "negative": (1, anything, lambda xp, a: -a),
    "sin": (1, anything, lambda xp, a: xp.sin(a)),
    "exp": (1, anything, lambda xp, a: xp.exp(xp.sin(a))),
    "log": (1, anything, lambda xp, a: xp.log(2.0 + xp.sin(a))),
    "sqrt": (1, anything, lambda xp, a: xp.sqrt(1.0 + xp.square(a))),
    "arctan2": (2, anything, lambda xp, a, b: xp.arctan2(a, 1.0 + b * b)),
    "hypot": (2, anything, lambda xp, a, b: xp.hypot(a, 1.0 + xp.abs(b))),
    "logaddexp": (2, anything, lambda xp, a, b: xp.logaddexp(a, b)),
    "maximum": (2, anything, lambda xp, a, b: xp.maximum(a, 0.5 * b)),
    "minimum": (2, anything, lambda xp, a, b: xp.minimum(a, b - 0.125)),
    "where": (2, anything, lambda xp, a, b: xp.where(MASK, a, b)),
    "branch": (1, of_dimension((0,)), lambda xp, a: xp.sin(a) if a > 0.25 else a * a),
    "sum": (1, anything, lambda xp, a: xp.sum(a)),
    "sum over rows": (1, of_dimension((2,)), lambda xp, a: xp.sum(a, axis=0)),
    "mean, kept": (1, of_dimension((1,), (2,)), lambda xp, a: a - xp.mean(a, axis=-1, keepdims=True)),
    "inner product": (2, of_dimension((1, 1)), lambda xp, a, b: a @ xp.tanh(b)),
    "matrix and vector": (2, of_dimension((2, 1)), lambda xp, a, b: xp.concatenate([a @ xp.tanh(b), b[:1]])),
    "outer product": (2, of_dimension((1, 1)), lambda xp, a, b: xp.expand_dims(a[:2], 1) * b),
    "gram matrix": (1, of_dimension((2,)), lambda xp, a: xp.dot(xp.transpose(a), xp.tanh(a))[:2]),
    "first": (1, of_dimension((1,), (2,)), lambda xp, a: a[0]),
    "reversed": (1, of_dimension((1,), (2,)), lambda xp, a: a[..., ::-1]),
    "taken twice": (1, of_dimension((1,)), lambda xp, a: a[np.array([0, 2, 0])]),
    "stack": (2, of_dimension((1, 1)), lambda xp, a, b: xp.stack([a, b])),
    "joined": (2, of_dimension((1, 1)), lambda xp, a, b: xp.concatenate([a[1:], b[:1]])),
    "loop": (1, of_dimension((1,)), lambda xp, a: xp.stack([a[i] * a[(i + 1) % 3] for i in range(3)])),
    "reshape": (1, of_dimension((2,)), lambda xp, a: xp.reshape(xp.reshape(a, (3, 2)).T, (2, 3))),
    "sorted": (1, of_dimension((1,), (2,)), lambda xp, a: xp.sort(a, axis=-1)),
    "largest": (1, of_dimension((1,), (2,)), lambda xp, a: a * xp.max(a, axis=0)),
    "running sum": (1, of_dimension((1,), (2,)), lambda xp, a: xp.cumsum(a, axis=-1)),
    "product of all": (1, anything, lambda xp, a: xp.prod(xp.cos(a))),
    "spread": (1, of_dimension((2,)), lambda xp, a: xp.std(a + xp.arange(3.0), axis=1)[0] * a),
    "norm": (1, of_dimension((1,), (2,)), lambda xp, a: a / xp.sqrt(1.0 + xp.linalg.norm(a) ** 2)),
    "einsum": (2, of_dimension((2, 1)), lambda xp, a, b: xp.einsum("ij,j,kj->k", a, b, xp.tanh(a))[0] * b),
    "solved": (
        1,
        of_dimension((1,)),
        lambda xp, a: xp.linalg.solve(xp.outer(xp.sin(a), xp.sin(a)) + 2.0 * xp.eye(3), a),
    ),
    "clipped": (1, anything, lambda xp, a: xp.clip(a, -0.75, 0.75)),
    "rolled": (1, of_dimension((1,), (2,)), lambda xp, a: xp.roll(a, 1, axis=-1) * a),
    "an inner gradient": (1, anything, lambda xp, a: gradient(xp)(lambda u: xp.sum(xp.sin(u) * a * u))(xp.tanh(a))),
    "an inner tangent": (2, anything, lambda xp, a, b: tangent(xp)(lambda u: xp.sin(u * a) * b, (a,), (xp.cos(a),))[1]),
    "broadcast": (1, of_dimension((0,), (1,)), lambda xp, a: xp.broadcast_to(a, (2, 3))),
}


@dataclass(frozen=True)
class Program:
    shapes: tuple  # of the inputs
    lines: tuple  # (name of an operation, positions of its operands)

    def __call__(self, xp, *inputs):
        values = list(inputs)
        for name, operands in self.lines:
            _, _, operation = OPERATIONS[name]
            values.append(operation(xp, *[values[k] for k in operands]))
        return sum(xp.sum(xp.sin(v)) for v in values[len(inputs) :])

    def __repr__(self):
        lines = [
            f"v{k} = {name}({', '.join(f'v{i}' for i in operands)})"
            for k, (name, operands) in enumerate(self.lines, len(self.shapes))
        ]
        return "\n".join([f"inputs {self.shapes}", *lines])


@st.composite
def programs(draw):
    shapes = draw(st.lists(st.sampled_from(SHAPES), min_size=1, max_size=3))
    known, lines = list(shapes), []
    for _ in range(draw(st.integers(3, 12))):
        name = draw(st.sampled_from(sorted(OPERATIONS)))
        arity, fits, operation = OPERATIONS[name]
        # The latest values come first, so that chains grow and are not only wide.
        positions = range(len(known) - 1, -1, -1)
        choices = [(i,) for i in positions] if arity == 1 else [(i, j) for i in positions for j in positions]
        choices = [c for c in choices if fits(*[known[i] for i in c])]
        if not choices:
            continue
        operands = draw(st.sampled_from(choices))
        known.append(np.shape(operation(np, *[np.ones(known[i]) for i in operands])))
        lines.append((name, operands))
    return Program(tuple(shapes), tuple(lines))


def numbers(program, seed):
    rng = np.random.default_rng(seed)
    return tuple(rng.uniform(-1.5, 1.5, s) for s in program.shapes)


def check(program, seed):
    f, g = (lambda *xs: program(np, *xs)), (lambda *xs: program(jnp, *xs))
    xs, vs = numbers(program, seed), numbers(program, seed + 1)
    everything = tuple(range(len(xs)))
    value, tangent = adlib.jvp(f, xs, vs)
    same_bits(value, f(*xs))
    value, gradient = adlib.value_and_grad(f, everything)(*xs)
    same_bits(value, f(*xs))
    gradient_too, product = adlib.jvp(adlib.grad(f, everything), xs, vs)
    theirs = jax.grad(g, everything)
    arrays = [tuple(map(jnp.asarray, group)) for group in (xs, vs)]
    their_gradient, their_product = jax.jvp(theirs, *arrays)
    close(tangent, sum(np.sum(a * b) for a, b in zip(their_gradient, vs, strict=True)), "random program, jvp", 1e-9)
    for k in everything:
        close(gradient_too[k], gradient[k], "random program, grad under jvp", 1e-13)
        close(gradient[k], their_gradient[k], "random program, grad", 1e-9)
        close(product[k], their_product[k], "random program, hvp", 1e-9)


@settings(max_examples=30, derandomize=True, deadline=None, database=None, suppress_health_check=list(HealthCheck))
@given(programs(), st.integers(0, 3))
def test_random_programs_agree_with_jax(program, seed):
    if program.lines:
        check(program, seed)


def test_every_operation_alone_agrees_with_jax():
    for name, (arity, fits, _) in OPERATIONS.items():
        pairs = [(a,) for a in SHAPES] if arity == 1 else [(a, b) for a in SHAPES for b in SHAPES]
        fitting = [shapes for shapes in pairs if fits(*shapes)]
        check(Program(fitting[-1], ((name, tuple(range(arity))),)), 0)


@settings(max_examples=200, derandomize=True, deadline=None, database=None, suppress_health_check=list(HealthCheck))
@given(programs(), st.integers(0, 3))
def test_the_four_compositions_agree_on_random_programs(program, seed):
    f = lambda *xs: program(np, *xs)  # noqa: E731
    xs, us, vs = (numbers(program, seed + k) for k in range(3))
    jvp, vjp = adlib.jvp, adlib.vjp
    dot = lambda a, b: float(sum(np.sum(x * y) for x, y in zip(a, b, strict=True)))  # noqa: E731
    forward_forward = jvp(lambda *ys: jvp(f, ys, us)[1], xs, vs)[1]
    forward_reverse = dot(us, jvp(lambda *ys: vjp(f, *ys)[1](1.0), xs, vs)[1])
    reverse_forward = dot(vs, vjp(lambda *ys: jvp(f, ys, us)[1], *xs)[1](1.0))
    reverse_reverse = dot(us, vjp(lambda *ys: vjp(f, *ys)[1](1.0), *xs)[1](vs))
    for value in (forward_reverse, reverse_forward, reverse_reverse):
        assert abs(value - forward_forward) <= 1e-11 * (1 + abs(forward_forward))


# Programs that refill their constants: before, between and after their uses, by views of one another's memory.


class Constants:
    """Arrays in one memory, each a view of its own; JAX gets what they hold at the time."""

    def __init__(self, xp):
        self.xp = xp
        buffer = bytearray(9 * 8)
        self.memory = np.frombuffer(buffer)
        whole = np.frombuffer(buffer)
        self.views = [
            *(whole[0:3], whole[5:2:-1], whole[::3], whole[:6].reshape(2, 3)),
            *(whole.reshape(3, 3).T[1:], whole[4:5].reshape(())),
        ]

    def refill(self, seed, where=slice(None)):
        self.memory[where] = np.random.default_rng(seed).uniform(-1.5, 1.5, self.memory[where].shape)

    def __getitem__(self, k):
        return self.views[k] if self.xp is np else jnp.array(self.views[k].copy())


CONSTANT_SHAPES = [np.shape(v) for v in Constants(np).views]


@dataclass(frozen=True)
class Refilling:
    shapes: tuple
    lines: tuple  # (operation, operands): a number for a value, ("c", k) for a constant; or ("refill", seed, place)

    def __call__(self, xp, *inputs):
        constants = Constants(xp)
        constants.refill(0)
        values = list(inputs)
        for name, *operands in self.lines:
            if name == "refill":
                seed, place = operands
                constants.refill(seed, slice(None) if place is None else slice(place, place + 1))
                continue
            _, _, operation = OPERATIONS[name]
            values.append(operation(xp, *[constants[k[1]] if isinstance(k, tuple) else values[k] for k in operands]))
        total = sum(xp.sum(xp.sin(v)) for v in values[len(inputs) :])
        constants.refill(99)
        return total


@st.composite
def refilling_programs(draw):
    shapes = tuple(draw(st.lists(st.sampled_from(SHAPES), min_size=1, max_size=2)))
    known, lines = list(shapes), []
    binary = sorted(name for name, (arity, _, _) in OPERATIONS.items() if arity == 2)
    for _ in range(draw(st.integers(2, 5))):
        if draw(st.booleans()):
            lines.append(("refill", draw(st.integers(1, 50)), draw(st.sampled_from([None, *range(9)]))))
        name = draw(st.sampled_from(binary))
        _, fits, operation = OPERATIONS[name]
        pairs = [(i, ("c", k)) for i in range(len(known)) for k in range(len(CONSTANT_SHAPES))]
        pairs += [(c, i) for i, c in pairs]
        shape_of = lambda k: CONSTANT_SHAPES[k[1]] if isinstance(k, tuple) else known[k]  # noqa: E731
        pairs = [pair for pair in pairs if fits(*map(shape_of, pair)) and _broadcast(*map(shape_of, pair), name)]
        if not pairs:
            continue
        operands = draw(st.sampled_from(pairs))
        use = (name, *operands)
        known.append(np.shape(operation(np, *[np.ones(shape_of(k)) for k in operands])))
        # Again, in a loop that refills in between, a step of which may see the same content twice.
        lines.append(use)
        for _ in range(draw(st.integers(0, 2))):
            lines += [("refill", draw(st.integers(1, 3)), draw(st.sampled_from([None, 0, 4]))), use]
            known.append(known[-1])
    return Refilling(shapes, tuple(lines))


def _broadcast(a, b, name):
    try:
        OPERATIONS[name][2](np, np.ones(a), np.ones(b))
    except ValueError:
        return False
    return True


def check_refilling(program, seed, wrapped):
    f, g = wrapped(lambda *xs: program(np, *xs)), (lambda *xs: program(jnp, *xs))
    xs, vs = numbers(program, seed), numbers(program, seed + 1)
    everything = tuple(range(len(xs)))
    arrays, directions = (tuple(map(jnp.asarray, group)) for group in (xs, vs))
    theirs = jax.grad(g, everything)
    gradient, product = jax.jvp(theirs, arrays, directions)
    slope = sum(np.sum(a * b) for a, b in zip(gradient, vs, strict=True))

    value, pullback = adlib.vjp(f, *xs)
    same_bits(value, program(np, *xs))
    second = adlib.vjp(adlib.grad(f, everything), *xs)[1]
    steps = list(adlib.make_graph(f)(*xs).reverse())[: -len(xs) - 1 : -1]
    in_first_order = [
        adlib.grad(f, everything)(*xs), pullback(1.0), pullback(1.0), adlib.jacrev(f, everything)(*xs),
        adlib.jacobian(f, everything)(*xs), [step.adjoint for step in steps],
    ]  # fmt: skip
    for found in in_first_order:
        for ours, wanted in zip(found, gradient, strict=True):
            close(ours, wanted, "refilled constants, first order", 1e-9)
    push = adlib.linearize(f, *xs)[1]
    for found in (adlib.jvp(f, xs, vs)[1], push(*vs), push(*vs)):
        close(found, slope, "refilled constants, first order", 1e-9)
    one = vs[0] if len(vs) == 1 else vs
    multiply = adlib.hvp_operator(f, *xs)[1]
    in_second_order = [
        second(vs), second(vs), adlib.jvp(adlib.grad(f, everything), xs, vs)[1],
        adlib.grad(lambda *ys: adlib.jvp(f, ys, vs)[1], everything)(*xs),
        (multiply(one),) if len(vs) == 1 else multiply(*vs),
    ]  # fmt: skip
    for found in in_second_order:
        for ours, wanted in zip(found, product, strict=True):
            close(ours, wanted, "refilled constants, second order", 1e-9)


@settings(max_examples=25, derandomize=True, deadline=None, database=None, suppress_health_check=list(HealthCheck))
@given(refilling_programs(), st.integers(0, 3), st.sampled_from([lambda f: f, adlib.checkpoint]))
def test_programs_that_refill_their_constants_agree_with_jax(program, seed, wrapped):
    if any(name != "refill" for name, *_ in program.lines):
        check_refilling(program, seed, wrapped)
