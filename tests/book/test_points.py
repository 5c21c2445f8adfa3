"""What every exercise is worth, and who sees its solution: written down a second time, since nothing else can tell a slip.

The notebooks, the pages and the table are all made of the sources. A course counts on these numbers.
"""

import pytest

from tools import ROOT, exercises

if not (ROOT / exercises.RESERVED).is_dir():
    pytest.skip("the exercises' sources are not all here", allow_module_level=True)

WHAT = ("points", "minutes", "difficulty", "access")
AGREED = {
    "mds-gradient": (2, 15, 1, "public"),
    "classical-scaling": (3, 25, 2, "public"),
    "turned-map": (3, 20, 2, "reserved"),
    "two-point": (3, 15, 1, "public"),
    "estimator-variance": (3, 20, 2, "reserved"),
    "orthonormal-estimate": (3, 25, 2, "public"),
    "theorem-promise": (2, 15, 1, "public"),
    "expected-step": (3, 25, 2, "public"),
    "best-step": (3, 25, 3, "reserved"),
    "forward-trace": (2, 15, 1, "public"),
    "dual-numbers": (3, 25, 2, "public"),
    "heron-derivative": (2, 20, 2, "public"),
    "jvp": (2, 15, 2, "public"),
    "reverse-trace": (2, 15, 1, "public"),
    "reverse-sweep": (4, 25, 2, "reserved"),
    "mini-autograd": (5, 45, 3, "reserved"),
    "vjp-broadcast": (2, 20, 2, "public"),
    "vjp-softmax": (2, 25, 3, "public"),
    "adjoint-test": (3, 20, 2, "reserved"),
    "vjp-matmul": (3, 25, 2, "public"),
    "vjp-logsumexp": (3, 20, 2, "reserved"),
    "cheaper-jacobian": (2, 15, 1, "public"),
    "fewest-multiplications": (4, 30, 3, "reserved"),
    "elimination-count": (3, 20, 2, "public"),
    "banded-jacobian": (3, 25, 2, "public"),
    "network-gradient": (4, 30, 2, "public"),
    "cross-entropy": (3, 20, 2, "public"),
    "wrong-rules": (4, 30, 3, "reserved"),
    "vjp-gather": (2, 15, 2, "reserved"),
    "train-value": (4, 45, 3, "public"),
    "price-of-gradient": (2, 15, 1, "public"),
    "vjp-max": (3, 20, 2, "reserved"),
    "every-k": (2, 20, 1, "public"),
    "root-backward": (4, 35, 3, "reserved"),
    "least-price": (3, 30, 3, "reserved"),
    "must-keep": (3, 25, 2, "public"),
    "find-the-bug": (3, 25, 2, "public"),
}


def differences(sources, agreed=AGREED):
    """Where the data of the sources, dictionaries by id, are not what was agreed; one line each."""
    found = [f"{id}: has no row in tests/book/test_points.py; add one" for id in sources if id not in agreed]
    found += [f"{id}: is in no source; take its row out" for id in agreed if id not in sources]
    for id in sources.keys() & agreed.keys():
        for what, value in zip(WHAT, agreed[id]):
            if sources[id][what] != value:
                found.append(
                    f"{id}: {what} is {sources[id][what]} in the source, agreed was {value}; "
                    "put it back, or change the row in tests/book/test_points.py"
                )
    return sorted(found)


@pytest.fixture
def sources():
    return {section.data["id"]: section.data for found in exercises.everything().values() for section in found}


def test_the_exercises_are_worth_what_was_agreed(sources):
    assert differences(sources) == []


@pytest.mark.parametrize(
    ("what", "value", "finding"),
    [
        ("points", 5, "jvp: points is 5 in the source, agreed was 2; put it back, or change the row"),
        ("minutes", 51, "jvp: minutes is 51 in the source, agreed was 15; "),
        ("difficulty", 1, "jvp: difficulty is 1 in the source, agreed was 2; "),
        ("access", "reserved", "jvp: access is reserved in the source, agreed was public; "),
    ],
)
def test_a_changed_number_is_named(sources, what, value, finding):
    (line,) = differences(sources | {"jvp": sources["jvp"] | {what: value}})
    assert line.startswith(finding)


def test_an_exercise_without_a_row_and_a_row_without_an_exercise_are_named(sources):
    without = {id: row for id, row in AGREED.items() if id != "jvp"}
    assert differences(sources, without) == ["jvp: has no row in tests/book/test_points.py; add one"]
    assert differences(sources, AGREED | {"jvq": (2, 15, 2, "public")}) == ["jvq: is in no source; take its row out"]
