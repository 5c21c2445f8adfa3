"""The checker itself: it rejects wrong rules of every kind, and accepts right ones."""

import functools

import numpy as np
import pytest

import adlib
from adlib.core.trace import project
from adlib.modes.reverse import ReverseTrace

X = np.array([0.4, 0.9, 1.7])
M = np.arange(6.0).reshape(2, 3) / 5 + 0.3
K = np.array([[0.5, -1.0, 2.0], [1.5, 0.25, -0.75]])


def declared(function, declare):
    """A new primitive with a rule."""
    new = adlib.primitive(function)
    declare(new)
    return new


def jvp_of(partial):
    return lambda t, y, x: partial(x) * t[0]


def vjp_of(partial):
    return lambda g, y, x: (g * partial(x),)


def once(x):
    """cos x, whose own derivative is lost."""
    return np.cos(adlib.stop_gradient(x))


WRONG = {
    "lost factor": (lambda x: x**3, lambda f: adlib.elementwise(f, lambda x: x**2), (X,), 1),
    "wrong sign": (np.cos, lambda f: adlib.elementwise(f, lambda x: np.sin(x)), (X,), 1),
    "off by a thousandth": (np.sin, lambda f: adlib.elementwise(f, lambda x: 1.001 * np.cos(x)), (X,), 1),
    "off by ten in a million": (np.sin, lambda f: adlib.elementwise(f, lambda x: 1.00001 * np.cos(x)), (X,), 1),
    "zero": (np.sin, lambda f: adlib.elementwise(f, 0.0), (X,), 1),
    "not a number": (np.sin, lambda f: adlib.elementwise(f, lambda x: np.nan * x), (X,), 1),
    "lost second argument": (lambda x, y: x * y, lambda f: adlib.elementwise(f, lambda x2: x2, None), (X, X + 1), 1),
    "arguments exchanged": (lambda x, y: x / y, lambda f: adlib.elementwise(f, lambda y, x2: -y / x2, lambda x2: 1 / x2), (X, X + 1), 1),
    "one entry wrong": (np.sin, lambda f: adlib.elementwise(f, lambda x: np.cos(x) * np.array([1.0, 1.0, 0.9])), (X,), 1),
    "transposed matmul": (
        np.matmul,
        lambda f: adlib.bilinear(f, lambda g, s, b: (g @ b.T).T, lambda g, a, s: a.T @ g),
        (np.random.default_rng(0).normal(size=(3, 3)), np.random.default_rng(1).normal(size=(3, 3))),
        1,
    ),
    "wrong reverse only": (np.sin, lambda f: adlib.rule(f, jvp_of(np.cos), vjp_of(np.sin)), (X,), 1),
    "wrong forward only": (np.sin, lambda f: adlib.rule(f, jvp_of(np.sin), vjp_of(np.cos)), (X,), 1),
    "wrong transpose": (lambda x: K @ x, lambda f: adlib.linear(f, lambda g, shape: K[:, ::-1].T @ g), (X,), 1),
    "not linear": (lambda x: K @ x + 1.0, lambda f: adlib.linear(f, lambda g, shape: K.T @ g), (X,), 1),
    "forgets a term of a sum": (lambda x: x + 0.1 * np.roll(x, 1), lambda f: adlib.elementwise(f, 1.0), (X,), 1),
    "wrong second derivative only": (np.sin, lambda f: adlib.elementwise(f, once), (X,), 2),
    "wrong second derivative, forward only": (np.sin, lambda f: adlib.rule(f, jvp_of(once), vjp_of(np.cos)), (X,), 2),
    "wrong second derivative, reverse only": (np.sin, lambda f: adlib.rule(f, jvp_of(np.cos), vjp_of(once)), (X,), 2),
}  # fmt: skip


@pytest.mark.parametrize("kind", WRONG)
def test_wrong_rules_are_rejected(kind):
    function, declare, args, order = WRONG[kind]
    f = declared(function, declare)
    if order == 2:
        adlib.check_grads(f, args)
    with pytest.raises(adlib.GradientCheckError):
        adlib.check_grads(f, args, order)


@pytest.mark.parametrize("kind", WRONG)
def test_a_wrong_rule_inside_a_program_is_rejected(kind):
    function, declare, args, order = WRONG[kind]
    f = declared(function, declare)
    with pytest.raises(adlib.GradientCheckError):
        adlib.check_grads(lambda *xs: np.sum(np.sin(f(*xs)) * 2.0) + np.sum(xs[0]), args, order)


