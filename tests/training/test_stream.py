"""Shards that do not stay in memory are trained on as they come, and a resume meets the same."""

import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from shard_sets import PieceServer, opened
from tiny_data import striped_data

from lenswork.data.dataset import Dataset
from lenswork.data.open import open_data
from lenswork.errors import PictureError, RecipeError
from lenswork.record.resume import Training, recorded
from lenswork.record.writer import Recorder
from lenswork.training.events import Event, Finished, Started, StepDone
from lenswork.training.feed import StreamFeed
from lenswork.training.fit import fit
from lenswork.training.prepare import prepare
from lenswork.training.recipe import Recipe

FIELDS: dict[str, Any] = {
    "net": "conv 3, pool, flatten, dense classes",
    "recipe": "notes",
    "epochs": 3,
    "batch": 8,
    "stream": True,
}


def recipe(**fields: Any) -> Recipe:
    return Recipe(data="stripes", **(FIELDS | fields))


def losses(events: list[Event]) -> list[float]:
    return [float(event.loss) for event in events if isinstance(event, StepDone)]


def test_each_picture_is_met_once_in_each_pass(tmp_path: Path) -> None:
    data = opened(tmp_path / "shards", train=20, shards=3)
    session = prepare(recipe(), data, None, "cpu")
    assert isinstance(session.feed, StreamFeed)
    own = np.stack([data.train.source.read(index) for index in range(20)])
    for _ in range(2):
        met = [next(session.batches) for _ in range(session.steps_per_epoch)]
        pictures = torch.cat([pictures for pictures, _ in met]).numpy()
        labels = torch.cat([labels for _, labels in met]).tolist()
        places = [int(np.flatnonzero((own == one).all((1, 2, 3)))[0]) for one in pictures]
        assert sorted(places) == list(range(20))
        assert labels == data.train.labels[places].tolist()


@pytest.mark.parametrize("steps", [1, 3, 4, 7])
def test_a_stream_goes_on_from_any_step(tmp_path: Path, steps: int) -> None:
    data = opened(tmp_path / "shards", train=20, shards=3)
    whole = list(fit(recipe(), data, device="cpu"))
    events = fit(recipe(), data, device="cpu")
    started = next(events)
    assert isinstance(started, Started)
    assert started.state is not None
    while steps:
        steps -= isinstance(next(events), StepDone)
    state = started.state()
    events.close()  # type: ignore[attr-defined]
    rest = list(fit(recipe(), data, device="cpu", resume=state))
    assert losses(rest) == losses(whole)[state.step :]
    ends = [events[-1] for events in (rest, whole)]
    assert all(isinstance(end, Finished) for end in ends)
    weights = [end.classifier.network.state_dict() for end in ends if isinstance(end, Finished)]
    assert all(torch.equal(weights[0][name], weights[1][name]) for name in weights[0])


def test_shards_from_elsewhere_are_streamed_without_being_asked_to(tmp_path: Path) -> None:
    here = opened(tmp_path / "shards", train=20, shards=3)
    with PieceServer(tmp_path / "shards").running() as server:
        data = open_data(server.address("train-{000..002}.tar"))
        events = list(fit(recipe(stream=None), data, device="cpu"))
    started = events[0]
    assert isinstance(started, Started)
    assert started.recipe.stream
    assert any("anew each epoch" in reason for reason in started.reasons)
    assert losses(events) == losses(list(fit(recipe(), here, device="cpu")))


@pytest.mark.parametrize("fields", [{}, {"train_pictures": 16}, {"size": "8x8", "colours": "grey"}])
def test_a_training_over_http_asks_for_each_shard_and_not_for_each_picture(
    tmp_path: Path, fields: dict[str, Any]
) -> None:
    opened(tmp_path / "shards", train=60, shards=3)
    asked = recipe(stream=None, epochs=2, **fields)
    with PieceServer(tmp_path / "shards").running() as server:
        data = open_data(server.address())
        recorder = Recorder(tmp_path / "runs")
        for _ in recorded(Training(asked, data, device="cpu"), recorder):
            pass
        assert len(server.asked(".tar")) == 1 + 3 * 2 + 1  # the first look, training, validation
    here = Training(asked.changed(stream=True), open_data(tmp_path / "shards"), device="cpu")
    same = Recorder(tmp_path / "here")
    for _ in recorded(here, same):
        pass
    golden = [one.run.classifier.golden for one in (recorder, same)]
    assert all(np.array_equal(ours, theirs) for ours, theirs in zip(*golden, strict=True))


