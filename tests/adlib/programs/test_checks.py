"""A program is never silently wrong: what depends on values is checked when it runs, or refused when it is recorded."""

import math

import numpy as np
import pytest

import adlib

X = np.array([0.5, -1.0, 2.0])


def newton(x):
    y = x
    while abs(y * y - x) > 1e-9:
        y = 0.5 * (y + x / y)
    return y


def test_a_branch_is_checked_where_it_was_taken():
    p = adlib.program(newton)(2.0)
    assert p(2.0000001) == newton(np.float64(2.0000001))
    with pytest.raises(adlib.ProgramError, match=r"v\d+ is no longer False: recorded at newton, line 1[45]"):
        p(100.0)


CHANGED = {
    "a count": (lambda x: x * int(x), 2.5, 3.5, "no longer 2"),
    "a rounding": (lambda x: x * round(x), 2.4, 2.6, "no longer 2"),
    "an index": (lambda x: np.arange(5.0)[np.argmax(x)] * x[0], X, -X, "no longer"),
    "a slice": (lambda x: np.sum(np.arange(5.0)[: int(x[0])]) * x, np.array([2.0]), np.array([3.0]), "no longer 2"),
    "a mask": (lambda x: np.sum(x[x > 0] ** 2), X, np.abs(X), "the shape of"),
    "a mean over a mask": (lambda x: np.sum(x[x > 0]) / len(x[x > 0]), X, np.abs(X), "the shape of"),
    "a slice of the argument": (
        lambda x: np.mean(x[: x[0].astype(int)]),
        np.array([2.0, 1.0, 4.0]),
        np.array([3.0, 1.0, 4.0]),
        "the shape of",
    ),
    "a shape": (
        lambda x: np.reshape(x, (x[0].astype(int), -1)),
        np.arange(1.0, 7.0),
        np.arange(2.0, 8.0),
        "the shape of",
    ),
    "a width": (
        lambda x: np.broadcast_to(x, (x[0].astype(int), 2)),
        np.array([2.0, 1.0]),
        np.array([3.0, 1.0]),
        "the shape of",
    ),
    "nonzero": (lambda x: x[np.nonzero(x > 0)], X, np.abs(X), "the shape of"),
    "where": (lambda x: x[np.where(x > 0)], X, np.abs(X), "the shape of"),
    "extract": (lambda x: np.extract(x > 0, x), X, np.abs(X), "the shape of"),
    "compress": (lambda x: np.compress(x > 0, x), X, np.abs(X), "the shape of"),
    "unique": (lambda x: np.unique(x), X, np.ones(3), "the shape of"),
    "trim_zeros": (lambda x: np.trim_zeros(x), np.array([0.0, 1.0, 2.0]), np.ones(3), "the shape of"),
    "repeat": (
        lambda x: np.repeat(x, np.floor(x).astype(int)),
        np.array([1.0, 2.0]),
        np.array([2.0, 2.0]),
        "the shape of",
    ),
    "bincount": (lambda x: np.bincount(x.astype(int)), np.array([1.0, 2.0]), np.array([4.0, 2.0]), "the shape of"),
    "eigenvalues": (
        lambda x: np.linalg.eigvals(x),
        np.eye(2),
        np.array([[0.0, 1.0], [-1.0, 0.0]]),
        "the shape of|dtype",
    ),
    "a comparison of arrays": (lambda x: x if np.array_equal(x, X) else -x, X, -X, "no longer True"),
    "min of Python": (lambda x: min(x[0], x[1]), X, -X, "no longer"),
    "sorted": (lambda x: sorted(list(x))[0], X, -X, "no longer"),
    "a chain": (lambda x: x if 0 < x < 1 else 2 * x, 0.5, 2.0, "no longer True"),
    "any": (lambda x: x if any(x > 3) else -x, X, 10 * X, "no longer False"),
    "a set of steps": (lambda x: sum(x[0] * k for k in range(int(x[2]))), X, 2 * X, "no longer 2"),
}


