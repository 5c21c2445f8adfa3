"""Where NumPy's functions have no derivative: one convention, the same in both modes; and what is refused."""

import numpy as np
import pytest

import adlib
from adlib.core.families import Refuse
from adlib.core.trace import RULES
from adlib.core.tree import flatten
from adlib.modes.reverse import ReverseRun
from adlib.rules.operators import METHODS
from tests.adlib.oracles import same_bits
from tests.adlib.rules.test_numpy_complete import FUNCTIONS, HIDDEN, UFUNCS, public

HALF, THIRD = 0.5, 1 / 3

# Code of x, the point, and the gradient of its sum (of the row of weights 1, 2, 3, ... where several).
CORNERS = [
    # Equal entries share.
    ("np.max(x)", [1, 3, 3], [0, HALF, HALF]),
    ("np.max(x, keepdims=True)", [3, 3, 3], [THIRD, THIRD, THIRD]),
    ("np.min(x)", [1, 3, 1], [HALF, 0, HALF]),
    ("np.ptp(x)", [1, 3, 1, 3], [-HALF, HALF, -HALF, HALF]),
    ("np.max(x, initial=3.0)", [1, 3], [0, HALF]),
    ("np.nanmax(x)", [np.nan, 3, 3], [0, HALF, HALF]),
    ("np.maximum.reduce(x)", [1, 3, 3], [0, HALF, HALF]),
    ("np.maximum.accumulate(x)", [1, 1, 0], [3.5, 2.5, 0]),
    ("np.sort(x)", [1, 3, 1], [1.5, 3, 1.5]),
    ("np.sort(-x)[::-1]", [2, 2, 2], [-2, -2, -2]),
    ("np.partition(x, 1)", [1, 3, 1], [1.5, 3, 1.5]),
    ("np.median(x)", [1, 1, 3], [HALF, HALF, 0]),
    ("np.quantile(x, 0.5)", [1, 2, 3], [0, 1, 0]),
    ("np.maximum(x, 1.0)", [1, 3], [HALF, 2]),
    ("np.fmax(x, np.nan)", [1, 3], [1, 2]),
    ("np.fmin(x, 1.0)", [1, 3], [HALF, 0]),
    ("np.clip(x, 1.0, 3.0)", [1, 2, 3, 4], [HALF, 2, 1.5, 0]),
    # The subgradient 0.
    ("np.std(x)", [2, 2, 2], [0, 0, 0]),
    ("np.std(x, axis=0, keepdims=True)", [2], [0]),
    ("np.nanstd(x)", [2, np.nan, 2], [0, 0, 0]),
    ("np.abs(x)", [0, -1], [0, -2]),
    ("np.hypot(x, 0.0)", [0, 2], [0, 2]),
    ("np.copysign(x, -1.0)", [0, 2], [0, -2]),
    ("np.heaviside(x, 0.5)", [0, 2], [0, 0]),
    # No NaN where the answer is finite.
    ("np.prod(x)", [0, 2, 3], [6, 0, 0]),
    ("np.prod(x, initial=None)", [0, 2, 3], [6, 0, 0]),
    ("np.nanprod(x, initial=None)", [0, np.nan, 3], [3, 0, 0]),
    ("np.prod(x) + x[0]", [0, 0, 3], [1, 0, 0]),
    ("np.cumprod(x)", [0, 2, 3], [1 + 4 + 18, 0, 0]),
    ("np.multiply.accumulate(x)", [2, 0, 3], [1, 4 + 18, 0]),
    ("np.nanprod(x)", [0, np.nan, 3], [3, 0, 0]),
    ("np.sinc(x)", [0, 1], [0, -2]),
    ("np.where(x > 0, np.sqrt(np.where(x > 0, x, 1.0)), 0.0)", [0, 4], [0, HALF]),
    ("np.mean(x, where=np.array([True, False]))", [1, np.nan], [1, 0]),
    ("np.sum(x, where=np.array([True, False]))", [1, np.inf], [1, 0]),
    ("np.nansum(x)", [1, np.nan], [1, 0]),
    ("np.nan_to_num(x)", [np.nan, np.inf, 1], [0, 0, 3]),
    ("np.interp(x, [0.0, 1.0, 1.0, 2.0], [0.0, 1.0, 2.0, 4.0])", [0.5, 1.5], [1, 4]),
    ("np.interp(x, [0.0, 1.0], [0.0, 3.0])", [-1, 0.5, 2], [0, 6, 0]),
    ("np.quantile(x, 0.25)", [1, 2, np.inf], [HALF, HALF, 0]),
    ("np.logaddexp.reduce(x)", [0, -np.inf], [1, 0]),
    # What has no share receives nothing, not 0 times an infinite slope; and what does not move stays.
    ("np.sqrt(np.maximum(x, 0.0))", [-1, 4], [0, HALF]),
    ("np.sqrt(np.fmax(0.0, x))", [-1, 4], [0, HALF]),
    ("np.sqrt(-np.minimum(x, 0.0))", [1, -4], [0, -HALF]),
    ("np.sqrt(-np.fmin(0.0, x))", [1, -4], [0, -HALF]),
    ("np.sqrt(np.clip(x, 0.0, None))", [-1, 4], [0, HALF]),
    ("np.log(np.clip(x, 0.0, 9.0))", [-1, 4], [0, HALF]),
    ("np.sqrt(9.0 - np.clip(x, None, 9.0))", [10, 5], [0, -HALF]),
    ("np.arccos(np.clip(x, -1.0, 1.0))", [2, 0, -3], [0, -2, 0]),
    ("np.arccosh(np.maximum(x, 1.0))", [0, np.sqrt(2)], [0, 2]),
    ("np.log1p(np.maximum(x, -1.0))", [-2, 1], [0, 1]),
    ("np.maximum(x, 0.0)**0.5", [-1, 4], [0, HALF]),
    ("np.maximum(x, 0.0)**np.array([0.5, 0.5])", [-1, 4], [0, HALF]),
    ("np.sqrt(np.abs(x))", [0, 4], [0, HALF]),
    ("np.sqrt(np.fabs(x))", [0, -4], [0, -HALF]),
    ("np.sqrt(np.copysign(x, 1.0))", [0, -4], [0, -HALF]),
    ("np.sqrt(np.hypot(x, 0.0))", [0, 4], [0, HALF]),
    ("np.sqrt(np.std(x))", [3, 3], [0, 0]),
    ("np.sqrt(np.max(x))", [-1, 4], [0, 0.25]),
    ("np.where(np.array([False, True]), np.logaddexp.reduce(np.stack([x, x]), 0), 0.0)", [-np.inf, 0], [0, 2]),
    ("np.where(x > 0, np.sqrt(x), 0.0)", [0, 4], [0, HALF]),
    ("np.where(x > 0, np.sqrt(x), 0.0)", [-1, 4], [0, HALF]),
    ("np.where(x > 0, np.sin(2.0 * np.log(x)), x)", [-1, 0, 1], [1, 2, 6]),
    ("np.where(x > 0, 1 / x, 0.0)", [0, 0], [0, 0]),
    ("np.where(x > 0, x * np.log(x), 0.0)", [0, 1], [0, 2]),
    ("np.where(x != 0, np.sin(x) / x, 1.0)", [0], [0]),
    ("np.where(x > 0, np.sqrt(x) + np.sqrt(x), np.cbrt(-x))", [-1, 4], [-THIRD, 1]),
    ("np.where(x > 1, np.sqrt(x), np.where(x > 0, np.log(x), x))", [0, 1, 4], [1, 2, 0.75]),
    ("np.where(x > 0, np.sqrt(x), 0.0) + np.where(x > 3, np.sqrt(x), x)", [0, 1, 4], [1, 3, 1.5]),
    ("np.select([x > 0], [np.log(x)], 0.0)", [0, 1], [0, 2]),
    ("np.choose(np.array([0, 1]), [x, np.log(x)])", [0, 1], [1, 2]),
    ("np.maximum(np.log(x), -1.0)", [0, 1], [0, 2]),
    ("np.clip(np.log(x), -1.0, 1.0)", [0, 1, 9], [0, 2, 0]),
    ("np.fmax(np.sqrt(x), 0.0)", [-1, 4], [0, HALF]),
    ("np.heaviside(x - 1.0, np.log(x))", [0, 1], [0, 2]),
    ("np.sum(np.log(x), where=x > 0)", [0, 1], [0, 1]),
    ("np.mean(np.sqrt(x), where=x > 0)", [0, 4], [0, 1 / 4]),
    ("np.prod(np.sqrt(x), where=x > 0)", [0, 4], [0, 1 / 4]),
    ("np.max(np.sqrt(x))", [0, 4], [0, 1 / 4]),
    ("np.max(np.sqrt(x), where=x > 0, initial=-1.0)", [0, 4], [0, 1 / 4]),
    ("np.min(-np.log(x))", [0, 2], [0, -HALF]),
    ("np.nansum(np.sqrt(x))", [-1, 4], [0, 1 / 4]),
    ("np.nanmax(np.sqrt(x))", [-1, 4], [0, 1 / 4]),
    ("np.nanmean(np.where(x > 0, np.log(x), np.nan))", [0, 2], [0, HALF]),
    ("np.nan_to_num(np.sqrt(x))", [-1, 4], [0, HALF]),
    ("np.piecewise(x, [x > 0], [np.sqrt, 0.0])", [0, 4], [0, HALF]),
    # NaN: it wins, or it is passed over.
    ("np.max(x)", [1, np.nan, 2], [0, 1, 0]),
    ("np.min(x, keepdims=True)", [1, np.nan, 2], [0, 1, 0]),
    ("np.maximum(x, 1.0)", [np.nan, 3], [1, 2]),
    ("np.minimum(x, np.nan)", [1, np.nan], [0, 1]),
    ("np.fmin(x, np.array([1.0, np.nan]))", [np.nan, np.nan], [0, 1]),
    ("np.clip(x, 0.0, 2.0)", [np.nan, 0], [1, 1]),
    ("np.nan_to_num(x, nan=2.5, posinf=3.0, neginf=-1.0)", [np.nan, np.inf, -np.inf, 1], [0, 0, 0, 4]),
    # Infinite entries that are equal share.
    ("np.logaddexp.reduce(x)", [-np.inf, -np.inf], [HALF, HALF]),
    ("np.logaddexp2.reduce(x, keepdims=True)", [np.inf, -np.inf, np.inf], [HALF, 0, HALF]),
    ("np.logaddexp2.reduce(x)", [0, 1], [THIRD, 2 * THIRD]),
    ("np.logaddexp.reduce(x, where=np.array([True, False, True]))", [0, 5, 0], [HALF, 0, HALF]),
    ("np.logaddexp.reduce(x, initial=0.0)", [0], [HALF]),
    ("np.logaddexp.accumulate(x)", [-np.inf, -np.inf], [2, 1]),
    ("np.logaddexp2.accumulate(x)", [0, -np.inf], [3, 0]),
    ("np.logaddexp(x[0], x[1])", [-np.inf, -np.inf], [HALF, HALF]),
    # Where an exponent is 0, 1 or 2.
    ("x**0", [0, 2], [0, 0]),
    ("x**0.0", [0, 2], [0, 0]),
    ("x**np.array([0.0, 0.0])", [0, 2], [0, 0]),
    ("x**np.array(0)", [0, 2], [0, 0]),
    ("x**np.array([0, 1, 2])", [0, 0, 0], [0, 2, 0]),
    ("np.float_power(x, np.array([0, 1, 2]))", [0, 0, 3], [0, 2, 18]),
    ("np.power(x, 1)", [0, 2], [1, 2]),
    ("np.array([0.0, 0.0, 2.0])**x", [0, 1, 0], [0, 0, 3 * np.log(2)]),
    # At a knot.
    ("np.interp(x, [0.0, 1.0, 3.0], [0.0, 1.0, 5.0])", [0, 1, 3], [1, 4, 6]),
    ("np.interp(1.0, np.array([0.0, 1.0, 1.0]), x)", [0, 1, 5], [0, 0, 1]),
    ("np.interp(1.0, x, np.array([0.0, 1.0, 5.0]))", [0, 1, 3], [0, -2, 0]),
    ("np.quantile(np.array([0.0, 1.0, 3.0, 7.0, 15.0]), x)", [0, 0.25, 0.3, 1], [4, 16, 24, 128]),
    ("np.percentile(np.arange(5.0), x)", [50], [0.04]),
    ("np.nanquantile(np.array([0.0, 1.0, np.nan, 3.0]), x)", [0, 0.5, 1], [2, 8, 12]),
    ("np.nanquantile(np.array([[1.0, np.nan], [0.0, 2.0]]), x, axis=1)", [1], [4]),
    ("np.quantile(x[:3], x[3])", [1, 2, 4, 0.5], [0, 1, 0, 4]),
    # The whole number of an integer type does not vary.
    ("x[0] * np.sum(np.insert(np.arange(3), 1, x))", [1.5, 2.5], [6, 0]),
    ("np.unwrap(x[1:], period=x[0])", [2, 0, 3], [-2, 1, 2]),
    # An infinite slope.
    ("np.sqrt(x)", [0], [np.inf]),
    ("np.cbrt(x)", [0], [np.inf]),
    ("np.log(x)", [0], [np.inf]),
    ("np.arccos(x)", [1], [-np.inf]),
]


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("code, x, expected", CORNERS)
def test_one_convention_in_both_modes(code, x, expected):
    x, expected = np.array(x, float), np.array(expected, float)

    def f(x):
        y = eval(code, {"np": np, "x": x})
        return y, np.arange(1.0, np.size(y) + 1).reshape(np.shape(y))

    y, weights = f(x)
    value, pullback = adlib.vjp(lambda x: f(x)[0], x)
    np.testing.assert_array_equal(value, y)
    np.testing.assert_allclose(pullback(weights)[0], expected, atol=1e-15)
    for i in range(len(x)):
        tangent = adlib.jvp(lambda x: f(x)[0], (x,), (np.eye(len(x))[i],))[1]
        terms = np.where(tangent == 0, 0.0, np.asarray(weights) * tangent)
        np.testing.assert_allclose(np.sum(terms), expected[i], atol=1e-15)


