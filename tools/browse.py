"""Open every page of the built book in Chromium and report what a reader would trip over.

    python -m tools.browse _build/html
    python -m tools.browse _build/html --screenshots folder

Each page is served from this machine and looked at three times: on a desktop in light, on a phone in light and in
dark. Found are formulas that MathJax could not set, script errors, requests to other servers, pictures without a text,
pages that scroll sideways, parts of a page that scroll and cannot be reached with the keyboard, formulas, tables, lines
and pictures that a phone does not show whole, chapters that are too long on it, steppers and explorables that do not
move, violations of axe-core's rules, pages that weigh too much, and dead links. One page is opened from its file as
well, as from an unpacked archive.
"""

from __future__ import annotations

import argparse
import gzip
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from urllib.parse import unquote, urlsplit

from tools import links, script, stepping
from tools.chromium import HANG_MS, NoBrowser, launched, named, patient
from tools.serve import serving

DESKTOP, PHONE = {"width": 1280, "height": 900}, {"width": 390, "height": 844}
SCREENS = 26  # of a phone, that a chapter takes with all that folds folded: as much as one reads in one go
BROWSERS = 2  # pages looked at side by side: the number of cores of a small machine
PAGE_SETUP = 60_000  # what any page takes, in bytes of a page that take as long

# What one page may weigh, plain and packed as a server sends it. The theme (2.3 MB, 0.8 MB packed) and MathJax (2.3 MB,
# 0.7 MB) are the same files on every page and are loaded once; what is left to a page itself should arrive in a quarter
# of a second over a slow line (8 Mbit/s), and a first visit in two seconds.
PAGE_KB, PAGE_KB_PACKED = 1000, 250
VISIT_KB, VISIT_KB_PACKED = 6000, 2000

# The rules of axe-core that are asked for: WCAG 2.1 at levels A and AA, and what its authors call best practice.
AXE_OPTIONS = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"],
    "resultTypes": ["violations"],
    "preload": False,  # else axe-core fetches style sheets by itself, and from wrong addresses
}
# To compare colours is most of what axe-core takes. In light it is done on the desktop: on a phone the same words have the
# same colours. In dark nothing but the colours is new: the phone's layout and all that is said of it has been looked at.
COLOURS = ("color-contrast", "link-in-text-block")
AXE_LAYOUT = {**AXE_OPTIONS, "rules": {rule: {"enabled": False} for rule in COLOURS}}
AXE_COLOURS = {**AXE_OPTIONS, "runOnly": {"type": "rule", "values": list(COLOURS)}}

MATHEMATICS_DONE = script("mathematics_done")


@dataclass(frozen=True)
class Finding:
    page: str
    rule: str
    message: str

    def __str__(self) -> str:
        return f"{self.page}: {self.rule}: {self.message}"


@dataclass
class PageReport:
    """One page: what was found, and its weight in bytes, of its own and with all it loads, plain and packed."""

    page: str
    findings: list[Finding] = field(default_factory=list)
    own: int = 0
    own_packed: int = 0
    visit: int = 0
    visit_packed: int = 0
    steppers: int = 0
    seconds: float = 0.0
    seen_with: str = ""

    def add(self, rule: str, message: str) -> None:
        finding = Finding(self.page, rule, message)
        if finding not in self.findings:
            self.findings.append(finding)

    def row(self) -> str:
        sizes = (self.own, self.own_packed, self.visit, self.visit_packed)
        return f"{self.page:44}" + "".join(f"{size / 1000:9.0f}" for size in sizes) + f"{self.seconds:8.1f}"


HEADER = f"{'page':44}{'own kB':>9}{'packed':>9}{'visit kB':>9}{'packed':>9}{'s':>8}"


def _names(site: Path) -> list[str]:
    return [page.relative_to(site).as_posix() for page in links.pages(site)]


def shares(site: Path, count: int) -> list[list[str]]:
    """The pages of a site in `count` shares of about the same work; a long page takes longer."""
    pages = sorted(links.pages(site), key=lambda page: page.stat().st_size, reverse=True)
    loads = [[0, number, []] for number in range(count)]
    for page in pages:
        least = min(loads)
        least[0] += page.stat().st_size + PAGE_SETUP
        least[2].append(page.relative_to(site).as_posix())
    return [names for _, _, names in loads]


