"""Known sets: found in the right order, fetched when nowhere, and never half used."""

import gzip
import hashlib
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from faulty_server import FaultyServer
from tiny_sets import (
    IDX_NAMES,
    animal_archives,
    animals,
    animals_set,
    digits,
    digits_set,
    idx_files,
    npz_bytes,
    write_files,
    zip_bytes,
)

from lenswork.data import sources
from lenswork.data.dataset import ArraySource, Dataset
from lenswork.data.download import Patience
from lenswork.data.known import KNOWN, SAMPLE, KnownSet
from lenswork.data.sources import Location, homes, locate, obtain, read, sample_folder, search
from lenswork.errors import DataError, DownloadError, UsageError

NOWHERE = "http://127.0.0.1:1/"  # an address at which nothing answers
HASTY = Patience(tries=2, pause_seconds=0.001, connect_seconds=1, silence_seconds=0.2)
FILES = idx_files(digits())
DIGITS = digits_set(NOWHERE, FILES)
ANIMALS = animals_set(NOWHERE, animal_archives())


def animals_folder(folder: Path) -> Path:
    for part in ("train", "validation"):
        write_files(folder / part, animals(part))
    return folder


def pictures_of(dataset: Dataset, part: str) -> np.ndarray:
    source = dataset.parts[part].source  # type: ignore[index]
    assert isinstance(source, ArraySource)
    return source.pictures


def serve(server: FaultyServer, files: dict[str, bytes]) -> str:
    for name, content in files.items():
        server.serve(name, content)
    return server.address("")


@pytest.mark.parametrize(
    "files",
    [
        FILES,
        {"tiny-digits.npz": npz_bytes(digits())},
        {name: content for name, content in FILES.items() if "train" in name}
        | {"tiny-digits.npz": npz_bytes(digits())},
    ],
    ids=["idx", "npz", "npz beside half of the idx files"],
)
def test_idx_and_npz_files_give_the_same_data_set(tmp_path: Path, files: dict[str, bytes]) -> None:
    dataset = read(Location(DIGITS, write_files(tmp_path, files)))
    for part in ("train", "test"):
        assert np.array_equal(pictures_of(dataset, part)[..., 0], digits()[f"x_{part}"])
        assert dataset.parts[part].labels.tolist() == digits()[f"y_{part}"].tolist()
    assert dataset.classes == ("0", "1", "2")
    assert dataset.train.ids == tuple(f"train/0000{index}" for index in range(5))
    assert dataset.location == tmp_path
    assert dataset.describe() == "tiny-digits: 3 classes, 5 train, 2 test"


def test_a_folder_of_pictures_is_opened_with_its_notes(tmp_path: Path) -> None:
    dataset = read(Location(ANIMALS, animals_folder(tmp_path), skipped=("a reason",)))
    assert dataset.name == "tiny-animals"
    assert dataset.classes == ANIMALS.classes
    assert dataset.train.ids == ("train/cats/a.png", "train/cats/b.png", "train/dogs/c.png")
    assert dataset.notes[:2] == ("a note about animals", "a reason")


def test_whole_files_of_another_set_are_refused(tmp_path: Path) -> None:
    arrays = digits()
    arrays["x_test"] = 255 - arrays["x_test"]
    folder = write_files(tmp_path, idx_files(arrays))
    with pytest.raises(
        DataError, match=r"t10k-images.*expected the content of tiny-digits"
    ) as caught:
        read(Location(DIGITS, folder))
    assert "2 x 3 x 2 values); delete it and run `lenswork data get tiny-digits`" in str(
        caught.value
    )


def test_files_that_changed_places_are_refused_saying_whose_they_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = replace(DIGITS, name="other-digits")
    monkeypatch.setattr("lenswork.data.arrays.KNOWN", {"other-digits": other})
    swapped = digits() | {"y_train": digits()["y_test"]}
    with pytest.raises(DataError, match="got a file of other-digits"):
        read(Location(DIGITS, write_files(tmp_path, idx_files(swapped))))


