"""Write the tables and the plot of the page on performance from the kept measurements: ``python -m benchmarks.performance``.

With ``--check`` nothing is written, and a page that shows other numbers is named. The numbers are ratios of times, each
the least over all runs. Beside a goal stands the range of the ratios of single runs, and above a table the widest such
range: they say how far to trust a number.
"""

import argparse
import json
import math
import sys

from benchmarks import plot
from tools import ROOT, generated

RESULTS = ROOT / "benchmarks" / "results.json"
PAGE = "pages/performance.md"
BEGIN, END = "<!-- written by python -m benchmarks.performance: begin -->", "<!-- end -->"

TASKS = ("gradient", "jvp", "hvp")
CHAINS = {"chain-constants": "sin, × and + with numbers", "chain-pairs": "× and + of two traced arrays, sin, sqrt"}
ARRAYS = {"mlp": "network", "mds": "scaling", "logistic": "logistic"}
GROWTH = {"indexing": "loop over `x[i]`", "stacking": "stack of n scalars"}
OTHERS = {"autograd": "autograd", "torch": "PyTorch", "jax": "JAX, compiled"}
NAMES = {"adlib": "tracing", "by hand": "by hand", **OTHERS}
PICTURE = (
    "**How many times faster a program is than the others.** One row a derivative, and 1 is the program's own time: "
    "what lies to the right takes longer, what lies to the left is faster than the program. "
    "From one line of the grid to the next it is about three times. "
    "Chain and pairs are the two chains of small arrays, loop is the loop over `x[i]`."
)
SHORT = {"chain-constants": "chain", "chain-pairs": "pairs", **ARRAYS}  # for the plot


def seconds(run: dict, group: str, program: str, task: str, competitor: str) -> float | None:
    """The time of one competitor in one run; None where it does not take part."""
    record = next(r for r in run[group] if r["program"] == program)
    entry = record["tasks"][task].get(competitor)
    return entry and entry["seconds"]


def least(data: dict, *key: str) -> float | None:
    """The least time over all runs."""
    times = [seconds(run, *key) for run in data["runs"]]
    return None if None in times else min(times)


class Ratio:
    """A quotient of two times: of the least over all runs, with the range over single runs."""

    def __init__(self, data: dict, group: str, program: str, task: str, above: str, below: str, task_below: str = ""):
        tops = [seconds(run, group, program, task, above) for run in data["runs"]]
        bottoms = [seconds(run, group, program, task_below or task, below) for run in data["runs"]]
        self.known = None not in tops and None not in bottoms
        if self.known:
            single = [a / b for a, b in zip(tops, bottoms)]
            self.value = min(tops) / min(bottoms)
            self.low, self.high = min(single), max(single)

    def __str__(self):
        return number(self.value) if self.known else "–"

    def with_range(self) -> str:
        return f"{self} ({number(self.low)}–{number(self.high)})"


def number(x: float) -> str:
    """Two or three digits, as much as a ratio of measured times bears."""
    return f"{x:.0f}" if x >= 20 else f"{x:.1f}" if x >= 2 else f"{x:.2f}"


def exponent(record: dict, package: str) -> float:
    """The slope of log time over log n: 1 for linear growth, 2 for quadratic."""
    times = record["seconds"][package]
    points = [(math.log(n), math.log(t)) for n, t in zip(record["n"], times)]
    mean_n, mean_t = (sum(p[k] for p in points) / len(points) for k in (0, 1))
    return sum((a - mean_n) * (b - mean_t) for a, b in points) / sum((a - mean_n) ** 2 for a, _ in points)


def growth(data: dict, program: str) -> dict:
    """The record of a growing program with the least times over all runs."""
    records = [next(r for r in run["growth"] if r["program"] == program) for run in data["runs"]]
    times = {p: [min(ts) for ts in zip(*(r["seconds"][p] for r in records))] for p in records[0]["seconds"]}
    return {"n": records[0]["n"], "seconds": times}


