"""Every misuse of a declaration is answered in words, and no rule of a user's corrupts what others need."""

import functools
import math

import numpy as np
import pytest

import adlib
from adlib import grad, jvp, primitive, vjp

X = np.array([1.0, 2.0, 3.0])
ONES = np.ones(3)


def new(function, declare):
    f = primitive(function)
    declare(f)
    return f


def square(x):
    return x * x


def ruled(vjp=lambda g, y, x: (2 * x * g,), jvp=lambda t, y, x: 2 * x * t[0], function=square):
    return new(function, lambda f: adlib.rule(f, jvp, vjp))


def scaled(x, *, scale=1.0):
    return scale * x


# What is known at the declaration.

OUTSIDE = [square, math.sin, np.vectorize(square), "square", 5, [square], None]


@pytest.mark.parametrize("function", OUTSIDE, ids=lambda function: type(function).__name__)
def test_only_numpy_functions_and_primitives_are_declared(function):
    declarations = {
        "elementwise": lambda: adlib.elementwise(function, 1),
        "linear": lambda: adlib.linear(function, lambda g, shape: g),
        "bilinear": lambda: adlib.bilinear(function, lambda g, s, b: g, lambda g, a, s: g),
        "rule": lambda: adlib.rule(function, lambda t, y, x: t[0], lambda g, y, x: (g,)),
        "composite": lambda: adlib.composite(function, lambda x: x),
        "zero": lambda: adlib.zero(function),
        "refuse": lambda: adlib.refuse(function, "it jumps"),
    }
    for name, declare in declarations.items():
        with pytest.raises(adlib.ArgumentError, match=f"{name} declares NumPy functions and functions made by adlib"):
            declare()


@pytest.mark.parametrize("function", [np.add, np.multiply, np.matmul, np.negative, np.power], ids=lambda f: f.__name__)
def test_operators_keep_their_rules(function):
    with pytest.raises(adlib.ArgumentError, match="because Python's operators keep theirs"):
        adlib.elementwise(function, *[1] * function.nin)


NOT_FUNCTIONS = {
    "primitive takes f as a function, but got 5": lambda f: primitive(5),
    "rule takes jvp as a function, but got None": lambda f: adlib.rule(f, None, square),
    "rule takes vjp as a function, but got 2.0": lambda f: adlib.rule(f, square, 2.0),
    "linear takes transpose as a function": lambda f: adlib.linear(f, np.eye(2)),
    "bilinear takes transpose_second as a function": lambda f: adlib.bilinear(f, square, None),
    "composite takes code as a function, but got 'x'": lambda f: adlib.composite(f, "x"),
    "refuse takes a reason in words, but got 3": lambda f: adlib.refuse(f, 3),
}


@pytest.mark.parametrize("message", NOT_FUNCTIONS)
def test_what_is_declared_are_functions(message):
    with pytest.raises(adlib.ArgumentError, match=message):
        NOT_FUNCTIONS[message](primitive(square))


def of_two(x, y):
    return x * y


WRONG_ARGUMENTS = {
    r"the jvp of square is called as jvp\(tangents, ans, x\)": lambda: ruled(jvp=lambda t: t),
    r"the vjp of square is called as vjp\(g, ans, x\)": lambda: ruled(lambda g, x: (g,)),
    r"the vjp of of_two is called as vjp\(g, ans, x, y\)": lambda: ruled(
        lambda g, y, x: (g,), lambda t, ans, x, y: 0.0, of_two
    ),
    r"the transpose of square is called as transpose\(g, shape\)": lambda: new(
        square, lambda f: adlib.linear(f, lambda g: g)
    ),
    r"a transpose of of_two is called as transpose\(g, shape_a, b\)": lambda: new(
        of_two, lambda f: adlib.bilinear(f, lambda g: g, lambda g, a, s: g)
    ),
    r"the code of of_two is called as code\(x, y\)": lambda: new(of_two, lambda f: adlib.composite(f, lambda x: x)),
    "takes scale as 2.0 where it is left out, but the function takes it as 1.0; give both": lambda: new(
        scaled, lambda f: adlib.linear(f, lambda g, shape, *, scale=2.0: scale * g)
    ),
    "of_two takes 2 arguments, but was declared with 1 partial derivative": lambda: new(
        of_two, lambda f: adlib.elementwise(f, 1)
    ),
    "of_two takes 2 arguments, but was declared with 3 partial derivatives": lambda: new(
        of_two, lambda f: adlib.elementwise(f, 1, 1, 1)
    ),
    "has a setting 'n', which is an argument of the function and would not follow it; name it x2": lambda: new(
        lambda x, n=2: x**n, lambda f: adlib.elementwise(f, lambda x, n=2: n * x ** (n - 1), None)
    ),
}


