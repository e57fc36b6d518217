"""Copies in one class, in two, and on both sides of a split."""

import io
from pathlib import Path

import numpy as np
from PIL import Image
from scenes import scene, write_scene

from lenswork.data.doctor.duplicates import duplicate_findings, near_findings
from lenswork.data.doctor.facts import Facts, facts_of, facts_of_arrays
from lenswork.data.doctor.finding import Finding
from lenswork.kinds import Picture


def facts(root: Path, pictures: dict[str, Picture | Image.Image]) -> list[Facts]:
    return facts_of([write_scene(root, name, picture) for name, picture in pictures.items()])


def by_code(findings: list[Finding]) -> dict[str, Finding]:
    return {finding.code: finding for finding in findings}


def saved(picture: Picture) -> Image.Image:
    file = io.BytesIO()
    Image.fromarray(picture).save(file, "JPEG", quality=70)
    return Image.open(file)


def test_a_copy_in_the_same_class_is_a_note_and_all_but_one_can_be_moved(tmp_path: Path) -> None:
    same = scene(1)
    found = facts(
        tmp_path,
        {"train/a/1.png": same, "train/a/2.bmp": same, "train/a/3.png": scene(2)},
    )
    [finding] = duplicate_findings(found)
    assert (finding.code, finding.severity) == ("copies", "note")
    assert finding.groups == (("train/a/1.png", "train/a/2.bmp"),)
    assert finding.move == ("train/a/2.bmp",)


def test_a_picture_with_two_labels_is_a_warning_and_nothing_is_moved(tmp_path: Path) -> None:
    same = scene(1)
    [finding] = duplicate_findings(
        facts(tmp_path, {"train/a/1.png": same, "train/b/1.png": same, "train/b/2.png": scene(3)})
    )
    assert (finding.code, finding.severity) == ("two-labels", "warn")
    assert "a and b" in finding.title
    assert finding.groups == (("train/a/1.png", "train/b/1.png"),)
    assert finding.move == ()


def test_a_copy_across_the_split_is_a_warning_with_the_most_it_can_do(tmp_path: Path) -> None:
    pictures: dict[str, Picture | Image.Image] = {
        f"{split}/a/{at}.png": scene(at + seed)
        for split, seed in (("train", 0), ("validation", 50))
        for at in range(10)
    }
    pictures["train/a/leak.png"] = pictures["validation/a/3.png"]
    [finding] = duplicate_findings(facts(tmp_path, pictures))
    assert (finding.code, finding.severity) == ("copies-across", "warn")
    assert finding.title == "1 validation picture is also in train"
    assert "10.0 points" in finding.meaning
    assert finding.move == ("train/a/leak.png",)


def test_each_pair_of_parts_is_told_apart(tmp_path: Path) -> None:
    same, other = scene(1), scene(2)
    found = facts(
        tmp_path,
        {
            "train/a/1.png": same,
            "validation/a/1.png": same,
            "validation/a/2.png": other,
            "test/a/1.png": other,
        },
    )
    titles = [finding.title for finding in duplicate_findings(found)]
    assert titles == [
        "1 validation picture is also in train",
        "1 test picture is also in validation",
    ]


def test_a_picture_across_classes_and_split_is_both(tmp_path: Path) -> None:
    same = scene(1)
    found = facts(tmp_path, {"train/a/1.png": same, "validation/b/1.png": same})
    assert set(by_code(duplicate_findings(found))) == {"two-labels", "copies-across"}


def test_even_pictures_are_no_copies_of_each_other(tmp_path: Path) -> None:
    black = np.zeros((20, 20, 3), np.uint8)
    found = facts(tmp_path, {"train/a/1.png": black, "validation/b/1.png": black})
    assert duplicate_findings(found) == []
    assert near_findings(found) == []


def test_near_copies_across_the_split_are_grouped_by_the_picture_to_be_judged(
    tmp_path: Path,
) -> None:
    pictures: dict[str, Picture | Image.Image] = {
        f"{split}/a/{at}.png": scene(at + seed, 200, 200)
        for split, seed in (("train", 0), ("validation", 50))
        for at in range(6)
    }
    leaked = scene(52, 200, 200)
    pictures["train/a/leak.png"] = saved(leaked)
    pictures["train/b/leak.png"] = Image.fromarray(leaked).resize((100, 100))
    found = facts(tmp_path, pictures)
    assert duplicate_findings(found) == []
    [finding] = near_findings(found)
    assert (finding.code, finding.severity) == ("near-copies-across", "warn")
    assert finding.title.startswith("1 validation picture is nearly the same as one in train")
    assert "1 of them with another label" in finding.title
    [group] = finding.groups
    assert group[0] == "validation/a/2.png"
    assert set(group[1:]) == {"train/a/leak.png", "train/b/leak.png"}
    assert finding.move == ("train/a/leak.png", "train/b/leak.png")


def test_near_copies_count_within_a_part_only_while_nothing_is_split(tmp_path: Path) -> None:
    picture = scene(1, 200, 200)
    pictures: dict[str, Picture | Image.Image] = {
        "train/a/1.png": picture,
        "train/a/2.png": saved(picture),
        "train/a/3.png": Image.fromarray(picture).resize((150, 150)),
        "train/a/4.png": scene(2),
    }
    [finding] = near_findings(facts(tmp_path, pictures))
    assert (finding.code, finding.severity) == ("near-copies", "note")
    assert finding.groups == (("train/a/1.png", "train/a/2.png", "train/a/3.png"),)
    pictures["validation/a/1.png"] = scene(3)
    assert near_findings(facts(tmp_path, pictures)) == []


def test_pictures_in_one_array_cannot_be_moved() -> None:
    pictures = np.stack([scene(1, 28, 28)] * 2)
    found = facts_of_arrays(pictures, ["0", "1"], ["a", "a"], "train", location=Path("x"))
    [finding] = duplicate_findings(found)
    assert finding.groups == (("0", "1"),)
    assert finding.move == ()
