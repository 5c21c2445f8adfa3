"""Declaring primitives: each constructor, in both modes, to second order."""

import functools

import numpy as np
import pytest

import adlib
from adlib import grad, jvp, primitive, vjp

X = np.array([0.5, 1.5, -0.7])
W = np.array([1.0, -2.0, 0.5])


def new(declare, code=np.sin):
    @primitive
    def f(*args, **kwargs):
        return code(*args, **kwargs)

    declare(f)
    return f


def shifted(x, steps=1):
    return np.roll(x, steps)


SINES = {
    "elementwise": lambda: new(lambda f: adlib.elementwise(f, lambda x: np.cos(x))),
    "elementwise by the result": lambda: new(lambda f: adlib.elementwise(f, lambda x, y: np.cos(x) + 0.0 * y)),
    "rule": lambda: new(lambda f: adlib.rule(f, lambda t, y, x: np.cos(x) * t[0], lambda g, y, x: (np.cos(x) * g,))),
    "composite": lambda: new(lambda f: adlib.composite(f, lambda x: 2.0 * np.sin(x / 2) * np.cos(x / 2))),
}


@pytest.mark.parametrize("kind", SINES)
def test_elementwise_functions(kind):
    f = SINES[kind]()
    np.testing.assert_array_equal(f(X), np.sin(X))
    np.testing.assert_allclose(jvp(f, (X,), (W,))[1], np.cos(X) * W)
    np.testing.assert_allclose(vjp(f, X)[1](W)[0], np.cos(X) * W)
    assert grad(f)(0.5) == pytest.approx(np.cos(0.5))
    for outer in (lambda h: jvp(h, (X,), (W,))[1], lambda h: vjp(h, X)[1](W)[0]):
        for inner in (lambda x: jvp(f, (x,), (np.ones(3),))[1], lambda x: vjp(f, x)[1](np.ones(3))[0]):
            np.testing.assert_allclose(outer(inner), -np.sin(X) * W)
    if kind != "composite":  # whose value is that of its code
        adlib.check_grads(f, (X,), order=2)


def test_elementwise_with_constants_none_and_no_names():
    f = new(lambda f: adlib.elementwise(f, 2.0, None, lambda: 3.0), lambda x, n, y: 2.0 * x + n + 3.0 * y)
    assert grad(f, (0, 2))(1.0, 5, 1.0) == (2.0, 3.0)
    assert grad(f, (0, 1, 2))(1.0, 5.0, 1.0) == (2.0, 0.0, 3.0)
    assert jvp(f, (1.0, 5.0, 1.0), (1.0, 1.0, 1.0))[1] == 5.0
    assert jvp(lambda n: f(1.0, n, 1.0), (5.0,), (1.0,))[1] == 0.0
    only = new(lambda f: adlib.elementwise(f, None), np.floor)
    assert jvp(only, (1.5,), (1.0,)) == (1.0, 0.0)
    assert grad(only)(1.5) == 0.0
    np.testing.assert_array_equal(grad(lambda x: np.sum(f(x, 1.0, np.ones((2, 1)))))(X), [4.0, 4.0, 4.0])


def test_a_parameter_of_a_partial_derivative_says_what_it_needs():
    @primitive
    def product(x, z):
        return x * z

    adlib.elementwise(product, lambda x2: x2, lambda y, x: y / x - y / x + x)
    assert grad(product, (0, 1))(3.0, 2.0) == (2.0, 3.0)
    # A setting keeps its default; so does one that is given by keyword alone, or bound beforehand.
    for slope in (
        lambda x, n=2: n * x,
        lambda x, *, n=2: n * x,
        functools.partial(lambda x, n: n * x, n=2),
        lambda x=9.0: 2 * x,
    ):
        f = new(lambda f, slope=slope: adlib.elementwise(f, slope), np.square)
        assert grad(f)(3.0) == 6.0
    # NumPy's own functions name their argument x.
    assert grad(new(lambda f: adlib.elementwise(f, np.cos)))(0.5) == np.cos(0.5)


def only_by_keyword(*, x):
    return x


