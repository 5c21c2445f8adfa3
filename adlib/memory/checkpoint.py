"""Memory for time: run a part of the program again instead of keeping what it computed."""

import functools

import numpy as np

from ..core.arguments import check_function
from ..core.errors import ArgumentError
from ..core.settings import index_number
from ..core.trace import is_traced
from ..schedules.actions import Advance, Free, Record, Restore, Reverse, Store
from ..schedules.shipped import Schedule, not_a_schedule
from ..schedules.shipped import sqrt as sqrt_schedule
from .chain import run_chain

# Run at once for the value, and again on the way back; what is stored are the arguments.
_TWICE = Schedule(
    "checkpoint",
    lambda l: 1,
    lambda l: 1,
    lambda l: iter([Store(0, 0), Advance(0, 1), Restore(0, 0), Free(0), Record(0), Reverse(0)]),
)


def checkpoint(f):
    """Mark a function whose intermediate results are not kept but computed again.

    Parameters
    ----------
    f : callable
        A function of arrays, written in plain NumPy.  Arguments and results may
        be tuples, lists and dicts, nested; some of them may be constants.

    Returns
    -------
    callable
        The same function.  In reverse mode only its arguments are kept, and it
        runs once more when the backward sweep comes to it.

    Raises
    ------
    TracedValueError
        When `f` uses a traced value that is not among its arguments.
    ArgumentError
        When the second run gives another result, or uses other numbers for it,
        because `f` draws random numbers or depends on what has changed in
        between.  Of both runs the operations are compared, and every byte of the
        constants and of the results, by a hash of 64 bits; what a function made
        by `primitive` does inside shows in its results only.
    ValueError
        When `f` writes into an array among its arguments.

    Notes
    -----
    Cost: one more run of `f` in each backward sweep.  Memory: the arguments, and
    the intermediate results of `f` only while the sweep is in it.  The value is
    that of `f` bit for bit, and so is the gradient.  Forward mode runs `f` once
    and keeps nothing.  Second derivatives are right in all four compositions;
    memory is saved in forward over reverse (`hvp`, `hessian`) and in reverse
    over forward, not in reverse over reverse: see `checkpoint_chain`.

    The name is that of ``jax.checkpoint``.  Source: Griewank and Walther,
    "Evaluating Derivatives", 2nd ed., SIAM 2008, chapter 12.

    Examples
    --------
    >>> import numpy as np, adlib
    >>> @adlib.checkpoint
    ... def layer(W, x):
    ...     return np.tanh(W @ np.tanh(W @ x))
    >>> def loss(W):
    ...     x = np.ones(100)
    ...     for _ in range(10):
    ...         x = layer(W, x)
    ...     return np.sum(x)
    >>> W = np.eye(100) / 2
    >>> gradient = adlib.grad(loss)(W)
    >>> print(adlib.memory_report(loss, W))
    held for the way back: 9 arrays, 7.2 kB; the largest has shape (100,) and 800 bytes
    peak of both sweeps, measured: ... kB
    checkpoints: 10 steps, 10 steps run again; at most 1 state in slots and 1 step on tape
    """
    check_function(f, "checkpoint")

    @functools.wraps(f)
    def call(*args, **kwargs):
        return run_chain(_apply(f), None, [(args, kwargs)], (), _TWICE, f, "checkpoint")

    return call


def _apply(f):
    return lambda state, arguments: f(*arguments[0], **arguments[1])


def checkpoint_chain(step, state, inputs, *shared, schedule=sqrt_schedule):
    """Run a chain of steps so that reverse mode keeps within a budget of memory.

    The same as ::

        for x in inputs:
            state = step(state, x, *shared)
        return state

    Parameters
    ----------
    step : callable
        ``step(state, x, *shared)`` returns the next state, in plain NumPy.
    state : tree of arrays
        The first state.
    inputs : int, range, list, tuple or array
        What each step has for itself: one entry (a tree of arrays or anything
        else), or one row of the array, for each step.  A whole number l stands
        for ``range(l)``.
    *shared : trees of arrays
        What all steps have in common.
    schedule : adlib.schedules.Schedule, or callable
        What to store and what to run again.

    Returns
    -------
    tree of arrays
        The last state.

    Raises
    ------
    TracedValueError
        When `step` uses a traced value that is not among its arguments.
    ArgumentError
        When `inputs` is none of the above, when a step run again gives another
        result, or when the schedule is wrong (see `adlib.schedules.simulate`).

    Notes
    -----
    Differentiable by `state`, `inputs` and `shared`; gradients are those of the
    loop bit for bit, whatever the schedule.  Cost: with l steps and the
    schedule's number of advances, l + advances runs of a step and l backward
    sweeps through one.  Memory: the states in the slots, the intermediate
    results of the steps on tape, and about 110 bytes for each step, by which
    its runs are compared.  Forward mode runs the loop and keeps nothing.
    In forward over reverse (`hvp`) and reverse over forward the schedule works
    as in reverse mode, on pairs of values and tangents.  Reverse over reverse is
    right, but saves no memory: there the outer tape records all that the inner
    sweep does, the runs that a schedule adds included.  For 16 steps of three sines
    each the peak of ``grad(lambda x: grad(loss)(x) @ v)`` is 145 states with
    `store_all`, as without a schedule, but 180 with `sqrt` and 230 with
    ``binomial(3)``; that of `hvp` is 102, 36 and 20.  A pullback that is called again, as by
    `jacrev`, runs the whole schedule again.

    Source: see `adlib.schedules`.

    Examples
    --------
    >>> import numpy as np, adlib
    >>> from adlib import schedules
    >>> def step(x, t, w):
    ...     return x + 0.01 * np.tanh(w @ x) * np.cos(0.1 * t)
    >>> def loss(w, schedule):
    ...     return np.sum(adlib.checkpoint_chain(step, np.ones(3), 100, w, schedule=schedule))
    >>> w = np.eye(3)
    >>> full = adlib.grad(loss)(w, schedules.store_all)
    >>> poor = adlib.grad(loss)(w, schedules.binomial(3))
    >>> bool(np.all(full == poor))
    True
    """
    check_function(step, "checkpoint_chain", "step")
    if not callable(schedule):
        raise not_a_schedule(schedule)
    rows = is_traced(inputs) or isinstance(inputs, np.ndarray)
    if rows and np.ndim(inputs):
        return run_chain(
            lambda state, i, rows, *shared: step(state, rows[i], *shared),
            state,
            range(len(inputs)),
            (inputs, *shared),
            schedule,
            step,
            "checkpoint_chain",
        )
    if not isinstance(inputs, (range, list, tuple)):
        if rows or not hasattr(inputs, "__index__"):
            raise ArgumentError(
                "checkpoint_chain takes the inputs of its steps as a whole number, a range, a list, a tuple or an "
                f"array with one row for each step, but got a {type(inputs).__name__}; "
                "put what all steps share after them: checkpoint_chain(step, state, 10, w)"
            )
        inputs = range(index_number(inputs, "checkpoint_chain takes a number of steps", 0))
    return run_chain(step, state, inputs, shared, schedule, step, "checkpoint_chain")
