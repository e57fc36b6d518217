"""The map of pictures."""

import base64
import io
import json
import re
import shutil
from dataclasses import replace
from itertools import combinations
from pathlib import Path
from typing import Literal

import numpy as np
import pytest
import torch
from look_nets import cut_off
from PIL import Image
from playwright.sync_api import sync_playwright
from tiny_data import striped_data, write_striped_folder
from torch import nn

from lenswork.data.open import open_data
from lenswork.errors import UsageError
from lenswork.look.embedding import (
    WIDEST,
    Embedding,
    SparseProjection,
    embedding_of,
    last_hidden,
    lay_out,
)
from lenswork.look.embedding_figure import (
    APART,
    colour_of,
    embedding_figure,
    marker_of,
    place_names,
    places_for_thumbnails,
)
from lenswork.look.embedding_page import embedding_page, page_data, save_embedding_page
from lenswork.look.mistakes import judge
from lenswork.model.classifier import Classifier
from lenswork.model.contract import Contract
from lenswork.model.network import Network, to_input
from lenswork.model.preprocess import Preprocess
from lenswork.model.spec import parse_net
from lenswork.record.run import Run
from lenswork.record.train import train

CLASSES = ("a", "b", "c")
NET = "flatten, dense 8, dense classes"
PICTURES = np.stack([striped_data().train.source.read(number) for number in range(20)])


def classifier_of(net: str | nn.Module, side: int = 12) -> Classifier:
    if isinstance(net, str):
        spec = parse_net(net).with_outputs(3)
        network: nn.Module = Network(spec, (side, side, 1))
        network.initialise("glorot-uniform", 0)  # type: ignore[operator]
    else:
        network = net
    preprocess = Preprocess(height=side, width=side, colours="grey")
    contract = Contract(classes=CLASSES, preprocess=preprocess, output="softmax", net=None)
    return Classifier(network, contract, [])


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    home = tmp_path_factory.mktemp("embedding")
    data = open_data(write_striped_folder(home / "stripes", validation=40))
    net = "conv 4, pool, flatten, dense 8, dense classes"
    return train(data, net=net, epochs=2, home=home, progress=False)


def tiny_embedding(names: tuple[str, ...] = CLASSES) -> Embedding:
    chance = np.random.default_rng(0)
    truth = np.arange(20) % 3
    answer = truth.copy()
    answer[[3, 8]] = (answer[[3, 8]] + 1) % 3
    points = chance.normal(0, 1, (20, 2)) + 20 * np.stack([truth, -truth], axis=1)
    return Embedding(
        run="tiny",
        part="test",
        classes=names,
        total=50,
        points=points.astype(np.float32),
        pictures=PICTURES,
        ids=tuple(f"test/{number}.png" for number in range(20)),
        truth=truth,
        answer=answer,
        confidence=np.linspace(0.4, 1, 20, dtype=np.float32),
        how="by hand",
    )


def test_the_features_are_what_goes_into_the_layer_with_the_classes() -> None:
    classifier = classifier_of("conv 4, pool, flatten, dense 8 tanh, dropout, dense classes")
    found = last_hidden(classifier, PICTURES)
    network = classifier.network
    assert isinstance(network, Network)
    with torch.inference_mode():
        outputs = network.activations(to_input(torch.from_numpy(PICTURES), 1 / 255))
    np.testing.assert_allclose(found.values, outputs[-2].numpy(), atol=1e-6)
    assert found.source == "8 numbers that go into layer 6 (dense 3 linear)"


def test_a_net_that_ends_in_a_convolution_is_averaged_over_its_places() -> None:
    classifier = classifier_of("conv 5, conv classes, pool avg global")
    found = last_hidden(classifier, PICTURES)
    network = classifier.network
    assert isinstance(network, Network)
    with torch.inference_mode():
        outputs = network.activations(to_input(torch.from_numpy(PICTURES), 1 / 255))
    np.testing.assert_allclose(found.values, outputs[0].mean((2, 3)).numpy(), atol=1e-6)


