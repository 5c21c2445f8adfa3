"""What the generated suite asks: calls of every differentiable function, arguments of every kind, every composition.

`compare` runs one call at one kind of argument through all compositions, and gives for each how it
was judged: by exact algebra, by a convention, refused in words, or why there was nothing to judge.
"""

import functools
import re
from dataclasses import dataclass

import numpy as np

import adlib
from adlib.core.errors import AdlibError
from tests.adlib.rules import exact  # noqa: F401  (fills the table of exact functions)
from tests.adlib.rules.cases import CASES
from tests.adlib.rules.jets import REAL, Jet, parts, times, variables
from tests.adlib.rules.numpy_cases import LINES, Line

SQUARE, TALL = (3, 3), (4, 3)
POSITIVE_DEFINITE = "x @ np.swapaxes(x, -1, -2) + 2.0 * np.eye(3)"
SYMMETRIC = "x + np.swapaxes(x, -1, -2)"

# Functions of numpy.linalg, which the lists of other tests leave out.
MATRICES = {
    "np.linalg.solve(x, y)": (SQUARE, (3, 2)),
    "np.linalg.solve(x, y[:, 0])": (SQUARE, (3, 1)),
    "np.linalg.inv(x)": (SQUARE,),
    "np.linalg.det(x)": (SQUARE,),
    "np.linalg.slogdet(x)[1]": (SQUARE,),
    f"np.linalg.cholesky({POSITIVE_DEFINITE})": (SQUARE,),
    "np.linalg.qr(x)": (TALL,),
    "np.linalg.qr(x, mode='r')": (TALL,),
    f"np.linalg.eigh({SYMMETRIC})": (SQUARE,),
    f"np.linalg.eigvalsh({SYMMETRIC})": (SQUARE,),
    "np.linalg.svd(x, full_matrices=False)": (TALL,),
    "np.linalg.svd(x, compute_uv=False)": ((3, 4),),
    "np.linalg.svdvals(x)": (TALL,),
    "np.linalg.pinv(x)": (TALL,),
    "np.linalg.lstsq(x, y, rcond=None)[0]": ((5, 3), (5,)),
    "np.linalg.matrix_power(x, 3)": (SQUARE,),
    "np.linalg.matrix_power(x, -2)": (SQUARE,),
    "np.linalg.multi_dot([x, y, z])": ((2, 3), (3, 2), (2,)),
    "np.linalg.tensorinv(x, ind=1)": ((4, 2, 2),),
    "np.linalg.tensorsolve(x, y)": ((2, 2, 4), (2, 2)),
    "np.linalg.norm(x)": ((2, 3),),
    **{f"np.linalg.norm(x, {p})": ((4,),) for p in ("0", "1", "2", "3", "2.5", "-1", "-2", "np.inf", "-np.inf")},
    **{f"np.linalg.norm(x, {p})": ((2, 3),) for p in ("'fro'", "'nuc'", "-1", "-np.inf")},
    "np.linalg.norm(x, 1, axis=(0, 1))": ((2, 3),),
    "np.linalg.norm(x, 2, axis=(1, 0), keepdims=True)": ((2, 3),),
    "np.linalg.norm(x, -2, axis=(0, 1))": ((2, 3),),
    "np.linalg.norm(x, axis=0)": ((2, 3),),
    "np.linalg.vector_norm(x, axis=1, ord=3)": ((2, 3),),
    "np.linalg.vector_norm(x)": ((2, 3),),
    "np.linalg.matrix_norm(x)": ((2, 3),),
    "np.linalg.matrix_norm(x, ord=1)": ((2, 3),),
    "np.linalg.cond(x)": (SQUARE,),
    "np.linalg.cond(x, 1)": (SQUARE,),
    "np.linalg.cond(x, 'fro')": (SQUARE,),
    "np.linalg.matmul(x, y)": ((2, 3), (3, 2)),
    "np.linalg.matrix_transpose(x)": ((2, 3),),
    "np.linalg.tensordot(x, y, axes=1)": ((2, 3), (3, 2)),
    "np.linalg.outer(x, y)": ((3,), (2,)),
    "np.linalg.cross(x, y)": ((3,), (3,)),
    "np.linalg.vecdot(x, y)": ((2, 3), (3,)),
    "np.linalg.diagonal(x, offset=1)": ((2, 3),),
    "np.linalg.trace(x)": (SQUARE,),
}
OUTER = "subtract remainder fmod power float_power logaddexp2 fmax fmin copysign heaviside nextafter".split()
MORE = {
    **{f"np.{name}.outer(x, y)": ((3,), (4,)) for name in OUTER},
    "np.ldexp.outer(x, np.array([1, -2]))": ((3,),),
    "np.divmod.outer(x, y)[1]": ((3,), (2,)),
    "np.fmod(x, y)": ((4,), (4,)),
    "np.copysign(x, y)": ((4,), (4,)),
    "np.heaviside(x, y)": ((4,), (4,)),
    "np.clip(x, 0.5, 1.0)": ((4,),),
    "np.max(x)": ((3,),),
}


