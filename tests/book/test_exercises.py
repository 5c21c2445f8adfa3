"""Every exercise: its solution is right, its wrong answers are found with the hint that helps, and its stub is open.

The solutions are those of the sources, and the wrong answers are edits of them. What needs `instructor/` is skipped where
there is none.
"""

import json
import runpy
import time

import numpy as np
import pytest

from adlib.exercises import NotSolved, all_exercises, check
from adlib.exercises._engine import examine
from tools import ROOT, exercises

if not (ROOT / exercises.RESERVED).is_dir():
    pytest.skip("the exercises' sources are not all here", allow_module_level=True)

SETS = exercises.everything()
SECTIONS = {section.data["id"]: section for found in SETS.values() for section in found}
WRONG = {
    id: mistakes
    for file in sorted((ROOT / exercises.RESERVED / "wrong_answers").glob("*.py"))
    for id, mistakes in runpy.run_path(str(file))["WRONG"].items()
}
SEEDS = 100
EACH = pytest.mark.parametrize("id", SECTIONS)
MISTAKES = [(id, *mistake) for id, mistakes in WRONG.items() for mistake in mistakes]


def helpers(id):
    """The code that stands before an exercise in its notebook: imports, and what earlier exercises leave behind."""
    section = SECTIONS[id]
    head, found = exercises.sections(section.source)
    cells = [c for c in head if c.cell_type == "code"][1:]  # without the set-up cell
    for earlier in found:
        if earlier.number == section.number:
            return "\n".join(c.source for c in cells)
        cells += [c for c in earlier.cells if c.cell_type == "code" and "check(" not in c.source]


def handed_in(id, code):
    """What the code of a student leaves under the name that the exercise asks for."""
    code = code.replace("default_rng()", "default_rng(7)")  # a test that draws vectors draws the same ones each time
    name = all_exercises()[id].wants.split()[1].partition("(")[0].rstrip(":")
    return run(helpers(id) + "\n" + code)[name]


def run(code):
    space = {"__name__": "__main__"}
    exec(compile(code, "<student>", "exec"), space)
    return space


def own_code(id, stub=False):
    """The code of the exercise itself, solved or as the student gets it."""
    cells = [c.source for c in SECTIONS[id].cells if c.cell_type == "code" and "check(" not in c.source]
    if stub:
        cells = [exercises.opened(c) for c in cells]
    return "\n".join(cells)


def mistaken(id, edits):
    """The solution with a mistake put in."""
    solution = own_code(id)
    if isinstance(edits, str):
        return solution + "\n" + edits
    for there, instead in edits:
        assert there in solution, f"{there!r} is not in the solution of {id}"
        solution = solution.replace(there, instead)
    return solution


def test_every_exercise_has_a_source_a_checker_and_wrong_answers():
    assert set(SECTIONS) == set(all_exercises()) == set(WRONG)
    assert all(len(mistakes) >= 3 for mistakes in WRONG.values())
    assert len({(id, name) for id, name, *_ in MISTAKES}) == len(MISTAKES)


@EACH
def test_the_solution_is_right_for_every_seed(id):
    exercise, solution = all_exercises()[id], handed_in(id, own_code(id))
    for seed in range(SEEDS):
        verdict = examine(exercise, solution, seed)
        assert verdict.status == "right", (seed, verdict.text())


@EACH
def test_a_check_takes_less_than_two_seconds(id):
    exercise, solution = all_exercises()[id], handed_in(id, own_code(id))
    start = time.perf_counter()
    examine(exercise, solution)
    assert time.perf_counter() - start < 2


@pytest.mark.parametrize(("id", "name", "key", "edits"), MISTAKES, ids=[f"{id}: {name}" for id, name, *_ in MISTAKES])
def test_a_wrong_answer_gets_the_hint_that_helps(id, name, key, edits):
    exercise, student = all_exercises()[id], handed_in(id, mistaken(id, edits))
    verdict = examine(exercise, student)
    assert (verdict.status, verdict.key) == ("wrong", key), verdict.text()
    assert verdict.hint and verdict.case
    assert "Traceback" not in verdict.text()
    for seed in (1, 2, 3):  # found at other seeds too, as in grading
        assert examine(exercise, student, seed).status == "wrong"


@EACH
def test_every_hint_is_reached_by_a_wrong_answer_or_has_a_reason(id):
    reached = {key for other, _, key, _ in MISTAKES if other == id}
    unreached = set(all_exercises()[id].hints) - reached - UNREACHED.get(id, set())
    assert not unreached, f"no wrong answer gets the hints {sorted(unreached)}"


# Hints of last resort, for mistakes that nobody has named yet: each is chosen by a case on which no known one fails first.
UNREACHED = {"dual-numbers": {"composite"}, "reverse-sweep": {"graph"}, "mini-autograd": {"long"}}


