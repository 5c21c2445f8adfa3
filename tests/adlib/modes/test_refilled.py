"""Constants of a program may be refilled, by every way to their memory: the derivative is that of what they held."""

import array
import collections
import ctypes
import sys
import tracemalloc

import numpy as np
import pytest

import adlib
from adlib import grad, jacfwd, jacrev, jvp, vjp
from adlib.core import frozen
from tests.adlib.modes.test_mutation import X, mapped


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


# What NumPy reads as an array, and what stands inside other things.


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


def bounds(x):
    i = np.array(1)
    y = x[i:]
    i[...] = 0
    return y


def then(use, make, change):
    """A function that makes something, uses it and changes it."""

    def f(x):
        a = make()
        y = use(x, a)
        change(a)
        return y

    return f


def operand(make, change=lambda a: a.__setitem__(0, 9.0)):
    return then(lambda x, a: (x * a + a * x) / 2.0, make, change)


def index(make, change):
    return then(lambda x, i: x[i] * np.ones(3), make, change)


def whole(a):
    a[...] = 0


def ends(a):
    a[0] = a[-1] = 0


A = np.array([1.0, 2.0, 3.0])
# A function that uses something and changes it, and its derivative where it is summed.
CHANGED = {
    "keywords of a primitive": (in_keywords, 2 * A),
    "a result that does not vary": (exponents, [0.5, 0.25, 0.25]),
    "an array of Python": (operand(lambda: array.array("d", A)), A),
    "a queue": (operand(lambda: collections.deque(A)), A),
    "a buffer": (operand(lambda: memoryview(array.array("d", A))), A),
    "memory of C": (operand(lambda: (ctypes.c_double * 3)(*A)), A),
    "a list": (operand(lambda: list(A)), A),
    "one number": (operand(lambda: np.array(2.0), whole), [2.0, 2.0, 2.0]),
    "an index of one number": (index(lambda: np.array(1), whole), [0.0, 3.0, 0.0]),
    "a masked index": (index(lambda: np.ma.array([1, 2, 1]), whole), [0.0, 2.0, 1.0]),
    "a list as an index": (index(lambda: [1, 2, 1], lambda i: i.__setitem__(0, 0)), [0.0, 2.0, 1.0]),
    "a list in an index": (index(lambda: ([1, 2, 1],), lambda i: i[0].__setitem__(0, 0)), [0.0, 2.0, 1.0]),
    "the bounds of a slice": (bounds, [0.0, 1.0, 1.0]),
    "counts": (then(np.repeat, lambda: [1, 2, 1], ends), [1.0, 2.0, 1.0]),
    "a list that picks": (then(lambda x, i: np.linalg.norm(x[i]), lambda: [0, 0, 0], ends), [3**0.5, 0.0, 0.0]),
    "bases": (then(lambda x, a: np.power(a, x), lambda: np.ones(3), ends), [0.0, 0.0, 0.0]),
}


@pytest.mark.parametrize("kind", CHANGED)
def test_what_a_rule_reads_again_may_have_changed(kind):
    f, expected = CHANGED[kind]
    loss = lambda x: np.sum(f(x))  # noqa: E731
    value, pullback = vjp(loss, X)
    assert value == loss(X)
    _, push = adlib.linearize(loss, X)
    (*_, last) = adlib.make_graph(loss)(X).reverse()
    found = [grad(loss)(X), pullback(1.0)[0], jacrev(loss)(X), jacfwd(loss)(X), last.adjoint]
    found += [np.array([push(e) for e in np.eye(3)]), jvp(lambda x: grad(loss)(x), (X,), (X,))[0]]
    for g in found:
        np.testing.assert_allclose(g, expected, rtol=1e-14)


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
    with pytest.raises(ValueError, match="writes into an array that it was given"):
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
        # But for what the garbage collector calls.
        assert calls[400] - calls[200] == pytest.approx(2 * (calls[200] - calls[100]), rel=0.01)


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


def test_a_long_array_is_compared_by_its_bytes():
    a, x = np.zeros(100), np.ones(100)

    def f(x):
        y = np.copysign(x, a)
        a[:] = -0.0
        return np.sum(2.0 * y + np.copysign(x, a))

    np.testing.assert_array_equal(grad(f)(x), np.ones(100))


def test_an_array_that_lies_otherwise_in_memory_is_copied_anew():
    """A sum over rows has other last bits than one over columns: the value is the plain value."""
    content = np.random.default_rng(0).normal(size=(300, 70))

    def f(x):
        a = content.copy()
        before = np.sum(x * a, axis=0)
        a.__setstate__((1, a.shape, a.dtype, True, a.tobytes("F")))  # the same array, by columns
        return before, np.sum(x * a, axis=0)

    before, after = f(1.1)
    assert np.any(before != after)
    for values in (vjp(f, 1.1)[0], jvp(f, (1.1,), (1.0,))[0]):
        np.testing.assert_array_equal(values, (before, after))


def test_a_buffer_among_the_arguments_of_other_code():
    def f(x):
        b = array.array("d", A)
        y = np.average(x * x, weights=b)
        b[0] = 9.0
        return y

    for g in (grad(f)(X), vjp(f, X)[1](1.0)[0], jacfwd(f)(X)):
        np.testing.assert_allclose(g, 2 * X * A / 6, rtol=1e-15)


def test_a_function_that_hands_back_its_operand():
    """The result is a constant of the list as well, also where no partial derivative reads it."""
    same = adlib.primitive(np.diff)
    adlib.elementwise(same, 1, None, None, 0)

    def f(x):
        a = np.ones(3)
        total = np.sum(same(a, 0, -1, x) * x)  # the differences of order 0: a itself
        a[:] = 9.0
        return total

    assert grad(f)(2.0) == vjp(f, 2.0)[1](1.0)[0] == jacfwd(f)(2.0) == 3.0


def test_a_copy_takes_the_memory_of_the_array():
    a = np.arange(24.0).reshape(2, 3, 4)
    for x in (a, a.T, a.transpose(1, 0, 2), a[::-1], a[:, ::-1].transpose(1, 0, 2), a[:, 1:]):
        kept = frozen.frozen_array(x)
        reach = sum(abs(stride) * (n - 1) for n, stride in zip(x.shape, x.strides)) + x.itemsize
        assert kept.base.nbytes == reach and kept.strides == x.strides
        np.testing.assert_array_equal(kept, x)
