"""The pages of a run that is over: its figures, pictures, calibration and filters; honest ones."""

import io
import json
import math
import os
import re
from collections.abc import Callable
from html import unescape
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from live_runs import Held
from PIL import Image
from playwright.sync_api import Page, expect
from recorded_runs import write_run
from starlette.testclient import TestClient
from tiny_data import striped_data, write_striped_folder
from torch import nn

from lenswork.kinds import SplitName
from lenswork.look.calibration import Bin, Calibration
from lenswork.look.mistakes import confusion_of, judge
from lenswork.model.classifier import load
from lenswork.record.accuracy import accuracy_interval
from lenswork.record.run import Run
from lenswork.record.train import train
from lenswork.training.recipe import Recipe
from lenswork.web.diagram import BOTTOM, LEFT, RIGHT, TOP, diagram_of
from lenswork.web.epochs import curves_of, epochs_of

QUICK: dict[str, Any] = {"net": "flatten, dense classes", "epochs": 1, "batch": 8}


def test_the_summary_says_what_the_record_says(client: TestClient, home: Path) -> None:
    run = Run(home / "first")
    page = client.get("/runs/first").text
    accuracy = run.accuracy()
    for said in (
        f"{100 * accuracy.fraction:.2f}%",
        f"{100 * accuracy.low:.2f}% to {100 * accuracy.high:.2f}%",
        f"{run.start['parameters']:,}",
        "conv 8, pool, conv 8, pool, flatten, dense classes",
        run.environment["processor"],
    ):
        assert said in page
    data = json.loads(page.split('id="curves">')[1].split("</script>")[0])
    (training, validation) = data["accuracy"]["series"]
    assert validation["values"] == [row["metrics"]["val_accuracy"] for row in run.history]
    assert training["metric"] == "accuracy"


def test_every_cell_of_the_matrix_opens_as_many_pictures_as_it_says(
    client: TestClient, home: Path
) -> None:
    run = Run(home / "first")
    counts = confusion_of(judge(run)).counts
    page = client.get("/runs/first").text
    for truth, row in enumerate(counts.tolist()):
        for said, count in enumerate(row):
            address = f"/runs/first/cell?truth={truth}&amp;said={said}&amp;part="
            assert (address in page) == (count > 0)
            cell = client.get(f"/runs/first/cell?truth={truth}&said={said}").text
            assert cell.count("<figure") == min(count, 48)


def test_further_pictures_come_without_the_page_around_them(client: TestClient, home: Path) -> None:
    counts = confusion_of(judge(Run(home / "first"))).counts
    truth = int(np.diag(counts).argmax())
    cell = f"/runs/first/cell?truth={truth}&said={truth}"
    whole = client.get(cell, headers={"hx-request": "true"}).text
    assert "<html" not in whole
    assert "<h2" in whole
    more = client.get(f"{cell}&from=1", headers={"hx-request": "true"}).text
    assert "<h2" not in more
    assert more.count("<figure") == min(int(counts[truth, truth]) - 1, 48)


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("truth=0", "said: expected the number of a class, 0 to 1, got &#39;&#39;"),
        ("truth=7&said=0", "truth: expected the number of a class, 0 to 1, got &#39;7&#39;"),
        ("truth=-1&said=0", "truth: expected the number of a class"),
        ("truth=0&said=0&part=train", "expected a part, validation or test, got &#39;train&#39;"),
        ("truth=0&said=0&part=test", "has no stored predictions for test pictures"),
    ],
)
def test_a_cell_that_is_none_is_refused_with_a_sentence(
    client: TestClient, query: str, sentence: str
) -> None:
    answer = client.get(f"/runs/first/cell?{query}")
    assert answer.status_code in (404, 422)
    assert sentence in answer.text


def test_a_picture_is_that_of_the_recorded_answer_whatever_the_order_of_the_data(
    client: TestClient, home: Path, pictures: Path
) -> None:
    folder = write_striped_folder(pictures / "stripes")
    run = train(str(folder), home=home, name="striped", progress=False, **QUICK)
    ids = run.answers["validation"].ids
    before = [
        client.get(f"/runs/striped/picture?split=validation&place={place}&side=100").content
        for place in range(len(ids))
    ]
    assert len(set(before)) > len(ids) // 2
    assert all(content.startswith(b"\x89PNG") for content in before)
    answers = dict(np.load(run.path / "predictions.npz"))
    for name in list(answers):
        answers[name] = answers[name][::-1]
    np.savez(run.path / "predictions.npz", **answers)
    after = [
        client.get(f"/runs/striped/picture?split=validation&place={place}&side=100").content
        for place in range(len(ids))
    ]
    assert after == before[::-1]