def table(header: list[str], rows: list[list[str]]) -> str:
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def spread(ratios: list[Ratio]) -> str:
    """How far single runs lie apart, in words; ratios below 0.1 are left out, whose third digit is noise."""
    widths = sorted(r.high / r.low for r in ratios if r.known and r.value >= 0.1)
    middle, widest = widths[len(widths) // 2], widths[-1]
    return (
        f"The highest ratio of a single run over the lowest is {number(middle)} for the median entry of this table, "
        f"and {number(widest)} at most.\n\n"
    )


def others(data: dict) -> list[str]:
    return [name for name in OTHERS if name in data["provenance"]["versions"]]


def rivals(data: dict) -> dict[str, str]:
    """What stands beside tracing in a table: its key in the record -> the head of its column."""
    return {"program": "as a program", "by hand": "by hand", **{name: OTHERS[name] for name in others(data)}}


def derivatives() -> list[tuple[str, str, str]]:
    """Group, program and task of everything that is recorded."""
    return [
        (group, program, task)
        for group, programs in (("chains", CHAINS), ("arrays", ARRAYS))
        for program in programs
        for task in TASKS
    ]


def against(data: dict, *key: str) -> dict[str, Ratio]:
    """Each competitor's time over the program's, by its name in the plot."""
    return {NAMES[name]: Ratio(data, *key, name, "program") for name in ("adlib", "by hand", *others(data))}


def recorded(data: dict) -> str:
    rows, seen = [], []
    for group, program, task in derivatives():
        lines = next(r for r in data["runs"][0][group] if r["program"] == program)["lines"][task]
        own = least(data, group, program, task, "program")
        in_jax = Ratio(data, group, program, task, "program in jax", "jax")
        ratios = against(data, group, program, task).values()
        seen += ratios
        time = f"{own * 1e3:.2f}&nbsp;ms" if own > 1e-3 else f"{own * 1e6:.0f}&nbsp;µs"
        rows.append([SHORT[program], task, str(lines), time, *map(str, ratios), str(in_jax)])
    header = ["program of", "task", "lines", "time", "tracing", "by hand", *(OTHERS[o] for o in others(data))]
    return spread(seen) + table([*header, "under JAX / JAX"], rows)


def picture(data: dict) -> str:
    """The plot: the gradient and the hvp of all, and the gradient of the loop at the largest n that all have done."""
    rows = []
    for group, program, task in derivatives():
        if task != "jvp":
            ratios = against(data, group, program, task)
            rows.append((f"{SHORT[program]}, {task}", {name: r.value for name, r in ratios.items() if r.known}))
    seconds = growth(data, "indexing")["seconds"]
    k = min(len(times) for times in seconds.values()) - 1
    loop = {NAMES.get(p, p): times[k] / seconds["program"][k] for p, times in seconds.items() if p != "program"}
    rows.append(("loop, gradient", loop))
    said = [f"{words}: {', '.join(f'{name} {number(x)}' for name, x in ratios.items())}" for words, ratios in rows]
    return plot.svg(rows, f"How many times faster a program is than the others. {'; '.join(said)}.")


def recording(data: dict) -> list[tuple[str, dict]]:
    """For each chain the lines of its recorded gradient as it grows, with the least times over all runs."""
    found = []
    for k, record in enumerate(data["runs"][0]["recording"]):
        times = [min(ts) for ts in zip(*(run["recording"][k]["seconds"] for run in data["runs"]))]
        found.append((record["program"], {"n": record["lines"], "seconds": {"recording": times}}))
    return found


def costs(data: dict) -> str:
    """What a program costs before it runs, and the memory of a call."""
    rows = []
    for program, record in recording(data):
        times, lines = record["seconds"]["recording"], record["n"]
        each = [t / n * 1e6 for t, n in zip(times, lines)]
        there = next(r for r in data["runs"][0]["chains"] if r["program"] == program)["lines"]["gradient"]
        saved = least(data, "chains", program, "gradient", "adlib") - least(
            data, "chains", program, "gradient", "program"
        )
        rows.append([SHORT[program], f"{lines[0]} to {lines[-1]}", f"{min(each):.0f} to {max(each):.0f} µs",
                     f"{exponent(record, 'recording'):.2f}",
                     f"{times[lines.index(there)] / saved:.0f} calls, at {there} lines"])  # fmt: skip
    memory = []
    for record in data["runs"][0]["memory"]:
        peaks = [f"{record['bytes'][way] / 1e6:.1f} MB" for way in ("tracing", "printed", "in place")]
        memory.append([ARRAYS[record["program"]], record["task"], *peaks])
    return "\n\n".join(
        [
            table(["recording the gradient of", "lines", "time per line", "exponent", "paid back by"], rows),
            table(["program of", "task", "peak when traced", "as printed", "as it runs"], memory),
        ]
    )


def small(data: dict) -> str:
    rows, seen = [], []
    for program, words in CHAINS.items():
        operations = next(r for r in data["runs"][0]["chains"] if r["program"] == program)["operations"]
        for task in TASKS:
            own = least(data, "chains", program, task, "adlib") / operations * 1e6
            plain = Ratio(data, "chains", program, task, "adlib", "numpy", "evaluation")
            ratios = [Ratio(data, "chains", program, task, other, "adlib") for other in rivals(data)]
            seen += ratios
            rows.append([words, task, f"{own:.1f} µs", str(plain), *map(str, ratios)])
    return spread(seen) + table(["chain of", "task", "`adlib`, per operation", "× plain", *rivals(data).values()], rows)


def large(data: dict) -> str:
    rows, seen = [], []
    for program, words in ARRAYS.items():
        for task in TASKS:
            own = least(data, "arrays", program, task, "adlib") * 1e3
            plain = Ratio(data, "arrays", program, task, "adlib", "numpy", "evaluation")
            ratios = [Ratio(data, "arrays", program, task, other, "adlib") for other in rivals(data)]
            seen += ratios
            rows.append([words, task, f"{own:.1f} ms", str(plain), *map(str, ratios)])
    return spread(seen) + table(["function", "task", "`adlib`", "× plain", *rivals(data).values()], rows)


def growing(data: dict) -> str:
    rows = []
    for program, words in GROWTH.items():
        record = growth(data, program)
        for package, times in record["seconds"].items():
            largest = record["n"][len(times) - 1]
            rows.append([words, {"adlib": "`adlib`", **OTHERS}.get(package, package), f"{exponent(record, package):.2f}",
                         f"{largest}", f"{number(times[-1] / largest * 1e6)} µs"])  # fmt: skip
    return table(["function", "package", "exponent", "largest n", "time per entry there"], rows)


def sweeps(data: dict) -> str:
    rows = []
    for k, record in enumerate(data["runs"][0]["jacobians"]):
        time = {m: min(run["jacobians"][k]["seconds"][m] for run in data["runs"]) for m in ("forward", "reverse")}
        taken = record["chosen"]
        mode = "forward" if taken["forward"] else "reverse"
        rows.append([f"{record['outputs']} / {record['inputs']}", str(record["forward"]["forward"]),
                     str(record["reverse"]["reverse"]), f"{mode}, {taken[mode]}",
                     number(time["reverse"] / time["forward"])])  # fmt: skip
    header = ["outputs / inputs", "sweeps of `jacfwd`", "sweeps of `jacrev`", "taken by `jacobian`"]
    return table([*header, "time of `jacrev`, `jacfwd` = 1"], rows)


class Goals:
    """What is to be reached, what was measured, and whether it was reached: `found` has one of each a row."""

    def __init__(self, data: dict):
        self.data = data
        self.found = []

    def at_least(self, words: str, goal: float, *key: str):
        ratio = Ratio(self.data, *key)
        if ratio.known:
            self.found.append((words, ratio.with_range(), ratio.value >= goal))

    def at_most(self, words: str, goal: float, *key: str):
        ratio = Ratio(self.data, *key)
        self.found.append((words, ratio.with_range(), ratio.value <= goal))

    def counted(self, words: str, right: int, of: int, things: str):
        self.found.append((words, f"{right} of {of} {things}", right == of))


def goals(data: dict) -> list[tuple[str, str, bool]]:
    """What tracing is to reach, what was measured, and whether it was reached."""
    row = Goals(data)
    for program, words in CHAINS.items():
        chain = "chains", program
        row.at_least(
            f"gradient, chain of {words}: 3 times faster than autograd", 3, *chain, "gradient", "autograd", "adlib"
        )
        row.at_least(f"gradient, chain of {words}: not slower than PyTorch", 1, *chain, "gradient", "torch", "adlib")
        row.at_least(f"hvp, chain of {words}: 6 times faster than autograd", 6, *chain, "hvp", "autograd", "adlib")
    for program, words in ARRAYS.items():
        arrays = "arrays", program
        row.at_most(f"gradient, {words}: at most 1.15 times by hand", 1.15, *arrays, "gradient", "adlib", "by hand")
        row.at_least(f"gradient, {words}: not slower than autograd", 1, *arrays, "gradient", "autograd", "adlib")
    for program, words in GROWTH.items():
        slope = exponent(growth(data, program), "adlib")
        row.found.append((f"{words}: linear, exponent at most 1.1", f"{slope:.2f}", slope <= 1.1))
    records = data["runs"][0]["jacobians"]
    right = sum(sum(r["chosen"].values()) == min(r["inputs"], r["outputs"]) for r in records)
    row.counted("`jacobian`: the fewer sweeps", right, len(records), "shapes")
    if "before" in data:
        slower = {task: t["now"] / t["before"] for task, t in data["before"]["seconds"].items()}
        worst = max(slower, key=slower.get)
        words = f"{slower[worst]:.3f} at most ({worst}), {sorted(slower.values())[len(slower) // 2]:.3f} in the middle"
        row.found.append(
            ("tracing: at most 1.03 times as slow as before there were programs", words, slower[worst] <= 1.03)
        )
    return row.found


def goals_of_programs(data: dict) -> list[tuple[str, str, bool]]:
    """The same for programs."""
    row = Goals(data)
    for program in CHAINS:
        words, gradient = SHORT[program], ("chains", program, "gradient")
        row.at_least(f"gradient, {words}: 9 times faster than autograd", 9, *gradient, "autograd", "program")
        row.at_least(f"gradient, {words}: 5 times faster than PyTorch", 5, *gradient, "torch", "program")
        row.at_most(f"gradient, {words}: at most 1.1 times by hand", 1.1, *gradient, "program", "by hand")
        row.at_least(f"hvp, {words}: 10 times faster than autograd", 10,
                     "chains", program, "hvp", "autograd", "program")  # fmt: skip
    for program, words in ARRAYS.items():
        arrays = "arrays", program
        row.at_most(f"gradient, {words}: at most 1.1 times by hand", 1.1, *arrays, "gradient", "program", "by hand")
        row.at_least(f"hvp, {words}: 1.4 times faster than tracing", 1.4, *arrays, "hvp", "adlib", "program")
    for program in ("mlp", "logistic"):
        for task in ("gradient", "hvp"):
            row.at_most(f"{task}, {ARRAYS[program]}: at most 1.2 times JAX, compiled", 1.2,
                        "arrays", program, task, "program", "jax")  # fmt: skip
    for program, record in recording(data):
        words, slope = SHORT[program], exponent(record, "recording")
        each = max(t / n for t, n in zip(record["seconds"]["recording"], record["n"])) * 1e6
        row.found.append((f"recording, {words}: at most 50 µs a line", f"{each:.0f} µs", each <= 50))
        row.found.append((f"recording, {words}: linear, exponent at most 1.1", f"{slope:.2f}", slope <= 1.1))
    peaks = [record["bytes"] for record in data["runs"][0]["memory"]]
    right = sum(p["in place"] < p["tracing"] for p in peaks)
    row.counted("peak of memory as it runs: below tracing's", right, len(peaks), "programs")
    return row.found


def verdicts(found: list[tuple[str, str, bool]]) -> str:
    missed = sum(not reached for *_, reached in found)
    rows = [[words, measured, "met" if reached else "**missed**"] for words, measured, reached in found]
    return f"Missed: {missed} of {len(rows)}.\n\n" + table(["goal", "measured", "verdict"], rows)


def tables(data: dict) -> str:
    """The measured part of the page, as Markdown."""
    about = data["provenance"]
    names = {"numpy": "NumPy", **OTHERS, "jax": "JAX"}
    packages = ", ".join(f"{names[p]} {v}" for p, v in about["versions"].items() if p in names)
    million = min((run["million"] for run in data["runs"]), key=lambda m: m["seconds"])
    return "\n\n".join(
        [
            f"Measured on {about['date']} with `{about['command']}`: {packages}, Python {about['python']}, "
            f"{about['system']}, one thread of a processor {about['processor']}. "
            f"Complete runs: {len(data['runs'])}.",
            "## Programs",
            picture(data),
            PICTURE,
            recorded(data),
            "## Recording and memory",
            costs(data),
            "## Goals of programs",
            verdicts(goals_of_programs(data)),
            "## Goals of tracing",
            verdicts(goals(data)),
            "## Small arrays",
            small(data),
            "## Arrays",
            large(data),
            "## Growth",
            growing(data),
            f"A function of {million['operations']:,} operations on one number: tracing its gradient took "
            f"{million['seconds']:.1f} s, and {million['bytes_per_operation']:.0f} bytes of memory an operation.",
            "## Jacobians",
            sweeps(data),
        ]
    )


def page_with(text: str, data: dict) -> str:
    """The page with its measured part replaced."""
    return generated.between(text, BEGIN, END, tables(data), PAGE)


def current(data: dict) -> dict[str, str]:
    """The name of the page -> its text, as `data` make it."""
    return {PAGE: page_with((ROOT / PAGE).read_text(encoding="utf-8"), data)}


@generated.command
def main(arguments: list[str] | None = None) -> int:
    """Run the command; the exit status is 1 when ``--check`` found other numbers on the page."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.performance", description=__doc__.split("\n")[0])
    parser.add_argument("--check", action="store_true", help="write nothing, say where the page differs")
    wanted = current(json.loads(RESULTS.read_text(encoding="utf-8")))
    if parser.parse_args(arguments).check:
        return generated.report(generated.stale(ROOT, wanted).values(), "python -m benchmarks.performance")
    for name in generated.write(ROOT, wanted):
        print(f"written: {name}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
