"""The page of notes on the slides quotes the slides word for word, and its numbers are computed here.

``slide_quotations.txt`` holds the sentences and formulas that the page quotes from, copied from the slides.
"""

import ast
import json
import math
import re
from pathlib import Path

import numpy as np
import pytest

import adlib
from tools import notebooks

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "pages" / "slide-notes.md"
CHAPTERS = ROOT / "chapters"
SENTENCES = Path(__file__).with_name("slide_quotations.txt")

MARK = re.compile(r"\*\*(?:Error|Imprecise|Mismatch|Notation)\.\*\* (?:The same slide|Slides?)\b")
SHOWN = re.compile(r"^Shown in chapter (\d+), (.+)$", re.M)
PLACE = re.compile(r"\[([^\]]+)\]\(\.\./chapters/([^)#]+)#([^)]+)\)")
NUMBER = re.compile(r"\d+\.\d{2,}")
COUNT = {4: "four", 6: "six"}


def plain(text):
    """`text` without what differs between two settings of the same formula or sentence."""
    return re.sub(r"[\s$]", "", text.replace(r"\dfrac", r"\frac"))


def quotations(text):
    """Everything that the page quotes: words in guillemets, and formulas in block quotations."""
    words = re.findall(r"«([^»]+)»", text)
    quoted = "\n".join(re.findall(r"^> (.+)$", text, re.M))
    return words + re.findall(r"\$([^$]+)\$", re.sub(r"«[^»]+»", "", quoted))


def chapter(number):
    """The cells of a chapter and of its optional pages, or None if it is not written yet."""
    files = [path for path in notebooks() if path.name.startswith(f"{number:02}-")]
    return [cell for file in files for cell in json.loads(file.read_text(encoding="utf-8"))["cells"]] or None


def counted():
    """Operations of a product, of its forward and of its backward sweep, as chapter 6 prints them."""
    printed = "".join(
        "".join(output["text"])
        for cell in chapter(6)
        for output in cell.get("outputs", [])
        if output["output_type"] == "stream"
    )
    rows = dict(re.findall(r"^(f|forward|backward) +(\{.*\})$", printed, re.M))
    return [sum(ast.literal_eval(rows[name]).values()) for name in ("f", "forward", "backward")]


def mountain_pass():
    """The least length of the gradient before it grows, and the greatest after, each with its step."""
    x, y, lengths = 1e-4, 1.0, []
    for _ in range(60):
        lengths.append(math.hypot(x**3 - x, y))
        x, y = x - 0.5 * (x**3 - x), 0.5 * y
    least = next(k for k in range(60) if lengths[k + 1] > lengths[k])
    return lengths[least], least, max(lengths[least:]), lengths.index(max(lengths[least:]))


def two_point_runs():
    """The rows of the table: the loss of the quadratic of figures 4 and 5 after 50 steps, from 500 runs of each kind."""
    H = np.array([[2.0, 2.0], [2.0, 6.0]])
    rows = []
    for words, factor, step in [
        ("run", 1, 0.25),
        *(("printed", 2, a) for a in (0.25, 0.2, 0.15, 0.1, 0.5 / np.linalg.norm(H, 2))),
    ]:
        rng, w = np.random.default_rng(5), np.full((500, 2), 4.0)
        for _ in range(50):
            u = adlib.random_directions("sphere", 500, 2, rng)
            slope = np.sum(w @ H * u, axis=1)  # a quadratic: exact for two sides, and one side adds the curvature
            slope += 0.11 / 2 * np.sum(u @ H * u, axis=1) * (words == "run")
            w = w - step * factor * slope[:, None] * u
        low, middle, high = (
            re.sub(r"e([+-])0?(\d+)", lambda power: f"e{power[1].strip('+')}{power[2]}", f"{x:.0e}")
            for x in np.quantile(np.sum(w @ H * w, axis=1) / 2, (0.1, 0.5, 0.9))
        )
        rows.append(f"| as {words} | {step:.2f} | {low} | {middle} | {high} |")
    return rows


