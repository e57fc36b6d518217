"""`lenswork mistakes` and `lenswork compare` of classifiers' files, on pictures that are given."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from portable import portable

Command = Callable[..., Any]


@pytest.fixture
def copied(trained: Path, tmp_path: Path) -> Path:
    """The run's classifier as a file without its run."""
    path = tmp_path / "copy.safetensors"
    path.write_bytes((trained / "classifier.safetensors").read_bytes())
    return path


def test_a_file_is_judged_on_a_folder_as_its_run_was(
    lenswork: Command, trained: Path, copied: Path, folder: Path
) -> None:
    recorded = json.loads(lenswork("mistakes", trained.name, "--json").out)
    said = lenswork("mistakes", copied, "--data", folder, "--json")
    assert said.code == 0, said.err
    anew = json.loads(said.out)
    assert anew["run"] == "copy"
    for name in ("part", "accuracy", "classes", "confusion"):
        assert anew[name] == recorded[name]
    assert "copy: validation accuracy" in lenswork("mistakes", copied, "--data", folder).out


def test_all_pictures_of_a_folder_without_parts_are_judged(
    lenswork: Command, copied: Path, folder: Path
) -> None:
    said = json.loads(lenswork("mistakes", copied, "--data", folder / "train", "--json").out)
    assert (said["part"], said["accuracy"]["n"]) == ("test", 24)


def test_a_file_and_a_run_are_compared_on_the_same_pictures(
    lenswork: Command, trained: Path, copied: Path, folder: Path
) -> None:
    said = lenswork("compare", copied, trained.name, "--data", folder)
    assert said.code == 0, said.err
    assert "they are equal" in said.out
    assert f"0 of 12 validation pictures flip: 0 only copy right, 0 only {trained.name}" in said.out
    as_json = json.loads(lenswork("compare", copied, trained.name, "--data", folder, "--json").out)
    assert as_json["pictures"] == 12


def test_a_file_without_pictures_is_not_compared(
    lenswork: Command, trained: Path, copied: Path
) -> None:
    said = lenswork("compare", copied, trained.name)
    assert said.code == 2
    assert "has no recorded answers: say with --data which pictures" in said.err


def test_what_needs_a_record_does_not_go_with_pictures(
    lenswork: Command, trained: Path, copied: Path, folder: Path, tmp_path: Path
) -> None:
    for words in (
        ("mistakes", copied, "--data", folder, "--matrix", tmp_path / "a.png"),
        ("compare", copied, trained.name, "--data", folder, "--out", tmp_path / "a.png"),
    ):
        said = lenswork(*words)
        assert said.code == 2
        assert "needs what a run has recorded" in said.err


def test_pictures_of_other_classes_are_refused(
    lenswork: Command, folder: Path, tmp_path: Path
) -> None:
    portable().save(tmp_path / "other.safetensors")
    said = lenswork("mistakes", tmp_path / "other.safetensors", "--data", folder)
    assert said.code == 2
    assert "has the class 'high', and other tells apart class 0, class 1, class 2" in said.err
