"""Look for reserved solutions in everything that is published: ``python -m tools.leaks _build/html dist/*.whl``.

What must not appear are the lines of the solutions and explanations in ``instructor/``, and the words that only they use. A
line that also stands in something public, such as ``return total``, tells nothing and is not looked for. Every file is read, also
inside zip archives and wheels, in three ways: as it is, without its HTML tags, and as the text of JSON strings; white space
does not count. Words are what the search index of the book holds, where lines cannot be found.
"""

from __future__ import annotations

import argparse
import html
import io
import keyword
import re
import sys
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from tools import ROOT
from tools.exercises import BEGIN, PUBLIC, RESERVED, everything, is_explanation
from tools.normalise import read

SHORT = 12  # characters without white space: a line as short as `self.grad = 0` says little
_WORD = re.compile(r"[A-Za-z_]\w{5,}")


@dataclass(frozen=True)
class Secrets:
    """What is looked for: lines without white space -> the exercise, and words -> the exercise."""

    lines: dict[str, str]
    words: dict[str, str]


def squeezed(text: str) -> str:
    """The text without white space."""
    return re.sub(r"\s+", "", text)


def secrets(root: Path = ROOT) -> Secrets:
    """The lines and words of the reserved solutions that stand in nothing that is public on purpose."""
    known = "\n".join(_public(root))
    squeezed_known, known_words = squeezed(known), set(map(str.lower, _WORD.findall(known)))
    lines, words = {}, {}
    for section in (section for found in everything(root).values() for section in found if not section.public):
        for line in section.secret():
            if len(squeezed(line)) >= SHORT and squeezed(line) not in squeezed_known:
                lines[squeezed(line)] = section.data["id"]
            for word in _WORD.findall(line):
                if word.lower() not in known_words and not keyword.iskeyword(word):
                    words[word.lower()] = section.data["id"]
    return Secrets(lines, words)


def _public(root: Path) -> Iterator[str]:
    """The texts that are public on purpose: chapters, pages, public sources, statements of reserved ones, the package."""
    for folder in ("chapters", PUBLIC):
        for path in sorted((root / folder).glob("*.ipynb")):
            yield from (cell.source for cell in read(path).cells)
    for pattern in ("adlib/**/*.py", "pages/*.md", "*.md"):
        yield from (path.read_text(encoding="utf-8") for path in sorted(root.glob(pattern)))
    for path in sorted((root / RESERVED).glob("*.ipynb")):
        yield from (c.source for c in read(path).cells if BEGIN not in c.source and not is_explanation(c))


def published(places: Iterable[Path]) -> Iterator[tuple[str, bytes]]:
    """Name and content of every file in folders and archives."""
    for place in places:
        files = sorted(p for p in place.rglob("*") if p.is_file()) if place.is_dir() else [place]
        for file in files:
            name = str(file.relative_to(place)) if place.is_dir() else file.name
            yield from _opened(name, file.read_bytes())


def _opened(name: str, content: bytes) -> Iterator[tuple[str, bytes]]:
    yield name, content
    if name.endswith("objects.inv"):
        yield name, zlib.decompress(content.split(b"\n", 4)[4])
    if content[:4] == b"PK\x03\x04":
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            for member in archive.namelist():
                yield from _opened(f"{name}!{member}", archive.read(member))


def leaks(places: Iterable[Path], wanted: Secrets) -> tuple[list[str], int]:
    """What leaked, one line each, and how many files were read."""
    found, count = [], 0
    for name, content in published(places):
        count += 1
        text = content.decode("utf-8", errors="replace")
        tagless = html.unescape(re.sub(r"<[^<>]*>", "", text))
        unescaped = text.replace("\\n", "\n").replace('\\"', '"').replace("\\\\", "\\")
        views = [squeezed(text), squeezed(tagless), squeezed(unescaped)]
        found += [f"{name}: {id}: {line}" for line, id in wanted.lines.items() if any(line in view for view in views)]
        there = {word.lower() for view in (text, tagless) for word in _WORD.findall(view)}
        found += [f"{name}: {id}: the word {word}" for word, id in wanted.words.items() if word in there]
    return found, count


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tools.leaks", description=__doc__.split("\n")[0])
    parser.add_argument("places", nargs="+", type=Path, help="folders and archives that are published")
    wanted = secrets()
    found, count = leaks(parser.parse_args(arguments).places, wanted)
    print("\n".join(found))
    print(f"{count} files read for {len(wanted.lines)} lines and {len(wanted.words)} words: {len(found)} leaks")
    return int(bool(found))


if __name__ == "__main__":
    sys.exit(main())
