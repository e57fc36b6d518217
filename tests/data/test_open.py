"""Data are opened by name or path, and cut where they bring nothing to validate on."""

import os
from pathlib import Path

import pytest
from picture_files import write_classes
from tiny_data import write_striped_folder

from lenswork.data import open as opening
from lenswork.data.dataset import Cut, Dataset
from lenswork.data.open import AUTOMATIC_FRACTION, SAMPLE, open_data
from lenswork.data.split import group_names
from lenswork.errors import DataError, LensworkError, UsageError

PETS = {"cats": 10, "dogs": 20}
SPLIT = {"train/cats": 10, "train/dogs": 10, "validation/cats": 2, "validation/dogs": 3}
HORSES = r"(horse\d+|human\d+)-"


def sizes(data: Dataset) -> dict[str, int]:
    return {name: len(part) for name, part in data.parts.items()}


def refusal(data: str | Path) -> str:
    with pytest.raises(DataError) as caught:
        open_data(data)
    return str(caught.value)


# --- the sample and known names ---------------------------------------------------------------


def test_without_a_name_the_sample_is_opened() -> None:
    data = open_data()
    assert (data.name, data.classes) == (SAMPLE, ("horses", "humans"))
    assert sizes(data) == {"train": 1027, "validation": 256}
    assert data.cut is None


def test_the_sample_can_be_cut_by_animal_and_its_validation_becomes_the_test() -> None:
    data = open_data(SAMPLE, group=HORSES)
    assert sizes(data)["test"] == 256
    assert data.validation is not None
    assert len(data.train) + len(data.validation) == 1027
    assert 0.15 < len(data.validation) / 1027 < 0.25
    both = [set(group_names(part.ids, HORSES)) for part in (data.train, data.validation)]
    assert len(both[0]) + len(both[1]) == 50 + 17
    assert not both[0] & both[1]


def test_a_known_name_is_loaded_from_the_data_home_that_is_given(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []

    def load(name: str, data_home: Path) -> Dataset:
        asked.append((name, data_home))
        return open_data(write_classes(tmp_path / "found", SPLIT))

    monkeypatch.setattr(opening, "load", load)
    assert sizes(open_data("mnist", data_home=tmp_path)) == {"train": 20, "validation": 5}
    assert asked == [("mnist", tmp_path)]


# --- folders ----------------------------------------------------------------------------------


def test_a_folder_without_validation_is_cut_by_a_fifth(tmp_path: Path) -> None:
    data = open_data(write_classes(tmp_path, PETS))
    assert sizes(data) == {"train": 24, "validation": 6}
    assert data.cut == Cut(AUTOMATIC_FRACTION)
    assert AUTOMATIC_FRACTION == 0.2


def test_a_folder_is_opened_by_text_as_well(tmp_path: Path) -> None:
    assert sizes(open_data(str(write_classes(tmp_path, PETS)))) == {"train": 24, "validation": 6}


def test_a_folder_in_the_home_is_found_by_its_tilde(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    write_classes(tmp_path / "pets", PETS)
    assert open_data("~/pets").name == "pets"


def test_a_folder_with_validation_is_not_cut(tmp_path: Path) -> None:
    data = open_data(write_classes(tmp_path, SPLIT))
    assert sizes(data) == {"train": 20, "validation": 5}
    assert data.cut is None


def test_a_folder_with_a_test_part_only_is_not_cut_unless_asked(tmp_path: Path) -> None:
    write_classes(tmp_path, {"train/a": 10, "train/b": 10, "test/a": 1, "test/b": 1})
    assert sizes(open_data(tmp_path)) == {"train": 20, "test": 2}
    assert sizes(open_data(tmp_path, validation=0.1)) == {"train": 18, "validation": 2, "test": 2}


def test_a_fraction_that_is_asked_for_is_cut(tmp_path: Path) -> None:
    data = open_data(write_classes(tmp_path, PETS), validation=0.5, split_seed=9)
    assert sizes(data) == {"train": 15, "validation": 15}
    assert data.cut == Cut(0.5, None, 9)


def test_a_fraction_of_data_with_validation_makes_that_the_test(tmp_path: Path) -> None:
    data = open_data(write_classes(tmp_path, SPLIT), validation=0.5)
    assert sizes(data) == {"train": 10, "validation": 10, "test": 5}


def test_a_group_of_data_with_validation_cuts_a_fifth(tmp_path: Path) -> None:
    data = open_data(write_classes(tmp_path, SPLIT), group=r"(\w+-\d)")
    assert sizes(data) == {"train": 16, "validation": 4, "test": 5}
    assert data.cut == Cut(AUTOMATIC_FRACTION, r"(\w+-\d)")


def test_another_seed_cuts_another_way(tmp_path: Path) -> None:
    write_classes(tmp_path, PETS)
    one, two = (open_data(tmp_path, split_seed=seed).train.ids for seed in (0, 1))
    assert one != two
    assert one == open_data(tmp_path).train.ids


@pytest.mark.parametrize("fraction", [0.0, 1.0, 20.0])
def test_a_fraction_that_is_none_is_refused(tmp_path: Path, fraction: float) -> None:
    with pytest.raises(UsageError, match="more than 0 and less than 1"):
        open_data(write_classes(tmp_path, PETS), validation=fraction)


# --- neither ----------------------------------------------------------------------------------

KNOWN = "Known are mnist, fashion-mnist, horses-or-humans, horses-or-humans-150"


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        ("mnits", "mnist"),
        ("MNIST", "mnist"),
        ("fashion", "fashion-mnist"),
        ("fashion_mnist", "fashion-mnist"),
        ("horses", "horses-or-humans"),
        ("horses-or-humans-15", "horses-or-humans-150"),
    ],
)
def test_a_name_that_is_nearly_known_is_suggested(given: str, meant: str) -> None:
    assert refusal(given) == (
        f"{given!r} is neither a folder nor a known data set. Did you mean {meant}? {KNOWN}"
    )


