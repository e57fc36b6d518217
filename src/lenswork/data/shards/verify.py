"""Whether shards are still what was packed: every byte, and every member against the index."""

import hashlib
import zlib
from collections.abc import Callable, Iterator

from lenswork.data.shards.manifest import Index, Manifest, ShardFacts, read_index
from lenswork.data.shards.names import beside, id_of, shown, split_name
from lenswork.data.shards.stream import open_stream
from lenswork.data.shards.tar import Stream, members, text_of
from lenswork.errors import DataError, DownloadError


class _Hashed:
    """A stream whose every byte is added to a digest as it passes."""

    def __init__(self, stream: Stream) -> None:
        self.position = 0
        self.digest = hashlib.sha256()
        self._stream = stream

    def read(self, count: int) -> bytes:
        """The next `count` bytes, fewer only at the end."""
        content = self._stream.read(count)
        self.position += len(content)
        self.digest.update(content)
        return content

    def skip(self, count: int) -> None:
        """Pass over `count` bytes, which are read nevertheless."""
        self.read(count)


def problems(
    manifest: Manifest, location: str, count: Callable[[int], None] = lambda _: None
) -> Iterator[str]:
    """What is wrong with each damaged shard of the manifest at `location`, naming the member.

    `count` is called with the pictures of each shard that has been read.
    """
    for facts in (facts for shards in manifest.splits.values() for facts in shards):
        shard = beside(location, facts.name)
        try:
            index = read_index(beside(location, facts.index), facts, shard)
            problem = _problem(shard, facts, index)
        except (DataError, DownloadError) as error:
            problem = str(error)
        count(facts.pictures)
        if problem is not None:
            yield problem


def _problem(shard: str, facts: ShardFacts, index: Index) -> str | None:
    with open_stream(shard) as stream:
        hashed = _Hashed(stream)
        problem = _differing_member(hashed, shown(shard), index)
        if problem is not None:
            return problem
        while hashed.read(1 << 20):
            continue
    if hashed.position != facts.size_bytes:
        return (
            f"{shown(shard)} has {hashed.position:,} bytes, and had {facts.size_bytes:,} "
            "when it was packed"
        )
    if hashed.digest.hexdigest() != facts.sha256:
        return (
            f"{shown(shard)} is not what was packed, between its members: expected sha256 "
            f"{facts.sha256[:12]}…, got {hashed.digest.hexdigest()[:12]}…"
        )
    return None


def _differing_member(stream: Stream, where: str, index: Index) -> str | None:
    """What is wrong with the first member that is not as the index says."""
    labels: dict[str, bytes] = {}
    number = 0
    for member in members(stream, where):
        key, ending = split_name(member.name) or (member.name, "")
        if ending == "cls":
            labels = {key: stream.read(member.size)}
            continue
        name = text_of(member.name)
        if number == len(index.members) or member.name != index.members[number]:
            return f"{where}: member {name} is not the one that was packed there"
        content = stream.read(member.size)
        if len(content) < member.size:
            return (
                f"{where} is truncated: it breaks off in member {name}, at byte {stream.position:,}"
            )
        if (member.offset, zlib.crc32(content)) != (index.offsets[number], index.crc32[number]):
            return f"{where}: the bytes of member {name} are not those that were packed"
        if labels.get(key) != b"%d" % index.labels[number] or id_of(key) != index.ids[number]:
            return f"{where}: the label or name of member {name} is not the one that was packed"
        number += 1
    if number < len(index.members):
        return (
            f"{where} ends after {number:,} of {len(index.members):,} pictures: "
            f"{text_of(index.members[number])} is missing"
        )
    return None
