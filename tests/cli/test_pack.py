"""`lenswork pack`: what it writes, says and refuses."""

import json
from pathlib import Path
from typing import Any

from lenswork.data.shards.open import open_shards


def test_a_folder_is_packed_and_checked(lenswork: Any, folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    said = lenswork("pack", folder, out, "--shard-pictures", "10")
    assert said.code == 0, said.err
    assert "train: 24 pictures, 0.1 MB: train-000.tar to train-002.tar" in said.out
    assert "validation: 12 pictures, 0.0 MB: validation-000.tar to validation-001.tar" in said.out
    assert f"lenswork train {out}" in said.out
    assert open_shards(str(out)).describe() == "stripes: 2 classes, 24 train, 12 validation"
    for place in (out, f"{out}/train-{{000..001}}.tar"):
        checked = lenswork("pack", "--verify", place)
        assert checked.code == 0, checked.err
        assert checked.out == "5 shards with 36 pictures are as they were packed\n"


def test_damaged_shards_are_all_named(lenswork: Any, folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    lenswork("pack", folder, out, "--shard-pictures", "10")
    for name in ("train-001.tar", "validation-000.tar"):
        (out / name).write_bytes((out / name).read_bytes()[:5000])
    said = lenswork("pack", "--verify", out)
    assert said.code == 2
    assert "2 of 5 shards are damaged:" in said.err
    assert "train-001.tar is truncated" in said.err
    assert "validation-000.tar is truncated" in said.err
    told = lenswork("pack", "--verify", out, "--json")
    assert told.code == 2
    assert len(json.loads(told.out)["problems"]) == 2
    again = tmp_path / "again"
    lenswork("pack", folder, again, "--shard-pictures", "10")
    (again / "train-001.tar").unlink()
    assert "1 of 5 shards is damaged:" in lenswork("pack", "--verify", again).err


def test_a_part_that_is_cut_stays_cut(lenswork: Any, folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    said = lenswork("pack", folder / "train", out, "--validation", "0.25", "--json")
    assert said.code == 0, said.err
    told = json.loads(said.out)
    assert told["path"] == str(out)
    assert sum(facts["pictures"] for facts in told["splits"]["validation"]) == 6
    data = open_shards(str(out))
    assert data.notes == ("pack set 0.25 of the training pictures aside for validation",)


def test_wrong_usage_is_refused(lenswork: Any, folder: Path, tmp_path: Path) -> None:
    out = str(tmp_path / "out")
    for words, message in (
        ((folder,), "say where the shards go"),
        ((folder, "http://host/out"), "shards are written to a folder on this machine"),
        ((folder, out, "--shard-pictures", "3", "--shard-mb", "1"), "not both"),
        ((folder, out, "--verify", "--seed", "3"), "leave out out, --seed"),
        ((folder, "--verify"), "only shards that `lenswork pack` made can be checked"),
        ((folder, folder), "already, and shards are written to a folder of their own"),
        ((folder, folder / "train" / "out"), "is within the data"),
        ((folder, "~nobody-here/out"), "no user whose home is meant by ~nobody-here/out"),
        (("~nobody-here/out", "--verify"), "no user whose home is meant by ~nobody-here/out"),
    ):
        said = lenswork("pack", *words)
        assert said.code == 2, words
        assert message in said.err, said.err
    assert not Path(out).exists()
