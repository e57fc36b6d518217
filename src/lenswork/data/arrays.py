"""Known sets in idx or npz files: which files are there, and their checked content."""

from pathlib import Path

from lenswork.data.dataset import ArraySource, Dataset, Part
from lenswork.data.idx import (
    Bytes,
    as_labels,
    as_pictures,
    content_sha256,
    read_idx,
    read_npz,
)
from lenswork.data.known import KNOWN, ArrayFiles, KnownSet
from lenswork.errors import DataError
from lenswork.kinds import SplitName


def missing_arrays(known: KnownSet, folder: Path) -> str | None:
    """Which files `folder` lacks to be `known`, by their names only; None if it has all."""
    if npz_path(known, folder).is_file():
        return None
    missing = [
        name
        for files in known.arrays.values()
        for name in (_pictures_name(files), _labels_name(files))
        if _find(folder, name) is None
    ]
    return f"{', '.join(missing)} (also with .gz) missing" if missing else None


def npz_path(known: KnownSet, folder: Path) -> Path:
    """Where Keras's archive of `known` is in `folder`."""
    return folder / f"{known.name}.npz"


def read_arrays(known: KnownSet, folder: Path, notes: tuple[str, ...] = ()) -> Dataset:
    """Read the files in `folder`, idx before npz, and check the content against `known`.

    Pictures are named `train/00007`, after their part and their index in its file. Raises
    `DataError` when a file is damaged, or whole but not of this set.
    """
    archive = npz_path(known, folder)
    arrays: dict[str, Bytes] | None = None
    parts: dict[SplitName, Part] = {}
    for part, files in known.arrays.items():
        pictures_path = _find(folder, _pictures_name(files))
        labels_path = _find(folder, _labels_name(files))
        if pictures_path is not None and labels_path is not None:
            pictures, labels = read_idx(pictures_path), read_idx(labels_path)
            where = (str(pictures_path), str(labels_path))
        else:
            arrays = read_npz(archive) if arrays is None else arrays
            keys = (f"x_{files.npz_suffix}", f"y_{files.npz_suffix}")
            pictures, labels = arrays[keys[0]], arrays[keys[1]]
            where = (f"{archive} ({keys[0]})", f"{archive} ({keys[1]})")
        _check(known, pictures, files.pictures_sha256, where[0])
        _check(known, labels, files.labels_sha256, where[1])
        parts[part] = _part(part, pictures, labels, where)
    return Dataset(known.name, known.classes, parts, location=folder, notes=notes)


def _part(part: SplitName, pictures: Bytes, labels: Bytes, where: tuple[str, str]) -> Part:
    return Part(
        ArraySource(as_pictures(pictures, where[0])),
        as_labels(labels, where[1]),
        tuple(f"{part}/{index:05d}" for index in range(len(pictures))),
    )


def _check(known: KnownSet, array: Bytes, expected: str, where: str) -> None:
    got = content_sha256(array)
    if got == expected:
        return
    owner = next((other.name for other in KNOWN.values() if got in _checksums(other)), None)
    what = f"a file of {owner}" if owner else "other content"
    shape = " x ".join(map(str, array.shape))
    raise DataError(
        f"{where}: expected the content of {known.name} (sha256 {expected[:12]}…), got {what} "
        f"(sha256 {got[:12]}…, {shape} values); delete it and run `lenswork data get "
        f"{known.name}`, or name another data home"
    )


def _checksums(known: KnownSet) -> set[str]:
    return {
        checksum
        for files in known.arrays.values()
        for checksum in (files.pictures_sha256, files.labels_sha256)
    }


def _pictures_name(files: ArrayFiles) -> str:
    return f"{files.stem}-images-idx3-ubyte"


def _labels_name(files: ArrayFiles) -> str:
    return f"{files.stem}-labels-idx1-ubyte"


def _find(folder: Path, name: str) -> Path | None:
    candidates = (folder / f"{name}.gz", folder / name)
    return next((path for path in candidates if path.is_file()), None)
