"""The exercises of chapter 9. Oracles: the complex step, products of matrices of ones, brute force."""

from numbers import Real

import numpy as np

from ._answers import Unusable, array, close, name_of, number, numbers, pair, refuse_nothing, shown
from ._by_hand import DIGITS, by_hand, compared
from ._engine import Complaint, Exercise
from ._oracles import gradient
from .feed_forward_rules import VJP_GATHER, VJP_MAX, WRONG_RULES
from .feed_forward_training import TRAIN_VALUE
from .reverse_mode_vjps import logsumexp, softmax

# network-gradient ----------------------------------------------------------------------------------------------

# An activation, which also takes complex numbers, and its slope.
ACTIVATIONS = {
    "linear": (lambda z: z + 0.0, lambda z: np.ones_like(z, float)),
    "tanh": (np.tanh, lambda z: 1 / np.cosh(z) ** 2),
    "relu": (lambda z: np.where(np.real(z) > 0, z, 0.0), lambda z: np.where(z > 0, 1.0, 0.0)),
    "softplus": (lambda z: np.log(1 + np.exp(z)), lambda z: 1 / (1 + np.exp(-z))),
    "sine": (np.sin, np.cos),
}
# Widths, activations, number of examples, and the hint that a failure calls for.
NETWORKS = [
    ((3, 2), ["linear"], 1, "one"), ((2, 4), ["linear"], 3, "batch"),
    ((2, 3), ["tanh"], 4, "slope"), ((3, 2), ["relu"], 5, "slope"), ((1, 3), ["sine"], 3, "slope"),
    ((3, 4, 2), ["linear", "linear"], 5, "back"), ((2, 5, 3), ["tanh", "linear"], 4, "back"),
    ((4, 3, 2), ["relu", "softplus"], 6, "back"), ((3, 3, 3), ["tanh", "sine"], 3, "square"),
    ((2, 3, 2, 4), ["softplus", "tanh", "linear"], 5, "back"),
    ((3, 4, 2, 5, 3, 2), ["tanh", "sine", "softplus", "tanh", "sine"], 4, "back"),
]  # fmt: skip


def network_cases(rng):
    """One layer and one example, then a batch, an activation, several layers, square ones, whole numbers; then drawn ones."""
    cases = [_network(rng, *row) for row in NETWORKS]
    whole = _network(rng, (3, 4, 2), ["tanh", "linear"], 4, "whole")
    whole["x"], whole["y"] = rng.integers(-3, 4, (4, 3)).tolist(), rng.integers(-3, 4, (4, 2)).tolist()
    whole["shown"] = "x and y of whole numbers; " + whole["shown"]
    cases.append(whole)
    for _ in range(8):
        widths = rng.integers(1, 6, rng.integers(2, 6)).tolist()
        kinds = rng.choice(list(ACTIVATIONS), len(widths) - 1).tolist()
        cases.append(_network(rng, widths, kinds, int(rng.integers(1, 7)), "back"))
    return cases


def _network(rng, widths, kinds, b, probe):
    layers = [{"w": (rng.normal(size=(n, m)) / np.sqrt(n)).round(3).tolist(), "c": rng.normal(size=m).round(3).tolist(), "kind": kind}
              for n, m, kind in zip(widths, widths[1:], kinds)]  # fmt: skip
    x, y = rng.normal(size=(b, widths[0])).round(3).tolist(), rng.normal(size=(b, widths[-1])).round(3).tolist()
    words = f"{' → '.join(map(str, widths))}, {', '.join(kinds)}, {b} example{'s' * (b != 1)}"
    return {"layers": layers, "x": x, "y": y, "probe": probe, "shown": words}


def network_run(student, case):
    answer, seen, changed = _network_call(student, case)
    first, (second, _, _) = _network_numbers(answer, case), _network_call(student, case)
    again = first == _network_numbers(second, case) == _network_numbers(answer, case)
    return first | {"seen": seen, "changed": changed, "again": again}


