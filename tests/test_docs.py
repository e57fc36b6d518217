"""What the pages link to is there, and no page is forgotten."""

from pathlib import Path

import pytest
from pages import DOCS, PAGES, ROOT, anchors, links


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.name))
def test_every_link_and_figure_of_a_page_is_there(page: Path) -> None:
    files = [target.partition("#")[0] for target in links(page)]
    assert [name for name in files if name and not (page.parent / name).exists()] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.name))
def test_every_link_to_a_place_on_a_page_finds_its_heading(page: Path) -> None:
    lost = []
    for target in links(page):
        name, _, anchor = target.partition("#")
        there = (page.parent / name).resolve() if name else page
        if anchor and there.suffix == ".md" and anchor not in anchors(there):
            lost.append(target)
    assert lost == []


def test_every_figure_is_shown_on_a_page() -> None:
    shown = {Path(link).name for page in PAGES for link in links(page)}
    drawn = {path.name for path in (ROOT / "docs" / "figures").glob("*.*")}
    assert drawn - shown == set()


def test_the_index_lists_every_page_of_the_docs() -> None:
    listed = {Path(link).name for link in links(DOCS / "index.md")}
    assert {path.name for path in DOCS.glob("*.md")} - listed == {"index.md"}
