"""What a program does: the same numbers as the function, with the same containers, here and elsewhere."""

import subprocess
import sys
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import adlib

from .test_listings import WEIGHTS, L, network, stress

jax.config.update("jax_enable_x64", True)

X = np.linspace(0.2, 1.7, 6).reshape(3, 2)


def same(found, expected):
    found, expected = np.asarray(found), np.asarray(expected)
    assert found.dtype == expected.dtype and found.shape == expected.shape
    assert found.tobytes() == expected.tobytes()


def test_a_gradient_elsewhere_has_the_bits_of_grad():
    p = adlib.program(adlib.grad(network, argnums=(0, 1, 2, 3)))(*WEIGHTS)
    point = [2 * w - 0.3 for w in WEIGHTS]
    for found, expected in zip(p(*point), adlib.grad(network, argnums=(0, 1, 2, 3))(*point), strict=True):
        same(found, expected)


def test_the_text_runs_without_adlib(tmp_path):
    """In a process that cannot import it."""
    p = adlib.program(adlib.grad(L, argnums=(0, 1)))(2.0, 3.0)
    (tmp_path / "program.py").write_text(
        p.text + "\nimport sys\nassert 'adlib' not in sys.modules\nprint(grad_L(2.5, 3.5))\n"
    )
    found = subprocess.run(
        [sys.executable, "program.py"], cwd=tmp_path, capture_output=True, text=True, check=True
    ).stdout
    assert found == f"{p.function(2.5, 3.5)}\n"


def test_the_text_of_a_program_with_checks_runs_too(tmp_path):
    p = adlib.program(lambda x: x if x > 0 else -x)(1.0)
    namespace = {}
    exec(p.text, namespace)
    assert namespace["f"](2.0) == 2.0
    with pytest.raises(RuntimeError, match="v1 is no longer True"):
        namespace["f"](-2.0)


def test_large_constants_are_handed_over():
    large = np.linspace(0, 1, 400).reshape(20, 20)
    p = adlib.program(lambda x: np.sum(large @ x))(np.ones(20))
    assert "# c1: array (20, 20), float64" in p.text
    namespace = dict(p.constants)
    exec(p.text, namespace)
    assert namespace["f"](np.ones(20)) == np.sum(large @ np.ones(20))


def test_outside_arrays_are_copied():
    a = np.ones(3)
    p = adlib.program(lambda x: np.sum(a * x))(X[:, 0])
    expected = p(X[:, 0])
    a[:] = 7.0
    assert p(X[:, 0]) == expected


@pytest.mark.parametrize("f", [L, adlib.grad(L), lambda w1, w2: adlib.hvp(L, (w1, w2), (1.0, 2.0))[1]])
def test_a_program_is_differentiated_like_the_function(f):
    p = adlib.program(f)(2.0, 3.0)
    # Equal to rounding: common parts are added up in another order.
    for found, expected in (
        (adlib.jacfwd(p.function, (0, 1))(2.5, 3.5), adlib.jacfwd(f, (0, 1))(2.5, 3.5)),
        (adlib.jacrev(p, (0, 1))(2.5, 3.5), adlib.jacrev(f, (0, 1))(2.5, 3.5)),
    ):
        np.testing.assert_allclose(np.array(found), np.array(expected), rtol=1e-13)


def test_a_program_with_additions_into_places_is_differentiated_in_every_order():
    def loop(x):
        return x[0] * x[1] * x[2] + x[1] ** 3 + np.sum(x[np.array([0, 0, 2])] ** 2)

    p = adlib.program(adlib.grad(loop))(np.ones(3))
    x = np.array([0.5, -1.5, 2.0])
    for jacobian in (adlib.jacfwd, adlib.jacrev):
        np.testing.assert_allclose(jacobian(p.function)(x), adlib.hessian(loop)(x), rtol=1e-13)


def test_a_program_can_be_recorded_from_a_program():
    first = adlib.program(L)(2.0, 3.0)
    again = adlib.program(first)(2.0, 3.0)
    assert str(again) == str(first)
    assert str(adlib.program(adlib.grad(first.function, argnums=(0, 1)))(2.0, 3.0)) == str(
        adlib.program(adlib.grad(L, argnums=(0, 1)))(2.0, 3.0)
    )


class Pair(NamedTuple):
    first: object
    second: object


def test_containers_come_back_as_they_were():
    def f(params, scale=1.0):
        return {
            "loss": np.sum(params["w"] ** 2) * scale + params["b"],
            "parts": [params["w"], (2.0, None)],
            "n": 3,
            "p": Pair(scale, 1),
        }

    p = adlib.program(f)({"w": X, "b": 1.5}, scale=2.0)
    found = p({"w": 2 * X, "b": 0.5}, scale=3.0)
    expected = f({"w": 2 * X, "b": 0.5}, scale=3.0)
    assert found["loss"] == expected["loss"] and found["n"] == 3 and found["parts"][1] == (2.0, None)
    assert found["p"] == Pair(3.0, 1)
    same(found["parts"][0], 2 * X)


def test_what_comes_back_is_the_callers_own():
    def f(x):
        return x, x.T, np.broadcast_to(x[:1], x.shape), x[0]

    p, x = adlib.program(f)(X), X.copy()
    for y in p(x):
        y[...] = -1.0
    same(x, X)
    assert p(x)[0] is not x


