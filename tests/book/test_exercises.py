"""Every exercise: its solution is right, its wrong answers are found with the hint that helps, and its stub is open.

The solutions are those of the sources, and the wrong answers are edits of them. What needs `instructor/` is skipped where
there is none.
"""

import functools
import json
import re
import sys
import textwrap
from itertools import combinations

import numpy as np
import pytest

from adlib.exercises import NotSolved, all_exercises, check
from adlib.exercises._engine import examine
from tools import ROOT, exercises
from tools.student import mistaken as edited
from tools.student import right_answers, wrong_answers

if not (ROOT / exercises.RESERVED).is_dir():
    pytest.skip("the exercises' sources are not all here", allow_module_level=True)

SETS = exercises.everything()
SECTIONS = {section.data["id"]: section for found in SETS.values() for section in found}
WRONG = wrong_answers()
RIGHT = [(id, *answer) for id, answers in right_answers().items() for answer in answers]
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


def handed_in(id, code, seed=7):
    """What the code of a student leaves under the name that the exercise asks for."""
    code = code.replace(
        "default_rng()", f"default_rng({seed})"
    )  # a test that draws vectors draws the same ones each time
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
    return edited(own_code(id), edits)


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
def test_the_verdict_does_not_depend_on_what_numpy_was_told_to_raise(id):
    with np.errstate(all="raise"):
        assert examine(all_exercises()[id], handed_in(id, own_code(id))).status == "right"


# A reader waits for a check. A call, of Python or of NumPy on a case as small as these, takes under a microsecond on the
# average: so many take half a second, and on a slow machine two.
CALLS, NUMBERS = 1_000_000, 10_000


class TooManyCalls(BaseException):
    """No `Exception`, which the examination would answer in words."""


def calls(f, most=CALLS):
    """How many functions `f()` calls, also indirectly; it is stopped after `most`."""
    made = 0

    def count(frame, event, argument):
        nonlocal made
        made += event in ("call", "c_call")
        if made > most:
            raise TooManyCalls

    sys.setprofile(count)
    try:
        f()
    finally:
        sys.setprofile(None)
    return made


def size(data):
    """How many numbers and words a case holds."""
    if isinstance(data, dict):
        data = list(data.values())
    return sum(map(size, data)) if isinstance(data, list | tuple) else 1


@EACH
def test_a_check_is_quick_for_its_cases_are_small_and_its_calls_few(id):
    exercise, solution = all_exercises()[id], handed_in(id, own_code(id))
    assert calls(lambda: examine(exercise, solution)) <= CALLS
    assert max(map(size, exercise.cases(np.random.default_rng(1)))) <= NUMBERS


def test_a_check_that_takes_long_is_found():
    exercise = all_exercises()["jvp"]

    def slow(F, x, v):
        for _ in range(CALLS):
            abs(1)

    with pytest.raises(TooManyCalls):
        calls(lambda: examine(exercise, slow))
    assert sys.getprofile() is None
    assert size({"x": [[1.0] * 101] * 100}) > NUMBERS


@pytest.mark.parametrize(
    ("id", "name", "key", "words", "edits"), MISTAKES, ids=[f"{id}: {name}" for id, name, *_ in MISTAKES]
)
def test_a_wrong_answer_gets_the_hint_that_helps(id, name, key, words, edits):
    exercise, student = all_exercises()[id], handed_in(id, mistaken(id, edits))
    verdict = examine(exercise, student)
    assert (verdict.status, verdict.key) == ("wrong", key), verdict.text()
    assert misplaced(verdict.hint, words, key, exercise.hints) == ""
    assert verdict.hint and verdict.case
    assert "Traceback" not in verdict.text()
    for seed in (1, 2, 3):  # found at other seeds too, as in grading
        assert examine(exercise, student, seed).status == "wrong"


@pytest.mark.parametrize(("id", "name", "edits"), RIGHT, ids=[f"{id}: {name}" for id, name, _ in RIGHT])
def test_another_right_answer_is_right_with_whatever_it_draws(id, name, edits):
    for seed in range(6):
        verdict = examine(all_exercises()[id], handed_in(id, mistaken(id, edits), seed), seed)
        assert verdict.status == "right", verdict.text()


