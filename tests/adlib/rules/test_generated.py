"""Every differentiable function at every kind of argument, in every composition, against exact algebra.

`asked` says what is asked, `jets`, `slopes` and `exact` know what is right, and `generated` judges.
How many comparisons there were of each kind is printed at the end of the run.
"""

import functools
import re
from collections import Counter

import numpy as np
import pytest

import adlib
from adlib.core.families import Composite, Differentiable
from adlib.core.keywords import function_name
from adlib.core.trace import RULES, is_traced, plain_value
from tests.adlib.oracles import complex_step
from tests.adlib.rules import generated, jets
from tests.adlib.rules.asked import CALLS, KINDS, NOT_COMPARED
from tests.adlib.rules.generated import compare
from tests.adlib.rules.numpy_cases import COMPLEX, LINES
from tests.adlib.rules.slopes import BINARY, REAL, UNARY

pytestmark = pytest.mark.filterwarnings("ignore::RuntimeWarning", "ignore:Polyfit may be poorly conditioned")

# The table as the package leaves it; primitives that tests declare are not its.
KEYS = [
    key
    for key, rule in RULES.items()
    if isinstance(rule, (Differentiable, Composite))
    and (getattr(key, "__module__", "").startswith(("numpy", "adlib", "_operator")) or isinstance(key, tuple))
]


def name(key):
    return function_name(key)


# Functions of NumPy that are not asked, and why; and what is no function of NumPy but a part of the rules of some.
UNREACHED = dict.fromkeys(
    ("full", "array", "asarray", "asanyarray", "ascontiguousarray", "asfortranarray", "require"),
    "traced only with like=, which makes a plain array",
)
PARTS = {name(key) for key in KEYS if getattr(key, "__module__", "").startswith("adlib")}
PARTS |= {"pad"}  # what np.pad joins, under its name


# Faults that are known, by what is asked and where; empty when all are mended.
EXPECTED_FAILURES = {}


@functools.cache
def of_key(key):
    """How all calls of a function were judged: pairs of what was asked and the verdict."""
    return [
        (f"{call.text} | {kind} | {composition}", verdict)
        for call in CALLS.values()
        if call.key == key
        for kind in KINDS
        for composition, verdict in compare(call, kind).items()
    ]


def expected(asked):
    return next((pattern for pattern in EXPECTED_FAILURES if re.search(pattern, asked)), None)


@pytest.mark.parametrize("key", KEYS, ids=name)
def test_a_function_at_every_kind_of_argument(key):
    faults = [f"{asked}: {v[1]}" for asked, v in of_key(key) if isinstance(v, tuple) and not expected(asked)]
    assert not faults, "\n".join(faults)


def test_the_counts(table):
    without = {name(key) for key in KEYS if not of_key(key)}
    unreached, parts = without - PARTS, without & PARTS
    assert unreached == set(UNREACHED), "a function without a call, or one too many on the list"
    verdicts, forms = Counter(), Counter()
    for key in KEYS:
        for asked, verdict in of_key(key):
            _, kind, composition = asked.rsplit(" | ", 2)
            word = verdict if isinstance(verdict, str) else "known fault" if expected(asked) else "fault"
            verdicts[kind, word] += 1
            forms[composition, word] += 1
    assert {kind for kind, _ in verdicts} == set(KINDS)
    words = [word for word, _ in Counter(w for _, w in verdicts.elements()).most_common()]
    lines = [f"{len(KEYS) - len(without)} functions in {len(CALLS)} forms; not asked:"]
    lines += [f"   {name}: {UNREACHED[name]}" for name in sorted(unreached)]
    lines += [f"   {', '.join(sorted(parts))}: parts of rules, asked through these"]
    lines += [f"   {code}: {why}" for code, why in NOT_COMPARED.items()]
    lines += [f"({letter}) {word}" for letter, word in zip("abcdefghijkl", words)]
    for title, counts in (("argument", verdicts), ("composition", forms)):
        lines.append(f"{title:36}" + "".join(f"{f'({letter})':>8}" for letter, _ in zip("abcdefghijkl", words)))
        for row in dict.fromkeys(row for row, _ in counts):
            lines.append(f"{row:36}" + "".join(f"{counts[row, word] or '':>8}" for word in words))
    table("generated suite: what was compared", "\n".join(lines))
    unused = set(EXPECTED_FAILURES) - {
        expected(asked) for key in KEYS for asked, v in of_key(key) if isinstance(v, tuple)
    }
    assert not unused, f"mended, take them off EXPECTED_FAILURES: {unused}"


