"""What `lenswork pack` says of its shards, so that they need not be read to be known."""

import hashlib
from collections.abc import Collection, Mapping
from typing import Annotated, Literal, Self

import numpy as np
from pydantic import (
    BaseModel,
    ConfigDict,
    FailFast,
    Field,
    ValidationError,
    field_validator,
    model_validator,
)

from lenswork.data.decode import BYTE_LIMIT
from lenswork.data.shards.names import shown
from lenswork.data.shards.stream import read_small
from lenswork.data.shards.tar import BLOCK
from lenswork.errors import DataError
from lenswork.kinds import SPLIT_NAMES, SplitName

MANIFEST_LIMIT = 64 << 20  # bytes
INDEX_LIMIT = 1 << 30
Count = Annotated[int, Field(ge=0, le=1 << 53, strict=True)]
FileName = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,200}$")]
Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
# Pydantic keeps every error that it finds, some hundred bytes each: of a file of wrong values,
# which anybody may have written, many times the file. One is enough.
Counts = Annotated[tuple[Count, ...], FailFast()]
Texts = Annotated[tuple[str, ...], FailFast()]


class _Said(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    @model_validator(mode="before")
    @classmethod
    def _refuse_unknown(cls, said: object) -> object:
        return _known(said, cls.model_fields, "field")


class ShardFacts(_Said):
    """One shard: its name in the manifest's folder, what is in it, and its checksums."""

    name: FileName
    size_bytes: Count
    sha256: Sha256
    pictures: Count
    per_class: Counts
    index: FileName
    index_sha256: Sha256


class Manifest(_Said):
    """All shards of a data set; `seed` is that by which the pictures were dealt."""

    format: Literal["lenswork shards"] = "lenswork shards"
    version: Literal[1] = 1
    name: str
    classes: Texts = Field(min_length=2)
    notes: Texts = ()
    seed: int
    splits: Mapping[SplitName, Annotated[tuple[ShardFacts, ...], FailFast()]]

    @field_validator("splits", mode="before")
    @classmethod
    def _refuse_unknown_splits(cls, said: object) -> object:
        return _known(said, SPLIT_NAMES, "split")

    @model_validator(mode="after")
    def _agree(self) -> Self:
        if len(set(self.classes)) < len(self.classes):
            raise ValueError("two classes have the same name")
        if not self.splits.get("train"):
            raise ValueError("there are no train shards")
        every = [facts for shards in self.splits.values() for facts in shards]
        names = [name for facts in every for name in (facts.name, facts.index)]
        if len(set(names)) < len(names):
            raise ValueError("two files have the same name")
        for facts in every:
            if len(facts.per_class) != len(self.classes) or sum(facts.per_class) != facts.pictures:
                raise ValueError(f"the counts of {facts.name} do not agree")
        return self


class Index(_Said):
    """The pictures of one shard, in its order.

    `ids` name them for good, `places` are those in their part before it was shuffled; the content
    of each is `sizes` bytes from `offsets` on, and its CRC-32 is `crc32`.
    """

    format: Literal["lenswork shard index"] = "lenswork shard index"
    version: Literal[1] = 1
    members: Texts
    ids: Texts
    labels: Counts
    places: Counts
    offsets: Counts
    sizes: Counts
    crc32: Counts


def read_manifest(location: str) -> Manifest | None:
    """The manifest at `location`, None where there is none; raises `DataError` for a wrong one."""
    content = read_small(location, MANIFEST_LIMIT)
    if content is None:
        return None
    try:
        return Manifest.model_validate_json(content)
    except ValidationError as error:
        raise DataError(
            f"{shown(location)} is damaged or not of this version: {first_problem(error)}; "
            "pack the data again"
        ) from error


def read_index(location: str, facts: ShardFacts, shard: str) -> Index:
    """The index at `location`; raises `DataError` unless it is that of the shard called `shard`."""
    content = read_small(location, INDEX_LIMIT)
    if content is None:
        raise DataError(
            f"{shown(location)} is missing: it says where the pictures of {shown(shard)} are; "
            "bring it back or pack the data again"
        )
    if hashlib.sha256(content).hexdigest() != facts.index_sha256:
        raise DataError(
            f"{shown(location)} is damaged: expected a file with sha256 {facts.index_sha256[:12]}"
            "…; copy it again or pack the data again"
        )
    try:
        index = Index.model_validate_json(content)
    except ValidationError as error:
        raise DataError(f"{shown(location)} is damaged: {first_problem(error)}") from error
    _refuse_disagreement(index, facts, location)
    return index


def _known(said: object, names: Collection[str], what: str) -> object:
    """What was said; raises `ValueError` for a table with a name that is none of `names`."""
    for name in said if isinstance(said, dict) else ():
        if name not in names:
            raise ValueError(f"there is no {what} {name!r:.60}")
    return said


def first_problem(error: ValidationError) -> str:
    """The first thing that was wrong, and where."""
    problem = error.errors()[0]
    place = ".".join(map(str, problem["loc"]))
    said = problem["msg"].removeprefix("Value error, ")
    return f"{place}: {said}" if place else said


def _refuse_disagreement(index: Index, facts: ShardFacts, location: str) -> None:
    if not _agree(index, facts):
        raise DataError(
            f"{shown(location)} and the manifest beside it say different things of {facts.name}: "
            "pack the data again"
        )


def _agree(index: Index, facts: ShardFacts) -> bool:
    """Whether an index, which anybody may have written, is of as many pictures as the facts."""
    columns = (index.members, index.ids, index.labels, index.places, index.offsets, index.sizes)
    if {len(column) for column in (*columns, index.crc32)} != {facts.pictures}:
        return False
    classes = len(facts.per_class)
    known = [label for label in index.labels if label < classes]  # counting takes room for each
    counts = tuple(np.bincount(np.array(known, np.int64), minlength=classes).tolist())
    ends = np.add(np.array(index.offsets, np.int64), np.array(index.sizes, np.int64))
    return (
        len(set(index.ids)) == len(set(index.places)) == facts.pictures
        and counts == facts.per_class
        and not any(ends > facts.size_bytes)
        and min(index.offsets, default=BLOCK) >= BLOCK
        and max(index.sizes, default=0) <= BYTE_LIMIT
    )
