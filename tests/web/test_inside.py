"""Inside: the numbers are the library's, and the page draws them where they belong."""

import json
import re
import struct
from collections.abc import Callable, Sequence
from html import unescape
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from look_nets import classifier_of, noise, wrapped
from numpy.typing import NDArray
from picture_files import encoded
from playwright.sync_api import Page
from starlette.testclient import TestClient
from tiny_data import write_striped_folder
from torch import nn

from lenswork.errors import UsageError
from lenswork.kinds import Picture
from lenswork.look.activations import activations
from lenswork.look.arithmetic import Arithmetic
from lenswork.look.arithmetic_text import closing, heading, number
from lenswork.look.attribution import attribute
from lenswork.look.centred import centred
from lenswork.look.each_number import EachNumber, work_out
from lenswork.look.pictures import Shown, part_of
from lenswork.look.sizes import sight
from lenswork.model.classifier import Classifier
from lenswork.record.run import Run
from lenswork.record.train import train
from lenswork.web import inside_bytes, inside_look
from lenswork.web.inside_colours import colour_of, ink_on, packed_table, signed_colour_of, table
from lenswork.web.inside_drawn import short
from lenswork.web.inside_look import Look
from lenswork.web.inside_net import layers_of
from lenswork.web.inside_value import explained

INSIDE = "/runs/first/inside"
NETS = [
    (
        "conv 4 linear, batchnorm, relu, dropout, pool avg, conv 5 5x5 same, pool max global, "
        "dense 6, dropout, dense classes"
    ),
    "flatten, dense 9, dense classes",
    "conv 3 2x4 stride 2 padding 1, pool 3x3 stride 1, flatten, dense classes",
    "pool avg global, dense 4 tanh, dense classes",
]


@pytest.fixture
def run(home: Path) -> Run:
    return Run(home / "first")


def picture_at(run: Run, place: int) -> Picture:
    """A held-out picture as the contract opens it, which may be at a reduced size."""
    return run.classifier.contract.preprocess.open(part_of(run).source, place)


@pytest.fixture
def striped(pictures: Path) -> Path:
    """A folder of small pictures that the studio may open."""
    return write_striped_folder(pictures / "stripes")


def read(content: bytes) -> tuple[dict[str, Any], NDArray[np.uint8]]:
    """The JSON of the one answer, and the bytes that follow it."""
    (length,) = struct.unpack_from("<I", content)
    said = json.loads(content[4 : 4 + length])
    return said, np.frombuffer(content[4 + length :], np.uint8)


def maps_in(
    content: bytes, picture: tuple[int, ...], shapes: Sequence[tuple[int, ...]]
) -> tuple[dict[str, Any], Picture, list[NDArray[np.uint8]]]:
    """What a script reads: the text, the picture, (channels, height, width) of each layer."""
    said, rest = read(content)
    size = int(np.prod(picture))
    seen, at, layers = rest[:size].reshape(picture), size, []
    for layer, shape in zip(said["layers"], shapes, strict=True):
        sides = shape[:2] if len(shape) == 3 else (1, 1)
        count = layer["count"] * sides[0] * sides[1]
        layers.append(rest[at : at + count].reshape(layer["count"], *sides))
        at += count
    assert at == len(rest)
    return said, seen, layers


def check_maps(content: bytes, classifier: Classifier, picture: Picture) -> dict[str, Any]:
    """The answer has this picture, its maps within half a step of 256, and its probabilities."""
    preprocess = classifier.contract.preprocess
    outputs = activations(classifier, [picture])
    said, seen, layers = maps_in(
        content, preprocess.input_shape, [output.shape for output in outputs]
    )
    np.testing.assert_array_equal(seen, preprocess.apply(picture))
    for layer, levels, output in zip(said["layers"], layers, outputs, strict=True):
        values = output.values[0] if output.is_map else output.values[0][np.newaxis, np.newaxis]
        low, high = (np.asarray(layer[end])[:, np.newaxis, np.newaxis] for end in ("low", "high"))
        back = low + levels / 255 * (high - low)
        half_step = float((high - low).max()) / 510
        np.testing.assert_allclose(
            back, values.transpose(2, 0, 1)[: layer["count"]], atol=1.05 * half_step + 1e-5
        )
    prediction = classifier.predict([picture])[0]
    assert said["answer"] == prediction.class_name
    expected = [prediction.probabilities[name] for name in classifier.classes]
    assert said["probabilities"] == pytest.approx(expected, abs=1e-6)
    return said


