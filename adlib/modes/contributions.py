"""What a rule gives back in reverse mode where its contribution to an adjoint is no plain array."""

import numpy as np

from ..core.families import Elementwise
from ..core.trace import is_traced, project


class Contribution:
    """What a rule's `vjp` returns where its contribution is no array or number: it knows how to add itself."""

    __slots__ = ()

    def dense(self, shape, dtype):
        """As an array, for a graph that shows what each parent receives."""
        raise NotImplementedError

    def add_to(self, adjoints, owned, position, shape, dtype):
        """Add to ``adjoints[position]``, of this shape and dtype; ``owned[position]`` says that it may be written into."""
        raise NotImplementedError


class Masked(Contribution):
    """An adjoint of 0 outside of a mask, because what stands there was not chosen.

    It is nothing there, not a number: further back it stays 0, also where it
    meets an infinite slope.  That holds through elementwise operations; others
    mix entries, and take the array.
    """

    __slots__ = ("mask", "values")

    def __init__(self, values, mask):
        self.values = values
        self.mask = mask

    def dense(self, shape, dtype):
        return project(self.values, shape, dtype)

    def add_to(self, adjoints, owned, position, shape, dtype):
        old, values = adjoints[position], project(self.values, shape, dtype)
        alike = np.shape(self.values) == shape
        if old is None:
            adjoints[position] = Masked(values, self.mask) if alike else values
        elif type(old) is Masked:
            total = old.values + values
            adjoints[position] = Masked(total, old.mask | self.mask) if alike else total
        else:
            adjoints[position], owned[position] = old + values, 0

    def through(self, rule, residuals, argnums):
        """What the operands of an operation receive when this is the adjoint of its result."""
        contributions = rule.vjp(self.values, residuals, argnums)
        return [self._cut(ct) for ct in contributions] if isinstance(rule, Elementwise) else contributions

    def _cut(self, ct):
        if ct is None:
            return None
        mask = self.mask
        if type(ct) is Masked:
            ct, mask = ct.values, mask & ct.mask
        if ct is not self.values and (is_traced(ct) or not np.isfinite(ct).all()):
            ct = np.where(mask, ct, 0.0)
        return Masked(ct, mask)
