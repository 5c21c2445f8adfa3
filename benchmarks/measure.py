"""One run of all measurements, printed as JSON: ``python -m benchmarks.measure``, in the environment of the comparison.

`benchmarks.bench` starts it with one thread, several times, and keeps what it prints. Before anything is timed, all
packages must give the same numbers.
"""

import gc
import json
import os
import sys
import time
import tracemalloc

import numpy as np

import adlib

from . import packages, programs, sweeps
from .timing import best, timed

THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")
GROWTH = (500, 1000, 2000, 4000, 8000, 16_000)
AUTOGRAD_UP_TO = 2000  # it took six seconds for one gradient at 4000
# A program may have only so many lines; and that of the stack has none, as its gradient is a constant.
PROGRAM_UP_TO = {"indexing": 4000, "stacking": 0}
ROUNDS = (25, 50, 100, 200, 400, 800)  # of a chain that is recorded
OPERATIONS = 1_000_000
SHAPES = ((4, 256), (8, 128), (16, 64), (32, 32), (64, 16), (128, 8), (256, 4))  # inputs, outputs


def say(text):
    print(f"  {time.strftime('%H:%M:%S')} {text}", file=sys.stderr, flush=True)


def agree(name, results):
    """Raise unless all results are the same numbers, to rounding."""
    expected = [np.asarray(x) for x in _leaves(results["adlib"])]
    for other, result in results.items():
        got = [np.asarray(x) for x in _leaves(result)]
        if len(got) != len(expected):
            raise AssertionError(f"{name}: {other} gives {len(got)} arrays, adlib {len(expected)}")
        for a, b in zip(expected, got):
            np.testing.assert_allclose(b, a, rtol=1e-7, atol=1e-9 * np.max(np.abs(a)), err_msg=f"{name}: {other}")


def _leaves(result):
    leaves = result if isinstance(result, (tuple, list)) else [result]
    return [x.detach() if hasattr(x, "detach") else x for x in leaves]


def compare(program, tasks, rounds, seconds):
    """Seconds of one call for each task and competitor, after comparing their results."""
    lines = {task: packages.lines(program, task) for task in packages.TASKS}
    record = {"program": program.name, "operations": program.operations, "lines": lines, "tasks": {}}
    everyone = packages.ways(program)
    for task in tasks:
        functions = {}
        for package, offered in everyone.items():
            for way, function in offered.get(task, {}).items():
                functions[package, way] = function
        if task != "evaluation":
            results = {" ".join(key): function() for key, function in functions.items()}
            results["adlib"] = functions["adlib", next(iter(everyone["adlib"][task]))]()
            agree(f"{program.name}, {task}", results)
        times = best(functions, rounds, seconds)
        record["tasks"][task] = chosen = {}
        for (package, way), t in times.items():
            name = "by hand" if way == "by hand" else package
            if name not in chosen or t < chosen[name]["seconds"]:
                chosen[name] = {"seconds": t, "way": way}
        say(f"{program.name} {task}: " + ", ".join(f"{n} {v['seconds'] * 1e6:.0f} us" for n, v in chosen.items()))
    return record


def growth(make, rounds):
    """Time of one gradient for growing n, by package."""
    record = {"program": make.__name__, "n": list(GROWTH), "seconds": {}}
    for n in GROWTH:
        absent = {"jax", "program in jax"}
        absent |= {"program"} if n > PROGRAM_UP_TO[make.__name__] else set()
        absent |= {"autograd"} if n > AUTOGRAD_UP_TO else set()
        functions = {}
        for package, offered in packages.ways(make(n), ("gradient",), absent).items():
            for way, function in offered.get("gradient", {}).items():
                functions["by hand" if way == "by hand" else package] = function
        agree(f"{make.__name__}, n = {n}", {p: f() for p, f in functions.items()})
        for package, t in best(functions, rounds, 0.0).items():
            record["seconds"].setdefault(package, []).append(t)
    say(f"{make.__name__}: " + ", ".join(f"{p} {t[-1] * 1e3:.0f} ms" for p, t in record["seconds"].items()))
    return record


