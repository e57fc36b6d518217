"""Shards whose files are taken into memory, since what comes over HTTP is best asked for once."""

import numpy as np

from lenswork.data.encoded import EncodedSource
from lenswork.data.shards.source import ShardSource


def fetched(source: ShardSource) -> EncodedSource:
    """The same pictures with their files' bytes in memory, for which each shard is read once.

    Nothing is decoded. Raises `PictureError` or `DownloadError` naming a shard that is damaged or
    does not arrive.
    """
    ends = np.cumsum(source.table.sizes[source.numbers], dtype=np.int64)
    whole = np.empty(int(ends[-1]) if len(ends) else 0, dtype=np.uint8)
    for index, content in source.contents(source.forwards()):
        whole[int(ends[index]) - len(content) : int(ends[index])] = np.frombuffer(content, np.uint8)
    return EncodedSource(whole, ends, tuple(map(source.name, range(len(source)))))
