"""A product of Jacobians: in which order it is multiplied out, and what each order costs.

Godbole, "On efficient computation of matrix chain products", IEEE Transactions
on Computers C-22(9), 1973; for Jacobians Griewank and Walther, "Evaluating
Derivatives", 2nd ed., SIAM 2008, chapter 10.
"""

from dataclasses import dataclass

from ..core.errors import ArgumentError
from ..core.settings import shown, whole_number


@dataclass(frozen=True, repr=False)
class ChainOrder:
    """An order to multiply a chain of Jacobians in, as `chain_order` found it; printing it shows the brackets.

    Attributes
    ----------
    sizes : tuple of int
        Of the spaces, from the input to the output.
    cost : int
        Multiplications of the best order.
    order : int or tuple
        The best order: the number of a Jacobian, or a pair of two orders, the
        left factor first.
    forward, reverse : int
        Multiplications of pure forward mode and of pure reverse mode.
    """

    sizes: tuple
    cost: int
    order: int | tuple
    forward: int
    reverse: int

    def __str__(self):
        written, waiting = [], [self.order]
        while waiting:  # no recursion: a chain may be longer than Python's stack
            part = waiting.pop()
            if isinstance(part, tuple):
                left, right = part
                waiting += [")", right, " ", left, "("]
            else:
                written.append(part if isinstance(part, str) else f"J{part}")
        return "".join(written)

    def __repr__(self):
        return f"ChainOrder({self}, cost={self.cost}, forward={self.forward}, reverse={self.reverse})"


def chain_order(sizes):
    """The order of multiplying a chain of Jacobians that takes the fewest multiplications.

    A chain of k maps has the Jacobian ``J_k ... J_2 J_1``.  Every bracketing
    gives the same matrix.  Forward mode multiplies from the input, ``(J3 (J2
    J1))``, reverse mode from the output, ``((J3 J2) J1)``; where the chain is
    narrow in the middle, an order between them may need far less.

    Parameters
    ----------
    sizes : sequence of int
        ``n_0, n_1, ..., n_k``, the sizes of the spaces between the maps.  n_0 is
        that of the input, n_k that of the output, and J_i has shape ``(n_i,
        n_(i-1))``.

    Returns
    -------
    ChainOrder
        With ``cost``, ``order``, ``forward``, ``reverse``; as a string it is the
        bracketing.

    Raises
    ------
    ArgumentError
        When there are fewer than two sizes, or one is no positive whole number.

    Notes
    -----
    The product of a p x q and a q x r matrix counts as p q r multiplications:
    the Jacobians are dense and stand there already, as J_1 does in forward mode
    and J_k in reverse mode.  Of orders that cost the same, one nearer to
    forward mode is returned.

    Cost: about k**3 / 6 steps of dynamic programming, and memory for k**2 / 2 orders.
    For chains it is easy; the fewest operations for a Jacobian in general are
    NP-complete to find (Naumann 2008).

    Examples
    --------
    >>> import adlib
    >>> best = adlib.chain_order([100, 100, 1, 100, 100])
    >>> print(best, best.cost, best.forward, best.reverse)
    ((J4 J3) (J2 J1)) 30000 1020000 1020000
    >>> best.order
    ((4, 3), (2, 1))
    """
    try:
        sizes = tuple(sizes)
    except TypeError:
        sizes = (sizes,)
    if len(sizes) < 2:
        raise ArgumentError(
            "chain_order takes the sizes n_0, ..., n_k of the spaces between k maps, at least two, "
            f"but got {', '.join(map(shown, sizes)) or 'none'}; write chain_order([3, 4, 2]) for 3 inputs and 2 outputs"
        )
    sizes = tuple(whole_number(n, "each size", "chain_order") for n in sizes)
    k = len(sizes) - 1
    best = {(i, i): (0, i) for i in range(1, k + 1)}  # of J_j ... J_i, its cost and its order
    for length in range(1, k):
        for i in range(1, k - length + 1):
            j = i + length
            # The last product is of J_j ... J_(s+1) and J_s ... J_i.
            costs = {
                s: best[s + 1, j][0] + best[i, s][0] + sizes[i - 1] * sizes[s] * sizes[j] for s in reversed(range(i, j))
            }
            s = min(costs, key=costs.get)
            best[i, j] = costs[s], (best[s + 1, j][1], best[i, s][1])
    cost, order = best[1, k]
    forward = sum(sizes[0] * sizes[i - 1] * sizes[i] for i in range(2, k + 1))
    reverse = sum(sizes[k] * sizes[i] * sizes[i - 1] for i in range(1, k))
    return ChainOrder(sizes, cost, order, forward, reverse)
