"""The notebooks made of the exercises' sources: current, open for the student, and silent about reserved solutions."""

import json
import re
import shutil
import subprocess
import sys

import pytest
from nbclient.exceptions import CellExecutionError
from nbformat import v4

from tools import ROOT, exercises, leaks, lint, normalise, reader

if not (ROOT / exercises.RESERVED).is_dir():
    pytest.skip("the exercises' sources are not all here", allow_module_level=True)

NAMES = {f"{path.parent.name}/{path.stem}": path for path in exercises.sources()}
SOURCES = [pytest.param(path, id=name) for name, path in NAMES.items()]
EACH_ALONE = [
    pytest.param(path, id=name, marks=pytest.mark.xdist_group(f"source {name}")) for name, path in NAMES.items()
]
STUDENTS = [pytest.param(path, id=path.stem) for path in sorted((ROOT / exercises.STUDENT).glob("*.ipynb"))]
FORWARD = "05-forward-mode.ipynb"


def printed(notebook):
    """What the cells of an executed notebook printed."""
    return "".join(o.get("text", "") for c in notebook.cells for o in c.get("outputs", []))


# The sources -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", SOURCES)
def test_sources_keep_to_the_committed_form_and_the_subset(path, capsys):
    assert normalise.differences(path) == []
    if lint.main([str(path)]):
        pytest.fail(capsys.readouterr().out, pytrace=False)


@pytest.mark.parametrize("path", EACH_ALONE)
def test_sources_run_strictly_as_on_colab(path, colab, monkeypatch):
    monkeypatch.setenv("ADLIB_STRICT", "1")
    result = reader.check_notebook(path, colab=colab)
    if not result.ok:
        pytest.fail(result.report(), pytrace=False)


def test_a_wrong_solution_in_a_source_is_red(tmp_path, colab, monkeypatch):
    monkeypatch.setenv("ADLIB_STRICT", "1")
    path = tmp_path / FORWARD
    text = (ROOT / exercises.PUBLIC / FORWARD).read_text(encoding="utf-8")
    path.write_text(text.replace("np.cos(v1) * v1_dot", "np.cos(v1)"), encoding="utf-8")
    result = reader.check_notebook(path, colab=colab)
    assert [failure.partition(": ")[0] for failure in result.failures] == [
        'cell 6 (check("forward-trace", forward_trace))'
    ]
    assert "v2_dot is 0.96017, expected -1.4403" in result.report()


@pytest.fixture
def small(tmp_path):
    """The sources alone, in a folder of their own, with what is made of them."""
    for folder in (exercises.PUBLIC, exercises.RESERVED):
        (tmp_path / folder).mkdir(parents=True)
        for path in (ROOT / folder).glob("*.ipynb"):
            shutil.copy(path, tmp_path / folder)
    (tmp_path / "pages").mkdir()
    shutil.copy(ROOT / exercises.TABLE, tmp_path / exercises.TABLE)
    exercises.write(tmp_path)
    return tmp_path


DEFECTS = {
    "an end without a beginning": ("# BEGIN SOLUTION\\n", "", "make 0 regions"),
    "a solution at the top level": ("    # BEGIN SOLUTION\\n", "# BEGIN SOLUTION\\n", "stands inside a function"),
    "no data": ('"minutes": 15,\n', "", "has to hold id, objective, minutes"),
    "a word for a number": ('"minutes": 15,', '"minutes": "15",', "has to hold id, objective, minutes"),
    "a reserved exercise in the public folder": ('"access": "public"', '"access": "reserved"', "is for public exercises"),
    "a difficulty of its own": ('"difficulty": 1', '"difficulty": 4', "the difficulty is 1, 2 or 3"),
    "no check": ('check(\\"forward-trace\\", ', 'print(', "no cell calls check"),
    "a heading of another form": ("## Exercise 5.1. ", "## The first: ", "is not of the form"),
    "one id twice": ('"id": "jvp",', '"id": "reverse-trace",', "check("),
}  # fmt: skip


@pytest.mark.parametrize("defect", DEFECTS)
def test_a_source_that_does_not_keep_the_format_is_named(small, capsys, defect):
    there, instead, said = DEFECTS[defect]
    path = small / exercises.PUBLIC / FORWARD
    text = path.read_text(encoding="utf-8")
    assert there in text
    path.write_text(text.replace(there, instead), encoding="utf-8")
    assert exercises.main([], small) == 1
    line = capsys.readouterr().out
    assert line.startswith(FORWARD) and said in line


