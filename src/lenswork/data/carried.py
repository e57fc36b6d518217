"""A data set that can be taken to another machine: the bytes of its files come along."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from lenswork.data.dataset import Dataset, FileSource, Part, PictureSource
from lenswork.data.decode import decode_bytes, printable
from lenswork.errors import PictureError
from lenswork.kinds import Picture


@dataclass(frozen=True)
class EncodedSource:
    """Files in memory as they were, end to end in `content`, decoded each time they are read.

    `ends` says where each ends. One array, not one a file, since it is shared between processes
    without a copy only as a whole.
    """

    content: NDArray[np.uint8]  # (bytes of all,)
    ends: NDArray[np.int64]  # (count,)
    names: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.names)

    def read(self, index: int) -> Picture:
        """The decoded picture at `index`; raises `PictureError` naming its file."""
        start = int(self.ends[index - 1]) if index else 0
        content = self.content[start : int(self.ends[index])].tobytes()
        return decode_bytes(content, self.names[index])

    def subset(self, indices: Sequence[int]) -> "EncodedSource":
        """The files at `indices`, copied."""
        pieces = np.split(self.content, self.ends[:-1])
        return _joined([pieces[i] for i in indices], tuple(self.names[i] for i in indices))


def carried(data: Dataset) -> Dataset:
    """The same data set with nothing left in files; raises `PictureError` naming one that is gone.

    Files are not decoded: that is left to whoever reads them.
    """
    parts = {name: Part(_carried(part), part.labels, part.ids) for name, part in data.parts.items()}
    return replace(data, parts=parts, location=None)


def _carried(part: Part) -> PictureSource:
    if not isinstance(part.source, FileSource):
        return part.source
    files = part.source.files
    return _joined([_bytes_of(path) for path in files], tuple(map(printable, files)))


def _bytes_of(path: Path) -> NDArray[np.uint8]:
    try:
        return np.fromfile(path, dtype=np.uint8)
    except OSError as error:
        raise PictureError(f"cannot read {printable(path)}: {error.strerror}") from error


def _joined(pieces: Sequence[NDArray[np.uint8]], names: tuple[str, ...]) -> EncodedSource:
    ends = np.cumsum([len(piece) for piece in pieces], dtype=np.int64)
    return EncodedSource(np.concatenate([np.empty(0, np.uint8), *pieces]), ends, names)
