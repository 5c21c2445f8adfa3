"""What is to be differentiated, estimated or descended is a function: anything else is refused where it is given."""

import inspect
from functools import partial

import numpy as np
import pytest

import adlib
from adlib import optimize

X = np.ones(2)
NO_FUNCTIONS = {"a number": 3.0, "an array": X, "None": None, "a string": "f", "a tuple": (np.sin,), "NumPy's": X[0]}

# Every public name with a function as its first argument, given `f` in its place.
CALLS = {
    "check_grads": lambda f: adlib.check_grads(f, (X,)),
    "checkpoint": adlib.checkpoint,
    "checkpoint_chain": lambda f: adlib.checkpoint_chain(f, X, 3),
    "counted": adlib.counted,
    "derivative": adlib.derivative,
    "directional_difference": lambda f: adlib.directional_difference(f, X, X),
    "finite_difference": lambda f: adlib.finite_difference(f, X),
    "forward_gradient": lambda f: adlib.forward_gradient(f, X, 0),
    "grad": adlib.grad,
    "hessian": adlib.hessian,
    "hutchinson": lambda f: adlib.hutchinson(f, 3, 0, 1),
    "hutchinson_diagonal": lambda f: adlib.hutchinson_diagonal(f, 3, 0, 1),
    "hutchpp": lambda f: adlib.hutchpp(f, 3, 0, 3),
    "hvp": lambda f: adlib.hvp(f, (X,), (X,)),
    "hvp_operator": lambda f: adlib.hvp_operator(f, X),
    "jacfwd": adlib.jacfwd,
    "jacobian": adlib.jacobian,
    "jacrev": adlib.jacrev,
    "jvp": lambda f: adlib.jvp(f, (X,), (X,)),
    "lanczos": lambda f: adlib.lanczos(f, np.ones(3), 2),
    "linearize": lambda f: adlib.linearize(f, X),
    "make_graph": adlib.make_graph,
    "memory_report": lambda f: adlib.memory_report(f, X),
    "spectral_density": lambda f: adlib.spectral_density(f, 3, 0, 1, 2),
    "value_and_grad": adlib.value_and_grad,
    "vjp": lambda f: adlib.vjp(f, X),
    "zero_order_gradient": lambda f: adlib.zero_order_gradient(f, X, 0),
}
OPTIMISERS = ("gradient_descent", "heavy_ball", "nesterov", "adam")
CALLS |= {name: partial(getattr(optimize, name), w=X, step=0.1, iterations=1) for name in OPTIMISERS}
FUNCTIONS = {"f", "step", "matvec", "oracle"}


@pytest.mark.parametrize("name", CALLS)
@pytest.mark.parametrize("kind", NO_FUNCTIONS)
def test_what_is_no_function_is_refused_at_once(name, kind):
    with pytest.raises(
        adlib.ArgumentError, match=f"{name} takes (f|step|oracle) as a function, but got|matvec is a function"
    ):
        CALLS[name](NO_FUNCTIONS[kind])


def test_every_public_name_that_takes_a_function_is_here():
    public = [getattr(adlib, n) for n in adlib.__all__] + [getattr(optimize, n) for n in OPTIMISERS]
    first = {f.__name__: next(iter(inspect.signature(f).parameters), None) for f in public if inspect.isfunction(f)}
    assert {name for name, parameter in first.items() if parameter in FUNCTIONS} == set(CALLS)


@pytest.mark.parametrize("name", OPTIMISERS)
def test_a_loss_that_is_no_function_is_refused(name):
    with pytest.raises(adlib.ArgumentError, match=f"{name} takes loss as a function, but got 3.0"):
        getattr(optimize, name)(np.sin, X, 0.1, 1, loss=3.0)


def test_a_message_shows_what_was_given():
    for f, shown in ((3.0, "3.0"), (X, r"a ndarray of shape \(2,\)"), (None, "None"), ((np.sin,), "a tuple")):
        with pytest.raises(
            adlib.ArgumentError, match=f"grad takes f as a function, but got {shown}; pass the function itself"
        ):
            adlib.grad(f)


def test_whatever_can_be_called_is_a_function():
    class Square:
        def __call__(self, x):
            return x * x

    for f in (Square(), partial(np.multiply, 2.0), np.sin, adlib.counted(np.sin), abs, adlib.checkpoint(np.sin)):
        for by in (adlib.grad, adlib.derivative, adlib.jacrev, adlib.jacfwd):
            assert np.isfinite(by(f)(1.5))
