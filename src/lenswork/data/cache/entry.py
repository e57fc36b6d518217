"""One entry of the cache: a folder with rows, what is known of them, and when it is trusted.

    entry.json  the facts, with a checksum of themselves and of table.npz; written last
    table.npz   of each row its file's name, size, time and SHA-256, and the CRC-32 of the row
    rows.u8     (count, height, width, channels) uint8, in the order of the table

An entry is written beside its place under a name that ends in .part, and renamed once its rows are
on the disk. Reading checks the sizes and checksums, and some rows and files by chance;
`check_entry` checks all.
"""

import hashlib
import io
import json
import mmap
import os
import sys
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, ValidationError

from lenswork.data.decode import printable
from lenswork.kinds import Picture, Pictures

FACTS, TABLE, ROWS = "entry.json", "table.npz", "rows.u8"
FORMAT: Literal[1] = 1
SAMPLED = 16  # files and rows that stand for all when an entry is opened
# Else Linux refuses to map a file larger than memory that may be written to in memory only.
_NO_RESERVE = getattr(mmap, "MAP_NORESERVE", 0x4000 if sys.platform == "linux" else 0)

Shape = tuple[int, int, int]


@dataclass(frozen=True)
class Files:
    """A list of files as the disk has them: names inside the data, sizes, times of last change.

    `place` is the folder in which the names are, "" where it is not known. A file that cannot be
    asked has the size -1.
    """

    paths: tuple[Path, ...]
    names: tuple[str, ...]
    place: str
    sizes: NDArray[np.int64]  # (count,)
    times_ns: NDArray[np.int64]  # (count,)

    def __len__(self) -> int:
        return len(self.paths)

    @property
    def total_bytes(self) -> int:
        """The sizes together."""
        return int(self.sizes.clip(0).sum())


class Facts(BaseModel):
    """What an entry says of itself; `filled` of its `count` rows have been decoded."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    format: Literal[1] = FORMAT
    key: str
    count: int
    filled: int
    shape: Shape
    pixels: str
    place: str
    made_at: str
    table_sha256: str

    @property
    def row_bytes(self) -> int:
        """The bytes of one row."""
        height, width, channels = self.shape
        return height * width * channels

    @property
    def rows_bytes(self) -> int:
        """The bytes of all rows."""
        return self.count * self.row_bytes

    @property
    def complete(self) -> bool:
        """Whether no row is missing."""
        return self.filled == self.count


@dataclass(frozen=True)
class Table:
    """What is known of each row; a row that was never filled has `filled` false."""

    names: tuple[str, ...]
    sizes: NDArray[np.int64]  # (count,)
    times_ns: NDArray[np.int64]  # (count,)
    digests: NDArray[np.uint8]  # (count, 32): SHA-256 of the file
    checks: NDArray[np.uint32]  # (count,): CRC-32 of the row
    filled: NDArray[np.bool_]  # (count,)

    def to_bytes(self) -> bytes:
        """As `table.npz` holds it."""
        content = io.BytesIO()
        arrays = {name: getattr(self, name) for name in _KINDS}
        np.savez(content, names=_packed(self.names), **arrays)
        return content.getvalue()

    @classmethod
    def from_bytes(cls, content: bytes) -> Self:
        """The table again; raises `ValueError` for what is none."""
        with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
            names = _unpacked(arrays["names"])
            columns = {name: arrays[name] for name in _KINDS}
        for name, (kind, shape) in _KINDS.items():
            if columns[name].dtype != kind or columns[name].shape != (len(names), *shape):
                raise ValueError(f"table.npz: {name} is not {kind} of shape {shape} a row")
        return cls(names, **columns)


_KINDS: dict[str, tuple[type[np.generic], tuple[int, ...]]] = {
    "sizes": (np.int64, ()),
    "times_ns": (np.int64, ()),
    "digests": (np.uint8, (32,)),
    "checks": (np.uint32, ()),
    "filled": (np.bool_, ()),
}


@dataclass(frozen=True)
class Entry:
    """An entry whose facts are whole; `open_entry` makes it, or None."""

    folder: Path
    facts: Facts
    last_used: float  # seconds since 1970

    def table(self) -> Table | None:
        """What is known of each row, or None if it is not what was written."""
        try:
            content = (self.folder / TABLE).read_bytes()
            if hashlib.sha256(content).hexdigest() != self.facts.table_sha256:
                return None
            table = Table.from_bytes(content)
        except (OSError, ValueError, KeyError):
            return None
        return table if len(table.names) == self.facts.count else None

    def pictures(self) -> Pictures | None:
        """The rows, mapped, (count, height, width, channels), or None if they are not all there.

        What is written to them stays in this process; they stay when the entry is removed.
        """
        try:
            with (self.folder / ROWS).open("rb") as file:
                if os.fstat(file.fileno()).st_size != self.facts.rows_bytes:
                    return None
                return mapped(file.fileno(), self.facts.count, self.facts.shape)
        except OSError:
            return None

    def touch(self) -> None:
        """Have it count as used now."""
        try:
            os.utime(self.folder / FACTS)
        except OSError:  # it is being removed, or belongs to someone else
            return


def open_entry(folder: Path) -> Entry | None:
    """The entry in `folder`, or None where its facts are not there, foreign or damaged."""
    try:
        with (folder / FACTS).open("rb") as file:
            said = json.load(file)
            last_used = os.fstat(file.fileno()).st_mtime
        facts = Facts.model_validate_json(json.dumps(said["facts"]), strict=False)
        right = said["sha256"] == _checksum(facts)
    except (OSError, ValueError, KeyError, TypeError, ValidationError, RecursionError):
        return None
    return Entry(folder, facts, last_used) if right and facts.key == folder.name else None


def is_later(folder: Path) -> bool:
    """Whether a later Lenswork wrote the entry in `folder`, in a format of its own."""
    try:
        return bool(json.loads((folder / FACTS).read_bytes())["facts"]["format"] > FORMAT)
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return False


def facts_bytes(facts: Facts) -> bytes:
    """As `entry.json` holds them."""
    said = {"facts": facts.model_dump(mode="json"), "sha256": _checksum(facts)}
    return json.dumps(said, indent=1).encode()


def look_at(paths: Sequence[Path], names: Sequence[str] | None) -> Files:
    """Ask the disk for each file's size and time; `names` left out are paths below one folder."""
    texts = list(map(os.fspath, paths))
    names, place = _named(texts, names)
    sizes, times = np.empty(len(paths), np.int64), np.empty(len(paths), np.int64)
    for index, text in enumerate(texts):
        try:
            status = os.stat(text)  # noqa: PTH116 - half the time of Path.stat
            sizes[index], times[index] = status.st_size, status.st_mtime_ns
        except OSError:  # told when it is read
            sizes[index], times[index] = -1, 0
    return Files(tuple(paths), tuple(names), place, sizes, times)


