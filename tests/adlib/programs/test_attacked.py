"""What was silently wrong, or wrong in its words, when somebody tried to break programs."""

import builtins

import numpy as np
import pytest

import adlib

X = np.array([0.5, -1.0, 2.0])
C32 = np.arange(1.0, 4.0, dtype=np.float32)


def same(x, y):
    x, y = np.asarray(x), np.asarray(y)
    return x.dtype == y.dtype and np.array_equal(x, y, equal_nan=True)


def into_a_view(x):
    y = x * 2
    z = y[:2]
    z += x[0]
    return y


def under_two_names(x):
    y = x * 2
    z = y
    z *= x
    return y


def a_mask_under_two_names(x):
    mask = x > 0
    other = mask
    other &= x > 1
    return np.where(mask, x, 0.0)


def into_the_argument(x):
    y = x[:2]
    y += 10.0
    return x


def into_a_list(w):
    return w.pop() * 2


def into_a_buffer(x):
    found = np.empty(3)
    np.clip(x, 0.0, 1.0, found)
    return found * 2


REFUSED = {
    "a view": (into_a_view, np.zeros(3), "would write into an array"),
    "two names": (under_two_names, np.ones(3), "would write into an array"),
    "a mask": (a_mask_under_two_names, np.full(3, 2.0), "would write into an array"),
    "the argument": (into_the_argument, X, "would write into an array"),
    "a list": (into_a_list, [1.0, 2.0], "changes its arguments"),
    "a buffer, by position": (into_a_buffer, X, "would write into an array"),
    "nan_to_num": (lambda x: (np.nan_to_num(x, copy=False), x)[1], X, "would write into an array"),
    "text": (lambda x: x if str(x) == "2.0" else 2 * x, 1.0, "freeze its value"),
    "formatted text": (lambda x: x if f"{x:.1f}" == "2.0" else 2 * x, 1.0, "freeze its value"),
    "a smallest type": (lambda x: x * np.min_scalar_type(x).itemsize, 1.0, "min_scalar_type"),
    "a matrix": (lambda x: (x * np.matrix(np.eye(2))).sum(), np.zeros((2, 2)), "matrix"),
}


@pytest.mark.parametrize("name", REFUSED)
@pytest.mark.filterwarnings("ignore::PendingDeprecationWarning")
def test_what_a_program_cannot_follow_is_refused(name):
    f, x, words = REFUSED[name]
    with pytest.raises(adlib.AdlibError, match=words):
        adlib.program(f)(x)


@pytest.mark.parametrize("f", [into_the_argument, into_a_list])
def test_recording_leaves_the_arguments_alone(f):
    x = [1.0, 2.0] if f is into_a_list else X.copy()
    with pytest.raises(adlib.AdlibError):
        adlib.program(f)(x)
    assert np.array_equal(x, [1.0, 2.0] if f is into_a_list else X)


F = np.random.default_rng(0).standard_normal((30, 40))
ELSEWHERE = {
    "the real part": (lambda z: np.abs(z.real), np.array([1 + 0j, 2]), np.array([1 + 2j, 2])),
    "the imaginary part": (lambda z: z.imag, np.array([1 + 0j, 2]), np.array([1 + 2j, 2])),
    "the real part of a number": (lambda z: abs(z.real), np.complex128(1), np.complex128(1 + 2j)),
    "a float beside a float32 inside": (lambda x: (C32 * x).astype(float), 2.0, 0.1),
    "a float beside a float32 made inside": (lambda x: (np.ones(3).astype(np.float32) * x).astype(float), 2.0, 0.1),
    "zeros of float32": (
        lambda x: 1 / (x * np.float32(0.0)) + 2 / (x * np.float32(-0.0)),
        C32,
        2 * C32,
    ),
    "an array full of one number": (
        lambda x: np.sum(np.sin(np.full((30, 40), 0.3) * x)),
        F,
        np.asfortranarray(F),
    ),
    "differences of order 0": (
        lambda x: (lambda y: np.cos(np.diff(y, n=0)) + (y + 1))(x * 2),
        np.arange(1000.0),
        np.ones(1000),
    ),
    "one leaf in a dict": (lambda w: w["a"] * 2, {"a": 1.0}, {"a": 2.0}),
    "one leaf in a tuple": (lambda w: w[0] * 2, (1.0, None), (2.0, None)),
    "longdouble": (lambda x: x * np.longdouble(1) / 3, np.ones(2, np.longdouble), np.full(2, 0.1, np.longdouble)),
    "minus infinity": (lambda x: np.where(x > 0, x, np.float64(-np.inf)), X, -X),
    "a complex infinity": (lambda x: x * complex(1, np.inf), X, -X),
    "a complex number of low precision": (lambda x: np.complex64(1 + 0.1j) * x, X, -X),
}


