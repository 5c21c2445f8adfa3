"""Exercises of chapter 9 on rules of single operations. Oracles: a nudge of every entry, brute force, bugs that were planted."""

import numpy as np

from ._answers import Unusable, array, name_of, number, refuse_nothing, shown
from ._by_hand import DIGITS, by_hand, compared
from ._engine import Complaint, Exercise
from ._oracles import units

# wrong-rules ---------------------------------------------------------------------------------------------------
# Each operation: the shape of x for numbers drawn, its value, and ways back: a right one and wrong ones, by the hint that a
# test needs which does not notice.


def _rows_times_square(rng):
    b, n = rng.integers(2, 5, 2)
    w = rng.normal(size=(n, n))
    return (b, n), lambda x: x @ w, {"right": lambda x, g: g @ w.T, "places": lambda x, g: g @ w}


def _weights_of_a_layer(rng):
    b, n, m = rng.integers(2, 5, 3)
    v = rng.normal(size=(b, n))
    return (n, m), lambda w: v @ w, {
        "right": lambda w, g: v.T @ g, "factor": lambda w, g: v.T @ g / b, "places": lambda w, g: v[::-1].T @ g,
    }  # fmt: skip


def _tanh(rng):
    def at_value(x, g):
        return g * (1 - np.tanh(np.tanh(x)) ** 2)

    return tuple(rng.integers(2, 5, 2)), np.tanh, {
        "right": lambda x, g: g * (1 - np.tanh(x) ** 2), "point": at_value, "adjoint": lambda x, g: 1 - np.tanh(x) ** 2,
    }  # fmt: skip


def _relu(rng):
    def in_place(x, g):
        g[x < 0] = 0.0
        return g

    return (int(rng.integers(3, 6)),), lambda x: np.maximum(x, 0), {
        "right": lambda x, g: g * (x > 0), "negative": lambda x, g: g.copy(), "changed": in_place,
    }  # fmt: skip


def _square(rng):
    return (int(rng.integers(3, 7)),), lambda x: x * x, {
        "right": lambda x, g: 2 * x * g, "negative": lambda x, g: 2 * np.abs(x) * g, "factor": lambda x, g: x * g,
    }  # fmt: skip


def _softmax_of_rows(rng):
    def softmax(x):
        e = np.exp(x - np.max(x, axis=-1, keepdims=True))
        return e / np.sum(e, axis=-1, keepdims=True)

    def right(x, g):
        y = softmax(x)
        return y * (g - np.sum(y * g, axis=-1, keepdims=True))

    def diagonal(x, g):
        y = softmax(x)
        return y * (1 - y) * g

    return tuple(rng.integers(2, 5, 2)), softmax, {"right": right, "places": diagonal}


def _mean_of_squares(rng):
    b, n = rng.integers(2, 5, 2)
    y = rng.normal(size=(b, n))
    return (b, n), lambda x: np.sum((x - y) ** 2) / (2 * b), {
        "right": lambda x, g: g * (x - y) / b, "sign": lambda x, g: g * (y - x) / b, "factor": lambda x, g: g * (x - y) / (b * n),
    }  # fmt: skip


def _repeated_rows(rng):
    n, m = rng.integers(2, 5, 2)
    indices = rng.permutation([*range(n), n - 1, n - 1])

    def right(x, g):
        x_bar = np.zeros(x.shape)
        np.add.at(x_bar, indices, g)
        return x_bar

    def last(x, g):
        x_bar = np.zeros(x.shape)
        x_bar[indices] = g
        return x_bar

    return (n, m), lambda x: x[indices], {"right": right, "places": last}


def _row_added_to_all(rng):
    b, n = rng.integers(2, 5, 2)
    v = rng.normal(size=(b, n))
    return (n,), lambda c: v + c, {
        "right": lambda c, g: np.sum(g, axis=0), "factor": lambda c, g: np.mean(g, axis=0), "shape": lambda c, g: g.copy(),
    }  # fmt: skip


