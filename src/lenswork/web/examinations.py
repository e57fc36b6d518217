"""What the doctor says of data: quickly at once, in full when somebody has asked for it.

A full examination is a process beside the studio; its result is kept with the runs, and counts
until files come into the data or leave it.
"""

import hashlib
import json
import os
import subprocess
import sys
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from threading import Lock, Thread
from typing import Any

from lenswork.data.dataset import Dataset
from lenswork.data.doctor.examine import examine
from lenswork.data.doctor.finding import SEVERITIES, Severity
from lenswork.data.doctor.report import Report
from lenswork.errors import DataError, LensworkError
from lenswork.files import read_bytes, write_bytes
from lenswork.web.named import allowed_data
from lenswork.web.opened import Shelf, data_named, refuse_absent, stamp_of
from lenswork.web.processes import FOLDER
from lenswork.web.settings import Settings

KIND = "doctor"  # in the folder that a studio has in the home
MARKED: tuple[Severity, ...] = ("refuse", "warn")
ENDED = "the examination was ended before it had looked at every picture"


@dataclass(frozen=True)
class Known:
    """A report, and the worst that it says of each picture."""

    report: Report

    @cached_property
    def marks(self) -> dict[str, Severity]:
        """Pictures that something is wrong with; what is only noted does not count."""
        worst_last = sorted(self.report.findings, key=lambda one: -SEVERITIES.index(one.severity))
        return {
            name: one.severity for one in worst_last if one.severity in MARKED for name in one.files
        }


class Examination:
    """One that is going on, or is over without a report, and `error` says why."""

    def __init__(self) -> None:
        self.done = 0
        self.of = 0
        self.error = ENDED
        self.over = False


_QUICK: Shelf[Known] = Shelf(4)
_FULL: Shelf[Known] = Shelf(4)
_RUNNING: dict[tuple[Path, str], Examination] = {}
_LOCK = Lock()


def known_of(settings: Settings, said: str) -> Known:
    """What the full examination said, if there was one, or else what names and sizes say.

    Raises `DataError` for data that may not be opened or is not there.
    """
    name = allowed_data(settings, said)
    refuse_absent(settings, name)
    kept = _kept(settings, name)
    if kept is not None:
        return kept
    key = (name, stamp_of(name))
    return _QUICK.get(key, lambda: _looked_at(settings, name))


def marks_of(settings: Settings, said: str) -> dict[str, Severity]:
    """The worst that is known of each picture so far; nothing is looked at for it."""
    name = allowed_data(settings, said)
    key = (name, stamp_of(name))
    known = _kept(settings, name) or _QUICK.peek(key)
    return {} if known is None else known.marks


def going_on(settings: Settings, said: str) -> Examination | None:
    """The full examination of data that has not given its report yet, or has failed."""
    return _RUNNING.get((settings.home, allowed_data(settings, said)))


def begin(settings: Settings, said: str) -> None:
    """Have every picture examined, unless that is going on already."""
    name = allowed_data(settings, said)
    refuse_absent(settings, name)
    key, stamp = (settings.home, name), stamp_of(name)
    with _LOCK:
        before = _RUNNING.get(key)
        if before is not None and not before.over:
            return
        examination = _RUNNING[key] = Examination()
    try:
        process = _begun(settings, name)
    except BaseException:
        with _LOCK:
            del _RUNNING[key]
        raise
    follow = Thread(target=_follow, args=(settings, name, stamp, examination, process), daemon=True)
    follow.start()


def _begun(settings: Settings, name: str) -> "subprocess.Popen[bytes]":
    command = [sys.executable, "-m", "lenswork.web.examiner", name]
    if settings.data_home is not None:
        command.append(str(settings.data_home))
    return subprocess.Popen(  # noqa: S603 (our own interpreter and module)
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, start_new_session=True
    )


def _follow(
    settings: Settings,
    name: str,
    stamp: str,
    examination: Examination,
    process: "subprocess.Popen[bytes]",
) -> None:
    """Keep the report that the process gives; whatever it does, the examination is over then."""
    try:
        content = _last_word(examination, process)
        if "report" in content:
            _keep(settings, name, stamp, content)
            with _LOCK:
                _RUNNING.pop((settings.home, name), None)
        else:
            examination.error = content.get("error", ENDED)
    finally:
        examination.over = True


def _last_word(examination: Examination, process: "subprocess.Popen[bytes]") -> dict[str, Any]:
    """Note how far the process is until it ends; what it says then, or nothing."""
    content: dict[str, Any] = {}
    with process, suppress(ValueError):  # a line that was cut off
        for line in process.stdout or ():
            said = json.loads(line)
            if "done" in said:
                examination.done, examination.of = said["done"], said["of"]
            else:
                content = said
    return content


def _keep(settings: Settings, name: str, stamp: str, content: dict[str, Any]) -> None:
    """Where the home may not be written to, the report is kept as long as the studio runs."""
    _FULL.put((settings.home, name, stamp), _read(settings, name, content))
    path = _file(settings, name)
    if not settings.home.is_dir():
        return
    with suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        write_bytes(path, json.dumps({"data": name, "stamp": stamp, **content}).encode())


def _kept(settings: Settings, name: str) -> Known | None:
    """The full report, from here or from the home; None if it is of other files."""
    key = (settings.home, name, stamp_of(name))
    known = _FULL.peek(key)
    if known is not None:
        return known
    try:
        content = json.loads(read_bytes(_file(settings, name)))
        if (content["data"], content["stamp"]) != (name, key[2]):
            return None
        known = _read(settings, name, content)
    except (OSError, ValueError, LookupError, TypeError, AttributeError, RecursionError):
        return None  # there is none, or one that is damaged
    _FULL.put(key, known)
    return known


def _looked_at(settings: Settings, name: str) -> Known:
    """What names and sizes say."""
    report = examine(name, quick=True, data_home=settings.data_home)
    return Known(replace(report, opened=_opened(settings, name)))  # not a second copy


def _read(settings: Settings, name: str, content: dict[str, Any]) -> Known:
    """The report; a file that is not in the data is left out, whatever the home says."""
    opened = _opened(settings, name)
    place = os.path.normpath((opened and opened.location) or name)
    paths = {
        said: path
        for said, path in content["paths"].items()
        if Path(os.path.normpath(path)).is_relative_to(place)
    }
    return Known(Report.from_json(content["report"], paths, opened))


def _opened(settings: Settings, name: str) -> Dataset | None:
    try:
        return data_named(settings, name)
    except LensworkError:  # the report says why
        return None


def _file(settings: Settings, name: str) -> Path:
    digest = hashlib.sha256(name.encode("utf-8", "surrogateescape")).hexdigest()[:16]
    return settings.home / FOLDER / KIND / f"{digest}.json"


def path_of(known: Known, name: str) -> Path:
    """The file of an id that a report names; raises `DataError` for any other."""
    path = known.report.paths.get(name)
    if path is None:
        raise DataError(f"the doctor's report names no file {name!r}")
    return path
