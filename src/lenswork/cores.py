"""How many cores this process was given, which can be fewer than the machine has."""

import math
import os
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

GROUPS = "sys/fs/cgroup"
OWN_GROUPS = "proc/self/cgroup"


def available_cores(system: Path = Path("/")) -> int:
    """The cores that this process may keep busy, at least 1.

    The fewer of those it may run on (its affinity) and those that its time is worth: the quota of
    its control group, of either version, and of every group around it, rounded up. `system` is
    the folder in which /proc and /sys lie.
    """
    return max(1, min([_by_affinity(), *(math.ceil(quota) for quota in _quotas(system))]))


def _by_affinity() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _quotas(system: Path) -> Iterator[float]:
    """The limits in cores, innermost group first."""
    for folder in control_groups("cpu", system):
        quota = _second_version(folder) or _first_version(folder)
        if quota is not None:
            yield quota


def control_groups(controller: str, system: Path = Path("/")) -> Iterator[Path]:
    """The folders of this process's groups and of those around them, innermost first.

    Of the first version those of `controller` ("cpu", "memory"), of the second the only ones.

    In a container the path can be the host's, of which only the outermost folder is there: a
    folder that is not there is passed over by whoever reads in it.
    """
    for line in text_of(system / OWN_GROUPS).splitlines():
        _, _, rest = line.partition(":")
        controllers, _, group = rest.partition(":")
        if controllers and controller not in controllers.split(","):
            continue
        names = (controllers, controller) if controllers else ("", "unified")
        path = PurePosixPath(group.lstrip("/"))
        for name in dict.fromkeys(names):
            mounted = system / GROUPS / name
            yield from (mounted / above for above in (path, *path.parents))


def _second_version(folder: Path) -> float | None:
    """Of cpu.max: "200000 100000", or "max 100000" where there is no limit."""
    words = text_of(folder / "cpu.max").split()
    return _ratio(*words) if len(words) == 2 else None


def _first_version(folder: Path) -> float | None:
    """Of cpu.cfs_quota_us, which is -1 where there is no limit, over cpu.cfs_period_us."""
    return _ratio(text_of(folder / "cpu.cfs_quota_us"), text_of(folder / "cpu.cfs_period_us"))


def _ratio(quota: str, period: str) -> float | None:
    try:
        most, of = int(quota), int(period)
    except ValueError:
        return None
    return most / of if most > 0 and of > 0 else None


def text_of(file: Path) -> str:
    """What one of the system's files says, "" where it cannot be read."""
    try:
        return file.read_text("ascii", "replace").strip()
    except OSError:
        return ""