NAN2 = np.full((2, 2), np.nan)

# Code of x with one number as result, the point, and the matrix of second derivatives.
CURVED = [
    ("np.prod(x)", [0, 3, 4], [[0, 4, 3], [4, 0, 0], [3, 0, 0]]),
    ("np.prod(x)", [0, 0, 4], [[0, 4, 0], [4, 0, 0], [0, 0, 0]]),
    ("np.prod(x)", [0, 0, 0], np.zeros((3, 3))),
    ("np.nanprod(x)", [0, np.nan, 0, 4], [[0, 0, 4, 0], [0, 0, 0, 0], [4, 0, 0, 0], [0, 0, 0, 0]]),
    ("np.sum(np.cumprod(x))", [0, 0, 4], [[0, 5, 0], [5, 0, 0], [0, 0, 0]]),
    ("np.var(x)", [2, 2], [[HALF, -HALF], [-HALF, HALF]]),
    ("np.nanvar(x)", [2, np.nan, 2], [[HALF, 0, -HALF], [0, 0, 0], [-HALF, 0, HALF]]),
    ("np.std(x)", [2], [[0]]),
    # The tip of a cone: the curvature of its square must not come out as 0.
    ("np.std(x)", [2, 2], NAN2),
    ("np.std(x)**2", [2, 2], NAN2),
    ("np.std(x)**2", [2, 4], [[HALF, -HALF], [-HALF, HALF]]),
    ("np.max(x)**2", [3, 3, 1], [[HALF, HALF, 0], [HALF, HALF, 0], [0, 0, 0]]),
    ("np.ptp(x)**2", [3, 3, 1], [[HALF, HALF, -1], [HALF, HALF, -1], [-1, -1, 2]]),
    ("np.median(x)**2", [3, 3, 1, 5], np.pad([[HALF, HALF], [HALF, HALF]], (0, 2))),
    ("np.sum(np.sort(x)**2 * [0, 1])", [3, 3], [[HALF, HALF], [HALF, HALF]]),
    ("np.sum(np.partition(x, 0)**2 * [0, 1])", [3, 3], [[HALF, HALF], [HALF, HALF]]),
    ("np.sum(np.clip(x, 1.0, 3.0)**2)", [1, 2, 5], np.diag([HALF, 2, 0])),
    ("np.sqrt(np.maximum(x[0], 0.0)) + x[0]**2", [-1], [[2]]),
    ("np.sum(np.arccos(np.clip(x, -1.0, 1.0)))", [2, 0.6], np.diag([0, -0.6 / 0.8**3])),
    ("np.sum(np.log(np.clip(x, 0.0, None)))", [-1, 2], np.diag([0, -1 / 4])),
    ("np.sum(x**np.array([0, 1, 2]))", [0, 0, 0], np.diag([0, 0, 2])),
    ("np.sum(np.maximum(x, 0.0)**np.array([0.5, 1.5]))", [-1, 1], np.diag([0, 0.75])),
    ("np.sum(np.where(x > 0, np.sqrt(x), 0.0))", [0, 1], np.diag([0, -1 / 4])),
    ("np.sum(np.where(x > 0, x * np.exp(np.log(x)), x))", [-1, 0, 1], np.diag([0, 0, 2])),
    ("np.sum(np.maximum(np.log(x), -1.0))", [0, 1], np.diag([0, -1])),
    ("np.where(x[0] > 0, np.log(x[0]), x[0]) * x[1]", [0, 1], [[0, 1], [1, 0]]),
    ("np.sum(np.where(x > 0, np.hypot(x, x), 0.0))", [0, 1], np.zeros((2, 2))),
    ("np.logaddexp.reduce(x)", [-np.inf, -np.inf], np.zeros((2, 2))),
    ("np.logaddexp.reduce(x)", [0, 0], [[1 / 4, -1 / 4], [-1 / 4, 1 / 4]]),
    ("np.quantile(x[:2], x[2])", [1, 3, 0], [[0, 0, -1], [0, 0, 1], [-1, 1, 0]]),
    ("np.nanquantile(np.append(x[:2], np.nan), x[2])", [1, 3, 1], [[0, 0, -1], [0, 0, 1], [-1, 1, 0]]),
    ("np.interp(x[0], [0.0, 1.0, 3.0], x[1:])", [1, 0, 1, 5], np.array([[0, 0, -1, 1], [0] * 4, [-1, 0, 0, 0], [1, 0, 0, 0]]) / 2),
]  # fmt: skip


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("code, x, expected", CURVED)
def test_the_same_second_derivatives_by_all_modes(code, x, expected):
    x, f = np.array(x, float), lambda x: eval(code, {"np": np, "x": x})
    for outer in (adlib.jacfwd, adlib.jacrev):
        for inner in (adlib.jacfwd, adlib.jacrev):
            np.testing.assert_allclose(outer(inner(f))(x), expected, rtol=1e-13, atol=1e-15, err_msg=f"{outer} {inner}")


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_points_that_stay_together_have_a_distance_with_derivatives():
    """The distance of a point from itself does not move: forward over reverse finds the matrix of the others."""

    def stress(w, apart=0.0):
        x, y = w[:3, None] - w[:3] + apart * np.eye(3), w[3:, None] - w[3:]
        return np.sum((np.hypot(x, y) - apart * np.eye(3) - 1.3 * (1 - np.eye(3))) ** 2)

    w = np.array([0.0, 1.0, 0.0, 0.0, 0.0, 2.0])
    np.testing.assert_array_equal(adlib.hessian(stress)(w), adlib.hessian(lambda w: stress(w, 1.0))(w))


