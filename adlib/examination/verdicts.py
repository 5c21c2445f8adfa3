"""Conclusions: from slopes that disagree to the kind of trouble, the line it comes from and what helps.

The verdicts are asked for in the order of `_TABLE`, and the first that speaks is the answer.  What a later one asks
makes sense only where all before it were silent: a slope where the value is there, two modes where values have a slope.
"""

import linecache
import textwrap
from typing import NamedTuple

import numpy as np

from ..core.points import own_copy
from . import runs
from .places import Place, Run, raised_at
from .sides import side, steps

_EPS = np.finfo(float).eps
_PATH = 1e-9  # by which the value of a traced run may differ: the same operations round alike
_SAFE = 10  # by so many of its errors a slope has to be off
_CORNER = 1e-7  # by so much of them two slopes have to differ: the best quotients have ten digits
_DIGITS = 1e-7  # half the digits of a slope: more than that, and its rounding is a cancellation
_SAME = 1e-12  # to which complex arithmetic has to give the same value
_MODES = 1e-8  # by which two modes may differ, and the complex step
_FLOOR = 16  # roundings of value and point that no formula can avoid
_AT_ZERO = 2.0**10  # times so many where the slope may be 0, at a minimum: terms cancel there as they should
_CHAOS = 2.0**-30  # of the point: a step that short, and the values follow no slope
_STOPPED = 1e-2  # a round that changes the value by more than this does more than to make it finer
_STEP = 1e-3  # of the change near by: a jump is at least so large when it is looked at closely, and a corner is not
_VISIBLE, _UNDERFLOW = 2.0**8, 1e-290  # roundings of the value, or what is lost near the smallest number
_REGION = 2.0**-24  # of the point: so near, and another answer to a question is meant for this point alone
_AROUND = 8  # points around the point at which the slope is asked for
_NEXT, _CLOSE, _ASIDE = 2.0**-28, 2.0**-30, 2.0**-20  # how far they lie, in units of the size of the point

# What helps, by the kind of trouble.
CURES = {
    "not traced": "write the function with NumPy and without what the message names",
    "random": "draw the random numbers once, outside, and pass them in",
    "another path": "the function asks what it is given, or catches an error, and goes another way where adlib runs it; "
    "let it do the same for every kind of number",
    "value not finite": "rewrite the formula so that no intermediate result overflows, as np.logaddexp does",
    "jump": "there is no derivative here; smooth the jump, or differentiate the parts on either side",
    "corner": "there is no derivative here, only one on each side; ask at another point, or smooth the corner",
    "hidden corner": "a part has a corner at this very point, though the whole has none; "
    "write the formula without it, or ask at a point near by",
    "infinite slope": "the derivative is infinite here; keep the argument away from this point",
    "edge of the domain": "there are values on one side only; keep the argument inside the domain",
    "infinity times zero": "put a harmless argument in place of the singular one before the function is called, "
    "np.where on its argument and not on its result alone, or give the function a rule of its own",
    "wrong rule": "correct the rule; adlib.check_grads tests it alone",
    "branch": "the program takes a special way at this very point; let its result depend on x as that beside it does",
    "staircase": "rounding and counting have derivative 0; leave them out, or use a smooth function in their place",
    "cut off": "a part that varies is treated as a constant; leave out stop_gradient, or say why it has to be there",
    "cancellation": "rewrite the formula without the difference of nearly equal numbers, use a series near the point, "
    "or give the function a rule of its own",
    "stopped early": "stop by the change of the derivative too, or take more rounds",
    "chaos": "the slope is right and says nothing of any step that a computer can take; "
    "shorten the loop, or average over many runs",
    "low precision": "leave out the cast, or make the constants float64",
    "unexplained": "trust the values; look for a part that adlib cannot see, and differentiate the parts one by one",
}


class Trouble(NamedTuple):
    """One kind of trouble with a derivative.

    Attributes
    ----------
    kind : str
        One of the keys of `CURES`.
    place : Place or None
        The line of the user's code it comes from, where one was found.
    words : str
        What was found, with its numbers.
    """

    kind: str
    place: Place | None
    words: str

    @property
    def cure(self):
        return CURES[self.kind]

    def __str__(self):
        parts = [f"{self.kind}: {self.words}", *([str(self.place)] if self.place else []), self.cure]
        return "\n".join(
            textwrap.fill(part, 79, initial_indent=indent, subsequent_indent="    ")
            for part, indent in zip(parts, ("", "    ", "    "))
        )


