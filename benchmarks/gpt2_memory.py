"""What the activations of GPT-2 take, by formula, by the compiler, and on a GPU: ``python -m benchmarks.gpt2_memory``.

By formula: the estimate of ZeRO (Rajbhandari and others, arXiv:1910.02054, section 3.2) and of Korthikanti and others
(arXiv:2205.05198). By the compiler: XLA for CPUs plans the memory of one gradient ahead of time, from shapes alone, and
nothing is allocated. On a GPU, where JAX sees one: the step is run, its peak and its time are measured. It takes one or
two minutes, and some more on a GPU.

    python -m benchmarks.gpt2_memory --write              keep the numbers, as adlib.data.gpt2_memory reads them
    python -m benchmarks.gpt2_memory --device-run tiny    the steps at a tiny size, on whatever device JAX has
    python -m benchmarks.gpt2_memory --device-run none    formula and compiler alone

JAX for CPUs is in the lock. For a GPU, run it in an environment with a JAX that sees it (``pip install "jax[cuda12]"``).
"""

import argparse
import collections
import dataclasses
import datetime
import json
import math
import os
import platform
import subprocess
import sys
import time

from tools import ROOT

COMMAND = "python -m benchmarks.gpt2_memory"
RESULTS = ROOT / "adlib" / "data" / "gpt2_memory.json"
FULL = {}  # what differs from the defaults of `gpt2.Model`
TINY = {"layers": 4, "width": 32, "heads": 4, "tokens": 16, "batch": 2, "vocabulary": 64}
REPEATS = 5
BATCHES = (1, 2, 4, 8, 16, 32, 64, 128)
SHARE = 0.9  # of a GPU's memory that a step may plan to use: the rest is for what the plan does not count
GB = 1e9