class Own(nn.Module):
    """A module that names its layers otherwise and works in place after its last one."""

    def __init__(self) -> None:
        super().__init__()
        self.head = nn.Linear(6, 3)
        self.body = nn.Sequential(nn.Flatten(), nn.Linear(144, 6), nn.Sigmoid())

    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        hidden = self.body(inputs)
        answer: torch.Tensor = self.head(hidden)
        hidden.zero_()
        return answer


def test_a_module_of_one_s_own_is_watched_at_the_last_weights_it_calls() -> None:
    own = Own()
    found = last_hidden(classifier_of(own), PICTURES)
    with torch.inference_mode():
        expected = own.body(to_input(torch.from_numpy(PICTURES), 1 / 255))
    np.testing.assert_allclose(found.values, expected.numpy(), atol=1e-6)
    assert found.source.endswith("layer head")
    assert not own.head._forward_pre_hooks
    with pytest.raises(UsageError, match="found none in Flatten"):
        last_hidden(classifier_of(nn.Flatten()), PICTURES)


def test_dead_units_are_marked_and_a_dead_layer_is_refused() -> None:
    classifier = classifier_of("flatten, dense 8, dense classes")
    network = classifier.network
    assert isinstance(network, Network)
    layer = network.layers[1]
    assert isinstance(layer, nn.Linear)
    with torch.no_grad():
        layer.weight[2:5] = 0
        layer.bias[2:5] = -1
    found = last_hidden(classifier, PICTURES)
    assert found.dead[2:5].all()
    points, _ = lay_out(found.values)
    assert np.isfinite(points).all()
    with torch.no_grad():
        layer.weight.zero_()
        layer.bias.fill_(-1)
    with pytest.raises(UsageError, match="the same numbers for every picture"):
        lay_out(last_hidden(classifier, PICTURES).values)


def test_wide_layers_are_shortened_and_distances_kept() -> None:
    chance = np.random.default_rng(0)
    rows = chance.normal(0, 1, (12, 3 * WIDEST)).astype(np.float32)
    short = SparseProjection(3 * WIDEST, 1024, seed=0)(rows)
    assert short.shape == (12, 1024)
    wide_gaps = np.linalg.norm(rows[:1] - rows[1:], axis=1)
    short_gaps = np.linalg.norm(short[:1] - short[1:], axis=1)
    np.testing.assert_allclose(short_gaps / wide_gaps, 1, atol=0.15)  # Johnson-Lindenstrauss
    classifier = classifier_of("flatten, dense classes", side=100)
    assert last_hidden(classifier, chance.integers(0, 256, (5, 100, 100, 1), np.uint8)).values.shape == (5, 1024)  # fmt: skip  # noqa: E501


def test_groups_that_lie_apart_stay_apart_and_the_layout_repeats() -> None:
    chance = np.random.default_rng(1)
    rows = chance.normal(0, 1, (60, 10)).astype(np.float32)
    rows[30:] += 30
    points, how = lay_out(rows, seed=3)
    nearest = [
        np.argsort(np.linalg.norm(points - point, axis=1))[1] // 30 == place // 30
        for place, point in enumerate(points)
    ]
    assert all(nearest)
    assert how == "by PCA to 10, then t-SNE (perplexity 20, seed 3)"
    np.testing.assert_allclose(lay_out(rows, seed=3)[0], points, atol=1e-3)


def test_few_pictures_can_be_laid_out_and_fewer_are_refused() -> None:
    rows = np.eye(4, 6, dtype=np.float32)
    assert lay_out(rows)[0].shape == (4, 2)
    assert lay_out(rows[:, :1] + np.arange(4, dtype=np.float32)[:, None])[0].shape == (4, 2)
    with pytest.raises(UsageError, match="at least 4 pictures, got 3"):
        lay_out(rows[:3])