def misplaced(hint, words, key, hints):
    """What is wrong with the hint of a mistake, whose own words stand in it and in no other hint of the exercise."""
    elsewhere = [other for other, text in hints.items() if other != key and words in text]
    if words in hint:
        return f"{words!r} is in the hints {key!r} and {elsewhere[0]!r}, and tells them not apart" if elsewhere else ""
    swapped = f", but in the hint {elsewhere[0]!r}: are the two swapped?" if elsewhere else ""
    return f"{words!r} is not in the hint {key!r}" + swapped


@EACH
def test_two_hints_that_are_swapped_are_named(id):
    """Any two, in every exercise: each of their mistakes misses its words."""
    hints, words = all_exercises()[id].hints, {key: words for other, _, key, words, _ in MISTAKES if other == id}
    for one, two in combinations(hints, 2):
        swapped = hints | {one: hints[two], two: hints[one]}
        finding = f"{words[one]!r} is not in the hint {one!r}, but in the hint {two!r}: are the two swapped?"
        assert misplaced(swapped[one], words[one], one, swapped) == finding


def test_words_that_two_hints_have_are_not_enough():
    hints = {"short": "the mean is too short", "long": "the mean is too long"}
    finding = "'the mean' is in the hints 'short' and 'long', and tells them not apart"
    assert misplaced(hints["short"], "the mean", "short", hints) == finding
    assert misplaced(hints["short"], "a mean", "short", hints) == "'a mean' is not in the hint 'short'"


@EACH
def test_every_hint_is_reached_by_a_wrong_answer(id):
    reached = {key for other, _, key, *_ in MISTAKES if other == id}
    unreached = set(all_exercises()[id].hints) - reached
    assert not unreached, f"no wrong answer gets the hints {sorted(unreached)}"


@EACH
def test_the_stub_is_not_attempted(id, capsys):
    stub = handed_in(id, own_code(id, stub=True))
    check(id, stub, strict=False)
    assert capsys.readouterr().out == f"⏳ {id}: not attempted yet\n"
    with pytest.raises(NotSolved, match="not attempted"):
        check(id, stub, strict=True)


def fails(error):
    """A function that raises."""

    def fail(*args):
        raise error

    return fail


def overwrites(*args):
    """Whatever of the input can be overwritten is, and one input comes back."""
    for x in args:
        if isinstance(x, np.ndarray):
            x[...] = 0.0
        elif isinstance(x, list):
            x[:] = x[:1]
    return args[-1]


HANDED_IN = {
    "None": None,
    "an ellipsis": ...,
    "a number": 3.0,
    "an integer": 3,
    "a string": "answer",
    "an array": np.zeros((2, 2)),
    "a list": [1.0, 2.0],
    "an array of objects": np.array([None, "x"], object),
    "a function that takes nothing": lambda: 0.0,
    "a function that takes nine numbers": lambda a, b, c, d, e, f, g, h, i: 0.0,
    "a generator": (x for x in range(3)),
    "a class": type("Nothing", (), {}),
    "a class with a constructor": type("Nothing", (), {"__init__": lambda self, *args: None}),
    "an object": object(),
    "a built-in function": max,
    "a module": np,
}

