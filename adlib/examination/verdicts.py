"""Conclusions: from slopes that disagree to the kind of trouble, the line it comes from and what helps."""

import textwrap
from typing import NamedTuple

import numpy as np

from . import runs
from .places import Place, Run
from .sides import side

_EPS = np.finfo(float).eps

# What helps, by the kind of trouble.
CURES = {
    "not traced": "write the function with NumPy and without what the message names",
    "random": "draw the random numbers once, outside, and pass them in",
    "value not finite": "rewrite the formula so that no intermediate result overflows, as np.logaddexp does",
    "jump": "there is no derivative here; smooth the jump, or differentiate the parts on either side",
    "corner": "there is no derivative here, only one on each side; ask at another point, or smooth the corner",
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

    def __init__(self, f, x, u):
        self.f, self.x, self.u = f, x, u
        self.scale = float(np.max(np.abs(x), initial=0.0)) or 1.0
        self.value, self.forward = runs.forward(f, x, u)
        self.reverse = runs.reverse(f, x, u)
        self.complex = runs.complex_step(f, x, u)
        self.ray = line = runs.Ray(f, x, u)
        self.single = line.single()
        self.again = line(0.0)[0]
        steps = max(self.scale, 1.0)
        self.left, self.right = (side(line, self.value, steps, sign) for sign in (-1, 1))
        self.run = Run(f, x, u, self.scale)
        self.watched = runs.with_branches(f, x, u)

    @property
    def central(self):
        """The mean of the two one-sided slopes."""
        return (self.left.slope + self.right.slope) / 2

    @property
    def resolved(self):
        """Whether values alone give the slope on both sides."""
        return self.left.resolved and self.right.resolved

    def off(self, slope):
        """By how much the slopes on the sides contradict a slope: 0 where their errors allow for it."""
        gap = abs(slope - self.central)
        allowed = 10 * (self.left.error + self.right.error) + 1e-4 * abs(self.central)
        return gap if gap > allowed else 0.0

    def noise(self):
        """How unevenly the slope of forward mode varies between neighbours: what is left of smooth variation is tiny."""
        if not np.any(self.x):  # whose neighbours are no longer floating-point numbers of full precision
            return 0.0
        slopes = [self.ray(t)[1] for t in self.scale * 2.0**-17 * np.arange(1, 10)]
        return float(np.max(np.abs(np.diff(slopes, 4)))) / 8 if np.isfinite(slopes).all() else 0.0


def verdicts(found):
    """The troubles of a point, in the order in which they are to be mended: most often one, or none."""
    for look in (_value, _low_precision, _jump, _not_finite, _corner, _chaos, _cancellation, _modes, _mismatch):
        trouble = look(found)
        if trouble is not None:
            return [trouble]
    return [trouble for look in (_stopped_early, _staircase) if (trouble := look(found)) is not None]


def _value(found):
    if not np.isfinite(found.value):
        return Trouble("value not finite", found.run.first_not_finite(), f"the value is {found.value}")
    if found.again != found.value:
        return Trouble("random", None, f"two runs give {found.value:.6g} and {found.again:.6g}")


def _jump(found):
    for here, name in ((found.right, "right"), (found.left, "left")):
        if here.jump:
            place = _turning(found) or found.run.first_bend()
            return Trouble("jump", place, f"the value jumps by {here.jump:.3g} to the {name}")


def _not_finite(found):
    steep = found.left.steep or found.right.steep
    if np.isfinite([found.forward, found.reverse]).all() and not steep:
        return None
    place = found.run.first_not_finite() or found.run.first_bend()
    slope = found.forward if not np.isfinite(found.forward) else found.reverse
    if steep:
        return Trouble("infinite slope", place, f"the values rise ever more steeply, adlib says {slope:.6g}")
    if not (found.left.defined and found.right.defined):
        return Trouble("edge of the domain", place, f"there are no values on one side, and adlib says {slope:.6g}")
    if found.resolved and not _same(found.left.slope, found.right.slope, found):
        return Trouble("corner", place, f"{_sides(found)}, adlib says {slope:.6g}")
    return Trouble("infinity times zero", place, f"adlib says {slope:.6g}, where values say {found.central:.6g}")


def _corner(found):
    if found.resolved and not _same(found.left.slope, found.right.slope, found):
        place = _turning(found) or found.run.first_bend()
        return Trouble("corner", place, f"{_sides(found)}; adlib says {found.forward:.6g}")
    if not (found.left.defined and found.right.defined):
        return Trouble("edge of the domain", found.run.first_not_finite(), "there are no values on one side")


def _chaos(found):
    reach = max(found.left.reach, found.right.reach)
    if not found.resolved and abs(found.forward) * found.scale * 2.0**-30 > reach > 0:
        return Trouble(
            "chaos",
            found.run.losses(summed=True)[0],
            f"the slope is {found.forward:.3g}, though the values vary by {reach:.3g} only",
        )


def _cancellation(found):
    noise = found.noise()
    size = max(abs(found.forward), abs(found.central) if found.resolved else 0.0)
    if noise > 1e-7 * size:
        lost = f"neighbours in floating point differ by {noise:.2g} in a slope of {size:.3g}"
        return Trouble("cancellation", found.run.losses()[0], lost)


def _modes(found):
    gap = abs(found.forward - found.reverse)
    if gap > 1e-8 * max(abs(found.forward), abs(found.reverse)) and gap > 1e-12 * found.right.reach / found.scale:
        return _rule(found, f"forward mode says {found.forward:.6g}, reverse mode {found.reverse:.6g}")


def _rule(found, words):
    wrong = found.run.wrong_rule()
    if wrong is not None:
        position, message = wrong
        node = found.run.graph.nodes[position]
        return Trouble("wrong rule", found.run.place(position), f"{words}; the rule of {node.op} is wrong: {message}")


def _mismatch(found):
    if not found.resolved or not found.off(found.forward):
        return None
    words = f"adlib says {found.forward:.6g}, values say {found.central:.6g}"
    place, error = found.run.losses()
    if error > 0.1 * found.off(found.forward):
        return Trouble("cancellation", place, words)
    for number in _turnable(found):
        turned = runs.with_branches(found.f, found.x, found.u, number)
        if turned and turned.value == found.value and not found.off(turned.slope):
            return Trouble("branch", _place(found.watched.asked[number]), f"{words}, as the other branch does")
    wrong = _rule(found, words)
    if wrong is not None:
        return wrong
    place = _turning(found)
    if place is not None:
        return Trouble("staircase", place, f"{words}: they vary by branches, which follow the value")
    varying = found.run.varying_constant()
    if varying is not None:
        position, constant = varying
        kind = "branch" if np.asarray(constant).dtype.kind == "b" else "cut off"
        return Trouble(kind, found.run.place(position), words)
    position = found.run.first_mismatch()
    return Trouble("cut off", None if position is None else found.run.place(position), words)


def _stopped_early(found):
    for number in _turnable(found, loops=True):
        turned = runs.with_branches(found.f, found.x, found.u, number)
        if turned is None or not np.isfinite([turned.value, turned.slope]).all():
            continue
        moved, changed = abs(turned.value - found.value), abs(turned.slope - found.forward)
        if moved <= 0.1 * abs(found.value) and changed > 1e-7 * max(abs(turned.slope), abs(found.forward)):
            words = f"one round more changes the value by {moved:.1g} and the slope by {changed:.1g}"
            return Trouble("stopped early", _place(found.watched.asked[number]), words)


def _staircase(found):
    rounds, compares = (found.watched.rounds, found.watched.compares) if found.watched else ([], [])
    if found.forward == 0 and (found.left.flat or found.right.flat):
        place = next((Place(*place) for place in rounds + compares), None)
        return Trouble("staircase", place, "the value is constant near the point, and jumps further off")
    if rounds and (jump := _jump_nearby(found.ray, found.scale)):
        words = f"the value jumps by {jump:.2g} near by, and the slope says nothing of it"
        return Trouble("staircase", Place(*rounds[0]), words)


def _jump_nearby(ray, scale):
    """The largest jump within an eighth of the size of the point; 0 where there is none."""
    ends = scale * np.linspace(-1 / 8, 1 / 8, 65)
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
    return jump if jump > max(0.5 * gaps[k], 1e-9 * abs(before[0])) else 0.0


def _low_precision(found):
    coarse = found.run.coarsest()
    if coarse is not None:
        place, dtype = coarse
        return Trouble("low precision", place, f"the point is float64, but this is computed in {dtype}")


def _same(a, b, found):
    allowed = 10 * (found.left.error + found.right.error) + 1e-3 * max(abs(a), abs(b))
    return abs(a - b) <= allowed


def _sides(found):
    return f"the slope is {found.left.slope:.6g} on the left and {found.right.slope:.6g} on the right"


def _place(asked):
    place = asked[0]
    return place and Place(*place)


def _turnable(found, loops=False):
    """The numbers of the questions that are worth another answer: those that ended a loop, or those of branches."""
    if found.watched is None:
        return []
    by_place = {}
    for number, (place, answer) in enumerate(found.watched.asked):
        by_place.setdefault(place, []).append((number, answer))
    numbers = []
    for asked in by_place.values():
        ended = len(asked) > 1 and asked[-1][1] != asked[-2][1]
        if loops and ended:
            numbers.append(asked[-1][0])
        elif not loops and not ended:
            numbers += [number for number, _ in asked[-2:]]
    return numbers


def _turning(found):
    """The first question whose answer beside the point is another one."""
    if found.watched is None:
        return None
    for t in (found.scale * 2.0**-24, -found.scale * 2.0**-24):
        beside = runs.with_branches(found.f, found.x + t * found.u, found.u)
        for ours, theirs in zip(found.watched.asked, beside.asked if beside else []):
            if ours != theirs:
                return _place(ours)
    return None
