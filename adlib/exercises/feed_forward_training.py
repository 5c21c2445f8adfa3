"""An exercise of chapter 9: a network that is trained with the student's own numbers. Oracle: the complex step."""

from numbers import Number

import numpy as np

from ._answers import Unusable, close, name_of, numbers, refuse_nothing, shown
from ._by_hand import DIGITS, TooManyCalls, by_hand
from ._engine import Complaint, Exercise
from ._oracles import along, units


def _tanh(z):
    """Of a student's number, by its own method; of a plain one, also a complex one."""
    return np.tanh(z) if isinstance(z, Number) else z.tanh()


def _shared(w):
    u = w[0] * w[1]
    return u + u * u


def _short_and_long(w):
    """u reaches the result by ways of one, two and three operations."""
    u = w[0] + w[1]
    v = u * w[0]
    return v * u * v + u


def _doubled(w):
    x = w[0]
    for _ in range(60):
        x = x + x
    return x


def _long(w):
    x = w[0]
    for _ in range(2000):
        x = x * 0.999 + w[1]
    return x


# Losses of two numbers, and the hint that a failure calls for.
LOSSES = {
    "w0 + w1": (lambda w: w[0] + w[1], "sum"),
    "w0 * w1": (lambda w: w[0] * w[1], "product"),
    "w0 - w1": (lambda w: w[0] - w[1], "difference"),
    "tanh(w0) + w1": (lambda w: _tanh(w[0]) + w[1], "tanh"),
    "tanh(w0 * w1)": (lambda w: _tanh(w[0] * w[1]), "chain"),
    "(w0 * 2.5 + 1) + (3 * w1 + 2.0)": (lambda w: (w[0] * 2.5 + 1) + (3 * w[1] + 2.0), "constant"),
    "(1 + w0) * (2.5 * w1)": (lambda w: (1 + w[0]) * (2.5 * w[1]), "constant"),
    "(w0 - 2) * (1.5 - w1)": (lambda w: (w[0] - 2) * (1.5 - w[1]), "constant-minus"),
    "w0 * w0": (lambda w: w[0] * w[0], "twice"),
    "w0 - w0 * w1": (lambda w: w[0] - w[0] * w[1], "twice"),
    "u + u * u with u = w0 * w1": (_shared, "order"),
    "v * u * v + u with u = w0 + w1, v = u * w0": (_short_and_long, "order"),
    "w1 * 2.0, without w0": (lambda w: w[1] * 2.0, "constant"),
    "sixty times x = x + x, from w0": (_doubled, "paths"),
    "two thousand times x = x * 0.999 + w1, from w0": (_long, "order"),
}
# The exclusive or, and a start from which two hidden units learn it in sixty steps: the loss falls from 0.9 to 1e-6.
ROWS, TARGETS = [[0, 0], [0, 1], [1, 0], [1, 1]], [0, 1, 1, 0]
START = [2.5, -0.3, 0.9, -0.6, 1.0, 2.5, 1.5, -1.5, -1.2]
STRANGE = ("builtins", "numpy", "adlib", "jax", "jaxlib")  # modules whose objects are no numbers of the student's
FEW = 100_000  # calls for a program of sixty additions; all its paths would take 2**60


def training_cases(rng):
    """Each loss for one step from a fixed point; more steps; then networks of two layers, one that learns exclusive or among them."""
    cases = [_small(name, 1, probe) for name, (_, probe) in LOSSES.items()]
    cases += [_small(name, 3, "steps") for name in ("w0 * w1", "(w0 - 2) * (1.5 - w1)")]
    cases.append(_small("w0 - w0 * w1", 1, "equal", (0.5, 0.5)))
    cases += [_small("w0 * w0", 2, "whole", (2, 1)), _small("w0 * w1", 0, "steps")]
    cases.append(_network(START, 0.3, ROWS, TARGETS, 2, 60, "exclusive or"))
    for _ in range(5):
        b, inputs, hidden = (int(n) for n in rng.integers(1, 5, 3))
        rows, targets = rng.normal(size=(b, inputs)).round(2).tolist(), rng.normal(size=b).round(2).tolist()
        start = rng.normal(size=hidden * (inputs + 2) + 1).round(2).tolist()
        words = f"{b} example{'s' * (b != 1)}"
        cases.append(_network(start, 0.1, rows, targets, hidden, int(rng.integers(2, 6)), words))
    return cases


def _small(name, steps, probe, start=(0.5, -1.5)):
    words = f"{name} at {shown(list(start))}, {steps} step{'s' * (steps != 1)}"
    rate = 1e-19 if probe == "paths" else 0.25
    return {"loss": name, "start": list(start), "rate": rate, "steps": steps, "probe": probe, "shown": words}


def _network(start, rate, rows, targets, hidden, steps, words):
    shown_case = f"a network {len(rows[0])} → {hidden} → 1, {words}, {steps} steps"
    return {"rows": rows, "targets": targets, "hidden": hidden, "start": start, "rate": rate, "steps": steps,
            "probe": "network", "shown": shown_case}  # fmt: skip


def _loss_of(case):
    """The loss of a case, a function of a list of numbers of any kind that add, subtract, multiply and have a tanh."""
    if "loss" in case:
        return LOSSES[case["loss"]][0]
    rows, targets, hidden = case["rows"], case["targets"], case["hidden"]

    def mean_of_squares(w):
        total = 0
        for row, target in zip(rows, targets):
            w_left = iter(w)
            out = next(w_left)
            for _ in range(hidden):
                z = next(w_left)
                for x in row:
                    z = z + x * next(w_left)
                out = out + next(w_left) * _tanh(z)
            total = total + (out - target) * (out - target)
        return total * (1 / len(rows))

    return mean_of_squares