CASTING = [  # of a short x, a long y and bounds of several types
    "np.insert(x, 1, 0.1)",
    "np.insert(x, [0, 2], y[:2])",
    "np.insert(y, 1, x)",
    "np.insert([1.0, 2.0], 1, x)",
    "np.clip(x, 0.1, y)",
    "np.clip(x, np.float64(0.1), 0.7)",
    "np.clip(x, y, None)",
    "np.clip(x, min=0, max=0.5)",
    "np.clip(np.arange(3), x, 1)",
    "np.clip(x, 0.6, 0.5)",
    "np.maximum(x, y)",
    "np.hypot(x, 0.1)",
    "np.nan_to_num(np.where(x > 0.2, np.nan, x), nan=0.1)",
    "np.nan_to_num(np.where(x > 0.2, np.inf, x))",
    "np.logaddexp.reduce(x)",
]


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.longdouble])
@pytest.mark.parametrize("code", CASTING)
def test_value_and_type_are_those_of_numpy(code, dtype):
    x, y = np.array([0.1, 0.2, 0.7], dtype), np.array([0.3, 0.1, 0.6])
    f = lambda x, y: eval(code, {"np": np, "x": x, "y": y})  # noqa: E731
    plain = f(x, y)
    value, pullback = adlib.vjp(f, x, y)
    same_bits(value, plain)
    same_bits(adlib.jvp(f, (x, y), (x, y))[0], plain)
    assert [g.dtype for g in pullback(np.ones(np.shape(plain)))] == [dtype, float]