def facts():
    """The phrases of the page that hold a number, with the numbers computed."""

    def L(w1, w2):
        v2 = w2 * np.log(w1)
        return v2 + np.sqrt(v2)

    def without_the_edge(w1, w2):  # from v2 to L
        return np.sqrt(w2 * np.log(w1))

    w1, w2 = 2.0, 3.0
    v1 = np.log(w1)
    v1_bar, v2_bar = adlib.grad(lambda v1: w2 * v1 + np.sqrt(w2 * v1))(v1), 1 + 1 / (2 * np.sqrt(w2 * v1))
    w1_bar, w2_bar = adlib.grad(L, argnums=(0, 1))(w1, w2)
    forgotten = adlib.grad(without_the_edge)(w1, w2)
    function, forward, backward = counted()
    graph = adlib.make_graph(L)(w1, w2)
    kept, nodes = COUNT[len(graph.kept())], COUNT[len(graph.nodes)]
    low, at_low, high, at_high = mountain_pass()
    H = np.array([[2.0, 2.0], [2.0, 6.0]])  # of the function of figures 4 and 5
    rest = -1.1 / 2 * np.linalg.solve(H, np.diag(H))
    steps = np.log(1 - 0.5 / 1000) / np.log(1 - (1 - 0.5**2) / 1000)  # of (3.8), of the slide's: mu / L_smooth = 1/2
    part = {0.5: "half", 0.67: "two thirds"}[round(steps, 2)]
    return [
        f"which is {v2_bar:.4f} at $(2, 3)$",
        f"At $(2, 3)$ it gives {v1_bar * v1:.4f} instead of {w2_bar:.4f}.",
        f"is {v2_bar:.4f} on the left and 1 on the right",
        f"$\\partial L/\\partial w_1$ at $(2, 3)$ is {forgotten:.4f} instead of {w1_bar:.4f}",
        f"a forward sweep takes {forward / function:.2f} operations for each operation of the function, "
        f"a backward sweep {backward / function:.2f}",
        f"{kept} of the {nodes} values are kept, and $v_2$ is not one of them",
        f"has the length {low:.4f}, at step {at_low}, and at step {at_high} it has the length {high:.3f}",
        f"for $\\mu = \\mathcal{{L}}/2$ and large $n$ it is {part}",
        f"the second curve ends at $({rest[0] + 0.0:.0f}, {rest[1]:.2f})$",
        *two_point_runs(),
    ]


def shown(section, number):
    """What is wrong with the line that says where chapter `number` shows a note."""
    found = SHOWN.search(section)
    if found is None or int(found.group(1)) != number:
        return [f"does not say where chapter {number} shows it"]
    cells = ["".join(cell["source"]) for cell in chapter(number)]
    headings = re.findall(r"^#+ (.+)$", "\n".join(cells), re.M)
    wrong = []
    places = PLACE.findall(found.group(2))
    if not places:
        wrong.append("says no place in the chapter")
    for title, file, anchor in places:
        slug = re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-")
        if title not in headings or anchor != slug or not (CHAPTERS / file).is_file():
            wrong.append(f"no heading {title!r} at #{anchor} of {file}")
    for kind, which in re.findall(r"(Check|Figure) (\d+\.\d+)", found.group(2)):
        start = f"# Check {which}:" if kind == "Check" else f"**Figure {which}.**"
        if not any(cell.startswith(start) for cell in cells):
            wrong.append(f"no {kind} {which} in chapter {number}")
    return wrong