def test_the_first_home_that_has_it_whole_is_taken_and_the_others_are_named(tmp_path: Path) -> None:
    half, whole, spare = tmp_path / "half", tmp_path / "whole", tmp_path / "spare"
    write_files(half / "tiny-digits", dict(list(FILES.items())[:3]))
    write_files(whole / "tiny", FILES)
    write_files(spare / "tiny-digits", FILES)
    found = search(DIGITS, (tmp_path / "nowhere", half, whole, spare))
    assert found.folder == whole / "tiny"
    reason = f"is not the whole of tiny-digits: {IDX_NAMES[3]} (also with .gz) missing"
    assert found.skipped == (f"{half / 'tiny-digits'} {reason}",)


def test_a_folder_that_lacks_a_picture_is_skipped_with_the_count(tmp_path: Path) -> None:
    folder = animals_folder(tmp_path / "tiny-animals")
    (folder / "validation" / "dogs" / "c.png").unlink()
    found = search(ANIMALS, (tmp_path,))
    assert found.folder is None
    assert "expected 1 .png files in validation/dogs, got 0" in found.skipped[0]


def test_an_empty_folder_needs_no_reason(tmp_path: Path) -> None:
    (tmp_path / "tiny-digits").mkdir()
    assert search(DIGITS, (tmp_path,)).skipped == ()


