"""Arguments, results and gradients in tuples, lists, dicts and named tuples."""

import time
from collections import ChainMap, Counter, OrderedDict, UserDict, defaultdict, deque, namedtuple
from dataclasses import dataclass
from types import MappingProxyType, SimpleNamespace

import numpy as np
import pytest

import adlib
from adlib import grad, jacfwd, jacrev, jvp, value_and_grad, vjp

Layer = namedtuple("Layer", "w b")
X = np.array([1.0, 2.0])

TREES = {
    "tuple": (X, 3.0),
    "list": [X, 3.0],
    "dict": {"w": X, "b": 3.0},
    "ordered dict": OrderedDict(b=3.0, w=X),
    "named tuple": Layer(X, 3.0),
    "nested": {"layers": [Layer(X, 3.0), (X * 2,)], "rest": ({"a": 1.0}, [])},
    "with None": (None, X, {"a": None, "b": 3.0}),
    "empty tuple": (),
    "array": X,
    "number": 3.0,
}


def leaves(tree):
    if tree is None:
        return []
    if isinstance(tree, dict):
        return [x for child in tree.values() for x in leaves(child)]
    if isinstance(tree, (tuple, list)):
        return [x for child in tree for x in leaves(child)]
    return [tree]


def same_structure(a, b):
    if isinstance(a, dict):
        assert type(a) is type(b) and list(a) == list(b)
        for k in a:
            same_structure(a[k], b[k])
    elif isinstance(a, (tuple, list)):
        assert type(a) is type(b) and len(a) == len(b)
        for x, y in zip(a, b, strict=True):
            same_structure(x, y)
    else:
        assert (a is None) == (b is None)
        assert np.shape(a) == np.shape(b)


def loss(tree):
    return 0.0 + sum(np.sum(x * x) for x in leaves(tree))


@pytest.mark.parametrize("kind", TREES)
def test_gradients_have_the_structure_of_the_argument(kind):
    tree = TREES[kind]
    value, gradient = value_and_grad(loss)(tree)
    assert value == loss(tree)
    same_structure(gradient, tree)
    for g, x in zip(leaves(gradient), leaves(tree), strict=True):
        np.testing.assert_array_equal(g, 2 * np.asarray(x))


@pytest.mark.parametrize("kind", TREES)
def test_both_modes_on_trees(kind):
    tree = TREES[kind]
    value, tangent = jvp(loss, (tree,), (tree,))
    assert value == loss(tree)
    assert tangent == pytest.approx(2 * loss(tree))
    value, pullback = vjp(lambda t: t, tree)
    same_structure(value, tree)
    (back,) = pullback(value)
    same_structure(back, tree)
    value, tangent = jvp(lambda t: t, (tree,), (tree,))
    same_structure(tangent, tree)
    product = jvp(grad(loss), (tree,), (tree,))[1]
    same_structure(product, tree)


def test_trees_as_results():
    f = lambda x: {"a": np.sum(x), "b": [x * 2, (x[0],)], "c": None}  # noqa: E731
    value, tangent = jvp(f, (X,), (X,))
    same_structure(value, tangent)
    assert tangent["b"][1] == (1.0,)
    value, pullback = vjp(f, X)
    np.testing.assert_array_equal(pullback(value)[0], [3.0 + 4.0 + 1.0, 3.0 + 8.0])
    for jacobian in (jacfwd(f)(X), jacrev(f)(X)):
        np.testing.assert_array_equal(jacobian["a"], [1.0, 1.0])
        np.testing.assert_array_equal(jacobian["b"][0], 2 * np.eye(2))
        np.testing.assert_array_equal(jacobian["b"][1][0], [1.0, 0.0])
        assert jacobian["c"] is None


def test_several_arguments():
    f = lambda x, p, y: np.sum(x * p["w"]) * y + p["b"]  # noqa: E731
    p = {"w": X, "b": 3.0}
    g = grad(f, (0, 2))(X, p, 2.0)
    assert isinstance(g, tuple)
    np.testing.assert_array_equal(g[0], 2 * X)
    assert g[1] == 5.0
    g = grad(f, argnums=1)(X, p, 2.0)
    np.testing.assert_array_equal(g["w"], 2 * X)
    assert g["b"] == 1.0 and type(g["b"]) is float
    assert grad(f, -1)(X, p, 2.0) == 5.0
    assert grad(f, [2])(X, p, 2.0) == (5.0,)
    g = grad(f, (2, 0))(X, p, 2.0)
    assert g[0] == 5.0


