"""Derivatives found without `adlib` and without rules, for the checks to compare with."""

import math

import numpy as np

STEP = 1e-200  # so small that its square is zero: the imaginary part is the derivative to the last digit


def along(f, x, direction):
    """The derivative of an analytic `f`, which takes and returns lists, along `direction`: by a complex step.

    >>> along(lambda x: [x[0] * x[0], x[0] * x[1]], [3.0, 2.0], [1.0, 0.0])
    [6.0, 2.0]
    """
    moved = f([complex(a, STEP * d) for a, d in zip(x, direction)])
    return [complex(y).imag / STEP for y in moved]


def gradient(f, x):
    """The gradient of an analytic `f`, which makes one number of an array, at the array `x`: a complex step an entry.

    >>> gradient(lambda x: np.sum(x * x), np.array([[1.0, 2.0]])).tolist()
    [[2.0, 4.0]]
    """
    return np.reshape([f(x + 1j * STEP * unit).imag / STEP for unit in units(x.shape)], x.shape)


def units(shape):
    """The arrays of a shape that hold a single 1 and else zeros, in the order of the entries.

    >>> units((2,)).tolist()
    [[1.0, 0.0], [0.0, 1.0]]
    >>> units((2, 0)).tolist()
    []
    """
    count = math.prod(shape)
    return np.eye(count).reshape(count, *shape)
