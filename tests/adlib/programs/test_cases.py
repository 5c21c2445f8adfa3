"""Every case of the rules' tables as a recorded program: the bits of tracing elsewhere, or a message, and nothing wrong.

A case is recorded at one point and runs at others: the function itself, its gradient, a directional derivative and a
product with the Hessian; as it is called, written over its own arrays, and as the bare function.  What is refused and
what is checked stands below, by name: more of it and less of it both turn a test red.  How many there are of each is
printed at the end of the run.
"""

import functools
import itertools
import re
from collections import Counter

import numpy as np
import pytest

import adlib
import adlib.programs.in_place
import adlib.programs.program
import adlib.programs.recorder
import adlib.programs.text
from adlib.core import trace
from tests.adlib.programs.recorded import (
    CHECKED,
    DERIVATIVES,
    FAULT,
    REFUSED,
    SAME,
    compared,
    numbers,
    recorded,
    same_bits,
)
from tests.adlib.rules.asked import CALLS, KINDS
from tests.adlib.rules.cases import CASES
from tests.adlib.rules.numpy_cases import LINES

pytestmark = pytest.mark.filterwarnings("ignore::RuntimeWarning", "ignore:Polyfit may be poorly conditioned")

COUNTS = {}
CORNERS = ("0", "0 everywhere", "-0", "ties", "1 everywhere", "inf", "-inf")
OTHERS = ("float32", "float16", "longdouble", "float", "0-d", "empty")
LAPACK = re.compile(r"np\.(linalg|polyfit)")  # which need not end on what is infinite

# Calls whose gradient's program answers with a message at some corner, by what the message says: a matrix became singular or
# a norm zero, entries are counted or dropped by their values, or the derivative is infinite.  The others give the bits of
# tracing at all corners.
_VECTORS = "x|x, 'fro'|x, 2|x, -2|x, 2.5|x, 3|x, axis=0"
MESSAGES = {
    "is no longer (True|False)": {
        *(f"np.linalg.norm({x})" for x in _VECTORS.split("|")),
        *("np.linalg.vector_norm(x)", "np.linalg.vector_norm(x, axis=1, ord=3)", "np.linalg.matrix_norm(x)"),
        *("np.linalg.cond(x)", "np.linalg.cond(x, 1)", "np.linalg.cond(x, 'fro')", "np.linalg.det(x)"),
        *(f"np.linalg.{name}(x + np.swapaxes(x, -1, -2))" for name in ("eigh", "eigvalsh")),
        *("np.linalg.svd(x, compute_uv=False)", "np.linalg.svd(x, full_matrices=False)", "np.linalg.svdvals(x)"),
        *("np.linalg.qr(x)", "np.linalg.qr(x, mode='r')", "np.linalg.slogdet(x)[1]"),
    },
    "the shape of": {
        *("np.extract(real(x) > 0, x)", "np.polymul(x, y)", "np.polydiv(x, y)"),
        *("np.trim_zeros(np.concatenate([np.zeros(2), x, np.zeros(1)]))", "np.trim_zeros(np.pad(x, 1), 'f')"),
        *(text for text in CALLS if text.startswith(("np.piecewise", "np.polyfit"))),
        "np.linalg.lstsq(x, y, rcond=None)[0]",
        *(f"np.lib.scimath.{name}(x * x / 4 + 0.01)" for name in ("arccos", "arcsin", "arctanh")),
    },
    "not finite": {
        *(f"{name} (4,)" for name in ("arctan", "log", "log10", "log2", "sqrt")),
        *(f"{name} (4,) (4,)" for name in ("arctan2", "hypot", "logaddexp", "logaddexp2")),
        *(f"np.{name}.outer(x, y)" for name in ("arctan2", "hypot", "logaddexp", "logaddexp2")),
        *(text for text in CALLS if re.match(r"np\.(corrcoef|geomspace|logaddexp2?\.(reduce|accumulate))", text)),
        *(f"np.lib.scimath.{name}(x * x / 4 + 0.01)" for name in ("sqrt", "log", "log2", "log10")),
        "np.lib.scimath.logn(3.0, x * x)",
    },
}