@pytest.mark.parametrize("message", WRONG_ARGUMENTS)
def test_a_rule_takes_the_arguments_it_will_be_given(message):
    with pytest.raises(adlib.ArgumentError, match=message):
        WRONG_ARGUMENTS[message]()


# What is known at the first call.


def test_too_many_partial_derivatives_for_a_function_of_any_number_of_arguments():
    f = new(lambda *xs: xs[0], lambda f: adlib.elementwise(f, 1, lambda x2: x2))
    with pytest.raises(adlib.ArgumentError, match="takes 1 argument, but was declared with 2 partial derivatives"):
        grad(f)(2.0)


@pytest.mark.parametrize(
    "declare",
    [
        lambda f: adlib.elementwise(f, 1.0),
        lambda f: adlib.linear(f, lambda g, shape, *, scale=1.0: scale * g),
        lambda f: adlib.rule(f, lambda t, y, x, *, scale=1.0: t[0], lambda g, y, x, *, scale=1.0: (g,)),
    ],
)
def test_a_traced_keyword_is_refused(declare):
    f = new(scaled, declare)
    assert grad(lambda x: f(x))(2.0) == 1.0
    for transformation in (grad, adlib.derivative, lambda f: adlib.make_graph(f)):
        for use in (lambda s: f(2.0, scale=s), lambda s: f(s, scale=s)):
            with pytest.raises(adlib.TracedValueError, match="the keyword 'scale' of scaled is a traced value"):
                transformation(use)(5.0)


def test_keywords_of_numpy_functions_are_refused_when_traced():
    for use in (
        lambda s: np.sum(X, initial=s),
        lambda s: np.sum(X, keepdims=s),
        lambda s: np.mean(X, where=s > 0, keepdims=s),
        lambda s: np.cumsum(X, axis=s),
        lambda s: np.split(X, s),
    ):
        with pytest.raises(adlib.TracedValueError):
            grad(lambda s, use=use: np.sum(use(s)))(1.0)


def test_constant_keywords_reach_the_rule_or_are_refused():
    f = new(scaled, lambda f: adlib.linear(f, lambda g, shape, *, scale=1.0: scale * g))
    assert grad(lambda x: f(x, scale=3.0))(2.0) == adlib.derivative(lambda x: f(x, scale=3.0))(2.0) == 3.0
    for declare in (lambda f: adlib.elementwise(f, 1.0), lambda f: adlib.linear(f, lambda g, shape: g)):
        f = new(scaled, declare)
        with pytest.raises(adlib.TracedValueError, match="what was declared does not name it, and would leave it out"):
            grad(lambda x, f=f: f(x, scale=3.0))(2.0)
    f = ruled(function=lambda x, scale=1.0: scale * x * x)
    with pytest.raises(adlib.TracedValueError, match="what was declared does not name it"):
        grad(lambda x: f(x, scale=3.0))(2.0)
    # A default of the function stands in for what a call leaves out.
    f = ruled(
        lambda g, y, x, n: (n * x ** (n - 1) * g, None), lambda t, y, x, n: n * x ** (n - 1) * t[0], lambda x, n=3: x**n
    )
    with pytest.raises(adlib.ArgumentError, match="a tuple of 1"):
        grad(f)(2.0)
    assert grad(lambda x: f(x, 2))(2.0) == 4.0