def test_homes_are_searched_in_the_order_argument_or_variable_system_cache(
    tmp_path: Path, bare_machine: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, two, named, system = (tmp_path / name for name in ("one", "two", "named", "system"))
    for folder in (one, two, named):
        folder.mkdir()
    monkeypatch.setattr(sources, "SYSTEM_HOMES", (system,))
    assert homes() == (system, bare_machine)
    monkeypatch.setenv("LENSWORK_DATA", os.pathsep.join((str(one), "", str(two))))
    assert homes() == (one, two, system, bare_machine)
    assert homes(named) == homes(str(named)) == homes([named]) == (named, system, bare_machine)
    assert homes(named, elsewhere=False) == (named,)


def test_a_home_that_is_not_there_is_refused_saying_who_named_it(
    tmp_path: Path, bare_machine: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError, match="named as the data home, found nothing there"):
        locate("mnist", tmp_path / "nowhere")
    with pytest.raises(UsageError, match="found a file there"):
        locate("mnist", tmp_path / "file")
    monkeypatch.setenv("LENSWORK_DATA", str(tmp_path / "nowhere"))
    with pytest.raises(
        UsageError, match=f"{tmp_path / 'nowhere'}, which is named in LENSWORK_DATA"
    ):
        locate("mnist")
    monkeypatch.setenv("LENSWORK_DATA", "~nobody-here/data")
    with pytest.raises(UsageError, match="no user whose home is meant by ~nobody-here"):
        locate("mnist")


def test_an_unknown_name_is_refused_with_those_that_exist() -> None:
    for ask in (sources.locate, sources.get, sources.load):
        with pytest.raises(UsageError, match=r"mnist, fashion-mnist, horses-or-humans.*'minst'"):
            ask("minst")


def test_locate_never_fetches(bare_machine: Path, server: FaultyServer) -> None:
    assert all(locate(name) is None for name in KNOWN)
    assert not bare_machine.exists()


def test_what_is_nowhere_is_fetched_to_the_cache_once(
    bare_machine: Path, server: FaultyServer, capsys: pytest.CaptureFixture[str]
) -> None:
    known = digits_set(serve(server, FILES), FILES)
    first, second = obtain(known), obtain(known)
    assert first.fetched
    assert not second.fetched
    assert first.folder == second.folder == bare_machine / "tiny-digits"
    assert len(server.requests) == 4
    assert read(first).describe() == "tiny-digits: 3 classes, 5 train, 2 test"
    announcement = capsys.readouterr().err.splitlines()[0]
    size = sum(len(content) for content in FILES.values())
    assert announcement == (
        f"fetching tiny-digits: five digits and two, {size} bytes from 127.0.0.1, licence CC0 "
        f"(nobody), to {bare_machine / 'tiny-digits'}"
    )


def test_an_npz_archive_is_fetched_and_read(bare_machine: Path, server: FaultyServer) -> None:
    files = {"tiny-digits.npz": npz_bytes(digits())}
    fetched = obtain(digits_set(serve(server, files), files))
    assert np.array_equal(pictures_of(read(fetched), "train")[..., 0], digits()["x_train"])


def test_archives_are_unpacked_and_nothing_else_is_left(
    bare_machine: Path, server: FaultyServer
) -> None:
    archives = animal_archives()
    fetched = obtain(animals_set(serve(server, archives), archives))
    assert fetched.folder == bare_machine / "tiny-animals"
    assert [path.name for path in bare_machine.iterdir()] == ["tiny-animals"]
    assert read(fetched).describe() == "tiny-animals: 2 classes, 3 train, 3 validation"


def test_a_home_given_as_an_argument_is_where_it_is_put(
    tmp_path: Path, bare_machine: Path, server: FaultyServer
) -> None:
    fetched = obtain(digits_set(serve(server, FILES), FILES), tmp_path)
    assert fetched.folder == tmp_path / "tiny-digits"
    assert not bare_machine.exists()


def test_the_variable_is_searched_but_never_written_to(
    tmp_path: Path, bare_machine: Path, server: FaultyServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.setenv("LENSWORK_DATA", str(home))
    assert obtain(digits_set(serve(server, FILES), FILES)).folder == bare_machine / "tiny-digits"
    assert list(home.iterdir()) == []


def test_asked_for_in_one_home_only_it_is_put_there_though_another_has_it(
    tmp_path: Path, bare_machine: Path, server: FaultyServer
) -> None:
    known = digits_set(serve(server, FILES), FILES)
    write_files(bare_machine / "tiny-digits", FILES)
    assert obtain(known, tmp_path).folder == bare_machine / "tiny-digits"
    assert obtain(known, tmp_path, elsewhere=False).folder == tmp_path / "tiny-digits"


def test_a_home_that_cannot_be_written_to_leaves_the_cache_or_an_error(
    tmp_path: Path, bare_machine: Path, server: FaultyServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "access", lambda *_: False)  # tests may run as root
    known = digits_set(serve(server, FILES), FILES)
    with pytest.raises(UsageError, match="expected a data home that can be written to"):
        obtain(known, tmp_path, elsewhere=False)
    assert obtain(known, tmp_path).folder == bare_machine / "tiny-digits"


def test_an_interrupted_fetch_is_never_taken_for_whole_and_is_completed_by_the_next(
    bare_machine: Path, server: FaultyServer, capsys: pytest.CaptureFixture[str]
) -> None:
    names = list(FILES)
    known = digits_set(serve(server, dict(list(FILES.items())[:2])), FILES)
    with pytest.raises(DownloadError, match=f"{names[2]} .* no such file"):
        obtain(known, patience=HASTY)
    assert search(known, (bare_machine,)).folder is None
    serve(server, FILES)
    assert read(obtain(known)).describe() == "tiny-digits: 3 classes, 5 train, 2 test"
    asked = [path.removeprefix("/") for path, _ in server.requests]
    assert asked == [*names[:3], *names[2:]]
    assert "skipped: " in capsys.readouterr().err


def test_files_that_were_compressed_again_are_as_good_and_not_replaced(
    bare_machine: Path, server: FaultyServer
) -> None:
    name, content = next(iter(FILES.items()))
    again = gzip.compress(gzip.decompress(content), compresslevel=1, mtime=1)
    folder = write_files(bare_machine / "tiny-digits", {name: again})
    known = digits_set(serve(server, FILES), FILES)
    assert read(obtain(known)).describe() == "tiny-digits: 3 classes, 5 train, 2 test"
    assert (folder / name).read_bytes() == again
    assert len(server.requests) == 3


def test_archives_that_have_arrived_are_not_fetched_again(
    bare_machine: Path, server: FaultyServer
) -> None:
    archives = animal_archives()
    known = animals_set(serve(server, {"train.zip": archives["train.zip"]}), archives)
    with pytest.raises(DownloadError, match=r"validation\.zip"):
        obtain(known, patience=HASTY)
    assert [path.name for path in bare_machine.iterdir()] == ["tiny-animals.download"]
    serve(server, archives)
    assert obtain(known).folder == bare_machine / "tiny-animals"
    assert [path for path, _ in server.requests].count("/train.zip") == 1


def test_a_file_put_by_hand_where_the_error_says_is_used(
    bare_machine: Path, server: FaultyServer
) -> None:
    with pytest.raises(DownloadError) as caught:
        obtain(ANIMALS, patience=HASTY)
    told = Path(str(caught.value).partition("save it as ")[2].partition(", and run")[0])
    write_files(told.parent, animal_archives())
    assert read(obtain(ANIMALS, patience=HASTY)).name == "tiny-animals"


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda files: {**files, "../evil.png": b"x"}, "climbs out"),
        (lambda files: {f"nested/{name}": files[name] for name in files}, "got 0"),
    ],
    ids=["unsafe", "another layout"],
)
def test_archives_that_are_not_the_set_leave_no_folder(
    bare_machine: Path,
    server: FaultyServer,
    spoil: Callable[[dict[str, bytes]], dict[str, bytes]],
    message: str,
) -> None:
    archives = animal_archives() | {"train.zip": zip_bytes(spoil(animals("train")))}
    with pytest.raises(DataError, match=message):
        obtain(animals_set(serve(server, archives), archives))
    assert [path.name for path in bare_machine.iterdir()] == ["tiny-animals.download"]