@pytest.mark.parametrize("mode", ["fwd", "rev"])
@pytest.mark.parametrize(
    "kind",
    ["lost factor", "wrong sign", "off by a thousandth", "not a number", "lost second argument", "one entry wrong"],
)
def test_each_mode_alone_rejects(kind, mode):
    function, declare, args, _ = WRONG[kind]
    with pytest.raises(adlib.GradientCheckError, match="forward mode" if mode == "fwd" else "reverse mode"):
        adlib.check_grads(declared(function, declare), args, modes=(mode,))


@pytest.mark.parametrize("modes, wrong", [(("fwd",), "wrong forward only"), (("rev",), "wrong reverse only")])
def test_a_mode_is_judged_without_the_other(modes, wrong):
    function, declare, args, _ = WRONG[wrong]
    f = declared(function, declare)
    with pytest.raises(adlib.GradientCheckError):
        adlib.check_grads(f, args, modes=modes)
    adlib.check_grads(f, args, modes=({"fwd", "rev"} - set(modes)).pop().split())


def test_an_engine_that_forgets_to_add_is_rejected(monkeypatch):
    def overwrite(self, adjoints, owned, position, ct):
        *_, shape, dtype = self.entries[position]
        adjoints[position] = project(ct, shape, dtype)

    f = lambda x: np.sum(x * x + np.sin(x))  # noqa: E731
    adlib.check_grads(f, (X,), order=2)
    monkeypatch.setattr(ReverseTrace, "_accumulate", overwrite)
    assert not np.allclose(adlib.grad(f)(X), 2 * X + np.cos(X)), "the planted fault is not in the way of the engine"
    with pytest.raises(adlib.GradientCheckError, match="adjoint test"):
        adlib.check_grads(f, (X,))


def test_a_value_that_differs_under_tracing_is_rejected():
    f = lambda x: np.sum(x) if type(x) is np.ndarray else np.sum(x) + 1e-12  # noqa: E731
    with pytest.raises(adlib.GradientCheckError, match="does not return the plain value"):
        adlib.check_grads(f, (X,))


def test_messages():
    f = declared(lambda x: x**3, lambda f: adlib.elementwise(f, lambda x: 2.0 * x**2))
    cube = lambda x: f(x)  # noqa: E731
    cube.__name__ = "cube"
    with pytest.raises(
        adlib.GradientCheckError,
        match=r"^Taylor test of cube, forward mode: the remainder falls with slope 1\.\d\d in the step, where 2 is right; the derivative of the result along argument 1 is off by about 3\.\de-01 of its size$",
    ):
        adlib.check_grads(cube, (2.0,))
    f = declared(np.sin, lambda f: adlib.rule(f, jvp_of(np.cos), vjp_of(np.sin)))
    with pytest.raises(
        adlib.GradientCheckError,
        match=r"^adjoint test of sin: <Jv, w> = .* by forward mode, but <v, J\^T w> = .* by reverse mode; one of the two rules is wrong$",
    ):
        adlib.check_grads(f, (X,))
    f = declared(np.sin, lambda f: adlib.elementwise(f, once))
    with pytest.raises(adlib.GradientCheckError, match="of the jvp of sin"):
        adlib.check_grads(f, (X,), order=2)


