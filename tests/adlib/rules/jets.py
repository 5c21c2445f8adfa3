"""Derivatives by exact algebra: NumPy's own code, run on truncated polynomials.

A `Jet` is a number with its first derivatives in n variables, and with its second
derivatives in each of them and one direction.  `Jets` are arrays of such numbers, which
NumPy's functions take as they are.  The numbers are of extended precision, so that what
float64 and longdouble lose is seen.  Nothing here knows of adlib.

Where a derivative does not exist, the convention of the package stands here a second
time: `Jet.corner` counts where it was needed.  A derivative that has no limit and no
convention is NaN: "anything".
"""

import math
from functools import partial

import numpy as np

REAL = np.longdouble
NAN, INF = REAL("nan"), REAL("inf")
PI = 4 * np.arctan(REAL(1))
LN2, LN10 = np.log(REAL(2)), np.log(REAL(10))


def times(slope, derivative):
    """``slope * derivative``: what does not vary stays so, whatever the slope."""
    y = slope * derivative
    return y if np.isfinite(slope) else np.where(derivative == 0, REAL(0), y)


class Jet:
    """`value`, its derivative `along` the direction, `first` derivatives, and `second` ones, each of them along the direction."""

    __slots__ = ("value", "along", "first", "second")
    corners = 0  # how often a convention has decided

    def __init__(self, value, along, first, second):
        self.value, self.along, self.first, self.second = value, along, first, second

    def constant(self, value):
        zero = np.zeros(len(self.first), REAL)
        return Jet(REAL(value), REAL(0), zero, zero)

    def unary(self, value, slope, curvature):
        slope, curvature = REAL(slope), REAL(curvature)
        return Jet(
            REAL(value),
            times(slope, self.along),
            times(slope, self.first),
            times(slope, self.second) + times(curvature, times(self.along, self.first)),
        )

    def __bool__(self):
        return bool(self.value)

    def __repr__(self):
        return f"Jet({self.value}, {self.first})"

    def __hash__(self):
        return hash(self.value)

    def __getattr__(self, name):
        """NumPy's functions of objects ask for a method of their name."""
        if name in UNARY:
            return partial(one, name, self)
        raise AttributeError(name)

    def conjugate(self):
        return self


def number(x):
    return x.value if isinstance(x, Jet) else REAL(x)


def one(name, x):
    if not isinstance(x, Jet):
        return UNARY[name](REAL(x))[0]
    return x.unary(*UNARY[name](x.value))


def two(name, x, y):
    if not isinstance(x, Jet) and not isinstance(y, Jet):
        return BINARY[name](REAL(x), REAL(y))[0]
    x = x if isinstance(x, Jet) else y.constant(x)
    y = y if isinstance(y, Jet) else x.constant(y)
    if name in CHOICES:
        return CHOICES[name](x, y)
    value, d1, d2, d11, d12, d22 = map(REAL, BINARY[name](x.value, y.value))
    mixed = times(x.along, y.first) + times(y.along, x.first)
    return Jet(
        value,
        times(d1, x.along) + times(d2, y.along),
        times(d1, x.first) + times(d2, y.first),
        times(d1, x.second)
        + times(d2, y.second)
        + times(d11, times(x.along, x.first))
        + times(d12, mixed)
        + times(d22, times(y.along, y.first)),
    )


# Functions of one number: value, slope, curvature, with their limits at 0 and at infinity.
def _power_of(exponent):
    """x to a power that is no whole number, for x >= 0."""

    def f(x):
        if x == 0:
            return x, INF, -INF
        return x**exponent, exponent * x ** (exponent - 1), exponent * (exponent - 1) * x ** (exponent - 2)

    return f


def _cbrt(x):
    y = np.cbrt(x)
    if x == 0:
        return y, INF, NAN
    return y, 1 / (3 * y * y), -2 / (9 * y**5)


def _logarithm(f, base, shift=0):
    def at(x):
        u = x + shift
        slope = INF if u == 0 else 1 / (base * u)
        return f(x), slope, -INF if u == 0 else -1 / (base * u * u)

    return at


