"""A training that begins while pictures are still being read is the same training."""

import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from click.testing import CliRunner
from tiny_data import striped_data, write_striped_folder

from lenswork.cli.show import command
from lenswork.data.cache.rows import Rows
from lenswork.data.dataset import ArraySource, Dataset, Part
from lenswork.data.open import open_data
from lenswork.errors import PictureError
from lenswork.kinds import SplitName
from lenswork.record.checkpoint import has_checkpoint
from lenswork.record.writer import Recorder
from lenswork.training import prepare, reading
from lenswork.training.events import EpochDone, Event, Finished, Read, Started, StepDone
from lenswork.training.feed import first_places
from lenswork.training.fit import fit
from lenswork.training.recipe import Recipe

FIELDS: dict[str, Any] = {
    "net": "conv 3, pool, flatten, dense classes",
    "recipe": "notes",
    "epochs": 2,
    "batch": 8,
}


@pytest.fixture
def overlapping(monkeypatch: pytest.MonkeyPatch) -> None:
    """However few pictures there are, training begins before they have been read."""
    monkeypatch.setattr(prepare, "OVERLAP_FROM", 1)
    monkeypatch.setenv("LENSWORK_CACHE", "off")


@dataclass
class Held:
    """Pictures that are let go by `event`; `in_time` unless somebody has waited for them."""

    event: threading.Event = field(default_factory=threading.Event)
    in_time: bool = True


def trained(data: Dataset, **fields: Any) -> list[Event]:
    return list(fit(Recipe(data="stripes", **(FIELDS | fields)), data, device="cpu"))


def steps(events: list[Event]) -> list[float]:
    return [float(event.loss) for event in events if isinstance(event, StepDone)]


def test_reading_while_training_changes_no_bit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LENSWORK_CACHE", "off")
    data = open_data(write_striped_folder(tmp_path))
    before = trained(data, augment="flip")
    monkeypatch.setattr(prepare, "OVERLAP_FROM", 1)
    meanwhile = trained(data, augment="flip")
    assert [type(event) for event in meanwhile] == [type(event) for event in before]
    assert steps(meanwhile) == steps(before)
    last, other = before[-1], meanwhile[-1]
    assert isinstance(last, Finished)
    assert isinstance(other, Finished)
    assert last.metrics == other.metrics
    ours, theirs = (one.classifier.network.state_dict() for one in (last, other))
    assert all(torch.equal(ours[name], theirs[name]) for name in ours)


def test_what_was_read_is_told_before_the_first_epoch_is_over(
    tmp_path: Path, overlapping: None
) -> None:
    data = open_data(write_striped_folder(tmp_path))
    kinds = [type(event) for event in trained(data)]
    assert kinds.count(Read) == 1
    assert kinds.index(Read) == kinds.index(EpochDone) - 1
    first, second = (digests(trained(one)) for one in (data, as_in_memory(data)))
    assert first == second


def digests(events: list[Event]) -> Mapping[SplitName, str]:
    return next(event.digests for event in events if isinstance(event, Read))


def as_in_memory(data: Dataset) -> Dataset:
    """The same pictures and labels, which need no reading."""
    parts = {
        name: Part(
            ArraySource(np.stack([part.source.read(at) for at in range(len(part))])),
            part.labels,
            part.ids,
        )
        for name, part in data.parts.items()
    }
    return replace(data, parts=parts)


def test_a_state_taken_before_all_has_been_read_knows_the_pictures(
    tmp_path: Path, overlapping: None
) -> None:
    data = open_data(write_striped_folder(tmp_path))
    recipe = Recipe(data="stripes", **FIELDS)
    events = fit(recipe, data, device="cpu")
    started = next(events)
    assert isinstance(started, Started)
    assert started.state is not None
    next(events)
    state = started.state()
    events.close()  # type: ignore[attr-defined]
    assert steps(list(fit(recipe, data, device="cpu", resume=state))) == steps(trained(data))[1:]


