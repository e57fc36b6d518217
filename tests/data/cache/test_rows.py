"""What the cache gives is what decoding gives, and nothing is decoded twice."""

import os
import random
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from cached_folders import (
    Counting,
    ids_of,
    read_plainly,
    read_through,
    set_second,
    source_of,
    write_picture,
    write_pictures,
)

from lenswork.data.cache import rows as cache
from lenswork.data.cache.home import entries_in
from lenswork.data.cache.rows import open_rows
from lenswork.data.dataset import ArraySource, FileSource
from lenswork.errors import PictureError

COUNT = 20


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of the cache, in which every set of files is kept, however small."""
    monkeypatch.setenv("LENSWORK_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(cache, "LEAST_BYTES", 0)
    monkeypatch.setattr(cache, "MEMORY_BYTES", 0)
    return tmp_path / "cache"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Twenty pictures that have been read once."""
    read_through(write_pictures(tmp_path / "data", COUNT))
    return tmp_path / "data"


def names_in(home: Path) -> list[str]:
    return sorted(path.name for path in home.iterdir()) if home.exists() else []


# --- what is found ----------------------------------------------------------------------------


def test_the_second_reading_decodes_nothing_and_gives_the_same(folder: Path) -> None:
    again = Counting()
    pictures = read_through(source_of(folder), again)
    assert again.decoded == []
    assert pictures.dtype == np.uint8
    assert (pictures == read_plainly(source_of(folder))).all()


def test_rows_are_filled_in_any_order_by_any_threads(tmp_path: Path) -> None:
    source = write_pictures(tmp_path / "data", 200)
    rows = open_rows(source, Counting())
    order = rows.missing.tolist()
    assert sorted(order) == list(range(200))
    random.Random(1).shuffle(order)  # noqa: S311
    with ThreadPoolExecutor(max_workers=8) as pool:
        list(pool.map(rows.fill, order))
    assert rows.missing.tolist() == []
    assert (rows.pictures == read_plainly(source)).all()
    rows.finish()
    rows.finish()
    assert (rows.pictures == read_plainly(source)).all()
    assert open_rows(source, Counting()).missing.tolist() == []


def test_a_row_is_there_as_soon_as_it_is_filled(tmp_path: Path) -> None:
    source = write_pictures(tmp_path / "data", COUNT)
    rows = open_rows(source, Counting())
    rows.fill(7)
    assert rows.missing.tolist() == [index for index in range(COUNT) if index != 7]
    assert (rows.pictures[7] == read_plainly(source)[7]).all()
    rows.abandon()


def test_a_moved_folder_is_found_again(folder: Path) -> None:
    moved = folder.rename(folder.with_name("elsewhere"))
    again = Counting()
    read_through(source_of(moved), again)
    assert again.decoded == []


def test_names_inside_the_data_are_those_that_count(folder: Path, tmp_path: Path) -> None:
    named = Counting()
    source = source_of(folder)
    read_through(source, named, ids_of(folder, source))
    assert named.decoded == []  # the paths below the folder, as without
    read_through(source, named, [f"train/{name}" for name in ids_of(folder, source)])
    assert named.decoded == []  # other names, and the same bytes


def test_of_a_changed_picture_only_that_is_decoded(folder: Path) -> None:
    write_picture(folder / "b/003.bmp", seed=99, second=1000)
    again = Counting()
    pictures = read_through(source_of(folder), again)
    assert again.decoded == ["003.bmp"]
    assert (pictures == read_plainly(source_of(folder))).all()


def test_a_change_of_the_time_alone_costs_no_decoding(folder: Path) -> None:
    for path in source_of(folder).files:
        set_second(path, 5000)
    again = Counting()
    pictures = read_through(source_of(folder), again)
    assert again.decoded == []
    assert (pictures == read_plainly(source_of(folder))).all()


def test_a_picture_with_another_name_costs_no_decoding(folder: Path) -> None:
    (folder / "b/003.bmp").rename(folder / "a/new.bmp")
    again = Counting()
    pictures = read_through(source_of(folder), again)
    assert again.decoded == []
    assert (pictures == read_plainly(source_of(folder))).all()


