"""How much memory there is, so that what cannot fit is refused before it is begun."""

import sys
from pathlib import Path

MEMINFO = Path("/proc/meminfo")
CGROUP_LIMIT = Path("/sys/fs/cgroup/memory.max")
CGROUP_USE = Path("/sys/fs/cgroup/memory.current")


def available_bytes() -> int:
    """The memory that this process may still take; a very large number where no one can tell."""
    found = [_meminfo_available(), _cgroup_available()]
    return min(value for value in (*found, sys.maxsize) if value is not None)


def _meminfo_available() -> int | None:
    if not MEMINFO.is_file():
        return None
    for line in MEMINFO.read_text("ascii", "replace").splitlines():
        if line.startswith("MemAvailable:"):
            return int(line.split()[1]) * 1024
    return None


def _cgroup_available() -> int | None:
    if not (CGROUP_LIMIT.is_file() and CGROUP_USE.is_file()):
        return None
    limit = CGROUP_LIMIT.read_text("ascii").strip()
    return None if limit == "max" else int(limit) - int(CGROUP_USE.read_text("ascii"))
