"""Every page of the built book, as a reader's browser shows it: see tools/browse.py for what is looked at."""

from functools import cache

import pytest

from tools import browse, links
from tools.chromium import launched, named, patient
from tools.serve import serving

# Each share has a browser of its own, and may be looked at in a process of its own.
SHARES = [pytest.param(k, id=f"share {k + 1}", marks=pytest.mark.xdist_group(f"site-{k}")) for k in range(2)]


@pytest.fixture(scope="module", params=SHARES)
def reports(request, need_browser, built_book):
    need_browser()
    return looked_at(built_book, request.param)


@cache  # pytest may make a fixture with parameters more than once
def looked_at(book, share):
    return browse.browse(book, only=browse.shares(book, len(SHARES))[share], browsers=1)


RULES = {
    "mathematics": "every formula is set",
    "script-error": "no script fails and nothing is missing",
    "outside-request": "no page asks another server for anything",
    "alt": "every picture has a text",
    "overflow": "no page scrolls sideways on a phone",
    "phone": "a phone shows every formula, table, line and picture whole",
    "length": "no chapter takes more screens of a phone than it may",
    "keyboard": "the keyboard reaches all that scrolls on a phone",
    "stepper": "every stepper steps",
    "axe": "axe-core finds nothing, in light and in dark",
    "weight": "no page weighs too much",
    "broken-link": "every link leads somewhere",
}


@pytest.mark.parametrize("rule", RULES, ids=RULES.values())
def test_site(reports, rule):
    found = [str(finding) for report in reports for finding in report.findings if finding.rule == rule]
    if found:
        pytest.fail("\n".join([*found, reports[0].seen_with]), pytrace=False)


def test_every_finding_has_a_test(reports):
    assert {finding.rule for report in reports for finding in report.findings} <= set(RULES)


def test_every_page_was_looked_at_and_weighed(reports, table):
    table("pages", "\n".join([browse.HEADER, *(report.row() for report in reports)]))
    assert all(report.visit > report.own > 0 for report in reports)


def test_the_front_page_and_a_chapter_have_steppers(reports):
    for report in reports:
        if report.page in ("index.html", "chapters/05-forward-mode.html"):
            assert report.steppers >= 1


def test_every_page_is_in_one_share(built_book):
    shares = browse.shares(built_book, len(SHARES))
    pages = [page.relative_to(built_book).as_posix() for page in links.pages(built_book)]
    assert sorted(name for share in shares for name in share) == sorted(pages)
    assert {"index.html", "chapters/05-forward-mode.html"} <= set(pages)


def test_a_formula_that_gets_too_wide_is_reached_with_the_keyboard(need_browser, built_book):
    """Whatever a browser makes of its width: it is the box around a formula that scrolls, and the theme sees to that."""
    need_browser()
    with serving(built_book) as origin, launched() as browser:
        page = patient(browser.new_page(viewport=browse.PHONE))
        page.goto(f"{origin}/chapters/03-curse-of-dimensionality.html")
        page.wait_for_function(browse.MATHEMATICS_DONE)
        for box in page.locator(".ad-math").all():
            box.evaluate("e => { e.style.width = '5rem' }")
        page.set_viewport_size(browse.DESKTOP)
        assert page.locator(".ad-math").count() > 10
        page.wait_for_function("[...document.querySelectorAll('.ad-math')].every(e => e.tabIndex === 0)")
        assert page.locator("mjx-container[display]").evaluate_all(
            "all => all.every(e => !/auto|scroll/.test(getComputedStyle(e).overflowX))"
        ), named(browser)


def test_code_that_wraps_on_a_phone_is_copied_as_it_is(need_browser, built_book):
    need_browser()
    with serving(built_book) as origin, launched() as browser:
        context = browser.new_context(viewport=browse.PHONE, permissions=["clipboard-read", "clipboard-write"])
        page = patient(context.new_page())
        page.goto(f"{origin}/chapters/06-reverse-mode.html")
        page.wait_for_selector(".copybtn", state="attached")
        heights = "e => new Set([...e.querySelectorAll('.ad-line')].map(line => line.offsetHeight)).size"
        block = next(b for b in page.locator(".cell_input div.highlight:visible").all() if b.evaluate(heights) > 2)
        block.locator(".copybtn").evaluate("e => e.click()")
        page.wait_for_function("navigator.clipboard.readText().then(text => text.length > 0)")
        assert page.evaluate("navigator.clipboard.readText()") == block.locator("pre").text_content().removesuffix("\n")
