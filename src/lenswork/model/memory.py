"""How much memory there is, so that what cannot fit is refused before it is begun."""

import sys
from pathlib import Path

try:
    import resource
except ImportError:  # where there are no such limits: Windows
    resource = None  # type: ignore[assignment]

MEMINFO = Path("/proc/meminfo")
CGROUP_LIMIT = Path("/sys/fs/cgroup/memory.max")
CGROUP_USE = Path("/sys/fs/cgroup/memory.current")
STATM = Path("/proc/self/statm")


def available_bytes() -> int:
    """The memory that this process may still take; a very large number where no one can tell."""
    found = [_meminfo_available(), _cgroup_available(), _address_space_left()]
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


def _address_space_left() -> int | None:
    """Of `ulimit -v`, which batch systems set: what the process has mapped counts."""
    if resource is None or not STATM.is_file():
        return None
    limit, _ = resource.getrlimit(resource.RLIMIT_AS)
    if limit == resource.RLIM_INFINITY:
        return None
    mapped = int(STATM.read_text("ascii").split()[0]) * resource.getpagesize()
    return max(0, limit - mapped)
