"""What is told of runs and studies, whatever the board."""

import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from recorded_runs import write_run
from tiny_data import write_striped_folder
from tiny_studies import finished_study

from lenswork.errors import RunError
from lenswork.record.run import Run
from lenswork.record.sinks import Group, Pictures, Row
from lenswork.study.folder import start_study
from lenswork.use.share import findings_of, pictures_of, plan_key, share_run, share_study


class Board:
    """Remembers what it was told."""

    address = "the board"

    def __init__(self) -> None:
        self.begun: list[tuple[str, Group | None]] = []
        self.ended: list[tuple[Pictures, Sequence[Path]]] = []
        self.notes: list[tuple[Group, str, float]] = []
        self.last = 0.0

    def begin(self, run: Run, group: Group | None = None) -> None:
        self.begun.append((run.name, group))

    def row(self, row: Row) -> None:
        self.last = max(self.last, row.ended)

    def end(self, run: Run, pictures: Pictures, files: Sequence[Path] = ()) -> None:  # noqa: ARG002
        self.ended.append((pictures, files))

    def note(self, group: Group, text: str, moment: float) -> None:
        self.notes.append((group, text, moment))


def study_in(tmp_path: Path, **plan: Any) -> Any:
    return finished_study(write_striped_folder(tmp_path / "data"), tmp_path / "runs", **plan)


def test_every_finished_trial_is_told_with_its_setting_then_the_verdict(tmp_path: Path) -> None:
    study = study_in(tmp_path, failing=["long-seed1"])
    board = Board()
    told = [run.name for run in share_study(study, [board])]
    assert told == [name for name, _ in board.begun] == ["short-seed0", "long-seed0", "short-seed1"]
    assert [group.setting for _, group in board.begun if group] == ["short", "long", "short"]
    ((group, text, moment),) = board.notes
    assert group.study == "try"
    assert moment == board.last
    assert "long, seed 1 failed: it was asked to fail." in text
    assert "12 validation pictures" in text


def test_a_study_with_more_seeds_is_the_same_and_one_with_other_settings_is_not(
    tmp_path: Path,
) -> None:
    study = study_in(tmp_path)
    more = start_study(study.plan.changed(seeds=3), tmp_path / "runs")
    other = study.plan.changed(axes={"epochs": {"short": 1, "long": 3}}, name="other")
    assert plan_key(more) == plan_key(study)
    assert plan_key(start_study(other, tmp_path / "runs")) != plan_key(study)
    assert "1 trials" not in findings_of(study)
    assert "2 trials are still to be done." in findings_of(more)


def test_the_confusion_matrix_is_a_picture(tmp_path: Path) -> None:
    pictures = pictures_of(write_run(tmp_path / "owls", [0, 1, 2], [0, 1, 1]))
    with Image.open(io.BytesIO(pictures["confusion.png"])) as image:
        assert image.format == "PNG"
        assert min(image.size) > 300


def test_a_run_without_answers_has_no_pictures(tmp_path: Path) -> None:
    run = write_run(tmp_path / "owls", [0], [0])
    (run.path / "predictions.npz").unlink()
    assert pictures_of(Run(run.path)) == {}


def test_a_classifier_that_is_not_there_is_said_before_anything_is_told(tmp_path: Path) -> None:
    board = Board()
    run = write_run(tmp_path / "owls", [0], [0])
    with pytest.raises(RunError, match=r"run owls .* has no classifier: share it without"):
        share_run(run, [board], classifier=True)
    assert board.begun == []
    run.classifier_path.write_bytes(b"weights")
    share_run(run, [board], classifier=True)
    assert board.ended[0][1] == [run.classifier_path]
