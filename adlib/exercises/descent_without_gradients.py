"""The exercises of chapter 2. Oracles: exact averages over finitely many directions, and algebra of polynomials."""

from itertools import combinations, product

import numpy as np

from ._answers import Unusable, array, close, number, shown
from ._engine import Complaint, Exercise


def rotated_frame(rng, n):
    """n orthonormal directions, one in each row, none of them an axis."""
    return np.linalg.qr(rng.normal(size=(n, n)))[0].T


# two-point -----------------------------------------------------------------------------------------------------


KINDS = ("sphere", "gaussian", "rademacher")


def all_directions(distribution, n, rng):
    """Finitely many directions whose mean of u u^T is that of the distribution, exactly; a frame lacks the opposite ones."""
    if distribution == "rademacher":
        return np.array(list(product([-1.0, 1.0], repeat=n)))
    frame = rotated_frame(rng, n)
    return np.sqrt(n) * frame if distribution == "gaussian" else frame


def two_point_cases(rng):
    """A quadratic; a cubic, which shows the spacing of the two points; then at random. Each asks for all distributions."""

    def case(n, eps, third, drawn, words):
        A = drawn.normal(size=(n, n))
        return {
            "eps": eps,
            "w": drawn.normal(size=n).round(2).tolist(),
            "slopes": drawn.normal(size=n).round(2).tolist(),
            "curvature": (A + A.T).round(2).tolist(),
            "third": (third * drawn.normal(size=n)).round(2).tolist(),
            "directions": {kind: all_directions(kind, n, drawn).tolist() for kind in KINDS},
            "shown": f"{words}, n = {n}, eps = {eps:g}; the mean over {n} directions at right angles, or all {2**n} of signs",
        }

    fixed = np.random.default_rng(2)
    cases = [case(n, 0.5, 0.0, fixed, "a quadratic") for n in (3, 2)]
    cases.append(case(3, 0.8, 1.0, fixed, "a cubic"))
    for _ in range(4):
        n, eps = int(rng.integers(2, 6)), round(float(rng.uniform(0.1, 1.0)), 2)
        cases.append(case(n, eps, 1.0, rng, "a cubic"))
    return cases


def polynomial(case):
    """The function of a case, and its parts: b, H and a in b·w + wᵀHw/2 + (a·w)³/6."""
    b, H, a = (np.array(case[name]) for name in ("slopes", "curvature", "third"))
    return (lambda w: b @ w + w @ H @ w / 2 + (a @ w) ** 3 / 6), b, H, a


def two_point_run(student, case):
    """Of each distribution the mean of the estimates, and the most evaluations that one of them took."""
    f = polynomial(case)[0]
    return {kind: two_point_mean(student, f, case, kind) for kind in case["directions"]}


def two_point_mean(student, f, case, kind):
    total, calls = 0.0, []
    for u in case["directions"][kind]:
        w, u = np.array(case["w"]), np.array(u)
        before, asked = (w.copy(), u.copy()), 0

        def L(point):
            nonlocal asked
            asked += 1
            return float(f(np.asarray(point, float)))

        found = array(student(L, w, u, case["eps"], kind), f"what two_point returned for {kind!r}", w.shape)
        if not (np.array_equal(w, before[0]) and np.array_equal(u, before[1])):
            raise Unusable("changed", "w or u is changed after the call; make new arrays, as in w + eps * u")
        total = total + np.array(found)
        calls.append(asked)
    return {"mean": (total / len(calls)).tolist(), "calls": max(calls)}


def two_point_verify(case, answer):
    return of_all_kinds({kind: two_point_fault(case, kind, answer[kind]) for kind in answer})


def of_all_kinds(faults):
    """The first fault of several kinds, with the words of all of them: one may be right where another is wrong."""
    found = [(kind, fault) for kind, fault in faults.items() if fault]
    if not found:
        return None
    right = [f"{kind}: right" for kind, fault in faults.items() if not fault]
    return Complaint(found[0][1].key, "; ".join([f"{kind}: {fault.found}" for kind, fault in found] + right))


