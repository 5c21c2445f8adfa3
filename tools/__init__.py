"""The commands behind the Makefile: each module is one, run as ``python -m tools.<name>``."""

from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
