"""Two exercises of chapter 13: what a program keeps, and which backward is wrong. Oracles: each value taken away, planted bugs."""

import numpy as np

from ._answers import Unusable, name_of, number, refuse_nothing, shown
from ._engine import Complaint, Exercise

# must-keep -----------------------------------------------------------------------------------------------------

# What the way back through an operation reads: the places of operands, and "out" for its own value.
READS = {
    "add": (),
    "sub": (),
    "neg": (),
    "mul": (0, 1),
    "div": (1, "out"),
    "sin": (0,),
    "square": (0,),
    "exp": ("out",),
    "sqrt": ("out",),
    "tanh": ("out",),
}
TWO = ("add", "sub", "mul", "div")


def goes_back(inputs, program, block, there):
    """Whether the way back finds all it asks for when the values `there` are kept: the block is run again, then all is read."""
    leading = {inputs + len(program) - 1}
    for k in reversed(range(len(program))):
        if inputs + k in leading:
            leading |= set(program[k][1:])
    # What the block made the first time is no help in running it again.
    before, made = {v for v in there if block and v < inputs + block[0]}, set()
    for k, (name, *operands) in enumerate(program):
        if inputs + k not in leading:
            continue
        in_block = bool(block) and block[0] <= k <= block[1]
        if in_block and not set(operands) <= before | made:
            return False
        made |= {inputs + k} if in_block else set()
        read = {inputs + k if place == "out" else operands[place] for place in READS[name]}
        if not read <= (there | made if in_block else there):
            return False
    return True


def by_trial(inputs, program, block):
    """The values without which, one at a time, there is no way back."""
    everything = set(range(inputs + len(program)))
    return [v for v in range(inputs, len(everything)) if not goes_back(inputs, program, block, everything - {v})]


def drawn_program(rng, inputs, length):
    """Operations on what is there already; the last few values are used more often, so most lead to the result."""
    program = []
    for k in range(length):
        there = inputs + k
        name = list(READS)[rng.integers(len(READS))]
        near = int(max(there - rng.geometric(0.4), 0))
        program.append([name, near, int(rng.integers(there))] if name in TWO else [name, near])
    return program


FIXED_PROGRAMS = [
    ("sum", 2, [["add", 0, 1], ["neg", 2], ["sub", 3, 0]], None),
    ("sum", 2, [["neg", 0], ["neg", 1], ["add", 2, 3], ["sub", 4, 2], ["neg", 5]], None),
    ("operand", 1, [["neg", 0], ["sin", 1]], None),
    ("square", 1, [["neg", 0], ["square", 1], ["neg", 2]], None),
    ("own", 1, [["neg", 0], ["exp", 1]], None),
    ("own", 1, [["neg", 0], ["sqrt", 1], ["tanh", 2]], None),
    ("product", 2, [["neg", 0], ["neg", 1], ["mul", 2, 3]], None),
    ("product", 1, [["neg", 0], ["mul", 1, 1]], None),
    ("quotient", 2, [["neg", 0], ["neg", 1], ["div", 2, 3], ["neg", 4]], None),
    ("inputs", 2, [["mul", 0, 1], ["neg", 2]], None),
    ("dead", 1, [["exp", 0], ["neg", 0], ["sin", 2]], None),
    ("inside", 1, [["exp", 0], ["sin", 1], ["neg", 2]], [0, 1]),
    ("enters", 1, [["neg", 0], ["add", 1, 1], ["neg", 2]], [1, 1]),
    ("leaves", 1, [["neg", 0], ["exp", 1], ["neg", 2], ["sin", 3]], [1, 2]),
    ("leaves", 1, [["neg", 0], ["neg", 1], ["sin", 2], ["mul", 2, 3]], [1, 2]),
    ("dead-inside", 1, [["exp", 0], ["neg", 0], ["sin", 1], ["neg", 2]], [2, 3]),
]


