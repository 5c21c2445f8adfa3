"""Checks for the book's exercises: `check("forward-trace", forward_trace)`.

A check never looks at how an answer was written. It calls what the student wrote, at many points, and compares
with an answer found in another way: a complex step, exact algebra, brute force. So reading this package tells
what is asked of an exercise, and not how to solve it.

To read it: `_engine` says what an exercise is and examines an answer, `_answers` turns what a student's code
returned into plain numbers or into words, `_oracles` finds derivatives by complex steps, `_by_hand` sees that an answer
calls no library for what is asked for by hand. Each chapter has a module of its name
with its exercises; where that is too long, the rest is in modules whose names begin with it, as `reverse_mode_vjps`.

>>> from adlib.exercises import check
>>> def forward_trace(x, y, x_dot, y_dot):
...     raise NotImplementedError("your turn")
>>> check("forward-trace", forward_trace)
⏳ forward-trace: not attempted yet
"""

from ._check import NotSolved, all_exercises, check

__all__ = ["NotSolved", "all_exercises", "check"]
