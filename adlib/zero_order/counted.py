"""A function that counts how often it is evaluated."""

from functools import update_wrapper

from ..core.arguments import check_function
from ..core.errors import ArgumentError


def counted(f, vectorized=False):
    """Wrap `f` so that it counts its evaluations.

    Parameters
    ----------
    f : callable
        Any function.
    vectorized : bool
        True when the first argument is a stack of points: then each of them
        counts as one evaluation.

    Returns
    -------
    callable
        Calls `f` with the same arguments.  ``.calls`` is the number of
        evaluations since the beginning, or since the last ``.reset()``.

    Notes
    -----
    An evaluation that raises is counted as well: it was paid for.

    Examples
    --------
    >>> import numpy as np, adlib
    >>> L = adlib.counted(lambda w: np.sum(w**2))
    >>> gradient = adlib.finite_difference(L, np.ones(7), scheme="forward")
    >>> L.calls
    8
    >>> L.reset()
    >>> L.calls
    0
    """
    check_function(f, "counted")
    return _Counted(f, vectorized)


class _Counted:
    """A function, and how often it was evaluated."""

    def __init__(self, f, vectorized):
        # Its name and docstring; an attribute of f called `reset` or `calls` stays with f.
        update_wrapper(self, f, updated=())
        self._f = f
        self._vectorized = vectorized
        self.calls = 0

    def __call__(self, *args, **kwargs):
        self.calls += _points((*args, *kwargs.values())) if self._vectorized else 1
        return self._f(*args, **kwargs)

    def reset(self):
        """Start again from zero."""
        self.calls = 0


def _points(arguments):
    """How many points the first argument holds."""
    stack = arguments[0] if arguments else None
    try:
        return len(stack)
    except TypeError as error:
        raise ArgumentError(
            f"counted(f, vectorized=True) counts the points of a stack, but its first argument is a {type(stack).__name__}; "
            "pass vectorized=True to what calls f as well, or write counted(f)"
        ) from error
