"""Planted failures: references that name one thing and lead to another, and citations that are not of the work linked."""

import pytest

from tools import ROOT, references

CHAPTER = ROOT / "chapters" / "05-forward-mode.ipynb"
DUALS = "#the-arithmetic-of-pairs"

RIGHT = [
    "[chapter 6](06-reverse-mode.ipynb), [6. Reverse mode](06-reverse-mode.ipynb), chapters [6](06-reverse-mode.ipynb)",
    f"[Question 5.3](05-forward-mode.ipynb{DUALS})",
    "[Exercise 6.4](exercises/06-reverse-mode.ipynb#exercise-64-undo-broadcasting)",
    "[chapter 19, section 2](19-to-come.ipynb), and Figure 19.2",
    "[Wengert 1964](https://doi.org/10.1145/355586.364791), [Baydin and others 2022](https://arxiv.org/abs/2202.08587)",
    "[forward gradient](https://arxiv.org/abs/2202.08587), [CC BY](https://creativecommons.org/licenses/by/4.0/)",
]
WRONG = [
    ("[chapter 5](06-reverse-mode.ipynb)", 'the words "chapter 5" name chapter 5, and the link leads to 06-reverse-mode.ipynb'),
    ("[as chapter 2, section 3 says](03-curse-of-dimensionality.ipynb#x)", 'the words "as chapter 2, section 3 says" name chapter 2'),
    ("[6. The problem](01-the-problem.ipynb)", 'the words "6. The problem" name chapter 6'),
    ("chapters [5](06-reverse-mode.ipynb)", 'the words "5" name chapter 5'),
    ("[chapter 5](glossary.md#seed)", 'the words "chapter 5" name chapter 5, and the link leads to glossary.md#seed'),
    (f"[Question 5.2](05-forward-mode.ipynb{DUALS})", f'the words "Question 5.2" name Question 5.2, which does not stand under {DUALS}'),
    ("[Exercise 6.3](exercises/06-reverse-mode.ipynb#exercise-64-undo-broadcasting)",
     'the words "Exercise 6.3" name Exercise 6.3, which does not stand under #exercise-64-undo-broadcasting'),
    ("[6.3 Undo](exercises/06-reverse-mode.ipynb#exercise-64-undo-broadcasting)", 'the words "6.3 Undo" name Exercise 6.3'),
    (f"[(5.1)](05-forward-mode.ipynb{DUALS})", f'the words "(5.1)" name formula 5.1, which does not stand under {DUALS}'),
    (f"[Figure 6.1](05-forward-mode.ipynb{DUALS})", 'the words "Figure 6.1" name chapter 6'),
    ("[5. Other words](05-forward-mode.ipynb#the-algorithm)", 'the words "5. Other words" are not the heading #the-algorithm'),
    ("as Figure 6.99 shows", "there is no Figure 6.99 in chapter 6"),
    ("[Wengert 1964](https://doi.org/10.1145/355586.364792)", "10.1145/355586.364792 is not in references.bib"),
    ("[Baydin and others 2022](https://arxiv.org/abs/2202.08578)", "2202.08578 is not in references.bib"),
    ("[Shamir 2017](https://jmlr.org/papers/v18/16-633.html)", '"Shamir 2017" cites https://jmlr.org/papers/v18/16-633.html, which is not'),
    ("[Wengert 1965](https://doi.org/10.1145/355586.364791)", '"Wengert 1965" cites https://doi.org/10.1145/355586.364791, a work of 1964'),
    ("[Wegnert 1964](https://doi.org/10.1145/355586.364791)", '"Wegnert 1964" cites https://doi.org/10.1145/355586.364791, which is by Wengert'),
    ("[Spall](https://doi.org/10.1145/355586.364791)", '"Spall" cites https://doi.org/10.1145/355586.364791, which is by Wengert'),
    ("[Mead and Nelder 1965](https://doi.org/10.1093/comjnl/7.4.308)", '"Mead and Nelder 1965" cites'),
    ("[Baydin 2022](https://arxiv.org/abs/2202.08587)", '"Baydin 2022" cites https://arxiv.org/abs/2202.08587, which is by Baydin, Pearlmutter'),
    ("[Wengert 1964](http://dx.doi.org/10.1145/355586.364791)", "http://dx.doi.org/10.1145/355586.364791: a paper is linked as"),
]  # fmt: skip


def test_the_pages_name_what_they_lead_to(capsys):
    if references.main():
        pytest.fail(capsys.readouterr().out, pytrace=False)


@pytest.mark.parametrize("text", RIGHT)
def test_a_right_reference_is_green(text):
    assert list(references.wrong(text, CHAPTER)) == []


@pytest.mark.parametrize(("text", "line"), WRONG)
def test_a_wrong_reference_is_red(text, line):
    assert any(found.startswith(line) for found in references.wrong(text, CHAPTER)), list(
        references.wrong(text, CHAPTER)
    )


def test_an_identifier_in_code_is_read_too():
    (line,) = references.unknown("# The factor is of doi:10.1145/355586.364792.")
    assert line == "10.1145/355586.364792 is not in references.bib"


def test_every_link_of_the_map_of_the_lecture_is_read():
    text = (ROOT / "pages" / "lecture-map.md").read_text(encoding="utf-8")
    assert len(list(references.links(text))) > 60
    planted = text.replace("[5. The algorithm](../chapters/05", "[6. The algorithm](../chapters/05", 1)
    assert len(list(references.wrong(planted, ROOT / "pages" / "lecture-map.md"))) == 1
