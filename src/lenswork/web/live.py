"""A run as it stands, looked at twice a second at the most for all who watch it.

Only small files are read: `.live.json`, `.mistakes.json`, and the history when it has grown.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal
from weakref import WeakValueDictionary

from lenswork.errors import LensworkError, RunError
from lenswork.record.live import (
    Live,
    LiveMistakes,
    is_asked_to_stop,
    read_live,
    read_mistakes,
)
from lenswork.record.run import HISTORY, Run, Status
from lenswork.web.epochs import Rows, epochs_of
from lenswork.web.events import event
from lenswork.web.named import run_named
from lenswork.web.processes import job_of
from lenswork.web.settings import Settings

PAUSE_SECONDS = 0.5
FRESH_SECONDS = 3.0  # what a live run has written is not older, unless its steps are long
QUIET_SECONDS = 15.0  # after which a word is sent, so that a reader who has left is noticed
RETRY = b"retry: 1000\n\n"  # milliseconds until a browser asks again

Standing = Status | Literal["starting", "refused", "gone", "unreadable"]
"""A run's status; or what there is in its place: a process that has not made or taken over its
folder yet, one that has ended before, nothing any more, a folder that cannot be read."""


@dataclass(frozen=True)
class Seen:
    """A run at one moment; `epochs` has a row an epoch: its number and its metrics.

    `started` is when it was begun, which tells it from others of the same name; empty where there
    is no run to be read.
    """

    standing: Standing
    epochs: Rows = ()
    live: Live | None = None
    mistakes: LiveMistakes | None = None
    stopping: bool = False
    started: str = ""

    @property
    def over(self) -> bool:
        """Whether nothing more will come."""
        return self.standing not in ("running", "starting")

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "standing": self.standing,
            "epochs": self.epochs,
            "mistakes": self.mistakes and self.mistakes.as_dict(),
            **self.now(),
        }

    def to_reader_of(self, started: str) -> "Seen":
        """What one is told who has the page of the run that was begun then, or of any if empty.

        Where its name has been given to another, that run is gone.
        """
        there = started in ("", self.started) or self.standing == "unreadable"
        return self if there else Seen("gone")

    def now(self) -> dict[str, Any]:
        """What changes with every step, for JSON."""
        return {"live": self.live and self.live.as_dict(), "stopping": self.stopping}


class Watch:
    """The run of one name, whether it is there yet or not."""

    def __init__(self, settings: Settings, name: str) -> None:
        self.settings = settings
        self.name = name
        self.path = settings.home / name
        self._seen = Seen("gone")
        self._looked = 0.0
        self._stamp: tuple[int, int, int] | None = None
        self._run: Run | None = None
        self._rows: Rows = ()
        self._news: tuple[Seen | None, Seen, bytes] | None = None

    def look(self) -> Seen:
        """The run as it stands, or as it stood less than a pause ago.

        What is over is looked at anew: nobody goes on to watch it, and it may have begun again.
        """
        now = time.monotonic()
        if self._seen.over or now - self._looked >= 0.9 * PAUSE_SECONDS:
            self._looked = now
            self._seen = self._as_it_is()
        return self._seen

    def news(self, told: Seen | None, seen: Seen) -> bytes:
        """What is new to a reader who was told `told` last; written once for all who were."""
        if self._news is None or self._news[0] is not told or self._news[1] is not seen:
            self._news = told, seen, b"".join(_news(told, seen))
        return self._news[2]

    def _as_it_is(self) -> Seen:
        if not self._is_there():
            return Seen(self._without_folder())
        try:
            seen = self._recorded()
        except (LensworkError, OSError):
            return Seen("unreadable" if self._is_there() else "gone")
        if seen.over:
            return seen
        return replace(
            seen,
            live=read_live(self.path),
            mistakes=read_mistakes(self.path),
            stopping=is_asked_to_stop(self.path),
        )

    def _is_there(self) -> bool:
        try:
            run_named(self.settings, self.name)
        except RunError:
            return False
        return True

    def _recorded(self) -> Seen:
        """What the history says; it is read again only when it has changed."""
        status = (self.path / HISTORY).stat()
        stamp = (status.st_size, status.st_mtime_ns, status.st_ino)
        run = self._run
        if run is None or stamp != self._stamp:
            run = Run(self.path)
            self._run, self._rows, self._stamp = run, epochs_of(run), stamp
        live = None if run.end else read_live(self.path)
        fresh = live is not None and abs(time.time() - live.written) < FRESH_SECONDS
        standing: Standing = "running" if fresh else run.status
        if standing in ("killed", "failed"):
            job = job_of(self.settings, "runs", self.name)
            standing = "starting" if job is not None and job.alive else standing
        return Seen(standing, self._rows, started=str(run.environment["started"]))

    def _without_folder(self) -> Standing:
        job = job_of(self.settings, "runs", self.name)
        if job is None:
            return "gone"
        if job.alive:
            return "starting"
        # between two looks the process may have made its folder and come to its end
        if self._is_there():
            return "running"
        return "gone" if job.code == 0 else "refused"


_WATCHES: WeakValueDictionary[Path, Watch] = WeakValueDictionary()


def watch_of(settings: Settings, name: str) -> Watch:
    """The one that everybody shares who watches this run now."""
    path = settings.home / name
    watch = _WATCHES.get(path)
    if watch is None:
        watch = _WATCHES.setdefault(path, Watch(settings, name))
    return watch


async def watching(watch: Watch, started: str = "") -> AsyncIterator[bytes]:
    """All that there is, then what is new, until the run is over.

    With `started` it is of the run that was begun then, else of the first that has the name.

    state     everything, at first and whenever the history has been cut back
    epoch     a row more
    now       the live numbers
    mistakes  those of the epoch that has ended
    end       how it stands when nothing more will come
    """
    yield RETRY
    told: Seen | None = None
    spoke = time.monotonic()
    while True:
        seen = watch.look().to_reader_of(started)
        started = started or seen.started
        news = watch.news(told, seen)
        if news:
            yield news
            spoke = time.monotonic()
        told = seen
        if seen.over:
            yield event("end", {"standing": seen.standing})
            return
        if time.monotonic() - spoke > QUIET_SECONDS:
            yield b": still watching\n\n"
            spoke = time.monotonic()
        await asyncio.sleep(PAUSE_SECONDS)


def _news(told: Seen | None, seen: Seen) -> Iterator[bytes]:
    if told is seen:
        return
    if (
        told is None
        or told.standing != seen.standing
        or seen.epochs[: len(told.epochs)] != told.epochs
    ):
        yield event("state", seen.as_dict())
        return
    for row in seen.epochs[len(told.epochs) :]:
        yield event("epoch", row)
    if seen.mistakes != told.mistakes:
        yield event("mistakes", seen.mistakes and seen.mistakes.as_dict())
    if seen.now() != told.now():
        yield event("now", seen.now())


def standing_of(settings: Settings, name: str) -> Seen:
    """The run of this name as it stands now."""
    return Watch(settings, name).look()