@dataclass(frozen=True)
class Call:
    """One form of a call of a differentiable function."""

    key: object  # in the table of rules
    text: str
    f: object  # of arrays alone
    shapes: tuple
    draw: object  # a function of shapes that gives arguments away from corners
    elementwise: bool = False

    def __str__(self):
        return self.text


def key_of(line):
    """The key of the function that a line is about; a method of a ufunc has a pair."""
    head, _, method = line.subject.rpartition(".")
    owner = getattr(np, head, None) if head else None
    return (owner, method) if isinstance(owner, np.ufunc) else line.function


def _of_line(line):
    def f(*xs):
        return line.f(np, *xs)

    def draw(shapes):
        return Line(line.code, tuple(shapes), "", line.positive or "log" in line.code).point(1)

    rule_is_elementwise = isinstance(line.function, np.ufunc) and line.function.signature is None
    return Call(key_of(line), line.code, f, line.shapes, draw, rule_is_elementwise)


def _of_case(case):
    shapes = ((4,),) * len(case.domains) if case.elementwise else next((s for s in case.shapes if 2 < sum(map(np.prod, s))), case.shapes[0])
    text = f"{case.name} {' '.join(map(str, shapes))}"
    return Call(case.key, text, case.on(np), shapes, case.points, case.elementwise)


# Lines of the other tests that have no oracle here, and why.
NOT_COMPARED = {"np.interp(x, np.cumsum(y), z, left=0.3)": "its knots are in no order, and which is found then is chance"}


def calls():
    """A call for each form that the tables of the other tests name, by the smallest of their shapes."""
    lines = {}
    more = [Line(code, shapes, "") for code, shapes in (MATRICES | MORE).items()]
    for line in [*more, *LINES]:
        if line.function is not None and line.code not in NOT_COMPARED and all(np.prod(s) for s in line.shapes):
            size = sum(np.prod(s) for s in line.shapes)
            known = lines.get(line.code)
            if known is None or 3 <= size < sum(np.prod(s) for s in known.shapes):
                lines[line.code] = line
    found = [_of_line(line) for line in lines.values()] + [_of_case(case) for case in CASES]
    return {call.text: call for call in found}


CALLS = calls()

# ---------------------------------------------------------------------------------------------
# Arguments


def _everywhere(value):
    def fill(call):
        return [np.full_like(x, value) for x in call.draw(call.shapes)]

    return fill