def _exponential(rng):
    def one_entry(x, g):
        x_bar = np.exp(x) * g
        x_bar.flat[-1] *= 1.01
        return x_bar

    return tuple(rng.integers(1, 5, 2)), np.exp, {
        "right": lambda x, g: np.exp(x) * g, "entry": one_entry, "sign": lambda x, g: -np.exp(x) * g,
    }  # fmt: skip


OPERATIONS = {
    "x @ square": _rows_times_square, "v @ w": _weights_of_a_layer, "tanh": _tanh, "relu": _relu, "square": _square,
    "softmax": _softmax_of_rows, "loss": _mean_of_squares, "gather": _repeated_rows, "v + c": _row_added_to_all, "exp": _exponential,
}  # fmt: skip
RIGHT_RULES = ("x @ square", "v @ w", "tanh", "relu", "softmax", "gather")
# The wrong ones among six, and the hint that a test needs which does not notice them.
PLANTED = [
    {"v @ w": "factor", "loss": "factor"}, {"loss": "sign", "exp": "sign"}, {"tanh": "adjoint"}, {"x @ square": "places", "gather": "places"},
    {"softmax": "places", "v @ w": "places"}, {"tanh": "point"}, {"relu": "negative", "square": "negative"},
    {"v + c": "shape"}, {"exp": "entry"}, {"relu": "changed"}, {"softmax": "places", "gather": "places", "exp": "sign"},
]  # fmt: skip
SIZES = {"small": 1e-8, "large": 1e8, "": 1.0}


def rules_cases(rng):
    """Right rules, then bugs of one kind after the other among right rules, some of extreme size; then bugs that are drawn."""
    cases = [_rules(rng, dict.fromkeys(RIGHT_RULES, "right"), "no bug")]
    for size in ("large", "small"):
        cases.append(_rules(rng, dict.fromkeys(RIGHT_RULES, "right"), f"no bug, {size} values", size))
    for bugs in PLANTED:
        rest = [name for name in OPERATIONS if name not in bugs]
        chosen = bugs | dict.fromkeys(rng.choice(rest, 6 - len(bugs), replace=False).tolist(), "right")
        cases.append(_rules(rng, chosen, f"planted: {', '.join(bugs)}"))
    for kind in ("small", "large"):
        chosen = dict.fromkeys(RIGHT_RULES, "right") | {"v @ w": "factor"}
        cases.append(_rules(rng, chosen, f"planted: v @ w, {kind} values", kind))
    for _ in range(6):
        wrong = int(rng.choice([0, 1, 2, 2, 2, 3]))
        chosen = {}
        for i, name in enumerate(rng.choice(list(OPERATIONS), 6, replace=False).tolist()):
            bugs = [kind for kind in OPERATIONS[name](np.random.default_rng(0))[2] if kind != "right"]
            chosen[name] = str(rng.choice(bugs)) if i < wrong else "right"
        cases.append(_rules(rng, chosen, "bugs that were drawn", str(rng.choice(list(SIZES)))))
    return cases


def _rules(rng, chosen, words, size=""):
    """A case with the rules in any order."""
    rules = [list(item) for item in chosen.items()]
    rules = [rules[i] for i in rng.permutation(len(rules))]
    return {"rules": rules, "size": size, "numbers": int(rng.integers(1 << 30)), "shown": words}


def rules_run(student, case):
    factor = SIZES[case["size"]]
    rules = []
    for i, (name, kind) in enumerate(case["rules"]):
        shape, forward, ways_back = OPERATIONS[name](np.random.default_rng([case["numbers"], i]))
        rules.append((_scaled(forward, factor), _scaled(ways_back[kind], factor), tuple(int(n) for n in shape)))
    answer = by_hand(student, rules, given=__file__)
    refuse_nothing(answer, "what wrong_rules returned")
    if not isinstance(answer, list | tuple | set | np.ndarray) or isinstance(answer, np.ndarray) and answer.ndim == 0:
        raise Unusable("type", f"what wrong_rules returned is {name_of(answer)}, expected a list of numbers of rules")
    said = [number(entry, "an entry of what wrong_rules returned") for entry in answer]
    for entry in said:
        if entry not in range(len(rules)):
            raise Unusable("type", f"{shown(entry)} is the number of no rule: they go from 0 to {len(rules) - 1}")
    return {"said": sorted({int(entry) for entry in said})}


