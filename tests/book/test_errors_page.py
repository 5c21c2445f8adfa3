"""The page of errors tells the truth: its programs fail, and its remedies work, as it says.

It is also complete: every message that adlib can raise on purpose stands on it.
"""

import ast
import linecache
import re
from pathlib import Path

import numpy as np
import pytest

import adlib

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "pages" / "errors.md"
BLOCK = re.compile(r"```(python|text)\n(.*?)\n```", re.S)
ERRORS = {name for name in adlib.__all__ if name.endswith("Error")}


def entries(text):
    """The level-3 sections: heading -> list of (language, code)."""
    parts = re.split(r"^### (.+)\n", text, flags=re.M)[1:]
    return {heading: BLOCK.findall(body) for heading, body in zip(parts[::2], parts[1::2], strict=True)}


def run(code):
    """Run one program of the page; return its error in one line, or None.

    Its lines can be read back, as those of a notebook can: some messages quote them.
    """
    linecache.cache["<errors.md>"] = len(code), None, code.splitlines(keepends=True), "<errors.md>"
    try:
        exec(compile(code, "<errors.md>", "exec"), {"np": np, "adlib": adlib})
    except adlib.AdlibError as error:
        return f"{type(error).__name__}: {error}"
    return None


def same(printed, raised):
    """Whether two messages agree, line breaks and decimals apart."""
    mask = lambda message: re.sub(r"-?\d+\.\d+(e[+-]\d+)?", "#", " ".join(message.split()))  # noqa: E731
    return mask(printed) == mask(raised)


def problem(blocks):
    """What is wrong with one section, or None."""
    languages = [language for language, _ in blocks]
    codes = [code for _, code in blocks]
    if languages == ["python"]:  # a sharp bit: the program asserts what it says
        return run(codes[0])
    if languages != ["python", "text", "python"]:
        return f"expected a program, its message and a remedy, found {languages}"
    raised = run(codes[0])
    if raised is None:
        return "the first program runs"
    if not same(codes[1], raised):
        return f"the message is now: {raised}"
    raised = run(codes[2])
    return raised and f"the remedy fails: {raised}"


def raised_messages(source):
    """A pattern for each message that a module passes to one of adlib's errors."""
    for node in ast.walk(ast.parse(source)):
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ERRORS):
            continue
        message = node.args[0]
        parts = message.values if isinstance(message, ast.JoinedStr) else [message]
        yield "".join(re.escape(p.value) if isinstance(p, ast.Constant) else ".*" for p in parts)


def unlisted(text, sources):
    """The messages of the modules `sources` that no section of the page shows."""
    shown = []
    for blocks in entries(text).values():
        shown += [" ".join(code.split()).split(": ", 1)[-1] for language, code in blocks if language == "text"]
    patterns = [pattern for source in sources for pattern in raised_messages(source)]
    return [p for p in patterns if not any(re.fullmatch(p, message) for message in shown)]


TEXT = PAGE.read_text(encoding="utf-8")
SOURCES = [path.read_text(encoding="utf-8") for path in sorted((ROOT / "adlib").rglob("*.py"))]
SAMPLE = "math.sin() of a traced value would lose its derivative"


@pytest.mark.parametrize("heading", entries(TEXT))
def test_a_section_says_what_happens(heading):
    assert problem(entries(TEXT)[heading]) is None


def test_every_message_is_on_the_page():
    assert unlisted(TEXT, SOURCES) == []


def test_a_changed_message_is_named():
    planted = entries(TEXT.replace("TracedValueError: math.sin() of", "TracedValueError: math.sin of"))
    assert "the message is now" in problem(planted[SAMPLE])


def test_a_program_that_runs_is_named():
    planted = entries(TEXT.replace("math.sin(x))(1.0)", "np.sin(x))(1.0)"))
    assert problem(planted[SAMPLE]) == "the first program runs"


def test_a_remedy_that_fails_is_named():
    planted = entries(TEXT.replace("lambda x: np.sin(x))(1.0)", "lambda x: float(x))(1.0)"))
    assert "the remedy fails" in problem(planted[SAMPLE])


def test_a_message_that_is_not_on_the_page_is_named():
    assert unlisted(TEXT, ['raise ArgumentError(f"nobody wrote {x} down")']) == [r"nobody\ wrote\ .*\ down"]
