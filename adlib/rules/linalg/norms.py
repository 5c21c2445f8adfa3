"""Norms and condition numbers.

Where a norm has no derivative it has the subgradient nearest to zero: 0 at the
origin, equal shares for equal entries, columns or singular values that attain a
maximum.
"""

import operator

import numpy as np

from ...core.declare import zero
from ...core.trace import RULES, plain_value
from ..reductions import restored
from ..shapes import t
from .matrices import ScalarOfArray, largest, last_two, require_finite, small

_la = np.linalg


def _equal_shares(chosen, axes, dtype):
    return (chosen / np.sum(chosen, axes, keepdims=True)).astype(dtype)


def _vector_slope(y, x, p, axes):
    """The slopes of the p-norm over some axes, which `y` has kept with length 1."""
    if p in (None, 2, "fro"):
        origin = plain_value(y) == 0
        return np.where(origin, 0.0, x) / np.where(origin, 1.0, y)
    sign, size = np.sign(plain_value(x)), np.abs(plain_value(x))
    if p in (np.inf, -np.inf):
        return sign * _equal_shares(size == plain_value(y), axes, sign.dtype)
    if p in (0, 1):
        return p * sign
    corner = (size == 0) | (plain_value(y) == 0)
    ratio = np.where(corner, 1.0, np.abs(x)) / np.where(plain_value(y) == 0, 1.0, y)
    return np.where(corner, 0.0, sign) * ratio ** (p - 1)


def _matrix_slope(y, x, p):
    """The slopes of a norm of matrices in the last two axes, which `y` has kept with length 1."""
    if p in ("nuc", 2, -2):
        u, s, vh = _la.svd(x, full_matrices=False)
        plain = plain_value(s)
        chosen = plain != 0
        if p != "nuc":
            extreme = plain[..., :1] if p == 2 else plain[..., -1:]
            near = small(plain - extreme, largest(plain, -1))
            chosen = chosen * _equal_shares(near, -1, plain.dtype)
        return (u * chosen[..., None, :]) @ vh
    if p in (1, -1, np.inf, -np.inf):
        along = -2 if p in (1, -1) else -1
        sums = np.sum(np.abs(plain_value(x)), along, keepdims=True)
        best = np.max(sums, (-2, -1), keepdims=True) if p > 0 else np.min(sums, (-2, -1), keepdims=True)
        return np.sign(plain_value(x)) * _equal_shares(sums == best, (-2, -1), sums.dtype)
    return _vector_slope(y, x, None, (-2, -1))


def _axes(axis, ndim):
    axes = range(ndim) if axis is None else axis if isinstance(axis, (tuple, list)) else (axis,)
    return tuple(operator.index(k) % ndim for k in axes)


def _norm_slope(y, x, ord=None, axis=None, keepdims=False):
    axes = _axes(axis, np.ndim(x))
    y = restored(y, np.shape(x), axes)
    if len(axes) == 2 and ord is not None:
        moved = [np.moveaxis(z, axes, (-2, -1)) for z in (y, x)]
        return np.moveaxis(_matrix_slope(*moved, ord), (-2, -1), axes), axes
    return _vector_slope(y, x, ord, axes), axes


def _vector_norm_slope(y, x, /, *, axis=None, keepdims=False, ord=2):
    axes = _axes(axis, np.ndim(x))
    return _vector_slope(restored(y, np.shape(x), axes), x, ord, axes), axes


def _matrix_norm_slope(y, x, /, *, keepdims=False, ord="fro"):
    axes = last_two(x)
    return _matrix_slope(restored(y, np.shape(x), axes), x, ord), axes


RULES[_la.norm] = ScalarOfArray("norm", _norm_slope)
if hasattr(_la, "vector_norm"):  # since NumPy 2
    RULES[_la.vector_norm] = ScalarOfArray("vector_norm", _vector_norm_slope)
    RULES[_la.matrix_norm] = ScalarOfArray("matrix_norm", _matrix_norm_slope)


# cond A = |A| |A^-1|.  With the spectral norm, s_1 / s_n: log s_i has the slopes u_i v_i^T / s_i.
def _cond_slope(y, x, p=None):
    require_finite("cond", y, x)
    if p in (None, 2, -2):
        u, s, vh = _la.svd(x, full_matrices=False)
        ends = np.zeros(s.shape[-1], plain_value(s).dtype)
        ends[0] += 1
        ends[-1] -= 1
        if p == -2:
            ends = -ends
        return np.expand_dims(y, (-2, -1)) * ((u * (ends / s)[..., None, :]) @ vh), last_two(x)
    inverse = _la.inv(x)
    n, m = (_la.norm(z, p, axis=(-2, -1), keepdims=True) for z in (x, inverse))
    through_inverse = t(inverse) @ _matrix_slope(m, inverse, p) @ t(inverse)
    return m * _matrix_slope(n, x, p) - n * through_inverse, last_two(x)


RULES[_la.cond] = ScalarOfArray("cond", _cond_slope)
zero(_la.matrix_rank)
