"""Looking around: folders that hold data are told from others by a few names."""

import os
from pathlib import Path

from picture_files import write_classes
from planted import ordinary_user

from lenswork.data.browse import look_around, place_of


def test_a_folder_of_class_folders_looks_like_data(tmp_path: Path) -> None:
    root = write_classes(tmp_path / "pets", {"cats": 2, "dogs": 1})
    place = place_of(root)
    assert (place.name, place.looks, place.classes, place.more) == (
        "pets",
        "data",
        ("cats", "dogs"),
        0,
    )


def test_so_does_one_with_parts_and_its_classes_are_those_of_train(tmp_path: Path) -> None:
    root = write_classes(
        tmp_path / "pets", {"train/cats": 1, "train/dogs": 1, "validation/cats": 1}
    )
    assert place_of(root).classes == ("cats", "dogs")


def test_one_class_pictures_alone_and_folders_without_pictures_are_no_data(tmp_path: Path) -> None:
    one = write_classes(tmp_path / "one", {"cats": 2})
    empty = tmp_path / "empty"
    for name in ("a", "b"):
        (empty / name).mkdir(parents=True)
    held_out = write_classes(tmp_path / "held", {"validation/cats": 1, "validation/dogs": 1})
    for folder in (one, empty, held_out, one / "cats"):
        assert place_of(folder).looks == "folder", folder


def test_only_some_of_many_classes_are_named(tmp_path: Path) -> None:
    root = write_classes(tmp_path / "many", {f"class {number:02}": 1 for number in range(12)})
    place = place_of(root)
    assert (len(place.classes), place.more) == (8, 4)


def test_the_folders_inside_are_listed_and_hidden_ones_are_not(tmp_path: Path) -> None:
    write_classes(tmp_path / "pets", {"cats": 1, "dogs": 1})
    (tmp_path / "notes").mkdir()
    (tmp_path / ".secret").mkdir()
    (tmp_path / "read.me").write_text("")
    itself, inside = look_around(tmp_path)
    assert itself.looks == "folder"
    assert [(place.name, place.looks) for place in inside] == [
        ("notes", "folder"),
        ("pets", "data"),
    ]


def test_what_is_not_there_or_may_not_be_listed_is_locked() -> None:
    with ordinary_user() as folder:
        assert look_around(folder / "gone")[0].looks == "locked"
        (folder / "closed").mkdir(mode=0o000)
        assert [place.looks for place in look_around(folder)[1]] == ["locked"]


def test_a_name_that_no_record_could_say_is_shown_but_not_offered(tmp_path: Path) -> None:
    (tmp_path / os.fsdecode(b"caf\xe9")).mkdir()
    [place] = look_around(tmp_path)[1]
    assert (place.name, place.looks) == (r"caf\xe9", "unnamed")
