"""The book's Sphinx extension: plain Markdown in, boxes, alt text, equations and source pages out."""

import json
import re
from functools import cache
from html import unescape
from html.parser import HTMLParser

import nbformat
import pytest
from nbformat import v4

from _ext.adbook.boxes import box_class
from _ext.adbook.downloads import absolute
from _ext.adbook.page import point_at_notebook, without_launch
from _ext.adbook.sources import definitions, page_of, source_html
from tools import ROOT, contrast
from tools.build import build

KERNEL = {"language_info": {"name": "python", "pygments_lexer": "ipython3"}}
PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
CONFIG = f"""\
title: "Tiny: a book"
author: A
only_build_toc_files: true
execute: {{execute_notebooks: "off"}}
repository: {{url: "https://github.com/%s/tiny", branch: main}}
launch_buttons: {{colab_url: "https://colab.research.google.com"}}
html: {{use_repository_button: true, use_issues_button: true}}
sphinx:
  recursive_update: true
  extra_extensions: [sphinx.ext.viewcode]
  local_extensions: {{adbook: {ROOT / "_ext"}}}
  config: {{myst_heading_anchors: 3, adbook_packages: [tinylib]}}
"""
CODE = 'def f(x):\n    """Two\n    lines."""\n\n    return x < 1'
WORD = "one-word-that-does-not-break"
TOC = "format: jb-book\nroot: index\nchapters:\n- file: chapters/05-tiny\n"
SOURCE = '"""Tiny library.\n\nMore."""\n\n\ndef f(x):\n    return x < 1\n\n\nclass Graph:\n    def forward(self):\n        pass\n'


class Book:
    """A small book with the extension: pages of Markdown, one notebook, one package."""

    def __init__(self, folder, owner="owner_not_set"):
        self.folder = folder
        self.write("_config.yml", CONFIG % owner)
        self.write("_toc.yml", TOC)
        self.write("index.md", "# Tiny\n")
        self.write("tinylib/__init__.py", SOURCE)
        self.write("tinylib/rules/_more.py", "x = 1\n")
        self.notebook("# 5. Tiny")

    def write(self, name, text):
        (self.folder / name).parent.mkdir(parents=True, exist_ok=True)
        (self.folder / name).write_text(text, encoding="utf-8")

    def notebook(self, *cells):
        """Write the chapter: text cells as strings, picture cells as (cell metadata, output metadata)."""
        made = [v4.new_markdown_cell(cell) if isinstance(cell, str) else picture(*cell) for cell in cells]
        self.write("chapters/05-tiny.ipynb", nbformat.writes(v4.new_notebook(cells=made, metadata=KERNEL)))

    def build(self):
        return build(self.folder, self.folder, code=self.folder)

    def page(self, name="chapters/05-tiny.html"):
        return (self.folder / "_build/html" / name).read_text("utf-8")


def picture(cell_metadata, output_metadata):
    output = v4.new_output(
        "display_data", data={"image/png": PIXEL, "text/plain": "<Figure>"}, metadata={"image/png": output_metadata}
    )
    return v4.new_code_cell("show()", execution_count=1, outputs=[output], metadata=cell_metadata)


def alt(text):
    return {"mystnb": {"image": {"alt": text}}}


class Elements(HTMLParser):
    """Find elements: list of (tag, attributes)."""

    def __init__(self, html):
        super().__init__()
        self.found = []
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))

    def __call__(self, tag, css):
        return [attrs for name, attrs in self.found if name == tag and css in attrs.get("class", "").split()]


