"""Where NumPy's functions have no derivative: one convention, the same in both modes; and what is refused."""

import numpy as np
import pytest

import adlib
from adlib.core.families import Refuse
from adlib.core.trace import RULES
from adlib.rules.operators import METHODS
from tests.adlib.rules.test_numpy_complete import FUNCTIONS, HIDDEN, UFUNCS, public

HALF, THIRD = 0.5, 1 / 3

# Code of x, the point, and the gradient of its sum (of the row of weights 1, 2, 3, ... where several).
CORNERS = {
    # Equal entries share.
    "np.max(x)": ([1, 3, 3], [0, HALF, HALF]),
    "np.max(x, keepdims=True)": ([3, 3, 3], [THIRD, THIRD, THIRD]),
    "np.min(x)": ([1, 3, 1], [HALF, 0, HALF]),
    "np.ptp(x)": ([1, 3, 1, 3], [-HALF, HALF, -HALF, HALF]),
    "np.max(x, initial=3.0)": ([1, 3], [0, HALF]),
    "np.nanmax(x)": ([np.nan, 3, 3], [0, HALF, HALF]),
    "np.maximum.reduce(x)": ([1, 3, 3], [0, HALF, HALF]),
    "np.maximum.accumulate(x)": ([1, 1, 0], [3.5, 2.5, 0]),
    "np.sort(x)": ([1, 3, 1], [1.5, 3, 1.5]),
    "np.sort(-x)[::-1]": ([2, 2, 2], [-2, -2, -2]),
    "np.partition(x, 1)": ([1, 3, 1], [1.5, 3, 1.5]),
    "np.median(x)": ([1, 1, 3], [HALF, HALF, 0]),
    "np.quantile(x, 0.5)": ([1, 2, 3], [0, 1, 0]),
    "np.maximum(x, 1.0)": ([1, 3], [HALF, 2]),
    "np.fmax(x, np.nan)": ([1, 3], [1, 2]),
    "np.fmin(x, 1.0)": ([1, 3], [HALF, 0]),
    "np.clip(x, 1.0, 3.0)": ([1, 2, 3, 4], [HALF, 2, 1.5, 0]),
    # The subgradient 0.
    "np.std(x)": ([2, 2, 2], [0, 0, 0]),
    "np.std(x, axis=0, keepdims=True)": ([2], [0]),
    "np.nanstd(x)": ([2, np.nan, 2], [0, 0, 0]),
    "np.abs(x)": ([0, -1], [0, -2]),
    "np.hypot(x, 0.0)": ([0, 2], [0, 2]),
    "np.copysign(x, -1.0)": ([0, 2], [0, -2]),
    "np.heaviside(x, 0.5)": ([0, 2], [0, 0]),
    # No NaN where the answer is finite.
    "np.prod(x)": ([0, 2, 3], [6, 0, 0]),
    "np.prod(x, initial=None)": ([0, 2, 3], [6, 0, 0]),
    "np.nanprod(x, initial=None)": ([0, np.nan, 3], [3, 0, 0]),
    "np.prod(x) + x[0]": ([0, 0, 3], [1, 0, 0]),
    "np.cumprod(x)": ([0, 2, 3], [1 + 4 + 18, 0, 0]),
    "np.multiply.accumulate(x)": ([2, 0, 3], [1, 4 + 18, 0]),
    "np.nanprod(x)": ([0, np.nan, 3], [3, 0, 0]),
    "np.sinc(x)": ([0, 1], [0, -2]),
    "np.where(x > 0, np.sqrt(np.where(x > 0, x, 1.0)), 0.0)": ([0, 4], [0, HALF]),
    "np.mean(x, where=np.array([True, False]))": ([1, np.nan], [1, 0]),
    "np.sum(x, where=np.array([True, False]))": ([1, np.inf], [1, 0]),
    "np.nansum(x)": ([1, np.nan], [1, 0]),
    "np.nan_to_num(x)": ([np.nan, np.inf, 1], [0, 0, 3]),
    "np.interp(x, [0.0, 1.0, 1.0, 2.0], [0.0, 1.0, 2.0, 4.0])": ([0.5, 1.5], [1, 4]),
    "np.interp(x, [0.0, 1.0], [0.0, 3.0])": ([-1, 0.5, 2], [0, 6, 0]),
    "np.quantile(x, 0.25)": ([1, 2, np.inf], [HALF, HALF, 0]),
    "np.logaddexp.reduce(x)": ([0, -np.inf], [1, 0]),
    # An infinite slope.
    "np.sqrt(x)": ([0], [np.inf]),
    "np.cbrt(x)": ([0], [np.inf]),
    "np.log(x)": ([0], [np.inf]),
    "np.arccos(x)": ([1], [-np.inf]),
}


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("code", CORNERS)
def test_one_convention_in_both_modes(code):
    x, expected = (np.array(numbers, float) for numbers in CORNERS[code])

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
