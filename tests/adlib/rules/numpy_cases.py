"""NumPy's functions beside operators and elementwise ones: a line of plain NumPy for each form of a call.

A line is a case: its code is evaluated with `np` as NumPy or as `jax.numpy`, on
x, y and z of the shapes beside it, one set of shapes a check.  The function
that the line is about is the first one it names.
"""

import math
import re
from dataclasses import dataclass

import numpy as np

# What the first derivative of a line is compared with.
COMPLEX, JAX, TAYLOR = "complex step", "JAX", "Taylor test"

VECTOR, MATRIX, CUBE = ((4,),), ((3, 4),), ((2, 3, 4),)
PLANE = (((3, 4),), ((1, 4),))
EMPTY = ((0, 4),)
NUMBER = ((),)
ROW_AND_MATRIX = (((4,), (3, 4)), ((3, 1), (4,)), ((), (4,)))

POSITIVE = "positive"


@dataclass(frozen=True)
class Line:
    code: str
    shapes: tuple  # for each argument
    oracle: str
    positive: bool = False

    def __str__(self):
        return f"{self.code} {' '.join(map(str, self.shapes))}"

    @property
    def subject(self):
        return re.search(r"np\.([\w.]+)", self.code)[1]

    @property
    def function(self):
        """The function of NumPy; None where this version has none of the name."""
        found = np
        for part in self.subject.split("."):
            found = getattr(found, part, None)
        return found

    def f(self, xp, *xs):
        """The results, one after another where there are several."""
        names = dict(zip("xyz", xs))
        result = eval(self.code, {"np": xp, "NAN": NAN, "MASK": MASK, "real": np.real, **names})
        if isinstance(result, (tuple, list)):
            return xp.concatenate([xp.ravel(r) for r in result])
        return result

    def point(self, seed, dtype=float):
        """An argument each, away from corners and from each other."""
        rng = np.random.default_rng(seed)
        low, high = (0.2, 1.7) if self.positive else (-1.9, 1.6)
        xs = []
        for k, shape in enumerate(self.shapes):
            n = math.prod(shape)
            numbers = rng.permuted(np.linspace(low, high, n)) if n > 1 else np.full(n, 0.7)
            numbers = numbers + 0.01 * k + 0.02 * rng.uniform(size=n)
            xs.append(np.asarray(np.reshape(numbers, shape), dtype))
        return xs

    def direction(self, seed):
        rng = np.random.default_rng(seed)
        return [rng.uniform(0.5, 1.5, shape) * rng.choice([-1.0, 1.0], shape) for shape in self.shapes]


NAN = np.array([[0.0, 1.0, 0.0, 0.0], [0.0, 0.0, 0.0, 1.0], [1.0, 0.0, 0.0, 0.0]]) > 0  # where np.where puts a NaN
MASK = np.array([[True, False, True, True], [True, True, False, True], [True, True, True, True]])


def _reduction(name, empty=True, where="", nan=False, cumulative=False):
    x = "np.where(NAN, np.nan, x)" if nan else "x"
    forms = {f"np.{name}({x})": [MATRIX], f"np.{name}({x}, axis=0)": [MATRIX], f"np.{name}({x}, axis=-1)": [MATRIX]}
    if not nan:
        forms[f"np.{name}(x)"] = [NUMBER, VECTOR, MATRIX]
        if empty:
            forms[f"np.{name}(x, axis=-1)"] = [MATRIX, CUBE, EMPTY]
    if not cumulative:
        forms[f"np.{name}({x}, axis=(0, -1), keepdims=True)"] = [MATRIX if nan else CUBE]
    if where:
        forms[f"np.{name}({x}, axis=1, where=MASK{where})"] = [MATRIX]
    return forms


def _each(names, *forms, shapes):
    return {form.replace("NAME", name): list(shapes) for name in names.split() for form in forms}


