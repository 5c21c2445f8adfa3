"""Words of prose and comments that no dictionary knows: what `python -m tools.tidy` says about spelling.

Read are the text of notebooks and pages, the alternative texts of figures, the comments and docstrings of code, and what
adlib says to a student: its hints and errors. Left out are formulas, code spans, addresses, and whatever looks like a name
of code. A word is known when it stands in the dictionary of pyspellchecker, in the British list of codespell, in
``references.bib``, among the names that the code of its own file uses, or in ``tools/words.txt``. A common mistake that is
a word as well is not known, nor is an American spelling: the book is in British English.

A Russian word is known when pymorphy3 knows it as a form of some word: its dictionary, OpenCorpora, is small (8 MB), and
of the 241 words of our pages it misses 17, where that of pyspellchecker misses 130. Those 17 stand in
``tools/words-ru.txt``, in the forms that the pages use.
"""

from __future__ import annotations

import builtins
import functools
import keyword
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import codespell_lib
import pymorphy3
from markdown_it.token import Token as Block
from pygments.lexers import get_lexer_by_name
from pygments.token import Comment, Keyword, Name, String
from spellchecker import SpellChecker

from tools import ROOT, numerals
from tools.normalise import read

WORDS = ROOT / "tools" / "words.txt"
RUSSIAN_WORDS = ROOT / "tools" / "words-ru.txt"
LEXERS = {
    ".py": "python",
    ".js": "javascript",
    ".css": "css",
    ".yml": "yaml",
    ".toml": "toml",
    "": "bash",
    ".in": "bash",
}

# Made by a command from what is read already, written by others, or full of misspelt words on purpose.
LEFT_OUT = ("exercises/", "pages/exercises/", "_extra/")

_NOT_PROSE = re.compile(
    r"""``.*?`` | `[^`]*` | \$\$[^$]*\$\$ | \$[^$\n]+\$       # code and formulas
      | ^\s*>>>.*(?:\n(?!\s*>>>)[ ]*\S.*)* | ^[ ]*\w[\w, *]*[ ]:[ ].*$    # examples and types of numpydoc
      | \w+://\S+ | <[^<>\n]*> | &\w+; | [{][^{}\n]*[}](?=`)
      | \w+\.\w[\w.]* | [\w.]*[_\d][\w.]* | \w*[a-z][A-Z]\w* | \w+\( | \\\w+ | (?<!\S)--?\w[\w-]* | \S*/\S*  # names
    """,
    re.VERBOSE | re.MULTILINE,
)
_SEVERAL = re.compile("[a-z]{2,} ")
_RUSSIAN = re.compile("[а-яё]", re.IGNORECASE)
_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")


@dataclass(frozen=True)
class Misspelt:
    """A word that is not known, where it stands, and its cure if there is only one."""

    place: str  # file:line, or file:cell
    word: str
    cure: str = ""

    def __str__(self) -> str:
        own = RUSSIAN_WORDS if _RUSSIAN.search(self.word) else WORDS
        said = f"in no dictionary; a term or a name goes into tools/{own.name}"
        if self.cure:
            said = f"write {self.cure}"
        return f"{self.place}: spelling: {self.word}: {said}"


def misspelt(path: Path, name: str) -> list[Misspelt]:
    """Every word of a file that is not known, once for each place; ``name`` is how the book calls the file."""
    return list(
        dict.fromkeys(
            Misspelt(f"{name}:{place if path.suffix == '.ipynb' else place + line}", word, cure_of(word))
            for place, text, names in passages(path, messages=name.startswith("adlib/"))
            for line, word in words_of(text)
            if word not in names and not is_known(word)
        )
    )


def passages(path: Path, *, messages: bool = False) -> Iterator[tuple[int, str, set[str]]]:
    """The passages of prose in a file: the number of the line or cell, the text, the names that its code uses."""
    if path.suffix == ".md":
        yield from ((line, text, set()) for line, text in of_markdown(path.read_text(encoding="utf-8")))
    elif path.suffix == ".ipynb":
        for number, cell in enumerate(read(path).cells, start=1):
            if cell.cell_type == "markdown":
                yield from ((number, text, set()) for _, text in of_markdown(cell.source))
            elif cell.cell_type == "code":
                yield from ((number, text, names) for _, text, names in of_code(cell.source, "python"))
                yield number, numerals.alternative(cell), set()
    elif path.suffix in LEXERS:
        yield from of_code(path.read_text(encoding="utf-8"), LEXERS[path.suffix], messages=messages)


def of_markdown(text: str) -> Iterator[tuple[int, str]]:
    """The blocks of prose in Markdown, without code, formulas and addresses."""
    for block in numerals.markdown().parse(text):
        if block.type == "inline":
            yield block.map[0] + 1, _seen(block)
        elif block.type == "fence" and block.info.startswith("{container}"):
            yield from ((block.map[0] + 1 + line, inner) for line, inner in of_markdown(block.content))


