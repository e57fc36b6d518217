"""What every page has: places to go to, in sight; one look on paper; a word when nobody answers."""

from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

OUT_OF_SIGHT = """() => [...document.querySelectorAll('.bar nav a, .tabs a')]
  .filter((link) => {
    const box = link.getBoundingClientRect();
    return box.left < 0 || box.right > innerWidth;
  }).map((link) => link.textContent)"""


@pytest.mark.slow
def test_every_place_to_go_to_is_in_sight_at_any_width(tab: Page) -> None:
    for width in (320, 390, 640, 700, 840, 1280):
        tab.set_viewport_size({"width": width, "height": 800})
        tab.goto("/runs/first/predict")
        assert tab.evaluate(OUT_OF_SIGHT) == [], width
        assert tab.evaluate("document.documentElement.scrollWidth") <= width
    here = tab.locator("nav [aria-current=page]")
    assert here.all_text_contents() == ["Runs", "Predict"]


@pytest.mark.slow
def test_on_paper_a_page_is_bright_and_has_no_buttons(tab: Page) -> None:
    tab.goto("/runs/first")
    tab.get_by_role("button", name="Change between light and dark").click()
    ground = "() => getComputedStyle(document.documentElement).backgroundColor"
    bright = "rgb(251, 251, 250)"
    tab.evaluate("document.documentElement.dataset.theme = 'dark'")
    assert tab.evaluate(ground) != bright
    tab.emulate_media(media="print", color_scheme="dark")
    assert tab.evaluate(ground) == bright
    for gone in (".bar", ".tabs", ".run-head .button"):
        expect(tab.locator(gone).first).to_be_hidden()
    expect(tab.get_by_role("heading", name="What was called what")).to_be_visible()


@pytest.mark.slow
def test_a_studio_that_has_ended_is_told_of_and_forgotten_when_it_answers(
    browser: Browser, address: str, home: Path
) -> None:
    page = browser.new_page(base_url=address)  # its console may complain
    page.goto("/")
    page.route("**/?*", lambda route: route.abort())
    page.get_by_label("Find in name").fill("first")
    said = page.locator("#unanswered")
    expect(said).to_contain_text("the studio does not answer: see whether lenswork studio still")
    page.unroute("**/?*")
    page.get_by_label("Find in name").fill("second")
    expect(page.locator("#runs tbody tr")).to_have_count(1)
    expect(said).to_be_empty()
    page.close()