_MODES = [f"np.NAME(x, y, '{mode}')" for mode in ("full", "same", "valid")]
_LENGTHS = [((4,), (3,)), ((3,), (4,)), ((4,), (4,)), ((5,), (2,)), ((2,), (7,)), ((4,), (1,))]

# Code that runs on complex numbers, so that the complex step applies.
ANALYTIC = {
    **_reduction("sum", where=", initial=2.0"),
    **_reduction("prod", where=", initial=2.0"),
    **_reduction("mean", where=""),
    "np.mean(x, axis=1, where=MASK)": [MATRIX],
    **_reduction("max", empty=False),
    **_reduction("min", empty=False),
    **_reduction("amax", empty=False),
    **_reduction("amin", empty=False),
    **_reduction("ptp", empty=False),
    **_reduction("cumsum", cumulative=True),
    **_reduction("cumprod", cumulative=True),
    **_reduction("nansum", nan=True, where=", initial=0.5"),
    **_reduction("nanprod", nan=True, where=", initial=0.5"),
    **_reduction("nanmean", nan=True, where=""),
    **_reduction("nancumsum", nan=True, cumulative=True),
    **_reduction("nancumprod", nan=True, cumulative=True),
    "np.cumulative_sum(x, axis=1, include_initial=True)": [MATRIX],
    "np.cumulative_sum(x)": [VECTOR],
    "np.cumulative_prod(x, axis=0, include_initial=True)": [MATRIX],
    "np.average(x)": [MATRIX],
    "np.average(x, 1, y * y + 1.0)": [((3, 4), (4,))],
    "np.average(x, weights=y * y + 1.0, returned=True)": [((3, 4), (3, 4))],
    "np.average(x, axis=0, weights=y + 3.0, keepdims=True)": [((3, 4), (3, 4))],
    "np.average(x, axis=(2, 0), weights=y * y)": [((2, 3, 4), (4, 2))],
    "np.median(x)": [VECTOR, MATRIX],
    "np.median(x, axis=0, keepdims=True)": [MATRIX, CUBE],
    "np.median(x, axis=(0, 2))": [CUBE],
    "np.sort(x)": [VECTOR, CUBE],
    "np.sort(x, axis=None)": [MATRIX],
    "np.sort(x, 0)": [MATRIX, EMPTY],
    # Shapes.
    **_each("flip fliplr flipud rot90 triu tril diag diagonal copy atleast_1d atleast_2d atleast_3d matrix_transpose",
            "np.NAME(x)", shapes=[MATRIX]),
    **_each("flip flipud diag diagflat copy atleast_1d atleast_2d atleast_3d", "np.NAME(x)", shapes=[VECTOR]),
    **_each("atleast_1d atleast_2d atleast_3d copy ravel", "np.NAME(x)", shapes=[NUMBER]),
    "np.atleast_2d(x, y)": [((), (3,))],
    "np.flip(x, (0, 2))": [CUBE],
    "np.rot90(x, 3, (1, 2))": [CUBE],
    "np.tril(x, 1)": [CUBE, EMPTY],
    "np.triu(x, -1)": [MATRIX],
    "np.diag(x, -1)": [VECTOR, MATRIX],
    "np.diagflat(x, 1)": [MATRIX],
    "np.diagonal(x, 1, 0, 2)": [CUBE],
    "np.trace(x)": [MATRIX],
    "np.trace(x, 1, 1, 2)": [CUBE],
    "np.roll(x, 2)": [MATRIX, EMPTY],
    "np.roll(x, (1, 2), (0, 1))": [MATRIX],
    "np.roll(x, -1, axis=0)": [MATRIX],
    "np.rollaxis(x, 2)": [CUBE],
    "np.rollaxis(x, 0, 3)": [CUBE],
    "np.tile(x, 2)": [NUMBER, VECTOR],
    "np.tile(x, (2, 1, 3))": [MATRIX],
    "np.repeat(x, 3)": [MATRIX],
    "np.repeat(x, [1, 0, 2], axis=0)": [MATRIX],
    "np.resize(x, (5, 4))": [MATRIX],
    "np.resize(x, 3)": [MATRIX],
    "np.lib.stride_tricks.sliding_window_view(x, 2, axis=1)": [MATRIX],
    "np.pad(x, 1)": [VECTOR],
    "np.pad(x, ((1, 2), (0, 3)))": [MATRIX],
    "np.pad(x, 1, constant_values=3.0)": [MATRIX],
    **{f"np.pad(x, ((1, 2), (0, 3)), '{mode}')": [MATRIX] for mode in ("edge", "reflect", "symmetric", "wrap")},
    "np.broadcast_arrays(x, y)": list(ROW_AND_MATRIX),
    "np.meshgrid(x, y)": [((3,), (4,))],
    "np.meshgrid(x, y, z, indexing='ij', sparse=True)": [((3,), (4,), (2,))],
    "np.ix_(x, y)": [((3,), (4,))],
    "np.split(x, [1, 3], axis=1)": [MATRIX],
    "np.array_split(x, 3)": [VECTOR, ((5,),)],
    "np.vsplit(x, 3)": [MATRIX],
    "np.hsplit(x, 2)": [VECTOR, MATRIX],
    "np.dsplit(x, [1])": [CUBE],
    "np.unstack(x, axis=1)": [MATRIX],
    "np.fft.fftshift(x)": [MATRIX],
    "np.fft.ifftshift(x, axes=0)": [MATRIX],
    # Indexing.
    "np.take(x, np.array([[0, 1], [1, 1]]), axis=1)": [MATRIX],
    "np.take(x, np.array([7, -1, 7]), mode='wrap')": [MATRIX],
    "np.take(x, 2)": [VECTOR],
    "np.take_along_axis(x, np.argsort(real(x), axis=0), 0)": [MATRIX],
    "np.take_along_axis(x, np.array([1, 2, 2]), None)": [MATRIX],
    "np.compress(np.array([True, False, True]), x, axis=0)": [MATRIX],
    "np.extract(real(x) > 0, x)": [MATRIX],
    "np.choose(np.array([0, 1, 1, 0]), [x, y])": [((4,), (4,)), ((3, 4), (4,))],
    "np.select([real(x) > 0.5, real(x) > 0], [x * x, np.sin(x)], default=3.0)": [MATRIX],
    "np.piecewise(x, [real(x) > 0.5, real(x) > 0], [lambda t: t * t, lambda t: 2.0 * t, lambda t: -t])": [NUMBER, VECTOR, MATRIX],
    "np.piecewise(x, [real(x) > 0], [lambda t, a: a * t, 3.0], 2.0)": [VECTOR],
    "np.delete(x, [0, 2], 1)": [MATRIX],
    "np.delete(x, 1)": [MATRIX],
    "np.insert(x, [1, 1], y, axis=1)": [((3, 4), (3, 1))],
    "np.insert(x, 2, y)": [((4,), ())],
    "np.trim_zeros(np.concatenate([np.zeros(2), x, np.zeros(1)]))": [VECTOR],
    "np.trim_zeros(np.pad(x, 1), 'f')": [MATRIX],
    # Joining.
    "np.append(x, y)": [((3, 4), (4,)), ((), ())],
    "np.append(x, y, axis=0)": [((3, 4), (1, 4))],
    "np.block([[x, 2.0 * x], [y, y]])": [((3, 4), (1, 4))],
    "np.block([x, 1.0, x])": [VECTOR],
    "np.vstack([x, y])": [((4,), (4,)), ((4,), (3, 4)), ((), ())],
    "np.hstack((x, y))": [((4,), (3,)), ((3, 4), (3, 1)), ((), ())],
    "np.dstack([x, y])": [((4,), (4,)), ((3, 4), (3, 4))],
    "np.column_stack([x, y])": [((3,), (3,)), ((3,), (3, 4))],
    # Products.
    "np.outer(x, y)": [((3,), (4,)), ((3, 4), ()), ((0,), (2,))],
    "np.kron(x, y)": [((3, 4), (2, 2)), ((3, 4), (2,)), ((), (2,))],
    "np.matvec(x, y)": [((2, 3, 4), (4,)), ((3, 4), (2, 4))],
    "np.cross(x, y)": [((3,), (3,)), ((4, 3), (3,))],
    "np.cross(x, y, axis=0)": [((3, 4), (3, 4))],
    "np.cross(x, y, axisa=0, axisc=0)": [((3, 4), (4, 3))],
    "np.inner(x, y)": [((), (4,)), ((4,), (4,)), ((3, 4), (2, 3, 4)), ((4,), (3, 4))],
    "np.tensordot(x, y, 1)": [((3, 4), (4, 2))],
    "np.tensordot(x, y, 0)": [((3, 4), (2,)), ((), (2,))],
    "np.tensordot(x, y, ([1, 2], [0, 1]))": [((2, 3, 4), (3, 4, 5))],
    "np.tensordot(x, y, axes=([-1, 0], [-2, 2]))": [((2, 3, 4), (5, 4, 2))],
    **_each("convolve", *_MODES, shapes=_LENGTHS),
    "np.convolve(x, y)": [((4,), (3,))],
    "np.einsum('ij,jk', x, y)": [((3, 4), (4, 2))],
    "np.einsum('ij,jk->ik', x, y, optimize=True)": [((3, 4), (4, 2))],
    "np.einsum('ij->ji', x)": [MATRIX],
    "np.einsum('ji', x)": [MATRIX],
    "np.einsum('ij->', x)": [MATRIX, EMPTY],
    "np.einsum('ii', x)": [((3, 3),)],
    "np.einsum('ii->i', x)": [((3, 3),)],
    "np.einsum('iii->i', x)": [((2, 2, 2),)],
    "np.einsum('iij->j', x)": [((3, 3, 2),)],
    "np.einsum('ij,kl->i', x, y)": [((3, 4), (2, 2))],
    "np.einsum('ij,j,i', x, y, z)": [((3, 4), (4,), (3,))],
    "np.einsum('i,i,i->i', x, y, z)": [((3,), (3,), (3,)), ((3,), (1,), (3,))],
    "np.einsum('...ij,...jk->...ik', x, y)": [((2, 3, 4), (4, 2)), ((2, 3, 4), (2, 4, 1)), ((1, 3, 4), (5, 4, 2))],
    "np.einsum('i...,i...->...', x, y)": [((3,), (3, 4))],
    "np.einsum('...,...', x, y)": [((3, 4), (4,))],
    "np.einsum('i...', x)": [CUBE],
    "np.einsum(',ij', x, y)": [((), (3, 4))],
    "np.einsum(x, [0, 1], y, [1, 2], [0, 2])": [((3, 4), (4, 2))],
    "np.einsum(x, [Ellipsis, 0])": [MATRIX],
    # Differences, integrals, interpolation.
    "np.diff(x)": [VECTOR, MATRIX],
    "np.diff(x, 2, axis=0, prepend=0.5, append=y)": [((3, 4), (1, 4))],
    "np.ediff1d(x, to_begin=x[0], to_end=[1.0, 2.0])": [VECTOR],
    "np.ediff1d(x)": [MATRIX],
    "np.trapezoid(x, dx=0.3, axis=0)": [VECTOR, MATRIX],
    "np.trapezoid(x, y)": [((3, 4), (4,)), ((3, 4), (3, 4))],
    **{f"np.gradient(x, edge_order={e})": [VECTOR, MATRIX] if e == 1 else [((3,),), ((3, 4),)] for e in (1, 2)},
    "np.gradient(x, 0.3, np.array([0.1, 0.4, 0.9]), axis=(1, 0), edge_order=2)": [MATRIX],
    "np.linspace(x, y, 5)": [((), (3,)), ((2, 3), ())],
    "np.linspace(x, y, 5, endpoint=False, retstep=True, axis=-1)": [((3,), ())],
    "np.linspace(x, y, 1)": [((), ())],
    "np.logspace(x, y, 4, base=3.0)": [((), (3,))],
    "np.polyval(x, y)": [((4,), (3, 4)), ((4,), ())],
    "np.polyadd(x, y)": [((4,), (2,))],
    "np.polysub(x, y)": [((2,), (4,))],
    "np.polymul(x, y)": [((2,), (4,))],
    "np.polyder(x, 2)": [VECTOR],
    "np.polyint(x, 2, [1.0, 2.0])": [VECTOR],
    "np.polydiv(x, y)": [((5,), (3,)), ((2,), (3,))],
    "np.poly(x)": [VECTOR],
    "np.polynomial.polynomial.polyval2d(x, y, np.arange(6.0).reshape(3, 2))": [((4,), (4,)), ((), ())],
    "np.polynomial.polynomial.polyval2d(np.array([0.5, -1.0]), x, y)": [((2,), (3, 2))],
    "np.polynomial.polynomial.polygrid2d(x, y, np.arange(6.0).reshape(3, 2))": [((4,), (2,))],
    "np.polynomial.polynomial.polygrid2d(x, np.array([0.5, -1.0]), y)": [((4,), (3, 2))],
    "np.vander(x)": [VECTOR],
    "np.vander(x, 3, increasing=True)": [VECTOR],
    "np.apply_along_axis(lambda row: row * row[0], 0, x)": [MATRIX],
    "np.apply_along_axis(np.sum, 1, x)": [MATRIX, CUBE],
    "np.apply_over_axes(np.sum, x * x, [0, 2])": [CUBE],
    "np.full_like(x, 3.0) * x": [MATRIX],
    # The methods of ufuncs.
    **_each("add multiply maximum minimum", "np.NAME.reduce(x)", "np.NAME.reduce(x, axis=(0, 1))", shapes=[MATRIX]),
    **_each("add multiply maximum minimum", "np.NAME.reduce(x, axis=1, keepdims=True)", shapes=[MATRIX]),
    **_each("add multiply maximum minimum", "np.NAME.accumulate(x)", "np.NAME.accumulate(x, axis=1)", shapes=[MATRIX]),
    **_each("add multiply maximum minimum divide", "np.NAME.outer(x, y)", shapes=[((3,), (4,)), ((3, 4), ())]),
    "np.sinc(x)": [VECTOR, MATRIX, NUMBER],
}  # fmt: skip