def test_a_small_picture_is_enlarged_without_a_blur(
    client: TestClient, home: Path, pictures: Path
) -> None:
    folder = write_striped_folder(pictures / "stripes")
    train(str(folder), home=home, name="striped", progress=False, **QUICK)
    answer = client.get("/runs/striped/picture?split=train&place=0&side=120")
    assert answer.headers["content-type"] == "image/png"
    image = np.asarray(Image.open(io.BytesIO(answer.content)))
    assert image.shape[:2] == (120, 120)
    np.testing.assert_array_equal(image[::10, ::10].repeat(10, 0).repeat(10, 1), image)


def test_a_picture_whose_data_is_gone_is_a_drawing_that_says_so(
    client: TestClient, home: Path, pictures: Path
) -> None:
    folder = write_striped_folder(pictures / "stripes")
    train(str(folder), home=home, name="striped", progress=False, **QUICK)
    folder.rename(pictures / "moved")
    answer = client.get("/runs/striped/picture?split=validation&place=0")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "image/svg+xml"
    assert "This picture is not there" in answer.text
    assert answer.headers["cache-control"] == "no-store"
    page = client.get("/runs/striped/mistakes").text
    assert f"there is no folder {folder}" in page or str(folder) in page


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("place=0", "split: expected one of train, validation, test, got None"),
        ("split=train", "place: expected a whole number"),
        ("split=train&place=-1", "place: expected a whole number"),
        ("split=train&place=0&side=99999", "side: expected a whole number, 0 to 1,024"),
    ],
)
def test_a_picture_that_cannot_be_meant_is_refused(
    client: TestClient, query: str, sentence: str
) -> None:
    answer = client.get(f"/runs/first/picture?{query}")
    assert answer.status_code == 422
    assert sentence in answer.text.replace("&#39;", "'")


def test_a_picture_is_kept_by_a_browser_only_where_the_address_says_of_which_run_it_is(
    client: TestClient,
) -> None:
    address = "/runs/first/picture?split=train&place=0"
    assert client.get(address).headers["cache-control"] == "no-store"
    assert client.get(f"{address}&v=2026").headers["cache-control"] == "private, max-age=3600"
    html = unescape(client.get("/runs/first/inside/examples").text)
    assert all("&v=" in one for one in re.findall(r'src="(/runs/first/picture[^"]+)', html))


def test_a_picture_beyond_the_last_is_a_drawing(client: TestClient) -> None:
    answer = client.get("/runs/first/picture?split=validation&place=100000")
    assert answer.headers["content-type"] == "image/svg+xml"


def test_the_classifier_and_the_recipe_can_be_taken_along(
    client: TestClient, home: Path, tmp_path: Path
) -> None:
    answer = client.get("/runs/first/classifier")
    assert answer.headers["content-disposition"] == 'attachment; filename="first.safetensors"'
    path = tmp_path / "taken.safetensors"
    path.write_bytes(answer.content)
    assert load(path).classes == Run(home / "first").classes
    recipe = client.get("/runs/first/recipe")
    assert recipe.headers["content-disposition"] == 'attachment; filename="first.toml"'
    assert Recipe.from_toml(recipe.text) == Run(home / "first").recipe


def test_the_surest_mistakes_come_first_and_pairs_lead_to_their_pictures(
    client: TestClient, home: Path
) -> None:
    judged = judge(Run(home / "first"))
    page = client.get("/runs/first/mistakes").text
    places = [int(place) for place in re.findall(r"place=(\d+)&amp;side", page)]
    assert places[:5] == judged.wrong[:5].tolist()
    assert "Most confused" in page
    assert client.get("/runs/first/mistakes?show=labels").status_code == 200


def test_calibration_says_its_words_and_has_its_numbers_as_a_table(client: TestClient) -> None:
    page = client.get("/runs/first/calibration").text
    assert "Expected calibration error" in page
    assert page.count('<circle class="bin"') == page.count("<tr>") - 1


def test_the_marks_of_the_diagram_stand_where_the_numbers_say() -> None:
    bins = tuple(
        Bin(confidence, accuracy_interval(correct, 100))
        for confidence, correct in ((0.5, 50), (1.0, 100))
    )
    diagram = diagram_of(Calibration(bins, "equal-mass", 200, 0.0, 0.0, 0.01, 0.02, 0.0))
    assert diagram.start == pytest.approx(0.4)
    first, last = diagram.marks
    assert first.high < first.y < first.low  # SVG counts downwards
    assert (last.x, last.y) == (RIGHT, TOP)
    assert [text for _, _, text in diagram.ticks] == [
        "40%", "50%", "60%", "70%", "80%", "90%", "100%",
    ]  # fmt: skip
    assert diagram.ticks[0][:2] == (LEFT, BOTTOM)


