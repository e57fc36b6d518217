"""Opening data by name or path."""

import difflib
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from lenswork.data.dataset import Cut, Dataset
from lenswork.data.decode import printable
from lenswork.data.folder import open_folder
from lenswork.data.shards.names import names_shards
from lenswork.data.shards.open import open_shards
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
    """Open a known data set by name, the embedded sample, a folder of pictures, or tar shards.

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
    if names_shards(data):
        return open_shards(data)
    path = _existing(data)
    if path is None:
        raise DataError(
            f"{data!r} is neither a folder nor a known data set. {_hint(data)}"
            f"Known are {', '.join((*KNOWN, SAMPLE))}"
        )
    source = str(path.resolve())
    if printable(Path(source)) != source:  # a record could not name it
        raise DataError(
            f"the path {printable(Path(source))} is not UTF-8, so a record cannot name it: "
            "rename the folder"
        )
    return replace(open_folder(path), source=source)


def _existing(data: str) -> Path | None:
    try:
        path = Path(data).expanduser()
        return path if data and path.exists() else None
    except RuntimeError:  # the home of a user who does not exist
        return None
    except OSError as error:
        raise DataError(f"cannot read {data!r}: {error.strerror}") from error


def _hint(data: str) -> str:
    """The known set whose name is near, or the folder beside, if there is one."""
    if not data:
        return ""
    names = (*KNOWN, SAMPLE)
    near = [name for name in names if name.startswith(data.lower())]
    near += difflib.get_close_matches(data.lower(), names, n=1)
    near += _near_beside(Path(data).absolute())
    return f"Did you mean {near[0]}? " if near else ""


def _near_beside(path: Path) -> list[str]:
    try:
        beside = [child.name for child in path.parent.iterdir() if child.is_dir()]
    except OSError:
        return []
    near = difflib.get_close_matches(path.name, beside, n=1)
    return [printable(path.with_name(name)) for name in near]
