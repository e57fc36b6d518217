"""Pictures of files at the network's size, decoded once and kept on disk for the next time.

    rows = open_rows(part.source, preprocess, part.ids)
    for index in rows.missing:  # in any order, from any threads
        rows.fill(index)  # raises PictureError
    rows.finish()  # or abandon()
    rows.pictures  # (count, height, width, channels) uint8

An entry holds the rows of one list of files under one preprocessing. It is found by the names,
sizes and times of the files, so a moved folder is a hit and a changed picture is not; what
another entry of the same preprocessing has is taken from there. How an entry looks on disk and
when it is trusted: `entry.py`; which are kept: `home.py`.
"""

import errno
import math
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from rich.filesize import decimal

from lenswork.data.cache.entry import Files, file_digest, key_of, look_at, open_entry
from lenswork.data.cache.home import (
    LIMIT_VARIABLE,
    VARIABLE,
    cache_folder,
    entries_in,
    free_disk,
    make_room,
    remove_leftovers,
    size_limit,
)
from lenswork.data.cache.reuse import Donors, Row, are_unchanged
from lenswork.data.cache.write import Writer
from lenswork.data.dataset import ArraySource, FileSource, PictureSource
from lenswork.data.decode import printable, read_content
from lenswork.kinds import Picture, Pictures

LEAST_BYTES = 2_000_000  # of files: fewer are decoded in a fraction of a second
MEMORY_BYTES = 512_000_000  # of rows that other entries have: gathered from there each time


class Preprocessing(Protocol):
    """What turns pictures into rows, all of one shape."""

    @property
    def input_shape(self) -> tuple[int, int, int]:
        """(height, width, channels) of a row."""
        ...

    @property
    def pixels(self) -> str:
        """Everything that decides the pixels of a row, as text."""
        ...

    def apply(self, picture: Picture) -> Picture:
        """The row of a decoded picture."""
        ...

    def apply_bytes(self, content: bytes, name: str) -> Picture:
        """The row of a file's bytes; raises `PictureError` with `name` in it."""
        ...

    def read(self, source: PictureSource, index: int) -> Picture:
        """The row of one picture of a source; raises `PictureError`."""
        ...


def open_rows(
    source: PictureSource, preprocessing: Preprocessing, ids: Sequence[str] | None = None
) -> "Rows":
    """The rows of a source's pictures; of files, those that the cache has are there already.

    `ids` are the files' names inside the data, as a `Part` has them; left out, they are the paths
    below the folder that all files share. Nothing is decoded here. Raises `UsageError` for a limit
    of the cache that is no size.
    """
    if isinstance(source, ArraySource) and source.pictures.shape[1:] == preprocessing.input_shape:
        return _whole(source, preprocessing, source.pictures)
    home = cache_folder()
    if home is None or not isinstance(source, FileSource) or not len(source):
        return _in_memory(source, preprocessing)
    files = look_at(source.files, ids)
    if files.total_bytes < LEAST_BYTES:
        return _in_memory(source, preprocessing)
    key = key_of(files, preprocessing.input_shape, preprocessing.pixels)
    try:
        size_limit(home)  # which may refuse: better now than when all is decoded
        if (pictures := _kept(home / key, files)) is not None:
            return _whole(source, preprocessing, pictures)
        return _begun(home, key, source, preprocessing, files)
    except OSError as error:
        return _in_memory(source, preprocessing, _not_kept(home, error.strerror or str(error)))


class Rows:
    """The rows of a source's pictures, some of which may be there already; kept in memory only.

    `pictures` is (count, height, width, channels) uint8; what is `missing` has no meaning yet.
    `note` says why they are not kept on disk, where they should have been.
    """

    def __init__(
        self, source: PictureSource, preprocessing: Preprocessing, pictures: Pictures, note: str
    ) -> None:
        self.pictures = pictures
        self.note = note
        self._source = source
        self._preprocessing = preprocessing
        self._filled = np.zeros(len(pictures), dtype=np.bool_)

    @property
    def missing(self) -> NDArray[np.int64]:
        """The places that `fill` has to be called for, ascending."""
        return np.flatnonzero(~self._filled)

    def fill(self, index: int) -> None:
        """Read, decode and place one picture; safe in many threads at once.

        Raises `PictureError` naming the picture that cannot be read: its row stays missing.
        """
        self.pictures[index] = self._preprocessing.read(self._source, index)
        self._filled[index] = True

    def finish(self) -> None:
        """Keep what has been filled for the next time; `pictures` can be used on as before.

        It waits for the disk, and does nothing after the first call; no `fill` may be under way.
        Where rows are missing still, the others are kept, so that the next time only these have
        to be read.
        """

    def abandon(self) -> None:
        """Keep nothing for the next time; `pictures` can be used on as before."""