@pytest.mark.parametrize(
    "partial, named",
    [
        (lambda t: 2 * t, "t"),
        (lambda w1: w1, "w1"),
        (lambda g7: g7, "g7"),
        (lambda x0: x0, "x0"),
        (lambda x01: x01, "x01"),
        (lambda y1: y1, "y1"),
        (lambda x, x3: x3, "x3"),
        (lambda x, n=2, y=1: y, "y"),
        (lambda *args: args, "args"),
        (lambda x, **rest: x, "rest"),
        (only_by_keyword, "x"),
    ],
)
def test_a_partial_derivative_with_another_parameter_is_refused(partial, named):
    f = primitive(lambda x, z: x * z)
    f.__name__ = "product"
    message = r"a partial derivative of product takes y, x, x1, x2 \(the result, and an argument for each partial derivative, by these names and in order\), not '{}'"
    with pytest.raises(adlib.ArgumentError, match=message.format(named)):
        adlib.elementwise(f, 1.0, partial)
    with pytest.raises(adlib.TracedValueError, match="no derivative rule"):  # nothing was declared
        grad(f)(1.0, 1.0)


@pytest.mark.parametrize(
    "partial, shown",
    [("x", "'x'"), ([1.0], "a list"), (1j, "1j"), (1j * np.ones(3), r"a ndarray of shape \(3,\)"), (max, "a builtin")],
)
def test_a_partial_derivative_is_a_number_a_function_or_none(partial, shown):
    f = new(lambda f: None)
    message = f"a partial derivative of f is a number, an array, None, or a function whose parameters have names, but one is {shown}"
    with pytest.raises(adlib.ArgumentError, match=message):
        adlib.elementwise(f, partial)


def test_there_is_a_partial_derivative_for_each_argument():
    with pytest.raises(adlib.ArgumentError, match="sin takes 1 argument, but was declared with 2 partial derivatives"):
        adlib.elementwise(np.sin, 1, 2)
    f = new(lambda f: adlib.elementwise(f, lambda x: 2 * x), lambda x, n: x * x + n)
    assert grad(f)(3.0, 1.0) == 6.0  # a constant needs none
    for transformation in (grad(f, 1), grad(f, (0, 1)), adlib.jacfwd(f, 1)):
        with pytest.raises(
            adlib.ArgumentError, match="f takes 2 arguments, but was declared with 1 partial derivative; give one"
        ):
            transformation(3.0, 1.0)


def test_an_infinite_slope_of_a_python_float_is_infinite():
    f = new(lambda f: adlib.elementwise(f, lambda x: 1 / x), lambda x: x)
    g = new(lambda f: adlib.elementwise(f, lambda y, x: y / x), lambda x: x)
    with pytest.warns(RuntimeWarning, match="divide by zero"):
        assert grad(f)(0.0) == adlib.derivative(f)(0.0) == np.inf
    with pytest.warns(RuntimeWarning, match="invalid value"):
        assert np.isnan([grad(g)(0.0), adlib.derivative(g)(0.0)]).all()
    with np.errstate(all="raise"), pytest.raises(FloatingPointError):
        grad(f)(0.0)


def test_linear():
    f = new(lambda f: adlib.linear(f, lambda g, shape, steps=1: np.roll(g, -steps)), shifted)
    np.testing.assert_array_equal(jvp(f, (X,), (W,))[1], np.roll(W, 1))
    np.testing.assert_array_equal(vjp(f, X)[1](W)[0], np.roll(W, -1))
    np.testing.assert_array_equal(vjp(lambda x: f(x, 2), X)[1](W)[0], np.roll(W, -2))
    np.testing.assert_array_equal(vjp(lambda x: f(x, steps=2), X)[1](W)[0], np.roll(W, -2))
    adlib.check_grads(lambda x: f(x) * np.sin(x), (X,), order=2)


def test_bilinear():
    f = new(
        lambda f: adlib.bilinear(f, lambda g, shape_a, b: np.outer(g, b), lambda g, a, shape_b: a.T @ g),
        lambda a, b: a @ b,
    )
    a = np.arange(6.0).reshape(2, 3)
    adlib.check_grads(f, (a, X), order=2)
    adlib.check_grads(lambda x: f(a * x, np.sin(x)), (X,), order=2)


def test_the_transposes_of_a_bilinear_function_receive_its_keywords():
    f = new(
        lambda f: adlib.bilinear(
            f, lambda g, shape_a, b, scale=1.0: scale * g * b, lambda g, a, shape_b, scale=1.0: scale * g * a
        ),
        lambda a, b, scale=1.0, order=None: scale * a * b,
    )
    adlib.check_grads(lambda a, b: f(a, b, scale=3.0), (X, W), order=2)
    assert grad(lambda a: f(a, 2.0, scale=3.0))(1.0) == 6.0
    assert grad(lambda a: f(a, 2.0))(1.0) == 2.0


