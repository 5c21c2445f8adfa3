"""Write the repository's address and the release everywhere they stand: ``python -m tools.address``.

Both come from ``pyproject.toml``: the address from ``[tool.adlib-book] repository``, the release ``v<version>`` from
``[project] version``. With an argument the address is set there first; with ``--check`` nothing is written and every
place that says something else is named.
"""

import argparse
import json
import re
import sys
import tomllib
from pathlib import Path

from tools import ROOT, generated
from tools.generated import Wrong

SETUP_TITLE = "# @title Set-up (run me first)"
SETUP_CELL = (
    SETUP_TITLE
    + """
import sys
from importlib import metadata, util

if "google.colab" in sys.modules:
    %pip install -q "git+{address}@{ref}"

foreign = any(metadata.distributions(name="adlib"))
if foreign or not util.find_spec("adlib"):
    raise ImportError(
        "Another project named adlib is here. Remove it: %pip uninstall -y adlib adlib-book\\n" * foreign
        + "The package adlib of this book is missing. In a clone: make lab, or choose the Python in .venv as the kernel.\\n"
        'Elsewhere: %pip install matplotlib jax scipy "git+{address}@{ref}", then restart the kernel.'
    )

import adlib"""
)
SETUP_METADATA = {
    "cellView": "form",
    "jupyter": {"source_hidden": True},
    "mystnb": {"code_prompt_show": "Set-up", "code_prompt_hide": "Set-up"},
    "tags": ["hide-cell", "nbval-ignore-output"],
}

_ADDRESS = r"https://github\.com/[\w.-]+/[\w-]+"
# Each place: what stands before, what is replaced, and what goes there instead.
_PLACES = [
    (r"(?<=git\+)" + _ADDRESS + r"@[\w.-]*\w", "{address}@{ref}"),
    (r"(?<=git clone )" + _ADDRESS, "{address}"),
    (r"(?<=colab\.research\.google\.com/github/)[\w.-]+/[\w.-]+/blob/[\w.-]+", "{name}/blob/{ref}"),
    (r"(?m)(?<=^repository-code: ).*$", "{address}"),
]
_ONLY_IN = {
    "_config.yml": [(r"(?m)(?<=^  url: ).*$", "{address}"), (r"(?m)(?<=^  branch: ).*$", "{ref}")],
    "pyproject.toml": [(r'(?m)(?<=^Repository = ").*(?="$)', "{address}")],
    "CITATION.cff": [(r"(?m)(?<=^version: ).*$", "{version}")],
    "adlib/__init__.py": [(r'(?m)(?<=^__version__ = ").*(?="$)', "{version}")],
}


def settings(root: Path) -> dict[str, str]:
    """The address, the owner/repository name, the version and the release of the book in ``root``."""
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))
    address, version = project["tool"]["adlib-book"]["repository"], project["project"]["version"]
    if not re.fullmatch(_ADDRESS, address):
        raise Wrong(f"pyproject.toml: {address!r} is not of the form https://github.com/owner/repository")
    name = address.removeprefix("https://github.com/")
    return {"address": address, "name": name, "version": version, "ref": f"v{version}"}


def set_address(root: Path, address: str) -> None:
    """Write ``address`` into ``[tool.adlib-book]`` of pyproject.toml."""
    address = address.removesuffix("/").removesuffix(".git")
    if not re.fullmatch(_ADDRESS, address):
        raise Wrong(f"{address!r} is not of the form https://github.com/owner/repository")
    file = root / "pyproject.toml"
    text = file.read_text(encoding="utf-8")
    file.write_text(
        re.sub(r'(?m)^repository = ".*"$', f'repository = "{address}"', text), encoding="utf-8", newline="\n"
    )


def places(root: Path) -> list[Path]:
    """The files that may name the address or the release."""
    names = ["pyproject.toml", "_config.yml", "README.md", "CITATION.cff", "index.md"]
    files = [root / name for name in names] + sorted((root / "pages").glob("*.md"))
    files += sorted((root / "adlib").rglob("*.py")) + sorted((root / "chapters").glob("*.ipynb"))
    for folder in (
        "chapters/exercises",
        "chapters/optional",
        "instructor",
        "exercises",
        "pages/exercises",
    ):  # the last two are made by tools.exercises
        files += sorted((root / folder).glob("*.ipynb"))
    return [file for file in files if file.is_file()]


def rewritten(file: Path, root: Path, values: dict[str, str]) -> str:
    """The text of ``file`` with every address and release as ``values`` say."""
    text = file.read_text(encoding="utf-8")
    if file.suffix == ".ipynb":
        return _rewritten_notebook(file, text, values)
    return _replaced(text, _PLACES + _ONLY_IN.get(file.relative_to(root).as_posix(), []), values)


def _rewritten_notebook(file: Path, text: str, values: dict[str, str]) -> str:
    notebook = json.loads(text)
    code = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
    if not code or not "".join(code[0]["source"]).startswith(SETUP_TITLE):
        raise Wrong(f"{file.name}: the first code cell is not the set-up cell; begin it with\n  {SETUP_TITLE}")
    code[0]["source"] = SETUP_CELL.format(**values).splitlines(keepends=True)
    code[0]["metadata"] = SETUP_METADATA
    for cell in notebook["cells"]:
        if cell["cell_type"] == "markdown":
            cell["source"] = _replaced("".join(cell["source"]), _PLACES, values).splitlines(keepends=True)
    return json.dumps(notebook, ensure_ascii=False, indent=1, sort_keys=True) + "\n"  # as nbformat writes


def _replaced(text: str, patterns: list[tuple[str, str]], values: dict[str, str]) -> str:
    for pattern, template in patterns:
        new = template.format(**values)
        text = re.sub(pattern, lambda _, new=new: new, text)
    return text


def current(root: Path) -> dict[str, str]:
    """Name -> text of every file that may name the address or the release, as it has to be."""
    values = settings(root)
    return {file.relative_to(root).as_posix(): rewritten(file, root, values) for file in places(root)}


@generated.command
def main(arguments: list[str] | None = None, root: Path = ROOT) -> int:
    """Run the command; the exit status is 1 when ``--check`` found a stale place."""
    parser = argparse.ArgumentParser(prog="python -m tools.address", description=__doc__.split("\n")[0])
    parser.add_argument("address", nargs="?", help="https://github.com/owner/repository, to be set first")
    parser.add_argument("--check", action="store_true", help="write nothing, name the stale places")
    options = parser.parse_args(arguments)
    if options.check:
        return generated.report(generated.stale(root, current(root)).values(), "python -m tools.address")
    if options.address:
        set_address(root, options.address)
    for name in generated.write(root, current(root)):
        print(f"written: {name}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