def test_the_page_names_every_layer_with_its_shape_before_there_is_a_picture(
    client: TestClient, run: Run
) -> None:
    page = client.get(INSIDE)
    assert page.status_code == 200
    for output in activations(run.classifier, [noise((32, 32, 3))]):
        assert f"<h3>{output.name}</h3>" in page.text
        assert " × ".join(map(str, output.shape)) in page.text
    assert "32 - 3 + 1 = 30; one map a filter, 8" in unescape(page.text)
    scripts = re.findall(r"<script(?![^>]*src=)([^>]*)>", page.text)
    assert scripts == [' type="application/json" id="inside-net"']
    assert " style=" not in page.text


def test_an_example_comes_with_every_maps_bytes_in_one_answer(client: TestClient, run: Run) -> None:
    part = part_of(run)
    answer = client.get(f"{INSIDE}/maps?place=5")
    assert answer.headers["content-type"] == "application/octet-stream"
    said = check_maps(answer.content, run.classifier, picture_at(run, 5))
    assert said["id"] == part.ids[5]
    assert said["truth"] == run.classes[part.labels[5]]
    assert "resized to 32x32" in said["changed"]


def test_a_sent_picture_is_brought_to_the_contract_as_any_other(
    client: TestClient, run: Run
) -> None:
    picture = noise((40, 50, 3))
    file = {"picture": ("mine.png", encoded(picture, "PNG"), "image/png")}
    said = check_maps(client.post(f"{INSIDE}/maps", files=file).content, run.classifier, picture)
    assert (said["id"], said["truth"]) == ("mine.png", None)
    assert said["changed"] == "read at 40x50 (height x width) in colour, resized to 32x32"


def test_a_drawing_is_centred_only_when_asked_and_the_answer_says_so(
    client: TestClient, run: Run
) -> None:
    drawing = np.zeros((60, 60, 3), np.uint8)
    drawing[5:30, 4:9] = 255
    file = {"picture": ("drawing.png", encoded(drawing, "PNG"), "image/png")}
    plain = client.post(f"{INSIDE}/maps", files=file)
    assert "centre" not in check_maps(plain.content, run.classifier, drawing)["changed"]
    moved = client.post(f"{INSIDE}/maps?centred=1", files=file)
    said = check_maps(moved.content, run.classifier, centred(drawing))
    assert said["changed"].startswith(
        "the drawing in a box of 20 of 28 parts, its centre of mass in the middle; "
        "read at 60x60 in colour"
    )


def test_the_first_channels_come_and_the_others_when_they_are_asked_for(
    client: TestClient, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inside_bytes, "MOST_CHANNELS", 3)
    monkeypatch.setattr(inside_bytes, "MOST_UNITS", 20)
    picture = picture_at(run, 0)
    said = check_maps(client.get(f"{INSIDE}/maps").content, run.classifier, picture)
    assert [layer["count"] for layer in said["layers"]] == [3, 3, 3, 3, 20, 1]
    said = check_maps(client.get(f"{INSIDE}/maps?every=0,4").content, run.classifier, picture)
    assert [layer["count"] for layer in said["layers"]] == [8, 3, 3, 3, 288, 1]
    assert client.get(INSIDE).text.count("data-every") == 5


def test_dead_channels_are_named_even_where_they_are_not_shown(
    client: TestClient, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inside_bytes, "MOST_CHANNELS", 1)
    output = activations(run.classifier, [picture_at(run, 0)])[0]
    said, _ = read(client.get(f"{INSIDE}/maps").content)
    assert said["layers"][0]["dead"] == np.flatnonzero(output.dead).tolist()
    assert f"{int(output.dead.sum())} of 8 dead" in said["layers"][0]["words"]


