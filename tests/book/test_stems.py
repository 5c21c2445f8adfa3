"""A chapter by its stem: all that belongs to chapters/05-forward-mode.ipynb carries that name.

Where a chapter still lacks something, the message names the file to make. Python modules that are imported have the name without
the number and with underscores, `forward_mode`; a chapter may have more of them, as `reverse_mode_vjps`.
"""

import re
import shutil

import pytest
import yaml

from adlib.exercises import _check
from tools import ROOT, exercises, notebooks, stepping

# What every chapter has: what it is, the file, and how it is made.
PARTS = {
    "the source of its public exercises": (f"{exercises.PUBLIC}/{{stem}}.ipynb", "instructor/README.md says how"),
    "the checks of its exercises": ("adlib/exercises/{module}.py", "instructor/README.md says how"),
    "the wrong answers to its exercises": (f"{exercises.RESERVED}/wrong_answers/{{stem}}.py", "instructor/README.md says how"),
    "the wrong statements that its checks have to notice": (
        "tests/book/wrong_statements/{stem}.py", "PLANTS, as in those of the other chapters"),
    "the student's notebook": (f"{exercises.STUDENT}/{{stem}}.ipynb", "run: python -m tools.exercises"),
    "the page of its exercises": (f"{exercises.PAGE}/{{stem}}.ipynb", "run: python -m tools.exercises"),
}  # fmt: skip
# What some have besides.
MORE = (f"{exercises.RESERVED}/{{stem}}.ipynb",)

_CLASSES = "|".join(re.findall(r"\.([\w-]+)", stepping.WIDGETS))
WIDGET = re.compile(rf'class="(?:[^"]* )?(?:{_CLASSES})(?: [^"]*)?"')


def module_of(stem):
    """`forward_mode` for `05-forward-mode`."""
    return stem.partition("-")[2].replace("-", "_")


def contents(root, folder):
    """The stems that the table of contents names in a folder, in its order."""
    text = (root / "_toc.yml").read_text(encoding="utf-8")
    files = [entry["file"] for part in yaml.safe_load(text)["parts"] for entry in part["chapters"]]
    return [file.removeprefix(f"{folder}/") for file in files if re.fullmatch(rf"{folder}/[^/]+", file)]


def faults(root):
    """What a chapter lacks, and what belongs to none; one line each."""
    stems = contents(root, "chapters")
    named = stems + contents(root, "chapters/optional")
    found = []
    for path in notebooks(root):
        if path.stem not in named:
            found.append(f"_toc.yml does not name {path.relative_to(root).with_suffix('').as_posix()}")
    for stem in stems:
        name = f"chapters/{stem}.ipynb"
        if not (root / name).is_file():
            found.append(f"{name} is missing: _toc.yml names it")
        for what, (pattern, how) in PARTS.items():
            name = pattern.format(stem=stem, module=module_of(stem))
            if here(root, name) and not (root / name).is_file():
                found.append(f"{name} is missing: {what}; {how}")
    if contents(root, exercises.PAGE) != stems:
        found.append(f"_toc.yml has to name {exercises.PAGE}/<chapter> for each chapter, in their order")
    return found + strays(root, stems)


def strays(root, stems):
    """The files that stand where those of chapters stand and belong to none."""
    modules = [module_of(stem) for stem in stems]
    found = []
    for pattern in [*(pattern for pattern, _ in PARTS.values()), *MORE]:
        folder, _, file = pattern.rpartition("/")
        for path in sorted((root / folder).glob(f"*{file[file.rindex('.') :]}")):
            if "{stem}" in file:
                belongs = path.stem in stems
            else:  # `_engine` and the like are no chapter's
                belongs = path.stem.startswith("_") or any(f"{path.stem}_".startswith(f"{m}_") for m in modules)
            if not belongs:
                found.append(f"{folder}/{path.name} belongs to no chapter that _toc.yml names")
    return found


def here(root, name):
    """Whether the part of the repository is here at all: what readers get has no `instructor/`."""
    return not name.startswith(f"{exercises.RESERVED}/") or (root / exercises.RESERVED).is_dir()


