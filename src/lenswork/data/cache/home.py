"""Where the cache of pictures is, how large it may become, and what goes when it is too large."""

import os
import re
import shutil
import time
from collections.abc import Collection
from pathlib import Path

import platformdirs
from filelock import FileLock, Timeout

from lenswork.data.cache.entry import Entry, open_entry
from lenswork.data.cache.write import LOCK, PART, TRASH, has_only_ours, remove_entry
from lenswork.errors import UsageError
from lenswork.paths import typed

VARIABLE = "LENSWORK_CACHE"
LIMIT_VARIABLE = "LENSWORK_CACHE_LIMIT"
OFF = "off"
MOST_BYTES = 10_000_000_000  # where no limit is named, and no more than a tenth of the disk
STALE_SECONDS = 60  # before that a folder may have no lock yet
_UNITS = {"": 1, "K": 10**3, "M": 10**6, "G": 10**9, "T": 10**12}
_BINARY = {"": 1, "K": 2**10, "M": 2**20, "G": 2**30, "T": 2**40}


def cache_folder() -> Path | None:
    """The folder of the entries, whether it is there yet or not; None when the cache is off.

    Raises `UsageError` when `LENSWORK_CACHE` names the home of nobody.
    """
    named = os.environ.get(VARIABLE, "")
    if named.strip().lower() == OFF:
        return None
    if named:
        return typed(named).absolute()
    return platformdirs.user_cache_path("lenswork") / "pictures"


def size_limit(folder: Path) -> int:
    """The bytes that all entries together may have.

    Raises `UsageError` when `LENSWORK_CACHE_LIMIT` is no size.
    """
    said = os.environ.get(LIMIT_VARIABLE, "")
    if said:
        return parse_bytes(said)
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    return min(MOST_BYTES, shutil.disk_usage(folder).total // 10)


def parse_bytes(text: str) -> int:
    """The bytes of "20GB", "1.5 GiB" or "500000"; raises `UsageError` for anything else."""
    match = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*([KMGT]?)(I?)B?\s*", text.upper())
    if not match:
        raise UsageError(f"expected a size such as 20GB or 500MB in {LIMIT_VARIABLE}, got {text!r}")
    number, unit, binary = match.groups()
    return int(float(number) * (_BINARY if binary else _UNITS)[unit])


def entries_in(folder: Path) -> list[Entry]:
    """The entries whose facts are whole, the one that was used last first."""
    try:
        children = list(folder.iterdir())
    except OSError:
        return []
    found = [open_entry(child) for child in children if _is_key(child.name)]
    return sorted((one for one in found if one), key=lambda one: one.last_used, reverse=True)


def size_of(entry: Entry) -> int:
    """The bytes of an entry's files; 0 when it has just been removed."""
    try:
        return sum(file.stat().st_size for file in entry.folder.iterdir())
    except OSError:
        return 0


def make_room(folder: Path, wanted_bytes: int, spared: str = "") -> None:
    """Remove entries until so many bytes fit below the limit, those not used for longest first.

    The entry whose key is `spared` stays. A process that has an entry mapped reads on in it.
    """
    limit = size_limit(folder)
    entries = [one for one in entries_in(folder) if one.facts.key != spared]
    total = sum(one.facts.rows_bytes for one in entries)
    while entries and total + wanted_bytes > limit:
        oldest = entries.pop()
        total -= oldest.facts.rows_bytes
        remove_entry(oldest.folder)


def free_disk(folder: Path, wanted_bytes: int, spared: Collection[str] = ()) -> bool:
    """Remove entries until the disk has so many bytes free; whether it has them now.

    Those not used for longest go first. Entries whose keys are `spared` stay, and all stay where
    removing them would not do.
    """
    entries = [one for one in entries_in(folder) if one.facts.key not in spared]
    free = shutil.disk_usage(folder).free
    if free + sum(one.facts.rows_bytes for one in entries) < wanted_bytes:
        return False
    while entries and shutil.disk_usage(folder).free < wanted_bytes:
        remove_entry(entries.pop().folder)
    return shutil.disk_usage(folder).free >= wanted_bytes


def remove_leftovers(folder: Path) -> None:
    """Remove what processes left behind that were killed, and entries that nobody can read.

    Whatever else lies in the folder stays: somebody may have named one with things of his own.
    """
    try:
        children = list(folder.iterdir())
    except OSError:
        return
    for child in children:
        if _is_key(child.name) and open_entry(child) is None:
            remove_entry(child)
        left = re.fullmatch(r"\.[0-9a-f]{32}\.[0-9a-f]{8}(\.\w+)", child.name)
        if left is None or not has_only_ours(child):
            continue
        if left[1] == TRASH:
            shutil.rmtree(child, ignore_errors=True)
        elif left[1] == PART:
            _remove_if_dead(child)


def _remove_if_dead(part: Path) -> None:
    try:
        if time.time() - part.stat().st_mtime < STALE_SECONDS:
            return
        with FileLock(part / LOCK, timeout=0):
            shutil.rmtree(part, ignore_errors=True)
    except (OSError, Timeout):  # its process is at work, or another has removed it
        return


def _is_key(name: str) -> bool:
    return re.fullmatch(r"[0-9a-f]{32}", name) is not None
