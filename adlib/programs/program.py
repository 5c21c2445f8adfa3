"""A recorded program: its text, its call with what it was recorded for, and the ways to run it elsewhere."""

import inspect
from functools import cached_property

import numpy as np

from ..core.arguments import check_function, copied
from ..core.errors import ArgumentError, ProgramError
from ..core.keywords import function_name
from ..core.trace import RECORDED, is_differentiated, is_traced, note_own_rule
from ..core.tree import flatten, unflatten
from ..rules.indexing import add_at
from . import values  # noqa: F401  (gives recorded values their methods)
from .edges import hides_rare_cases
from .in_place import Lifetimes
from .lines import Check, Ref, live, same, same_array, standing_for, targets
from .names import name_values
from .recorder import Recorder, run, too_long
from .signature import LOW, Signature, is_low
from .simplify import simplified
from .text import DIFFERENTIABLE, FUNCTIONAL, UFUNCS, WRITTEN_INTO, Text

LIMIT = 20_000  # lines


def program(f, limit=LIMIT):
    """Record one run of a function and write it down as a straight-line NumPy program.

    Parameters
    ----------
    f : callable
        A function of arrays, written in plain NumPy; it may differentiate others:
        ``program(grad(loss))``.
    limit : int
        The number of lines from which a program is refused.

    Returns
    -------
    callable
        Takes the arguments of `f` and returns its `Program` at that point.

    Raises
    ------
    ProgramError
        When `f` does not do the same twice, or has more lines than `limit`.
    TracedValueError
        When `f` uses a value in a way that cannot be written down: `float()`,
        writing into an array, a function that is not NumPy's.

    Notes
    -----
    Branches and loops are recorded as they were taken; what they depended on is
    checked whenever the program runs.  Arrays that `f` takes from outside are
    copied: the program does not follow their later changes.  Python's floats
    become float64, unless an argument is an array of lower precision.

    Cost: three runs of `f`, two of them recorded, and one of the program; about 50
    microseconds a line.  Beside Python's floats and low precision, and where NaN
    at the edge of a domain would not show, one recording more.

    Examples
    --------
    >>> import numpy as np, adlib
    >>> def L(w1, w2):
    ...     v2 = w2 * np.log(w1)
    ...     return v2 + np.sqrt(v2)
    >>> p = adlib.program(adlib.grad(L, argnums=(0, 1)))(2.0, 3.0)
    >>> print(p)
    def grad_L(w1, w2):
        v1 = np.log(w1)
        v2 = w2 * v1
        v3 = np.sqrt(v2)
        v4 = 0.5 / v3
        v2_bar = 1.0 + v4
        w2_bar = v1 * v2_bar
        v1_bar = w2 * v2_bar
        v5 = 1 / w1
        w1_bar = v5 * v1_bar
        return w1_bar, w2_bar
    """
    check_function(f, "program")

    def record(*args, **kwargs):
        if any(map(is_traced, flatten((args, kwargs))[0])):
            raise ArgumentError(
                "program was called on a traced value, inside another transformation; call it on plain numbers"
            )
        signature = Signature(f, args, kwargs)
        expected, changes = _result(f, args, kwargs)
        leaves, _ = flatten(expected)
        signature.keep_floats(any(map(is_low, leaves)))
        _check_results(leaves, signature.name)
        careful = not _finite(leaves)
        first = _recorded(f, signature, args, kwargs, limit, careful)
        if signature.keep_floats(first.low or any(dtype in LOW for _, dtype in first.kinds)):
            first = _recorded(f, signature, args, kwargs, limit, careful)
        if hides_rare_cases(first):
            careful = True
            first = _recorded(f, signature, args, kwargs, limit, careful)
        second = _recorded(f, signature, args, kwargs, limit, careful)
        if changes:
            raise ProgramError(
                f"{signature.name} changes its arguments, which a program does not; "
                "make a new value instead: y = y + x, np.where, np.stack or np.concatenate"
            )
        if not (
            same(first.lines, second.lines)
            and same(first.leaves, second.leaves)
            and first.structure == second.structure
        ):
            raise ProgramError(
                f"{signature.name} did not do the same twice: it draws random numbers or changes something outside of "
                "it; pass what changes as an argument"
            )
        found = Program(signature, first, limit, [type(y) is np.ndarray and not y.ndim for y in leaves])
        found._compare(expected, args, kwargs)
        signature.boxed = first.asked_class and [type(x) is np.ndarray for x in signature.arrays(args, kwargs)]
        for recorder in (first, second):
            recorder.frames.clear()  # they keep the values of all variables alive
        return found

    return record


