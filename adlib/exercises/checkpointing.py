"""The exercises of chapter 13. Oracles: machines that carry a schedule out and count, a shortest way, the complex step."""

import heapq
import math
import weakref

import numpy as np

from ._answers import array, close, number, numbers, shown
from ._engine import Complaint, Exercise
from ._lines import TooLong, with_few_lines
from ._oracles import gradient
from .checkpointing_programs import FIND_THE_BUG, MUST_KEEP

# every-k -------------------------------------------------------------------------------------------------------


def carried_out(l, k):
    """The most states held, and the steps run: every step is carried out, one at a time."""
    starts = list(range(0, l, k))
    held, runs, peak = set(), 0, 0
    for start in starts[:-1]:
        held.add(("stored", start))
        runs += k
    for start in reversed(starts):
        held.discard(("stored", start))
        tapes = list(range(start, min(start + k, l)))
        for step in tapes:
            held.add(("tape", step))
            runs += 1
            peak = max(peak, len(held))
        held -= {("tape", step) for step in tapes}
    return [peak, runs]


def every_cases(rng):
    """Segments of one length, a short last one, the ends of the range; then all small pairs, and long chains."""
    fixed = [(12, 4), (10, 4), (13, 4), (17, 8), (10, 1), (10, 10), (12, 50), (1, 1), (2, 1), (2, 2), (100, 10)]
    small = [(l, k) for l in range(1, 21) for k in range(1, l + 3)]
    small = [small[i] for i in rng.permutation(len(small))]
    long = [(int(rng.integers(200, 900)), int(rng.integers(2, 60))) for _ in range(8)]
    return [{"l": l, "k": k, "shown": f"l = {l}, k = {k}"} for l, k in [*fixed, *small, *long]]


def every_run(student, case):
    return numbers(student(case["l"], case["k"]), "what every_k returned", 2)


