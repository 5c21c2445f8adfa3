"""Where something happens: the operations of a run with the user's lines, at the point and beside it."""

import linecache
import sys
from typing import NamedTuple

import numpy as np

from ..core.arguments import ALL, enter
from ..core.errors import GradientCheckError, is_library
from ..graph.record import GraphTrace, recorded
from ..graph.steps import Ref
from ..modes.check import check_grads
from ..modes.reverse import OUTPUT
from .runs import moved

_EPS = np.finfo(float).eps
_SAMPLES = 8  # runs that are rounded at random
_FAR, _NEAR = 2.0**-20, 2.0**-24  # steps, in units of the size of the point


def raised_at(error):
    """The line of the user's code that an error comes from; None where it comes from none."""
    place, step = None, error.__traceback__
    while step is not None:
        if not is_library(step.tb_frame) and not step.tb_frame.f_code.co_filename.endswith(".pyx"):  # NumPy's
            place = Place(step.tb_frame.f_code, step.tb_lineno)
        step = step.tb_next
    return place


class Place(NamedTuple):
    """A line of the user's code."""

    code: object
    line: int

    def __str__(self):
        source = linecache.getline(self.code.co_filename, self.line).strip()
        where = f"line {self.line} of {self.code.co_name.strip('<>')}"
        return f"{where}: {source}" if source else where


class PlacedTrace(GraphTrace):
    """A graph that knows for each node the line of the user's code it comes from."""

    def __init__(self):
        super().__init__()
        self.places = []

    def process(self, rule, call, args, kwargs):
        frame = sys._getframe(1)
        while is_library(frame) and frame.f_code is not _START:
            frame = frame.f_back
        place = None if frame.f_code is _START else Place(frame.f_code, frame.f_lineno)
        result = super().process(rule, call, args, kwargs)
        self.places += [place] * (len(self.records) - len(self.places))
        return result

    def input(self, value):
        self.places.append(None)
        return super().input(value)