def _scaled(f, factor):
    """`f` times a factor; what changes its arguments still does."""
    return lambda *arguments: factor * f(*arguments)


def rules_verify(case, answer):
    """The oracle needs no derivative: the bugs were planted."""
    wrong = [i for i, (_, kind) in enumerate(case["rules"]) if kind != "right"]
    found = f"the rules found are {answer['said']}, and the wrong ones are {wrong}"
    if set(answer["said"]) - set(wrong):
        return Complaint("scale" if case["size"] else "accept", found)
    missed = [i for i in wrong if i not in answer["said"]]
    if missed:
        return Complaint("scale-missed" if case["size"] == "small" else case["rules"][missed[0]][1], found)
    return None


WRONG_RULES = Exercise(
    id="wrong-rules",
    wants="def wrong_rules(rules):",
    cases=rules_cases,
    run=rules_run,
    verify=rules_verify,
    hints={
        "accept": "a right rule was called wrong: how far apart may the two numbers be, seeing that a difference quotient has an error of its own",
        "scale": "a right rule was called wrong for the size of its numbers: compare a difference with the size of what is compared",
        "scale-missed": "a wrong rule with small numbers was missed: compare a difference with the size of what is compared",
        "factor": "a rule was missed that is wrong by a factor",
        "sign": "a wrong sign was missed: compare the two numbers themselves, not their lengths",
        "adjoint": "a rule was missed that does not look at g: draw g at random",
        "places": "a rule was missed whose entries add up and stand in the wrong places: nudge along a random direction",
        "point": "a rule was missed that is right near zero: at which points do you look",
        "negative": "a rule was missed that is right where x is positive",
        "entry": "a rule was missed that is wrong in one entry, by a hundredth",
        "changed": "a rule was missed that gives the right numbers and spoils what it was given",
        "shape": "a rule was missed that returns an array of another shape: NumPy may well bring the two shapes together",
        "ValueError": "two shapes do not meet: what may a wrong rule give back, if not an array of the shape of x",
    },
)

# vjp-gather ----------------------------------------------------------------------------------------------------

# The shape of x, the indices, and the hint that a failure calls for.
GATHERS = [
    ((3,), [2, 0, 1], "each-once"), ((4, 2), [1, 3], "each-once"), ((3,), [1, 1], "repeated"),
    ((3, 2), [0, 2, 0, 0], "repeated"), ((2, 3), [1], "each-once"), ((4,), [-1, 0], "each-once"), ((3, 2), [-1, 2, 0], "two-names"),
    ((4, 2), [[0, 1, 0], [3, 1, 1]], "table"), ((3, 2, 2), [[2, 2], [0, 2]], "table"),
]  # fmt: skip


def gather_cases(rng):
    """Rows in another order, rows left out, repeated, by two names, tables of indices, whole numbers in x; then drawn."""
    rows = [(shape, indices, probe, "x of floats") for shape, indices, probe in GATHERS]
    rows.append(((3, 2), [1, 0, 1], "whole", "x of whole numbers"))
    for _ in range(8):
        shape = rng.integers(1, 5, rng.integers(1, 4)).tolist()
        indices = rng.integers(-shape[0], shape[0], rng.integers(1, 5, rng.integers(1, 4)))
        rows.append((tuple(shape), indices.tolist(), "table", "x of floats"))
    cases = []
    for shape, indices, probe, words in rows:
        x = rng.integers(-9, 10, shape) if probe == "whole" else rng.normal(size=shape).round(2)
        g = rng.normal(size=np.shape(indices) + tuple(shape[1:])).round(3)
        shown_case = f"{words}, of shape {tuple(shape)}, indices = {indices}"
        cases.append({"x": x.tolist(), "indices": indices, "g": g.tolist(), "probe": probe, "shown": shown_case})
    return cases


