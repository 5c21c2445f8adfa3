"""The exercises of chapter 8. Oracles: the matrix itself, all bracketings, and an inverse that counts ways through a graph."""

from itertools import permutations

import numpy as np

from ._answers import array, close, number, shown
from ._engine import Complaint, Exercise
from ._lines import TooLong, with_few_lines

# Sweeps that are counted ---------------------------------------------------------------------------------------


def sweeps(matrix):
    """The two modes of a function with this Jacobian at its point, as `jvp` and `vjp`, and how often each was called."""
    called = {"jvp": 0, "vjp": 0}

    def mode(name, linear):
        def sweep(seed):
            vector = np.array(array(np.asarray(seed), f"the seed of {name}", linear.shape[1:]))
            called[name] += 1
            return linear @ vector

        sweep.__name__ = name
        return sweep

    return mode("jvp", matrix), mode("vjp", matrix.T), called


ROUNDED = "the first digits are right, and the last ones are lost: was it rounded, or put into float32"


def first_difference(ours, theirs, where=None):
    """The first entry of two matrices that differs much, in words; with all digits where fewer would show none."""
    if where is None:
        where = ~(np.abs(ours - theirs) <= 1e-9 * np.max(np.abs(theirs)))  # true for NaN
    i, j = np.argwhere(where)[0]
    one, other = float(ours[i, j]), float(theirs[i, j])
    write = shown if shown(one) != shown(other) else repr
    return f"entry ({i}, {j}) is {write(one)}, expected {write(other)}"


# cheaper-jacobian ----------------------------------------------------------------------------------------------

# Outputs and inputs. The same sizes come twice, with another matrix.
SIZES = ((3, 2), (2, 3), (4, 1), (1, 4), (3, 3), (1, 1), (2, 3), (7, 2), (2, 7))


def cheaper_cases(rng):
    """More outputs, more inputs, as many; then sizes, entries and scales that are drawn."""
    drawn = [tuple(int(k) for k in rng.integers(1, 10, 2)) for _ in range(12)]
    cases = []
    for k, (m, n) in enumerate([*SIZES, *drawn]):
        scale = 10.0 ** int(rng.integers(-6, 7)) if k >= len(SIZES) else 1.0
        matrix = (rng.normal(size=(m, n)).round(3) + 0.5) * scale
        cases.append({"matrix": matrix.tolist(), "shown": f"n = {n} inputs, m = {m} outputs"})
    return cases


def cheaper_run(student, case):
    matrix = np.array(case["matrix"])
    m, n = matrix.shape
    jvp, vjp, called = sweeps(matrix)
    answer = student(jvp, vjp, n, m)
    return {"jacobian": array(answer, "what cheaper_jacobian returned", (m, n)), **called}


def cheaper_verify(case, answer):
    expected, ours = np.array(case["matrix"]), np.array(answer["jacobian"])
    m, n = expected.shape
    made = f"it called jvp {answer['jvp']} times and vjp {answer['vjp']} times"
    total = answer["jvp"] + answer["vjp"]
    if not close(ours, expected):
        return Complaint(_cheaper_mistake(ours, expected), first_difference(ours, expected))
    if total > min(m, n):
        key = {(n, 0): "forward", (0, m): "reverse"}.get((answer["jvp"], answer["vjp"]))
        key = key or ("both" if answer["jvp"] and answer["vjp"] else "more")
        return Complaint(key, f"{made}, expected {min(m, n)} in all")
    if total < min(m, n):
        return Complaint("fewer", made)
    return None


def _cheaper_mistake(ours, expected):
    """The known mistake that leads to this matrix, if there is one."""
    if close(ours, expected, rtol=1e-5):
        return "rounded"
    if expected.shape[0] == expected.shape[1] and close(ours, expected.T):
        return "transposed"
    if close(ours, np.cumsum(expected, axis=1)) or close(ours, np.cumsum(expected, axis=0)):
        return "old-seeds"
    m, n = ours.shape
    filled = np.count_nonzero(ours.any(axis=1)) == 1 < m or np.count_nonzero(ours.any(axis=0)) == 1 < n
    return "overwritten" if filled else "entries"


