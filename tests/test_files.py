"""Files are written whole or not at all."""

import os
import socket
import stat
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from lenswork.files import opened, read_bytes, sync, write_bytes, written_whole


@pytest.fixture
def umask() -> Iterator[int]:
    before = os.umask(0o027)
    yield 0o027
    os.umask(before)


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_new_content_takes_the_place_of_the_old(tmp_path: Path) -> None:
    path = tmp_path / "a.bin"
    path.write_bytes(b"old")
    write_bytes(path, b"new")
    assert path.read_bytes() == b"new"
    assert names(tmp_path) == ["a.bin"]


def test_the_old_content_stands_until_the_block_has_ended(tmp_path: Path) -> None:
    path = tmp_path / "a.bin"
    path.write_bytes(b"old")
    with written_whole(path) as temporary:
        temporary.write_bytes(b"new")
        assert path.read_bytes() == b"old"
        assert temporary.parent == tmp_path, "a rename over file systems would not be whole"
        assert temporary.name.startswith("."), "a search for files passes it by"
    assert path.read_bytes() == b"new"


@pytest.mark.parametrize("error", [OSError("the disk is full"), KeyboardInterrupt()])
def test_an_error_leaves_the_old_content_and_no_temporary_file(
    tmp_path: Path, error: BaseException
) -> None:
    path = tmp_path / "a.bin"
    path.write_bytes(b"old")

    def fail_midway() -> None:
        with written_whole(path) as temporary:
            temporary.write_bytes(b"half of the n")
            raise error

    with pytest.raises(type(error)):
        fail_midway()
    assert path.read_bytes() == b"old"
    assert names(tmp_path) == ["a.bin"]


def test_an_error_at_the_first_writing_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no"), written_whole(tmp_path / "a.bin"):
        raise ValueError("no")
    assert names(tmp_path) == []


def test_two_writers_do_not_meet_and_the_last_one_wins(tmp_path: Path) -> None:
    path = tmp_path / "a.bin"
    with written_whole(path) as first, written_whole(path) as second:
        assert first != second
        first.write_bytes(b"first")
        second.write_bytes(b"second")
    assert path.read_bytes() == b"first", "the outer block ends last"
    assert names(tmp_path) == ["a.bin"]


@pytest.mark.skipif(os.name == "nt", reason="Windows has no umask")
def test_permissions_are_those_of_any_new_file(tmp_path: Path, umask: int) -> None:
    path = tmp_path / "a.bin"
    write_bytes(path, b"new")
    assert stat.S_IMODE(path.stat().st_mode) == 0o666 & ~umask


@pytest.mark.skipif(os.name == "nt", reason="Windows has no umask")
def test_permissions_are_the_same_when_a_writer_made_the_file_anew(
    tmp_path: Path, umask: int
) -> None:
    path = tmp_path / "a.bin"
    with written_whole(path) as temporary:
        temporary.unlink()
        os.close(os.open(temporary, os.O_CREAT | os.O_WRONLY, 0o600))
    assert stat.S_IMODE(path.stat().st_mode) == 0o666 & ~umask


@pytest.mark.skipif(os.name == "nt", reason="Windows has no umask")
def test_the_umask_is_never_touched_since_all_threads_share_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def touched(_: int) -> int:
        raise AssertionError("another thread would make files that anybody may write to")

    monkeypatch.setattr(os, "umask", touched)
    write_bytes(tmp_path / "a.bin", b"new")


def test_content_is_synced_before_it_takes_its_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, seen = tmp_path / "a.bin", list[tuple[str, bool]]()
    monkeypatch.setattr("lenswork.files.sync", lambda p: seen.append((p.name, path.exists())))
    with written_whole(path) as temporary:
        temporary.write_bytes(b"new")
    assert seen == [(temporary.name, False), (tmp_path.name, True)]


def test_many_threads_writing_one_file_leave_one_of_their_contents(tmp_path: Path) -> None:
    path = tmp_path / "a.bin"
    contents = [bytes([value]) * 10_000 for value in range(8)]
    threads = [threading.Thread(target=write_bytes, args=(path, c)) for c in contents]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert path.read_bytes() in contents
    assert names(tmp_path) == ["a.bin"]


def test_a_folder_that_is_not_there_is_not_made(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        write_bytes(tmp_path / "none" / "a.bin", b"new")
    assert names(tmp_path) == []


def test_files_and_folders_can_be_synced(tmp_path: Path) -> None:
    write_bytes(tmp_path / "a", b"")
    sync(tmp_path / "a")
    sync(tmp_path)


def make_socket(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(path))


@pytest.mark.parametrize(
    ("make", "kind"),
    [
        (os.mkfifo, "pipe"),
        (make_socket, "socket"),
        (os.mkdir, "folder"),
        (lambda path: path.symlink_to("/dev/zero"), "device"),
    ],
)
def test_what_is_no_file_is_neither_waited_for_nor_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, make: Callable[[Path], None], kind: str
) -> None:
    monkeypatch.chdir(tmp_path)  # a socket's path is short
    make(Path("odd"))
    with pytest.raises(OSError, match=f"expected a file, got a {kind}"):
        read_bytes(Path("odd"))


def test_a_pipe_that_comes_in_a_files_place_is_not_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain, pipe = tmp_path / "plain", tmp_path / "pipe"
    plain.write_bytes(b"content")
    os.mkfifo(pipe)
    status = plain.stat()
    monkeypatch.setattr(Path, "stat", lambda _: status)  # as it was a moment before
    with pytest.raises(OSError, match="expected a file, got a pipe"), opened(pipe):
        pass


def test_a_file_is_read_as_a_whole(tmp_path: Path) -> None:
    path = tmp_path / "a.bin"
    path.write_bytes(bytes(range(256)) * 1000)
    assert read_bytes(path) == bytes(range(256)) * 1000
