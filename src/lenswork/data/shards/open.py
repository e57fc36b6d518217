"""A data set in WebDataset shards: tar files here or over HTTP."""

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

import numpy as np

from lenswork.data.dataset import Dataset, Part
from lenswork.data.decode import printable
from lenswork.data.download import say
from lenswork.data.shards.index import classes_of, index_shard
from lenswork.data.shards.manifest import Manifest, ShardFacts, read_index, read_manifest
from lenswork.data.shards.names import (
    BETWEEN_SHARDS,
    MANIFEST,
    SUFFIX,
    beside,
    expanded,
    file_name,
    folder_of,
    is_shard,
    is_url,
    pieces,
    shown,
    unique,
)
from lenswork.data.shards.progress import counted
from lenswork.data.shards.source import ShardSource, ShardTable
from lenswork.data.shards.tar import text_of
from lenswork.errors import DataError
from lenswork.kinds import SPLIT_NAMES, SplitName


class _Known(NamedTuple):
    """One picture whose place and label are known."""

    member: str
    id: str
    label: int
    order: tuple[int, int]  # what its part is sorted by
    shard: int
    offset: int
    size: int
    check: int


@dataclass
class _Gathered:
    """The shards and pictures of a part, in the order of the shards."""

    locations: list[str] = field(default_factory=list)
    pictures: list[_Known] = field(default_factory=list)

    def part(self) -> Part:
        """The part in the order in which its pictures were before they were dealt."""
        found = self.pictures
        table = ShardTable(
            locations=tuple(self.locations),
            members=tuple(known.member for known in found),
            shards=np.array([known.shard for known in found], dtype=np.int64),
            offsets=np.array([known.offset for known in found], dtype=np.int64),
            sizes=np.array([known.size for known in found], dtype=np.int64),
            checks=np.array([known.check for known in found], dtype=np.int64),
        )
        order = sorted(range(len(found)), key=lambda number: found[number].order)
        return Part(
            ShardSource(table, np.array(order, dtype=np.int64)),
            np.array([found[number].label for number in order], dtype=np.int64),
            tuple(found[number].id for number in order),
        )


def open_shards(text: str) -> Dataset:
    """Open shards by a pattern (`train-{000..009}.tar`, `a.tar::b.tar`) or the folder of a pack.

    Each is a path or an address (http, https). Shards that `lenswork pack` made are known by the
    manifest beside them, and bring their validation and test part; of others all pictures are
    training pictures, found in one pass. No picture is decoded. Raises `DataError` for a shard
    that is missing, damaged, or not of its manifest, and `DownloadError` for one that cannot be
    received.
    """
    source = BETWEEN_SHARDS.join(map(_lasting, pieces(text)))
    locations = unique([place for each in expanded(source) for place in _located(each)])
    folders = list(dict.fromkeys(map(folder_of, locations)))
    manifests = {folder: read_manifest(beside(folder, MANIFEST)) for folder in folders}
    missing = [folder for folder in folders if manifests[folder] is None]
    if not missing:
        packs = {folder: manifest for folder, manifest in manifests.items() if manifest is not None}
        opened = _open_packed(packs, locations)
    elif len(missing) == len(folders):
        opened = _open_foreign([place for place in locations if file_name(place)], folders)
    else:
        raise DataError(
            f"some shards have a {MANIFEST} beside them and others have not: bring the one for "
            f"{shown(missing[0])}, or open the others alone"
        )
    here = None if is_url(folders[0]) or len(folders) > 1 else Path(folders[0])
    return Dataset(opened.name, opened.classes, opened.parts, here, source, notes=opened.notes)


def _lasting(piece: str) -> str:
    """A pattern that means the same in another working folder."""
    if is_url(piece):
        return piece
    try:
        path = Path(piece).expanduser().resolve().as_posix()
    except (OSError, RuntimeError) as error:
        raise DataError(f"cannot read {piece!r}: {error}") from error
    if printable(Path(path)) != path:  # a record could not name it
        raise DataError(
            f"the path {printable(Path(path))} is not UTF-8, so a record cannot name it: rename it"
        )
    return path