def keep_cases(rng):
    """Programs each of which asks for one thing more, without a block and with one; then programs at random."""
    cases = [(probe, inputs, program, block) for probe, inputs, program, block in FIXED_PROGRAMS]
    for number_ in range(30):
        inputs, length = int(rng.integers(1, 4)), int(rng.integers(4, 13))
        first, last = sorted(rng.integers(0, length, 2).tolist())
        program = drawn_program(rng, inputs, length)
        cases.append(
            ("random-block" if number_ % 2 else "random", inputs, program, [first, last] if number_ % 2 else None)
        )
    return [
        {
            "probe": probe,
            "inputs": inputs,
            "program": program,
            "block": block,
            "shown": in_words(inputs, program, block),
        }
        for probe, inputs, program, block in cases
    ]


def in_words(inputs, program, block):
    lines = [
        f"v{inputs + k} = {name}({', '.join(f'v{a}' for a in operands)})" for k, (name, *operands) in enumerate(program)
    ]
    words = f"{inputs} input{'s' * (inputs > 1)}; " + ", ".join(lines)
    return words + (f"; operations {block[0]} to {block[1]} in a block" if block else "")


def keep_run(student, case):
    program = [(name, *operands) for name, *operands in case["program"]]
    given = list(program)
    block = tuple(case["block"]) if case["block"] else None
    answer = student(case["inputs"], program, block)
    refuse_nothing(answer, "what must_keep returned")
    if not isinstance(answer, list | tuple | set | np.ndarray) or isinstance(answer, np.ndarray) and answer.ndim == 0:
        raise Unusable("type", f"must_keep returned {name_of(answer)}, expected a list of numbers of values")
    kept = [number(x, "an entry of what must_keep returned") for x in answer]
    return {"kept": sorted(kept), "changed": program != given}


def keep_verify(case, answer):
    expected = by_trial(case["inputs"], case["program"], case["block"])
    kept = answer["kept"]
    if kept != expected:
        missing = [value for value in expected if value not in kept]
        spare = [value for value in kept if value not in expected]
        if not missing and not spare:
            return Complaint("twice", f"the values are {shown(kept)}, expected {expected}")
        found = f"v{missing[0]} is missing" if missing else f"{named(spare[0])} is kept, and nobody reads it"
        if spare and spare[0] in range(case["inputs"]):
            return Complaint("inputs", found)
        if not missing and spare == [case["inputs"] + len(case["program"]) - 1]:
            return Complaint("result", found)
        if case["probe"] == "leaves" and missing and missing[0] < case["inputs"] + case["block"][0]:
            return Complaint("anyway", found)
        return Complaint(case["probe"], found)
    return Complaint("changed") if answer["changed"] else None


def named(value):
    return f"v{value:g}"


MUST_KEEP = Exercise(
    id="must-keep",
    wants="def must_keep(inputs, program, block):",
    cases=keep_cases,
    run=keep_run,
    verify=keep_verify,
    hints={
        "sum": "a sum, a difference and a sign have constant local derivatives: they read nothing on the way back",
        "operand": "the slope of a sine is the cosine of its operand",
        "square": "the slope of a square is twice its operand, not what was made of it",
        "own": "some operations can write their slope with the value they made, and need no operand",
        "product": "each factor is the local derivative for the other; a value that is read twice is kept once",
        "quotient": "the table says what a quotient reads: one operand and what it made",
        "result": "the result is kept only where the table says that its own operation reads it",
        "inputs": "the inputs are there anyway, and are no part of the answer",
        "dead": "from this value no way leads to the result: its adjoint is zero, and nobody goes back through it",
        "inside": "what a block makes and only the block reads is made again, not kept",
        "enters": "the block is run again, so what goes into it has to be there, whether or not a derivative reads it",
        "anyway": "the whole block is run again, also if some of what it makes is kept: what enters it is needed",
        "leaves": "an operation after the block reads a value that was made in it: that is kept, as everywhere",
        "dead-inside": "an operation in the block that does not lead to the result is not run again, and needs nothing",
        "random": "the small programs are right, but not this one; go back through it by hand, and note what you read",
        "random-block": "without a block all is right, but not here; three kinds: read outside, goes in, made inside",
        "twice": "a value is named twice, or is no whole number",
        "changed": "the program was changed; whoever called may still need it",
    },
)

