"""The machine that a measurement ran on, and how busy it was."""

import os
import platform
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Machine:
    """What a reader must know to compare: no name or path of the machine is kept."""

    processor: str
    cores_given: int
    cores_present: int
    memory_gib: float
    system: str
    python: str

    def to_json(self) -> dict[str, Any]:
        """The same as a dictionary."""
        return asdict(self)


def this_machine() -> Machine:
    """The machine that this process runs on."""
    memory_bytes = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return Machine(
        processor=_processor(),
        cores_given=cores_given(),
        cores_present=os.cpu_count() or 1,
        memory_gib=round(memory_bytes / 2**30, 1),
        system=f"{platform.system()} {platform.release().split('-')[0]}",
        python=platform.python_version(),
    )


def cores_given() -> int:
    """The cores that this process may run on."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


@dataclass(frozen=True)
class Usage:
    """Processor time since some beginning: of the whole machine, and what was ours of it."""

    busy_seconds: float
    all_seconds: float  # busy and idle, of all cores together
    our_seconds: float


def usage_now() -> Usage | None:
    """Processor time until now; ours is that of this process and of its children that ended.

    None where the system does not tell. Time that a hypervisor gave to others counts as busy.
    """
    stat = Path("/proc/stat")
    if not stat.exists():
        return None
    ticks = [int(word) for word in stat.read_text().splitlines()[0].split()[1:9]]
    idle = ticks[3] + ticks[4]  # proc(5): the fourth is idle, the fifth waits for a disk
    each = 1 / os.sysconf("SC_CLK_TCK")
    times = os.times()
    ours = times.user + times.system + times.children_user + times.children_system
    return Usage((sum(ticks) - idle) * each, sum(ticks) * each, ours)


Span = tuple[Usage | None, Usage | None]  # before a measurement and after it


def other_work_percent(spans: Sequence[Span]) -> float | None:
    """The share of all cores' time within the spans that went into work that was not ours."""
    other = everything = 0.0
    for before, after in spans:
        if before is None or after is None:
            return None
        other += after.busy_seconds - before.busy_seconds
        other -= after.our_seconds - before.our_seconds
        everything += after.all_seconds - before.all_seconds
    return round(max(100 * other / everything, 0.0), 1) if everything else None


def _processor() -> str:
    described = Path("/proc/cpuinfo")
    if described.exists():
        for line in described.read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()