def test_an_incomplete_folder_of_the_users_is_not_overwritten(
    tmp_path: Path, bare_machine: Path, server: FaultyServer
) -> None:
    folder = animals_folder(tmp_path / "tiny-animals")
    (folder / "train" / "cats" / "a.png").unlink()
    archives = animal_archives()
    known = animals_set(serve(server, archives), archives)
    with pytest.raises(
        DataError, match=r"is in the way: expected 2 \.png files in train/cats, got 1"
    ):
        obtain(known, tmp_path)
    assert server.requests == []
    assert (folder / "train" / "cats" / "b.png").exists()


def test_without_room_nothing_is_asked_for(bare_machine: Path, server: FaultyServer) -> None:
    huge = replace(DIGITS.files[0], size_bytes=10**18)
    with pytest.raises(DownloadError, match="make room or name another data home"):
        obtain(replace(DIGITS, files=(huge,)))
    assert server.requests == []


def test_the_set_that_another_process_completed_meanwhile_is_used(
    bare_machine: Path, server: FaultyServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def faster(*_: object) -> Path:
        animals_folder(bare_machine / "tiny-animals")
        raise DownloadError("lost the race")

    monkeypatch.setattr(sources, "_fetch_files", faster)
    assert obtain(ANIMALS).folder == bare_machine / "tiny-animals"


@pytest.mark.parametrize("known", [*KNOWN.values(), SAMPLE], ids=lambda known: known.name)
def test_the_table_is_consistent(known: KnownSet) -> None:
    assert all(len(counts) == len(known.classes) for counts in known.counts.values())
    assert list(known.classes) == sorted(known.classes) or known.form == "arrays"
    assert known.licence
    assert known.attribution
    lengths = {"md5": hashlib.md5, "sha256": hashlib.sha256}
    for file in known.files:
        algorithm, _, digest = file.checksum.partition(":")
        assert len(bytes.fromhex(digest)) == lengths[algorithm]().digest_size
        assert file.url.startswith("https://")
        assert (file.unpacks_to is not None) == file.name.endswith(".zip")
    for arrays in known.arrays.values():
        for digest in (arrays.pictures_sha256, arrays.labels_sha256):
            assert len(bytes.fromhex(digest)) == 32


def test_the_counts_are_those_of_the_notes() -> None:
    assert KNOWN["mnist"].pictures == {"train": 60_000, "test": 10_000}
    assert KNOWN["fashion-mnist"].pictures == {"train": 60_000, "test": 10_000}
    assert KNOWN["horses-or-humans"].counts == {"train": (500, 527), "validation": (128, 128)}
    assert KNOWN["horses-or-humans"].download_bytes == 149_574_867 + 11_480_187


def test_the_embedded_sample_is_found_by_name_on_a_bare_machine(bare_machine: Path) -> None:
    location = locate("horses-or-humans-150")
    assert location is not None
    assert location.folder == sample_folder()


def test_a_sample_that_was_left_out_of_the_installation_is_no_download(
    tmp_path: Path, bare_machine: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sources, "sample_folder", lambda: tmp_path / "nowhere")
    with pytest.raises(DataError, match="is not there; install Lenswork again"):
        sources.get("horses-or-humans-150")
