"""Looking around for folders that hold data, by a few names in each and nothing else."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Literal

from lenswork.data.decode import PICTURE_SUFFIXES, printable
from lenswork.data.folder import SPLIT_FOLDERS
from lenswork.data.shards.names import MANIFEST

MOST_FOLDERS = 200  # listed in one folder
MOST_NAMES = 500  # looked at in one folder: a class may have a hundred thousand
CLASSES_LOOKED_AT = 3
SHOWN_CLASSES = 8


@dataclass(frozen=True)
class Place:
    """A folder: whether it looks like data that can be opened, and the first of its classes.

    `looks` is "locked" where it may not be listed, "unnamed" where its name is not UTF-8, so that
    no record could say it. `more` counts the classes that are not in `classes`.
    """

    path: Path
    looks: Literal["data", "folder", "locked", "unnamed"]
    classes: tuple[str, ...] = ()
    more: int = 0

    @property
    def name(self) -> str:
        """Its last part, as it can be printed."""
        return printable(Path(self.path.name)) if self.path.name else printable(self.path)


def look_around(folder: Path) -> tuple[Place, list[Place]]:
    """The folder itself, and those in it, in alphabetical order; hidden ones are left out."""
    try:
        inside = _folders(folder)
    except OSError:
        return Place(folder, "locked"), []
    return place_of(folder), [place_of(child) for child in inside]


def place_of(folder: Path) -> Place:
    """What a folder looks like; it may be refused for a closer reason when it is opened."""
    if printable(folder) != str(folder):
        return Place(folder, "unnamed")
    try:
        if (folder / MANIFEST).is_file():  # shards
            return Place(folder, "data")
        classes = _classes(folder)
    except OSError:
        return Place(folder, "locked")
    if not classes:
        return Place(folder, "folder")
    names = [printable(Path(one.name)) for one in classes]
    shown = tuple(names[:SHOWN_CLASSES])
    return Place(folder, "data", shown, len(names) - len(shown))


def _classes(folder: Path) -> list[Path]:
    """The class folders, if this looks like data: two or more, the first of which hold pictures."""
    children = _folders(folder)
    train = [child for child in children if SPLIT_FOLDERS.get(child.name.lower()) == "train"]
    classes = _folders(train[0]) if train else children
    if len(classes) < 2 or any(one.name.lower() in SPLIT_FOLDERS for one in classes):
        return []
    holds = all(_has_picture(one) for one in classes[:CLASSES_LOOKED_AT])
    return classes if holds else []


def _folders(folder: Path) -> list[Path]:
    with os.scandir(folder) as entries:
        found = [
            folder / entry.name
            for entry in islice(_visible(entries), MOST_NAMES)
            if _is_folder(entry)
        ]
    return sorted(found)[:MOST_FOLDERS]


def _visible(entries: Iterator["os.DirEntry[str]"]) -> Iterator["os.DirEntry[str]"]:
    return (entry for entry in entries if not entry.name.startswith((".", "__MACOSX")))


def _is_folder(entry: "os.DirEntry[str]") -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a link in a circle
        return False


def _has_picture(folder: Path) -> bool:
    with os.scandir(folder) as entries:
        return any(
            os.path.splitext(entry.name)[1].lower() in PICTURE_SUFFIXES  # noqa: PTH122
            for entry in islice(entries, MOST_NAMES)
        )
