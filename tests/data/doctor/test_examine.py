"""The examination of opened data sets and known ones, and the lines that training prints."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from planted import RIGHT, picture_bytes, write_pictures
from tiny_data import striped_pictures

from lenswork.data.carried import carried
from lenswork.data.dataset import Dataset
from lenswork.data.doctor.examine import examine
from lenswork.data.doctor.told import told
from lenswork.data.folder import open_folder
from lenswork.data.open import open_data
from lenswork.errors import DataError, PictureError


@pytest.fixture
def right(tmp_path: Path) -> Path:
    """A folder with nothing wrong in it."""
    return write_pictures(tmp_path / "pets", RIGHT)


def arrays(classes: int = 3, count: int = 30) -> Dataset:
    names = tuple(f"stripe {label}" for label in range(classes))
    return Dataset(
        "stripes",
        names,
        {"train": striped_pictures(count, classes, 1), "test": striped_pictures(count, classes, 2)},
    )


def test_arrays_are_examined(tmp_path: Path) -> None:
    data = arrays()
    report = examine(data, quick=True)
    assert report.findings == ()
    assert report.location is None
    assert sum(report.pictures["train"].values()) == 30
    assert report.opened is data


def test_arrays_of_ten_digits_are_noted() -> None:
    data = replace(arrays(10), classes=tuple("0123456789"))
    assert [finding.code for finding in examine(data, quick=True).findings] == ["digits"]


def test_arrays_can_be_imbalanced() -> None:
    data = arrays(2, 40)
    order = np.argsort(data.train.labels)
    few = data.train.subset(order[: 20 + 4].tolist())
    report = examine(replace(data, parts={"train": few}), quick=True)
    assert [finding.code for finding in report.findings] == ["imbalance"]
    assert "5.0 to 1" in report.findings[0].title


def test_an_opened_folder_is_examined_as_it_is_and_not_as_its_folder_is(right: Path) -> None:
    (right / "train" / "cats" / "nothing.png").touch()
    opened = open_folder(right)
    (right / "train" / "cats" / "later.png").touch()
    (found,) = examine(opened, quick=True).findings
    assert found.files == ("train/cats/nothing.png",)
    without = replace(opened, parts={"train": opened.train.subset(range(4))})
    assert examine(without, quick=True).findings == ()


def test_an_opened_folder_whose_file_has_gone_is_told(right: Path) -> None:
    opened = open_folder(right)
    (right / "train" / "cats" / "cats-3.png").unlink()
    assert [one.code for one in examine(opened, quick=True).findings] == ["broken-link"]


def test_a_picture_of_the_report_is_read_by_its_id(right: Path) -> None:
    (right / "stray.png").write_bytes(picture_bytes(5))
    report = examine(right, quick=True)
    assert report.paths == {"stray.png": right / "stray.png"}
    assert report.picture("stray.png").shape == (24, 24, 3)
    assert report.picture("train/cats/cats-1.png").shape == (24, 24, 3)
    assert examine(arrays(), quick=True).picture("1/00003").ndim == 3
    with pytest.raises(KeyError):
        report.picture("nothing.png")
    (right / "train" / "cats" / "cats-1.png").write_bytes(b"")
    with pytest.raises(PictureError):
        report.picture("train/cats/cats-1.png")


def test_pictures_in_shards_are_counted_and_not_opened(right: Path) -> None:
    opened = carried(open_folder(right))
    report = examine(opened)
    assert [one.code for one in report.findings] == ["not-opened"]
    assert "those in shards were not opened" in report.looked_at
    assert sum(report.pictures["train"].values()) == 16


def test_shards_that_are_nowhere_raise(tmp_path: Path) -> None:
    with pytest.raises(DataError):
        examine(f"{tmp_path}/train-{{000..001}}.tar")


def test_data_that_is_nowhere_raises(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="neither a folder nor a known data set"):
        examine(tmp_path / "nowhere")


def test_progress_is_told_of_every_picture(right: Path) -> None:
    heard: list[tuple[int, int]] = []
    examine(right, progress=lambda done, total: heard.append((done, total)))
    assert heard[-1] == (26, 26)


# --- what training prints ---------------------------------------------------------------------


def test_training_is_told_nothing_of_right_data(right: Path) -> None:
    assert told(open_data(right)) == []


def test_training_is_told_what_is_wrong_by_names_and_sizes(right: Path) -> None:
    (right / "train" / "cats" / "nothing.png").touch()
    empty = "1 picture is empty (0 bytes): training stops where it comes to such a file"
    assert told(open_data(right)) == [
        f"warning: {empty}",
        f"  lenswork doctor {right} says what to do",
    ]


def test_training_is_not_told_again_what_the_notes_of_the_data_say(right: Path) -> None:
    (right / "train" / "stray.png").write_bytes(picture_bytes(5))
    (right / "train" / "cats" / "notes.txt").write_text("no picture")
    opened = open_data(right)
    assert len(opened.notes) == 2
    assert told(opened) == []


def test_training_is_told_of_series_that_its_own_cut_goes_through(tmp_path: Path) -> None:
    for name in ("horses", "humans"):
        (tmp_path / name).mkdir()
        for number in range(40):
            file = f"{name}{number // 8}-{number % 8}.png"
            (tmp_path / name / file).write_bytes(picture_bytes(number))
    assert "the cut of a validation part goes through" in told(open_data(tmp_path))[0]
    assert told(open_data(tmp_path, group="^[^-]+")) == []
