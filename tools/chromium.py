"""Chromium as every check of a page uses it: without a network, with the fonts of the lock, and with one limit for a hang.

How wide a text is decides whether a page scrolls sideways. So that this does not depend on what a machine happens to have,
the browser is given the DejaVu fonts that come with matplotlib, and no other. They are wide: what fits in them fits in most.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ARGUMENTS = (
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"),
)
# For what never comes: a crash, or a script that waits for ever. No verdict on a sound page depends on it.
HANG_MS = 300_000

FONTS = """\
<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig><dir>{fonts}</dir><cachedir>{cache}</cachedir>
<selectfont><acceptfont><glob>*/DejaVu*</glob></acceptfont><rejectfont><glob>*</glob></rejectfont></selectfont>
<alias><family>serif</family><prefer><family>DejaVu Serif</family></prefer></alias>
<alias><family>sans-serif</family><prefer><family>DejaVu Sans</family></prefer></alias>
<alias><family>monospace</family><prefer><family>DejaVu Sans Mono</family></prefer></alias>
</fontconfig>
"""


class NoBrowser(Exception):
    """There is no Chromium, or no playwright; the message names what to install."""


def chromium() -> str:
    """The path of a Chromium; raises `NoBrowser` where there is none."""
    for name in ("chromium", "chromium-browser", "google-chrome"):
        if found := shutil.which(name):
            return found
    raise NoBrowser("no Chromium here, so no page was looked at; install it: apt install chromium")


@contextmanager
def launched() -> Iterator:
    """A browser of playwright's, as long as the block lasts. Raises `NoBrowser` where there is none."""
    program = chromium()
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        raise NoBrowser("playwright is not installed; run: make test, which installs the lock") from None
    import matplotlib

    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder, sync_playwright() as play:
        settings = Path(folder) / "fonts.conf"
        fonts = Path(matplotlib.get_data_path()) / "fonts" / "ttf"
        settings.write_text(FONTS.format(fonts=fonts, cache=folder), encoding="utf-8")
        browser = play.chromium.launch(
            executable_path=program,
            args=list(ARGUMENTS),
            env={**os.environ, "FONTCONFIG_FILE": str(settings)},
            timeout=HANG_MS,
        )
        try:
            yield browser
        finally:
            browser.close()


def named(browser) -> str:
    """What the pages are seen with, for a message: the version decides how wide a formula is."""
    return f"seen with Chromium {browser.version} and the DejaVu fonts of matplotlib"


def patient(page):
    """The page, with the limit for a hang in place of playwright's half a minute."""
    page.set_default_timeout(HANG_MS)
    return page