@pytest.mark.parametrize("naming", ["first", "second", "neither"])
def test_a_keyword_that_a_transpose_does_not_name_is_refused(naming):
    """It would be left out of the derivative without a word."""
    first = (lambda g, shape_a, b, scale=1.0: scale * g * b) if naming == "first" else (lambda g, shape_a, b: g * b)
    second = (lambda g, a, shape_b, scale=1.0: scale * g * a) if naming == "second" else (lambda g, a, shape_b: g * a)
    f = new(lambda f: adlib.bilinear(f, first, second), lambda a, b, scale=1.0: scale * a * b)
    assert grad(lambda a: f(a, 2.0))(1.0) == 2.0
    for argnum in (0, 1):
        with pytest.raises(
            adlib.TracedValueError, match=r"the keyword 'scale' of .* is not supported on a traced value"
        ):
            grad(lambda a, b: f(a, b, scale=3.0), argnum)(1.0, 2.0)


def test_rule_with_several_results():
    @primitive
    def polar(x, y):
        return np.hypot(x, y), np.arctan2(y, x)

    def polar_jvp(tangents, ans, x, y):
        r, _ = ans
        dx, dy = [0.0 if t is None else t for t in tangents]
        return (x * dx + y * dy) / r, (x * dy - y * dx) / (r * r)

    def polar_vjp(g, ans, x, y):
        r, _ = ans
        gr, gt = [0.0 if c is None else c for c in g]
        return gr * x / r - gt * y / (r * r), gr * y / r + gt * x / (r * r)

    adlib.rule(polar, polar_jvp, polar_vjp)
    for f in (lambda x, y: polar(x, y), lambda x, y: polar(x, y)[0], lambda x, y: polar(x, y)[1] * x):
        adlib.check_grads(f, (np.float64(0.6), np.float64(1.1)), order=2)
        adlib.check_grads(f, (X, W), order=2)
    plain = lambda x, y: np.hypot(x, y) * np.arctan2(y, x)  # noqa: E731
    f = lambda x, y: polar(x, y)[0] * polar(x, y)[1]  # noqa: E731
    for k in (0, 1):
        assert grad(f, k)(0.6, 1.1) == pytest.approx(grad(plain, k)(0.6, 1.1), rel=1e-14)
    steps = list(adlib.make_graph(f)(0.6, 1.1).forward(1.0, 0.0))
    assert steps[-1].tangent == pytest.approx(grad(plain)(0.6, 1.1), rel=1e-14)


def test_a_rule_may_leave_cotangents_out():
    f = new(
        lambda f: adlib.rule(
            f, lambda t, y, x, n: t[0] * n if t[0] is not None else 0.0, lambda g, y, x, n: (g * n, None)
        ),
        lambda x, n: x * n,
    )
    assert grad(f, (0, 1))(2.0, 3.0) == (3.0, 0.0)
    assert jvp(lambda n: f(2.0, n), (3.0,), (1.0,))[1] == 0.0


def test_a_rule_may_give_python_numbers():
    f = new(lambda f: adlib.rule(f, lambda t, y, x: 2 * t[0], lambda g, y, x: (2,)), lambda x: 2.0 * x)
    assert grad(f)(1.0) == 2.0
    assert grad(lambda x: f(x) + f(x))(1.0) == 4.0
    f = new(lambda f: adlib.rule(f, lambda t, y, x: 1, lambda g, y, x: ([1, 2, 3],)), lambda x: x)
    np.testing.assert_array_equal(grad(lambda x: np.sum(f(x)))(X), [1.0, 2.0, 3.0])


def test_broadcasting_is_undone_by_the_engine():
    f = new(lambda f: adlib.rule(f, lambda t, y, a, b: None, lambda g, y, a, b: (g * b, g * a)), lambda a, b: a * b)
    b = np.ones((2, 3))
    np.testing.assert_array_equal(grad(lambda a: np.sum(f(a, b)))(X), [2.0, 2.0, 2.0])
    assert grad(lambda a: np.sum(f(a, b)))(2.0) == 6.0


def test_zero_refuse_and_undeclared():
    f = new(lambda f: adlib.zero(f), np.sign)
    assert grad(lambda x: f(x) * x)(3.0) == 1.0
    g = new(lambda f: adlib.refuse(f, "it makes no sense; use something else"), np.sign)
    with pytest.raises(
        adlib.TracedValueError,
        match=r"f on a traced value \(shape \(\), float64\): it makes no sense; use something else",
    ):
        grad(g)(3.0)
    assert g(3.0) == 1.0
    h = new(lambda f: None)
    with pytest.raises(
        adlib.TracedValueError, match=r"adlib has no derivative rule for the primitive f, called on a traced value"
    ):
        grad(h)(3.0)
    assert h(0.0) == 0.0