def two_point_fault(case, kind, answer):
    """The mean over all directions is exact: the function is a cubic, so the difference is its slope and one term of bias."""
    _, b, H, a = polynomial(case)
    w, eps, U = np.array(case["w"]), case["eps"], np.array(case["directions"][kind])
    n, mean = len(w), np.array(answer["mean"])
    gradient = b + H @ w + (a @ w) ** 2 / 2 * a
    factor = n / np.mean(np.sum(U * U, axis=1))

    def over_all(slopes):
        return np.mean(factor * slopes[:, None] * U, axis=0)

    curved = np.einsum("ki,ij,kj->k", U, H + (a @ w) * np.outer(a, a), U)
    bias = over_all(eps**2 / 6 * (U @ a) ** 3)  # exact: the function is a cubic
    expected = gradient + bias
    if close(mean, expected):
        if answer["calls"] > 2:
            return Complaint("calls", f"L was evaluated {answer['calls']} times for one direction")
        return None
    known = {
        "short": expected / n,
        "long": expected * n,
        "half": 2 * expected,
        "sign": -expected,
        "one-sided": expected + over_all(eps / 2 * curved),
        "eps": gradient,
    }
    key = next((key for key, value in known.items() if close(mean, value, rtol=1e-5)), "mean")
    times = {"short": f", {n} times too short", "long": f", {n} times too long"}.get(key, "")
    return Complaint(key, f"the mean is {shown(mean)}, expected {shown(expected)}{times}")


TWO_POINT = Exercise(
    id="two-point",
    wants="def two_point(L, w, u, eps, distribution):",
    cases=two_point_cases,
    run=two_point_run,
    verify=two_point_verify,
    hints={
        "short": "the mean is n times too short; how large is E|u|² for these directions, and what makes up for it",
        "long": "the mean is n times too long; how large is E|u|² for these directions, and what makes up for it",
        "half": "the mean is twice too long: how far apart are the two points",
        "sign": "the mean points downhill; which of the two values is subtracted",
        "one-sided": "one-sided slopes are right on average over u and -u, but these directions at right angles have no -u, "
        "and the curvature is left: take the two points on both sides of w, as asked",
        "eps": "the spacing eps that was given is not the one that was used",
        "calls": "two values are enough for a slope",
        "mean": "the mean over all directions is not the gradient; take the slope along u, times u, times one number",
    },
)

# estimator-variance --------------------------------------------------------------------------------------------


def variance_cases(rng):
    """Directions of constant length, one and several; then Gaussian, orthonormal, one dimension; then at random."""

    def case(kinds, n, m):
        return {"kinds": list(kinds), "n": n, "m": m, "shown": f"n = {n}, m = {m}"}

    constant, independent = ("sphere", "rademacher", "coordinate"), ("sphere", "rademacher", "coordinate", "gaussian")
    cases = [case(constant, 5, 1), case(constant, 5, 3), case(["gaussian"], 5, 1), case(["gaussian"], 5, 3)]
    cases += [case(["orthonormal"], 6, m) for m in (1, 2, 6)]
    cases += [case(("sphere", "gaussian"), 1, 4)]
    for _ in range(4):
        n = int(rng.integers(2, 8))
        cases.append(case((*independent, "orthonormal"), n, int(rng.integers(1, n + 1))))
    return cases


def variance_run(student, case):
    n, m = case["n"], case["m"]
    return {
        kind: number(student(kind, n, m), f"what relative_variance({kind!r}, {n}, {m}) returned")
        for kind in case["kinds"]
    }