def test_pictures_from_elsewhere_that_stay_in_memory_are_asked_for_once_a_shard(
    tmp_path: Path,
) -> None:
    opened(tmp_path / "shards", train=60, shards=3)
    with PieceServer(tmp_path / "shards").running() as server:
        data = open_data(server.address())
        events = list(fit(recipe(stream=False), data, device="cpu"))
        assert len(server.asked(".tar")) == 1 + 3 + 1  # the first look, training, validation
    here = list(fit(recipe(stream=False), open_data(tmp_path / "shards"), device="cpu"))
    assert losses(events) == losses(here)
    ours, theirs = (end[-1] for end in (events, here))
    assert isinstance(ours, Finished)
    assert isinstance(theirs, Finished)
    golden = zip(ours.classifier.golden, theirs.classifier.golden, strict=True)
    assert all(np.array_equal(one, other) for one, other in golden)


def test_a_stream_that_goes_on_brings_the_golden_pictures_it_has_passed(tmp_path: Path) -> None:
    opened(tmp_path / "shards", train=60, shards=3)
    with PieceServer(tmp_path / "shards").running() as server:
        data = open_data(server.address())
        events = fit(recipe(epochs=1), data, device="cpu")
        started = next(events)
        assert isinstance(started, Started)
        assert started.state is not None
        while not (isinstance(event := next(events), StepDone) and event.step == 6):
            pass
        state = started.state()
        events.close()  # type: ignore[attr-defined]
        rest = list(fit(recipe(epochs=1), open_data(server.address()), device="cpu", resume=state))
    whole = list(fit(recipe(epochs=1), open_data(tmp_path / "shards"), device="cpu"))
    ends = [events[-1] for events in (rest, whole)]
    golden = [end.classifier.golden for end in ends if isinstance(end, Finished)]
    assert all(np.array_equal(ours, theirs) for ours, theirs in zip(*golden, strict=True))


def test_a_stream_that_is_left_early_leaves_no_thread_behind(tmp_path: Path) -> None:
    data = opened(tmp_path / "shards", train=80, shards=3)
    before = set(threading.enumerate())
    stop = threading.Event()
    events = []
    for event in fit(recipe(), data, device="cpu", stop=stop):
        events.append(event)  # with the state that knows all of it
        if isinstance(event, StepDone):
            stop.set()
    assert isinstance(events[-1], Finished)
    assert set(threading.enumerate()) <= before


def test_local_shards_that_fit_are_the_same_training_as_their_pictures(tmp_path: Path) -> None:
    data = opened(tmp_path / "shards", train=20, shards=3)
    same = Dataset(data.name, data.classes, data.parts)
    one, other = (list(fit(recipe(stream=None), each, device="cpu")) for each in (data, same))
    assert isinstance(one[0], Started)
    assert not one[0].recipe.stream
    assert losses(one) == losses(other)


def test_a_damaged_picture_ends_the_training_with_its_shard_named(tmp_path: Path) -> None:
    data = opened(tmp_path / "shards", train=20, shards=3)
    shard = tmp_path / "shards" / "train-001.tar"
    content = bytearray(shard.read_bytes())
    at = content.index(b"IHDR")
    content[at : at + 20] = bytes(20)
    shard.write_bytes(content)
    with pytest.raises(PictureError, match=r"train-001\.tar"):
        list(fit(recipe(), data, device="cpu"))


def test_only_shards_can_be_streamed() -> None:
    with pytest.raises(RecipeError, match=r"only tar shards.*stripes is in none"):
        next(fit(recipe(), striped_data(), device="cpu"))
