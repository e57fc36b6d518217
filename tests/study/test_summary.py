"""A summary says what the trials' records say."""

import math
from dataclasses import replace
from pathlib import Path

import pytest
from tiny_data import write_striped_folder
from tiny_studies import finished_study, plan_on

from lenswork.errors import RunError
from lenswork.study.folder import Study, start_study
from lenswork.study.summary import Failure, front_of, summarise


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Study:
    root = tmp_path_factory.mktemp("studies")
    folder = write_striped_folder(root / "stripes")
    return finished_study(folder, root, failing=["long-seed1"], seeds=3, question="How <long>?")


def test_a_summary_holds_every_finished_trial_and_every_failure(study: Study) -> None:
    summary = summarise(study)
    assert summary.results.settings["short"].seeds == (0, 1, 2)
    assert summary.results.settings["long"].seeds == (0, 2)
    assert summary.failures == (Failure("long", 1, "it was asked to fail"),)
    assert [setting.seeds for setting in summary.verdict.settings] == [3, 2]
    assert summary.missing == 0


def test_a_setting_of_which_every_trial_failed_is_said_to_have_no_verdict(tmp_path: Path) -> None:
    folder = write_striped_folder(tmp_path / "stripes")
    failing = ["long-seed0", "long-seed1"]
    summary = summarise(finished_study(folder, tmp_path, failing=failing))
    assert dict(summary.unfinished) == {"long": "all 2 trials failed"}
    assert summary.verdict.pairs == ()
    assert summary.without_verdict == (
        "No verdict on short against long: of long all 2 trials failed.",
    )


def test_costs_are_geometric_means_over_the_trials(study: Study) -> None:
    seconds = [sum(row["train_seconds"] for row in run.history) for run in study.runs("short")]
    cost = summarise(study).costs["short"].train_seconds
    assert cost.mean == pytest.approx(math.prod(seconds) ** (1 / 3))
    assert cost.interval is not None


def test_as_json_there_is_an_accuracy_for_every_trial(study: Study) -> None:
    content = summarise(study).as_dict()
    assert list(content["accuracies"]["long"]) == ["0", "2"]
    assert content["accuracies"]["short"]["1"] == study.runs("short")[1].accuracy().fraction


def test_the_front_keeps_what_no_other_beats_in_both() -> None:
    settings = {"slow": (9.0, 0.9), "worse": (5.0, 0.7), "quick": (1.0, 0.8), "same": (1.0, 0.8)}
    assert front_of(settings) == ("quick", "same", "slow")


def test_one_trial_is_one(study: Study) -> None:
    summary = summarise(study)
    assert replace(summary, missing=1).missing_words == "1 trial is not done yet"
    assert replace(summary, missing=2).missing_words == "2 trials are not done yet"


def test_a_study_without_a_finished_trial_has_no_summary(tmp_path: Path) -> None:
    folder = write_striped_folder(tmp_path / "stripes")
    with pytest.raises(RunError, match="no trial of study try is finished"):
        summarise(start_study(plan_on(folder), tmp_path))
