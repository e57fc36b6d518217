"""`lenswork import` from the shell: a Keras file becomes a classifier's file."""

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from keras_nets import answers_of, layers, pictures, sequential

from lenswork.model.classifier import load

# Keras 3.15 on torch copies arrays in a way that numpy warns of
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")
Command = Callable[..., Any]


@pytest.fixture
def model() -> Any:
    made = [layers.Conv2D(3, 3, activation="relu"), layers.Flatten()]
    return sequential(*made, layers.Dense(2, activation="softmax"), shape=(12, 12, 1))


@pytest.fixture
def keras_file(model: Any, tmp_path: Path) -> Path:
    model.save(tmp_path / "pets.keras")
    return tmp_path / "pets.keras"


def test_a_keras_file_becomes_a_classifier_beside_it(
    lenswork: Command, keras_file: Path, model: Any
) -> None:
    said = lenswork("import", keras_file, "--classes", "cat, dog", "--scale", "1")
    assert said.code == 0, said.err
    out = keras_file.with_suffix(".safetensors")
    assert said.out.splitlines() == [
        "net: conv 3, flatten, dense classes",
        "parameters: 632; pictures: 12x12 grey, bilinear resize, not normalised (0 to 255)",
        "classes: cat, dog",
        f"classifier: {out}",
    ]
    given = pictures(3, (12, 12, 1))
    assert np.abs(load(out).probabilities(given) - answers_of(model, given)).max() < 1e-5


def test_classes_and_golden_pictures_come_from_a_folder(
    lenswork: Command, keras_file: Path, folder: Path, tmp_path: Path
) -> None:
    out = tmp_path / "a.safetensors"
    said = lenswork("import", keras_file, "--classes", folder, "--scale", "1/255", "--to", out)
    assert said.code == 0, said.err
    assert "accuracy on the validation part of stripes: " in said.out
    classifier = load(out)
    assert classifier.classes == ("high", "low")
    assert classifier.golden[0].shape == (12, 12, 1)
    assert classifier.contract.preprocess.normalise
    assert lenswork("predict", out, folder / "validation").code == 0
    picture = folder / "validation" / "high" / "000.png"
    seen = lenswork("look", out, "--image", picture, "--out", tmp_path / "look.png")
    assert seen.code == 0, seen.err


def test_what_is_missing_is_said_where_nobody_can_be_asked(
    lenswork: Command, keras_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO())
    said = lenswork("import", keras_file, "--scale", "1")
    assert said.code == 2
    assert "tells 2 classes apart and does not name them: give --classes" in said.err
    said = lenswork("import", keras_file, "--classes", "a,b")
    assert said.code == 2
    assert "give --scale 1/255 if its training divided them by 255" in said.err


def test_what_is_missing_is_asked_for_at_a_terminal(
    lenswork: Command, keras_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = io.StringIO("1/255\ncat, dog\n")
    answers.isatty = lambda: True  # type: ignore[method-assign]
    monkeypatch.setattr("sys.stdin", answers)
    said = lenswork("import", keras_file)
    assert said.code == 0, said.err
    assert load(keras_file.with_suffix(".safetensors")).classes == ("cat", "dog")


def test_a_name_without_commas_that_is_no_folder_is_refused(
    lenswork: Command, keras_file: Path
) -> None:
    said = lenswork("import", keras_file, "--classes", "cats", "--scale", "1")
    assert said.code == 2
    assert "got 'cats', which is no folder" in said.err


def test_a_file_that_is_no_keras_model_is_refused(lenswork: Command, tmp_path: Path) -> None:
    (tmp_path / "a.keras").write_bytes(b"GIF89a")
    said = lenswork("import", tmp_path / "a.keras")
    assert said.code == 2
    assert "is no Keras file" in said.err


def test_a_classifier_beside_the_model_is_not_lost(lenswork: Command, keras_file: Path) -> None:
    out = keras_file.with_suffix(".safetensors")
    out.write_bytes(b"another classifier")
    words = ("import", keras_file, "--classes", "cat,dog", "--scale", "1")
    said = lenswork(*words)
    assert said.code == 2
    assert f"there is a {out} already" in said.err
    assert out.read_bytes() == b"another classifier"
    assert lenswork(*words, "--to", out).code == 0
    assert load(out).classes == ("cat", "dog")
