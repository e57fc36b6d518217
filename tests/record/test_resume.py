"""A run that was killed, has failed or met a full disk goes on where its last checkpoint is."""

import errno
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load_file
from tiny_data import striped_data, write_striped_folder
from torch import nn

from lenswork.data.dataset import Dataset
from lenswork.errors import LensworkError, RunError, UsageError
from lenswork.record import checkpoint
from lenswork.record.checkpoint import BEFORE, CHECKPOINT, read_checkpoint, write_checkpoint
from lenswork.record.resume import Training, recorded
from lenswork.record.run import Run
from lenswork.record.sinks import Group, Pictures, Row, followed, rows_of
from lenswork.record.train import train
from lenswork.record.writer import Recorder
from lenswork.training.events import EpochDone, Event, StepDone
from lenswork.training.recipe import Recipe
from lenswork.training.state import State

QUICK: dict[str, Any] = {
    "net": "conv 3, batchnorm, pool, dropout 0.4, flatten, dense classes",
    "recipe": "notes",
    "epochs": 4,
    "batch": 8,
}
PROGRAM = """
import json, sys
import lenswork
asked = json.loads(sys.argv[1])
lenswork.train(asked.pop("folder"), **asked)
"""


def training(**fields: Any) -> Training:
    return Training(Recipe(data="stripes", **(QUICK | fields)), striped_data(), device="cpu")


def go(
    home: Path, until: Callable[[Event], bool] = lambda _: False, **options: Any
) -> tuple[Recorder, list[str]]:
    """Train and record until an event, then leave without a word, as a kill does."""
    said: list[str] = []
    fields = options.pop("fields", {})
    recorder = Recorder(home, options.pop("name", None), resume=True, checkpoint_seconds=0.0)
    events = recorded(training(**fields), recorder, tell=said.append, **options)
    for event in events:
        if until(event):
            leave(recorder, events)
            break
    return recorder, said


def leave(recorder: Recorder, events: Iterator[Event]) -> None:
    recorder._fail = lambda *_: None  # type: ignore[method-assign]
    events.close()  # type: ignore[attr-defined]


def after(epoch: int) -> Callable[[Event], bool]:
    return lambda event: isinstance(event, EpochDone) and event.epoch == epoch


def at_step(step: int) -> Callable[[Event], bool]:
    return lambda event: isinstance(event, StepDone) and event.step == step


def assert_same(one: Run, other: Run) -> None:
    """The same history, answers and weights, to the last bit."""
    rows = [
        [
            (row["epoch"], row["metrics"], row["learning_rate"], row["pictures"])
            for row in run.history
        ]
        for run in (one, other)
    ]
    assert rows[0] == rows[1]
    assert one.end == other.end
    for part, answers in one.answers.items():
        np.testing.assert_array_equal(answers.probabilities, other.answers[part].probabilities)
        assert list(answers.ids) == list(other.answers[part].ids)
    weights, others = load_file(one.classifier_path), load_file(other.classifier_path)
    assert weights.keys() == others.keys()
    assert all(torch.equal(weights[name], others[name]) for name in weights)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Run:
    return go(tmp_path_factory.mktemp("whole"))[0].run


@pytest.mark.parametrize("moment", [at_step(1), at_step(8), after(1), at_step(12), after(4)])
def test_the_same_again_goes_on_and_ends_as_if_it_had_never_stopped(
    tmp_path: Path, whole: Run, moment: Callable[[Event], bool]
) -> None:
    left = go(tmp_path, moment)[0].run
    assert (left.status, left.resumable) == ("killed", True)
    recorder, said = go(tmp_path)
    assert recorder.run.path == left.path
    assert said[0].startswith("continues stripes-1 from epoch ")
    assert_same(recorder.run, whole)
    names = sorted(path.name for path in whole.path.iterdir())
    assert sorted(path.name for path in left.path.iterdir()) == names


def test_a_run_that_is_left_after_every_step_ends_as_if_it_had_never_stopped(
    tmp_path: Path, whole: Run
) -> None:
    for step in range(1, 33, 3):
        go(tmp_path, at_step(step))
    assert_same(go(tmp_path)[0].run, whole)
    assert [path.name for path in tmp_path.iterdir() if path.is_dir()] == ["stripes-1"]