def test_operands_of_a_bilinear_function_may_be_named():
    f = new(
        lambda a, b, scale=1.0: scale * a * b,
        lambda f: adlib.bilinear(f, lambda g, s, b, scale=1.0: scale * g * b, lambda g, a, s, scale=1.0: scale * g * a),
    )
    assert grad(lambda x: f(x, b=2.0))(5.0) == grad(lambda x: f(b=x, a=2.0))(5.0) == 2.0
    assert grad(lambda x: f(x, 2.0, scale=3.0))(5.0) == 6.0
    with pytest.raises(adlib.ArgumentError, match="is bilinear, a function of two arguments, but was called with 3"):
        grad(lambda x: f(x, 2.0, 3.0))(5.0)


VJPS = {
    "bare": (
        lambda g, y, x: 2 * x * g,
        r"4\.0|a ndarray of shape \(3,\), float64|a traced value \(shape \(3,\), float64\)",
    ),
    "forgotten": (lambda g, y, x: None, "None"),
    "too long": (lambda g, y, x: (g, g), "a tuple of 2"),
    "empty": (lambda g, y, x: (), "a tuple of 0"),
    "complex": (lambda g, y, x: (1j * g,), r"1j|a ndarray of shape \(3,\), complex128"),
    "text": (lambda g, y, x: ("a",), "'a'"),
    "objects": (lambda g, y, x: (np.array([g, None], object),), r"a ndarray of shape \(2,\), object"),
    "ragged": (lambda g, y, x: ([[1], [1, 2]],), "a list of 2"),
    "masked": (lambda g, y, x: (np.ma.array([1.0]),), r"a MaskedArray of shape \(1,\)"),
    "a dict": (lambda g, y, x: {0: g}, "a dict"),
    "a generator": (lambda g, y, x: (h for h in [g]), "a generator"),
    "in a tuple": (lambda g, y, x: ((g,),), "a tuple of 1"),
}


@pytest.mark.parametrize("kind", VJPS)
def test_a_vjp_returns_a_tuple_of_real_cotangents(kind):
    back, shown = VJPS[kind]
    f = ruled(back)
    message = f"^the vjp of square returns a tuple of 1, one real cotangent or None for each argument; but it returned ({shown})"
    for use in (
        lambda: grad(f)(2.0),
        lambda: grad(lambda x: np.sum(f(x)))(X),
        lambda: jvp(lambda x: vjp(f, x)[1](ONES)[0], (X,), (ONES,)),
        lambda: vjp(lambda x: vjp(f, x)[1](ONES)[0], X)[1](ONES),
        lambda: grad(adlib.checkpoint(lambda x: np.sum(f(x))))(X),
    ):
        with pytest.raises(adlib.ArgumentError, match=message):
            use()


JVPS = {
    "complex": (lambda t, y, x: 1j * t[0], square, "the tangent of the result; but it returned"),
    "text": (lambda t, y, x: "a", square, "the tangent of the result; but it returned 'a'"),
    "in a tuple": (lambda t, y, x: (t[0],), square, "the tangent of the result; but it returned a tuple of 1"),
    "too short": (lambda t, y, x: (t[0],), lambda x: (x, x), "a tuple of 2, one real tangent or None for each result"),
    "too long": (lambda t, y, x: (t[0],) * 3, lambda x: (x, x), "a tuple of 2, .*; but it returned a tuple of 3"),
    "one for two": (lambda t, y, x: t[0], lambda x: (x, x), "a tuple of 2, "),
}


