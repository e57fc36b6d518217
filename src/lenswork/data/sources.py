"""Known data sets by name: found on this machine, else fetched; then opened.

The order of search: the data homes that were named (as an argument, else in `LENSWORK_DATA`),
the folders of the system's packages, the user's cache. A folder that is incomplete is skipped
with a reason. What is nowhere is fetched, to the first data home given as an argument if it can
be written to, else to the user's cache; `LENSWORK_DATA` is only searched, never written to.
"""

import importlib.resources
import os
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import urlsplit

import platformdirs
from rich.filesize import decimal

from lenswork.data.archive import extract_zip
from lenswork.data.arrays import missing_arrays, read_arrays
from lenswork.data.dataset import Dataset
from lenswork.data.download import Patience, fetch, say
from lenswork.data.folder import open_folder
from lenswork.data.known import KNOWN as KNOWN
from lenswork.data.known import SAMPLE, KnownSet, RemoteFile
from lenswork.errors import DataError, DownloadError, LensworkError, UsageError
from lenswork.paths import typed

DataHome = str | Path | Sequence[Path] | None
VARIABLE = "LENSWORK_DATA"
SYSTEM_HOMES = (Path("/usr/share/datasets"),)  # Debian's package dataset-fashion-mnist


@dataclass(frozen=True)
class Location:
    """Where a known set is; `skipped` says which folders before it were passed by, and why."""

    known: KnownSet
    folder: Path
    skipped: tuple[str, ...] = ()
    fetched: bool = False


@dataclass(frozen=True)
class Search:
    """What a search found: a folder that is whole, or None, and the reasons for those skipped."""

    known: KnownSet
    folder: Path | None
    skipped: tuple[str, ...]


def locate(name: str, data_home: DataHome = None) -> Location | None:
    """Where the set called `name` is on this machine, or None; nothing is ever fetched.

    Raises `UsageError` for a name that is not known and a data home that is not there.
    """
    found = search(known_set(name), homes(data_home))
    if found.folder is None:
        return None
    return Location(found.known, found.folder, found.skipped)


def get(name: str, data_home: DataHome = None, *, elsewhere: bool = True) -> Location:
    """Where the set called `name` is, after fetching it if it is nowhere.

    With `elsewhere=False` only `data_home` counts: it is put there even if another folder has it.
    Raises `UsageError` as `locate` does, and `DownloadError` when it does not arrive whole.
    """
    return obtain(known_set(name), data_home, elsewhere=elsewhere)


def load(name: str, data_home: DataHome = None) -> Dataset:
    """Open the set called `name`, after fetching it if it is nowhere.

    Raises as `get` does, and `DataError` when what is there is not the set or is damaged.
    """
    return read(get(name, data_home))


def survey(data_home: DataHome = None) -> tuple[Search, ...]:
    """Every known set and the embedded sample, each with where it is; nothing is fetched."""
    places = homes(data_home)
    return tuple(search(known, places) for known in (*KNOWN.values(), SAMPLE))


def sample_folder() -> Path:
    """The folder of the embedded sample, with train/ and validation/ in it."""
    return Path(str(importlib.resources.files("lenswork.data") / "sample"))


def known_set(name: str) -> KnownSet:
    """The known set called `name`; raises `UsageError` with the names that exist."""
    if name == SAMPLE.name:
        return SAMPLE
    if name not in KNOWN:
        names = ", ".join((*KNOWN, SAMPLE.name))
        raise UsageError(f"expected the name of a known data set, {names}, got {name!r}")
    return KNOWN[name]


def cache_home() -> Path:
    """The data home in the user's cache, whether it is there yet or not."""
    return platformdirs.user_cache_path("lenswork") / "data"


def homes(data_home: DataHome = None, *, elsewhere: bool = True) -> tuple[Path, ...]:
    """The data homes to search, in order; raises `UsageError` for a named one that is not there."""
    named = _named_homes(data_home)
    return (*named, *SYSTEM_HOMES, cache_home()) if elsewhere else named


def search(known: KnownSet, places: Sequence[Path]) -> Search:
    """Look for `known` in the data homes `places`; the first folder that is whole is taken."""
    candidates = [place / folder for place in places for folder in known.folders]
    if known is SAMPLE:
        candidates = [sample_folder()]
    skipped: list[str] = []
    for folder in candidates:
        if folder.is_dir() and any(folder.iterdir()):  # an empty one needs no reason
            missing = what_is_missing(known, folder)
            if missing is None:
                return Search(known, folder, tuple(skipped))
            skipped.append(f"{folder} is not the whole of {known.name}: {missing}")
    return Search(known, None, tuple(skipped))


def what_is_missing(known: KnownSet, folder: Path) -> str | None:
    """Why `folder` is not the whole of `known`, by its files' names only; None if it is."""
    if known.form == "arrays":
        return missing_arrays(known, folder)
    for part, counts in known.counts.items():
        for name, expected in zip(known.classes, counts, strict=True):
            found = sum(path.suffix.lower() == known.suffix for path in _files(folder, part, name))
            if found != expected:
                return f"expected {expected:,} {known.suffix} files in {part}/{name}, got {found:,}"
    return None


