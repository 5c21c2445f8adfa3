"""Changing an array, before, during or after differentiation, never changes a derivative silently."""

import copy
import pickle
import tempfile

import numpy as np
import pytest

import adlib
from adlib import grad, jacfwd, jacrev, jvp, vjp

X = np.array([1.0, 2.0, 3.0])


# Fan-out: one adjoint for several uses.


def test_a_rule_that_hands_one_adjoint_to_two_parents():
    # add gives its adjoint to both operands; adding into one must not change the other.
    f = lambda x, y: np.sum((x + y) * 3.0 + x * x + x * 5.0)  # noqa: E731
    gx, gy = grad(f, (0, 1))(X, X.copy())
    np.testing.assert_array_equal(gx, 3.0 + 2 * X + 5.0)
    np.testing.assert_array_equal(gy, [3.0, 3.0, 3.0])


def test_the_same_value_twice_in_one_operation():
    np.testing.assert_array_equal(grad(lambda x: np.sum(x + x))(X), [2.0, 2.0, 2.0])
    np.testing.assert_array_equal(grad(lambda x: np.sum(x - x))(X), [0.0, 0.0, 0.0])
    np.testing.assert_array_equal(grad(lambda x: np.sum(x * x))(X), 2 * X)
    np.testing.assert_array_equal(grad(lambda x: x @ x)(X), 2 * X)
    np.testing.assert_array_equal(grad(lambda x: np.sum(np.stack([x, x, x])))(X), [3.0, 3.0, 3.0])
    np.testing.assert_array_equal(
        grad(lambda x: np.sum(np.concatenate([x, x[::-1]]) * np.arange(6.0)))(X), [5.0, 5.0, 5.0]
    )


def test_an_adjoint_that_is_a_view_of_another():
    def f(x):
        y = np.reshape(x, (3, 1))
        return np.sum(y * 2.0) + np.sum(np.transpose(y) * 3.0) + np.sum(x) + np.sum(np.broadcast_to(x, (2, 3)))

    np.testing.assert_array_equal(grad(f)(X), np.full(3, 8.0))


def test_indexing_and_other_uses_mixed():
    def f(x):
        return x[0] * x[1] + np.sum(x * x) + x[0] + np.sum(x[np.array([0, 0, 2])]) + np.sum(x[1:]) + np.sum(x)

    expected = [2.0 + 2 + 1 + 2 + 1, 1.0 + 4 + 1 + 1, 6.0 + 1 + 1 + 1]
    np.testing.assert_array_equal(grad(f)(X), expected)
    np.testing.assert_allclose(jacrev(f)(X), expected)
    np.testing.assert_allclose(jacfwd(f)(X), expected)
    # In reverse over reverse the adjoints themselves are traced.
    hessian = 2 * np.eye(3)
    hessian[0, 1] = hessian[1, 0] = 1.0
    np.testing.assert_allclose(jacrev(grad(f))(X), hessian)
    np.testing.assert_allclose(jacfwd(grad(f))(X), hessian)


def test_two_inputs_that_receive_the_same_adjoint():
    f = lambda x, y: np.sum(x + y)  # noqa: E731
    gx, gy = grad(f, (0, 1))(X, X)
    gx += 1.0
    np.testing.assert_array_equal(gy, [1.0, 1.0, 1.0])
    _, pullback = vjp(lambda x, y: x + y, X, X)
    w = np.ones(3)
    a, b = pullback(w)
    a *= 7.0
    np.testing.assert_array_equal(b, [1.0, 1.0, 1.0])
    np.testing.assert_array_equal(w, [1.0, 1.0, 1.0])


# What is returned belongs to the caller.