def test_what_follows_the_checkpoint_is_done_again_and_stands_in_the_history_once(
    tmp_path: Path, whole: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    after_epoch = checkpoint.Checkpoints.after_epoch
    monkeypatch.setattr(checkpoint.Checkpoints, "after_step", lambda *_: None)
    monkeypatch.setattr(
        checkpoint.Checkpoints,
        "after_epoch",
        lambda self, folder: after_epoch(self, folder) if len(Run(folder).history) < 2 else None,
    )
    left = go(tmp_path, after(3))[0].run
    assert len(left.history) == 3
    recorder, said = go(tmp_path)
    assert said == ["continues stripes-1 from epoch 2, step 8; --fresh begins a new run"]
    assert [row["epoch"] for row in recorder.run.history] == [1, 2, 3, 4]
    assert_same(recorder.run, whole)
    lines = [json.loads(line) for line in (left.path / "history.jsonl").read_text().splitlines()]
    kinds = [line["event"] for line in lines]
    assert kinds == ["started", "read", "epoch", "resumed", "epoch", "epoch", "epoch", "finished"]


def test_a_failed_run_goes_on_and_its_failure_is_forgotten(tmp_path: Path, whole: Run) -> None:
    recorder = Recorder(tmp_path, resume=True, checkpoint_seconds=0.0)
    events = recorded(training(), recorder)
    while not isinstance(next(events), EpochDone):
        pass
    with pytest.raises(MemoryError):
        events.throw(MemoryError("no room"))  # type: ignore[attr-defined]
    assert recorder.run.status == "failed"
    run = go(tmp_path)[0].run
    assert run.status == "finished"
    assert_same(run, whole)


@pytest.mark.parametrize("damage", ["cut", "empty", "flipped", "no safetensors"])
def test_a_damaged_checkpoint_falls_back_to_the_one_before(
    tmp_path: Path, whole: Run, damage: str
) -> None:
    left = go(tmp_path, at_step(12))[0].run
    spoil(left.path / CHECKPOINT, damage)
    recorder, said = go(tmp_path)
    assert "checkpoint.safetensors is" in said[0]
    assert "damaged" in said[0]
    assert said[1].startswith("continues stripes-1 from epoch 2, step 11")  # every step has one
    assert_same(recorder.run, whole)


def test_two_damaged_checkpoints_are_an_error_that_says_what_to_do(
    tmp_path: Path, whole: Run
) -> None:
    left = go(tmp_path, at_step(12))[0].run
    for name in (CHECKPOINT, BEFORE):
        spoil(left.path / name, "cut")
    message = r"expected a whole checkpoint in .*stripes-1, got 2 damaged: .* delete checkpoint"
    with pytest.raises(LensworkError, match=message):
        go(tmp_path)
    for name in (CHECKPOINT, BEFORE):
        (left.path / name).unlink()
    recorder, said = go(tmp_path)
    assert said == ["continues stripes-1 from epoch 1, step 0; --fresh begins a new run"]
    assert_same(recorder.run, whole)


def spoil(path: Path, how: str) -> None:
    content = path.read_bytes()
    flipped = content[:-3] + bytes([content[-3] ^ 1]) + content[-2:]
    path.write_bytes(
        {"cut": content[: len(content) // 2], "empty": b"", "flipped": flipped}.get(how, b"x" * 99)
    )


def test_a_full_disk_is_an_error_and_the_last_good_state_is_kept(
    tmp_path: Path, whole: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: Any, **__: Any) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    go(tmp_path, at_step(12))
    monkeypatch.setattr(checkpoint, "save", full)
    message = r"cannot write the record of run stripes-1 .*No space left.*free some space, then run"
    with pytest.raises(LensworkError, match=message):
        go(tmp_path)
    monkeypatch.undo()
    assert Run(tmp_path / "stripes-1").status == "failed"
    assert not list((tmp_path / "stripes-1").glob("*.part"))
    recorder, said = go(tmp_path)
    assert said == ["continues stripes-1 from epoch 2, step 12; --fresh begins a new run"]
    assert_same(recorder.run, whole)


@pytest.mark.slow
def test_a_disk_that_fills_up_cuts_no_line_of_the_history(tmp_path: Path) -> None:
    """A limit on the size of files stands for the disk: the same errors from the same calls."""
    limited = (
        "import resource, signal\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (3_000, 3_000))\n"
    )
    folder = write_striped_folder(tmp_path / "data")
    asked = {"folder": str(folder), "home": str(tmp_path / "home"), **QUICK, "epochs": 40}
    said = subprocess.run(
        [sys.executable, "-c", limited + PROGRAM, json.dumps(asked)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert "LensworkError: cannot write the record of run data-1" in said.stderr
    assert "File too large" in said.stderr
    assert Run(tmp_path / "home" / "data-1").resumable
    run = train(**{k if k != "folder" else "data": v for k, v in asked.items()}, progress=False)
    assert [row["epoch"] for row in run.history] == list(range(1, 41))
    assert run.name == "data-1"


def test_two_processes_on_one_run_are_refused_and_neither_is_harmed(
    tmp_path: Path, whole: Run
) -> None:
    recorder = Recorder(tmp_path, "one", resume=True, checkpoint_seconds=0.0)
    events = recorded(training(), recorder)
    for event in events:
        if isinstance(event, EpochDone):
            break
    with pytest.raises(UsageError, match="run one is being trained by another process: wait"):
        go(tmp_path, name="one")
    for _ in events:
        pass
    assert_same(recorder.run, whole)


def test_a_run_in_the_making_is_not_taken_for_one_that_was_left(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path, resume=True)
    events = recorded(training(), recorder)
    next(events)
    assert go(tmp_path)[0].run.name == "stripes-2"
    for _ in events:
        pass
    assert recorder.run.name == "stripes-1"


@pytest.mark.parametrize(
    "options", [{"fields": {"seed": 1}}, {"fields": {"epochs": 5}}, {"resume": False}]
)
def test_another_recipe_or_the_wish_for_it_begins_a_new_run(
    tmp_path: Path, options: dict[str, Any]
) -> None:
    go(tmp_path, after(1))
    recorder, said = go(tmp_path, **options)
    assert (recorder.run.name, said) == ("stripes-2", [])
    assert Run(tmp_path / "stripes-1").status == "killed"


def test_other_pictures_begin_a_new_run_and_say_so(tmp_path: Path) -> None:
    go(tmp_path, after(1))
    said: list[str] = []
    recorder = Recorder(tmp_path, resume=True)
    other = Training(Recipe(data="stripes", **QUICK), striped_data(train=59), device="cpu")
    list(recorded(other, recorder, tell=said.append))
    assert recorder.run.name == "stripes-2"
    assert "other pictures" in said[0]
    assert Run(tmp_path / "stripes-1").status == "killed"


def test_a_named_run_of_another_recipe_is_refused_with_what_differs(tmp_path: Path) -> None:
    go(tmp_path, after(1), name="one")
    message = r"left after 1 epochs with another recipe \(epochs 4, now 5; seed 0, now 3\): name"
    with pytest.raises(UsageError, match=message):
        go(tmp_path, name="one", fields={"seed": 3, "epochs": 5})
    assert go(tmp_path, name="one")[0].run.status == "finished"
    with pytest.raises(UsageError, match=r"is a run one .* finished after 4 epochs: nothing of it"):
        go(tmp_path, name="one")


def test_a_run_without_checkpoints_is_not_gone_on_with(tmp_path: Path) -> None:
    left = go(tmp_path, after(1), name="old")[0].run
    history = left.path / "history.jsonl"
    history.write_text(history.read_text().replace(', "resumable": true', ""))
    assert not Run(left.path).resumable
    with pytest.raises(UsageError, match="on a cluster or by an older version"):
        go(tmp_path, name="old")
    assert go(tmp_path)[0].run.name == "stripes-1"


def test_lost_lines_of_the_history_are_not_passed_over(tmp_path: Path) -> None:
    left = go(tmp_path, after(3))[0].run
    history = left.path / "history.jsonl"
    lines = history.read_text().splitlines(keepends=True)
    history.write_text("".join(lines[:3] + lines[4:]))
    with pytest.raises(RunError, match=r"lines of epochs 1 to 3 in .*jsonl, got 1, 3: lines"):
        go(tmp_path)


def test_the_best_weights_are_never_overwritten_by_worse_ones_after_a_resume(
    tmp_path: Path,
) -> None:
    fields = {"keep": "best", "learning_rate": 0.3, "optimizer": "sgd", "epochs": 6, "seed": 2}
    best = go(tmp_path / "whole", fields=fields)[0].run
    kept = best.end["kept_epoch"]
    losses = [row["metrics"]["val_loss"] for row in best.history]
    assert losses[kept - 1] == min(losses) == best.metrics["val_loss"]
    for epoch in range(1, 6):
        go(tmp_path / "left", after(epoch), fields=fields)
    assert_same(go(tmp_path / "left", fields=fields)[0].run, best)


def test_a_module_of_ones_own_goes_on_by_name_and_with_the_module_only(tmp_path: Path) -> None:
    def module() -> nn.Module:
        torch.manual_seed(3)
        return nn.Sequential(nn.Flatten(), nn.Dropout(0.3), nn.Linear(144, 3))

    options: dict[str, Any] = {"epochs": 3, "progress": False, "home": tmp_path}
    whole = train(striped_data(), net=module(), name="whole", **options)
    recorder = Recorder(tmp_path, "left", checkpoint_seconds=0.0)
    events = recorder.record(
        Training(Recipe(data="stripes", epochs=3), striped_data(), module()).events()
    )
    for event in events:
        if isinstance(event, EpochDone):
            leave(recorder, events)
    with pytest.raises(
        RunError, match=r"own \(Sequential\), .*net=Sequential\(\.\.\.\), resume='left'"
    ):
        train(striped_data(), resume="left", home=tmp_path)
    assert train(striped_data(), net=module(), **options).name == "stripes-1"
    run = train(striped_data(), net=module(), resume="left", home=tmp_path, progress=False)
    assert run.name == "left"
    assert [row["metrics"] for row in run.history] == [row["metrics"] for row in whole.history]
    np.testing.assert_array_equal(
        run.answers["validation"].probabilities, whole.answers["validation"].probabilities
    )


def test_python_goes_on_by_itself_by_name_or_not(tmp_path: Path) -> None:
    options: dict[str, Any] = {"home": tmp_path, "progress": False}
    go(tmp_path, after(2))
    with pytest.raises(UsageError, match="epochs: run stripes-1 goes on with its own recipe"):
        train(striped_data(), resume="stripes-1", epochs=9, **options)
    assert train(striped_data(), resume=False, **options, **QUICK).name == "stripes-2"
    assert train(striped_data(), **options, **QUICK).name == "stripes-1"
    for named in ("stripes-1", tmp_path / "stripes-1"):
        with pytest.raises(UsageError, match="finished after 4 epochs: nothing of it is left"):
            train(striped_data(), resume=named, **options)


def test_checkpoints_are_no_more_frequent_than_their_cost_allows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [0.0]
    monkeypatch.setattr(checkpoint, "time", SimpleNamespace(perf_counter=lambda: now[0]))

    def writes_in_2_seconds(*_: object) -> None:
        written.append(now[0])
        now[0] += 2.0

    written: list[float] = []
    monkeypatch.setattr(checkpoint, "write_checkpoint", writes_in_2_seconds)
    recorder = Recorder(tmp_path, checkpoint_seconds=60.0)
    for event in recorder.record(training(epochs=15).events()):
        if isinstance(event, EpochDone):
            now[0] = 0.3 * event.epoch if event.epoch < 4 else 10.0 * event.epoch
    assert written == [40.0, 90.0, 140.0]


@pytest.mark.parametrize(
    "dtype", [torch.float32, torch.bfloat16, torch.uint8, torch.int64, torch.bool]
)
def test_a_checkpoint_holds_every_kind_of_tensor(tmp_path: Path, dtype: torch.dtype) -> None:
    base = torch.arange(24).reshape(2, 3, 2, 2).to(dtype)
    tensors = {
        "last": base.to(memory_format=torch.channels_last),
        "shared": base[1:],
        "one": base[0, 0, 0, 1],
        "none": base[:0],
    }
    write_checkpoint(tmp_path, State({"epochs": 3, "step": 9}, tensors))
    state = read_checkpoint(tmp_path, pytest.fail)
    assert state is not None
    assert (state.epochs, state.step) == (3, 9)
    assert all(torch.equal(state.tensors[name], tensors[name]) for name in tensors)


def program(home: Path, folder: Path, prelude: str = "") -> subprocess.Popen[bytes]:
    asked = {"folder": str(folder), "home": str(home), **QUICK, "epochs": 100, "batch": 4}
    asked |= {"checkpoint_seconds": 0.0, "keep": "best", "progress": False}
    return subprocess.Popen([sys.executable, "-c", prelude + PROGRAM, json.dumps(asked)])


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Run]:
    """A folder, and a run of `program` on it that nobody kills."""
    place = tmp_path_factory.mktemp("undisturbed")
    folder = write_striped_folder(place / "data")
    assert program(place / "home", folder).wait() == 0
    return folder, Run(place / "home" / "data-1")


@pytest.mark.slow
def test_kill_9_at_random_moments_changes_no_bit(
    tmp_path: Path, undisturbed: tuple[Path, Run]
) -> None:
    folder, whole = undisturbed
    chance = np.random.default_rng(5)
    path = tmp_path / "home" / "data-1"
    kills = 0
    while kills < 3:
        process = program(tmp_path / "home", folder)
        before = history_of(path)
        while history_of(path) == before and process.poll() is None:
            time.sleep(0.005)
        time.sleep(chance.uniform(0, 0.15))
        assert process.poll() is None, "the run is too short to be killed"
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        kills += 1
    assert program(tmp_path / "home", folder).wait() == 0
    assert_same(Run(path), whole)
    assert (path / "history.jsonl").read_text().count('"resumed"') >= 1
    assert [child.name for child in (tmp_path / "home").iterdir() if child.is_dir()] == ["data-1"]


def history_of(path: Path) -> str:
    return (path / "history.jsonl").read_text() if (path / "history.jsonl").exists() else ""


DYING = {
    "before the file has its name": """
import os, signal
from lenswork.record import checkpoint
calls = []
def dying(path, real=checkpoint.sync):
    calls.append(path)
    if len(calls) == 20:
        os.kill(os.getpid(), signal.SIGKILL)
    real(path)
checkpoint.sync = dying
""",
    "between the two names": """
import os, signal
from lenswork import files
def dying(path, real=files.sync):
    before = path.parent / "checkpoint-before.safetensors"
    if ".checkpoint.safetensors" in path.name and before.exists():
        os.kill(os.getpid(), signal.SIGKILL)
    real(path)
files.sync = dying
""",
}


@pytest.mark.slow
@pytest.mark.parametrize("prelude", DYING.values(), ids=DYING)
def test_a_kill_while_a_checkpoint_is_written_costs_that_checkpoint_only(
    tmp_path: Path, undisturbed: tuple[Path, Run], prelude: str
) -> None:
    folder, whole = undisturbed
    assert program(tmp_path / "home", folder, prelude).wait() == -signal.SIGKILL
    path = tmp_path / "home" / "data-1"
    assert list(path.glob(".*.part"))
    assert program(tmp_path / "home", folder).wait() == 0
    assert_same(Run(path), whole)
    assert not list(path.glob(".*.part"))


class Board:
    """A sink that remembers what it was told, and forgets it when a run begins."""

    address = "the board"

    def __init__(self) -> None:
        self.rows: list[Row] = []
        self.ended: list[str] = []

    def begin(self, run: Run, group: Group | None = None) -> None:  # noqa: ARG002
        self.rows = []

    def row(self, row: Row) -> None:
        self.rows.append(row)

    def end(self, run: Run, pictures: Pictures, files: Sequence[Path] = ()) -> None:  # noqa: ARG002
        self.ended.append(run.status)

    def note(self, group: Group, text: str, moment: float) -> None: ...


def test_a_board_hears_every_epoch_of_a_run_that_goes_on_once(tmp_path: Path) -> None:
    go(tmp_path, after(2))
    board = Board()
    recorder = Recorder(tmp_path, resume=True)
    events = recorded(training(), recorder)
    for _ in followed(events, recorder, [board], lambda _: {}, pytest.fail):
        pass
    assert board.rows == rows_of(recorder.run)
    assert [row.epoch for row in board.rows] == [1, 2, 3, 4]
    assert board.ended == ["finished"]


@pytest.mark.parametrize(
    "changed",
    [
        striped_data(train=54),
        replace(striped_data(), classes=("one", "two", "three")),
    ],
    ids=["a picture less", "a class renamed"],
)
def test_a_run_without_a_checkpoint_does_not_go_on_with_other_data(
    tmp_path: Path, changed: Dataset
) -> None:
    recipe = Recipe(data="stripes", **QUICK)
    recorder = Recorder(tmp_path, checkpoint_seconds=1e9)
    events = recorded(Training(recipe, striped_data(), device="cpu"), recorder)
    while not isinstance(next(events), StepDone):
        pass
    leave(recorder, events)
    said: list[str] = []
    again = Recorder(tmp_path, resume=True)
    for _ in recorded(Training(recipe, changed, device="cpu"), again, tell=said.append):
        pass
    assert again.run.name == "stripes-2"
    assert again.run.classes == changed.classes
    assert "run stripes-1 was begun with other" in said[0]
    assert Run(tmp_path / "stripes-1").status == "killed"
