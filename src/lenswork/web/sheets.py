"""Contact sheets of a data set: which pictures stand where, a page at a time; none is decoded."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from lenswork.data.dataset import Dataset, Part
from lenswork.data.doctor.finding import Severity
from lenswork.errors import DataError
from lenswork.kinds import SPLIT_NAMES, SplitName
from lenswork.web.named import quoted
from lenswork.web.whole import whole

PAGE = 96  # pictures
SPREAD = 16  # pictures that stand for a class
CLASSES = 8  # that are shown at a time

Marks = Mapping[str, Severity]  # the worst finding of a picture, by its id


@dataclass(frozen=True)
class Tile:
    """A picture on a sheet: its row in the part, its id, its class by number and by name."""

    split: SplitName
    place: int
    id: str
    label: int
    class_name: str
    mark: Severity | None = None

    @property
    def name(self) -> str:
        """The last part of its id."""
        return self.id.rpartition("/")[2]


@dataclass(frozen=True)
class Page:
    """Some of `total` pictures from number `start` on, counted from 0."""

    tiles: tuple[Tile, ...]
    start: int
    total: int

    @property
    def after(self) -> int | None:
        """Where the next page begins, if there is one."""
        end = self.start + len(self.tiles)
        return end if end < self.total else None


@dataclass(frozen=True)
class ClassRow:
    """A class with a few of its pictures, taken evenly from all of them."""

    label: int
    name: str
    total: int
    tiles: tuple[Tile, ...]


@dataclass(frozen=True)
class Sheet:
    """One part of a data set as it is looked at."""

    data: Dataset
    split: SplitName
    marks: Marks = field(default_factory=dict)

    def page(self, label: int, start: int) -> Page:
        """The pictures of a class, `PAGE` of them from the `start`-th on."""
        places = _places(self._part, label)
        start = max(0, min(start, len(places) - 1))
        tiles = tuple(map(self.tile, places[start : start + PAGE].tolist()))
        return Page(tiles, start, len(places))

    def rows(self, first: int) -> list[ClassRow]:
        """`CLASSES` classes from number `first` on."""
        labels = range(len(self.data.classes))[first : first + CLASSES]
        return [self._row(label) for label in labels]

    def tile(self, place: int) -> Tile:
        """The picture at a row of the part."""
        part = self._part
        label = int(part.labels[place])
        name = part.ids[place]
        return Tile(self.split, place, name, label, self.data.classes[label], self.marks.get(name))

    def beside(self, place: int) -> tuple[int | None, int | None]:
        """The rows of the pictures of the same class before and after one."""
        places = _places(self._part, int(self._part.labels[place]))
        at = int(np.searchsorted(places, place))
        before = int(places[at - 1]) if at > 0 else None
        after = int(places[at + 1]) if at + 1 < len(places) else None
        return before, after

    @property
    def _part(self) -> Part:
        return self.data.parts[self.split]

    def _row(self, label: int) -> ClassRow:
        places = _places(self._part, label)
        count = min(SPREAD, len(places))
        spread = np.linspace(0, max(0, len(places) - 1), count).round().astype(np.intp)
        tiles = tuple(self.tile(int(place)) for place in places[spread])
        return ClassRow(label, self.data.classes[label], len(places), tiles)


def sheet_of(data: Dataset, split: str | None, marks: Marks) -> Sheet:
    """The sheet of the part called `split`, the training part if none is said.

    Raises `DataError` for a part that the data does not have.
    """
    for name in SPLIT_NAMES:
        if name in data.parts and split in (name, None):
            return Sheet(data, name, marks)
    raise DataError(f"{data.name} has no {split} part: it has {', '.join(data.parts)}")


def label_of(data: Dataset, said: str | None) -> int | None:
    """The number of a class; raises `DataError` for one that the data does not have."""
    if not said:
        return None
    label = whole(said, len(data.classes) - 1)
    if label is None:
        most = len(data.classes) - 1
        raise DataError(f"{data.name} has classes 0 to {most}, got {quoted(said)}")
    return label


def places_of_ids(data: Dataset, wanted: set[str]) -> dict[str, tuple[SplitName, int]]:
    """Where the pictures with these ids are, those of them that the data has."""
    return dict(_found(data, wanted))


def _found(data: Dataset, wanted: set[str]) -> Iterator[tuple[str, tuple[SplitName, int]]]:
    for split, part in data.parts.items():
        for place, name in enumerate(part.ids):
            if name in wanted:
                yield name, (split, place)


def _places(part: Part, label: int) -> NDArray[np.intp]:
    return np.flatnonzero(part.labels == label)
