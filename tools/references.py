"""Find the references that name one thing and lead to another.

    python -m tools.references                every page that is no notebook; `tools.lint` asks for the notebooks

- A link whose words carry the number of a chapter, or of an exercise, figure, question, check or formula, leads to the
  chapter of this number, and with an anchor to the heading under which the numbered thing stands.
- A numbered thing that a text names exists in the chapter of its number, unless that is not written yet.
- A link to a paper is written in one form, its identifier stands in `references.bib`, and the names and the year in its
  words are those of the entry. Identifiers in code and comments stand there too.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from myst_parser.mdit_to_docutils.base import default_slugify
from pybtex.database import Entry, parse_file

from tools import ROOT, numerals
from tools.normalise import read

BIBLIOGRAPHY = ROOT / "references.bib"

_DOI = re.compile(r"\b10\.\d{4,9}/[^\s\"'<>`\]}|]+")
_ARXIV = re.compile(r"(?i:arxiv(?:\.org/\w+/|: ?))([a-z-]+/\d{7}|\d{4}\.\d{4,5})")
_FORM = re.compile(r"https://(?:doi\.org/10\.\S+|arxiv\.org/abs/[a-z\d./-]+)$")
_SCHOLARLY = re.compile(r"doi\.org|arxiv\.org")
_YEAR = re.compile(r"\b(?:1[89]|20)\d\d\b")
_CAPITALISED = re.compile(r"\b(?!and\b)(?:de |van |von )?[A-Z][\w'’-]+")

_NUMBERED_FILE = re.compile(r"(?:^|/)(\d\d)-[\w-]+\.(?:ipynb|html|md|py)$")
_CHAPTER = re.compile(r"\bchapters? (\d+)\b", re.IGNORECASE)
_THING = re.compile(r"\b(Figure|Question|Exercise|Check|formula|equation) \(?(\d+)\.(\d+)\b", re.IGNORECASE)
_HEADING_NUMBER = re.compile(r"^\(?(\d+)(?:\.(\d+))?\)?(?:\.?\s|$)")
_MADE_OF = {  # what a numbered thing looks like where it stands
    "figure": r"(?m)^\*\*Figure {}\.\*\*",
    "question": r"(?m)^>?\s*\*\*Question {}\.\*\*",
    "exercise": r"(?m)^(?:>?\s*\*\*|## )Exercise {}\.",
    "check": r"(?m)^# Check {}:",
    "formula": r"\\tag\{{{}\}}",
}


def wrong(text: str, path: Path) -> Iterator[str]:
    """Everything that is wrong with the references in a Markdown text of the file `path`."""
    for words, address in links(text):
        yield from _number(words, address, path)
        yield from _citation(words, address)
    yield from unknown(text)
    for match in _THING.finditer(numerals.without_code(text)):
        yield from _missing(match, path)


def unknown(text: str) -> Iterator[str]:
    """The identifiers of papers in any text, code or prose, that `references.bib` lacks."""
    dois = {m.group().rstrip(").,;").lower() for m in _DOI.finditer(text)}
    for identifier in sorted(dois | {m.group(1) for m in _ARXIV.finditer(text)}):
        if identifier not in _sources():
            yield f"{identifier} is not in references.bib"


def links(text: str) -> Iterator[tuple[str, str]]:
    """The links of a Markdown text as (words, address), in order; of a picture the alternative text counts."""
    for token in numerals.markdown().parse(text):
        words, address = "", None
        for child in token.children or []:
            if child.type == "link_open":
                words, address = "", str(child.attrs.get("href", ""))
            elif child.type == "link_close":
                yield words, address
                address = None
            elif address is not None:
                words += " " if child.type in ("softbreak", "hardbreak") else child.content


def section_of(label: str, chapter: Path) -> str | None:
    """The anchor of the heading under which a thing such as 'Figure 5.2' stands; None where it does not stand."""
    kind, number = label.split()
    standing, slug = re.compile(_MADE_OF[kind.lower()].format(re.escape(number))), ""
    for cell in read(chapter).cells:
        pieces = re.split(r"(?m)^(?=#{1,4} )", cell.source) if cell.cell_type == "markdown" else [cell.source]
        for piece in pieces:
            heading = re.match(r"#{1,4} (.+)", piece) if cell.cell_type == "markdown" else None
            slug = default_slugify(heading.group(1)) if heading else slug
            if standing.search(piece):
                return slug
    return None


def _number(words: str, address: str, path: Path) -> Iterator[str]:
    """The numbers in a link's words against the chapter, and the heading, that it leads to."""
    target, _, anchor = address.partition("#")
    if address.startswith("#"):
        target = path.name
    file = _NUMBERED_FILE.search(target)
    things = [(kind, int(chapter), item) for kind, chapter, item in _THING.findall(words)]
    things += [("formula", int(chapter), item) for chapter, item in re.findall(r"^\((\d+)\.(\d+)\)$", words)]
    chapters = {int(number) for number in _CHAPTER.findall(words)} | {chapter for _, chapter, _ in things}
    if (first := _HEADING_NUMBER.match(words)) and (file or "exercise" in anchor):
        chapters.add(int(first[1]))
        if first[2] and anchor.startswith("exercise-"):
            things.append(("Exercise", int(first[1]), first[2]))
    for chapter in sorted(chapters):
        if not file or int(file[1]) != chapter:
            yield f'the words "{words}" name chapter {chapter}, and the link leads to {address}'
            return
    for kind, chapter, item in things:
        if anchor and (there := (path.parent / target)).suffix == ".ipynb" and there.is_file():
            label = f"{_kind(kind)} {chapter}.{item}"
            if section_of(label, there) != anchor:
                yield f'the words "{words}" name {label}, which does not stand under #{anchor}'
    if first and anchor and not things and default_slugify(words[first.end() :]) not in ("", anchor):
        yield f'the words "{words}" are not the heading #{anchor}'


