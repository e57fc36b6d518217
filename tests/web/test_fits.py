"""What a card holds fits into it, and the headings of tables can be read, however narrow it is."""

from pathlib import Path

import pytest
from playwright.sync_api import Page
from recorded_runs import write_run

CLASSES = ("Ankle boot", "Sneaker", "T-shirt/top")
LONG = "shoes-for-which-training-took-longer"
PAGES = ("/runs/shoes", "/runs/shoes/mistakes", f"/compare?run=shoes&run={LONG}")
WIDER = """() => [...document.querySelectorAll(".card")].flatMap((card) => {
  const edge = card.getBoundingClientRect().right + 1;
  const scrolled = new Set([...card.querySelectorAll(".scroll *")]);
  return [...card.querySelectorAll("*")]
    .filter((one) => !scrolled.has(one) && one.getBoundingClientRect().right > edge)
    .map((one) => one.outerHTML.slice(0, 100));
})"""
BROKEN = r"""() => [...document.querySelectorAll("th")].flatMap((heading) => {
  const texts = document.createTreeWalker(heading, NodeFilter.SHOW_TEXT);
  const broken = [];
  for (let text = texts.nextNode(); text; text = texts.nextNode()) {
    for (const word of text.data.matchAll(/[^\s/-]+/g)) {
      const range = document.createRange();
      range.setStart(text, word.index);
      range.setEnd(text, word.index + word[0].length);
      const lines = new Set([...range.getClientRects()].map((box) => Math.round(box.top)));
      if (lines.size > 1) broken.push(word[0]);
    }
  }
  return broken;
})"""


@pytest.mark.slow
@pytest.mark.parametrize("width", [390, 1280])
def test_nothing_is_wider_than_its_card_and_no_word_of_a_heading_is_broken(
    tab: Page, home: Path, width: int
) -> None:
    truth = [0, 0, 1, 1, 2, 2]
    write_run(home / "shoes", [0, 1, 2, 0, 1, 2], truth, classes=CLASSES, size="8x8")
    write_run(home / LONG, [1, 0, 1, 1, 0, 2], truth, classes=CLASSES, size="8x8", epochs=3)
    tab.set_viewport_size({"width": width, "height": 900})
    for address in PAGES:
        tab.goto(address)
        tab.wait_for_load_state("networkidle")
        assert tab.locator("table").count() > 0
        assert tab.evaluate(WIDER) == [], address
        assert tab.evaluate(BROKEN) == [], address
        assert tab.evaluate("document.documentElement.scrollWidth") <= width, address
