"""`lenswork share`, and the boards of `lenswork train`."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from recorded_runs import write_run
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tiny_studies import finished_study

Command = Callable[..., Any]


@pytest.fixture
def read() -> Callable[[Path], Any]:
    def reader(folder: Path) -> Any:
        found = EventAccumulator(str(folder))
        found.Reload()
        return found

    return reader


def files(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_a_run_that_was_trained_for_a_board_is_the_same_when_it_is_shared_again(
    lenswork: Command, folder: Path, tmp_path: Path, read: Callable[[Path], Any]
) -> None:
    logs = tmp_path / "logs"
    words = ["--epochs", "2", "--net", "flatten, dense classes", "--tensorboard", logs]
    said = lenswork("train", folder, *words)
    assert said.code == 0, said.err
    found = read(logs / "stripes-1")
    assert [one.step for one in found.Scalars("accuracy/validation")] == [1, 2]
    assert found.Images("confusion")
    before = files(logs)
    said = lenswork("share", "last", "--tensorboard", logs)
    assert (said.code, said.out) == (0, f"run stripes-1: {logs}\n")
    assert files(logs) == before


def test_a_study_is_shared_with_all_its_trials(
    lenswork: Command, folder: Path, tmp_path: Path
) -> None:
    finished_study(folder, tmp_path / "runs")
    said = lenswork("share", "try", "--tensorboard", tmp_path / "logs")
    assert (said.code, said.out) == (0, f"study try, 4 trials: {tmp_path / 'logs'}\n")
    shared = {str(Path(name).parent) for name in files(tmp_path / "logs")}
    assert shared == {
        "try",
        "try/short-seed0",
        "try/short-seed1",
        "try/long-seed0",
        "try/long-seed1",
    }


def test_a_name_that_is_a_run_and_a_study_is_asked_about(
    lenswork: Command, folder: Path, tmp_path: Path
) -> None:
    study = finished_study(folder, tmp_path / "runs")
    write_run(tmp_path / "runs" / "try", [0], [0])
    said = lenswork("share", "try", "--tensorboard", tmp_path / "logs")
    assert said.code == 2
    assert "try is a run and a study: give the path of the folder that is meant" in said.err
    assert lenswork("share", study.path, "--tensorboard", tmp_path / "logs").code == 0


@pytest.mark.parametrize(
    ("words", "text"),
    [
        ([], "say where to: --tensorboard FOLDER, --mlflow ADDRESS, or both"),
        (["--tensorboard", "logs", "--experiment", "x"], "give --mlflow ADDRESS too"),
        (["--tensorboard", "logs", "--classifier"], "--classifier is for MLflow"),
        (["--mlflow", "team.db"], "sqlite:///mlflow.db, got 'team.db'"),
    ],
)
def test_what_cannot_be_done_is_said(
    lenswork: Command, tmp_path: Path, words: list[str], text: str
) -> None:
    write_run(tmp_path / "runs" / "owls", [0], [0])
    said = lenswork("share", "owls", *words)
    assert said.code == 2
    assert text in said.err
    assert said.out == ""


def test_a_name_that_is_nothing_names_the_runs_and_the_studies(
    lenswork: Command, tmp_path: Path
) -> None:
    write_run(tmp_path / "runs" / "owls", [0], [0])
    said = lenswork("share", "cats", "--tensorboard", tmp_path / "logs")
    assert said.code == 2
    assert "it has owls" in said.err
    assert "no study 'cats'" in said.err
    assert not (tmp_path / "logs").exists()


def test_a_board_that_is_refused_starts_no_training(
    lenswork: Command, folder: Path, tmp_path: Path
) -> None:
    said = lenswork("train", folder, "--mlflow", "team.db")
    assert said.code == 2
    assert not (tmp_path / "runs").exists()


@pytest.mark.slow
def test_mlflow_is_told_while_a_run_trains(lenswork: Command, folder: Path, tmp_path: Path) -> None:
    from mlflow.tracking import MlflowClient

    address = f"sqlite:///{tmp_path / 'team.db'}"
    words = ["--epochs", "2", "--net", "flatten, dense classes", "--mlflow", address]
    for _ in range(2):
        said = lenswork("train", folder, *words, "--experiment", "ours")
        assert said.code == 0, said.err
    said = lenswork("share", "last", "--mlflow", address, "--experiment", "ours", "--classifier")
    assert said.code == 0, said.err
    client: Any = MlflowClient(address)
    runs = client.search_runs([client.get_experiment_by_name("ours").experiment_id])
    assert sorted(run.info.run_name for run in runs) == ["stripes-1", "stripes-2"]
    last = max(runs, key=lambda run: run.info.run_name).info.run_id
    assert [one.step for one in client.get_metric_history(last, "val_loss")] == [1, 2]
    kept = {one.path for one in client.list_artifacts(last)}
    assert {"classifier.safetensors", "confusion.png"} <= kept
