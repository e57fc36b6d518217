"""A study that is asked to stop ends at once, keeps what it has done, and goes on when told to."""

import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from tiny_data import write_striped_folder
from tiny_studies import HereWorkers, carry_out, plan_on

from lenswork.errors import UsageError
from lenswork.study.conduct import conduct
from lenswork.study.folder import STOP, Study, TrialRecord, start_study
from lenswork.study.left import seconds_left
from lenswork.study.processes import answers, go_on
from lenswork.study.workers import LocalWorkers, Outcome, Task

SLEEPER = "import sys, time\nfor line in sys.stdin: time.sleep(60)"


@pytest.fixture
def study(tmp_path: Path) -> Study:
    return start_study(plan_on(write_striped_folder(tmp_path / "stripes")), tmp_path)


class Asking(HereWorkers):
    """Asks the study to stop when so many trials are done."""

    def __init__(self, study: Study, after: int) -> None:
        super().__init__()
        self.study, self.after = study, after

    def run(self, tasks: Sequence[Task], stop: Callable[[], bool] = go_on) -> Iterator[Outcome]:
        for number, outcome in enumerate(super().run(tasks, stop), start=1):
            if number == self.after:
                self.study.ask_to_stop()
            yield outcome


def test_a_study_that_is_asked_to_stop_does_no_more_and_keeps_what_it_has_done(
    study: Study,
) -> None:
    ended = carry_out(study, Asking(study, after=2))
    assert [one.trial.name for one in ended] == ["short-seed0", "long-seed0"]
    assert [record.state for record in study.records()] == ["done", "done", "missing", "missing"]
    assert not study.is_asked_to_stop()
    carry_out(study, workers := HereWorkers())
    assert workers.asked == ["short-seed1", "long-seed1"]


def test_a_wish_that_a_kill_has_left_stops_nothing_later(study: Study) -> None:
    (study.path / STOP).touch()
    carry_out(study)
    assert [record.state for record in study.records()] == ["done"] * 4
    assert not (study.path / STOP).exists()


def test_only_a_study_that_is_being_carried_out_can_be_asked_to_stop(study: Study) -> None:
    assert not Study(study.path).is_carried_out
    with pytest.raises(UsageError, match="try is not being carried out, so there is nothing"):
        study.ask_to_stop()
    with study.alone():
        assert study.is_carried_out
        study.ask_to_stop()
        assert study.is_asked_to_stop()
    assert not Study(study.path).is_carried_out


def test_processes_are_ended_in_the_middle_of_their_work() -> None:
    began = time.monotonic()
    command = (sys.executable, "-c", SLEEPER)
    asked = answers([{"do": "sleep"}], 1, command=command, stop=lambda: True)
    assert list(asked) == []
    assert time.monotonic() - began < 10, "it sleeps for a minute"


@pytest.mark.slow
def test_trials_in_processes_of_their_own_end_within_a_moment(study: Study) -> None:
    longer = study.plan.changed(axes={"epochs": {"short": 100_000, "long": 200_000}}, name="long")
    endless = start_study(longer, study.path.parents[1])
    ended = conduct(endless, AskedBeforeLong(LocalWorkers(1), endless))
    assert list(ended) == []
    assert [record.state for record in endless.records()] == ["missing"] * 4


class AskedBeforeLong:
    """Real workers of a study that is asked to stop once its first trial has begun."""

    def __init__(self, workers: LocalWorkers, study: Study) -> None:
        self.workers, self.study = workers, study

    def run(self, tasks: Sequence[Task], stop: Callable[[], bool] = go_on) -> Iterator[Outcome]:
        def asked() -> bool:
            if any(self.study.trials_folder.glob("*/history.jsonl")):
                self.study.ask_to_stop()
            return stop()

        return self.workers.run(tasks, asked)

    def at_once(self) -> int:
        return 1

    def describe(self) -> str:
        return "one process"


def test_the_time_left_is_that_of_like_trials_that_are_done(study: Study) -> None:
    assert seconds_left(study.records()) is None, "nothing tells"
    ended = conduct(study, HereWorkers())
    next(ended)  # one epoch
    next(ended)  # two
    ended.close()
    records = study.records()
    took = {record.trial.setting: _seconds(record) for record in records if record.run}
    assert seconds_left(records) == pytest.approx(took["short"] + took["long"])
    running = [replace(record, state="running") for record in records[:2]]
    at_once = seconds_left([*running, *records[2:]])
    assert at_once == pytest.approx(max((took["short"] + took["long"]) / 2, *took.values()))
    carry_out(study)
    assert seconds_left(study.records()) == 0


def _seconds(record: TrialRecord) -> float:
    assert record.run is not None
    history = record.run.history
    return float(sum(row["train_seconds"] + row["evaluate_seconds"] for row in history))