# Code whose formula is another for complex numbers; these domains are positive where it says so.
BY_JAX = {
    **_reduction("var", empty=False, where=", ddof=1"),
    **_reduction("std", empty=False, where=", ddof=1"),
    "np.std(x)": [VECTOR, MATRIX],  # JAX has NaN for a single number
    **_reduction("nanvar", empty=False, nan=True, where=", ddof=1"),
    **_reduction("nanstd", empty=False, nan=True, where=", ddof=1"),
    **_reduction("nanmax", empty=False, nan=True),
    **_reduction("nanmin", empty=False, nan=True),
    "np.max(x, axis=0, where=MASK, initial=-0.5)": [MATRIX],
    "np.min(x, axis=0, where=MASK, initial=-0.5)": [MATRIX],
    "np.nanmedian(np.where(NAN, np.nan, x), axis=1)": [MATRIX],
    "np.nanmedian(np.where(NAN, np.nan, x))": [MATRIX],
    **{f"np.quantile(x, {q}, axis={axis}, method='{m}')": [MATRIX]
       for q in ("0.3", "np.array([0.1, 0.55])") for axis in (None, 0) for m in ("linear", "lower", "nearest")},
    "np.quantile(x, 0.5 + y / 4, axis=1)": [((3, 4), ()), ((3, 4), (2,))],
    "np.percentile(x, 100 * y, keepdims=True)": [((3, 4), ())],
    "np.nanquantile(np.where(NAN, np.nan, x), np.array([0.2, 0.9]), axis=1)": [MATRIX],
    "np.nanpercentile(np.where(NAN, np.nan, x), 30.0)": [MATRIX],
    "np.geomspace(x * x, y * y, 4)": [((), (3,))],
    "np.cov(x)": [VECTOR, MATRIX],
    "np.cov(x, y, rowvar=False)": [((3, 2), (3, 2))],
    "np.cov(x, ddof=0, aweights=y * y + 1.0, fweights=np.array([1, 2, 1, 3]))": [((3, 4), (4,))],
    "np.corrcoef(x)": [MATRIX],
    "np.corrcoef(x, y)": [((4,), (4,))],
    "np.interp(x, np.array([-1.5, 0.1, 0.2, 1.5]), y)": [((3, 4), (4,)), ((), (4,))],
    "np.interp(x, np.cumsum(y), z, left=0.3)": [((3,), (4,), (4,))],
    "np.interp(x, np.array([0.1, 1.2, 2.3, 0.4]), y, period=2.5)": [((3, 4), (4,))],
    "np.unwrap(5.0 * x)": [VECTOR, MATRIX],
    "np.vecdot(x, y)": [((3, 4), (4,)), ((3, 1, 4), (2, 4))],
    "np.vecmat(x, y)": [((3,), (2, 3, 4)), ((2, 3), (3, 4))],
    **_each("correlate", *_MODES, shapes=_LENGTHS),
    "np.vdot(x, y)": [((4,), (4,)), ((3, 4), (3, 4))],
    "np.logaddexp.reduce(x)": [MATRIX],
    "np.clip(x, -0.5, y)": [((3, 4), ()), ((3, 4), (4,))],
    "np.clip(x, min=y, max=1.0)": [((3, 4), (4,))],
    "np.nan_to_num(np.where(NAN, np.nan, x))": [MATRIX],
    "np.imag(x) + x": [VECTOR],
    "np.real(x) * np.conjugate(x)": [MATRIX],
    "np.conjugate(x)": [VECTOR],
    "np.i0(x)": [VECTOR, NUMBER],
    "np.fmod(x, y)": [((3, 4), (4,))],
    **_each("fmax fmin copysign", "np.NAME(x, y)", shapes=ROW_AND_MATRIX),
    "np.heaviside(x, y)": [((3, 4), (4,))],
    "np.ldexp(x, np.array([1, -2, 0, 3]))": [VECTOR],
    "np.modf(x)": [VECTOR],
    "np.divmod(x, y)": [((3, 4), (4,))],
    "np.polyfit(x, y, 2)": [((5,), (5,))],
}  # fmt: skip