@pytest.fixture(scope="module")
def good(tmp_path_factory):
    """A book that uses everything, and uses it right."""
    book = Book(tmp_path_factory.mktemp("good"))
    book.write(
        "index.md", "# Tiny\n\nSee [the figure](chapters/05-tiny.ipynb#figure-5-1), [`f`](tinylib/__init__.py).\n"
    )
    book.notebook(
        "# 5. Tiny\n\nA [file](../tinylib/rules/_more.py), [`Graph.forward`](../tinylib/__init__.py), [it](#question-5-1).",
        "> **Question 5.1.** How *much* is $x$?\n>\n> And why?",
        "<details><summary>Answer</summary>\n\nLittle, $x^2$ or *so*. Two ($y$)-ish, $x$. One *more*. So $z$.\n\n</details>",
        "> Just a quotation.\n\n> It has **bold** words.",
        r"""$$
\begin{pmatrix} a \\ b \end{pmatrix} < c
\tag{5.1}
$$""",
        (alt("From the cell"), {}),
        "**Figure 5.1.** What to see.",
        f"```python\n{CODE}\n```",
        "| symbol | meaning |\n| --- | --- |\n| $x$ | short enough |",
        f"| symbol | meaning | on the slides |\n| --- | --- | --- |\n| $x$ | {WORD} | *{WORD}* |\n| $y$ | | none |",
        ({}, {"alt": "From the output"}),
        (alt("From the cell"), {"alt": "Output first"}),
    )
    result = book.build()
    assert result.rc == 0, result.digest()
    return book


@pytest.fixture(scope="module")
def bad(tmp_path_factory):
    """The problems of a book in which everything is wrong once."""
    book = Book(tmp_path_factory.mktemp("bad"), owner="somebody")
    book.write(
        "index.md", "# Tiny\n\n> **Warning.** Unknown.\n\n![](chapters/pixel.svg)\n\nSee [it](tinylib/gone.py).\n"
    )
    book.write("chapters/pixel.svg", '<svg xmlns="http://www.w3.org/2000/svg" width="1" height="1"/>\n')
    book.notebook("# 5. Tiny", (alt("Good"), {}), ({}, {}), "**Figure 5.1.** One.", "**Figure 5.1.** Two.")
    result = book.build()
    assert result.rc == 1
    return book, result


@pytest.mark.parametrize(
    ("lead", "css"),
    [
        ("Question 5.1.", "ad-question"), ("Exercise 12.10.", "ad-exercise"), ("On the slides.", "ad-slides"),
        ("In adlib.", "ad-adlib"), ("In JAX.", "ad-jax"), ("Check.", "ad-check"), ("Note.", "ad-note"),
        ("Try it.", "ad-try"), ("Question.", None), ("Question 5.1", None), ("Notes.", None), ("In Jax.", None),
    ],
)  # fmt: skip
def test_what_a_lead_makes_of_a_blockquote(lead, css):
    assert box_class(lead) == css


def test_a_bold_lead_makes_a_box_and_leaves_the_text(good):
    html = good.page()
    [box] = Elements(html)("blockquote", "ad-box")
    assert box == {"class": "ad-box ad-question", "id": "question-5-1"}
    assert '<strong class="ad-lead">Question 5.1.</strong> How <em>much</em> is' in html


def test_other_blockquotes_stay_as_they_are(good):
    assert len(Elements(good.page())("blockquote", "ad-box")) == 1
    assert good.page().count("<blockquote") == 3


def test_an_unknown_lead_is_red(bad):
    assert any(
        p.startswith("index.md:3: blockquote begins with the unknown bold lead 'Warning.'") for p in bad[1].problems
    )


def test_a_caption_has_a_class_and_an_anchor_that_links_are_checked_against(good):
    [caption] = Elements(good.page())("p", "ad-caption")
    assert caption["id"] == "figure-5-1"
    assert 'href="chapters/05-tiny.html#figure-5-1"' in good.page("index.html")
    assert 'href="#question-5-1"' in good.page()


def test_the_same_figure_twice_is_red(bad):
    assert any("'Figure 5.1.' occurs twice on this page" in p for p in bad[1].problems)


def test_answers_are_folded_with_their_markdown_rendered(good):
    assert re.search(r"<details><summary>Answer</summary>\s*<p>Little, <span class=\"math", good.page())


def test_display_math_reaches_mathjax_as_written(good):
    html = good.page()
    assert "\\[\n\\begin{pmatrix} a \\\\ b \\end{pmatrix} &lt; c\n\\tag{5.1}\n\\]</div>" in html
    assert "split" not in html
    assert 'class="eqno"' not in html


