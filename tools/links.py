"""Find links inside a built site that lead nowhere.

Read from the files, without a browser: every `href` and `src` must name a file of the site, and every `#fragment` an
id in it. The build itself checks only the links that it understands; what the theme, the extension or a piece of HTML
writes is checked here alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

NOT_PAGES = ("_static", "_sources", "_downloads")  # folders whose HTML files are no pages of the book
UNSET_OWNER = "owner_not_set"  # stands in the address until the repository has one; a link to it is dead


@dataclass
class _Page(HTMLParser):
    ids: set[str] = field(default_factory=set)
    links: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if value is None:
                continue
            if name == "id" or (name == "name" and tag == "a"):
                self.ids.add(value)
            elif name in ("href", "src", "xlink:href"):
                self.links.append(value)

    handle_startendtag = handle_starttag


def pages(site: Path) -> list[Path]:
    """The pages of a built site, in order of their paths."""
    found = (p for p in site.rglob("*.html") if p.relative_to(site).parts[0] not in NOT_PAGES)
    return sorted(found)


def broken(site: Path) -> Iterator[tuple[str, str]]:
    """Yield (page, message) for every dead link of a site."""
    site = site.resolve()
    parsed: dict[Path, _Page] = {}
    for path in pages(site):
        parsed[path] = _Page()
        parsed[path].feed(path.read_text(encoding="utf-8"))
    for path, page in parsed.items():
        for link in sorted(set(page.links)):
            if message := _wrong(link, path, site, parsed):
                yield path.relative_to(site).as_posix(), message


def _wrong(link: str, path: Path, site: Path, parsed: dict[Path, _Page]) -> str | None:
    if UNSET_OWNER in link:
        return f"{link}: the repository's address is not set, so nothing is there"
    parts = urlsplit(link)
    if parts.scheme or parts.netloc:
        return None
    target = path if not parts.path else _file(site, path, unquote(parts.path))
    if not target.is_file():
        return f"{link}: no such file in the site"
    known = parsed.get(target)
    if parts.fragment and known is not None and unquote(parts.fragment) not in known.ids:
        return f"{link}: the page has no such id"
    return None


def _file(site: Path, page: Path, path: str) -> Path:
    start = site if path.startswith("/") else page.parent
    target = (start / path.lstrip("/")).resolve()
    return target / "index.html" if target.is_dir() else target
