"""Rare cases that a rule passed over: whether their NaN would still stand in the results, where a call looks for it."""

import operator

import numpy as np

from .known import functions
from .lines import Check, Line, astype, used

# fmt: off
_HIDE = functions((
    "isnan", "isfinite", "isinf", "isposinf", "isneginf", "isclose", "allclose", "array_equal", "nan_to_num", "fmax", "fmin",
    "sort", "argsort", "argmax", "argmin", "partition", "argpartition", "lexsort", "searchsorted", "digitize", "any",
    "all", "count_nonzero", "nonzero", "flatnonzero", "argwhere", "logical_and", "logical_or", "logical_xor", "logical_not",
    "signbit", "heaviside", "nansum", "nanmean", "nanprod", "nanmax", "nanmin", "nanstd", "nanvar", "nanmedian",
    "nancumsum", "nancumprod", "nanargmax", "nanargmin", "nanpercentile", "nanquantile", "unique", "unique_values",
    "histogram", "trim_zeros", "isin", "interp", "select", "piecewise", "choose", "extract", "compress", "float_power", "power",
)) | {operator.lt, operator.le, operator.eq, operator.ne, operator.gt, operator.ge, operator.pow}
# fmt: on


def hides_rare_cases(recorder):
    """Whether a NaN of a case that was passed over can go another way than into a result: a branch, an order, a count."""
    for place, condition in recorder.passed_over:
        asked = _asked(recorder, condition)
        seen = {line.target for line in recorder.lines[:place] if _is(line, np.isnan) and line.args[0] in asked}
        tainted = set(asked) if seen else set()
        for line in recorder.lines[place:]:
            operands = used(line)
            if tainted.isdisjoint(operands):
                if type(line) is Line and not asked.isdisjoint(operands):
                    tainted.update(_targets(line))
                continue
            if type(line) is Check:
                if line.kind != "shape":
                    return True
            elif _hides(line, recorder.kinds):
                return True
            else:
                tainted.update(_targets(line))
    return False


def _is(line, call):
    return type(line) is Line and line.call is call


def _targets(line):
    return line.target if type(line.target) is tuple else (line.target,)


def _hides(line, kinds):
    call = line.call
    if isinstance(getattr(call, "__self__", None), np.ufunc):
        call = call.__self__
    if call is operator.pow and type(line.args[1]) in (int, float) and line.args[1] != 0:
        return False
    return call in _HIDE or line.call is astype and kinds[line.target][1].kind not in "fc"


def _asked(recorder, condition):
    """The numbers that a condition asks."""
    by_target = {line.target: line for line in recorder.lines if type(line) is Line and type(line.target) is not tuple}
    found, open_ = set(), [condition]
    while open_:
        ref = open_.pop()
        line = by_target.get(ref)
        if recorder.kinds[ref][1].kind == "b" and line is not None:
            open_ += used(line)
        else:
            found.add(ref)
    return found
