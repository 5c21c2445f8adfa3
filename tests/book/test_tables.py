"""Tables written by hand say what the code does: what a rule keeps, which factor an estimate has, what a quotient costs.

A formula in a table, as in `$n/(n + 2)$`, is computed. Where the code has no such number, another table or the chapter's
own code has it.
"""

import ast
import inspect
import math
import re
from itertools import combinations

import numpy as np
import pytest

import adlib
from adlib import schedules
from adlib.core import families
from adlib.core.tree import flatten
from adlib.graph.record import Ref
from adlib.zero_order.differences import evaluations
from benchmarks.sweeps import counter
from tests.adlib.zero_order import test_estimators as exact
from tests.book import docstring_tables as docstrings
from tests.book.tables import M, N, cells_of, columns, table, value, wrong
from tools import ROOT

DESCENT, CURSE = "02-descent-without-gradients", "03-curse-of-dimensionality"
FORWARD, REVERSE = "05-forward-mode", "06-reverse-mode"


# What a rule keeps: chapter 6 -----------------------------------------------------------------------------------


def kept(f, *args):
    """In the words of the table: what the entry of the only operation of `f` holds."""
    graph = adlib.make_graph(f)(*args)
    node, operands = graph.nodes[-1], graph.nodes[:-1]
    traced = tuple(k for k, x in enumerate(node.operands) if isinstance(x, Ref))
    residuals = flatten(node._rule.residuals(node.value, graph.operand_values(node), node._kwargs, traced))[0]
    held = [x for x in residuals if x is not None]
    constants = [x for x in node.operands if not isinstance(x, Ref)]
    found = graph.kept()
    if found == {x.index for x in operands} and len(held) == len(operands):
        return "both factors" if len(operands) == 2 else "its operand"
    if found == {node.index} and len(held) == 1:
        return "its result"
    if not found and held:
        return "the constant" if held == constants else "something else"
    return "something else" if found else "nothing"


def kept_values(text):
    """What the table says otherwise than the rules: what is kept, and the local derivatives."""
    found = []
    for operation, derivative, keeps in table(text, "operation", "local derivative", "has to keep"):
        formula = re.match(r"\$v = (.*?)\$", operation)[1]
        letters = re.findall(r"\b[ab]\b", re.sub(r"\\(?=[a-z,])", " ", formula))
        point = dict(zip("ab", (0.7, 1.9)))
        args = [point[letter] for letter in letters]

        def f(*args, formula=formula, letters=letters):
            return value(formula, **dict(zip(letters, args)), c=2.5)

        if keeps != kept(f, *args):
            found.append(wrong("has to keep", operation, keeps, kept(f, *args)))
        exact = adlib.grad(f, argnums=tuple(range(len(args))))(*args)
        said = [
            value(part, **point, c=2.5, v=f(*args)) for part in derivative.strip("$").replace(r",\ ", ";").split(";")
        ]
        if not np.allclose(said, exact, rtol=1e-14):
            found.append(wrong("local derivative", operation, derivative, np.round(exact, 4).tolist()))
    return found


# Factors and moments: chapters 2 and 3 --------------------------------------------------------------------------


def distribution(words):
    return words.split()[0].rstrip(",").lower()


def factor(name):
    """By which `zero_order_gradient` multiplies a slope times its direction."""
    g = np.arange(1.0, N + 1.0)
    u = adlib.random_directions(name, 1, N, rng=5)[0]
    G = adlib.zero_order_gradient(lambda w: g @ w, np.zeros(N), rng=5, distribution=name, step=1.0).value
    return round(float(G @ u / ((u @ g) * (u @ u))), 9)


def assigned(name, **names):
    """What the code of chapter 2 assigns to a name; its checks prove these numbers."""
    (node,) = [
        node.value
        for node in ast.parse(cells_of(DESCENT, "code")).body
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == name
    ]
    return eval(compile(ast.Expression(node), name, "eval"), {"n": N} | names)


def factors(text):
    """The table of factors against `zero_order_gradient`, the chapter's own, and the lengths that they make up for."""
    found, own = [], assigned("FACTOR")
    rows = table(text, "directions", "mean squared length", "factor")
    for words, length, said in rows:
        name = distribution(words)
        code_has = factor(name) if "radius" not in words else 1.0
        if value(said, n=N) != code_has or "radius" not in words and own[name] != code_has:
            found.append(wrong("factor", words, said, f"{code_has:g} for n = {N}"))
        if not math.isclose(value(length, n=N) * code_has, N):
            found.append(wrong("mean squared length", words, length, f"{N / code_has:g} for n = {N}"))
    return found


