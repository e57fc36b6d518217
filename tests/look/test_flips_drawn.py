"""The sheet and the page of flips."""

import re
import shutil
from html import unescape
from pathlib import Path
from typing import Literal

import numpy as np
import pytest
from look_nets import cut_off, noise, texts
from playwright.sync_api import sync_playwright
from recorded_runs import surely

from lenswork.kinds import Picture
from lenswork.look.flips import Flips, flips_of, shown_of
from lenswork.look.flips_figure import flips_sheet
from lenswork.look.flips_page import flips_page, save_flips_page
from lenswork.look.mistakes import Judged
from lenswork.look.sides import Side

BAD = "</figure><script>document.title='bad'</script>{{cards}}'\""


def judged_of(answers: list[int], classes: tuple[str, ...], truth: list[int]) -> Judged:
    table = surely(answers, len(classes))
    return Judged(
        run="tiny",
        part="test",
        classes=classes,
        ids=tuple(f"test/{number}.png" for number in range(len(truth))),
        truth=np.array(truth),
        answer=table.argmax(axis=1),
        confidence=table.max(axis=1),
        probabilities=table,
    )


def tiny_flips(
    classes: tuple[str, ...] = ("cat", "dog", "owl"),
    names: tuple[str, str] = ("the first", "the second"),
) -> Flips:
    """Of 9 pictures A is right on 0 to 5 and B on 4 to 8, in one of two runs only on 8."""
    truth = [0, 1, 2] * 3
    wrong = [(label + 1) % 3 for label in truth]
    a = judged_of(truth[:6] + wrong[6:], classes, truth)
    b = judged_of(wrong[:4] + truth[4:], classes, truth)
    late = judged_of(wrong[:4] + truth[4:8] + wrong[8:], classes, truth)
    return flips_of(Side(names[0], (a, a)), Side(names[1], (b, late)))


def pictures_for(flips: Flips, shape: tuple[int, int, int] = (12, 9, 1)) -> list[Picture]:
    return [noise(shape, seed) for seed in range(len(flips.flips))]


@pytest.mark.parametrize("shape", [(12, 9, 1), (40, 200, 3), (1, 1, 1)])
def test_the_sheet_says_all_about_each_flip_and_cuts_nothing_off(
    shape: tuple[int, int, int],
) -> None:
    long = "a class whose name is longer than its card is wide"
    flips = tiny_flips((long, "dog $x$", "owl"), ("a long name " * 9, "b" * 90))
    shown = shown_of(flips, 24)
    figure = flips_sheet(flips, shown, pictures_for(flips, shape))
    said = texts(figure)
    assert cut_off(figure) == []
    for flip in shown:
        assert flip.id in said
    assert "A right more often: 4 of 4 pictures, the most stable first" in said
    assert "B right more often: 3 of 3 pictures, the most stable first" in said
    assert any("1 of 2 right" in line for line in said)
    assert len(figure.axes) == len(shown) == 7


def test_without_flips_the_sheet_still_says_so() -> None:
    flips = tiny_flips()
    none = flips_of(flips.sides[0], Side("same", flips.sides[0].judged))
    said = texts(flips_sheet(none, [], []))
    assert any("disagree on 0 of" in line for line in said)


def test_names_in_the_page_are_text_whatever_they_say() -> None:
    flips = tiny_flips((BAD, "dog", "owl"), (BAD, "B"))
    page = flips_page(flips, flips.flips, pictures_for(flips), [BAD], [BAD], [("net", BAD, BAD)])
    assert page.count("<script>") == 1
    assert page.count("<figure ") == len(flips.flips)
    assert BAD in unescape(page)
    assert "{{title}}" not in page
    assert len(re.findall(r"src='data:image/png;base64,", page)) == len(flips.flips)


def test_large_pictures_in_colour_are_made_small() -> None:
    flips = tiny_flips()
    page = flips_page(flips, flips.flips, pictures_for(flips, (900, 700, 3)))
    assert page.count("data:image/jpeg") == len(flips.flips)
    assert len(page) < 400_000


def chromium() -> str:
    """Where the browser is; `make test` installs it."""
    for name in ("chromium", "chromium-browser", "google-chrome"):
        if path := shutil.which(name):
            return path
    raise FileNotFoundError("these tests need Chromium: apt-get install chromium")


@pytest.mark.slow
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_is_filtered_in_a_browser_without_asking_any_host(
    tmp_path: Path, scheme: Literal["light", "dark"]
) -> None:
    flips = tiny_flips((BAD, "dog", "owl"))
    save_flips_page(
        flips_page(flips, flips.flips, pictures_for(flips), ["a is better"]), tmp_path / "f.html"
    )
    asked: list[str] = []
    complaints: list[str] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=["--no-sandbox"])
        page = browser.new_page(color_scheme=scheme)
        page.on("request", lambda request: asked.append(request.url))
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto((tmp_path / "f.html").as_uri())
        told = page.locator("#left").inner_text()
        shown = page.locator("figure:visible")
        page.get_by_role("button", name="B right").click()
        of_b = shown.count()
        page.locator("#every").check()
        always = shown.count()
        page.get_by_role("button", name="all").click()
        page.select_option("#kind", BAD)
        of_class = shown.count()
        title = page.title()
        browser.close()
    assert told == "7 of 7 pictures here, 7 flips in all"
    assert (of_b, always, of_class) == (3, 2, 3)
    assert title == "the first against the second"
    assert [url for url in asked if not url.startswith(("file:", "data:"))] == []
    assert complaints == []