def _result(f, args, kwargs):
    """The result of `f`, and whether it changes its arguments: it is given copies."""
    leaves, structure = flatten((args, kwargs))
    given = [copied(x) if type(x) is np.ndarray and x.dtype.kind in "fiubc" else x for x in leaves]
    args, kwargs = unflatten(structure, given)
    result = f(*args, **kwargs)
    found, after = flatten((args, kwargs))
    kept = after == structure and all(
        x is y or type(x) is type(y) is np.ndarray and same_array(x, y) for x, y in zip(leaves, found)
    )
    return result, not kept


def _recorded(f, signature, args, kwargs, limit, careful):
    """One run, recorded: the recorder, with the leaves of the result and their structure."""
    recorder = Recorder(5 * limit, careful)
    recorder.python_floats = signature.has_floats
    arrays = iter(signature.arrays(args, kwargs))
    leaves, structure = flatten((args, kwargs))
    given = [x if e.dtype is None else recorder.input(next(arrays)) for x, e in zip(leaves, signature.expected)]
    args, kwargs = unflatten(structure, given)
    recorder.leaves, recorder.structure = flatten(run(recorder, f, args, kwargs))
    for k, y in enumerate(recorder.leaves):
        if type(y) in RECORDED:
            if y._trace is not recorder:
                raise y._trace.escaped()
            recorder.leaves[k] = y._info
        elif isinstance(y, np.ndarray):
            recorder.leaves[k] = np.array(y)
    return recorder


def _check_results(leaves, name):
    for y in leaves:
        if not isinstance(y, (np.ndarray, np.generic, float, int, complex)) or np.result_type(y).kind in "OVUS":
            raise ArgumentError(
                f"a program returns numbers, arrays, or tuples, lists and dicts of them, but {name} "
                f"returned a {type(y).__name__}; return the arrays themselves"
            )