def exact_variance(distribution, n, m):
    """The mean squared error for one gradient of length one, from an enumeration of directions."""
    rng = np.random.default_rng(n)
    g = rng.normal(size=n)
    g = g / np.linalg.norm(g)
    if distribution == "orthonormal":
        # The squared length of a projection is linear in the projection, so one frame with all its choices is enough.
        frame = rotated_frame(rng, n)
        squares = [np.sum((frame[list(chosen)] @ g) ** 2) for chosen in combinations(range(n), m)]
        return (n / m) ** 2 * np.mean(squares) - 1
    if distribution == "coordinate":
        second = np.mean([np.sum((n * g[i] * e) ** 2) for i, e in enumerate(np.eye(n))])
    elif distribution == "rademacher":
        second = np.mean([np.sum(((u @ g) * u) ** 2) for u in map(np.array, product([-1.0, 1.0], repeat=n))])
    else:
        # Three nodes are exact for a normal variable up to its fifth power.
        nodes = np.array(list(product([-np.sqrt(3), 0.0, np.sqrt(3)], repeat=n)))
        weights = np.prod(np.where(nodes == 0, 2 / 3, 1 / 6), axis=1)
        along = (nodes @ g) ** 2
        length = np.sum(nodes * nodes, axis=1)
        # A normal vector is a direction on the sphere times a length, and the two are independent.
        on_sphere = (weights @ along) / (weights @ length)
        second = n**2 * on_sphere if distribution == "sphere" else weights @ (along * length)
    return (second - 1) / m


def variance_verify(case, answer):
    return of_all_kinds({kind: variance_fault(kind, case["n"], case["m"], answer[kind]) for kind in answer})


def variance_fault(kind, n, m, answer):
    expected = exact_variance(kind, n, m)
    if close(answer, expected, atol=1e-12):
        return None
    one = exact_variance(kind, n, 1) if kind != "orthonormal" else n - 1
    known = {
        "second-moment": [(one + 1) / m, expected + 1],
        "many": [one],
        "square": [one / m**2],
        "root": [np.sqrt(abs(expected)), one / np.sqrt(m)],
        "length": [(n - 1) / m] if kind == "gaussian" else [(n + 1) / m],
        "overlap": [one / m] if kind == "orthonormal" else [n / m - 1],
    }
    key = next((key for key, values in known.items() for value in values if close(answer, value)), "value")
    return Complaint(key, f"it is {shown(answer)}, expected {shown(float(expected))}")


ESTIMATOR_VARIANCE = Exercise(
    id="estimator-variance",
    wants="def relative_variance(distribution, n, m):",
    cases=variance_cases,
    run=variance_run,
    verify=variance_verify,
    hints={
        "second-moment": "this is the mean square of G itself; asked for is that of its distance from the gradient",
        "many": "this is the error of one direction; m of them are averaged",
        "square": "the variance of a mean of m independent numbers: is it m or m² that divides",
        "root": "this is a length; asked for is its square",
        "length": "does the length of u vary, or is it always the same",
        "overlap": "which directions repeat what another one has said already, and which cannot",
        "value": "begin with one direction: what is the mean of |G|², and what has to be taken from it",
    },
)

# orthonormal-estimate ------------------------------------------------------------------------------------------

REPEATS = 400  # for a mean
MANY = 2500  # to see which directions are likelier than others


def orthonormal_cases(rng):
    """One direction, several, half of them, all; many draws for the mean, more for the distribution; then at random."""

    def case(n, m, drawn, repeats=1):
        words = f"n = {n}, m = {m}" + (f": the mean of {repeats} estimates" if repeats > 1 else "")
        gradient = (drawn.normal(size=n) + 1).round(2).tolist()
        return {
            "n": n,
            "m": m,
            "gradient": gradient,
            "seed": int(drawn.integers(10**6)),
            "repeats": repeats,
            "shown": words,
        }

    fixed = np.random.default_rng(3)
    cases = [case(n, m, fixed) for n, m in ((5, 2), (4, 1), (6, 3), (5, 5), (1, 1))]
    cases += [
        case(n, m, fixed, repeats) for n, m, repeats in ((5, 1, REPEATS), (5, 2, REPEATS), (2, 1, MANY), (4, 2, MANY))
    ]
    for _ in range(8):
        n = int(rng.integers(2, 9))
        cases.append(case(n, int(rng.integers(1, n + 1)), rng))
    return cases


