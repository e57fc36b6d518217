"""A folder is read as the user meant it, or refused with the path that was probably meant."""

import os
import re
from pathlib import Path

import pytest
from picture_files import write_classes

from lenswork.data import folder
from lenswork.data.folder import open_folder
from lenswork.data.listed import pictures_in
from lenswork.errors import DataError

PETS = {"cats": 2, "dogs": 3}
SPLIT = {"train/cats": 3, "train/dogs": 2, "validation/cats": 1, "validation/dogs": 2}
EXPECTED = (
    "expected a folder with one sub-folder of pictures a class, or train/ and validation/ "
    "folders that have these; "
)


def refusal(path: Path) -> str:
    with pytest.raises(DataError) as caught:
        open_folder(path)
    return str(caught.value)


def meant(path: Path) -> str:
    """The path that the refusal of `path` says was probably meant, after trying it."""
    found = re.fullmatch(r"(?s).*\. You probably meant (\S+)", refusal(path))
    assert found is not None, refusal(path)
    open_folder(Path(found[1]))
    return found[1]


# --- layouts ----------------------------------------------------------------------------------


def test_class_folders_alone_are_training_pictures(tmp_path: Path) -> None:
    data = open_folder(write_classes(tmp_path / "pets", PETS))
    assert data.describe() == "pets: 2 classes, 5 train"
    assert data.classes == ("cats", "dogs")
    assert data.train.labels.tolist() == [0, 0, 1, 1, 1]
    assert data.train.ids[1:3] == ("cats/cats-1.png", "dogs/dogs-0.png")
    assert data.train.source.read(4).shape == (2, 2, 1)
    assert (data.location, data.notes, data.cut) == (tmp_path / "pets", (), None)


@pytest.mark.parametrize(
    "names",
    [
        ("train", "validation"),
        ("train", "val"),
        ("train", "valid"),
        ("training", "validation"),
        ("Train", "Valid"),
        ("TRAIN", "VAL"),
    ],
)
def test_train_and_validation_go_by_several_names(tmp_path: Path, names: tuple[str, str]) -> None:
    train, validation = names
    data = open_folder(
        write_classes(
            tmp_path,
            {f"{train}/a": 3, f"{train}/b": 2, f"{validation}/a": 1, f"{validation}/b": 2},
        )
    )
    assert set(data.parts) == {"train", "validation"}
    assert data.train.labels.tolist() == [0, 0, 0, 1, 1]
    assert data.parts["validation"].labels.tolist() == [0, 1, 1]
    assert data.parts["validation"].ids[0] == f"{validation}/a/a-0.png"


@pytest.mark.parametrize("name", ["test", "testing", "Test"])
def test_a_test_folder_is_the_test_part(tmp_path: Path, name: str) -> None:
    data = open_folder(write_classes(tmp_path, SPLIT | {f"{name}/cats": 1, f"{name}/dogs": 1}))
    assert {part: len(pictures) for part, pictures in data.parts.items()} == {
        "train": 5,
        "validation": 3,
        "test": 2,
    }


def test_train_and_test_without_validation_have_no_validation_part(tmp_path: Path) -> None:
    write_classes(tmp_path, {"train/a": 1, "train/b": 1, "test/a": 1, "test/b": 1})
    assert set(open_folder(tmp_path).parts) == {"train", "test"}


def test_a_train_folder_alone_is_enough(tmp_path: Path) -> None:
    data = open_folder(write_classes(tmp_path, {"train/a": 1, "train/b": 1}))
    assert set(data.parts) == {"train"}


def test_the_train_folder_of_a_data_set_can_be_opened_by_itself(tmp_path: Path) -> None:
    write_classes(tmp_path, SPLIT)
    assert open_folder(tmp_path / "train").describe() == "train: 2 classes, 5 train"


def test_classes_may_be_called_test_and_validation_where_there_is_no_train(tmp_path: Path) -> None:
    data = open_folder(write_classes(tmp_path, {"test": 1, "exam": 2}))
    assert data.classes == ("exam", "test")
    assert set(data.parts) == {"train"}


def test_classes_are_in_alphabetical_order_and_the_same_in_each_part(tmp_path: Path) -> None:
    names = ["zebra", "ant", "10", "9", "Moth", "ärger"]
    counts = {f"train/{name}": 1 for name in names}
    counts |= {f"val/{name}": number + 1 for number, name in enumerate(reversed(names))}
    data = open_folder(write_classes(tmp_path, counts))
    assert data.classes == ("10", "9", "Moth", "ant", "zebra", "ärger")
    for part in data.parts.values():
        for label, name in zip(part.labels, part.ids, strict=True):
            assert name.split("/")[1] == data.classes[label]


