"""`lenswork cache`: what is kept, what it was made of, and removing it."""

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cached_folders import Counting, read_through, write_picture, write_pictures

from lenswork.data.cache import rows as cache
from lenswork.data.cache.home import entries_in

Command = Callable[..., Any]

COUNT = 6


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of the cache, in which every set of files is kept, however small."""
    monkeypatch.setenv("LENSWORK_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("LENSWORK_CACHE_LIMIT", "1GB")
    monkeypatch.setattr(cache, "LEAST_BYTES", 0)
    monkeypatch.setattr(cache, "MEMORY_BYTES", 0)
    return tmp_path / "cache"


@pytest.fixture
def two(tmp_path: Path, home: Path) -> Path:
    """Two folders of pictures that have been read, the second just now, the first in 2001."""
    read_through(write_pictures(tmp_path / "old", COUNT))
    os.utime(entries_in(home)[0].folder / "entry.json", (10**9, 10**9))
    read_through(write_pictures(tmp_path / "new", COUNT, seed=1, second=50), Counting(side=5))
    return tmp_path


def test_an_empty_cache_is_called_empty(lenswork: Command, home: Path) -> None:
    said = lenswork("cache", "list")
    assert (said.code, said.out) == (0, f"0 entries, 0 bytes of at most 1.0 GB, in {home}\n")


def test_the_list_says_what_is_kept_and_where_it_came_from(lenswork: Command, two: Path) -> None:
    said = lenswork("cache", "list")
    head, new, old, _, total = said.out.splitlines()
    assert head.split() == "entry pictures size last used brought to from".split()  # noqa: SIM905
    assert new.split()[1] == "6"
    assert "5x5 grey, bilinear resize, full decoding" in new
    assert new.rstrip().endswith(str(two / "new"))
    assert "2001-09-0" in old
    assert old.rstrip().endswith(str(two / "old"))
    assert total.startswith("2 entries, ")


def test_the_list_as_json_has_every_fact(lenswork: Command, two: Path, home: Path) -> None:
    said = json.loads(lenswork("cache", "list", "--json").out)
    assert (said["folder"], said["limit_bytes"]) == (str(home), 10**9)
    new, old = said["entries"]
    assert (new["pictures"], new["decoded"], new["shape"]) == (6, 6, [5, 5, 1])
    assert (new["from"], old["from"]) == (str(two / "new"), str(two / "old"))
    assert old["last_used"] == "2001-09-09T01:46:40+00:00"
    assert old["bytes"] > 6 * 36


def test_clear_removes_all(lenswork: Command, two: Path, home: Path) -> None:
    said = lenswork("cache", "clear")
    assert said.code == 0
    assert said.out.startswith("removed 2 entries, ")
    assert list(home.iterdir()) == []


def test_clear_can_spare_what_was_used_lately(lenswork: Command, two: Path, home: Path) -> None:
    said = json.loads(lenswork("cache", "clear", "--older-than", "30", "--json").out)
    assert len(said["removed"]) == 1
    assert said["freed_bytes"] > 6 * 36
    assert [entry.facts.place for entry in entries_in(home)] == [str(two / "new")]


def test_verify_names_a_file_that_changed_unseen_and_removes_its_entry(
    lenswork: Command, two: Path, home: Path
) -> None:
    assert lenswork("cache", "verify").code == 0
    write_picture(two / "new/b/003.bmp", seed=99, second=53)
    said = lenswork("cache", "verify")
    assert said.code == 1
    assert "1 file has the same size and time but other bytes" in said.out
    assert "  b/003.bmp\n" in said.out
    assert said.out.endswith(f"2 entries checked in {home}\n")
    assert [entry.facts.place for entry in entries_in(home)] == [str(two / "old")]


def test_verify_finds_the_files_of_a_folder_whose_name_is_not_utf_8(
    lenswork: Command, home: Path, tmp_path: Path
) -> None:
    odd = tmp_path / os.fsdecode(b"caf\xe9 \\x41")
    read_through(write_pictures(odd, COUNT))
    (said,) = json.loads(lenswork("cache", "verify", "--json").out)
    assert (said["right"], said["files_gone_or_changed"]) == (True, 0)
    write_picture(odd / "b/003.bmp", seed=99, second=3)
    assert lenswork("cache", "verify").code == 1
    assert entries_in(home) == []


def test_verify_as_json(lenswork: Command, two: Path) -> None:
    (two / "old/a/000.bmp").unlink()
    new, old = json.loads(lenswork("cache", "verify", "--json").out)
    assert (new["right"], new["files_gone_or_changed"]) == (True, 0)
    assert (old["right"], old["files_gone_or_changed"], old["rows"]) == (True, 1, 6)


def test_what_is_off_has_nothing_to_list(
    lenswork: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LENSWORK_CACHE", "off")
    said = lenswork("cache", "list")
    assert said.code == 2
    assert "the cache is off, as LENSWORK_CACHE says" in said.err


def test_a_limit_that_is_no_size_is_refused(
    lenswork: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LENSWORK_CACHE_LIMIT", "plenty")
    said = lenswork("cache", "list")
    assert said.code == 2
    assert "expected a size such as 20GB or 500MB in LENSWORK_CACHE_LIMIT, got 'plenty'" in said.err
