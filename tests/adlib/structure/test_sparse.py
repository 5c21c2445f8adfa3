"""Sparse Jacobians against whole ones, in either mode, with patterns given and found; and wrong patterns, which are noticed."""

import numpy as np
import pytest
import scipy.sparse

import adlib
from adlib import sparse_jacobian
from adlib.structure import sparse

MODES = [None, "forward", "reverse"]


def with_pattern(pattern, seed=0):
    """A function of which result i depends on the entries of row i of the pattern, in no linear way."""
    weights = np.random.default_rng(seed).uniform(0.5, 1.5, pattern.shape)

    def f(x):
        rows = []
        for row, w in zip(pattern, weights):
            (places,) = np.nonzero(row)
            rows.append(np.sum(w[places] * np.sin(x[places])) * (1.0 + np.sum(x[places] ** 2)))
        return np.stack(rows)

    return f


def band(m, n, below, above):
    away = np.subtract.outer(np.arange(m), np.arange(n))
    return (-above <= away) & (away <= below)


def arrow(n, row, column):
    pattern = np.eye(n, dtype=bool)
    pattern[0] |= row
    pattern[:, 0] |= column
    return pattern


# A pattern, and the sweeps that forward and reverse mode need.
PATTERNS = {
    "three diagonals": (band(30, 30, 1, 1), 3, 3),
    "wide band of a wide matrix": (band(20, 24, 0, 4), 5, 5),
    "arrow with a full column": (arrow(25, False, True), 2, 25),
    "arrow with a full row": (arrow(25, True, False), 25, 2),
    "arrow with both": (arrow(12, True, True), 12, 12),
    "blocks": (np.kron(np.eye(6), np.ones((2, 4))).astype(bool), 4, 2),
    "one row": (np.ones((1, 9), bool), 9, 1),
    "one column": (np.ones((9, 1), bool), 1, 9),
    "some rows and columns empty": (band(10, 10, 0, 0) & (np.arange(10) % 3 > 0), 1, 1),
    "nothing": (np.zeros((4, 6), bool), 0, 0),
}


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("found", [False, True], ids=["given", "found"])
@pytest.mark.parametrize("name", PATTERNS)
def test_patterns(name, found, mode):
    pattern, forward, reverse = PATTERNS[name]
    f, x = with_pattern(pattern), np.random.default_rng(1).uniform(0.2, 1.0, pattern.shape[1])
    J = sparse_jacobian(f, None if found else pattern, mode)(x)
    np.testing.assert_allclose(J.toarray(), adlib.jacfwd(f)(x), rtol=1e-12, atol=1e-14)
    assert np.array_equal(J.pattern, pattern) and J.shape == pattern.shape
    assert J.mode == (mode or ("forward" if forward <= reverse else "reverse"))
    assert J.sweeps == (forward if J.mode == "forward" else reverse)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("seed", range(6))
def test_random_patterns(seed, mode):
    rng = np.random.default_rng(seed)
    pattern = rng.random(rng.integers(5, 25, 2)) < 0.15
    f, x = with_pattern(pattern, seed), rng.uniform(0.2, 1.0, pattern.shape[1])
    for given in (None, pattern, np.ones(pattern.shape, bool), pattern | (rng.random(pattern.shape) < 0.1)):
        J = sparse_jacobian(f, given, mode)(x)
        np.testing.assert_allclose(J.toarray(), adlib.jacfwd(f)(x), rtol=1e-12, atol=1e-14)
        assert J.sweeps <= pattern.shape[J.mode == "forward"]


def second_differences(x):
    y = x**2
    return np.concatenate([y[:1], y[:-2] - 2.0 * y[1:-1] + y[2:], y[-1:]])


@pytest.mark.parametrize("mode", MODES)
def test_three_sweeps_for_a_thousand_columns(mode):
    x = np.arange(1000.0)
    J = sparse_jacobian(second_differences, mode=mode)(x)
    assert J.sweeps == 3
    assert np.array_equal(J.toarray(), adlib.jacfwd(second_differences)(x))