def test_pairs_with_an_array_of_more_dimensions():
    a, b = np.array([1.0, 2.0]), np.array([[1.0, 3.0, 5.0], [2.0, 4.0, 6.0]])
    w = np.arange(12.0).reshape(2, 2, 3)
    gradients = adlib.grad(lambda a, b: np.sum(w * np.multiply.outer(a, b)), (0, 1))(a, b)
    np.testing.assert_array_equal(gradients[0], np.einsum("ijk,jk", w, b))
    np.testing.assert_array_equal(gradients[1], np.einsum("ijk,i", w, a))


REFUSED = sorted(
    {f for f in FUNCTIONS - HIDDEN if isinstance(RULES.get(public(f)), Refuse)}, key=lambda f: (f.__name__, repr(f))
)


@pytest.mark.parametrize("function", REFUSED, ids=lambda f: f.__name__)
def test_a_refused_function_says_why(function):
    def f(x):
        if function in UFUNCS:
            return x.__array_ufunc__(function, "__call__", *[x] * function.nin)
        return x.__array_function__(function, (type(x),), ([x, 1.0],), {})

    with pytest.raises(adlib.TracedValueError) as error:
        adlib.grad(f)(1.0)
    message = str(error.value)
    assert message.startswith("numpy.")
    assert f".{function.__name__} on a traced value (shape (), float64): " in message
    assert message.endswith(RULES[public(function)].reason)
    assert "raised while tracing" in error.value.__notes__[0]


