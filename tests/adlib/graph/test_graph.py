"""The computational graph: what it holds, and that its steps are the derivatives."""

import numpy as np
import pytest

import adlib
from adlib import make_graph
from adlib.graph.steps import Ref


def L(w1, w2):
    v2 = w2 * np.log(w1)
    return v2 + np.sqrt(v2)


def test_the_example_of_the_lecture():
    graph = make_graph(L)(2.0, 3.0)
    assert [n.name for n in graph.nodes] == ["w1", "w2", "v1", "v2", "v3", "L"]
    assert [n.op for n in graph.nodes] == ["input", "input", "log", "multiply", "sqrt", "add"]
    assert [n.parents for n in graph.nodes] == [(), (), (0,), (1, 2), (3,), (3, 4)]
    assert [graph.children(i) for i in range(6)] == [(2,), (3,), (3,), (4, 5), (5,), ()]
    assert graph.inputs == (0, 1) and graph.outputs == (5,) and graph.name == "L"
    assert graph.nodes[-1].value == L(2.0, 3.0)
    assert graph.op_counts() == {"log": 1, "multiply": 1, "sqrt": 1, "add": 1}
    assert repr(graph) == "Graph(L: 6 nodes, 6 edges)"
    assert all(n.index == i and n.shape == () and n.dtype == np.float64 for i, n in enumerate(graph.nodes))


def test_text_and_dot():
    graph = make_graph(L)(2.0, 3.0)
    assert graph.text() == "\n".join(
        [
            "w1 = 2",
            "w2 = 3",
            "v1 = log(w1) = 0.693147",
            "v2 = multiply(w2, v1) = 2.07944",
            "v3 = sqrt(v2) = 1.44203",
            "L = add(v2, v3) = 3.52147",
        ]
    )
    dot = graph.dot()
    assert dot.startswith('digraph "L" {') and dot.endswith("}")
    assert dot.count("->") == 6
    assert 'n3 [label="v2 = multiply"]' in dot and "n1 -> n3" in dot and "n2 -> n3" in dot
    for line in make_graph(lambda x: np.sum(x @ np.ones((2, 3))))(np.ones(2)).text().splitlines():
        assert "[" not in line and "\n" not in line  # arrays are shown by their shapes
    assert "array(2, 3)" in make_graph(lambda x: x @ np.ones((2, 3)))(np.ones(2)).text()


def test_repeated_operands():
    graph = make_graph(lambda x: x * x)(3.0)
    assert graph.nodes[1].parents == (0, 0)
    assert graph.nodes[1].operands == (Ref(0), Ref(0))
    assert graph.children(0) == (1,)
    assert graph.dot().count("n0 -> n1") == 2
    (step,) = list(graph.forward(1.0))[1:]
    assert [t.contribution for t in step.terms] == [3.0, 3.0]
    assert [t.operand for t in step.terms] == [0, 1]
    assert step.tangent == 6.0


def test_constants_are_operands_but_not_parents():
    a = np.arange(3.0)
    graph = make_graph(lambda x: 2.0 * x + a)(np.ones(3))
    product, total = graph.nodes[1:]
    assert product.operands == (2.0, Ref(0)) and product.parents == (0,)
    assert total.parents == (1,)
    np.testing.assert_array_equal(total.operands[1], a)
    a[:] = 7.0
    np.testing.assert_array_equal(total.operands[1], np.arange(3.0))
    np.testing.assert_array_equal(total.value, 2.0 + np.arange(3.0))


def test_names():
    assert [n.name for n in make_graph(lambda p, x: p["w"] * x + p["b"])({"w": 2.0, "b": 1.0}, 3.0).nodes] == [
        "p1",
        "p2",
        "x",
        "v1",
        "y",
    ]
    assert [n.name for n in make_graph(lambda *xs: xs[0] * xs[1])(2.0, 3.0).nodes] == ["x1", "x2", "y"]
    assert [n.name for n in make_graph(np.sin)(2.0).nodes][-1] == "sin"
    assert [n.name for n in make_graph(lambda v1: v1 * v1 + 1.0)(2.0).nodes] == ["v1", "v2", "y"]

    def x(x):
        return x * x

    assert [n.name for n in make_graph(x)(2.0).nodes] == ["x", "v1"]

    def two(x):
        return x * 2.0, x * 3.0

    assert [n.name for n in make_graph(two)(2.0).nodes] == ["x", "v1", "v2"]


