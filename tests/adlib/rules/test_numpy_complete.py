"""Every function of NumPy that tells us of a traced value has its class, and so has what JAX differentiates."""

from collections import Counter

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from numpy.testing.overrides import get_overridable_numpy_array_functions, get_overridable_numpy_ufuncs

import adlib  # loads the parts of NumPy that wait for it, such as numpy.polynomial: the list below is then whole
from adlib.core.families import Bilinear, Composite, Elementwise, Linear, LinearJoin, Refuse, Zero
from adlib.core.trace import RULES
from adlib.rules.equivalent import Equivalent
from adlib.rules.reductions import CommonAndGeneral

UFUNCS = get_overridable_numpy_ufuncs()
FUNCTIONS = UFUNCS | get_overridable_numpy_array_functions()

# Ufuncs that NumPy keeps to itself: its functions of text run on them, and np.clip and np.ones_like.
# They meet no traced value, and would name themselves if they did.
HIDDEN = {f for f in FUNCTIONS if f.__name__.startswith("_")} | {
    f for f in UFUNCS if f.__name__ in ("clip", "count", "endswith", "find", "index", "rfind", "rindex", "startswith")
}

CLASSES = {
    Elementwise: "elementwise",
    Linear: "linear",
    LinearJoin: "linear",
    Bilinear: "linear in each of two",
    Equivalent: "formula",
    CommonAndGeneral: "rule and formula",
    Composite: "other NumPy code",
    Zero: "zero",
    Refuse: "refused",
}


def public(function):
    """The function itself, not its form with like=."""
    return function if function in RULES else getattr(np, function.__name__, None)


def kind(function):
    rule = RULES.get(public(function))
    if rule is None:
        return None
    classes = [name for c, name in CLASSES.items() if isinstance(rule, c)]
    return classes[0] if classes else "rule"


def test_every_overridable_function_has_a_class():
    missing = sorted(f"{f.__name__}" for f in FUNCTIONS - HIDDEN if kind(f) is None)
    assert not missing, f"no rule, zero or refusal for {missing}"
    counts = Counter(kind(f) for f in FUNCTIONS - HIDDEN)
    counts["hidden text ufuncs"] = len(HIDDEN)
    print("\nadlib: NumPy's functions by class:", ", ".join(f"{name} {n}" for name, n in counts.most_common()))
    assert sum(counts.values()) == len(FUNCTIONS)
    # As chapter 5 says: most of NumPy has a rule, what is zero everywhere not counted.
    assert counts["refused"] + counts["hidden text ufuncs"] + counts["zero"] < len(FUNCTIONS) / 2


@pytest.mark.parametrize("ufunc", sorted(HIDDEN & UFUNCS, key=lambda f: f.__name__), ids=lambda f: f.__name__)
def test_a_hidden_ufunc_names_itself(ufunc):
    with pytest.raises(adlib.TracedValueError, match=f"no derivative rule for (numpy.)?{ufunc.__name__}"):
        adlib.grad(lambda x: ufunc(*[x] * ufunc.nin))(1.0)


METHODS = {
    "reduce": {np.add, np.multiply, np.maximum, np.minimum, np.logaddexp, np.logaddexp2, np.logical_and, np.logical_or},
    "accumulate": {np.add, np.multiply, np.maximum, np.minimum, np.logaddexp, np.logaddexp2},
}


@pytest.mark.parametrize("ufunc", sorted(UFUNCS - HIDDEN, key=lambda f: f.__name__), ids=lambda f: f.__name__)
@pytest.mark.parametrize("method", ["reduce", "accumulate", "reduceat", "outer", "at"])
def test_each_method_of_a_ufunc_has_a_rule_or_is_refused_by_name(ufunc, method):
    if ufunc.signature is not None or ufunc.nout != 1 or ufunc.nin != 2 and method != "at":
        return  # NumPy itself has no such method
    differentiable = isinstance(RULES[ufunc], (Elementwise, Linear)) and method == "outer"
    assert ((ufunc, method) in RULES) == (differentiable or ufunc in METHODS.get(method, ()))
    if (ufunc, method) not in RULES:
        rest = {"reduceat": ([0, 1],), "outer": (np.ones(2),), "at": ([0, 1],) + (1.0,) * (ufunc.nin - 1)}.get(
            method, ()
        )
        with pytest.raises(adlib.TracedValueError, match=f"{ufunc.__name__}\\.{method}"):
            adlib.grad(lambda x: getattr(ufunc, method)(x, *rest))(np.ones(3))


