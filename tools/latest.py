"""Run the tests with the newest packages that ``requirements.in`` allows: ``python -m tools.latest [what pytest takes]``.

So does the book stand for a reader who installs today. The environment is made anew each time, in ``_build/latest``; the
tests of the lock are left out.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from tools import ROOT, env

VENV = ROOT / "_build" / "latest"


def fresh(python: str, venv: Path, *wanted: str) -> str:
    """Make an environment of a Python with the newest of what pip is asked for; the path of its interpreter."""
    clean = env.clean_environment()
    subprocess.run([python, "-m", "venv", venv], check=True, env=clean)
    interpreter = env.python_of(venv)
    subprocess.run([interpreter, "-m", "pip", "install", "--quiet", *wanted], check=True, env=clean)
    return interpreter


def main(arguments: list[str]) -> int:
    """Make the environment and run every test in it; return the exit status."""
    shutil.rmtree(VENV, ignore_errors=True)
    python = fresh(sys.executable, VENV, "-r", str(ROOT / "requirements.in"))
    env.link(VENV, ROOT)
    others = ["--ignore", os.path.join("tests", "book", "test_lock.py"), *arguments]
    return subprocess.call([python, "-m", "tools.test", *others], cwd=ROOT)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
