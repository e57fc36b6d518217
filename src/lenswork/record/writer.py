"""Writing a run as its events come, so that a kill at any moment leaves a readable folder."""

import errno
import json
import re
import shutil
import tempfile
import unicodedata
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Event as Flag
from typing import Any

import numpy as np
from filelock import BaseFileLock

from lenswork.data.shards.names import SUFFIX as SHARD
from lenswork.data.shards.names import shown_source
from lenswork.errors import LensworkError, RunError, UsageError
from lenswork.files import sync, write_bytes, written_whole
from lenswork.model.classifier import Classifier
from lenswork.record.checkpoint import (
    Checkpoints,
    has_checkpoint,
    read_checkpoint,
    remove_checkpoints,
)
from lenswork.record.environment import environment
from lenswork.record.history import (
    append,
    cut_back,
    epoch_line,
    finished_line,
    has_finished,
    read_line,
    started_line,
)
from lenswork.record.home import refuse_unwritable
from lenswork.record.live_writer import LiveWriter, remove_live
from lenswork.record.run import CLASSIFIER, ENVIRONMENT, LOCK, PREDICTIONS, RECIPE, Run
from lenswork.record.unfinished import (
    locked,
    refuse_finished,
    refuse_other_training,
    remove_parts,
)
from lenswork.training.events import EpochDone, Event, Finished, Read, Started, StepDone
from lenswork.training.state import State, conditions

LONGEST_NAME = 60
CHECKPOINT_SECONDS = 60.0
FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
UNFINISHED = ".new-"  # before the name of a folder that is being made


class Recorder:
    """Passes a run's events on and writes each one down first.

    A checkpoint is written after an epoch, but for one that ends too soon after the last for its
    cost, and `checkpoint_seconds` after the last within one. With `resume` a `name` may be that of
    a run that was left unfinished, for `go_on`. `stop` is set when somebody asks the run to stop by
    its folder (`record/live.py`): whoever trains looks at it.
    """

    def __init__(
        self,
        home: Path,
        name: str | None = None,
        *,
        resume: bool = False,
        checkpoint_seconds: float = CHECKPOINT_SECONDS,
        stop: Flag | None = None,
    ) -> None:
        self.home = home
        self.stop = stop or Flag()
        self.wanted = name
        self.path: Path | None = None
        self.classifier: Classifier | None = None
        self._checkpoints = Checkpoints(checkpoint_seconds)
        self._live = LiveWriter(self.stop)
        self._lock: BaseFileLock | None = None
        self._goes_on: Run | None = None
        self._check_name(resume=resume)
        refuse_unwritable(home)

    def go_on(self, run: Run, tell: Callable[[str], None]) -> State | None:
        """Take over the folder of `run`, which was left unfinished: the state for `fit`.

        None means its beginning: it was left before its first checkpoint. `tell` is given a
        sentence on a checkpoint that is damaged. Raises `UsageError` when the run is over or being
        trained, `CheckpointError` when it has damaged checkpoints only.
        """
        self._lock = locked(run.path)
        try:
            refuse_finished(Run(run.path))  # it may have ended since it was looked at
            remove_parts(run.path)
            state = read_checkpoint(run.path, tell)
        except BaseException:
            self.let_go()
            raise
        self.path, self._goes_on = run.path, run
        return state

    def let_go(self) -> None:
        """Leave the folder that was taken over as it is; the next run has one of its own."""
        if self._lock is not None:
            self._lock.release()
        self._lock = self._goes_on = self.path = None

    def record(self, events: Iterator[Event]) -> Iterator[Event]:
        """Yield `events` again; afterwards `run` is the finished record.

        The folder appears with the first event, so that a refused recipe leaves nothing.
        """
        try:
            first = next(events)
            if not isinstance(first, Started):
                raise TypeError(f"a run begins with Started, got {type(first).__name__}")
            path = self._begin(first)
            yield from self._write_all(path, first, events)
        finally:
            if self.path is not None:
                remove_live(self.path)
            if self._lock is not None:
                self._lock.release()
        (path / LOCK).unlink(missing_ok=True)

    @property
    def run(self) -> Run:
        """The record; raises `RunError` before the first event."""
        if self.path is None:
            raise RunError("nothing has been recorded: the run has not started")
        run = Run(self.path)
        if self.classifier is not None:
            run.classifier = self.classifier  # a module of one's own could not be read back
        return run

    def _begin(self, first: Started) -> Path:
        if self._goes_on is None:
            with _explained(self.home, new=True):
                self.path = self._create(first)
                self._lock = locked(self.path)  # before all else: others would go on with it
                sync(self.home)
        else:
            self.path = self._goes_on.path
            refuse_other_training(self._goes_on, first)
            with _explained(self.path):
                cut_back(self.path, first.epochs, first.step, conditions())
        self._checkpoints.begin(first)
        self._live.begin(self.path, first)
        return self.path

    def _write_all(self, path: Path, first: Started, events: Iterator[Event]) -> Iterator[Event]:
        try:
            yield first
            for event in events:
                with _explained(path):
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
            append(path, epoch_line(event))
            self._checkpoints.after_epoch(path)
            self._live.after_epoch(path, event)
        elif isinstance(event, StepDone):
            self._live.after_step(path, event)
            self._checkpoints.after_step(path)
        elif isinstance(event, Read):
            self._write_read(path, event)
        elif isinstance(event, Finished):
            _save_answers(path / PREDICTIONS, event)
            event.classifier.save(path / CLASSIFIER)
            self.classifier = event.classifier
            append(path, finished_line(event))
            remove_checkpoints(path)

    def _write_read(self, path: Path, event: Read) -> None:
        """Note what was read, once in a run; a checkpoint has refused other pictures before."""
        if not Run(path).digests:
            append(path, read_line(event))

    def _fail(self, path: Path, reason: str) -> None:
        with suppress(OSError, RunError):  # a full disk, a lost history: it then reads as killed
            if not has_finished(path):
                append(path, {"event": "failed", "reason": reason})

    def _check_name(self, *, resume: bool) -> None:
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
            if resume and (self.home / self.wanted / RECIPE).is_file():
                refuse_finished(Run(self.home / self.wanted))
                return
            raise UsageError(f"there is a run {self.wanted} in {self.home} already: name another")

    def _create(self, started: Started) -> Path:
        self.home.mkdir(parents=True, exist_ok=True)
        folder = Path(tempfile.mkdtemp(prefix=UNFINISHED, dir=self.home))
        try:
            folder.chmod(0o755)
            write_bytes(folder / RECIPE, started.recipe.to_toml().encode())
            conditions = json.dumps(environment(started.device), indent=2)
            write_bytes(folder / ENVIRONMENT, conditions.encode())
            append(folder, started_line(started))
            (folder / LOCK).touch()
            return self._take_name(folder, started.recipe.data)
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise

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


