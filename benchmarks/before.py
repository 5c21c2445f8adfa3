"""Is tracing slower than it was? ``python -m benchmarks.before [COMMIT]`` times both versions of `adlib` in turns.

Each version runs in a process of its own; round by round, one waits while the other works. Several pairs of processes
are started, because where their memory lies is worth a percent, and the least time of each version counts. The numbers
come as JSON: `benchmarks.bench` calls this, too, and keeps them.
"""

import argparse
import io
import json
import os
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

import numpy as np

from benchmarks import programs
from benchmarks.timing import timed
from tools import ROOT

COMMIT = "4347f22"  # the last before a recorder could stand under the traces
PAIRS, ROUNDS, SECONDS = 6, 40, 0.004
CHAINS = {
    "chain-constants": programs.chain_with_constants,
    "chain-pairs": programs.chain_of_pairs,
    "three operations": lambda: programs.chain_with_constants(rounds=1),
}


def known(commit=COMMIT):
    """Whether the history has the commit: a copy without history cannot be compared."""
    ask = ["git", "cat-file", "-e", f"{commit}^{{commit}}"]
    return subprocess.call(ask, cwd=ROOT, stderr=subprocess.DEVNULL) == 0


def functions():
    """The tasks that are timed, by the `adlib` that this process imports."""
    import adlib

    assert Path(adlib.__file__).is_relative_to(Path.cwd()), "the other version of adlib was imported"
    found = {}
    for name, make in CHAINS.items():
        program = make()
        f, primals, tangents = program.make(np, lambda x: x), program.primals, program.tangents
        gradient = adlib.grad(f, (0,))
        found[f"{name}, gradient"] = lambda g=gradient, p=primals: g(*p)
        found[f"{name}, jvp"] = lambda f=f, p=primals, t=tangents: adlib.jvp(f, p, t)
        found[f"{name}, hvp"] = lambda f=f, p=primals, t=tangents: adlib.hvp(f, p, t)
    return found


def work():
    """One round for each line that comes in: the time of each task, as a line of JSON."""
    tasks = {}
    for name, function in functions().items():
        function()
        tasks[name] = function, max(1, round(SECONDS / max(timed(function, 1), 1e-6)))
    for _ in sys.stdin:
        print(json.dumps({name: timed(*task) for name, task in tasks.items()}), flush=True)


def start(python, folder):
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1"}
    command = [python, "-m", "benchmarks.before", "--work"]
    return subprocess.Popen(
        command, cwd=folder, env=environment, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )


def compare(python, commit=COMMIT, rounds=ROUNDS):
    """The least times of both versions, as ``{"commit": ..., "seconds": {task: {"before": ..., "now": ...}}}``."""
    seconds = {}
    with tempfile.TemporaryDirectory() as folder:
        archive = subprocess.check_output(["git", "archive", "--format=tar", commit, "adlib"], cwd=ROOT)
        with tarfile.open(fileobj=io.BytesIO(archive)) as files:
            files.extractall(folder, filter="data")
        for _ in range(PAIRS):
            workers = {"before": start(python, folder), "now": start(python, ROOT)}
            for _ in range(rounds):
                for version, worker in workers.items():
                    print(file=worker.stdin, flush=True)
                    for task, t in json.loads(worker.stdout.readline()).items():
                        least = seconds.setdefault(task, {})
                        least[version] = min(t, least.get(version, t))
            for worker in workers.values():
                worker.communicate()
    return {"commit": commit, "seconds": seconds}


def main(arguments=None):
    parser = argparse.ArgumentParser(prog="python -m benchmarks.before", description=__doc__.split("\n")[0])
    parser.add_argument("commit", nargs="?", default=COMMIT, help=f"the earlier version ({COMMIT})")
    parser.add_argument("--quick", action="store_true", help="few rounds: does everything work?")
    parser.add_argument("--work", action="store_true", help=argparse.SUPPRESS)
    chosen = parser.parse_args(arguments)
    if chosen.work:
        work()
        return 0
    found = compare(sys.executable, chosen.commit, 3 if chosen.quick else ROUNDS)
    for task, t in found["seconds"].items():
        ratio = t["now"] / t["before"]
        print(f"  {task}: {t['before'] * 1e6:.1f} us, now {t['now'] * 1e6:.1f} us: {ratio:.3f}", file=sys.stderr)
    json.dump(found, sys.stdout)
    return 0


if __name__ == "__main__":
    sys.exit(main())