@pytest.mark.parametrize("name", ELSEWHERE)
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_a_program_gives_elsewhere_what_the_function_gives(name):
    f, x, elsewhere = ELSEWHERE[name]
    p = adlib.program(f)(x)
    assert same(p(x), f(x))
    assert same(p(elsewhere), f(elsewhere))


def test_longdouble_is_the_same_twice():
    def f(x):
        return np.sum(np.arange(3, dtype=np.longdouble) / 3 * x)

    x = np.ones(3, np.longdouble)
    assert same(adlib.program(adlib.grad(f))(x)(2 * x), adlib.grad(f)(2 * x))


@pytest.mark.parametrize("name", ["abs", "int", "round", "complex", "np", "c1", "v1", "class", "ProgramError"])
def test_no_name_hides_what_the_text_calls(name):
    def f(x):
        return builtins.abs(x) * int(x[0]) * np.arange(3.0) * (1 + 1j) * (2.0 if x[1] > 0 else 1.0)

    f.__name__ = name
    p = adlib.program(f)(X + 1.5)
    assert same(p(X + 1.6), f(X + 1.6))
    with pytest.raises(adlib.ProgramError):
        p(X + 1.6 - 10)

    def g(**named):
        return f(named[name])

    assert same(adlib.program(g)(**{name: X + 1.5})(**{name: X + 1.6}), f(X + 1.6))


@adlib.primitive
def round_through(x):
    return np.round(x)


@adlib.primitive
def tripled(x):
    return 3.0 * x


adlib.elementwise(round_through, 1)
adlib.zero(tripled)
OWN_RULES = {
    "stop_gradient": lambda x: adlib.stop_gradient(x) * x,
    "a straight-through gradient": lambda x: round_through(x) * x,
    "a derivative of zero": lambda x: tripled(x) * x,
}


@pytest.mark.parametrize("name", OWN_RULES)
@pytest.mark.parametrize(
    "through", [lambda p: p, lambda p: p.function, lambda p: adlib.program(p)(X)], ids=["call", "function", "program"]
)
def test_a_declared_derivative_is_not_that_of_the_lines(name, through):
    def f(x):
        return np.sum(OWN_RULES[name](x))

    p = adlib.program(f)(X)
    assert p(2 * X) == f(2 * X)
    with pytest.raises(adlib.ArgumentError, match="its lines do not show"):
        adlib.grad(through(p))(X)
    with pytest.raises(adlib.ArgumentError, match="its lines do not show"):
        adlib.jvp(through(adlib.program(adlib.grad(f))(X)), (X,), (X,))
    assert same(adlib.program(adlib.grad(f))(X)(2 * X), adlib.grad(f)(2 * X))
    assert same(adlib.program(adlib.hessian(f))(X)(2 * X), adlib.hessian(f)(2 * X))


def test_a_program_that_gives_its_argument_back_can_be_differentiated():
    assert same(adlib.jacobian(adlib.program(lambda x: x)(X))(X), np.eye(3))
    assert same(adlib.grad(adlib.program(lambda x: np.sum(x * 1.0))(X))(X), np.ones(3))


HIDING = {
    "isnan": np.isnan,
    "a choice": lambda g: np.where(np.isfinite(g), g, 0.0),
    "nansum": np.nansum,
    "fmax": lambda g: np.fmax(g, 0.0),
    "sort": lambda g: np.sort(g)[0],
    "argmax": np.argmax,
    "an order": lambda g: g > 0,
    "a branch": lambda g: 1.0 if g[0] == g[0] else 2.0,
}
EDGES = {
    "hypot": (lambda x: np.sum(np.hypot(x, 2 * x[::-1])), np.array([0.0, 1.0, 0.0])),
    "logaddexp": (lambda x: np.sum(np.logaddexp(x, x[::-1])), np.full(3, -np.inf)),
    "arctan2": (lambda x: np.sum(np.arctan2(x, 2 * x[::-1])), np.zeros(3)),
}


