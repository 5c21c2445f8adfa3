"""Matrix products.  ``A @ B`` is linear in A and in B; the transposes are products too."""

import math
import operator

import numpy as np

from ..core.declare import bilinear, composite
from ..core.families import Bilinear, Differentiable, total_differential
from ..core.keywords import unsupported_keyword
from ..core.trace import RULES, TRACERS, apply, as_operand, plain_value
from .equivalent import equivalent
from .shapes import t


def _matmul_first(g, shape_a, b):
    # G = A B gives A-bar = G B^T; a vector is a matrix of one row or one column.
    if len(shape_a) == 1 and np.ndim(b) == 1:
        return g * b
    if np.ndim(b) == 1:
        return np.expand_dims(g, -1) * b
    if len(shape_a) == 1:
        return np.matmul(b, np.expand_dims(g, -1))[..., 0]
    return np.matmul(g, t(b))


def _matmul_second(g, a, shape_b):
    # G = A B gives B-bar = A^T G.
    if np.ndim(a) == 1 and len(shape_b) == 1:
        return a * g
    if np.ndim(a) == 1:
        return np.expand_dims(a, -1) * np.expand_dims(g, -2)
    if len(shape_b) == 1 and np.ndim(g) == 1:
        return np.matmul(g, a)  # BLAS has a routine for a vector times a matrix
    if len(shape_b) == 1:
        return np.matmul(np.expand_dims(g, -2), a)[..., 0, :]
    return np.matmul(t(a), g)


bilinear(np.matmul, _matmul_first, _matmul_second)


def _dot_first(g, shape_a, b):
    if not shape_a or np.ndim(b) == 0:
        return g * b if shape_a else np.sum(g * b)
    if np.ndim(b) == 1:
        return np.expand_dims(g, -1) * b
    # dot sums the last axis of a with the second to last of b; the rest of b's axes end up last.
    rows = np.reshape(g, (math.prod(shape_a[:-1]), math.prod(b.shape[:-2]), b.shape[-1]))
    columns = np.reshape(b, (math.prod(b.shape[:-2]), b.shape[-2], b.shape[-1]))
    return np.reshape(np.sum(np.matmul(np.swapaxes(rows, 0, 1), t(columns)), 0), shape_a)


def _dot_second(g, a, shape_b):
    if not shape_b or np.ndim(a) == 0:
        return np.sum(g * a) if not shape_b else g * a
    left = np.reshape(a, (math.prod(a.shape[:-1]), a.shape[-1]))
    if len(shape_b) == 1:
        return np.matmul(np.reshape(g, (-1,)), left)
    rows = np.reshape(g, (left.shape[0], math.prod(shape_b[:-2]), shape_b[-1]))
    return np.reshape(np.matmul(left.T, np.swapaxes(rows, 0, 1)), shape_b)


bilinear(np.dot, _dot_first, _dot_second)


# Products over one axis of stacks of vectors and matrices.
if hasattr(np, "vecdot"):  # since NumPy 2.0; matvec and vecmat since 2.2
    bilinear(
        np.vecdot,
        lambda g, shape_a, b: np.expand_dims(g, -1) * b,
        lambda g, a, shape_b: np.expand_dims(g, -1) * a,
    )
if hasattr(np, "matvec"):
    bilinear(
        np.matvec,
        lambda g, shape_a, b: np.expand_dims(g, -1) * np.expand_dims(b, -2),
        lambda g, a, shape_b: np.matmul(np.expand_dims(g, -2), a)[..., 0, :],
    )
    bilinear(
        np.vecmat,
        lambda g, shape_a, b: np.matmul(b, np.expand_dims(g, -1))[..., 0],
        lambda g, a, shape_b: np.expand_dims(a, -1) * np.expand_dims(g, -2),
    )


# All pairs.
def _outer(a, b, out=None):
    return np.multiply(np.reshape(a, (-1, 1)), np.reshape(b, (1, -1)))


def _kron(a, b):
    a, b = as_operand(a), as_operand(b)
    ndim = max(np.ndim(a), np.ndim(b))
    rows = np.reshape(a, [k for n in (1,) * (ndim - np.ndim(a)) + np.shape(a) for k in (n, 1)])
    columns = np.reshape(b, [k for n in (1,) * (ndim - np.ndim(b)) + np.shape(b) for k in (1, n)])
    y = np.multiply(rows, columns)
    shape = np.shape(y)
    return np.reshape(y, [shape[2 * i] * shape[2 * i + 1] for i in range(ndim)])


composite(np.outer, _outer)
composite(np.kron, _kron)
composite(np.vdot, lambda a, b: np.dot(np.ravel(a), np.ravel(b)))


