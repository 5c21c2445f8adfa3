"""Sound functions that look like the faulty ones of the zoo: name -> (function, point)."""

import numpy as np

from tests.adlib.examination.zoo import length


def huber(x):
    return x * x / 2 if abs(x) <= 1 else abs(x) - 0.5


def babylonian_to_the_end(x):
    y = 1.0
    while abs(y * y - x) > 1e-14 * x:
        y = (y + x / y) / 2
    return y


def lecture(w):
    v2 = w[1] * np.log(w[0])
    return v2 + np.sqrt(v2)


def network(w):
    hidden = np.tanh(w[:9].reshape(3, 3) @ np.array([0.5, -1.0, 2.0]))
    return np.sum((w[9:] * hidden) ** 2)


def whole_part_taken_off(x):
    while abs(x) > 1:
        x = x - 1
    return x * x


def asserting(x):
    assert x > 0
    return np.log(x)


def kahan(x):  # rounds alike in two places, and nothing is lost
    u = np.exp(x)
    return (u - 1) * x / np.log(u)


def softmax_sum(x):
    e = np.exp(x - np.max(x))
    return np.sum(e / np.sum(e))


_RELU = np.random.default_rng(7).normal(size=(20, 3))


def rectified_network(w):
    z = _RELU @ w[:9].reshape(3, 3)
    return np.sum((z * (z > 0)) @ w[9:])


SOUND = {
    "whole part, one round more of the same value": (whole_part_taken_off, 5.5),
    "two questions of one line": (lambda x: x if x < 0 else (x * x if x < 1 else 2 * x - 1), 0.939),
    "whole part taken off, squared": (lambda x: (x - np.floor(x)) ** 2, 5.886),
    "raises a little way off": (asserting, 1e-3),
    "Kahan's quotient": (kahan, 1e-9),
    "sum of a softmax": (softmax_sum, np.array([1.0, 2.0, 4.0])),
    "rectified network": (rectified_network, np.random.default_rng(0).normal(size=12)),
    "kink near by": (lambda x: np.maximum(x - 1, 0.0) + x * x, 1 - 1e-5),
    "kink of an entry near by": (lambda x: np.sum(np.abs(x)), np.array([1e-4, 1.0, 2.0])),
    "entries of all sizes": (lambda x: np.sum(np.sqrt(x)), np.array([1e-16, 1e-3, 1.0, 2.0])),
    "bump far off": (lambda x: np.exp(-((x - 1e4) ** 2)), 1e4 + 0.3),
    "many periods off": (lambda x: np.sin(2 * np.pi * x), 1e6 + 0.3),
    "saturated tanh": (np.tanh, 22.0),
    "tail of a bump": (lambda x: np.exp(-x * x / 2), 38.0),
    "zero below": (lambda x: np.exp(-1 / x) if x > 0 else 0.0 * x, 0.0),
    "two zero factors": (np.prod, np.array([0.0, 0.0, 3.0])),
    "an array of no axis": (lambda x: np.exp(x) if isinstance(x, np.ndarray) else np.sin(x), np.array(0.5)),
    "sine": (np.sin, 1.0),
    "sine at a root": (np.sin, np.pi),
    "the lecture's example": (lecture, np.array([2.0, 3.0])),
    "network": (network, np.linspace(-1.0, 1.0, 12)),
    "sinc": (np.sinc, 1e-8),
    "sinc at 0 by where": (lambda x: np.where(x != 0, np.sin(x) / x, 1.0), 0.0),
    "logaddexp": (lambda x: np.logaddexp(0.0, x), 1000.0),
    "Huber's loss where its pieces meet": (huber, 1.0),
    "rectifier elsewhere": (lambda x: np.maximum(x, 0.0), 1.0),
    "length elsewhere": (length, np.array([1.0, 2.0])),
    "Babylonian root to the end": (babylonian_to_the_end, 2.0),
    "branch elsewhere": (lambda x: x**2 if x > 0 else -x, 0.5),
    "a period taken off": (lambda x: np.sin(x - 2 * np.pi * np.round(x / (2 * np.pi))), 3.0),
    "fast oscillation": (lambda x: np.sin(1000 * x), 1.0),
    "square at its minimum": (lambda x: x * x, 0.0),
    "constant": (lambda x: 0.0 * x + 3.0, 1.0),
    "small slope": (lambda x: np.exp(-x * x), 6.0),
    "large slope": (lambda x: 1 / x, 1e-5),
    "rectifier twice": (lambda x: np.maximum(x, 0.0) - np.maximum(-x, 0.0), 0.0),
    "largest, alone": (np.max, np.array([1.0, 3.0, 2.0])),
}
