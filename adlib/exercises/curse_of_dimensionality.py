"""The exercises of chapter 3. Oracles: counting step by step, and exact averages over finitely many directions."""

import itertools

import numpy as np

from ._answers import close, number, pair, shown
from ._engine import Complaint, Exercise

# theorem-promise -----------------------------------------------------------------------------------------------


def promise_cases(rng):
    """Both methods on one easy loss, then more directions, other constants, one step and none; then at random."""
    fixed = [
        (10, 1, 1.0, 0.1, 1e-3, "one random direction"),
        (10, "axes", 1.0, 0.1, 1e-3, "all axes"),
        (10, 4, 1.0, 0.1, 1e-3, "four random directions"),
        (10, 10, 1.0, 0.1, 1e-3, "as many random directions as dimensions"),
        (6, 3, 25.0, 2.0, 1e-2, "another smoothness constant"),
        (1, 1, 1.0, 0.5, 1e-4, "a line"),
        (8, "axes", 3.0, 3.0, 1e-6, "a round bowl, all axes"),
        (8, 2, 3.0, 0.5, 1.0, "a goal that is reached at the start"),
    ]
    for _ in range(12):
        n = int(rng.integers(2, 60))
        m = "axes" if rng.random() < 0.3 else int(rng.integers(1, 2 * n))
        smooth = round(float(rng.uniform(0.5, 20)), 2)
        fixed.append(
            (n, m, smooth, round(smooth / float(rng.uniform(1.5, 20)), 3), 10.0 ** -int(rng.integers(1, 7)), "")
        )
    return [
        {"n": n, "m": m, "smooth": smooth, "mu": mu, "tolerance": tolerance,
         "shown": f"{words + ': ' if words else ''}n = {n}, m = {m!r}, L_smooth = {smooth:g}, mu = {mu:g}, tolerance = {tolerance:g}"}
        for n, m, smooth, mu, tolerance, words in fixed
    ]  # fmt: skip


def promise_run(student, case):
    found = pair(student(case["n"], case["m"], case["smooth"], case["mu"], case["tolerance"]), "what promised returned")
    return [number(x, what) for x, what in zip(found, ("the number of iterations", "the number of evaluations"))]


def _steps(rate, tolerance):
    """How often a number must be multiplied by 1 - rate until it is at most the tolerance: done, not calculated."""
    left, k = 1.0, 0
    while left > tolerance * (1 + 1e-9):  # a bound that is met exactly is met
        left *= 1 - rate
        k += 1
    return k


