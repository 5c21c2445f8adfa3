"""Wrong answers to the exercises of chapter 2, and the hint that each has to get: see README.md."""

WRONG = {
    "two-point": [
        ("the factor of the slide for all", "long", "n times too long", [('n if distribution == "sphere" else 1', "n")]),
        ("no factor at all", "short", "n times too short", [('n if distribution == "sphere" else 1', "1")]),
        ("the factor the other way round", "short", "n times too short", [('== "sphere"', '!= "sphere"')]),
        ("n for signs too", "long", "n times too long", [('== "sphere"', 'in ("sphere", "rademacher")')]),
        ("divided by eps", "half", "twice too long", [("(2 * eps)", "eps")]),
        ("one-sided", "one-sided", "have no -u", [("L(w - eps * u)) / (2 * eps)", "L(w)) / eps")]),
        ("the sign", "sign", "points downhill", [("(L(w + eps * u) - L(w - eps * u))", "(L(w - eps * u) - L(w + eps * u))")]),
        ("a spacing of one's own", "eps", "the spacing eps that was given", [("    n = ", "    eps = 1e-6\n    n = ")]),
        ("two one-sided slopes", "calls", "two values are enough", [("(L(w + eps * u) - L(w - eps * u))", "((L(w + eps * u) - L(w)) + (L(w) - L(w - eps * u)))")]),
        ("u has its length taken away", "mean", "is not the gradient", [("slope * u", "slope * u / np.linalg.norm(u)")]),
        ("u is forgotten in the quotient", "mean", "is not the gradient", [("L(w + eps * u) - L(w - eps * u)", "L(w + eps) - L(w - eps)")]),
        ("the slope alone", "type", "is a float", [("factor * slope * u", "factor * slope")]),
        ("w is moved in place", "changed", "changed after the call", """
def two_point(L, w, u, eps, distribution):
    factor = len(w) if distribution == "sphere" else 1
    w += eps * u
    ahead = L(w)
    w -= 2 * eps * u
    return factor * (ahead - L(w)) / (2 * eps) * u
"""),
    ],
    "estimator-variance": [
        ("the second moment", "second-moment", "the mean square of G itself", [("chance_of_one - 1", "chance_of_one"), ("n / m - 1", "n / m")]),
        ("one is taken away after the division", "overlap", "repeat what another one has said", [("(chance_of_one - 1) / m", "chance_of_one / m - 1")]),
        ("m is forgotten", "many", "the error of one direction", [("- 1) / m", "- 1)")]),
        ("m squared", "square", "m or m²", [("- 1) / m", "- 1) / m**2")]),
        ("the root of m", "root", "this is a length", [("- 1) / m", "- 1) / m**0.5")]),
        ("the length for its square", "root", "this is a length", [("return (chance_of_one - 1) / m", "return ((chance_of_one - 1) / m) ** 0.5")]),
        ("a Gaussian like the sphere", "length", "the length of u", [('n + 2 if distribution == "gaussian" else n', "n")]),
        ("all like a Gaussian", "length", "the length of u", [('n + 2 if distribution == "gaussian" else n', "n + 2")]),
        ("orthogonal directions like independent ones", "overlap", "repeat what another one has said", [("return n / m - 1", "return (n - 1) / m")]),
        ("all like orthogonal directions", "overlap", "repeat what another one has said", [("return (chance_of_one - 1) / m", "return n / m - 1")]),
        ("a factor two for the Gaussian", "value", "begin with one direction", [("n + 2 if", "2 * n if")]),
        ("divided by n", "value", "begin with one direction", [("- 1) / m", "- 1) / m / n")]),
    ],
    "orthonormal-estimate": [
        ("no factor", "factor", "which share", [("n / m * sum", "sum")]),
        ("the mean for the sum", "factor", "which share", [("n / m * sum", "1 / m * sum")]),
        ("the factor of independent directions", "independent", "m of them together see more", [("n / m * sum", "n * sum")]),
        ("independent directions", "angle", "at a right angle", "\ndef orthonormal_estimate(slope, n, m, rng):\n    directions = rng.standard_normal((m, n))\n    directions /= np.linalg.norm(directions, axis=1, keepdims=True)\n    return n / m * sum(slope(u) * u for u in directions)\n"),
        ("Gaussian directions", "length", "length one", [("np.linalg.qr(rng.standard_normal((n, m)))[0].T", "rng.standard_normal((m, n))")]),
        ("the first m axes", "biased", "as likely as every other", [("np.linalg.qr(rng.standard_normal((n, m)))[0].T", "np.eye(n)[:m]")]),
        ("a matrix of positive numbers", "biased", "as likely as every other", [("rng.standard_normal((n, m))", "rng.random((n, m))")]),
        ("random axes", "preferred", "likelier than others", [("np.linalg.qr(rng.standard_normal((n, m)))[0].T", "np.eye(n)[rng.permutation(n)[:m]]")]),
        ("a turned frame, always the same", "preferred", "likelier than others", [("np.linalg.qr(rng.standard_normal((n, m)))[0].T", "np.linalg.qr(np.random.default_rng(0).standard_normal((n, n)))[0][rng.permutation(n)[:m]]")]),
        ("a box for the ball", "preferred", "likelier than others", [("rng.standard_normal((n, m))", "rng.uniform(-1, 1, (n, m))")]),
        ("signs", "preferred", "likelier than others", [("rng.standard_normal((n, m))", "(rng.choice([-1.0, 1.0], (n, m)) + 1e-3 * rng.standard_normal((n, m)))")]),
        ("a seed of one's own", "biased", "as likely as every other", [("rng.standard_normal((n, m))", "np.random.default_rng(0).standard_normal((n, m))")]),
        ("all n directions", "count", "asked for once", [("(n, m)", "(n, n)")]),
        ("every slope is asked for twice", "count", "asked for once", [("slope(u) * u", "(slope(u) + slope(u)) / 2 * u")]),
        ("the sign", "value", "slope times direction", [("n / m * sum", "-n / m * sum")]),
        ("the factor upside down", "value", "slope times direction", [("n / m * sum", "m / n * sum")]),
        ("only the last direction", "count", "asked for once", [("sum(slope(u) * u for u in directions)", "slope(directions[-1]) * directions[-1]")]),
        ("the rows for the columns", "shape", "expected (5,)", [("[0].T", "[0]")]),
    ],
}  # fmt: skip
