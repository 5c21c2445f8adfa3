"""Wrong answers to the exercises of chapter 6, and the hint that each has to get: see README.md."""

WRONG = {
    "reverse-trace": [
        ("the misprint of the slide", "misprint", [("y_bar = v1_bar * x", "y_bar = v2_bar * x")]),
        ("the direct way is forgotten", "direct-path", [("f_bar + v3_bar / x", "v3_bar / x")]),
        ("the way through v3 is forgotten", "indirect-path", [("f_bar + v3_bar / x", "f_bar")]),
        ("the direct way counts twice", "twice", [("f_bar + v3_bar / x", "2 * f_bar + v3_bar / x")]),
        ("the local derivative of v3 is lost", "v2", [("f_bar + v3_bar / x", "f_bar + v3_bar")]),
        ("no adjoint of the child", "no-adjoint", [("v2_bar * np.cos(v1)", "np.cos(v1)")]),
        ("the value of the sine for its slope", "value-for-slope", [("v2_bar * np.cos(v1)", "v2_bar * np.sin(v1)")]),
        ("the denominator is forgotten", "second-use", [(" - v3_bar * v2 / x**2", "")]),
        ("the factor is forgotten", "first-use", [("v1_bar * y - v3_bar", "-v3_bar")]),
        ("a sign in the quotient rule", "quotient-sign", [("- v3_bar * v2", "+ v3_bar * v2")]),
        ("the own value for the partner's", "own-value", [("v1_bar * x", "v1_bar * y")]),
        ("the value for the adjoint", "v3", [("v3_bar = f_bar", "v3_bar = v2 / x")]),
        ("divided by the slope", "v1", [("v2_bar * np.cos(v1)", "v2_bar / np.cos(v1)")]),
        ("no square in the quotient rule", "x", [("x**2", "x")]),
        ("divided by the other factor", "y", [("y_bar = v1_bar * x", "y_bar = v1_bar / x")]),
        ("no seed", "seed", [("f_bar = 1.0", "f_bar = 0.0")]),
    ],
    "reverse-sweep": [
        ("= for +=", "sum", [("felt_by_output[parent] +=", "felt_by_output[parent] =")]),
        ("no seed", "seed", [("felt_by_output[output] = 1.0", "felt_by_output[output] = 0.0")]),
        ("from the first node on", "product", [("reversed(range(output + 1))", "range(n)")]),
        ("without the child's adjoint", "product", [("felt_by_output[child] * partial", "partial")]),
        ("the edges as they come, from the last one", "order", """
def reverse_sweep(n, edges, output):
    bar = [0.0] * n
    bar[output] = 1.0
    for child, parent, partial in reversed(edges):
        bar[parent] += bar[child] * partial
    return bar
"""),
        ("the seed at the last node", "output", [("felt_by_output[output] = 1.0", "felt_by_output[-1] = 1.0"), ("range(output + 1)", "range(n)")]),
        ("double edges are lost in a dictionary", "double", """
def reverse_sweep(n, edges, output):
    partials = {(child, parent): partial for child, parent, partial in edges}
    bar = [0.0] * n
    bar[output] = 1.0
    for (child, parent), partial in sorted(partials.items(), reverse=True):
        bar[parent] += bar[child] * partial
    return bar
"""),
        ("equal edges are lost in a set", "double", """
def reverse_sweep(n, edges, output):
    bar = [0.0] * n
    bar[output] = 1.0
    for child, parent, partial in sorted(set(edges), reverse=True):
        bar[parent] += bar[child] * partial
    return bar
"""),
        ("a node waits for children that the output does not need", "output", """
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
        ("adjoints in an array of integers", "graph", [("np.zeros(n)", "np.zeros(n, int)"), ("felt_by_output[output] = 1.0", "felt_by_output[output] = 1"), ("felt_by_output[parent] += felt_by_output[child] * partial", "felt_by_output[parent] = felt_by_output[parent] + felt_by_output[child] * partial")]),
        ("tangents instead of adjoints", "transposed", """
def reverse_sweep(n, edges, output):
    dot = [0.0] * n
    dot[output] = 1.0
    for child, parent, partial in sorted(edges):
        dot[child] += dot[parent] * partial
    return dot
"""),
        ("the list is sorted in place", "changed", [("edges_of_child = ", "edges.sort(reverse=True)\n    edges_of_child = ")]),
        ("one number comes back", "type", [("return felt_by_output", "return float(felt_by_output[0])")]),
        ("the inputs' adjoints alone come back", "shape", [("return felt_by_output", "return felt_by_output[:-1]")]),
    ],
    "mini-autograd": [
        ("an adjoint that is overwritten", "twice", [("parent.grad += node.grad", "parent.grad = node.grad")]),
        ("no adjoint of the node", "chain", [("node.grad * partial", "partial")]),
        ("no seed", "seed", [("self.grad, complete = 1.0", "self.grad, complete = 0.0")]),
        ("the factors change places", "product", [("(self, other.value), (other, self.value)", "(self, self.value), (other, other.value)")]),
        ("the second summand is forgotten", "sum", [("((self, 1.0), (other, 1.0))", "((self, 1.0), (other, 0.0))")]),
        ("a sum for the product", "value", [("product = self.value * other.value", "product = self.value + other.value")]),
        ("earlier gradients stay", "again", [("for node in unreported:\n            node.grad = 0.0", "pass")]),
        ("a plain number has no effect on the gradient", "constant", [("((self, other),)", "((self, 1.0),)")]),
        ("every path alone", "paths", """
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
        ("a sort that calls itself", "RecursionError", """
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
        ("breadth first, each node once", "order", """
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
        ("nothing is undone", "shape", [("return undone(a.shape), undone(b.shape)", "return g, g")]),
        ("only missing axes are summed", "shape", [("return np.sum(total, axis=tuple(stretched), keepdims=True)", "return total")]),
        ("a mean for the sum", "missing-axis", [("total = np.sum(", "total = np.mean(")]),
        ("a mean along the stretched axes", "stretched-axis", [("return np.sum(total", "return np.mean(total")]),
        ("the last axes are summed instead of the first", "missing-axis", [("range(extra)", "range(len(shape), g.ndim)")]),
        ("the first entries in place of sums", "missing-axis", """
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
        ("the adjoint is changed", "changed", [("return undone(a.shape), undone(b.shape)", "both = undone(a.shape), undone(b.shape)\n    g *= 2\n    return tuple(np.array(x) / (2 if x is g else 1) for x in both)")]),
        ("a sign, as in a difference", "same", [("undone(b.shape)", "-undone(b.shape)")]),
    ],
    "vjp-softmax": [
        ("the diagonal alone", "diagonal", [("y * (g - np.sum(y * g, axis=-1, keepdims=True))", "g * y * (1 - y)")]),
        ("the denominator does not move", "no-sum", [("y * (g - np.sum(y * g, axis=-1, keepdims=True))", "y * g")]),
        ("a sum without weights", "unweighted-sum", [("np.sum(y * g, axis=-1, keepdims=True)", "np.sum(g, axis=-1, keepdims=True)")]),
        ("exp overflows", "overflow", [("np.exp(x - np.max(x, axis=-1, keepdims=True))", "np.exp(x)")]),
        ("one softmax for all rows", "axis", [("axis=-1, keepdims=True", "keepdims=True")]),
        ("along the first axis", "axis", [("axis=-1", "axis=0")]),
        ("one maximum for all rows", "overflow", [("np.max(x, axis=-1, keepdims=True)", "np.max(x)")]),
        ("the maximum of each column", "axis", [("np.max(x, axis=-1, keepdims=True)", "np.max(x, axis=0)")]),
        ("a sign", "constant", [("y * (g - ", "y * (g + ")]),
        ("a mean over the row", "coupling", [("return y * (", "return y / x.shape[-1] * (")]),
        ("the input is changed", "changed", [("e = np.exp(x - np.max", "x -= np.max(x, axis=-1, keepdims=True)\n    e = np.exp(x - np.max")]),
    ],
    "vjp-matmul": [
        ("nothing is transposed", "ValueError", "def matmul_vjp(A, B, g):\n    return g @ B, A @ g\n"),
        ("the factors change places", "ValueError", "def matmul_vjp(A, B, g):\n    return B.T @ g, g @ A.T\n"),
        ("the adjoint of B is transposed", "shape", [("B_bar.reshape(B.shape)", "B_bar.T")]),
        ("the adjoints change places", "shape", [("A_bar, B_bar = g_rows @ columns.T, rows.T @ g_rows", "A_bar, B_bar = rows.T @ g_rows, g_rows @ columns.T"), ("A_bar.reshape(A.shape), B_bar.reshape(B.shape)", "A_bar, B_bar")]),
        ("only the shape is mended", "matrices", [("rows.T @ g_rows", "g_rows.T @ rows")]),
        ("the adjoint of the product is forgotten", "no-adjoint", [("g_rows = A.reshape(-1, k), g.reshape(", "g_rows = A.reshape(-1, k), np.ones_like(g).reshape(")]),
        ("a sign", "sign", [("return A_bar", "return -A_bar")]),
        ("the rule for matrices, with vectors", "ValueError", "def matmul_vjp(A, B, g):\n    return g @ B.T, A.T @ g\n"),
        ("an outer product the wrong way round", "vectors", [("rows.T @ g_rows", "(rows.T @ g_rows if A.ndim > 1 else np.outer(g, A))")]),
        ("the adjoint of B is a stack", "shape", """
def matmul_vjp(A, B, g):
    if A.ndim == 1:
        return (B @ g if B.ndim == 2 else B * g), np.outer(A, g).reshape(B.shape)
    if B.ndim == 1:
        return np.outer(g, B), A.T @ g
    return g @ B.T, np.swapaxes(A, -1, -2) @ g
"""),
        ("a mean over the stack", "mean", [("rows.T @ g_rows", "rows.T @ g_rows / max(1, np.prod(A.shape[:-2]))")]),
        ("the first matrix of the stack alone", "stack", [("rows.T @ g_rows", "rows[: A.shape[-2] if A.ndim > 1 else 1].T @ g_rows[: A.shape[-2] if A.ndim > 1 else 1]")]),
        ("g is changed", "changed", [("k = len(B)", "k = len(B)\n    g *= 2.0\n    A = A / 2.0\n    B = B / 2.0")]),
        ("one adjoint alone comes back", "type", [(", B_bar.reshape(B.shape)", "")]),
    ],
    "vjp-logsumexp": [
        ("exp overflows", "overflow", [("np.max(x, axis=-1, keepdims=True)", "np.zeros(x.shape[:-1] + (1,))")]),
        ("only the value is stable", "overflow", [("g[..., None] * share_of_row / sum_of_shares", "g[..., None] * np.exp(x) / np.sum(np.exp(x), axis=-1, keepdims=True)")]),
        ("the largest logit is not added again", "shift", [("y = largest_logit + np.log(", "y = np.log(")]),
        ("one maximum for all rows", "overflow", [("np.max(x, axis=-1, keepdims=True)", "np.max(x, keepdims=True)")]),
        ("the base ten", "value", [("np.log(", "np.log10(")]),
        ("no adjoint", "no-adjoint", [("g[..., None] * share", "share")]),
        ("a sign", "sign", [("g[..., None] * share", "-g[..., None] * share")]),
        ("no derivative of the logarithm", "no-quotient", [("g[..., None] * share_of_row / sum_of_shares", "g[..., None] * share_of_row * np.exp(largest_logit)")]),
        ("the diagonal of the softmax", "diagonal", [("share_of_row / sum_of_shares", "(share_of_row / sum_of_shares) * (1 - share_of_row / sum_of_shares)")]),
        ("the maximum has a derivative of its own", "maximum", [("g[..., None] * share_of_row / sum_of_shares", "g[..., None] * (share_of_row / sum_of_shares + (x == largest_logit))")]),
        ("the derivative of the maximum alone", "largest-only", [("g[..., None] * share_of_row / sum_of_shares", "g[..., None] * (x == largest_logit)")]),
        ("the softmax squared", "row", [("share_of_row / sum_of_shares", "(share_of_row / sum_of_shares) ** 2")]),
        ("one number for each row, without an axis", "adjoint-along-row", [("g[..., None]", "g")]),
        ("one number for each row, as a column only where that is needed", "ValueError", [("g[..., None]", "(g[:, None] if x.ndim == 2 else g)")]),
        ("one sum for all rows of the adjoint", "rows", [("share_of_row / sum_of_shares", "np.exp(x - np.max(x)) / np.sum(np.exp(x - np.max(x)))")]),
        ("along the first axis", "rows", [("y[..., 0]", "y[0]"), ("axis=-1", "axis=0")]),
        ("the logits are changed", "changed", [("share_of_row = np.exp(x - largest_logit)", "x -= largest_logit\n    share_of_row = np.exp(x)")]),
        ("the value alone comes back", "type", [("y[..., 0], g[..., None] * share_of_row / sum_of_shares", "y[..., 0]")]),
    ],
    "adjoint-test": [
        ("vectors of ones", "ones", [("rng_of_test.normal(size=n), rng_of_test.normal(size=m)", "np.ones(n), np.ones(m)")]),
        ("sizes are compared, not numbers", "sign", [("abs(at_output - at_input)", "abs(abs(at_output) - abs(at_input))")]),
        ("a loose tolerance", "loose", [("1e-9 * largest", "1e-2 * largest")]),
        ("an absolute tolerance", "absolute", [("1e-9 * largest", "1e-9")]),
        ("np.isclose, which has an absolute tolerance", "absolute-small", [("abs(at_output - at_input) <= 1e-9 * largest", "np.isclose(at_output, at_input)")]),
        ("no tolerance", "accept", [("1e-9 * largest", "0.0")]),
        ("always True", "factor", [("bool(abs(at_output - at_input) <= 1e-9 * largest)", "True")]),
        ("always False", "accept", [("bool(abs(at_output - at_input) <= 1e-9 * largest)", "False")]),
        ("a division by the size", "zero", [("abs(at_output - at_input) <= 1e-9 * largest", "abs(at_output - at_input) / largest <= 1e-9")]),
        ("u and w change places", "raised", [("size=n", "size=m"), ("rng_of_test.normal(size=m)\n", "rng_of_test.normal(size=n)\n")]),
        ("a number comes back", "type", [("bool(abs(at_output - at_input) <= 1e-9 * largest)", "abs(at_output - at_input)")]),
    ],
}  # fmt: skip
