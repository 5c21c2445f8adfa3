"""A wrong statement put into a chapter turns the check cell that guards it red.

Each plant is one edit of a chapter's code: a statement of the slides that is wrong, a lost factor, a confused index.
The chapter's cells are then run in order, and the first to fail must be the named check.
"""

import warnings

import nbformat
import pytest

from tools import ROOT

FORWARD_MODE = "05-forward-mode.ipynb"
REVERSE_MODE = "06-reverse-mode.ipynb"
PLANTS = [
    # what goes wrong, chapter, what stands there, what is put in its place, the check that must notice
    ("the product rule loses a term", FORWARD_MODE, "w2_dot * v1 + w2 * v1_dot", "w2_dot * v1", "Check 5.1:"),
    ("the root loses its factor 2", FORWARD_MODE, "v2_dot / (2 * np.sqrt(v2))", "v2_dot / np.sqrt(v2)", "Check 5.1:"),
    ("the seeds are confused", FORWARD_MODE, "w1_dot=0.0, w2_dot=1.0", "w1_dot=1.0, w2_dot=0.0", "Check 5.2:"),
    ("ancestors for parents, as on the slide", FORWARD_MODE,
     'over_ancestors - 3 * dot["v3"]', 'over_ancestors - dot["v3"]', "Check 5.3:"),
    ("the derivative of a product as the product of derivatives", FORWARD_MODE,
     "Dual(a * b, a_dot * b + a * b_dot)", "Dual(a * b, a_dot * b_dot)", "Check 5.4:"),
    ("a loop is not differentiated through", FORWARD_MODE, "x = (x + a / x) / 2",
     "x = (x + adlib.stop_gradient(a) / x) / 2", "Check 5.5:"),
    ("a symmetric matrix for a dual number", FORWARD_MODE, "[0.0, x.value]]", "[x.dot, x.value]]", "Check 5.6:"),
    ("a link does not turn the links after it", FORWARD_MODE,
     "angle = np.tri(3) @ theta  ", "angle = np.eye(3) @ theta  ", "Check 5.7:"),
    ("the value for the tangent", FORWARD_MODE, "adlib.jvp(hand, (theta,), (seed,))[1]",
     "adlib.jvp(hand, (theta,), (seed,))[0]", "Check 5.8:"),
    ("another function in JAX", FORWARD_MODE, "jnp.tri(3)", "jnp.eye(3)", "Check 5.9:"),
    ("the components of the gradient change places", FORWARD_MODE, "e1, e2 = np.eye(2)", "e2, e1 = np.eye(2)", "Check 5.10:"),
    ("one epsilon for all levels", FORWARD_MODE, "level = next(levels)  ", "level = 1  ", "Check 5.11:"),
    ("forward mode and differences cost the same, as on the slide", FORWARD_MODE,
     'row["n sweeps"] > row["vector"] > row["diff."]', 'row["n sweeps"] == row["diff."]', "Check 5.12:"),
    ("a difference for the exact derivative", FORWARD_MODE,
     "adlib.jvp(L, (2.0, 3.0), (1.0, 0.0))[1] - truth", "(L(2.0 + 1e-8, 3.0) - L(2.0, 3.0)) / 1e-8 - truth", "Check 5.13:"),
    ("reverse mode needs no memory either", FORWARD_MODE, "held[100][2] - held[10][2] >= 90", "held[100][2] == held[10][2]", "Check 5.14:"),
    ("a sweep costs two evaluations", FORWARD_MODE, "11 / layers", "2", "Check 5.15:"),
    ("a child is forgotten", REVERSE_MODE, "v2_bar = L_bar + v3_bar / (2", "v2_bar = v3_bar / (2", "Check 6.1:"),
    ("the misprint of the slide", REVERSE_MODE, "felt - v2_bar * v1)", "felt - v1_bar * v1)", "Check 6.2:"),
    ("= for +=", REVERSE_MODE, "v_bar[j] += v_bar[node.index] * p", "v_bar[j] = v_bar[node.index] * p", "Check 6.3:"),
    ("the forgetful sweep forgets nothing", REVERSE_MODE, "wrong[3] - (v2_bar - 1.0)", "wrong[3] - v2_bar", "Check 6.4:"),
    ("any order will do", REVERSE_MODE, "all(place[child] < place[i]", "any(place[child] < place[i]", "Check 6.5:"),
    ("a value is used once", REVERSE_MODE, "return adjoint(k + 1, last) + adjoint(k + 1, last)", "return adjoint(k + 1, last)", "Check 6.6:"),
    ("the root of the tape loses its factor 2", REVERSE_MODE, "[(self, 1 / (2 * root))]", "[(self, 1 / root)]", "Check 6.7:"),
    ("a second use is not counted", REVERSE_MODE, "tape.append([(x.index, p) for x, p in uses if isinstance(x, Var)])",
     "tape.append(list({x.index: p for x, p in uses if isinstance(x, Var)}.items()))", "Check 6.7:"),
    ("another factor in the long program", REVERSE_MODE, "y = y * 0.999 + x", "y = y * 0.998 + x", "Check 6.8:"),
    ("ascent for descent", REVERSE_MODE, "slope - 0.02 * g_slope, height - 0.02 * g_height",
     "slope - 0.02 * g_slope, height + 0.02 * g_height", "Check 6.9:"),
    ("nested tapes are not confused", REVERSE_MODE, "assert ours == [2.0]", "assert ours == [1.0]", "Check 6.10:"),
    ("a dot product for a cross product", REVERSE_MODE,
     "x * force[1] - y * force[0]", "x * force[0] + y * force[1]", "Check 6.11:"),
    ("the adjoint test finds every wrong rule", REVERSE_MODE,
     "adjoint_test(sine, theta, 3) < 1e-13", "adjoint_test(sine, theta, 3) > 1e-3", "Check 6.12:"),
    ("the second use of a copy is lost", REVERSE_MODE, "J3 = np.array([[1.0], [1.0]])", "J3 = np.array([[1.0], [0.0]])", "Check 6.13:"),
    ("the rows change places", REVERSE_MODE, "for e in np.eye(2)])", "for e in np.eye(2)[::-1]])", "Check 6.14:"),
    ("all intermediate values are stored, as on the slide", REVERSE_MODE,
     '== {"w1", "w2", "v1", "v3"}', '== {"w1", "w2", "v1", "v2", "v3", "L"}', "Check 6.15:"),
    ("a sum keeps an array", REVERSE_MODE, 'growth["0.9 * x"] == 0', 'growth["0.9 * x"] == 1', "Check 6.16:"),
    ("both sweeps cost the same, as on the slide", REVERSE_MODE, "[63, 4 * 63, 3 * 63]", "[63, 3 * 63, 3 * 63]", "Check 6.17:"),
]  # fmt: skip