# find-the-bug --------------------------------------------------------------------------------------------------

FURTHEST = 8  # steps between two stored states, at most
CALLS = 400  # of `backward`, in one test


def segments(l, every, bug):
    """The pieces that go back, each as its first step and the one after its last; the last piece comes first."""
    pieces = [(begin, min(begin + every, l)) for begin in reversed(range(0, l, every))]
    last, short = pieces[:1], l % every != 0
    if bug == "few" and l <= 4 or bug == "single" and l == 1:
        return []
    if bug == "middle":
        return [piece for piece in pieces if piece in last or piece[0] == 0]
    if bug == "whole" and not short or bug == "short" and short and l > every:
        return pieces[1:]
    return pieces


def walk(begin, end, bug, place):
    """The steps of a piece in the order of the way back, each with the number of the state at which it is pulled back."""
    order = list(reversed(range(begin, end)))
    if bug == "order" and len(order) > 1:
        at = place % (len(order) - 1)
        order[at], order[at + 1] = order[at + 1], order[at]
    if bug == "first":
        order = [i for i in order if i]
    state = {i: i for i in order}
    if bug == "stale" and len(order) > 1:
        state[order[place % (len(order) - 1)]] = begin
    if bug == "after":
        state = {i: min(i + 1, end - 1) for i in order}
    return [(i, state[i]) for i in order]


def candidate(every, bug, place, calls):
    """A checkpointed backward that stores the states 0, every, 2 every, ..., with one bug or none."""

    def draws(seed, i):
        return np.random.default_rng([seed, i])

    def slot(i):
        return min(i, {"slot": every, "late slot": 2 * every}.get(bug, i))

    def backward(steps, x, bar, seed):
        calls.append(len(steps))
        seed = 0 if bug == "seed" else seed
        bar = np.ones_like(bar) if bug == "bar" else bar
        x = np.zeros_like(x) if bug == "x" else x
        l, state, stored = len(steps), x, {0: x}
        for i in range(l):
            if i % every == 0:
                stored[slot(i)] = state
            state = steps[i][0](state, draws(seed, i))
        for begin, end in segments(l, every, bug):
            other = seed + 1 if end < l else seed
            on_the_way = other if bug == "other draws on the way" else seed
            back = other if bug == "other draws back" else seed
            states = {begin: stored[slot(begin)]}
            for i in range(begin, end - 1):
                states[i + 1] = steps[i][0](states[i], draws(on_the_way, i))
            for i, at in walk(begin, end, bug, place):
                bar = steps[i - begin if bug == "index" else i][1](states[at], draws(back, i), bar)
        bar = bar[::-1] if bug == "entries" else bar
        return bar * {"tiny": 1 + 1e-6, "rounding": 1 + 1e-14}.get(bug, 1.0)

    return backward


# Which bugs show in a chain of straight steps comes first: so short chains are told apart from straight ones.
BUGS = (
    "first", "short", "whole", "middle", "few", "single", "stale", "after", "order", "other draws back", "other draws on the way",
    "seed", "slot", "index", "x", "bar", "entries", "tiny", "late slot",
)  # fmt: skip
HINTS = {
    "whole": "short",
    "after": "stale",
    "slot": "middle",
    "single": "few",
}  # bugs that ask for the same thing as another one


def bug_cases(rng):
    """Right ones, then every bug with few and many steps between the stored states; then both at random."""
    cases = [("", 4, 0), ("", FURTHEST, 0), ("rounding", 3, 0), ("", 1, 0)]
    for bug in BUGS:
        least = 3 if bug in ("stale", "order") else 2
        cases += [
            (bug, least, 0),
            (bug, FURTHEST, 5),
            (bug, int(rng.integers(least, FURTHEST + 1)), int(rng.integers(7))),
        ]
    cases += [("", int(rng.integers(1, FURTHEST + 1)), 0) for _ in range(3)]
    return [
        {
            "bug": bug,
            "every": every,
            "place": place,
            "shown": f"a backward that stores {stored_states(every)}, {told(bug)}",
        }
        for bug, every, place in cases
    ]