def test_a_formula_stays_on_the_line_of_its_punctuation(good):
    kept = re.findall(
        r'<span class="ad-nobreak">(.*?)<span class="math[^>]*>(.*?)</span>(.*?)</span>(?=(.{3}))', good.page()
    )
    assert kept == [
        ("", r"\(x\)", "?", "</p"),
        ("(", r"\(y\)", ")-ish,", " <s"),
        ("", r"\(x\)", ".", " On"),
        ("", r"\(z\)", ".", "</p"),
    ]
    text = re.sub(r"<[^>]+>", "", good.page())
    assert r"Little, \(x^2\) or so. Two (\(y\))-ish, \(x\). One more. So \(z\)." in text


def test_each_line_of_code_can_wrap_by_itself_and_its_text_stays(good):
    block = re.search(
        r'<div class="highlight-python notranslate"><div class="highlight"><pre>(.*?)</pre>', good.page(), re.DOTALL
    )
    lines = re.findall(r'<span class="ad-line">(.*)</span>', block[1])
    plain = [unescape(re.sub("<[^>]+>", "", line)) for line in lines]
    assert plain == CODE.split("\n")
    assert unescape(re.sub("<[^>]+>", "", block[1])) == CODE + "\n"


def test_a_table_that_does_not_fit_a_phone_can_become_cards(good):
    small, wide = re.findall(r"<table.*?</table>", good.page(), re.DOTALL)
    assert "ad-cards" not in small and "ad-label" not in small
    assert 'class="ad-cards table"' in wide
    assert f'<span class="ad-label">meaning: </span>{WORD}' in wide
    assert f'<span class="ad-label">on the slides: </span><em>{WORD}</em>' in wide
    assert wide.count('class="ad-label"') == 3, "none in the first column, and none in an empty cell"


def test_alt_text_comes_from_the_output_or_the_cell(good):
    assert re.findall(r'<img alt="([^"]*)" src="[^"]*png"', good.page()) == [
        "From the cell", "From the output", "Output first",
    ]  # fmt: skip


def test_a_missing_alt_text_is_red_and_names_notebook_and_cell(bad):
    [notebook] = [p for p in bad[1].problems if "05-tiny.ipynb" in p and "alt text" in p]
    assert "chapters/05-tiny.ipynb: the picture of cell 3 has no alt text" in notebook
    assert any("index.md: the image chapters/pixel.svg has no alt text" in p for p in bad[1].problems)


def test_links_to_source_files_open_source_pages(good):
    assert 'href="../_modules/tinylib/rules/_more.html"' in good.page()
    assert "_downloads" not in good.page()


def test_a_link_whose_text_is_a_name_leads_to_its_definition(good):
    assert 'href="_modules/tinylib.html#f"' in good.page("index.html")
    assert 'href="../_modules/tinylib.html#Graph.forward"' in good.page()
    assert 'id="Graph.forward"' in good.page("_modules/tinylib.html")


def test_a_link_to_a_source_file_that_is_not_there_is_red(bad):
    assert "index.md:7: there is no source file tinylib/gone.py to link to" in bad[1].problems


def test_every_source_file_has_a_page_and_stands_in_the_index(good):
    assert {"tinylib.html", "tinylib/rules/_more.html"} <= set(
        re.findall(r'href="([^"]*)"', good.page("_modules/index.html"))
    )
    assert "<code>tinylib/__init__.py</code>" in good.page("_modules/index.html")


def test_source_pages_number_their_lines_and_keep_the_code():
    html = source_html(SOURCE)
    text = re.sub(r'<span class="linenos">.*?</span>|<[^>]+>', "", html)
    assert text.replace("&lt;", "<").replace("&quot;", '"').strip() == SOURCE.strip()
    assert html.count('class="linenos"') == SOURCE.count("\n")
    assert definitions(SOURCE) == {"f": 6, "Graph": 10, "Graph.forward": 11}
    assert page_of("adlib/modes/forward.py") == "_modules/adlib/modes/forward"
    assert page_of("adlib/rules/__init__.py") == "_modules/adlib/rules"


def test_no_page_names_a_place_to_load_from(good):
    loads = re.compile(
        r"""<(?:script|link|img|iframe)[^>]*(?:src|href)=["']https?:(?!//cdn\.jsdelivr\.net/npm/mathjax)"""
    )
    for page in good.folder.joinpath("_build/html").rglob("*.html"):
        html = page.read_text("utf-8")
        assert "thebe" not in html.lower(), page
        assert not loads.search(html), page


