"""Derivatives by exact algebra: NumPy's own code, run on truncated polynomials.

A `Jet` is a number with its first derivatives in n variables, and with its second
derivatives in each of them and one direction.  `Jets` are arrays of such numbers, which
NumPy's functions take as they are.  The numbers are of extended precision, so that what
float64 and longdouble lose is seen.  Nothing here knows of adlib.
"""

from functools import partial

import numpy as np

from tests.adlib.rules.slopes import BINARY, REAL, UNARY, corners


def times(slope, derivative):
    """``slope * derivative``: what does not vary stays so, whatever the slope."""
    y = slope * derivative
    return y if np.isfinite(slope) else np.where(derivative == 0, REAL(0), y)


class Jet:
    """`value`, its derivative `along` the direction, `first` derivatives, and `second` ones, each of them along the direction."""

    __slots__ = ("value", "along", "first", "second")

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


# Choices: what is equal shares.
def mean(jets):
    """Jets of equal values as one: each has an equal share in it."""
    if len(jets) == 1:
        return jets[0]
    corners.count += 1
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


_OPERATORS = {
    "add": "add",
    "sub": "subtract",
    "mul": "multiply",
    "truediv": "divide",
    "pow": "power",
    "mod": "remainder",
}
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
PY |= {name: np.frompyfunc(partial(two, name), 2, 1, identity=_IDENTITY.get(name)) for name in (*BINARY, *CHOICES)}


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
    if isinstance(y, Jet) or (type(y) is np.ndarray and y.dtype == object):
        box = np.empty((), object)
        box[()] = y
        return (box if isinstance(y, Jet) else y).view(Jets)
    return y


values = np.frompyfunc(number, 1, 1)


def values_of(x):
    """The numbers alone."""
    return (
        np.asarray(values(plain(x)), REAL)
        if isinstance(x, Jets) or getattr(getattr(x, "dtype", None), "kind", "") == "O"
        else x
    )


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
