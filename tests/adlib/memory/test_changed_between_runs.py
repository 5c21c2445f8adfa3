"""What changes between the two runs of a step is refused, shown by its value or not; what a call was given is kept."""

import array

import numpy as np
import pytest

import adlib
from adlib import checkpoint, checkpoint_chain, grad, jacfwd, jvp, schedules, vjp
from tests.adlib.memory.cases import RNG, X, by_schedule, same


def flipped(a):
    a[:] = a[::-1].copy()


def scaled(a):
    a *= 1.5


def one_bit(a):
    a.reshape(-1)[-1] = np.nextafter(a.reshape(-1)[-1], np.inf)


def sign_of_zero(a):
    a[a == 0.0] *= -1.0


OUTSIDE = {
    "of half precision, scaled": (lambda: np.full(4, 0.25, np.float16), scaled),
    "rows exchanged": (lambda: np.arange(12.0).reshape(3, 4), flipped),
    "a long block, rows exchanged": (lambda: np.tile(np.arange(5.0), (1200, 1)).T.reshape(-1, 4), flipped),
    "a tiny entry": (lambda: np.array([1e200, 1.0, 1.0, 1e-300]), one_bit),
    "one bit of many": (lambda: np.ones((5000, 4)), one_bit),
    "nan elsewhere": (lambda: np.array([np.nan, 1.0, 2.0, np.inf]), flipped),
    "a sign": (lambda: np.array([0.0, 1.0, 0.0, 2.0]), sign_of_zero),
}

# Losses whose value may not show the change, of an array `a` from outside.
INSIDE = {
    "product": lambda x, a: x * x * a,
    "a value that does not show it": lambda x, a: np.sin(x - X) * a,
    "a branch that is off": lambda x, a: np.maximum(x - X, 0.0) ** 2 * a,
    "in a keyword": lambda x, a: np.sum(np.broadcast_to(np.sin(x - X), np.shape(a)), axis=0, where=np.signbit(a) | (a > 1.0)),
    "a setting": lambda x, a: np.sin(x - X) * a.tolist(),
    "an inner checkpoint": lambda x, a: checkpoint(lambda y: np.sin(y - X) * a)(x),
    "an inner chain": lambda x, a: checkpoint_chain(lambda y, i: np.sin(y - X) * a + X, x, 2),
    "an inner gradient": lambda x, a: grad(lambda y: np.sum(np.sin(y - X) * a) ** 2)(x),
    "an inner tangent": lambda x, a: jvp(lambda y: np.sin(y - X) * a, (x,), (X,))[1],
}  # fmt: skip
BACK = {
    "grad": lambda f, change: grad(lambda x: _then(f(x), change))(X),
    "vjp": lambda f, change: _then(vjp(f, X)[1], change)(1.0),
    "vjp, the second time": lambda f, change: _again(vjp(f, X)[1], change),
    "hvp": lambda f, change: adlib.hvp(lambda x: _then(f(x), change), (X,), (X,)),
    "reverse over forward": lambda f, change: grad(lambda x: _then(jvp(f, (x,), (X,))[1], change))(X),
    "reverse over reverse": lambda f, change: _then(vjp(grad(lambda x: _then(f(x), change)), X)[1], change)(X),
    "graph": lambda f, change: list(_then(adlib.make_graph(f)(X), change).reverse()),
}


def _then(value, change):
    change()
    return value


def _again(pullback, change):
    pullback(1.0)
    change()
    return pullback(1.0)


@pytest.mark.parametrize(
    "kind, inside", [(k, "product") for k in OUTSIDE] + [("rows exchanged", i) for i in list(INSIDE)[1:]]
)
@pytest.mark.parametrize("back", BACK)
def test_what_a_run_takes_from_outside_is_compared_byte_by_byte(kind, inside, back):
    make, change = OUTSIDE[kind]
    a = make()
    f = lambda x: np.sum(checkpoint(lambda x: INSIDE[inside](x, a))(x))  # noqa: E731
    with np.errstate(all="ignore"), pytest.raises(adlib.ArgumentError, match="or used other numbers for it"):
        BACK[back](f, lambda: change(a))


