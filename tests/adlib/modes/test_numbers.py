"""Numbers, as arguments, as results and as cotangents: nested in every order, under every index."""

import itertools

import numpy as np
import pytest

import adlib
from adlib import derivative, grad, hessian, hvp, hvp_operator, jacfwd, jacobian, jacrev, jvp, linearize, vjp
from tests.adlib.rules.cases import CASES

FIRST = {
    "jacfwd": jacfwd,
    "jacrev": jacrev,
    "jacobian": jacobian,
    "grad": grad,
    "derivative": derivative,
    "jvp": lambda f: lambda x: jvp(f, (x,), (1.0,))[1],
    "vjp": lambda f: lambda x: vjp(f, x)[1](1.0)[0],
    "linearize": lambda f: lambda x: linearize(f, x)[1](1.0),
}
NUMBERS = {
    "float": 2.0,
    "float64": np.float64(2.0),
    "float32": np.float32(2.0),
    "longdouble": np.longdouble(2.0),
    "0-d": np.array(2.0),
    "0-d of float32": np.array(2.0, np.float32),
}
ORDERS = list(itertools.product(FIRST, repeat=2))


@pytest.mark.parametrize("kind", NUMBERS)
@pytest.mark.parametrize("outer, inner", ORDERS, ids=["-".join(order) for order in ORDERS])
def test_every_order_of_two_transformations(outer, inner, kind):
    x = NUMBERS[kind]
    second = FIRST[outer](FIRST[inner](lambda x: x * x * x))(x)
    assert np.shape(second) == () and second == 12.0
    if kind != "float":
        assert second.dtype == x.dtype
    # Exact: d2/dx2 of x**3 + x**4 / 2 in the entries of arrays that are made of x and lead back to a number.
    made = lambda x: np.sum(np.stack([x, x * x]) @ np.stack([x * x, x * x / 2]))  # noqa: E731
    assert FIRST[outer](FIRST[inner](made))(x) == 12.0 + 24.0


@pytest.mark.parametrize("kind", NUMBERS)
def test_second_derivatives_of_a_number_by_name(kind):
    x = NUMBERS[kind]
    f = lambda x: x * x * x  # noqa: E731
    assert hessian(f)(x) == 12.0
    assert hvp(f, (x,), (0.5,)) == (12.0, 6.0)
    gradient, product = hvp_operator(f, x)
    assert gradient == 12.0 and product(0.5) == 6.0
    assert linearize(grad(f), x)[1](0.5) == 6.0
    for three in itertools.product((jacfwd, jacrev), repeat=3):
        third = f
        for jac in three:
            third = jac(third)
        assert third(x) == 6.0


@pytest.mark.parametrize("outer", (jacfwd, jacrev, jacobian))
@pytest.mark.parametrize("inner", (jacfwd, jacrev, jacobian))
def test_numbers_to_arrays_and_back_and_in_containers(outer, inner):
    powers = lambda x: np.stack([x, x * x, x * x * x])  # noqa: E731
    np.testing.assert_array_equal(outer(inner(powers))(2.0), [0.0, 2.0, 12.0])
    product = lambda x: x[0] * x[1] * x[2]  # noqa: E731
    np.testing.assert_array_equal(
        outer(inner(product))(np.array([1.0, 2.0, 3.0])), [[0.0, 3.0, 2.0], [3.0, 0.0, 1.0], [2.0, 1.0, 0.0]]
    )
    second = outer(inner(lambda p: p["a"] ** 2 * p["b"][0]))({"a": 2.0, "b": (np.float64(3.0), np.ones(2))})
    assert second["a"]["a"] == 6.0 and second["a"]["b"][0] == second["b"][0]["a"] == 4.0
    np.testing.assert_array_equal(second["a"]["b"][1], [0.0, 0.0])
    pair = outer(inner(lambda x: (x * x, {"cube": x * x * x})))(2.0)
    assert pair == (2.0, {"cube": 12.0})
    both = outer(inner(lambda x, y: x * x * y, (0, 1)), (0, 1))(2.0, 3.0)
    assert both == ((6.0, 4.0), (4.0, 0.0))


# Indices that NumPy's numbers and arrays of no dimension take, and some that they refuse.
INDICES = {
    "None": None,
    "...": ...,
    "()": (),
    "..., None": (..., None),
    "None, ...": (None, ...),
    "None, None": (None, None),
    "None, ..., None": (None, ..., None),
    "True": True,
    "False": False,
    "np.True_": np.True_,
    "True, None": (True, None),
    "None, True": (None, True),
    "an array": np.array(True),
    "0": 0,
    "0,": (0,),
    "slice": slice(None),
    "[]": [],
    "[0]": [0],
    "[True]": [True],
    "mask": np.array([True]),
    "1.0": 1.0,
    "a string": "a",
}


def outcome(f):
    """A result, or the class of the error."""
    try:
        return f()
    except Exception as error:  # whatever NumPy raises
        return type(error)


