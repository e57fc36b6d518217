"""A run's history: one line of JSON an event, each on the disk before training goes on."""

import json
import os
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from lenswork.errors import RunError
from lenswork.files import read_bytes, write_bytes
from lenswork.record.checked import checked_line
from lenswork.record.json_ready import json_ready
from lenswork.record.run import HISTORY
from lenswork.training.events import EpochDone, Finished, Read, Started


def append(folder: Path, line: Mapping[str, Any]) -> None:
    """Add one line and have the disk keep it; raises `OSError` with nothing added."""
    content = _text(line).encode()
    path = folder / HISTORY
    # Unbuffered: a buffer keeps what a full disk refused, and writes it when the file is closed.
    with path.open("ab", buffering=0) as file:
        before = file.tell()
        try:
            while content:
                content = content[file.write(content) :]
            os.fsync(file.fileno())
        except OSError:
            os.truncate(path, before)  # a cut line would spoil the next one
            raise


def has_finished(folder: Path) -> bool:
    """Whether the history says that the run is over."""
    return any(line["event"] == "finished" for _, line in _lines(folder))


def cut_back(folder: Path, epochs: int, step: int, conditions: Mapping[str, Any]) -> None:
    """Have the history end after `epochs` epochs, and say that the run goes on from `step`.

    `conditions` are those under which it goes on, which may be others than its environment's.

    Later epochs, a failure and a line that a kill cut short go; raises `RunError` when one of the
    epochs is missing.
    """
    kept = [
        text
        for text, line in _lines(folder)
        if line["event"] in ("started", "resumed")
        or (line["event"] == "read" and step > 0)  # from the beginning it is read anew
        or (line["event"] == "epoch" and line["epoch"] <= epochs)
    ]
    there = [line["epoch"] for line in map(json.loads, kept) if line["event"] == "epoch"]
    if there != list(range(1, epochs + 1)):
        raise RunError(
            f"expected the lines of epochs 1 to {epochs} in {folder / HISTORY}, got "
            f"{', '.join(map(str, there)) or 'none'}: lines were lost, so the run cannot go on; "
            "train a new one with --fresh"
        )
    at = datetime.now(UTC).isoformat(timespec="milliseconds")
    resumed = {"event": "resumed", "epochs": epochs, "step": step, "at": at, **conditions}
    content = "".join(f"{text}\n" for text in kept) + _text(resumed)
    write_bytes(folder / HISTORY, content.encode())


def started_line(event: Started) -> dict[str, Any]:
    """What was known at the start; a run can be resumed when its training tells its state."""
    return {
        "event": "started",
        "classes": event.classes,
        "pictures": dict(event.pictures),
        "net": event.net,
        "parameters": event.parameters,
        "steps_per_epoch": event.steps_per_epoch,
        "device": event.device,
        "prepare_seconds": event.prepare_seconds,
        "reasons": event.reasons,
        "resumable": event.state is not None,
    }


def read_line(event: Read) -> dict[str, Any]:
    """What was read while the first epoch ran."""
    line = {
        "event": "read",
        "digests": dict(event.digests),
        "seconds": event.seconds,
        "notes": event.notes,
    }
    return {**line, "unread": event.unread} if event.unread else line


def epoch_line(event: EpochDone) -> dict[str, Any]:
    """One epoch."""
    return {
        "event": "epoch",
        "epoch": event.epoch,
        "metrics": dict(event.metrics),
        "learning_rate": event.learning_rate,
        "train_seconds": event.train_seconds,
        "evaluate_seconds": event.evaluate_seconds,
        "pictures": event.pictures,
    }


def finished_line(event: Finished) -> dict[str, Any]:
    """The end."""
    line = {
        "event": "finished",
        "epochs": event.epochs,
        "stopped": event.stopped,
        "metrics": event.metrics,
    }
    return line if event.kept_epoch is None else {**line, "kept_epoch": event.kept_epoch}


def _text(line: Mapping[str, Any]) -> str:
    return json.dumps(json_ready(line), allow_nan=False) + "\n"


def _lines(folder: Path) -> list[tuple[str, dict[str, Any]]]:
    """The whole lines, as text and read; one that a kill cut short is left out."""
    path = folder / HISTORY
    content = read_bytes(path)
    try:
        texts = content.decode().split("\n")[:-1]
        return [(text, checked_line(json.loads(text))) for text in texts]
    except (ValueError, RecursionError) as error:
        raise RunError(f"{path} is damaged: {error}") from error
