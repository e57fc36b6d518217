"""Downloads against a real server that misbehaves: whole and right, or nothing and a reason."""

import hashlib
import multiprocessing
import os
import time
from pathlib import Path
from typing import Any

import pytest
from faulty_server import FaultyServer

from lenswork.data.download import TEMPORARY_PREFIX, Patience, fetch
from lenswork.errors import DownloadError

CONTENT = bytes(range(256)) * 1000  # several pieces
SHA256 = "sha256:" + hashlib.sha256(CONTENT).hexdigest()
HASTY = Patience(tries=3, pause_seconds=0.001, connect_seconds=1, silence_seconds=0.2)


def get(url: str, destination: Path, checksum: str = SHA256, size: int = len(CONTENT)) -> Path:
    return fetch(url, checksum, destination, size_bytes=size, patience=HASTY)


def refuse(url: str, destination: Path, message: str, **changes: Any) -> str:
    """Assert that fetching fails with `message`, says what to do, and leaves nothing."""
    with pytest.raises(DownloadError, match=message) as caught:
        get(url, destination, **changes)
    text = str(caught.value)
    assert f"get {url} by hand, save it as {destination}" in text
    assert list(destination.parent.iterdir()) == []
    return text


def test_a_file_arrives_whole_with_nothing_beside_it(server: FaultyServer, tmp_path: Path) -> None:
    destination = tmp_path / "new" / "folder" / "file.bin"
    assert get(server.serve("file.bin", CONTENT), destination) == destination
    assert destination.read_bytes() == CONTENT
    assert list(destination.parent.iterdir()) == [destination]


def test_a_fetched_file_can_be_read_by_others(server: FaultyServer, tmp_path: Path) -> None:
    fetched = get(server.serve("file.bin", CONTENT), tmp_path / "file.bin")
    assert fetched.stat().st_mode & 0o777 == 0o644


def test_an_md5_checksum_is_checked_as_well(server: FaultyServer, tmp_path: Path) -> None:
    md5 = "md5:" + hashlib.md5(CONTENT).hexdigest()  # noqa: S324
    get(server.serve("file.bin", CONTENT), tmp_path / "file.bin", md5)
    (tmp_path / "file.bin").unlink()
    refuse(server.address("file.bin"), tmp_path / "file.bin", "md5", checksum="md5:" + "0" * 32)


def test_the_right_file_is_not_fetched_again(server: FaultyServer, tmp_path: Path) -> None:
    (tmp_path / "file.bin").write_bytes(CONTENT)
    get(server.address("file.bin"), tmp_path / "file.bin")
    assert server.requests == []


def test_a_wrong_file_is_replaced_only_when_the_right_one_is_here(
    server: FaultyServer, tmp_path: Path
) -> None:
    (tmp_path / "file.bin").write_bytes(b"half")
    with pytest.raises(DownloadError):
        get(server.address("file.bin"), tmp_path / "file.bin")
    assert (tmp_path / "file.bin").read_bytes() == b"half"
    get(server.serve("file.bin", CONTENT), tmp_path / "file.bin")
    assert (tmp_path / "file.bin").read_bytes() == CONTENT


def test_after_a_cut_off_the_file_is_asked_for_again(server: FaultyServer, tmp_path: Path) -> None:
    server.serve("file.bin", CONTENT, cut_after=100_000)
    url = server.serve("file.bin", CONTENT)
    assert get(url, tmp_path / "file.bin").read_bytes() == CONTENT
    assert server.requests == [("/file.bin", None)] * 2


def test_a_server_that_can_is_asked_only_for_the_rest(server: FaultyServer, tmp_path: Path) -> None:
    server.serve("file.bin", CONTENT, cut_after=100_000, etag='"one"', resumes=True)
    url = server.serve("file.bin", CONTENT, etag='"one"', resumes=True)
    assert get(url, tmp_path / "file.bin").read_bytes() == CONTENT
    (_, first), (_, second) = server.requests
    assert first is None
    assert second is not None
    assert 0 < int(second.removeprefix("bytes=").rstrip("-")) <= 100_000


def test_the_halves_of_two_versions_are_never_joined(server: FaultyServer, tmp_path: Path) -> None:
    server.serve("file.bin", CONTENT[::-1], cut_after=100_000, etag='"old"', resumes=True)
    url = server.serve("file.bin", CONTENT, etag='"new"', resumes=True)
    assert get(url, tmp_path / "file.bin").read_bytes() == CONTENT


def test_a_server_that_goes_on_at_another_place_is_refused(
    server: FaultyServer, tmp_path: Path
) -> None:
    server.serve("file.bin", CONTENT, cut_after=100_000, etag='"one"', resumes=True)
    url = server.serve("file.bin", CONTENT, etag='"one"', resumes=True, resumes_from=7)
    refuse(url, tmp_path / "file.bin", "sent another piece .bytes 7-")


def test_cut_offs_end_after_a_bounded_number_of_tries(server: FaultyServer, tmp_path: Path) -> None:
    url = server.serve("file.bin", CONTENT, cut_after=100_000)
    text = refuse(url, tmp_path / "file.bin", "expected 256,000 bytes, the connection broke off")
    assert "in the last of 3 tries" in text
    assert len(server.requests) == 3


