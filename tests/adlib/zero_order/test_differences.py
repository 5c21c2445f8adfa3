"""Difference quotients: their errors from Taylor's formula and from rounding, their cost, and what they refuse."""

import math

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.optimize import minimize

import adlib

SCHEMES = ["forward", "central", "five_point", "complex"]
COST = {"forward": lambda n: n + 1, "central": lambda n: 2 * n, "five_point": lambda n: 4 * n, "complex": lambda n: n}
ORDER = {"forward": 1, "central": 2, "five_point": 4}


def smooth(w):
    """A function of an array, not a polynomial, that takes complex numbers."""
    w = np.ravel(w)
    return np.sum(np.sin(w)) + np.prod(w + 2.0) + np.exp(w[0] * w[-1])


def smooth_stack(ws):
    w = np.reshape(ws, (len(ws), -1))
    return np.sum(np.sin(w), axis=1) + np.prod(w + 2.0, axis=1) + np.exp(w[:, 0] * w[:, -1])


POINTS = {
    "vector": np.array([0.3, -0.7, 1.1, 0.2]),
    "matrix": np.linspace(-1.0, 1.0, 6).reshape(2, 3),
    "every other column": np.linspace(-1.0, 1.0, 12).reshape(2, 6)[:, ::2],
    "transposed": np.linspace(-1.0, 1.0, 6).reshape(2, 3).T,
    "0-d": np.array(0.4),
    "NumPy number": np.float64(0.4),
    "float": 0.4,
}


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("name", POINTS)
def test_the_gradient_is_that_of_reverse_mode(name, scheme):
    w = POINTS[name]
    exact = adlib.grad(smooth)(w)
    found = adlib.finite_difference(smooth, w, scheme=scheme)
    tolerance = {"forward": 3e-7, "central": 1e-9, "five_point": 1e-11, "complex": 1e-14}[scheme]
    np.testing.assert_allclose(found, exact, rtol=tolerance, atol=tolerance)
    assert type(found) is type(exact) and np.shape(found) == np.shape(w)
    batched = adlib.finite_difference(smooth_stack, w, scheme=scheme, vectorized=True)
    np.testing.assert_allclose(batched, found, rtol=tolerance, atol=tolerance)


@pytest.mark.parametrize("scheme", SCHEMES)
def test_float32_stays_float32_and_is_as_good_as_it_can_be(scheme):
    w = np.array([0.3, -0.7, 1.1, 0.2], np.float32)
    found = adlib.finite_difference(smooth, w, scheme=scheme)
    exact = adlib.grad(smooth)(w.astype(float))
    assert found.dtype == np.float32
    tolerance = {"forward": 6e-3, "central": 3e-4, "five_point": 3e-5, "complex": 1e-6}[scheme]
    np.testing.assert_allclose(found, exact, rtol=tolerance, atol=tolerance)


@pytest.mark.parametrize("scheme", SCHEMES)
def test_evaluations_are_as_many_as_promised(scheme):
    w = POINTS["matrix"]
    f = adlib.counted(smooth)
    adlib.finite_difference(f, w, scheme=scheme)
    assert f.calls == COST[scheme](6)
    stack = adlib.counted(smooth_stack, vectorized=True)
    once = adlib.counted(stack)
    adlib.finite_difference(once, w, scheme=scheme, vectorized=True)
    assert (stack.calls, once.calls) == (COST[scheme](6), 1)
    f.reset()
    adlib.directional_difference(f, w, np.ones((2, 3)), scheme=scheme)
    assert f.calls == {"forward": 2, "central": 2, "five_point": 4, "complex": 1}[scheme]


# Truncation: the first term that each quotient leaves, exactly, on a polynomial without a second one.


