"""The environment: what is missing is named with its cure; a finished one is left alone, a broken one replaced.

Every program in it finds the clone's adlib.
"""

import os
import subprocess
from importlib.metadata import PackageNotFoundError, version

import pytest

from tools import env


@pytest.mark.parametrize(
    ("platform", "command"),
    [("linux", "sudo apt install python3.11"), ("darwin", "brew install python"), ("win32", "winget install")],
)
def test_an_old_python_is_told_how_to_get_a_new_one(platform, command):
    with pytest.raises(env.Missing, match=rf"This is Python 3\.9; the book needs Python 3\.11(?s:.)*{command}"):
        env.check_version((3, 9, 6), platform)


def test_a_new_enough_python_passes():
    env.check_version((3, 11, 0))
    env.check_version((3, 14, 2))


@pytest.mark.parametrize("gone", ["venv", "ensurepip"])
def test_a_debian_without_venv_is_told_which_package(gone):
    with pytest.raises(env.Missing, match="sudo apt install python3-venv"):
        env.check_venv(find=lambda name: None if name == gone else object())


def test_this_python_can_make_environments():
    env.check_venv()


def test_the_stamp_depends_on_the_lock_and_on_the_python(tmp_path):
    lock = tmp_path / "requirements.txt"
    lock.write_text("a==1\n")
    first = env.stamp_for(lock, "3.11.7")
    assert env.stamp_for(lock, "3.11.7") == first
    assert env.stamp_for(lock, "3.12.1") != first
    lock.write_text("a==2\n")
    assert env.stamp_for(lock, "3.11.7") != first


@pytest.fixture
def clone(tmp_path):
    """A repository whose lock is empty, so that making its environment takes a few seconds."""
    (tmp_path / "requirements.txt").write_text("# nothing\n")
    return tmp_path


def test_an_environment_is_made_once_and_repaired_when_broken(clone, capfd):
    python = env.ensure(clone)
    assert subprocess.call([python, "-c", "import pip"]) == 0
    assert "The environment is ready" in capfd.readouterr().out

    env.ensure(clone)
    assert capfd.readouterr().out == ""

    os.remove(python)
    assert env.ensure(clone) == python
    assert "making it again" in capfd.readouterr().out
    assert subprocess.call([python, "-c", "import pip"]) == 0


def test_an_interrupted_install_is_not_taken_for_a_finished_one(clone):
    os.makedirs(clone / ".venv" / "bin")
    assert not env.is_ready(clone / ".venv", env.stamp_for(clone / "requirements.txt"))


def test_a_failed_install_says_what_usually_helps_and_leaves_no_stamp(clone):
    (clone / "requirements.txt").write_text("./no-such-folder\n")
    with pytest.raises(env.Missing, match=r"pip could not install the lock(?s:.)*make book PYTHON="):
        env.ensure(clone)
    assert not (clone / ".venv" / env.STAMP).exists()


def test_the_users_own_pip_settings_cannot_lead_the_install_elsewhere(monkeypatch):
    monkeypatch.setenv("PYTHONPATH", "/elsewhere")
    monkeypatch.setenv("PIP_USER", "1")
    variables = env.clean_environment()
    assert "PYTHONPATH" not in variables
    assert variables["PIP_USER"] == "0"


def where_adlib_is(python, folder):
    """The folder that a program of this Python imports adlib from, when it is started in `folder`."""
    code = "import adlib, os; print(os.path.dirname(adlib.__file__))"
    return subprocess.run([python, "-I", "-c", code], cwd=folder, capture_output=True, text=True).stdout.strip()


def test_every_program_of_the_environment_finds_the_clone(clone, tmp_path_factory, capfd):
    """One that was made before there was such a link gets it, and the clone may move."""
    (clone / "adlib").mkdir()
    (clone / "adlib" / "__init__.py").touch()
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    python = env.ensure(clone)
    assert where_adlib_is(python, elsewhere) == str(clone / "adlib")

    (link,) = clone.rglob(env.LINK)
    link.unlink()
    assert where_adlib_is(python, elsewhere) == ""
    capfd.readouterr()
    env.ensure(clone)
    assert where_adlib_is(python, elsewhere) == str(clone / "adlib")
    assert capfd.readouterr().out == ""

    moved = clone.rename(elsewhere / "moved")
    assert where_adlib_is(env.python_of(moved / ".venv"), elsewhere) == str(moved / "adlib")


def test_nothing_but_the_link_makes_adlib_importable():
    """It is not installed: a second adlib would be there beside the clone, and might be an older one."""
    with pytest.raises(PackageNotFoundError):
        version("adlib-book")
