"""Do the tests of `adlib` bite?  Single changes of meaning, each of which some test should see: ``python -m tools.mutants``.

A random sample of all changes that `tools.mutation.generate` finds is tried, one at a time, in copies of the clone: the
tests that run the changed line go first by what they are called and how near they stand, and the first failure ends it. A
test that hangs is ended by a limit of the processor. Each verdict is written to ``_build/mutants``, so that the command goes
on where it was stopped as long as neither package nor tests have changed. Not for Windows.

    python -m tools.mutants --module schedules --sample 50 --seed 1     part of the package, another sample
    python -m tools.mutants --survivors                                 those that lived the last time, after new tests

A change that survives is answered by a test, or in ``tools/mutation/equivalent.toml`` with the reason why nothing can see it.
"""

from __future__ import annotations

import argparse
import ast
import difflib
import hashlib
import json
import os
import random
import shutil
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from queue import SimpleQueue

from tools import ROOT, env
from tools.mutation import equivalent
from tools.mutation.equivalent import Identity, squeezed

VENV, LOCK = ".venv-mutants", "requirements-mutants.txt"
STATE = Path("_build") / "mutants"
MODULES = (
    "core",
    "modes",
    "graph/record.py",
    "memory",
    "rules",
    "schedules",
    "zero_order",
    "randomised",
    "optimize.py",
    "programs",
    "structure",
)
NOT_MEANT = ("viz", "data", "exercises")
TESTS = ["tests/adlib", "adlib", *(f"--ignore={top}/{part}" for top in ("tests/adlib", "adlib") for part in NOT_MEANT)]
ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
PATIENCE = 20  # seconds of the processor beside five times those that the tests need
HANGING = -24  # ended by SIGXCPU: the limit of the processor


def ensure(root: Path) -> str:
    """The python of the finished environment of the mutation tool."""
    venv, lock = root / VENV, root / LOCK
    if not env.is_ready(venv, env.stamp_for(lock)):
        env.make(str(venv), str(lock), f"the mutation tool: the versions of {LOCK}, 60 MB on disk")
    return env.python_of(venv)


# The changes.


class Mutant:
    """One change of one file: what is there, what stands there instead, and how it is known."""

    def __init__(self, change: dict, code: str):
        self.change, self.code = change, code
        self.mutated = code[: change["start"]] + change["new"] + code[change["end"] :]
        self.diff = list(difflib.unified_diff(code.splitlines(), self.mutated.splitlines(), lineterm="", n=0))[2:]
        before, after = (squeezed(" ".join(line[1:] for line in self.diff if line[0] == sign)) for sign in "-+")
        self.identity = Identity(change["file"], change["function"], before, after)

    def is_change(self) -> bool:
        """Whether it compiles, and to something else."""
        try:
            return ast.dump(ast.parse(self.mutated)) != ast.dump(ast.parse(self.code))
        except SyntaxError:
            return False

    def __str__(self):
        place = f"{self.change['file']}:{self.change['statement'][0]}"
        return "\n".join([f"{place} {self.change['function']} ({self.change['operator']})", *self.diff])


def all_changes(root: Path, python: str, modules: list[str]) -> list[Mutant]:
    """Every change of the modules, in the order of the files."""
    wanted = [root / "adlib" / name for name in modules]
    files = sorted(path for w in wanted for path in ([w] if w.is_file() else w.rglob("*.py")))
    names = [path.relative_to(root).as_posix() for path in files]
    command = [python, "-m", "tools.mutation.generate", *names]
    done = subprocess.run(command, cwd=root, check=True, stdout=subprocess.PIPE, text=True)
    codes = {name: (root / name).read_text(encoding="utf-8") for name in names}
    return [Mutant(change, codes[change["file"]]) for change in json.loads(done.stdout)]


def sampled(mutants: list[Mutant], count: int, seed: int) -> list[Mutant]:
    """So many of them, at random; a larger sample of the same seed holds the smaller one."""
    mutants = list(mutants)
    random.Random(seed).shuffle(mutants)
    found = []
    for mutant in mutants:
        if len(found) == count:
            break
        if mutant.is_change():
            found.append(mutant)
    return found


# The tests.


