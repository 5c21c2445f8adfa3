"""Lifetimes: when a value is used for the last time, and which array may be written over.

The second rendering of a program.  It computes the same, and holds no array
longer than it must: `del` after the last use, and results of operations on large
arrays are written over operands that end there.
"""

import numpy as np

from .known import is_new
from .lines import Check, Ref, targets, used
from .text import UFUNCS

LARGE = 4096  # bytes from which a new array costs more than the keyword out=


class Lifetimes:
    """What of a program may be written over or deleted, and where.

    Parameters
    ----------
    lines : list of Line and Check
    outputs : list of Ref
    inputs : int
        How many values are arguments: they are the caller's.
    kinds : list of (shape, dtype)
    in_order : list of bool
        Whether the entries of a value lie in C order.  An array in another order is not
        written over: NumPy may have given the result another order than that, and sums over it round by their order.
    """

    def __init__(self, lines, outputs, inputs, kinds, in_order):
        self.kinds = kinds
        self._in_order = in_order
        self._inputs = inputs
        self._last = {}
        for i, line in enumerate(lines):
            for ref in (*used(line), *targets(line)):
                self._last[ref] = i
        for ref in outputs:
            self._last[ref] = len(lines)
        self._memory = {Ref(k): frozenset({Ref(k)}) for k in range(inputs)}
        for line in lines:
            for ref in targets(line):
                self._memory[ref] = frozenset({ref}) if is_new(line.call) else self._of_operands(line)
        self._ends = {}  # memory -> the last line that uses a value in it
        for ref, roots in self._memory.items():
            for root in roots:
                self._ends[root] = max(self._ends.get(root, -1), self._last.get(ref, -1))

    def _of_operands(self, line):
        constant = any(isinstance(x, np.ndarray) for x in line.args)
        found = [self._memory[ref] for ref in used(line)]
        return frozenset().union(*found, {None} if constant or not found else ())

    def shares(self, ref, others):
        """Whether the memory of a value is not its own: an argument's, a constant's, or that of `others`."""
        roots = self._memory[ref]
        return (
            ref < self._inputs
            or roots != {ref}
            or any(other != ref and roots & self._memory[other] for other in others)
        )

    def overwritten(self, i, line):
        """The operand whose memory the result of line i may take, or None."""
        if type(line) is Check or type(line.target) is not Ref or line.kwargs:
            return None
        if not (isinstance(line.call, np.ufunc) and line.call.nout == 1 or line.call in UFUNCS):
            return None
        shape, dtype = self.kinds[line.target]
        if not shape or np.prod(shape) * dtype.itemsize < LARGE:
            return None
        for x in line.args:
            if type(x) is Ref and x >= self._inputs and self.kinds[x] == (shape, dtype):
                others = [y for y in line.args if type(y) is Ref and y != x]
                alone = self._memory[x] == {x} and self._ends[x] == i and (self._in_order[x] or len(shape) < 2)
                if alone and not any(x in self._memory[y] for y in others):
                    return x
        return None

    def ends_at(self, ref, i):
        """Whether line i is the last to use a value."""
        return self._last[ref] == i

    def ended(self, i, line):
        """The arrays that line i uses for the last time."""
        found = dict.fromkeys((*used(line), *targets(line)))
        return [ref for ref in found if self._last[ref] == i and ref >= self._inputs and self.kinds[ref][0]]
