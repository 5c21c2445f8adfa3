"""Changing an array, before, during or after differentiation, never changes a derivative silently."""

import array
import collections
import copy
import ctypes
import pickle
import sys
import tempfile
import tracemalloc

import numpy as np
import pytest

import adlib
from adlib import grad, jacfwd, jacrev, jvp, vjp
from adlib.core import frozen

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


class Kind(np.ndarray):
    """A class of arrays of somebody's own."""

WAYS = {
    "itself": lambda: (lambda a: (a, a))(np.zeros(3)),
    "a view made before": lambda: (lambda a: (a, a[:]))(np.zeros(3)),
    "its owner": lambda: (lambda a: (a[::2], a[::2]))(np.zeros(6)),
    "a sibling view": lambda: (lambda a: (a[:, 0], a.T[0]))(np.zeros((3, 2))),
    "a view backwards": lambda: (lambda a: (a, a[::-1][::-1]))(np.zeros(3)),
    "read-only for the user": lambda: (lambda a: (np.broadcast_to(a, (3,)), a))(np.zeros(3)),
    "a buffer": lambda: (lambda b: (np.frombuffer(b), np.frombuffer(b)))(bytearray(24)),
    "an array of Python": lambda: (lambda b: (np.frombuffer(b), np.asarray(b)))(array.array("d", [0.0] * 3)),
    "memory of C": lambda: (lambda b: (np.ctypeslib.as_array(b), np.frombuffer(b)))((ctypes.c_double * 3)()),
    "a file": mapped,
    "an array of a class": lambda: (lambda a: (a, a.view(Kind)))(np.zeros(3)),
    "two kinds of memory": lambda: (lambda a: (a, a.view(np.uint64).view(float)))(np.zeros(3)),
    "strides of its own": lambda: (lambda a: (a, np.lib.stride_tricks.as_strided(a, (3,), (8,))))(np.zeros(3)),
}
FILLINGS = np.array([[1.0, 2.0, -3.0], [0.5, -0.0, 4.0], [0.5, 0.0, 4.0], [2.0, 1.0, 0.25]])

# Uses of an array `a` beside a traced `x`, both of shape (3,).
USES = {
    "product": lambda x, a: a * x * x,
    "quotient": lambda x, a: x / (a + 5.0) + a / x,
    "power": lambda x, a: (x + 4.0) ** a,
    "one entry": lambda x, a: x * a[1] + x[0] * a[2:],
    "inner product": lambda x, a: (a @ x) * x,
    "matrix": lambda x, a: np.outer(a, a) @ np.sin(x),
    "mask": lambda x, a: np.where(a > 0.75, x * x, np.sin(x)),
    "index": lambda x, a: x[np.abs(a).astype(int) % 3] ** 2,
    "index in a tuple": lambda x, a: np.outer(x, x)[np.abs(a).astype(int) % 3, ::-1],
    "stacked": lambda x, a: np.stack([x, a]) ** 2,
    "joined": lambda x, a: np.concatenate([a, x, a]) ** 3,
    "sum": lambda x, a: np.exp(x + a) - (a - x) ** 2,
    "einsum": lambda x, a: np.einsum("i,i,j->j", a, x, x),
    "weights": lambda x, a: np.average(x * x, weights=a + 4.0) * x,
    "weights of a covariance": lambda x, a: np.cov(x, x * x, aweights=np.abs(a) + 1.0),
    "interpolation": lambda x, a: np.interp(a, np.array([-9.0, 0.0, 9.0]), x * x),
    "spacing": lambda x, a: np.gradient(x * x, np.cumsum(np.abs(a) + 1.0)),
    "area": lambda x, a: np.trapezoid(x * x, a) * x,
    "filter": lambda x, a: np.convolve(x, a) ** 2,
    "polynomial": lambda x, a: np.polyval(a, x),
    "quantiles": lambda x, a: np.quantile(x, np.abs(a) / 5.0) ** 2,
    "repeats": lambda x, a: np.repeat(x * x, np.abs(a).astype(int)),
    "shifts": lambda x, a: np.roll(x * x, np.abs(a).astype(int)[:1], axis=(0,)) * x,
    "system": lambda x, a: np.linalg.solve(np.outer(a, a) + 2.0 * np.eye(3), x * x),
    "choice": lambda x, a: np.choose(np.abs(a).astype(int) % 2, [x * x, np.sin(x)]),
    "part": lambda x, a: np.sum(x * x, where=a > 0.75) * x,
    "bounds": lambda x, a: np.clip(x, a - 1.0, a + 1.0) ** 2,
    "padding": lambda x, a: np.pad(x * x, np.abs(a).astype(int)[:2]),
    "a list of it": lambda x, a: x * list(a) + a.tolist() * np.sin(x),
}
USES_OF_ITSELF = ("product", "inner product", "index", "weights", "system")


