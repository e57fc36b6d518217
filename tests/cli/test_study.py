"""`lenswork study` as a user meets it."""

import json
import re
import shutil
from collections.abc import Sequence
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from tiny_data import write_striped_folder
from tiny_studies import finished_study, plan_on

from lenswork.cli.study import command
from lenswork.errors import LensworkError, PlanError, RunError, UsageError
from lenswork.study.folder import Study
from lenswork.study.workers import LocalWorkers, Task


def study(*words: str) -> Result:
    return CliRunner().invoke(command, list(words), catch_exceptions=True)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("home")
    finished_study(write_striped_folder(root / "stripes"), root, failing=["long-seed1"])
    return root


@pytest.mark.slow
def test_a_plan_is_shown_carried_out_and_judged_and_done_only_once(tmp_path: Path) -> None:
    folder = write_striped_folder(tmp_path / "stripes")
    file = tmp_path / "plan.toml"
    file.write_text(plan_on(folder).to_toml())
    words = (str(file), "--home", str(tmp_path), "--seeds", "1", "--name", "mine")
    first = study(*words)
    assert first.exit_code == 0, first.output
    assert "2 trials, about" in first.stdout
    assert "One seed each says nothing of the settings" in first.stdout
    assert "short, seed 0: " in first.stderr
    second = study(*words)
    assert "seed 0: " not in second.stderr
    assert Study(tmp_path / "studies" / "mine").plan.seeds == 1


@pytest.mark.slow
def test_plan_only_trains_nothing_and_leaves_nothing(tmp_path: Path) -> None:
    folder = write_striped_folder(tmp_path / "stripes")
    file = tmp_path / "plan.toml"
    file.write_text(plan_on(folder).to_toml())
    shown = study(str(file), "--home", str(tmp_path / "home"), "--plan-only", "--json")
    content = json.loads(shown.stdout)
    assert [row["trials"] for row in content["settings"]] == [2, 2]
    assert content["seconds"] > 0
    assert not (tmp_path / "home").exists()


def test_what_was_found_can_be_shown_again(home: Path) -> None:
    shown = study("show", "try", "--home", str(home))
    assert "short" in shown.stdout
    assert "it was asked to fail" in shown.stdout
    assert "--retry-failed" in shown.stdout
    content = json.loads(study("show", "try", "--home", str(home), "--json").stdout)
    assert content["failures"] == [{"setting": "long", "seed": 1, "reason": "it was asked to fail"}]


def test_json_has_every_sentence_that_is_printed(home: Path) -> None:
    printed = study("show", "try", "--home", str(home)).stdout
    said = json.loads(study("show", "try", "--home", str(home), "--json").stdout)["sentences"]
    assert all(sentence in printed for sentence in said)
    assert any("as long to train" in sentence for sentence in said)
    assert said[-1].startswith("By the means, ")


