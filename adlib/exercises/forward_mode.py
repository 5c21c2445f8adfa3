"""The exercises of chapter 5. Oracles: the complex step, and for roots exact algebra."""

import numpy as np

import adlib

from ._answers import attribute, close, name_of, number, numbers, pair, refuse_nothing, shown
from ._engine import Complaint, Exercise
from ._oracles import along

# forward-trace -------------------------------------------------------------------------------------------------

TRACE_NODES = ("v1_dot", "v2_dot", "v3_dot", "f_dot")


def trace_nodes(inputs):
    """The nodes of f(x, y) = sin(xy) + sin(xy)/x in the order of computation; numbers may be complex."""
    x, y = inputs
    v1 = x * y
    v2 = np.sin(v1)
    v3 = v2 / x
    return [v1, v2, v3, v2 + v3]


def trace_cases(rng):
    """Both inputs, either alone, a direction of another length, none; then points and directions at random."""
    fixed = [
        (2.0, 3.0, 0.5, -1.5),
        (2.0, 3.0, 1.0, 0.0),
        (2.0, 3.0, 0.0, 1.0),
        (-1.5, 0.5, 2.0, -3.0),
        (0.5, 1.0, 0.0, 0.0),
    ]
    drawn = np.column_stack([rng.uniform(0.5, 2.5, (15, 2)) * rng.choice([-1, 1], (15, 2)), rng.normal(size=(15, 2))])
    return [
        {"x": row[:2], "direction": row[2:], "shown": "x = {:g}, y = {:g}, x_dot = {:g}, y_dot = {:g}".format(*row)}
        for row in [*map(list, fixed), *drawn.round(3).tolist()]
    ]


def trace_run(student, case):
    return numbers(student(*case["x"], *case["direction"]), "what forward_trace returned", 4)


def trace_verify(case, answer):
    x, direction = case["x"], case["direction"]
    expected, values = along(trace_nodes, x, direction), [float(v) for v in trace_nodes(x)]
    if close(answer, values):
        return Complaint("values")
    for node, ours, theirs in zip(TRACE_NODES, answer, expected):
        if not close(ours, theirs, atol=1e-12):
            found = f"{node} is {shown(ours)}, expected {shown(theirs)}"
            return Complaint(_trace_mistake(node, ours, case, expected, values), found)
    return None


def _trace_mistake(node, ours, case, expected, values):
    """The known mistake that leads to this number, if there is one."""
    (x, y), (x_dot, y_dot) = case["x"], case["direction"]
    v1_dot, v2_dot, v3_dot, _ = expected
    known = {
        "v1_dot": [("seed", y), ("seed", x), ("one-factor", y * x_dot), ("one-factor", x * y_dot),
                   ("product-of-tangents", x_dot * y_dot)],
        "v2_dot": [("no-inner", np.cos(values[0])), ("value-for-tangent", np.sin(v1_dot))],
        "v3_dot": [("denominator-constant", v2_dot / x), ("ratio", v2_dot / x_dot if x_dot else np.inf),
                   ("quotient-sign", 2 * v2_dot / x - v3_dot)],
        "f_dot": [("one-path", v3_dot), ("one-path", v2_dot)],
    }  # fmt: skip
    general = {"v1_dot": "product", "v2_dot": "sine", "v3_dot": "quotient", "f_dot": "sum"}
    if close(ours, dict(zip(TRACE_NODES, expected))[node], rtol=1e-3):
        return "differences"
    return next((key for key, value in known[node] if close(ours, value)), general[node])


FORWARD_TRACE = Exercise(
    id="forward-trace",
    wants="def forward_trace(x, y, x_dot, y_dot):",
    cases=trace_cases,
    run=trace_run,
    verify=trace_verify,
    hints={
        "values": "these are the values of the nodes; asked for are their tangents",
        "differences": "nearly right, as a difference quotient would be; tangents are exact",
        "seed": "v1_dot does not follow the seed: where do x_dot and y_dot enter",
        "one-factor": "both factors of v1 = x·y may move, and each movement changes the product",
        "product-of-tangents": "the derivative of a product is not the product of the derivatives",
        "product": "v1 = x·y has two parents: one term for each, local derivative times tangent",
        "no-inner": "cos(v1) is the local derivative alone; it still has to be multiplied by the tangent of v1",
        "value-for-tangent": "the sine is taken of the tangent; its slope is taken at the value v1",
        "sine": "v2 = sin(v1) has one parent: the slope of the sine at v1, times the tangent of v1",
        "denominator-constant": "in v3 = v2/x the denominator moves as well when x moves",
        "ratio": "the tangent of a quotient is not the quotient of the tangents",
        "quotient-sign": "a denominator that grows makes the quotient smaller: look at the sign of its term",
        "quotient": "v3 = v2/x has the parents v2 and x: what are its two local derivatives",
        "one-path": "f has two parents, v2 and v3, and both tangents arrive",
        "sum": "f = v2 + v3: both local derivatives are 1",
    },
)

