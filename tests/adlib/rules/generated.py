"""How the generated suite judges: one call at one kind of argument, through all compositions.

`compare` gives for each composition how it was judged: by exact algebra, by a convention, refused
in words, or why there was nothing to judge.
"""

import functools
import re
from dataclasses import dataclass

import numpy as np

import adlib
from adlib.core.errors import AdlibError
from tests.adlib.rules import exact_linalg  # noqa: F401  (fills the table of exact functions, with `exact`)
from tests.adlib.rules.asked import KINDS
from tests.adlib.rules.jets import parts, variables
from tests.adlib.rules.slopes import REAL, corners

# ---------------------------------------------------------------------------------------------
# What is right


def contracted(weights, matrix):
    """``weights @ matrix``, where what does not vary stays out, however infinite the rest is."""
    total = np.zeros(matrix.shape[1], REAL)
    for w, row in zip(weights, matrix):
        total = total + np.where(row == 0, REAL(0), REAL(w) * row)
    return total


@dataclass
class Right:
    """What the oracle says at a point, for a direction, and a weight of the result."""

    along: np.ndarray  # J v
    jacobian: np.ndarray
    second: np.ndarray  # the derivative of J along v
    corners: int


@functools.cache
def structure(call, shapes):
    """Which entries of the result depend on which of the arguments, away from corners; all, where nothing is seen to."""
    xs = call.draw(shapes)
    n = sum(np.size(x) for x in xs)
    if n == 0:
        return np.ones((np.size(call.f(*xs)), 0), bool)
    _, first, _ = parts(call.exact(*variables(xs, np.ones(n))), n)
    depends = first != 0
    return depends | ~np.any(depends, axis=1, keepdims=True)


def right(call, xs, direction, plain):
    before = corners.count
    n, m = sum(np.size(x) for x in xs), np.size(plain)
    if n == 0 or m == 0:
        r = Right(np.zeros(m, REAL), np.zeros((m, n), REAL), np.zeros((m, n), REAL), 0)
    else:
        r = Right(*parts(call.exact(*variables(xs, direction)), n), corners.count - before)
    # Nothing is agreed where there is no value; nor at a pole, unless it is the function's own.
    pole = not call.elementwise and not not_finite(xs)
    lost = ~np.isfinite(np.ravel(plain)) if pole else np.isnan(np.ravel(plain))
    if np.any(lost):
        r.along[lost] = np.nan
        depends = structure(call, tuple(np.shape(x) for x in xs))
        for array in (r.jacobian, r.second):
            array[lost] = np.where(depends[lost], REAL("nan"), array[lost])
    return r


def weights(n, seed):
    """Numbers that every dtype holds exactly."""
    rng = np.random.default_rng(seed)
    return rng.choice([0.5, 0.75, 1.25, 1.5], n) * rng.choice([-1.0, 1.0], n)


def split(numbers, xs):
    """A flat list of numbers in the form of the arguments."""
    sizes = np.cumsum([np.size(x) for x in xs])[:-1]
    return tuple(like(part, x) for part, x in zip(np.split(np.asarray(numbers), sizes), xs))


def like(numbers, x):
    if type(x) is float:
        return float(numbers[0])
    return np.reshape(np.asarray(numbers, np.asarray(x).dtype), np.shape(x))


# ---------------------------------------------------------------------------------------------
# What adlib says

jvp, vjp = adlib.jvp, adlib.vjp


def _pull(f, w):
    return lambda *ys: vjp(f, *ys)[1](w)


def _push(f, v):
    return lambda *ys: jvp(f, ys, v)[1]


