"""Page furniture: what the theme and Jupyter Book add around the text."""

from __future__ import annotations

from pathlib import Path

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.config import Config

from .listeners import disconnect

# The owner in the repository's address until the book has a home. No account can have an underscore in its name.
NO_OWNER = "owner_not_set"
# Groups of header buttons that lead to the repository, or to a service that reads it.
NEED_REPOSITORY = {"launch-buttons", "repository-buttons", "source-buttons"}
# Pages of exercises show solutions, so they are read here, and worked in the notebook of the same name in exercises/.
EXERCISES = "pages/exercises/"


def configure(app: Sphinx, config: Config) -> None:
    # Jupyter Book always loads sphinx-thebe. Unused, it still names an address outside the site on every page, and
    # declares it twice, which is a script error.
    disconnect(app, "sphinx_thebe")
    config.templates_path.append(str(Path(__file__).parent / "templates"))
    config.html_sidebars = {"**": ["ad-sidebar.html"]}
    # Formulas keep MathJax's menu, but a reader with a keyboard does not have to tab through each of them.
    settings = config.mathjax3_config = config.mathjax3_config or {}
    for key in ("options", "menuOptions", "settings"):
        settings = settings.setdefault(key, {})
    settings.setdefault("inTabOrder", False)
    # MathJax matches x-heights; text faces for screens have tall ones, which makes formulas a little too large.
    # To centre a formula with a number, it keeps the number's width free on the left too: a phone has no room for that.
    svg = config.mathjax3_config.setdefault("svg", {})
    svg.update({"scale": 0.96, "displayAlign": "left", "displayIndent": "0"} | svg)


def finish_page(app: Sphinx, pagename: str, templatename: str, context: dict, doctree: nodes.document | None) -> None:
    """Give the sidebar its title; drop buttons that lead nowhere and a style sheet that is not there."""
    context["ad_short_title"] = app.config.html_title.partition(":")[0]
    if NO_OWNER in app.config.html_theme_options.get("repository_url", NO_OWNER):
        context["header_buttons"] = [
            button for button in context.get("header_buttons", []) if button.get("label") not in NEED_REPOSITORY
        ]
    if pagename.startswith(EXERCISES):
        point_at_notebook(context.get("header_buttons", []))
    if context.get("page_source_suffix") != ".ipynb":
        context["header_buttons"] = without_launch(context.get("header_buttons", []))
    context["css_files"] = [css for css in context["css_files"] if "sphinx-thebe" not in str(css)]


def without_launch(buttons: list[dict]) -> list[dict]:
    """The buttons without those that open a page in Colab: a text page with cells, such as the first one, does not open there."""
    return [button for button in buttons if button.get("label") != "launch-buttons"]


def point_at_notebook(buttons: list[dict]) -> None:
    """Let the buttons that open a page of exercises elsewhere open the student's notebook instead."""
    for button in buttons:
        point_at_notebook(button.get("buttons", []))
        if "/blob/" in str(button.get("url", "")):
            button["url"] = button["url"].replace(f"/{EXERCISES}", "/exercises/")


def setup(app: Sphinx) -> None:
    app.connect("config-inited", configure)
    # After the theme has added its buttons (priority 501).
    app.connect("html-page-context", finish_page, priority=900)