def training_run(student, case):
    loss, calls = _loss_of(case), 0

    def watched(w):
        nonlocal calls
        calls += 1
        _refuse_other_numbers(w, len(case["start"]))
        return loss(w)

    start, most = list(case["start"]), FEW if case["probe"] == "paths" else 3_000_000
    try:
        path = by_hand(student, watched, start, case["rate"], case["steps"], given=__file__, most=most)
    except TooManyCalls:
        return {"too many calls": True}
    refuse_nothing(path, "what train returned")
    if not isinstance(path, list | tuple | np.ndarray) or isinstance(path, np.ndarray) and path.ndim == 0:
        raise Unusable("type", f"what train returned is {name_of(path)}, expected a list of lists of numbers")
    if len(path) != case["steps"] + 1:
        expected = f"expected {case['steps'] + 1}: the start, and one after each step"
        raise Unusable("length", f"the path has {len(path)} entries, {expected}")
    path = [numbers(w, f"entry {k} of the path", len(start)) for k, w in enumerate(path)]
    return {"path": path, "calls": calls, "changed": start != case["start"]}


def _refuse_other_numbers(w, length):
    """The loss is for numbers of the student's own class."""
    if not isinstance(w, list | tuple) or len(w) != length:
        raise Unusable("type", f"loss was called with {name_of(w)}, expected a list of {length} of your own numbers")
    for x in w:
        if isinstance(x, Number | np.ndarray) or type(x).__module__.partition(".")[0] in STRANGE:
            expected = "expected numbers of a class of your own, derived from no other"
            raise Unusable("type", f"loss was called with a list that holds {name_of(x)}, {expected}")


def training_verify(case, answer):
    """Step by step: from where the student's path was, where does the gradient lead, found by complex steps."""
    if "too many calls" in answer:
        return Complaint("paths", "stopped after too many calls of functions")
    loss, path, rate = _loss_of(case), answer["path"], case["rate"]
    if path[0] != case["start"]:
        alias = case["steps"] > 0 and all(w == path[-1] for w in path)
        found = f"the path begins at {shown(path[0])}, expected {shown(case['start'])}"
        return Complaint("alias" if alias else "start", found)
    before = np.zeros(len(path[0]))
    for k, (here, there) in enumerate(zip(path, path[1:])):
        slope = np.array([along(lambda w: [loss(w)], here, unit)[0] for unit in units((len(here),))])
        used = (np.array(here) - np.array(there)) / rate
        size = np.max(np.abs(here)) / rate + np.max(np.abs(slope))
        if not np.all(np.isfinite(used)) or np.max(np.abs(used - slope)) > 1e-12 * size:
            if close(used, slope, rtol=1e-5):
                return Complaint(
                    "digits", f"the gradient of step {k + 1} has the first five digits, and not the others"
                )
            found = f"in step {k + 1} the gradient was taken to be {shown(used)}, expected {shown(slope)}"
            return Complaint(_training_mistake(case, used, slope, before), found)
        before = used
    if answer["calls"] > case["steps"] + 1:
        return Complaint("calls", f"the loss was asked for {answer['calls']} times in {case['steps']} steps")
    return Complaint("changed") if answer["changed"] else None


def _training_mistake(case, used, slope, before):
    """The known mistake that leads to these numbers, if there is one."""
    known = [("uphill", -slope), ("stuck", 0 * slope), ("rate", slope * case["rate"]), ("rate", slope / case["rate"])]
    known += [("accumulated", slope + before)] if np.any(before) else []
    return next((key for key, wrong in known if close(used, wrong, rtol=1e-7, atol=1e-12)), case["probe"])


TRAIN_VALUE = Exercise(
    id="train-value",
    wants="def train(loss, start, rate, steps):",
    cases=training_cases,
    run=training_run,
    verify=training_verify,
    hints={
        "start": "the path begins with the start itself, before any step",
        "alias": "all entries of the path are the same: is one list put there again and again, and changed afterwards",
        "uphill": "the steps go uphill: a step goes against the gradient",
        "stuck": "nothing moves: where does the way back begin, with which adjoint, and does it reach the numbers of this step",
        "rate": "the length of the step is wrong: it is the rate times the gradient, once",
        "accumulated": "in the second step the gradient of the first was still there",
        "steps": "the first step was right; the second has to begin where the first one ended",
        "sum": "a nudge of either summand reaches the sum with factor 1",
        "difference": "in a difference one of the two operands has a slope of its own",
        "product": "in a product the slope of one factor is the value of the other",
        "constant": "a plain number, also a whole one, may stand on either side of + and *; it has no gradient",
        "constant-minus": "a plain number may stand on either side of a minus: which slope has what is taken away",
        "TypeError": "two kinds of numbers did not meet: which of +, - and *, with a plain number on which side, is missing",
        "tanh": "the slope of tanh at z is 1 - tanh(z)²: at which z is it taken here",
        "chain": "what goes on to an operand is the adjoint of the result, times the slope",
        "twice": "an operand that is used twice gets two contributions",
        "order": "an operand was asked before everybody who uses it had reported",
        "paths": "every path is walked alone, and their number doubles with each x + x; visit each number once",
        "RecursionError": "the walk calls itself once for each operation, deeper than Python allows: use a loop",
        "equal": "two numbers of one value are two numbers all the same: by what does the way back know them",
        "whole": "the start holds whole numbers here; what is made in their image can hold nothing else",
        "network": "all the small losses are right, but not this network: print a gradient and compare it with a difference quotient",
        "calls": "the loss was asked for more than once in a step: one walk back has all derivatives",
        "changed": "the list start was changed; whoever called may still need it",
        "digits": DIGITS,
    },
)
