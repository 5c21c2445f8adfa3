"""Wrong statements for the optional page of chapter 3: what goes wrong, what stands there, what instead, who must notice."""

PLANTS = [
    ("the square root counts steps, as the slide reads", "abs(pairs[16][2] / full[0] - 1) < 0.15 ",
     "abs(pairs[16][1] / full[0] - 1) < 0.15 ", "Check 3.14:"),
    ("another batch for the second evaluation", "slope = np.sum(X * u, axis=1)",
     "slope = np.sum(X * u, axis=1) + 3 * rng.standard_normal(len(u))", "Check 3.14:"),
    ("the waves are no worse than a bowl", "far = 0.5 + np.abs(x % 1 - 0.5)", "far = 0.5 + 0 * x", "Check 3.15:"),
    ("the nonconvex bound without its factor n", "least[name] <= 1.0001 * 2 * n / some", "least[name] <= 1.0001 * 2 / some", "Check 3.15:"),
    ("the floor falls with eps itself", "end / (-(eps**2) / (2 * (n + 2)))", "end / (-eps / (2 * (n + 2)))", "Check 3.16:"),
]  # fmt: skip