def test_no_dead_button_while_the_repository_has_no_address(good):
    for page in ("index.html", "chapters/05-tiny.html"):
        assert "owner_not_set" not in good.page(page)
    assert "_sources/chapters/05-tiny.ipynb" in good.page()


def test_a_notebook_that_leaves_the_book_has_absolute_links(good):
    leaving = (good.folder / "_build/html/_sources/chapters/05-tiny.ipynb").read_text("utf-8")
    there = "https://github.com/owner_not_set/tiny/blob/main/tinylib"
    assert f"[file]({there}/rules/_more.py), [`Graph.forward`]({there}/__init__.py), [it](#question-5-1)" in leaving
    assert "](../" not in leaving


def test_links_of_a_notebook_become_absolute_and_code_stays(tmp_path):
    for name in ("pages/glossary.md", "chapters/06-tiny.ipynb"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    text = "[a](../pages/glossary.md#tangent) [b](06-tiny.ipynb) [c](https://x.org/a.md) [d](#e) `vjp(f)[1](one)`"
    notebook = nbformat.writes(
        v4.new_notebook(cells=[v4.new_markdown_cell(text), v4.new_code_cell("a[0](06-tiny.ipynb)")])
    )
    prose, code = json.loads(absolute(notebook, "chapters", tmp_path, "https://github.com/a/b/blob/v1"))["cells"]
    assert "".join(prose["source"]) == (
        "[a](https://github.com/a/b/blob/v1/pages/glossary.md#tangent) [b](https://github.com/a/b/blob/v1/chapters/06-tiny.ipynb) "
        "[c](https://x.org/a.md) [d](#e) `vjp(f)[1](one)`"
    )
    assert code["source"] in ("a[0](06-tiny.ipynb)", ["a[0](06-tiny.ipynb)"])


def test_the_buttons_appear_with_the_address(bad):
    html = bad[0].page()
    assert "https://colab.research.google.com/github/somebody/tiny/blob/main/chapters/05-tiny.ipynb" in html
    assert "https://github.com/somebody/tiny/issues" in html


def test_a_page_of_exercises_opens_the_students_notebook():
    def button(path):
        return {"label": "Colab", "url": f"https://colab.research.google.com/github/somebody/tiny/blob/main/{path}"}

    buttons = [{"label": "launch-buttons", "buttons": [button("pages/exercises/05-tiny.ipynb")]}, {"label": "search"}]
    point_at_notebook(buttons)
    assert buttons[0]["buttons"] == [button("exercises/05-tiny.ipynb")]


def test_a_text_page_with_cells_has_no_button_for_colab():
    buttons = [{"label": "launch-buttons", "buttons": [{"label": "Colab"}]}, {"label": "search"}]
    assert without_launch(buttons) == [{"label": "search"}]


def test_one_search_field_and_the_title_inside_a_landmark(good):
    html = good.page()
    assert html.count('type="search"') == 1
    [home] = Elements(html)("a", "ad-home")
    assert home["href"] == "../index.html"
    assert "<span>Tiny</span>" in html


# The look


@cache
def style():
    return (ROOT / "_static" / "adbook.css").read_text("utf-8")


def test_every_colour_has_its_dark_or_light_twin():
    assert contrast.variables("dark").keys() == contrast.variables("light").keys()


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("ink", ["ink", "ink-soft", "forward", "reverse", "value", "check", "try"])
def test_text_can_be_read_on_page_and_panel(theme, ink):
    colours = contrast.variables(theme)
    for ground in ("paper", "panel", f"{ink}-soft"):
        if ground in colours and ground != "ink-soft":
            assert contrast.ratio(colours[ink], colours[ground]) >= contrast.WORD, f"{ink} on {ground}, {theme}"


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_ink_can_be_read_on_every_tint(theme):
    colours = contrast.variables(theme)
    for ground in ("forward-soft", "reverse-soft", "value-soft", "done"):
        assert contrast.ratio(colours["ink"], colours[ground]) >= contrast.WORD, f"{ground}, {theme}"


def test_the_style_loads_nothing():
    assert "@import" not in style()
    assert "url(" not in style()