def _cross(a, b, axisa=-1, axisb=-1, axisc=-1, axis=None):
    if axis is not None:
        axisa = axisb = axisc = axis
    a, b = np.moveaxis(as_operand(a), axisa, -1), np.moveaxis(as_operand(b), axisb, -1)
    three = [[x[..., i] for i in range(np.shape(x)[-1])] for x in (a, b)]
    if len(three[0]) == len(three[1]) == 2:
        (a0, a1), (b0, b1) = three
        return a0 * b1 - a1 * b0
    (a0, a1, a2), (b0, b1, b2) = [[*x, np.zeros_like(x[0])] if len(x) == 2 else x for x in three]
    y = np.stack([a1 * b2 - a2 * b1, a2 * b0 - a0 * b2, a0 * b1 - a1 * b0], axis=-1)
    return np.moveaxis(y, -1, axisc)


equivalent(np.cross, _cross)


# Sums over chosen axes of a product.
def _tensordot_axes(axes, ndim_a, ndim_b):
    """The axes summed over, as two lists of numbers from 0."""
    if isinstance(axes, (int, np.integer)):
        return list(range(ndim_a - axes, ndim_a)), list(range(axes))
    first, second = [list(x) if np.ndim(x) else [x] for x in axes]
    return [i % ndim_a for i in first], [i % ndim_b for i in second]


def _tensordot_first(g, shape_a, b, axes):
    # The axes of g are the free ones of a, then those of b, over which this sums.
    first, second = _tensordot_axes(axes, len(shape_a), np.ndim(b))
    rows = [i for i in range(len(shape_a)) if i not in first]
    columns = [i for i in range(np.ndim(b)) if i not in second]
    a_bar = np.tensordot(g, b, (list(range(len(rows), np.ndim(g))), columns))
    order = rows + [first[second.index(i)] for i in sorted(second)]
    return np.transpose(a_bar, [order.index(i) for i in range(len(order))])


def _tensordot_second(g, a, shape_b, axes):
    first, second = _tensordot_axes(axes, np.ndim(a), len(shape_b))
    rows = [i for i in range(np.ndim(a)) if i not in first]
    columns = [i for i in range(len(shape_b)) if i not in second]
    b_bar = np.tensordot(a, g, (rows, list(range(len(rows)))))
    order = [second[first.index(i)] for i in sorted(first)] + columns
    return np.transpose(b_bar, [order.index(i) for i in range(len(order))])


class Tensordot(Bilinear):
    """``np.tensordot``, whose axes are a setting."""

    def bind(self, call, args, kwargs):
        arguments = dict(zip(("a", "b", "axes"), args)) | kwargs
        factors = [as_operand(arguments[k]) for k in "ab"]
        return apply(self, call, factors, {"axes": arguments.get("axes", 2)})


def _inner_first(g, shape_a, b):
    return _tensordot_first(g, shape_a, b, (-1, -1)) if shape_a and np.ndim(b) else g * b


def _inner_second(g, a, shape_b):
    return _tensordot_second(g, a, shape_b, (-1, -1)) if shape_b and np.ndim(a) else g * a


RULES[np.tensordot] = Tensordot("tensordot", (_tensordot_first, _tensordot_second))
bilinear(np.inner, _inner_first, _inner_second)


# Convolution: c[k] is the sum of a[i] v[k - i].  Each transpose correlates the adjoint with the other factor.
def _of_full(g, n, m, mode):
    """The adjoint of a part of the convolution of n with m entries, as one of the full convolution."""
    if mode == "full":
        return g
    before = (min(n, m) - 1) // 2 if mode == "same" else min(n, m) - 1
    after = n + m - 1 - before - np.shape(g)[0]
    return np.concatenate([np.zeros(before, g.dtype), g, np.zeros(after, g.dtype)])


_MODES = {0: "valid", 1: "same", 2: "full"}


class Convolution(Bilinear):
    """``np.convolve``, whose factors may be numbers, and whose mode may be one of three numbers."""

    def bind(self, call, args, kwargs):
        arguments = dict(zip(("a", "v", "mode"), args)) | kwargs
        mode = arguments.get("mode", "full")
        factors = [np.atleast_1d(as_operand(arguments[k])) for k in "av"]
        return apply(self, call, factors, {"mode": _MODES.get(mode, mode)})


RULES[np.convolve] = Convolution(
    "convolve",
    (
        lambda g, shape_a, v, mode: np.correlate(_of_full(g, shape_a[0], np.size(v), mode), v, "valid"),
        lambda g, a, shape_v, mode: np.correlate(_of_full(g, np.size(a), shape_v[0], mode), a, "valid"),
    ),
)


def _correlate(a, v, mode="valid"):
    # c[k] is the sum of a[n + k] v[n]: a convolution with v backwards; when v
    # is the longer one, NumPy turns the result round.
    a, v = as_operand(a), as_operand(v)
    if np.size(v) > np.size(a):
        return np.convolve(v, a[::-1], mode)[::-1]
    return np.convolve(a, v[::-1], mode)


equivalent(np.correlate, _correlate)