def promise_verify(case, answer):
    n, m, tolerance = case["n"], case["m"], case["tolerance"]
    axes, q = m == "axes", 1 - case["mu"] / case["smooth"]
    constant = 1 if axes else (n + m - 1) / m
    price = 2 * n if axes else 2 * m
    steps, evaluations = _steps((1 - q**2) / constant, tolerance), answer[1]
    if answer[0] != steps:
        found = f"the number of iterations is {shown(answer[0])}, expected {steps}"
        return Complaint(_wrong_steps(answer[0], n, m, q, tolerance, steps), found)
    if evaluations != price * steps:
        found = f"the number of evaluations is {shown(evaluations)}, expected {price * steps}"
        known = [("as-steps", steps), ("one-sided", (price // 2 + 1) * steps), ("one-point", price // 2 * steps)]
        if axes:
            known = [("axes-price", 2 * steps), *known]
        elif m > 1:
            known = [("price", 2 * steps), *known]
        return Complaint(next((key for key, wrong in known if evaluations == wrong), "price"), found)
    return None


def _wrong_steps(ours, n, m, q, tolerance, steps):
    if not np.isfinite(ours) or ours != round(ours):
        return "whole"
    taken = 1 - q**2
    if m == "axes":
        if taken == 1:
            return "bowl"
        known = [("slide", taken / n), ("loose", 1 - q), ("square", 1 - q**4)]
    else:
        part = m / (n + m - 1)
        known = [("loose", (1 - q) * part), ("gradient", taken), ("averaging", taken / n), ("repeat", taken * min(m / n, 1)),
                 ("gaussian", taken * m / (n + m + 1)), ("square", 1 - (1 - taken * part) ** 2)]  # fmt: skip
    for key, rate in known:
        if ours == _steps(rate, tolerance) != steps:
            return key
    return "smallest" if abs(ours - steps) == 1 else "steps"


THEOREM_PROMISE = Exercise(
    id="theorem-promise",
    wants="def promised(n, m, L_smooth, mu, tolerance):",
    cases=promise_cases,
    run=promise_run,
    verify=promise_verify,
    hints={
        "ValueError": "in a round bowl gradient descent arrives in one step: nothing is left, and log(0) is no number",
        "bowl": "in a round bowl gradient descent arrives in one step, not before",
        "whole": "an iteration is done or not: the numbers have to be whole",
        "slide": "the slide's row: differences along all axes give the gradient itself, so how often does n enter",
        "gradient": "this is what a true gradient needs; how long is the two-point estimate on average",
        "averaging": "the directions were not averaged: what does the mean of m estimates do to the noise",
        "repeat": "m directions are not m times as good: random ones repeat each other, and the gradient is no noise",
        "gaussian": "this is for Gaussian directions; those of the theorem have length 1",
        "square": "the rate is that of the squared distance: how often is it a factor in one step",
        "loose": "the slide's rate, true and loose: a gradient step shrinks the distance by q; what does its square keep",
        "smallest": "off by one: the first k at which the bound is at most the tolerance",
        "steps": "what does a gradient step leave of the squared distance, and which part of that is one estimate worth",
        "as-steps": "these are the iterations again; how often is L called in each of them",
        "axes-price": "differences along all axes: how many evaluations does one gradient take",
        "price": "m directions: how many evaluations does one estimate take",
        "one-sided": "this is for one-sided differences, which share the value in the middle; these are central",
        "one-point": "a slope takes two evaluations",
    },
)

# expected-step -------------------------------------------------------------------------------------------------


def directions(n):
    """Points of the unit sphere and weights whose average is exact for polynomials up to degree 5 (Stroud, 1971).

    >>> u, weights = directions(3)
    >>> u.shape, bool(np.isclose(weights @ u[:, 0] ** 4, 3 / 15))
    ((18, 3), True)
    """
    if n == 1:
        return np.array([[1.0], [-1.0]]), np.array([0.5, 0.5])
    single = np.concatenate([np.eye(n), -np.eye(n)])
    double = []
    for i, j in itertools.combinations(range(n), 2):
        for a, b in itertools.product((1.0, -1.0), repeat=2):
            u = np.zeros(n)
            u[i], u[j] = a, b
            double.append(u / np.sqrt(2))
    weights = [(4 - n) / (2 * n * (n + 2))] * len(single) + [1 / (n * (n + 2))] * len(double)
    return np.concatenate([single, double]), np.array(weights)


def _quadratic(H, w):
    return 0.5 * w @ H @ w


def step_cases(rng):
    """A line, a round bowl, a valley, a tilted one, a saddle, no step; then symmetric matrices at random."""
    fixed = [
        ([[2.0]], [3.0], 0.1, "a line"),
        ([[1.0, 0.0], [0.0, 1.0]], [1.0, 2.0], 0.5, "a round bowl"),
        ([[1.0, 0.0], [0.0, 1.0]], [1.0, 2.0], 1.0, "a round bowl, gradient descent's step"),
        ([[4.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 0.0]], [1.0, 2.0, 3.0], 0.2, "a valley with a flat direction"),
        ([[2.0, 1.0], [1.0, 3.0]], [1.0, -1.0], 0.1, "a tilted valley"),
        ([[1.0, 0.0], [0.0, -1.0]], [1.0, 0.5], 0.3, "a saddle"),
        ([[2.0, 1.0], [1.0, 3.0]], [1.0, -1.0], 0.0, "no step"),
    ]
    for n in (2, 3, 4, 6, 9):
        A = rng.normal(size=(n, n)).round(2)
        fixed.append(
            ((A + A.T).tolist(), rng.normal(size=n).round(2).tolist(), round(float(rng.uniform(0.05, 0.5)), 2), "")
        )
    return [
        {"H": H, "w": w, "step": step, "shown": f"{words + ': ' if words else ''}H = {shown(H)}, w = {shown(w)}, step = {step:g}"}
        for H, w, step, words in fixed
    ]  # fmt: skip


def step_run(student, case):
    return number(student(np.array(case["H"]), np.array(case["w"]), case["step"]), "what expected_loss returned")


def step_verify(case, answer):
    """The mean of the loss itself over directions that are exact for polynomials of this degree."""
    H, w, step = np.array(case["H"]), np.array(case["w"]), case["step"]
    n, g, before = len(w), H @ w, _quadratic(H, w)
    u, weights = directions(n)
    expected = weights @ [_quadratic(H, w - step * n * (g @ v) * v) for v in u]
    atol = 1e-12 * (abs(before) + g @ g)
    if close(answer, expected, rtol=1e-9, atol=atol):
        return None
    trace, along = np.trace(H) * (g @ g), g @ H @ g
    known = {
        "change": expected - before,
        "no-noise": _quadratic(H, w - step * g),
        "linear": before - step * g @ g,
        "bound": before - step * g @ g + n * step**2 / 2 * np.linalg.eigvalsh(H)[-1] * g @ g,
        "gaussian": before - step * g @ g + step**2 / 2 * (trace + 2 * along),
        "along": before - step * g @ g + step**2 / 2 * n / (n + 2) * trace,
        "twice": before - step * g @ g + step**2 / 2 * n / (n + 2) * (trace + along),
        "half": before - step * g @ g + step**2 * n / (n + 2) * (trace + 2 * along),
        "factor": weights @ [_quadratic(H, w - step * (g @ v) * v) for v in u],
        "length": before - step * g @ g + step**2 / 2 * n * along,
    }
    found = f"the expected loss is {shown(float(answer))}, expected {shown(float(expected))}"
    for key, wrong in known.items():
        if close(answer, wrong, rtol=1e-9, atol=atol):
            return Complaint(key, found)
    near = abs(answer - expected) <= 0.1 * (abs(before) + step * g @ g + abs(expected))
    return Complaint("sampling" if near else "other", found)


EXPECTED_STEP = Exercise(
    id="expected-step",
    wants="def expected_loss(H, w, step):",
    cases=step_cases,
    run=step_run,
    verify=step_verify,
    hints={
        "change": "this is the change of the loss; asked for is the loss after the step",
        "no-noise": "this is a step along the true gradient; G is right on average only, and the loss is not linear",
        "linear": "the linear term alone: the quadratic one has a mean as well, and it is not zero",
        "bound": "this is the bound with the largest curvature; in a quadratic every curvature is known",
        "gaussian": "right for Gaussian directions, whose fourth moments are larger than those of the sphere",
        "along": "G is not spread evenly: it has a part along the gradient, which meets the curvature there",
        "twice": "the fourth moment of the sphere has three pairings: one gives the trace, two give the gradient",
        "half": "the quadratic term of the loss has a factor one half",
        "factor": "the estimate has a factor n, or it is not right on average",
        "length": "the length of G is right, and its direction is not: it points anywhere, not along the gradient",
        "sampling": "near, but not exact: a mean over samples will not do, this mean has a formula",
        "other": "write the loss after the step as a polynomial in the step, and take the mean of each coefficient",
    },
)

# best-step -----------------------------------------------------------------------------------------------------


def best_cases(rng):
    """A valley in which no two known steps agree, special ones, then averages of directions; then at random."""
    valley = [[3.0, 0.5, 0.0], [0.5, 1.0, 0.2], [0.0, 0.2, 0.5]]
    fixed = [
        (valley, [1.0, -1.0, 2.0], 1, "a tilted valley"),
        ([[1.0, 0.0], [0.0, 1.0]], [1.0, 2.0], 1, "a round bowl"),
        ([[4.0, 0.0, 0.0], [0.0, 0.0, 0.0], [0.0, 0.0, 0.0]], [2.0, 0.0, 0.0], 1, "one curvature only"),
        (valley, [1.0, -1.0, 2.0], 2, "two directions"),
        ([[2.0, 0.5], [0.5, 1.0]], [1.0, -1.0], 3, "more directions than dimensions"),
    ]
    for n, m in ((2, 1), (3, 2), (4, 1), (5, 1), (4, 2), (2, 3)):
        A = rng.normal(size=(n, n)).round(2)
        fixed.append(((A @ A.T).round(4).tolist(), rng.normal(size=n).round(2).tolist(), m, ""))
    return [
        {"H": H, "g": g, "m": m, "shown": f"{words + ': ' if words else ''}H = {shown(H)}, g = {shown(g)}, m = {m}"}
        for H, g, m, words in fixed
    ]  # fmt: skip


def best_run(student, case):
    return number(student(np.array(case["H"]), np.array(case["g"]), case["m"]), "what best_step returned")


def mean_curvature(H, g, m):
    """The mean of G^T H G for the average G of m estimates, over every choice of m directions of the design."""
    n = len(g)
    u, weights = directions(n)
    single, total, chance = n * (u @ g)[:, None] * u, np.zeros((1, n)), np.ones(1)
    for _ in range(m):
        total = (total[:, None, :] + single[None, :, :]).reshape(-1, n)
        chance = (chance[:, None] * weights[None, :]).ravel()
    return chance @ np.einsum("ki,ij,kj->k", total, H, total) / m**2


def best_verify(case, answer):
    """The lowest point of the parabola, with the mean curvature taken over directions that are exact for it."""
    H, g, m = np.array(case["H"]), np.array(case["g"]), case["m"]
    n, square, along, largest = len(g), g @ g, g @ H @ g, np.linalg.eigvalsh(H)[-1]
    expected = square / mean_curvature(H, g, m)
    if close(answer, expected):
        return None
    one = n / (n + 2) * (np.trace(H) * square + 2 * along)
    gaussian = np.trace(H) * square + 2 * along
    known = {
        "gradient": square / along,
        "smooth": 1 / largest,
        "theorem": m / ((n + m - 1) * largest),
        "worst": 1 / (np.trace(H) + 2 * largest),
        "one": square / one,
        "mean": m * square / one,
        "gaussian": square / ((1 - 1 / m) * along + gaussian / m),
        "twice": 2 * expected,
        "half": expected / 2,
    }
    found = f"the step is {shown(float(answer))}, expected {shown(float(expected))}"
    return Complaint(next((key for key, wrong in known.items() if close(answer, wrong)), "other"), found)


BEST_STEP = Exercise(
    id="best-step",
    wants="def best_step(H, g, m):",
    cases=best_cases,
    run=best_run,
    verify=best_verify,
    hints={
        "gradient": "this is best for a step along the true gradient; what does the noise add to the quadratic term",
        "smooth": "this is gradient descent's step: with a random estimate the loss may grow",
        "theorem": "the theorem's step, for the worst Hessian of this largest curvature; this one is known",
        "worst": "for the worst gradient of this Hessian; this gradient is known",
        "one": "right for one direction; what does averaging m of them do to the quadratic term",
        "mean": "averaging divides the noise by m, but not the part that is the gradient itself",
        "gaussian": "right for Gaussian directions, whose fourth moments are larger than those of the sphere",
        "twice": "at this step the expected loss is where it was: the lowest point of the parabola is half as far",
        "half": "where is the lowest point of a parabola -a·x + b·x²/2",
        "other": "write the expected loss as a parabola in the step: its two coefficients are what you need",
    },
)

EXERCISES = (THEOREM_PROMISE, EXPECTED_STEP, BEST_STEP)