def problems(text, sentences):
    """Everything that is wrong with the page `text`, one line each; empty when it is right."""
    known = [plain(sentence) for sentence in sentences]
    found = [f"not on the slides: {quote}" for quote in quotations(text) if not any(plain(quote) in s for s in known)]
    quoted = [plain(quote) for quote in quotations(text)]
    found += [
        f"nothing is quoted from: {s}" for s, k in zip(sentences, known, strict=True) if not any(q in k for q in quoted)
    ]

    found += [f"not on the page: {fact}" for fact in facts() if fact not in text]
    rest = re.sub(r"(?:Check|Figure) \d+\.\d+", "", text)
    for fact in facts():
        rest = rest.replace(fact, "")
    found += [f"a number that nothing computes: {number}" for number in NUMBER.findall(rest)]

    notes, table = text.split("\n## Noted, the chapter to come\n", 1)
    for part in notes.split("\n## Chapter ")[1:]:
        number = int(re.match(r"\d+", part).group())
        for section in part.split("\n### ")[1:]:
            title, body = section.split("\n\n", 1)
            if not MARK.match(body):
                found.append(f"{title}: begins with no mark and slide")
            found += [f"{title}: {wrong}" for wrong in shown(body, number)]
    for number in re.findall(r"^\| (\d+) \|", table, re.M):
        if chapter(int(number)):
            found.append(f"chapter {number} is written, its row in the last table must become a note")
    return found


@pytest.fixture
def page():
    """The committed page."""
    return PAGE.read_text(encoding="utf-8")


@pytest.fixture
def sentences():
    """The sentences of the slides, one a line."""
    return SENTENCES.read_text(encoding="utf-8").splitlines()


def test_the_page_is_right(page, sentences):
    assert problems(page, sentences) == []


PLANTS = [
    # what goes wrong, what stands there, what is put in its place, what the test has to say
    ("a word of a quotation", "всех потомков", "всех детей", "not on the slides: информацию от всех детей (выходов)"),
    ("an index in a quoted formula", r"\dfrac{\partial L}{\partial v_1} v_1$", r"\dfrac{\partial L}{\partial v_2} v_1$",
     "not on the slides: "),
    ("a bound in a quoted loop", "«Для $i = N,", "«Для $i = N - 1,", r"not on the slides: Для $i = N - 1, \dots, 1$"),
    ("a number", "it gives 2.8005", "it gives 2.8006", "a number that nothing computes: 2.8006"),
    ("a number in two places", "is 1.3467 on the left", "is 1.3476 on the left", "a number that nothing computes: 1.3476"),
    ("two numbers change places", "is 0.5201 instead of 2.0201", "is 2.0201 instead of 0.5201",
     r"not on the page: $\partial L/\partial w_1$ at $(2, 3)$ is 0.5201 instead of 2.0201"),
    ("a ratio", "backward sweep 3.00", "backward sweep 4.00", "a number that nothing computes: 4.00"),
    ("a loss", "| 8e3 |", "| 8e2 |", "not on the page: | as printed | 0.25 | 5e-2 | 8e3 | 1e8 |"),
    ("a count", "four of the six values", "five of the six values",
     "not on the page: four of the six values are kept, and $v_2$ is not one of them"),
    ("a number from nowhere", "two multiples differ", "two multiples are 2.75", "a number that nothing computes: 2.75"),
    ("a note without a mark", "**Imprecise.** The same slide", "The same slide",
     "What has to be stored: begins with no mark and slide"),
    ("a heading that the chapter lacks", "[What must be kept](", "[What is kept](",
     "What has to be stored: no heading 'What is kept' at #what-must-be-kept of 06-reverse-mode.ipynb"),
    ("a check that the chapter lacks", "Check 6.2", "Check 6.99",
     "The last derivative of the example: no Check 6.99 in chapter 6"),
    ("the chapter before", "Shown in chapter 6, [What it costs]", "Shown in chapter 5, [What it costs]",
     "The same amount of computation: does not say where chapter 6 shows it"),
    ("a row that should be a note", "| 7 | the theorem |", "| 6 | the theorem |",
     "chapter 6 is written, its row in the last table must become a note"),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "message"), [plant[1:] for plant in PLANTS], ids=[plant[0] for plant in PLANTS])
def test_a_planted_mistake_is_named(page, sentences, old, new, message):
    assert page.count(old) == 1, f"the plant must fit one place: {old!r}"
    found = problems(page.replace(old, new), sentences)
    assert any(line.startswith(message) for line in found), found


def test_a_sentence_that_nothing_quotes_is_named(page, sentences):
    assert problems(page, [*sentences, "Для каждого узла"]) == ["nothing is quoted from: Для каждого узла"]
