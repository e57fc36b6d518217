"""Rows that other entries of the same preprocessing have, so that no picture is decoded twice."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lenswork.data.cache.entry import (
    Entry,
    Files,
    Shape,
    Table,
    file_digest,
    row_check,
    some_of,
)
from lenswork.data.decode import read_content
from lenswork.errors import PictureError
from lenswork.kinds import Picture, Pictures

MOST_DONORS = 8  # entries that are searched, those used last


@dataclass(frozen=True)
class Row:
    """A row of another entry, and the SHA-256 of the file that it was decoded from."""

    picture: Picture
    digest: bytes


@dataclass(frozen=True)
class _Donor:
    entry: Entry
    table: Table
    pictures: Pictures

    def row(self, place: int) -> Picture | None:
        """The row at `place`, or None if the disk has damaged it."""
        picture: Picture = self.pictures[place]
        return picture if row_check(picture) == int(self.table.checks[place]) else None


class Donors:
    """Other entries with rows of the same shape and pixels."""

    def __init__(self, entries: Sequence[Entry], shape: Shape, pixels: str) -> None:
        alike = [one for one in entries if (one.facts.shape, one.facts.pixels) == (shape, pixels)]
        self._donors = [donor for one in alike[:MOST_DONORS] if (donor := _opened(one))]
        heads, owners, places = [], [], []
        for number, donor in enumerate(self._donors):
            filled = np.flatnonzero(donor.table.filled)
            heads.append(_heads(donor.table.digests[filled]))
            owners.append(np.full(len(filled), number))
            places.append(filled)
        order = np.argsort(np.concatenate([np.empty(0, np.uint64), *heads]), kind="stable")
        none = np.empty(0, np.int64)
        self._heads = np.concatenate([np.empty(0, np.uint64), *heads])[order]
        self._owners = np.concatenate([none, *owners])[order]
        self._places = np.concatenate([none, *places])[order]

    @property
    def keys(self) -> tuple[str, ...]:
        """The entries that are searched."""
        return tuple(donor.entry.facts.key for donor in self._donors)

    def unchanged(self, files: Files) -> Iterator[tuple[int, Row]]:
        """The files that an entry has under the same name, size and time, each once.

        An entry of which some files by chance turn out to be others in spite of all that (two
        data sets whose archives set one time for all files, say) gives none.
        """
        wanted = {name: index for index, name in enumerate(files.names)}
        open_places = np.ones(len(files), dtype=np.bool_)
        for donor in self._donors:
            matches = _matches(donor, files, wanted)
            matches = matches[open_places[matches[:, 0]]]
            if not len(matches) or not _are_the_same(donor.table, files, matches):
                continue
            donor.entry.touch()
            for index, place in matches.tolist():
                if (picture := donor.row(place)) is not None:
                    open_places[index] = False
                    yield index, Row(picture, donor.table.digests[place].tobytes())

    def same_content(self, digest: bytes) -> Picture | None:
        """The row of a file with this SHA-256, whatever its name was."""
        if not len(self._heads):
            return None
        head = _heads(np.frombuffer(digest, dtype=np.uint8)[np.newaxis])[0]
        for at in range(
            int(np.searchsorted(self._heads, head)),
            int(np.searchsorted(self._heads, head, side="right")),
        ):
            donor, place = self._donors[int(self._owners[at])], int(self._places[at])
            known = donor.table.digests[place].tobytes()
            if known == digest and (picture := donor.row(place)) is not None:
                return picture
        return None


def are_unchanged(table: Table, files: Files, pictures: Pictures) -> bool:
    """Whether some files and rows by chance, of an entry of just these files, are as written."""
    places = np.arange(len(files))
    matches = np.stack([places, places], axis=1)
    return _are_the_same(table, files, matches) and all(
        row_check(pictures[place]) == table.checks[place] for place in some_of(places).tolist()
    )


def _opened(entry: Entry) -> _Donor | None:
    table, pictures = entry.table(), entry.pictures()
    return None if table is None or pictures is None else _Donor(entry, table, pictures)


def _matches(donor: _Donor, files: Files, wanted: Mapping[str, int]) -> NDArray[np.int64]:
    """Pairs of (index of the file, place in the entry), (matches, 2).

    By the names inside the data; where no name is known, by the whole paths, since the same files
    may have been opened a folder higher or lower.
    """
    table, place = donor.table, donor.entry.facts.place
    found = _pairs(table.names, wanted)
    if not len(found) and place and files.place:
        wanted = {f"{files.place}/{name}": index for index, name in enumerate(files.names)}
        found = _pairs([f"{place}/{name}" for name in table.names], wanted)
    indices, places = found[:, 0], found[:, 1]
    same = (
        table.filled[places]
        & (table.sizes[places] == files.sizes[indices])
        & (table.times_ns[places] == files.times_ns[indices])
    )
    matches: NDArray[np.int64] = found[same]
    return matches


def _pairs(names: Sequence[str], wanted: Mapping[str, int]) -> NDArray[np.int64]:
    pairs = [
        (index, place)
        for place, name in enumerate(names)
        if (index := wanted.get(name)) is not None
    ]
    return np.array(pairs, dtype=np.int64).reshape(-1, 2)


def _are_the_same(table: Table, files: Files, matches: NDArray[np.int64]) -> bool:
    for at in some_of(np.arange(len(matches))).tolist():
        index, place = matches[at].tolist()
        try:
            content, _ = read_content(files.paths[index])
        except PictureError:
            return False
        if file_digest(content) != table.digests[place].tobytes():
            return False
    return True


def _heads(digests: NDArray[np.uint8]) -> NDArray[np.uint64]:
    """The first eight bytes of each digest as a number, (count,)."""
    return np.ascontiguousarray(digests[:, :8]).view(np.uint64).reshape(-1)
