"""Every page of the built book, as a reader's browser shows it: see tools/browse.py for what is looked at."""

import pytest

from tools import browse
from tools.serve import serving


@pytest.fixture(scope="module")
def reports(need_browser, built_book):
    need_browser()
    return browse.browse(built_book)


RULES = {
    "mathematics": "every formula is set",
    "script-error": "no script fails and nothing is missing",
    "outside-request": "no page asks another server for anything",
    "alt": "every picture has a text",
    "overflow": "no page scrolls sideways on a phone",
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
        pytest.fail("\n".join(found), pytrace=False)


def test_every_finding_has_a_test(reports):
    assert {finding.rule for report in reports for finding in report.findings} <= set(RULES)


def test_every_page_was_looked_at_and_weighed(reports, capsys):
    with capsys.disabled():
        print("\n" + "\n".join([browse.HEADER, *(report.row() for report in reports)]))
    assert all(report.visit > report.own > 0 for report in reports)


def test_the_front_page_and_a_chapter_have_steppers(reports):
    steppers = {report.page: report.steppers for report in reports}
    assert steppers["index.html"] >= 1
    assert steppers["chapters/05-forward-mode.html"] >= 1


def test_a_formula_that_gets_too_wide_is_reached_with_the_keyboard(need_browser, built_book):
    """Whatever a browser makes of its width: it is the box around a formula that scrolls, and the theme sees to that."""
    need_browser()
    from playwright.sync_api import sync_playwright

    with serving(built_book) as origin, sync_playwright() as play:
        browser = play.chromium.launch(executable_path=browse.chromium(), args=list(browse.CHROMIUM_ARGUMENTS))
        page = browser.new_page(viewport=browse.PHONE)
        page.goto(f"{origin}/chapters/01-the-problem.html")
        page.wait_for_function(browse.MATHEMATICS_DONE)
        for box in page.locator(".ad-math").all():
            box.evaluate("e => { e.style.width = '5rem' }")
        page.set_viewport_size(browse.DESKTOP)
        assert page.locator(".ad-math").count() > 10
        page.wait_for_function("[...document.querySelectorAll('.ad-math')].every(e => e.tabIndex === 0)")
        assert page.locator("mjx-container[display]").evaluate_all(
            "all => all.every(e => !/auto|scroll/.test(getComputedStyle(e).overflowX))"
        )
        browser.close()
