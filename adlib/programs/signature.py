"""What a program was recorded for: the names, shapes and dtypes of its arrays, and every argument that is no array."""

import inspect
import re
from typing import NamedTuple

import numpy as np

from ..core.errors import ArgumentError
from ..core.keywords import function_name
from ..core.settings import shown
from ..core.trace import TRACERS
from ..core.tree import flatten, outline
from .names import CALLED

LOW = frozenset(map(np.dtype, ("float32", "float16", "complex64")))


class Expected(NamedTuple):
    """One leaf of the arguments: an array or float, by shape and dtype, or the `value` of anything else."""

    name: str
    shape: tuple | None
    dtype: np.dtype | None
    value: object


class Signature:
    """The arguments of a function, as they were when it was recorded."""

    def __init__(self, f, args, kwargs):
        self.name = identifier(function_name(f))
        leaves, self.structure = flatten((args, kwargs))
        # Python's floats would raise where NumPy's give inf; beside float32 NumPy's would make everything float64.
        self._number = np.float64
        self.has_floats = float in map(type, leaves)
        self.keep_floats(any(map(is_low, leaves)))
        self.expected = [_expected(name, x) for name, x in zip(_names(f, args, kwargs), leaves, strict=True)]
        self.names = [e.name for e in self.expected if e.dtype is not None]
        self.flat = not kwargs and all(flatten(arg)[1] is None for arg in args)  # one leaf each, and no containers
        self._count = len(args)
        self.boxed = False  # of each array whether it is one, where numbers were asked for their class

    def keep_floats(self, low):
        """Let Python's floats be, where anything has a lower precision; True where that is new and there are some."""
        new = low and self._number is not float
        self._number = float if low else self._number
        return new and self.has_floats

    def arrays(self, args, kwargs):
        """The arrays of a call, in order, after comparing it with the recorded one."""
        if self.flat and len(args) == self._count and not kwargs:
            leaves = args
        else:
            leaves, structure = flatten((args, kwargs))
            if structure != self.structure:
                raise ArgumentError(
                    f"the program {self.name} was recorded for arguments {outline(self.structure)}, but got "
                    f"{outline(structure)}; record another: adlib.program(f)(...)"
                )
        taken = []
        for x, (name, shape, dtype, value) in zip(leaves, self.expected):
            kind = type(x)
            if kind is np.ndarray and x.shape == shape and x.dtype == dtype:
                taken.append(x)
            elif dtype is None:
                if not (x is value or kind is type(value) and _equal(x, value)):
                    raise self._other(name, f"= {shown(value)}", shown(x))
            elif kind is float and shape == () and dtype == np.float64:
                taken.append(self._number(x))
            elif (kind in TRACERS or isinstance(x, (np.memmap, np.generic))) and x.shape == shape and x.dtype == dtype:
                taken.append(x)
            else:
                kind = f"shape {x.shape} and dtype {x.dtype}" if hasattr(x, "dtype") else shown(x)
                raise self._other(name, f"of shape {shape} and dtype {dtype}", kind)
        if self.boxed:
            for name, x, array in zip(self.names, taken, self.boxed):
                if not array and type(x) is np.ndarray or array and isinstance(x, np.generic):
                    words = "a number", f"an array of shape {x.shape}"
                    raise self._other(name, *(words[::-1] if array else words))
        return taken

    def _other(self, name, recorded, given):
        return ArgumentError(
            f"the program {self.name} was recorded for {name} {recorded}, but got {given}; "
            "record another: adlib.program(f)(...)"
        )


def is_low(x):
    """Whether Python's floats would give way to it, and NumPy's would not."""
    return getattr(x, "dtype", None) in LOW


def _expected(name, x):
    if type(x) is float:
        return Expected(name, (), np.dtype(float), None)
    if type(x) in (np.ndarray, np.memmap) and x.dtype.kind in "fiubc" or isinstance(x, np.inexact):
        return Expected(name, x.shape, x.dtype, None)
    if isinstance(x, np.ndarray):
        raise ArgumentError(
            f"a program takes plain arrays of numbers, but {name} is a {type(x).__name__} of {x.dtype}; "
            "convert it with np.asarray(x, dtype=float)"
        )
    if not callable(x) and type(x).__hash__ in (None, object.__hash__):
        raise ArgumentError(
            f"a program takes numbers, arrays, words and functions, but {name} is a {type(x).__name__}, whose contents "
            "may change; pass what it holds"
        )
    return Expected(name, None, None, x)


def _equal(x, y):
    try:
        return bool(x == y)
    except Exception:
        return False


def identifier(name):
    """A function's name as a program may have it: the text calls others by theirs."""
    if not name.isidentifier():
        return "f"
    return f"{name}_" if name in CALLED or _CONSTANT.fullmatch(name) else name


_CONSTANT = re.compile(r"c\d+")


def _names(f, args, kwargs):
    """A name for each leaf, from the signature: w, or w1, w2 for the leaves of a container."""
    try:
        parameters = list(inspect.signature(f).parameters.values())
    except (TypeError, ValueError):
        parameters = []
    given = []
    for k, arg in enumerate(args):
        named = k < len(parameters) and parameters[k].kind not in (
            inspect.Parameter.VAR_POSITIONAL,
            inspect.Parameter.VAR_KEYWORD,
        )
        given.append((parameters[k].name if named else f"x{k + 1}", arg))
    names = []
    for name, arg in (*given, *kwargs.items()):
        leaves, structure = flatten(arg)
        names += [name] if structure is None else [f"{name}{i + 1}" for i in range(len(leaves))]
    free, taken = [], set()
    for name in names:
        if not name.isidentifier():  # of a keyword argument
            name = "x"
        while name in taken or name in CALLED:
            name += "_"
        taken.add(name)
        free.append(name)
    return free