# What a function gives for any arguments, and the methods of a class.
BEHAVIOURS = {
    "gives nothing": lambda *args: None,
    "gives an ellipsis": lambda *args: ...,
    "gives a string": lambda *args: "1.0",
    "gives True": lambda *args: True,
    "gives NotImplemented": lambda *args: NotImplemented,
    "gives a number": lambda *args: 3.0,
    "gives an integer": lambda *args: 3,
    "gives a NumPy integer": lambda *args: np.int64(3),
    "gives a complex number": lambda *args: 1j,
    "gives NaN": lambda *args: np.nan,
    "gives an empty list": lambda *args: [],
    "gives a list of another length": lambda *args: [1.0] * 9,
    "gives lists of lists": lambda *args: [[1.0], [2.0]],
    "gives lists of different length": lambda *args: [[1.0], [2.0, 3.0], [], 1.0],
    "gives a pair of NaN": lambda *args: (np.nan, np.nan),
    "gives a list of NaN": lambda *args: [np.nan] * 4,
    "gives a pair of arrays": lambda *args: (np.zeros((7, 7)), np.zeros((7, 7))),
    "gives a dictionary": lambda *args: {"x": 1.0},
    "gives a set": lambda *args: {1.0, 2.0},
    "gives an array of another shape": lambda *args: np.zeros((7, 7)),
    "gives an empty array": lambda *args: np.zeros(0),
    "gives an array of integers": lambda *args: np.zeros((2, 3), int),
    "gives a complex array": lambda *args: np.zeros(4, complex),
    "gives an array of objects": lambda *args: np.array([None, "x"], object),
    "gives a generator": lambda *args: (x for x in args),
    "gives a function": lambda *args: lambda: 0.0,
    "gives a class": lambda *args: float,
    "gives its input": lambda *args: args[0],
    "gives a view of its input": lambda *args: args[0][:1],
    "gives all its inputs": lambda *args: args,
    "overwrites its input": overwrites,
    "divides by zero": lambda *args: 1 // 0,
    "looks up a key that is not there": fails(KeyError("x")),
    "fails without a word": fails(ValueError()),
    "fails with many words": fails(TypeError("word " * 1000)),
    "leaves Python": fails(SystemExit(1)),
    "stops an iteration": fails(StopIteration()),
    "runs out of memory": fails(MemoryError()),
    "calls itself": lambda *args: (lambda f: f(f))(lambda f: f(f)),
}
METHODS = (
    "__add__",
    "__radd__",
    "__sub__",
    "__rsub__",
    "__mul__",
    "__rmul__",
    "__truediv__",
    "__rtruediv__",
    "__pow__",
    "exp",
    "backward",
)


def behaving(id, behaviour):
    """A function, or a class where one is asked for, that behaves in a way."""
    if all_exercises()[id].wants.startswith("def"):
        return behaviour
    body = {name: lambda self, *args: behaviour(self, *args) for name in METHODS}
    return type("Answer", (), body | {"__init__": lambda self, value, dot=0.0: None})


@EACH
@pytest.mark.parametrize("what", [*HANDED_IN, *BEHAVIOURS])
def test_nonsense_is_answered_in_words(id, what, capsys):
    answer = HANDED_IN[what] if what in HANDED_IN else behaving(id, BEHAVIOURS[what])
    check(id, answer, strict=False)
    printed = capsys.readouterr().out
    assert printed.startswith(f"❌ {id}: not right yet\n")
    assert len(printed.partition("→ ")[2]) > 10
    assert max(map(len, printed.splitlines())) <= 79
    assert "Traceback" not in printed and str(ROOT) not in printed and " object at 0x" not in printed
    with pytest.raises(NotSolved):
        check(id, answer, strict=True)


# What happens to one number of an answer that is right else.
SPOILT = {
    "NaN": lambda x: x * np.nan,
    "infinite": lambda x: x * np.inf if x else np.inf,
    "off in the seventh digit": lambda x: x + (1e-7 * x if x else 1e-7),
    "complex": lambda x: x + 0j,
    "missing": lambda x: None,
    "in a list": lambda x: [x],
    "in words": str,
}


def spoilt(result, how):
    """The result with its first number spoilt."""
    if isinstance(result, list | tuple):
        return type(result)([spoilt(result[0], how), *result[1:]])
    if isinstance(result, np.ndarray) and result.size:
        number = how(result.flat[0])
        kind = {float: float, np.float64: float, np.complex128: complex}.get(type(number), object)
        entries = result.astype(kind)
        entries.flat[0] = number
        return entries
    return how(result)


@EACH
@pytest.mark.parametrize("what", SPOILT)
def test_an_answer_with_one_spoilt_number_is_wrong(id, what):
    solution, how = handed_in(id, own_code(id)), SPOILT[what]
    if id == "dual-numbers":

        class Spoilt(solution):
            def exp(self):
                result = super().exp()
                result.dot = how(result.dot)
                return result

    elif id == "mini-autograd":

        class Spoilt(solution):
            def backward(self):
                super().backward()
                self.grad = how(self.grad)
                for parent, _ in self.uses:
                    parent.grad = how(parent.grad)

    else:

        def Spoilt(*args):
            return spoilt(solution(*args), how)

    if id in ("adjoint-test", "find-the-bug") and what == "off in the seventh digit":
        pytest.skip("it answers True or False")
    verdict = examine(all_exercises()[id], Spoilt)
    assert verdict.status == "wrong" and verdict.hint, verdict.text()


