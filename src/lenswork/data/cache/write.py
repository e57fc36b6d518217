"""Writing an entry of the cache row by row, so that it is there whole or not at all."""

import contextlib
import ctypes
import errno
import hashlib
import os
import secrets
import shutil
import sys
import weakref
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from filelock import FileLock
from numpy.typing import NDArray

from lenswork.data.cache.entry import (
    FACTS,
    ROWS,
    TABLE,
    Facts,
    Files,
    Shape,
    Table,
    facts_bytes,
    is_later,
    mapped,
    open_entry,
    row_check,
)
from lenswork.kinds import Picture

PART, TRASH, LOCK = ".part", ".trash", "lock"
OURS = {FACTS, TABLE, ROWS, LOCK}
WRITE_BACK_BYTES = 32_000_000
SYNC_FILE_RANGE_WRITE = 2  # sync_file_range(2): begin to write, wait for nothing
IS_THERE = (errno.ENOTEMPTY, errno.EEXIST)  # POSIX lets a system say either


class Writer:
    """Rows on their way to an entry, in a folder of this process alone until they are whole.

    `pictures` shows each row once it is written. Where the disk does not take a row it is kept in
    memory, and nothing of the entry is kept in the end: `problem` says why. Raises `OSError` where
    there is no room to begin with: the room for all rows is taken at once.
    """

    def __init__(self, home: Path, key: str, files: Files, shape: Shape, pixels: str) -> None:
        if not hasattr(os, "pwrite"):  # Windows
            raise OSError(errno.ENOSYS, "this system cannot write to any place of a file at once")
        self.files = files
        self.problem = ""
        self.key, self._shape, self._pixels = key, shape, pixels
        count = len(files)
        self._digests = np.zeros((count, 32), dtype=np.uint8)
        self._checks = np.zeros(count, dtype=np.uint32)
        self._row_bytes = shape[0] * shape[1] * shape[2]
        self._written = 0  # bytes since the disk was last told to begin
        self._replaces = _number_of(home / key)  # what stood there and was not to be used
        self._folder = home / f".{key}.{secrets.token_hex(4)}{PART}"
        self._folder.mkdir(parents=True)
        self._lock = FileLock(self._folder / LOCK, thread_local=False)
        self._lock.acquire()  # held while this process lives: `home.py` spares the folder
        flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
        self._rows = os.open(self._folder / ROWS, flags, 0o666)
        self._end = weakref.finalize(
            self, _discard, self._folder, self._rows, self._lock, os.getpid()
        )
        try:
            _allocate(self._rows, count * self._row_bytes)
            self.pictures = mapped(self._rows, count, shape)
        except BaseException:
            self._end()
            raise

    @property
    def is_open(self) -> bool:
        """Whether nothing has been made of it yet."""
        return self._end.alive

    def write(self, index: int, picture: Picture, digest: bytes) -> None:
        """Place a row, (height, width, channels); `digest` is the SHA-256 of its file."""
        row = np.ascontiguousarray(picture)
        self._digests[index] = np.frombuffer(digest, dtype=np.uint8)
        self._checks[index] = row_check(row)
        try:
            if not self._end.alive:  # the number may be another file's by now
                raise OSError("it has been closed")
            _write_at(self._rows, row.data.cast("B"), index * self._row_bytes)
            self._note_written(row.nbytes)
        except OSError as error:
            self.problem = self.problem or f"{error.strerror or error}"
            self.pictures[index] = row

    def _note_written(self, count: int) -> None:
        """Let the disk begin now and then, so that the last sync waits for little."""
        self._written += count  # threads may lose some of it, which does not matter
        if self._written >= WRITE_BACK_BYTES:
            self._written = 0
            _begin_writing_back(self._rows)

    def commit(self, filled: NDArray[np.bool_]) -> str:
        """Make the entry of what has been filled; why that could not be, "" if it is there."""
        if not self.is_open:
            return ""
        if not self.problem:
            try:
                self._put_in_place(filled)
            except OSError as error:
                self.problem = f"{error.strerror or error}"
        self._end()
        return self.problem

    def discard(self) -> None:
        """Remove what has been written; `pictures` stays as it is."""
        self._end()

    def _put_in_place(self, filled: NDArray[np.bool_]) -> None:
        files, target = self.files, self._folder.with_name(self.key)
        if _number_of(target) != self._replaces and _is_whole(target):
            return  # another process has kept the same meanwhile
        table = Table(
            files.names, files.sizes, files.times_ns, self._digests, self._checks, filled
        ).to_bytes()
        facts = Facts(
            key=self.key,
            count=len(files),
            filled=int(filled.sum()),
            shape=self._shape,
            pixels=self._pixels,
            place=files.place,
            made_at=datetime.now(UTC).isoformat(timespec="seconds"),
            table_sha256=hashlib.sha256(table).hexdigest(),
        )
        # The rest need not be waited for: the facts vouch for themselves and for the table, and
        # an entry that a power cut takes back is decoded again. Of the rows only some are checked.
        os.fsync(self._rows)
        for name, content in ((TABLE, table), (FACTS, facts_bytes(facts))):
            (self._folder / name).write_bytes(content)
        remove_entry(target)
        try:
            self._folder.rename(target)
        except OSError as error:
            if error.errno not in IS_THERE or open_entry(target) is None:
                raise
            return  # another process has just kept the same
        (target / LOCK).unlink(missing_ok=True)


