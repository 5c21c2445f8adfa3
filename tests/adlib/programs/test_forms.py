"""What people write, as recorded programs: the bits of tracing at other points, a check in words, or a refusal in words."""

import re

import numpy as np
import pytest

from tests.adlib.programs.recorded import CHECKED, DERIVATIVES, REFUSED, SAME, compared, recorded

pytestmark = pytest.mark.filterwarnings("ignore::RuntimeWarning")

T = np.arange(12.0) ** 2  # a table from outside
POINTS = [(x,) for x in np.random.default_rng(0).normal(size=(4, 6))]

# Forms that give the bits of tracing wherever they run.
SAME_BITS = """
np.nanquantile(np.where(x > 1, np.nan, x), 0.3, method='lower')
np.quantile(x, [0.1, 0.7], method='hazen')
np.quantile(x, np.abs(np.tanh(x[0])))
np.take_along_axis(T[:6], np.argsort(x), 0) * x
np.delete(x, np.argmax(x))
np.take(x, np.argmax(x)) * 2
x[np.argsort(x)[:3]] ** 2
np.sort(x)[::-1] * x
np.sort(x.reshape(2, 3), 0) @ np.ones(3)
np.searchsorted(np.cumsum(np.exp(x)), 3.0) * x
np.bincount(np.argsort(x), x)
np.bincount(np.digitize(x, [-1, 0, 1]), x ** 2, minlength=5)
sum((xi ** 2 for xi in x))
np.maximum.reduce(x) * x
np.triu(x.reshape(2, 3))[np.triu_indices(2)]
np.apply_along_axis(np.sort, 0, x.reshape(2, 3))
np.insert(x, 1, x[0])
np.insert(x, np.argmax(x), 1.0)
np.unique(np.round(x)) * x[0]
np.histogram(x, 3)[0] * x[:3]
np.lexsort((x,)) * x
np.clip(x, x[0], None)
np.clip(x, None, 0.3)
x.clip(-1, 1) * x
np.fmax(x, 0) * x
np.fmin(0.2, x) * x
np.heaviside(x, 0.5) * x
np.logaddexp(0, x)
np.hypot(x, 1.0)
x ** x[::-1] ** 2
np.abs(x) ** x
2.0 ** x
np.abs(x) ** 2.5
np.power(np.abs(x), 3)
np.sqrt(np.sum(x ** 2))
np.linalg.norm(x.reshape(2, 3), axis=1)
np.linalg.norm(x.reshape(2, 3), ord=1, axis=1)
np.linalg.norm(x[:, None] - x[None], axis=0)
np.median(x) * x
np.std(x) * x
np.var(x, ddof=1)
np.nan_to_num(np.where(x > 1, np.nan, x))
np.nanmean(np.where(x > 1, np.nan, x))
np.cumprod(x)
np.ptp(x)
np.max(x.reshape(2, 3), axis=1)
np.logaddexp.reduce(x)
np.add.reduceat(x, [0, 2])
np.interp(0.3, np.sort(x), x)
np.interp(x, [-1, 0, 1], [1.0, 2, 5])
np.unwrap(x * 3)
np.trapezoid(x, np.cumsum(np.exp(x)))
np.gradient(x)
np.correlate(x, x)
np.einsum('i,j->ij', x, x)
np.einsum('i,i', x, x)
np.kron(x, x)
np.linalg.solve(np.outer(x, x) + np.eye(6), x)
np.linalg.slogdet(np.outer(x, x) + np.eye(6))[1]
np.linalg.eigvalsh(np.outer(x, x) + np.diag(np.arange(6.0)))
np.linalg.inv(np.outer(x, x) + np.eye(6))
np.linalg.pinv(x.reshape(3, 2))
np.linalg.svd(x.reshape(3, 2), full_matrices=False)[1]
np.linalg.matrix_power(np.outer(x, x), 3)
np.pad(x, (1, 2), constant_values=x[0])
np.where(x[0] > 0, x, 2 * x)
np.select([x > 1, x > 0], [x, x ** 2], x[0])
np.choose((x > 0).astype(int), [x, x ** 2])
np.argsort(x).astype(float) * x
np.round(x) * x
np.floor(x) * x
x // 0.5 * x
x % 0.5 * x
np.divmod(x, 0.5)[1]
np.modf(x)[0]
np.frexp(x)[0]
np.sinc(x)
np.i0(x)
np.sign(x) * x ** 2
x.astype(np.float32) * x
np.stack([x[0], x[1] * x[2]])
np.full_like(x, 2.0) * x
np.ones(6) * x[0]
np.linspace(x[0], x[1], 4)
np.meshgrid(x, x)[0] * x
np.count_nonzero(x > 0) * x
x / np.sum(x > 0)
np.any(x > 0) * x
np.all(np.isfinite(x)) * x
np.isclose(x, 0.1) * x
np.allclose(x, 0.1) * x
np.sum(x, where=x > 0)
np.max(x, where=x > 0, initial=0.0)
np.mean(x, where=x > 0)
np.add.accumulate(x)
np.multiply.outer(x, x)
x.T.flatten()
np.ravel(x.reshape(2, 3), order='F')
x[-1:0:-2]
x[..., None] * x
x[[0, 0, 1]]
x[np.array([0, 1]),]
np.flip(x) * x
np.tile(x, 2)
np.polyval(x, x[0])
np.polyfit(np.arange(6.0), x, 2)
np.poly(x)
np.vander(x, 3)
np.cov(x, x[::-1])
np.corrcoef(x, x[::-1])
np.cross(x[:3], x[3:])
abs(x) * x
np.exp(x - np.max(x)) / np.sum(np.exp(x - np.max(x)))
np.log(np.sum(np.exp(x)))
np.log1p(np.exp(-np.abs(x))) + np.maximum(-x, 0)
np.minimum(np.maximum(x, -0.5), 0.5) * x
np.where(x > 0, np.sqrt(np.where(x > 0, x, 1)), 0)
np.where(x > 0, np.sqrt(x), 0)
np.tri(6) @ x
np.diag(x) @ x
np.trace(np.outer(x, x))
np.average(x, weights=np.exp(x))
np.convolve(x, x, 'same')
np.fft.fftshift(x)
np.apply_over_axes(np.sum, x.reshape(2, 3), [0])
np.broadcast_to(x, (2, 6)) * x
np.ediff1d(x, to_end=x[0])
np.block([[x, x], [x, x]])
np.nextafter(x, 2.0)
np.real(x) * x
np.arctan2(x, 1.0)
np.copysign(x, x[::-1])
np.diff(x, 0) * x
"""