IN_WORDS = {
    "∂ᵢΔf": "trace",
    "∂ᵢ³f": "third",
    "|∇f|²": "square",
    "(∂ᵢf)²": "own",
    "(tr H)² + 2 |H|²": "curved",
    "ε²": "eps^2",
}


def in_words(formula):
    """A formula of a docstring with names for what has no value of its own."""
    for there, instead in IN_WORDS.items():
        formula = formula.replace(there, instead)
    return formula


def moments(text):
    """The table of the distributions in `zero_order_gradient`, against averages over all directions in three dimensions."""
    found, n = [], exact.N
    names = {"n": n, "s": (n - 2) / (n + 2), "eps": 1.0, "square": exact.g @ exact.g}
    for name, *said in ([cell.strip("`") for cell in row] for row in columns(text, "distribution")):
        u, i = exact.ALL[name], 1
        own = {"trace": exact.LAPLACIAN[i], "third": exact.THIRD[i], "own": exact.g[i] ** 2}
        numbers = [value(in_words(formula), **names, **own) for formula in said]
        means = [np.mean(u[:, 0] ** 4), np.mean(u[:, 0] ** 2 * u[:, 1] ** 2)]
        expected = [*means, exact.BIAS[name](1.0)[i], exact.VARIANCES[name][i]]
        for what, formula, number, right in zip(("E uᵢ⁴", "E uᵢ²uⱼ²", "bias", "variance"), said, numbers, expected):
            if not math.isclose(number, right, rel_tol=1e-12, abs_tol=1e-15):
                found.append(wrong(what, name, formula, f"{right:.4g} for n = {n}"))
    (added,) = re.findall(r"for a quadratic, ``(.*?)``", text)
    right = exact.ONE_SIDED["sphere"](1.0)
    curved = np.trace(exact.H) ** 2 + 2 * np.sum(exact.H**2)
    if not math.isclose(value(in_words(added), n=n, eps=1.0, curved=curved), right):
        found.append(wrong("one-sided", "sphere", added, f"{right:.4g} for n = {n}"))
    return found


def second_moment(name):
    """The mean of the square of an estimate, as a multiple of the gradient's, from the means of four entries."""
    same, mixed = assigned("FOURTH", PAIR=assigned("PAIR"))[name]
    return factor(name) ** 2 * (same + (N - 1) * mixed)


def prices(text):
    """What stands in the place of n, and the evaluations of a step."""
    several = 1 + (second_moment("sphere") - 1) / M  # the mean of m estimates: an m-th of the noise
    expected = {
        "multi-point": (1, evaluations("central", N)),
        "two-point": (second_moment("sphere"), evaluations("central", 1)),
        "$m$ random directions": (several, evaluations("central", M)),
    }
    rows = table(text, "method", "in place of $n$", "evaluations")
    found = [f"no row {method}" for method in expected if method not in [row[0] for row in rows]]
    gaussian_has = second_moment("gaussian")
    for method, instead, price in rows:
        if method not in expected:
            continue
        said, _, gaussian = instead.partition("; Gaussian: ")
        said = value(said.partition(",")[0], n=N, m=M)
        if not math.isclose(said, expected[method][0]):
            found.append(wrong("in place of $n$", method, instead, f"{expected[method][0]:g} for n = {N}, m = {M}"))
        if gaussian and not math.isclose(value(gaussian, n=N), gaussian_has):
            found.append(wrong("in place of $n$", method, instead, f"{gaussian_has:g} for Gaussian ones and n = {N}"))
        if (2 if price == "two" else value(price, n=N, m=M)) != expected[method][1]:
            found.append(wrong("evaluations", method, price, f"{expected[method][1]} for n = {N}, m = {M}"))
    return found


