"""Wrong answers to the exercises of chapter 1, and the hint that each has to get: see README.md."""

WRONG = {
    "mds-gradient": [
        ("the pair is counted once", "half", "half of the gradient", [("8 * np", "4 * np")]),
        ("the pair is counted once, and the inner square has no factor", "quarter", "a quarter", [("8 * np", "2 * np")]),
        ("no factor at all", "eighth", "the outer square, the inner square", [("8 * np.sum", "np.sum")]),
        ("downhill", "sign", "in which direction", [("8 * np", "-8 * np")]),
        ("the vector from i to j", "sign", "in which direction", [("W[:, None] - W", "W - W[:, None]")]),
        ("the loss of the slide", "plain", "squared distances are compared with distances", [("D**2", "D")]),
        ("the loss of the slide, counted once", "plain", "squared distances are compared with distances", [("D**2", "D"), ("8 * np", "4 * np")]),
        ("later points only", "triangle", "for those before it", [("np.sum(gap**2, axis=-1) - D**2", "np.triu(np.sum(gap**2, axis=-1) - D**2)")]),
        ("earlier points only", "triangle", "for those before it", [("np.sum(gap**2, axis=-1) - D**2", "np.tril(np.sum(gap**2, axis=-1) - D**2)")]),
        ("later points only, counted once", "triangle", "for those before it", [("np.sum(gap**2, axis=-1) - D**2", "np.triu(np.sum(gap**2, axis=-1) - D**2)"), ("8 * np", "4 * np")]),
        ("no inner derivative", "inner", "the derivative of the inner square", [("8 * np", "4 * np"), ("* gap, axis=1)", "* np.ones_like(gap), axis=1)")]),
        ("a unit vector, as for raw stress", "force", "no distance stands in a denominator", [("weights * error", "weights * error / np.where(error + D**2 > 0, np.sqrt(error + D**2), 1.0)")]),
        ("the sum over the other axis", "sign", "in which direction", [("axis=1)", "axis=0)")]),
        ("raw stress", "value", "two points, and differentiate", [("error = np.sum(gap**2, axis=-1) - D**2", "length = np.sqrt(np.sum(gap**2, axis=-1))\n    error = (length - D) / np.where(length > 0, length, 1.0)"), ("8 * np", "4 * np")]),
        ("the mean over the other points", "average", "a sum and not a mean", [("axis=1)", "axis=1) / len(W)")]),
        ("the mean with the weights", "average", "a sum and not a mean", [("axis=1)", "axis=1) / np.sum(weights)")]),
        ("the mean with the weights of a point", "average", "a sum and not a mean", [("axis=1)", "axis=1) / np.maximum(np.sum(weights, axis=1, keepdims=True), 1e-300)")]),
        ("no weights", "ignored", "whose weight is 0", [("weights * error", "error")]),
        ("no weights, and the pair is counted once", "half", "half of the gradient", [("weights * error", "error"), ("8 * np", "4 * np")]),
        ("what is not known is left out, and no more", "dropped", "pairs of weight 0 are left out", [("weights * error", "(weights > 0) * error")]),
        ("the weights are squared with the error", "power", "before the square", [("weights * error", "weights**2 * error")]),
        ("the roots of the weights", "power", "before the square", [("weights * error", "np.sqrt(weights) * error")]),
        ("the given distances are weighted", "inside", "longer or shorter", [("- D**2", "- (weights * D) ** 2"), ("weights * error", "error")]),
        ("the squares of the given distances are weighted", "inside", "longer or shorter", [("- D**2", "- weights * D**2"), ("weights * error", "error")]),
        ("the distances of the points are weighted", "inside", "longer or shorter", [("np.sum(gap**2, axis=-1)", "weights * np.sum(gap**2, axis=-1)")]),
        ("the given distances are weighted too", "inside", "longer or shorter", [("- D**2", "- weights * D**2")]),
        ("a difference quotient", "differences", "difference quotient", """
def stress_gradient(W, D, weights):
    def loss(W):
        gap = W[:, None] - W
        return np.sum(weights * (np.sum(gap**2, axis=-1) - D**2) ** 2)
    result = np.zeros(W.shape)
    for i in np.ndindex(W.shape):
        step = np.zeros(W.shape)
        step[i] = 1e-5
        result[i] = (loss(W + step) - loss(W)) / 1e-5
    return result
"""),
        ("D is squared in place", "changed", "before the call", [("error =", "D **= 2\n    error ="), ("- D**2", "- D")]),
        ("the unknown distances are put to zero in place", "changed", "before the call", [("error =", "D[weights == 0] = 0.0\n    error =")]),
        ("the weights become weighted errors in place", "changed", "before the call", [("return", "weights *= error\n    return"), ("weights * error", "weights")]),
    ],
    "classical-scaling": [
        ("no centring", "centre", "where the origin is", [("-0.5 * C @ D**2 @ C", "-0.5 * D**2"), ("np.sqrt(np.maximum(values[-d:], 0))", "np.sqrt(np.abs(values[-d:]))")]),
        ("no centring and no sign", "centre", "where the origin is", [("-0.5 * C @ D**2 @ C", "0.5 * D**2"), ("np.sqrt(np.maximum(values[-d:], 0))", "np.sqrt(np.abs(values[-d:]))")]),
        ("centred from one side", "centre", "where the origin is", [("C @ D**2 @ C", "C @ D**2"), ("np.linalg.eigh(B)", "np.linalg.eigh((B + B.T) / 2)")]),
        ("no half", "half", "all by the same factor", [("-0.5 * C", "-C")]),
        ("twice for a half", "half", "all by the same factor", [("-0.5 * C", "-2 * C")]),
        ("distances for squares", "square", "inner products come from squared distances", [("D**2", "D"), ("np.sqrt(np.maximum(values[-d:], 0))", "np.sqrt(np.abs(values[-d:]))")]),
        ("a matrix product for squares", "product", "a matrix product is not", [("D**2", "D @ D"), ("np.sqrt(np.maximum(values[-d:], 0))", "np.sqrt(np.abs(values[-d:]))")]),
        ("no root", "root", "the lengths are wrong", [("np.sqrt(np.maximum(values[-d:], 0))", "values[-d:]")]),
        ("the fourth root", "value", "two points that are 2 apart", [("np.sqrt(np.maximum(values[-d:], 0))", "values[-d:] ** 0.25")]),
        ("no eigenvalues", "root", "the lengths are wrong", [(" * np.sqrt(np.maximum(values[-d:], 0))", "")]),
        ("the sign is lost", "smallest", "least spread", [("-0.5 * C", "0.5 * C"), ("np.sqrt(np.maximum(values[-d:], 0))", "np.sqrt(np.abs(values[-d:]))")]),
        ("the sign is lost, and the root is of negative numbers", "negative", "a negative number", [("-0.5 * C", "0.5 * C"), ("np.sqrt(np.maximum(values[-d:], 0))", "np.sqrt(values[-d:])")]),
        ("the root of what rounding made of zero", "rounding", "came out as a tiny number", [("np.sqrt(np.maximum(values[-d:], 0))", "np.sqrt(values[-d:])")]),
        ("the smallest eigenvalues", "smallest", "least spread", [("vectors[:, -d:] * np.sqrt(np.maximum(values[-d:], 0))", "vectors[:, :d] * np.sqrt(np.abs(values[:d]))")]),
        ("rows for columns", "shape", "expected (3, 2)", [("vectors[:, -d:] * np.sqrt(np.maximum(values[-d:], 0))", "(vectors[:, -d:] * np.sqrt(np.maximum(values[-d:], 0))).T")]),
    ],
    "turned-map": [
        ("a mirror is let through", "mirror", "was mirrored", [("np.sign(np.linalg.det(left @ right))", "1.0")]),
        ("the wrong singular vector is turned round", "opposite", "half a circle", [("[1.0, handedness]", "[handedness, 1.0]")]),
        ("both are turned round", "mirror", "was mirrored", [("[1.0, handedness]", "[handedness, handedness]")]),
        ("the transposed turn", "backwards", "by its transpose", [("start @ rotation", "start @ rotation.T")]),
        ("not shifted", "shift", "the place is not", [(" + target.mean(0)", "")]),
        ("back to the old place", "shift", "the place is not", [(" + target.mean(0)", " + W.mean(0)")]),
        ("a column of the best matrix changes its sign", "undone", "undone after the decomposition", [("left @ np.diag([1.0, handedness]) @ right", "left @ right @ np.diag([1.0, handedness])")]),
        ("the other column changes its sign", "undone", "undone after the decomposition", [("left @ np.diag([1.0, handedness]) @ right", "left @ right @ np.diag([handedness, 1.0])")]),
        ("a row of the best matrix changes its sign", "undone", "undone after the decomposition", [("left @ np.diag([1.0, handedness]) @ right", "np.diag([1.0, handedness]) @ left @ right")]),
        ("turned around the origin", "origin", "where is the middle of both clouds", [("start, goal = W - W.mean(0), target - target.mean(0)", "start, goal = W, target"), ("start @ rotation + target.mean(0)", "(W - W.mean(0)) @ rotation + target.mean(0)")]),
        ("scaled to fit", "scale", "changed its size", [("return start @ rotation", "return np.linalg.norm(goal) / np.linalg.norm(start) * start @ rotation")]),
        ("least squares, any matrix", "scale", "changed its size", [("return start @ rotation", "return start @ np.linalg.lstsq(start, goal)[0]")]),
        ("the matrix for the points", "shape", "expected (5, 2)", [("return start @ rotation + target.mean(0)", "return rotation")]),
        ("only shifted", "angle", "is the sum of the squared distances smallest", [("start @ rotation", "start")]),
        ("W is moved in place", "changed", "before the call", [("start, goal = W - W.mean(0), target - target.mean(0)", "W -= W.mean(0)\n    start, goal = W, target - target.mean(0)")]),
    ],
}  # fmt: skip
