"""Shards are opened as the data that was packed, or as what others put into them."""

import hashlib
import json
import operator
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from shard_sets import labelled, opened, packed, tar_of, tiny_picture
from tiny_data import striped_data, write_striped_folder

from lenswork.data.dataset import Cut
from lenswork.data.folder import open_folder
from lenswork.data.shards.names import (
    expand,
    id_of,
    key_of,
    names_shards,
    pieces,
    shown,
    shown_source,
)
from lenswork.data.shards.open import open_shards
from lenswork.data.shards.write import ShardSize, pack
from lenswork.data.split import cut_validation
from lenswork.errors import DataError, UsageError


def refusal(text: str | Path) -> str:
    with pytest.raises(DataError) as caught:
        open_shards(str(text))
    return str(caught.value)


# --- names ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("a.tar", ["a.tar"]),
        ("a-{000..002}.tar", ["a-000.tar", "a-001.tar", "a-002.tar"]),
        ("a-{8..11}.tar", ["a-8.tar", "a-9.tar", "a-10.tar", "a-11.tar"]),
        ("a-{08..10}.tar", ["a-08.tar", "a-09.tar", "a-10.tar"]),
        ("a-{2..0}.tar", ["a-2.tar", "a-1.tar", "a-0.tar"]),
        ("a-{0..6..3}.tar", ["a-0.tar", "a-3.tar", "a-6.tar"]),
        ("{a,b}-{0..1}", ["a-0", "a-1", "b-0", "b-1"]),
        ("odd{name}.tar", ["odd{name}.tar"]),
        ("odd{name}-{0..1}", ["odd{name}-0", "odd{name}-1"]),
    ],
)
def test_braces_are_expanded_as_a_shell_does(pattern: str, expected: list[str]) -> None:
    assert expand(pattern) == expected


@pytest.mark.parametrize("pattern", ["{0..999999999}", "{0..9999}{0..9999}"])
def test_a_pattern_of_too_many_shards_is_refused(pattern: str) -> None:
    with pytest.raises(UsageError, match="stands for more than 100,000 shards"):
        expand(pattern)


def test_several_patterns_are_told_apart_from_an_address_with_colons() -> None:
    text = "a.tar::http://[::1]:80/b-{0..1}.tar::c.tar"
    assert pieces(text) == ["a.tar", "http://[::1]:80/b-{0..1}.tar", "c.tar"]


def test_an_address_is_shown_without_passwords_and_tokens() -> None:
    assert shown("https://me:secret@host:1/a.tar?token=secret#x") == "https://host:1/a.tar"


def test_data_is_shown_as_it_was_given_but_for_what_is_secret_in_addresses() -> None:
    text = "./a.tar::http://me:secret@[::1]/b-{0..1}.tar?token=secret"
    assert shown_source(text) == "./a.tar::http://[::1]/b-{0..1}.tar"
    assert shown_source("pets/") == "pets/"


@pytest.mark.parametrize(
    "picture_id",
    ["train/cats/a.b.png", "00007", "a b/ü%.jpg", "../up.png", "/root.png", "a//b.png", ".hidden"],
)
def test_a_key_is_safe_and_gives_its_id_back(picture_id: str) -> None:
    key = key_of(picture_id)
    assert id_of(key) == picture_id
    assert key.isascii()
    assert "." not in key
    assert not key.startswith("/")


def test_shards_are_known_by_name_address_or_manifest(tmp_path: Path) -> None:
    assert names_shards("a-{0..3}.tar")
    assert names_shards("https://host/folder")
    assert names_shards(str(packed(tmp_path / "out")))
    assert not names_shards(str(tmp_path))
    assert not names_shards("mnist")
    assert not names_shards("")
    assert not names_shards("x" * 5000)


# --- packed -----------------------------------------------------------------------------------


def test_shards_are_the_folder_that_was_packed(tmp_path: Path) -> None:
    data = open_folder(write_striped_folder(tmp_path / "stripes"))
    pack(data, tmp_path / "out", ShardSize(5))
    again = open_shards(str(tmp_path / "out"))
    assert again.describe() == data.describe()
    assert again.classes == data.classes
    assert again.location == tmp_path / "out"
    for name, part in data.parts.items():
        same = again.parts[name]
        assert same.ids == part.ids
        assert same.labels.tolist() == part.labels.tolist()
        for index in range(len(part)):
            assert same.source.read(index).tolist() == part.source.read(index).tolist()


def test_a_pattern_takes_its_train_shards_and_the_whole_validation_part(tmp_path: Path) -> None:
    out = packed(tmp_path / "out", train=20, shards=4)
    every = open_shards(f"{out}/train-{{000..003}}.tar")
    assert every.describe() == "stripes: 3 classes, 20 train, 6 validation"
    assert every.notes == ()
    two = open_shards(f"{out}/train-000.tar::{out}/train-002.tar")
    assert two.describe() == "stripes: 3 classes, 10 train, 6 validation"
    assert two.notes == (f"2 of 4 train shards of {out} are used",)
    assert set(two.train.ids) < set(every.train.ids)
    assert list(two.train.ids) == sorted(two.train.ids)


