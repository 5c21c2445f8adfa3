"""The notation of graphs and steps: names, values and local derivatives as TeX.

Everything here returns the subset of TeX that matplotlib's mathtext draws. Two tables, one row an
operation under its NumPy name, say how its value and its partial derivatives are written; an
operation without a row is written generically, so that any graph can be shown.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Sequence

import numpy as np

from .numbers import number, shape, upright

# Names --------------------------------------------------------------------------------------------

_GREEK = (
    "alpha beta gamma delta epsilon zeta eta theta iota kappa mu nu xi pi rho sigma tau upsilon phi chi psi omega "
    "Gamma Delta Theta Xi Pi Sigma Upsilon Phi Psi Omega"
).split()


def name(identifier: str, accent: str = "") -> str:
    """The TeX of a variable's name, with ``accent`` (``dot`` or ``bar``) on the letter and not on the index.

    >>> name("w1"), name("theta"), name("x_hidden"), name("v2", "dot")
    ('w_1', '\\\\theta', 'x_{\\\\mathrm{hidden}}', '\\\\dot{v}_2')
    """
    if identifier == "<lambda>":
        identifier = "lambda_"
    identifier = "".join(_spelled(c) for c in identifier)
    match = re.fullmatch(r"([^\W\d_]+)_?(\d*)(?:_(\w+?))?_*", identifier)
    if not match:
        return _accented(upright(identifier), accent)
    stem, digits, rest = match.groups()
    if stem == "lambda" or stem in _GREEK:
        body = "\\" + stem
    elif len(stem) == 1 and stem.isascii():
        body = stem
    else:
        body = upright(stem)
    index = ",".join(filter(None, [digits, rest and (rest if rest.isdigit() or len(rest) == 1 else upright(rest))]))
    body = _accented(body, accent)
    return body if not index else f"{body}_{index}" if len(index) == 1 else f"{body}_{{{index}}}"


_SUBSCRIPTS = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")


def text_name(identifier: str) -> str:
    """A variable's name as text, with its index below the line.

    >>> text_name("w1"), text_name("theta"), text_name("x_hidden")
    ('w₁', 'θ', 'x_hidden')
    """
    match = re.fullmatch(r"([^\W\d_]+)_?(\d*)", identifier)
    if not match:
        return identifier
    stem, digits = match.groups()
    if stem in _GREEK:
        kind = "CAPITAL" if stem[0].isupper() else "SMALL"
        stem = unicodedata.lookup(f"GREEK {kind} LETTER {stem}")
    return stem + digits.translate(_SUBSCRIPTS)


def _spelled(character: str) -> str:
    """Greek letters by their names, as TeX wants them."""
    words = unicodedata.name(character, "").split()
    if words[:1] == ["GREEK"] and words[2:3] == ["LETTER"] and len(words) == 4:
        word = words[3].lower().replace("lamda", "lambda")
        return word.capitalize() if words[1] == "CAPITAL" else word
    return character


def _accented(body: str, accent: str) -> str:
    """An accent over one letter, or over the whole of a longer name."""
    if not accent:
        return body
    if body.startswith(r"\mathrm"):
        return {"dot": rf"\overset{{\mathbf{{.}}}}{{{body}}}", "bar": rf"\overline{{{body}}}"}[accent]
    return rf"\{accent}{{{body}}}"


def is_number(tex: str) -> bool:
    return tex[:1].isdigit() or tex[:1] in "-(["


def enclosed(tex: str) -> str:
    """``tex`` as a factor or a later summand: a negative number goes in brackets."""
    return f"({tex})" if tex.startswith("-") or r"\times 10" in tex else tex


def times(a: str, b: str) -> str:
    """A product: names side by side, numbers with a dot, a factor 1 left out.

    >>> times("v_1", "w_2"), times("3", "-2"), times("1", "x"), times("-1", "x")
    ('v_1\\\\,w_2', '3 \\\\cdot (-2)', 'x', '-x')
    """
    if "1" in (a, b):
        return b if a == "1" else a
    if a == "-1" and not is_number(b):
        return "-" + b
    sign = r" \cdot " if is_number(a) and is_number(b) or b[:1].isdigit() else r"\,"
    return leading(a) + sign + enclosed(b)


def leading(tex: str) -> str:
    """``tex`` as a first factor."""
    return f"({tex})" if r"\times 10" in tex else tex


# Operations ---------------------------------------------------------------------------------------

Rows = dict[str, Callable[..., str]]


def _call(function: str) -> Callable[..., str]:
    return lambda a: rf"{function} {enclosed(a)}"


VALUE: Rows = {
    "add": lambda a, b: f"{a} - {b[1:]}" if re.match(r"-[\d.]", b) else f"{a} + {b}",
    "subtract": lambda a, b: f"{a} - {enclosed(b)}",
    "multiply": lambda a, b: times(a, b) if "1" not in (a, b) else rf"{a} \cdot {b}",
    "divide": lambda a, b: rf"\dfrac{{{a}}}{{{b}}}",
    "power": lambda a, b: f"{enclosed(a)}^{{{b}}}",
    "float_power": lambda a, b: f"{enclosed(a)}^{{{b}}}",
    "negative": lambda a: f"-{enclosed(a)}",
    "positive": lambda a: a,
    "square": lambda a: f"{enclosed(a)}^{{2}}",
    "reciprocal": lambda a: rf"\dfrac{{1}}{{{a}}}",
    "sqrt": lambda a: rf"\sqrt{{{a}}}",
    "cbrt": lambda a: rf"\sqrt[3]{{{a}}}",
    "exp": lambda a: f"e^{{{a}}}",
    "exp2": lambda a: f"2^{{{a}}}",
    "expm1": lambda a: f"e^{{{a}}} - 1",
    "log": _call(r"\log"),
    "log2": _call(r"\log_{2}"),
    "log10": _call(r"\log_{10}"),
    "log1p": lambda a: rf"\log(1 + {enclosed(a)})",
    "sin": _call(r"\sin"),
    "cos": _call(r"\cos"),
    "tan": _call(r"\tan"),
    "sinh": _call(r"\sinh"),
    "cosh": _call(r"\cosh"),
    "tanh": _call(r"\tanh"),
    "arcsin": _call(r"\arcsin"),
    "arccos": _call(r"\arccos"),
    "arctan": _call(r"\arctan"),
    "arcsinh": _call(r"\mathrm{arsinh}\:"),
    "arccosh": _call(r"\mathrm{arcosh}\:"),
    "arctanh": _call(r"\mathrm{artanh}\:"),
    "absolute": lambda a: f"|{a}|",
    "fabs": lambda a: f"|{a}|",
    "sign": _call(r"\mathrm{sign}\:"),
    "maximum": lambda a, b: rf"\max({a}, {b})",
    "minimum": lambda a, b: rf"\min({a}, {b})",
    "arctan2": lambda a, b: rf"\mathrm{{arctan2}}({a}, {b})",
    "hypot": lambda a, b: rf"\sqrt{{{enclosed(a)}^{{2}} + {enclosed(b)}^{{2}}}}",
    "logaddexp": lambda a, b: rf"\log(e^{{{a}}} + e^{{{b}}})",
    "matmul": lambda a, b: rf"{a}\,{b}",
    "dot": lambda a, b: rf"{a} \cdot {b}",
    "sum": _call(r"\sum\:"),
}

# The operands, then the node's own value.
PARTIAL: dict[str, tuple[Callable[..., str], ...]] = {
    "add": (lambda a, b, r: "1", lambda a, b, r: "1"),
    "subtract": (lambda a, b, r: "1", lambda a, b, r: "-1"),
    "multiply": (lambda a, b, r: b, lambda a, b, r: a),
    "divide": (
        lambda a, b, r: rf"\dfrac{{1}}{{{b}}}",
        lambda a, b, r: rf"-\dfrac{{{a}}}{{{enclosed(b)}^{{2}}}}",
    ),
    "power": (
        lambda a, b, r: times(b, _power(a, b)),
        lambda a, b, r: rf"{r}\,\log {a}",
    ),
    "negative": (lambda a, r: "-1",),
    "positive": (lambda a, r: "1",),
    "square": (lambda a, r: rf"2\,{a}",),
    "reciprocal": (lambda a, r: rf"-\dfrac{{1}}{{{enclosed(a)}^{{2}}}}",),
    "sqrt": (lambda a, r: rf"\dfrac{{1}}{{2\sqrt{{{a}}}}}",),
    "cbrt": (lambda a, r: rf"\dfrac{{1}}{{3\,{enclosed(r)}^{{2}}}}",),
    "exp": (lambda a, r: f"e^{{{a}}}",),
    "exp2": (lambda a, r: rf"2^{{{a}}}\,\log 2",),
    "expm1": (lambda a, r: f"e^{{{a}}}",),
    "log": (lambda a, r: rf"\dfrac{{1}}{{{a}}}",),
    "log2": (lambda a, r: rf"\dfrac{{1}}{{{a}\,\log 2}}",),
    "log10": (lambda a, r: rf"\dfrac{{1}}{{{a}\,\log 10}}",),
    "log1p": (lambda a, r: rf"\dfrac{{1}}{{1 + {a}}}",),
    "sin": (lambda a, r: rf"\cos({a})",),
    "cos": (lambda a, r: rf"-\sin({a})",),
    "tan": (lambda a, r: rf"(1 + {r}^{{2}})",),
    "sinh": (lambda a, r: rf"\cosh({a})",),
    "cosh": (lambda a, r: rf"\sinh({a})",),
    "tanh": (lambda a, r: rf"(1 - {r}^{{2}})",),
    "arcsin": (lambda a, r: rf"\dfrac{{1}}{{\sqrt{{1 - {a}^{{2}}}}}}",),
    "arccos": (lambda a, r: rf"-\dfrac{{1}}{{\sqrt{{1 - {a}^{{2}}}}}}",),
    "arctan": (lambda a, r: rf"\dfrac{{1}}{{1 + {a}^{{2}}}}",),
    "arcsinh": (lambda a, r: rf"\dfrac{{1}}{{\sqrt{{1 + {a}^{{2}}}}}}",),
    "arccosh": (lambda a, r: rf"\dfrac{{1}}{{\sqrt{{{a}^{{2}} - 1}}}}",),
    "arctanh": (lambda a, r: rf"\dfrac{{1}}{{1 - {a}^{{2}}}}",),
    "absolute": (lambda a, r: rf"\mathrm{{sign}}({a})",),
    "fabs": (lambda a, r: rf"\mathrm{{sign}}({a})",),
    "sign": (lambda a, r: "0",),
    "maximum": (lambda a, b, r: f"[{a} > {b}]", lambda a, b, r: f"[{b} > {a}]"),
    "minimum": (lambda a, b, r: f"[{a} < {b}]", lambda a, b, r: f"[{b} < {a}]"),
    "arctan2": (
        lambda a, b, r: rf"\dfrac{{{b}}}{{{enclosed(a)}^{{2}} + {enclosed(b)}^{{2}}}}",
        lambda a, b, r: rf"-\dfrac{{{a}}}{{{enclosed(a)}^{{2}} + {enclosed(b)}^{{2}}}}",
    ),
    "hypot": (lambda a, b, r: rf"\dfrac{{{a}}}{{{r}}}", lambda a, b, r: rf"\dfrac{{{b}}}{{{r}}}"),
    "logaddexp": (
        lambda a, b, r: rf"\dfrac{{1}}{{1 + e^{{{b} - {a}}}}}",
        lambda a, b, r: rf"\dfrac{{1}}{{1 + e^{{{a} - {b}}}}}",
    ),
}
# The same in terms of what the tape keeps, where that is the result and the lecture writes the operand.
KEPT: dict[str, tuple[Callable[..., str] | None, ...]] = {
    "divide": (None, lambda a, b, r: rf"-\dfrac{{{r}}}{{{b}}}"),
    "power": (None, lambda a, b, r: rf"{r}\,\log {a}"),
    "reciprocal": (lambda a, r: f"-{enclosed(r)}^{{2}}",),
    "sqrt": (lambda a, r: rf"\dfrac{{1}}{{2\,{r}}}",),
    "exp": (lambda a, r: r,),
    "exp2": (lambda a, r: rf"{r}\,\log 2",),
}
PARTIAL["float_power"] = PARTIAL["power"]

# Operations that are linear in each operand: the tangent of one is the operation with that operand's tangent.
LINEAR = {"matmul", "dot", "inner", "outer", "vdot", "sum", "getitem"}


def _power(a: str, b: str) -> str:
    """The TeX of a to the power b - 1."""
    if re.fullmatch(r"-?[\d.]+", b):
        exponent = number(round(float(b) - 1, 12))
        return {"0": "1", "1": a}.get(exponent) or f"{enclosed(a)}^{{{exponent}}}"
    return f"{enclosed(a)}^{{{b} - 1}}"


def value(op: str, operands: Sequence[str]) -> str:
    """The TeX of ``op`` applied to ``operands``.

    >>> value("log", ["w_1"]), value("multiply", ["3", "0.6931"]), value("erf", ["x"])
    ('\\\\log w_1', '3 \\\\cdot 0.6931', '\\\\mathrm{erf}(x)')
    """
    if op == "getitem" and len(operands) == 2:
        return f"{operands[0]}{operands[1]}"
    row = VALUE.get(op)
    if row is not None:
        try:
            return row(*operands)
        except TypeError:  # another number of operands than the row was written for
            pass
    return upright(op) + "(" + ",\\ ".join(operands) + ")"


def partial(op: str, position: int, operands: Sequence[str], result: str, *, kept: bool = False) -> str | None:
    """The TeX of the derivative of ``op`` by its operand number ``position``, or None where the table has no row.

    With ``kept`` it is written in the values that reverse mode keeps.

    >>> partial("sqrt", 0, ["v_2"], "v_3"), partial("sqrt", 0, ["v_2"], "v_3", kept=True)
    ('\\\\dfrac{1}{2\\\\sqrt{v_2}}', '\\\\dfrac{1}{2\\\\,v_3}')
    """
    row = PARTIAL.get(op)
    if row is None or not 0 <= position < len(row):
        return None
    form = row[position]
    if kept and op in KEPT:
        form = KEPT[op][position] or form
    try:
        return form(*operands, result)
    except TypeError:
        return None


def key(index) -> str:
    """The TeX of what stands in the brackets of an indexing.

    >>> key((slice(None, 3), 0))
    '[{:}3, 0]'
    """
    parts = index if isinstance(index, tuple) else (index,)
    out = []
    for part in parts:
        if isinstance(part, slice):
            ends = ["" if end is None else str(end) for end in (part.start, part.stop)]
            out.append("{:}".join(ends) + ("" if part.step is None else f"{{:}}{part.step}"))
        elif part is Ellipsis:
            out.append(r"\ldots")
        elif part is None:
            out.append(r"\mathrm{None}")
        elif isinstance(part, (int, np.integer)):
            out.append(str(part))
        else:
            out.append(shape(np.asarray(part)))
    return "[" + ", ".join(out) + "]"