# What runs, on f at xs with a direction v and a weight w, and what it should be: like the result or like the arguments.
COMPOSITIONS = {
    "jvp": (lambda f, xs, v, w: jvp(f, xs, v)[1], lambda r, w, v: r.along),
    "vjp": (lambda f, xs, v, w: vjp(f, *xs)[1](w), lambda r, w, v: contracted(w, r.jacobian)),
    "forward over forward": (
        lambda f, xs, v, w: jvp(_push(f, v), xs, v)[1],
        lambda r, w, v: np.where(np.isnan(r.along), r.along, contracted(v, r.second.T)),
    ),
    "forward over reverse": (
        lambda f, xs, v, w: jvp(_pull(f, w), xs, v)[1],
        lambda r, w, v: contracted(w, r.second),
    ),
    "reverse over forward": (
        lambda f, xs, v, w: vjp(_push(f, v), *xs)[1](w),
        lambda r, w, v: contracted(w, r.second),
    ),
    "reverse over reverse": (
        lambda f, xs, v, w: vjp(_pull(f, w), *xs)[1](v),
        lambda r, w, v: contracted(w, r.second),
    ),
    "forward over the cotangent": (
        lambda f, xs, v, w: jvp(vjp(f, *xs)[1], (w,), (w,))[1],
        lambda r, w, v: contracted(w, r.jacobian),
    ),
    "reverse over the cotangent": (
        lambda f, xs, v, w: vjp(vjp(f, *xs)[1], w)[1](v)[0],
        lambda r, w, v: r.along,
    ),
}
OF_ARGUMENTS = {
    "vjp",
    "forward over reverse",
    "reverse over forward",
    "reverse over reverse",
    "forward over the cotangent",
}
# With a number as cotangent; only where the result is one.
FLOATS = (
    "vjp",
    "forward over reverse",
    "reverse over reverse",
    "forward over the cotangent",
    "reverse over the cotangent",
)

FACTORS = {np.dtype(np.float16): 32, np.dtype(np.float32): 256, np.dtype(float): 2048, np.dtype(np.longdouble): 32}


def same_bits(ours, plain):
    """Whether two results are one: shape, dtype, and every bit, but for the payload of NaN."""
    ours, plain = np.asarray(ours), np.asarray(plain)
    return (
        ours.shape == plain.shape
        and ours.dtype == plain.dtype
        and np.array_equal(ours, plain, equal_nan=True)
        and np.array_equal(np.signbit(ours)[~np.isnan(ours)], np.signbit(plain)[~np.isnan(plain)])
    )


def not_finite(xs):
    return not all(np.all(np.isfinite(x)) for x in xs)


def largest(*arrays):
    """The largest finite number."""
    return max(np.max(np.abs(a), initial=0, where=np.isfinite(a)) for a in arrays)


def differs(ours, expected, models, loose, coarsest, size, absent):
    """What is wrong with a derivative, in words; None where nothing is, and NaN where nothing can be said."""
    ours = ours if isinstance(ours, tuple) else (ours,)
    expected = np.split(expected, np.cumsum([np.size(m) for m in models])[:-1])
    tolerance = FACTORS[coarsest] * loose * np.finfo(coarsest).eps
    known = 0
    for got, want, model in zip(ours, expected, models, strict=True):
        dtype = np.asarray(model).dtype
        if type(model) is float and type(got) not in (float, np.float64):
            return f"type {type(got).__name__} for a float"
        if np.shape(got) != np.shape(model) or np.asarray(got).dtype != dtype:
            return f"shape {np.shape(got)} and dtype {np.asarray(got).dtype}, not {np.shape(model)} and {dtype}"
        got = np.ravel(got).astype(REAL)
        far = np.isfinite(want) & ~(np.abs(got - want) <= tolerance * (np.abs(want) + size))
        infinite = np.isinf(want) & (got != want)
        if absent:
            far, infinite, want = far & ~np.isnan(got), infinite & ~np.isnan(got), np.where(np.isnan(got), got, want)
        if np.any(far | infinite):
            return f"{np.array2string(got.astype(float), precision=17)}, right {np.array2string(want.astype(float), precision=17)}"
        known += np.sum(~np.isnan(want)) + (len(want) == 0)
    return None if known else np.nan


EXACT, CONVENTION, REFUSED, RAISES, ACCEPTED, UNDEFINED, NEVER_ENDS, CHANCE = (
    "exact algebra",
    "convention",
    "refused in words",
    "NumPy raises, and so does adlib",
    "NumPy raises, adlib has an answer",
    "no derivative and no convention",
    "LAPACK need not end on what is infinite",
    "left to chance by NumPy",
)
# Whose words say why there is no derivative.
REFUSALS = (
    "at a singular matrix",
    "columns are dependent",
    "and the vectors have no derivative",
    "whose rank changes",
    "jumps when the rank changes",
    "its result is complex",
)
# Where NumPy raises for what is no array and adlib, whose rule is other code, does not mind.
LENIENT = {
    *("np.linalg.tensorinv(x, ind=1)", "np.ix_(x, y)", "np.add.accumulate(x)", "np.multiply.accumulate(x)"),
    *("np.bincount(np.array([0, 2, 2, 1]), x, 5)", "astype (3,)", "np.astype (3,)", "x[..., None] (2, 3)"),
}
# The places beside those that are asked for come in any order, another one for longdouble.
UNORDERED = {"np.partition(x, 3, axis=None)", "np.partition(x, 2)", "np.partition(x, (1, 2), 0)"}
# Products that meet an infinite factor: a term that is absent is 0 times it in NumPy's own arithmetic, NaN.
ABSENT = re.compile(
    r"np\.(prod|cumprod|nanprod|nancumprod|cumulative_prod|multiply\.(reduce|accum)|poly|convolve|correlate|trapezoid"
    r"|logspace|geomspace|lib.scimath.(power|logn)|gradient|corrcoef|cov|vander|linalg|inter.*period)"
)
LAPACK = re.compile(
    r"np\.(linalg\.(?!norm\(x(, [^'2]|\)|, axis=0)|vector|outer|cross|vecdot|diag|trace|matmul|tensordot|matrix_t)|polyfit)"
)