class Einsum(Differentiable):
    """``np.einsum``: linear in each operand.

    The adjoint of an operand is again one einsum: of the adjoint of the result
    and the other operands, with the subscripts of the operand as the output.
    A subscript that stands in that operand alone was summed over: its adjoint
    is constant along it, so a vector of ones carries it.  A subscript that it
    repeats reads a diagonal: an identity matrix puts the adjoint there.
    """

    def bind(self, call, args, kwargs):
        if not isinstance(args[0], str):
            args = _with_letters(args)
        operands = [as_operand(x) for x in args[1:]]
        optimize = kwargs.get("optimize", False)
        for name in kwargs:
            if name not in ("optimize", "out", "order"):
                raise unsupported_keyword(name, call, next(x for x in operands if type(x) in TRACERS))
        inputs, output = _explicit(args[0], [np.ndim(x) for x in operands])
        return apply(
            self, _einsum, operands, {"given": args[0], "inputs": inputs, "output": output, "optimize": optimize}
        )

    def jvp(self, call, ans, args, kwargs, tangents):
        def with_operand(k):
            return lambda dx: call(*args[:k], dx, *args[k + 1 :], **kwargs)

        return total_differential(map(with_operand, range(len(args))), tangents)

    def residuals(self, ans, args, kwargs, argnums):
        # The adjoint of an operand needs the others.
        needed = [None if argnums == (k,) else x for k, x in enumerate(args)]
        return needed, [np.shape(x) for x in args], kwargs

    def vjp(self, g, residuals, argnums):
        args, shapes, kwargs = residuals
        return [self._transpose(k, g, args, shapes[k], **kwargs) for k in argnums]

    def _transpose(self, k, g, args, shape, given, inputs, output, optimize):
        """The adjoint of operand k.

        For ``"ij,jk->ik"`` and the first operand it is the einsum ``"ik,jk->ij"``
        of g and the second.  A diagonal, ``"ii->i"``, is ``"i,ia->ia"`` of g and
        an identity matrix; a sum, ``"i->"``, is ``",i->i"`` of g and ones.
        """
        others = [j for j in range(len(args)) if j != k]
        subscripts = [output, *[inputs[j] for j in others]]
        operands = [g, *[args[j] for j in others]]
        known = set("".join(subscripts))
        unused = iter(sorted(set(_LETTERS) - set("".join([output, *inputs]))))
        dtype = np.result_type(plain_value(g))
        result = ""
        for letter, n in zip(inputs[k], shape):
            if letter in result:  # a diagonal
                other = next(unused)
                subscripts.append(letter + other)
                operands.append(np.eye(n, dtype=dtype))
                letter = other
            elif letter not in known:  # summed over
                subscripts.append(letter)
                operands.append(np.ones(n, dtype))
            result += letter
        if not isinstance(optimize, (bool, str)) and optimize is not None and optimize[0] == "einsum_path":
            optimize = True  # a path for these operands is none for the others
        x_bar = np.einsum(f"{','.join(subscripts)}->{result}", *operands, optimize=optimize)
        # Where all others had length 1 the adjoint is constant along the axis.
        return np.broadcast_to(x_bar, np.broadcast_shapes(np.shape(x_bar), shape))


_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"  # in NumPy's order


def _einsum(*operands, given, inputs, output, optimize):
    return np.einsum(given, *operands, optimize=optimize)


def _with_letters(args):
    """The form with lists of numbers, ``einsum(a, [0, 1], b, [1, 2], [0, 2])``, as a string."""
    pairs = args[: len(args) // 2 * 2]
    lists = [
        [n if n is Ellipsis else operator.index(n) for n in numbers] for numbers in (*pairs[1::2], *args[len(pairs) :])
    ]
    if not all(n is Ellipsis or 0 <= n < len(_LETTERS) for numbers in lists for n in numbers):
        np.einsum(*map(plain_value, args))  # NumPy's error
    texts = ["".join("..." if n is Ellipsis else _LETTERS[n] for n in numbers) for numbers in lists]
    said = ",".join(texts[: len(pairs) // 2])
    return (said if len(pairs) == len(args) else f"{said}->{texts[-1]}", *pairs[::2])


def _explicit(subscripts, ndims):
    """The subscripts of each operand and of the result, with letters for the dots."""
    subscripts = subscripts.replace(" ", "")
    left, _, output = subscripts.partition("->")
    if "->" not in subscripts:  # NumPy's rule: what occurs once, in alphabetical order
        letters = left.replace(",", "").replace("...", "")
        output = "..." * ("..." in left) + "".join(c for c in sorted(set(letters)) if letters.count(c) == 1)
    unused = [c for c in _LETTERS if c not in subscripts]
    inputs = left.split(",")
    hidden = [n - len(s.replace("...", "")) if "..." in s else 0 for s, n in zip(inputs, ndims)]
    dots = "".join(unused[: max(hidden, default=0)])  # broadcast: aligned at the end
    inputs = [s.replace("...", dots[len(dots) - n :]) for s, n in zip(inputs, hidden)]
    return inputs, output.replace("...", dots)


RULES[np.einsum] = Einsum("einsum")