def _arc(f, sign):
    def at(x):
        u = (1 - x) * (1 + x)
        slope = INF if u == 0 else 1 / np.sqrt(u)
        curvature = x * INF if u == 0 else x / u / np.sqrt(u)
        return f(x), sign * slope, sign * curvature

    return at


def _arctan(x):
    return np.arctan(x), 1 / (1 + x * x), REAL(0) if np.isinf(x) else -2 * x / (1 + x * x) ** 2


def _tanh(x):
    s = 1 / np.cosh(x) ** 2
    return np.tanh(x), s, -2 * np.tanh(x) * s


def _arcsinh(x):
    r = np.hypot(1, x)
    return np.arcsinh(x), 1 / r, REAL(0) if np.isinf(x) else -x / r**3


def _arccosh(x):
    if x == 1:
        return REAL(0), INF, -INF
    u = (x - 1) * (x + 1)
    return np.arccosh(x), 1 / np.sqrt(u), REAL(0) if np.isinf(x) else -x / u / np.sqrt(u)


def _arctanh(x):
    u = (1 - x) * (1 + x)
    return np.arctanh(x), INF if u == 0 else 1 / u, x * INF if u == 0 else 2 * x / u**2


def _absolute(x):
    Jet.corners += x == 0
    return abs(x), np.sign(x), REAL(0)


def _sinc(x):
    if np.isinf(x):
        return NAN, NAN, NAN
    u = PI * x
    if abs(x) < 1:  # the sum of (-1)^j u^2j / (2j + 1)!
        powers = [((-1) ** j / REAL(math.factorial(2 * j + 1)), 2 * j) for j in range(22)]
        value = sum(c * u**k for c, k in powers)
        slope = sum(c * k * u ** (k - 1) for c, k in powers if k)
        curvature = sum(c * k * (k - 1) * u ** (k - 2) for c, k in powers if k)
        return value, PI * slope, PI * PI * curvature
    s, c = np.sin(u), np.cos(u)
    return s / u, PI * (c * u - s) / u**2, PI * PI * (2 * s - 2 * u * c - u * u * s) / u**3


def bessel(order, x):
    """The modified Bessel function by its series."""
    if np.isinf(x):
        return NAN
    half = x / 2
    return sum(half ** (2 * j + order) / (REAL(math.factorial(j)) * math.factorial(j + order)) for j in range(45))


def _i0(x):
    return bessel(0, x), bessel(1, x), (bessel(0, x) + bessel(2, x)) / 2


def _square(x):
    return x * x, 2 * x, REAL(2)


def _linear(f, slope):
    return lambda x: (f(x), slope, REAL(0))


def _nextafter(x, y):
    return np.nextafter(x, y), 1, 0, 0, 0, 0


UNARY = {
    "negative": _linear(np.negative, REAL(-1)),
    "positive": _linear(np.positive, REAL(1)),
    "conjugate": _linear(np.positive, REAL(1)),
    "absolute": _absolute,
    "fabs": _absolute,
    "square": _square,
    "reciprocal": lambda x: (1 / x, -1 / (x * x), 2 / (x * x * x)),
    "sqrt": _power_of(REAL(0.5)),
    "cbrt": _cbrt,
    "exp": lambda x: (np.exp(x),) * 3,
    "exp2": lambda x: (np.exp2(x), LN2 * np.exp2(x), LN2 * LN2 * np.exp2(x)),
    "expm1": lambda x: (np.expm1(x), np.exp(x), np.exp(x)),
    "log": _logarithm(np.log, 1),
    "log2": _logarithm(np.log2, LN2),
    "log10": _logarithm(np.log10, LN10),
    "log1p": _logarithm(np.log1p, 1, 1),
    "sin": lambda x: (np.sin(x), np.cos(x), -np.sin(x)),
    "cos": lambda x: (np.cos(x), -np.sin(x), -np.cos(x)),
    "tan": lambda x: (np.tan(x), 1 / np.cos(x) ** 2, 2 * np.tan(x) / np.cos(x) ** 2),
    "arcsin": _arc(np.arcsin, 1),
    "arccos": _arc(np.arccos, -1),
    "arctan": _arctan,
    "sinh": lambda x: (np.sinh(x), np.cosh(x), np.sinh(x)),
    "cosh": lambda x: (np.cosh(x), np.sinh(x), np.cosh(x)),
    "tanh": _tanh,
    "arcsinh": _arcsinh,
    "arccosh": _arccosh,
    "arctanh": _arctanh,
    "deg2rad": _linear(lambda x: x * PI / 180, PI / 180),
    "radians": _linear(lambda x: x * PI / 180, PI / 180),
    "rad2deg": _linear(lambda x: x * 180 / PI, 180 / PI),
    "degrees": _linear(lambda x: x * 180 / PI, 180 / PI),
    "sinc": _sinc,
    "i0": _i0,
}