@pytest.mark.parametrize(
    ("layer", "channel", "place"),
    [(1, 3, (4, 5)), (2, 7, (0, 14)), (3, 2, (12, 0)), (5, 77, ()), (6, 0, ())],
)
def test_a_number_is_explained_in_the_librarys_own_words_and_numbers(
    client: TestClient, run: Run, layer: int, channel: int, place: tuple[int, ...]
) -> None:
    picture = picture_at(run, 2)
    said, _ = read(client.get(f"{INSIDE}/maps?place=2").content)
    where = dict(zip(("row", "column"), place, strict=False))
    asked = {"look": said["look"], "layer": layer, "channel": channel, **where}
    page = unescape(client.get(f"{INSIDE}/value", params=asked).text)
    worked = work_out(run.classifier, picture, str(layer), channel, place or None)
    assert f'data-heading="{heading(worked)}" data-value="{number(worked.network)}"' in page
    for line in closing(worked):
        assert f"<li>{line}</li>" in page or f">{line}</p>" in page
    assert "agrees" in page
    assert "DOES NOT AGREE" not in page
    contract = run.classifier.contract
    assert contract.net is not None
    seen = sight(contract.net, contract.preprocess.input_shape, str(layer), place or (channel,), 1)
    assert f"{seen}." in page


def look_at(classifier: Classifier, picture: Picture) -> Look:
    """A look without a run."""
    outputs = tuple(activations(classifier, [picture]))
    return Look("key", classifier, Shown("one", picture), outputs, "")


@pytest.mark.parametrize("net", NETS)
@pytest.mark.parametrize("shape", [(12, 12, 1), (13, 11, 3)])
def test_every_kind_of_layer_is_explained_and_agrees(net: str, shape: tuple[int, int, int]) -> None:
    look = look_at(classifier_of(net, shape), noise(shape))
    chance = np.random.default_rng(1)
    for place, output in enumerate(look.outputs, start=1):
        for _ in range(4):
            channel = int(chance.integers(output.channels))
            at = tuple(int(chance.integers(side)) for side in output.shape[:-1])
            one = explained(look, place, channel, at)
            assert one.value == number(float(output.values[(0, *at, channel)]))
            assert any("agrees" in step for step in one.steps)
            assert not any("DOES NOT AGREE" in step for step in one.steps)
            for drawn in one.channels:
                for grid in drawn.grids:
                    assert all(cell.x < grid.width and cell.y < grid.height for cell in grid.cells)


def test_the_grids_and_the_rest_add_up_to_the_sum_that_is_shown() -> None:
    classifier = classifier_of("conv 4, conv 6 linear, flatten, dense classes", (9, 9, 3))
    look = look_at(classifier, noise((9, 9, 3)))
    one = explained(look, 2, 5, (3, 3))
    window, weights, products = one.channels[0].grids
    full = np.array(
        [[float(cell.full) for cell in grid.cells] for grid in (window, weights, products)]
    )
    np.testing.assert_allclose(full[0] * full[1], full[2], rtol=1e-4, atol=1e-6)
    adds = [float(channel.total) for channel in one.channels]
    assert adds[0] == pytest.approx(float(full[2].sum()), rel=1e-4)
    rest = float(one.others.rpartition(" ")[2])
    total = float(re.findall(r"sum of 36 products  (\S+)", one.steps[0])[0])
    assert sum(adds) + rest == pytest.approx(total, rel=1e-4)
    assert sum(float(bar.text) for bar in one.sums) == pytest.approx(total, rel=1e-4)
    assert len(one.sums) == 4


def test_a_dense_layer_after_a_flattened_map_says_where_its_inputs_are() -> None:
    classifier = classifier_of("conv 4, flatten, dense classes", (6, 6, 1))
    look = look_at(classifier, noise((6, 6, 1)))
    one = explained(look, 3, 1, ())
    found = re.fullmatch(r"row (\d), column (\d), channel (\d)", one.terms[0].where)
    assert found is not None
    row, column, channel = map(int, found.groups())
    assert one.terms[0].value == number(float(look.outputs[0].values[0, row, column, channel]))
    assert one.meaning == "the logit of stripe 1: softmax makes a probability of it"


def test_the_number_that_a_maximum_took_is_marked() -> None:
    look = look_at(classifier_of("pool, flatten, dense classes", (6, 6, 1)), noise((6, 6, 1)))
    (channel,) = explained(look, 1, 0, (1, 2)).channels
    (grid,) = channel.grids
    chosen = [cell.full for cell in grid.cells if cell.chosen]
    assert chosen == [number(float(look.outputs[0].values[0, 1, 2, 0]))]


