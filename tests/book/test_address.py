"""One place holds the repository's address; every other place follows it, and a stale one is named."""

import json
import subprocess
import sys

import nbformat
import pytest

from tools import ROOT, address, generated

OLD, NEW = "https://github.com/owner_not_set/adlib-book", "https://github.com/someone/some-book"


@pytest.fixture
def book(tmp_path):
    """The places of a small repository."""
    (tmp_path / "chapters").mkdir()
    (tmp_path / "pyproject.toml").write_text(
        f'[project]\nversion = "0.1.0"\n[project.urls]\nRepository = "{OLD}"\n[tool.adlib-book]\nrepository = "{OLD}"\n'
    )
    (tmp_path / "_config.yml").write_text(f"repository:\n  url: {OLD}\n  branch: v0.1.0\n")
    (tmp_path / "README.md").write_text(
        f"git clone {OLD}\npip install 'git+{OLD}@v0.1.0'\nSee https://github.com/jax-ml/jax.\n"
        "https://colab.research.google.com/github/owner_not_set/adlib-book/blob/v0.1.0/chapters/05.ipynb\n"
    )
    (tmp_path / "CITATION.cff").write_text(f"version: 0.1.0\nrepository-code: {OLD}\n")
    cells = [nbformat.v4.new_markdown_cell("# 5"), nbformat.v4.new_code_cell(address.SETUP_TITLE)]
    nbformat.write(nbformat.v4.new_notebook(cells=cells), tmp_path / "chapters" / "05-a.ipynb")
    generated.write(tmp_path, address.current(tmp_path))
    return tmp_path


def snapshot(book):
    return {file: file.read_bytes() for file in book.rglob("*") if file.is_file()}


def test_the_address_goes_everywhere_and_back(book):
    before = snapshot(book)
    assert address.main([NEW], book) == 0
    changed = snapshot(book)
    assert all(before[file] != changed[file] for file in before)
    assert not any(b"owner_not_set" in content for content in changed.values())
    assert b"https://github.com/jax-ml/jax." in changed[book / "README.md"]
    assert b"/github/someone/some-book/blob/v0.1.0/" in changed[book / "README.md"]
    assert address.main([OLD + "/"], book) == 0
    assert snapshot(book) == before


def test_a_new_version_is_the_new_release_everywhere(book):
    project = book / "pyproject.toml"
    project.write_text(project.read_text().replace('"0.1.0"', '"0.2.0"'))
    assert address.main([], book) == 0
    assert not any(b"0.1.0" in content for content in snapshot(book).values())


@pytest.mark.parametrize(
    ("name", "old", "new", "line"),
    [
        ("_config.yml", OLD, NEW, f"_config.yml:2: url: {NEW}"),
        ("README.md", "@v0.1.0", "@main", f"README.md:2: pip install 'git+{OLD}@main'"),
        ("CITATION.cff", "0.1.0", "0.0.9", "CITATION.cff:1: version: 0.0.9"),
        ("chapters/05-a.ipynb", OLD, NEW, 'chapters/05-a.ipynb:36: "    %pip install'),
    ],
)
def test_a_stale_place_is_named(book, capsys, name, old, new, line):
    (book / name).write_text((book / name).read_text().replace(old, new))
    assert address.main(["--check"], book) == 1
    printed = capsys.readouterr().out
    assert printed.startswith(line)
    assert "Run: python -m tools.address" in printed


def test_a_notebook_without_the_set_up_cell_is_named_and_nothing_is_written(book, capsys):
    nbformat.write(
        nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("x = 1")]), book / "chapters" / "06-b.ipynb"
    )
    before = snapshot(book)
    (book / "README.md").write_text(f"git clone {NEW}\n")
    before[book / "README.md"] = (book / "README.md").read_bytes()
    assert address.main([], book) == 1
    assert "06-b.ipynb: the first code cell is not the set-up cell" in capsys.readouterr().out
    assert snapshot(book) == before


@pytest.mark.parametrize("wrong", ["github.com/a/b", "https://gitlab.com/a/b", "https://github.com/a"])
def test_an_address_of_another_form_is_refused(book, capsys, wrong):
    assert address.main([wrong], book) == 1
    assert "is not of the form https://github.com/owner/repository" in capsys.readouterr().out


def test_a_rewritten_notebook_is_as_nbformat_writes_it(book):
    file = book / "chapters" / "05-a.ipynb"
    notebook = nbformat.read(file, as_version=4)
    nbformat.validate(notebook)
    assert file.read_text() == nbformat.writes(notebook) + "\n"
    assert notebook.cells[1].metadata == json.loads(json.dumps(address.SETUP_METADATA))


@pytest.fixture
def set_up(tmp_path):
    """What the set-up cell says outside Colab in a Python that finds `adlib` in one folder alone, or not at all."""
    cell = address.SETUP_CELL.format(address=OLD, ref="v0.1.0").replace("%pip install -q", "pass  #")

    def run():
        code = f"import sys\nsys.path.insert(0, {str(tmp_path)!r})\n{cell}\nprint(adlib.__file__)"
        plain = [sys.executable, "-I", "-S", "-c", code]  # -S: without what is installed
        done = subprocess.run(plain, cwd=tmp_path, capture_output=True, text=True)
        return done.stdout + done.stderr.partition("\nImportError: ")[2]

    return run


MISSING = f"""\
The package adlib of this book is missing. In a clone: make lab, or choose the Python in .venv as the kernel.
Elsewhere: %pip install matplotlib jax scipy "git+{OLD}@v0.1.0", then restart the kernel.
"""


def test_the_set_up_cell_says_what_to_do_without_adlib(set_up):
    assert set_up() == MISSING


def test_the_set_up_cell_names_a_foreign_adlib_without_importing_it(set_up, tmp_path):
    """The name adlib belongs to another project on PyPI, whose import needs packages that may be missing too."""
    (tmp_path / "adlib").mkdir()
    (tmp_path / "adlib" / "__init__.py").write_text("import sklearn_of_2018\n")
    (tmp_path / "adlib-1.2.1.dist-info").mkdir()
    (tmp_path / "adlib-1.2.1.dist-info" / "METADATA").write_text("Metadata-Version: 2.1\nName: adlib\nVersion: 1.2.1\n")
    assert set_up() == "Another project named adlib is here. Remove it: %pip uninstall -y adlib adlib-book\n" + MISSING


def test_the_set_up_cell_imports_the_books_adlib(set_up, tmp_path):
    (tmp_path / "adlib").mkdir()
    (tmp_path / "adlib" / "__init__.py").touch()
    (tmp_path / "adlib_book-0.1.0.dist-info").mkdir()
    (tmp_path / "adlib_book-0.1.0.dist-info" / "METADATA").write_text("Name: adlib-book\nVersion: 0.1.0\n")
    assert set_up() == f"{tmp_path / 'adlib' / '__init__.py'}\n"


def test_no_place_of_this_repository_is_stale():
    assert generated.stale(ROOT, address.current(ROOT)) == {}
