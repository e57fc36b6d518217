"""The walk through a folder sees what training would read, and never crashes or goes round."""

import os
import shutil
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from planted import RIGHT, picture_bytes, write_pictures

from lenswork.data.doctor import survey as module
from lenswork.data.doctor.examine import examine
from lenswork.data.doctor.survey import survey
from lenswork.data.open import open_data
from lenswork.errors import DataError

PICTURE = picture_bytes(1)
NAMES = ("train", "val", "validation", "test", "cats", "dogs", "Cats", "cats ", "__MACOSX", ".git")
FILES = ("a.png", "B.JPG", "c.txt", ".hidden.png", "\\xe9.png", os.fsdecode(b"\xe9.png"))
KINDS = ("picture", "empty", "text", "broken", "circle", "up", "pipe")


def test_the_candidates_are_the_pictures_of_the_opened_data(tmp_path: Path) -> None:
    root = write_pictures(tmp_path / "data", RIGHT)
    (root / "train" / "cats" / "notes.txt").write_text("no picture")
    (root / "train" / "cats" / "folder.png").mkdir()
    (root / "train" / "cats" / "linked.JPEG").symlink_to("cats-0.png")
    (root / "train" / "cats" / ".hidden.png").write_bytes(PICTURE)
    opened = open_data(root)
    candidates = survey(root).candidates()
    for split, part in opened.parts.items():
        mine = [one for one in candidates if one.split == split]
        assert [one.id for one in mine] == list(part.ids)
        assert [one.label for one in mine] == [opened.classes[label] for label in part.labels]


def test_a_link_to_a_folder_is_a_class_and_a_link_in_a_class_is_not_followed(
    tmp_path: Path,
) -> None:
    root = write_pictures(tmp_path / "data", {"cats": 3})
    write_pictures(tmp_path / "other", {"dogs": 2})
    (root / "dogs").symlink_to(tmp_path / "other" / "dogs")
    (root / "cats" / "more").symlink_to(tmp_path / "other" / "dogs")
    found = survey(root)
    assert [one.id for one in found.candidates()][3:] == ["dogs/dogs-0.png", "dogs/dogs-1.png"]
    assert found.top.folders[0].others == ["more"]


def test_folders_that_link_to_one_another_end(tmp_path: Path) -> None:
    root = write_pictures(tmp_path / "data", RIGHT)
    (root / "train" / "up").symlink_to(root)
    (root / "train" / "same").symlink_to(root / "train")
    (root / "a").symlink_to(root / "b")
    (root / "b").symlink_to(root / "a")
    assert len(survey(root).candidates()) == sum(RIGHT.values())
    assert survey(root).top.broken == ["a", "b"]


def test_folders_in_classes_are_searched_so_far_and_no_farther(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "DEEP_FOLDERS", 10)
    root = write_pictures(tmp_path, {"train/cats": 1, "train/dogs": 1})
    for number in range(20):
        (root / "train" / "cats" / f"{number:02d}").mkdir()
    assert survey(root).cut_short
    monkeypatch.setattr(module, "DEEP_FOLDERS", 20)
    assert not survey(root).cut_short


def test_a_path_that_is_nowhere_or_a_file_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    assert survey(tmp_path / "file").top.problem == "Not a directory"
    assert survey(tmp_path / "nowhere").top.problem == "No such file or directory"


def _make(path: Path, kind: str) -> None:
    if os.path.lexists(path):
        return
    if kind == "broken":
        path.symlink_to("nowhere")
    elif kind == "circle":
        path.symlink_to(path.name)
    elif kind == "up":
        path.symlink_to("..")
    elif kind == "pipe":
        os.mkfifo(path)
    else:
        path.write_bytes({"picture": PICTURE, "empty": b"", "text": b"text"}[kind])


PLACES = st.lists(st.sampled_from(NAMES), max_size=3).map("/".join)
THINGS = st.lists(st.tuples(PLACES, st.sampled_from((*FILES, *NAMES)), st.sampled_from(KINDS)))


@pytest.mark.slow
@settings(max_examples=300, deadline=None)
@given(st.lists(PLACES, max_size=8), THINGS)
def test_whatever_lies_in_a_folder_it_is_refused_where_training_refuses_it(
    folders: list[str], things: list[tuple[str, str, str]]
) -> None:
    with tempfile.TemporaryDirectory() as name:
        root = Path(name) / "data"
        root.mkdir()
        for folder in folders:
            _dig(root, folder)
        for folder, thing, kind in things:
            if _dig(root, folder):
                _make(root / folder / thing, kind)
        assert examine(root, quick=True).refused == _is_refused(root)
        shutil.rmtree(root)


def _dig(root: Path, folder: str) -> bool:
    try:
        (root / folder).mkdir(parents=True, exist_ok=True)
    except OSError:  # a file or a circle is in the way
        return False
    return True


def _is_refused(root: Path) -> bool:
    """Opening, or a file that would be refused before it is decoded; "text" is not looked into."""
    try:
        for part in open_data(root).parts.values():
            for index in range(len(part)):
                part.source.read(index)
    except DataError as error:
        return "that are none of these" not in str(error) or _is_refused_but_for_text(root)
    return False


def _is_refused_but_for_text(root: Path) -> bool:
    opened = open_data(root)
    for part in opened.parts.values():
        for index in range(len(part)):
            try:
                part.source.read(index)
            except DataError as error:
                if "that are none of these" not in str(error):
                    return True
    return False
