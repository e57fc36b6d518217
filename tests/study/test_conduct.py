"""A study does what is missing, once, and shows what fails."""

import json
import math
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from tiny_data import write_striped_folder
from tiny_studies import HereWorkers, carry_out, plan_on

from lenswork.errors import PlanError, RunError, UsageError
from lenswork.study import reuse
from lenswork.study.conduct import (
    START_SECONDS,
    TRIAL_SECONDS,
    Foretold,
    TrialDone,
    conduct,
    fitting_workers,
    foretell,
    run_study,
)
from lenswork.study.folder import Study, list_studies, open_study, start_study
from lenswork.study.plan import Plan
from lenswork.study.progress import Clock, setting_rows, shown_study
from lenswork.study.report import write_report
from lenswork.study.results import results_of
from lenswork.study.reuse import done_beside
from lenswork.study.summary import summarise
from lenswork.study.workers import LocalWorkers


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_striped_folder(tmp_path / "stripes")


def test_every_trial_is_a_run_and_a_second_call_has_nothing_to_do(
    tmp_path: Path, folder: Path
) -> None:
    study = start_study(plan_on(folder), tmp_path)
    workers = HereWorkers()
    carry_out(study, workers)
    assert workers.asked == ["short-seed0", "long-seed0", "short-seed1", "long-seed1"]
    assert [record.state for record in study.records()] == ["done"] * 4
    assert [len(run.history) for run in study.runs("long")] == [2, 2]
    assert carry_out(study, again := HereWorkers()) == []
    assert again.asked == []


def test_an_interrupted_study_does_only_what_is_missing(tmp_path: Path, folder: Path) -> None:
    study = start_study(plan_on(folder), tmp_path)
    ended = conduct(study, HereWorkers())
    next(ended)
    ended.close()
    half_done = study.trials_folder / "long-seed0"
    half_done.mkdir()
    (half_done / "recipe.toml").write_text("")
    carry_out(study, workers := HereWorkers())
    assert workers.asked == ["long-seed0", "short-seed1", "long-seed1"]
    assert [record.state for record in study.records()] == ["done"] * 4


def test_more_seeds_extend_a_study_and_fewer_take_nothing_away(
    tmp_path: Path, folder: Path
) -> None:
    carry_out(start_study(plan_on(folder, seeds=1), tmp_path), HereWorkers())
    longer = start_study(plan_on(folder, seeds=2), tmp_path)
    carry_out(longer, workers := HereWorkers())
    assert workers.asked == ["short-seed1", "long-seed1"]
    assert start_study(plan_on(folder, seeds=1), tmp_path).plan.seeds == 2


def test_another_plan_does_not_go_into_a_study_that_was_begun(tmp_path: Path, folder: Path) -> None:
    start_study(plan_on(folder), tmp_path)
    other = plan_on(folder).with_base(batch=16)
    with pytest.raises(PlanError, match=r"batch of 'short' was 8, now 16.*--name"):
        start_study(other, tmp_path)
    fewer = plan_on(folder, axes={"epochs": {"short": 1}})
    with pytest.raises(PlanError, match="settings that this plan has not: long"):
        start_study(fewer, tmp_path)


def test_a_failed_trial_is_shown_with_its_reason_and_in_no_mean(
    tmp_path: Path, folder: Path
) -> None:
    study = start_study(plan_on(folder), tmp_path)
    failing = HereWorkers(failing=["long-seed0"])
    ended = carry_out(study, failing)
    assert [one.reason for one in ended] == [None, "it was asked to fail", None, None]
    [short, long] = setting_rows(study.records())
    assert (short.done, short.failed, long.done, long.failed) == (2, 0, 1, 1)
    assert results_of(study).settings["long"].seeds == (1,)
    assert carry_out(study, HereWorkers()) == []
    study.forget_failures()
    carry_out(study, again := HereWorkers())
    assert again.asked == ["long-seed0"]


def test_a_network_that_diverged_counts_as_failed(tmp_path: Path, folder: Path) -> None:
    axes = {"learning_rate": {"calm": 0.001, "wild": 1e38}}
    study = start_study(plan_on(folder, axes=axes, seeds=1), tmp_path)
    calm, wild = carry_out(study, HereWorkers())
    assert calm.reason is None
    assert wild.reason is not None
    assert wild.reason.startswith("diverged")


