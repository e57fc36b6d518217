"""Shards that others made: one pass finds their pictures and labels."""

import json
import re
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from lenswork.data.decode import PICTURE_SUFFIXES
from lenswork.data.shards.names import is_url, shown, split_name
from lenswork.data.shards.source import UNKNOWN
from lenswork.data.shards.stream import open_stream
from lenswork.data.shards.tar import Member, Stream, members, text_of
from lenswork.errors import DataError

LABEL_BYTES = 1 << 20
LABEL_FIELDS = ("label", "cls", "class", "target")  # of a .json, the first that is there
EXPECTED = (
    "expected with each picture a .cls file beside it (000001.jpg, 000001.cls) with the class's "
    f"number or name, or a .json with {' or '.join(map(repr, LABEL_FIELDS[:3]))}"
)


@dataclass
class Found:
    """The pictures of one shard in its order; `labels` are as they were written."""

    pictures: list[Member] = field(default_factory=list)
    labels: list[str] = field(default_factory=list)
    checks: list[int] = field(default_factory=list)


@dataclass
class _Sample:
    """Members of one key that stand side by side."""

    key: str
    pictures: list[tuple[Member, int]] = field(default_factory=list)
    labels: dict[str, str] = field(default_factory=dict)  # by ending


def index_shard(location: str, count: Callable[[int], None] = lambda _: None) -> Found:
    """Find each picture of a shard and its label, calling `count` with the number just found.

    Over HTTP all is received, so that contents are checked from then on; of a file only headers
    and labels are read. Raises `DataError` naming shard and member for a picture without a label,
    a sample without or with two pictures, a key that comes twice, and whatever `members` refuses.
    """
    found = Found()
    seen: set[str] = set()
    where = shown(location)
    with open_stream(location) as stream:
        for sample in _samples(stream, where, whole=is_url(location)):
            if sample.key in seen:
                raise DataError(
                    f"{where}: the files called {text_of(sample.key)} do not stand side by side, "
                    "or there are two pictures of that name; pack them again"
                )
            seen.add(sample.key)
            member, check = _only_picture(sample, where)
            found.pictures.append(member)
            found.labels.append(_label(sample, member, where))
            found.checks.append(check)
            count(1)
    if not found.pictures:
        raise DataError(f"{where} has no pictures; {EXPECTED}")
    return found


def classes_of(labels: Sequence[str]) -> tuple[str, ...]:
    """The classes that labels name: numbers in their order, names in that of the alphabet."""
    different = set(labels)
    if all(re.fullmatch(r"\d{1,9}", label) for label in different):
        return tuple(sorted(different, key=int))
    return tuple(sorted(different))


def _samples(stream: Stream, where: str, *, whole: bool) -> Iterator[_Sample]:
    sample: _Sample | None = None
    for member in members(stream, where):
        named = split_name(member.name)
        if named is None or member.name.rpartition("/")[2].startswith("__"):  # notes of the maker
            continue
        key, ending = named
        if sample is None or sample.key != key:
            if sample is not None:
                yield sample
            sample = _Sample(key)
        if f".{ending}" in PICTURE_SUFFIXES:
            check = zlib.crc32(_content(stream, member, where)) if whole else UNKNOWN
            sample.pictures.append((member, check))
        elif ending in ("cls", "json"):
            sample.labels[ending] = _text(stream, member, where)
    if sample is not None:
        yield sample


def _content(stream: Stream, member: Member, where: str) -> bytes:
    content = stream.read(member.size)
    if len(content) < member.size:
        raise DataError(
            f"{where} is truncated: it breaks off in member {text_of(member.name)}, after "
            f"{len(content):,} of {member.size:,} bytes; copy it again"
        )
    return content


def _text(stream: Stream, member: Member, where: str) -> str:
    if member.size > LABEL_BYTES:
        raise DataError(
            f"{where}: member {text_of(member.name)} has {member.size:,} bytes, too many for a "
            "label"
        )
    return _content(stream, member, where).decode("utf-8", "backslashreplace")


def _only_picture(sample: _Sample, where: str) -> tuple[Member, int]:
    if len(sample.pictures) == 1:
        return sample.pictures[0]
    names = ", ".join(text_of(member.name) for member, _ in sample.pictures)
    got = f"{len(sample.pictures)} ({names})" if names else "none"
    raise DataError(
        f"{where}: expected one picture of each name, got {got} called {text_of(sample.key)}"
    )


def _label(sample: _Sample, picture: Member, where: str) -> str:
    label = sample.labels.get("cls", "").strip()
    if not label and "json" in sample.labels:
        label = _label_in_json(sample.labels["json"])
    if not label:
        raise DataError(f"{where}: member {text_of(picture.name)} has no label; {EXPECTED}")
    return label


def _label_in_json(text: str) -> str:
    try:
        said = json.loads(text)
    except (ValueError, RecursionError):  # the latter for thousands of brackets
        return ""
    if not isinstance(said, dict):
        return ""
    labels = [said[name] for name in LABEL_FIELDS if name in said]
    label = labels[0] if labels else ""
    return str(label) if isinstance(label, str | int) and not isinstance(label, bool) else ""
