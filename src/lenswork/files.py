"""Files written whole or not at all, and read only where they are files."""

import os
import secrets
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

_KINDS = {stat.S_IFDIR: "folder", stat.S_IFIFO: "pipe", stat.S_IFSOCK: "socket"}


@contextmanager
def written_whole(path: Path) -> Iterator[Path]:
    """A temporary path beside `path` that takes its place when the block ends well.

    The content is synced to disk before the rename; on an error the temporary file is removed
    and `path` stays as it was.
    """
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}.part")
    os.close(os.open(temporary, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o666))
    permissions = temporary.stat().st_mode  # as the umask left them; a writer may change them
    try:
        yield temporary
        temporary.chmod(permissions)
        sync(temporary)
        temporary.replace(path)
        sync(path.parent)
    finally:
        temporary.unlink(missing_ok=True)


def write_bytes(path: Path, content: bytes) -> None:
    """Write `content` to `path` whole or not at all."""
    with written_whole(path) as temporary:
        temporary.write_bytes(content)


@contextmanager
def opened(path: Path) -> Iterator[BinaryIO]:
    """A file, open to be read; raises `OSError` for what is none, and waits for nobody.

    A pipe in its place would be waited for until somebody writes to it, and a device has no end.
    """
    _refuse_other_than_file(path.stat().st_mode)
    with open(path, "rb", opener=_without_waiting) as file:
        _refuse_other_than_file(os.fstat(file.fileno()).st_mode)  # it may be another by now
        yield file


def read_bytes(path: Path) -> bytes:
    """The whole of a file; raises `OSError` for what is none, and waits for nobody."""
    with opened(path) as file:
        return file.read()


def sync(path: Path) -> None:
    """Ask the disk to keep what has been written to a file or folder."""
    if path.is_dir() and os.name == "nt":  # Windows cannot open a folder
        return
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _without_waiting(path: str, flags: int) -> int:
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))


def _refuse_other_than_file(mode: int) -> None:
    if not stat.S_ISREG(mode):
        raise OSError(f"expected a file, got a {_KINDS.get(stat.S_IFMT(mode), 'device')}")
