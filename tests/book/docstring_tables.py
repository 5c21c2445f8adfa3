"""Tables and constants in docstrings, compared with the code: each function takes a text and says what is wrong in it."""

import dataclasses
import inspect
import math
import re

import numpy as np

import adlib
from adlib import schedules
from adlib.core import declare, families
from adlib.zero_order.differences import evaluations
from tests.book.tables import N, columns, value, wrong

SCHEMES = ("forward", "central", "five_point", "complex")

# Difference quotients --------------------------------------------------------------------------------


def quotients(text):
    """The table of `directional_difference`: what the quotients are, cost and leave."""
    found = []
    for scheme, quotient, cost, error in columns(text, "scheme"):
        f = adlib.counted(lambda w: np.exp(w) * w)
        taken = adlib.directional_difference(f, 0.4, 1.5, step=0.25, scheme=scheme)
        if int(cost) != f.calls:
            found.append(wrong("evaluations", scheme, cost, f.calls))
        text = quotient.strip("`").replace("εu", "ε*u").replace("iε", "i*ε")
        text = re.sub(r"/ (\d+)ε", r"/ (\1*ε)", re.sub(r"Im (f\(.*?\))", r"imag(\1)", text))
        if not math.isclose(value(text, f=f, w=0.4, u=1.5, ε=0.25, i=1j), taken, rel_tol=1e-12):
            found.append(wrong("quotient", scheme, quotient, f"another value, {taken:.6g}"))
        sign, power, divisor, order = re.match(r"`*(-?)ε([²⁴]?)/(\d+) D(.)", error).groups()
        degree = "⁰¹²³⁴⁵".index(order)
        left = adlib.directional_difference(lambda x, d=degree: x**d, 1.5, 1.0, step=0.5, scheme=scheme)
        left -= degree * 1.5 ** (degree - 1)
        said = float(f"{sign}1") * 0.5 ** {"": 1, "²": 2, "⁴": 4}[power] / int(divisor) * math.factorial(degree)
        if not math.isclose(left, said, rel_tol=1e-9):
            found.append(wrong("error", scheme, error, f"{left / said:g} times that"))
    return found


def steps(text):
    """The table of `difference_step`: the best steps, the errors that they leave, and both for sizes of 1."""
    found, sizes, at = [], {"delta": 2.0**-53 * 3.0, "D": 7.0}, "delta = 3.33e-16 and D = 7"
    for scheme, error, step, example in columns(text, "scheme"):
        best = adlib.difference_step(scheme, value=3.0, derivative=7.0)
        said = value(step, **sizes) if step.startswith("`") else float(step)
        if not math.isclose(said, best.step, rel_tol=1e-12):
            found.append(wrong("best step", scheme, step, f"{best.step:.3g} for {at}"))
        if error.startswith("`") and not math.isclose(value(error, **sizes, h=best.step), best.error, rel_tol=1e-12):
            found.append(wrong("error", scheme, error, f"{best.error:.3g} for {at}"))
        one = adlib.difference_step(scheme)
        shown = ("" if scheme == "complex" else f"{one.step:.1e} ") + f"leaves {one.error:.1e}"
        if example.replace("e-0", "e-") != shown.replace("e-0", "e-"):
            found.append(wrong("float64, all sizes 1", scheme, example, shown))
    return found


def costs(text):
    """The sentence of a docstring "Cost: n+1 evaluations for ``"forward"``, ..." with a price for each scheme."""
    price = r'(\d?[nm](?:\+1)?) (?:evaluations |complex ones )?for ``"(\w+)"``'
    said = {scheme: formula for formula, scheme in re.findall(price, " ".join(text.split()))}
    found = [f"cost: no price of {scheme!r}" for scheme in SCHEMES if scheme not in said]
    for scheme, formula in said.items():
        if value(formula, n=N, m=N) != evaluations(scheme, N):
            found.append(wrong("cost", scheme, formula, f"{evaluations(scheme, N)} for {N} directions"))
    return found


# Constants of Lanczos' method and of differences, in their docstrings -------------------------------------------


def threshold(passes):
    """The least number, by bisection, that passes."""
    low, high = 1e-17, 0.5
    for _ in range(50):
        middle = math.sqrt(low * high)
        low, high = (low, middle) if passes(middle) else (middle, high)
    return high


