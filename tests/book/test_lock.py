"""What is installed here is what the lock says, and the lock says nothing about the machine that wrote it."""

import re
from importlib.metadata import distributions, version

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tools import ROOT

LINES = [line for line in (ROOT / "requirements.txt").read_text().splitlines() if line and line.strip()[0] != "#"]
LOCK = {canonicalize_name(r.name): r for r in map(Requirement, LINES)}
COMES_WITH_PYTHON = {"pip", "setuptools"}


def test_every_line_is_one_exact_version():
    assert all(re.fullmatch(r"==[\w.]+", str(r.specifier)) and r.url is None for r in LOCK.values())


def test_the_header_names_no_machine():
    text = (ROOT / "requirements.txt").read_text()
    assert not re.search(r"https?://|file:|--|(?m:^#.*/)", text)


def test_installed_versions_equal_the_lock():
    wrong = [
        f"{name}: lock {r.specifier}, installed {version(name)}"
        for name, r in LOCK.items()
        if (r.marker is None or r.marker.evaluate()) and f"=={version(name)}" != str(r.specifier)
    ]
    assert not wrong


def test_nothing_is_installed_beside_the_lock():
    installed = {canonicalize_name(d.metadata["Name"]) for d in distributions()}
    assert installed - LOCK.keys() - COMES_WITH_PYTHON == set()


def test_every_choice_is_in_the_lock_and_has_its_reason():
    chosen = [line for line in (ROOT / "requirements.in").read_text().splitlines() if line and line[0] != "#"]
    for line in chosen:
        name, _, reason = line.partition("#")
        wanted = Requirement(name.strip())
        assert reason.strip(), f"{line}: say why"
        assert wanted.specifier.contains(str(LOCK[canonicalize_name(wanted.name)].specifier)[2:])


def test_the_theme_is_the_one_without_the_second_search_box():
    assert version("sphinx-book-theme") == "1.2.0"


def test_packages_that_are_only_compared_with_stay_out():
    assert not {"torch", "autograd", "mygrad"} & LOCK.keys()
