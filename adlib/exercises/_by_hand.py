"""What is asked for by hand is written by hand: an answer that calls a library for it is refused.

Seen is what runs, not what is written: a call of `adlib.vjp` under another name is a call of `adlib.vjp`.
"""

import gc
import sys
from functools import cache
from pathlib import Path

from ._answers import Unusable, close, shown
from ._engine import Complaint

_PACKAGE = Path(__file__).parent.parent
_PRINTER = Path(__file__).with_name("_check.py")  # what the student prints goes through it
_LIBRARIES = {"jax", "autograd", "torch", "tensorflow", "scipy"}


class TooManyCalls(Exception):
    """More calls than an answer needs that looks at each thing once."""


def by_hand(student, *args, given="", most=3_000_000):
    """`student(*args)`; refused with `Unusable` if it calls `adlib`, JAX, SciPy and the like.

    The functions that the student is given stand in the file `given` and may be called. After `most` calls of anything
    `TooManyCalls` is raised.
    """
    used, left, before = [], most, sys.getprofile()

    def note(frame, event, argument):
        nonlocal left
        left -= event in ("call", "c_call")
        if left < 0:
            raise TooManyCalls
        if event == "call" and not used:
            found = _library(frame.f_code.co_filename, given)
            if found and not _collecting(frame):
                used.extend(found)

    sys.setprofile(note)
    try:
        answer = student(*args)
    finally:
        sys.setprofile(before)
    if used:
        raise Unusable("tool", f"the answer calls {used[0]}; this one is to be written by hand, with NumPy alone")
    return answer


def _collecting(frame):
    """Whether it is the garbage collector that runs a frame: JAX, once imported, has it call a function after every round."""
    callbacks = {getattr(callback, "__code__", None) for callback in gc.callbacks}
    while frame is not None and frame.f_code not in callbacks:
        frame = frame.f_back
    return frame is not None


@cache
def _library(file, given):
    """The name of the library that a file belongs to, in a list, or an empty list."""
    path = Path(file)
    if file == given or path == _PRINTER or not path.is_absolute():
        return []
    if path.is_relative_to(_PACKAGE):
        return ["adlib"]
    parts = path.parts
    inside = [b for a, b in zip(parts, parts[1:]) if a in ("site-packages", "dist-packages")]
    return [name for name in inside if name in _LIBRARIES]


def compared(what, ours, theirs, known, probe, atol=1e-300):
    """None where the numbers agree; else a complaint: a known mistake by its numbers, too few digits, or `probe`.

    `known` are pairs: the key of a mistake, and the numbers that it leads to.
    """
    if close(ours, theirs, atol=atol):
        return None
    if close(ours, theirs, rtol=1e-5, atol=atol):
        return Complaint("digits", f"{what} has the first five digits, and not the others")
    key = next((key for key, wrong in known if close(ours, wrong, atol=atol)), probe)
    return Complaint(key, f"{what} is {shown(ours)}, expected {shown(theirs)}")


DIGITS = "right in its first digits alone: is something float32 here, or a difference quotient"
