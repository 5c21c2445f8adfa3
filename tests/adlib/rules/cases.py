"""One entry for each differentiable rule: what to call it with, and where.

A case names the NumPy function it covers, a function of ``(xp, *arrays)`` that
runs on NumPy and on `jax.numpy`, the shapes, and how to draw the numbers.
"""

import operator
from dataclasses import dataclass
from functools import partial

import numpy as np

from adlib.rules.indexing import add_at, scatter_add
from adlib.rules.shapes import astype

# How numbers are drawn: away from every corner and from the edge of the domain.
REAL = "real"
POSITIVE = "positive"
UNIT = "unit"
ABOVE_ONE = "above one"


def draw(domain, shape, seed):
    """An array of numbers from a domain, the same for the same seed."""
    u = np.random.default_rng(seed).uniform(0.1, 0.9, shape)
    sign = np.where(np.random.default_rng(seed + 1).uniform(size=shape) < 0.5, -1.0, 1.0)
    return {REAL: 2.5 * u * sign, POSITIVE: 0.2 + 2 * u, UNIT: u * sign, ABOVE_ONE: 1.1 + 2 * u}[domain]


@dataclass(frozen=True)
class Case:
    key: object  # the function in the table of rules
    name: str
    f: object
    shapes: tuple  # for each check, one shape an argument
    domains: tuple
    analytic: bool = False  # whether the complex step applies
    elementwise: bool = False  # whether broadcasting is all there is to the shapes

    def on(self, xp):
        """The function of arrays alone, on NumPy or on `jax.numpy`."""
        return partial(self.f, xp)

    def points(self, shapes, seed=0):
        return [draw(d, s, 10 * seed + 3 * k) for k, (d, s) in enumerate(zip(self.domains, shapes, strict=True))]


ONE = (((),), ((3,),), ((2, 3),), ((0,),))
TWO = (
    ((), ()),
    ((3,), (3,)),
    ((), (3,)),
    ((3,), ()),
    ((1,), (3,)),
    ((2, 1), (3,)),
    ((2, 3), (1, 3)),
    ((0,), (1,)),
)
UNARY = {
    "negative": (REAL, True), "positive": (REAL, True), "absolute": (REAL, False), "fabs": (REAL, False),
    "square": (REAL, True), "reciprocal": (REAL, True), "sqrt": (POSITIVE, True), "cbrt": (REAL, False),
    "exp": (REAL, True), "exp2": (REAL, True), "expm1": (REAL, True), "log": (POSITIVE, True),
    "log2": (POSITIVE, True), "log10": (POSITIVE, True), "log1p": (POSITIVE, True), "sin": (REAL, True),
    "cos": (REAL, True), "tan": (UNIT, True), "arcsin": (UNIT, True), "arccos": (UNIT, True),
    "arctan": (REAL, True), "sinh": (REAL, True), "cosh": (REAL, True), "tanh": (REAL, True),
    "arcsinh": (REAL, True), "arccosh": (ABOVE_ONE, True), "arctanh": (UNIT, True), "deg2rad": (REAL, False),
    "radians": (REAL, False), "rad2deg": (REAL, False), "degrees": (REAL, False),
}  # fmt: skip
BINARY = {
    "add": (REAL, REAL, True), "subtract": (REAL, REAL, True), "multiply": (REAL, REAL, True),
    "divide": (REAL, POSITIVE, True), "remainder": (REAL, POSITIVE, False), "power": (POSITIVE, REAL, True),
    "float_power": (POSITIVE, REAL, True), "logaddexp": (REAL, REAL, False), "logaddexp2": (REAL, REAL, False),
    "arctan2": (REAL, REAL, False), "hypot": (REAL, REAL, False), "maximum": (REAL, REAL, False),
    "minimum": (REAL, REAL, False),
}  # fmt: skip


def _named(name):
    return lambda xp, *xs: getattr(xp, name)(*xs)


def _one(name, shapes, *arguments, **keywords):
    """A function of one array, with settings."""
    said = [str(a) for a in arguments] + [f"{k}={v}" for k, v in keywords.items()]
    return Case(
        getattr(np, name),
        f"{name}({', '.join(said)})",
        lambda xp, x: getattr(xp, name)(x, *arguments, **keywords),
        tuple((s,) for s in shapes),
        (REAL,),
        analytic=True,
    )


def _product(name, *shapes):
    return [Case(getattr(np, name), name, _named(name), shapes, (REAL, REAL), analytic=True)]