def test_a_source_that_fails_when_it_is_run_is_named(small, capsys, monkeypatch):
    monkeypatch.setenv("ADLIB_STRICT", "0")  # put back afterwards: the command sets it
    path = sorted((small / exercises.PUBLIC).glob("*.ipynb"))[0]
    text = path.read_text(encoding="utf-8")
    id = exercises.sections(path)[1][0].data["id"]
    path.write_text(
        text.replace(f'check(\\"{id}\\"', 'check(\\"no-such-exercise\\"', 1).replace(f'"{id}"', '"no-such-exercise"'),
        encoding="utf-8",
    )
    assert exercises.main(["--execute"], small) == 1
    line = capsys.readouterr().out.splitlines()[-1]
    assert line.startswith(f"{path.name}: a cell fails with NotSolved: ❌ there is no exercise 'no-such-exercise'")


# What is made of them --------------------------------------------------------------------------------------------


def test_the_committed_copies_are_what_the_sources_make():
    assert exercises.stale() == [], "run: python -m tools.exercises"


def test_a_stale_copy_a_lost_one_and_one_too_many_are_named(small, capsys):
    assert exercises.main(["--check"], small) == 0
    student, page = small / exercises.STUDENT / FORWARD, small / exercises.PAGE / FORWARD
    student.write_text(student.read_text(encoding="utf-8").replace("your turn", "mine"), encoding="utf-8")
    page.rename(page.with_name("99-old.ipynb"))
    capsys.readouterr()
    assert exercises.main(["--check"], small) == 1
    said = capsys.readouterr().out
    assert re.search(rf'(?m)^{exercises.STUDENT}/{FORWARD}:\d+: " +raise NotImplementedError\(\\"mine\\"\)', said)
    assert f"{exercises.PAGE}/{FORWARD}: is missing" in said
    assert f"{exercises.PAGE}/99-old.ipynb: has no source" in said
    exercises.main([], small)
    assert exercises.stale(small) == []


def test_a_change_of_a_source_makes_every_copy_stale(small):
    path = small / exercises.PUBLIC / FORWARD
    path.write_text(path.read_text(encoding="utf-8").replace('"minutes": 15', '"minutes": 16'), encoding="utf-8")
    assert len(exercises.stale(small)) == 3  # the notebook, the page and the table


def test_cells_of_the_two_sources_of_a_set_that_have_one_id_are_told_apart(small):
    for folder in (exercises.PUBLIC, exercises.RESERVED):
        path = small / folder / "06-reverse-mode.ipynb"
        notebook = normalise.read(path)
        notebook.cells[-1].id = notebook.cells[-2].id = "chap-00"
        path.write_text(normalise.text_of(notebook), encoding="utf-8")
    exercises.write(small)
    for folder in (exercises.STUDENT, exercises.PAGE):
        ids = [cell.id for cell in normalise.read(small / folder / "06-reverse-mode.ipynb").cells]
        assert "chap-00-b" in ids and len(set(ids)) == len(ids)


def test_without_the_reserved_sources_nothing_is_made(small, capsys):
    shutil.rmtree(small / exercises.RESERVED)
    assert exercises.main(["--check"], small) == 0
    assert "nothing can be made anew" in capsys.readouterr().out


@pytest.mark.parametrize("path", STUDENTS)
def test_the_open_notebook_runs_clean_and_says_what_is_open(path, monkeypatch):
    monkeypatch.delenv("ADLIB_STRICT", raising=False)
    said = printed(normalise.execute(normalise.read(path)))
    wanted = [f"⏳ {section.data['id']}: not attempted yet" for section in exercises.everything()[path.stem]]
    assert said.splitlines() == wanted


@pytest.mark.parametrize("path", STUDENTS)
def test_the_open_notebook_is_red_in_strict_mode(path, monkeypatch):
    monkeypatch.setenv("ADLIB_STRICT", "1")
    with pytest.raises(CellExecutionError, match="NotSolved"):
        normalise.execute(normalise.read(path))


