"""The exercises of chapter 1. Oracles: the complex step, coordinates instead of distances, and plane trigonometry."""

import numpy as np

from ._answers import array, close, shown
from ._engine import Complaint, Exercise
from ._oracles import gradient

# mds-gradient --------------------------------------------------------------------------------------------------


def stress(points, distances, weights):
    """The loss of a list of points: a polynomial, so that they may be complex."""
    return sum(
        weight * (sum((a - b) ** 2 for a, b in zip(p, q)) - d**2) ** 2
        for p, row, of_row in zip(points, distances, weights)
        for q, d, weight in zip(points, row, of_row)
    )


def gradient_cases(rng):
    """All weights one; a distance that is missing; unequal weights; a point of which nothing is known; at random.

    Three points come first: among two, a mean over the points is half of the sum. Where the weight is 0, the distance is
    one that no other entry can be mistaken for, and not even symmetric.
    """
    line = [[0.0], [1.0], [3.0]]
    known = [[0, 2, 2], [2, 0, 4], [2, 4, 0]]
    gap = [[0, 2, 1000], [2, 0, 4], [-70, 4, 0]]
    square = [[100.0, -50.0], [103.0, -50.0], [103.0, -46.0], [100.0, -45.0]]
    sides = [[0, 2, 4, 30], [2, 0, 3, 5], [4, 3, 0, -20], [10, 5, 1, 0]]
    of_sides = [[0, 2, 1, 0], [2, 0, 4, 0.25], [1, 4, 0, 0], [0, 0.25, 0, 0]]
    space = [[0.0, 0.0, 1.0], [2.0, 1.0, 0.0], [-1.0, 1.0, 3.0], [1.0, -2.0, 0.5]]
    to_three = [[0, 2, 1, 500], [2, 0, 3, 600], [1, 3, 0, 700], [50, 60, 70, 0]]
    of_three = [[1, 2, 3, 0], [2, 1, 1, 0], [3, 1, 1, 0], [0, 0, 0, 0]]
    fixed = [
        (line, known, np.ones((3, 3)), "three points on a line, all weights one"),
        ([[0.0], [3.0]], [[0, 2], [2, 0]], np.ones((2, 2)), "two points, 3 apart where 2 is right, all weights one"),
        (line, gap, [[1, 1, 0], [1, 1, 1], [0, 1, 1]], "three points on a line, the distance of two is not known"),
        (line, known, [[0, 3, 0.5], [3, 0, 1], [0.5, 1, 0]], "three points on a line, unequal weights"),
        ([[0.0, 0.0], [3.0, 4.0]], [[0, 5], [5, 0]], [[1, 2], [2, 1]], "two points that fit"),
        (square, sides, of_sides, "four points far from the origin"),
        (space, to_three, of_three, "nothing is known of the last point"),
    ]
    cases = [
        {"W": W, "D": np.array(D, float).tolist(), "weights": np.array(weights, float).tolist(), "shown": words}
        for W, D, weights, words in fixed
    ]
    for count, d in [(3, 2), (4, 2), (2, 3), (7, 2), (5, 1), (6, 4)]:
        D = np.triu(rng.uniform(0.5, 3.0, (count, count)), 1).round(2)
        weights = np.triu(rng.uniform(0.2, 4.0, (count, count)).round(2))
        weights[1:, -1] = 0.0  # the last point knows the first one alone
        D, weights = D + D.T, weights + np.triu(weights, 1).T
        D[weights == 0] = (100 * rng.normal(size=np.sum(weights == 0))).round(2)
        W = rng.normal(size=(count, d)).round(2).tolist()
        cases.append({"W": W, "D": D.tolist(), "weights": weights.tolist(), "shown": f"W has shape {(count, d)}"})
    return cases


def gradient_run(student, case):
    given = [np.array(case[name]) for name in ("W", "D", "weights")]
    answer = {"gradient": array(student(*given), "what stress_gradient returned", given[0].shape)}
    return answer | {"changed": not all(map(np.array_equal, given, (case["W"], case["D"], case["weights"])))}


def gradient_verify(case, answer):
    """A complex step for each coordinate."""
    W, D, weights, ours = case["W"], case["D"], case["weights"], answer["gradient"]
    expected = gradient(lambda points: stress(points, D, weights), np.array(W)).tolist()
    if not close(ours, expected, atol=1e-12):
        found = f"the gradient is {shown(ours)}, expected {shown(expected)}"
        return Complaint(_gradient_mistake(*map(np.array, (ours, expected, W, D, weights))), found)
    return Complaint("changed") if answer["changed"] else None


