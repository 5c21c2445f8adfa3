"""Explorables: their numbers, their markup, their limits. What a browser makes of them: test_explorable_browser."""

import itertools
import re
from xml.etree import ElementTree

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

import adlib
from adlib.viz import Arrows, Canvas, Cells, Curve, Explorable, Marker, Plot, Points, Scene, Text
from adlib.viz.explorable.data import Columns, deflated, moves
from tests.adlib.viz.explorable.explorables import (
    STEPS,
    corners,
    data_of,
    elements,
    places,
    player,
    scale_of,
    slider,
    texts,
)
from tests.adlib.viz.markup import Page

# Columns -------------------------------------------------------------------------------------------

pictures = st.lists(
    st.from_regex(r"(M-?[0-9]{1,4} -?[0-9]{1,4}(h0|l[0-9]{1,3} -?[0-9]{1,3})?){0,3}", fullmatch=True), max_size=8
)


@settings(max_examples=200, deadline=None)
@given(pictures)
def test_any_pictures_come_back(outlines):
    plain = [re.sub(r"-?\d+", lambda number: str(int(number[0])), outline) for outline in outlines]
    assert texts({"columns": [moves(plain)]}, 0) == plain


def test_other_pictures_and_texts_are_written_out():
    assert moves(["M1 2h0", "M1 2h0M3 4h0", "", "M5 6h0", "M6 6h0"]) == [
        "M1 2h0",
        "M1 2h0M3 4h0",
        "",
        "M5 6h0",
        [1, 0, 0],
    ]
    columns = Columns()
    columns.number(["frame 1", "frame 2"], "the numbers")
    assert columns.entries == [["frame 1", "frame 2"]], "a text does not glide"


def test_what_stands_still_takes_no_room():
    x = np.linspace(0, 1, 100)
    widget = small(
        [Points([x] * 500, [x] * 500), Points(np.linspace(0, 1, 500)[:, None], [[0]] * 500)], frames=range(500)
    )
    data = data_of(widget._repr_html_())
    moving = {(panel, element) for panel, element, *_ in data["scenes"][0]["moves"]}
    assert moving == {(0, 1)}, "a hundred points that are given 500 times are drawn once"
    outline = "".join(f"M{k} {7 * k}h0" for k in range(100))
    once = len(deflated(moves([outline])))
    assert len(deflated(moves([outline] * 500))) < once + 4 * 500, (
        "and beside something that moves they take 4 bytes a frame"
    )


def test_a_small_move_takes_little_more_than_a_byte():
    walk = np.cumsum(np.random.default_rng(0).integers(1, 15, size=(50, 40)), axis=0)
    outlines = ["".join(f"M{x} {y}h0" for x, y in row.reshape(-1, 2)) for row in walk]
    assert len(deflated(moves(outlines))) < 1.25 * 50 * 40 < 0.7 * len(deflated(outlines))


def test_equal_columns_are_held_once():
    data = data_of(slider()._repr_html_())
    assert len({str(column) for column in data["columns"]}) == len(data["columns"])
    assert data["scenes"][0]["labels"] == data["scenes"][1]["labels"]


# What is shown ---------------------------------------------------------------------------------------


def test_the_frames_on_the_page_are_the_numbers_that_were_given():
    """Decoded, and put on the scale that is read off the ticks of the axes; neither shares code with the package."""
    page = slider()._repr_html_()
    data, scale = data_of(page), scale_of(page)
    # The rounding to a quarter of a pixel, in decades, with the width of the axes from their ticks.
    half_x, half_y = 5 / 1000, 12 / 700
    for scheme, scene in zip(("forward", "central"), data["scenes"]):
        minus = 1.0 if scheme == "forward" else np.exp(-STEPS)
        error = np.abs((np.exp(STEPS) - minus) / (STEPS if scheme == "forward" else 2 * STEPS) - 1)
        curve, dot, line = (element["d"] for element in elements(data, scene))
        assert isinstance(curve, str) and len(dot) == len(line) == len(STEPS)
        inside = error > 1e-12
        x, y = np.transpose(corners(curve))
        np.testing.assert_allclose(np.log10(scale["x"](x)), np.log10(STEPS), atol=half_x)
        np.testing.assert_allclose(np.log10(scale["y"](y))[inside], np.log10(error)[inside], atol=half_y)
        assert places(dot) == [[corner] for corner in corners(curve)]
        assert [int(re.match(r"M(\d+) \d+V\d+$", outline)[1]) for outline in line] == x.tolist()
        shown = [
            float(text.replace("\N{MINUS SIGN}", "-").replace("·10", "e").translate(LOWERED))
            for text in texts(data, scene["numbers"][0])
        ]
        np.testing.assert_allclose(shown, error, rtol=6e-3)
        for label, number, said in zip(
            *(texts(data, k) for k in (scene["labels"], scene["numbers"][0], scene["says"]))
        ):
            assert said == f"With the {scheme} scheme and the step {label} the error is {number}."