# ---------------------------------------------------------------------------------------------
# The oracle itself: against differences and the complex step


POINTS = {"arccosh": (1.3, 2.7), "arcsin": (0.3, -0.7), "arccos": (0.3, -0.7), "arctanh": (0.3, -0.7)}


@pytest.mark.parametrize("name", UNARY)
def test_slopes_and_curvatures_are_those_of_differences(name):
    h = REAL(1e-4)
    for x in map(REAL, POINTS.get(name, (0.3, 1.7, 2.6))):
        f = lambda t: UNARY[name](t)[0]  # noqa: E731
        numpys = getattr(np, name)
        value, slope, curvature = UNARY[name](x)
        np.testing.assert_allclose(float(value), float(numpys(float(x))), rtol=1e-14)
        y = [f(x + k * h) for k in (-2, -1, 0, 1, 2)]
        np.testing.assert_allclose(float((y[0] - 8 * y[1] + 8 * y[3] - y[4]) / (12 * h)), float(slope), rtol=1e-11)
        second = (-y[0] + 16 * y[1] - 30 * y[2] + 16 * y[3] - y[4]) / (12 * h * h)
        np.testing.assert_allclose(float(second), float(curvature), rtol=1e-8, atol=1e-8)


@pytest.mark.parametrize("name", [name for name in BINARY if name != "ldexp"])
def test_partial_derivatives_are_those_of_differences(name):
    h = REAL(1e-4)
    f, at = getattr(np, name), BINARY[name]
    for x, y in ((REAL(1.7), REAL(0.6)), (REAL(0.4), REAL(2.3))):
        value, *partials = (float(p) for p in at(x, y))
        np.testing.assert_allclose(value, float(f(x, y)), rtol=1e-15)
        along_x, along_y = ([f(x + k * h * i, y + k * h * (1 - i)) for k in (-2, -1, 0, 1, 2)] for i in (1, 0))
        slopes = [float((a[0] - 8 * a[1] + 8 * a[3] - a[4]) / (12 * h)) for a in (along_x, along_y)]
        flat = name == "nextafter"  # whose second argument says only which way
        np.testing.assert_allclose(slopes, [partials[0], 0.0 if flat else partials[1]], rtol=1e-10, atol=1e-10)
        seconds = [float((-a[0] + 16 * a[1] - 30 * a[2] + 16 * a[3] - a[4]) / (12 * h * h)) for a in (along_x, along_y)]
        mixed = f(x + h, y + h) - f(x + h, y - h) - f(x - h, y + h) + f(x - h, y - h)
        seconds.insert(1, float(mixed / (4 * h * h)))
        np.testing.assert_allclose(seconds, partials[2:], rtol=1e-6, atol=1e-7)


ANALYTIC = [line for line in LINES if line.oracle == COMPLEX and all(map(np.prod, line.shapes))]


def test_first_derivatives_are_those_of_the_complex_step(table):
    for line in ANALYTIC:
        xs, vs = line.point(1), line.direction(3)
        f = functools.partial(line.f, np)
        n = sum(x.size for x in xs)
        along, _, _ = jets.parts(f(*jets.variables(xs, np.concatenate([v.ravel() for v in vs]))), n)
        right = np.ravel(complex_step(f, xs, vs))
        np.testing.assert_allclose(along.astype(float), right, rtol=1e-11, atol=1e-11, err_msg=line.code)
    table("generated suite: its oracle", f"{len(ANALYTIC)} calls by exact algebra agree with the complex step")


@pytest.mark.parametrize("text", CALLS)
def test_second_derivatives_are_those_of_differences_of_the_first(text):
    call, step = CALLS[text], REAL(1e-5)
    xs = [x.astype(REAL) for x in call.draw(call.shapes)]
    n = sum(x.size for x in xs)
    v = generated.weights(n, 1)
    vs = [d.astype(REAL) for d in generated.split(v, xs)]
    at = lambda t: jets.parts(call.exact(*jets.variables([x + t * d for x, d in zip(xs, vs)], v)), n)  # noqa: E731
    along, first, second = at(REAL(0))
    np.testing.assert_allclose((first @ v).astype(float), along.astype(float), rtol=1e-12, atol=1e-12)
    difference = (at(step)[1] - at(-step)[1]) / (2 * step)
    size = float(1 + np.max(np.abs(second), initial=0) + np.max(np.abs(first), initial=0) ** 3)
    np.testing.assert_allclose(difference.astype(float) / size, second.astype(float) / size, atol=1e-7)