@pytest.mark.parametrize("kind", NUMBERS)
@pytest.mark.parametrize("said", INDICES)
def test_a_traced_number_takes_the_indices_of_numpys(said, kind):
    x, index = NUMBERS[kind], INDICES[said]
    plain = outcome(lambda: np.multiply(x, x)[index])
    f = lambda x: (x * x)[index]  # noqa: E731
    if isinstance(plain, type):
        for call in (lambda: jvp(f, (x,), (1.0,)), lambda: vjp(f, x), lambda: grad(lambda x: np.sum(f(x)))(x)):
            assert outcome(call) is plain
        return
    value, tangent = jvp(f, (x,), (1.0,))
    again, pullback = vjp(f, x)
    for found, right in ((value, plain), (again, plain), (tangent, 4.0 * np.ones_like(plain))):
        np.testing.assert_array_equal(found, right)
        assert np.shape(found) == np.shape(plain) and found.dtype == plain.dtype
    assert pullback(np.ones_like(plain))[0] == 4.0 * np.size(plain)
    for outer, inner in ORDERS:
        second = FIRST[outer](FIRST[inner](lambda x: np.sum(np.multiply(x * x, x)[index])))(x)
        assert second == 12.0 * np.size(plain)


def test_a_traced_number_is_no_sequence():
    seen = []

    def f(x):
        assert np.isscalar(x) and not np.iterable(x) and not hasattr(x, "__len__")
        for attempt in (len, iter, list, lambda x: 1.0 in x, lambda x: [*x], reversed):
            with pytest.raises(TypeError):
                attempt(x)
        with pytest.raises(adlib.TracedValueError, match=r"x\[...\] = value would write"):
            x[()] = 1.0
        assert np.stack([x, x]).shape == (2,) and np.broadcast_to(x, (2, 2)).shape == (2, 2)
        assert [1.0, x][1] is x
        seen.append(x)
        return x * 1.0

    for transform in (lambda f: jvp(f, (2.0,), (1.0,)), lambda f: grad(f)(2.0), lambda f: jacfwd(jacrev(f))(2.0)):
        transform(f)
    assert len(seen) >= 3


# What a rule sends back is linear in the cotangent, so its derivative along a cotangent is the rule itself.
COTANGENTS = {"float": float, "float64": np.float64, "int": lambda c: 3, "0-d": np.array}
ONE_SHAPE = [(case, shapes) for case in CASES for shapes in case.shapes[:2]]


@pytest.mark.parametrize("case, shapes", ONE_SHAPE, ids=[f"{c.name} {s}" for c, s in ONE_SHAPE])
def test_a_pullback_is_differentiable_in_its_cotangent(case, shapes):
    f = case.on(np)
    xs = [float(x) if np.shape(x) == () else x for x in case.points(shapes)]
    number = lambda *xs: np.sum(f(*xs) * np.ones(()))  # noqa: E731
    for g in (f, number):
        value, pullback = vjp(g, *xs)
        rng = np.random.default_rng(0)
        c, d = rng.uniform(0.5, 1.5, (2, *np.shape(value)))
        directions = tuple(rng.uniform(0.5, 1.5, np.shape(x))[()] for x in xs)
        pushed, right = jvp(g, tuple(xs), directions)[1], pullback(d)
        for convert in COTANGENTS.values() if np.shape(value) == () else (np.asarray,):
            ct = convert(c)
            if isinstance(ct, int):
                same(pullback(ct), pullback(float(ct)))
                continue
            value, tangent = jvp(pullback, (ct,), (convert(d),))
            same(value, pullback(c))
            same(tangent, right)
            same(vjp(pullback, ct)[1](directions)[0], pushed)
            same(jvp(lambda s: jvp(pullback, (s * ct,), (s * d,))[1], (1.0,), (1.0,))[1], right)  # noqa: B023
            back = grad(lambda s: np.sum(vjp(pullback, s * ct)[1](tuple(s * v for v in directions))[0]))(1.0)  # noqa: B023
            same(back, np.sum(pushed))
        _, pushforward = linearize(g, *xs)
        same(pushforward(*directions), pushed)
        same(jvp(pushforward, directions, directions)[1], pushed)
        same(vjp(pushforward, *directions)[1](d)[0], right[0])


def same(found, right):
    flat = lambda t: np.concatenate([np.ravel(x) for x in (t if isinstance(t, tuple) else (t,))])  # noqa: E731
    np.testing.assert_allclose(flat(found), flat(right), rtol=1e-10, atol=1e-12)


def test_a_traced_cotangent_takes_the_type_of_its_value():
    x = np.ones(3, np.float32)
    _, pullback = vjp(lambda x: np.sum(x * x), x)
    (ct_dot,) = jvp(pullback, (2.0,), (1.0,))[1]
    assert ct_dot.dtype == np.float32
    np.testing.assert_array_equal(ct_dot, 2.0 * x)
    tangent = grad(lambda s: np.sum(jvp(lambda x: x * x, (x,), (s * np.ones(3),))[1]))(1.0)
    assert tangent == 6.0


def test_round_to_digits_is_a_constant():
    for transform in (adlib.grad, adlib.derivative):
        assert transform(lambda x: x * round(x, 1))(1.26) == 1.3
        assert transform(lambda x: x * round(x))(1.26) == 1.0
