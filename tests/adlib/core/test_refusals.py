"""Everything that adlib refuses, with the whole of what it says.

A message says what was attempted on what, why it has no derivative, and what to
write instead; a note names the line of the caller's program.  The contents of an
array never appear.
"""

import functools
import inspect
import math
import random
import re
from math import sin as from_math

import numpy as np
import pytest
import scipy.sparse

import adlib
from adlib import grad, jacfwd, jacrev, jvp, value_and_grad, vjp

X = np.array([1.25, 2.5, 3.75])
SPARSE_MATRIX = scipy.sparse.csr_matrix(np.diag(X))
S = r"traced value \(shape \(\), float64\)"
A = r"traced value \(shape \(3,\), float64\)"
LOST = "would lose its derivative"
STACK = re.escape(
    "write np.stack([x0, x1]) in place of np.array([x0, x1]), and leave it out where x is an array already"
)
STORE = f"y\\[...\\] = x with a {{}} {LOST}; collect the values in a list and join them by np.stack, or choose between old and new with np.where"
ALONE = "leave it out: traced numbers take part in arithmetic as they are"
COUNT = re.escape("use an integer, or int(adlib.stop_gradient(x))")
SPARSE = f"turning into a plain array, by scipy.sparse, of a {A} {LOST}; use A.toarray\\(\\), or declare the product with adlib.primitive"
HASH = f"a {S} {LOST}; a dict, a set or a cache would take it for the plain number: look up adlib.stop_gradient\\(x\\), or choose with np.where"
NEW = "make a new value instead: y = y \\+ x, np.where, np.stack or np.concatenate"


def change(x):
    x[0] = 1.0


def fill(x):
    out = np.zeros(3)
    out[0] = x[0]


def fill_with_one(x):
    out = np.zeros(3)
    out[0] = x[:1]


def fill_single(x):
    out = np.zeros(3, np.float32)
    out[0] = x[0]


def fill_where(x):
    out = np.zeros(3)
    out[X > 2] = x[0]


def add_to_entry(x):
    out = np.zeros(3)
    out[0] += x[0]


@functools.cache
def cached(x):
    return x * x


def fill_all(x):
    out = np.zeros(3)
    out[:] = x


def add_to(x):
    out = np.zeros(3)
    out += x


def multiply_by(x):
    x *= 2.0


def put(x):
    buffer = np.zeros(3)
    np.add.at(buffer, np.array([0, 1, 1]), x)