def run_until_failure(chapter: str, old: str, new: str) -> tuple[str, BaseException]:
    """Run the chapter with one edit; the first line of the cell that fails, and its error."""
    cells = [c for c in nbformat.read(ROOT / "chapters" / chapter, 4).cells if c.cell_type == "code"]
    assert sum(old in cell.source for cell in cells) == 1, f"the plant must fit one cell of {chapter}: {old!r}"
    names = {"__name__": "__main__"}
    for cell in cells[1:]:  # the first cell sets Colab up
        source = cell.source.replace(old, new)
        try:
            exec(compile(source, chapter, "exec"), names)
        except Exception as error:
            return source.splitlines()[0], error
    pytest.fail(f"no check of {chapter} noticed that {old!r} became {new!r}")


@pytest.mark.parametrize(
    ("chapter", "old", "new", "check"), [plant[1:] for plant in PLANTS], ids=[plant[0] for plant in PLANTS]
)
def test_a_wrong_statement_turns_its_check_red(chapter, old, new, check):
    pytest.importorskip("matplotlib").use("agg")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # figures cannot be shown here
        line, error = run_until_failure(chapter, old, new)
    assert line.startswith(f"# {check}")
    assert isinstance(error, AssertionError)


def test_every_check_cell_has_a_plant():
    planted = {(plant[1], plant[4]) for plant in PLANTS}
    for file in sorted((ROOT / "chapters").glob("*.ipynb")):
        for cell in nbformat.read(file, 4).cells:
            if cell.cell_type == "code" and cell.source.startswith("# Check "):
                check = cell.source.split()[2]
                assert (file.name, f"Check {check}") in planted, f"{file.name}: Check {check} has no planted failure"
