"""`lenswork look` as a person meets it."""

import json
from pathlib import Path
from typing import Any

import pytest
from PIL import Image


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
        ([], ["1 conv 4: 10x10x4", "3 conv 3: 3x3x3"], ["stripes-1-maps.png"]),
        (["--all-channels"], ["1 conv 4: 10x10x4"], ["stripes-1-all-channels.png"]),
        (
            ["--filters"],
            ["layer 1 conv 4: 4 filters, seen on 24 pictures"],
            ["stripes-1-filters-weights.png", "stripes-1-filters.png"],
        ),
        (["--attribution", "grad-cam"], ["rank correlation"], ["stripes-1-attribution.png"]),
        (["--forgot", "rescale"], ["not divided by 255", "12 pictures"], ["stripes-1-forgot.png"]),
        (["--sizes"], ["12 - 3 + 1 = 10", "floor(10 / 2) = 5"], []),
        (["--sees", "3:1,1"], ["sees 8 x 8 of 12 x 12"], ["stripes-1-sees.png"]),
        (["--value", "1:2,4,4"], ["the network's own value", "agrees"], ["stripes-1-value.png"]),
    ],
)
def test_each_look_says_and_draws_its_own(
    looked: Any, tmp_path: Path, words: list[str], lines: list[str], figures: list[str]
) -> None:
    said = looked("look", "stripes-1", "--pictures", "0,3", *words)
    assert said.code == 0, said.err
    for line in lines:
        assert line in said.out
    assert sorted(path.name for path in tmp_path.glob("*.png")) == figures
    content = json.loads(looked("look", "stripes-1", *words, "--json").out)
    assert content["figures"] == sorted(figures, key=lambda name: "weights" not in name)


def test_a_picture_of_ones_own_is_looked_at_with_a_classifier_s_file(
    looked: Any, tmp_path: Path
) -> None:
    Image.new("RGB", (40, 30), "white").save(tmp_path / "own.jpg")
    model = tmp_path / "runs" / "stripes-1" / "classifier.safetensors"
    said = looked("look", model, "--image", "own.jpg", "--out", "seen.png")
    assert said.code == 0, said.err
    assert (tmp_path / "seen.png").is_file()


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
    ],
)
def test_what_is_not_there_is_refused_with_what_is(
    looked: Any, tmp_path: Path, words: list[str], message: str
) -> None:
    said = looked("look", "stripes-1", *words)
    assert said.code == 2
    assert message in said.err
    assert list(tmp_path.glob("*.png")) == []