def rates(text):
    """The two columns agree for n = 1, and a round bowl of the least curvature attains the last row."""
    point = {"S": 2.0, "d": 0.7, "R": 1.3, "q": 1 - 0.5 / 2.0, "k": M}
    w = np.arange(1.0, N + 1.0)
    after = [w - 0.5 * w[i] * N * axis / (N * point["S"]) for i, axis in enumerate(np.eye(N))]  # each axis as likely
    attained = (np.mean(np.sum(np.square(after), axis=1)) / (w @ w)) ** M
    found = []
    for row, chance, gradient in table(text, "$L$ is", "two-point", "gradient"):
        said, for_one, exact = (
            value(
                formula.replace(r"\mathcal{L}", " S ").replace(r"\delta", " d ").replace("{2k}", "(2k)"), **point, n=n
            )
            for formula, n in ((chance, N), (chance, 1), (gradient, N))
        )
        if not math.isclose(for_one, exact):
            found.append(wrong("two-point", row, chance, f"{exact:.4g} for n = 1"))
        if row == "strongly convex" and not math.isclose(said, attained):
            found.append(wrong("two-point", row, chance, f"{attained:.4g} for n = {N}, k = {M}"))
    return found


INDEPENDENT = r"relative error (\$\S+\$) on the sphere|is ``(\S+) \|∇f\|²``\s+for m independent"
ORTHONORMAL = r"on the sphere, orthogonal (\$.*?\$), none|``\(([^`]*)\) \|∇f\|²``\s+for\s+orthonormal"


def relative_errors(text):
    """The squared relative error of m directions, in the summary of chapter 2 and in `zero_order_gradient`."""
    g, axes = np.arange(1.0, N + 1.0), np.eye(N)
    frames = [factor("coordinate") / M * sum(axes[i] * g[i] for i in chosen) for chosen in combinations(range(N), M)]
    expected = {
        INDEPENDENT: (second_moment("sphere") - 1) / M,
        ORTHONORMAL: float(np.mean([np.sum((frame - g) ** 2) for frame in frames]) / (g @ g)),
    }
    found = []
    for sentence, error in expected.items():
        said = re.search(sentence, text)
        said = said[1] or said[2]
        if not math.isclose(value(said, n=N, m=M), error):
            found.append(wrong("squared relative error", f"{M} of {N} directions", said, f"{error:.4g}"))
    return found


# What a gradient costs by differences: pages ---------------------------------------------------------------------

PRICED = {
    "pages/glossary.md": [
        (r"along each of the \$n\$ coordinates; it needs (\$.*?\$) evaluations", "central"),
        (r"along each of the \$n\$ coordinates; it needs .*?, or (\$.*?\$), and no chance", "forward"),
    ],
    "pages/slide-notes.md": [
        (r"It pays in evaluations, (\$.*?\$) for each iteration", "central"),
        (r"Finite differences take (\$.*?\$) evaluations", "forward"),
    ],
}


def prices_on_pages(text, page):
    """What the pages say that a gradient of n entries costs by differences."""
    found = []
    for sentence, scheme in PRICED[page]:
        (said,) = re.findall(sentence, text)
        if value(said, n=N) != evaluations(scheme, N):
            found.append(wrong(page, scheme, said, f"{evaluations(scheme, N)} for n = {N}"))
    return found


# Sweeps of a Jacobian: chapters 5 and 6 --------------------------------------------------------------------------


def sweeps(jacobian, n, m):
    """How many forward and backward sweeps a Jacobian of m outputs and n inputs takes."""
    watched, taken = counter()
    jacobian(lambda x: np.ones((m, n)) @ watched(x) if m > 1 else np.sum(watched(x)))(np.ones(n))
    return taken["forward"] + taken["reverse"]


def sweep_counts(text, *head):
    """The rows of the summary that count the sweeps of a Jacobian, against `jacfwd` and `jacrev`."""
    rows = [row for row in table(text, *head) if row[0].endswith(("Jacobian", "gradient of a loss"))]
    found = [] if rows else ["no row counts sweeps"]
    for question, *answers in rows:
        m = 1 if question.startswith("gradient") else M
        for said, jacobian in zip(answers, (adlib.jacfwd, adlib.jacrev)):
            number = said.partition(" sweep")[0]
            if (1 if number == "one" else value(number, n=N, m=m)) != sweeps(jacobian, N, m):
                found.append(wrong("sweeps", question, said, f"{sweeps(jacobian, N, m)} for n = {N}, m = {m}"))
    return found


# Every table, and a planted fault in each -----------------------------------------------------------------------