def test_several_outputs_and_trees():
    graph = make_graph(lambda x: {"a": x * 2.0, "b": (np.sin(x), 3.0, x)})(1.0)
    assert len(graph.nodes) == 3
    assert graph.outputs == (1, 2, 0)


def test_results_that_do_not_depend_on_the_input():
    graph = make_graph(lambda x: 3.0)(1.0)
    assert graph.outputs == () and len(graph.nodes) == 1
    assert len(list(graph.forward(1.0))) == 1
    graph = make_graph(lambda x: (x * 2.0, x * 3.0)[1])(1.0)
    assert len(graph.nodes) == 3  # what was computed is there, needed or not


def test_branches_appear_as_taken():
    f = lambda x: np.sin(x) if x > 0 else x * x  # noqa: E731
    assert make_graph(f)(1.0).nodes[1].op == "sin"
    assert make_graph(f)(-1.0).nodes[1].op == "multiply"


PROGRAMS = {
    "scalars": (L, (2.0, 3.0)),
    "fan-out": (lambda x: x * x * x + x, (2.0,)),
    "arrays": (lambda x, y: np.sum(np.sin(x) * y + x), (np.arange(3.0), np.ones((2, 1)))),
    "products": (lambda a, x: np.tanh(a @ x) @ x[:2], (np.arange(6.0).reshape(2, 3) / 5, np.arange(3.0))),
    "shapes": (lambda x: np.reshape(np.transpose(x)[::2], (-1,)), (np.arange(6.0).reshape(2, 3),)),
    "joining": (lambda x: np.stack([x[0], x[1] * x[0], 2.0 * x[0]]), (np.arange(2.0) + 1,)),
    "where": (lambda x: np.where(x > 1, x * x, -x), (np.arange(3.0),)),
    "maximum with a tie": (lambda x, y: np.maximum(x, y), (np.arange(3.0), np.ones(3))),
    "broadcast number": (lambda s, x: s * x, (2.0, np.arange(3.0))),
    "in the exponent": (lambda x, y: x**y, (2.0, 3.0)),
    "reductions": (lambda x: np.std(x, axis=0) + np.max(x), (np.array([[1.0, 5.0], [2.0, 3.0]]),)),
    "sorted": (lambda x: np.cumsum(np.sort(x)), (np.array([3.0, 1.0, 2.0]),)),
    "einsum": (lambda x, y: np.einsum("ij,j->i", x, y), (np.arange(6.0).reshape(2, 3), np.arange(3.0))),
    "two results": (lambda x: np.modf(x)[0] + np.divmod(x, 0.7)[1], (np.array([1.3, 2.6]),)),
    "single precision": (lambda x: np.sum(np.exp(x) * 2.0), (np.arange(3, dtype=np.float32),)),
}


@pytest.mark.parametrize("program", PROGRAMS)
def test_forward_steps_are_forward_mode(program):
    f, xs = PROGRAMS[program]
    graph = make_graph(f)(*xs)
    rng = np.random.default_rng(0)
    vs = tuple(np.asarray(rng.normal(size=np.shape(x)), np.asarray(x).dtype)[()] for x in xs)
    steps = list(graph.forward(*vs))
    assert [s.node for s in steps] == list(graph.nodes)
    value, tangent = adlib.jvp(f, xs, vs)
    np.testing.assert_array_equal(graph.nodes[graph.outputs[0]].value, value)
    np.testing.assert_allclose(
        steps[graph.outputs[0]].tangent, tangent, rtol=1e-6 if np.asarray(value).dtype == np.float32 else 1e-14
    )
    for step in steps:
        if not step.terms or isinstance(graph.nodes[step.terms[0].parent].value, tuple):
            continue
        assert np.shape(step.tangent) == step.node.shape
        np.testing.assert_allclose(
            np.broadcast_to(sum(t.contribution for t in step.terms), step.node.shape), step.tangent, rtol=1e-14
        )
        assert tuple(t.parent for t in step.terms) == step.node.parents
        for term in step.terms:
            np.testing.assert_array_equal(term.tangent, steps[term.parent].tangent)
            if term.partial is not None:
                product = np.asarray(term.partial, float) * term.tangent
                np.testing.assert_allclose(
                    np.broadcast_to(product, step.node.shape),
                    np.broadcast_to(term.contribution, step.node.shape),
                    rtol=1e-6,
                )