def _network_call(student, case):
    """What came back, the numbers at which the slope of each layer was asked for, how many values were, and whether an input changed."""
    x, y, layers, seen = np.array(case["x"]), np.array(case["y"]), [], []
    for layer in case["layers"]:
        log = {"values": 0, "slopes": []}
        layers.append((np.array(layer["w"]), np.array(layer["c"]), *_watched(layer["kind"], log)))
        seen.append(log)
    kept = list(layers)
    answer = by_hand(student, layers, x, y, given=__file__)
    inputs = [(x, case["x"]), (y, case["y"])]
    inputs += [(a, layer[name]) for (w, c, *_), layer in zip(kept, case["layers"]) for a, name in ((w, "w"), (c, "c"))]
    changed = len(layers) != len(kept) or any(a is not b for a, b in zip(layers, kept))
    return answer, seen, changed or any(not np.array_equal(a, theirs) for a, theirs in inputs)


def _watched(kind, log):
    """The activation and its slope as the student gets them; `log` says later what they were asked."""
    value, slope = ACTIVATIONS[kind]

    def real(z, name):
        if not (type(z) is np.ndarray or isinstance(z, Real)) or np.iscomplexobj(z):
            raise Unusable("type", f"{name} was called with {name_of(z)}, expected a plain array of real numbers")
        return np.array(z, float)

    def sigma(z):
        z = real(z, "sigma")
        log["values"] += z.size
        return value(z)

    def sigma_slope(z):
        z = real(z, "slope")
        log["slopes"] += z.ravel().tolist()
        return slope(z)

    return sigma, sigma_slope


def _network_numbers(answer, case):
    loss, gradients = pair(answer, "what network_gradient returned")
    refuse_nothing(gradients, "the second thing")
    expected = f"expected a list of {len(case['layers'])} pairs, one for each layer"
    if not isinstance(gradients, list | tuple):
        raise Unusable("type", f"the second thing is {name_of(gradients)}, {expected}")
    if len(gradients) != len(case["layers"]):
        raise Unusable("shape", f"the second thing has {len(gradients)} entries, {expected}")
    found = []
    for k, (both, layer) in enumerate(zip(gradients, case["layers"]), start=1):
        both = pair(both, f"the gradient of layer {k}")
        found.append([array(bar, f"{name}_bar of layer {k}", np.shape(layer[name])) for bar, name in zip(both, "wc")])
    return {"loss": number(loss, "the loss"), "gradients": found}


def _values(layers, x):
    """For each layer what goes into its activation, and what comes out."""
    found = []
    for layer in layers:
        z = x @ layer["w"] + layer["c"]
        x = ACTIVATIONS[layer["kind"]][0](z)
        found.append((z, x))
    return found


def _loss(layers, x, y):
    return np.sum((_values(layers, x)[-1][1] - y) ** 2) / (2 * len(x))


def network_verify(case, answer):
    """A complex step for each weight; what the activations were asked says where a slope was taken."""
    x, y = np.array(case["x"], float), np.array(case["y"], float)
    layers = [{"w": np.array(layer["w"]), "c": np.array(layer["c"]), "kind": layer["kind"]} for layer in case["layers"]]
    b, outputs = y.shape
    value = _loss(layers, x, y)
    known = [("everything", value / outputs), ("sum", value * b), ("half", 2 * value)]
    if complaint := compared("the loss", answer["loss"], value, known, "loss"):
        return complaint
    for k in reversed(range(len(layers))):
        for ours, name in zip(answer["gradients"][k], "wc"):

            def moved(z, k=k, name=name):
                return _loss([*layers[:k], layers[k] | {name: z}, *layers[k + 1 :]], x, y)

            right = gradient(moved, layers[k][name])
            factors = {"sign": -1, "everything": 1 / outputs, "mean-again": 1 / b, "sum": b, "half": 2}
            known = [(key, factor * right) for key, factor in factors.items()]
            if complaint := compared(f"{name}_bar of layer {k + 1}", ours, right, known, case["probe"]):
                return Complaint(_slope_mistake(layers, x, answer["seen"]) or complaint.key, complaint.found)
    if sum(log["values"] for log in answer["seen"]) > 3 * sum(z.size for z, _ in _values(layers, x)):
        return Complaint("calls", "more than three values of an activation were asked for each number in the network")
    if answer["changed"]:
        return Complaint("changed")
    return None if answer["again"] else Complaint("again")


