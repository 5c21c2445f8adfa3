"""Questions that rules ask of values, and what a recorded program answers: there the next run may have other values.

A condition is an array of True and False or one of the two; its methods take half the time of NumPy's functions.
"""

from .trace import RECORDED


def everywhere(condition):
    """Whether a plain condition holds for all entries.  Of a recorded one that is never sure."""
    kind = type(condition)
    return condition if kind is bool else kind not in RECORDED and bool(condition.all())


def nowhere(condition):
    """Whether a plain condition holds for no entry.  Of a recorded one that is never sure."""
    kind = type(condition)
    return not condition if kind is bool else kind not in RECORDED and not condition.any()


def rare(condition):
    """Whether a rare case occurs that would show: passed over, it gives results that are not finite.

    A recorded program passes it over where it does not occur, and looks at its results.
    """
    kind = type(condition)
    if kind in RECORDED:
        return condition._trace.rare(condition)
    return condition if kind is bool else bool(condition.any())