def test_returned_arrays_may_be_changed():
    x, a = X.copy(), np.arange(3.0)
    f = lambda x: (x, x + 1.0, x + a, a, np.broadcast_to(x[0], (3,)) * 1.0)  # noqa: E731
    values, pullback = vjp(f, x)
    before = pullback(tuple(np.ones(3) for _ in range(5)))[0].copy()
    for v in values:
        v *= 100.0
    np.testing.assert_array_equal(pullback(tuple(np.ones(3) for _ in range(5)))[0], before)
    np.testing.assert_array_equal(x, X)
    np.testing.assert_array_equal(a, np.arange(3.0))

    _, tangents = jvp(f, (x,), (x,))
    kept = [t.copy() for t in tangents]
    for k, t in enumerate(tangents):
        t += 1.0
        for other, old in zip(tangents[k + 1 :], kept[k + 1 :], strict=True):
            np.testing.assert_array_equal(other, old)
    np.testing.assert_array_equal(x, X)

    for result in (grad(lambda x: np.sum(x))(x), jacrev(lambda x: x)(x), jacfwd(lambda x: x)(x)):
        result += 1.0
    np.testing.assert_array_equal(x, X)


def test_a_result_made_by_broadcasting_may_be_changed():
    tangent = jvp(lambda x: x + np.zeros(3), (1.0,), (1.0,))[1]
    tangent[0] = 5.0
    np.testing.assert_array_equal(tangent, [5.0, 1.0, 1.0])
    gradient = grad(lambda x: np.sum(x))(X)
    gradient[0] = 5.0
    np.testing.assert_array_equal(gradient, [5.0, 1.0, 1.0])


# Arrays that the function captures.


def mapped():
    """An array in a file, and another map of the same place."""
    with tempfile.NamedTemporaryFile() as file:
        a = np.memmap(file.name, float, "w+", shape=(3,))
        return a, np.memmap(file.name, float, "r+", shape=(3,))


@pytest.mark.parametrize(
    "what", ["constant", "file", "index array", "index list", "index tuple", "mask", "list operand", "primal"]
)
def test_a_pullback_does_not_see_later_changes(what):
    x = X.copy()
    a, i, li, ti, m, lo = (
        np.arange(3.0),
        np.array([0, 2]),
        [0, 2],
        (np.array([0, 2]),),
        np.array([True, False, True]),
        [1.0, 2.0, 3.0],
    )
    file, _ = mapped()
    file[:] = np.arange(3.0)
    f = lambda x: np.sum(x * x * a * lo * file) + np.sum(x[i] * x[li] * x[ti] * x[m])  # noqa: E731
    _, pullback = vjp(f, x)
    before = pullback(1.0)[0]
    _, kept = vjp(grad(f), x)
    before_second = kept(X)[0]
    change = {
        "constant": (a, slice(None), 9.0), "file": (file, slice(None), 9.0), "index array": (i, 0, 1), "index list": (li, 0, 1), "index tuple": (ti[0], 0, 1),
        "mask": (m, slice(None), False), "list operand": (lo, 0, 9.0), "primal": (x, slice(None), 9.0),
    }  # fmt: skip
    target, where, value = change[what]
    target[where] = value
    np.testing.assert_array_equal(pullback(1.0)[0], before)
    np.testing.assert_array_equal(kept(X)[0], before_second)


def test_lists_that_change_while_the_function_runs():
    def f(x):
        i, a = [0, 1], [1.0, 2.0, 3.0]
        y = np.sum(x[i]) + np.sum(x * a) + np.sum(a * x) + np.sum(np.where([True, False, True], x, a))
        i[0], a[0] = 2, 100.0
        return y

    np.testing.assert_array_equal(grad(f)(X), [1 + 2 + 1.0, 1 + 4 + 0.0, 0 + 6 + 1.0])


SETTINGS = {
    "a list": (lambda x, n: np.repeat(x, n), [1, 0, 2]),
    "an array": (lambda x, n: np.repeat(x, n), np.array([1, 0, 2])),
    "an array by keyword": (lambda x, n: np.repeat(x, repeats=n), np.array([1, 0, 2])),
    "a list by keyword": (lambda x, n: np.roll(np.stack([x, x]), shift=n, axis=(0, 1)), [1, 1, 0][:2]),
    "places": (lambda x, n: np.delete(x, n), [0, 1]),
    "an index": (lambda x, n: np.take(x, n), [0, 2]),
    "quantiles": (lambda x, n: np.quantile(x, n), [0.25, 0.5]),
}