def refilled(use, way):
    """A loss that fills one array again and again, and the same with a new array each time."""
    a, other = WAYS[way]()

    def loss(x):
        total = 0.0
        for values in FILLINGS:
            other[...] = values
            y = use(x, a)
            other[...] = 77.0
            total = total + np.sum(y * np.cos(np.arange(np.size(y)).reshape(np.shape(y))))
        return total

    def plain(x):
        total = 0.0
        for values in FILLINGS:
            y = use(x, values.copy())
            total = total + np.sum(y * np.cos(np.arange(np.size(y)).reshape(np.shape(y))))
        return total

    return loss, plain


def in_all_ways(f, x):
    """Derivatives of f by everything that keeps a tape, and what they should be in terms of jvp and jacfwd of it."""
    v = np.array([0.3, -0.7, 0.2])
    _, pullback = vjp(f, x)
    _, push = adlib.linearize(f, x)
    gradient, product = adlib.hvp_operator(f, x)
    *_, last = adlib.make_graph(f)(x).reverse()
    second = vjp(lambda x: vjp(f, x)[1](1.0)[0], x)[1]
    return {
        "gradients": [
            grad(f)(x), pullback(1.0)[0], pullback(1.0)[0], jacrev(f)(x), adlib.jacobian(f)(x), jacfwd(f)(x), gradient,
            last.adjoint, adlib.value_and_grad(f)(x)[1], grad(adlib.checkpoint(f))(x), vjp(adlib.checkpoint(f), x)[1](1.0)[0],
        ],
        "slopes": [push(v), push(v), jvp(f, (x,), (v,))[1]],
        "products": [
            product(v), product(v), adlib.hvp(f, (x,), (v,))[1], second(v)[0], second(v)[0],
            grad(lambda x: jvp(f, (x,), (v,))[1])(x), grad(lambda x: grad(f)(x) @ v)(x), adlib.hessian(f)(x) @ v,
            jvp(lambda x: jacfwd(f)(x), (x,), (v,))[1], jvp(grad(adlib.checkpoint(f)), (x,), (v,))[1],
        ],
    }  # fmt: skip


# Every use by two ways, and some uses by every way.
CASES = [(way, use) for way in WAYS for use in USES if way in ("its owner", "a file") or use in USES_OF_ITSELF]


@pytest.mark.parametrize("way, use", CASES)
def test_an_array_may_be_refilled_in_a_loop(way, use):
    loss, plain = refilled(USES[use], way)
    x = np.array([0.9, 1.7, 2.6])
    expected = jacfwd(plain)(x)  # forward mode keeps nothing
    second = jacfwd(jacfwd(plain))(x)
    found = in_all_ways(loss, x)
    for g in found["gradients"]:
        np.testing.assert_allclose(g, expected, rtol=1e-12, atol=1e-12)
    v = np.array([0.3, -0.7, 0.2])
    for slope in found["slopes"]:
        np.testing.assert_allclose(slope, expected @ v, rtol=1e-12, atol=1e-12)
    for product in found["products"]:
        np.testing.assert_allclose(product, second @ v, rtol=1e-11, atol=1e-11)


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


# What NumPy reads as an array, and what stands inside other things.