def obtain(
    known: KnownSet,
    data_home: DataHome = None,
    *,
    elsewhere: bool = True,
    patience: Patience | None = None,
) -> Location:
    """Do what `get` says, for any `known` set."""
    found = search(known, homes(data_home, elsewhere=elsewhere))
    if found.folder is not None:
        return Location(known, found.folder, found.skipped)
    if not known.files:
        reasons = "; ".join(found.skipped) or f"{sample_folder()} is not there"
        raise DataError(
            f"expected {known.name} inside Lenswork, but {reasons}; install Lenswork again"
        )
    for reason in found.skipped:
        say(f"skipped: {reason}")
    home = _download_home(data_home, elsewhere=elsewhere)
    try:
        _announce(known, home)
        folder = _fetch_files(known, home, patience)
    except LensworkError:
        there = search(known, (home,))  # another process may have been faster
        if there.folder is None:
            raise
        folder = there.folder
    return Location(known, folder, found.skipped, fetched=True)


def read(location: Location) -> Dataset:
    """Open the set at `location`; arrays are checked against their checksums."""
    known = location.known
    if known.form == "arrays":
        return read_arrays(known, location.folder, notes=(*known.notes, *location.skipped))
    opened = open_folder(location.folder, name=known.name)
    return replace(opened, notes=(*known.notes, *location.skipped, *opened.notes))


def _named_homes(data_home: DataHome) -> tuple[Path, ...]:
    if isinstance(data_home, str | Path):
        data_home = (Path(data_home),)
    by = "as the data home"
    if not data_home:
        entries = os.environ.get(VARIABLE, "").split(os.pathsep)
        data_home, by = [Path(entry) for entry in entries if entry], f"in {VARIABLE}"
    named = tuple(map(typed, data_home))
    for home in named:
        if not home.is_dir():
            found = "a file" if home.exists() else "nothing"
            raise UsageError(
                f"expected a folder at {home}, which is named {by}, found {found} there; "
                "make the folder or correct the name"
            )
    return named


def _download_home(data_home: DataHome, *, elsewhere: bool) -> Path:
    if data_home:
        home = _named_homes(data_home)[0]
        if os.access(home, os.W_OK):
            return home
        if not elsewhere:
            raise UsageError(
                f"expected a data home that can be written to, got {home}; name another, or none "
                f"for the cache, {cache_home()}"
            )
    home = cache_home()
    try:
        home.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise DownloadError(
            f"cannot make the cache folder {home}: {error.strerror}; name a data home that can "
            "be written to"
        ) from error
    return home


def _announce(known: KnownSet, home: Path) -> None:
    """Say what is about to be fetched, unless there is no room for it."""
    unpacks = any(file.unpacks_to for file in known.files)
    needed_bytes = known.download_bytes * (2 if unpacks else 1)
    free_bytes = shutil.disk_usage(home).free
    if free_bytes < needed_bytes:
        raise DownloadError(
            f"{known.name} needs {decimal(needed_bytes)}, {home} has {decimal(free_bytes)} free; "
            "make room or name another data home"
        )
    hosts = sorted({str(urlsplit(file.url).hostname) for file in known.files})
    say(
        f"fetching {known.name}: {known.description}, {decimal(known.download_bytes)} from "
        f"{', '.join(hosts)}, licence {known.licence} ({known.attribution}), "
        f"to {home / known.folders[0]}"
    )


def _fetch_files(known: KnownSet, home: Path, patience: Patience | None) -> Path:
    target = home / known.folders[0]
    if known.form == "arrays":
        for file in known.files:
            if not (target / file.name).exists():
                _fetch(file, target, patience)
        return target
    if target.exists():
        raise DataError(
            f"{target} is in the way: {what_is_missing(known, target)}; complete it or delete it, "
            "then run the same command again"
        )
    waiting = home / f"{known.folders[0]}.download"  # keeps the archives until all are there
    for file in known.files:
        _fetch(file, waiting, patience)
    _unpack(known, waiting, target)
    shutil.rmtree(waiting, ignore_errors=True)  # another process may be removing it too
    return target


def _fetch(file: RemoteFile, folder: Path, patience: Patience | None) -> None:
    destination = folder / file.name
    fetch(file.url, file.checksum, destination, size_bytes=file.size_bytes, patience=patience)


def _unpack(known: KnownSet, archives: Path, target: Path) -> None:
    """Unpack all parts beside `target` and rename them to it at once."""
    with tempfile.TemporaryDirectory(prefix=f".{target.name}-", dir=target.parent) as temporary:
        staging = Path(temporary) / "content"
        staging.mkdir()
        for file in known.files:
            if file.unpacks_to is not None:
                extract_zip(archives / file.name, staging / file.unpacks_to)
        if missing := what_is_missing(known, staging):
            raise DataError(f"the archives in {archives} are not {known.name}: {missing}")
        try:
            staging.rename(target)
        except OSError as error:
            raise DataError(
                f"cannot put {known.name} at {target}: {error.strerror or error}"
            ) from error


def _files(folder: Path, part: str, name: str) -> Iterator[Path]:
    class_folder = folder / part / name
    return class_folder.iterdir() if class_folder.is_dir() else iter(())
