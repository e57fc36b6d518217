"""Killed, full, damaged, shared: the cache gives the right pictures or none."""

import contextlib
import errno
import json
import os
import random
import shutil
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest
from cached_folders import (
    Counting,
    read_plainly,
    read_through,
    set_second,
    source_of,
    write_picture,
    write_pictures,
)

from lenswork.data.cache import home as cache_home
from lenswork.data.cache import rows as cache
from lenswork.data.cache import write
from lenswork.data.cache.check import check_entry
from lenswork.data.cache.entry import SAMPLED, open_entry
from lenswork.data.cache.home import cache_folder, entries_in, parse_bytes, remove_leftovers
from lenswork.data.cache.rows import open_rows
from lenswork.errors import UsageError

COUNT = SAMPLED  # so that what is sampled is all


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of the cache, in which every set of files is kept, however small."""
    monkeypatch.setenv("LENSWORK_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(cache, "LEAST_BYTES", 0)
    monkeypatch.setattr(cache, "MEMORY_BYTES", 0)
    return tmp_path / "cache"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Pictures that have been read once."""
    read_through(write_pictures(tmp_path / "data", COUNT))
    return tmp_path / "data"


def names_in(home: Path) -> list[str]:
    return sorted(path.name for path in home.iterdir()) if home.exists() else []


# --- entries that are not what was written ----------------------------------------------------


def truncated(path: Path) -> None:
    os.truncate(path, path.stat().st_size - 1)


def emptied(path: Path) -> None:
    os.truncate(path, 0)


def lengthened(path: Path) -> None:
    os.truncate(path, path.stat().st_size + 1)