@pytest.mark.parametrize(
    ("scheme", "power", "left"),
    [
        ("forward", 2, lambda h: h / 2 * 2),
        ("central", 3, lambda h: h**2 / 6 * 6),
        ("five_point", 5, lambda h: -(h**4) / 30 * 120),
        ("complex", 3, lambda h: -(h**2) / 6 * 6),
    ],
)
@pytest.mark.parametrize("h", [1.0, 0.5, 0.125])
def test_truncation_has_its_constant(scheme, power, left, h):
    slope = adlib.directional_difference(lambda x: x**power, 1.5, 1.0, step=h, scheme=scheme)
    assert slope - power * 1.5 ** (power - 1) == pytest.approx(left(h), rel=1e-12)


@pytest.mark.parametrize("scheme", ORDER)
def test_a_polynomial_of_low_degree_has_no_truncation(scheme):
    degree = ORDER[scheme]
    slope = adlib.directional_difference(lambda x: x**degree, 1.5, 2.0, step=0.5, scheme=scheme)
    assert slope == pytest.approx(2 * degree * 1.5 ** (degree - 1), rel=1e-14)


def errors(scheme, steps, dtype=float):
    """The root mean square error of the quotient of the sine over 300 points, for each step."""
    w = np.linspace(0.5, 1.0, 300)
    results = []
    for step in steps:
        slopes = [adlib.directional_difference(np.sin, dtype(x), 1.0, step=step, scheme=scheme) for x in w]
        results.append(np.sqrt(np.mean((slopes - np.cos(w.astype(dtype).astype(float))) ** 2)))
    return np.array(results)


def slope_of(x, y):
    return np.polyfit(np.log(x), np.log(y), 1)[0]


@pytest.mark.parametrize("scheme", ORDER)
def test_the_error_is_a_valley_with_the_slopes_of_theory(scheme):
    best, _ = adlib.difference_step(scheme, value=0.7, derivative=0.75)
    left = best / np.geomspace(30, 3000, 6)
    right = np.geomspace(5 * best, min(300 * best, 0.3), 6)
    assert slope_of(left, errors(scheme, left)) == pytest.approx(-1.0, abs=0.1)
    assert slope_of(right, errors(scheme, right)) == pytest.approx(ORDER[scheme], abs=0.1)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("scheme", ORDER)
def test_the_best_step_is_best_and_its_error_is_an_upper_bound(scheme, dtype):
    best, bound = adlib.difference_step(scheme, value=0.85, derivative=0.85, dtype=dtype)
    around = errors(scheme, [best / 8, best / 2, best, 2 * best, 8 * best], dtype)
    assert around[2] < bound
    assert around[2] < 3 * np.min(around)
    assert around[0] > around[2] and around[4] > around[2]


def test_steps_and_errors_have_their_closed_forms():
    delta, d = 1.1102230246251565e-16 * 3.0, 7.0
    for scheme, step, error in [
        ("forward", 2 * math.sqrt(delta / d), 2 * math.sqrt(delta * d)),
        ("central", (3 * delta / d) ** (1 / 3), 0.5 * (9 * delta**2 * d) ** (1 / 3)),
        ("five_point", (45 * delta / (4 * d)) ** 0.2, 15 / 8 * delta / (45 * delta / (4 * d)) ** 0.2),
    ]:
        assert adlib.difference_step(scheme, value=3.0, derivative=7.0) == pytest.approx((step, error), rel=1e-12)
    assert adlib.difference_step("complex", derivative=7.0) == pytest.approx((1e-20, 7 * 2.0**-53))


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64, np.longdouble])
@pytest.mark.parametrize("scheme", SCHEMES)
def test_steps_and_errors_are_floats_in_double_precision_whatever_the_type(scheme, dtype):
    found = adlib.difference_step(scheme, value=3e5, derivative=7.0, dtype=dtype)
    assert [type(x) for x in found] == [float, float]
    if scheme == "forward":  # exactly: half precision would round, and overflow
        delta = float(np.finfo(dtype).eps) / 2 * 3e5
        assert found == pytest.approx((2 * math.sqrt(delta / 7), 2 * math.sqrt(7 * delta)), rel=1e-14)


