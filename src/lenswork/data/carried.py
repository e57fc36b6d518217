"""A data set that can be taken to another machine: the bytes of its files come along."""

from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from lenswork.data.dataset import Dataset, FileSource, Part, PictureSource
from lenswork.data.decode import printable
from lenswork.data.encoded import joined
from lenswork.data.shards.fetch import fetched
from lenswork.data.shards.source import ShardSource
from lenswork.errors import PictureError


def carried(data: Dataset) -> Dataset:
    """The same data set with nothing left in files; raises `PictureError` naming one that is gone.

    Files are not decoded: that is left to whoever reads them.
    """
    parts = {name: Part(_carried(part), part.labels, part.ids) for name, part in data.parts.items()}
    return replace(data, parts=parts, location=None)


def _carried(part: Part) -> PictureSource:
    if isinstance(part.source, ShardSource):
        return fetched(part.source)
    if not isinstance(part.source, FileSource):
        return part.source
    files = part.source.files
    return joined([_bytes_of(path) for path in files], tuple(map(printable, files)))


def _bytes_of(path: Path) -> NDArray[np.uint8]:
    try:
        return np.fromfile(path, dtype=np.uint8)
    except OSError as error:
        raise PictureError(f"cannot read {printable(path)}: {error.strerror}") from error
