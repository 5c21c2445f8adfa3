"""Times that can be compared: interleaved, and the least of many.

Other work on the machine only ever adds time, so the least of many repeats is the best estimate of a program's own.
The repeats of the competitors alternate, so that a busy minute falls on all of them. What is counted is the processor
time of the whole process: waiting does not count, and a second thread would. Python's garbage collector is off while
the clock runs, as in `timeit`: when it comes depends on all that is alive, not on the program it interrupts.
"""

import gc
import time


def best(functions, rounds, seconds):
    """The least processor time of one call, for each of several functions: ``{name: seconds}``.

    Parameters
    ----------
    functions : dict
        Name -> function without arguments.
    rounds : int
        How often each is timed at least.
    seconds : float
        Length of one timing; short functions are called several times in a row to fill it.
    """
    calls, least = {}, {}
    for name, function in functions.items():
        function()  # compiles, fills caches
        once = timed(function, 1)
        calls[name] = max(1, round(seconds / max(once, 1e-6)))
        least[name] = once
    names = list(functions)
    for number in range(rounds):
        gc.collect()
        turn = number % len(names)
        for name in names[turn:] + names[:turn]:
            least[name] = min(least[name], timed(functions[name], calls[name]))
    return least


def timed(function, calls):
    """Processor time of one call, as the mean of so many."""
    gc.disable()
    try:
        start = time.process_time()
        for _ in range(calls):
            function()
        return (time.process_time() - start) / calls
    finally:
        gc.enable()
