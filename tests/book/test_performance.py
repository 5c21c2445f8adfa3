"""The page on performance shows the kept measurements, and these are complete. Nothing is timed here."""

import copy
import json
import platform

import pytest

from benchmarks import performance
from benchmarks.performance import ARRAYS, CHAINS, GROWTH, PAGE, RESULTS, TASKS
from tools import ROOT, generated

DATA = json.loads(RESULTS.read_text())
TEXT = (ROOT / PAGE).read_text()


def test_the_page_shows_the_kept_numbers():
    assert generated.stale(ROOT, performance.current(DATA)) == {}, "run: python -m benchmarks.performance"


def test_a_changed_number_changes_the_page():
    changed = copy.deepcopy(DATA)
    for run in changed["runs"]:
        run["chains"][0]["tasks"]["gradient"]["adlib"]["seconds"] *= 10
    (line,) = generated.stale(ROOT, performance.current(changed)).values()
    assert line.startswith(f"{PAGE}:")
    assert performance.page_with(performance.page_with(TEXT, changed), DATA) == TEXT
    missed = [words for words, _, reached in performance.goals(changed) if not reached]
    assert any(words.startswith("gradient") and "autograd" in words for words in missed)


def test_the_provenance_is_complete_and_names_no_machine():
    about = DATA["provenance"]
    assert set(about) == {"date", "command", "processor", "cores", "threads", "system", "python", "versions"}
    assert about["threads"] == 1
    assert {"adlib", "numpy", "jax", "autograd"} <= set(about["versions"])
    node = platform.node()
    assert not node or node not in RESULTS.read_text()


@pytest.mark.parametrize("run", range(len(DATA["runs"])))
def test_the_numbers_are_complete(run):
    record = DATA["runs"][run]
    packages = {"adlib", *performance.others(DATA)}
    for group, programs in (("chains", CHAINS), ("arrays", ARRAYS)):
        assert [r["program"] for r in record[group]] == list(programs)
        for measured in record[group]:
            assert set(measured["tasks"]) == {"evaluation", *TASKS}
            for task in TASKS:
                by_hand = {"by hand"} if group == "arrays" and task == "gradient" else set()
                assert set(measured["tasks"][task]) == packages | by_hand
                assert all(entry["seconds"] > 0 for entry in measured["tasks"][task].values())
    assert [r["program"] for r in record["growth"]] == list(GROWTH)
    for measured in record["growth"]:
        assert len(measured["seconds"]["adlib"]) == len(measured["n"]) >= 5
    assert record["million"]["operations"] == 1_000_000
    assert 0 < record["million"]["bytes_per_operation"] < 1000
    for jacobian in record["jacobians"]:
        n, m = jacobian["inputs"], jacobian["outputs"]
        assert jacobian["forward"] == {"forward": n, "reverse": 0}
        assert jacobian["reverse"] == {"forward": 0, "reverse": m}


def test_there_is_more_than_one_run_to_see_the_spread():
    assert len(DATA["runs"]) >= 3