LOWERED = str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789")


def test_axis_values_and_whole_numbers():
    data = data_of(player()._repr_html_())
    for scene in data["scenes"]:
        assert texts(data, scene["labels"]) == [str(k) for k in range(9)]
        assert texts(data, scene["numbers"][1]) == [str(k * k) for k in range(9)]
    data = data_of(slider()._repr_html_())
    assert texts(data, data["scenes"][0]["labels"])[:3] == ["10⁻⁶", "3.16·10⁻⁶", "10⁻⁵"]


def test_scenes_are_in_the_order_of_the_pickers_and_the_start_is_the_first_state():
    data = data_of(player()._repr_html_())
    assert data["choices"] == [2, 2] and data["start"] == [[0, 0], 0]
    dots = [
        places(next(e for e in elements(data, scene) if "ax-d" in e["class"] and isinstance(e["d"], list))["d"])
        for scene in data["scenes"]
    ]
    assert [len(frames[0]) for frames in dots] == [2, 2, 5, 5]
    widths = [np.ptp(frames[0]) for frames in dots]
    assert widths[1] > 1.5 * widths[0] and widths[3] > 1.5 * widths[2]
    assert data_of(slider()._repr_html_())["start"] == [[0], 4]


def test_rows_of_different_length_and_rows_that_one_shares():
    x = np.linspace(0, 1, 5)
    scene = Scene(
        [Curve(x, np.outer([0.1, 0.2, 0.3], x)), Points([[0.1], [0.1, 0.2], []], [[0], [0, 1], []])], frames="abc"
    )
    page = Explorable("T", "Q?", Plot((0, 1), (0, 1), "x", "y", "A."), scene, axis="a", telling=[0])._repr_html_()
    data = data_of(page)
    curve, points = (element["d"] for element in elements(data, data["scenes"][0]))
    (x0, y0), (x2, y2) = (np.transpose(corners(curve[k])) for k in (0, 2))
    assert len(curve) == 3 and x0.tolist() == x2.tolist() and y0.tolist() != y2.tolist()
    assert [len(frame) for frame in places(points)] == [1, 2, 0]
    assert texts(data, data["scenes"][0]["labels"]) == ["a", "b", "c"]


def test_rows_may_be_empty_and_names_an_array():
    rows = [[], [0.1], [0.1, 0.2]]
    names = np.array(["a", "b"])
    for layer in (
        Curve(rows, rows, steps=True),
        Curve([], [], steps=True, fill=0),
        Points([0, 1], [0, 1], names=names),
    ):
        data = data_of(small([layer])._repr_html_())
        counts = {len(e["d"]) if isinstance(e["d"], list) else 1 for e in elements(data, data["scenes"][0]) if "d" in e}
        assert counts <= {1, 3}
    (stairs,) = Curve(rows, rows, steps=True).shapes(PLOT)
    (line,) = stairs.elements
    assert [len(re.findall(r"-?\d+", outline)) for outline in line.changing["d"]] == [0, 2, 6]


def test_names_follow_their_points_and_go_with_them():
    x = [[0.2, 0.4], [0.3, 0.5], [0.3]]
    widget = small([Points(x, [[0.5] * len(row) for row in x], names=["a", "b"], side=["left", "above"])])
    data = data_of(widget._repr_html_())
    dots, *named = elements(data, data["scenes"][0])
    for k, (name, anchor) in enumerate((("a", "end"), ("b", "middle"))):
        words = named[k]["text"] if isinstance(named[k]["text"], list) else [named[k]["text"]] * 3
        assert words == [name if len(row) > k else "" for row in x] and named[k]["text-anchor"] == anchor
        shifts = {int(at) - points[k][0] for at, points in zip(named[k]["x"], places(dots["d"])) if len(points) > k}
        assert len(shifts) == 1


