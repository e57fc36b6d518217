"""Links, pipes, holes and names: nothing waits, nothing crashes, and what is read is right."""

import os
import signal
import threading
from collections.abc import Iterator
from pathlib import Path
from types import FrameType
from typing import Any

import numpy as np
import pytest
from hostile_places import COLOUR, PNG, Place, all_places

from lenswork.data.decode import decode_file, printable
from lenswork.data.folder import open_folder
from lenswork.errors import DataError, PictureError
from lenswork.model.preprocess import Preprocess

SECONDS = 5

pytestmark = pytest.mark.skipif(os.name == "nt", reason="needs POSIX files")


@pytest.fixture(autouse=True)
def patience() -> Iterator[None]:
    """A test that waits for a pipe fails instead of hanging."""

    def give_up(number: int, frame: FrameType | None) -> None:
        raise RuntimeError(f"it hangs: more than {SECONDS} seconds")

    before = signal.signal(signal.SIGALRM, give_up)
    signal.alarm(SECONDS)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


@pytest.mark.parametrize("place", all_places(), ids=lambda place: ascii(place.name)[:40])
def test_a_place_is_read_or_refused_as_it_must_be(place: Place, tmp_path: Path) -> None:
    path = tmp_path / "train" / "cats" / place.name
    path.parent.mkdir(parents=True)
    place.make(path)
    if place.name == "there.png":
        (path.parent / "and back.png").symlink_to("there.png")
    if place.name == "and back.png":
        (path.parent / "there.png").symlink_to("and back.png")
    if place.name == "through a file.png":
        (path.parent / "leaves.png").write_bytes(PNG)
    if not place.says:
        assert np.array_equal(decode_file(path), COLOUR)
        return
    with pytest.raises(PictureError) as caught:
        decode_file(path)
    said = str(caught.value)
    assert said.startswith(f"cannot read {printable(path)}: ")
    assert place.says in said
    assert said.encode("utf-8")


def test_a_folder_with_all_of_them_is_opened_and_each_bad_one_is_found(tmp_path: Path) -> None:
    folder = tmp_path / "data" / "cats"
    folder.mkdir(parents=True)
    for place in all_places():
        place.make(folder / place.name)
    (folder.parent / "dogs").mkdir()
    (folder.parent / "dogs" / "dog.png").write_bytes(PNG)
    os.mkfifo(folder.parent / "a pipe beside the classes")
    data = open_folder(folder.parent)
    assert data.classes == ("cats", "dogs")
    expected = {printable(Path("cats") / place.name) for place in all_places() if place.is_picture}
    assert {*data.train.ids} == expected | {"dogs/dog.png"}
    assert len(set(data.train.ids)) == len(data.train)
    preprocess = Preprocess(height=9, width=13, colours="rgb")
    bad = [place for place in all_places() if place.is_picture and place.says]
    with pytest.raises(PictureError, match=f"^{len(bad)} of {len(data.train)} pictures cannot be"):
        preprocess.read_all(data.train.source)
    for place in bad:
        (folder / place.name).unlink()
    again = open_folder(folder.parent)
    pictures = preprocess.read_all(again.train.source)
    assert all(np.array_equal(picture, COLOUR) for picture in pictures)


def test_a_file_that_vanishes_after_it_was_listed_is_named(tmp_path: Path) -> None:
    for name in ("cats/a.png", "cats/b.png", "dogs/c.png"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(PNG)
    data = open_folder(tmp_path)
    (tmp_path / "cats/b.png").unlink()
    with pytest.raises(PictureError, match=r"cannot read .*cats/b\.png: there is no such file"):
        Preprocess(height=9, width=13, colours="rgb").read_all(data.train.source)


def test_a_file_that_grows_while_it_is_read_is_whole_or_refused(tmp_path: Path) -> None:
    path = tmp_path / "growing.png"
    path.write_bytes(b"")
    whole = threading.Event()

    def grow() -> None:
        for start in range(0, len(PNG), 7):
            with path.open("ab") as file:
                file.write(PNG[start : start + 7])
        whole.set()

    writer = threading.Thread(target=grow)
    writer.start()
    refused = 0
    while not whole.is_set():
        try:
            assert np.array_equal(decode_file(path), COLOUR)
        except PictureError:
            refused += 1
    writer.join()
    assert np.array_equal(decode_file(path), COLOUR)


def test_a_picture_that_becomes_a_pipe_between_the_look_and_the_opening_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "cat.png"
    path.write_bytes(PNG)
    look = os.stat

    def exchanged(asked: Any, **options: Any) -> os.stat_result:
        found = look(asked, **options)
        if not isinstance(asked, int) and os.fspath(asked) == str(path):
            monkeypatch.setattr(os, "stat", look)
            path.unlink()
            os.mkfifo(path)
        return found

    monkeypatch.setattr(os, "stat", exchanged)
    with pytest.raises(PictureError, match="it is not a regular file"):
        decode_file(path)


def test_two_classes_that_are_written_alike_are_refused(tmp_path: Path) -> None:
    r"""A folder that is not UTF-8 is called caf\xe9, and so may another be."""
    for name in (b"caf\xe9", rb"caf\xe9", b"tea"):
        folder = Path(os.fsdecode(os.fsencode(tmp_path) + b"/" + name))
        folder.mkdir()
        (folder / "a.png").write_bytes(PNG)
    with pytest.raises(DataError, match=r"two class folders .* are both written caf\\xe9"):
        open_folder(tmp_path)
