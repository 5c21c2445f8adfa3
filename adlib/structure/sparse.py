"""Sparse Jacobians: as many sweeps as the pattern of zeros needs, which may be far fewer than columns or rows.

Two columns that have no entry in a common row can share a sweep of forward
mode: each entry of the tangent then belongs to one of them, and the pattern
says to which.  The same holds for two rows and a sweep of reverse mode.

Curtis, Powell and Reid 1974; Coleman and Moré 1983; Gebremedhin, Manne and
Pothen, "What colour is your Jacobian?", SIAM Review 47(4), 2005.
"""

from dataclasses import dataclass

import numpy as np

from ..core.arguments import ALL, check_function, enter, float_dtype
from ..core.errors import ArgumentError
from ..core.settings import shown
from ..core.trace import is_traced
from ..core.tree import unflatten
from ..graph.record import make_graph
from ..modes.forward import push
from ..modes.reverse import ReverseRun
from .colouring import colour_columns
from .patterns import dependence


@dataclass(frozen=True, eq=False, repr=False)
class SparseJacobian:
    """A Jacobian by its entries, as `sparse_jacobian` found it.

    Attributes
    ----------
    rows, cols : numpy.ndarray
        Where the entries of the pattern stand, row by row.
    values : numpy.ndarray
        The derivatives there.
    shape : tuple of int
        Of the matrix, ``(m, n)``.
    mode : str
        ``"forward"`` or ``"reverse"``.
    colours : numpy.ndarray
        The number of the sweep that served each column (forward) or each row
        (reverse); -1 where it has no entry.
    """

    rows: np.ndarray
    cols: np.ndarray
    values: np.ndarray
    shape: tuple
    mode: str
    colours: np.ndarray

    @property
    def sweeps(self):
        """How many sweeps it took: the number of colours."""
        return int(self.colours.max(initial=-1)) + 1

    @property
    def pattern(self):
        """The pattern, as a boolean array of shape (m, n)."""
        pattern = np.zeros(self.shape, bool)
        pattern[self.rows, self.cols] = True
        return pattern

    def toarray(self):
        """The Jacobian as an array of shape (m, n), with zeros outside of the pattern."""
        dense = np.zeros(self.shape, self.values.dtype)
        dense[self.rows, self.cols] = self.values
        return dense

    def __repr__(self):
        return (
            f"SparseJacobian(shape={self.shape}, entries={len(self.values)}, mode={self.mode!r}, sweeps={self.sweeps})"
        )


def sparse_jacobian(f, pattern=None, mode=None):
    """The Jacobian of a function of one vector, with one sweep for several columns or rows at once.

    Parameters
    ----------
    f : callable
        From a vector, shape (n,), to a vector, shape (m,), in plain NumPy.
    pattern : array of bool, optional
        Shape (m, n), true where the Jacobian may have an entry.  If left out, it
        is found from the graph of `f` at the point, for each point again.
    mode : str, optional
        ``"forward"`` colours the columns, ``"reverse"`` the rows.  If left out,
        the mode that needs fewer sweeps; forward mode where both need as many.

    Returns
    -------
    callable
        Takes the point, and returns a `SparseJacobian` with ``rows``, ``cols``,
        ``values``, ``sweeps``, ``toarray()``.

    Raises
    ------
    ArgumentError
        When the pattern lacks an entry that is not zero at the point, or does
        not fit; when the argument or the result of `f` is no vector.
    TracedValueError
        When `f` does what has no derivative, with what to write instead.

    Notes
    -----
    A pattern that is found holds every entry that the Jacobian may have at the
    point, branches and constants as they are there.  It follows elementwise
    operations, moves of entries, sums, and products with constants and their
    zeros; where it does not know an operation (a matrix inverse, `np.sort`, a
    primitive of yours) it takes every result to depend on every operand.  So it
    may have entries that are zero, which cost sweeps and do no harm.

    A pattern that is given is coloured once, for all points.  One more sweep
    along a random direction compares the Jacobian with the entries found, to half
    the digits; a row that disagrees is computed by itself, in a sweep of reverse mode.
    So an entry that is missing is found, unless it is that small beside the rest of its row.

    Cost: ``sweeps + 1`` runs of forward mode, or ``sweeps`` backward sweeps with
    one tape and one run of forward mode.  A band of width w needs w sweeps for
    any n.  A full row together with a full column needs all n.  To find the
    pattern takes one run that keeps all values, and n bytes for each number that
    is still needed.  The colours are greedy, for the fewest are NP-hard to
    find (Coleman and Moré 1983): 7 for the five-point stencil of a grid, where 5
    would do.

    SciPy's matrix is ``scipy.sparse.coo_array((J.values, (J.rows, J.cols)), J.shape)``.

    Examples
    --------
    >>> import numpy as np, adlib
    >>> def f(x):  # each result depends on three entries, side by side
    ...     y = x**2
    ...     return y[:-2] - 2.0 * y[1:-1] + y[2:]
    >>> J = adlib.sparse_jacobian(f)(np.arange(1000.0))
    >>> J
    SparseJacobian(shape=(998, 1000), entries=2994, mode='forward', sweeps=3)
    >>> J.toarray()[1, :5]
    array([ 0.,  2., -8.,  6.,  0.])
    """
    check_function(f, "sparse_jacobian")
    if mode not in (None, "forward", "reverse"):
        raise ArgumentError(f"sparse_jacobian takes mode as 'forward', 'reverse' or None, but got {shown(mode)}")
    given = None if pattern is None else _coloured(_checked(pattern), mode)

    def jacobian(x):
        function, inputs, _ = enter(f, (x,), {}, ALL, "sparse_jacobian")
        _refuse_others(inputs, x)
        n = len(inputs[0])
        direction = np.random.default_rng(0).standard_normal(n).astype(inputs[0].dtype)
        values, tangents, structure = push(function, inputs, [direction])
        if structure is not None or np.ndim(values[0]) != 1:
            raise ArgumentError(
                "sparse_jacobian needs a function with one vector as its result, but got "
                f"{shown(unflatten(structure, values))}; return np.ravel(y), or np.concatenate of several vectors"
            )
        m = len(values[0])
        shape, rows, cols, by_mode, colours = given or _coloured(found_pattern(function, inputs, m), mode)
        if shape != (m, n):
            raise ArgumentError(
                f"sparse_jacobian was given a pattern of shape {shape}, but the Jacobian has shape {(m, n)}: "
                "a row for each result, a column for each entry of the argument"
            )
        compressed = _sweeps(function, inputs, values[0], by_mode, colours)
        entries = compressed[colours[cols], rows] if by_mode == "forward" else compressed[colours[rows], cols]
        found = SparseJacobian(rows, cols, entries, shape, by_mode, colours)
        _compare(found, direction, tangents[0], function, inputs)
        return found

    return jacobian


