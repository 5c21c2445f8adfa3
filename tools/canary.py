"""Build the book beyond Jupyter Book 1, with what the world installs today: ``python -m tools.canary``.

Jupyter Book 1 is an end of a line: it holds Sphinx back. The way out is the configuration that it can write from
``_config.yml`` and ``_toc.yml``, which stay the source. So the canary builds from that configuration with the newest
Sphinx, MyST-NB and theme, in an environment of its own, with every warning an error. Then it compares the pages with those
of the usual build: their names, and how many headings, figures and formulas the article of each holds.

It needs the network and some minutes, and is no part of `make test`. What it makes lies in ``_build/canary``.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
from collections import Counter
from importlib.metadata import packages_distributions
from pathlib import Path

from bs4 import BeautifulSoup

from tools import ROOT, env, latest, pages
from tools.build import NOISE, build, report

FOLDER = ROOT / "_build" / "canary"
DROPPED = ("jupyter_book", "sphinx_jupyterbook_latex")  # the extensions that exist for Jupyter Book 1 alone
NOTEBOOKS = ("ipykernel", "numpy", "jax[cpu]", "matplotlib", "scipy")  # what the chapters import, as in requirements.in
NAMED = ("Sphinx", "docutils", "myst-parser", "myst-nb", "sphinx-book-theme", "pydata-sphinx-theme", "numpy", "jax")
COUNTED = {
    "headings": "h1, h2, h3, h4, h5, h6",
    "figures": "img, svg",
    "formulas": ".math",
    "tables": "table",
    "cells": ".cell",
    "outputs": ".cell_output .output",
}
_VERSIONS = (
    "import json, platform, sys; from importlib.metadata import version; "
    "print(json.dumps({'Python': platform.python_version()} | {name: version(name) for name in sys.argv[1:]}))"
)


def configuration(text: str) -> tuple[str, list[str]]:
    """The configuration that Jupyter Book wrote, without itself, and the extensions that are left."""
    line = re.search(r"(?m)^extensions = (\[.*\])$", text)
    if line is None:
        raise SystemExit("jupyter-book config sphinx wrote no line of extensions")
    left = [name for name in json.loads(line[1].replace("'", '"')) if name not in DROPPED]
    return text.replace(line[0], f"extensions = {left!r}"), left


def counts(html: Path, page: str) -> Counter:
    """How many headings, figures, formulas and so on the article of a page holds."""
    article = BeautifulSoup((html / f"{page}.html").read_text(encoding="utf-8"), "html.parser").select_one("article")
    return Counter({kind: len(article.select(what)) if article else 0 for kind, what in COUNTED.items()})


def differences(usual: Path, canary: Path) -> list[str]:
    """What the pages of two builds do not have in common, one line each."""
    here, there = pages.made(usual), pages.made(canary)
    found = [f"{page}: the canary has no such page" for page in sorted(here - there)]
    found += [f"{page}: the usual build has no such page" for page in sorted(there - here)]
    for page in sorted(here & there):
        before, after = counts(usual, page), counts(canary, page)
        found += [f"{page}: {before[k]} {k}, the canary has {after[k]}" for k in COUNTED if before[k] != after[k]]
    return found


def prepare(python: str, folder: Path) -> str:
    """Copy the book, write its configuration, install the newest of all it asks for; the path of that Python."""
    shutil.rmtree(folder, ignore_errors=True)
    source, venv = folder / "source", folder / "venv"
    shutil.copytree(ROOT, source, ignore=shutil.ignore_patterns(".*", "_build", "__pycache__"))
    command = [sys.executable, "-c", "from jupyter_book.cli.main import main; main()", "config", "sphinx", str(source)]
    subprocess.run(command, check=True)
    written = source / "conf.py"
    text, extensions = configuration(written.read_text(encoding="utf-8"))
    written.write_text(text, encoding="utf-8")

    homes = packages_distributions()
    wanted = sorted({home for name in extensions for home in homes.get(name.partition(".")[0], ())})
    return latest.fresh(python, venv, *wanted, *NOTEBOOKS)


def run_sphinx(python: str, folder: Path) -> int:
    """Build the copy with every warning an error; the exit status."""
    source = folder / "source"
    paths = os.pathsep.join([str(source), str(source / "_ext")])
    variables = env.clean_environment() | {"PYTHONPATH": paths, "JAX_PLATFORMS": "cpu", "PYTHONUTF8": "1"}
    command = [python, "-m", "sphinx", *"-b html -q -W -n --keep-going".split(), str(source), str(folder / "html")]
    done = subprocess.run(
        command, cwd=source, env=variables, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    print("\n".join(line for line in done.stdout.splitlines() if NOISE not in line))
    return done.returncode


def versions(python: str) -> str:
    """The versions that decide what a build looks like, in words."""
    said = subprocess.run([python, "-c", _VERSIONS, *NAMED], check=True, capture_output=True, text=True).stdout
    return ", ".join(f"{name} {number}" for name, number in json.loads(said).items())


def main() -> int:
    """Build the book in both ways and say in which they differ."""
    parser = argparse.ArgumentParser(prog="python -m tools.canary", description=__doc__.split("\n")[0])
    parser.add_argument("--python", default=env.newer_python() or sys.executable, help="default: the newest tested one")
    python = prepare(parser.parse_args().python, FOLDER)
    if status := report(build(ROOT, ROOT)):
        return status
    print(f"usual build: {versions(sys.executable)}\nthe canary:  {versions(python)}", flush=True)
    status = run_sphinx(python, FOLDER)
    html = FOLDER / "html"
    if status:
        print(f"Sphinx ended with {status}: its warnings stand above.")
    usual = ROOT / "_build" / "html"
    found = differences(usual, html)
    print("\n".join(found + [f"{len(pages.made(html))} of {len(pages.made(usual))} pages, {len(found)} differences"]))
    return int(bool(status or found))


if __name__ == "__main__":
    sys.exit(main())
