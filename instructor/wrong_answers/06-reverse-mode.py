"""Wrong answers to the exercises of chapter 6, and the hint that each has to get: see README.md."""

WRONG = {
    "reverse-trace": [
        ("the misprint of the slide", "misprint", "the misprint of the slide", [("y_bar = v1_bar * x", "y_bar = v2_bar * x")]),
        ("the direct way is forgotten", "direct-path", "f uses v2 itself", [("f_bar + v3_bar / x", "v3_bar / x")]),
        ("the way through v3 is forgotten", "indirect-path", "v3 uses v2 as well", [("f_bar + v3_bar / x", "f_bar")]),
        ("the direct way counts twice", "twice", "counted twice", [("f_bar + v3_bar / x", "2 * f_bar + v3_bar / x")]),
        ("the local derivative of v3 is lost", "v2", "v2 has two children", [("f_bar + v3_bar / x", "f_bar + v3_bar")]),
        ("no adjoint of the child", "no-adjoint", "cos(v1) is the local derivative alone", [("v2_bar * np.cos(v1)", "np.cos(v1)")]),
        ("the value of the sine for its slope", "value-for-slope", "is the cosine", [("v2_bar * np.cos(v1)", "v2_bar * np.sin(v1)")]),
        ("the denominator is forgotten", "second-use", "as the denominator", [(" - v3_bar * v2 / x**2", "")]),
        ("the factor is forgotten", "first-use", "as a factor", [("v1_bar * y - v3_bar", "-v3_bar")]),
        ("a sign in the quotient rule", "quotient-sign", "a larger denominator", [("- v3_bar * v2", "+ v3_bar * v2")]),
        ("the own value for the partner's", "own-value", "the other factor", [("v1_bar * x", "v1_bar * y")]),
        ("the value for the adjoint", "v3", "v3 has one child", [("v3_bar = f_bar", "v3_bar = v2 / x")]),
        ("divided by the slope", "v1", "v1 has one child", [("v2_bar * np.cos(v1)", "v2_bar / np.cos(v1)")]),
        ("no square in the quotient rule", "x", "x has the children", [("x**2", "x")]),
        ("divided by the other factor", "y", "y has one child", [("y_bar = v1_bar * x", "y_bar = v1_bar / x")]),
        ("no seed", "seed", "all adjoints are zero", [("f_bar = 1.0", "f_bar = 0.0")]),
    ],
    "reverse-sweep": [
        ("= for +=", "sum", "a node with two children", [("felt_by_output[parent] +=", "felt_by_output[parent] =")]),
        ("no seed", "seed", "before the walk starts", [("felt_by_output[output] = 1.0", "felt_by_output[output] = 0.0")]),
        ("from the first node on", "product", "the child's adjoint times", [("reversed(range(output + 1))", "range(n)")]),
        ("without the child's adjoint", "product", "the child's adjoint times", [("felt_by_output[child] * partial", "partial")]),
        ("the edges as they come, from the last one", "order", "the edges in any order", """
def reverse_sweep(n, edges, output):
    bar = [0.0] * n
    bar[output] = 1.0
    for child, parent, partial in reversed(edges):
        bar[parent] += bar[child] * partial
    return bar
"""),
        ("the seed at the last node", "output", "need not be the last node", [("felt_by_output[output] = 1.0", "felt_by_output[-1] = 1.0"), ("range(output + 1)", "range(n)")]),
        ("double edges are lost in a dictionary", "double", "two edges between the same nodes", """
def reverse_sweep(n, edges, output):
    partials = {(child, parent): partial for child, parent, partial in edges}
    bar = [0.0] * n
    bar[output] = 1.0
    for (child, parent), partial in sorted(partials.items(), reverse=True):
        bar[parent] += bar[child] * partial
    return bar
"""),
        ("equal edges are lost in a set", "double", "two edges between the same nodes", """
def reverse_sweep(n, edges, output):
    bar = [0.0] * n
    bar[output] = 1.0
    for child, parent, partial in sorted(set(edges), reverse=True):
        bar[parent] += bar[child] * partial
    return bar
"""),
        ("a node waits for children that the output does not need", "output", "need not be the last node", """
def reverse_sweep(n, edges, output):
    waiting = [0] * n
    for _, parent, _ in edges:
        waiting[parent] += 1
    bar, ready = [0.0] * n, [output]
    bar[output] = 1.0
    while ready:
        node = ready.pop()
        for child, parent, partial in edges:
            if child == node:
                bar[parent] += bar[child] * partial
                waiting[parent] -= 1
                if not waiting[parent]:
                    ready.append(parent)
    return bar
"""),
        ("adjoints in an array of integers", "graph", "whose numbers are whole", [("np.zeros(n)", "np.zeros(n, int)"), ("felt_by_output[output] = 1.0", "felt_by_output[output] = 1"), ("felt_by_output[parent] += felt_by_output[child] * partial", "felt_by_output[parent] = felt_by_output[parent] + felt_by_output[child] * partial")]),
        ("tangents instead of adjoints", "transposed", "from parents to children", """
def reverse_sweep(n, edges, output):
    dot = [0.0] * n
    dot[output] = 1.0
    for child, parent, partial in sorted(edges):
        dot[child] += dot[parent] * partial
    return dot
"""),
        ("the list is sorted in place", "changed", "the list of edges was changed", [("edges_of_child = ", "edges.sort(reverse=True)\n    edges_of_child = ")]),
        ("one number comes back", "type", "is a float", [("return felt_by_output", "return float(felt_by_output[0])")]),
        ("the inputs' adjoints alone come back", "shape", "has 0 entries", [("return felt_by_output", "return felt_by_output[:-1]")]),
    ],
    "mini-autograd": [
        ("an adjoint that is overwritten", "twice", "used twice", [("parent.grad += node.grad", "parent.grad = node.grad")]),
        ("no adjoint of the node", "chain", "the node's own adjoint", [("node.grad * partial", "partial")]),
        ("no seed", "seed", "all gradients are zero", [("self.grad, complete = 1.0", "self.grad, complete = 0.0")]),
        ("the factors change places", "product", "the value of y", [("(self, other.value), (other, self.value)", "(self, self.value), (other, other.value)")]),
        ("the second summand is forgotten", "sum", "either summand", [("((self, 1.0), (other, 1.0))", "((self, 1.0), (other, 0.0))")]),
        ("a sum for the product", "value", "already the value is wrong", [("product = self.value * other.value", "product = self.value + other.value")]),
        ("earlier gradients stay", "again", "an earlier backward()", [("for node in unreported:\n            node.grad = 0.0", "pass")]),
        ("a plain number has no effect on the gradient", "constant", "a plain number", [("((self, other),)", "((self, 1.0),)")]),
        ("no gradient before the walk", "nothing", ".grad of a new", [("self.grad = value, uses, 0.0", "self.grad = value, uses, None")]),
        ("a gradient of 1 before the walk", "start", "nothing has reached it", [("self.grad = value, uses, 0.0", "self.grad = value, uses, 1.0")]),
        ("every path alone", "paths", "every path is walked alone", """
class Value(Value):
    def backward(self):
        self.clear(set())
        self.send(1.0)

    def clear(self, seen):
        pending = [self]
        while pending:
            node = pending.pop()
            node.grad = 0.0
            pending += [p for p, _ in node.uses if p not in seen]
            seen.update(p for p, _ in node.uses)

    def send(self, bar):
        self.grad += bar
        for parent, partial in self.uses:
            parent.send(bar * partial)
"""),
        ("a sort that calls itself", "RecursionError", "deeper than Python allows", """
class Value(Value):
    def backward(self):
        order, seen = [], set()

        def visit(node):
            if node not in seen:
                seen.add(node)
                node.grad = 0.0
                for parent, _ in node.uses:
                    visit(parent)
                order.append(node)

        visit(self)
        self.grad = 1.0
        for node in reversed(order):
            for parent, partial in node.uses:
                parent.grad += node.grad * partial
"""),
        ("breadth first, each node once", "order", "before all its children had reported", """
class Value(Value):
    def backward(self):
        order, seen = [self], {self}
        for node in order:
            node.grad = 0.0
            for parent, _ in node.uses:
                if parent not in seen:
                    seen.add(parent)
                    order.append(parent)
        self.grad = 1.0
        for node in order:
            for parent, partial in node.uses:
                parent.grad += node.grad * partial
"""),
    ],
    "vjp-broadcast": [
        ("nothing is undone", "shape", "b_bar has shape", [("return undone(a.shape), undone(b.shape)", "return g, g")]),
        ("only missing axes are summed", "shape", "b_bar has shape", [("return np.sum(total, axis=tuple(stretched), keepdims=True)", "return total")]),
        ("a mean for the sum", "missing-axis", "an axis that the operand lacks", [("total = np.sum(", "total = np.mean(")]),
        ("a mean along the stretched axes", "stretched-axis", "an axis of length 1", [("return np.sum(total", "return np.mean(total")]),
        ("the last axes are summed instead of the first", "missing-axis", "an axis that the operand lacks", [("range(extra)", "range(len(shape), g.ndim)")]),
        ("the first entries in place of sums", "missing-axis", "an axis that the operand lacks", """
def add_vjp(a, b, g):
    def undone(shape):
        x = g
        while x.ndim > len(shape):
            x = x[0]
        for i, n in enumerate(shape):
            if n == 1:
                x = np.sum(x, axis=i, keepdims=True)
        return x
    return undone(a.shape), undone(b.shape)
"""),
        ("the adjoint is changed", "changed", "g was changed", [("return undone(a.shape), undone(b.shape)", "both = undone(a.shape), undone(b.shape)\n    g *= 2\n    return tuple(np.array(x) / (2 if x is g else 1) for x in both)")]),
        ("an axis of length one beside an empty one", "shape", "has shape (0,)", [("n != total.shape[i]", "n < total.shape[i]")]),
        ("a sign, as in a difference", "same", "nothing was broadcast", [("undone(b.shape)", "-undone(b.shape)")]),
    ],
    "vjp-softmax": [
        ("the diagonal alone", "diagonal", "the diagonal of the Jacobian", [("y * (g - np.sum(y * g, axis=-1, keepdims=True))", "g * y * (1 - y)")]),
        ("the denominator does not move", "no-sum", "the denominator moves too", [("y * (g - np.sum(y * g, axis=-1, keepdims=True))", "y * g")]),
        ("a sum without weights", "unweighted-sum", "weighted by the outputs", [("np.sum(y * g, axis=-1, keepdims=True)", "np.sum(g, axis=-1, keepdims=True)")]),
        ("exp overflows", "overflow", "overflows", [("np.exp(x - np.max(x, axis=-1, keepdims=True))", "np.exp(x)")]),
        ("one softmax for all rows", "axis", "along the last axis", [("axis=-1, keepdims=True", "keepdims=True")]),
        ("along the first axis", "axis", "along the last axis", [("axis=-1", "axis=0")]),
        ("one maximum for all rows", "overflow", "overflows", [("np.max(x, axis=-1, keepdims=True)", "np.max(x)")]),
        ("the maximum of each column", "axis", "along the last axis", [("np.max(x, axis=-1, keepdims=True)", "np.max(x, axis=0)")]),
        ("a sign", "constant", "the outputs sum to 1", [("y * (g - ", "y * (g + ")]),
        ("a mean over the row", "coupling", "every output depends on every logit", [("return y * (", "return y / x.shape[-1] * (")]),
        ("the input is changed", "changed", "x or g was changed", [("e = np.exp(x - np.max", "x -= np.max(x, axis=-1, keepdims=True)\n    e = np.exp(x - np.max")]),
    ],
    "vjp-matmul": [
        ("nothing is transposed", "ValueError", "these shapes do not meet", "def matmul_vjp(A, B, g):\n    return g @ B, A @ g\n"),
        ("the factors change places", "ValueError", "these shapes do not meet", "def matmul_vjp(A, B, g):\n    return B.T @ g, g @ A.T\n"),
        ("the adjoint of B is transposed", "shape", "bar has shape", [("B_bar.reshape(B.shape)", "B_bar.T")]),
        ("the adjoints change places", "shape", "bar has shape", [("A_bar, B_bar = g_rows @ columns.T, rows.T @ g_rows", "A_bar, B_bar = rows.T @ g_rows, g_rows @ columns.T"), ("A_bar.reshape(A.shape), B_bar.reshape(B.shape)", "A_bar, B_bar")]),
        ("only the shape is mended", "matrices", "the sum of A[i, j]·B[j, k] over j", [("rows.T @ g_rows", "g_rows.T @ rows")]),
        ("the adjoint of the product is forgotten", "no-adjoint", "counted once", [("g_rows = A.reshape(-1, k), g.reshape(", "g_rows = A.reshape(-1, k), np.ones_like(g).reshape(")]),
        ("a sign", "sign", "a product has no minus", [("return A_bar", "return -A_bar")]),
        ("the rule for matrices, with vectors", "ValueError", "these shapes do not meet", "def matmul_vjp(A, B, g):\n    return g @ B.T, A.T @ g\n"),
        ("an outer product the wrong way round", "vectors", "is a matrix of one row", [("rows.T @ g_rows", "(rows.T @ g_rows if A.ndim > 1 else np.outer(g, A))")]),
        ("the adjoint of B is a stack", "shape", "bar has shape", """
def matmul_vjp(A, B, g):
    if A.ndim == 1:
        return (B @ g if B.ndim == 2 else B * g), np.outer(A, g).reshape(B.shape)
    if B.ndim == 1:
        return np.outer(g, B), A.T @ g
    return g @ B.T, np.swapaxes(A, -1, -2) @ g
"""),
        ("a square g is transposed", "matrices", "the sum of A[i, j]·B[j, k] over j", [("return A_bar", "A_bar = g.T @ B.T if g.ndim == 2 and len(g) == len(g.T) else A_bar\n    return A_bar")]),
        ("a mean over the stack", "mean", "nothing divides by their number", [("rows.T @ g_rows", "rows.T @ g_rows / max(1, np.prod(A.shape[:-2]))")]),
        ("the first matrix of the stack alone", "stack", "meets the same B", [("rows.T @ g_rows", "rows[: A.shape[-2] if A.ndim > 1 else 1].T @ g_rows[: A.shape[-2] if A.ndim > 1 else 1]")]),
        ("g is changed", "changed", "was changed", [("k = len(B)", "k = len(B)\n    g *= 2.0\n    A = A / 2.0\n    B = B / 2.0")]),
        ("one adjoint alone comes back", "type", "expected two things", [(", B_bar.reshape(B.shape)", "")]),
    ],
    "vjp-logsumexp": [
        ("exp overflows", "overflow", "overflows", [("np.max(x, axis=-1, keepdims=True)", "np.zeros(x.shape[:-1] + (1,))")]),
        ("only the value is stable", "overflow", "overflows", [("g[..., None] * share_of_row / sum_of_shares", "g[..., None] * np.exp(x) / np.sum(np.exp(x), axis=-1, keepdims=True)")]),
        ("the largest logit is not added again", "shift", "added to the logarithm again", [("y = largest_logit + np.log(", "y = np.log(")]),
        ("one maximum for all rows", "overflow", "overflows", [("np.max(x, axis=-1, keepdims=True)", "np.max(x, keepdims=True)")]),
        ("the base ten", "value", "already the value is wrong", [("np.log(", "np.log10(")]),
        ("no adjoint", "no-adjoint", "g says how much y counts", [("g[..., None] * share", "share")]),
        ("a sign", "sign", "y grows with each logit", [("g[..., None] * share", "-g[..., None] * share")]),
        ("no derivative of the logarithm", "no-quotient", "the logarithm has a derivative too", [("g[..., None] * share_of_row / sum_of_shares", "g[..., None] * share_of_row * np.exp(largest_logit)")]),
        ("the diagonal of the softmax", "diagonal", "a derivative of the softmax", [("share_of_row / sum_of_shares", "(share_of_row / sum_of_shares) * (1 - share_of_row / sum_of_shares)")]),
        ("the maximum has a derivative of its own", "maximum", "what it does by that cancels", [("g[..., None] * share_of_row / sum_of_shares", "g[..., None] * (share_of_row / sum_of_shares + (x == largest_logit))")]),
        ("the derivative of the maximum alone", "largest-only", "nearly the largest logit", [("g[..., None] * share_of_row / sum_of_shares", "g[..., None] * (x == largest_logit)")]),
        ("the softmax squared", "row", "how much of the sum is each summand", [("share_of_row / sum_of_shares", "(share_of_row / sum_of_shares) ** 2")]),
        ("one number for each row, without an axis", "adjoint-along-row", "spread along the columns", [("g[..., None]", "g")]),
        ("one number for each row, as a column only where that is needed", "ValueError", "these shapes do not meet", [("g[..., None]", "(g[:, None] if x.ndim == 2 else g)")]),
        ("one sum for all rows of the adjoint", "rows", "a sum of its own", [("share_of_row / sum_of_shares", "np.exp(x - np.max(x)) / np.sum(np.exp(x - np.max(x)))")]),
        ("along the first axis", "rows", "a sum of its own", [("y[..., 0]", "y[0]"), ("axis=-1", "axis=0")]),
        ("the logits are changed", "changed", "x or g was changed", [("share_of_row = np.exp(x - largest_logit)", "x -= largest_logit\n    share_of_row = np.exp(x)")]),
        ("the value alone comes back", "type", "expected two things", [("y[..., 0], g[..., None] * share_of_row / sum_of_shares", "y[..., 0]")]),
    ],
    "adjoint-test": [
        ("vectors of ones", "ones", "vectors of ones", [("rng_of_test.normal(size=n), rng_of_test.normal(size=m)", "np.ones(n), np.ones(m)")]),
        ("sizes are compared, not numbers", "sign", "a wrong sign", [("abs(at_output - at_input)", "abs(abs(at_output) - abs(at_input))")]),
        ("a loose tolerance", "loose", "the thirteenth digit", [("1e-9 * size_of_both", "1e-2 * size_of_both")]),
        ("an absolute tolerance", "absolute", "rejected only for its size", [("1e-9 * size_of_both", "1e-9")]),
        ("np.isclose, which has an absolute tolerance", "absolute-small", "its entries are small", [("abs(at_output - at_input) <= 1e-9 * size_of_both", "np.isclose(at_output, at_input)")]),
        ("no tolerance", "accept", "which two numbers are equal, but for rounding", [("1e-9 * size_of_both", "0.0")]),
        ("always True", "factor", "differ by a factor", [("bool(abs(at_output - at_input) <= 1e-9 * size_of_both)", "True")]),
        ("always False", "accept", "which two numbers are equal, but for rounding", [("bool(abs(at_output - at_input) <= 1e-9 * size_of_both)", "False")]),
        ("a division by the size", "zero", "dividing by their size", [("abs(at_output - at_input) <= 1e-9 * size_of_both", "abs(at_output - at_input) / size_of_both <= 1e-9")]),
        ("u and w change places", "raised", "a mismatch", [("size=n", "size=m"), ("rng_of_test.normal(size=m)\n", "rng_of_test.normal(size=n)\n")]),
        ("both matrices, from unit vectors", "calls", "never needs more calls", """
def adjoint_test(forward, backward, n, m):
    J = np.stack([forward(e) for e in np.eye(n)], 1)
    T = np.stack([backward(e) for e in np.eye(m)], 1)
    return bool(np.max(np.abs(J.T - T)) <= 1e-9 * np.max(np.abs(J)))
"""),
        ("one matrix, from unit vectors", "calls", "never needs more calls", """
def adjoint_test(forward, backward, n, m):
    J = np.stack([forward(e) for e in np.eye(n)], 1)
    w = np.random.default_rng().normal(size=m)
    return bool(np.linalg.norm(J.T @ w - backward(w)) <= 1e-9 * np.linalg.norm(J) * np.linalg.norm(w))
"""),
        ("a number comes back", "type", "expected True or False", [("bool(abs(at_output - at_input) <= 1e-9 * size_of_both)", "abs(at_output - at_input)")]),
    ],
}  # fmt: skip