def changed_afterwards(kind):
    """A function that uses something and changes it, and its derivative where it is summed."""

    @adlib.primitive
    def scaled(x, *, by, options):
        return x * by * options["k"][0]

    adlib.rule(
        scaled,
        lambda tangents, y, x, by, options: tangents[0] * by * options["k"][0],
        lambda g, y, x, by, options: [g * by * options["k"][0]],
    )

    def in_keywords(x):
        by, options = A.copy(), {"k": [np.array(2.0)]}
        y = scaled(x, by=by, options=options)
        by[:] = options["k"][0][...] = 9.0
        options["k"][0] = 7.0
        return y

    def exponents(x):
        mantissa, exponent = np.frexp(x)
        exponent[...] = 50
        return mantissa

    def operand(make, change):
        def f(x):
            a = make()
            y = x * a + a * x
            change(a)
            return y / 2

        return f

    def index(make, change):
        def f(x):
            i = make()
            y = x[i] * np.ones(3)
            change(i)
            return y

        return f

    def setting(f, make):
        def changing(x):
            a = make()
            y = f(x, a)
            a[0] = a[-1] = 0
            return y

        return changing

    def first(a):
        a[0] = 9.0

    def whole(a):
        a[...] = 0

    return {
        "keywords of a primitive": (in_keywords, 2 * A),
        "a result that does not vary": (exponents, [0.5, 0.25, 0.25]),
        "an array of Python": (operand(lambda: array.array("d", A), first), A),
        "a queue": (operand(lambda: collections.deque(A), first), A),
        "a buffer": (operand(lambda: memoryview(array.array("d", A)), first), A),
        "memory of C": (operand(lambda: (ctypes.c_double * 3)(*A), first), A),
        "a list": (operand(lambda: list(A), first), A),
        "one number": (operand(lambda: np.array(2.0), whole), [2.0, 2.0, 2.0]),
        "an index of one number": (index(lambda: np.array(1), whole), [0.0, 3.0, 0.0]),
        "a masked index": (index(lambda: np.ma.array([1, 2, 1]), whole), [0.0, 2.0, 1.0]),
        "a list as an index": (index(lambda: [1, 2, 1], lambda i: i.__setitem__(0, 0)), [0.0, 2.0, 1.0]),
        "a list in an index": (index(lambda: ([1, 2, 1],), lambda i: i[0].__setitem__(0, 0)), [0.0, 2.0, 1.0]),
        "the bounds of a slice": (bounds, [0.0, 1.0, 1.0]),
        "counts": (setting(lambda x, a: np.repeat(x, a), lambda: [1, 2, 1]), [1.0, 2.0, 1.0]),
        "axes": (setting(lambda x, a: np.linalg.norm(x[a], axis=0), lambda: [0, 0, 0]), [3**0.5, 0.0, 0.0]),
        "powers": (setting(lambda x, a: np.power(a, x), lambda: np.ones(3)), [0.0, 0.0, 0.0]),
    }[kind]


def bounds(x):
    i = np.array(1)
    y = x[i:]
    i[...] = 0
    return y


A = np.array([1.0, 2.0, 3.0])
KINDS = (
    *("keywords of a primitive", "a result that does not vary", "an array of Python", "a queue", "a buffer"),
    *("memory of C", "a list", "one number", "an index of one number", "a masked index", "a list as an index"),
    *("a list in an index", "the bounds of a slice", "counts", "axes", "powers"),
)


@pytest.mark.parametrize("kind", KINDS)
def test_what_a_rule_reads_again_may_have_changed(kind):
    f, expected = changed_afterwards(kind)
    loss = lambda x: np.sum(f(x))  # noqa: E731
    value, pullback = vjp(loss, X)
    assert value == loss(X)
    _, push = adlib.linearize(loss, X)
    (*_, last) = adlib.make_graph(loss)(X).reverse()
    found = [grad(loss)(X), pullback(1.0)[0], jacrev(loss)(X), jacfwd(loss)(X), last.adjoint]
    found += [np.array([push(e) for e in np.eye(3)]), jvp(lambda x: grad(loss)(x), (X,), (X,))[0]]
    found += [grad(lambda x: np.sum(grad(loss)(x) + x))(X) - 1.0 + expected]
    for g in found[:-1]:
        np.testing.assert_allclose(g, expected, rtol=1e-14)
    assert np.all(np.isfinite(found[-1]))


