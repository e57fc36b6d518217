"""Packing: the same bytes each time, files as they are, all or nothing."""

import hashlib
import re
import subprocess
import tarfile
from pathlib import Path

import numpy as np
import pytest
from picture_files import encoded, exif, noise, write_classes
from PIL import Image
from shard_sets import packed
from tiny_data import striped_data, write_striped_folder

from lenswork.data.dataset import Dataset, FileSource, Part
from lenswork.data.folder import open_folder
from lenswork.data.shards import write as shard_write
from lenswork.data.shards.open import open_shards
from lenswork.data.shards.write import ShardSize, pack
from lenswork.errors import DataError, PictureError, UsageError


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def test_the_same_data_and_seed_give_the_same_bytes(tmp_path: Path) -> None:
    data = open_folder(write_striped_folder(tmp_path / "stripes"))
    pack(data, tmp_path / "a", ShardSize(7), seed=3)
    pack(data, tmp_path / "b", ShardSize(7), seed=3)
    pack(data, tmp_path / "c", ShardSize(7), seed=4)
    assert contents(tmp_path / "a") == contents(tmp_path / "b")
    assert contents(tmp_path / "a") != contents(tmp_path / "c")


def test_a_tar_belongs_to_nobody_and_is_of_no_time(tmp_path: Path) -> None:
    out = packed(tmp_path / "out", shards=1)
    with tarfile.open(out / "train-000.tar") as tar:
        members = tar.getmembers()
    assert {(m.mtime, m.uid, m.gid, m.uname, m.gname, m.mode) for m in members} == {
        (0, 0, 0, "", "", 0o644)
    }
    assert all(m.isreg() for m in members)
    assert len({m.name for m in members}) == 40


def test_plain_tar_gives_back_the_files_and_labels(tmp_path: Path) -> None:
    root = tmp_path / "photos"
    for name, seed in (("cats/a.b.jpg", 1), ("cats/ü x.JPG", 2), ("dogs/a.b.jpg", 3)):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        image = Image.fromarray(noise(8, 6, 3, seed))
        (root / name).write_bytes(encoded(image, "JPEG", exif=exif(6)))
    pack(open_folder(root), tmp_path / "out")
    into = tmp_path / "into"
    into.mkdir()
    subprocess.run(["tar", "-xf", tmp_path / "out" / "train-000.tar", "-C", into], check=True)
    assert (into / "cats/a%2Eb%2Ejpg.jpg").read_bytes() == (root / "cats/a.b.jpg").read_bytes()
    assert (into / "cats/%C3%BC%20x%2EJPG.jpg").read_bytes() == (root / "cats/ü x.JPG").read_bytes()
    labels = {path.parent.name: path.read_bytes() for path in into.rglob("*.cls")}
    assert labels == {"cats": b"0", "dogs": b"1"}


def test_each_sample_is_one_key_by_the_rule_of_webdataset(tmp_path: Path) -> None:
    root = write_classes(tmp_path / "pets", {"cats": 2, "dogs": 1})
    (root / "cats" / "cats-0.jpg").write_bytes((root / "cats" / "cats-0.png").read_bytes())
    pack(open_folder(root), tmp_path / "out")
    with tarfile.open(tmp_path / "out" / "train-000.tar") as tar:
        names = tar.getnames()
    rule = re.compile(r"^((?:.*/|)[^.]+)[.]([^/]*)$")  # base_plus_ext in webdataset.tariterators
    split = [found.groups() for found in map(rule.match, names) if found]
    assert len(split) == len(names) == 8
    assert [ending for _, ending in split[::2]] == ["cls"] * 4
    assert all(split[at][0] == split[at + 1][0] for at in range(0, 8, 2))
    assert len({key for key, _ in split}) == 4


def test_pictures_are_dealt_evenly_and_mixed(tmp_path: Path) -> None:
    data = striped_data(301, classes=3, validation=0)
    manifest = pack(data, tmp_path / "out", ShardSize(100))
    shards = manifest.splits["train"]
    assert [facts.pictures for facts in shards] == [76, 76, 76, 73]
    assert [facts.name for facts in shards] == [f"train-{number:03d}.tar" for number in range(4)]
    for facts in shards:  # the labels stood in the order 0, 1, 2, 0, 1, 2, ...
        assert min(facts.per_class) > 10
    assert np.sum([facts.per_class for facts in shards], axis=0).tolist() == [101, 100, 100]


