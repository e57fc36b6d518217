"""A run that is followed and one that is told later come to the same."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from recorded_runs import write_run
from tiny_data import striped_data

from lenswork.record.run import Run
from lenswork.record.sinks import (
    Group,
    Pictures,
    Row,
    fields_of,
    followed,
    identity,
    report_of,
    rows_of,
    tell,
)
from lenswork.record.writer import Recorder
from lenswork.training.events import EpochDone, Event, Finished
from lenswork.training.fit import fit
from lenswork.training.recipe import Recipe


class Listener:
    """Remembers what it was told, and fails at the word it is given."""

    address = "the listener"

    def __init__(self, fails_at: str = "") -> None:
        self.fails_at = fails_at
        self.heard: list[Any] = []

    def begin(self, run: Run, group: Group | None = None) -> None:
        self._hear("begin", identity(run), group)

    def row(self, row: Row) -> None:
        self._hear("row", row)

    def end(self, run: Run, pictures: Pictures, files: Sequence[Path] = ()) -> None:
        self._hear("end", run.status, pictures, files)

    def note(self, group: Group, text: str, moment: float) -> None:
        self._hear("note", group, text, moment)

    def _hear(self, word: str, *said: Any) -> None:
        if word == self.fails_at:
            raise ConnectionError("nobody there")
        self.heard.append((word, *said))


def training(home: Path, *listeners: Listener, epochs: int = 3, **ends: Any) -> Iterator[Event]:
    recipe = Recipe(data="stripes", recipe="notes", net="flatten, dense classes", epochs=epochs)
    recorder = Recorder(home, "one")
    events = recorder.record(broken(fit(recipe, striped_data(), device="cpu"), **ends))
    complaints: list[str] = ends.get("complaints", [])
    return followed(events, recorder, listeners, drawn, complaints.append)


def broken(events: Iterator[Event], breaks_at: int = 0, **_: Any) -> Iterator[Event]:
    for event in events:
        yield event
        if breaks_at and isinstance(event, EpochDone) and event.epoch == breaks_at:
            raise RuntimeError("the lamp went out")


def drawn(run: Run) -> Mapping[str, bytes]:
    return {"name.png": run.name.encode()}


def test_a_run_that_is_followed_is_told_what_its_record_tells_later(tmp_path: Path) -> None:
    live, later = Listener(), Listener()
    for _ in training(tmp_path, live):
        pass
    run = Run(tmp_path / "one")
    tell(run, [later], drawn(run))
    assert live.heard == later.heard
    assert [word for word, *_ in live.heard] == ["begin", "row", "row", "row", "end"]


def test_events_pass_unchanged(tmp_path: Path) -> None:
    kinds = [type(event).__name__ for event in training(tmp_path / "a", Listener())]
    assert kinds == [type(event).__name__ for event in training(tmp_path / "b")]
    assert kinds[-1] == "Finished"


@pytest.mark.parametrize("word", ["begin", "row", "end"])
def test_a_sink_that_fails_ends_no_training_and_is_told_no_more(tmp_path: Path, word: str) -> None:
    bad, good = Listener(fails_at=word), Listener()
    complaints: list[str] = []
    events = list(training(tmp_path, bad, good, complaints=complaints))
    assert isinstance(events[-1], Finished)
    assert complaints == ["the listener is told no more of this run: nobody there"]
    assert "end" not in [heard[0] for heard in bad.heard]
    assert good.heard[-1][0] == "end"


def test_a_run_that_fails_is_told_as_failed(tmp_path: Path) -> None:
    listener = Listener()
    with pytest.raises(RuntimeError, match="the lamp went out"):
        list(training(tmp_path, listener, breaks_at=2))
    assert [heard[0] for heard in listener.heard] == ["begin", "row", "row", "end"]
    assert listener.heard[-1][1] == "failed"


def test_a_run_whose_reader_leaves_is_told_as_failed(tmp_path: Path) -> None:
    listener = Listener()
    events = training(tmp_path, listener)
    next(events)
    events.close()  # type: ignore[attr-defined]
    assert listener.heard[-1][:2] == ("end", "failed")


def test_rows_end_when_their_epochs_ended(tmp_path: Path) -> None:
    run = write_run(tmp_path / "run", [0], [0])
    (row,) = rows_of(run)
    assert row.ended == 1767225600 + 2.5 + 0.5  # 2026-01-01 in seconds since 1970
    assert row.values == {"loss": 0.5, "train_seconds": 2.5, "evaluate_seconds": 0.5}


def test_a_run_keeps_its_identity_when_it_is_renamed_or_goes_on(tmp_path: Path) -> None:
    run = write_run(tmp_path / "run", [0], [0])
    other = write_run(tmp_path / "other", [0], [0], seed=1)
    before = identity(run)
    with (run.path / "history.jsonl").open("a", encoding="utf-8") as file:
        file.write("\n")
    moved = Run(run.path.rename(tmp_path / "moved"))
    assert identity(moved) == before
    assert identity(other) != before


def test_a_report_says_accuracy_with_its_interval_and_the_conditions(tmp_path: Path) -> None:
    text = report_of(write_run(tmp_path / "run", [0, 1, 2, 0], [0, 1, 2, 2]))
    assert "test accuracy 75.00% (30.06% to 95.44%" in text  # Wilson 1927, 3 of 4
    assert "2026-01-01 on abacus, 2 cores" in text
    assert "zoo, 9 train, 4 test pictures" in text


def test_what_opens_shards_elsewhere_is_told_to_no_board(tmp_path: Path) -> None:
    told_address = "https://ann:SECRET@host/ims/train-000.tar?token=SECRET"
    run = write_run(tmp_path / "run", [0, 1], [0, 1], data=told_address)
    assert "SECRET" not in report_of(run) + str(fields_of(run))
    assert "host/ims/train-000.tar" in str(fields_of(run)["data"])