# What jax.numpy differentiates under the same name and adlib does not, and why.
COMPLEX = {
    "angle": "the argument of a complex number",
    "roots": "complex roots",
    "sort_complex": "a complex result",
    "linalg.eig": "complex eigenvalues",
    "linalg.eigvals": "complex eigenvalues",
    **{f"fft.{name}": "complex transforms" for name in jnp.fft.__dict__ if name in np.fft.__all__},
}
EXCEPTIONS = {
    "histogram": "counts do not vary; the edges do, and would pass for constants",
    "histogram2d": "the same",
    "histogramdd": "the same",
    "histogram_bin_edges": "the same",
    "setdiff1d": "which entries it keeps depends on their being equal",
    "setxor1d": "the same",
    "put": "NumPy's writes into an array, where JAX's gives a new one",
    "put_along_axis": "the same",
    "place": "the same",
    "fill_diagonal": "the same",
    "unravel_index": "an index is a whole number; NumPy's takes no other",
}


def shared_names():
    """Functions that stand under one name in jax.numpy and in NumPy."""
    for prefix, theirs, ours in (("", jnp, np), ("linalg.", jnp.linalg, np.linalg), ("fft.", jnp.fft, np.fft)):
        for name in dir(theirs):
            f, g = getattr(theirs, name), getattr(ours, name, None)
            if not name.startswith("_") and callable(f) and callable(g) and not isinstance(g, type):
                yield prefix + name, f, g


def test_what_jax_differentiates_has_a_rule():
    without = {name: f for name, f, g in shared_names() if kind(g) in (None, "zero", "refused")}
    differentiated = {name for name, f in without.items() if jax_differentiates(f)}
    known = set(COMPLEX) | set(EXCEPTIONS)
    assert differentiated - known == set()
    assert {name for name in EXCEPTIONS if name not in without} == set(), "these have a rule by now"
    assert len(EXCEPTIONS) <= 25
    with_rule = sum(kind(g) not in (None, "zero", "refused") for _, _, g in shared_names())
    print(
        f"\nadlib: {with_rule} functions of jax.numpy have a rule; complex {len(COMPLEX)}, exceptions {len(EXCEPTIONS)}"
    )


def jax_differentiates(f):
    """Whether JAX finds a derivative other than zero for some call of f on floats."""
    vector, matrix = jnp.array([0.3, 1.2, 0.7, 2.1]), jnp.array([[2.0, 0.3], [0.4, 3.0]])
    for args in ((vector,), (matrix,), (vector, vector + 0.1)):
        for rest in ((), (2,)):
            try:
                out, tangents = jax.jvp(lambda *xs, rest=rest: f(*xs, *rest), args, tuple(map(jnp.ones_like, args)))
            except Exception:  # JAX refuses the call, in any of many ways
                continue
            for y, t in zip(jax.tree.leaves(out), jax.tree.leaves(tangents)):
                if jnp.issubdtype(jnp.result_type(y), jnp.inexact) and bool(jnp.any(t != 0)):
                    return True
    return False


def test_rules_are_called_as_their_functions_are():
    for function, rule in RULES.items():
        ufunc, method = function if isinstance(function, tuple) else (function, None)
        if isinstance(ufunc, np.ufunc) or ufunc.__module__.partition(".")[0] == "numpy":
            expected = ufunc.__name__ if method is None else f"{ufunc.__name__}.{method}"
            assert rule.name in (expected, f"{getattr(ufunc, '__module__', 'numpy')}.{expected}", f"numpy.{expected}")


def test_records_are_refused():
    records = np.lib.recfunctions
    for name, f in {
        "structured_to_unstructured": records.structured_to_unstructured,
        "rename_fields": lambda x: records.rename_fields(x, {}),
        "merge_arrays": lambda x: records.merge_arrays([x, x]),
    }.items():
        with pytest.raises(adlib.TracedValueError, match=f"{name} on a traced value .* a record holds plain numbers"):
            adlib.grad(f)(np.ones(2))


WHOLE = (np.bitwise_and, np.bitwise_or, np.bitwise_xor, np.left_shift, np.right_shift, np.gcd, np.lcm)


@pytest.mark.parametrize("function", [*WHOLE, np.invert, np.packbits, np.unpackbits], ids=lambda f: f.__name__)
def test_functions_of_whole_numbers_are_refused_in_words(function):
    more = (1,) if function in WHOLE else ()
    with pytest.raises(
        adlib.TracedValueError, match=r"works on whole numbers, which have no derivative; use adlib\.st"
    ):
        adlib.grad(lambda x: function(x, *more))(np.ones(2))
