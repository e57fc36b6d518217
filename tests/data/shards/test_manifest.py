"""A manifest or an index of very many wrong values is refused by its first one, and keeps no more.

Pydantic keeps every error: of a file of megabytes, which anybody may have written, gigabytes.
"""

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError
from shard_sets import packed

from lenswork.data.shards.manifest import Manifest, ShardFacts, read_index, read_manifest
from lenswork.errors import DataError

MANY = 5_000
Change = Callable[[dict[str, Any]], None]


def shards(said: dict[str, Any]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = said["splits"]["train"]
    return found


def only_error(caught: pytest.ExceptionInfo[DataError]) -> bool:
    cause = caught.value.__cause__
    return isinstance(cause, ValidationError) and cause.error_count() == 1


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda said: said["classes"].extend([1] * MANY), r"classes\.\d+: Input should be a valid"),
        (lambda said: said.update(notes=[1] * MANY), r"notes\.0: Input should be a valid string"),
        (lambda said: said.update({f"a{n}": 1 for n in range(MANY)}), "there is no field 'a0'"),
        (
            lambda said: said["splits"].update({f"a{n}": [] for n in range(MANY)}),
            "splits: .*there is no split 'a0'",
        ),
        (lambda said: shards(said).extend([1] * MANY), r"splits\.train\.\d+: Input should be a"),  # type: ignore[list-item]
        (
            lambda said: shards(said)[0].update({f"a{n}": 1 for n in range(MANY)}),
            r"splits\.train\.0: .*there is no field 'a0'",
        ),
        (
            lambda said: shards(said)[0].update(per_class=["one"] * MANY),
            r"splits\.train\.0\.per_class\.0: Input should be a valid integer",
        ),
    ],
    ids=["classes", "notes", "fields", "splits", "shards", "facts", "counts"],
)
def test_a_manifest_of_very_many_wrong_values_names_one(
    tmp_path: Path, change: Change, told: str
) -> None:
    path = packed(tmp_path / "out") / "lenswork.json"
    said = json.loads(path.read_text())
    change(said)
    path.write_text(json.dumps(said))
    with pytest.raises(DataError, match=rf"lenswork\.json is damaged or not of .*: {told}") as met:
        read_manifest(str(path))
    assert only_error(met)


@pytest.mark.parametrize("column", ["members", "labels", "crc32"])
def test_an_index_of_very_many_wrong_values_names_one(tmp_path: Path, column: str) -> None:
    out = packed(tmp_path / "out")
    manifest = read_manifest(f"{out}/lenswork.json")
    assert isinstance(manifest, Manifest)
    facts = manifest.splits["train"][0]
    said = json.loads((out / facts.index).read_text())
    content = json.dumps(said | {column: [None] * MANY}).encode()
    (out / facts.index).write_bytes(content)
    changed = {**facts.model_dump(), "index_sha256": hashlib.sha256(content).hexdigest()}
    with pytest.raises(DataError, match=rf"is damaged: {column}\.0: Input should be") as met:
        read_index(f"{out}/{facts.index}", ShardFacts(**changed), facts.name)
    assert only_error(met)


def test_what_is_packed_is_read_back_as_it_was_written(tmp_path: Path) -> None:
    path = packed(tmp_path / "out") / "lenswork.json"
    manifest = read_manifest(str(path))
    assert isinstance(manifest, Manifest)
    assert json.loads(manifest.model_dump_json()) == json.loads(path.read_text())
