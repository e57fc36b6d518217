"""`lenswork look` as a person meets it."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from lenswork.cli.look import EVERYWHERE, command
from lenswork.cli.look_views import VIEWS


@pytest.fixture
def looked(lenswork: Any, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A trained run with convolutions, and the folder in which figures land."""
    net = "conv 4, pool, conv 3, flatten, dense classes"
    said = lenswork("train", folder, "--epochs", "1", "--net", net)
    assert said.code == 0, said.err
    monkeypatch.chdir(tmp_path)
    return lenswork


@pytest.mark.parametrize(
    ("words", "lines", "figures"),
    [
        (
            [],
            [
                "1 conv 4: 10x10x4, channel 0: values",
                "3 conv 3: 3x3x3",
                "truth high",
                "left out: 4 flatten; 5 dense 1 linear (--layers 4,5 shows them)",
            ],
            ["stripes-1-maps.png"],
        ),
        (
            ["--all-channels"],
            ["1 conv 4: 10x10x4", "4 flatten: 27 units", "5 dense 1 linear: 1 unit"],
            ["stripes-1-all-channels.png"],
        ),
        (
            ["--layers", "flatten", "--channel", "26"],
            ["4 flatten: 27 units, unit 26: values"],
            ["stripes-1-maps.png"],
        ),
        (
            ["--filters"],
            ["layer 1 conv 4: 4 filters, seen on 24 pictures"],
            ["stripes-1-filters-weights.png", "stripes-1-filters.png"],
        ),
        (
            ["--attribution", "grad-cam", "--class", "low"],
            ["rank correlation", "truth: high", "low"],
            ["stripes-1-attribution.png"],
        ),
        (["--forgot", "rescale"], ["not divided by 255", "12 pictures"], ["stripes-1-forgot.png"]),
        (["--sizes"], ["12 - 3 + 1 = 10", "floor(10 / 2) = 5"], ["stripes-1-sizes.png"]),
        (["--sees", "3:1,1"], ["sees 8 x 8 of 12 x 12"], ["stripes-1-sees.png"]),
        (["--value", "1:2,4,4"], ["the network's own value", "agrees"], ["stripes-1-value.png"]),
        (
            ["--value", "4:5"],
            ["from 3 conv 3, channel 2, row 0, column 1"],
            ["stripes-1-value.png"],
        ),
    ],
)
def test_each_look_says_and_draws_its_own(
    looked: Any, tmp_path: Path, words: list[str], lines: list[str], figures: list[str]
) -> None:
    said = looked("look", "stripes-1", *words)
    assert said.code == 0, said.err
    for line in lines:
        assert line in said.out
    assert sorted(path.name for path in tmp_path.glob("*.png")) == figures
    content = json.loads(looked("look", "stripes-1", *words, "--json").out)
    assert content["figures"] == sorted(figures, key=lambda name: "weights" not in name)
    assert content["arrays"] == []


def test_a_picture_of_ones_own_is_looked_at_with_a_classifier_s_file(
    looked: Any, tmp_path: Path
) -> None:
    Image.new("RGB", (40, 30), "white").save(tmp_path / "own.jpg")
    model = tmp_path / "runs" / "stripes-1" / "classifier.safetensors"
    said = looked("look", model, "--image", "own.jpg", "--out", "seen.png")
    assert said.code == 0, said.err
    assert (tmp_path / "seen.png").is_file()
    assert looked("look", model, "--sizes", "--out", "sizes.png").code == 0


@pytest.mark.parametrize(
    "view",
    [[], ["--all-channels"], ["--attribution", "grad-cam"], ["--forgot", "size"],
     ["--sees", "1:0,0"], ["--value", "1:0,0,0"]],
)  # fmt: skip
def test_every_look_says_what_the_contract_did_to_a_picture(
    looked: Any, tmp_path: Path, view: list[str]
) -> None:
    Image.new("RGB", (40, 30), "white").save(tmp_path / "own.jpg")
    words = ["look", "stripes-1", "--image", "own.jpg", *view]
    changed = "30x40 (height x width) in colour, resized to 12x12 and turned grey"
    assert f"own.jpg: {changed}, as the classifier's contract says\n" in looked(*words).out
    (picture,) = json.loads(looked(*words, "--json").out)["pictures"]
    assert picture == {
        "id": "own.jpg", "truth": None, "shape": [30, 40, 3], "seen_as": [12, 12, 1],
        "changed": changed,
    }  # fmt: skip


