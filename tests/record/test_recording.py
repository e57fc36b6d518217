"""Runs written as they happen: whole, named, and readable whatever ends them."""

import json
import os
import signal
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tiny_data import striped_data, write_striped_folder
from torch import nn

import lenswork as lw
from lenswork.errors import ClassifierError, NetError, RecipeError, RunError, UsageError
from lenswork.record.curves import sparkline
from lenswork.record.home import home_folder
from lenswork.record.index import list_runs
from lenswork.record.run import Run
from lenswork.record.train import train
from lenswork.record.writer import Recorder, slug
from lenswork.training.events import EpochDone, Event, StepDone
from lenswork.training.fit import fit
from lenswork.training.recipe import Recipe

QUICK: dict[str, Any] = {
    "net": "conv 4, pool, flatten, dense classes",
    "epochs": 2,
    "batch": 8,
    "progress": False,
}


def quick_run(home: Path, **fields: Any) -> Run:
    return train(striped_data(test=20), home=home, **{**QUICK, **fields})


def test_a_run_is_a_folder_with_everything_in_it(tmp_path: Path) -> None:
    run = quick_run(tmp_path)
    assert sorted(path.name for path in run.path.iterdir()) == [
        "classifier.safetensors",
        "environment.json",
        "history.jsonl",
        "predictions.npz",
        "recipe.toml",
    ]
    assert run.status == "finished"
    assert [row["epoch"] for row in run.history] == [1, 2]
    assert run.classes == ("stripe 0", "stripe 1", "stripe 2")
    assert run.environment["packages"]["torch"]


def test_the_recorded_recipe_has_every_choice_filled_in_and_trains_the_same_again(
    tmp_path: Path,
) -> None:
    first = quick_run(tmp_path)
    assert first.recipe.size == "12x12"
    assert first.recipe.optimizer == "adamw"
    recorder = Recorder(tmp_path)
    for _ in recorder.record(fit(first.recipe, striped_data(test=20))):
        pass
    again = recorder.run
    assert again.recipe == first.recipe
    assert again.metrics == first.metrics
    np.testing.assert_array_equal(
        again.answers["test"].probabilities, first.answers["test"].probabilities
    )


def test_a_run_survives_being_moved(tmp_path: Path) -> None:
    run = quick_run(tmp_path / "here")
    metrics, classes = run.metrics, run.classes
    moved = Run(run.path.rename(tmp_path / "elsewhere"))
    assert moved.metrics == metrics
    assert moved.classifier.classes == classes


def test_the_record_s_accuracy_is_that_of_its_answers(tmp_path: Path) -> None:
    run = quick_run(tmp_path, epochs=8)
    accuracy = run.accuracy()
    assert run.held_out() == "test"
    assert accuracy.n == 20
    assert accuracy.fraction == pytest.approx(run.metrics["test_accuracy"])
    assert run.accuracy("validation").n == 30


def test_names_are_short_and_count_up(tmp_path: Path) -> None:
    assert [quick_run(tmp_path).name for _ in range(3)] == ["stripes-1", "stripes-2", "stripes-3"]
    (tmp_path / "stripes-3" / "recipe.toml").unlink()
    assert quick_run(tmp_path).name == "stripes-4"


@pytest.mark.parametrize(
    ("data", "name"),
    [
        ("mnist", "mnist"),
        ("/home/ann/My Pictures (2)", "my-pictures-2"),
        ("/data/Blümchen/", "blumchen"),
        ("/data/花", "run"),
        ("/data/pets/train-000.tar::/data/pets/train-001.tar", "pets"),
        ("a" * 99, "a" * 24),
        ("http://ann:SECRET@host/ims/?token=SECRET", "ims"),
        ("http://host/ims/train-{000..003}.tar?token=SECRET", "ims"),
        ("a.tar::http://host/ims/b.tar?token=SECRET", "ims"),
        ("http://host:80/?token=SECRET", "host-80"),
    ],
)
def test_a_name_is_made_of_plain_letters(data: str, name: str) -> None:
    assert slug(data) == name


def test_a_name_of_ones_own_is_kept_and_never_given_twice(tmp_path: Path) -> None:
    assert quick_run(tmp_path, name="baseline").name == "baseline"
    with pytest.raises(UsageError, match="there is a run baseline"):
        quick_run(tmp_path, name="baseline")


