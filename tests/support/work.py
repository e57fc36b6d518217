"""Processes as the system shows them, and tasks for workers to do."""

import os
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from lenswork.study.workers import Task
from lenswork.training.recipe import Recipe

NET = "conv 4, pool, flatten, dense classes"
Found = TypeVar("Found")
LONG, SHORT = 100_000, 2  # epochs


def task(folder: Path, pictures: Path, name: str, seed: int = 0, **fields: Any) -> Task:
    """A trial on a folder of pictures, of two epochs unless `fields` say otherwise."""
    recipe = {"recipe": "notes", "net": NET, "epochs": SHORT, "batch": 8, "data": str(pictures)}
    return Task(name, Recipe(**{**recipe, **fields, "seed": seed}), folder / "trials")


def processes() -> dict[int, tuple[int, str]]:
    """Parent and command line of every process that runs."""
    listing = subprocess.run(
        ["ps", "-eo", "pid=,ppid=,stat=,args="], capture_output=True, text=True, check=True
    )
    rows = [line.split(None, 3) for line in listing.stdout.splitlines()]
    return {
        int(pid): (int(parent), command)
        for pid, parent, state, command in (row for row in rows if len(row) == 4)
        if not state.startswith("Z")
    }


def local_worker() -> int | None:
    """A process that works for this one."""
    return next(
        (
            pid
            for pid, (parent, command) in processes().items()
            if parent == os.getpid() and "lenswork.study.worker" in command
        ),
        None,
    )


def ray_worker(name: str, raylet: int | None = None) -> int | None:
    """A process of Ray that does the task called `name`, on the node of `raylet` if that is said.

    Ray gives its processes the title of their task.
    """
    return next(
        (
            pid
            for pid, (parent, command) in processes().items()
            if command.startswith(f"ray::{name}") and raylet in (None, parent)
        ),
        None,
    )


def soon(find: Callable[[], Found | None], seconds: float = 30.0) -> Found:
    """What `find` gives as soon as it is true of it; fails after some seconds."""
    end = time.monotonic() + seconds
    while not (found := find()):
        assert time.monotonic() < end, f"waited {seconds} s for {find}"
        time.sleep(0.05)
    return found


def kill(pid: int) -> None:
    """End a process as a lack of memory does."""
    os.kill(pid, signal.SIGKILL)