def _slope_mistake(layers, x, seen):
    """Whether a slope was taken at the wrong place, or not at all."""
    for layer, (z, v), log in zip(layers, _values(layers, x), seen):
        if layer["kind"] != "linear" and not log["slopes"]:
            return "no-slope"
        at = log["slopes"]
        if len(at) == z.size and close(at, v.ravel()) and not close(at, z.ravel()):
            return "slope-at-value"
    return ""


NETWORK_GRADIENT = Exercise(
    id="network-gradient",
    wants="def network_gradient(layers, x, y):",
    cases=network_cases,
    run=network_run,
    verify=network_verify,
    hints={
        "ValueError": "these shapes do not meet: write down those of v, w and delta side by side; the examples are the rows of v and of z",
        "loss": "already the loss is wrong: go through the layers with one example and a pencil",
        "everything": "the mean is over the examples alone; the squares of the outputs of one example are added",
        "sum": "the loss is a mean over the examples: where has their number gone",
        "half": "twice too large: the loss has a factor one half, which goes when a square is differentiated",
        "sign": "the sign is turned round: if an output is above its target, does the loss grow or fall when the output grows",
        "one": "one example and one linear layer: an entry of w meets one number of x and one of the output",
        "batch": "with one example it was right: all examples use the same w and c, and each has its part in their adjoints",
        "mean-again": "divided by the number of examples twice: once is in the adjoint of the output already",
        "no-slope": "the slope of an activation was never asked for: what comes back passes through it too",
        "slope-at-value": "a slope was asked for at what came out of the activation; it belongs to what went in",
        "slope": "one layer with an activation: delta is the adjoint of v, times the slope, entry by entry",
        "back": "one layer was right, so look at what it hands on to the layer before",
        "square": "here every shape fits, also with the wrong transpose; layers that are not square were right, so what is done in another way here",
        "whole": "x and y hold whole numbers here, and an array made in their image cannot hold anything else",
        "calls": "the activations were asked for many more values than one walk forward needs: one walk back gives all adjoints",
        "changed": "x, y or the layers were changed; all still belong to whoever called",
        "again": "a second call with the same numbers gave others, or changed what the first had returned",
        "digits": DIGITS,
    },
)  # fmt: skip

# cross-entropy -------------------------------------------------------------------------------------------------


def entropy_cases(rng):
    """One row, a batch, a square one, huge logits and wide gaps, whole numbers, small integers as labels; then drawn shapes."""
    fixed = [
        ([[1.0, -0.5, 2.0]], [0], "int64", "one", "one example"),
        ([[0.0, 0.0, 0.0, 0.0]], [2], "int64", "one", "four equal logits"),
        ([[1.0, -0.5, 2.0], [0.5, 0.0, -1.0], [3.0, 1.0, 0.5]], [1, 0, 1], "int64", "rows", "as many examples as classes"),
        ([[1.0, -0.5, 2.0], [0.5, 0.0, -1.0]], [2, 2], "int64", "rows", "two examples of one class"),
        ([[1000.0, 1001.0, 999.0], [-1000.0, -1001.0, -999.0]], [1, 0], "int64", "overflow", "large logits of either sign"),
        ([[1000.0, -1000.0, -1000.0], [0.0, 2000.0, 1.0]], [1, 2], "int64", "overflow", "an impossible class was the right one"),
        ([[3, -1], [0, 2], [1, 1]], [1, 0, 1], "int64", "whole", "whole numbers as logits"),
        ([[0.5, 2.0], [1.0, -1.0], [0.0, 0.5]], [1, 0, 1], "uint8", "labels", "labels of type uint8"),
        ([[0.5], [-2.0]], [0, 0], "int64", "rows", "a single class"),
    ]  # fmt: skip
    cases = [{"z": z, "labels": n, "type": t, "probe": p, "shown": f"{words}: z = {shown(z)}, labels = {n}"}
             for z, n, t, p, words in fixed]  # fmt: skip
    for _ in range(8):
        b, classes = int(rng.integers(1, 8)), int(rng.integers(2, 8))
        z, labels = (3 * rng.normal(size=(b, classes))).round(3).tolist(), rng.integers(0, classes, b).tolist()
        cases.append({"z": z, "labels": labels, "type": "int64", "probe": "rows", "shown": f"z has shape {(b, classes)}, labels = {labels}"})  # fmt: skip
    return cases


