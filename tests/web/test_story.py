"""The whole way in the browser: from a folder of real pictures to a prediction and a comparison."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Literal

import pytest
from playwright.sync_api import Page, expect

from lenswork.data.sources import sample_folder
from lenswork.record.run import Run
from lenswork.use.predict import answer_files

TRAINED, HELD_OUT = 40, 10  # pictures of each class, of the embedded sample


@pytest.fixture
def figures(pictures: Path) -> Path:
    """A folder of real pictures, as a person would have it."""
    folder = pictures / "figures"
    for part, count in (("train", TRAINED), ("validation", HELD_OUT)):
        for name in ("horses", "humans"):
            target = folder / part / name
            target.mkdir(parents=True)
            for path in sorted((sample_folder() / part / name).iterdir())[:count]:
                shutil.copy(path, target)
    return folder


@pytest.mark.slow
def test_from_a_folder_to_a_prediction(
    tab: Page, home: Path, figures: Path, axe: Callable[[Page], None]
) -> None:
    tab.goto("/")
    expect(tab.get_by_role("heading", name="Runs", exact=True)).to_be_visible()
    tab.get_by_label("Studio").get_by_role("link", name="Data").click()
    tab.get_by_role("link", name="figures", exact=True).click()
    expect(tab.get_by_role("heading", name="figures")).to_be_visible()
    expect(tab.locator(".figures")).to_contain_text("80")
    expect(tab.locator(".pictures img").first).to_be_visible()
    axe(tab)

    tab.get_by_role("link", name="New run with this data").click()
    tab.get_by_label("Epochs").first.fill("3")
    tab.get_by_label("Size").first.fill("32x32")
    tab.get_by_label("Name", exact=True).fill("story")
    axe(tab)
    tab.get_by_role("button", name="Start", exact=True).click()
    tab.wait_for_url("**/runs/story")
    expect(tab.get_by_role("heading", name="The net")).to_be_visible(timeout=120_000)
    run = Run(home / "story")
    assert run.status == "finished"
    assert len(run.history) == 3
    axe(tab)

    tab.get_by_role("link", name="Inside", exact=True).click()
    expect(tab.locator("canvas.inside-maps").first).to_be_visible()
    axe(tab)

    tab.get_by_role("link", name="Predict", exact=True).last.click()
    picture = sorted((figures / "validation" / "humans").iterdir())[0]
    (answer,) = answer_files(run.classifier, [picture])
    assert answer.prediction is not None
    tab.wait_for_load_state("networkidle")
    tab.locator('[data-way="file"]').set_input_files(picture)
    said = tab.locator("#answer")
    expect(said).to_contain_text(answer.prediction.class_name, timeout=30_000)
    expect(said).to_contain_text(f"{100 * answer.prediction.probability:.1f}")
    axe(tab)

    tab.goto("/compare?run=first&run=second")
    expect(tab.get_by_role("heading", name="Compare")).to_be_visible()
    axe(tab)


MOST_SHIFT = 0.1  # of a page that is read in peace (https://web.dev/articles/cls)
SHIFTS = """
window.shifts = [];
new PerformanceObserver((list) => window.shifts.push(...list.getEntries().map((one) => one.value)))
  .observe({ type: "layout-shift", buffered: true });
"""
PLACES = (
    "/",
    "/compare?run=first&run=second",
    "/data",
    "/data?data=horses-or-humans-150",
    "/learn",
    "/learn/5",
    "/lab",
    "/new",
    "/predict",
    "/runs/first",
    "/runs/first/calibration",
    "/runs/first/filters",
    "/runs/first/inside",
    "/runs/first/mistakes",
    "/runs/first/predict",
    "/studies",
    "/studies/new",
)


@pytest.mark.slow
@pytest.mark.parametrize(("width", "scheme"), [(390, "light"), (1280, "dark"), (1920, "light")])
def test_no_page_is_wider_than_its_window_or_moves_as_it_comes_or_has_a_grave_fault(
    tab: Page, width: int, scheme: Literal["light", "dark"], axe: Callable[[Page], None]
) -> None:
    tab.set_viewport_size({"width": width, "height": 900})
    tab.emulate_media(color_scheme=scheme)
    tab.add_init_script(SHIFTS)
    for place in PLACES:
        tab.goto(place, wait_until="networkidle")
        assert tab.evaluate("document.documentElement.scrollWidth") <= width, place
        assert sum(tab.evaluate("shifts")) < MOST_SHIFT, place
        axe(tab)