RIGHT = {
    "float": (lambda x: np.sin(x) * x, (0.7,)),
    "array": (lambda x: np.sum(np.exp(x) / x), (X,)),
    "to an array": (lambda x: np.stack([x[0] * x[1], x[2]]), (X,)),
    "linear": (lambda x: K @ x, (X,)),
    "quadratic": (lambda x: x @ x, (X,)),
    "constant": (lambda x: 3.0, (X,)),
    "constant array": (lambda x: np.ones(2), (X,)),
    "identity": (lambda x: x, (X,)),
    "at zero": (lambda x: x * x, (np.zeros(3),)),
    "zero derivative": (lambda x: np.cos(x), (0.0,)),
    "large": (lambda x: np.sum(x * x), (1e8 * X,)),
    "small": (lambda x: np.sum(np.sin(x)), (1e-8 * X,)),
    "of different sizes": (lambda x: np.sum(x**2), (np.array([1e-2, 1.0, 1e2]),)),
    "sine far out": (np.sin, (1e6,)),
    "sine very far out": (np.sin, (np.array([1e10, 1e12]),)),
    "exponential near overflow": (np.exp, (709.0,)),
    "huge": (lambda x: x**3, (1e100,)),
    "tiny": (lambda x: x**3, (1e-100,)),
    "nearly zero": (np.sin, (1e-100,)),
    "flat near zero": (np.cos, (1e-10,)),
    "subnormal": (np.sin, (np.array([5e-324, 1e-310]),)),
    "kink near by": (lambda x: np.maximum(x, 1.0), (np.array([0.995, 1.0001, 1.0 - 1e-4]),)),
    "cancelling": (lambda x: (x + 1e10) - 1e10, (np.array([1.0, 2.0]),)),
    "rounding inside": (lambda x: np.sin(1e8 * x), (1.0,)),
    "half precision": (lambda x: x**3, (np.float16(2.0),)),
    "half precision, to an array": (np.exp, (np.array([0.5, 1.5], np.float16),)),
    "extended precision": (lambda x: np.exp(-x) * x, (np.array([0.5, 3.0], np.longdouble),)),
    "out of the range of double precision": (lambda x: x**3, (np.longdouble(10) ** 100,)),
    "one argument small": (lambda a, b: 1e8 * np.sin(a) + b**3, (2.0, 3.0)),
    "entries of many sizes": (lambda x: x**3, (10.0 ** np.arange(-80, 80, 9.0),)),
    "steep": (lambda x: np.sum(np.exp(5.0 * x)), (X,)),
    "flat": (lambda x: 1e6 + np.sum(np.sin(x)), (X,)),
    "tree": (lambda p: {"y": p["w"] * p["b"], "z": (np.sum(p["w"]),)}, ({"w": X, "b": 2.0},)),
    "two arguments": (lambda x, y: x @ y, (K, X)),
    "broadcasting": (lambda x, y: x * y, (X, np.ones((2, 1)))),
    "empty": (lambda x: x * 2.0, (np.zeros(0),)),
    "single precision": (lambda x: np.sum(np.sin(x) * x), (X.astype(np.float32),)),
    "single precision, to an array": (lambda x: x * np.exp(x), (X.astype(np.float32),)),
    "float32 scalar": (lambda x: x * x, (np.float32(1.5),)),
    "repeated indices": (lambda x: np.sum(np.sin(x[np.array([0, 2, 0])]) * x), (X,)),
    "branch": (lambda x: x**2 if x > 0 else -x, (1.5,)),
    "loop": (lambda x: sum(np.sin(k * x[k]) for k in range(3)), (X,)),
    "division": (lambda x, y: x / y, (X, M)),
    "power": (lambda x, y: x**y, (X, X + 1)),
    "maximum": (lambda x: np.maximum(x, 1.0), (X,)),
    "many operations": (lambda x: np.sum(np.tanh(K @ np.tanh(K.T @ np.tanh(K @ x)))), (X,)),
    "with an inner gradient": (lambda x: adlib.grad(lambda y: np.sum(y**3))(x), (X,)),
}


@pytest.mark.parametrize("order", [1, 2])
@pytest.mark.parametrize("kind", RIGHT)
def test_right_functions_are_accepted(kind, order):
    f, args = RIGHT[kind]
    for seed in range(5):
        adlib.check_grads(f, args, order, seed=seed)
    adlib.check_grads(f, args, order, modes=("fwd",))
    adlib.check_grads(f, args, order, modes=("rev",))


def test_the_cost_does_not_depend_on_the_size():
    calls = []
    adlib.check_grads(lambda x: (calls.append(1), np.sum(x * x))[1], (np.ones(1000),))
    assert len(calls) < 30


def test_nothing_random_from_outside():
    np.random.seed(0)
    state = np.random.get_state()[1].copy()
    adlib.check_grads(np.sin, (X,), order=2)
    np.testing.assert_array_equal(np.random.get_state()[1], state)


SLOPES = {
    "sin": (np.sin, np.cos),
    "cube": (lambda x: x**3, lambda x: 3 * x**2),
    "exp": (np.exp, np.exp),
    "sqrt": (np.sqrt, lambda x: 0.5 / np.sqrt(x)),
    "tanh": (np.tanh, lambda x: 1 - np.tanh(x) ** 2),
}
AMONG_OTHERS = {
    "small result": (lambda b: lambda x: (1e8 * np.sin(x), b(x)), (2.0,)),
    "very small result": (lambda b: lambda x: (1e20 * np.sin(x), b(x)), (2.0,)),
    "small entry of the result": (lambda b: lambda x: np.concatenate([1e8 * x[:1], b(x[1:])]), (X,)),
    "in a dict": (lambda b: lambda x: {"a": 1e-9 * b(x), "b": np.exp(x)}, (2.0,)),
    "small argument": (lambda b: lambda a, x: 1e8 * np.sin(a) + b(x), (3.0, 2.0)),
    "small entry of an argument": (lambda b: lambda x: 1e8 * np.sin(x[0]) + b(x[1]), (np.array([3.0, 2.0]),)),
    "tree": (lambda b: lambda p: {"a": p["u"] ** 2, "b": [1e-6 * b(p["v"])]}, ({"u": 1e3, "v": X},)),
    "half precision": (lambda b: b, (np.float16(0.5),)),
    "single precision": (lambda b: b, (np.float32(0.5),)),
    "extended precision": (lambda b: b, (np.longdouble(0.5),)),
    "small": (lambda b: b, (np.array([1e-6, 1.0]),)),
}