class Findings:
    """All that was measured at a point; what the verdicts are drawn from."""

    def __init__(self, f, x, u, plain, limit):
        self.f, self.x, self.u, self.limit = f, x, u, limit
        self.scale = float(np.max(np.abs(x), initial=0.0))
        self.value = plain
        self.again = [limit(lambda: float(f(own_copy(x)))) for _ in range(3)]
        self.traced, self.forward = runs.forward(f, x, u)
        self.stops = [Place(*stop) for stop in dict.fromkeys(limit.stops)]
        self.reverse = runs.reverse(f, x, u)
        self.complex_value, self.complex = runs.complex_step(f, x, u, limit)
        self.ray = runs.Ray(f, x, u, limit)
        self.single = self.ray.single()
        self.run = Run(f, x, u, self.scale or 1.0, limit)
        self.value_noise, self.slope_noise = self.run.rounding()
        noise = max(self.value_noise, _EPS * max(abs(plain), np.finfo(float).tiny))
        t = steps(self.scale, np.ndim(x) == 0)
        self.left, self.right = (side(self.ray.value, plain, noise, sign, t, self.scale) for sign in (-1, 1))
        self.best = min(self.left, self.right, key=lambda side: side.error)
        self.watched = runs.with_branches(f, x, u, limit)

    @property
    def reach(self):
        return max(self.left.reach, self.right.reach)

    def off(self, slope):
        """By how much the values contradict a slope: 0 where their errors allow for it."""
        gap = abs(slope - self.best.slope)
        return gap if gap > _SAFE * self.best.error + _CORNER * abs(self.best.slope) + self.floor() else 0.0

    def floor(self):
        """What the rounding of value and point does to the slope of any formula."""
        t = max(self.best.step, _ASIDE * self.scale) or 1.0
        bend = abs(self.ray(t)[1] - self.ray(-t)[1]) / (2 * t)
        size = abs(self.value) / self.best.step + abs(self.best.slope) if self.best.step else 0.0
        return _FLOOR * _EPS * (size + (bend if np.isfinite(bend) else 0.0) * self.scale)

    def around(self, size=_CLOSE):
        """The slope along the same direction at points around the point, none of them special."""
        rng, size = np.random.default_rng(0), size * (self.scale or 1.0)
        points = [self.x + size * rng.uniform(-1.0, 1.0, np.shape(self.x)) for _ in range(_AROUND)]
        return np.array([self.ray.at(runs.moved(point, 0.0 * self.x))[1] for point in points])

    def complex_noise(self):
        """How much the complex step varies between points next to this one, which are as good as it."""
        rng = np.random.default_rng(0)
        shifts = [_NEXT * self.scale * rng.uniform(-1.0, 1.0, np.shape(self.x)) for _ in range(_AROUND)]
        found = [runs.complex_step(self.f, runs.moved(self.x, shift), self.u, self.limit)[1] for shift in shifts]
        return max((abs(slope - self.complex) for slope in found if slope is not None), default=0.0)

    def turned(self, number):
        """The run with a question answered the other way."""
        return runs.with_branches(self.f, self.x, self.u, self.limit, number)


def verdicts(found):
    """The trouble of a point, that which has to be mended first; none where there is none."""
    return next(([trouble] for look in _TABLE if (trouble := look(found)) is not None), [])


def not_traced(error):
    """The trouble with a function that adlib cannot run."""
    notes = "".join(f"; {note}" for note in getattr(error, "__notes__", ()))
    return Trouble("not traced", raised_at(error), f"{error or type(error).__name__}{notes}")


def _random(found):
    other = next((x for x in found.again if x is not None and not _equal(x, found.value)), None)
    if other is not None:
        return Trouble("random", None, f"two runs give {found.value:.6g} and {other:.6g}")


def _equal(a, b):
    return a == b or np.isnan(a) and np.isnan(b)


def _another_path(found):
    a, b = found.value, found.traced
    if not _equal(a, b) and not abs(a - b) <= _PATH * abs(a) + _SAFE * found.value_noise:
        return Trouble("another path", None, f"the value is {a:.6g}, and {b:.6g} where adlib runs the function")


def _value(found):
    if not np.isfinite(found.value):
        return Trouble("value not finite", found.run.first_not_finite(), f"the value is {found.value}")


