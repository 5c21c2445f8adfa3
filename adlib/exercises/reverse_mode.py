"""The exercises of chapter 6. Oracles: the complex step, exact algebra, and the inverse of a matrix."""

import sys

import numpy as np

from ._answers import Unusable, attribute, close, name_of, numbers, refuse_nothing, shown
from ._engine import Complaint, Exercise
from ._oracles import along
from .reverse_mode_vjps import VJP_BROADCAST, VJP_LOGSUMEXP, VJP_MATMUL, VJP_SOFTMAX

# reverse-trace -------------------------------------------------------------------------------------------------

ADJOINTS = ("v3_bar", "v2_bar", "v1_bar", "x_bar", "y_bar")


def rests_of_the_program(x, y):
    """For each node of f(x, y) = sin(xy) + sin(xy)/x, what comes after it, and its value."""
    v1 = x * y
    v2 = np.sin(v1)
    return [
        (lambda v3: v2 + v3, v2 / x),
        (lambda v2: v2 + v2 / x, v2),
        (lambda v1: np.sin(v1) + np.sin(v1) / x, v1),
        (lambda x: np.sin(x * y) + np.sin(x * y) / x, x),
        (lambda y: np.sin(x * y) + np.sin(x * y) / x, y),
    ]


def reverse_trace_cases(rng):
    """A point where no two known mistakes give one number, a negative one, x = 1; then points at random."""
    drawn = rng.uniform(0.5, 2.5, (15, 2)) * rng.choice([-1, 1], (15, 2))
    points = [[2.0, 3.0], [-1.5, 0.5], [1.0, 2.0], *drawn.round(3).tolist()]
    return [{"x": x, "y": y, "shown": f"x = {x:g}, y = {y:g}"} for x, y in points]


def reverse_trace_run(student, case):
    return numbers(student(case["x"], case["y"]), "what reverse_trace returned", 5)


def reverse_trace_verify(case, answer):
    x, y = case["x"], case["y"]
    expected = [along(lambda z, f=f: [f(z[0])], [at], [1.0])[0] for f, at in rests_of_the_program(x, y)]
    for node, ours, theirs in zip(ADJOINTS, answer, expected):
        if not close(ours, theirs):
            found = f"{node} is {shown(ours)}, expected {shown(theirs)}"
            return Complaint(_reverse_mistake(node, ours, x, y, expected), found)
    return None


def _reverse_mistake(node, ours, x, y, expected):
    """The known mistake that leads to this number, if there is one."""
    _, v2_bar, v1_bar, x_bar, _ = expected
    through_product = v1_bar * y
    known = {
        "v3_bar": [("seed", 0.0)],
        "v2_bar": [("direct-path", 1 / x), ("indirect-path", 1.0), ("twice", 2 + 1 / x)],
        "v1_bar": [("no-adjoint", np.cos(x * y)), ("value-for-slope", v2_bar * np.sin(x * y))],
        "x_bar": [("second-use", through_product), ("first-use", x_bar - through_product),
                  ("quotient-sign", 2 * through_product - x_bar)],
        "y_bar": [("misprint", v2_bar * x), ("own-value", v1_bar * y)],
    }  # fmt: skip
    general = {"v3_bar": "v3", "v2_bar": "v2", "v1_bar": "v1", "x_bar": "x", "y_bar": "y"}
    return next((key for key, value in known[node] if close(ours, value)), general[node])


