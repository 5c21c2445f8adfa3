"""Run the tests with the newest packages that ``requirements.in`` allows: ``python -m tools.latest [what pytest takes]``.

So does the book stand for a reader who installs today. The environment is made anew each time, in ``_build/latest``; the
tests of the lock are left out.
"""

import os
import shutil
import subprocess
import sys

from tools import ROOT, env

VENV = ROOT / "_build" / "latest"


def main(arguments: list[str]) -> int:
    """Make the environment and run every test in it; return the exit status."""
    shutil.rmtree(VENV, ignore_errors=True)
    clean = env.clean_environment()
    subprocess.run([sys.executable, "-m", "venv", VENV], check=True, env=clean)
    python = env.python_of(VENV)
    subprocess.run([python, "-m", "pip", "install", "--quiet", "-r", ROOT / "requirements.in"], check=True, env=clean)
    env.link(VENV, ROOT)
    others = ["--ignore", os.path.join("tests", "book", "test_lock.py"), *arguments]
    return subprocess.call([python, "-m", "tools.test", *others], cwd=ROOT)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
