"""What adlib says when it cannot differentiate.

Every message has the same three parts: what was attempted on what (shape and
dtype, never the contents), why it has no derivative, and what to write
instead.  A note with the caller's own line is added, because the traceback of
a traced program ends inside adlib and NumPy.
"""

import os
import sys

import numpy as np

# Frames in these folders are not the caller's.
_ADLIB = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
_LIBRARIES = tuple(folder + os.sep for folder in (_ADLIB, os.path.dirname(os.path.abspath(np.__file__))))


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


# A traceback says adlib.ArgumentError, the name by which a caller catches it, wherever the class stands.
for _error in (
    AdlibError,
    TracedValueError,
    TracedAttributeError,
    EscapedTracerError,
    ArgumentError,
    GradientCheckError,
):
    _error.__module__ = "adlib"


def with_user_line(error):
    """Return `error` with a note naming the line of the user's code it concerns."""
    frame = sys._getframe(1)
    while frame is not None:
        filename = os.path.abspath(frame.f_code.co_filename)
        if not filename.startswith(_LIBRARIES):
            error.add_note(f"raised while tracing {filename}, line {frame.f_lineno}")
            break
        frame = frame.f_back
    return error


def describe(x, noun="traced value"):
    """Say what a value is, without its contents: ``"traced value (shape (3,), float64)"``."""
    shape = getattr(x, "shape", ())
    dtype = getattr(x, "dtype", type(x).__name__)
    return f"{noun} (shape {shape}, {dtype})"
