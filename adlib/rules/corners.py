"""Elementwise functions with corners, at which an argument may have no share in the result.

There it receives nothing, whatever else is not finite: a 0 would become NaN
where it meets an infinite slope.
"""

import functools

import numpy as np

from ..core.conditions import everywhere, nowhere
from ..core.families import Elementwise, scale
from ..core.keywords import function_name
from ..core.trace import FLOAT64, RULES
from ..modes.contributions import Masked


class Share:
    """A slope, and where it is one: elsewhere its product is 0, also with what is not finite."""

    __slots__ = ("slope", "where")

    def __init__(self, slope, where):
        self.slope = slope
        self.where = where

    def __mul__(self, x):
        return self.slope * np.where(self.where, x, 0.0)


class Tip(Share):
    """The slope of a cone, which is 0 at its tip by convention only: there it has no derivative."""

    __slots__ = ()


def share(slope):
    """A plain slope that is 0 where the argument has no share."""
    has = slope != 0
    return slope if everywhere(has) else Share(slope, has)


class Sharing(Elementwise):
    """An elementwise function that may pass over an argument: a partial derivative may be a mask or a `Share`."""

    def partial(self, k, values):
        partial = super().partial(k, values)
        if isinstance(partial, Share):
            return partial * 1.0
        return 1.0 * partial if getattr(partial, "dtype", FLOAT64).kind == "b" else partial

    def _plan(self, argnums):
        take, _ = super()._plan(argnums)
        kept = sorted({i for k in argnums for i in self.needs[k]})
        where = [[kept.index(i) for i in self.needs[k]] for k in argnums]
        pulls = [functools.partial(_pulled, self.partials[k], w, len(kept) > 1) for k, w in zip(argnums, where)]
        plan = self._plans[argnums] = take, pulls
        return plan


def _pulled(partial, where, several, g, residuals):
    """What an argument receives of the adjoint g: no 0 where it has no share, but nothing."""
    if not where:
        return None
    slope = partial(*[residuals[i] for i in where]) if several else partial(residuals)
    mask = slope.where if type(slope) is Share else slope
    if getattr(mask, "dtype", FLOAT64).kind != "b" or everywhere(mask):
        return scale(slope, g)
    return None if nowhere(mask) else Masked(scale(slope, g), np.broadcast_to(mask, np.shape(g)))


def sharing(function, *partials):
    """Declare an elementwise function whose partial derivatives may be a `Share`."""
    RULES[function] = Sharing(function_name(function), partials)