def page(name):
    return (ROOT / name).read_text(encoding="utf-8")


# Where a table stands, and what reads it.
TABLES = {
    "kept values": (lambda: cells_of(REVERSE, "markdown"), kept_values),
    "factors": (lambda: cells_of(DESCENT, "markdown"), factors),
    "moments": (lambda: inspect.getdoc(adlib.zero_order_gradient), moments),
    "relative errors": (lambda: cells_of(DESCENT, "markdown"), relative_errors),
    "relative errors in adlib": (lambda: inspect.getdoc(adlib.zero_order_gradient), relative_errors),
    "rates": (lambda: cells_of(CURSE, "markdown"), rates),
    "prices": (lambda: cells_of(CURSE, "markdown"), prices),
    "sweeps, forward": (
        lambda: cells_of(FORWARD, "markdown"),
        lambda text: sweep_counts(text, "question", "forward mode"),
    ),
    "sweeps, both": (
        lambda: cells_of(REVERSE, "markdown"),
        lambda text: sweep_counts(text, "question", "forward mode", "reverse mode"),
    ),
    "quotients": (lambda: inspect.getdoc(adlib.directional_difference), docstrings.quotients),
    "steps": (lambda: inspect.getdoc(adlib.difference_step), docstrings.steps),
    "costs of a gradient": (lambda: inspect.getdoc(adlib.finite_difference), docstrings.costs),
    "costs of an estimate": (lambda: inspect.getdoc(adlib.zero_order_gradient), docstrings.costs),
    "errors of a gradient": (lambda: inspect.getdoc(adlib.finite_difference), docstrings.errors_of_gradients),
    "constants of lanczos": (lambda: inspect.getdoc(adlib.lanczos), docstrings.lanczos_constants),
    "costs in the glossary": (
        lambda: page("pages/glossary.md"),
        lambda text: prices_on_pages(text, "pages/glossary.md"),
    ),
    "costs on the slides": (
        lambda: page("pages/slide-notes.md"),
        lambda text: prices_on_pages(text, "pages/slide-notes.md"),
    ),
    "schedules": (lambda: schedules.__doc__, docstrings.chains),
    "actions": (lambda: schedules.__doc__, docstrings.actions),
    "families": (lambda: families.__doc__, docstrings.kinds),
}


@pytest.mark.parametrize("name", TABLES)
def test_a_table_says_what_the_code_does(name):
    text, check = TABLES[name]
    assert check(text()) == []


