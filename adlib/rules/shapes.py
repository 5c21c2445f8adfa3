"""Functions that move entries about.  All are linear; each transpose moves them back."""

import operator

import numpy as np

from ..core.declare import composite, linear, primitive
from ..core.errors import TracedValueError, with_user_line
from ..core.families import Linear
from ..core.trace import RULES, as_array, is_traced


def t(x):
    """The matrices in the last two axes, transposed: the T of the formulas."""
    return np.swapaxes(x, -1, -2)


class Reshaping(Linear):
    """`np.reshape` and `np.ravel`, whose order of entries must not depend on how an array lies in memory.

    A derivative lies in memory in its own way.
    """

    def __init__(self, name, position):
        super().__init__(name, self._transpose)
        self.position = position  # of `order` among the arguments

    def bind(self, call, args, kwargs):
        order = args[self.position] if len(args) > self.position else kwargs.get("order", "C")
        if order not in ("C", "F", "c", "f"):
            raise with_user_line(
                TracedValueError(
                    f"order={order!r} follows the memory of an array, which a derivative does not share; "
                    "use order='C' or order='F'"
                )
            )
        rest = [x for k, x in enumerate(args) if k != self.position]
        kwargs = {name: x for name, x in kwargs.items() if name != "copy"}
        return super().bind(call, rest, {**kwargs, "order": order})

    @staticmethod
    def _transpose(g, shape, *_, order, **__):
        return np.reshape(g, shape, order=order)


RULES[np.reshape] = Reshaping("reshape", 2)
RULES[np.ravel] = Reshaping("ravel", 1)
linear(np.squeeze, lambda g, shape, *_, **__: np.reshape(g, shape))
linear(np.expand_dims, lambda g, shape, *_, **__: np.reshape(g, shape))
linear(np.swapaxes, lambda g, shape, axis1, axis2: np.swapaxes(g, axis1, axis2))
linear(np.moveaxis, lambda g, shape, source, destination: np.moveaxis(g, destination, source))
linear(np.flip, lambda g, shape, axis=None: np.flip(g, axis))
linear(np.fliplr, lambda g, shape: np.fliplr(g))
linear(np.flipud, lambda g, shape: np.flipud(g))
linear(np.roll, lambda g, shape, shift, axis=None: np.roll(g, np.negative(shift), axis))
linear(np.rot90, lambda g, shape, k=1, axes=(0, 1): np.rot90(g, -k, axes))


def _transpose_transpose(g, shape, axes=None):
    if axes is None:
        return np.transpose(g)
    inverse = [0] * len(axes)
    for i, a in enumerate(axes):
        inverse[a % len(axes)] = i
    return np.transpose(g, inverse)


linear(np.transpose, _transpose_transpose)


def _shift(sign):
    """``np.fft.fftshift`` and its inverse roll each axis by half its length, rounded down."""

    def code(x, axes=None):
        axes = range(np.ndim(x)) if axes is None else axes if isinstance(axes, (tuple, list)) else (axes,)
        return np.roll(x, [sign * (np.shape(x)[a] // 2) for a in axes], tuple(axes))

    return code


composite(np.fft.fftshift, _shift(1))
composite(np.fft.ifftshift, _shift(-1))


def _rollaxis_transpose(g, shape, axis, start=0):
    # The axis went to stand before the one that had the number `start`.
    axis, start = axis % len(shape), start if start >= 0 else start + len(shape)
    return np.moveaxis(g, start - (axis < start), axis)


linear(np.rollaxis, _rollaxis_transpose)

# `project` sums over broadcast axes, whatever made them.
linear(np.broadcast_to, lambda g, shape, *_, **__: g)


@primitive
def astype(x, dtype):
    """The floats of `x` in another precision."""
    return as_array(x).astype(dtype)[()]


# `project` gives an adjoint the dtype of its value.
linear(astype, lambda g, shape, dtype: g)
if hasattr(np, "astype"):  # since NumPy 2.1
    composite(np.astype, lambda x, dtype, /, *, copy=True: x.astype(dtype))


def _at_least(ndim, grown):
    def code(*arys):
        results = tuple(grown(x) if np.ndim(x) < ndim else x for x in arys)
        return results if len(arys) != 1 else results[0]

    return code


composite(np.atleast_1d, _at_least(1, lambda x: np.reshape(x, (1,))))
composite(np.atleast_2d, _at_least(2, lambda x: np.reshape(x, (1, np.size(x)))))
composite(np.atleast_3d, _at_least(3, lambda x: np.reshape(x, (1, *np.shape(x), 1)[-3:] if np.ndim(x) else (1, 1, 1))))
if hasattr(np, "matrix_transpose"):  # since NumPy 2.0
    linear(np.matrix_transpose, lambda g, shape: t(g))

# Copies change nothing, and neither does the layout in memory.
composite(np.copy, lambda a, order="K", subok=False: a)


def _broadcast_arrays(*args, subok=False):
    shape = np.broadcast_shapes(*[np.shape(x) for x in args])
    return type(np.broadcast_arrays(0))(np.broadcast_to(x, shape) for x in args)


def _meshgrid(*xi, copy=True, sparse=False, indexing="xy"):
    order = list(range(len(xi)))
    if indexing == "xy" and len(xi) > 1:
        order[:2] = 1, 0
    grids = [np.reshape(x, [np.size(x) if i == axis else 1 for i in range(len(xi))]) for x, axis in zip(xi, order)]
    if not sparse:
        shape = [np.size(xi[order.index(axis)]) for axis in range(len(xi))]
        grids = [np.broadcast_to(grid, shape) for grid in grids]
    return type(np.meshgrid(0))(grids)


def _ix(*args):
    return tuple(np.reshape(x, [np.size(x) if i == k else 1 for i in range(len(args))]) for k, x in enumerate(args))


composite(np.broadcast_arrays, _broadcast_arrays)
composite(np.meshgrid, _meshgrid)
composite(np.ix_, _ix)


# Splitting is indexing, by the places that NumPy finds.
def _pieces(split, axis=None):
    def code(ary, indices_or_sections, axis=axis):
        if is_traced(indices_or_sections):
            operator.index(indices_or_sections)  # says why not
        if axis is None:  # hsplit's axis depends on the array
            axis = 0 if np.ndim(ary) == 1 else 1
        places = split(np.arange(np.shape(ary)[axis]), indices_or_sections)
        before = (slice(None),) * (axis % np.ndim(ary))
        return [ary[(*before, slice(p[0], p[-1] + 1) if len(p) else slice(0, 0))] for p in places]

    return code


composite(np.split, _pieces(np.split, 0))
composite(np.array_split, _pieces(np.array_split, 0))
composite(np.vsplit, lambda ary, indices_or_sections: _pieces(np.split, 0)(ary, indices_or_sections))
composite(np.hsplit, lambda ary, indices_or_sections: _pieces(np.split)(ary, indices_or_sections))
composite(np.dsplit, lambda ary, indices_or_sections: _pieces(np.split, 2)(ary, indices_or_sections))
if hasattr(np, "unstack"):  # since NumPy 2.1
    composite(np.unstack, lambda x, /, *, axis=0: tuple(np.moveaxis(x, axis, 0)))
