"""Opening data by name or path."""

import difflib
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from lenswork.data.dataset import Cut, Dataset
from lenswork.data.folder import open_folder
from lenswork.data.sources import KNOWN, load, sample_folder
from lenswork.data.split import cut_validation
from lenswork.errors import DataError

SAMPLE = "horses-or-humans-150"
AUTOMATIC_FRACTION = 0.2


def open_data(
    data: str | Path = SAMPLE,
    *,
    data_home: Path | Sequence[Path] | None = None,
    validation: float | None = None,
    group: str | None = None,
    split_seed: int = 0,
) -> Dataset:
    """Open a known data set by name, the embedded sample, or a folder of pictures.

    `validation` is the fraction of the training pictures to set aside; left out, it is 0.2
    where the data has no other part than training, and nothing otherwise. `group` keeps
    pictures together whose file names match alike. Raises `DataError` for data that must not
    be trained on, and `DownloadError` when a known set is nowhere and cannot be fetched.
    """
    opened = _open(str(data), data_home)
    if validation is None:
        if group is None and len(opened.parts) > 1:
            return opened
        validation = AUTOMATIC_FRACTION
    return cut_validation(opened, Cut(validation, group, split_seed))


def _open(data: str, data_home: Path | Sequence[Path] | None) -> Dataset:
    if data == SAMPLE:
        return replace(open_folder(sample_folder(), name=SAMPLE), source=SAMPLE)
    if data in KNOWN:
        return replace(load(data, data_home), source=data)
    path = Path(data).expanduser()
    if not path.exists():
        names = [*KNOWN, SAMPLE]
        near = difflib.get_close_matches(data, names, n=1)
        hint = f"Did you mean {near[0]}? " if near else ""
        raise DataError(
            f"{data!r} is neither a folder nor a known data set. {hint}Known are {', '.join(names)}"
        )
    return replace(open_folder(path), source=str(path.resolve()))