@pytest.mark.parametrize("net", NETS)
def test_fields_and_windows_for_the_script_are_the_librarys(net: str) -> None:
    classifier = classifier_of(net, (13, 11, 1))
    outputs = activations(classifier, [noise((13, 11, 1))])
    for place, (layer, output) in enumerate(zip(layers_of(classifier), outputs, strict=True), 1):
        assert tuple(layer["shape"]) == output.shape
        if not output.is_map:
            mixes = layer["kind"] in ("dense", "pool")
            seen = sight(net, (13, 11, 1), str(place), (0,), 3)
            assert layer["rows"] == ([seen.rows] if mixes else None)
            continue
        for row in range(output.shape[0]):
            for column in range(output.shape[1]):
                seen = sight(net, (13, 11, 1), str(place), (row, column), 3)
                assert (*layer["rows"][row], *layer["columns"][column]) == (
                    *seen.rows,
                    *seen.columns,
                )


def test_a_torch_module_of_ones_own_is_refused_in_words() -> None:
    own = wrapped(nn.Sequential(nn.Flatten(), nn.Linear(144, 3)), (12, 12, 1))
    with pytest.raises(UsageError, match="nets that are a line of text, got Sequential"):
        layers_of(own)


def test_a_picture_that_is_kept_no_more_is_asked_for_again(client: TestClient) -> None:
    answer = client.get(f"{INSIDE}/value?look=unknown&layer=1&channel=0&row=0&column=0")
    assert (answer.status_code, answer.content) == (204, b"")
    assert client.get(f"{INSIDE}/attribution?look=unknown&method=occlusion").status_code == 204


@pytest.mark.parametrize(
    ("asked", "sentence"),
    [
        ("layer=9&channel=0", "there is no layer '9'"),
        ("layer=1&channel=8&row=0&column=0", "has no channel 8: it has 8, numbered 0 to 7"),
        ("layer=1&channel=0&row=30&column=0", "has no place 30, 0"),
        ("layer=1&channel=-1", "channel is a whole number from 0, got '-1'"),
        ("layer=one&channel=0", "layer is a whole number from 0, got 'one'"),
        ("layer=1&channel=0&row=" + 5000 * "9", "row is a whole number from 0, got"),
    ],
)
def test_a_number_that_is_not_there_is_refused_with_the_librarys_sentence(
    client: TestClient, asked: str, sentence: str
) -> None:
    said, _ = read(client.get(f"{INSIDE}/maps").content)
    answer = client.get(
        f"{INSIDE}/value?look={said['look']}&{asked}", headers={"HX-Request": "true"}
    )
    assert answer.status_code == 422
    assert sentence in unescape(answer.text)


def test_what_is_no_picture_is_refused_by_name(client: TestClient) -> None:
    file = {"picture": ("<b>notes.png", b"not a picture", "image/png")}
    answer = client.post(f"{INSIDE}/maps", files=file, headers={"HX-Request": "true"})
    assert answer.status_code == 422
    assert "&lt;b&gt;notes.png" in answer.text
    assert "<b>" not in answer.text


def test_examples_are_of_a_class_by_chance_or_from_a_number_on(
    client: TestClient, run: Run
) -> None:
    part = part_of(run)

    def places(query: str) -> list[int]:
        page = client.get(f"{INSIDE}/examples?{query}").text
        return [int(place) for place in re.findall(r'data-place="(\d+)"', page)]

    assert len(places("")) == 12
    assert places("seed=1") != places("")
    assert {int(part.labels[place]) for place in places("class=1&seed=3")} == {1}
    assert places("number=7") == list(range(7, 19))
    assert places(f"number={len(part) - 2}") == [len(part) - 2, len(part) - 1]
    assert places("number=99999") == []
    assert client.get(f"{INSIDE}/examples?split=nowhere").status_code == 422


def test_a_run_whose_pictures_are_elsewhere_still_takes_ones_own(
    client: TestClient, run: Run
) -> None:
    recipe = run.path / "recipe.toml"
    recipe.write_text(re.sub(r"^data = .*$", 'data = "/elsewhere"', recipe.read_text(), flags=re.M))
    page = client.get(f"{INSIDE}/examples")
    assert page.status_code == 200
    assert "Upload, paste, photograph or draw a picture instead." in page.text
    picture = noise((32, 32, 3))
    file = {"picture": ("mine.png", encoded(picture, "PNG"), "image/png")}
    check_maps(client.post(f"{INSIDE}/maps", files=file).content, run.classifier, picture)


