"""One pass over a data folder, by names and sizes: no file is opened, no circle is followed.

A folder of 200,000 pictures takes seconds. Whatever cannot be read is noted and passed by.
"""

import errno
import os
import stat
from collections.abc import Iterator, Set
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Literal

from lenswork.data.decode import BYTE_LIMIT, PICTURE_SUFFIXES, printable
from lenswork.data.doctor.finding import Candidate
from lenswork.data.folder import SPLIT_FOLDERS
from lenswork.kinds import SplitName

CLASS_LEVEL = 2  # data/train/class
DEEPEST = 5
DEEP_FOLDERS = 2_000  # that lie in class folders, where training reads nothing

_Identity = tuple[int, int]  # a folder's device and number
Trouble = Literal["empty", "special", "broken-link", "link-circle", "unreadable", "too-large"]


@dataclass
class Folder:
    """What lies in a folder, by names; `id` is its path inside the data, "" for the data itself.

    `pictures` are the files that training would read if this is a class, `troubles` those of them
    that cannot be read, `others` what else there is to see, `outside` the links to files or
    folders that are not in the data. `problem` says why the folder could not be listed.
    """

    path: Path
    id: str
    name: str
    pictures: list[str] = field(default_factory=list)
    others: list[str] = field(default_factory=list)
    hidden: list[str] = field(default_factory=list)
    folders: list["Folder"] = field(default_factory=list)
    troubles: dict[str, Trouble] = field(default_factory=dict)
    broken: list[str] = field(default_factory=list)  # links that are no pictures by name
    outside: list[str] = field(default_factory=list)
    circles: list[str] = field(default_factory=list)  # links to folders that they lie in
    problem: str | None = None

    def id_of(self, name: str) -> str:
        """The name for good of a file or folder in this one."""
        text = name if name.isascii() else printable(Path(name))
        return f"{self.id}/{text}" if self.id else text

    def paths(self, ids: Set[str]) -> Iterator[tuple[str, Path]]:
        """What lies directly in this folder and is named by one of `ids`, with its path."""
        for names in (self.pictures, self.others, self.hidden, self.outside, self.broken):
            for name in names:
                if (its := self.id_of(name)) in ids:
                    yield its, self.path / name

    def within(self) -> Iterator["Folder"]:
        """The folder itself and all below it."""
        yield self
        for folder in self.folders:
            yield from folder.within()


@dataclass
class Survey:
    """A data folder as training would take it: the folder of each part, and what is in the way.

    Where the data has no parts, `parts` is the data itself for training. `beside` are class
    folders beside parts, `twice` second folders for a part that has one already.
    """

    top: Folder
    parts: dict[SplitName, Folder]
    beside: list[Folder]
    twice: list[tuple[Folder, Folder]]
    cut_short: bool

    @property
    def flat(self) -> bool:
        """Whether the classes lie directly in the data."""
        return self.parts.get("train") is self.top

    def classes(self) -> Iterator[tuple[SplitName, Folder]]:
        """Every class folder with the part it is in."""
        for split, part in self.parts.items():
            for folder in part.folders:
                yield split, folder

    def candidates(self) -> list[Candidate]:
        """The files that training would read."""
        return [
            Candidate(folder.path / name, folder.id_of(name), split, printable(Path(folder.name)))
            for split, folder in self.classes()
            for name in folder.pictures
        ]


def survey(root: Path) -> Survey:
    """Walk the folder `root`; it need not be there, or be a folder."""
    walk = _Walk(root)
    top = walk.folder(root, "", root.name, 0, ())
    parts: dict[SplitName, Folder] = {}
    twice: list[tuple[Folder, Folder]] = []
    beside: list[Folder] = []
    for folder in top.folders:
        split = SPLIT_FOLDERS.get(folder.name.lower())
        if split is None:
            beside.append(folder)
        elif split in parts:
            twice.append((parts[split], folder))
        else:
            parts[split] = folder
    if "train" not in parts and (beside or not parts):  # then a class may be called "test"
        return Survey(top, {"train": top}, [], twice, walk.cut_short)
    return Survey(top, parts, beside, twice, walk.cut_short)


