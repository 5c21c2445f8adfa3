"""Run the tests, as many at a time as the machine has cores: ``python -m tools.test [what pytest takes]``."""

import os
import sys

import pytest

PROCESSES = 8  # with more, each one's imports and its own browser cost more than they save

SPREAD = ["--dist", "loadgroup", "--no-loadscope-reorder"]


def main(arguments: list[str]) -> int:
    """pytest over several processes; tests of one file, or of one chapter, stay in one (tests/conftest.py)."""
    count = min(len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1, PROCESSES)
    if count > 1:  # else the threads of each process's linear algebra would wait for the others'
        os.environ.setdefault("OMP_NUM_THREADS", "1")
    spread = ["-n", str(count), *SPREAD] if count > 1 else []
    return pytest.main([*spread, "--durations=15", *arguments])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
