"""Make the environment that builds and tests the book: ``python3 tools/env.py [command for its python]``.

Creates ``.venv``, installs ``requirements.txt`` into it and, when more arguments are given, runs them with the
python of the environment: ``python3 tools/env.py -m tools.build``. A second run finds the stamp and costs nothing.

Only the standard library is used, and only syntax that old interpreters can read: this file is what tells their
owners that the interpreter is too old. The package adlib is not installed into ``.venv``: a line in a ``.pth`` file
leads to the clone, for every notebook, editor and test that uses this Python.
"""

import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
import sysconfig
import time

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
OLDEST = (3, 11)
TESTED = ("3.13", "3.12", "3.11")
STAMP = "adlib-book.stamp"
LINK = "adlib_book.pth"


class Missing(Exception):
    """Something has to be installed first; the message names the command that does it."""


def how_to_install_python(platform):
    """The usual command that installs a recent Python on this kind of system."""
    if platform == "darwin":
        return "brew install python@3.12"
    if platform == "win32":
        return "winget install Python.Python.3.12"
    return "sudo apt install python3.11 python3.11-venv   (or: uv python install 3.12, pyenv install 3.12)"


def check_version(version, platform=sys.platform):
    """Raise `Missing` when ``version``, a tuple such as ``(3, 9)``, is older than what the book needs."""
    if tuple(version[:2]) < OLDEST:
        raise Missing(
            "This is Python %d.%d; the book needs Python %d.%d or newer.\n"
            "Install one:    %s\n"
            "then name it:   make book PYTHON=python3.12"
            % (version[0], version[1], OLDEST[0], OLDEST[1], how_to_install_python(platform))
        )


def check_venv(find=importlib.util.find_spec):
    """Raise `Missing` when this Python cannot make an environment, as on a Debian without its venv package."""
    if find("venv") is None or find("ensurepip") is None:
        raise Missing(
            "This Python cannot make a virtual environment: its modules venv and ensurepip are missing.\n"
            "Install them:   sudo apt install python3-venv"
        )


def newer_python():
    """A Python on the path that is new enough, or None."""
    for version in TESTED:
        found = shutil.which("python" + version)
        if found and subprocess.call([found, "-c", "import ensurepip"], stderr=subprocess.DEVNULL) == 0:
            return found
    return None


def python_of(venv):
    """The path of the interpreter inside the environment ``venv``."""
    return os.path.join(venv, "Scripts", "python.exe") if os.name == "nt" else os.path.join(venv, "bin", "python")


def stamp_for(lock, version=sys.version):
    """What identifies a finished environment: the bytes of the lock file and the exact Python."""
    with open(lock, "rb") as file:
        return hashlib.sha256(file.read() + version.encode()).hexdigest()


def is_ready(venv, stamp):
    """Whether ``venv`` was finished with this ``stamp`` and its interpreter still starts."""
    try:
        with open(os.path.join(venv, STAMP)) as file:
            if file.read().strip() != stamp:
                return False
        started = subprocess.call([python_of(venv), "-c", "import pip"], stderr=subprocess.DEVNULL)
    except OSError:
        return False
    return started == 0


def clean_environment():
    """The environment variables without those that would lead an install away from ``.venv``."""
    env = {k: v for k, v in os.environ.items() if k not in ("PYTHONPATH", "PYTHONHOME", "PIP_TARGET", "PIP_PREFIX")}
    env.update(PIP_USER="0", PIP_DISABLE_PIP_VERSION_CHECK="1")
    return env


def make(venv, lock, words):
    """Make ``venv`` from nothing and install ``lock`` into it, which ``words`` describe; the stamp is written last."""
    if os.path.isdir(venv):
        print("The environment is older than the lock, or broken: making it again.")
        shutil.rmtree(venv)
    started = time.time()
    print("Making %s with Python %d.%d.%d" % ((os.path.basename(venv),) + sys.version_info[:3]), flush=True)
    subprocess.check_call([sys.executable, "-m", "venv", venv], env=clean_environment())
    print("Installing " + words, flush=True)
    # --no-deps: the lock is complete, so pip has nothing to resolve and nothing to add.
    command = [python_of(venv), "-m", "pip", "install", "--no-deps", "-r", lock]
    if subprocess.call(command, env=clean_environment()) != 0:
        raise Missing(
            "pip could not install the lock; its last lines say why. Usually the network is missing, or this\n"
            "Python (%d.%d) is newer than the packages: name another one, make book PYTHON=python3.12"
            % sys.version_info[:2]
        )
    with open(os.path.join(venv, STAMP), "w") as file:
        file.write(stamp_for(lock) + "\n")
    print("The environment is ready after %d s." % round(time.time() - started), flush=True)


def link(venv, root):
    """Let every program of ``venv`` import adlib from the clone ``root``, wherever it is started.

    The line is relative, so the clone may move. It comes after the installed packages on the path.
    """
    site = sysconfig.get_path("purelib", "venv", {"base": str(venv)})
    file = os.path.join(site, LINK)
    if not os.path.isfile(file):
        with open(file, "w") as out:
            out.write(os.path.relpath(root, site) + "\n")


def ensure(root=ROOT):
    """Return the python of a finished environment under ``root``, making or repairing it if needed."""
    venv, lock = os.path.join(root, ".venv"), os.path.join(root, "requirements.txt")
    if not is_ready(venv, stamp_for(lock)):
        make(venv, lock, "the lock: about a hundred packages, 1 GB on disk, one to three minutes")
    link(venv, root)
    return python_of(venv)


def run(command, **options):
    """Run ``command`` until it ends by itself; Ctrl+C reaches it too, and it may have something to tidy up."""
    process = subprocess.Popen(command, **options)
    while True:
        try:
            return process.wait()
        except KeyboardInterrupt:
            pass


def main(arguments):
    """Make the environment, then run ``arguments`` with its python; return the exit status."""
    try:
        check_version(sys.version_info)
    except Missing as problem:
        other = newer_python()
        if other is None:
            return str(problem)
        return subprocess.call([other, os.path.abspath(__file__)] + arguments)
    try:
        check_venv()
        python = ensure()
    except Missing as problem:
        return str(problem)
    return run([python] + arguments, cwd=ROOT) if arguments else 0


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)
