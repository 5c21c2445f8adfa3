"""What the generated suite asks: calls of every differentiable function, and arguments of every kind."""

from dataclasses import dataclass

import numpy as np

from tests.adlib.rules.cases import CASES
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

    @property
    def exact(self):
        """What runs on jets."""
        return scattered if self.text.startswith("scatter_add") else self.f


def scattered(v):
    """The case of `scatter_add`, which is no function of NumPy: the entries go to the places 0, 2 and 0 of four."""
    v = np.broadcast_to(v, (3,))
    return np.stack([v[0] + v[2], 0.0 * v[0], v[1], 0.0 * v[0]])


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
    shapes = (
        ((4,),) * len(case.domains)
        if case.elementwise
        else next((s for s in case.shapes if sum(map(np.prod, s)) > 2), case.shapes[0])
    )
    text = f"{case.name} {' '.join(map(str, shapes))}"
    return Call(case.key, text, case.on(np), shapes, case.points, case.elementwise)


# Lines of the other tests that have no oracle here, and why.
_CHANCE = "its knots are in no order, and which is found then is chance"
NOT_COMPARED = {
    "np.interp(x, np.cumsum(y), z, left=0.3)": _CHANCE,
    "np.interp(x, y, z, left=0.5, right=x[0], period=None)": _CHANCE,
}


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
