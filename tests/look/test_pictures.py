"""The pictures of a look: the run's own, cut as in training, or files."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from tiny_data import SIDE, striped_data, write_striped_folder

from lenswork.errors import PictureError, RunError, UsageError
from lenswork.look.pictures import (
    Shown,
    as_dicts,
    changes,
    drawn_places,
    part_in,
    part_of,
    picture_file,
    reported_part,
    some_pictures,
)
from lenswork.model.preprocess import Preprocess
from lenswork.record.run import Run
from lenswork.record.train import open_for, train

NET = "flatten, dense classes"
PREPROCESS = Preprocess(height=8, width=8, colours="rgb")


def run_on(folder: Path, **fields: Any) -> Run:
    return train(
        folder, net=NET, epochs=1, home=folder.parent / "runs", progress=False, device="cpu",
        **fields,
    )  # fmt: skip


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_striped_folder(tmp_path_factory.mktemp("data") / "stripes")


@pytest.fixture(scope="module")
def run(folder: Path) -> Run:
    return run_on(folder)


def test_a_look_is_at_the_held_out_pictures_in_the_order_of_the_records(run: Run) -> None:
    part = part_of(run)
    assert part.ids == run.answers["validation"].ids
    shown = some_pictures(part, [3, 0], run.classes, run.classifier.contract.preprocess)
    assert [one.id for one in shown] == [part.ids[3], part.ids[0]]
    assert shown[0].truth == run.classes[part.labels[3]]
    np.testing.assert_array_equal(shown[0].picture, part.source.read(3))


def test_the_training_part_can_be_asked_for_and_others_are_refused(run: Run) -> None:
    assert len(part_of(run, "train")) == 24
    with pytest.raises(UsageError, match="have no test part; they have train, validation"):
        part_of(run, "test")


def test_a_cut_made_for_the_training_is_made_again(folder: Path, tmp_path: Path) -> None:
    alone = tmp_path / "alone"
    alone.mkdir()
    (folder / "train").rename(alone / "stripes")
    try:
        run = run_on(alone / "stripes", validation=0.25, split_seed=3)
        assert part_of(run).ids == run.answers["validation"].ids
    finally:
        (alone / "stripes").rename(folder / "train")


def test_numbers_that_no_picture_has_are_refused(run: Run) -> None:
    with pytest.raises(UsageError, match="no picture 12: this part has 12, numbered 0 to 11"):
        some_pictures(part_of(run), [0, 12], run.classes, run.classifier.contract.preprocess)
    with pytest.raises(UsageError, match="no picture -1"):
        some_pictures(part_of(run), [-1], run.classes, run.classifier.contract.preprocess)


def test_a_run_on_data_in_memory_says_that_they_cannot_be_opened_again(tmp_path: Path) -> None:
    run = train(striped_data(), net=NET, epochs=1, home=tmp_path, progress=False, device="cpu")
    with pytest.raises(RunError, match=r"data of run .* cannot be opened again: 'stripes' is neit"):
        part_of(run)


def test_data_with_other_classes_than_the_run_are_refused(tmp_path: Path) -> None:
    folder = write_striped_folder(tmp_path / "stripes")
    run = run_on(folder)
    for part in ("train", "validation"):
        (folder / part / "low").rename(folder / part / "deep")
    with pytest.raises(RunError, match=r"trained on the classes high, low, but .* deep, high"):
        part_of(run)


def test_a_picture_file_is_shown_by_its_name_at_its_own_size(tmp_path: Path) -> None:
    Image.fromarray(np.zeros((SIDE, 5), np.uint8)).save(tmp_path / "one.png")
    shown = picture_file(tmp_path / "one.png", PREPROCESS)
    assert (shown.id, shown.picture.shape, shown.truth) == ("one.png", (SIDE, 5, 1), None)
    with pytest.raises(PictureError, match=r"none\.png"):
        picture_file(tmp_path / "none.png", PREPROCESS)


@pytest.mark.parametrize(
    ("shape", "colours", "said"),
    [
        ((28, 28, 1), "grey", []),
        ((640, 480, 3), "grey", [("a: 640x480 (height x width) in colour, resized to 28x28 and "
                                 "turned grey, as the classifier's contract says")]),
        ((28, 28, 3), "grey", [("a: 28x28 in colour, turned grey, as the classifier's contract "
                               "says")]),
        ((9, 9, 1), "rgb", [("a: 9x9 in grey, resized to 28x28 and its grey given to red, green "
                            "and blue, as the classifier's contract says")]),
    ],
)  # fmt: skip
def test_what_the_contract_changes_is_said_in_a_sentence(
    shape: tuple[int, ...], colours: Any, said: list[str]
) -> None:
    preprocess = Preprocess(height=28, width=28, colours=colours)
    assert changes([Shown("a", np.zeros(shape, np.uint8))], preprocess) == said


@pytest.mark.parametrize(
    ("pixels", "said"),
    [
        (np.full((4, 5, 4), 100, np.uint8), "with transparency, laid on white"),
        (np.full((4, 5), 40_000, np.uint16), "16 bits a sample, reduced to 8"),
        (np.full((4, 5, 4), 255, np.uint8), ""),
        (np.full((4, 5, 3), 9, np.uint8), ""),
    ],
)
def test_what_reading_a_file_changed_is_said(pixels: Any, said: str, tmp_path: Path) -> None:
    Image.fromarray(pixels).save(tmp_path / "a.png")
    shown = picture_file(tmp_path / "a.png", PREPROCESS)
    assert shown.reading == said
    colours: Any = "grey" if shown.picture.shape[2] == 1 else "rgb"
    same = Preprocess(height=4, width=5, colours=colours)
    assert changes([shown], same) == ([f"a.png: {said}"] if said else [])
    assert as_dicts([shown], same)[0]["changed"] == (said or None)


def test_a_jpeg_decoded_at_a_part_of_its_size_is_told_by_the_size_it_was_read_at(
    tmp_path: Path,
) -> None:
    Image.fromarray(np.zeros((64, 48, 3), np.uint8)).save(tmp_path / "photo.jpg")
    reduced = Preprocess(height=8, width=8, colours="rgb", reduced=True)
    assert changes([picture_file(tmp_path / "photo.jpg", reduced)], reduced) == [
        (
            "photo.jpg: read at 32x24 (height x width) in colour, resized to 8x8, as the "
            "classifier's contract says"
        )
    ]


def test_one_sentence_does_for_pictures_that_are_changed_alike() -> None:
    preprocess = Preprocess(height=28, width=28, colours="grey")
    large, small = np.zeros((56, 56, 1), np.uint8), np.zeros((28, 28, 1), np.uint8)
    assert changes([Shown("a", large), Shown("b", large)], preprocess) == [
        "all 2 pictures: 56x56 in grey, resized to 28x28, as the classifier's contract says"
    ]
    assert changes([Shown("a", small), Shown("b", large)], preprocess) == [
        "b: 56x56 in grey, resized to 28x28, as the classifier's contract says"
    ]


def test_chance_picks_pictures_of_one_class_the_same_for_a_seed_and_none_twice() -> None:
    part = striped_data(train=60, classes=3).train
    chosen = drawn_places(part, 12, label=1, seed=4)
    assert chosen == drawn_places(part, 12, label=1, seed=4) == sorted(set(chosen))
    assert len(chosen) == 12
    assert set(part.labels[chosen]) == {1}
    assert chosen != drawn_places(part, 12, label=1, seed=5)
    assert set(part.labels[drawn_places(part, 40)]) == {0, 1, 2}
    assert len(drawn_places(part, 100)) == 60
    assert drawn_places(part, 12, label=7) == []


def test_the_part_of_opened_data_is_chosen_as_that_of_a_run(run: Run, folder: Path) -> None:
    data = open_for(run.recipe)[1]
    assert reported_part(data) == "validation"
    assert part_in(run, data).ids == part_of(run).ids
    with pytest.raises(RunError, match="was trained on the classes high, low, but"):
        part_in(run, replace(data, classes=("a", "b")))