def test_a_cut_off_without_an_announced_length_is_noticed(
    server: FaultyServer, tmp_path: Path
) -> None:
    url = server.serve("file.bin", CONTENT, cut_after=100_000, announce=None)
    refuse(url, tmp_path / "file.bin", "broke off after 100,000")


def test_a_server_that_announces_no_length_but_sends_all_is_fine(
    server: FaultyServer, tmp_path: Path
) -> None:
    url = server.serve("file.bin", CONTENT, announce=None)
    assert get(url, tmp_path / "file.bin").read_bytes() == CONTENT


@pytest.mark.parametrize("announced", [10, 256_001, 10**12])
def test_a_wrong_announced_length_is_refused_at_once(
    server: FaultyServer, tmp_path: Path, announced: int
) -> None:
    url = server.serve("file.bin", CONTENT, announce=announced)
    refuse(
        url, tmp_path / "file.bin", f"expected 256,000 bytes, the server announces {announced:,}"
    )
    assert len(server.requests) == 1


def test_a_server_that_sends_more_than_the_file_is_stopped(
    server: FaultyServer, tmp_path: Path
) -> None:
    url = server.serve("file.bin", CONTENT * 20, announce=None)
    refuse(url, tmp_path / "file.bin", "expected 256,000 bytes, the server sends more")


def test_a_file_that_lies_about_its_content_is_refused_with_both_checksums(
    server: FaultyServer, tmp_path: Path
) -> None:
    other = CONTENT[::-1]
    text = refuse(server.serve("file.bin", other), tmp_path / "file.bin", "it has changed")
    assert SHA256.removeprefix("sha256:") in text
    assert hashlib.sha256(other).hexdigest() in text
    assert len(server.requests) == 1


def test_a_file_that_is_not_there_is_asked_for_once(server: FaultyServer, tmp_path: Path) -> None:
    url = server.address("gone.bin")
    refuse(
        url, tmp_path / "gone.bin", r"127.0.0.1: the server has no such file \(HTTP status 404\)"
    )
    assert len(server.requests) == 1


def test_a_server_that_is_busy_for_a_moment_is_asked_again(
    server: FaultyServer, tmp_path: Path
) -> None:
    server.serve("file.bin", b"busy", status=503)
    url = server.serve("file.bin", CONTENT)
    assert get(url, tmp_path / "file.bin").read_bytes() == CONTENT


def test_a_server_that_stays_busy_is_given_up(server: FaultyServer, tmp_path: Path) -> None:
    url = server.serve("file.bin", b"busy", status=503)
    refuse(url, tmp_path / "file.bin", "HTTP status 503")
    assert len(server.requests) == 3


def test_a_server_that_falls_silent_is_given_up(server: FaultyServer, tmp_path: Path) -> None:
    url = server.serve("file.bin", CONTENT, silent_after=100_000)
    started = time.monotonic()
    refuse(url, tmp_path / "file.bin", "fell silent, in each of 3 tries")
    assert time.monotonic() - started < 4  # 3 tries of 0.2 s of silence


def test_without_a_network_the_error_says_so(tmp_path: Path, server: FaultyServer) -> None:
    refuse("http://127.0.0.1:1/file.bin", tmp_path / "file.bin", "the server cannot be reached")


def test_a_name_that_no_server_has_is_as_good_as_no_network(
    tmp_path: Path, server: FaultyServer
) -> None:
    refuse("http://lenswork.invalid/file.bin", tmp_path / "file.bin", "cannot be reached")


def test_a_folder_that_cannot_be_written_to_is_named(server: FaultyServer, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    destination = tmp_path / "file" / "file.bin"
    with pytest.raises(DownloadError, match=f"cannot save {destination}: .*name another"):
        get(server.serve("file.bin", CONTENT), destination)


def test_leftovers_of_a_killed_download_go_after_a_day_and_not_before(
    server: FaultyServer, tmp_path: Path
) -> None:
    old, young = tmp_path / f"{TEMPORARY_PREFIX}old", tmp_path / f"{TEMPORARY_PREFIX}young"
    for folder in (old, young):
        folder.mkdir()
        (folder / "half").write_bytes(b"half")
    two_days_ago = time.time() - 2 * 24 * 3600
    os.utime(old, (two_days_ago, two_days_ago))
    get(server.serve("file.bin", CONTENT), tmp_path / "file.bin")
    assert not old.exists()
    assert young.exists()


def test_two_processes_may_fetch_the_same_file_at_once(
    server: FaultyServer, tmp_path: Path
) -> None:
    url, destination = server.serve("file.bin", CONTENT), tmp_path / "file.bin"
    context = multiprocessing.get_context("spawn")
    with context.Pool(2) as pool:
        arguments = (url, SHA256, destination)
        results = [
            pool.apply_async(fetch, arguments, {"size_bytes": len(CONTENT), "patience": HASTY})
            for _ in range(4)
        ]
        assert [result.get(60) for result in results] == [destination] * 4
        pool.close()
        pool.join()
    assert destination.read_bytes() == CONTENT
    assert list(tmp_path.iterdir()) == [destination]


def test_where_there_is_no_terminal_progress_is_one_line(
    server: FaultyServer, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    get(server.serve("file.bin", CONTENT), tmp_path / "file.bin")
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.startswith("fetched file.bin: 256.0 kB in ")
    assert printed.err.count("\n") == 1