def _item(said, index, *shapes):
    return Case(
        operator.getitem, f"x[{said}]", lambda xp, x: x[index], tuple((s,) for s in shapes), (REAL,), analytic=True
    )


MASK = np.array([True, False, True])

CASES = [
    *[Case(getattr(np, n), n, _named(n), ONE, (d,), a, True) for n, (d, a) in UNARY.items()],
    *[Case(getattr(np, n), n, _named(n), TWO, (d1, d2), a, True) for n, (d1, d2, a) in BINARY.items()],
    # Powers by a plain exponent, and of a plain base, take other paths than powers of arrays.
    *[
        Case(np.power, f"x**{p!r}", lambda xp, x, p=p: x**p, ONE, (REAL if p == int(p) else POSITIVE,), True, True)
        for p in (-2, -1, 0, 1, 2, 3, 2.0, 0.5, -1.5)
    ],
    Case(np.power, "x**[2,3,0]", lambda xp, x: x ** xp.array([2.0, 3.0, 0.0]), (((3,),), ((2, 3),)), (REAL,), True),
    Case(np.power, "x**[2,3,1] of int", lambda xp, x: x ** xp.array([2, 3, 1]), (((3,),),), (REAL,), True),
    Case(np.power, "2.5**x", lambda xp, x: 2.5**x, ONE, (REAL,), True, True),
    Case(np.power, "[2,3,4]**x", lambda xp, x: xp.array([2.0, 3.0, 4.0]) ** x, (((3,),), ((2, 1),)), (REAL,), True),
    Case(np.remainder, "x % 0.7", lambda xp, x: x % 0.7, ONE, (REAL,), False, True),
    Case(np.divide, "1 / x", lambda xp, x: 1 / x, ONE, (POSITIVE,), True, True),
    Case(np.where, "where", lambda xp, x, y: xp.where(MASK, x, y), TWO[1:5], (REAL, REAL)),
    Case(np.where, "where(x > 0)", lambda xp, x, y: xp.where(x > 0, x * y, xp.sin(x)), TWO, (REAL, REAL), False, True),
    # Sums.
    _one("sum", [(), (3,), (2, 3), (0,), (2, 0)]),
    _one("sum", [(3,), (2, 3), (0, 3)], 0),
    _one("sum", [(3,), (2, 3), (2, 3, 2)], axis=-1),
    _one("sum", [(2, 3), (2, 3, 2)], axis=(0, 1)),
    _one("sum", [(2, 3)], axis=()),
    _one("sum", [(), (2, 3)], keepdims=True),
    _one("sum", [(2, 3, 2)], axis=(0, -1), keepdims=True),
    _one("mean", [(), (3,), (2, 3)]),
    _one("mean", [(2, 3), (2, 3, 2)], axis=-2),
    _one("mean", [(2, 3)], 1, keepdims=True),
    _one("mean", [(2, 3, 2)], axis=(0, -1)),
    # Shapes.
    _one("reshape", [(2, 3), (6,), (3, 2, 1)], (3, 2)),
    _one("reshape", [(2, 3), (3, 2)], (-1,)),
    _one("reshape", [()], (1, 1)),
    _one("reshape", [(0, 3)], (3, 0)),
    _one("reshape", [(2, 3), (3, 2)], (3, 2), order="F"),
    _one("ravel", [(), (2, 3), (0,)]),
    _one("ravel", [(2, 3)], order="F"),
    _one("squeeze", [(1, 3, 1), (3,), (1,)]),
    _one("squeeze", [(1, 3, 1)], axis=-1),
    _one("expand_dims", [(), (2, 3)], 0),
    _one("expand_dims", [(2, 3)], axis=(0, -1)),
    _one("swapaxes", [(2, 3), (2, 3, 4)], 0, -1),
    _one("moveaxis", [(2, 3, 4)], 0, -1),
    _one("moveaxis", [(2, 3, 4)], (0, 1), (-1, 0)),
    _one("transpose", [(3,), (2, 3), (2, 3, 4), (0, 2)]),
    _one("transpose", [(2, 3, 4)], (2, 0, 1)),
    _one("transpose", [(2, 3, 4)], axes=(-1, 0, -2)),
    _one("broadcast_to", [(), (3,), (1,), (2, 1), (2, 3)], (2, 3)),
    _one("broadcast_to", [(1,), (1, 1)], (2, 0)),
    Case(astype, "astype", lambda xp, x: x.astype(float), (((3,),), ((2, 3),)), (REAL,)),
    *(
        [Case(np.astype, "np.astype", lambda xp, x: xp.astype(x, float), (((3,),),), (REAL,))]
        if hasattr(np, "astype")
        else []
    ),
    # Joining.
    Case(np.stack, "stack", lambda xp, x, y: xp.stack([x, y]), (((), ()), ((3,), (3,))), (REAL, REAL), True),
    Case(np.stack, "stack(axis=-1)", lambda xp, x, y: xp.stack((x, y, x), axis=-1), (((2, 3), (2, 3)),), (REAL, REAL), True),
    Case(np.stack, "stack with constants", lambda xp, x: xp.stack([x, 2.0, x]), (((),),), (REAL,), True),
    Case(np.concatenate, "concatenate", lambda xp, x, y: xp.concatenate([x, y]), (((3,), (2,)), ((0,), (2,)), ((1, 3), (2, 3))), (REAL, REAL), True),
    Case(np.concatenate, "concatenate(axis=-1)", lambda xp, x, y: xp.concatenate([x, y, x], axis=-1), (((2, 3), (2, 1)),), (REAL, REAL), True),
    Case(np.concatenate, "concatenate(axis=None)", lambda xp, x, y: xp.concatenate([x, y], axis=None), (((2, 3), (2, 1)),), (REAL, REAL), True),
    Case(np.concatenate, "concatenate with constants", lambda xp, x: xp.concatenate([x, xp.ones(2), x]), (((3,),),), (REAL,), True),
    # Products.
    *_product("matmul", ((3,), (3,)), ((2, 3), (3,)), ((3,), (3, 2)), ((2, 3), (3, 4)), ((0, 3), (3, 2)), ((2, 0), (0, 2))),
    *_product("matmul", ((4, 2, 3), (3, 2)), ((2, 3), (4, 3, 2)), ((4, 1, 2, 3), (5, 3, 2)), ((3,), (4, 3, 2)), ((4, 2, 3), (3,))),
    *_product("dot", ((), ()), ((), (3,)), ((2, 3), ()), ((3,), (3,)), ((2, 3), (3,)), ((2, 3), (3, 4)), ((3,), (3, 2))),
    *_product("dot", ((4, 2, 3), (3,)), ((2, 3), (4, 3, 2)), ((4, 2, 3), (5, 3, 2)), ((3,), (4, 3, 2)), ((2, 0), (0, 3)), ((0, 2), (2, 3))),
    # Square brackets.
    _item("1", 1, (3,), (2, 3)),
    _item("-1", -1, (3,)),
    _item("1:", slice(1, None), (3,), (2, 3)),
    _item("::-1", slice(None, None, -1), (3,)),
    _item("3:0:-2", slice(3, 0, -2), (4,)),
    _item("1:1", slice(1, 1), (3,)),
    _item("..., None", (..., None), (2, 3)),
    _item("None, 1", (None, 1), (2, 3)),
    _item(":, 1", (slice(None), 1), (2, 3)),
    _item("1, 2", (1, 2), (2, 3)),
    _item("[0, 2, 0]", np.array([0, 2, 0]), (3,), (3, 2)),
    _item("[]", np.array([], int), (3,)),
    _item("[[0, 1], [1, 1]]", np.array([[0, 1], [1, 1]]), (3,)),
    _item("[0, 1], [2, 2]", (np.array([0, 1]), np.array([2, 2])), (2, 3)),
    _item("rows and a slice", (np.array([1, 1]), slice(0, 2)), (2, 3)),
    _item("[0, -1] through a gap", (np.array([0, -1]), slice(None), np.array([1, 1])), (2, 3, 2)),
    _item("mask", MASK, (3,), (3, 2)),
    _item("mask of two", np.array([[True, False, True], [False, False, True]]), (2, 3)),
    Case(add_at, "add_at", lambda xp, x, v: _added(xp, x, v), (((4,), (3,)),), (REAL, REAL)),
    Case(scatter_add, "scatter_add", lambda xp, v: _scatter(xp, v), (((3,),),), (REAL,)),
]  # fmt: skip


def _added(xp, x, v):
    """One entry twice; JAX has its own."""
    index = np.array([0, 2, 0])
    return add_at(x, v, index) if xp is np else x.at[index].add(v)


def _scatter(xp, v):
    """The transpose of ``x[[0, 2, 0]]``; JAX has its own."""
    index = np.array([0, 2, 0])
    return scatter_add(v, index, (4,)) if xp is np else xp.zeros(4).at[index].add(v)
