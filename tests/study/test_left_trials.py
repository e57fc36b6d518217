"""A trial that was killed is trained anew: its times are a result of the study, so in one piece."""

from pathlib import Path

import pytest
from tiny_data import write_striped_folder
from tiny_studies import carry_out, finished_study, plan_on

from lenswork.record.run import Run
from lenswork.record.train import open_for
from lenswork.record.writer import Recorder
from lenswork.study.folder import start_study
from lenswork.training.events import EpochDone
from lenswork.training.fit import fit


def test_a_killed_trial_begins_anew_and_ends_like_one_that_was_not(tmp_path: Path) -> None:
    folder = write_striped_folder(tmp_path / "data")
    whole = finished_study(folder, tmp_path / "whole")
    study = start_study(plan_on(folder), tmp_path / "home")
    trial = next(trial for trial in study.missing() if trial.setting == "long")
    recorder = Recorder(study.trials_folder, trial.name, checkpoint_seconds=0.0)
    events = recorder.record(fit(*open_for(trial.recipe), device="cpu"))
    while not isinstance(next(events), EpochDone):
        pass
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(recorder, "_fail", lambda *_: None)
        events.close()  # type: ignore[attr-defined]
    assert Run(study.trials_folder / trial.name).resumable
    assert trial in study.missing()
    carry_out(study)
    run, same = (Run(one.trials_folder / trial.name) for one in (study, whole))
    assert "resumed" not in (run.path / "history.jsonl").read_text()
    assert [row["metrics"] for row in run.history] == [row["metrics"] for row in same.history]
    assert not list(run.path.glob("checkpoint*"))
