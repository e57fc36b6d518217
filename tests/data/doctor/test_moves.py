"""What the cures move away never leaves the data worse than it was."""

import shutil
import tempfile
from collections import defaultdict
from pathlib import Path

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from planted import picture_bytes, series, write_pictures
from scenes import scene

from lenswork.data.decode import decode_file
from lenswork.data.doctor.examine import examine
from lenswork.data.doctor.finding import Finding
from lenswork.data.doctor.report import Report
from lenswork.data.open import open_data


def finding(report: Report, code: str) -> Finding:
    return next(one for one in report.findings if one.code == code)


def follow(root: Path, report: Report) -> None:
    """Move the files away as the printed command does."""
    for name in report.move():
        report.paths[name].rename(root.parent / f"moved {name.replace('/', ' ')}")


def test_a_validation_part_that_is_a_copy_is_put_away_and_no_file_is_moved(tmp_path: Path) -> None:
    root = write_pictures(tmp_path / "pets", {"train/cats": 6, "train/dogs": 6})
    shutil.copytree(root / "train", root / "validation")
    report = examine(root)
    assert report.move() == ()
    cure = finding(report, "copies-across").cure
    assert "put validation/ away" in cure
    assert cure.splitlines()[-1].startswith(f"lenswork train {root} --validation 0.2")


def test_a_test_part_that_is_a_copy_is_put_away_too(tmp_path: Path) -> None:
    root = write_pictures(tmp_path / "pets", {"train/cats": 6, "train/dogs": 6})
    write_pictures(root, {"validation/cats": 3, "validation/dogs": 3}, first=1)
    shutil.copytree(root / "validation", root / "test")
    report = examine(root)
    assert report.move() == ()
    assert "put test/ away and bring other pictures" in finding(report, "copies-across").cure


def test_frames_of_a_film_dealt_in_turn_are_not_all_moved(tmp_path: Path) -> None:
    root = tmp_path / "film"
    for name, seed in (("a", 1), ("b", 2)):
        for part in ("train", "validation"):
            (root / part / name).mkdir(parents=True)
        still = scene(seed, 64, 64)
        for frame in range(12):
            part = ("train", "validation")[frame % 2]
            Image.fromarray(still + np.uint8(frame)).save(root / part / name / f"f{frame:02d}.png")
    report = examine(root)
    assert report.move() == ()
    assert "put validation/ away" in finding(report, "near-copies-across").cure


def test_of_two_copies_that_two_cures_would_move_one_stays(tmp_path: Path) -> None:
    horses = [f"h{number:02d}-{shot}.png" for number in range(6) for shot in range(4)]
    later = [f"h{number:02d}-4.png" for number in range(3)]
    others = [f"other{number}.png" for number in range(6)]
    root = tmp_path / "data"
    root.mkdir()
    series(
        root,
        {
            "train/a": horses,
            "train/b": others,
            "validation/a": [*later, *others],
            "validation/b": others,
        },
    )
    shutil.copy(root / "train" / "a" / "h00-0.png", root / "validation" / "a" / "h00-4.png")
    report = examine(root)
    assert {"series-cut", "copies-across"} <= {one.code for one in report.findings}
    assert report.move() == tuple(f"validation/a/{name}" for name in later)
    assert "a copy of them is in it" in finding(report, "copies-across").cure


def test_the_only_files_of_a_class_are_not_moved_even_if_none_can_be_read(tmp_path: Path) -> None:
    root = write_pictures(tmp_path / "pets", {"train/cats": 3, "validation/cats": 3})
    write_pictures(root, {"train/dogs": 3, "validation/dogs": 3}, first=1)
    for path in (root / "validation" / "dogs").iterdir():
        path.write_bytes(b"")
    (root / "train" / "dogs" / "dogs-0.png").write_bytes(b"")
    report = examine(root, quick=True)
    assert report.move() == ("train/dogs/dogs-0.png",)
    assert "leaves out 3 of them" in finding(report, "empty").cure


def test_a_cure_that_moves_copies_prints_the_command_that_lists_them(tmp_path: Path) -> None:
    root = write_pictures(tmp_path / "pets", {"train/cats": 6, "train/dogs": 6})
    write_pictures(root, {"validation/cats": 6, "validation/dogs": 6}, first=1)
    shutil.copy(root / "train/cats/cats-0.png", root / "validation/cats/again.png")
    shutil.copy(root / "train/dogs/dogs-0.png", root / "train/dogs/again.png")
    report = examine(root)
    command = f"lenswork doctor {root} --fix-list FILE"
    for code in ("copies-across", "copies"):
        assert finding(report, code).cure.endswith(f"this writes the names:\n{command}")


def test_a_class_of_one_colour_is_not_moved(tmp_path: Path) -> None:
    root = write_pictures(tmp_path / "pets", {"train/cats": 6, "train/dogs": 6})
    write_pictures(root, {"validation/cats": 6, "validation/dogs": 6}, first=1)
    for number, path in enumerate((root / "train" / "cats").iterdir()):
        Image.new("RGB", (24, 24), (40 * number, 9, 9)).save(path)
    report = examine(root)
    assert report.move() == ()
    assert "most of a class" in finding(report, "one-colour").cure


PARTS = ("train", "validation", "test")
NUMBERS = st.lists(st.sampled_from([None, *range(8)]), min_size=1, max_size=6)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 3), st.lists(NUMBERS, min_size=6, max_size=6), st.booleans())
def test_who_follows_the_list_loses_no_class_no_picture_and_gains_no_refusal(
    parts: int, numbers: list[list[int | None]], in_series: bool
) -> None:
    with tempfile.TemporaryDirectory() as place:
        root = Path(place) / "data"
        folders = [f"{part}/{name}" for part in PARTS[:parts] for name in "ab"] or ["a", "b"]
        for folder, pictures in zip(folders, numbers, strict=False):
            (root / folder).mkdir(parents=True)
            for at, number in enumerate(pictures):  # None is a file that cannot be read
                name = f"h{at // 2:02d}-{folder[0]}{at}.png" if in_series else f"{at}.png"
                content = b"" if number is None else picture_bytes(number)
                (root / folder / name).write_bytes(content)
        before, pixels = examine(root), _pixels(root)
        follow(root, before)
        after = examine(root)
        assert _pixels(root) == pixels
        assert after.classes == before.classes
        assert _refusals(after) <= _refusals(before)
        if not after.refused:
            open_data(root)


def _refusals(report: Report) -> set[str]:
    return {one.code for one in report.findings if one.severity == "refuse"}


def _pixels(root: Path) -> set[bytes]:
    """The pictures that are there, each once."""
    found: dict[bytes, list[Path]] = defaultdict(list)
    for path in root.rglob("*.png"):
        if path.stat().st_size:
            found[decode_file(path).tobytes()].append(path)
    return set(found)