def _pattern(value):
    """Elementwise: all combinations over the arguments.  Else some entries are 0, or one is infinite."""

    def fill(call):
        xs = call.draw(call.shapes)
        for k, x in enumerate(xs):
            flat = x.reshape(-1)
            if call.elementwise or value == 0:
                chosen = [i for i in range(len(flat)) if not i >> k & 1]
            else:
                chosen = [len(flat) // 2] if k == 0 and len(flat) else []
            flat[chosen] = value
        return xs

    return fill


def _ties(call):
    xs = call.draw(call.shapes)
    for x in xs:
        x.reshape(-1)[:] = [(0.5, 0.5, 1.0)[i % 3] for i in range(x.size)]
    return xs


def _empty(call):
    for change in (
        lambda s: (0, *s[1:]),
        lambda s: (*s[:-1], 0),
        lambda s: (0,) * len(s),
    ):
        try:
            xs = [np.ones(change(s) if s else s) for s in call.shapes]
            if np.size(call.f(*xs)) == 0 or change((1, 1)) == (0, 0):
                return xs
        except Exception:  # any of NumPy's ways to say that such shapes do not fit
            continue
    return xs


def _as(dtype):
    return lambda call: [x.astype(dtype) for x in call.draw(call.shapes)]


def _numbers(kind):
    return lambda call: [kind(x) for x in call.draw(((),) * len(call.shapes))]


KINDS = {
    "ordinary": lambda call: call.draw(call.shapes),
    "0": _pattern(0.0),
    "0 everywhere": _everywhere(0.0),
    "-0": _pattern(-0.0),
    "ties": _ties,
    "1 everywhere": _everywhere(1.0),
    "inf": _pattern(np.inf),
    "-inf": _pattern(-np.inf),
    "empty": _empty,
    "0-d": _numbers(np.array),
    "float": _numbers(float),
    "float32": _as(np.float32),
    "float16": _as(np.float16),
    "longdouble": _as(np.longdouble),
}

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
    _, first, _ = parts(call.f(*variables(xs, np.ones(n))), n)
    depends = first != 0
    return depends | ~np.any(depends, axis=1, keepdims=True)


def right(call, xs, direction, plain):
    before = Jet.corners
    n, m = sum(np.size(x) for x in xs), np.size(plain)
    if n == 0 or m == 0:
        r = Right(np.zeros(m, REAL), np.zeros((m, n), REAL), np.zeros((m, n), REAL), 0)
    else:
        r = Right(*parts(call.f(*variables(xs, direction)), n), Jet.corners - before)
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
        lambda r, w, v: contracted(v, r.second.T),
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
OF_ARGUMENTS = {"vjp", "forward over reverse", "reverse over forward", "reverse over reverse", "forward over the cotangent"}
# With a number as cotangent; only where the result is one.
FLOATS = ("vjp", "forward over reverse", "reverse over reverse", "forward over the cotangent", "reverse over the cotangent")

FACTORS = {np.dtype(np.float16): 32, np.dtype(np.float32): 256, np.dtype(float): 2048, np.dtype(np.longdouble): 200}


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
    return max(np.max(np.abs(a[np.isfinite(a)]), initial=0) for a in arrays)


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
    *("np.bincount(np.array([0, 2, 2, 1]), x, 5)", "astype (3,)", "np.astype (3,)"),
}
# The places beside those that are asked for come in any order, another one for longdouble.
UNORDERED = {"np.partition(x, 3, axis=None)", "np.partition(x, 2)", "np.partition(x, (1, 2), 0)"}
# Products that meet an infinite factor: a term that is absent is 0 times it in NumPy's own arithmetic, NaN.
ABSENT = re.compile(
    r"np\.(prod|cumprod|nanprod|nancumprod|cumulative_prod|multiply\.(reduce|accum)|poly|convolve|correlate|trapezoid"
    r"|logspace|geomspace|gradient|corrcoef|cov|vander|linalg|inter.*period)"
)
LAPACK = re.compile(r"np\.(linalg\.(?!norm\(x(, [^'2]|\)|, axis=0)|vector|outer|cross|vecdot|diag|trace|matmul|tensordot|matrix_t)|polyfit)")


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
    vs, ws = split(v, xs), like(w, plain) if type(plain) is float or np.ndim(plain) else np.asarray(plain).dtype.type(w[0])
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
    except np.linalg.LinAlgError as error:
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
    coarsest = max((np.asarray(x).dtype for x in (*xs, plain)), key=lambda dtype: np.finfo(dtype).eps)
    wrong = differs(ours, expected, models, loose, coarsest, largest(expected, r.jacobian), not_finite((*xs, plain)) and ABSENT.match(call.text))
    if wrong is None:
        return CONVENTION if r.corners else EXACT
    return UNDEFINED if wrong is np.nan else ("fault", wrong)