def test_what_the_code_prints_does_not_bury_the_verdict(capsys):
    def forward_trace(x, y, x_dot, y_dot):
        for k in range(10_000):
            print("step", k)
        return [1.0] * 4

    check("forward-trace", forward_trace)
    printed = capsys.readouterr().out
    beginning, _, verdict = printed.partition("... (what your code prints further is left out)\n")
    assert beginning.startswith("step 0\nstep 1\n") and 1900 < len(beginning) <= 2001
    assert verdict.startswith("❌ forward-trace: not right yet\n")


@EACH
def test_an_answer_that_prints_is_as_right_as_without(id, capsys):
    """Where an answer is watched, for calls of a library, what passes on its prints is no such call."""
    solution = handed_in(id, own_code(id))
    if isinstance(solution, type):
        pytest.skip("a class: what its methods print is not watched")

    @functools.wraps(solution)
    def loud(*args):
        print("called with", *args, flush=True)
        answer = solution(*args)
        sys.stdout.write(f"found {answer}\n")
        return answer

    check(id, loud)
    assert f"✅ {id}: right" in capsys.readouterr().out


def test_a_line_that_the_code_leaves_open_does_not_swallow_the_sign(capsys):
    check("forward-trace", lambda *args: print("here", end=""))
    assert capsys.readouterr().out.startswith("here\n❌ forward-trace: not right yet\n")


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


def test_an_exception_names_the_students_line(capsys):
    student = handed_in("forward-trace", "def forward_trace(x, y, x_dot, y_dot):\n    a = 1\n    return a / (a - 1)")
    check("forward-trace", student, strict=False)
    printed = capsys.readouterr().out
    assert "the code stopped with ZeroDivisionError: division by zero" in printed
    assert "in forward_trace, line" in printed


def test_a_walk_that_goes_too_deep_names_the_students_line():
    """And no line of Python's own modules, where the last call may have been."""
    for name in ("a sort that calls itself", "an operation that calls itself"):
        edits = next(edits for id, found, _, _, edits in MISTAKES if (id, found) == ("train-value", name))
        verdict = examine(all_exercises()["train-value"], handed_in("train-value", mistaken("train-value", edits)))
        assert verdict.found.startswith(("in visit, line", "in __rsub__, line")), verdict.text()


def test_a_half_done_exercise_says_what_is_open(capsys):
    code = own_code("dual-numbers").replace("e = np.exp(self.value)\n", exercises.STUB + "\n")
    check("dual-numbers", handed_in("dual-numbers", code), strict=False)
    printed = capsys.readouterr().out
    assert printed.startswith("⏳ dual-numbers: not attempted yet; still to do: np.exp(x)")


def test_the_instructors_template_works_as_it_stands():
    """The pieces of instructor/README.md, put together: the solution is right, and the wrong answers get their hints."""
    readme = (ROOT / exercises.RESERVED / "README.md").read_text(encoding="utf-8")
    blocks = [textwrap.dedent(b) for b in re.findall(r"(?m)(?:^ {4,}\S.*\n(?:\n+(?= {4,}))?)+", readme)]
    data, task, checker, wrong = (next(b for b in blocks if b.startswith(start)) for start in (
        '"exercise": {"id"', "def cheap_gradient", '"""The exercises of chapter 7', '"""Wrong answers'))  # fmt: skip
    assert set(json.loads("{" + data + "}")["exercise"]) == set(exercises.KEYS)
    assert exercises.opened(task) == f"def cheap_gradient(f, x):\n    {exercises.STUB}\n"

    made = {"__name__": "adlib.exercises.template", "__package__": "adlib.exercises"}
    exec(compile(checker, "<checker>", "exec"), made)
    (exercise,) = made["EXERCISES"]
    imports = re.findall(r"`((?:import|from) [^`]+)`", readme)
    right = "\n".join(imports) + "\n" + re.sub(r" *# (BEGIN|END) SOLUTION\n", "", task)
    assert examine(exercise, run(right)["cheap_gradient"]).status == "right"
    mistakes = run(wrong)["WRONG"][exercise.id]
    assert len(mistakes) >= 3
    for name, key, words, edits in mistakes:
        verdict = examine(exercise, run(edited(right, edits))["cheap_gradient"])
        assert (verdict.status, verdict.key) == ("wrong", key), (name, verdict.text())
        assert misplaced(verdict.hint, words, key, exercise.hints) == ""
