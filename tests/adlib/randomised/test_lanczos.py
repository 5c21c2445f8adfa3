"""Lanczos against `eigh`, with faults planted in it; the end in an invariant subspace; asymmetry; errors."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import adlib
from adlib.randomised.lanczos import LanczosResult


def symmetric(n, seed=0):
    A = np.random.default_rng(seed).standard_normal((n, n))
    return A + A.T


def hard_spectrum():
    """A few isolated eigenvalues, which Lanczos finds soon, above a dense part."""
    eigenvalues = np.append(np.linspace(0.0, 1.0, 195), [5.0, 10.0, 20.0, 50.0, 100.0])
    Q, _ = np.linalg.qr(np.random.default_rng(1).standard_normal((200, 200)))
    A = (Q * eigenvalues) @ Q.T
    return (A + A.T) / 2, eigenvalues


def faults(result, A):
    """What is wrong with a projection of A, in words."""
    Q, T = result.basis, result.T
    steps, size = len(T), np.linalg.norm(A, 2)
    found = []
    if np.max(np.abs(Q.T @ Q - np.eye(steps))) > 1e-12:
        found.append("the basis is not orthonormal")
    if np.max(np.abs(Q.T @ A @ Q - T)) > 1e-12 * size:
        found.append("T is not Q^T A Q")
    remainder = np.linalg.norm(A @ Q - Q @ T, axis=0)
    if np.max(remainder[:-1], initial=0) > 1e-12 * size or abs(remainder[-1] - result.residual) > 1e-12 * size:
        found.append("A Q - Q T is not the residual")
    values, exact = np.linalg.eigvalsh(T), np.linalg.eigvalsh(A)
    large = exact[exact > 2 * np.median(exact) + 1]
    if np.sum(values > 2 * np.median(exact) + 1) > len(large):
        found.append("an eigenvalue was found twice")
    return found


def plain_recurrence(A, start, k):
    """The textbook's three-term recurrence: each vector orthogonal to the two before it only."""
    q, previous, beta = start / np.linalg.norm(start), np.zeros(len(start)), 0.0
    basis, alphas, betas = [], [], []
    for _ in range(k):
        w = A @ q - beta * previous
        alpha = q @ w
        w = w - alpha * q
        basis.append(q)
        alphas.append(alpha)
        beta = np.linalg.norm(w)
        betas.append(beta)
        q, previous = w / beta, q
    return LanczosResult(np.array(alphas), np.array(betas[:-1]), np.array(basis).T, betas[-1], False, k)


def test_the_basis_stays_orthonormal():
    A, _ = hard_spectrum()
    for k in (1, 2, 30, 100, 200):
        result = adlib.lanczos(A, 200, k, rng=0)
        assert faults(result, A) == []
        assert result.basis.shape == (200, k) and result.evaluations == k
        assert np.all(result.off_diagonal > 0)


def test_the_plain_recurrence_is_found_out():
    A, _ = hard_spectrum()
    start = np.random.default_rng(0).standard_normal(200)
    assert faults(adlib.lanczos(A, start, 80), A) == []
    found = faults(plain_recurrence(A, start, 80), A)
    assert {"the basis is not orthonormal", "T is not Q^T A Q", "an eigenvalue was found twice"} <= set(found)


def test_a_wrong_residual_is_found_out():
    A = symmetric(10)
    right = adlib.lanczos(A, 10, 4, rng=0)
    wrong = LanczosResult(right.diagonal, right.off_diagonal, right.basis, 2 * right.residual, False, 4)
    assert faults(wrong, A) == ["A Q - Q T is not the residual"]


@pytest.mark.parametrize("n", [1, 2, 3, 50])
def test_all_steps_give_all_eigenvalues(n):
    A = symmetric(n)
    result = adlib.lanczos(lambda z: A @ z, n, n, rng=0)
    values, vectors, bounds = result.ritz()
    np.testing.assert_allclose(values, np.linalg.eigvalsh(A), atol=1e-12 * n)
    np.testing.assert_allclose(A @ vectors, vectors * values, atol=1e-12 * n)
    assert result.invariant and np.max(bounds) < 1e-11


def test_the_ends_of_the_spectrum_come_first_and_the_bounds_hold():
    A, exact = hard_spectrum()
    values, _, bounds = adlib.lanczos(A, 200, 40, rng=0).ritz()
    np.testing.assert_allclose(values[-5:], exact[-5:], rtol=1e-12)
    assert abs(values[0] - exact[0]) < 1e-2
    distance = np.min(np.abs(values[:, None] - exact), axis=1)
    assert np.all(distance <= bounds + 1e-12)
    assert np.any(distance > 1e-5)