# Functions of two numbers: value, d1, d2, d11, d12, d22.
def _divide(x, y):
    if np.isinf(y):
        rest = REAL(0) if np.isfinite(x) else NAN
        return x / y, 1 / y, rest, 0, 0 if np.isfinite(x) else NAN, rest
    return x / y, 1 / y, -x / (y * y), 0, -1 / (y * y), 2 * x / (y * y * y)


def _power(x, y):
    value = np.power(x, y)
    if y == 0:
        Jet.corners += x == 0
        if x == 0:  # the constant 1, and no convention for what is mixed
            return value, 0, 0, 0, NAN, NAN
    if x == 0:
        return (value, *_power_of_zero(x, y))
    if np.isinf(x) or np.isinf(y):
        return (value, *_power_far_away(x, y))
    log = np.log(x)
    d1, d11 = y * x ** (y - 1), y * (y - 1) * x ** (y - 2)
    return value, d1, value * log, d11, x ** (y - 1) * (1 + y * log), value * log * log


def _power_of_zero(x, y):
    if np.isinf(y):
        return (NAN,) * 5
    if y < 0:
        return y * x ** (y - 1), -INF, y * (y - 1) * x ** (y - 2), NAN, NAN
    d1 = REAL(y == 1) if y >= 1 else INF
    d11 = 2 if y == 2 else 0 if y > 2 or y == 1 else INF if y > 1 else -INF
    return d1, 0, d11, 0 if y > 1 else -INF, 0


def _power_far_away(x, y):
    if np.isinf(y) or x < 0:
        whole = np.isfinite(y) and y == np.floor(y)
        if not whole:
            return (NAN,) * 5
        return y * x ** (y - 1), NAN, y * (y - 1) * x ** (y - 2) if y != 1 else 0, NAN, NAN
    d1, d11 = (y * x ** (y - 1) if y else 0), (y * (y - 1) * x ** (y - 2) if y not in (0, 1) else 0)
    d2 = INF if y >= 0 else 0
    d12 = INF if y >= 1 else 0
    return d1, d2, d11, d12, d2


def _atan2(y, x):
    value = np.arctan2(y, x)
    if x == 0 and y == 0:
        return value, NAN, NAN, NAN, NAN, NAN
    if np.isinf(x) or np.isinf(y):
        return value, 0, 0, 0, 0, 0
    s = x * x + y * y
    return value, x / s, -y / s, -2 * x * y / s**2, (y * y - x * x) / s**2, 2 * x * y / s**2


def _hypot(x, y):
    r = np.hypot(x, y)
    if r == 0:
        Jet.corners += 1
        return r, 0, 0, NAN, NAN, NAN
    if np.isinf(r):
        both = np.isinf(x) and np.isinf(y)
        d1, d2 = (NAN, NAN) if both else (np.sign(x) * np.isinf(x), np.sign(y) * np.isinf(y))
        return r, d1, d2, 0, 0, 0
    return r, x / r, y / r, (y / r) ** 2 / r, -x * y / r**3, (x / r) ** 2 / r


def _log_of_sum(f, exp, base):
    def at(x, y):
        value = f(x, y)
        if np.isinf(x) or np.isinf(y):
            if x == y:
                Jet.corners += x < 0
                p = REAL(0.5) if x < 0 else NAN
                return value, p, p, NAN, NAN, NAN
            p = REAL(x > y)
            return value, p, 1 - p, 0, 0, 0
        p, q = exp(x - value), exp(y - value)
        c = base * p * q
        return value, p, q, c, -c, c

    return at