class Map:
    """Which test runs which lines, and how long it takes; measured once for a state of package and tests."""

    def __init__(self, seconds: dict[str, float], lines: dict[str, dict[str, set[int]]]):
        self.seconds, self.lines = seconds, lines  # test -> seconds; file -> test -> lines

    @classmethod
    def read(cls, seconds: Path, measured: Path, clone: Path) -> Map:
        """From what pytest and coverage wrote in a clone."""
        found = {}
        query = "select path, context, numbits from line_bits join file on file.id = file_id join context on context.id = context_id"
        with sqlite3.connect(measured) as database:
            for path, test, bits in database.execute(query):
                numbers = {8 * k + bit for k, byte in enumerate(bits) for bit in range(8) if byte >> bit & 1}
                found.setdefault(Path(path).relative_to(clone).as_posix(), {})[test] = numbers
        return cls(json.loads(seconds.read_text(encoding="utf-8")), found)

    def tests_of(self, change: dict) -> list[str]:
        """The tests that run the changed statement, or else its function, or its file; what may see it soonest goes first."""
        whole = {test: lines for test, lines in self.lines.get(change["file"], {}).items() if test in self.seconds}
        for place in (change["statement"], change["around"], None):
            if place and (
                found := [test for test, lines in whole.items() if any(place[0] <= n <= place[1] for n in lines)]
            ):
                break
        else:
            found = list(whole)
        name = change["function"].rpartition(".")[2].strip("_")
        near = Path(change["file"]).parent.name

        def late(test):
            return (not name or name not in test, f"/{near}/" not in test, self.seconds[test])

        return sorted(found, key=late)


def measured(root: Path) -> Map:
    """The map, brought up to date; the tests must pass without any change.

    Where nothing but files of tests have changed, they alone are run.
    """
    folder, clone = root / STATE, root / STATE / "copy-0"  # one may go on writing meanwhile
    seconds, lines, stamp = folder / "seconds.json", folder / "coverage", folder / "state.json"
    now, before = state(root), json.loads(stamp.read_text(encoding="utf-8")) if stamp.is_file() else {}
    changed = sorted(name for name in {*now, *before} if now.get(name) != before.get(name))
    if changed:
        few = all(Path(name).name.startswith("test_") and name in now for name in changed)
        print(f"Measuring which test runs which line: {' '.join(changed) if few else 'some minutes'}", flush=True)
        stamp.unlink(missing_ok=True)
        old = json.loads(seconds.read_text(encoding="utf-8")) if few else {}
        command = [sys.executable, "-m", "coverage", "run", "--source=adlib", f"--data-file={lines}"]
        command += [*(["--append"] if few else []), "-m", "pytest", "-q", "-x", "-p", "tools.mutation.selection"]
        command += [f"--mutation-map={seconds}", *(changed if few else TESTS)]
        if subprocess.run(command, cwd=copy(root, clone), env={**os.environ, **ONE_THREAD}).returncode:
            raise env.Missing("The tests fail as they are; mend them first.")
        new = json.loads(seconds.read_text(encoding="utf-8"))
        kept = {test: needed for test, needed in old.items() if test.partition("::")[0] not in changed}
        seconds.write_text(json.dumps(kept | new), encoding="utf-8")
        stamp.write_text(json.dumps(now), encoding="utf-8")
    return Map.read(seconds, lines, clone)