KEYWORDS = {
    "np.exp(x, where=x > 0)": "'where' of numpy.exp",
    "np.add(x, x, dtype=float)": "'dtype' of numpy.add",
    "np.vecdot(x, x, axis=0)": "'axis' of numpy.vecdot",
    "np.clip(x, 0.0, 1.0, casting='unsafe')": "'casting' of numpy.clip",
    "np.percentile(x, [50], weights=np.ones(3), method='inverted_cdf')": "'weights' of numpy.percentile",
    "np.einsum('i->', x, casting='safe')": "'casting' of numpy.einsum",
}


@pytest.mark.parametrize("code", KEYWORDS)
def test_a_keyword_without_rule_is_refused_by_name(code):
    with pytest.raises(adlib.TracedValueError, match=f"the keyword {KEYWORDS[code]} is not supported"):
        adlib.grad(lambda x: np.sum(eval(code, {"np": np, "x": x})))(np.array([0.3, 0.2, 0.9]))


OUT = ("np.max(x, None, b)", "np.cumsum(x, 0, None, b)", "np.std(x, out=b)", "np.clip(x, 0, 1, b)", "np.take(x, [0], out=b)",
       "np.add.reduce(x, out=b)", "np.nan_to_num(x, copy=False)", "np.maximum.at(x, [0], 1.0)")  # fmt: skip