@pytest.fixture(autouse=True)
def small_arrays_are_written_over(monkeypatch):
    monkeypatch.setattr(adlib.programs.in_place, "LARGE", 1)


def tables():
    """A name, a function of arrays and four points for each case of both tables, at each of its shapes."""
    for case in CASES:
        for shapes in case.shapes:
            yield f"{case.name} {shapes}", case.on(np), [case.points(shapes, seed) for seed in range(4)]
    for line in LINES:
        yield str(line), functools.partial(line.f, np), [line.point(seed) for seed in range(4)]


def corners(call):
    """Arguments at the edge of a call's domain, by the name of their kind."""
    found = {kind: KINDS[kind](call) for kind in CORNERS if not ("inf" in kind and LAPACK.match(call.text))}
    if not LAPACK.match(call.text):
        xs = call.draw(call.shapes)
        xs[0].reshape(-1)[:1] = np.nan
        found["NaN"] = xs
    return found


def from_ordinary_to_corners(call):
    yield call.text, call.f, [call.draw(call.shapes), *corners(call).values()]


def from_corners_to_ordinary(call):
    for kind, xs in corners(call).items():
        if kind not in ("-0", "-inf"):  # a recording takes half of the time
            yield f"{call.text} | {kind}", call.f, [xs, call.draw(call.shapes)]


def of_other_types(call):
    """In other precisions, as Python's floats, with nothing in them: a point, and one beside it."""
    for kind in OTHERS:
        xs = KINDS[kind](call)
        yield (
            f"{call.text} | {kind}",
            call.f,
            [xs, [0.9 * x if type(x) is float else x * x.dtype.type(0.9) for x in xs]],
        )


def judged(jobs, derivative):
    """For each job of a name, a function and points: the name, and how its program did at each point, in a pair of words."""
    for name, f, points in jobs:
        points = [xs if any(type(x) is float for x in xs) else numbers(xs) for xs in points]
        g = DERIVATIVES[derivative](f, len(points[0]))
        with np.errstate(all="ignore"):
            try:
                g(*points[0])
            except Exception:  # NumPy raises, or tracing refuses
                continue
            program = recorded(g, points[0])
            verdicts = [(REFUSED, program)] if type(program) is str else [compared(program, g, xs) for xs in points]
        for verdict in verdicts:
            yield name, *verdict


def judge(title, jobs, derivative):
    """What is wrong, and the messages by name; the counts are kept."""
    found = list(judged(jobs, derivative))
    COUNTS[f"{title}, {derivative}"] = Counter(verdict for _, verdict, _ in found)
    faults = [f"{name}: {words}" for name, verdict, words in found if verdict in (FAULT, REFUSED)]
    return faults, {(name, words) for name, verdict, words in found if verdict == CHECKED}


def each(make):
    return itertools.chain.from_iterable(map(make, CALLS.values()))


@pytest.mark.parametrize("derivative", DERIVATIVES)
def test_the_tables(derivative):
    faults, messages = judge("the tables", tables(), derivative)
    assert not faults, "\n".join(faults)
    assert not messages


def test_the_text_runs_alone():
    """With NumPy and nothing else, where it writes out its constants."""
    alone = 0
    for name, f, points in tables():
        first, second = map(numbers, points[:2])
        gradient = DERIVATIVES["gradient"](f, len(first))
        program, names = adlib.program(gradient)(*first), {}
        exec(program.text, names)
        written = names.keys() >= program.constants.keys()
        alone += written
        assert not written or same_bits(names[program.name](*second), gradient(*second)), name
    assert alone > 800


@pytest.mark.parametrize("derivative", ["gradient", "hvp"])
def test_recorded_at_an_ordinary_point_and_run_at_corners(derivative):
    faults, messages = judge("run at corners", each(from_ordinary_to_corners), derivative)
    assert not faults, "\n".join(faults)
    unknown = [pair for pair in messages if not any(re.search(words, pair[1]) for words in MESSAGES)]
    assert not unknown
    if derivative == "gradient":
        found = {words: {name for name, said in messages if re.search(words, said)} for words in MESSAGES}
        assert found == {words: names & set(CALLS) for words, names in MESSAGES.items()}


