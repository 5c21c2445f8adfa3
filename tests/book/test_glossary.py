"""The glossary stays in order: every term complete, the Russian index in step with the terms."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
GLOSSARY = ROOT / "pages" / "glossary.md"

ENTRY = re.compile(r'<span lang="ru">([^<]+)</span> · (.+)\n\n(\S.*)\n?')
INDEX_ROW = re.compile(r'\| <span lang="ru">([^<]+)</span> \| \[([^\]]+)\]\(#([^)]+)\) \|')


def problems(text, chapters=ROOT / "chapters"):
    """Everything that is wrong with the glossary `text`, one line each; empty when it is right."""
    found = []
    terms, index = text.split("## Terms\n", 1)[1].split("## Russian index\n", 1)
    expected = []
    names = []
    for block in terms.split("### ")[1:]:
        name, body = block.split("\n\n", 1)
        names.append(name)
        match = ENTRY.fullmatch(body.strip())
        if match is None:
            found.append(f"{name}: not of the form Russian, chapter, one paragraph")
            continue
        russian, chapter, _ = match.groups()
        number = int(re.search(r"chapter (\d+)", chapter).group(1))
        if list(chapters.glob(f"{number:02}-*.ipynb")) and "](" not in chapter:
            found.append(f"{name}: chapter {number} exists, link it")
        expected += [(word, name, name.lower().replace(" ", "-")) for word in russian.split(", ")]
    if names != sorted(names, key=str.lower):
        found.append("the terms are not in alphabetical order")
    rows = INDEX_ROW.findall(index)
    found += [f"not in the Russian index: {row[0]} ({row[1]})" for row in expected if row not in rows]
    found += [f"in the Russian index and nowhere else: {row[0]} ({row[1]})" for row in rows if row not in expected]
    words = [row[0].lower().replace("ё", "е") for row in rows]
    if words != sorted(words):
        found.append("the Russian index is not in alphabetical order")
    return found


@pytest.fixture
def glossary():
    """The committed glossary."""
    return GLOSSARY.read_text(encoding="utf-8")


def test_the_glossary_is_in_order(glossary):
    assert problems(glossary) == []


def test_a_word_missing_from_the_index_is_named(glossary):
    planted = glossary.replace('| <span lang="ru">дуальное число</span> | [Dual number](#dual-number) |\n', "")
    assert problems(planted) == ["not in the Russian index: дуальное число (Dual number)"]


def test_a_term_without_russian_is_named(glossary):
    planted = glossary.replace('<span lang="ru">дуальное число</span> · ', "", 1)
    assert "Dual number: not of the form Russian, chapter, one paragraph" in problems(planted)


def test_terms_out_of_order_are_named(glossary):
    planted = glossary.replace("### Adjoint\n", "### Zadjoint\n", 1)
    assert "the terms are not in alphabetical order" in problems(planted)


def test_a_finished_chapter_must_be_linked(glossary):
    planted = glossary.replace("· [chapter 6](../chapters/06-reverse-mode.ipynb)", "· chapter 6", 1)
    assert problems(planted) == ["Adjoint: chapter 6 exists, link it"]
