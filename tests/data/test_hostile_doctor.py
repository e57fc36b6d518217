"""The doctor survives the whole corpus, and names what training would refuse, and nothing else."""

import json
import os
from pathlib import Path

import pytest
from hostile import whole_corpus
from hostile_places import PNG, all_places
from odd_kinds import Odd

from lenswork.data.decode import printable
from lenswork.data.doctor.examine import examine
from lenswork.data.doctor.report import Report
from lenswork.model.preprocess import Preprocess


def write(root: Path, odd: list[Odd]) -> dict[str, Odd]:
    """Two classes with the files in turn; each file by its id."""
    written = {}
    for place, one in enumerate(odd):
        name = f"{'odd' if place % 2 else 'even'}/{place:03d} {one.name}"
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(one.content)
        written[name] = one
    return written


def named(report: Report, *codes: str, severity: str = "") -> set[str]:
    return {
        name
        for finding in report.findings
        if finding.code in codes or finding.severity == severity
        for name in finding.files
    }


@pytest.mark.slow
def test_the_doctor_refuses_each_file_that_training_refuses_and_no_other(tmp_path: Path) -> None:
    odd = write(tmp_path / "data", list(whole_corpus()))
    report = examine(tmp_path / "data", size=(8, 8))
    assert report.refused
    refused = named(report, severity="refuse")
    expected = {name for name, one in odd.items() if not one.is_read}
    assert refused - expected == set()
    assert expected - refused == set()
    assert json.dumps(report.to_json())


def test_the_doctor_says_what_is_odd_about_what_can_be_read(tmp_path: Path) -> None:
    odd = write(tmp_path / "data", [one for one in whole_corpus() if one.is_read])
    report = examine(tmp_path / "data", size=(8, 8))
    assert named(report, severity="refuse") == set()
    by_name = {one.name: name for name, one in odd.items()}
    moving = {f"{'200 frames' if n else 'animated'}.{s}" for n, s in
              ((0, "gif"), (0, "png"), (0, "webp"), (1, "gif"), (1, "png"))}  # fmt: skip
    assert {by_name[name] for name in moving} <= named(report, "animated")
    misnamed = {by_name[name] for name in by_name if name.startswith("in truth a")}
    assert misnamed <= named(report, "mislabelled")
    clear = ("colour and alpha.png", "colour and alpha.tif", "colour and alpha.webp",
             "grey and alpha.png", "palette with a clear colour.gif")  # fmt: skip
    assert {by_name[name] for name in clear} <= named(report, "see-through")


@pytest.mark.skipif(os.name == "nt", reason="needs POSIX files")
def test_the_doctor_waits_for_no_pipe_and_names_each_bad_place(tmp_path: Path) -> None:
    folder = tmp_path / "data" / "cats"
    folder.mkdir(parents=True)
    for place in all_places():
        place.make(folder / place.name)
    (folder.parent / "dogs").mkdir()
    for number in range(5):
        (folder.parent / "dogs" / f"{number}.png").write_bytes(PNG)
    report = examine(folder.parent)
    bad = {
        printable(Path("cats") / one.name) for one in all_places() if one.is_picture and one.says
    }
    assert named(report, severity="refuse") == bad
    assert json.dumps(report.to_json()).isascii()


def test_what_the_doctor_passes_is_read(tmp_path: Path) -> None:
    write(tmp_path / "data", list(whole_corpus()))
    report = examine(tmp_path / "data")
    assert report.opened is not None
    part = report.opened.train
    bad = named(report, severity="refuse")
    good = [place for place, name in enumerate(part.ids) if name not in bad]
    pictures = Preprocess(height=4, width=4, colours="rgb").read_all(part.source.subset(good))
    assert len(pictures) == len(good) > 100
