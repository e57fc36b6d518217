"""The filter lab: what the page computes under the window is what the library computes."""

import base64
import io
from collections.abc import Callable

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Page, expect
from starlette.testclient import TestClient

from lenswork.look.kernels import PRESETS, Kernel, parse_kernel
from lenswork.look.lab import FilterLab, photograph

LAPLACIAN = {
    "size": "3", "weight": "1", "stride": "1", "padding": "none", "pool": "2", "method": "max",
    "clip": "on",
    **{f"n-{row}-{column}": number
       for row, numbers in enumerate(("0 1 0", "1 -4 1", "0 1 0"))
       for column, number in enumerate(numbers.split())},
}  # fmt: skip


def opened(uri: str) -> np.ndarray:
    content = base64.b64decode(uri.removeprefix("data:image/png;base64,"))
    return np.asarray(Image.open(io.BytesIO(content)))


def png_of(pixels: np.ndarray) -> bytes:
    stream = io.BytesIO()
    Image.fromarray(pixels).save(stream, "PNG")
    return stream.getvalue()


def test_the_page_begins_with_the_first_preset(client: TestClient) -> None:
    answer = client.get("/lab")
    assert answer.status_code == 200
    assert 'name="n-1-1" value="-4"' in answer.text
    assert answer.text.count("data-preset=") == len(PRESETS)


def test_an_address_with_numbers_shows_them_and_says_what_is_wrong(client: TestClient) -> None:
    said = {"size": "3", "n-0-0": "1/9", "n-0-1": "seven", "stride": "0"}
    answer = client.get("/lab", params=said)
    assert answer.status_code == 422
    assert 'name="n-0-0" value="1/9"' in answer.text
    assert 'name="n-0-1" value="seven"' in answer.text
    assert "row 1, column 2 must be a number or a fraction" in answer.text
    assert "stride must be a whole number of 1 or more, got &#39;0&#39;" in answer.text


def test_the_pictures_are_those_of_the_library(client: TestClient) -> None:
    said = client.post("/lab/filter", data=LAPLACIAN).json()
    result = FilterLab(PRESETS["laplacian"]).apply(photograph())
    for name, picture in (
        ("original", result.original), ("filtered", result.filtered), ("pooled", result.pooled)
    ):  # fmt: skip
        assert np.array_equal(opened(said[name]), picture[:, :, 0])
        assert said["sides"][name] == list(picture.shape[:2])
    assert said["words"]["filtered"] == "510x510: 512 - 3 + 1 = 510"
    assert said["effect"] == result.effect


@pytest.mark.parametrize(
    ("typed", "field", "text"),
    [
        ({"n-2-1": "x"}, "n-2-1", "row 3, column 2 must be a number or a fraction"),
        ({"n-0-0": "1/0"}, "n-0-0", "divides by zero"),
        ({"n-0-0": "9999999"}, "kernel", "must be from -1,000,000 to 1,000,000"),
        ({"weight": ""}, "weight", "the weight must be a number"),
        ({"stride": "1.5"}, "stride", "stride must be a whole number of 1 or more, got '1.5'"),
        ({"pool": "two"}, "pool", "pool must be a whole number of 1 or more, got 'two'"),
        ({"pool": "999"}, "pool", "pooling 999x999 finds no window"),
        ({"stride": "500"}, "stride", "stride 500 leaves 2x2"),
        ({"padding": "odd"}, "padding", "padding must be one of none, zero, edge, reflect"),
    ],
)
def test_what_is_wrong_is_said_by_field(
    client: TestClient, typed: dict[str, str], field: str, text: str
) -> None:
    more = {"pool": "3"} if "stride" in typed and typed["stride"] == "500" else {}
    answer = client.post("/lab/filter", data={**LAPLACIAN, **more, **typed})
    assert answer.status_code == 200
    assert text in answer.json()["wrong"][field]


def test_every_wrong_number_is_told_at_once(client: TestClient) -> None:
    typed = {"n-0-0": "a", "n-1-1": "b", "weight": "c", "stride": "d"}
    answer = client.post("/lab/filter", data={**LAPLACIAN, **typed})
    assert set(answer.json()["wrong"]) == set(typed)


def test_a_picture_of_ones_own_is_made_grey_and_small(client: TestClient) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (400, 1536, 3), dtype=np.uint8)
    sent = {"picture-file": ("wide.png", png_of(pixels), "image/png")}
    said = client.post("/lab/filter", data=LAPLACIAN, files=sent).json()
    assert said["sides"]["original"] == [200, 768]
    assert said["shrunk"] == "brought from 400x1536 to 200x768 pixels"
    assert said["colours"] == "made grey"


