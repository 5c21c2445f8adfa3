"""The memory of GPT-2: kept numbers against exact arithmetic and a fresh plan, and the steps at a tiny size."""

import dataclasses
import json
import math
import subprocess
import sys

import jax
import numpy as np
import pytest

from adlib import data
from benchmarks import gpt2, gpt2_memory
from benchmarks.gpt2_memory import TINY
from tools import ROOT

KEPT = data.gpt2_memory()
MODEL = gpt2.Model(**KEPT["model"])
SMALL = gpt2.Model(**TINY)
WAYS = [
    gpt2.Way(),
    gpt2.Way(segments=2),
    gpt2.Way(segments=4),
    gpt2.Way(segments=2, inside=True),
    gpt2.Way(unrolled=True),
    gpt2.Way(segments=4, unrolled=True),
]


def row_of(dtype="bfloat16", **way):
    """The kept row of the compiler for one way."""
    wanted = {"dtype": dtype, **dataclasses.asdict(gpt2.Way(**way))}
    (row,) = [row for row in KEPT["compiled"] if wanted.items() <= row.items()]
    return row


def drawn(model, way):
    rng = np.random.default_rng(3)
    x = gpt2.inputs(model, way.vocabulary)
    words = rng.integers(model.vocabulary, size=x.shape, dtype="int32")
    p = jax.tree.map(lambda a: rng.normal(scale=0.2, size=a.shape).astype(a.dtype), gpt2.weights(model, way.vocabulary))
    return p, words if way.vocabulary else rng.normal(size=x.shape).astype(x.dtype)


@pytest.mark.parametrize(("attention", "vocabulary"), [(True, False), (False, True)], ids=["trunk", "vocabulary"])
def test_every_way_computes_the_same_gradient(attention, vocabulary):
    """Otherwise the plans that are compared would be plans of different things. The oracle is a difference quotient."""
    model = dataclasses.replace(SMALL, dtype="float32", batch=2, layers=4)
    results = []
    for way in WAYS:
        way = dataclasses.replace(way, attention=attention, vocabulary=vocabulary)
        p, x = drawn(model, way)
        results.append(jax.tree.leaves(gpt2.gradient(model, way)(p, x)))
    for result in results[1:]:
        for a, b in zip(results[0], result):
            np.testing.assert_allclose(b, a, rtol=2e-3, atol=1e-6)
    wide = jax.tree.map(lambda a: 2e-3 * np.sign(np.cos(np.arange(a.size, dtype="float32"))).reshape(a.shape), p)
    there, back = (
        float(gpt2.loss(jax.tree.map(lambda a, d: a + s * d, p, wide), x, model, way))  # noqa: B023
        for s in (1, -1)
    )
    slope = sum(float(np.vdot(d, g)) for d, g in zip(jax.tree.leaves(wide), results[0]))
    assert (there - back) / 2 == pytest.approx(slope, rel=0.02)


def test_no_token_sees_a_later_one():
    model = dataclasses.replace(SMALL, dtype="float32")
    p, x = drawn(model, gpt2.Way())
    changed = x.copy()
    changed[:, 9:] += 1.0
    one, other = (gpt2.trunk(p["layers"], z, model, gpt2.Way()) for z in (x, changed))
    np.testing.assert_allclose(other[:, :9], one[:, :9], rtol=1e-4, atol=1e-4)
    assert abs(other[:, 9:] - one[:, 9:]).max() > 0.1


def test_the_model_has_one_and_a_half_thousand_million_weights():
    assert sum(math.prod(a.shape) for a in jax.tree.leaves(gpt2.weights(MODEL, True))) == pytest.approx(
        1.55e9, rel=0.01
    )
    assert row_of()["outputs"] == pytest.approx(2 * 48 * 12 * 1600**2, rel=0.001)  # 12 squares of the width a layer


def test_the_formulas_are_the_published_ones():
    f = KEPT["formula"]
    assert f == json.loads(json.dumps(gpt2_memory.formula(MODEL)))
    assert f["store all"] == 12 * 1600 * 32 * 1024 * 48 * 2
    assert f["with attention"] == 1024 * 32 * 1600 * 48 * (
        34 + 5 * 25 * 1024 // 1600
    )  # bytes, of which 80 are attention
    assert f["store all over root of layers"] == pytest.approx(8.7e9, rel=0.01)
    # 12 insides of a layer to one state: with k checkpoints k + 12 * 48 / k states, least at k = 24.
    assert min(f["segments"], key=f["segments"].get) == "24" and f["segments"]["24"] == 48 * f["state"]


def test_what_is_kept_is_what_jax_keeps_today():
    single = dataclasses.replace(MODEL, dtype="float32")
    today = [gpt2_memory.kept(m, attention) for m in (MODEL, single) for attention in (True, False)]
    assert json.loads(json.dumps(today)) == KEPT["kept"]


def test_the_compiler_keeps_what_jax_says_where_nothing_is_shared():
    """Without attention and in float32, the plan is what JAX keeps of 48 layers, and the room to work in one."""
    kept = KEPT["kept"][3]
    assert (kept["attention"], kept["dtype"], kept["quadratic"]) == (False, "float32", 0)
    plan = row_of("float32", attention=False)["temporary"]
    assert 0 < plan - 48 * kept["layer"] < 48 * kept["layer"] * 0.02


