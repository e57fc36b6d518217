"""Pictures on their way into memory while the training of those that are there has begun.

A step wants every core, and so does reading; while both ran, each waited for the other. So they
take turns: pictures are read until those are there that somebody waits for.
"""

import threading
import time
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from lenswork.cores import available_cores
from lenswork.errors import LensworkError, PictureError
from lenswork.kinds import Pictures, SplitName
from lenswork.model.preprocess import refuse_unreadable

CHUNK = 4  # pictures that a thread reads before it tells: few, since a step waits for its last one


Awaited = tuple[SplitName, NDArray[np.int64] | None]  # a part, and places in it or all of it


class Rows(Protocol):
    """Room for the pictures of a part, some of which may be there already."""

    @property
    def pictures(self) -> Pictures:
        """(count, height, width, channels); those that are missing have no meaning yet."""
        ...

    @property
    def missing(self) -> NDArray[np.int64]:
        """The places of those that are to be read."""
        ...

    def fill(self, index: int) -> None:
        """Read the picture of one place; raises `PictureError`."""
        ...

    @property
    def note(self) -> str:
        """What a reader should know of how they are kept; empty for nothing."""
        ...

    def finish(self) -> None:
        """Say that no more will be filled; waits for a disk, perhaps."""
        ...


@dataclass(frozen=True)
class Wanted:
    """A part to be read: room for its pictures, and which of them come first."""

    rows: Rows
    first: NDArray[np.int64] | None = None  # places; the others follow in their order


