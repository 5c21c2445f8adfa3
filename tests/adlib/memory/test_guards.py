"""Nothing is silently lost: values from outside, runs that differ, exceptions, threads, what is left behind."""

import functools
import gc
import tracemalloc

import numpy as np
import pytest

import adlib
from adlib import checkpoint, checkpoint_chain, grad, jvp, schedules, vjp
from tests.adlib.memory.cases import COMPOSITIONS, Mine, W, X, block, by_schedule, looped, residual, same

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
    assert "test_guards.py, line" in caught.value.__notes__[0]
    # What is seen first may be computed from the variable; the message names the variable.
    with pytest.raises(
        adlib.TracedValueError, match=r"uses a traced value \(shape \(4, 4\), float64\), its variable w,"
    ):
        grad(lambda w: np.sum(checkpoint(lambda x: np.tanh(w)[0] * x)(X)))(W)
    with pytest.raises(adlib.TracedValueError, match=r"checkpoint runs dot again .* but dot uses a traced value"):
        grad(lambda w: np.sum(checkpoint(functools.partial(np.dot, w))(X)))(W)
    with pytest.raises(adlib.TracedValueError, match=r"its variable weights,.* step\(state, input, w\)"):
        grad(lambda weights: checkpoint_chain(lambda x, i: x * weights, weights, 3))(2.0)
    for inputs in (np.ones(3), [1.0, 2.0], (1.0, 2.0), range(2)):
        with pytest.raises(
            adlib.TracedValueError,
            match=r"checkpoint_chain runs <lambda> .* variable weights,.* step\(state, input, w\)",
        ):
            grad(lambda weights: checkpoint_chain(lambda x, r: x * weights * r, weights, inputs))(2.0)  # noqa: B023


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


def changing(*results):
    """A function in a checkpoint whose runs give these results, one after another."""
    runs = iter(results)
    return lambda x: np.sum(checkpoint(lambda x: x * next(runs))(x))


BLOCK = np.linspace(-1.0, 1.0, 3 * 1021).reshape(3, 1021)  # as wide as there are weights
REARRANGED = {
    "rows reversed": (BLOCK, BLOCK[::-1]),
    "columns reversed": (BLOCK, BLOCK[:, ::-1]),
    "two rows exchanged": (BLOCK, BLOCK[[1, 0, 2]]),
    "two columns exchanged": (BLOCK, np.roll(BLOCK, 1, axis=1)),
    "transposed": (square := np.resize(BLOCK, (1021, 1021)), square.T),
    "the tail reversed": (BLOCK.ravel()[:1500], np.append(BLOCK.ravel()[:1021], BLOCK.ravel()[1021:1500][::-1])),
    "inf and -inf": (np.array([np.inf, 1.0]), np.array([-np.inf, 1.0])),
    "inf and nan": (np.array([np.inf, 1.0]), np.array([np.nan, 1.0])),
    "-inf and nan": (np.array([-np.inf, 1.0]), np.array([np.nan, 1.0])),
    "beside an inf": (np.array([np.inf, 1.0]), np.array([np.inf, 1.5])),
    "another dtype": (np.ones(3, np.float32), np.ones(3)),
    **{f"scaled, {n} of {t}": (np.ones(n, t), np.full(n, 1.5, t)) for n in (1, 7, 5000) for t in ("e", "f", "d")},
    **{f"negated, {n} of {t}": (np.ones(n, t), np.full(n, -1.0, t)) for n in (1, 7) for t in ("e", "f", "d")},
    "nothing but the size": (np.ones(5000, np.float16), np.tile([0.0, 2.0], 2500).astype(np.float16)),
}


@pytest.mark.parametrize("name", REARRANGED)
def test_a_difference_between_the_runs_is_seen(name):
    first, second = REARRANGED[name]
    x = np.ones(first.shape, first.dtype)
    with np.errstate(invalid="ignore"):
        with pytest.raises(adlib.ArgumentError, match="got another result"):
            grad(changing(first, second))(x)
        np.testing.assert_array_equal(grad(changing(first, first.copy()))(x), first)


def test_every_walk_along_a_kept_tape_is_compared_with_the_first_run():
    for schedule in (schedules.store_all, schedules.binomial(2)):
        a = np.ones(4)
        _, pullback = vjp(lambda x: checkpoint_chain(lambda x, i: x * a, x, 3, schedule=schedule), X)  # noqa: B023
        for _ in range(2):
            np.testing.assert_array_equal(pullback(X)[0], X)
        a[0] = 5.0
        with pytest.raises(adlib.ArgumentError, match=r"ran <lambda> \(step \d\) again on the way back"):
            pullback(X)


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


# Exceptions, threads, cycles.


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
    assert a.flags.writeable and X.flags.writeable
    when = "never"
    same(grad(loss)(X), grad(lambda x: np.sum(looped(step)(x, range(6), a)))(X))


def test_a_pullback_that_is_never_called_holds_nothing():
    a = np.arange(4.0)
    vjp(lambda x: checkpoint_chain(lambda x, i: np.sin(x * a), x, 5, schedule=schedules.store_all), X)
    assert a.flags.writeable
    grad(
        lambda x: (
            np.sum(x)
            if checkpoint_chain(lambda x, i: np.sin(x * a), x, 5, schedule=schedules.store_all) is not None
            else x
        )
    )(X)
    assert a.flags.writeable


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


def test_what_a_primitive_draws_shows_in_the_result():
    rng = np.random.default_rng(0)

    @adlib.primitive
    def noisy(x):
        return x * (1.0 + 1e-12 * rng.normal())

    adlib.elementwise(noisy, 1)
    with pytest.raises(adlib.ArgumentError, match="got another result"):
        grad(lambda x: np.sum(checkpoint(noisy)(x)))(X)
