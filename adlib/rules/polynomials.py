"""Polynomials, given by their coefficients, the highest power first where nothing else is said."""

import numpy as np

from ..core.declare import composite
from ..core.errors import TracedValueError, describe, with_user_line
from ..core.trace import as_operand, plain_value
from .equivalent import equivalent


def _polyval(p, x):
    # Horner's scheme, as NumPy runs it.
    x, y = as_operand(x), 0.0
    for c in as_operand(p):
        y = y * x + c
    return y


def _coefficients(p):
    return np.atleast_1d(as_operand(p))


def _sum(combine):
    def code(a1, a2):
        a, b = _coefficients(a1), _coefficients(a2)
        n = max(np.size(a), np.size(b))
        return combine(*[np.concatenate([np.zeros(n - np.size(p), p.dtype), p]) for p in (a, b)])

    return code


def _without_leading_zeros(p):
    p = _coefficients(p)
    first = np.flatnonzero(plain_value(p))
    return p[first[0] :] if len(first) else np.zeros(1)


def _polyder(p, m=1):
    p = as_operand(p)
    for _ in range(m):
        p = p[:-1] * np.arange(np.size(p) - 1, 0, -1)
    return p


def _polyint(p, m=1, k=None):
    p = as_operand(p)
    constants = np.broadcast_to(0.0 if k is None else as_operand(k), (m,))
    for i in range(m):
        p = np.concatenate([p / np.arange(np.size(p), 0, -1), constants[i : i + 1]])
    return p


def _polydiv(u, v):
    rest, v = _coefficients(u) + 0.0, _coefficients(v) + 0.0
    n = np.size(v)
    quotient, done = [], []
    for _ in range(np.size(rest) - n + 1):
        quotient.append(rest[0] / v[0])
        step = rest[:n] - quotient[-1] * v
        done.append(step[:1])  # zero, but for rounding
        rest = np.concatenate([step[1:], rest[n:]])
    rest = np.concatenate([*done, rest])
    # NumPy leaves out the leading coefficients of the rest that are nearly zero.
    kept = len(np.polydiv(plain_value(u), plain_value(v))[1])
    return np.stack(quotient) if quotient else np.zeros(1), rest[np.size(rest) - kept :]


def _poly(seq_of_zeros):
    zeros = _coefficients(seq_of_zeros)
    if np.ndim(zeros) != 1:
        raise with_user_line(
            TracedValueError(
                f"numpy.poly on a {describe(zeros)} finds the eigenvalues of a matrix, which may be complex; "
                "for a symmetric matrix use np.poly(np.linalg.eigvalsh(A))"
            )
        )
    p = np.ones(1)
    for z in zeros:
        p = np.concatenate([p, np.zeros(1)]) - np.concatenate([np.zeros(1), z * p])
    return p


def _vander(x, N=None, increasing=False):
    powers = range(np.size(x) if N is None else N)
    columns = [np.ones(np.shape(x), x.dtype)]
    for _ in powers[1:]:
        columns.append(columns[-1] * x)
    columns = columns[: len(powers)]
    if not columns:
        return np.zeros((np.size(x), 0), x.dtype)
    return np.stack(columns if increasing else columns[::-1], -1)


def _polyfit(x, y, deg, rcond=None, full=False, w=None, cov=False):
    if full or cov:
        raise with_user_line(
            TracedValueError(
                f"numpy.polyfit with full= or cov= on a {describe(y)} has no rule; use np.vander and np.linalg.lstsq"
            )
        )
    # The least squares solution, with scaled columns.
    x, y = as_operand(x) + 0.0, as_operand(y) + 0.0
    columns = np.vander(x, deg + 1)
    if w is not None:
        columns, y = columns * np.expand_dims(w, -1), y * (np.expand_dims(w, -1) if np.ndim(y) == 2 else w)
    scale = np.sqrt(np.sum(columns * columns, 0))
    return (np.linalg.lstsq(columns / scale, y, rcond=-1.0)[0].T / scale).T


def _horner(x, c, tensor=True):
    # The lowest power first, as in numpy.polynomial.
    x, c = as_operand(x), np.atleast_1d(as_operand(c))
    if tensor:
        c = np.reshape(c, np.shape(c) + (1,) * np.ndim(x))
    y = c[-1] + x * 0
    for k in range(2, np.shape(c)[0] + 1):
        y = c[-k] + y * x
    return y


equivalent(np.polyval, _polyval)
composite(np.polyadd, _sum(np.add))
composite(np.polysub, _sum(np.subtract))
equivalent(np.polymul, lambda a1, a2: np.convolve(_without_leading_zeros(a1), _without_leading_zeros(a2)))
equivalent(np.polyder, _polyder)
equivalent(np.polyint, _polyint)
equivalent(np.polydiv, _polydiv)
equivalent(np.poly, _poly)
equivalent(np.vander, _vander)
equivalent(np.polyfit, _polyfit)
equivalent(np.polynomial.polynomial.polyval2d, lambda x, y, c: _horner(y, _horner(x, c), tensor=False))
equivalent(np.polynomial.polynomial.polygrid2d, lambda x, y, c: _horner(y, _horner(x, c)))