def goes_on(dtype):
    """Whether a residual, for a product of size 1, is not taken for zero."""

    def passes(residual):
        A = np.array([[1.0, residual], [residual, 0.0]], dtype)
        return adlib.lanczos(lambda x: A @ x.astype(dtype), np.array([1.0, 0.0]), 2).evaluations == 2

    return passes


def is_refused(dtype):
    """Whether an asymmetry, for a product of size 1, is seen."""

    def passes(gap):
        A = np.array([[0.0, 1.0 + gap], [1.0, 0.0]], dtype)
        try:
            adlib.lanczos(lambda x: A @ x.astype(dtype), np.array([1.0, 0.0]), 2)
        except adlib.ArgumentError:
            return True
        return False

    return passes


def lanczos_constants(text):
    """What counts as zero and what as symmetric, in double and in single precision."""
    found = []
    for what, sentence, passes in (
        ("zero", r"3/4: (\S+) in double\s+precision, (\S+) in single", goes_on),
        ("symmetric", r"may differ by (\S+) of the product's size; by\s+(\S+) for products in single", is_refused),
    ):
        for dtype, said in zip((np.float64, np.float32), re.search(sentence, text).groups()):
            has = threshold(passes(dtype))
            if f"{float(said):.0e}" != f"{has:.0e}":
                found.append(wrong(what, dtype.__name__, said, f"{has:.0e}"))
    return found


def errors_of_gradients(text):
    """What the default steps leave, "some 1e-8, 1e-11, ...", against `difference_step`, to a factor of three."""
    said = re.search(r"some (\S+), (\S+), (\S+) and (\S+), in this\s+order", text).groups()
    has = [adlib.difference_step(scheme).error for scheme in SCHEMES]
    return [
        wrong("error", scheme, number, f"{error:.0e}")
        for scheme, number, error in zip(SCHEMES, said, has)
        if not 1 / 3 < float(number) / error < 3
    ]


# Schedules: the docstring of the package -------------------------------------------------------------------------


def chains(text):
    """The table of slots, tapes and advances against what each schedule states and does; "about" is off by 1 at most."""
    found = []
    for name, *said in columns(text, "schedule"):
        name = name.strip("`")
        for l, k in ((l, k) for l in (1, 9, 16, 100) for k in (1, 2, 3, 7)):
            schedule = eval(name, {"k": k, "s": k}, vars(schedules))
            run = schedules.simulate(schedule, l)
            r = next(r for r in range(l + 1) if math.comb(k + r, k) >= l)
            has = (schedule.slots(l), schedule.tapes(l), run.advances)
            for what, formula, number in zip(("slots", "tapes", "advances"), said, has):
                text = formula.removesuffix(", the least")
                states = value(text.replace("about ", ""), l=l, k=k, s=k, r=r)
                if abs(states - number) > text.startswith("about"):
                    found.append(wrong(what, name, formula, f"{number} for l = {l}, k = s = {k}"))
                    break
    return list(dict.fromkeys(found))


def actions(text):
    """The table of actions, each with its fields."""
    found = []
    for head, *_ in columns(text, "``Advance(start,"):
        name, fields = re.match(r"`*(\w+)\((.*?)\)", head).groups()
        has = ", ".join(field.name for field in dataclasses.fields(getattr(schedules, name)))
        if fields != has:
            found.append(wrong("fields", name, fields, has))
    return found


def kinds(text):
    """The table of the families of rules: all of them, each with the function that declares it."""
    said = {name.strip("`"): function.strip("`") for name, function, _ in columns(text, "family") if name}
    public = {
        name: f for name, f in vars(declare).items() if inspect.isfunction(f) and f.__module__ == declare.__name__
    }
    has = {}
    for name, family in vars(families).items():
        if inspect.isclass(family) and issubclass(family, families.Rule) and name not in ("Rule", "Differentiable"):
            calls = re.compile(rf"\b{name}\(")
            has[name] = next((f for f, code in public.items() if calls.search(inspect.getsource(code))), None)
    return [
        wrong("declared by", name, said.get(name), has.get(name))
        for name in said | has
        if said.get(name) != has.get(name)
    ]