def _remainder(f, rounding):
    def at(x, y):
        value = f(x, y)
        if not np.isfinite(x) or y == 0:
            return value, NAN, NAN, NAN, NAN, NAN
        quotient = REAL(rounding(x, y)) if np.isinf(y) else np.rint((x - value) / y)
        Jet.corners += value == 0 and x != 0
        return value, 1, -quotient, 0, 0, 0

    return at


def _copysign(x, y):
    Jet.corners += x == 0
    return np.copysign(x, y), np.sign(x) * np.copysign(REAL(1), y), 0, 0, 0, 0


def _heaviside(x, y):
    return np.heaviside(x, y), 0, REAL(x == 0), 0, 0, 0


BINARY = {
    "add": lambda x, y: (x + y, 1, 1, 0, 0, 0),
    "subtract": lambda x, y: (x - y, 1, -1, 0, 0, 0),
    "multiply": lambda x, y: (x * y, y, x, 0, 1, 0),
    "divide": _divide,
    "power": _power,
    "float_power": _power,
    "arctan2": _atan2,
    "hypot": _hypot,
    "logaddexp": _log_of_sum(np.logaddexp, np.exp, 1),
    "logaddexp2": _log_of_sum(np.logaddexp2, np.exp2, LN2),
    "remainder": _remainder(np.remainder, np.floor_divide),
    "fmod": _remainder(np.fmod, lambda x, y: 0),
    "copysign": _copysign,
    "heaviside": _heaviside,
    "nextafter": _nextafter,
    "ldexp": lambda x, k: (np.ldexp(x, int(k)), np.ldexp(REAL(1), int(k)), 0, 0, 0, 0),
}


# Choices: what is equal shares.
def mean(jets):
    """Jets of equal values as one: each has an equal share in it."""
    if len(jets) == 1:
        return jets[0]
    Jet.corners += 1
    n = REAL(len(jets))
    add = lambda name: sum(getattr(x, name) for x in jets) / n  # noqa: E731
    return Jet(jets[0].value, add("along"), add("first"), add("second"))


def _chosen(better, pass_nan):
    def choose(x, y):
        if np.isnan(x.value) or np.isnan(y.value):
            first = np.isnan(x.value) != pass_nan
            return x if first else y
        if x.value == y.value:
            return mean([x, y])
        return x if better(x.value, y.value) else y

    return choose


CHOICES = {
    "maximum": _chosen(lambda x, y: x > y, False),
    "minimum": _chosen(lambda x, y: x < y, False),
    "fmax": _chosen(lambda x, y: x > y, True),
    "fmin": _chosen(lambda x, y: x < y, True),
}

def _operator(name, reflected):
    def call(x, y):
        if isinstance(y, np.ndarray):  # which takes the operation over, entry by entry
            return NotImplemented
        return two(name, y, x) if reflected else two(name, x, y)

    return call


_OPERATORS = {"add": "add", "sub": "subtract", "mul": "multiply", "truediv": "divide", "pow": "power", "mod": "remainder"}
for _symbol, _name in _OPERATORS.items():
    setattr(Jet, f"__{_symbol}__", _operator(_name, False))
    setattr(Jet, f"__r{_symbol}__", _operator(_name, True))
for _symbol in ("lt", "le", "gt", "ge", "eq", "ne"):
    _compare = getattr(REAL, f"__{_symbol}__")
    setattr(Jet, f"__{_symbol}__", lambda x, y, compare=_compare: bool(compare(x.value, number(y))))
Jet.__neg__ = lambda x: one("negative", x)
Jet.__pos__ = lambda x: x
Jet.__abs__ = lambda x: one("absolute", x)

_IDENTITY = {"add": 0, "multiply": 1}
PY = {name: np.frompyfunc(partial(one, name), 1, 1) for name in UNARY}
PY |= {
    name: np.frompyfunc(partial(two, name), 2, 1, identity=_IDENTITY.get(name)) for name in (*BINARY, *CHOICES)
}