def gather_run(student, case):
    x, indices = np.array(case["x"]), np.array(case["indices"], int)
    g = np.array(case["g"], float).reshape(indices.shape + x.shape[1:])
    kept = [a.copy() for a in (x, indices, g)]
    x_bar = array(by_hand(student, x, indices, g), "what gather_vjp returned", x.shape)
    return {"x_bar": x_bar, "changed": not all(map(np.array_equal, kept, (x, indices, g)))}


def gather_verify(case, answer):
    """Entry by entry: a nudge of one entry alone, read wherever the indices read it."""
    x, indices = np.array(case["x"], float), np.array(case["indices"], int)
    g = np.array(case["g"], float).reshape(indices.shape + x.shape[1:])
    right = np.reshape([np.sum(g * nudge[indices]) for nudge in units(x.shape)], x.shape)
    times = np.reshape([np.sum(nudge[indices]) for nudge in units(x.shape)], x.shape)
    known = [("mean", right / np.maximum(times, 1)), ("counts", times)]
    if complaint := compared("x_bar", answer["x_bar"], right, known, case["probe"], atol=1e-14):
        return complaint
    return Complaint("changed") if answer["changed"] else None


VJP_GATHER = Exercise(
    id="vjp-gather",
    wants="def gather_vjp(x, indices, g):",
    cases=gather_cases,
    run=gather_run,
    verify=gather_verify,
    hints={
        "each-once": "no row is read twice here: whose adjoint goes to which row, and what has a row that nobody read",
        "repeated": "a row that is read twice has two children; does an assignment with repeated indices add",
        "two-names": "the row -1 is the last one, and here it is read by both its names",
        "table": "with a table of indices y has one axis more than x: which axes of g belong to the indices",
        "whole": "x holds whole numbers here; an array made in its image cannot hold g",
        "UFuncTypeError": "an array of whole numbers was to take others: of what is it the image",
        "mean": "divided by how often a row was read: contributions are added",
        "counts": "this is how often each entry was read; g says how much each of the readings counts",
        "changed": "x, indices or g was changed; all three still belong to whoever called",
        "digits": DIGITS,
    },
)

# vjp-max -------------------------------------------------------------------------------------------------------

# x or its shape, the axis, and the hint that a failure calls for.
MAXIMA = [
    ([0.5, 2.0, -1.0], 0, "one-axis"), ([[1.0, 3.0], [4.0, 2.0], [0.0, 5.0]], 1, "one-axis"),
    ([[1.0, 3.0], [4.0, 2.0], [0.0, 5.0]], 0, "one-axis"), ([2.0, 1.0, 2.0], 0, "ties"), ([-1.0, -1.0, -1.0, -2.0], 0, "ties"),
    ([[0.0, 0.0, 0.0], [1.0, 2.0, 2.0]], 1, "ties"), ([[1.0, 3.0, 3.0], [3.0, 2.0, 0.0], [1.0, 0.0, 2.0]], 1, "square"),
    ([[1.0, 3.0, 3.0], [3.0, 2.0, 0.0], [1.0, 0.0, 2.0]], -1, "square"), ([[1.0, 3.0, 3.0], [3.0, 2.0, 0.0]], None, "all"),
    ([[[1.0, 3.0], [3.0, 3.0]], [[2.0, 2.0], [1.0, 0.0]]], [0, 2], "several"), ([[[1.0, 3.0], [3.0, 3.0]], [[2.0, 2.0], [1.0, 0.0]]], [-1, 1], "several"),
    ([[3, 3, 1], [0, 2, 2]], 1, "whole"), ([[1e-300, 0.0], [1.0, 1.0000000000000002]], 1, "near"),
    ([[[1.0, 1.0], [1.0, 1.0]], [[0.0, 1.0], [1.0, 2.0]], [[2.0, 2.0], [2.0, 2.0]]], [2, 0, 1], "several"),
    ([5.0, 5.0, 1.0, 5.0, 5.0, 5.0], 0, "ties"),
]  # fmt: skip


