"""Patterns found from the graph: never an entry too few, for every function that adlib differentiates; and how tight they are."""

import tracemalloc

import numpy as np
import pytest

import adlib
from adlib.core.tree import flatten
from adlib.structure import patterns
from adlib.structure.sparse import found_pattern
from tests.adlib.rules.asked import CALLS
from tests.adlib.structure.test_elimination import Ways, random_function

pytestmark = pytest.mark.filterwarnings("ignore::RuntimeWarning", "ignore:Polyfit may be poorly conditioned")


def pattern(f, x):
    """What `sparse_jacobian` finds."""
    return adlib.sparse_jacobian(f)(x).pattern


def of_one_vector(call):
    """A call of a function of arrays as one of a vector, and the vector."""
    xs = [np.asarray(x, float) for x in call.draw(call.shapes)]
    ends = np.cumsum([x.size for x in xs])

    def f(v):
        parts = np.split(v, ends[:-1])
        leaves, _ = flatten(call.f(*[np.reshape(part, x.shape) for part, x in zip(parts, xs)]))
        return np.concatenate([np.ravel(1.0 * y) for y in leaves])

    return f, np.concatenate([np.ravel(x) for x in xs])


COUNTED = []  # entries that are not zero, and entries found


@pytest.mark.parametrize("text", CALLS)
def test_no_entry_is_missing(text):
    f, x = of_one_vector(CALLS[text])
    right = adlib.jacfwd(f)(x)
    found = found_pattern(f, [x], len(right))
    entries = np.isfinite(right) & (right != 0)  # NaN is also 0 times what has no slope
    assert not np.any(entries & ~found), np.argwhere(entries & ~found)
    if np.all(np.isfinite(right)):
        np.testing.assert_allclose(adlib.sparse_jacobian(f)(x).toarray(), right, rtol=1e-10, atol=1e-12)
    COUNTED.append((int(np.sum(entries)), int(np.sum(found))))


def test_the_patterns_of_all_functions_together_are_not_much_too_large():
    if len(COUNTED) < len(CALLS):
        pytest.skip("counts what the test above has seen")
    entries, found = map(sum, zip(*COUNTED, strict=True))
    assert entries <= found < 1.5 * entries


def test_a_rule_that_loses_an_entry_is_seen(monkeypatch):
    monkeypatch.setattr(patterns, "_collected", lambda node, call, sets, args: patterns._nothing(node, sets))
    with pytest.raises(AssertionError, match=r"\[0, 0\]|\[0 0\]"):
        test_no_entry_is_missing("sum() (3,)")


@pytest.mark.parametrize("seed", range(12))
def test_numbers_depend_on_what_leads_to_them(seed):
    f, xs = random_function(seed, inputs=4, inner=9, outputs=4)
    ways = Ways(adlib.make_graph(f)(*xs))
    reached = [[output in ways.from_node(i) for i in range(4)] for output in adlib.make_graph(f)(*xs).outputs]
    assert pattern(lambda x: np.stack(f(*x)), np.array(xs)).tolist() == reached


A = np.diag(np.arange(1.0, 7)) + np.diag(np.ones(5), 1)
X = np.linspace(0.5, 1.5, 6)
BAND = np.eye(6, dtype=bool) | np.eye(6, k=1, dtype=bool)
MASK = np.array([1.0, 0.0, 2.0, 0.0, 0.0, 1.0])
ALL = np.ones((6, 6), bool)


def loop(x):
    """A program that takes one entry after another."""
    y = [x[0]]
    for i in range(1, 6):
        y.append(np.sin(x[i]) * x[i - 1] + 2.0)
    return np.stack(y)


EXACT = {
    "elementwise": (lambda x: np.sin(x) * x + 2.0, np.eye(6, dtype=bool)),
    "a condition at this point": (lambda x: np.where(x > 1.0, x, x[::-1]), np.where((X > 1.0)[:, None], np.eye(6), np.eye(6)[::-1]) > 0),
    "a constant factor with zeros": (lambda x: MASK * x, np.diag(MASK != 0)),
    "a constant choice": (lambda x: np.where(MASK > 0, x, x[0]), np.where((MASK > 0)[:, None], np.eye(6), np.eye(6)[0]) > 0),
    "a product with a constant matrix": (lambda x: A @ x, BAND),
    "the same from the right": (lambda x: x @ A, BAND.T),
    "dot": (lambda x: np.dot(A, np.sin(x)), BAND),
    "einsum": (lambda x: np.einsum("ij,j->i", A, x), BAND),
    "tensordot": (lambda x: np.tensordot(A, x, 1), BAND),
    "convolve": (lambda x: np.convolve(x, [1.0, -1.0])[1:], BAND),
    "diff": (lambda x: np.append(np.diff(x), x[-1]), BAND),
    "gradient": (lambda x: np.gradient(x)[1:-1], np.eye(6, dtype=bool)[:-2] | np.eye(6, dtype=bool)[2:]),
    "roll": (lambda x: x + np.roll(x, -1), BAND | np.roll(np.eye(6, dtype=bool), 1, 1)),
    "pad": (lambda x: np.pad(x, 1)[2:] + x[0] * 0.0 + x, BAND),
    "cumsum": (lambda x: np.cumsum(x), np.tri(6, dtype=bool)),
    "sums of rows": (lambda x: np.sum(np.reshape(x, (2, 3)), axis=1), np.kron(np.eye(2), np.ones((1, 3))).astype(bool)),
    "extremes of rows": (lambda x: np.min(np.reshape(x, (2, 3)), axis=1), np.kron(np.eye(2), np.ones((1, 3))).astype(bool)),
    "spread of rows": (lambda x: np.std(np.reshape(x, (2, 3)), axis=1), np.kron(np.eye(2), np.ones((1, 3))).astype(bool)),
    "a loop over entries": (loop, np.eye(6, dtype=bool) | np.eye(6, k=-1, dtype=bool)),
    "several results": (lambda x: np.modf(x)[0], ALL),
    "a constant result": (lambda x: np.ones(6), ~ALL),
    "a stopped one": (lambda x: adlib.stop_gradient(x) + np.floor(x), ~ALL),
    "an inverse": (lambda x: np.linalg.inv(np.diag(x))[0], ALL),
    "sorted": (np.sort, ALL),
}  # fmt: skip


