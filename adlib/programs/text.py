"""The text of a program: expressions, statements, and the function as a careful person would have written it."""

import operator
from collections import Counter

import numpy as np

from ..rules.indexing import add_at, is_basic
from .known import INFIX, MIRRORED, PREFIX, is_new, written
from .lines import Check, Ref, astype, replaced, used

_COMMON = frozenset({np.dtype(float), np.dtype(int), np.dtype(bool)})
_SHOWN = 24  # entries of a constant that the text writes out

# How an addition into places is written: into an array, by JAX's method, or by a function that can be differentiated.
WRITTEN_INTO, FUNCTIONAL, DIFFERENTIABLE = "written into", "functional", "differentiable"


class Text:
    """Writes the lines of a program as source.

    Attributes
    ----------
    constants : dict
        The arrays that the source refers to, by their names.
    """

    def __init__(self, names, kinds):
        self.names = dict(names)
        self.constants = {}
        self._numbers = {}  # id of a constant -> its name
        # A reference is a whole number to Python; what it stands for in an index may be an array.
        self._entries = {
            Ref(k): 0 if shape == () and dtype.kind in "iu" else np.ones(1, int)
            for k, (shape, dtype) in enumerate(kinds)
        }
        self._plain = all(dtype in _COMMON for _, dtype in kinds)  # Python's numbers then promote like NumPy's

    # Expressions.
    def expression(self, x):
        """An operand."""
        kind = type(x)
        if kind is Ref:
            return self.names[x]
        if kind is np.ndarray:
            return self._constant(x)
        if kind is tuple or kind is list:
            inside = ", ".join(map(self.expression, x))
            return f"[{inside}]" if kind is list else f"({inside}{',' * (len(x) == 1)})"
        if kind is slice:
            return f"slice({', '.join(map(self.expression, (x.start, x.stop, x.step)))})"
        if isinstance(x, (np.dtype, type)):
            return _dtype(x)
        if x is Ellipsis:
            return "..."
        return self._number(x) if isinstance(x, (float, complex, np.generic)) else repr(x)

    def _number(self, x):
        bare = x.item() if isinstance(x, np.generic) and type(x) is not np.longdouble else x
        if isinstance(bare, (complex, np.clongdouble)):
            number = f"complex({self._number(bare.real)}, {self._number(bare.imag)})"
        else:
            number = repr(bare) if bare == bare and abs(bare) != np.inf else f"{'-' * bool(bare < 0)}np.{abs(bare)}"
        common = self._plain and getattr(x, "dtype", None) in _COMMON
        return number if bare is x or common or type(bare) is bool else f"np.{x.dtype.name}({number})"

    def _constant(self, x):
        if id(x) not in self._numbers:
            name, k = "c1", 1
            while name in self.constants or name in self.names.values():
                k += 1
                name = f"c{k}"
            self.constants[name] = x
            self._numbers[id(x)] = name
        return self._numbers[id(x)]

    def index(self, x):
        """What stands in square brackets."""
        return ", ".join(map(self._place, x)) or "()" if type(x) is tuple else self._place(x)

    def _place(self, x):
        if type(x) is not slice:
            return str(x) if isinstance(x, np.integer) else self.expression(x)
        start, stop, step = ["" if part is None else self._place(part) for part in (x.start, x.stop, x.step)]
        return f"{start}:{stop}" + f":{step}" * (step != "")

    def call(self, line):
        """The right-hand side of a line."""
        call, args = line.call, line.args
        if call in MIRRORED and type(args[0]) is not Ref:  # x < 0, not 0 > x
            call, args = MIRRORED[call], args[::-1]
        if call in INFIX:
            a, b = map(self.expression, args)
            if call is operator.pow and a.startswith("-"):
                a = f"({a})"
            return f"{a} {INFIX[call]} {b}"
        if call in PREFIX:
            return f"{PREFIX[call]}{self.expression(args[0])}"
        if call is operator.getitem:
            return f"{self.expression(args[0])}[{self.index(args[1])}]"
        if call is operator.abs:
            return f"abs({self.expression(args[0])})"
        if call is astype:
            return f"{self.expression(args[0])}.astype({self.expression(args[1])})"
        given = [self.expression(x) for x in args] + [f"{k}={self.expression(x)}" for k, x in line.kwargs.items()]
        return f"{written(call)}({', '.join(given)})"

    # Statements.
    def share_names(self, lines, outputs):
        """Let additions into one array, each the last use of the one before, have one name."""
        uses = Counter(ref for line in lines for ref in used(line))
        uses.update(outputs)
        by_target = {line.target: line for line in lines if type(line) is not Check and type(line.target) is Ref}
        for line in reversed(lines):
            if type(line) is not Check and line.call is add_at:
                base = line.args[0]
                if type(base) is Ref and uses[base] == 1 and base in by_target and is_new(by_target[base].call):
                    self.names[base] = self.names[line.target]

    def statements(self, line, dialect=WRITTEN_INTO, out=None):
        """A line as source; `out` is the value that an array operation may write over."""
        if type(line) is Check:
            return [self._check(line)]
        target = line.target
        name = (
            self.names[target]
            if type(target) is Ref
            else ", ".join([self.names[t] for t in target]) + "," * (len(target) == 1)
        )
        if line.call is add_at:
            return self._addition(name, line, dialect)
        if out is not None:
            function = written(line.call) if line.call not in UFUNCS else written(UFUNCS[line.call])
            given = [self.expression(x) for x in line.args]
            return [f"{name} = {function}({', '.join(given)}, out={self.names[out]})"]
        return [f"{name} = {self.call(line)}"]

    def _addition(self, name, line, dialect):
        base, values, index = line.args
        added = self.expression(values)
        if dialect == DIFFERENTIABLE:
            return [f"{name} = add_at({self.expression(base)}, {added}, {self.expression(index)})"]
        first = []
        if type(base) is not Ref:
            zeros = not base.any() and not np.signbit(base).any()
            kind = "" if base.dtype == float else f", {_dtype(base.dtype)}"
            first = [
                f"{name} = np.zeros({base.shape}{kind})" if zeros else f"{name} = np.array({self.expression(base)})"
            ]
        elif self.names[base] != name:
            first = [f"{name} = np.array({self.names[base]})"]
        if dialect == FUNCTIONAL:
            return [*first, f"{name} = {name}.at[{self.index(index)}].add({added})"]
        if is_basic(replaced(index, self._entries)):
            return [*first, f"{name}[{self.index(index)}] += {added}"]
        return [*first, f"np.add.at({name}, {self.expression(index)}, {added})"]

    def _check(self, check):
        where = f": recorded at {check.place[0].co_name}, line {check.place[1]}" if check.place else ""
        name = self.names[check.operand]
        if check.kind == "shape":
            shape, dtype = check.expected
            return (
                f"if {name}.shape != {shape} or {name}.dtype != {dtype.name!r}: raise ProgramError("
                f"'the shape of {name} is no longer {shape}{where}')"
            )
        wanted = check.expected
        branch = f"not {name}" if wanted is True else name
        test = branch if check.kind == "bool" else f"{check.kind}({name}) != {wanted}"
        return f"if {test}: raise ProgramError('{name} is no longer {wanted}{where}')"

    def header(self):
        """What the source needs beside the function: its imports and constants."""
        lines = ["import numpy as np"]
        for name, x in self.constants.items():
            if x.size <= _SHOWN and x.dtype in _COMMON:
                lines.append(f"{name} = {_written_out(x)}")
            else:
                lines.append(f"# {name}: array {x.shape}, {x.dtype.name}")
        return lines


UFUNCS = {
    operator.add: np.add,
    operator.sub: np.subtract,
    operator.mul: np.multiply,
    operator.truediv: np.divide,
    operator.neg: np.negative,
}


def _written_out(x):
    """An array, in the order of its entries in memory: sums round by it."""
    if not x.size:
        return f"np.zeros({x.shape}, {_dtype(x.dtype)})"
    order = ", order='F'" if x.flags.f_contiguous and not x.flags.c_contiguous else ""
    return f"np.array({_entries(x.tolist())}{order})"


def _dtype(x):
    dtype = np.dtype(x)
    return {"float64": "float", "int64": "int", "bool": "bool"}.get(dtype.name, f"np.{dtype.name}")


def _entries(x):
    if type(x) is list:
        return f"[{', '.join(map(_entries, x))}]"
    if type(x) is float and (x != x or abs(x) == float("inf")):
        return f"{'-' * (x < 0)}np.{abs(x)}"
    return repr(x)