CHEAPER_JACOBIAN = Exercise(
    id="cheaper-jacobian",
    wants="def cheaper_jacobian(jvp, vjp, n, m):",
    cases=cheaper_cases,
    run=cheaper_run,
    verify=cheaper_verify,
    hints={
        "transposed": "this is the transpose: what jvp gives is a column of the Jacobian, what vjp gives is a row",
        "old-seeds": "the second sweep still has the 1 of the first in its seed",
        "overwritten": "only one row or column is filled: each sweep has a place of its own",
        "rounded": ROUNDED,
        "entries": "a seed with a single 1 picks out one column (jvp) or one row (vjp)",
        "forward": "one sweep of forward mode an input; here there are fewer outputs than inputs",
        "reverse": "one sweep of reverse mode an output; here there are fewer inputs than outputs",
        "both": "both modes were run; one of them alone gives every entry",
        "more": "this mode is the right one, but it ran more often than it has seeds: n and m say all sizes",
        "fewer": "so few sweeps cannot tell all entries of any Jacobian of this size",
    },
)

# fewest-multiplications ----------------------------------------------------------------------------------------

LINES = 1_000_000  # of Python, for a chain of forty maps, which has more bracketings than can be tried

# Sizes, which of the Jacobians are diagonal, and what a failure calls for; the words say what the chain is.
CHAINS = (
    ([3, 4], [], "single", "one map alone"),
    ([2, 3, 4], [], "product", "two maps"),
    ([2, 3, 3], [], "square", "two maps, the second a dense square"),
    ([20, 9, 8, 7, 1], [], "ends", "one output"),
    ([1, 7, 8, 9, 20], [], "ends", "one input"),
    ([4, 9, 1, 3, 5], [], "middle", "narrow in the middle"),
    ([6, 5, 9, 2, 7, 9, 4], [], "middle", "narrow in two places"),
    ([9, 3, 5, 6, 7, 2, 3], [], "middle", "narrow at several places"),
    ([3, 4, 4], [2], "diagonal", "a dense map, then a diagonal one"),
    ([4, 4, 3], [1], "diagonal", "a diagonal map, then a dense one"),
    ([5, 5, 5], [1, 2], "diagonal", "two diagonal maps"),
    ([6, 4, 4, 4, 6], [2, 3], "diagonal", "two diagonal maps between dense ones"),
    ([5, 5, 2, 2, 6], [1, 3], "diagonal", "layers: dense and diagonal maps in turn"),
)


def chain_cases(rng):
    """Chains that each rule of thumb gets wrong, with and without diagonal maps; then random ones, and long ones."""
    cases = [
        chain_case(sizes, [i in at for i in range(1, len(sizes))], probe, words) for sizes, at, probe, words in CHAINS
    ]
    for k in range(14):
        diagonal = (rng.random(int(rng.integers(3, 8))) < 0.3 * (k % 2)).tolist()
        sizes = [int(rng.integers(1, 13))]
        for same in diagonal:
            sizes.append(sizes[-1] if same else int(rng.integers(1, 13)))
        cases.append(chain_case(sizes, diagonal, "diagonal" if any(diagonal) else "middle", "a random chain"))
    for _ in range(2):
        wide = rng.integers(2, 9, 41).tolist()
        wide[int(rng.integers(5, 36))] = 1
        cases.append(chain_case(wide, [False] * 40, "long", "forty maps"))
    return cases


def chain_case(sizes, diagonal, probe, words):
    at = [i + 1 for i, is_diagonal in enumerate(diagonal) if is_diagonal]
    words += f": sizes = {sizes}" + (f", diagonal: {', '.join(f'J{i}' for i in at)}" if at else "")
    return {"sizes": sizes, "diagonal": diagonal, "probe": probe, "shown": words}