class Run:
    """One run as a graph, with tangents along a direction, and the same run a little way off on both sides."""

    def __init__(self, f, x, u, scale, limit):
        self._f, self._u, self._x, self._scale, self._limit = f, u, x, scale, limit
        self.graph, self.places = self._at(0.0)
        self.tangents = [step.tangent for step in self.graph.forward(u)]

    def _at(self, t):
        x = moved(self._x, t * self._u)
        function, inputs, _ = enter(self._f, (x,), {}, ALL, "examine")
        trace = PlacedTrace()
        graph = recorded(trace, self._f, function, (x,), inputs)
        return graph, trace.places

    def beside(self, h):
        """The graph on both sides, at the distance `h`; None for one that took other operations or failed."""
        found = []
        for sign in (-1, 1):
            graph, _ = self._limit(self._at, sign * h * self._scale) or (None, None)
            if graph is None or [(n.op, n.parents) for n in graph.nodes] != [
                (n.op, n.parents) for n in self.graph.nodes
            ]:
                return None
            found.append(graph)
        return found

    def rounding(self):
        """How far rounding moves the value and the slope: every result of the run is moved by a rounding, at random.

        Parker, "Monte Carlo arithmetic", UCLA 1997.  What rounds alike in two places, as in a trick that
        compensates, is moved alike, and a loop that corrects itself does so here.  Branches stay as they were.
        """
        if not self.graph.outputs:
            return 0.0, 0.0
        rng, (output,) = np.random.default_rng(0), self.graph.outputs
        exact = [_copied(node, self.graph.operand_values(node)) for node in self.graph.nodes]
        ends = np.array([self._rounded(rng, output, exact) for _ in range(_SAMPLES)])
        off = np.abs(ends - [self.graph.nodes[output].value, self.tangents[output]])
        return tuple(np.max(np.where(np.isfinite(off), off, 0.0), axis=0).tolist())

    def _rounded(self, rng, output, exact):
        values, tangents = [], []

        def moved(x, exact=False):
            if isinstance(x, tuple):
                return tuple(map(moved, x))
            if x is None or np.asarray(x).dtype.kind != "f":
                return x
            return x * (1 + np.where(exact, 0.0, _EPS * rng.uniform(-1.0, 1.0, np.shape(x))))

        for node in self.graph.nodes:
            args = [values[x.index] if isinstance(x, Ref) else x for x in node.operands]
            if node._rule is None:
                values.append(node.value)
                tangents.append(self._u)
            elif node._rule is OUTPUT:
                values.append(args[0][args[1]])
                tangents.append(tangents[node.operands[0].index][args[1]])
            else:
                slopes = [tangents[x.index] if isinstance(x, Ref) else None for x in node.operands]
                try:
                    value = node._call(*args, **node._kwargs)
                    slope = node._rule.jvp(node._call, value, args, node._kwargs, slopes)
                except Exception:  # a result that may not be moved, such as one that has to be symmetric
                    value, slope = node.value, self.tangents[node.index]
                values.append(moved(value, exact[node.index]))
                tangents.append(moved(slope))
        return float(values[output]), float(tangents[output])

    def first_not_finite(self):
        """The first operation whose value, or else whose tangent or adjoint, is not finite."""
        for node in self.graph.nodes:
            if not _finite(node.value):
                return self.place(node.index)
        for node, tangent in zip(self.graph.nodes, self.tangents):
            if tangent is not None and not _finite(tangent):
                return self.place(node.index)
        for step in self.graph.reverse(1.0) if self.graph.outputs else ():
            for term in step.terms:
                if not _finite(term.contribution):
                    return self.place(term.child)
        return None

    def first_bend(self):
        """The first operation whose slopes on the two sides differ, or whose value jumps."""
        far, near = self.beside(_FAR), self.beside(_NEAR)
        if far is None or near is None:
            return None
        for k, node in enumerate(self.graph.nodes):
            if isinstance(node.value, tuple):
                continue
            with np.errstate(all="ignore"):
                bends, moved = [], []
                for (before, after), h in ((far, _FAR), (near, _NEAR)):
                    left, right = (np.asarray(g.nodes[k].value, float) for g in (before, after))
                    if left.shape != np.shape(node.value) or right.shape != left.shape:
                        return self.place(k)
                    bends.append(np.max(np.abs(left - 2 * node.value + right), initial=0.0) / h)
                    moved.append(
                        np.max(np.maximum(np.abs(right - node.value), np.abs(left - node.value)), initial=0.0) / h
                    )
            if bends[1] > 0.5 * bends[0] and bends[1] > 1e-3 * moved[1] and bends[1] > _noise(node.value):
                return self.place(k)
        return None

    def first_mismatch(self):
        """The first operation whose tangent is not the slope of its values; its position, or None."""
        sides = self.beside(_FAR)
        if sides is None:
            return None
        for k, node in enumerate(self.graph.nodes):
            if isinstance(node.value, tuple) or not node.parents:
                continue
            left, right = (np.asarray(g.nodes[k].value, float) for g in sides)
            slope = (right - left) / (2 * _FAR * self._scale)
            off = np.max(np.abs(slope - self.tangents[k]), initial=0.0)
            if off > 1e-3 * np.max(np.abs(slope), initial=0.0) + _noise(node.value) / self._scale:
                return k
        return None

    def varying_constant(self):
        """The first operation with a constant that is another one beside the point: its position and the constant."""
        for other in self.beside(_FAR) or ():
            for node, beside in zip(self.graph.nodes, other.nodes):
                for x, y in zip(node.operands, beside.operands):
                    varies = isinstance(x, (bool, float, np.ndarray, np.generic)) and np.any(x != y)
                    if varies and not isinstance(x, Ref):
                        return node.index, x
        return None

    def wrong_rule(self):
        """The first operation whose rule `check_grads` refutes: its position and what it says."""
        for node in self.graph.nodes:
            args = self.graph.operand_values(node)
            varies = [isinstance(x, Ref) for x in node.operands]
            if not any(varies) or isinstance(node.value, tuple) or any(isinstance(x, tuple) for x in args):
                continue

            def call(*moved, node=node, args=args, varies=varies):
                moved = iter(moved)
                return node._call(*(next(moved) if v else x for x, v in zip(args, varies)), **node._kwargs)

            try:
                check_grads(call, tuple(x for x, v in zip(args, varies) if v))
            except GradientCheckError as error:
                if "corner" not in str(error) and "nothing was tested" not in str(error):
                    return node.index, str(error)
            except Exception:  # the operation cannot be asked beside this point
                continue
        return None

    def losses(self, summed=False):
        """The line of the operation that loses most digits on the way to the slope, by a running analysis of rounding.

        Each value and each tangent carries the size of its error.  An operation
        adds a rounding of its own, and passes on what its operands carry: how
        much is seen by moving them by that.  The operation whose relative error
        exceeds those of its operands by the largest factor is where digits go.
        With `summed` it is the line whose operations together enlarge the error most.
        """
        values, slopes, growth, worst = {}, {}, {}, (1e3, None)
        for step in self.graph.forward(self._u):
            node, k = step.node, step.node.index
            if isinstance(node.value, tuple) or node._rule in (None, OUTPUT):
                values[k] = slopes[k] = 0.0
                continue
            args = self.graph.operand_values(node)
            e_value, e_slope, before = self._passed_on(node, args, values, slopes)
            values[k] = e_value + _EPS * _size(node.value)
            parts = sum(_size(term.contribution) for term in step.terms)
            slopes[k] = e_slope + _EPS * parts
            for error, size in ((values[k], _size(node.value)), (slopes[k], _size(step.tangent))):
                grown = (
                    error / max(size, error, 5e-324) / max(before, _EPS)
                )  # all digits are lost where the error is larger
                growth[self.place(k)] = growth.get(self.place(k), 0.0) + max(np.log(grown), 0.0)
                if grown > worst[0]:
                    worst = grown, self.place(k)
        return max(growth, key=growth.get, default=None) if summed else worst[1]

    def _passed_on(self, node, args, values, slopes):
        """The errors that the operands' errors make in value and tangent, and the largest relative one among them."""
        e_value = e_slope = before = 0.0
        tangents = [self.tangents[x.index] if isinstance(x, Ref) else None for x in node.operands]

        def run(args, tangents):
            ans = node._call(*args, **node._kwargs)
            return ans, node._rule.jvp(node._call, ans, list(args), node._kwargs, list(tangents))

        ans, slope = run(args, tangents)
        for k, x in enumerate(node.operands):
            if not isinstance(x, Ref):
                continue
            for table, places in ((values, args), (slopes, tangents)):
                error, size = table[x.index], _size(places[k])
                before = max(before, error / size if size else 0.0)
                if not error:
                    continue
                move = max(error, 2.0**-24 * size)  # one that rounding does not hide
                moved = list(places)
                moved[k] = places[k] + move
                other, turned = run(moved, tangents) if places is args else run(args, moved)
                e_value += _size(other - ans) * error / move
                e_slope += _size(turned - slope) * error / move
        return e_value, e_slope, before

    def coarsest(self):
        """The first operation in a type coarser than that of the point, and the type; None where there is none."""
        for node in self.graph.nodes:
            if node.dtype is not None and node.dtype.kind == "f" and node.dtype.itemsize < 8:
                return self.place(node.index), node.dtype
        return None

    def place(self, k):
        return self.places[k]


_START = Run._at.__code__  # below it stand the frames of whoever asks


def _copied(node, operands):
    """Which entries of a result are those of an operand, which are not rounded: of an index, a sign, a choice."""
    if node.value is None or isinstance(node.value, tuple) or node._rule in (None, OUTPUT):
        return False
    parts = [np.abs(np.ravel(x)) for x in operands if np.asarray(x).dtype.kind == "f"]
    return np.isin(np.abs(node.value), np.concatenate(parts)) if parts else False


def _finite(x):
    return all(
        np.isfinite(part).all() for part in (x if isinstance(x, tuple) else (x,)) if np.asarray(part).dtype.kind == "f"
    )


def _size(x):
    return float(np.max(np.abs(x), initial=0.0))


def _noise(value):
    """What rounding of a value leaves in its quotients."""
    return 64 * _EPS * _size(value) / _NEAR