def entropy_run(student, case):
    z, labels = np.array(case["z"]), np.array(case["labels"], case["type"])
    loss, z_bar = pair(by_hand(student, z, labels), "what cross_entropy returned")
    changed = not (np.array_equal(z, case["z"]) and np.array_equal(labels, case["labels"]))
    return {"loss": number(loss, "the loss"), "z_bar": array(z_bar, "z_bar", z.shape), "changed": changed}


def entropy_verify(case, answer):
    """The value as NumPy adds logarithms, two at a time; the gradient by a complex step for each logit."""
    z, labels = np.array(case["z"], float), np.array(case["labels"])
    b, classes = z.shape
    rows = np.arange(b)
    with np.errstate(all="ignore"):
        value = np.mean(np.logaddexp.reduce(z, axis=1) - z[rows, labels])
        right = gradient(lambda z: np.sum(logsumexp(z) - z[rows, labels]) / b, z)
        p = softmax(z)
    right[np.abs(right) < 1e-15] = 0.0  # rounding; it would read as if a tiny number were asked for
    found = answer["loss"], answer["z_bar"]
    if not np.all(np.isfinite(found[0])) or not np.all(np.isfinite(found[1])):
        return Complaint("overflow", f"the loss is {shown(found[0])} and z_bar is {shown(found[1])}")
    probabilities, columns = -np.mean(p[rows, labels]), np.mean(logsumexp(z.T)[labels] - z[rows, labels])
    known = [("sum", value * b), ("everything", value / classes), ("sign", -value)]
    known += [("logarithm", probabilities), ("rows", columns)]
    if complaint := compared("the loss", found[0], value, known, case["probe"], atol=1e-12):
        return complaint
    known = [("sign", -right), ("sum", right * b), ("everything", right / classes)]
    known += [("no-label", p / b), ("label-only", -np.eye(classes)[labels] / b)]
    if complaint := compared("z_bar", found[1], right, known, case["probe"], atol=1e-12):
        return complaint
    return Complaint("changed") if answer["changed"] else None


CROSS_ENTROPY = Exercise(
    id="cross-entropy",
    wants="def cross_entropy(z, labels):",
    cases=entropy_cases,
    run=entropy_run,
    verify=entropy_verify,
    hints={
        "one": "one example: write the loss as a logarithm of a sum less the logit of the right class, then differentiate the two",
        "rows": "one example was right: each row is an example, with a softmax and a label of its own; with as many examples as classes the wrong axis fits too",
        "overflow": "exp of a large logit is infinite and that of a very negative one is zero; take the largest logit of each row away, and never take the logarithm of a probability",
        "whole": "the logits are whole numbers here; an array made in their image cannot hold a gradient",
        "UFuncTypeError": "an array of whole numbers was to take others: of what is it the image",
        "labels": "these labels are small unsigned integers, as images have them: arithmetic with them wraps round, and as an index they are as good as others",
        "sum": "the loss is a mean over the rows: where has their number gone",
        "everything": "divided by the number of classes too: each example has one loss, not one for each class",
        "sign": "the sign is turned round: a larger logit of the right class makes the loss smaller",
        "logarithm": "this is a mean of probabilities: the loss of an example is minus the logarithm of one",
        "no-label": "the gradient does not know the labels: the loss has a second term, the logit of the right class",
        "label-only": "the gradient knows the labels alone: the logarithm of the sum moves as well",
        "changed": "z or labels was changed; both still belong to whoever called",
        "digits": DIGITS,
    },
)  # fmt: skip

# price-of-gradient ---------------------------------------------------------------------------------------------

# Examples, widths, the layers that are trained, and the hint that a failure calls for.
PRICES = [
    (1, [3, 2], [1], "one"), (7, [3, 2], [1], "one"), (5, [4, 3, 2], [1, 2], "all"), (2, [3, 5, 7, 11], [1, 2, 3], "all"),
    (5, [4, 3, 2], [2], "bottom"), (5, [4, 3, 2], [1], "bottom"), (3, [2, 7, 5, 3, 4], [3], "bottom"),
    (3, [2, 7, 5, 3, 4], [4, 2], "bottom"), (3, [2, 7, 5], [], "none"), (1, [1, 1, 1], [1, 2], "all"),
]  # fmt: skip