@pytest.mark.parametrize(("scheme", "bound"), [("forward", 2e-6), ("central", 2e-9), ("five_point", 2e-11)])
@pytest.mark.parametrize("distribution", ["sphere", "gaussian", "rademacher", "coordinate"])
def test_default_steps_suit_random_directions(distribution, scheme, bound):
    """In 2000 dimensions a step made for one coordinate would move a unit vector by far too little."""
    n = 2000
    w = np.random.default_rng(0).standard_normal(n)
    L = lambda w: np.sum(np.log(np.cosh(w)))  # noqa: E731
    g = np.tanh(w)
    for u in adlib.random_directions(distribution, 5, n, rng=1):
        error = adlib.directional_difference(L, w, u, scheme=scheme) - g @ u
        # A coordinate's slope is about 1, and the values about n: rounding costs as much more.
        size = np.linalg.norm(u) if distribution != "coordinate" else 30.0
        assert abs(error) < bound * size


@pytest.mark.parametrize("scale", [1e-6, 1.0, 1e6, 1e100])
def test_default_steps_follow_the_size_of_the_point(scale):
    w = np.array([1.0, -2.0, 3.0]) * scale
    found = adlib.finite_difference(lambda w: np.sum(np.cos(w / max(scale, 1.0))), w)
    np.testing.assert_allclose(found * max(scale, 1.0), -np.sin(w / max(scale, 1.0)), rtol=1e-8, atol=1e-9)


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
@pytest.mark.parametrize("scheme", SCHEMES)
def test_the_default_step_is_the_power_of_two_next_to_the_best(scheme, dtype):
    seen = []

    def f(w):
        seen.append(w)
        return w * w

    w = dtype(0.0)
    adlib.directional_difference(f, w, w + dtype(1.0), scheme=scheme)
    best = adlib.difference_step(scheme, dtype=dtype).step
    step = min(float(abs(x)) for x in seen if x)
    assert np.frexp(step)[0] == 0.5 and abs(np.log2(step / best)) <= 0.5 + 1e-3


@pytest.mark.parametrize("scheme", SCHEMES)
def test_the_slope_is_linear_in_the_direction(scheme):
    w, u = POINTS["vector"], np.array([1.0, -2.0, 0.5, 0.0])
    one = adlib.directional_difference(smooth, w, u, scheme=scheme)
    assert adlib.directional_difference(smooth, w, 1024 * u, scheme=scheme) == 1024 * one
    assert adlib.directional_difference(smooth, w, 0 * u, scheme=scheme) == 0.0


@pytest.mark.parametrize("step", [np.array(0.5), jnp.asarray(0.5), np.float32(0.5)])
def test_a_step_may_be_an_array_of_one_number(step):
    cube = lambda x: x**3  # noqa: E731
    assert adlib.directional_difference(cube, 1.0, 1.0, step=step) == adlib.directional_difference(
        cube, 1.0, 1.0, step=0.5
    )


def test_a_traced_step_is_refused():
    with pytest.raises(adlib.ArgumentError, match=r"takes step as .* but got Traced\(0\.1, "):
        adlib.grad(lambda step: adlib.directional_difference(np.sin, 1.0, 1.0, step=step))(0.1)


@pytest.mark.parametrize("scheme", ORDER)
def test_a_step_below_the_spacing_of_floats_moves_nothing(scheme):
    assert adlib.directional_difference(np.exp, 1.0, 1.0, step=1e-17, scheme=scheme) == 0.0


def test_squire_and_trapp():
    """The function of their paper, where a difference quotient keeps half of the digits and the complex step all."""
    f = lambda x: np.exp(x) / (np.cos(x) ** 3 + np.sin(x) ** 3)  # noqa: E731
    exact = float(adlib.derivative(f)(1.5))
    for step in (1e-20, 1e-100, 1e-300, None):
        slope = adlib.directional_difference(f, 1.5, 1.0, step=step, scheme="complex")
        assert slope == pytest.approx(exact, rel=5e-16)


