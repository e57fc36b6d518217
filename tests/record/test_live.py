"""What a run shows while it is trained, and how it is stopped by a file in its folder."""

import errno
import itertools
import json
import math
import os
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from tiny_data import striped_data
from torch import nn

from lenswork.data.batches import batch_stream
from lenswork.errors import UsageError
from lenswork.record import live_writer
from lenswork.record.live import (
    LIVE,
    MISTAKES,
    STOP,
    Live,
    ask_to_stop,
    is_asked_to_stop,
    read_live,
    read_mistakes,
)
from lenswork.record.progress import pictures_an_epoch
from lenswork.record.resume import Training, recorded
from lenswork.record.run import Run
from lenswork.record.train import train
from lenswork.record.writer import Recorder
from lenswork.training.events import EpochDone, Event, Read, Started, StepDone
from lenswork.training.recipe import Recipe

FIELDS: dict[str, Any] = {"net": "flatten, dense classes", "recipe": "notes", "batch": 8}


@pytest.fixture
def always(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have every step and epoch written down."""
    monkeypatch.setattr(live_writer, "PAUSE_SECONDS", 0.0)


def begun(home: Path, epochs: int = 3, name: str = "one") -> tuple[Recorder, Iterator[Event]]:
    recorder = Recorder(home, name, resume=True, checkpoint_seconds=0.0)
    recipe = Recipe(data="stripes", **FIELDS, epochs=epochs)
    return recorder, recorded(Training(recipe, striped_data(), device="cpu"), recorder)


def leave(recorder: Recorder, events: Iterator[Event]) -> None:
    """As a kill leaves a run, with the files that it had."""
    kept = {
        name: (recorder.run.path / name).read_bytes()
        for name in (LIVE, MISTAKES, STOP)
        if (recorder.run.path / name).exists()
    }
    recorder._fail = lambda *_: None  # type: ignore[method-assign]
    events.close()  # type: ignore[attr-defined]
    for name, content in kept.items():
        (recorder.run.path / name).write_bytes(content)


@pytest.mark.usefixtures("always")
def test_every_step_is_told_as_far_as_it_is(tmp_path: Path) -> None:
    recorder, events = begun(tmp_path, epochs=2)
    losses: list[float] = []
    for event in events:
        if isinstance(event, StepDone):
            if event.step == 9:
                losses = []
            losses.append(float(event.loss))
            live = read_live(recorder.run.path)
            assert live is not None
            assert (live.epoch, live.epochs) == (event.epoch, 2)
            assert (live.step, live.steps_per_epoch) == ((event.step - 1) % 8 + 1, 8)
            assert live.pictures == min(live.step * 8, 60)
            assert live.evaluating == (live.step == 8)
            assert live.pictures_a_second > 0
            assert live.seconds_left >= 0
            if live.step < 8:  # the last batch is smaller
                assert live.loss == pytest.approx(np.mean(losses), rel=1e-5)


@pytest.mark.usefixtures("always")
def test_the_surest_mistakes_are_told_after_each_epoch_by_name(tmp_path: Path) -> None:
    recorder, events = begun(tmp_path, epochs=2)
    part = striped_data().validation
    assert part is not None
    for event in events:
        if isinstance(event, EpochDone):
            told = read_mistakes(recorder.run.path)
            assert told is not None
            assert (told.epoch, told.part) == (event.epoch, "validation")
            wrong = round((1 - event.metrics["val_accuracy"]) * 30)
            assert len(told.pictures) == min(wrong, 24)
            for one in told.pictures:
                assert part.ids[one.row] == one.id
                assert one.truth == f"stripe {part.labels[one.row]}" != one.said
            sure = [one.confidence for one in told.pictures]
            assert sure == sorted(sure, reverse=True)


@pytest.mark.usefixtures("always")
def test_nothing_of_it_is_left_when_the_run_has_ended(tmp_path: Path) -> None:
    recorder, events = begun(tmp_path)
    for _ in events:
        pass
    assert sorted(path.name for path in recorder.run.path.iterdir()) == [
        "classifier.safetensors",
        "environment.json",
        "history.jsonl",
        "predictions.npz",
        "recipe.toml",
    ]


@pytest.mark.usefixtures("always")
def test_nothing_of_it_is_left_when_the_run_has_failed(tmp_path: Path) -> None:
    recorder, events = begun(tmp_path)
    while not isinstance(next(events), EpochDone):
        pass
    with pytest.raises(MemoryError):
        events.throw(MemoryError("no room"))  # type: ignore[attr-defined]
    assert not [path for path in recorder.run.path.iterdir() if path.name[:2] in (".l", ".m", ".s")]


def test_a_run_that_is_asked_to_stop_ends_after_its_step_with_everything_recorded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live_writer, "PAUSE_SECONDS", 0.0)
    recorder, events = begun(tmp_path, epochs=50)
    for event in events:
        if isinstance(event, StepDone) and event.step == 20:
            ask_to_stop(Run(recorder.run.path))
            assert is_asked_to_stop(recorder.run.path)
    run = recorder.run
    assert run.status == "stopped"
    assert run.end["stopped"] == "stopped on request"
    assert len(run.history) == 2  # 20 steps, and the one that found it, are 2 epochs and some
    assert run.accuracy().n == 30
    assert not is_asked_to_stop(run.path)


def test_a_training_from_python_is_stopped_so_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live_writer, "PAUSE_SECONDS", 0.0)

    class Asking(nn.Sequential):
        def forward(self, pictures: Any) -> Any:
            if (tmp_path / "one" / ".running").exists():
                (tmp_path / "one" / STOP).touch()
            return super().forward(pictures)  # type: ignore[no-untyped-call]

    run = train(
        striped_data(),
        net=Asking(nn.Flatten(), nn.Linear(144, 3)),
        epochs=50,
        home=tmp_path,
        name="one",
        progress=False,
    )
    assert run.end["stopped"] == "stopped on request"


def test_the_wish_to_stop_is_looked_for_a_few_times_a_second_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [100.0]
    clock = SimpleNamespace(perf_counter=lambda: now[0], time=lambda: now[0])
    monkeypatch.setattr(live_writer, "time", clock)
    recorder, events = begun(tmp_path, epochs=1)
    seen = []
    for event in events:
        if isinstance(event, StepDone):
            live = read_live(recorder.run.path)
            seen.append(live.step if live else 0)
            now[0] += 0.2
    # after half a second each, and the last step before an evaluation of unknown length
    assert seen == [0, 0, 0, 4, 4, 4, 7, 8]


@pytest.mark.usefixtures("always")
def test_a_wish_that_a_killed_run_has_left_does_not_stop_it_when_it_goes_on(tmp_path: Path) -> None:
    recorder, events = begun(tmp_path)
    while not isinstance(next(events), EpochDone):
        pass
    ask_to_stop(Run(recorder.run.path))
    leave(recorder, events)
    path = recorder.run.path
    assert (path / STOP).exists()
    assert Run(path).status == "killed"
    again, events = begun(tmp_path)
    assert not isinstance(next(events), EpochDone)
    assert not (path / STOP).exists()
    for _ in events:
        pass
    assert again.run.status == "finished"


@pytest.mark.usefixtures("always")
def test_a_run_that_goes_on_within_an_epoch_tells_its_loss_since_then(tmp_path: Path) -> None:
    recorder, events = begun(tmp_path)
    for event in events:
        if isinstance(event, StepDone) and event.step == 3:
            leave(recorder, events)
            break
    again, events = begun(tmp_path)
    first = next(event for event in events if isinstance(event, StepDone))
    live = read_live(again.run.path)
    assert live is not None
    assert live.step == first.step == 4
    assert live.pictures == 8 * first.step
    assert live.loss == pytest.approx(float(first.loss))


def test_a_run_that_nobody_trains_cannot_be_asked_to_stop(tmp_path: Path) -> None:
    run = train(striped_data(), home=tmp_path, epochs=1, progress=False, **FIELDS)
    with pytest.raises(UsageError, match="stripes-1 is not being trained: it is finished"):
        ask_to_stop(run)
    assert not (run.path / STOP).exists()


def test_who_asks_just_when_the_run_ends_leaves_nothing_in_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = train(striped_data(), home=tmp_path, epochs=1, progress=False, **FIELDS)
    said = iter(["running", "finished"])
    monkeypatch.setattr(Run, "status", property(lambda _: next(said)))
    ask_to_stop(run)
    assert not (run.path / STOP).exists()


def test_a_run_whose_folder_takes_no_wish_is_refused_with_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(path: Path) -> None:
        raise PermissionError(errno.EACCES, "Permission denied", str(path))

    recorder, events = begun(tmp_path)
    next(events)
    monkeypatch.setattr(Path, "touch", refuse)
    with pytest.raises(UsageError, match=r"cannot be written \(Permission denied\).*Ctrl-C"):
        ask_to_stop(recorder.run)
    events.close()  # type: ignore[attr-defined]


@pytest.mark.usefixtures("always")
def test_a_wish_that_comes_while_an_epoch_is_evaluated_is_met_at_its_end(tmp_path: Path) -> None:
    recorder, events = begun(tmp_path, epochs=50)
    steps = 0
    for event in events:
        steps += isinstance(event, StepDone)
        if isinstance(event, Read):  # told after the evaluation
            ask_to_stop(Run(recorder.run.path))
    assert (recorder.run.status, recorder.run.end["epochs"], steps) == ("stopped", 1, 8)


@pytest.mark.usefixtures("always")
@pytest.mark.parametrize("steps", [3, 7, 8, 20])
def test_an_epoch_of_any_number_of_passes_is_counted_to_its_end(tmp_path: Path, steps: int) -> None:
    recorder = Recorder(tmp_path, "one")
    recipe = Recipe(data="stripes", **FIELDS, epochs=2, steps_per_epoch=steps)
    data, met = striped_data(), 0
    for event in recorded(Training(recipe, data, device="cpu"), recorder):
        if isinstance(event, Started):
            batches = itertools.islice(batch_stream(len(data.train), 8, recipe.seed), steps)
            assert pictures_an_epoch(event) == sum(map(len, batches))
        if isinstance(event, StepDone):
            met += event.pictures
            live = read_live(recorder.run.path)
            assert live is not None
            assert live.pictures == met
            assert live.seconds_left > 0 or event.step == 2 * steps
        if isinstance(event, EpochDone):
            met = 0


@pytest.mark.usefixtures("always")
def test_the_record_is_the_same_to_the_last_bit_whether_anybody_looks_or_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recorder, events = begun(tmp_path / "told")
    for _ in events:
        pass
    for name in ("begin", "after_step", "after_epoch"):
        monkeypatch.setattr(live_writer.LiveWriter, name, lambda *_: None)
    plain, events = begun(tmp_path / "plain")
    for _ in events:
        pass
    one, other = recorder.run, plain.run
    assert [row["metrics"] for row in one.history] == [row["metrics"] for row in other.history]
    np.testing.assert_array_equal(
        one.answers["validation"].probabilities, other.answers["validation"].probabilities
    )
    assert one.classifier_path.read_bytes() == other.classifier_path.read_bytes()


@pytest.mark.parametrize("content", ["", "{", "[]", "{}", '{"epoch": 1}', '{"pictures": [3]}'])
def test_what_is_damaged_or_of_another_version_is_not_told(tmp_path: Path, content: str) -> None:
    for name in (LIVE, MISTAKES):
        (tmp_path / name).write_text(content)
    assert read_live(tmp_path) is None
    assert read_mistakes(tmp_path) is None


NOW: dict[str, Any] = {
    "epoch": 1, "epochs": 3, "step": 2, "steps_per_epoch": 8, "pictures": 16,
    "pictures_a_second": 9.5, "loss": None, "seconds_left": 4, "written": 1e9,
}  # fmt: skip
WRONG: dict[str, Any] = {"row": 1, "id": "a.png", "truth": "cat", "said": "dog", "confidence": 0.9}


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("epoch", "1"), ("epochs", None), ("step", -1), ("steps_per_epoch", 0), ("pictures", 1.5),
        ("pictures_a_second", math.inf), ("loss", math.nan), ("loss", "low"),
        ("seconds_left", None), ("written", "now"), ("written", 10**30),
    ],
)  # fmt: skip
def test_a_number_that_cannot_be_is_not_told(tmp_path: Path, field: str, value: Any) -> None:
    (tmp_path / LIVE).write_text(json.dumps({**NOW, "of a later version": 1}))
    assert read_live(tmp_path) == Live(**NOW)
    (tmp_path / LIVE).write_text(json.dumps({**NOW, field: value}))
    assert read_live(tmp_path) is None


@pytest.mark.parametrize(
    "changed",
    [
        {"epoch": "1"}, {"part": "train"}, {"part": []}, {"pictures": {}}, {"pictures": ["a.png"]},
        {"pictures": [{**WRONG, "row": "1"}]}, {"pictures": [{**WRONG, "truth": None}]},
        {"pictures": [{**WRONG, "confidence": math.nan}]}, {"pictures": 1000 * [WRONG]},
    ],
)  # fmt: skip
def test_mistakes_that_cannot_be_are_not_told(tmp_path: Path, changed: dict[str, Any]) -> None:
    said: dict[str, Any] = {"epoch": 1, "part": "validation", "pictures": [WRONG]}
    (tmp_path / MISTAKES).write_text(json.dumps(said))
    told = read_mistakes(tmp_path)
    assert told is not None
    assert told.as_dict() == {**said, "pictures": (WRONG,)}
    (tmp_path / MISTAKES).write_text(json.dumps({**said, **changed}))
    assert read_mistakes(tmp_path) is None


def test_what_no_run_has_written_is_neither_waited_for_nor_read_to_its_end(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / LIVE)
    (tmp_path / MISTAKES).write_text(f"{2_000_000 * chr(32)}{{}}")
    assert read_live(tmp_path) is None
    assert read_mistakes(tmp_path) is None
    (tmp_path / MISTAKES).write_text(100_000 * "[")
    assert read_mistakes(tmp_path) is None


@pytest.mark.usefixtures("always")
def test_a_disk_that_takes_no_live_numbers_ends_no_training(tmp_path: Path) -> None:
    recorder, events = begun(tmp_path)
    next(events)
    for name in (LIVE, MISTAKES):
        (recorder.run.path / f"{name}.part").mkdir()  # where it would be written first
    for _ in events:
        pass
    assert recorder.run.status == "finished"


@pytest.mark.usefixtures("always")
def test_a_loss_that_is_no_number_is_told_in_true_json(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path, "wild")
    net = "conv 4, pool, flatten, dense classes"
    recipe = Recipe(data="stripes", net=net, batch=8, optimizer="sgd", learning_rate=1e30)
    seen = []
    for event in recorded(Training(recipe, striped_data(), device="cpu"), recorder):
        if isinstance(event, StepDone):
            text = (recorder.run.path / LIVE).read_text()
            seen.append(json.loads(text, parse_constant=pytest.fail)["loss"])
    assert seen[-1] is None
