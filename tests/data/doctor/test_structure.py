"""What the doctor says of parts and copies that lie a folder too deep, and whether it helps."""

import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest
from planted import RIGHT, write_pictures

from lenswork.data.doctor.examine import examine

INNER = {"train/train/ant": 4, "train/train/bee": 4}
HELD_OUT = {"validation/validation/ant": 3, "validation/validation/bee": 3}


@pytest.mark.parametrize(
    ("folders", "parts"),
    [
        (INNER | HELD_OUT, ["train", "validation"]),
        (INNER | {"validation/ant": 3, "validation/bee": 3}, ["train"]),
        (INNER, ["train"]),
        ({"train/data/train/ant": 4, "train/data/train/bee": 4}, ["train"]),
        (INNER | {"train/train/train": 4}, ["train"]),
        (INNER | {"train/train/train": 4, "train/train/train-outer": 4}, ["train"]),
        ({"train/a/b/a": 4, "train/a/b/b": 4}, ["train"]),
    ],
)
def test_a_part_in_a_folder_of_its_own_is_told_once_and_its_cure_mends_it(
    folders: Mapping[str, int], parts: list[str], tmp_path: Path
) -> None:
    root = write_pictures(tmp_path / "my data", folders)
    findings = examine(root, quick=True).findings
    assert [one.code for one in findings] == ["too-high"] * len(parts)
    for part, finding in zip(parts, findings, strict=True):
        assert f"the class folders of {part}/ lie too deep, in {part}/" in finding.title
        assert f"{part}'" in finding.cure
        subprocess.run(["sh", "-c", finding.cure], check=True)
    assert examine(root, quick=True).findings == ()
    names = {Path(folder).name for folder in folders}
    assert {path.name for path in (root / "train").iterdir()} == names


def test_the_cure_of_a_part_in_a_folder_of_its_own_is_as_a_person_would_type_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_pictures(tmp_path / "d", INNER | HELD_OUT)
    monkeypatch.chdir(tmp_path)
    assert [one.cure for one in examine("d", quick=True).findings] == [
        "mv -n d/train/train/* d/train/ && rmdir d/train/train",
        "mv -n d/validation/validation/* d/validation/ && rmdir d/validation/validation",
    ]


def test_a_copy_called_as_the_data_is_named_by_its_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_pictures(tmp_path, {f"pets/{folder}": count for folder, count in RIGHT.items()})
    write_pictures(tmp_path / "pets" / "pets", RIGHT)
    monkeypatch.chdir(tmp_path)
    (finding,) = examine("pets", quick=True).findings
    assert (finding.code, finding.cure) == (
        "nested-copy",
        "move pets/pets out of pets",
    )