class Reading:
    """Reads the pictures of parts in threads of its own, part after part.

    `wait` returns once pictures are there. Whoever ends early must `stop`. With `while_training`
    steps are taken before all is there: nothing is read from when `wait` has what it asked for
    until it is called again.
    """

    def __init__(self, wanted: Mapping[SplitName, Wanted], *, while_training: bool = False) -> None:
        self.while_training = while_training
        self._wanted = wanted
        self._changed = threading.Condition()
        self._errors: list[PictureError] = []
        self._failure: BaseException | None = None
        self._stopped = False
        self._awaited: Awaited | None = None
        self._resting = False
        self._there = {name: _there(one.rows) for name, one in wanted.items()}
        self._left = {name: int((~there).sum()) for name, there in self._there.items()}
        self._begun = {name for name, left in self._left.items() if left}
        self._chunks = deque(
            (name, chunk) for name, one in wanted.items() for chunk in _chunks(one)
        )
        self._threads = [
            threading.Thread(target=self._work, name=f"reading {number}", daemon=True)
            for number in range(available_cores() if self._chunks else 0)
        ]
        self.seconds = 0.0  # that reading took, once it is over
        self.waited_seconds = 0.0  # that somebody waited for it
        self._began = time.perf_counter()
        for thread in self._threads:
            thread.start()

    @property
    def over(self) -> bool:
        """Whether every picture is there."""
        return not any(self._left.values())

    @property
    def elapsed_seconds(self) -> float:
        """Those that reading took, or has taken so far."""
        return self.seconds if self.over else time.perf_counter() - self._began

    def left(self, part: SplitName) -> int:
        """How many pictures of a part are still to be read; of one that is not read here, none."""
        return self._left.get(part, 0)

    @property
    def notes(self) -> tuple[str, ...]:
        """What the parts' rows have to say, each once."""
        said = (one.rows.note for one in self._wanted.values())
        return tuple(dict.fromkeys(note for note in said if note))

    def wait(self, part: SplitName, places: NDArray[np.int64] | None = None) -> None:
        """Return once the pictures at `places`, or all of a part, are there.

        Raises one `PictureError` that names every picture of the data that could not be read.
        """
        if not self._left[part] and not self._failed:
            return
        if places is None:
            self._prefer(part)
        began = time.perf_counter()
        with self._changed:
            self._awaited, self._resting = (part, places), False
            self._changed.notify_all()
            while not self._is_there(part, places):
                self._raise_failure()
                self._changed.wait()
            self._raise_failure()
            self._rest()
        self.waited_seconds += time.perf_counter() - began

    def wait_for_all(self) -> None:
        """Return once every picture of every part is there; raises what `wait` raises."""
        for part in self._wanted:
            self.wait(part)
        for thread in self._threads:
            thread.join()
        with self._changed:
            self._raise_failure()  # of keeping what had been read

    def stop(self) -> None:
        """Read nothing more; what has been read is kept for the next time."""
        with self._changed:
            self._stopped = True
            self._chunks.clear()
            self._changed.notify_all()
        for thread in self._threads:
            thread.join()
        for part in list(self._begun):
            self._finish(part)

    @property
    def _ended(self) -> bool:
        return self._stopped or self._failure is not None or not self._chunks

    @property
    def _failed(self) -> bool:
        return bool(self._errors) or self._failure is not None

    def _is_there(self, part: SplitName, places: NDArray[np.int64] | None) -> bool:
        return self._left[part] == 0 if places is None else bool(self._there[part][places].all())

    def _rest(self) -> None:
        """Leave the cores to the training once what it waited for is there; not if it must end."""
        if self.while_training and not self._failed and self._awaited:
            self._resting = self._is_there(*self._awaited)

    def _prefer(self, part: SplitName) -> None:
        with self._changed:
            self._chunks = deque(sorted(self._chunks, key=lambda chunk: chunk[0] != part))

    def _raise_failure(self) -> None:
        """Raise what reading has failed with; unreadable pictures once all have been tried."""
        if isinstance(self._failure, MemoryError):
            raise LensworkError(
                "memory has run out while pictures were read: use a smaller size"
            ) from self._failure
        if self._failure is not None:
            raise self._failure
        if self._errors:
            self._changed.wait_for(lambda: self.over or self._failure is not None)
            refuse_unreadable(self._errors, sum(map(len, self._there.values())))

    def _work(self) -> None:
        while (taken := self._take()) is not None:
            part, chunk = taken
            with self._failing():
                self._read(part, chunk)
            if self._note_read(part, chunk):
                with self._failing():
                    self._finish(part)

    @contextmanager
    def _failing(self) -> Iterator[None]:
        """Have what goes wrong be raised where it is waited for, not lost in a thread."""
        try:
            yield
        except BaseException as error:
            with self._changed:
                self._failure = self._failure or error  # the first may have caused the others
                self._changed.notify_all()

    def _note_read(self, part: SplitName, chunk: NDArray[np.int64]) -> bool:
        """Tell those who wait; whether this was the last of its part."""
        with self._changed:
            self._there[part][chunk] = True
            self._left[part] -= len(chunk)
            if self.over:
                self.seconds = time.perf_counter() - self._began
            self._rest()
            self._changed.notify_all()
            return not self._left[part]

    def _finish(self, part: SplitName) -> None:
        self._begun.discard(part)
        self._wanted[part].rows.finish()

    def _take(self) -> tuple[SplitName, NDArray[np.int64]] | None:
        with self._changed:
            self._changed.wait_for(lambda: not self._resting or self._ended)
            return None if self._ended else self._chunks.popleft()

    def _read(self, part: SplitName, chunk: NDArray[np.int64]) -> None:
        rows = self._wanted[part].rows
        for place in chunk.tolist():
            try:
                rows.fill(place)
            except PictureError as error:
                self._errors.append(error)


def _there(rows: Rows) -> NDArray[np.bool_]:
    there = np.ones(len(rows.pictures), dtype=np.bool_)
    there[rows.missing] = False
    return there


def _chunks(one: Wanted) -> Sequence[NDArray[np.int64]]:
    missing = one.rows.missing
    if one.first is not None:
        is_missing = ~_there(one.rows)
        missing = one.first[is_missing[one.first]]
    return np.array_split(missing, max(1, -(-len(missing) // CHUNK))) if len(missing) else []