def test_trials_that_another_study_has_are_not_foretold_nor_measured(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "plan.toml"
    file.write_text(plan_on(home / "stripes", seeds=1).to_toml())
    monkeypatch.setattr(LocalWorkers, "paces", lambda *_: pytest.fail("nothing is to be measured"))
    words = (str(file), "--home", str(home), "--name", "sister")
    assert "2 trials, all taken over from try\n" in study(*words, "--plan-only").stdout
    done = study(*words)
    assert done.exit_code == 0, done.output
    assert "2 trials, all taken over from try\n" in done.stdout
    assert "long, seed 0: " in done.stderr
    assert "taken over from another study; 1 of 2 trials\n" in done.stderr
    assert "nothing to do" in study(*words, "--plan-only").stdout
    shutil.rmtree(home / "studies" / "sister")


def test_only_what_is_to_be_trained_is_foretold(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "plan.toml"
    axes = {"epochs": {"short": 1, "endless": 9}}
    file.write_text(plan_on(home / "stripes", axes=axes).to_toml())
    asked: list[str] = []

    def paces(_: object, tasks: Sequence[Task], __: float) -> list[float]:
        asked.extend(task.name for task in tasks)
        return [10.0] * len(tasks)

    monkeypatch.setattr(LocalWorkers, "paces", paces)
    words = (str(file), "--home", str(home), "--name", "sister", "--plan-only", "--workers", "1")
    shown = study(*words).stdout
    assert asked == ["endless-seed0"]
    assert re.search(
        "2 trials taken over from try, 2 to do, about 25 s with 1 process with . thread", shown
    )
    settings = json.loads(study(*words, "--json").stdout)["settings"]
    assert [(row["trials"], row["taken_over"]) for row in settings] == [(0, 2), (2, 0)]


def test_fewer_seeds_than_a_study_has_are_said_to_be_all_shown(home: Path, tmp_path: Path) -> None:
    file = tmp_path / "plan.toml"
    file.write_text(plan_on(home / "stripes").to_toml())
    words = (str(file), "--home", str(home), "--name", "try", "--seeds")
    said = "study try has 2 seeds already; all are shown\n"
    assert study(*words, "1").stdout.startswith(said)
    assert said not in study(*words, "2").stdout
    assert json.loads(study(*words, "1", "--json").stdout)["study"] == "try"


def test_one_recipe_under_two_names_says_which_seeds_the_second_has_and_why(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = write_striped_folder(tmp_path / "stripes")
    file = tmp_path / "plan.toml"
    file.write_text(plan_on(folder, axes={"epochs": {"one": 2, "other": 2}}).to_toml())
    monkeypatch.setattr(LocalWorkers, "paces", lambda _, tasks, __: [1.0] * len(tasks))
    shown = study(str(file), "--home", str(tmp_path), "--plan-only").stdout
    assert (
        "other is the same recipe as one: its seeds are 10,000 and up, since with the same seeds "
        "both would be the same trainings\n"
    ) in shown


def test_studies_are_listed(home: Path, tmp_path: Path) -> None:
    assert study("list", "--home", str(home)).stdout == "try: 3 of 4 trials done, 1 failed\n"
    assert "lenswork study filters makes one" in study("list", "--home", str(tmp_path)).stdout


def test_a_study_that_cannot_be_read_hides_no_other(home: Path) -> None:
    broken = home / "studies" / "broken"
    broken.mkdir()
    (broken / "plan.toml").write_text("[")
    shown = study("list", "--home", str(home))
    shutil.rmtree(broken)
    assert "try: 3 of 4" in shown.stdout
    assert "cannot read broken: " in shown.stderr


def test_a_study_of_which_every_trial_failed_ends_with_1(tmp_path: Path) -> None:
    folder = write_striped_folder(tmp_path / "stripes")
    finished_study(folder, tmp_path, failing=["short-seed0", "long-seed0"], seeds=1)
    shown = study("show", "try", "--home", str(tmp_path))
    assert isinstance(shown.exception, LensworkError)
    assert shown.exception.exit_code == 1
    assert "all 2 trials of study try failed: it was asked to fail" in str(shown.exception)


def test_a_report_is_written_where_it_is_asked(home: Path, tmp_path: Path) -> None:
    out = tmp_path / "report.html"
    assert study("report", "try", "--home", str(home), "--out", str(out)).exit_code == 0
    assert out.is_file()


@pytest.mark.parametrize(
    ("words", "error", "text"),
    [
        (["nothing"], PlanError, "there is no plan 'nothing': give a TOML file, or one of filters"),
        (
            ["filters", "--net", "flatten, dense classes"],
            PlanError,
            "varies filters inside net itself",
        ),
        (["epochs", "--epochs", "3"], PlanError, "varies epochs itself: leave --epochs out"),
        (["show", "nothing"], RunError, "there is no study 'nothing'"),
        (["report", "nothing"], RunError, "there is no study 'nothing'"),
        (["normalise", "--ray", ""], UsageError, "--ray: expected a cluster's address"),
        (["filters", "--name", "a/b"], PlanError, "a name has letters"),
        (["filters", "--data", "/no/such/folder"], LensworkError, "/no/such/folder"),
    ],
)
def test_what_cannot_be_done_is_refused(
    words: list[str], error: type[Exception], text: str, tmp_path: Path
) -> None:
    refused = study(*words, "--home", str(tmp_path / "home"))
    assert isinstance(refused.exception, error)
    assert text in str(refused.exception)
    assert not (tmp_path / "home").exists()
