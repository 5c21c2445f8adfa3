"""What `check` says apart from verdicts, and the page that shows it."""

import gc
import re

import jax
import jax.numpy as jnp
import pytest

from adlib.exercises import NotSolved, check
from adlib.exercises._answers import Unusable
from adlib.exercises._by_hand import by_hand
from tools import ROOT, exercises


def test_an_unknown_id_is_answered_in_words(capsys):
    check("forward-trce", None, strict=False)
    assert capsys.readouterr().out == "❌ there is no exercise 'forward-trce'; did you mean 'forward-trace'?\n"
    with pytest.raises(NotSolved):
        check("forward-trce", None, strict=True)


def test_strict_mode_is_an_environment_variable(monkeypatch):
    monkeypatch.setenv("ADLIB_STRICT", "1")
    with pytest.raises(NotSolved):
        check("forward-trace", None)
    monkeypatch.setenv("ADLIB_STRICT", "0")
    check("forward-trace", None)
    monkeypatch.delenv("ADLIB_STRICT")
    check("forward-trace", None)


def test_the_page_how_exercises_work_shows_the_three_signs_in_order(capsys):
    """Its cells are run by every build of the book; here only that they still show what the text says of them."""
    page = (ROOT / exercises.TABLE).read_text(encoding="utf-8")
    cells = re.findall(r"```\{code-cell\} ipython3\n(?::[^\n]*\n)*(.*?)```", page, re.DOTALL)
    exec(compile("\n".join(cells), "<page>", "exec"), {"__name__": "__main__"})
    printed = capsys.readouterr().out
    assert re.findall(r"^[⏳❌✅]", printed, re.MULTILINE) == ["⏳", "❌", "✅"]
    assert "case 1 of 20: " in printed and "v1_dot is 1.5, expected -1.5" in printed and "→ both factors" in printed


def test_what_the_garbage_collector_calls_is_not_the_answers():
    """JAX hangs a function on the collector, which then runs in the middle of any answer that makes many objects."""
    assert any("jax" in callback.__module__ for callback in gc.callbacks)
    assert by_hand(lambda: gc.collect() >= 0)
    with pytest.raises(Unusable, match="the answer calls jax"):
        by_hand(lambda: jnp.sin(1.0))
    with pytest.raises(Unusable, match="the answer calls jax"):
        by_hand(lambda: (gc.collect(), jax.grad(jnp.sin)(1.0)))