def test_a_run_is_mapped_with_its_recorded_answers(run: Run) -> None:
    found = embedding_of(run, most=24, seed=1)
    answers = run.answers["validation"]
    places = [answers.ids.index(name) for name in found.ids]
    assert places == sorted(places)
    assert (len(found), found.total) == (24, 40)
    np.testing.assert_array_equal(found.truth, answers.truth[places])
    np.testing.assert_array_equal(found.answer, answers.probabilities[places].argmax(axis=1))
    assert found.pictures.shape == (24, 12, 12, 1)
    assert embedding_of(run, most=24, seed=1).ids == found.ids
    assert embedding_of(run, most=24, seed=2).ids != found.ids
    with pytest.raises(UsageError, match="asked were 3"):
        embedding_of(run, most=3)


def test_the_figure_names_classes_at_their_centres_and_rings_mistakes() -> None:
    embedding = tiny_embedding(("a", "b$x$", "c" * 60))
    figure = embedding_figure(embedding)
    (axes,) = figure.axes
    names = {text.get_text(): text.get_position() for text in axes.texts}
    cut = "c" * 8 + "…" + "c" * 15
    assert set(names) == {"a", r"b\$x\$", cut}
    np.testing.assert_allclose(names["a"], embedding.centres[0])
    rings = axes.collections[-1].get_offsets()
    np.testing.assert_allclose(np.asarray(rings), embedding.points[embedding.wrong])
    (legend,) = figure.legends
    assert "answered wrongly (2): ring or black frame" in [t.get_text() for t in legend.get_texts()]
    assert "20 of 50 test pictures" in figure.get_suptitle()
    figure.canvas.draw()


def test_ten_classes_have_colours_and_ninety_looks_of_their_own() -> None:
    assert len({colour_of(label) for label in range(10)}) == 10
    assert len({(colour_of(label), marker_of(label)) for label in range(90)}) == 90


def crowded(classes: int, count: int = 1500) -> Embedding:
    """Points all over a square whose classes have their middles in one place."""
    chance = np.random.default_rng(5)
    points = chance.uniform(-10, 10, (count, 2)).astype(np.float32)
    truth = np.arange(count) % classes
    return replace(
        tiny_embedding(tuple(f"a long name {label}" for label in range(classes))),
        points=points,
        pictures=np.zeros((count, 4, 4, 1), np.uint8),
        ids=tuple(map(str, range(count))),
        truth=truth,
        answer=np.where(np.arange(count) % 9 == 0, (truth + 1) % classes, truth),
        confidence=np.full(count, 0.5, np.float32),
    )


@pytest.mark.parametrize("classes", [2, 10, 60])
def test_names_keep_off_one_another_and_off_the_small_pictures(classes: int) -> None:
    embedding = crowded(classes)
    inch = 2.2
    names = place_names(embedding, inch, (-11, 11), (-11, 11))
    assert len(names) >= min(classes, 24)
    assert not [pair for pair in combinations(names, 2) if pair[0].meets(pair[1])]
    chosen = places_for_thumbnails(embedding, inch, names)
    assert len(chosen) > 300
    for place in chosen:
        gaps = np.abs(embedding.points[chosen] - embedding.points[place]).max(axis=1)
        assert np.sort(gaps)[1] >= APART * inch
        assert not any(name.covers(*embedding.points[place].tolist()) for name in names)


def test_a_hundred_classes_are_drawn_with_nothing_cut_off() -> None:
    figure = embedding_figure(crowded(100, 400))
    (legend,) = figure.legends
    assert "and 76 classes more" in [text.get_text() for text in legend.get_texts()]
    assert cut_off(figure) == []


@pytest.mark.slow
def test_the_map_is_of_validation_pictures_where_there_are_some(tmp_path: Path) -> None:
    folder = write_striped_folder(tmp_path / "stripes", validation=12)
    shutil.copytree(folder / "validation", folder / "test")
    run = train(open_data(folder), net=NET, epochs=1, home=tmp_path / "runs", progress=False)
    assert judge(run).part == "test"
    assert embedding_of(run).part == "validation"
    assert embedding_of(run, "test").part == "test"


