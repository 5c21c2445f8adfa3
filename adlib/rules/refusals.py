"""Functions that adlib does not differentiate, with the reason and what to write instead."""

import numpy as np
import numpy.lib.recfunctions

from ..core.conversions import BUILD, conversion_error
from ..core.declare import composite, refuse
from ..core.errors import attempted
from ..core.families import Refuse
from ..core.trace import RULES, is_traced, plain_value
from ..core.tree import flatten


# Functions that write into an array.
class Write(Refuse):
    """A function that writes into an array, called by the program or inside another function of NumPy."""

    def bind(self, call, args, kwargs):
        if attempted().name != self.name:
            x = next(x for x in flatten((args, kwargs))[0] if is_traced(x))
            raise conversion_error(x, "turning into a plain array of", BUILD)[0]
        super().bind(call, args, kwargs)


for _function, _instead in (
    (np.copyto, "np.where(where, src, dst)"),
    (np.put, "np.where"),
    (np.putmask, "np.where(mask, values, a)"),
    (np.place, "np.where(mask, vals, arr)"),
    (np.put_along_axis, "np.where"),
    (np.fill_diagonal, "np.where(np.eye(n), val, a)"),
):
    RULES[_function] = Write(
        f"numpy.{_function.__name__}",
        f"it writes into an array, whose old entries a derivative may need; use {_instead} instead",
    )

# Functions with complex results.
_COMPLEX = "its result is complex, and adlib differentiates real functions only; {}"
for _name in np.fft.__all__:
    if _name in ("fftfreq", "rfftfreq", "fftshift", "ifftshift"):
        continue
    refuse(getattr(np.fft, _name), _COMPLEX.format("multiply with np.cos and np.sin of the frequencies"))
refuse(np.angle, _COMPLEX.format("use np.arctan2(y, x) of the two parts"))
refuse(np.roots, _COMPLEX.format("find one real root by Newton's method"))
refuse(np.sort_complex, _COMPLEX.format("use np.sort"))


# On their real domain the functions of numpy.lib.scimath are those of numpy.
def _real_domain(name, real):
    function = getattr(np.lib.scimath, name)
    refused = Refuse(f"numpy.lib.scimath.{name}", _COMPLEX.format("keep the argument in the real domain"))

    def code(*args):
        if np.iscomplexobj(function(*[plain_value(x) for x in args])):
            refused.bind(function, args, {})
        return real(*args)

    return code


for _name in ("sqrt", "log", "log2", "log10", "arccos", "arcsin", "arctanh", "power"):
    composite(getattr(np.lib.scimath, _name), _real_domain(_name, getattr(np, _name)))
composite(np.lib.scimath.logn, _real_domain("logn", lambda n, x: np.log(x) / np.log(n)))

# Functions that count, or drop entries by their values.
_COUNTS = "it counts, and a count has no derivative; call it on adlib.stop_gradient(x), or use a smooth kernel"
for _function in (np.histogram, np.histogram2d, np.histogramdd, np.histogram_bin_edges):
    refuse(_function, _COUNTS)
_SETS = "which entries it keeps depends on their being equal; use np.sort, or take the entries with a plain index"
for _name in (
    *("unique", "unique_all", "unique_counts", "unique_inverse", "unique_values"),
    *("union1d", "intersect1d", "setdiff1d", "setxor1d"),
):
    if hasattr(np, _name):
        refuse(getattr(np, _name), _SETS)

# Functions of whole numbers.
for _function in (
    *(np.bitwise_and, np.bitwise_or, np.bitwise_xor, np.invert, np.left_shift, np.right_shift, np.gcd, np.lcm),
    *(np.packbits, np.unpackbits),
):
    refuse(_function, "it works on whole numbers, which have no derivative; use adlib.stop_gradient(x).astype(int)")
if hasattr(np, "bitwise_count"):  # since NumPy 2.0
    refuse(np.bitwise_count, "it works on whole numbers, which have no derivative")

# Dates, text, files, records.
_DATES = "it works on dates; take the numbers out first"
for _function in (np.isnat, np.busday_count, np.busday_offset, np.is_busday, np.datetime_as_string):
    refuse(_function, _DATES)
_FILES = "a file holds plain numbers; save the result of the transformation, or adlib.stop_gradient(x)"
for _function in (np.save, np.savez, np.savez_compressed, np.savetxt):
    refuse(_function, _FILES)
for _name in np.lib.recfunctions.__all__:
    if callable(getattr(np.lib.recfunctions, _name)):
        refuse(getattr(np.lib.recfunctions, _name), "a record holds plain numbers; use a dict of arrays")
_strings = getattr(np, "strings", np.char)  # since NumPy 2.0
for _name in _strings.__all__:
    _text = getattr(_strings, _name)
    if not isinstance(_text, type) and _text not in RULES:
        refuse(_text, "it works on text, which has no derivative; take the numbers out first")