class Jets(np.ndarray):
    """An array of jets, or of jets and numbers.  Its scalars are arrays, too."""

    def __getitem__(self, index):
        return wrapped(super().__getitem__(index))

    def __iter__(self):
        return (self[i] for i in range(self.shape[0]))

    def __array_ufunc__(self, ufunc, method, *args, out=None, **kwargs):
        y = wrapped(on_jets(ufunc, method, list(map(plain, args)), kwargs))
        if out is not None:
            out[0][...] = y
            return out[0]
        return y

    def __array_function__(self, function, types, args, kwargs):
        if function in EXACT:
            return wrapped(EXACT[function](*args, **kwargs))
        return wrapped(super().__array_function__(function, types, args, kwargs))

    def astype(self, dtype, *args, **kwargs):
        return self

    @property
    def real(self):
        return self


EXACT = {}


def plain(x):
    return x.view(np.ndarray) if isinstance(x, Jets) else x


def wrapped(y):
    """The result of a function of NumPy: its arrays of objects are `Jets`."""
    if isinstance(y, (tuple, list)):
        return type(y)([wrapped(part) for part in y]) if type(y) in (tuple, list) else tuple(map(wrapped, y))
    if isinstance(y, Jet) or type(y) is np.ndarray and y.dtype == object:
        box = np.empty((), object)
        box[()] = y
        return (box if isinstance(y, Jet) else y).view(Jets)
    return y


values = np.frompyfunc(number, 1, 1)


def values_of(x):
    """The numbers alone."""
    return np.asarray(values(plain(x)), REAL) if isinstance(x, Jets) or getattr(x, "dtype", None) == object else x


def on_jets(ufunc, method, args, kwargs):
    kwargs = {k: v for k, v in kwargs.items() if k not in ("dtype", "casting", "subok", "order")}
    name = ufunc.__name__
    if ufunc is np.divmod or ufunc is np.modf:
        whole = getattr(np.floor_divide if ufunc is np.divmod else np.trunc, method)(*map(values_of, args))
        rest = getattr(PY["remainder"], method)(*args) if ufunc is np.divmod else PY["fmod"](args[0], 1)
        return (rest, whole) if ufunc is np.modf else (whole, rest)
    if ufunc is np.frexp:
        _, exponent = np.frexp(values_of(args[0]))
        return PY["ldexp"](args[0], -exponent), exponent
    if method in ("reduce", "accumulate") and name in ("maximum", "minimum", "logaddexp"):
        return SHARED[method](name, *args, **kwargs)
    if name in PY:
        f = PY[name] if method == "__call__" else getattr(PY[name], method)
        if kwargs.get("where", True) is not True:
            kwargs.setdefault("initial", _IDENTITY[name])
        return f(*args, **kwargs)
    if ufunc.signature is not None:
        return getattr(ufunc, method)(*[np.asarray(x, object) for x in args], **kwargs)
    return getattr(ufunc, method)(*map(values_of, args), **kwargs)


SHARED = {}


def variables(xs, direction):
    """Arrays as jets, each entry a variable; `direction` has a number for each of them."""
    n = sum(np.size(x) for x in xs)
    first, k, zero, found = np.eye(n, dtype=REAL), 0, np.zeros(n, REAL), []
    for x in xs:
        y = np.empty(np.size(x), object)
        for i, value in enumerate(np.ravel(x)):
            y[i] = Jet(REAL(value), REAL(direction[k]), first[k], zero)
            k += 1
        found.append(y.reshape(np.shape(x)).view(Jets))
    return found


def parts(y, n):
    """Value, derivative along the direction, Jacobian and its derivative, of the entries one after another."""
    y = [x.item() if isinstance(x, np.ndarray) else x for x in np.ravel(plain(y))]
    y = [x if isinstance(x, Jet) else None for x in y]
    zero = np.zeros(n, REAL)
    along = np.array([REAL(0) if x is None else x.along for x in y], REAL)
    first = np.array([zero if x is None else x.first for x in y], REAL).reshape(len(y), n)
    second = np.array([zero if x is None else x.second for x in y], REAL).reshape(len(y), n)
    return along, first, second
