"""Pictures in formats that training cannot read are warned of, and the cure brings them in."""

import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest
from planted import RIGHT, picture_bytes, write_pictures

from lenswork.data.doctor.examine import examine
from lenswork.data.doctor.finding import Finding
from lenswork.data.folder import open_folder
from lenswork.errors import DataError


@pytest.fixture
def right(tmp_path: Path) -> Path:
    """A folder with nothing wrong in it."""
    return write_pictures(tmp_path / "my pets", RIGHT)


def photographs(root: Path, files: Mapping[str, int]) -> Finding | None:
    """What is found with more files: `{"train/cats/%d.heic": 3}`; None if no format is."""
    for name, count in files.items():
        for number in range(count):
            (root / (name % number)).write_bytes(picture_bytes(900 + number))
    findings = examine(root, quick=True).findings
    return next((one for one in findings if one.code == "other-format"), None)


def test_the_share_of_a_class_in_another_format_is_a_warning(right: Path) -> None:
    finding = photographs(right, {"train/cats/IMG %d.HEIC": 72})
    assert finding is not None
    assert finding.severity == "warn"
    assert finding.title == (
        "72 of 80 files in train/cats/ are pictures in HEIC, which training cannot read"
    )
    assert len(finding.files) == 72
    assert finding.move == ()
    assert [one.code for one in examine(right, quick=True).findings] == ["other-format"]


def test_each_class_is_told_with_its_share(right: Path) -> None:
    finding = photographs(right, {"train/cats/%d.heic": 2, "validation/dogs/%d.avif": 5})
    assert finding is not None
    assert finding.title == (
        "7 files are pictures in AVIF or HEIC, which training cannot read: 2 of 10 files in "
        "train/cats/, 5 of 10 files in validation/dogs/"
    )


def test_a_raw_file_beside_its_jpeg_is_no_warning(right: Path) -> None:
    assert photographs(right, {"train/cats/%d.jpg": 3, "train/cats/%d.CR2": 3}) is None
    assert [one.code for one in examine(right, quick=True).findings] == ["not-pictures"]


def test_files_that_are_no_pictures_are_noted_still(right: Path) -> None:
    finding = photographs(right, {"train/cats/%d.heic": 1, "train/cats/%d.txt": 1})
    assert finding is not None
    assert finding.files == ("train/cats/0.heic",)
    (note,) = [one for one in examine(right, quick=True).findings if one.code == "not-pictures"]
    assert note.files == ("train/cats/0.txt",)


@pytest.mark.parametrize("flat", [False, True])
def test_the_cure_converts_them_and_writes_over_nothing(
    right: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, flat: bool
) -> None:
    tools = tmp_path / "tools"
    tools.mkdir()
    (tools / "magick").write_text('#!/bin/sh\ncp "${1%\\[0\\]}" "$3"\n')
    (tools / "magick").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tools}{os.pathsep}{os.environ['PATH']}")
    if flat:
        shutil.move(right / "train", tmp_path / "flat")
        right = tmp_path / "flat"
    cats = "cats" if flat else "train/cats"
    (right / cats / "0.jpg").write_bytes(picture_bytes(700))
    finding = photographs(right, {f"{cats}/%d.HEIC": 2, f"{cats}/it's $(%d).avif": 1})
    assert finding is not None
    (command,) = [line for line in finding.cure.splitlines() if line.startswith("find ")]
    subprocess.run(["sh", "-c", command], check=True)
    assert (right / cats / "0.jpg").read_bytes() == picture_bytes(700)
    assert (right / cats / "1.jpg").read_bytes() == picture_bytes(901)
    assert (right / cats / "it's $(0).jpg").is_file()
    assert [one.code for one in examine(right, quick=True).findings] == ["not-pictures"]


@pytest.mark.parametrize(
    "files",
    [
        {"train/cats/IMG %d.HEIC": 72},
        {"train/cats/%d.heic": 2, "validation/dogs/%d.avif": 5, "train/dogs/%d.txt": 2},
    ],
)
def test_training_notes_what_the_doctor_says(right: Path, files: Mapping[str, int]) -> None:
    finding = photographs(right, files)
    assert finding is not None
    notes = open_folder(right).notes
    assert f"{finding.title}; lenswork doctor says how to convert them" in notes
    assert not [note for note in notes if "cats" in note and "no picture" in note]


def test_a_class_in_other_formats_only_is_refused_with_what_the_doctor_says(right: Path) -> None:
    for picture in (right / "train/cats").iterdir():
        picture.unlink()
    finding = photographs(right, {"train/cats/%d.heic": 3})
    assert finding is not None
    assert finding.title.startswith("3 of 3 files in train/cats/ are pictures in HEIC")
    with pytest.raises(DataError, match="found none in") as caught:
        open_folder(right)
    assert f"{finding.title}; lenswork doctor says how to convert them" in str(caught.value)


def test_classes_in_other_formats_only_are_refused_with_what_the_doctor_says(
    tmp_path: Path,
) -> None:
    for name in ("cats", "dogs"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "1.HEIC").touch()
    with pytest.raises(DataError, match=r"have no pictures; 2 files are pictures in HEIC, which"):
        open_folder(tmp_path)