def _gradient_mistake(ours, expected, W, D, weights):
    """The known mistake that leads to these numbers, if there is one."""
    gap = W[:, None] - W
    squared = np.sum(gap**2, axis=-1)
    error = squared - D**2
    of_point = np.sum(weights, axis=1, keepdims=True)

    def with_errors(error):
        return 8 * np.sum(error[..., None] * gap, axis=1)

    plain = with_errors(weights * (squared - D))
    upper, lower = with_errors(np.triu(weights * error)), with_errors(np.tril(weights * error))
    inside = [squared - weights * D**2, squared - (weights * D) ** 2, weights * squared - D**2]
    known = [
        ("sign", -expected), ("half", expected / 2), ("quarter", expected / 4), ("eighth", expected / 8),
        ("plain", plain), ("plain", plain / 2), ("triangle", upper), ("triangle", lower), ("triangle", upper / 2),
        ("inner", 4 * np.sum((weights * error)[..., None] * np.ones_like(gap), axis=1)),
        ("force", with_errors(weights * error / np.where(squared > 0, np.sqrt(squared), 1.0))),
        ("average", expected / np.sum(weights)), ("average", expected / np.where(of_point > 0, of_point, 1.0)),
        ("dropped", with_errors((weights > 0) * error)), ("ignored", with_errors(error)),
        ("power", with_errors(weights**2 * error)), ("power", with_errors(np.sqrt(weights) * error)),
        *(("inside", with_errors(factor * wrong)) for wrong in inside for factor in (1.0, weights)),
    ]  # fmt: skip
    if close(ours, expected, rtol=1e-3, atol=1e-3):
        return "differences"
    return next((key for key, wrong in known if close(ours, wrong, atol=1e-12)), "value")


MDS_GRADIENT = Exercise(
    id="mds-gradient",
    wants="def stress_gradient(W, D, weights):",
    cases=gradient_cases,
    run=gradient_run,
    verify=gradient_verify,
    hints={
        "sign": "two points that are too far apart: in which direction does the loss grow",
        "half": "half of the gradient: how often does the pair of i and j stand in the double sum",
        "quarter": "a quarter: both squares of the loss have a derivative with a factor, and each pair stands in the sum twice",
        "eighth": "the direction is right; count the factors of 2: the outer square, the inner square, the pair",
        "plain": "squared distances are compared with distances: what is squared in the loss",
        "triangle": "each point has a term for every other point, for those before it as well as for those after it",
        "inner": "the derivative of the inner square is missing, or its direction: along which vector does a pair pull",
        "force": "there is no root in this loss, so no distance stands in a denominator",
        "average": "the loss is a sum and not a mean: nothing is divided by the number of points, or by their weights",
        "ignored": "every pair counts alike: what does a pair add to the loss whose weight is 0",
        "dropped": "pairs of weight 0 are left out, all others count alike: what does a weight of 3 do that 1 does not",
        "power": "the weight stands before the square, and not under it: how often is it a factor of the derivative",
        "inside": "a weight makes no distance longer or shorter: which part of its term does it multiply",
        "differences": "nearly right, as a difference quotient would be; this derivative is exact",
        "changed": "the gradient is right, but W, D or the weights are not what they were before the call",
        "value": "write out the loss of two points, and differentiate it with respect to the first",
    },
)

# classical-scaling ---------------------------------------------------------------------------------------------


def scaling_cases(rng):
    """A triangle; a line; space; fewer dimensions than the points have; a shifted cloud; more than they have."""
    fixed = [
        ([[0.0, 0.0], [3.0, 0.0], [0.0, 4.0]], 2, "the triangle with sides 3, 4 and 5"),
        ([[0.0], [1.0], [5.0], [7.0]], 1, "four points on a line"),
        ([[0.0, 0.0], [2.0, 0.0], [2.0, 1.0], [0.0, 1.0]], 2, "a rectangle, 2 by 1"),
    ]
    cases = [{"X": X, "d": d, "shown": words} for X, d, words in fixed]
    for count, p, d in [(6, 3, 3), (8, 4, 2), (9, 5, 1), (7, 6, 3), (12, 2, 2)]:
        spread = np.linspace(2.0, 0.5, p)
        X = (rng.normal(size=(count, p)) * spread + rng.normal(size=p)).round(2)
        cases.append({"X": X.tolist(), "d": d, "shown": f"{count} points from {p} dimensions, d = {d}"})
    line = [[0.0], [1.0], [5.0], [7.0], [11.0], [12.5]]  # rounding makes some of the five zeros negative
    return cases + [{"X": line, "d": 6, "shown": "six points on a line, d = 6"}]