def key_of(files: Files, shape: Shape, pixels: str) -> str:
    """The name of the entry of these files under this preprocessing, 32 hex digits."""
    digest = hashlib.blake2b(digest_size=16)
    digest.update(f"lenswork pictures 1\0{shape}\0{pixels}\0{len(files)}\0".encode())
    for array in (_packed(files.names), files.sizes, files.times_ns):
        digest.update(array.tobytes())
    return digest.hexdigest()


def mapped(descriptor: int, count: int, shape: Shape) -> Pictures:
    """The rows of an open file in memory, read as they are needed; writing stays in memory."""
    size = count * shape[0] * shape[1] * shape[2]
    if not size:
        return np.empty((count, *shape), dtype=np.uint8)
    if os.name == "nt":
        memory = mmap.mmap(descriptor, size, access=mmap.ACCESS_COPY)
    else:
        protection = mmap.PROT_READ | mmap.PROT_WRITE
        memory = mmap.mmap(descriptor, size, mmap.MAP_PRIVATE | _NO_RESERVE, protection)
    return np.frombuffer(memory, dtype=np.uint8).reshape(count, *shape)


def file_digest(content: bytes) -> bytes:
    """SHA-256 of a file, 32 bytes."""
    return hashlib.sha256(content).digest()


def row_check(picture: Picture) -> int:
    """CRC-32 of a row."""
    return zlib.crc32(np.ascontiguousarray(picture).data)


def some_of(places: NDArray[np.int64]) -> NDArray[np.int64]:
    """Up to `SAMPLED` of these places by chance: others each time, so that no place is safe."""
    if len(places) <= SAMPLED:
        return places
    return np.random.default_rng().choice(places, SAMPLED, replace=False)


def _checksum(facts: Facts) -> str:
    said = json.dumps(facts.model_dump(mode="json"), sort_keys=True)
    return hashlib.sha256(said.encode()).hexdigest()


def _packed(names: Sequence[str]) -> NDArray[np.uint8]:
    content = "\0".join(names).encode("utf-8", "surrogateescape")
    return np.frombuffer(content, dtype=np.uint8)


def _unpacked(content: NDArray[np.uint8]) -> tuple[str, ...]:
    return tuple(content.tobytes().decode("utf-8", "surrogateescape").split("\0"))


def _named(texts: Sequence[str], names: Sequence[str] | None) -> tuple[Sequence[str], str]:
    """The names, and the folder in which they are, "" where they are not paths below one."""
    if names is None:
        whole = [os.path.abspath(text) for text in texts]  # noqa: PTH100
        place = os.path.commonpath([os.path.dirname(text) for text in whole])  # noqa: PTH120
        start = len(place.rstrip(os.sep)) + 1
        return [text[start:] for text in whole], printable(Path(place))
    first = texts[0][: len(texts[0]) - len(names[0])]
    if all(text == first + name for text, name in zip(texts, names, strict=True)):
        return names, printable(Path(os.path.abspath(first)))  # noqa: PTH100
    return names, ""
