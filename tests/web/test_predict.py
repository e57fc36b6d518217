"""The page answers as `lenswork predict` does, says what was done to a picture, and keeps none."""

import csv
import io
import re
from base64 import b64decode
from collections.abc import Callable
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from html_shape import elements
from hypothesis import HealthCheck, given
from hypothesis import settings as examples
from hypothesis import strategies as st
from picture_files import encoded, noise
from playwright.sync_api import Page, expect
from starlette.testclient import TestClient

from lenswork.cli.app import main
from lenswork.model.answering import Answering
from lenswork.model.classifier import Classifier, load
from lenswork.record.run import CLASSIFIER
from lenswork.use.answers_csv import csv_header, csv_line
from lenswork.use.fast import load_fast
from lenswork.use.predict import Upload, answer_files

SAMPLE = Path(str(files("lenswork.data").joinpath("sample")))
PAGE = "/runs/first/predict"
HTMX = {"hx-request": "true"}


@pytest.fixture(scope="session")
def classifier(recorded: Path) -> Answering:
    """The first run's, opened as `lenswork predict` opens it, apart from the studio."""
    return load_fast(recorded / "first" / CLASSIFIER)


@pytest.fixture(scope="session")
def sample() -> list[Path]:
    """Pictures of each class that the runs were not trained on."""
    found = sorted((SAMPLE / "validation").rglob("*.jpg"))
    return found[:: len(found) // 12]


def form(*given: tuple[str, bytes]) -> list[tuple[str, tuple[str, bytes]]]:
    return [("picture", one) for one in given]


def numbers(html: str) -> list[float]:
    """What the page says to the last digit."""
    return [float(said) for said in re.findall(r'<data value="([^"]+)">', html)]


def test_the_runs_that_can_be_asked_are_listed(client: TestClient, home: Path) -> None:
    html = client.get("/predict").text
    assert 'href="/runs/first/predict"' in html
    assert 'href="/runs/second/predict"' in html
    (home / "second" / "history.jsonl").unlink()
    assert 'href="/runs/second/predict"' not in client.get("/predict").text


def test_without_a_run_the_page_says_what_to_do(client: TestClient, home: Path) -> None:
    for name in ("first", "second"):
        (home / name / "recipe.toml").unlink()
    html = client.get("/predict").text
    assert "No run has been finished yet" in html
    assert 'href="/new"' in html


def test_the_page_tells_the_classes_and_the_limits_before_anything_is_sent(
    client: TestClient, classifier: Answering
) -> None:
    html = client.get(PAGE).text
    assert f"2 classes apart: {', '.join(classifier.classes)}" in html
    assert "Up to 64.0 MB and 50,000,000 pixels each." in html
    assert classifier.contract.preprocess.describe() in html


def test_a_run_without_a_classifier_says_how_to_get_one(client: TestClient, home: Path) -> None:
    (home / "first" / CLASSIFIER).unlink()
    answer = client.get(PAGE)
    assert answer.status_code == 404
    assert "run first (finished) has no classifier" in answer.text


def test_one_picture_is_answered_to_the_last_digit_as_the_command_answers_it(
    client: TestClient, classifier: Answering, sample: list[Path]
) -> None:
    for path in sample:
        (said,) = answer_files(classifier, [path])
        assert said.prediction is not None
        html = client.post(PAGE, files=form((path.name, path.read_bytes())), headers=HTMX).text
        best = sorted(said.prediction.probabilities.values(), reverse=True)
        assert numbers(html) == [said.prediction.probability, *best]
        assert f"<b>{said.prediction.class_name}</b>" in html


def test_many_pictures_are_answered_to_the_last_digit_as_the_command_answers_them(
    client: TestClient, classifier: Answering, sample: list[Path]
) -> None:
    uploads = [Upload(path.name, path.read_bytes()) for path in sample]
    uploads[3:3] = [Upload("notes.txt", b"no picture"), Upload("empty", b"")]
    said = list(answer_files(classifier, uploads))
    sent = form(*[(one.name, one.content) for one in uploads])
    answers = client.post(f"{PAGE}/many", files=sent).json()
    assert [one["line"] for one in answers] == [csv_line(one, classifier.classes) for one in said]
    assert [one["probability"] for one in answers] == [
        one.prediction.probability if one.prediction else None for one in said
    ]
    assert [one["error"] for one in answers] == [one.error for one in said]
    assert answers[3]["error"].startswith("cannot read notes.txt: expected a JPEG, PNG")
    assert answers[4]["error"] == "cannot read empty: the file is empty (0 bytes)"


def test_the_lines_of_csv_are_those_that_the_command_prints(
    client: TestClient, home: Path, sample: list[Path], capsys: pytest.CaptureFixture[str]
) -> None:
    sent = form(*[(path.name, path.read_bytes()) for path in sample])
    answers = client.post(f"{PAGE}/many", files=sent).json()
    with pytest.raises(SystemExit):
        main(["predict", "first", "--csv", "--home", str(home), *map(str, sample)])
    _, *printed = capsys.readouterr().out.splitlines()
    lines = [one["line"] for one in answers]
    assert [line.partition(",")[2] for line in lines] == [
        line.partition(",")[2] for line in printed
    ]


def test_a_golden_picture_gets_its_golden_answer(client: TestClient, classifier: Answering) -> None:
    expected = classifier.probabilities_of(classifier.golden)
    for place in range(len(classifier.golden)):
        picture = client.get(f"{PAGE}/golden", params={"place": place})
        assert picture.headers["content-type"] == "image/png"
        html = client.post(PAGE, files=form(("golden.png", picture.content)), headers=HTMX).text
        assert numbers(html)[1:] == pytest.approx(sorted(expected[place], reverse=True), abs=1e-6)


@pytest.mark.parametrize("place", ["", "-1", "2", "1.0", "²", "99999999999999999999", "a"])
def test_a_golden_picture_that_is_not_there_is_told_so(client: TestClient, place: str) -> None:
    answer = client.get(f"{PAGE}/golden", params={"place": place})
    assert answer.status_code == 422
    assert "place must be from 0 to 1, got" in answer.text


def test_the_picture_is_shown_as_the_network_saw_it(
    client: TestClient, classifier: Answering
) -> None:
    content = encoded(noise(40, 60, 4), "PNG")
    html = client.post(PAGE, files=form(("a.png", content)), headers=HTMX).text
    assert 'width="32" height="32"' in html
    for step in (
        "transparent pixels laid on white",
        "resized from 60 × 40 to 32 × 32 pixels (bilinear), which changes its proportions",
        "values divided by 255",
    ):
        assert f"<li>{step}</li>" in html
    shown = re.search(r"data:image/png;base64,([^\"]+)", html)
    assert shown is not None
    seen = client.post(PAGE, files=form(("again.png", b64decode(shown[1]))), headers=HTMX).text
    assert numbers(seen) == numbers(html)
    assert "<li>kept at its size, 32 × 32 pixels</li>" in seen


NAMES = st.text(min_size=1, max_size=40).filter(lambda name: not re.search(r"[\r\n\"\\]", name))
MARKUP = ["<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "' onload='", "{{ 7*7 }}"]


@examples(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(name=st.one_of(NAMES, st.sampled_from(MARKUP)))
def test_no_name_of_a_file_becomes_markup(client: TestClient, name: str) -> None:
    picture = encoded(noise(4, 4, 1), "PNG")
    plain = client.post(PAGE, files=form(("a.png", picture)), headers=HTMX)
    odd = client.post(PAGE, files=form((name, picture)), headers=HTMX)
    assert elements(odd.text) == elements(plain.text)
    refused = client.post(PAGE, files=form((name, b"no picture")))
    assert elements(refused.text) == elements(client.post(PAGE, files=form(("a", b"b"))).text)


CLASS = st.text(min_size=1, max_size=20).filter(str.isprintable)


@examples(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    names=st.lists(st.one_of(CLASS, st.sampled_from(MARKUP)), min_size=2, max_size=2, unique=True)
)
def test_no_name_of_a_class_becomes_markup(
    client: TestClient, home: Path, names: list[str]
) -> None:
    picture = encoded(noise(4, 4, 1), "PNG")
    pages = [client.get(PAGE).text, client.post(PAGE, files=form(("a.png", picture))).text]
    path = home / "second" / CLASSIFIER
    was = load(home / "first" / CLASSIFIER)
    contract = was.contract.model_copy(update={"classes": tuple(names)})
    path.unlink()
    Classifier(was.network, contract, was.golden).save(path)
    here = PAGE.replace("first", "second")
    odd = [client.get(here).text, client.post(here, files=form(("a.png", picture))).text]
    assert [elements(html) for html in odd] == [elements(html) for html in pages]


# in a browser


@pytest.fixture
def many(tmp_path: Path) -> list[Path]:
    """Seventy files, more than one request's: noise, and one that is no picture."""
    folder = tmp_path / "many"
    folder.mkdir()
    for number in range(70):
        content = encoded(noise(12, 20, 3, seed=number), "PNG")
        (folder / f"={number}.png").write_bytes(b"no picture" if number == 65 else content)
    return sorted(folder.iterdir(), key=lambda path: int(path.stem[1:]))


def choose_files(tab: Page, paths: list[Path]) -> None:
    tab.set_input_files("input[data-way=file]", [str(path) for path in paths])


@pytest.mark.slow
def test_a_picture_that_is_chosen_is_answered_beside_itself(
    tab: Page, classifier: Answering, sample: list[Path], axe: Callable[[Page], None]
) -> None:
    tab.goto(PAGE)
    axe(tab)
    choose_files(tab, sample[:1])
    (said,) = answer_files(classifier, sample[:1])
    assert said.prediction is not None
    expect(tab.locator(".predict-said b")).to_have_text(said.prediction.class_name)
    expect(tab.locator(".predict-said data")).to_have_text(f"{said.prediction.probability:.2%}")
    loaded = "() => document.querySelector('#answer-own').naturalWidth > 0"
    tab.wait_for_function(loaded)
    expect(tab.locator("#answer-said")).to_contain_text(said.prediction.class_name)
    axe(tab)


@pytest.mark.slow
def test_a_file_that_is_no_picture_is_told_and_the_next_one_is_answered(
    tab: Page, sample: list[Path], tmp_path: Path
) -> None:
    tab.goto(PAGE)
    bad = tmp_path / "bad.png"
    bad.write_bytes(b"no picture")
    refused: list[str] = []
    tab.on("console", lambda message: refused.append(message.text))
    choose_files(tab, [bad])
    expect(tab.locator("#answer .notice")).to_contain_text("cannot read bad.png: expected a JPEG")
    choose_files(tab, sample[:1])
    expect(tab.locator(".predict-said b")).to_be_visible()


@pytest.mark.slow
def test_many_files_get_a_row_each_sorted_filtered_and_as_csv(
    tab: Page, classifier: Answering, many: list[Path], axe: Callable[[Page], None]
) -> None:
    tab.goto(PAGE)
    choose_files(tab, many)
    expect(tab.locator("#many-said")).to_have_text(
        "70 of 70 answered, 1 of them without a prediction"
    )
    expect(tab.locator("#many-rows tr")).to_have_count(70)
    axe(tab)
    said = list(answer_files(classifier, [Upload(one.name, one.read_bytes()) for one in many]))
    tab.click("[data-sort=probability]")
    best = max(one.prediction.probability for one in said if one.prediction)
    first = tab.locator("#many-rows tr").first
    expect(first.locator("td").last).to_contain_text(f"{100 * best:.2f}%")
    expect(tab.locator("#many-rows tr").last).to_contain_text("cannot read =65.png")
    tab.fill("#many-name", "=6")
    expect(tab.locator("#many-rows tr")).to_have_count(11)
    tab.select_option("#many-class", "none")
    expect(tab.locator("#many-rows tr")).to_have_count(1)
    with tab.expect_download() as download:
        tab.click("#many-csv")
    assert download.value.suggested_filename == "first-answers.csv"
    text = Path(download.value.path()).read_text("utf-8")
    rows = list(csv.reader(io.StringIO(text)))
    assert rows[0] == next(csv.reader([csv_header(classifier.classes)]))
    assert [row[0] for row in rows[1:]] == [f"'={number}.png" for number in range(70)]
    plain = [next(csv.reader([csv_line(one, classifier.classes)])) for one in said]
    assert [row[1:] for row in rows[1:]] == [row[1:] for row in plain]


@pytest.mark.slow
def test_a_row_opens_in_full_and_the_table_can_be_cleared(tab: Page, many: list[Path]) -> None:
    tab.goto(PAGE)
    choose_files(tab, many[:3])
    expect(tab.locator("#many-rows tr")).to_have_count(3)
    tab.get_by_role("button", name="Show the answer for =1.png in full").click()
    expect(tab.locator(".predict-said")).to_have_attribute("data-name", "=1.png")
    tab.click("#many-clear")
    expect(tab.locator("#many")).to_be_hidden()


@pytest.mark.slow
def test_a_drawing_is_answered(tab: Page) -> None:
    tab.goto(PAGE)
    tab.click("[data-way=draw]")
    box: Any = tab.locator(".capture canvas").bounding_box()
    tab.mouse.move(box["x"] + 60, box["y"] + 60)
    tab.mouse.down()
    tab.mouse.move(box["x"] + 120, box["y"] + 120, steps=5)
    tab.mouse.up()
    expect(tab.locator(".predict-said")).to_have_attribute("data-name", "drawing.png")


@pytest.mark.slow
def test_the_camera_is_answered_live(tab: Page) -> None:
    tab.goto(PAGE)
    tab.click("[data-way=camera]")
    tab.click("[data-camera=live]")
    expect(tab.locator(".predict-said")).to_have_attribute("data-name", "camera.jpg")
    first = tab.locator(".predict-said").element_handle()
    tab.wait_for_function("first => !first.isConnected", arg=first)
    tab.click("[data-camera=power]")
    expect(tab.locator("[data-camera=live]")).to_have_attribute("aria-pressed", "false")


@pytest.mark.slow
def test_a_golden_picture_is_answered_with_one_press(tab: Page) -> None:
    tab.goto(PAGE)
    tab.locator("[data-example]").first.click()
    expect(tab.locator(".predict-said")).to_be_visible()


@pytest.mark.slow
@pytest.mark.parametrize("width", [390, 1280, 1920])
def test_nothing_is_cut_off_at_any_width(tab: Page, many: list[Path], width: int) -> None:
    tab.set_viewport_size({"width": width, "height": 900})
    for address in ("/predict", PAGE):
        tab.goto(address)
        assert tab.evaluate("document.documentElement.scrollWidth") <= width
    choose_files(tab, many[:2])
    expect(tab.locator("#many-rows tr")).to_have_count(2)
    choose_files(tab, many[:1])
    expect(tab.locator(".predict-said")).to_be_visible()
    assert tab.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.slow
def test_what_is_too_large_is_not_sent(tab: Page) -> None:
    tab.goto(PAGE)
    said = """async ([size, bytes]) => {
      const { tooLarge } = await import("/static/predict-post.js");
      return tooLarge({ size }, { bytes, extra: 1024 });
    }"""
    megabyte = 10**6
    assert tab.evaluate(said, [megabyte - 1024, megabyte]) is None
    assert tab.evaluate(said, [3 * megabyte // 2, megabyte]) == (
        "it has 1.5 MB, and the studio takes 1 MB at once: make it smaller"
    )