# Code that neither the complex step nor JAX runs.
BY_TAYLOR = {
    "np.bincount(np.array([0, 2, 2, 1]), x, 5)": [VECTOR],
    **{f"np.quantile(x, 0.3, axis=0, method='{m}')": [MATRIX] for m in ("hazen", "median_unbiased", "weibull")},
    "np.partition(x, 2)": [VECTOR, MATRIX],
    "np.partition(x, (1, 2), 0)": [MATRIX],
    "np.partition(x, 3, axis=None)": [MATRIX],
    "np.frexp(x)[0]": [VECTOR],
    "np.real_if_close(x) * x": [MATRIX],
    "np.std(x)": [NUMBER],
    "np.nextafter(x, 3.0)": [VECTOR],
    "np.nanmax(np.where(NAN, np.nan, x), axis=0, initial=-0.5)": [MATRIX],
    "np.gradient(x, y, axis=1, edge_order=2)": [((3, 4), ())],
    "np.gradient(x, np.cumsum(y * y))": [((4,), (4,))],
    "np.interp(x, y, z, period=2.5)": [((3,), (4,), (4,))],
    "np.polyfit(x, y, 1, w=np.arange(1.0, 6.0))": [((5,), (5,)), ((5,), (5, 2))],
    "np.logaddexp.accumulate(x)": [MATRIX],
    "np.logaddexp2.accumulate(x, axis=1)": [MATRIX],
    "np.logaddexp2.reduce(x, axis=1)": [MATRIX],
    "np.logaddexp.reduce(x, axis=1, where=MASK, initial=0.5)": [MATRIX],
    "np.interp(x, y, z, left=0.5, right=x[0], period=None)": [((3,), (4,), (4,))],
    "np.logaddexp.reduce(x, axis=(0, 1), keepdims=True)": [MATRIX],
    **_each("logaddexp hypot arctan2", "np.NAME.outer(x, y)", shapes=[((3,), (4,))]),
    **_each("sqrt log log2 log10 arccos arcsin arctanh", "np.lib.scimath.NAME(x * x / 4 + 0.01)", shapes=[VECTOR]),
    "np.lib.scimath.power(x * x, y)": [((4,), ())],
    "np.lib.scimath.logn(3.0, x * x)": [VECTOR],
}  # fmt: skip


