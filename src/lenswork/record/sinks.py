"""Runs for the boards that a team looks at: a record, told again to TensorBoard or MLflow.

    tell(run, sinks, pictures)                                # a run that is there
    followed(recorder.record(fit(...)), recorder, sinks, ...)  # a run in the making

A sink reads the record alone, so that both ways tell the same; the record stays the only state,
and a run that is told again is there once.
"""

import hashlib
import math
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

from lenswork.amounts import counted
from lenswork.data.shards.names import shown_source
from lenswork.errors import LensworkError
from lenswork.record.run import ENVIRONMENT, HISTORY, PREDICTIONS, RECIPE, Run
from lenswork.record.writer import Recorder
from lenswork.training.events import EpochDone, Event, Started

Pictures = Mapping[str, bytes]  # PNG files by name
MEASURED = ("learning_rate", "train_seconds", "evaluate_seconds")  # of an epoch, beside its metrics


class SinkError(LensworkError):
    """A board that cannot be reached or written to; the text says what to do."""


@dataclass(frozen=True)
class Row:
    """One epoch: its values by the record's names, and when it ended in seconds since 1970."""

    epoch: int
    values: Mapping[str, float]
    ended: float


@dataclass(frozen=True)
class Group:
    """The study that a run is a trial of; `plan` tells studies of one name apart."""

    study: str
    plan: str
    setting: str


class Sink(Protocol):
    """Where runs are told: `begin`, `row` for every epoch, `end`; and a `note` on a study."""

    address: str

    def begin(self, run: Run, group: Group | None = None) -> None:
        """A run with its recipe; one that has been told before is gone on with."""

    def row(self, row: Row) -> None:
        """One epoch of the run that was begun."""

    def end(self, run: Run, pictures: Pictures, files: Sequence[Path] = ()) -> None:
        """How the run ended, pictures of it, and files to keep beside it."""

    def note(self, group: Group, text: str, moment: float) -> None:
        """What a study has found so far, in Markdown, and when in seconds since 1970."""


def tell(
    run: Run,
    sinks: Sequence[Sink],
    pictures: Pictures,
    *,
    group: Group | None = None,
    files: Sequence[Path] = (),
) -> None:
    """Tell a recorded run to every sink; raises `SinkError`."""
    for sink in sinks:
        sink.begin(run, group)
        for row in rows_of(run):
            sink.row(row)
        sink.end(run, pictures, files)


def followed(
    events: Iterator[Event],
    recorder: Recorder,
    sinks: Sequence[Sink],
    draw: Callable[[Run], Pictures],
    complain: Callable[[str], None],
) -> Iterator[Event]:
    """Yield the `events` that `recorder` has written down, and tell them to every sink.

    A sink that fails is told no more: a board that is down must not end a training. `complain`
    is given a sentence about it.
    """
    if not sinks:
        yield from events
        return
    live = list(sinks)

    def each(act: Callable[[Sink], None]) -> None:
        for sink in tuple(live):
            try:
                act(sink)
            except Exception as error:  # whatever a client library raises
                live.remove(sink)
                complain(f"{sink.address} is told no more of this run: {error}")

    try:
        for event in events:
            if isinstance(event, Started):
                each(lambda sink: _begin(sink, recorder.run))
            elif isinstance(event, EpochDone):
                each(lambda sink: sink.row(rows_of(recorder.run)[-1]))
            yield event
    finally:
        if isinstance(events, Generator):
            events.close()  # so that the record says how the run ended before the sinks do
        if recorder.path is not None:
            each(lambda sink: sink.end(recorder.run, draw(recorder.run)))


def _begin(sink: Sink, run: Run) -> None:
    """Begin a run, with the epochs that it has had if it goes on from there."""
    sink.begin(run)
    for row in rows_of(run):
        sink.row(row)


def rows_of(run: Run) -> list[Row]:
    """A run's epochs; the times are those of the training, whenever it is told."""
    moment = started_at(run) + float(run.start.get("prepare_seconds") or 0.0)
    rows = []
    for line in run.history:
        moment += line["train_seconds"] + line["evaluate_seconds"]
        measured = {name: float(line[name]) for name in MEASURED if line.get(name) is not None}
        rows.append(Row(int(line["epoch"]), {**line["metrics"], **measured}, moment))
    return rows


def started_at(run: Run) -> float:
    """When a run began, in seconds since 1970."""
    return datetime.fromisoformat(str(run.environment["started"])).timestamp()


def identity(run: Run) -> str:
    """16 hexadecimal digits that a run keeps when it is renamed, copied or told again.

    Of its recipe, machine and start, which no run changes once it has begun.
    """
    start = (run.path / HISTORY).read_bytes().split(b"\n", 1)[0]
    parts = [(run.path / name).read_bytes() for name in (RECIPE, ENVIRONMENT)]
    return hashlib.sha256(b"\0".join([*parts, start])).hexdigest()[:16]


def fields_of(run: Run) -> dict[str, bool | float | str]:
    """The recipe's fields that are set, plain values as they are and lists as text."""
    found: dict[str, Any] = run.recipe.model_dump(mode="json", exclude_none=True)
    found["data"] = shown_source(run.recipe.data)  # a board is no place for a token
    return {
        name: value if isinstance(value, bool | int | float | str) else ", ".join(map(str, value))
        for name, value in found.items()
    }


def report_of(run: Run) -> str:
    """A run in a few lines of Markdown: accuracy with its interval, data, net, conditions."""
    where, summary = run.environment, run.summary()
    counts = run.start.get("pictures", {})
    pictures = ", ".join(f"{count:,} {part}" for part, count in counts.items())
    reason = f" ({summary.reason})" if summary.reason else ""
    lines = [
        *_accuracy_lines(run),
        f"{summary.status} after {counted(summary.epochs, 'epoch')}{reason}",
        f"data: {shown_source(summary.data)}, {pictures} pictures",
        f"net: {summary.net} ({summary.parameters:,} parameters)",
        f"trained {where['started'][:10]} on {where['processor']}, {where['cores']} cores",
        f"lenswork {where['lenswork']}, torch {where['packages'].get('torch', 'unknown')}",
    ]
    return "\n".join(f"- {line}" for line in lines)


def _accuracy_lines(run: Run) -> list[str]:
    finite = all(math.isfinite(value) for value in run.metrics.values())
    if not finite or not (run.path / PREDICTIONS).is_file():
        return []
    return [f"{part} accuracy {run.accuracy(part)}" for part in run.answers]
