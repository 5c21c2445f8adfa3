"""`examine` on a zoo: what is wrong with each function, and nothing of what is not."""

import inspect
import sys

import numpy as np
import pytest

import adlib
from adlib.examination.verdicts import CURES
from tests.adlib.examination.sound import SOUND
from tests.adlib.examination.zoo import FAULTY
from tests.adlib.modes.test_random_programs import OPERATIONS, SHAPES, Program

# Slopes known from elsewhere, of functions whose derivative by adlib is off.
TRUE = {"sine quotient": -1e-8 / 3, "exponential quotient": 0.5, "held constant": 4.0}


def marked(f):
    """The number of the line of f's source that carries the mark; None where none does."""
    lines, first = inspect.getsourcelines(f)
    return next((first + k for k, line in enumerate(lines) if "# <-" in line), None)


@pytest.mark.parametrize("name", FAULTY)
def test_a_faulty_one_is_named_with_its_line(name):
    f, x, kind = FAULTY[name]
    found = adlib.examine(f, x)
    assert [trouble.kind for trouble in found.troubles][:1] == [kind]
    place = found.troubles[0].place
    assert (place and place.line) == marked(f), str(found)
    assert found.troubles[0].cure in " ".join(str(found).split())
    assert max(map(len, str(found).splitlines())) < 80


@pytest.mark.parametrize("name", SOUND)
def test_a_sound_one_is_left_alone(name):
    found = adlib.examine(*SOUND[name])
    assert found.sound, str(found)
    assert str(found).endswith("nothing was found")


def test_the_zoo_is_as_large_as_it_is_said_to_be():
    assert len(FAULTY) >= 55 and len(SOUND) >= 30
    assert len({kind for *_, kind in FAULTY.values()}) == len(CURES) == 19


@pytest.mark.parametrize("name", TRUE)
def test_values_know_the_slope_where_the_derivative_is_off(name):
    f, x, _ = FAULTY[name]
    slopes = adlib.examine(f, x).slopes
    assert slopes["from the left"] == pytest.approx(TRUE[name], rel=1e-2)
    assert slopes["from the right"] == pytest.approx(TRUE[name], rel=1e-2)
    assert slopes["forward mode"] != pytest.approx(TRUE[name], rel=1e-2)


@pytest.mark.parametrize("name", [name for name, (_, x) in SOUND.items() if name != "rectifier twice"])
def test_all_methods_agree_on_a_sound_one(name):
    slopes = adlib.examine(*SOUND[name]).slopes
    right = slopes["forward mode"]
    assert slopes["reverse mode"] == pytest.approx(right, rel=1e-12, abs=1e-12)
    for side in ("from the left", "from the right"):
        assert slopes[side] == pytest.approx(right, rel=1e-4, abs=1e-9)


@pytest.mark.parametrize("shift", [0.0, 0.1, 0.7])
@pytest.mark.parametrize("name", ["sine", "the lecture's example", "network", "largest, alone"])
def test_a_sound_one_is_sound_at_other_points(name, shift):
    f, x = SOUND[name]
    for seed in range(3):
        assert adlib.examine(f, x + shift, seed=seed).sound


def test_a_loop_that_ends_in_double_precision_only_does_not_hang():
    f, x = SOUND["Babylonian root to the end"]
    assert adlib.examine(f, x).slopes["single precision"] is None


@pytest.mark.skipif(sys.gettrace() is not None, reason="a debugger counts the lines, and examine cannot")
@pytest.mark.parametrize("x, sound", [(0.6, True), (0.5, False)])
def test_a_loop_that_does_not_end_beside_the_point_does_not_hang(x, sound):
    def f(x):
        while x < 0.5:
            pass
        return x * x

    found = adlib.examine(f, x)
    assert found.sound == sound and [trouble.kind for trouble in found.troubles] == ["edge of the domain"] * (not sound)


@pytest.mark.parametrize("error", [AssertionError, RuntimeError, KeyError, RecursionError, StopIteration, ValueError])
def test_what_the_function_raises_beside_the_point_is_no_value(error):
    def f(x):
        if x < 0:
            raise error("no")
        return x * x

    assert adlib.examine(f, 1e-3).sound
    assert [trouble.kind for trouble in adlib.examine(f, 0.0).troubles] == ["edge of the domain"]


def test_what_the_function_raises_itself_is_raised():
    with pytest.raises(ZeroDivisionError):
        adlib.examine(lambda x: 1.0 / x, 0.0)


def test_the_same_twice_is_the_same():
    """Python 3.11 changes its instructions while it runs them; what is said of a call must not depend on it."""
    f, x, _ = FAULTY["math"]
    assert len({str(adlib.examine(f, x)) for _ in range(8)}) == 1


def test_a_point_in_single_precision_is_refused_in_words():
    for x in (np.float32(0.5), np.ones(2, np.float16), np.longdouble(2.0)):
        with pytest.raises(adlib.ArgumentError, match=r"float64 point.*x is float.*write x.astype\(np.float64\)"):
            adlib.examine(lambda x: np.sum(np.sin(x)), x)


def test_neither_the_point_nor_the_settings_of_the_caller_change():
    x, traced, state = np.array([1.0, 2.0]), sys.gettrace(), np.geterr()

    def f(x):
        x *= 2
        return np.sum(x)

    adlib.examine(f, x)
    assert np.array_equal(x, [1.0, 2.0]) and sys.gettrace() is traced and np.geterr() == state