@contextmanager
def _explained(path: Path, *, new: bool = False) -> Iterator[None]:
    """Say what to do about a disk that takes no more, or no longer lets us write.

    `path` is the run's folder, or the home of a `new` one that has none yet.
    """
    try:
        yield
    except OSError as error:
        do = "free some space" if error.errno in FULL else "see that it can be written to"
        run = "a new run" if new else f"run {path.name}"
        raise LensworkError(
            f"cannot write the record of {run} to {path} ({error.strerror or error}): "
            f"{do}, then run the same command again; {_what_then(path, new=new)}"
        ) from error


def _what_then(path: Path, *, new: bool) -> str:
    if new:
        return "nothing is trained yet"
    if has_checkpoint(path):
        return "it goes on from the last checkpoint"
    return "there is no checkpoint yet, so it begins with epoch 1"


def slug(data: str) -> str:
    """A short readable name for runs on `data`: its last part in plain letters.

    Of shards it is that of their folder; of an address neither password nor token is part of it.
    """
    path = Path(shown_source(data))
    last = (path.parent if path.suffix == SHARD else path).name or path.resolve().name
    plain = unicodedata.normalize("NFKD", last).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:24].strip("-") or "run"


def _highest_number(home: Path, stem: str) -> int:
    found = [re.fullmatch(rf"{re.escape(stem)}-(\d+)", child.name) for child in home.iterdir()]
    return max((int(match.group(1)) for match in found if match), default=0)


def _save_answers(path: Path, event: Finished) -> None:
    arrays: dict[str, Any] = {}
    for name, answers in event.answers.items():
        arrays[f"{name}_ids"] = np.array(answers.ids)
        arrays[f"{name}_truth"] = answers.truth
        arrays[f"{name}_probabilities"] = answers.probabilities
    with written_whole(path) as temporary, temporary.open("wb") as file:
        np.savez(file, **arrays)