def test_each_evaluation_has_a_point_of_its_own():
    def destructive(w):
        w *= w
        return np.sum(w)

    w = np.array([1.0, 2.0])
    for scheme in SCHEMES:
        np.testing.assert_allclose(adlib.finite_difference(destructive, w, scheme=scheme), [2.0, 4.0], rtol=1e-7)
    np.testing.assert_array_equal(w, [1.0, 2.0])


@pytest.mark.parametrize("scheme", SCHEMES)
def test_each_value_is_taken_before_the_next_evaluation(scheme):
    """A function may return the same 0-d array every time, with another number in it."""
    out = np.empty((), complex if scheme == "complex" else float)
    found = adlib.finite_difference(lambda w: np.sum(w**2, out=out), np.array([1.0, 2.0]), scheme=scheme)
    np.testing.assert_allclose(found, [2.0, 4.0], rtol=1e-7)


@pytest.mark.skipif(np.finfo(np.longdouble).eps == np.finfo(float).eps, reason="longdouble is double here")
@pytest.mark.parametrize(("scheme", "digits"), [("five_point", 1e-14), ("complex", 1e-18)])
def test_longdouble_keeps_its_digits(scheme, digits):
    w = np.array([1.0, 0.5], np.longdouble)
    found = adlib.finite_difference(lambda w: np.sum(np.exp(w)), w, scheme=scheme)
    assert found.dtype == np.longdouble
    np.testing.assert_array_less(np.abs(found - np.exp(w)), digits)


def test_nothing_varies_where_there_are_no_entries():
    for scheme in SCHEMES:
        assert adlib.finite_difference(np.sum, np.ones((0, 3)), scheme=scheme).shape == (0, 3)


def test_infinite_values_show_in_the_result():
    with np.errstate(divide="ignore"):
        assert adlib.directional_difference(np.log, 0.0, 1.0, scheme="forward") == np.inf


@pytest.mark.parametrize("value", [lambda w: float(np.sum(w)), lambda w: np.sum(w)[()], lambda w: jnp.sum(w)])
def test_one_number_may_come_in_any_wrapping(value):
    w = np.ones(3, np.float32)
    np.testing.assert_allclose(adlib.finite_difference(value, w), 1.0, rtol=1e-4)
    np.testing.assert_allclose(adlib.finite_difference(lambda w: 3, w), 0.0)


@pytest.mark.parametrize("scheme", SCHEMES)
def test_arrays_and_functions_of_jax(scheme):
    L = lambda w: jnp.sum(jnp.sin(w))  # noqa: E731
    w = jnp.array([0.2, 0.4], jnp.float32)
    for found in (
        adlib.finite_difference(L, w, scheme=scheme),
        adlib.finite_difference(jax.vmap(L), w, scheme=scheme, vectorized=True),
    ):
        assert type(found) is np.ndarray
        np.testing.assert_allclose(found, np.cos([0.2, 0.4]), rtol=1e-3)


# What is refused, and how.


def refused(match, call, *args, **kwargs):
    with pytest.raises(adlib.ArgumentError, match=match) as caught:
        call(*args, **kwargs)
    return str(caught.value)


