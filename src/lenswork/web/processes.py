"""Work that outlives the studio: a `lenswork` command in a process of its own.

home/.studio/KIND/NAME/
    job.json    what was begun, when, and its process
    log.txt     what it has said; the process has a lock on it for as long as it lives
    ended.json  how it ended, where a studio was there to see it

Everything about it is read from there, so that it means the same after the studio has begun again.
A lock goes with the process that holds it, so nobody is misled by a process number that another
process has been given since. Nothing here loads torch.
"""

import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any, Literal

from lenswork.errors import UsageError
from lenswork.files import read_bytes, write_bytes
from lenswork.record.home import RECIPE
from lenswork.visible import visible
from lenswork.web.named import child_named, is_file
from lenswork.web.settings import Settings

if sys.platform != "win32":
    import fcntl

Kind = Literal["runs", "studies"]
FOLDER = ".studio"
JOB, LOG, ENDED = "job.json", "log.txt", "ended.json"
LAST_BYTES = 8192  # of a log that are shown
HOLD_TRIES, HOLD_SECONDS = 10, 0.02


@dataclass(frozen=True)
class Job:
    """A command that a studio has begun, as its folder tells of it."""

    folder: Path

    @property
    def name(self) -> str:
        """That of the run or study that it makes."""
        return self.folder.name

    @property
    def alive(self) -> bool:
        """Whether its process is there."""
        try:
            with _log(self.folder, "rb") as log:
                return not _can_share(log)
        except OSError:
            return False

    @property
    def code(self) -> int | None:
        """Its exit code, or the negative number of the signal that ended it; None where unknown."""
        code = _read(self.folder / ENDED).get("code")
        return code if isinstance(code, int) else None

    @property
    def said(self) -> str:
        """The last of what it has said, harmless to show."""
        try:
            with _log(self.folder, "rb") as log:
                log.seek(max(0, log.seek(0, os.SEEK_END) - LAST_BYTES))
                return visible(log.read().decode("utf-8", "replace")).strip()
        except OSError:
            return ""

    @property
    def problem(self) -> str:
        """Why it has ended, in its own words where it has found some."""
        *before, error = re.split(r"^[Ee]rror: ", self.said, flags=re.MULTILINE)
        if before and error.strip():
            return error.strip()
        code = self.code
        if code is not None and code < 0:
            name = _signal(-code)
            likely = ", most likely for want of memory" if name == "SIGKILL" else ""
            return f"its process was ended by {name}{likely}"
        with_code = "" if code is None else f" with code {code}"
        return f"its process has ended{with_code} and has not said why"

    def end(self) -> None:
        """Have its process end at once, with those that it has begun itself.

        Raises `UsageError` when it has ended already.
        """
        process = _read(self.folder / JOB).get("process")
        if isinstance(process, int) and process > 1 and self.alive:
            with suppress(ProcessLookupError):
                (os.kill if sys.platform == "win32" else os.killpg)(process, signal.SIGTERM)
                return
        raise UsageError(f"{self.name} has ended already")


def folder_of(settings: Settings, kind: Kind, name: str) -> Path:
    """Where the job of this name is, or would be; `name` must be known to be one."""
    return settings.home / FOLDER / kind / name


def job_of(settings: Settings, kind: Kind, name: str) -> Job | None:
    """The job that makes, or made, the run or study of this name; None for any other text."""
    folder = child_named(settings.home / FOLDER / kind, name)
    return Job(folder) if folder is not None and is_file(folder / JOB) else None


def starting(settings: Settings) -> list[str]:
    """The names of runs that have been begun and have no folder yet."""
    jobs = (Job(path.parent) for path in settings.home.glob(f"{FOLDER}/runs/*/{JOB}"))
    new = (job for job in jobs if not (settings.home / job.name / RECIPE).is_file())
    return sorted(job.name for job in new if job.alive)


def start(folder: Path, words: Sequence[str]) -> Job:
    """Begin `lenswork` with these words; `folder` is there, and is the job's alone.

    Raises `UsageError` when its last process is still there.
    """
    job = Job(folder)
    with _log(folder, "ab") as log:
        if not _hold(log):
            raise UsageError(f"{job.name} is being worked on already")
        log.truncate(0)
        (folder / ENDED).unlink(missing_ok=True)
        said: dict[str, Any] = {
            "words": list(words),
            "begun": datetime.now(UTC).isoformat(timespec="seconds"),
        }
        _write(folder / JOB, said)
        process = subprocess.Popen(  # noqa: S603 (our own interpreter and module)
            [sys.executable, "-m", "lenswork", *words],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,  # Ctrl-C ends the studio, not what it has begun
        )
        _write(folder / JOB, {**said, "process": process.pid})
    threading.Thread(target=_note_end, args=(process, folder), daemon=True).start()
    return job


def _note_end(process: subprocess.Popen[bytes], folder: Path) -> None:
    code = process.wait()
    if folder.is_dir():
        try:
            _write(folder / ENDED, {"code": code})
        except OSError:  # the folder has gone, or the disk is full: how it ended stays unknown
            return


def _log(folder: Path, mode: Literal["rb", "ab"]) -> IO[bytes]:
    """The log of a job; a link in its place is not followed, as it would be emptied.

    Raises `OSError` for one, too.
    """
    return open(folder / LOG, mode, buffering=0, opener=_no_link)


def _no_link(path: str, flags: int) -> int:
    also = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)  # nor is a pipe waited for
    return os.open(path, flags | also, 0o666)


def _signal(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:  # of those that have no name
        return f"signal {number}"


def _hold(log: IO[bytes]) -> bool:
    """Lock a file for everyone who inherits it; false when it is locked already."""
    if sys.platform == "win32":
        return True
    for _ in range(HOLD_TRIES):  # whoever asks whether it is held holds it for a moment
        try:
            fcntl.flock(log, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            time.sleep(HOLD_SECONDS)
        else:
            return True
    return False


def _can_share(log: IO[bytes]) -> bool:
    """Whether nobody holds a file; several may ask at the same moment."""
    if sys.platform == "win32":
        return True
    try:
        fcntl.flock(log, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _read(path: Path) -> dict[str, Any]:
    try:
        content = json.loads(read_bytes(path))
    except (OSError, ValueError, RecursionError):
        return {}
    return content if isinstance(content, dict) else {}


def _write(path: Path, content: dict[str, Any]) -> None:
    write_bytes(path, json.dumps(content).encode())
