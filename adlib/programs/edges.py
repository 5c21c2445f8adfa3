"""Rare cases that a rule passed over: whether their NaN would still stand in the results, where a call looks for it."""

import operator
from collections import defaultdict

import numpy as np

from .known import functions
from .lines import Check, Line, Ref, astype, live, targets, used

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
    if not recorder.passed_over:
        return False
    asked_at = defaultdict(list)
    for place, condition in recorder.passed_over:
        asked_at[place].append(condition)
    by_target = {line.target: line for line in recorder.lines if type(line) is Line and type(line.target) is Ref}
    kept = set(map(id, live(recorder.lines, [y for y in recorder.leaves if type(y) is Ref])))
    asked, tainted = set(), set()  # the numbers that conditions asked, and what may be NaN
    for i, line in enumerate(recorder.lines):
        for condition in asked_at.get(i, ()):
            numbers, of_nan = _asked(condition, by_target, recorder.kinds)
            asked |= numbers
            tainted |= of_nan
        if id(line) not in kept:
            continue
        operands = used(line)
        if not tainted.isdisjoint(operands):
            if line.kind != "shape" if type(line) is Check else _hides(line, recorder.kinds):
                return True
            tainted.update(targets(line))
        elif not asked.isdisjoint(operands):
            tainted.update(targets(line))
    return False


def _hides(line, kinds):
    call = line.call
    if isinstance(getattr(call, "__self__", None), np.ufunc):
        call = call.__self__
    if call is operator.pow and type(line.args[1]) in (int, float) and line.args[1] != 0:
        return False
    return call in _HIDE or line.call is astype and kinds[line.target][1].kind not in "fc"


def _asked(condition, by_target, kinds):
    """The numbers that a condition asks, and those of them that it asks whether they are NaN."""
    numbers, of_nan, left = set(), set(), [condition]
    while left:
        ref = left.pop()
        line = by_target.get(ref)
        if kinds[ref][1].kind == "b" and line is not None:
            left += used(line)
            if line.call is np.isnan:
                of_nan.update(used(line))
        else:
            numbers.add(ref)
    return numbers, of_nan & numbers