@pytest.mark.parametrize("name", ["../out", "a/b", "", ".hidden", "a b", "x" * 61])
def test_a_name_that_is_no_folder_s_name_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(UsageError, match="a run's name has letters"):
        Recorder(tmp_path, name)


@pytest.mark.parametrize(
    "fields",
    [{"net": "conv 4, pool, conv 9, pool, conv 9, flatten, dense classes"}, {"stop_when": "a > 1"}],
)
def test_a_refused_recipe_leaves_nothing(tmp_path: Path, fields: dict[str, Any]) -> None:
    with pytest.raises((NetError, RecipeError)):
        quick_run(tmp_path / "home", **fields)
    assert not (tmp_path / "home").exists()


def broken(events: Iterator[Event], error: BaseException) -> Iterator[Event]:
    for event in events:
        yield event
        if isinstance(event, EpochDone):
            raise error


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (MemoryError("no room"), "MemoryError: no room"),
        (lw.errors.LensworkError("the data went away"), "the data went away"),
        (KeyboardInterrupt(), "interrupted from the keyboard"),
    ],
)
def test_a_run_that_breaks_is_recorded_as_failed_with_its_reason(
    tmp_path: Path, error: BaseException, reason: str
) -> None:
    recorder = Recorder(tmp_path)
    events = fit(Recipe(net="flatten, dense classes", epochs=3), striped_data())
    with pytest.raises(type(error)):
        list(recorder.record(broken(events, error)))
    assert recorder.run.status == "failed"
    assert recorder.run.summary().reason == reason
    assert len(recorder.run.history) == 1


def test_a_reader_that_walks_away_leaves_a_failed_run(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path)
    events = recorder.record(fit(Recipe(net="flatten, dense classes"), striped_data()))
    for event in events:
        if isinstance(event, StepDone):
            break
    states = [recorder.run.status]
    events.close()  # type: ignore[attr-defined]
    states.append(recorder.run.status)
    assert states == ["running", "failed"]


@pytest.mark.slow
def test_a_killed_run_is_readable_up_to_its_last_epoch(tmp_path: Path) -> None:
    folder = write_striped_folder(tmp_path / "data")
    program = textwrap.dedent(f"""
        import lenswork
        lenswork.train({str(folder)!r}, net="flatten, dense classes", epochs=1_000_000, batch=4,
                       home={str(tmp_path / "home")!r}, name="long", progress=False)
    """)
    process = subprocess.Popen([sys.executable, "-c", program])
    history = tmp_path / "home" / "long" / "history.jsonl"
    while not (history.exists() and history.read_text().count("\n") > 4):
        assert process.poll() is None, "the training ended by itself"
    run = Run(history.parent)
    assert run.status == "running"
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    killed = Run(history.parent)
    assert killed.status == "killed"
    assert len(killed.history) >= 3
    with pytest.raises(RunError, match=r"\(killed\) has no classifier"):
        _ = killed.classifier


def test_a_line_that_a_kill_cut_short_is_left_out(tmp_path: Path) -> None:
    run = quick_run(tmp_path)
    history = run.path / "history.jsonl"
    lines = history.read_text().splitlines(keepends=True)
    history.write_text("".join(lines[:3]) + lines[3][:40])
    assert [row["epoch"] for row in Run(run.path).history] == [1]


def test_a_damaged_line_in_the_middle_is_an_error_that_names_the_file(tmp_path: Path) -> None:
    run = quick_run(tmp_path)
    history = run.path / "history.jsonl"
    history.write_text("{nonsense\n" + history.read_text())
    with pytest.raises(RunError, match=r"history\.jsonl is damaged"):
        _ = Run(run.path).history


def test_a_folder_that_is_no_run_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RunError, match=r"expected a run folder with recipe\.toml"):
        Run(tmp_path)


def test_predictions_hold_no_pickle(tmp_path: Path) -> None:
    run = quick_run(tmp_path)
    with np.load(run.path / "predictions.npz", allow_pickle=False) as file:
        assert file["test_ids"].tolist() == [f"3/{index:05d}" for index in range(20)]
        assert file["test_probabilities"].shape == (20, 3)


