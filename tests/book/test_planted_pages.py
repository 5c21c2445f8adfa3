"""Planted failures of a built page: a small site with one fault a page, looked at as the book is."""

import shutil

import pytest

from tools import ROOT, browse

PAGE = """\
<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>{name}</title>
<meta name="viewport" content="width=device-width">
<style>body {{ color: #111; background: #fff }} html[data-theme=dark] body {{ color: #eee; background: #111 }} a {{ color: inherit }}</style>
</head><body><main><h1>{name}</h1>
{body}
</main></body></html>
"""
MATHJAX = '<script src="tex-svg-full.js"></script>'

# A stepper as small as it can be: three steps, the buttons, the slider, and the text that is read out.
STEPPER = """
<div class="ad-stepper" role="group" aria-label="A stepper">
<button type="button" data-go="-1">Previous step</button>
<input type="range" min="0" max="2" value="0" aria-label="Step">
<button type="button" data-go="1">Next step</button>
<ol class="ad-steps"><li>One</li><li>Two</li><li>Three</li></ol><p aria-live="polite"></p>
</div>
"""
STEPPER_SCRIPT = """
<script>
for (const root of document.querySelectorAll(".ad-stepper")) {
  const steps = [...root.querySelectorAll("li")], bar = root.querySelector("input");
  const show = k => {
    bar.value = k;
    steps.forEach((step, i) => { step.hidden = i != k });
    root.querySelector("[aria-live]").textContent = steps[k].textContent;
  };
  const go = k => show(Math.max(0, Math.min(2, k)));
  for (const button of root.querySelectorAll("button"))
    button.addEventListener("click", () => go(+bar.value + +button.dataset.go));
  bar.addEventListener("input", () => go(+bar.value));
  show(0);
}
</script>
"""
STEPPING = STEPPER + STEPPER_SCRIPT

# A puzzle of two operations: the last has to report first.
PUZZLE = """
<div class="ad-puzzle" role="group" aria-label="A puzzle">
<button type="button" data-pick="0">v1 reports</button><button type="button" data-pick="1">L reports</button>
<button type="button" data-do="undo">Undo</button><button type="button" data-do="again">Start again</button>
<ol class="ad-log"><li>L</li><li>v1</li></ol><p aria-live="polite"></p>
</div>
"""
PUZZLE_SCRIPT = """
<script>
for (const root of document.querySelectorAll(".ad-puzzle")) {
  let picks = [];
  const show = () => {
    const done = picks.length == 2;
    root.dataset.state = done ? (picks[0] == "1" ? "right" : "wrong") : "open";
    root.querySelector("ol").innerHTML = picks.map(i => "<li>" + i + "</li>").join("");
    root.querySelector("[aria-live]").textContent = picks.join(" ");
  };
  root.addEventListener("click", event => {
    const {pick, do: action} = event.target.dataset;
    if (pick) picks.push(pick);
    if (action == "undo") picks.pop();
    if (action == "again") picks = [];
    show();
  });
  show();
}
</script>
"""
PUZZLING = PUZZLE + PUZZLE_SCRIPT

# The same as a puzzle in which every order ends.
ELIMINATION, ELIMINATING = (
    puzzle.replace("ad-puzzle", "ad-elim")
    .replace("v1 reports", "Take out v1")
    .replace("L reports", "Take out L")
    .replace('(picks[0] == "1" ? "right" : "wrong")', '"done"')
    for puzzle in (PUZZLE, PUZZLING)
)

