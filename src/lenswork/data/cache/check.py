"""Checking all of an entry of the cache against the files that it was made of."""

import os
import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from lenswork.cores import available_cores
from lenswork.data.cache.entry import Entry, Table, file_digest, row_check
from lenswork.data.decode import printable, read_content
from lenswork.errors import PictureError
from lenswork.kinds import Pictures

Told = Callable[[int, int], None]  # how many rows are done, and of how many


@dataclass(frozen=True)
class Checked:
    """What became of an entry's rows and files.

    `damaged` rows are not as they were written; files with `other_bytes` have the size and time
    of those that were decoded, but are others; `left` files are where they were no more, or have
    been changed openly: a training would see that by itself.
    """

    entry: Entry
    rows: int
    damaged: int
    other_bytes: tuple[str, ...]
    left: int

    @property
    def right(self) -> bool:
        """Whether a training that is given these rows sees the pictures of its files."""
        return not self.damaged and not self.other_bytes


def check_entry(entry: Entry, told: Told | None = None) -> Checked:
    """Read every row and every file of an entry."""
    table, pictures = entry.table(), entry.pictures()
    count = entry.facts.count
    if table is None or pictures is None:
        return Checked(entry, count, count, (), 0)
    place = _folder_of(entry.facts.place)
    damaged, left, others = 0, 0, []
    with ThreadPoolExecutor(max_workers=available_cores()) as pool:
        states = pool.map(lambda row: _state(table, pictures, place, row), range(count))
        for row, state in enumerate(states):
            damaged += state == "damaged"
            left += state == "left"
            if state == "other bytes":
                others.append(printable(Path(table.names[row])))
            if told:
                told(row + 1, count)
    return Checked(entry, count, damaged, tuple(others), left)


def _folder_of(place: str) -> Path | None:
    r"""The folder of an entry's files; in its name, bytes that are not UTF-8 stand as \xe9."""
    if not place:
        return None
    if Path(place).is_dir():
        return Path(place)
    content = re.sub(
        rb"\\x([89a-f][0-9a-f])", lambda found: bytes.fromhex(found[1].decode()), place.encode()
    )
    return Path(os.fsdecode(content))


def _state(table: Table, pictures: Pictures, place: Path | None, row: int) -> str:
    if not table.filled[row]:
        return "empty"
    if row_check(pictures[row]) != table.checks[row]:
        return "damaged"
    if place is None:
        return "left"
    try:
        content, status = read_content(place / table.names[row])
    except PictureError:
        return "left"
    if (status.st_size, status.st_mtime_ns) != (table.sizes[row], table.times_ns[row]):
        return "left"
    same = file_digest(content) == table.digests[row].tobytes()
    return "same" if same else "other bytes"
