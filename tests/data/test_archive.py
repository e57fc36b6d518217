"""Zip archives from strangers: unpacked whole inside one folder, or refused leaving nothing."""

import io
import stat
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tiny_sets import animals, zip_bytes

from lenswork.data.archive import Limits, extract_zip
from lenswork.errors import DataError


def refuse(folder: Path, content: bytes, message: str, limits: Limits | None = None) -> None:
    """Assert that the archive is refused with `message` and that nothing of it is left."""
    archive = folder / "set.zip"
    archive.write_bytes(content)
    with pytest.raises(DataError, match=message) as caught:
        extract_zip(archive, folder / "set", limits)
    assert str(archive) in str(caught.value)
    assert [path.name for path in folder.iterdir()] == ["set.zip"]


def files_in(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def with_entry(change: Callable[[zipfile.ZipInfo], object]) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("first.png", b"first")
        entry = zipfile.ZipInfo("second.png")
        change(entry)
        archive.writestr(entry, b"/etc/passwd")
    return file.getvalue()


def test_an_archive_becomes_the_folder_with_the_same_files(tmp_path: Path) -> None:
    (tmp_path / "set.zip").write_bytes(zip_bytes(animals("train")))
    extract_zip(tmp_path / "set.zip", tmp_path / "set")
    assert files_in(tmp_path / "set") == animals("train")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["set", "set.zip"]


def test_an_unpacked_folder_can_be_read_by_others(tmp_path: Path) -> None:
    (tmp_path / "set.zip").write_bytes(zip_bytes(animals("train")))
    (tmp_path / "usual").mkdir()
    extract_zip(tmp_path / "set.zip", tmp_path / "set")
    assert (tmp_path / "set").stat().st_mode == (tmp_path / "usual").stat().st_mode


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("../out.png", r"'\.\./out\.png' climbs out"),
        ("cats/../../out.png", "climbs out"),
        ("/etc/out.png", "absolute path"),
        ("C:/out.png", "drive letter"),
        ("c:out.png", "drive letter"),
        ("cats\\..\\..\\out.png", "character"),
        ("cats//out.png", "empty"),
        ("./out.png", "empty or ends in a dot"),
        ("cats./out.png", "ends in a dot"),
        ("cats/out.png:stream", "character"),
        ("cats/\nout.png", "character"),
    ],
)
def test_a_name_that_could_lead_elsewhere_is_refused(
    tmp_path: Path, name: str, message: str
) -> None:
    refuse(tmp_path, zip_bytes({"cats/a.png": b"a", name: b"b"}), message)


def test_a_name_that_hides_its_end_behind_a_zero_byte_is_refused(tmp_path: Path) -> None:
    content = zip_bytes({"cats/a.png/../../x": b"a"}).replace(b"a.png/../../x", b"a.png\0../../x")
    refuse(tmp_path, content, "character|climbs")


@pytest.mark.parametrize(
    ("mode", "message"),
    [
        (stat.S_IFLNK | 0o777, "'second.png' is a link"),
        (stat.S_IFIFO | 0o666, "special file"),
        (stat.S_IFCHR | 0o666, "special file"),
        (stat.S_IFSOCK | 0o666, "special file"),
    ],
)
def test_a_link_or_special_file_is_refused(tmp_path: Path, mode: int, message: str) -> None:
    def set_mode(entry: zipfile.ZipInfo) -> None:
        entry.create_system = 3
        entry.external_attr = mode << 16

    refuse(tmp_path, with_entry(set_mode), message)


def test_two_entries_that_are_one_file_on_some_machines_are_refused(tmp_path: Path) -> None:
    refuse(tmp_path, zip_bytes({"cats/a.png": b"a", "Cats/A.PNG": b"b"}), "an earlier entry")


def test_a_file_that_is_also_a_folder_is_refused(tmp_path: Path) -> None:
    refuse(tmp_path, zip_bytes({"cats": b"a", "cats/a.png": b"b"}), "cannot unpack")


def test_a_file_whose_name_was_damaged_into_a_folders_is_refused(tmp_path: Path) -> None:
    content = zip_bytes({"a.pngX": b"a", "b.png": b"b"}).replace(b"a.pngX", b"a.png/")
    refuse(tmp_path, content, "'a.png/' is a folder with content of its own")


