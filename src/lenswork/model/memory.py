"""How much memory there is, so that what cannot fit is refused before it is begun."""

import sys
from collections.abc import Iterator
from pathlib import Path

from lenswork.cores import control_groups, text_of

try:
    import resource
except ImportError:  # where there are no such limits: Windows
    resource = None  # type: ignore[assignment]

MEMINFO, STATM = "proc/meminfo", "proc/self/statm"
STAT = "memory.stat"
FILES_OF_A_GROUP = (  # of each version: the limit, what is used, and the pages to give back
    ("memory.max", "memory.current", "inactive_file"),
    ("memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file"),
)


def available_bytes(system: Path = Path("/")) -> int:
    """The memory that this process may still take; a very large number where no one can tell.

    The least of what the machine has free, what the limit of each control group around the
    process leaves, of either version, and what `ulimit -v` leaves. `system` is the folder in which
    /proc and /sys lie.
    """
    machine, shell = _meminfo_available(system), _address_space_left(system)
    found = (machine, shell, *_groups_available(system), sys.maxsize)
    return min(value for value in found if value is not None)


def given_bytes(system: Path = Path("/")) -> int:
    """The memory that this process may ever take, whatever else is running; as above.

    Unlike what is available it is the same tomorrow.
    """
    total = _named(text_of(system / MEMINFO), "MemTotal:")
    found = [sys.maxsize if total is None else total * 1024]
    for folder in control_groups("memory", system):
        limits = (text_of(folder / files[0]) for files in FILES_OF_A_GROUP)
        found += [int(limit) for limit in limits if limit.isdecimal()]
    return min(found)


def _meminfo_available(system: Path) -> int | None:
    kilobytes = _named(text_of(system / MEMINFO), "MemAvailable:")
    return None if kilobytes is None else kilobytes * 1024


def _groups_available(system: Path) -> Iterator[int]:
    for folder in control_groups("memory", system):
        for limit_file, used_file, to_give_back in FILES_OF_A_GROUP:
            limit, used = text_of(folder / limit_file), text_of(folder / used_file)
            if limit.isdecimal() and used.isdecimal():  # it says "max" where there is no limit
                # Pages of files count as used, but the kernel takes these back before it kills.
                pages = _named(text_of(folder / STAT), to_give_back) or 0
                yield max(0, int(limit) - max(0, int(used) - pages))


def _address_space_left(system: Path) -> int | None:
    """Of `ulimit -v`, which batch systems set: what the process has mapped counts."""
    mapped = text_of(system / STATM).split()
    if resource is None or not mapped:
        return None
    limit, _ = resource.getrlimit(resource.RLIMIT_AS)
    if limit == resource.RLIM_INFINITY:
        return None
    return max(0, limit - int(mapped[0]) * resource.getpagesize())


def _named(text: str, name: str) -> int | None:
    """The number that follows `name` at the beginning of a line."""
    for line in text.splitlines():
        words = line.split()
        if len(words) > 1 and words[0] == name and words[1].isdecimal():
            return int(words[1])
    return None
