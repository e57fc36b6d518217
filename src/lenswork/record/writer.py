"""Writing a run as its events come, so that a kill at any moment leaves a readable folder."""

import errno
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Event as Flag

from filelock import BaseFileLock

from lenswork.errors import LensworkError, RunError
from lenswork.files import sync
from lenswork.model.classifier import Classifier
from lenswork.record.checkpoint import (
    Checkpoints,
    has_checkpoint,
    read_checkpoint,
    remove_checkpoints,
)
from lenswork.record.history import (
    append,
    cut_back,
    epoch_line,
    finished_line,
    has_finished,
    read_line,
)
from lenswork.record.home import refuse_unwritable
from lenswork.record.left import ABANDONED, INTERRUPTED
from lenswork.record.live_writer import LiveWriter, remove_live
from lenswork.record.new_run import UNFINISHED as UNFINISHED
from lenswork.record.new_run import check_name, make_folder
from lenswork.record.new_run import slug as slug
from lenswork.record.predictions import write_predictions
from lenswork.record.run import CLASSIFIER, LOCK, PREDICTIONS, Run
from lenswork.record.unfinished import (
    locked,
    refuse_finished,
    refuse_other_training,
    remove_parts,
    tidy_finished,
)
from lenswork.training.events import EpochDone, Event, Finished, Read, Started, StepDone
from lenswork.training.state import State, conditions

CHECKPOINT_SECONDS = 60.0
FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


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
        if name is not None:
            check_name(home, name, resume=resume)
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
                self.path = make_folder(self.home, self.wanted, first)
                self._lock = locked(self.path)  # before all else: others would go on with it
                sync(self.home)
        else:
            self.path = self._goes_on.path
            refuse_other_training(self._goes_on, first)
            with _explained(self.path):
                cut_back(self.path, first.epochs, first.step, conditions())
        tidy_finished(self.path.parent)
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
            self._fail(path, ABANDONED)
            raise
        except KeyboardInterrupt:
            self._fail(path, INTERRUPTED)
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
            write_predictions(path / PREDICTIONS, event.answers)
            event.classifier.save(path / CLASSIFIER)
            self.classifier = event.classifier
            append(path, finished_line(event))
            with suppress(OSError):  # the run is whole, and the next one in this home tidies up
                remove_checkpoints(path)

    def _write_read(self, path: Path, event: Read) -> None:
        """Note what was read, once in a run; a checkpoint has refused other pictures before."""
        if not Run(path).digests:
            append(path, read_line(event))

    def _fail(self, path: Path, reason: str) -> None:
        with suppress(OSError, RunError):  # a full disk, a lost history: it then reads as killed
            if not has_finished(path):
                append(path, {"event": "failed", "reason": reason})


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