@pytest.mark.parametrize("name", EXACT)
def test_what_is_found(name):
    f, expected = EXACT[name]
    found = pattern(f, X)
    if name == "pad":  # the factor 0.0 is a constant
        assert not np.any(found[1:, 0])
    assert np.array_equal(found, expected), found.astype(int)


B = np.array([[1.0, 0.0, -2.0], [0.0, 0.0, 3.0]])
C = np.stack([B, -B[::-1], 0.0 * B, B])
PRODUCTS = {
    "matrix @ matrix": (lambda x: B @ x, (3, 2)),
    "matrix @ matrix, the second constant": (lambda x: x @ B, (3, 2)),
    "matrices @ matrix": (lambda x: C @ x, (3, 2)),
    "matrices @ vector": (lambda x: C @ x, (3,)),
    "vector @ matrices": (lambda x: x @ C, (2,)),
    "matrices @ matrix, the second constant": (lambda x: x @ B, (2, 3, 2)),
    "vector @ vector": (lambda x: x @ B[0], (3,)),
    "dot of matrices": (lambda x: np.dot(B, x), (3, 2)),
    "dot of stacks": (lambda x: np.dot(x, np.swapaxes(C, 1, 2)), (2, 3)),
    "dot of a vector and stacks": (lambda x: np.dot(C, x), (3,)),
    "dot with a number": (lambda x: np.dot(0.0, x), (3,)),
    "inner": (lambda x: np.inner(B, x), (2, 3)),
    "tensordot": (lambda x: np.tensordot(C, x, ([2, 1], [0, 1])), (3, 2)),
    "convolve": (lambda x: np.convolve([1.0, 0.0, -1.0], x, "same"), (5,)),
    "einsum": (lambda x: np.einsum("kij,jl,i->kl", C, x, B[:, 2]), (3, 2)),
    "einsum with a diagonal": (lambda x: np.einsum("ii,i->i", x, B[0]), (3, 3)),
}
if hasattr(np, "matvec"):  # since NumPy 2.2
    PRODUCTS |= {
        "vecdot": (lambda x: np.vecdot(B, x), (2, 3)),
        "matvec": (lambda x: np.matvec(C, x), (3,)),
        "vecmat": (lambda x: np.vecmat(x, C), (2,)),
    }


@pytest.mark.parametrize("name", PRODUCTS)
def test_a_product_with_a_constant_has_the_entries_of_its_jacobian(name):
    f, shape = PRODUCTS[name]
    of_vector = lambda v: np.ravel(f(np.reshape(v, shape)))  # noqa: E731
    x = np.random.default_rng(0).uniform(0.5, 1.5, np.prod(shape))
    found = pattern(of_vector, x)
    assert np.array_equal(found, adlib.jacfwd(of_vector)(x) != 0)
    assert not np.all(found)


def test_the_numbers_of_one_precision_stay_apart_in_another():
    n = 3000  # more than float16 can count
    found = adlib.sparse_jacobian(lambda x: x.astype(np.float16)[::-1])(np.ones(n))
    assert np.array_equal(found.rows, np.arange(n)) and np.array_equal(found.cols, np.arange(n)[::-1])


def test_what_a_user_declares_is_taken_to_mix_all_entries_but_for_elementwise():
    @adlib.primitive
    def turned(x):
        return np.roll(x, 1)

    adlib.linear(turned, lambda g, shape: np.roll(g, -1))
    assert np.array_equal(pattern(turned, X), ALL)

    @adlib.primitive
    def cube(x):
        return x**3

    adlib.elementwise(cube, lambda x: 3 * x**2)
    assert np.array_equal(pattern(cube, X), np.eye(6, dtype=bool))

    @adlib.primitive
    def both(x):
        return np.sin(x), np.cos(x)

    adlib.rule(both, lambda t, y, x: (y[1] * t[0], -y[0] * t[0]), lambda g, y, x: (0.0 * x,))
    assert np.array_equal(pattern(lambda x: both(x[:3])[1], X), np.arange(6) < np.full((3, 1), 3))


def test_a_checkpointed_part_mixes_all_that_enters_it():
    assert np.array_equal(pattern(lambda x: adlib.checkpoint(np.sin)(x), X), ALL)


def test_the_derivative_of_a_function_has_a_pattern_too():
    def energy(x):
        return np.sum((x[1:] - x[:-1]) ** 4)

    hessian = adlib.sparse_jacobian(adlib.grad(energy))(X)
    np.testing.assert_allclose(hessian.toarray(), adlib.hessian(energy)(X), rtol=1e-12)
    assert hessian.sweeps == 3


def test_sets_that_nothing_asks_for_any_more_are_not_kept():
    def long(x):
        for _ in range(60):
            x = np.sin(x)
        return x

    n = 500
    found_pattern(long, [np.ones(n)], n)
    tracemalloc.start()
    try:
        found_pattern(long, [np.ones(n)], n)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 6 * n * n  # bytes: the graph's values, and the sets of a node or two