# Forms that depend on how many entries there are of a kind, on which way a branch went, or on a whole number.
CHECKS = """
T[np.argmax(x)] * x
x[x > 0].mean()
np.mean(x[np.where(x > 0)[0]])
np.mean(x[np.nonzero(x > 0.3)])
np.argwhere(x > 0) * x[0]
np.outer(x, x)[np.ix_(x > 0, x < 1)]
np.piecewise(x, [x < 0, x >= 0], [np.sin, lambda t: t ** 2])
np.piecewise(x, [x < 0], [0.0, 1.0]) * x
x if x[0] > 0 else 2 * x
np.i0(9 * x)
np.extract(x > 0, x)
np.compress(x > 0, x)
x[:np.argmax(x) + 1]
x[np.argmax(x):]
np.trim_zeros(np.where(x > 0, x, 0))
int(x[0]) * x
round(x[0]) * x
max(x) * x
min(x[0], x[1]) * x
sorted(x)[0] * x
"""

# Forms that cannot be written down, and the remedy that the message names.
REFUSALS = {
    "T[np.argsort(x)] * x": "np.take_along_axis",
    "np.take(T, np.argsort(x)) * x": "np.take_along_axis",
    "np.vectorize(lambda t: t * t)(x)": "the whole array",
    "np.array([x[0], x[1]])": "np.stack",
    "np.full(3, x[0])": r"x \* np.ones",
    "float(x[0]) * x": "use NumPy's function",
}
# Those that only a derivative refuses.
OF_DERIVATIVES = {
    "np.repeat(x, np.argsort(x))": "gradient",
    "np.roll(x, np.argmax(x))": "hvp",
}


def function(form):
    return eval(f"lambda x: {form}", {"np": np, "T": T})


def verdicts(form, derivative):
    g = DERIVATIVES[derivative](function(form), 1)
    program = recorded(g, POINTS[0])
    return [(REFUSED, program)] if type(program) is str else [compared(program, g, xs) for xs in POINTS]


def differentiable(form):
    try:
        DERIVATIVES["gradient"](function(form), 1)(*POINTS[0])
    except Exception:
        return False
    return True


def forms(lines, derivative):
    found = lines.strip().splitlines()
    return found if derivative == "plain" else filter(differentiable, found)


@pytest.mark.parametrize("derivative", ["plain", "gradient", "hvp"])
def test_the_same_bits_everywhere(derivative):
    for form in forms(SAME_BITS, derivative):
        assert {v for v, _ in verdicts(form, derivative)} == {SAME}, form


@pytest.mark.parametrize("derivative", ["plain", "gradient", "hvp"])
def test_a_check_where_the_way_was_another(derivative):
    said = "is no longer|the shape of"
    for form in forms(CHECKS, derivative):
        found = verdicts(form, derivative)
        assert found[0][0] == SAME and {v for v, _ in found} <= {SAME, CHECKED}, form
        assert all(re.search(said, words) for v, words in found if v == CHECKED), form
        assert derivative != "plain" or form in QUIET or CHECKED in dict(found), form


QUIET = {"np.i0(9 * x)"}  # only its derivative counts terms


@pytest.mark.parametrize("form", REFUSALS)
def test_a_refusal_says_what_to_write(form):
    (verdict, words), *_ = verdicts(form, "plain")
    assert verdict == REFUSED and "would freeze its value in the program" in words and re.search(REFUSALS[form], words)


@pytest.mark.parametrize("form", OF_DERIVATIVES)
def test_a_refusal_of_a_derivative(form):
    assert {v for v, _ in verdicts(form, "plain")} <= {SAME, CHECKED}
    assert verdicts(form, OF_DERIVATIVES[form])[0][0] == REFUSED