def test_a_gap_leaves_room_for_the_cells():
    (shape,) = Cells([[0] * 100], of=[("", None)], gap=50).shapes(PLOT)
    ((outline,),) = (element.changing["d"] for element in shape.elements)
    cells = [tuple(map(int, c)) for c in re.findall(r"M(\d+) (\d+)h(\d+)v(\d+)h-\d+z", outline)]
    assert len(cells) == 100 and all(wide > 0 and high > 0 for _, _, wide, high in cells)
    assert all(0 <= right[0] - left[0] - left[2] <= left[2] for left, right in itertools.pairwise(cells))
    assert int(re.search(r"font-size:(\d+)px", shape.fixed)[1]) >= 0


@pytest.mark.parametrize(
    ("limits", "log", "labels"),
    [
        ((12, 18), True, ["12", "14", "16", "18"]),
        ((0.2, 20), True, ["0.2", "0.5", "1", "2", "5", "10", "20"]),
        ((1e-5, 1e-3), True, ["10^−5", "10^−4", "10^−3"]),
        ((1, 1e6), True, ["1", "10^2", "10^4", "10^6"]),
        ((1, 1000), True, ["1", "10", "100", "1000"]),
        ((1e6, 1e6 + 1), False, ["1000000", "1000000.2", "1000000.4", "1000000.6", "1000000.8", "1000001"]),
        ((0, 1e-9), False, ["0", "5·10^−10", "10^−9"]),
        ((-2e7, 2e7), False, ["−2·10^7", "−10^7", "0", "10^7", "2·10^7"]),
        ((-2, 2), False, ["−2", "−1", "0", "1", "2"]),
    ],
)
def test_ticks_are_there_and_differ(limits, log, labels):
    assert [text for _, text in Plot(limits, (0, 1), "x", "y", "A.", xlog=log).ticks("x")] == labels


@settings(max_examples=200, deadline=None, derandomize=True)
@given(st.floats(-1e9, 1e9), st.floats(1e-9, 1e9), st.booleans())
@example(999_999_999.0, 1.0, True)
def test_any_axis_has_ticks_that_can_be_told_apart(lo, width, log):
    lo = abs(lo) + 1e-9 if log else lo
    if width < 1e-9 * abs(lo):
        width = 1e-9 * abs(lo)
    ticks = Plot((lo, lo + width), (0, 1), "x", "y", "A.", xlog=log).ticks("x")
    assert 2 <= len(ticks) == len({text for _, text in ticks}) <= 9
    assert all(lo - 1e-6 * width <= value <= lo + width * (1 + 1e-6) for value, _ in ticks)


def test_values_beyond_the_axes_are_kept_apart_but_not_drawn_miles_away():
    scene = Scene([Points([[0.5], [1e9], [-1e9]], [[0.5]] * 3)], frames=[0, 1, 2])
    page = Explorable("T", "Q?", Plot((0, 1), (0, 1), "x", "y", "A."), scene, axis="a", telling=[0])._repr_html_()
    data = data_of(page)
    x = [x for ((x, _),) in places(elements(data, data["scenes"][0])[0]["d"])]
    assert x[1] > 1344 and x[2] < 0 and max(map(abs, x)) < 10_000


# The markup ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("make", [slider, player])
def test_markup_is_well_formed_and_the_same_twice(make):
    page = make()._repr_html_()
    assert page == make()._repr_html_()
    parsed = Page(page)
    assert not [a for _, a, _ in parsed.elements if any(k.startswith("on") for k in a)]
    for svg in re.findall(r"<svg(?! class=\"ax-in).*?</svg>(?!</svg>|</g>|<g)", page, re.S):
        if svg.count("<svg") == svg.count("</svg"):
            ElementTree.fromstring(svg)
    ids = re.findall(r' id="([^"]+)"', page)
    assert len(ids) == len(set(ids))
    assert set(re.findall(r'href="#([^"]+)"', page)) <= set(ids), "every shape referred to is there"
    assert "http" not in re.sub(r"http://www.w3.org/\S+", "", page)
    assert page.count("</script>") == 1


