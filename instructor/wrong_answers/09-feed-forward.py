"""Wrong answers to the exercises of chapter 9, and the hint that each has to get: see README.md."""

WRONG = {
    "network-gradient": [
        ("the slope at the value of the activation", "slope-at-value", "belongs to what went in", [("v_bar * slope(z)", "v_bar * slope(sigma(z))")]),
        ("no slope at all", "no-slope", "was never asked for", [("v_bar * slope(z)", "v_bar")]),
        ("a mean over everything", "everything", "over the examples alone", [("/ (2 * len(x))", "/ (2 * y.size)"), ("(v - y) / len(x)", "(v - y) / y.size")]),
        ("a mean over everything, on the way back", "everything", "over the examples alone", [("(v - y) / len(x)", "(v - y) / y.size")]),
        ("a sum over the examples", "sum", "where has their number gone", [("(v - y) / len(x)", "(v - y)")]),
        ("the factor one half is forgotten", "half", "a factor one half", [("/ (2 * len(x))", "/ len(x)")]),
        ("the target less the output", "sign", "above its target", [("v_bar = (v - y)", "v_bar = (y - v)")]),
        ("another transpose", "ValueError", "these shapes do not meet", [("v.T @ delta", "v @ delta")]),
        ("nothing is handed down transposed", "ValueError", "these shapes do not meet", [("delta @ w.T", "delta @ w")]),
        ("a transpose only where the shapes ask for one", "square", "also with the wrong transpose", [("delta @ w.T", "delta @ (w if len(w) == len(w.T) else w.T)")]),
        ("distances in place of their squares", "loss", "already the loss is wrong", [("np.sum((v - y) ** 2)", "np.sum(np.abs(v - y))")]),
        ("the input of a layer is taken to be 1", "one", "one example and one linear layer", [("v.T @ delta", "np.ones_like(v).T @ delta")]),
        ("the first example alone", "batch", "each has its part", [("v.T @ delta", "v[:1].T @ delta[:1]")]),
        ("a mean over the examples for the biases", "mean-again", "divided by the number of examples twice", [("np.sum(delta, axis=0)", "np.mean(delta, axis=0)")]),
        ("the slope is added", "slope", "times the slope, entry by entry", [("v_bar * slope(z)", "v_bar + slope(z) - 1")]),
        ("the adjoint before the slope is handed down", "back", "hands on to the layer before", [("v_bar = delta @ w.T", "v_bar = v_bar @ w.T")]),
        ("an array in the image of the targets", "whole", "whole numbers here", [("v_bar = (v - y) / len(x)", "v_bar = np.empty_like(y)\n    v_bar[...] = (v - y) / len(x)")]),
        ("the layers are turned round in place", "changed", "were changed", [("gradients = []", "gradients = []\n    layers.reverse()"), ("zip(reversed(layers)", "zip(layers")]),
        ("gradients pile up from call to call", "again", "a second call", [("def network_gradient", "PILE = {}\n\n\ndef network_gradient"), ("gradients.append((v.T @ delta,", "PILE[w.shape] = PILE.get(w.shape, 0.0) + v.T @ delta\n        gradients.append((PILE[w.shape],")]),
        ("float32", "digits", "right in its first digits", [("v, kept = x, []", "v, kept = x.astype(np.float32), []")]),
        ("difference quotients", "calls", "many more values", """
def network_gradient(layers, x, y):
    def loss():
        v = x
        for w, c, sigma, slope in layers:
            v = sigma(v @ w + c)
        return np.sum((v - y) ** 2) / (2 * len(x))

    def quotients(a):
        a_bar = np.zeros(a.shape)
        for place in np.ndindex(a.shape):
            before = a[place]
            a[place] = before + 1e-3
            above = loss()
            a[place] = before - 1e-3
            a_bar[place] = (above - loss()) / 2e-3
            a[place] = before
        return a_bar

    return loss(), [(quotients(w), quotients(c)) for w, c, *_ in layers]
"""),
        ("a complex step", "type", "expected a plain array of real numbers", """
def network_gradient(layers, x, y):
    def loss(parameters):
        v = x
        for (w, c), (_, _, sigma, _) in zip(parameters, layers):
            v = sigma(v @ w + c)
        return np.sum((v - y) ** 2) / (2 * len(x))

    own = [(w, c) for w, c, *_ in layers]
    w, c = own[0]
    return loss(own), [(loss([(w + 1e-30j, c), *own[1:]]).imag / 1e-30, c)] * len(own)
"""),
        ("adlib", "type", "expected a plain array of real numbers", """
import adlib


def network_gradient(layers, x, y):
    def loss(parameters):
        v = x
        for (w, c), (_, _, sigma, _) in zip(parameters, layers):
            v = sigma(v @ w + c)
        return np.sum((v - y) ** 2) / (2 * len(x))

    own = [(w, c) for w, c, *_ in layers]
    return float(loss(own)), adlib.grad(loss)(own)
"""),
        ("the last layer first", "shape", "of layer 1 has shape", [("gradients[::-1]", "gradients")]),
        ("biases as a row", "shape", "of layer 1 has shape", [("np.sum(delta, axis=0)", "np.sum(delta, axis=0, keepdims=True)")]),
        ("the loss does not come back", "type", "expected two things", [("return loss, gradients[::-1]", "return gradients[::-1]")]),
    ],
    "cross-entropy": [
        ("exp overflows", "overflow", "never take the logarithm of a probability", [("z - np.max(z, axis=1, keepdims=True)", "z")]),
        ("one maximum for all rows", "overflow", "never take the logarithm of a probability", [("np.max(z, axis=1, keepdims=True)", "np.max(z)")]),
        ("the logarithm of a probability", "overflow", "never take the logarithm of a probability", [("np.log(sums[:, 0]) - shifted[rows, labels]", "-np.log((e / sums)[rows, labels])")]),
        ("the logarithm of a probability and a bit", "digits", "right in its first digits", [("np.log(sums[:, 0]) - shifted[rows, labels]", "-np.log((e / sums)[rows, labels] + 1e-8)")]),
        ("a mean over everything", "everything", "one for each class", [("np.mean(np.log(sums[:, 0]) - shifted[rows, labels])", "np.sum(np.log(sums[:, 0]) - shifted[rows, labels]) / z.size")]),
        ("a mean over everything, in the gradient", "everything", "one for each class", [("z_bar / len(z)", "z_bar / z.size")]),
        ("a sum over the rows", "sum", "where has their number gone", [("z_bar / len(z)", "z_bar")]),
        ("the truth less the probabilities", "sign", "makes the loss smaller", [("z_bar / len(z)", "-z_bar / len(z)")]),
        ("no minus before the logarithm", "sign", "makes the loss smaller", [("loss = np.mean(", "loss = -np.mean(")]),
        ("a mean of probabilities", "logarithm", "a mean of probabilities", [("np.mean(np.log(sums[:, 0]) - shifted[rows, labels])", "-np.mean((e / sums)[rows, labels])")]),
        ("the labels are forgotten", "no-label", "does not know the labels", [("z_bar[rows, labels] -= 1.0", "pass")]),
        ("the softmax is forgotten", "label-only", "knows the labels alone", [("z_bar = e / sums", "z_bar = np.zeros(z.shape)")]),
        ("along the first axis", "rows", "a softmax and a label of its own", [("axis=1, keepdims=True", "axis=0, keepdims=True"), ("sums[:, 0]", "sums[0, labels]")]),
        ("one number for each row, spread along the columns", "rows", "a softmax and a label of its own", [("z_bar = e / sums", "z_bar = e / sums[:, 0]")]),
        ("the columns of the labels in all rows", "rows", "a softmax and a label of its own", [("z_bar[rows, labels] -= 1.0", "z_bar[:, labels] -= 1.0")]),
        ("the logarithm to the base 2", "one", "a logarithm of a sum", [("np.log(", "np.log2(")]),
        ("an array in the image of the logits", "whole", "whole numbers here", [("return loss, z_bar / len(z)", "gradient = np.zeros_like(z)\n    gradient[...] = z_bar / len(z)\n    return loss, gradient")]),
        ("the image of the logits, changed in place", "UFuncTypeError", "was to take others", [("z_bar = e / sums", "z_bar = np.zeros_like(z)\n    z_bar[...] = e / sums")]),
        ("minus one of an unsigned type", "labels", "wraps round", [("z_bar[rows, labels] -= 1.0", "one_hot = np.zeros(z.shape, labels.dtype)\n    one_hot[rows, labels] = 1\n    z_bar = -one_hot + z_bar")]),
        ("the logits are changed", "changed", "was changed", [("shifted = z - np.max(z, axis=1, keepdims=True)", "z -= np.max(z, axis=1, keepdims=True)\n    shifted = z")]),
        ("float32", "digits", "right in its first digits", [("e = np.exp(shifted)", "e = np.exp(shifted.astype(np.float32))")]),
        ("adlib", "tool", "the answer calls adlib", """
import adlib


def cross_entropy(z, labels):
    def loss(z):
        return np.mean(np.logaddexp.reduce(z, axis=1) - z[np.arange(len(z)), labels])
    return float(loss(z)), adlib.grad(loss)(z)
"""),
        ("a loss for each row", "type", "the loss is an array", [("np.mean(np.log(sums[:, 0]) - shifted[rows, labels])", "np.log(sums[:, 0]) - shifted[rows, labels]")]),
        ("the loss alone comes back", "type", "expected two things", [("return loss, z_bar / len(z)", "return loss")]),
    ],
    "wrong-rules": [
        ("g of ones", "adjoint", "does not look at g", [("rng_of_suspicion.normal(size=np.shape(moved))", "np.ones(np.shape(moved))")]),
        ("only positive points", "negative", "where x is positive", [("x, u = rng_of_suspicion.normal(size=(2, *shape))", "x, u = abs(rng_of_suspicion.normal(size=(2, *shape)))")]),
        ("only points near zero", "point", "right near zero", [("x, u = rng_of_suspicion.normal(size=(2, *shape))", "x, u = rng_of_suspicion.normal(size=(2, *shape))\n        x *= 1e-3")]),
        ("only the first entry is nudged", "places", "along a random direction", [("x, u = rng_of_suspicion.normal(size=(2, *shape))", "x = rng_of_suspicion.normal(size=shape)\n        u = np.zeros(shape)\n        u.flat[0] = 1.0")]),
        ("sizes are compared, not numbers", "sign", "a wrong sign was missed", [("abs(at_output - at_input)", "abs(abs(at_output) - abs(at_input))")]),
        ("a loose bound", "entry", "by a hundredth", [("1e-5 * both", "3e-2 * both")]),
        ("a bound that nothing breaks", "factor", "wrong by a factor", [("1e-5 * both", "1e2 * both")]),
        ("a bound of rounding", "accept", "an error of its own", [("1e-5 * both", "1e-14 * both")]),
        ("an absolute bound", "scale", "a right rule was called wrong for the size", [("1e-5 * both_lengths", "1e-5")]),
        ("a bound with an absolute part", "scale-missed", "a wrong rule with small numbers", [("1e-5 * both_lengths", "1e-5 * (both_lengths + 1)")]),
        ("spoilt arguments are not noticed", "changed", "spoils what it was given", [("np.any(x != x_lent) or np.any(g != g_lent)", "False")]),
        ("shapes are not compared", "shape", "of another shape", [("if np.shape(x_bar) != shape", "if False")]),
        ("a product of vectors without a look at the shapes", "ValueError", "two shapes do not meet", [("if np.shape(x_bar) != shape", "if False"), ("np.sum(x_bar * u)", "np.vdot(x_bar, u)")]),
        ("always none", "factor", "wrong by a factor", [("if suspected(rule)", "if False")]),
        ("always two", "accept", "an error of its own", "def wrong_rules(rules):\n    return [1, 4]\n"),
        ("one verdict for each rule", "type", "is a bool", [("[number for number, rule in enumerate(rules) if suspected(rule)]", "[suspected(rule) for rule in rules]")]),
        ("counted from 1", "type", "the number of no rule", "def wrong_rules(rules):\n    return [6]\n"),
        ("adlib", "tool", "the answer calls adlib", """
import adlib


def wrong_rules(rules):
    wrong = []
    for number, (forward, backward, shape) in enumerate(rules):
        x = np.random.default_rng().normal(size=shape)
        y, pull = adlib.vjp(forward, x)
        g = np.random.default_rng().normal(size=np.shape(y))
        if not np.allclose(pull(g), backward(x, g)):
            wrong.append(number)
    return wrong
"""),
    ],
    "vjp-gather": [
        ("an assignment that adds once", "repeated", "does an assignment with repeated indices add", [("np.add.at(added_by_readers, indices, g)", "added_by_readers[indices] += g")]),
        ("an assignment", "repeated", "does an assignment with repeated indices add", [("np.add.at(added_by_readers, indices, g)", "added_by_readers[indices] = g")]),
        ("a row by its two names", "two-names", "by both its names", [("np.add.at(added_by_readers, indices, g)", "for i in np.unique(indices):\n        added_by_readers[i] = np.sum(g[indices == i], axis=0)")]),
        ("a table is gone through by its rows", "table", "belong to the indices", [("np.add.at(added_by_readers, indices, g)", "for i, row in zip(indices, g):\n        added_by_readers[i] += row")]),
        ("rows that nobody read have the adjoint 1", "each-once", "has a row that nobody read", [("np.zeros(x.shape)", "np.ones(x.shape)")]),
        ("an array in the image of x", "whole", "x holds whole numbers here", [("np.zeros(x.shape)", "np.zeros_like(x)"), ("np.add.at(added_by_readers, indices, g)", "for i in np.ndindex(indices.shape):\n        added_by_readers[indices[i]] = added_by_readers[indices[i]] + g[i]")]),
        ("an array in the image of x, added to", "UFuncTypeError", "was to take others", [("np.zeros(x.shape)", "np.zeros_like(x)"), ("np.add.at(added_by_readers, indices, g)", "for i in np.ndindex(indices.shape):\n        added_by_readers[indices[i]] += g[i]")]),
        ("a mean over the readings", "mean", "divided by how often", [("return added_by_readers", "times = np.bincount(indices.ravel() % len(x), minlength=len(x))\n    return (added_by_readers.T / np.maximum(times, 1)).T")]),
        ("the adjoint is forgotten", "counts", "how often each entry was read", [("indices, g)\n", "indices, np.ones(g.shape))\n")]),
        ("negative indices are mended in place", "changed", "indices or g was changed", [("np.add.at(", "indices %= len(x)\n    np.add.at(")]),
        ("float32", "digits", "right in its first digits", [("np.zeros(x.shape)", "np.zeros(x.shape, np.float32)")]),
        ("the adjoint itself", "each-once", "has a row that nobody read", "def gather_vjp(x, indices, g):\n    return g\n"),
        ("adlib", "tool", "the answer calls adlib", "import adlib\n\n\ndef gather_vjp(x, indices, g):\n    return adlib.vjp(lambda x: x[indices], x.astype(float))[1](g)\n"),
    ],
    "train-value": [
        ("gradients that are not set back", "accumulated", "the gradient of the first was still there", [("adjoints = [0.0] * len(tape)", "adjoints = [0.0] * len(tape) if len(path) == 1 else adjoints[: len(start)] + [0.0] * (len(tape) - len(start))")]),
        ("uphill", "uphill", "the steps go uphill", [("w - rate * w_bar", "w + rate * w_bar")]),
        ("no seed", "stuck", "nothing moves", [("adjoints[result.place] = 1.0", "adjoints[result.place] = 0.0")]),
        ("one list again and again", "alias", "changed afterwards", [("path.append([w - rate * w_bar for w, w_bar in pairs])", "path[-1][:] = [w - rate * w_bar for w, w_bar in pairs]\n        path.append(path[-1])")]),
        ("the end first", "start", "begins with the start itself", [("return path", "return path[::-1]")]),
        ("no start", "length", "the start, and one after each step", [("return path", "return path[1:]")]),
        ("no rate", "rate", "the rate times the gradient, once", [("rate * w_bar", "w_bar")]),
        ("every step from the start", "steps", "where the first one ended", [("zip(path[-1], adjoints)", "zip(path[0], adjoints)")]),
        ("the second summand is forgotten", "sum", "with factor 1", [("1.0, 1.0)", "1.0, 0.0)")]),
        ("a difference is taken for a sum", "difference", "has a slope of its own", [("plain(other), 1.0, -1.0)", "plain(other), 1.0, 1.0)")]),
        ("the factors change places", "product", "the value of the other", [("self.value * b, b, self.value", "self.value * b, self.value, b")]),
        ("a plain factor has no effect", "constant", "also a whole one", [("self.value * b, b, self.value", "self.value * b, b if isinstance(other, Value) else 1.0, self.value")]),
        ("the sign of what is taken away", "constant-minus", "what is taken away", [("other - self.value, -1.0, 1.0", "other - self.value, 1.0, 1.0")]),
        ("no plain number before a minus", "TypeError", "two kinds of numbers did not meet", [("def __rsub__", "def less_than")]),
        ("the slope of tanh at its value", "tanh", "the slope of tanh", [("1 - y**2", "1 - np.tanh(y) ** 2")]),
        ("no adjoint of the result", "chain", "times the slope", [("adjoints[place] * slope", "slope")]),
        ("= for +=", "twice", "gets two contributions", [("adjoints[operand] +=", "adjoints[operand] =")]),
        ("breadth first", "order", "before everybody who uses it", [("for place in reversed(range(len(tape))):", "order = [result.place]\n        for place in order:\n            order += [k for k, _ in tape[place] if k not in order]\n        for place in order:")]),
        ("every path alone", "paths", "every path is walked alone", [("for place in reversed(range(len(tape))):", "adjoints, waiting = [0.0] * len(tape), [(result.place, 1.0)]\n        while waiting:\n            place, bar = waiting.pop()\n            adjoints[place] += bar\n            for operand, slope in tape[place]:\n                waiting.append((operand, bar * slope))\n        for place in []:")]),
        ("a sort that calls itself", "RecursionError", "deeper than Python allows", [("for place in reversed(range(len(tape))):", "order = []\n\n        def visit(place):\n            if place not in order:\n                for operand, _ in tape[place]:\n                    visit(operand)\n                order.append(place)\n\n        visit(result.place)\n        for place in reversed(order):")]),
        ("whole numbers stay whole", "whole", "the start holds whole numbers", [("[w - rate * w_bar for", "[type(start[0])(w - rate * w_bar) for")]),
        ("two weights alone move", "network", "all the small losses are right", [("zip(path[-1], adjoints)", "zip(path[-1][:2], adjoints)"), ("in pairs]", "in pairs] + path[-1][2:]")]),
        ("a weight is known by its value", "equal", "two numbers all the same", [("[w - rate * w_bar for w, w_bar in pairs]", "[w - rate * adjoints[path[-1].index(w)] for w, _ in pairs]")]),
        ("the loss is asked for twice", "calls", "more than once in a step", [("result = loss(weights)", "loss(weights)\n        result = loss(weights)")]),
        ("the start is changed", "changed", "the list start was changed", [("return path", "start[:] = path[-1]\n    return path")]),
        ("float32", "digits", "right in its first digits", [("y = np.tanh(self.value)", "y = float(np.float32(np.tanh(self.value)))")]),
        ("plain numbers and differences", "type", "expected numbers of a class of your own", """
def train(loss, start, rate, steps):
    path = [list(start)]
    for _ in range(steps):
        here, slopes = path[-1], []
        for i in range(len(here)):
            moved = list(here)
            moved[i] += 1e-6
            slopes.append((loss(moved) - loss(here)) / 1e-6)
        path.append([w - rate * s for w, s in zip(here, slopes)])
    return path
"""),
        ("adlib", "type", "expected numbers of a class of your own", """
import adlib


def train(loss, start, rate, steps):
    path = [list(map(float, start))]
    for _ in range(steps):
        slopes = adlib.grad(loss)(path[-1])
        path.append([w - rate * float(s) for w, s in zip(path[-1], slopes)])
    return path
"""),
    ],
    "price-of-gradient": [
        ("twice the way forward", "two-to-one", "of use to nobody", "def price_of_gradient(b, widths, trained):\n    forward = sum(b * n * m for n, m in zip(widths, widths[1:]))\n    return [forward, 2 * forward]\n"),
        ("the adjoint of the inputs is taken as well", "two-to-one", "of use to nobody", [("any(j < k for j in trained)", "any(j <= k for j in trained)")]),
        ("one example", "no-examples", "the price of one example", [("b * widths", "widths")]),
        ("a frozen layer hands nothing down", "trained-alone", "still hands the adjoint down", [("if any(", "if k in trained and any(")]),
        ("the way back ends at the inputs whatever is trained", "to-the-first", "handed down to the first layer", [("any(j < k for j in trained)", "k > 1")]),
        ("nothing is handed down", "weights-alone", "these are the products for the weights", [("any(j < k for j in trained)", "False")]),
        ("the gradients of the weights are forgotten", "one", "nobody asks for the adjoint", [("if k in trained:", "if False:")]),
        ("the first layer is left out", "forward", "already the way forward is wrong", [("range(1, len(widths))", "range(2, len(widths))")]),
        ("only the last layer hands something down", "all", "all layers are trained", [("any(j < k for j in trained)", "k > 1 and k == len(widths) - 1")]),
        ("only to a trained neighbour", "bottom", "which is the lowest", [("any(j < k for j in trained)", "k - 1 in trained")]),
        ("with nothing trained everything is handed down", "none", "nothing is trained", [("any(j < k for j in trained)", "k > min(trained, default=0)")]),
        ("the list is sorted in place", "changed", "widths or trained was changed", [("forward = backward = 0", "trained.sort()\n    forward = backward = 0")]),
        ("one number comes back", "type", "is an int", [("return [forward, backward]", "return forward + backward")]),
    ],
    "vjp-max": [
        ("each of the equal ones has all", "each-all", "more than there is", [(" / np.sum(is_champion, axis=axis, keepdims=True)", " * 1.0")]),
        ("the first of the equal ones", "first", "nothing tells it from the others", [("return part_of_each * g.reshape(champion.shape)", "x_bar = np.zeros(x.shape)\n    np.put_along_axis(x_bar, np.expand_dims(np.argmax(x, axis), axis), g.reshape(champion.shape), axis)\n    return x_bar")]),
        ("none of the equal ones", "ties", "equally large here", [("return part_of_each", "part_of_each = np.floor(part_of_each)\n    return part_of_each")]),
        ("the missing axis is forgotten", "ValueError", "these shapes do not meet", [("g.reshape(champion.shape)", "g")]),
        ("the missing axis where the shapes ask for it", "square", "along which axis is it spread", [("g.reshape(champion.shape)", "(g if g.ndim == 1 and len(g) == x.shape[-1] else g.reshape(champion.shape))")]),
        ("None for the last axis", "all", "y is one number", [("champion = np", "axis = -1 if axis is None else axis\n    champion = np"), ("g.reshape(champion.shape)", "np.expand_dims(g, axis)")]),
        ("ties along the first of several axes", "several", "have to come back", [("np.sum(is_champion, axis=axis, keepdims=True)", "np.sum(is_champion, axis=axis[0] if isinstance(axis, tuple) else axis, keepdims=True)")]),
        ("an array in the image of x", "whole", "x holds whole numbers here", [("return part_of_each * g.reshape(champion.shape)", "x_bar = np.zeros_like(x)\n    x_bar[...] = part_of_each * g.reshape(champion.shape)\n    return x_bar")]),
        ("nearly equal is equal", "near", "are no tie", [("x == champion", "np.isclose(x, champion)")]),
        ("the smallest", "one-axis", "what does y feel of the others", [("np.max(x", "np.min(x")]),
        ("no adjoint", "no-adjoint", "how much each number of y counts", [("return part_of_each * g.reshape(champion.shape)", "return part_of_each")]),
        ("x is changed", "changed", "both still belong", [("champion = np", "x -= x.min()\n    champion = np")]),
        ("float32", "digits", "right in its first digits", [("g.reshape(champion.shape)", "g.astype(np.float32).reshape(champion.shape)")]),
        ("adlib", "tool", "the answer calls adlib", "import adlib\n\n\ndef max_vjp(x, axis, g):\n    return adlib.vjp(lambda x: np.max(x, axis=axis), x.astype(float))[1](g)\n"),
    ],
}  # fmt: skip