@pytest.mark.parametrize(("mode", "runs"), [("forward", 3 + 1), ("reverse", 1 + 1)])
def test_the_runs_of_the_function(mode, runs):
    counted = adlib.counted(second_differences)
    J = sparse_jacobian(counted, band(50, 50, 1, 1), mode)
    for k in (1, 2):
        J(np.arange(50.0))
        assert counted.calls == k * runs


@pytest.mark.parametrize(("f", "runs"), [(np.sin, 1 + 1), (np.ones_like, 0 + 1)])
def test_no_sweep_too_many(f, runs):
    counted = adlib.counted(f)
    sparse_jacobian(counted, np.eye(5, dtype=bool) & (f is np.sin), "forward")(np.ones(5))
    assert counted.calls == runs


def test_to_a_matrix_of_scipy():
    J = sparse_jacobian(second_differences)(np.arange(9.0))
    matrix = scipy.sparse.coo_array((J.values, (J.rows, J.cols)), J.shape)
    assert np.array_equal(matrix.toarray(), J.toarray())
    assert repr(J) == "SparseJacobian(shape=(9, 9), entries=23, mode='forward', sweeps=3)"


def test_a_pattern_that_was_found_serves_other_points():
    first = sparse_jacobian(second_differences)(np.arange(9.0))
    J = sparse_jacobian(second_differences, first.pattern)(np.arange(9.0) ** 2)
    assert np.array_equal(J.toarray(), adlib.jacfwd(second_differences)(np.arange(9.0) ** 2))


@pytest.mark.parametrize("mode", MODES)
def test_the_precision_is_kept(mode):
    x = np.linspace(0.5, 1.5, 9, dtype=np.float32)
    J = sparse_jacobian(second_differences, mode=mode)(x)
    assert J.values.dtype == np.float32
    np.testing.assert_allclose(J.toarray(), adlib.jacfwd(second_differences)(x), rtol=1e-5)
    long = sparse_jacobian(second_differences, mode=mode)(np.linspace(0.5, 1.5, 9, dtype=np.longdouble))
    assert long.values.dtype == np.longdouble


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("n", [0, 1])
def test_short_vectors(n, mode):
    for f in (np.sin, lambda x: np.ones(3), lambda x: np.zeros(0)):
        J = sparse_jacobian(f, mode=mode)(np.ones(n))
        assert np.array_equal(J.toarray(), adlib.jacfwd(f)(np.ones(n)))