# dual-numbers --------------------------------------------------------------------------------------------------

# Each expression, the hint that a failure of it calls for, and whether it takes positive numbers only.
EXPRESSIONS = {
    "x - y": (lambda x, y: x - y, "difference", False),
    "x - 2.0": (lambda x, y: x - 2.0, "difference", False),
    "2.0 - x": (lambda x, y: 2.0 - x, "difference-reversed", False),
    "x / y": (lambda x, y: x / y, "quotient", False),
    "x / 2.0": (lambda x, y: x / 2.0, "quotient", False),
    "2.0 / x": (lambda x, y: 2.0 / x, "quotient-reversed", False),
    "x ** 2": (lambda x, y: x**2, "power", False),
    "x ** 3": (lambda x, y: x**3, "power", False),
    "x ** -2": (lambda x, y: x**-2, "power", False),
    "x ** 0.5": (lambda x, y: x**0.5, "power", True),
    "np.exp(x)": (lambda x, y: np.exp(x), "exponential", False),
    "(x - y) / (x * x + 2.0)": (lambda x, y: (x - y) / (x * x + 2.0), "composite", False),
    "np.exp(2.0 - x) * y ** 2 - 3.0 / x": (lambda x, y: np.exp(2.0 - x) * y**2 - 3.0 / x, "composite", False),
    "1.0 / (1.0 + np.exp(0.0 - x)) - y / x": (
        lambda x, y: 1.0 / (1.0 + np.exp(0.0 - x)) - y / x, "composite", False),
}  # fmt: skip


def dual_cases(rng):
    """Each expression at two fixed points, one with a negative base and one where only y moves; then at random."""
    points = [([3.0, 0.7], [4.0, 0.5]), ([-1.5, 2.0], [0.8, -3.0]), ([0.5, 0.0], [-2.0, 1.0])]
    cases = []
    for name, (_, _, positive) in EXPRESSIONS.items():
        drawn = rng.uniform(0.3, 2.0, (2, 2, 2)) * rng.choice([-1, 1], (2, 2, 2))
        for x, y in [*points, *drawn.round(3).tolist()]:
            x = [abs(x[0]), x[1]] if positive else x
            shown_point = f"{name} at x = Dual({x[0]:g}, {x[1]:g}), y = Dual({y[0]:g}, {y[1]:g})"
            cases.append({"expression": name, "x": list(x), "y": list(y), "shown": shown_point})
    return cases


def dual_run(student, case):
    f, what = EXPRESSIONS[case["expression"]][0], case["expression"]
    x, y = student(*case["x"]), student(*case["y"])
    result = f(x, y)
    refuse_nothing(result, what)
    if not isinstance(result, student):
        return {"other": name_of(result)}
    after = [[attribute(z, part, "an operand") for part in ("value", "dot")] for z in (x, y)]
    return {"value": attribute(result, "value", what), "dot": attribute(result, "dot", what), "operands": after}


def dual_verify(case, answer):
    """Plain numbers give the value, a complex step the tangent; the operands have to be as they were."""
    f, key, _ = EXPRESSIONS[case["expression"]]
    if "other" in answer:
        return Complaint("not-dual", f"{case['expression']} is {answer['other']}")
    if answer["operands"] != [case["x"], case["y"]]:
        return Complaint("operand-changed")
    (x, x_dot), (y, y_dot) = case["x"], case["y"]
    value, (dot,) = f(x, y), along(lambda z: [f(*z)], [x, y], [x_dot, y_dot])
    if not close(answer["value"], value):
        found = f"the value is {shown(answer['value'])}, expected {shown(float(value))}"
        return Complaint("reversed-value" if key.endswith("reversed") else "value", found)
    if close(answer["dot"], dot, atol=1e-12):
        return None
    known = {
        "difference": [("sum-of-tangents", x_dot + y_dot)],
        "difference-reversed": [("sign-reversed", x_dot)],
        "quotient": [("ratio", x_dot / y_dot), ("quotient-sign", 2 * x_dot / y - dot)],
        "quotient-reversed": [("no-minus", -dot)],
        "power": [("no-inner", dot / x_dot if x_dot else np.inf)],
        "exponential": [("no-inner", np.exp(x)), ("exponential-of-tangent", np.exp(x_dot))],
        "composite": [],
    }[key]
    found = f"the tangent is {shown(answer['dot'])}, expected {shown(dot)}"
    return Complaint(next((k for k, wrong in known if close(answer["dot"], wrong)), key), found)


