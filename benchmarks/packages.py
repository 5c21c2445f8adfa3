"""The competitors: how each package takes a gradient, a jvp and an hvp of one and the same program.

`ways(program)` gives, for each package and each task, the ways the package offers, as functions without arguments.
Where a package has several, all are timed and the fastest stands for it. What `adlib.program` records takes part as a
package of its own, and once more under JAX, compiled.
"""

import functools
from importlib import metadata

import autograd
import autograd.numpy as anp
import jax
import jax.numpy as jnp
import numpy as np
from autograd.differential_operators import make_jvp

import adlib

try:
    import torch
except ImportError:
    torch = None

jax.config.update("jax_enable_x64", True)
if torch is not None:
    torch.set_num_threads(1)
    torch.set_default_dtype(torch.float64)

TASKS = ("gradient", "jvp", "hvp")


def versions():
    """The version of every package that takes part."""
    modules = {"adlib": adlib, "numpy": np, "autograd": autograd, "jax": jax, "torch": torch}
    return {
        name: getattr(m, "__version__", None) or metadata.version(name) for name, m in modules.items() if m is not None
    }


def _numbers(f):
    return tuple(range(f.__code__.co_argcount))


def with_numpy(program):
    """Evaluation alone, and the reverse sweep by hand."""
    f = program.make(np, lambda x: x)
    ways = {"evaluation": {"numpy": lambda: f(*program.primals)}}
    if program.by_hand is not None:
        ways["gradient"] = {"by hand": lambda: program.by_hand(*program.primals)}
    return ways


def with_adlib(program):
    f, primals, tangents = program.make(np, lambda x: x), program.primals, program.tangents
    gradient = adlib.grad(f, _numbers(f))
    return {
        "gradient": {"grad": lambda: gradient(*primals)},
        "jvp": {"jvp": lambda: adlib.jvp(f, primals, tangents)[1]},
        "hvp": {"hvp": lambda: adlib.hvp(f, primals, tangents)[1]},
    }


@functools.lru_cache(maxsize=len(TASKS))
def recorded(program, task):
    """A derivative as `adlib.program` writes it down, and the arguments to call it with.

    Directions are arguments, too: as constants, parts of an hvp would be worked out when it is recorded.
    """
    f, primals, n = program.make(np, lambda x: x), program.primals, len(program.primals)
    both = (*primals, *program.tangents)
    derivative, arguments = {
        "gradient": (adlib.grad(f, _numbers(f)), primals),
        "jvp": (lambda *arrays: adlib.jvp(f, arrays[:n], arrays[n:])[1], both),
        "hvp": (lambda *arrays: adlib.hvp(f, arrays[:n], arrays[n:])[1], both),
    }[task]
    return adlib.program(derivative)(*arguments), arguments


def lines(program, task):
    """How many lines a recorded derivative has."""
    p, _ = recorded(program, task)
    return sum(p.op_counts().values())


def with_program(program, tasks):
    ways = {}
    for task in tasks:
        p, arguments = recorded(program, task)
        ways[task] = {"recorded": functools.partial(p, *arguments)}
    return ways


def with_program_in_jax(program, tasks):
    ways = {}
    for task in tasks:
        p, arguments = recorded(program, task)
        call = functools.partial(jax.jit(p.under(jnp)), *map(jnp.asarray, arguments))
        ways[task] = {"recorded, jit": lambda call=call: jax.block_until_ready(call())}
    return ways


def with_autograd(program):
    f, primals, tangents = program.make(anp, lambda x: x), program.primals, program.tangents
    if len(primals) == 1:
        # One array: no container to take apart.
        of_tuple, point, direction, wrap = f, primals[0], tangents[0], lambda g: (g,)
    else:
        of_tuple, point, direction, wrap = lambda p: f(*p), primals, tangents, lambda g: g
    gradient = autograd.grad(of_tuple)

    def directional(p):
        g = wrap(gradient(p))
        return sum(anp.sum(a * b) for a, b in zip(g, tangents))

    reverse_twice = autograd.grad(directional)
    return {
        "gradient": {"grad": lambda: wrap(gradient(point))},
        "jvp": {"make_jvp": lambda: make_jvp(of_tuple)(point)(direction)[1]},
        "hvp": {
            "forward over reverse": lambda: wrap(make_jvp(gradient)(point)(direction)[1]),
            "reverse over reverse": lambda: wrap(reverse_twice(point)),
        },
    }


def with_torch(program):
    from torch.autograd import forward_ad

    f = program.make(torch, torch.tensor)
    primals, tangents = (tuple(torch.tensor(x) for x in xs) for xs in (program.primals, program.tangents))

    def inputs():
        return tuple(x.clone().requires_grad_() for x in primals)

    def gradient():
        xs = inputs()
        return torch.autograd.grad(f(*xs), xs)

    def dual():
        with forward_ad.dual_level():
            y = f(*[forward_ad.make_dual(x, t) for x, t in zip(primals, tangents)])
            return forward_ad.unpack_dual(y).tangent

    def reverse_twice():
        xs = inputs()
        g = torch.autograd.grad(f(*xs), xs, create_graph=True)
        return torch.autograd.grad(g, xs, tangents)

    def forward_over_reverse():
        with forward_ad.dual_level():
            xs = tuple(forward_ad.make_dual(x, t) for x, t in zip(inputs(), tangents))
            g = torch.autograd.grad(f(*xs), xs, create_graph=True)
            return tuple(forward_ad.unpack_dual(y).tangent for y in g)

    functional = torch.func.grad(f, _numbers(f))
    return {
        "gradient": {"autograd.grad": gradient},
        "jvp": {"forward_ad": dual, "func.jvp": lambda: torch.func.jvp(f, primals, tangents)[1]},
        "hvp": {
            "reverse over reverse": reverse_twice,
            "forward over reverse": forward_over_reverse,
            "func.jvp of func.grad": lambda: torch.func.jvp(functional, primals, tangents)[1],
        },
    }


def with_jax(program):
    f = program.make(jnp, jnp.asarray)
    primals, tangents = (tuple(jnp.asarray(x) for x in xs) for xs in (program.primals, program.tangents))
    gradient = jax.grad(f, _numbers(f))
    # Directions are arguments: the compiler would multiply constants once and for all.
    tasks = {
        "gradient": lambda p, t: gradient(*p),
        "jvp": lambda p, t: jax.jvp(f, p, t)[1],
        "hvp": lambda p, t: jax.jvp(gradient, p, t)[1],
    }
    compiled = {task: jax.jit(code) for task, code in tasks.items()}
    return {
        task: {"jit": lambda code=code: jax.block_until_ready(code(primals, tangents))}
        for task, code in compiled.items()
    }


def ways(program, tasks=TASKS, without=()):
    """``{package: {task: {way: function}}}`` for one program."""
    makers = {
        "numpy": with_numpy,
        "adlib": with_adlib,
        "program": functools.partial(with_program, tasks=tasks),
        "program in jax": functools.partial(with_program_in_jax, tasks=tasks),
        "autograd": with_autograd,
        "jax": with_jax,
    }
    if torch is not None:
        makers["torch"] = with_torch
    return {name: make(program) for name, make in makers.items() if name not in without}