# Explorables of three frames and two choices: one with a player, one with buttons to step.
EXPLORABLE = """
<div class="ad-explore" role="group" aria-label="An explorable">
<div class="live" hidden>
<div role="group" aria-label="Method"><button type="button" aria-pressed="true">A</button><button type="button" aria-pressed="false">B</button></div>
<button type="button" data-do="BUTTON">BUTTON</button>MORE<input type="range" min="0" max="2" value="0" aria-label="Frame">
<svg role="img" aria-label="A line." viewBox="0 0 9 9" width="9" height="9"><path/></svg><output></output></div>
<div class="still"><figure>One</figure><table><tr><td>1</td></tr></table></div><p aria-live="polite"></p>
</div>
"""
PLAYER = EXPLORABLE.replace("BUTTON", "Play").replace("MORE", "")
SLIDER = EXPLORABLE.replace("BUTTON", "Next").replace(
    "MORE", '<button type="button" data-do="Previous">Previous</button>'
)
EXPLORABLE_SCRIPT = """
<script>
for (const root of document.querySelectorAll(".ad-explore")) {
  const bar = root.querySelector("input"), choices = [...root.querySelectorAll("[aria-pressed]")];
  root.querySelector(".live").hidden = false;
  root.querySelector(".still").hidden = true;
  const show = () => {
    const choice = choices.find(b => b.ariaPressed == "true").textContent;
    root.querySelector("output").textContent = choice + bar.value;
    root.querySelector("path").setAttribute("d", `M0 ${bar.value}h${choice.length}`);
    root.querySelector("[aria-live]").textContent = "Frame " + bar.value;
  };
  const play = () => {
    root.toggleAttribute("data-going", +bar.value < 2);
    if (+bar.value < 2) setTimeout(() => { bar.value = +bar.value + 1; show(); play(); }, 20);
  };
  bar.addEventListener("input", show);
  root.addEventListener("click", event => {
    const action = event.target.dataset.do;
    if (choices.includes(event.target)) for (const b of choices) b.ariaPressed = b == event.target;
    if (action == "Play") play();
    if (action == "Next") bar.value = +bar.value + 1;
    if (action == "Previous") bar.value = +bar.value - 1;
    show();
  });
  show();
}
</script>
"""
PLAYING = PLAYER + EXPLORABLE_SCRIPT
SLIDING = SLIDER + EXPLORABLE_SCRIPT