def test_results_that_share_memory_are_given_apart():
    def f(x):
        y = np.sin(x)
        return y, y.T, y

    first, second, third = adlib.program(f)(X)(X)
    first[...] = 0.0
    same(second, np.sin(X).T)
    same(third, np.sin(X))


def test_a_constant_result_is_a_constant():
    p = adlib.program(lambda x: (np.ones(2), 3.0, adlib.grad(lambda x: 2.0 * x)(x)))(1.0)
    first, second, third = p(5.0)
    first[0] = 7.0
    assert p(5.0)[0].tolist() == [1.0, 1.0] and second == 3.0 and third == 2.0


def test_single_precision_stays_single():
    def f(x, scale):
        return np.sum(x * scale + 1.5)

    x = X.astype(np.float32)
    p = adlib.program(adlib.grad(f))(x, 2.0)
    same(p(x, 0.1), adlib.grad(f)(x, 0.1))
    assert p(x, 0.1).dtype == np.float32


def test_python_floats_follow_numpy_where_python_raises():
    p = adlib.program(lambda x: 1.0 / x)(2.0)
    with np.errstate(divide="ignore"):
        assert p(0.0) == np.inf


@pytest.mark.parametrize("dtype", [int, bool, np.float32, complex])
def test_arrays_of_every_dtype_are_arguments(dtype):
    x = np.array([1, 0, 2]).astype(dtype)
    p = adlib.program(lambda x, y: np.where(x == 1, y, 2 * y) + x)(x, np.ones(3))
    other = np.array([0, 1, 1]).astype(dtype)
    same(p(other, np.arange(3.0)), np.where(other == 1, np.arange(3.0), 2 * np.arange(3.0)) + other)


def test_whole_numbers_in_an_array_may_be_an_index():
    def f(w, rows):
        return np.sum(w[rows] ** 2)

    p = adlib.program(adlib.grad(f))(X, np.array([0, 2, 0]))
    rows = np.array([1, 1, 2])
    same(p(2 * X, rows), adlib.grad(f)(2 * X, rows))


@pytest.mark.parametrize(
    "build", [lambda n: adlib.grad(stress), lambda n: adlib.grad(lambda x: np.sum(x[1:] ** 2 * x[:-1]))]
)
def test_under_jax_it_compiles_and_agrees(build):
    x = np.random.default_rng(1).random((5, 2))
    f = build(0)
    p = adlib.program(f)(x)
    found = jax.jit(p.under(jnp))(2 * x)
    np.testing.assert_allclose(found, f(2 * x), rtol=1e-12)


def test_a_checkpoint_is_recorded_as_its_steps():
    @adlib.checkpoint
    def layer(w, x):
        return np.tanh(w @ x)

    def loss(w, marked):
        x = np.ones(3)
        for _ in range(3):
            x = layer(w, x) if marked else np.tanh(w @ x)
        return np.sum(x)

    w = np.eye(3) / 2 + 0.1
    found, plain = (adlib.program(adlib.grad(loss))(w, marked) for marked in (True, False))
    assert found.op_counts() == plain.op_counts()
    same(found(2 * w, True), adlib.grad(loss)(2 * w, False))


def test_a_primitive_is_recorded_by_what_it_does_and_differentiated_by_its_rule():
    @adlib.primitive
    def softplus(x):
        return np.logaddexp(0.0, x)

    adlib.elementwise(softplus, lambda x: 1 / (1 + np.exp(-x)))
    p = adlib.program(adlib.grad(lambda x: np.sum(softplus(x))))(np.ones(3))
    same(p(np.arange(3.0)), 1 / (1 + np.exp(-np.arange(3.0))))
    assert "np.exp" in str(p)


def test_stop_gradient_follows_the_value():
    p = adlib.program(adlib.grad(lambda x: x * adlib.stop_gradient(np.exp(x))))(1.0)
    assert p(2.0) == np.exp(2.0)


def test_beside_a_constant_of_single_precision_a_float_stays_one():
    weights = np.linspace(0, 1, 3, dtype=np.float32)
    p = adlib.program(lambda x: weights * x)(2.0)
    same(p(0.1), weights * 0.1)


@pytest.mark.parametrize("order", ["C", "F", "strided", "backwards"])
@pytest.mark.parametrize("recorded", ["C", "F"])
def test_the_bits_do_not_depend_on_how_arrays_lie_in_memory(order, recorded):
    def f(x, y):
        z = np.sin(x) * np.cos(y) + y
        return np.sum(z * x) + np.sum(z @ y.T)

    rng = np.random.default_rng(0)
    x, y = rng.random((2, 60, 50))
    lying = {
        "C": np.array(x),
        "F": np.asfortranarray(x),
        "strided": np.repeat(np.repeat(x, 2, 0), 2, 1)[::2, ::2],
        "backwards": np.array(x[::-1])[::-1],
    }
    gradient = adlib.grad(f, (0, 1))
    p = adlib.program(gradient)(lying[recorded], y)
    for found, expected in zip(p(lying[order], y), gradient(lying[order], y), strict=True):
        same(found, expected)