def test_the_source_opens_the_same_from_another_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    packed(tmp_path / "out", shards=3)
    monkeypatch.chdir(tmp_path)
    data = open_shards("out/train-{000..001}.tar")
    monkeypatch.chdir("/")
    assert open_shards(data.source).train.ids == data.train.ids


def test_two_packs_of_the_same_classes_are_one_data_set(tmp_path: Path) -> None:
    for name, count in (("a", 6), ("b", 9)):
        packed(tmp_path / name, train=count, shards=1, validation=3)
    data = open_shards(f"{tmp_path}/a::{tmp_path}/b/train-000.tar")
    assert data.describe() == "stripes+stripes: 3 classes, 15 train, 6 validation"
    assert data.train.ids[0] == "a/1/00000"
    assert data.train.ids[6] == "b/1/00000"


def test_a_part_of_shards_can_be_cut_again(tmp_path: Path) -> None:
    data = cut_validation(opened(tmp_path / "out", train=30, validation=0), Cut(0.2))
    validation = data.parts["validation"]
    before = striped_data(30, validation=0).train
    for index, name in enumerate(validation.ids):
        place = before.ids.index(name)
        assert validation.labels[index] == before.labels[place]
        assert validation.source.read(index).tolist() == before.source.read(place).tolist()


def test_what_is_not_there_is_named(tmp_path: Path) -> None:
    out = packed(tmp_path / "out", shards=2)
    assert f"{out}/lenswork.json" not in refusal(f"{out}/train-{{000..001}}.tar::{out}/train-9.tar")
    assert "knows no shard train-007.tar: its 2 train shards are" in refusal(f"{out}/train-007.tar")
    assert "has validation pictures: name the train shards" in refusal(f"{out}/validation-000.tar")
    assert "is named twice" in refusal(f"{out}/train-000.tar::{out}/train-000.tar")
    (out / "train-001.tar").unlink()
    assert "there is no shard" in refusal(out)
    assert "train-001.tar, which has 10 of the pictures" in refusal(out)
    assert "is not there" in refusal(f"{tmp_path}/nothing/::{out}")


def test_shards_that_lack_a_class_are_refused(tmp_path: Path) -> None:
    out = tmp_path / "out"
    pack(striped_data(6, validation=0), out, ShardSize(1))
    assert "have no pictures of 'stripe" in refusal(f"{out}/train-000.tar")


def test_a_damaged_manifest_or_index_is_named(tmp_path: Path) -> None:
    out = packed(tmp_path / "out")
    index = out / "train-001.index.json"
    whole = index.read_bytes()
    index.write_bytes(whole.replace(b'"labels":[', b'"labels": ['))
    assert "train-001.index.json is damaged: expected a file with sha256" in refusal(out)
    index.unlink()
    assert "train-001.index.json is missing" in refusal(out)
    index.write_bytes(whole)
    manifest = out / "lenswork.json"
    said = json.loads(manifest.read_bytes())
    said["splits"]["train"][0]["name"] = "../../secret.tar"
    manifest.write_text(json.dumps(said))
    assert "lenswork.json is damaged or not of this version: splits.train.0.name" in refusal(out)
    manifest.write_text("{")
    assert "lenswork.json is damaged" in refusal(out)


def test_a_manifest_whose_counts_do_not_agree_is_refused(tmp_path: Path) -> None:
    out = packed(tmp_path / "out")
    said = json.loads((out / "lenswork.json").read_bytes())
    said["splits"]["train"][0]["pictures"] += 1
    (out / "lenswork.json").write_text(json.dumps(said))
    assert "the counts of train-000.tar do not agree" in refusal(out)
    said["splits"]["train"][0]["per_class"][0] += 1
    (out / "lenswork.json").write_text(json.dumps(said))
    assert "say different things of train-000.tar" in refusal(out)


def change_index(out: Path, change: Callable[[dict[str, Any]], object]) -> None:
    """Change the index of the first train shard, and the checksum that the manifest has of it."""
    index = json.loads((out / "train-000.index.json").read_bytes())
    manifest = json.loads((out / "lenswork.json").read_bytes())
    change(index)
    content = json.dumps(index).encode()
    (out / "train-000.index.json").write_bytes(content)
    facts = manifest["splits"]["train"][0]
    facts["index_sha256"] = hashlib.sha256(content).hexdigest()
    (out / "lenswork.json").write_text(json.dumps(manifest), "utf-8")


@pytest.mark.parametrize(
    ("column", "value"),
    [("offsets", 100), ("sizes", 1 << 40), ("labels", 3), ("labels", 1 << 50)],
)
def test_an_index_that_points_nowhere_is_refused(tmp_path: Path, column: str, value: int) -> None:
    out = packed(tmp_path / "out", shards=1)
    change_index(out, lambda index: operator.setitem(index[column], 0, value))
    assert "say different things of train-000.tar: pack the data again" in refusal(out)