def max_cases(rng):
    """One largest, ties, square arrays, all axes, several, whole numbers, a near tie; then shapes and axes that are drawn."""
    rows = [*MAXIMA]
    for _ in range(10):
        shape = rng.integers(1, 4, rng.integers(1, 5)).tolist()
        axes = [int(i) - len(shape) * int(rng.integers(2)) for i in rng.permutation(len(shape))[: rng.integers(1, 4)]]
        rows.append((rng.integers(0, 3, shape).astype(float).tolist(), axes if len(axes) > 1 else axes[0], "several"))
    cases = []
    for x, axis, probe in rows:
        axis_words = tuple(axis) if isinstance(axis, list) else axis
        g = rng.normal(size=np.shape(np.max(x, axis=axis_words))).round(3).tolist()
        cases.append({"x": x, "axis": axis, "g": g, "probe": probe, "shown": f"x = {shown(x)}, axis = {axis_words}"})
    return cases


def max_run(student, case):
    x, axis = np.array(case["x"]), tuple(case["axis"]) if isinstance(case["axis"], list) else case["axis"]
    g = np.array(case["g"], float)
    x_bar = array(by_hand(student, x, axis, g), "what max_vjp returned", x.shape)
    return {"x_bar": x_bar, "changed": not (np.array_equal(x, case["x"]) and np.array_equal(g, case["g"]))}


def max_verify(case, answer):
    """Brute force: the entries that are compared with each other, one list for each number of y."""
    x, g = np.array(case["x"], float), np.array(case["g"], float)
    axes = range(x.ndim) if case["axis"] is None else np.atleast_1d(case["axis"]) % x.ndim
    rivals = {}
    for place in np.ndindex(x.shape):
        rivals.setdefault(tuple(i for k, i in enumerate(place) if k not in axes), []).append(place)
    right, whole, first = np.zeros((3, *x.shape))
    for where, places in rivals.items():
        largest = [place for place in places if x[place] == max(x[p] for p in places)]
        first[largest[0]] = g[where]
        for place in largest:
            whole[place], right[place] = g[where], g[where] / len(largest)
    known = [("each-all", whole), ("first", first), ("no-adjoint", (right != 0).astype(float))]
    if complaint := compared("x_bar", answer["x_bar"], right, known, case["probe"]):
        return complaint
    return Complaint("changed") if answer["changed"] else None


VJP_MAX = Exercise(
    id="vjp-max",
    wants="def max_vjp(x, axis, g):",
    cases=max_cases,
    run=max_run,
    verify=max_verify,
    hints={
        "one-axis": "one entry alone is the largest of its row or column: what does y feel of the others",
        "ties": "two entries are equally large here",
        "each-all": "each of the equal entries has all of g; together they get more than there is",
        "first": "one of the equal entries has all of g: nothing tells it from the others",
        "square": "g has one number for each row here, and the rows are as many as the columns: along which axis is it spread out",
        "all": "the axis None stands for all axes: y is one number",
        "several": "several axes at once: the axes that were taken away have to come back as axes of length 1",
        "whole": "x holds whole numbers here; an array made in its image cannot hold g",
        "near": "two numbers that are nearly equal are no tie",
        "no-adjoint": "g says how much each number of y counts",
        "ValueError": "these shapes do not meet: g lacks the axes along which the largest was taken",
        "changed": "x or g was changed; both still belong to whoever called",
        "digits": DIGITS,
    },
)
