"""Matrix products.  ``A @ B`` is linear in A and in B; the transposes are products too."""

import numpy as np

from .._rules import bilinear


def _swap(x):
    return np.swapaxes(x, -1, -2)


def _matmul_first(g, shape_a, b):
    # G = A B gives A-bar = G B^T; a vector is a matrix of one row or one column.
    if len(shape_a) == 1 and np.ndim(b) == 1:
        return g * b
    if np.ndim(b) == 1:
        return np.expand_dims(g, -1) * b
    if len(shape_a) == 1:
        return np.matmul(b, np.expand_dims(g, -1))[..., 0]
    return np.matmul(g, _swap(b))


def _matmul_second(g, a, shape_b):
    # G = A B gives B-bar = A^T G.
    if np.ndim(a) == 1 and len(shape_b) == 1:
        return a * g
    if np.ndim(a) == 1:
        return np.expand_dims(a, -1) * np.expand_dims(g, -2)
    if len(shape_b) == 1:
        return np.matmul(np.expand_dims(g, -2), a)[..., 0, :]
    return np.matmul(_swap(a), g)


bilinear(np.matmul, _matmul_first, _matmul_second)


def _dot_first(g, shape_a, b):
    if not shape_a or np.ndim(b) == 0:
        return g * b if shape_a else np.sum(g * b)
    if np.ndim(b) == 1:
        return np.expand_dims(g, -1) * b
    # dot sums the last axis of a with the second to last of b; the rest of b's axes end up last.
    rows = np.reshape(g, (_size(shape_a[:-1]), _size(b.shape[:-2]), b.shape[-1]))
    columns = np.reshape(b, (_size(b.shape[:-2]), b.shape[-2], b.shape[-1]))
    return np.reshape(np.sum(np.matmul(np.swapaxes(rows, 0, 1), _swap(columns)), 0), shape_a)


def _dot_second(g, a, shape_b):
    if not shape_b or np.ndim(a) == 0:
        return np.sum(g * a) if not shape_b else g * a
    left = np.reshape(a, (_size(a.shape[:-1]), a.shape[-1]))
    if len(shape_b) == 1:
        return np.matmul(np.reshape(g, (-1,)), left)
    rows = np.reshape(g, (left.shape[0], _size(shape_b[:-2]), shape_b[-1]))
    return np.reshape(np.matmul(left.T, np.swapaxes(rows, 0, 1)), shape_b)


def _size(shape):
    size = 1
    for n in shape:
        size *= n
    return size


bilinear(np.dot, _dot_first, _dot_second)