@pytest.mark.parametrize("column", ["ids", "places"])
def test_an_index_that_names_a_picture_twice_is_refused(tmp_path: Path, column: str) -> None:
    out = packed(tmp_path / "out", shards=1)
    change_index(out, lambda index: operator.setitem(index[column], 1, index[column][0]))
    assert "say different things of train-000.tar: pack the data again" in refusal(out)


@pytest.mark.parametrize("column", ["members", "ids", "labels", "places", "offsets", "sizes"])
def test_an_index_with_a_column_that_is_shorter_is_refused(tmp_path: Path, column: str) -> None:
    out = packed(tmp_path / "out", shards=1)
    change_index(out, lambda index: index[column].pop())
    assert "say different things of train-000.tar: pack the data again" in refusal(out)


# --- foreign ----------------------------------------------------------------------------------


def test_foreign_shards_with_numbers_are_read_in_one_pass(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "pets-0.tar").write_bytes(tar_of(labelled(["10", "2", "2\n"])))
    (tmp_path / "pets-1.tar").write_bytes(tar_of(labelled(["10"])))
    data = open_shards(f"{tmp_path}/pets-{{0..1}}.tar")
    assert data.describe() == "pets: 2 classes, 4 train"
    assert data.classes == ("2", "10")
    assert data.train.labels.tolist() == [1, 0, 0, 1]
    assert data.train.ids[0] == "pets-0/000000.png"
    assert data.train.source.read(3).shape == (4, 4, 1)
    assert "no lenswork.json beside 2 shards: reading them once" in capsys.readouterr().err


@pytest.mark.parametrize("format", [tarfile.PAX_FORMAT, tarfile.GNU_FORMAT, tarfile.USTAR_FORMAT])
def test_names_and_json_labels_and_long_names_are_understood(tmp_path: Path, format: int) -> None:  # noqa: A002
    long = "x" * (90 if format == tarfile.USTAR_FORMAT else 300)
    files = [
        ("./one/a.PNG", tiny_picture()),
        ("./one/a.json", b'{"label": "horse", "width": 4}'),
        (f"{long}.jpg", tiny_picture(1)),
        (f"{long}.cls", b"human"),
        (f"{long}.txt", b"a caption"),
        ("__notes__", b"by hand"),
    ]
    (tmp_path / "a.tar").write_bytes(tar_of(files, format))
    data = open_shards(f"{tmp_path}/a.tar")
    assert data.classes == ("horse", "human")
    assert data.train.ids[1] == f"a/{long}.jpg"
    assert data.train.source.read(1).shape == (4, 4, 1)


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ([("a.png", b"x")], "member a.png has no label"),
        ([("a.png", b"x"), ("a.json", b"[1]")], "member a.png has no label"),
        ([("a.png", b"x"), ("a.json", b"{oh")], "member a.png has no label"),
        ([("a.png", b"x"), ("a.json", b"[" * 99_999)], "member a.png has no label"),
        ([("a.cls", b"0")], "expected one picture of each name, got none called a"),
        ([("a.png", b"x"), ("a.jpg", b"x"), ("a.cls", b"0")], r"got 2 \(a.png, a.jpg\) called a"),
        ([*labelled(["0", "1"]), *labelled(["0"])], "called 000000 do not stand side by side"),
        (labelled(["0", "0"]), "expected at least two classes in .*, found one: '0'"),
        ([("notes", b"x")], "a.tar has no pictures; expected with each picture a .cls file"),
        (
            [("a.cls", b"0" * (2 << 20)), ("a.png", b"")],
            "has 2,097,152 bytes, too many for a label",
        ),
    ],
)
def test_foreign_shards_that_say_too_little_are_refused(
    tmp_path: Path, files: list[tuple[str, bytes]], message: str
) -> None:
    (tmp_path / "a.tar").write_bytes(tar_of(files))
    with pytest.raises(DataError, match=message):
        open_shards(f"{tmp_path}/a.tar")


def test_packed_and_foreign_shards_are_not_mixed(tmp_path: Path) -> None:
    (tmp_path / "a.tar").write_bytes(tar_of(labelled(["0", "1"])))
    out = packed(tmp_path / "out")
    assert "bring the one for" in refusal(f"{out}::{tmp_path}/a.tar")


def test_a_folder_of_foreign_shards_says_how_to_name_them(tmp_path: Path) -> None:
    (tmp_path / "a-0.tar").write_bytes(tar_of(labelled(["0", "1"])))
    assert "name its shards, " + str(tmp_path) + "/NAME-{000..009}.tar" in refusal(f"{tmp_path}/")
    assert f"there is no shard {tmp_path}/b-0.tar, and 2 more" in refusal(
        f"{tmp_path}/b-{{0..2}}.tar"
    )
    assert "is compressed: expected a plain .tar" in refusal(f"{tmp_path}/a.tar.gz")
