"""What became of a run that was left before its end, and what helps, in words.

Nothing here loads torch.
"""

import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

from lenswork.errors import UsageError
from lenswork.record.home import RECIPE, home_folder
from lenswork.record.summary import Status

CHECKPOINT, BEFORE = "checkpoint.safetensors", "checkpoint-before.safetensors"
INTERRUPTED = "interrupted from the keyboard"
ABANDONED = "left by the program that read its events"


class Left(Protocol):
    """What a `Run` knows of how it began and ended."""

    path: Path

    @property
    def name(self) -> str:
        """Its folder's name."""
        ...

    @property
    def status(self) -> Status:
        """How it stands."""
        ...

    @property
    def start(self) -> Mapping[str, Any]:
        """What was recorded as it began."""
        ...

    @property
    def end(self) -> Mapping[str, Any]:
        """What was recorded as it ended."""
        ...


def has_checkpoint(folder: Path) -> bool:
    """Whether there is a state to go on from, or what is left of one."""
    return any((folder / name).is_file() for name in (CHECKPOINT, BEFORE))


def place_of(run: Left) -> str:
    """What finds a run again on a command line: its name in the home of now, or else its path."""
    try:
        is_here = home_folder().resolve() == run.path.parent
    except UsageError:  # LENSWORK_HOME is none, and the run was named by its path
        is_here = False
    return shlex.quote(run.name if is_here else str(run.path))


def is_own_module(run: Left) -> bool:
    """Whether a run trains a torch module of one's own: a net's line is no name."""
    return str(run.start.get("net", "")).isidentifier()


def broke(run: Left) -> bool:
    """Whether something has to be mended, or the run would only fail again."""
    return run.status == "failed" and run.end.get("reason") not in (INTERRUPTED, ABANDONED)


def what_helps(run: Left) -> str:
    """What to do to end a run that is `resumable`: its command, and what comes before that."""
    mend = "mend what it failed of, then " if broke(run) else ""
    if is_own_module(run):
        net = f"net={run.start['net']}(...)"
        return f"{mend}go on with it from Python: lenswork.train({net}, resume={run.name!r})"
    goes_on = f"lenswork train --resume {place_of(run)}"
    if has_checkpoint(run.path):
        return f"{mend}go on with it: {goes_on}"
    if not broke(run):
        return f"it was left before its first checkpoint, so {goes_on} begins it again"
    again = f"lenswork train --recipe-file {shlex.quote(str(run.path / RECIPE))}"
    return (
        "it failed before its first checkpoint, so there is nothing to go on from: "
        f"{mend}train again: {again}"
    )
