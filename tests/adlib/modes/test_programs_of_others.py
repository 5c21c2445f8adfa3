"""Programs as others write them: what a primitive is told may change after the call."""

import array
import dataclasses
import random
import types

import numpy as np
import pytest

import adlib

X = np.array([0.3, 1.2, -0.7])


def orders(f, x):
    """First derivatives in both modes, second ones in every composition."""
    yield adlib.jacfwd(f)(x)
    yield adlib.grad(f)(x)
    for outer in (adlib.jacfwd, adlib.jacrev):
        for inner in (adlib.jacfwd, adlib.jacrev):
            yield outer(inner(f))(x)


@adlib.primitive
def scaled(x, setting):
    return x * setting.factor


adlib.rule(
    scaled,
    jvp=lambda tangents, y, x, setting: tangents[0] * setting.factor,
    vjp=lambda g, y, x, setting: (g * setting.factor, None),
)


@dataclasses.dataclass
class Setting:
    factor: object = 1.0


class Slotted:
    __slots__ = ("factor",)

    def __init__(self, factor):
        self.factor = factor


@pytest.mark.parametrize("kind", [Setting, Slotted, lambda factor: types.SimpleNamespace(factor=factor)])
@pytest.mark.parametrize("factor", [2.0, np.full(3, 2.0)])
def test_an_object_that_changes_after_the_call_is_refused(kind, factor):
    def loss(x, changes):
        setting, total = kind(np.copy(factor)[()]), 0.0
        for _ in range(2):
            total = total + np.sum(scaled(np.sin(x), setting) ** 2)
            if changes:
                setting.factor += 1.0
        return total

    for one, other in zip(orders(lambda x: loss(x, False), X), orders(lambda x: np.sum(8.0 * np.sin(x) ** 2), X)):
        assert np.allclose(one, other, rtol=1e-12)
    for derivative in (adlib.grad, adlib.hessian, lambda f: adlib.jacrev(adlib.jacrev(f))):
        with pytest.raises(adlib.ArgumentError, match=r"the vjp of scaled reads a .* which has changed since the call"):
            derivative(lambda x: loss(x, True))(X)


def test_an_object_by_keyword_that_changes_is_refused():
    @adlib.primitive
    def times(x, *, setting):
        return x * setting.factor

    adlib.linear(times, lambda g, shape, *, setting: g * setting.factor)
    setting = Setting(2.0)
    _, pullback = adlib.vjp(lambda x: times(x, setting=setting), X)
    assert np.array_equal(pullback(np.ones(3))[0], np.full(3, 2.0))
    setting.factor = 3.0
    with pytest.raises(adlib.ArgumentError, match="the transpose of times reads a Setting"):
        pullback(np.ones(3))


@pytest.mark.parametrize("inside", [lambda s: [s], lambda s: (1, s), lambda s: {"setting": s}])
def test_an_object_inside_a_container_that_changes_is_refused(inside):
    @adlib.primitive
    def times(x, settings):
        return x * (settings["setting"] if isinstance(settings, dict) else settings[-1]).factor

    def transpose(g, shape, settings):
        return g * (settings["setting"] if isinstance(settings, dict) else settings[-1]).factor

    adlib.linear(times, transpose)
    setting = Setting(2.0)
    _, pullback = adlib.vjp(lambda x: times(x, inside(setting)), X)
    assert np.array_equal(pullback(np.ones(3))[0], np.full(3, 2.0))
    setting.factor = 3.0
    with pytest.raises(adlib.ArgumentError, match="the transpose of times reads a Setting"):
        pullback(np.ones(3))


class Solver:
    """Keeps the inverses that it has found, one in a field that was None and one in a field that was not there."""

    def __init__(self, matrix):
        self.matrix, self.inverse = matrix, None

    def solve(self, b):
        if self.inverse is None:
            self.inverse = np.linalg.inv(self.matrix)
        return self.inverse @ b

    def solve_transposed(self, b):
        if not hasattr(self, "transposed"):
            self.transposed = np.linalg.inv(self.matrix.T)
        return self.transposed @ b