def chain_run(student, case):
    sizes, diagonal = list(case["sizes"]), list(case["diagonal"])
    try:
        cost = with_few_lines(lambda: student(sizes, diagonal), LINES)
    except TooLong:
        return {"too long": True}
    cost = number(cost, "what fewest_multiplications returned")
    return {"cost": cost, "changed": sizes != case["sizes"] or diagonal != case["diagonal"]}


def chain_verify(case, answer):
    """Short chains by all their bracketings; a long one has one size 1, where every other order makes a matrix too many."""
    if "too long" in answer:
        return Complaint("long", f"stopped after {LINES} lines of Python")
    sizes, diagonal, ours = case["sizes"], case["diagonal"], answer["cost"]
    if case["probe"] == "long":
        s = sizes.index(1)
        inner = [a * b for i, (a, b) in enumerate(zip(sizes, sizes[1:])) if i not in (s - 1, s)]
        best = sum(inner) + sizes[0] * sizes[-1]
    else:
        best = min(cost for cost, _ in bracketings(sizes, diagonal))
    if ours != best:
        return Complaint(_chain_mistake(case, ours), f"the answer is {ours:.12g}, but the fewest are {best}")
    return Complaint("changed") if answer["changed"] else None


def bracketings(sizes, diagonal):
    """Of every bracketing its multiplications, and whether the product is diagonal; there are very many."""
    k = len(diagonal)
    if k == 1:
        yield 0, diagonal[0]
    for s in range(1, k):
        for right, one in bracketings(sizes[: s + 1], diagonal[:s]):
            for left, other in bracketings(sizes[s:], diagonal[s:]):
                yield left + right + product_cost(sizes[0], sizes[s], sizes[k], one, other), one and other


def product_cost(r, q, p, right_diagonal, left_diagonal):
    """Multiplications of a p x q matrix times a q x r matrix."""
    if right_diagonal and left_diagonal:
        return p
    return p * r if right_diagonal or left_diagonal else p * q * r


def in_turn(sizes, diagonal):
    """Multiplications from the input on: of forward mode."""
    cost, so_far = 0, diagonal[0]
    for i in range(1, len(diagonal)):
        cost += product_cost(sizes[0], sizes[i], sizes[i + 1], so_far, diagonal[i])
        so_far = so_far and diagonal[i]
    return cost


def cheapest_first(sizes, diagonal):
    """Multiplications when the cheapest product of two neighbours comes first."""
    sizes, diagonal, cost = list(sizes), list(diagonal), 0
    while len(diagonal) > 1:
        costs = [product_cost(*sizes[i : i + 3], *diagonal[i : i + 2]) for i in range(len(diagonal) - 1)]
        i = costs.index(min(costs))
        cost, diagonal[i : i + 2] = cost + costs[i], [diagonal[i] and diagonal[i + 1]]
        del sizes[i + 1]
    return cost


def _chain_mistake(case, ours):
    """The rule of thumb that gives this number, if there is one."""
    sizes, diagonal, probe = case["sizes"], case["diagonal"], case["probe"]
    forward, reverse = in_turn(sizes, diagonal), in_turn(sizes[::-1], diagonal[::-1])
    if probe == "ends":
        return "forward" if ours == forward else "reverse" if ours == reverse else "ends"
    if probe == "middle":
        return (
            "either"
            if ours == min(forward, reverse)
            else "greedy"
            if ours == cheapest_first(sizes, diagonal)
            else probe
        )
    if probe == "diagonal" and ours == min(cost for cost, _ in bracketings(sizes, [False] * len(diagonal))):
        return "dense"
    return "middle" if probe == "long" else probe


