"""Whole numbers by frame as a short string of letters, which a few lines of script unpack.

A stream of numbers, each written in base 32 with its sign in the lowest bit, the low digits first; a digit of
32 and more says that another follows (the code of source maps). After a 0 stands how many more zeros follow. The stream
is: how many frames; then for each frame the change of its length and its values, each as the difference
to the value at the same place in the frame before, or beyond its end to the value before in the same frame.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"


def pack(frames: Sequence[Sequence[int]]) -> str:
    """The frames as a string.

    >>> pack([[5, 5, 6], [5, 5, 7]])
    'EGKAACAEC'
    """
    out = [_digits(len(frames))]
    zeros = 0

    def end_zeros() -> None:
        nonlocal zeros
        if zeros:
            out.append(_digits(0) + _digits(zeros - 1))
        zeros = 0

    for change in _changes(frames):
        if change == 0:
            zeros += 1
        else:
            end_zeros()
            out.append(_digits(change))
    end_zeros()
    return "".join(out)


def _changes(frames: Iterable[Sequence[int]]) -> Iterable[int]:
    before: Sequence[int] = ()
    for frame in frames:
        yield len(frame) - len(before)
        last = 0
        for k, value in enumerate(frame):
            yield value - (before[k] if k < len(before) else last)
            last = value
        before = frame


def _digits(value: int) -> str:
    code = abs(value) << 1 | (value < 0)
    out = ""
    while True:
        code, digit = code >> 5, code & 31
        out += DIGITS[digit | (32 if code else 0)]
        if not code:
            return out