DUAL_NUMBERS = Exercise(
    id="dual-numbers",
    wants="class Dual:",
    cases=dual_cases,
    run=dual_run,
    verify=dual_verify,
    hints={
        "not-dual": "the result has to be a Dual again, or the next operation cannot go on",
        "operand-changed": "an operand was changed; make a new Dual for the result",
        "value": "already the value is wrong: it is what plain numbers would give",
        "reversed-value": "2.0 - x calls x.__rsub__(2.0), so the other operand comes first; it is the same with /",
        "difference": "the tangent of a difference is the difference of the tangents, and a plain number has none",
        "sum-of-tangents": "the tangents are added, as in a sum; here y is taken away",
        "difference-reversed": "in 2.0 - x only x moves: which way does the difference go when x grows",
        "sign-reversed": "in 2.0 - x the difference falls when x grows: a minus is missing",
        "quotient": "differentiate a/b: one term for the movement of a, one for that of b",
        "ratio": "the tangent of a quotient is not the quotient of the tangents",
        "quotient-sign": "when the denominator grows, the quotient falls: look at the sign of its term",
        "quotient-reversed": "2.0 / x is a quotient whose numerator does not move",
        "no-minus": "2.0 / x falls when x grows: a minus is missing",
        "power": "the derivative of x**n is n·x**(n-1), times the tangent of x",
        "no-inner": "the slope alone is not the tangent: multiply it by the tangent of x",
        "exponential": "the slope of exp at x is exp(x), taken at the value",
        "exponential-of-tangent": "exp is taken of the tangent; its slope is taken at the value",
        "composite": "every operation that was asked for is right alone; are + and *, which were given, still as they were",
    },
)

# heron-derivative ----------------------------------------------------------------------------------------------


def heron_cases(rng):
    """A harmless point, then 1, where the chapter's loop is never entered, then a fine grid over four decades."""
    grid = [2.0, 1.0, 4.0, 0.25, *np.logspace(-2, 2, 81), *np.exp(rng.uniform(-4, 4, 10))]
    return [{"a": float(a), "shown": f"a = {a:.6g}"} for a in grid]


def heron_run(student, case):
    value, slope = adlib.jvp(student, (case["a"],), (1.0,))
    value, slope = number(value, "what heron returned"), number(slope, "its derivative")
    root = any(node.op in ("sqrt", "power", "exp") for node in adlib.make_graph(student)(case["a"]).nodes)
    return {"value": value, "slope": slope, "root": root}


def heron_verify(case, answer):
    a, value, slope = case["a"], answer["value"], answer["slope"]
    if answer["root"]:
        return Complaint("root")
    if not close(value * value, a, rtol=1e-10):
        return Complaint("value", f"its square is {value * value:.12g}")
    expected = 1 / (2 * value)  # differentiate value² = a
    if close(slope, expected, rtol=1e-10):
        return None
    found = f"the derivative is {slope:.12g}, expected {expected:.12g}"
    if a == 1.0 and slope in (0.0, 1.0):
        return Complaint("never-entered", found)
    return Complaint("not-yet" if close(slope, expected, rtol=1e-2) else "slope", found)


HERON_DERIVATIVE = Exercise(
    id="heron-derivative",
    wants="def heron(a):",
    cases=heron_cases,
    run=heron_run,
    verify=heron_verify,
    hints={
        "root": "a root, a power or an exponential was used; only +, -, * and / are allowed",
        "value": "the result is not the square root of a",
        "never-entered": "at a = 1 the first guess is good enough, so no step depends on a in the right way",
        "not-yet": "the value has converged and the derivative has not yet: its error is larger, so when may the loop stop",
        "slope": "the value is right, and the derivative is far off",
    },
)

# jvp -----------------------------------------------------------------------------------------------------------


def quadratic_map(coefficients):
    """The map with components c + Σ a_i x_i + Σ b_i x_i x_{i+1}, for a list of triples (c, a, b), on lists."""

    def f(x):
        results = []
        for c, a, b in coefficients:
            total = c
            for i, (a_i, b_i) in enumerate(zip(a, b)):
                if a_i:
                    total = total + a_i * x[i]
                if b_i:
                    total = total + x[i] * x[(i + 1) % len(x)] * b_i
            results.append(total)
        return results

    return f


