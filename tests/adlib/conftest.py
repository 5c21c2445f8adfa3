"""A browser for widgets."""

import pytest

from tools.chromium import launched, patient


def page_of(*widgets, dark=False):
    """A page of widgets, light or dark."""
    ground, text = ("#14181e", "#ced6dd") if dark else ("#ffffff", "#323232")
    body = "".join(f"<section>{widget._repr_html_()}</section>" for widget in widgets)
    return (
        '<!doctype html><html lang="en"><meta charset="utf-8"><title>Widgets</title>'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<style>body{{margin:0;padding:20px;font:16px/1.5 sans-serif;background:{ground};color:{text}}}</style>"
        f"<main><h1>Widgets</h1>{body}</main></html>"
    )


@pytest.fixture(scope="module")
def browser(need_browser):
    need_browser()
    pytest.importorskip("playwright.sync_api")
    with launched() as browser:
        yield browser


@pytest.fixture
def show(browser):
    """Opens widgets as a page; fails on a script error or a request."""
    pages, wrong = [], []

    def show(*widgets, width=390, dark=False, **context):
        page = patient(browser.new_page(viewport={"width": width, "height": 900}, **context))
        page.clock.install()
        pages.append(page)
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("request", lambda request: wrong.append(request.url))
        page.set_content(page_of(*widgets, dark=dark))
        page.wait_for_selector(".ad-explore[aria-busy]", state="detached")  # data are inflated while the page is shown
        return page

    yield show
    for page in pages:
        page.context.close()
    assert not wrong
