"""The build is a gate: it is red for every planted defect, and says what and where."""

import sys
from urllib.error import URLError
from urllib.request import urlopen

import nbformat
import pytest
from nbformat import v4

from tools import ROOT, build, chapter, chapters, env, pages
from tools.build import execution_key, report
from tools.serve import serving


def test_the_book_builds_without_a_warning(book_build):
    assert book_build.rc == 0, book_build.digest()


def test_every_notebook_of_the_book_was_executed_by_this_build(book_build):
    """The key on disk is the present one: what the pages show was computed by the present adlib."""
    made = ROOT / "_build"
    assert (made / ".execution-key").read_text() == execution_key(ROOT, ROOT)


def test_a_good_book_is_green_and_says_where_it_is(tiny_book, capsys):
    tiny_book.notebook("print(6 * 7)")
    lines = []
    result = tiny_book.build(echo=lines.append)
    assert report(result) == 0
    assert str(result.html / "index.html") in capsys.readouterr().out
    assert "42" in tiny_book.page()
    assert "\n".join(lines) == result.log
    assert "without encryption" not in result.log


@pytest.mark.parametrize(
    ("cells", "index", "line"),
    [
        (
            ["x = 1", "# Check 5.1: one is two\nassert x == 2, 'it is not'"],
            "# Tiny\n\nA book.\n",
            "chapters/05-tiny.ipynb, cell 3 (# Check 5.1: one is two): AssertionError: it is not",
        ),
        (
            ["import warnings\nwarnings.warn('deprecated')"],
            "# Tiny\n\nA book.\n",
            "chapters/05-tiny.ipynb, cell 2: stderr was found in the cell outputs",
        ),
        (
            ["x = 1"],
            "# Tiny\n\nSee [the next chapter](chapters/06-gone.ipynb).\n",
            "index.md:3: 'myst' cross-reference target not found: 'chapters/06-gone.ipynb'",
        ),
    ],
    ids=["a cell fails", "a cell writes to stderr", "a link is broken"],
)
def test_a_defect_is_red(tiny_book, capsys, cells, index, line):
    tiny_book.notebook(*cells)
    tiny_book.write("index.md", index)
    assert report(tiny_book.build()) == 1
    assert line in capsys.readouterr().out


def test_a_failing_cell_of_a_text_page_is_red(tiny_book, capsys):
    tiny_book.notebook("x = 1")
    tiny_book.write("index.md", "---\nkernelspec: {name: python3, display_name: Python 3}\n"
                    "jupytext: {text_representation: {format_name: myst}}\n---\n# Tiny\n\n"
                    "```{code-cell}\nassert 1 > 2, 'no'\n```\n")  # fmt: skip
    assert report(tiny_book.build()) == 1
    assert "index.md, cell (assert 1 > 2, 'no'): AssertionError: no" in capsys.readouterr().out


def test_a_page_outside_the_contents_is_named(tiny_book, capsys):
    tiny_book.notebook("x = 1")
    tiny_book.write("_config.yml", "title: Tiny\nonly_build_toc_files: false\n")
    tiny_book.write("forgotten.md", "# Forgotten\n")
    assert report(tiny_book.build()) == 1
    assert "  forgotten.md: document isn't included in any toctree" in capsys.readouterr().out


def test_a_file_that_the_contents_name_but_nobody_wrote_is_red(tiny_book, capsys):
    assert report(tiny_book.build()) == 1
    assert "toctree contains reference to nonexisting document 'chapters/05-tiny'" in capsys.readouterr().out


def test_a_page_that_is_lost_without_a_warning_is_red(tiny_book, capsys):
    tiny_book.notebook("x = 1")
    tiny_book.write("_config.yml", "title: Tiny\nonly_build_toc_files: true\nsphinx: {local_extensions: {loses: .}}\n")
    tiny_book.write("loses.py", "from pathlib import Path\n\n\ndef setup(app):\n    app.connect('build-finished', lose)\n\n\n"
                    "def lose(app, error):\n    Path(app.outdir, 'chapters', '05-tiny.html').unlink()\n")  # fmt: skip
    assert report(tiny_book.build()) == 1
    assert "  chapters/05-tiny: the build made no page of it" in capsys.readouterr().out


def test_a_page_that_the_contents_do_not_name_is_red(tiny_book, capsys):
    tiny_book.notebook("x = 1")
    tiny_book.write("_config.yml", "title: Tiny\nonly_build_toc_files: false\n")
    tiny_book.write("forgotten.md", "---\norphan: true\n---\n# Forgotten\n")
    assert report(tiny_book.build()) == 1
    assert "  forgotten.html: no file of _toc.yml makes this page" in capsys.readouterr().out


def test_the_pages_of_the_book_are_its_files_and_those_of_the_package():
    names = pages.expected(ROOT)
    assert {"index", "chapters/05-forward-mode", "pages/exercises/06-reverse-mode", "search", "genindex"} <= names
    assert {"_modules/adlib", "_modules/adlib/modes/forward"} <= names
    assert names.isdisjoint(pages.INDEXES)