def test_what_is_no_picture_is_refused_by_name(client: TestClient) -> None:
    sent = {"picture-file": ("notes.txt", b"no picture", "image/png")}
    answer = client.post("/lab/filter", data=LAPLACIAN, files=sent)
    assert "notes.txt" in answer.json()["wrong"]["picture"]


def test_two_pictures_at_once_are_refused(client: TestClient) -> None:
    one = ("picture-file", ("one.png", png_of(np.zeros((8, 8), np.uint8)), "image/png"))
    answer = client.post("/lab/filter", data=LAPLACIAN, files=[one, one])
    assert answer.status_code == 422
    assert "the studio takes 1 picture at once: send them in parts" in answer.text


@pytest.mark.parametrize("name", PRESETS)
def test_every_preset_has_its_picture(client: TestClient, name: str) -> None:
    answer = client.get("/lab/preset", params={"name": name})
    assert answer.headers["content-type"] == "image/png"
    assert Image.open(io.BytesIO(answer.content)).size == (128, 128)


def test_an_unknown_preset_is_refused(client: TestClient) -> None:
    assert client.get("/lab/preset", params={"name": "nothing"}).status_code == 422


LABS = {
    "laplacian": FilterLab(PRESETS["laplacian"]),
    "emboss turned, strides and zeros": FilterLab(
        PRESETS["emboss"], stride=3, padding="zero", flip=True, pool=3
    ),
    "fractions, a mirror, not cut off": FilterLab(
        Kernel(parse_kernel("0.1 -1/3 7 / 0 2.5 -1 / 1/9 0 -0.7").rows, 1 / 7),
        padding="reflect",
        clip=False,
        pool_method="avg",
    ),
    "nine by nine, the edge repeated": FilterLab(PRESETS["gaussian-9"], stride=2, padding="edge"),
    "two by two, turned": FilterLab(
        Kernel(((1.0, -2.0), (3.0, 0.5))), padding="zero", flip=True, pool=1
    ),
}


def words_of(lab: FilterLab) -> dict[str, str]:
    numbers = {
        f"n-{row}-{column}": repr(number)
        for row, line in enumerate(lab.kernel.rows)
        for column, number in enumerate(line)
    }
    return numbers | {
        "size": str(lab.kernel.size), "weight": repr(lab.kernel.weight), "stride": str(lab.stride),
        "padding": lab.padding, "pool": str(lab.pool), "method": lab.pool_method,
        **({"clip": "on"} if lab.clip else {}), **({"flip": "on"} if lab.flip else {}),
    }  # fmt: skip


def ready(tab: Page) -> None:
    expect(tab.locator("#lab-sum")).not_to_have_text("–")
    expect(tab.locator(".lab-pictures")).to_have_attribute("aria-busy", "false")


def go(tab: Page, row: int, column: int) -> None:
    tab.locator("#lab-row").fill(str(row))
    tab.locator("#lab-column").fill(str(column))


def told(tab: Page, name: str) -> float:
    return float(tab.locator(f"#lab-{name}").get_attribute("data-value") or "nan")


@pytest.mark.slow
@pytest.mark.parametrize("name", LABS)
def test_the_sum_that_is_shown_is_the_library_s_at_every_place(tab: Page, name: str) -> None:
    lab = LABS[name]
    result = lab.apply(photograph())
    query = "&".join(f"{key}={value}" for key, value in words_of(lab).items())
    tab.goto(f"/lab?{query}")
    ready(tab)
    rows, columns = result.values.shape[:2]
    chance = np.random.default_rng(7)
    places = [(0, 0), (0, columns - 1), (rows - 1, 0), (rows - 1, columns - 1)]
    places += [(int(chance.integers(rows)), int(chance.integers(columns))) for _ in range(6)]
    for row, column in places:
        go(tab, row, column)
        value = float(result.values[row, column, 0])
        assert told(tab, "value") == value
        assert told(tab, "sum") * lab.kernel.weight == value
        assert told(tab, "shown") == result.filtered[row, column, 0]
        pooled = row // lab.pool, column // lab.pool
        if pooled[0] < result.pooled.shape[0] and pooled[1] < result.pooled.shape[1]:
            kept = float(result.pooled_values[(*pooled, 0)])
            assert told(tab, "pooled") == pytest.approx(kept, rel=1e-12)


