"""The glossary stays in order: every term complete and linked, the Russian index in step with the terms."""

import re
import shutil

import pytest

from tools import ROOT, chapters
from tools.normalise import read

GLOSSARY = ROOT / "pages" / "glossary.md"

ENTRY = re.compile(r'<span lang="ru">([^<]+)</span> · (.+)\n\n(\S.*)\n?')
INDEX_ROW = re.compile(r'\| <span lang="ru">([^<]+)</span> \| \[([^\]]+)\]\(#([^)]+)\) \|')
LINK = re.compile(r"\]\(\.\./pages/glossary\.md#([^)]+)\)")
# What a sentence may leave out: the multi-point estimate is also the multi-point method.
KIND = re.compile(r" (?:estimate|method)$")


def first_links(root):
    """The anchor of a term -> the number of the first chapter that links to it."""
    first = {}
    for path in chapters(root):
        for cell in read(path).cells:
            for anchor in LINK.findall(cell.source if cell.cell_type == "markdown" else ""):
                first.setdefault(anchor, int(path.name[:2]))
    return first


def place_problem(number, linked, written):
    """What is wrong with `number` as the chapter that introduces a term, if `linked` is the first that links it."""
    if linked not in (None, number):
        return f"chapter {linked} links it first, not chapter {number}"
    if linked is None and number in written:
        return f"chapter {number} is written and does not link it"
    return None  # also for a term that nothing links, of a chapter to come


def prose(root):
    """The number of a chapter -> what a reader sees of its text, in lower case."""
    found = {}
    for path in chapters(root):
        text = "\n".join(cell.source for cell in read(path).cells if cell.cell_type == "markdown")
        found[int(path.name[:2])] = re.sub(r"\]\([^)]*\)", "]", text).lower()
    return found


def says(text, term):
    """Whether the text has the term, whatever its ending: children, tangents, Nelder–Mead."""
    words = KIND.sub("", term.lower()).removesuffix("e")
    return bool(re.search(r"\b" + re.sub(r"[-\\ ]+", r"[-–\\s]", re.escape(words)), text))


def problems(text, root=ROOT):
    """Everything that is wrong with the glossary `text`, one line each; empty when it is right."""
    found = []
    first, texts = first_links(root), prose(root)
    written = list(texts)
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
        anchor = name.lower().replace(" ", "-")
        if number in written and f"](../chapters/{number:02}-" not in chapter:
            found.append(f"{name}: chapter {number} exists, link it")
        if wrong := place_problem(number, first.get(anchor), written):
            found.append(f"{name}: {wrong}")
        elif number in texts and not says(texts[number], name):
            found.append(f"{name}: chapter {number} links it and nowhere says so")
        expected += [(word, name, anchor) for word in russian.split(", ")]
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
    for wrong in "chapter 6", "[chapter 6](../chapters/05-forward-mode.ipynb)":
        planted = glossary.replace("[chapter 6](../chapters/06-reverse-mode.ipynb)", wrong, 1)
        assert problems(planted) == ["Adjoint: chapter 6 exists, link it"]


@pytest.mark.parametrize(
    ("stem", "line"),
    [
        ("06-reverse-mode", "Dual number: chapter 5 links it first, not chapter 6"),
        ("03-curse-of-dimensionality", "Dual number: chapter 5 links it first, not chapter 3"),
    ],
)
def test_a_term_of_another_chapter_is_named(glossary, stem, line):
    right = "дуальное число</span> · [chapter 5](../chapters/05-forward-mode.ipynb)"
    wrong = f"дуальное число</span> · [chapter {int(stem[:2])}](../chapters/{stem}.ipynb)"
    assert problems(glossary.replace(right, wrong, 1)) == [line]


def test_a_term_that_its_chapter_does_not_link_is_named(glossary, tmp_path):
    folder = shutil.copytree(ROOT / "chapters", tmp_path / "chapters")
    chapter = folder / "05-forward-mode.ipynb"
    text = chapter.read_text(encoding="utf-8")
    chapter.write_text(
        text.replace("[dual numbers](../pages/glossary.md#dual-number)", "dual numbers"), encoding="utf-8"
    )
    assert problems(glossary, tmp_path) == ["Dual number: chapter 5 is written and does not link it"]


@pytest.mark.parametrize(
    ("old", "new", "name"),
    [
        ("[local partial derivatives]", "[local derivatives]", "Local partial derivative"),
        ("[primitives]", "[operations]", "Primitive"),
        ("[pushforward]", "[linear map]", "Pushforward"),
        ("[trace level]", "[level]", "Trace level"),
    ],
)
def test_a_link_under_other_words_is_named(glossary, tmp_path, old, new, name):
    folder = shutil.copytree(ROOT / "chapters", tmp_path / "chapters")
    chapter = folder / "05-forward-mode.ipynb"
    text = chapter.read_text(encoding="utf-8")
    assert text.count(old) == 1, f"the plant must fit one place: {old!r}"
    chapter.write_text(text.replace(old, new), encoding="utf-8")
    assert f"{name}: chapter 5 links it and nowhere says so" in problems(glossary, tmp_path)


def test_a_term_of_a_chapter_to_come_may_wait_for_its_link():
    assert place_problem(13, None, written=[1, 2]) is None