def distances(X):
    return np.linalg.norm(X[:, None] - X, axis=-1)


def scaling_run(student, case):
    D = distances(np.array(case["X"]))
    W = array(student(D.copy(), case["d"]), "what classical_scaling returned", (len(D), case["d"]))
    return {"W": W}


def scaling_verify(case, answer):
    """The inner products have to be those of the principal components, which come from the coordinates."""
    X, d, W = np.array(case["X"]), case["d"], np.array(answer["W"])
    X = X - X.mean(0)
    scores = X @ np.linalg.svd(X, full_matrices=False)[2][:d].T
    expected = scores @ scores.T
    if not np.all(np.isfinite(W)):
        key = "rounding" if np.linalg.matrix_rank(X) < d else "negative"
        return Complaint(key, f"the points are {shown(answer['W'])}")
    if close(W @ W.T, expected, rtol=1e-7):
        return None
    i, j = np.unravel_index(np.argmax(np.abs(distances(W) - distances(scores))), expected.shape)
    found = f"points {i} and {j} are {distances(W)[i, j]:.5g} apart, expected {distances(scores)[i, j]:.5g}"
    return Complaint(_scaling_mistake(W, scores, X, d), found)


def _scaling_mistake(W, scores, X, d):
    """The known mistake that leads to these points, if there is one."""

    def made(table, power=0.5):
        values, vectors = np.linalg.eigh((table + table.T) / 2)
        return vectors[:, -d:] * np.abs(values[-d:]) ** power

    D = distances(X)
    J = np.eye(len(D)) - 1 / len(D)
    B = X @ X.T
    gram = W @ W.T
    known = [
        ("half", made(2 * B)), ("root", made(B, 1.0)), ("root", made(B, 0.0)), ("square", made(-0.5 * J @ D @ J)),
        ("centre", made(-0.5 * D**2)), ("centre", made(0.5 * D**2)), ("centre", made(D**2)), ("centre", made(-0.5 * (J @ D**2))),
        ("smallest", made(-B)), ("half", made(4 * B)), ("product", made(-0.5 * J @ D @ D @ J)),
    ]  # fmt: skip
    for key, wrong in known:
        if close(gram, wrong @ wrong.T, rtol=1e-6, atol=1e-9):
            return key
    if abs(W.mean(0)).max() > 1e-6 * np.abs(W).max():
        return "centre"
    return "value"


CLASSICAL_SCALING = Exercise(
    id="classical-scaling",
    wants="def classical_scaling(D, d):",
    cases=scaling_cases,
    run=scaling_run,
    verify=scaling_verify,
    hints={
        "centre": "inner products depend on where the origin is: what has to be subtracted, from the rows and from the columns",
        "half": "the points are too far apart, all by the same factor: what stands before the inner product in ‖a − b‖²",
        "square": "inner products come from squared distances, and D holds distances",
        "root": "the lengths are wrong: W Wᵀ has to give the table of inner products back, so what becomes of an eigenvalue",
        "smallest": "these are the directions of the least spread: which d eigenvectors are taken, and has the table its sign",
        "negative": "the root of a negative number: has the table its sign, and are the largest eigenvalues taken",
        "rounding": "an eigenvalue that should be zero came out as a tiny number with a minus sign: what is its root meant to be",
        "product": "a matrix product is not the table of squares: which operation squares each entry",
        "value": "try it on paper with two points that are 2 apart: what is the table of inner products",
    },
)

# turned-map ----------------------------------------------------------------------------------------------------


def turned_cases(rng):
    """A shift, a quarter turn, noise; a target that only a mirror would reach; then at random."""
    square = [[0.0, 0.0], [2.0, 0.0], [2.0, 1.0], [0.0, 1.0], [0.5, 2.0]]
    x = np.array(square)
    quarter = np.array([[0.0, 1.0], [-1.0, 0.0]])
    mirror = np.diag([1.0, -1.0])
    cases = [
        (x, x + [3.0, -1.0], "the target is W, shifted"),
        (x, x @ quarter, "the target is W, turned by a right angle"),
        (x, x @ quarter.T + [1.0, 5.0], "turned the other way, and shifted"),
        (x, 3 * x @ quarter, "the target is W, turned and three times as large"),
        (x, x @ mirror, "the target is a mirror image of W"),
    ]
    for count in (3, 6, 10, 20):
        W = rng.normal(size=(count, 2)) + rng.normal(size=2)
        angle, shift = rng.uniform(0, 2 * np.pi), 3 * rng.normal(size=2)
        c, s = np.cos(angle), np.sin(angle)
        noisy = W @ np.array([[c, s], [-s, c]]) + shift + 0.2 * rng.normal(size=W.shape)
        cases.append((W, noisy, f"{count} points, turned, shifted and disturbed"))
        cases.append((W, noisy * [1, -1], f"{count} points, mirrored and disturbed"))
    return [{"W": W.round(3).tolist(), "target": np.round(t, 3).tolist(), "shown": words} for W, t, words in cases]


