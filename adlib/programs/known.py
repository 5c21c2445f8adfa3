"""What is known of NumPy's functions: how they are written, whether they fix the shape of their result, whether it is new memory."""

import functools
import operator

import numpy as np

from ..core.trace import RECORDED
from ..core.tree import flatten
from ..rules.indexing import add_at
from .lines import astype

INFIX = {
    operator.add: "+",
    operator.sub: "-",
    operator.mul: "*",
    operator.truediv: "/",
    operator.floordiv: "//",
    operator.mod: "%",
    operator.pow: "**",
    operator.matmul: "@",
    operator.lt: "<",
    operator.le: "<=",
    operator.eq: "==",
    operator.ne: "!=",
    operator.gt: ">",
    operator.ge: ">=",
    operator.and_: "&",
    operator.or_: "|",
    operator.xor: "^",
    operator.lshift: "<<",
    operator.rshift: ">>",
}
MIRRORED = {operator.lt: operator.gt, operator.gt: operator.lt, operator.le: operator.ge, operator.ge: operator.le}
PREFIX = {operator.neg: "-", operator.pos: "+", operator.invert: "~"}

# The ufuncs that operators stand for; with two plain arrays NumPy would call the ufunc where the program wrote an operator.
OPERATORS = {
    np.add: operator.add,
    np.subtract: operator.sub,
    np.multiply: operator.mul,
    np.divide: operator.truediv,
    np.matmul: operator.matmul,
    np.negative: operator.neg,
    np.less: operator.lt,
    np.less_equal: operator.le,
    np.equal: operator.eq,
    np.not_equal: operator.ne,
    np.greater: operator.gt,
    np.greater_equal: operator.ge,
    np.bitwise_and: operator.and_,
    np.bitwise_or: operator.or_,
    np.bitwise_xor: operator.xor,
    np.invert: operator.invert,
}

# Functions whose result has a shape and a dtype given by those of the arguments and by settings.
# fmt: off
_FIXED = (
    "sum", "mean", "prod", "max", "min", "amax", "amin", "std", "var", "ptp", "all", "any", "argmax", "argmin",
    "argsort", "sort", "cumsum", "cumprod", "nansum", "nanmean", "nanprod", "nanmax", "nanmin", "nanstd",
    "nanvar", "nancumsum", "nancumprod", "nanargmax", "nanargmin", "median", "nanmedian", "average",
    "count_nonzero", "reshape", "ravel", "squeeze", "expand_dims", "swapaxes", "moveaxis", "rollaxis",
    "transpose", "matrix_transpose", "flip", "fliplr", "flipud", "roll", "rot90", "broadcast_to", "atleast_1d",
    "atleast_2d", "atleast_3d", "broadcast_arrays", "stack", "concatenate", "vstack", "hstack", "dstack",
    "column_stack", "block", "dot", "inner", "outer", "vdot", "tensordot", "einsum", "kron", "cross", "convolve",
    "correlate", "matvec", "vecmat", "vecdot", "trace", "diagonal", "diag", "diagflat", "tril", "triu", "diff",
    "ediff1d", "gradient", "interp", "clip", "take_along_axis", "where", "select", "piecewise", "round", "around",
    "fix", "real", "imag", "nan_to_num", "searchsorted", "digitize", "partition", "argpartition", "unwrap",
    "trapezoid", "vander", "polyval", "sinc", "i0", "heaviside", "cov", "corrcoef", "isclose", "isneginf",
    "isposinf", "full_like", "meshgrid", "append", "take", "choose", "linalg.inv", "linalg.solve", "linalg.det",
    "linalg.slogdet", "linalg.cholesky", "linalg.qr", "linalg.svd", "linalg.svdvals", "linalg.eigh",
    "linalg.eigvalsh", "linalg.norm", "linalg.vector_norm", "linalg.matrix_norm", "linalg.pinv", "linalg.cond",
    "linalg.matrix_power", "linalg.tensorsolve", "linalg.tensorinv", "linalg.multi_dot", "linalg.outer",
    "linalg.trace", "linalg.diagonal", "linalg.cross", "linalg.matrix_transpose", "linalg.vecdot",
    "linalg.tensordot", "linalg.matmul", "linalg.matrix_rank",
)
# fmt: on
# Of these, which may return a view of an argument, or the argument itself.
# fmt: off
_VIEWS = (
    "reshape", "ravel", "squeeze", "expand_dims", "swapaxes", "moveaxis", "rollaxis", "transpose",
    "matrix_transpose", "flip", "fliplr", "flipud", "roll", "rot90", "broadcast_to", "atleast_1d", "atleast_2d",
    "atleast_3d", "broadcast_arrays", "diagonal", "diag", "real", "imag", "meshgrid", "linalg.diagonal",
    "linalg.matrix_transpose", "linalg.matrix_power", "einsum", "diff", "nan_to_num", "round", "around", "fix",
)
# fmt: on


def _found(name):
    found = np
    for part in name.split("."):
        found = getattr(found, part, None)
    return found


def functions(names):
    return frozenset({f for f in map(_found, names) if f is not None})


_FIXES_SHAPE = functions(_FIXED) | {*INFIX, *PREFIX, operator.abs, add_at, astype}
_MAY_VIEW = functions(_VIEWS)
# Whole numbers among their arguments say where entries stand.
_BY_INDEX = frozenset(
    {operator.abs, add_at, astype, np.take, np.take_along_axis, np.choose, np.select, np.searchsorted}
)


def fixes_shape(call, args, kwargs):
    """Whether the arguments' shapes, and what is no recorded value among them, fix shape and dtype of the result."""
    if isinstance(call, np.ufunc) or call in INFIX or call in PREFIX:
        return True
    if call is operator.getitem:
        index = args[1]
        return not any(map(_resizes, index if type(index) is tuple else (index,)))
    if call is np.where:
        return len(args) == 3
    if call in _BY_INDEX:
        return True
    if call not in _FIXES_SHAPE and not isinstance(getattr(call, "__self__", None), np.ufunc):
        return False
    return not any(map(_is_count, flatten((args[1:], kwargs))[0]))


def _resizes(part):
    """Whether a part of an index takes a number of entries that depends on values: a mask, a slice up to a recorded end."""
    if type(part) is slice:
        return not RECORDED.isdisjoint(map(type, (part.start, part.stop, part.step)))
    return getattr(getattr(part, "dtype", None), "kind", "") == "b" or type(part) is bool


def _is_count(x):
    """Whether a setting is a recorded whole number, as of a length or an axis."""
    return type(x) in RECORDED and x.dtype.kind in "iu"


def is_new(call):
    """Whether the result is memory of its own, and no view of an argument."""
    if isinstance(call, np.ufunc) or call in INFIX or call in PREFIX or call is operator.abs:
        return True
    return call in _FIXES_SHAPE and call not in _MAY_VIEW and call is not operator.getitem


@functools.cache
def written(call):
    """How a program names a function: ``np.linalg.inv``; None for what is not NumPy's."""
    if isinstance(getattr(call, "__self__", None), np.ufunc):
        owner = written(call.__self__)
        return None if owner is None else f"{owner}.{call.__name__}"
    name = getattr(call, "__name__", "")
    module = getattr(call, "__module__", None) or "numpy"
    for path in (module.removeprefix("numpy").lstrip("."), "", "linalg", "fft", "lib.stride_tricks", "emath"):
        full = f"{path}.{name}" if path else name
        if name and _found(full) is call:
            return f"np.{full}"
    return None