@pytest.mark.parametrize("k", [1, 2, 5, 9])
def test_the_bounds_are_the_residuals_of_the_ritz_vectors(k):
    A = symmetric(9)
    values, vectors, bounds = adlib.lanczos(A, 9, k, rng=0).ritz()
    np.testing.assert_allclose(bounds, np.linalg.norm(A @ vectors - vectors * values, axis=0), rtol=1e-10, atol=1e-13)


def test_the_start_may_have_any_length():
    A, start = symmetric(6), np.arange(1.0, 7.0)
    one = adlib.lanczos(A, start, 4)
    np.testing.assert_allclose(one.basis[:, 0], start / np.linalg.norm(start), rtol=1e-15)
    for other in (1e200 * start, 1e-300 * start, start.astype(int), jnp.asarray(start)):
        np.testing.assert_allclose(adlib.lanczos(A, other, 4).T, one.T, atol=1e-6)
    np.testing.assert_allclose(adlib.lanczos(A, 1e200 * start, 4).T, one.T, atol=1e-13)


def test_a_random_start_is_that_of_its_seed():
    A = symmetric(5)
    start = adlib.random_directions("sphere", 1, 5, rng=3)[0]
    np.testing.assert_array_equal(adlib.lanczos(A, 5, 3, rng=3).T, adlib.lanczos(A, start, 3).T)
    rng = np.random.default_rng(3)
    np.testing.assert_array_equal(adlib.lanczos(A, 5, 3, rng=rng).T, adlib.lanczos(A, start, 3).T)


# Invariant subspaces


@pytest.mark.parametrize("form", ["matrix", "factors"])
@pytest.mark.parametrize("rank", [0, 1, 3, 10])
def test_a_matrix_of_low_rank_ends_the_iteration(rank, form):
    U = np.random.default_rng(rank).standard_normal((60, rank))
    A = U @ U.T
    result = adlib.lanczos(A if form == "matrix" else lambda z: U @ (U.T @ z), 60, 30, rng=0)
    # The range and the part of the start outside; one step more where rounding errors have grown beyond 2e-12.
    assert result.invariant and len(result.T) in (rank + 1, rank + 2)
    assert result.residual <= 2e-12 * np.linalg.norm(A, 2)
    assert faults(result, A) == []
    values, _, bounds = result.ritz()
    np.testing.assert_allclose(values, np.linalg.eigvalsh(A)[-len(values) :], atol=1e-10)
    assert np.max(bounds) < 1e-10


def test_an_eigenvector_as_the_start():
    A = symmetric(20)
    values, vectors = np.linalg.eigh(A)
    for i in (0, 10, 19):
        result = adlib.lanczos(A, vectors[:, i], 15)
        assert result.invariant and result.T.shape == (1, 1) and result.evaluations < 15
        assert result.T[0, 0] == pytest.approx(values[i], rel=1e-12)
    result = adlib.lanczos(A, vectors[:, [2, 5, 7]].sum(axis=1), 15)
    assert result.invariant
    np.testing.assert_allclose(result.ritz()[0], values[[2, 5, 7]], rtol=1e-11)


def test_what_counts_as_zero():
    """A tridiagonal matrix, which Lanczos reproduces, with one link of 5e-12: no rounding decides."""
    links = np.ones(19)
    links[4] = 5e-12
    A = np.diag(np.linspace(-1, 2, 20)) + np.diag(links, 1) + np.diag(links, -1)
    start = np.eye(20)[0]
    strict = adlib.lanczos(A, start, 15)
    assert not strict.invariant and faults(strict, A) == []
    np.testing.assert_allclose(strict.off_diagonal, links[:14], rtol=1e-9)
    loose = adlib.lanczos(A, start, 15, tolerance=1e-10)
    assert loose.invariant
    np.testing.assert_allclose(loose.ritz()[0], np.linalg.eigvalsh(A[:5, :5]), rtol=1e-10)
    for bad in (0.0, -1.0, np.nan, "1e-10"):
        with pytest.raises(adlib.ArgumentError, match="lanczos takes tolerance as a positive, finite number"):
            adlib.lanczos(A, start, 15, tolerance=bad)