def test_filters_are_pictures_and_dead_ones_are_named(client: TestClient, home: Path) -> None:
    assert "Looking at the pictures" in client.get("/runs/first/filters").text
    seen = client.get("/runs/first/filters/seen").text
    assert seen.count("<li>") == 8
    assert seen.count('class="weights"') == 8
    second = Run(home / "first").classifier.contract.net
    assert second is not None
    deeper = client.get("/runs/first/filters/seen?layer=3 conv 8").text
    assert deeper.count("<li>") == 8
    assert 'class="weights"' not in deeper


def test_a_net_without_convolutions_says_that_it_has_no_filters(
    client: TestClient, home: Path
) -> None:
    train(home=home, name="plain", size="16x16", progress=False, **QUICK)
    page = client.get("/runs/plain/filters").text
    assert "This net has no convolution" in page


def test_a_run_of_ones_own_module_is_shown_without_what_needs_its_layers(
    client: TestClient, home: Path
) -> None:
    module = nn.Sequential(nn.Flatten(), nn.Linear(144, 3))
    train(striped_data(), net=module, epochs=1, home=home, name="own", progress=False)
    page = client.get("/runs/own").text
    assert "a torch module of your own, with 435 parameters" in page
    assert 'href="/runs/own/inside"' not in page
    assert 'href="/runs/own/mistakes"' in page


def test_a_run_without_held_out_pictures_claims_nothing(client: TestClient, home: Path) -> None:
    train(striped_data(validation=0), home=home, name="alone", progress=False, **QUICK)
    page = client.get("/runs/alone").text
    assert "nobody knows how right it is on new ones" in page
    assert "Training accuracy" in page
    assert 'class="matrix"' not in page
    assert "trained without validation or test" in client.get("/runs/alone/mistakes").text


def test_a_diverged_run_has_no_accuracy(client: TestClient, home: Path) -> None:
    run = train(
        striped_data(), home=home, name="wild", progress=False, optimizer="sgd", learning_rate=1e30,
        **QUICK,
    )  # fmt: skip
    assert not all(map(math.isfinite, run.metrics.values()))
    page = client.get("/runs/wild").text
    assert "training has diverged" in page
    assert "Validation accuracy" not in page
    assert client.get("/runs/wild/mistakes").status_code == 404


def test_a_killed_run_offers_to_go_on(client: TestClient, home: Path, pictures: Path) -> None:
    held = Held(home, pictures / "stripes", "left")
    held.epochs(2)
    held.kill()
    page = client.get("/runs/left").text
    assert "Its process ended without a word." in page
    assert 'action="/runs/left/resume"' in page
    assert "Validation accuracy" in page
    assert "/runs/left/inside" not in page


def test_a_failed_run_says_why(client: TestClient, home: Path, pictures: Path) -> None:
    held = Held(home, pictures / "stripes", "broken")
    held.epochs(1)
    with pytest.raises(MemoryError):
        held.events.throw(MemoryError("no <b>room</b>"))  # type: ignore[attr-defined]
    assert "Failed: MemoryError: no &lt;b&gt;room&lt;/b&gt;" in client.get("/runs/broken").text


def test_names_of_classes_are_text_and_never_markup(client: TestClient, home: Path) -> None:
    classes = ("<img src=x>", "dog", "'\"</script>")
    write_run(home / "odd", [0, 1, 2, 1], [0, 1, 1, 2], classes=classes, size="8x8")
    for end in ("", "/mistakes", "/cell?truth=2&said=1", "/calibration"):
        page = client.get(f"/runs/odd{end}").text
        assert "<img src=x>" not in page
        assert "'\"</script>" not in page
        assert "dog" in page or end == "/calibration"


def test_many_classes_are_pairs_and_no_matrix(client: TestClient, home: Path) -> None:
    classes = [f"class {number}" for number in range(60)]
    chance = np.random.default_rng(0)
    truth, answers = chance.integers(0, 60, (2, 500)).tolist()
    write_run(home / "many", answers, truth, classes=classes, size="8x8")
    page = client.get("/runs/many").text
    assert 'class="matrix"' not in page
    assert "60 classes are too many for a matrix" in page