def off(name, factor):
    function, slope = SLOPES[name]
    return declared(function, lambda f: adlib.elementwise(f, lambda x: factor * slope(x)))


@pytest.mark.parametrize("factor", [2 / 3, 4 / 3, 0.0])
@pytest.mark.parametrize("among", AMONG_OTHERS)
@pytest.mark.parametrize("name", SLOPES)
def test_what_is_small_beside_others_is_judged_by_its_own_size(name, among, factor):
    program, args = AMONG_OTHERS[among]
    adlib.check_grads(program(off(name, 1.0)), args)
    for modes in (("fwd", "rev"), ("fwd",), ("rev",)):
        with pytest.raises(adlib.GradientCheckError):
            adlib.check_grads(program(off(name, factor)), args, modes=modes)


@pytest.mark.parametrize("among", ["small result", "very small result", "small argument", "small entry of an argument"])
def test_a_wrong_reverse_rule_is_found_among_others(among):
    program, args = AMONG_OTHERS[among]
    f = declared(np.sin, lambda f: adlib.rule(f, jvp_of(np.cos), vjp_of(lambda x: 0.7 * np.cos(x))))
    with pytest.raises(adlib.GradientCheckError, match="adjoint test"):
        adlib.check_grads(program(f), args)


@pytest.mark.parametrize("modes", [("fwd", "rev"), ("fwd",), ("rev",)])
def test_what_rounding_hides_is_not_called_right(modes):
    f = off("cube", 2 / 3)
    with pytest.raises(adlib.GradientCheckError, match="nothing was tested, what the derivative says is less than the"):
        adlib.check_grads(lambda x: 1e20 + f(x), (2.0,), modes=modes)
    with pytest.raises(adlib.GradientCheckError, match="nothing was tested"):
        adlib.check_grads(np.sin, (1e17,), modes=modes)  # no step is short enough
    with pytest.warns(
        RuntimeWarning, match="argument 2 could not be tested, what the derivative says is less than the"
    ):
        adlib.check_grads(lambda a, b: 1e25 * a + f(b), (1.0, 2.0), modes=modes)
    with pytest.warns(RuntimeWarning, match=r"result(\[1\])? could not be tested"):
        adlib.check_grads(lambda a: (np.sin(a), 1e25 + f(a)), (2.0,), modes=("fwd",))


def test_a_corner_at_the_point_is_named():
    for f, x in ((np.abs, 0.0), (lambda x: np.maximum(x, 1.0), 1.0), (np.abs, np.array([1.0, 0.0]))):
        with pytest.raises(adlib.GradientCheckError, match=r"has a corner at the point, along .*argument 1"):
            adlib.check_grads(f, (x,))


def test_a_jump_at_the_point_is_not_called_right():
    with pytest.raises(adlib.GradientCheckError, match=r"nothing was tested|off by about"):
        adlib.check_grads(lambda x: x + np.floor(x), (2.0,))


def test_arguments_are_refused_in_words():
    with pytest.raises(adlib.ArgumentError, match=r"takes args as a tuple.* but got a float; write \(args,\)"):
        adlib.check_grads(np.sin, 1.0)
    with pytest.raises(adlib.ArgumentError, match="check_grads needs real inputs"):
        adlib.check_grads(np.sin, (1,))
    with pytest.raises(adlib.ArgumentError, match="it returned a str"):
        adlib.check_grads(lambda x: "text", (1.0,))


@pytest.mark.filterwarnings("ignore:.*could not be tested")
@pytest.mark.parametrize("coarse", [np.float32, np.float16])
@pytest.mark.parametrize(
    "f",
    [
        lambda x, coarse: np.sin(x.astype(coarse)).astype(float),
        lambda x, coarse: np.sum(np.sin(x.astype(coarse))).astype(float),
        lambda x, coarse: np.sin(x) + np.cos(x.astype(coarse)).astype(float),
    ],
)
def test_the_coarsest_type_inside_a_function_counts(f, coarse):
    x = np.array([0.3, 0.7, 1.1])
    adlib.check_grads(lambda x: f(x, coarse), (x,))
    wrong = declared(np.sin, lambda g: adlib.elementwise(g, lambda x: 2.0 * np.cos(x)))
    with pytest.raises(adlib.GradientCheckError):
        adlib.check_grads(lambda x: f(x, coarse) + wrong(x), (x,))


def test_a_function_without_a_name_is_called_f():
    with pytest.raises(adlib.GradientCheckError, match=r"^Taylor test of f, forward mode"):
        adlib.check_grads(functools.partial(lambda a, x: a + x**3, 1e20), (2.0,))
