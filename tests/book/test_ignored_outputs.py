"""The outputs that no test compares number by number, listed here: the list may only shrink.

A change of this list says that somebody looked at the reason, which stands in the cell's metadata as well.
"""

import pytest
from nbformat import NotebookNode, v4

from tools import notebooks
from tools.normalise import read

BITS = "the path of Nelder-Mead depends on the last bit of the loss"

# chapter, first line of the cell -> reason
ALLOWED = {
    ("01-the-problem", "from adlib.viz import Canvas, Curve, Explorable, Plot, Points, Scene"): BITS,
    ("01-the-problem", "def reached(run, level):"): BITS,
}


def ignored(notebook: NotebookNode) -> dict[str, str]:
    """First line and reason of every such cell after the set-up cell."""
    code = [cell for cell in notebook.cells if cell.cell_type == "code"][1:]
    tagged = [cell for cell in code if "nbval-ignore-output" in cell.metadata.get("tags", [])]
    return {c.source.split("\n")[0]: c.metadata.get("adbook", {}).get("ignored-output", "") for c in tagged}


def complaints(found: dict, allowed: dict) -> list[str]:
    """What the chapters have and the list does not, or the other way round."""
    new = [
        f"{chapter}: {line}: have the output compared, it is not on the list"
        for chapter, line in found.keys() - allowed
    ]
    gone = [f"{chapter}: {line}: is compared now, take it off the list" for chapter, line in allowed.keys() - found]
    return sorted(new + gone) + sorted(
        f"{chapter}: {line}: its reason is {found[chapter, line]!r}, on the list {reason!r}"
        for (chapter, line), reason in allowed.items()
        if found.get((chapter, line), reason) != reason
    )


def test_no_other_output_is_ignored():
    found = {(path.stem, line): why for path in notebooks() for line, why in ignored(read(path)).items()}
    assert complaints(found, ALLOWED) == []


@pytest.mark.parametrize(
    ("why", "allowed", "line"),
    [
        ("it varies", {}, "05-tiny: print(x): have the output compared, it is not on the list"),
        (
            "it varies",
            {("05-tiny", "print(x)"): "a time"},
            "05-tiny: print(x): its reason is 'it varies', on the list 'a time'",
        ),
        (None, {("05-tiny", "print(x)"): "a time"}, "05-tiny: print(x): is compared now, take it off the list"),
    ],
)
def test_another_list_is_red(why, allowed, line):
    metadata = {"tags": ["nbval-ignore-output"], "adbook": {"ignored-output": why}} if why else {}
    tiny = v4.new_notebook(cells=[v4.new_code_cell("import adlib"), v4.new_code_cell("print(x)", metadata=metadata)])
    found = {("05-tiny", first): reason for first, reason in ignored(tiny).items()}
    assert complaints(found, allowed) == [line]
