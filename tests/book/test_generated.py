"""Generated text is current: what is not is named with the line where it differs. See tools/generated.py."""

import pytest

from tools import generated

WANTED = {"pages/table.md": "a\nb\n", "pages/new.md": "c\n"}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a\nB\n", "pages/table.md:2: B"),
        ("a\nb\nb\n", "pages/table.md:3: b"),
        ("a\n  b\n", "pages/table.md:2: b"),
        ("a\n", "pages/table.md:2: "),
        ("a", "pages/table.md:1: the file ends too early"),
    ],
)
def test_what_is_not_current_is_named_and_mended(tmp_path, text, words):
    for name, content in {"table.md": text, "new.md": "c\n", "old.md": "d\n"}.items():
        (tmp_path / "pages").mkdir(exist_ok=True)
        (tmp_path / "pages" / name).write_text(content)
    there = ["pages/table.md", "pages/old.md"]
    found = generated.stale(tmp_path, WANTED, there)
    assert found == {"pages/table.md": words, "pages/old.md": "pages/old.md: has no source"}
    assert generated.write(tmp_path, WANTED, there) == list(found)
    assert {file.name: file.read_text() for file in (tmp_path / "pages").iterdir()} == {
        "table.md": "a\nb\n",
        "new.md": "c\n",
    }
    assert generated.write(tmp_path, WANTED) == []


def test_a_missing_file_is_named_and_made_with_its_folder(tmp_path):
    assert list(generated.stale(tmp_path, WANTED).values()) == [
        "pages/table.md: is missing",
        "pages/new.md: is missing",
    ]
    generated.write(tmp_path, WANTED)
    assert generated.stale(tmp_path, WANTED) == {}


def test_only_what_stands_between_the_marks_is_replaced():
    assert generated.between("x\n<a>\nold\n<b>\ny\n", "<a>", "<b>", "new", "page.md") == "x\n<a>\n\nnew\n\n<b>\ny\n"


@pytest.mark.parametrize("text", ["old\n<b>", "<a>\nold", "<b>\nold\n<a>", ""])
def test_missing_marks_are_named(text):
    with pytest.raises(generated.Wrong, match=r"page\.md: the lines '<a>' and '<b>' have to stand there"):
        generated.between(text, "<a>", "<b>", "new", "page.md")


def test_a_command_says_in_a_line_what_is_wrong(capsys):
    @generated.command
    def main():
        raise generated.Wrong("page.md: no")

    assert main() == 1
    assert capsys.readouterr().out == "page.md: no\n"


def test_nothing_is_said_where_all_is_current(capsys):
    assert generated.report([], "make it") == 0
    assert generated.report(["page.md: is missing"], "make it") == 1
    assert capsys.readouterr().out == "page.md: is missing\nRun: make it\n"
