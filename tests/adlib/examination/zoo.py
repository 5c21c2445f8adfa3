"""Functions whose derivative goes wrong, each with the kind of trouble and the line it comes from, and sound ones that look alike.

The line is marked ``# <-``.  FAULTY: name -> (function, point, kind); SOUND: name -> (function, point).
"""

import math

import numpy as np

import adlib

_NOISE = np.random.default_rng(0)


def sine_quotient(x):
    top = np.sin(x)
    return top / x  # <-


def one_minus_cosine(x):
    c = 1 - np.cos(x)  # <-
    return c / x**2


def exponential_quotient(x):
    top = np.exp(x) - 1  # <-
    return top / x


def root_of_quadratic(b):
    root = np.sqrt(b * b - 4)
    return (-b + root) / 2  # <-


def log_of_sum(x):
    return np.log(1 + np.exp(x))  # <-


def plain_softmax(x):
    e = np.exp(x)  # <-
    return e[0] / np.sum(e)


def root_of_square(x):
    y = x**4
    return np.sqrt(y)  # <-


def bump(x):
    y = 1 / x**2  # <-
    return np.exp(-y)


def length(x):
    return np.sqrt(np.sum(x**2))  # <-


def special_point(x):
    if x == 0:  # <-
        return 0.0 * x
    return 1.0 * x


def special_entry(x):
    return np.sum(np.where(x == 0, 0.0, np.sin(x)))  # <-


def sine_by_series(x):
    term = total = x
    n = 1
    while abs(term) > 1e-3:  # <-
        term = -term * x * x / ((n + 1) * (n + 2))
        total = total + term
        n += 2
    return total


def babylonian(x):
    y = 1.0
    while abs(y * y - x) > 1e-3:  # <-
        y = (y + x / y) / 2
    return y


def geometric(x):
    total, power = 0.0, 1.0
    while power > 1e-4:  # <-
        total = total + power
        power = power * x
    return total


def bisection(x):
    low, high = 0.0 * x, 4.0 + 0.0 * x
    for _ in range(40):
        middle = (low + high) / 2
        if middle * middle > x:  # <-
            high = middle
        else:
            low = middle
    return (low + high) / 2


def logistic(x):
    for _ in range(100):
        x = 4 * x * (1 - x)  # <-
    return x


def iterated_cosine(x):
    for _ in range(30):
        x = np.cos(20 * x)  # <-
    return x


def absolute(x):
    return x + abs(x)  # <-


def rectified(x):
    y = np.maximum(x, 0.0)  # <-
    return np.sum(y)


def rectified_by_branch(x):
    if x > 0:  # <-
        return 1.0 * x
    return 0.0 * x


def largest(x):
    return np.max(x)  # <-


def two_rates(x):
    if x > 1:  # <-
        return 2 * x
    return 1.0 * x


def rounded(x):
    y = np.round(50 * x)  # <-
    return x * x + y


def in_cents(x):
    return np.floor(100 * x) / 100  # <-


def share_above(x):
    return np.mean(x > 0.3)  # <-


def held(x):
    return x * adlib.stop_gradient(x)  # <-


@adlib.primitive
def cube(x):
    return x**3


adlib.elementwise(cube, lambda x: x**2)  # a factor is lost


def with_wrong_rule(x):
    y = cube(x)  # <-
    return y + x


@adlib.primitive
def halves(x):
    return np.sum(x) / 2


adlib.rule(
    halves,
    jvp=lambda y, x, tangents: np.sum(tangents[0]) / 2,
    vjp=lambda g, y, x: (g * np.ones_like(x),),
)


def with_wrong_transpose(x):
    return np.sin(halves(x))  # <-


def root(x):
    return np.sqrt(x)  # <-


def angle(x):
    return np.arccos(x)  # <-


def noisy(x):
    return x + _NOISE.normal()


def by_math(x):
    return math.sin(x) + x  # <-


def single_inside(x):
    y = x.astype(np.float32)  # <-
    return np.sum(y * y)


FAULTY = {
    "sine quotient": (sine_quotient, 1e-8, "cancellation"),
    "sine quotient, less near": (sine_quotient, 1e-5, "cancellation"),
    "one minus cosine": (one_minus_cosine, 1e-5, "cancellation"),
    "exponential quotient": (exponential_quotient, 1e-9, "cancellation"),
    "root of a quadratic": (root_of_quadratic, 1e8, "cancellation"),
    "logarithm of a sum": (log_of_sum, 1000.0, "value not finite"),
    "softmax": (plain_softmax, np.array([1000.0, 1.0]), "value not finite"),
    "root of a square": (root_of_square, 0.0, "infinity times zero"),
    "bump": (bump, np.float64(0.0), "infinity times zero"),
    "length": (length, np.zeros(3), "corner"),
    "special point": (special_point, 0.0, "branch"),
    "special entry": (special_entry, np.array([1.0, 0.0]), "branch"),
    "sine by a series": (sine_by_series, 2.0, "stopped early"),
    "Babylonian root": (babylonian, 2.0, "stopped early"),
    "geometric series": (geometric, 0.5, "stopped early"),
    "bisection": (bisection, 2.0, "staircase"),
    "logistic map": (logistic, 0.3, "chaos"),
    "iterated cosine": (iterated_cosine, 0.3, "chaos"),
    "absolute value": (absolute, 0.0, "corner"),
    "rectifier": (rectified, np.array([1.0, 0.0, -1.0]), "corner"),
    "rectifier by a branch": (rectified_by_branch, 0.0, "corner"),
    "largest of two": (largest, np.array([1.0, 2.0, 2.0]), "corner"),
    "two rates": (two_rates, 1.0, "jump"),
    "rounded": (rounded, 0.3003, "staircase"),
    "in cents": (in_cents, 0.3003, "staircase"),
    "share above": (share_above, np.array([0.2, 0.35, 0.5]), "staircase"),
    "held constant": (held, 2.0, "cut off"),
    "wrong rule": (with_wrong_rule, 2.0, "wrong rule"),
    "wrong transpose": (with_wrong_transpose, np.array([1.0, 2.0]), "wrong rule"),
    "root at 0": (root, 0.0, "infinite slope"),
    "angle at 1": (angle, 1.0, "infinite slope"),
    "noise": (noisy, 1.0, "random"),
    "math": (by_math, 1.0, "not traced"),
    "single precision inside": (single_inside, np.array([1.0, 2.1]), "low precision"),
}


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


SOUND = {
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