def jvp_cases(rng):
    """A product, unit and other directions, a long one, none, an output that is constant; then maps of all shapes."""
    product = [[0.0, [0.0, 0.0], [1.0, 0.0]]]
    three = [[1.0, [2.0, 0.0], [0.0, 0.0]], [0.0, [0.0, 0.0], [0.5, 0.0]], [0.0, [1.0, -1.0], [0.0, 0.0]]]
    fixed = [
        (product, [2.0, 3.0], [1.0, 0.0], "F(x) = [x0·x1]"),
        (product, [2.0, 3.0], [3.0, 4.0], "F(x) = [x0·x1]"),
        (product, [2.0, 3.0], [3e6, -4e6], "F(x) = [x0·x1]"),
        (product, [2.0, 3.0], [0.0, 0.0], "F(x) = [x0·x1]"),
        (three, [1.0, -2.0], [0.5, 2.0], "F(x) = [1 + 2·x0, 0.5·x0·x1, x0 - x1]"),
        ([[3.0, [0.0], [0.0]], [0.0, [2.0], [0.0]]], [1.5], [1.0], "F(x) = [3, 2·x0]"),
    ]
    cases = [{"map": m, "x": x, "v": v, "shown": f"{name}, x = {shown(x)}, v = {shown(v)}"} for m, x, v, name in fixed]
    for rows, columns in ((1, 4), (4, 1), (2, 3), (5, 2), (3, 3)):
        coefficients = [[*rng.normal(size=1), *rng.normal(size=(2, columns))] for _ in range(rows)]
        coefficients = [[float(c), a.round(2).tolist(), b.round(2).tolist()] for c, a, b in coefficients]
        x, v = rng.normal(size=(2, columns)).round(2).tolist()
        words = f"a map from {columns} to {rows} numbers, x = {shown(x)}, v = {shown(v)}"
        cases.append({"map": coefficients, "x": x, "v": v, "shown": words})
    return cases


def jvp_run(student, case):
    f, calls = quadratic_map(case["map"]), []

    def counted(x):
        calls.append(1)
        return f(x)

    x, v, rows = list(case["x"]), list(case["v"]), len(case["map"])
    values, tangents = pair(student(counted, x, v), "what jvp returned")
    return {"values": numbers(values, "the list of values", rows),
            "tangents": numbers(tangents, "the list of tangents", rows),
            "calls": len(calls), "changed": [x, v] != [case["x"], case["v"]]}  # fmt: skip


def jvp_verify(case, answer):
    f, x, v = quadratic_map(case["map"]), case["x"], case["v"]
    expected, tangents = along(f, x, v), answer["tangents"]
    if not close(answer["values"], f(x)):
        return Complaint("values", f"the values are {shown(answer['values'])}, expected {shown(f(x))}")
    if not close(tangents, expected, rtol=1e-12, atol=1e-13):
        found = f"the tangents are {shown(tangents)}, expected {shown(expected)}"
        length = float(np.linalg.norm(v))
        if close(np.multiply(tangents, length), expected, rtol=1e-12):
            return Complaint("normalised", found)
        if close(tangents, along(f, x, [1.0] * len(x))):
            return Complaint("ones", found)
        return Complaint("differences" if close(tangents, expected, rtol=1e-3) else "tangents", found)
    if answer["calls"] != 1:
        return Complaint("calls", f"F was called {answer['calls']} times")
    return Complaint("changed") if answer["changed"] else None


JVP = Exercise(
    id="jvp",
    wants="def jvp(F, x, v):",
    cases=jvp_cases,
    run=jvp_run,
    verify=jvp_verify,
    hints={
        "values": "the first list holds the values F(x), one for each output",
        "normalised": "the direction was scaled to length 1; J·v grows with v",
        "ones": "every input was given the tangent 1; the tangents of the inputs are the entries of v",
        "differences": "nearly right, as a difference quotient would be; dual numbers make no error",
        "tangents": "seed input i with the tangent v[i], call F, and read the tangents of the outputs",
        "calls": "one sweep is enough for any direction: F has to be called once",
        "changed": "x or v was changed; both still belong to whoever called",
    },
)

EXERCISES = (FORWARD_TRACE, DUAL_NUMBERS, HERON_DERIVATIVE, JVP)
