"""Triangular factors of a matrix: Cholesky and QR.

`cholesky` reads one triangle of its matrix, and its derivative is with respect
to that triangle: the other half of a gradient is zero, and symmetric
directions give what the textbooks say.
"""

import numpy as np

from ...core.declare import rule
from ...core.errors import TracedValueError, describe, with_user_line
from ...core.families import WrittenOut
from ...core.trace import RULES, plain_value
from ..shapes import t
from .matrices import diagonal, from_lower, largest, strictly_lower, to_lower

_la = np.linalg


def _half_lower(x):
    """The lower triangle, with half of the diagonal."""
    n = x.shape[-1]
    return np.where(strictly_lower(n), x, 0.0) + 0.5 * np.where(np.eye(n, dtype=bool), x, 0.0)


# A = L L^T:  L^-1 dA L^-T = L^-1 dL + (L^-1 dL)^T, so dL = L Phi(L^-1 dA L^-T), where Phi takes the lower
# triangle and half of the diagonal.  Transposed: A-bar = L^-T Phi(L^T L-bar) L^-1.  Murray,
# "Differentiation of the Cholesky decomposition", 2016.  The upper factor is L^T.
def _cholesky_jvp(tangents, y, a, /, *, upper=False):
    factor = t(y) if upper else y
    da = from_lower(t(tangents[0]) if upper else tangents[0])
    inner = _la.solve(factor, t(_la.solve(factor, da)))
    dl = factor @ _half_lower(inner)
    return t(dl) if upper else dl


def _cholesky_vjp(g, y, a, /, *, upper=False):
    factor, g = (t(y), t(g)) if upper else (y, g)
    inner = _half_lower(t(factor) @ g)
    a_bar = _la.solve(t(factor), t(_la.solve(t(factor), t(inner))))
    a_bar = to_lower(0.5 * (a_bar + t(a_bar)))
    return (t(a_bar) if upper else a_bar,)


rule(_la.cholesky, _cholesky_jvp, _cholesky_vjp)


# A = Q R with A1 and R1 the first k = min(m, n) columns, and X = dA1 R1^-1.  Q^T dQ = W is antisymmetric and
# dR R^-1 upper triangular, so W is made of the lower triangle of C = Q^T X, and
# dQ = X - Q (C - W), dR = Q^T dA - W R.  Walter and Lehmann, "Algorithmic differentiation of linear algebra
# functions", 2010; the vjp below transposes these lines one by one.
def _qr_jvp(tangents, ans, a, mode="reduced"):
    q, r = ans
    da, k = tangents[0], q.shape[-1]
    r1 = _regular(r[..., :, :k], a)
    x = t(_la.solve(t(r1), t(da[..., :, :k])))
    c = t(q) @ x
    w = _antisymmetric(c)
    return x - q @ (c - w), t(q) @ da - w @ r


def _qr_vjp(g, ans, a, mode="reduced"):
    """The transpose of each line of `_qr_jvp`, from the last to the first: R-bar and Q-bar give W-bar, C-bar, X-bar."""
    q, r = ans
    q_bar, r_bar = g
    k = q.shape[-1]
    r1 = _regular(r[..., :, :k], a)
    a_bar, w_bar, x_bar, c_bar = 0.0, 0.0, 0.0, 0.0
    if r_bar is not None:  # None where nothing depends on the factor
        a_bar, w_bar = q @ r_bar, -(r_bar @ t(r))
    if q_bar is not None:
        overlap = t(q) @ q_bar
        x_bar, c_bar, w_bar = q_bar, -overlap, w_bar + overlap
    c_bar = c_bar + np.where(strictly_lower(k), w_bar - t(w_bar), 0.0)
    first = t(_la.solve(r1, t(x_bar + q @ c_bar)))
    rest = np.zeros((*first.shape[:-1], r.shape[-1] - k), first.dtype)
    return (a_bar + np.concatenate([first, rest], -1),)


def _antisymmetric(c):
    lower = np.where(strictly_lower(c.shape[-1]), c, 0.0)
    return lower - t(lower)


def _regular(r1, a):
    d = np.abs(diagonal(plain_value(r1)))
    if np.any(d <= max(a.shape[-2:]) * np.finfo(d.dtype).eps * largest(d, -1)):
        raise with_user_line(
            TracedValueError(
                f"numpy.linalg.qr of a {describe(a, 'matrix')} whose first {d.shape[-1]} columns are dependent: "
                "its factors have no derivative there; drop the columns that depend on others, or add a regularisation"
            )
        )
    return r1


class Qr(WrittenOut):
    """The factor alone (mode 'r') is the second of two; other modes are refused."""

    def bind(self, call, args, kwargs):
        mode = kwargs.get("mode", args[1] if len(args) > 1 else "reduced")
        a = args[0] if args else kwargs["a"]
        if mode not in ("reduced", "complete", "r", "full", "f", "raw", "economic", "e"):
            return _la.qr(plain_value(a), mode)  # NumPy's error
        if mode in ("raw", "economic", "e") or mode == "complete" and a.shape[-2] > a.shape[-1]:
            raise with_user_line(
                TracedValueError(
                    f"numpy.linalg.qr with mode={mode!r} of a {describe(a, 'matrix')}: "
                    "only the first columns of the factor Q are determined by the matrix, "
                    "the others have no derivative; use mode='reduced'"
                )
            )
        factors = super().bind(call, (a,), {})
        return factors[1] if mode == "r" else factors


RULES[_la.qr] = Qr("qr", _qr_jvp, _qr_vjp)
