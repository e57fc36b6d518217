"""Data: sheets of pictures, the doctor's findings, and nothing outside of what was given."""

import io
import json
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from html import unescape
from pathlib import Path

import numpy as np
import pytest
from picture_files import encoded, noise
from PIL import Image
from planted import write_pictures
from playwright.sync_api import Page, expect
from starlette.testclient import TestClient

from lenswork.data.dataset import ArraySource, Dataset, Part
from lenswork.data.sources import VARIABLE
from lenswork.errors import DataError
from lenswork.web import examinations
from lenswork.web.examinations import begin, going_on, known_of
from lenswork.web.named import allowed_data
from lenswork.web.opened import data_named, stamp_of
from lenswork.web.settings import Settings
from lenswork.web.sheets import PAGE, SPREAD, label_of, sheet_of

SAMPLE = "horses-or-humans-150"
HOSTILE = "<img src=x onerror=alert(1)>&amp;\u202e"
LONG = "a" * 200


@pytest.fixture
def pets(pictures: Path) -> Path:
    return write_pictures(
        pictures / "pets",
        {"train/cats": 8, "train/dogs": 8, "validation/cats": 5, "validation/dogs": 5},
    )


def many(count: int, classes: int) -> Dataset:
    """A data set of one small grey picture, `count` times."""
    pictures = np.broadcast_to(np.zeros((1, 8, 8, 1), np.uint8), (count, 8, 8, 1))
    labels = np.arange(count, dtype=np.int64) % classes
    ids = tuple(f"train/{number:06d}.png" for number in range(count))
    names = tuple(f"class {label}" for label in range(classes))
    return Dataset("many", names, {"train": Part(ArraySource(pictures), labels, ids)})