@pytest.mark.parametrize("code", OUT)
def test_writing_into_an_array_is_refused(code):
    with pytest.raises(adlib.TracedValueError, match="would write into an array"):
        adlib.grad(lambda x: np.sum(eval(code, {"np": np, "x": x, "b": np.ones(())})))(np.array([0.3, 0.2]))


@pytest.mark.parametrize("name", METHODS)
def test_methods_are_the_functions(name):
    rest = {"clip": (0.0, 1.0), "repeat": (2,), "take": ([0, 1],), "searchsorted": (0.3,)}.get(name, ())
    x = np.array([0.3, 1.2, -0.4]) if name == "searchsorted" else np.array([[0.3, 1.2], [2.0, -0.4]])
    seen = []

    def f(x):
        seen.append(getattr(x, name)(*rest))
        return np.sum(seen[-1] * 2.0) if hasattr(seen[-1], "_trace") else np.sum(x)

    adlib.grad(f)(x)
    np.testing.assert_equal(adlib.stop_gradient(seen[0]), getattr(x, name)(*rest))


def test_parts_of_a_real_value():
    x = np.array([[0.3, 1.2], [2.0, -0.4]])
    np.testing.assert_allclose(adlib.grad(lambda x: np.sum(x.real * x.mT + x.imag))(x), 2 * x.T)