def _located(location: str) -> list[str]:
    """The shard at a location, or the folder of shards with a slash at its end."""
    if is_shard(location):
        return [location]
    if not is_url(location) and not Path(location).is_dir():
        found = "a file of another name" if Path(location).exists() else "not there"
        raise DataError(
            f"expected shards that end in {SUFFIX}, or a folder with a {MANIFEST}; "
            f"{shown(location)} is {found}"
        )
    return [location if location.endswith("/") else f"{location}/"]


def _open_packed(manifests: dict[str, Manifest], locations: Sequence[str]) -> Dataset:
    """The shards among `locations` that are of training, and all that the others parts have."""
    first, *others = manifests.values()
    for folder, manifest in manifests.items():
        if manifest.classes != first.classes:
            raise DataError(
                f"expected the same classes in all shards, found {', '.join(first.classes)} and, "
                f"in {shown(folder)}, {', '.join(manifest.classes)}"
            )
    parts: dict[SplitName, _Gathered] = {}
    notes = list(first.notes)
    prefixes = _prefixes(list(manifests))
    for rank, (folder, manifest) in enumerate(manifests.items()):
        wanted = [place for place in locations if folder_of(place) == folder]
        named = _named_shards(manifest, folder, wanted)
        for split in SPLIT_NAMES:
            shards = named if split == "train" else manifest.splits.get(split, ())
            for facts in shards:
                gathered = parts.setdefault(split, _Gathered())
                _add_packed(gathered, folder, facts, rank, prefixes[rank])
        if len(named) < len(manifest.splits["train"]):
            notes.append(
                f"{len(named):,} of {len(manifest.splits['train']):,} train shards of "
                f"{shown(folder)} are used"
            )
    name = first.name if not others else "+".join(m.name for m in manifests.values())
    built = {split: gathered.part() for split, gathered in parts.items()}
    _refuse_lost_class(built["train"], first.classes)
    return Dataset(name, first.classes, built, notes=tuple(notes))


def _named_shards(
    manifest: Manifest, folder: str, locations: Sequence[str]
) -> tuple[ShardFacts, ...]:
    """The train shards that were named, or all where only their folder was."""
    train = {facts.name: facts for facts in manifest.splits["train"]}
    if folder in locations:
        return tuple(train.values())
    for location in locations:
        name = file_name(location)
        if name in train:
            continue
        splits = {
            facts.name: split for split, shards in manifest.splits.items() for facts in shards
        }
        if name in splits:
            raise DataError(
                f"{shown(location)} has {splits[name]} pictures: name the train shards, those of "
                f"{splits[name]} are found through the {MANIFEST} beside them"
            )
        first, last = next(iter(train)), list(train)[-1]
        raise DataError(
            f"the {MANIFEST} in {shown(folder)} knows no shard {name}: its {len(train):,} train "
            f"shards are {first} to {last}"
        )
    return tuple(train[file_name(location)] for location in locations)


def _prefixes(folders: Sequence[str]) -> list[str]:
    """What ids begin with, so that pictures of several packs are not called the same."""
    if len(folders) == 1:
        return [""]
    names = [file_name(folder.rstrip("/")) for folder in folders]
    if len(set(names)) < len(names):
        names = [f"{number}-{name}" for number, name in enumerate(names)]
    return [f"{name}/" for name in names]


def _add_packed(
    gathered: _Gathered, folder: str, facts: ShardFacts, rank: int, prefix: str
) -> None:
    location = beside(folder, facts.name)
    _refuse_other_size(location, facts)
    index = read_index(beside(folder, facts.index), facts, location)
    shard = len(gathered.locations)
    gathered.locations.append(location)
    columns = (index.members, index.ids, index.labels, index.places)
    where = (index.offsets, index.sizes, index.crc32)
    for member, picture_id, label, place, *rest in zip(*columns, *where, strict=True):
        known = _Known(member, prefix + picture_id, label, (rank, place), shard, *rest)
        gathered.pictures.append(known)