# ---------------------------------------------------------------------------------------------
# Rules with a mistake each, and where it must show and nowhere else


def _slope(wrong):
    """A rule of the sine whose slope is wrong where `wrong` says so."""
    return lambda: adlib.elementwise(np.sin, lambda x: np.cos(x) * np.where(wrong(plain_value(x)), 1.01, 1.0))


def _written_out(slope):
    """A rule of the sine whose way back has a slope of its own."""
    return lambda: adlib.rule(np.sin, lambda t, y, x: t[0] * np.cos(x), lambda g, y, x: [slope(g, x)])


def _constant_in_reverse(g, x):
    under_reverse = is_traced(x) and x._trace.mode == "reverse"
    return g * (adlib.stop_gradient(np.cos(x)) if under_reverse else np.cos(x))


def _double_for_numbers(g, x):
    return g * np.cos(x) * (2.0 if type(plain_value(g)) is float and type(plain_value(x)) is not float else 1.0)


def _not_a_number(x):
    return np.cos(x) * np.where(plain_value(x) == 0, np.nan, 1.0)


def _digits_of_float64(x):
    return np.cos(x.astype(float) if getattr(x, "dtype", None) == np.longdouble else x)


PLANTED = {
    "wrong at 0 only": (_slope(lambda x: np.equal(x, 0)), "0|-0|0 everywhere", None),
    "wrong at -0 only": (_slope(lambda x: np.equal(x, 0) & np.signbit(x)), "-0", None),
    "wrong in float32 only": (_slope(lambda x: getattr(x, "dtype", None) == np.float32), "float32", None),
    "the digits of float64 in longdouble": (lambda: adlib.elementwise(np.sin, _digits_of_float64), "longdouble", None),
    "wrong at infinity": (
        lambda: adlib.elementwise(np.tanh, lambda x: 1 - x * x / (x * x) * np.tanh(x) ** 2),
        "inf|-inf|0.*|-0",
        None,
    ),
    "not a number at 0": (lambda: adlib.elementwise(np.sin, _not_a_number), "0|-0|0 everywhere", None),
    "wrong in reverse over reverse only": (_written_out(_constant_in_reverse), ".*", "reverse over reverse.*"),
    "wrong for a number as cotangent only": (_written_out(_double_for_numbers), "0-d", ".*, number"),
    "another value in the last bit": (
        lambda: adlib.composite(np.sin, lambda x: np.sin(plain_value(x)) * (1 + 2.3e-16) + 0 * np.cos(x)),
        ".*",
        None,
    ),
    "another dtype": (lambda: adlib.linear(np.sin, lambda g, shape: g), ".*", None),
}


@pytest.mark.parametrize("mistake", PLANTED)
def test_a_wrong_rule_is_found(mistake, monkeypatch):
    plant, kinds, compositions = PLANTED[mistake]
    call = CALLS["tanh (4,)" if "infinity" in mistake else "sin (4,)"]
    monkeypatch.setitem(RULES, call.key, RULES[call.key])
    plant()
    found = {
        (kind, composition)
        for kind in KINDS
        for composition, verdict in compare(call, kind).items()
        if isinstance(verdict, tuple)
    }
    assert found
    for kind, composition in found:
        assert re.fullmatch(kinds, kind) and re.fullmatch(compositions or ".*", composition), (kind, composition)


def test_a_wrong_convention_is_found(monkeypatch):
    call = CALLS["np.max(x)"]
    monkeypatch.setitem(RULES, np.max, RULES[np.max])
    first = lambda t, y, x: t[0][np.argmax(plain_value(x))]  # noqa: E731
    adlib.rule(np.max, first, lambda g, y, x: [g * (np.arange(np.size(x)) == np.argmax(plain_value(x)))])
    assert isinstance(compare(call, "ordinary")["jvp"], str)
    assert isinstance(compare(call, "1 everywhere")["jvp"], tuple)
    assert isinstance(compare(call, "1 everywhere")["vjp"], tuple)
