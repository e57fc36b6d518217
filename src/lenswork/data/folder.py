"""A folder of class folders as a data set, and what is wrong with a folder that is not one."""

import difflib
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path

import numpy as np

from lenswork.data.dataset import Dataset, FileSource, Part
from lenswork.data.decode import printable
from lenswork.data.listed import (
    Listed,
    folders_in,
    left_out_notes,
    listed,
    pictures_in,
    stray_note,
    unread_note,
)
from lenswork.errors import DataError
from lenswork.kinds import SplitName

SPLIT_FOLDERS: Mapping[str, SplitName] = {
    "train": "train",
    "training": "train",
    "validation": "validation",
    "val": "validation",
    "valid": "validation",
    "test": "test",
    "testing": "test",
}
EXPECTED = (
    "expected a folder with one sub-folder of pictures a class, or train/ and validation/ "
    "folders that have these"
)


LEVELS_SEARCHED = 3
FOLDERS_SEARCHED = 200


class _WrongPlaceError(DataError):
    """The folder is not of the shape that was expected: another path was probably meant."""


def open_folder(path: Path, *, name: str | None = None) -> Dataset:
    """Read the folder at `path`: `class/picture` or `train/class/picture` and its siblings.

    Classes are the sub-folders' names in alphabetical order. Nothing is decoded yet. Raises
    `DataError` when the folder has another shape, saying which path was probably meant.
    """
    try:
        return _read(path, name)
    except _WrongPlaceError as error:
        meant = _probably_meant(path)
        hint = f". You probably meant {' or '.join(map(printable, meant))}" if meant else ""
        raise DataError(f"{error}{hint}") from error


def _read(path: Path, name: str | None) -> Dataset:
    try:
        return _read_listed(path, name)
    except OSError as error:
        place = printable(Path(error.filename or path))
        raise DataError(f"cannot read the folder {place}: {error.strerror}") from error


def _read_listed(path: Path, name: str | None) -> Dataset:
    if not path.is_dir():
        found = "a file" if path.exists() else "not there"
        raise _WrongPlaceError(f"{EXPECTED}; {printable(path)} is {found}")
    splits = _find_splits(path, folders_in(path))
    files = {split: _class_files(path, folder) for split, folder in splits.items()}
    classes = _agreed_classes(path, splits, files)
    notes = [*_notes(path, splits, files), *_unused_beside(path.resolve())]
    return Dataset(
        name=name or printable(Path(path.resolve().name)),
        classes=classes,
        parts={split: _part(path, classes, found) for split, found in files.items()},
        location=path,
        notes=tuple(notes),
    )


def _find_splits(path: Path, folders: Sequence[Path]) -> dict[SplitName, Path]:
    """The folder of each part; the path itself is the training part if it holds classes."""
    splits = _named_splits(path, folders)
    parts = set(splits.values())
    strays = [printable(Path(folder.name)) for folder in folders if folder not in parts]
    if "train" not in splits:
        if not splits or strays:
            return {"train": path}
        raise _WrongPlaceError(
            f"expected a train/ folder beside {', '.join(f.name + '/' for f in splits.values())} "
            f"in {printable(path)}, found none; name the folder with the training pictures train/"
        )
    if strays:
        raise DataError(
            f"{printable(path)} has {', '.join(f.name + '/' for f in splits.values())} and beside "
            f"them {', '.join(name + '/' for name in strays)}: expected either class folders or "
            f"train/, validation/ and test/ folders, not both"
        )
    return splits


def _named_splits(path: Path, folders: Sequence[Path]) -> dict[SplitName, Path]:
    splits: dict[SplitName, Path] = {}
    for folder in folders:
        split = SPLIT_FOLDERS.get(folder.name.lower())
        if split is None:
            continue
        if split in splits:
            raise DataError(
                f"{printable(path)} has both {splits[split].name}/ and {folder.name}/ for its "
                f"{split} pictures: keep one of them"
            )
        splits[split] = folder
    return splits


def _class_files(path: Path, folder: Path) -> dict[str, Listed]:
    """What is in each class folder in `folder`, which is a part of `path` or itself."""
    class_folders = folders_in(folder)
    if not class_folders:
        _refuse_without_folders(path, folder)
    _refuse_written_alike("class folders", folder, [printable(Path(f.name)) for f in class_folders])
    files = {printable(Path(child.name)): listed(child) for child in class_folders}
    empty = [found.folder for found in files.values() if not found.pictures]
    unread = "".join(f"; {note}" for note in unread_note(path, files.values()))
    if len(empty) == len(class_folders):
        _refuse_without_pictures(folder, class_folders, unread)
    if empty:
        raise _WrongPlaceError(
            f"expected pictures in every class folder, found none in {printable(empty[0])}"
            + (f" and {len(empty) - 1} more" if len(empty) > 1 else "")
            + (unread or "; add pictures or remove the folder")
        )
    return files


def _agreed_classes(
    path: Path,
    splits: Mapping[SplitName, Path],
    files: Mapping[SplitName, Collection[str]],
) -> tuple[str, ...]:
    classes = set(files["train"])
    for split, found in files.items():
        missing, extra = sorted(classes - set(found)), sorted(set(found) - classes)
        if missing or extra:
            raise DataError(
                f"expected the same class folders in {splits['train'].name}/ and "
                f"{splits[split].name}/ of {printable(path)}, found "
                + _differences(splits["train"].name, missing, splits[split].name, extra)
            )
    if len(classes) == 1:
        raise _WrongPlaceError(
            f"expected at least two classes in {printable(splits['train'])}, found one: "
            f"{classes.pop()!r}; a classifier needs something to tell it from"
        )
    return tuple(sorted(classes))