@pytest.mark.parametrize("edge", EDGES)
@pytest.mark.parametrize("hiding", HIDING)
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_an_edge_is_not_hidden(edge, hiding):
    f, x = EDGES[edge]

    def hidden(x):
        return HIDING[hiding](adlib.grad(f)(x))

    p = adlib.program(hidden)(X)
    try:
        found = p(x)
    except adlib.ProgramError:
        return
    assert same(found, hidden(x))


class Settings:
    rate = 2.0


@pytest.mark.parametrize("setting", [Settings(), {1, 2}, bytearray(b"ab")], ids=["object", "set", "bytearray"])
def test_what_may_change_between_calls_is_no_argument(setting):
    with pytest.raises(adlib.ArgumentError, match="pass what it holds"):
        adlib.program(lambda x, setting: x * 2)(1.0, setting)


@pytest.mark.parametrize("x", [np.array(2.0), np.float64(2.0), 2.0], ids=["array", "number", "float"])
@pytest.mark.parametrize(
    "f",
    [
        lambda x: x,
        lambda x: np.reshape(x, ()),
        adlib.grad(lambda x: x * x * x),
        adlib.hessian(lambda x: x * x * x),
        lambda x: (np.sum(x), np.where(x > 0, x, 0.0)),
    ],
    ids=["itself", "reshape", "gradient", "hessian", "two"],
)
def test_a_number_is_a_number_and_an_array_an_array(f, x):
    found, right = adlib.program(f)(x)(x), f(x)
    pairs = zip(found, right) if type(right) is tuple else [(found, right)]
    assert all(same(a, b) and isinstance(a, np.ndarray) == isinstance(b, np.ndarray) for a, b in pairs)


def test_floats_of_python_are_rounded_in_another_way():
    with pytest.raises(adlib.TracedValueError, match=r"write np\.round"):
        adlib.program(lambda x: round(x, 2))(0.25)
    assert adlib.program(lambda x: round(x, 2))(np.float64(0.25))(np.float64(2.675)) == round(np.float64(2.675), 2)


def test_whole_numbers_are_shifted():
    p = adlib.program(lambda x: (np.argmax(x) >> 1, 1 << np.argmax(x)))(X)
    assert p(np.arange(3.0)) == (1, 4)
    assert p(-np.arange(3.0)) == (0, 1)


def test_a_recorded_number_of_a_diagonal_is_checked():
    def f(x):
        return np.sum(x[np.tril_indices_from(x, np.argmax(x[0]))])

    x = np.arange(9.0).reshape(3, 3)
    p = adlib.program(f)(x)
    assert p(2 * x) == f(2 * x)
    with pytest.raises(adlib.ProgramError, match="no longer 2"):
        p(-x)


W = np.arange(12.0).reshape(3, 4) / 7


@pytest.mark.parametrize(
    "constant", [np.zeros((0, 3)), W, W.T, np.array(2.0)], ids=["empty", "in order", "transposed", "a number"]
)
def test_the_text_writes_constants_as_they_are(constant):
    def f(x):
        return np.sum(np.sin(constant * x)), constant * x

    p, namespace = adlib.program(f)(1.0), {}
    exec(p.text, namespace)
    assert all(map(same, namespace["f"](0.1), f(0.1)))


ASKING = {
    "isinstance": lambda x: 2 * x if isinstance(x, np.ndarray) else x,
    "under a derivative": adlib.grad(lambda x: x * x if isinstance(x, float) else x),
}


@pytest.mark.parametrize("name", ASKING)
def test_a_question_for_the_class_of_a_number_is_remembered(name):
    f, array, number = ASKING[name], np.array(3.0), np.float64(3.0)
    for x, other in ((array, number), (number, array)):
        p = adlib.program(f)(x)
        assert same(p(x), f(x))
        with pytest.raises(adlib.ArgumentError, match=r"a number, but|an array of shape \(\), but"):
            p(other)


@pytest.mark.parametrize(
    "f",
    [lambda x: np.sin(x) * x, adlib.grad(lambda x: x**3), adlib.hessian(lambda x: x**2.5)],
    ids=["f", "gradient", "hessian"],
)
def test_where_nobody_asks_a_number_may_be_an_array(f):
    assert same(adlib.program(f)(2.0)(np.array(3.0)), f(np.float64(3.0)))