@pytest.mark.parametrize("name", ["nobody", "first%2f..%2f..", "..%2ffirst"])
def test_what_is_no_run_is_not_here(client: TestClient, name: str) -> None:
    for end in ("", "/mistakes", "/classifier", "/picture?split=train&place=0"):
        assert client.get(f"/runs/{name}{end}").status_code == 404


@pytest.mark.parametrize(
    "name", ["history.jsonl", "environment.json", "predictions.npz", "classifier.safetensors"]
)
def test_a_pipe_in_the_place_of_a_file_of_a_run_is_told_of_and_nobody_waits_for_it(
    client: TestClient, home: Path, name: str
) -> None:
    (home / "first" / name).unlink()
    os.mkfifo(home / "first" / name)
    pages = {
        address: client.get(address).text
        for address in (
            "/", "/runs/first", "/runs/first/events", "/runs/first/mistakes", "/runs/first/inside",
            "/runs/first/classifier", "/runs/first/predict", "/predict", "/learn",
            "/compare?run=first&run=second",
        )
    }  # fmt: skip
    assert not any("the studio has failed" in page for page in pages.values())
    assert "second" in pages["/"]
    if name == "history.jsonl":
        for address in ("/", "/runs/first"):
            assert f"{name} is damaged: expected a file, got a pipe" in pages[address]


def test_curves_have_a_series_for_each_part_from_the_start_on() -> None:
    series = curves_of((), {"train": 9, "test": 3})["loss"]["series"]
    assert [(one["label"], one["metric"]) for one in series] == [
        ("training, as met", "loss"),
        ("test", "test_loss"),
    ]


def test_numbers_that_are_none_are_gaps(home: Path) -> None:
    run = Run(home / "first")
    lines = (run.path / "history.jsonl").read_text().splitlines(keepends=True)
    at = next(place for place, line in enumerate(lines) if '"epoch": 2' in line)
    row = json.loads(lines[at])
    row["metrics"]["val_loss"] = None
    lines[at] = json.dumps(row) + "\n"
    (run.path / "history.jsonl").write_text("".join(lines))
    rows = epochs_of(Run(run.path))
    parts: list[SplitName] = ["validation"]
    values = curves_of(rows, parts)["loss"]["series"][1]["values"]
    assert values[1] is None
    assert values[0] is not None


@pytest.mark.slow
def test_a_finished_run_in_the_browser(tab: Page, axe: Callable[[Page], None], home: Path) -> None:
    tab.goto("/runs/first")
    expect(tab.locator(".plot canvas")).to_have_count(2)
    expect(tab.locator(".plot-legend").first).to_contain_text("validation")
    axe(tab)
    counts = confusion_of(judge(Run(home / "first"))).counts
    truth, said = divmod(int(counts.argmax()), 2)
    tab.locator(f'.matrix a[href*="truth={truth}&said={said}"]').click()
    expect(tab.locator("#behind h2")).to_be_focused()
    tab.get_by_role("button", name="Show more pictures").click()
    expect(tab.locator("#behind figure a").nth(48)).to_be_focused()
    expect(tab.locator("#behind img").first).to_be_visible()
    until_loaded = "image => image.complete && image.naturalWidth > 0"
    tab.wait_for_function(
        f"() => [...document.querySelectorAll('#behind img')].slice(0, 4).every({until_loaded})"
    )
    for name in ("Mistakes", "Calibration", "Filters"):
        tab.get_by_role("navigation", name="Parts of run first").get_by_role(
            "link", name=name
        ).click()
        expect(tab.locator(".tabs [aria-current]")).to_have_text(name)
        if name == "Filters":
            expect(tab.locator(".filters li")).to_have_count(8)
        axe(tab)


@pytest.mark.slow
@pytest.mark.parametrize("width", [390, 1280, 1920])
def test_no_page_of_a_run_is_wider_than_the_window(tab: Page, width: int) -> None:
    tab.set_viewport_size({"width": width, "height": 900})
    for end in ("", "/mistakes", "/calibration", "/filters"):
        tab.goto(f"/runs/first{end}")
        tab.wait_for_load_state("networkidle")
        assert tab.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.slow
def test_the_curves_follow_the_colour_scheme(tab: Page) -> None:
    tab.goto("/runs/first")
    expect(tab.locator(".plot canvas")).to_have_count(2)
    before = tab.locator(".plot canvas").first.evaluate("canvas => canvas.toDataURL()")
    tab.get_by_role("button", name="Change between light and dark").click()
    tab.wait_for_function(
        "before => document.querySelector('.plot canvas').toDataURL() !== before", arg=before
    )