def test_what_another_study_has_done_alike_is_not_done_again(tmp_path: Path, folder: Path) -> None:
    carry_out(start_study(plan_on(folder, name="first"), tmp_path))
    axes = {"epochs": {"long": 2, "longer": 3}}
    second = start_study(plan_on(folder, name="second", axes=axes), tmp_path)
    ended = carry_out(second, workers := HereWorkers())
    assert workers.asked == ["longer-seed0", "longer-seed1"]
    assert len(ended) == 4
    first = start_study(plan_on(folder, name="first"), tmp_path)
    for one, other in zip(first.runs("long"), second.runs("long"), strict=True):
        assert one.metrics == other.metrics
        assert one.recipe.seed == other.recipe.seed
    summary = summarise(second)
    assert math.isnan(summary.costs["long"].train_seconds.mean)
    assert summary.costs["longer"].train_seconds.mean > 0
    assert summary.front == ("longer",)
    report = write_report(second, tmp_path / "report.md")[0].read_text("utf-8")
    assert report.count("| not measured here | not measured here |") == 1
    assert "as long to train" not in report
    assert "sooner trained" not in report, "one time has none to be compared with"
    third = start_study(plan_on(folder, name="third"), tmp_path)
    carry_out(third, none := HereWorkers())
    assert none.asked == []
    html, markdown = (
        write_report(third, tmp_path / f"third.{suffix}")[0].read_text("utf-8")
        for suffix in ("html", "md")
    )
    assert "sooner trained" not in html + markdown
    assert "third-cost.png" not in markdown
    assert html.count("data:image/png") == 2
    axes = {"epochs": {"long": 2, "quick": 4, "slow": 5}}
    mixed = start_study(plan_on(folder, name="mixed", axes=axes), tmp_path)
    carry_out(mixed)
    said = summarise(mixed).front_sentence
    assert said is not None
    assert said.startswith("By the means, of the settings that were timed here no")
    assert said.endswith("Not measured here: long.")