REVERSE_TRACE = Exercise(
    id="reverse-trace",
    wants="def reverse_trace(x, y):",
    cases=reverse_trace_cases,
    run=reverse_trace_run,
    verify=reverse_trace_verify,
    hints={
        "seed": "all adjoints are zero: the walk begins with the adjoint of f, which is 1",
        "v3": "v3 has one child, f = v2 + v3: how much does f feel a nudge of v3",
        "direct-path": "v2 is used twice; this is what comes back through v3, and f uses v2 itself as well",
        "indirect-path": "v2 is used twice; this is what comes back from f itself, and v3 uses v2 as well",
        "twice": "the direct way from v2 to f was counted twice",
        "v2": "v2 has two children, f and v3: one contribution from each",
        "no-adjoint": "cos(v1) is the local derivative alone; multiply it by the adjoint of the child, v2",
        "value-for-slope": "the slope of the sine is the cosine",
        "v1": "v1 has one child, v2 = sin(v1): the adjoint of v2 times the slope of the sine",
        "second-use": "x is used twice: in v1 and, as the denominator, in v3",
        "first-use": "x is used twice: in v3 and, as a factor, in v1",
        "quotient-sign": "a larger denominator makes v3 smaller: look at the sign of its contribution",
        "x": "x has the children v1 and v3: one contribution from each",
        "misprint": "the misprint of the slide: y enters v1, so it is the adjoint of v1 that comes back",
        "own-value": "in v1 = x·y the local derivative with respect to y is the other factor",
        "y": "y has one child, v1 = x·y: the adjoint of v1 times the local derivative",
    },
)

# reverse-sweep -------------------------------------------------------------------------------------------------

LECTURE = [[2, 0, 0.5], [3, 2, 3.0], [3, 1, 0.7], [4, 3, 0.35], [5, 4, 1.0], [5, 3, 1.0]]