@pytest.mark.parametrize("method", ["grad-cam", "integrated-gradients", "occlusion"])
def test_what_decided_is_drawn_with_the_check_in_words(
    client: TestClient, run: Run, method: Any
) -> None:
    shown = Shown("one", run.classifier.contract.preprocess.apply(picture_at(run, 1)))
    expected = attribute(run.classifier, [shown], method)[0]
    said, _ = read(client.get(f"{INSIDE}/maps?place=1").content)
    page = client.get(f"{INSIDE}/attribution?look={said['look']}&method={method}")
    text = unescape(page.text)
    assert expected.sanity is not None
    assert expected.sanity.sentence() in text
    assert expected.how in text
    assert len(re.findall(r'<img src="data:image/png;base64,', text)) == 2
    assert f"<b>{expected.class_name}</b>" in text


@pytest.mark.slow
@pytest.mark.parametrize(
    ("net", "methods"),
    [
        ("flatten, dense 16, dense classes", 2),
        ("conv 6 linear, batchnorm, relu, dropout, conv 8, pool avg global, dense classes", 3),
    ],
)
def test_nets_of_every_kind_are_shown_whole(
    tab: Page, home: Path, striped: Path, net: str, methods: int
) -> None:
    run = train(striped, net=net, epochs=1, name="other", home=home, progress=False)
    tab.goto("/runs/other/inside?split=validation&place=1")
    tab.locator(".inside[data-drawn]").wait_for()
    names = [layer["name"] for layer in layers_of(run.classifier)]
    assert tab.locator(".inside-layer h3").all_text_contents() == names
    assert tab.locator("#inside-method option").count() == methods
    for place, name in enumerate(names):
        canvas = tab.locator(".inside-maps").nth(place)
        canvas.hover(position={"x": 3, "y": 3})
        tab.locator("#inside-said").filter(has_text=name).wait_for()
        tab.locator(".inside-steps").filter(has_text="agrees").wait_for()
        assert np.array(pixels(tab, place)).any()


def test_attribution_works_on_a_network_of_its_own(run: Run) -> None:
    look = look_at(run.classifier, noise((32, 32, 3)))
    apart = look.apart()
    assert apart.network is not look.classifier.network
    pictures = [noise((32, 32, 3), seed) for seed in range(3)]
    np.testing.assert_array_equal(
        apart.probabilities_of(pictures), look.classifier.probabilities_of(pictures)
    )


def test_an_unknown_method_or_class_is_refused(client: TestClient) -> None:
    said, _ = read(client.get(f"{INSIDE}/maps").content)
    for query, sentence in (
        ("method=guessing", "attribution is one of grad-cam, occlusion, integrated-gradients"),
        ("method=occlusion&class=cow", "there is no class 'cow'"),
    ):
        answer = client.get(f"{INSIDE}/attribution?look={said['look']}&{query}")
        assert answer.status_code == 422
        assert sentence in unescape(answer.text)


def test_colours_run_from_the_darkest_to_the_brightest_and_words_can_be_read_on_them() -> None:
    assert len(table()) == 256
    assert packed_table() == "".join(colour[1:] for colour in table())
    assert colour_of(0, 0, 2) == table()[0]
    assert colour_of(9, 0, 2) == table()[-1]
    assert colour_of(3, 3, 3) == table()[0]
    assert signed_colour_of(0, 0) == signed_colour_of(0, 5)
    for colour in (*table(), *table("PuOr_r"), *table("gray")):
        assert contrast(colour, ink_on(colour)) >= 4.5


def contrast(one: str, other: str) -> float:
    """WCAG 2.2, "contrast ratio"."""

    def luminance(colour: str) -> float:
        parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
        red, green, blue = (
            part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
        )
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    dark, bright = sorted((luminance(one), luminance(other)))
    return (bright + 0.05) / (dark + 0.05)