# What a program does with a traced array of shape (3,), and what adlib says to it.
TRACED = {
    # Conversions.
    "np.array(x)": (lambda x: np.array(x), f"np.array\\(\\) of a {A} {LOST}; {STACK}"),
    "np.asarray(x)": (lambda x: np.asarray(x), f"np.asarray\\(\\) of a {A} {LOST}; {STACK}"),
    "np.array([x, x])": (lambda x: np.array([x[0], x[1]]), f"np.array\\(\\) of a {S} {LOST}; {STACK}"),
    "np.array of objects": (lambda x: np.array([x[0]], dtype=object), f"np.array\\(\\) of a {S}"),
    "np.float64(x)": (lambda x: np.float64(x[0]), f"np.float64\\(\\) of a {S} {LOST}; {ALONE}"),
    "np.int64(x)": (lambda x: np.int64(x[0]), f"np.int64\\(\\) of a {S} {LOST}; round with np.floor or np.round"),
    "np.full": (lambda x: np.full(3, x[0]), f"numpy.full\\(\\) of a {S} {LOST}; write x \\* np.ones\\(shape\\)"),
    "np.full_like": (lambda x: np.full_like(X, x[0]), f"numpy.full_like\\(\\) of a {S} {LOST}; write x \\* np.ones_like\\(a\\)"),
    "np.nan_to_num(nan=x)": (lambda x: np.nan_to_num(X, nan=x[0]), f"numpy.nan_to_num\\(\\) of a {S} {LOST}; write np.where\\(np.isnan\\(a\\), x, a\\)"),
    "np.piecewise": (lambda x: np.piecewise(X, [X > 2], [lambda v: v * x[0], 0.0]), f"numpy.piecewise\\(\\) of a .* {LOST}; write np.where"),
    "np.select": (lambda x: np.select([X > 2], [X], x[0]), f"numpy.select\\(\\) of a {S} {LOST}; write np.where"),
    "np.unwrap(period=x)": (lambda x: np.unwrap(X, period=x[0]), "numpy.unwrap\\(\\) of a traced value"),
    "np.fill_diagonal": (lambda x: np.fill_diagonal(np.eye(3), x[0]), f"numpy.fill_diagonal\\(\\) of a {S} {LOST}; write np.where\\(np.eye"),
    "np.apply_along_axis": (lambda x: np.apply_along_axis(lambda row: row @ x, 1, np.eye(3)), f"numpy.apply_along_axis\\(\\) of a {S} {LOST}; call the function on each row"),
    "np.vectorize": (lambda x: np.vectorize(math.sin)(x), f"numpy.vectorize\\(\\) of a {A} {LOST}; call the function on the whole array"),
    "np.fromiter": (lambda x: np.fromiter([x[0]], float), f"np.fromiter\\(\\) of a {S} {LOST}; write np.stack"),
    "np.einsum of a list": (lambda x: np.einsum("i,i", [x[0], x[1]], X[:2]), f"numpy.einsum\\(\\) of a {S}"),
    "random.choices": (lambda x: random.choices([1, 2], [x[0], 1.0]), f"random.choices\\(\\) of a {S}"),
    "rng.normal": (lambda x: np.random.default_rng(0).normal(x[0]), f"normal\\(\\) of a {S}"),
    "out[:] = x": (fill_all, STORE.format(A)),
    "out[i] = x": (fill, STORE.format(S)),
    "out[i] = x[:1]": (fill_with_one, STORE.format("traced value .*")),
    "out[i] = x of float32": (fill_single, STORE.format(S)),
    "out[mask] = x": (fill_where, STORE.format(S)),
    "out[i] += x": (add_to_entry, STORE.format(S)),
    "out.fill(x)": (lambda x: np.zeros(3).fill(x[0]), f"fill\\(\\) of a {S}"),
    "float(x)": (lambda x: float(x[0]), f"float\\(\\) of a {S} {LOST}; {ALONE}"),
    "math.sin(x)": (lambda x: math.sin(x[0]), f"math.sin\\(\\) of a {S} {LOST}; use np.sin\n"),
    "sin(x) from math": (lambda x: from_math(x[0]), f"from_math\\(\\) of a {S} {LOST}; use np.sin\n"),
    "math.pow(x, 2)": (lambda x: math.pow(x[0], 2), f"math.pow\\(\\) of a {S} {LOST}; use np.power\n"),
    "math.gamma(x)": (lambda x: math.gamma(x[0]), f"math.gamma\\(\\) of a {S} {LOST}; write it with NumPy's functions, or use adlib.primitive"),
    "math.fsum(x)": (lambda x: math.fsum(x), f"math.fsum\\(\\) of a {S} {LOST}; use np.sum"),
    "math.trunc(x)": (lambda x: math.trunc(x[0]), f"math.trunc\\(\\) of a {S} {LOST}; use np.trunc"),
    "'%f' % x": (lambda x: "%f" % x[0], f"float\\(\\) of a {S} {LOST}; write it as f"),  # noqa: UP031
    "int(x)": (lambda x: int(x[0]), f"int\\(\\) of a {S} {LOST}; round with np.floor or np.round, or count with int\\(adlib.stop_gradient\\(x\\)\\)"),
    "complex(x)": (lambda x: complex(x[0]), f"complex\\(\\) of a {S} {LOST}; only real values are differentiated"),
    "range(x)": (lambda x: range(x[0]), f"range\\(\\) of a {S} {LOST}; {COUNT}"),
    "np.ones((2, x))": (lambda x: np.ones((2, x[0])), f"numpy.ones\\(\\) of a {S} {LOST}; {COUNT}"),
    "list[x]": (lambda x: [1, 2][x[0]], f"indexing with a {S} {LOST}; {COUNT}"),
    "array[x]": (lambda x: X[x[0]], f"indexing with a {S} {LOST}; {COUNT}"),
    "x[x]": (lambda x: x[x[0]], f"indexing with a {S} {LOST}; {COUNT}"),
    "x.item()": (lambda x: x[0].item(), f"item\\(\\) of a {S} {LOST}; {ALONE}"),
    "x.tolist()": (lambda x: x.tolist(), f"tolist\\(\\) of a {A} {LOST}"),
    "x @ sparse": (lambda x: x @ SPARSE_MATRIX, "multiplies in a way of its own"),
    "sparse @ x": (lambda x: SPARSE_MATRIX @ x, SPARSE),
    "x * sparse": (lambda x: x * SPARSE_MATRIX, "multiplies in a way of its own"),
    "x + sparse": (lambda x: x + SPARSE_MATRIX, SPARSE),
    "x / sparse": (lambda x: x / SPARSE_MATRIX, SPARSE),
    "sparse * x[0]": (lambda x: SPARSE_MATRIX * x[0], SPARSE),
    "sparse.dot(x)": (lambda x: SPARSE_MATRIX.dot(x), f"SPARSE_MATRIX.dot\\(\\) of a {A}"),
    "hash(x)": (lambda x: hash(x), "hash\\(\\) of a traced value"),
    "dict[x]": (lambda x: {1.25: 3.0}[x[0]], f"hash\\(\\) of {HASH}"),
    "dict.get(x)": (lambda x: {1.25: 3.0}.get(x[0], 1.0), f"get\\(\\) of {HASH}"),
    "x in set": (lambda x: x[0] in {1.25, 2.0}, f"hash\\(\\) of {HASH}"),
    "a set of traced values": (lambda x: {x[0], x[1]}, f"hash\\(\\) of {HASH}"),
    "a cached function": (lambda x: cached(x[0]), f"cached\\(\\) of {HASH}"),
    # Writing.
    "x[0] = 1": (change, f"x\\[...\\] = value would write into an array that a derivative of a {A} may need; {NEW}"),
    "x *= 2": (multiply_by, f"\\*= on a traced array would write into an array that a derivative of a {A} may need; {NEW}"),
    "out += x": (add_to, f"\\+= on a plain array would write into an array that a derivative of a {A} may need; {NEW}"),
    "np.sin(x, out=)": (lambda x: np.sin(x, out=np.zeros(3)), "numpy.sin with out= would write into an array"),
    "np.sum(x, out=)": (lambda x: np.sum(x, out=np.zeros(())), "numpy.sum with out= would write into an array"),
    "np.sum(x, 0, None, out)": (lambda x: np.sum(x, 0, None, np.zeros(())), "numpy.sum with out= would write into an array"),
    "x.sum(out=)": (lambda x: x.sum(out=np.zeros(())), "numpy.sum with out= would write into an array"),
    "np.dot(x, y, out)": (lambda x: np.dot(x, X, np.zeros(())), "numpy.dot with out= would write into an array"),
    "np.concatenate(out=)": (lambda x: np.concatenate([x], out=np.zeros(3)), "numpy.concatenate with out= would write into an array"),
    "np.add.at": (put, "numpy.add.at would write into an array"),
    # No rule.
    "np.bitwise_and.reduce": (lambda x: np.bitwise_and.reduce(x), f"adlib has no derivative rule for numpy.bitwise_and.reduce, called on a {A}; rewrite it with supported functions, or declare it with adlib.primitive"),
    "np.fft.fft": (lambda x: np.fft.fft(x), f"numpy.fft.fft on a {A}: its result is complex, and adlib differentiates real functions only"),
    "np.gcd": (lambda x: np.gcd(x, 2), f"numpy.gcd on a {A}: it works on whole numbers, which have no derivative; use adlib.stop_gradient"),
    "np.add.reduceat": (lambda x: np.add.reduceat(x, [0, 1]), f"adlib has no derivative rule for numpy.add.reduceat, called on a {A}"),
    "own ufunc": (lambda x: np.frompyfunc(lambda u: u, 1, 1)(x), "adlib has no derivative rule for .*lambda"),
    "a method": (lambda x: x.ptp(), f"a {A} has no attribute or method 'ptp'; use np.ptp\\(x\\) instead"),
    "an attribute": (lambda x: x.nonsense, f"a {A} has no attribute or method 'nonsense'; use a NumPy function instead"),
    # Keywords.
    "np.add(where=)": (lambda x: np.add(x, 1.0, where=X > 2), f"the keyword 'where' of numpy.add is not supported on a {A}; leave it out, or use np.where or astype"),
    "np.sin(dtype=)": (lambda x: np.sin(x, dtype=np.float32), f"the keyword 'dtype' of numpy.sin is not supported on a {A}"),
    "order='A'": (lambda x: np.ravel(x, order="A"), "order='A' follows the memory of an array, which a derivative does not share; use order='C' or order='F'"),
    # Results that are not real numbers.
    "x * 1j": (lambda x: x * 1j, "an operation on a traced value gave a result of dtype complex128; adlib differentiates real functions only: pass real and imaginary parts separately"),
    "(-x) ** 0.5 of a float": (lambda x: jvp(lambda s: (-s) ** 0.5, (2.0,), (1.0,)), "an operation on a traced value gave a result of dtype complex; adlib differentiates real functions only"),
    "np.sum(x, dtype=int)": (lambda x: np.sum(x, dtype=int), "an operation on a traced value gave a result of type int64, but only floats and plain float arrays have derivatives; make the other operands plain float arrays"),
    "objects": (lambda x: x * np.array([1, 2, 3], dtype=object), "an operation on a traced value gave a result of type object"),
    "masked array": (lambda x: x * np.ma.array([1.0, 2.0, 3.0], mask=[0, 1, 0]), "an operation on a traced value gave a result of type MaskedArray"),
    "pickling": (lambda x: __import__("pickle").dumps(x), f"pickling of a {A} would lose its derivative; differentiate inside the other process, and send plain arrays"),
}  # fmt: skip
MODES = {
    "forward": lambda f: jvp(lambda x: np.sum(f(x)), (X,), (X,)),
    "reverse": lambda f: grad(lambda x: np.sum(f(x)))(X),
    "both": lambda f: jvp(grad(lambda x: np.sum(f(x))), (X,), (X,)),
}


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("attempt", TRACED)
def test_traced_values(attempt, mode):
    f, message = TRACED[attempt]
    with pytest.raises(adlib.TracedValueError, match=message) as caught:
        MODES[mode](f)
    said = str(caught.value)
    assert not re.search(r"1\.25|2\.5|3\.75", said), "a message never shows the contents"
    assert "\n" not in said and not said.endswith(".")