@pytest.mark.parametrize(("make", "limit"), [(slider, 32_000), (player, 44_000)])
def test_weight(make, limit):
    assert make().size == len(make()._repr_html_().encode()) < limit


def test_in_a_terminal_it_says_what_it_is():
    assert repr(player()) == "<explorable 'A wheel': 4 scenes, 36 frames>"
    assert "1 scene, 3 frames" in repr(small())


def test_without_script_there_are_the_states_a_table_and_the_key():
    page = slider()._repr_html_()
    still = re.search(r'<div class="ax-still">.*?</table>', page, re.S)[0]
    captions = [re.sub("<.*?>", "", text) for text in re.findall(r"<figcaption>(.*?)</figcaption>", still)]
    assert captions[0] == "Scheme: forward, : 10⁻⁴. With the forward scheme and the step 10⁻⁴ the error is 5·10⁻⁵."
    assert captions[2].startswith("Scheme: central, : 10⁻⁵. With the central scheme")
    rows = [re.findall("<td>(.*?)</td>", row) for row in re.findall("<tr>(.*?)</tr>", still)][1:]
    assert rows[0] == ["forward", "10⁻⁴", "5·10⁻⁵"] and rows[1][:2] == ["forward", "0.1"]
    assert float(rows[1][2]) == pytest.approx(np.expm1(0.1) / 0.1 - 1, rel=1e-3)
    assert ">error</li>" in still


def test_names_and_sentences_cannot_inject_markup():
    evil = "\"'><img src=x onerror=alert(1)></svg></script><script>alert(2)</script>&amp;"
    scene = Scene(
        [Points([0.5], [0.5], names=[evil], label=evil), Text(0, 0, evil), Curve([0, 1], [[0, 1], [1, 0]])],
        frames=[evil, "b|c"], numbers={evil: [evil, 1]}, says=evil,
    )  # fmt: skip
    page = Explorable(
        evil, evil, Plot((0, 1), (0, 1), evil, evil, evil, xticks={0.5: evil}), lambda _: scene,
        axis=evil, pickers={evil: [evil]}, telling=[(evil, 0)], answer=evil,
    )._repr_html_()  # fmt: skip
    parsed = Page(page)
    assert not parsed.all("img") and len(parsed.all("script")) == 1
    data = data_of(page)
    (scene,) = data["scenes"]
    assert texts(data, scene["labels"]) == [evil, "b|c"] and texts(data, scene["numbers"][0]) == [evil, "1"]
    assert texts(data, scene["says"]) == [evil, evil]
    drawn = "".join(scene["panes"])
    assert not Page(drawn).all("img") and not Page(drawn).all("script")
    assert [text for _, text in Page(drawn).all("text")] == [evil, evil]


def test_colours_are_those_of_the_figures():
    style = re.search("<style>(.*?)</style>", slider()._repr_html_(), re.S)[1]
    for role in adlib.viz.COLOURS:
        assert f".ax-{role}{{--colour:" in style, role


# What cannot be shown -----------------------------------------------------------------------------------


def small(layers=None, *, plot=None, frames=(0, 1, 2), telling=(0,), **more):
    numbers = {key: more.pop(key) for key in list(more) if key in ("numbers", "says")}
    layers = [Points([[0.1], [0.2], [0.3]], [[0.5]] * 3)] if layers is None else layers
    plot = plot or Plot((0, 1), (0, 1), "x", "y", "A plot.")
    return Explorable("T", "Q?", plot, Scene(layers, frames, **numbers), axis="step", telling=telling, **more)