def _low_precision(found):
    coarse = found.run.coarsest()
    if coarse is not None:
        place, dtype = coarse
        return Trouble("low precision", place, f"the point is float64, but this is computed in {dtype}")


def _jump(found):
    for here, name in ((found.right, "right"), (found.left, "left")):
        if here.jump:
            place = _turning(found) or found.run.first_bend() or _stepping(found)
            return Trouble("jump", place, f"the value jumps by {here.jump:.3g} to the {name}")


def _not_finite(found):
    steep = found.left.steep or found.right.steep
    finite = np.isfinite([found.forward, found.reverse]).all()
    if finite and not steep:
        return None
    place = found.run.first_not_finite() or found.run.first_bend()
    slope = found.forward if not np.isfinite(found.forward) else found.reverse
    if steep:
        return Trouble("infinite slope", place, f"the values rise ever more steeply, adlib says {slope:.6g}")
    if not (found.left.defined and found.right.defined):
        return Trouble("edge of the domain", place, f"there are no values on one side, and adlib says {slope:.6g}")
    if _bends(found):
        return Trouble("corner", place, f"{_sides(found)}, adlib says {slope:.6g}")
    return Trouble("infinity times zero", place, f"adlib says {slope:.6g}, where values say {found.best.slope:.6g}")


def _edge(found):
    if not (found.left.defined and found.right.defined):
        return Trouble("edge of the domain", found.run.first_not_finite(), "there are no values on one side")


def _corner(found):
    if _bends(found):
        place = _turning(found) or found.run.first_bend()
        return Trouble("corner", place, f"{_sides(found)}; adlib says {found.forward:.6g}")


def _bends(found):
    a, b = found.left, found.right
    allowed = _SAFE * (a.error + b.error) + _CORNER * max(abs(a.slope), abs(b.slope))
    return abs(a.slope - b.slope) > allowed + found.floor()


def _chaos(found):
    best, reach = found.best, found.reach
    wild = best.error * best.step > 1e-2 * reach and reach > _AT_ZERO * _EPS * abs(found.value)
    if wild and abs(found.forward) * found.scale * _CHAOS > reach:
        words = f"the slope is {found.forward:.3g}, though the values vary by {reach:.3g} only"
        return Trouble("chaos", found.run.losses(summed=True), words)


def _contradiction(found):
    """Forward mode and values say two things: who of those that can explain it does?

    Points around the point tell whether it is special: they agree with the values, or with forward mode, or with none.
    """
    gap = found.off(found.forward)
    if not gap:
        return None
    words = f"adlib says {found.forward:.6g}, values say {found.best.slope:.6g}"
    if found.slope_noise > 0.1 * gap:
        return Trouble("cancellation", found.run.losses(), words)
    around = found.around()
    if np.all(np.abs(around - found.best.slope) < 0.5 * gap):
        return _special(found, words)
    if np.all(np.abs(around - found.forward) > 0.1 * gap) and np.ptp(around) > 0.1 * gap:
        return Trouble("corner", _mismatch(found), f"{words}, and points near by say others again")
    return _persistent(found, words)


def _region(found):
    """The point lies in a small region of its own: outside, all slopes are alike and others, and a question is answered otherwise."""
    if found.best.step > _REGION * (found.scale or 1.0):
        return None
    around = found.around(_ASIDE)
    size = max(abs(found.forward), np.max(np.abs(around)))
    if np.ptp(around) < 0.1 * size and np.all(np.abs(around - found.forward) > 0.5 * size):
        words = f"the slope is {found.forward:.6g} here, and {np.mean(around):.6g} at all points a little further off"
        place = _turning(found, _ASIDE)
        return place and Trouble("branch", place, words)


def _special(found, words):
    """The derivative is right all around: the program goes a special way at this very point, or a part has a corner."""
    for number, loop in _turnable(found):
        turned = found.turned(number)
        if turned and not found.off(turned.slope) and abs(turned.value - found.value) <= _PATH * abs(found.value):
            kind, other = ("stopped early", "one round more") if loop else ("branch", "the other branch")
            return Trouble(kind, _place(found.watched.asked[number]), f"{words}, as {other} does")
    if place := _turning(found):
        return Trouble("branch", place, f"{words}, and so does adlib at the points around")
    if place := found.run.first_bend():
        return Trouble("hidden corner", place, f"{words}: the slopes of this part differ on the two sides")
    varying = found.run.varying_constant()
    place = varying and found.run.place(varying[0])
    return Trouble("branch", place, f"{words}, and so does adlib at the points around")


