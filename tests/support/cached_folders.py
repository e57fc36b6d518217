"""Folders of small pictures, and a preprocessing that counts what it decodes."""

import os
import threading
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from picture_files import encoded, noise

from lenswork.data.cache.rows import open_rows
from lenswork.data.dataset import FileSource, PictureSource
from lenswork.errors import PictureError
from lenswork.kinds import Picture, Pictures
from lenswork.model.preprocess import Preprocess

START_NS = 1_700_000_000_000_000_000


class Counting:
    """A preprocessing to small grey pictures; `decoded` are the names of the files it decoded."""

    def __init__(self, side: int = 6) -> None:
        self.real = Preprocess(height=side, width=side, colours="grey")
        self.decoded: list[str] = []
        self._lock = threading.Lock()

    @property
    def input_shape(self) -> tuple[int, int, int]:
        return self.real.input_shape

    @property
    def pixels(self) -> str:
        return self.real.pixels

    def apply(self, picture: Picture) -> Picture:
        return self.real.apply(picture)

    def apply_bytes(self, content: bytes, name: str) -> Picture:
        with self._lock:
            self.decoded.append(Path(name).name)
        return self.real.apply_bytes(content, name)

    def read(self, source: PictureSource, index: int) -> Picture:
        with self._lock:
            self.decoded.append(str(index))
        return self.real.read(source, index)


def write_pictures(folder: Path, count: int, seed: int = 0, second: int = 0) -> FileSource:
    """BMP files, all of one size, in two class folders, a second apart from `second` on."""
    for index in range(count):
        path = folder / "ab"[index % 2] / f"{index:03d}.bmp"
        write_picture(path, seed * 1000 + index, second + index)
    return source_of(folder)


def write_picture(path: Path, seed: int, second: int) -> None:
    """A picture that `seed` draws, last changed at `second`."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(encoded(noise(9, 9, 3, seed), "BMP"))
    set_second(path, second)


def set_second(path: Path, second: int) -> None:
    """Have the file be last changed at `second`."""
    time_ns = START_NS + second * 1_000_000_000
    os.utime(path, ns=(time_ns, time_ns))


def source_of(folder: Path) -> FileSource:
    """All files below the folder, by name."""
    return FileSource(tuple(sorted(path for path in folder.rglob("*") if path.is_file())))


def ids_of(folder: Path, source: FileSource) -> tuple[str, ...]:
    """The files' names inside the folder."""
    return tuple(path.relative_to(folder).as_posix() for path in source.files)


def read_through(
    source: PictureSource, preprocessing: Counting | None = None, ids: Sequence[str] | None = None
) -> Pictures:
    """Open, fill what is missing, finish; unreadable pictures are passed over."""
    rows = open_rows(source, preprocessing or Counting(), ids)
    for index in rows.missing.tolist():
        try:
            rows.fill(index)
        except PictureError:
            continue
    rows.finish()
    return rows.pictures


def read_plainly(source: FileSource, side: int = 6) -> Pictures:
    """Every file decoded here and now."""
    preprocess = Preprocess(height=side, width=side, colours="grey")
    return np.stack([preprocess.read_file(path) for path in source.files])
