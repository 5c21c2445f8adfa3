"""Wrong answers to the exercises of chapter 5, and the hint that each has to get: see README.md."""

WRONG = {
    "forward-trace": [
        ("only x moves", "seed", "does not follow the seed", [("x_dot * y + x * y_dot", "y")]),
        ("half of the product rule", "one-factor", "both factors", [("x_dot * y + x * y_dot", "x_dot * y")]),
        ("the other half of the product rule", "one-factor", "both factors", [("x_dot * y + x * y_dot", "x * y_dot")]),
        ("product of the tangents", "product-of-tangents", "the product of the derivatives", [("x_dot * y + x * y_dot", "x_dot * y_dot")]),
        ("a sign in the product rule", "product", "v1 = x·y has two parents", [("x_dot * y + x * y_dot", "x_dot * y - x * y_dot")]),
        ("no inner derivative", "no-inner", "the local derivative alone", [("np.cos(v1) * v1_dot", "np.cos(v1)")]),
        ("sine of the tangent", "value-for-tangent", "the sine is taken of the tangent", [("np.cos(v1) * v1_dot", "np.sin(v1_dot)")]),
        ("sine for cosine", "sine", "v2 = sin(v1) has one parent", [("np.cos(v1) * v1_dot", "np.sin(v1) * v1_dot")]),
        ("the denominator does not move", "denominator-constant", "the denominator moves as well", [(" - v2 / x**2 * x_dot", "")]),
        ("a sign in the quotient rule", "quotient-sign", "makes the quotient smaller", [("- v2 / x**2", "+ v2 / x**2")]),
        ("no square in the quotient rule", "quotient", "the parents v2 and x", [("x**2", "x")]),
        ("quotient of the tangents", "ratio", "the quotient of the tangents", [("v2_dot / x - v2 / x**2 * x_dot", "v2_dot / x_dot if x_dot else 0.0")]),
        ("only the way through v3", "one-path", "both tangents arrive", [("v2_dot + v3_dot", "v3_dot")]),
        ("only the direct way", "one-path", "both tangents arrive", [("v2_dot + v3_dot", "v2_dot")]),
        ("a difference for the sum", "sum", "both local derivatives are 1", [("v2_dot + v3_dot", "v2_dot - v3_dot")]),
        ("a difference quotient", "differences", "difference quotient", """
def forward_trace(x, y, x_dot, y_dot):
    def nodes(x, y):
        v2 = np.sin(x * y)
        return np.array([x * y, v2, v2 / x, v2 + v2 / x])
    h = 1e-4
    return (nodes(x + h * x_dot, y + h * y_dot) - nodes(x, y)) / h
"""),
        ("the values", "values", "the values of the nodes", [("[v1_dot, v2_dot, v3_dot, f_dot]", "[v1, v2, v2 / x, v2 + v2 / x]")]),
    ],
    "dual-numbers": [
        ("tangents are added in a difference", "sum-of-tangents", "the tangents are added", [("self + -1.0 * other", "Dual(*[parts(self)[0] - parts(other)[0], parts(self)[1] + parts(other)[1]])")]),
        ("the other operand does not move", "difference", "the difference of the tangents", [("self + -1.0 * other", "self + -1.0 * parts(other)[0]")]),
        ("x does not move in 2 - x", "difference-reversed", "only x moves", [("other + -1.0 * self", "Dual(other - self.value, 0.0)")]),
        ("no square in 2 / x", "quotient-reversed", "numerator does not move", [("-quotient / self.value * self.dot", "-quotient * self.dot")]),
        ("the power rule for exp", "exponential", "the slope of exp at x", [("Dual(e, e * self.dot)", "Dual(e, self.value * np.exp(self.value - 1) * self.dot)")]),
        ("2 - x as x - 2", "reversed-value", "x.__rsub__(2.0)", [("other + -1.0 * self", "self - other")]),
        ("the sign of the tangent in 2 - x", "sign-reversed", "the difference falls", [("other + -1.0 * self", "Dual(other - self.value, self.dot)")]),
        ("quotient of the tangents", "ratio", "the quotient of the tangents", [("(a_dot - a / b * b_dot) / b", "a_dot / b_dot if b_dot else a_dot / b")]),
        ("a sign in the quotient rule", "quotient-sign", "when the denominator grows", [("a_dot - a / b * b_dot", "a_dot + a / b * b_dot")]),
        ("no square in the quotient rule", "quotient", "differentiate a/b", [("(a_dot - a / b * b_dot) / b", "(a_dot * b - a * b_dot) / b")]),
        ("the sign of the tangent in 2 / x", "no-minus", "2.0 / x falls", [("-quotient / self.value", "quotient / self.value")]),
        ("2 / x as x / 2", "reversed-value", "x.__rsub__(2.0)", [("quotient = other / self.value", "quotient = self.value / other")]),
        ("no inner derivative of a power", "no-inner", "the slope alone", [("n * a ** (n - 1) * a_dot", "n * a ** (n - 1)")]),
        ("the exponent is not lowered", "power", "the derivative of x**n", [("a ** (n - 1)", "a**n")]),
        ("no factor n", "power", "the derivative of x**n", [("n * a ** (n - 1)", "a ** (n - 1)")]),
        ("the factor 2 of the square for all", "power", "the derivative of x**n", [("n * a ** (n - 1)", "2 * a ** (n - 1)")]),
        ("a power through logarithms", "value", "already the value is wrong", [("n * a ** (n - 1) * a_dot)", "n * a ** (n - 1) * a_dot) if a > 0 else Dual(np.exp(n * np.log(a)), 0.0)")]),
        ("no inner derivative of exp", "no-inner", "the slope alone", [("Dual(e, e * self.dot)", "Dual(e, e)")]),
        ("exp of the tangent", "exponential-of-tangent", "exp is taken of the tangent", [("Dual(e, e * self.dot)", "Dual(e, np.exp(self.dot))")]),
        ("a plain number comes back", "not-dual", "has to be a Dual again", [("return Dual(e, e * self.dot)", "return e")]),
        ("an operation that was given is lost", "composite", "which were given", """
class Dual(Dual):
    def __mul__(self, other):
        (a, a_dot), (b, b_dot) = parts(self), parts(other)
        return Dual(a * b, a_dot * b_dot)
    def __sub__(self, other):
        (a, a_dot), (b, b_dot) = parts(self), parts(other)
        return Dual(a - b, a_dot - b_dot)
    def __rsub__(self, other):
        return Dual(other - self.value, -self.dot)
"""),
        ("the operand is changed", "operand-changed", "an operand was changed", [("return Dual(e, e * self.dot)", "self.value, self.dot = e, e * self.dot\n        return self")]),
    ],
    "heron-derivative": [
        ("the loop of the chapter", "never-entered", "at a = 1", [("return (x + a / x) / 2", "return x")]),
        ("a constant start", "never-entered", "at a = 1", "def heron(a):\n    x = 1.0\n    while abs(x * x - a) > 1e-12:\n        x = (x + a / x) / 2\n    return x\n"),
        ("another start, which cures a = 1 only", "not-yet", "its error is larger", "def heron(a):\n    x = a + 1\n    while abs(x * x - a) > 1e-12:\n        x = (x + a / x) / 2\n    return x\n"),
        ("at least one step, which cures a = 1 only", "not-yet", "its error is larger", "def heron(a):\n    x = (a + a / a) / 2\n    while abs(x * x - a) > 1e-12:\n        x = (x + a / x) / 2\n    return x\n"),
        ("the root itself", "root", "a power or an exponential was used", "def heron(a):\n    return np.sqrt(a)\n"),
        ("a power", "root", "a power or an exponential was used", "def heron(a):\n    return a ** 0.5\n"),
        ("a square root taken twice", "value", "is not the square root", [("return (x + a / x) / 2", "return x * x")]),
        ("the derivative is cut off", "slope", "far off", [("return (x + a / x) / 2", "return adlib.stop_gradient(x)")]),
    ],
    "jvp": [
        ("the direction is normalised", "normalised", "scaled to length 1", [("zip(x, v)", "zip(x, np.array(v) / max(np.linalg.norm(v), 1e-300))")]),
        ("ones for the seed", "ones", "was given the tangent 1", [("zip(x, v)", "zip(x, [1.0] * len(x))")]),
        ("only the first input moves", "tangents", "seed input i", [("zip(x, v)", "zip(x, [v[0]] + [0.0] * (len(x) - 1))")]),
        ("a sweep for each input", "calls", "called once", """
def jvp(F, x, v):
    total = 0.0
    for i, a_dot in enumerate(v):
        outputs = F([Dual(a, float(i == j)) for j, a in enumerate(x)])
        total = total + a_dot * np.array([parts(y)[1] for y in outputs])
    return [parts(y)[0] for y in outputs], list(total)
"""),
        ("a difference quotient", "differences", "difference quotient", """
def jvp(F, x, v):
    y, moved = np.array(F(x)), np.array(F([a + 1e-6 * a_dot for a, a_dot in zip(x, v)]))
    return list(y), list((moved - y) / 1e-6)
"""),
        ("a constant output is forgotten", "raised", "AttributeError", [("parts(y) for y", "(y.value, y.dot) for y")]),
        ("values and tangents change places", "values", "the first list holds the values", [("return [value for value, _ in pairs], [dot for _, dot in pairs]", "return [dot for _, dot in pairs], [value for value, _ in pairs]")]),
        ("the direction is scaled in place and back", "changed", "x or v was changed", [("outputs = F(", "v[:] = [2.0 * a_dot for a_dot in v]\n    outputs = F("), ("[dot for _, dot in pairs]", "[dot / 2.0 for _, dot in pairs]")]),
        ("only the tangents", "type", "a list of length 1", [("return [value for value, _ in pairs], ", "return ")]),
    ],
}  # fmt: skip
