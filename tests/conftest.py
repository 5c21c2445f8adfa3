"""What the tests of the package and of the book share: a browser, or a word about what is missing."""

import os

import pytest

from tools.browse import NoBrowser, chromium


@pytest.fixture(scope="session")
def need_browser():
    """A function that ends a test without Chromium: as a skip, or as a failure where a browser was asked for."""

    def need() -> None:
        try:
            chromium()
        except NoBrowser as missing:
            end = pytest.fail if os.environ.get("ADBOOK_REQUIRE_BROWSER") == "1" else pytest.skip
            end(str(missing))

    return need