class _FileRows(Rows):
    """Rows of files that are being written to an entry of the cache."""

    def __init__(
        self,
        source: FileSource,
        preprocessing: Preprocessing,
        writer: Writer,
        donors: Donors,
        home: Path,
    ) -> None:
        super().__init__(source, preprocessing, writer.pictures, "")
        self._files = source.files
        self._writer = writer
        self._donors = donors
        self._home = home
        self._has_changed = False
        self._finishing = threading.Lock()

    def fill(self, index: int) -> None:
        """Decode one file into its row, unless another entry has the row of the same bytes."""
        path, files = self._files[index], self._writer.files
        content, status = read_content(path)
        if (status.st_size, status.st_mtime_ns) != (files.sizes[index], files.times_ns[index]):
            self._has_changed = True  # since it was opened: the key does not say what is in it
        digest = file_digest(content)
        picture = self._donors.same_content(digest)
        if picture is None:
            picture = self._preprocessing.apply_bytes(content, printable(path))
        self.keep(index, Row(picture, digest))

    def keep(self, index: int, row: Row) -> None:
        """Place a row that was decoded before."""
        self._writer.write(index, row.picture, row.digest)
        self._filled[index] = True

    def finish(self) -> None:
        """Keep what is filled as an entry, if it fits below the limit; says in `note` if not."""
        with self._finishing:
            self._finish()

    def _finish(self) -> None:
        if not self._writer.is_open:
            return
        if self._has_changed or not self._filled.any():
            self.abandon()
            return
        size, limit = self.pictures.nbytes, size_limit(self._home)
        if size > limit:
            self.note = (
                f"decoded pictures are not kept for the next time: they have {decimal(size)}, and "
                f"the cache may have {decimal(limit)}; {LIMIT_VARIABLE}={_next_limit(size)} would "
                "keep them"
            )
            self.abandon()
            return
        make_room(self._home, size, spared=self._writer.key)
        problem = self._writer.commit(self._filled)
        self.note = _not_kept(self._home, problem) if problem else ""

    def abandon(self) -> None:
        """Give up the entry, with the room that it took on the disk."""
        self._writer.discard()


def _kept(folder: Path, files: Files) -> Pictures | None:
    """The rows of a whole entry that stands up to a check, else None."""
    entry = open_entry(folder)
    if entry is None or not entry.facts.complete or entry.facts.count != len(files):
        return None
    table, pictures = entry.table(), entry.pictures()
    if table is None or pictures is None or not are_unchanged(table, files, pictures):
        return None
    entry.touch()
    return pictures


def _begun(
    home: Path, key: str, source: FileSource, preprocessing: Preprocessing, files: Files
) -> Rows:
    """Rows of which those that other entries have are there already."""
    remove_leftovers(home)
    shape, pixels = preprocessing.input_shape, preprocessing.pixels
    donors = Donors(entries_in(home), shape, pixels)
    found = list(donors.unchanged(files))
    if len(found) == len(files) and len(files) * math.prod(shape) <= MEMORY_BYTES:
        pictures = np.empty((len(files), *shape), dtype=np.uint8)
        for index, row in found:
            pictures[index] = row.picture
        return _whole(source, preprocessing, pictures)
    try:
        writer = Writer(home, key, files, shape, pixels)
    except OSError as error:
        wanted = len(files) * math.prod(shape)
        if error.errno != errno.ENOSPC or not free_disk(home, wanted, donors.keys):
            raise
        writer = Writer(home, key, files, shape, pixels)
    rows = _FileRows(source, preprocessing, writer, donors, home)
    for index, row in found:
        rows.keep(index, row)
    return rows


def _whole(source: PictureSource, preprocessing: Preprocessing, pictures: Pictures) -> Rows:
    rows = Rows(source, preprocessing, pictures, "")
    rows._filled[:] = True
    return rows


def _in_memory(source: PictureSource, preprocessing: Preprocessing, note: str = "") -> Rows:
    shape = (len(source), *preprocessing.input_shape)
    return Rows(source, preprocessing, np.empty(shape, dtype=np.uint8), note)


def _next_limit(size: int) -> str:
    """A limit for `size` bytes and as many more, in whole gigabytes."""
    return f"{2 * size // 10**9 + 1}GB"


def _not_kept(home: Path, reason: str) -> str:
    return (
        f"decoded pictures are not kept for the next time in {printable(home)}: {reason} "
        f"({VARIABLE}=FOLDER names another place, {VARIABLE}=off says not to try)"
    )