@pytest.mark.parametrize(
    ("value", "text"),
    [(0, "0"), (-0.12345, "-0.123"), (12.345, "12.35"), (123.45, "123.5"), (98765.4, "98765"),
     (-1.5e9, "-2e+09"), (1e-5, "0.000")],
)  # fmt: skip
def test_a_number_in_a_field_has_six_letters_at_most(value: float, text: str) -> None:
    assert short(value).rstrip() == text


# --- in a browser -----------------------------------------------------------------------------

SIGHT = """async at => {
    const {seenBefore, seenInPicture} = await import("/static/inside-sight.js");
    const net = JSON.parse(document.getElementById("inside-net").textContent);
    return [seenInPicture(net, at), seenBefore(net, at)];
}"""


def opened(tab: Page, query: str = "") -> None:
    """The page with its first picture drawn."""
    tab.goto(f"{INSIDE}{query}")
    tab.locator(".inside[data-drawn]").wait_for()


def pixels(tab: Page, layer: int) -> list[list[int]]:
    """A layer's canvas as it is drawn, rows of 0xAABBGGRR."""
    found: list[list[int]] = tab.evaluate(
        """layer => {
            const canvas = document.querySelectorAll(".inside-maps")[layer];
            const {width, height} = canvas;
            const {data} = canvas.getContext("2d").getImageData(0, 0, width, height);
            const words = Array.from(new Uint32Array(data.buffer));
            const line = (_, row) => words.slice(row * width, (row + 1) * width);
            return Array.from({length: height}, line);
        }""",
        layer,
    )
    return found


@pytest.mark.slow
def test_maps_are_drawn_in_the_colours_of_their_values(tab: Page, run: Run) -> None:
    opened(tab, "?place=5")
    outputs = activations(run.classifier, [picture_at(run, 5)])
    for layer in (0, 3):
        values = outputs[layer].values[0, :, :, 0]
        canvas = np.array(pixels(tab, layer))
        grow = round(60 / max(values.shape))
        drawn = canvas[: values.shape[0] * grow : grow, : values.shape[1] * grow : grow]
        low, high = float(values.min()), float(values.max())
        if high == low:
            continue
        expected = [[colour_of(float(value), low, high) for value in row] for row in values]
        for row, colours in zip(drawn, expected, strict=True):
            for word, colour in zip(row, colours, strict=True):
                seen = [int(word) >> shift & 255 for shift in (0, 8, 16)]
                wanted = [int(colour[at : at + 2], 16) for at in (1, 3, 5)]
                assert np.abs(np.subtract(seen, wanted)).max() <= 12  # half a step's rounding


@pytest.mark.slow
def test_a_value_under_the_pointer_or_the_arrow_keys_is_worked_out(
    tab: Page, run: Run, axe: Callable[[Page], None]
) -> None:
    opened(tab, "?place=5")
    outputs = activations(run.classifier, [picture_at(run, 5)])
    first = tab.locator(".inside-maps").first
    first.hover(position={"x": 21, "y": 11})
    said = tab.locator("#inside-said")
    said.filter(has_text="channel 0, row 5, column 10").wait_for()
    value = number(float(outputs[0].values[0, 5, 10, 0]))
    assert said.text_content() == f"{outputs[0].name}, channel 0, row 5, column 10: {value}"
    assert "agrees" in (tab.locator(".inside-steps").text_content() or "")
    first.focus()
    for key in ("ArrowDown", "ArrowRight", "PageDown"):
        tab.keyboard.press(key)
    said.filter(has_text="channel 1, row 6, column 11").wait_for()
    value = number(float(outputs[0].values[0, 6, 11, 1]))
    said.filter(has_text=value).wait_for()
    axe(tab)
    tab.keyboard.press("Escape")
    assert tab.locator("#inside-worked").inner_html() == ""