@pytest.mark.parametrize("kind", JVPS)
def test_a_jvp_returns_a_real_tangent_for_each_result(kind):
    forward, function, message = JVPS[kind]
    f = ruled(jvp=forward, function=function)
    with pytest.raises(adlib.ArgumentError, match=f"^the jvp of .* returns {message}"):
        jvp(f, (X,), (ONES,))


def test_tangents_come_as_a_tuple_and_have_the_dtype_of_the_result():
    seen = []
    f = ruled(jvp=lambda t, y, x: (seen.append(type(t)), np.float64(2.0) * x * t[0])[1])
    x = X.astype(np.float32)
    assert jvp(f, (x,), (x,))[1].dtype == np.float32
    assert jvp(f, (2.0,), (1.0,))[1] == 4.0 and set(seen) == {tuple}
    assert jvp(ruled(jvp=lambda t, y, x: 3), (X,), (X,))[1].dtype == float


RESULTS = {
    "a list": lambda x: [x, x],
    "a dict": lambda x: {"y": x},
    "'s'": lambda x: "s",
    "3": lambda x: 3,
    "None": lambda x: None,
    "a tuple of 0": lambda x: (),
    "a tuple of 2": lambda x: (x, None),
    "a tuple of 3": lambda x: (x, 1j, 2),
    "a MaskedArray": lambda x: np.ma.array([x]),
}


@pytest.mark.parametrize("shown", RESULTS)
def test_a_primitive_returns_floats(shown):
    f = ruled(lambda g, y, x: (1.0,), lambda t, y, x: 1.0, RESULTS[shown])
    for transformation in (grad, adlib.derivative):
        with pytest.raises(adlib.ArgumentError, match=f"the primitive .* but it returned {shown}"):
            transformation(lambda x: np.sum(f(x)[0]))(2.0)


@pytest.mark.parametrize("constant", [3, True, np.int64(3), np.arange(3)], ids=repr)
def test_a_result_that_is_no_float_is_a_constant(constant):
    f = ruled(lambda g, y, x: (2 * x * g[0],), lambda t, y, x: (2 * x * t[0], None), lambda x: (x * x, constant))
    for derivative in (grad, adlib.derivative):
        assert derivative(lambda x: np.sum(f(x)[0] * f(x)[1]))(2.0) == 4.0 * np.sum(constant)


@pytest.mark.parametrize(
    "partial, shown",
    [
        (lambda x: None, "real numbers; but it returned None"),
        (lambda x: 1j * x, "real numbers; but it returned .*complex128"),
        (lambda x: "a", "real numbers; but it returned 'a'"),
        (lambda x: np.ones(2), r"real numbers of shape \(3,\); but it returned a ndarray of shape \(2,\)"),
    ],
)
def test_a_partial_derivative_returns_real_numbers(partial, shown):
    f = new(square, lambda f: adlib.elementwise(f, partial))
    for use in (lambda: grad(lambda x: np.sum(f(x)))(X), lambda: jvp(f, (X,), (X,))):
        with pytest.raises(adlib.ArgumentError, match=f"a partial derivative of square returns {shown}"):
            use()


@pytest.mark.parametrize("transpose", [lambda g, s: None, lambda g, s: (g,), lambda g, s: 1j * g])
def test_a_transpose_returns_a_real_cotangent(transpose):
    f = new(lambda x: 2 * x, lambda f: adlib.linear(f, transpose))
    with pytest.raises(
        adlib.ArgumentError, match=r"the transpose of .* returns the cotangent of the argument, an array"
    ):
        grad(lambda x: np.sum(f(x)))(X)


def test_an_array_may_be_a_constant_partial_derivative():
    slopes = np.array([1.0, -2.0, 3.0])
    f = new(lambda x: x * np.array([1.0, -2.0, 3.0]), lambda f: adlib.elementwise(f, slopes))
    slopes[:] = 0.0
    np.testing.assert_array_equal(grad(lambda x: np.sum(f(x)))(X), [1.0, -2.0, 3.0])
    adlib.check_grads(f, (X,), order=2)


