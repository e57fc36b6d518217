"""Writing a run as its events come, so that a kill at any moment leaves a readable folder."""

import json
import os
import re
import shutil
import tempfile
import unicodedata
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from filelock import FileLock

from lenswork.errors import LensworkError, RunError, UsageError
from lenswork.files import sync, write_bytes, written_whole
from lenswork.model.classifier import Classifier
from lenswork.record.environment import environment
from lenswork.record.home import refuse_unwritable
from lenswork.record.json_ready import json_ready
from lenswork.record.run import CLASSIFIER, ENVIRONMENT, HISTORY, LOCK, PREDICTIONS, RECIPE, Run
from lenswork.training.events import EpochDone, Event, Finished, Started

LONGEST_NAME = 60
UNFINISHED = ".new-"  # before the name of a folder that is being made


class Recorder:
    """Passes a run's events on and writes each one down first."""

    def __init__(self, home: Path, name: str | None = None) -> None:
        self.home = home
        self.wanted = name
        self.path: Path | None = None
        self.classifier: Classifier | None = None
        self._check_name()
        refuse_unwritable(home)

    def record(self, events: Iterator[Event]) -> Iterator[Event]:
        """Yield `events` again; afterwards `run` is the finished record.

        The folder appears with the first event, so that a refused recipe leaves nothing.
        """
        first = next(events)
        if not isinstance(first, Started):
            raise TypeError(f"a run begins with Started, got {type(first).__name__}")
        self.path = self._create(first)
        with FileLock(self.path / LOCK):
            yield from self._write_all(self.path, first, events)
        (self.path / LOCK).unlink(missing_ok=True)

    @property
    def run(self) -> Run:
        """The record; raises `RunError` before the first event."""
        if self.path is None:
            raise RunError("nothing has been recorded: the run has not started")
        run = Run(self.path)
        if self.classifier is not None:
            run.classifier = self.classifier  # a module of one's own could not be read back
        return run

    def _write_all(self, path: Path, first: Started, events: Iterator[Event]) -> Iterator[Event]:
        try:
            yield first
            for event in events:
                self._write(path, event)
                yield event
        except GeneratorExit:
            self._fail(path, "left by the program that read its events")
            raise
        except KeyboardInterrupt:
            self._fail(path, "interrupted from the keyboard")
            raise
        except Exception as error:
            name = "" if isinstance(error, LensworkError) else f"{type(error).__name__}: "
            self._fail(path, f"{name}{error}")
            raise

    def _write(self, path: Path, event: Event) -> None:
        if isinstance(event, EpochDone):
            _append(path, {"event": "epoch", **_epoch_row(event)})
        elif isinstance(event, Finished):
            _save_answers(path / PREDICTIONS, event)
            event.classifier.save(path / CLASSIFIER)
            self.classifier = event.classifier
            end = {"epochs": event.epochs, "stopped": event.stopped, "metrics": event.metrics}
            _append(path, {"event": "finished", **end})

    def _fail(self, path: Path, reason: str) -> None:
        finished = any('"event": "finished"' in line for line in _history(path))
        if not finished:
            _append(path, {"event": "failed", "reason": reason})

    def _check_name(self) -> None:
        if self.wanted is None:
            return
        if (
            not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]*", self.wanted)
            or len(self.wanted) > LONGEST_NAME
        ):
            raise UsageError(
                f"a run's name has letters, digits, '.', '_' and '-' only and at most "
                f"{LONGEST_NAME} of them, got {self.wanted!r}"
            )
        if self.wanted == "last" or self.wanted.startswith("index.sqlite"):
            raise UsageError(f"a run cannot be called {self.wanted}: the name is taken")
        if (self.home / self.wanted).exists():
            raise UsageError(f"there is a run {self.wanted} in {self.home} already: name another")

    def _create(self, started: Started) -> Path:
        self.home.mkdir(parents=True, exist_ok=True)
        folder = Path(tempfile.mkdtemp(prefix=UNFINISHED, dir=self.home))
        try:
            folder.chmod(0o755)
            write_bytes(folder / RECIPE, started.recipe.to_toml().encode())
            conditions = json.dumps(environment(started.device), indent=2)
            write_bytes(folder / ENVIRONMENT, conditions.encode())
            _append(folder, {"event": "started", **_started_row(started)})
            (folder / LOCK).touch()
            path = self._take_name(folder, started.recipe.data)
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise
        sync(self.home)
        return path

    def _take_name(self, folder: Path, data: str) -> Path:
        """Rename the new folder to a name that no other run has."""
        stem = slug(data)
        number = _highest_number(self.home, stem) + 1
        while True:
            path = self.home / (self.wanted or f"{stem}-{number}")
            try:
                return folder.rename(path)
            except OSError as error:
                if not path.exists():
                    raise
                if self.wanted:
                    raise UsageError(f"there is a run {self.wanted} in {self.home} now") from error
                number += 1


def slug(data: str) -> str:
    """A short readable name for runs on `data`: its last part in plain letters."""
    last = Path(data).name or Path(data).resolve().name
    plain = unicodedata.normalize("NFKD", last).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:24].strip("-") or "run"


def _highest_number(home: Path, stem: str) -> int:
    found = [re.fullmatch(rf"{re.escape(stem)}-(\d+)", child.name) for child in home.iterdir()]
    return max((int(match.group(1)) for match in found if match), default=0)


def _started_row(event: Started) -> dict[str, Any]:
    return {
        "classes": event.classes,
        "pictures": dict(event.pictures),
        "net": event.net,
        "parameters": event.parameters,
        "steps_per_epoch": event.steps_per_epoch,
        "device": event.device,
        "prepare_seconds": event.prepare_seconds,
        "reasons": event.reasons,
        "digests": dict(event.digests),
    }


def _epoch_row(event: EpochDone) -> dict[str, Any]:
    return {
        "epoch": event.epoch,
        "metrics": dict(event.metrics),
        "learning_rate": event.learning_rate,
        "train_seconds": event.train_seconds,
        "evaluate_seconds": event.evaluate_seconds,
        "pictures": event.pictures,
    }


def _append(folder: Path, line: Mapping[str, Any]) -> None:
    """Add one line to the history and have the disk keep it."""
    with (folder / HISTORY).open("a", encoding="utf-8") as file:
        file.write(json.dumps(json_ready(line), allow_nan=False) + "\n")
        file.flush()
        os.fsync(file.fileno())


def _history(folder: Path) -> list[str]:
    return (folder / HISTORY).read_text("utf-8").splitlines()


def _save_answers(path: Path, event: Finished) -> None:
    arrays: dict[str, Any] = {}
    for name, answers in event.answers.items():
        arrays[f"{name}_ids"] = np.array(answers.ids)
        arrays[f"{name}_truth"] = answers.truth
        arrays[f"{name}_probabilities"] = answers.probabilities
    with written_whole(path) as temporary, temporary.open("wb") as file:
        np.savez(file, **arrays)
