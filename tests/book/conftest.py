"""What the tests of the book share: the built book itself, and small books with a planted defect."""

import os
import pickle
from collections.abc import Callable
from pathlib import Path

import nbformat
import pytest
from filelock import FileLock
from nbformat import NotebookNode, v4

from tools import ROOT, notebooks, reader
from tools.build import BuildResult, build
from tools.normalise import normalised, text_of


@pytest.fixture(scope="session")
def once(tmp_path_factory):
    """`once(name, make)` is what `make()` gives in the first process of the run that asks; the others wait for it."""
    own = tmp_path_factory.getbasetemp()
    folder = own.parent if "PYTEST_XDIST_WORKER" in os.environ else own

    def once(name: str, make: Callable):
        file = folder / f"{name}.pickle"
        with FileLock(folder / f"{name}.lock"):
            if not file.is_file():
                file.write_bytes(pickle.dumps(make()))
        return pickle.loads(file.read_bytes())

    return once


@pytest.fixture(scope="session")
def colab(tmp_path_factory) -> reader.Colab:
    """A reader's environment for all notebooks of this process."""
    return reader.Colab(tmp_path_factory.mktemp("colab"))


@pytest.fixture(scope="session")
def read_as_on_colab(once, colab):
    """A chapter's `ReaderResult`. A chapter runs once: the build and the budgets take what came of it here."""
    return lambda path: once(f"reader-{path.stem}", lambda: reader.check_notebook(path, colab=colab))


@pytest.fixture(scope="session")
def book_build(once, read_as_on_colab) -> BuildResult:
    """The whole book, built as `make book` does, of the chapters as they were run for a reader on Colab."""
    results = [read_as_on_colab(path) for path in notebooks()]
    return once("build", lambda: build(ROOT, ROOT, executed=[r.executed for r in results if r.ok]))


@pytest.fixture(scope="session")
def built_book(book_build: BuildResult) -> Path:
    """The HTML folder of the whole book."""
    if not (book_build.html / "index.html").is_file():
        pytest.fail(f"the book was not built:\n{book_build.digest()}", pytrace=False)
    return book_build.html


class TinyBook:
    """A book of one landing page and one notebook, in a folder of its own."""

    def __init__(self, folder: Path):
        self.source, self.output = folder / "source", folder / "output"
        self.write("_config.yml", "title: Tiny\nauthor: A\nonly_build_toc_files: true\n"
                   "execute: {execute_notebooks: cache, stderr_output: error, timeout: 60}\n")  # fmt: skip
        self.write("_toc.yml", "format: jb-book\nroot: index\nchapters:\n- file: chapters/05-tiny\n")
        self.write("index.md", "# Tiny\n\nA book.\n")

    def write(self, name: str, text: str) -> None:
        """Write a text file of the book."""
        file = self.source / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")

    def notebook(self, *code: str, name: str = "chapters/05-tiny.ipynb") -> None:
        """Write a notebook: a title, then the code cells."""
        cells = [v4.new_markdown_cell("# 5. Tiny"), *(v4.new_code_cell(source) for source in code)]
        kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
        self.write(name, nbformat.writes(v4.new_notebook(cells=cells, metadata={"kernelspec": kernel})))

    def build(self, **options) -> BuildResult:
        """Build it, with the kernels' path leading to the book's own folder."""
        return build(self.source, self.output, code=self.source, **options)

    def page(self, name: str = "chapters/05-tiny.html") -> str:
        """The HTML of a built page."""
        return (self.output / "_build" / "html" / name).read_text(encoding="utf-8")


@pytest.fixture
def tiny_book(tmp_path: Path) -> TinyBook:
    """A small book to plant defects in."""
    return TinyBook(tmp_path)


@pytest.fixture
def notebook_file(tmp_path: Path):
    """Write a notebook in its committed form: `notebook_file(*cells)` gives its path, in a folder of its own."""

    def write(*cells: NotebookNode, name: str = "05-tiny.ipynb") -> Path:
        path = tmp_path / "chapters" / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text_of(normalised(v4.new_notebook(cells=list(cells)))), encoding="utf-8")
        return path

    return write