PLOT = Plot((0, 1), (0, 1), "x", "y", "A plot.")
LOG = Plot((0.1, 1), (0, 1), "x", "y", "A plot.", xlog=True)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: small([Points([0.5], [0.5], role="blue")]), "no colour for the role 'blue'; there are value, forward"),
        (lambda: small([Points([np.nan], [0.5])]), "the values of x of Points in an explorable are not all finite; leave"),
        (lambda: small([Curve([0, 1], [0, np.inf])]), "the values of y of Curve in an explorable are not all finite"),
        (lambda: small([Points([0.0], [0.5])], plot=LOG), "values of x of Points in an explorable are not all above 0, but the axis is log"),
        (lambda: small([Points([0.1, 0.2], [0.5])]), "in frame 0 x, y have the lengths 2, 1"),
        (lambda: small([Points(np.ones((3, 1)), np.ones((2, 1)))]), "with one number of frames, but got {'x': 3, 'y': 2}"),
        (lambda: small([Points(np.ones((4, 1)), np.ones((4, 1)))]), "the scene of .* has 3 frames, but Points has 4"),
        (lambda: small([Points([0], [0]), Text(0, 0, ["a", "b"])]), "has 3 frames, but Text has 2; give one for each"),
        (lambda: small(says=["One.", "Two."]), "has 3 frames, but says has 2"),
        (lambda: small(numbers={"loss": [1, 2]}), "has 3 frames, but the number 'loss' has 2"),
        (lambda: small(numbers={"loss": [1, 2, np.nan]}), "a number shown by an explorable is not finite"),
        (lambda: small(says="It is {los}.", numbers={"loss": [1, 2, 3]}), "speaks of 'los', .* there are axis, loss, step"),
        (lambda: small([[Points([0], [0])], [Points([0], [0])]]), "has layers for 2 panels, where there are 1; give one list"),
        (lambda: small(plot=[PLOT] * 3), "one or two panels and at most two pickers with choices, but 'T' has 3 and 0"),
        (lambda: small(pickers={"A": []}), "at most two pickers with choices"),
        (lambda: small(telling=range(7)), "shows 1 to 6 telling states without script, but 'T' names 7"),
        (lambda: small([Points([0], [0])], telling=[]), "1 to 6 telling states"),
        (lambda: small(telling=[3]), "3 is no state of the explorable 'T'; .*, such as -1"),
        (lambda: small(telling=[("a", 0)]), r"\('a', 0\) is no state"),
        (lambda: small(telling=[1.0]), "1.0 is no state"),
        (lambda: small(plot=Plot((0, 1), (0, 1), "x", "y", "A.", layers=[Points([[0], [1]], [[0], [1]])])), "the layers of a panel stand still, but Points has 2 frames"),
        (lambda: small([Marker()]), "stands at one value, of x or of y"),
        (lambda: small([Marker(x=1, y=1)]), "stands at one value, of x or of y"),
        (lambda: small([Points([0], [0], marker="star")]), "no marker 'star'; there are dot, ring, cross, tick"),
        (lambda: small([Points([0], [0], side="top")]), "no side 'top'"),
        (lambda: small([Curve([0], [0], dash="wavy")]), "no dash 'wavy'"),
        (lambda: small([Cells([[0, 2]], of=[("", None), ("a", "good")])]), r"whole numbers from 0 to 1, one a cell, but got shape \(1, 2\)"),
        (lambda: small([Cells([0.5], of=[("", None)])]), "whole numbers from 0 to 0"),
        (lambda: Plot((1, 0), (0, 1), "x", "y", "A."), r"the x axis of a panel goes .* but got \(1, 0\)"),
        (lambda: Plot((0, 1), (0, 1), "x", "y", "A.", ylog=True), r"the y axis of a panel goes"),
        (lambda: Plot((-1e308, 1e308), (0, 1), "x", "y", "A."), r"the x axis of a panel goes"),
        (lambda: Canvas((1, 1), (0, 1), "A."), r"the x axis of a panel goes .* but got \(1, 1\)"),
        (lambda: Canvas((0, 1), (0, np.nan), "A.", height=9), "the y axis of a panel goes"),
        (lambda: small([Points(np.ones((3, 2, 2)), np.ones((3, 2, 2)))]), r"Points in an explorable take numbers in one row, or one row of them a frame, but got a ndarray of shape \(3, 2, 2\)"),
        (lambda: small([Points(["a"], [0.5])]), r"take numbers in one row, .* but got a list of shape \(1,\)"),
        (lambda: small([Curve([1j, 2j], [0, 1])]), "Curve in an explorable take numbers in one row"),
        (lambda: small([Text([0.1, 0.2], 0.5, ["a", "b", "c"])]), "has 3 frames, but Text has 2"),
        (lambda: small([Points([0], [0], opacity=np.nan)]), "the opacity of Points in an explorable is a number from 0 to 1, but got nan"),
        (lambda: small([Points([0], [0], size=np.inf)]), "the size of Points in an explorable is a number from 0, but got inf"),
        (lambda: small([Points([0], [0], trail=-1)]), "the trail of Points .* but got -1"),
        (lambda: small([Cells([[0]], of=[("", None)], gap=-1)]), "the gap of Cells .* but got -1"),
        (lambda: small(play=True, seconds=np.nan), "seconds in an explorable is a number from 0.1, but got nan"),
        (lambda: small(pickers={"A": ["a", "a"]}), r"a picker of an explorable offers different choices, but 'A' of 'T' has \['a', 'a'\]"),
        (lambda: small(pickers={"A": [1, 1.0]}), "offers different choices"),
        (lambda: small([Points([0], [0])], frames=[]), "the scene of the explorable 'T' has no frames; give"),
        (lambda: small(frames=[0, None, 1]), "a number shown by an explorable is not finite; write what to show instead"),
        (lambda: small(numbers={"n": [1, 2, 10**400]}), "a number shown by an explorable is not finite"),
    ],
)  # fmt: skip
def test_what_does_not_go_together_is_said(make, message):
    with pytest.raises(adlib.ArgumentError, match=message):
        make()