def browse(
    site: Path, screenshots: Path | None = None, only: Sequence[str] = (), browsers: int = BROWSERS
) -> list[PageReport]:
    """Look at every page of a built site (or at those named in `only`) and report on each.

    Dead links are reported with the page they stand on. Raises `NoBrowser` where there is nothing to look with.
    """
    site = site.resolve()
    names = [[name for name in share if not only or name in only] for share in shares(site, browsers)]
    names = [share for share in names if share]
    if not names:
        raise FileNotFoundError(f"no pages in {site}")
    if screenshots:
        screenshots.mkdir(parents=True, exist_ok=True)

    looked_at = {name for share in names for name in share}
    every = [name for name in _names(site) if name in looked_at]
    front = "index.html" if "index.html" in every else every[0]
    with serving(site) as origin, ThreadPoolExecutor(len(names)) as pool:
        done = pool.map(lambda share: _look(origin, site, share, front, screenshots), names)
        reports = {report.page: report for share in done for report in share}
    for page, message in links.broken(site):
        if page in reports:
            reports[page].add("broken-link", message)
    return [reports[name] for name in every]


def _look(origin: str, site: Path, names: list[str], front: str, screenshots: Path | None) -> list[PageReport]:
    """Look at pages one after the other in one window: what they share is then read, and compiled, once."""
    with launched() as browser:
        context = browser.new_context(viewport=DESKTOP, color_scheme="light", reduced_motion="reduce")
        context.clock.install()
        page = patient(context.new_page())
        reports = [_page(page, f"{origin}/{name}", name, site, screenshots) for name in names]
        context.close()
        for report in reports:
            report.seen_with = named(browser)
            if report.steppers:
                _without_script(browser, f"{origin}/{report.page}", report)
        if front in names:
            _from_file(browser, site, reports[names.index(front)])
        return reports


def _page(page, address: str, name: str, site: Path, screenshots: Path | None) -> PageReport:
    report = PageReport(name)
    started = time.perf_counter()
    page.set_viewport_size(DESKTOP)
    page.emulate_media(color_scheme="light", reduced_motion="reduce")
    origin = address[: -len(name)]
    with _listening(page, report, lambda url: url.startswith(origin)) as loaded:
        page.goto(address, wait_until="load")
        _wait_for_mathematics(page, report)
        if screenshots:
            _shoot(page, screenshots, name)
        if name.startswith("chapters/"):
            _measure_length(page, report)
        for rule, message in page.evaluate(script("inspect")):
            report.add(rule, message)
        report.steppers = page.locator(stepping.WIDGETS).count()
        for message in stepping.faults(page):
            report.add("stepper", message)
        page.evaluate(script("open_all"))
        page.evaluate(script("thin_out"))
        page.evaluate(_axe_source())
        _axe(page, report, "light, 1280 px")
        _narrow(page)
        for part in page.evaluate(script("out_of_reach")):
            report.add("keyboard", f"at {PHONE['width']} px it scrolls, and the keyboard does not reach it: {part}")
        if too_wide := page.evaluate(script("overflow")):
            report.add("overflow", f"at {PHONE['width']} px the page scrolls sideways: {too_wide}")
        _cut_off(page, report)
        _axe(page, report, "light, 390 px", AXE_LAYOUT)
        _theme(page, "dark")
        _cut_off(page, report)
        _axe(page, report, "dark, 390 px", AXE_COLOURS)
    _weigh(report, loaded, origin, site)
    report.seconds = time.perf_counter() - started
    return report


def _from_file(browser, site: Path, report: PageReport) -> None:
    """Open one page without a server, as from an unpacked archive."""
    file_report = PageReport(report.page)
    context = browser.new_context(viewport=DESKTOP)
    page = patient(context.new_page())
    with _listening(page, file_report, lambda url: url.startswith("file:")):
        page.goto((site / report.page).as_uri(), wait_until="load")
        _wait_for_mathematics(page, file_report)
    context.close()
    for finding in file_report.findings:
        report.add(finding.rule, f"opened from its file: {finding.message}")


def _without_script(browser, address: str, report: PageReport) -> None:
    context = browser.new_context(viewport=DESKTOP, java_script_enabled=False)
    page = patient(context.new_page())
    page.goto(address, wait_until="load")
    for message in stepping.faults_without_script(page):
        report.add("stepper", message)
    context.close()


@contextmanager
def _listening(page, report: PageReport, own) -> Iterator[list[str]]:
    """Report errors, and requests to other servers, as long as the block lasts; yields the list of what gets loaded."""
    loaded: list[str] = []

    def on_request(request):
        if request.url.startswith(("data:", "blob:")):
            return
        if own(request.url):
            loaded.append(request.url)
        else:
            report.add("outside-request", f"asks for {request.url}")

    def on_console(message):
        place = message.location.get("url", "")
        # A foreign request is reported as such; a browser's own wish for an icon is no fault of the page.
        if message.type != "error" or place.endswith("/favicon.ico") or (place and not own(place)):
            return
        report.add("script-error", f"{message.text} ({place.rpartition('/')[2]})")

    def on_error(error):
        report.add("script-error", str(error).split("\n")[0])

    heard = {"request": on_request, "console": on_console, "pageerror": on_error}
    for event, hear in heard.items():
        page.on(event, hear)
    yield loaded
    for event, hear in heard.items():
        page.remove_listener(event, hear)