# Page -> (what stands on it, what is reported of it).
FAULTS = {
    "formulas": (
        rf'<div class="math">\[ \right) \]</div><p class="math">\(\undefinedmacro\)</p>'
        rf'<p class="math mathjax_ignore">\(x\)</p>{MATHJAX}',
        [
            r"mathematics: MathJax error: Missing \left or extra \right",
            r"mathematics: MathJax knows no macro \undefinedmacro",
            r"mathematics: not set by MathJax: \(x\)",
        ],
    ),
    "formulas-without-mathjax": (
        r'<p class="math">\(x\)</p><script>MathJax = {}</script><script src="gone-mathjax.js"></script>',
        [
            r"mathematics: not set by MathJax: \(x\)",
            "script-error: Failed to load resource: "
            "the server responded with a status of 404 (File not found) (gone-mathjax.js)",
        ],
    ),
    "scripts": (
        '<script>document.querySelector("#none").focus()</script><script>console.error("no data")</script>'
        '<script src="gone.js"></script><script src="https://cdn.example.org/lib.js"></script>',
        [
            "script-error: Cannot read properties of null (reading 'focus')",
            "script-error: no data (scripts.html)",
            "script-error: Failed to load resource: "
            "the server responded with a status of 404 (File not found) (gone.js)",
            "outside-request: asks for https://cdn.example.org/lib.js",
        ],
    ),
    "pictures": (
        '<img src="dot.svg"><img src="dot.svg" alt="_images/dot.svg"><img src="dot.png" alt="A dot.">'
        '<svg width="9" height="9"><path d="M0 0h9"/></svg>',
        [
            "alt: the image dot.svg has no alternative text",
            "alt: the alternative text of dot.svg is a file name: _images/dot.svg",
            "alt: the image dot.png does not load",
            'alt: a drawing (svg) needs a role and a label: <svg width="9" height="9"><path d="M0 0h9">',
        ],
    ),
    "wide": (
        '<div class="wide" style="width: 500px">Wide.</div>',
        ['overflow: at 390 px the page scrolls sideways: 508 px wide: <div class="wide" style="width: 500px">'],
    ),
    # 6 px are enough: how wide a formula is depends on the browser's version.
    "formula-that-scrolls": (
        '<div style="width: 300px; overflow-x: auto"><div style="width: 306px">A long formula.</div></div>',
        ["keyboard: at 390 px it scrolls, and the keyboard does not reach it: 306 px in 300: <div style"],
    ),
    "formula-in-a-line-without-its-end": (
        '<p style="width: 300px; overflow-x: hidden">So \\(a + b + c + d + e + f + g + h + i + j + k + l + m + n + o + p\\).</p>'
        f"{MATHJAX}",
        ["phone: at 390 px a formula of 5"],
    ),
    "formula-without-its-end": (
        '<div class="math" style="width: 300px; overflow-x: auto" tabindex="0">'
        rf"\[ a + b + c + d + e + f + g + h + i \tag{{5.1}} \]</div>{MATHJAX}",
        ["phone: at 390 px a formula of "],
    ),
    "table-without-its-last-column": (
        '<div style="width: 300px; overflow-x: auto" tabindex="0">'
        '<table style="width: 320px"><tr><th>symbol </th><th>on the slides</th></tr></table></div>',
        ["phone: at 390 px a table of 320 px in 300: symbol on the slides"],
    ),
    "lines-that-run-off": (
        f'<pre style="width: 300px; overflow-x: auto" tabindex="0">{"v_bar  2.020  0.933  " * 3}</pre>',
        ["phone: at 390 px lines of "],
    ),
    "pictures-of-two-screens": (
        '<div class="cell_output"><img src="dot.svg" alt="A tall dot." style="width: 9px; height: 845px"></div>'
        '<div role="group" aria-label="The map settles"><div class="ax-live" style="height: 900px">A map.</div></div>',
        [
            "phone: at 390 px a picture with its controls is 845 px high, a screen 844: A tall dot.",
            "phone: at 390 px a picture with its controls is 900 px high, a screen 844: The map settles",
        ],
    ),
    "picture-of-two-screens-in-the-dark": (
        "<style>html[data-theme=dark] .ax-live { height: 900px }</style>"
        '<div role="group" aria-label="A cloud"><div class="ax-live">Points.</div></div>',
        ["phone: at 390 px a picture with its controls is 900 px high, a screen 844: A cloud"],
    ),
    "chapters/too-long": (
        f'<div style="height: {844 * (browse.SCREENS + 1)}px">A long chapter.</div>',
        [f"length: {browse.SCREENS + 1}.1 screens of a phone, at most {browse.SCREENS}: fold, move or leave out"],
    ),
    "barriers": (
        '<p class="a" style="color: #bbb; background: #fff">Pale.</p>'
        '<p class="b" style="color: #333">Fine by day.</p><button></button>',
        [
            "axe: color-contrast (light, 1280 px): .a: Element has insufficient color contrast of 1.91",
            "axe: color-contrast (dark, 390 px): .a and 1 more: Element has insufficient color contrast",
            "axe: button-name (light, 1280 px): button: Element does not have inner text that is visible",
        ],
    ),
    "heavy": (
        f"<!-- {'x' * 1000 * browse.PAGE_KB} -->",
        [f"weight: {browse.PAGE_KB} kB of its own, at most {browse.PAGE_KB} kB"],
    ),
    "links": (
        '<a href="gone.html">There</a> <a href="index.html#gone">Here</a> '
        '<a href="https://github.com/owner_not_set/book">Source</a>',
        [
            "broken-link: gone.html: no such file in the site",
            "broken-link: index.html#gone: the page has no such id",
            "broken-link: https://github.com/owner_not_set/book: the repository's address is not set",
        ],
    ),
    "dead-stepper": (STEPPER, ["stepper: stepper 1: shows 3 steps at once, expected one"]),
    "stuck-stepper": (
        STEPPING.replace("Math.min(2, k)", "Math.min(1, k)"),
        ["stepper: stepper 1: Next does not step on from step 2 of 3"],
    ),
    "one-way-stepper": (
        STEPPING.replace("go(+bar.value + +button.dataset.go)", "go(+bar.value + 1)"),
        ["stepper: stepper 1: Previous does not go back"],
    ),
    "silent-stepper": (
        STEPPING.replace(".textContent = steps[k].textContent", ".textContent = 'A step'"),
        ["stepper: stepper 1: the text read out does not change at step 2 of 3"],
    ),
    "stepper-without-keys": (
        STEPPING.replace('bar.addEventListener("input"', 'bar.addEventListener("none"'),
        ["stepper: stepper 1: the key Home on the slider does not go to the first step"],
    ),
    "joined-steppers": (
        STEPPER
        + STEPPING
        + """<script>
        const [first, second] = [...document.querySelectorAll('[data-go="1"]')];
        first.addEventListener("click", () => second.click());
        </script>""",
        ["stepper: stepper 1: moves stepper 2 as well"],
    ),
    "stepper-hidden-without-script": (
        STEPPING.replace("<li>Two", "<li hidden>Two"),
        ["stepper: stepper 1: without script 1 of 3 steps are hidden"],
    ),
    "dead-puzzle": (PUZZLE, ["stepper: puzzle 1: the button 'L reports' pressed with the keyboard shows nothing"]),
    "wrong-puzzle": (
        PUZZLING.replace('picks[0] == "1"', 'picks[0] == "0"'),
        ["stepper: puzzle 1: a right order ends as 'wrong'", "stepper: puzzle 1: a wrong order ends as 'right'"],
    ),
    "dead-elimination-puzzle": (
        ELIMINATION,
        ["stepper: puzzle 1: the button 'Take out L' pressed with the keyboard shows nothing"],
    ),
    "elimination-puzzle-without-end": (
        ELIMINATING.replace('"done"', '"open"'),
        ["stepper: puzzle 1: a right order ends as 'open'", "stepper: puzzle 1: a wrong order ends as 'open'"],
    ),
    "puzzle-without-undo": (
        PUZZLING.replace('if (action == "undo") picks.pop();', ""),
        ["stepper: puzzle 1: Undo does not take the last pick back"],
    ),
    "silent-puzzle": (
        PUZZLING.replace('picks.join(" ")', '"A pick."'),
        ["stepper: puzzle 1: the text read out does not change after 'L reports'"],
    ),
    "joined-puzzles": (
        PUZZLE
        + PUZZLING
        + """<script>
        const [one, two] = [...document.querySelectorAll('[data-pick="0"]')];
        one.addEventListener("click", () => two.click());
        </script>""",
        ["stepper: puzzle 1: moves puzzle 2 as well"],
    ),
    "puzzle-hidden-without-script": (
        PUZZLING.replace("<ol", "<ol hidden").replace(
            "root.dataset.state =", 'root.querySelector("ol").hidden = false; root.dataset.state ='
        ),
        ["stepper: puzzle 1: without script no order is shown"],
    ),
    "dead-explorable": (
        PLAYER.replace(" hidden", ""),
        [
            "stepper: explorable 1: the text read out does not change from the first frame to the last",
            "stepper: explorable 1: the picture does not change from the first frame to the last",
            "stepper: explorable 1: the key ArrowRight on the slider shows nothing new after frame 0",
            "stepper: explorable 1: without script there is a slider, which does nothing",
        ],
    ),
    "explorable-without-controls": (
        SLIDING.replace('<button type="button" data-do="Previous">Previous</button>', ""),
        ["stepper: explorable 1: has no button Play, and none to step"],
    ),
    "explorable-without-anything": (
        '<div class="ad-explore"><figure>One</figure><table><tr><td>1</td></tr></table></div>',
        ["stepper: explorable 1: has neither a slider nor something to pick"],
    ),
    "frozen-explorable": (
        PLAYING.replace("M0 ${bar.value}", "M0 0"),
        ["stepper: explorable 1: the picture does not change from the first frame to the last"],
    ),
    "silent-explorable": (
        PLAYING.replace('"Frame " + bar.value', '"A frame"'),
        ["stepper: explorable 1: the text read out does not change from the first frame to the last"],
    ),
    "dead-player": (
        PLAYING.replace('play();\n    if (action == "Next', '0;\n    if (action == "Next'),
        ["stepper: explorable 1: Play does not move it"],
    ),
    "endless-player": (
        PLAYING.replace(
            'root.toggleAttribute("data-going", +bar.value < 2)', 'root.toggleAttribute("data-going", true)'
        ),
        ["stepper: explorable 1: does not stop at the end"],
    ),
    "eager-player": (
        PLAYING.replace("  show();\n}", "  show();\n  root.toggleAttribute('data-going', true);\n}"),
        ["stepper: explorable 1: plays without being asked"],
    ),
    "one-way-slider": (
        SLIDING.replace("+bar.value - 1", "+bar.value"),
        ["stepper: explorable 1: Previous does not go back"],
    ),
    "dead-picker": (
        SLIDING.replace("b.ariaPressed = b == event.target", "0"),
        ["stepper: explorable 1: the button 'B' is not the pressed one of its group after a click"],
    ),
    "idle-picker": (
        SLIDING.replace("textContent = choice + bar", "textContent = bar"),
        ["stepper: explorable 1: the button 'B' shows nothing new"],
    ),
    "joined-explorables": (
        SLIDER
        + PLAYING
        + """<script>
        const [first, second] = [...document.querySelectorAll("input")];
        first.addEventListener("input", () => { second.value = 1; second.dispatchEvent(new Event("input")) });
        </script>""",
        ["stepper: explorable 1: moves explorable 2 as well"],
    ),
    "explorable-hidden-without-script": (
        SLIDING.replace("<figure", "<figure hidden"),
        ["stepper: explorable 1: without script there is a figure too few to be seen"],
    ),
}
GOOD = rf"""
<p>A <a href="pictures.html">link</a>, one <a href="#here">within</a>, and a formula.</p>
<div class="math" id="here">\[ \frac{{1}}{{2}} \]</div>
<div style="width: 300px; overflow-x: auto" tabindex="0"><div style="width: 306px">A long formula.</div></div>
<img src="dot.svg" alt="A dot.">
<p>A formula \(a + b\), <code>and</code></p><table><tr><th>a table</th></tr></table><pre style="white-space: pre-wrap">{"and lines that wrap " * 9}</pre>
<div style="height: 20000px">A page that is no chapter may be long.</div>
{STEPPER}{STEPPING}{PUZZLE}{PUZZLING}{ELIMINATION}{ELIMINATING}{PLAYER}{SLIDING}{MATHJAX}
"""