def test_no_stale_result_after_a_change_of_adlib(tiny_book):
    tiny_book.notebook("import adlib\nprint('answer', adlib.answer())")
    tiny_book.write("adlib/__init__.py", "def answer(): return 42\n")
    assert tiny_book.build().rc == 0
    assert "answer 42" in tiny_book.page()
    tiny_book.write("adlib/__init__.py", "def answer(): return 4242\n")
    assert tiny_book.build().rc == 0
    assert "answer 4242" in tiny_book.page()


def test_nothing_is_executed_again_when_nothing_changed(tiny_book):
    counter = tiny_book.source.parent / "runs"
    tiny_book.notebook(f"with open({str(counter)!r}, 'a') as file:\n    _ = file.write('run ')")
    tiny_book.build()
    tiny_book.build()
    assert counter.read_text() == "run "
    tiny_book.build(execute="force")
    assert counter.read_text() == "run run "


def test_a_notebook_that_was_executed_already_is_shown_as_it_came_out(tiny_book):
    tiny_book.notebook("print(6 * 7)")
    executed = nbformat.read(tiny_book.source / "chapters" / "05-tiny.ipynb", 4)
    executed.cells[1].outputs = [v4.new_output("stream", name="stdout", text="forty-two")]
    assert tiny_book.build(executed=[executed]).rc == 0
    assert "forty-two" in tiny_book.page()
    tiny_book.notebook("print(6 * 7 + 1)")  # another notebook by now
    assert tiny_book.build(executed=[executed]).rc == 0
    assert "forty-two" not in tiny_book.page() and "43" in tiny_book.page()


def test_what_an_executed_notebook_wrote_to_stderr_is_red(tiny_book, capsys):
    tiny_book.notebook("print(6 * 7)")
    executed = nbformat.read(tiny_book.source / "chapters" / "05-tiny.ipynb", 4)
    executed.cells[1].outputs = [v4.new_output("stream", name="stderr", text="a warning")]
    assert report(tiny_book.build(executed=[executed])) == 1
    assert "chapters/05-tiny.ipynb, cell 2: stderr was found in the cell outputs" in capsys.readouterr().out


@pytest.mark.parametrize("name", ["adlib/rules/sums.py", "adlib/data/cities.csv", "_config.yml"])
def test_the_key_sees_every_file_that_a_notebook_may_depend_on(tiny_book, name):
    before = execution_key(tiny_book.source, tiny_book.source)
    tiny_book.write(name, "changed\n")
    assert execution_key(tiny_book.source, tiny_book.source) != before


def test_the_key_ignores_compiled_files(tiny_book):
    before = execution_key(tiny_book.source, tiny_book.source)
    tiny_book.write("adlib/__pycache__/x.pyc", "changed\n")
    assert execution_key(tiny_book.source, tiny_book.source) == before


def test_one_chapter_builds_alone_and_its_links_to_others_are_no_complaints(tiny_book):
    tiny_book.notebook("print('the fifth')")
    tiny_book.notebook("print('the sixth')", name="chapters/06-other.ipynb")
    tiny_book.write("index.md", "# Tiny\n\nSee [the sixth](chapters/06-other.ipynb).\n")
    assert [path.stem for path in chapters(tiny_book.source)] == ["05-tiny", "06-other"]
    result = chapter.build_chapter(tiny_book.source, "chapters/05-tiny", tiny_book.output)
    assert (result.rc, result.problems) == (0, ())
    assert "the fifth" in tiny_book.page()
    assert not (result.html / "chapters" / "06-other.html").exists()


def test_a_failing_cell_of_one_chapter_is_red(tiny_book):
    tiny_book.notebook("1 / 0")
    result = chapter.build_chapter(tiny_book.source, "chapters/05-tiny", tiny_book.output)
    assert result.rc == 1
    assert result.problems == ("chapters/05-tiny.ipynb, cell 2 (1 / 0): ZeroDivisionError: division by zero",)


def test_an_unknown_chapter_lists_those_that_exist(tiny_book, monkeypatch):
    tiny_book.notebook("x = 1")
    monkeypatch.setattr(chapter, "ROOT", tiny_book.source)
    monkeypatch.setattr(sys, "argv", ["chapter", "7"])
    with pytest.raises(SystemExit, match=r"(?s)make chapter N=05.*05  05-tiny"):
        chapter.main()


def test_a_python_without_jupyter_book_names_the_command(monkeypatch):
    monkeypatch.setattr(build, "find_spec", lambda name: None)
    with pytest.raises(SystemExit, match=r"python3 tools/env.py -m tools.build"):
        build.require_environment()


def test_the_server_shows_the_folder(tmp_path):
    (tmp_path / "index.html").write_text("hello")
    with serving(tmp_path) as address, urlopen(f"{address}/") as answer:
        assert answer.read() == b"hello"
    with pytest.raises(URLError):  # and nobody does when the block has ended
        urlopen(f"{address}/")


def test_every_makefile_command_goes_through_the_environment():
    """So that the plain form in the README is the same command."""
    recipes = [line for line in (ROOT / "Makefile").read_text().splitlines() if "-m " in line and line[0] == "\t"]
    assert {"tools.build", "tools.test"} <= {line.split()[2] for line in recipes}
    assert all(line.startswith("\t$(IN_ENV) -m tools.") for line in recipes)
    assert str(ROOT) == env.ROOT
