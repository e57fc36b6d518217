"""Which pictures are no longer those that a run was begun with, as far as their files tell.

A record has a digest of all pictures of a part, and none of each: it is the dates of the files that
say which of them have been written since.
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path

from lenswork.data.dataset import Dataset, FileSource
from lenswork.data.decode import printable
from lenswork.errors import LensworkError
from lenswork.kinds import SplitName
from lenswork.record.run import Run

MOST_NAMED = 5


def told_pictures(run: Run, data: Dataset, parts: Sequence[SplitName]) -> str:
    """That `parts` of `data` are others than those of `run`, which ones, and what to do."""
    counts = ", ".join(_count(run, data, part) for part in parts)
    return (
        f"run {run.name} was begun with other pictures: {counts}; {_dated(run, data, parts)}; "
        "bring back those it was begun with, or begin anew"
    )


def _count(run: Run, data: Dataset, part: SplitName) -> str:
    had = run.start.get("pictures", {}).get(part, 0)
    has = len(data.parts[part]) if part in data.parts else 0
    if had == has:
        return f"those of {part} have changed"
    return f"{part} has {has:,}, and had {had:,}"


def _dated(run: Run, data: Dataset, parts: Sequence[SplitName]) -> str:
    """What is newer than the run: files, or else folders, in which a name has come or gone."""
    sources = [data.parts[part].source for part in parts if part in data.parts]
    files = [file for source in sources if isinstance(source, FileSource) for file in source.files]
    begun = _begun(run)
    if begun is None or not files:
        return "they are in no files whose dates would tell which"
    when = f"{begun:%Y-%m-%d %H:%M} UTC"
    written = _newer(files, begun)
    if len(written) == len(files):
        return f"all of their files were written since then ({when}), so no date tells which"
    if written:
        return f"written since then ({when}): {_named(written)}"
    folders = dict.fromkeys(folder for file in files for folder in file.parents[:2])
    if renamed := _newer(folders, begun):
        return (
            f"files were added to, taken from or renamed in {_named(renamed)} since then ({when})"
        )
    return "no date of a file or folder tells which: compare them with a copy"


def _begun(run: Run) -> datetime | None:
    try:
        begun = datetime.fromisoformat(run.environment["started"])
        return begun.astimezone(UTC) if begun.tzinfo else None
    except (ValueError, OverflowError, LensworkError):
        return None


def _newer(paths: Iterable[Path], begun: datetime) -> list[Path]:
    """Those that have been written since.

    A file that was put in the place of another may have kept an older date: where none is newer
    by that, the time counts at which it came there.
    """
    found: list[tuple[Path, float, float]] = []
    for path in paths:
        try:
            status = path.stat()
        except OSError:
            continue
        found.append((path, status.st_mtime, status.st_ctime))
    moment = begun.timestamp()
    written = [path for path, changed, _ in found if changed > moment]
    return written or [path for path, _, came in found if came > moment]


def _named(paths: Sequence[Path]) -> str:
    more = f" and {len(paths) - MOST_NAMED:,} more" if len(paths) > MOST_NAMED else ""
    return ", ".join(printable(path) for path in paths[:MOST_NAMED]) + more
