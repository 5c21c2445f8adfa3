"""The check that a notebook calls."""

import difflib
import io
import os
import sys
from contextlib import redirect_stdout

from . import (
    checkpointing,
    choose_your_fighter,
    curse_of_dimensionality,
    descent_without_gradients,
    feed_forward,
    forward_mode,
    reverse_mode,
    the_problem,
)
from ._engine import examine

# One module a chapter, of the chapter's name, in the book's order; tests/book/test_stems.py names one that is missing.
CHAPTERS = (
    the_problem,
    descent_without_gradients,
    curse_of_dimensionality,
    forward_mode,
    reverse_mode,
    choose_your_fighter,
    feed_forward,
    checkpointing,
)
_EXERCISES = {exercise.id: exercise for module in CHAPTERS for exercise in module.EXERCISES}

PRINTED = 2000  # characters; a print in a loop would bury the verdict, and a million lines the browser


class _Beginning(io.TextIOBase):
    """Passes the first `PRINTED` characters on to `out` as they come, and then says that there is more."""

    def __init__(self, out):
        self.out, self.left, self.last = out, PRINTED, "\n"

    def write(self, text):
        shown = text[: max(self.left, 0)]
        if len(text) > self.left >= 0:
            shown += "\n... (what your code prints further is left out)\n"
        self.out.write(shown)
        self.left, self.last = self.left - len(text), shown[-1:] or self.last
        return len(text)

    def flush(self):
        self.out.flush()


class NotSolved(AssertionError):
    """Raised by `check` in strict mode when the answer is wrong or missing; the message is the printed one, on one line."""

    __module__ = "adlib.exercises"  # a traceback says the name by which a caller catches it


def all_exercises():
    """Every exercise of the book by its id, in the book's order.

    >>> "forward-trace" in all_exercises()
    True
    """
    return dict(_EXERCISES)


def check(id, answer, *, strict=None):
    """Examine the answer to the exercise `id` and print what was found.

    Parameters
    ----------
    id : str
        As in the text of the exercise.
    answer : function or class
        What was asked for, itself: `forward_trace`, not `forward_trace(1, 2, 1, 0)`.
    strict : bool, optional
        Raise `NotSolved` unless the answer is right. The default is False, or True where the environment
        variable `ADLIB_STRICT` is 1; so a notebook with open exercises still runs to its end.

    Notes
    -----
    Printed is one of: ✅, all cases right; ❌, the first case that failed and a hint; ⏳, not attempted yet.
    The cases are the same at each call. The code must come to an end: an endless loop is not interrupted. Of what
    it prints itself only the beginning is shown.

    Examples
    --------
    >>> check("forward-trace", 3.0)
    ❌ forward-trace: not right yet
       → this is a float, expected the function itself: forward_trace, without
         brackets
    """
    if strict is None:
        strict = os.environ.get("ADLIB_STRICT", "") == "1"
    if id in _EXERCISES:
        with redirect_stdout(_Beginning(sys.stdout)) as own:
            verdict = examine(_EXERCISES[id], answer)
        if own.last != "\n":
            print()
        right, text = verdict.status == "right", verdict.text()
    else:
        near = difflib.get_close_matches(str(id), _EXERCISES, n=1)
        instead = f"did you mean {near[0]!r}?" if near else "adlib.exercises.all_exercises() has all of them"
        right, text = False, f"❌ there is no exercise {id!r}; {instead}"
    print(text)
    if strict and not right:
        raise NotSolved(" ".join(text.split()))