def _wait_for_mathematics(page, report: PageReport) -> None:
    try:
        page.wait_for_function(MATHEMATICS_DONE)
    except Exception as error:
        if type(error).__name__ != "TimeoutError":
            raise
        report.add("mathematics", f"MathJax did not finish in {HANG_MS // 1000} s")


def _measure_length(page, report: PageReport) -> None:
    """The screens of a phone that a page takes as it opens, with all that folds folded."""
    page.set_viewport_size(PHONE)
    screens = page.evaluate("document.documentElement.scrollHeight") / PHONE["height"]
    page.set_viewport_size(DESKTOP)
    if screens > SCREENS:
        report.add("length", f"{screens:.1f} screens of a phone, at most {SCREENS}: fold, move or leave out")


def _cut_off(page, report: PageReport) -> None:
    for message in page.evaluate(script("phone")):
        report.add("phone", f"at {PHONE['width']} px {message}")


def _narrow(page) -> None:
    """Give the page the width of a phone, and let all that it does some time after that be done.

    The theme makes what scrolls reachable with a timer; the page's clock is put forward instead of waiting for it.
    """
    page.evaluate("() => { window.narrowed = new Promise(done => addEventListener('resize', done, {once: true})) }")
    page.set_viewport_size(PHONE)
    page.wait_for_function("() => window.narrowed")
    page.clock.fast_forward(60_000)


def _axe(page, report: PageReport, where: str, options: dict = AXE_OPTIONS) -> None:
    violations = page.evaluate("options => axe.run(document, options).then(r => r.violations)", options)
    for violation in violations:
        nodes = violation["nodes"]
        target = " ".join(str(part) for part in nodes[0]["target"])
        detail = (nodes[0].get("failureSummary") or "").split("\n")
        why = detail[1].strip() if len(detail) > 1 else violation["help"]
        more = f" and {len(nodes) - 1} more" if len(nodes) > 1 else ""
        report.add("axe", f"{violation['id']} ({where}): {target}{more}: {why}")


@cache
def _axe_source() -> str:
    import axe_playwright_python

    return (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text(encoding="utf-8")


def _theme(page, theme: str) -> None:
    """Switch as the theme's button does, without waiting for anything to fade."""
    page.emulate_media(color_scheme=theme, reduced_motion="reduce")
    page.evaluate(script("theme"), theme)


def _shoot(page, screenshots: Path, name: str) -> None:
    """Take four pictures of a page and leave it as it was."""
    stem = name.removesuffix(".html").replace("/", "-")
    for theme in ("dark", "light"):
        _theme(page, theme)
        for size in (PHONE, DESKTOP):
            page.set_viewport_size(size)
            page.screenshot(path=screenshots / f"{stem}-{size['width']}-{theme}.png", full_page=True)


def _weigh(report: PageReport, loaded: list[str], origin: str, site: Path) -> None:
    """Sum up what a page loads; files that other pages load too (scripts, styles, fonts) are not its own."""
    for url in dict.fromkeys(loaded):
        path = site / unquote(urlsplit(url).path).lstrip("/")
        plain, packed = _size(path)
        report.visit += plain
        report.visit_packed += packed
        shared = path.suffix in (".js", ".css", ".woff2", ".woff", ".ttf") or "_static" in path.parts
        if not shared:
            report.own += plain
            report.own_packed += packed
    for label, size, limit in (
        ("of its own", report.own, PAGE_KB),
        ("of its own, packed", report.own_packed, PAGE_KB_PACKED),
        ("with all it loads", report.visit, VISIT_KB),
        ("with all it loads, packed", report.visit_packed, VISIT_KB_PACKED),
    ):
        if size > limit * 1000:
            report.add("weight", f"{size / 1000:.0f} kB {label}, at most {limit} kB")


@cache
def _size(path: Path) -> tuple[int, int]:
    if not path.is_file():
        return 0, 0
    data = path.read_bytes()
    return len(data), len(gzip.compress(data, 6))


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tools.browse", description=__doc__.split("\n")[0])
    parser.add_argument("site", type=Path, help="the folder of the built book, _build/html")
    parser.add_argument("--screenshots", type=Path, help="write pictures of every page into this folder")
    parser.add_argument("--only", nargs="*", default=(), help="pages, such as index.html")
    options = parser.parse_args(arguments)
    try:
        reports = browse(options.site, options.screenshots, options.only)
    except (NoBrowser, FileNotFoundError) as error:
        print(error)
        return 1
    print(HEADER)
    for report in reports:
        print(report.row())
    print(reports[0].seen_with)
    findings = [finding for report in reports for finding in report.findings]
    for finding in findings:
        print(finding)
    return int(bool(findings))


if __name__ == "__main__":
    sys.exit(main())