def _checked(pattern):
    pattern = np.asarray(pattern)
    if pattern.ndim != 2 or pattern.dtype != bool:
        raise ArgumentError(
            "sparse_jacobian takes pattern as a boolean array with a row for each result and a column for each entry "
            f"of the argument, but got one of shape {pattern.shape} and dtype {pattern.dtype}; "
            "write J != 0 for the pattern of an array J"
        )
    return pattern


def _refuse_others(inputs, x):
    if len(inputs) != 1 or np.ndim(inputs[0]) != 1:
        raise ArgumentError(
            f"sparse_jacobian differentiates by one vector, but got {shown(x)}; "
            "join several arrays with np.concatenate, and take them apart in the function"
        )
    if is_traced(inputs[0]):
        raise ArgumentError(
            "sparse_jacobian was called on a traced value, inside another transformation; "
            "call it on plain numbers, or use adlib.jacfwd there"
        )


def found_pattern(function, inputs, m):
    """The pattern from the graph at the point."""
    graph = make_graph(function)(*inputs)
    n = len(inputs[0])
    # A result that depends on nothing is not in the graph.
    return dependence(graph, [np.eye(n, dtype=bool)])[0] if graph.outputs else np.zeros((m, n), bool)


def _coloured(pattern, mode):
    """Shape, rows and columns of a pattern, the mode that needs fewer sweeps, and its colours."""
    rows, cols = np.nonzero(pattern)
    colours = {}
    if mode != "reverse":
        colours["forward"] = colour_columns(rows, cols, pattern.shape)
    if mode != "forward":
        colours["reverse"] = colour_columns(cols, rows, pattern.shape[::-1])
    best = min(colours, key=lambda by_mode: colours[by_mode].max(initial=-1))
    return pattern.shape, rows, cols, best, colours[best]


def _sweeps(function, inputs, y, mode, colours):
    """The compressed Jacobian: the sum of the columns of each colour, or of the rows; one a row."""
    seeds = [colours == colour for colour in range(colours.max(initial=-1) + 1)]
    if mode == "forward":
        sums = [push(function, inputs, [seed.astype(inputs[0].dtype)])[1][0] for seed in seeds]
        return np.stack(sums) if sums else np.zeros((0, len(y)), float_dtype(y))
    run = ReverseRun(function, inputs, keep=True)
    sums = [run.adjoints([(0, seed.astype(float_dtype(y)))])[0] for seed in seeds]
    return np.stack(sums) if sums else np.zeros((0, len(inputs[0])), inputs[0].dtype)


def _compare(found, direction, tangent, function, inputs):
    """Raise where the pattern lacks an entry: there the Jacobian times a random direction is another vector."""
    precision = max(np.finfo(x.dtype).eps for x in (tangent, inputs[0]))
    difference, size = tangent.copy(), np.zeros_like(tangent)
    with np.errstate(all="ignore"):
        terms = found.values * direction[found.cols]
        np.subtract.at(difference, found.rows, terms)
        np.add.at(size, found.rows, np.abs(terms))
        doubtful = np.flatnonzero(np.abs(difference) > np.sqrt(precision) * size)
    if not len(doubtful):
        return
    # Rounding can do that, too, where terms cancel inside of the function.  Reverse mode leaves an exact 0 where no way leads.
    run = ReverseRun(function, inputs, keep=True)
    for i in doubtful:
        row = run.adjoints([(0, (np.arange(found.shape[0]) == i).astype(tangent.dtype))])[0]
        row[found.cols[found.rows == i]] = 0
        j = np.argmax(np.abs(row))
        if row[j] != 0:
            raise ArgumentError(
                f"the pattern for sparse_jacobian has no entry ({i}, {j}), but result {i} depends on x[{j}]: its "
                "derivative there is not zero; add the entry, or leave the pattern out to have it found"
            )
