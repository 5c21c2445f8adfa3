"""An answer that tries everything is stopped after so many lines of Python, for it would never end."""

import sys


class TooLong(Exception):
    """More lines than a program needs that works out nothing twice."""


def with_few_lines(f, most):
    """Run `f()`, and stop it with `TooLong` after `most` lines of Python, its calls and returns among them."""
    left, before = most, sys.gettrace()

    def count(frame, event, argument):
        nonlocal left
        left -= 1
        if left < 0:
            raise TooLong
        return count

    sys.settrace(count)
    try:
        return f()
    finally:
        sys.settrace(before)
