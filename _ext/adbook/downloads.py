"""Notebooks that leave the book: what their links lead to is in the repository, wherever they are opened.

The buttons of a page, and the links to the students' notebooks, give a notebook without its neighbours. On a disk, in Colab
and in a Drive a relative link of it would lead nowhere.
"""

from __future__ import annotations

import json
import os
import re
from pathlib import Path, PurePosixPath

from sphinx.application import Sphinx

_LINK = re.compile(r"(?<=\]\()(?![a-z]+:|#)([^)\s#]+)(#[^)\s]*)?(?=\))")


def absolute(notebook: str, folder: str, root: Path, address: str) -> str:
    """The text of a notebook with its relative links, from ``folder`` of ``root``, as addresses below ``address``.

    What looks like a link and leads to no file, such as a call in a piece of code, is left alone.
    """

    def moved(link: re.Match) -> str:
        target = PurePosixPath(os.path.normpath(PurePosixPath(folder) / link[1]))
        return f"{address}/{target}{link[2] or ''}" if (root / target).is_file() else link[0]

    read = json.loads(notebook)
    for cell in read["cells"]:
        if cell["cell_type"] == "markdown":
            cell["source"] = _LINK.sub(moved, "".join(cell["source"])).splitlines(keepends=True)
    return json.dumps(read, ensure_ascii=False, indent=1, sort_keys=True) + "\n"


def finish(app: Sphinx, failure: Exception | None) -> None:
    """Rewrite the links of every notebook that the finished book hands out."""
    options = app.config.html_theme_options
    if failure or app.builder.format != "html" or not options.get("repository_url"):
        return
    root, out = Path(app.srcdir), Path(app.outdir)
    address = f"{options['repository_url']}/blob/{options.get('repository_branch') or 'main'}"
    given = {path: path.relative_to(out / "_sources") for path in out.glob("_sources/**/*.ipynb")}
    given |= {out / "_downloads" / place: Path(name) for name, (_, place) in app.env.dlfiles.items()}
    for path, origin in given.items():
        if path.suffix == ".ipynb":
            path.write_text(
                absolute(path.read_text(encoding="utf-8"), origin.parent.as_posix(), root, address), encoding="utf-8"
            )


def setup(app: Sphinx) -> None:
    app.connect("build-finished", finish)