@pytest.mark.parametrize("kind", SETTINGS)
def test_settings_may_be_changed_afterwards(kind):
    f, setting = SETTINGS[kind]
    given = copy.deepcopy(setting)
    _, pullback = vjp(lambda x: f(x * x, given), X)
    given[0] = given[-1] = 0
    w = np.arange(1.0, np.size(f(X, setting)) + 1).reshape(np.shape(f(X, setting)))
    expected = 2 * X * (jacfwd(lambda x: np.sum(f(x, setting) * w))(X))
    np.testing.assert_allclose(pullback(w)[0], expected)

    def changing(x):
        given = copy.deepcopy(setting)
        y = np.sum(f(x, given) * w)
        given[0] = given[-1] = 0
        return y

    np.testing.assert_allclose(grad(changing)(X), expected / (2 * X))


def test_cotangents_and_tangents_are_copied():
    w, v = np.ones(3), np.ones(3)
    _, tangent = jvp(lambda x: x, (X,), (v,))
    v *= 5.0
    np.testing.assert_array_equal(tangent, [1.0, 1.0, 1.0])
    _, pullback = vjp(lambda x: x, X)
    (g,) = pullback(w)
    w *= 5.0
    np.testing.assert_array_equal(g, [1.0, 1.0, 1.0])


# A traced value never changes.


def test_rebinding_leaves_the_alias_alone():
    def f(x):
        y = x * 2.0
        alias = y
        y = y + x
        return y * alias

    assert grad(f)(3.0) == 36.0  # (3 x)(2 x)

    def g(x):
        y = x
        y += 1.0  # a number is rebound, as in Python
        return x * y

    assert grad(g)(3.0) == 7.0


def test_a_copy_is_the_value_itself():
    for duplicate in (copy.copy, copy.deepcopy, lambda x: copy.deepcopy({"a": [x]})["a"][0], lambda x: x.copy()):
        assert grad(lambda x: np.sum(duplicate(x) * x))(X).tolist() == [2.0, 4.0, 6.0]  # noqa: B023


def test_a_copy_in_another_process_is_refused():
    with pytest.raises(adlib.TracedValueError, match="pickling"):
        grad(lambda x: np.sum(pickle.loads(pickle.dumps(x))))(X)


# Layout: the value is the plain value to the last bit, however the argument lies in memory.

LAYOUTS = {
    "every third": lambda r: r.normal(size=3001)[::3],
    "backwards": lambda r: r.normal(size=1001)[::-1],
    "columns": lambda r: r.normal(size=(101, 37)).T,
    "a box": lambda r: r.normal(size=(60, 50, 7))[::3, 5:40:2, ::-1],
    "permuted": lambda r: r.normal(size=(6, 50, 7)).transpose(2, 0, 1),
    "Fortran": lambda r: np.asfortranarray(r.normal(size=(50, 70))),
    "repeated": lambda r: np.broadcast_to(r.normal(size=70), (50, 70)),
    "one of many": lambda r: r.normal(size=(1000, 3))[:, 1],
}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_values_do_not_depend_on_the_layout(layout):
    rng = np.random.default_rng(0)
    x = LAYOUTS[layout](rng)
    last = x.shape[-1]
    b = rng.normal(size=(last, 11))[:, ::2]
    f = lambda x: (np.sum(x), np.sum(x, axis=0), np.mean(x, -1), x @ b, np.sum(np.sin(x) * x), x @ b[:, 0], b.T @ b)  # noqa: E731
    plain = f(x)
    for traced in (
        jvp(f, (x,), (x,))[0],
        vjp(f, x)[0],
        adlib.value_and_grad(lambda x: (np.sum(x), f(x)), has_aux=True)(x)[0][1],
    ):
        for ours, theirs in zip(traced, plain, strict=True):
            np.testing.assert_array_equal(ours, theirs)
    g = lambda c: (x @ c, np.sum(c * c))  # noqa: E731
    c = rng.normal(size=(5, last)).T
    for ours, theirs in zip(vjp(g, c)[0], g(c), strict=True):
        np.testing.assert_array_equal(ours, theirs)
