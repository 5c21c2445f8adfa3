"""Nested containers of arrays, in the manner of JAX's pytrees.

A *tree* is an array (or number), or a tuple, list, dict or named tuple of
trees; its arrays are its leaves.  `None` is an empty tree.  A container that
could not be built again from its entries alone is a leaf.
"""

from collections import OrderedDict
from itertools import repeat


def flatten(tree, whole=None):
    """Return ``(leaves, structure)``; `unflatten` puts them together again.

    A node of which ``whole(node)`` is true is a leaf, containers too.
    """
    leaves = []
    return leaves, _visit(tree, leaves, whole)


def _visit(node, leaves, whole):
    # A function of its own: one inside `flatten` would refer to itself, and the
    # cycle would keep the leaves alive until the garbage collector comes.
    if node is None:
        return (None, None)
    if whole is not None and whole(node):
        leaves.append(node)
        return None
    kind = type(node)
    if kind in (dict, OrderedDict):
        keys = tuple(node)
        return (kind, keys, [_visit(node[k], leaves, whole) for k in keys])
    if isinstance(node, (tuple, list)) and (kind in (tuple, list) or _is_built_from_entries(node, kind)):
        return (kind, None, [_visit(child, leaves, whole) for child in node])
    leaves.append(node)
    return None


def _is_built_from_entries(node, kind):
    """Whether its entries are all there is to a node of a class derived from tuple or list."""
    if getattr(node, "__dict__", None):
        return False
    base = tuple if isinstance(node, tuple) else list
    return hasattr(kind, "_make") or kind.__new__ is base.__new__ and kind.__init__ is base.__init__


def unflatten(structure, leaves):
    """Build the tree of `structure` from an iterable of leaves.

    >>> leaves, structure = flatten({"a": 1.0, "b": (2.0, [3.0])})
    >>> unflatten(structure, [10 * x for x in leaves])
    {'a': 10.0, 'b': (20.0, [30.0])}
    """
    return _build(structure, iter(leaves))


def _build(node, leaves):
    if node is None:
        return next(leaves)
    if node[0] is None:
        return None
    kind, keys, children = node
    built = [_build(child, leaves) for child in children]
    if kind in (dict, OrderedDict):
        return kind(zip(keys, built))
    if hasattr(kind, "_make"):  # a named tuple
        return kind._make(built)
    return kind(built)


class _Leaf:
    def __repr__(self):
        return "*"


def outline(structure):
    """A structure in one line, with a star for each leaf.

    >>> outline(flatten({"a": 1.0, "b": (2.0, [3.0])})[1])
    "{'a': *, 'b': (*, [*])}"
    """
    return repr(unflatten(structure, repeat(_Leaf())))