@pytest.mark.parametrize("call", [adlib.finite_difference, lambda f, w, **k: adlib.zero_order_gradient(f, w, 0, **k)])
class TestRefusals:
    def test_points(self, call):
        refused("has type int64.*write 2.0 for 2", call, np.sum, np.ones(3, int))
        refused("has type int, where", call, abs, 3)
        refused("complex128; pass the real and the imaginary part", call, np.sum, np.ones(3, complex))
        refused("argument is a list", call, np.sum, [1.0, 2.0])
        refused("argument is a dict", call, np.sum, {"w": np.ones(2)})
        for bad in (np.nan, np.inf, -np.inf):
            refused(r"w \(shape \(2,\), float64\) holds inf or nan", call, np.sum, np.array([1.0, bad]))

    @pytest.mark.parametrize("bad", [0, 0.0, -1e-3, np.nan, np.inf, "1e-3", True, 1e-3j, [1e-3]])
    def test_steps(self, call, bad):
        refused("takes step as a positive, finite number", call, np.sum, np.ones(2), step=bad)

    def test_steps_that_underflow(self, call):
        refused("zero in float32, the type of w", call, np.sum, np.ones(2, np.float32), step=1e-60)

    def test_steps_that_overflow(self, call):
        refused("infinite in float32, the type of w", call, np.sum, np.ones(2, np.float32), step=1e39)
        for bad in (10**400, np.longdouble("1e4000")):
            refused("takes step as a positive, finite number", call, np.sum, np.ones(2), step=bad)

    def test_arrays_are_named_and_not_printed(self, call):
        message = refused("takes step as", call, np.sum, np.ones(2), step=np.full((30, 30), 1e-3))
        assert message.endswith("but got a ndarray of shape (30, 30)")

    @pytest.mark.parametrize("bad", ["backward", None, 2, ["central"]])
    def test_schemes(self, call, bad):
        refused("knows no scheme .*; choose 'forward', 'central'", call, np.sum, np.ones(2), scheme=bad)

    @pytest.mark.parametrize(
        ("f", "got"),
        [
            (lambda w: w, r"shape \(2,\), float64"),
            (lambda w: np.sum(w, keepdims=True), r"shape \(1,\), float64"),
            (lambda w: 1j * np.sum(w), r"shape \(\), complex128"),
            (lambda w: None, "a NoneType"),
            (lambda w: (np.sum(w), w), "a tuple"),
            (lambda w: w[0] > 0, r"shape \(\), bool"),
        ],
    )
    def test_values(self, call, f, got):
        refused(f"needs one real number from f, but got {got}", call, f, np.ones(2))

    def test_values_of_a_stack(self, call):
        refused(r"2 real numbers.*got shape \(\)", call, np.sum, np.ones(1), vectorized=True)
        refused(r"2 real numbers.*got shape \(2, 1\)", call, lambda ws: ws, np.ones(1), vectorized=True)

    def test_values_in_a_coarser_type_than_the_step_was_made_for(self, call):
        L = lambda w: np.sum(w.astype(np.float32) ** 2)  # noqa: E731
        refused("chose its step for float64.*returned float32", call, L, np.ones(2))
        call(L, np.ones(2), step=1e-2)

    def test_traced_values(self, call):
        with pytest.raises(
            adlib.TracedValueError, match=r"(call|gradient)\(\) of a traced value .* would lose its derivative"
        ):
            adlib.grad(lambda w: np.sum(call(np.sum, w)))(np.ones(2))
        with pytest.raises(
            adlib.TracedValueError, match=r"(call|gradient)\(\) of a traced value .* would lose its derivative"
        ):
            adlib.grad(lambda a: np.sum(call(lambda w: a * np.sum(w), np.ones(2))))(1.0)

    def test_errors_of_f_come_through(self, call):
        with pytest.raises(ZeroDivisionError):
            call(lambda w: 1 / 0, np.ones(2))


def test_directions_have_the_shape_of_the_point():
    refused("primal has shape .3,. and the tangent .2,.", adlib.directional_difference, np.sum, np.ones(3), np.ones(2))
    refused("u .* holds inf or nan", adlib.directional_difference, np.sum, np.ones(2), np.array([1.0, np.nan]))
    refused("step that is zero", adlib.directional_difference, np.sum, np.ones(2), 1e308 * np.ones(2), scheme="complex")


@pytest.mark.parametrize(
    "options", [{"value": 0.0}, {"value": -1.0}, {"value": np.nan}, {"derivative": 0.0}, {"derivative": "1"}]
)
def test_sizes_are_positive(options):
    refused("difference_step takes (value|derivative) as a positive", adlib.difference_step, "central", **options)