def _kind(word: str) -> str:
    return "formula" if word.lower() == "equation" else word


def _missing(match: re.Match, path: Path) -> Iterator[str]:
    """A numbered thing of another chapter that is not there; those of the same chapter are the lint's."""
    kind, chapter, item = _kind(match[1]), int(match[2]), match[3]
    folders = ("chapters/exercises", "instructor") if kind == "Exercise" else ("chapters", "chapters/optional")
    written = [file for folder in folders for file in (ROOT / folder).glob(f"{chapter:02}-*.ipynb")]
    if written and not any(section_of(f"{kind} {chapter}.{item}", file) is not None for file in written):
        yield f"there is no {kind} {chapter}.{item} in chapter {chapter}"


@cache
def _sources() -> dict[str, Entry]:
    """The entries of the bibliography by their identifiers: DOI, arXiv number, address."""
    found = {}
    for entry in parse_file(str(BIBLIOGRAPHY)).entries.values():
        for name in ("doi", "eprint", "url"):
            if identifier := entry.fields.get(name):
                found[identifier.lower() if name == "doi" else identifier] = entry
        for doi in _DOI.findall(entry.fields.get("note", "")):
            found[doi.lower()] = entry
    return found


def _citation(words: str, address: str) -> Iterator[str]:
    """A link to a paper: its form, and its words against the entry of its identifier."""
    if not re.match(r"[a-z]+:", address):
        return
    doi, arxiv = _DOI.search(address), _ARXIV.search(address)
    if _SCHOLARLY.search(address) and not _FORM.match(address):
        yield f"{address}: a paper is linked as https://doi.org/10.... or https://arxiv.org/abs/..."
    identifier = doi.group().lower() if doi else arxiv.group(1) if arxiv else address
    entry = _sources().get(identifier)
    years = set(_YEAR.findall(words))
    if entry is None:
        if years and not _SCHOLARLY.search(address):  # the others are reported where all identifiers are
            yield f'"{words}" cites {address}, which is not in references.bib'
        return
    if years - {entry.fields["year"]}:
        yield f'"{words}" cites {address}, a work of {entry.fields["year"]}'
    yield from _authors(words, address, entry)


def _authors(words: str, address: str, entry: Entry) -> Iterator[str]:
    """The names in a citation: the first of the authors, in their order, and all of them unless others are said."""
    authors = [" ".join(map(str, (*p.rich_prelast_names, *p.rich_last_names))) for p in entry.persons["author"]]
    names = _CAPITALISED.findall(words)
    place = " ".join(str(entry.fields.get(key, "")) for key in ("journal", "booktitle", "title"))
    if not names or all(name in place for name in names):
        return
    whole = authors[: len(names)] if "others" in words or not _YEAR.search(words) else authors
    if names != whole:
        yield f'"{words}" cites {address}, which is by {", ".join(authors)}'


def pages(root: Path = ROOT) -> list[Path]:
    """The Markdown pages of the book, and the text that greets in the repository."""
    return [*sorted((root / "pages").glob("*.md")), root / "index.md", root / "README.md"]


def main() -> int:
    found = [f"{path.relative_to(ROOT)}: {line}" for path in pages() for line in wrong(path.read_text("utf-8"), path)]
    for path in sorted((ROOT / "adlib").rglob("*.py")):
        found += [f"{path.relative_to(ROOT)}: {line}" for line in unknown(path.read_text(encoding="utf-8"))]
    print(*found, sep="\n", end="\n" if found else "")
    return bool(found)


if __name__ == "__main__":
    sys.exit(main())