def test_scenes_with_other_numbers_are_refused():
    def scene(kind):
        return Scene([Points([0], [0])], [0], numbers={kind: [1]})

    with pytest.raises(adlib.ArgumentError, match=r"show the same numbers, but those of 'T' have \['a'\] and \['b'\]"):
        Explorable("T", "Q?", PLOT, scene, axis="k", pickers={"Kind": ["a", "b"]}, telling=[("a", 0)])
    with pytest.raises(adlib.ArgumentError, match=r"the scene \('b',\) of the explorable 'T' has 2 frames"):
        Explorable(
            "T", "Q?", PLOT, lambda kind: Scene([Points(np.ones((2, 1)), [1])], [0] * (1 + (kind == "b")) + [0] * (kind == "a")
            if kind == "a" else [0, 1], says=["x"] * (2 if kind == "a" else 3)),
            axis="k", pickers={"Kind": ["a", "b"]}, telling=[("a", 0)],
        )  # fmt: skip


def test_a_page_that_is_too_big_names_what_to_thin_out():
    noise = np.random.default_rng(0).random((200, 300))
    layers = [Points(noise, noise[::-1])]
    with pytest.raises(
        adlib.ArgumentError,
        match=r"takes \d{3} kB, at most 60; the most, \d{3} kB, are the Points of panel 1: take fewer",
    ):
        small(layers, frames=range(200))
    assert "200 frames" in repr(small(layers, frames=range(200), max_kb=400))
    says = [
        f"A sentence of many letters that nobody reads: {noise.tobytes()[60 * k : 60 * k + 60].hex()}."
        for k in range(900)
    ]
    with pytest.raises(adlib.ArgumentError, match="are the sentences: take fewer"):
        small([Points([0], [0])], frames=range(900), says=says)


def test_arrows_and_a_canvas_keep_their_shape():
    canvas = Canvas((0, 4), (0, 2), "A field.")
    assert canvas.size == (1344, 672)
    (shape,) = Arrows([0], [0], [4], [2]).shapes(canvas)
    (arrow,) = shape.elements
    assert arrow.changing["d"][0].startswith("M0 672L1344 0M")


@pytest.mark.parametrize(
    ("says", "told"),
    [("At {axis} it is {error}.", True), ("It is {error}.", False), ("At {axis}.", False), (["A", "B"], False)],
)
def test_numbers_that_the_sentence_says_are_known_to_be_said(says, told):
    """So that a phone can leave them out."""
    plot = Plot((0, 1), (0, 1), "x", "y", "A line.")
    scene = Scene([Points([0], [0])], frames=[1, 10], numbers={"error": [0.5, 0.05]}, says=says)
    html = Explorable("A", "Q?", plot, scene, axis="n", telling=[0])._repr_html_()
    assert ('<dl class="ax-num ax-told">' in html) is told
