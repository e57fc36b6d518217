"""Shards whose files are taken into memory, since what comes over HTTP is best asked for once."""

import sys

import numpy as np
from rich.filesize import decimal

from lenswork.data.encoded import EncodedSource
from lenswork.data.shards.source import ShardSource
from lenswork.errors import DataError


def fetched(source: ShardSource, most_bytes: int = sys.maxsize) -> EncodedSource:
    """The same pictures with their files' bytes in memory, for which each shard is read once.

    Nothing is decoded. Raises `PictureError` or `DownloadError` naming a shard that is damaged or
    does not arrive, `DataError` for more than `most_bytes`, before any has been received.
    """
    ends = np.cumsum(source.table.sizes[source.numbers], dtype=np.int64)
    wanted = int(ends[-1]) if len(ends) else 0
    if wanted > most_bytes:
        raise _TooLargeError(source, wanted, f"{decimal(most_bytes)} are free")
    try:
        whole = np.empty(wanted, dtype=np.uint8)
    except MemoryError as error:
        raise _TooLargeError(source, wanted, "so many are not free") from error
    for index, content in source.contents(source.forwards()):
        whole[int(ends[index]) - len(content) : int(ends[index])] = np.frombuffer(content, np.uint8)
    return EncodedSource(whole, ends, tuple(map(source.name, range(len(source)))))


class _TooLargeError(DataError):
    """Files that do not fit into memory together."""

    def __init__(self, source: ShardSource, wanted_bytes: int, there_is: str) -> None:
        super().__init__(
            f"the {len(source):,} pictures from {source.name(0)} on are kept in memory as files "
            f"while they are decoded: expected room for {decimal(wanted_bytes)}, {there_is}; bring "
            "the shards to a disk of this machine, or pack them again with smaller pictures"
        )