def without_widget(html, stems):
    """The chapters whose page has nothing to touch."""
    pages = {stem: html / "chapters" / f"{stem}.html" for stem in stems}
    return [
        f"chapters/{stem}.ipynb shows no explorable, no stepper and no puzzle"
        for stem, page in pages.items()
        if not WIDGET.search(page.read_text(encoding="utf-8"))
    ]


def test_every_chapter_has_its_parts_under_its_name_and_nothing_else_is_there():
    assert faults(ROOT) == []


def test_the_checks_know_the_chapters_in_the_books_order():
    known = [module.__name__.rpartition(".")[2] for module in _check.CHAPTERS]
    assert known == [module_of(stem) for stem in contents(ROOT, "chapters")], (
        "the import and CHAPTERS in adlib/exercises/_check.py"
    )


def test_the_exercises_of_a_chapter_have_its_number():
    for stem, found in exercises.everything().items():
        assert [section.number for section in found if section.order[0] != int(stem[:2])] == [], stem


def test_every_chapter_shows_something_to_touch(built_book):
    """Its explorables and steppers stand in the chapter itself, and so under its name."""
    assert without_widget(built_book, contents(ROOT, "chapters")) == []


@pytest.fixture
def names(tmp_path):
    """The names alone of all that belongs to chapters, as empty files."""
    shutil.copy(ROOT / "_toc.yml", tmp_path)
    folders = {pattern.rpartition("/")[0] for pattern in [*(p for p, _ in PARTS.values()), *MORE]} | {"chapters"}
    for folder in folders:
        (tmp_path / folder).mkdir(parents=True, exist_ok=True)
        for path in (ROOT / folder).glob("*.*"):
            if path.is_file():
                (tmp_path / folder / path.name).touch()
    assert faults(tmp_path) == []
    return tmp_path


@pytest.mark.parametrize("pattern", ["chapters/{stem}.ipynb", *(pattern for pattern, _ in PARTS.values())])
def test_a_missing_part_and_one_of_another_name_are_named(names, pattern):
    name = pattern.format(stem="05-forward-mode", module="forward_mode")
    folder, _, file = name.rpartition("/")
    if not (names / name).is_file():
        pytest.skip("not all the sources are here")
    (names / name).rename(names / folder / f"x{file}")
    found = faults(names)
    assert found[0].startswith(f"{name} is missing: ")
    if folder != "chapters":
        assert found[1:] == [f"{folder}/x{file} belongs to no chapter that _toc.yml names"]


def test_a_new_chapter_is_told_which_files_to_make(names):
    toc = names / "_toc.yml"
    text = toc.read_text(encoding="utf-8")
    toc.write_text(
        text.replace(
            "chapters/06-reverse-mode\n", "chapters/06-reverse-mode\n      - file: chapters/07-cheap-gradients\n"
        )
    )
    found = "\n".join(faults(names))
    for name in ("chapters/07-cheap-gradients.ipynb", "adlib/exercises/cheap_gradients.py", "exercises/07-cheap-gradients.ipynb",
                 "chapters/exercises/07-cheap-gradients.ipynb", "tests/book/wrong_statements/07-cheap-gradients.py"):  # fmt: skip
        assert f"{name} is missing: " in found
    assert "_toc.yml has to name pages/exercises/<chapter> for each chapter" in found


def test_a_chapter_outside_the_contents_and_a_second_module_of_none_are_named(names):
    (names / "chapters/07-cheap-gradients.ipynb").touch()
    (names / "adlib/exercises/reverse_model.py").touch()
    assert faults(names) == [
        "_toc.yml does not name chapters/07-cheap-gradients",
        "adlib/exercises/reverse_model.py belongs to no chapter that _toc.yml names",
    ]


def test_a_chapter_with_nothing_to_touch_is_named(tmp_path):
    (tmp_path / "chapters").mkdir()
    for stem, body in {
        "05-a": '<div class="ad-w ad-stepper" id="x">',
        "06-b": '<p class="ad-stepper-no">ad-stepper</p>',
    }.items():
        (tmp_path / "chapters" / f"{stem}.html").write_text(body)
    assert without_widget(tmp_path, ["05-a", "06-b"]) == [
        "chapters/06-b.ipynb shows no explorable, no stepper and no puzzle"
    ]
