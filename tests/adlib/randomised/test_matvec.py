"""What the randomised methods say of a product that is none; the same words from each of them."""

import numpy as np
import pytest

import adlib

A = np.array([[2.0, 1.0, 0.0], [1.0, -1.0, 3.0], [0.0, 3.0, 4.0]])

METHODS = {
    "hutchinson": lambda matvec, **kw: adlib.hutchinson(matvec, 3, 0, 6, **kw),
    "hutchinson_diagonal": lambda matvec, **kw: adlib.hutchinson_diagonal(matvec, 3, 0, 6, **kw),
    "hutchpp": lambda matvec, **kw: adlib.hutchpp(matvec, 3, 0, 6, **kw),
    "lanczos": lambda matvec, **kw: adlib.lanczos(matvec, 3, 3, rng=0, **kw),
    "spectral_density": lambda matvec, **kw: adlib.spectral_density(matvec, 3, 0, 2, 3, **kw),
}

WRONG = {
    "a column": (lambda z: (A @ z)[:, None], r"of shape \(3,\) and returned shape \(3, 1\)"),
    "a row too few": (lambda z: (A @ z)[:2], r"of shape \(3,\) and returned shape \(2,\)"),
    "a number": (lambda z: z @ A @ z, r"returned shape \(\)"),
    "the pair of hvp": (
        lambda w: adlib.hvp(lambda x: x @ A @ x / 2, (np.ones(3),), (w,)),
        r"returned a tuple, but a product is one array; of the pair of adlib.hvp take the second",
    ),
    "nothing": (lambda z: None, "returned a NoneType"),
    "complex": (lambda z: A @ z + 0j, "dtype complex128, but the products of a real matrix are real"),
    "objects": (lambda z: (A @ z).astype(object), "dtype object"),
    "nan": (lambda z: np.array([1.0, np.nan, 1.0]), "not finite"),
    "infinite": (lambda z: np.array([1.0, np.inf, 1.0]), "not finite"),
    "too large": (lambda z: 1e306 * np.ones(3), "too large for their sum"),
}


@pytest.mark.parametrize("case", WRONG)
@pytest.mark.parametrize("method", METHODS)
def test_a_wrong_product_is_refused(method, case):
    matvec, words = WRONG[case]
    with pytest.raises(adlib.ArgumentError, match=words):
        METHODS[method](matvec)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("matvec", [A[:2], A[0], "matrix", None, [[1.0]], 3.0])
def test_what_is_neither_a_function_nor_a_matrix(method, matvec):
    with pytest.raises(adlib.ArgumentError, match=r"of shape \(3, 3\), but got a .*; write matvec=lambda z: A @ z"):
        METHODS[method](matvec)


@pytest.mark.parametrize("method", ["hutchinson", "hutchinson_diagonal", "hutchpp"])
def test_a_block_keeps_its_shape(method):
    with pytest.raises(adlib.ArgumentError, match=r"of shape \(3, \d\) and returned shape \(\d, 3\)"):
        METHODS[method](lambda Z: (A @ Z).T if Z.shape != (3, 3) else np.ones((2, 3)), batched=True)


@pytest.mark.parametrize("method", ["hutchinson", "hutchinson_diagonal", "hutchpp", "spectral_density"])
@pytest.mark.parametrize("dtype", [int, complex, bool])
def test_vectors_are_floats(method, dtype):
    with pytest.raises(adlib.ArgumentError, match=r"write dtype=np.float32 or dtype=np.float64"):
        METHODS[method](A, dtype=dtype)


@pytest.mark.parametrize("method", ["hutchinson", "hutchinson_diagonal", "hutchpp"])
@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"n": 0}, "takes n as an integer of at least 1, but got 0"),
        ({"m": 0}, "takes m as an integer (of at least 1|from 3 to 9), but got 0"),
        ({"rng": None}, "takes rng as a seed"),
        ({"distribution": "uniform"}, "distribution 'uniform'"),
    ],
)
def test_arguments_are_refused_before_the_first_product(method, arguments, words):
    def product(z):
        raise AssertionError("a product was taken")

    with pytest.raises(adlib.ArgumentError, match=words):
        getattr(adlib, method)(**{"matvec": product, "n": 3, "rng": 0, "m": 3} | arguments)
