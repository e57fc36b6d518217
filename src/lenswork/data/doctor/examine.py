"""The whole examination: the folder, its names and sizes, then every picture in it."""

import time
from collections.abc import Callable, Sequence
from pathlib import Path

from lenswork.amounts import counted
from lenswork.data.dataset import Dataset, FileSource
from lenswork.data.decode import PIXEL_LIMIT, printable
from lenswork.data.doctor.codes import quoted
from lenswork.data.doctor.content import Pictures, can_be_opened, look_at
from lenswork.data.doctor.finding import Finding
from lenswork.data.doctor.moves import settled
from lenswork.data.doctor.quick import Quick, quick_of_dataset, quick_of_folder
from lenswork.data.doctor.report import Report, worst_first
from lenswork.data.known import KNOWN
from lenswork.data.open import SAMPLE, open_data
from lenswork.data.shards.names import names_shards, shown_source
from lenswork.data.sources import sample_folder
from lenswork.errors import DataError

Told = Callable[[int, int], None]  # how many pictures are done, and of how many


def examine(
    data: Dataset | str | Path = SAMPLE,
    *,
    quick: bool = False,
    size: tuple[int, int] | None = None,
    pixel_limit: int = PIXEL_LIMIT,
    data_home: Path | Sequence[Path] | None = None,
    progress: Told | None = None,
) -> Report:
    """Find everything that is wrong with data, the worst first.

    `data` is what `open_data` takes, or a data set that is opened already, which is looked at as
    it is, not at what else its folder holds. `quick` opens no file: names and sizes only.
    `size`, (height, width), is what the pictures will be brought to. `progress` is told how many
    pictures are done. Larger pictures than `pixel_limit` are not unpacked; training's own limit
    holds, too. Raises `DataError` where there is nothing to examine.
    """
    began = time.perf_counter()
    if isinstance(data, Dataset):
        name, location, seen = data.name, data.location, quick_of_dataset(data)
    else:
        name = shown_source(str(data)) if names_shards(str(data)) else printable(Path(data))
        location, seen = _quick(str(data), data_home)
    findings = seen.findings
    if not quick:
        pictures = Pictures(seen.readable(), seen.opened, size, min(pixel_limit, PIXEL_LIMIT))
        findings = [*findings, *look_at(pictures, progress)]
    findings = _that_can_be_followed(findings, seen, data)
    return Report(
        name=name,
        findings=worst_first(findings),
        pictures=seen.pictures,
        looked_at=_looked_at(seen, quick=quick),
        seconds=time.perf_counter() - began,
        quick=quick,
        location=location,
        paths=seen.paths(name for finding in findings for name in finding.files),
        opened=seen.opened,
    )


def _quick(data: str, data_home: Path | Sequence[Path] | None) -> tuple[Path | None, Quick]:
    """Where the data is, if it is in files of its own, and what it says before one is opened."""
    try:
        opened = open_data(data, data_home=data_home)
    except DataError as error:
        folder = _folder_of(data)
        if folder is None:
            raise
        return folder, quick_of_folder(data, folder, None, error)
    in_files = all(isinstance(part.source, FileSource) for part in opened.parts.values())
    if opened.location is None or not in_files:
        return opened.location, quick_of_dataset(opened)
    return opened.location, quick_of_folder(data, opened.location, opened, None)


def _that_can_be_followed(
    findings: list[Finding], seen: Quick, data: Dataset | str | Path
) -> list[Finding]:
    """The findings, whose cures move nothing that would be missed."""
    if not any(finding.move for finding in findings):
        return findings
    bad = {name for one in findings if one.severity == "refuse" for name in one.files}
    sound = [one for one in seen.readable() if one.id not in bad]
    cut = seen.opened is not None and seen.opened.cut is not None
    cut = cut or {one.split for one in sound} == {"train"}
    source = data.source or data.name if isinstance(data, Dataset) else data
    return settled(findings, [one.id for one in sound], cut=cut, place=quoted(source))


def _folder_of(data: str) -> Path | None:
    """The folder or file that was meant by data that cannot be opened."""
    if data == SAMPLE:
        return sample_folder()
    if data in KNOWN or not data or names_shards(data):
        return None
    try:
        path = Path(data).expanduser()
        return path if path.exists() else None
    except (OSError, RuntimeError, ValueError):
        return None


def _looked_at(seen: Quick, *, quick: bool) -> str:
    total = sum(count for counts in seen.pictures.values() for count in counts.values())
    pictures = counted(total, "picture", "pictures")
    if quick:
        return f"the names and sizes of {pictures}; none was opened"
    if seen.opened is not None and not all(map(can_be_opened, seen.opened.parts.values())):
        return (
            f"the names of {pictures}; those in shards were not opened: examine the folder "
            "before it is packed"
        )
    return f"the names, sizes and content of {pictures}"
