"""The commands behind the Makefile: each module is one, run as ``python -m tools.<name>``.

Here is what several of them share: where the repository lies, its chapters, and the scripts that run inside a page.
"""

from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def chapters(root: Path = ROOT) -> list[Path]:
    """The chapters' notebooks, in the order of their numbers."""
    return sorted((root / "chapters").glob("[0-9][0-9]-*.ipynb"))


def notebooks(root: Path = ROOT) -> list[Path]:
    """The chapters and, after them, the optional pages: those that a chapter names and nothing else needs."""
    return chapters(root) + sorted((root / "chapters" / "optional").glob("[0-9][0-9]-*.ipynb"))


def script(name: str) -> str:
    """The JavaScript function in ``tools/scripts/<name>.js``, to be run in a page that is open in a browser."""
    return (Path(__file__).parent / "scripts" / f"{name}.js").read_text(encoding="utf-8")
