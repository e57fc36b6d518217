"""What a request may name: runs of the home, known data, folders the studio was given.

No other path from a request reaches the disk.
"""

from collections.abc import Iterable, Iterator
from pathlib import Path

from lenswork.data.known import KNOWN, SAMPLE
from lenswork.data.shards.names import expanded, is_url, names_shards
from lenswork.errors import DataError, RunError
from lenswork.record.run import CLASSIFIER, ENVIRONMENT, HISTORY, PREDICTIONS, RECIPE, Run
from lenswork.web.settings import Settings

LONGEST_NAME = 255  # bytes: no folder's name is longer
LONGEST_SHOWN = 100


def run_named(settings: Settings, name: str) -> Run:
    """The run of the home with this name; raises `RunError` for any other text."""
    run = run_in(settings.home, name)
    if run is None:
        where = settings.home
        raise RunError(f"there is no run {quoted(name)} in {where}: it may have been deleted")
    return run


def run_in(folder: Path, name: str) -> Run | None:
    """The run that lies in `folder` under this name, None for any other text.

    Raises `RunError` for one that has a link out of `folder` among its files.
    """
    path = child_named(folder, name)
    if path is None or not is_file(path / RECIPE):
        return None
    for file in (RECIPE, ENVIRONMENT, HISTORY, PREDICTIONS, CLASSIFIER):
        if not lies_in(path / file, folder):
            raise RunError(
                f"{file} of run {name} is a link out of {folder}, which the studio does not "
                "follow: put the file itself there"
            )
    return Run(path)


def child_named(folder: Path, name: str) -> Path | None:
    """What lies in `folder` under this name, whoever gave it; None for a hidden one or a path.

    None, too, for a link that leads out of `folder`.
    """
    if not _is_plain(name):
        return None
    path = folder / name
    return path if lies_in(path, folder) else None


def _is_plain(name: str) -> bool:
    """Whether a text is one name, by which a folder can be shown and asked for."""
    if not name or name.startswith(".") or "\0" in name or Path(name).name != name:
        return False
    try:
        return len(name.encode()) <= LONGEST_NAME
    except UnicodeEncodeError:  # bytes that are not UTF-8 come as lone surrogates
        return False


def is_file(path: Path) -> bool:
    """Whether there is a file that can be looked at."""
    try:
        return path.is_file()
    except OSError:  # in a folder that may not be looked into
        return False


def lies_in(path: Path, folder: Path) -> bool:
    """Whether a path, its links followed, is within `folder`."""
    try:
        return path.resolve().is_relative_to(folder.resolve())
    except (OSError, RuntimeError):  # links in a circle, a name that is too long
        return False


def quoted(text: str) -> str:
    """What a request said, quoted, and cut where it is long."""
    return repr(text if len(text) <= LONGEST_SHOWN else f"{text[:LONGEST_SHOWN]}…")


def allowed_data(settings: Settings, said: str) -> str:
    """A known data set's name, or a folder or shards within the folders that the studio was given.

    Raises `DataError` for anything else, and says how to give the studio another folder.
    """
    if said in KNOWN or said == SAMPLE.name:
        return said
    places = _allowed(settings, said, _parts(said))
    return said if names_shards(said) else str(places[0])


def allowed_folder(settings: Settings, said: str) -> Path:
    """A folder within those that the studio was given; raises `DataError` for anything else."""
    [place] = _allowed(settings, said, [said])
    return place


def _allowed(settings: Settings, said: str, parts: Iterable[str]) -> list[Path]:
    """Where the parts of what a request `said` lead, if all of that was given."""
    try:
        places = [_resolved(one) for one in parts]
        given = [folder.resolve() for folder in settings.folders]
    except (OSError, RuntimeError, ValueError) as error:
        raise DataError(f"{quoted(said)} is no folder that can be opened") from error
    if said and all(any(map(place.is_relative_to, given)) for place in places):
        return places
    folders = ", ".join(map(str, settings.folders)) or "none"
    raise DataError(
        f"the studio opens pictures only in the folders it was given ({folders}) and known data "
        f"sets, got {quoted(said)}: start it with lenswork studio FOLDER to add one"
    )


def _parts(said: str) -> Iterator[str]:
    """The shards that a request means, or the one place."""
    yield from expanded(said) if names_shards(said) else [said]


def _resolved(said: str) -> Path:
    """Where a path leads; an address leads nowhere here."""
    if is_url(said):
        raise ValueError(said)
    return Path(said).expanduser().resolve()
