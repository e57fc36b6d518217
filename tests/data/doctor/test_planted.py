"""Every planted fault is found, a right folder gives none, and refuse means refuse."""

from pathlib import Path

import pytest
from picture_files import encoded, noise, png
from planted import (
    CONTENT_FAULTS,
    FAULTS,
    FORBIDDEN,
    RIGHT,
    SIDE,
    Fault,
    ordinary_user,
    write_pictures,
)

from lenswork.data.doctor.codes import CODES
from lenswork.data.doctor.content_codes import CONTENT_CODES
from lenswork.data.doctor.examine import examine
from lenswork.data.doctor.report import Report
from lenswork.data.open import SAMPLE, open_data
from lenswork.data.sources import sample_folder
from lenswork.errors import DataError
from lenswork.training.check import check_classes


def plant(fault: Fault, place: Path) -> Path:
    root = write_pictures(place / "data", RIGHT)
    return fault.plant(root) or root


def codes(report: Report) -> list[str]:
    return [finding.code for finding in report.findings]


def is_refused(path: Path) -> bool:
    """Whether opening the data, its classes or reading one of its pictures raises."""
    try:
        opened = open_data(path)
        check_classes(opened)
        for part in opened.parts.values():
            for index in range(len(part)):
                part.source.read(index)
    except DataError:
        return True
    return False


@pytest.mark.parametrize("fault", FAULTS, ids=[fault.name for fault in FAULTS])
def test_each_planted_fault_is_found_and_refused_where_training_refuses(
    fault: Fault, tmp_path: Path
) -> None:
    path = plant(fault, tmp_path)
    report = examine(path, quick=True)
    assert fault.code in codes(report)
    assert report.refused == is_refused(path), report.findings


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param(fault, id=fault.name, marks=[pytest.mark.slow] * (fault.code == "other-world"))
        for fault in CONTENT_FAULTS
    ],
)
def test_each_fault_inside_a_picture_is_found_and_refused_where_training_refuses(
    fault: Fault, tmp_path: Path
) -> None:
    path = plant(fault, tmp_path)
    report = examine(path, size=(SIDE, SIDE))
    assert fault.code in codes(report)
    assert report.refused == is_refused(path), report.findings
    assert examine(path, quick=True).findings == ()


@pytest.mark.slow
@pytest.mark.parametrize("fault", FAULTS, ids=[fault.name for fault in FAULTS])
def test_opening_the_pictures_refuses_no_more_and_finds_no_less(
    fault: Fault, tmp_path: Path
) -> None:
    path = plant(fault, tmp_path)
    quick, whole = examine(path, quick=True), examine(path)
    assert whole.refused == quick.refused
    assert set(codes(quick)) <= set(codes(whole))


@pytest.mark.parametrize("fault", FORBIDDEN, ids=[fault.name for fault in FORBIDDEN])
def test_what_may_not_be_read_is_found_and_refused(fault: Fault) -> None:
    with ordinary_user() as place:
        path = plant(fault, place)
        try:
            report = examine(path, quick=True)
            assert fault.code in codes(report)
            assert report.refused
            assert is_refused(path)
        finally:
            for one in (path / "validation", path / "train" / "cats"):
                one.chmod(0o755)


@pytest.mark.parametrize(
    "fault",
    [one for one in FAULTS if one.code in ("too-low", "not-a-folder", "no-pictures")],
    ids=lambda fault: fault.name,
)
def test_no_class_at_all_is_called_like_a_digit(fault: Fault, tmp_path: Path) -> None:
    assert "digits" not in codes(examine(plant(fault, tmp_path), quick=True))


def test_a_picture_over_the_asked_limit_is_no_reason_to_refuse(tmp_path: Path) -> None:
    root = write_pictures(tmp_path / "data", RIGHT)
    (root / "train" / "cats" / "large.png").write_bytes(encoded(noise(30, 30, 3, 1), "PNG"))
    report = examine(root, pixel_limit=SIDE * SIDE)
    assert codes(report) == ["over-limit"]
    assert not report.refused
    (root / "train" / "cats" / "huge.png").write_bytes(png(60_000, 60_000, 8, 0, [bytes(10)]))
    report = examine(root, pixel_limit=SIDE * SIDE)
    assert codes(report) == ["too-many-pixels", "over-limit"]


def test_every_code_is_planted() -> None:
    planted = {fault.code for fault in (*FAULTS, *FORBIDDEN, *CONTENT_FAULTS)}
    # the one that is left is for data that is opened without a second part
    # or is within training's limit and over the one that was asked for
    assert (set(CODES) | set(CONTENT_CODES)) - planted == {"near-copies", "over-limit"}


@pytest.mark.parametrize("fault", FAULTS, ids=[fault.name for fault in FAULTS])
def test_a_finding_names_files_that_are_there_and_a_cure(fault: Fault, tmp_path: Path) -> None:
    report = examine(plant(fault, tmp_path), quick=True)
    for finding in report.findings:
        assert finding.cure.strip()
        assert finding.meaning.strip()
        assert set(finding.move) <= set(finding.files)
        for name in finding.files:
            assert name.endswith("/") or name in report.paths, name


def test_a_right_folder_gives_no_finding(tmp_path: Path) -> None:
    report = examine(write_pictures(tmp_path, RIGHT))
    assert report.findings == ()
    assert report.pictures == {
        "train": {"cats": 8, "dogs": 8},
        "validation": {"cats": 5, "dogs": 5},
    }


def test_a_right_folder_without_parts_gives_no_finding(tmp_path: Path) -> None:
    report = examine(write_pictures(tmp_path, {"cats": 10, "dogs": 10}), quick=True)
    assert report.findings == ()
    assert report.pictures == {
        "train": {"cats": 8, "dogs": 8},
        "validation": {"cats": 2, "dogs": 2},
    }


def test_two_faults_are_both_found_and_the_worse_comes_first(tmp_path: Path) -> None:
    root = write_pictures(tmp_path, RIGHT)
    chosen = {
        "a file of the desktop",
        "pictures beside the parts",
        "an empty class",
        "a file of 0 bytes",
        "a class in another case in validation",
    }
    for fault in FAULTS:
        if fault.name in chosen:
            fault.plant(root)
    found = codes(examine(root, quick=True))
    assert set(found[:3]) == {"empty-class", "empty", "classes-differ"}
    assert found[3:] == ["stray-pictures", "hidden"]


@pytest.mark.parametrize("data", [SAMPLE, sample_folder()])
def test_the_embedded_sample_is_right_by_names_and_sizes(data: str | Path) -> None:
    assert examine(data, quick=True).findings == ()


@pytest.mark.slow
def test_the_embedded_sample_has_two_worlds_and_nothing_else() -> None:
    assert codes(examine(SAMPLE)) == ["other-world"]


def test_the_training_part_of_the_sample_is_made_of_series() -> None:
    report = examine(sample_folder() / "train", quick=True)
    assert codes(report) == ["series-in-cut", "unused-beside"]
    found = report.findings[0]
    assert "of 67 series" in found.title
    assert len(found.groups) > 50
    assert found.cure.endswith("--group '^[^-]+'")
