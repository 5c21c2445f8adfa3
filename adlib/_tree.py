"""Nested containers of arrays, in the manner of JAX's pytrees.

A *tree* is an array (or number), or a tuple, list, dict or named tuple of
trees; its arrays are its leaves.  `None` is an empty tree.
"""

from collections import OrderedDict


def flatten(tree):
    """Return ``(leaves, structure)``; `unflatten` puts them together again."""
    leaves = []

    def visit(node):
        if node is None:
            return (None, None)
        kind = type(node)
        if kind in (dict, OrderedDict):
            keys = tuple(node)
            return (kind, keys, [visit(node[k]) for k in keys])
        if isinstance(node, (tuple, list)):
            return (kind, None, [visit(child) for child in node])
        leaves.append(node)
        return None

    return leaves, visit(tree)


def unflatten(structure, leaves):
    """Build the tree of `structure` from an iterable of leaves.

    >>> leaves, structure = flatten({"a": 1.0, "b": (2.0, [3.0])})
    >>> unflatten(structure, [10 * x for x in leaves])
    {'a': 10.0, 'b': (20.0, [30.0])}
    """
    leaves = iter(leaves)

    def build(node):
        if node is None:
            return next(leaves)
        if node[0] is None:
            return None
        kind, keys, children = node
        built = [build(child) for child in children]
        if kind in (dict, OrderedDict):
            return kind(zip(keys, built))
        if hasattr(kind, "_fields"):
            return kind(*built)
        return kind(built)

    return build(structure)