def test_the_maps_numbers_are_told_in_json_and_written_as_arrays(
    looked: Any, tmp_path: Path
) -> None:
    words = ["look", "stripes-1", "--layers", "2,5", "--arrays", "maps.npz", "--json"]
    content = json.loads(looked(*words).out)
    assert content["arrays"] == ["maps.npz"]
    pool, classes = content["content"]["layers"]
    with np.load(tmp_path / "maps.npz", allow_pickle=False) as saved:
        assert saved["2 pool"].shape == (2, 5, 5, 1)  # 12 pictures: there is no number 26
        assert pool["max"] == saved["2 pool"].max(axis=(1, 2)).tolist()
        assert classes["mean"] == saved["5 dense 1 linear"].tolist()
    assert {"id", "truth", "answer", "probability"} == set(content["content"]["pictures"][0])
    said = looked("look", "stripes-1", "--arrays", "more.npz")
    assert "numbers in more.npz" in said.out


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--channel", "4"], "it has 4, numbered 0 to 3"),
        (["--layers", "9"], "the layers are: 1 conv 4; 2 pool; 3 conv 3"),
        (["--pictures", "99"], "there is no picture 99: this part has 12"),
        (["--pictures", "a"], "expected whole numbers such as 0,7,26, got 'a'"),
        (["--pictures", "0", "--image", "x.png"], "--pictures or --image, not both"),
        (["--image", "nowhere.png"], "there is no such file"),
        (["--filters", "--sizes"], "one look at a time"),
        (["--sees", "3"], "expected --sees LAYER:ROW,COLUMN"),
        (["--value", "1:0,99,0"], "row"),
        (["--part", "test"], "have no test part"),
        (["--pictures", ""], "expected whole numbers such as 0,7,26, got ''"),
        (["--pictures", "-1"], "--pictures: numbers count from 0, got -1 in '-1'"),
        (["--value", "1:0,-1,2"], "numbers count from 0, got -1 in '0,-1,2'"),
        (["--channel", "-1"], "--channel: numbers count from 0, got -1"),
        (["--layers", ","], "give at least one layer; the layers are: 1 conv 4"),
        (
            ["--class", "high"],
            (
                "--class does nothing in the maps (the look without another word); "
                "it is for --attribution"
            ),
        ),
        (["--sizes", "--channel", "0"], "--channel does nothing in --sizes; it is for the maps"),
        (["--sizes", "--pictures", "0"], "--pictures does nothing in --sizes; it is for the maps"),
        (["--sizes", "--image", "x.png"], "--image does nothing in --sizes"),
        (
            ["--filters", "--scale", "own"],
            (
                "--scale does nothing in --filters; it is for the maps "
                "(the look without another word), --all-channels"
            ),
        ),
        (["--forgot", "size", "--layers", "1"], "--layers does nothing in --forgot"),
        (["--sees", "1:0,0", "--arrays", "a.npz"], "--arrays does nothing in --sees"),
        (["--filters", "--layers", "1,3"], "--layers: this view looks at one layer, got '1,3'"),
        (["--value", "1:0,0,0", "--pictures", "0,1"], "looks at 1 picture, so give one number"),
        (["--image", "x.png", "--part", "train"], "--part or --image, not both"),
        (["--pictures", "1,1"], "--pictures: 1 is asked for more than once in '1,1'"),
        (["--layers", "1,1"], "layer '1 conv 4' is asked for twice, as '1' and as '1'"),
        (["--arrays", "maps.png"], "--arrays must end in .npz"),
        (["--sees", "5"], "such as 1:5,5, got '5'"),
    ],
)
def test_what_is_not_there_is_refused_with_what_is(
    looked: Any, tmp_path: Path, words: list[str], message: str
) -> None:
    said = looked("look", "stripes-1", *words)
    assert said.code == 2
    assert message in said.err
    assert list(tmp_path.glob("*.[np][pn][zg]")) == []


def test_every_option_is_used_by_a_view_and_every_view_is_an_option() -> None:
    options = {parameter.name for parameter in command.params} - EVERYWHERE
    used = set().union(*(kind.uses for kind in VIEWS.values()))
    assert options == used | set(VIEWS) - {"maps"}
