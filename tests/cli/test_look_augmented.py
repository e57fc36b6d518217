"""`lenswork look --augmented` as a person meets it."""

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

WORDS = "turn 20, zoom 0.3"


@pytest.fixture
def here(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of pictures called stripes in the folder where figures land."""
    monkeypatch.chdir(tmp_path)
    return folder


@pytest.fixture
def run(lenswork: Any, here: Path) -> str:
    """A run that changed its pictures."""
    net = ("--net", "flatten, dense classes", "--views", "one")
    said = lenswork("train", here, "--epochs", "2", *net, "--augment", WORDS, "--batch", "6")
    assert said.code == 0, said.err
    return "stripes-1"


def test_a_run_shows_its_own_changes(lenswork: Any, run: str, tmp_path: Path) -> None:
    said = lenswork("look", run, "--augmented")
    assert said.code == 0, said.err
    assert f"augment {WORDS}\n" in said.out
    assert "as run stripes-1 met them: 12x12 grey" in said.out
    assert "drawn in stripes-1-augmented.png" in said.out
    assert np.asarray(Image.open(tmp_path / "stripes-1-augmented.png")).shape[2] in (3, 4)
    content = json.loads(lenswork("look", run, "--augmented", "--json").out)
    assert content["view"] == "augmented"
    assert content["content"]["augment"] == WORDS
    assert content["content"]["batch"] == 6
    rows = content["content"]["pictures"]
    assert [row["truth"] for row in rows] == ["high"] * 3 + ["low"] * 3
    for row in rows:
        assert [met["pass"] for met in row["met"]] == [1, 2]  # as many as epochs
        for number, met in enumerate(row["met"]):  # 24 pictures, 6 a batch: four steps a pass
            assert 4 * number < met["step"] <= 4 * number + 4
            assert 0 <= met["place"] < 6


def test_a_run_shows_other_changes_and_the_pictures_that_were_asked_for(
    lenswork: Any, run: str, tmp_path: Path
) -> None:
    words = ("--augmented", "rotate 10, contrast 0.3", "--pictures", "3,1", "--out", "other.png")
    content = json.loads(lenswork("look", run, *words, "--json").out)
    assert content["content"]["augment"] == "turn 10, contrast 0.3"
    assert [row["number"] for row in content["content"]["pictures"]] == [3, 1]
    assert content["figures"] == ["other.png"]
    assert (tmp_path / "other.png").is_file()
    assert (
        "as run stripes-1 would have met them with these words" in lenswork("look", run, *words).out
    )
    assert {picture["truth"] for picture in content["pictures"]} <= {"high", "low"}


def test_a_folder_is_looked_at_before_anything_is_trained(
    lenswork: Any, here: Path, tmp_path: Path
) -> None:
    said = lenswork("look", here, "--augmented", "flip, turn 10")
    assert said.code == 0, said.err
    assert "augment flip, turn 10\n" in said.out
    assert "as a run on stripes would meet them: 12x12 grey" in said.out
    assert "drawn in stripes-augmented.png" in said.out
    assert not (tmp_path / "runs").exists()


def test_a_folder_and_the_run_that_was_trained_on_it_show_the_same(
    lenswork: Any, run: str, here: Path
) -> None:
    words = ("--augmented", WORDS, "--json")
    of_run = json.loads(lenswork("look", run, *words).out)["content"]
    of_data = json.loads(lenswork("look", here, *words).out)["content"]
    assert (of_run["from"], of_data["from"]) == ("run", "data")
    assert [row["id"] for row in of_run["pictures"]] == [row["id"] for row in of_data["pictures"]]


def test_a_known_set_is_looked_at_by_its_name(lenswork: Any, here: Path) -> None:
    said = lenswork("look", "horses-or-humans-150", "--augmented")
    assert said.code == 0, said.err
    assert "augment flip, turn 15" in said.out  # what the fast recipe does to photographs


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["stripes", "--augmented"], "fast recipe changes no picture of stripes: say which"),
        (["stripes", "--augmented", "flop"], "--augmented: augment: expected words of shift ("),
        (["stripes", "--augmented", "flop"], "did you mean flip?"),
        (["stripes", "--augmented", ","], "--augmented: expected words such as"),
        (["stripes", "--augmented", "shift 12"], "can be shifted by 11 at the most"),
        (["--augmented", "stripes"], "before it: lenswork look stripes --augmented"),
        (["nowhere", "--augmented", "flip"], "Nor is it a folder of pictures or a known data set"),
        (["last", "--augmented", "flip"], "there are no runs in"),
        (["stripes", "--augmented", "flip", "--pictures", "24"], "no training picture 24"),
        (["stripes", "--augmented", "flip", "--pictures", "1,1"], "asked for more than once"),
        (["stripes", "--augmented", "flip", "--pictures", "a"], "expected whole numbers"),
        (["stripes", "--augmented", "flip", "--part", "test"], "--part does nothing in --aug"),
        (["stripes", "--augmented", "flip", "--image", "x"], "--image does nothing in --aug"),
        (["stripes", "--augmented", "flip", "--sizes"], "one look at a time"),
        (["stripes", "--augmented", "flip", "--out", "a.jpg"], "--out must end in .png"),
        (["own.png", "--augmented", "flip"], "is a file"),
    ],
)
def test_what_cannot_be_shown_is_refused_with_what_can(
    lenswork: Any, here: Path, tmp_path: Path, words: list[str], message: str
) -> None:
    Image.new("L", (3, 3)).save(tmp_path / "own.png")
    said = lenswork("look", *words)
    assert said.code == 2
    assert message in said.err
    assert [path.name for path in tmp_path.glob("*.png")] == ["own.png"]


def test_words_that_training_would_refuse_are_refused_for_a_run_too(
    lenswork: Any, run: str, tmp_path: Path
) -> None:
    said = lenswork("look", run, "--augmented", "shift 12")
    assert said.code == 2
    assert "pictures of 12 pixels a side can be shifted by 11 at the most, got shift 12" in said.err
    assert not list(tmp_path.glob("*.png"))


def test_a_run_without_changes_asks_for_words(lenswork: Any, trained: Path) -> None:
    said = lenswork("look", trained, "--augmented")
    assert said.code == 2
    assert "was trained without changes of its pictures: say which to look at" in said.err


def test_a_run_whose_pictures_are_gone_says_so(lenswork: Any, run: str, here: Path) -> None:
    shutil.rmtree(here)
    said = lenswork("look", run, "--augmented")
    assert said.code == 2
    assert "the data of run stripes-1 cannot be opened again" in said.err


def test_an_unreadable_picture_is_named(lenswork: Any, here: Path) -> None:
    (here / "train" / "high" / "000.png").write_bytes(b"no picture")
    said = lenswork("look", here, "--augmented", "flip")
    assert said.code == 2
    assert "000.png: expected a JPEG, PNG," in said.err