def test_the_students_notebook_holds_no_solution_and_the_page_the_public_ones():
    for name, found in exercises.everything().items():
        student = (ROOT / exercises.STUDENT / f"{name}.ipynb").read_text(encoding="utf-8")
        page = (ROOT / exercises.PAGE / f"{name}.ipynb").read_text(encoding="utf-8")
        assert "SOLUTION" not in student + page
        for section in found:
            given = "\n".join(
                exercises.REGION.sub("", cell.source) for cell in section.cells if not exercises.is_explanation(cell)
            )
            whole = [
                json.dumps(line, ensure_ascii=False)[1:-1]
                for line in section.secret()
                if len(line) > 30 and line not in given
            ]
            assert whole, f"{section.number} has no line long enough to look for"
            assert not any(line in student for line in whole)
            assert all((line in page) == section.public for line in whole)


# What is published -----------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def wanted():
    return leaks.secrets()


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """The package as a reader installs it."""
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", str(ROOT), "-w", str(folder)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return next(folder.glob("*.whl"))


def test_every_reserved_exercise_has_lines_and_a_word_to_look_for(wanted):
    reserved = {s.data["id"] for found in exercises.everything().values() for s in found if not s.public}
    assert reserved and set(wanted.lines.values()) == set(wanted.words.values()) == reserved


def test_nothing_published_holds_a_line_of_a_reserved_solution(wanted, built_book, wheel, table):
    found, count = leaks.leaks([built_book, ROOT / exercises.STUDENT, ROOT / "pages", ROOT / "chapters", wheel], wanted)
    table("leaks", f"{count} files, {len(wanted.lines)} lines, {len(wanted.words)} words: {len(found)} found")
    assert found == []
    names = {name for name, _ in leaks.published([built_book, wheel])}
    assert {"searchindex.js", f"_sources/{exercises.PAGE}/06-reverse-mode.ipynb"} <= names
    assert any(name.endswith("whl!adlib/exercises/reverse_mode.py") for name in names)
    assert not any("instructor" in name or "wrong_answers" in name for name in names)


@pytest.fixture
def leaking_book(tiny_book):
    """A book with a reserved solution in a cell that the page does not show."""
    source = normalise.read(ROOT / exercises.RESERVED / "06-reverse-mode.ipynb")
    secret = next(c.source for c in source.cells if "def adjoint_test" in c.source)
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    hidden = v4.new_code_cell(secret, metadata={"tags": ["remove-cell"]})
    cells = [v4.new_markdown_cell("# 5. Tiny"), hidden, v4.new_code_cell("x = 1")]
    tiny_book.write("chapters/05-tiny.ipynb", json.dumps(v4.new_notebook(cells=cells, metadata={"kernelspec": kernel})))
    assert tiny_book.build().rc == 0
    assert "adjoint_test" not in tiny_book.page()
    return tiny_book


def test_a_hidden_cell_leaks_and_is_found(leaking_book, wanted):
    found, _ = leaks.leaks([leaking_book.output / "_build" / "html"], wanted)
    assert any(line.startswith("_sources/chapters/05-tiny.ipynb: adjoint-test: ") for line in found)


def test_a_shown_cell_is_found_on_the_page_and_in_the_search_index(tiny_book, wanted):
    source = normalise.read(ROOT / exercises.RESERVED / "06-reverse-mode.ipynb")
    tiny_book.notebook(next(c.source for c in source.cells if "def adjoint_test" in c.source))
    tiny_book.write("index.md", "# Tiny\n\nLook at the rng_of_test.\n")
    assert tiny_book.build().rc == 0
    found, _ = leaks.leaks([tiny_book.output / "_build" / "html"], wanted)
    for file in ("chapters/05-tiny.html", "_sources/chapters/05-tiny.ipynb"):
        assert any(line.startswith(f"{file}: adjoint-test: ") and "word" not in line for line in found), file
    assert "searchindex.js: adjoint-test: the word rng_of_test" in found


def test_a_leak_in_the_package_or_an_archive_of_it_is_found(tmp_path, wanted):
    line = "        still_to_visit.append(parent)\n"
    (tmp_path / "adlib").mkdir()
    (tmp_path / "adlib" / "x.py").write_text(line)
    shutil.make_archive(str(tmp_path / "package"), "zip", tmp_path, "adlib")
    found, count = leaks.leaks([tmp_path], wanted)
    assert {f.partition(":")[0] for f in found} == {"adlib/x.py", "package.zip!adlib/x.py"}
    assert count >= 3
