"""Every assert of a chapter can be broken, and an assert that cannot is seen: by reading it, and by running it."""

import ast
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.book import sensitivity
from tools import ROOT, asserts, notebooks


@pytest.mark.parametrize(
    "chapter",
    [pytest.param(path, id=path.stem, marks=pytest.mark.xdist_group(f"asserts {path.stem}")) for path in notebooks()],
)
def test_every_assert_is_broken_by_a_changed_value(chapter):
    path = os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])
    command = [sys.executable, Path(sensitivity.__file__), chapter]
    answer = subprocess.run(command, capture_output=True, text=True, env=os.environ | {"PYTHONPATH": path})
    assert answer.returncode == 0, answer.stderr
    found = json.loads(answer.stdout)
    assert found, "no assert was looked at"
    assert [f"{f['cell']}: nothing breaks {f['says']}" for f in found if f["by"] is None] == []


# Planted: what a look at the line tells -----------------------------------------------------------------------------

READ = [
    ("assert True", "`assert True` is about no value of the chapter"),
    ("assert abs(np.sqrt(6) - 2.4) < 0.06", "`assert abs(np.sqrt(6) - 2.4) < 0.06` is about no value of the chapter"),
    ("assert x == x", "`assert x == x` compares a thing with itself"),
    ("assert abs(f(x) - f(x)) < 1e-9", "`assert abs(f(x) - f(x)) < 1e-09` compares a thing with itself"),
    ("assert np.allclose(a, a, rtol=0)", "`assert np.allclose(a, a, rtol=0)` compares a thing with itself"),
    ("assert True or x > 2", "`assert True or x > 2` has a part that is always the same"),
    ("assert isinstance(x, object)", "`assert isinstance(x, object)` holds for every object"),
    ("assert x < 1e9", "`assert x < 1e9` has the bound 1e+09, which refuses little"),
    ("assert 10**9 >= x", "`assert 10 ** 9 >= x` has the bound 1e+09, which refuses little"),
    (
        "assert np.allclose(a, b, atol=1e9)",
        "`assert np.allclose(a, b, atol=1e9)` has the tolerance atol=1e+09, at most 1",
    ),
    ("assert np.allclose(a, b, rtol=2)", "`assert np.allclose(a, b, rtol=2)` has the tolerance rtol=2, at most 0.1"),
    ("np.testing.assert_allclose(a, b)", "`assert_allclose`: write it as an assert, which the tests can weigh"),
]


@pytest.mark.parametrize(("cell", "line"), READ)
def test_an_assert_that_says_nothing_is_red(cell, line):
    assert [found.replace("1000000000.0", "1e9") for found in asserts.wrong(f"# Check 5.1: so\n{cell}")] == [line]


def test_an_assert_about_a_value_is_green():
    assert list(asserts.wrong("assert 1 < x < 2 and np.allclose(a, b, rtol=0, atol=1e-9) and 6e6 < y")) == []


# Planted: what a run tells ------------------------------------------------------------------------------------------

VALUES = "same = mean = 0.98\nerrors = [1e-15, 2e-15]\ntable = {'a': 3.0, 'b': 2.0}\n"
BREAKABLE = [
    "abs(mean - 1) < 0.1", "mean == same", "max(errors) < 1e-12", "len(errors) == 2", "table['a'] > 1", "max(table, key=table.get) == 'a'",
    "not np.isclose(mean, table['a'])", "1 < table['a'] < 100", "all(e < 1e-12 for e in errors)", "adlib.grad(np.sin)(mean) < 1",
]  # fmt: skip
UNBREAKABLE = [
    "mean - (mean + 0) < 1e-9", "mean == +mean", "max(errors) < 1e5", "len(errors) > -1", "table['a'] is not None",
    "mean > 0 or mean <= 0", "0.1 < mean and mean < 1e5", "np.allclose(mean, table['a'], atol=1e4)", "hasattr(table, 'keys')",
    "all(e < 1e5 for e in errors)",
]  # fmt: skip


def outcome(test):
    return sensitivity.weighed(f"# Check 5.1: so\nimport adlib, numpy as np\n{VALUES}assert {test}", {})


@pytest.mark.parametrize("test", BREAKABLE)
def test_an_assert_that_can_break_is_green(test):
    assert all(finding["by"] for finding in outcome(test)), outcome(test)


@pytest.mark.parametrize("test", UNBREAKABLE)
def test_an_assert_that_nothing_breaks_is_red(test):
    assert any(finding["by"] is None for finding in outcome(test)), outcome(test)


def test_an_assert_that_is_never_reached_is_red():
    (finding,) = sensitivity.weighed("# Check 5.1: so\nfor x in []:\n    assert x > 1", {})
    assert finding == {"cell": "# Check 5.1: so", "says": "assert x > 1", "by": None}


def test_a_gap_between_two_bounds_is_no_comparison():
    (first, last) = sensitivity.comparisons(ast.parse("a < 1 < 2 < b", mode="eval").body)
    assert (ast.unparse(first), ast.unparse(last)) == ("a < 1", "2 < b")
