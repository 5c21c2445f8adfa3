"""What the commands share that write text from something else: which files are not current, and how that is said.

Such a command makes a dictionary, name of a file below the root -> the text that it has to hold. Everything is made before
anything is written, so a source that cannot be used (`Wrong`) leaves all files as they were.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable
from pathlib import Path


class Wrong(Exception):
    """A source that cannot be used; the message names it and says what to do."""


def stale(root: Path, wanted: dict[str, str], there: Iterable[str] = ()) -> dict[str, str]:
    """Name of each file that is not current -> a line that says where it differs.

    `there` names the files that were made earlier; those that nothing makes any more are not current either.
    """
    found = {}
    for name, text in wanted.items():
        if not (root / name).is_file():
            found[name] = f"{name}: is missing"
        elif (old := (root / name).read_text(encoding="utf-8")) != text:
            line, words = first_difference(old, text)
            found[name] = f"{name}:{line}: {words}"
    return found | {name: f"{name}: has no source" for name in sorted(set(there) - set(wanted))}


def write(root: Path, wanted: dict[str, str], there: Iterable[str] = ()) -> list[str]:
    """Write what is not current, remove what nothing makes any more; return the names of the files that changed."""
    changed = list(stale(root, wanted, there))
    for name in changed:
        file = root / name
        if name in wanted:
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(wanted[name], encoding="utf-8", newline="\n")
        else:
            file.unlink()
    return changed


def first_difference(old: str, new: str) -> tuple[int, str]:
    """The number of the first line of `old` that is another one in `new`, and what stands there."""
    before, after = old.split("\n"), new.split("\n")
    for number, line in enumerate(before, start=1):
        if number > len(after) or line != after[number - 1]:
            return number, line.strip()
    return len(before), "the file ends too early"


def between(text: str, begin: str, end: str, made: str, name: str) -> str:
    """The text with `made` between the marks `begin` and `end`; `name` is the file they have to stand in."""
    before, found, rest = text.partition(begin)
    _, closed, after = rest.partition(end)
    if not found or not closed:
        raise Wrong(f"{name}: the lines {begin!r} and {end!r} have to stand there")
    return f"{before}{begin}\n\n{made}\n\n{end}{after}"


def report(lines: Iterable[str], again: str) -> int:
    """Print what is not current, and the command that mends it; the exit status of ``--check``."""
    lines = list(lines)
    if lines:
        print("\n".join([*lines, f"Run: {again}"]))
    return int(bool(lines))


def command(main: Callable[..., int]) -> Callable[..., int]:
    """`main`, with a `Wrong` as a printed line and the exit status 1."""

    @functools.wraps(main)
    def guarded(*arguments, **options) -> int:
        try:
            return main(*arguments, **options)
        except Wrong as problem:
            print(problem)
            return 1

    return guarded