def test_two_files_that_change_names_are_not_mistaken(folder: Path) -> None:
    one, other = folder / "a/000.bmp", folder / "b/001.bmp"
    one.rename(folder / "away")
    other.rename(one)
    (folder / "away").rename(other)
    pictures = read_through(source_of(folder))
    assert (pictures == read_plainly(source_of(folder))).all()


def test_a_cut_or_a_subset_costs_no_decoding(folder: Path) -> None:
    source = source_of(folder)
    for chance in range(3):
        chosen = random.Random(chance).sample(range(COUNT), 9)  # noqa: S311
        part = source.subset(chosen)
        again = Counting()
        pictures = read_through(part, again, ids_of(folder, part))
        assert again.decoded == []
        assert (pictures == read_plainly(part)).all()


def test_a_small_subset_is_gathered_in_memory_and_not_kept_twice(
    folder: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = names_in(home)
    source = source_of(folder)
    part = source.subset(range(9))
    monkeypatch.setattr(cache, "MEMORY_BYTES", 9 * 36)
    rows = open_rows(part, Counting(), ids_of(folder, part))
    assert rows.missing.tolist() == []
    assert (rows.pictures == read_plainly(part)).all()
    assert names_in(home) == before


def test_a_folder_opened_a_level_lower_or_higher_costs_no_reading(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lower = source_of(folder / "b")
    monkeypatch.setattr(cache, "read_content", None)
    assert open_rows(lower, Counting()).missing.tolist() == []
    named = source_of(folder)
    ids = [f"data/{name}" for name in ids_of(folder, named)]
    assert open_rows(named, Counting(), ids).missing.tolist() == []


def test_another_preprocessing_decodes_all(folder: Path) -> None:
    other = Counting(side=5)
    pictures = read_through(source_of(folder), other)
    assert len(other.decoded) == COUNT
    assert (pictures == read_plainly(source_of(folder), side=5)).all()


def test_files_of_the_same_names_sizes_and_times_are_told_apart_by_some_of_their_bytes(
    folder: Path, tmp_path: Path
) -> None:
    twins = write_pictures(tmp_path / "twins", COUNT, seed=7)
    again = Counting()
    pictures = read_through(twins, again)
    assert len(again.decoded) == COUNT
    assert (pictures == read_plainly(twins)).all()


def test_a_part_of_another_set_with_the_same_names_sizes_and_times_is_told_apart(
    folder: Path, tmp_path: Path
) -> None:
    twins = write_pictures(tmp_path / "twins", COUNT - 3, seed=7)
    assert (read_through(twins) == read_plainly(twins)).all()


def test_a_name_that_is_not_utf_8_is_kept(tmp_path: Path) -> None:
    path = Path(os.fsdecode(os.fsencode(tmp_path) + b"/data/caf\xe9.bmp"))
    try:
        write_picture(path, 1, 1)
    except OSError:
        return  # this file system takes UTF-8 names only
    source = FileSource((path,))
    read_through(source)
    assert open_rows(source, Counting()).missing.tolist() == []


def test_whatever_happens_to_a_folder_what_is_read_is_what_is_there(tmp_path: Path) -> None:
    chance = random.Random(4)  # noqa: S311
    folder = tmp_path / "data"
    write_pictures(folder, COUNT)
    for second in range(100, 140):
        paths = source_of(folder).files
        path = chance.choice(paths)
        happening = chance.choice(["change", "remove", "add", "rename", "touch", "move"])
        if happening == "change":
            write_picture(path, chance.randrange(10**6), second)
        elif happening == "remove" and len(paths) > 5:
            path.unlink()
        elif happening == "add":
            write_picture(folder / "a" / f"new-{second}.bmp", chance.randrange(10**6), second)
        elif happening == "rename":
            path.rename(path.with_name(f"renamed-{second}.bmp"))
        elif happening == "touch":
            set_second(path, second)
        else:
            folder = folder.rename(tmp_path / f"data-{second}")
        source = source_of(folder)
        part = source.subset(chance.sample(range(len(source)), chance.randint(1, len(source))))
        assert (read_through(part, ids=ids_of(folder, part)) == read_plainly(part)).all()


# --- what is not kept -------------------------------------------------------------------------


def test_pictures_in_memory_are_not_kept(home: Path) -> None:
    pictures = np.zeros((3, 6, 6, 1), np.uint8)
    rows = open_rows(ArraySource(pictures), Counting())
    assert rows.pictures is pictures
    assert rows.missing.tolist() == []
    other = open_rows(ArraySource(np.zeros((3, 9, 9, 3), np.uint8)), Counting())
    other.fill(2)
    other.finish()
    assert other.missing.tolist() == [0, 1]
    assert names_in(home) == []


def test_few_bytes_are_decoded_anew_each_time(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = write_pictures(tmp_path / "data", 3)
    monkeypatch.setattr(cache, "LEAST_BYTES", 10_000)
    assert (read_through(source) == read_plainly(source)).all()
    assert names_in(home) == []


def test_off_writes_and_reads_nothing(
    folder: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = names_in(home)
    monkeypatch.setenv("LENSWORK_CACHE", "off")
    preprocessing = Counting()
    read_through(source_of(folder), preprocessing)
    assert len(preprocessing.decoded) == COUNT
    assert names_in(home) == before


def test_no_files_are_no_rows() -> None:
    rows = open_rows(FileSource(()), Counting())
    assert rows.pictures.shape == (0, 6, 6, 1)
    rows.finish()


def test_what_is_abandoned_leaves_nothing(home: Path, tmp_path: Path) -> None:
    rows = open_rows(write_pictures(tmp_path / "data", COUNT), Counting())
    rows.fill(0)
    rows.abandon()
    rows.finish()
    assert names_in(home) == []
    assert rows.pictures[0].any()


def test_rows_that_are_forgotten_leave_nothing(home: Path, tmp_path: Path) -> None:
    open_rows(write_pictures(tmp_path / "data", COUNT), Counting()).fill(0)
    assert names_in(home) == []


def test_a_file_that_changes_while_it_is_read_spoils_the_entry(home: Path, tmp_path: Path) -> None:
    source = write_pictures(tmp_path / "data", COUNT)
    rows = open_rows(source, Counting())
    write_picture(source.files[4], seed=99, second=1000)
    for index in range(COUNT):
        rows.fill(index)
    rows.finish()
    assert (rows.pictures == read_plainly(source)).all()
    assert names_in(home) == []


def test_what_is_written_to_the_pictures_stays_in_the_process(folder: Path) -> None:
    source = source_of(folder)
    open_rows(source, Counting()).pictures[:] = 0
    assert (open_rows(source, Counting()).pictures == read_plainly(source)).all()


# --- pictures that cannot be read -------------------------------------------------------------


def test_beside_an_unreadable_picture_the_others_are_kept(home: Path, tmp_path: Path) -> None:
    source = write_pictures(tmp_path / "data", COUNT)
    source.files[5].write_bytes(b"no picture")
    source.files[6].unlink()
    rows = open_rows(source, Counting())
    for index in range(COUNT):
        if index in (5, 6):
            with pytest.raises(PictureError, match=source.files[index].name):
                rows.fill(index)
        else:
            rows.fill(index)
    assert rows.missing.tolist() == [5, 6]
    rows.finish()
    (entry,) = entries_in(home)
    assert (entry.facts.filled, entry.facts.count) == (COUNT - 2, COUNT)

    assert open_rows(source, Counting()).missing.tolist() == [5, 6]
    write_picture(source.files[5], 995, 1000)
    write_picture(source.files[6], 996, 1000)
    again = Counting()
    assert (read_through(source, again) == read_plainly(source)).all()
    assert sorted(again.decoded) == sorted([source.files[5].name, source.files[6].name])


def test_the_rest_after_a_stop_is_read_the_next_time(home: Path, tmp_path: Path) -> None:
    source = write_pictures(tmp_path / "data", COUNT)
    rows = open_rows(source, Counting())
    for index in range(0, COUNT, 2):
        rows.fill(index)
    rows.finish()
    again = Counting()
    assert (read_through(source, again) == read_plainly(source)).all()
    assert len(again.decoded) == COUNT // 2
    assert [entry.facts.complete for entry in entries_in(home)] == [True]


def test_a_copied_folder_is_known_by_its_bytes(folder: Path, tmp_path: Path) -> None:
    shutil.copytree(folder, tmp_path / "copy", copy_function=shutil.copyfile)  # new times
    again = Counting()
    copy = source_of(tmp_path / "copy")
    assert (read_through(copy, again) == read_plainly(copy)).all()
    assert again.decoded == []
