"""What MLflow's own client finds in what it was told, on a database file; nothing leaves."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from recorded_runs import write_run

from lenswork.errors import UsageError
from lenswork.record.run import Run
from lenswork.record.sink_mlflow import MLflow
from lenswork.record.sinks import Group, SinkError, rows_of, tell

pytestmark = pytest.mark.slow  # importing mlflow and making its tables take seconds

ASKED = """
import json, socket, sys, time
asked = []
def refuse(*words, **_):
    asked.append(str(words[0]))
    raise OSError("no network here")
socket.getaddrinfo = refuse
socket.socket.connect = lambda self, where: refuse(where)
from lenswork.record.run import Run
from lenswork.record.sink_mlflow import MLflow
from lenswork.record.sinks import tell
tell(Run(sys.argv[1]), [MLflow(sys.argv[2])], {})
time.sleep(0.5)
print(json.dumps(asked))
"""


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with MLflow's tables, which take seconds to make."""
    path = tmp_path_factory.mktemp("mlflow") / "empty.db"
    MLflow(f"sqlite:///{path}")
    return path


@pytest.fixture
def address(empty: Path, tmp_path: Path) -> str:
    shutil.copy(empty, tmp_path / "team.db")
    return f"sqlite:///{tmp_path / 'team.db'}"


def client(address: str) -> Any:
    from mlflow.tracking import MlflowClient

    return MlflowClient(address)


def runs(address: str, experiment: str) -> list[Any]:
    there = client(address)
    return list(there.search_runs([there.get_experiment_by_name(experiment).experiment_id]))


def steps(address: str, run_id: str, name: str) -> list[int]:
    return [point.step for point in client(address).get_metric_history(run_id, name)]


def add_epoch(run: Run, epoch: int) -> Run:
    path = run.path / "history.jsonl"
    lines = path.read_text("utf-8").splitlines(keepends=True)
    row = json.loads(lines[1]) | {"epoch": epoch}
    path.write_text("".join([*lines[:-1], json.dumps(row) + "\n", lines[-1]]), "utf-8")
    return Run(run.path)


def without_end(run: Run) -> str:
    path = run.path / "history.jsonl"
    lines = path.read_text("utf-8").splitlines(keepends=True)
    path.write_text("".join(lines[:-1]), "utf-8")
    return lines[-1]


def test_a_run_is_read_back_with_its_recipe_curves_report_and_files(
    tmp_path: Path, address: str
) -> None:
    run = write_run(tmp_path / "owls", [0, 1], [0, 1])
    extra = tmp_path / "extra.bin"
    extra.write_bytes(b"weights")
    tell(run, [MLflow(address)], {"confusion.png": b"drawn"}, files=[extra])
    (found,) = runs(address, "zoo")
    assert found.info.run_name == "owls"
    assert found.info.status == "FINISHED"
    assert found.info.end_time == int(rows_of(run)[-1].ended * 1000)
    assert found.data.params["net"] == "flatten, dense classes"
    assert found.data.params["seed"] == "0"
    assert found.data.metrics["loss"] == found.data.metrics["final_loss"] == 0.5
    assert found.data.tags["lenswork.recipe"] == run.recipe.hash
    assert "test accuracy 100.00%" in found.data.tags["mlflow.note.content"]
    kept = {one.path for one in client(address).list_artifacts(found.info.run_id)}
    assert kept == {
        "recipe.toml", "environment.json", "history.jsonl", "confusion.png", "extra.bin"
    }  # fmt: skip
    assert (tmp_path / "mlruns").is_dir(), "files lie beside the database"


def test_a_run_told_again_is_there_once_with_each_epoch_once(tmp_path: Path, address: str) -> None:
    run = write_run(tmp_path / "owls", [0], [0])
    tell(run, [MLflow(address)], {})
    moved = Run(run.path.rename(tmp_path / "renamed"))
    tell(moved, [MLflow(address)], {})
    (found,) = runs(address, "zoo")
    assert found.info.run_name == "renamed"
    assert steps(address, found.info.run_id, "loss") == [1]
    assert steps(address, found.info.run_id, "final_loss") == [1]