FEWEST_MULTIPLICATIONS = Exercise(
    id="fewest-multiplications",
    wants="def fewest_multiplications(sizes, diagonal):",
    cases=chain_cases,
    run=chain_run,
    verify=chain_verify,
    hints={
        "single": "a single Jacobian is there already: nothing is multiplied",
        "product": "each entry of the product of two dense matrices is a sum of as many products as the size between them",
        "square": "a square Jacobian is diagonal only where the list says so",
        "forward": "this is the cost of going from the input on; the input need not be the narrow end",
        "reverse": "this is the cost of going from the output back; the output need not be the narrow end",
        "ends": "with one input the product begins there, with one output it begins at the other end: count both",
        "either": "this is the cheaper of the two modes; there are orders that are neither",
        "greedy": "the cheapest product came first each time; what it makes may be dear for the next one",
        "middle": "which product is the last one? Try each, and ask the same of the two parts",
        "dense": "here a diagonal Jacobian counts as dense; it takes fewer multiplications, on whichever side it stands",
        "diagonal": "what does a diagonal factor do to a row or a column, and what is the product of two diagonal ones",
        "long": "the same part of the chain is met again in very many bracketings: work it out once, and keep it",
        "changed": "one of the lists was changed; both still belong to whoever called",
    },
)

# elimination-count ---------------------------------------------------------------------------------------------

# Edges, outputs, order, and what a failure calls for; the words say what the graph is.
GRAPHS = (
    ([[0, 1], [1, 2]], [2], [1], "one", "a chain of two edges"),
    ([[0, 3], [1, 3], [2, 3], [3, 4], [3, 5]], [4, 5], [3], "one", "three edges in, two out"),
    ([[0, 1], [1, 2], [2, 3], [2, 4]], [3, 4], [1, 2], "now", "a chain that forks, from the input"),
    ([[0, 3], [1, 3], [2, 3], [3, 4], [4, 5], [4, 6]], [5, 6], [4, 3], "now", "a chain that forks, from the outputs"),
    ([[0, 1], [1, 2], [2, 3], [2, 4]], [3, 4], [2, 1], "now", "the first fork in the dearer order"),
    ([[0, 1], [1, 2], [1, 3], [2, 4], [3, 4], [4, 5]], [5], [2, 3, 1, 4], "merged", "two ways that meet again"),
    ([[0, 1], [0, 2], [1, 2], [2, 3]], [3], [1, 2], "merged", "an edge that is there already"),
    ([[0, 1], [1, 2], [1, 3], [3, 4]], [1, 2, 4], [1, 3], "output", "an output that others use"),
    ([[0, 1], [1, 2], [2, 3], [2, 4]], [2, 3, 4], [2, 1], "output", "an output that others use, first"),
    ([[0, 1], [1, 2], [2, 3], [2, 4]], [2, 3, 4], [1, 2], "output", "an output that others use, last"),
)  # fmt: skip
# The graph of the exercise, in every order.
ASKED = [[0, 2], [1, 2], [2, 3], [2, 4], [3, 5], [4, 5], [5, 6], [0, 6], [5, 7], [1, 7]]
ASKED_ORDERS = ([2, 3, 4, 5], [5, 4, 3, 2], [3, 4, 2, 5], [3, 2, 5, 4], [2, 5, 3, 4], [5, 2, 4, 3])


def count_cases(rng):
    """Small graphs, each of which asks for one thing more; the graph of the exercise; then random graphs and names."""
    cases = [graph_case(*graph) for graph in GRAPHS]
    cases += [graph_case(ASKED, [6, 7], order, "random", "the graph of the exercise") for order in ASKED_ORDERS]
    while len(cases) < 35:
        edges, outputs, between = random_graph(rng, int(rng.integers(5, 12)))
        if between:
            order = [between[k] for k in rng.permutation(len(between))]
            cases.append(graph_case(edges, outputs, order, "random", "a random graph"))
    return cases


def graph_case(edges, outputs, order, probe, words):
    words += f": edges = {', '.join(f'{p}→{c}' for p, c in edges)}; outputs = {outputs}, order = {order}"
    return {"edges": edges, "outputs": outputs, "order": order, "probe": probe, "shown": words}