def stored_states(every):
    return "every state" if every == 1 else f"one state in {every}"


def told(bug):
    return "and is right" if bug in ("", "rounding") else f"with a bug ({WORDS[bug]})"


WORDS = {
    "first": "it stops too early",
    "stale": "one step of a segment is pulled back at another state",
    "after": "steps are pulled back at the state after them",
    "order": "two neighbouring steps change places on the way back",
    "other draws back": "the pullbacks draw other numbers than the steps did",
    "other draws on the way": "the second run draws other numbers than the first",
    "seed": "the seed is not looked at",
    "short": "a short last segment is left out",
    "whole": "a last segment of full length is left out",
    "middle": "the segments between the first and the last are left out",
    "few": "chains of up to four steps are not pulled back",
    "single": "a chain of one step is not pulled back",
    "slot": "the third stored state overwrites the second",
    "late slot": "the fourth stored state overwrites the third",
    "index": "a step of a later segment is pulled back as if its segment were the first",
    "x": "it begins at zero instead of x",
    "bar": "it begins its way back with ones instead of bar",
    "entries": "the entries of the result stand in reverse",
    "tiny": "the result is off by a millionth",
}


def bug_run(student, case):
    calls = []
    answer = student(candidate(case["every"], case["bug"], case["place"], calls))
    refuse_nothing(answer, "what is_right returned")
    if not isinstance(answer, bool | np.bool_):
        raise Unusable("type", f"is_right returned {name_of(answer)}, expected True or False")
    return {"said": bool(answer), "calls": len(calls)}


def bug_verify(case, answer):
    right = case["bug"] in ("", "rounding")
    if answer["said"] != right:
        bug = HINTS.get(case["bug"], case["bug"])
        key = ("alarm-rounding" if bug else "alarm") if right else bug.replace(" ", "-")
        return Complaint(key, f"the test said {answer['said']}, expected {right}")
    if answer["calls"] > CALLS:
        return Complaint("calls", f"the test called backward {answer['calls']} times")
    return None


FIND_THE_BUG = Exercise(
    id="find-the-bug",
    wants="def is_right(backward):",
    cases=bug_cases,
    run=bug_run,
    verify=bug_verify,
    hints={
        "alarm": "a right one was refused: does your plain backward give each step the draws that the statement promises",
        "alarm-rounding": "a right one was refused for its rounding: equal but for the last digits is equal",
        "first": "a backward passed that never pulls back through step 0: compare the numbers it returns with the plain one's",
        "short": "this one is right for some lengths of the chain and wrong for others: try several lengths, beyond eight too",
        "middle": "this one is right with two segments: the chain has to be longer than twice the eight steps",
        "few": "this one is wrong for short chains alone: begin with one step",
        "late-slot": "this one is right with three segments: the statement says how long a chain may have to be",
        "stale": "a wrong state makes no difference where the slope is the same everywhere: bend your steps, and let them move",
        "order": "the pullbacks of your steps can change places: mix the entries, each step in another way",
        "other-draws-back": "your pullbacks draw nothing, so other draws go unseen",
        "other-draws-on-the-way": "your steps draw, but the next pullback does not feel it: the draw has to change where the next slope is taken",
        "seed": "try a seed other than 0",
        "index": "the pullback of one step did for another: no two of your steps may be alike",
        "x": "from zero the chain went the same way as from your x: which x was it",
        "bar": "with ones for the adjoint the result was the same: which bar was it",
        "entries": "the same entries in another order passed: a state needs several, and each is compared with its own",
        "tiny": "an error of a millionth passed: rounding is a matter of the thirteenth digit",
        "calls": "so many calls of backward are not needed",
    },
)