def test_a_run_that_is_the_same_passes_whatever_it_makes_inside():
    """Constants made anew in each run, functions, settings and views are the same when they hold the same."""
    a = np.array([np.nan, -0.0, 1.0, 2.0])

    def f(x):
        y = np.where(np.isnan(a), x, x * a.copy()) + np.zeros(4) + float("nan") * 0.0 * (x > 9.0)[0]
        y = np.nan_to_num(y) * np.apply_along_axis(lambda row: row[::-1], 0, np.arange(4.0))
        y = y[np.array([0, 1, 1, 3])] * np.piecewise(x, [x > 0, x <= 0], [lambda u: u * u, lambda u: -u])
        return np.quantile(y, [0.25, 0.5]) * memoryview(np.ones(2)) + np.sum(y, where=[True, False, True, True])

    x = np.array([0.3, -0.8, 1.2, 0.4])
    loss = lambda g: lambda x: np.sum(g(x))  # noqa: E731
    same(grad(loss(checkpoint(f)))(x), grad(loss(f))(x))
    same(vjp(loss(checkpoint(f)), x)[1](1.0), vjp(loss(f), x)[1](1.0))
    same(adlib.hvp(loss(checkpoint(f)), (x,), (x,)), adlib.hvp(loss(f), (x,), (x,)))


@by_schedule
def test_a_step_may_return_one_buffer_again_and_again(schedule):
    buffer = np.zeros(4)

    def step(state, i):
        x, a = state
        y = np.sin(x * a)
        buffer[:] = np.arange(4.0) + i
        return y, buffer

    def plain(state, i):
        x, a = state
        return np.sin(x * a), np.arange(4.0) + i

    loss = lambda step: lambda x: np.sum(checkpoint_chain(step, (x, np.ones(4)), 6, schedule=schedule)[0])  # noqa: E731
    same(grad(loss(step))(X), grad(loss(plain))(X))
    same(vjp(loss(step), X)[1](1.0), vjp(loss(plain), X)[1](1.0))
    same(jvp(grad(loss(step)), (X,), (X,)), jvp(grad(loss(plain)), (X,), (X,)))


def test_what_a_chain_was_given_may_change_afterwards():
    """Arrays, views, lists, an array of a class and what stands in containers: the call keeps what they held."""
    a, rows, own, listed, nested = np.ones(4), np.ones((3, 4)), np.ma.ones(4), [2.0, 3.0, 1.0, 1.0], {"k": [np.ones(4)]}

    def step(x, row, a, own, listed, nested):
        return np.sin(x * row * a * own.data) * listed * nested["k"][0]

    def loss(x):
        y = checkpoint_chain(step, x, rows, a[:], own, listed, nested)
        z = checkpoint(lambda x, a, *, b: x * a * b)(y, a, b=a)
        a[:] = rows[:] = own[:] = nested["k"][0][:] = 77.0
        listed[0] = 99.0
        return np.sum(z)

    def plain(x):
        for _ in range(3):
            x = np.sin(x) * np.array([2.0, 3.0, 1.0, 1.0])
        return np.sum(x)

    def fill():
        a[:] = rows[:] = own[:] = nested["k"][0][:] = 1.0
        listed[0] = 2.0

    expected, second = grad(plain)(X), adlib.hvp(plain, (X,), (X,))[1]
    for found, wanted in (
        (lambda: grad(loss)(X), expected),
        (lambda: vjp(loss, X)[1](1.0)[0], expected),
        (lambda: adlib.hvp(loss, (X,), (X,))[1], second),
        (lambda: grad(lambda x: jvp(loss, (x,), (X,))[1])(X), second),
        (lambda: vjp(grad(loss), X)[1](X)[0], second),
    ):
        fill()
        np.testing.assert_allclose(found(), wanted, rtol=1e-12, atol=1e-14)


def test_arguments_cannot_be_written_into():
    def write(x, a):
        a += 1.0
        return x * a

    with pytest.raises(ValueError, match="read-only") as caught:
        grad(lambda x: np.sum(checkpoint(write)(x, np.ones(4))))(X)
    assert "checkpoint may run write again" in caught.value.__notes__[0] and "np.array(a)" in caught.value.__notes__[0]

    def write_traced(x):
        x += 1.0
        return x

    with pytest.raises(adlib.TracedValueError, match=r"\+= on a traced array"):
        grad(lambda x: np.sum(checkpoint(write_traced)(x)))(X)


