"""Every chapter: committed in its one form, written in the subset, and run as a reader on Colab gets it.

The last is the only run of a chapter in the tests besides the build of the book.
"""

import pytest

from tools import chapters, lint, normalise, reader

CHAPTERS = [pytest.param(path, id=path.stem) for path in chapters()]


def test_there_are_chapters():
    assert CHAPTERS


@pytest.mark.parametrize("path", CHAPTERS)
def test_outputs_are_committed_in_their_one_form(path):
    assert normalise.differences(path) == []
    assert normalise.text_of(normalise.normalised(normalise.read(path))) == path.read_text(encoding="utf-8")


@pytest.mark.parametrize("path", CHAPTERS)
def test_the_text_keeps_to_the_subset_and_its_numbers_are_guarded(path, capsys):
    if lint.main([str(path)]):
        pytest.fail(capsys.readouterr().out, pytrace=False)


@pytest.mark.parametrize("path", CHAPTERS)
def test_a_reader_on_colab_gets_what_is_committed(path):
    result = reader.check_notebook(path)
    print(result.report())
    if not result.ok:
        pytest.fail(result.report(), pytrace=False)
    assert result.adlib_from is not None