def random_graph(rng, size):
    """A graph whose edges all lie on ways from inputs to outputs, with numbers as names in no order."""
    parents = {j: rng.choice(j, min(j, int(rng.integers(1, 4))), replace=False) for j in range(2, size)}
    edges = [(int(i), j) for j in parents for i in parents[j]]
    with_children = {i for i, _ in edges}
    outputs = [j for j in parents if j not in with_children or rng.random() < 0.2]
    between = [j for j in parents if j in with_children]
    name = [int(k) for k in rng.choice(3 * size, size, replace=False)]
    edges = [[name[edges[k][0]], name[edges[k][1]]] for k in rng.permutation(len(edges))]
    return edges, [name[j] for j in outputs], [name[j] for j in between]


def count_run(student, case):
    edges, outputs, order = [tuple(edge) for edge in case["edges"]], list(case["outputs"]), list(case["order"])
    given = list(edges), list(outputs), list(order)
    count = number(student(edges, outputs, order), "what elimination_count returned")
    return {"count": count, "changed": (edges, outputs, order) != given}


def count_verify(case, answer):
    edges, outputs, order, probe = case["edges"], case["outputs"], case["order"], case["probe"]
    ours, expected = answer["count"], multiplications(edges, outputs, order)
    if ours == expected:
        return Complaint("changed") if answer["changed"] else None
    if probe == "one" and ours == len(edges):  # of one node: each edge is in or out
        probe = "sum"
    elif probe == "now" and ours in [multiplications(edges, outputs, other) for other in permutations(order)]:
        probe = "given"
    return Complaint(probe, f"the answer is {ours:.12g}, expected {expected}")


def multiplications(edges, outputs, order):
    """No edge is made: what a node costs is told by the ways through nodes that are gone, all of them counted at once."""
    nodes = sorted({node for edge in edges for node in edge})
    at = {node: k for k, node in enumerate(nodes)}
    edge = np.zeros((len(nodes), len(nodes)))
    for parent, child in edges:
        edge[at[parent], at[child]] = 1.0
    is_output, gone, expected = np.isin(nodes, outputs), np.zeros(len(nodes)), 0
    for node in order:
        ways = edge @ np.linalg.inv(np.eye(len(nodes)) - gone[:, None] * edge) > 0.5
        starts = np.count_nonzero(ways[:, at[node]] & (gone == 0))
        expected += starts * np.count_nonzero(ways[at[node]] & ((gone == 0) | is_output))
        gone[at[node]] = 1.0
    return expected


ELIMINATION_COUNT = Exercise(
    id="elimination-count",
    wants="def elimination_count(edges, outputs, order):",
    cases=count_cases,
    run=count_run,
    verify=count_verify,
    hints={
        "sum": "each edge in meets each edge out: how many pairs are there",
        "one": "when a node is taken out, each pair of an edge in and an edge out costs one multiplication",
        "given": "this is the count of another order: take the nodes out in the order that is given",
        "now": "count the edges that the node has when its turn comes: earlier steps have made some and removed others",
        "merged": "an edge that is there already is not made a second time: the two products are added, and one edge is left",
        "output": "an output that other nodes use loses its edges out; what comes into it is wanted, and stays",
        "random": "the small graphs are right, but not this one; take its nodes out by hand, with a list of edges after each step",
        "changed": "one of the lists was changed; all three still belong to whoever called",
    },
)

# banded-jacobian -----------------------------------------------------------------------------------------------

# n, diagonals below, diagonals above, and what a failure calls for; one matrix has small entries alone.
BANDS = (
    (5, 0, 0, "diagonal"),
    (7, 1, 1, "band"),
    (6, 1, 1, "small"),
    (6, 0, 2, "lopsided"),
    (6, 2, 0, "lopsided"),
    (8, 1, 3, "lopsided"),
    (8, 3, 1, "lopsided"),
    (4, 3, 3, "band"),
    (3, 1, 2, "band"),
    (1, 0, 0, "band"),
)


