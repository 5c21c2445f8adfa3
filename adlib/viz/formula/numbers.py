"""Numbers as a reader sees them: as text and as TeX, in formulas, beside pictures and at the ticks of an axis.

A number that is very large or small has a power of ten; which ones are, and to how many digits, is a matter of the place.
"""

from __future__ import annotations

import math

import numpy as np

_MINUS = "\N{MINUS SIGN}"
_RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def _scientific(size: float, digits: int) -> tuple[str, int]:
    """The mantissa, to so many significant digits, and the exponent of ten."""
    mantissa, exponent = f"{size:.{digits - 1}e}".split("e")
    return f"{float(mantissa):.{digits}g}", int(exponent)


# As text ------------------------------------------------------------------------------------------


def plain(value: float) -> str:
    """A number to four decimals, or to four digits where it is small or large; the script of the puzzle does the same.

    >>> plain(2.020101), plain(-0.5), plain(123456.789), plain(0.00001234)
    ('2.0201', '−0.5', '1.235e5', '1.234e-5')
    """
    mantissa, exponent = _four(value)
    return mantissa.replace("-", _MINUS) + (f"e{exponent}" if exponent else "")


def _four(value: float) -> tuple[str, int]:
    sign, size = "-" * (value < 0), abs(value)
    if value == int(value) and size < 1e6:
        return f"{sign}{int(size)}", 0
    if 0.1 <= size < 1e5:
        return sign + f"{size:.4f}".rstrip("0").rstrip("."), 0
    if 1e-4 <= size < 0.1:
        return f"{sign}{size:.4g}", 0
    mantissa, exponent = _scientific(size, 4)
    return sign + mantissa, exponent


def shown(value: float) -> float:
    """The number that a reader of `plain` sees.

    >>> shown(1.346749)
    1.3467
    """
    if not math.isfinite(value):
        return value
    mantissa, exponent = _four(float(value))
    return float(f"{mantissa}e{exponent}")


def holds(computed: float, value: float) -> bool:
    """Whether what was computed from numbers as they are shown is seen as the value is; the puzzle's script asks the same.

    >>> holds(1.3467 * 3, 1.346734 * 3), holds(1.3467 * 3, 1.3467 * 3)
    (False, True)
    """
    if not (math.isfinite(computed) and math.isfinite(value)):
        return True
    return plain(float(computed)) == plain(float(value))


def brief(value: float) -> str:
    """A finite number to three or four digits, as it stands beside a picture and in a sentence.

    >>> brief(1234.5678), brief(-0.5), brief(12), brief(1.234e-7)
    ('1235', '−0.5', '12', '1.23·10⁻⁷')
    """
    size = abs(value)
    if value == int(value) and size < 1e7:
        text = str(int(size))
    elif 1e-3 <= size < 1e5:
        text = f"{size:.4g}"
    else:
        mantissa, exponent = _scientific(size, 3)
        text = f"{mantissa}·10{str(exponent).translate(_RAISED)}".removeprefix("1·")
    return _MINUS * (value < 0) + text


def tick(value: float, powers: bool, digits: int = 6) -> str:
    """A value as it stands at its tick, to so many digits, or as a power of ten.

    >>> tick(0.5, False), tick(1e-5, True), tick(-2e7, False)
    ('0.5', '10^−5', '−2·10^7')
    """
    size = abs(value)
    if powers and not math.isclose(size, 1):
        text = f"10^{round(math.log10(size))}"
    elif size and not 1e-4 <= size < (1e6 if digits == 6 else 1e9):
        mantissa, exponent = _scientific(size, digits - 3)
        text = f"{mantissa}·10^{exponent}".removeprefix("1·")
    else:
        text = f"{size:.{digits}g}"
    return ("-" * (value < 0) + text).replace("-", _MINUS)


# As TeX -------------------------------------------------------------------------------------------


def number(value) -> str:
    """A number as `plain` rounds it; an array by its entries when short, else by shape and range.

    >>> number(0.693147), number(2.020101), number(-3.0), number(0.0123456), number(1.5e-7)
    ('0.6931', '2.0201', '-3', '0.01235', '1.5 \\\\times 10^{-7}')
    >>> number(np.array([1.0, 2.0]))
    '({1},\\\\ {2})'
    """
    if isinstance(value, (tuple, list)):
        return rf"\mathrm{{{len(value)}\ results}}"
    array = np.asarray(value)
    if array.ndim == 0:
        return _scalar(array.item())
    if array.ndim == 1 and 0 < array.size <= 3:
        entries = [f"{{{_scalar(entry)}}}" for entry in array.tolist()]
        return "(" + r",\ ".join(entries) + (")" if array.size > 1 else ",)")
    if array.size == 0 or array.dtype.kind not in "biuf":
        return shape(array)
    low, high = _scalar(array.min().item()), _scalar(array.max().item())
    if low == high:
        return shape(array) + rf"\ \mathrm{{all}}\ {{{low}}}"
    return shape(array) + rf"\ \mathrm{{from}}\ {{{low}}}\ \mathrm{{to}}\ {{{high}}}"


def short(value) -> str:
    """A number for a narrow place: fewer digits where it would be long, an array as its shape.

    >>> short(2.079442), short(12345.678), short(-1.5e-7), short(np.zeros((3, 4)))
    ('2.0794', '12346', '-1.5\\\\mathrm{e}{-7}', '[3{\\\\times}4]')
    """
    if isinstance(value, (tuple, list)):
        return number(value)
    array = np.asarray(value)
    if array.ndim:
        return shape(array)
    text = _scalar(array.item())
    if r"\times" in text:
        mantissa, exponent = _scientific(abs(array.item()), 3)
        return "-" * (array.item() < 0) + rf"{mantissa}\mathrm{{e}}{{{exponent}}}"
    return text if len(text.lstrip("-")) <= 7 or "." not in text else f"{array.item():.5g}"


def shape(array) -> str:
    return "[" + r"{\times}".join(map(str, np.shape(array))) + "]"


def upright(text: str) -> str:
    return r"\mathrm{" + "".join(c if c.isalnum() else r"\_" if c == "_" else r"\ " for c in text) + "}"


def _scalar(value) -> str:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return upright(str(value))
    if math.isnan(value):
        return r"\mathrm{NaN}"
    if math.isinf(value):
        return r"-\infty" if value < 0 else r"\infty"
    mantissa, exponent = _four(value)
    return rf"{mantissa} \times 10^{{{exponent}}}" if exponent else mantissa
