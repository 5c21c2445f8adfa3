"""Functions whose derivative goes wrong, each with the kind of trouble and the line it comes from.

The line is marked ``# <-``.  FAULTY: name -> (function, point, kind).
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
    jvp=lambda tangents, y, x: np.sum(tangents[0]) / 2,
    vjp=lambda g, y, x: (g * np.ones_like(x),),
)


def with_wrong_transpose(x):
    return np.sin(halves(x))  # <-


def root(x):
    return np.sqrt(x)  # <-


def angle(x):
    return np.arccos(x)  # <-


def by_type(x):
    return np.sin(x) if type(x) is float else np.cos(x)


def caught(x):
    try:
        return math.exp(x)
    except TypeError:
        return 0.0 * x + 7.0


def unlike_branches(x):
    return np.where(x > 0, x, np.expm1(np.minimum(x, 0.0)))  # <-


def stable_sigmoid(x):
    e = np.exp(-np.abs(x))  # <-
    return np.where(x >= 0, 1 / (1 + e), e / (1 + e))


@adlib.primitive
def sine_and_cosine(x):
    return np.sin(x), np.cos(x)


adlib.rule(
    sine_and_cosine,
    jvp=lambda tangents, y, x: (y[1] * tangents[0], y[0] * tangents[0]),  # a sign is lost
    vjp=lambda g, y, x: (y[1] * g[0] + y[0] * g[1],),
)


def with_wrong_pair(x):
    s, c = sine_and_cosine(x)  # <-
    return s + x * c


@adlib.primitive
def nearly(x):
    return np.exp(x)


adlib.elementwise(nearly, lambda y: y * (1 + 1e-6))


def with_nearly_right_rule(x):
    return nearly(x)  # <-


@adlib.primitive
def straight_through(x):
    return np.floor(x)


adlib.elementwise(straight_through, 1.0)


def through_floor(x):
    return straight_through(x)  # <-


def saturated(x):
    return np.minimum(x, 1.0)  # <-


def smooth_with_slight_corner(x):
    return np.exp(x) + 1e-6 * np.abs(x)  # <-


def slight_jump(x):
    return np.where(x > 1, x + 1e-9, x)  # <-


def tie_of_three(x):
    return np.median(x)  # <-


def held_in_another_line(x):
    y = adlib.stop_gradient(x * x)  # <-
    return y * x


def over_itself(x):
    return x / adlib.stop_gradient(x)  # <-


def softmax_over_itself(x):
    e = np.exp(x)
    return np.sum(e / adlib.stop_gradient(np.sum(e)))  # <-


def removable(x):
    if x == 0:  # <-
        return 1.0
    return np.sinh(x) / x + x


def special_region(x):
    if abs(x) < 1e-9:  # <-
        return x * x
    return np.sin(x)


def root_from_root(a):
    x = 1.0
    while abs(x * x - a) > 1e-12:  # <-
        x = (x + a / x) / 2
    return x


def warm_start(a):
    x = 0.7390851332151607
    for _ in range(100):
        change = (x - a * np.cos(x)) / (1 + a * np.sin(x))
        if abs(change) < 1e-10:  # <-
            break
        x = x - change
    return x


def to_digits(x):
    y = np.round(x, 3)  # <-
    return y * 2


def count_of_many(x):
    return np.mean(x > np.linspace(0.0, 1.0, 10001))  # <-


def difference_of_roots(x):
    return np.sqrt(x + 1) - np.sqrt(x)  # <-


def logarithm_of_complement(x):
    y = np.exp(-x)
    return np.log(1 - y)  # <-


def expanded(x):
    return x**7 - 7 * x**6 + 21 * x**5 - 35 * x**4 + 35 * x**3 - 21 * x**2 + 7 * x - 1  # <-


def steep(x):
    return np.sign(x) * np.abs(x) ** 0.95  # <-


def one_sided(x):
    return x**1.5


def asserted(x):
    assert x >= 0
    return x * x


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
    "power 0.95": (steep, 0.0, "infinite slope"),
    "half a parabola": (one_sided, 0.0, "edge of the domain"),
    "an assertion": (asserted, 0.0, "edge of the domain"),
    "by the type": (by_type, 0.5, "another path"),
    "caught": (caught, 0.5, "another path"),
    "unlike branches": (unlike_branches, 0.0, "hidden corner"),
    "stable sigmoid": (stable_sigmoid, 0.0, "hidden corner"),
    "wrong pair": (with_wrong_pair, 1.0, "unexplained"),
    "nearly right rule": (with_nearly_right_rule, 0.5, "wrong rule"),
    "straight through": (through_floor, 1.5, "wrong rule"),
    "saturated": (saturated, 1.0, "corner"),
    "slight corner": (smooth_with_slight_corner, 0.0, "corner"),
    "slight jump": (slight_jump, 1.0, "jump"),
    "tie of three": (tie_of_three, np.array([1.0, 1.0, 1.0, 2.0, 0.0]), "corner"),
    "held in another line": (held_in_another_line, 0.5, "cut off"),
    "over itself": (over_itself, 3.0, "cut off"),
    "softmax over itself": (softmax_over_itself, np.array([1.0, 2.0, 4.0]), "cut off"),
    "removable": (removable, 0.0, "branch"),
    "special region": (special_region, 0.0, "branch"),
    "root from the root": (root_from_root, 1.0, "stopped early"),
    "warm start": (warm_start, 1.0, "stopped early"),
    "to three digits": (to_digits, 0.12345, "staircase"),
    "count of many": (count_of_many, 0.34567, "staircase"),
    "difference of roots": (difference_of_roots, 1e12, "cancellation"),
    "logarithm of a complement": (logarithm_of_complement, 1e-12, "cancellation"),
    "expanded power": (expanded, 1.001, "cancellation"),
    "noise": (noisy, 1.0, "random"),
    "math": (by_math, 1.0, "not traced"),
    "single precision inside": (single_inside, np.array([1.0, 2.1]), "low precision"),
}
