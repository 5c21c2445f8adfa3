"""What an exercise is, and how an answer to it is examined.

An exercise has three parts, and the same three serve the visible check and the grading of a class:

- `cases(rng)` makes the cases: dictionaries of numbers, strings and lists, the critical ones first, in an order in
  which each asks for one thing more than those before it; then random ones;
- `run(student, case)` calls the student's code, and returns what came back as numbers and lists;
- `verify(case, answer)` compares with an oracle, which is never a solution of the exercise.

The first case that fails chooses the hint.
"""

import inspect
import textwrap
import traceback
import warnings
from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from ._answers import Unusable, name_of

VISIBLE_SEED = 2718
_PACKAGE = str(Path(__file__).parent.parent)
_LIBRARY = str(Path(np.__file__).parent)


@dataclass(frozen=True)
class Complaint:
    """Why an answer is wrong: the `key` of a hint, and what was found, as `'v1_dot is 2, expected 3'`."""

    key: str
    found: str = ""


@dataclass(frozen=True)
class Exercise:
    """One exercise: what the student hands in, the three parts of its check, and the hints by their keys.

    `wants` is the head of what is handed in, as Python writes it: `def sweep(n, edges):` or `class Dual:`.
    Every case holds `'shown'`, the case in words.
    """

    id: str
    wants: str
    cases: Callable
    run: Callable
    verify: Callable
    hints: dict = field(default_factory=dict)


@dataclass(frozen=True)
class Verdict:
    """What came of an examination: `status` is `'right'`, `'wrong'` or `'not attempted'`."""

    id: str
    status: str
    passed: int = 0
    total: int = 0
    key: str = ""
    hint: str = ""
    case: str = ""
    found: str = ""

    def text(self):
        """The verdict as the student reads it."""
        if self.status == "right":
            return f"✅ {self.id}: right in all {self.total} cases"
        if self.status == "not attempted":
            return f"⏳ {self.id}: not attempted yet" + (f"; still to do: {self.case}" if self.passed else "")
        lines = [f"case {self.passed + 1} of {self.total}: {self.case}"] if self.case else []
        lines += [self.found] if self.found else []
        lines += [f"→ {self.hint}"]
        wrapped = [textwrap.fill(line, 79, initial_indent="   ", subsequent_indent="     ") for line in lines]
        return "\n".join([f"❌ {self.id}: not right yet", *wrapped])


def examine(exercise, student, seed=VISIBLE_SEED):
    """Examine `student`, the function or class that was handed in, at the cases that `seed` gives.

    Returns a `Verdict`, whatever the student's code does short of never ending: an exception, a wrong type and a
    wrong shape become words. The student's code gets a copy of each case, so that it cannot change it.
    """
    try:
        _fits(exercise, student)
    except Unusable as misfit:
        return Verdict(exercise.id, "wrong", key=misfit.key, hint=str(misfit))
    cases = exercise.cases(np.random.default_rng(seed))
    for passed, case in enumerate(cases):
        place = {"passed": passed, "total": len(cases), "case": case["shown"]}
        try:
            with np.errstate(all="ignore"), warnings.catch_warnings():
                warnings.simplefilter("ignore")
                answer = exercise.run(student, deepcopy(case))
        except NotImplementedError:
            return Verdict(exercise.id, "not attempted", **place)
        except Unusable as misfit:
            return Verdict(exercise.id, "wrong", key=misfit.key, hint=str(misfit), **place)
        except (Exception, SystemExit) as error:
            key, hint = _raised(exercise, error)
            return Verdict(exercise.id, "wrong", key=key, hint=hint, found=_where(error), **place)
        with np.errstate(all="ignore"):  # a student may have told NumPy to raise
            complaint = exercise.verify(case, answer)
        if complaint:
            hint = exercise.hints[complaint.key]
            return Verdict(exercise.id, "wrong", key=complaint.key, hint=hint, found=complaint.found, **place)
    return Verdict(exercise.id, "right", passed=len(cases), total=len(cases))


def _fits(exercise, student):
    """Refuse what cannot be examined at all: the result of a call, a class for a function, too few parameters."""
    kind, _, name = exercise.wants.partition(" ")
    name = name.partition("(")[0].rstrip(":")
    if kind == "class":
        if not isinstance(student, type):
            raise Unusable("type", f"this is {name_of(student)}, expected the class {name}")
        return
    if isinstance(student, type) or not callable(student):
        raise Unusable("type", f"this is {name_of(student)}, expected the function itself: {name}, without brackets")
    wanted = exercise.wants[exercise.wants.index("(") + 1 : exercise.wants.rindex(")")].split(",")
    try:
        signature = inspect.signature(student)
    except (TypeError, ValueError):  # a built-in function may not have one
        return
    try:
        signature.bind(*wanted)
    except TypeError:
        raise Unusable("parameters", f"its parameters are {signature}, expected: {exercise.wants}") from None


def _raised(exercise, error):
    """The key and the hint for an exception of the student's code; an exercise may have its own hint for one."""
    name = type(error).__name__
    if name in exercise.hints:
        return name, exercise.hints[name]
    words = " ".join(str(error).split())[:200]
    return "raised", f"the code stopped with {name}: {words}" if words else f"the code stopped with {name}"


def _where(error):
    """The last line of the student's own code before the exception."""
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if not frame.filename.startswith((_PACKAGE, _LIBRARY))]
    if not own:
        return ""
    return f"in {own[-1].name}, line {own[-1].lineno}" + (f": {own[-1].line}" if own[-1].line else "")
