"""Layout and spelling: what `make tidy` says about the book is nothing, and each of its checks was seen red.

The misspelt words of this file stand in strings, which are not read outside of `adlib`.
"""

import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell

from tools import ROOT, spelling, tidy
from tools.normalise import read


@pytest.mark.parametrize("check", [tidy.layout, tidy.misspelt], ids=["layout", "spelling"])
def test_there_is_nothing_to_mend(check):
    left = check(ROOT, mend=False)
    if left:
        pytest.fail("\n".join([*map(str, left), "Run: make tidy"]), pytrace=False)


@pytest.mark.parametrize(
    ("file", "most"), [(spelling.WORDS, 200), (spelling.RUSSIAN_WORDS, 40)], ids=["English", "Russian"]
)
def test_the_word_list_is_short_and_sorted(file, most):
    first, *words = file.read_text(encoding="utf-8").splitlines()
    assert first.startswith("# ")
    assert words == sorted(set(words), key=str.casefold)
    assert len(words) <= most


def test_no_word_of_the_list_is_in_the_dictionary_anyway():
    needless = [w for w in spelling.own_words() if spelling.in_a_dictionary(w)]
    assert needless == []
    assert [w for w in spelling.own_words(spelling.RUSSIAN_WORDS) if spelling.in_the_russian_dictionary(w)] == []


@pytest.fixture
def plant(tmp_path):
    """Write a file into a folder that stands for the repository; `plant(name, text)`."""

    def write(name, text):
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
        return file

    write.root = tmp_path
    return write


@pytest.mark.parametrize(
    ("name", "text", "line"),
    [
        ("pages/a.md", "# A\n\nThe first\nand the gradeint of it.\n", "pages/a.md:4: spelling: gradeint: in no dictionary"),
        ("pages/a.md", "| a |\n| --- |\n| the **vecotr** |\n", "pages/a.md:3: spelling: vecotr: write vector"),
        ("pages/a.md", "See [the tabel](b.md).\n", "pages/a.md:1: spelling: tabel: write table"),
        ("pages/a.md", '<span lang="ru">сопряженая переменная</span>\n', "pages/a.md:1: spelling: сопряженая: in no dictionary"),
        ("pages/a.md", "| 1 | «многомерное шкалированние» |\n", "pages/a.md:1: spelling: шкалированние: in no dictionary"),
        ("pages/a.md", "A Latin letter in грaдиент.\n", "pages/a.md:1: spelling: грaдиент: in no dictionary"),
        ("index.md", "The color of a curve.\n", "index.md:1: spelling: color: write colour"),
        ("index.md", "The binominal law.\n", "index.md:1: spelling: binominal: write binomial"),
        ("adlib/a.py", '"""A module.\n\nThe derivativ.\n"""\n', "adlib/a.py:3: spelling: derivativ: write derivative"),
        ("adlib/a.py", "x = 1  # the adjiont of x\n", "adlib/a.py:1: spelling: adjiont: in no dictionary"),
        ("adlib/a.py", 'x = "this is one of the jacobains"\n', "adlib/a.py:1: spelling: jacobains: in no dictionary"),
        ("_static/a.css", "/* for the\n   browsr */\n", "_static/a.css:2: spelling: browsr: in no dictionary"),
        ("tools/scripts/a.js", "// it waites\n", "tools/scripts/a.js:1: spelling: waites: in no dictionary"),
        (".github/workflows/a.yml", "# onse a week\nname: a\n", ".github/workflows/a.yml:1: spelling: onse: in no dictionary"),
        ("Makefile", "# it mkaes\n", "Makefile:1: spelling: mkaes: write makes"),
    ],
)  # fmt: skip
def test_a_misspelt_word_is_red(plant, capsys, name, text, line):
    plant(name, text)
    assert tidy.main(["--check"], plant.root) == 1
    assert line in capsys.readouterr().out


def test_a_misspelt_word_of_a_notebook_is_red(notebook_file, tmp_path, capsys):
    code = new_code_cell(
        "x = 1  # the secnod", metadata={"mystnb": {"image": {"alt": "A curve that raises up and fals"}}}
    )
    notebook_file(new_markdown_cell("# 5. Tiny\n\nA dervative."), code)
    assert tidy.main(["--check"], tmp_path) == 1
    said = capsys.readouterr().out
    assert "chapters/05-tiny.ipynb:1: spelling: dervative: in no dictionary" in said
    assert "chapters/05-tiny.ipynb:2: spelling: secnod: in no dictionary" in said
    assert "chapters/05-tiny.ipynb:2: spelling: fals: in no dictionary" in said


@pytest.mark.parametrize(
    "text",
    [
        "The name `gradeint` and ``derivativ`` and $vecotr$ and $$\nfuntion\n$$",
        "Open <https://example.org/tabel> or [it](tabel.md#vecotr).",
        "```python\nvecotr = 1\n```",
        "It calls np.vecotr, x_gradeint, gradeint2 and funtion() of NumPyish with --colr.",
        "A colour of the neighbours' Jacobians; Griewank's programme is minimised.",
        "<details><summary>Answer</summary>",
        "По-русски: производная, «сопряжённые переменные», сопряженных, метод Нелдера–Мида, 2-точечных.",
    ],
)
def test_code_formulas_addresses_and_british_words_are_left_alone(plant, text):
    plant("index.md", text)
    assert tidy.misspelt(plant.root, mend=False) == []


def test_a_name_of_the_code_is_no_mistake_in_its_comments(plant):
    plant("tools/a.py", "wieghts = 1  # the wieghts\n")
    assert tidy.misspelt(plant.root, mend=False) == []


def test_certain_cures_are_written_and_the_rest_is_said(plant, capsys):
    page = plant("index.md", "The color of `color`.\nIt recieves an vecotr. The gradeint.\n")
    module = plant("tools/a.py", "import sys\nx = [1,\n 2]  # wich\n")
    assert tidy.main([], plant.root) == 1
    assert page.read_text() == "The colour of `color`.\nIt receives an vector. The gradeint.\n"
    assert module.read_text() == "x = [1, 2]  # which\n"
    assert [line.split(": in no")[0] for line in capsys.readouterr().out.splitlines()] == [
        "index.md:2: spelling: gradeint"
    ]


def test_a_cure_in_a_notebook_leaves_its_outputs_alone(notebook_file, tmp_path):
    path = notebook_file(new_markdown_cell("# 5. Tiny\n\nAn vecotr."), new_code_cell("x", execution_count=1))
    assert tidy.misspelt(tmp_path, mend=True) == []
    assert [cell.source for cell in read(path).cells] == ["# 5. Tiny\n\nAn vector.", "x"]
    assert read(path).cells[1].execution_count == 1


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("import sys\n", "a.py:1:8: F401"),
        ("x = [1,\n 2]\n", "a.py:1:8: unformatted"),
    ],
    ids=["an import that nothing needs", "another layout"],
)
def test_another_layout_is_red(plant, capsys, text, line):
    file = plant("a.py", text)
    assert tidy.main(["--check"], plant.root) == 1
    assert line in capsys.readouterr().out
    assert file.read_text() == text
