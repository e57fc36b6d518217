"""How Sphinx makes the documentation's pages into a site: `make docs`.

The pages stay plain Markdown that reads well in the repository. The sidebar is made from the list
of pages in docs/index.md, so that there is one list; links that lead nowhere and pages that are on
no list are warnings, and warnings are errors. Nothing in a built page is loaded from another host.
"""

import re
from typing import Any

from sphinx.application import Sphinx

project = "Lenswork"
author = "the Lenswork authors"
project_copyright = author
extensions = ["myst_parser"]
root_doc = "docs/index"
include_patterns = ["docs/*.md", "CHANGELOG.md", "SECURITY.md"]  # from the repository's root
exclude_patterns = [".*", "bench", "build", "dist", "notes", "runs", "scripts", "src", "tests"]
source_suffix = {".md": "markdown"}
highlight_language = "none"  # a block without a language is what a terminal shows
myst_heading_anchors = 3
suppress_warnings = ["myst.header"]  # a heading may be two levels deeper than the one before it

html_theme = "furo"  # its letters are the system's: none are fetched
html_title = "Lenswork"
html_show_sourcelink = False
html_copy_source = False
html_additional_pages = {"index": "start.html"}  # the first page of the folder
templates_path = ["."]
html_theme_options = {
    "light_css_variables": {"color-brand-primary": "#2f5fb3", "color-brand-content": "#2f5fb3"},
    "dark_css_variables": {"color-brand-primary": "#8fb4f5", "color-brand-content": "#8fb4f5"},
}

_SECTION = re.compile(r"^## (?P<title>.+?)\n(?P<body>.*?)(?=^## |\Z)", re.DOTALL | re.MULTILINE)
_PAGE = re.compile(r"\]\((?P<page>[^)#:]+\.md)\)")


def contents(text: str) -> str:
    """A hidden list of pages for each section of the index that links to some."""
    lists = []
    for section in _SECTION.finditer(text):
        pages = [found["page"].removesuffix(".md") for found in _PAGE.finditer(section["body"])]
        if pages:
            head = f"```{{toctree}}\n:hidden:\n:caption: {section['title']}\n\n"
            lists.append(head + "\n".join(pages) + "\n```\n")
    return "\n".join(lists)


def _add_contents(app: Sphinx, name: str, source: list[str]) -> None:  # noqa: ARG001
    if name == root_doc:
        source[0] += "\n" + contents(source[0])


def setup(app: Sphinx) -> dict[str, Any]:
    """Have the sidebar made from the index."""
    app.connect("source-read", _add_contents)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