def test_an_object_may_hold_anything_that_does_not_change():
    setting = Setting(2.0)
    setting.more = [bytearray(8), array.array("d", [1.0]), {1, 2}, frozenset({3}), np.nan, setting, {"a": np.ones(2)}]
    gradient = adlib.grad(lambda x: np.sum(scaled(x, setting) ** 2))(X)
    assert np.array_equal(gradient, 8.0 * X)


def test_an_object_may_keep_what_it_has_found():
    @adlib.primitive
    def solve(b, solver):
        return solver.solve(b)

    adlib.linear(solve, lambda g, shape, solver: solver.solve_transposed(g))
    matrix = np.array([[2.0, 0.5, 0.0], [0.1, 3.0, 0.2], [0.3, 0.0, 1.5]])

    def loss(b):
        solver = Solver(matrix)
        return np.sum(solve(solve(b, solver) ** 2, solver) ** 2)

    def plain(b):
        return np.sum(np.linalg.solve(matrix, np.linalg.solve(matrix, b) ** 2) ** 2)

    for one, other in zip(orders(loss, X), orders(plain, X)):
        assert np.allclose(one, other, rtol=1e-10)


@pytest.mark.parametrize("generator", [random.Random, np.random.default_rng, np.random.RandomState])
def test_a_rule_that_draws_other_numbers_is_refused(generator):
    @adlib.primitive
    def noisy(x, rng):
        return x * rng.random()

    adlib.rule(
        noisy,
        jvp=lambda tangents, y, x, rng: tangents[0] * rng.random(),
        vjp=lambda g, y, x, rng: (g * rng.random(), None),
    )
    for derivative in (adlib.grad, adlib.jacfwd):
        with pytest.raises(adlib.ArgumentError, match=r"noisy reads a .* which has changed since the call"):
            derivative(lambda x: np.sum(noisy(x, generator(0))))(X)


def test_a_list_is_the_index_that_it_is():
    @adlib.primitive
    def rows(x, index):
        return x[index]

    adlib.linear(rows, lambda g, shape, index: np.eye(shape[0])[:, index] @ g)
    x = np.arange(6.0).reshape(2, 3)
    value, gradient = adlib.value_and_grad(lambda x: np.sum(rows(x, [0, 1]) ** 3))(x)
    assert value == np.sum(x**3)
    assert np.array_equal(gradient, 3.0 * x**2)


def test_a_primitive_that_writes_into_a_list_is_refused():
    @adlib.primitive
    def counting(x, calls):
        calls.append(1)
        return 2.0 * x

    adlib.linear(counting, lambda g, shape, calls: 2.0 * g)
    with pytest.raises(adlib.ArgumentError, match="the primitive counting writes into a list that it was given"):
        adlib.grad(lambda x: np.sum(counting(x, [])))(X)


def test_the_cotangents_of_several_results_come_as_a_tuple():
    seen = []

    @adlib.primitive
    def circle(x):
        return np.cos(x), np.sin(x)

    def pull(g, y, x):
        seen.append(type(g))
        return (-g[0] * y[1],)

    adlib.rule(circle, jvp=lambda tangents, y, x: (-y[1] * tangents[0], y[0] * tangents[0]), vjp=pull)
    assert adlib.grad(lambda x: circle(x)[0])(0.5) == -np.sin(0.5)
    assert seen == [tuple]


@pytest.mark.parametrize("take", [next, lambda drawn: drawn.pop()])
def test_a_checkpoint_whose_first_run_has_emptied_an_argument_is_refused(take):
    drawn = [2.0] if take is not next else iter([2.0])
    part = adlib.checkpoint(lambda x: np.sin(x) * take(drawn))
    with pytest.raises(adlib.ArgumentError, match=r"checkpoint ran <lambda> again on the way back and it raised"):
        adlib.grad(lambda x: np.sum(part(x)))(X)
