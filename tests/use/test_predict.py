"""Answers come one a file and in order, whatever becomes of the others."""

import io
import tracemalloc
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from lenswork.errors import PictureError, UsageError
from lenswork.kinds import Picture
from lenswork.model.classifier import Classifier
from lenswork.model.contract import Contract
from lenswork.model.network import Network
from lenswork.model.preprocess import Preprocess
from lenswork.model.spec import parse_net
from lenswork.use.predict import BATCH, Answer, Upload, answer_files, find_pictures

NET = "flatten, dense classes"


@pytest.fixture
def classifier() -> Classifier:
    """Says how bright a picture is: the logit of "bright" is 20 (mean - 0.5)."""
    preprocess = Preprocess(height=2, width=2, colours="grey")
    contract = Contract(
        classes=("dark", "bright"), preprocess=preprocess, output="sigmoid", net=NET
    )
    network = Network(parse_net(NET).with_outputs(1), preprocess.input_shape)
    with torch.no_grad():
        network.get_parameter("layers.1.weight").fill_(20 / 4)
        network.get_parameter("layers.1.bias").fill_(-10)
    return Classifier(network, contract, [])


def grey(value: int) -> Picture:
    return np.full((3, 5), value, dtype=np.uint8)


def write(path: Path, value: int) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(grey(value)).save(path)
    return path


def png(value: int) -> bytes:
    file = io.BytesIO()
    Image.fromarray(grey(value)).save(file, "PNG")
    return file.getvalue()


def brightness(answer: Answer) -> float:
    """The mean pixel that the answer was given for."""
    assert answer.prediction is not None
    bright = answer.prediction.probabilities["bright"]
    return 255 * (float(np.log(bright / (1 - bright))) / 20 + 0.5)


def test_bad_files_get_their_error_in_their_place_and_the_others_their_answer(
    classifier: Classifier, tmp_path: Path
) -> None:
    files = [
        write(tmp_path / "0.png", 10),
        tmp_path / "missing.png",
        write(tmp_path / "1.png", 200),
        tmp_path / "text.png",
        tmp_path,
        write(tmp_path / "2.png", 90),
    ]
    files[3].write_text("no picture")
    answers = list(answer_files(classifier, files))
    assert [answer.file for answer in answers] == [str(file) for file in files]
    assert [answer.prediction is None for answer in answers] == [0, 1, 0, 1, 1, 0]
    assert [brightness(answers[place]) for place in (0, 2, 5)] == pytest.approx([10, 200, 90], 0.01)
    assert f"cannot read {files[1]}: there is no such file" in answers[1].error
    assert "expected a JPEG, PNG" in answers[3].error
    assert f"cannot read {tmp_path}: it is " in answers[4].error
    assert [answers[place].error for place in (0, 2, 5)] == [""] * 3


def test_a_prediction_is_the_one_that_the_classifier_gives(
    classifier: Classifier, tmp_path: Path
) -> None:
    file = write(tmp_path / "a.png", 77)
    (answer,) = answer_files(classifier, [file])
    assert [answer.prediction] == classifier.predict(file)


def test_only_bad_files_and_no_files_at_all_are_answered_too(
    classifier: Classifier, tmp_path: Path
) -> None:
    (answer,) = answer_files(classifier, [tmp_path / "missing.png"])
    assert answer.prediction is None
    assert list(answer_files(classifier, [])) == []


def test_pictures_that_came_as_bytes_are_answered_under_their_name(
    classifier: Classifier, tmp_path: Path
) -> None:
    file = write(tmp_path / "a.png", 5)
    answers = list(answer_files(classifier, [Upload("sun", png(250)), Upload("empty", b""), file]))
    assert [answer.file for answer in answers] == ["sun", "empty", str(file)]
    assert brightness(answers[0]) == pytest.approx(250, 0.01)
    assert answers[1].error == "cannot read empty: the file is empty (0 bytes)"


def test_order_is_kept_over_several_batches(classifier: Classifier) -> None:
    values = [index % 251 for index in range(2 * BATCH + 3)]
    uploads = [Upload(str(index), png(value)) for index, value in enumerate(values)]
    uploads[BATCH] = Upload("bad", b"bad")
    answers = list(answer_files(classifier, iter(uploads)))
    assert [answer.file for answer in answers] == [upload.name for upload in uploads]
    assert [answer.file for answer in answers if answer.prediction is None] == ["bad"]
    for answer, value in zip(answers, values, strict=True):
        if answer.prediction is not None:
            assert brightness(answer) == pytest.approx(value, abs=0.5)


def test_no_more_files_are_taken_than_the_batch_that_is_answered(classifier: Classifier) -> None:
    taken = 0

    def files() -> Iterator[Upload]:
        nonlocal taken
        for taken in range(1, 10 * BATCH):
            yield Upload(str(taken), png(1))

    answers = answer_files(classifier, files())
    next(answers)
    assert taken == BATCH
    answers.close()  # type: ignore[attr-defined]


def test_folders_are_searched_by_name_and_files_stay_as_they_are(tmp_path: Path) -> None:
    for name in ("b.png", "a.JPG", "sub/d.png", "sub/c.tiff", "also/e.webp"):
        write(tmp_path / name, 3)
    (tmp_path / "notes.txt").write_text("no picture")
    odd = tmp_path / "odd.name"
    found = list(find_pictures([odd, tmp_path, tmp_path / "b.png"]))
    names = ["a.JPG", "b.png", "also/e.webp", "sub/c.tiff", "sub/d.png", "b.png"]
    assert found == [odd, *(tmp_path / name for name in names)]


def test_hidden_files_and_folders_are_left_out(tmp_path: Path) -> None:
    for name in ("a.png", "._a.png", ".cache/b.png", "sub/.c.png"):
        write(tmp_path / name, 3)
    assert list(find_pictures([tmp_path])) == [tmp_path / "a.png"]


def test_a_hidden_folder_that_is_asked_for_is_searched(tmp_path: Path) -> None:
    file = write(tmp_path / ".hidden" / "a.png", 3)
    assert list(find_pictures([tmp_path / ".hidden"])) == [file]


def test_a_folder_without_pictures_is_refused_by_name(tmp_path: Path) -> None:
    write(tmp_path / ".hidden.png", 3)
    (tmp_path / "notes.txt").write_text("no picture")
    with pytest.raises(UsageError, match=f"expected pictures in the folder {tmp_path}, found none"):
        list(find_pictures([tmp_path]))


def test_a_circle_of_links_ends(tmp_path: Path) -> None:
    file = write(tmp_path / "a.png", 3)
    (tmp_path / "again").symlink_to(tmp_path)
    assert list(find_pictures([tmp_path])) == [file]


def test_many_files_from_python_take_the_memory_of_what_the_network_sees(
    classifier: Classifier, tmp_path: Path
) -> None:
    files = [tmp_path / f"{value}.png" for value in range(0, 240, 10)]
    for value, file in zip(range(0, 240, 10), files, strict=True):
        Image.new("RGB", (900, 700), (value,) * 3).save(file)
    tracemalloc.start()
    try:
        said = classifier.predict(files)
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert said == [classifier.predict(file)[0] for file in files]
    assert most < 6 * 900 * 700 * 3  # of 24 pictures


def test_the_first_file_that_cannot_be_read_is_named_among_many(
    classifier: Classifier, tmp_path: Path
) -> None:
    files = [write(tmp_path / f"{index}.png", 3) for index in range(9)]
    for bad in (6, 4):
        files[bad].write_bytes(b"no picture")
    with pytest.raises(PictureError, match=r"cannot read .*4\.png: expected a JPEG"):
        classifier.predict(files)