@pytest.mark.parametrize("name", CHANGED)
def test_what_depends_on_a_value_is_found_again_or_refused(name):
    f, point, other, words = CHANGED[name]
    p = adlib.program(f)(point)
    np.testing.assert_array_equal(p(point), f(point))
    with pytest.raises(adlib.ProgramError, match=words):
        p(other)


@pytest.mark.parametrize("name", ["a count", "a mask", "a mean over a mask"])
def test_also_in_a_gradient(name):
    f, point, other, words = CHANGED[name]
    counted = adlib.grad(lambda x: x * int(adlib.stop_gradient(x)))
    gradient = counted if name == "a count" else adlib.grad(lambda x: np.sum(f(x)))
    p = adlib.program(gradient)(point)
    np.testing.assert_array_equal(p(point), gradient(point))
    with pytest.raises(adlib.ProgramError, match=words):
        p(other)


def adlib_is_recording(x):
    return type(x) is not np.ndarray


STATE = {"calls": 0, "scale": 1.0}


def _counting(x):
    STATE["calls"] += 1
    return x * STATE["calls"]


REFUSED = {
    "float": (lambda x: float(x[0]) * x, "float.. of a recorded value .* would freeze its value in the program"),
    "item": (lambda x: x[0].item() * x, r"item.. of a recorded value"),
    "tolist": (lambda x: sum(x.tolist()), r"tolist.. of a recorded value"),
    "math": (lambda x: math.sin(x[0]), "math.sin.. of a recorded value .*use np.sin"),
    "asarray": (lambda x: np.asarray(x) * 2, r"numpy.asarray.. of a recorded value|np.asarray.. of a recorded value"),
    "a new array": (lambda x: np.array([x[0], x[1]]), "np.stack"),
    "an entry": (lambda x: np.zeros(3).__setitem__(0, x[0]), "would freeze its value|would write into"),
    "writing": (lambda x: x.__setitem__(0, 1.0), "would write into an array"),
    "out": (lambda x: np.add(x, x, out=np.zeros(3)), "would write into an array"),
    "+= on a plain array": (lambda x: np.zeros(3).__iadd__(x), "would write into an array"),
    "add.at": (lambda x: np.add.at(np.zeros(3), [0, 0], x[:2]), "would write into an array"),
    "copyto": (lambda x: np.copyto(np.zeros(3), x), "would write into an array"),
    "hash": (lambda x: {x[0]: 1}, "hash.. of a recorded value"),
    "an object": (
        lambda x: np.add(x, np.array([1, 2, 3], dtype=object) if adlib_is_recording(x) else x),
        "cannot be written down",
    ),
    "random numbers": (lambda x: x * np.random.random(), "did not do the same twice"),
    "a counter": (_counting, "did not do the same twice"),
    "a string": (lambda x: "text", "returned a str"),
    "an attribute": (lambda x: x.flat[0], "no attribute or method 'flat'"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_would_freeze_a_value_is_refused(name):
    f, words = REFUSED[name]
    with pytest.raises(adlib.AdlibError, match=words):
        adlib.program(f)(X)


def test_a_function_of_another_library_is_refused_by_name():
    special = pytest.importorskip("scipy.special")
    with pytest.raises(adlib.TracedValueError, match="expit is not NumPy and cannot be written down"):
        adlib.program(lambda x: special.expit(x))(X)


OTHER_ARGUMENTS = {
    "a shape": ((np.ones(4), 2, "sum"), r"was recorded for w of shape \(3,\) and dtype float64, but got shape \(4,\)"),
    "a dtype": ((X.astype(np.float32), 2, "sum"), "but got shape .3,. and dtype float32"),
    "a list": ((list(X), 2, "sum"), "but got a list"),
    "a tuple in its place": (((X, X), 2, "sum"), "but got a tuple"),
    "a number": ((X, 3, "sum"), "was recorded for k = 2, but got 3"),
    "a number of another type": ((X, 2.0, "sum"), "was recorded for k = 2, but got 2.0"),
    "a word": ((X, 2, "mean"), "was recorded for how = 'sum', but got 'mean'"),
    "one less": ((X, 2), "recorded for arguments"),
}


@pytest.mark.parametrize("name", OTHER_ARGUMENTS)
def test_other_arguments_are_refused_by_name(name):
    def reduced(w, k, how):
        return getattr(np, how)(w**k)

    p = adlib.program(reduced)(X, 2, "sum")
    args, words = OTHER_ARGUMENTS[name]
    with pytest.raises(adlib.ArgumentError, match=words + r".*record another|" + words):
        p(*args)


def test_inside_another_transformation_it_is_refused():
    with pytest.raises(adlib.ArgumentError, match="program was called on a traced value"):
        adlib.grad(lambda x: adlib.program(np.sin)(x)(x))(1.0)


def test_a_recorded_value_does_not_outlive_its_run():
    kept = []
    adlib.program(lambda x: kept.append(x) or x * 2)(1.0)
    with pytest.raises(adlib.EscapedTracerError):
        kept[-1] + 1


def test_a_long_program_is_refused_with_what_to_do():
    def loop(x):
        for _ in range(60):
            x = np.sin(x)
        return x

    with pytest.raises(adlib.ProgramError, match="would have 60 lines; record the body of the loop alone"):
        adlib.program(loop, limit=50)(1.0)
    with pytest.raises(adlib.ProgramError, match="more than 50 lines"):
        adlib.program(loop, limit=10)(1.0)
    assert len(adlib.program(loop, limit=60)(1.0).op_counts()) == 1


EDGES = {
    "a root": lambda x: adlib.hvp(lambda x: np.sum(x * np.sqrt(x)), (x,), (np.zeros(2),))[1],
    "a logarithm": adlib.grad(lambda x: np.sum(np.log(x))),
    "arccos": lambda x: adlib.jvp(lambda x: np.arccos(np.clip(x, -1.0, 1.0)), (x,), (np.ones(2),))[1],
    "logaddexp": adlib.grad(lambda x: np.logaddexp(x[0], x[1])),
    "hypot": adlib.grad(lambda x: np.hypot(x[0], x[1])),
    "arctan2": adlib.grad(lambda x: np.arctan2(x[0], x[1])),
    "a power": adlib.grad(lambda x: np.sum(x**0.5)),
    "a power by an array": adlib.grad(lambda x: np.sum(x ** np.array([2.0, 0.0]))),
    "a norm": adlib.grad(lambda x: np.linalg.norm(x)),
    "a maximum": adlib.grad(lambda x: np.maximum(x[0], x[1])),
    "the largest": adlib.grad(lambda x: np.max(x)),
    "an absolute value": adlib.grad(lambda x: np.sum(np.abs(x))),
    "sorted": adlib.grad(lambda x: np.sum(np.sort(x) * np.array([1.0, 3.0]))),
    "a product": adlib.grad(lambda x: np.prod(x)),
}
CORNERS = [
    np.array(x)
    for x in ([0.0, 0.0], [-0.0, 1.0], [1.0, 1.0], [np.inf, np.inf], [0.0, np.inf], [-np.inf, -np.inf], [np.nan, 1.0])
]


@pytest.mark.parametrize("name", EDGES)
def test_at_corners_a_program_gives_what_the_function_gives_or_says_that_it_cannot(name):
    f, inside = EDGES[name], np.array([0.3, 0.7])
    ours = adlib.program(f)(inside)
    with np.errstate(all="ignore"):
        for corner in CORNERS:
            expected = f(corner)
            try:
                found = ours(corner)
            except adlib.ProgramError:
                found = expected
            np.testing.assert_array_equal(found, expected)
            try:
                there = adlib.program(f)(corner)
                found = there(inside)
            except adlib.ProgramError:
                continue
            np.testing.assert_array_equal(found, f(inside))
            np.testing.assert_array_equal(there(corner), expected)
