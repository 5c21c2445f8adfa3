"""Wrong answers to the exercises of chapter 8, and the hint that each has to get: see README.md."""

WRONG = {
    "cheaper-jacobian": [
        ("always reverse mode", "reverse", "one sweep of reverse mode an output", [("if n <= m:", "if False:")]),
        ("always forward mode", "forward", "one sweep of forward mode an input", [("if n <= m:", "if True:")]),
        (
            "the choice is turned round",
            "reverse",
            "one sweep of reverse mode an output",
            [("if n <= m:", "if n >= m:")],
        ),
        ("the columns are stacked as rows", "shape", "has shape (2, 3)", [(", axis=1", "")]),
        (
            "turned only where the shape asks for it",
            "transposed",
            "what vjp gives is a row",
            """
def cheaper_jacobian(jvp, vjp, n, m):
    sweep, k = (jvp, n) if n <= m else (vjp, m)
    J = np.stack([sweep(seed) for seed in np.eye(k)])
    return J if J.shape == (m, n) else J.T
""",
        ),
        (
            "the seed is not cleared",
            "old-seeds",
            "still has the 1 of the first",
            [("np.eye(n)", "np.tri(n)"), ("np.eye(m)", "np.tri(m)")],
        ),
        (
            "each column overwrites the last one",
            "overwritten",
            "only one row or column is filled",
            """
def cheaper_jacobian(jvp, vjp, n, m):
    J = np.zeros((m, n))
    for j in range(n):
        seed = np.zeros(n)
        seed[j] = 1.0
        J[:, 0] = jvp(seed)
    return J
""",
        ),
        (
            "filled row by row with columns",
            "entries",
            "a seed with a single 1",
            [("np.stack(columns, axis=1)", "np.reshape(columns, (m, n))")],
        ),
        ("the seed is 2", "entries", "a seed with a single 1", [("np.eye(n)", "2 * np.eye(n)")]),
        ("the columns in reverse", "entries", "a seed with a single 1", [("np.eye(n)]", "np.eye(n)[::-1]]")]),
        (
            "single precision",
            "rounded",
            "put into float32",
            [("np.stack(columns, axis=1)", "np.stack(columns, axis=1).astype(np.float32)")],
        ),
        (
            "both modes, and the mean of the two",
            "both",
            "both modes were run",
            """
def cheaper_jacobian(jvp, vjp, n, m):
    by_columns = np.stack([jvp(seed) for seed in np.eye(n)], axis=1)
    by_rows = np.stack([vjp(seed) for seed in np.eye(m)])
    return (by_columns + by_rows) / 2
""",
        ),
        (
            "a sweep for the size alone",
            "more",
            "n and m say all sizes",
            [("if n <= m:", "if n <= len(jvp(np.zeros(n))):")],
        ),
        (
            "the matrix is taken out of the function",
            "fewer",
            "so few sweeps",
            """
def cheaper_jacobian(jvp, vjp, n, m):
    held = [cell.cell_contents for cell in jvp.__closure__]
    return next(x for x in held if isinstance(x, np.ndarray))
""",
        ),
        (
            "what was found for the same sizes before",
            "entries",
            "a seed with a single 1",
            """
known = {}


def cheaper_jacobian(jvp, vjp, n, m, right=cheaper_jacobian):
    if (n, m) not in known:
        known[n, m] = right(jvp, vjp, n, m)
    elif n <= m:
        [jvp(seed) for seed in np.eye(n)]
    return known[n, m]
""",
        ),
        (
            "a list of columns",
            "type",
            "is a list of length",
            [("np.stack(columns, axis=1)", "[list(column) for column in columns]")],
        ),
    ],
    "fewest-multiplications": [
        (
            "the cheaper of the two modes",
            "either",
            "the cheaper of the two modes",
            """
def product(p, q, r, one, other):
    return p if one and other else p * r if one or other else p * q * r


def forward(sizes, diagonal):
    cost, so_far = 0, diagonal[0]
    for i in range(1, len(diagonal)):
        cost += product(sizes[i + 1], sizes[i], sizes[0], so_far, diagonal[i])
        so_far = so_far and diagonal[i]
    return cost


def fewest_multiplications(sizes, diagonal):
    return min(forward(sizes, diagonal), forward(sizes[::-1], diagonal[::-1]))
""",
        ),
        ("forward mode always", "forward", "from the input on", [("range(first, last)", "[last - 1]")]),
        ("reverse mode always", "reverse", "from the output back", [("range(first, last)", "[first]")]),
        ("every part is halved", "ends", "count both", [("range(first, last)", "[(first + last) // 2]")]),
        (
            "the cheapest product first",
            "greedy",
            "dear for the next one",
            """
def fewest_multiplications(sizes, diagonal):
    sizes, diagonal, total = list(sizes), list(diagonal), 0
    while len(diagonal) > 1:
        prices = []
        for i in range(len(diagonal) - 1):
            p, q, r = sizes[i + 2], sizes[i + 1], sizes[i]
            thin = diagonal[i] + diagonal[i + 1]
            prices.append((p * q * r, p * r, p)[thin])
        i = prices.index(min(prices))
        total += prices[i]
        diagonal[i : i + 2] = [diagonal[i] and diagonal[i + 1]]
        del sizes[i + 1]
    return total
""",
        ),
        (
            "one cut, and one mode for each part",
            "middle",
            "which product is the last one",
            """
def fewest_multiplications(sizes, diagonal):
    def product(p, q, r, one, other):
        return p if one and other else p * r if one or other else p * q * r

    def forward(sizes, diagonal):
        cost, so_far = 0, diagonal[0]
        for i in range(1, len(diagonal)):
            cost += product(sizes[i + 1], sizes[i], sizes[0], so_far, diagonal[i])
            so_far = so_far and diagonal[i]
        return cost

    def either(sizes, diagonal):
        return min(forward(sizes, diagonal), forward(sizes[::-1], diagonal[::-1]))

    k = len(diagonal)
    if k == 1:
        return 0
    return min(
        either(sizes[: s + 1], diagonal[:s])
        + either(sizes[s:], diagonal[s:])
        + product(sizes[k], sizes[s], sizes[0], all(diagonal[:s]), all(diagonal[s:]))
        for s in range(1, k)
    )
""",
        ),
        (
            "diagonal factors as if they were dense",
            "dense",
            "counts as dense",
            [("if thin_right or thin_left:", "if False:")],
        ),
        (
            "the answer of the package",
            "dense",
            "counts as dense",
            """
import adlib


def fewest_multiplications(sizes, diagonal):
    return adlib.chain_order(sizes).cost
""",
        ),
        (
            "what is square is diagonal",
            "square",
            "only where the list says so",
            [
                ("all(diagonal[first : cut + 1])", "len(set(sizes[first : cut + 2])) == 1"),
                ("all(diagonal[cut + 1 : last + 1])", "len(set(sizes[cut + 1 : last + 2])) == 1"),
            ],
        ),
        (
            "a diagonal factor on the left alone is cheap",
            "dense",
            "counts as dense",
            [("if thin_right or thin_left:", "if thin_left:")],
        ),
        (
            "diagonal factors for nothing",
            "diagonal",
            "what does a diagonal factor do",
            [("price = p if thin_right and thin_left else p * r", "price = 0")],
        ),
        (
            "two diagonal factors make a full matrix",
            "diagonal",
            "what does a diagonal factor do",
            [("price = p if thin_right and thin_left else p * r", "price = p * r")],
        ),
        (
            "a product is diagonal as soon as one factor is",
            "diagonal",
            "what does a diagonal factor do",
            [
                ("all(diagonal[first : cut + 1])", "any(diagonal[first : cut + 1])"),
                ("all(diagonal[cut + 1 : last + 1])", "any(diagonal[cut + 1 : last + 1])"),
            ],
        ),
        ("the entries of the result alone", "product", "a sum of as many products", [("p * q * r", "p * r")]),
        (
            "the size at the cut is the wrong one",
            "product",
            "a sum of as many products",
            [("sizes[cut + 1], sizes[first]", "sizes[cut], sizes[first]")],
        ),
        (
            "a Jacobian costs its entries",
            "single",
            "is there already",
            [("{(i, i): 0 for", "{(i, i): sizes[i] * sizes[i + 1] for")],
        ),
        (
            "every bracketing is tried",
            "long",
            "met again in very many bracketings",
            """
def fewest_multiplications(sizes, diagonal):
    k = len(diagonal)
    if k == 1:
        return 0
    costs = []
    for s in range(1, k):
        thin = all(diagonal[:s]) + all(diagonal[s:])
        price = (sizes[0] * sizes[s] * sizes[k], sizes[0] * sizes[k], sizes[k])[thin]
        right = fewest_multiplications(sizes[: s + 1], diagonal[:s])
        left = fewest_multiplications(sizes[s:], diagonal[s:])
        costs.append(left + right + price)
    return min(costs)
""",
        ),
        (
            "the list is used up",
            "changed",
            "one of the lists was changed",
            [
                (
                    "return least[0, len(diagonal) - 1]",
                    "k = len(diagonal)\n    sizes.clear()\n    return least[0, k - 1]",
                )
            ],
        ),
        ("the table comes back", "type", "is a dict", [("return least[0, len(diagonal) - 1]", "return least")]),
    ],
    "elimination-count": [
        (
            "the edges of the graph as it was",
            "now",
            "when its turn comes",
            """
def elimination_count(edges, outputs, order):
    into = {v: sum(child == v for _, child in edges) for v in order}
    out = {v: sum(parent == v for parent, _ in edges) for v in order}
    return sum(into[v] * out[v] for v in order)
""",
        ),
        (
            "edges that meet are kept as two",
            "merged",
            "not made a second time",
            """
def elimination_count(edges, outputs, order):
    there, count = list(edges), 0
    for node in order:
        into = [edge for edge in there if edge[1] == node]
        out = [edge for edge in there if edge[0] == node]
        count += len(into) * len(out)
        gone = out if node in outputs else into + out
        there = [edge for edge in there if edge not in gone]
        there += [(parent, child) for parent, _ in into for _, child in out]
    return count
""",
        ),
        (
            "an output loses its edges in",
            "output",
            "what comes into it is wanted",
            [("set(out) if node in outputs else {*into, *out}", "{*into, *out}")],
        ),
        (
            "an output keeps its edges out",
            "output",
            "what comes into it is wanted",
            [("set(out) if node in outputs else {*into, *out}", "set() if node in outputs else {*into, *out}")],
        ),
        (
            "an output is left where it is",
            "output",
            "what comes into it is wanted",
            [("    for node in order:", "    for node in order:\n        if node in outputs:\n            continue")],
        ),
        (
            "nothing is taken away",
            "now",
            "when its turn comes",
            [("        there -= set(out) if node in outputs else {*into, *out}\n", "")],
        ),
        (
            "no edge is made",
            "now",
            "when its turn comes",
            [("        there |= {(parent, child) for parent, _ in into for _, child in out}\n", "")],
        ),
        (
            "a sum for the product",
            "sum",
            "how many pairs are there",
            [("len(into) * len(out)", "len(into) + len(out)")],
        ),
        ("one for each edge in", "one", "each pair of an edge in", [("len(into) * len(out)", "len(into)")]),
        (
            "additions count as well",
            "merged",
            "not made a second time",
            [
                (
                    "count += len(into) * len(out)",
                    "count += len(into) * len(out) + len(there & {(p, c) for p, _ in into for _, c in out})",
                )
            ],
        ),
        (
            "only new edges count",
            "merged",
            "not made a second time",
            [("count += len(into) * len(out)", "count += len({(p, c) for p, _ in into for _, c in out} - there)")],
        ),
        (
            "the order turned round",
            "given",
            "the count of another order",
            [("for node in order:", "for node in order[::-1]:")],
        ),
        (
            "the best of all orders",
            "given",
            "the count of another order",
            """
from itertools import permutations


def elimination_count(edges, outputs, order, count=elimination_count):
    return min(count(edges, outputs, other) for other in permutations(order[:4]))
""",
        ),
        (
            "the order of the numbers",
            "given",
            "the count of another order",
            [("for node in order:", "for node in sorted(order):")],
        ),
        (
            "parents have smaller numbers",
            "random",
            "the small graphs are right",
            [("if edge[1] == node]", "if edge[1] == node and edge[0] < node]")],
        ),
        (
            "the caller's list is used up",
            "changed",
            "one of the lists was changed",
            [("set(edges), 0", "set(edges), 0\n    edges.clear()")],
        ),
        ("the edges that are left come back", "type", "is a set", [("return count", "return there")]),
        ("the last step alone", "now", "when its turn comes", [("count += len(into)", "count = len(into)")]),
    ],
    "banded-jacobian": [
        (
            "one sweep a column",
            "every-column",
            "which columns have no row in common",
            [("width = min(n, lower + upper + 1)", "width = n")],
        ),
        (
            "the wider side twice",
            "more",
            "lower + upper + 1 apart",
            [("lower + upper + 1)", "2 * max(lower, upper) + 1)")],
        ),
        (
            "too few colours",
            "fewer",
            "two columns that share a row",
            [("min(n, lower + upper + 1)", "min(n, max(lower, upper) + 1)")],
        ),
        (
            "a seed without a 1",
            "wide",
            "wider than the matrix",
            [("width = min(n, lower + upper + 1)", "width = lower + upper + 1")],
        ),
        (
            "lower and upper change places",
            "lopsided",
            "a special case",
            [("slice(max(0, j - upper), j + lower + 1)", "slice(max(0, j - lower), j + upper + 1)")],
        ),
        (
            "the transpose",
            "transposed",
            "a tangent has the rows",
            [("J[rows, j] = tangent[rows]", "J[j, rows] = tangent[rows]")],
        ),
        (
            "the whole tangent in every column",
            "outside",
            "there are zeros only",
            [("J[rows, j] = tangent[rows]", "J[:, j] = tangent")],
        ),
        ("the first rows are lost", "negative", "the first columns are lost", [("max(0, j - upper)", "j - upper")]),
        (
            "the diagonal alone",
            "band",
            "only one of these lies in the band",
            [("J[rows, j] = tangent[rows]", "J[j, j] = tangent[j]")],
        ),
        (
            "the last row of the band is forgotten",
            "band",
            "only one of these lies in the band",
            [("j + lower + 1)", "max(j + lower, j + 1))")],
        ),
        ("one column a seed", "diagonal", "the seed of ones", [("seed[colour::width] = 1.0", "seed[colour] = 1.0")]),
        (
            "rows that wrap round",
            "outside",
            "there are zeros only",
            [("rows = slice(max(0, j - upper), j + lower + 1)", "rows = np.arange(j - upper, j + lower + 1) % n")],
        ),
        (
            "the tangent in single precision",
            "rounded",
            "put into float32",
            [("tangent = jvp(seed)", "tangent = jvp(seed).astype(np.float32)")],
        ),
        ("rounded to eight digits", "small", "left out because it is small", [("return J", "return np.round(J, 8)")]),
        (
            "small entries are zeros",
            "small",
            "left out because it is small",
            [("return J", "return np.where(abs(J) < 1e-3, 0.0, J)")],
        ),
        (
            "zeros",
            "none",
            "no sweep was run",
            "def banded_jacobian(jvp, n, lower, upper):\n    return np.zeros((n, n))\n",
        ),
        (
            "a seed of another length",
            "shape",
            "the seed of jvp has shape",
            [("seed = np.zeros(n)", "seed = np.zeros(n + 1)")],
        ),
        (
            "the diagonals come back",
            "shape",
            "has shape (1,",
            [("return J", "return np.array([np.diagonal(J, k) for k in range(1)])")],
        ),
    ],
}