def here(f):
    lines, first = inspect.getsourcelines(f)
    return range(first, first + len(lines))


@pytest.mark.parametrize("attempt", TRACED)
def test_the_note_names_the_line_of_the_caller(attempt):
    f, _ = TRACED[attempt]
    with pytest.raises(adlib.TracedValueError) as caught:
        grad(lambda x: np.sum(f(x)))(X)
    (note,) = caught.value.__notes__
    named = re.fullmatch(r"raised while tracing (.*), line (\d+)", note)
    assert named[1] == __file__
    assert int(named[2]) in here(f)


def test_a_folder_called_numpy_may_be_the_callers(tmp_path):
    file = tmp_path / "numpy" / "mine.py"
    code = compile("def f(x):\n    return float(x)\n", str(file), "exec")
    names = {}
    exec(code, names)
    with pytest.raises(adlib.TracedValueError) as caught:
        grad(names["f"])(1.0)
    assert caught.value.__notes__ == [f"raised while tracing {file}, line 2"]


@pytest.mark.parametrize(
    "code, message",
    [
        (
            "import math\ndef f(x):\n    return math.sin(x)\n",
            "float() of a traced value (shape (), float64) would lose",
        ),
        ("def f(x):\n\n    return np.array([x])\n", "turning into a plain array of a traced value"),
        ("def f(x):\n    y = np.zeros(3)\n    y[0] = x\n", "y[...] = x with a traced value (shape (), float64)"),
    ],
)
def test_a_line_without_source_has_a_number_all_the_same(code, message):
    names = {"np": np}
    exec(compile(code, "<stdin>", "exec"), names)
    with pytest.raises(adlib.TracedValueError, match=re.escape(message)) as caught:
        grad(names["f"])(1.0)
    assert caught.value.__notes__ == ["raised while tracing <stdin>, line 3"]