@pytest.mark.parametrize("broken", ["000.png", "004.png"])  # the first is a golden picture too
def test_every_unreadable_picture_is_named_though_training_may_have_begun(
    tmp_path: Path, overlapping: None, broken: str
) -> None:
    folder = write_striped_folder(tmp_path)
    bad = [folder / "train" / "high" / broken, folder / "validation" / "low" / "001.png"]
    for path in bad:
        path.write_bytes(path.read_bytes()[:60])
    with pytest.raises(PictureError, match="2 of 36 pictures cannot be read") as caught:
        trained(open_data(folder))
    assert all(str(path.relative_to(folder)) in str(caught.value) for path in bad)


def test_waiting_for_pictures_counts_as_no_training(
    tmp_path: Path, overlapping: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill = Rows.fill

    def slowly(self: Rows, index: int) -> None:
        time.sleep(0.02)
        fill(self, index)

    monkeypatch.setattr(Rows, "fill", slowly)
    events = trained(open_data(write_striped_folder(tmp_path)), epochs=1)
    read = next(event for event in events if isinstance(event, Read))
    epoch = next(event for event in events if isinstance(event, EpochDone))
    assert read.seconds > 0.1
    assert epoch.train_seconds < read.seconds


@pytest.fixture
def held(monkeypatch: pytest.MonkeyPatch) -> Held:
    """The training pictures of the last batch are not there before they are let go."""
    held = Held()
    last = set(first_places(24, FIELDS["batch"], Recipe().seed)[-FIELDS["batch"] :].tolist())
    fill = Rows.fill

    def waiting(self: Rows, index: int) -> None:
        if len(self.pictures) == 24 and index in last:
            held.in_time = held.in_time and held.event.wait(5)
        fill(self, index)

    monkeypatch.setattr(Rows, "fill", waiting)
    waiting_threads = -(-FIELDS["batch"] // reading.CHUNK)
    monkeypatch.setattr(reading, "available_cores", lambda: waiting_threads + 1)  # one goes on
    return held


def test_no_step_waits_for_a_checkpoint_that_needs_later_pictures(
    tmp_path: Path, overlapping: None, held: Held
) -> None:
    recorder = Recorder(tmp_path / "runs", checkpoint_seconds=0.0)
    recipe = Recipe(data="stripes", **FIELDS)
    for event in recorder.record(fit(recipe, open_data(write_striped_folder(tmp_path / "data")))):
        if isinstance(event, StepDone) and event.step == 2:
            assert not has_checkpoint(recorder.run.path)
            held.event.set()
        if isinstance(event, EpochDone):
            assert has_checkpoint(recorder.run.path)
    assert held.in_time


def test_a_run_that_ends_while_it_reads_records_what_it_has_read(
    tmp_path: Path, overlapping: None, held: Held
) -> None:
    stop = threading.Event()
    recorder = Recorder(tmp_path / "runs")
    recipe = Recipe(data="stripes", **FIELDS)
    data = open_data(write_striped_folder(tmp_path / "data"))
    for event in recorder.record(fit(recipe, data, device="cpu", stop=stop)):
        if isinstance(event, StepDone):
            stop.set()
        if isinstance(event, Finished):
            held.event.set()
    whole = digests(trained(data))
    assert recorder.run.digests == {"validation": whole["validation"]}
    assert 8 <= recorder.run.unread <= 16
    shown = CliRunner().invoke(command, [str(recorder.run.path)])
    assert f"it ended before {recorder.run.unread} training pictures had been read" in shown.output


def test_the_wait_between_two_epochs_is_no_part_of_the_second(
    tmp_path: Path, overlapping: None, held: Held
) -> None:
    data = open_data(write_striped_folder(tmp_path))
    threading.Timer(0.3, held.event.set).start()  # the first epoch takes one batch of three
    events = trained(data, steps_per_epoch=1)
    epochs = [event for event in events if isinstance(event, EpochDone)]
    assert held.in_time
    assert len(epochs) == 2
    assert all(event.train_seconds > 0 for event in epochs)


def test_pictures_in_memory_are_all_brought_to_size_before_training_begins() -> None:
    data = striped_data(80)
    events = fit(Recipe(data="stripes", size="8x8", **FIELDS), data, device="cpu")
    next(events)
    assert not any(thread.name.startswith("reading") for thread in threading.enumerate())
    events.close()  # type: ignore[attr-defined]
