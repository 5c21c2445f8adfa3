"""Questions that rules ask of values, and what a recorded program answers: there the next run may have other values."""

import numpy as np

from .trace import RECORDED


def everywhere(condition):
    """Whether a plain condition holds for all entries.  Of a recorded one that is never sure."""
    return type(condition) not in RECORDED and bool(np.all(condition))


def nowhere(condition):
    """Whether a plain condition holds for no entry.  Of a recorded one that is never sure."""
    return type(condition) not in RECORDED and not np.any(condition)


def rare(condition):
    """Whether a rare case occurs that would show: passed over, it gives results that are not finite.

    A recorded program passes it over where it does not occur, and looks at its results.
    """
    if type(condition) in RECORDED:
        return condition._trace.rare(condition)
    return bool(np.any(condition))