def data_in(page: str) -> dict[str, object]:
    found = re.search(r'<script id="data" type="application/json">(.*?)</script>', page, re.S)
    assert found
    content: dict[str, object] = json.loads(found[1])
    return content


def test_the_page_holds_everything_and_asks_no_host() -> None:
    embedding = tiny_embedding()
    page = embedding_page(embedding)
    assert data_in(page) == json.loads(json.dumps(page_data(embedding)))
    without_sheet = re.sub(r"data:image/\w+;base64,[A-Za-z0-9+/=]+", "", page)
    assert not re.search(r"(https?:)?//[a-z]|\bsrc=|\bhref=|@import|url\(|fetch\(", without_sheet)
    assert "default-src 'none'" in page


def test_the_sheet_has_each_thumbnail_in_its_place() -> None:
    embedding = tiny_embedding()
    data = page_data(embedding)
    content = base64.b64decode(data["sheet"].split(",")[1])
    sheet = np.asarray(Image.open(io.BytesIO(content)))
    side, columns = data["side"], data["columns"]
    assert (side, columns) == (12, 5)
    for place in range(20):
        row, column = divmod(place, columns)
        cell = sheet[row * side : (row + 1) * side, column * side : (column + 1) * side]
        np.testing.assert_array_equal(cell, PICTURES[place, :, :, 0])


def test_points_keep_their_shape_and_up_stays_up() -> None:
    embedding = tiny_embedding()
    data = page_data(embedding)
    x, y = np.array(data["x"]), np.array(data["y"])
    assert min(x.min(), y.min()) == 0
    assert max(x.max(), y.max()) == pytest.approx(1, abs=1e-3)
    scale = np.ptp(embedding.points[:, 0]) / np.ptp(x)
    np.testing.assert_allclose(np.ptp(y) * scale, np.ptp(embedding.points[:, 1]), rtol=1e-2)
    assert y[embedding.points[:, 1].argmax()] == 0


def test_names_and_ids_cannot_become_markup(tmp_path: Path) -> None:
    bad = "</script><img src=x onerror=alert(1)>"
    embedding = replace(tiny_embedding((bad, "b", "c")), run=bad, ids=(bad,) * 20)
    save_embedding_page(embedding, tmp_path / "map.html")
    page = (tmp_path / "map.html").read_text("utf-8")
    assert "<img" not in page
    assert page.count("</script>") == 2
    content = data_in(page)
    assert content["ids"] == [bad] * 20


def chromium() -> str:
    """Where the browser is; `make test` installs it."""
    for name in ("chromium", "chromium-browser", "google-chrome"):
        if path := shutil.which(name):
            return path
    raise FileNotFoundError("these tests need Chromium: apt-get install chromium")


@pytest.mark.slow
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_pointing_at_a_picture_in_a_browser_tells_all_about_it(
    tmp_path: Path, scheme: Literal["light", "dark"]
) -> None:
    bad = "</script><script>document.title='bad'</script>"
    embedding = tiny_embedding((bad, "b", "c"))
    save_embedding_page(embedding, tmp_path / "map.html")
    asked: list[str] = []
    complaints: list[str] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=["--no-sandbox"])
        page = browser.new_page(color_scheme=scheme)
        page.on("request", lambda request: asked.append(request.url))
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto((tmp_path / "map.html").as_uri())
        page.wait_for_function("sheet.complete && wide > 0")
        box = page.locator("#map").bounding_box()
        assert box
        x, y = page.evaluate("place(3)")
        page.mouse.move(box["x"] + x, box["y"] + y)
        told = page.locator("#card").inner_text()
        page.get_by_role("button", name="mistakes only 2").click()
        left = page.evaluate("data.x.filter((_, i) => isShown(i)).length")
        title = page.title()
        browser.close()
    assert "Answered wrongly: b" in told
    assert f"Truth: {bad}" in told
    assert "test/3.png" in told
    assert left == 2
    assert title.startswith("tiny: 20 of 50 test pictures")
    assert [url for url in asked if not url.startswith(("file:", "data:"))] == []
    assert complaints == []