def one_bit_off(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def foreign(path: Path) -> None:
    path.write_bytes(b'{"facts": {}, "sha256": []}' * 20)


def zeros(path: Path) -> None:
    path.write_bytes(bytes(path.stat().st_size))


@pytest.mark.parametrize("name", ["entry.json", "table.npz", "rows.u8"])
@pytest.mark.parametrize(
    "harm", [truncated, emptied, lengthened, one_bit_off, foreign, zeros, Path.unlink]
)
def test_a_harmed_file_of_an_entry_is_not_trusted(
    folder: Path, home: Path, name: str, harm: Callable[[Path], None]
) -> None:
    (entry,) = entries_in(home)
    harm(entry.folder / name)
    source = source_of(folder)
    again = Counting()
    assert (read_through(source, again) == read_plainly(source)).all()
    if name != "rows.u8" or harm is not one_bit_off:  # then the whole rows are taken from it
        assert len(again.decoded) == COUNT
    third = Counting()
    assert (read_through(source, third) == read_plainly(source)).all()
    assert third.decoded == []  # what was wrong has been replaced


def test_an_entry_under_another_name_is_not_trusted(folder: Path, home: Path) -> None:
    (entry,) = entries_in(home)
    other = entry.folder.with_name("0" * 32)
    shutil.copytree(entry.folder, other)
    assert open_entry(other) is None


def test_a_folder_that_is_not_ours_stays(folder: Path, home: Path) -> None:
    (home / "holiday").mkdir()
    (home / "holiday" / "cat.jpg").write_bytes(b"cat")
    remove_leftovers(home)
    assert (home / "holiday" / "cat.jpg").exists()


FOREIGN = [
    ".photos.trash/precious",
    ".shards.0a1b2c3d.part/precious",
    f".{'ab' * 16}.0a1b2c3d.trash/precious",
    f".{'cd' * 16}.0a1b2c3d.part/precious",
    f".{'cd' * 16}.0a1b2c3e.part/rows.u8/precious",
    "d41d8cd98f00b204e9800998ecf8427e/precious",
    "d41d8cd98f00b204e9800998ecf8427f",
    f".{'ef' * 16}.0a1b2c3d.trash",
]


def test_nothing_of_another_goes_whatever_its_name(home: Path) -> None:
    for name in FOREIGN:
        (home / name).parent.mkdir(parents=True, exist_ok=True)
        (home / name).write_bytes(b"mine")
        os.utime((home / name).parent, (1, 1))
    before = sorted(home.rglob("*"))
    remove_leftovers(home)
    assert sorted(home.rglob("*")) == before


def test_what_killed_processes_left_goes(folder: Path, home: Path) -> None:
    (entry,) = entries_in(home)
    for name in (f".{'ab' * 16}.0a1b2c3d.trash", f".{'cd' * 16}.0a1b2c3d.part", "12" * 16):
        shutil.copytree(entry.folder, home / name)
        (home / name / "entry.json").unlink()
        os.utime(home / name, (1, 1))
    remove_leftovers(home)
    assert names_in(home) == [entry.folder.name]


def test_an_entry_of_a_later_format_stays(folder: Path, home: Path) -> None:
    (entry,) = entries_in(home)
    later = entry.folder.rename(home / ("12" * 16))
    said = json.loads((later / "entry.json").read_bytes())
    said["facts"]["format"] = 2
    (later / "entry.json").write_text(json.dumps(said), "utf-8")
    remove_leftovers(home)
    assert names_in(later) == ["entry.json", "rows.u8", "table.npz"]


def test_what_stands_where_an_entry_would_and_is_none_is_not_replaced(
    folder: Path, home: Path
) -> None:
    (entry,) = entries_in(home)
    (entry.folder / "precious").write_bytes(b"mine")
    (entry.folder / "entry.json").unlink()
    source = source_of(folder)
    assert (read_through(source) == read_plainly(source)).all()
    assert names_in(home) == [entry.folder.name]
    assert names_in(entry.folder) == ["precious", "rows.u8", "table.npz"]


def test_the_disk_begins_to_keep_rows_before_all_are_there(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = write._begin_writing_back
    told: list[int] = []

    def note(descriptor: int) -> None:
        told.append(len(told))
        real(descriptor)

    monkeypatch.setattr(write, "WRITE_BACK_BYTES", 3 * 36)
    monkeypatch.setattr(write, "_begin_writing_back", note)
    source = write_pictures(tmp_path / "data", COUNT)
    assert (read_through(source) == read_plainly(source)).all()
    assert len(told) == COUNT // 3
    real(-1)  # where the system will not, it is only later that the disk begins


def test_rows_are_on_the_disk_before_they_have_a_name(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real: Callable[[int], None] = os.fsync
    synced: list[bool] = []

    def note(descriptor: int) -> None:
        (name,) = names_in(home)
        rows = (home / name / "rows.u8").stat()
        synced.append(name.endswith(".part") and os.path.samestat(os.fstat(descriptor), rows))
        real(descriptor)

    monkeypatch.setattr(os, "fsync", note)
    read_through(write_pictures(tmp_path / "data", COUNT))
    assert synced == [True]
    assert len(names_in(home)) == 1


# --- what only a check of all finds -----------------------------------------------------------


def test_a_file_of_the_same_size_and_time_but_other_bytes_is_found_by_its_hash(
    folder: Path, home: Path
) -> None:
    (entry,) = entries_in(home)
    assert check_entry(entry).right
    write_picture(folder / "b/003.bmp", seed=99, second=3)
    checked = check_entry(entry)
    assert (checked.right, checked.other_bytes) == (False, ("b/003.bmp",))
    assert (checked.damaged, checked.left) == (0, 0)


def test_a_row_that_the_disk_has_damaged_is_found(folder: Path, home: Path) -> None:
    (entry,) = entries_in(home)
    one_bit_off(entry.folder / "rows.u8")
    told: list[tuple[int, int]] = []
    checked = check_entry(entry, lambda done, total: told.append((done, total)))
    assert (checked.right, checked.damaged, checked.rows) == (False, 1, COUNT)
    assert told == [(row + 1, COUNT) for row in range(COUNT)]


def test_files_that_are_gone_or_openly_changed_are_no_fault_of_the_entry(
    folder: Path, home: Path
) -> None:
    (folder / "a/000.bmp").unlink()
    set_second(folder / "b/001.bmp", 1000)
    (entry,) = entries_in(home)
    checked = check_entry(entry)
    assert (checked.right, checked.left) == (True, 2)


# --- a disk that is full ----------------------------------------------------------------------


def test_without_room_for_the_rows_reading_goes_on_in_memory_and_says_so(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "posix_fallocate", full)
    source = write_pictures(tmp_path / "data", COUNT)
    rows = open_rows(source, Counting())
    assert "No space left on device" in rows.note
    assert f"are not kept for the next time in {home}" in rows.note
    for index in rows.missing.tolist():
        rows.fill(index)
    rows.finish()
    assert (rows.pictures == read_plainly(source)).all()
    assert names_in(home) == []


def test_other_entries_make_room_on_a_full_disk(
    folder: Path, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pictures = open_rows(source_of(folder), Counting()).pictures
    real = os.posix_fallocate

    def full_with_an_entry(descriptor: int, offset: int, size: int) -> None:
        if entries_in(home):
            raise OSError(errno.ENOSPC, "No space left on device")
        real(descriptor, offset, size)

    def usage(_: Path) -> object:
        return SimpleNamespace(free=0 if entries_in(home) else 10**6, total=10**7)

    monkeypatch.setattr(os, "posix_fallocate", full_with_an_entry)
    monkeypatch.setattr(shutil, "disk_usage", usage)
    other = write_pictures(tmp_path / "other", COUNT, seed=5, second=9)
    preprocessing = Counting(side=5)
    rows = open_rows(other, preprocessing)
    assert rows.note == ""
    assert entries_in(home) == []
    rows.abandon()
    assert (read_through(other, preprocessing) == read_plainly(other, side=5)).all()
    assert (pictures == read_plainly(source_of(folder))).all()


def test_where_removing_them_would_not_do_the_other_entries_stay(
    folder: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=100, total=10**7))
    assert not cache_home.free_disk(home, 100 + COUNT * 36 + 1)
    assert len(entries_in(home)) == 1


def test_a_disk_that_becomes_full_keeps_the_pictures_right_and_nothing_else(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, calls = os.pwrite, []

    def full_after_some(descriptor: int, content: memoryview, offset: int) -> int:
        calls.append(offset)
        if len(calls) > COUNT // 2:
            raise OSError(errno.ENOSPC, "No space left on device")
        return real(descriptor, content[: max(1, len(content) // 2)], offset)  # in pieces, too

    monkeypatch.setattr(os, "pwrite", full_after_some)
    source = write_pictures(tmp_path / "data", COUNT)
    rows = open_rows(source, Counting())
    for index in rows.missing.tolist():
        rows.fill(index)
    rows.finish()
    assert (rows.pictures == read_plainly(source)).all()
    assert "No space left on device" in rows.note
    assert names_in(home) == []


@pytest.mark.skipif(sys.platform == "win32", reason="needs POSIX limits")
def test_a_limit_on_the_size_of_files_is_a_full_disk(home: Path, tmp_path: Path) -> None:
    write_pictures(tmp_path / "data", COUNT)
    said = in_another_process(
        tmp_path,
        """
        import resource
        resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100))
        rows = open_rows(source, Counting())
        print(rows.note)
        for index in rows.missing.tolist():
            rows.fill(index)
        rows.finish()
        print((rows.pictures == read_plainly(source)).all())
        """,
    )
    assert "File too large" in said
    assert said.endswith("True\n")
    assert names_in(home) == []


def test_a_place_that_cannot_be_written_to_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_bytes(b"")
    monkeypatch.setenv("LENSWORK_CACHE", str(tmp_path / "file" / "cache"))
    source = write_pictures(tmp_path / "data", COUNT)
    rows = open_rows(source, Counting())
    assert "Not a directory (LENSWORK_CACHE=FOLDER names another place" in rows.note
    assert (read_through(source) == read_plainly(source)).all()


# --- how large it may become ------------------------------------------------------------------


def test_what_was_not_used_for_longest_goes_first(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sources = [
        write_pictures(tmp_path / f"data{n}", COUNT, seed=n, second=100 * n) for n in range(3)
    ]
    for second, source in enumerate(sources[:2]):
        read_through(source)
        os.utime(entries_in(home)[0].folder / "entry.json", (second, second))
    used = open_rows(sources[0], Counting())  # older, but used now
    assert used.missing.tolist() == []
    monkeypatch.setenv("LENSWORK_CACHE_LIMIT", str(2 * COUNT * 36))
    read_through(sources[2])
    assert open_rows(sources[0], Counting()).missing.tolist() == []
    assert open_rows(sources[2], Counting()).missing.tolist() == []
    assert len(open_rows(sources[1], Counting()).missing) == COUNT


def test_who_reads_from_an_entry_that_is_removed_reads_on(
    folder: Path, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pictures = open_rows(source_of(folder), Counting()).pictures
    monkeypatch.setenv("LENSWORK_CACHE_LIMIT", str(COUNT * 36))
    read_through(write_pictures(tmp_path / "other", COUNT, seed=5, second=9))
    assert len(entries_in(home)) == 1
    assert (pictures == read_plainly(source_of(folder))).all()


def test_more_than_the_limit_is_on_the_disk_only_while_it_is_used(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LENSWORK_CACHE_LIMIT", str(COUNT * 36 - 1))
    source = write_pictures(tmp_path / "data", COUNT)
    rows = open_rows(source, Counting())
    for index in rows.missing.tolist():
        rows.fill(index)
    rows.finish()
    assert (rows.pictures == read_plainly(source)).all()
    assert rows.note == (
        "decoded pictures are not kept for the next time: they have 576 bytes, and the cache may "
        "have 575 bytes; LENSWORK_CACHE_LIMIT=1GB would keep them"
    )
    assert names_in(home) == []


@pytest.mark.parametrize(
    ("text", "size"),
    [("500000", 500_000), ("20GB", 20 * 10**9), ("1.5 gib", 3 * 2**29), ("7m", 7 * 10**6)],
)
def test_a_limit_is_a_number_with_a_unit(text: str, size: int) -> None:
    assert parse_bytes(text) == size


@pytest.mark.parametrize("text", ["", "much", "-1GB", "1 PB", "GB"])
def test_what_is_no_size_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="expected a size such as 20GB or 500MB"):
        parse_bytes(text)


def test_the_limit_is_a_tenth_of_the_disk_at_most(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("LENSWORK_CACHE_LIMIT", raising=False)
    tenth = shutil.disk_usage(tmp_path).total // 10
    assert cache_home.size_limit(tmp_path / "not" / "there") == min(10**10, tenth)


def test_the_cache_is_the_users_unless_another_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LENSWORK_CACHE")
    place = cache_folder()
    assert place is not None
    assert place.parts[-2:] == ("lenswork", "pictures")
    monkeypatch.setenv("LENSWORK_CACHE", "Off")
    assert cache_folder() is None
    monkeypatch.setenv("LENSWORK_CACHE", "~nobody-here/cache")
    with pytest.raises(UsageError, match="no user whose home is meant by ~nobody-here"):
        cache_folder()


# --- several processes, and a kill at any moment ----------------------------------------------


START = """
import os, sys
from pathlib import Path
sys.path.insert(0, {support!r})
from cached_folders import Counting, read_plainly, read_through, source_of
from lenswork.data.cache import rows as cache
from lenswork.data.cache.rows import open_rows
cache.LEAST_BYTES = cache.MEMORY_BYTES = 0
source = source_of(Path({folder!r}))
print("ready", flush=True)
sys.stdin.readline()
"""


def other_process(tmp_path: Path, code: str) -> "subprocess.Popen[str]":
    """Python with the pictures of tmp_path/data as `source`; it goes on once it is told to."""
    support = str(Path(__file__).parents[2] / "support")
    start = START.format(support=support, folder=str(tmp_path / "data"))
    process = subprocess.Popen(
        [sys.executable, "-c", start + textwrap.dedent(code)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    return process


def in_another_process(tmp_path: Path, code: str) -> str:
    said, errors = other_process(tmp_path, code).communicate("go\n", timeout=60)
    assert not errors, errors
    return said


def test_processes_at_once_all_get_the_right_pictures(home: Path, tmp_path: Path) -> None:
    source = write_pictures(tmp_path / "data", 60)
    code = "print((read_through(source) == read_plainly(source)).all())"
    processes = [other_process(tmp_path, code) for _ in range(3)]
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    for process in processes:
        said, errors = process.communicate(timeout=60)
        assert (said, errors) == ("True\n", "")
    assert len(names_in(home)) == 1
    assert open_rows(source, Counting()).missing.tolist() == []


@pytest.mark.parametrize("unread", [0, 1])
def test_of_two_that_finish_at_once_neither_says_that_nothing_is_kept(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, unread: int
) -> None:
    source = write_pictures(tmp_path / "data", COUNT)
    both = [open_rows(source, Counting()) for _ in range(2)]
    filled = (COUNT - unread, COUNT)
    for rows, count in zip(both, filled, strict=True):
        for index in range(count):
            rows.fill(index)
    both[0].finish()
    monkeypatch.setattr(write, "remove_entry", lambda _: False)  # it was not there a moment ago
    both[1].finish()
    assert [rows.note for rows in both] == ["", ""]
    assert [len(name) for name in names_in(home)] == [32]
    expected = read_plainly(source)
    for rows, count in zip(both, filled, strict=True):
        assert (rows.pictures[:count] == expected[:count]).all()


def test_a_reading_that_was_stopped_replaces_no_entry_of_all_pictures(
    home: Path, tmp_path: Path
) -> None:
    source = write_pictures(tmp_path / "data", COUNT)
    whole, stopped = (open_rows(source, Counting()) for _ in range(2))
    for index in whole.missing.tolist():
        whole.fill(index)
    stopped.fill(0)
    whole.finish()
    stopped.finish()
    assert stopped.note == ""
    assert [len(name) for name in names_in(home)] == [32]
    assert open_rows(source, Counting()).missing.tolist() == []


AGAIN_AND_AGAIN = """
import shutil
from lenswork.data.cache.home import cache_folder
while True:
    read_through(source)
    print("one", flush=True)
    shutil.rmtree(cache_folder(), ignore_errors=True)
"""


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(8))
def test_after_a_kill_there_is_nothing_or_the_right_pictures(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    source = write_pictures(tmp_path / "data", 30)
    process = other_process(tmp_path, AGAIN_AND_AGAIN)
    assert process.stdin is not None
    process.stdin.write("go\n")
    process.stdin.flush()
    time.sleep(random.Random(seed).uniform(0, 0.2))  # noqa: S311
    process.kill()
    process.communicate()
    assert (read_through(source) == read_plainly(source)).all()
    monkeypatch.setattr(cache_home, "STALE_SECONDS", -1)
    remove_leftovers(home)
    assert [len(name) for name in names_in(home)] == [32]
    assert open_rows(source, Counting()).missing.tolist() == []


def test_what_a_killed_process_left_is_removed_and_what_a_live_one_writes_is_not(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = write_pictures(tmp_path / "data", COUNT)
    process = other_process(
        tmp_path,
        """
        rows = open_rows(source, Counting())
        rows.fill(0)
        print("filled", flush=True)
        sys.stdin.readline()
        """,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write("go\n")
    process.stdin.flush()
    assert process.stdout.readline() == "filled\n"
    remove_leftovers(home)
    (part,) = names_in(home)
    monkeypatch.setattr(cache_home, "STALE_SECONDS", -1)
    remove_leftovers(home)
    assert names_in(home) == [part]
    process.kill()
    process.communicate()
    remove_leftovers(home)
    assert names_in(home) == []
    assert (read_through(source) == read_plainly(source)).all()


def test_an_entry_that_vanishes_while_it_is_opened_is_a_miss(
    folder: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (entry,) = entries_in(home)
    real = open_entry

    def vanishing(place: Path) -> object:
        found = real(place)
        with contextlib.suppress(FileNotFoundError):
            shutil.rmtree(place)
        return found

    monkeypatch.setattr(cache, "open_entry", vanishing)
    source = source_of(folder)
    assert (read_through(source) == read_plainly(source)).all()
    pictures = entry.pictures()
    assert pictures is not None  # it has been written again
    assert (pictures == read_plainly(source)).all()
