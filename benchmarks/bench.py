"""Measure adlib beside autograd, PyTorch and JAX: ``python -m benchmarks.bench``.

Makes an environment of its own, ``.venv-bench`` next to ``.venv``, runs all measurements several times, each time in a
new process with one thread, and compares tracing with what it was; keeps the numbers in ``benchmarks/results.json`` and
writes the tables of the page on performance. It takes about a quarter of an hour. Nothing here runs in the tests: they read the kept numbers.

    python -m benchmarks.bench --quick     one run with few repeats, printed and not kept: does everything work?
"""

import argparse
import datetime
import json
import os
import platform
import shutil
import subprocess
import sys
from pathlib import Path

from benchmarks import before, performance
from tools import ROOT, env, generated

FOLDER = "benchmarks"
VENV = ".venv-bench"
COMMAND = "python -m benchmarks.bench"

ONE_THREAD = {
    **dict.fromkeys(
        ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS", "NUMEXPR_NUM_THREADS"),
        "1",
    ),
    "XLA_FLAGS": "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1",
    "JAX_PLATFORMS": "cpu",
    "PYTHONHASHSEED": "0",
}


def ensure(root: Path, torch: bool = False) -> str:
    """Return the python of the finished environment of the comparison; `torch` tries again to install PyTorch."""
    venv, lock = root / VENV, root / "requirements.txt"
    needed, optional = root / FOLDER / "requirements.txt", root / FOLDER / "requirements-torch.txt"
    stamp = "-".join(env.stamp_for(str(path)) for path in (lock, needed, optional))
    python = env.python_of(str(venv))
    install = [python, "-m", "pip", "install", "--quiet", "-c", str(lock), "-r"]
    fresh = not env.is_ready(str(venv), stamp)
    if fresh:
        shutil.rmtree(venv, ignore_errors=True)
        print(f"Making {VENV}: NumPy, JAX, autograd and PyTorch, about 1.5 GB on disk", flush=True)
        subprocess.check_call([sys.executable, "-m", "venv", str(venv)], env=env.clean_environment())
        subprocess.check_call([*install, str(needed)], env=env.clean_environment())
    if fresh or torch:
        subprocess.call([*install, str(optional)], env=env.clean_environment())
        (venv / env.STAMP).write_text(stamp + "\n")
    if subprocess.call([python, "-c", "import torch"], stderr=subprocess.DEVNULL) != 0:
        print(f"PyTorch is left out: no build without CUDA was found. {optional.name} says where one is.", flush=True)
    return python


def measure(python: str, root: Path, module: str, quick: bool) -> dict:
    """What a module of measurements prints, in a process of its own."""
    command = [python, "-m", f"{FOLDER}.{module}", *(["--quick"] if quick else [])]
    environment = {**env.clean_environment(), **ONE_THREAD}
    done = subprocess.run(command, cwd=root, env=environment, stdout=subprocess.PIPE, text=True, check=True)
    return json.loads(done.stdout)


def processor() -> str:
    """The kind of processor in words, such as ``AMD EPYC, family 25``; never the name of the machine."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    fields = dict(reversed([[part.strip() for part in line.split(":", 1)] for line in lines if ":" in line]))
    name = fields.get("model name") or platform.machine()
    return f"{name}, family {fields['cpu family']}" if "cpu family" in fields else name


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog=COMMAND, description=__doc__.split("\n")[0])
    parser.add_argument("--runs", type=int, default=3, help="how many complete runs to keep (3)")
    parser.add_argument("--quick", action="store_true", help="one run with few repeats, printed and not kept")
    parser.add_argument("--torch", action="store_true", help="try again to install PyTorch")
    chosen = parser.parse_args(arguments)
    python = ensure(ROOT, chosen.torch)
    runs = []
    for number in range(1 if chosen.quick else chosen.runs):
        print(f"Run {number + 1}", flush=True)
        runs.append(measure(python, ROOT, "measure", chosen.quick))
    versions = runs[0].pop("versions")
    for run in runs[1:]:
        run.pop("versions")
    data = {
        "provenance": {
            "date": datetime.datetime.now(datetime.UTC).date().isoformat(),
            "command": COMMAND,
            "processor": processor(),
            "cores": os.cpu_count(),
            "threads": 1,
            "system": platform.system(),
            "python": platform.python_version(),
            "versions": versions,
        },
        "runs": runs,
    }
    if before.known():
        print("Tracing, beside what it was", flush=True)
        data["before"] = measure(python, ROOT, "before", chosen.quick)
    else:
        print(f"Tracing is not compared with what it was: commit {before.COMMIT} is not in this history", flush=True)
    if chosen.quick:
        print(performance.tables(data))
        return 0
    performance.RESULTS.write_text(json.dumps(data, indent=1) + "\n")
    generated.write(ROOT, performance.current(data))
    print(performance.tables(data))
    return 0


if __name__ == "__main__":
    sys.exit(main())
