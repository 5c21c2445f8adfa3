"""Processor time of Jacobians by forward and by reverse mode, in JAX: ``python -m benchmarks.crossover``.

Prints the numbers that chapter 8 shows, after what they were measured with. It takes about three minutes, on one thread.
Processor time, so that a busy machine changes little; the numbers still belong to one machine.
"""

import datetime
import os
import platform
import time

from benchmarks.bench import ONE_THREAD

if __name__ == "__main__":
    os.environ.update(ONE_THREAD)  # before JAX starts

import jax
import jax.numpy as jnp
import numpy as np

INPUTS = 100
OUTPUTS = (1, 3, 10, 30, 100, 300, 1000, 3000)
HOURGLASS = (1000, 1000, 1, 1000, 1000)
REPEATS, SECONDS = 3, 1.0


def chain(sizes, bend=jnp.sin):
    """Layers between spaces of these sizes: a matrix, then `bend` on each entry."""
    draw = np.random.default_rng(8).standard_normal
    layers = [jnp.asarray(draw((m, n)) / np.sqrt(n)) for n, m in zip(sizes, sizes[1:], strict=False)]

    def f(x):
        for w in layers:
            x = bend(w @ x)
        return x

    return f


def mixed(first, last):
    """The Jacobian of last(first(x)) where first has one result: a sweep back, a sweep forward, an outer product."""

    def jacobian(x):
        middle, back = jax.vjp(first, x)
        (row,) = back(jnp.ones_like(middle))
        column = jax.jvp(last, (middle,), (jnp.ones_like(middle),))[1]
        return jnp.outer(column, row)

    return jacobian


def in_batches(f):
    """The Jacobian by reverse mode with as many seeds at once as forward mode has, where `jax.jacrev` takes all at once."""

    def jacobian(x):
        y, back = jax.vjp(f, x)

        def row(j):
            return back(jax.nn.one_hot(j, y.size, dtype=y.dtype))[0]

        return jax.lax.map(row, jnp.arange(y.size), batch_size=x.size)

    return jacobian


def seconds(jacobian, x):
    """The processor time of a compiled call: the least of a few means, for the clock may tick in hundredths of a second."""
    run = jax.jit(jacobian)
    run(x).block_until_ready()
    means = []
    for _ in range(REPEATS):
        calls, since = 0, time.process_time()
        while time.process_time() - since < SECONDS:
            run(x).block_until_ready()
            calls += 1
        means.append((time.process_time() - since) / calls)
    return min(means)


def crossover():
    """Seconds of reverse mode for each second of forward mode, for a linear map and a chain with sines.

    All seeds at once for each of OUTPUTS, and in batches where there is more than one.
    """
    x = jnp.linspace(-1.0, 1.0, INPUTS)
    maps = {
        "linear": lambda m: chain((INPUTS, m), bend=lambda y: y),
        "nonlinear": lambda m: chain((INPUTS, INPUTS, m)),
    }
    at_once, batches = {name: [] for name in maps}, {name: [] for name in maps}
    for name, f in maps.items():
        for m in OUTPUTS:
            forward = seconds(jax.jacfwd(f(m)), x)
            at_once[name].append(ratio(seconds(jax.jacrev(f(m)), x), forward))
            if m > INPUTS:
                batches[name].append(ratio(seconds(in_batches(f(m)), x), forward))
    return at_once, batches


def ratio(reverse, forward):
    """With the digits that a second measurement repeats."""
    return float(f"{reverse / forward:.2g}")


def hourglass():
    """Milliseconds of the three ways through a chain with one number in the middle."""
    x = jnp.linspace(-1.0, 1.0, HOURGLASS[0])
    middle = HOURGLASS.index(1)
    first, last = chain(HOURGLASS[: middle + 1]), chain(HOURGLASS[middle:])
    ways = {
        "forward": jax.jacfwd(lambda x: last(first(x))),
        "reverse": jax.jacrev(lambda x: last(first(x))),
        "mixed": mixed(first, last),
    }
    return {name: float(f"{1e3 * seconds(way, x):.2g}") for name, way in ways.items()}


if __name__ == "__main__":
    jax.config.update("jax_enable_x64", True)
    today = datetime.datetime.now(datetime.UTC).date()
    print(f"# JAX {jax.__version__}, Python {platform.python_version()}, one thread of {platform.machine()}, {today}")
    print("OUTPUTS =", list(OUTPUTS))
    for name, found in zip(("SECONDS", "IN_BATCHES"), crossover(), strict=True):
        print(name, "=", found)
    print("HOURGLASS =", hourglass())