class Program:
    """A straight-line NumPy program, as `adlib.program` recorded it.

    Printing it shows its lines.  Called, it takes the arguments of the function
    that was recorded, in the same containers, shapes and dtypes, and returns what
    that would return, bit for bit, but for the sign of a zero.

    Attributes
    ----------
    text : str
        The lines as Python source, with imports and constants: it runs without adlib.
    text_in_place : str
        What a call carries out: the same lines, with `del` and with results
        written over arrays that are not needed any more.
    constants : dict
        The arrays that the text refers to, by their names.
    function : callable
        The bare function of the arrays, without checks of its arguments; it can be differentiated.

    Raises
    ------
    ArgumentError
        When called with other shapes, dtypes or containers than it was recorded for.
    ProgramError
        When a branch, a count or a shape is no longer the one that was recorded.

    Examples
    --------
    >>> import numpy as np, adlib
    >>> def L(w1, w2):
    ...     v2 = w2 * np.log(w1)
    ...     return v2 + np.sqrt(v2)
    >>> p = adlib.program(adlib.grad(L, argnums=(0, 1)))(2.0, 3.0)
    >>> g1, g2 = p(2.5, 3.5)
    >>> print(f"{g1:.6f} {g2:.6f}")
    1.790884 1.172121
    """

    def __init__(self, signature, recorder, limit, boxed):
        self.name = self.__name__ = signature.name
        self._signature = signature
        self._structure = recorder.structure
        self._looks_at_results = bool(recorder.passed_over)
        self._own_rule = recorder.own_rule
        self._recorded_in_order = all(recorder.in_order[: len(signature.names)])
        inputs = len(signature.names)
        lines, gone = simplified(recorder.lines, recorder.kinds, recorder.in_order)
        outputs = [standing_for(y, gone) for y in recorder.leaves]
        self._boxes = [_box(y, recorder.boxed, box) for y, box in zip(outputs, boxed)]
        refs = [y for y in outputs if type(y) is Ref]
        lines = live(lines, refs)
        count = len(lines) - sum(type(line) is Check for line in lines)
        if count > limit:
            raise too_long(str(count))
        self._lines, self._outputs = lines, outputs
        self._text = Text(
            name_values(lines, signature.names, recorder.notes, recorder.frames.values(), gone), recorder.kinds
        )
        self._lifetimes = Lifetimes(lines, refs, inputs, recorder.kinds, recorder.in_order)
        self._text.share_names(lines, refs)
        self._body = self._written()
        if signature.flat:
            self.__signature__ = self.function.__signature__
        self.constants = self._text.constants

    def _written(self, dialect=WRITTEN_INTO, in_place=False, checks=True):
        """The source of the function."""
        text, lifetimes = self._text, self._lifetimes
        source = [f"def {self.name}({', '.join(self._signature.names)}):"]
        for i, line in enumerate(self._lines):
            if type(line) is Check and not checks:
                continue
            out = lifetimes.overwritten(i, line) if in_place else None
            source += [f"    {statement}" for statement in text.statements(line, dialect, out)]
            if in_place:
                new = {text.names[ref] for ref in targets(line) if not lifetimes.ends_at(ref, i)}
                ended = [
                    name
                    for name in dict.fromkeys(text.names[ref] for ref in lifetimes.ended(i, line))
                    if name not in new
                ]
                if ended:
                    source.append(f"    del {', '.join(ended)}")
        plain = dialect != DIFFERENTIABLE
        results = [self._result(y, box if plain else None, plain) for y, box in zip(self._outputs, self._boxes)]
        single = self._structure is None
        source.append(f"    return {results[0] if single else ', '.join(results) + ',' * (len(results) == 1) or '()'}")
        return "\n".join(source)

    def _result(self, y, box, copy):
        text = self._text.expression(y)
        if box is not None:
            return f"np.array({text})" if box else f"{text}[()]"
        if type(y) is not Ref:
            return f"np.array({text})" if type(y) is np.ndarray else text
        others = [x for x in self._outputs if type(x) is Ref]
        array = bool(self._lifetimes.kinds[y][0])
        shared = others.count(y) > 1 or self._lifetimes.shares(y, others)
        return f"np.array({text})" if array and shared and copy else text

    def __str__(self):
        return self._body

    def __repr__(self):
        lines = sum(type(line) is not Check for line in self._lines)
        return f"Program({self.name}: {lines} lines, {len(self._lines) - lines} checks)"

    @property
    def text(self):
        checked = any(type(line) is Check for line in self._lines)
        own = ["ProgramError = RuntimeError"] if checked else []
        return "\n".join([*self._text.header(), *own, "", "", self._body, ""])

    @cached_property
    def text_in_place(self):
        return self._written(in_place=True)

    def _compiled(self, source, namespace):
        names = {"np": np, "ProgramError": ProgramError, **self.constants, **namespace}
        exec(compile(source, f"<program {self.name}>", "exec"), names)
        return names[self.name]

    @cached_property
    def _run(self):
        return self._compiled(self.text_in_place, {})

    @cached_property
    def _bare(self):
        return self._compiled(self._body, {})

    @cached_property
    def _differentiable(self):
        return self._compiled(self._written(DIFFERENTIABLE), {"add_at": add_at})

    @cached_property
    def function(self):
        def function(*arrays):
            if not any(map(is_traced, arrays)):
                return self._bare(*arrays)
            self._refuse_own_rules(arrays)
            return self._differentiable(*arrays)

        function.__name__ = function.__qualname__ = self.name
        function.__signature__ = inspect.Signature(
            [inspect.Parameter(name, inspect.Parameter.POSITIONAL_ONLY) for name in self._signature.names]
        )
        return function

    def __call__(self, *args, **kwargs):
        arrays = self._signature.arrays(args, kwargs)
        if any(map(is_traced, arrays)):
            results = self.function(*arrays)
        else:
            results = (self._run if self._in_order(arrays) else self._bare)(*arrays)
            if self._looks_at_results and not _finite((results,) if self._structure is None else results):
                raise ProgramError(
                    f"a result of the program {self.name} is not finite: here an operation is at the edge of its domain, "
                    "which the recorded run was not; record another at this point: adlib.program(f)(...)"
                )
        return results if self._structure is None else unflatten(self._structure, results)

    def _refuse_own_rules(self, arrays):
        """A derivative of the lines would be another than that of the function, where one was declared."""
        if self._own_rule is None:
            return
        for x in arrays:
            if is_differentiated(x):
                raise ArgumentError(
                    f"the program {self.name} has {self._own_rule} inside, whose derivative its lines do not show; "
                    "differentiate the function and record that: adlib.program(adlib.grad(f))(...)"
                )
            note_own_rule(x, self._own_rule)

    def _in_order(self, arrays):
        """Whether arrays lie in C order, as those did that the program was recorded with: see `Lifetimes`."""
        return self._recorded_in_order and all(not isinstance(x, np.ndarray) or x.flags.c_contiguous for x in arrays)

    def under(self, xp):
        """The bare function over another namespace than NumPy's, such as ``jax.numpy``; without checks.

        Parameters
        ----------
        xp : module
            With NumPy's names for the functions of the program.

        Returns
        -------
        callable
            Of the arrays, as `function`.
        """
        dialect = FUNCTIONAL if hasattr(xp.zeros(1), "at") else WRITTEN_INTO
        return self._compiled(self._written(dialect, checks=False), {"np": xp})

    def op_counts(self):
        """How often each operation occurs, as a dict; see `adlib.Graph.op_counts`.

        Examples
        --------
        >>> import adlib
        >>> adlib.program(adlib.grad(lambda x: x * x + x))(2.0).op_counts()
        {'add': 2}
        """
        counts = {}
        for line in self._lines:
            if type(line) is not Check:
                name = function_name(UFUNCS.get(line.call, line.call))
                counts[name] = counts.get(name, 0) + 1
        return counts

    def _compare(self, expected, args, kwargs):
        """Raise unless the program gives what the function gave, to the last bit."""
        leaves, structure = flatten(expected)
        results, found = flatten(self(*args, **kwargs))
        if structure != found or not all(map(_same_numbers, leaves, results)):
            raise ProgramError(
                f"the program {self.name} does not give what the function gives where it was recorded: it does something "
                "else with a recorded value than with a plain one, by its type; use np.where or pass what it needs"
            )


def _box(y, boxed, wanted):
    """Whether a result of shape () has to become an array, True, or a number, False; None where it is right."""
    return None if type(y) is not Ref or (y in boxed) == wanted else wanted


def _finite(results):
    with np.errstate(all="ignore"):  # a sum may overflow; where it does not, there is nothing infinite among its terms
        return all(np.isfinite(np.sum(y)) or np.isfinite(y).all() for y in results if np.result_type(y).kind in "fc")


def _same_numbers(x, y):
    x, y = np.asarray(x), np.asarray(y)
    return (
        x.dtype == y.dtype
        and x.shape == y.shape
        and (x.tobytes() == y.tobytes() or np.array_equal(x, y, equal_nan=x.dtype.kind in "fc"))
    )