# Sound functions and where they are defined: at all numbers, or at positive ones.
KNOWN = {
    "everywhere": (
        *(np.sin, np.cos, np.tanh, np.arctan, np.arcsinh, np.cbrt, np.abs),
        *(lambda x: x * x, lambda x: 1 / x, lambda x: np.sqrt(1 + x * x), lambda x: 1 / (1 + x * x)),
        *(lambda x: np.logaddexp(0.0, x), lambda x: np.exp(-x * x), lambda x: (1 + x) / (2 + x * x)),
        *(lambda x: np.where(x > 0, x, 0.1 * x), lambda x: x**5 - 3 * x**2 + x, lambda x: np.maximum(x, 0.0)),
    ),
    "positive": (
        *(np.log, np.sqrt, np.log1p, lambda x: x * np.log(x), lambda x: x**1.5, lambda x: x**0.3),
        *(lambda x: np.log(x) ** 2, lambda x: x / (1 + x), lambda x: 1 / x**2, lambda x: x**0.95),
    ),
}


@pytest.mark.parametrize("power", range(-12, 13))
@pytest.mark.parametrize("domain", KNOWN)
def test_a_known_function_is_sound_at_every_scale(domain, power):
    for f in KNOWN[domain]:
        for x in (3.7 * 10.0**power, *((-1.3 * 10.0**power,) if domain == "everywhere" else ())):
            found = adlib.examine(f, x)
            assert found.sound, (f, x, str(found))


@pytest.mark.parametrize("seed", range(12))
def test_a_function_is_sound_at_its_minimum(seed):
    rng = np.random.default_rng(seed)
    A, b, c = rng.normal(size=(8, 3)), rng.normal(size=8), rng.normal(size=4) * 10.0 ** rng.uniform(-5, 5)
    least = np.linalg.lstsq(A, b, rcond=None)[0]
    m = c[0]
    for f, x in (
        (lambda w: np.sum((A @ w - b) ** 2), least),
        (lambda w: np.linalg.norm(A @ w - b), least),
        (lambda w: np.mean((w - c) ** 2), c),
        (lambda w: np.sum(np.log(np.cosh(w - c))), c),
        (lambda x: (x - m) ** 2, m * (1 + 1e-9)),
        (lambda x: (x * x - m * m) ** 2, abs(m)),
        (lambda x: -np.cos(x - m), m),
        (lambda w: (1 - w[0]) ** 2 + 100 * (w[1] - w[0] ** 2) ** 2, np.ones(2)),
        (np.var, m * np.ones(4)),
        (np.cos, np.pi),
    ):
        found = adlib.examine(f, x, seed=seed)
        assert found.sound, str(found)


@pytest.mark.parametrize("power", range(-6, 7))
def test_a_fault_is_named_at_every_scale(power):
    c, stop = 2.7 * 10.0**power, adlib.stop_gradient
    for f, kind in (
        (lambda x: np.sin(x / c) + 1e-4 * np.abs(x / c - 1), "corner"),
        (lambda x: np.minimum(x, c), "corner"),
        (lambda x: np.sin(x / c) + np.where(x > c, 1e-5, 0.0), "jump"),
        (lambda x: np.sin(x / c) * stop(np.exp(x / c)), "cut off"),
        (lambda x: np.round(937.3 * x / c), "staircase"),
        (lambda x: np.round(937.3 * x / c) + x / c, "staircase"),
        (lambda x: 1.0 if x == c else 2 * x / c - 1, "branch"),
    ):
        assert [trouble.kind for trouble in adlib.examine(f, c).troubles] == [kind]


@pytest.mark.parametrize("x", [np.nan, np.array([1.0, np.inf]), 1, "1.0", [1.0]])
def test_a_point_that_is_none_is_refused(x):
    with pytest.raises(adlib.ArgumentError, match="examine"):
        adlib.examine(np.sin, x)


@pytest.mark.parametrize("f", [lambda x: x, lambda x: (x, x), lambda x: None, lambda x: 1j])
def test_a_function_of_several_results_is_refused(f):
    with pytest.raises(adlib.ArgumentError, match="examine takes a function of one real number"):
        adlib.examine(f, np.array([1.0, 2.0]))


def test_the_function_is_called_as_the_reader_wrote_it():
    """It sees arrays of its own shape, and its argument stays as it was."""
    shapes, x = set(), np.ones((2, 3))

    def f(x):
        shapes.add(np.shape(x))
        return np.sum(x**2)

    assert adlib.examine(f, x).sound
    assert shapes == {(2, 3)} and np.array_equal(x, np.ones((2, 3)))


def random_program(rng):
    """A program that nobody chose, of two arrays that stand in one, and the number of entries."""
    shapes = [SHAPES[k] for k in rng.integers(0, len(SHAPES), 2)]
    values, lines = [np.full(shape, 0.3) for shape in shapes], []
    names = [name for name in OPERATIONS if not name.startswith("an inner")]
    while len(lines) < 6:
        count, fits, operation = OPERATIONS[name := names[rng.integers(len(names))]]
        operands = tuple(rng.integers(0, len(values), count).tolist())
        if fits(*[np.shape(values[k]) for k in operands]):
            values.append(operation(np, *[values[k] for k in operands]))
            lines.append((name, operands))
    program, first = Program(tuple(shapes), tuple(lines)), int(np.prod(shapes[0]))
    split = lambda x: program(np, np.reshape(x[:first], shapes[0]), np.reshape(x[first:], shapes[1]))  # noqa: E731
    return split, first + int(np.prod(shapes[1]))


@pytest.mark.parametrize("seed", range(60))
def test_a_random_program_at_a_random_point_is_left_alone(seed):
    rng = np.random.default_rng(seed)
    f, n = random_program(rng)
    found = adlib.examine(f, rng.normal(size=n))
    assert found.sound, str(found)