class _Walk:
    """The walk through one data folder, and how much of it is left to do."""

    def __init__(self, root: Path) -> None:
        self.real_root = os.path.realpath(root)
        self.deep_left = DEEP_FOLDERS
        self.cut_short = False
        self._real = lru_cache(maxsize=4096)(os.path.realpath)

    def folder(
        self, path: Path, name_in_data: str, name: str, level: int, above: tuple[_Identity, ...]
    ) -> Folder:
        """List a folder and those below; `above` are the identities of those it lies in."""
        found = Folder(path, name_in_data, name)
        try:
            inside = (*above, _identity(path))
            with os.scandir(path) as entries:
                below = [e.name for e in entries if self._sort(found, e, level, inside)]
        except OSError as error:
            found.problem = error.strerror or str(error)
            return found
        for names in (found.pictures, found.others, found.hidden, found.broken, found.outside):
            names.sort()
        for child in sorted(below):
            step = Folder(path / child, found.id_of(child), child)
            if self._may_go_to(level + 1) and inside[-1] not in above:
                step = self.folder(step.path, step.id, child, level + 1, inside)
            found.folders.append(step)
        return found

    def _may_go_to(self, level: int) -> bool:
        if level <= CLASS_LEVEL:
            return True
        self.deep_left -= 1
        self.cut_short |= self.deep_left < 0 or level > DEEPEST
        return self.deep_left >= 0 and level <= DEEPEST

    def _sort(
        self, found: Folder, entry: os.DirEntry[str], level: int, inside: tuple[_Identity, ...]
    ) -> bool:
        """Note an entry where it belongs; true for a folder to go into."""
        name, link = entry.name, entry.is_symlink()
        if name.startswith("."):
            found.hidden.append(name)
            return False
        if link:
            self._note_link(found, entry, inside)
        is_picture = _suffix(name) in PICTURE_SUFFIXES
        try:
            is_folder = entry.is_dir()
        except OSError as error:
            circle = error.errno == errno.ELOOP  # a link to itself
            if is_picture:
                found.pictures.append(name)
                found.troubles[name] = "link-circle" if circle else "unreadable"
            elif circle:
                found.broken.append(name)
            # else going into it says why it cannot be listed
            is_folder = not (is_picture or circle)
            return is_folder and self._is_taken(found, name, link=link, level=level)
        if is_folder:
            return self._is_taken(found, name, link=link, level=level)
        if is_picture:
            found.pictures.append(name)
            if trouble := _trouble(entry):
                found.troubles[name] = trouble
        else:
            gone = link and not os.path.exists(entry)  # noqa: PTH110
            (found.broken if gone else found.others).append(name)
        return False

    def _is_taken(self, found: Folder, name: str, *, link: bool, level: int) -> bool:
        """Whether training would look into a folder; links in classes it does not."""
        if name.startswith("__MACOSX"):
            found.hidden.append(name)
            return False
        if link and level > 0 and found.name.lower() not in SPLIT_FOLDERS:
            if name not in found.circles:
                found.others.append(name)
            return False
        return True

    def _note_link(
        self, found: Folder, entry: os.DirEntry[str], inside: tuple[_Identity, ...]
    ) -> None:
        if _leads_to(entry, inside):
            found.circles.append(entry.name)
        elif self._leaves(found.path, entry):
            found.outside.append(entry.name)

    def _leaves(self, folder: Path, entry: os.DirEntry[str]) -> bool:
        """Whether a link's target lies outside the data; the last step of it is not resolved."""
        try:
            target = os.path.join(folder, os.readlink(entry))  # noqa: PTH115, PTH118
            real = self._real(os.path.dirname(target))  # noqa: PTH120
        except OSError:
            return False
        return real != self.real_root and not real.startswith(self.real_root.rstrip("/") + "/")


def _identity(path: str | Path) -> _Identity:
    state = os.stat(path)  # noqa: PTH116 - also of a directory entry
    return state.st_dev, state.st_ino


def _leads_to(entry: os.DirEntry[str], folders: tuple[_Identity, ...]) -> bool:
    try:
        return _identity(entry.path) in folders
    except OSError:
        return False


def trouble_of(path: str) -> Trouble | None:
    """Why a picture file cannot be read, as far as can be said without opening it."""
    try:
        return _trouble_in(os.stat(path), path)  # noqa: PTH116 - for every file of every training
    except FileNotFoundError:
        return "broken-link"
    except OSError:
        return "unreadable"


def _trouble(entry: os.DirEntry[str]) -> Trouble | None:
    try:
        return _trouble_in(entry.stat(), entry.path)
    except FileNotFoundError:
        return "broken-link"
    except OSError:
        return "unreadable"


def _trouble_in(found: os.stat_result, path: str) -> Trouble | None:
    if not stat.S_ISREG(found.st_mode):
        return "special"
    if found.st_size == 0:
        return "empty"
    if found.st_size > BYTE_LIMIT:
        return "too-large"
    if found.st_mode & 0o444 == 0o444:  # saves asking, once for every file
        return None
    return None if os.access(path, os.R_OK, effective_ids=_BY_EFFECTIVE_USER) else "unreadable"


def _suffix(name: str) -> str:
    return os.path.splitext(name)[1].lower()  # noqa: PTH122 - a Path for each costs a second


_BY_EFFECTIVE_USER = os.access in os.supports_effective_ids
