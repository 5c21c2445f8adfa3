"""Open the chapters in JupyterLab: ``python -m tools.lab [--yes] [options of jupyter lab]``.

JupyterLab is not needed to build or test the book, so it is no part of the lock: it goes into an environment of its own,
``.venv-lab``, once it was asked for. Cells run in ``.venv``, where the packages of the lock are and adlib leads to the clone.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path

from tools import ROOT, env
from tools.normalise import KERNELSPEC

VENV, LOCK = ".venv-lab", "requirements-lab.txt"
COMMAND = "python3 tools/env.py -m tools.lab --yes"


def may_install(words: str) -> bool:
    """Ask on the terminal; without one, only ``--yes`` can say so."""
    if not sys.stdin.isatty():
        return False
    print(f"JupyterLab is not part of the book's environment. To be installed into {VENV}:\n  {words}")
    return input("Install it now? [y/N] ").strip().lower() in ("y", "yes")


def ensure(root: Path, yes: bool) -> str:
    """Return the python of the finished environment of JupyterLab, or stop with the command that makes it."""
    venv, lock = root / VENV, root / LOCK
    if not env.is_ready(venv, env.stamp_for(lock)):
        count = sum(line[:1].isalnum() for line in lock.read_text(encoding="utf-8").splitlines())
        words = f"JupyterLab: {count} packages in the versions of {LOCK}, 250 MB on disk, about a minute"
        if not yes and not may_install(words):
            raise env.Missing(f"Nothing was installed. To install {words}, run:\n  {COMMAND}")
        env.make(str(venv), str(lock), words)
    return env.python_of(venv)


def write_settings(share: Path) -> None:
    """Let the kernel that the notebooks name be the Python that runs this, and keep JupyterLab from asking for news.

    Written anew each time, since a kernel holds a full path and a clone may move.
    """
    argv = [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    kernel = {"argv": argv, "display_name": KERNELSPEC["display_name"], "language": KERNELSPEC["language"]}
    quiet = {"@jupyterlab/apputils-extension:notification": {"fetchNews": "false", "checkForUpdates": False}}
    files = {f"kernels/{KERNELSPEC['name']}/kernel.json": kernel, "lab/settings/overrides.json": quiet}
    for name, content in files.items():
        (share / name).parent.mkdir(parents=True, exist_ok=True)
        (share / name).write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")


def main(arguments: list[str] | None = None, root: Path = ROOT) -> int | str:
    """Install JupyterLab if that is wanted, and run it until it is ended."""
    parser = argparse.ArgumentParser(prog="python -m tools.lab", description=__doc__.split("\n")[0])
    parser.add_argument("--yes", action="store_true", help="install JupyterLab without asking")
    options, others = parser.parse_known_args(arguments)
    try:
        python = ensure(root, options.yes)
    except env.Missing as problem:
        return str(problem)
    share = root / VENV / "share" / "jupyter"
    write_settings(share)
    path = os.pathsep.join(filter(None, (str(share), os.environ.get("JUPYTER_PATH"))))
    command = [python, "-m", "jupyterlab", f"--ServerApp.root_dir={root}", "--LabApp.default_url=/lab/tree/chapters"]
    command += ["--ServerApp.answer_yes=True"]  # Ctrl+C ends it without a question
    return env.run([*command, *others], env=os.environ | {"JUPYTER_PATH": path}, cwd=root)


if __name__ == "__main__":
    sys.exit(main())