def test_a_start_that_the_matrix_sends_to_rounding_errors():
    """The first product is noise; that it is, only the second one tells."""
    A = symmetric(20)
    start = np.random.default_rng(0).standard_normal(20)
    q = start / np.linalg.norm(start)
    P = np.eye(20) - np.outer(q, q)
    A = P @ A @ P
    assert 0 < np.linalg.norm(A @ q) < 1e-14
    result = adlib.lanczos(A, start, 10)
    assert result.invariant and result.T.shape == (1, 1) and result.evaluations == 2
    assert abs(result.T[0, 0]) < 1e-14


def test_one_start_finds_one_copy_of_an_eigenvalue():
    result = adlib.lanczos(np.diag([1.0, 1.0, 2.0, 2.0, 2.0, 7.0]), np.ones(6), 6)
    assert result.invariant
    np.testing.assert_allclose(result.ritz()[0], [1.0, 2.0, 7.0], rtol=1e-13)
    assert len(adlib.lanczos(np.eye(9), 9, 9, rng=0).T) == 1


def test_an_unfinished_iteration_says_so():
    result = adlib.lanczos(symmetric(20), 20, 5, rng=0)
    assert not result.invariant and result.residual > 0.1
    assert repr(result) == "LanczosResult(n=20, steps=5, invariant=False)"


# Symmetry


@pytest.mark.parametrize("size", [1.0, 1e-3])
def test_a_matrix_that_is_not_symmetric_is_refused(size):
    A = symmetric(12)
    K = np.random.default_rng(5).standard_normal((12, 12))
    for wrong in (A + size * (K - K.T), A + size * 12 * np.eye(12, k=3)):
        with pytest.raises(adlib.ArgumentError, match=r"needs a symmetric matrix, but <q, A r> and <A q, r> differ"):
            adlib.lanczos(wrong, 12, 8, rng=0)


def test_a_rotation_is_refused_in_the_second_step():
    rotation = np.array([[0.0, -1.0], [1.0, 0.0]])
    with pytest.raises(adlib.ArgumentError, match=r"differ by 2\.0e\+00"):
        adlib.lanczos(rotation, np.array([1.0, 0.0]), 2)


@pytest.mark.parametrize("noise", [1e-12, 1e-6])
def test_products_with_noise_are_not_refused(noise):
    A, rng = symmetric(30), np.random.default_rng(0)
    result = adlib.lanczos(lambda z: A @ z + noise * rng.standard_normal(30), 30, 30, rng=0)
    np.testing.assert_allclose(result.ritz()[0], np.linalg.eigvalsh(A), atol=30 * noise)
    assert result.invariant  # the whole space is, whatever the noise


def tf32(x):
    """Float32 with the ten bits that a graphics processor multiplies."""
    bits = np.asarray(x, np.float32).view(np.uint32)
    return ((bits + np.uint32(0x1000)) & np.uint32(0xFFFFE000)).view(np.float32)


@pytest.mark.parametrize("n", [5, 20, 50, 200])
def test_products_with_ten_bits_are_not_refused(n):
    """By the default of JAX on a graphics processor: float32 in and out, TF32 in between."""
    for seed in range(10):
        A = tf32(symmetric(n, seed))
        result = adlib.lanczos(lambda z, A=A: A @ tf32(z), np.ones(n, np.float32), min(n, 40))
        size = np.linalg.norm(A, 2)
        assert np.max(np.abs(result.ritz()[0])) == pytest.approx(size, rel=2e-3 if n < 200 else 0.2)


def test_asymmetry_of_single_precision_is_refused():
    A = symmetric(12).astype(np.float32)
    K = np.random.default_rng(5).standard_normal((12, 12)).astype(np.float32)
    with pytest.raises(adlib.ArgumentError, match="needs a symmetric matrix"):
        adlib.lanczos(A + np.float32(0.05) * (K - K.T), np.ones(12, np.float32), 8)


# Types and sizes


@pytest.mark.parametrize("scale", [2.0**990, 2.0**-960])
def test_huge_and_tiny_matrices(scale):
    A = symmetric(8)
    one, scaled = adlib.lanczos(A, 8, 8, rng=0), adlib.lanczos(scale * A, 8, 8, rng=0)
    np.testing.assert_allclose(scaled.T / scale, one.T, atol=1e-12)
    np.testing.assert_allclose(scaled.ritz()[0] / scale, one.ritz()[0], atol=1e-12)
    assert scaled.invariant


def test_products_with_fewer_digits_than_others_count_as_zero():
    """Below the smallest normal number: what is left of a vector there is rounding, and so is an asymmetry."""
    result = adlib.lanczos(1e-310 * symmetric(6), 6, 4, rng=0)
    assert result.invariant and result.T.shape == (1, 1)
    K = np.random.default_rng(5).standard_normal((6, 6))
    result = adlib.lanczos(1e-305 * symmetric(6) + 2e-309 * (K - K.T), 6, 4, rng=0)
    assert not result.invariant and result.T.shape == (4, 4)


