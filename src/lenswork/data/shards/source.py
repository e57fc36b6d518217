"""The pictures of shards, found by where they begin, and checked as they are read."""

import hashlib
import itertools
import zlib
from collections.abc import Generator, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from lenswork.data.decode import decode_bytes, shape_in_bytes
from lenswork.data.shards.kept import Kept
from lenswork.data.shards.names import is_url, shown
from lenswork.data.shards.stream import open_stream
from lenswork.data.shards.tar import BLOCK, Stream, is_header, text_of
from lenswork.errors import PictureError
from lenswork.kinds import Labels, Picture, PictureShape

UNKNOWN = -1  # the check of a picture that nobody has read yet


@dataclass(frozen=True, eq=False)
class ShardTable:
    """Where each picture of some shards is, in the order of the shards and within them.

    `members` are the names in the tar, `checks` the CRC-32 of each content.
    """

    locations: tuple[str, ...]
    members: tuple[str, ...]
    shards: NDArray[np.int64]  # (pictures,), index into the locations
    offsets: NDArray[np.int64]
    sizes: NDArray[np.int64]
    checks: NDArray[np.int64]
    kept: Kept = field(default_factory=Kept, repr=False)

    def name(self, number: int) -> str:
        """What a picture is called in errors: its member and its shard."""
        shard = self.locations[int(self.shards[number])]
        return f"{text_of(self.members[number])} in {shown(shard)}"

    def take(self, number: int, stream: Stream) -> bytes:
        """The checked content of a picture from a stream that stands at or before its header.

        Raises `PictureError` that names the shard and the member.
        """
        offset, size = int(self.offsets[number]), int(self.sizes[number])
        stream.skip(offset - BLOCK - stream.position)
        header, content = stream.read(BLOCK), stream.read(size)  # apart, to copy neither
        problem = None
        if len(content) < size or len(header) < BLOCK:
            problem = (
                f"the shard is truncated: it ends at byte "
                f"{offset - BLOCK + len(header) + len(content):,}, and the picture at byte "
                f"{offset + size:,}"
            )
        elif not is_header(header, size):
            problem = f"the header at byte {offset - BLOCK:,} of the shard is damaged"
        elif self.checks[number] not in (UNKNOWN, zlib.crc32(content)):
            problem = (
                "its bytes are not those that were packed: the shard is damaged or was changed"
            )
        if problem is not None:
            raise PictureError(
                f"cannot read {self.name(number)}: {problem}; copy the shard again or pack anew"
            )
        return content


@dataclass(frozen=True, eq=False)
class ShardSource:
    """Pictures in shards, decoded each time they are read; `numbers` are those in the table."""

    table: ShardTable
    numbers: NDArray[np.int64]  # (count,)

    def __len__(self) -> int:
        return len(self.numbers)

    @property
    def remote(self) -> bool:
        """Whether any picture comes over HTTP, so that reading in order saves a request each."""
        return any(map(is_url, self.table.locations))

    def read(self, index: int) -> Picture:
        """The decoded picture at `index`; raises `PictureError` naming its member and shard."""
        return decode_bytes(self.content(index), self.name(index))

    def shape(self, index: int) -> PictureShape:
        """As the file's header says; raises `PictureError` naming its member and shard."""
        known = self.table.kept.shapes.get(int(self.numbers[index]))
        return known or shape_in_bytes(*self.encoded(index))

    def know_shapes(self, indices: NDArray[np.int64]) -> None:
        """Have the shapes at `indices` be known from one pass, where their pictures can be read.

        They must be in an order that `contents` takes.
        """
        known = self.table.kept.shapes
        unknown = [index for index in indices.tolist() if int(self.numbers[index]) not in known]
        with suppress(PictureError), closing(self.contents(np.array(unknown, np.int64))) as coming:
            for index, content in coming:
                with suppress(PictureError):
                    known[int(self.numbers[index])] = shape_in_bytes(content, self.name(index))

    def subset(self, indices: Sequence[int]) -> "ShardSource":
        """The pictures at `indices`."""
        return ShardSource(self.table, self.numbers[np.asarray(indices, dtype=np.intp)])

    def content(self, index: int) -> bytes:
        """The bytes of the picture's file, as they were packed."""
        number = int(self.numbers[index])
        start = int(self.table.offsets[number]) - BLOCK
        with open_stream(self._location(number), start, buffer_bytes=0) as stream:
            return self.table.take(number, stream)

    def digest(self, labels: Labels) -> str:
        """Sixteen hex digits of the files' sizes and checks and their labels, in order."""
        content = hashlib.blake2b(digest_size=8)
        for numbers in (self.table.sizes[self.numbers], self.table.checks[self.numbers], labels):
            content.update(np.ascontiguousarray(numbers).data)
        return content.hexdigest()

    def encoded(self, index: int) -> tuple[bytes, str]:
        """The bytes of the picture's file and what it is called in errors."""
        return self.content(index), self.name(index)

    def member(self, index: int) -> str:
        """The picture's name in its tar."""
        return self.table.members[int(self.numbers[index])]

    def name(self, index: int) -> str:
        """What the picture at `index` is called in errors."""
        return self.table.name(int(self.numbers[index]))

    def forwards(self) -> NDArray[np.int64]:
        """All indices in the order in which their pictures stand in the shards."""
        return np.argsort(self.numbers, kind="stable")

    def in_one_shard(self, most: int) -> NDArray[np.int64]:
        """The indices of at most `most` pictures that stand together in the fullest shard."""
        shards = self.table.shards[self.numbers]
        there = self.forwards()
        fullest: NDArray[np.int64] = there[shards[there] == np.bincount(shards).argmax()]
        return fullest[:most]

    def keep(self, indices: Sequence[int]) -> None:
        """Have `contents` keep these files when they come by; see `Kept.let_go`."""
        self.table.kept.want(self.numbers[np.asarray(indices, dtype=np.intp)].tolist())

    def contents(self, indices: NDArray[np.int64]) -> Generator[tuple[int, bytes], None, None]:
        """Each index with its file's bytes, read from front to back through each shard.

        They must be in an order in which each run of one shard goes forwards; see `epoch_order`.
        Nothing is asked for where all are kept.
        """
        kept = self.table.kept
        for shard, run in itertools.groupby(indices.tolist(), self._shard_of):
            first = next(run)
            start = int(self.table.offsets[self.numbers[first]]) - BLOCK
            with open_stream(self.table.locations[shard], start) as stream:
                before, content = -1, b""
                for index in itertools.chain([first], run):
                    number = int(self.numbers[index])
                    if number in kept.files:
                        before, content = number, kept.files[number]
                    elif number != before:  # a part may have a picture twice
                        before, content = number, self.table.take(number, stream)
                        kept.note(number, content)
                    yield index, content

    def _shard_of(self, index: int) -> int:
        return int(self.table.shards[self.numbers[index]])

    def _location(self, number: int) -> str:
        return self.table.locations[int(self.table.shards[number])]
