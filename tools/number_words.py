"""Read numbers that are written in words: twelve, forty-eight, a hundred thousand, two thirds, a millionth.

Which of them are compared was decided by counting in five chapters what is found, and how often the comparison
would notice a word that is one or two too large or too small:

| word | how many | unguarded at first | noticed |
|---|---|---|---|
| two | 148 | 13 | 19 % |
| three | 58 | 6 | 26 % |
| four to nine | 66 | 9 | 33 % |
| ten to nineteen | 33 | 16 | 68 % |
| larger | 38 | 12 | 83 % |

- From four upwards they are compared. One, two and three are nearly always an article or a pronoun (one of them, the
  two curves), and their digits stand in nearly every section.
- The scope is the section, as for digits. In the whole notebook 1 %, 14 % and 50 % would be noticed.
- A third, one sixth, two thirds, a millionth are compared where no noun follows: a third step is the next one.
- Half, twice, double and once are not (78 of them): half a page, applied twice.
"""

from __future__ import annotations

import re

LEAST = 4  # smaller ones are words, not numbers

_UNITS = "one two three four five six seven eight nine".split()
_TEENS = "ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen".split()
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety".split()
_SMALL = {word: n for n, word in enumerate(_UNITS + _TEENS, 1)} | {word: 10 * n for n, word in enumerate(_TENS, 2)}
_SCALES = {"hundred": 100, "thousand": 10**3, "million": 10**6, "billion": 10**9}
_PARTS = {word: n for n, word in enumerate("third quarter fifth sixth seventh eighth ninth tenth".split(), 3)}
_PARTS |= {f"{word}th": n for word, n in _SCALES.items()}

_unit, _scale = "|".join(_UNITS), f"(?:{'|'.join(_SCALES)})"
_small = rf"(?:(?:{'|'.join(_TENS)})(?:[-\s](?:{_unit})\b)?|{'|'.join(_TEENS)}|(?:{_unit})\b)"
_cardinal = rf"(?:(?:an?|{_small})(?:[-\s]{_scale})+(?:\s(?:and\s)?{_small}(?:[-\s]{_scale})*)*|{_small})"
_fraction = rf"(?P<many>an?|{_unit})[-\s](?P<part>{'|'.join(_PARTS)})s?(?=\s(?:of|to|or|and)\b|[^\w\s-]|$)"
WORDS = re.compile(rf"(?<![\w-])(?:{_fraction}|{_cardinal}(?!\w))", re.IGNORECASE)


def value(match: re.Match) -> float:
    """The number that a match of WORDS says."""
    if match["part"]:
        return _SMALL.get(match["many"].lower(), 1) / _PARTS[match["part"].lower()]
    total = group = 0
    for word in re.split(r"[-\s]+", match.group().lower()):
        scale = _SCALES.get(word, 1)
        if scale == 100:
            group = max(group, 1) * 100
        elif scale > 100:
            total, group = total + max(group, 1) * scale, 0
        else:
            group += _SMALL.get(word, 0)
    return float(total + group)