def every_verify(case, answer):
    l, k = case["l"], case["k"]
    expected = carried_out(l, k)
    if answer == expected:
        return None
    if answer == expected[::-1]:
        return Complaint("places", f"it returned {shown(answer)}, expected {shown(expected)}")
    if k > l and answer[0] != expected[0]:
        return Complaint("one-segment", f"the peak is {shown(answer[0])}, expected {expected[0]}")
    if not all(count.is_integer() for count in answer):
        return Complaint("fraction", f"it returned {shown(answer)}, expected {expected}")
    segments = -(-l // k)
    last, before = segments - 1 + l - k * (segments - 1), segments - 2 + k
    if answer[0] != expected[0]:
        key = "last-alone" if answer[0] == last else "whole" if answer[0] == segments - 1 + k else "peak"
        key = "earlier-alone" if answer[0] == before and key == "peak" else key
        return Complaint(key, f"the peak is {shown(answer[0])}, expected {expected[0]}")
    key = {l: "again", 2 * l: "last-segment", l * (l + 1) // 2: "from-the-start"}.get(answer[1], "steps")
    return Complaint(key, f"the steps run are {shown(answer[1])}, expected {expected[1]}")


EVERY_K = Exercise(
    id="every-k",
    wants="def every_k(l, k):",
    cases=every_cases,
    run=every_run,
    verify=every_verify,
    hints={
        "places": "the two numbers have changed places: first the states, then the steps",
        "one-segment": "with k greater than l there is one segment, and it has l steps only",
        "fraction": "both are whole numbers: how many segments are there, when k does not divide l",
        "whole": "the slot of a segment is emptied when the segment begins its way back, and the last segment may be a short one",
        "last-alone": "the last segment may be short; then the peak comes later, in a whole one",
        "earlier-alone": "the peak may come at the very first turn: then all slots are taken, beside the tapes of the last segment",
        "peak": "write down slots and tapes at the turn of the last segment, and at the turn of the one before it",
        "again": "a segment between two slots is run a second time, on tape",
        "last-segment": "the last segment goes on tape at once: it is not run twice",
        "from-the-start": "a segment is run again from its own slot, not from state 0",
        "steps": "each step runs on tape once; which steps run before that without a tape",
    },
)

# root-backward -------------------------------------------------------------------------------------------------


class State:
    """A state that cannot be looked into, so that it cannot be put aside in another form."""

    __slots__ = ("__weakref__",)


class Misused(Exception):
    """A step or a pullback was given what it cannot use: `key` is that of a hint."""

    def __init__(self, key, found):
        super().__init__(found)
        self.key = key


class Chain:
    """A chain of steps in the plane, one angle each, that counts the states alive, wherever they are kept, and the runs."""

    def __init__(self, angles, bar=(0.0, 0.0)):
        self.angles, self.bar = angles, np.array(bar)
        self.values, self.peak, self.runs, self.left = weakref.WeakKeyDictionary(), 0, 0, len(angles)

    def new(self, number, x):
        state = State()
        self.values[state] = (number, x)
        self.peak = max(self.peak, len(self.values))
        return state

    def turn(self, i):
        cosine, sine = np.cos(self.angles[i]), np.sin(self.angles[i])
        return np.array([[cosine, -sine], [sine, cosine]])

    def value(self, i, x):
        """Step i at x: bent, then turned, so that no two steps change places and no state serves for another."""
        return self.turn(i) @ (x + 0.2 * np.sin(x[::-1]))

    def looked_up(self, i, state, what):
        if not isinstance(state, State) or state not in self.values:
            raise Misused("foreign", f"{what}({i}, ...) was given something else than a state")
        number, x = self.values[state]
        if number != i:
            raise Misused("wrong-state", f"{what}({i}, ...) was given state {number}")
        return x

    def step(self, i, state):
        if not isinstance(i, int | np.integer) or not 0 <= i < len(self.angles):
            raise Misused("wrong-state", f"there is no step {i}")
        x = self.looked_up(i, state, "step")
        self.runs += 1
        return self.new(int(i) + 1, self.value(i, x))

    def pull(self, i, state, bar):
        if i != self.left - 1:
            raise Misused("turn", f"pull({i}, ...) came where pull({self.left - 1}, ...) was due")
        x = self.looked_up(i, state, "pull")
        if not isinstance(bar, np.ndarray) or not np.array_equal(bar, self.bar):
            raise Misused("adjoint", f"pull({i}, ...) was given another adjoint than the one that is due")
        self.left -= 1
        bend = 0.2 * np.cos(x)
        self.bar = self.bar @ self.turn(i) @ np.array([[1.0, bend[1]], [bend[0], 1.0]])
        return self.bar.copy()


def root(l):
    """The square root of l, rounded up."""
    return math.isqrt(l - 1) + 1


def root_cases(rng):
    """One step, two, a square, what is none; long chains, where all else than a root is too much; lengths at random."""
    lengths = [1, 2, 3, 4, 5, 9, 10, 16, 17, 23, 100, 101, 390, *rng.integers(30, 300, size=5).tolist()]
    return [
        {
            "angles": rng.uniform(0.3, 2.8, l).round(3).tolist(),
            "x": rng.uniform(-1, 1, 2).round(2).tolist(),
            "bar": rng.uniform(0.5, 2, 2).round(2).tolist(),
            "shown": f"a chain of {l} step{'s' * (l > 1)}",
        }
        for l in lengths
    ]


def root_run(student, case):
    chain, l = Chain(case["angles"], case["bar"]), len(case["angles"])
    start = chain.new(0, np.array(case["x"]))
    given = np.array(case["bar"])
    try:
        # Functions, not methods: they do not lead to the chain.
        answer = student(l, lambda i, state: chain.step(i, state), lambda *args: chain.pull(*args), start, given)
    except Misused as misuse:
        return {"misused": misuse.key, "found": str(misuse)}
    result = array(answer, "what checkpointed_backward returned", (2,))
    if chain.left:
        return {"misused": "turn", "found": f"pull({chain.left - 1}, ...) never came"}
    return {"bar": result, "runs": chain.runs, "peak": chain.peak, "changed": given.tolist() != case["bar"]}


def root_verify(case, answer):
    if "misused" in answer:
        return Complaint(answer["misused"], answer["found"])
    chain, l = Chain(case["angles"]), len(case["angles"])

    def whole(x):
        for i in range(l):
            x = chain.value(i, x)
        return x @ np.array(case["bar"])

    expected = gradient(whole, np.array(case["x"]))
    if not close(answer["bar"], expected, rtol=1e-9):
        key = "rounded" if close(answer["bar"], expected, rtol=1e-5) else "value"
        return Complaint(key, f"the adjoint is {shown(answer['bar'])}, expected {shown(expected)}")
    if answer["changed"]:
        return Complaint("changed")
    if answer["peak"] > (most := 2 * root(l) + 2):
        return Complaint("states", f"{answer['peak']} states were alive at one time, at most {most}")
    if answer["runs"] > 2 * l:
        return Complaint("runs", f"steps were run {answer['runs']} times, at most {2 * l}")
    return None


ROOT_BACKWARD = Exercise(
    id="root-backward",
    wants="def checkpointed_backward(l, step, pull, start, bar):",
    cases=root_cases,
    run=root_run,
    verify=root_verify,
    hints={
        "foreign": "states are what step returns, and start; nothing else can be handed in",
        "wrong-state": "step i and pull i both need state i, the one before the step",
        "turn": "every step is pulled back once, the last one first",
        "adjoint": "hand each pullback what the one before it returned, as it is",
        "value": "what is returned is the adjoint of the start, as the last pullback gave it",
        "rounded": "the first digits are right, and the last ones are lost: was it rounded, or put into float32",
        "changed": "the adjoint that was given is changed; whoever called may still need it",
        "states": "too many states: which of those that you hold has nobody a use for any more",
        "runs": "too many runs: a segment is run again once, from its own beginning",
    },
)

# least-price ---------------------------------------------------------------------------------------------------

LINES = 20_000_000  # of Python, for one chain: a table of its pieces takes six, and thirteen if each price is summed up anew


def shortest_way(prices, slots):
    """The least price, by a search through everything the machine can do (Dijkstra).

    Its place is the current state or None, the states in slots, and how many steps are left to reverse.
    """
    l = len(prices)
    start = (0, frozenset([0]), l)
    least, waiting = {start: 0}, [(0, 0, start)]
    count = 1
    while waiting:
        price, _, place = heapq.heappop(waiting)
        if price > least[place]:
            continue
        current, stored, left = place
        if left == 0:
            return price
        ways = [(0, (state, stored, left)) for state in stored if state != current]
        ways += [(0, (current, stored - {state}, left)) for state in stored if state]
        if current is not None:
            if len(stored) < slots:
                ways.append((0, (current, stored | {current}, left)))
            if current + 1 == left:
                ways.append((0, (None, stored, left - 1)))
            elif current + 1 < left:
                ways.append((prices[current], (current + 1, stored, left)))
        for more, other in ways:
            if price + more < least.get(other, math.inf):
                least[other] = price + more
                heapq.heappush(waiting, (price + more, count, other))
                count += 1
    raise AssertionError("the chain cannot be reversed")


def by_formula(l, slots):
    """The least number of advances where all steps cost one (Griewank and Walther, 2000)."""
    r = next(r for r in range(l + 1) if math.comb(slots + r, slots) >= l)
    return r * l - math.comb(slots + r, r - 1) if r else 0


def price_cases(rng):
    """Chains whose steps cost the same, then dear steps in odd places; short ones at random, and long ones."""
    fixed = [([5], 1), ([5, 7], 1), ([5, 7], 2), ([1] * 3, 1), ([1] * 4, 2), ([1] * 6, 2), ([1] * 10, 3), ([1] * 6, 9)]
    fixed += [([1, 1, 9, 1, 1], 2), ([9, 1, 1, 1, 1], 2), ([1, 1, 1, 9, 1, 1], 3), ([2, 3, 5, 7], 1)]
    drawn = [(rng.integers(1, 10, int(rng.integers(3, 8))).tolist(), int(rng.integers(1, 4))) for _ in range(12)]
    drawn += [(rng.uniform(0.5, 3, 6).round(2).tolist(), 2), (rng.integers(1, 10, 10).tolist(), 3)]
    alike = [(int(rng.integers(11, 40)), int(rng.integers(2, 7))) for _ in range(6)]
    alike.append((int(rng.integers(70, 90)), int(rng.integers(2, 4))))
    long = [([price] * l, slots) for (l, slots), price in zip(alike, (1, 1, 1, 2, 0.5, 7, 1))]
    return [
        {"prices": prices, "slots": slots, "shown": f"{described(prices)}, {slots} slot{'s' * (slots > 1)}"}
        for prices, slots in [*fixed, *drawn, *long]
    ]


def described(prices):
    return f"prices = {shown(prices)}" if len(prices) < 11 else f"prices = [{prices[0]}] * {len(prices)}"


def price_run(student, case):
    prices = list(case["prices"])
    try:
        answer = with_few_lines(lambda: student(prices, case["slots"]), LINES)
    except TooLong:
        return {"too long": True}
    answer = number(answer, "what least_price returned")
    return {"price": answer, "changed": prices != case["prices"]}


def price_verify(case, answer):
    if "too long" in answer:
        return Complaint("long", f"stopped after {LINES:_} lines of Python".replace("_", " "))
    prices, slots, ours = case["prices"], case["slots"], answer["price"]
    equal = len(set(prices)) == 1 and len(prices) > 7
    expected = prices[0] * by_formula(len(prices), slots) if equal else shortest_way(prices, slots)
    if not close(ours, expected):
        found = f"the price is {shown(ours)}, expected {shown(expected)}"
        return Complaint(price_mistake(prices, slots, ours, expected), found)
    return Complaint("changed") if answer["changed"] else None


def price_mistake(prices, slots, ours, expected):
    """The hint for a price that is wrong: by what it is, or by what this chain asks for."""
    if close(ours, expected, rtol=1e-5):
        return "rounded"
    whole = [int(price) for price in prices]
    if whole != prices and (ours == int(expected) or len(prices) < 8 and close(ours, shortest_way(whole, slots))):
        return "cut-off"
    if close(ours, expected + sum(prices)):
        return "record"
    if slots == 1 or len(prices) < 3 and ours > expected:
        return "one-slot"
    if close(ours, sum(price * (len(prices) - 1 - i) for i, price in enumerate(prices))):
        return "one-slot-used"
    return "impossible" if ours < expected else "too-dear"


LEAST_PRICE = Exercise(
    id="least-price",
    wants="def least_price(prices, slots):",
    cases=price_cases,
    run=price_run,
    verify=price_verify,
    hints={
        "record": "a step that runs on tape costs nothing here; what is paid for are the runs without one",
        "one-slot": "with one slot, or with two steps, there is no choice: for each step the chain runs from the start to it",
        "one-slot-used": "this is the price with one slot; a state stored half-way saves the way to it",
        "too-dear": "there is a cheaper way: where to store is a choice, and when the far part is done its slot is free again; in a table each number of slots has its own prices",
        "long": "the same piece of the chain, with as many slots, comes up in very many schedules: work it out once, and keep it",
        "impossible": "no machine is as cheap as this: the way to a stored state is paid for, and its slot is taken while the far part goes back; and a table holds for one chain alone",
        "cut-off": "a price need not be a whole number: which line cuts it off",
        "rounded": "the first digits are right, and the last ones are lost: was it rounded, or put into float32",
        "changed": "the list of prices was changed; whoever called may still need it",
    },
)

EXERCISES = (EVERY_K, ROOT_BACKWARD, LEAST_PRICE, MUST_KEEP, FIND_THE_BUG)