def test_a_source_that_has_changed_is_not_quoted(tmp_path):
    file = tmp_path / "mine.py"
    file.write_text("something else (\n")
    names = {}
    exec(compile("def f(x):\n    return float(x)\n", str(file), "exec"), names)
    with pytest.raises(adlib.TracedValueError, match=re.escape("float() of a traced value")):
        grad(names["f"])(1.0)


def test_a_call_over_several_lines_is_named():
    def f(x):
        return math.hypot(
            x,
            # of the other side
            2.0,
        )

    with pytest.raises(adlib.TracedValueError, match=re.escape("math.hypot() of a traced value") + ".*use np.hypot"):
        grad(f)(1.0)


def test_a_caught_refusal_leaves_the_value_as_it_was():
    def f(x):
        for convert in (np.asarray, hash, range, [1.0].__getitem__):
            with pytest.raises(adlib.TracedValueError):
                convert(x)
        for attempt in (lambda: float(x), lambda: int(x), lambda: math.sin(x)):
            with pytest.raises(adlib.TracedValueError):
                attempt()
        return np.sum(x[None] * x)

    assert grad(f)(3.0) == 6.0

    def stored(x):
        with pytest.raises(adlib.TracedValueError):
            np.zeros(2)[0] = x
        return x * x

    assert grad(stored)(3.0) == 6.0 and jvp(stored, (3.0,), (1.0,)) == (9.0, 6.0)
    assert jacfwd(jacrev(stored))(3.0) == 2.0


