"""The command that asks whether the tests of adlib bite: a change that no test sees is told, one that a test sees is not."""

import json
import shutil
import subprocess

import pytest

from tools import ROOT, env, mutants
from tools.mutation import equivalent
from tools.mutation.equivalent import Identity

CODE = '''\
"""A package of one module."""


def twice(x):
    return 2 * x


def thrice(x):
    return 3 * x


def untested(x):
    return x / 2


def loop(n):
    while n > 0:
        n -= 1
    return n
'''
TESTS = """\
from adlib import part


def test_twice():
    assert part.twice(2) == 4


def test_thrice():
    part.thrice(2)


def test_loop():
    assert part.loop(5) == 0
"""


@pytest.fixture(scope="module")
def clone(tmp_path_factory):
    """A repository with a tested function, one that is run and not looked at, one that no test runs, and a loop."""
    root = tmp_path_factory.mktemp("clone")
    for name, text in [("adlib/__init__.py", ""), ("adlib/part.py", CODE), ("tests/adlib/test_part.py", TESTS),
                       ("pyproject.toml", '[tool.pytest.ini_options]\npythonpath = ["."]\n')]:  # fmt: skip
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    shutil.copytree(ROOT / "tools", root / "tools", ignore=shutil.ignore_patterns("__pycache__"))
    subprocess.run(["git", "init", "--quiet"], cwd=root, check=True)
    (root / mutants.STATE).mkdir(parents=True)
    (root / ".gitignore").write_text("_build/\n")
    return root


def change(there, instead, function):
    """A mutant of the module, as `tools.mutation.generate` describes it."""
    start = CODE.index(there)
    line = CODE[:start].count("\n") + 1
    described = {
        "file": "adlib/part.py",
        "start": start,
        "end": start + len(there),
        "new": instead,
        "operator": "by hand",
    }
    return mutants.Mutant(
        {**described, "function": function, "statement": [line, line], "around": [line - 1, line + 2]}, CODE
    )


def test_what_no_test_sees_survives_and_the_rest_does_not(clone, monkeypatch):
    monkeypatch.setattr(mutants, "PATIENCE", 4)
    seen = change("2 * x", "5 * x", "twice")
    unseen = change("3 * x", "5 * x", "thrice")
    not_run = change("x / 2", "x / 3", "untested")
    hangs = change("n -= 1", "n -= 0", "loop")
    cannot_be_imported = change("3 * x", "3 ** * x", "thrice")
    tests = mutants.measured(clone)
    found = list(mutants.tried(clone, [seen, unseen, not_run, hangs, cannot_be_imported], tests, 2))
    assert [verdict for _, verdict, _ in found] == ["killed", "survived", "survived", "timeout", "killed"]
    assert found[0][2].startswith("FAILED tests/adlib/test_part.py::test_twice")
    assert tests.tests_of(seen.change) == ["tests/adlib/test_part.py::test_twice"]
    assert (clone / "adlib" / "part.py").read_text() == CODE
    assert mutants.measured(clone).seconds == tests.seconds  # not measured twice
    told = mutants.report(found[:4], {})
    assert "adlib/part.py:9 thrice (by hand)\n@@ -9 +9 @@\n-    return 3 * x\n+    return 5 * x" in told
    assert told.endswith(
        "4 changes: 1 killed, 1 timeout, 2 survived, 0 equivalent. 50.0% of those with a meaning were seen."
    )
    told = mutants.report(found[:4], {not_run.identity: "why"})
    assert told.endswith("1 survived, 1 equivalent. 66.7% of those with a meaning were seen.")


def test_a_sample_is_that_of_its_seed_and_leaves_out_what_changes_nothing():
    same = change("3 * x", "3  *  x", "thrice")
    broken = change("3 * x", "3 ** * x", "thrice")
    several = [change("2 * x", f"{k} * x", "twice") for k in range(3, 40)]
    first = mutants.sampled([same, broken, *several], 10, 0)
    assert len(first) == 10 and not {same, broken} & set(first)
    assert (
        mutants.sampled([same, broken, *several], 20, 0)[:10]
        == first
        != mutants.sampled([same, broken, *several], 10, 1)
    )
    assert len(mutants.sampled([same, broken, *several], 100, 0)) == 37


def test_verdicts_are_those_of_one_state(tmp_path):
    identity = change("2 * x", "5 * x", "twice").identity
    row = {"stamp": "now", "identity": identity, "verdict": "killed", "seen": "a test"}
    (tmp_path / "results.jsonl").write_text(json.dumps(row) + "\n")
    assert mutants.results(tmp_path / "results.jsonl", "now") == {identity: ("killed", "a test")}
    assert mutants.results(tmp_path / "results.jsonl", "later") == {}


@pytest.mark.skipif(
    not env.is_ready(ROOT / mutants.VENV, env.stamp_for(ROOT / mutants.LOCK)), reason="make mutants has not been run"
)
def test_words_are_not_changed_and_guards_are(tmp_path):
    (tmp_path / "part.py").write_text(
        '"""Words."""\n\n__all__ = ["f"]\n\n\ndef f(x: int = 3):\n    """More words."""\n    if x > 0:\n'
        '        raise ValueError(f"x is {x}")\n    return g(x.copy(), "a flag", key="L")\n'
    )
    command = [env.python_of(ROOT / mutants.VENV), "-m", "tools.mutation.generate", str(tmp_path / "part.py")]
    done = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
    code = (tmp_path / "part.py").read_text()
    after = {mutants.Mutant(change, code).identity.after for change in json.loads(done.stdout)}
    assert {"if False:", "if True:", "if x >= 0:", "if x > 1:", "if x > (-1):", "def f(x: int = 4):"} <= after
    assert {
        'return g(x, "a flag", key="L")',
        'return g(x.copy(), key="L")',
        'return g(x.copy(), "a flag", key="l")',
    } <= after
    assert not any("Words" in line or "__all__" in line or "ValueError" in line or "A FLAG" in line for line in after)


def test_every_answered_change_is_there_and_has_its_reason():
    answered = equivalent.known()
    assert equivalent.gone(ROOT, answered) == []
    assert all(len(reason.split()) >= 4 for reason in answered.values())


def test_an_answered_change_that_is_gone_is_named(clone):
    there = Identity("adlib/part.py", "twice", "return 2 * x", "return 5 * x")
    gone = [
        there._replace(before="return 4 * x"),
        there._replace(function="fourfold"),
        there._replace(file="adlib/two.py"),
    ]
    assert equivalent.gone(clone, [there]) == []
    assert equivalent.gone(clone, gone) == [
        f"{i.file}: {i.function}: {i.before}: is not there any more, take it off the list" for i in gone
    ]
