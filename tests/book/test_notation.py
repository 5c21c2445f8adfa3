"""The page of notation agrees with the glossary: each symbol with its term, and each term with its Russian word.

A row whose meaning links to a term stands by the definition in the glossary, which shows the symbol. For the other rows,
and where one definition holds for two symbols, the beginning of the meaning stands here once more.
"""

import itertools
import re

import pytest

from tests.book.test_glossary import ENTRY, GLOSSARY
from tools import ROOT

NOTATION = ROOT / "pages" / "notation.md"

TERM = re.compile(r'\[([^\]]+)\]\(glossary\.md#([^)]+)\) \(<span lang="ru">([^<]+)</span>\)')
SAID = {
    "$L$": "the loss",
    "$w$": "the parameters",
    "$n$": "the dimension",
    "$W_i$": "a point",
    "$D_{ij}$": "the distance",
    "$T$": "the time of one evaluation",
    r"$A^\top$": "the transpose",
    "$N$": "the number of nodes",
    "parents of $v_i$": "the nodes that $v_i$ is computed from",
    "children of $v_i$": "the nodes computed from $v_i$",
    r"$v_i \to v_j$": "an edge: $v_j$ is a child of $v_i$",
    r"$\dot v_i$": "the tangent: the derivative of $v_i$ along the chosen direction",
    r"$\bar v_i$": "the adjoint: the derivative of the output",
    r"$\dot w$": "the seed of forward mode",
    r"$\bar L$": "the seed of reverse mode",
    r"$\bar y$": "the same for a map with several outputs",
    r"$\alpha$": "the step of a descent method",
    "$G$": "an estimate of the gradient",
    "$w^*$, $L^*$": "a point where the loss is least",
    "$u$": "a direction",
    "$z$": "a random probe",
    "$z_k$": "in a network, $v_{k-1} w_k$",
    r"$\sigma$": "the activation",
    r"$\delta_k$": "the adjoint of $z_k$",
    "$n_k$, $t$": "the width of layer",
    "$m$": "the number of probes",
    "$b$": "the number of rows",
    r"$\odot$": "the product of two arrays",
    r"$\mathbb{E}$": "the mean",
    r"$\langle a, b\rangle$": "the inner product",
}
# What must not stand beside a dot, and beside a bar, in one clause of the conventions.
CLASHES = {"dot": ("adjoint", "against"), "bar": ("tangent", "with the")}


def rows(page):
    """The cells of the table, the first in two: symbol, meaning, in code, on the slides."""
    lines = [line for line in page.split("## Conventions")[0].splitlines() if line.startswith("| ")][1:]
    found = []
    for line in lines:
        first, meaning, slides = (cell.strip() for cell in line.strip("|").split(" |"))
        symbol, _, code = first.partition("<br>")
        found.append([symbol, meaning, code, slides])
    return found


def definitions(glossary):
    """The anchor of a term -> its Russian words and its definition."""
    found = {}
    for block in glossary.split("## Russian index")[0].split("### ")[1:]:
        name, body = block.split("\n\n", 1)
        russian, _, definition = ENTRY.fullmatch(body.strip()).groups()
        found[name.lower().replace(" ", "-")] = (russian.split(", "), definition)
    return found


def shows(definition, symbol):
    """Whether a formula of the definition holds the symbol."""
    whole = rf"(?<![A-Za-z\\]){re.escape(symbol.strip('$'))}(?![A-Za-z])"
    return any(re.search(whole, formula) for formula in re.findall(r"\$([^$]+)\$", definition))


def row_problems(symbol, meaning, code, terms):
    """Everything that is wrong with a row, one line each."""
    linked = TERM.findall(meaning)
    if not linked and symbol not in SAID:
        yield f"{symbol}: no term of the glossary, and not in this test"
    for name, anchor, word in linked:
        russian, definition = terms.get(anchor, ((), ""))
        if name.lower().replace(" ", "-") != anchor:
            yield f"{symbol}: {name} leads to {anchor}"
        if not shows(definition, symbol):
            yield f"{symbol}: the glossary has no such symbol under {name}"
        if word not in russian:
            yield f"{symbol}: {name} is not {word} in the glossary"
    if not TERM.sub(r"\1", meaning).startswith(SAID.get(symbol, "")):
        yield f"{symbol}: it is {SAID[symbol]}"
    for ending in CLASHES:
        if re.search(rf"\w_{ending}\b", code) and f"\\{ending} " not in symbol:
            yield f"{symbol}: it is no variable that ends in _{ending}"


