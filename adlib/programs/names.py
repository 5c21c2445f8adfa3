"""Names of a program's values: the arguments', the user's variables', those of primals with an ending, and v1, v2, ..."""

import builtins
import keyword
from collections import defaultdict

from ..core.trace import RECORDED, plain_value
from .lines import standing_for, targets

# What the text of a program calls by these names.
CALLED = frozenset(
    {"np", "add_at", "ProgramError", "RuntimeError", *keyword.kwlist}
    | {"abs", "int", "round", "slice", "bool", "float", "complex"}
)
_RESERVED = CALLED.union(dir(builtins))


def name_values(lines, inputs, notes, frames, gone):
    """A name for each value, by its number.

    Parameters
    ----------
    lines : list of Line and Check
        The program as it is written.
    inputs : list of str
        The names of the arguments, whose values come first.
    notes : list of (Ref, str, Ref)
        What derivatives said: which value is the adjoint ("bar") or the tangent ("dot") of which.
    frames : iterable of frame
        Of the user's functions, the outermost first.
    gone : dict
        What stands for values that are gone.
    """
    names = dict(enumerate(inputs))
    taken = {*_RESERVED, *inputs}
    there = {ref for line in lines for ref in targets(line)}
    for frame in frames:
        for name, value in frame.f_locals.items():
            plain = plain_value(value)
            if type(plain) in RECORDED and name.isidentifier() and name.strip("_") and name not in inputs:
                ref = standing_for(plain._info, gone)
                if ref in there and ref not in names:
                    names[ref] = _free(name, taken)
                    taken.add(names[ref])
    endings = _endings(notes, gone, names, len(inputs))
    count = 0
    for line in lines:
        for ref in targets(line):
            if ref in names:
                continue
            name = _derived(ref, endings, names)
            if name is not None:
                names[ref] = _free(name, taken)
            else:
                count += 1
                while f"v{count}" in taken:
                    count += 1
                names[ref] = f"v{count}"
            taken.add(names[ref])
    return names


def _derived(ref, endings, names):
    """The name of a primal with an ending; the primal of a primal that the program does not have any more gives two."""
    base, ending = endings.get(ref, (None, ""))
    name = names.get(base) or (_derived(base, endings, names) if base in endings else None)
    return None if name is None else f"{name}_{ending}"


def _free(name, taken):
    if name not in taken:
        return name
    k = 2
    while f"{name}_{k}" in taken:
        k += 1
    return f"{name}_{k}"


def _endings(notes, gone, named, inputs):
    """For each value that is an adjoint or a tangent: of which, and the ending.

    A value that stands for several is the adjoint of an argument rather than of a variable, and of that rather than
    of a step.  Where two values turned out to be the same, the name of one would be half the truth: they have none.
    """
    said = defaultdict(list)
    for ref, ending, base in notes:
        said[ref].append((standing_for(base, gone), ending))
    found = defaultdict(set)
    for ref, pairs in said.items():
        pairs = [
            pair for pair in pairs if pair[0] < standing_for(ref, gone)
        ]  # a primal comes first, where it is not the same
        if not pairs:
            continue
        best = min(pairs, key=lambda pair: 0 if pair[0] < inputs else 1 if pair[0] in named else 2)
        found[standing_for(ref, gone)].add(best)
    return {ref: next(iter(pairs)) for ref, pairs in found.items() if len(pairs) == 1}