def test_pictures_are_in_the_order_of_their_names(tmp_path: Path) -> None:
    for name in ("b.png", "a.JPG", "c.webp", "A.tiff", "d.Jpeg", "e.bmp", "f.gif", "g.tif"):
        (tmp_path / name).touch()
    names = [path.name for path in pictures_in(tmp_path)]
    assert names == ["A.tiff", "a.JPG", "b.png", "c.webp", "d.Jpeg", "e.bmp", "f.gif", "g.tif"]


def test_hidden_files_and_the_leavings_of_a_mac_are_passed_over(tmp_path: Path) -> None:
    write_classes(tmp_path, PETS | {".git": 1, "__MACOSX/cats": 1, ".ipynb_checkpoints": 0})
    (tmp_path / "cats" / "._cats-0.png").touch()
    (tmp_path / "cats" / ".DS_Store").touch()
    data = open_folder(tmp_path)
    assert data.classes == ("cats", "dogs")
    assert len(data.train) == 5
    assert data.notes == ()


def test_strays_are_left_out_and_noted(tmp_path: Path) -> None:
    write_classes(tmp_path, PETS)
    for name in ("stray.png", "readme.txt", "cats/labels.csv", "cats/notes.txt"):
        (tmp_path / name).touch()
    (tmp_path / "dogs" / "puppies.png").mkdir()
    data = open_folder(tmp_path)
    assert len(data.train) == 5
    assert data.notes == (
        f"1 picture directly in {tmp_path} belongs to no class: left out",
        f"2 files or folders in {tmp_path}/cats are no pictures: left out",
        f"1 file or folder in {tmp_path}/dogs is no picture: left out",
    )


def test_a_name_can_be_given(tmp_path: Path) -> None:
    assert open_folder(write_classes(tmp_path, PETS), name="my pets").name == "my pets"


def test_a_relative_path_gets_the_name_of_its_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(write_classes(tmp_path / "pets", PETS))
    assert open_folder(Path()).name == "pets"


