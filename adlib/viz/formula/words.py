"""Formulas read aloud: the words of a TeX string, for screen readers and for pages that drop drawings."""

from __future__ import annotations

import re

_TOKEN = re.compile(r"\\[A-Za-z]+|\\.|[0-9.]+|\s+|.", re.S)
_WORDS = {
    r"\cdot": "times", r"\,": "times", r"\times": "times", r"\odot": "times elementwise", r"\partial": "partial",
    r"\sum": "sum of", r"\nabla": "gradient of", r"\prod": "product of", r"\infty": "infinity", r"\top": "transposed", r"\ldots": "and so on",
    r"\varepsilon": "epsilon", r"\varphi": "phi", r"\geq": "at least", r"\leq": "at most", r"\neq": "is not", r"\approx": "is about", r"\to": "to",
    "+": "plus", "-": "minus", "/": "over", ">": "is greater than", "<": "is less than", "'": "prime",
}  # fmt: skip
_ACCENTS = {
    r"\dot": "dot", r"\ddot": "double dot", r"\bar": "bar", r"\hat": "hat", r"\tilde": "tilde", r"\vec": "vector",
}  # fmt: skip
_SILENT = {r"\;", r"\:", r"\!", r"\quad", r"\ ", r"\left", r"\right", r"\displaystyle", "~"}
_ALPHABETS = {r"\mathrm", r"\mathbf", r"\mathit", r"\mathsf", r"\mathbb", r"\mathcal", r"\operatorname", r"\text"}
_TAKES_ONE = _ALPHABETS | _ACCENTS.keys() | {r"\sqrt", r"\frac", r"\dfrac"}

# A formula as a tree: a token, or a list for what stands between braces.
_Tree = list["str | _Tree"]


def reading(tex: str) -> str:
    """The words of a formula.

    A thin space is taken to join factors, so it is read as "times".

    >>> reading(r"\\dot{v}_2 = \\dfrac{\\partial v_2}{\\partial w_2}\\,\\dot{w}_2 = 3 \\cdot 0.5")
    'v2 dot = (partial v2 over partial w2) times w2 dot = 3 times 0.5'
    """
    text = " ".join(filter(None, _read(_tree(tex))))
    return re.sub(r"([(\[]) ", r"\1", re.sub(r" ([)\],:])", r"\1", text))


def _tree(tex: str) -> _Tree:
    """The tokens of ``tex`` with its braces as lists; a brace too many or too few is passed over."""
    open_lists: list[_Tree] = [[]]
    for token in _TOKEN.findall(tex):
        if token == "{":
            inside: _Tree = []
            open_lists[-1].append(inside)
            open_lists.append(inside)
        elif token == "}":
            if len(open_lists) > 1:
                open_lists.pop()
        elif not token.isspace():
            open_lists[-1].append(token)
    return open_lists[0]


def _read(nodes: _Tree) -> list[str]:
    """Consumes ``nodes`` and returns the words."""
    out: list[str] = []
    while nodes:
        node = nodes.pop(0)
        if isinstance(node, list):
            out += _read(node)
        elif node in _ACCENTS:
            out.append(f"{_argument(nodes)}{_index(nodes)} {_ACCENTS[node]}")
        elif node in (r"\frac", r"\dfrac"):
            out.append(f"({_argument(nodes)} over {_argument(nodes)})")
        elif node == r"\overset":
            accent = _argument(nodes)
            out.append(f"{_argument(nodes)}{_index(nodes)} " + ("dot" if accent == "." else f"under {accent}"))
        elif node == r"\overline":
            out.append(f"{_argument(nodes)}{_index(nodes)} bar")
        elif node == r"\sqrt":
            out.append("square root of " + _bracketed(_argument(nodes)))
        elif node == "|":
            end = nodes.index("|") if "|" in nodes else len(nodes)
            inside, nodes[: end + 1] = nodes[:end], []
            out.append("absolute value of " + _bracketed(" ".join(_read(inside))))
        elif node == "^":
            power = _argument(nodes)
            out.append({"2": "squared", "3": "cubed"}.get(power) or "to the power " + _bracketed(power))
        elif node == "_":
            base, index = (out.pop() if out else ""), _joined(_argument(nodes))
            out.append(f"{base} {index.lstrip()}" if base == ")" else base + index)
        elif node in _ALPHABETS:
            out.append(_argument(nodes).replace(" ", "") + _index(nodes))
        elif node not in _SILENT:
            out.append(_WORDS.get(node) or node.lstrip("\\"))
    return out


def _argument(nodes: _Tree) -> str:
    """The words of the next token or braced group."""
    if not nodes:
        return ""
    node = nodes.pop(0)
    if isinstance(node, list):
        return " ".join(filter(None, _read(node)))
    return " ".join(_read([node, *([nodes.pop(0)] if node in _TAKES_ONE and nodes else [])]))


def _index(nodes: _Tree) -> str:
    if nodes and nodes[0] == "_":
        nodes.pop(0)
        return _joined(_argument(nodes))
    return ""


def _bracketed(words: str) -> str:
    return f"({words})" if " " in words.removeprefix("minus ") else words


def _joined(script: str) -> str:
    return script if script.isdigit() or len(script) == 1 else " " + script
