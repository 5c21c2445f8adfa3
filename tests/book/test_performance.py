"""The page on performance shows the kept measurements, and these are complete. Nothing is timed here."""

import copy
import json
import platform
import re
from xml.etree import ElementTree

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from adlib.viz.style import COLOURS
from benchmarks import crossover, performance, plot
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


def test_a_slower_program_misses_its_goals():
    changed = copy.deepcopy(DATA)
    for run in changed["runs"]:
        for program in (*run["chains"], *run["arrays"]):
            for task in TASKS:
                program["tasks"][task]["program"]["seconds"] *= 100
        for program in run["recording"]:
            program["seconds"] = [t * n for t, n in zip(program["seconds"], program["lines"])]
        for program in run["memory"]:
            program["bytes"]["in place"] = program["bytes"]["tracing"]
    assert not any(reached for *_, reached in performance.goals_of_programs(changed))
    changed["before"] = {"seconds": {"a": {"before": 1.0, "now": 1.02}, "b": {"before": 1.0, "now": 1.04}}}
    *_, (words, measured, reached) = performance.goals(changed)
    assert words.startswith("tracing") and measured.startswith("1.040 at most (b)") and not reached


def test_the_plot_shows_every_ratio_where_it_belongs():
    drawing = ElementTree.fromstring(performance.picture(DATA))
    spaces = [float(x) for x in drawing.get("viewBox").split()]
    marks = [e for e in drawing if e.get("transform")][len(plot.MARKS) :]
    packages = len(performance.others(DATA)) + 1
    gradients = len(CHAINS) + len(ARRAYS)
    assert len(marks) == gradients * (packages + 1) + gradients * packages + packages  # by hand; the loop without JAX
    label = drawing.get("aria-label")
    assert label.count(";") == 2 * gradients
    ticks = {float(e.text): float(e.get("x")) for e in drawing if re.fullmatch(r"[\d.]+", e.text or "")}
    for mark in marks:
        x, y = map(float, re.findall(r"[\d.]+", mark.get("transform")))
        assert plot.LEFT <= x <= plot.RIGHT <= spaces[2] and y < spaces[3]
        assert mark.get("fill") in COLOURS.values()
    ratio = performance.against(DATA, "chains", "chain-constants", "gradient")["autograd"]
    assert f"autograd {ratio}" in label.split(";")[0]
    x = float(re.findall(r"[\d.]+", marks[2].get("transform"))[0])
    assert all((x > at) == (ratio.value > tick) for tick, at in ticks.items())


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
    packages = {"adlib", "program", "program in jax", *performance.others(DATA)}
    for group, programs in (("chains", CHAINS), ("arrays", ARRAYS)):
        assert [r["program"] for r in record[group]] == list(programs)
        for measured in record[group]:
            assert set(measured["tasks"]) == {"evaluation", *TASKS}
            assert set(measured["lines"]) == set(TASKS)
            for task in TASKS:
                by_hand = {"by hand"} if task == "gradient" else set()
                assert set(measured["tasks"][task]) == packages | by_hand
                assert all(entry["seconds"] > 0 for entry in measured["tasks"][task].values())
    assert [r["program"] for r in record["growth"]] == list(GROWTH)
    for measured in record["growth"]:
        assert len(measured["seconds"]["adlib"]) == len(measured["n"]) >= 5
    assert len(record["growth"][0]["seconds"]["program"]) >= 4
    for measured in record["recording"]:
        assert len(measured["seconds"]) == len(measured["lines"]) >= 5
        assert measured["lines"] == sorted(measured["lines"]) and measured["lines"][-1] > 4000
    assert [(r["program"], r["task"]) for r in record["memory"]] == [
        (p, t) for p in ARRAYS for t in ("gradient", "hvp")
    ]
    assert record["million"]["operations"] == 1_000_000
    assert 0 < record["million"]["bytes_per_operation"] < 1000
    for jacobian in record["jacobians"]:
        n, m = jacobian["inputs"], jacobian["outputs"]
        assert jacobian["forward"] == {"forward": n, "reverse": 0}
        assert jacobian["reverse"] == {"forward": 0, "reverse": m}


def test_tracing_was_compared_with_what_it_was():
    assert re.fullmatch("[0-9a-f]{7,40}", DATA["before"]["commit"])
    assert len(DATA["before"]["seconds"]) == 9
    assert all(t["before"] > 0 and t["now"] > 0 for t in DATA["before"]["seconds"].values())


def test_there_is_more_than_one_run_to_see_the_spread():
    assert len(DATA["runs"]) >= 3


def test_the_ways_that_chapter_8_times_give_one_jacobian():
    first, last = crossover.chain((5, 4, 1)), crossover.chain((1, 4, 12))
    x = jnp.linspace(-1.0, 1.0, 5)
    ways = [way(lambda x: last(first(x))) for way in (jax.jacfwd, jax.jacrev, crossover.in_batches)]
    found = [way(x) for way in [*ways, crossover.mixed(first, last)]]
    assert found[0].shape == (12, 5)
    assert np.abs(found[0]).max() > 0.01
    assert all(np.allclose(J, found[0], rtol=0, atol=1e-6) for J in found)