LINES = [
    line
    for table, oracle in ((ANALYTIC, COMPLEX), (BY_JAX, JAX), (BY_TAYLOR, TAYLOR))
    for code, sets in table.items()
    for shapes in sets
    if (line := Line(code, tuple(shapes), oracle)).function is not None  # older NumPy lacks some
]


# Functions whose result does not vary, on a traced x of shape (3, 4) or what stands beside it.
CONSTANT = {
    **_each("floor ceil rint trunc sign round around fix spacing isnan isinf isfinite isposinf isneginf signbit iscomplex "
            "isreal iscomplexobj isrealobj logical_not all any argmax argmin nanargmax nanargmin argsort nonzero "
            "flatnonzero argwhere count_nonzero shape ndim size result_type common_type min_scalar_type "
            "zeros_like ones_like array_repr array_str array2string", "np.NAME(x)", shapes=[MATRIX]),
    **_each("floor_divide equal not_equal less less_equal greater greater_equal isclose allclose array_equal array_equiv isin "
            "logical_and logical_or logical_xor may_share_memory shares_memory",
            "np.NAME(x, 0.5)", "np.NAME(np.ones((3, 4)), x)", shapes=[MATRIX]),
    "np.argmax(x, axis=1)": [MATRIX],
    "np.all(x > 0, axis=0, where=MASK)": [MATRIX],
    "np.argpartition(x, 2)": [MATRIX],
    "np.lexsort((x, -x))": [VECTOR],
    "np.searchsorted(np.arange(3.0), x)": [MATRIX],
    "np.searchsorted(x, 0.5)": [VECTOR],
    "np.digitize(x, [-1.0, 0.0, 1.0])": [MATRIX],
    "np.einsum_path('ij,ij', x, x)[0]": [MATRIX],
    "np.logical_and.reduce(x)": [MATRIX],
    "np.logical_or.reduce(x, axis=1)": [MATRIX],
    "np.can_cast(np.result_type(x), float)": [MATRIX],
    **_each("diag_indices_from tril_indices_from triu_indices_from", "np.NAME(x)", shapes=[((3, 3),)]),
}  # fmt: skip
CONSTANTS = [Line(code, shapes, "") for code, sets in CONSTANT.items() for shapes in sets]

# Constant too, but not called on a float, or not the same twice; with like=x they only make plain arrays.
NOT_CALLED = {
    *("empty_like", "unravel_index", "ravel_multi_index", "can_cast"),
    *("zeros", "ones", "empty", "eye", "identity", "tri", "arange", "fromfunction", "fromiter"),
    *("frombuffer", "fromfile", "fromstring", "loadtxt", "genfromtxt"),
}


def subjects(lines):
    """The functions that the lines are about; those of `numpy.linalg` and ufunc methods have tests of their own."""
    return {line.function for line in lines}