# Patterns that lack an entry.


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("name", [name for name in PATTERNS if name != "nothing"])
def test_any_missing_entry_is_named(name, mode):
    pattern, _, _ = PATTERNS[name]
    f, x = with_pattern(pattern), np.random.default_rng(1).uniform(0.2, 1.0, pattern.shape[1])
    for i, j in np.argwhere(pattern)[:: max(1, pattern.sum() // 12)]:
        wrong = pattern.copy()
        wrong[i, j] = False
        with pytest.raises(adlib.ArgumentError, match=rf"no entry \({i}, {j}\), but result {i} depends on x\[{j}\]"):
            sparse_jacobian(f, wrong, mode)(x)


def test_an_entry_of_a_row_far_smaller_than_others_is_noticed():
    scales = 10.0 ** np.array([-200, 0, 200])
    f = lambda x: scales * np.sin(x) * x[::-1]  # noqa: E731
    with pytest.raises(adlib.ArgumentError, match=r"no entry \(0, 2\)"):
        sparse_jacobian(f, np.eye(3, dtype=bool) | np.eye(3, dtype=bool)[::-1] & (np.arange(3) > 0)[:, None])(
            np.ones(3)
        )


@pytest.mark.parametrize("mode", MODES)
def test_what_rounding_alone_makes_doubtful_is_no_error(mode):
    """The derivative is 0, and what is computed is what rounding leaves of it: another number in each direction."""
    f = lambda x: (x + 0.3) ** 2 - x**2 - 0.6 * x + 0.0 * np.roll(x, 1)  # noqa: E731
    x = np.random.default_rng(3).uniform(0, 1, 50)
    tangent = adlib.jvp(f, (x,), (np.random.default_rng(0).standard_normal(50),))[1]
    J = sparse_jacobian(f, np.eye(50, dtype=bool), mode)(x)
    assert np.any(tangent != 0) and np.max(np.abs(J.values)) < 1e-15
    direction = np.random.default_rng(0).standard_normal(50)
    assert np.any(np.abs(J.values * direction - tangent) > 1e-8 * np.abs(J.values * direction))


def test_a_fault_in_what_is_found_is_noticed(monkeypatch):
    def too_few(graph, starts):
        (found,) = right(graph, starts)
        return [found & ~np.eye(len(found), k=-1, dtype=bool)]

    right = sparse.dependence
    monkeypatch.setattr(sparse, "dependence", too_few)
    with pytest.raises(adlib.ArgumentError, match=r"no entry \(\d+, \d+\)"):
        sparse_jacobian(second_differences)(np.arange(1.0, 9.0))


# What is refused.


@pytest.mark.parametrize("mode", ["sideways", 1, ""])
def test_an_unknown_mode_is_refused(mode):
    with pytest.raises(adlib.ArgumentError, match="takes mode as 'forward', 'reverse' or None, but got"):
        sparse_jacobian(np.sin, mode=mode)


@pytest.mark.parametrize("pattern", [np.eye(3), np.ones(3, bool), True, [[1, 0]], np.ones((1, 1, 1), bool), "eye"])
def test_what_is_no_pattern_is_refused_at_once(pattern):
    with pytest.raises(adlib.ArgumentError, match="takes pattern as a boolean array with a row for each result"):
        sparse_jacobian(np.sin, pattern)


def test_a_list_of_rows_is_a_pattern():
    assert sparse_jacobian(np.sin, [[True, False], [False, True]])(np.zeros(2)).toarray().tolist() == [[1, 0], [0, 1]]


def test_a_pattern_may_be_changed_afterwards():
    pattern = np.eye(3, dtype=bool)
    J = sparse_jacobian(np.sin, pattern)
    pattern[:] = False
    assert np.array_equal(J(np.zeros(3)).toarray(), np.eye(3))


@pytest.mark.parametrize("shape", [(3, 4), (2, 3), (4, 4)])
def test_a_pattern_of_another_shape_is_refused(shape):
    with pytest.raises(adlib.ArgumentError, match=r"pattern of shape .*, but the Jacobian has shape \(3, 3\)"):
        sparse_jacobian(np.sin, np.ones(shape, bool))(np.ones(3))


@pytest.mark.parametrize("x", [1.0, np.ones((2, 2)), (np.ones(2), np.ones(2)), [1.0, 2.0], np.float64(1.0), ()])
def test_another_argument_than_one_vector_is_refused(x):
    with pytest.raises(adlib.ArgumentError, match="sparse_jacobian differentiates by one vector, but got"):
        sparse_jacobian(lambda x: x)(x)


@pytest.mark.parametrize("x", [np.arange(3), np.ones(2, complex), "abc", None])
def test_what_has_no_derivative_is_refused(x):
    with pytest.raises(adlib.ArgumentError, match="sparse_jacobian"):
        sparse_jacobian(np.sin)(x)


@pytest.mark.parametrize(
    "f", [np.sum, lambda x: np.outer(x, x), lambda x: (x, x), lambda x: [x], lambda x: {"y": x}, lambda x: 3.0, lambda x: None]
)  # fmt: skip
def test_another_result_than_one_vector_is_refused(f):
    with pytest.raises(adlib.ArgumentError, match="needs a function with one vector as its result, but got"):
        sparse_jacobian(f)(np.ones(3))


def test_inside_another_transformation_it_is_refused():
    def loss(x):
        return np.sum(sparse_jacobian(np.sin)(x).values)

    for transformed in (adlib.grad(loss), adlib.jacfwd(loss), adlib.program(loss)):
        with pytest.raises(adlib.ArgumentError, match="sparse_jacobian was called on a traced value, inside another"):
            transformed(np.ones(3))
    with pytest.raises(adlib.AdlibError):
        adlib.grad(lambda w: np.sum(sparse_jacobian(lambda x: w * x)(np.ones(3)).toarray()))(2.0)