@pytest.mark.parametrize("program", PROGRAMS)
def test_reverse_steps_are_reverse_mode(program):
    f, xs = PROGRAMS[program]
    graph = make_graph(f)(*xs)
    value, pullback = adlib.vjp(f, *xs)
    w = np.asarray(np.random.default_rng(1).normal(size=np.shape(value)), np.asarray(value).dtype)[()]
    steps = list(graph.reverse(w))
    assert [s.node.index for s in steps] == list(range(len(graph.nodes)))[::-1]
    adjoints = {s.node.index: s.adjoint for s in steps}
    for i, g in zip(graph.inputs, pullback(w), strict=True):
        assert np.shape(adjoints[i]) == np.shape(g)
        np.testing.assert_allclose(adjoints[i], g, rtol=1e-6 if np.asarray(g).dtype == np.float32 else 1e-13)


def test_a_partial_of_every_elementwise_operation():
    graph = make_graph(lambda x, y: np.sin(x) * y - x / y)(2.0, 3.0)
    partials = {(s.node.op, t.operand): float(t.partial) for s in graph.forward(1.0, 1.0) for t in s.terms}
    assert partials == pytest.approx(
        {
            ("sin", 0): np.cos(2.0),
            ("multiply", 0): 3.0,
            ("multiply", 1): np.sin(2.0),
            ("divide", 0): 1 / 3.0,
            ("divide", 1): -2.0 / 9.0,
            ("subtract", 0): 1.0,
            ("subtract", 1): -1.0,
        }
    )


def test_a_graph_is_not_changed_by_its_steps_or_its_caller():
    x = np.arange(3.0)
    graph = make_graph(lambda x: x * x)(x)
    x[:] = 9.0
    np.testing.assert_array_equal(graph.nodes[0].value, np.arange(3.0))
    first = [s.tangent for s in graph.forward(np.ones(3))]
    second = [s.tangent for s in graph.forward(np.ones(3))]
    np.testing.assert_array_equal(first[-1], second[-1])
    with pytest.raises(AttributeError):
        graph.nodes[0].value = 1.0


def test_an_inner_derivative_is_part_of_the_graph():
    graph = make_graph(lambda x: x * adlib.grad(lambda y: y**3)(x))(2.0)
    assert graph.nodes[-1].value == 24.0
    assert list(graph.forward(1.0))[-1].tangent == 36.0
    graph = make_graph(lambda x: x * adlib.derivative(lambda y: y**3)(x))(2.0)
    assert list(graph.forward(1.0))[-1].tangent == 36.0


A = np.array([[2.0, 1.0], [0.5, 3.0], [1.0, -1.0]])
SEVERAL = {
    "svd": lambda a: np.sum(np.linalg.svd(a, full_matrices=False)[0][:, 0]),
    "singular values": lambda a: np.sum(np.linalg.svd(a, full_matrices=False)[1] ** 2),
    "eigh": lambda a: np.linalg.eigh(a.T @ a)[0][0],
    "qr": lambda a: np.sum(np.linalg.qr(a)[1]),
    "lstsq": lambda a: np.sum(np.linalg.lstsq(a, np.ones(3), rcond=None)[0]),
    "slogdet": lambda a: np.linalg.slogdet(a.T @ a)[1],
}


