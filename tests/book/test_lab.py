"""JupyterLab for the chapters: installed only when asked for, in locked versions, with the book's Python as its kernel."""

import io
import json
import os
import sys

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tools import ROOT, env, lab, mutants


def locked(text):
    """Name -> version of every line of a lock."""
    lines = (Requirement(line) for line in text.splitlines() if line[:1].isalnum())
    return {canonicalize_name(r.name): str(r.specifier) for r in lines}


def disagreements(book, extra):
    """The packages that two locks pin to different versions, one line each."""
    book, extra = locked(book), locked(extra)
    return [
        f"{name}{extra[name]}, but {book[name]} in the book's lock"
        for name in extra
        if book.get(name, extra[name]) != extra[name]
    ]


def lock(name):
    return (ROOT / name).read_text(encoding="utf-8")


@pytest.mark.parametrize("name", [lab.LOCK, mutants.LOCK])
def test_the_locks_of_what_is_installed_beside_it_keep_to_the_books(name):
    extra = lock(name)
    assert disagreements(lock("requirements.txt"), extra) == []
    assert all(version.startswith("==") for version in locked(extra).values())
    assert not any(word in extra for word in ("://", "file:", "--"))


def test_another_version_is_named():
    assert disagreements("a==1\nb==1 ; os_name == 'nt'\n", "b==2\nc==3\n") == ["b==2, but ==1 in the book's lock"]


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.fixture
def clone(tmp_path):
    """A repository whose lock of JupyterLab is empty."""
    (tmp_path / lab.LOCK).write_text("# nothing\n")
    return tmp_path


@pytest.mark.parametrize("stdin", [io.StringIO("y\n"), Terminal("\n"), Terminal("n\n")])
def test_nothing_is_installed_that_was_not_asked_for(clone, monkeypatch, stdin):
    """A script is not asked: it has to say --yes."""
    monkeypatch.setattr(sys, "stdin", stdin)
    said = lab.main([], clone)
    assert said.startswith(
        "Nothing was installed. To install JupyterLab: 0 packages in the versions of requirements-lab.txt"
    )
    assert said.endswith("run:\n  python3 tools/env.py -m tools.lab --yes")
    assert not (clone / lab.VENV).exists()


def test_a_yes_installs_the_lock_once(clone, monkeypatch, capfd):
    monkeypatch.setattr(sys, "stdin", Terminal("y\n"))
    python = lab.ensure(clone, yes=False)
    assert python == env.python_of(clone / lab.VENV) and os.path.exists(python)
    printed = capfd.readouterr().out
    assert "To be installed into .venv-lab:" in printed and "Making .venv-lab with Python" in printed
    monkeypatch.setattr(sys, "stdin", io.StringIO())
    assert lab.ensure(clone, yes=False) == python
    assert not list((clone / lab.VENV).rglob(env.LINK))


def test_cells_run_in_the_environment_of_the_book(tmp_path):
    lab.write_settings(tmp_path)
    kernel = json.loads((tmp_path / "kernels" / "python3" / "kernel.json").read_text())
    assert kernel["argv"][0] == sys.executable
