"""The report of what is held: numbers, words, and what it leaves behind."""

import tracemalloc

import numpy as np
import pytest

import adlib
from adlib import checkpoint_chain, grad, schedules
from adlib.memory.report import _size
from tests.adlib.memory.cases import SCHEDULES, Mine, W, X, looped


def test_a_report_in_numbers_and_words():
    x = np.linspace(0.5, 1.0, 10_000)

    def loss(x, schedule):
        return np.sum(checkpoint_chain(lambda x, i: np.sin(np.sin(x)), x, 16, schedule=schedule))

    plain = adlib.memory_report(lambda x: np.sum(looped(lambda x, i: np.sin(np.sin(x)))(x, range(16))), x)
    assert (plain.arrays, plain.bytes, plain.largest, plain.largest_bytes) == (31, 31 * x.nbytes, (10_000,), x.nbytes)
    assert (plain.steps, plain.recomputed, plain.slots, plain.tapes) == (0, 0, 0, 0)
    assert "held for the way back: 31 arrays, 2.48 MB; the largest has shape (10000,) and 80 kB" in str(plain)
    assert "nothing is run again" in str(plain)
    for schedule in SCHEDULES:
        report = adlib.memory_report(lambda x: loss(x, schedule), x)  # noqa: B023
        found = schedules.simulate(schedule, 16)
        assert (report.steps, report.recomputed) == (16, found.advances)
        assert (report.slots, report.tapes) == (found.peak_slots, found.peak_tapes)
        assert report.bytes == report.arrays * x.nbytes <= plain.bytes
        assert report.bytes < report.peak_bytes < plain.peak_bytes * 1.1
        many = lambda n, noun: f"{n} {noun}{'' if n == 1 else 's'}"  # noqa: E731
        assert f"16 steps, {many(found.advances, 'step')} run again" in str(report)
        assert f"at most {many(found.peak_slots, 'state')} in slots" in str(report)


def test_a_report_of_little():
    report = adlib.memory_report(lambda x: x + 1.0, 2.0)
    assert (report.arrays, report.bytes, report.largest, report.largest_bytes) == (0, 0, None, 0)
    assert str(report).startswith("held for the way back: 0 arrays, 0 bytes\n")
    report = adlib.memory_report(lambda p: {"a": p["w"] @ p["x"], "n": 3}, {"w": W, "x": X})
    # The factors are the arguments themselves.
    assert report.arrays == 0
    data = np.ones(1000)
    assert adlib.memory_report(lambda x: np.sum(x * data), np.ones(1000)).arrays == 0
    assert data.flags.writeable


def test_sizes_are_rounded_to_the_next_unit():
    sizes = [_size(n) for n in (0, 999, 1000, 999_499, 999_950, 10**9, 2 * 10**12)]
    assert sizes == ["0 bytes", "999 bytes", "1 kB", "999 kB", "1 MB", "1 GB", "2e+03 GB"]


def test_a_report_refuses_and_cleans_up():
    with pytest.raises(adlib.ArgumentError, match="memory_report was called on a traced value"):
        grad(lambda x: adlib.memory_report(np.sin, x).bytes * x)(1.0)
    with pytest.raises(adlib.ArgumentError, match="memory_report needs real inputs"):
        adlib.memory_report(np.sin, 1)

    def fail(x):
        raise Mine

    with pytest.raises(Mine):
        adlib.memory_report(fail, 1.0)
    assert not tracemalloc.is_tracing()
    tracemalloc.start()
    try:
        adlib.memory_report(np.sin, 1.0)
        assert tracemalloc.is_tracing()
    finally:
        tracemalloc.stop()


A = np.eye(3) / 2
NOTHING = {  # the other factor is a constant, which is there anyway
    "A @ x": lambda x: A @ x,
    "x @ A": lambda x: x @ A,
    "np.dot(A, x)": lambda x: np.dot(A, x),
    "np.dot(x, A)": lambda x: np.dot(x, A),
    "np.matmul(x, A)": lambda x: np.matmul(x, A),
    "convolve": lambda x: np.convolve(x, A[0], "same"),
    "c * x": lambda x: A[0] * x,
    "x + c": lambda x: x + A[0],
    "c - x": lambda x: A[0] - x,
    "x / c": lambda x: x / (1.0 + A[0]),
    "-x": lambda x: -x,
    "reshape": lambda x: np.reshape(x, (3,)),
    "x[::-1]": lambda x: x[::-1],
    "sum": lambda x: np.broadcast_to(np.sum(x), (3,)),
    "stack": lambda x: np.stack([x[0], x[2], x[1]]),
}
ONE = {
    "exp": np.exp, "sqrt": lambda x: np.sqrt(x), "tanh": np.tanh, "sin": np.sin, "square": np.square,
    "x**2": lambda x: x**2, "x * x": lambda x: x * x, "c / x": lambda x: A[0] / x,
}  # fmt: skip


@pytest.mark.parametrize("name", [*NOTHING, *ONE])
def test_a_rule_keeps_what_it_needs_and_no_more(name):
    """Forty times the same operation: as many arrays of three numbers as it needs, the arguments left out."""
    operation = (NOTHING | ONE)[name]

    def forty(x):
        for _ in range(40):
            x = operation(x)
        return np.sum(x)

    with np.errstate(all="ignore"):
        report = adlib.memory_report(forty, np.full(3, 0.25))
    expected = 0 if name in NOTHING else 40 if name in ("exp", "sqrt", "tanh", "c / x") else 39
    assert report.bytes // 24 == expected
