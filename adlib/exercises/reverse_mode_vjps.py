"""Exercises of chapter 6 on vector-Jacobian products of single operations.

Oracles: a nudge of every entry, which is exact for what is linear, and the complex step.
"""

import numpy as np

from ._answers import array, close, pair, shown
from ._engine import Complaint, Exercise
from ._oracles import gradient, units

# vjp-broadcast -------------------------------------------------------------------------------------------------

# Shapes of a and b, and the hint that a failure calls for.
BROADCASTS = [
    ((3,), (3,), "same"), ((2, 3), (2, 3), "same"), ((), (), "same"),
    ((3, 3), (3,), "missing-axis"), ((2, 3), (3,), "missing-axis"), ((3,), (2, 3), "missing-axis"), ((2, 3), (), "missing-axis"), ((), (3,), "missing-axis"),
    ((2, 3), (2, 1), "stretched-axis"), ((1, 3), (2, 3), "stretched-axis"), ((2, 1), (1, 3), "stretched-axis"),
    ((1, 3), (3,), "same"), ((1,), (1, 1), "same"),
    ((2, 3, 4), (3, 1), "missing-axis"), ((4, 1, 2), (3, 1), "missing-axis"), ((3, 3), (3, 1), "missing-axis"),
    ((1,), (0,), "stretched-axis"), ((2, 0), (2, 1), "stretched-axis"),
]  # fmt: skip


def broadcast_cases(rng):
    """All ways in which shapes are brought together; numbers are small integers, so the sums are exact."""
    cases = []
    for a_shape, b_shape, probe in BROADCASTS:
        shape = np.broadcast_shapes(a_shape, b_shape)
        a, b, g = (rng.integers(-9, 10, s).astype(float).tolist() for s in (a_shape, b_shape, shape))
        cases.append({"a": a, "b": b, "g": g, "probe": probe, "shown": f"a has shape {a_shape}, b has shape {b_shape}"})
    return cases


def broadcast_run(student, case):
    a, b, g = (np.array(case[name]) for name in "abg")
    a_bar, b_bar = pair(student(a, b, g), "what add_vjp returned")
    answer = {"a_bar": array(a_bar, "a_bar", a.shape), "b_bar": array(b_bar, "b_bar", b.shape)}
    return answer | {"changed": not np.array_equal(g, case["g"])}


def broadcast_verify(case, answer):
    """Entry by entry: a nudge of one entry of a is added wherever broadcasting copies that entry to."""
    for name in "ab":
        operand, g = np.array(case[name]), np.array(case["g"])
        copied = np.zeros(g.shape)
        expected = np.reshape([np.sum(g * (nudge + copied)) for nudge in units(operand.shape)], operand.shape)
        if not np.array_equal(answer[f"{name}_bar"], expected):
            ours = answer[f"{name}_bar"]
            return Complaint(case["probe"], f"{name}_bar is {shown(ours)}, expected {shown(expected)}")
    return Complaint("changed") if answer["changed"] else None


VJP_BROADCAST = Exercise(
    id="vjp-broadcast",
    wants="def add_vjp(a, b, g):",
    cases=broadcast_cases,
    run=broadcast_run,
    verify=broadcast_verify,
    hints={
        "same": "nothing was broadcast here: a nudge of a or of b reaches the sum with factor 1",
        "missing-axis": "an axis that the operand lacks, always one of the first, was made by copying; adjoints of copies are added",
        "stretched-axis": "an axis of length 1 was copied along; the adjoints of copies are added, and the axis stays",
        "changed": "g was changed; it still belongs to whoever called",
    },
)

# vjp-softmax ---------------------------------------------------------------------------------------------------


def softmax(x):
    """Along the last axis, for real or complex `x`: the largest real part is taken away, so nothing overflows."""
    e = np.exp(x - np.max(x.real, axis=-1, keepdims=True))
    return e / np.sum(e, axis=-1, keepdims=True)