def _persistent(found, words):
    """The derivative is wrong all around: a rule, a constant that varies, or steps."""
    wrong = _rule(found, words)
    if wrong is not None:
        return wrong
    varying = found.run.varying_constant()
    if found.stops:
        used = varying and found.run.place(varying[0])
        return Trouble(
            "cut off", used if used in found.stops or not used and len(found.stops) > 1 else found.stops[0], words
        )
    if place := _turning(found) or _stepping(found):
        return Trouble("staircase", place, f"{words}: they vary by steps, which follow the value")
    if varying:
        return Trouble("cut off", found.run.place(varying[0]), words)
    return Trouble("unexplained", _mismatch(found), words)


def _mismatch(found):
    position = found.run.first_mismatch()
    return None if position is None else found.run.place(position)


def _cancellation(found):
    noise, slope = found.slope_noise, max(abs(found.forward), abs(found.best.slope))
    floor = found.floor() * (1 if slope > _SAFE * noise else _AT_ZERO)
    if noise > _DIGITS * slope and noise > floor:
        words = f"rounding moves it by {noise:.2g}, a slope of {found.forward:.3g}"
        return Trouble("cancellation", found.run.losses(), words)


def _modes(found):
    gap = abs(found.forward - found.reverse)
    if gap > _MODES * max(abs(found.forward), abs(found.reverse)) + _SAFE * found.slope_noise + found.floor():
        words = f"forward mode says {found.forward:.6g}, reverse mode {found.reverse:.6g}"
        return _rule(found, words) or Trouble("unexplained", None, words)


def _complex(found):
    """The complex step knows all digits, where it is one: values have to agree."""
    if found.complex is None or not np.isfinite(found.complex) or found.off(found.complex):
        return None
    if abs(found.complex_value - found.value) > _SAME * abs(found.value) + _SAFE * found.value_noise:
        return None  # complex arithmetic has computed something else, or loses digits where real arithmetic does not
    if abs(found.complex - found.best.slope) >= abs(found.forward - found.best.slope):
        return None  # values side with forward mode
    gap = abs(found.forward - found.complex)
    allowed = _MODES * abs(found.complex) + _SAFE * found.slope_noise + found.floor()
    allowed += _FLOOR * _EPS * abs(found.value) / (found.scale or 1.0)  # it divides by the point, or does not
    if gap > allowed and gap > allowed + _SAFE * found.complex_noise():
        words = f"adlib says {found.forward:.10g}, the complex step {found.complex:.10g}"
        return _rule(found, words) or Trouble("unexplained", None, words)


def _rule(found, words):
    wrong = found.run.wrong_rule()
    if wrong is not None:
        position, message = wrong
        node = found.run.graph.nodes[position]
        return Trouble("wrong rule", found.run.place(position), f"{words}; the rule of {node.op} is wrong: {message}")


def _stopped_early(found):
    for number, loop in _turnable(found):
        turned = found.turned(number) if loop else None
        if turned is None or not np.isfinite([turned.value, turned.slope]).all():
            continue
        moved, changed = abs(turned.value - found.value), abs(turned.slope - found.forward)
        allowed = _DIGITS * max(abs(turned.slope), abs(found.forward)) + _SAFE * found.slope_noise + found.floor()
        if moved <= _STOPPED * abs(found.value) and changed > allowed and _refines(found):
            words = f"one round more changes the value by {moved:.1g} and the slope by {changed:.1g}"
            return Trouble("stopped early", _place(found.watched.asked[number]), words)


def _refines(found):
    """Whether a round more changes the value little at points further off too: at one point it may by chance."""
    for t in (-1 / 32, 1 / 32):
        x = runs.moved(found.x, t * (found.scale or 1.0) * found.u)
        here = runs.with_branches(found.f, x, found.u, found.limit)
        for number, loop in _questions(here):
            turned = runs.with_branches(found.f, x, found.u, found.limit, number) if loop else None
            if turned and abs(turned.value - here.value) > _STOPPED * abs(here.value):
                return False
    return True