def text_of(html: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", html)).split())


def examined(settings: Settings, data: str) -> None:
    begin(settings, data)
    end = time.monotonic() + 60
    while (running := going_on(settings, data)) is not None and not running.over:
        assert time.monotonic() < end
        time.sleep(0.05)


def test_a_sheet_shows_a_class_page_by_page_without_leaving_one_out() -> None:
    sheet = sheet_of(many(1000, 3), None, {})
    seen: list[int] = []
    after: int | None = 0
    while after is not None:
        page = sheet.page(1, after)
        seen += [tile.place for tile in page.tiles]
        after = page.after
    assert seen == list(range(1, 1000, 3))
    assert sheet.page(1, 10**9).start == 332


def test_a_class_is_stood_for_by_pictures_from_all_of_it() -> None:
    [row, *others] = sheet_of(many(1000, 3), "train", {}).rows(0)
    places = [tile.place for tile in row.tiles]
    assert len(places) == SPREAD
    assert (places[0], places[-1]) == (0, 999)
    assert places == sorted(set(places))
    assert [one.total for one in (row, *others)] == [334, 333, 333]


def test_the_picture_before_and_after_one_are_of_the_same_class() -> None:
    sheet = sheet_of(many(10, 3), None, {})
    assert sheet.beside(4) == (1, 7)
    assert sheet.beside(0) == (None, 3)
    assert sheet.beside(9) == (6, None)


def test_a_hundred_thousand_pictures_are_paged_in_a_moment() -> None:
    sheet = sheet_of(many(100_000, 1000), None, {})
    began = time.perf_counter()
    sheet.rows(0)
    sheet.page(999, 0)
    sheet.beside(99_999)
    assert time.perf_counter() - began < 0.5


def test_a_part_or_class_that_is_not_there_is_refused() -> None:
    data = many(10, 3)
    with pytest.raises(DataError, match="many has no test part: it has train"):
        sheet_of(data, "test", {})
    assert label_of(data, None) is None
    assert label_of(data, "2") == 2
    for said in ("3", "-1", "x", "9" * 20, "٣"):
        with pytest.raises(DataError, match="many has classes 0 to 2"):
            label_of(data, said)


def test_all_that_can_be_chosen_is_listed_and_nothing_is_fetched(
    client: TestClient, pets: Path, pictures: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv(VARIABLE, str(tmp_path))
    monkeypatch.setattr("lenswork.data.sources.SYSTEM_HOMES", ())
    monkeypatch.setattr("lenswork.data.sources.cache_home", lambda: tmp_path / "nothing")
    (pictures / "letters").mkdir()
    answer = client.get("/data")
    assert answer.status_code == 200
    told = text_of(answer.text)
    assert (
        "Not on this machine: 11.5 MB to fetch, when you ask for it. lenswork data get mnist"
        in told
    )
    assert f'href="/data?data={SAMPLE}"' in answer.text
    assert "pets cats dogs" in told
    assert "letters no class folders in it: look inside" in told
    absent = client.get("/data", params={"data": "mnist"})
    assert absent.status_code == 404
    assert "mnist is not on this machine: lenswork data get mnist fetches it (11.5 MB)" in text_of(
        absent.text
    )
    assert not (tmp_path / "nothing").exists()


def test_a_folder_of_classes_names_them_and_sends_nobody_into_them(
    client: TestClient, pets: Path
) -> None:
    told = text_of(client.get("/data", params={"folder": pets / "train"}).text)
    assert "cats dogs Open this folder" in told
    assert "no class folders in it" not in told


def test_a_path_outside_is_refused_with_the_sentence_and_stays_typed(client: TestClient) -> None:
    answer = client.get("/data", params={"data": "/etc"})
    assert answer.status_code == 422
    assert "the studio opens pictures only in the folders it was given" in text_of(answer.text)
    assert 'value="/etc"' in answer.text
    for address in ("/data/sheet", "/data/findings", "/data/picture", "/data/look", "/data/report"):
        assert client.get(address, params={"data": "/etc", "place": "0"}).status_code == 422, (
            address
        )
    assert client.post("/data/findings?data=/etc").status_code == 422
    assert client.get("/data", params={"folder": "/"}).status_code == 422


def test_no_pattern_of_shards_leads_outside(settings: Settings, pictures: Path) -> None:
    (pictures / "a.tar").write_bytes(b"")
    assert allowed_data(settings, str(pictures / "a.tar")) == str(pictures / "a.tar")
    inside = str(pictures / "a-{0..2}.tar")
    assert allowed_data(settings, inside) == inside
    for said in (
        f"{pictures}/a.tar::/etc/b.tar",
        f"{pictures}/{{..,x}}/{{..,x}}/b.tar",
        f"{pictures}/../b.tar",
        "https://example.org/b.tar",
        f"{pictures}/a.tar::https://example.org/b.tar",
    ):
        with pytest.raises(DataError):
            allowed_data(settings, said)


def test_the_page_of_a_data_set_counts_and_shows_its_pictures(client: TestClient) -> None:
    page = client.get("/data", params={"data": SAMPLE})
    assert page.status_code == 200
    told = text_of(page.text)
    assert "classes 2 train 1,027 validation 256" in told
    assert "horses 500" in told
    assert f'href="/new?data={SAMPLE}"' in page.text
    assert page.text.count("<img") > 20
    assert page.text.count('loading="lazy"') == page.text.count("<figure")
    one = client.get("/data", params={"data": SAMPLE, "class": "1", "split": "validation"}).text
    assert one.count("<figure") == PAGE
    after = re.search(r'hx-get="([^"]*from=96)"', one)
    assert after is not None
    following = client.get(unescape(after[1]), headers={"hx-request": "true"})
    assert following.text.count("<figure") == 128 - PAGE
    assert "revealed" not in following.text


def test_pictures_come_small_and_are_kept_by_the_browser(client: TestClient) -> None:
    address = {"data": SAMPLE, "split": "train", "place": "3"}
    small = client.get("/data/picture", params={**address, "side": "100"})
    assert small.headers["cache-control"] == "private, max-age=3600"
    assert max(Image.open(io.BytesIO(small.content)).size) == 100
    large = client.get("/data/picture", params=address)
    assert Image.open(io.BytesIO(large.content)).size == (150, 150), "never enlarged"
    for wrong in (
        {"place": "1027"},
        {"place": "-1"},
        {"place": "x"},
        {"place": ""},
        {"side": "9999"},
    ):
        assert client.get("/data/picture", params={**address, **wrong}).status_code == 404, wrong


def test_a_picture_is_told_with_its_name_size_and_class(client: TestClient) -> None:
    page = client.get("/data/look", params={"data": SAMPLE, "split": "train", "place": "1"})
    told = text_of(page.text)
    assert (
        "class horses part train name train/horses/horse01-1.jpg size 150×150 pixels, colour"
        in told
    )
    assert "kB" in told
    assert "← Before" in told
    assert "<html" in page.text
    part = client.get(
        "/data/look", params={"data": SAMPLE, "place": "0"}, headers={"hx-request": "true"}
    )
    assert "<html" not in part.text
    assert "← Before" not in part.text


def test_files_that_come_or_go_are_seen_at_once(client: TestClient, pets: Path) -> None:
    assert "train 16" in text_of(client.get("/data", params={"data": str(pets)}).text)
    stamp = stamp_of(str(pets))
    (pets / "train" / "cats" / "cats-0.png").unlink()
    assert stamp_of(str(pets)) != stamp
    assert "train 15" in text_of(client.get("/data", params={"data": str(pets)}).text)


def test_refused_data_has_the_sentence_and_the_doctor(client: TestClient, pets: Path) -> None:
    (pets / "validation" / "dogs").rename(pets / "validation" / "dog")
    page = client.get("/data", params={"data": str(pets)})
    assert page.status_code == 200
    assert "expected the same class folders in train/ and validation/" in text_of(page.text)
    found = client.get("/data/findings", params={"data": str(pets)})
    assert "train/ and validation/ have different classes" in text_of(found.text)
    assert "training refuses this data" in text_of(found.text)


def test_a_known_name_is_no_folder_to_look_around_in(
    client: TestClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "mnist" / "private").mkdir(parents=True)
    monkeypatch.chdir(tmp_path)
    answer = client.get("/data", params={"folder": "mnist"})
    assert answer.status_code == 422
    assert "the studio opens pictures only in the folders it was given" in answer.text
    assert "private" not in answer.text


def test_a_folder_that_is_not_there_has_an_empty_page(client: TestClient, pictures: Path) -> None:
    page = client.get("/data", params={"data": str(pictures / "gone")})
    assert page.status_code == 404
    assert "is neither a folder nor a known data set" in text_of(page.text)
    assert "Correct the path, or choose other data." in text_of(page.text)


def test_names_are_text_and_nothing_else(client: TestClient, pictures: Path) -> None:
    root = pictures / "odd"
    for name in (HOSTILE.replace("/", ""), LONG):
        (root / name).mkdir(parents=True)
        for number in range(4):
            content = encoded(noise(8, 8, 3, number), "PNG")
            (root / name / f"<b>{number}&\x1b[31m.png").write_bytes(content)
    for address in ("/data", "/data/sheet", "/data/findings", "/data/look"):
        answer = client.get(address, params={"data": str(root), "place": "0"})
        assert answer.status_code == 200, address
        for character in ("\x1b", "\u202e"):
            assert character not in answer.text, address
        assert "<img src=x" not in answer.text
        assert "<b>0" not in answer.text
    sheet = client.get("/data/sheet", params={"data": str(root)}).text
    assert "&lt;img src=x onerror=alert(1)&gt;&amp;amp;\\u202e" in sheet
    assert "&lt;b&gt;0&amp;\\x1b[31m.png" in sheet


def test_a_picture_that_cannot_be_read_is_drawn_so(client: TestClient, pets: Path) -> None:
    (pets / "train" / "cats" / "cats-0.png").write_bytes(b"not a picture")
    address = {"data": str(pets), "split": "train", "place": "0"}
    assert client.get("/data/picture", params=address).headers["content-type"] == "image/svg+xml"
    told = text_of(client.get("/data/look", params=address).text)
    assert "expected a JPEG, PNG, WebP, BMP, GIF or TIFF picture" in told
    assert "/data/picture" in client.get("/data", params={"data": str(pets)}).text


def test_the_doctor_looks_at_names_first_and_at_pictures_when_asked(
    client: TestClient, settings: Settings, pets: Path
) -> None:
    (pets / "train" / "cats" / "cats-0.png").write_bytes(b"not a picture")
    first = client.get("/data/findings", params={"data": str(pets)})
    assert "none was opened" in text_of(first.text)
    assert "Examine every picture" in first.text
    answer = client.post(
        "/data/findings", params={"data": str(pets)}, headers={"hx-request": "true"}
    )
    assert answer.status_code == 200
    examined(settings, str(pets))
    full = client.get("/data/findings", params={"data": str(pets)})
    assert "1 file is no picture" in text_of(full.text)
    assert "Examine again" in full.text
    assert "1 refuse: training refuses this data." in text_of(full.text)
    marked = client.get("/data/sheet", params={"data": str(pets), "class": "0"}).text
    assert marked.count('class="mark refuse"') == 1
    look = client.get("/data/look", params={"data": str(pets), "place": "0"}).text
    assert "1 file is no picture" in look
    report = client.get("/data/report", params={"data": str(pets)})
    assert report.headers["content-disposition"] == 'attachment; filename="doctor.html"'
    assert "1 file is no picture" in report.text


def test_a_full_report_is_kept_with_the_runs_until_the_files_change(
    settings: Settings, pets: Path, tmp_path: Path
) -> None:
    examined(settings, str(pets))
    known = known_of(settings, str(pets)).report
    assert not known.quick
    elsewhere = replace(settings, home=shutil.copytree(settings.home, tmp_path / "copied"))
    assert known_of(elsewhere, str(pets)).report.findings == known.findings
    (pets / "train" / "cats" / "new.png").write_bytes(encoded(noise(8, 8, 3), "PNG"))
    assert known_of(settings, str(pets)).report.quick
    assert len(data_named(settings, str(pets)).train) == 17


def test_an_examination_that_cannot_begin_can_be_begun_again(
    settings: Settings, pets: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def none_to_be_had(*_: object, **__: object) -> None:
        raise OSError(11, "Resource temporarily unavailable")

    with monkeypatch.context() as patch:
        patch.setattr(subprocess, "Popen", none_to_be_had)
        for _ in range(2):
            with pytest.raises(OSError, match="temporarily unavailable"):
                begin(settings, str(pets))
    assert going_on(settings, str(pets)) is None


@pytest.mark.parametrize("said", ["", "{", '{"done": 1, "of": 2}', "no JSON", "{}"])
def test_an_examination_that_ends_without_a_report_is_over_and_says_so(
    client: TestClient, settings: Settings, pets: Path, monkeypatch: pytest.MonkeyPatch, said: str
) -> None:
    command = [sys.executable, "-c", f"print({said!r})"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE)
    monkeypatch.setattr(examinations, "_begun", lambda *_: process)
    examined(settings, str(pets))
    page = text_of(client.get("/data/findings", params={"data": str(pets)}).text)
    assert "the examination was ended before it had looked at every picture" in page


def test_a_report_that_was_put_into_the_home_shows_no_file_from_elsewhere(
    client: TestClient, settings: Settings, pets: Path, tmp_path: Path
) -> None:
    secret = tmp_path / "secret.png"
    secret.write_bytes(encoded(noise(8, 8, 3), "PNG"))
    (pets / "train" / "cats" / "cats-0.png").write_bytes(b"no picture")
    examined(settings, str(pets))
    [file] = (settings.home / ".studio" / "doctor").glob("*.json")
    content = json.loads(file.read_text())
    for place in (str(secret), f"{pets}/../../secret.png", "secret.png"):
        content["paths"][place] = place
    file.write_text(json.dumps(content))
    elsewhere = replace(settings, home=shutil.copytree(settings.home, tmp_path / "copied"))
    paths = known_of(elsewhere, str(pets)).report.paths
    assert all(path.is_relative_to(pets.resolve()) for path in paths.values())
    assert paths["train/cats/cats-0.png"].is_file()
    odd = json.dumps({**content, "paths": 5})
    for damage in ("[]", 9999 * "[", '{"data": 1, "stamp": 2}', odd):
        file.write_text(damage)
        again = replace(settings, home=shutil.copytree(settings.home, tmp_path / str(len(damage))))
        assert known_of(again, str(pets)).report.quick


@pytest.mark.slow
def test_the_pages_in_a_browser(tab: Page, pets: Path, axe: Callable[[Page], None]) -> None:
    (pets / "train" / "dogs" / "dogs-7.png").write_bytes(
        (pets / "train" / "cats" / "cats-7.png").read_bytes()
    )
    tab.goto("/data")
    axe(tab)
    tab.get_by_role("link", name="pets").click()
    expect(tab.get_by_role("heading", level=1)).to_have_text("pets")
    expect(tab.locator("#doctor")).to_contain_text("none was opened")
    axe(tab)
    tab.get_by_role("button", name="Examine every picture").click()
    expect(tab.locator("#doctor")).to_contain_text("content of 26 pictures", timeout=60_000)
    expect(tab.locator(".finding").first).to_be_visible()
    expect(tab.locator(".shown .mark")).to_have_count(2)
    tab.locator(".counts").get_by_role("link", name="dogs").click()
    expect(tab.locator(".shown .tile")).to_have_count(8)
    tab.locator(".shown a.look").first.click()
    dialog = tab.get_by_role("dialog")
    expect(dialog).to_contain_text("train/dogs/dogs-0.png")
    axe(tab)
    tab.keyboard.press("ArrowRight")
    expect(dialog).to_contain_text("train/dogs/dogs-1.png")
    tab.keyboard.press("Escape")
    expect(dialog).not_to_be_visible()
    tab.get_by_role("link", name="New run with this data").click()
    expect(tab.locator("#f-data")).to_have_value(str(pets))


@pytest.mark.slow
def test_scrolling_brings_the_next_pictures(tab: Page) -> None:
    tab.goto(f"/data?data={SAMPLE}&class=0")
    expect(tab.locator(".shown .tile")).to_have_count(PAGE)
    tab.locator(".more").scroll_into_view_if_needed()
    expect(tab.locator(".shown .tile")).to_have_count(2 * PAGE)
    tab.set_viewport_size({"width": 390, "height": 800})
    tab.wait_for_function("document.documentElement.scrollWidth <= 390")