# The table, what stands in it, what instead, and what is said then.
PLANTED = [
    ("kept values", "| its result |", "| its operand |",
     r"has to keep, row $v = \sqrt{a}$: says its operand, the code has its result"),
    ("kept values", "| nothing |", "| both factors |",
     "has to keep, row $v = a + b$: says both factors, the code has nothing"),
    ("kept values", "| $1/(2v)$ |", "| $1/(2a)$ |",
     r"local derivative, row $v = \sqrt{a}$: says $1/(2a)$, the code has [0.5976]"),
    ("factors", "| $n$ | $1$ |", "| $n$ | $n$ |",
     "factor, row Gaussian $N(0, I)$: says $n$, the code has 1 for n = 7"),
    ("moments", "gaussian      3 ", "gaussian      2 ", "E uᵢ⁴, row gaussian: says 2, the code has 3 for n = 3"),
    ("moments", "/(2 (n+2)) ", "/(2 (n+1)) ",
     "bias, row sphere: says ε²/(2 (n+1)) ∂ᵢΔf, the code has 0.9216 for n = 3"),
    ("moments", "|∇f|² - (∂ᵢf)²", "|∇f|² + (∂ᵢf)²",
     "variance, row rademacher: says |∇f|² + (∂ᵢf)², the code has 1.242 for n = 3"),
    ("moments", "n/(n+2) ε²/4", "n/(n+2) ε²/2",
     "one-sided, row sphere: says n/(n+2) ε²/2 ((tr H)² + 2 |H|²), the code has 4.444 for n = 3"),
    ("relative errors", "$(n-1)/m$ on", "$(n+1)/m$ on",
     "squared relative error, row 3 of 7 directions: says $(n+1)/m$, the code has 2"),
    ("relative errors in adlib", "``(n/m - 1)", "``(n/m - 2)",
     "squared relative error, row 3 of 7 directions: says n/m - 2, the code has 1.333"),
    ("rates", "$(1 - (1 - q^2)/n)^k$", "$(1 - (1 - q)/n)^k$",
     "two-point, row strongly convex: says $(1 - (1 - q)/n)^k$, the code has 0.178 for n = 1"),
    ("rates", "$(1 - (1 - q^2)/n)^k$", "$(1 - (1 - q^2))^k$",
     "two-point, row strongly convex: says $(1 - (1 - q^2))^k$, the code has 0.824 for n = 7, k = 3"),
    ("rates", r"| $\mathcal{L}R^2/(2k)$ |", r"| $\mathcal{L}R^2/(4k+2)$ |",
     r"two-point, row convex: says $n\mathcal{L}R^2/(2k)$, the code has 0.2414 for n = 1"),
    ("prices", "$(n+m-1)/m$", "$(n+m)/m$",
     "in place of $n$, row $m$ random directions: says $(n+m)/m$, the code has 3 for n = 7, m = 3"),
    ("prices", "| $2m$ |", "| $m$ |",
     "evaluations, row $m$ random directions: says $m$, the code has 6 for n = 7, m = 3"),
    ("sweeps, forward", "| $n$ sweeps, one", "| $m$ sweeps, one",
     "sweeps, row full Jacobian: says $m$ sweeps, one for each column, the code has 7 for n = 7, m = 3"),
    ("sweeps, both", "| $n$ sweeps | $m$ sweeps |", "| $m$ sweeps | $n$ sweeps |",
     "sweeps, row Jacobian: says $m$ sweeps, the code has 7 for n = 7, m = 3"),
    ("quotients", " 4            ``-ε", " 5            ``-ε",
     "evaluations, row five_point: says 5, the code has 4"),
    ("quotients", "ε²/6 D³f[u,u,u]``\nfive", "ε²/3 D³f[u,u,u]``\nfive",
     "error, row central: says ``ε²/3 D³f[u,u,u]``, the code has 0.5 times that"),
    ("steps", "leaves 2.4e-11", "leaves 2.4e-10",
     "float64, all sizes 1, row central: says 6.9e-6 leaves 2.4e-10, the code has 6.9e-06 leaves 2.4e-11"),
    ("steps", "(3 delta/D)", "(2 delta/D)",
     "best step, row central: says ``(2 delta/D)^(1/3)``, the code has 5.23e-06 for delta = 3.33e-16 and D = 7"),
    ("costs of a gradient", "4n for", "3n for",
     "cost, row five_point: says 3n, the code has 28 for 7 directions"),
    ("costs of an estimate", "m+1 evaluations", "2m evaluations",
     "cost, row forward: says 2m, the code has 8 for 7 directions"),
    ("errors of a gradient", "some 1e-8, 1e-11", "some 1e-8, 1e-10",
     "error, row central: says 1e-10, the code has 2e-11"),
    ("constants of lanczos", "6e-6 in single", "6e-7 in single", "zero, row float32: says 6e-7, the code has 6e-06"),
    ("constants of lanczos", "by 1e-4 of", "by 1e-3 of", "symmetric, row float64: says 1e-3, the code has 1e-04"),
    ("costs in the glossary", "it needs $2n$", "it needs $n$",
     "pages/glossary.md, row central: says $n$, the code has 14 for n = 7"),
    ("costs on the slides", "take $n + 1$ evaluations", "take $n$ evaluations",
     "pages/slide-notes.md, row forward: says $n$, the code has 8 for n = 7"),
    ("schedules", "l (l - 1) / 2", "l (l + 1) / 2",
     "advances, row binomial(1): says l (l + 1) / 2, the code has 0 for l = 1, k = s = 1"),
    ("actions", "Store(state, slot)", "Store(slot, state)",
     "fields, row Store: says slot, state, the code has state, slot"),
    ("families", "`linear_join` ", "`joined`      ",
     "declared by, row LinearJoin: says joined, the code has linear_join"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "there", "instead", "finding"), PLANTED)
def test_a_wrong_entry_is_named(name, there, instead, finding):
    text, check = TABLES[name]
    assert there in text()
    assert finding in check(text().replace(there, instead))


def test_every_table_has_its_planted_fault():
    assert {name for name, *_ in PLANTED} == set(TABLES)