def test_trials_on_other_data_or_versions_are_not_taken_over(
    tmp_path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    carry_out(start_study(plan_on(folder, name="first", seeds=1), tmp_path))
    monkeypatch.setattr(reuse, "versions", lambda: {"torch": "0.0"})
    newer = start_study(plan_on(folder, name="newer", seeds=1), tmp_path)
    carry_out(newer, workers := HereWorkers())
    assert len(workers.asked) == 2
    monkeypatch.undo()
    next((folder / "train" / "high").glob("*.png")).unlink()
    fewer = start_study(plan_on(folder, name="fewer", seeds=1), tmp_path)
    carry_out(fewer, workers := HereWorkers())
    assert len(workers.asked) == 2


def swap_classes(folder: Path) -> None:
    """Each part's classes change their names: as many pictures, every label another."""
    for part in folder.iterdir():
        (part / "high").rename(part / "between")
        (part / "low").rename(part / "high")
        (part / "between").rename(part / "low")


def repaint(folder: Path) -> None:
    for file in (folder / "validation").rglob("*.png"):
        Image.new("L", (12, 12), 7).save(file)


def repaint_training(folder: Path) -> None:
    for file in (folder / "train").rglob("*.png"):
        Image.new("L", (12, 12), 7).save(file)


def rename_pictures(folder: Path) -> None:
    for file in (folder / "validation").rglob("*.png"):
        file.rename(file.with_name(f"new-{file.name}"))


@pytest.mark.parametrize("change", [swap_classes, repaint, repaint_training, rename_pictures])
@pytest.mark.parametrize("base", [{}, {"train_pictures": 12}])
def test_trials_on_as_many_other_pictures_or_labels_are_not_taken_over(
    tmp_path: Path, folder: Path, change: Callable[[Path], None], base: dict[str, Any]
) -> None:
    def plan(name: str) -> Plan:
        return plan_on(folder, name=name, seeds=1).with_base(**base)

    carry_out(start_study(plan("first"), tmp_path))
    same = carry_out(start_study(plan("same"), tmp_path), none := HereWorkers())
    assert none.asked == []
    assert all(one.taken_over for one in same)
    change(folder)
    carry_out(start_study(plan("changed"), tmp_path), workers := HereWorkers())
    assert workers.asked == ["short-seed0", "long-seed0"]


def test_a_run_that_does_not_say_what_it_has_read_is_not_taken_over(
    tmp_path: Path, folder: Path
) -> None:
    first = start_study(plan_on(folder, name="first", seeds=1), tmp_path)
    carry_out(first)
    for run in (*first.runs("short"), *first.runs("long")):
        history = run.path / "history.jsonl"
        history.write_text(re.sub(r'"digests": \{[^}]*\}', '"digests": {}', history.read_text()))
    carry_out(start_study(plan_on(folder, seeds=1), tmp_path), workers := HereWorkers())
    assert len(workers.asked) == 2


@pytest.mark.parametrize("change", [swap_classes, repaint, repaint_training, rename_pictures])
def test_an_extension_on_changed_data_is_refused_and_leaves_the_plan_as_it_was(
    tmp_path: Path, folder: Path, change: Callable[[Path], None]
) -> None:
    run_study(plan_on(folder, seeds=1), home=tmp_path, workers=HereWorkers())
    change(folder)
    workers = HereWorkers()
    with pytest.raises(RunError, match=r"pictures or labels .* have changed.*--name"):
        run_study(plan_on(folder, seeds=2), home=tmp_path, workers=workers)
    assert workers.asked == []
    assert open_study("try", tmp_path).plan.seeds == 1
    run_study(plan_on(folder, name="advised"), home=tmp_path, workers=workers)
    assert len(workers.asked) == 4, "nothing of the old data is taken over"


def test_one_recipe_against_itself_is_trained_with_seeds_of_its_own(
    tmp_path: Path, folder: Path
) -> None:
    axes = {"batch": {"one": 8, "other": 8}}
    study = start_study(plan_on(folder, axes=axes, seeds=2), tmp_path)
    carry_out(study, workers := HereWorkers(failing=["other-seed10001"]))
    assert workers.asked == ["one-seed0", "other-seed10000", "one-seed1", "other-seed10001"]
    losses = {run.metrics["val_loss"] for name in axes["batch"] for run in study.runs(name)}
    assert len(losses) == 3, "no two trainings are the same"
    assert results_of(study).settings["other"].seeds == (10000,)
    study.forget_failures()
    longer = start_study(plan_on(folder, axes=axes, seeds=3), tmp_path)
    carry_out(longer, more := HereWorkers())
    assert more.asked == ["other-seed10001", "one-seed2", "other-seed10002"]
    beside = start_study(plan_on(folder, axes=axes, seeds=3, name="beside"), tmp_path)
    assert all(one.taken_over for one in carry_out(beside, HereWorkers()))


def test_settings_that_the_data_make_the_same_are_refused(tmp_path: Path, folder: Path) -> None:
    axes = {"picture": {"as it is": {"epochs": 1}, "12 pixels": {"epochs": 1, "size": "12x12"}}}
    with pytest.raises(PlanError, match=r"'as it is' and '12 pixels' are the same training"):
        run_study(plan_on(folder, axes=axes), home=tmp_path / "home")
    assert not (tmp_path / "home").exists()


@pytest.mark.parametrize("content", ['{"long-seed0": 3}', '{"long-seed0": null}', "[1]"])
def test_failures_that_say_no_reasons_are_refused(
    tmp_path: Path, folder: Path, content: str
) -> None:
    study = start_study(plan_on(folder), tmp_path)
    (study.path / "failures.json").write_text(content)
    with pytest.raises(RunError, match=r"failures\.json is damaged: .*delete it"):
        study.records()


@pytest.mark.parametrize(
    ("damaged", "content"),
    [("short-seed0", b"no"), ("long-seed1", b"no"), ("short-seed0", None)],
)
def test_damaged_predictions_say_how_to_have_the_trial_done_again(
    tmp_path: Path, folder: Path, damaged: str, content: bytes | None
) -> None:
    study = start_study(plan_on(folder), tmp_path)
    carry_out(study)
    file = study.trials_folder / damaged / "predictions.npz"
    file.unlink()
    if content is not None:
        file.write_bytes(content)
    shown = {row.name: row.accuracies for row in setting_rows(study.records())}
    assert list(shown["long"])[:1] == [study.runs("long")[0].accuracy().fraction]
    assert len(shown["short"]) == len(shown["long"]) == 2
    with pytest.raises(RunError, match=rf"delete .*{damaged} and carry the study on") as refused:
        results_of(study)
    assert "lenswork train" not in str(refused.value)
    shutil.rmtree(study.trials_folder / damaged)
    carry_out(study, workers := HereWorkers())
    assert workers.asked == [damaged]
    assert len(results_of(study).ids) == 12


def test_runs_that_were_trained_otherwise_than_the_plan_now_says_are_not_taken_for_its_own(
    tmp_path: Path, folder: Path
) -> None:
    study = start_study(plan_on(folder), tmp_path)
    carry_out(study)
    changed = plan_on(folder, axes={"epochs": {"short": 40, "long": 2}})
    (study.path / "plan.toml").write_text(changed.to_toml())
    with pytest.raises(RunError, match=r"trial short-seed0 .* epochs 1, .* now says 40.*--name"):
        Study(study.path).records()


def test_pictures_that_change_under_their_names_stop_the_study(
    tmp_path: Path, folder: Path
) -> None:
    study = start_study(plan_on(folder, seeds=1), tmp_path)
    carry_out(study)
    for file in (folder / "validation").rglob("*.png"):
        Image.new("L", (12, 12), 7).save(file)
    longer = start_study(plan_on(folder, seeds=2), tmp_path)
    with pytest.raises(RunError, match=r"validation pictures .* have changed in between"):
        carry_out(longer)
    assert [record.state for record in longer.records()].count("done") == 2


def test_failures_of_trials_that_the_plan_does_not_have_are_not_its_own(
    tmp_path: Path, folder: Path
) -> None:
    study = start_study(plan_on(folder), tmp_path)
    study.note_failure("nosuch-seed0", "x")
    study.note_failure("long-seed1", "y")
    assert study.failures() == {"long-seed1": "y"}


def test_two_processes_do_not_carry_out_one_study(tmp_path: Path, folder: Path) -> None:
    study = start_study(plan_on(folder), tmp_path)
    with study.alone(), pytest.raises(UsageError, match="by another process"):
        next(conduct(Study(study.path), HereWorkers()))


def test_studies_are_found_by_name_or_by_folder(tmp_path: Path, folder: Path) -> None:
    study = start_study(plan_on(folder), tmp_path)
    assert list_studies(tmp_path) == ["try"]
    assert open_study("try", tmp_path).path == open_study(study.path).path == study.path
    with pytest.raises(RunError, match=r"there is no study 'other' in .*; it has try"):
        open_study("other", tmp_path)


def test_a_setting_that_does_not_fit_the_data_is_refused_before_anything_is_trained(
    tmp_path: Path, folder: Path
) -> None:
    deep = {
        "deep": "conv 2, pool, conv 2, pool, conv 2, pool, dense classes",
        "flat": "flatten, dense classes",
    }
    with pytest.raises(PlanError, match="setting 'deep': "):
        run_study(plan_on(folder, axes={"net": deep}), home=tmp_path / "home")
    assert not (tmp_path / "home").exists()


def test_results_hold_one_row_a_seed_and_agree_with_the_runs(tmp_path: Path, folder: Path) -> None:
    study = start_study(plan_on(folder), tmp_path)
    carry_out(study, HereWorkers())
    results = results_of(study)
    measured = results.settings["long"]
    assert measured.correct.shape == (2, len(results.ids))
    assert list(measured.accuracies) == [run.accuracy().fraction for run in study.runs("long")]
    pixels = 12 * 12
    assert measured.parameters == (pixels + 1,) * 2
    assert measured.multiply_adds == pixels


def test_the_clock_counts_by_the_work_that_was_foretold(tmp_path: Path, folder: Path) -> None:
    study = start_study(plan_on(folder), tmp_path)
    clock = Clock(study.missing(), None)
    assert clock.seconds_left is None
    for trial in study.missing():
        clock.finish(TrialDone(trial, None))
    assert str(clock) == "4 of 4 trials"


class Watch:
    """A clock that a test sets."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 0.0
        monkeypatch.setattr("lenswork.study.progress.time.perf_counter", lambda: self.now)


def test_the_clock_says_nothing_once_the_foretold_time_has_proved_too_short(
    tmp_path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    watch = Watch(monkeypatch)
    trials = start_study(plan_on(folder, seeds=5), tmp_path).missing()
    work = TRIAL_SECONDS + 1
    foretold = Foretold({"short": 1.0, "long": 1.0}, START_SECONDS + 10 * work)
    clock = Clock(trials, foretold)
    watch.now = START_SECONDS + work
    clock.finish(TrialDone(trials[0], None))
    assert clock.seconds_left == 9 * work
    watch.now += 2 * work  # the eight that have not begun need more than is left
    assert str(clock) == "1 of 10 trials"
    clock.finish(TrialDone(trials[1], None))
    assert clock.seconds_left == watch.now * 8 / 2


def test_a_trial_that_is_taken_over_takes_none_of_the_time(
    tmp_path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Watch(monkeypatch)
    trials = start_study(plan_on(folder), tmp_path).missing()
    foretold = Foretold({"short": 9.0, "long": 9.0}, 40.0)
    surprised = Clock(trials, foretold)
    surprised.finish(TrialDone(trials[0], None, taken_over=True))
    assert surprised.seconds_left == 30
    knowing = Clock(trials, foretold, [trials[0].name])
    assert knowing.seconds_left == 40
    knowing.finish(TrialDone(trials[0], None, taken_over=True))
    assert knowing.seconds_left == 40
    assert str(knowing) == "1 of 4 trials, about 40 s left"


def test_what_is_done_beside_is_known_before_the_study_is_begun(
    tmp_path: Path, folder: Path
) -> None:
    carry_out(start_study(plan_on(folder, name="first"), tmp_path))
    plan = plan_on(folder, name="second", axes={"epochs": {"long": 2, "longer": 3}})
    done = done_beside(tmp_path / "studies" / "second", tuple(plan.trials()))
    assert {name: run.path.parts[-3:] for name, run in done.items()} == {
        f"long-seed{seed}": ("first", "trials", f"long-seed{seed}") for seed in (0, 1)
    }
    second = start_study(plan, tmp_path)
    ended = list(conduct(second, workers := HereWorkers(), done=done))
    assert workers.asked == ["longer-seed0", "longer-seed1"]
    assert [one.taken_over for one in ended] == [True, True, False, False]


def test_a_run_that_is_gone_when_it_should_be_taken_over_is_trained(
    tmp_path: Path, folder: Path
) -> None:
    first = start_study(plan_on(folder, name="first"), tmp_path)
    carry_out(first)
    second = start_study(plan_on(folder, name="second"), tmp_path)
    done = done_beside(second.path, second.missing())
    shutil.rmtree(first.trials_folder / "long-seed1")
    list(conduct(second, workers := HereWorkers(), done=done))
    assert workers.asked == ["long-seed1"]


def test_no_trials_take_no_time_and_nothing_is_measured() -> None:
    assert foretell((), LocalWorkers(1)) == Foretold({}, 0.0)


def test_a_log_has_one_line_a_trial(
    tmp_path: Path, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    study = start_study(plan_on(folder, seeds=1), tmp_path)
    list(shown_study(study, conduct(study, HereWorkers(failing=["long-seed0"]))))
    lines = capsys.readouterr().err.splitlines()
    assert lines[0].startswith("short, seed 0: ")
    assert lines[1].startswith("long, seed 0: FAILED: it was asked to fail")


@pytest.mark.slow
def test_processes_of_ones_own_record_the_same_runs_as_training_here(
    tmp_path: Path, folder: Path
) -> None:
    plan = plan_on(folder)
    here = start_study(plan, tmp_path / "here")
    carry_out(here, HereWorkers())
    workers = fitting_workers(plan)
    assert foretell(tuple(plan.trials()), workers).seconds > 0
    apart = run_study(plan, home=tmp_path / "apart", workers=LocalWorkers(2))
    for setting in ("short", "long"):
        for one, other in zip(here.runs(setting), apart.runs(setting), strict=True):
            assert one.metrics == other.metrics


@pytest.mark.slow
def test_a_study_that_is_killed_leaves_no_worker_and_goes_on(tmp_path: Path, folder: Path) -> None:
    plan = plan_on(folder, axes={"epochs": {"one": 1, "endless": 1_000_000}}, seeds=1)
    file = tmp_path / "plan.toml"
    file.write_text(plan.to_toml())
    home = tmp_path / "home"
    command = [sys.executable, "-m", "lenswork", "study", str(file), "--home", str(home)]
    process = subprocess.Popen([*command, "--name", "try"], stderr=subprocess.DEVNULL)
    trials = home / "studies" / "try" / "trials"
    wait_for(lambda: (trials / "one-seed0" / "classifier.safetensors").is_file())
    wait_for(lambda: '"epoch"' in read(trials / "endless-seed0" / "history.jsonl"))
    worker = json.loads((trials / "endless-seed0" / "environment.json").read_text())["process"]
    process.send_signal(signal.SIGKILL)
    process.wait()
    wait_for(lambda: not alive(worker))
    assert [record.state for record in Study(home / "studies" / "try").records()] == [
        "done", "missing",
    ]  # fmt: skip


def wait_for(condition: Any, seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not come about"
        time.sleep(0.05)


def read(path: Path) -> str:
    return path.read_text() if path.is_file() else ""


def alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return True