def test_an_encrypted_entry_is_refused(tmp_path: Path) -> None:
    content = bytearray(zip_bytes({"a.png": b"a"}))
    directory = content.rindex(b"PK\x01\x02")
    content[directory + 8] |= 1
    refuse(tmp_path, bytes(content), "is encrypted")


def test_a_bomb_is_refused_by_its_ratio_before_it_is_unpacked(tmp_path: Path) -> None:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.png", bytes(1_000_000))
    refuse(tmp_path, file.getvalue(), "it claims 1,000,000: this may be a zip bomb")


def test_too_many_bytes_and_too_many_entries_are_refused(tmp_path: Path) -> None:
    content = zip_bytes({"a.png": b"abcd", "b.png": b"efgh"})
    refuse(tmp_path, content, "expected at most 7 bytes", Limits(total_bytes=7))
    refuse(tmp_path, content, "expected at most 1 entries, got 2", Limits(entries=1))
    extract_zip(tmp_path / "set.zip", tmp_path / "set", Limits(total_bytes=8, entries=2))


def with_claimed_size(content: bytes, size: int) -> bytes:
    """The archive of one file, with both its headers claiming `size` bytes."""
    changed = bytearray(content)
    struct.pack_into("<I", changed, changed.index(b"PK\x03\x04") + 22, size)
    struct.pack_into("<I", changed, changed.rindex(b"PK\x01\x02") + 24, size)
    return bytes(changed)


def test_what_counts_is_what_is_unpacked_not_what_the_header_claims(tmp_path: Path) -> None:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.png", bytes(1_000_000))
    modest = with_claimed_size(file.getvalue(), 10)
    refuse(tmp_path, modest, "cannot be unpacked .Bad CRC-32")
    boastful = with_claimed_size(zip_bytes({"a.png": b"abc"}), 300)
    refuse(tmp_path, boastful, "expected 300 bytes in 'a.png', got 3")


def test_something_already_there_is_left_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "set.zip").write_bytes(zip_bytes(animals("train")))
    (tmp_path / "set").mkdir()
    (tmp_path / "set" / "mine.txt").write_text("mine")
    with pytest.raises(DataError, match="expected nothing there"):
        extract_zip(tmp_path / "set.zip", tmp_path / "set")
    assert files_in(tmp_path / "set") == {"mine.txt": b"mine"}


def test_a_file_that_is_no_archive_is_refused(tmp_path: Path) -> None:
    refuse(tmp_path, b"<html>please log in</html>", "expected a whole zip archive")


def test_a_missing_archive_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"cannot unpack .*nowhere\.zip"):
        extract_zip(tmp_path / "nowhere.zip", tmp_path / "set")


def test_an_archive_whose_list_of_files_lost_one_is_refused(tmp_path: Path) -> None:
    content = bytearray(zip_bytes({"a.png": b"a", "b.png": b"b"}))
    second = content.rindex(b"PK\x01\x02")
    first = content.index(b"PK\x01\x02")
    struct.pack_into("<H", content, first + 32, content.rindex(b"PK\x05\x06") - second)
    refuse(tmp_path, bytes(content), "expected 2 entries, as its end says, got 1")


@given(st.data())
def test_an_archive_damaged_anywhere_is_whole_or_refused_leaving_nothing(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    folder = tmp_path_factory.mktemp("zip")
    content = bytearray(zip_bytes({"cats/a.png": b"abcdef", "dogs/b.png": b"ghi"}))
    place = data.draw(st.integers(0, len(content) - 1))
    content[place] ^= data.draw(st.integers(1, 255))
    (folder / "set.zip").write_bytes(bytes(content))
    try:
        extract_zip(folder / "set.zip", folder / "set")
    except DataError:
        assert [path.name for path in folder.iterdir()] == ["set.zip"]
    else:  # names and dates have no checksum; the files' content does
        assert set(files_in(folder / "set").values()) == {b"abcdef", b"ghi"}
        assert sorted(path.name for path in folder.iterdir()) == ["set", "set.zip"]