@pytest.mark.slow
def test_the_products_are_pixels_times_numbers(tab: Page) -> None:
    tab.goto("/lab")
    ready(tab)
    go(tab, 200, 300)
    pixels = [int(text) for text in tab.locator("#lab-pixels span").all_text_contents()]
    assert pixels == photograph()[200:203, 300:303, 0].ravel().tolist()
    products = [
        float(text.replace("\N{MINUS SIGN}", "-"))
        for text in tab.locator("#lab-products span").all_text_contents()
    ]
    numbers = PRESETS["laplacian"].array.ravel()
    assert products == [pixel * number for pixel, number in zip(pixels, numbers, strict=True)]
    assert sum(products) == told(tab, "sum")


@pytest.mark.slow
def test_the_window_is_dragged_with_the_mouse_and_moved_by_keys(tab: Page) -> None:
    tab.goto("/lab")
    ready(tab)
    view = tab.locator("[data-view=original] .lab-view")
    box = view.bounding_box()
    assert box is not None
    tab.mouse.move(box["x"] + 5, box["y"] + 5)
    tab.mouse.down()
    tab.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 4, steps=4)
    tab.mouse.up()
    row, column = (int(tab.locator(f"#lab-{name}").input_value()) for name in ("row", "column"))
    assert abs(row - 128) <= 3
    assert abs(column - 256) <= 3
    view.focus()
    tab.keyboard.press("ArrowDown")
    tab.keyboard.press("Shift+ArrowRight")
    assert int(tab.locator("#lab-row").input_value()) == row + 1
    assert int(tab.locator("#lab-column").input_value()) == column + 10
    expect(view).to_have_attribute("aria-valuetext", f"row {row + 1}, column {column + 10}: sum "
                                   f"{tab.locator('#lab-sum').text_content()}, shown as "
                                   f"{tab.locator('#lab-shown').text_content()}")  # fmt: skip


@pytest.mark.slow
def test_a_wrong_number_is_told_beside_the_field_and_stays(tab: Page) -> None:
    tab.goto("/lab")
    ready(tab)
    tab.get_by_label("Row 1, column 1").fill("1/0")
    expect(tab.locator("#wrong-kernel")).to_contain_text("divides by zero")
    expect(tab.get_by_label("Row 1, column 1")).to_have_attribute("aria-invalid", "true")
    assert tab.get_by_label("Row 1, column 1").input_value() == "1/0"
    tab.get_by_label("Row 1, column 1").fill("2")
    expect(tab.locator("#wrong-kernel")).to_have_text("")
    ready(tab)
    assert "n-0-0=2" in tab.url


@pytest.mark.slow
def test_a_preset_of_another_size_fills_the_numbers(tab: Page) -> None:
    tab.goto("/lab")
    ready(tab)
    tab.get_by_role("button", name="gaussian-5").click()
    expect(tab.locator(".lab-kernel input")).to_have_count(25)
    expect(tab.locator("#lab-pixels span")).to_have_count(25)
    assert tab.get_by_label("Row 3, column 3").input_value() == "36"
    assert tab.get_by_label("Weight").input_value() == "1/256"
    expect(tab.get_by_role("button", name="gaussian-5")).to_have_attribute("aria-pressed", "true")
    tab.get_by_label("Size").select_option("3")
    expect(tab.locator(".lab-kernel input")).to_have_count(9)
    assert tab.get_by_label("Row 2, column 2").input_value() in ("-4", "36")


@pytest.mark.slow
def test_a_picture_of_ones_own_is_chosen_and_the_photograph_comes_back(tab: Page) -> None:
    tab.goto("/lab")
    ready(tab)
    pixels = np.random.default_rng(3).integers(0, 256, (40, 60), dtype=np.uint8)
    tab.locator("input[data-way=file]").set_input_files(
        {"name": "noise.png", "mimeType": "image/png", "buffer": png_of(pixels)}
    )
    words = tab.locator("[data-view=original] [data-words]")
    expect(words).to_have_text("40x60")
    go(tab, 5, 7)
    expected = FilterLab(PRESETS["laplacian"]).apply(pixels[:, :, np.newaxis]).values[5, 7, 0]
    assert told(tab, "value") == expected
    tab.get_by_role("button", name="Back to the photograph").click()
    expect(words).to_have_text("512x512")


@pytest.mark.slow
@pytest.mark.parametrize("width", [390, 1280, 1920])
def test_the_page_fits_and_is_accessible(
    tab: Page, axe: Callable[[Page], None], width: int
) -> None:
    tab.set_viewport_size({"width": width, "height": 900})
    tab.goto("/lab")
    ready(tab)
    assert tab.evaluate("document.documentElement.scrollWidth") <= width
    axe(tab)