@pytest.mark.parametrize("name", SEVERAL)
def test_results_of_several_shapes_are_told_in_both_modes(name):
    f = SEVERAL[name]
    graph = make_graph(f)(A)
    (several,) = [node for node in graph.nodes if isinstance(node.value, tuple)]
    shapes = ", ".join(f"array{np.shape(y)}" if np.ndim(y) else f"{float(y):.6g}" for y in several.value)
    assert graph.text().splitlines()[several.index].endswith(f" = ({shapes})")
    assert several.shape is None
    for mode, seed in (("forward", np.ones_like(A)), ("reverse", 1.0)):
        assert graph.stepper(seed, mode=mode)._repr_html_().count("<") > 10
    assert graph.dot() and graph._repr_html_() and graph.kept() is not None
    forward, reverse = list(graph.forward(np.ones_like(A))), list(graph.reverse())
    np.testing.assert_allclose(forward[-1].tangent, adlib.jvp(f, (A,), (np.ones_like(A),))[1])
    np.testing.assert_allclose(reverse[-1].adjoint, adlib.grad(f)(A))
    with pytest.raises(adlib.ArgumentError, match=r"for graphs of scalars, but a in y has shape \(3, 2\)"):
        graph.puzzle()


def test_a_rule_without_a_contribution_to_an_array():
    @adlib.primitive
    def weigh(x, w):
        return np.sum(x * np.sign(w))

    adlib.rule(
        weigh,
        lambda tangents, y, x, w: weigh(tangents[0], w) if tangents[0] is not None else 0.0 * y,
        lambda g, y, x, w: (g * np.sign(w), None),
    )
    f = lambda x: weigh(x * 1.0, x * 2.0)  # noqa: E731
    graph = make_graph(f)(A)
    np.testing.assert_array_equal(list(graph.reverse())[-1].adjoint, np.sign(A))
    np.testing.assert_array_equal(adlib.grad(f)(A), np.sign(A))
    assert graph.stepper(1.0, mode="reverse")._repr_html_()


@pytest.mark.parametrize("name", ["input", "output"])
def test_a_primitive_may_have_the_name_of_an_input(name):
    def square(x):
        return x * x

    square.__name__ = name
    square = adlib.primitive(square)
    adlib.elementwise(square, lambda x: 2 * x)
    graph = make_graph(lambda a: square(a) + a)(3.0)
    assert [(node.name, node.op) for node in graph.nodes] == [("a", "input"), ("v1", name), ("y", "add")]
    assert list(graph.forward(1.0))[-1].tangent == list(graph.reverse())[-1].adjoint == 7.0
    assert graph.op_counts() == {name: 1, "add": 1}
    assert f'label="v1 = {name}"' in graph.dot() and 'label="a"' in graph.dot()
    assert repr(graph.puzzle()) == "<order puzzle of y: v1, y>"
    assert "v1" in graph.stepper(mode="reverse")._repr_html_()


def test_a_number_under_an_index_is_a_node():
    graph = make_graph(lambda x: np.sum((x * x)[None]))(3.0)
    assert [node.op for node in graph.nodes] == ["input", "multiply", "getitem", "sum"]
    assert list(graph.forward(1.0))[-1].tangent == list(graph.reverse())[-1].adjoint == 6.0


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("x", [np.array([-1.0, 0.0, 4.0]), np.array(0.0), np.array(4.0)])
def test_what_was_not_chosen_receives_nothing_in_the_graph_either(x):
    def f(x):
        s = np.sqrt(x)
        return np.sum(np.where(x > 0, np.exp(s) + s, np.maximum(np.log(x), -1.0)))

    steps = list(adlib.make_graph(f)(x).reverse())
    np.testing.assert_array_equal(steps[-1].adjoint, adlib.grad(f)(x))
    assert np.all(np.isfinite(steps[-1].adjoint[1:] if np.ndim(x) else steps[-1].adjoint))


def test_an_input_that_a_checkpoint_does_not_use_has_the_adjoint_zero():
    graph = adlib.make_graph(adlib.checkpoint(lambda x, y: 2.0 * x))(1.0, np.ones(3))
    adjoints = {step.node.name: step.adjoint for step in graph.reverse()}
    assert adjoints["x"] == 2.0
    np.testing.assert_array_equal(adjoints["y"], np.zeros(3))