def softmax_cases(rng):
    """A constant weight, one row, huge logits of either sign, then several rows, square ones among them."""
    fixed = [
        ([0.5, -1.0, 2.0], [3.0, 3.0, 3.0], "constant", "the same weight for all"),
        ([0.0, 1.0], [1.0, 0.0], "coupling", "two logits"),
        ([0.5, -1.0, 2.0], [1.0, 2.0, -1.0], "coupling", "three logits"),
        ([1000.0, 1001.0, 999.0], [1.0, 2.0, -1.0], "overflow", "large logits"),
        ([-1000.0, -1001.0, -999.0], [1.0, 2.0, -1.0], "overflow", "large negative logits"),
        ([[0.0, 1.0], [1.0, 3.0]], [[1.0, 0.0], [0.0, 2.0]], "axis", "two rows"),
    ]
    cases = [{"x": x, "g": g, "probe": p, "shown": f"{w}: x = {shown(x)}, g = {shown(g)}"} for x, g, p, w in fixed]
    for shape in ((5,), (1,), (4, 3), (3, 3), (2, 3, 4)):
        x, g = rng.normal(size=(2, *shape)).round(3).tolist()
        cases.append(
            {"x": x, "g": g, "probe": "axis" if len(shape) > 1 else "coupling", "shown": f"x has shape {shape}"}
        )
    rows = [[1000.0, 0.0, 1.0], [-1000.0, 0.0, 1.0]]
    cases.append({"x": rows, "g": rng.normal(size=(2, 3)).round(3).tolist(), "probe": "overflow",
                  "shown": f"rows of very different size: x = {shown(rows)}"})  # fmt: skip
    return cases


def softmax_run(student, case):
    x, g = np.array(case["x"]), np.array(case["g"])
    x_bar = array(student(x, g), "what softmax_vjp returned", x.shape)
    changed = not (np.array_equal(x, case["x"]) and np.array_equal(g, case["g"]))
    return {"x_bar": x_bar, "changed": changed}


def softmax_verify(case, answer):
    """A complex step for each logit."""
    x, g, ours = np.array(case["x"]), np.array(case["g"]), np.array(answer["x_bar"])
    expected = gradient(lambda x: np.sum(g * softmax(x)), x)
    expected[np.abs(expected) < 1e-15] = 0.0  # rounding; it would read as if a tiny number were asked for
    if close(ours, expected, atol=1e-12):
        return Complaint("changed") if answer["changed"] else None
    found = f"x_bar is {shown(ours)}, expected {shown(expected)}"
    if not np.all(np.isfinite(ours)):
        return Complaint("overflow", found)
    y = softmax(x)
    known = [
        ("diagonal", g * y * (1 - y)),
        ("no-sum", g * y),
        ("unweighted-sum", y * (g - np.sum(g, -1, keepdims=True))),
    ]
    return Complaint(next((key for key, wrong in known if close(ours, wrong)), case["probe"]), found)


VJP_SOFTMAX = Exercise(
    id="vjp-softmax",
    wants="def softmax_vjp(x, g):",
    cases=softmax_cases,
    run=softmax_run,
    verify=softmax_verify,
    hints={
        "coupling": "every output depends on every logit, because all share one denominator",
        "constant": "the outputs sum to 1 whatever x is: if all have the same weight, no logit matters",
        "diagonal": "y(1 - y) is the diagonal of the Jacobian only; a logit moves the other outputs as well",
        "no-sum": "the denominator moves too when a logit moves",
        "unweighted-sum": "nearly: the sum over the outputs has to be weighted by the outputs themselves",
        "overflow": "exp of a large logit overflows; softmax does not change when a number is taken from all logits of a row",
        "axis": "each row, along the last axis, is a softmax of its own",
        "changed": "x or g was changed; both still belong to whoever called",
    },
)
# vjp-matmul ----------------------------------------------------------------------------------------------------

# Shapes of A and B, and the hint that a failure calls for.
PRODUCTS = [
    ((2, 3), (3, 4), "matrices"), ((3, 3), (3, 3), "matrices"), ((1, 3), (3, 2), "matrices"), ((2, 3), (3, 2), "matrices"),
    ((2, 3), (3,), "vectors"), ((3, 3), (3,), "vectors"), ((3,), (3, 3), "vectors"), ((3,), (3, 4), "vectors"), ((3,), (3,), "vectors"),
    ((5, 2, 3), (3, 4), "stack"), ((4, 1, 3), (3, 1), "stack"), ((2, 2, 2), (2, 2), "stack"), ((2, 4, 5, 3), (3, 2), "stack"),
    ((5, 2, 3), (3,), "stack"),
]  # fmt: skip