def test_steps_belong_to_floating_point_types():
    refused("but dtype is int64", adlib.difference_step, "central", dtype=int)
    refused("knows no scheme 'x'", adlib.difference_step, "x")


def test_a_direction_too_short_for_its_type():
    w, u = np.ones(2, np.float16), np.array([1e-7, 0.0], np.float16)
    refused("infinite in float16.*or a longer direction", adlib.directional_difference, np.sum, w, u)


# The complex step: what can be noticed, and what cannot.


def stored(w):
    out = np.zeros(len(w))
    out[:] = w
    return np.sum(out)


@pytest.mark.parametrize(
    "f", [lambda w: math.sin(w[0]), lambda w: float(np.sum(w)), stored, lambda w: np.sum(np.floor(w))]
)
def test_complex_numbers_are_refused_by_f(f):
    refused("f takes real numbers only", adlib.finite_difference, f, np.ones(2), scheme="complex")
    assert np.all(np.isfinite(adlib.finite_difference(f, np.full(2, 0.5))))


@pytest.mark.parametrize("f", [np.linalg.norm, lambda w: np.sum(np.abs(w)), lambda w: np.sum(w.real), lambda w: 1.0])
def test_the_imaginary_part_is_lost(f):
    refused("needs an imaginary part, but f returned float64", adlib.finite_difference, f, np.ones(2), scheme="complex")


def test_a_part_that_is_lost_among_others_is_not_noticed():
    """What the docstring warns of: the slope of the other term comes back, without a message."""
    found = adlib.finite_difference(lambda w: np.sum(np.abs(w) + w), -np.ones(2), scheme="complex")
    np.testing.assert_array_equal(found, [1.0, 1.0])


def test_a_function_that_is_not_real_is_not_noticed():
    assert adlib.directional_difference(np.log, -1.0, 1.0, step=1e-6, scheme="complex") == pytest.approx(np.pi * 1e6)
    with np.errstate(invalid="ignore"):
        assert np.isnan(adlib.directional_difference(np.log, -1.0, 1.0))


# Counting.


def test_a_counted_function_in_scipy():
    f = adlib.counted(lambda w: np.sum((w - 1.0) ** 4))
    result = minimize(f, np.zeros(3), method="Nelder-Mead")
    assert f.calls == result.nfev > 100
    f.reset()
    result = minimize(f, np.zeros(3), jac="2-point", method="BFGS")
    assert f.calls == result.nfev


def test_a_counted_function_is_the_function():
    def named(w, scale=1.0):
        """Doc."""
        return scale * np.sum(w)

    f = adlib.counted(named)
    assert (f.__name__, f.__doc__) == ("named", "Doc.")
    assert f(np.ones(2), scale=3.0) == 6.0 and f.calls == 1
    stack = adlib.counted(lambda ws: ws, vectorized=True)
    stack(ws=np.ones((5, 2)))
    assert stack.calls == 5
    failing = adlib.counted(lambda: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        failing()
    assert failing.calls == 1


def test_a_stack_has_points_to_count():
    stack = adlib.counted(lambda ws: ws**2, vectorized=True)
    refused(
        r"counts the points of a stack, but its first argument is a float; pass vectorized=True",
        adlib.finite_difference,
        stack,
        3.0,
    )
    assert adlib.finite_difference(stack, 3.0, vectorized=True) == pytest.approx(6.0)


def test_the_counter_is_not_an_attribute_of_the_function():
    class Model:
        """A callable with names of its own."""

        def __init__(self):
            self.reset = self.calls = "mine"

        def __call__(self, w):
            return np.sum(w)

    model = Model()
    f = adlib.counted(model)
    adlib.finite_difference(f, np.ones(2), scheme="forward")
    assert f.calls == 3 and f.__doc__ == Model.__doc__
    f.reset()
    assert (f.calls, model.calls, model.reset) == (0, "mine", "mine")
