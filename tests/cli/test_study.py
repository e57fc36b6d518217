"""`lenswork study` as a user meets it."""

import json
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from tiny_data import write_striped_folder
from tiny_studies import finished_study, plan_on

from lenswork.cli.study import command
from lenswork.errors import LensworkError, PlanError, RunError, UsageError
from lenswork.study.folder import Study


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