def matmul_cases(rng):
    """Matrices that are not square, a square one, vectors on either side, stacks; small integers, so sums are exact."""
    cases = []
    for a_shape, b_shape, probe in PRODUCTS:
        shape = np.matmul(np.zeros(a_shape), np.zeros(b_shape)).shape
        a, b, g = (rng.integers(-9, 10, s).astype(float).tolist() for s in (a_shape, b_shape, shape))
        words = f"A has shape {a_shape}, B has shape {b_shape}, g has shape {shape}"
        cases.append({"a": a, "b": b, "g": g, "probe": probe, "shown": words})
    return cases


def matmul_run(student, case):
    a, b, g = (np.array(case[name]) for name in "abg")
    a_bar, b_bar = pair(student(a, b, g), "what matmul_vjp returned")
    answer = {"A_bar": array(a_bar, "A_bar", a.shape), "B_bar": array(b_bar, "B_bar", b.shape)}
    return answer | {"changed": any(not np.array_equal(x, case[name]) for x, name in zip((a, b, g), "abg"))}


def matmul_verify(case, answer):
    """Entry by entry: a nudge of one entry alone, sent through the product, which is linear in it."""
    a, b, g = (np.array(case[name]) for name in "abg")
    for name, operand, product in (("A", a, lambda nudge: nudge @ b), ("B", b, lambda nudge: a @ nudge)):
        reached = [product(nudge) for nudge in units(operand.shape)]
        expected = np.reshape([np.sum(g * r) for r in reached], operand.shape)
        unweighted = np.reshape([np.sum(r) for r in reached], operand.shape)
        ours = answer[f"{name}_bar"]
        if not close(ours, expected, atol=1e-9):
            known = [("no-adjoint", unweighted), ("sign", -expected), ("mean", expected / _stacked(a))]
            key = next((key for key, wrong in known if close(ours, wrong)), case["probe"])
            return Complaint(key, f"{name}_bar is {shown(ours)}, expected {shown(expected)}")
    return Complaint("changed") if answer["changed"] else None


def _stacked(a):
    """How many matrices share the same B."""
    return max(1, int(np.prod(a.shape[:-2])))


VJP_MATMUL = Exercise(
    id="vjp-matmul",
    wants="def matmul_vjp(A, B, g):",
    cases=matmul_cases,
    run=matmul_run,
    verify=matmul_verify,
    hints={
        "ValueError": "these shapes do not meet: write those of g, A and B side by side, a vector on the left as one row and on the right as one column, and see which product has the shape that is asked for",
        "matrices": "entry (i, k) of the product is the sum of A[i, j]·B[j, k] over j: which entries does a nudge of A[i, j], or of B[j, k], reach, and by which factor",
        "no-adjoint": "this is what one would get if every entry of the product counted once; g says how much each counts",
        "sign": "the sign is turned round: a product has no minus",
        "vectors": "a vector on the left is a matrix of one row, a vector on the right a matrix of one column",
        "stack": "every matrix of the stack meets the same B, and each has a contribution to its adjoint",
        "mean": "the contributions of the stack are added; nothing divides by their number",
        "changed": "A, B or g was changed; all three still belong to whoever called",
    },
)

# vjp-logsumexp -------------------------------------------------------------------------------------------------


def logsumexp(x):
    """Along the last axis, for real or complex `x`; nothing overflows."""
    largest = np.max(x.real, axis=-1, keepdims=True)
    return largest[..., 0] + np.log(np.sum(np.exp(x - largest), axis=-1))


def logsumexp_cases(rng):
    """One row, equal logits, huge ones of either sign, several rows, a square array among them, where g fits both ways."""
    fixed = [
        ([0.5, -1.0, 2.0], 1.0, "row", "three logits"),
        ([0.5, -1.0, 2.0], -2.5, "row", "another adjoint"),
        ([1.0, 1.0], 3.0, "row", "two equal logits"),
        ([1000.0, 1001.0, 999.0], 2.0, "overflow", "large logits"),
        ([-1000.0, -1001.0, -999.0], 2.0, "overflow", "large negative logits"),
        ([[0.0, 1.0], [4.0, 3.0]], [1.0, -2.0], "rows", "two rows"),
        ([[1000.0, 0.0, 1.0], [-1000.0, 0.0, -1001.0]], [2.0, 3.0], "overflow", "rows of different size"),
        ([[1000.0, 1001.0], [-1000.0, -999.0]], [2.0, 3.0], "overflow", "rows of very different size"),
    ]
    cases = [{"x": x, "g": g, "probe": p, "shown": f"{w}: x = {shown(x)}, g = {shown(g)}"} for x, g, p, w in fixed]
    for shape in ((5,), (1,), (4, 3), (3, 3), (2, 3, 4), (3, 3, 3)):
        x, g = rng.normal(size=shape).round(3).tolist(), rng.normal(size=shape[:-1]).round(3)
        words = f"x has shape {shape}, g has shape {shape[:-1]}"
        cases.append({"x": x, "g": g.tolist(), "probe": "rows" if len(shape) > 1 else "row", "shown": words})
    return cases


