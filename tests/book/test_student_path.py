"""A student's way through the exercises: in the notebook as Colab gets it, and in the built book. See tools/student.py."""

import re
import shutil

import pytest

from tools import ROOT, exercises, reader, student
from tools.exercises import PAGE
from tools.normalise import text_of

if not (ROOT / exercises.RESERVED).is_dir():
    pytest.skip("the exercises' sources are not all here", allow_module_level=True)

SETS = exercises.everything()


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=pytest.mark.xdist_group(f"student {name}")) for name in SETS]
)
def test_every_task_is_open_then_wrong_with_a_hint_then_right_as_on_colab(name, colab):
    expected = [f"{sign} {s.data['id']}: {words}" for s in SETS[name] for sign, words in (
        ("⏳", "not attempted yet"), ("❌", "not right yet"), ("✅", "right in all"))]  # fmt: skip
    assert [re.sub(r"(right in all) .*", r"\1", line) for line in student.verdicts(student.walked(name))] == expected
    result = student.walk(name, colab)
    if not result.ok:
        pytest.fail(result.report(), pytrace=False)


def test_a_hint_that_is_another_one_on_colab_is_named(tmp_path, colab):
    notebook = student.walked("05-forward-mode")
    place = next(k for k, c in enumerate(notebook.cells) if c.get("outputs") and "❌" in c.outputs[0].text)
    notebook.cells = notebook.cells[: place + 1]
    text = notebook.cells[place].outputs[0].text
    notebook.cells[place].outputs[0].text = text.replace("does not follow the seed", "follows the seed")
    assert text != notebook.cells[place].outputs[0].text
    file = tmp_path / "05-forward-mode.ipynb"
    file.write_text(text_of(notebook), encoding="utf-8")
    (failure,) = reader.check_notebook(file, colab=colab).failures
    assert failure.startswith('cell 8 (check("forward-trace", forward_trace)): output differs: ')
    assert "committed '→ v1_dot follows the seed" in failure


def test_the_way_through_the_built_book(need_browser, built_book):
    need_browser()
    assert student.book_faults(built_book) == []


def test_faults_on_the_way_through_the_book_are_named(need_browser, built_book, tmp_path):
    """A page whose solution is open, one whose solution shows although it is reserved, and a link to another file."""
    need_browser()
    book = shutil.copytree(built_book, tmp_path / "book")
    page = book / PAGE / "06-reverse-mode.html"
    original = page.read_text(encoding="utf-8")
    spoilt = original.replace("<details><summary>", "<details open><summary>", 1)
    spoilt = spoilt.replace(
        "The solution is kept back for courses.", "<details><summary>Solution</summary></details>", 1
    )
    spoilt = re.sub(r'href="[^"]*06-reverse-mode\.ipynb"', 'href="../exercises.html"', spoilt)
    assert spoilt != original
    page.write_text(spoilt, encoding="utf-8")
    said = "\n".join(student.book_faults(book))
    for width in (1280, 390):
        where = f"{PAGE}/06-reverse-mode.html at {width} px: "
        assert f"{where}the link to the notebook does not give the student's notebook" in said
        assert f"{where}the solution of Exercise 6.1 is open from the beginning" in said
        assert f"{where}Exercise 6.2 is reserved, but its page does not say so" in said
