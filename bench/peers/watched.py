"""Run a command to its end and watch how much memory it and its children take."""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from measuring import peak_rss_mb

EVERY_SECONDS = 0.05


@dataclass
class Watched:
    """What a command said, how long it took, and the most memory that it had, in MB (10**6)."""

    said: str
    seconds: float
    rss_mb: float  # resident, mapped files and all: of all its processes together
    anonymous_mb: float  # the part of it that is in no file, so that the system cannot drop it


def watched(
    command: Sequence[str], environment: Mapping[str, str], right_codes: Sequence[int] = (0,)
) -> Watched:
    """Run the command; ends this program with its last words when its code is not a right one.

    Memory is looked at 20 times a second; the peak of the largest process alone, which the system
    keeps (getrusage(2)), counts where it is above that.
    """
    most_rss = most_anonymous = 0.0
    with tempfile.TemporaryFile("w+") as said:
        began = time.perf_counter()
        child = subprocess.Popen(command, env=environment, stdout=said, stderr=subprocess.STDOUT)
        while True:
            ended, status, usage = os.wait4(child.pid, os.WNOHANG)
            if ended:
                break
            rss, anonymous = memory_mb(child.pid)
            most_rss, most_anonymous = max(most_rss, rss), max(most_anonymous, anonymous)
            time.sleep(EVERY_SECONDS)
        seconds = time.perf_counter() - began
        said.seek(0)
        text = said.read()
    code = child.returncode = os.waitstatus_to_exitcode(status)
    if code not in right_codes:
        sys.exit(f"{' '.join(command)} ended with {code}: {text[-2000:]}")
    return Watched(text, seconds, max(most_rss, peak_rss_mb(usage)), most_anonymous)


def memory_mb(process: int) -> tuple[float, float]:
    """Resident and anonymous memory of a process and those that it started, now; see proc(5)."""
    rss = anonymous = 0.0
    try:
        lines = Path(f"/proc/{process}/status").read_text().splitlines()
        found = dict(line.split(":", 1) for line in lines)
        rss, anonymous = (_mb(found.get(name, "")) for name in ("VmRSS", "RssAnon"))
        for task in Path(f"/proc/{process}/task").iterdir():
            for child in (task / "children").read_text().split():
                more_rss, more_anonymous = memory_mb(int(child))
                rss, anonymous = rss + more_rss, anonymous + more_anonymous
    except OSError:  # it ended meanwhile, or the system has no /proc
        pass
    return rss, anonymous


def _mb(kilobytes: str) -> float:
    """The number in a line such as "  1024 kB"; a process that ends has none."""
    words = kilobytes.split()
    return int(words[0]) * 1024 / 1e6 if words else 0.0
