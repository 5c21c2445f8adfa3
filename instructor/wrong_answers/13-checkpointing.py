"""Wrong answers to the exercises of chapter 13, and the hint that each has to get: see README.md."""

WRONG = {
    "every-k": [
        ("the last segment runs twice as well", "last-segment", "goes on tape at once", [("l + k * (segments - 1)", "2 * l")]),
        ("nothing runs twice", "again", "a second time", [("l + k * (segments - 1)", "l")]),
        ("from the start each time", "from-the-start", "not from state 0", [("l + k * (segments - 1)", "l * (l + 1) // 2")]),
        ("only the last segment is looked at", "last-alone", "in a whole one", [("max(at_the_turn, one_segment_later)", "at_the_turn")]),
        ("only a whole segment is looked at", "earlier-alone", "at the very first turn", [("max(at_the_turn, one_segment_later)", "one_segment_later")]),
        ("the slot is not emptied", "whole", "a short one", [("segments - 2 + k if", "segments - 1 + k if")]),
        ("the formula of the chapter as it stands", "fraction", "both are whole numbers", "def every_k(l, k):\n    return l / k - 1 + k, 2 * l - k\n"),
        ("slots and tapes at their most, added up, and a slot for the last segment", "peak", "the one before it", [("segments - 1 + last", "segments + k")]),
        ("k steps on tape, even if there are fewer", "one-segment", "it has l steps only", [("    last = l - k * (segments - 1)\n", "    last = l - k * (segments - 1) if segments > 1 else k\n")]),
        ("one run more a segment", "steps", "runs on tape once", [("l + k * (segments - 1)", "l + segments - 1")]),
        ("the whole segments run twice", "last-segment", "goes on tape at once", [("l + k * (segments - 1)", "l + k * (l // k)")]),
        ("the segments that fit", "peak", "the one before it", [("-(-l // k)", "max(l // k, 1)")]),
        ("the two numbers change places", "places", "have changed places", [("return max(at_the_turn, one_segment_later), l + k * (segments - 1)", "return l + k * (segments - 1), max(at_the_turn, one_segment_later)")]),
        ("one number comes back", "type", "is an int", [("return max(at_the_turn, one_segment_later), ", "return ")]),
    ],
    "root-backward": [
        ("every state is kept", "states", "nobody a use for", """
def checkpointed_backward(l, step, pull, start, bar):
    states = [start]
    for i in range(l):
        states.append(step(i, states[-1]))
    for i in reversed(range(l)):
        bar = pull(i, states[i], bar)
    return bar
"""),
        ("every step from the start", "runs", "run again once", """
def checkpointed_backward(l, step, pull, start, bar):
    for i in reversed(range(l)):
        state = start
        for j in range(i):
            state = step(j, state)
        bar = pull(i, state, bar)
    return bar
"""),
        ("segments are not let go", "states", "nobody a use for", [("    while waypoints:\n", "    piled_up = []\n    while waypoints:\n"), ("        while in_segment:\n", "        piled_up += in_segment\n        while in_segment:\n")]),
        ("ten steps a segment, always", "states", "nobody a use for", [("while segment_length * segment_length < l", "while segment_length < 10")]),
        ("the state after the step", "wrong-state", "the one before the step", [("        in_segment = [waypoints.pop()]\n        for i in range(first, min(first + segment_length, l) - 1):", "        in_segment = [waypoints.pop()]\n        for i in range(first, min(first + segment_length, l)):"), ("pull(first + len(in_segment) - 1,", "pull(first + len(in_segment) - 2,")]),
        ("the last segment has full length", "wrong-state", "the one before the step", [("min(first + segment_length, l) - 1", "first + segment_length - 1"), ("pull(first + len(in_segment) - 1, in_segment", "pull(min(first + len(in_segment), l) - 1, in_segment")]),
        ("segments from the first on", "turn", "the last one first", [("first = segment_length * (len(waypoints) - 1)", "first = 0"), ("waypoints.pop()", "waypoints.pop(0)")]),
        ("step 0 is left out", "turn", "the last one first", [("        while in_segment:\n", "        while in_segment and first + len(in_segment) > 1:\n")]),
        ("the adjoint is not handed on", "adjoint", "hand each pullback", [("            bar = pull(", "            answer = pull("), ("return bar", "return answer")]),
        ("the adjoint from before the last step comes back", "value", "what is returned is", [("            bar = pull(", "            before, bar = bar, pull("), ("return bar", "return before")]),
        ("the given array is overwritten", "changed", "is changed", [("            bar = pull(", "            bar[:] = pull(")]),
        ("in float32 at the end", "rounded", "the last ones are lost", [("return bar", "return bar.astype(np.float32)")]),
        ("a number for a state", "foreign", "nothing else can be handed in", [("in_segment.pop(), bar)", "len(in_segment), bar)")]),
        ("a state comes back", "type", "is a State", [("return bar", "return start")]),
    ],
    "least-price": [
        ("a slot is lost on the near part as well", "too-dear", "is a choice", [("near = with_one_less[middle, b], cheapest[a, middle]", "near = with_one_less[middle, b], with_one_less[a, middle]")]),
        ("no slot is lost on the far part", "impossible", "its slot is taken", """
import functools

def least_price(prices, slots):
    @functools.cache
    def least(a, b, s):
        if b - a < 2:
            return 0
        ways = [sum(sum(prices[a:i]) for i in range(a, b))]
        if s > 1:
            ways += [sum(prices[a:m]) + least(m, b, s) + least(a, m, s) for m in range(a + 1, b)]
        return min(ways)
    return least(0, len(prices), slots)
"""),
        ("the way to the stored state is free", "impossible", "its slot is taken", [("np.min(way_there + far + near)", "np.min(far + near)")]),
        ("always stored in the middle", "too-dear", "is a choice", [("middle = slice(a + 1, b)", "middle = slice((a + b) // 2, (a + b) // 2 + 1)")]),
        ("equal pieces, each by one slot", "too-dear", "is a choice", """
def least_price(prices, slots):
    l = len(prices)
    cuts = [round(i * l / slots) for i in range(slots + 1)]
    inside = sum(sum(sum(prices[a:i]) for i in range(a, b)) for a, b in zip(cuts, cuts[1:]))
    return inside + sum(prices[: cuts[-2]])
"""),
        ("one slot, whatever there is", "one-slot-used", "stored half-way", [("range(slots - 1)", "range(0)")]),
        ("the run on the tape is paid for", "record", "costs nothing here", [("return cheapest[0, l]", "return cheapest[0, l] + way_to[l]")]),
        ("the steps are counted, not paid for", "one-slot", "there is no choice", [("np.cumsum(prices)", "np.arange(1, l + 1)")]),
        ("the formula for equal prices", "one-slot", "there is no choice", """
import adlib

def least_price(prices, slots):
    return adlib.schedules.binomial_advances(len(prices), slots)
"""),
        ("the chapter's formula times the mean price", "one-slot", "there is no choice", """
import adlib

def least_price(prices, slots):
    return adlib.schedules.binomial_advances(len(prices), slots) * np.mean(prices)
"""),
        ("a slot too few: state 0 has one of its own", "one-slot-used", "stored half-way", [("range(slots - 1)", "range(slots - 2)")]),
        ("a slot too many: state 0 needs none", "impossible", "its slot is taken", [("range(slots - 1)", "range(slots if slots > 1 else 0)")]),
        ("the prices are read from behind", "one-slot", "there is no choice", [("np.cumsum(prices)", "np.cumsum(prices[::-1])")]),
        ("whole numbers for prices", "cut-off", "which line cuts it off", [("np.cumsum(prices)", "np.cumsum([int(price) for price in prices])")]),
        ("a whole number comes back", "cut-off", "which line cuts it off", [("return cheapest[0, l]", "return int(cheapest[0, l])")]),
        ("a table for all numbers of slots", "too-dear", "has its own prices", """
def least_price(prices, slots):
    table = {}

    def least(a, b, s):
        if b - a < 2:
            return 0
        if (a, b) not in table:
            ways = [sum(sum(prices[a:i]) for i in range(a, b))]
            if s > 1:
                ways += [sum(prices[a:m]) + least(m, b, s - 1) + least(a, m, s) for m in range(a + 1, b)]
            table[a, b] = min(ways)
        return table[a, b]

    return least(0, len(prices), slots)
"""),
        ("a table for all chains", "impossible", "holds for one chain", """
import functools

chain = []


@functools.cache
def least(a, b, s):
    if b - a < 2:
        return 0
    if s == 1:
        return sum(sum(chain[a:i]) for i in range(a, b))
    return min(sum(chain[a:m]) + least(m, b, s - 1) + least(a, m, s) for m in range(a + 1, b))


def least_price(prices, slots):
    chain[:] = prices
    return least(0, len(prices), slots)
"""),
        ("in float32 at the end", "rounded", "the last ones are lost", [("return cheapest[0, l]", "return np.float32(cheapest[0, l])")]),
        ("the list grows on the way", "changed", "the list of prices was changed", [("return cheapest[0, l]", "prices.append(0)\n    return cheapest[0, l]")]),
        ("the place of the first state comes back", "type", "a list of length", [("return cheapest[0, l]", "return [cheapest[0, l]]")]),
        ("the recursion as it stands, without a table", "long", "in very many schedules", """
def least_price(prices, slots):
    def least(a, b, s):
        if b - a < 2:
            return 0
        if s == 1:
            return sum(sum(prices[a:i]) for i in range(a, b))
        return min(sum(prices[a:m]) + least(m, b, s - 1) + least(a, m, s) for m in range(a + 1, b))
    return least(0, len(prices), slots)
"""),
    ],
    "must-keep": [
        ("all operands", "sum", "they read nothing", [('elif name in ("mul", "sin", "square")', 'elif name not in ("exp", "sqrt", "tanh")')]),
        ("all values", "sum", "they read nothing", "def must_keep(inputs, program, block):\n    return list(range(inputs, inputs + len(program)))\n"),
        ("the value of the sine for its operand", "operand", "the cosine of its operand", [('("mul", "sin", "square")', '("mul", "square")'), ('("exp", "sqrt", "tanh")', '("exp", "sqrt", "tanh", "sin")')]),
        ("both operands of a sum", "sum", "they read nothing", [('elif name in ("mul", "sin", "square")', 'elif name in ("mul", "sin", "square", "add")')]),
        ("the value of the square for its operand", "square", "twice its operand", [('("mul", "sin", "square")', '("mul", "sin")'), ('("exp", "sqrt", "tanh")', '("exp", "sqrt", "tanh", "square")')]),
        ("the result is always kept", "result", "only where the table says", [("    kept = set()\n", "    kept = set(needed)\n")]),
        ("what is kept for later helps the block", "anyway", "the whole block is run again", [("            kept.update(a for a in operands if a < inputs + block[0])", "            kept.update(a for a in operands if a < inputs + block[0] and inputs + k not in kept)")]),
        ("the operand of the exponential", "own", "need no operand", [('("mul", "sin", "square")', '("mul", "sin", "square", "exp")'), ('("exp", "sqrt", "tanh")', '("sqrt", "tanh")')]),
        ("the operand of the root", "own", "need no operand", [('("mul", "sin", "square")', '("mul", "sin", "square", "sqrt")'), ('("exp", "sqrt", "tanh")', '("exp", "tanh")')]),
        ("the first factor alone", "product", "each factor is", [("            kept.update(operands)\n        elif", "            kept.add(operands[0])\n        elif")]),
        ("both operands of a quotient", "quotient", "what a quotient reads", [("kept.update((operands[1], inputs + k))", "kept.update(operands)")]),
        ("a quotient keeps its value alone", "quotient", "what a quotient reads", [("kept.update((operands[1], inputs + k))", "kept.add(inputs + k)")]),
        ("the inputs as well", "inputs", "are there anyway", [("if value >= inputs", "if value >= 0")]),
        ("what does not lead to the result", "dead", "no way leads to the result", [("        if inputs + k not in needed:\n            continue\n", "")]),
        ("a block changes nothing", "inside", "only the block reads", [("if block and block[0] <= k <= block[1]", "if False")]),
        ("a block keeps nothing", "enters", "has to be there", [("kept.update(a for a in operands if a < inputs + block[0])", "pass")]),
        ("a block keeps what the derivatives in it read", "enters", "has to be there", [("            kept.update(a for a in operands if a < inputs + block[0])", "            kept.update(a for a in operands if a < inputs + block[0] and name in ('mul', 'sin', 'square'))")]),
        ("nothing made in a block is kept", "leaves", "an operation after the block reads", [("return sorted(value for value in kept if value >= inputs)", "return sorted(v for v in kept if v >= inputs and not (block and block[0] <= v - inputs <= block[1]))")]),
        ("all that leaves a block is kept", "inside", "only the block reads", [("kept.update(a for a in operands if a < inputs + block[0])", "kept.update([a for a in operands if a < inputs + block[0]] + [inputs + block[1]])")]),
        ("what enters an operation without a way back", "dead-inside", "is not run again", [("        name, *operands = program[k]\n", "        name, *operands = program[k]\n        if block and block[0] <= k <= block[1]:\n            kept.update(a for a in operands if a < inputs + block[0])\n")]),
        ("the last value of a block is the only one that is used behind it", "leaves", "an operation after the block reads", [("return sorted(value for value in kept if value >= inputs)", "return sorted(v for v in kept if v >= inputs and not (block and block[0] <= v - inputs < block[1]))")]),
        ("an operand is needed once, and is then forgotten", "random", "but not this one; go back", [("        needed.update(operands)\n", "        needed.update(operands[:1])\n")]),
        ("a block ends before its last operation", "inside", "only the block reads", [("block[0] <= k <= block[1]", "block[0] <= k < block[1]")]),
        ("the values of a long block are kept for it", "random-block", "three kinds", [("kept.update(a for a in operands if a < inputs + block[0])", "kept.update(a for a in operands if a < inputs + block[0] or block[1] - block[0] > 2)")]),
        ("each time it is read", "twice", "is named twice", [("return sorted(value for value in kept if value >= inputs)", "return 2 * sorted(value for value in kept if value >= inputs)")]),
        ("the program is taken apart", "changed", "the program was changed", [("return sorted(", "program.clear()\n    return sorted(")]),
        ("how many, not which", "type", "expected a list", [("return sorted(value for value in kept if value >= inputs)", "return len([value for value in kept if value >= inputs])")]),
    ],
    "find-the-bug": [
        ("straight steps", "stale", "bend your steps", [("np.sin(mix @ x + rng.normal(size=3))", "mix @ x + rng.normal(size=3)"), ("(bar * np.cos(mix @ x + rng.normal(size=3)))", "bar")]),
        ("steps entry by entry", "order", "mix the entries", [("mix = np.random.default_rng(i).normal(size=(3, 3)) / 2", "mix = np.diag(np.random.default_rng(i).normal(size=3))")]),
        ("one step, again and again", "order", "mix the entries", [("np.random.default_rng(i).normal(size=(3, 3)) / 2", "np.eye(3)")]),
        ("nothing is drawn", "other-draws-back", "draw nothing", [("rng.normal(size=3)", "0.3")]),
        ("the draw scales the adjoint alone", "other-draws-on-the-way", "has to change where", [("np.sin(mix @ x + rng.normal(size=3))", "np.sin(mix @ x)"), ("(bar * np.cos(mix @ x + rng.normal(size=3)))", "(bar * np.cos(mix @ x) * rng.uniform(0.5, 2, size=3))")]),
        ("the seed is 0", "seed", "other than 0", [("np.array([1.0, -2.0, 0.5]), 3", "np.array([1.0, -2.0, 0.5]), 0")]),
        ("one length, of whole segments", "short", "try several lengths", [("range(1, 27)", "(24,)")]),
        ("one length, a prime", "short", "try several lengths", [("range(1, 27)", "(23,)")]),
        ("chains up to fifteen steps", "middle", "longer than twice", [("range(1, 27)", "range(1, 16)")]),
        ("chains of nine steps or more", "few", "begin with one step", [("range(1, 27)", "range(9, 27)")]),
        ("chains of two steps or more", "few", "begin with one step", [("range(1, 27)", "range(2, 27)")]),
        ("chains up to twenty steps", "late-slot", "right with three segments", [("range(1, 27)", "range(1, 21)")]),
        ("the same bent step everywhere", "index", "did for another", [("np.random.default_rng(i).normal", "np.random.default_rng(0).normal")]),
        ("from zero", "x", "the same way as from your x", [("np.array([0.3, -0.5, 0.8])", "np.zeros(3)")]),
        ("the adjoint is one", "bar", "ones for the adjoint", [("np.array([1.0, -2.0, 0.5])", "np.ones(3)")]),
        ("the sum of the entries", "entries", "in another order passed", [("np.linalg.norm(ours - theirs)", "abs(np.sum(ours) - np.sum(theirs))")]),
        ("two chains of few steps", "short", "try several lengths", [("range(1, 27)", "(1, 2)")]),
        ("a loose comparison", "tiny", "of a millionth passed", [("1e-10 *", "1e-4 *")]),
        ("an absolute comparison of small numbers", "tiny", "of a millionth passed", [("1e-10 * np.linalg.norm(theirs)", "1e-6")]),
        ("equal in every bit", "alarm-rounding", "for its rounding", [("np.linalg.norm(ours - theirs) > 1e-10 * np.linalg.norm(theirs)", "np.any(ours != theirs)")]),
        ("always right", "first", "never pulls back through step 0", "def is_right(backward):\n    return True\n"),
        ("always wrong", "alarm", "a right one was refused: does", "def is_right(backward):\n    return False\n"),
        ("the pullback draws a second time", "alarm", "a right one was refused: does", [("theirs = plain_backward(steps, x, bar, seed)", "theirs = plain_backward(steps, x, bar, seed + 1)")]),
        ("the end of the chain is the adjoint of the end", "first", "never pulls back through step 0", [("range(1, 27)", "range(0)")]),
        ("steps that do not move", "stale", "bend your steps", [("np.sin(mix @ x + rng.normal(size=3))", "x"), ("mix.T @ (bar * np.cos(mix @ x + rng.normal(size=3)))", "bar * np.cos(x) * rng.normal(size=3)")]),
        ("five hundred calls", "calls", "are not needed", [("for l in range(1, 27):", "for l in [*range(1, 27)] * 20:")]),
        ("the difference comes back", "type", "expected True or False", [("return True", "return np.linalg.norm(ours - theirs)")]),
    ],
}  # fmt: skip

RIGHT = {
    "least-price": [
        ("a recursion with a table, which sums up each price anew", """
import functools


def least_price(prices, slots):
    @functools.cache
    def least(a, b, s):
        if b - a < 2:
            return 0
        if s == 1:
            return sum(sum(prices[j] for j in range(a, i)) for i in range(a, b))
        return min(sum(prices[j] for j in range(a, m)) + least(m, b, s - 1) + least(a, m, s) for m in range(a + 1, b))

    return least(0, len(prices), slots)
"""),
    ],
    "find-the-bug": [
        ("whatever x and bar are drawn", [("np.array([0.3, -0.5, 0.8]), np.array([1.0, -2.0, 0.5]), 3", "*np.random.default_rng().normal(size=(2, 3)), 3")]),
    ],
}  # fmt: skip