def test_traced_values_inside_containers_and_from_outside_are_refused():
    f = new(lambda xs: xs[0] * xs[1], lambda f: adlib.elementwise(f, 1))
    for container in (lambda x: [x, x], lambda x: (x, 2.0), lambda x: {0: x, 1: x}):
        with pytest.raises(adlib.TracedValueError, match="has a traced value inside a list, tuple or dict"):
            grad(lambda x, container=container: f(container(x)))(2.0)
    for use in (lambda p, w: p(3.0), lambda p, w: p(w), lambda p, w: p(2 * w)):
        with pytest.raises(adlib.TracedValueError, match=r"uses a traced value .* that is not among its arguments"):
            grad(lambda w, use=use: use(new(lambda x: x * w, lambda f: adlib.elementwise(f, 1)), w))(2.0)
    code = new(lambda xs: xs[0] * xs[1], lambda f: adlib.composite(f, lambda xs: xs[0] * xs[1]))
    assert grad(lambda x: code([x, 3.0]))(2.0) == 3.0


def test_code_that_calls_itself_is_named():
    f = new(square, lambda f: adlib.composite(f, lambda x: f(x)))
    with pytest.raises(adlib.ArgumentError, match="the code of square, declared with composite, calls itself"):
        grad(f)(2.0)


def test_undeclared_primitives_say_how_to_declare():
    with pytest.raises(
        adlib.TracedValueError, match=r"for the primitive square, .*; declare it with adlib\.elementwise"
    ):
        grad(primitive(square))(3.0)


# What a rule is given, and what it hands on.


def writing(x):
    x *= 2.0
    return x


WRITERS = {
    "the vjp, into g": lambda: ruled(lambda g, y, x: (writing(g),)),
    "the vjp, into the result": lambda: ruled(lambda g, y, x: (writing(y),)),
    "the vjp, into an operand": lambda: ruled(lambda g, y, x: (writing(x) * g,)),
    "the jvp, into a tangent": lambda: ruled(jvp=lambda t, y, x: writing(t[0])),
    "the jvp, into the result": lambda: ruled(jvp=lambda t, y, x: writing(y)),
    "a partial derivative": lambda: new(square, lambda f: adlib.elementwise(f, writing)),
    "a transpose": lambda: new(lambda x: 2 * x, lambda f: adlib.linear(f, lambda g, shape: writing(g))),
    "the function": lambda: new(writing, lambda f: adlib.elementwise(f, 2.0)),
    "a function without derivative": lambda: new(writing, lambda f: adlib.zero(f)),
    "through out=": lambda: new(lambda x: np.multiply(x, 2, out=x), lambda f: adlib.elementwise(f, 2.0)),
}


@pytest.mark.parametrize("writer", WRITERS)
def test_nothing_that_a_user_declares_can_write_into_what_others_need(writer):
    f = WRITERS[writer]()

    def loss(x):
        s = x + 0.0
        return np.sum((f(s) + s) * ONES)

    transformation = (lambda: jvp(loss, (X,), (ONES,))) if "jvp" in writer else (lambda: grad(loss)(X))
    with pytest.raises(
        adlib.ArgumentError, match="writes into an array that it was given, which other derivatives may"
    ):
        transformation()


def test_a_rule_may_fill_one_array_again_and_again():
    buffer = np.empty(3)

    def back(g, y, x):
        buffer[:] = 2 * x * g
        return (buffer,)

    def forward(t, y, x):
        buffer[:] = 2 * x * t[0]
        return buffer

    f = ruled(back, forward)
    loss = lambda x: f(x) + f(3 * x)  # noqa: E731
    np.testing.assert_array_equal(grad(lambda x: np.sum(loss(x)))(X), 20 * X)
    np.testing.assert_array_equal(jvp(loss, (X,), (ONES,))[1], 20 * X)
    # One array for two operands, and the cotangent itself.
    g = new(of_two, lambda f: adlib.rule(f, lambda t, y, a, b: 0.0, lambda g, y, a, b: (g, g)))
    a, b = grad(lambda x, y: np.sum(g(x, y)) + np.sum(x), (0, 1))(X, X)
    a[0] = 7.0
    np.testing.assert_array_equal(b, ONES)