def test_the_whole_space_is_invariant_and_less_is_not():
    A = symmetric(7)
    assert [adlib.lanczos(A, 7, k, rng=0).invariant for k in range(1, 8)] == [False] * 6 + [True]
    result = adlib.lanczos(A, 7, 7, rng=0, tolerance=1e-300)
    assert result.invariant and result.residual > 1e-300 * np.linalg.norm(A, 2)  # not zero, but nothing is outside


def test_single_precision_by_numpy_and_by_jax():
    A = symmetric(10)
    exact = np.linalg.eigvalsh(A)
    seen = set()

    def product(z):
        seen.add(z.dtype)
        return A.astype(np.float32) @ z

    start = np.ones(10, np.float32)
    result = adlib.lanczos(product, start, 10)
    assert seen == {np.dtype("float32")} and result.basis.dtype == result.diagonal.dtype == float
    np.testing.assert_allclose(result.ritz()[0], exact, atol=1e-5)
    np.testing.assert_allclose(result.basis.T @ result.basis, np.eye(10), atol=1e-13)
    with jax.enable_x64(False):
        loss = lambda w: w @ jnp.asarray(A) @ w / 2  # noqa: E731
        hessian = lambda z: jax.jvp(jax.grad(loss), (jnp.ones(10),), (z,))[1]  # noqa: E731
        result = adlib.lanczos(hessian, jnp.ones(10), 10)
    np.testing.assert_allclose(result.ritz()[0], exact, atol=1e-5)
    U = np.random.default_rng(0).standard_normal((40, 2)).astype(np.float32)
    low = adlib.lanczos(lambda z: U @ (U.T @ z), np.ones(40, np.float32), 20)
    assert low.invariant and len(low.T) == 3


def test_integer_products():
    A = np.array([[2, 1], [1, 3]])
    values = adlib.lanczos(lambda z: (A @ z).astype(int), np.array([1.0, 0.0]), 2).ritz()[0]
    np.testing.assert_allclose(values, np.linalg.eigvalsh(A), rtol=1e-14)


@pytest.mark.parametrize("k", [0, 7, 2.0, None])
def test_the_number_of_steps(k):
    with pytest.raises(adlib.ArgumentError, match="lanczos takes k as an integer from 1 to 6, but got"):
        adlib.lanczos(symmetric(6), 6, k, rng=0)


@pytest.mark.parametrize("start", [np.ones((3, 1)), 1.5, [], [[1.0]], np.ones(3, complex), "abc", None])
def test_a_start_that_is_no_vector(start):
    with pytest.raises(adlib.ArgumentError, match="starts from a real vector of shape"):
        adlib.lanczos(np.eye(3), start, 1)


@pytest.mark.skipif(np.finfo(np.longdouble).max == np.finfo(float).max, reason="longdouble is double here")
@pytest.mark.parametrize("size", ["1e-4000", "1e4000"])
def test_a_start_that_double_precision_does_not_hold(size):
    with pytest.raises(adlib.ArgumentError, match="finite and not zero"):
        adlib.lanczos(np.eye(3), np.full(3, np.longdouble(size)), 1)


@pytest.mark.parametrize("start", [np.zeros(3), [1.0, np.nan, 0.0], [np.inf, 0.0, 0.0]])
def test_a_start_without_a_direction(start):
    with pytest.raises(adlib.ArgumentError, match="finite and not zero"):
        adlib.lanczos(np.eye(3), start, 1)


def test_a_random_start_needs_a_seed():
    with pytest.raises(adlib.ArgumentError, match="got no rng; write rng=0, or pass a vector"):
        adlib.lanczos(np.eye(3), 3, 1)
    with pytest.raises(adlib.ArgumentError, match="takes start as an integer of at least 1, but got 0"):
        adlib.lanczos(np.eye(3), 0, 1, rng=0)


def test_a_residual_as_small_as_the_smallest_number_counts_as_zero():
    tiny = np.finfo(float).tiny
    result = adlib.lanczos(np.array([[0.0, tiny], [tiny, 0.0]]), np.array([1.0, 0.0]), 2)
    assert result.invariant and result.T.shape == (1, 1) and result.residual == tiny
    assert adlib.lanczos(np.array([[0.0, 2 * tiny], [2 * tiny, 0.0]]), np.array([1.0, 0.0]), 2).T.shape == (2, 2)
