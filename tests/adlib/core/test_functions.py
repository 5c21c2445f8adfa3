"""What is to be differentiated, estimated or descended is a function: anything else is refused where it is given."""

import inspect
import re
import statistics
from functools import partial

import jax.numpy as jnp
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
    "examine": lambda f: adlib.examine(f, X),
    "finite_difference": lambda f: adlib.finite_difference(f, X),
    "forward_gradient": lambda f: adlib.forward_gradient(f, X, 0),
    "gauss_newton_product": lambda f: adlib.gauss_newton_product(f, np.sin, (X,), (X,)),
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
    "program": adlib.program,
    "sparse_jacobian": adlib.sparse_jacobian,
    "spectral_density": lambda f: adlib.spectral_density(f, 3, 0, 1, 2),
    "value_and_grad": adlib.value_and_grad,
    "vjp": lambda f: adlib.vjp(f, X),
    "zero_order_gradient": lambda f: adlib.zero_order_gradient(f, X, 0),
}
OPTIMISERS = ("gradient_descent", "heavy_ball", "nesterov", "adam")
CALLS |= {name: partial(getattr(optimize, name), w=X, step=0.1, iterations=1) for name in OPTIMISERS}
FUNCTIONS = {"f", "step", "matvec", "oracle", "loss"}


@pytest.mark.parametrize("name", CALLS)
@pytest.mark.parametrize("kind", NO_FUNCTIONS)
def test_what_is_no_function_is_refused_at_once(name, kind):
    with pytest.raises(
        adlib.ArgumentError, match=f"{name} takes (f|step|oracle|loss) as a function, but got|matvec is a function"
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


@pytest.mark.parametrize(
    "branch",
    [
        lambda x: isinstance(x, np.ndarray),
        lambda x: isinstance(x, (list, tuple, np.ndarray)),
        lambda x: isinstance(x[0], float),
        lambda x: isinstance(x[0], np.floating),
        lambda x: isinstance(x[0], (int, np.number)),
        lambda x: not isinstance(x, float) and not isinstance(x[0], np.ndarray),
    ],
)
def test_isinstance_answers_as_for_the_plain_value(branch):
    f = lambda x: np.sum(x**2) if branch(x) else 0.0 * np.sum(x)  # noqa: E731
    x = np.array([1.0, 2.0])
    assert f(x) == 5.0
    assert np.array_equal(adlib.grad(f)(x), 2 * x)
    assert np.array_equal(adlib.hessian(f)(x), 2 * np.eye(2))
    assert adlib.jvp(adlib.grad(f), (x,), (x,))[1].tolist() == (2 * x).tolist()
    assert adlib.grad(lambda x: adlib.jvp(f, (x,), (np.ones(2),))[1])(x).tolist() == [2.0, 2.0]
    assert adlib.hvp_operator(f, x)[1](x).tolist() == (2 * x).tolist()


def test_isinstance_of_a_python_float():
    f = lambda x: x * x if isinstance(x, float) and not isinstance(x, np.generic) else 0.0 * x  # noqa: E731
    assert adlib.grad(f)(3.0) == 6.0
    assert adlib.derivative(adlib.derivative(f))(3.0) == 2.0
    assert adlib.grad(lambda x: adlib.grad(f)(x))(3.0) == 2.0
    assert adlib.grad(f)(np.float64(3.0)) == 0.0


@pytest.mark.parametrize("f", [jnp.sin, jnp.sum, lambda x: jnp.ones(3) + x], ids=["sin", "sum", "add"])
def test_a_function_of_jax_is_refused_in_words(f):
    with pytest.raises(
        adlib.AdlibError, match=r"^JAX knows no traced value .* of adlib; write the function with NumPy's"
    ):
        adlib.grad(f)(1.0)


@pytest.mark.parametrize(
    "call, message",
    [
        (lambda: adlib.hvp(np.sum, 1.0, 1.0), "hvp takes primals as a tuple"),
        (lambda: adlib.hvp(np.sum, (1.0,), 1.0), "hvp takes tangents as a tuple"),
        (lambda: adlib.hvp(lambda x: x, (np.ones(3),), (np.ones(3),)), "hvp needs a function with one number"),
        (lambda: adlib.hessian(lambda x: x)(np.ones(3)), "hessian needs a function with one number"),
        (lambda: adlib.hessian(np.sum)(), "hessian was asked for argument 0"),
        (lambda: adlib.hessian(np.sum)(3), "hessian needs real inputs"),
        (lambda: adlib.value_and_grad(lambda x: x)(np.ones(3)), "value_and_grad needs a function with one number"),
        (lambda: adlib.hvp_operator(lambda x: x, np.ones(3)), "hvp_operator needs a function with one number"),
        (lambda: adlib.check_grads(np.sin, (1.0,), seed="a"), "check_grads takes seed as an integer"),
        (lambda: adlib.check_grads(np.sin, (1.0,), modes=None), "but got order=1 and modes=None"),
        (lambda: adlib.hutchinson(np.eye(2), 2, 0, 1, dtype="foo"), "but dtype is 'foo'"),
        (lambda: adlib.difference_step(dtype="foo"), "but dtype is 'foo'"),
    ],
)
def test_a_message_names_what_was_called(call, message):
    with pytest.raises(adlib.ArgumentError, match=message):
        call()


def test_argnums_may_be_an_integer_of_numpy():
    assert adlib.grad(lambda x, y: x * y, np.int64(1))(2.0, 3.0) == 2.0


def test_a_masked_direction_is_refused():
    v = np.ma.array([1.0, 2.0], mask=[False, True])
    with pytest.raises(adlib.ArgumentError, match="a MaskedArray, whose mask would be lost"):
        adlib.jvp(np.sin, (X,), (v,))
    with pytest.raises(adlib.ArgumentError, match="a MaskedArray, whose mask would be lost"):
        adlib.vjp(np.sin, X)[1](v)


def test_nan_to_num_takes_a_python_float():
    assert adlib.grad(lambda x: np.nan_to_num(x) * x)(2.0) == 4.0


def test_a_function_of_another_library_gets_the_mend_for_it():
    with pytest.raises(
        adlib.TracedValueError, match=r"^statistics\.fmean\(\) of .*; write it with NumPy's functions, or"
    ):
        adlib.grad(lambda x: statistics.fmean([x, x]))(1.0)


@pytest.mark.parametrize("name, instead", [("flat", "np.ravel(x)"), ("detach", "adlib.stop_gradient(x)")])
def test_an_attribute_with_another_way_names_it(name, instead):
    with pytest.raises(adlib.TracedAttributeError, match=re.escape(f"'{name}'; use {instead} instead")):
        adlib.grad(lambda x: np.sum(getattr(x, name)))(X)
