"""What adlib says when it cannot differentiate.

Every message has the same three parts: what was attempted on what (shape and
dtype, never the contents), why it has no derivative, and what to write
instead.  A note with the caller's own line is added, because the traceback of
a traced program ends inside adlib and NumPy.
"""

import ast
import dis
import inspect
import itertools
import linecache
import os
import re
import sys
from typing import NamedTuple

import numpy as np

# Frames in these folders are not the caller's; what is installed beside Python's own library may be.
_ADLIB, _NUMPY, _PYTHON = (
    os.path.dirname(os.path.abspath(file)) + os.sep for file in (os.path.dirname(__file__), np.__file__, os.__file__)
)
_INSTALLED = f"{os.sep}site-packages{os.sep}"
_COMPANIONS = ("scipy", "pandas", "jax", "jaxlib")
_BESIDE_NUMPY = tuple(os.path.join(os.path.dirname(os.path.dirname(_NUMPY)), name) + os.sep for name in _COMPANIONS)
_LIBRARIES = (_ADLIB, _NUMPY, *_BESIDE_NUMPY, "<frozen")


class AdlibError(Exception):
    """Base class of every error that adlib raises on purpose."""


class TracedValueError(AdlibError, TypeError):
    """A traced value was used where its derivative would be lost or undefined."""


class TracedAttributeError(TracedValueError, AttributeError):
    """A traced value was asked for an attribute or method that it does not have."""


class EscapedTracerError(AdlibError, RuntimeError):
    """A traced value was used after the transformation that made it had ended."""


class ArgumentError(AdlibError, ValueError):
    """An argument of an adlib function has the wrong shape, type or structure."""


class GradientCheckError(AdlibError, AssertionError):
    """`adlib.check_grads` found a derivative that is not the derivative."""


class ProgramError(AdlibError, RuntimeError):
    """A program was asked for what it was not recorded for, or a function cannot be recorded as one."""


# A traceback says adlib.ArgumentError, the name by which a caller catches it, wherever the class stands.
for _error in (
    AdlibError,
    TracedValueError,
    TracedAttributeError,
    EscapedTracerError,
    ArgumentError,
    GradientCheckError,
    ProgramError,
):
    _error.__module__ = "adlib"


class Attempt(NamedTuple):
    """What the program was doing when an error arose."""

    instruction: str = ""  # Python's, in the innermost frame that is not adlib's
    name: str | None = (
        None  # of what the caller's line called: in full if it is NumPy's, another as it is written there
    )
    function: object = None  # what that name stands for, where it was found
    library: str = ""  # where the line called none by name, the package that it used: "scipy.sparse"


def attempted():
    """The `Attempt` of the line that `with_user_line` names."""
    inside, frame, innermost = None, sys._getframe(1), ""
    while frame is not None and is_library(frame):
        inside, frame = frame, frame.f_back
        if frame is not None and not innermost and not _path(frame).startswith(_ADLIB):
            innermost = _instruction(frame)
    if frame is None:
        return Attempt(innermost)
    if inside.f_code.co_name == "__array_function__":
        function = inside.f_locals["function"]
        return Attempt(innermost, f"{function.__module__}.{function.__name__}", function)
    name = inside.f_code.co_qualname.partition(".__")[0]
    if _path(inside).startswith(_NUMPY) and hasattr(np, name):
        return Attempt(innermost, f"numpy.{name}", getattr(np, name))
    name = _called_name(frame)
    if name is not None:
        return Attempt(innermost, name, _found(name, frame))
    package = inside.f_globals["__name__"].split(".")
    library = ".".join(part for part in package[:2] if not part.startswith("_"))
    return Attempt(innermost, library=library if package[0] in _COMPANIONS else "")


def _instruction(frame):
    """The name of the instruction that a frame carries out; Python 3.11 may carry out a call at the one before it, PRECALL."""
    code, position = frame.f_code.co_code, frame.f_lasti
    while dis.opname[code[position]] == "CACHE":  # it stands at the end of what an instruction remembers
        position -= 2
    return dis.opname[code[position]].removeprefix("PRE")


def _called_name(frame):
    """What a frame is calling, as its source writes it: ``"math.sin"``; None where it calls nothing or is not to be read."""
    code = frame.f_code
    first, last, start, stop = next(itertools.islice(code.co_positions(), frame.f_lasti // 2, None))
    lines = [line.encode() for line in linecache.getlines(code.co_filename, frame.f_globals)[first - 1 : last]]
    if not _instruction(frame).startswith("CALL") or not lines or stop is None:
        return None
    lines[-1] = lines[-1][:stop]
    lines[0] = lines[0][start:]
    try:
        call = ast.parse(b"(" + b"".join(lines) + b")", mode="eval").body
    except SyntaxError:  # the file has changed
        return None
    name = ast.unparse(call.func) if isinstance(call, ast.Call) else ""
    return name if re.fullmatch(r"[\w.]+", name) else getattr(getattr(call, "func", None), "attr", None)


def _found(name, frame):
    """What a dotted name stands for in a frame; None where a part of it is no module."""
    first, *rest = name.split(".")
    found = next((d[first] for d in (frame.f_locals, frame.f_globals, frame.f_builtins) if first in d), None)
    for part in rest:
        found = getattr(found, part, None) if inspect.ismodule(found) else None
    return found


def _path(frame):
    name = frame.f_code.co_filename
    return name if name.startswith("<") else os.path.abspath(name)  # <stdin> is no file


def is_library(frame):
    """Whether a frame runs code of adlib, of NumPy and its companions, or of Python's own library."""
    path = _path(frame)
    return path.startswith(_LIBRARIES) or path.startswith(_PYTHON) and _INSTALLED not in path


def with_user_line(error):
    """Return `error` with a note naming the line of the user's code it concerns."""
    frame = sys._getframe(1)
    while frame is not None:
        if not is_library(frame):
            error.add_note(f"raised while tracing {_path(frame)}, line {frame.f_lineno}")
            break
        frame = frame.f_back
    return error


def describe(x, noun=None):
    """Say what a value is, without its contents: ``"traced value (shape (3,), float64)"``."""
    noun = noun or getattr(type(x), "_noun", "traced value")
    shape = getattr(x, "shape", ())
    dtype = getattr(x, "dtype", type(x).__name__)
    return f"{noun} (shape {shape}, {dtype})"
