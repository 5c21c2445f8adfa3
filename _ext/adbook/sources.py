"""Source pages: a link to ``../adlib/modes/forward.py`` opens that file, highlighted, in the book.

In Jupyter and on GitHub the same link opens the file itself. If the text of the link is a name that the file
defines, as in ``[`jvp`](../adlib/modes/forward.py)``, the link leads to its definition.

sphinx.ext.viewcode shows only modules that autodoc has documented. Where it is loaded, its [source] links stay; they
lead to these pages, which have its names and anchors.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from html import escape
from pathlib import Path, PurePosixPath

from docutils import nodes
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import PythonLexer
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.transforms import SphinxTransform
from sphinx.util import logging

from .listeners import disconnect

logger = logging.getLogger(__name__)

FOLDER = "_modules"
LINK = "adbook-source"


def source_files(app: Sphinx) -> dict[str, Path]:
    """Return the source files that have a page: path relative to the book -> path on disk."""
    root = Path(app.srcdir)
    found = (path for package in app.config.adbook_packages for path in sorted((root / package).rglob("*.py")))
    return {path.relative_to(root).as_posix(): path for path in found}


def page_of(source: str) -> str:
    """Return the page of a source file, under the name that viewcode would give it.

    ``adlib/modes/forward.py`` -> ``_modules/adlib/modes/forward`` and ``adlib/rules/__init__.py`` -> ``_modules/adlib/rules``.
    """
    return f"{FOLDER}/{source.removesuffix('.py').removesuffix('/__init__')}"


def definitions(code: str) -> dict[str, int]:
    """Return name -> line for the functions and classes of a module and the methods of its classes."""
    found: dict[str, int] = {}

    def visit(body: list[ast.stmt], prefix: str) -> None:
        for node in body:
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                found.setdefault(prefix + node.name, node.lineno)
                if isinstance(node, ast.ClassDef):
                    visit(node.body, f"{prefix}{node.name}.")

    visit(ast.parse(code).body, "")
    return found


class SourceLinks(SphinxTransform):
    """Turn links to source files into references to their pages.

    MyST itself makes a link to an existing file a download, and a link to a missing one a cross-reference.
    """

    default_priority = 15

    def apply(self, **kwargs: object) -> None:
        for link in list(self.document.findall(self.is_source_link)):
            source = self.source_of(link)
            files = source_files(self.app)
            if source not in files:
                logger.warning(
                    "there is no source file %s to link to", source, location=link, type="adbook", subtype="source"
                )
                link.replace_self(link.children)
                continue
            self.env.note_dependency(str(files[source]))
            names = definitions(files[source].read_text("utf8"))
            name = link.astext().removesuffix("()").removeprefix(source.partition("/")[0] + ".")
            link.replace_self(
                addnodes.pending_xref(
                    "",
                    nodes.inline("", "", *link.children[0].children, classes=["ad-source"]),
                    reftype=LINK,
                    refdomain="",
                    reftarget=source,
                    refdoc=self.env.docname,
                    anchor=name if name in names else "",
                    refwarn=True,
                )
            )

    def source_of(self, link: nodes.Element) -> str:
        target = link["reftarget"].split("#")[0]
        folder = PurePosixPath(self.env.docname).parent
        parts: list[str] = []
        for part in (folder / target).parts:
            if part == "..":
                del parts[-1:]
            elif part != ".":
                parts.append(part)
        return "/".join(parts)

    def is_source_link(self, node: nodes.Node) -> bool:
        if not isinstance(node, addnodes.download_reference | addnodes.pending_xref):
            return False
        if node.get("reftype") != "myst" or not re.search(r"\.py(#|$)", node["reftarget"]):
            return False
        return self.source_of(node).split("/")[0] in self.config.adbook_packages


def resolve_source_link(
    app: Sphinx, env: BuildEnvironment, node: addnodes.pending_xref, content: nodes.TextElement
) -> nodes.Node | None:
    """Point a source link at its page; other builders than HTML have no such pages and show the text alone."""
    if node["reftype"] != LINK:
        return None
    if app.builder.name not in {"html", "dirhtml"}:
        return content
    uri = app.builder.get_relative_uri(node["refdoc"], page_of(node["reftarget"]))
    if node["anchor"]:
        uri += f"#{node['anchor']}"
    return nodes.reference("", "", content, internal=True, refuri=uri)


def source_html(code: str) -> str:
    """Return Python source as highlighted HTML with numbered lines (#L-12) and an anchor for each definition."""
    formatter = HtmlFormatter(linenos="inline", linespans="L", wrapcode=True)
    html = highlight(code, PythonLexer(stripnl=False), formatter)
    for name, line in definitions(code).items():
        line_start = f'<span id="L-{line}">'
        html = html.replace(line_start, f'<span id="{escape(name)}"></span>{line_start}', 1)
    return html


def contents_html(title: str, names: dict[str, int]) -> str:
    """Return the in-page contents, in the markup that Sphinx gives those of other pages."""
    entry = '<li><a class="reference internal" href="#{0}"><code>{0}</code></a></li>'
    entries = "".join(entry.format(escape(name)) for name in names if "." not in name)
    return f'<ul><li><a class="reference internal" href="#">{escape(title)}</a><ul>{entries}</ul></li></ul>'


def collect_pages(app: Sphinx) -> Iterator[tuple[str, dict[str, object], str]]:
    """Yield a page for each source file and an index of them."""
    files = source_files(app)
    for source, path in files.items():
        code = path.read_text("utf8")
        lead = (ast.get_docstring(ast.parse(code)) or "").partition("\n\n")[0]
        index = app.builder.get_relative_uri(page_of(source), f"{FOLDER}/index")
        all_sources = f'<p><a class="reference internal" href="{index}">All source files</a></p>'
        body = f'<h1>{escape(source)}</h1>\n<p class="ad-source-lead">{escape(lead)}</p>\n{source_html(code)}'
        yield (
            page_of(source),
            {
                "title": source,
                "body": f'<section class="ad-source-page">{body}{all_sources}</section>',
                "toc": contents_html(source, definitions(code)),
                "parents": [],
            },
            "page.html",
        )
    if files:
        items = "".join(
            f'<li><a class="reference internal" href="{app.builder.get_relative_uri(f"{FOLDER}/index", page_of(source))}">'
            f"<code>{escape(source)}</code></a></li>"
            for source in files
        )
        yield (
            f"{FOLDER}/index",
            {
                "title": "Source code",
                "body": f"<section><h1>Source code</h1><ul>{items}</ul></section>",
                "parents": [],
            },
            "page.html",
        )


def setup(app: Sphinx) -> None:
    app.add_config_value("adbook_packages", ["adlib"], "env")
    app.add_transform(SourceLinks)
    # MyST and intersphinx answer this event too; ours is a type that they do not know.
    app.connect("missing-reference", resolve_source_link, priority=400)
    app.connect("html-collect-pages", collect_pages)
    app.connect("config-inited", lambda app, config: disconnect(app, "sphinx.ext.viewcode", "html-collect-pages"))
