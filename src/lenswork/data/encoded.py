"""Pictures as the bytes of their files, in memory."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lenswork.data.decode import decode_bytes, shape_in_bytes
from lenswork.kinds import Picture, PictureShape


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
        return decode_bytes(*self.encoded(index))

    def encoded(self, index: int) -> tuple[bytes, str]:
        """The bytes of the file at `index` and its name."""
        start = int(self.ends[index - 1]) if index else 0
        return self.content[start : int(self.ends[index])].tobytes(), self.names[index]

    def shape(self, index: int) -> PictureShape:
        """As the file's header says; raises `PictureError` naming it."""
        return shape_in_bytes(*self.encoded(index))

    def subset(self, indices: Sequence[int]) -> "EncodedSource":
        """The files at `indices`, copied."""
        pieces = np.split(self.content, self.ends[:-1])
        return joined([pieces[i] for i in indices], tuple(self.names[i] for i in indices))


def joined(pieces: Sequence[NDArray[np.uint8]], names: tuple[str, ...]) -> EncodedSource:
    """Files' bytes, one after the other, as one source."""
    ends = np.cumsum([len(piece) for piece in pieces], dtype=np.int64)
    return EncodedSource(np.concatenate([np.empty(0, np.uint8), *pieces]), ends, names)
