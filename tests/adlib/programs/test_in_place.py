"""The second rendering computes the same and holds no array longer than it must."""

import tracemalloc

import numpy as np
import pytest

import adlib

from .test_listings import network

N = 2000  # entries: enough to be written over
X = np.linspace(0.1, 1.0, N)


def chain(x):
    y = x
    for _ in range(5):
        y = np.sin(y) * 1.01 + 0.1 * x
    return np.sum(y * y)


def views(x):
    y = np.sin(x)
    z = y.reshape(2, -1)
    y = y * 2.0  # z still looks at the old one
    return np.sum(z[0] * z[1]) + np.sum(y)


def used_twice(x):
    y = np.exp(x)
    return np.sum(y + y * y - y)


def results(x):
    y = np.sin(x)
    return y, y * 2.0, np.cos(y * 2.0)


def places(x):
    y = np.sin(x)
    return np.sum(y[3:9] * y[1:7]) + y[5] * y[7] + np.sum(y[np.array([0, 0, 3])] ** 2) + np.sum(y)


FUNCTIONS = {f.__name__: f for f in (chain, views, used_twice, places)}


@pytest.mark.parametrize("name", FUNCTIONS)
@pytest.mark.parametrize("kind", ["plain", "gradient", "hvp"])
def test_both_renderings_give_the_bits_of_the_function(name, kind):
    f = FUNCTIONS[name]
    g = {
        "plain": f,
        "gradient": adlib.grad(f),
        "hvp": lambda x: adlib.hvp(f, (x,), (np.cos(X),))[1],
    }[kind]
    p = adlib.program(g)(X)
    other = np.linspace(-1.0, 0.7, N)
    before = other.copy()
    expected = g(other)
    for found in (p(other), p.function(other), p(other)):
        np.testing.assert_array_equal(found, expected)
    np.testing.assert_array_equal(other, before)


def test_results_are_not_written_over():
    p = adlib.program(results)(X)
    for found, expected in zip(p(X), results(X), strict=True):
        np.testing.assert_array_equal(found, expected)


def test_it_deletes_and_writes_over():
    text = adlib.program(adlib.grad(chain))(X).text_in_place
    assert "out=" in text and "del " in text
    small = adlib.program(adlib.grad(chain))(X[:10]).text_in_place
    assert "out=" not in small and "del " in small


def test_constants_and_arguments_are_never_written_over():
    c = np.linspace(1.0, 2.0, N)
    p = adlib.program(lambda x: (x + c) * c)(X)
    p(X)
    np.testing.assert_array_equal(c, np.linspace(1.0, 2.0, N))
    np.testing.assert_array_equal(p.constants["c1"], c)
    np.testing.assert_array_equal(X, np.linspace(0.1, 1.0, N))


def peak(call):
    call()
    tracemalloc.start()
    call()
    found = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return found


@pytest.mark.parametrize("kind", ["gradient", "hvp"])
def test_its_peak_is_below_that_of_tracing(kind):
    rng = np.random.default_rng(0)
    weights = rng.random((6, 400)), rng.random(400), rng.random((400, 3)), rng.random(3)
    gradient = adlib.grad(network, argnums=(0, 1, 2, 3))
    f = gradient if kind == "gradient" else lambda *w: adlib.hvp(network, w, weights)[1]
    p = adlib.program(f)(*weights)
    assert peak(lambda: p(*weights)) < peak(lambda: f(*weights))