def test_keywords():
    f = new(
        lambda f: adlib.rule(f, lambda t, y, x, scale=1.0: scale * t[0], lambda g, y, x, scale=1.0: (scale * g,)),
        lambda x, scale=1.0: scale * x,
    )
    assert grad(lambda x: f(x, scale=3.0))(2.0) == 3.0
    assert grad(lambda x: f(x))(2.0) == 1.0

    @primitive
    def product(x, y=1.0):
        return x * y

    adlib.elementwise(product, lambda x2: x2, lambda x1: x1)
    # A traced value given by keyword counts as an operand.
    assert grad(lambda x: product(2.0, y=x))(3.0) == 2.0
    assert grad(lambda x: product(y=x, x=x))(3.0) == 6.0
    assert grad(lambda x: product(x))(3.0) == 1.0


def test_the_inside_is_not_traced():
    @primitive
    def opaque(x):
        assert type(x) is np.float64 or type(x) is float
        return np.float64(float(x) ** 2)

    adlib.elementwise(opaque, lambda x: 2 * x)
    assert grad(opaque)(3.0) == 6.0
    assert adlib.derivative(adlib.derivative(opaque))(3.0) == 2.0


def test_a_declaration_replaces_an_earlier_one():
    f = new(lambda f: adlib.elementwise(f, 1.0))
    adlib.elementwise(f, lambda x: np.cos(x))
    assert grad(f)(0.0) == 1.0
    assert grad(f)(1.0) == np.cos(1.0)


def test_the_wrapper_keeps_name_and_docstring():
    @primitive
    def documented(x):
        """What it does."""
        return x

    assert documented.__name__ == "documented" and documented.__doc__ == "What it does."


def test_wrong_shapes_from_rules_are_named():
    f = new(lambda f: adlib.rule(f, lambda t, y, x: np.ones(2), lambda g, y, x: (np.ones(2),)), lambda x: x * 1.0)
    with pytest.raises(
        adlib.ArgumentError, match=r"a derivative rule returned a tangent of shape \(2,\) for a result of shape \(3,\)"
    ):
        jvp(f, (X,), (X,))
    with pytest.raises(
        adlib.ArgumentError,
        match=r"a derivative rule returned a cotangent of shape \(2,\) for an argument of shape \(3,\)",
    ):
        vjp(f, X)[1](X)


def test_stop_gradient():
    assert grad(lambda x: x * adlib.stop_gradient(x))(3.0) == 3.0
    assert grad(grad(lambda x: x * adlib.stop_gradient(x) * x))(3.0) == 6.0
    assert adlib.stop_gradient(2.0) == 2.0
    for outer in (adlib.derivative, grad):
        assert outer(lambda x: grad(lambda y: adlib.stop_gradient(y) * x * y)(x))(3.0) == 3.0
    a = np.ones(3)
    assert adlib.stop_gradient(a) is a
    tree = {"a": [X, 2.0]}
    stopped = grad(lambda t: np.sum(adlib.stop_gradient(t)["a"][0]) * t["a"][1])(tree)
    np.testing.assert_array_equal(stopped["a"][0], np.zeros(3))
    assert stopped["a"][1] == np.sum(X)


@pytest.mark.parametrize("x", [1.5, np.float64(1.5), X])
def test_a_rule_that_forgets_to_return_its_tangent_is_refused(x):
    """None would pass for a result that does not depend on the input."""
    f = new(lambda f: adlib.rule(f, lambda tangents, y, x: None, lambda g, y, x: (2 * g,)), lambda x: 2 * x)
    with pytest.raises(adlib.ArgumentError, match="returned None for the tangent"):
        adlib.jvp(f, (x,), (x,))


def test_a_call_with_wrong_arguments_names_the_function():
    @adlib.primitive
    def softsquare(x):
        return x * x

    adlib.elementwise(softsquare, lambda x: 2 * x)
    for call in (lambda x: softsquare(x, x), lambda x: softsquare(x, factor=1.0)):
        with pytest.raises(TypeError, match=r"^softsquare\(\) was called with wrong arguments"):
            adlib.grad(call)(1.0)


def test_a_partial_derivative_without_parameters_has_any_shape_that_fits():
    for slope in (2.0, np.full(3, 2.0), np.full((1,), 2.0)):
        f = adlib.primitive(lambda x: 2.0 * x)
        adlib.elementwise(f, lambda slope=slope: slope)
        assert adlib.grad(lambda x, f=f: np.sum(f(x)))(np.ones(3)).tolist() == [2.0, 2.0, 2.0]