@pytest.mark.parametrize(
    "name, call",
    [
        ("reshape", lambda x: x.reshape(3, wrong=1)),
        ("reshape", lambda x: x.reshape()),
        ("reshape", lambda x: np.reshape(x)),
        ("reshape", lambda x: np.reshape(x, 3, wrong=1)),
        ("transpose", lambda x: x.transpose(wrong=1)),
        ("flatten", lambda x: x.flatten(wrong=1)),
        ("swapaxes", lambda x: x.swapaxes(1)),
        ("astype", lambda x: x.astype()),
        ("copy", lambda x: x.copy(1, 2, 3)),
        ("dot", lambda x: x.dot()),
        ("sum", lambda x: x.sum(wrong=1)),
        ("linspace", lambda x: np.linspace(x)),
        ("trace", lambda x: x.trace(wrong=1)),
    ],
)
def test_a_wrong_call_of_a_function_is_pythons_error_under_its_own_name(name, call):
    for transform in (lambda f: jvp(f, (X,), (X,)), lambda f: vjp(f, X)):
        with pytest.raises(TypeError, match=rf"(?<!\w){name}\(\)|for this function") as caught:
            transform(call)
        assert not isinstance(caught.value, adlib.AdlibError)


def test_a_refused_function_is_named_as_it_was_called():
    with pytest.raises(adlib.TracedValueError, match=re.escape("no derivative rule for np.strings.lstrip, called on")):
        grad(lambda x: np.strings.lstrip(x))(X)


def test_the_message_of_a_cache_that_was_filled_with_plain_numbers():
    @functools.lru_cache
    def square(x):
        return x * x

    assert square(2.0) == 4.0
    with pytest.raises(adlib.TracedValueError, match=re.escape("hash() of a traced value")):
        grad(square)(2.0)
    # The plain value chooses a branch, and the derivative is that of the branch.
    table = {2.0: 3.0}
    assert grad(lambda x: x * table.get(adlib.stop_gradient(x), 1.0))(2.0) == 3.0
    assert grad(lambda x: x * table.get(adlib.stop_gradient(x), 1.0))(2.5) == 1.0


def test_refusals_are_python_errors_of_the_fitting_kind():
    for error, base in (
        (adlib.TracedValueError, TypeError),
        (adlib.TracedAttributeError, AttributeError),
        (adlib.EscapedTracerError, RuntimeError),
        (adlib.ArgumentError, ValueError),
        (adlib.GradientCheckError, AssertionError),
    ):
        assert issubclass(error, base) and issubclass(error, adlib.AdlibError)
    grad(lambda x: np.sum(x) if not hasattr(x, "nonsense") else None)(X)