def test_a_primitive_may_fill_one_array_again_and_again():
    buffer = np.empty(3)

    def doubled(x):
        np.multiply(x, 2.0, out=buffer)
        return buffer

    f = new(doubled, lambda f: adlib.elementwise(f, 2.0))
    loss = lambda x: np.sin(f(x)) * 1.0 + np.sin(f(3 * x))  # noqa: E731
    right = 2 * np.cos(2 * X) + 6 * np.cos(6 * X)
    np.testing.assert_allclose(grad(lambda x: np.sum(loss(x)))(X), right, rtol=1e-14)
    np.testing.assert_allclose(vjp(loss, X)[1](ONES)[0], right, rtol=1e-14)
    np.testing.assert_allclose(jvp(loss, (X,), (ONES,))[1], right, rtol=1e-14)


def test_a_primitive_may_return_its_argument():
    f = new(lambda x: x, lambda f: adlib.elementwise(f, 1))
    value, _ = jvp(f, (X,), (ONES,))
    value[0] = 9.0
    y, pullback = vjp(lambda x: f(x) * x, X)
    y[0] = 9.0
    np.testing.assert_array_equal(pullback(ONES)[0], 2 * X)
    np.testing.assert_array_equal(X, [1.0, 2.0, 3.0])


class Square:
    def __call__(self, x):
        return x * x


class Back:
    def __call__(self, g, y, x):
        return (2 * x * g,)


CALLABLES = {
    "an instance": Square(),
    "functools.partial": functools.partial(lambda x, n: x**n, n=2),
    "a lambda": lambda x: x * x,
}


@pytest.mark.parametrize("kind", CALLABLES)
def test_any_callable_may_be_a_primitive(kind):
    for f in (
        new(CALLABLES[kind], lambda f: adlib.elementwise(f, lambda x: 2 * x)),
        ruled(Back(), function=CALLABLES[kind]),
    ):
        d = adlib.derivative
        assert grad(f)(3.0) == d(f)(3.0) == 6.0
        assert grad(grad(f))(3.0) == d(d(f))(3.0) == grad(d(f))(3.0) == d(grad(f))(3.0) == 2.0
        assert grad(adlib.checkpoint(lambda x, f=f: f(x) * x))(2.0) == 12.0
        assert len(adlib.make_graph(f)(2.0).nodes) == 2
        adlib.check_grads(f, (3.0,), order=2)


def test_ufuncs_and_functions_written_in_c():
    assert grad(new(math.sin, lambda f: adlib.elementwise(f, np.cos)))(0.0) == 1.0
    assert grad(new(max, lambda f: adlib.elementwise(f, 1, 0)))(2.0, 1.0) == 1.0
    ufunc = np.frompyfunc(square, 1, 1)
    adlib.elementwise(ufunc, lambda x: 2 * x)
    assert grad(ufunc)(3.0) == 6.0
    with pytest.raises(adlib.TracedValueError, match="gave a result of type object"):
        grad(lambda x: np.sum(ufunc(x)))(X)


def test_a_default_that_a_transpose_does_not_name_is_left_to_the_function():
    f = new(lambda x, note="warm": 3.0 * x, lambda f: adlib.linear(f, lambda g, shape: 3.0 * g))
    for slope in (grad(f), adlib.derivative(f)):
        assert slope(2.0) == 3.0


def test_the_form_of_a_transpose_names_the_settings_that_are_required():
    with pytest.raises(adlib.ArgumentError, match=r"is called as transpose\(g, shape, steps\), and cannot be"):
        new(lambda x, steps: np.roll(x, steps), lambda f: adlib.linear(f, lambda g, shape: g))