def price_cases(rng):
    """One layer, several, the last or the first alone, gaps, none; then networks that are drawn."""
    drawn = []
    for _ in range(10):
        widths = rng.integers(1, 30, rng.integers(2, 8)).tolist()
        trained = [int(k) for k in rng.permutation(len(widths) - 1) + 1 if rng.random() < 0.6]
        drawn.append((int(rng.integers(1, 20)), widths, trained, "bottom"))
    return [{"b": b, "widths": widths, "trained": trained, "probe": probe, "shown": f"b = {b}, widths = {widths}, trained = {trained}"}
            for b, widths, trained, probe in [*PRICES, *drawn]]  # fmt: skip


def price_run(student, case):
    widths, trained = list(case["widths"]), list(case["trained"])
    counts = numbers(by_hand(student, case["b"], widths, trained), "what price_of_gradient returned", 2)
    return {"counts": counts, "changed": [widths, trained] != [case["widths"], case["trained"]]}


def _multiplied(a, b):
    """How many multiplications a product of two matrices takes: with ones, every entry counts its own."""
    return float(np.sum(np.ones(a) @ np.ones(b)))


def price_verify(case, answer):
    """Which products there are: a gradient for each trained layer, and an adjoint handed down wherever one lies below."""
    b, widths, trained = case["b"], case["widths"], case["trained"]
    shapes = list(enumerate(zip(widths, widths[1:]), start=1))
    forward = sum(_multiplied((b, n), (n, m)) for _, (n, m) in shapes)
    of_weights = sum(_multiplied((n, b), (b, m)) for k, (n, m) in shapes if k in trained)
    handed_down = {k: _multiplied((b, m), (m, n)) for k, (n, m) in shapes}
    needed = sum(handed_down[k] for k in handed_down if any(j < k for j in trained))
    ours, expected = answer["counts"], [forward, of_weights + needed]
    if ours != expected:
        found = f"the counts are {shown(ours)}, expected {shown(expected)}"
        known = [
            ("no-examples", [forward / b, expected[1] / b]),
            ("two-to-one", [forward, 2 * forward]),
            ("to-the-first", [forward, of_weights + sum(handed_down[k] for k in handed_down if k > 1)]),
            ("trained-alone", [forward, of_weights + sum(handed_down[k] for k in trained if k > min(trained))]),
            ("weights-alone", [forward, of_weights]),
        ]
        if ours[0] != forward and ours[0] * b != forward:
            return Complaint("forward", found)
        return Complaint(next((key for key, wrong in known if ours == wrong), case["probe"]), found)
    return Complaint("changed") if answer["changed"] else None


PRICE_OF_GRADIENT = Exercise(
    id="price-of-gradient",
    wants="def price_of_gradient(b, widths, trained):",
    cases=price_cases,
    run=price_run,
    verify=price_verify,
    hints={
        "forward": "already the way forward is wrong: how many rows and columns have the two matrices of a layer",
        "no-examples": "this is the price of one example, or nearly; every example is a row of each product",
        "one": "with one layer there is one product on the way back, and nobody asks for the adjoint of the inputs",
        "two-to-one": "two products for each layer is what one says; in which layers is one of the two of use to nobody",
        "to-the-first": "the adjoint was handed down to the first layer: how far down does somebody need it",
        "weights-alone": "these are the products for the weights; the adjoints have to come down to them first",
        "trained-alone": "a layer that is not trained still hands the adjoint down, if there is a trained one below it",
        "all": "all layers are trained: list the products on the way back for two layers, with their shapes",
        "bottom": "some layers are not trained: which is the lowest that is, and what has to pass through all those above",
        "none": "nothing is trained, so nothing on the way back is needed",
        "changed": "widths or trained was changed; both still belong to whoever called",
    },
)  # fmt: skip

EXERCISES = (NETWORK_GRADIENT, CROSS_ENTROPY, WRONG_RULES, VJP_GATHER, TRAIN_VALUE, PRICE_OF_GRADIENT, VJP_MAX)