def test_arguments_that_are_not_differentiated_may_be_anything():
    f = lambda x, name, n, flags: np.sum(x**n) if name == "power" and flags[0] else None  # noqa: E731
    np.testing.assert_array_equal(grad(f)(X, "power", 2, [True]), 2 * X)
    assert f(X, "other", 2, [True]) is None


def test_arguments_by_keyword_are_constants():
    f = lambda x, *, scale, name="sum": scale * np.sum(x * x)  # noqa: E731
    np.testing.assert_array_equal(grad(f)(X, scale=3.0), 6 * X)
    value, _ = value_and_grad(f)(X, scale=3.0, name="any")
    assert value == 15.0
    h = lambda x, scale: scale * x  # noqa: E731
    for jac in (jacfwd, jacrev, adlib.jacobian):
        np.testing.assert_array_equal(jac(h)(X, scale=3.0), 3 * np.eye(2))
    np.testing.assert_array_equal(adlib.hessian(f)(X, scale=3.0), 6 * np.eye(2))
    # An outer transformation still sees them.
    assert grad(lambda s: np.sum(grad(f)(X, scale=s)))(3.0) == 2 * np.sum(X)


def test_a_jacobian_by_several_arguments():
    f = lambda x, y: np.stack([x[0] * y, x[1], y])  # noqa: E731
    for jacobian in (jacfwd(f, (0, 1))(X, 3.0), jacrev(f, (0, 1))(X, 3.0)):
        np.testing.assert_array_equal(jacobian[0], [[3.0, 0.0], [0.0, 1.0], [0.0, 0.0]])
        np.testing.assert_array_equal(jacobian[1], [1.0, 0.0, 1.0])


def test_has_aux():
    def f(x):
        y = x * 2
        return np.sum(y * y), {"y": y, "name": "a string", "n": 3}

    g, aux = grad(f, has_aux=True)(X)
    np.testing.assert_array_equal(g, 8 * X)
    np.testing.assert_array_equal(aux["y"], 2 * X)
    assert aux["name"] == "a string" and aux["n"] == 3 and type(aux["y"]) is np.ndarray
    (value, aux), g = value_and_grad(f, has_aux=True)(X)
    assert value == 20.0
    aux["y"] += 1.0
    np.testing.assert_array_equal(g, 8 * X)
    # Under an outer transformation, too.
    (_, aux), (product, aux_dot) = jvp(grad(lambda x: (np.sum(x**3), x**2), has_aux=True), (X,), (X,))
    np.testing.assert_array_equal(product, 6 * X * X)
    np.testing.assert_array_equal(aux_dot, 2 * X * X)


def test_containers_that_are_not_trees_are_refused():
    class Box:
        def __init__(self, x):
            self.x = x

    for wrap in (
        lambda x: {0: x}.values(),
        Box,
        lambda x: (i for i in [x]),
        lambda x: (1.0, Box(x)),
        lambda x: "text",
        lambda x: np.array([None, "x"]),
    ):
        f = lambda x: wrap(x * x)  # noqa: B023, E731
        for transform in (
            lambda f: jvp(f, (1.0,), (1.0,)),
            lambda f: vjp(f, 1.0),
            lambda f: jacfwd(f)(1.0),
            lambda f: jacrev(f)(1.0),
            lambda f: adlib.derivative(f)(1.0),
        ):
            with pytest.raises(adlib.ArgumentError, match="returns numbers, arrays, or tuples, lists and dicts"):
                transform(f)


def test_a_generator_argument_is_consumed_inside():
    f = lambda xs: np.sum(np.stack([x * x for x in xs]))  # noqa: E731
    assert grad(f)([1.0, 2.0]) == [2.0, 4.0]
    assert grad(lambda x: sum(x * k for k in range(4)))(2.0) == 6.0
    assert grad(lambda x: sum(v * v for v in x))(X).tolist() == [2.0, 4.0]


class Pair(tuple):
    """A tuple that is made of its two entries."""

    def __new__(cls, a, b):
        return tuple.__new__(cls, (a, b))


