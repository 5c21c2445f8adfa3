"""Wrong answers to the exercises of chapter 3, and the hint that each has to get: see README.md."""

LOGARITHM = """
def promised(n, m, L_smooth, mu, tolerance):
    constant = 1 if m == "axes" else (n + m - 1) / m
    k = int(np.ceil(np.log(tolerance) / np.log(1 - mu / (constant * L_smooth))))
    return k, (2 * n if m == "axes" else 2 * m) * k
"""

WRONG = {
    "theorem-promise": [
        ("n in the steps of both, as on the slide", "slide", [('1 if m == "axes" else (n + m - 1) / m', 'n if m == "axes" else (n + m - 1) / m')]),
        ("the rate of a true gradient for all", "gradient", [('1 if m == "axes" else (n + m - 1) / m', "1")]),
        ("averaging changes nothing", "averaging", [("(n + m - 1) / m", "n")]),
        ("m directions are m times as good", "repeat", [("(n + m - 1) / m", "max(n / m, 1)")]),
        ("Gaussian directions", "gaussian", [("(n + m - 1) / m", "(n + m + 1) / m")]),
        ("a bound for the distance, not its square", "square", [("bound *= 1 - mu / (constant * L_smooth)", "bound *= (1 - mu / (constant * L_smooth)) ** 2")]),
        ("the square root of the bound", "root", [("bound *= 1 - mu / (constant * L_smooth)", 'bound *= np.sqrt(1 - mu / L_smooth) if m == "axes" else 1 - mu / (constant * L_smooth)')]),
        ("one step too few", "smallest", [("return k, price * k", "return k - 1, price * (k - 1)")]),
        ("one step too many", "smallest", [("return k, price * k", "return k + 1, price * (k + 1)")]),
        ("mu forgotten", "steps", [("mu / (constant", "0.5 / (constant")]),
        ("not whole", "whole", [("return k, price * k", "return k + 0.5, price * k")]),
        ("evaluations are iterations", "as-steps", [("price * k", "k")]),
        ("two evaluations, also along all axes", "axes-price", [('2 * n if m == "axes" else 2 * m', '2 if m == "axes" else 2 * m')]),
        ("two evaluations, whatever m is", "price", [('2 * n if m == "axes" else 2 * m', '2 * n if m == "axes" else 2')]),
        ("one-sided differences", "one-sided", [('2 * n if m == "axes" else 2 * m', 'n + 1 if m == "axes" else 2 * m if m == 1 else m + 1')]),
        ("one evaluation for a slope", "one-point", [('2 * n if m == "axes" else 2 * m', 'n if m == "axes" else 2 * m')]),
        ("a logarithm of zero", "bowl", LOGARITHM),
        ("a logarithm of zero, by another library", "ValueError", LOGARITHM.replace("np.", "math.").replace("    constant", "    import math\n    constant")),
        ("only the iterations", "type", [("return k, price * k", "return k")]),
    ],
    "expected-step": [
        ("the change of the loss", "change", [("w @ H @ w / 2 - step", "-step")]),
        ("a step along the gradient", "no-noise", [("n / (n + 2) * (np.trace(H) * (g @ g) + 2 * g @ H @ g)", "g @ H @ g")]),
        ("the linear term alone", "linear", [(" + step**2 / 2 * square", "")]),
        ("the bound of the descent lemma", "bound", [("n / (n + 2) * (np.trace(H) * (g @ g) + 2 * g @ H @ g)", "n * np.linalg.eigvalsh(H)[-1] * (g @ g)")]),
        ("the fourth moment of a Gaussian", "gaussian", [("n / (n + 2) * ", "")]),
        ("no part along the gradient", "along", [(" + 2 * g @ H @ g", "")]),
        ("one pairing too few", "twice", [("2 * g @ H @ g", "g @ H @ g")]),
        ("no factor one half", "half", [("step**2 / 2", "step**2")]),
        ("no factor n in the estimate", "factor", [("- step * g @ g + step**2 / 2 * square", "- step * g @ g / n + step**2 / 2 * square / n**2")]),
        ("the noise along the gradient", "length", [("n / (n + 2) * (np.trace(H) * (g @ g) + 2 * g @ H @ g)", "n * g @ H @ g")]),
        ("a mean over samples", "sampling", """
def expected_loss(H, w, step):
    u = np.random.default_rng(0).standard_normal((20000, len(w)))
    u /= np.linalg.norm(u, axis=1, keepdims=True)
    after = w - step * len(w) * (u @ H @ w)[:, None] * u
    return np.mean(np.sum((after @ H) * after, axis=1)) / 2
"""),
        ("twice the loss", "other", [("w @ H @ w / 2", "w @ H @ w")]),
        ("a vector", "type", [("step * g @ g", "step * g * g")]),
    ],
    "best-step": [
        ("steepest descent", "gradient", [("return g @ g / averaged_curvature", "return g @ g / along_gradient")]),
        ("gradient descent's step", "smooth", [("return g @ g / averaged_curvature", "return 1 / np.linalg.eigvalsh(H)[-1]")]),
        ("the theorem's step", "theorem", [("return g @ g / averaged_curvature", "return m / ((n + m - 1) * np.linalg.eigvalsh(H)[-1])")]),
        ("the worst gradient", "worst", [("return g @ g / averaged_curvature", "return 1 / (np.trace(H) + 2 * np.linalg.eigvalsh(H)[-1])")]),
        ("m is ignored", "one", [("(lone_direction - along_gradient) / m", "(lone_direction - along_gradient)")]),
        ("everything is divided by m", "mean", [("along_gradient + (lone_direction - along_gradient) / m", "lone_direction / m")]),
        ("Gaussian directions", "gaussian", [("n / (n + 2) * ", "")]),
        ("where the parabola is zero again", "twice", [("return g @ g", "return 2 * g @ g")]),
        ("half of the best step", "half", [("return g @ g", "return g @ g / 2")]),
        ("no part along the gradient", "other", [(" + 2 * along_gradient", "")]),
        ("the noise is divided by m squared", "other", [("along_gradient) / m", "along_gradient) / m**2")]),
    ],
}  # fmt: skip