def test_a_primitive_may_fill_its_own_buffer():
    buffer = np.zeros(3)

    @adlib.primitive
    def sines(x):
        return np.sin(x, out=buffer)

    adlib.elementwise(sines, lambda x: np.cos(x))
    f = lambda x: np.sum(sines(x) * sines(2.0 * x))  # noqa: E731
    expected = np.cos(X) * np.sin(2 * X) + 2 * np.sin(X) * np.cos(2 * X)
    for g in (grad(f)(X), jacfwd(f)(X), vjp(f, X)[1](1.0)[0], grad(lambda x: jvp(f, (x,), (x,))[0])(X)):
        np.testing.assert_allclose(g, expected, rtol=1e-14)


def test_a_primitive_may_not_write_into_its_arguments():
    @adlib.primitive
    def doubled(x):
        x *= 2.0
        return x

    adlib.elementwise(doubled, 2)
    with pytest.raises(ValueError, match="read-only"):
        grad(lambda x: np.sum(x * doubled(x * x)))(X)


def test_a_copy_is_compared_by_its_bytes():
    a = np.array([0.0, np.nan, 1.0])

    def f(x):
        y = np.copysign(x, a)
        a[0] = -0.0
        return np.sum(np.copysign(x, a)[0] + y[0]) + 0.0 * a[2]

    assert grad(f)(X)[0] == 0.0  # one sign each


# How much is copied.


def count_of(monkeypatch, run):
    """How many copies and comparisons of arrays a run makes."""
    made = {"copies": 0, "comparisons": 0}

    def counted(name, function):
        def count(*args):
            made[name] += 1
            return function(*args)

        return count

    with monkeypatch.context() as patch:
        patch.setattr(frozen, "memory_like", counted("copies", frozen.memory_like))
        patch.setattr(frozen, "_same_bytes", counted("comparisons", frozen._same_bytes))
        run()
    return made


@pytest.mark.parametrize("transform", [grad, lambda f: lambda x: vjp(f, x)[1](1.0), lambda f: adlib.make_graph(f)])
def test_an_array_is_copied_once_for_what_it_holds(monkeypatch, transform):
    a = np.array([np.nan, -0.0, 1.0])
    same = lambda x: sum(np.sum(x * a) for _ in range(10))  # noqa: E731
    assert count_of(monkeypatch, lambda: transform(same)(X)) == {"copies": 1, "comparisons": 9}
    kept = lambda x: sum(np.sum(x + a - a) for _ in range(10))  # noqa: E731
    assert transform is not grad or count_of(monkeypatch, lambda: grad(kept)(X)) == {"copies": 0, "comparisons": 0}


def test_a_copy_is_not_copied_again_by_another_list(monkeypatch):
    a = np.arange(3.0)
    f = lambda x: np.sum(np.sin(x * a) * a)  # noqa: E731
    second = lambda x: adlib.hvp_operator(f, x)[1](X)  # noqa: E731
    assert count_of(monkeypatch, lambda: second(X))["copies"] == 2  # of the array, and of the adjoint of the sum


def test_a_loop_over_arrays_is_linear(monkeypatch):
    def loss(n):
        arrays = [np.full(3, k) for k in range(n)]
        return lambda x: sum(np.sum(np.sin(x) * a) for a in arrays)

    for transform in (grad, lambda f: lambda x: vjp(f, x)[1](1.0)):
        calls = {}
        for n in (100, 200, 400):
            f = transform(loss(n))
            assert count_of(monkeypatch, lambda: f(X)) == {"copies": n, "comparisons": 0}  # noqa: B023
            calls[n] = calls_of(lambda: f(X))  # noqa: B023
        assert calls[400] - calls[200] == 2 * (calls[200] - calls[100])


def calls_of(run):
    """The number of Python's and NumPy's functions that a run calls."""
    count = 0

    def note(frame, event, argument):
        nonlocal count
        count += event in ("call", "c_call")

    before = sys.getprofile()
    sys.setprofile(note)
    try:
        run()
    finally:
        sys.setprofile(before)
    return count


def test_arrays_made_in_a_loop_die():
    """A list holds what its derivatives read, and no array that they do not."""

    def f(x):
        for k in range(100):
            x = x + np.full(10_000, 1.0 / (1 + k))
        return np.sum(x)

    x = np.zeros(10_000)
    tracemalloc.start()
    try:
        grad(f)(x)
        assert tracemalloc.get_traced_memory()[1] < 8 * x.nbytes
    finally:
        tracemalloc.stop()


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