def logsumexp_run(student, case):
    x, g = np.array(case["x"]), np.array(case["g"])
    y, x_bar = pair(student(x, g), "what logsumexp_vjp returned")
    answer = {"y": array(y, "y", x.shape[:-1]), "x_bar": array(x_bar, "x_bar", x.shape)}
    return answer | {"changed": not (np.array_equal(x, case["x"]) and np.array_equal(g, case["g"]))}


def logsumexp_verify(case, answer):
    """The value as NumPy adds logarithms, two at a time; the adjoint by a complex step for each logit."""
    x, g, y, x_bar = (np.array(z) for z in (case["x"], case["g"], answer["y"], answer["x_bar"]))
    value = np.logaddexp.reduce(x, axis=-1)
    if not close(y, value, atol=1e-12):
        found = f"y is {shown(y)}, expected {shown(value)}"
        if not np.all(np.isfinite(y)):
            return Complaint("overflow", found)
        general = "rows" if case["probe"] == "rows" else "value"
        return Complaint("shift" if close(y, value - np.max(x, axis=-1), atol=1e-12) else general, found)
    expected = gradient(lambda x: np.sum(g * logsumexp(x)), x)
    if close(x_bar, expected, atol=1e-12):
        return Complaint("changed") if answer["changed"] else None
    found = f"x_bar is {shown(x_bar)}, expected {shown(expected)}"
    if not np.all(np.isfinite(x_bar)):
        return Complaint("overflow", found)
    return Complaint(_logsumexp_mistake(x, g, x_bar, expected) or case["probe"], found)


def _logsumexp_mistake(x, g, x_bar, expected):
    """The known mistake that leads to these numbers, if there is one."""
    p, each = softmax(x), g[..., None]
    at_largest = x == np.max(x, axis=-1, keepdims=True)
    known = [
        ("no-adjoint", p), ("sign", -expected), ("no-quotient", each * np.exp(x)),
        ("diagonal", each * p * (1 - p)), ("maximum", expected + each * at_largest), ("maximum", expected - each * at_largest),
        ("largest-only", each * at_largest),
    ]  # fmt: skip
    if x.ndim > 1 and x.shape[-1] == x.shape[-2]:
        known.append(("adjoint-along-row", g[..., None, :] * p))
    return next((key for key, wrong in known if close(x_bar, wrong, atol=1e-12)), None)


VJP_LOGSUMEXP = Exercise(
    id="vjp-logsumexp",
    wants="def logsumexp_vjp(x, g):",
    cases=logsumexp_cases,
    run=logsumexp_run,
    verify=logsumexp_verify,
    hints={
        "ValueError": "these shapes do not meet: g has one number for each row, and x has a whole row where g has that number",
        "value": "already the value is wrong: y is the logarithm of the sum of the exponentials",
        "shift": "what was taken from the logits to keep exp small has to be added to the logarithm again",
        "overflow": "exp of a large logit overflows, and that of a very small one is zero: which number may be taken from all logits of a row, and what does that do to y",
        "row": "differentiate the logarithm of a sum: how much of the sum is each summand",
        "no-adjoint": "this is the gradient of y; g says how much y counts",
        "sign": "the sign is turned round: y grows with each logit",
        "no-quotient": "exp(x) is the derivative of the sum; the logarithm has a derivative too",
        "diagonal": "this is a derivative of the softmax; asked for is the derivative of y, one step earlier",
        "maximum": "the largest logit was taken away and added again, so what it does by that cancels",
        "largest-only": "y is nearly the largest logit, but the others have a share in it as well",
        "rows": "each row, along the last axis, has a sum of its own",
        "adjoint-along-row": "g has one number for each row; here it was spread along the columns",
        "changed": "x or g was changed; both still belong to whoever called",
    },
)