def compare(call, kind):
    """For each composition how it was judged, or a fault as a pair of words."""
    if "inf" in kind and LAPACK.match(call.text):
        return {"value": NEVER_ENDS}
    if kind == "longdouble" and call.text in UNORDERED:
        return {"value": CHANCE}
    with np.errstate(all="ignore"):
        xs = tuple(KINDS[kind](call))
        try:
            plain = call.f(*xs)
        except Exception as error:
            return {"value": raises_too(call, xs, error)}
        return judged(call, xs, plain)


def raises_too(call, xs, error):
    for run in (lambda: jvp(call.f, xs, xs), lambda: vjp(call.f, *xs)):
        try:
            run()
        except Exception:  # the plain program fails too, and says more
            continue
        if call.text in LENIENT:
            return ACCEPTED
        return "fault", f"NumPy raises {type(error).__name__}: {error}; here nothing"
    return RAISES


def refusal(error):
    """A refusal counts where its words are known; one that blames a rule is a fault."""
    return REFUSED if any(words in str(error) for words in REFUSALS) else ("fault", f"{type(error).__name__}: {error}")


def judged(call, xs, plain):
    found = {}
    n, m = sum(np.size(x) for x in xs), np.size(plain)
    v, w = weights(n, 1), weights(m, 2)
    vs, ws = (
        split(v, xs),
        like(w, plain) if type(plain) is float or np.ndim(plain) else np.asarray(plain).dtype.type(w[0]),
    )
    try:
        value = jvp(call.f, xs, vs)[0], vjp(call.f, *xs)[0]
    except AdlibError as error:
        return {"value": refusal(error)}
    except Exception as error:
        return {"value": ("fault", f"{type(error).__name__}: {error}")}
    for mode, y in zip(("jvp", "vjp"), value):
        if not same_bits(y, plain):
            found["value"] = "fault", f"of {mode}: {y!r}, plain {plain!r}"
    found.setdefault("value", EXACT)
    try:
        r = right(call, xs, v, plain)
    except np.linalg.LinAlgError:
        return found | dict.fromkeys(COMPOSITIONS, UNDEFINED)
    for name in COMPOSITIONS:
        found[name] = of_composition(call, xs, vs, ws, w, v, r, name, plain)
    for name in FLOATS if np.ndim(plain) == 0 else ():
        found[f"{name}, number"] = of_composition(call, xs, vs, 1.25, [1.25], v, r, name, plain)
    return found


def of_composition(call, xs, vs, ws, w, v, r, name, plain):
    run, expect = COMPOSITIONS[name]
    expected = expect(r, w, v)
    models = xs if name in OF_ARGUMENTS else (ws if name == "reverse over the cotangent" else plain,)
    loose = (1 if name in ("jvp", "vjp") else 8) * (64 if "linalg" in call.text or "poly" in call.text else 1)
    try:
        ours = run(call.f, xs, vs, ws)
    except AdlibError as error:
        return refusal(error)
    except Exception as error:
        return "fault", f"{type(error).__name__}: {error}"
    given = (*xs, plain, ws) if name.startswith("reverse over the cotangent") else (*xs, plain)
    coarsest = max((np.asarray(x).dtype for x in given), key=lambda dtype: np.finfo(dtype).eps)
    special = not_finite((*xs, plain)) or any(np.any(np.equal(x, 0)) for x in xs)
    absent = special and ABSENT.match(call.text)
    wrong = differs(
        ours,
        expected,
        models,
        loose,
        coarsest,
        largest(expected, r.jacobian, () if call.elementwise else plain),
        absent,
    )
    if wrong is None:
        return CONVENTION if r.corners else EXACT
    return UNDEFINED if wrong is np.nan else ("fault", wrong)