def write_site(folder, pages):
    (folder / "chapters").mkdir(exist_ok=True)
    for name, body in pages.items():
        (folder / f"{name}.html").write_text(PAGE.format(name=name, body=body), encoding="utf-8")
    shutil.copy(ROOT / "_extra" / "mathjax" / "tex-svg-full.js", folder)
    (folder / "dot.svg").write_text('<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>')
    return folder


@pytest.fixture(scope="module")
def looked_at(need_browser, tmp_path_factory):
    """All the pages, looked at in one go: page -> its findings."""
    need_browser()
    pages = {"index": GOOD, **{name: body for name, (body, _) in FAULTS.items()}}
    site = write_site(tmp_path_factory.mktemp("site"), pages)
    return {report.page: [str(f) for f in report.findings] for report in browse.browse(site, browsers=1)}


def test_a_good_page_is_green(looked_at):
    assert looked_at["index.html"] == []


@pytest.mark.parametrize(("page", "line"), [(page, line) for page in FAULTS for line in FAULTS[page][1]])
def test_a_faulty_page_is_red(looked_at, page, line):
    found = looked_at[f"{page}.html"]
    assert any(finding.startswith(f"{page}.html: {line}") for finding in found), found


@pytest.mark.parametrize("page", FAULTS)
def test_nothing_else_is_found_on_it(looked_at, page):
    """So that a finding is the planted fault's, and not a quirk of the small site."""
    rules = {line.partition(":")[0] for line in FAULTS[page][1]}
    side_effects = {
        "pictures": {"script-error", "broken-link", "axe"},
        "scripts": {"broken-link"},
        "formulas-without-mathjax": {"broken-link"},
    }
    found = {finding.split(": ")[1] for finding in looked_at[f"{page}.html"]}
    assert found == rules | side_effects.get(page, set())