def _differences(train: str, missing: Sequence[str], other: str, extra: Sequence[str]) -> str:
    texts = [f"only in {train}/: {', '.join(missing)}"] if missing else []
    texts += [f"only in {other}/: {', '.join(extra)}"] if extra else []
    lower = {name.lower(): name for name in missing}
    for name in extra:
        if near := difflib.get_close_matches(name.lower(), lower, n=1):
            texts.append(f"{other}/{name} is probably {train}/{lower[near[0]]}")
    return "; ".join(texts)


def _part(root: Path, classes: Sequence[str], files: Mapping[str, Listed]) -> Part:
    found = [files[name] for name in classes]
    paths = tuple(path for one in found for path in one.pictures)
    labels = np.repeat(np.arange(len(classes)), [len(one.pictures) for one in found])
    ids = tuple(name for one in found for name in _ids(root, one))
    _refuse_written_alike("files", root, ids)
    return Part(FileSource(paths), labels.astype(np.int64), ids)


def _refuse_written_alike(what: str, place: Path, names: Sequence[str]) -> None:
    r"""A name that is not UTF-8 is written as caf\xe9, and another may be just that."""
    if len(set(names)) < len(names):
        twice = next(name for name, count in Counter(names).items() if count > 1)
        raise DataError(
            f"two {what} in {printable(place)} are both written {twice}, one of them in bytes that "
            "are not UTF-8: rename it"
        )


def _ids(root: Path, found: Listed) -> Iterator[str]:
    """The pictures' paths below `root`, which all begin with that of their folder."""
    folder = printable(found.folder.relative_to(root))
    for path in found.pictures:
        name = path.name
        yield f"{folder}/{name if name.isascii() else printable(Path(name))}"


def _unused_beside(path: Path) -> list[str]:
    """A note when `path` is a train folder and its validation or test folder is passed by."""
    if SPLIT_FOLDERS.get(path.name.lower()) != "train":
        return []
    unused = [f for f in folders_in(path.parent) if f.name.lower() in SPLIT_FOLDERS and f != path]
    if not unused:
        return []
    names = " and ".join(f"{printable(Path(folder.name))}/" for folder in unused)
    return [f"{names} beside {path.name}/ is not used: give {printable(path.parent)} to use it"]


def _notes(
    path: Path, splits: Mapping[SplitName, Path], files: Mapping[SplitName, Mapping[str, Listed]]
) -> Iterator[str]:
    """What a reader should know of the class folders and what lies beside them."""
    for split, folder in splits.items():
        yield from stray_note(folder)
        yield from left_out_notes(files[split].values())
    yield from unread_note(path, [one for found in files.values() for one in found.values()])


def _refuse_without_folders(path: Path, folder: Path) -> None:
    place, pictures = printable(folder), len(pictures_in(folder))
    if not pictures:
        raise _WrongPlaceError(f"{EXPECTED}; {place} has neither folders nor pictures")
    if folder == path:
        raise _WrongPlaceError(
            f"{EXPECTED}; {place} has {pictures:,} pictures and no folders: it looks like one class"
        )
    raise DataError(
        f"expected one sub-folder of pictures a class in {place}, found {pictures:,} pictures and "
        f"no folders: sort them into class folders, or move {folder.name}/ away"
    )


def _refuse_without_pictures(path: Path, folders: Sequence[Path], unread: str) -> None:
    if any(folders_in(folder) for folder in folders):
        raise _WrongPlaceError(
            f"{EXPECTED}; the folders in {printable(path)} hold folders, not pictures: this is one "
            "level too high"
        )
    names = ", ".join(printable(Path(folder.name)) for folder in folders[:5])
    raise _WrongPlaceError(
        f"{EXPECTED}; the folders in {printable(path)} ({names}) have no pictures{unread}"
    )


def _probably_meant(path: Path) -> list[Path]:
    """Up to three folders near `path` that can be opened: the highest below it, or one above."""
    for level in _levels_below(path):
        if found := list(islice(filter(_opens, level), 3)):
            return found
    above = list(path.absolute().parents)[:LEVELS_SEARCHED]
    found = [folder for folder in above if _opens(folder)][:2]
    # a part opens by itself, but the data it is a part of was meant
    return found[1:] if len(found) > 1 and found[0].name.lower() in SPLIT_FOLDERS else found[:1]


def _levels_below(path: Path) -> Iterator[list[Path]]:
    """The folders below `path`, level by level, without the parts of a data set."""
    level, left = [path], FOLDERS_SEARCHED
    for _ in range(LEVELS_SEARCHED):
        level = [child for folder in level for child in _candidates(folder)][:left]
        left -= len(level)
        yield level


def _candidates(path: Path) -> list[Path]:
    try:
        children = folders_in(path)
    except OSError:
        return []
    return [child for child in children if child.name.lower() not in SPLIT_FOLDERS]


def _opens(path: Path) -> bool:
    try:
        _read(path, None)
    except DataError:
        return False
    return True