@pytest.mark.slow
def test_what_a_number_sees_is_outlined_where_the_library_says(tab: Page, run: Run) -> None:
    opened(tab)
    contract, picture = run.classifier.contract, picture_at(run, 0)
    assert contract.net is not None
    chance = np.random.default_rng(2)
    for layer, output in enumerate(activations(run.classifier, [picture])):
        for _ in range(5):
            channel = int(chance.integers(output.channels))
            place = tuple(int(chance.integers(side)) for side in output.shape[:-1])
            at = {
                "layer": layer,
                "channel": channel,
                **dict(zip(("row", "column"), place, strict=False)),
            }
            seen = sight(contract.net, contract.preprocess.input_shape, str(layer + 1),
                         place or (channel,), 1)  # fmt: skip
            box, before = tab.evaluate(SIGHT, at)
            assert (box["top"], box["top"] + box["height"]) == seen.rows
            assert (box["left"], box["left"] + box["width"]) == seen.columns
            worked = work_out(run.classifier, picture, str(layer + 1), channel, place or None)
            if isinstance(worked, Arithmetic) and worked.method != "dense":
                assert (before[0]["top"], before[0]["left"]) == worked.corner
                assert (before[0]["height"], before[0]["width"]) == worked.inside.shape
                assert before[0]["channel"] == (channel if worked.method == "max" else None)
            elif isinstance(worked, EachNumber):
                assert (before[0]["top"], before[0]["left"]) == worked.source_place
                assert before[0]["channel"] == worked.source_channel


@pytest.mark.slow
def test_maps_and_answer_change_as_one_draws(tab: Page) -> None:
    opened(tab)
    before = pixels(tab, 0)
    tab.get_by_role("button", name="Draw", exact=True).click()
    pad = tab.locator("[data-panel=draw] canvas")
    pad.scroll_into_view_if_needed()
    box = pad.bounding_box()
    assert box is not None
    tab.mouse.move(box["x"] + 40, box["y"] + 40)
    tab.mouse.down()
    tab.mouse.move(box["x"] + 200, box["y"] + 180, steps=12)
    tab.mouse.up()
    tab.locator("#inside-name").filter(has_text="drawing.png").wait_for()
    drawn = pixels(tab, 0)
    assert drawn != before
    shares = tab.locator(".inside-classes td.number").all_text_contents()
    assert sum(float(share.strip("<>% ")) for share in shares) == pytest.approx(100, abs=0.2)
    tab.locator("#inside-centred").check()
    tab.locator("#inside-name").filter(has_text="centre of mass").wait_for()
    assert pixels(tab, 0) != drawn


@pytest.mark.slow
def test_ones_own_file_is_shown_and_what_is_none_is_refused_in_words(
    tab: Page, tmp_path: Path
) -> None:
    opened(tab)
    path = tmp_path / "mine.png"
    path.write_bytes(encoded(noise((20, 30, 3)), "PNG"))
    tab.locator(".capture input[type=file]").first.set_input_files(path)
    tab.locator("#inside-name").filter(has_text="mine.png").wait_for()
    tab.get_by_role("button", name="A layer together").click()
    assert tab.locator("[data-together=true]").get_attribute("aria-pressed") == "true"


@pytest.mark.slow
def test_a_picture_that_the_studio_keeps_no_more_is_sent_again_by_itself(tab: Page) -> None:
    opened(tab, "?place=5")
    inside_look._LOOKS._kept.clear()
    tab.locator(".inside-maps").first.hover(position={"x": 5, "y": 5})
    tab.locator("#inside-said").filter(has_text="channel 0, row 2, column 2").wait_for()


@pytest.mark.slow
def test_what_decided_is_laid_over_the_picture(tab: Page, axe: Callable[[Page], None]) -> None:
    opened(tab)
    tab.get_by_role("button", name="Show", exact=True).click()
    tab.locator("#inside-attribution .notice").wait_for()
    assert tab.locator("#inside-overlay").is_visible()
    axe(tab)
    tab.get_by_role("button", name="Take the overlay off").click()
    assert not tab.locator("#inside-overlay").is_visible()


@pytest.mark.slow
def test_on_a_telephone_nothing_is_cut_off_and_a_touched_value_is_explained(
    tab: Page, axe: Callable[[Page], None]
) -> None:
    tab.set_viewport_size({"width": 390, "height": 844})
    opened(tab)
    assert tab.evaluate("document.documentElement.scrollWidth") <= 390
    tab.locator(".inside-maps").first.click(position={"x": 9, "y": 9})
    tab.locator(".inside-value").filter(has_text="channel 0, row 4, column 4").wait_for()
    assert tab.locator(".inside-value").is_visible()
    axe(tab)
    tab.get_by_role("button", name="Close").click()
    assert not tab.locator(".inside-value").is_visible()
