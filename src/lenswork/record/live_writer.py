"""Writing down how far a run is, for pages that show it; it must cost the training nothing.

What is written is no part of the record, so the disk is not waited for, and a disk that takes no
more ends nothing. A GPU is waited for only when something is written.
"""

import json
import time
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from threading import Event as Flag

from torch import Tensor

from lenswork.record.json_ready import json_ready
from lenswork.record.live import (
    LIVE,
    MISTAKES,
    STOP,
    Live,
    LiveMistake,
    LiveMistakes,
    is_asked_to_stop,
)
from lenswork.record.progress import pictures_an_epoch, started_pictures
from lenswork.training.events import EpochDone, Started, StepDone

PAUSE_SECONDS = 0.5  # between two writings
SMOOTHING = 0.2  # the weight of the last pause in the rate


class LiveWriter:
    """Writes a run's live files as its events come, and sets `stop` when somebody asks for it."""

    def __init__(self, stop: Flag) -> None:
        self.stop = stop
        self._begun: Started | None = None
        self._step = self._pictures = 0  # of the epoch
        self._loss: Tensor | None = None  # the sum over `_summed` pictures of the epoch
        self._summed = 0
        self._left = 0  # pictures of the whole run
        self._pace = Pace()
        self._evaluation_seconds: float | None = None
        self._next = self._next_mistakes = 0.0  # when to write again

    def begin(self, folder: Path, started: Started) -> None:
        """Start with the run, without what another training of it has left."""
        remove_live(folder)
        self._begun = started
        an_epoch = pictures_an_epoch(started)
        done = started_pictures(started)
        self._step = started.step - started.epochs * started.steps_per_epoch
        self._pictures = done - started.epochs * an_epoch
        self._left = (started.recipe.epochs or 0) * an_epoch - done
        self._next = time.perf_counter() + PAUSE_SECONDS
        self._pace.go_on()

    def after_step(self, folder: Path, event: StepDone) -> None:
        """Count a step; when the last time is long enough ago, write and look for `.stop`."""
        self._step += 1
        self._pictures += event.pictures
        self._left -= event.pictures
        self._summed += event.pictures
        self._pace.pictures += event.pictures
        if self._loss is None:
            self._loss = event.loss * event.pictures
        else:
            self._loss.add_(event.loss, alpha=event.pictures)  # on its device, which goes on
        now = time.perf_counter()
        if now >= self._next or self._before_long_evaluation():
            self._next = now + PAUSE_SECONDS
            self._look_for_stop(folder)
            self._write(folder, event.epoch)

    def after_epoch(self, folder: Path, event: EpochDone) -> None:
        """Write what the epoch's evaluation got wrong, look for `.stop`, begin to count anew."""
        self._look_for_stop(folder)  # evaluating may have taken long
        self._pace.pause(event.evaluate_seconds)
        self._evaluation_seconds = event.evaluate_seconds
        self._step = self._pictures = self._summed = 0
        self._loss = None
        if time.perf_counter() >= self._next_mistakes:
            self._write_mistakes(folder, event)
            self._next_mistakes = time.perf_counter() + PAUSE_SECONDS
        self._pace.go_on()

    def _look_for_stop(self, folder: Path) -> None:
        if is_asked_to_stop(folder):
            self.stop.set()

    def _before_long_evaluation(self) -> bool:
        """Whether nothing more would be written for a while; the first may take long."""
        begun, seconds = self._begun, self._evaluation_seconds
        ends = begun is not None and self._step == begun.steps_per_epoch
        return ends and (seconds is None or seconds >= PAUSE_SECONDS)

    def _write(self, folder: Path, epoch: int) -> None:
        if self._begun is None or self._loss is None:
            return
        rate = self._pace.rate()
        epochs = self._begun.recipe.epochs or 0
        evaluations = (epochs - epoch + 1) * (self._evaluation_seconds or 0.0)
        live = Live(
            epoch=epoch,
            epochs=epochs,
            step=self._step,
            steps_per_epoch=self._begun.steps_per_epoch,
            pictures=self._pictures,
            pictures_a_second=rate,
            loss=float(self._loss) / self._summed,
            seconds_left=max(self._left, 0) / rate + evaluations,
            written=time.time(),
        )
        _write_unsynced(folder / LIVE, asdict(live))

    def _write_mistakes(self, folder: Path, event: EpochDone) -> None:
        if self._begun is None or event.answered is None:
            return
        classes = self._begun.classes
        pictures = tuple(
            LiveMistake(one.row, one.id, classes[one.truth], classes[one.said], one.confidence)
            for one in event.answered.surely_wrong()
        )
        mistakes = LiveMistakes(event.epoch, event.answered.part, pictures)
        _write_unsynced(folder / MISTAKES, asdict(mistakes))


class Pace:
    """Pictures a second while steps are made, over the last seconds; evaluations do not count."""

    def __init__(self) -> None:
        self.pictures = 0  # since the rate was last told
        self._seconds = 0.0  # likewise, before the last pause
        self._smooth: float | None = None
        self._began = time.perf_counter()

    def pause(self, without: float) -> None:
        """Count the time so far but for its last `without` seconds."""
        self._seconds += time.perf_counter() - self._began - without

    def go_on(self) -> None:
        """Count from now on."""
        self._began = time.perf_counter()

    def rate(self) -> float:
        """The rate, smoothed; counting begins anew."""
        seconds = self._seconds + time.perf_counter() - self._began
        rate = self.pictures / max(seconds, 1e-6)
        last = rate if self._smooth is None else self._smooth
        self._smooth = (1 - SMOOTHING) * last + SMOOTHING * rate
        self.pictures, self._seconds = 0, 0.0
        self.go_on()
        return self._smooth


def remove_live(folder: Path) -> None:
    """Take away what only a run in the making shows."""
    for name in (LIVE, MISTAKES, STOP):
        with suppress(OSError):
            (folder / name).unlink(missing_ok=True)


def _write_unsynced(path: Path, content: dict[str, object]) -> None:
    """Whole or not at all for a reader; a full disk is told of when the record is written."""
    temporary = path.with_name(f"{path.name}.part")
    with suppress(OSError):
        temporary.write_text(json.dumps(json_ready(content), allow_nan=False), "utf-8")
        temporary.replace(path)