def problems(page, glossary):
    """Everything in which the page of notation disagrees with the glossary; empty when it is right."""
    terms = definitions(glossary)
    table = rows(page)
    found = [line for symbol, meaning, code, _ in table for line in row_problems(symbol, meaning, code, terms)]
    found += [f"{symbol}: not on the page" for symbol in SAID if symbol not in [row[0] for row in table]]
    for clause in re.split(r"[,.]? and |[,.]\s", page.split("## Conventions")[1]):
        for mark, words in CLASHES.items():
            if re.search(rf"\b_?{mark}\b", clause):
                found += [f"not beside a {mark}: {clause.strip()}" for word in words if word in clause]
    return found


@pytest.fixture
def page():
    """The committed page."""
    return NOTATION.read_text(encoding="utf-8")


@pytest.fixture
def glossary():
    """The committed glossary."""
    return GLOSSARY.read_text(encoding="utf-8")


def test_the_notation_agrees_with_the_glossary(page, glossary):
    assert problems(page, glossary) == []


def swapped(text, one, other):
    """The text with two of its pieces in each other's place."""
    return text.replace(one, "\0").replace(other, one).replace("\0", other)


@pytest.mark.parametrize("column", [0, 1], ids=["symbols", "meanings"])
def test_any_two_cells_in_each_other_s_place_are_seen(page, glossary, column):
    terms = definitions(glossary)
    for one, other in itertools.combinations(rows(page), 2):
        mixed = [*one]
        mixed[column] = other[column]
        back = [*other]
        back[column] = one[column]
        assert [*row_problems(*mixed[:3], terms), *row_problems(*back[:3], terms)], (one[0], other[0])


@pytest.mark.parametrize("part", [0, 1, 2], ids=["name", "link", "Russian word"])
def test_any_two_terms_in_each_other_s_place_are_seen(page, glossary, part):
    terms = list(dict.fromkeys(TERM.findall(page)))
    for one, other in itertools.combinations(terms, 2):
        left, right = ((f"[{t[0]}](", f"#{t[1]})", f">{t[2]}<")[part] for t in (one, other))
        assert problems(swapped(page, left, right), glossary), (one, other)


@pytest.mark.parametrize(
    ("old", "new", "line"),
    [
        ("the [tangent](glossary.md#tangent)", "the [adjoint](glossary.md#adjoint)",
         r"$\dot v_i$: the glossary has no such symbol under adjoint"),
        ("[tangent](", "[adjoint](", r"$\dot v_i$: adjoint leads to tangent"),
        ("касательный вектор", "сопряжённая переменная", r"$\dot v_i$: tangent is not сопряжённая переменная in the glossary"),
        (r"| $\dot v_i$<br>", r"| $\bar v_i$<br>", r"$\bar v_i$: the glossary has no such symbol under tangent"),
        ("`v_dot`", "`v_bar`", r"$\dot v_i$: it is no variable that ends in _bar"),
        ("`T` | the time", "`T` | the loss", "$T$: it is the time of one evaluation"),
        ("| $T$<br>", "| $S$<br>", "$S$: no term of the glossary, and not in this test"),
        ("A dot always rides on a tangent", "A dot always rides on an adjoint",
         "not beside a dot: A dot always rides on an adjoint"),
        ("ends in `_bar` is an adjoint", "ends in `_bar` is a tangent",
         "not beside a bar: a variable that ends in `_bar` is a tangent"),
        (r"and $\bar v$ travels against it", r"and $\bar v$ travels with the computation",
         r"not beside a bar: $\bar v$ travels with the computation"),
    ],
)  # fmt: skip
def test_a_planted_mistake_is_named(page, glossary, old, new, line):
    assert page.count(old) == 1, f"the plant must fit one place: {old!r}"
    assert line in problems(page.replace(old, new), glossary)


def test_a_russian_word_changed_in_the_glossary_is_named(page, glossary):
    planted = swapped(glossary, "касательный вектор", "сопряжённая переменная")
    assert r"$\dot v_i$: tangent is not касательный вектор in the glossary" in problems(page, planted)