def sweep_cases(rng):
    """Small graphs, each of which asks for one thing more; then random graphs with the edges in any order."""
    fixed = [
        (1, [], 0, "seed", "one node and no edge"),
        (2, [[1, 0, 3.0]], 1, "seed", "a single edge"),
        (3, [[1, 0, 3.0], [2, 1, 5.0]], 2, "product", "a chain of two edges"),
        (3, [[1, 0, 3.0], [2, 1, 5.0], [2, 0, 7.0]], 2, "sum", "a node that is used twice"),
        (2, [[1, 0, 3.0], [1, 0, 4.0]], 1, "double", "x·x: two edges between the same nodes"),
        (2, [[1, 0, 1.0], [1, 0, 1.0]], 1, "double", "x + x: the same edge twice"),
        (3, [[2, 1, 5.0], [1, 0, 3.0]], 2, "order", "a chain, its edges in reverse"),
        (5, [[4, 3, 2.0], [1, 0, 3.0], [3, 1, 5.0], [2, 1, 7.0], [3, 2, 11.0]], 4, "order", "shuffled edges"),
        (4, [[1, 0, 3.0], [2, 1, 5.0], [3, 2, 7.0]], 1, "output", "nodes that come after the output"),
        (4, [[1, 0, 3.0], [3, 1, 5.0], [2, 0, 7.0]], 3, "output", "a node that does not lead to the output"),
        (
            4,
            [[1, 0, 3.0], [2, 1, 5.0], [3, 1, 7.0]],
            2,
            "output",
            "a node with a child that does not lead to the output",
        ),
        (6, LECTURE, 5, "graph", "the graph of the lecture"),
    ]
    cases = [{"n": n, "edges": e, "output": o, "probe": p, "shown": f"{words}: n = {n}, edges = {e}, output = {o}"}
             for n, e, o, p, words in fixed]  # fmt: skip
    for _ in range(12):
        n = int(rng.integers(4, 12))
        edges = [[j, int(i), round(rng.normal(), 2)] for j in range(1, n) for i in rng.integers(0, j, size=2)]
        edges = [edges[k] for k in rng.permutation(len(edges))]
        output = int(rng.integers(n // 2, n))
        words = f"a random graph of {n} nodes, edges = {edges}, output = {output}"
        cases.append({"n": n, "edges": edges, "output": output, "probe": "graph", "shown": words})
    return cases


def sweep_run(student, case):
    edges = [tuple(edge) for edge in case["edges"]]
    given = list(edges)
    adjoints = numbers(student(case["n"], edges, case["output"]), "what reverse_sweep returned", case["n"])
    return {"adjoints": adjoints, "changed": edges != given}


def sweep_verify(case, answer):
    """All paths at once: with the local derivatives in J, the sum over paths is I + J + J² + ... = inv(I − J)."""
    local = np.zeros((case["n"], case["n"]))
    for child, parent, partial in case["edges"]:
        local[child, parent] += partial
    paths = np.linalg.inv(np.eye(case["n"]) - local)
    expected, ours = paths[case["output"]].tolist(), answer["adjoints"]
    if not close(ours, expected, rtol=1e-10):
        key = case["probe"]
        if not any(ours):
            key = "seed"
        elif case["n"] > 1 and close(ours, paths[:, case["output"]]):
            key = "transposed"
        return Complaint(key, f"the adjoints are {shown(ours)}, expected {shown(expected)}")
    return Complaint("changed") if answer["changed"] else None


REVERSE_SWEEP = Exercise(
    id="reverse-sweep",
    wants="def reverse_sweep(n, edges, output):",
    cases=sweep_cases,
    run=sweep_run,
    verify=sweep_verify,
    hints={
        "seed": "before the walk starts one adjoint is known: that of the output",
        "product": "what goes along an edge is the child's adjoint times the local derivative",
        "sum": "a node with two children gets a contribution from each",
        "double": "two edges between the same nodes are two contributions",
        "order": "the list has the edges in any order; a node may report only when all its children have",
        "output": "only what leads to the output has an adjoint other than 0; the output need not be the last node",
        "graph": "the small graphs, whose numbers are whole, are right, but not this one; draw it and go through it by hand",
        "transposed": "the numbers went from parents to children; adjoints go the other way",
        "changed": "the list of edges was changed; whoever called may still need it",
    },
)

# mini-autograd -------------------------------------------------------------------------------------------------

CALLS = 200_000  # for a program of sixty additions; a walk along all paths would take 2**60


def repeated(step, times):
    """The program that repeats `x = step(x, the inputs)`, from the first input on."""

    def program(inputs):
        x = inputs[0]
        for _ in range(times):
            x = step(x, inputs)
        return x

    return program


def shared(inputs):
    x, y = inputs
    u = x * y
    return u * u + u


def short_and_long(inputs):
    """u reaches the result by ways of one, two and three steps: in no order but a topological one is it complete."""
    x, y = inputs
    u = x + y
    v = u * x
    w = v * u
    return w * v + u


# Each program, how many of the two inputs it uses, and the hint that a failure of it calls for.
PROGRAMS = {
    "x + y": (lambda z: z[0] + z[1], 2, "sum"),
    "x * y": (lambda z: z[0] * z[1], 2, "product"),
    "x + 2.0": (lambda z: z[0] + 2.0, 1, "constant"),
    "2.0 + x": (lambda z: 2.0 + z[0], 1, "constant"),
    "x * 3.0": (lambda z: z[0] * 3.0, 1, "constant"),
    "3.0 * x": (lambda z: 3.0 * z[0], 1, "constant"),
    "3.0 * (x * y)": (lambda z: 3.0 * (z[0] * z[1]), 2, "chain"),
    "x + x": (lambda z: z[0] + z[0], 1, "twice"),
    "x * x": (lambda z: z[0] * z[0], 1, "twice"),
    "u * u + u with u = x * y": (shared, 2, "order"),
    "w * v + u with u = x + y, v = u * x, w = v * u": (short_and_long, 2, "order"),
    "x * x * x + x * y * 2.0 + y": (lambda z: z[0] * z[0] * z[0] + z[0] * z[1] * 2.0 + z[1], 2, "order"),
    "sixty times x = x + x": (repeated(lambda x, _: x + x, 60), 1, "paths"),
    "five thousand times x = x * 0.999 + y": (repeated(lambda x, z: x * 0.999 + z[1], 5000), 2, "order"),
}


class TooManyCalls(Exception):
    """More function calls than any walk over the nodes needs."""


def with_few_calls(f):
    """Run `f()`, and stop it after `CALLS` calls of functions."""
    left, before = CALLS, sys.getprofile()

    def count(frame, event, argument):
        nonlocal left
        left -= event == "call"
        if left < 0:
            raise TooManyCalls

    sys.setprofile(count)
    try:
        return f()
    finally:
        sys.setprofile(before)


def autograd_cases(rng):
    """Each program at a fixed point and at one drawn; then `backward` a second time, and two results of one input."""
    cases = []
    for name in PROGRAMS:
        for x in ([2.0, -3.0], rng.uniform(-2, 2, 2).round(2).tolist()):
            shown_point = f"{name} at x = {x[0]:g}, y = {x[1]:g}"
            cases.append({"program": name, "x": x, "again": "", "shown": shown_point})
    name = "u * u + u with u = x * y"
    for again, words in (("same", "backward() called twice"), ("other", "after backward() of x + y")):
        cases.append({"program": name, "x": [2.0, -3.0], "again": again, "shown": f"{name}, {words}"})
    return cases


def autograd_run(student, case):
    """The value and the gradients after `backward`, or that the walk had to be stopped."""
    program, used, key = PROGRAMS[case["program"]]
    inputs = [student(x) for x in case["x"]]
    start = [attribute(x, "grad", "a new Value") for x in inputs]

    def forward_and_back():
        if case["again"] == "other":
            other = PROGRAMS["x + y"][0](inputs)
            other.backward()
        result = program(inputs)
        refuse_nothing(result, case["program"])
        if not isinstance(result, student):
            raise Unusable("type", f"{case['program']} is {name_of(result)}, expected another {student.__name__}")
        for _ in range(2 if case["again"] == "same" else 1):
            result.backward()
        return result

    try:
        result = with_few_calls(forward_and_back) if key == "paths" else forward_and_back()
    except TooManyCalls:
        return {"too many calls": True}
    return {"start": start, "value": attribute(result, "value", "the result"),
            "grads": {str(i): attribute(inputs[i], "grad", "xy"[i]) for i in range(used)}}  # fmt: skip


def autograd_verify(case, answer):
    program, _, key = PROGRAMS[case["program"]]
    if "too many calls" in answer:
        return Complaint("paths", f"stopped after {CALLS} calls of functions")
    if any(answer["start"]):
        return Complaint("start", f"the .grad of a new Value is {shown(answer['start'][0])}, expected 0")
    x = case["x"]
    value = float(program(x))
    if not close(answer["value"], value):
        return Complaint("value", f"the value is {shown(answer['value'])}, expected {shown(value)}")
    for i, ours in answer["grads"].items():
        theirs = along(lambda z: [program(z)], x, np.eye(2)[int(i)])[0]
        if not close(ours, theirs, rtol=1e-10):
            found = f"{'xy'[int(i)]}.grad is {shown(ours)}, expected {shown(theirs)}"
            if case["again"]:
                return Complaint("again", found)
            return Complaint("seed" if not any(answer["grads"].values()) else key, found)
    return None


MINI_AUTOGRAD = Exercise(
    id="mini-autograd",
    wants="class Value:",
    cases=autograd_cases,
    run=autograd_run,
    verify=autograd_verify,
    hints={
        "start": "a number that no backward() has reached has a grad: how much is a result felt to depend on it when nothing has reached it",
        "value": "already the value is wrong",
        "seed": "all gradients are zero: backward() has to begin with the adjoint 1 of the result",
        "sum": "a nudge of either summand reaches the sum with factor 1",
        "product": "in x * y the local derivative with respect to x is the value of y",
        "chain": "what goes on to a parent is the node's own adjoint times the local derivative",
        "constant": "a plain number may stand on either side; it is no node and has no gradient",
        "twice": "an operand that is used twice gets two contributions",
        "order": "a node passed on its adjoint before all its children had reported",
        "paths": "every path is walked alone, and their number doubles with each x + x; visit each node once",
        "RecursionError": "the walk calls itself once for each step of the chain, deeper than Python allows; use a loop",
        "again": "gradients of an earlier backward() were still there; each call begins anew",
    },
)

# adjoint-test --------------------------------------------------------------------------------------------------

CALLS_OF_A_TEST = 50  # of both functions together; a matrix of the widest pair has more rows, and more columns


def adjoint_cases(rng):
    """Pairs of a matrix and what claims to be its transpose: some right, at all scales, some with a planted bug."""

    def case(matrix, other, right, probe, words):
        return {"matrix": matrix.tolist(), "other": other.tolist(), "right": right, "probe": probe,
                "shown": f"{words}: n = {matrix.shape[1]}, m = {matrix.shape[0]}"}  # fmt: skip

    A, S, row, large = (rng.normal(size=shape) for shape in ((3, 5), (4, 4), (1, 4), (40, 30)))
    entry, mixed = A.T.copy(), rng.permutation(A.ravel()).reshape(5, 3)
    entry[2, 1] *= 1.0001
    zero, wide = np.zeros((3, 2)), rng.normal(size=(70, 60)).round(3)
    return [
        case(A, A.T, True, "accept", "a right pair"),
        case(A.T, A, True, "accept", "a right pair"),
        case(A, 2 * A.T, False, "factor", "twice the transpose"),
        case(A, -A.T, False, "sign", "minus the transpose"),
        case(S, S, False, "ones", "the matrix itself, not transposed"),
        case(A, 0 * A.T, False, "factor", "a transpose that is always zero"),
        case(A, mixed, False, "ones", "the right entries in the wrong places"),
        case(A, A.T[::-1], False, "ones", "the transpose with its rows turned round"),
        case(1e14 * large, 1e14 * large.T, True, "absolute", "a right pair with large entries"),
        case(1e-14 * A, -1e-14 * A.T, False, "absolute-small", "minus the transpose, with small entries"),
        case(1e-14 * A, 1e-14 * A.T, True, "absolute", "a right pair with small entries"),
        case(A, entry, False, "loose", "one entry wrong by a ten-thousandth"),
        case(zero, zero.T, True, "zero", "a function that does not depend on its input"),
        case(row, row.T, True, "accept", "a right pair, one output"),
        case(large, large.T, True, "accept", "a right pair, a large one"),
        case(wide, wide.T, True, "accept", "a right pair, larger still"),
    ]


def adjoint_run(student, case):
    matrix, other = np.array(case["matrix"]), np.array(case["other"])
    m, n = matrix.shape
    calls = 0

    def counted(matrix):
        def apply(vector):
            nonlocal calls
            calls += 1
            return matrix @ vector

        return apply

    answer = student(counted(matrix), counted(other), n, m)
    refuse_nothing(answer, "what adjoint_test returned")
    if not isinstance(answer, bool | np.bool_):
        raise Unusable("type", f"adjoint_test returned {name_of(answer)}, expected True or False")
    return {"said": bool(answer), "calls": calls}


def adjoint_verify(case, answer):
    """The oracle needs no derivative: the pairs were made right or wrong."""
    if answer["said"] != case["right"]:
        return Complaint(case["probe"], f"the test said {answer['said']}, expected {case['right']}")
    if answer["calls"] > CALLS_OF_A_TEST:
        return Complaint("calls", f"the test took {answer['calls']} calls of the two functions")
    return None


ADJOINT_TEST = Exercise(
    id="adjoint-test",
    wants="def adjoint_test(forward, backward, n, m):",
    cases=adjoint_cases,
    run=adjoint_run,
    verify=adjoint_verify,
    hints={
        "accept": "a right pair was rejected: u has n entries and w has m; which two numbers are equal, but for rounding",
        "factor": "a pair was accepted whose two numbers differ by a factor: where are they compared",
        "sign": "a wrong sign was accepted: compare the two numbers themselves, not their sizes",
        "ones": "with vectors of ones only the sum of all entries is tested; draw both vectors at random",
        "loose": "a small mistake was accepted: rounding is a matter of the thirteenth digit, not of the fourth",
        "absolute": "a right pair was rejected only for its size: compare the difference with the size of the numbers",
        "absolute-small": "a wrong pair was accepted because its entries are small: compare the difference with their size",
        "zero": "where both numbers are zero they agree; beware of dividing by their size",
        "calls": "a call for each unit vector is too many: the identity, at random vectors, never needs more calls for a larger matrix",
    },
)

EXERCISES = (
    REVERSE_TRACE,
    REVERSE_SWEEP,
    MINI_AUTOGRAD,
    VJP_BROADCAST,
    VJP_SOFTMAX,
    ADJOINT_TEST,
    VJP_MATMUL,
    VJP_LOGSUMEXP,
)