@EACH
def test_the_stub_is_not_attempted(id, capsys):
    stub = handed_in(id, own_code(id, stub=True))
    check(id, stub, strict=False)
    assert capsys.readouterr().out == f"⏳ {id}: not attempted yet\n"
    with pytest.raises(NotSolved, match="not attempted"):
        check(id, stub, strict=True)


NONSENSE = {
    "None": None,
    "an ellipsis": ...,
    "a number": 3.0,
    "a string": "answer",
    "an array": np.zeros((2, 2)),
    "a list": [1.0, 2.0],
    "a function that returns nothing": lambda *args: None,
    "a function that returns an ellipsis": lambda *args: ...,
    "a function that returns a string": lambda *args: "1.0",
    "a function that returns True": lambda *args: True,
    "a function that returns a complex number": lambda *args: 1j,
    "a function that returns an empty list": lambda *args: [],
    "a function that returns NaN": lambda *args: np.nan,
    "a function that returns lists of lists": lambda *args: [[1.0], [2.0]],
    "a function that returns an array of another shape": lambda *args: np.zeros((7, 7)),
    "a function that returns an array of objects": lambda *args: np.array([None, "x"], object),
    "a function that takes nothing": lambda: 0.0,
    "a function that fails": lambda *args: 1 // 0,
    "a function that calls itself": lambda *args: (lambda f: f(f))(lambda f: f(f)),
    "a class": type("Nothing", (), {}),
    "a class with a constructor": type("Nothing", (), {"__init__": lambda self, *args: None}),
    "an object": object(),
    "a built-in function": max,
}


@EACH
@pytest.mark.parametrize("what", NONSENSE)
def test_nonsense_is_answered_in_words(id, what, capsys):
    check(id, NONSENSE[what], strict=False)
    printed = capsys.readouterr().out
    assert printed.startswith(f"❌ {id}: not right yet\n")
    assert len(printed.partition("→ ")[2]) > 10
    assert max(map(len, printed.splitlines())) <= 79
    assert "Traceback" not in printed and str(ROOT) not in printed
    with pytest.raises(NotSolved):
        check(id, NONSENSE[what], strict=True)


@EACH
def test_cases_and_answers_are_plain_data(id):
    """So that grading can send them to another process and back as JSON."""
    exercise, solution = all_exercises()[id], handed_in(id, own_code(id))
    for case in exercise.cases(np.random.default_rng(0)):
        assert json.loads(json.dumps(case)) == case
        answer = exercise.run(solution, case)
        back = json.loads(json.dumps(answer))
        assert back == answer
        assert exercise.verify(case, back) is None


@EACH
def test_critical_cases_are_enumerated(id):
    """The first cases are the same for every seed: what is critical is not left to chance."""
    first, second = (all_exercises()[id].cases(np.random.default_rng(seed)) for seed in (0, 1))
    assert len(first) == len(second)
    words = [case["shown"] for case in first]
    fixed = [word for word, other in zip(words, second) if word == other["shown"]]
    assert len(fixed) >= 3


def test_an_unknown_id_is_answered_in_words(capsys):
    check("forward-trce", None, strict=False)
    assert capsys.readouterr().out == "❌ there is no exercise 'forward-trce'; did you mean 'forward-trace'?\n"
    with pytest.raises(NotSolved):
        check("forward-trce", None, strict=True)


def test_strict_mode_is_an_environment_variable(monkeypatch):
    monkeypatch.setenv("ADLIB_STRICT", "1")
    with pytest.raises(NotSolved):
        check("forward-trace", None)
    monkeypatch.setenv("ADLIB_STRICT", "0")
    check("forward-trace", None)
    monkeypatch.delenv("ADLIB_STRICT")
    check("forward-trace", None)


def test_an_exception_names_the_students_line(capsys):
    student = handed_in("forward-trace", "def forward_trace(x, y, x_dot, y_dot):\n    a = 1\n    return a / (a - 1)")
    check("forward-trace", student, strict=False)
    printed = capsys.readouterr().out
    assert "the code stopped with ZeroDivisionError: division by zero" in printed
    assert "in forward_trace, line" in printed


def test_a_half_done_exercise_says_what_is_open(capsys):
    code = own_code("dual-numbers").replace("e = np.exp(self.value)\n", exercises.STUB + "\n")
    check("dual-numbers", handed_in("dual-numbers", code), strict=False)
    printed = capsys.readouterr().out
    assert printed.startswith("⏳ dual-numbers: not attempted yet; still to do: np.exp(x)")


def test_the_page_shows_what_a_check_really_prints(capsys):
    code = mistaken("forward-trace", [("x_dot * y + x * y_dot", "x_dot * y")])
    check("forward-trace", handed_in("forward-trace", code), strict=False)
    page = (ROOT / exercises.TABLE).read_text(encoding="utf-8")
    assert "\n".join("    " + line for line in capsys.readouterr().out.splitlines()) in page
