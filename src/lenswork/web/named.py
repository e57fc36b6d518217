"""What a request may name: runs of the home, known data, folders the studio was given.

No other path from a request reaches the disk.
"""

import re
from pathlib import Path

from lenswork.data.known import KNOWN, SAMPLE
from lenswork.data.shards.names import expanded, is_url, names_shards
from lenswork.errors import DataError, RunError
from lenswork.record.run import CLASSIFIER, RECIPE, Run
from lenswork.web.settings import Settings

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,254}")
"""As the recorder names runs, and no longer than a folder's name can be."""
LONGEST_SHOWN = 100


def run_named(settings: Settings, name: str) -> Run:
    """The run of the home with this name; raises `RunError` for any other text."""
    path = child_named(settings.home, name)
    if path is None or not _is_file(path / RECIPE):
        raise RunError(
            f"there is no run {shown(name)} in {settings.home}: it may have been deleted"
        )
    for file in (RECIPE, CLASSIFIER):
        if not _lies_in(path / file, settings.home):
            raise RunError(
                f"{file} of run {name} is a link out of {settings.home}, which the studio does not "
                "follow: put the file itself there"
            )
    return Run(path)


def child_named(folder: Path, name: str) -> Path | None:
    """What lies in `folder` under this name, or None: for a path, or a link that leads out."""
    path = folder / name
    return path if NAME.fullmatch(name) and _lies_in(path, folder) else None


def shown(text: str) -> str:
    """What a request said, quoted, and cut where it is long."""
    return repr(text if len(text) <= LONGEST_SHOWN else f"{text[:LONGEST_SHOWN]}…")


def allowed_data(settings: Settings, said: str) -> str:
    """A known data set's name, or a folder or shards within the folders that the studio was given.

    Raises `DataError` for anything else, and says how to give the studio another folder.
    """
    if said in KNOWN or said == SAMPLE.name:
        return said
    try:
        shards = names_shards(said)
        places = [_resolved(one) for one in expanded(said)] if shards else [_resolved(said)]
    except (OSError, RuntimeError, ValueError) as error:
        raise DataError(f"{shown(said)} is no folder that can be opened") from error
    within = (any(_lies_in(one, folder) for folder in settings.folders) for one in places)
    if said and all(within):
        return said if shards else str(places[0])
    given = ", ".join(map(str, settings.folders)) or "none"
    raise DataError(
        f"the studio opens pictures only in the folders it was given ({given}) and known data "
        f"sets, got {shown(said)}: start it with lenswork studio FOLDER to add one"
    )


def _resolved(said: str) -> Path:
    """Where a path leads; an address leads nowhere here."""
    if is_url(said):
        raise ValueError(said)
    return Path(said).expanduser().resolve()


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:  # of a folder that may not be looked into
        return False


def _lies_in(path: Path, folder: Path) -> bool:
    try:
        return path.resolve().is_relative_to(folder.resolve())
    except (OSError, RuntimeError):  # links in a circle, a name that is too long
        return False