def recording(make, repeats):
    """Seconds to record the gradient of a growing chain, and its lines."""
    record = {"program": make().name, "lines": [], "seconds": []}
    for rounds in ROUNDS:
        program, times = make(rounds=rounds), []
        for _ in range(repeats):
            packages.recorded.cache_clear()
            gc.collect()
            times.append(timed(lambda: packages.recorded(program, "gradient"), 1))  # noqa: B023
        record["lines"].append(packages.lines(program, "gradient"))
        record["seconds"].append(min(times))
    last = record["seconds"][-1] / record["lines"][-1] * 1e6
    say(f"recording {record['program']}: {last:.0f} us a line of {record['lines'][-1]}")
    return record


def memory(program, task):
    """The peak of memory that a call takes: traced, as a program that keeps all its values, and as it runs."""
    p, arguments = packages.recorded(program, task)
    (traced,) = packages.with_adlib(program)[task].values()
    ways = {"tracing": traced, "printed": lambda: p.function(*arguments), "in place": lambda: p(*arguments)}
    peaks = {}
    for name, function in ways.items():
        function()  # compiles
        gc.collect()
        tracemalloc.start()
        function()
        peaks[name] = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    say(f"memory, {program.name} {task}: " + ", ".join(f"{name} {b / 1e6:.1f} MB" for name, b in peaks.items()))
    return {"program": program.name, "task": task, "bytes": peaks}


def million():
    """A program of a million operations: processor time, and the peak of memory a separate run takes."""
    gradient = adlib.grad(lambda x: programs.long_chain(x, OPERATIONS))
    expected = 0.999999 ** (OPERATIONS // 2)
    start = time.process_time()
    result = gradient(1.0)
    seconds = time.process_time() - start
    if abs(result - expected) > 1e-9 * expected:
        raise AssertionError(f"the long program: {result}, expected {expected}")
    tracemalloc.start()
    gradient(1.0)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    say(f"a million operations: {seconds:.1f} s, {peak / OPERATIONS:.0f} bytes each")
    return {"operations": OPERATIONS, "seconds": seconds, "bytes_per_operation": peak / OPERATIONS}


def jacobians(rounds):
    """Sweeps and times of both Jacobians for shapes on either side of the square one."""
    counted, counts = sweeps.counter()
    records = []
    for n, m in SHAPES:
        a, x = np.random.default_rng(4).standard_normal((m, n)) / n, np.linspace(0.1, 1.0, n)

        def f(x, a=a):
            return np.tanh(a @ x)

        record = {"inputs": n, "outputs": m}
        for mode, jacobian in (("forward", adlib.jacfwd), ("reverse", adlib.jacrev), ("chosen", adlib.jacobian)):
            counts.update(forward=0, reverse=0)
            result = jacobian(lambda x: f(counted(x)))(x)
            np.testing.assert_allclose(result, (1 - f(x) ** 2)[:, None] * a, rtol=1e-10, atol=1e-15)
            record[mode] = dict(counts)
        times = best({"forward": lambda: adlib.jacfwd(f)(x), "reverse": lambda: adlib.jacrev(f)(x)}, rounds, 0.0)  # noqa: B023
        record["seconds"] = times
        records.append(record)
    say("Jacobians")
    return records


def run(quick=False):
    """All measurements; `quick` takes few repeats, to see that everything works."""
    rounds = 2 if quick else 12
    tasks = ("evaluation", *packages.TASKS)
    chains = programs.chain_with_constants, programs.chain_of_pairs
    arrays = [make() for make in (programs.mlp, programs.mds, programs.logistic)]
    return {
        "versions": packages.versions(),
        "chains": [compare(make(), tasks, 2 if quick else 25, 0.01) for make in chains],
        "arrays": [compare(program, tasks, rounds, 0.03) for program in arrays],
        "recording": [recording(make, 1 if quick else 3) for make in chains],
        "memory": [memory(program, task) for program in arrays for task in ("gradient", "hvp")],
        "growth": [growth(make, 1 if quick else 2) for make in (programs.indexing, programs.stacking)],
        "million": million(),
        "jacobians": jacobians(2 if quick else 8),
    }


if __name__ == "__main__":
    if any(os.environ.get(name) != "1" for name in THREADS):
        sys.exit("the measurements run on one thread: start them with python -m benchmarks.bench")
    json.dump(run(quick="--quick" in sys.argv), sys.stdout)