def test_recorded_at_corners_and_run_at_an_ordinary_point():
    faults, messages = judge("recorded at corners", each(from_corners_to_ordinary), "gradient")
    assert not faults, "\n".join(faults)
    powers = {f"np.{name}.outer(x, y)" for name in ("power", "float_power")}  # of a negative base: no number
    assert {name.partition(" | ")[0] for name, _ in messages} <= powers.union(*MESSAGES.values())


@pytest.mark.parametrize("derivative", ["plain", "gradient"])
def test_of_other_types(derivative):
    faults, messages = judge("other types", each(of_other_types), derivative)
    assert not faults, "\n".join(faults)
    assert not messages


def test_the_counts(table):
    lines = [
        f"{title:32}" + ", ".join(f"{verdict} {counts[verdict]}" for verdict in (SAME, CHECKED, REFUSED, FAULT))
        for title, counts in COUNTS.items()
    ]
    table("recorded programs: runs at a point", "\n".join(lines))
    assert all(counts[SAME] > 3000 for counts in COUNTS.values())


# ---------------------------------------------------------------------------------------------
# Mistakes in the recorder, and calls by which they show


def _naive(monkeypatch):
    """A recorder that is one more level of differentiation: rules see through it, and their masks are frozen."""
    monkeypatch.setattr(trace, "DIFFERENTIATED", trace.TRACERS)


def _shapes_unchecked(monkeypatch):
    monkeypatch.setattr(adlib.programs.recorder, "fixes_shape", lambda call, args, kwargs: True)


def _branches_unchecked(monkeypatch):
    monkeypatch.setattr(adlib.programs.recorder.Recorder, "check_value", lambda self, x, kind, value: value)


def _results_unchecked(monkeypatch):
    monkeypatch.setattr(adlib.programs.recorder.Recorder, "rare", lambda self, condition: False)


def _entries_once(monkeypatch):
    monkeypatch.setattr(adlib.programs.text, "is_basic", lambda index: True)


def _written_over_too_early(monkeypatch):
    overwritten = adlib.programs.in_place.Lifetimes.overwritten

    def early(self, i, line):
        self._ends = dict.fromkeys(self._ends, i)
        return overwritten(self, i, line)

    monkeypatch.setattr(adlib.programs.in_place.Lifetimes, "overwritten", early)


def _views_are_new(monkeypatch):
    monkeypatch.setattr(adlib.programs.in_place, "is_new", lambda call: True)


MISTAKES = {
    "rules see through recorded values": (_naive, ["np.sort(x)", "maximum (4,) (4,)"], "tables"),
    "shapes are not checked": (
        _shapes_unchecked,
        ["np.piecewise(x, [real(x) > 0], [lambda t, a: a * t, 3.0], 2.0)"],
        "corners",
    ),
    "branches are not checked": (_branches_unchecked, ["np.linalg.norm(x)", "np.linalg.det(x)"], "corners"),
    "rare cases do not show": (_results_unchecked, ["hypot (4,) (4,)", "np.logaddexp2.outer(x, y)"], "corners"),
    "an entry named twice counts once": (_entries_once, ["np.interp(x, y, z, period=2.5)"], "tables"),
    "an array is written over too early": (_written_over_too_early, ["tanh (4,)", "np.prod(x)"], "tables"),
    "a view passes for new memory": (_views_are_new, ["squeeze", "np.flip(x)"], "tables"),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_found(mistake, monkeypatch):
    plant, texts, where = MISTAKES[mistake]

    def faults():
        if where == "corners":
            jobs = [job for text in texts for job in from_ordinary_to_corners(CALLS[text])]
        else:
            heads = tuple(text.partition(" (")[0] for text in texts)
            jobs = [job for job in tables() if job[0].startswith(heads)]
        return [words for _, verdict, words in judged(jobs, "hvp") if verdict in (FAULT, REFUSED)]

    assert not faults()
    plant(monkeypatch)
    assert faults()
