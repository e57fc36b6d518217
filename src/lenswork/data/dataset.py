"""A data set: classes, and up to three parts of labelled pictures."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol, runtime_checkable

import numpy as np

from lenswork.data.decode import decode_file, printable, read_content, shape_in_file
from lenswork.errors import UsageError
from lenswork.kinds import SPLIT_NAMES, Labels, Picture, Pictures, PictureShape, SplitName


class PictureSource(Protocol):
    """Where the pictures of a part come from."""

    def __len__(self) -> int:
        """The number of pictures."""
        ...

    def read(self, index: int) -> Picture:
        """The picture at `index` at its own size, (height, width, channels)."""
        ...

    def shape(self, index: int) -> PictureShape:
        """(height, width, channels) of the picture at `index`, perhaps without decoding it."""
        ...

    def subset(self, indices: Sequence[int]) -> "PictureSource":
        """The pictures at `indices`, in that order."""
        ...


@runtime_checkable
class EncodedPictures(PictureSource, Protocol):
    """Pictures that are files, wherever these are."""

    def encoded(self, index: int) -> tuple[bytes, str]:
        """The bytes of the file at `index`, and what it is called in errors."""
        ...


@dataclass(frozen=True)
class ArraySource:
    """Pictures in memory, all of one size."""

    pictures: Pictures

    def __len__(self) -> int:
        return len(self.pictures)

    def read(self, index: int) -> Picture:
        """The picture at `index`."""
        picture: Picture = self.pictures[index]
        return picture

    def shape(self, index: int) -> PictureShape:  # noqa: ARG002
        """That of all."""
        height, width, channels = self.pictures.shape[1:]
        return height, width, channels

    def subset(self, indices: Sequence[int]) -> "ArraySource":
        """The pictures at `indices`, copied."""
        return ArraySource(self.pictures[np.asarray(indices, dtype=np.intp)])


@dataclass(frozen=True)
class FileSource:
    """Pictures in files, decoded each time they are read."""

    files: tuple[Path, ...]

    def __len__(self) -> int:
        return len(self.files)

    def read(self, index: int) -> Picture:
        """The decoded picture at `index`; raises `PictureError` naming the file."""
        return decode_file(self.files[index])

    def encoded(self, index: int) -> tuple[bytes, str]:
        """The file's bytes and its path; raises `PictureError` naming it."""
        path = self.files[index]
        return read_content(path)[0], printable(path)

    def shape(self, index: int) -> PictureShape:
        """As the file's header says; raises `PictureError` naming the file."""
        return shape_in_file(self.files[index])

    def subset(self, indices: Sequence[int]) -> "FileSource":
        """The files at `indices`."""
        return FileSource(tuple(self.files[index] for index in indices))


@dataclass(frozen=True)
class Part:
    """The labelled pictures of one split.

    `ids` name the pictures for good: the path inside the data, or the index in its file.
    """

    source: PictureSource
    labels: Labels
    ids: tuple[str, ...]

    def __post_init__(self) -> None:
        if not len(self.source) == len(self.labels) == len(self.ids):
            raise ValueError(
                f"a part needs one label and one id a picture, got {len(self.source)} pictures, "
                f"{len(self.labels)} labels and {len(self.ids)} ids"
            )

    def __len__(self) -> int:
        return len(self.ids)

    def __repr__(self) -> str:
        return f"Part({len(self):,} pictures)"

    def subset(self, indices: Sequence[int]) -> "Part":
        """The pictures at `indices`, in that order."""
        return Part(
            self.source.subset(indices),
            self.labels[np.asarray(indices, dtype=np.intp)],
            tuple(self.ids[index] for index in indices),
        )


@dataclass(frozen=True)
class Cut:
    """How a validation part is cut: the fraction of each class, whole groups, and the seed.

    `group` is a regular expression searched in each file's name; pictures whose match (its
    first bracket, if it has one) is the same text stay together.
    """

    fraction: float
    group: str | None = None
    seed: int = 0

    def __post_init__(self) -> None:
        if not 0 < self.fraction < 1:
            raise UsageError(
                f"validation is the fraction of the training pictures to set aside: "
                f"expected more than 0 and less than 1, got {self.fraction}"
            )
        if self.group is not None:
            try:
                re.compile(self.group)
            except re.error as error:
                raise UsageError(
                    f"group pattern {self.group!r} is no regular expression: {error}"
                ) from error


@dataclass(frozen=True)
class Dataset:
    """Labelled pictures in one to three parts; `classes[label]` is a label's name.

    `location` is the folder they were read from, if any; `source` is what `open_data` takes to
    open them again; `cut` says how a validation part was
    set aside, if it was; `notes` say what a reader should know.
    """

    name: str
    classes: tuple[str, ...]
    parts: Mapping[SplitName, Part]
    location: Path | None = None
    source: str = ""
    cut: Cut | None = None
    notes: tuple[str, ...] = field(default=())

    @property
    def train(self) -> Part:
        """The part to learn from."""
        return self.parts["train"]

    @property
    def validation(self) -> Part | None:
        """The part to choose and stop by, if there is one."""
        return self.parts.get("validation")

    @property
    def test(self) -> Part | None:
        """The part to report on once, if there is one."""
        return self.parts.get("test")

    def describe(self) -> str:
        """One line: name, classes, and pictures in each part."""
        sizes = ", ".join(
            f"{len(self.parts[name]):,} {name}" for name in SPLIT_NAMES if name in self.parts
        )
        return f"{self.name}: {len(self.classes)} classes, {sizes}"

    def __repr__(self) -> str:
        return f"Dataset({self.describe()})"
