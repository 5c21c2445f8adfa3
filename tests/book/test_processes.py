"""The tests run in several processes, and those of one group in one of them."""

import subprocess
import sys

from tools.test import SPREAD

TESTS = """
import os, pathlib, pytest

@pytest.mark.parametrize("k", [pytest.param(k, marks=pytest.mark.xdist_group(f"group {k % 2}")) for k in range(8)])
def test(k):
    with open(pathlib.Path(__file__).with_suffix(f".{k % 2}"), "a") as file:
        print(os.environ["PYTEST_XDIST_WORKER"], file=file)
"""


def test_a_group_stays_in_one_process(tmp_path):
    """A release of pytest lost the groups once, and everything that a group shares was made in every process."""
    (tmp_path / "test_groups.py").write_text(TESTS)
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-n", "2", *SPREAD, "."]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout
    where = [(tmp_path / f"test_groups.{k}").read_text().split() for k in (0, 1)]
    assert [len(workers) for workers in where] == [4, 4]
    assert [len(set(workers)) for workers in where] == [1, 1]
