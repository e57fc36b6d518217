"""A folder of class folders as a data set, and what is wrong with a folder that is not one."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from lenswork.data.dataset import Dataset, FileSource, Part
from lenswork.data.decode import PICTURE_SUFFIXES
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


def open_folder(path: Path, *, name: str | None = None) -> Dataset:
    """Read the folder at `path`: `class/picture` or `train/class/picture` and its siblings.

    Classes are the sub-folders' names in alphabetical order. Nothing is decoded yet. Raises
    `DataError` when the folder has another shape, saying which path was probably meant.
    """
    if not path.is_dir():
        raise DataError(f"{EXPECTED}; {path} is {'a file' if path.exists() else 'not there'}")
    folders = _folders(path)
    if not folders:
        _refuse_without_folders(path)
    splits = _find_splits(path, folders)
    if not splits:
        splits = {"train": path}
    elif "train" not in splits:
        raise DataError(
            f"expected a train/ folder beside {', '.join(f.name + '/' for f in splits.values())} "
            f"in {path}, found none; name the folder with the training pictures train/"
        )
    files = {split: _class_files(folder) for split, folder in splits.items()}
    classes = _agreed_classes(path, splits, files)
    notes = [note for folder in splits.values() for note in _notes(folder)]
    return Dataset(
        name=name or path.resolve().name,
        classes=classes,
        parts={split: _part(path, classes, found) for split, found in files.items()},
        location=path,
        notes=tuple(notes),
    )


def pictures_in(folder: Path) -> list[Path]:
    """The picture files directly in `folder`, by suffix, in alphabetical order."""
    with os.scandir(folder) as entries:
        names = sorted(
            entry.name
            for entry in entries
            if not entry.name.startswith(".")
            and os.path.splitext(entry.name)[1].lower() in PICTURE_SUFFIXES  # noqa: PTH122
        )
    return [folder / name for name in names]


def _folders(path: Path) -> list[Path]:
    try:
        return sorted(
            child
            for child in path.iterdir()
            if child.is_dir() and not child.name.startswith((".", "__MACOSX"))
        )
    except PermissionError as error:
        raise DataError(f"cannot read the folder {path}: permission denied") from error


def _find_splits(path: Path, folders: Sequence[Path]) -> dict[SplitName, Path]:
    splits: dict[SplitName, Path] = {}
    for folder in folders:
        split = SPLIT_FOLDERS.get(folder.name.lower())
        if split is None:
            continue
        if split in splits:
            raise DataError(
                f"{path} has both {splits[split].name}/ and {folder.name}/ for its {split} "
                "pictures: keep one of them"
            )
        splits[split] = folder
    strays = [folder.name for folder in folders if folder not in splits.values()]
    if splits and strays and "train" in splits:
        raise DataError(
            f"{path} has {', '.join(folder.name + '/' for folder in splits.values())} and beside "
            f"them {', '.join(name + '/' for name in strays)}: expected either class folders or "
            f"train/, validation/ and test/ folders, not both"
        )
    return {} if "train" not in splits and strays else splits


def _class_files(folder: Path) -> dict[str, list[Path]]:
    """The picture files of each class folder in `folder`."""
    class_folders = _folders(folder)
    files = {child.name: pictures_in(child) for child in class_folders}
    empty = [child for child in class_folders if not files[child.name]]
    if class_folders and len(empty) == len(class_folders):
        _refuse_too_high(folder, class_folders)
    if empty:
        raise DataError(
            f"expected pictures in every class folder, found none in {empty[0]}"
            + (f" and {len(empty) - 1} more" if len(empty) > 1 else "")
            + "; add pictures or remove the folder"
        )
    if not class_folders:
        _refuse_without_folders(folder)
    if len(class_folders) == 1:
        raise DataError(
            f"expected at least two classes in {folder}, found one: {class_folders[0].name!r}; "
            "a classifier needs something to tell it from"
        )
    return files


def _agreed_classes(
    path: Path,
    splits: Mapping[SplitName, Path],
    files: Mapping[SplitName, Mapping[str, list[Path]]],
) -> tuple[str, ...]:
    classes = set(files["train"])
    for split, found in files.items():
        missing, extra = sorted(classes - set(found)), sorted(set(found) - classes)
        if missing or extra:
            train, other = splits["train"].name, splits[split].name
            differences = [f"only in {train}/: {', '.join(missing)}"] if missing else []
            differences += [f"only in {other}/: {', '.join(extra)}"] if extra else []
            raise DataError(
                f"expected the same class folders in {train}/ and {other}/ of {path}, found "
                f"{'; '.join(differences)}"
            )
    return tuple(sorted(classes))


def _part(root: Path, classes: Sequence[str], files: Mapping[str, Sequence[Path]]) -> Part:
    paths = tuple(path for name in classes for path in files[name])
    labels = np.repeat(np.arange(len(classes)), [len(files[name]) for name in classes])
    return Part(FileSource(paths), labels.astype(np.int64), tuple(_id(root, p) for p in paths))


def _id(root: Path, path: Path) -> str:
    """The path inside the data, printable even where a name is not UTF-8."""
    return os.fsencode(path.relative_to(root).as_posix()).decode("utf-8", "backslashreplace")


def _notes(folder: Path) -> list[str]:
    notes = []
    if stray := pictures_in(folder):
        notes.append(f"{len(stray):,} pictures directly in {folder} belong to no class: left out")
    for class_folder in _folders(folder):
        visible = [p for p in class_folder.iterdir() if not p.name.startswith(".")]
        others = len(visible) - len(pictures_in(class_folder))
        if others:
            notes.append(f"{others:,} files or folders in {class_folder} are no pictures: left out")
    return notes


def _refuse_without_folders(path: Path) -> None:
    pictures = pictures_in(path)
    if not pictures:
        raise DataError(f"{EXPECTED}; {path} has neither folders nor pictures")
    meant = path.resolve().parent
    if meant.name.lower() in SPLIT_FOLDERS:
        meant = meant.parent
    raise DataError(
        f"{EXPECTED}; {path} has {len(pictures):,} pictures and no folders: it looks like one "
        f"class. You probably meant {meant}"
    )


def _refuse_too_high(path: Path, folders: Sequence[Path]) -> None:
    meant = [folder for folder in folders if _folders(folder)]
    if not meant:
        raise DataError(
            f"{EXPECTED}; the folders in {path} ({', '.join(f.name for f in folders[:5])}) "
            "have no pictures"
        )
    raise DataError(
        f"{EXPECTED}; the folders in {path} hold folders, not pictures: this is one level too "
        f"high. You probably meant {' or '.join(str(folder) for folder in meant[:3])}"
    )
