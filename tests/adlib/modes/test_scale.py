"""Long programs: time and memory in proportion to their length, and no recursion."""

import sys
import tracemalloc

import numpy as np
import pytest

import adlib
from adlib.modes import reverse
from adlib.modes.reverse import ReverseTrace
from adlib.rules import indexing


def test_forty_doublings():
    def f(x):
        for _ in range(40):
            x = x + x
        return x

    assert adlib.grad(f)(1.0) == 2.0**40
    assert adlib.derivative(f)(1.0) == 2.0**40
    graph = adlib.make_graph(f)(1.0)
    assert len(graph.nodes) == 41
    assert list(graph.forward(1.0))[-1].tangent == 2.0**40
    assert adlib.grad(adlib.grad(lambda x: f(x) * x))(1.0) == 2.0**41


def chain(n):
    def f(x):
        for _ in range(n // 2):
            x = x * 0.999999
            x = x + 0.000001
        return x

    return f


def test_a_million_operations():
    n = 1_000_000
    assert sys.getrecursionlimit() < n
    assert adlib.grad(chain(n))(1.0) == pytest.approx(0.999999 ** (n // 2), rel=1e-9)


def peak_bytes(call):
    tracemalloc.start()
    try:
        call()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def powers(n):
    def f(x):
        y = x
        for _ in range(n):
            y = y * x
        return y

    return f


# Bytes an operation on numbers, as the docstring of ReverseTrace says.
STATED = {chain: 180, powers: 250}


@pytest.mark.parametrize("program", STATED)
def test_memory_is_linear_and_as_stated(program):
    peaks = [peak_bytes(lambda: adlib.grad(program(n))(1.0)) / n for n in (10_000, 20_000)]  # noqa: B023
    assert peaks[1] == pytest.approx(peaks[0], rel=0.1)
    assert f"about {STATED[program]}" in " ".join(ReverseTrace.__doc__.split())
    assert peaks[1] == pytest.approx(STATED[program], rel=0.2)


def test_forward_mode_keeps_nothing():
    peaks = [peak_bytes(lambda: adlib.jvp(chain(n), (1.0,), (1.0,))) for n in (1_000, 20_000)]  # noqa: B023
    assert peaks[1] < peaks[0] + 5_000


def test_the_walk_back_keeps_no_array_that_has_done_its_work():
    """Rosenbrock's function holds four arrays for the way back; on it three more live at one time."""

    def f(x):
        bend = x[1:] - x[:-1] * x[:-1]
        offset = 1.0 - x[:-1]
        return np.sum(100.0 * bend * bend + offset * offset)

    x = np.linspace(-1.0, 1.0, 100_000)
    assert peak_bytes(lambda: adlib.grad(f)(x)) / x.nbytes < 7.1
    assert peak_bytes(lambda: adlib.hvp(f, (x,), (x,))) / x.nbytes < 14.1


def test_a_tape_keeps_what_the_derivatives_need_and_no_more():
    x = np.ones(100_000)
    size = x.nbytes

    def kept(f):
        f(x)
        tracemalloc.start()
        try:
            pullback = adlib.vjp(f, x)[1]  # noqa: F841
            return tracemalloc.get_traced_memory()[0]
        finally:
            tracemalloc.stop()

    inputs = kept(lambda x: np.sum(x)) + size / 2

    def sums(x):
        for _ in range(10):
            x = 2.0 + (x + x) - 1.0
        return np.sum(x)

    def sines(x):
        for _ in range(10):
            x = np.sin(x)
        return np.sum(x)

    # Sums keep nothing; each sine keeps its argument, the first of which is the input.
    assert kept(sums) < inputs
    assert 9 * size < kept(sines) - inputs + size < 11 * size


def test_a_loop_over_entries_is_linear(monkeypatch):
    # One entry an access, and one entry written in the backward sweep: not one array.
    made = []
    zeros = np.zeros

    class Numpy:
        def __getattr__(self, name):
            return getattr(np, name)

        def zeros(self, shape, *args, **kwargs):
            made.append(int(np.prod(shape)))
            return zeros(shape, *args, **kwargs)

    monkeypatch.setattr(reverse, "np", Numpy())
    monkeypatch.setattr(indexing, "np", Numpy())

    def f(x):
        total = 0.0
        for i in range(len(x)):
            total = total + x[i] * x[i - 1]
        return total

    entries = {}
    for n in (100, 200):
        made.clear()
        x = np.linspace(0.0, 1.0, n)
        g = adlib.grad(f)(x)
        np.testing.assert_allclose(g, np.roll(x, 1) + np.roll(x, -1))
        entries[n] = sum(made)
    assert entries[200] <= 2 * 200 + 10, f"the backward sweep made arrays of {entries} numbers"

    monkeypatch.undo()
    graph = adlib.make_graph(f)(np.ones(50))
    assert len(graph.nodes) == 1 + 4 * 50


def test_stacking_many_scalars_is_linear():
    f = lambda x: np.sum(np.stack([x[i] * 2.0 for i in range(len(x))]))  # noqa: E731
    peaks = [peak_bytes(lambda: adlib.grad(f)(np.ones(n))) / n for n in (500, 2000)]  # noqa: B023
    assert peaks[1] < 1.5 * peaks[0]


def test_a_graph_of_ten_thousand_nodes():
    graph = adlib.make_graph(chain(10_000))(1.0)
    assert len(graph.nodes) == 10_001
    steps = list(graph.forward(1.0))
    assert steps[-1].tangent == pytest.approx(adlib.derivative(chain(10_000))(1.0), rel=1e-15)
    assert graph.text().count("\n") == 10_000
    assert graph.dot().count("->") == 10_000
    assert graph.op_counts() == {"multiply": 5_000, "add": 5_000}
    assert graph.children(5) == (6,)
