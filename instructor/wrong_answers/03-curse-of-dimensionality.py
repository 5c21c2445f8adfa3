"""Wrong answers to the exercises of chapter 3, and the hint that each has to get: see README.md."""

LOGARITHM = """
def promised(n, m, L_smooth, mu, tolerance):
    constant = 1 if m == "axes" else (n + m - 1) / m
    k = int(np.ceil(np.log(tolerance) / np.log(1 - (1 - (1 - mu / L_smooth) ** 2) / constant)))
    return k, (2 * n if m == "axes" else 2 * m) * k
"""

WRONG = {
    "theorem-promise": [
        ("n in the steps of both, as on the slide", "slide", "the slide's row", [('1 if m == "axes" else (n + m - 1) / m', 'n if m == "axes" else (n + m - 1) / m')]),
        ("the rate of a true gradient for all", "gradient", "what a true gradient needs", [('1 if m == "axes" else (n + m - 1) / m', "1")]),
        ("averaging changes nothing", "averaging", "were not averaged", [("(n + m - 1) / m", "n")]),
        ("m directions are m times as good", "repeat", "not m times as good", [("(n + m - 1) / m", "max(n / m, 1)")]),
        ("Gaussian directions", "gaussian", "Gaussian directions", [("(n + m - 1) / m", "(n + m + 1) / m")]),
        ("the square is taken twice", "square", "how often is it a factor", [("bound *= 1 - (1 - kept) / constant", "bound *= (1 - (1 - kept) / constant) ** 2")]),
        ("a bound for the distance, not its square, as on the slide", "loose", "what does its square keep", [("kept = (1 - mu / L_smooth) ** 2", "kept = 1 - mu / L_smooth")]),
        ("one step too few", "smallest", "off by one", [("return k, price * k", "return k - 1, price * (k - 1)")]),
        ("one step too many", "smallest", "off by one", [("return k, price * k", "return k + 1, price * (k + 1)")]),
        ("mu forgotten", "steps", "which part of that is one estimate worth", [("(1 - mu / L_smooth)", "(1 - 0.5 / L_smooth)")]),
        ("not whole", "whole", "have to be whole", [("return k, price * k", "return k + 0.5, price * k")]),
        ("evaluations are iterations", "as-steps", "the iterations again", [("price * k", "k")]),
        ("two evaluations, also along all axes", "axes-price", "does one gradient take", [('2 * n if m == "axes" else 2 * m', '2 if m == "axes" else 2 * m')]),
        ("two evaluations, whatever m is", "price", "does one estimate take", [('2 * n if m == "axes" else 2 * m', '2 * n if m == "axes" else 2')]),
        ("one-sided differences", "one-sided", "share the value in the middle", [('2 * n if m == "axes" else 2 * m', 'n + 1 if m == "axes" else 2 * m if m == 1 else m + 1')]),
        ("one evaluation for a slope", "one-point", "a slope takes two evaluations", [('2 * n if m == "axes" else 2 * m', 'n if m == "axes" else 2 * m')]),
        ("a logarithm of zero", "bowl", "in one step, not before", LOGARITHM),
        ("a logarithm of zero, by another library", "ValueError", "log(0)", LOGARITHM.replace("np.", "math.").replace("    constant", "    import math\n    constant")),
        ("only the iterations", "type", "is an int, expected two things", [("return k, price * k", "return k")]),
    ],
    "expected-step": [
        ("the change of the loss", "change", "the change of the loss", [("w @ H @ w / 2 - step", "-step")]),
        ("a step along the gradient", "no-noise", "the true gradient", [("n / (n + 2) * (np.trace(H) * (g @ g) + 2 * g @ H @ g)", "g @ H @ g")]),
        ("the linear term alone", "linear", "the linear term alone", [(" + step**2 / 2 * square", "")]),
        ("the bound of the descent lemma", "bound", "the largest curvature", [("n / (n + 2) * (np.trace(H) * (g @ g) + 2 * g @ H @ g)", "n * np.linalg.eigvalsh(H)[-1] * (g @ g)")]),
        ("the fourth moment of a Gaussian", "gaussian", "Gaussian directions", [("n / (n + 2) * ", "")]),
        ("no part along the gradient", "along", "a part along the gradient", [(" + 2 * g @ H @ g", "")]),
        ("one pairing too few", "twice", "three pairings", [("2 * g @ H @ g", "g @ H @ g")]),
        ("no factor one half", "half", "one half", [("step**2 / 2", "step**2")]),
        ("no factor n in the estimate", "factor", "a factor n", [("- step * g @ g + step**2 / 2 * square", "- step * g @ g / n + step**2 / 2 * square / n**2")]),
        ("the noise along the gradient", "length", "the length of G is right", [("n / (n + 2) * (np.trace(H) * (g @ g) + 2 * g @ H @ g)", "n * g @ H @ g")]),
        ("a mean over samples", "sampling", "a mean over samples", """
def expected_loss(H, w, step):
    u = np.random.default_rng(0).standard_normal((20000, len(w)))
    u /= np.linalg.norm(u, axis=1, keepdims=True)
    after = w - step * len(w) * (u @ H @ w)[:, None] * u
    return np.mean(np.sum((after @ H) * after, axis=1)) / 2
"""),
        ("twice the loss", "other", "each coefficient", [("w @ H @ w / 2", "w @ H @ w")]),
        ("a vector", "type", "expected a number", [("step * g @ g", "step * g * g")]),
    ],
    "best-step": [
        ("steepest descent", "gradient", "the true gradient", [("return g @ g / averaged_curvature", "return g @ g / along_gradient")]),
        ("gradient descent's step", "smooth", "gradient descent's step", [("return g @ g / averaged_curvature", "return 1 / np.linalg.eigvalsh(H)[-1]")]),
        ("the theorem's step", "theorem", "the theorem's step", [("return g @ g / averaged_curvature", "return m / ((n + m - 1) * np.linalg.eigvalsh(H)[-1])")]),
        ("the worst gradient", "worst", "the worst gradient", [("return g @ g / averaged_curvature", "return 1 / (np.trace(H) + 2 * np.linalg.eigvalsh(H)[-1])")]),
        ("m is ignored", "one", "right for one direction", [("(lone_direction - along_gradient) / m", "(lone_direction - along_gradient)")]),
        ("everything is divided by m", "mean", "divides the noise by m", [("along_gradient + (lone_direction - along_gradient) / m", "lone_direction / m")]),
        ("Gaussian directions", "gaussian", "Gaussian directions", [("n / (n + 2) * ", "")]),
        ("where the parabola is zero again", "twice", "half as far", [("return g @ g", "return 2 * g @ g")]),
        ("half of the best step", "half", "-a·x + b·x²/2", [("return g @ g", "return g @ g / 2")]),
        ("no part along the gradient", "other", "two coefficients", [(" + 2 * along_gradient", "")]),
        ("the noise is divided by m squared", "other", "two coefficients", [("along_gradient) / m", "along_gradient) / m**2")]),
    ],
}  # fmt: skip