@pytest.mark.parametrize("axis", [0, 1, -1])
@pytest.mark.parametrize("start", [0, 1, 3, -1, -3])
def test_rollaxis_goes_back_where_it_came_from(axis, start):
    x = np.arange(24.0).reshape(2, 3, 4)
    y, pullback = adlib.vjp(lambda x: np.rollaxis(x, axis, start), x)
    np.testing.assert_array_equal(pullback(y)[0], x)


@pytest.mark.parametrize("f", [np.sum, np.mean])
def test_a_sum_called_by_position_keeps_no_operand(f):
    # What other keywords need is other code, for which the operand is kept.
    a = np.arange(6.0).reshape(2, 3)
    for given in ((), (0,), (0, None), (0, None, None)):
        kept = ReverseRun(lambda x: f(x, *given), [a]).trace.residuals()  # noqa: B023
        assert not any(isinstance(x, np.ndarray) for x in flatten(kept)[0])


@pytest.mark.parametrize("ndmin", [0, 1, 2, 3])
def test_an_array_of_at_least_so_many_dimensions(ndmin):
    x, w = np.arange(3.0), np.array([2.0, -1.0, 5.0])
    f = lambda x: np.array(x, ndmin=ndmin, like=x)  # noqa: E731
    assert adlib.vjp(f, x)[0].shape == np.array(x, ndmin=ndmin).shape
    for transform in (adlib.grad, adlib.jacfwd):
        np.testing.assert_array_equal(transform(lambda x: np.sum(f(x) * w))(x), w)


def test_points_on_several_scales():
    x, base = np.array([0.5, 0.7]), np.array([2.0, 3.0])
    for axis in (0, 1):
        f = lambda x: np.logspace(x, x + 1.0, 4, base=base, axis=axis)  # noqa: B023, E731
        slopes = np.log(base if axis == 0 else base[:, None]) * f(x)
        assert slopes.shape == ((4, 2) if axis == 0 else (2, 4))
        np.testing.assert_allclose(adlib.jvp(f, (x,), (np.ones(2),))[1], slopes, rtol=1e-13)
        np.testing.assert_allclose(adlib.vjp(f, x)[1](np.ones(slopes.shape))[0], np.sum(slopes, axis), rtol=1e-13)