def turned_run(student, case):
    W, target = np.array(case["W"]), np.array(case["target"])
    answer = {"points": array(student(W, target), "what turned returned", W.shape)}
    return answer | {"changed": not (np.array_equal(W, case["W"]) and np.array_equal(target, case["target"]))}


def turned_verify(case, answer):
    """In the plane the best angle has a formula: the direction of the sum of conj(w) t over the pairs of points."""
    W, target, ours = np.array(case["W"]), np.array(case["target"]), np.array(answer["points"])
    w, t = (points @ [1, 1j] for points in (W, target))
    w0, t0 = w - w.mean(), t - t.mean()
    turn = np.sum(w0.conj() * t0)
    best = w0 * turn / abs(turn) + t.mean()
    expected = np.column_stack([best.real, best.imag])
    if close(ours, expected):
        return Complaint("changed") if answer["changed"] else None
    if not np.all(np.isfinite(ours)):
        return Complaint("scale", f"the points are {shown(answer['points'])}")
    off = np.sqrt(np.mean(np.sum((ours - target) ** 2, axis=1)))
    least = np.sqrt(np.mean(np.sum((expected - target) ** 2, axis=1)))
    wanted = f"expected {least:.5g}" if off > least else f"nearer than a turn can bring them, {least:.5g}"
    found = f"the points are {off:.5g} from the target (root of the mean square), {wanted}"
    return Complaint(_turned_mistake(ours, expected, W, target), found)


def _turned_mistake(ours, expected, W, target):
    """The known mistake that leads to these points, if there is one."""

    def triangle(points):  # twice the area of the first three points, with its sign
        (a, b), (c, d) = points[1] - points[0], points[2] - points[0]
        return a * d - b * c

    centred, W0, best = ours - ours.mean(0), W - W.mean(0), expected - expected.mean(0)
    if not close(np.linalg.norm(centred), np.linalg.norm(W0), rtol=1e-6):
        return "scale"
    if close(centred, best, rtol=1e-6):
        return "shift"
    if triangle(ours) * triangle(W) < 0:
        return "mirror"
    w0, b = W0 @ [1, 1j], best @ [1, 1j]
    backwards = w0 * np.sum(w0 * b.conj()) / np.sum(np.abs(w0) ** 2)
    if close(centred, np.column_stack([backwards.real, backwards.imag]), rtol=1e-6):
        return "backwards"
    if close(centred, -best, rtol=1e-6):
        return "opposite"

    def factors(start, goal):
        left, _, right = np.linalg.svd(start.T @ goal)
        return left, right, np.diag([1.0, np.sign(np.linalg.det(left @ right))])

    left, right, sign = factors(W0, target - target.mean(0))
    undone = [left @ right @ flip for flip in (sign, -sign)] + [flip @ left @ right for flip in (sign, -sign)]
    if any(close(centred, W0 @ turn, rtol=1e-6) for turn in undone):
        return "undone"
    left, right, sign = factors(W, target)
    if any(close(centred, W0 @ turn, rtol=1e-6) for turn in (left @ sign @ right, left @ right @ sign)):
        return "origin"
    return "angle"


TURNED_MAP = Exercise(
    id="turned-map",
    wants="def turned(W, target):",
    cases=turned_cases,
    run=turned_run,
    verify=turned_verify,
    hints={
        "shift": "the turn is right, the place is not: where does the middle of the points have to be",
        "scale": "the map has changed its size; it may be shifted and turned, nothing else",
        "mirror": "the map was mirrored: what tells a turn from a mirror among the orthogonal matrices",
        "backwards": "the points went round the wrong way: are rows turned by Q or by its transpose",
        "opposite": "half a circle away from the best angle: on which singular value does a change of sign cost least",
        "undone": "the mirror was undone after the decomposition, so the angle is another one: which singular value should pay for it",
        "origin": "there is a better angle: where is the middle of both clouds when it is computed",
        "angle": "turned, but there is a better angle: by which matrix is the sum of the squared distances smallest",
        "changed": "the points are right, but W or the target is not what it was before the call",
    },
)

EXERCISES = (MDS_GRADIENT, CLASSICAL_SCALING, TURNED_MAP)