def test_a_page_that_needs_a_server_is_red(need_browser, tmp_path, capsys):
    """From an unpacked archive, an address that begins at the root leads nowhere."""
    need_browser()
    site = write_site(tmp_path, {"index": '<script src="/fine.js"></script>'})
    (site / "fine.js").touch()
    assert browse.main([str(site)]) == 1
    assert "index.html: script-error: opened from its file: Failed to load resource" in capsys.readouterr().out


def test_pictures_are_taken_at_both_widths_in_both_themes(need_browser, tmp_path, capsys):
    need_browser()
    site = write_site(tmp_path, {"index": "<p>Text.</p>"})
    assert browse.main([str(site), "--screenshots", str(tmp_path / "pictures")]) == 0
    names = {picture.name for picture in (tmp_path / "pictures").iterdir()}
    assert names == {f"index-{width}-{theme}.png" for width in (1280, 390) for theme in ("light", "dark")}
    assert browse.HEADER in capsys.readouterr().out


@pytest.mark.parametrize(("asked", "end"), [("", pytest.skip.Exception), ("1", pytest.fail.Exception)])
def test_without_chromium_the_package_is_named(need_browser, monkeypatch, asked, end):
    """A skip on a reader's machine, a failure where the browser was asked for."""
    monkeypatch.setenv("PATH", "")
    monkeypatch.setenv("ADBOOK_REQUIRE_BROWSER", asked)
    with pytest.raises(end, match="no page was looked at; install it: apt install chromium"):
        need_browser()
