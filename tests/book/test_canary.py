"""The canary's comparison of two builds, offline; the canary itself runs by `make canary` and every week."""

import pytest

from tools import canary

PAGE = "<html><body><h1>Outside</h1><article><h1>A</h1><p><span class='math'>x</span></p><img src='a'></article></body></html>"


@pytest.fixture
def builds(tmp_path):
    """Two folders with the same two pages."""
    for build in ("usual", "canary"):
        for name in ("index", "chapters/05-tiny"):
            file = tmp_path / build / f"{name}.html"
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(PAGE, encoding="utf-8")
    return tmp_path / "usual", tmp_path / "canary"


def test_the_same_pages_have_no_differences(builds):
    assert canary.differences(*builds) == []
    assert +canary.counts(builds[0], "index") == {"headings": 1, "figures": 1, "formulas": 1}


def test_a_page_that_only_one_build_has_is_named(builds):
    (builds[1] / "index.html").unlink()
    (builds[1] / "new.html").write_text(PAGE)
    said = ["index: the canary has no such page", "new: the usual build has no such page"]
    assert canary.differences(*builds) == said


@pytest.mark.parametrize(
    ("there", "instead", "line"),
    [
        ("<img src='a'>", "", "index: 1 figures, the canary has 0"),
        ("class='math'", "", "index: 1 formulas, the canary has 0"),
        ("<article>", "<article><h2>B</h2>", "index: 1 headings, the canary has 2"),
    ],
    ids=["a figure is lost", "a formula is plain text", "a heading more"],
)
def test_another_content_is_named(builds, there, instead, line):
    (builds[1] / "index.html").write_text(PAGE.replace(there, instead))
    assert canary.differences(*builds) == [line]


def test_the_configuration_loses_what_belongs_to_jupyter_book_alone():
    text, left = canary.configuration("a = 1\nextensions = ['myst_nb', 'jupyter_book', 'sphinx_jupyterbook_latex']\n")
    assert (text, left) == ("a = 1\nextensions = ['myst_nb']\n", ["myst_nb"])