def _staircase(found):
    if found.forward == 0 and any(
        _steps_at(found, sign, here.flat) for sign, here in ((-1, found.left), (1, found.right))
    ):
        place = _stepping(found) or _turning(found)
        return Trouble("staircase", place, "the value is constant near the point, and jumps further off")
    rounds = found.watched.rounds if found.watched else []
    jump = rounds and min(_jump_nearby(found.ray, sign * (found.scale or 1.0)) for sign in (-1, 1))
    if jump:  # on both sides: there are steps, and not one jump farther off
        words = f"the value jumps by {jump:.2g} near by, and the slope says nothing of it"
        return Trouble("staircase", Place(*rounds[0]), words)


def _steps_at(found, sign, flat):
    """Whether the value, constant up to the step `flat`, jumps where it begins to change."""
    a, b = flat, 2 * flat
    beyond = abs(found.ray.value(sign * b) - found.value)
    for _ in range(50 if flat else 0):
        middle = (a + b) / 2
        a, b = (middle, b) if found.ray.value(sign * middle) == found.value else (a, middle)
    change = abs(found.ray.value(sign * b) - found.value)
    return bool(change > max(_STEP * beyond, _UNDERFLOW, _VISIBLE * max(_EPS * abs(found.value), found.value_noise)))


def _jump_nearby(ray, scale):
    """The largest jump on one side within an eighth of the size of the point; 0 where there is none."""
    ends = scale * np.linspace(0, 1 / 8, 33)
    left, right = (np.array([ray(t) for t in ts]) for ts in (ends[:-1], ends[1:]))

    def gap(left, right, width):  # what the slopes at the ends do not explain
        return np.abs(right[..., 0] - left[..., 0] - width * (left[..., 1] + right[..., 1]) / 2)

    width = ends[1] - ends[0]
    gaps = gap(left, right, width)
    k = int(np.argmax(np.where(np.isfinite(gaps), gaps, 0.0)))
    a, b, before, after = ends[k], ends[k + 1], left[k], right[k]
    for _ in range(30):  # a smooth function's gap falls by eight with every halving
        middle = np.array(ray((a + b) / 2))
        width /= 2
        if gap(before, middle, width) > gap(middle, after, width):
            b, after = (a + b) / 2, middle
        else:
            a, before = (a + b) / 2, middle
    jump = float(gap(before, after, width))
    return jump if jump > max(_STEP * gaps[k], 1e-9 * abs(before[0])) else 0.0


def _sides(found):
    return f"the slope is {found.left.slope:.6g} on the left and {found.right.slope:.6g} on the right"


def _place(asked):
    place = asked[0]
    return place and Place(*place)


def _turnable(found):
    return _questions(found.watched)


def _questions(watched):
    """The questions that are worth another answer, as pairs of a number and whether it ended a loop."""
    by_place = {}
    for number, (place, answer, instruction) in enumerate(watched.asked if watched else ()):
        which = None if place and _ends_a_loop(place) else instruction  # Python asks the first round elsewhere
        by_place.setdefault((place, which), []).append((number, answer))
    numbers = []
    for (_, which), asked in by_place.items():
        loop = len(asked) > 1 and asked[-1][1] != asked[-2][1]
        if loop or which is None:
            numbers.append((asked[-1][0], True))
        else:
            numbers += [(number, False) for number, _ in asked[-2:]]
    return numbers


def _ends_a_loop(place):
    """Whether the line is that of a loop, or leaves one."""
    lines = [linecache.getline(place[0].co_filename, place[1] + k).strip() for k in range(2)]
    return lines[0].startswith("while ") or "break" in (lines[1], lines[0].rpartition(":")[2].partition("#")[0].strip())


def _turning(found, distance=2.0**-24):
    """The first question whose answer beside the point is another one."""
    if found.watched is None:
        return None
    for t in ((found.scale or 1.0) * distance, -(found.scale or 1.0) * distance):
        beside = runs.with_branches(found.f, runs.moved(found.x, t * found.u), found.u, found.limit)
        for ours, theirs in zip(found.watched.asked, beside.asked if beside else []):
            if ours != theirs:
                return _place(ours)
    return None


def _stepping(found):
    """The first line that rounds or compares."""
    return (
        next((Place(*place) for place in found.watched.rounds + found.watched.compares), None)
        if found.watched
        else None
    )


_TABLE = (
    *(_random, _another_path, _value, _low_precision, _jump, _not_finite, _edge, _corner, _chaos),
    *(_contradiction, _cancellation, _modes, _complex, _stopped_early, _region, _staircase),
)
