"""Columns in groups whose members share no row: a sweep of forward mode serves a whole group.

Curtis, Powell and Reid, "On the estimation of sparse Jacobian matrices", IMA
Journal of Applied Mathematics 13, 1974; Coleman and Moré, "Estimation of sparse Jacobian
matrices and graph colouring problems", SIAM J. Numer. Anal. 20(1), 1983.
"""

import numpy as np


def colour_columns(rows, cols, shape):
    """A colour, 0, 1, ..., for each column, so that no two columns of one colour have an entry in the same row.

    Parameters
    ----------
    rows, cols : array of int
        Where the entries stand.
    shape : tuple of int
        Of the matrix.

    Returns
    -------
    array of int
        One colour for each column; -1 for a column without entries.

    Notes
    -----
    Greedy, the better of two orders of the columns: as they stand, and those first
    that meet many others in their rows.  No colouring has fewer colours than the
    fullest row has entries; this one has at most one more than the most columns
    that one column meets.  A full band has as many colours as diagonals, the fewest there are.

    The fewest colours are NP-hard to find (Coleman and Moré 1983).

    Cost: for each entry, an operation on a row of as many bits as there are colours.
    """
    m, n = shape
    per_row = np.bincount(rows, minlength=m)
    by_column = np.argsort(cols, kind="stable")
    ends = np.cumsum(np.bincount(cols, minlength=n))
    rows_of = [part.tolist() for part in np.split(rows[by_column], ends[:-1])] if n else []
    colours = _greedy(range(n), rows_of, m)
    if n and colours.max() + 1 > per_row.max(initial=0):
        meets = np.bincount(cols, per_row[rows], n)
        other = _greedy(np.argsort(-meets, kind="stable").tolist(), rows_of, m)
        colours = min(colours, other, key=np.max)
    return colours


def _greedy(order, rows_of, m):
    """Give each column, in this order, the first colour that is free in all its rows."""
    taken = [0] * m  # the colours of each row as bits of a whole number
    colours = np.full(len(rows_of), -1)
    for column in order:
        known = 0
        for row in rows_of[column]:
            known |= taken[row]
        free = ~known & (known + 1)  # the lowest bit that is not set
        for row in rows_of[column]:
            taken[row] |= free
        if rows_of[column]:
            colours[column] = free.bit_length() - 1
    return colours
