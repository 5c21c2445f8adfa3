"""The changes that change nothing that can be seen, each with its reason: ``equivalent.toml`` beside this file.

A change is known by its file, the function around it, and its lines before and after.
"""

import ast
import tomllib
from pathlib import Path
from typing import NamedTuple

FILE = Path(__file__).with_suffix(".toml")


class Identity(NamedTuple):
    """What a change is known by when the lines around it move."""

    file: str
    function: str
    before: str
    after: str


def squeezed(text: str) -> str:
    """A text without the layout of its lines."""
    return " ".join(text.split())


def known(file: Path = FILE) -> dict[Identity, str]:
    """Each change that is answered -> the reason."""
    entries = tomllib.loads(file.read_text(encoding="utf-8")).get("mutant", [])
    return {
        Identity(e["file"], e["function"], squeezed(e["before"]), squeezed(e["after"])): e["reason"] for e in entries
    }


def source_of(root: Path, identity: Identity) -> str | None:
    """The source of the function, or of the module, that a change stands in; None where it is gone."""
    path = root / identity.file
    if not path.is_file():
        return None
    text = path.read_text(encoding="utf-8")
    node = ast.parse(text)
    for name in filter(None, identity.function.split(".")):
        inner = [n for n in ast.walk(node) if isinstance(n, ast.FunctionDef | ast.ClassDef) and n.name == name]
        if not inner:
            return None
        node = inner[0]
    return text if isinstance(node, ast.Module) else ast.get_source_segment(text, node)


def gone(root: Path, identities) -> list[str]:
    """The answered changes whose lines are not there any more, one line each."""
    return [
        f"{identity.file}: {identity.function}: {identity.before}: is not there any more, take it off the list"
        for identity in identities
        if identity.before not in squeezed(source_of(root, identity) or "")
    ]