def remove_entry(folder: Path) -> bool:
    """Remove the entry in `folder`, whole at once: whoever has it open keeps what it reads.

    What is no entry of this format stays, since the cache may be in a folder with other things.
    """
    if not has_only_ours(folder) or is_later(folder):
        return False
    trash = folder.with_name(f".{folder.name}.{secrets.token_hex(4)}{TRASH}")
    try:
        folder.rename(trash)
    except OSError:  # another process was faster, or it is not ours
        return False
    shutil.rmtree(trash, ignore_errors=True)
    return True


def has_only_ours(folder: Path) -> bool:
    """Whether it is a folder in which nothing lies but files that an entry has."""
    try:
        with os.scandir(folder) as children:
            ours = all(one.name in OURS and not one.is_dir() for one in children)
        return ours and not folder.is_symlink()
    except OSError:
        return False


def _number_of(folder: Path) -> int | None:
    """What tells a folder from another that takes its name; None where there is none."""
    try:
        return folder.stat().st_ino
    except OSError:
        return None


def _is_whole(folder: Path) -> bool:
    entry = open_entry(folder)
    return entry is not None and entry.facts.complete


def _discard(folder: Path, rows: int, lock: FileLock, process: int) -> None:
    """Close, and remove the folder if it still has its name; not in a fork of its process."""
    with contextlib.suppress(OSError):
        os.close(rows)
    if os.getpid() == process:
        shutil.rmtree(folder, ignore_errors=True)
        lock.release()


def _allocate(descriptor: int, size: int) -> None:
    """Take the room on the disk now, so that a full disk is an error here and no signal later."""
    if size and hasattr(os, "posix_fallocate"):
        os.posix_fallocate(descriptor, 0, size)
    else:
        os.ftruncate(descriptor, size)


def _begin_writing_back(descriptor: int) -> None:
    """Start what `os.fsync` would wait for; elsewhere than on Linux nothing."""
    begin = getattr(ctypes.CDLL(None), "sync_file_range", None) if sys.platform == "linux" else None
    if begin is not None:
        whole = ctypes.c_int64(0)  # from 0 on, and so many bytes: all
        begin(descriptor, whole, whole, SYNC_FILE_RANGE_WRITE)


def _write_at(descriptor: int, content: memoryview, offset: int) -> None:
    while content:
        written = os.pwrite(descriptor, content, offset)
        content, offset = content[written:], offset + written
