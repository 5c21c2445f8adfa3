"""What a graph is made of: its nodes, and the steps of both modes along it."""

from dataclasses import dataclass, field

import numpy as np

from ..core.families import Rule


@dataclass(frozen=True)
class Ref:
    """An operand that is the value of another node, by its position."""

    index: int


@dataclass(frozen=True, eq=False)
class Node:
    """One line of the list: an input, or one operation.

    Attributes
    ----------
    index : int
        Position in the list; parents stand before their children.
    name : str
        The parameter's name for an input; v1, v2, ... for intermediate results;
        the function's name for its result.
    op : str
        ``"input"``, NumPy's name of the operation, or ``"output"`` for taking one
        result of an operation that has several.
    operands : tuple
        The operands in call order: `Ref` for a node, the plain value of a constant.
    parents : tuple of int
        Positions of the nodes among the operands, with repeats.
    value : float, ndarray, or tuple of them for an operation with several results
    """

    index: int
    name: str
    op: str
    operands: tuple
    parents: tuple
    value: object
    _rule: Rule | None = field(repr=False)  # None for an input
    _call: object = field(repr=False)
    _kwargs: dict = field(repr=False)

    @property
    def shape(self):
        return None if isinstance(self.value, tuple) else np.shape(self.value)

    @property
    def dtype(self):
        return None if isinstance(self.value, tuple) else np.asarray(self.value).dtype


@dataclass(frozen=True, eq=False)
class Term:
    """One summand of a tangent: what one parent contributes.

    Attributes
    ----------
    parent : int
        Position of the parent.
    operand : int
        Which operand of the node it is.
    partial : float, ndarray or None
        The local partial derivative; None where the operation has no
        elementwise one, such as a matrix product.
    tangent : float or ndarray
        The parent's tangent.
    contribution : float or ndarray
        The partial derivative applied to the tangent.
    """

    parent: int
    operand: int
    partial: object
    tangent: object
    contribution: object


@dataclass(frozen=True, eq=False)
class ForwardStep:
    """One step of forward mode: a node, its tangent and the terms that sum to it."""

    node: Node
    tangent: object
    terms: tuple


@dataclass(frozen=True, eq=False)
class ReverseTerm:
    """One summand of an adjoint: what one use of the node contributes.

    Attributes
    ----------
    child : int
        Position of the node that uses it.
    operand : int
        Which operand of the child it is.
    partial : float, ndarray or None
        The local partial derivative of the child; None where the operation has
        no elementwise one.
    adjoint : float or ndarray
        The child's adjoint.
    contribution : float or ndarray
        The adjoint through the partial derivative, in the shape of the node.
    """

    child: int
    operand: int
    partial: object
    adjoint: object
    contribution: object


@dataclass(frozen=True, eq=False)
class ReverseStep:
    """One step of reverse mode: a node, its adjoint and the terms that sum to it."""

    node: Node
    adjoint: object
    terms: tuple
