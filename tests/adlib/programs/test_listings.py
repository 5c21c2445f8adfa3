"""What a program looks like: lines a careful person would have written, with the names of the user's own variables."""

import numpy as np

import adlib


def L(w1, w2):
    v2 = w2 * np.log(w1)
    return v2 + np.sqrt(v2)


RNG = np.random.default_rng(0)
GIVEN = RNG.random((5, 5))


def stress(x):
    difference = x[:, None] - x[None]
    residual = np.sum(difference**2, -1) - GIVEN
    return np.sum(residual**2)


def network(w1, b1, w2, b2):
    hidden = np.tanh(IMAGES @ w1 + b1)
    scores = hidden @ w2 + b2
    return (np.sum(np.log(np.sum(np.exp(scores), 1))) - np.sum(LABELS * scores)) / 7


IMAGES, LABELS = RNG.random((7, 6)), np.eye(3)[[0, 1, 2, 0, 1, 2, 0]]
WEIGHTS = RNG.random((6, 4)), RNG.random(4), RNG.random((4, 3)), RNG.random(3)


def body(p):
    return [line.strip() for line in str(p).splitlines()[1:]]


def test_the_gradient_of_the_lecture_takes_nine_lines_and_a_return():
    assert str(adlib.program(adlib.grad(L, argnums=(0, 1)))(2.0, 3.0)) == (
        "def grad_L(w1, w2):\n"
        "    v1 = np.log(w1)\n"
        "    v2 = w2 * v1\n"
        "    v3 = np.sqrt(v2)\n"
        "    v4 = 0.5 / v3\n"
        "    v2_bar = 1.0 + v4\n"
        "    w2_bar = v1 * v2_bar\n"
        "    v1_bar = w2 * v2_bar\n"
        "    v5 = 1 / w1\n"
        "    w1_bar = v5 * v1_bar\n"
        "    return w1_bar, w2_bar"
    )


def test_tangents_are_named_after_their_primals():
    p = adlib.program(lambda w1, w2, d1, d2: adlib.jvp(L, (w1, w2), (d1, d2)))(2.0, 3.0, 1.0, 0.0)
    assert {"v1_dot", "v2_dot"} <= {line.split(" = ")[0] for line in body(p)}


def test_a_second_derivative_has_both_endings():
    def product(w1, w2, d1, d2):
        return adlib.hvp(L, (w1, w2), (d1, d2))[1]

    names = {line.split(" = ")[0] for line in body(adlib.program(product)(2.0, 3.0, 1.0, 0.5))}
    assert {"v1_dot", "v2_bar", "w1_bar_dot", "w2_bar_dot"} <= names


def test_the_gradient_of_stress_is_the_one_by_hand():
    x = RNG.random((5, 2))
    assert body(adlib.program(adlib.grad(stress))(x)) == [
        "v1 = x[:, None]",
        "v2 = x[None]",
        "difference = v1 - v2",
        "v3 = difference ** 2",
        "v4 = np.sum(v3, -1)",
        "residual = v4 - c1",
        "residual_bar = 2 * residual",
        "v5 = np.reshape(residual_bar, (5, 5, 1))",
        "v6 = 2 * difference",
        "difference_bar = v6 * v5",
        "v7 = -difference_bar",
        "v8 = np.sum(difference_bar, 1)",
        "v9 = np.sum(v7, 0)",
        "x_bar = v9 + v8",
        "return x_bar",
    ]


def test_the_gradient_of_a_network_has_the_names_of_its_layers():
    p = adlib.program(adlib.grad(network, argnums=(0, 1, 2, 3)))(*WEIGHTS)
    lines = body(p)
    assert lines[-1] == "return w1_bar, b1_bar, w2_bar, b2_bar"
    assert "hidden = np.tanh(v2)" in lines and "scores = v3 + b2" in lines
    assert {"scores_bar", "hidden_bar", "w1_bar"} <= {line.split(" = ")[0] for line in lines}
    assert len(lines) <= 32


def test_additions_into_places_share_an_array():
    def loop(x):
        total = 0.0
        for i in range(3):
            total = total + x[i] * x[i + 1]
        return total

    lines = body(adlib.program(adlib.grad(loop))(np.arange(4.0)))
    assert lines.count("x_bar = np.zeros((4,))") == 1
    assert sum(line.startswith("x_bar[") for line in lines) == 6


def test_common_parts_occur_once_and_dead_ones_not_at_all():
    def f(x):
        dead = np.exp(x)  # noqa: F841
        return np.sin(x) * np.sin(x) + np.sin(x)

    lines = body(adlib.program(f)(1.0))
    assert sum("np.sin" in line for line in lines) == 1 and not any("np.exp" in line for line in lines)


def test_zero_with_and_without_a_sign_are_two_constants():
    p = adlib.program(lambda x: (np.copysign(x, 0.0), np.copysign(x, -0.0)))(1.5)
    assert p(2.0) == (2.0, -2.0)


def test_a_name_is_not_given_twice():
    def layer(x):
        inner = np.sin(x)
        return inner * inner

    lines = body(adlib.program(lambda x: layer(layer(x)))(1.0))
    names = [line.split(" = ")[0] for line in lines[:-1]]
    assert len(set(names)) == len(names) and "inner" in names


def test_a_name_that_means_something_is_not_taken():
    def f(np_, c1):
        sum = np.exp(np_)
        return sum + c1 + np.array([1.0, 2.0, 3.0])

    p = adlib.program(f)(1.0, 2.0)
    np.testing.assert_array_equal(p(0.5, 0.25), f(0.5, 0.25))
    assert "sum =" not in str(p) and "c1" not in p.constants


def test_operations_are_counted_under_the_names_of_the_graph():
    counts = adlib.program(L)(2.0, 3.0).op_counts()
    assert counts == adlib.make_graph(L)(2.0, 3.0).op_counts()
    assert adlib.program(adlib.grad(L, (0, 1)))(2.0, 3.0).op_counts() == {
        "log": 1,
        "multiply": 4,
        "sqrt": 1,
        "divide": 2,
        "add": 1,
    }


def test_expression_swell_is_what_a_program_avoids():
    """Lines of the derivative of a logistic map, against nodes when it is written as one expression."""

    def iterated(k):
        def f(x):
            for _ in range(k):
                x = 4.0 * x * (1 - x)
            return x

        return f

    sizes = [len(body(adlib.program(adlib.grad(iterated(k)))(0.3))) - 1 for k in (5, 10, 20)]
    assert sizes[1] - sizes[0] == (sizes[2] - sizes[1]) / 2 <= 45  # linear


def test_repr_says_how_much_there_is():
    assert repr(adlib.program(L)(2.0, 3.0)) == "Program(L: 4 lines, 0 checks)"