def orthonormal_run(student, case):
    g, rng = np.array(case["gradient"]), np.random.default_rng(case["seed"])
    estimates, drawn, asked = [], [], []

    def slope(u):
        u = np.array(array(u, "a direction that slope was asked for", g.shape))
        asked.append(u)
        return float(g @ u)

    for _ in range(case["repeats"]):
        asked.clear()
        estimates.append(
            array(student(slope, case["n"], case["m"], rng), "what orthonormal_estimate returned", g.shape)
        )
        drawn.append([u.tolist() for u in asked])
    return {"mean": np.mean(estimates, axis=0).tolist(), "directions": drawn}


def orthonormal_verify(case, answer):
    """One estimate is n/m times a projection of the gradient; the mean of many comes as near as their variance says.

    More of them show whether all directions are equally likely.
    """
    g, n, m = np.array(case["gradient"]), case["n"], case["m"]
    U, mean = np.array(answer["directions"][-1]).reshape(-1, n), np.array(answer["mean"])
    if len(U) != m:
        return Complaint("count", f"slope was asked for {len(U)} directions, expected {m}")
    lengths = np.linalg.norm(U, axis=1)
    if not close(lengths, np.ones(m)):
        return Complaint("length", f"the directions have the lengths {shown(lengths)}")
    if not close(U @ U.T, np.eye(m)):
        return Complaint(
            "angle", f"two of the directions have the inner product {shown(float(np.max(np.abs(U @ U.T - np.eye(m)))))}"
        )
    if case["repeats"] == 1:
        projection = U.T @ (U @ g)
        if close(mean, n / m * projection):
            return None
        known = {"factor": [projection, projection / m], "independent": [n * projection]}
        key = next((key for key, values in known.items() for value in values if close(mean, value)), "value")
        return Complaint(key, f"the estimate is {shown(mean)}, expected {shown(n / m * projection)}")
    # The squared distance of the mean from g is |g|² (n/m - 1) / repeats on average.
    far = np.sum((mean - g) ** 2) / (g @ g) / ((n / m - 1) / case["repeats"])
    if far < 16:
        return preferred(case, answer) if case["repeats"] == MANY else None
    return Complaint("biased", f"the mean is {shown(mean)}, expected about {shown(g)}")


def preferred(case, answer):
    """A complaint when some directions are likelier than others, although the mean is right.

    The squared entries p of the projection's diagonal sum to m in every frame; the mean of the sum of their squares is
    m (m + 2) / (n + 2) where no direction is preferred. Looked at in two frames, so that it is no accident of the axes.
    """
    n, m = case["n"], case["m"]
    expected = m * (m + 2) / (n + 2)
    drawn = np.array(answer["directions"])
    for frame in (np.eye(n), rotated_frame(np.random.default_rng(1), n)):
        squares = np.sum(np.sum((drawn @ frame) ** 2, axis=1) ** 2, axis=1)
        found, error = np.mean(squares), np.std(squares) / np.sqrt(len(squares))
        if abs(found - expected) > 6 * error + 1e-9:
            return Complaint(
                "preferred",
                f"for vectors e at right angles, the mean of the sum of |Pe|⁴ is {found:.3f}, expected {expected:.3f}; "
                "P projects on the directions",
            )
    return None


ORTHONORMAL_ESTIMATE = Exercise(
    id="orthonormal-estimate",
    wants="def orthonormal_estimate(slope, n, m, rng):",
    cases=orthonormal_cases,
    run=orthonormal_run,
    verify=orthonormal_verify,
    hints={
        "count": "each of the m directions is asked for once, and no other",
        "length": "the directions have to have length one",
        "angle": "two directions are not at a right angle: which factorisation of a random matrix makes them so",
        "factor": "the directions are right; which share of |∇L|² do they see, and what makes up for the rest",
        "independent": "the factor n is right for one direction; m of them together see more",
        "value": "the directions are right; sum up slope times direction, and repair the length of the sum",
        "biased": "the mean is not the gradient: every direction has to be as likely as every other, and new in each call",
        "preferred": "right on average, but some directions are likelier than others, such as axes or corners: which random "
        "vector looks the same from everywhere",
    },
)

EXERCISES = (TWO_POINT, ESTIMATOR_VARIANCE, ORTHONORMAL_ESTIMATE)