def files_of(root: Path) -> list[str]:
    """What a copy of the clone holds: all that git would, new files included."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(command, cwd=root, check=True, stdout=subprocess.PIPE, text=True).stdout.splitlines()
    return [name for name in names if (root / name).is_file()]


def state(root: Path) -> dict[str, str]:
    """What verdicts depend on, the package and its tests: name -> digest."""
    names = [name for name in files_of(root) if name.startswith(("adlib/", "tests/adlib/")) and name.endswith(".py")]
    return {name: hashlib.sha256((root / name).read_bytes()).hexdigest() for name in names}


# Trying them.


def copy(root: Path, folder: Path) -> Path:
    """A copy of the clone, made anew."""
    shutil.rmtree(folder, ignore_errors=True)
    for name in files_of(root):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(root / name, folder / name)
    return folder


def verdict(mutant: Mutant, tests: list[str], seconds: float, clone: Path) -> tuple[str, str]:
    """``killed``, ``timeout`` or ``survived``, and the test that saw it."""
    if not tests:
        return "survived", "no test runs it"
    file = clone / mutant.change["file"]
    chosen = clone / "chosen-tests.json"
    limit = PATIENCE + round(5 * seconds)  # of the processor, which other programs do not use up
    chosen.write_text(json.dumps({"tests": tests, "seconds": limit}), encoding="utf-8")
    paths = sorted({test.partition("::")[0] for test in tests})
    command = [sys.executable, "-m", "pytest", "-x", "-q", "--tb=no", "-p", "tools.mutation.selection"]
    command += [f"--mutation-run={chosen}", *paths]
    file.write_text(mutant.mutated, encoding="utf-8")
    environment = {**os.environ, **ONE_THREAD, "PYTHONDONTWRITEBYTECODE": "1"}
    process = subprocess.Popen(
        command,
        cwd=clone,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    try:
        printed, _ = process.communicate(timeout=10 * limit)  # for what waits and uses no processor
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
        return "timeout", ""
    finally:
        file.write_text(mutant.code, encoding="utf-8")
    if process.returncode == HANGING:
        return "timeout", ""
    if process.returncode in (4, 5):  # not used as it should be, or nothing collected
        raise RuntimeError(printed)
    if process.returncode == 0:
        return "survived", ""
    told = [line for line in printed.splitlines() if line.startswith(("FAILED", "ERROR"))]
    return "killed", (told or printed.splitlines()[-1:] or ["a crash"])[0]


def tried(root: Path, mutants: list[Mutant], tests: Map, processes: int) -> Iterator[tuple[Mutant, str, str]]:
    """Each mutant with its verdict and the test that saw it, as they come."""
    clones = SimpleQueue()
    for k in range(processes):
        clones.put(copy(root, root / STATE / f"copy-{k}"))

    def one(mutant):
        clone = clones.get()
        try:
            chosen = tests.tests_of(mutant.change)
            return mutant, *verdict(mutant, chosen, sum(tests.seconds[t] for t in chosen), clone)
        finally:
            clones.put(clone)

    with ThreadPoolExecutor(processes) as pool:
        yield from pool.map(one, mutants)


def results(file: Path, stamp: str | None) -> dict[Identity, tuple[str, str]]:
    """The verdicts of the file, those of one state of package and tests, or all."""
    if not file.is_file():
        return {}
    rows = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    return {Identity(*row["identity"]): (row["verdict"], row["seen"]) for row in rows if stamp in (None, row["stamp"])}


def report(found: list[tuple[Mutant, str, str]], answered: dict[Identity, str]) -> str:
    """The counts, and every survivor that is not answered yet as a difference."""
    counts = Counter("equivalent" if v == "survived" and m.identity in answered else v for m, v, _ in found)
    meant = len(found) - counts["equivalent"]
    share = (counts["killed"] + counts["timeout"]) / meant if meant else 1.0
    left = [f"{m}\n{seen}".rstrip() for m, v, seen in found if v == "survived" and m.identity not in answered]
    numbers = ", ".join(f"{counts[k]} {k}" for k in ("killed", "timeout", "survived", "equivalent"))
    return "\n\n".join([*left, f"{len(found)} changes: {numbers}. {share:.1%} of those with a meaning were seen."])


def main(arguments: list[str] | None = None, root: Path = ROOT) -> int | str:
    """Try the sample, and print what survived; 1 where something did."""
    parser = argparse.ArgumentParser(prog="python -m tools.mutants", description=__doc__.split("\n")[0])
    parser.add_argument("--sample", type=int, default=300, help="how many changes (300)")
    parser.add_argument("--seed", type=int, default=0, help="of the sample (0)")
    parser.add_argument(
        "--module", action="append", help="a folder or file of adlib; may be repeated (all that is meant)"
    )
    parser.add_argument("--survivors", action="store_true", help="only what survived the last time")
    parser.add_argument("--processes", type=int, default=len(os.sched_getaffinity(0)), help="at a time (one a core)")
    options = parser.parse_args(arguments)
    file = root / STATE / "results.jsonl"
    file.parent.mkdir(parents=True, exist_ok=True)
    try:
        python = ensure(root)
        mutants, answered = all_changes(root, python, options.module or list(MODULES)), equivalent.known()
        before = results(file, None)
        lived = [m for m in mutants if before.get(m.identity, ("", ""))[0] == "survived"] if options.survivors else None
        chosen = sampled(mutants, options.sample, options.seed) if lived is None else lived
        tests = measured(root)
    except env.Missing as problem:
        return str(problem)
    stamp = hashlib.sha256(json.dumps(sorted(state(root).items())).encode()).hexdigest()
    there, found = results(file, stamp), []
    started = time.time()
    with file.open("a", encoding="utf-8") as out:
        for mutant, said, seen in tried(root, [m for m in chosen if m.identity not in there], tests, options.processes):
            there[mutant.identity] = said, seen
            out.write(json.dumps({"stamp": stamp, "identity": mutant.identity, "verdict": said, "seen": seen}) + "\n")
            out.flush()
            print(f"{said:8} {str(mutant).splitlines()[0]}  {seen}", flush=True)
    found = [(mutant, *there[mutant.identity]) for mutant in chosen]
    print(
        f"\n{report(found, answered)}\n{time.time() - started:.0f} s. The verdicts stand in {file.relative_to(root)}."
    )
    identities = {mutant.identity for mutant in mutants}
    old = [i for i in answered if options.module is None and i not in identities]
    for identity in old:
        print(
            f"answered, but no change any more: {identity.file} {identity.function}: {identity.before} -> {identity.after}"
        )
    return int(bool(old) or any(v == "survived" and m.identity not in answered for m, v, _ in found))


if __name__ == "__main__":
    sys.exit(main())