def test_the_kept_plans_say_what_the_chapter_says():
    n = MODEL.layers
    plan = {k: row_of(segments=k)["temporary"] for k in (0, 4, 8, 12, 24, n)}
    assert list(plan.values()) == sorted(plan.values(), reverse=True)  # more checkpoints, less memory
    assert plan[0] > 20 * plan[n]
    assert row_of(segments=8, inside=True)["temporary"] < plan[n]
    trap = [row_of(unrolled=True, segments=k) for k in (0, n)]
    assert trap[1]["temporary"] > 0.99 * trap[0]["temporary"]  # the compiler for CPUs keeps everything all the same
    assert 1.2 < trap[1]["operations"] / trap[0]["operations"] < 4 / 3
    # The compiler for CPUs widens: half the bits do not give half the memory.
    assert row_of()["temporary"] > 0.9 * row_of("float32")["temporary"]


def test_one_kept_plan_is_made_again():
    """The largest plan with checkpoints, ahead of time: nothing is allocated. Another version of XLA may plan a little otherwise."""
    plan = gpt2_memory.planned(MODEL, gpt2.Way(segments=48))["temporary"]
    assert plan == pytest.approx(row_of(segments=48)["temporary"], rel=0.1)


@pytest.mark.parametrize("way", WAYS[:3:2], ids=lambda way: f"{way.segments} checkpoints")
def test_a_step_at_a_tiny_size_on_this_machine(way):
    row = gpt2_memory.stepped(SMALL, way)
    assert row["fits"] and row["finite"] and row["seconds"] > 0 and row["batch"] == SMALL.batch
    assert gpt2_memory.measured({**row, "peak": None}).endswith("peak not known on this device")
    assert gpt2_memory.measured({**row, "seconds": 0.25, "peak": 2.5e9}) == "0.25 s, peak 2.5 GB"


class Device:
    """A GPU by its memory alone."""

    platform, device_kind = "gpu", "a GPU"

    def __init__(self, limit):
        self.limit = limit

    def memory_stats(self):
        return {"bytes_limit": self.limit, "peak_bytes_in_use": 123}


def test_what_would_not_fit_is_not_run(monkeypatch):
    monkeypatch.setattr(jax, "devices", lambda *_: [Device(1000)])
    row = gpt2_memory.stepped(SMALL, gpt2.Way())
    assert row["fits"] is False and "seconds" not in row and gpt2_memory.measured(row) == "does not fit"


def fake(steps):
    """Children that find a GPU, and answer steps from a table of what fits."""

    def answer(task, sizes, way):
        if task == "look":
            return {"platform": "gpu", "device": "a GPU", "versions": {}}
        fits = sizes["batch"] <= steps[way["segments"]]
        time = {"seconds": (4 if way["segments"] else 3) * sizes["batch"], "peak": 1} if fits else {}
        return {"dtype": "bfloat16", **way, **sizes, "fits": fits, **time}

    return answer


def test_on_a_gpu_batches_grow_until_one_does_not_fit(monkeypatch):
    monkeypatch.setattr(gpt2_memory, "in_child", fake({0: 4, 48: 32}))
    found = gpt2_memory.on_device("auto")
    tried = {k: [row["batch"] for row in found["steps"] if row["segments"] == k] for k in (0, 48)}
    assert tried == {0: [1, 2, 4, 8], 48: [1, 2, 4, 8, 16, 32, 64]}
    assert found["price"] == pytest.approx(4 / 3) and found["date"]
    assert "batch 8, everything kept: does not fit" in gpt2_memory.table({**KEPT, "device": found})
    monkeypatch.setattr(gpt2_memory, "in_child", fake({0: 0, 48: 2}))
    assert gpt2_memory.on_device("auto")["price"] is None


def test_without_a_gpu_it_says_so_and_ends_well():
    command = [sys.executable, "-m", "benchmarks.gpt2_memory", "--child", json.dumps(["look", {}, {}])]
    look = json.loads(subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout)
    assert set(look) == {"platform", "device", "versions"}
    assert "On a device: not measured, JAX saw no GPU." in gpt2_memory.table({**KEPT, "device": None})


def test_a_step_that_fails_otherwise_is_told(monkeypatch):
    said = subprocess.CompletedProcess([], 1, "", "Traceback\nValueError: no such thing")
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: said)
    with pytest.raises(RuntimeError, match="a step on the device failed: ValueError: no such thing"):
        gpt2_memory.in_child("step", {"batch": 8}, {})
    said.stderr = "RESOURCE_EXHAUSTED: Out of memory"
    assert gpt2_memory.in_child("step", {"batch": 8}, {}) == {"batch": 8, "fits": False}


def test_wrong_requests_are_answered_in_words(capsys):
    with pytest.raises(ValueError, match="5 segments do not divide 48 layers; take a divisor"):
        gpt2_memory.planned(MODEL, gpt2.Way(segments=5))
    for tiny in (["--tiny"], ["--device-run", "tiny"]):
        with pytest.raises(SystemExit):
            gpt2_memory.main(["--write", *tiny])
        assert "tiny numbers are not kept" in capsys.readouterr().err