def test_names_that_are_not_utf_8_can_be_printed_and_their_pictures_read(tmp_path: Path) -> None:
    write_classes(tmp_path, PETS)
    folder = Path(os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9"))
    try:
        (tmp_path / "cats").rename(folder)
        (folder / "cats-0.png").rename(Path(os.fsdecode(os.fsencode(folder) + b"/\xff.png")))
    except OSError:
        pytest.skip("this file system takes UTF-8 names only")
    data = open_folder(tmp_path)
    assert data.classes == (r"caf\xe9", "dogs")
    assert data.train.ids[:2] == (r"caf\xe9/cats-1.png", r"caf\xe9/\xff.png")
    assert data.train.source.read(1).shape == (2, 2, 1)
    for path in (tmp_path / "dogs").iterdir():
        path.unlink()
    for path in folder.iterdir():
        path.unlink()
    refusal(tmp_path).encode("utf-8")


# --- links ------------------------------------------------------------------------------------


def test_a_class_folder_may_be_a_link(tmp_path: Path) -> None:
    write_classes(tmp_path, {"store/cats_v1": 2, "pets/dogs": 1})
    (tmp_path / "pets" / "cats").symlink_to(tmp_path / "store" / "cats_v1")
    data = open_folder(tmp_path / "pets")
    assert data.classes == ("cats", "dogs")
    assert data.train.ids[0] == "cats/cats_v1-0.png"


def test_a_linked_class_folder_is_known_by_where_the_link_is(tmp_path: Path) -> None:
    write_classes(tmp_path, {"store/cats_v1": 2, "pets/dogs": 1})
    (tmp_path / "pets" / "cats").symlink_to(tmp_path / "store" / "cats_v1")
    assert meant(tmp_path / "pets" / "cats") == str(tmp_path / "pets")


def test_a_circle_of_links_does_not_hang(tmp_path: Path) -> None:
    write_classes(tmp_path, PETS)
    (tmp_path / "again").symlink_to(tmp_path)
    assert f"expected pictures in every class folder, found none in {tmp_path}/again" in refusal(
        tmp_path
    )


def test_a_circle_below_does_not_hang_the_search_for_what_was_meant(tmp_path: Path) -> None:
    folder = tmp_path / "a"
    folder.mkdir()
    for name in "bcdefgh":
        (folder / name).symlink_to(tmp_path)
    (tmp_path / "itself").symlink_to("itself")
    assert "one level too high" in refusal(tmp_path)


def test_a_broken_link_is_kept_to_be_named_when_it_is_read(tmp_path: Path) -> None:
    write_classes(tmp_path, PETS)
    (tmp_path / "cats" / "z.png").symlink_to("gone.png")
    data = open_folder(tmp_path)
    with pytest.raises(DataError, match=r"cats/z\.png: there is no such file"):
        data.train.source.read(2)


# --- refusals, with the path that was probably meant ------------------------------------------


def test_a_class_folder_means_the_folder_above(tmp_path: Path) -> None:
    write_classes(tmp_path, PETS)
    assert meant(tmp_path / "cats") == str(tmp_path)
    assert refusal(tmp_path / "cats").startswith(
        f"{EXPECTED}{tmp_path}/cats has 2 pictures and no folders: it looks like one class"
    )


@pytest.mark.parametrize("part", ["train", "validation"])
def test_a_class_folder_inside_a_part_means_the_whole(tmp_path: Path, part: str) -> None:
    write_classes(tmp_path, SPLIT)
    assert meant(tmp_path / part / "cats") == str(tmp_path)


def test_a_class_folder_given_as_a_relative_path_means_the_folder_above(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_classes(tmp_path, PETS)
    monkeypatch.chdir(tmp_path / "cats")
    assert meant(Path()) == str(tmp_path)


def test_a_picture_means_the_data_that_it_is_in(tmp_path: Path) -> None:
    write_classes(tmp_path, SPLIT)
    path = tmp_path / "train" / "cats" / "cats-0.png"
    assert meant(path) == str(tmp_path)
    assert refusal(path).startswith(f"{EXPECTED}{path} is a file")


@pytest.mark.parametrize("below", ["pets", "archive/pets", "a/b/pets"])
@pytest.mark.parametrize("layout", [PETS, SPLIT])
def test_a_folder_too_high_means_the_folder_below(
    tmp_path: Path, below: str, layout: dict[str, int]
) -> None:
    write_classes(tmp_path / below, layout)
    assert meant(tmp_path) == str(tmp_path / below)
    assert refusal(tmp_path).startswith(
        f"{EXPECTED}the folders in {tmp_path} hold folders, not pictures: this is one level too "
        "high"
    )


def test_a_folder_inside_its_twin_is_found(tmp_path: Path) -> None:
    write_classes(tmp_path / "pets" / "pets", SPLIT)
    assert meant(tmp_path / "pets") == str(tmp_path / "pets" / "pets")


def test_the_search_below_gives_up_after_so_many_folders(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_classes(tmp_path, {"a": 0, "b": 0, "c/pets/cats": 1, "c/pets/dogs": 1})
    monkeypatch.setattr(folder, "FOLDERS_SEARCHED", 4)
    assert meant(tmp_path) == str(tmp_path / "c" / "pets")
    monkeypatch.setattr(folder, "FOLDERS_SEARCHED", 3)
    assert "You probably meant" not in refusal(tmp_path)


def test_of_several_data_sets_below_up_to_three_are_named(tmp_path: Path) -> None:
    for name in "abcd":
        write_classes(tmp_path / name, PETS)
    assert refusal(tmp_path).endswith(
        f". You probably meant {tmp_path}/a or {tmp_path}/b or {tmp_path}/c"
    )


def test_only_what_would_work_is_suggested(tmp_path: Path) -> None:
    write_classes(tmp_path, {"photos": 3, "deep/er/cats": 2})
    for path in (tmp_path / "photos", tmp_path / "deep"):
        assert "You probably meant" not in refusal(path)


def test_an_empty_folder_is_called_empty(tmp_path: Path) -> None:
    assert refusal(tmp_path) == f"{EXPECTED}{tmp_path} has neither folders nor pictures"


def test_a_folder_of_empty_folders_has_no_pictures(tmp_path: Path) -> None:
    write_classes(tmp_path, {"cats": 0, "dogs": 0})
    assert refusal(tmp_path) == f"{EXPECTED}the folders in {tmp_path} (cats, dogs) have no pictures"


def test_an_empty_train_folder_is_named(tmp_path: Path) -> None:
    write_classes(tmp_path, {"train": 0, "validation/a": 1, "validation/b": 1})
    assert refusal(tmp_path) == f"{EXPECTED}{tmp_path}/train has neither folders nor pictures"


def test_empty_classes_are_named(tmp_path: Path) -> None:
    write_classes(tmp_path, PETS | {"birds": 0})
    assert refusal(tmp_path) == (
        f"expected pictures in every class folder, found none in {tmp_path}/birds; add pictures "
        "or remove the folder"
    )
    (tmp_path / "fish").mkdir()
    assert f"found none in {tmp_path}/birds and 1 more; add" in refusal(tmp_path)


def test_data_beside_a_folder_of_pictures_is_what_was_meant(tmp_path: Path) -> None:
    write_classes(tmp_path, {"figures": 2, "pets/cats": 1, "pets/dogs": 1})
    assert meant(tmp_path) == str(tmp_path / "pets")


def test_classes_that_differ_are_named_with_what_they_probably_are(tmp_path: Path) -> None:
    write_classes(
        tmp_path,
        {"train/cats": 1, "train/dogs": 1, "train/owl": 1, "val/Cats": 1, "val/dogs": 1},
    )
    assert refusal(tmp_path) == (
        f"expected the same class folders in train/ and val/ of {tmp_path}, found only in train/: "
        "cats, owl; only in val/: Cats; val/Cats is probably train/cats"
    )


def test_a_class_that_only_validation_has_is_named(tmp_path: Path) -> None:
    write_classes(tmp_path, SPLIT | {"validation/owl": 1})
    assert refusal(tmp_path).endswith(f"of {tmp_path}, found only in validation/: owl")


def test_a_class_that_the_test_part_lacks_is_named(tmp_path: Path) -> None:
    write_classes(tmp_path, SPLIT | {"test/cats": 1})
    assert refusal(tmp_path) == (
        f"expected the same class folders in train/ and test/ of {tmp_path}, found only in train/: "
        "dogs"
    )


def test_one_class_is_refused(tmp_path: Path) -> None:
    write_classes(tmp_path, {"cats": 2})
    assert refusal(tmp_path) == (
        f"expected at least two classes in {tmp_path}, found one: 'cats'; a classifier needs "
        "something to tell it from"
    )


def test_one_class_in_each_part_is_refused(tmp_path: Path) -> None:
    write_classes(tmp_path, {"train/cats": 2, "validation/cats": 1})
    assert f"expected at least two classes in {tmp_path}/train, found one: 'cats'" in refusal(
        tmp_path
    )


def test_a_missing_path_is_refused_and_what_is_above_suggested(tmp_path: Path) -> None:
    assert refusal(tmp_path / "gone") == f"{EXPECTED}{tmp_path}/gone is not there"
    write_classes(tmp_path, PETS)
    assert meant(tmp_path / "gone") == str(tmp_path)


def test_validation_without_train_is_refused(tmp_path: Path) -> None:
    write_classes(tmp_path, {"validation/a": 1, "validation/b": 1, "test/a": 1, "test/b": 1})
    assert refusal(tmp_path) == (
        f"expected a train/ folder beside test/, validation/ in {tmp_path}, found none; name the "
        "folder with the training pictures train/"
    )


def test_two_names_for_one_part_are_refused(tmp_path: Path) -> None:
    write_classes(tmp_path, SPLIT | {"val/cats": 1, "val/dogs": 1})
    assert refusal(tmp_path) == (
        f"{tmp_path} has both val/ and validation/ for its validation pictures: keep one of them"
    )


def test_class_folders_beside_train_are_refused(tmp_path: Path) -> None:
    write_classes(tmp_path, SPLIT | {"owls": 1})
    assert refusal(tmp_path) == (
        f"{tmp_path} has train/, validation/ and beside them owls/: expected either class folders "
        "or train/, validation/ and test/ folders, not both"
    )


def test_a_part_that_is_not_sorted_into_classes_is_refused(tmp_path: Path) -> None:
    write_classes(tmp_path, {"train/cats": 1, "train/dogs": 1, "test": 3})
    assert refusal(tmp_path) == (
        f"expected one sub-folder of pictures a class in {tmp_path}/test, found 3 pictures and no "
        "folders: sort them into class folders, or move test/ away"
    )


def test_a_train_folder_that_is_not_sorted_does_not_mean_the_path_that_was_given(
    tmp_path: Path,
) -> None:
    write_classes(tmp_path, {"train": 3, "validation": 1})
    assert "You probably meant" not in refusal(tmp_path)


def test_a_folder_that_cannot_be_listed_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_classes(tmp_path, PETS)
    list_folder = os.scandir

    def refuse_dogs(path: Path) -> object:
        if Path(path).name == "dogs":
            raise PermissionError(13, "Permission denied", str(path))
        return list_folder(path)

    monkeypatch.setattr(os, "scandir", refuse_dogs)
    assert refusal(tmp_path) == f"cannot read the folder {tmp_path}/dogs: Permission denied"


def test_a_name_too_long_for_the_disk_is_refused(tmp_path: Path) -> None:
    assert refusal(tmp_path / ("x" * 300)).endswith("File name too long")