def test_a_notebook_shows_a_run_without_letting_names_become_markup(tmp_path: Path) -> None:
    run = quick_run(tmp_path)
    start = run.path / "history.jsonl"
    lines = start.read_text().splitlines(keepends=True)
    first = json.loads(lines[0])
    first["net"] = "<script>alert(1)</script>"
    start.write_text(json.dumps(first) + "\n" + "".join(lines[1:]))
    page = Run(run.path)._repr_html_()
    assert "<script>" not in page
    assert "&lt;script&gt;" in page
    assert "data:image/png;base64," in page
    assert "test_accuracy" in page


def test_a_folder_is_remembered_by_its_whole_path_with_its_cut(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = write_striped_folder(tmp_path / "data")
    monkeypatch.chdir(folder)
    run = train("train", validation=0.25, home=tmp_path / "home", **QUICK)
    assert run.recipe.data == str(folder / "train")
    assert run.recipe.validation == 0.25
    assert run.start["pictures"] == {"train": 18, "validation": 6}


def test_the_python_face_takes_an_opened_data_set(tmp_path: Path) -> None:
    data = lw.open_data(write_striped_folder(tmp_path / "data"))
    run = lw.train(data, home=tmp_path / "home", **QUICK)
    assert run.recipe.data == str(tmp_path / "data")
    picture = data.train.source.read(0)
    assert run.classifier.predict(picture)[0].class_name in data.classes


def test_a_set_that_is_cut_already_is_not_cut_again_in_silence(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"split_seed, validation: this data set is cut already"):
        train(striped_data(), home=tmp_path, validation=0.5, split_seed=7)


def test_a_net_that_is_no_net_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match="net: should be a valid string, got 3"):
        train(striped_data(), net=3, home=tmp_path)  # type: ignore[arg-type]


def test_a_run_of_a_module_of_ones_own_keeps_its_classifier_and_claims_no_net(
    tmp_path: Path,
) -> None:
    module = nn.Sequential(nn.Flatten(), nn.Linear(144, 3))
    run = train(striped_data(), net=module, epochs=1, home=tmp_path, progress=False)
    assert run.recipe.net is None
    assert run.start["net"] == "Sequential"
    assert run.classifier.predict(np.zeros((12, 12, 1), np.uint8))[0].class_name in run.classes
    with pytest.raises(ClassifierError, match="torch module of your own"):
        _ = Run(run.path).classifier


def test_a_diverged_run_is_told_in_true_json_and_can_be_shown(tmp_path: Path) -> None:
    run = quick_run(tmp_path, optimizer="sgd", learning_rate=1e30, epochs=3)
    assert run.status == "stopped"
    assert "diverged" in run.summary().reason
    for line in (run.path / "history.jsonl").read_text().splitlines():
        json.loads(line, parse_constant=lambda word: pytest.fail(f"{word} is not JSON"))
    assert run.history == []  # it ends within its first epoch
    assert sparkline([0.5, float("nan"), 1.0]) == "▁×█"
    assert "stopped after 0 epochs" in run._repr_html_()


@pytest.mark.parametrize(
    ("file", "content"),
    [
        ("environment.json", b"{}"),
        ("environment.json", b"[" * 100_000),
        ("history.jsonl", b"[]\n"),
        ("history.jsonl", b'{"event": "epoch"}\n'),
        ("history.jsonl", b"\xff\xfe\n"),
        ("recipe.toml", b"epochs = -1"),
    ],
)
def test_a_damaged_folder_costs_one_sentence_and_no_other_run(
    tmp_path: Path, file: str, content: bytes
) -> None:
    good, bad = quick_run(tmp_path), quick_run(tmp_path)
    (bad.path / file).write_bytes(content)
    summaries, problems = list_runs(tmp_path)
    assert [summary.name for summary in summaries] == [good.name]
    (problem,) = problems
    assert bad.name in problem


def test_a_home_that_is_a_file_is_refused_before_anything_is_read(tmp_path: Path) -> None:
    (tmp_path / "home").write_text("no folder")
    with pytest.raises(UsageError, match="is a file: name another --home"):
        home_folder(tmp_path / "home")
    with pytest.raises(UsageError, match="there is no user"):
        home_folder("~nobody-is-called-so/runs")


@pytest.mark.parametrize("name", ["last", "index.sqlite"])
def test_a_name_that_means_something_else_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(UsageError, match="the name is taken"):
        Recorder(tmp_path, name)
