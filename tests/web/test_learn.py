"""Learn: thirteen questions, each answered by a network of the reader's own."""

import io
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Page, expect
from starlette.testclient import TestClient

from lenswork.look.quiz.first_network import FIRST_NETWORK
from lenswork.look.quiz.questions import OF_A_PICTURE, QUESTIONS, Question
from lenswork.training.recipe import Recipe
from lenswork.web.app import studio
from lenswork.web.pages import learn_shown
from lenswork.web.settings import Settings

FRAGMENT = {"HX-Request": "true"}
NUMBERS = range(1, 14)


def picture() -> bytes:
    pixels = np.random.default_rng(5).integers(0, 256, (40, 50, 3), dtype=np.uint8)
    stream = io.BytesIO()
    Image.fromarray(pixels).save(stream, "PNG")
    return stream.getvalue()


@pytest.fixture
def nobody(tmp_path: Path) -> TestClient:
    """A studio whose home has no run yet."""
    settings = Settings(home=tmp_path / "none", host="127.0.0.1", port=80)
    return TestClient(
        studio(settings), base_url="http://127.0.0.1", headers={"origin": "http://127.0.0.1"},
        raise_server_exceptions=False,
    )  # fmt: skip


def test_the_list_has_every_idea_in_order(client: TestClient) -> None:
    text = client.get("/learn").text
    places = [text.index(f'href="/learn/{number}"') for number in NUMBERS]
    assert places == sorted(places)
    assert "first (horses-or-humans-150)" in text


@pytest.mark.parametrize("number", NUMBERS)
def test_every_idea_has_its_page_with_the_way_on_and_back(client: TestClient, number: int) -> None:
    answer = client.get(f"/learn/{number}")
    assert answer.status_code == 200
    assert f"{number} of 13" in answer.text
    assert answer.text.count('name="choice"') == 4
    assert ('rel="prev"' in answer.text) == (number > 1)
    assert ('rel="next"' in answer.text) == (number < 13)


@pytest.mark.parametrize("place", ["/learn/0", "/learn/14", "/learn/x", f"/learn/{5000 * '9'}"])
def test_there_are_no_other_ideas(client: TestClient, place: str) -> None:
    assert client.get(place).status_code == 404


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda one: str(one.number))
def test_the_right_answer_is_right_and_the_others_are_not(
    client: TestClient, question: Question
) -> None:
    for choice in range(4):
        answer = client.post(f"/learn/{question.number}/answer", data={"choice": str(choice)})
        right = "true" if choice == question.right else "false"
        assert f'data-right="{right}"' in answer.text


@pytest.mark.parametrize("choice", ["", "4", "x", "-1"])
def test_an_answer_must_be_one_of_the_choices(client: TestClient, choice: str) -> None:
    answer = client.post("/learn/4/answer", data={"choice": choice}, headers=FRAGMENT)
    assert answer.text.strip() == "<p>choose one of the answers first</p>"


@pytest.mark.slow
@pytest.mark.parametrize("number", NUMBERS)
def test_every_question_is_shown_by_the_reader_s_network(client: TestClient, number: int) -> None:
    answer = client.post(f"/learn/{number}/demonstration", data={"run": "first"})
    assert answer.status_code == 200, answer.text
    assert 'class="learn-said"' in answer.text
    assert "cannot be opened here" not in answer.text


@pytest.mark.slow
@pytest.mark.parametrize("number", sorted(OF_A_PICTURE))
def test_a_picture_of_ones_own_is_looked_at(client: TestClient, number: int) -> None:
    sent = {"picture-file": ("mine.png", picture(), "image/png")}
    answer = client.post(f"/learn/{number}/demonstration", data={"run": "first"}, files=sent)
    assert answer.status_code == 200, answer.text
    assert "mine.png" in answer.text


def test_what_is_no_picture_is_refused_by_name(client: TestClient) -> None:
    sent = {"picture-file": ("mine.txt", b"no", "image/png")}
    answer = client.post(
        "/learn/1/demonstration", data={"run": "first"}, files=sent, headers=FRAGMENT
    )
    assert answer.headers["lenswork-refused"] == "1"
    assert "mine.txt" in answer.text


def test_a_value_beyond_its_limits_is_refused_with_them(client: TestClient) -> None:
    words = {"run": "first", "filter": "8"}
    answer = client.post("/learn/1/demonstration", data=words, headers=FRAGMENT)
    assert answer.headers["lenswork-refused"] == "1"
    assert "filter must be from 0 to 7, got 8" in answer.text


@pytest.mark.parametrize("run", ["", "gone", "../first"])
def test_a_network_that_is_not_there_is_said(client: TestClient, run: str) -> None:
    answer = client.post("/learn/1/demonstration", data={"run": run}, headers=FRAGMENT)
    assert answer.headers["lenswork-refused"] == "1"
    assert "there is no" in answer.text


def test_a_file_s_name_cannot_become_markup(client: TestClient) -> None:
    sent = {"picture-file": ("<img src=x>.png", picture(), "image/png")}
    answer = client.post("/learn/9/demonstration", data={"run": "first"}, files=sent)
    assert "<img src=x>" not in answer.text
    assert "&lt;img src=x&gt;" in answer.text


def test_one_who_has_no_network_is_offered_a_first_one(nobody: TestClient) -> None:
    text = nobody.get("/learn/4").text
    assert "Train a first network" in text
    assert 'id="run"' not in text


