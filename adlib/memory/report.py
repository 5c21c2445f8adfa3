"""What reverse mode holds for the way back, counted and measured."""

import tracemalloc
from dataclasses import dataclass

import numpy as np

from ..core.arguments import ALL, check_function, enter
from ..core.errors import ArgumentError
from ..core.frozen import Owner
from ..core.trace import is_traced
from ..core.tree import flatten
from ..modes.reverse import ReverseRun
from .execution import tally


@dataclass(frozen=True)
class MemoryReport:
    """What a gradient needs of memory, as `memory_report` found it; printing it says it in words.

    Attributes
    ----------
    arrays : int
        Arrays and NumPy's numbers that the function computed and that are held
        when the backward sweep begins; Python's numbers are not counted.
    bytes : int
        Their size.
    largest : tuple of int or None
        The shape of the largest one; None where nothing is held.
    largest_bytes : int
        Its size.
    peak_bytes : int
        The most that was allocated at one time during both sweeps, measured.
    steps : int
        Calls of `checkpoint` and steps of `checkpoint_chain`.
    recomputed : int
        Runs of such steps beyond the first of each.
    slots, tapes : int
        The most states stored, and the most steps recorded, at one time in one chain.

    Examples
    --------
    >>> import numpy as np, adlib
    >>> report = adlib.memory_report(lambda x: np.sum(np.sin(x) * x), np.ones(1000))
    >>> report.largest, report.largest_bytes
    ((1000,), 8000)
    """

    arrays: int
    bytes: int
    largest: tuple | None
    largest_bytes: int
    peak_bytes: int
    steps: int
    recomputed: int
    slots: int
    tapes: int

    def __str__(self):
        lines = [f"held for the way back: {_many(self.arrays, 'array')}, {_size(self.bytes)}"]
        if self.largest is not None:
            lines[0] += f"; the largest has shape {self.largest} and {_size(self.largest_bytes)}"
        lines.append(f"peak of both sweeps, measured: {_size(self.peak_bytes)}")
        if self.steps:
            lines.append(
                f"checkpoints: {_many(self.steps, 'step')}, {_many(self.recomputed, 'step')} run again; "
                f"at most {_many(self.slots, 'state')} in slots and {_many(self.tapes, 'step')} on tape"
            )
        else:
            lines.append("checkpoints: none, nothing is run again")
        return "\n".join(lines)


def _many(count, noun):
    return f"{count} {noun}{'s' * (count != 1)}"


def _size(count):
    for unit in ("bytes", "kB", "MB"):
        if count < 999.5:  # what is rounded to 1000 is one of the next unit
            return f"{count:.3g} {unit}" if unit != "bytes" else f"{count} bytes"
        count /= 1000
    return f"{count:.3g} GB"


def memory_report(f, *args):
    """What the gradient of `f` holds in memory, and what it computes again to hold less.

    Parameters
    ----------
    f : callable
        A function of arrays, written in plain NumPy.  Where it calls
        `checkpoint` or `checkpoint_chain`, the report says what that does.
    *args
        Its arguments: floats, float arrays, or trees of them.

    Returns
    -------
    MemoryReport
        Arguments and constants of `f`, and the copies that reverse mode makes of
        them, are not counted among what is held: that is what `f` computes.  The
        measured peak counts the copies, too.

    Raises
    ------
    ArgumentError
        When an argument is not a float or float array, or is traced.

    Notes
    -----
    Cost: one evaluation and one backward sweep, both slowed down by the
    measurement, which is that of the module ``tracemalloc``.

    Examples
    --------
    >>> import numpy as np, adlib
    >>> x = np.ones(100_000)
    >>> def loss(x):
    ...     for _ in range(5):
    ...         x = np.sin(x)
    ...     return np.sum(x)
    >>> report = adlib.memory_report(loss, x)
    >>> report.arrays, report.bytes, report.recomputed
    (4, 3200000, 0)
    >>> print(report)
    held for the way back: 4 arrays, 3.2 MB; the largest has shape (100000,) and 800 kB
    peak of both sweeps, measured: ... MB
    checkpoints: none, nothing is run again
    """
    check_function(f, "memory_report")
    function, inputs, _ = enter(f, args, {}, ALL, "memory_report")
    if any(is_traced(x) for x in inputs):
        raise ArgumentError(
            "memory_report was called on a traced value, inside another transformation; call it on plain numbers"
        )
    counts = {"advances": 0, "recorded": 0, "slots": 0, "tapes": 0}
    token = tally.set(counts)
    measuring = tracemalloc.is_tracing()
    if not measuring:
        tracemalloc.start()
    try:
        tracemalloc.reset_peak()
        before, _ = tracemalloc.get_traced_memory()
        run = ReverseRun(function, inputs)
        try:
            known = {id(_owner(x)) for x in inputs}
            sizes = sorted(((y.nbytes, y.shape) for y in _held(run.trace.residuals(), known)), reverse=True)
            run.adjoints([(r, np.ones_like(y)) for r, y in enumerate(run.values)])
        finally:
            run.trace.close()
        _, peak = tracemalloc.get_traced_memory()
    finally:
        if not measuring:
            tracemalloc.stop()
        tally.reset(token)
    return MemoryReport(
        arrays=len(sizes),
        bytes=sum(size for size, _ in sizes),
        largest=sizes[0][1] if sizes else None,
        largest_bytes=sizes[0][0] if sizes else 0,
        peak_bytes=peak - before,
        steps=counts["recorded"],
        recomputed=counts["advances"],
        slots=counts["slots"],
        tapes=counts["tapes"],
    )


def _held(residuals, known):
    """The arrays among the residuals, each once, without copies of constants and those whose ids are known."""
    arrays = {}
    waiting = list(residuals)
    while waiting:
        x = waiting.pop()
        if isinstance(x, (tuple, list, dict)):
            waiting += flatten(x)[0]
        elif isinstance(x, (np.ndarray, np.floating)):
            x = _owner(x)
            if type(x) is not Owner:
                arrays[id(x)] = x
        elif hasattr(x, "held"):  # a chain being carried out by a schedule
            waiting += x.held()
    return [x for key, x in arrays.items() if key not in known]


def _owner(x):
    """The array whose memory x uses."""
    while isinstance(x, np.ndarray) and isinstance(x.base, np.ndarray):
        x = x.base
    return x