def test_shards_are_cut_by_bytes(tmp_path: Path) -> None:
    manifest = pack(striped_data(30, validation=0), tmp_path / "out", ShardSize(size_bytes=10_000))
    shards = manifest.splits["train"]
    assert len(shards) > 3
    assert all(facts.size_bytes <= 10_000 + 2048 for facts in shards)
    assert sum(facts.pictures for facts in shards) == 30
    for facts in shards:
        content = (tmp_path / "out" / facts.name).read_bytes()
        assert len(content) == facts.size_bytes
        assert hashlib.sha256(content).hexdigest() == facts.sha256


def test_shards_can_be_packed_anew_without_losing_a_byte(tmp_path: Path) -> None:
    data = open_folder(write_striped_folder(tmp_path / "stripes"))
    pack(data, tmp_path / "a", ShardSize(5))
    pack(open_shards(str(tmp_path / "a")), tmp_path / "b", ShardSize(9))
    pack(data, tmp_path / "c", ShardSize(9))
    assert contents(tmp_path / "b") == contents(tmp_path / "c")


def test_what_is_there_is_not_overwritten(tmp_path: Path) -> None:
    out = packed(tmp_path / "out")
    before = contents(out)
    with pytest.raises(UsageError, match=r"there is a .*/out already, and shards are written to"):
        packed(out)
    assert contents(out) == before
    (tmp_path / "empty").mkdir()
    assert len(open_shards(str(packed(tmp_path / "empty"))).train) == 20


def test_shards_are_not_written_among_the_classes(tmp_path: Path) -> None:
    root = write_classes(tmp_path / "pets", {"cats": 2, "dogs": 1})
    with pytest.raises(UsageError, match="is within the data, where it would be taken for a class"):
        pack(open_folder(root), root / "shards")


def test_a_failure_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = write_classes(tmp_path / "data" / "pets", {"cats": 5, "dogs": 5})
    data = open_folder(root)
    (root / "cats" / "cats-3.png").unlink()
    with pytest.raises(PictureError, match=r"cannot pack .*cats-3\.png: No such file"):
        pack(data, tmp_path / "out" / "deep", ShardSize(2))
    assert list((tmp_path / "out").iterdir()) == []
    monkeypatch.setattr(shard_write, "member_header", _full_disk)
    with pytest.raises(OSError, match="No space left"):
        packed(tmp_path / "full")
    assert not list(tmp_path.glob("*full*"))


def _full_disk(name: str, size: int) -> bytes:
    raise OSError(28, "No space left on device")


def test_two_pictures_of_one_id_are_refused(tmp_path: Path) -> None:
    part = striped_data(4).train
    twice = Part(part.source, part.labels, ("a", "b", "a", "c"))
    with pytest.raises(DataError, match="two train pictures of twice have the same id"):
        pack(Dataset("twice", ("x", "y", "z"), {"train": twice}), tmp_path / "out")


def test_a_name_longer_than_a_tar_header_is_kept(tmp_path: Path) -> None:
    root = tmp_path / "pets"
    for name in ("cats", "dogs"):
        (root / name).mkdir(parents=True)
        (root / name / ("long " * 40 + ".png")).write_bytes(encoded(noise(2, 2, 1), "PNG"))
    data = open_folder(root)
    pack(data, tmp_path / "out")
    again = open_shards(str(tmp_path / "out"))
    assert again.train.ids == data.train.ids
    assert again.train.source.read(0).shape == (2, 2, 1)


def test_an_empty_or_odd_file_is_packed_as_it_is_unless_it_is_none(tmp_path: Path) -> None:
    root = write_classes(tmp_path / "pets", {"cats": 1, "dogs": 1})
    (root / "cats" / "empty.png").write_bytes(b"")
    pack(open_folder(root), tmp_path / "out")
    source = open_shards(str(tmp_path / "out")).train.source
    with pytest.raises(PictureError, match=r"cats/empty%2Epng\.png in .*the file is empty"):
        source.read(1)
    odd = FileSource((root,))
    with pytest.raises(PictureError, match="is not a regular file"):
        pack(
            Dataset("odd", ("x", "y"), {"train": Part(odd, np.zeros(1, np.int64), ("x.png",))}),
            tmp_path / "odd",
        )
