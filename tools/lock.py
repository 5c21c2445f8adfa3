"""Resolve ``requirements.in`` into ``requirements.txt``: ``python -m tools.lock``.

Then ``requirements-lab.in`` and ``requirements-mutants.in``, in the versions of the first wherever both name a package.
A list is resolved once, on the oldest Python that the book supports, for all systems; the same versions then
serve the newer Pythons. The resolver itself is fetched into a throw-away environment and is not part of the lock.
"""

import os
import subprocess
import sys
import tempfile
import venv
from pathlib import Path

from tools import ROOT
from tools.env import python_of

RESOLVER = "uv==0.13.9"
OLDEST = "3.11"
HEADER = "# Written by `make lock` from {}.in, where each choice has its reason. Do not edit by hand.\n"
BESIDE = ["-c", "requirements.txt"]
LOCKS = {
    "requirements": [],
    "requirements-lab": BESIDE,
    "requirements-mutants": BESIDE,
}  # name -> what its resolving keeps to


def resolve(root: Path, name: str) -> str:
    """Return the text of the lock for ``root / '<name>.in'``."""
    with tempfile.TemporaryDirectory() as folder:
        venv.create(folder, with_pip=True)
        python = python_of(folder)
        subprocess.run([python, "-m", "pip", "install", "--quiet", RESOLVER], check=True)
        # Nothing that this machine has configured may reach the lock: no file, no variable, so uv asks PyPI alone.
        plain = {k: v for k, v in os.environ.items() if not k.startswith("UV_")}
        command = [python, "-m", "uv", "pip", "compile", f"{name}.in", *LOCKS[name], "--quiet", "--no-config",
                   "--universal", "--python-version", OLDEST,
                   "--fork-strategy", "fewest", "--no-header", "--no-emit-index-url"]  # fmt: skip
        done = subprocess.run(command, cwd=root, env=plain, check=True, stdout=subprocess.PIPE, text=True)
    return HEADER.format(name) + done.stdout


def main() -> int:
    """Write the locks and say how many packages they hold."""
    for name in LOCKS:
        text = resolve(ROOT, name)
        (ROOT / f"{name}.txt").write_text(text, encoding="utf-8")
        print(f"{name}.txt: {text.count('==')} packages. Run `make test` before you commit it.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