# Arguments. {t} is the name of the transformation.
CALLS = {
    "jvp": lambda f, x: jvp(f, (x,), (x,)),
    "vjp": lambda f, x: vjp(f, x),
    "grad": lambda f, x: grad(f)(x),
    "jacfwd": lambda f, x: jacfwd(f)(x),
    "jacrev": lambda f, x: jacrev(f)(x),
    "derivative": lambda f, x: adlib.derivative(f)(x),
    "make_graph": lambda f, x: adlib.make_graph(f)(x),
}
INPUTS = {
    "int": (3, "{t} needs real inputs, but an argument has type int, where a derivative makes no sense; write 2.0 for 2, or use x.astype(float)"),
    "bool": (True, "{t} needs real inputs, but an argument has type bool"),
    "int array": (np.arange(3), "{t} needs real inputs, but an argument has type int64"),
    "np.int32": (np.int32(3), "{t} needs real inputs, but an argument has type int32"),
    "bool array": (np.ones(2, bool), "{t} needs real inputs, but an argument has type bool"),
    "complex": (1j, "{t} differentiates real functions, but an argument has type complex; pass the real and the imaginary part as two arguments"),
    "complex array": (np.ones(2, complex), "{t} differentiates real functions, but an argument has type complex128"),
    "string": ("3.0", "{t} differentiates floats and float arrays, but an argument is a str; convert it with np.asarray(x, dtype=float)"),
    "objects": (np.array([1.0, None]), "{t} differentiates float arrays, but an argument has dtype object; convert it with x.astype(float)"),
    "matrix": (np.ma.array([1.0]), "{t} differentiates plain arrays, but an argument is a MaskedArray, whose operators have a meaning of their own; convert it with np.asarray(x)"),
}  # fmt: skip


@pytest.mark.parametrize("transformation", CALLS)
@pytest.mark.parametrize("kind", INPUTS)
def test_inputs_that_have_no_derivative(transformation, kind):
    x, message = INPUTS[kind]
    with pytest.raises(adlib.ArgumentError, match=re.escape(message.format(t=transformation))):
        CALLS[transformation](lambda x: x, x)