def test_a_folder_beside_is_suggested(tmp_path: Path) -> None:
    write_classes(tmp_path, PETS)
    assert refusal(tmp_path / "catz") == (
        f"'{tmp_path}/catz' is neither a folder nor a known data set. "
        f"Did you mean {tmp_path}/cats? {KNOWN}"
    )


@pytest.mark.parametrize("given", ["", "no-such-thing", "~no-such-user/pets", "nul\0byte"])
def test_what_is_nowhere_is_refused_with_what_is_known(given: str) -> None:
    assert refusal(given) == f"{given!r} is neither a folder nor a known data set. {KNOWN}"


def test_a_name_too_long_for_the_disk_is_refused() -> None:
    assert refusal("x" * 300).endswith("File name too long")


def test_a_file_is_refused_as_no_folder(tmp_path: Path) -> None:
    write_classes(tmp_path, PETS)
    path = tmp_path / "cats" / "cats-0.png"
    assert f"{path} is a file. You probably meant {tmp_path}" in refusal(path)


def test_a_path_that_is_not_utf_8_is_refused_in_words_that_can_be_printed(tmp_path: Path) -> None:
    with pytest.raises(LensworkError) as caught:
        open_data(os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9"))
    assert str(caught.value).encode("utf-8")


def test_a_train_folder_by_itself_says_what_beside_it_is_left_unused(tmp_path: Path) -> None:
    root = write_striped_folder(tmp_path / "stripes")
    (note,) = open_data(root / "train").notes
    assert note == f"validation/ beside train/ is not used: give {root} to use it"
    assert open_data(root).notes == ()


def test_a_path_that_a_record_cannot_name_is_refused(tmp_path: Path) -> None:
    root = write_striped_folder(tmp_path / os.fsdecode(b"stripes-\xff"))
    with pytest.raises(DataError, match="is not UTF-8, so a record cannot name it"):
        open_data(root)