def test_the_first_network_is_begun_and_the_reader_comes_back(
    nobody: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun: list[Recipe] = []

    def start(settings: Settings, recipe: Recipe) -> str:
        begun.append(recipe)
        return "first-network"

    monkeypatch.setattr(learn_shown, "start_training", start)
    answer = nobody.post("/learn/train", data={"number": "4"}, follow_redirects=False)
    assert begun == [FIRST_NETWORK]
    assert answer.status_code == 303
    assert answer.headers["location"] == "/learn/4?training=first-network"
    answer = nobody.post("/learn/train", data={"number": "//evil"}, follow_redirects=False)
    assert answer.headers["location"] == "/learn?training=first-network"


def test_a_network_that_has_been_trained_takes_the_reader_on(client: TestClient) -> None:
    answer = client.get("/learn/network", params={"training": "second", "number": "3"})
    assert answer.headers["hx-redirect"] == "/learn/3?run=second"
    assert "hx-redirect" not in client.get("/learn/network").headers


def test_the_run_that_the_address_names_is_chosen(client: TestClient) -> None:
    text = client.get("/learn/1", params={"run": "first"}).text
    assert '<option value="first" selected>' in text
    assert "data-stated" in text


@pytest.mark.slow
def test_a_reader_answers_sees_and_changes(tab: Page) -> None:
    tab.goto("/learn/1?run=first")
    tab.get_by_role("button", name="Answer").click()
    expect(tab.locator("#learn-unanswered")).to_have_text("choose one of the answers first")
    tab.get_by_label("A way to isolate features in a picture").check()
    tab.get_by_role("button", name="Answer").click()
    expect(tab.locator("#learn-outcome")).to_contain_text("Right.")
    said = tab.locator(".learn-said p").first
    expect(said).to_contain_text("of layer 1 conv 8 was laid on 900 places")
    tab.get_by_label("Filter", exact=True).fill("5")
    expect(said).to_contain_text("Filter 5 of layer 1")
    tab.get_by_label("Filter", exact=True).fill("99")
    expect(tab.locator("#learn-refused")).to_contain_text("filter must be from 0 to 7, got 99")
    expect(tab.get_by_label("Filter", exact=True)).to_have_value("99")
    expect(said).to_contain_text("Filter 5 of layer 1")


@pytest.mark.slow
def test_the_filter_is_watched_on_its_way(tab: Page) -> None:
    tab.goto("/learn/1?run=first")
    tab.get_by_label("A way to make a picture smaller").check()
    tab.get_by_role("button", name="Answer").click()
    expect(tab.locator("#learn-outcome")).to_contain_text("Not so.")
    place = tab.get_by_label("The filter's place")
    assert 0 <= int(place.input_value()) < 900
    place.fill("31")
    expect(tab.locator(".learn-way output")).to_contain_text("row 1, column 1")
    tab.get_by_role("button", name="Watch").click()
    expect(tab.get_by_role("button", name="Stop")).to_be_visible()
    output = tab.locator(".learn-way output")
    expect(output).not_to_contain_text("row 1, column 1:")
    tab.get_by_role("button", name="Stop").click()
    expect(tab.get_by_role("button", name="Watch")).to_be_visible()


@pytest.mark.slow
def test_what_was_answered_is_kept_in_this_browser(tab: Page) -> None:
    tab.goto("/learn/5")
    tab.get_by_label("13x13").check()
    tab.get_by_role("button", name="Answer").click()
    expect(tab.locator("#learn-outcome")).to_contain_text("Right.")
    tab.goto("/learn")
    expect(tab.locator("#learn-done")).to_have_text("1 of 13 answered")
    expect(tab.locator('[data-number="5"] .learn-mark')).to_have_text("right")
    tab.goto("/learn/5")
    expect(tab.get_by_label("13x13")).to_be_checked()
    expect(tab.locator(".learn-said")).to_contain_text("What comes out is 13x13.")
    tab.goto("/learn")
    tab.get_by_role("button", name="Begin again").click()
    expect(tab.locator("#learn-done")).to_have_text("0 of 13 answered")


@pytest.mark.slow
def test_a_picture_of_ones_own_takes_the_place_of_the_data_s(tab: Page) -> None:
    tab.goto("/learn/9?run=first")
    tab.get_by_label("Nothing: each picture keeps its own size").check()
    tab.get_by_role("button", name="Answer").click()
    said = tab.locator(".learn-said p").first
    expect(said).to_contain_text("target size is 32x32")
    tab.get_by_text("Use a picture of your own").click()
    tab.locator("input[data-way=file]").set_input_files(
        {"name": "mine.png", "mimeType": "image/png", "buffer": picture()}
    )
    expect(said).to_contain_text("mine.png was stored at 40x50")
    tab.get_by_role("button", name="Back to the data's pictures").click()
    expect(said).not_to_contain_text("mine.png")


@pytest.mark.slow
def test_the_curves_are_drawn(tab: Page) -> None:
    tab.goto("/learn/11?run=first")
    tab.get_by_label("Overfitting").check()
    tab.get_by_role("button", name="Answer").click()
    expect(tab.locator(".learn-part .plot canvas")).to_have_count(2)


@pytest.mark.slow
@pytest.mark.parametrize("width", [390, 1280, 1920])
def test_the_pages_fit_and_are_accessible(
    tab: Page, axe: Callable[[Page], None], width: int
) -> None:
    tab.set_viewport_size({"width": width, "height": 900})
    tab.goto("/learn")
    assert tab.evaluate("document.documentElement.scrollWidth") <= width
    axe(tab)
    for number in (2, 12):
        tab.goto(f"/learn/{number}?run=first")
        tab.locator("input[name=choice]").first.check()
        tab.get_by_role("button", name="Answer").click()
        expect(tab.locator(".learn-said")).to_be_visible()
        assert tab.evaluate("document.documentElement.scrollWidth") <= width
        axe(tab)


@pytest.mark.slow
def test_the_pages_with_the_questions_load_no_torch() -> None:
    code = "import sys, lenswork.web.pages.learn; assert 'torch' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)