def _seen(block: Block) -> str:
    """What is read of a block: its words, its ends of lines, and a gap for a formula, a code span or the end of a link."""
    return "".join(
        part.content
        if part.type == "text"
        else "\n"
        if part.type in ("softbreak", "hardbreak")
        else ""
        if part.type.startswith(("em_", "strong_"))
        else " "
        for part in block.children
    )


def of_code(text: str, language: str, *, messages: bool = False) -> Iterator[tuple[int, str, set[str]]]:
    """The comments and docstrings of a piece of code, and its strings of several words if they are messages."""
    tokens = list(get_lexer_by_name(language, stripnl=False, ensurenl=False).get_tokens_unprocessed(text))
    names = {word for _, kind, word in tokens if kind in Name or kind in Keyword}
    before = ":"
    for start, kind, said in tokens:
        docstring = kind in String.Doc and before == ":"  # for pygments every string on lines of its own is one
        sentence = messages and kind in String and len(_SEVERAL.findall(said)) > 3
        if kind in Comment or docstring or sentence:
            yield text.count("\n", 0, start) + 1, said, names
        if kind not in Comment and said.strip():
            before = said.strip()[-1]


def words_of(text: str) -> Iterator[tuple[int, str]]:
    """The words of a passage, each with the number of lines above it."""
    plain = _NOT_PROSE.sub(lambda match: re.sub(r"[^\n]", " ", match.group()), text)
    for match in _WORD.finditer(plain):
        word = re.sub("'s$", "", match.group().replace("’", "'"))
        if len(word) > 2 and not word.isupper() and (word.isascii() or _RUSSIAN.search(word)):
            yield plain.count("\n", 0, match.start()), word


def is_known(word: str) -> bool:
    """Whether a word is British English or Russian, or stands in the list of the book, there also as the singular of it."""
    small = word.lower()
    if _RUSSIAN.search(small):
        return small in own_words(RUSSIAN_WORDS) or in_the_russian_dictionary(small)
    listed = own_words() | set(dir(builtins)) | set(keyword.kwlist)
    return bool({small, small.removesuffix("s")} & listed) or in_a_dictionary(small)


def in_a_dictionary(word: str) -> bool:
    """Whether a word in small letters is British English, or stands in the bibliography."""
    if word in american() or word in common_mistakes():
        return False
    return word in british() or word in _dictionary() or word in references()


def in_the_russian_dictionary(word: str) -> bool:
    """Whether a word is a form of a Russian word; one with a Latin letter in it is not."""
    return _morphology().word_is_known(word)


def cure_of(word: str) -> str:
    """How an American or a commonly misspelt word is written, where that is certain."""
    cure = american().get(word.lower()) or common_mistakes().get(word.lower(), "")
    return cure.capitalize() if word[0].isupper() else cure


@functools.cache
def _dictionary() -> SpellChecker:
    return SpellChecker(language="en")


@functools.cache
def _morphology() -> pymorphy3.MorphAnalyzer:
    return pymorphy3.MorphAnalyzer()


@functools.cache
def own_words(file: Path = WORDS) -> set[str]:
    """The terms, names and abbreviations of the book, in small letters."""
    lines = file.read_text(encoding="utf-8").splitlines()
    return {line.lower() for line in lines if line[:1] != "#"}


@functools.cache
def references() -> set[str]:
    """The words of the bibliography: names of authors and of journals."""
    return set(re.findall(r"[^\W\d_]+", (ROOT / "references.bib").read_text(encoding="utf-8").lower()))


@functools.cache
def american() -> dict[str, str]:
    """American spelling -> the British one."""
    return {a: b for b, cures in _pairs("en-GB_to_en-US").items() for a in cures if a not in british()}


@functools.cache
def british() -> set[str]:
    """Words that only British English writes so."""
    return set(_pairs("en-GB_to_en-US"))


@functools.cache
def common_mistakes() -> dict[str, str]:
    """Misspelt words that are seen often -> their cure, empty where there are several."""
    return {wrong: cures[0] if len(cures) == 1 else "" for wrong, cures in _pairs("").items()}


def _pairs(kind: str) -> dict[str, list[str]]:
    """A dictionary of codespell: each wrong word with its cures."""
    file = Path(codespell_lib.__file__).parent / "data" / f"dictionary{kind and '_'}{kind}.txt"
    lines = (line.split("->") for line in file.read_text(encoding="utf-8").splitlines())
    return {wrong: [cure.strip() for cure in cures.split(",") if cure.strip()] for wrong, cures in lines}