def formula(model) -> dict:
    """Bytes of all activations by the two published estimates, and with checkpoints by the first.

    One layer keeps 12 arrays of the size of its state. With a checkpoint at every k-th layer, the states there are held,
    and the insides of k layers at one time.
    """
    state, n = model.state, model.layers
    inside = 12 * state
    # Two bytes a value are in the second formula already: 34 and 5 count bytes.
    per_state = 34 + 5 * model.heads * model.tokens / model.width
    divisors = [k for k in range(1, n + 1) if n % k == 0]
    return {
        "state": state,
        "layer": inside,
        "store all": n * inside,
        "store all over root of layers": round(n * inside / math.sqrt(n)),
        "segments": {str(k): k * state + n // k * inside for k in divisors},
        "with attention": round(n * state / 2 * per_state),
        "with attention, quadratic part left out": n * state // 2 * 34,
    }


def kept(model, with_attention) -> dict:
    """What JAX keeps of one layer, grouped by shape and dtype, the largest group first."""
    from . import gpt2

    groups = collections.Counter((leaf.shape, str(leaf.dtype)) for leaf in gpt2.kept(model, with_attention))
    arrays = [
        {"shape": list(shape), "dtype": dtype, "count": count, "bytes": count * math.prod(shape) * size_of(dtype)}
        for (shape, dtype), count in groups.items()
    ]
    arrays.sort(key=lambda a: -a["bytes"])
    square = [a["bytes"] for a in arrays if a["shape"][-2:] == [model.tokens, model.tokens]]
    return {
        "attention": with_attention,
        "dtype": model.dtype,
        "layer": sum(a["bytes"] for a in arrays),
        "quadratic": sum(square),
        "arrays": arrays,
    }


def size_of(dtype: str) -> int:
    import jax.numpy as jnp

    return jnp.dtype(dtype).itemsize


def ways(model) -> list:
    """The compiled rows: pairs of a dtype and a way."""
    from .gpt2 import Way

    n = model.layers
    some = [k for k in range(2, n) if n % k == 0 and k >= n // 12]
    return [
        (model.dtype, Way()),
        *[(model.dtype, Way(segments=k)) for k in [*some, n]],
        *[(model.dtype, Way(segments=k, inside=True)) for k in some],
        (model.dtype, Way(attention=False)),
        *[(model.dtype, Way(segments=k, attention=False)) for k in [*some, n]],
        ("float32", Way()),
        ("float32", Way(segments=n)),
        ("float32", Way(attention=False)),
        (model.dtype, Way(vocabulary=True)),
        (model.dtype, Way(segments=n, vocabulary=True)),
        (model.dtype, Way(unrolled=True)),
        (model.dtype, Way(segments=n, unrolled=True)),
    ]


def planned(model, way) -> dict:
    """What the compiler plans for one gradient: bytes, and operations as the program asks for them."""
    from . import gpt2

    arguments = gpt2.weights(model, way.vocabulary), gpt2.inputs(model, way.vocabulary)
    lowered = gpt2.gradient(model, way).lower(*arguments)
    plan = lowered.compile().memory_analysis()
    row = {
        "dtype": model.dtype,
        **dataclasses.asdict(way),
        "temporary": plan.temp_size_in_bytes,
        "arguments": plan.argument_size_in_bytes,
        "outputs": plan.output_size_in_bytes,
    }
    # The operations of a loop are counted once, so they mean something only where it is written out.
    return row | ({"operations": round(lowered.cost_analysis()["flops"])} if way.unrolled else {})


def stepped(model, way) -> dict:
    """One gradient for real, on the first device that JAX sees: its peak in bytes, and the least of some times."""
    import jax
    import numpy as np

    from . import gpt2

    row = planned(model, way) | {"batch": model.batch}
    device = jax.devices()[0]
    limit = (device.memory_stats() or {}).get("bytes_limit")
    if limit and sum(row[part] for part in ("temporary", "arguments", "outputs")) > SHARE * limit:
        return row | {"fits": False}
    rng = np.random.default_rng(0)

    def drawn(a):
        return jax.device_put(rng.normal(scale=0.02, size=a.shape).astype(a.dtype), device)

    p, x = jax.tree.map(drawn, gpt2.weights(model)), drawn(gpt2.inputs(model))
    step, seconds = gpt2.gradient(model, way), []
    result = jax.block_until_ready(step(p, x))  # compiles
    for _ in range(REPEATS):
        del result
        start = time.perf_counter()
        result = jax.block_until_ready(step(p, x))
        seconds.append(time.perf_counter() - start)
    stats = device.memory_stats() or {}
    finite = all(bool(np.isfinite(np.asarray(g, dtype="float32")).all()) for g in jax.tree.leaves(result))
    return row | {"fits": True, "seconds": min(seconds), "peak": stats.get("peak_bytes_in_use"), "finite": finite}


def in_child(task: str, sizes: dict, way: dict) -> dict:
    """One step in a process of its own: the peak of a device counts from the start of the process."""
    environment = {**os.environ, "XLA_PYTHON_CLIENT_MEM_FRACTION": "0.95"}
    command = [sys.executable, "-m", "benchmarks.gpt2_memory", "--child", json.dumps([task, sizes, way])]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
    if done.returncode == 0:
        return json.loads(done.stdout)
    said = (done.stderr.strip().splitlines() or ["nothing was said"])[-1]
    if "RESOURCE_EXHAUSTED" in done.stderr:
        return {**way, "batch": sizes.get("batch"), "fits": False}
    raise RuntimeError(f"a step on the device failed: {said}")


def child(task: str, sizes: dict, way: dict) -> dict:
    """What the process of `in_child` does: look for the device, or run a step."""
    import jax

    from . import gpt2

    if task == "look":
        device = jax.devices()[0]
        return {"platform": device.platform, "device": device.device_kind, "versions": versions()}
    return stepped(gpt2.Model(**sizes), gpt2.Way(**way))


def on_device(mode: str) -> dict | None:
    """The measured steps, or None where there is no GPU. `tiny` takes whatever device is there."""
    from . import gpt2

    found = in_child("look", {}, {})
    if mode != "tiny" and found["platform"] != "gpu":
        return None
    base = TINY if mode == "tiny" else FULL
    layers = gpt2.Model(**base).layers
    rows = []
    batches = (2, 4) if mode == "tiny" else BATCHES
    for segments in (0, layers):
        way = dataclasses.asdict(gpt2.Way(segments=segments))
        for batch in batches:
            row = in_child("step", base | {"batch": batch}, way)
            rows.append(row)
            print(f"  batch {batch}, {named(row)}: {measured(row)}", flush=True)
            if not row["fits"]:
                break
    return {**found, "date": today(), "command": COMMAND, "steps": rows, "price": price(rows)}


def price(rows) -> float | None:
    """How much longer a step takes with checkpoints, at the largest batch that fits both ways."""
    times = {(row["segments"] > 0, row["batch"]): row["seconds"] for row in rows if row["fits"]}
    both = [batch for with_checkpoints, batch in times if not with_checkpoints and (True, batch) in times]
    return times[True, max(both)] / times[False, max(both)] if both else None


def today() -> str:
    return datetime.datetime.now(datetime.UTC).date().isoformat()


def versions() -> dict:
    import jax
    import jaxlib

    return {"jax": jax.__version__, "jaxlib": jaxlib.__version__, "python": platform.python_version()}


def checkpoints(count) -> str:
    return f"{count} checkpoint{'s' * (int(count) != 1)}"


def named(row) -> str:
    """A compiled row in words."""
    words = checkpoints(row["segments"]) if row["segments"] else "everything kept"
    words += ", and one a layer" if row["inside"] else ""
    words += "" if row["attention"] else ", no attention"
    words += ", vocabulary" if row["vocabulary"] else ""
    words += ", written out" if row["unrolled"] else ""
    return words + (", float32" if row["dtype"] == "float32" else "")


def measured(row) -> str:
    """What a step on a device came to, in words."""
    if not row["fits"]:
        return "does not fit"
    peak = f"peak {row['peak'] / GB:.1f} GB" if row["peak"] else "peak not known on this device"
    return f"{row['seconds']:.3g} s, {peak}"


def collected(sizes: dict) -> dict:
    """Formula and compiler, for a model of these sizes, on the CPU."""
    import jax

    from . import gpt2

    jax.config.update("jax_platforms", "cpu")  # or a GPU's memory would be taken here, and the steps would find none
    model = gpt2.Model(**sizes)
    rows = []
    for dtype, way in ways(model):
        rows.append(planned(dataclasses.replace(model, dtype=dtype), way))
        print(f"  {named(rows[-1])}: {rows[-1]['temporary'] / GB:.4g} GB", flush=True)
    single = dataclasses.replace(model, dtype="float32")
    return {
        "provenance": {
            "command": f"{COMMAND} --write",
            "date": today(),
            "compiler": "XLA for CPUs",
            "system": platform.system(),
            **versions(),
        },
        "model": dataclasses.asdict(model),
        "formula": formula(model),
        "kept": [kept(model, True), kept(model, False), kept(single, True), kept(single, False)],
        "compiled": rows,
    }


def table(data) -> str:
    """Everything as one table, in GB (10^9 bytes)."""
    f, n = data["formula"], data["model"]["layers"]
    lines = [
        ("formula, 12 states a layer: everything kept", f["store all"]),
        ("  divided by the root of the layers", f["store all over root of layers"]),
        *[(f"  {checkpoints(k)}", size) for k, size in f["segments"].items()],
        ("formula with attention, 16 bits: everything kept", f["with attention"]),
        ("  quadratic part left out", f["with attention, quadratic part left out"]),
        *[
            (f"JAX keeps, {k['dtype']}{'' if k['attention'] else ', no attention'}", n * k["layer"])
            for k in data["kept"]
        ],
        *[(f"compiler: {named(row)}", row["temporary"]) for row in data["compiled"]],
    ]
    text = "\n".join(f"{words:50}{size / GB:10.4g}" for words, size in lines)
    device = data.get("device")
    if not device:
        return f"{text}\nOn a device: not measured, JAX saw no GPU."
    steps = "\n".join(f"batch {row['batch']}, {named(row)}: {measured(row)}" for row in device["steps"])
    return (
        f"{text}\nOn {device['device']}, {device['date']}:\n{steps}\nTime with checkpoints / without: {device['price']}"
    )


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog=COMMAND, description=__doc__.split("\n")[0])
    parser.add_argument("--write", action="store_true", help=f"keep the numbers in {RESULTS.relative_to(ROOT)}")
    parser.add_argument("--tiny", action="store_true", help="formula and compiler at a tiny size, to see that it works")
    parser.add_argument("--device-run", choices=("auto", "tiny", "none"), default="auto", help="steps for real")
    parser.add_argument("--child", help=argparse.SUPPRESS)
    chosen = parser.parse_args(arguments)
    if chosen.child:
        print(json.dumps(child(*json.loads(chosen.child))))
        return 0
    if chosen.write and (chosen.tiny or chosen.device_run == "tiny"):
        parser.error("tiny numbers are not kept: leave out --write, or what makes them tiny")
    data = collected(TINY if chosen.tiny else FULL)
    device = None if chosen.device_run == "none" else on_device(chosen.device_run)
    if device is None and RESULTS.exists() and not chosen.tiny:
        device = json.loads(RESULTS.read_text()).get("device")  # measured earlier, with its own date and versions
    data["device"] = device
    if chosen.write:
        RESULTS.write_text(json.dumps(data, indent=1) + "\n")
    print(table(data))
    return 0


if __name__ == "__main__":
    sys.exit(main())