class Named(list):
    """A list with a name."""

    def __init__(self, entries, name):
        super().__init__(entries)
        self.name = name


class Marked(list):
    """A list that may be given attributes."""


class Checked(namedtuple("Checked", "w b")):
    """A named tuple with a constructor of its own."""

    def __new__(cls, w):
        return super().__new__(cls, w, 2.0 * w)


class Plain(tuple):
    """A tuple under another name, built from its entries."""

    __slots__ = ()


@dataclass
class Record:
    w: float


def marked(x):
    result = Marked([x])
    result.note = "kept"
    return result


NOT_TREES = {
    "a tuple with a constructor": lambda x: Pair(x, x),
    "a list with a name": lambda x: Named([x], "weights"),
    "a list with an attribute": marked,
    "defaultdict": lambda x: defaultdict(float, w=x),
    "Counter": lambda x: Counter(w=x),
    "read-only dict": lambda x: MappingProxyType({"w": x}),
    "ChainMap": lambda x: ChainMap({"w": x}),
    "UserDict": lambda x: UserDict(w=x),
    "deque": lambda x: deque([x]),
    "dataclass": Record,
    "namespace": lambda x: SimpleNamespace(w=x),
    "generator": lambda x: (v for v in [x]),
    "time": lambda x: time.localtime(0),
}


@pytest.mark.parametrize("kind", NOT_TREES)
@pytest.mark.parametrize("deep", [False, True])
def test_other_containers_are_refused_on_both_sides(kind, deep):
    make = (lambda x: (1.0, [NOT_TREES[kind](x)])) if deep else NOT_TREES[kind]
    for call in (
        lambda t: jvp(loss, (t,), (t,)),
        lambda t: vjp(loss, t),
        lambda t: grad(loss)(t),
        lambda t: jacfwd(loss)(t),
        lambda t: jacrev(loss)(t),
    ):
        with pytest.raises(adlib.ArgumentError, match=r"an argument is a .*; put its numbers in a tuple, list or dict"):
            call(make(2.0))
    for call in (
        lambda f: jvp(f, (2.0,), (1.0,)),
        lambda f: vjp(f, 2.0),
        lambda f: jacfwd(f)(2.0),
        lambda f: jacrev(f)(2.0),
        lambda f: adlib.make_graph(f)(2.0),
    ):
        with pytest.raises(
            adlib.ArgumentError, match="returns numbers, arrays, or tuples, lists and dicts of them, but it returned a"
        ):
            call(lambda x: make(x * x))


def test_a_set_of_numbers_is_refused():
    for numbers in ({1.0, 2.0}, frozenset({1.0})):
        with pytest.raises(
            adlib.ArgumentError, match=r"argument is a (frozen)?set; put its numbers in a tuple, list or dict"
        ):
            grad(lambda s: sum(s))(numbers)


@pytest.mark.parametrize(
    "tree", [Plain((X, 3.0)), Marked([X, 3.0]), Checked(3.0)], ids=["tuple", "list", "named tuple"]
)
def test_a_subclass_that_is_built_from_its_entries_is_a_tree(tree):
    gradient = grad(loss)(tree)
    assert type(gradient) is type(tree)
    for g, x in zip(gradient, tree, strict=True):
        np.testing.assert_array_equal(g, 2 * np.asarray(x))
    assert type(jvp(lambda t: t, (tree,), (tree,))[1]) is type(tree)


RAGGED = [[1.0], [2.0, 3.0]]


def test_rows_of_different_lengths_are_no_operand():
    for f in (
        lambda x: x + RAGGED,
        lambda x: RAGGED - x,
        lambda x: np.add(x, RAGGED),
        lambda x: np.dot(x, RAGGED),
        lambda x: np.stack([x, RAGGED]),
        lambda x: x @ tuple(RAGGED),
    ):
        for transform in (lambda f: jvp(f, (X,), (X,)), lambda f: vjp(f, X)):
            with pytest.raises(
                adlib.ArgumentError, match="with rows of different lengths is no array; make the rows equally long"
            ):
                transform(f)
    # As an argument it is a tree of numbers.
    assert grad(lambda t: t[0][0] * t[1][1])(RAGGED) == [[3.0], [0.0, 1.0]]
