"""`examine` on a zoo: what is wrong with each function, and nothing of what is not."""

import inspect

import numpy as np
import pytest

import adlib
from tests.adlib.examination.zoo import FAULTY, SOUND
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
    assert len(FAULTY) >= 30 and len(SOUND) >= 10
    assert len({kind for *_, kind in FAULTY.values()}) == 15


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


def test_what_the_function_raises_itself_is_raised():
    with pytest.raises(ZeroDivisionError):
        adlib.examine(lambda x: 1.0 / x, 0.0)


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
