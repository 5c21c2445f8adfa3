"""Every chapter: committed in its one form, written in the subset, and run as a reader on Colab gets it.

The last is the only run of a whole chapter in the tests: the build of the book shows what came of it.
"""

import pytest

from tools import lint, normalise, notebooks, reader

CHAPTERS = [pytest.param(path, id=path.stem) for path in notebooks()]
EACH_ALONE = [
    pytest.param(path, id=path.stem, marks=pytest.mark.xdist_group(f"reader {path.stem}")) for path in notebooks()
]


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


@pytest.mark.parametrize("path", EACH_ALONE)
def test_a_reader_on_colab_gets_what_is_committed(path, read_as_on_colab):
    result = read_as_on_colab(path)
    if not result.ok:
        pytest.fail(result.report(), pytrace=False)
    assert result.adlib_from is not None


def test_no_chapter_takes_more_of_the_processor_than_its_budget(read_as_on_colab, table):
    """Seconds that the kernel counts, not those of the clock, beside what a fixed piece of work takes here."""
    results = [read_as_on_colab(path) for path in notebooks()]
    table("processor", "\n".join(map(reader.ReaderResult.row, results)))
    assert [r.row() for r in results if r.budgeted > reader.BUDGET] == []
