"""Reading a shard where it is: a file here, or one over HTTP."""

from pathlib import Path
from types import TracebackType

from lenswork.data.decode import printable
from lenswork.data.shards.http import HttpStream, MissingError
from lenswork.data.shards.names import is_url, shown
from lenswork.errors import DataError

BUFFER_BYTES = 1 << 14  # headers and labels; longer reads pass it by


class FileStream:
    """Bytes of the file at `path` from `position` on."""

    def __init__(self, path: Path, position: int = 0, *, buffer_bytes: int = BUFFER_BYTES) -> None:
        self.position = position
        try:
            self._file = path.open("rb", buffering=buffer_bytes)
            self._file.seek(position)
        except OSError as error:
            raise _unreadable(path, error) from error
        self._path = path

    def __enter__(self) -> "FileStream":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._file.close()

    def read(self, count: int) -> bytes:
        """The next `count` bytes, fewer only at the end of the file."""
        try:
            content = self._file.read(count)
        except OSError as error:
            raise _unreadable(self._path, error) from error
        self.position += len(content)
        return content

    def skip(self, count: int) -> None:
        """Pass over `count` bytes, also those behind the end."""
        self.position += count
        self._file.seek(self.position)


def open_stream(
    location: str, position: int = 0, *, buffer_bytes: int = BUFFER_BYTES
) -> HttpStream | FileStream:
    """The bytes of a shard from `position` on; raises `DataError` where it cannot be opened.

    A file is read `buffer_bytes` at a time, or with 0 as it is asked for.
    """
    if is_url(location):
        return HttpStream(location, position)
    return FileStream(Path(location), position, buffer_bytes=buffer_bytes)


def read_small(location: str, limit_bytes: int) -> bytes | None:
    """The whole content of a small file; None where there is none.

    Raises `DataError` for one that is larger than `limit_bytes`.
    """
    if not is_url(location) and not Path(location).is_file():
        return None
    try:
        with open_stream(location) as stream:
            content = stream.read(limit_bytes + 1)
    except MissingError:
        return None
    if len(content) > limit_bytes:
        raise DataError(f"{shown(location)} has more than the limit of {limit_bytes:,} bytes")
    return content


def _unreadable(path: Path, error: OSError) -> DataError:
    if isinstance(error, FileNotFoundError):
        return DataError(f"there is no shard {printable(path)}")
    return DataError(f"cannot read {printable(path)}: {error.strerror}")