def test_one_last_bit_is_another_result():
    order = iter([slice(None), slice(None, None, -1)])
    total = checkpoint(lambda x: np.cumsum(x[next(order)])[-1])
    x = RNG.normal(size=1000)
    assert np.cumsum(x)[-1] != np.cumsum(x[::-1])[-1]
    with pytest.raises(adlib.ArgumentError, match="got another result"):
        grad(total)(x)


def test_values_that_are_not_finite_pass():
    with np.errstate(all="ignore"):
        f = lambda x: np.log(x) / x  # noqa: E731
        x = np.array([0.0, -1.0, np.inf, 1.0])
        same(grad(lambda x: np.sum(checkpoint(f)(x)))(x), grad(lambda x: np.sum(f(x)))(x))


def test_a_buffer_among_the_arguments_may_change_afterwards():
    def loss(x):
        b = array.array("d", [1.0, 2.0, 3.0, 4.0])
        y = checkpoint(lambda x, b: x * np.asarray(b))(x, b)
        b[0] = 9.0
        return np.sum(y)

    for g in (grad(loss)(X), vjp(loss, X)[1](1.0)[0], jacfwd(loss)(X)):
        np.testing.assert_array_equal(g, [1.0, 2.0, 3.0, 4.0])


def test_the_last_state_of_a_chain_may_be_written_into():
    def loss(x):
        y, kept = checkpoint_chain(lambda state, i: (np.sin(state[0]), np.full(4, 2.0 + i)), (x, np.zeros(4)), 3)
        z = np.sum(y * kept)
        kept[0] = 9.0
        return z + np.sum(y * kept)

    def plain(x):
        y = np.sin(np.sin(np.sin(x)))
        return np.sum(y * 4.0) + np.sum(y * np.array([9.0, 4.0, 4.0, 4.0]))

    assert loss(X) == plain(X)
    for g in (grad(loss)(X), vjp(loss, X)[1](1.0)[0], jacfwd(loss)(X)):
        np.testing.assert_allclose(g, jacfwd(plain)(X), rtol=1e-14)


# Of an operation that does not show its setting where all entries are equal, or nothing varies.
SETTINGS = {
    "by keyword": lambda x, k: np.roll(x, shift=k),
    "by position": lambda x, k: np.roll(x, k),
    "of other code, by keyword": lambda x, k: np.quantile(x, q=k / 10),
    "of other code, by position": lambda x, k: np.quantile(x, k / 10),
    "the spacing": lambda x, k: np.gradient(x, k),
}


@pytest.mark.parametrize("kind", SETTINGS)
@pytest.mark.parametrize("kept", [True, False])
def test_a_setting_that_differs_between_the_runs_is_refused(kind, kept):
    count, w = [1], np.arange(4.0)
    f = lambda x: np.sum(checkpoint(lambda x: SETTINGS[kind](x, count[0]))(x) * w)  # noqa: E731

    def loss(x):
        y = f(x)
        count[0] += 1
        return y

    with pytest.raises(adlib.ArgumentError, match="or used other numbers for it"):
        if kept:
            vjp(loss, np.ones(4))[1](1.0)
        else:
            grad(loss)(np.ones(4))


def test_every_walk_along_a_graph_is_compared_with_the_first_run():
    for schedule in (schedules.store_all, schedules.binomial(2)):
        a = np.ones(4)
        graph = adlib.make_graph(lambda x: np.sum(checkpoint_chain(lambda x, i: x * a, x, 3, schedule=schedule)))(X)  # noqa: B023
        for _ in range(2):
            np.testing.assert_array_equal(list(graph.reverse())[-1].adjoint, np.ones(4))
        a[0] = 5.0
        with pytest.raises(adlib.ArgumentError, match=r"ran <lambda> \(step \d\) again on the way back"):
            list(graph.reverse())


def test_what_one_step_leaves_to_another_is_refused():
    """It would belong to the tape of a step that is over, also where that tape waits for the way back."""
    left = []

    def step(x, i):
        left.append(x)
        return np.sin(x) * left[0]

    f = lambda x: checkpoint_chain(step, x, 3, schedule=schedules.store_all)  # noqa: E731
    for run in (grad(f), lambda x: vjp(f, x)):
        left.clear()
        with pytest.raises(adlib.EscapedTracerError, match="after the function it was made for had returned"):
            run(1.0)