def _refuse_other_size(location: str, facts: ShardFacts) -> None:
    """Over HTTP it is found when the shard is read."""
    if is_url(location):
        return
    path = Path(location)
    if not path.is_file():
        raise DataError(
            f"there is no shard {shown(location)}, which has {facts.pictures:,} of the pictures "
            f"that the {MANIFEST} beside it names: bring it, or name the shards that are there"
        )
    found = path.stat().st_size
    if found != facts.size_bytes:
        problem = "is truncated" if found < facts.size_bytes else "was changed"
        raise DataError(
            f"{shown(location)} {problem}: it has {found:,} bytes, and had {facts.size_bytes:,} "
            "when it was packed; copy it again or pack the data again"
        )


def _open_foreign(locations: Sequence[str], folders: Sequence[str]) -> Dataset:
    """Shards without a manifest: one pass finds what is in them."""
    if not locations:
        raise DataError(
            f"{shown(folders[0])} has no {MANIFEST}: name its shards, "
            f"{shown(beside(folders[0], 'NAME-{000..009}.tar'))}"
        )
    _refuse_missing(locations)
    count = f"{len(locations):,} shard{'s' if len(locations) > 1 else ''}"
    say(f"no {MANIFEST} beside {count}: reading them once to find their pictures and labels")
    with counted("pictures found", None) as advance:
        gathered, labels = _indexed(locations, advance)
    classes = classes_of(labels)
    if len(classes) < 2:
        raise DataError(
            f"expected at least two classes in {shown(locations[0])}"
            + (f" and {len(locations) - 1} more" if len(locations) > 1 else "")
            + f", found one: {classes[0]!r}; a classifier needs something to tell it from"
        )
    numbers = {name: label for label, name in enumerate(classes)}
    gathered.pictures = [
        known._replace(label=numbers[label])
        for known, label in zip(gathered.pictures, labels, strict=True)
    ]
    name = file_name(locations[0]).removesuffix(SUFFIX).rstrip("0123456789-_.") or "shards"
    return Dataset(name, classes, {"train": gathered.part()})


def _indexed(
    locations: Sequence[str], advance: Callable[[int], None]
) -> tuple[_Gathered, list[str]]:
    gathered, labels = _Gathered(list(locations)), list[str]()
    stems = [file_name(location).removesuffix(SUFFIX) for location in locations]
    alike = len(set(stems)) < len(stems)
    places = itertools.count()
    for shard, location in enumerate(locations):
        found = index_shard(location, advance)
        labels += found.labels
        stem = f"{shard}/{stems[shard]}" if alike else stems[shard]
        for member, check in zip(found.pictures, found.checks, strict=True):
            picture_id = f"{stem}/{text_of(member.name)}"
            order = (0, next(places))
            at = (member.offset, member.size, check)
            gathered.pictures.append(_Known(member.name, picture_id, 0, order, shard, *at))
    return gathered, labels


def _refuse_missing(locations: Sequence[str]) -> None:
    missing = [place for place in locations if not is_url(place) and not Path(place).is_file()]
    if missing:
        raise DataError(
            f"there is no shard {shown(missing[0])}"
            + (f", and {len(missing) - 1:,} more are missing" if len(missing) > 1 else "")
        )


def _refuse_lost_class(train: Part, classes: Sequence[str]) -> None:
    """A few of many shards may lack a class altogether."""
    counts = np.bincount(train.labels, minlength=len(classes))
    lost = [name for name, count in zip(classes, counts, strict=True) if count == 0]
    if lost:
        raise DataError(
            f"the train shards that were named have no pictures of {', '.join(map(repr, lost))}: "
            "name more of them"
        )
