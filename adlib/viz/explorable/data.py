"""The data of an explorable as its page holds them: JSON, deflated, in base64; the browser has all three."""

from __future__ import annotations

import base64
import itertools
import json
import re
import zlib
from collections.abc import Sequence

_NUMBER = re.compile(r"-?\d+")

Entry = str | list[int]


class Columns:
    """What changes from frame to frame, each column once: one text a frame, or how far each number of the text before moves.

    Moves are small numbers, which deflate well, and a player can show a part of one.
    """

    def __init__(self) -> None:
        self.entries: list[list[Entry]] = []
        self._numbers: dict[tuple, int] = {}
        self._names: list[str] = []

    def number(self, texts: Sequence[str], name: str, glides: bool = False) -> int:
        """The number of the column with these texts; ``name`` says in messages what they are."""
        key = (glides, *texts)
        if key not in self._numbers:
            self._numbers[key] = len(self.entries)
            self.entries.append(moves(texts) if glides else list(texts))
            self._names.append(name)
        return self._numbers[key]

    def weights(self) -> dict[str, int]:
        """About how many bytes of the page each name takes."""
        found: dict[str, list] = {}
        for name, column in zip(self._names, self.entries):
            found.setdefault(name, []).append(column)
        return {name: len(deflated(columns)) for name, columns in found.items()}


def moves(texts: Sequence[str]) -> list[Entry]:
    """The first text, then for each frame how far every number moves, or the text where it is another picture.

    >>> moves(["M5 5h0", "M5 6h0", "M5 6h0M1 1h0"])
    ['M5 5h0', [0, 1, 0], 'M5 6h0M1 1h0']
    """
    out: list[Entry] = list(texts[:1])
    for before, after in itertools.pairwise(texts):
        same = before and _NUMBER.split(before) == _NUMBER.split(after)
        numbers = zip(_NUMBER.findall(before), _NUMBER.findall(after))
        out.append([int(b) - int(a) for a, b in numbers] if same else after)
    return out


def deflated(data) -> str:
    text = json.dumps(data, separators=(",", ":"), ensure_ascii=False)
    return base64.b64encode(zlib.compress(text.encode(), 9)).decode()