def test_a_run_that_went_on_gets_its_new_epochs_and_its_end(tmp_path: Path, address: str) -> None:
    run = write_run(tmp_path / "owls", [0], [0])
    end = without_end(run)
    tell(Run(run.path), [MLflow(address)], {})
    (found,) = runs(address, "zoo")
    assert found.info.status == "KILLED"
    assert "final_loss" not in found.data.metrics
    with (run.path / "history.jsonl").open("a", encoding="utf-8") as file:
        file.write(end)
    tell(add_epoch(run, 2), [MLflow(address)], {})
    (found,) = runs(address, "zoo")
    assert found.info.status == "FINISHED"
    assert steps(address, found.info.run_id, "loss") == [1, 2]


def test_a_study_is_an_experiment_with_its_verdict_as_a_note(tmp_path: Path, address: str) -> None:
    sink = MLflow(address)
    for seed in (0, 1):
        run = write_run(tmp_path / f"wide-{seed}", [0], [0], seed=seed)
        tell(run, [sink], {}, group=Group("widths", "abc", "wide"))
    sink.note(Group("widths", "abc", ""), "x" * 6000, 0.0)
    found = runs(address, "widths")
    assert sorted(one.data.params["seed"] for one in found) == ["0", "1"]
    assert {one.data.tags["lenswork.setting"] for one in found} == {"wide"}
    note = client(address).get_experiment_by_name("widths").tags["mlflow.note.content"]
    assert len(note) == 5000
    assert "cut here" in note


def test_another_study_of_the_same_name_is_refused(tmp_path: Path, address: str) -> None:
    run = write_run(tmp_path / "wide-0", [0], [0])
    tell(run, [MLflow(address)], {}, group=Group("widths", "abc", "wide"))
    with pytest.raises(SinkError, match="holds another study of that name: give this one"):
        tell(run, [MLflow(address)], {}, group=Group("widths", "other", "wide"))
    tell(run, [MLflow(address, "mine")], {}, group=Group("widths", "other", "wide"))
    assert len(runs(address, "mine")) == 1


def test_nobody_is_named(tmp_path: Path, address: str) -> None:
    tell(write_run(tmp_path / "owls", [0], [0]), [MLflow(address)], {})
    (found,) = runs(address, "zoo")
    assert "mlflow.user" not in found.data.tags
    assert found.info.user_id == "unknown"


def test_the_token_of_an_address_is_told_to_nobody(tmp_path: Path, address: str) -> None:
    told_address = "https://ann:SECRET@host/owls/train-000.tar?token=SECRET"
    tell(write_run(tmp_path / "owls", [0], [0], data=told_address), [MLflow(address)], {})
    told = [*(tmp_path / "mlruns").rglob("*"), *tmp_path.glob("team.db*")]
    contents = [path.read_bytes() for path in told if path.is_file()]
    assert any(b"host/owls/train-000.tar" in content for content in contents)
    assert not any(b"SECRET" in content for content in contents)


def test_what_is_no_address_is_refused() -> None:
    with pytest.raises(UsageError, match=r"such as http://localhost:5000 .* got 'team\.db'"):
        MLflow("team.db")


def test_a_server_that_is_down_is_said_in_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    with pytest.raises(SinkError, match=r"^MLflow at http://127\.0\.0\.1:9: "):
        MLflow("http://127.0.0.1:9")


def test_without_mlflow_the_error_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "mlflow.tracking", None)
    with pytest.raises(UsageError, match=r"pip install 'lenswork\[mlflow\]'"):
        MLflow("sqlite:///team.db")


@pytest.mark.parametrize("telemetry", [None, "false"])
def test_nothing_is_sent_to_mlflows_makers_unless_it_is_asked_for(
    tmp_path: Path, address: str, telemetry: str | None
) -> None:
    run = write_run(tmp_path / "owls", [0], [0])
    kept = {"PATH": os.environ["PATH"], "HOME": str(tmp_path)}  # no CI, which turns it off too
    said = {} if telemetry is None else {"MLFLOW_DISABLE_TELEMETRY": telemetry}
    done = subprocess.run(
        [sys.executable, "-c", ASKED, run.path, address],
        env=kept | said,
        capture_output=True,
        text=True,
        check=True,
    )
    asked = json.loads(done.stdout)
    assert bool(asked) == (telemetry == "false"), "the switch is what keeps it silent"


@pytest.mark.parametrize("kind", ["folder", "text", "below a file"])
def test_a_place_that_holds_no_database_is_refused_at_once(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "there"
    if kind == "folder":
        path.mkdir()
    else:
        path.write_text("SQLite is not what this is")
    with pytest.raises(SinkError, match="expected a SQLite database, but"):
        MLflow(f"sqlite:///{path / 'x.db' if kind == 'below a file' else path}")