def banded_cases(rng):
    """A diagonal, a band alike on both sides, others, bands wider than the matrix; then what is drawn."""
    drawn = [
        (n := int(rng.integers(2, 14)), *(int(k) for k in rng.integers(0, min(n, 5), 2)), "band") for _ in range(14)
    ]
    cases = []
    for n, lower, upper, probe in [*BANDS, *drawn]:
        matrix = rng.normal(size=(n, n)).round(3) + 2.0
        matrix[rng.random((n, n)) < 0.1] = 0.0
        matrix = np.triu(np.tril(matrix, upper), -lower) * (1e-10 if probe == "small" else 1.0)
        words = f"n = {n}, lower = {lower}, upper = {upper}"
        cases.append({"matrix": matrix.tolist(), "lower": lower, "upper": upper, "probe": probe, "shown": words})
    return cases


def banded_run(student, case):
    matrix = np.array(case["matrix"])
    jvp, _, called = sweeps(matrix)
    answer = student(jvp, len(matrix), case["lower"], case["upper"])
    return {"jacobian": array(answer, "what banded_jacobian returned", matrix.shape), "sweeps": called["jvp"]}


def banded_verify(case, answer):
    expected, ours = np.array(case["matrix"]), np.array(answer["jacobian"])
    n, enough = len(expected), min(len(expected), case["lower"] + case["upper"] + 1)
    outside = ours != np.triu(np.tril(ours, case["upper"]), -case["lower"])
    if not close(ours, expected):
        key = "outside" if close(np.where(outside, 0.0, ours), expected) else case["probe"]
        first = slice(0, case["upper"])  # columns whose band begins above the matrix
        lost = case["upper"] > 0 and not ours[:, first].any()
        if answer["sweeps"] < enough:
            key = "fewer" if answer["sweeps"] else "none"
        elif close(ours, expected, rtol=1e-5):
            key = "rounded"
        elif lost and close(np.delete(ours, first, axis=1), np.delete(expected, first, axis=1)):
            key = "negative"
        elif n > 1 and close(ours, expected.T):
            key = "transposed"
        return Complaint(key, first_difference(ours, expected))
    if outside.any():
        return Complaint("outside", first_difference(ours, expected, outside))
    if answer["sweeps"] != enough:
        key = "wide" if enough == n else "every-column" if answer["sweeps"] == n else "more"
        key = "fewer" if answer["sweeps"] < enough else key
        return Complaint(key, f"jvp was called {answer['sweeps']} times, expected {enough}")
    return None


BANDED_JACOBIAN = Exercise(
    id="banded-jacobian",
    wants="def banded_jacobian(jvp, n, lower, upper):",
    cases=banded_cases,
    run=banded_run,
    verify=banded_verify,
    hints={
        "diagonal": "with a single diagonal the seed of ones reads all of it at once: where does each number belong",
        "band": "a number of the tangent is the sum of a row over the columns in the seed, and only one of these lies in the band of that row",
        "lopsided": "as many diagonals above as below is a special case: column j reaches from row j - upper to row j + lower",
        "small": "an entry of 1e-10 is an entry: is something rounded, or left out because it is small",
        "rounded": ROUNDED,
        "none": "no sweep was run, and what J is can be learnt from sweeps alone",
        "negative": "the first columns are lost: a slice that starts at a negative number counts that from the end",
        "wide": "the band may be wider than the matrix; a seed without a 1 tells nothing",
        "transposed": "this is the transpose: a tangent has the rows of the columns that are in its seed",
        "outside": "inside of the band all is right; outside there are zeros only",
        "every-column": "one sweep a column is right and dear: which columns have no row in common",
        "more": "columns that are lower + upper + 1 apart have no row in common: they can share a sweep",
        "fewer": "a row of the band has more entries than there were sweeps, so two columns that share a row were in one seed",
    },
)

EXERCISES = (CHEAPER_JACOBIAN, FEWEST_MULTIPLICATIONS, ELIMINATION_COUNT, BANDED_JACOBIAN)