@pytest.mark.parametrize(
    "call, message",
    [
        (lambda: jvp(np.sin, 1.0, (1.0,)), "jvp takes primals as a tuple, one entry for each argument of f, but got float; write (primal,)"),
        (lambda: jvp(np.sin, X, X), "jvp takes primals as a tuple, one entry for each argument of f, but got ndarray; write (primal,)"),
        (lambda: jvp(np.sin, (X,), X), "jvp takes tangents as a tuple, one entry for each argument of f, but got ndarray; write (tangent,)"),
        (lambda: jvp(np.multiply, (1.0, 2.0), (1.0,)), "jvp needs one tangent for each primal, in the same containers: the primals are (*, *), the tangents (*,)"),
        (lambda: jvp(lambda x: x["a"], ({"a": 1.0},), ((1.0,),)), "the primals are ({'a': *},), the tangents ((*,),)"),
        (lambda: jvp(np.sin, (X,), (1.0,)), "a tangent has the shape of its primal, but the primal has shape (3,) and the tangent ()"),
        (lambda: jvp(np.sin, (1.0,), (X,)), "the primal has shape () and the tangent (3,)"),
        (lambda: jvp(np.sin, (1.0,), (1j,)), "tangents and cotangents are real, but got one of type complex128; pass floats"),
        (lambda: vjp(np.sin, X)[1](1.0), "a cotangent has the shape of the value it belongs to, but the value has shape (3,) and the cotangent ()"),
        (lambda: vjp(np.sin, X)[1]((X,)), "a cotangent has the containers of the value that vjp returned: the value is *, the cotangent (*,)"),
        (lambda: vjp(lambda x: (x, x), X)[1](X), "the value is (*, *), the cotangent *"),
        (lambda: vjp(np.sin, 1.0)[1](1j), "tangents and cotangents are real, but got one of type complex128"),
        (lambda: grad(lambda x: x * x)(X), "grad needs a function with one number as its result, but got shape (3,); reduce it with np.sum, or use adlib.jacrev"),
        (lambda: grad(lambda x: x * x)(np.ones((1, 1))), "but got shape (1, 1)"),
        (lambda: grad(lambda x: (x, x))(1.0), "grad needs a function with one number as its result, but got a tuple; return the loss alone, or pass has_aux=True to return (loss, extra)"),
        (lambda: grad(lambda x: [x])(1.0), "but got a list"),
        (lambda: grad(lambda x: {"loss": x})(1.0), "but got a dict"),
        (lambda: grad(lambda x: None)(1.0), "but got a NoneType"),
        (lambda: grad(lambda x: print("", end=""))(1.0), "but got a NoneType"),
        (lambda: grad(lambda x: x > 0)(1.0), "grad needs a function with a real result, but got one of type bool, which has no derivative; return a float"),
        (lambda: grad(lambda x: np.argmax(x))(X), "grad needs a function with a real result, but got one of type int64"),
        (lambda: grad(lambda x: 1j)(1.0), "grad needs a function with a real result, but got one of type complex128"),
        (lambda: value_and_grad(lambda x: x, has_aux=True)(1.0), "with has_aux=True the function returns a pair: (loss, extra)"),
        (lambda: grad(lambda x: x, argnums=1)(1.0), "grad was asked for argument 1 (argnums), but the function was called with 1 positional argument"),
        (lambda: grad(lambda x, y: x, argnums=(0, -3))(1.0, 2.0), "grad was asked for argument -3 (argnums), but the function was called with 2 positional arguments"),
        (lambda: jacfwd(lambda: 1.0)(), "jacfwd was asked for argument 0 (argnums), but the function was called with 0 positional arguments"),
        (lambda: jacrev(lambda x: x, argnums="x")(1.0), "jacrev takes argnums as whole numbers, the positions of arguments, but got 'x'; write jacrev(f, 0) for the first argument, and jacrev(f)(x) for the point x"),
        (lambda: grad(lambda x, y: x * y, argnums=(0, 0))(1.0, 2.0), "grad was asked for the same argument twice (argnums=(0, 0)); name each argument once"),
        (lambda: grad(lambda x, y: x * y, argnums=(1, -1))(1.0, 2.0), "grad was asked for the same argument twice"),
        (lambda: adlib.derivative(np.sum)(X), "derivative takes a function of one number, but the argument has shape (3,); use adlib.grad for a scalar function of an array, adlib.jacfwd otherwise"),
        (lambda: grad(lambda x: adlib.make_graph(np.sin)(x))(1.0), "make_graph was called on a traced value, inside another transformation; call it on plain numbers"),
        (lambda: adlib.check_grads(np.sin, (1.0,), order=3), "check_grads takes order 1 or 2 and modes from ('fwd', 'rev'), but got order=3"),
        (lambda: adlib.check_grads(np.sin, (1.0,), modes=("forward",)), "modes=('forward',)"),
        (lambda: list(adlib.make_graph(np.multiply)(1.0, 2.0).forward(1.0)), "has 2 inputs"),
    ],
)  # fmt: skip
def test_wrong_arguments(call, message):
    with pytest.raises(adlib.ArgumentError, match=re.escape(message)):
        call()


def test_a_traced_operand_where_a_setting_is_meant():
    @adlib.primitive
    def shift(x, steps):
        return np.roll(x, int(steps))

    adlib.linear(shift, lambda g, shape, steps: np.roll(g, -int(steps)))
    message = r"argument 2 of \w+ is a traced value, but no derivative exists with respect to it; pass a plain number or adlib.stop_gradient"
    for call in (lambda x: shift(X, x), lambda x: shift(X * x, x), lambda x: np.expand_dims(x, x)):
        with pytest.raises(adlib.TracedValueError, match=message):
            grad(lambda x: np.sum(call(x)))(1.0)  # noqa: B023
        with pytest.raises(adlib.TracedValueError, match=message):
            jvp(call, (1.0,), (1.0,))
    with pytest.raises(adlib.TracedValueError, match=r"numpy\.sum.*use an integer"):
        grad(lambda x: np.sum(X, x))(1.0)


def test_other_libraries_get_their_turn():
    class Unit:
        """An array of another library, which takes over operations with ours."""

        __array_priority__ = 1000

        def __array_ufunc__(self, ufunc, method, *args, **kwargs):
            return "theirs"

        def __array_function__(self, function, types, args, kwargs):
            return "theirs"

        def __rmul__(self, other):
            return "theirs"

    seen = []
    jvp(lambda x: seen.extend([x * Unit(), np.multiply(x, Unit()), np.dot(x, Unit())]) or x, (X,), (X,))
    assert seen == ["theirs"] * 3
